//! Stop and resume, freeze and unfreeze.

use aas::{Facts, Raw, Request};
use aas_govern::command::Person;
use aas_govern::effect::{Problem, Standing};
use aas_govern::{Command, Effect};

use crate::kit::{Kit, executes, problem, token};

const RULES: &str = r#"package demo

action ping, pong

rule pings on ping, pong { green }
"#;

fn stop(kit: &mut Kit) -> aas_govern::Step {
    kit.tell(Command::Stop { by: "ada".into(), reason: "Something is wrong.".into() })
}

fn ping() -> Request {
    Request::new("ping")
}

#[test]
fn a_stop_ends_what_may_begin_and_tells_what_runs() {
    let mut kit = Kit::new(RULES);
    let permitted = kit.ask("r1", "bot", ping());
    kit.run("r2", "bot", ping());
    let step = stop(&mut kit);
    let aborted: Vec<_> = step.effects.iter().filter(|e| matches!(e, Effect::Abort { .. })).collect();
    assert_eq!(aborted.len(), 1, "{step:#?}");
    assert_eq!(kit.standing("r1"), "ended without running");
    assert!(matches!(problem(&kit.begin("r1", Some(token(&permitted)), "bot")), Problem::Stopped { .. }));
    let refused = kit.ask("r3", "bot", ping());
    assert_eq!((refused.standing, refused.decided.code.as_deref()), (Standing::Refused, Some("stopped")));
    let person = Facts::of_agent("ada").agent("kind", Raw::text("person"));
    assert!(matches!(kit.ask_with("r4", ping(), person).standing, Standing::Permitted(_)), "people go on");
    kit.check_replay();
}

#[test]
fn only_people_resume() {
    let mut kit = Kit::new(RULES);
    let by = kit.person("ada");
    assert!(matches!(problem(&kit.tell(Command::Resume { by: by.clone() })), Problem::NotStopped));
    stop(&mut kit);
    let machine = Person { is_person: false, ..by.clone() };
    assert!(matches!(problem(&kit.tell(Command::Resume { by: machine })), Problem::NotAllowed(..)));
    kit.tell(Command::Resume { by });
    assert!(matches!(kit.ask("r1", "bot", ping()).standing, Standing::Permitted(_)));
    kit.check_replay();
}

#[test]
fn unreadable_state_counts_as_stopped() {
    let mut kit = Kit::new(RULES);
    kit.governor.mark_unreadable("the journal is damaged at 17");
    let step = kit.tell(Command::Tick);
    assert!(matches!(problem(&step), Problem::Unreadable(_)));
    let step = kit.begin("r1", None, "bot");
    assert!(matches!(problem(&step), Problem::Unreadable(_)));
}

#[test]
fn a_frozen_agent_does_nothing_and_neither_do_those_it_made() {
    let mut kit = Kit::new(RULES);
    kit.tell(Command::Introduce { agent: "sub".into(), parent: Some("bot".into()), owner: None });
    let (mine, theirs) = (kit.ask("r1", "sub", ping()), kit.ask("r2", "other", ping()));
    kit.tell(Command::Freeze { agent: "bot".into(), by: "ada".into(), reason: "Odd.".into() });
    assert_eq!(executes(&kit.begin("r1", Some(token(&mine)), "sub")), 0);
    assert_eq!(executes(&kit.begin("r2", Some(token(&theirs)), "other")), 1);
    for (id, agent) in [("r3", "bot"), ("r4", "sub")] {
        let refused = kit.ask(id, agent, ping());
        assert_eq!((refused.standing, refused.decided.code.as_deref()), (Standing::Refused, Some("agent_frozen")));
    }
    let own = Person { is_person: true, ..kit.person("bot") };
    assert!(matches!(problem(&kit.tell(Command::Unfreeze { agent: "bot".into(), by: own })), Problem::NotAllowed(..)));
    let by = kit.person("ada");
    kit.tell(Command::Unfreeze { agent: "bot".into(), by });
    assert!(matches!(kit.ask("r5", "sub", ping()).standing, Standing::Permitted(_)));
    kit.check_replay();
}

#[test]
fn an_agent_keeps_its_maker() {
    let mut kit = Kit::new(RULES);
    let introduce = |agent: &str, parent: Option<&str>| Command::Introduce {
        agent: agent.into(),
        parent: parent.map(Into::into),
        owner: None,
    };
    kit.tell(introduce("sub", Some("bot")));
    assert!(matches!(problem(&kit.tell(introduce("sub", None))), Problem::BadValue(_)));
    assert!(matches!(problem(&kit.tell(introduce("bot", Some("sub")))), Problem::BadValue(_)), "no circle");
    kit.check_replay();
}
