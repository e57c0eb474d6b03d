//! Step 4: what the host must do besides.
//!
//! * `redact` and `notify` from every item that matches; of a rule that a relax lowered its `redact`s only.
//! * The approvals that cover, when the result is red; equal ones once, the fallback only where no other.
//! * `instead`, if black, and `run` from determining items whose condition is true. An argument of `run` that
//!   errs makes the decision black wherever its item matches, determining or not: otherwise a further floor,
//!   or an error in the condition, would make a black decision looser.
//!
//! All in canonical order and without repeats: what two items ask for stands under the first of them.

use super::combine::Weight;
use super::judge::silenced;
use crate::check::typed::{Duty, ItemBody, TypedPolicy};
use crate::decision::{Determining, ItemId, Obligation, Outcome, Tier};
use crate::outcome::{ItemOutcome, Outcomes};

/// What an item asks for and the decision carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// All is known.
    Ready(Obligation),
    /// A `run`, by its place among the item's duties: its arguments are still to be evaluated.
    Run(ItemId, usize),
}

/// What a decision carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duties {
    /// In canonical order, without repeats.
    pub carried: Vec<Carried>,
    /// `run`s that are not carried, by the place among the item's duties, of items that match all the same:
    /// were their arguments told only where they are carried, another floor could lower a decision.
    pub idle: Vec<(ItemId, usize)>,
    /// Items that ask for different actions instead: none of them is carried.
    pub conflict: Vec<ItemId>,
    /// Every item that asks for something the decision carries, repeats included.
    sources: Vec<ItemId>,
}

impl Duties {
    /// The items that ask for what is carried.
    pub fn items(&self) -> impl Iterator<Item = ItemId> + '_ {
        self.sources.iter().copied()
    }

    fn add(&mut self, item: ItemId, duty: Carried) {
        self.sources.push(item);
        if !self.carried.iter().any(|c| same(c, &duty)) {
            self.carried.push(duty);
        }
    }
}

/// Whether two items ask for the same.
fn same(a: &Carried, b: &Carried) -> bool {
    match (a, b) {
        (Carried::Ready(a), Carried::Ready(b)) => match (a, b) {
            (Obligation::Notify { channel: a, .. }, Obligation::Notify { channel: b, .. })
            | (Obligation::Redact { field: a, .. }, Obligation::Redact { field: b, .. })
            | (Obligation::Instead { action: a, .. }, Obligation::Instead { action: b, .. }) => a == b,
            _ => a == b,
        },
        _ => a == b,
    }
}

/// What the decision carries.
pub(super) fn oblige(
    policy: &TypedPolicy,
    outcomes: &Outcomes,
    weights: &[Weight],
    tier: Tier,
    determining: &[Determining],
) -> Duties {
    let mut duties = Duties::default();
    let approvals = if tier == Tier::Red { covering(policy, outcomes) } else { Vec::new() };
    let instead = if tier == Tier::Black { Instead::of(policy, determining) } else { Instead::default() };
    for outcome in &outcomes.items {
        let id = outcome.item;
        let item = policy.item(id);
        let matches = matches(policy, outcomes, outcome);
        let decides = determining.iter().any(|d| d.item == Some(id) && d.outcome == Outcome::Held);
        for (place, duty) in item.obligations.iter().enumerate() {
            match duty {
                Duty::Notify(channel) if matches && !lowered(weights, id) => {
                    duties.add(id, Carried::Ready(Obligation::Notify { channel: channel.to_string(), item: id }));
                }
                Duty::Redact(field) if matches => {
                    duties.add(id, Carried::Ready(Obligation::Redact { field: field.to_string(), item: id }));
                }
                Duty::Instead(action) if decides && instead.agreed => {
                    let action = policy.action_def(*action).name.to_string();
                    duties.add(id, Carried::Ready(Obligation::Instead { action, item: id }));
                }
                Duty::Run { .. } if decides && !lowered(weights, id) => duties.add(id, Carried::Run(id, place)),
                Duty::Run { .. } if matches => duties.idle.push((id, place)),
                Duty::Notify(_) | Duty::Redact(_) | Duty::Instead(_) | Duty::Run { .. } => {}
            }
        }
        if approvals.contains(&id) {
            duties.add(id, Carried::Ready(Obligation::Approve { item: id }));
        }
    }
    duties.conflict = instead.conflict;
    duties
}

/// Whether an item matches: rules, floors and approvals where they hold or err, the others where they hold.
fn matches(policy: &TypedPolicy, outcomes: &Outcomes, outcome: &ItemOutcome) -> bool {
    match &policy.item(outcome.item).body {
        ItemBody::Rule { .. } | ItemBody::Approval { .. } => outcome.counts(),
        ItemBody::Floor { .. } => outcome.counts() && !silenced(policy, outcomes, outcome.item),
        ItemBody::Relax { .. } | ItemBody::Exception { .. } => outcome.held(),
    }
}

/// Whether a relax lowered what a rule brings as a whole.
fn lowered(weights: &[Weight], rule: ItemId) -> bool {
    let own = || weights.iter().filter(|w| w.item == Some(rule));
    own().map(|w| w.counts_as).max() < own().map(|w| w.tier).max()
}

/// The approvals that cover the request. One whose condition errs covers; equal ones count once.
fn covering(policy: &TypedPolicy, outcomes: &Outcomes) -> Vec<ItemId> {
    let covers = |wanted: bool| {
        let mut kept: Vec<ItemId> = Vec::new();
        for outcome in outcomes.items.iter().filter(|o| o.counts()) {
            let ItemBody::Approval { fallback, .. } = &policy.item(outcome.item).body else { continue };
            if *fallback == wanted && !kept.iter().any(|k| equal_terms(policy, *k, outcome.item)) {
                kept.push(outcome.item);
            }
        }
        kept
    };
    let named = covers(false);
    if named.is_empty() { covers(true) } else { named }
}

/// Whether two approvals ask the same people for the same.
fn equal_terms(policy: &TypedPolicy, a: ItemId, b: ItemId) -> bool {
    match (&policy.item(a).body, &policy.item(b).body) {
        (
            ItemBody::Approval { people: p, quorum: q, within: w, own: o, ask: c, .. },
            ItemBody::Approval { people, quorum, within, own, ask, .. },
        ) => (p, q, w, o, c) == (people, quorum, within, own, ask),
        _ => false,
    }
}

/// What determining items want done instead: one action, or a conflict that cancels all.
#[derive(Default)]
struct Instead {
    agreed: bool,
    conflict: Vec<ItemId>,
}

impl Instead {
    fn of(policy: &TypedPolicy, determining: &[Determining]) -> Self {
        let held = determining.iter().filter(|d| d.outcome == Outcome::Held).filter_map(|d| d.item);
        let wanted: Vec<_> = held
            .flat_map(|id| policy.item(id).obligations.iter().map(move |duty| (id, duty)))
            .filter_map(|(id, duty)| match duty {
                Duty::Instead(action) => Some((id, *action)),
                Duty::Notify(_) | Duty::Redact(_) | Duty::Run { .. } => None,
            })
            .collect();
        let agreed = wanted.windows(2).all(|pair| pair[0].1 == pair[1].1);
        let mut conflict: Vec<ItemId> = wanted.into_iter().filter(|_| !agreed).map(|(id, _)| id).collect();
        conflict.dedup();
        Self { agreed, conflict }
    }
}
