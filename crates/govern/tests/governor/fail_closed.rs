//! What fails, and that nothing becomes looser by it: each row of the table that concerns decisions and state.
//!
//! Rows that need what this crate does not have, files, a journal, a vault, processes of their own, are not here: a rule
//! file that is unreadable, unsigned or stale (2 and 3, but for what does not compile), a trap in native code (8), an
//! audit that cannot be written (11), a secret that is missing (15), a full disk (18) and no memory (19).

use aas::decision::{Engine, Tier};
use aas::{Policy, Raw, Request, Settings, SourceSet};
use aas_govern::command::{Answer, Ask, Ended, Person};
use aas_govern::effect::{Problem, Standing};
use aas_govern::{Command, Config, Effect, Governor, State};

use crate::kit::{Kit, S, SECRET, executes, facts, policy, problem, reply, token};

const RULES: &str = r#"package demo

entity Role one of { ops }
facts env { name: string }
facts agent { mood: string }

action note { text: string[..8] = "hello" }
action deploy { service: string, secret: string = "none", observed { lines: int 0..1000 } }

rule notes on note { green when env.name == "dev"  otherwise black because "Only in dev." }
rule deploys on deploy { red because "A deployment of {service} needs people."  redact secret }
guard angry on note { black when agent.mood == "angry"  because "Not in this mood." }
guard kept on kept.* { black because "Nobody touches what is kept." }
approval two on deploy { by Role.ops, quorum 1, within 5m, otherwise refuse }
"#;

fn kit() -> Kit {
    Kit::new(RULES).people(&[("ada", "Role", "ops"), ("bob", "Role", "ops")])
}

fn note() -> Request {
    Request::new("note")
}

fn here(agent: &str) -> aas::Facts {
    facts(agent).env("name", Raw::text("dev")).agent("mood", Raw::text("calm"))
}

fn deploy(secret: &str) -> Request {
    Request::new("deploy").param("service", Raw::text("api")).param("secret", Raw::text(secret))
}

fn ask_people(kit: &mut Kit, id: &str, agent: &str) -> Standing {
    kit.ask_with(id, deploy("s3cret"), here(agent).observed("lines", Raw::int(3))).standing
}

#[test]
fn row_01_without_a_policy_everything_is_refused() {
    let mut kit = kit();
    kit.governor = Governor::new(SECRET, Config::default());
    let entities = kit.entities.clone();
    let ask = Ask { id: "r1".into(), request: note(), facts: here("bot"), entities: entities.clone(), dry_run: false };
    assert_eq!(problem(&kit.tell(Command::Request(ask))), &Problem::NoPolicy);
    let begin = Command::Begin { id: "r1".into(), token: None, facts: here("bot"), entities };
    let step = kit.tell(begin);
    assert_eq!(executes(&step), 0);
}

#[test]
fn row_02_what_does_not_compile_replaces_nothing() {
    let broken = SourceSet::single("p.aasrule", "package demo\nrule notes on noet { green }\n");
    assert!(Policy::compile(&broken, &Settings::default()).is_err(), "no policy comes of it that could be installed");
    let mut kit = kit();
    let before = kit.governor.state().snapshot();
    assert!(matches!(kit.ask_with("r1", note(), here("bot")).standing, Standing::Permitted(_)));
    let other = policy("package demo\naction note\n");
    let left = State::of_snapshot(Governor::seed(&SECRET), before).expect("a snapshot");
    let restored = Governor::restore(SECRET, Config::default(), left, other);
    assert!(restored.is_err(), "and state is not read under another policy than its own");
}

#[test]
fn row_04_an_unknown_action_gets_the_default_and_every_floor_that_speaks_of_it() {
    let mut kit = kit();
    let answer = kit.ask_with("r1", Request::new("who.knows"), here("bot"));
    assert_eq!((answer.decided.tier, answer.standing), (Tier::Red, Standing::Refused));
    let answer = kit.ask_with("r2", Request::new("kept.secrets"), here("bot"));
    assert_eq!((answer.decided.tier, answer.standing), (Tier::Black, Standing::Refused));
    kit.check_replay();
}

#[test]
fn row_05_a_guard_that_cannot_be_told_holds() {
    let mut kit = kit();
    for (id, mood) in [("missing", None), ("ill-typed", Some(Raw::int(3))), ("null", Some(Raw::Null))] {
        let mut who = here("bot");
        who.agent.retain(|(name, _)| &**name != "mood");
        if let Some(mood) = mood {
            who = who.agent("mood", mood);
        }
        let answer = kit.ask_with(id, note(), who);
        assert_eq!((answer.decided.tier, answer.standing), (Tier::Black, Standing::Refused), "{id}");
        assert!(!answer.decided.errors.is_empty(), "{id}: the error is listed");
    }
}

