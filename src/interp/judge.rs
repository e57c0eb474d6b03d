//! The truth of every condition of every item that is about the request.

use super::Scene;
use super::eval::Evaluator;
use crate::check::typed::{Item, ItemBody, TExpr, TypedPolicy};
use crate::decision::{ItemId, Tier};
use crate::outcome::{ItemOutcome, Outcomes, Truth};

/// Judges all items. Floors that read `warnings` come last, when the others are known.
#[must_use]
pub fn judge(scene: &Scene<'_>) -> Outcomes {
    let items = (0..).map(ItemId).zip(&scene.policy.items).filter(|(_, item)| scene.bound.is_about(&item.scope));
    judge_items(scene, &items.map(|(id, _)| id).collect::<Vec<_>>())
}

/// Judges these items, whatever the request is about.
#[must_use]
pub fn judge_items(scene: &Scene<'_>, items: &[ItemId]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for asks_warnings in [false, true] {
        let warnings = warnings(scene.policy, &outcomes);
        let mut evaluator = Evaluator::new(Scene { warnings, ..*scene });
        for id in items {
            let item = scene.policy.item(*id);
            if reads_warnings(item) == asks_warnings {
                let truths = item.conditions().into_iter().map(|when| told(&mut evaluator, when)).collect();
                outcomes.items.push(ItemOutcome { item: *id, truths });
            }
        }
    }
    outcomes.items.sort_by_key(|o| o.item);
    outcomes
}

fn told(evaluator: &mut Evaluator<'_>, when: &TExpr) -> Truth {
    evaluator.truth(when).map_or(Truth::Erred, Truth::from)
}

pub(super) fn reads_warnings(item: &Item) -> bool {
    match &item.body {
        ItemBody::Floor { reads_warnings, .. } => *reads_warnings,
        ItemBody::Rule { .. } | ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => {
            false
        }
    }
}

/// How many floors that do not read `warnings` themselves hold or err at yellow or above, each once.
#[must_use]
pub fn warnings(policy: &TypedPolicy, outcomes: &Outcomes) -> u32 {
    let warns = |outcome: &&ItemOutcome| match &policy.item(outcome.item).body {
        ItemBody::Floor { branches, if_unclear, reads_warnings: false, .. } => {
            let brought = branches.iter().zip(&outcome.truths).filter_map(|(branch, truth)| match truth {
                Truth::False => None,
                Truth::True => Some(branch.tier),
                Truth::Erred => Some(if_unclear.unwrap_or(branch.tier)),
            });
            !silenced(policy, outcomes, outcome.item) && brought.max() >= Some(Tier::Yellow)
        }
        ItemBody::Floor { .. }
        | ItemBody::Rule { .. }
        | ItemBody::Relax { .. }
        | ItemBody::Exception { .. }
        | ItemBody::Approval { .. } => false,
    };
    outcomes.items.iter().filter(warns).count() as u32
}

/// Whether an exception that is true names this floor. One that erred silences nothing.
#[must_use]
pub fn silenced(policy: &TypedPolicy, outcomes: &Outcomes, floor: ItemId) -> bool {
    outcomes.items.iter().any(|outcome| match &policy.item(outcome.item).body {
        ItemBody::Exception { to, .. } => *to == floor && outcome.held(),
        ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Relax { .. } | ItemBody::Approval { .. } => false,
    })
}
