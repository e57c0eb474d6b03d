//! Runs of workflows, as people and hosts command them: started, advanced, answered, cancelled.
//!
//! What follows by itself is in `steps`. A step knows nothing that the host has not said for it: where one may begin, the
//! host is asked, and its answer goes through the same gate as any request.

use std::sync::Arc;

use aas::check::typed::runtime::{StepDef, StepWhat};
use aas::check::typed::{ActionId, ItemBody, Principals, TypedPolicy, show_entity};
use aas::decision::{Decision, Obligation, Tier};
use aas::raw::{Raw, RawFields, get};
use aas::types::{EntityTypeId, Origin};
use aas::value::EntityRef;
use aas::{Entities, Facts, Request, json};

use super::Governor;
use super::ask::agent_of;
use super::people::may_answer;
use crate::command::{Person, StartRun};
use crate::effect::{Effect, Problem, RunStanding, Wanted};
use crate::event::Event;
use crate::ids::{Id, MAX_ID_BYTES};
use crate::runs::plan::{self, arguments};
use crate::runs::{Run, RunEvent, RunResult, Started, StepStage, StepState, StepTo};
use crate::state::Stage;

/// The action that starting a workflow is, where the policy declares it.
const START: &str = "workflow.start";
/// How deep runs may lie in runs.
const MOST_NESTED: usize = 16;
/// The room that a name leaves for `/`, `/` and a number.
const ROOM: usize = 16;

impl Governor {
    pub(super) fn start_run(&mut self, start: StartRun) -> Result<(), Problem> {
        let StartRun { run, workflow, inputs, facts, entities } = start;
        let agent = agent_of(&facts)?;
        let program = self.program.as_ref().ok_or(Problem::NoPolicy)?;
        let missing = || Problem::NoSuchItem("workflow", workflow.clone());
        let (def, _) = program.workflow(&workflow).ok_or_else(missing)?;
        if let Some(known) = self.state.runs.get(&run) {
            let given = plan::inputs(program.typed(), def, &inputs).map_err(Problem::BadValue)?;
            if known.workflow != workflow || known.agent != agent || known.inputs != given || known.parent.is_some() {
                return Err(Problem::NameTaken(run));
            }
            self.tell_run(&run);
            return Ok(());
        }
        self.must_go_on()?;
        if self.is_frozen_here(&agent) {
            return Err(Problem::NotAllowed(agent, "the agent is frozen"));
        }
        self.may_start(&agent, &workflow, facts, &entities)?;
        self.begin_run(run, &workflow, &inputs, (agent, None, None))
    }

    /// Starting a workflow is an action like any other where the policy declares it: `action workflow.start { name: string }`.
    /// It must be green or yellow then. Each step is decided by itself in any case.
    fn may_start(&mut self, agent: &Id, workflow: &str, facts: Facts, entities: &Arc<Entities>) -> Result<(), Problem> {
        let policy = self.program.as_ref().ok_or(Problem::NoPolicy)?.typed();
        let Some(id) = policy.action(START) else { return Ok(()) };
        let mut request = Request::new(START);
        if policy.action_def(id).field("name").is_some_and(|field| field.origin == Origin::Parameter) {
            request = request.param("name", Raw::text(workflow));
        }
        let judged = self.judge(agent, &request, &facts, entities)?;
        if judged.decision.tier <= Tier::Yellow {
            return Ok(());
        }
        Err(Problem::NotAllowed(agent.clone(), "the rules about workflows do not let them"))
    }

