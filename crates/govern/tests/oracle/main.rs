//! The naive oracle: the whole history is kept, and every reading is computed from it by definition. Registers, tables
//! and trust profiles must tell the same after every step of random runs.
//!
//! `just soak` tries 20,000 runs; `AAS_SEED` starts elsewhere.
#![allow(clippy::disallowed_methods, reason = "how much is tried comes from the environment")]
#![allow(missing_docs, reason = "tests say what they are by their names")]
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "small numbers of a test")]

mod draw;
mod history;
mod past;
mod random;
mod run;
mod simple;
mod spend;
mod trust;

use random::Random;
use run::Run;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// Random runs of 500 steps over one to four items.
fn runs(first: u64, count: u64) {
    for seed in first..first + count {
        let mut random = Random::new(!seed);
        let items = 1 + random.below(4);
        let families: Vec<_> = (0..items).map(|_| *random.pick(&draw::ALL)).collect();
        if let Err(text) = Run::new(seed, &families).go(500, 1) {
            panic!("seed {seed}: {text}");
        }
    }
}

fn trust_runs(first: u64, count: u64) {
    for seed in first..first + count {
        if let Err(text) = trust::run(seed, 100) {
            panic!("seed {seed}: {text}");
        }
    }
}

#[test]
fn registers_tell_what_the_whole_history_says() {
    runs(number("AAS_SEED", 1), 100);
}

#[test]
fn registers_tell_what_another_history_says() {
    runs(number("AAS_SEED", 1) + 100, 100);
}

#[test]
fn trust_tells_what_all_outcomes_say() {
    trust_runs(number("AAS_SEED", 1), 100);
}

#[test]
fn a_clear_reading_holds_whatever_is_true_of_what_is_unclear() {
    for seed in number("AAS_SEED", 1)..number("AAS_SEED", 1) + 2_000 {
        if let Err(text) = run::every_resolution(seed) {
            panic!("seed {seed}: {text}");
        }
    }
}

/// Long runs on one key, past the 1,024 stamps and events that a register keeps; with and without a first reservation
/// that stays open.
#[test]
fn bounds_are_what_the_whole_history_says() {
    for (n, family) in draw::CROWDED.into_iter().enumerate() {
        for stays in [true, false] {
            let mut run = Run::dense(number("AAS_SEED", 1) + n as u64, family, stays);
            if let Err(text) = run.go(3_600, 399) {
                panic!("{n}, {stays}: {text}");
            }
        }
    }
}

#[test]
#[ignore = "20,000 runs take minutes in optimised code, far longer in a debug build: `just soak`"]
fn soak_registers_tell_what_the_whole_history_says() {
    let count = number("AAS_SOAK", 1_000_000).div_ceil(50);
    runs(1_000_000 + number("AAS_SEED", 1), count);
    trust_runs(1_000_000 + number("AAS_SEED", 1), count);
}
