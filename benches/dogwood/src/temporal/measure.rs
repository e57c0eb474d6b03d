//! Both engines on the same requests, by turns.
#![allow(clippy::disallowed_methods, reason = "benches measure")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::ours::Ours;
use super::theirs::Theirs;
use super::work::{Asked, Work};

/// Requests before anything is measured.
const HISTORY: usize = 200;
/// Requests that one engine answers before the other does: each finds its own things warm, as it would by itself.
const BLOCK: usize = 100;

/// Times of one engine.
#[derive(Default)]
struct Times {
    decide: Vec<Duration>,
    record: Vec<Duration>,
}

/// What was found for a number of policies.
struct Row {
    policies: usize,
    load: [Duration; 2],
    times: [Times; 2],
    permitted: usize,
}

pub(crate) fn run(sizes: &[usize]) {
    println!("| policies | engine | load | decide: median | p99 | record: median | p99 | decide, times ours |");
    println!("|--:|---|--:|--:|--:|--:|--:|--:|");
    for policies in sizes {
        let mut row = measure(*policies);
        row.print();
    }
}

fn measure(policies: usize) -> Row {
    let begin = Instant::now();
    let mut ours = Ours::load(policies);
    let of_ours = begin.elapsed();
    let begin = Instant::now();
    let mut theirs = Theirs::load(policies);
    let of_theirs = begin.elapsed();
    let mut row = Row { policies, load: [of_ours, of_theirs], times: Default::default(), permitted: 0 };
    let measured = if policies > 1_000 { 400 } else { 2_000 };
    let all: Vec<Asked> = Work::new(policies).take(HISTORY + measured).collect();
    for (at, block) in all.chunks(BLOCK).enumerate() {
        let mut times = [Times::default(), Times::default()];
        let mut verdicts = [Vec::new(), Vec::new()];
        // Who goes first changes, so that what else happens on the machine meets both.
        for engine in if at % 2 == 0 { [0, 1] } else { [1, 0] } {
            verdicts[engine].extend(block.iter().map(|asked| match engine {
                0 => our_turn(&mut ours, asked, &mut times[0]),
                _ => their_turn(&mut theirs, asked, &mut times[1]),
            }));
        }
        for (asked, (ours, theirs)) in block.iter().zip(verdicts[0].iter().zip(&verdicts[1])) {
            assert_eq!(ours, theirs, "{asked:?}, of {policies} policies: our verdict, Dogwood's");
        }
        if at * BLOCK >= HISTORY {
            row.permitted += verdicts[0].iter().filter(|permitted| **permitted).count();
            for (all, one) in row.times.iter_mut().zip(times) {
                all.decide.extend(one.decide);
                all.record.extend(one.record);
            }
        }
    }
    row
}

fn our_turn(ours: &mut Ours, asked: &Asked, times: &mut Times) -> bool {
    let (ask, id, facts, now) = ours.prepare(asked).parts();
    let begin = Instant::now();
    let token = black_box(ours.decide(ask, now));
    times.decide.push(begin.elapsed());
    let Some(token) = token else { return false };
    let begin = Instant::now();
    ours.record(id, token, facts, now);
    times.record.push(begin.elapsed());
    true
}

fn their_turn(theirs: &mut Theirs, asked: &Asked, times: &mut Times) -> bool {
    let (request, response) = Theirs::prepare(asked);
    let begin = Instant::now();
    let allowed = black_box(theirs.decide(&request));
    times.decide.push(begin.elapsed());
    if allowed {
        let begin = Instant::now();
        theirs.record(&response);
        times.record.push(begin.elapsed());
    }
    allowed
}

impl Row {
    fn print(&mut self) {
        let asked = self.times[0].decide.len();
        let ours = at(&mut self.times[0].decide, 50);
        for (engine, name) in ["ours", "Dogwood"].iter().enumerate() {
            let times = &mut self.times[engine];
            let decide = at(&mut times.decide, 50);
            println!(
                "| {} | {name} | {} | {} | {} | {} | {} | {:.1} |",
                self.policies,
                shown(self.load[engine]),
                shown(decide),
                shown(at(&mut times.decide, 99)),
                shown(at(&mut times.record, 50)),
                shown(at(&mut times.record, 99)),
                decide.as_secs_f64() / ours.as_secs_f64(),
            );
        }
        eprintln!(
            "{} policies: {asked} requests with the same verdicts, {} of them permitted",
            self.policies, self.permitted
        );
    }
}

/// The time that so many percent stay below.
fn at(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times.get(times.len() * percent / 100).copied().unwrap_or_default()
}

fn shown(time: Duration) -> String {
    let ns = time.as_nanos() as f64;
    match ns {
        ..1e3 => format!("{ns:.0} ns"),
        ..1e6 => format!("{:.2} µs", ns / 1e3),
        ..1e9 => format!("{:.2} ms", ns / 1e6),
        _ => format!("{:.2} s", ns / 1e9),
    }
}
