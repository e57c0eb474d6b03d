//! Runs of workflows, as state: where each stands, and what follows from each event about it.
//!
//! What a run does next is the governor's business; here is only what has happened.

pub(crate) mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::canonical::Hash;
use crate::ids::Id;

/// One run of a workflow, from when it was started until it is forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The qualified name of the workflow.
    pub workflow: Arc<str>,
    /// The hash of what the workflow says.
    pub definition: Hash,
    /// As whom it runs, where a step does not say.
    pub agent: Id,
    /// What it was started with: names with values as JSON.
    pub inputs: Vec<(Arc<str>, Arc<str>)>,
    /// The run and the step that started it.
    pub parent: Option<(Id, u32)>,
    /// When it must have ended.
    pub ends: i64,
    /// What it has cost so far, in millionths.
    pub spent: i64,
    /// Its steps, in the order of the workflow.
    pub steps: Vec<StepState>,
    /// Why it cannot be done any more, from when that is so.
    pub failing: Option<Failing>,
    /// How it ended.
    pub ended: Option<RunEnd>,
}

/// One step of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepState {
    /// Where it stands.
    pub stage: StepStage,
    /// How often it was begun; the last part of the names of its requests.
    pub attempt: u32,
    /// How often it has failed.
    pub failed: u32,
    /// What it gave back, as one JSON object, where somebody asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Arc<str>>,
    /// Why it stands where it stands, where that is no success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Arc<str>>,
}

/// Where a step stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStage {
    /// It waits for others.
    #[default]
    Pending,
    /// The host is asked what it knows for it.
    Ready,
    /// It was asked for; where it stands, its request says.
    Asked(Id),
    /// It is a workflow, and that one runs.
    Nested(Id),
    /// It has failed and is tried again at this time.
    Resting(i64),
    /// It has failed, and people say until this time whether it is tried again.
    Escalated(i64),
    /// It has succeeded.
    Done,
    /// It has failed.
    Failed,
    /// It has failed, and the run goes on without it.
    Skipped,
    /// It was given up with its run.
    Ended,
}

/// Why a run cannot be done any more, and what is left to make good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// Why.
    pub why: Arc<str>,
    /// Whether it was forbidden: then nobody tries it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forbidden: bool,
    /// Compensations in the order of what they make good: the last one is done first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub make_good: Vec<u32>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// When.
    pub at: i64,
    /// How.
    pub how: RunResult,
    /// Why; empty where all was done.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub why: Arc<str>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    /// Every step was done, or skipped as the workflow says.
    Done,
    /// A step failed, or its budget or time was over.
    Failed,
    /// Everything was stopped, its agent was frozen, or its workflow is another now.
    Aborted,
    /// Somebody cancelled it.
    Cancelled,
}

/// Where a step goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepTo {
    /// It may begin: the host is asked.
    Ready,
    /// It was asked for under this name.
    Asked(Id),
    /// The workflow that it is was started under this name.
    Nested(Id),
    /// It has failed, or its permission has died, and is tried again.
    Again {
        /// When.
        until: i64,
        /// Whether that counts as a failure.
        failed: bool,
    },
    /// It has failed, and people are asked.
    Escalated {
        /// Until when.
        until: i64,
    },
    /// It has succeeded.
    Done {
        /// What it gave back, as one JSON object.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Arc<str>>,
    },
    /// It has failed.
    Failed,
    /// It has failed, and the run goes on without it.
    Skipped,
    /// It was given up with its run.
    Ended,
}

/// How a run begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Its name.
    pub run: Id,
    /// The qualified name of the workflow.
    pub workflow: Arc<str>,
    /// The hash of what the workflow says.
    pub definition: Hash,
    /// As whom.
    pub agent: Id,
    /// Names with values as JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<(Arc<str>, Arc<str>)>,
    /// The run and the step that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<(Id, u32)>,
    /// When it must have ended.
    pub ends: i64,
    /// How many steps it has.
    pub steps: u32,
}

