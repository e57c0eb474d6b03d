//! How long a policy set takes to get ready: from text to a plan that serves, to native code, and after a change.
//!
//! Sizes and shapes are those of `sets`; `examples/load.rs` shows the same phase by phase, with memory.

use aas::{Policy, Settings, SourceSet, Workspace};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

mod sets;

fn settings() -> Settings {
    Settings { package: "load".into(), ..Settings::default() }
}

fn to_a_plan(c: &mut Criterion) {
    let mut group = c.benchmark_group("text to plan");
    group.sample_size(10);
    for shape in sets::Shape::ALL {
        for rules in [100, 1_000, 10_000] {
            let sources = shape.set(rules);
            group.bench_function(BenchmarkId::new(shape.name(), rules), |b| {
                b.iter(|| Policy::compile(&sources, &settings()).expect("no errors"));
            });
        }
    }
    group.finish();
}

fn to_native_code(c: &mut Criterion) {
    let mut group = c.benchmark_group("plan to native code, validated");
    group.sample_size(10);
    for shape in sets::Shape::ALL {
        for rules in [100, 1_000] {
            let policy = Policy::compile(&shape.set(rules), &settings()).expect("no errors");
            group.bench_function(BenchmarkId::new(shape.name(), rules), |b| {
                b.iter(|| policy.clone().with_native().expect("native code"));
            });
        }
    }
    group.finish();
}

fn after_a_change(c: &mut Criterion) {
    let mut group = c.benchmark_group("one file changed");
    group.sample_size(10);
    for shape in sets::Shape::ALL {
        let mut files = shape.files(10_000);
        let mut workspace = Workspace::new(settings());
        let mut round = 0;
        group.bench_function(BenchmarkId::new(shape.name(), 10_000), |b| {
            b.iter(|| {
                let (place, text) = sets::changed(&files, round);
                files[place].1 = text;
                round += 1;
                let mut set = SourceSet::default();
                for (name, text) in &files {
                    set.add(name, text.clone());
                }
                workspace.compile(&set).expect("no errors")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, to_a_plan, to_native_code, after_a_change);
criterion_main!(benches);
