//! System 003: an agent that looks after applications.

use std::collections::VecDeque;

use aas::Policy;
use aas::decision::Tier;
use aas_govern::command::Ended;
use aas_govern::effect::Reply;
use serde_json::{Map, Value, json};

use crate::kit::S;
use crate::package::{NOON, Named, Score, World, cases, is_let_through, package};

const TEAM: &str = "Team.operators";

type Found = Result<(), String>;

/// A request as the intake of the agent makes it of an old one.
fn wire(env: &str, source: &str, action: &str, fields: &Value) -> Value {
    let facts = json!({"env": {"name": env}, "session": {"source": source}});
    json!({"agent": {"id": "agent-1"}, "action": action, "fields": fields, "facts": facts})
}

/// A request that nothing but what a case is about could stop.
fn healthy(env: &str, action: &str, app: &str) -> Value {
    let mut fields = json!({"app_name": app, "confidence": 0.9});
    if action == "rollback" {
        fields["has_previous_version"] = json!(true);
    }
    wire(env, "rl_decision_layer", action, &fields_of(action, fields))
}

/// Only the fields that an action has.
fn fields_of(action: &str, mut fields: Value) -> Value {
    let all = fields.as_object_mut().expect("fields");
    let stepping = ["restart", "scale_up", "scale_down", "rollback"].contains(&action);
    all.retain(|name, _| match name.as_str() {
        "app_name" => !["noop", "observe"].contains(&action) && !UNTOUCHABLE.contains(&action),
        "confidence" | "signals" => stepping,
        "has_previous_version" => action == "rollback",
        _ => false,
    });
    fields
}

const UNTOUCHABLE: [&str; 6] = [
    "delete_production_data",
    "change_security_settings",
    "modify_system_files",
    "execute_shell_commands",
    "format_drives",
    "install_software",
];

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// That an answer is what a case expects.
fn compare(world: &World, answer: &Reply, expect: &Value) -> Found {
    let stops = matches!(text(expect, "decision"), "block" | "reject" | "noop" | "observe");
    if is_let_through(answer) == stops {
        return Err(format!("{expect} expected, {:?} decided", answer.decided));
    }
    let codes = world.codes(&answer.decided);
    if let Some(code) = expect["reason_code"].as_str()
        && !codes.iter().any(|found| **found == *code)
    {
        return Err(format!("{code} expected among {codes:?}"));
    }
    let instead = match (expect["substitute"].as_str(), text(expect, "decision")) {
        (Some(instead), _) | (None, instead @ ("noop" | "observe")) => instead,
        (None, _) => return Ok(()),
    };
    let done = answer.instead.as_ref().and_then(|id| world.kit.governor.state().request(id));
    let done = done.and_then(|entry| entry.request.as_ref()).map_or("nothing", |request| &*request.action);
    if done == instead { Ok(()) } else { Err(format!("{instead} expected in place of it, {done} found")) }
}

/// Governance: what has been done at which second, then one request.
fn governance(world: &mut World, case: &Value) -> Found {
    let given = &case["given"];
    let env = text(given, "env");
    let at = |seconds: &Value| NOON + (seconds.as_f64().unwrap_or(0.0) * S as f64).round() as i64;
    for one in given["history"].as_array().into_iter().flatten() {
        world.kit.now = at(&one["t"]);
        // What the old system noted at one time three times is refused the second time.
        let _ = world.run(&healthy(env, text(one, "action"), "web-1"), Ended::Success);
    }
    world.kit.now = at(&given["now"]);
    let action = text(&case["request"], "action");
    let mut fields = case["request"]["context"].clone();
    fields["confidence"] = json!(0.9);
    let (_, answer) = world.ask(&wire(env, "rl_decision_layer", action, &fields_of(action, fields)));
    compare(world, &answer, &case["expect"])
}

/// How many of how many steps failed, for a share of failures and their number.
fn failures(memory: &Value) -> (u64, u64) {
    if let Some(failed) = memory["recent_failures"].as_u64() {
        return (failed, 10);
    }
    let Some(score) = memory["instability_score"].as_u64() else { return (0, 0) };
    let all = (1..=10_u64).flat_map(|of| (1..=of).map(move |failed| (failed, of)));
    let exact = all.clone().filter(|(failed, of)| failed * 100 / of == score).min();
    // A share that ten steps cannot have: the next greater one, with so few failures that their number says nothing.
    let near = all.filter(|(failed, of)| failed * 100 / of >= score);
    exact.or_else(|| near.min_by_key(|(failed, of)| (*failed > 2, failed * 100 / of))).expect("a share")
}

