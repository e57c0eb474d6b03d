//! Speed of the governor: `cargo bench -p aas-govern`.
//!
//! * `decision/…`: one decision with 4 limits, a budget, 2 readings of history and trust, from a request in untyped maps to
//!   the answer of its step, its readings told (a dry run: nothing happens). Beside it the same policy decided without any
//!   state being read. With more and more earlier events in the session, and with more and more stateful rules over other
//!   actions, it should cost the same.
//! * `consume/…`: a request that is permitted, with its event, its reservation and its token; and the whole life of an
//!   action, with `begin` and `outcome`.
//! * `replay/…`: events into state. `snapshot/…`: a million keys written and read.
//!
//! What a group needs is made when it is first asked for, so that a filter costs nothing. `tests/memory.rs` measures what a
//! key takes.
#![allow(missing_docs, reason = "a bench says what it is by its names")]
#![allow(clippy::disallowed_methods, reason = "benches measure")]

use std::cell::LazyCell;
use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aas::raw::Raw;
use aas::{Entities, Facts};
use aas_govern::ids::Id;
use aas_govern::{Record, State};
use criterion::{BatchSize, Bencher, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use world::{World, act, act_on, events, policy};

mod world;

/// How long answers are kept where a bench does not say: a thousand requests.
const SHORT: i64 = 1_000;
/// For good.
const LONG: i64 = 1_000_000_000;

/// What would be decided about `act`; the input is made outside the time that is taken.
fn ask(b: &mut Bencher<'_>, world: &mut World) {
    let facts = World::facts();
    let mut number = 0;
    b.iter_batched(
        || {
            number += 1;
            (Id::new(&format!("dry{number}")), act(), facts.clone())
        },
        |(id, request, facts)| world.ask(id, request, facts, true),
        BatchSize::SmallInput,
    );
}

fn with_history(earlier: usize, keep_answers: i64) -> World {
    let mut world = World::new(&policy(0), keep_answers);
    for _ in 0..earlier {
        world.fetch();
    }
    world
}

fn decision(c: &mut Criterion) {
    let mut group = c.benchmark_group("decision");
    group.bench_function("state given", |b| {
        let told = |part: &str| (Arc::from(part), Raw::Bool(false));
        let facts = ["by_agent", "by_app", "by_team", "parallel", "spent"]
            .iter()
            .fold(World::facts(), |facts, item| facts.state(&format!("bench.{item}"), vec![told("exceeded")]));
        let (mut decider, entities, request) = (policy(0).decider(), Entities::none(), act());
        b.iter(|| decider.tier(black_box(&request), black_box(&facts), &entities));
    });
    for earlier in [10, 1_000, 100_000, 1_000_000] {
        let mut world = LazyCell::new(|| with_history(earlier, SHORT));
        group.bench_function(BenchmarkId::new("after events", earlier), |b| ask(b, &mut world));
    }
    let mut world = LazyCell::new(|| with_history(1_000_000, LONG));
    group.bench_function("after events/1000000, all answers kept", |b| ask(b, &mut world));
    for others in [10, 1_000, 10_000] {
        let mut world = LazyCell::new(|| {
            let mut world = World::new(&policy(others), SHORT);
            for _ in 0..10 {
                world.fetch();
            }
            world
        });
        group.bench_function(BenchmarkId::new("among rules", others), |b| ask(b, &mut world));
    }
    group.finish();
}

fn consume(c: &mut Criterion) {
    let mut group = c.benchmark_group("consume");
    group.throughput(Throughput::Elements(1));
    let mut world = LazyCell::new(|| with_history(10, SHORT));
    group.bench_function("request", |b| {
        let facts = World::facts();
        // What was permitted ends outside the time that is taken: nothing piles up.
        b.iter_custom(|times| {
            let mut took = Duration::ZERO;
            for _ in 0..times {
                let (id, request, given) = (world.id(), act(), facts.clone());
                let start = Instant::now();
                let step = world.ask(id.clone(), request, given, false);
                took += start.elapsed();
                world.finish(id, &step, facts.clone());
            }
            took
        });
    });
    let mut world = LazyCell::new(|| with_history(10, SHORT));
    group.bench_function("request, begin, outcome", |b| {
        let facts = World::facts();
        b.iter_batched(|| (act(), facts.clone()), |(request, facts)| world.live(request, facts), BatchSize::SmallInput);
    });
    let mut worlds = LazyCell::new(|| [with_history(10, SHORT), with_history(10, SHORT)]);
    group.bench_function("request, begin, outcome; two governors on two threads", |b| {
        b.iter_custom(|times| both(&mut worlds, times));
    });
    group.finish();
}

/// So many actions in all, half of them in each of two worlds, each on a thread of its own.
fn both(worlds: &mut [World; 2], times: u64) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for world in worlds {
            scope.spawn(move || {
                let facts = World::facts();
                for _ in 0..times.div_ceil(2) {
                    black_box(world.live(act(), facts.clone()));
                }
            });
        }
    });
    start.elapsed()
}

fn replay(c: &mut Criterion) {
    let mut group = c.benchmark_group("replay");
    group.sample_size(10);
    let made = LazyCell::new(|| {
        let mut world = World::new(&policy(0), SHORT);
        let mut all: Vec<Record> = world.installed.events.clone();
        for _ in 0..100_000 {
            all.extend(events(world.live(act(), World::facts())));
        }
        all
    });
    group.bench_function("300,000 events and more", |b| {
        b.iter(|| State::replay([1, 2], black_box(made.iter())).seq());
    });
    let lines = LazyCell::new(|| {
        let texts = made.iter().map(|record| serde_json::to_string(record).expect("an event is JSON"));
        texts.collect::<Vec<_>>()
    });
    group.bench_function("the same, read from JSON", |b| {
        b.iter(|| {
            let mut state = State::new([1, 2]);
            for line in black_box(&*lines) {
                state.apply(&serde_json::from_str(line).expect("an event"));
            }
            state.seq()
        });
    });
    group.finish();
}

/// A million keys: a limit, a cooldown, a budget and a window for each of 250,000 apps.
fn million() -> World {
    let mut world = World::new(&world::keeping(), SHORT);
    for n in 0..250_000 {
        world.live(act_on(&format!("service-{n:08}")), Facts::of_agent("bot").agent("kind", Raw::text("machine")));
    }
    world
}

fn snapshot(c: &mut Criterion) {
    let mut group = c.benchmark_group("snapshot");
    group.sample_size(10);
    let world = LazyCell::new(million);
    let write = |state: &State| serde_json::to_vec(&state.snapshot_to_write()).expect("a snapshot is JSON");
    group.bench_function("a million keys, written", |b| b.iter(|| write(world.governor.state()).len()));
    let text = LazyCell::new(|| write(world.governor.state()));
    group.bench_function("a million keys, read", |b| {
        b.iter(|| {
            let read = serde_json::from_slice(black_box(&text)).expect("a snapshot");
            State::of_snapshot([1, 2], read).map(|state| state.seq())
        });
    });
    group.finish();
}

criterion_group!(benches, decision, consume, replay, snapshot);
criterion_main!(benches);
