//! One gate: tokens, answers that are given once, outcomes.

use aas::decision::Tier;
use aas::{Raw, Request};
use aas_govern::Command;
use aas_govern::Config;
use aas_govern::command::Ended;
use aas_govern::effect::{Problem, Standing};
use aas_govern::token::Token;

use crate::kit::{Kit, S, SECRET, executes, facts, problem, reply, token};

const RULES: &str = r#"package demo

action ping { text: string = "hello" }
action boom, noop

rule pings on ping, noop { green }
guard never on boom { black instead noop because "Never." }
"#;

fn ping(text: &str) -> Request {
    Request::new("ping").param("text", Raw::text(text))
}

#[test]
fn a_permitted_request_begins_once_with_its_token() {
    let mut kit = Kit::new(RULES);
    let answer = kit.ask("r1", "bot", ping("hi"));
    assert_eq!(answer.decided.tier, Tier::Green);
    let token = token(&answer);
    assert!(token.is_genuine(&SECRET, &kit.policy.hash().to_string()));
    assert!(!token.is_genuine(&[8; 32], &kit.policy.hash().to_string()));
    assert!(!token.is_genuine(&SECRET, "another policy"));
    assert!(matches!(problem(&kit.begin("r1", None, "bot")), Problem::WrongToken(_)));
    let other = Token { reservation: token.reservation + 1, ..token.clone() };
    assert!(matches!(problem(&kit.begin("r1", Some(other), "bot")), Problem::WrongToken(_)));
    let began = kit.begin("r1", Some(token.clone()), "bot");
    assert_eq!(executes(&began), 1);
    assert!(matches!(problem(&kit.begin("r1", Some(token), "bot")), Problem::WrongStanding { .. }));
    kit.end("r1", Ended::Success, None);
    assert!(matches!(problem(&kit.end("r1", Ended::Success, None)), Problem::WrongStanding { .. }));
    assert_eq!(kit.standing("r1"), "done");
    kit.check_replay();
}

#[test]
fn what_is_executed_is_canonical() {
    let mut kit = Kit::new(RULES);
    let answer = kit.ask("r1", "bot", Request::new("ping"));
    let began = kit.begin("r1", Some(token(&answer)), "bot");
    let request = began.effects.iter().find_map(|e| match e {
        aas_govern::Effect::Execute { request, .. } => Some(request.params.clone()),
        _ => None,
    });
    assert_eq!(request.as_deref(), Some(r#"{"text":"hello"}"#), "the default is part of what runs");
}

#[test]
fn a_token_dies_at_its_time() {
    let mut kit = Kit::with(RULES, Config { token_life: 5 * S, ..Config::default() });
    let (early, late) = (kit.ask("r1", "bot", ping("a")), kit.ask("r2", "bot", ping("b")));
    kit.wait(5 * S - 1);
    assert_eq!(executes(&kit.begin("r1", Some(token(&early)), "bot")), 1);
    kit.wait(1);
    let step = kit.begin("r2", Some(token(&late)), "bot");
    assert_eq!(executes(&step), 0);
    assert_eq!(kit.standing("r2"), "ended without running");
    kit.check_replay();
}

#[test]
fn the_same_name_gets_the_first_answer() {
    let mut kit = Kit::new(RULES);
    let first = kit.ask("r1", "bot", ping("a"));
    assert_eq!(kit.ask("r1", "bot", ping("a")), first);
    let entities = kit.entities.clone();
    let ask = |id: &str, request, agent| {
        Command::Request(aas_govern::command::Ask {
            id: id.into(),
            request,
            facts: facts(agent),
            entities: entities.clone(),
            dry_run: false,
        })
    };
    let step = kit.tell(ask("r1", ping("b"), "bot"));
    assert!(matches!(problem(&step), Problem::NameTaken(_)));
    let step = kit.tell(ask("r1", ping("a"), "other"));
    assert!(matches!(problem(&step), Problem::NameTaken(_)), "another agent learns nothing");
    let step = kit.tell(ask("", ping("a"), "bot"));
    assert!(matches!(problem(&step), Problem::BadName));
    kit.check_replay();
}

#[test]
fn answers_are_forgotten_after_their_time() {
    let mut kit = Kit::with(RULES, Config { keep_answers: 10 * S, most_requests: 2, ..Config::default() });
    for id in ["r1", "r2"] {
        kit.run(id, "bot", ping(id));
        kit.end(id, Ended::Success, None);
    }
    let entities = kit.entities.clone();
    let ask =
        aas_govern::command::Ask { id: "r3".into(), request: ping("c"), facts: facts("bot"), entities, dry_run: false };
    let step = kit.tell(Command::Request(ask.clone()));
    assert!(matches!(problem(&step), Problem::Full(_)), "at the bound nothing new");
    kit.wait(10 * S);
    let step = kit.tell(Command::Request(ask));
    assert!(matches!(reply(&step, "r3").standing, Standing::Permitted(_)));
    assert_eq!(kit.standing("r1"), "unknown");
    kit.check_replay();
}

#[test]
fn a_refusal_submits_what_it_says_instead() {
    let mut kit = Kit::new(RULES);
    let answer = kit.ask("r1", "bot", Request::new("boom"));
    assert_eq!(answer.standing, Standing::Refused);
    assert_eq!(answer.decided.texts, ["Never.".into()]);
    let instead = answer.instead.expect("noop was submitted");
    assert_eq!(kit.standing(instead.as_str()), "permitted");
    assert_eq!(kit.ask("r1", "bot", Request::new("boom")).instead, Some(instead), "once");
    kit.check_replay();
}

#[test]
fn a_dry_run_keeps_nothing() {
    let mut kit = Kit::new(RULES);
    let (before, entities) = (kit.governor.state().snapshot(), kit.entities.clone());
    let ask =
        aas_govern::command::Ask { id: "r1".into(), request: ping("a"), facts: facts("bot"), entities, dry_run: true };
    let step = kit.tell(Command::Request(ask));
    assert_eq!((reply(&step, "r1").standing, step.events.len()), (Standing::Dry, 0));
    assert_eq!(kit.governor.state().snapshot(), before);
}

#[test]
fn an_unknown_action_gets_the_default_and_nobody_to_ask() {
    let mut kit = Kit::new(RULES);
    let answer = kit.ask("r1", "bot", Request::new("who.knows"));
    assert_eq!((answer.decided.tier, answer.standing), (Tier::Red, Standing::Refused));
    assert_eq!(answer.decided.code.as_deref(), Some("nobody_to_ask"));
    kit.check_replay();
}

#[test]
fn without_a_policy_nothing_is_decided() {
    let mut kit = Kit::new(RULES);
    kit.governor = aas_govern::Governor::new(SECRET, Config::default());
    let entities = kit.entities.clone();
    let (id, request, facts) = ("r1".into(), ping("a"), facts("bot"));
    let step = kit.tell(Command::Request(aas_govern::command::Ask { id, request, facts, entities, dry_run: false }));
    assert_eq!(problem(&step), &Problem::NoPolicy);
}
