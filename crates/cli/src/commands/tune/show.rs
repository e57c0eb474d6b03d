//! The result for people and for programs.

use comfy_table::{Cell, CellAlignment};
use serde_json::{Value, json};

use super::{Ending, Result, Tuned, shown};
use crate::commands::bench::compare::{Difference, Verdict, word};
use crate::commands::bench::figures::Way;
use crate::commands::bench::show;
use crate::exit::Outcome;
use crate::out::{Out, Style};
use crate::report::{plural, pretty};

/// Most actions that are shown; the JSON has all of them.
const ACTIONS: usize = 20;
/// Most characters of an atom in a table.
const ATOM: usize = 60;

/// The ways of both orders, in pairs. The policies take turns: first without the order, then with it.
pub(super) fn pairs(ways: &[(usize, Way)]) -> Vec<(&Way, &Way)> {
    let key = |way: &Way| (way.work, way.answer, way.engine);
    let plain = ways.iter().filter(|(of, _)| of % 2 == 0).map(|(_, way)| way);
    let of_both = |way| Some((way, ways.iter().find(|(of, w)| of % 2 == 1 && key(w) == key(way)).map(|(_, w)| w)?));
    plain.filter_map(of_both).collect()
}

pub(super) fn human(result: &Result, out: &mut Out) -> Outcome<()> {
    let short = result.policy.get(..12).unwrap_or(&result.policy);
    out.line(out.paint(
        Style::Dim,
        format_args!(
            "policy {short}, {} for {}",
            plural(result.requests, "recorded request"),
            plural(result.asked, "action")
        ),
    ))?;
    if !result.tuned.is_empty() {
        out.line("")?;
        waiting(&result.tuned, out)?;
        out.line("")?;
        times(&result.tuned, out)?;
    }
    out.line("")?;
    proof(result, out)?;
    ending(result, out)
}

/// What waits, and how often it is asked all the same.
fn waiting(tuned: &[Tuned], out: &mut Out) -> Outcome<()> {
    let mut table = show::table(["action", "", "what waits", "asked", "ns each", "true or known", "erred"], 3..7);
    for one in tuned.iter().take(ACTIONS) {
        let mut late: Vec<_> = one.recorded.atoms.iter().filter(|atom| atom.late.is_some()).collect();
        late.sort_by_key(|atom| atom.late);
        let share = |n: u64| format!("{:.1} %", 100.0 * n as f64 / one.recorded.requests.max(1) as f64);
        for atom in late {
            let first = atom.late == Some(1);
            table.add_row([
                if first { one.recorded.name.clone() } else { String::new() },
                atom.late.unwrap_or_default().to_string(),
                atom.text.chars().take(ATOM).collect(),
                share(atom.asked),
                show::ns(atom.ns),
                share(atom.held),
                share(atom.erred),
            ]);
        }
    }
    show::print(&table, out)
}

/// Both orders, and what is gained.
fn times(tuned: &[Tuned], out: &mut Out) -> Outcome<()> {
    let header = ["action", "", "work", "answer", "by", "plain ns", "ordered ns", "change", "noise"];
    let mut table = show::table(header, 5..9);
    for one in tuned.iter().take(ACTIONS) {
        if !one.kept {
            table.add_row([&*one.recorded.name, "keeps its order"]);
            continue;
        }
        let differs = one.differences.iter().filter(|d| d.verdict != Verdict::Same);
        for (place, d) in differs.enumerate() {
            table.add_row([
                Cell::new(if place == 0 { &*one.recorded.name } else { "" }),
                Cell::new(word(d.verdict)),
                Cell::new(show::work(d.work)),
                Cell::new(show::answer(d.answer)),
                Cell::new(show::by(d.engine)),
                Cell::new(show::ns(d.old_ns)),
                Cell::new(show::ns(d.new_ns)),
                Cell::new(format!("{:+.1} %", 100.0 * (d.new_ns - d.old_ns) / d.old_ns)),
                Cell::new(format!("{:.1} %", 100.0 * d.noise_ns / d.old_ns)).set_alignment(CellAlignment::Right),
            ]);
        }
    }
    show::print(&table, out)?;
    if tuned.len() > ACTIONS {
        let more = format_args!("  and {} more actions; --format json tells all", tuned.len() - ACTIONS).to_string();
        out.line(out.paint(Style::Dim, more))?;
    }
    Ok(())
}

