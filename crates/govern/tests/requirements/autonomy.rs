//! System 000: agents that build software.

use aas::Policy;
use aas::decision::Tier;
use aas_govern::command::Ended;
use aas_govern::effect::{Problem, Standing};
use aas_govern::program::Program;
use aas_govern::trust::Trust;
use aas_govern::{Command, Effect};
use serde_json::{Map, Value, json};

use crate::kit::{S, problem};
use crate::package::{Named, Score, World, cases, compile, is_let_through, package};

const TEAMS: &str = "Team.maintainers";
const HOUR: i64 = 3_600 * S;
const DAY: i64 = 24 * HOUR;

type Found = Result<(), String>;

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn plain(agent: &str, action: &str, fields: &Value) -> Value {
    json!({"agent": {"id": agent}, "action": action, "fields": fields})
}

fn same<T: PartialEq + std::fmt::Debug>(expected: &T, found: &T) -> Found {
    if expected == found { Ok(()) } else { Err(format!("{expected:?} expected, {found:?} found")) }
}

/// The request of a case: what the old system put into `params` and `context` is placed by the schema. `x.y` stands for
/// any action, so a harmless declared one is asked.
fn wire(case: &Value) -> Value {
    let request = &case["request"];
    let mut fields = Map::new();
    for part in ["params", "context"] {
        fields.extend(request[part].as_object().cloned().unwrap_or_default());
    }
    let action = match text(request, "action") {
        "x.y" => "code.read",
        other => other,
    };
    plain(text(request, "agent"), action, &Value::Object(fields))
}

/// A tier, and what follows from it.
fn decides(world: &mut World, json: &Value, tier: Tier) -> Found {
    let (_, answer) = world.ask(json);
    same(&tier, &answer.decided.tier)?;
    let follows = match tier {
        Tier::Green | Tier::Yellow => is_let_through(&answer),
        Tier::Red => answer.standing == Standing::Waiting,
        Tier::Black => answer.standing == Standing::Refused,
    };
    if follows { Ok(()) } else { Err(format!("{tier} leads to {:?}", answer.standing)) }
}

fn policy_case(world: &mut World, case: &Value) -> Found {
    let trust = &case["given"]["trust"];
    let score = trust["score"].as_f64().expect("a score");
    world.trust(text(trust, "agent"), score, (0, 0), trust["frozen"] == true);
    decides(world, &wire(case), Tier::from_name(text(&case["expect"], "tier")).expect("a tier"))
}

/// A guardrail expects a severity, which is a floor: information holds nothing, a warning is yellow, an error red, what
/// is critical red or black.
fn guardrail(world: &mut World, case: &Value, guard: &str) -> Found {
    let (_, answer) = world.ask(&wire(case));
    let name = format!("autonomy.guards.{guard}");
    let held = answer.decided.items.iter().any(|one| one.item.as_deref() == Some(&*name));
    let tier = answer.decided.tier;
    let fine = match text(&case["expect"], "severity") {
        "info" => !held,
        "warning" => tier == Tier::Yellow,
        "error" => held && tier == Tier::Red,
        "critical" => held && tier >= Tier::Red || tier == Tier::Black,
        other => return Err(format!("{other} is no severity")),
    };
    if fine { Ok(()) } else { Err(format!("{guard} held: {held}, {tier} decided for {}", case["expect"])) }
}

/// Harmless work of many agents within a minute, then one more request.
fn rates(world: &mut World, case: &Value) -> Found {
    let given = &case["given"];
    let agent = text(&case["request"], "agent");
    let own =
        given["this_call_number_in_window"].as_u64().map_or(given["agent_calls_in_window"].as_u64(), |n| Some(n - 1));
    let own = own.expect("how many calls");
    let others = given["global_calls_in_window"].as_u64().unwrap_or(own) - own;
    let work = |world: &mut World, agent: &str| {
        world.run(&plain(agent, "code.read", &json!({})), Ended::Success).map_err(|refused| format!("{refused:?}"))
    };
    for n in 0..others {
        work(world, &format!("other-{}", n % 10))?;
    }
    for _ in 0..own {
        world.kit.wait(S);
        work(world, agent)?;
    }
    let json = wire(case);
    if case["expect"]["passed"] == false {
        decides(world, &json, Tier::Red)?;
        // What was not let through has counted for nothing: once the minute has passed, all is as before.
        world.kit.wait(60 * S);
        return decides(world, &json, Tier::Green);
    }
    decides(world, &json, Tier::Yellow)
}

