//! A request that is read by schema gives what the definition gives, byte for byte, or is left to it.
//!
//! The definition is `Policy::take`, `Policy::decide` and `Policy::answer`. Texts come from every page of
//! `tests/cases`, from the cases of system 000, from the generator, and from all of those after somebody meddled.
#![allow(clippy::disallowed_methods, reason = "these tests read the repository")]
#![allow(unreachable_pub, dead_code, reason = "what the tests share is public to each of them")]

mod support;

use std::path::Path;

use aas::json::{self, MAX_DEPTH};
use aas::policy::{Terms, TextDecider, TextError};
use aas::reader::wire::Placement;
use aas::settings::Manifest;
use aas::source::FileId;
use aas::value::time;
use aas::verify::{Case, Generator};
use aas::{Entities, Facts, Policy, Raw, Settings, SourceSet, pipeline};
use support::page;

/// Numbers from a seed.
struct Source(u64);

impl Source {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// Both ways over one policy.
struct Both {
    policy: Policy,
    sources: SourceSet,
    decider: TextDecider,
    /// Texts that were read by schema, and all.
    plain: usize,
    all: usize,
}

const NOON: i64 = 1_795_003_200_000_000;

impl Both {
    fn new(policy: Policy, sources: SourceSet) -> Self {
        #[cfg(feature = "jit")]
        let policy = policy.with_native().expect("native code");
        let decider = policy.texts(&sources).decider();
        Self { policy, sources, decider, plain: 0, all: 0 }
    }

    /// Asks both ways under all terms; panics where they differ.
    fn ask(&mut self, text: &[u8]) -> bool {
        let none = Entities::none();
        let serving = Terms { now: Some(NOON), entities: Some(&none), ..Terms::default() };
        let testing = Terms { placement: Placement::Tests, start_values: true, now: Some(NOON), entities: None };
        let without_clock = Terms { now: None, ..Terms::default() };
        let mut plain = false;
        for terms in [serving, testing, without_clock] {
            plain |= self.same(text, &terms);
        }
        plain
    }

    /// Whether the text was read by schema.
    fn same(&mut self, text: &[u8], terms: &Terms<'_>) -> bool {
        self.all += 1;
        let shown = || String::from_utf8_lossy(text).chars().take(2_000).collect::<String>();
        let defined = self.policy.take(text, terms).map(|taken| {
            let decision = self.policy.decide(&taken.request, &taken.facts, &taken.entities);
            let asked = (&taken.request, &taken.facts, &*taken.entities);
            let mut line = Vec::new();
            self.policy.answer(&self.sources, asked, &decision).write(&mut line);
            (decision, line, taken.request, taken.facts)
        });
        let tier = self.decider.plain_tier(text, terms);
        let decision = self.decider.plain_decision(text, terms);
        let mut line = Vec::new();
        let answered = self.decider.plain_answer(text, terms, &mut line);
        let whole = self.decider.tier(text, terms);
        match defined {
            Err(why) => {
                assert!(tier.is_none() && decision.is_none() && answered.is_none(), "{why}, but read: {}", shown());
                assert_eq!(whole, Err(why), "{}", shown());
                return false;
            }
            Ok((expected, expected_line, request, facts)) => {
                let told = format!("{}\n{request:?}\n{facts:?}", shown());
                assert_eq!(whole, Ok(expected.tier), "{told}");
                assert!(tier.is_none_or(|tier| tier == expected.tier), "{tier:?}, not {}: {told}", expected.tier);
                assert!(answered.is_none_or(|tier| tier == expected.tier), "{told}");
                if let Some(decision) = &decision {
                    assert_eq!(*decision, expected, "{told}");
                }
                if answered.is_some() {
                    assert_eq!(String::from_utf8_lossy(&line), String::from_utf8_lossy(&expected_line), "{told}");
                } else {
                    assert!(line.is_empty());
                }
            }
        }
        self.plain += usize::from(tier.is_some());
        tier.is_some()
    }
}

/// A request in the wire form as a tree.
fn tree(case: &Case) -> Raw {
    let object = |fields: &[(std::sync::Arc<str>, Raw)]| Raw::Object(fields.to_vec());
    let Facts { agent, session, env, flags, state, observed, now } = &case.facts;
    let (own, rest): (Vec<_>, Vec<_>) = agent.iter().cloned().partition(|(name, _)| &**name == "id");
    let mut facts = vec![("agent".into(), object(&rest)), ("session".into(), object(session))];
    facts.extend([("env".into(), object(env)), ("flags".into(), object(flags)), ("state".into(), object(state))]);
    let mut all = vec![("agent".into(), Raw::Object(own)), ("action".into(), Raw::text(&case.request.action))];
    all.extend([("params".into(), object(&case.request.params)), ("claims".into(), object(&case.request.claims))]);
    all.extend([("observed".into(), object(observed)), ("facts".into(), Raw::Object(facts))]);
    all.extend(now.map(|now| ("now".into(), Raw::text(&time::show_timestamp(now)))));
    Raw::Object(all)
}

/// How a tree is written: with white space, escapes, members in any order.
struct Hand<'s> {
    source: &'s mut Source,
    spaced: bool,
    escaped: bool,
    shuffled: bool,
}

