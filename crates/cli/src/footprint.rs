//! What each action reads of state and touches in it, as a table.

use aas::check::typed::TypedPolicy;
use aas::check::typed::state::{Footprint, StateId, StateItem};

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

fn of_action(policy: &TypedPolicy, action: &str, footprint: &Footprint, rows: &mut Vec<Row>) {
    let mut ids: Vec<StateId> = footprint.touches.clone();
    ids.extend(footprint.reads.iter().map(|(id, _)| *id));
    ids.sort_unstable();
    ids.dedup();
    for (place, id) in ids.into_iter().enumerate() {
        let item = policy.state.item(id);
        let read = footprint.reads.iter().find(|(of, _)| *of == id).map_or("-".into(), |(_, read)| parts(item, read));
        rows.push([
            if place == 0 { action.to_owned() } else { String::new() },
            item.name.to_string(),
            item.body.keyword().to_owned(),
            read,
            if footprint.touches.contains(&id) { "yes" } else { "-" }.to_owned(),
        ]);
    }
}

/// The names of what is read of an item.
fn parts(item: &StateItem, read: &[u32]) -> String {
    let named = item.readings.iter().filter(|reading| read.contains(&reading.place));
    named.map(|reading| item.part_name(reading.part)).collect::<Vec<_>>().join(", ")
}
