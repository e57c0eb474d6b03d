//! What runs do by themselves: after every command, and whenever something of them is due.
//!
//! A run is looked at when something of it has changed. Each look changes one thing, as an event, and the run is looked at
//! again, until nothing changes any more: so every transition is in the journal, and a look that is repeated after a
//! restart finds what the one before would have found.

use std::collections::BTreeSet;
use std::sync::Arc;

use aas::check::typed::runtime::{FailureDef, StepDef, StepWhat, WorkflowDef};
use aas::value::number;

use super::Governor;
use super::flow::name_of;
use crate::command::{Ended, Outcome};
use crate::effect::Effect;
use crate::event::{Event, Why};
use crate::ids::Id;
use crate::runs::plan::{self, arguments};
use crate::runs::{Run, RunEvent, RunResult, StepStage, StepTo};
use crate::state::Stage;

/// The longest that is waited before a step is tried again.
const LONGEST_REST: i64 = 24 * 3_600_000_000;
/// The shortest that is waited before a run in a run is tried again.
const SHORTEST_REST: i64 = 1_000_000;
/// A cost that nobody can tell: where there is a budget, it is spent.
const UNCLEAR: i64 = i64::MAX;

/// Why a step did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    /// It was done, and failed. It may be tried again.
    Tried,
    /// Nobody can tell what became of it. It may be tried again where that does no harm.
    Unknown,
    /// It could not be asked for, or was withdrawn. It is not tried again.
    Bad,
    /// It is forbidden. It is neither tried again nor skipped.
    Forbidden,
}

impl Governor {
    /// Lets every run go on that something has happened to in this step, or of which something is due.
    pub(super) fn runs_go_on(&mut self) {
        if self.state.runs.is_empty() {
            return;
        }
        let mut todo: BTreeSet<Id> = BTreeSet::new();
        if std::mem::take(&mut self.is_fresh) {
            todo.extend(self.live_runs());
        }
        let now = self.now();
        if self.state.runs.next_due().is_some_and(|(due, _)| *due <= now) {
            todo.extend(self.state.runs.due_until(now).cloned());
        }
        let mut touched: BTreeSet<Id> = BTreeSet::new();
        loop {
            while let Some(record) = self.step.events.get(self.looked_at) {
                self.concerned(&record.event, &mut todo, &mut touched);
                self.looked_at += 1;
            }
            let Some(run) = todo.pop_first() else { break };
            self.go_on(&run);
        }
        touched.iter().for_each(|run| self.tell_run(run));
    }

    fn live_runs(&self) -> Vec<Id> {
        self.state.runs.iter().filter(|(_, run)| run.ended.is_none()).map(|(id, _)| id.clone()).collect()
    }

    /// The runs that an event is about.
    fn concerned(&self, event: &Event, todo: &mut BTreeSet<Id>, touched: &mut BTreeSet<Id>) {
        let runs = &self.state.runs;
        let mut about = |run: &Id| {
            todo.insert(run.clone());
            touched.insert(run.clone());
        };
        match event {
            Event::Requested(requested) => {
                runs.step_of(&requested.id).into_iter().for_each(|(run, _)| about(run));
            }
            Event::Began { id, .. }
            | Event::Ended { id, .. }
            | Event::Settled { id, .. }
            | Event::Answered { id, .. }
            | Event::AskedAgain { id, .. } => {
                runs.step_of(id).into_iter().for_each(|(run, _)| about(run));
                let agent = self.state.requests.get(id).map(|entry| &entry.agent);
                if agent.is_some_and(|agent| self.state.is_frozen(agent)) {
                    todo.extend(self.live_runs());
                }
            }
            Event::Run(RunEvent::Started(started)) => about(&started.run),
            Event::Run(RunEvent::Step { run, .. } | RunEvent::Fails { run, .. } | RunEvent::Ended { run, .. }) => {
                let mut next = Some(run.clone());
                while let Some(run) = next {
                    about(&run);
                    next = runs.get(&run).and_then(|run| run.parent.as_ref()).map(|(parent, _)| parent.clone());
                }
            }
            Event::Stopped { .. } | Event::Frozen { .. } | Event::Installed { .. } => todo.extend(self.live_runs()),
            Event::DecidedAgain { .. }
            | Event::Late { .. }
            | Event::FlagSet { .. }
            | Event::FlagCleared { .. }
            | Event::Resumed { .. }
            | Event::Unfrozen { .. }
            | Event::Granted { .. }
            | Event::Revoked { .. }
            | Event::Introduced { .. }
            | Event::SessionOpened { .. }
            | Event::SessionClosed { .. }
            | Event::SessionsForgotten { .. }
            | Event::PastVouchedFor { .. }
            | Event::Run(RunEvent::Forgotten { .. })
            | Event::Schedule(_)
            | Event::Digest(_)
            | Event::Forgotten { .. } => {}
        }
    }