impl Hand<'_> {
    fn space(&mut self, out: &mut String) {
        if self.spaced && self.source.below(3) == 0 {
            out.push_str(self.source.of(&[" ", "\n", "\r\n", "\t", "   "]));
        }
    }

    fn string(&mut self, text: &str, out: &mut String) {
        if !self.escaped || self.source.below(3) > 0 {
            return json::write_string(text, out);
        }
        out.push('"');
        for c in text.chars() {
            let mut units = [0; 2];
            match self.source.below(4) {
                0 => c.encode_utf16(&mut units).iter().for_each(|u| out.push_str(&format!("\\u{u:04x}"))),
                _ if c == '"' || c == '\\' || c < ' ' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
                1 if c == '/' => out.push_str("\\/"),
                _ => out.push(c),
            }
        }
        out.push('"');
    }

    fn write(&mut self, raw: &Raw, out: &mut String) {
        self.space(out);
        match raw {
            Raw::Text(text) => self.string(text, out),
            Raw::List(elements) => {
                out.push('[');
                for (place, element) in elements.iter().enumerate() {
                    out.push_str(if place > 0 { "," } else { "" });
                    self.write(element, out);
                }
                self.space(out);
                out.push(']');
            }
            Raw::Object(members) => {
                let mut order: Vec<usize> = (0..members.len()).collect();
                for place in (1..order.len()).rev().filter(|_| self.shuffled) {
                    order.swap(place, self.source.below(place + 1));
                }
                out.push('{');
                for (place, at) in order.into_iter().enumerate() {
                    out.push_str(if place > 0 { "," } else { "" });
                    self.space(out);
                    self.string(&members[at].0, out);
                    self.space(out);
                    out.push(':');
                    self.write(&members[at].1, out);
                }
                self.space(out);
                out.push('}');
            }
            Raw::Null | Raw::Bool(_) | Raw::Number(_) | Raw::Unavailable(_) => out.push_str(&json::write(raw)),
        }
        self.space(out);
    }
}

fn written(tree: &Raw, source: &mut Source) -> String {
    let [spaced, escaped, shuffled] = [source.below(2) == 0, source.below(3) == 0, source.below(2) == 0];
    let mut out = String::new();
    Hand { source, spaced, escaped, shuffled }.write(tree, &mut out);
    out
}

