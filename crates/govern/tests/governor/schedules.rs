//! What is asked for at a time, and what takes too long.

use aas::{Raw, Request};
use aas_govern::command::Ended;
use aas_govern::effect::{Due, Problem, Standing};
use aas_govern::state::Stage;
use aas_govern::{Command, Config, Effect, Governor, State, Step};

use crate::kit::{Kit, S, SECRET, executes, facts, policy, problem, reply, token};

const RULES: &str = r#"package demo

entity Role one of { keeper }
entity Agent in Role

action tidy { what: string, deep: bool = false }
action ping, pong
rule all on tidy, ping, pong { green }

schedule often { every 15m  run ping }
schedule nightly { at 02:30 on mon, tue, wed, thu, fri, sat, sun in "Europe/Warsaw"  run tidy { what: "nonces" } as Role.keeper }
"#;

const EXECUTORS: &str = r#"package demo

action ping, pong
rule all on ping, pong { green }
executor pinger on ping { within 5m }
"#;

const MINUTE: i64 = 60 * S;
const HOUR: i64 = 60 * MINUTE;
/// 2026-11-20 12:00 in Warsaw.
const NOON: i64 = 1_795_172_400 * S;

fn kit_at(rules: &str, now: i64) -> Kit {
    let mut kit = Kit::new(rules);
    // The policy is installed once more at that time: that is when its schedules begin.
    kit.governor = Governor::new(SECRET, Config::default());
    (kit.now, kit.journal) = (now, Vec::new());
    let policy = kit.policy.clone();
    kit.tell(Command::Install { policy });
    kit.people(&[("kim", "Role", "keeper")])
}

fn due(step: &Step) -> Vec<Due> {
    let found = step.effects.iter().filter_map(|effect| match effect {
        Effect::Due(due) => Some((**due).clone()),
        _ => None,
    });
    found.collect()
}

fn tick(kit: &mut Kit, span: i64) -> Vec<Due> {
    kit.wait(span);
    due(&kit.tell(Command::Tick))
}

fn submit(kit: &mut Kit, schedule: &str, agent: &str) -> Step {
    let (facts, entities) = (facts(agent), kit.entities.clone());
    kit.tell(Command::SubmitDue { schedule: schedule.into(), facts, entities })
}

#[test]
fn an_interval_begins_when_the_schedule_is_first_seen() {
    let mut kit = kit_at(RULES, NOON);
    assert!(tick(&mut kit, 15 * MINUTE - 1).is_empty());
    let found = tick(&mut kit, 1);
    let id = format!("demo.often/{}", NOON + 15 * MINUTE);
    assert_eq!((found.len(), found[0].id.as_str(), &*found[0].request.action), (1, id.as_str(), "ping"));
    let answer = reply(&submit(&mut kit, "demo.often", "bot"), &id);
    assert!(matches!(answer.standing, Standing::Permitted(_)), "{answer:?}");
    assert!(matches!(problem(&submit(&mut kit, "demo.often", "bot")), Problem::BadValue(_)), "once");
    assert!(tick(&mut kit, 14 * MINUTE).is_empty());
    assert_eq!(tick(&mut kit, MINUTE).len(), 1);
    kit.check_replay();
}

#[test]
fn what_was_missed_is_asked_for_once_and_in_step() {
    let mut kit = kit_at(RULES, NOON);
    let found = tick(&mut kit, 3 * HOUR + 7 * MINUTE);
    assert_eq!((found.len(), found[0].at), (1, NOON + 15 * MINUTE), "the first one missed stands for all");
    assert!(tick(&mut kit, 7 * MINUTE).is_empty());
    let next = tick(&mut kit, MINUTE);
    assert_eq!(next[0].at, NOON + 3 * HOUR + 15 * MINUTE, "the quarter hours stay");
    kit.check_replay();
}

