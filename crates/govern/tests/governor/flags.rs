//! Flags: who sets them, where, for how long.

use aas::{Raw, Request};
use aas_govern::Command;
use aas_govern::command::{FlagPlace, SetFlag};
use aas_govern::effect::{Problem, Standing};

use crate::kit::{Kit, S, facts, problem};

const RULES: &str = r#"package demo

entity Role one of { admin }
facts env { name: string }

flag open: bool = true, strict false changed by Role.admin
flag most: int 0..10 = 5, strict 0 changed by Role.admin
flag area for each string: bool = true, strict false changed by Role.admin

action ping { area: string }

rule pings on ping { green when flag.open and flag.most >= 3 and flag.area[area]  otherwise black because "Closed." }
"#;

fn kit() -> Kit {
    Kit::new(RULES).people(&[("ada", "Role", "admin")])
}

fn place(flag: &str, key: &str) -> FlagPlace {
    FlagPlace { flag: format!("demo.{flag}").into(), key: key.into(), scope: None }
}

fn set(kit: &mut Kit, of: FlagPlace, value: Raw, until: Option<i64>, by: &str) -> aas_govern::Step {
    let by = kit.person(by);
    kit.tell(Command::SetFlag(SetFlag { of, value, until, by }))
}

fn ping(kit: &mut Kit, id: &str) -> bool {
    let request = Request::new("ping").param("area", Raw::text("shop"));
    matches!(kit.ask(id, "bot", request).standing, Standing::Permitted(_))
}

#[test]
fn rules_read_what_was_set() {
    let mut kit = kit();
    assert!(ping(&mut kit, "r1"), "start values");
    set(&mut kit, place("area", "shop"), Raw::Bool(false), None, "ada");
    assert!(!ping(&mut kit, "r2"));
    let by = kit.person("ada");
    kit.tell(Command::ClearFlag { of: place("area", "shop"), by });
    assert!(ping(&mut kit, "r3"));
    set(&mut kit, place("area", "*"), Raw::Bool(false), None, "ada");
    assert!(!ping(&mut kit, "r4"), "every other key");
    kit.check_replay();
}

#[test]
fn only_those_whom_the_policy_names_set_flags() {
    let mut kit = kit();
    assert!(matches!(
        problem(&set(&mut kit, place("open", ""), Raw::Bool(false), None, "bob")),
        Problem::NotAllowed(..)
    ));
    assert!(matches!(problem(&set(&mut kit, place("most", ""), Raw::int(11), None, "ada")), Problem::BadValue(_)));
    assert!(matches!(problem(&set(&mut kit, place("most", "x"), Raw::int(1), None, "ada")), Problem::BadValue(_)));
    assert!(matches!(problem(&set(&mut kit, place("none", ""), Raw::int(1), None, "ada")), Problem::NoSuchItem(..)));
    kit.check_replay();
}

#[test]
fn time_takes_a_flag_to_its_strict_value_only() {
    let mut kit = kit();
    let until = Some(kit.now + 10 * S);
    assert!(matches!(problem(&set(&mut kit, place("open", ""), Raw::Bool(false), until, "ada")), Problem::BadValue(_)));
    set(&mut kit, place("most", ""), Raw::int(9), until, "ada");
    assert!(ping(&mut kit, "r1"));
    kit.wait(10 * S);
    assert!(!ping(&mut kit, "r2"), "0, the strict value");
    kit.check_replay();
}

#[test]
fn a_resume_restores_what_was_before_the_stop() {
    let mut kit = kit();
    set(&mut kit, place("most", ""), Raw::int(7), None, "ada");
    kit.tell(Command::Stop { by: "ada".into(), reason: "Wrong.".into() });
    set(&mut kit, place("most", ""), Raw::int(1), None, "ada");
    let by = kit.person("ada");
    let step = kit.tell(Command::Resume { by });
    assert!(format!("{:?}", step.effects).contains("`demo.most` is again as it was"), "{step:?}");
    assert!(ping(&mut kit, "r1"));
    kit.check_replay();
}

/// A mode is a flag like any other: what is strictest wins, whoever said it and wherever.
const MODES: &str = r#"package charter

ordered enum Mode { full, degraded, step_down, stopped }
entity Role one of { admin }
facts env { name: string }

flag mode: Mode = full, strict stopped  scoped by env.name  changed by Role.admin

action read, write, deploy

rule runs on read, write, deploy { green }
guard degraded on deploy { black when flag.mode >= degraded  because "No deployments while degraded." }
guard stepping_down on write { black when flag.mode >= step_down  because "Stepping down." }
guard stopped on ** { black when flag.mode >= stopped  because "Stopped." }
"#;

#[test]
fn modes_are_flags_and_the_strictest_scope_counts() {
    let mut kit = Kit::new(MODES).people(&[("ada", "Role", "admin")]);
    let mut round = 0;
    let mut may = |kit: &mut Kit, place: &str| {
        round += 1;
        ["read", "write", "deploy"].map(|action| {
            let who = facts("bot").env("name", Raw::text(place));
            let answer = kit.ask_with(&format!("{action}-{round}"), Request::new(action), who);
            matches!(answer.standing, Standing::Permitted(_))
        })
    };
    let of = |scope: Option<&str>| FlagPlace {
        flag: "charter.mode".into(),
        key: "".into(),
        scope: scope.map(|place| ("env.name".into(), place.into())),
    };
    assert_eq!(may(&mut kit, "prod"), [true, true, true]);
    set(&mut kit, of(Some("prod")), Raw::text("degraded"), None, "ada");
    assert_eq!((may(&mut kit, "prod"), may(&mut kit, "dev")), ([true, true, false], [true, true, true]));
    set(&mut kit, of(None), Raw::text("step_down"), None, "ada");
    assert_eq!(may(&mut kit, "prod"), [true, false, false], "a narrower scope overrides no halt");
    kit.tell(Command::Stop { by: "ada".into(), reason: "Look first.".into() });
    assert_eq!(may(&mut kit, "dev"), [false, false, false]);
    set(&mut kit, of(None), Raw::text("full"), None, "ada");
    let by = kit.person("ada");
    kit.tell(Command::Resume { by });
    assert_eq!(may(&mut kit, "dev"), [true, false, false], "what the stop found is what it leaves");
    let step = set(&mut kit, of(None), Raw::text("paused"), None, "ada");
    assert!(matches!(problem(&step), Problem::BadValue(_)), "there is no such mode");
    let of_hours = kit.now + 3_600 * S;
    set(&mut kit, of(None), Raw::text("full"), Some(of_hours), "ada");
    assert_eq!(may(&mut kit, "dev"), [true, true, true]);
    kit.wait(3_600 * S);
    assert_eq!(may(&mut kit, "dev"), [false, false, false], "a value that ends, ends in the strict one");
    kit.check_replay();
}
