//! How long reading and deciding take.
//!
//! Each request is asked several times in a row, so that the clock's own time does not count, and the time of one is
//! what is noted. A round asks every action in every way once, so that a phase in which the machine is slow meets
//! all of them; what is reported is the median over the rounds.

use std::hint::black_box;
use std::time::Instant;

use aas::decision::Engine;
use aas::plan::{self, Scratch};
use aas::policy::TextDecider;
use aas::{Policy, SourceSet};
use indicatif::ProgressBar;

use super::figures::{Answer, By, Figures, Way, Work};
use super::requests::{Asked, OfAction, One};

/// Nanoseconds between two looks at the clock, at least.
const BATCH_NS: f64 = 2_000.0;
/// Nanoseconds of an uninterrupted run, at least.
const RUN_NS: f64 = 100_000.0;

/// One way to ask.
struct Arm<'p> {
    /// The place of its policy.
    of: usize,
    work: Work,
    answer: Answer,
    by: By,
    policy: &'p Policy,
    texts: TextDecider,
    scratch: Scratch,
}

/// What the rounds have said of one action in one way.
#[derive(Default)]
struct Noted {
    /// How often a request is asked in a row.
    times: u32,
    /// How often all requests are asked in a run.
    passes: u32,
    medians: Vec<f64>,
    p99s: Vec<f64>,
    rates: Vec<f64>,
}

/// Measures all actions in all ways, by the engine of each policy.
pub(in crate::commands) fn measure(
    policies: &[&Policy],
    sources: &SourceSet,
    asked: &Asked,
    rounds: u16,
    progress: &ProgressBar,
    figures: &mut Figures,
) {
    let actions: Vec<&OfAction> = asked.actions.iter().collect();
    let found = ways(policies, sources, &actions, rounds, progress);
    for (action, ways) in figures.actions.iter_mut().zip(found) {
        action.ways = ways.into_iter().map(|(_, way)| way).collect();
    }
}

/// Measures these actions: for each of them every way, with the place of the policy that answered.
pub(in crate::commands) fn ways(
    policies: &[&Policy],
    sources: &SourceSet,
    actions: &[&OfAction],
    rounds: u16,
    progress: &ProgressBar,
) -> Vec<Vec<(usize, Way)>> {
    let mut arms = arms(policies, sources);
    let mut noted: Vec<Vec<Noted>> =
        actions.iter().map(|action| arms.iter_mut().map(|arm| arm.prepared(&arm.requests(action))).collect()).collect();
    for _ in 0..rounds {
        for (action, noted) in actions.iter().zip(&mut noted) {
            for (arm, noted) in arms.iter_mut().zip(noted) {
                let requests = arm.requests(action);
                if !requests.is_empty() {
                    arm.round(&requests, noted);
                }
            }
            progress.inc(1);
        }
    }
    let of_action = |noted: Vec<Noted>| {
        let measured = arms.iter().zip(noted).filter(|(_, noted)| !noted.medians.is_empty());
        measured.map(|(arm, noted)| (arm.of, arm.way(noted))).collect()
    };
    noted.into_iter().map(of_action).collect()
}

fn arms<'p>(policies: &[&'p Policy], sources: &SourceSet) -> Vec<Arm<'p>> {
    let mut arms = Vec::new();
    for (of, policy) in policies.iter().enumerate() {
        let texts = policy.texts(sources);
        let by = match policy.engine() {
            Engine::Jit => By::Jit,
            Engine::Plan | Engine::Interp => By::Plan,
        };
        for work in [Work::ReadAndDecide, Work::Decide] {
            for answer in [Answer::Tier, Answer::Decision] {
                let (texts, scratch) = (texts.decider(), Scratch::default());
                arms.push(Arm { of, work, answer, by, policy, texts, scratch });
            }
        }
    }
    arms
}