    /// Changes one thing of a run, or nothing.
    fn go_on(&mut self, id: &Id) {
        let Some(run) = self.state.runs.get(id).filter(|run| run.ended.is_none()) else { return };
        let now = self.now();
        if let Some(stop) = self.state.stopped() {
            let why = format!("everything was stopped: {}", stop.reason);
            return self.end_run(id, RunResult::Aborted, &why.into());
        }
        if self.is_frozen_here(&run.agent) {
            return self.end_run(id, RunResult::Aborted, &"its agent was frozen".into());
        }
        let found = self.program.as_ref().and_then(|program| program.workflow(&run.workflow));
        let Some((def, _)) = found.filter(|(_, definition)| *definition == run.definition) else {
            return self.end_run(id, RunResult::Aborted, &"its workflow is another now".into());
        };
        let (run, def) = (run.clone(), def.clone());
        if (0..).zip(&run.steps).any(|(place, step)| self.settle(id, &def, &run, place, &step.stage)) {
            return;
        }
        if run.ends <= now {
            return match &run.failing {
                Some(failing) => self.end_run(id, RunResult::Failed, &failing.why),
                None => self.fail_run(id, ("its time is over".into(), false), None),
            };
        }
        if run.failing.is_none() && def.budget.is_some_and(|budget| run.spent > budget) {
            return self.fail_run(id, ("its budget is spent".into(), false), None);
        }
        match &run.failing {
            Some(_) => self.make_good(id, &def, &run),
            None => self.begin_next(id, &def, &run),
        }
    }

    /// Takes in what has become of a step that was asked for. Whether that changed something.
    fn settle(&mut self, id: &Id, def: &WorkflowDef, run: &Run, place: u32, stage: &StepStage) -> bool {
        let before = self.state.seq;
        match stage {
            StepStage::Asked(request) => self.settle_asked(id, def, run, (place, request)),
            StepStage::Nested(nested) => self.settle_nested(id, def, run, (place, nested)),
            StepStage::Escalated(until) if *until <= self.now() => {
                self.give_up(id, place, ("nobody answered in time".into(), false));
            }
            StepStage::Escalated(_)
            | StepStage::Pending
            | StepStage::Ready
            | StepStage::Resting(_)
            | StepStage::Done
            | StepStage::Failed
            | StepStage::Skipped
            | StepStage::Ended => {}
        }
        self.state.seq != before
    }

