//! What is read by schema is what the definition reads; and faults that were planted are caught.

use super::sheet::ReadFault;
use super::{Given, Schemas, Sheet, request};
use crate::check::typed::{FactGroup, TypedPolicy};
use crate::entities::Entities;
use crate::plan::{self, Answer, Cell, Inputs, Place};
use crate::raw::Raw;
use crate::reader::wire::{self, Placement};
use crate::reader::{Bound, with_start_values};
use crate::settings::Settings;
use crate::source::SourceSet;
use crate::value::Value;
use crate::{graph, json, pipeline};

const RULES: &str = r#"package demo

enum Stage { dev, staging, production }
record Change { file: string, lines: int 0..100, note: string? }
entity Team {}

action deploy also ship {
    service: string[..5]
    lines: int 0..1_000
    cost: decimal = 1.5
    stage: Stage
    urgent: bool = false
    share: ratio?
    change: Change?
    script: command?
    owner: Team?
    claimed { sure: bool }
    observed { load: ratio, at: timestamp? }
}

action look { service: string[..5], lines: int 0..10 }

facts agent { trust: decimal 0..100, level: int = 3 }
facts env { name: Stage = dev }
flag halt: bool = false, strict true

rule small on deploy { green when lines < 100 }
rule looking on look { green }
"#;

const PARAMS: &str = r#""service":"api","lines":600,"cost":12.50,"stage":"staging""#;

