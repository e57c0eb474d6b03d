//! What a decision costs: two workloads of the benches beside the peers (`just bench`), asked in every way there is,
//! and hand-written code for the same; then the phases before it, on the shipped rules.
#![allow(clippy::disallowed_methods, reason = "a bench reads the rules that it measures")]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use aas::form::{Fields, Form};
use aas::interp::{self, Scene};
use aas::jit::{self, Options};
use aas::plan;
use aas::policy::Terms;
use aas::reader::Bound;
use aas::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet, graph};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use shapes::{W1, W2};
use workload::{Ask, Workload, aasrule, w1};

#[path = "peers/engines/native/src/shapes.rs"]
#[allow(dead_code, reason = "the benches beside the peers use them all")]
mod shapes;

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of rules") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "aasrule") {
            out.push(path);
        }
    }
    out.sort();
}

fn shipped() -> SourceSet {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/autonomy"), &mut paths);
    let mut set = SourceSet::default();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        set.add(path.display().to_string(), text);
    }
    set
}

fn compile(sources: &SourceSet) -> Policy {
    Policy::compile(sources, &Settings::default()).expect("rules without errors")
}

/// One sample: everything once.
fn each<I, T>(all: &[I], mut of: impl FnMut(&I) -> T) {
    for one in all {
        black_box(of(black_box(one)));
    }
}

/// All requests of a workload, in every way to ask.
fn ways<T: Fields>(group: &mut BenchmarkGroup<'_, WallTime>, workload: &Workload, shape: fn(Ask) -> T) {
    let mut sources = SourceSet::default();
    for (name, text) in aasrule::package(workload).files {
        sources.add(name, text);
    }
    let walked = compile(&sources);
    let policy = walked.clone().with_native().expect("native code");
    let asks: Vec<T> = workload.asks.iter().cloned().map(shape).collect();
    let none = Entities::none();
    group.throughput(Throughput::Elements(asks.len() as u64));
    for (name, policy) in [("native", &policy), ("walked", &walked)] {
        let mut form = Form::<T>::bind(policy).expect("declared names");
        group.bench_function(format!("tier, {name}"), |b| {
            b.iter(|| each(&asks, |ask| form.tier(ask, &none)));
        });
        group.bench_function(format!("decision, {name}"), |b| {
            b.iter(|| each(&asks, |ask| form.decide(ask, &none).tier()));
        });
    }
    let mut form = Form::<T>::bind(&policy).expect("declared names");
    let resolved: Vec<_> = asks.iter().map(|ask| (form.action(ask.action()), ask)).collect();
    group.bench_function("tier, action resolved", |b| {
        b.iter(|| {
            each(&resolved, |(action, ask)| match action {
                Some(action) => form.tier_of(*action, ask, &none),
                None => form.tier(ask, &none),
            });
        });
    });
    let untyped: Vec<(Request, Facts)> = asks.iter().map(|ask| form.request(ask)).collect();
    let mut decider = policy.decider();
    group.bench_function("tier, untyped request", |b| {
        b.iter(|| each(&untyped, |(request, facts)| decider.tier(request, facts, &none)));
    });
    // What an explanation adds to the decision that it is of.
    group.bench_function("decision, untyped request", |b| {
        b.iter(|| each(&untyped, |(request, facts)| policy.decide(request, facts, &none)));
    });
    group.bench_function("decision, untyped request, with its reasons", |b| {
        b.iter(|| {
            each(&untyped, |(request, facts)| {
                let decision = policy.decide(request, facts, &none);
                policy.reasons(&sources, (request, facts, &none), &decision)
            });
        });
    });
    let texts: Vec<String> = untyped.iter().zip(&workload.asks).map(|((r, f), ask)| wire(r, f, &ask.agent)).collect();
    let (mut reader, terms) = (policy.texts(&sources).decider(), Terms { entities: Some(&none), ..Terms::default() });
    group.bench_function("tier, from JSON", |b| {
        b.iter(|| each(&texts, |text| reader.tier(text.as_bytes(), &terms).expect("a request")));
    });
    let mut out = Vec::new();
    group.bench_function("from JSON to JSON", |b| {
        b.iter(|| {
            each(&texts, |text| {
                out.clear();
                reader.answer(text.as_bytes(), &terms, &mut out).expect("a request")
            });
        });
    });
}

/// A request as `aasc eval` takes it.
fn wire(request: &Request, facts: &Facts, agent: &str) -> String {
    let mut about = facts.agent.clone();
    if aas::raw::get(&about, "id").is_none() {
        about.push(("id".into(), Raw::text(agent)));
    }
    let members = vec![
        ("agent".into(), Raw::Object(about)),
        ("action".into(), Raw::Text(request.action.clone())),
        ("params".into(), Raw::Object(request.params.clone())),
        ("observed".into(), Raw::Object(facts.observed.clone())),
        ("facts".into(), Raw::Object(vec![("env".into(), Raw::Object(facts.env.clone()))])),
    ];
    aas::json::write(&Raw::Object(members))
}

fn workloads(c: &mut Criterion) {
    let small = w1::workload();
    let mut group = c.benchmark_group("W1");
    group.throughput(Throughput::Elements(small.asks.len() as u64));
    group.bench_function("by hand", |b| {
        b.iter(|| each(&small.asks, w1::by_hand));
    });
    ways(&mut group, &small, W1);
    group.finish();
    for n in [10, 1_000] {
        let mut group = c.benchmark_group(format!("W2, {n} rules"));
        ways(&mut group, &workload::w2::workload(n), W2);
        group.finish();
    }
}

fn phases(c: &mut Criterion) {
    let sources = shipped();
    let policy = compile(&sources);
    let typed = policy.typed();
    let request = Request::new("git.merge").param("branch", Raw::text("feature/x"));
    let facts = Facts::of_agent("devops-1").at(1_795_000_000_000_000);
    let facts = policy.with_start_values(&facts);
    let (bound, entities) = (Bound::new(typed, &request, &facts), Entities::none());
    let mut group = c.benchmark_group("shipped rules");
    group.bench_function("read an untyped request", |b| b.iter(|| Bound::new(typed, &request, &facts)));
    group.bench_function("interpret", |b| b.iter(|| interp::decide(&Scene::new(typed, &bound, &entities)).tier));
    group.bench_function("check and plan", |b| b.iter(|| compile(&sources)));
    let plan = plan::build(&graph::build(typed));
    group.bench_function("build the plan", |b| b.iter(|| plan::build(&graph::build(typed))));
    let quick = Options { verify: false, ..Options::default() };
    group.bench_function("make native code", |b| b.iter(|| jit::compile(&plan, &quick).expect("native code")));
    group.finish();
}

criterion_group!(benches, workloads, phases);
criterion_main!(benches);
