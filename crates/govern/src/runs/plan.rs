//! Workflows of a policy as a governor runs them: what they are, and the values that their steps are given.

use std::collections::BTreeMap;
use std::sync::Arc;

use aas::check::typed::runtime::{StepDef, StepValue, StepWhat, WorkflowDef};
use aas::check::typed::{TExpr, TExprKind, TypedPolicy};
use aas::interp::{Evaluator, Oracle, Scene, Standpoint};
use aas::outcome::Truth;
use aas::raw::{Raw, RawFields, get, to_raw};
use aas::reader::{Bound, ReadContext, read};
use aas::types::{FieldDef, Origin};
use aas::value::{Evaluated, Value};
use aas::{Entities, Facts, Request, json};

use super::Run;
use crate::canonical::Hash;

/// The hash of what each workflow says, by its place: those in it included.
pub(crate) fn definitions(policy: &TypedPolicy) -> Vec<Hash> {
    let workflows = &policy.state.runtime.workflows;
    let mut known: BTreeMap<u32, Hash> = BTreeMap::new();
    // None leads back to itself, so each round knows at least one more.
    for _ in 0..workflows.len() {
        let before = known.len();
        for (place, workflow) in (0..).zip(workflows) {
            let is_known = |step: &StepDef| match step.what {
                StepWhat::Workflow(nested) => known.contains_key(&nested),
                StepWhat::Action(_) => true,
            };
            if known.contains_key(&place) || !workflow.steps.iter().all(is_known) {
                continue;
            }
            let nested = |at: u32| known.get(&at).map_or_else(String::new, |hash| hash.to_hex());
            let text = aas::check::workflow_definition(policy, workflow, &nested);
            known.insert(place, Hash(*blake3::hash(text.as_bytes()).as_bytes()));
        }
        if known.len() == before {
            break;
        }
    }
    known.into_values().collect()
}

/// The inputs of a workflow in their canonical form.
///
/// # Errors
/// What does not fit, as a sentence.
pub(crate) fn inputs(
    policy: &TypedPolicy,
    workflow: &WorkflowDef,
    given: &RawFields,
) -> Result<Vec<(Arc<str>, Arc<str>)>, String> {
    if let Some((name, _)) = given.iter().find(|(name, _)| workflow.inputs.iter().all(|field| field.name != *name)) {
        return Err(format!("`{}` takes no `{name}`", workflow.name));
    }
    let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
    let mut out = Vec::new();
    for field in &workflow.inputs {
        let value = match get(given, &field.name) {
            Some(raw) => {
                Some(read(&field.ty, raw, &cx).map_err(|fault| format!("`{}`: {}", field.name, fault.detail))?)
            }
            None => field.default.clone(),
        };
        match value {
            Some(value) => out.push((field.name.clone(), written(policy, &field.name, &value)?)),
            None if field.ty.ty.is_optional() => {}
            None => return Err(format!("`{}` needs `{}`", workflow.name, field.name)),
        }
    }
    Ok(out)
}

fn written(policy: &TypedPolicy, name: &str, value: &Value) -> Result<Arc<str>, String> {
    let raw = to_raw(value, &policy.types).ok_or_else(|| format!("`{name}` cannot be passed on"))?;
    Ok(json::write(&raw).into())
}

/// What a step is given, from the inputs of its run and what other steps gave back.
///
/// # Errors
/// What cannot be told, as a sentence.
pub(crate) fn arguments(
    policy: &TypedPolicy,
    workflow: &WorkflowDef,
    run: &Run,
    step: &StepDef,
) -> Result<RawFields, String> {
    let known = Inputs::read(policy, workflow, run)?;
    let mut out = RawFields::new();
    for (name, value) in &step.arguments {
        match value {
            StepValue::Of(expr) => {
                let found = known.value(policy, expr).map_err(|why| format!("`{name}`: {why}"))?;
                if let Some(value) = found {
                    let raw = to_raw(&value, &policy.types).ok_or_else(|| format!("`{name}` cannot be passed on"))?;
                    out.push((name.clone(), raw));
                }
            }
            StepValue::Result { step, path } => {
                let from = workflow.steps.get(*step as usize).map_or("", |def| &*def.name);
                let output = run.steps.get(*step as usize).and_then(|state| state.output.as_ref());
                let raw = output.and_then(|text| member(text, path));
                let raw = raw.ok_or_else(|| format!("`{name}`: `{from}` gave no `{}` back", path.join(".")))?;
                out.push((name.clone(), raw));
            }
        }
    }
    Ok(out)
}