fn policy() -> TypedPolicy {
    let checked = pipeline::check(&SourceSet::single("demo.aasrule", RULES), &Settings::default());
    checked.policy.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

fn schemas(policy: &TypedPolicy) -> Schemas {
    Schemas::new(policy, &plan::build(&graph::build(policy)))
}

fn asked(params: &str) -> String {
    format!(
        r#"{{"agent":{{"id":"a1","trust":85}},"action":"deploy","params":{{{params}}},"observed":{{"load":0.25}}}}"#
    )
}

/// Texts that are plain, and texts of which each is not in one respect.
fn texts() -> Vec<String> {
    let mut all = vec![
        asked(PARAMS),
        asked(&PARAMS.replace("12.50", "12")),
        asked(r#""lines":1e2,"stage":"production","service":"\u0061\n","urgent":true,"share":0.5"#),
        asked(r#""lines":6,"stage":"dev","service":"éé","change":{"file":"x","lines":51},"owner":"t","script":"rm '""#),
        r#"{"params":{"lines":1,"stage":"dev","service":""},"claims":{"sure":false},"action":"ship","agent":{"id":"a"}}"#.into(),
        r#"{"agent":{"id":"a","level":7},"action":"look","params":{"lines":1,"service":"b"},"facts":{"flags":{"halt":true}}}"#.into(),
        r#"{"agent":{"id":"a"},"action":"no.such","params":{"any":[null]},"now":"2026-11-18T12:00Z"}"#.into(),
        asked(PARAMS).replace("0.25", r#"{"$unavailable":"down"}"#),
        asked(PARAMS).replace("0.25", "7"),
        asked(PARAMS).replace("85", "185"),
    ];
    for (good, bad) in [
        ("600", "1001"),
        ("600", "-1"),
        ("600", "6.5"),
        ("600", "06"),
        ("600", "\"6\""),
        ("600", "600,\"lines\":7"),
        ("600", "600,\"urgent\":true,\"urgent\":false"),
        ("600", "600,\"sure\":true"),
        ("600", "600,\"other\":true"),
        ("600", "null"),
        ("12.50", "0.1234567"),
        ("\"staging\"", "\"stag\""),
        ("\"api\"", "\"apiapi\""),
        ("\"api\"", "\"a\\pi\""),
        ("\"service\":\"api\",", ""),
        ("a1", ""),
        ("0.25", "0.25,\"unknown\":1"),
        ("\"agent\":{", "\"agent\":{\"in\":[],"),
        ("}}", "}}}"),
        ("}}", "}"),
    ] {
        all.push(asked(PARAMS).replacen(good, bad, 1));
    }
    all
}

const TESTING: Given = Given { start_values: true, now: Some(1_795_003_200_000_000) };
const SERVING: Given = Given { start_values: false, now: None };

/// Where the view differs from the definition; nothing where the text is left to the definition.
fn difference(policy: &TypedPolicy, schemas: &Schemas, text: &str, fault: Option<ReadFault>) -> Result<bool, String> {
    let mut plain = false;
    for given in [TESTING, SERVING] {
        let mut sheet = Sheet { fault, ..Sheet::default() };
        if request(schemas, policy, text, given, &mut sheet).is_none() {
            continue;
        }
        plain = true;
        let incoming = wire::request(policy, text, Placement::Strict).map_err(|why| format!("it is refused: {why}"))?;
        let mut facts = incoming.facts;
        if given.start_values {
            facts = with_start_values(policy, &facts);
        }
        facts.now = facts.now.or(given.now);
        let bound = Bound::new(policy, &incoming.request, &facts);
        if !bound.refusals.is_empty() || !bound.dropped.is_empty() || !incoming.entities.is_empty() {
            return Err(format!("{:?} {:?} {:?}", bound.refusals, bound.dropped, incoming.entities));
        }
        let entities = Entities::none();
        let defined = plan::Read { policy, bound: &bound, entities: &entities };
        let (read, told) = (facets(&sheet.view(schemas, policy, text, &entities), &bound), facets(&defined, &bound));
        if let Some((read, told)) = read.iter().zip(&told).find(|(read, told)| read != told) {
            return Err(format!("{read} is not {told}"));
        }
    }
    Ok(plain)
}

/// All that a plan can see.
fn facets(inputs: &dyn Inputs, bound: &Bound) -> Vec<String> {
    let cell = |place: Place| match inputs.cell(place) {
        Cell::Value(value) => format!("{place:?} {value:?}"),
        other => format!("{place:?} {other:?}"),
    };
    let answer = |answer: &Answer| match answer {
        Ok(value) => format!("{value:?}"),
        Err(fault) => format!("{:?} {}", fault.kind, fault.detail),
    };
    let mut all = vec![
        format!("{:?} {:?} {:?}", inputs.action(), inputs.now(), inputs.principal().map_err(|f| f.kind)),
        cell(Place::Now),
        cell(Place::Principal),
        format!("{:?}", inputs.secrets(None)),
        format!("{:?}", inputs.flag(crate::check::typed::FlagId(0), &[])),
        format!("{:?}", inputs.fact(FactGroup::State, 0)),
    ];
    for place in 0..bound.fields.len() {
        all.push(cell(Place::Field(place as u32)));
        all.push(answer(inputs.field(place)));
    }
    for (group, facts) in
        [(FactGroup::Agent, &bound.agent), (FactGroup::Session, &bound.session), (FactGroup::Env, &bound.env)]
    {
        for place in 0..facts.len() {
            all.push(cell(Place::Fact(group, place as u32)));
            all.push(answer(inputs.fact(group, place)));
        }
    }
    all
}

#[test]
fn a_view_shows_what_the_definition_reads() {
    let policy = policy();
    let schemas = schemas(&policy);
    let mut plain = 0;
    for text in texts() {
        match difference(&policy, &schemas, &text, None) {
            Ok(read) => plain += usize::from(read),
            Err(why) => panic!("{text}\n{why}"),
        }
    }
    assert!(plain >= 9, "{plain} texts were read by schema");
}

#[test]
fn a_sheet_that_is_used_again_remembers_nothing() {
    let policy = policy();
    let schemas = schemas(&policy);
    let (mut used, entities) = (Sheet::default(), Entities::none());
    for text in texts().iter().chain(texts().iter().rev()) {
        let mut fresh = Sheet::default();
        let read = request(&schemas, &policy, text, TESTING, &mut fresh);
        assert_eq!(request(&schemas, &policy, text, TESTING, &mut used), read, "{text}");
        if read.is_none() {
            continue;
        }
        let incoming = wire::request(&policy, text, Placement::Strict).unwrap();
        let bound = Bound::new(&policy, &incoming.request, &incoming.facts);
        let all = |sheet: &Sheet| facets(&sheet.view(&schemas, &policy, text, &entities), &bound);
        assert_eq!(all(&used), all(&fresh), "{text}");
    }
}

fn caught(policy: &TypedPolicy, schemas: &Schemas, fault: Option<ReadFault>) -> bool {
    texts().iter().any(|text| difference(policy, schemas, text, fault).is_err())
}

#[test]
fn faults_of_reading_are_caught() {
    let policy = policy();
    let schemas = schemas(&policy);
    for fault in ReadFault::ALL {
        assert!(caught(&policy, &schemas, Some(fault)), "{fault:?} was not caught");
    }
}

/// Changes one thing of the schemas.
type Change = fn(&mut Schemas);

const CHANGES: [(&str, Change); 12] = [
    ("a range is lost", |s| entry(s, "lines").ty.range = None),
    ("a range is one too wide", |s| entry(s, "lines").ty.range = Some((0, 1001))),
    ("a length is lost", |s| entry(s, "service").ty.length = (0, 100)),
    ("variants are off by one", |s| {
        if let super::schema::Shape::Enum(_, variants) = &mut entry(s, "stage").shape {
            variants.rotate_right(1);
        }
    }),
    ("a decimal is read as an int", |s| entry(s, "cost").shape = super::schema::Shape::Int),
    ("a ratio is read as a decimal", |s| entry(s, "share").shape = super::schema::Shape::Decimal),
    ("a parameter need not be there", |s| {
        entry(s, "service").required = false;
        deploy(s).required -= 1;
    }),
    ("an ill-typed parameter refuses nothing", |s| entry(s, "lines").parameter = false),
    ("a claim is taken for a parameter", |s| {
        let params = [(PLACES, "sure")].into_iter().map(|(places, name)| (place(places, name), name));
        let all: Vec<(usize, &str)> = PLACES.iter().copied().enumerate().chain(params).collect();
        deploy(s).params = super::keys::Keys::new(all.into_iter());
    }),
    ("a default is another", |s| entry(s, "urgent").unset = Ok(Some(Value::Bool(true)))),
    ("a start value is not taken", |s| s.agent.entries.iter_mut().for_each(|e| e.start = None)),
    ("the start values of flags are not taken", |s| s.start_flags.clear()),
];

/// The fields of `deploy`, in their order.
const PLACES: &[&str] =
    &["at", "change", "cost", "lines", "load", "owner", "script", "service", "share", "stage", "sure", "urgent"];

fn place(of: &[&str], name: &str) -> usize {
    of.iter().position(|n| *n == name).expect("a field")
}

fn deploy(schemas: &mut Schemas) -> &mut super::schema::Action {
    schemas.actions.iter_mut().find(|a| a.name.as_deref() == Some("deploy")).expect("it is declared")
}

fn entry<'s>(schemas: &'s mut Schemas, name: &str) -> &'s mut super::schema::Entry {
    &mut deploy(schemas).fields[place(PLACES, name)]
}

#[test]
fn faults_of_schemas_are_caught() {
    let policy = policy();
    for (what, change) in CHANGES {
        let mut schemas = schemas(&policy);
        assert!(!caught(&policy, &schemas, None), "nothing was planted yet");
        change(&mut schemas);
        assert!(caught(&policy, &schemas, None), "not caught: {what}");
    }
}

#[test]
fn the_scanner_takes_no_more_than_the_definition() {
    let values = [
        "1",
        "-1",
        "01",
        "-",
        "1.",
        "1.5",
        ".5",
        "1e5",
        "1e",
        "1E+05",
        "1e-",
        "--1",
        "tru",
        "true",
        "falsee",
        "null",
        "\"\"",
        "\"a",
        "\"a\\\"\"",
        "\"\t\"",
        "\"\u{7f}é\"",
        "[]",
        "[1,]",
        "[,]",
        "[1 2]",
        "[1,2]",
        "{}",
        "{\"a\":1}",
        "{\"a\":1,\"a\":1}",
        "{\"a\" 1}",
        "{a:1}",
        "{\"a\":1,}",
        "{,}",
        "[[[[]]]]",
        "[}",
        "{]",
        "",
        "1234567890123456789012345678901234567890123456789012345678901234",
        "12345678901234567890123456789012345678901234567890123456789012345",
    ];
    for value in values {
        let text = format!(" {value} ");
        let mut scan = json::scan::Scan::new(&text);
        let passed = scan.skip(0).is_some() && scan.is_at_end();
        let defined = json::parse(&text);
        assert!(!passed || defined.is_ok(), "{value}");
        if let Ok(Raw::Number(_) | Raw::Bool(_) | Raw::Null | Raw::List(_) | Raw::Object(_)) = defined {
            assert!(passed, "{value}");
        }
    }
    for depth in [30, 31, 32, 33, 34] {
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let passed = json::scan::Scan::new(&text).skip(0).is_some();
        assert_eq!(passed, json::parse(&text).is_ok(), "{depth} levels");
    }
}