#[test]
fn a_time_of_day_follows_its_zone_over_the_changes_of_the_clock() {
    // 2026-10-24 12:00 UTC. In the night to the 25th Warsaw has 02:30 twice.
    let mut kit = kit_at(RULES, 1_792_843_200 * S);
    let mut found = Vec::new();
    for _ in 0..4 * 24 * 4 {
        found.extend(tick(&mut kit, 15 * MINUTE).into_iter().filter(|due| &*due.schedule == "demo.nightly"));
    }
    let hours: Vec<i64> = found.iter().map(|due| (due.at - 1_792_843_200 * S) / (HOUR / 2)).collect();
    assert_eq!(hours, [25, 75, 123, 171], "25 hours lie between the first two: half hours since noon");
    // 2026-03-28 12:00 UTC. In the night to the 29th Warsaw has no 02:30; the clock shows 03:30 then.
    let mut kit = kit_at(RULES, 1_774_699_200 * S);
    let mut found = Vec::new();
    for _ in 0..2 * 24 * 4 {
        found.extend(tick(&mut kit, 15 * MINUTE).into_iter().filter(|due| &*due.schedule == "demo.nightly"));
    }
    let hours: Vec<i64> = found.iter().map(|due| (due.at - 1_774_699_200 * S) / (HOUR / 2)).collect();
    assert_eq!(hours, [27, 73]);
}

#[test]
fn only_whom_the_schedule_names_follows_it() {
    let mut kit = kit_at(RULES, NOON);
    let found = tick(&mut kit, 15 * HOUR);
    let nightly = found.iter().find(|due| &*due.schedule == "demo.nightly").expect("it is due");
    assert_eq!(nightly.request.params, [("what".into(), Raw::text("nonces"))]);
    assert_eq!(&*nightly.groups[0], "Role(\"keeper\")");
    assert!(matches!(problem(&submit(&mut kit, "demo.nightly", "bot")), Problem::NotAllowed(..)));
    let answer = reply(&submit(&mut kit, "demo.nightly", "kim"), nightly.id.as_str());
    token(&answer);
    kit.check_replay();
}

#[test]
fn nobody_else_asks_under_the_names_of_a_schedule() {
    let mut kit = kit_at(RULES, NOON);
    tick(&mut kit, 15 * MINUTE);
    let mine = aas_govern::command::Ask {
        id: format!("demo.often/{}", NOON + 30 * MINUTE).as_str().into(),
        request: Request::new("ping"),
        facts: facts("bot"),
        entities: kit.entities.clone(),
        dry_run: false,
    };
    assert!(matches!(problem(&kit.tell(Command::Request(mine))), Problem::NameTaken(_)));
    assert!(matches!(problem(&submit(&mut kit, "demo.none", "bot")), Problem::NoSuchItem("schedule", _)));
    kit.check_replay();
}

#[test]
fn while_everything_is_stopped_nothing_is_due() {
    let mut kit = kit_at(RULES, NOON);
    kit.tell(Command::Stop { by: "ada".into(), reason: "Odd.".into() });
    assert!(tick(&mut kit, 2 * HOUR).is_empty());
    let by = kit.person("ada");
    kit.tell(Command::Resume { by });
    assert_eq!(tick(&mut kit, 1).len(), 1, "once, for all that was missed");
    kit.check_replay();
}

#[test]
fn a_restart_between_due_and_asked_asks_again_and_runs_once() {
    let mut whole = kit_at(RULES, NOON);
    tick(&mut whole, 15 * MINUTE);
    submit(&mut whole, "demo.often", "bot");
    for cut in 1..=whole.journal.len() {
        let kept = whole.journal[..cut].to_vec();
        let state = State::replay(Governor::seed(&SECRET), &kept);
        let governor = Governor::restore(SECRET, Config::default(), state, policy(RULES)).expect("a governor");
        let mut kit = Kit {
            governor,
            policy: whole.policy.clone(),
            entities: whole.entities.clone(),
            now: whole.now,
            journal: kept,
        };
        kit.tell(Command::Tick);
        for due in kit.governor.due_schedules() {
            submit(&mut kit, &due.schedule, "bot");
        }
        assert!(kit.governor.due_schedules().is_empty(), "cut at {cut}");
        assert!(kit.governor.state().requests().count() <= 1, "cut at {cut}");
        kit.mark_time();
        kit.check_replay();
    }
}

