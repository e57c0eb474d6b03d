//! The plan of a policy that is much like one that has a plan.
//!
//! A unit depends on the items about its action and on what is declared. Where those are as they were, the unit
//! is taken over; only the numbers of its items may be others, since items are numbered by name.

use super::lanes::Choice;
use super::late::Late;
use super::{Plan, Unit, lower};
use crate::check::typed::{ActionId, TypedPolicy};
use crate::decision::ItemId;
use crate::graph::{self, Effect};

/// Builds the plan of a policy with the units of an earlier one whose items are all `same`. The caller promises
/// that what is declared is equal in both policies. Returns the plan and how many units were made anew.
///
/// INVARIANT: the plan is that which [`super::build`] makes of the policy.
#[must_use]
pub fn build_again(policy: &TypedPolicy, earlier: (&TypedPolicy, &Plan), same: impl Fn(&str) -> bool) -> (Plan, usize) {
    let (old, plan) = earlier;
    let places = places(policy, old, same);
    let (now, before) = (graph::items_of_actions(policy), graph::items_of_actions(old));
    let stays = |action: ActionId| {
        let (now, before) = (now.get(action.0 as usize), before.get(action.0 as usize));
        let (Some(now), Some(before)) = (now, before) else { return false };
        now.len() == before.len() && now.iter().zip(before).all(|(id, old)| places[old.0 as usize] == Some(*id))
    };
    let graph = graph::build_where(policy, |action| !stays(action));
    let mut made = graph.parts.len();
    let plan = lower::build_keeping(&graph, Choice::default(), |action| {
        let mut unit = plan.units.get(action.0 as usize).filter(|_| stays(action))?.clone();
        made -= 1;
        // What is late was chosen for the earlier policy.
        unit.late = Late::default();
        renumber(&mut unit, &|id| places.get(id.0 as usize).copied().flatten().unwrap_or(id));
        Some(unit)
    });
    (plan, made)
}

/// Where each item of the earlier policy is now, if it is the same.
fn places(policy: &TypedPolicy, old: &TypedPolicy, same: impl Fn(&str) -> bool) -> Vec<Option<ItemId>> {
    // Both are sorted by name, so one walk over both is enough.
    let mut now = (0..).map(ItemId).zip(&policy.items).peekable();
    let place = |item: &crate::check::typed::Item| {
        while now.next_if(|(_, other)| other.name < item.name).is_some() {}
        let (id, _) = now.next_if(|(_, other)| other.name == item.name)?;
        same(&item.name).then_some(id)
    };
    old.items.iter().map(place).collect()
}

/// Gives the items of a unit their new numbers. Their order among each other is the same, so nothing else changes.
fn renumber(unit: &mut Unit, to: &dyn Fn(ItemId) -> ItemId) {
    let pieces = unit.lanes.pieces.iter_mut().flat_map(|piece| &mut piece.rows);
    for row in unit.rows.iter_mut().chain(pieces) {
        row.item = to(row.item);
        match &mut row.effect {
            Effect::Relax { of: Some(of), .. } | Effect::Exception { of } => *of = to(*of),
            Effect::Relax { of: None, .. } | Effect::Rule { .. } | Effect::Floor { .. } | Effect::Approval { .. } => {}
        }
    }
    for run in &mut unit.runs {
        run.item = to(run.item);
    }
}