/// Steps of an application, so far apart that none stands in the way of the next; the last of them is now.
fn past(world: &mut World, app: &str, failed: u64, of: u64) -> Found {
    for step in 0..of {
        world.kit.wait(16 * 60 * S);
        let result = if step < of - failed { Ended::Success } else { Ended::Failure };
        past_one(world, &healthy("dev", ["restart", "scale_up", "scale_down"][(step % 3) as usize], app), result)?;
    }
    Ok(())
}

/// Self-restraint: memory, signals and confidence, then one request.
fn restraint(world: &mut World, case: &Value) -> Found {
    let given = &case["given"];
    let (failed, of) = failures(&given["memory"]);
    past(world, "web-1", failed, of)?;
    let mut fields = json!({"app_name": "web-1"});
    if given["health"].is_object() {
        fields["signals"] = given["health"].clone();
    }
    let said = [&given["decision_data"]["confidence"], &case["request"]["context"]["confidence"]];
    match said.into_iter().find(|said| !said.is_null()) {
        Some(confidence) => fields["confidence"] = confidence.clone(),
        // Cases about signals and memory alone say nothing of confidence; only those about missing data mean that.
        None if given["decision_data"].is_null() => fields["confidence"] = json!(0.9),
        None => {}
    }
    let (_, answer) = world.ask(&wire("dev", "rl_decision_layer", "rollback", &with_version(fields)));
    compare(world, &answer, &case["expect"])
}

fn with_version(mut fields: Value) -> Value {
    fields["has_previous_version"] = json!(true);
    fields
}

/// The memory of an application: what was done and how it ended, then something that has no pace of its own.
fn memory(world: &mut World, case: &Value) -> Found {
    let actions = ["noop", "restart", "scale_up", "scale_down"];
    for one in case["given"]["memory_last_10"].as_array().into_iter().flatten() {
        let action = actions[one["action"].as_u64().unwrap_or(0) as usize];
        let app = text(one, "app");
        world.kit.wait(60 * S);
        let json = healthy("dev", action, app);
        match text(one, "outcome") {
            "success" => past_one(world, &json, Ended::Success)?,
            "failure" => past_one(world, &json, Ended::Failure)?,
            // It was never begun, or refused: nothing has happened to the application.
            _ => {
                let (id, _) = world.ask(&json);
                world.kit.tell(aas_govern::Command::Cancel { id: id.as_str().into() });
            }
        }
    }
    let app = text(&case["request"]["context"], "app_id");
    let (_, answer) = world.ask(&healthy("dev", "rollback", app));
    compare(world, &answer, &case["expect"])
}

/// Something that happened: at once, or where the rules hold it back a quarter of an hour later.
fn past_one(world: &mut World, json: &Value, result: Ended) -> Found {
    if world.run(json, result).is_ok() {
        return Ok(());
    }
    world.kit.wait(15 * 60 * S);
    world.run(json, result).map_err(|refused| format!("the past could not happen: {:?}", refused.decided))
}

/// One request, whatever the case says around it.
fn gate(world: &mut World, case: &Value) -> Found {
    let given = &case["given"];
    let action = text(&case["request"], "action").split(' ').next().unwrap_or_default();
    if given["demo_mode"] == true {
        world.switch("cicd.vocabulary.demo", true);
    }
    let source = match &case["request"]["context"]["source"] {
        Value::String(source) => source.clone(),
        _ if given["demo_mode"] == true => "unknown".into(),
        _ => "rl_decision_layer".into(),
    };
    let env = text(given, "env");
    let fields = fields_of(action, json!({"app_name": "web-1", "confidence": 0.9, "has_previous_version": true}));
    let json = wire(env, &source, action, &fields);
    if case["id"] == "003-orc-12" {
        for _ in 0..5 {
            let _ = world.run(&json, Ended::Success);
        }
    }
    let (_, answer) = world.ask(&json);
    let mut expect = case["expect"].clone();
    // This group gives its codes as reasons.
    let reason = text(&expect, "reason").to_string();
    if ["cooldown_active", "prod_safety_block"].contains(&reason.as_str()) {
        expect["reason_code"] = json!(reason);
    }
    compare(world, &answer, &expect)
}

