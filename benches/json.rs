//! From JSON bytes to a decision, beside `serde_json` reading the same bytes into a typed struct.
//!
//! Two sets of requests over the rules of W1: as its actions declare them, and *wide*, where every action has all
//! fields and every request says them all. Ratios are told first, all arms in turn within one run; criterion follows.
#![allow(clippy::disallowed_methods, reason = "a bench measures")]
#![allow(dead_code, reason = "the control reads what it does not use, as a program would")]

use std::hint::black_box;
use std::time::Instant;

use aas::form::{Fields, Form, Given};
use aas::policy::{Terms, TextDecider};
use aas::{Entities, Policy, Settings, SourceSet};
use criterion::{Criterion, criterion_group, criterion_main};
use serde::Deserialize;

const W1: &str = include_str!("peers/policies/w1.aasrule");

/// The wire form as a program would declare it that knows nothing of policies.
#[derive(Deserialize)]
struct Wire {
    agent: Agent,
    action: String,
    #[serde(default)]
    params: Params,
    observed: Observed,
}

#[derive(Deserialize)]
struct Agent {
    id: String,
    trust: i64,
}

#[derive(Default, Deserialize)]
struct Params {
    path: Option<String>,
    branch: Option<String>,
    bump: Option<String>,
    place: Option<String>,
}

#[derive(Deserialize)]
struct Observed {
    cost: i64,
}

/// Action, path, branch, bump, trust, cost of the twelve requests of W1.
const ASKS: [(&str, &str, &str, &str, i64, i64); 12] = [
    ("git.read_log", "", "feature/rate-limit", "", 50, 0),
    ("test.run_suite", "tests/", "feature/rate-limit", "", 50, 2),
    ("test.run_suite", "tests/", "feature/rate-limit", "", 30, 2),
    ("code.write", "src/api/rate_limit.rs", "feature/rate-limit", "", 62, 15),
    ("code.write", "deploy/secrets/db.yaml", "feature/rate-limit", "", 62, 15),
    ("git.create_pull_request", "", "feature/rate-limit", "", 51, 15),
    ("git.merge", "", "feature/rate-limit", "", 70, 1),
    ("git.merge", "", "main", "", 90, 1),
    ("dependency.update", "Cargo.toml", "chore/deps", "minor", 55, 120),
    ("dependency.update", "Cargo.toml", "chore/deps", "major", 55, 5),
    ("audit.delete", "/var/audit/log", "", "", 99, 0),
    ("calendar.create_event", "", "", "", 50, 0),
];

struct Arm {
    name: &'static str,
    decider: TextDecider,
    texts: Vec<Vec<u8>>,
}

