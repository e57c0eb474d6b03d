//! One request through every engine.

use aas::check::typed::{RawEntity, TypedPolicy, TypedTest};
use aas::decision::{Decision, Engine};
use aas::plan::late;
use aas::reader::wire::{self, Placement};
use aas::{Facts, Policy, Request, SourceSet};
use aas_govern::rehearsal::{Miss, Rehearsed};

use super::artefact::Again;

/// A policy in every form that decides.
pub(crate) struct Compiled {
    policy: Policy,
    /// The same, as many slots late as can be.
    late: Policy,
    again: Again,
}

/// An order of work in which as much waits as can.
pub(crate) fn all_late(policy: &Policy) -> Policy {
    let late = |unit| late::may_be_late(unit).into_iter().rev().take(late::MAX_LATE).collect();
    let order: late::Order = policy.plan().units().map(|(id, unit)| (id, late(unit))).collect();
    policy.in_order(&order).expect("an order of its plan")
}

impl Compiled {
    /// Compiles a checked policy, to native code too, and writes it as an artefact.
    pub(crate) fn new(typed: TypedPolicy, sources: &SourceSet) -> Self {
        let again = Again::new(&typed, sources);
        let policy = Policy::from_typed(typed).with_native().expect("native code");
        Self { late: all_late(&policy), policy, again }
    }

    /// The typed policy.
    pub(crate) fn typed(&self) -> &TypedPolicy {
        self.policy.typed()
    }

    /// The decision that all engines agree on, or what they disagree about. The interpreter is the meaning
    /// of the language; nothing may differ but the name of the engine.
    pub(crate) fn decide(&self, request: &Request, facts: &Facts, entities: &[RawEntity]) -> Result<Decision, String> {
        let entities = self.policy.entities(entities).map_err(|e| format!("entities: {e}"))?;
        let meaning = self.policy.decide_with(Engine::Interp, request, facts, &entities);
        for engine in [Engine::Plan, Engine::Jit] {
            let other = self.policy.decide_with(engine, request, facts, &entities);
            if other.engine != engine {
                return Err(format!("{engine:?} was asked, {:?} answered", other.engine));
            }
            if (Decision { engine: meaning.engine, ..other.clone() }) != meaning {
                return Err(format!("{engine:?} differs from the interpreter\n      {meaning:?}\n      {other:?}"));
            }
        }
        for engine in [Engine::Plan, Engine::Jit] {
            let other = self.late.decide_with(engine, request, facts, &entities);
            if (Decision { engine: meaning.engine, ..other.clone() }) != meaning {
                return Err(format!("{engine:?} in another order differs\n      {meaning:?}\n      {other:?}"));
            }
        }
        for policy in [&self.policy, &self.late] {
            let tier = policy.tier(request, facts, &entities);
            if tier != meaning.tier {
                return Err(format!("asked for the tier alone it is {tier}, not {}", meaning.tier));
            }
        }
        match super::offered::decide(&self.policy, request, facts, &entities) {
            Some(other) if (Decision { engine: meaning.engine, ..other.clone() }) != meaning => {
                return Err(format!(
                    "read where it lies it differs from the interpreter\n      {meaning:?}\n      {other:?}"
                ));
            }
            Some(_) | None => {}
        }
        let difference = self.again.difference((&self.policy, &meaning), (request, facts, &entities));
        difference.map_or(Ok(meaning), Err)
    }

    /// A `test` block, by every engine; what was decided with a governor is decided the same way without one, by the
    /// facts that it told.
    pub fn rehearse(&self, test: &TypedTest) -> Rehearsed {
        let mut rehearsed = aas_govern::rehearse(&self.policy, test, &[Engine::Interp, Engine::Plan, Engine::Jit]);
        for (place, asked) in rehearsed.asked.iter().enumerate() {
            let again = self.policy.decide_with(Engine::Interp, &asked.request, &asked.facts, &asked.entities);
            if (again.tier, &again.determining) != (asked.decision.tier, &asked.decision.determining) {
                rehearsed.misses.push(Miss {
                    span: test.span,
                    asked: Some(place),
                    expected: format!("{:?}", asked.decision),
                    found: format!("{again:?} without a governor"),
                });
            }
        }
        rehearsed
    }

    /// Texts of the determining items of a request in its wire form.
    pub fn says(&self, json: &str, decision: &Decision, sources: &SourceSet) -> Vec<String> {
        let Ok(incoming) = wire::request(self.typed(), json, Placement::Tests) else { return Vec::new() };
        let facts = self.policy.with_start_values(&incoming.facts);
        let Ok(entities) = self.policy.entities(&incoming.entities) else { return Vec::new() };
        let explained = self.policy.explain(sources, (&incoming.request, &facts, &entities), decision, 0);
        explained.determining.into_iter().filter_map(|d| d.because).collect()
    }

    /// The same for a request in its wire form, with the start values that `aasc eval` takes.
    pub(crate) fn ask(&self, json: &str) -> Result<Decision, String> {
        let incoming = wire::request(self.typed(), json, Placement::Tests).map_err(|e| format!("no request: {e}"))?;
        let facts = self.policy.with_start_values(&incoming.facts);
        self.decide(&incoming.request, &facts, &incoming.entities)
    }
}