/// A value that may stand where another is expected.
fn strange(source: &mut Source) -> Raw {
    let number = |text: &str| Raw::Number(text.into());
    let deep = |levels: u32| (0..levels).fold(Raw::List(Vec::new()), |inner, _| Raw::List(vec![inner]));
    match source.below(12) {
        0 => Raw::Null,
        1 => Raw::Bool(source.below(2) == 0),
        2 => number(source.of(&["0", "-0", "1", "-1", "0.5", "1.0", "1e2", "1.5e-3", "-0.000001", "12.50", "100"])),
        3 => number(source.of(&[
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "99999999999999999999999999",
            "0.123456789",
            "0.1234567891",
            "1.0000000000000000001",
            "1e99999",
            "123456789012345678",
            "1234567890123456789",
            "9223372036854.775807",
            "9223372036854.775808",
        ])),
        4 => Raw::text(source.of(&["", "dev", "main", "true", "1", "*", "é😀", "../x", "2026-11-18T12:00:00Z", "5m"])),
        5 => Raw::text(&"x".repeat(source.below(400))),
        6 => Raw::Unavailable("nobody knows".into()),
        7 => Raw::List(vec![Raw::text("a"), Raw::int(1)]),
        8 => Raw::Object(vec![("a".into(), Raw::int(1))]),
        9 => deep(MAX_DEPTH - 6 + source.below(8) as u32),
        10 => Raw::Object(vec![("type".into(), Raw::text("Agent")), ("id".into(), Raw::text("a"))]),
        _ => Raw::text(&"é".repeat(source.below(70_000))),
    }
}

/// Changes something in a tree.
fn meddle(raw: &mut Raw, source: &mut Source, levels: u32) {
    let Raw::Object(members) = raw else {
        *raw = strange(source);
        return;
    };
    let at = source.below(members.len());
    match source.below(if levels == 0 || members.is_empty() { 5 } else { 12 }) {
        0 if !members.is_empty() => drop(members.remove(at)),
        1 if !members.is_empty() => members.push((members[at].0.clone(), strange(source))),
        2 => members
            .push((source.of(&["other", "in", "id", "fields", "$unavailable", "kind", "now"]).into(), strange(source))),
        3 if !members.is_empty() => members[at].1 = strange(source),
        4 if !members.is_empty() => members[at].0 = format!("{}x", members[at].0).into(),
        0..=4 => {}
        _ => meddle(&mut members[at].1, source, levels - 1),
    }
}

/// Changes bytes.
fn damage(text: &mut Vec<u8>, source: &mut Source) {
    if text.is_empty() {
        return;
    }
    let at = source.below(text.len());
    match source.below(7) {
        0 => text.truncate(at),
        1 => drop(text.remove(at)),
        2 => text.insert(
            at,
            *source.of(&[b"{", b"}", b"[", b"]", b"\"", b",", b":", b"0", b"-", b"\\", b" "]).first().unwrap_or(&b' '),
        ),
        3 => text[at] = source.below(256) as u8,
        4 => text.insert(at, 0xff),
        5 => text.extend_from_slice(source.of(&[&b" "[..], b"\n", b"{}", b",", b"\0"])),
        _ => {
            let again = text[at..(at + 9).min(text.len())].to_vec();
            text.splice(at..at, again);
        }
    }
}

/// A text and many that are like it, both ways.
fn around(both: &mut Both, tree: &Raw, source: &mut Source, times: usize) {
    both.ask(json::write(tree).as_bytes());
    for _ in 0..times {
        let mut other = tree.clone();
        for _ in 0..source.below(3) {
            meddle(&mut other, source, 3);
        }
        let mut text = written(&other, source).into_bytes();
        for _ in 0..source.below(3) / 2 {
            damage(&mut text, source);
        }
        both.ask(&text);
    }
}

fn effort() -> usize {
    std::env::var("AAS_MADE_UP").ok().and_then(|n| n.parse().ok()).unwrap_or(2)
}

