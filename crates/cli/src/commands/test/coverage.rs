//! What the tests have seen: items that held, clauses that held, outcomes both ways.

use aas::check::typed::{Item, ItemBody};
use aas::interp;
use aas::verify::ItemCoverage;
use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::run::Report;
use crate::exit::Outcome;
use crate::out::{Out, Style};

/// Items of the root package itself with what was seen of them.
fn own(report: &Report) -> impl Iterator<Item = (&Item, &ItemCoverage)> {
    let items = report.coverage.items().iter().map(|c| (report.policy.typed().item(c.item), c));
    items.filter(|(item, _)| (item.span.file.0 as usize) < report.set.own)
}

/// Seen and all: items, clauses, outcomes.
fn totals(report: &Report) -> [(usize, usize); 3] {
    let mut totals = [(0, 0); 3];
    for (_, seen) in own(report) {
        let (clauses, outcomes) = (seen.held_clauses(), seen.outcomes());
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
        let held: u64 = seen.clauses.iter().map(|[_, held, _]| held).sum();
        let part = |(some, all): (usize, usize)| format!("{some}/{all}");
        table.add_row([
            Cell::new(&item.name),
            Cell::new(item.kind.keyword()),
            Cell::new(seen.asked),
            Cell::new(held),
            Cell::new(part(seen.held_clauses())),
            Cell::new(part(seen.outcomes())),
            Cell::new(seen.determined),
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
            "asked": seen.asked,
            "determined": seen.determined,
            "clauses": seen.clauses.iter().map(|[no, yes, err]| json!({ "false": no, "true": yes, "error": err })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

/// Clauses that no test has seen true, or false, with their places.
fn missed(report: &Report) -> Vec<(String, String)> {
    let mut missed = Vec::new();
    for (item, seen) in own(report) {
        let spans: Vec<_> = match &item.body {
            ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
                branches.iter().map(|b| b.span).collect()
            }
            ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => {
                interp::conditions(item).iter().map(|_| item.name_span).collect()
            }
        };
        for ((span, [no, yes, _]), constant) in spans.iter().zip(&seen.clauses).zip(&seen.constant) {
            let what = match (*yes > 0, *no > 0 || *constant) {
                (true, true) => continue,
                (false, true) => "was never true",
                (true, false) => "was never false",
                (false, false) => "was never asked",
            };
            missed.push((report.set.sources.place(*span), format!("{} {what}", item.name)));
        }
    }
    missed
}

fn percent(some: usize, all: usize) -> String {
    if all == 0 { "nothing to see".into() } else { format!("{}%", some * 100 / all) }
}
