//! Many rules on one action: what a tier and a whole decision cost as the rules grow from 10 to 10,000.
//!
//! Each family tells its rules apart in another way; a request matches at most eight of them. Requests are read
//! before, and 64 of them are asked in turn, so that an index is not always asked for the same. The table at the
//! end says how the cost grew beside 10 rules.
#![allow(clippy::disallowed_methods, reason = "a bench looks at the clock")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use aas::check::typed::RawEntity;
use aas::interp::{self, Scene};
use aas::jit::{self, Options};
use aas::plan::{self, Choice, Read, Run, Scratch, Walker};
use aas::reader::Bound;
use aas::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet, graph};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const REQUESTS: usize = 64;
const FAMILIES: [&str; 11] =
    ["equal", "set", "range", "prefix", "suffix", "path", "mixed", "entity", "guard", "glob", "regex"];

/// A few bits from a number.
fn mix(n: usize) -> usize {
    (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) & 0x7fff_ffff
}

/// What the rule `i` of a family asks.
fn condition(family: &str, i: usize) -> String {
    match family {
        "equal" | "guard" => format!("service == \"svc-{i:05}\""),
        "set" => format!("service in {{\"svc-{:05}\", \"svc-{:05}\", \"svc-{:05}\"}}", i, i + 1, i + 2),
        "range" => format!("lines >= {} and lines < {}", i * 100, i * 100 + 250),
        "prefix" => format!("service starts with \"area{:05}/{}\"", i / 4, ["", "a/", "a/b/", "a/b/c/"][i % 4]),
        "suffix" => format!("service ends with \"-{i:05}\""),
        "path" if i.is_multiple_of(2) => format!("file like \"part{:05}/**\"", i / 2),
        "path" => format!("file like \"**/file{:05}.lock\"", i / 2),
        "mixed" => match i % 4 {
            0 => format!("service == \"svc-{i:05}\" and lines < 500000"),
            1 => format!("service in {{\"svc-{:05}\", \"svc-{:05}\"}} and passed", i - 1, i),
            2 => format!("lines >= {} and lines < {} and not passed", i * 100, i * 100 + 250),
            _ => format!("service starts with \"svc-{i:05}\" and file like \"src/**\""),
        },
        "entity" => format!("folder in Folder(\"f{i}\")"),
        "glob" => format!("service like \"*-x{i:05}-*\""),
        "regex" => format!("service matches /x{i:05}-[0-9]+$/"),
        other => unreachable!("{other} is no family"),
    }
}

fn sources(family: &str, n: usize) -> SourceSet {
    let mut set = SourceSet::default();
    let fields = match family {
        "entity" => "entity Folder in Folder\n\naction tool.call { folder: Folder }\n",
        _ => "action tool.call { service: string  file: path  observed { lines: int 0..10_000_000, passed: bool } }\n",
    };
    set.add("vocabulary.aasrule", format!("package demo\n\n{fields}"));
    let tiers = ["green", "yellow", "green", "red", "yellow"];
    for (part, rules) in (0..n).collect::<Vec<_>>().chunks(2_000).enumerate() {
        let mut text = String::from("package demo\n");
        for i in rules {
            let kind = if family == "guard" { "guard" } else { "rule" };
            let tier = tiers[i % 5];
            let because = if family == "guard" || tier == "red" { "\n    because \"It is so.\"" } else { "" };
            let when = condition(family, *i);
            let _ = write!(text, "\n{kind} r{i:05} on tool.call {{\n    when {when}\n    {tier}{because}\n}}\n");
        }
        set.add(format!("rules{part}.aasrule"), text);
    }
    set
}

/// The request `k`: three of four are near a rule.
fn request(family: &str, n: usize, k: usize) -> (Request, Facts) {
    let near = mix(k + 1) % n + if k.is_multiple_of(4) { n } else { 0 };
    let request = match family {
        "entity" => return (Request::new("tool.call").param("folder", Raw::text(&format!("f{near}"))), facts(0, true)),
        "prefix" => Request::new("tool.call").param("service", Raw::text(&format!("area{:05}/a/b/x", near / 4))),
        "suffix" => Request::new("tool.call").param("service", Raw::text(&format!("east-{near:05}"))),
        "glob" | "regex" => Request::new("tool.call")
            .param("service", Raw::text(&format!("team-{}-x{near:05}-{}", k % 7, mix(k) % 100))),
        _ => Request::new("tool.call").param("service", Raw::text(&format!("svc-{near:05}"))),
    };
    let file = if family == "path" {
        format!("part{:05}/src/file{:05}.lock", near / 2, mix(k + 7) % n / 2)
    } else {
        "src/lib.rs".into()
    };
    (request.param("file", Raw::text(&file)), facts(near * 100 + 50, !k.is_multiple_of(3)))
}

fn facts(lines: usize, passed: bool) -> Facts {
    let facts = Facts::of_agent("bot").at(1_795_000_000_000_000);
    facts.observed("lines", Raw::int(lines as i64)).observed("passed", Raw::Bool(passed))
}

