//! One request through every engine.

use aas::check::typed::{RawEntity, TypedPolicy};
use aas::decision::{Decision, Engine};
use aas::jit::{self, NativeCode};
use aas::plan::{self, Plan, Read, Run, Scratch, Verdict, Walker};
use aas::reader::Bound;
use aas::reader::wire::{self, Placement};
use aas::{Facts, Policy, Request, graph};

/// A policy in every form that decides.
pub struct Compiled {
    /// The policy; its interpreter is the meaning of the language.
    pub policy: Policy,
    plan: Plan,
    native: NativeCode,
}

impl Compiled {
    /// Compiles a checked policy. Native code is verified while it is made.
    pub fn new(typed: TypedPolicy) -> Self {
        let plan = plan::build(&graph::build(&typed));
        let native = jit::compile(&plan, &jit::Options::default()).expect("native code");
        Self { policy: Policy::from_typed(typed), plan, native }
    }

    /// The typed policy.
    pub fn typed(&self) -> &TypedPolicy {
        self.policy.typed()
    }

    /// The decision that all engines agree on, or what they disagree about.
    pub fn decide(&self, request: &Request, facts: &Facts, entities: &[RawEntity]) -> Result<Decision, String> {
        let entities = self.policy.entities(entities).map_err(|e| format!("entities: {e}"))?;
        let meaning = self.policy.decide_with(Engine::Interp, request, facts, &entities);
        let bound = Bound::new(self.typed(), request, facts);
        if !bound.refusals.is_empty() {
            // Refused by the reader, which all engines share.
            return Ok(meaning);
        }
        let read = Read { policy: self.typed(), bound: &bound, entities: &entities };
        let engines: [(&str, &dyn Run); 2] = [("plan", &Walker), ("native code", &self.native)];
        for (name, engine) in engines {
            let verdict = plan::decide(&self.plan, self.typed(), engine, &read, &mut Scratch::default());
            if let Some(what) = difference(self.typed(), &meaning, &verdict) {
                return Err(format!("{name} differs from the interpreter: {what}"));
            }
        }
        for engine in [Engine::Plan, Engine::Jit] {
            let other =
                Decision { engine: meaning.engine, ..self.policy.decide_with(engine, request, facts, &entities) };
            if other != meaning {
                return Err(format!(
                    "the policy's {engine:?} differs\n      interp: {meaning:?}\n      other: {other:?}"
                ));
            }
        }
        Ok(meaning)
    }

    /// The same for a request in its wire form, with the start values that `aasc eval` takes.
    pub fn ask(&self, json: &str) -> Result<Decision, String> {
        let incoming = wire::request(self.typed(), json, Placement::Tests).map_err(|e| format!("no request: {e}"))?;
        let facts = self.policy.with_start_values(&incoming.facts);
        self.decide(&incoming.request, &facts, &incoming.entities)
    }
}

/// What a verdict of a plan says otherwise than the decision of the interpreter.
fn difference(policy: &TypedPolicy, meaning: &Decision, verdict: &Verdict) -> Option<String> {
    if meaning.tier != verdict.tier {
        return Some(format!("tier {} for {}", verdict.tier, meaning.tier));
    }
    if verdict.unrunnable.is_empty() && meaning.determining != verdict.determining {
        return Some(format!("determining {:?} for {:?}", verdict.determining, meaning.determining));
    }
    if meaning.obligations != verdict.obligations {
        return Some(format!("obligations {:?} for {:?}", verdict.obligations, meaning.obligations));
    }
    let mut erred: Vec<&str> = verdict.erred.iter().map(|id| &*policy.item(*id).name).collect();
    erred.extend(verdict.unrunnable.iter().map(|(id, _)| &*policy.item(*id).name));
    erred.sort_unstable();
    erred.dedup();
    let told = meaning.errors.iter().filter(|e| e.code != "instead_conflict");
    let mut told: Vec<&str> = told.filter_map(|e| e.item.as_deref()).collect();
    told.sort_unstable();
    told.dedup();
    (erred != told).then(|| format!("erring items {erred:?} for {told:?}"))
}
