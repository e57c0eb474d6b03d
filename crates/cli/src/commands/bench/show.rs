//! The figures for people and for programs.

use std::collections::BTreeMap;
use std::ops::Range;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::json;

use super::compare::Compared;
use super::figures::{Action, Answer, By, Figures, From, Way, Work};
use crate::exit::{Failure, Outcome};
use crate::out::{Out, Style};

/// Most rows of a table; the JSON has all of them.
const ROWS: usize = 40;
/// Most items and atoms that are named.
const NAMED: usize = 20;

/// One JSON object, which a later run can be compared with.
pub(in crate::commands) fn json(figures: &Figures, compared: Option<&Compared>, out: &mut Out) -> Outcome<()> {
    let unwritable = |error: serde_json::Error| Failure::said(format_args!("The figures cannot be written: {error}."));
    let mut value = serde_json::to_value(figures).map_err(unwritable)?;
    if let (Some(compared), Some(object)) = (compared, value.as_object_mut()) {
        object.insert("compared".into(), json!(compared));
    }
    out.line(serde_json::to_string_pretty(&value).map_err(unwritable)?)
}

pub(in crate::commands) fn human(figures: &Figures, out: &mut Out) -> Outcome<()> {
    let short = figures.policy.get(..12).unwrap_or(&figures.policy);
    let (count, seed) = (figures.requests.count, figures.requests.seed.unwrap_or(0));
    let from = match figures.requests.from {
        From::Generated => format!("{count} requests drawn by seed {seed}"),
        From::Recorded => format!("{count} recorded requests"),
    };
    let order = if figures.in_order { ", in the order of its profile" } else { "" };
    let about = format!("policy {short}{order}, {from}; nanoseconds, median and 99 of 100");
    out.line(out.paint(Style::Dim, about))?;
    out.line("")?;
    times(figures, out)?;
    costs(figures, out)?;
    items(figures, out)
}

/// How long an action takes, in every way.
fn times(figures: &Figures, out: &mut Out) -> Outcome<()> {
    let mut ways: Vec<(Answer, By)> =
        figures.actions.iter().flat_map(|a| &a.ways).map(|way| (way.answer, way.engine)).collect();
    ways.sort_unstable();
    ways.dedup();
    let mut header = vec!["action".to_owned(), "requests".to_owned(), "work".to_owned()];
    header.extend(ways.iter().map(|(what, engine)| format!("{}, {}", answer(*what), by(*engine))));
    header.push("decisions a second".to_owned());
    let last = header.len();
    let mut table = table(header, 3..last);
    right(&mut table, 1..2);
    let mut actions: Vec<&Action> = figures.actions.iter().collect();
    actions.sort_by(|a, b| slowest(b).total_cmp(&slowest(a)));
    for action in actions.iter().take(ROWS) {
        for kind in [Work::ReadAndDecide, Work::Decide] {
            let of = |(what, engine): &(Answer, By)| {
                action.ways.iter().find(|w| (w.work, w.answer, w.engine) == (kind, *what, *engine))
            };
            let shown: Vec<Option<&Way>> = ways.iter().map(of).collect();
            if shown.iter().all(Option::is_none) {
                continue;
            }
            let mut row = vec![action.action.clone(), action.requests.to_string(), work(kind).to_owned()];
            if kind == Work::Decide && action.ways.iter().any(|w| w.work == Work::ReadAndDecide) {
                row[..2].iter_mut().for_each(String::clear);
            }
            let time = |way: &Way| format!("{} / {}", ns(way.median_ns), ns(way.p99_ns));
            row.extend(shown.iter().map(|way| way.map_or_else(String::new, time)));
            let whole = shown.iter().rev().flatten().find(|way| way.answer == Answer::Decision);
            row.push(whole.map_or_else(String::new, |way| rate(way.a_second)));
            table.add_row(row);
        }
    }
    print(&table, out)?;
    more(figures.actions.len(), ROWS, "actions", out)
}

/// What an action takes from text to a whole decision, by whoever is slowest.
fn slowest(action: &Action) -> f64 {
    action.ways.iter().map(|way| way.median_ns).fold(0.0, f64::max)
}

