//! A whole decision: judged, combined, and its obligations and errors told.

use std::sync::Arc;

use super::Scene;
use super::combine::{Verdict, combine};
use super::eval::{Erred, Evaluator};
use super::judge::{judge, warnings};
use super::oblige::Carried;
use crate::check::typed::{Duty, TExpr};
use crate::decision::{Decision, DecisionError, Determining, Engine, ItemId, Obligation, Outcome, Tier};
use crate::json;
use crate::outcome::Outcomes;
use crate::reader::to_raw;
use crate::value::{Fault, FaultKind};

/// Decides a request: the definition of the language.
#[must_use]
pub fn decide(scene: &Scene<'_>) -> Decision {
    if let Some(refused) = refuse(scene, Engine::Interp) {
        return refused;
    }
    let outcomes = judge(scene);
    finish(scene, &outcomes, Engine::Interp)
}

/// The decision of a request that cannot be judged: black, one error for each field. It masks what any
/// item about the action wants masked, since conditions were not asked.
#[must_use]
pub fn refuse(scene: &Scene<'_>, engine: Engine) -> Option<Decision> {
    if scene.bound.refusals.is_empty() {
        return None;
    }
    let mut obligations: Vec<Obligation> = Vec::new();
    for (i, item) in scene.policy.items.iter().enumerate().filter(|(_, item)| scene.bound.is_about(&item.scope)) {
        for duty in &item.obligations {
            let Duty::Redact(field) = duty else { continue };
            let known = obligations.iter().any(|o| matches!(o, Obligation::Redact { field: f, .. } if **f == **field));
            if !known {
                obligations.push(Obligation::Redact { field: field.to_string(), item: ItemId(i as u32) });
            }
        }
    }
    Some(Decision {
        action: scene.bound.name.to_string(),
        tier: Tier::Black,
        determining: Vec::new(),
        obligations,
        errors: scene.bound.refusals.iter().map(crate::reader::Refusal::to_error).collect(),
        policy: scene.policy.hash,
        engine,
    })
}

/// The decision that follows from outcomes, whichever evaluator found them: values of obligations and the
/// texts of errors are told here, from the request and the facts.
#[must_use]
pub fn finish(scene: &Scene<'_>, outcomes: &Outcomes, engine: Engine) -> Decision {
    let verdict = combine(scene.policy, outcomes);
    let scene = Scene { warnings: warnings(scene.policy, outcomes), oracle: None, ..*scene };
    let mut decision = Decision {
        action: scene.bound.name.to_string(),
        tier: verdict.tier,
        determining: verdict.determining.clone(),
        obligations: Vec::new(),
        errors: Vec::new(),
        policy: scene.policy.hash,
        engine,
    };
    let failed = carry(&mut Evaluator::new(scene), &verdict, &mut decision);
    blacken(&failed, &mut decision);
    decision.errors = told(&scene, &verdict.erred, &verdict.duties.conflict, &failed);
    decision
}

/// The errors of a decision as people read them: of items that could not be told, of different actions
/// instead, of obligations whose values err, and what was dropped from the request and the facts.
#[must_use]
pub fn errors(scene: &Scene<'_>, erred: &[ItemId], conflict: &[ItemId], failed: &[ItemId]) -> Vec<DecisionError> {
    let asks = !erred.is_empty() || !failed.is_empty();
    let warnings = if asks { warnings(scene.policy, &judge(scene)) } else { 0 };
    told(&Scene { warnings, oracle: None, ..*scene }, erred, conflict, failed)
}

fn told(scene: &Scene<'_>, erred: &[ItemId], conflict: &[ItemId], failed: &[ItemId]) -> Vec<DecisionError> {
    let mut evaluator = Evaluator::new(*scene);
    let mut errors: Vec<_> = erred.iter().filter_map(|item| error_of(&mut evaluator, *item)).collect();
    errors.extend(conflicting(scene, conflict));
    for item in failed {
        for place in 0..scene.policy.item(*item).obligations.len() {
            if is_run(scene, *item, place)
                && let Err(erred) = run(&mut evaluator, *item, place)
            {
                errors.push(to_error(scene, *item, erred));
            }
        }
    }
    errors.extend(scene.bound.dropped.iter().map(dropped));
    errors
}

fn is_run(scene: &Scene<'_>, item: ItemId, place: usize) -> bool {
    matches!(scene.policy.item(item).obligations.get(place), Some(Duty::Run { .. }))
}

