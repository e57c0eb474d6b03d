//! The policy is the same, and so is every decision: the whole log and drawn requests, by every engine, in both orders.
//!
//! That native code does what the interpreter says was checked when it was made.

use aas::check::typed::RawEntity;
use aas::decision::{Decision, Engine};
use aas::policy::{Terms, TextDecider};
use aas::verify::Generator;
use aas::{Entities, Facts, Policy, Request, SourceSet};

use crate::commands::bench::requests::Asked;
use crate::shown;

/// Requests that are drawn for each action with an order of its own.
const DRAWN: usize = 200;

/// What was tried.
pub(super) struct Proof {
    pub(super) recorded: u64,
    pub(super) drawn: u64,
    pub(super) native: bool,
}

/// Tries everything.
///
/// # Errors
/// What differs, in a sentence.
pub(super) fn prove(plain: &Policy, ordered: &Policy, sources: &SourceSet, asked: &Asked) -> Result<Proof, String> {
    if plain.hash() != ordered.hash() {
        return Err("The policy has another hash in the new order.".into());
    }
    let mut proof = Proof { recorded: 0, drawn: 0, native: ordered.engine() == Engine::Jit };
    let mut texts = ordered.texts(sources).decider();
    for one in asked.actions.iter().flat_map(|of| &of.all) {
        let taken =
            plain.take(one.text.as_bytes(), &one.terms()).map_err(|error| format!("A request is none: {error}."))?;
        let meant = same(plain, ordered, (&taken.request, &taken.facts, &taken.entities))?;
        as_text(&mut texts, &one.text, &one.terms(), &meant)?;
        proof.recorded += 1;
    }
    let mut generator = Generator::new(plain.typed(), 1);
    for (_, unit) in ordered.plan().units().filter(|(_, unit)| !unit.late.is_empty()) {
        for _ in 0..DRAWN {
            let case = generator.case(&unit.title);
            let given: &[RawEntity] = &case.entities;
            let Ok(entities) = plain.entities(given) else { continue };
            same(plain, ordered, (&case.request, &case.facts, &entities))?;
            proof.drawn += 1;
        }
    }
    Ok(proof)
}

/// The decision of the interpreter, where every engine gives it in both orders.
fn same(
    plain: &Policy,
    ordered: &Policy,
    (request, facts, entities): (&Request, &Facts, &Entities),
) -> Result<Decision, String> {
    let meant = plain.decide_with(Engine::Interp, request, facts, entities);
    for (policy, engine) in [(plain, Engine::Plan), (ordered, Engine::Plan), (ordered, Engine::Jit)] {
        let other = policy.decide_with(engine, request, facts, entities);
        if !shown::same(&meant, &other) {
            return Err(differs(&meant, &other));
        }
    }
    let tier = ordered.tier(request, facts, entities);
    if tier != meant.tier {
        return Err(differs(&meant, &Decision { tier, ..meant.clone() }));
    }
    Ok(meant)
}

fn as_text(texts: &mut TextDecider, text: &str, terms: &Terms<'_>, meant: &Decision) -> Result<(), String> {
    match texts.decide(text.as_bytes(), terms) {
        Ok(other) if shown::same(meant, &other) => Ok(()),
        Ok(other) => Err(differs(meant, &other)),
        Err(error) => Err(format!("A request of the log is none in the new order: {error}.")),
    }
}

fn differs(meant: &Decision, other: &Decision) -> String {
    format!(
        "A request for {} is {} by the interpreter and {} by {} in the new order, or what it rests on differs.",
        meant.action,
        meant.tier,
        other.tier,
        shown::engine(other.engine)
    )
}
