//! Sessions begin, close and are forgotten; and what nobody knows of the past is not taken for clean.

use aas::decision::Tier;
use aas::{Raw, Request};
use aas_govern::command::Ended;
use aas_govern::effect::{Problem, Standing};
use aas_govern::{Command, Config, Effect, Step};

use crate::kit::{Kit, S, executes, facts, policy, problem, reply};

const BEFORE: &str = r#"package demo

facts session { id: string }

action web.fetch, email.send, work

rule runs on web.fetch, email.send, work { green }
"#;

const GUARD: &str = r#"
guard after_reading on email.send {
    when seen(web.fetch) in session
    black
    because "This session has read something."
}
"#;

const FRESH: &str = r#"
rule deploys on deploy { green when seen(work succeeded) since(web.fetch) in session  otherwise red because "Work first." }
guard often on work { when count(email.send) by agent within 1h >= 1  black because "No work after a letter." }
action deploy
"#;

fn in_session(kit: &mut Kit, id: &str, session: &str, action: &str) -> Step {
    let facts = facts("bot").session("id", Raw::text(session));
    let (request, entities) = (Request::new(action), kit.entities.clone());
    kit.tell(Command::Request(aas_govern::command::Ask { id: id.into(), request, facts, entities, dry_run: false }))
}

fn tier(kit: &mut Kit, id: &str, session: &str, action: &str) -> Tier {
    let answer = reply(&in_session(kit, id, session, action), id);
    if let Standing::Permitted(token) = answer.standing {
        kit.begin(id, Some(token), "bot");
    }
    answer.decided.tier
}

fn install(kit: &mut Kit, parts: &[&str]) -> Vec<String> {
    let step = kit.tell(Command::Install { policy: policy(&parts.concat()) });
    let report = step.effects.into_iter().find_map(|e| if let Effect::Report(lines) = e { Some(lines) } else { None });
    report.expect("an installation reports")
}

#[test]
fn history_that_was_not_kept_is_not_taken_for_clean() {
    let mut kit = Kit::new(BEFORE);
    assert_eq!(tier(&mut kit, "r1", "old", "web.fetch"), Tier::Green);
    let report = install(&mut kit, &[BEFORE, GUARD]);
    assert!(report.iter().any(|line| line.contains("before") && line.contains("~seen(web.fetch)")), "{report:?}");
    assert_eq!(tier(&mut kit, "r2", "old", "email.send"), Tier::Black, "nobody knows what it has read");
    assert_eq!(tier(&mut kit, "r3", "new", "email.send"), Tier::Green, "it began after the guard");
    kit.tell(Command::OpenSession { session: "child".into(), parent: Some("old".into()) });
    assert_eq!(tier(&mut kit, "r4", "child", "email.send"), Tier::Black, "a child knows no more than its parent");
    kit.tell(Command::OpenSession { session: "other".into(), parent: Some("new".into()) });
    assert_eq!(tier(&mut kit, "r5", "other", "email.send"), Tier::Green);
    kit.check_replay();
}

#[test]
fn the_first_policy_of_all_knows_the_whole_past() {
    let mut kit = Kit::new(BEFORE);
    install(&mut kit, &[BEFORE, GUARD]);
    assert_eq!(tier(&mut kit, "r1", "s1", "email.send"), Tier::Green, "nothing has run yet");
    install(&mut kit, &[BEFORE, GUARD]);
    assert_eq!(tier(&mut kit, "r2", "s1", "email.send"), Tier::Green, "the same goes on");
    kit.check_replay();
}

#[test]
fn a_doubt_ends_with_its_time_or_when_a_person_vouches() {
    let mut kit = Kit::new(BEFORE);
    assert_eq!(tier(&mut kit, "r1", "s1", "work"), Tier::Green);
    install(&mut kit, &[BEFORE, GUARD, FRESH]);
    assert_eq!(tier(&mut kit, "r2", "s1", "work"), Tier::Black, "a letter may have been sent within the hour");
    assert_eq!(tier(&mut kit, "r3", "s9", "work"), Tier::Black, "agents are older than their sessions");
    kit.wait(3_600 * S);
    assert_eq!(tier(&mut kit, "r4", "s1", "work"), Tier::Green);
    assert_eq!(tier(&mut kit, "r5", "s1", "email.send"), Tier::Black, "this one has no time");
    let machine = aas_govern::command::Person { is_person: false, ..kit.person("ada") };
    let item = || "~seen(web.fetch) in session".into();
    let step = kit.tell(Command::VouchForPast { item: item(), by: machine });
    assert!(matches!(problem(&step), Problem::NotAllowed(..)));
    let by = kit.person("ada");
    let step = kit.tell(Command::VouchForPast { item: "~seen(nothing)".into(), by: by.clone() });
    assert!(matches!(problem(&step), Problem::NoSuchItem(..)));
    kit.tell(Command::VouchForPast { item: item(), by: by.clone() });
    assert_eq!(tier(&mut kit, "r6", "s1", "email.send"), Tier::Green);
    let step = kit.tell(Command::VouchForPast { item: item(), by });
    assert!(matches!(problem(&step), Problem::BadValue(_)), "once");
    kit.check_replay();
}

