//! Speed and size of the governor: `cargo bench -p aas-govern`.
//!
//! * `stateful/…`: one decision with 4 limits, a budget, 2 readings of history and trust, from a request in untyped maps to the
//!   events of its step; beside it the same policy decided without any state being read. With more and more earlier events
//!   in the session, and with more and more stateful rules over other actions, it should cost the same.
//! * `consume/…`: request, begin and outcome: the whole life of an action.
//! * `replay/…`: events into state. `snapshot/…`: a million keys written and read.
#![allow(missing_docs, reason = "a bench says what it is by its names")]
#![allow(clippy::disallowed_methods, reason = "benches measure")]

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;

use aas::raw::Raw;
use aas::{Entities, Facts, Policy, Request, Settings, SourceSet};
use aas_govern::command::{Ask, Ended, Outcome};
use aas_govern::effect::Standing;
use aas_govern::ids::Id;
use aas_govern::{Command, Config, Effect, Governor, Record, State};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const S: i64 = 1_000_000;
const SECRET: [u8; 32] = [3; 32];

/// A policy with the stateful rules of the bench about `act`, and as many about other actions.
fn policy(others: usize) -> Policy {
    let mut sources = SourceSet::single(
        "bench.aasrule",
        r#"package bench

facts agent { trust: decimal 0..100 = 50, frozen: bool = false, team: string }
facts session { id: string }

action act { app: string, claimed { cost: decimal 0.00..10.00 } }
action fetch { observed { trusted: bool } }

trust default {
    range 0..100  start 50
    on success { low +0.5, medium +1, high +2, critical +3 }
    on failure { low -1, medium -3, high -8, critical -20 }
    freeze after 3 failures in a row
}

rule acts on act { yellow }
rule fetches on fetch { green }
relax trusted on act { when agent.trust >= 50 and not agent.frozen  yellow to green }

limit by_agent on act { at most 1000 per 1m for each agent.id  otherwise black  because "{count}" }
limit by_app on act { at most 1000 per 1m for each app  otherwise black  because "{count}" }
limit by_team on act { at most 1000 per 1m for each agent.team  otherwise black  because "{count}" }
limit parallel on act { at most 1000 at once  otherwise black  because "{count}" }
budget spent on act {
    spend believing cost  at most 1000000.00 per 1d for each agent.team
    otherwise black  because "{used}"
}
guard tainted on act { when seen(fetch where not trusted) in session  black  because "Tainted." }
guard often on act { when count(fetch) in session within 1h >= 1000  black  because "Too often." }
"#,
    );
    // A file holds at most 1 MiB.
    for first in (0..others).step_by(1_000) {
        let mut text = String::from("package bench\n");
        for n in first..others.min(first + 1_000) {
            let _ = write!(
                text,
                "\naction other.a{n} {{ app: string }}\nrule r{n} on other.a{n} {{ green }}\n\
                 limit l{n} on other.a{n} {{ at most 5 per 1m for each app  otherwise black  because \"{{count}}\" }}\n",
            );
        }
        sources.add(format!("others_{first}.aasrule"), text);
    }
    let policy = Policy::compile(&sources, &Settings::default()).expect("the bench's policy compiles");
    policy.with_native().expect("native code")
}

struct World {
    governor: Governor,
    entities: Arc<Entities>,
    now: i64,
    next: u64,
}

impl World {
    fn new(policy: &Policy) -> Self {
        // Nothing is forgotten while a bench runs but what is too much.
        let config = Config { most_requests: usize::MAX, keep_answers: 10 * S, ..Config::default() };
        let mut governor = Governor::new(SECRET, config);
        governor.step(Command::Install { policy: policy.clone() }, 0);
        Self { governor, entities: Arc::new(Entities::none()), now: S, next: 0 }
    }

    fn facts() -> Facts {
        Facts::of_agent("bot")
            .agent("kind", Raw::text("machine"))
            .agent("team", Raw::text("blue"))
            .session("id", Raw::text("s1"))
    }

    fn ask(&mut self, request: Request, facts: Facts, dry_run: bool) -> (Id, aas_govern::Step) {
        self.next += 1;
        self.now += S;
        let id = Id::new(&format!("q{}", self.next));
        let ask = Ask { id: id.clone(), request, facts, entities: self.entities.clone(), dry_run };
        let step = self.governor.step(Command::Request(ask), self.now);
        (id, step)
    }

