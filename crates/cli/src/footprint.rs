//! What each action reads of state and touches in it, as a table or as JSON.

use aas::check::typed::TypedPolicy;
use aas::check::typed::state::{Footprint, StateId, StateItem};
use serde_json::{Value, json};

/// A line of the table.
type Row = [String; 5];

/// The table: an action with each of its items, what a decision reads of it, and whether a request touches it.
pub(crate) fn table(policy: &TypedPolicy) -> String {
    let mut rows: Vec<Row> = vec![["action", "item", "kind", "reads", "touches"].map(str::to_owned)];
    for (def, footprint) in policy.actions.iter().zip(&policy.state.footprints.declared) {
        of_action(policy, &def.name, footprint, &mut rows);
    }
    of_action(policy, "(any other)", &policy.state.footprints.undeclared, &mut rows);
    if rows.len() == 1 {
        return "No action reads or touches any state.\n".to_owned();
    }
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        out.push_str(format!(" {}", cells.collect::<Vec<_>>().join("  ")).trim_end());
        out.push('\n');
    }
    out
}

/// The same as JSON: actions with their items. The last has no name where undeclared names read or touch something.
pub(crate) fn json(policy: &TypedPolicy) -> Vec<Value> {
    let declared = policy.actions.iter().zip(&policy.state.footprints.declared);
    let declared = declared.map(|(def, footprint)| (Some(&*def.name), footprint));
    let all = declared.chain([(None, &policy.state.footprints.undeclared)]);
    let shown = all.filter(|(_, footprint)| !footprint.touches.is_empty() || !footprint.reads.is_empty());
    shown.map(|(action, footprint)| json!({ "action": action, "items": items(policy, footprint) })).collect()
}

fn items(policy: &TypedPolicy, footprint: &Footprint) -> Vec<Value> {
    let of = |used: Used<'_>| {
        json!({
            "item": used.item.name,
            "kind": used.item.body.keyword(),
            "reads": used.reads,
            "touches": used.touches,
        })
    };
    used(policy, footprint).map(of).collect()
}

/// What an action has to do with an item.
struct Used<'p> {
    item: &'p StateItem,
    /// The names of what is read of it.
    reads: Vec<&'p str>,
    touches: bool,
}

fn used<'p>(policy: &'p TypedPolicy, footprint: &Footprint) -> impl Iterator<Item = Used<'p>> {
    let mut ids: Vec<StateId> = footprint.touches.clone();
    ids.extend(footprint.reads.iter().map(|(id, _)| *id));
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| {
        let item = policy.state.item(id);
        let places = footprint.reads.iter().find(|(of, _)| *of == id).map_or(&[][..], |(_, places)| places);
        let read = item.readings.iter().filter(|reading| places.contains(&reading.place));
        let reads = read.map(|reading| item.part_name(reading.part)).collect();
        Used { item, reads, touches: footprint.touches.contains(&id) }
    })
}

fn of_action(policy: &TypedPolicy, action: &str, footprint: &Footprint, rows: &mut Vec<Row>) {
    for (place, used) in used(policy, footprint).enumerate() {
        rows.push([
            if place == 0 { action.to_owned() } else { String::new() },
            used.item.name.to_string(),
            used.item.body.keyword().to_owned(),
            if used.reads.is_empty() { "-".to_owned() } else { used.reads.join(", ") },
            if used.touches { "yes" } else { "-" }.to_owned(),
        ]);
    }
}
