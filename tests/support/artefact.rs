//! A policy, written as an artefact and read again: whole, and action by action.

use std::collections::HashMap;
use std::sync::Mutex;

use aas::artefact::{self, Artefact};
use aas::check::typed::TypedPolicy;
use aas::decision::{Decision, Engine, Obligation};
use aas::{Asked, Entities, Facts, OneAction, Policy, Request, SourceSet};

/// What was read of an artefact.
pub(crate) struct Again {
    bytes: Vec<u8>,
    /// The same with a table of needs for every action.
    told_apart: Vec<u8>,
    whole: Policy,
    parts: Mutex<HashMap<String, [OneAction; 2]>>,
}

impl Again {
    /// Writes and reads a policy.
    pub(crate) fn new(policy: &TypedPolicy, sources: &SourceSet) -> Self {
        let bytes = artefact::write(policy, sources).unwrap_or_else(|why| panic!("no artefact: {why}"));
        let whole = Policy::from_artefact(&bytes).unwrap_or_else(|why| panic!("not read again: {why}"));
        let told_apart = artefact::write_with(policy, sources, 0).unwrap_or_else(|why| panic!("no tables: {why}"));
        Self { bytes, told_apart, whole, parts: Mutex::default() }
    }

    /// How it decides otherwise than the policy it was written from.
    pub(crate) fn difference(
        &self,
        (policy, meaning): (&Policy, &Decision),
        (request, facts, entities): (&Request, &Facts, &Entities),
    ) -> Option<String> {
        for engine in [Engine::Plan, Engine::Interp] {
            let decision = self.whole.decide_with(engine, request, facts, entities);
            if (Decision { engine: meaning.engine, ..decision.clone() }) != *meaning {
                return Some(format!("the artefact differs\n      {meaning:?}\n      {decision:?}"));
            }
        }
        let mut parts = self.parts.lock().expect("no test panicked in here");
        let parts = parts.entry(request.action.to_string()).or_insert_with(|| {
            let artefact = Artefact::open(self.bytes.as_slice()).expect("an artefact that was read before");
            let loaded = OneAction::load(&artefact, &request.action).unwrap_or_else(|why| panic!("no part: {why}"));
            [loaded, OneAction::of(policy.typed(), &request.action)]
        });
        for own in parts.iter().map(|part| part.policy_for(request).expect("its own action")) {
            for engine in [Engine::Plan, Engine::Interp] {
                let decision = own.decide_with(engine, request, facts, entities);
                let (said, meant) = (in_names(&decision, own), in_names(meaning, policy));
                if said != meant {
                    return Some(format!("the part of one action differs\n      {meant}\n      {said}"));
                }
            }
        }
        self.one_request((policy, meaning), (request, facts, entities))
    }

    /// How the part of this request alone decides otherwise.
    fn one_request(
        &self,
        (policy, meaning): (&Policy, &Decision),
        (request, facts, entities): (&Request, &Facts, &Entities),
    ) -> Option<String> {
        let artefact = Artefact::open(self.told_apart.as_slice()).expect("an artefact");
        let asked = Asked::open(&artefact, &request.action).unwrap_or_else(|why| panic!("no schema: {why}"));
        let loaded = asked.load(request.clone(), facts.clone(), entities.clone());
        let own = loaded.unwrap_or_else(|why| panic!("no part: {why}")).expect("its own action");
        for engine in [Engine::Plan, Engine::Interp] {
            let (said, meant) = (in_names(&own.decide_with(engine), own.policy()), in_names(meaning, policy));
            if said != meant {
                return Some(format!("the part of one request differs\n      {meant}\n      {said}"));
            }
        }
        None
    }
}

/// All that a decision says, items by their names.
fn in_names(decision: &Decision, policy: &Policy) -> String {
    let name = |id| policy.typed().item(id).name.to_string();
    let determining = decision.determining.iter().map(|d| (d.item.map(name), d.branch, d.tier, d.outcome));
    let obligations = decision.obligations.iter().map(|obligation| match obligation {
        Obligation::Notify { channel, item } => format!("notify {channel} {}", name(*item)),
        Obligation::Redact { field, item } => format!("redact {field} {}", name(*item)),
        Obligation::Approve { item } => format!("approve {}", name(*item)),
        Obligation::Instead { action, item } => format!("instead {action} {}", name(*item)),
        Obligation::Run { workflow, arguments, item } => format!("run {workflow} {arguments:?} {}", name(*item)),
    });
    let said = (&decision.action, decision.tier, determining.collect::<Vec<_>>(), obligations.collect::<Vec<_>>());
    format!("{said:?} {:?} {}", decision.errors, decision.policy)
}
