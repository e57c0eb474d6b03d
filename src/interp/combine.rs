//! The four steps from truths to a tier.
//!
//! 1. **match**: every rule branch that holds brings its tier; a relax that holds is a ceiling for it.
//! 2. **classify**: the highest of those; no rule matches: the default.
//! 3. **floors**: the highest tier of all floors that hold; the result is the higher of 2 and 3.
//! 4. **oblige**: see [`oblige`](super::oblige).
//!
//! An error never loosens: a rule branch that errs counts with the stricter of its tier and the default,
//! unrelaxed; a floor branch that errs holds; a relax and an exception that err do not.

use super::judge::silenced;
use super::oblige::{Duties, oblige};
use crate::check::typed::{Branch, ItemBody, TypedPolicy};
use crate::decision::{Determining, ItemId, Outcome, Tier};
use crate::outcome::{ItemOutcome, Outcomes, Truth};

/// What follows from the truths of all conditions, before any text is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The tier.
    pub tier: Tier,
    /// The items that made it, in canonical order.
    pub determining: Vec<Determining>,
    /// What the host must do besides.
    pub duties: Duties,
    /// Items with an error that the decision lists, in canonical order.
    pub erred: Vec<ItemId>,
}

/// What a branch of a rule or floor brings.
#[derive(Clone, Debug)]
pub(super) struct Weight {
    /// The item; none is the default.
    pub item: Option<ItemId>,
    /// Which of its branches.
    pub branch: u32,
    /// Held or erred.
    pub outcome: Outcome,
    /// What it brings.
    pub tier: Tier,
    /// What it counts as, once relaxed.
    pub counts_as: Tier,
    /// The relaxes that gave it that tier.
    pub relaxed_by: Vec<ItemId>,
}

/// Combines outcomes into a verdict.
#[must_use]
pub fn combine(policy: &TypedPolicy, outcomes: &Outcomes) -> Verdict {
    let mut weights = matching(policy, outcomes);
    if weights.is_empty() {
        weights.push(default(policy));
    }
    weights.extend(floors(policy, outcomes));
    // There is always a weight: the default stands in where no rule matches.
    let tier = weights.iter().map(|w| w.counts_as).max().unwrap_or(Tier::Black);
    let determining = determining(&weights, tier);
    let duties = oblige(policy, outcomes, &weights, tier, &determining);
    let erred = errors(outcomes, &determining, &duties);
    Verdict { tier, determining, duties, erred }
}

/// Step 1: what rules bring, and what relaxes make of it.
fn matching(policy: &TypedPolicy, outcomes: &Outcomes) -> Vec<Weight> {
    let mut weights = Vec::new();
    for outcome in &outcomes.items {
        let ItemBody::Rule { branches, .. } = &policy.item(outcome.item).body else { continue };
        for (branch, tier, outcome_of) in counting(branches, outcome) {
            let mut weight = Weight {
                item: Some(outcome.item),
                branch,
                outcome: outcome_of,
                tier,
                counts_as: tier,
                relaxed_by: Vec::new(),
            };
            match outcome_of {
                Outcome::Held => relax(policy, outcomes, &mut weight),
                Outcome::Erred => {
                    weight.tier = tier.max(policy.settings.default_tier);
                    weight.counts_as = weight.tier;
                }
            }
            weights.push(weight);
        }
    }
    weights
}

/// Branches that hold or err, with the tiers they say.
fn counting<'a>(branches: &'a [Branch], outcome: &'a ItemOutcome) -> impl Iterator<Item = (u32, Tier, Outcome)> + 'a {
    branches.iter().zip(&outcome.truths).enumerate().filter_map(|(i, (branch, truth))| match truth {
        Truth::False => None,
        Truth::True => Some((i as u32, branch.tier, Outcome::Held)),
        Truth::Erred => Some((i as u32, branch.tier, Outcome::Erred)),
    })
}

/// A relax that holds is a ceiling for tiers up to the one it names; of several the lowest counts.
fn relax(policy: &TypedPolicy, outcomes: &Outcomes, weight: &mut Weight) {
    let Some(rule) = weight.item else { return };
    if weight.tier == Tier::Black {
        return;
    }
    for outcome in outcomes.items.iter().filter(|o| o.held()) {
        let ItemBody::Relax { from, to, of, .. } = &policy.item(outcome.item).body else { continue };
        let touches = match of {
            Some(named) => *named == rule,
            None => policy.item(outcome.item).package == policy.item(rule).package,
        };
        if !touches || weight.tier > *from || weight.tier <= *to {
            continue;
        }
        if *to < weight.counts_as {
            weight.counts_as = *to;
            weight.relaxed_by.clear();
        }
        if *to == weight.counts_as {
            weight.relaxed_by.push(outcome.item);
        }
    }
}

/// Step 2, where no rule matches.
fn default(policy: &TypedPolicy) -> Weight {
    let tier = policy.settings.default_tier;
    Weight { item: None, branch: 0, outcome: Outcome::Held, tier, counts_as: tier, relaxed_by: Vec::new() }
}

/// Step 3: what floors bring that no exception silences.
fn floors(policy: &TypedPolicy, outcomes: &Outcomes) -> Vec<Weight> {
    let mut weights = Vec::new();
    for outcome in &outcomes.items {
        let ItemBody::Floor { branches, if_unclear, .. } = &policy.item(outcome.item).body else { continue };
        if silenced(policy, outcomes, outcome.item) {
            continue;
        }
        for (branch, own, outcome_of) in counting(branches, outcome) {
            let tier = match outcome_of {
                Outcome::Held => own,
                Outcome::Erred => if_unclear.unwrap_or(own),
            };
            let item = Some(outcome.item);
            weights.push(Weight { item, branch, outcome: outcome_of, tier, counts_as: tier, relaxed_by: Vec::new() });
        }
    }
    weights
}

/// What counts as the result, and the relaxes that led to it.
fn determining(weights: &[Weight], tier: Tier) -> Vec<Determining> {
    let mut determining = Vec::new();
    for weight in weights.iter().filter(|w| w.counts_as == tier) {
        let Weight { item, branch, tier, outcome, .. } = *weight;
        determining.push(Determining { item, branch, tier, outcome });
        let relaxes = weight.relaxed_by.iter();
        determining.extend(relaxes.map(|relax| Determining {
            item: Some(*relax),
            branch: 0,
            tier: weight.counts_as,
            outcome: Outcome::Held,
        }));
    }
    determining.sort();
    determining.dedup();
    determining
}

/// The items whose errors a decision lists: those that determine it by an error, and those whose
/// obligations it carries.
fn errors(outcomes: &Outcomes, determining: &[Determining], duties: &Duties) -> Vec<ItemId> {
    let by_error = determining.iter().filter(|d| d.outcome == Outcome::Erred).filter_map(|d| d.item);
    let carried = duties.items().filter(|item| outcomes.of(*item).is_some_and(ItemOutcome::erred));
    let mut items: Vec<ItemId> = by_error.chain(carried).collect();
    items.sort();
    items.dedup();
    items
}
