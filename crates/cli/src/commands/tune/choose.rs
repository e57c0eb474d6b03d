//! What waits, and in which order.
//!
//! One slot after the other is put where it saves most over the requests that were timed, until nothing saves enough.
//! That is an estimate from the parts; whether it holds is measured afterwards on whole decisions.

use aas::Policy;
use aas::plan::late::{Late, MAX_LATE, may_be_late, slot_keys};
use aas::plan::{Encoding, SlotId};
use aas::profile::{Atom, OfAction, Row};

use super::record::Record;
use crate::commands::bench::requests;

/// Part of what all slots cost that a slot must save to wait.
const LEAST_PART: f64 = 0.02;
/// Nanoseconds that it must save.
const LEAST_NS: f64 = 3.0;
/// Nanoseconds that an order must save in all: what it costs to have one.
const LEAST_IN_ALL: f64 = 20.0;

/// The record of an action with its order; none where nothing of it should wait.
pub(super) fn order(policy: &Policy, of: &requests::OfAction) -> Option<OfAction> {
    let mut record = Record::new(policy, of.unit?, of)?;
    let slots = chosen(&mut record);
    let late = Late::of(record.unit(), &slots).filter(|late| !late.is_empty())?;
    let asked = record.asked(policy, of, &late);
    let unit = record.unit();
    let atom = |((place, key), slot): ((usize, _), &aas::plan::Slot)| {
        let id = SlotId(place as u32);
        Atom {
            text: text(slot),
            key: format!("{key}"),
            // Tenths are enough.
            ns: (record.cost(id) * 10.0).round() / 10.0,
            held: record.slots[place].held,
            erred: record.slots[place].erred,
            late: (1..).zip(&slots).find(|(_, late)| **late == id).map(|(place, _)| place),
            asked: asked[place],
        }
    };
    let row = |(row, counts): (&aas::plan::PlanRow, &super::record::Counts)| Row {
        item: policy.typed().item(row.item).name.to_string(),
        branch: row.branch,
        held: counts.held,
        erred: counts.erred,
    };
    Some(OfAction {
        name: of.name.clone(),
        requests: record.requests,
        atoms: slot_keys(unit).into_iter().enumerate().zip(&unit.block.slots).map(atom).collect(),
        rows: unit.rows.iter().zip(&record.rows).map(row).collect(),
    })
}

/// What a slot asks, for people.
fn text(slot: &aas::plan::Slot) -> String {
    match slot.encoding {
        Encoding::Presence => format!("has {}", slot.label),
        Encoding::Records(_) => format!("each of {}", slot.label),
        Encoding::Word | Encoding::Truth | Encoding::Symbol(_) => slot.label.to_string(),
    }
}

fn chosen(record: &mut Record<'_>) -> Vec<SlotId> {
    let least = f64::max(LEAST_PART * record.whole(), LEAST_NS);
    let candidates: Vec<SlotId> =
        may_be_late(record.unit()).into_iter().filter(|slot| record.cost(*slot) >= least).collect();
    let (mut order, mut saved): (Vec<SlotId>, f64) = (Vec::new(), 0.0);
    while order.len() < MAX_LATE {
        let mut best: Option<(f64, Vec<SlotId>)> = None;
        for slot in candidates.iter().filter(|slot| !order.contains(slot)) {
            for place in 0..=order.len() {
                let mut trial = order.clone();
                trial.insert(place, *slot);
                let Some(late) = Late::of(record.unit(), &trial) else { continue };
                let gain = record.gain(&late);
                if gain >= saved + least && best.as_ref().is_none_or(|(known, _)| gain > *known) {
                    best = Some((gain, trial));
                }
            }
        }
        let Some((gain, trial)) = best else { break };
        (order, saved) = (trial, gain);
    }
    if saved < LEAST_IN_ALL {
        order.clear();
    }
    order
}
