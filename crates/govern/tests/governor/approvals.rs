//! People lift exactly what they were shown.

use aas::{Raw, Request};
use aas_govern::command::{Answer, Person};
use aas_govern::effect::{Problem, Standing};
use aas_govern::{Command, Config, Effect};

use crate::kit::{Kit, S, executes, facts, policy, problem};

const RULES: &str = r#"package demo

entity Role one of { ops, security }

action deploy { service: string, observed { lines: int 0..1000 } }
action ping

rule deploys on deploy { red because "A deployment needs people." }
rule pings on ping { green }
guard size on deploy { when lines >= 500 red because "{lines} lines change." }

approval two on deploy { by Role.ops, quorum 2, within 5m, otherwise refuse }
approval safe on deploy { when lines >= 500 by Role.security, quorum 1, within 5m, otherwise refuse }
"#;

fn kit() -> Kit {
    let members = [("ada", "Role", "ops"), ("bob", "Role", "ops"), ("cy", "Role", "ops"), ("sam", "Role", "security")];
    Kit::new(RULES).people(&members)
}

fn deploy() -> Request {
    Request::new("deploy").param("service", Raw::text("api"))
}

fn ask(kit: &mut Kit, id: &str, agent: &str, lines: i64) -> Standing {
    kit.ask_with(id, deploy(), facts(agent).observed("lines", Raw::int(lines))).standing
}

fn begin(kit: &mut Kit, id: &str, agent: &str, lines: i64) -> aas_govern::Step {
    let entities = kit.entities.clone();
    let facts = facts(agent).observed("lines", Raw::int(lines));
    kit.tell(Command::Begin { id: id.into(), token: None, facts, entities })
}

#[test]
fn a_quorum_lets_exactly_the_stored_request_run_once() {
    let mut kit = kit();
    assert_eq!(ask(&mut kit, "r1", "bot", 10), Standing::Waiting);
    assert!(matches!(problem(&begin(&mut kit, "r1", "bot", 10)), Problem::WrongStanding { .. }));
    kit.answer("r1", "demo.two", "ada", true);
    assert_eq!(kit.standing("r1"), "waiting for people");
    assert!(matches!(problem(&kit.answer("r1", "demo.two", "ada", true)), Problem::NotAllowed(..)), "each person once");
    kit.answer("r1", "demo.two", "bob", true);
    assert_eq!(kit.standing("r1"), "approved");
    assert_eq!(executes(&begin(&mut kit, "r1", "bot", 10)), 1);
    assert!(matches!(problem(&begin(&mut kit, "r1", "bot", 10)), Problem::WrongStanding { .. }));
    kit.check_replay();
}

#[test]
fn one_no_is_enough() {
    let mut kit = kit();
    ask(&mut kit, "r1", "bot", 10);
    kit.answer("r1", "demo.two", "ada", true);
    kit.answer("r1", "demo.two", "bob", false);
    assert_eq!(kit.standing("r1"), "ended without running");
    assert!(matches!(problem(&kit.answer("r1", "demo.two", "cy", true)), Problem::WrongStanding { .. }));
    kit.check_replay();
}

#[test]
fn nobody_approves_their_own() {
    let mut kit = kit();
    let (bot, ada) = ("bot".into(), Some("ada".into()));
    kit.tell(Command::Introduce { agent: bot, parent: None, owner: ada });
    kit.tell(Command::Introduce { agent: "sub".into(), parent: Some("bot".into()), owner: None });
    ask(&mut kit, "r1", "sub", 10);
    assert!(matches!(problem(&kit.answer("r1", "demo.two", "ada", true)), Problem::NotAllowed(..)));
    assert_eq!(ask(&mut kit, "r2", "ada", 10), Standing::Waiting);
    assert!(matches!(problem(&kit.answer("r2", "demo.two", "ada", true)), Problem::NotAllowed(..)));
    assert!(matches!(problem(&kit.answer("r2", "demo.two", "sam", true)), Problem::NotAllowed(..)), "not of the group");
    let by = Person { is_person: false, ..kit.person("bob") };
    let answer = Answer { request: "r2".into(), approval: "demo.two".into(), by, yes: true };
    assert!(matches!(problem(&kit.tell(Command::Answer(answer))), Problem::NotAllowed(..)), "a machine is no person");
    kit.check_replay();
}

#[test]
fn an_unreachable_quorum_is_refused_at_once() {
    let mut kit = Kit::new(RULES).people(&[("ada", "Role", "ops"), ("sam", "Role", "security")]);
    assert_eq!(ask(&mut kit, "r1", "bot", 10), Standing::Refused);
    let entry = kit.governor.state().request(&"r1".into()).expect("kept");
    assert_eq!(entry.decided.code.as_deref(), Some("quorum_unreachable"));
}