fn member(text: &str, path: &[Arc<str>]) -> Option<Raw> {
    let mut raw = json::parse(text).ok()?;
    for name in path {
        let Raw::Object(mut members) = raw else { return None };
        let place = members.iter().position(|(member, _)| member == name)?;
        raw = members.swap_remove(place).1;
    }
    match raw {
        Raw::Null | Raw::Unavailable(_) => None,
        raw => Some(raw),
    }
}

/// The request of a step: what it is given, as parameters and claims.
pub(crate) fn request(policy: &TypedPolicy, action: aas::check::typed::ActionId, given: RawFields) -> Request {
    let def = policy.action_def(action);
    let mut request = Request::new(&def.name);
    for (name, raw) in given {
        let claimed = def.field(&name).is_some_and(|field| field.origin == Origin::Claimed);
        if claimed { request.claims.push((name, raw)) } else { request.params.push((name, raw)) }
    }
    request
}

/// Values that the policy itself gives.
///
/// # Errors
/// What cannot be told, as a sentence.
pub(crate) fn constants(policy: &TypedPolicy, given: &[(Arc<str>, TExpr)]) -> Result<RawFields, String> {
    let nothing = Inputs(BTreeMap::new());
    let mut out = RawFields::new();
    for (name, expr) in given {
        if let Some(value) = nothing.value(policy, expr).map_err(|why| format!("`{name}`: {why}"))? {
            out.push((name.clone(), to_raw(&value, &policy.types).ok_or_else(|| format!("`{name}` has no text"))?));
        }
    }
    Ok(out)
}

/// What is kept of what a step gave back: the members that others ask for, or all of it where a run that it ends does.
pub(crate) fn kept(workflow: &WorkflowDef, run: &Run, step: u32, output: &RawFields, most: usize) -> Option<Arc<str>> {
    let values = workflow.steps.iter().flat_map(|def| &def.arguments);
    let mut wanted: Vec<&Arc<str>> = Vec::new();
    let mut all = run.parent.is_some() && last(workflow) == Some(step);
    for (_, value) in values {
        let StepValue::Result { step: of, path } = value else { continue };
        if *of == step {
            all |= path.is_empty();
            wanted.extend(path.first());
        }
    }
    let members: RawFields = output.iter().filter(|(name, _)| all || wanted.contains(&name)).cloned().collect();
    if members.is_empty() {
        return None;
    }
    let text = json::write(&Raw::Object(members));
    (text.len() <= most).then(|| text.into())
}

/// The last step that is no compensation: what it gives back, its workflow gives back.
pub(crate) fn last(workflow: &WorkflowDef) -> Option<u32> {
    let place = workflow.steps.iter().rposition(|step| !step.compensation)?;
    u32::try_from(place).ok()
}

/// The inputs of a run, typed.
struct Inputs(BTreeMap<Arc<str>, Value>);

impl Inputs {
    fn read(policy: &TypedPolicy, workflow: &WorkflowDef, run: &Run) -> Result<Self, String> {
        let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
        let mut out = BTreeMap::new();
        for (name, text) in &run.inputs {
            let field: &FieldDef = workflow
                .inputs
                .iter()
                .find(|field| field.name == *name)
                .ok_or_else(|| format!("`{name}` is no input any more"))?;
            let raw = json::parse(text).map_err(|_| format!("`{name}` cannot be read"))?;
            let value = read(&field.ty, &raw, &cx).map_err(|fault| format!("`{name}`: {}", fault.detail))?;
            out.insert(name.clone(), value);
        }
        Ok(Self(out))
    }

    fn value(&self, policy: &TypedPolicy, expr: &TExpr) -> Result<Option<Value>, String> {
        if let TExprKind::Field(name) = &expr.kind {
            return Ok(self.0.get(name).cloned());
        }
        let bound = Bound::new(policy, &Request::new(""), &Facts::default());
        let entities = Entities::none();
        let scene = Scene::new(policy, &bound, &entities).dictated(self);
        Evaluator::new(scene).value(expr).map_err(|erred| erred.fault.detail.to_string())
    }
}

impl Oracle for Inputs {
    fn value(&self, e: &TExpr, _: &Standpoint<'_>) -> Option<Evaluated> {
        match &e.kind {
            TExprKind::Field(name) => self.0.get(name).cloned().map(Ok),
            _ => None,
        }
    }

    fn presence(&self, e: &TExpr, _: &Standpoint<'_>) -> Option<Truth> {
        match &e.kind {
            TExprKind::Field(name) if self.0.contains_key(name) => Some(Truth::True),
            TExprKind::Field(_) => Some(Truth::False),
            _ => None,
        }
    }
}
