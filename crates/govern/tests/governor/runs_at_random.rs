//! Runs of workflows under commands in any order: nothing begins twice or beyond the cap, every run ends, and what is
//! replayed is what is.

use std::collections::BTreeSet;

use aas::raw::RawFields;
use aas::{Raw, Request};
use aas_govern::command::{Ended, Outcome, StartRun};
use aas_govern::ids::Id;
use aas_govern::runs::{Run, RunResult, StepStage};
use aas_govern::state::Stage;
use aas_govern::{Command, Config, Effect, Event, Governor, State, Step};

use crate::kit::{Kit, S, SECRET, facts, policy};
use crate::random::Random;

const CAP: usize = 2;
const MOST_RUNS: usize = 6;
const RULES: &str = r#"package demo

action fetch, scan, undo, go
action ship { note: string }
action boom
rule all on fetch, scan, undo { green }
rule ships on ship { red  because "People look." }
rule booms on boom { black  because "Never." }
rule goes on go { green  run small { note: "by a rule" } }
approval owners on any action { by people  within 5m }
limit fetches on fetch { at most 3 at once  otherwise black  because "{count} run." }
executor fetcher on fetch { within 2m  idempotent }

workflow small { input { note: string }  within 10m  step one fetch retry 1 wait 20s  step two ship { note: note } after one on failure skip }
workflow wide {
    budget 3.00
    within 20m
    each step within 3m
    on failure compensate back
    step a fetch retry 2 wait 5s
    step b scan
    step c scan on failure escalate
    run small { note: "inner" } on failure compensate away
    step e ship { note: "end" } after a, b, c, small
    step back undo only as compensation
    step away undo retry 1 only as compensation
}
workflow never { within 20m  step one fetch  step two boom after one on failure skip }
"#;

struct World {
    kit: Kit,
    random: Random,
    begun: BTreeSet<Id>,
    names: usize,
}

fn config() -> Config {
    Config { most_steps_at_once: CAP, most_runs: MOST_RUNS, keep_answers: 3_600 * S, ..Config::default() }
}

impl World {
    fn new(seed: u64) -> Self {
        let random = Random::new(seed);
        Self { kit: Kit::with(RULES, config()), random, begun: BTreeSet::new(), names: 0 }
    }

    fn tell(&mut self, command: Command) {
        let step = self.kit.tell(command);
        self.see(&step);
    }

    fn see(&mut self, step: &Step) {
        for record in &step.events {
            if let Event::Began { id, .. } = &record.event {
                assert!(self.begun.insert(id.clone()), "{id} has begun twice");
            }
        }
        let executed = step.effects.iter().filter(|effect| matches!(effect, Effect::Execute { .. })).count();
        let began = step.events.iter().filter(|record| matches!(record.event, Event::Began { .. })).count();
        assert_eq!(executed, began, "an effect without its event: {step:#?}");
        let state = self.kit.governor.state();
        assert!(state.runs().len() <= MOST_RUNS);
        state.runs().iter().for_each(|(id, run)| check(state, id, run));
    }

    /// One command, of any kind.
    fn act(&mut self) {
        let span = [0, 0, 0, 0, S, S, 3 * S, 7 * S, 20 * S, 130 * S][self.random.below(10)];
        self.kit.wait(span);
        let kinds = self.random.below(100);
        match kinds {
            0..=5 => self.start(),
            6..=33 => self.advance(),
            34..=55 => self.begin(),
            56..=80 => self.end(),
            81..=91 => self.answer(),
            92 => self.cancel(),
            93 if self.random.below(4) == 0 => self.stop_and_go(),
            94 => self.restart(),
            95 => {
                let policy = self.kit.policy.clone();
                self.tell(Command::Install { policy });
            }
            _ => self.tell(Command::Tick),
        }
    }

    fn start(&mut self) {
        self.names += 1;
        let name = format!("n{}", self.names);
        let workflow = ["demo.small", "demo.wide", "demo.wide", "demo.never", "go"][self.random.below(5)];
        let (facts, entities) = (facts("bot"), self.kit.entities.clone());
        if workflow == "go" {
            let (id, request) = (name.as_str().into(), Request::new("go"));
            let ask = aas_govern::command::Ask { id, request, facts, entities, dry_run: false };
            return self.tell(Command::Request(ask));
        }
        let inputs: RawFields =
            if workflow == "demo.small" { vec![("note".into(), Raw::text("hi"))] } else { Vec::new() };
        let run = name.as_str().into();
        self.tell(Command::StartRun(StartRun { run, workflow: workflow.into(), inputs, facts, entities }));
    }

    fn advance(&mut self) {
        let ready = self.kit.governor.ready_steps();
        if let Some(wanted) = self.random.one_of(&ready) {
            let step = (self.random.below(3) > 0).then_some(wanted.step);
            let (facts, entities) = (facts("bot"), self.kit.entities.clone());
            self.tell(Command::AdvanceRun { run: wanted.run, step, facts, entities });
        }
    }

    fn requests(&self, wanted: impl Fn(Stage) -> bool) -> Vec<Id> {
        let all = self.kit.governor.state().requests();
        all.filter(|(_, entry)| wanted(entry.stage)).map(|(id, _)| id.clone()).collect()
    }

