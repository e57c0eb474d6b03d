//! `workflow`: steps that wait for each other, without circles.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::super::expression::{Env, as_path};
use super::super::typed::runtime::{FailureDef, StepDef, StepValue, StepWhat, WorkflowDef};
use super::super::typed::{Duty, Item, TypedPolicy};
use super::super::{Checker, WORKFLOW, canonical};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::{DefId, DefKind};
use crate::syntax::ast::{self, Literal, Name, OnFailure, StateKind, Step, Workflow};
use crate::types::Type;

/// The most steps of a workflow.
const MOST_STEPS: usize = 256;
/// The most tries of a step.
const MOST_TRIES: i64 = 100;

impl<'a> Checker<'a> {
    /// The inputs of a workflow, known before any step is read.
    pub(super) fn workflow_inputs(&mut self, def: DefId) {
        let set: &'a crate::hir::PolicySet = self.set;
        let ast::ItemKind::State(state) = &set.item(def).kind else { return };
        let ast::StateBody::Workflow(workflow) = &state.body else { return };
        let mut inputs = self.fields(set.def(def).place.0, &workflow.inputs, "workflow");
        inputs.sort_by(|a, b| a.name.cmp(&b.name));
        self.runtime.inputs.insert(def, inputs);
    }

    pub(super) fn workflow(&mut self, def: DefId, workflow: &Workflow) -> Option<WorkflowDef> {
        let span = self.set.def(def).span;
        if workflow.steps.len() > MOST_STEPS {
            self.bad_runtime(
                span,
                "This workflow has too many steps.",
                "at most 256",
                "Divide it: `run` starts another.",
            );
            return None;
        }
        self.distinct(workflow.steps.iter().map(|s| &s.name), "step");
        let order = self.step_order(&workflow.steps)?;
        let place: HashMap<&str, u32> =
            order.iter().enumerate().map(|(at, of)| (workflow.steps[*of].name.text.as_str(), at as u32)).collect();
        let budget = match &workflow.budget {
            Some((budget, at)) => Some(self.amount_of(budget, &Type::Decimal, *at)?),
            None => None,
        };
        let within = self.maybe_length(workflow.within.as_ref())?;
        let each = self.maybe_length(workflow.each_within.as_ref())?;
        let mut steps: Vec<StepDef> = Vec::new();
        for of in order {
            let step = self.step(def, workflow, &workflow.steps[of], &place, &steps)?;
            steps.push(StepDef { within: step.within.or(each), ..step });
        }
        Some(WorkflowDef {
            name: self.named(def),
            inputs: self.runtime.inputs.get(&def).cloned().unwrap_or_default(),
            budget,
            within,
            steps,
            doc: self.doc_of(def),
            span,
        })
    }

    fn maybe_length(&mut self, length: Option<&ast::Number>) -> Option<Option<i64>> {
        match length {
            Some((length, at)) => self.length(length, *at).map(Some),
            None => Some(None),
        }
    }

    /// The steps in an order in which each stands behind those that it waits for; a compensation behind all others.
    fn step_order(&mut self, steps: &[Step]) -> Option<Vec<usize>> {
        let place: HashMap<&str, usize> = steps.iter().enumerate().map(|(at, s)| (s.name.text.as_str(), at)).collect();
        let mut waits: Vec<Vec<usize>> = Vec::new();
        for step in steps {
            let mut on = Vec::new();
            for name in &step.after {
                on.push(*place.get(name.text.as_str()).or_else(|| {
                    self.report_unknown_step(name, steps);
                    None
                })?);
            }
            waits.push(on);
        }
        let mut order: Vec<usize> = Vec::new();
        while order.len() < steps.len() {
            let ready = |at: &usize| !order.contains(at) && waits[*at].iter().all(|on| order.contains(on));
            let plain = (0..steps.len()).filter(ready).find(|at| steps[*at].compensation.is_none());
            let Some(next) = plain.or_else(|| (0..steps.len()).find(ready)) else {
                let stuck = steps.iter().enumerate().find(|(at, _)| !order.contains(at))?.1;
                self.bad_runtime(
                    stuck.name.span,
                    format!("`{}` waits for itself.", stuck.name.text),
                    "it comes after a step that comes after it",
                    "Break the circle: one of them must begin.",
                );
                return None;
            };
            order.push(next);
        }
        Some(order)
    }

    fn report_unknown_step(&mut self, name: &Name, steps: &[Step]) {
        let near = nearest(&name.text, steps.iter().map(|s| s.name.text.as_str())).map(str::to_string);
        let finding = Diagnostic::new(Code::BadRuntime, name.span, format!("There is no step `{}`.", name.text))
            .at("not a step of this workflow");
        self.report(match near {
            Some(near) => finding.help(format!("Write `{near}`.")),
            None => finding.help("Name a step of this workflow."),
        });
    }

