//! Asserts, exercised: every claim is tried on drawn requests. A refutation is certain, its absence is not
//! a proof.

use super::generator::{Case, Generator};
use crate::action_name;
use crate::check::typed::{AssertClaim, NamePatterns, TypedAssert, TypedPolicy};
use crate::decision::{Decision, Tier};
use crate::entities::Entities;
use crate::interp::{Evaluator, Scene, judge};
use crate::outcome::ItemOutcome;
use crate::policy::Policy;
use crate::reader::Bound;

/// How often a case is drawn anew before an action counts as tried.
const SEED: u64 = 0x0a55_e27e_0a55_e27e;

/// What became of an assert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// The assert, by its place in [`TypedPolicy::asserts`].
    pub assert: usize,
    /// How many requests were drawn for it.
    pub tried: u32,
    /// On how many of them the assert's condition was true, so that it claimed something.
    pub applied: u32,
    /// A request that shows it wrong.
    pub refuted: Option<Box<Witness>>,
}

/// A request for which an assert does not hold, with the interpreter's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The request with its facts and entities.
    pub case: Case,
    /// What is decided of it.
    pub decision: Decision,
}

/// Tries each assert of a policy on `cases` drawn requests, always the same ones; stops at a refutation.
///
/// A claim that bounds decisions from below (`always black`, `never green`, `never below`) is about every request.
/// One that bounds them from above is about requests that are judged without an error: what cannot be told
/// only makes a decision stricter.
#[must_use]
pub fn exercise_asserts(policy: &Policy, cases: u32) -> Vec<Exercise> {
    let decide = |case: &Case, entities: &Entities| Some(policy.decide(&case.request, &case.facts, entities));
    (0..policy.typed().asserts.len()).map(|place| exercise_assert(policy, place, cases, &mut { decide })).collect()
}

/// Tries one assert, by its place in [`TypedPolicy::asserts`], asking `decide` for each decision; where that
/// gives none, the exercise ends.
pub fn exercise_assert(
    policy: &Policy,
    place: usize,
    cases: u32,
    decide: &mut impl FnMut(&Case, &Entities) -> Option<Decision>,
) -> Exercise {
    let typed = policy.typed();
    let assert = &typed.asserts[place];
    let names = names(typed, assert);
    let mut generator = Generator::new(typed, SEED ^ place as u64);
    let mut done = Exercise { assert: place, tried: 0, applied: 0, refuted: None };
    let mut turn = names.iter().cycle();
    while done.tried < cases {
        let Some(name) = turn.next() else { break };
        let case = generator.case(name);
        done.tried += 1;
        let Some(entities) = spoken_of(policy, assert, &case) else { continue };
        let Some(decision) = decide(&case, &entities) else { break };
        done.applied += 1;
        if !holds(assert, decision.tier) {
            done.refuted = Some(Box::new(Witness { case, decision }));
            break;
        }
    }
    done
}

/// Names that an assert is about: its actions, and some that its patterns match and nobody declares.
fn names(policy: &TypedPolicy, assert: &TypedAssert) -> Vec<String> {
    let declared = assert.scope.actions.iter().map(|id| policy.action_def(*id).name.to_string());
    let mut names: Vec<String> = declared.collect();
    if let Some(patterns) = &assert.scope.undeclared {
        names.extend(undeclared(policy, patterns));
    }
    names
}

fn undeclared(policy: &TypedPolicy, patterns: &NamePatterns) -> Vec<String> {
    let added = patterns.parts.iter().filter(|(subtracts, _)| !subtracts);
    let mut names: Vec<String> = added.map(|(_, pattern)| pattern.replace("**", "zz.y").replace('*', "zz")).collect();
    if patterns.any {
        names.push("no.such.action".to_string());
    }
    names.retain(|name| action_name::is_well_formed(name) && policy.action(name).is_none());
    names
}

/// The snapshot of a case that the assert speaks of; `None` where it does not.
fn spoken_of(policy: &Policy, assert: &TypedAssert, case: &Case) -> Option<Entities> {
    let typed = policy.typed();
    let entities = policy.entities(&case.entities).ok()?;
    let bound = Bound::new(typed, &case.request, &case.facts);
    let scene = Scene::new(typed, &bound, &entities);
    if !bound.is_about(&assert.scope) || !matches!(Evaluator::new(scene).truth(&assert.when), Ok(true)) {
        return None;
    }
    if !bounds_from_below(assert) {
        let erred = !bound.refusals.is_empty() || judge(&scene).items.iter().any(ItemOutcome::erred);
        if erred {
            return None;
        }
    }
    Some(entities)
}

/// Whether a stricter decision can never refute it.
fn bounds_from_below(assert: &TypedAssert) -> bool {
    match assert.claim {
        AssertClaim::Always => assert.tier == Tier::Black,
        AssertClaim::Never => assert.tier == Tier::Green,
        AssertClaim::NeverBelow => true,
        AssertClaim::NeverAbove => false,
    }
}

fn holds(assert: &TypedAssert, tier: Tier) -> bool {
    match assert.claim {
        AssertClaim::Always => tier == assert.tier,
        AssertClaim::Never => tier != assert.tier,
        AssertClaim::NeverBelow => tier >= assert.tier,
        AssertClaim::NeverAbove => tier <= assert.tier,
    }
}
