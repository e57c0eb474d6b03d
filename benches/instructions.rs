//! Instructions of a decision, counted by callgrind: the same on a quiet machine and on a busy one.
//!
//! Each decision is made a number of times and then twice as often in a process under callgrind; the difference is
//! what the further ones took. Only what happens inside `repeat` is counted: making the policy takes a million times as
//! much, and never quite the same, since tables that are hashed by random keys grow otherwise each time. `instructions.txt` beside this file keeps the
//! counts. Without arguments they are counted and compared with it: more than 2 % off in either direction is an error,
//! for a gain belongs into the table as much as a loss is to be looked at. `--write` writes the table anew. Needs valgrind.
//!
//! The counts are those of the profile `counted`. They depend on the compiler, and on whether the processor has AVX2,
//! which valgrind shows to the program as it is: the table names both, and under others nothing is compared. The
//! environment is left out, and nothing else of a machine is seen.
#![allow(clippy::disallowed_methods, reason = "a bench starts processes and reads files")]
#![allow(clippy::unwrap_used, reason = "a bench may stop")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};

use aas::decision::Engine;
use aas::form::{Fields, Form};
use aas::policy::Terms;
use aas::{Entities, Facts, Policy, Request, Settings, SourceSet};
use shapes::{BranchOnly, CostOnly, PathOnly, W1, W2};
use workload::{Ask, Workload, aasrule, w1, w2, w4};

#[path = "peers/engines/native/src/shapes.rs"]
#[allow(dead_code, reason = "the benches beside the peers use them all")]
mod shapes;

/// How many times a decision is made in the shorter of two runs.
const TIMES: u64 = 2_000;
/// Percent that a count may be off.
const NOISE: f64 = 2.0;
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.txt");

/// One kind of decision: makes what it needs, then decides so many times over all requests of its workload.
type Case = (&'static str, fn(u64));

const CASES: [Case; 16] = [
    ("W1 by hand", |n| repeat(n, &w1::workload().asks, w1::by_hand)),
    ("W1 tier, action resolved", |n| resolved(n, w1::workload(), W1)),
    ("W1 tier", |n| tier(n, w1::workload(), W1, true)),
    ("W1 tier, walked", |n| tier(n, w1::workload(), W1, false)),
    ("W1 decision", |n| decision(n, w1::workload(), W1)),
    ("W1 decision of an untyped request", |n| untyped(n, Engine::Jit)),
    ("W1 decision of an untyped request, interpreted", |n| untyped(n, Engine::Interp)),
    ("W1 from JSON to a tier", |n| json(n, false)),
    ("W1 from JSON to JSON", |n| json(n, true)),
    ("W2 tier, 1,000 rules", |n| tier(n, w2::workload(1_000), W2, true)),
    ("W2 decision, 1,000 rules", |n| decision(n, w2::workload(1_000), W2)),
    ("one action, 1,000 rules by equality", |n| tier(n, w4::workload(w4::Family::Equal, 1_000), PathOnly, true)),
    ("one action, 1,000 rules by sets", |n| tier(n, w4::workload(w4::Family::Set, 1_000), BranchOnly, true)),
    ("one action, 1,000 rules by ranges", |n| tier(n, w4::workload(w4::Family::Range, 1_000), CostOnly, true)),
    ("one action, 1,000 rules by prefixes", |n| tier(n, w4::workload(w4::Family::Prefix, 1_000), PathOnly, true)),
    ("one action, 1,000 rules by paths", |n| tier(n, w4::workload(w4::Family::Path, 1_000), PathOnly, true)),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [one, name, times] = &*arguments
        && one == "--one"
    {
        let (_, case) = CASES.iter().find(|(known, _)| known == name).expect("a known decision");
        case(times.parse().expect("how many times"));
        return ExitCode::SUCCESS;
    }
    // Cargo asks every bench for its tests too; there are none here.
    if arguments.iter().any(|a| a == "--test" || a == "--list") {
        return ExitCode::SUCCESS;
    }
    let counts = match all() {
        Ok(counts) => counts,
        Err(why) => {
            eprintln!("error: {why}");
            return ExitCode::FAILURE;
        }
    };
    if arguments.iter().any(|a| a == "--write") {
        std::fs::write(TABLE, table(&counts)).expect("a writable table");
    }
    compare(&counts, &std::fs::read_to_string(TABLE).unwrap_or_default())
}

/// The counts of all cases, as many at a time as there are processors: counting does not mind company.
fn all() -> Result<Vec<(&'static str, f64)>, String> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, f64)>, String> {
        let mut counts = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some((name, _)) = CASES.get(place) else { return Ok(counts) };
            counts.push((place, per_round(name)?));
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut counts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let counted = workers.into_iter().map(|worker| worker.join().expect("a thread that counts"));
        counted.collect::<Result<Vec<_>, _>>().map(|all| all.concat())
    })?;
    counts.sort_by_key(|(place, _)| *place);
    Ok(counts.into_iter().map(|(place, count)| (CASES[place].0, count)).collect())
}