fn proof(result: &Result, out: &mut Out) -> Outcome<()> {
    let Some(proof) = &result.proof else { return Ok(()) };
    let engines = if proof.native { "interpreter, plan and validated native code" } else { "interpreter and plan" };
    out.line(format_args!(
        "unchanged: the policy's hash, and every decision on {} and {} by {engines}, in both orders",
        plural(proof.recorded as usize, "recorded request"),
        plural(proof.drawn as usize, "drawn one"),
    ))
}

fn ending(result: &Result, out: &mut Out) -> Outcome<()> {
    let kept = result.tuned.iter().filter(|one| one.kept).count();
    let file = shown(&result.file);
    match result.ending {
        Ending::Nothing => {
            let why = if result.tuned.is_empty() {
                "nothing that costs enough is asked in vain"
            } else {
                "no other order is faster beyond the noise"
            };
            let stays = if result.before { format!(" {file} stays as it is.") } else { String::new() };
            out.line(format_args!("{}: {why}; nothing is stored.{stays}", out.paint(Style::Bold, "no gain")))
        }
        Ending::Stored => {
            let what = plural(kept, "action");
            out.line(format_args!("{}: {what} in a new order, in {file}", out.paint(Style::Green, "stored")))
        }
        Ending::WouldGain => {
            let what = plural(kept, "action");
            let said = out.paint(Style::Red, "no profile");
            out.line(format_args!("{said}: {what} would gain; run `aasc tune` without --check"))
        }
        Ending::Good => {
            let slower =
                if result.tuned.is_empty() { "the log asks for nothing that it orders" } else { "nothing is slower" };
            out.line(format_args!("{}: {file} fits, and {slower}", out.paint(Style::Green, "good")))
        }
        Ending::Slower => {
            let said = out.paint(Style::Red, "slower");
            out.line(format_args!("{said}: {file} costs time; record it anew with `aasc tune`"))
        }
    }
}

pub(super) fn json(result: &Result, out: &mut Out) -> Outcome<()> {
    let ending = match result.ending {
        Ending::Nothing => "no_gain",
        Ending::Stored => "stored",
        Ending::WouldGain => "would_gain",
        Ending::Good => "good",
        Ending::Slower => "slower",
    };
    let proof = result.proof.as_ref();
    let proof = proof.map(|p| json!({ "recorded": p.recorded, "drawn": p.drawn, "native": p.native }));
    let value = json!({
        "aasc_tune": 1,
        "policy": result.policy,
        "requests": { "count": result.requests, "hash": result.hash },
        "result": ending,
        "file": result.file.display().to_string(),
        "proof": proof,
        "actions": result.tuned.iter().map(action).collect::<Vec<Value>>(),
    });
    out.line(pretty(&value))
}

fn action(one: &Tuned) -> Value {
    let atom = |atom: &aas::profile::Atom| {
        json!({
            "atom": atom.text, "key": atom.key, "ns": atom.ns, "held": atom.held, "erred": atom.erred,
            "late": atom.late, "asked": atom.asked,
        })
    };
    let row = |row: &aas::profile::Row| json!({ "item": row.item, "branch": row.branch, "held": row.held, "erred": row.erred });
    let way = |d: &Difference| {
        json!({
            "work": d.work, "answer": d.answer, "engine": d.engine, "plain_ns": d.old_ns, "ordered_ns": d.new_ns,
            "noise_ns": d.noise_ns, "verdict": d.verdict,
        })
    };
    json!({
        "action": one.recorded.name,
        "requests": one.recorded.requests,
        "kept": one.kept,
        "atoms": one.recorded.atoms.iter().map(atom).collect::<Vec<Value>>(),
        "rows": one.recorded.rows.iter().map(row).collect::<Vec<Value>>(),
        "ways": one.differences.iter().map(way).collect::<Vec<Value>>(),
    })
}
