//! A loaded engine with its requests, and how it is timed.

use std::time::{Duration, Instant};

use workload::Workload;

use crate::clock::{self, Clock};
use crate::{Arm, Engine, Files, Mode, Tier};

/// CPU seconds of a sample, about.
const SAMPLE: f64 = 1e-4;
/// Decisions slower than this many nanoseconds are stamped by CPU time.
const SLOW: f64 = 50_000.0;

/// A loaded engine with its requests.
pub(crate) struct Loaded {
    pub(crate) engine: Box<dyn Engine>,
    workload: Workload,
    texts: Vec<String>,
    /// Sweeps in a sample, by mode.
    sweeps: [Option<usize>; 3],
    slow: bool,
    /// CPU seconds that loading took.
    pub(crate) seconds: f64,
}

impl Loaded {
    pub(crate) fn new(arm: &Arm, files: &Files, workload: Workload) -> Result<Self, String> {
        let begin = clock::cpu(Clock::Process);
        let mut engine = (arm.load)(files, &workload)?;
        let seconds = clock::cpu(Clock::Process) - begin;
        engine.prepare(&workload.asks);
        let texts = workload.asks.iter().map(|ask| engine.json_text(ask)).collect();
        Ok(Self { engine, workload, texts, sweeps: [None; 3], slow: false, seconds })
    }

    /// The decisions for all requests.
    pub(crate) fn decisions(&mut self, mode: Mode) -> Vec<Tier> {
        let asks = &self.workload.asks;
        match mode {
            Mode::Eval => (0..asks.len()).map(|i| self.engine.eval(i)).collect(),
            Mode::Build => asks.iter().map(|ask| self.engine.build(ask)).collect(),
            Mode::Json => self.texts.iter().map(|text| self.engine.json(text)).collect(),
        }
    }

    /// Nanoseconds a decision, one number a sample, for about this long.
    pub(crate) fn sample(&mut self, mode: Mode, time: Duration) -> Vec<f64> {
        let n = self.workload.asks.len() as f64;
        let mut all = Vec::new();
        let begin = Instant::now();
        while all.is_empty() || begin.elapsed() < time {
            let sweeps = self.sweeps[mode as usize].unwrap_or(1);
            let start = clock::cpu(Clock::Thread);
            for _ in 0..sweeps {
                std::hint::black_box(self.engine.sweep(mode, &self.workload.asks, &self.texts));
            }
            let seconds = clock::cpu(Clock::Thread) - start;
            if self.sweeps[mode as usize].is_none() {
                self.sweeps[mode as usize] = Some((SAMPLE / seconds).ceil().max(1.0) as usize);
                self.slow |= mode == Mode::Eval && seconds * 1e9 / n > SLOW;
                if seconds < 0.05 {
                    continue;
                }
            }
            all.push(seconds * 1e9 / (sweeps as f64 * n));
        }
        all
    }

    /// Nanoseconds of single decisions, and of those with no, one and more matching rules.
    pub(crate) fn stamps(&mut self, time: Duration, (tick, empty): (f64, f64)) -> [Vec<f64>; 4] {
        let n = self.workload.asks.len();
        let (begin, mut stamps) = (Instant::now(), Vec::new());
        while stamps.is_empty() || begin.elapsed() < time {
            self.engine.stamp(self.slow, n, &mut stamps);
        }
        let mut all = [const { Vec::new() }; 4];
        for (i, &stamp) in stamps.iter().enumerate() {
            let ns = if self.slow { stamp as f64 } else { (stamp as f64 - empty).max(0.0) * tick };
            all[0].push(ns);
            all[1 + self.workload.hits[i % n].min(2)].push(ns);
        }
        all
    }

    /// Two engines that share the policy, or the reason why not.
    pub(crate) fn pair(&self) -> Option<[Box<dyn Engine + Send>; 2]> {
        let mut pair = [self.engine.sibling()?, self.engine.sibling()?];
        pair.iter_mut().for_each(|engine| engine.prepare(&self.workload.asks));
        Some(pair)
    }

    pub(crate) fn requests(&self) -> (&[crate::Ask], &[String]) {
        (&self.workload.asks, &self.texts)
    }
}
