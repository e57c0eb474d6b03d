//! Notices that are told together.

use aas::decision::Tier;
use aas::{Raw, Request};
use aas_govern::command::Ended;
use aas_govern::effect::{Entry, Problem};
use aas_govern::state::Stage;
use aas_govern::{Command, Effect, Governor, State, Step};

use crate::kit::{Kit, S, SECRET, policy, problem, token};

const RULES: &str = r#"package demo

action ping, pong, boom, quiet_work
action send { to: string, text: string }

rule pings on ping, send { yellow  redact text  because "Sent {text} to {to}." }
rule pongs on pong { green  notify chat }
rule works on quiet_work { green }
rule booms on boom { red  because "Loud." }
approval all on any action { by people }
rule sends on send { green  notify mail }

digest team { to chat, mail  every 30m  quiet 22:00..07:00 in "Europe/Warsaw"  at once from red  keep 3 entries }
"#;

/// 2026-11-20 12:00 in Warsaw.
const NOON: i64 = 1_795_172_400 * S;
const MINUTE: i64 = 60 * S;
const HOUR: i64 = 60 * MINUTE;

/// A telling: the channel, its number, its entries, how many are left out.
type Telling = (String, u64, Vec<Entry>, u64);

fn kit() -> Kit {
    let mut kit = Kit::new(RULES);
    kit.now = NOON;
    kit
}

fn told(step: &Step) -> Vec<Telling> {
    let found = step.effects.iter().filter_map(|effect| match effect {
        Effect::Digest { channel, number, entries, left_out, .. } => {
            Some((channel.to_string(), *number, entries.clone(), *left_out))
        }
        _ => None,
    });
    found.collect()
}

fn tick(kit: &mut Kit, span: i64) -> Vec<Telling> {
    kit.wait(span);
    told(&kit.tell(Command::Tick))
}

fn arrived(kit: &mut Kit, tellings: &[Telling]) {
    for (channel, number, ..) in tellings {
        let (digest, channel, number) = ("demo.team".into(), channel.as_str().into(), *number);
        kit.tell(Command::Delivered { digest, channel, number });
    }
}

fn ids(telling: &Telling) -> Vec<&str> {
    telling.2.iter().map(|entry| entry.id.as_str()).collect()
}

#[test]
fn what_is_yellow_is_told_after_the_interval() {
    let mut kit = kit();
    kit.run("r1", "bot", Request::new("ping"));
    kit.end("r1", Ended::Success, None);
    assert!(tick(&mut kit, 29 * MINUTE).is_empty());
    kit.ask("r2", "bot", Request::new("ping"));
    let found = tick(&mut kit, MINUTE);
    let channels: Vec<&str> = found.iter().map(|telling| telling.0.as_str()).collect();
    assert_eq!(channels, ["chat", "mail"]);
    assert_eq!(ids(&found[0]), ["r1", "r2"]);
    let stands: Vec<_> = found[0].2.iter().map(|entry| entry.stands).collect();
    assert_eq!(stands, [Some(Stage::Done(Ended::Success)), Some(Stage::Gone(aas_govern::event::Why::Expired))]);
    arrived(&mut kit, &found);
    assert!(tick(&mut kit, 24 * HOUR).is_empty(), "what has arrived is not told again");
    assert_eq!(kit.governor.state().digest("demo.team").map(|kept| kept.notes.len()), Some(0));
    kit.check_replay();
}

#[test]
fn what_is_green_is_told_only_where_a_rule_says_so() {
    let mut kit = kit();
    kit.ask("r1", "bot", Request::new("quiet_work"));
    kit.ask("r2", "bot", Request::new("pong"));
    let found = tick(&mut kit, 30 * MINUTE);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0.as_str(), ids(&found[0])), ("chat", vec!["r2"]));
    kit.check_replay();
}