    fn step(
        &mut self,
        def: DefId,
        workflow: &Workflow,
        step: &Step,
        place: &HashMap<&str, u32>,
        before: &[StepDef],
    ) -> Option<StepDef> {
        let file = self.set.def(def).place.0;
        let mut after: Vec<u32> = step.after.iter().filter_map(|n| place.get(n.text.as_str()).copied()).collect();
        after.sort_unstable();
        after.dedup();
        if step.compensation.is_none()
            && let Some(name) = step.after.iter().find(|name| is_compensation(&name.text, workflow))
        {
            self.bad_runtime(
                name.span,
                format!("`{}` would never begin.", step.name.text),
                "this one is done only where something fails, and the run ends with it",
                "Remove it behind `after`, or write `only as compensation` at the end of the step.",
            );
            return None;
        }
        let known = all_before(&after, before);
        let mut env = Env::constant(file);
        env.own = self.input_names(def);
        let mut read = |checker: &mut Self, expr: &ast::Expr, ty: Option<&Type>, env: &mut Env| {
            checker.step_value(expr, ty, env, place, &known)
        };
        let span = step.what.span;
        let (what, arguments) = if step.runs {
            let wanted = |d: &crate::hir::Def| d.kind == DefKind::State(StateKind::Workflow);
            let target = self.resolve(file, &step.what, WORKFLOW, wanted)?;
            let inputs = self.runtime.inputs.get(&target).cloned().unwrap_or_default();
            let of = self.set.qualified(target);
            let given = self.given_fields(&of, &inputs, &step.arguments, span, &mut env, &mut read)?;
            (StepWhat::Workflow(*self.runtime.places.get(&target)?), given)
        } else {
            let action = self.action_of(&step.what, self.set.def(def).package)?;
            (StepWhat::Action(action), self.given_to(action, &step.arguments, span, &mut env, &mut read)?)
        };
        let actor = match &step.actor {
            Some(actor) => Some(self.actor(file, actor)?),
            None => None,
        };
        let whole = workflow.on_failure.as_ref().filter(|_| step.compensation.is_none());
        let on_failure = match step.on_failure.as_ref().or(whole) {
            None | Some(OnFailure::Abort) => FailureDef::Abort,
            Some(OnFailure::Skip) => FailureDef::Skip,
            Some(OnFailure::Escalate) => FailureDef::Escalate,
            Some(OnFailure::Compensate(name)) => FailureDef::Compensate(self.compensation(name, workflow, place)?),
        };
        Some(StepDef {
            name: step.name.text.as_str().into(),
            what,
            actor,
            arguments,
            after,
            retry: self.retry(step)?,
            within: self.maybe_length(step.within.as_ref())?,
            on_failure,
            compensation: step.compensation.is_some(),
            span: step.name.span,
        })
    }

    fn compensation(&mut self, name: &Name, workflow: &Workflow, place: &HashMap<&str, u32>) -> Option<u32> {
        let step = workflow.steps.iter().find(|s| s.name.text == name.text);
        match step {
            Some(step) if step.compensation.is_some() => place.get(name.text.as_str()).copied(),
            Some(step) => {
                let declared = step.name.span;
                self.report(
                    Diagnostic::new(Code::BadRuntime, name.span, format!("`{}` would run in any case.", name.text))
                        .at("not a compensation")
                        .label(declared, "this step")
                        .help("Write `only as compensation` at its end."),
                );
                None
            }
            None => {
                self.report_unknown_step(name, &workflow.steps);
                None
            }
        }
    }

    fn retry(&mut self, step: &Step) -> Option<(u32, i64)> {
        match &step.retry {
            None => Some((0, 0)),
            Some((Literal::Int(n), wait, at)) if (1..=MOST_TRIES).contains(n) => {
                let wait = match wait {
                    Some(wait) => self.length(wait, *at)?,
                    None => 0,
                };
                Some((*n as u32, wait))
            }
            Some((_, _, at)) => {
                self.bad_runtime(*at, "A step is tried again so often.", "from 1 to 100", "Write `retry 2 wait 10s`.");
                None
            }
        }
    }

    /// A value over the inputs, or what an earlier step gave back.
    fn step_value(
        &mut self,
        expr: &ast::Expr,
        ty: Option<&Type>,
        env: &mut Env,
        place: &HashMap<&str, u32>,
        known: &[u32],
    ) -> Option<StepValue> {
        if let Some(path) = as_path(expr)
            && let [step, result, fields @ ..] = path.parts.as_slice()
            && result.text == "result"
            && !env.own.contains_key(&step.text)
            && let Some(at) = place.get(step.text.as_str())
        {
            if !known.contains(at) {
                self.bad_runtime(
                    step.span,
                    format!("`{}` may not be done yet.", step.text),
                    "this step does not come after it",
                    "Add it behind `after`.",
                );
                return None;
            }
            return Some(StepValue::Result { step: *at, path: fields.iter().map(|n| Arc::from(&*n.text)).collect() });
        }
        self.input_value(expr, ty, env).map(StepValue::Of)
    }