    fn settle_asked(&mut self, id: &Id, def: &WorkflowDef, run: &Run, (place, request): (u32, &Id)) {
        let at = (id, def, run, place);
        let Some(entry) = self.state.requests.get(request) else {
            // An earlier request was answered in its place.
            return self.failed(at, (Failed::Bad, 0), "it was done before under the same key");
        };
        let was_asked = entry.held.is_some();
        match entry.stage {
            Stage::Permitted | Stage::Waiting | Stage::Approved | Stage::Running => {}
            Stage::Refused => self.failed(at, (Failed::Forbidden, 0), "it is forbidden"),
            Stage::Done(result) => {
                let cost = self.run_cost(run, def, request, result);
                match result {
                    Ended::Success => self.succeeded(at, request, cost),
                    Ended::Failure => self.failed(at, (Failed::Tried, cost), "it failed"),
                    Ended::Unknown => self.failed(at, (Failed::Unknown, cost), "nobody can tell what became of it"),
                }
            }
            Stage::Gone(why) => match why {
                Why::PolicyChanged => {
                    let to = StepTo::Again { until: self.now(), failed: false };
                    self.move_step(id, place, to, 0, Some("another policy decides now"));
                }
                Why::RunOver | Why::Stopped => self.move_step(id, place, StepTo::Ended, 0, None),
                Why::Refused => self.failed(at, (Failed::Forbidden, 0), "decided again, it is forbidden"),
                Why::Expired if !was_asked => self.failed(at, (Failed::Tried, 0), "it was not begun in time"),
                Why::Expired => self.failed(at, (Failed::Bad, 0), "nobody approved it in time"),
                Why::Denied => self.failed(at, (Failed::Bad, 0), "a person said no"),
                Why::Frozen => self.failed(at, (Failed::Bad, 0), "its agent was frozen"),
                Why::SessionClosed => self.failed(at, (Failed::Bad, 0), "its session was closed"),
                Why::Cancelled => self.failed(at, (Failed::Bad, 0), "it was cancelled"),
            },
        }
    }

    fn settle_nested(&mut self, id: &Id, def: &WorkflowDef, run: &Run, (place, nested): (u32, &Id)) {
        let at = (id, def, run, place);
        let Some(inner) = self.state.runs.get(nested) else {
            return self.failed(at, (Failed::Bad, 0), "what became of its run is forgotten");
        };
        let Some(ended) = &inner.ended else { return };
        let forbidden = inner.failing.as_ref().is_some_and(|failing| failing.forbidden);
        let why = ended.why.clone();
        match ended.how {
            RunResult::Done => {
                let inner_def = self.program.as_ref().and_then(|program| program.workflow(&inner.workflow));
                let last = inner_def.and_then(|(inner, _)| plan::last(inner));
                let output = last.and_then(|last| inner.steps.get(last as usize)?.output.clone());
                self.move_step(id, place, StepTo::Done { output }, 0, None);
            }
            RunResult::Failed if forbidden => self.failed(at, (Failed::Forbidden, 0), &why),
            RunResult::Failed => self.failed(at, (Failed::Tried, 0), &why),
            RunResult::Aborted if run.failing.is_some() => self.move_step(id, place, StepTo::Ended, 0, Some(&why)),
            RunResult::Aborted | RunResult::Cancelled => self.failed(at, (Failed::Bad, 0), &why),
        }
    }

    fn succeeded(&mut self, (id, def, run, place): (&Id, &WorkflowDef, &Run, u32), request: &Id, cost: i64) {
        let told = self.reported.as_ref().filter(|(of, _)| of == request);
        let most = self.config.most_output;
        let output = told.and_then(|(_, outcome)| plan::kept(def, run, place, &outcome.output, most));
        self.move_step(id, place, StepTo::Done { output }, cost, None);
    }

    /// What an outcome has cost a run. Where a budget asks and nobody can tell, all of it.
    fn run_cost(&self, run: &Run, def: &WorkflowDef, request: &Id, result: Ended) -> i64 {
        let above = |(id, _): &(Id, u32)| {
            let run = self.state.runs.get(id)?;
            Some((self.program.as_ref()?.workflow(&run.workflow)?.0.budget.is_some(), run.parent.clone()))
        };
        let mut asked = def.budget.is_some();
        let mut next = run.parent.clone();
        while let Some((has, parent)) = next.as_ref().and_then(above) {
            asked |= has;
            next = parent;
        }
        let unclear = if asked { UNCLEAR } else { 0 };
        match self.reported.as_ref().filter(|(of, _)| of == request) {
            Some((_, Outcome { cost: Some(text), .. })) => match number::decimal(text) {
                Ok(cost) if cost >= 0 => cost,
                Ok(_) | Err(_) => unclear,
            },
            Some((_, Outcome { cost: None, .. })) if result != Ended::Unknown => 0,
            Some(_) | None => unclear,
        }
    }