#[test]
fn what_is_red_is_told_at_once_even_in_quiet_hours() {
    let mut kit = kit();
    kit.wait(11 * HOUR);
    let answer = kit.governor.step(
        Command::Request(aas_govern::command::Ask {
            id: "r1".into(),
            request: Request::new("boom"),
            facts: crate::kit::facts("bot"),
            entities: kit.entities.clone(),
            dry_run: false,
        }),
        kit.now,
    );
    kit.journal.extend(answer.events.iter().cloned());
    let found = told(&answer);
    assert_eq!(found.len(), 2, "{answer:#?}");
    assert_eq!((ids(&found[0]), found[0].2[0].tier), (vec!["r1"], Tier::Red));
    arrived(&mut kit, &found);
    kit.ask("r2", "bot", Request::new("ping"));
    assert!(tick(&mut kit, 7 * HOUR).is_empty(), "it is six in the morning");
    let found = tick(&mut kit, HOUR);
    assert_eq!(ids(&found[0]), ["r2"]);
    kit.check_replay();
}

#[test]
fn a_late_look_in_quiet_hours_waits_for_their_end() {
    let mut kit = kit();
    kit.ask("r1", "bot", Request::new("ping"));
    assert!(tick(&mut kit, 11 * HOUR).is_empty(), "it was due at half past twelve, and it is eleven at night");
    assert!(tick(&mut kit, 8 * HOUR - S).is_empty());
    assert_eq!(tick(&mut kit, S).len(), 2);
    kit.check_replay();
}

#[test]
fn what_has_not_arrived_is_told_again_in_its_order() {
    let mut kit = kit();
    kit.ask("r1", "bot", Request::new("ping"));
    let first = tick(&mut kit, 30 * MINUTE);
    arrived(&mut kit, &first[..1]);
    kit.ask("r2", "bot", Request::new("ping"));
    let second = tick(&mut kit, 30 * MINUTE);
    assert_eq!((ids(&second[0]), ids(&second[1])), (vec!["r2"], vec!["r1", "r2"]), "only the mail was lost");
    arrived(&mut kit, &first);
    let third = tick(&mut kit, 30 * MINUTE);
    assert_eq!(ids(&third[1]), ["r1", "r2"], "a late word about an earlier telling takes nothing away");
    arrived(&mut kit, &third);
    assert_eq!(kit.governor.state().digest("demo.team").map(|kept| kept.notes.len()), Some(0));
    kit.check_replay();
}

#[test]
fn a_restart_loses_nothing() {
    let mut kit = kit();
    kit.ask("r1", "bot", Request::new("ping"));
    tick(&mut kit, 30 * MINUTE);
    let state = State::replay(Governor::seed(&SECRET), &kit.journal);
    let config = aas_govern::Config::default();
    kit.governor = Governor::restore(SECRET, config, state, policy(RULES)).expect("a governor");
    let again = tick(&mut kit, 30 * MINUTE);
    assert_eq!(ids(&again[0]), ["r1"], "nobody said that it arrived before the crash");
    kit.check_replay();
}

#[test]
fn a_full_digest_says_how_many_it_leaves_out() {
    let mut kit = kit();
    for n in 0..10 {
        kit.ask(&format!("r{n}"), "bot", Request::new("ping"));
    }
    kit.ask("pong", "bot", Request::new("pong"));
    let found = tick(&mut kit, 30 * MINUTE);
    assert_eq!((ids(&found[0]), found[0].3), (vec!["r0", "r1", "r2"], 8), "what came first stays");
    assert_eq!((ids(&found[1]).len(), found[1].3), (3, 7));
    arrived(&mut kit, &found);
    kit.ask("next", "bot", Request::new("ping"));
    let found = tick(&mut kit, 30 * MINUTE);
    assert_eq!((ids(&found[0]), found[0].3), (vec!["next"], 0));
    kit.check_replay();
}