/// What deciding is spent on, over all actions, each as often as it was asked.
fn costs(figures: &Figures, out: &mut Out) -> Outcome<()> {
    let (mut of_items, mut of_atoms) = (Sums::default(), Sums::default());
    let (mut total, mut requests) = (0.0, 0.0);
    for action in &figures.actions {
        let Some(costs) = &action.costs else { continue };
        let times = action.requests as f64;
        requests += times;
        total += times * (costs.classify_ns + costs.judge_ns + costs.lanes_ns);
        costs.items.iter().for_each(|item| of_items.add(&item.item, times * item.ns, item.nodes));
        costs.atoms.iter().for_each(|atom| of_atoms.add(&atom.atom, times * atom.ns, atom.read_by));
    }
    if requests <= 0.0 || total <= 0.0 {
        return Ok(());
    }
    for (sums, first, last) in [(of_items, "costs most: item", "nodes"), (of_atoms, "costs most: atom", "read by")] {
        out.line("")?;
        let mut table = table([first, "ns a decision", "share", last], 1..4);
        let all = sums.sorted();
        for (name, ns_all, number) in all.iter().take(NAMED) {
            let share = format!("{:.1} %", 100.0 * ns_all / total);
            table.add_row([name.clone(), format!("{:.1}", ns_all / requests), share, number.to_string()]);
        }
        print(&table, out)?;
        more(all.len(), NAMED, "of these", out)?;
    }
    Ok(())
}

/// Time and a number by name. The number is the largest that was met.
#[derive(Default)]
struct Sums(BTreeMap<String, (f64, usize)>);

impl Sums {
    fn add(&mut self, name: &str, ns: f64, number: usize) {
        let sum = self.0.entry(name.to_owned()).or_default();
        *sum = (sum.0 + ns, sum.1.max(number));
    }

    fn sorted(self) -> Vec<(String, f64, usize)> {
        let mut all: Vec<_> = self.0.into_iter().map(|(name, (ns, number))| (name, ns, number)).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all
    }
}

/// What never fires, and what never decides.
fn items(figures: &Figures, out: &mut Out) -> Outcome<()> {
    let lists = [
        ("never fired", &figures.never_fired),
        ("fired, but never decided", &figures.never_decided),
        ("never asked", &figures.never_asked),
    ];
    for (title, names) in lists.iter().filter(|(_, names)| !names.is_empty()) {
        out.line("")?;
        out.line(out.paint(Style::Bold, format_args!("{title}: {} of {}", names.len(), figures.items.len())))?;
        for name in names.iter().take(NAMED) {
            out.line(format_args!("  {name}"))?;
        }
        more(names.len(), NAMED, "of these", out)?;
    }
    Ok(())
}

fn more(all: usize, shown: usize, what: &str, out: &mut Out) -> Outcome<()> {
    if all <= shown {
        return Ok(());
    }
    out.line(out.paint(Style::Dim, format_args!("  and {} more {what}; --json tells all", all - shown)))
}

/// A table without lines, some columns of it aligned to the right.
pub(in crate::commands) fn table<H: Into<comfy_table::Row>>(header: H, numbers: Range<usize>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    right(&mut table, numbers);
    table
}

fn right(table: &mut Table, columns: Range<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

pub(in crate::commands) fn print(table: &Table, out: &mut Out) -> Outcome<()> {
    table.to_string().lines().try_for_each(|line| out.line(line.trim_end()))
}

/// A time: three digits are enough.
pub(in crate::commands) fn ns(ns: f64) -> String {
    if ns < 100.0 { format!("{ns:.1}") } else { format!("{ns:.0}") }
}

/// `2.4 M`
fn rate(a_second: f64) -> String {
    match a_second {
        n if n >= 1e6 => format!("{:.2} M", n / 1e6),
        n if n >= 1e3 => format!("{:.0} k", n / 1e3),
        n => format!("{n:.0}"),
    }
}

pub(in crate::commands) fn work(work: Work) -> &'static str {
    match work {
        Work::ReadAndDecide => "read and decide",
        Work::Decide => "decide",
    }
}

pub(in crate::commands) fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Tier => "tier",
        Answer::Decision => "decision",
    }
}

pub(in crate::commands) fn by(by: By) -> &'static str {
    match by {
        By::Plan => "plan",
        By::Jit => "native",
    }
}