fn package(folder: &str) -> Both {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let settings = match std::fs::read_to_string(folder.join("aas.toml")) {
        Ok(text) => Manifest::parse(&text, FileId(0)).0.settings,
        Err(_) => Settings::default(),
    };
    let mut paths = Vec::new();
    page::walk(&folder, &mut paths);
    paths.sort();
    let mut sources = SourceSet::default();
    for path in paths {
        sources.add(path.display().to_string(), std::fs::read_to_string(&path).expect("a readable file"));
    }
    let policy = Policy::compile(&sources, &settings).expect("a policy without errors");
    Both::new(policy, sources)
}

/// Fields placed by origin, so that the request needs no policy to be read.
fn placed(both: &Both, text: &str) -> Option<Case> {
    let terms = Terms { placement: Placement::Tests, ..Terms::default() };
    let taken = both.policy.take(text.as_bytes(), &terms).ok()?;
    Some(Case { request: taken.request, facts: taken.facts, entities: Vec::new() })
}

#[test]
fn every_page_is_answered_alike_both_ways() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut source = Source(11);
    let (mut plain, mut all) = (0, 0);
    for page in page::all(&folder) {
        let Some(typed) = pipeline::check(&page.sources, &page.settings).policy else { continue };
        let mut both = Both::new(Policy::from_typed(typed), page.sources);
        for ask in &page.requests {
            both.ask(ask.json.as_bytes());
            if let Some(case) = placed(&both, &ask.json) {
                around(&mut both, &tree(&case), &mut source, effort());
            }
        }
        let policy = both.policy.clone();
        let mut generator = Generator::new(policy.typed(), 0xd1ec7);
        for _ in 0..3 * effort() {
            let case = generator.any();
            if let Ok(entities) = policy.entities(&case.entities) {
                let text = written(&tree(&case), &mut source);
                let terms = Terms { now: Some(NOON), entities: Some(&entities), ..Terms::default() };
                both.same(text.as_bytes(), &terms);
            }
            around(&mut both, &tree(&case), &mut source, 1);
        }
        plain += both.plain;
        all += both.all;
    }
    println!("{plain} of {all} texts were read by schema");
    assert!(all > 10_000 && plain * 5 > all, "too little was reached: {plain} of {all}");
}

#[test]
fn the_cases_of_system_000_are_answered_alike_both_ways() {
    let mut both = package("rules/autonomy");
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requirements/000.jsonl");
    let mut source = Source(12);
    for line in std::fs::read_to_string(cases).expect("the cases").lines() {
        let Ok(Raw::Object(case)) = json::parse(line) else { continue };
        let Some(Raw::Object(request)) = aas::raw::get(&case, "request") else { continue };
        let member = |name: &str| aas::raw::get(request, name).cloned();
        let mut fields = Vec::new();
        for part in ["params", "context"] {
            if let Some(Raw::Object(members)) = member(part) {
                fields.extend(members);
            }
        }
        fields.dedup_by(|a, b| a.0 == b.0);
        let agent = vec![("id".into(), member("agent").unwrap_or(Raw::text("a")))];
        let text = json::write(&Raw::Object(vec![
            ("agent".into(), Raw::Object(agent)),
            ("action".into(), member("action").unwrap_or(Raw::text("code.read"))),
            ("fields".into(), Raw::Object(fields)),
        ]));
        both.ask(text.as_bytes());
        if let Some(case) = placed(&both, &text) {
            around(&mut both, &tree(&case), &mut source, 4 * effort());
        }
    }
    println!("{} of {} texts were read by schema", both.plain, both.all);
    assert!(both.all > 2_000 && both.plain * 5 > both.all, "{} of {}", both.plain, both.all);
}

/// The shape of requests that everything is tuned for.
const RULES: &str = r#"package demo

enum Stage { dev, staging, production }
record Change { file: string, lines: int 0..100, note: string? }
entity Team {}

action deploy also ship {
    service: string[..20]
    lines: int 0..1_000
    cost: decimal = 1.5
    stage: Stage
    urgent: bool = false
    share: ratio?
    change: Change?
    tags: list<string>[..3]?
    labels: map<string, int>?
    script: command?
    owner: Team?
    claimed { sure: bool }
    observed { load: ratio, at: timestamp? }
}