#[test]
fn other_observations_ask_again() {
    let mut kit = kit();
    ask(&mut kit, "r1", "bot", 10);
    kit.answer("r1", "demo.two", "ada", true);
    kit.answer("r1", "demo.two", "bob", true);
    // More lines: another red item, and another approval.
    let step = begin(&mut kit, "r1", "bot", 600);
    assert_eq!((executes(&step), kit.standing("r1")), (0, "waiting for people"));
    let asked: Vec<_> = step
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask { request, decided, .. } => Some((request.observed.clone(), decided.texts.clone())),
            _ => None,
        })
        .collect();
    let texts = vec!["A deployment needs people.".into(), "600 lines change.".into()];
    assert_eq!(asked, vec![(r#"{"lines":600}"#.into(), texts); 2], "people see what is so now");
    for (approval, by) in [("demo.two", "ada"), ("demo.two", "bob"), ("demo.safe", "sam")] {
        kit.answer("r1", approval, by, true);
    }
    assert_eq!(executes(&begin(&mut kit, "r1", "bot", 601)), 0, "not what they were shown");
    for (approval, by) in [("demo.two", "ada"), ("demo.two", "bob"), ("demo.safe", "sam")] {
        kit.answer("r1", approval, by, true);
    }
    assert_eq!(executes(&begin(&mut kit, "r1", "bot", 601)), 1, "what they were shown the last time");
    kit.check_replay();
}

#[test]
fn both_approvals_are_needed() {
    let mut kit = kit();
    ask(&mut kit, "r1", "bot", 600);
    kit.answer("r1", "demo.two", "ada", true);
    kit.answer("r1", "demo.two", "bob", true);
    assert_eq!(kit.standing("r1"), "waiting for people");
    kit.answer("r1", "demo.safe", "sam", true);
    assert_eq!(executes(&begin(&mut kit, "r1", "bot", 600)), 1);
    kit.check_replay();
}

#[test]
fn questions_expire_on_time() {
    let mut kit = kit();
    ask(&mut kit, "r1", "bot", 10);
    kit.answer("r1", "demo.two", "ada", true);
    kit.answer("r1", "demo.two", "bob", true);
    kit.wait(300 * S);
    kit.tell(Command::Tick);
    assert_eq!(kit.standing("r1"), "ended without running", "an approval that nobody used expires too");
    kit.check_replay();
}

#[test]
fn a_stricter_policy_refuses_what_was_approved() {
    let mut kit = kit();
    ask(&mut kit, "r1", "bot", 10);
    kit.answer("r1", "demo.two", "ada", true);
    kit.answer("r1", "demo.two", "bob", true);
    let stricter = format!("{RULES}\nguard closed on deploy {{ black because \"Closed.\" }}\n");
    kit.tell(Command::Install { policy: policy(&stricter) });
    assert_eq!(kit.standing("r1"), "approved", "it survives the installation");
    let step = begin(&mut kit, "r1", "bot", 10);
    assert_eq!((executes(&step), kit.standing("r1")), (0, "ended without running"));
    let told = crate::kit::reply(&step, "r1").decided;
    assert_eq!(
        (told.tier, told.texts.clone()),
        (aas::decision::Tier::Black, vec!["Closed.".into()]),
        "why it does not run"
    );
    kit.check_replay();
}

#[test]
fn another_definition_asks_again() {
    let mut kit = kit();
    ask(&mut kit, "r1", "bot", 10);
    kit.answer("r1", "demo.two", "ada", true);
    kit.answer("r1", "demo.two", "bob", true);
    let other = RULES.replace("A deployment needs people.", "A deployment needs two people.");
    kit.tell(Command::Install { policy: policy(&other) });
    assert_eq!(executes(&begin(&mut kit, "r1", "bot", 10)), 0);
    assert_eq!(kit.standing("r1"), "waiting for people");
    kit.check_replay();
}

#[test]
fn nobody_is_flooded_with_questions() {
    let config = Config { most_waiting_per_agent: 2, ..Config::default() };
    let mut kit = Kit::with(RULES, config).people(&[("ada", "Role", "ops"), ("bob", "Role", "ops")]);
    assert_eq!(ask(&mut kit, "r1", "bot", 10), Standing::Waiting);
    assert_eq!(ask(&mut kit, "r2", "bot", 10), Standing::Waiting);
    assert_eq!(ask(&mut kit, "r3", "bot", 10), Standing::Refused);
    assert_eq!(ask(&mut kit, "r4", "other", 10), Standing::Waiting);
    kit.tell(Command::Cancel { id: "r1".into() });
    assert_eq!(ask(&mut kit, "r5", "bot", 10), Standing::Waiting);
    kit.check_replay();
}
