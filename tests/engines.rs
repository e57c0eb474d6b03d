//! Interpreter, plan and native code give one decision for one request, over the shipped rules.
//!
//! Requests are drawn from the rules' own words: every text and number that stands in them, and their neighbours.
#![allow(clippy::disallowed_methods, reason = "these tests read the shipped rules")]

use std::path::{Path, PathBuf};

use aas::check::typed::TypedPolicy;
use aas::decision::Engine;
use aas::types::{FieldDef, Origin, Type};
use aas::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet};

/// Numbers from a seed.
struct Source(u64);

impl Source {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What may stand in fields.
struct Words {
    texts: Vec<String>,
    numbers: Vec<i64>,
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "aasrule") {
            out.push(path);
        }
    }
}

fn shipped(package: &str) -> (SourceSet, String) {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(package), &mut paths);
    let mut set = SourceSet::default();
    let mut all = String::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        all.push_str(&text);
        set.add(path.display().to_string(), text);
    }
    (set, all)
}

fn words(text: &str) -> Words {
    let mut texts: Vec<String> =
        text.split('"').skip(1).step_by(2).map(str::to_string).filter(|t| t.len() < 60).collect();
    texts.extend(
        ["", "main", "src/.env", "workspace/a.rs", "https://169.254.169.254/x", "git push -f", "1.2.3"]
            .map(String::from),
    );
    let mut numbers = vec![0, 1, -1, i64::MAX];
    for part in text.split(|c: char| !c.is_ascii_digit() && c != '_') {
        if let Ok(n) = part.replace('_', "").parse::<i64>() {
            numbers.extend([n - 1, n, n + 1]);
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    texts.sort();
    texts.dedup();
    Words { texts, numbers }
}

fn value(source: &mut Source, policy: &TypedPolicy, ty: &Type, words: &Words) -> Raw {
    match ty.required() {
        Type::Bool => Raw::Bool(source.below(2) == 0),
        Type::Int => Raw::int(*source.of(&words.numbers)),
        Type::Decimal | Type::Ratio | Type::Percent => {
            let n = *source.of(&words.numbers);
            Raw::Number(format!("{}{}", n % 1_000_000, [".00", ".5", ".000001", ""][source.below(4)]).into())
        }
        Type::Enum(id) => {
            let variants = &policy.types.enum_def(*id).variants;
            Raw::text(variants[source.below(variants.len())].as_ref())
        }
        Type::List(of) | Type::Set(of) => {
            Raw::List((0..source.below(4)).map(|_| value(source, policy, of, words)).collect())
        }
        Type::Duration => Raw::text(["1s", "5m", "1h", "3d"][source.below(4)]),
        Type::Timestamp => Raw::text(["2026-11-20T12:00:00Z", "2026-11-21T03:00:00Z"][source.below(2)]),
        Type::Record(id) => {
            let fields = &policy.types.record(*id).fields;
            Raw::Object(fields.iter().map(|f| (f.name.clone(), value(source, policy, &f.ty.ty, words))).collect())
        }
        _ => Raw::text(&words.texts[source.below(words.texts.len())]),
    }
}

/// A value, or what a careless host might send.
fn given(source: &mut Source, policy: &TypedPolicy, field: &FieldDef, words: &Words) -> Option<Raw> {
    match source.below(if field.origin == Origin::Parameter { 60 } else { 12 }) {
        0 => None,
        1 if field.origin != Origin::Parameter => Some(Raw::Unavailable("down".into())),
        2 if field.origin != Origin::Parameter => Some(Raw::Null),
        _ => Some(value(source, policy, &field.ty.ty, words)),
    }
}

fn draw(source: &mut Source, policy: &TypedPolicy, words: &Words) -> (Request, Facts) {
    let unknown = source.below(8) == 0;
    let action = source.of(&policy.actions);
    let name = if unknown {
        source.of(&["deploy.moon", "x", "audit.delete.all", "secrets.read.me"]).to_string()
    } else {
        action.name.to_string()
    };
    let mut request = Request::new(&name);
    let mut facts = Facts::of_agent("devops-1");
    if source.below(4) > 0 {
        facts = facts.at(1_795_000_000_000_000 + source.below(1_000_000) as i64 * 1_000_000);
    }
    for field in &action.fields {
        let Some(raw) = given(source, policy, field, words) else { continue };
        match field.origin {
            Origin::Parameter => request = request.param(&field.name, raw),
            Origin::Claimed => request = request.claim(&field.name, raw),
            Origin::Observed => facts = facts.observed(&field.name, raw),
        }
    }
    for field in policy.facts.agent.iter().filter(|f| &*f.name != "id") {
        if let Some(raw) = given(source, policy, field, words) {
            facts = facts.agent(&field.name, raw);
        }
    }
    for field in &policy.facts.env {
        if let Some(raw) = given(source, policy, field, words) {
            facts = facts.env(&field.name, raw);
        }
    }
    for field in &policy.facts.session {
        if let Some(raw) = given(source, policy, field, words) {
            facts = facts.session(&field.name, raw);
        }
    }
    for flag in &policy.flags {
        if source.below(5) > 0 && flag.keys.is_empty() {
            facts = facts.flag(&flag.name, value(source, policy, &flag.ty.ty, words));
        }
    }
    (request, facts)
}

#[test]
fn three_engines_give_one_decision() {
    let (set, text) = shipped("autonomy");
    let policy = match Policy::compile(&set, &Settings::default()) {
        Ok(policy) => policy,
        Err(found) => panic!("{:?}", found.iter().filter(|d| d.is_error()).map(|d| &d.message).collect::<Vec<_>>()),
    };
    #[cfg(feature = "jit")]
    let policy = policy.with_native().unwrap();
    let words = words(&text);
    let entities = Entities::none();
    let mut source = Source(7);
    let mut tiers = [0; 4];
    let mut erred = 0;
    for _ in 0..6_000 {
        let (request, facts) = draw(&mut source, policy.typed(), &words);
        // Nothing has happened yet, mostly; where nobody says so, every floor with a memory holds.
        let facts = if source.below(4) > 0 { policy.with_start_values(&facts) } else { facts };
        let expected = policy.decide_with(Engine::Interp, &request, &facts, &entities);
        tiers[expected.tier as usize] += 1;
        erred += usize::from(!expected.errors.is_empty());
        for engine in [Engine::Plan, Engine::Jit] {
            let mut made = policy.decide_with(engine, &request, &facts, &entities);
            #[cfg(feature = "jit")]
            assert_eq!(made.engine, engine);
            made.engine = Engine::Interp;
            assert_eq!(made, expected, "{engine:?}\n{request:?}\n{facts:?}");
        }
    }
    assert!(tiers.iter().filter(|n| **n > 0).count() >= 3 && erred > 100, "too little was reached: {tiers:?}, {erred}");
}

#[test]
fn the_policy_of_the_fuzz_targets_compiles() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/targets/policy.aasrule");
    let text = std::fs::read_to_string(path).expect("the policy of the target");
    let found = Policy::compile(&SourceSet::single("policy.aasrule", text), &Settings::default());
    assert!(found.is_ok(), "{:?}", found.err());
}
