//! What the tests have seen: items that held, clauses that held, outcomes both ways.

use aas::check::typed::{Item, TExprKind};
use aas::value::Value as Constant;
use aas::verify::{BranchCoverage, ItemCoverage};
use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::run::Report;
use crate::exit::Outcome;
use crate::out::{Out, Style};

/// Items of the root package itself with what was seen of them.
fn own(report: &Report) -> impl Iterator<Item = (&Item, &ItemCoverage)> {
    let items = report.coverage.items.iter().map(|c| (report.policy.typed().item(c.item), c));
    items.filter(|(item, _)| (item.span.file.0 as usize) < report.set.own)
}

/// The branches of an item, each with whether its condition is the constant true, so that false is not missed.
fn branches<'r>(item: &Item, seen: &'r ItemCoverage) -> Vec<(&'r BranchCoverage, bool)> {
    let constant = |when: &&aas::check::typed::TExpr| matches!(&when.kind, TExprKind::Const(Constant::Bool(true)));
    seen.branches.iter().zip(item.conditions().iter().map(constant)).collect()
}

/// Conditions that held at least once, of all.
fn held_clauses(item: &Item, seen: &ItemCoverage) -> (usize, usize) {
    let branches = branches(item, seen);
    (branches.iter().filter(|(b, _)| b.counts.held > 0).count(), branches.len())
}

/// Outcomes that ought to be seen: true of every condition, and false of those that can be.
fn outcomes(item: &Item, seen: &ItemCoverage) -> (usize, usize) {
    let mut total = (0, 0);
    for (branch, constant) in branches(item, seen) {
        total.0 += usize::from(branch.counts.held > 0) + usize::from(!constant && branch.counts.failed > 0);
        total.1 += if constant { 1 } else { 2 };
    }
    total
}

/// Seen and all: items, clauses, outcomes.
fn totals(report: &Report) -> [(usize, usize); 3] {
    let mut totals = [(0, 0); 3];
    for (item, seen) in own(report) {
        let (clauses, outcomes) = (held_clauses(item, seen), outcomes(item, seen));
        for (total, (part, all)) in totals.iter_mut().zip([(usize::from(seen.held()), 1), clauses, outcomes]) {
            total.0 += part;
            total.1 += all;
        }
    }
    totals
}

pub(super) fn human(report: &Report, out: &mut Out) -> Outcome<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["item", "kind", "asked", "held", "clauses", "outcomes", "decided"]);
    for column in 2..7 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (item, seen) in own(report) {
        let held: u64 = seen.branches.iter().map(|b| b.counts.held).sum();
        let determined: u64 = seen.branches.iter().map(|b| b.determined).sum();
        let part = |(some, all): (usize, usize)| format!("{some}/{all}");
        table.add_row([
            Cell::new(&item.name),
            Cell::new(item.kind.keyword()),
            Cell::new(seen.about),
            Cell::new(held),
            Cell::new(part(held_clauses(item, seen))),
            Cell::new(part(outcomes(item, seen))),
            Cell::new(determined),
        ]);
    }
    out.line("")?;
    for line in table.to_string().lines() {
        out.line(line.trim_end())?;
    }
    out.line("")?;
    for (place, text) in missed(report) {
        out.line(format_args!("{}  {text}", out.paint(Style::Dim, place)))?;
    }
    let shown: Vec<String> = ["items", "clauses", "outcomes"]
        .iter()
        .zip(totals(report))
        .map(|(word, (some, all))| format!("{word} {some}/{all} ({})", percent(some, all)))
        .collect();
    out.line(format_args!("coverage of {}: {}", report.set.title, shown.join(", ")))
}

pub(super) fn json(report: &Report) -> Value {
    let [items, clauses, outcomes] = totals(report).map(|(some, all)| json!({ "seen": some, "all": all }));
    json!({
        "items": items,
        "clauses": clauses,
        "outcomes": outcomes,
        "by_item": own(report).map(|(item, seen)| json!({
            "item": item.name,
            "kind": item.kind.keyword(),
            "at": report.set.sources.place(item.name_span),
            "asked": seen.about,
            "clauses": seen.branches.iter().map(clause).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn clause(branch: &BranchCoverage) -> Value {
    let counts = branch.counts;
    json!({ "false": counts.failed, "true": counts.held, "error": counts.erred, "determined": branch.determined })
}

/// Clauses that no test has seen true, or false, with their places.
fn missed(report: &Report) -> Vec<(String, String)> {
    let mut missed = Vec::new();
    for (item, seen) in own(report) {
        for (branch, constant) in branches(item, seen) {
            let what = match (branch.counts.held > 0, branch.counts.failed > 0 || constant) {
                (true, true) => continue,
                (false, true) => "was never true",
                (true, false) => "was never false",
                (false, false) => "was never asked",
            };
            missed.push((report.set.sources.place(branch.span), format!("{} {what}", item.name)));
        }
    }
    missed
}

fn percent(some: usize, all: usize) -> String {
    (some * 100).checked_div(all).map_or_else(|| "nothing to see".into(), |n| format!("{n}%"))
}