impl Arm<'_> {
    /// The requests that it asks. Those that are refused are never decided alone.
    fn requests<'a>(&self, action: &'a OfAction) -> Vec<&'a One> {
        let asks = |one: &&One| self.work == Work::ReadAndDecide || one.bound.refusals.is_empty();
        action.timed().filter(asks).collect()
    }

    /// Asks a request some times.
    fn ask(&mut self, one: &One, times: u32) {
        match self.work {
            Work::ReadAndDecide => self.ask_text(one, times),
            Work::Decide => self.ask_read(one, times),
        }
    }

    fn ask_text(&mut self, one: &One, times: u32) {
        let terms = one.terms();
        for _ in 0..times {
            let text = black_box(one.text.as_bytes());
            // The answers are known to exist: each text was taken before. Only the time is of interest.
            match self.answer {
                Answer::Tier => drop(black_box(self.texts.tier(text, &terms))),
                Answer::Decision => drop(black_box(self.texts.decide(text, &terms))),
            }
        }
    }

    fn ask_read(&mut self, one: &One, times: u32) {
        let (plan, typed) = (self.policy.plan(), self.policy.typed());
        let (run, _) = self.policy.runner(self.policy.engine());
        let read = one.read(self.policy);
        for _ in 0..times {
            let read = black_box(&read);
            match self.answer {
                Answer::Tier => {
                    black_box(plan::tier(plan, typed, run, read, &mut self.scratch));
                }
                Answer::Decision => {
                    black_box(plan::decide(plan, typed, run, read, &mut self.scratch));
                }
            }
        }
    }

    /// Asks everything until memory has grown, and finds how often to ask.
    fn prepared(&mut self, requests: &[&One]) -> Noted {
        requests.iter().for_each(|one| self.ask(one, 2));
        let started = Instant::now();
        requests.iter().for_each(|one| self.ask(one, 1));
        let all = (started.elapsed().as_nanos() as f64).max(1.0);
        let one = all / requests.len().max(1) as f64;
        let times = (BATCH_NS / one).ceil().clamp(1.0, 256.0) as u32;
        let passes = (RUN_NS / all).ceil().clamp(1.0, 1_000.0) as u32;
        Noted { times, passes, ..Noted::default() }
    }

    fn round(&mut self, requests: &[&One], noted: &mut Noted) {
        let mut each = Vec::with_capacity(requests.len());
        for one in requests {
            let started = Instant::now();
            self.ask(one, noted.times);
            // A clock that did not move still means that some time has passed.
            each.push((started.elapsed().as_nanos() as f64).max(1.0) / f64::from(noted.times));
        }
        noted.medians.push(quantile(&mut each, 0.5));
        noted.p99s.push(quantile(&mut each, 0.99));
        let started = Instant::now();
        for _ in 0..noted.passes {
            requests.iter().for_each(|one| self.ask(one, 1));
        }
        let seconds = started.elapsed().as_secs_f64().max(1e-9);
        noted.rates.push(requests.len() as f64 * f64::from(noted.passes) / seconds);
    }

    fn way(&self, mut noted: Noted) -> Way {
        Way {
            work: self.work,
            answer: self.answer,
            engine: self.by,
            rounds: noted.medians.clone(),
            median_ns: quantile(&mut noted.medians, 0.5),
            p99_ns: quantile(&mut noted.p99s, 0.5),
            a_second: quantile(&mut noted.rates, 0.5),
        }
    }
}

/// The value that so large a part does not exceed; 0 of nothing.
pub(in crate::commands) fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * part).ceil() as usize;
    values.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Nanoseconds that a piece of work takes on average over inputs: the median of a few runs.
pub(in crate::commands) fn average<T>(inputs: &[T], mut work: impl FnMut(&T)) -> f64 {
    const SAMPLES: usize = 5;
    const SAMPLE_NS: f64 = 20_000.0;
    if inputs.is_empty() {
        return 0.0;
    }
    inputs.iter().for_each(&mut work);
    let started = Instant::now();
    inputs.iter().for_each(&mut work);
    let once = (started.elapsed().as_nanos() as f64).max(1.0);
    let passes = (SAMPLE_NS / once).ceil().clamp(1.0, 10_000.0) as u32;
    let mut samples = [0.0; SAMPLES];
    for sample in &mut samples {
        let started = Instant::now();
        for _ in 0..passes {
            inputs.iter().for_each(&mut work);
        }
        *sample = started.elapsed().as_nanos() as f64 / f64::from(passes) / inputs.len() as f64;
    }
    quantile(&mut samples, 0.5)
}

/// Nanoseconds that a piece of work takes, where many are to be measured: few runs, of which the median counts.
pub(in crate::commands) fn alone(mut work: impl FnMut()) -> f64 {
    const SAMPLES: usize = 3;
    const SAMPLE_NS: f64 = 4_000.0;
    work();
    let started = Instant::now();
    work();
    let once = (started.elapsed().as_nanos() as f64).max(1.0);
    let times = (SAMPLE_NS / once).ceil().clamp(1.0, 1_000.0) as u32;
    let mut samples = [0.0; SAMPLES];
    for sample in &mut samples {
        let started = Instant::now();
        for _ in 0..times {
            work();
        }
        *sample = started.elapsed().as_nanos() as f64 / f64::from(times);
    }
    quantile(&mut samples, 0.5)
}