    /// Begins a run, of itself or in another.
    pub(super) fn begin_run(
        &mut self,
        run: Id,
        workflow: &Arc<str>,
        inputs: &RawFields,
        (agent, parent, until): (Id, Option<(Id, u32)>, Option<i64>),
    ) -> Result<(), Problem> {
        let program = self.program.as_ref().ok_or(Problem::NoPolicy)?;
        let missing = || Problem::NoSuchItem("workflow", workflow.clone());
        let (def, definition) = program.workflow(workflow).ok_or_else(missing)?;
        let longest = def.steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
        if !run.is_fit() || run.as_str().len() + longest + ROOM > MAX_ID_BYTES {
            return Err(Problem::BadName);
        }
        if self.state.runs.get(&run).is_some() || self.names_under(&run) {
            return Err(Problem::NameTaken(run));
        }
        if self.state.runs.len() >= self.config.most_runs {
            return Err(Problem::Full("runs"));
        }
        let above = |id: &Id| Some(self.state.runs.get(id)?.parent.as_ref()?.0.clone());
        if std::iter::successors(parent.as_ref().map(|(id, _)| id.clone()), above).count() >= MOST_NESTED {
            return Err(Problem::BadValue(format!("`{workflow}` would lie in more than {MOST_NESTED} runs")));
        }
        let inputs = plan::inputs(program.typed(), def, inputs).map_err(Problem::BadValue)?;
        let steps = u32::try_from(def.steps.len()).unwrap_or(u32::MAX);
        let ends = self.now().saturating_add(def.within.unwrap_or(self.config.run_life));
        let ends = until.map_or(ends, |until| until.min(ends));
        let workflow = workflow.clone();
        self.happen(Event::Run(RunEvent::Started(Box::new(Started {
            run,
            workflow,
            definition,
            agent,
            inputs,
            parent,
            ends,
            steps,
        }))));
        Ok(())
    }

    /// Whether requests have names that the steps of a run would be given.
    fn names_under(&self, run: &Id) -> bool {
        self.state.requests.any_under(&Id::new(&format!("{run}/")))
    }

    /// Whether there is no room for the runs that a decision asks for.
    pub(super) fn has_no_room_for_runs(&self, decision: &Decision) -> bool {
        let wanted = decision.obligations.iter().filter(|duty| matches!(duty, Obligation::Run { .. })).count();
        wanted > 0 && self.state.runs.len().saturating_add(wanted) > self.config.most_runs
    }

    /// A rule says that a workflow follows: it begins in the same step, once for each decision, under `<request>/run/<n>`.
    pub(super) fn oblige_run(&mut self, id: &Id, place: usize, workflow: &Arc<str>, given: &[(Arc<str>, Arc<str>)]) {
        let run = Id::new(&format!("{id}/run/{place}"));
        let Some(agent) = self.state.requests.get(id).map(|entry| entry.agent.clone()) else { return };
        let inputs: RawFields = given
            .iter()
            .filter_map(|(name, text)| Some((name.clone(), json::parse(text).ok()?)))
            .filter(|(_, raw)| !matches!(raw, Raw::Null))
            .collect();
        let begun = match self.state.stopped() {
            Some(_) => Err("everything is stopped".to_owned()),
            None => self.begin_run(run.clone(), workflow, &inputs, (agent, None, None)).map_err(|why| why.to_string()),
        };
        match begun {
            Ok(()) => {
                let (workflow, arguments) = (workflow.clone(), given.to_vec());
                self.step.effects.push(Effect::Run { id: id.clone(), run, workflow, arguments });
            }
            Err(why) => {
                let text = format!("`{workflow}` does not follow `{id}`: {why}.");
                self.step.effects.push(Effect::Report(vec![text]));
            }
        }
    }

    /// Asks for ready steps with what the host knows now.
    pub(super) fn advance_run(
        &mut self,
        run: &Id,
        name: Option<&Arc<str>>,
        facts: &Facts,
        entities: &Arc<Entities>,
    ) -> Result<(), Problem> {
        let agent = agent_of(facts)?;
        self.must_go_on()?;
        let state = self.going_on(run)?;
        let program = self.program.as_ref().ok_or(Problem::NoPolicy)?;
        let (def, _) = program.workflow(&state.workflow).ok_or_else(|| Problem::NoSuchRun(run.clone()))?;
        let ready: Vec<(u32, &StepDef)> = (0..)
            .zip(def.steps.iter().zip(&state.steps))
            .filter(|(_, (def, step))| step.stage == StepStage::Ready && name.is_none_or(|name| *name == def.name))
            .map(|(place, (def, _))| (place, def))
            .collect();
        if ready.is_empty() {
            return Err(Problem::BadValue(match name {
                Some(name) => format!("the step `{name}` of `{run}` is not ready"),
                None => format!("no step of `{run}` is ready"),
            }));
        }
        let may = |def: &StepDef| match &def.actor {
            None => agent == state.agent,
            Some(who) => is_one_of(who, &agent, facts, entities),
        };
        let mine: Vec<u32> = ready.iter().filter(|(_, def)| may(def)).map(|(place, _)| *place).collect();
        if mine.is_empty() {
            return Err(Problem::NotAllowed(agent, "the step is not theirs to do"));
        }
        for step in mine {
            self.has_room_for(&agent, facts)?;
            self.ask_step(run, step, (&agent, facts, entities))?;
        }
        Ok(())
    }