/// What has happened to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum RunEvent {
    /// It has begun.
    Started(Box<Started>),
    /// A step stands elsewhere now.
    Step {
        /// The run.
        run: Id,
        /// The step, by its place.
        step: u32,
        /// Where.
        to: StepTo,
        /// What that has cost the run, in millionths.
        #[serde(default, skip_serializing_if = "is_zero")]
        cost: i64,
        /// Why, where it is no success.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Arc<str>>,
    },
    /// It cannot be done any more: nothing new begins but what makes good.
    Fails {
        /// The run.
        run: Id,
        /// Why.
        why: Arc<str>,
        /// Whether a step was forbidden.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        forbidden: bool,
        /// The step that makes good what has failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        make_good: Option<u32>,
        /// When it must have ended.
        ends: i64,
    },
    /// It has ended.
    Ended {
        /// The run.
        run: Id,
        /// How.
        how: RunResult,
        /// Why; empty where all was done.
        #[serde(default, skip_serializing_if = "str::is_empty")]
        why: Arc<str>,
    },
    /// Runs that ended long ago are forgotten.
    Forgotten {
        /// The runs.
        ids: Vec<Id>,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what the attribute asks for")]
fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// All runs that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    all: BTreeMap<Id, Run>,
    /// The run and step that a request or a nested run belongs to.
    step_of: BTreeMap<Id, (Id, u32)>,
    /// When something of each is due.
    due: BTreeSet<(i64, Id)>,
    /// When those that have ended have, the oldest first.
    ended: BTreeSet<(i64, Id)>,
}

impl Runs {
    /// A run.
    #[must_use]
    pub fn get(&self, run: &Id) -> Option<&Run> {
        self.all.get(run)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Run)> {
        self.all.iter()
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The run and step that a request, or a run in a run, belongs to while they wait for it.
    #[must_use]
    pub fn step_of(&self, id: &Id) -> Option<&(Id, u32)> {
        self.step_of.get(id)
    }

    /// Whether a name is one that a run gives.
    pub(crate) fn owns(&self, id: &Id) -> bool {
        let text = id.as_str();
        !self.all.is_empty()
            && text
                .match_indices('/')
                .any(|(at, _)| text.get(..at).is_some_and(|part| self.all.contains_key(&part.into())))
    }

    /// The next one of which something is due, and when.
    pub(crate) fn next_due(&self) -> Option<&(i64, Id)> {
        self.due.first()
    }

    /// Those of which something is due by a time.
    pub(crate) fn due_until(&self, at: i64) -> impl Iterator<Item = &Id> {
        self.due.iter().take_while(move |(due, _)| *due <= at).map(|(_, run)| run)
    }

    /// Those that ended not after a time.
    pub(crate) fn ended_until(&self, at: i64) -> impl Iterator<Item = &Id> {
        self.ended.iter().take_while(move |(ended, _)| *ended <= at).map(|(_, run)| run)
    }

    pub(crate) fn apply(&mut self, event: &RunEvent, at: i64) {
        match event {
            RunEvent::Started(started) => self.start(started),
            RunEvent::Step { run, step, to, cost, why } => self.step(run, *step, to, *cost, why.as_ref()),
            RunEvent::Fails { run, why, forbidden, make_good, ends } => {
                self.fails(run, (why, *forbidden), *make_good, *ends);
            }
            RunEvent::Ended { run, how, why } => self.end(run, &RunEnd { at, how: *how, why: why.clone() }),
            RunEvent::Forgotten { ids } => ids.iter().for_each(|run| self.forget(run)),
        }
    }

    fn start(&mut self, of: &Started) {
        let steps = vec![StepState::default(); of.steps as usize];
        let run = Run {
            workflow: of.workflow.clone(),
            definition: of.definition,
            agent: of.agent.clone(),
            inputs: of.inputs.clone(),
            parent: of.parent.clone(),
            ends: of.ends,
            spent: 0,
            steps,
            failing: None,
            ended: None,
        };
        self.put(of.run.clone(), run);
    }

    /// A run with all that is known besides itself.
    pub(crate) fn put(&mut self, id: Id, run: Run) {
        for (place, step) in (0..).zip(&run.steps) {
            if let StepStage::Asked(of) | StepStage::Nested(of) = &step.stage {
                self.step_of.insert(of.clone(), (id.clone(), place));
            }
        }
        match &run.ended {
            Some(ended) => self.ended.insert((ended.at, id.clone())),
            None => self.due.insert((run.due(), id.clone())),
        };
        self.all.insert(id, run);
    }

    fn change(&mut self, id: &Id, change: impl FnOnce(&mut Run)) {
        let Some(mut run) = self.all.remove(id) else { return };
        self.due.remove(&(run.due(), id.clone()));
        for step in &run.steps {
            if let StepStage::Asked(of) | StepStage::Nested(of) = &step.stage {
                self.step_of.remove(of);
            }
        }
        change(&mut run);
        self.put(id.clone(), run);
    }

    fn step(&mut self, run: &Id, step: u32, to: &StepTo, cost: i64, why: Option<&Arc<str>>) {
        self.change(run, |run| run.step(step, to, why));
        // What a run in a run costs, that one costs too.
        let mut next = Some(run.clone());
        while let (Some(id), true) = (next.take(), cost != 0) {
            let Some(run) = self.all.get_mut(&id) else { break };
            run.spent = run.spent.saturating_add(cost);
            next = run.parent.as_ref().map(|(parent, _)| parent.clone());
        }
    }

    fn fails(&mut self, run: &Id, (why, forbidden): (&Arc<str>, bool), make_good: Option<u32>, ends: i64) {
        self.change(run, |run| {
            run.ends = ends;
            let first = run.failing.is_none();
            for step in run.steps.iter_mut().filter(|_| first) {
                if matches!(step.stage, StepStage::Ready | StepStage::Resting(_) | StepStage::Escalated(_)) {
                    step.stage = StepStage::Ended;
                }
            }
            let first = || Failing { why: why.clone(), forbidden: false, make_good: Vec::new() };
            let failing = run.failing.get_or_insert_with(first);
            failing.forbidden |= forbidden;
            failing.make_good.extend(make_good.filter(|step| !failing.make_good.contains(step)));
        });
    }

    fn end(&mut self, run: &Id, end: &RunEnd) {
        self.change(run, |run| {
            for step in &mut run.steps {
                if step.stage.is_open() {
                    step.stage = StepStage::Ended;
                }
            }
            run.ended = Some(end.clone());
        });
    }

    fn forget(&mut self, run: &Id) {
        if let Some(ended) = self.all.remove(run).and_then(|run| run.ended) {
            self.ended.remove(&(ended.at, run.clone()));
        }
    }
}

impl Run {
    fn due(&self) -> i64 {
        let at = self.steps.iter().filter_map(|step| match step.stage {
            StepStage::Resting(until) | StepStage::Escalated(until) => Some(until),
            StepStage::Pending
            | StepStage::Ready
            | StepStage::Asked(_)
            | StepStage::Nested(_)
            | StepStage::Done
            | StepStage::Failed
            | StepStage::Skipped
            | StepStage::Ended => None,
        });
        at.chain([self.ends]).min().unwrap_or(self.ends)
    }

