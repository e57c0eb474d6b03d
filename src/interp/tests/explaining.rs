//! Explanations, from rule texts as people write them.

use crate::decision::{Decision, Tier};
use crate::interp::{Explanation, MASKED};
use crate::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet};

const RULES: &str = r#"package demo

action deploy {
    service: string
    observed { lines: int 0..1_000_000, tested: bool }
}

rule deploys on deploy {
    yellow
    because "{service} is deployed."
}

guard size on deploy {
    red when lines >= 500
    because "{lines} lines change."
}

guard untested on deploy {
    when not tested and (lines + 1) > 10
    red
    because "Nobody tested {service}."
    redact service
}

relax small on deploy {
    when lines < 10
    yellow to green
}

action upload, download

rule transfers on upload, download {
    red
    because "Somebody looks at files that move."
}

relax downloads on download {
    when agent.id == "bot"
    red to yellow
}
"#;

fn asked(lines: i64, tested: Raw) -> (Decision, Explanation) {
    let sources = SourceSet::single("demo.aasrule", RULES);
    let policy = Policy::compile(&sources, &Settings::default()).expect("good rules");
    let request = Request::new("deploy").param("service", Raw::text("api"));
    let facts = Facts::of_agent("bot").observed("lines", Raw::int(lines)).observed("tested", tested);
    let entities = Entities::none();
    let decision = policy.decide(&request, &facts, &entities);
    let explanation = policy.explain(&sources, (&request, &facts, &entities), &decision, 200);
    assert_eq!(policy.reasons(&sources, (&request, &facts, &entities), &decision), explanation.determining);
    (decision, explanation)
}

#[test]
fn an_item_is_told_with_its_place_its_clauses_and_what_could_lift_it() {
    let (decision, told) = asked(700, Raw::Bool(true));
    assert_eq!(decision.tier, Tier::Red);
    let size = &told.determining[0];
    assert_eq!((size.file.as_deref(), size.line), (Some("demo.aasrule"), Some(13)));
    assert_eq!(size.because.as_deref(), Some("700 lines change."));
    assert_eq!(size.lift, "cannot be lifted");
    let clauses: Vec<_> = size.clauses.iter().map(|c| (c.text.as_str(), c.truth, c.line)).collect();
    assert_eq!(clauses, [("lines >= 500", "true", 14)]);
}

#[test]
fn a_rule_may_be_lifted_and_a_change_is_found() {
    let (decision, told) = asked(20, Raw::Bool(true));
    assert_eq!(decision.tier, Tier::Yellow);
    assert_eq!(told.determining[0].lift, "may be lifted by demo.small");
    let close: Vec<_> = told.close.iter().map(|c| (c.item.as_str(), c.clause.text.as_str())).collect();
    assert_eq!(close, [("demo.size", "lines >= 500"), ("demo.small", "lines < 10"), ("demo.untested", "tested")]);
    let changes: Vec<_> = told.changes.iter().map(|c| (c.tier, c.fields[0].field.as_str(), c.fields.len())).collect();
    assert_eq!(changes, [(Tier::Green, "lines", 1), (Tier::Red, "lines", 1)]);
    let green = &told.changes[0].fields[0];
    assert_eq!((green.is.as_str(), green.would_be.as_str()), ("20", "9"));
    assert!(!told.stopped);
}

#[test]
fn what_erred_is_told_and_what_is_masked_is_not() {
    let (_, told) = asked(20, Raw::Unavailable("no log".into()));
    let untested = &told.determining[0];
    assert_eq!(untested.because.as_deref(), Some(format!("Nobody tested {MASKED}.").as_str()));
    let clauses: Vec<_> = untested.clauses.iter().map(|c| (c.text.as_str(), c.truth)).collect();
    assert_eq!(clauses, [("tested", "error")]);
}

#[test]
fn the_search_stops_at_its_work() {
    let sources = SourceSet::single("demo.aasrule", RULES);
    let policy = Policy::compile(&sources, &Settings::default()).expect("good rules");
    let (request, facts) = (Request::new("deploy").param("service", Raw::text("api")), Facts::of_agent("bot"));
    let decision = policy.decide(&request, &facts, &Entities::none());
    let told = policy.explain(&sources, (&request, &facts, &Entities::none()), &decision, 1);
    assert!(told.stopped);
}