/// Instructions of one decision, on average over the requests of its workload.
fn per_round(name: &str) -> Result<f64, String> {
    let (few, many) = (instructions(name, TIMES)?, instructions(name, 2 * TIMES)?);
    Ok(many.saturating_sub(few) as f64 / TIMES as f64)
}

/// Instructions of a whole process that decides so many times.
fn instructions(name: &str, times: u64) -> Result<u64, String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let run = Command::new("valgrind")
        .env_clear()
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=instructions::repeat*"])
        .arg(own)
        .args(["--one", name, &times.to_string()])
        .output()
        .map_err(|e| format!("valgrind does not start ({e}); on Debian: apt-get install valgrind"))?;
    let said = String::from_utf8_lossy(&run.stderr);
    let refs = said.lines().find_map(|line| line.split_once("refs:")).map(|(_, n)| n.trim().replace(',', ""));
    refs.and_then(|n| n.parse().ok()).ok_or_else(|| format!("callgrind counted nothing for {name:?}:\n{said}"))
}

fn table(counts: &[(&str, f64)]) -> String {
    let mut text = String::from(
        "# Instructions of one decision, counted by callgrind: `cargo bench --bench instructions -- --write`\n",
    );
    let _ = writeln!(text, "{}", conditions());
    for (name, count) in counts {
        let _ = writeln!(text, "{count:>10.1}  {name}");
    }
    text
}

/// What counts depend on besides the code, as a line of the table.
fn conditions() -> String {
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(compiler).arg("--version").output().map(|run| run.stdout).unwrap_or_default();
    #[cfg(target_arch = "x86_64")]
    let avx2 = std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    let avx2 = false;
    let vectors = if avx2 { "with AVX2" } else { "without AVX2" };
    format!("# {}, {} {vectors}", String::from_utf8_lossy(&version).trim(), std::env::consts::ARCH)
}

/// Shows all counts beside those of the table; fails where one is off.
fn compare(counts: &[(&str, f64)], table: &str) -> ExitCode {
    let known = |wanted: &str| {
        let line =
            table.lines().find(|line| line.trim_start().split_once("  ").is_some_and(|(_, name)| name == wanted))?;
        line.trim_start().split_once("  ")?.0.parse::<f64>().ok()
    };
    let here = conditions();
    if !table.lines().any(|line| line == here) {
        counts.iter().for_each(|(name, count)| println!("{count:>10.1}  {name}"));
        println!("not compared: the table was made under other conditions than `{}`", &here[2..]);
        return ExitCode::SUCCESS;
    }
    let mut off = 0;
    for (name, count) in counts {
        let (was, change) = known(name)
            .map_or((String::from("-"), None), |was| (format!("{was:.1}"), Some((count - was) / was * 100.0)));
        let verdict = match change {
            Some(change) if change.abs() <= NOISE => "",
            Some(change) if change > 0.0 => "  MORE",
            Some(_) => "  less: write the table anew",
            None => "  not in the table",
        };
        off += usize::from(!verdict.is_empty());
        println!("{count:>10.1} {was:>10} {:>+7.2} %  {name}{verdict}", change.unwrap_or(0.0));
    }
    if off == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {off} of {} counts are more than {NOISE} % from {TABLE}", counts.len());
    ExitCode::FAILURE
}

