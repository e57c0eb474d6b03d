//! The four steps once more, straight over the items, each condition evaluated as one value program.

use super::{Given, context};
use crate::check::typed::{Item, ItemBody, TExpr, TypedPolicy};
use crate::decision::{ItemId, Tier};
use crate::plan::program::Schema;
use crate::plan::{Inputs as _, MAX_VARIABLES, Names, Program, Runner};

type Truths = Vec<(ItemId, Vec<Option<bool>>)>;

/// Truths of all items and the tier.
pub(crate) fn reference(policy: &TypedPolicy, inputs: &Given) -> (Truths, Tier) {
    let mut truths = Truths::new();
    for last in [false, true] {
        let warnings = warnings(policy, &truths);
        for (id, item) in (0..).map(ItemId).zip(&policy.items) {
            if concerns(policy, item, inputs) && reads_warnings(item) == last {
                let all = conditions(item).into_iter().map(|e| truth(policy, inputs, e, warnings)).collect();
                truths.push((id, all));
            }
        }
    }
    truths.sort_by_key(|(id, _)| *id);
    let tier = tier(policy, &truths);
    (truths, tier)
}

fn concerns(policy: &TypedPolicy, item: &Item, inputs: &Given) -> bool {
    match policy.action(inputs.action()) {
        Some(action) => item.scope.actions.contains(&action),
        // The fixtures use `any` only.
        None => item.scope.undeclared.as_ref().is_some_and(|p| p.any),
    }
}

fn conditions(item: &Item) -> Vec<&TExpr> {
    match &item.body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
            branches.iter().map(|b| &b.when).collect()
        }
        ItemBody::Relax { when, .. } | ItemBody::Exception { when, .. } | ItemBody::Approval { when, .. } => vec![when],
    }
}

fn reads_warnings(item: &Item) -> bool {
    matches!(item.body, ItemBody::Floor { reads_warnings: true, .. })
}

fn truth(policy: &TypedPolicy, inputs: &Given, expr: &TExpr, warnings: u32) -> Option<bool> {
    let schema = Schema::of(policy, policy.action(inputs.action()));
    let names = Names { schema, warnings: &|n| warnings >= n };
    let program = Program::compile(&names, expr);
    let context = context(policy);
    Runner { inputs, context: &context }.truth(&program, &[None; MAX_VARIABLES])
}

fn silenced(policy: &TypedPolicy, truths: &Truths, floor: ItemId) -> bool {
    truths.iter().any(|(id, t)| {
        matches!(policy.item(*id).body, ItemBody::Exception { to, .. } if to == floor) && t[0] == Some(true)
    })
}

/// What a floor brings, branch by branch.
fn floor(policy: &TypedPolicy, truths: &Truths, id: ItemId, own: &[Option<bool>]) -> Option<Tier> {
    let ItemBody::Floor { branches, if_unclear, .. } = &policy.item(id).body else { return None };
    if silenced(policy, truths, id) {
        return None;
    }
    let brought = branches.iter().zip(own).filter_map(|(b, t)| match t {
        Some(true) => Some(b.tier),
        Some(false) => None,
        None => Some(if_unclear.unwrap_or(b.tier)),
    });
    brought.max()
}

fn warnings(policy: &TypedPolicy, truths: &Truths) -> u32 {
    let warns = |(id, own): &&(ItemId, Vec<Option<bool>>)| {
        !reads_warnings(policy.item(*id)) && floor(policy, truths, *id, own) >= Some(Tier::Yellow)
    };
    truths.iter().filter(warns).count() as u32
}

fn tier(policy: &TypedPolicy, truths: &Truths) -> Tier {
    let default = policy.settings.default_tier;
    let mut rules = None;
    for (id, own) in truths {
        let ItemBody::Rule { branches, .. } = &policy.item(*id).body else { continue };
        for (b, t) in branches.iter().zip(own) {
            let counts = match t {
                Some(false) => continue,
                None => b.tier.max(default),
                Some(true) => relaxed(policy, truths, *id, b.tier),
            };
            rules = rules.max(Some(counts));
        }
    }
    let floors = truths.iter().filter_map(|(id, own)| floor(policy, truths, *id, own)).max();
    rules.unwrap_or(default).max(floors.unwrap_or(Tier::Green))
}

fn relaxed(policy: &TypedPolicy, truths: &Truths, rule: ItemId, tier: Tier) -> Tier {
    let mut lowest = tier;
    for (id, own) in truths {
        let ItemBody::Relax { from, to, of, .. } = &policy.item(*id).body else { continue };
        let meant = match of {
            Some(one) => *one == rule,
            None => policy.item(*id).package == policy.item(rule).package,
        };
        if own[0] == Some(true) && meant && tier != Tier::Black && tier <= *from && tier > *to {
            lowest = lowest.min(*to);
        }
    }
    lowest
}
