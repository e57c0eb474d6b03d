//! Both engines on the same requests, by turns. Times are CPU time of the thread: what other programs take is not
//! counted, which over some milliseconds would be much.

use std::hint::black_box;
use std::time::Duration;

use super::ours::Ours;
use super::theirs::Theirs;
use super::work::{Asked, Work};

/// Requests before anything is measured.
const HISTORY: usize = 200;
/// Requests that one engine answers before the other does: each finds its own things warm, as it would by itself.
const BLOCK: usize = 100;

/// Requests that ours answers afterwards without Dogwood, whose work leaves no cache as it was.
const ALONE: usize = 20_000;

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
    /// Ours alone, afterwards.
    alone: Times,
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
    let all = libc::CLOCK_PROCESS_CPUTIME_ID;
    let begin = clock(all);
    let mut ours = Ours::load(policies);
    let of_ours = clock(all) - begin;
    let begin = clock(all);
    let mut theirs = Theirs::load(policies);
    let of_theirs = clock(all) - begin;
    let mut row =
        Row { policies, load: [of_ours, of_theirs], times: Default::default(), alone: Times::default(), permitted: 0 };
    let measured = if policies > 1_000 { 400 } else { 2_000 };
    let mut work = Work::new(policies);
    let all: Vec<Asked> = work.by_ref().take(HISTORY + measured).collect();
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
    for asked in work.take(ALONE) {
        our_turn(&mut ours, &asked, &mut row.alone);
    }
    row
}

fn our_turn(ours: &mut Ours, asked: &Asked, times: &mut Times) -> bool {
    let (ask, id, facts, now) = ours.prepare(asked).parts();
    let begin = cpu();
    let token = black_box(ours.decide(ask, now));
    times.decide.push(cpu() - begin);
    let Some(token) = token else { return false };
    let begin = cpu();
    ours.record(id, token, facts, now);
    times.record.push(cpu() - begin);
    true
}

fn their_turn(theirs: &mut Theirs, asked: &Asked, times: &mut Times) -> bool {
    let (request, response) = Theirs::prepare(asked);
    let begin = cpu();
    let allowed = black_box(theirs.decide(&request));
    times.decide.push(cpu() - begin);
    if allowed {
        let begin = cpu();
        theirs.record(&response);
        times.record.push(cpu() - begin);
    }
    allowed
}

impl Row {
    fn print(&mut self) {
        let asked = self.times[0].decide.len();
        let empty = empty_pair();
        let ours = at(&mut self.times[0].decide, 50, empty);
        let [of_ours, of_theirs] = &mut self.times;
        let engines = [("ours", of_ours, self.load[0]), ("Dogwood", of_theirs, self.load[1])];
        for (name, times, load) in engines.into_iter().chain([("ours alone", &mut self.alone, self.load[0])]) {
            let decide = at(&mut times.decide, 50, empty);
            println!(
                "| {} | {name} | {} | {} | {} | {} | {} | {:.1} |",
                self.policies,
                shown(load),
                shown(decide),
                shown(at(&mut times.decide, 99, empty)),
                shown(at(&mut times.record, 50, empty)),
                shown(at(&mut times.record, 99, empty)),
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
fn at(times: &mut [Duration], percent: usize, empty: Duration) -> Duration {
    times.sort_unstable();
    times.get(times.len() * percent / 100).copied().unwrap_or_default().saturating_sub(empty)
}

/// CPU time of this thread so far.
fn cpu() -> Duration {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

fn clock(of: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes into `time` and keeps no pointer.
    let failed = unsafe { libc::clock_gettime(of, &mut time) };
    assert_eq!(failed, 0, "a clock of CPU time");
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// What a pair of readings of the clock takes with nothing between.
fn empty_pair() -> Duration {
    let mut times: Vec<Duration> = (0..10_000)
        .map(|_| {
            let begin = cpu();
            cpu() - begin
        })
        .collect();
    at(&mut times, 50, Duration::ZERO)
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
