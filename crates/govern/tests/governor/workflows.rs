//! Runs of workflows: in order, side by side, again, made good, stopped, replayed.

use std::sync::Arc;

use aas::raw::RawFields;
use aas::{Raw, Request, json};
use aas_govern::command::{Ended, Outcome, StartRun};
use aas_govern::effect::{Problem, RunStanding, Standing, Wanted};
use aas_govern::ids::Id;
use aas_govern::runs::{RunResult, StepStage};
use aas_govern::{Command, Config, Effect, Event, Governor, State, Step};

use crate::kit::{Kit, S, SECRET, executes, facts, policy, problem, token};

const RULES: &str = r#"package demo

entity Role one of { ops, builder }
entity Agent in Role

action fetch, scan, tidy, note, boom, undo_one, undo_two, start
action build { service: string }
action ship { service: string, version: semver, note: string = "" }
action pay { amount: decimal 0..1000 }

rule all on fetch, scan, tidy, note, build, undo_one, undo_two, pay { green }
rule ships on ship { red  because "People look." }
rule booms on boom { black  because "Never." }
rule starts on start { green  run pair { service: "api" } }
approval owners on any action { by people  within 1h  ask owners }

workflow pair {
    input { service: string, note: string? }
    step one build { service: service }
    step two ship { service: service, version: one.result.version, note: note ?? "none" } after one
}
workflow wide {
    step a fetch
    step b scan
    step c tidy
    step d note after a, b, c
}
workflow again { step one fetch retry 2 wait 10s }
workflow skips { step one fetch on failure skip  step two scan after one }
workflow forbidden { step one boom on failure skip  step two scan after one }
workflow asks { step one fetch on failure escalate  step two scan after one }
workflow spends { budget 10.00  step one fetch  step two scan after one }
workflow quick { within 1h  step one fetch within 5m  step two scan after one }
workflow roles { step one as Role.ops fetch  step two scan after one }
workflow careful {
    step one fetch on failure compensate back
    step two scan on failure compensate away
    step three tidy after one, two
    step back undo_one only as compensation
    step away undo_two only as compensation
}
workflow outer {
    input { service: string }
    budget 5.00
    run inner { service: service }
    step last ship { service: service, version: inner.result.version } after inner
}
workflow inner { input { service: string }  step make build { service: service } }
"#;

struct Flow(Kit);

impl Flow {
    fn new() -> Self {
        Self(Kit::new(RULES))
    }

    fn start(&mut self, run: &str, workflow: &str, inputs: &str) -> Step {
        let Ok(Raw::Object(inputs)) = json::parse(inputs) else { panic!("{inputs}") };
        let entities = self.0.entities.clone();
        let workflow = format!("demo.{workflow}").as_str().into();
        self.0.tell(Command::StartRun(StartRun { run: run.into(), workflow, inputs, facts: facts("bot"), entities }))
    }

    fn advance(&mut self, run: &str, step: Option<&str>) -> Step {
        self.advance_as(run, step, "bot")
    }

    fn advance_as(&mut self, run: &str, step: Option<&str>, agent: &str) -> Step {
        let (facts, entities) = (facts(agent), self.0.entities.clone());
        self.0.tell(Command::AdvanceRun { run: run.into(), step: step.map(Into::into), facts, entities })
    }

    /// Asks for a step, begins it, and says how it ended.
    fn go(&mut self, run: &str, step: &str, result: Ended) -> Step {
        self.go_with(run, step, (result, None, Vec::new()))
    }

    fn go_with(&mut self, run: &str, step: &str, told: (Ended, Option<&str>, RawFields)) -> Step {
        let id = self.asked(run, step);
        self.0.end_with(&id, told)
    }

    /// Asks for a step and begins it.
    fn asked(&mut self, run: &str, step: &str) -> String {
        let asked = self.advance(run, Some(step));
        let reply = replies(&asked).pop().unwrap_or_else(|| panic!("no reply in {asked:#?}"));
        let id = reply.id.to_string();
        assert!(id.starts_with(&format!("{run}/{step}/")), "{id}");
        let begun = self.0.begin(&id, Some(token(&reply)), "bot");
        assert_eq!(executes(&begun), 1, "{begun:#?}");
        id
    }

    fn stands(&self, run: &str) -> RunStanding {
        self.0.governor.run(&run.into()).unwrap_or_else(|| panic!("no run {run}"))
    }