    /// A run of one workflow never leads back to it: not by its steps, and not by what rules start for their actions.
    pub(in crate::check) fn refuse_workflow_circles(&mut self, items: &[Item]) {
        let workflows = &self.runtime.defs.workflows;
        let named: HashMap<&str, usize> = workflows.iter().enumerate().map(|(at, w)| (&*w.name, at)).collect();
        // Where one could not be read, a finding says so, and places mean nothing.
        if named.is_empty() || named.len() != self.runtime.places.len() {
            return;
        }
        let mut starts: HashMap<u32, Vec<usize>> = HashMap::new();
        for item in items {
            for duty in &item.obligations {
                let Duty::Run { workflow, .. } = duty else { continue };
                let Some(target) = named.get(&**workflow) else { continue };
                for action in &item.scope.actions {
                    starts.entry(action.0).or_default().push(*target);
                }
            }
        }
        let leads: Vec<Vec<usize>> = workflows
            .iter()
            .map(|w| {
                let of = w.steps.iter().flat_map(|step| match &step.what {
                    StepWhat::Workflow(place) => vec![*place as usize],
                    StepWhat::Action(action) => starts.get(&action.0).cloned().unwrap_or_default(),
                });
                of.collect()
            })
            .collect();
        let circle = (0..leads.len()).find(|from| reaches(&leads, *from));
        if let Some((span, name)) = circle.and_then(|at| workflows.get(at)).map(|w| (w.span, w.name.clone())) {
            self.bad_runtime(
                span,
                format!("A run of `{name}` would start another run of it."),
                "it leads back to itself",
                "Break the circle, in a step or in the `run` of a rule.",
            );
        }
    }
}

fn is_compensation(name: &str, workflow: &Workflow) -> bool {
    workflow.steps.iter().any(|step| step.name.text == name && step.compensation.is_some())
}

/// Whether a workflow leads back to itself.
fn reaches(leads: &[Vec<usize>], from: usize) -> bool {
    let mut seen = vec![false; leads.len()];
    let mut open: Vec<usize> = leads[from].clone();
    while let Some(at) = open.pop() {
        if at == from {
            return true;
        }
        if let Some(of) = leads.get(at)
            && !std::mem::replace(&mut seen[at], true)
        {
            open.extend(of);
        }
    }
    false
}

/// All steps that have succeeded where those have.
fn all_before(after: &[u32], before: &[StepDef]) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::new();
    let mut open = after.to_vec();
    while let Some(at) = open.pop() {
        if !out.contains(&at) {
            out.push(at);
            open.extend(before.get(at as usize).into_iter().flat_map(|step| step.after.iter().copied()));
        }
    }
    out
}

/// What a workflow says, so that another policy's is equal where nobody could tell a difference. What the workflows in it
/// say is the caller's to tell, by their places.
pub(in crate::check) fn definition(policy: &TypedPolicy, w: &WorkflowDef, nested: &dyn Fn(u32) -> String) -> String {
    let mut out = String::new();
    let w = WorkflowDef { doc: String::new(), ..w.clone() };
    written(&w, &mut out, &|what| match what {
        StepWhat::Action(action) => policy.action_def(*action).name.to_string(),
        StepWhat::Workflow(place) => format!("run {}", nested(*place)),
    });
    out
}

/// The canonical form of a workflow.
pub(super) fn text(w: &WorkflowDef, out: &mut String) {
    written(w, out, &|what| format!("{what:?}"));
}

fn written(w: &WorkflowDef, out: &mut String, shown: &dyn Fn(&StepWhat) -> String) {
    let inputs = canonical::fields(&w.inputs);
    let _ = writeln!(out, "workflow {} doc {:?} {:?} {:?}{inputs}", w.name, w.doc, w.budget, w.within);
    for step in &w.steps {
        let given: Vec<String> = step
            .arguments
            .iter()
            .map(|(name, value)| match value {
                StepValue::Of(e) => format!("{name}={}", canonical::text(e)),
                StepValue::Result { step, path } => format!("{name}=result {step} {path:?}"),
            })
            .collect();
        let by = step.actor.as_ref().map(canonical::principals);
        let _ = writeln!(
            out,
            "  {} {} {by:?} {given:?} {:?} {:?} {:?} {:?} {}",
            step.name,
            shown(&step.what),
            step.after,
            step.retry,
            step.within,
            step.on_failure,
            step.compensation
        );
    }
}