/// What is advised: the one choice that is let through.
fn advised(world: &mut World, env: &str, fields: &Value) -> (String, String) {
    let mut green = Vec::new();
    for from in ["learned", "queue"] {
        for choice in ["noop", "restart", "scale_up", "scale_down"] {
            let mut all = fields.clone();
            all["from"] = json!(from);
            all["choice"] = json!(choice);
            let (_, answer) = world.ask(&wire(env, "rl_decision_layer", "advice.take", &all));
            if is_let_through(&answer) {
                green.push((choice.to_string(), from.to_string()));
            }
        }
    }
    green.dedup_by(|a, b| a.0 == b.0);
    match green.as_slice() {
        [one] => one.clone(),
        // Frozen, whoever is asked says the same.
        [one, rest @ ..] if rest.iter().all(|other| other.0 == one.0) => one.clone(),
        other => (format!("{other:?}"), "nobody".into()),
    }
}

fn advice(world: &mut World, case: &Value) -> Found {
    let (given, expect) = (&case["given"], &case["expect"]);
    let mut fields = Map::new();
    if given["freeze"] == true {
        world.switch("cicd.vocabulary.freeze", true);
        fields.insert("event".into(), case["request"]["context"]["event_type"].clone());
    }
    if !given["rl"].is_null() {
        fields.insert("learned_choice".into(), given["rl"]["action"].clone());
        fields.insert("learned_confidence".into(), given["rl"]["confidence"].clone());
        // The rule about the queue says to do nothing, as the cases have it.
        fields.extend([("queue_depth".into(), json!(5)), ("workers".into(), json!(1))]);
    }
    for (old, new) in [("queue_depth", "queue_depth"), ("workers", "workers")] {
        if !given[old].is_null() {
            fields.insert(new.into(), given[old].clone());
        }
    }
    if let Some(seconds) = given["seconds_since_last_scale"].as_u64() {
        fields.insert("since_scaled".into(), json!(format!("{seconds}s")));
    }
    let env = given["env"].as_str().unwrap_or("dev");
    let (choice, from) = advised(world, env, &Value::Object(fields));
    let source = match expect["chosen_source"].as_str() {
        Some("rl_brain") => Some("learned"),
        Some("rule_based") => Some("queue"),
        Some(other) => return Err(format!("{other} is nobody's name")),
        None => None,
    };
    if choice == text(expect, "decision") && source.is_none_or(|source| source == from) {
        return Ok(());
    }
    Err(format!("{expect} expected, {choice} of {from} found"))
}

fn event(world: &mut World, case: &Value) -> Found {
    let mut fields = case["request"]["context"]["event"].clone();
    // A number of seconds is what the old bus sent; the adapter writes a time.
    if let Some(seconds) = fields["timestamp"].as_i64() {
        fields["timestamp"] = json!(format!("1970-01-01T00:00:{seconds:02}Z"));
    }
    let (_, answer) = world.ask(&wire("dev", "rl_intake_gate", "event.take", &fields));
    compare(world, &answer, &case["expect"])
}

fn onboarding(world: &mut World, case: &Value) -> Found {
    let mut fields = case["request"]["params"].clone();
    fields["registered"] = case["given"]["registry"].clone();
    let (_, answer) = world.ask(&wire(text(&case["given"], "env"), "operator", "app.onboard", &fields));
    compare(world, &answer, &case["expect"])
}

const STATES: [&str; 10] = [
    "idle",
    "observing",
    "validating",
    "deciding",
    "enforcing",
    "acting",
    "observing_results",
    "explaining",
    "blocked",
    "shutting_down",
];

fn step(to: &str) -> Value {
    wire("dev", "rl_decision_layer", "loop.transition", &json!({"to": to}))
}