    fn stage(&self, run: &str, step: usize) -> StepStage {
        self.0.governor.state().runs().get(&run.into()).expect("a run").steps[step].stage.clone()
    }

    fn why(&self, run: &str) -> String {
        let run = self.0.governor.state().runs().get(&run.into()).expect("a run");
        run.ended.as_ref().map_or_else(String::new, |ended| ended.why.to_string())
    }

    /// Names of the steps that wait for the host.
    fn ready(&self) -> Vec<String> {
        self.0.governor.ready_steps().into_iter().map(|wanted| wanted.id.to_string()).collect()
    }

    fn tick(&mut self, span: i64) -> Step {
        self.0.wait(span);
        self.0.tell(Command::Tick)
    }
}

trait Ends {
    fn end_with(&mut self, id: &str, told: (Ended, Option<&str>, RawFields)) -> Step;
}

impl Ends for Kit {
    fn end_with(&mut self, id: &str, (result, cost, output): (Ended, Option<&str>, RawFields)) -> Step {
        let outcome = Outcome { result, cost: cost.map(Into::into), output };
        self.tell(Command::Outcome { id: id.into(), outcome })
    }
}

fn replies(step: &Step) -> Vec<aas_govern::effect::Reply> {
    let found = step.effects.iter().filter_map(|effect| match effect {
        Effect::Reply(reply) => Some((**reply).clone()),
        _ => None,
    });
    found.collect()
}

fn wanted(step: &Step) -> Vec<Wanted> {
    let found = step.effects.iter().filter_map(|effect| match effect {
        Effect::Step(wanted) => Some((**wanted).clone()),
        _ => None,
    });
    found.collect()
}

fn aborts(step: &Step) -> usize {
    step.effects.iter().filter(|effect| matches!(effect, Effect::Abort { .. })).count()
}

fn version(text: &str) -> RawFields {
    vec![("version".into(), Raw::text(text)), ("secret".into(), Raw::text("hunter2"))]
}

const ENDED: fn(RunResult) -> RunStanding = RunStanding::Ended;

#[test]
fn values_go_from_step_to_step_and_people_are_asked_in_between() {
    let mut flow = Flow::new();
    let begun = flow.start("w", "pair", r#"{"service":"api"}"#);
    assert_eq!(flow.stands("w"), RunStanding::Pending);
    let one = &wanted(&begun)[0];
    assert_eq!((one.id.as_str(), &*one.request.action), ("w/one/1", "build"));
    assert_eq!(one.request.params, [(Arc::from("service"), Raw::text("api"))]);
    let done = flow.go_with("w", "one", (Ended::Success, None, version("1.2.3")));
    let two = &wanted(&done)[0];
    let given: Vec<_> = two.request.params.iter().map(|(name, raw)| format!("{name}={}", json::write(raw))).collect();
    assert_eq!(given, [r#"note="none""#, r#"service="api""#, r#"version="1.2.3""#]);
    let kept = format!("{:?}", flow.0.governor.state().runs().get(&"w".into()));
    assert!(!kept.contains("hunter2"), "what nobody asks for is not kept");
    let asked = flow.advance("w", None);
    assert!(asked.effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })), "{asked:#?}");
    assert_eq!(flow.stands("w"), RunStanding::Waiting);
    flow.0.answer("w/two/1", "demo.owners", "ada", true);
    assert_eq!(flow.stands("w"), RunStanding::Running);
    assert_eq!(executes(&flow.0.begin("w/two/1", None, "bot")), 1);
    flow.0.end("w/two/1", Ended::Success, None);
    assert_eq!(flow.stands("w"), ENDED(RunResult::Done));
    flow.0.check_replay();
}