/// A tree of folders that the rules speak about, and one beside it.
fn folders(policy: &Policy, n: usize) -> Entities {
    let one = |i: usize| RawEntity {
        ty: "Folder".into(),
        id: format!("f{i}").into(),
        parents: if i.is_multiple_of(n) {
            vec![]
        } else {
            vec![("Folder".into(), format!("f{}", i / n * n + (i % n - 1) / 8).into())]
        },
        attributes: Default::default(),
    };
    policy.entities(&(0..2 * n).map(one).collect::<Vec<_>>()).expect("a tree")
}

/// A policy with what is needed to ask it.
struct Case {
    policy: Policy,
    entities: Entities,
    bound: Vec<Bound>,
}

fn case(family: &str, n: usize) -> Case {
    let policy = Policy::compile(&sources(family, n), &Settings::default()).expect("rules without errors");
    let entities = if family == "entity" { folders(&policy, n) } else { Entities::none() };
    let bound = (0..REQUESTS)
        .map(|k| {
            let (request, mut facts) = request(family, n, k);
            if family == "entity" {
                facts = Facts::of_agent("bot");
            }
            Bound::new(policy.typed(), &request, &facts)
        })
        .collect();
    Case { policy, entities, bound }
}

fn families() -> Vec<&'static str> {
    let wanted = std::env::var("AAS_FAMILIES").unwrap_or_default();
    FAMILIES.into_iter().filter(|family| wanted.is_empty() || wanted.split(',').any(|w| w == *family)).collect()
}

/// The quickest of some passes over all requests, in nanoseconds a request.
fn quickest(mut pass: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..400 {
        let start = Instant::now();
        pass();
        best = best.min(start.elapsed().as_nanos() as f64);
    }
    best / REQUESTS as f64
}

fn many_rules(c: &mut Criterion) {
    let mut table: BTreeMap<(usize, &str, &str), Vec<f64>> = BTreeMap::new();
    for (place, family) in families().into_iter().enumerate() {
        let mut group = c.benchmark_group(family);
        for n in SIZES {
            let case = case(family, n);
            let typed = case.policy.typed();
            let start = Instant::now();
            let graph = graph::build(typed);
            let built = start.elapsed();
            let plan = plan::build_with(&graph, Choice::default());
            let planned = start.elapsed() - built;
            let code = jit::compile(&plan, &Options { verify: false, ..Options::default() }).expect("native code");
            let compiled = start.elapsed() - built - planned;
            println!("{family} {n}: graph {built:?}, plan {planned:?}, native code {compiled:?}");
            let reads: Vec<Read<'_>> =
                case.bound.iter().map(|bound| Read { policy: typed, bound, entities: &case.entities }).collect();
            agree(&case, &plan, &code, &reads);
            let engines: [(&str, &dyn Run); 2] = [("walked", &Walker), ("native", &code)];
            for (name, engine) in engines {
                let mut scratch = Scratch::default();
                let mut tiers = || {
                    for read in &reads {
                        std::hint::black_box(plan::tier(&plan, typed, engine, read, &mut scratch));
                    }
                };
                table.entry((place, family, name)).or_default().push(quickest(&mut tiers));
                group.bench_function(BenchmarkId::new(format!("tier {name}"), n), |b| b.iter(&mut tiers));
                let mut scratch = Scratch::default();
                let mut whole = || {
                    for read in &reads {
                        std::hint::black_box(plan::decide(&plan, typed, engine, read, &mut scratch).tier);
                    }
                };
                let name = if name == "walked" { "walked, whole" } else { "native, whole" };
                table.entry((place, family, name)).or_default().push(quickest(&mut whole));
                group.bench_function(BenchmarkId::new(format!("decision {name}"), n), |b| b.iter(&mut whole));
            }
        }
        group.finish();
    }
    println!("\n{:28}{}", "ns a request", SIZES.map(|n| format!("{n:>10}")).concat());
    for ((_, family, name), all) in table {
        let numbers: String = all.iter().map(|ns| format!("{ns:>10.1}")).collect();
        println!("{:28}{numbers}   x {:.2}", format!("{family}, {name}"), all[all.len() - 1] / all[0]);
    }
}

/// Every engine says what the language says, or its time means nothing; at most eight rules match.
fn agree(case: &Case, plan: &plan::Plan, code: &dyn Run, reads: &[Read<'_>]) {
    let typed = case.policy.typed();
    let mut matched = 0;
    for read in reads.iter().take(if typed.items.len() > 1_000 { 8 } else { REQUESTS }) {
        let meant = interp::decide(&Scene::new(typed, read.bound, read.entities)).tier;
        let mut scratch = Scratch::default();
        assert_eq!(plan::decide(plan, typed, &Walker, read, &mut scratch).tier, meant);
        assert_eq!(plan::decide(plan, typed, code, read, &mut scratch).tier, meant);
        let held = scratch.outcomes(plan).items.iter().filter(|item| item.counts()).count();
        assert_eq!(plan::tier(plan, typed, code, read, &mut scratch), meant);
        assert!(held <= 8, "{held} rules match");
        matched += held;
    }
    assert!(matched > 0, "no request matches");
}

criterion_group!(benches, many_rules);
criterion_main!(benches);