/// A governor whose loop stands in a state: the shortest way there, found by asking.
fn standing_in(policy: &Policy, state: &str) -> World {
    let mut ways = VecDeque::from([Vec::<&'static str>::new()]);
    let mut seen = vec!["idle"];
    while let Some(way) = ways.pop_front() {
        let there = |world: &mut World| way.iter().all(|to| world.run(&step(to), Ended::Success).is_ok());
        if way.last().copied().unwrap_or("idle") == state {
            let mut world = World::new(policy, TEAM);
            assert!(there(&mut world));
            return world;
        }
        for to in STATES {
            let mut world = World::new(policy, TEAM);
            assert!(there(&mut world));
            if !seen.contains(&to) && world.run(&step(to), Ended::Success).is_ok() {
                seen.push(to);
                ways.push_back([way.clone(), vec![to]].concat());
            }
        }
    }
    panic!("no way leads to {state}");
}

fn transition(policy: &Policy, case: &Value) -> Found {
    let mut world = standing_in(policy, text(&case["given"], "state"));
    let (_, answer) = world.ask(&step(text(&case["request"]["context"], "to")));
    compare(&world, &answer, &case["expect"])
}

/// The remote adviser after some failures, and some time.
fn breaker(world: &mut World, case: &Value) -> Found {
    let given = &case["given"];
    let call = wire("dev", "rl_decision_layer", "adviser.call", &json!({}));
    for _ in 0..given["consecutive_failures"].as_u64().unwrap_or(0) {
        past_one(world, &call, Ended::Failure)?;
    }
    world.kit.wait(given["seconds_since_last_failure"].as_i64().unwrap_or(0) * S);
    let (_, answer) = world.ask(&call);
    compare(world, &answer, &case["expect"])
}

/// Whole cycles of the agent.
fn cycle(world: &mut World, case: &Value) -> Found {
    match text(case, "id") {
        "003-run-01" => {
            let fields =
                json!({"learned_choice": "scale_up", "learned_confidence": 0.9, "queue_depth": 5, "workers": 1});
            let (choice, _) = advised(world, "dev", &fields);
            past_one(world, &healthy("dev", &choice, "web-1"), Ended::Success)?;
            if choice == "scale_up" { Ok(()) } else { Err(format!("{choice} was advised")) }
        }
        "003-run-02" => {
            let noop = wire("dev", "rl_decision_layer", "noop", &json!({}));
            for _ in 0..10 {
                past_one(world, &noop, Ended::Success)?;
            }
            Ok(())
        }
        "003-run-03" => {
            let restart = healthy("dev", "restart", "web-1");
            past_one(world, &restart, Ended::Success)?;
            match world.run(&restart, Ended::Success) {
                Err(_) => Ok(()),
                Ok(()) => Err("it ran twice".into()),
            }
        }
        other => Err(format!("{other} is not known")),
    }
}

fn no_learning(world: &mut World) -> Found {
    world.switch("cicd.vocabulary.freeze", true);
    let (_, answer) = world.ask(&wire("dev", "rl_decision_layer", "learn.update", &json!({})));
    if answer.decided.tier == Tier::Black { Ok(()) } else { Err("it learns while frozen".into()) }
}

/// What a case finds, or nothing where it belongs to a later issue.
fn found(policy: &Policy, case: &Value) -> Option<Found> {
    let id = text(case, "id");
    let mut world = World::new(policy, TEAM);
    let world = &mut world;
    Some(match id.split('-').nth(1)? {
        "elg" | "pre" | "cdn" | "rep" | "ord" => governance(world, case),
        "res" | "unc" | "obs" => restraint(world, case),
        "mem" => memory(world, case),
        "psg" | "orc" => gate(world, case),
        "hea" if matches!(id, "003-hea-01" | "003-hea-02") => gate(world, case),
        "arb" | "frz" | "asc" => advice(world, case),
        "evt" => event(world, case),
        "onb" => onboarding(world, case),
        "fsm" => transition(policy, case),
        "cbk" => breaker(world, case),
        "run" => cycle(world, case),
        "lrn" if id == "003-lrn-04" => no_learning(world),
        _ => return None,
    })
}

#[test]
fn every_case_of_003_passes_or_is_named() {
    let policy = package("cicd", None);
    let named = Named::of("cicd");
    let mut score = Score::default();
    for case in cases("003") {
        let id = text(&case, "id");
        match found(&policy, &case) {
            Some(found) => score.asked(id, &named, found),
            None => score.later(id, &named),
        }
    }
    score.settle("003");
}