facts agent { trust: decimal 0..100, level: int = 3 }
facts env { name: Stage = dev }

rule small on deploy { green when lines < 100 and stage == dev }
rule large on deploy {
    yellow when lines >= 100
    red when lines >= 500
    because "large"
}
rule known on deploy { yellow when service in { "api", "web" } and agent.trust >= 80 }
guard dear on deploy {
    red when cost * 3 > 100.0 or service == "billing"
    because "dear"
    notify ops
}
guard noted on deploy {
    yellow when has change and change.lines > 50
    because "change of {change.lines} lines"
    redact service
}
guard running on deploy {
    red when has script and script runs "rm"
    because "removes"
}
guard loaded on deploy {
    yellow when load > 0.5
    because "load"
}
approval people on deploy { by people quorum 1 within 1h }
"#;

fn demo() -> Both {
    let sources = SourceSet::single("demo.aasrule", RULES);
    let policy = Policy::compile(&sources, &Settings::default()).unwrap_or_else(|found| {
        panic!("{:#?}", found.iter().filter(|d| d.is_error()).map(|d| (&d.message, &d.help)).collect::<Vec<_>>())
    });
    Both::new(policy, sources)
}

fn asked(params: &str) -> String {
    format!(
        r#"{{"agent":{{"id":"a1","trust":85}},"action":"deploy","params":{{{params}}},"observed":{{"load":0.25}}}}"#
    )
}

const PARAMS: &str = r#""service":"api","lines":600,"cost":12.50,"stage":"staging","urgent":true"#;