    fn ask_step(&mut self, run: &Id, step: u32, of: (&Id, &Facts, &Arc<Entities>)) -> Result<(), Problem> {
        let (agent, facts, entities) = of;
        let Some(Wanted { id, request, .. }) = self.wanted(run, step) else {
            return Err(Problem::BadValue(format!("what `{run}` wants cannot be told")));
        };
        // Where a journal ended between the two events, the request is there already: nothing is asked for twice.
        if !self.state.requests.contains_key(&id) {
            self.submit(&id, agent, &request, facts, entities, false)?;
        }
        self.happen(Event::Run(RunEvent::Step { run: run.clone(), step, to: StepTo::Asked(id), cost: 0, why: None }));
        Ok(())
    }

    /// What a ready step asks the host.
    pub(super) fn wanted(&self, run: &Id, step: u32) -> Option<Wanted> {
        let state = self.state.runs.get(run)?;
        let program = self.program.as_ref()?;
        let (workflow, _) = program.workflow(&state.workflow)?;
        let def = workflow.steps.get(step as usize)?;
        let StepWhat::Action(action) = def.what else { return None };
        let given = arguments(program.typed(), workflow, state, def).ok()?;
        let (agent, groups) = match &def.actor {
            None => (Some(state.agent.clone()), Vec::new()),
            Some(who) => (None, groups(program.typed(), who)),
        };
        Some(Wanted {
            run: run.clone(),
            step: def.name.clone(),
            id: name_of(run, &def.name, state.steps.get(step as usize)?.attempt),
            request: plan::request(program.typed(), action, given),
            agent,
            groups,
        })
    }

    /// Steps that wait for the host to say what it knows: what one that has started again must answer.
    #[must_use]
    pub fn ready_steps(&self) -> Vec<Wanted> {
        let runs = self.state.runs.iter().filter(|(_, run)| run.ended.is_none());
        let ready = runs.flat_map(|(id, run)| {
            let steps = (0..).zip(&run.steps).filter(|(_, step)| step.stage == StepStage::Ready);
            steps.filter_map(move |(place, _)| self.wanted(id, place))
        });
        ready.collect()
    }

    /// A person says whether a failed step is tried again.
    pub(super) fn answer_run(&mut self, run: &Id, name: &Arc<str>, by: &Person, yes: bool) -> Result<(), Problem> {
        let state = self.going_on(run)?;
        let program = self.program.as_ref().ok_or(Problem::NoPolicy)?;
        let (workflow, _) = program.workflow(&state.workflow).ok_or_else(|| Problem::NoSuchRun(run.clone()))?;
        let steps = (0..).zip(workflow.steps.iter().zip(&state.steps));
        let asked = |step: &StepState| matches!(step.stage, StepStage::Escalated(_));
        let found = steps.into_iter().find(|(_, (def, step))| def.name == *name && asked(step));
        let Some((place, (def, _))) = found else {
            return Err(Problem::BadValue(format!("nobody is asked about the step `{name}` of `{run}`")));
        };
        let mut why = "nobody is named who may";
        let may = self.helpers(def).into_iter().any(|(people, own, ..)| {
            may_answer(&self.state, people, (own, &state.agent), by).map_err(|not| why = not).is_ok()
        });
        if !may {
            return Err(Problem::NotAllowed(by.id.clone(), why));
        }
        let text = format!("{} said {}", by.id, if yes { "yes" } else { "no" });
        if yes {
            let to = StepTo::Again { until: self.now(), failed: false };
            self.happen(Event::Run(RunEvent::Step {
                run: run.clone(),
                step: place,
                to,
                cost: 0,
                why: Some(text.into()),
            }));
        } else {
            self.give_up(run, place, (text.into(), false));
        }
        Ok(())
    }

    /// Who is asked about a step that has failed: whoever approves its action.
    pub(super) fn helpers(&self, def: &StepDef) -> Vec<(&Principals, bool, i64, &[Arc<str>])> {
        let Some(program) = &self.program else { return Vec::new() };
        let covers = |item: &&aas::check::typed::Item| match def.what {
            StepWhat::Action(ActionId(action)) => item.scope.actions.binary_search(&ActionId(action)).is_ok(),
            StepWhat::Workflow(_) => item.scope.undeclared.as_ref().is_some_and(|names| names.any),
        };
        let found = program.typed().items.iter().filter(covers).filter_map(|item| match &item.body {
            ItemBody::Approval { people, own, within, ask, .. } => Some((people, *own, *within, &**ask)),
            ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Relax { .. } | ItemBody::Exception { .. } => {
                None
            }
        });
        found.collect()
    }