    /// A step has not succeeded: it is tried again, skipped, asked about, made good, or the run fails.
    fn failed(&mut self, at: (&Id, &WorkflowDef, &Run, u32), (how, cost): (Failed, i64), why: &str) {
        let (id, def, run, place) = at;
        let (Some(step), Some(state)) = (def.steps.get(place as usize), run.steps.get(place as usize)) else { return };
        let why = format!("`{}`: {}", step.name, self.said(state, why));
        let unwinds = run.failing.is_some() && !step.compensation;
        let again = match how {
            Failed::Tried => true,
            Failed::Unknown => self.is_idempotent(step),
            Failed::Bad | Failed::Forbidden => false,
        };
        if again && !unwinds && state.failed < step.retry.0 {
            let wait = match step.what {
                StepWhat::Action(_) => step.retry.1,
                // A run in it may fail before anybody is asked anything: not again in the same step.
                StepWhat::Workflow(_) => step.retry.1.max(SHORTEST_REST),
            };
            let until = self.now().saturating_add(rest(wait, state.failed));
            return self.move_step(id, place, StepTo::Again { until, failed: true }, cost, Some(&why));
        }
        match step.on_failure {
            FailureDef::Skip if how != Failed::Forbidden && !unwinds => {
                self.move_step(id, place, StepTo::Skipped, cost, Some(&why));
            }
            FailureDef::Escalate if how != Failed::Forbidden && !unwinds => {
                self.escalate(id, (place, step), cost, &why)
            }
            FailureDef::Skip | FailureDef::Escalate | FailureDef::Abort | FailureDef::Compensate(_) => {
                self.move_step(id, place, StepTo::Failed, cost, Some(&why));
                let make_good = match step.on_failure {
                    FailureDef::Compensate(with) if !step.compensation => Some(with),
                    FailureDef::Compensate(_) | FailureDef::Skip | FailureDef::Escalate | FailureDef::Abort => None,
                };
                if run.failing.is_none() || make_good.is_some() {
                    self.fail_run(id, (why.into(), how == Failed::Forbidden), make_good);
                }
            }
        }
    }

    /// What a refused step is told, where it was refused; the reason otherwise.
    fn said(&self, state: &crate::runs::StepState, why: &str) -> String {
        let StepStage::Asked(request) = &state.stage else { return why.to_owned() };
        let decided = self.state.requests.get(request).map(|entry| &entry.decided);
        match decided.and_then(|decided| decided.code.as_ref()) {
            Some(code) if why.contains("forbidden") => format!("{why} ({code})"),
            Some(_) | None => why.to_owned(),
        }
    }

    fn is_idempotent(&self, step: &StepDef) -> bool {
        let StepWhat::Action(action) = step.what else { return false };
        let executors = self.program.iter().flat_map(|program| program.executors(action));
        executors.fold(None, |all: Option<bool>, one| Some(all.unwrap_or(true) && one.idempotent)).unwrap_or(false)
    }

    /// People are asked about a step that has failed, where there are some.
    fn escalate(&mut self, id: &Id, (place, step): (u32, &StepDef), cost: i64, why: &str) {
        let helpers = self.helpers(step);
        let within = helpers.iter().map(|(_, _, within, _)| *within).max();
        let mut channels: Vec<Arc<str>> = helpers.iter().flat_map(|(.., ask)| ask.iter().cloned()).collect();
        channels.sort();
        channels.dedup();
        let Some(within) = within else {
            self.move_step(id, place, StepTo::Failed, cost, Some(why));
            return self.fail_run(id, (format!("{why}, and there is nobody to ask").into(), false), None);
        };
        let until = self.now().saturating_add(within);
        self.move_step(id, place, StepTo::Escalated { until }, cost, Some(why));
        let (run, step) = (id.clone(), step.name.clone());
        self.step.effects.push(Effect::Escalate { run, step, why: why.into(), channels, until });
    }