#[test]
fn row_06_a_rule_that_cannot_be_told_permits_nothing() {
    let mut kit = kit();
    for (id, name) in [("missing", None), ("ill-typed", Some(Raw::Bool(true)))] {
        let mut who = facts("bot").agent("mood", Raw::text("calm"));
        if let Some(name) = name {
            who = who.env("name", name);
        }
        let answer = kit.ask_with(id, note(), who);
        assert_eq!((answer.decided.tier, answer.standing), (Tier::Black, Standing::Refused), "{id}");
        assert!(!answer.decided.errors.is_empty(), "{id}: the error is listed");
    }
}

#[test]
fn row_07_what_exceeds_a_bound_is_refused() {
    let mut kit = Kit::with(RULES, Config { most_requests: 3, ..Config::default() });
    let long = note().param("text", Raw::text("far too long for eight"));
    assert_eq!(kit.ask_with("r1", long, here("bot")).decided.tier, Tier::Black);
    let huge = note().param("text", Raw::text(&"x".repeat(2_000_000)));
    assert_eq!(kit.ask_with("r2", huge, here("bot")).decided.tier, Tier::Black);
    let entities = kit.entities.clone();
    let ask = |id: &str| Ask {
        id: id.into(),
        request: note(),
        facts: here("bot"),
        entities: entities.clone(),
        dry_run: false,
    };
    let step = kit.tell(Command::Request(ask(&"r".repeat(100_000))));
    assert_eq!(problem(&step), &Problem::BadName);
    kit.tell(Command::Request(ask("r3")));
    let step = kit.tell(Command::Request(ask("r4")));
    assert!(matches!(problem(&step), Problem::Full(_)));
    kit.check_replay();
}

#[test]
fn row_09_without_native_code_the_same_is_decided() {
    let plain = policy(RULES);
    let native = plain.clone().with_native().expect("native code");
    assert_eq!((plain.engine(), native.engine()), (Engine::Plan, Engine::Jit));
    let mut kit = kit();
    let mut other = self::kit();
    other.tell(Command::Install { policy: native });
    for (id, request) in
        [("r1", note()), ("r2", deploy("x")), ("r3", Request::new("kept.x")), ("r4", Request::new("x"))]
    {
        let (one, two) = (kit.ask_with(id, request.clone(), here("bot")), other.ask_with(id, request, here("bot")));
        assert_eq!(one.decided, two.decided, "{id}");
    }
}

#[test]
fn row_12_state_that_cannot_be_read_permits_nothing() {
    let mut kit = kit();
    let answer = kit.ask_with("r1", note(), here("bot"));
    let given = token(&answer);
    let mut damaged = serde_json::to_value(kit.governor.state().snapshot()).expect("a snapshot is JSON");
    damaged["tables"] = serde_json::json!([[], [], []]);
    let damaged = serde_json::from_value(damaged).expect("its form is right");
    assert!(State::of_snapshot(Governor::seed(&SECRET), damaged).is_err());
    kit.governor.mark_unreadable("the journal is damaged at 17");
    let step = kit.begin("r1", Some(given), "bot");
    assert!(matches!(problem(&step), Problem::Unreadable(_)), "not even what was permitted before");
    let entities = kit.entities.clone();
    let ask = Ask { id: "r2".into(), request: note(), facts: here("bot"), entities, dry_run: false };
    assert!(matches!(problem(&kit.tell(Command::Request(ask))), Problem::Unreadable(_)));
}

#[test]
fn row_12_a_clock_that_goes_back_makes_nothing_younger() {
    let mut kit = kit();
    let answer = kit.ask_with("r1", note(), here("bot"));
    kit.wait(Config::default().token_life);
    kit.tell(Command::Tick);
    kit.now -= Config::default().token_life;
    assert_eq!(executes(&kit.begin("r1", Some(token(&answer)), "bot")), 0, "its time is over and stays so");
    kit.check_replay();
}

