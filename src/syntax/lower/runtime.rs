//! Workflows, digests, schedules, executors.

use super::{Lower, P, Seen};
use crate::source::Span;
use crate::syntax::ast::{
    Digest, Executor, Expr, ItemKind, Name, Number, OnFailure, Origin, Path, Schedule, StateBody, StateKind, Step,
    Workflow,
};
use crate::syntax::parser::Rule;

impl Lower<'_, '_> {
    /// A workflow.
    pub(super) fn workflow(&mut self, pair: P<'_>) -> ItemKind {
        let span = self.span(&pair);
        let name = self.first_name(&pair);
        let mut workflow = Workflow::default();
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let at = self.span(&part);
            match part.as_rule() {
                Rule::workflow_input => {
                    let fields = part.into_inner().filter(|p| p.as_rule() == Rule::field);
                    workflow.inputs.extend(fields.map(|p| self.field(p, Origin::Parameter)));
                }
                Rule::workflow_budget if self.once(&mut seen, "budget", at) => workflow.budget = self.number_at(part),
                Rule::runtime_within if self.once(&mut seen, "within", at) => workflow.within = self.number_at(part),
                Rule::each_step if self.once(&mut seen, "each step within", at) => {
                    workflow.each_within = self.number_at(part);
                }
                Rule::on_failure if self.once(&mut seen, "on failure", at) => {
                    workflow.on_failure = Some(self.on_failure(part));
                }
                Rule::step | Rule::sub_workflow => workflow.steps.push(self.step(part)),
                _ => {}
            }
        }
        self.runtime(StateKind::Workflow, name, StateBody::Workflow(Box::new(workflow)), span)
    }

    fn runtime(&self, kind: StateKind, name: Name, body: StateBody, span: Span) -> ItemKind {
        let mut state = self.empty_state(kind, body, span);
        state.head.name = name;
        ItemKind::State(Box::new(state))
    }

    /// The number among a pair's children, with the place of the pair.
    fn number_at(&mut self, pair: P<'_>) -> Option<Number> {
        let span = self.span(&pair);
        self.first_number(pair).map(|n| (n, span))
    }

    fn on_failure(&mut self, pair: P<'_>) -> OnFailure {
        let name = self.first_name(&pair);
        let words = pair.into_inner().map(|p| p.as_rule()).collect::<Vec<_>>();
        if words.contains(&Rule::kw_compensate) {
            OnFailure::Compensate(name)
        } else if words.contains(&Rule::kw_skip) {
            OnFailure::Skip
        } else if words.contains(&Rule::kw_escalate) {
            OnFailure::Escalate
        } else {
            OnFailure::Abort
        }
    }

    fn step(&mut self, pair: P<'_>) -> Step {
        let runs = pair.as_rule() == Rule::sub_workflow;
        let what = self.first_path(pair.clone());
        let own = pair.clone().into_inner().find(|p| p.as_rule() == Rule::name).map(|p| self.name(&p));
        let name = own.or_else(|| what.parts.last().cloned()).unwrap_or_else(|| self.first_name(&pair));
        let mut step = Step {
            name,
            runs,
            what,
            actor: None,
            arguments: Vec::new(),
            after: Vec::new(),
            retry: None,
            within: None,
            on_failure: None,
            compensation: None,
        };
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let at = self.span(&part);
            match part.as_rule() {
                Rule::runtime_as => step.actor = self.actor(part),
                Rule::fields_given => step.arguments = self.fields_given(part),
                Rule::step_after if self.once(&mut seen, "after", at) => step.after = self.names(part),
                Rule::step_retry if self.once(&mut seen, "retry", at) => {
                    let mut numbers =
                        part.into_inner().filter(|p| p.as_rule() == Rule::number).map(|p| self.number(&p));
                    step.retry = numbers.next().map(|times| (times, numbers.next(), at));
                }
                Rule::runtime_within if self.once(&mut seen, "within", at) => step.within = self.number_at(part),
                Rule::on_failure if self.once(&mut seen, "on failure", at) => {
                    step.on_failure = Some(self.on_failure(part));
                }
                Rule::step_compensation => step.compensation = Some(at),
                _ => {}
            }
        }
        step
    }

    fn actor(&mut self, pair: P<'_>) -> Option<Expr> {
        pair.into_inner().find(|p| p.as_rule() == Rule::unit).map(|p| self.unit(p))
    }

    fn zone(&mut self, pair: P<'_>) -> Option<(String, Span)> {
        let zone = pair.into_inner().find(|p| p.as_rule() == Rule::in_zone)?;
        let text = zone.into_inner().find(|p| p.as_rule() == Rule::string)?;
        Some((self.string(&text), self.span(&text)))
    }

    /// A digest.
    pub(super) fn digest(&mut self, pair: P<'_>) -> ItemKind {
        let span = self.span(&pair);
        let name = self.first_name(&pair);
        let mut digest = Digest::default();
        let mut waivable = None;
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let at = self.span(&part);
            match part.as_rule() {
                Rule::waivable => waivable = self.inner_by(part),
                Rule::digest_to if self.once(&mut seen, "to", at) => digest.to = self.names(part),
                Rule::every if self.once(&mut seen, "every", at) => digest.every = self.number_at(part),
                Rule::digest_quiet if self.once(&mut seen, "quiet", at) => {
                    let zone = self.zone(part.clone());
                    let mut ends = part.into_inner().filter(|p| p.as_rule() == Rule::number).map(|p| self.number(&p));
                    digest.quiet = ends.next().zip(ends.next()).map(|(from, to)| (from, to, zone, at));
                }
                Rule::digest_urgent => {
                    let tier = part.clone().into_inner().find(|p| p.as_rule() == Rule::tier).map(|p| self.tier(&p));
                    match tier {
                        Some(tier) if self.once(&mut seen, "at once from", at) => digest.from = Some(tier),
                        Some(_) => {}
                        None => digest.at_once.push(self.first_patterns(part)),
                    }
                }
                Rule::digest_keep if self.once(&mut seen, "keep", at) => digest.keep = self.number_at(part),
                _ => {}
            }
        }
        let mut state = self.empty_state(StateKind::Digest, StateBody::Digest(Box::new(digest)), span);
        (state.head.name, state.waivable) = (name, waivable);
        ItemKind::State(Box::new(state))
    }

    /// A schedule.
    pub(super) fn schedule(&mut self, pair: P<'_>) -> ItemKind {
        let span = self.span(&pair);
        let name = self.first_name(&pair);
        let mut schedule = Schedule::default();
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let at = self.span(&part);
            match part.as_rule() {
                Rule::every if self.once(&mut seen, "every", at) => schedule.every = self.number_at(part),
                Rule::schedule_at if self.once(&mut seen, "at", at) => {
                    let zone = self.zone(part.clone());
                    let days = self.names(part.clone());
                    schedule.at = self.first_number(part).map(|time| (time, days, zone, at));
                }
                Rule::schedule_run if self.once(&mut seen, "run", at) => {
                    let what: Path = self.first_path(part.clone());
                    let mut given = Vec::new();
                    let mut actor = None;
                    for inner in part.into_inner() {
                        match inner.as_rule() {
                            Rule::fields_given => given = self.fields_given(inner),
                            Rule::runtime_as => actor = self.actor(inner),
                            _ => {}
                        }
                    }
                    schedule.run = Some((what, given, actor));
                }
                _ => {}
            }
        }
        self.runtime(StateKind::Schedule, name, StateBody::Schedule(Box::new(schedule)), span)
    }

    /// An executor.
    pub(super) fn executor(&mut self, pair: P<'_>) -> ItemKind {
        let span = self.span(&pair);
        let (name, on) = (self.first_name(&pair), self.first_patterns(pair.clone()));
        let mut executor = Executor::default();
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let at = self.span(&part);
            match part.as_rule() {
                Rule::consumes if self.once(&mut seen, "consumes", at) => executor.consumes = self.names(part),
                Rule::runtime_within if self.once(&mut seen, "within", at) => executor.within = self.number_at(part),
                Rule::idempotent => executor.idempotent = true,
                _ => {}
            }
        }
        let mut state = self.empty_state(StateKind::Executor, StateBody::Executor(executor), span);
        (state.head.name, state.head.on) = (name, on);
        ItemKind::State(Box::new(state))
    }
}
