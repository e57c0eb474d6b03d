//! Two threads that share a policy, beside two threads that share nothing but the machine.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::clock::{self, Clock, quantile};
use crate::sampler::Loaded;
use crate::{Engine, Mode};

/// How much faster two threads are than one: the engine, and a loop of arithmetic between its rounds.
pub(crate) fn scaling(loaded: &Loaded, rounds: usize, time: Duration) -> Option<[f64; 4]> {
    let (asks, texts) = loaded.requests();
    let mut pair = loaded.pair()?;
    let (mut engine, mut control, mut rates) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..rounds {
        let one = together(&mut pair[..1], time, |engine| decide(engine.as_mut(), asks, texts));
        let alone = together(&mut [1_u64], time, arithmetic);
        let two = together(&mut pair, time, |engine| decide(engine.as_mut(), asks, texts));
        let both = together(&mut [1_u64, 2], time, arithmetic);
        engine.push(two / one);
        control.push(both / alone);
        rates[0].push(one);
        rates[1].push(two);
    }
    let [mut one, mut two] = rates;
    Some([quantile(&mut engine, 0.5), quantile(&mut control, 0.5), quantile(&mut one, 0.5), quantile(&mut two, 0.5)])
}

fn decide(engine: &mut (dyn Engine + Send), asks: &[crate::Ask], texts: &[String]) -> usize {
    std::hint::black_box(engine.sweep(Mode::Eval, asks, texts));
    asks.len()
}

/// Steps that depend on each other and touch no memory.
fn arithmetic(state: &mut u64) -> usize {
    let mut x = *state;
    for _ in 0..10_000 {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        x ^= x >> 29;
    }
    *state = std::hint::black_box(x);
    10_000
}

/// Steps per CPU second of all threads, added up, all of them running for the same time.
fn together<S: Send>(states: &mut [S], time: Duration, step: impl Fn(&mut S) -> usize + Sync) -> f64 {
    let barrier = Barrier::new(states.len());
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for state in states.iter_mut() {
            let (barrier, step) = (&barrier, &step);
            threads.push(scope.spawn(move || {
                step(&mut *state);
                barrier.wait();
                let (wall, begin, mut steps) = (Instant::now(), clock::cpu(Clock::Thread), 0);
                while wall.elapsed() < time {
                    steps += step(&mut *state);
                }
                steps as f64 / (clock::cpu(Clock::Thread) - begin)
            }));
        }
        threads.into_iter().map(|thread| thread.join().expect("a thread of the bench")).sum()
    })
}