#[test]
fn row_13_approvals_expire_are_nobodys_own_and_cover_one_request() {
    let mut kit = kit();
    assert_eq!(ask_people(&mut kit, "late", "bot"), Standing::Waiting);
    kit.wait(300 * S);
    let step = kit.answer("late", "demo.two", "ada", true);
    assert!(step.effects.iter().any(|e| matches!(e, Effect::Reject(Problem::WrongStanding { .. }))), "{step:#?}");
    assert_eq!(ask_people(&mut kit, "own", "ada"), Standing::Waiting, "bob may");
    assert!(matches!(problem(&kit.answer("own", "demo.two", "ada", true)), Problem::NotAllowed(..)));
    assert_eq!(ask_people(&mut kit, "r1", "bot"), Standing::Waiting);
    let machine = Person { is_person: false, ..kit.person("ada") };
    let given = Answer { request: "r1".into(), approval: "demo.two".into(), by: machine, yes: true };
    assert!(matches!(problem(&kit.tell(Command::Answer(given))), Problem::NotAllowed(..)));
    kit.answer("r1", "demo.two", "ada", true);
    let entities = kit.entities.clone();
    let other = Ask { id: "r1".into(), request: deploy("other"), facts: here("bot"), entities, dry_run: false };
    assert!(
        matches!(problem(&kit.tell(Command::Request(other))), Problem::NameTaken(_)),
        "other arguments, other name"
    );
    let entities = kit.entities.clone();
    let changed = here("bot").observed("lines", Raw::int(999));
    let step = kit.tell(Command::Begin { id: "r1".into(), token: None, facts: changed, entities });
    assert_eq!(executes(&step), 0, "what was observed is not what people were shown");
    kit.check_replay();
}

#[test]
fn row_14_where_nobody_knows_whether_it_is_stopped_it_is() {
    let mut kit = kit();
    kit.governor.mark_unreadable("no answer from the store");
    let entities = kit.entities.clone();
    for agent in ["bot", "ada"] {
        let facts = here(agent).agent("kind", Raw::text("person"));
        let ask = Ask { id: agent.into(), request: note(), facts, entities: entities.clone(), dry_run: false };
        assert!(matches!(problem(&kit.tell(Command::Request(ask))), Problem::Unreadable(_)));
    }
    let by = kit.person("ada");
    assert!(matches!(problem(&kit.tell(Command::Resume { by })), Problem::Unreadable(_)));
}

#[test]
fn row_16_an_unknown_outcome_ran_and_is_never_run_again() {
    let mut kit = kit();
    let answer = kit.ask_with("r1", note(), here("bot"));
    kit.begin("r1", Some(token(&answer)), "bot");
    kit.end("r1", Ended::Unknown, None);
    assert_eq!(kit.standing("r1"), "done");
    let again = kit.begin("r1", Some(token(&answer)), "bot");
    assert_eq!(executes(&again), 0);
    assert_eq!(kit.ask_with("r1", note(), here("bot")).standing, Standing::Done(Ended::Unknown));
    assert!(matches!(problem(&kit.end("r1", Ended::Success, None)), Problem::WrongStanding { .. }), "counted once");
    kit.check_replay();
}

#[test]
fn row_17_what_is_masked_is_masked_wherever_people_look() {
    let mut kit = kit();
    let entities = kit.entities.clone();
    let facts = here("bot").observed("lines", Raw::int(3));
    let ask = Ask { id: "r1".into(), request: deploy("s3cret"), facts: facts.clone(), entities, dry_run: false };
    let step = kit.tell(Command::Request(ask));
    for effect in &step.effects {
        assert!(!format!("{effect:?}").contains("s3cret"), "{effect:#?}");
    }
    let texts = format!("{:?}", reply(&step, "r1").decided);
    assert!(texts.contains("api") && !texts.contains("s3cret"), "{texts}");
    kit.answer("r1", "demo.two", "ada", true);
    let entities = kit.entities.clone();
    let step = kit.tell(Command::Begin { id: "r1".into(), token: None, facts, entities });
    let executed = step.effects.iter().find_map(|effect| match effect {
        Effect::Execute { request, .. } => Some(request.params.clone()),
        _ => None,
    });
    assert!(executed.is_some_and(|params| params.contains("s3cret")), "what is executed is never masked");
}

#[test]
fn row_20_a_duty_that_nobody_knows_does_not_compile() {
    for duty in ["run no_such_workflow", "redact no_such_field"] {
        let text = format!("package demo\naction note\nrule notes on note {{ green  {duty} }}\n");
        assert!(Policy::compile(&SourceSet::single("p.aasrule", &text), &Settings::default()).is_err(), "{duty}");
    }
    let unclear = "package demo\nfacts env { place: string }\naction note\nworkflow clean { input { place: string } }\n\
                   rule notes on note { green  run clean { place: env.place } }\n";
    let mut kit = Kit::new(unclear);
    let answer = kit.ask("r1", "bot", note());
    assert_eq!((answer.decided.tier, answer.standing), (Tier::Black, Standing::Refused), "a duty that errs is black");
    kit.check_replay();
}