    fn step(&mut self, step: u32, to: &StepTo, why: Option<&Arc<str>>) {
        let Some(step) = self.steps.get_mut(step as usize) else { return };
        step.why = why.cloned();
        step.stage = match to {
            StepTo::Ready => {
                step.attempt += 1;
                StepStage::Ready
            }
            StepTo::Asked(id) => StepStage::Asked(id.clone()),
            StepTo::Nested(id) => {
                step.attempt += 1;
                StepStage::Nested(id.clone())
            }
            StepTo::Again { until, failed } => {
                step.failed += u32::from(*failed);
                StepStage::Resting(*until)
            }
            StepTo::Escalated { until } => {
                step.failed += 1;
                StepStage::Escalated(*until)
            }
            StepTo::Done { output } => {
                step.output = output.clone();
                StepStage::Done
            }
            StepTo::Failed => {
                step.failed += 1;
                StepStage::Failed
            }
            StepTo::Skipped => {
                step.failed += 1;
                StepStage::Skipped
            }
            StepTo::Ended => StepStage::Ended,
        };
    }
}

impl StepStage {
    /// Whether something of it is still to come, once it was begun.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Ready | Self::Asked(_) | Self::Nested(_) | Self::Resting(_) | Self::Escalated(_) => true,
            Self::Pending | Self::Done | Self::Failed | Self::Skipped | Self::Ended => false,
        }
    }

    /// Whether those that come after it may begin.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped)
    }
}