#[test]
fn another_policy_keeps_the_times_of_schedules_that_have_not_changed() {
    let mut kit = kit_at(RULES, NOON);
    tick(&mut kit, 10 * MINUTE);
    let other = RULES.replace("at 02:30", "at 04:30").replace("run ping }", "run pong }");
    kit.tell(Command::Install { policy: policy(&other) });
    let found = tick(&mut kit, 5 * MINUTE);
    assert_eq!((found.len(), &*found[0].request.action), (1, "pong"), "it goes on, with what is asked for now");
    let next = kit.governor.state().schedule("demo.nightly").map(|kept| kept.next);
    assert_eq!(next, Some(NOON + 16 * HOUR + HOUR / 2));
    kit.tell(Command::Install { policy: policy(EXECUTORS) });
    assert!(kit.governor.state().schedule("demo.often").is_none());
    kit.check_replay();
}

#[test]
fn an_executor_is_named_and_what_takes_too_long_is_told_to_end_and_unknown() {
    let mut kit = Kit::new(EXECUTORS);
    let answer = kit.ask("r1", "bot", Request::new("ping"));
    let begun = kit.begin("r1", Some(token(&answer)), "bot");
    let named = begun.effects.iter().find_map(|effect| match effect {
        Effect::Execute { executor, ends, .. } => Some((executor.as_deref(), *ends)),
        _ => None,
    });
    assert_eq!(named, Some((Some("demo.pinger"), Some(kit.now + 5 * MINUTE))));
    let aborts = |step: &Step| step.effects.iter().filter(|e| matches!(e, Effect::Abort { .. })).count();
    kit.wait(5 * MINUTE);
    assert_eq!(aborts(&kit.tell(Command::Tick)), 1);
    kit.wait(MINUTE - 1);
    assert_eq!(aborts(&kit.tell(Command::Tick)), 0);
    assert_eq!(kit.standing("r1"), "running");
    kit.wait(1);
    kit.tell(Command::Tick);
    let stage = kit.governor.state().request(&"r1".into()).map(|entry| entry.stage);
    assert_eq!(stage, Some(Stage::Done(Ended::Unknown)));
    assert!(matches!(problem(&kit.end("r1", Ended::Success, None)), Problem::WrongStanding { .. }));
    kit.check_replay();
}

#[test]
fn who_ends_in_time_is_not_hurried() {
    let mut kit = Kit::new(EXECUTORS);
    kit.run("r1", "bot", Request::new("ping"));
    kit.run("r2", "bot", Request::new("pong"));
    kit.wait(5 * MINUTE - 1);
    kit.end("r1", Ended::Success, None);
    kit.wait(HOUR);
    assert_eq!(executes(&kit.tell(Command::Tick)), 0);
    assert_eq!(
        (kit.standing("r1"), kit.standing("r2")),
        ("done", "running"),
        "nobody says how long the other may take"
    );
    kit.mark_time();
    kit.check_replay();
}

#[test]
fn an_outcome_that_comes_after_the_word_to_end_still_counts() {
    let mut kit = Kit::new(EXECUTORS);
    kit.run("r1", "bot", Request::new("ping"));
    kit.wait(5 * MINUTE);
    kit.tell(Command::Tick);
    kit.wait(S);
    kit.end("r1", Ended::Success, None);
    let stage = kit.governor.state().request(&"r1".into()).map(|entry| entry.stage);
    assert_eq!(stage, Some(Stage::Done(Ended::Success)));
    kit.check_replay();
}