/// Things that several checks say, made of things that are so.
fn several(world: &mut World, case: &Value) -> Found {
    let (action, fields) = match text(case, "id") {
        "000-grd-036" => ("deploy.preview", json!({"estimated_cost": 1.00, "lines_added": 500, "tests_passed": false})),
        "000-grd-038" => ("test.run_suite", json!({"estimated_cost": 10.00})),
        // A check that cannot be told.
        "000-grd-040" => ("test.run_suite", json!({"estimated_cost": {"$unavailable": "the estimator is away"}})),
        "000-grd-041" => ("test.run_suite", json!({"estimated_cost": 50.00})),
        other => return Err(format!("{other} is not known")),
    };
    decides(world, &plain("builder-1", action, &fields), Tier::Red)
}

/// An action of a severity, which an agent may do once people have said yes where they must.
fn of_severity(severity: &str) -> Value {
    match severity {
        "low" => plain("builder-1", "research.topic", &json!({})),
        "high" => plain("builder-1", "db.backup", &json!({})),
        "critical" => plain("builder-1", "secrets.rotate", &json!({})),
        // What says nothing of its severity is of medium severity.
        _ => plain("builder-1", "test.run_suite", &json!({})),
    }
}

fn outcome(world: &mut World, case: &Value, success: bool, severity: &str) -> Found {
    let (given, expect) = (&case["given"], &case["expect"]);
    let streak = |name: &str| given[name].as_u64().unwrap_or(0) as u32;
    let streaks = (streak("consecutive_successes"), streak("consecutive_failures"));
    world.trust("builder-1", given["score"].as_f64().expect("a score"), streaks, given["frozen"] == true);
    let result = if success { Ended::Success } else { Ended::Failure };
    world.run(&of_severity(severity), result).map_err(|refused| format!("it did not run: {:?}", refused.decided))?;
    let score = world.score("builder-1");
    same(&expect["score"].as_f64().expect("a score"), &score)?;
    let frozen = world.kit.governor.state().is_frozen(&"builder-1".into());
    same(&(expect["frozen"] == true), &frozen)?;
    if frozen { decides(world, &of_severity("low"), Tier::Red) } else { Ok(()) }
}

fn trust(world: &mut World, policy: &Policy, case: &Value) -> Found {
    let (given, expect) = (&case["given"], &case["expect"]);
    let score = given["score"].as_f64().expect("a score");
    let action = text(&case["request"], "action");
    if let Some((word, severity)) = action.split_once('/') {
        return outcome(world, case, word == "success", severity);
    }
    world.trust("builder-1", score, (0, 0), false);
    match action {
        "decay" => {
            world.kit.wait(given["idle_days"].as_i64().expect("days") * DAY);
            same(&expect["score"].as_f64().expect("a score"), &world.score("builder-1"))
        }
        "level" => {
            let schema = Program::new(policy.clone()).expect("a program").schema().trust.clone().expect("trust");
            let trust = Trust::taken_over(&schema, 0, (score * 1e6).round() as i64, 0, 0);
            let level = trust.level(&schema, 0).expect("a level");
            same(&text(expect, "level"), &&*schema.levels[level].0)
        }
        // Nobody executes it: it ends by itself, was no success, and says nothing of the agent.
        _ => {
            let (id, answer) = world.ask(&wire(case));
            assert!(is_let_through(&answer));
            world.kit.wait(3_600 * S);
            same(&score, &world.score("builder-1"))?;
            same(&"ended without running", &world.kit.standing(&id))
        }
    }
}

fn approval(world: &mut World, case: &Value) -> Found {
    let fields = json!({"version": "1.2.3", "tests_passed": true});
    let deploy = plain("devops-1", "deploy.production", &fields);
    match text(case, "id") {
        "000-apr-001" => decides(world, &deploy, Tier::Red),
        "000-apr-003" => {
            let (id, _) = world.ask(&deploy);
            world.kit.answer(&id, "autonomy.owners", "ada", false);
            same(&"ended without running", &world.kit.standing(&id))
        }
        "000-apr-004" => {
            let (id, _) = world.ask(&deploy);
            world.approve(&id);
            let stricter = "package later\n\nuse autonomy.vocabulary.*\n\nrule never on deploy.production { black because \"Not any more.\" }\n";
            world.kit.tell(Command::Install { policy: package("autonomy", Some(stricter)) });
            let (_, facts) = world.read(&deploy);
            let entities = world.kit.entities.clone();
            let step = world.kit.tell(Command::Begin { id: id.as_str().into(), token: None, facts, entities });
            let ran = step.effects.iter().any(|effect| matches!(effect, Effect::Execute { .. }));
            same(&(false, "ended without running"), &(ran, world.kit.standing(&id)))?;
            decides(world, &deploy, Tier::Black)
        }
        "000-apr-006" => {
            let step = world.kit.answer("nobody", "autonomy.owners", "ada", true);
            same(&Problem::NoSuchRequest("nobody".into()), problem(&step))
        }
        "000-apr-007" => {
            let (id, answer) = world.ask(&plain("x", "secrets.expose", &json!({})));
            same(&Standing::Refused, &answer.standing)?;
            let step = world.kit.answer(&id, "autonomy.owners", "ada", true);
            if matches!(problem(&step), Problem::WrongStanding { .. }) { Ok(()) } else { Err(format!("{step:?}")) }
        }
        other => Err(format!("{other} is not known")),
    }
}