/// Fills in obligations; returns the items one of whose values erred.
fn carry(evaluator: &mut Evaluator<'_>, verdict: &Verdict, decision: &mut Decision) -> Vec<ItemId> {
    let mut failed = Vec::new();
    for carried in &verdict.duties.carried {
        match carried {
            Carried::Ready(obligation) => decision.obligations.push(obligation.clone()),
            Carried::Run(item, place) => match run(evaluator, *item, *place) {
                Ok(run) if decision.obligations.iter().any(|o| same_run(o, &run)) => {}
                Ok(run) => decision.obligations.push(run),
                Err(_) => failed.push(*item),
            },
        }
    }
    let idle = verdict.duties.idle.iter();
    failed.extend(idle.filter(|(item, place)| run(evaluator, *item, *place).is_err()).map(|(item, _)| *item));
    failed.sort();
    failed.dedup();
    failed
}

/// An obligation whose value errs makes the decision black: nobody could carry it out.
fn blacken(failed: &[ItemId], decision: &mut Decision) {
    if failed.is_empty() {
        return;
    }
    decision.tier = Tier::Black;
    decision.determining = failed
        .iter()
        .map(|item| Determining { item: Some(*item), branch: 0, tier: Tier::Black, outcome: Outcome::Erred })
        .collect();
    decision.obligations.retain(|o| matches!(o, Obligation::Notify { .. } | Obligation::Redact { .. }));
}

/// Determining items that ask for different actions instead.
fn conflicting(scene: &Scene<'_>, items: &[ItemId]) -> Option<DecisionError> {
    let names: Vec<&str> = items.iter().map(|item| &*scene.policy.item(*item).name).collect();
    let item = names.first()?.to_string();
    let message = format!("{} ask for different actions instead, so none is taken.", names.join(" and "));
    Some(DecisionError { code: "instead_conflict", message, item: Some(item), field: None, span: None })
}

/// A claim or fact that nobody declares.
fn dropped(field: &Arc<str>) -> DecisionError {
    let message = format!("`{field}` is not declared and was dropped.");
    DecisionError { code: "undeclared", message, item: None, field: Some(field.to_string()), span: None }
}

fn same_run(a: &Obligation, b: &Obligation) -> bool {
    match (a, b) {
        (Obligation::Run { workflow: a, arguments: x, .. }, Obligation::Run { workflow: b, arguments: y, .. }) => {
            (a, x) == (b, y)
        }
        _ => false,
    }
}

fn run(evaluator: &mut Evaluator<'_>, id: ItemId, place: usize) -> Result<Obligation, Erred> {
    let policy = evaluator.scene.policy;
    let item = policy.item(id);
    let Some(Duty::Run { workflow, arguments }) = item.obligations.get(place) else {
        return Err(Erred {
            fault: Fault::new(FaultKind::Missing, "the item has no such obligation"),
            span: item.span,
            field: None,
        });
    };
    let mut rendered = Vec::with_capacity(arguments.len());
    for (name, e) in arguments {
        if let Some(json) = argument(evaluator, e)? {
            rendered.push((name.to_string(), json));
        }
    }
    Ok(Obligation::Run { workflow: workflow.to_string(), arguments: rendered, item: id })
}

/// An argument as JSON text; nothing where it is absent.
fn argument(evaluator: &mut Evaluator<'_>, e: &TExpr) -> Result<Option<String>, Erred> {
    let types = &evaluator.scene.policy.types;
    let Some(value) = evaluator.value(e)? else { return Ok(None) };
    match to_raw(&value, types) {
        Some(raw) => Ok(Some(json::write(&raw))),
        None => Err(Erred::at(e, Fault::new(FaultKind::IllTyped, "the value cannot be handed over"))),
    }
}

/// The leftmost error of an item's conditions.
fn error_of(evaluator: &mut Evaluator<'_>, item: ItemId) -> Option<DecisionError> {
    let policy = evaluator.scene.policy;
    let mut leftmost = None;
    for when in policy.item(item).conditions() {
        if let Err(erred) = evaluator.truth(when) {
            leftmost = Some(Erred::leftmost(leftmost, erred));
        }
    }
    leftmost.map(|erred| to_error(&evaluator.scene, item, erred))
}

fn to_error(scene: &Scene<'_>, item: ItemId, erred: Erred) -> DecisionError {
    let item = &scene.policy.item(item).name;
    let message = match &erred.field {
        Some(field) => format!("{item} cannot be told: `{field}`: {}.", erred.fault.detail),
        None => format!("{item} cannot be told: {}.", erred.fault.detail),
    };
    DecisionError {
        code: erred.fault.kind.code(),
        message,
        item: Some(item.to_string()),
        field: erred.field.map(|f| f.to_string()),
        span: Some(erred.span),
    }
}