#[test]
fn what_ran_while_history_began_may_be_part_of_it() {
    let mut kit = Kit::new(BEFORE);
    assert_eq!(tier(&mut kit, "r1", "s1", "work"), Tier::Green);
    install(&mut kit, &[BEFORE, FRESH]);
    kit.wait(3_600 * S);
    kit.end("r1", Ended::Success, None);
    assert_eq!(tier(&mut kit, "r2", "s1", "work"), Tier::Black, "the doubt moved with what was still running");
    kit.check_replay();
}

#[test]
fn nothing_is_asked_in_a_closed_session_and_its_history_is_gone() {
    let mut kit = Kit::with(&[BEFORE, GUARD].concat(), Config { keep_answers: 10 * S, ..Config::default() });
    assert_eq!(tier(&mut kit, "r1", "s1", "web.fetch"), Tier::Green);
    kit.end("r1", Ended::Success, None);
    assert!(matches!(problem(&kit.tell(Command::CloseSession { session: "s2".into() })), Problem::BadValue(_)));
    kit.tell(Command::CloseSession { session: "s1".into() });
    let step = kit.tell(Command::CloseSession { session: "s1".into() });
    assert!(step.events.is_empty() && matches!(step.effects[..], [Effect::Report(_)]), "once");
    assert!(matches!(problem(&in_session(&mut kit, "r2", "s1", "email.send")), Problem::SessionClosed(_)));
    let heir = Command::OpenSession { session: "s3".into(), parent: Some("s1".into()) };
    assert!(matches!(problem(&kit.tell(heir)), Problem::SessionClosed(_)), "nobody inherits what is gone");
    kit.check_replay();
    kit.wait(10 * S);
    kit.tell(Command::Tick);
    assert!(kit.governor.state().sessions().is_empty(), "and its name is forgotten with the answers");
    kit.check_replay();
}

#[test]
fn sessions_are_bounded_and_idle_ones_close() {
    let config = Config { most_sessions: 2, session_life: 100 * S, keep_answers: 50 * S, ..Config::default() };
    let mut kit = Kit::with(BEFORE, config);
    assert_eq!(tier(&mut kit, "r1", "s1", "work"), Tier::Green);
    kit.wait(60 * S);
    assert_eq!(tier(&mut kit, "r2", "s2", "work"), Tier::Green);
    assert!(matches!(problem(&in_session(&mut kit, "r3", "s3", "work")), Problem::Full("sessions")));
    kit.wait(40 * S);
    let step = in_session(&mut kit, "r4", "s1", "work");
    assert!(step.effects.iter().any(|e| matches!(e, Effect::Reject(Problem::SessionClosed(_)))), "{step:#?}");
    assert_eq!(tier(&mut kit, "r5", "s2", "work"), Tier::Green, "it was used later");
    kit.wait(50 * S);
    assert_eq!(tier(&mut kit, "r6", "s3", "work"), Tier::Green, "there is room again");
    kit.check_replay();
}

#[test]
fn what_was_approved_in_a_session_does_not_begin_outside_of_it() {
    let rules = "package demo\nfacts session { id: string }\nentity Role one of { ops }\naction deploy\n\
                 rule deploys on deploy { red because \"People decide.\" }\n\
                 approval people on deploy { by Role.ops, quorum 1, within 1h, otherwise refuse }\n";
    let mut kit = Kit::new(rules).people(&[("ada", "Role", "ops")]);
    for id in ["r1", "r2"] {
        in_session(&mut kit, id, "s1", "deploy");
        kit.answer(id, "demo.people", "ada", true);
        assert_eq!(kit.standing(id), "approved");
    }
    let begin = |kit: &mut Kit, id: &str, session: &str| {
        let (facts, entities) = (facts("bot").session("id", Raw::text(session)), kit.entities.clone());
        kit.tell(Command::Begin { id: id.into(), token: None, facts, entities })
    };
    assert!(matches!(problem(&begin(&mut kit, "r1", "s2")), Problem::BadValue(_)));
    assert_eq!(executes(&begin(&mut kit, "r1", "s1")), 1);
    kit.tell(Command::CloseSession { session: "s1".into() });
    let step = begin(&mut kit, "r2", "s1");
    assert_eq!((executes(&step), kit.standing("r2")), (0, "ended without running"));
    kit.check_replay();
}