#[test]
fn a_request_that_was_refused_is_explained_by_its_errors() {
    let sources = SourceSet::single("demo.aasrule", RULES);
    let policy = Policy::compile(&sources, &Settings::default()).expect("good rules");
    let (request, facts) = (Request::new("deploy"), Facts::of_agent("bot"));
    let decision = policy.decide(&request, &facts, &Entities::none());
    let told = policy.explain(&sources, (&request, &facts, &Entities::none()), &decision, 100);
    assert_eq!((decision.tier, decision.errors.len()), (Tier::Black, 1));
    assert!(told.determining.is_empty() && told.changes.is_empty());
}

#[test]
fn only_what_is_about_the_action_could_lift_its_rule() {
    let sources = SourceSet::single("demo.aasrule", RULES);
    let policy = Policy::compile(&sources, &Settings::default()).expect("good rules");
    let (facts, entities) = (Facts::of_agent("other"), Entities::none());
    let lift = |action: &str| {
        let request = Request::new(action);
        let decision = policy.decide(&request, &facts, &entities);
        policy.explain(&sources, (&request, &facts, &entities), &decision, 0).determining[0].lift.clone()
    };
    assert_eq!(lift("download"), "may be lifted by demo.downloads");
    assert_eq!(lift("upload"), "cannot be lifted");
}

const KEPT: &str = r#"package demo
action deploy { app: string }
rule deploys on deploy { green }
limit per_hour on deploy {
    at most 3 per 1h for each app
    warn yellow at 60%
    otherwise black
    because "{count} in the last hour."
}
cooldown quiet on deploy { 60s  otherwise black  because "Wait." }
budget runs on deploy { spend 1  at most 20 per day  otherwise black  because "Spent." }
"#;

/// What is told of the limit, where these readings of it are known.
fn kept(readings: &str) -> (Vec<String>, Vec<String>) {
    let sources = SourceSet::single("demo.aasrule", KEPT);
    let policy = Policy::compile(&sources, &Settings::default()).expect("good rules");
    let quiet = r#""demo.quiet": { "exceeded": false }, "demo.runs": { "exceeded": false, "used": 5, "remaining": 15, "debt": 0 }"#;
    let state = crate::json::parse(&format!("{{ \"demo.per_hour\": {readings}, {quiet} }}")).expect("JSON");
    let Raw::Object(state) = state else { panic!("an object") };
    let facts = Facts { state, ..Facts::of_agent("bot") };
    let request = Request::new("deploy").param("app", Raw::text("api"));
    let decision = policy.decide(&request, &facts, &Entities::none());
    let told = policy.explain(&sources, (&request, &facts, &Entities::none()), &decision, 0);
    let determining = told.determining.iter().flat_map(|e| &e.clauses).filter(|clause| clause.standing);
    let close = told.close.iter().map(|close| &close.clause).filter(|clause| clause.standing);
    (determining.map(|c| c.text.clone()).collect(), close.map(|c| c.text.clone()).collect())
}

#[test]
fn a_floor_that_counts_says_what_stands_and_what_it_would_take() {
    let budget = "5 is used; it holds where more than 15 is asked for";
    let cooldown = "it is over";
    let (told, close) = kept(r#"{ "exceeded": false, "near": false, "count": 1, "remaining": 2 }"#);
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(close, ["1 of 3 used; it does not warn yet", cooldown, budget]);
    let (told, _) = kept(r#"{ "exceeded": false, "near": true, "count": 2, "remaining": 1 }"#);
    assert_eq!(told, ["2 of 3 used; it warns"]);
    let (told, close) = kept(r#"{ "exceeded": true, "near": true, "count": 3, "remaining": 0, "retry_after": "12m" }"#);
    assert_eq!(told, ["3 of 3 used; one more may run in 12m"]);
    assert_eq!(close, [cooldown, budget]);
    let (told, _) = kept(r#"{ "exceeded": true, "near": true }"#);
    assert_eq!(told, ["used up"]);
    let (told, _) = kept("{ }");
    assert_eq!(told, ["how it stands"]);
}