    pub(super) fn cancel_run(&mut self, run: &Id, by: &Id) -> Result<(), Problem> {
        if !by.is_fit() {
            return Err(Problem::BadName);
        }
        self.going_on(run)?;
        self.end_run(run, RunResult::Cancelled, &format!("{by} cancelled it").into());
        Ok(())
    }

    fn going_on(&self, run: &Id) -> Result<&Run, Problem> {
        let found = self.state.runs.get(run).filter(|run| run.ended.is_none());
        found.ok_or_else(|| Problem::NoSuchRun(run.clone()))
    }

    /// Says where a run stands.
    pub(super) fn tell_run(&mut self, run: &Id) {
        let Some(state) = self.state.runs.get(run) else { return };
        let why = match (&state.ended, &state.failing) {
            (Some(ended), _) => ended.why.clone(),
            (None, Some(failing)) => failing.why.clone(),
            (None, None) => "".into(),
        };
        let (run, workflow, stands) = (run.clone(), state.workflow.clone(), self.run_stands(state));
        self.step.effects.push(Effect::RunStands { run, workflow, stands, why });
    }

    /// Where a run stands.
    #[must_use]
    pub fn run(&self, run: &Id) -> Option<RunStanding> {
        Some(self.run_stands(self.state.runs.get(run)?))
    }

    fn run_stands(&self, run: &Run) -> RunStanding {
        if let Some(ended) = &run.ended {
            return RunStanding::Ended(ended.how);
        }
        let (mut waits, mut goes_on, mut begun) = (false, false, run.failing.is_some());
        for step in &run.steps {
            let stands = match &step.stage {
                StepStage::Pending => continue,
                StepStage::Ready if step.attempt <= 1 => {
                    goes_on = true;
                    continue;
                }
                StepStage::Ready | StepStage::Resting(_) => RunStanding::Running,
                StepStage::Escalated(_) => RunStanding::Waiting,
                StepStage::Asked(id) => match self.state.requests.get(id).map(|entry| entry.stage) {
                    Some(Stage::Waiting) => RunStanding::Waiting,
                    Some(_) | None => RunStanding::Running,
                },
                StepStage::Nested(id) => self.run(id).unwrap_or(RunStanding::Running),
                StepStage::Done | StepStage::Failed | StepStage::Skipped | StepStage::Ended => {
                    begun = true;
                    continue;
                }
            };
            begun |= stands != RunStanding::Pending;
            waits |= stands == RunStanding::Waiting;
            goes_on |= stands != RunStanding::Waiting;
        }
        match (begun, waits, goes_on) {
            (false, ..) => RunStanding::Pending,
            (true, true, false) => RunStanding::Waiting,
            (true, ..) => RunStanding::Running,
        }
    }
}

/// The name of the request, or of the run, that a step is.
pub(super) fn name_of(run: &Id, step: &str, attempt: u32) -> Id {
    Id::new(&format!("{run}/{step}/{attempt}"))
}

/// Those as whom something is done, as the policy writes them.
pub(super) fn groups(policy: &TypedPolicy, who: &Principals) -> Vec<Arc<str>> {
    let shown = who.entities.iter().map(|e| show_entity(&policy.types, e.ty, &e.id).into());
    let kinds = [(who.people, "people"), (who.machines, "machines")];
    kinds.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.into()).chain(shown).collect()
}

/// Whether an agent is one of those as whom something is done. What cannot be told is not so.
pub(super) fn is_one_of(who: &Principals, agent: &Id, facts: &Facts, entities: &Entities) -> bool {
    let kind = |word: &str| matches!(get(&facts.agent, "kind"), Some(Raw::Text(kind)) if **kind == *word);
    let me = EntityRef { ty: EntityTypeId::AGENT, id: agent.shared() };
    let belongs = |group: &EntityRef| me == *group || entities.is_in(&me, group).unwrap_or(false);
    who.people && kind("person") || who.machines && kind("machine") || who.entities.iter().any(belongs)
}