fn policy(workload: &Workload) -> (Policy, SourceSet) {
    let mut sources = SourceSet::default();
    for (name, text) in aasrule::package(workload).files {
        sources.add(name, text);
    }
    (Policy::compile(&sources, &Settings::default()).expect("rules without errors"), sources)
}

/// Decides so many times, each time another request in turn.
///
/// Callgrind counts from its beginning to its end, so it has to be a function of its own.
#[inline(never)]
fn repeat<I, T>(times: u64, all: &[I], mut of: impl FnMut(&I) -> T) {
    for one in all.iter().cycle().take(times as usize) {
        black_box(of(black_box(one)));
    }
}

fn bound<T: Fields>(workload: Workload, shape: fn(Ask) -> T, native: bool) -> (Form<T>, Vec<T>) {
    let policy = policy(&workload).0;
    let policy = if native { policy.with_native().expect("native code") } else { policy };
    (Form::bind(&policy).expect("declared names"), workload.asks.into_iter().map(shape).collect())
}

fn tier<T: Fields>(times: u64, workload: Workload, shape: fn(Ask) -> T, native: bool) {
    let (mut form, asks) = bound(workload, shape, native);
    let none = Entities::none();
    repeat(times, &asks, |ask| form.tier(ask, &none));
}

fn resolved<T: Fields>(times: u64, workload: Workload, shape: fn(Ask) -> T) {
    let (mut form, asks) = bound(workload, shape, true);
    let none = Entities::none();
    let asks: Vec<_> = asks.into_iter().map(|ask| (form.action(ask.action()).expect("declared"), ask)).collect();
    repeat(times, &asks, |(action, ask)| form.tier_of(*action, ask, &none));
}

fn decision<T: Fields>(times: u64, workload: Workload, shape: fn(Ask) -> T) {
    let (mut form, asks) = bound(workload, shape, true);
    let none = Entities::none();
    repeat(times, &asks, |ask| form.decide(ask, &none).tier());
}

fn untyped(times: u64, engine: Engine) {
    let (form, asks) = bound(w1::workload(), W1, true);
    let none = Entities::none();
    let asks: Vec<(Request, Facts)> = asks.iter().map(|ask| form.request(ask)).collect();
    repeat(times, &asks, |(request, facts)| form.policy().decide_with(engine, request, facts, &none).tier);
}

fn json(times: u64, whole: bool) {
    let workload = w1::workload();
    let (policy, sources) = policy(&workload);
    let policy = policy.with_native().expect("native code");
    let form = Form::<W1>::bind(&policy).expect("declared names");
    let texts: Vec<String> = workload.asks.into_iter().map(|ask| wire(&form, &W1(ask))).collect();
    let none = Entities::none();
    let (mut reader, terms) = (policy.texts(&sources).decider(), Terms { entities: Some(&none), ..Terms::default() });
    let mut out = Vec::new();
    repeat(times, &texts, |text| {
        if whole {
            out.clear();
            reader.answer(text.as_bytes(), &terms, &mut out).expect("a request");
        } else {
            black_box(reader.tier(text.as_bytes(), &terms).expect("a request"));
        }
    });
}

/// A request of W1 as `aasc eval` takes it.
fn wire(form: &Form<W1>, ask: &W1) -> String {
    use aas::Raw;
    let (request, facts) = form.request(ask);
    let members = vec![
        ("agent".into(), Raw::Object(facts.agent)),
        ("action".into(), Raw::Text(request.action)),
        ("params".into(), Raw::Object(request.params)),
        ("observed".into(), Raw::Object(facts.observed)),
    ];
    aas::json::write(&Raw::Object(members))
}