    /// A step that people were asked about has failed for good.
    pub(super) fn give_up(&mut self, id: &Id, place: u32, (why, forbidden): (Arc<str>, bool)) {
        self.move_step(id, place, StepTo::Failed, 0, Some(&why));
        if self.state.runs.get(id).is_some_and(|run| run.failing.is_none()) {
            self.fail_run(id, (why, forbidden), None);
        }
    }

    fn move_step(&mut self, run: &Id, step: u32, to: StepTo, cost: i64, why: Option<&str>) {
        self.happen(Event::Run(RunEvent::Step { run: run.clone(), step, to, cost, why: why.map(Arc::from) }));
    }

    /// A run cannot be done any more: what runs of it is told to end, and nothing begins but what makes good.
    fn fail_run(&mut self, id: &Id, (why, forbidden): (Arc<str>, bool), make_good: Option<u32>) {
        let Some(run) = self.state.runs.get(id).cloned() else { return };
        let ends = match &run.failing {
            Some(_) => run.ends,
            None => run.ends.max(self.now().saturating_add(self.config.make_good_within)),
        };
        self.happen(Event::Run(RunEvent::Fails { run: id.clone(), why, forbidden, make_good, ends }));
        if run.failing.is_none() {
            self.drop_steps(&run, "the run that it belongs to fails");
        }
    }

    /// What is going on of a run ends.
    fn drop_steps(&mut self, run: &Run, why: &str) {
        for step in &run.steps {
            match &step.stage {
                StepStage::Asked(request) => self.drop_request(request),
                StepStage::Nested(nested) => self.end_run(nested, RunResult::Aborted, &why.into()),
                StepStage::Pending
                | StepStage::Ready
                | StepStage::Resting(_)
                | StepStage::Escalated(_)
                | StepStage::Done
                | StepStage::Failed
                | StepStage::Skipped
                | StepStage::Ended => {}
            }
        }
    }

    fn drop_request(&mut self, id: &Id) {
        let stage = self.state.requests.get(id).map(|entry| entry.stage);
        match stage {
            Some(Stage::Permitted | Stage::Waiting | Stage::Approved) => self.end(id, Why::RunOver),
            Some(Stage::Running) => self.hurry(id, Why::RunOver),
            Some(Stage::Refused | Stage::Done(_) | Stage::Gone(_)) | None => {}
        }
    }

    /// Ends a run; runs in it end with it.
    pub(super) fn end_run(&mut self, id: &Id, how: RunResult, why: &Arc<str>) {
        let Some(run) = self.state.runs.get(id).filter(|run| run.ended.is_none()).cloned() else { return };
        self.happen(Event::Run(RunEvent::Ended { run: id.clone(), how, why: why.clone() }));
        self.drop_steps(&run, why);
    }

    /// Does what makes good, the last failure first; then the run has failed.
    fn make_good(&mut self, id: &Id, def: &WorkflowDef, run: &Run) {
        let now = self.now();
        let rested = |stage: &StepStage| matches!(stage, StepStage::Resting(until) if *until <= now);
        if let Some((place, _)) = (0..).zip(&run.steps).find(|(_, step)| rested(&step.stage)) {
            return self.make_ready(id, def, run, place);
        }
        if run.steps.iter().any(|step| step.stage.is_open()) {
            return;
        }
        let Some(failing) = &run.failing else { return };
        let is_left = |place: &&u32| run.steps.get(**place as usize).is_some_and(|s| s.stage == StepStage::Pending);
        match failing.make_good.iter().rev().find(is_left) {
            Some(place) => self.make_ready(id, def, run, *place),
            None => self.end_run(id, RunResult::Failed, &failing.why),
        }
    }