fn arm(name: &'static str, rules: &str, params: impl Fn(&(&str, &str, &str, &str, i64, i64)) -> String) -> Arm {
    let sources = SourceSet::single("w1.aasrule", rules);
    let policy = Policy::compile(&sources, &Settings::default()).expect("rules without errors");
    let policy = policy.with_native().expect("native code");
    let text = |ask: &(&str, &str, &str, &str, i64, i64)| {
        let (action, .., trust, cost) = ask;
        let agent = format!(r#"{{"id":"builder-1","trust":{trust}}}"#);
        let params = params(ask);
        format!(r#"{{"agent":{agent},"action":"{action}","params":{{{params}}},"observed":{{"cost":{cost}}}}}"#)
            .into_bytes()
    };
    Arm { name, decider: policy.texts(&sources).decider(), texts: ASKS.iter().map(text).collect() }
}

fn arms() -> [Arm; 2] {
    let narrow = arm("w1", W1, |(action, path, branch, bump, ..)| match *action {
        "git.merge" => format!(r#""branch":"{branch}""#),
        "code.write" => format!(r#""path":"{path}""#),
        "dependency.update" => format!(r#""bump":"{bump}""#),
        _ => String::new(),
    });
    let fields = "{ path: string, branch: string, bump: string, place: string, observed cost";
    let wide = W1.replace("{ observed cost", fields);
    let wide =
        ["{ branch: string }", "{ path: string }", "{ bump: string }"].iter().fold(wide, |t, own| t.replace(own, ""));
    let wide = arm("w1 wide", &wide, |(_, path, branch, bump, ..)| {
        format!(r#""path":"{path}","branch":"{branch}","bump":"{bump}","place":"dev""#)
    });
    [narrow, wide]
}

impl Arm {
    fn control(&self) -> usize {
        let read = |text: &Vec<u8>| serde_json::from_slice::<Wire>(text).expect("the wire form").action.len();
        self.texts.iter().map(|text| black_box(read(black_box(text)))).sum()
    }

    fn tiers(&mut self, terms: &Terms<'_>) -> usize {
        let Self { decider, texts, .. } = self;
        texts.iter().map(|text| decider.tier(black_box(text), terms).expect("a request") as usize).sum()
    }

    /// The whole decision, in the decider's own memory.
    fn verdicts(&mut self, terms: &Terms<'_>) -> usize {
        let Self { decider, texts, .. } = self;
        texts.iter().map(|text| decider.plain_verdict(black_box(text), terms).expect("plain").determining.len()).sum()
    }

    fn decisions(&mut self, terms: &Terms<'_>) -> usize {
        let Self { decider, texts, .. } = self;
        texts.iter().map(|text| decider.decide(black_box(text), terms).expect("a request").tier as usize).sum()
    }

    fn answers(&mut self, terms: &Terms<'_>, out: &mut Vec<u8>) -> usize {
        let Self { decider, texts, .. } = self;
        out.clear();
        texts.iter().map(|text| decider.answer(black_box(text), terms, out).expect("a request").tier as usize).sum()
    }

    /// Nanoseconds a request of each way, the least of many rounds in turn.
    fn ratios(&mut self, terms: &Terms<'_>) {
        let mut best = [f64::MAX; 5];
        let mut out = Vec::new();
        for _ in 0..300 {
            for (way, best) in best.iter_mut().enumerate() {
                let begin = Instant::now();
                for _ in 0..50 {
                    black_box(match way {
                        0 => self.control(),
                        1 => self.tiers(terms),
                        2 => self.verdicts(terms),
                        3 => self.decisions(terms),
                        _ => self.answers(terms, &mut out),
                    });
                }
                *best = best.min(begin.elapsed().as_secs_f64() * 1e9 / (50 * self.texts.len()) as f64);
            }
        }
        let [control, tier, verdict, decision, answer] = best;
        println!(
            "{}, {} bytes a request:",
            self.name,
            self.texts.iter().map(Vec::len).sum::<usize>() / self.texts.len()
        );
        println!("  serde_json into a struct {control:7.1} ns");
        for (what, ns) in [("tier", tier), ("decision", verdict), ("kept decision", decision), ("JSON", answer)] {
            println!("  bytes to {what:<15} {ns:7.1} ns, {:.2} of it", ns / control);
        }
    }
}

/// A request of W1 as a program holds it.
#[derive(Clone)]
struct Ask {
    action: String,
    path: String,
    branch: String,
    bump: String,
    trust: i64,
    cost: i64,
}

impl Fields for Ask {
    const NAMES: &'static [&'static str] =
        &["params.path", "params.branch", "params.bump", "agent.trust", "observed.cost"];

    fn action(&self) -> &str {
        &self.action
    }

    fn given(&self, place: usize) -> Given<'_> {
        match place {
            0 => Given::Text(&self.path),
            1 => Given::Text(&self.branch),
            2 => Given::Text(&self.bump),
            3 => Given::Number(self.trust),
            4 => Given::Number(self.cost),
            _ => Given::Absent,
        }
    }
}

/// Many values at once to their tiers.
fn typed(c: &mut Criterion) {
    let policy = Policy::compile(&SourceSet::single("w1.aasrule", W1), &Settings::default()).expect("rules");
    let mut form = Form::<Ask>::bind(&policy.with_native().expect("native code")).expect("names that are declared");
    let own = |(action, path, branch, bump, trust, cost): &(&str, &str, &str, &str, i64, i64)| {
        let [action, path, branch, bump] = [action, path, branch, bump].map(|text| (*text).to_owned());
        Ask { action, path, branch, bump, trust: *trust, cost: *cost }
    };
    let all: Vec<Ask> = ASKS.iter().cycle().take(12_000).map(own).collect();
    let (none, mut out) = (Entities::none(), Vec::new());
    let mut group = c.benchmark_group("w1 typed");
    group.throughput(criterion::Throughput::Elements(all.len() as u64));
    group.bench_function("batch of tiers", |b| {
        b.iter(|| {
            out.clear();
            form.tiers(&all, &none, &mut out);
            out.len()
        });
    });
    group.finish();
}

fn json(c: &mut Criterion) {
    let none = Entities::none();
    let terms = Terms { entities: Some(&none), now: Some(1_795_003_200_000_000), ..Terms::default() };
    for mut arm in arms() {
        for text in &arm.texts {
            assert!(arm.decider.plain_tier(text, &terms).is_some(), "{}", String::from_utf8_lossy(text));
        }
        arm.ratios(&terms);
        let mut group = c.benchmark_group(arm.name);
        group.throughput(criterion::Throughput::Elements(arm.texts.len() as u64));
        group.bench_function("serde_json into a struct", |b| b.iter(|| arm.control()));
        group.bench_function("bytes to tier", |b| b.iter(|| arm.tiers(&terms)));
        group.bench_function("bytes to decision", |b| b.iter(|| arm.verdicts(&terms)));
        group.bench_function("bytes to kept decision", |b| b.iter(|| arm.decisions(&terms)));
        let mut out = Vec::new();
        group.bench_function("bytes to JSON", |b| b.iter(|| arm.answers(&terms, &mut out)));
        group.finish();
    }
}

criterion_group!(benches, json, typed);
criterion_main!(benches);