#[test]
fn what_is_plain_is_read_by_schema() {
    let mut both = demo();
    for text in [
        asked(PARAMS),
        asked(r#""lines":600,"stage":"dev","service":"api""#),
        asked(r#""lines":1e2,"stage":"dev","service":"\u0061pi \n""#),
        asked(r#""lines":6,"stage":"dev","service":"api","script":"rm -rf '","share":1"#),
        asked(r#""lines":6,"stage":"dev","service":"api","change":{"file":"x","lines":51},"tags":["a","b"],"owner":"x""#),
        r#"{"params":{"lines":1,"stage":"dev","service":"é"},"action":"ship","agent":{"id":"a"}}"#.into(),
        r#" { "facts" : { "agent" : { "trust" : 1 } , "entities" : [ ] } , "agent" : { "id" : "a" } , "action" : "x" } "#.into(),
        r#"{"agent":{"id":"a"},"action":"nobody.declares","params":{"any":[{"thing":null}]},"now":"2026-11-18T12:00Z"}"#.into(),
    ] {
        assert!(both.ask(text.as_bytes()), "{text}");
    }
}

/// Each is refused, or told in words, by the definition.
#[test]
fn what_is_not_plain_is_left_to_the_definition() {
    let mut both = demo();
    let deep = format!(r#"{},"labels":{}1{}"#, PARAMS, r#"{"a":"#.repeat(31), "}".repeat(31));
    let long = "x".repeat(21);
    for text in [
        asked(r#""service":"api","lines":1001,"stage":"dev""#),
        asked(r#""service":"api","lines":-1,"stage":"dev""#),
        asked(r#""service":"api","lines":1.5,"stage":"dev""#),
        asked(r#""service":"api","lines":"1","stage":"dev""#),
        asked(r#""service":"api","lines":01,"stage":"dev""#),
        asked(r#""service":"api","lines":1,"stage":"prod""#),
        asked(r#""service":"api","lines":1,"stage":"Dev""#),
        asked(r#""service":"api","lines":1"#),
        asked(r#""service":"api","lines":1,"lines":1,"stage":"dev""#),
        asked(r#""service":"api","lines":1,"stage":"dev","other":1"#),
        asked(r#""service":"api","lines":1,"stage":"dev","sure":true"#),
        asked(r#""service":"api","lines":null,"stage":"dev""#),
        asked(r#""service":"api","lines":1,"stage":"dev","share":1.5"#),
        asked(r#""service":"api","lines":1,"stage":"dev","change":{"file":"x","file":"y","lines":1}"#),
        asked(r#""service":"api","lines":1,"stage":"dev","change":{"file":"x","lines":101}"#),
        asked(r#""service":"api","lines":1,"stage":"dev","tags":["a","b","c","d"]"#),
        asked(&format!(r#""service":"{long}","lines":1,"stage":"dev""#)),
        asked(&deep),
        asked(PARAMS) + "x",
        asked(PARAMS).replace("a1", ""),
        asked(PARAMS).replace(r#""id":"a1","#, ""),
        asked(PARAMS).replace(r#""id":"a1""#, r#""id":"a1","in":[]"#),
        asked(PARAMS).replace(r#""id":"a1""#, r#""id":"a1","unknown":1"#),
        asked(PARAMS).replace(r#""load":0.25"#, r#""load":0.25,"unknown":1"#),
        asked(PARAMS).replace("observed", "fields"),
        r#"{"agent":{"id":"a"},"facts":{"agent":{"id":"a"}},"action":"x"}"#.into(),
        r#"{"facts":{"agent":{"id":"a"}},"agent":{},"action":"x"}"#.into(),
        r#"{"agent":{"id":"a"},"action":"x","facts":{"entities":[{"type":"Team","id":"t"}]}}"#.into(),
        r#"{"agent":{"id":"a"},"action":"x","now":"noon"}"#.into(),
        r#"{"agent":{"id":"a"},"action":"x","params":{"a":1,"a":2}}"#.into(),
        r#"{"params":{"lines":1,"stage":"dev","service":"é"]},"action":"ship","agent":{"id":"a"}}"#.into(),
        r#"{"params":{"lines":1,"stage":"dev","service":"é"},"action":"ship"}"#.into(),
        r#"{"agent":{"id":"a"},"params":{}}"#.into(),
        format!(r#"{{"agent":{{"id":"a"}},"action":"{}"}}"#, "x".repeat(1025)),
        "{}".into(),
        "[]".into(),
        String::new(),
    ] {
        assert!(!both.ask(text.as_bytes()), "{text}");
    }
    assert!(!both.ask(b"{\"agent\":{\"id\":\"\xff\"},\"action\":\"x\"}"));
}

#[test]
fn every_way_of_meddling_ends_alike() {
    let mut both = demo();
    let mut source = Source(13);
    for text in [asked(PARAMS), asked(r#""service":"api","lines":5,"stage":"dev","change":{"file":"x","lines":60}"#)] {
        let tree = json::parse(&text).expect("JSON");
        around(&mut both, &tree, &mut source, 600 * effort());
        // Every beginning of it, and every byte of it changed.
        for at in 0..text.len() {
            both.ask(&text.as_bytes()[..at]);
            for byte in *b"{}[]\",:0-\\ x\x01\xff" {
                let mut other = text.clone().into_bytes();
                other[at] = byte;
                both.ask(&other);
            }
        }
    }
    println!("{} of {} texts were read by schema", both.plain, both.all);
    assert!(both.plain * 10 > both.all, "{} of {}", both.plain, both.all);
}

#[test]
fn a_host_that_knows_the_entities_takes_none_from_a_request() {
    let mut both = demo();
    let none = Entities::none();
    let terms = Terms { entities: Some(&none), ..Terms::default() };
    let text = br#"{"agent":{"id":"a"},"action":"x","facts":{"entities":[{"type":"Team","id":"t"}]}}"#;
    let refused = both.decider.tier(text, &terms).expect_err("its own entities");
    assert!(matches!(refused, TextError::Wire(_)) && refused.to_string().contains("brings none"), "{refused}");
    assert!(!both.same(text, &terms));
}