#[test]
fn masked_fields_are_in_no_entry() {
    let mut kit = kit();
    let request = Request::new("send").param("to", Raw::text("ada")).param("text", Raw::text("the launch code"));
    kit.ask("r1", "bot", request);
    let found = tick(&mut kit, 30 * MINUTE);
    assert_eq!(found[0].0, "mail", "who names a channel tells that one");
    assert_eq!(&*found[0].2[0].texts[0], "Sent [masked] to ada.");
    let kept = format!("{:?}", kit.governor.state().digest("demo.team"));
    assert!(!kept.contains("launch"), "{kept}");
    kit.check_replay();
}

#[test]
fn what_people_approved_is_told_when_it_runs() {
    let mut kit = Kit::new(&RULES.replace("at once from red", ""));
    kit.now = NOON;
    kit.ask("r1", "bot", Request::new("boom"));
    kit.answer("r1", "demo.all", "ada", true);
    assert!(tick(&mut kit, 0).is_empty());
    kit.begin("r1", None, "bot");
    let found = tick(&mut kit, 30 * MINUTE);
    assert_eq!((ids(&found[0]), found[0].2[0].stands), (vec!["r1"], Some(Stage::Running)));
    kit.check_replay();
}

#[test]
fn a_digest_that_nobody_reads_keeps_what_it_has_room_for() {
    let mut kit = Kit::new(&RULES.replace("to chat, mail", ""));
    kit.now = NOON;
    for n in 0..5 {
        kit.ask(&format!("r{n}"), "bot", Request::new("ping"));
    }
    assert!(tick(&mut kit, 100 * HOUR).is_empty());
    let kept = kit.governor.state().digest("demo.team").expect("a digest");
    assert_eq!((kept.notes.len(), kept.left_out[""].count), (3, 2));
    kit.check_replay();
}

#[test]
fn a_digest_that_goes_is_told_at_once() {
    let mut kit = kit();
    let answer = kit.ask("r1", "bot", Request::new("ping"));
    token(&answer);
    let other = policy("package demo\naction ping\nrule pings on ping { green }\n");
    let step = kit.tell(Command::Install { policy: other });
    assert_eq!(told(&step).len(), 2, "{step:#?}");
    assert!(kit.governor.state().digest("demo.team").is_none());
    kit.check_replay();
}

#[test]
fn nothing_arrives_that_was_not_told() {
    let mut kit = kit();
    kit.ask("r1", "bot", Request::new("ping"));
    let delivered = |digest: &str, number| Command::Delivered { digest: digest.into(), channel: "chat".into(), number };
    for command in [delivered("demo.team", 0), delivered("demo.team", 1)] {
        assert!(matches!(problem(&kit.tell(command)), Problem::BadValue(_)));
    }
    assert!(matches!(problem(&kit.tell(delivered("demo.none", 1))), Problem::NoSuchItem("digest", _)));
    kit.check_replay();
}

#[test]
fn nobody_is_flooded_with_what_is_told_at_once() {
    let mut kit =
        Kit::new(&RULES.replace("keep 3 entries", "keep 500 entries").replace("red  because", "black  because"));
    kit.now = NOON;
    let mut at_once = 0;
    for n in 0..100 {
        let (id, request) = (format!("r{n}").as_str().into(), Request::new("boom"));
        let (facts, entities) = (crate::kit::facts("bot"), kit.entities.clone());
        let ask = aas_govern::command::Ask { id, request, facts, entities, dry_run: false };
        let found = told(&kit.tell(Command::Request(ask)));
        at_once += found.len() / 2;
        arrived(&mut kit, &found);
    }
    assert_eq!(at_once, 30);
    let found = tick(&mut kit, 30 * MINUTE);
    assert_eq!((found[0].2.len(), found[0].3), (70, 0), "nothing is lost");
    arrived(&mut kit, &found);
    let answer = kit.tell(Command::Request(aas_govern::command::Ask {
        id: "again".into(),
        request: Request::new("boom"),
        facts: crate::kit::facts("bot"),
        entities: kit.entities.clone(),
        dry_run: false,
    }));
    assert_eq!(told(&answer).len(), 2, "the interval is over");
    kit.check_replay();
}