    /// Begins what may begin, as far as the cap lets it; where all is done, so is the run.
    fn begin_next(&mut self, id: &Id, def: &WorkflowDef, run: &Run) {
        let now = self.now();
        let plain = || (0..).zip(def.steps.iter().zip(&run.steps)).filter(|(_, (def, _))| !def.compensation);
        if plain().all(|(_, (_, step))| step.stage.is_passed()) {
            return self.end_run(id, RunResult::Done, &"".into());
        }
        let busy = |stage: &StepStage| match stage {
            StepStage::Ready | StepStage::Nested(_) => true,
            // What waits for people leaves its place to others.
            StepStage::Asked(request) => {
                self.state.requests.get(request).is_some_and(|entry| entry.stage != Stage::Waiting)
            }
            StepStage::Pending
            | StepStage::Resting(_)
            | StepStage::Escalated(_)
            | StepStage::Done
            | StepStage::Failed
            | StepStage::Skipped
            | StepStage::Ended => false,
        };
        if run.steps.iter().filter(|step| busy(&step.stage)).count() >= self.config.most_steps_at_once {
            return;
        }
        let passed = |place: &u32| run.steps.get(*place as usize).is_some_and(|step| step.stage.is_passed());
        let may_begin = |(_, (def, step)): &(u32, (&StepDef, &crate::runs::StepState))| match step.stage {
            StepStage::Pending => def.after.iter().all(passed),
            StepStage::Resting(until) => until <= now,
            StepStage::Ready
            | StepStage::Asked(_)
            | StepStage::Nested(_)
            | StepStage::Escalated(_)
            | StepStage::Done
            | StepStage::Failed
            | StepStage::Skipped
            | StepStage::Ended => false,
        };
        let next = plain().find(may_begin).map(|(place, _)| place);
        match next {
            Some(place) => self.make_ready(id, def, run, place),
            None if run.steps.iter().any(|step| step.stage.is_open()) => {}
            None => self.fail_run(id, ("nothing of it can begin".into(), false), None),
        }
    }

    /// A step may begin: the host is asked what it knows, or the workflow that it is begins.
    fn make_ready(&mut self, id: &Id, def: &WorkflowDef, run: &Run, place: u32) {
        let (Some(step), Some(state)) = (def.steps.get(place as usize), run.steps.get(place as usize)) else { return };
        let at = (id, def, run, place);
        let Some(program) = &self.program else { return };
        let given = match arguments(program.typed(), def, run, step) {
            Ok(given) => given,
            Err(why) => return self.failed(at, (Failed::Bad, 0), &why),
        };
        match step.what {
            StepWhat::Action(_) => {
                self.move_step(id, place, StepTo::Ready, 0, None);
                let wanted = self.wanted(id, place).map(|wanted| Effect::Step(Box::new(wanted)));
                self.step.effects.extend(wanted);
            }
            StepWhat::Workflow(nested) => {
                let workflows = &program.typed().state.runtime.workflows;
                let Some(name) = workflows.get(nested as usize).map(|nested| nested.name.clone()) else { return };
                let inner = name_of(id, &step.name, state.attempt.saturating_add(1));
                let mine = Some((id.clone(), place));
                // Where a journal ended between the two events, it has begun already.
                if self.state.runs.get(&inner).is_none_or(|known| known.parent != mine) {
                    let within = step.within.map(|within| self.now().saturating_add(within));
                    let until = within.map_or(run.ends, |within| within.min(run.ends));
                    let begun = self.begin_run(inner.clone(), &name, &given, (run.agent.clone(), mine, Some(until)));
                    if let Err(why) = begun {
                        return self.failed(at, (Failed::Bad, 0), &why.to_string());
                    }
                }
                self.move_step(id, place, StepTo::Nested(inner), 0, None);
            }
        }
    }
}

/// How long a step rests before it is tried again: twice as long each time.
fn rest(wait: i64, failed: u32) -> i64 {
    wait.saturating_mul(1_i64.checked_shl(failed.min(32)).unwrap_or(i64::MAX)).min(LONGEST_REST.max(wait))
}
