//! What a run of decisions has seen of a policy.

use crate::check::typed::{Item, TExprKind, TypedPolicy};
use crate::decision::{Decision, ItemId};
use crate::outcome::{Outcomes, Truth};
use crate::value::Value;

/// What was seen of each item.
#[derive(Clone, Debug)]
pub struct Coverage {
    items: Vec<ItemCoverage>,
}

/// What was seen of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemCoverage {
    /// The item.
    pub item: ItemId,
    /// Requests that it was about.
    pub asked: u64,
    /// Decisions that it determined.
    pub determined: u64,
    /// For each condition in text order: how often it was false, true and an error.
    pub clauses: Vec<[u64; 3]>,
    /// Which conditions are always true, so that false is not missed.
    pub constant: Vec<bool>,
}

impl ItemCoverage {
    /// Whether a condition held at least once.
    #[must_use]
    pub fn held(&self) -> bool {
        self.clauses.iter().any(|[_, held, _]| *held > 0)
    }

    /// Outcomes that ought to be seen: true of every condition, and false of those that can be.
    #[must_use]
    pub fn outcomes(&self) -> (usize, usize) {
        let mut seen = 0;
        let mut all = 0;
        for ([missed, held, _], constant) in self.clauses.iter().zip(&self.constant) {
            all += if *constant { 1 } else { 2 };
            seen += usize::from(*held > 0) + usize::from(!constant && *missed > 0);
        }
        (seen, all)
    }

    /// Conditions that held at least once, of all.
    #[must_use]
    pub fn held_clauses(&self) -> (usize, usize) {
        (self.clauses.iter().filter(|[_, held, _]| *held > 0).count(), self.clauses.len())
    }
}

impl Coverage {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(policy: &TypedPolicy) -> Self {
        let items = policy.items.iter().enumerate().map(|(i, item)| {
            let constant = constants(item);
            let clauses = vec![[0; 3]; constant.len()];
            ItemCoverage { item: ItemId(i as u32), asked: 0, determined: 0, clauses, constant }
        });
        Self { items: items.collect() }
    }

    /// Takes one decision into account.
    pub fn see(&mut self, outcomes: &Outcomes, decision: &Decision) {
        for outcome in &outcomes.items {
            let Some(item) = self.items.get_mut(outcome.item.0 as usize) else { continue };
            item.asked += 1;
            for (clause, truth) in item.clauses.iter_mut().zip(&outcome.truths) {
                let place = match truth {
                    Truth::False => 0,
                    Truth::True => 1,
                    Truth::Erred => 2,
                };
                clause[place] += 1;
            }
        }
        let mut determining: Vec<ItemId> = decision.determining.iter().filter_map(|d| d.item).collect();
        determining.dedup();
        for item in determining {
            if let Some(seen) = self.items.get_mut(item.0 as usize) {
                seen.determined += 1;
            }
        }
    }

    /// What was seen of each item, in canonical order.
    #[must_use]
    pub fn items(&self) -> &[ItemCoverage] {
        &self.items
    }
}

/// For each condition of an item, whether it is the constant true.
fn constants(item: &Item) -> Vec<bool> {
    crate::interp::conditions(item)
        .into_iter()
        .map(|when| match &when.kind {
            TExprKind::Const(Value::Bool(true)) => true,
            TExprKind::And(parts) => parts.is_empty(),
            _ => false,
        })
        .collect()
}