    /// An action from its request to its outcome.
    fn live(&mut self, request: Request, facts: Facts) -> Vec<Record> {
        let (id, step) = self.ask(request, facts.clone(), false);
        let token = step.effects.iter().find_map(|effect| match effect {
            Effect::Reply(reply) => match &reply.standing {
                Standing::Permitted(token) => Some(token.clone()),
                _ => None,
            },
            _ => None,
        });
        let token = token.expect("it is permitted");
        let mut events = step.events;
        let begin = Command::Begin { id: id.clone(), token: Some(token), facts, entities: self.entities.clone() };
        events.extend(self.governor.step(begin, self.now).events);
        let outcome = Outcome { result: Ended::Success, cost: Some("0.01".into()), output: Vec::new() };
        events.extend(self.governor.step(Command::Outcome { id, outcome }, self.now).events);
        events
    }
}

fn act() -> Request {
    Request::new("act").param("app", Raw::text("api")).claim("cost", Raw::Number("0.02".into()))
}

fn fetch(world: &mut World) {
    world.live(Request::new("fetch"), World::facts().observed("trusted", Raw::Bool(true)));
}

fn stateful(c: &mut Criterion) {
    let mut group = c.benchmark_group("stateful");
    let plain = policy(0);
    group.bench_function("decide, state given", |b| {
        let told = |part: &str| (Arc::from(part), Raw::Bool(false));
        let facts = ["by_agent", "by_app", "by_team", "parallel", "spent"]
            .iter()
            .fold(World::facts(), |facts, item| facts.state(&format!("bench.{item}"), vec![told("exceeded")]));
        let (mut decider, entities) = (plain.decider(), Entities::none());
        let request = act();
        b.iter(|| decider.tier(black_box(&request), black_box(&facts), &entities));
    });
    for earlier in [10, 1_000, 100_000] {
        let mut world = World::new(&plain);
        (0..earlier).for_each(|_| fetch(&mut world));
        let facts = World::facts();
        group.bench_function(BenchmarkId::new("after events", earlier), |b| {
            b.iter_batched(
                || (act(), facts.clone()),
                |(request, facts)| world.ask(request, facts, true),
                BatchSize::SmallInput,
            );
        });
    }
    for others in [10, 1_000, 10_000] {
        let policy = policy(others);
        let mut world = World::new(&policy);
        (0..10).for_each(|_| fetch(&mut world));
        let facts = World::facts();
        group.bench_function(BenchmarkId::new("among rules", others), |b| {
            b.iter_batched(
                || (act(), facts.clone()),
                |(request, facts)| world.ask(request, facts, true),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn consume(c: &mut Criterion) {
    let mut group = c.benchmark_group("consume");
    group.throughput(Throughput::Elements(1));
    let policy = policy(0);
    let mut world = World::new(&policy);
    let facts = World::facts();
    group.bench_function("request, begin, outcome", |b| {
        b.iter_batched(|| (act(), facts.clone()), |(request, facts)| world.live(request, facts), BatchSize::SmallInput);
    });
    group.finish();
}

fn replay(c: &mut Criterion) {
    let mut group = c.benchmark_group("replay");
    group.sample_size(10);
    let policy = policy(0);
    let mut world = World::new(&policy);
    let mut governor = Governor::new(SECRET, Config::default());
    let mut events = governor.step(Command::Install { policy: policy.clone() }, 0).events;
    for _ in 0..100_000 {
        events.extend(world.live(act(), World::facts()));
    }
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("events", |b| b.iter(|| State::replay([1, 2], black_box(&events)).seq()));
    group.finish();
}

fn snapshot(c: &mut Criterion) {
    let mut group = c.benchmark_group("snapshot");
    group.sample_size(10);
    let policy = policy(0);
    let mut world = World::new(&policy);
    for n in 0..50_000 {
        let facts = World::facts().session("id", Raw::text("s"));
        world.live(
            Request::new("act").param("app", Raw::text(&format!("app-{n}"))).claim("cost", Raw::Number("0.02".into())),
            facts,
        );
    }
    let state = world.governor.state();
    let text = serde_json::to_string(&state.snapshot()).expect("a snapshot is JSON");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("write", |b| b.iter(|| serde_json::to_string(&state.snapshot()).map(|text| text.len())));
    group.bench_function("read", |b| {
        b.iter(|| {
            let read = serde_json::from_str(black_box(&text)).expect("a snapshot");
            State::of_snapshot([1, 2], read).map(|state| state.seq())
        });
    });
    group.finish();
}

criterion_group!(benches, stateful, consume, replay, snapshot);
criterion_main!(benches);
