//! Rust structs as requests and facts.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::collections::BTreeMap;
use std::time::Duration;

use aas::raw::Decimal;
use aas::{AsFacts as _, AsRequest, Entities, Facts, IntoRaw, Policy, Raw, Request, Settings, SourceSet, json};

#[derive(IntoRaw)]
enum Environment {
    Staging,
    #[aas(rename = "prod")]
    LiveSite,
}

#[derive(IntoRaw)]
struct Image {
    name: String,
    digest: Option<String>,
}

#[derive(Request)]
#[aas(action = "deploy.staging")]
struct Deploy<'a> {
    service: &'a str,
    environment: Environment,
    image: Image,
    #[aas(rename = "retries")]
    attempts: u8,
    r#type: Option<String>,
    #[aas(claim)]
    cost: Decimal,
    #[aas(skip)]
    #[allow(dead_code, reason = "shows that it is left out")]
    handle: std::marker::PhantomData<()>,
}

#[derive(Facts)]
#[aas(group = "agent")]
struct Agent {
    id: String,
    trust: i64,
    teams: Vec<String>,
    #[aas(env)]
    name: Environment,
    #[aas(session)]
    idle: Duration,
    #[aas(observed)]
    tested: Result<bool, String>,
    #[aas(observed)]
    labels: BTreeMap<String, bool>,
    #[aas(flag = "demo.frozen")]
    frozen: bool,
    #[aas(now)]
    now: i64,
}

fn written(fields: &aas::raw::RawFields) -> String {
    json::write(&Raw::Object(fields.clone()))
}

#[test]
fn a_struct_is_a_request() {
    let deploy = Deploy {
        service: "api",
        environment: Environment::LiveSite,
        image: Image { name: "a".into(), digest: None },
        attempts: 3,
        r#type: None,
        cost: Decimal { millionths: 1_500_000 },
        handle: std::marker::PhantomData,
    };
    let request = Request::from(&deploy);
    assert_eq!((&*request.action, Deploy::ACTION), ("deploy.staging", "deploy.staging"));
    let params = r#"{"service":"api","environment":"prod","image":{"name":"a"},"retries":3}"#;
    assert_eq!(written(&request.params), params);
    assert_eq!(written(&request.claims), r#"{"cost":1.50}"#);
}

fn agent() -> Agent {
    Agent {
        id: "bot".into(),
        trust: 72,
        teams: vec!["a".into()],
        name: Environment::Staging,
        idle: Duration::from_secs(90),
        tested: Err("no log".into()),
        labels: BTreeMap::from([("x".into(), true)]),
        frozen: false,
        now: 5,
    }
}

#[test]
fn a_struct_is_a_part_of_the_facts() {
    let facts = Facts::default().with(&agent());
    assert_eq!(facts, agent().to_facts());
    assert_eq!(written(&facts.agent), r#"{"id":"bot","trust":72,"teams":["a"]}"#);
    assert_eq!(written(&facts.env), r#"{"name":"staging"}"#);
    assert_eq!(written(&facts.session), r#"{"idle":"1m30s"}"#);
    assert_eq!(written(&facts.observed), r#"{"tested":{"$unavailable":"no log"},"labels":{"x":true}}"#);
    assert_eq!(written(&facts.flags), r#"{"demo.frozen":false}"#);
    assert_eq!(facts.now, Some(5));
}

#[derive(Request)]
#[aas(action = "ping")]
struct Ping;

#[test]
fn a_decision_needs_no_json() {
    let rules = "package demo\n\nfacts agent { trust: int 0..100 }\n\naction ping\n\nrule pings on ping {\n    when agent.trust >= 60\n    green\n}\n";
    let sources = SourceSet::single("demo.aasrule", rules);
    let policy = Policy::compile(&sources, &Settings::default()).expect("good rules");
    let facts = Facts::of_agent("bot").agent("trust", Raw::int(72));
    let decision = policy.decide(&Ping.to_request(), &facts, &Entities::none());
    assert_eq!(decision.tier, aas::decision::Tier::Green);
}
