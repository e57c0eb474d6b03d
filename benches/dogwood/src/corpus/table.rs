//! What became of every case, counted.

use std::collections::BTreeMap;

use dogwood_language::replay_log;

use super::cases::{Case, Translated, all};
use super::reason::Reason;

/// Traces and verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    traces: usize,
    verdicts: usize,
}

impl Count {
    fn add(&mut self, verdicts: usize) {
        self.traces += 1;
        self.verdicts += verdicts;
    }
}

/// The corpus of this version, and what of it can be said.
const WHOLE: Count = Count { traces: 1_427, verdicts: 4_836 };
const AGREED: Count = Count { traces: 1_212, verdicts: 3_970 };

/// What was found.
#[derive(Debug, Default)]
struct Found {
    whole: Count,
    agree: Count,
    /// Of the verdicts that agree, those that permit.
    permitted: usize,
    /// The means that those which agree took.
    means: BTreeMap<&'static str, Count>,
    not: BTreeMap<Reason, (Count, Vec<String>)>,
    differences: Vec<String>,
}

/// Plays all cases, or those whose name contains this; prints the table. Tells whether all agree, and whether they are
/// as many as they were.
pub(crate) fn run(only: Option<&str>, verbose: bool) -> bool {
    let mut found = Found::default();
    for case in all().iter().filter(|case| only.is_none_or(|only| case.name.contains(only))) {
        one(case, verbose, &mut found);
    }
    print(&found, verbose);
    let as_many = only.is_some() || (found.whole, found.agree) == (WHOLE, AGREED);
    if !as_many {
        println!("There were {AGREED:?} of {WHOLE:?}.");
    }
    found.differences.is_empty() && as_many
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn one(case: &Case, verbose: bool, found: &mut Found) {
    let translated = case.lowered().and_then(|set| case.translated(&set));
    if let (Ok(translated), true) = (&translated, verbose) {
        println!("==== {}\n{}", case.name, translated.text);
    }
    for trace in &case.traces {
        let expected = lines(&trace.expected);
        found.whole.add(expected.len());
        let played = match &translated {
            Ok(translated) => translated.play(trace),
            Err(reason) => Err(*reason),
        };
        match played {
            Ok(verdicts) if verdicts == expected => {
                found.agree.add(expected.len());
                let means = translated.as_ref().map_or("", Translated::means);
                found.means.entry(means).or_default().add(expected.len());
                found.permitted += verdicts.iter().filter(|verdict| verdict.ends_with("true")).count();
                control(case, &trace.trace_log, &expected);
            }
            Ok(verdicts) => found.differences.push(difference(case, &trace.index, &expected, &verdicts)),
            Err(reason) => {
                let (count, names) = found.not.entry(reason).or_default();
                count.add(expected.len());
                names.push(format!("{}/{}", case.name, trace.index));
            }
        }
    }
}

/// Dogwood itself, given the case in the same way, says what is expected.
fn control(case: &Case, log: &str, expected: &[String]) {
    let set = case.lowered().unwrap_or_else(|_| panic!("{} was lowered before", case.name));
    let theirs = replay_log(set, log).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    assert_eq!(lines(&theirs), expected, "{}", case.name);
}

fn difference(case: &Case, trace: &str, expected: &[String], verdicts: &[String]) -> String {
    let mut text = format!("{} trace {trace}", case.name);
    for at in 0..expected.len().max(verdicts.len()) {
        let (theirs, ours) = (expected.get(at), verdicts.get(at));
        if theirs != ours {
            text.push_str(&format!("\n  Dogwood {theirs:?}, ours {ours:?}"));
        }
    }
    text
}

fn print(found: &Found, verbose: bool) {
    println!("{:>7} {:>9}", "traces", "verdicts");
    println!("{:>7} {:>9}  in the corpus", found.whole.traces, found.whole.verdicts);
    println!(
        "{:>7} {:>9}  can be said, and agree ({} permit)",
        found.agree.traces, found.agree.verdicts, found.permitted
    );
    for (means, count) in &found.means {
        println!("{:>7} {:>9}    {means}", count.traces, count.verdicts);
    }
    let mut not: Vec<_> = found.not.iter().collect();
    not.sort_by_key(|(_, (count, _))| std::cmp::Reverse(count.verdicts));
    for (reason, (count, names)) in not {
        println!("{:>7} {:>9}  {}", count.traces, count.verdicts, reason.text());
        if verbose {
            println!("{:18} {}", "", names.join(" "));
        }
    }
    println!("{:>7} {:>9}  differ", found.differences.len(), "");
    for difference in &found.differences {
        println!("{difference}");
    }
}
