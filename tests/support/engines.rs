//! One request through every engine.

use aas::Policy;
use aas::check::typed::RawEntity;
use aas::decision::{Decision, Engine};
use aas::reader::wire::{self, Placement};
use aas::{Facts, Request};

/// All evaluators; the first is the meaning of the language.
pub const ENGINES: [Engine; 3] = [Engine::Interp, Engine::Plan, Engine::Jit];

/// The decision that all engines agree on, or what they disagree about.
pub fn decide(policy: &Policy, request: &Request, facts: &Facts, entities: &[RawEntity]) -> Result<Decision, String> {
    let entities = policy.entities(entities).map_err(|e| format!("entities: {e}"))?;
    let decisions = ENGINES.map(|engine| policy.decide_with(engine, request, facts, &entities));
    if let Some((engine, _)) = ENGINES.iter().zip(&decisions).find(|(engine, decision)| decision.engine != **engine) {
        return Err(format!("{engine:?} was asked and another engine answered"));
    }
    let [meaning, others @ ..] = decisions;
    let tier = policy.tier(request, facts, &entities);
    if tier != meaning.tier {
        return Err(format!("the tier alone is {tier}, in the decision it is {}", meaning.tier));
    }
    for other in others {
        let same = Decision { engine: meaning.engine, ..other.clone() } == meaning;
        if !same {
            return Err(format!("the engines differ\n      interp: {meaning:?}\n      {:?}: {other:?}", other.engine));
        }
    }
    Ok(meaning)
}

/// The same for a request in its wire form, with the start values that `aasc eval` takes.
pub fn ask(policy: &Policy, json: &str) -> Result<(Decision, Vec<String>), String> {
    let incoming = wire::request(policy.typed(), json, Placement::Tests).map_err(|e| format!("no request: {e}"))?;
    let facts = policy.with_start_values(&incoming.facts);
    Ok((decide(policy, &incoming.request, &facts, &incoming.entities)?, incoming.warnings))
}
