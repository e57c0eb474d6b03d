//! What a decision costs: reading aside, by the walker and by native code, tier only and whole.
#![allow(clippy::disallowed_methods, reason = "a bench reads the rules that it measures")]

use std::path::{Path, PathBuf};

use aas::interp::{self, Scene};
use aas::jit::{self, Options};
use aas::plan::{self, Read, Run, Scratch, Walker};
use aas::reader::Bound;
use aas::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet, graph};
use criterion::{Criterion, criterion_group, criterion_main};

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
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &mut paths);
    let mut set = SourceSet::default();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        set.add(path.display().to_string(), text);
    }
    set
}

fn decisions(c: &mut Criterion) {
    let policy = Policy::compile(&shipped(), &Settings::default()).expect("rules without errors");
    let typed = policy.typed();
    let plan = plan::build(&graph::build(typed));
    let code = jit::compile(&plan, &Options { verify: false, ..Options::default() }).expect("native code");
    let request = Request::new("git.merge").param("branch", Raw::text("feature/x"));
    let facts = Facts::of_agent("devops-1").at(1_795_000_000_000_000);
    let facts = policy.with_start_values(&facts);
    let entities = Entities::none();
    let bound = Bound::new(typed, &request, &facts);
    let read = Read { policy: typed, bound: &bound, entities: &entities };
    let mut group = c.benchmark_group("git.merge");
    group.bench_function("read", |b| b.iter(|| Bound::new(typed, &request, &facts)));
    group.bench_function("interp", |b| b.iter(|| interp::decide(&Scene::new(typed, &bound, &entities)).tier));
    let engines: [(&str, &dyn Run); 2] = [("plan", &Walker), ("jit", &code)];
    for (name, engine) in engines {
        let mut scratch = Scratch::default();
        group.bench_function(format!("{name} tier"), |b| {
            b.iter(|| plan::tier(&plan, typed, engine, &read, &mut scratch));
        });
        group.bench_function(format!("{name} decision"), |b| {
            b.iter(|| plan::decide(&plan, typed, engine, &read, &mut scratch).tier);
        });
        let (unit, frame, out) = {
            let (unit, frame, out) = scratch.last().next().expect("a declared action");
            (unit, frame.clone(), out.clone())
        };
        let mut out = out;
        group.bench_function(format!("{name} frame to tier"), |b| {
            b.iter(|| {
                out.clear(plan.unit(unit).rows.len());
                engine.first(&plan, unit, &frame, &mut out);
                engine.second(&plan, unit, &frame, &mut out);
                out.tier()
            });
        });
    }
    group.finish();
    c.bench_function("build the plan", |b| b.iter(|| plan::build(&graph::build(typed))));
    let quick = Options { verify: false, ..Options::default() };
    c.bench_function("make native code", |b| b.iter(|| jit::compile(&plan, &quick).expect("native code")));
}

criterion_group!(benches, decisions);
criterion_main!(benches);
