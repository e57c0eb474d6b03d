//! What decisions cost: one by one between two stamps, and in batches.
//!
//! Batches are measured in CPU time of the thread, so that other programs on the machine disturb the cache but
//! not the clock; stamps are those of the monotonic clock. For each hierarchy both engines are built, asked everything once untimed, and then take turns. Answers are
//! kept until the clock stands, so that dropping them is outside, as in the paper's harness.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use aas::decision::Tier;
use cedar_policy::Response;

use crate::cedar::Cedar;
use crate::check::{Count, same};
use crate::dice::Dice;
use crate::model::{App, Hierarchy};
use crate::ours::{Ours, allows};

/// Nanoseconds, sorted.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    fn push(&mut self, ns: f64) {
        self.0.push(ns);
    }

    pub fn sort(&mut self) {
        self.0.sort_by(f64::total_cmp);
    }

    /// Of the raw samples.
    pub fn quantile(&self, q: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * q).round() as usize).copied().unwrap_or(f64::NAN)
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len().max(1) as f64
    }
}

/// What one engine does in one way.
#[derive(Clone, Debug, Default)]
pub struct Arm {
    /// Each request once, between two stamps; an empty pair is taken off.
    pub stamped: Samples,
    /// Nanoseconds a decision, one sample for each pass over a hierarchy's requests.
    pub batch: Samples,
}

/// One application at one size.
#[derive(Default)]
pub struct Point {
    pub k: usize,
    /// Prebuilt requests: all that Cedar returns; our tier; our tier with the items that made it.
    pub cedar: Arm,
    pub tier: Arm,
    pub decision: Arm,
    /// From three identifier strings.
    pub cedar_strings: Arm,
    pub tier_strings: Arm,
    /// Microseconds to build a hierarchy.
    pub cedar_build: Samples,
    pub our_build: Samples,
    pub count: Count,
    pub entities: usize,
}

#[derive(Clone, Copy)]
pub struct Effort {
    pub hierarchies: usize,
    pub requests: usize,
    pub passes: usize,
    pub seed: u64,
}

fn ns(from: Instant) -> f64 {
    from.elapsed().as_nanos() as f64
}

/// CPU nanoseconds of this thread so far.
fn cpu() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes into `time` and keeps no pointer.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(failed, 0, "a clock of the thread");
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// The cost of a pair of stamps with nothing between.
fn empty_pair() -> f64 {
    let mut all = Samples::default();
    for _ in 0..100_000 {
        all.push(ns(Instant::now()));
    }
    all.sort();
    all.quantile(0.5)
}

/// Runs one arm: `ask` decides the request at a place.
fn run<A>(arm: &mut Arm, kept: &mut Vec<A>, count: usize, pass: usize, empty: f64, mut ask: impl FnMut(usize) -> A) {
    kept.clear();
    if pass == 0 {
        for place in 0..count {
            let start = Instant::now();
            let answer = ask(place);
            arm.stamped.push((ns(start) - empty).max(0.0));
            kept.push(answer);
        }
    } else {
        let start = cpu();
        for place in 0..count {
            kept.push(ask(place));
        }
        arm.batch.push((cpu() - start) / count as f64);
    }
    black_box(&kept);
}

/// Measures an application at one size.
pub fn point(app: &App, policies: &Path, k: usize, effort: Effort) -> Point {
    let (cedar, ours) = (Cedar::load(app, policies), Ours::load(app, policies));
    let empty = empty_pair();
    let mut made = Point { k, ..Point::default() };
    let mut responses: Vec<Response> = Vec::with_capacity(effort.requests);
    let mut tiers: Vec<Tier> = Vec::with_capacity(effort.requests);
    for number in 0..effort.hierarchies as u64 {
        let mut dice = Dice::new(effort.seed.wrapping_add(number).wrapping_mul(1_000_003) ^ k as u64);
        let hierarchy = Hierarchy::new((app.draw)(k, &mut dice));
        let requests = hierarchy.draw_requests(app, effort.requests, &mut dice);
        made.entities = hierarchy.records.len();
        made.count.add(same(app, &cedar, &ours, &hierarchy.records, &requests));
        let start = cpu();
        let theirs = cedar.entities(&hierarchy.records);
        made.cedar_build.push((cpu() - start) / 1_000.0);
        let start = cpu();
        let own = ours.entities(&hierarchy.records);
        made.our_build.push((cpu() - start) / 1_000.0);
        let prebuilt: Vec<_> = requests.iter().map(|asked| cedar.request(app, asked)).collect();
        let questions: Vec<_> = requests.iter().map(|asked| ours.question(app, asked)).collect();
        let strings: Vec<_> = requests
            .iter()
            .map(|asked| (asked.action, [&*asked.user, app.actions[asked.action].name, &*asked.resource]))
            .collect();
        let mut form = ours.form();
        let count = requests.len();
        // The first pass warms up and is not counted, the second is stamped, the others are batches.
        for pass in 0..effort.passes + 2 {
            let mut dropped = Point::default();
            let to = if pass == 0 { &mut dropped } else { &mut made };
            let pass = pass.saturating_sub(1);
            run(&mut to.tier, &mut tiers, count, pass, empty, |at| {
                let (action, question) = &questions[at];
                form.tier_of(*action, question, &own)
            });
            run(&mut to.cedar, &mut responses, count, pass, empty, |at| cedar.decide(&prebuilt[at], &theirs));
            run(&mut to.tier_strings, &mut tiers, count, pass, empty, |at| {
                let (place, strings) = strings[at];
                form.tier(&ours.strings(place, strings), &own)
            });
            run(&mut to.cedar_strings, &mut responses, count, pass, empty, |at| {
                let (place, strings) = strings[at];
                cedar.decide_strings(place, strings, &theirs)
            });
            run(&mut to.decision, &mut tiers, count, pass, empty, |at| {
                let ruling = form.decide(&questions[at].1, &own);
                black_box(ruling.determining());
                ruling.tier()
            });
        }
        let allowed = tiers.iter().filter(|tier| allows(**tier)).count();
        assert_eq!(allowed, responses.iter().filter(|r| Cedar::allows(r)).count(), "{}", app.name);
    }
    for arm in [&mut made.cedar, &mut made.tier, &mut made.decision, &mut made.cedar_strings, &mut made.tier_strings] {
        arm.stamped.sort();
        arm.batch.sort();
    }
    made.cedar_build.sort();
    made.our_build.sort();
    made
}
