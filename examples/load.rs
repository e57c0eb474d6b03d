//! What it costs to get a policy set ready, phase by phase: `load SHAPE RULES [native]`.
//!
//! SHAPE is `wide`, `deep` or `chained`. Prints CPU seconds of each phase, counts, and the peak of memory.
#![allow(clippy::disallowed_methods, reason = "an example that measures")]

use aas::pipeline::Checked;
use aas::{Policy, Settings, SourceSet, Workspace, graph, hir, jit, pipeline, plan, syntax};

#[path = "../benches/load/sets.rs"]
mod sets;

/// Runs a phase and says how long it took.
fn timed<T>(name: &str, phase: impl FnOnce() -> T) -> T {
    let start = processor();
    let made = phase();
    println!("{name:<24} {:>9.3} s   peak {:>6} MiB", processor() - start, peak());
    made
}

/// Seconds that the processor worked for this thread; the clock where the system does not say.
fn processor() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let clock = || std::time::UNIX_EPOCH.elapsed().map_or(0.0, |since| since.as_secs_f64());
    nanoseconds.map_or_else(clock, |n| n as f64 / 1e9)
}

/// The most memory that the process ever had, in MiB; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// What it costs when one rule of one file changes.
fn change(shape: sets::Shape, rules: usize, settings: Settings) {
    let mut files = shape.files(rules);
    let set = |files: &[(String, String)]| {
        let mut set = SourceSet::default();
        for (name, text) in files {
            set.add(name, text);
        }
        set
    };
    let mut workspace = Workspace::new(settings);
    let sources = set(&files);
    let mut policy = timed("source to plan", || workspace.compile(&sources).expect("no errors"));
    for round in 0..8 {
        let (place, text) = sets::changed(&files, round);
        files[place].1 = text;
        let sources = set(&files);
        policy = timed("one file changed", || workspace.compile(&sources).expect("no errors"));
        println!("{:?}", workspace.work());
    }
    println!("{:?}", policy.hash());
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let shape = arguments.first().map_or("wide", String::as_str);
    let rules = arguments.get(1).and_then(|n| n.parse().ok()).unwrap_or(1_000);
    let what = arguments.get(2).map_or("serve", String::as_str);
    let shape = sets::Shape::ALL.into_iter().find(|s| s.name() == shape).expect("wide, deep or chained");
    let sources = shape.set(rules);
    let settings = Settings { package: "load".into(), ..Settings::default() };
    println!("{} rules, {} files, peak {} MiB", rules, sources.len(), peak());
    if what == "phases" {
        let files = timed("parse", || sources.files().map(|(id, _)| syntax::parse(&sources, id).0.into()).collect());
        let (set, _) = timed("resolve", || hir::lower(files, &settings));
        let (typed, findings) = timed("check", || aas::check::check(&set, &sources, &settings));
        for finding in findings.iter().take(3) {
            println!("{:?} {}", finding.code, finding.message);
        }
        let typed = typed.expect("no errors");
        let graph = timed("graph", || graph::build(&typed));
        let plan = timed("plan", || plan::build(&graph));
        drop(graph);
        let code = timed("native", || jit::compile(&plan, &jit::Options::default()).expect("native code"));
        println!("{code:?}");
        timed("validate", || jit::validate_against(&typed, &plan, &code, jit::Effort::default()).expect("equal code"));
        return;
    }
    if what == "change" {
        return change(shape, rules, settings);
    }
    let policy = timed("source to plan", || {
        let Checked { policy, diagnostics, .. } = pipeline::check(&sources, &settings);
        for finding in diagnostics.iter().take(3) {
            println!("{:?} {}", finding.code, finding.message);
        }
        Policy::from_typed(policy.expect("no errors"))
    });
    println!("{} units", policy.plan().units.len());
    if what == "native" {
        timed("native, validated", || policy.with_native().expect("native code"));
    }
}
