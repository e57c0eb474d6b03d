//! The decision cases of system 000 against `rules/autonomy`, through every engine.
//!
//! A case comes from the old system: what it put into `params` and `context` is placed by the package's
//! schema (`fields` of the wire form). A policy case expects a tier. A guardrail case expects a severity,
//! which is a floor: information holds nothing, a warning is yellow, an error red, and what is critical red
//! or black. Its guard must hold or not hold accordingly, and hold the decision at its tier.
//!
//! Every difference must be named in `rules/autonomy/README.md`, with its reason; so must be every case
//! that belongs to a later issue.
#![allow(clippy::disallowed_methods, reason = "these tests read the repository")]
#![allow(unreachable_pub, reason = "what the tests share is public to each of them")]

mod support;

use std::path::{Path, PathBuf};

use aas::check::typed::TypedPolicy;
use aas::decision::{Decision, Tier};
use aas::settings::Manifest;
use aas::source::FileId;
use aas::{SourceSet, pipeline};
use serde_json::{Map, Value, json};
use support::engines::Compiled;
use support::{expectations, page};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The package as `aasc` reads it.
fn package(folder: &Path) -> (SourceSet, Manifest) {
    let text = std::fs::read_to_string(folder.join("aas.toml")).expect("a manifest");
    let (manifest, wrong) = Manifest::parse(&text, FileId(0));
    assert!(wrong.is_empty(), "{wrong:?}");
    let mut paths: Vec<PathBuf> = Vec::new();
    page::walk(folder, &mut paths);
    paths.sort();
    let mut sources = SourceSet::default();
    for path in paths {
        let name = path.strip_prefix(root()).expect("inside").display().to_string();
        sources.add(name, std::fs::read_to_string(&path).expect("a readable file"));
    }
    (sources, manifest)
}

fn autonomy() -> Compiled {
    let (sources, manifest) = package(&root().join("rules/autonomy"));
    let checked = pipeline::check(&sources, &manifest.settings);
    let shown = aas::diagnostic::render::human(&checked.diagnostics, &sources, false);
    assert!(checked.diagnostics.is_empty(), "rules/autonomy is not clean\n{shown}");
    Compiled::new(checked.policy.expect("a policy without findings"), &sources)
}