    fn begin(&mut self) {
        let open = self.requests(|stage| matches!(stage, Stage::Permitted | Stage::Approved));
        if let Some(id) = self.random.one_of(&open) {
            let (token, facts, entities) = (self.kit.governor.token(&id), facts("bot"), self.kit.entities.clone());
            self.tell(Command::Begin { id, token, facts, entities });
        }
    }

    fn end(&mut self) {
        let running = self.requests(|stage| stage == Stage::Running);
        if let Some(id) = self.random.one_of(&running) {
            let result = match self.random.below(20) {
                0 | 1 => Ended::Failure,
                2 => Ended::Unknown,
                _ => Ended::Success,
            };
            let cost = match self.random.below(20) {
                0..=8 => Some("0.20"),
                9 => Some("1.10"),
                10 => Some("what"),
                _ => None,
            };
            let cost = cost.map(Into::into);
            self.tell(Command::Outcome { id, outcome: Outcome { result, cost, output: Vec::new() } });
        }
    }

    fn answer(&mut self) {
        let yes = self.random.below(10) > 0;
        let waiting = self.requests(|stage| stage == Stage::Waiting);
        if let Some(id) = self.random.one_of(&waiting) {
            let step = self.kit.answer(id.as_str(), "demo.owners", "ada", yes);
            self.see(&step);
        }
        let runs = self.kit.governor.state().runs();
        let asked = runs.iter().filter(|(_, run)| run.steps.iter().any(|s| matches!(s.stage, StepStage::Escalated(_))));
        let asked: Vec<Id> = asked.map(|(id, _)| id.clone()).collect();
        if let Some(run) = self.random.one_of(&asked) {
            let by = self.kit.person("ada");
            self.tell(Command::AnswerRun { run, step: "c".into(), by, yes });
        }
    }

    fn cancel(&mut self) {
        let runs: Vec<Id> = self.kit.governor.state().runs().iter().map(|(id, _)| id.clone()).collect();
        if let Some(run) = self.random.one_of(&runs) {
            self.tell(Command::CancelRun { run, by: "ada".into() });
        }
    }

    fn stop_and_go(&mut self) {
        self.tell(Command::Stop { by: "ada".into(), reason: "Odd.".into() });
        self.kit.wait(S);
        let by = self.kit.person("ada");
        self.tell(Command::Resume { by });
    }

    /// The host starts again from its journal.
    fn restart(&mut self) {
        let seed = Governor::seed(&SECRET);
        let state = match self.random.below(2) {
            0 => State::replay(seed, &self.kit.journal),
            _ => {
                let written = serde_json::to_string(&self.kit.governor.state().snapshot()).expect("JSON");
                let read = serde_json::from_str(&written).expect("a snapshot");
                State::of_snapshot(seed, read).expect("a state")
            }
        };
        self.kit.governor = Governor::restore(SECRET, config(), state, policy(RULES)).expect("a governor");
    }

    /// Nobody does anything any more: time alone ends every run.
    fn let_go(&mut self) {
        for _ in 0..120 {
            self.kit.wait(60 * S);
            self.tell(Command::Tick);
        }
        let state = self.kit.governor.state();
        assert!(state.runs().iter().all(|(_, run)| run.ended.is_some()), "{:#?}", state.runs());
        assert!(self.kit.governor.ready_steps().is_empty());
    }
}

fn check(state: &State, id: &Id, run: &Run) {
    let busy = run.steps.iter().filter(|step| match &step.stage {
        StepStage::Ready | StepStage::Nested(_) => true,
        StepStage::Asked(id) => {
            state.request(id).is_some_and(|entry| matches!(entry.stage, Stage::Permitted | Stage::Running))
        }
        _ => false,
    });
    assert!(busy.count() <= CAP, "{id}: {run:#?}");
    if let Some(ended) = &run.ended {
        assert!(run.steps.iter().all(|step| !step.stage.is_open()), "{id}: {run:#?}");
        let passed = run.steps.iter().filter(|step| step.stage.is_passed()).count();
        if ended.how == RunResult::Done {
            assert!(passed >= run.steps.len().min(5), "{id}: {run:#?}");
            assert!(&*run.workflow != "demo.wide" || run.spent <= 3 * S, "{id}: {run:#?}");
            assert!(&*run.workflow != "demo.never", "{id}: what is forbidden was skipped");
        }
    }
}

#[test]
fn nothing_begins_twice_and_every_run_ends() {
    let (mut done, mut failed) = (0, 0);
    for seed in 1..=150 {
        let mut world = World::new(seed);
        for _ in 0..200 {
            world.act();
        }
        for (_, run) in world.kit.governor.state().runs().iter() {
            match run.ended.as_ref().map(|ended| ended.how) {
                Some(RunResult::Done) => done += 1,
                Some(_) => failed += 1,
                None => {}
            }
        }
        world.let_go();
        world.kit.mark_time();
        world.kit.check_replay();
    }
    assert!(done > 50 && failed > 50, "{done} done, {failed} not: the walk shows too little");
}
