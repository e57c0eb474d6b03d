//! Decisions a second of `aasc eval --requests`: `cargo bench -p aasc --bench lines [ROUNDS]`.
//!
//! A file of requests for W1 is answered by one thread and by two, to a file and to nothing, in turns. The program's
//! start and the making of native code are taken off: an empty file is answered in the same round. Beside it runs
//! arithmetic on one core and on two, which says what a second core gives on this machine just now.
#![allow(clippy::disallowed_methods, reason = "it starts processes and threads and looks at the clock")]
#![allow(missing_docs, reason = "a program")]

use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const W1: &str = include_str!("../../../benches/peers/policies/w1.aasrule");
const LINES: usize = 3_000_000;

/// The requests of W1: action, parameters, trust and cost.
const ASKS: [(&str, &str, u32, u32); 12] = [
    ("git.read_log", "{}", 50, 0),
    ("test.run_suite", "{}", 50, 2),
    ("test.run_suite", "{}", 30, 2),
    ("code.write", r#"{"path":"src/api/rate_limit.rs"}"#, 62, 15),
    ("code.write", r#"{"path":"deploy/secrets/db.yaml"}"#, 62, 15),
    ("git.create_pull_request", "{}", 51, 15),
    ("git.merge", r#"{"branch":"feature/rate-limit"}"#, 70, 1),
    ("git.merge", r#"{"branch":"main"}"#, 90, 1),
    ("dependency.update", r#"{"bump":"minor"}"#, 55, 120),
    ("dependency.update", r#"{"bump":"major"}"#, 55, 5),
    ("audit.delete", "{}", 99, 0),
    ("calendar.create_event", "{}", 50, 0),
];

fn requests(lines: usize) -> String {
    let mut text = String::new();
    for (action, params, trust, cost) in ASKS.iter().cycle().take(lines) {
        let agent = format!(r#"{{"id":"builder-1","trust":{trust}}}"#);
        let _ =
            writeln!(text, r#"{{"agent":{agent},"action":"{action}","params":{params},"observed":{{"cost":{cost}}}}}"#);
    }
    text
}

struct Bench {
    rules: PathBuf,
    full: PathBuf,
    empty: PathBuf,
    out: PathBuf,
}

impl Bench {
    fn run(&self, requests: &Path, threads: u16, to_file: bool) -> Duration {
        let out = if to_file { File::create(&self.out).expect("a file").into() } else { Stdio::null() };
        let started = Instant::now();
        let done = Command::new(env!("CARGO_BIN_EXE_aasc"))
            .args(["eval", "--threads", &threads.to_string(), "--rules"])
            .arg(&self.rules)
            .arg("--requests")
            .arg(requests)
            .stdout(out)
            .stderr(Stdio::null())
            .status()
            .expect("the program can be started");
        assert!(done.success());
        started.elapsed()
    }

    /// Decisions a second, in millions.
    fn rate(&self, threads: u16, to_file: bool) -> f64 {
        let empty = self.run(&self.empty, threads, to_file);
        let full = self.run(&self.full, threads, to_file);
        LINES as f64 / full.saturating_sub(empty).as_secs_f64() / 1e6
    }
}

/// How much arithmetic so many threads do in a second.
fn arithmetic(threads: usize) -> f64 {
    const STEPS: u64 = 300_000_000;
    let work = || (0..STEPS).fold(1_u64, |sum, n| black_box(sum.wrapping_mul(6_364_136_223_846_793_005) ^ n));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    STEPS as f64 * threads as f64 / started.elapsed().as_secs_f64()
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    all[all.len() / 2]
}

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(7);
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let bench = Bench { rules: at("w1.aasrule"), full: at("full"), empty: at("empty"), out: at("out") };
    std::fs::write(&bench.rules, W1).expect("a file");
    std::fs::write(&bench.full, requests(LINES)).expect("a file");
    std::fs::write(&bench.empty, "").expect("a file");
    let mut rates: [Vec<f64>; 4] = Default::default();
    let mut control = Vec::new();
    for _ in 0..rounds {
        for (place, (threads, to_file)) in [(1, false), (2, false), (1, true), (2, true)].into_iter().enumerate() {
            rates[place].push(bench.rate(threads, to_file));
        }
        control.push(arithmetic(2) / arithmetic(1));
    }
    let [one, two, one_file, two_file] = rates.map(median);
    println!("{rounds} rounds of {LINES} requests; millions of decisions a second by the clock, medians");
    println!("to nothing: one thread {one:.2}, two {two:.2}: {:.2} times", two / one);
    println!("to a file:  one thread {one_file:.2}, two {two_file:.2}: {:.2} times", two_file / one_file);
    println!("arithmetic: {:.2} times", median(control));
}