#[test]
fn the_package_is_clean_and_its_tests_hold() {
    let policy = autonomy();
    let mut wrong = Vec::new();
    let mut requests = 0;
    for test in &policy.typed().tests {
        let rehearsed = policy.rehearse(test);
        requests += rehearsed.asked.len();
        wrong.extend(rehearsed.misses.iter().map(|m| format!("{:?}: {}; {}", test.title, m.expected, m.found)));
        for (i, case) in test.cases().enumerate().filter(|_| !test.governed) {
            match policy.decide(&case.request, &case.facts, &case.entities) {
                Err(why) => wrong.push(format!("{:?}, request {}: {why}", test.title, i + 1)),
                Ok(decision) => {
                    let unmet = expectations::unmet(policy.typed(), &case.expect, &decision);
                    wrong.extend(
                        unmet
                            .iter()
                            .map(|u| format!("{:?}, request {} ({}): {u}", test.title, i + 1, case.request.action)),
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {requests} expectations are not met\n{}", wrong.len(), wrong.join("\n"));
}

/// What a case asks of the package.
enum Asked {
    /// This tier.
    Tier(Tier),
    /// This guard, at this tier; green where it must not hold.
    Guard(String, Floor),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Floor {
    None,
    Yellow,
    Red,
    RedOrBlack,
}

/// What the case asks, or nothing where it belongs to a later issue.
fn asked(case: &Value) -> Option<Asked> {
    let id = case["id"].as_str()?;
    if id.starts_with("000-pol-") {
        return Tier::from_name(case["expect"]["tier"].as_str()?).map(Asked::Tier);
    }
    if id == "000-grd-036" {
        return Some(Asked::Guard("three_warnings".into(), Floor::Red));
    }
    let guard = match case["given"]["guardrail"].as_str()? {
        "cost" => "cost_band",
        other => other,
    };
    let floor = match case["expect"]["severity"].as_str()? {
        "info" => Floor::None,
        "warning" => Floor::Yellow,
        "error" => Floor::Red,
        "critical" => Floor::RedOrBlack,
        other => panic!("{id}: `{other}` is no severity"),
    };
    Some(Asked::Guard(guard.into(), floor))
}

/// The request of a case in the wire form. `x.y` stands for any action in guardrail cases, so a harmless
/// declared one is asked; three warnings are made of three things that warn.
fn wire(case: &Value) -> Value {
    let request = &case["request"];
    let mut fields = Map::new();
    for part in ["params", "context"] {
        fields.extend(request[part].as_object().cloned().unwrap_or_default());
    }
    let mut action = request["action"].clone();
    if action == "x.y" {
        action = json!("code.read");
    }
    if case["id"] == "000-grd-036" {
        action = json!("deploy.preview");
        fields = json!({"estimated_cost": 1.00, "lines_added": 500, "tests_passed": false})
            .as_object()
            .cloned()
            .unwrap_or_default();
    }
    let trust = &case["given"]["trust"];
    let mut agent = json!({"id": request["agent"]});
    for (fact, value) in [("trust", &trust["score"]), ("frozen", &trust["frozen"])] {
        if !value.is_null() {
            agent[fact] = value.clone();
        }
    }
    json!({"agent": agent, "action": action, "fields": fields, "now": "2026-11-18T12:00:00Z"})
}

/// Whether a guard held and what it brought.
fn held(policy: &TypedPolicy, decision: &Decision, guard: &str) -> Option<Tier> {
    let name = format!("autonomy.guards.{guard}");
    decision.determining.iter().find(|d| d.item.is_some_and(|id| *policy.item(id).name == *name)).map(|d| d.tier)
}

/// Whether the decision is what the case asks; otherwise what is different.
fn difference(policy: &Compiled, case: &Value, asked: &Asked) -> Option<String> {
    let decision = match policy.ask(&wire(case).to_string()) {
        Ok(decided) => decided,
        Err(why) => return Some(why),
    };
    match asked {
        Asked::Tier(tier) => (decision.tier != *tier).then(|| format!("{tier} expected, {} decided", decision.tier)),
        Asked::Guard(guard, floor) => {
            let held = held(policy.typed(), &decision, guard);
            let fine = match floor {
                Floor::None => held.is_none(),
                Floor::Yellow => held == Some(Tier::Yellow) || (held.is_none() && decision.tier == Tier::Yellow),
                Floor::Red => held == Some(Tier::Red),
                Floor::RedOrBlack => held >= Some(Tier::Red) || decision.tier == Tier::Black,
            };
            (!fine).then(|| format!("{guard} {floor:?} expected, it brought {held:?} of {}", decision.tier))
        }
    }
}

#[test]
fn every_decision_case_agrees_or_is_named() {
    let policy = autonomy();
    let cases = std::fs::read_to_string(root().join("tests/requirements/000.jsonl")).expect("the cases");
    let readme = std::fs::read_to_string(root().join("rules/autonomy/README.md")).expect("the README");
    let named = |id: &str| {
        readme.contains(id) || id.rsplit_once('-').is_some_and(|(group, _)| readme.contains(&format!("{group}-*")))
    };
    let (mut agree, mut asked_of, mut later, mut wrong) = (0, 0, Vec::new(), Vec::new());
    let mut expected_differences = Vec::new();
    for line in cases.lines().filter(|l| !l.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).expect("a case is a line of JSON");
        let id = case["id"].as_str().expect("a case has an id").to_string();
        let Some(asked) = asked(&case) else {
            if !named(&id) {
                wrong.push(format!("{id} belongs to a later issue, and the README does not say so"));
            }
            later.push(id);
            continue;
        };
        asked_of += 1;
        match difference(&policy, &case, &asked) {
            None if readme.contains(&id) && readme.contains(&format!("| {id} |")) => {
                wrong.push(format!("{id} agrees, but the README names it among those that differ"));
            }
            None => agree += 1,
            Some(_) if readme.contains(&format!("| {id} |")) => expected_differences.push(id),
            Some(why) => wrong.push(format!("{id}: {why}")),
        }
    }
    println!(
        "{agree} of {asked_of} decision cases agree; {} differ on purpose: {}",
        expected_differences.len(),
        expected_differences.join(", ")
    );
    println!("{} belong to later issues: {}", later.len(), later.join(", "));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