#[test]
fn a_person_who_says_no_fails_the_run() {
    let mut flow = Flow::new();
    flow.start("w", "pair", r#"{"service":"api"}"#);
    flow.go_with("w", "one", (Ended::Success, None, version("1.2.3")));
    flow.advance("w", None);
    flow.0.answer("w/two/1", "demo.owners", "ada", false);
    assert_eq!((flow.stands("w"), flow.why("w").as_str()), (ENDED(RunResult::Failed), "`two`: a person said no"));
    flow.0.check_replay();
}

#[test]
fn what_a_step_gave_back_is_read_by_the_schema_of_the_next() {
    for (output, why) in [
        (Vec::new(), "`two`: `version`: `one` gave no `version` back"),
        (version("not a version"), "`two`: it is forbidden"),
    ] {
        let mut flow = Flow::new();
        flow.start("w", "pair", r#"{"service":"api"}"#);
        flow.go_with("w", "one", (Ended::Success, None, output.clone()));
        if !output.is_empty() {
            flow.advance("w", None);
        }
        assert_eq!(flow.stands("w"), ENDED(RunResult::Failed));
        assert!(flow.why("w").starts_with(why), "{}", flow.why("w"));
        flow.0.check_replay();
    }
}

#[test]
fn independent_steps_go_side_by_side_under_a_cap() {
    let config = Config { most_steps_at_once: 2, ..Config::default() };
    let mut flow = Flow(Kit::with(RULES, config));
    flow.start("w", "wide", "{}");
    assert_eq!(flow.ready(), ["w/a/1", "w/b/1"]);
    let asked = flow.advance("w", None);
    assert_eq!(replies(&asked).len(), 2);
    for reply in replies(&asked) {
        flow.0.begin(reply.id.as_str(), Some(token(&reply)), "bot");
    }
    assert!(flow.ready().is_empty());
    flow.0.end("w/b/1", Ended::Success, None);
    assert_eq!(flow.ready(), ["w/c/1"], "one has ended, one begins");
    flow.0.end("w/a/1", Ended::Success, None);
    assert_eq!(flow.ready(), ["w/c/1"], "d waits for all of them");
    flow.go("w", "c", Ended::Success);
    flow.go("w", "d", Ended::Success);
    assert_eq!(flow.stands("w"), ENDED(RunResult::Done));
    flow.0.check_replay();
}

#[test]
fn a_step_is_tried_again_after_a_rest_that_doubles_and_then_no_more() {
    let mut flow = Flow::new();
    flow.start("w", "again", "{}");
    flow.go("w", "one", Ended::Failure);
    assert!(wanted(&flow.tick(10 * S - 1)).is_empty());
    assert_eq!(wanted(&flow.tick(1))[0].id.as_str(), "w/one/2");
    flow.go("w", "one", Ended::Failure);
    assert!(wanted(&flow.tick(20 * S - 1)).is_empty());
    assert_eq!(wanted(&flow.tick(1))[0].id.as_str(), "w/one/3");
    flow.go("w", "one", Ended::Failure);
    assert_eq!(flow.stands("w"), ENDED(RunResult::Failed));
    assert!(wanted(&flow.tick(3_600 * S)).is_empty());
    flow.0.mark_time();
    flow.0.check_replay();
}

#[test]
fn an_unknown_outcome_is_tried_again_only_where_that_does_no_harm() {
    let idempotent = format!("{RULES}executor fetcher on fetch {{ idempotent }}\n");
    for (rules, stands) in [(RULES, ENDED(RunResult::Failed)), (&idempotent, RunStanding::Running)] {
        let mut flow = Flow(Kit::new(rules));
        flow.start("w", "again", "{}");
        flow.go("w", "one", Ended::Unknown);
        assert_eq!(flow.stands("w"), stands);
        flow.0.check_replay();
    }
}

#[test]
fn what_is_skipped_lets_the_others_go_on_but_what_is_forbidden_fails() {
    let mut flow = Flow::new();
    flow.start("w", "skips", "{}");
    flow.go("w", "one", Ended::Failure);
    assert_eq!(flow.stage("w", 0), StepStage::Skipped);
    flow.go("w", "two", Ended::Success);
    assert_eq!(flow.stands("w"), ENDED(RunResult::Done));
    flow.start("x", "forbidden", "{}");
    flow.advance("x", None);
    assert_eq!(flow.stands("x"), ENDED(RunResult::Failed));
    assert_eq!(flow.why("x"), "`one`: it is forbidden (demo.booms)");
    flow.0.check_replay();
}

#[test]
fn people_say_whether_a_failed_step_is_tried_again() {
    let mut flow = Flow::new();
    let answer = |flow: &mut Flow, run: &str, by: &str, yes| {
        let by = flow.0.person(by);
        flow.0.tell(Command::AnswerRun { run: run.into(), step: "one".into(), by, yes })
    };
    flow.start("w", "asks", "{}");
    let failed = flow.go("w", "one", Ended::Failure);
    let channels = failed.effects.iter().find_map(|effect| match effect {
        Effect::Escalate { channels, .. } => Some(channels.clone()),
        _ => None,
    });
    assert_eq!(channels, Some(vec!["owners".into()]), "{failed:#?}");
    assert_eq!(flow.stands("w"), RunStanding::Waiting);
    assert!(matches!(problem(&answer(&mut flow, "w", "bot", true)), Problem::NotAllowed(..)), "not its own agent");
    answer(&mut flow, "w", "ada", true);
    assert_eq!(flow.ready(), ["w/one/2"]);
    flow.go("w", "one", Ended::Failure);
    assert_eq!(flow.stands("w"), RunStanding::Waiting, "each yes is one more try");
    answer(&mut flow, "w", "ada", false);
    assert_eq!((flow.stands("w"), flow.why("w").as_str()), (ENDED(RunResult::Failed), "ada said no"));
    assert!(matches!(problem(&answer(&mut flow, "w", "ada", true)), Problem::NoSuchRun(_)));
    flow.start("x", "asks", "{}");
    flow.go("x", "one", Ended::Failure);
    flow.tick(3_600 * S);
    assert_eq!(flow.stands("x"), ENDED(RunResult::Failed));
    flow.0.check_replay();
}

#[test]
fn nobody_to_ask_fails_the_run() {
    let rules = RULES.replace("approval owners on any action", "approval owners on ship");
    let mut flow = Flow(Kit::new(&rules));
    flow.start("w", "asks", "{}");
    flow.go("w", "one", Ended::Failure);
    assert_eq!(flow.stands("w"), ENDED(RunResult::Failed));
    assert!(flow.why("w").ends_with("there is nobody to ask"), "{}", flow.why("w"));
    flow.0.check_replay();
}

#[test]
fn a_budget_that_is_spent_lets_nothing_more_begin() {
    for (cost, stands) in [
        (Some("10.00"), RunStanding::Running),
        (Some("10.01"), ENDED(RunResult::Failed)),
        (Some("-1"), ENDED(RunResult::Failed)),
        (Some("much"), ENDED(RunResult::Failed)),
        (None, RunStanding::Running),
    ] {
        let mut flow = Flow::new();
        flow.start("w", "spends", "{}");
        flow.go_with("w", "one", (Ended::Success, cost, Vec::new()));
        assert_eq!(flow.stands("w"), stands, "{cost:?}");
        flow.0.check_replay();
    }
}

#[test]
fn an_unknown_outcome_has_spent_the_budget() {
    let mut flow =
        Flow(Kit::new(&RULES.replace("budget 10.00  step one fetch", "budget 10.00  step one fetch on failure skip")));
    flow.start("w", "spends", "{}");
    flow.go_with("w", "one", (Ended::Unknown, Some("0.10"), Vec::new()));
    assert_eq!((flow.stands("w"), flow.why("w").as_str()), (RunStanding::Running, ""));
    flow.start("x", "spends", "{}");
    flow.go_with("x", "one", (Ended::Unknown, None, Vec::new()));
    assert_eq!((flow.stands("x"), flow.why("x").as_str()), (ENDED(RunResult::Failed), "its budget is spent"));
    flow.0.check_replay();
}

#[test]
fn what_failed_is_made_good_the_last_failure_first() {
    let mut flow = Flow::new();
    flow.start("w", "careful", "{}");
    flow.asked("w", "one");
    flow.asked("w", "two");
    let failed = flow.0.end("w/one/1", Ended::Failure, None);
    assert_eq!(aborts(&failed), 1, "the other one is told to end");
    assert!(flow.ready().is_empty(), "nothing is made good while it runs");
    flow.0.end("w/two/1", Ended::Failure, None);
    assert_eq!(flow.ready(), ["w/away/1"], "two failed last");
    flow.go("w", "away", Ended::Success);
    assert_eq!(flow.ready(), ["w/back/1"]);
    flow.go("w", "back", Ended::Failure);
    assert_eq!(flow.stands("w"), ENDED(RunResult::Failed));
    assert_eq!(flow.why("w"), "`one`: it failed");
    assert_eq!(flow.stage("w", 2), StepStage::Pending, "three never began");
    flow.0.check_replay();
}

#[test]
fn what_was_told_to_end_and_says_nothing_is_unknown_after_a_while() {
    let mut flow = Flow::new();
    flow.start("w", "careful", "{}");
    flow.asked("w", "one");
    flow.asked("w", "two");
    flow.0.end("w/one/1", Ended::Failure, None);
    flow.tick(60 * S);
    assert_eq!(flow.0.standing("w/two/1"), "done");
    assert_eq!(flow.ready(), ["w/away/1"], "nobody can tell, so it is made good");
    assert!(matches!(problem(&flow.0.end("w/two/1", Ended::Success, None)), Problem::WrongStanding { .. }));
    flow.0.check_replay();
}

#[test]
fn a_step_that_takes_too_long_is_told_to_end() {
    let mut flow = Flow::new();
    flow.start("w", "quick", "{}");
    flow.asked("w", "one");
    assert_eq!(aborts(&flow.tick(300 * S - 1)), 0);
    assert_eq!(aborts(&flow.tick(1)), 1);
    assert_eq!(flow.stands("w"), RunStanding::Running, "it may still say how it ended");
    assert_eq!(aborts(&flow.tick(60 * S)), 0, "it is told once");
    assert_eq!(flow.why("w"), "`one`: nobody can tell what became of it");
    flow.0.check_replay();
}

#[test]
fn a_run_that_takes_too_long_fails() {
    let mut flow = Flow::new();
    flow.start("w", "quick", "{}");
    flow.tick(3_600 * S);
    assert_eq!((flow.stands("w"), flow.why("w").as_str()), (ENDED(RunResult::Failed), "its time is over"));
    assert!(flow.ready().is_empty());
    flow.0.check_replay();
}

#[test]
fn a_step_is_done_as_its_role_says() {
    let mut flow = Flow(Kit::new(RULES).people(&[("dora", "Role", "ops"), ("bob", "Role", "builder")]));
    let begun = flow.start("w", "roles", "{}");
    assert_eq!((wanted(&begun)[0].agent.clone(), &*wanted(&begun)[0].groups[0]), (None, "Role(\"ops\")"));
    for agent in ["bot", "bob"] {
        assert!(matches!(problem(&flow.advance_as("w", None, agent)), Problem::NotAllowed(..)), "{agent}");
    }
    let asked = flow.advance_as("w", None, "dora");
    let reply = &replies(&asked)[0];
    flow.0.begin("w/one/1", Some(token(reply)), "dora");
    flow.0.end("w/one/1", Ended::Success, None);
    assert!(matches!(problem(&flow.advance_as("w", None, "dora")), Problem::NotAllowed(..)), "two is the run's own");
    flow.go("w", "two", Ended::Success);
    assert_eq!(flow.stands("w"), ENDED(RunResult::Done));
    flow.0.check_replay();
}

#[test]
fn a_run_in_a_run_gives_back_what_its_last_step_does_and_costs_both() {
    let mut flow = Flow::new();
    flow.start("w", "outer", r#"{"service":"api"}"#);
    assert_eq!(flow.ready(), ["w/inner/1/make/1"]);
    flow.go_with("w/inner/1", "make", (Ended::Success, Some("4.00"), version("2.0.0")));
    assert_eq!(flow.stands("w/inner/1"), ENDED(RunResult::Done));
    let last = &flow.0.governor.ready_steps()[0];
    assert_eq!(last.request.params.last(), Some(&("version".into(), Raw::text("2.0.0"))));
    flow.start("x", "outer", r#"{"service":"api"}"#);
    flow.go_with("x/inner/1", "make", (Ended::Success, Some("5.01"), version("2.0.0")));
    assert_eq!(flow.why("x"), "its budget is spent", "what the inner one costs, the outer one costs");
    flow.0.check_replay();
}

#[test]
fn a_cancelled_run_ends_with_all_that_runs_of_it() {
    let mut flow = Flow::new();
    flow.start("w", "wide", "{}");
    flow.asked("w", "a");
    let permitted = flow.advance("w", Some("b"));
    let step = flow.0.tell(Command::CancelRun { run: "w".into(), by: "ada".into() });
    assert_eq!(aborts(&step), 1);
    assert_eq!((flow.stands("w"), flow.why("w").as_str()), (ENDED(RunResult::Cancelled), "ada cancelled it"));
    let late = flow.0.begin("w/b/1", Some(token(&replies(&permitted)[0])), "bot");
    assert!(matches!(problem(&late), Problem::WrongStanding { .. }), "its token has died");
    assert!(matches!(problem(&flow.advance("w", None)), Problem::NoSuchRun(_)));
    flow.0.end("w/a/1", Ended::Success, None);
    assert!(flow.ready().is_empty());
    flow.0.check_replay();
}

#[test]
fn a_cancelled_run_takes_the_runs_in_it_along() {
    let mut flow = Flow::new();
    flow.start("w", "outer", r#"{"service":"api"}"#);
    flow.asked("w/inner/1", "make");
    let step = flow.0.tell(Command::CancelRun { run: "w".into(), by: "ada".into() });
    assert_eq!(aborts(&step), 1);
    assert_eq!(flow.stands("w/inner/1"), ENDED(RunResult::Aborted));
    flow.start("x", "outer", r#"{"service":"api"}"#);
    flow.0.tell(Command::CancelRun { run: "x/inner/1".into(), by: "ada".into() });
    assert_eq!(flow.stands("x"), ENDED(RunResult::Failed), "without the inner one the outer one cannot go on");
    flow.0.check_replay();
}

#[test]
fn a_stop_ends_runs_and_nothing_begins_until_people_resume() {
    let mut flow = Flow::new();
    flow.start("w", "wide", "{}");
    flow.asked("w", "a");
    flow.advance("w", Some("b"));
    let step = flow.0.tell(Command::Stop { by: "ada".into(), reason: "Odd.".into() });
    assert_eq!(aborts(&step), 1, "told once: {step:#?}");
    assert_eq!((flow.stands("w"), flow.why("w").as_str()), (ENDED(RunResult::Aborted), "everything was stopped: Odd."));
    assert_eq!(flow.0.standing("w/b/1"), "ended without running");
    assert!(matches!(problem(&flow.start("x", "wide", "{}")), Problem::Stopped { .. }));
    let by = flow.0.person("ada");
    flow.0.tell(Command::Resume { by });
    flow.start("x", "wide", "{}");
    assert_eq!(flow.ready(), ["x/a/1", "x/b/1", "x/c/1"]);
    flow.0.check_replay();
}

#[test]
fn a_frozen_agent_has_no_runs() {
    let mut flow = Flow::new();
    flow.start("w", "wide", "{}");
    flow.asked("w", "a");
    flow.0.tell(Command::Freeze { agent: "bot".into(), by: "ada".into(), reason: "Odd.".into() });
    assert_eq!(flow.why("w"), "its agent was frozen");
    assert!(matches!(problem(&flow.start("x", "wide", "{}")), Problem::NotAllowed(..)));
    flow.0.check_replay();
}

#[test]
fn another_policy_keeps_runs_whose_workflow_is_the_same() {
    let mut flow = Flow::new();
    flow.start("w", "again", "{}");
    flow.start("x", "wide", "{}");
    flow.advance("w", None);
    let other = policy(
        &RULES
            .replace("step d note after a, b, c", "step d note after a, b")
            .replace("action fetch,", "action afetch, fetch,"),
    );
    let step = flow.0.tell(Command::Install { policy: other });
    let report = step.effects.iter().find_map(|effect| match effect {
        Effect::Report(lines) => Some(lines.join("\n")),
        _ => None,
    });
    assert!(report.expect("a report").contains("The run `x` ends: `demo.wide` is another workflow now."));
    assert_eq!(flow.why("x"), "its workflow is another now");
    assert_eq!(flow.ready(), ["w/one/2"], "its token died with the policy; that is no failure");
    for _ in 0..2 {
        flow.go("w", "one", Ended::Failure);
        flow.tick(3_600 * S);
    }
    flow.go("w", "one", Ended::Success);
    assert_eq!(flow.stands("w"), ENDED(RunResult::Done));
    flow.0.check_replay();
}

#[test]
fn a_rule_starts_a_workflow_once() {
    let mut flow = Flow::new();
    let entities = flow.0.entities.clone();
    let ask = || aas_govern::command::Ask {
        id: "r1".into(),
        request: Request::new("start"),
        facts: facts("bot"),
        entities: entities.clone(),
        dry_run: false,
    };
    let step = flow.0.tell(Command::Request(ask()));
    let found = step.effects.iter().find_map(|effect| match effect {
        Effect::Run { run, workflow, .. } => Some((run.to_string(), workflow.to_string())),
        _ => None,
    });
    assert_eq!(found, Some(("r1/run/1".into(), "demo.pair".into())), "{step:#?}");
    assert_eq!(flow.ready(), ["r1/run/1/one/1"]);
    let again = flow.0.tell(Command::Request(ask()));
    assert!(again.events.is_empty(), "the same answer, and no second run: {again:#?}");
    flow.0.tell(Command::Request(aas_govern::command::Ask { id: "r2".into(), dry_run: true, ..ask() }));
    assert_eq!(flow.0.governor.state().runs().len(), 1);
    flow.0.check_replay();
}

#[test]
fn runs_are_bounded_and_forgotten() {
    let mut flow = Flow(Kit::with(RULES, Config { most_runs: 2, ..Config::default() }));
    flow.start("a", "again", "{}");
    flow.start("b", "again", "{}");
    assert!(matches!(problem(&flow.start("c", "again", "{}")), Problem::Full("runs")));
    let refused = flow.0.ask("r1", "bot", Request::new("start"));
    assert_eq!((refused.standing, refused.decided.code.as_deref()), (Standing::Refused, Some("too_many_runs")));
    flow.go("a", "one", Ended::Success);
    assert!(matches!(problem(&flow.start("c", "again", "{}")), Problem::Full("runs")), "its answer is kept");
    flow.tick(24 * 3_600 * S);
    assert!(flow.0.governor.state().runs().get(&"a".into()).is_none());
    flow.start("c", "again", "{}");
    assert_eq!(flow.stands("c"), RunStanding::Pending);
    flow.0.check_replay();
}

#[test]
fn what_does_not_fit_is_rejected() {
    let mut flow = Flow::new();
    for (workflow, inputs) in [
        ("pair", "{}"),
        ("pair", r#"{"service":3}"#),
        ("pair", r#"{"service":"api","more":1}"#),
        ("again", r#"{"x":1}"#),
    ] {
        assert!(matches!(problem(&flow.start("w", workflow, inputs)), Problem::BadValue(_)), "{workflow} {inputs}");
    }
    assert!(matches!(problem(&flow.start("w", "none", "{}")), Problem::NoSuchItem("workflow", _)));
    assert!(matches!(problem(&flow.start(&"w".repeat(256), "again", "{}")), Problem::BadName));
    flow.0.ask("w/one/1", "bot", Request::new("fetch"));
    assert!(matches!(problem(&flow.start("w", "again", "{}")), Problem::NameTaken(_)), "a step would be answered");
    flow.start("v", "again", "{}");
    assert!(flow.start("v", "again", "{}").events.is_empty(), "the same again is the same");
    assert!(matches!(problem(&flow.start("v", "wide", "{}")), Problem::NameTaken(_)));
    let mine = aas_govern::command::Ask {
        id: "v/one/1".into(),
        request: Request::new("fetch"),
        facts: facts("bot"),
        entities: flow.0.entities.clone(),
        dry_run: false,
    };
    assert!(matches!(problem(&flow.0.tell(Command::Request(mine))), Problem::NameTaken(_)), "only the run asks");
    assert!(matches!(problem(&flow.advance("v", Some("two"))), Problem::BadValue(_)));
    assert!(matches!(problem(&flow.advance_as("v", None, "other")), Problem::NotAllowed(..)));
    flow.0.check_replay();
}

#[test]
fn the_rules_say_who_starts_what_where_they_speak_of_it() {
    let rules = RULES.replace("action build", "action workflow.start { name: string }\naction build").replace(
        "rule ships",
        "rule runs on workflow.start { green when name == \"demo.again\"  black when name != \"demo.again\" because \"Not this one.\" }\nrule ships",
    );
    let mut flow = Flow(Kit::new(&rules));
    assert!(matches!(problem(&flow.start("w", "wide", "{}")), Problem::NotAllowed(..)));
    flow.start("w", "again", "{}");
    assert_eq!(flow.stands("w"), RunStanding::Pending);
    flow.0.check_replay();
}

/// Plays a run to its end from any state: whatever is ready is asked for, begun and succeeds; whatever waits is approved.
fn finish(kit: &mut Kit) {
    for _ in 0..50 {
        for wanted in kit.governor.ready_steps() {
            let (facts, entities) = (facts("bot"), kit.entities.clone());
            kit.tell(Command::AdvanceRun { run: wanted.run, step: Some(wanted.step), facts, entities });
        }
        let open: Vec<(Id, &str)> =
            kit.governor.state().requests().map(|(id, entry)| (id.clone(), entry.stage.name())).collect();
        for (id, stage) in open {
            match stage {
                "permitted" => {
                    let token = kit.governor.token(&id);
                    kit.begin(id.as_str(), token, "bot");
                }
                "waiting for people" => {
                    kit.answer(id.as_str(), "demo.owners", "ada", true);
                }
                "approved" => {
                    kit.begin(id.as_str(), None, "bot");
                }
                "running" => {
                    kit.end_with(id.as_str(), (Ended::Success, Some("0.10"), version("1.0.0")));
                }
                _ => {}
            }
        }
        kit.wait(S);
        kit.tell(Command::Tick);
    }
    kit.mark_time();
}

#[test]
fn a_journal_cut_at_any_event_goes_on_and_runs_nothing_twice() {
    let mut whole = Flow::new();
    whole.start("w", "outer", r#"{"service":"api"}"#);
    finish(&mut whole.0);
    assert_eq!(whole.stands("w"), ENDED(RunResult::Done));
    let (journal, entities) = (whole.0.journal.clone(), whole.0.entities.clone());
    assert!(journal.len() > 15, "{}", journal.len());
    for cut in 2..=journal.len() {
        let kept = journal[..cut].to_vec();
        let state = State::replay(Governor::seed(&SECRET), &kept);
        let governor = Governor::restore(SECRET, Config::default(), state, policy(RULES)).expect("a governor");
        let now = kept.last().map_or(0, |record| record.at);
        let mut kit = Kit { governor, policy: whole.0.policy.clone(), entities: entities.clone(), now, journal: kept };
        kit.tell(Command::Tick);
        finish(&mut kit);
        let mut began: Vec<String> = kit
            .journal
            .iter()
            .filter_map(|record| match &record.event {
                Event::Began { id, .. } => Some(id.to_string()),
                _ => None,
            })
            .collect();
        let all = began.len();
        began.sort();
        began.dedup();
        assert_eq!(all, began.len(), "cut at {cut}: {began:?}");
        let stands = kit.governor.run(&"w".into());
        // A cost that was lost with the tail has spent the budget: never less than it was.
        let fine = [Some(ENDED(RunResult::Done)), Some(ENDED(RunResult::Failed))];
        assert!(fine.contains(&stands), "cut at {cut}: {stands:?}");
        kit.check_replay();
    }
}

#[test]
fn a_run_in_a_run_that_fails_by_itself_is_not_tried_again_in_the_same_step() {
    let rules = format!(
        "{RULES}workflow a {{ run b {{ }} retry 100 }}\nworkflow b {{ run c {{ }} retry 100 }}\n\
         workflow c {{ run inner {{ service: \"x\" }}  step two ship {{ service: \"x\", version: inner.result.version }} after inner }}\n"
    );
    let rules =
        rules.replace("step make build { service: service }", "step make build { service: service } on failure skip");
    let mut flow = Flow(Kit::new(&rules));
    flow.start("w", "a", "{}");
    let before = flow.0.governor.state().runs().len();
    // What is skipped gives nothing back, so `c` fails by itself.
    flow.go("w/b/1/c/1/inner/1", "make", Ended::Failure);
    assert_eq!(flow.0.governor.state().runs().len(), before);
    assert_eq!(flow.stands("w/b/1/c/1"), ENDED(RunResult::Failed));
    assert_eq!(flow.stands("w"), RunStanding::Running, "it is tried again after a second");
    flow.tick(S);
    assert_eq!(flow.ready(), ["w/b/1/c/2/inner/1/make/1"]);
    flow.0.check_replay();
}

#[test]
fn what_an_older_version_wrote_is_read() {
    let began = r#"{"v":1,"seq":2,"at":5,"event":{"is":"began","id":"r1"}}"#;
    let record: aas_govern::Record = serde_json::from_str(began).expect("an event of version 1");
    assert_eq!(record.event, Event::Began { id: "r1".into(), reservation: None, ends: None });
    let flow = Flow::new();
    let mut old = serde_json::to_value(flow.0.governor.state().snapshot()).expect("JSON");
    let members = old.as_object_mut().expect("an object");
    members.insert("v".into(), 1.into());
    for new in ["runs", "schedules", "digests"] {
        assert!(members.remove(new).is_some(), "{new} is written");
    }
    let read = serde_json::from_value(old).expect("a snapshot of version 1");
    let state = State::of_snapshot(Governor::seed(&SECRET), read).expect("a state");
    assert_eq!(state.snapshot(), flow.0.governor.state().snapshot());
}