/// What is yellow, under a digest that is set up as the case says.
fn digest(case: &Value) -> Found {
    let given = &case["given"];
    let hours = given["quiet_hours"]
        .as_array()
        .map(|hours| format!("quiet {:0>2}:00..{:0>2}:00", hours[0].to_string(), hours[1].to_string()));
    let (to, every, at_once) = match text(given, "mode") {
        "none" => ("", 30, ""),
        "realtime" => ("to pager", 30, "at once from yellow"),
        _ => ("to pager", given["interval_minutes"].as_i64().unwrap_or(30), ""),
    };
    let hours = hours.unwrap_or_default();
    let more = format!("package later\n\ndigest mine {{ {to}  every {every}m  {hours}  {at_once} }}\n");
    let policy = match (compile("autonomy", Some(&more)), text(&case["expect"], "config")) {
        (Err(found), "rejected") if found.iter().all(|one| one.starts_with("bad-runtime")) => return Ok(()),
        (Err(found), _) => return Err(format!("{found:?}")),
        (Ok(_), "rejected") => return Err("the digest is accepted".into()),
        (Ok(policy), _) => policy,
    };
    let mut world = World::new(&policy, TEAMS);
    if let Some(hour) = given["utc_hour"].as_i64() {
        world.kit.wait(12 * HOUR + hour * HOUR);
    }
    let asked = asked(&mut world, &plain("builder-1", "git.create_pull_request", &json!({})));
    let at_once = tellings(&asked, "later.mine");
    world.kit.wait(2 * HOUR);
    let later = tellings(&world.kit.tell(Command::Tick), "later.mine");
    if case["expect"]["sent"] == "immediate" {
        return same(&(1, 1), &(at_once, later));
    }
    let pending = world.kit.governor.state().digest("later.mine").map(|kept| kept.notes.len() as u64);
    same(&(0, 0, case["expect"]["pending"].as_u64()), &(at_once, later, pending))
}

/// How often a digest is told in a step.
fn tellings(step: &aas_govern::Step, digest: &str) -> usize {
    let tells = |effect: &&Effect| matches!(effect, Effect::Digest { digest: told, .. } if **told == *digest);
    step.effects.iter().filter(tells).count()
}

fn asked(world: &mut World, json: &Value) -> aas_govern::Step {
    let id = world.name();
    let (request, facts) = world.read(json);
    let entities = world.kit.entities.clone();
    let ask = aas_govern::command::Ask { id: id.as_str().into(), request, facts, entities, dry_run: false };
    world.kit.tell(Command::Request(ask))
}

/// What is red reaches people at once, whatever the digest does.
fn at_once(world: &mut World) -> Found {
    let step = asked(world, &plain("builder-1", "deploy.production", &json!({"tests_passed": true})));
    same(&1, &tellings(&step, "autonomy.work"))?;
    let asked = step.effects.iter().any(|effect| matches!(effect, Effect::Ask { .. }));
    if asked { Ok(()) } else { Err(format!("nobody is asked: {:?}", step.effects)) }
}

/// What a case finds, or nothing where it belongs to a later issue.
fn found(policy: &Policy, case: &Value) -> Option<Found> {
    let id = text(case, "id");
    let mut world = World::new(policy, TEAMS);
    let world = &mut world;
    Some(match id.split('-').nth(1)? {
        "pol" => policy_case(world, case),
        "grd" => match text(&case["given"], "guardrail") {
            "" if case["given"]["guardrail_results"].is_array() => several(world, case),
            "" if matches!(id, "000-grd-040" | "000-grd-041") => several(world, case),
            "" => rates(world, case),
            "cost" => guardrail(world, case, "cost_band"),
            guard => guardrail(world, case, guard),
        },
        "tru" => trust(world, policy, case),
        "apr" => approval(world, case),
        "dig" if text(&case["given"], "entry_tier") == "red" => at_once(world),
        "dig" => digest(case),
        "wfl" => crate::flows::workflow(case),
        _ => return None,
    })
}

#[test]
fn every_case_of_000_passes_or_is_named() {
    let policy = package("autonomy", None);
    let named = Named::of("autonomy");
    let mut score = Score::default();
    for case in cases("000") {
        let id = text(&case, "id");
        match found(&policy, &case) {
            Some(found) => score.asked(id, &named, found),
            None => score.later(id, &named),
        }
    }
    score.settle("000");
}
