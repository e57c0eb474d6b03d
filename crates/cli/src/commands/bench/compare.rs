//! Two runs held against each other.
//!
//! A difference counts only where it is larger than the noise: three times the spread of the rounds of both runs
//! together, and no less than the threshold. The spread is the median distance of the rounds from their median,
//! scaled so that it is the standard deviation of noise that is normal; one bad round does not move it.

use comfy_table::{Cell, CellAlignment};
use serde::Serialize;

use super::figures::{Action, Answer, By, Figures, From, Way, Work};
use super::measure::quantile;
use super::show;
use crate::exit::Outcome;
use crate::out::{Out, Style};

/// How many spreads a difference must exceed.
const SPREADS: f64 = 3.0;
/// From the median distance to the standard deviation.
const TO_DEVIATION: f64 = 1.4826;

/// What became of a way to ask, or of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum Verdict {
    Same,
    Faster,
    Slower,
}

/// One way to ask, in both runs.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Difference {
    action: String,
    pub(in crate::commands) work: Work,
    pub(in crate::commands) answer: Answer,
    pub(in crate::commands) engine: By,
    pub(in crate::commands) old_ns: f64,
    pub(in crate::commands) new_ns: f64,
    /// How large a difference would have to be.
    pub(in crate::commands) noise_ns: f64,
    pub(in crate::commands) verdict: Verdict,
}

/// Both runs.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Compared {
    /// Slower where anything is slower, else faster where anything is faster.
    pub(in crate::commands) verdict: Verdict,
    /// Whether both runs are of one policy.
    same_policy: bool,
    differences: Vec<Difference>,
}

/// Holds a run against an older one.
///
/// # Errors
/// Where they do not measure the same, in a sentence.
pub(in crate::commands) fn compare(old: &Figures, new: &Figures, threshold: u16) -> Result<Compared, String> {
    comparable(old, new)?;
    let mut differences = Vec::new();
    for (before, after) in old.actions.iter().zip(&new.actions) {
        for (old, new) in ways(before, after)? {
            differences.push(difference(&before.action, old, new, f64::from(threshold) / 100.0));
        }
    }
    // INVARIANT: the verdicts stand in ascending order of what matters.
    let verdict = differences.iter().map(|d| d.verdict).max().unwrap_or(Verdict::Same);
    Ok(Compared { verdict, same_policy: old.policy == new.policy, differences })
}

/// Whether two runs asked the same of the same actions; ways need not be measured yet.
///
/// # Errors
/// Where they did not, in a sentence.
pub(in crate::commands) fn comparable(old: &Figures, new: &Figures) -> Result<(), String> {
    let names = |figures: &Figures| figures.actions.iter().map(|a| a.action.clone()).collect::<Vec<_>>();
    let (before, after) = (names(old), names(new));
    if before != after {
        let missing = |of: &[String], other: &[String]| {
            let missing: Vec<&str> = of.iter().filter(|n| !other.contains(n)).map(String::as_str).collect();
            if missing.is_empty() { "none".to_owned() } else { missing.join(", ") }
        };
        return Err(format!(
            "The runs cannot be compared: they measured different actions. Only in the old one: {}; only in the new \
             one: {}. Measure the old policy again for what both have, with --action.",
            missing(&before, &after),
            missing(&after, &before)
        ));
    }
    if old.requests != new.requests {
        let hint = match (old.requests.from, new.requests.from) {
            (From::Generated, From::Generated) => {
                "Drawn requests follow --seed, --count and the constants of the policy. Record requests and measure \
                 both with --requests."
            }
            (From::Recorded, _) | (_, From::Recorded) => "Measure both with the same --requests.",
        };
        return Err(format!("The runs cannot be compared: they were asked different requests. {hint}"));
    }
    Ok(())
}

/// The ways of an action, in pairs.
fn ways<'a>(old: &'a Action, new: &'a Action) -> Result<Vec<(&'a Way, &'a Way)>, String> {
    let key = |way: &Way| (way.work, way.answer, way.engine);
    let of_both = |way: &'a Way| Some((way, new.ways.iter().find(|w| key(w) == key(way))?));
    let pairs: Vec<(&Way, &Way)> = old.ways.iter().filter_map(of_both).collect();
    if pairs.is_empty() || pairs.len() != old.ways.len() || pairs.len() != new.ways.len() {
        return Err(format!(
            "The runs cannot be compared: {} was not measured in the same ways, perhaps because only one machine has \
             native code.",
            old.action
        ));
    }
    Ok(pairs)
}

/// Both times of one way to ask.
pub(in crate::commands) fn difference(action: &str, old: &Way, new: &Way, threshold: f64) -> Difference {
    let ((old_ns, before), (new_ns, after)) = (median_and_spread(&old.rounds), median_and_spread(&new.rounds));
    let noise_ns = f64::max(SPREADS * before.hypot(after), threshold * old_ns);
    let verdict = match new_ns - old_ns {
        change if change > noise_ns => Verdict::Slower,
        change if -change > noise_ns => Verdict::Faster,
        _ => Verdict::Same,
    };
    let action = action.to_owned();
    Difference { action, work: old.work, answer: old.answer, engine: old.engine, old_ns, new_ns, noise_ns, verdict }
}

fn median_and_spread(rounds: &[f64]) -> (f64, f64) {
    let median = quantile(&mut rounds.to_vec(), 0.5);
    let mut distances: Vec<f64> = rounds.iter().map(|ns| (ns - median).abs()).collect();
    (median, TO_DEVIATION * quantile(&mut distances, 0.5))
}

/// What differs, a line each, and the verdict.
pub(in crate::commands) fn human(compared: &Compared, out: &mut Out) -> Outcome<()> {
    let differs: Vec<&Difference> = compared.differences.iter().filter(|d| d.verdict != Verdict::Same).collect();
    if !differs.is_empty() {
        let mut table =
            show::table(["", "action", "work", "answer", "by", "old ns", "new ns", "change", "noise"], 5..9);
        for d in &differs {
            table.add_row([
                Cell::new(word(d.verdict)),
                Cell::new(&d.action),
                Cell::new(show::work(d.work)),
                Cell::new(show::answer(d.answer)),
                Cell::new(show::by(d.engine)),
                Cell::new(show::ns(d.old_ns)),
                Cell::new(show::ns(d.new_ns)),
                Cell::new(format!("{:+.1} %", 100.0 * (d.new_ns - d.old_ns) / d.old_ns)),
                Cell::new(format!("{:.1} %", 100.0 * d.noise_ns / d.old_ns)).set_alignment(CellAlignment::Right),
            ]);
        }
        show::print(&table, out)?;
        out.line("")?;
    }
    if !compared.same_policy {
        out.line("The runs are of different policies.")?;
    }
    let count = |verdict| compared.differences.iter().filter(|d| d.verdict == verdict).count();
    let style = match compared.verdict {
        Verdict::Same => Style::Bold,
        Verdict::Faster => Style::Green,
        Verdict::Slower => Style::Red,
    };
    out.line(format_args!(
        "{}: {} faster, {} slower, {} the same within the noise",
        out.paint(style, word(compared.verdict)),
        count(Verdict::Faster),
        count(Verdict::Slower),
        count(Verdict::Same)
    ))
}

/// A verdict for people.
pub(in crate::commands) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
    }
}
