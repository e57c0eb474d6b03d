//! W2: ten rules a service over its own actions: seven permits of one action each, one rule more on one of them,
//! and two globs; each rule asks for a number, a text, and membership in a set.

use crate::random::Random;
use crate::{Ask, BLACK, GREEN, How, Number, RED, Rule, Test, Text, Workload, YELLOW, matches, one_of, rule, word};

/// The sizes that hand-written code is generated for.
pub const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

const PLACES: [&str; 3] = ["dev", "staging", "prod"];
const BRANCHES: [&str; 6] = ["main", "master", "develop", "release", "feature", "hotfix"];
const ROOTS: [&str; 4] = ["src/", "docs/", "infra/", "data/"];

fn rules(n: usize) -> Vec<Rule> {
    let mut random = Random::new(7 + n as u64);
    let one = |i: usize| {
        let (service, kind) = (i / 10, i % 10);
        let (tier, scope) = match kind {
            0..=6 => (GREEN, format!("svc{service:04}.op{kind}_run")),
            7 => (YELLOW, format!("svc{service:04}.*")),
            8 => (BLACK, format!("svc{service:04}.op*")),
            _ => (RED, format!("svc{service:04}.op0_run")),
        };
        let number = match random.below(2) {
            0 => Test::AtLeast(Number::Trust, 10 + random.below(50) as i64),
            _ => Test::Below(Number::Cost, 100 + random.below(900) as i64),
        };
        let text = match random.below(2) {
            0 => word(Text::Env, How::Is, PLACES[random.below(3)], false),
            _ => word(Text::Path, How::StartsWith, ROOTS[random.below(4)], false),
        };
        let at = random.below(6);
        let set = one_of(Text::Branch, &[0, 1, 3].map(|step| BRANCHES[(at + step) % 6]), false);
        rule(tier, &scope, vec![number, text, set])
    };
    (0..n).map(one).collect()
}

fn ask(random: &mut Random, action: String) -> Ask {
    Ask {
        agent: format!("agent-{}", random.below(9)),
        action,
        path: format!("{}team{}/module_{}/file.rs", ROOTS[random.below(4)], random.below(9), random.below(99)),
        branch: BRANCHES[random.below(6)].into(),
        bump: "minor".into(),
        env: PLACES[random.below(3)].into(),
        trust: random.below(101) as i64,
        cost: random.below(1200) as i64,
    }
}

/// 64 requests: 16 for an action that nobody knows, 16 that no rule matches, 16 that one matches, 16 that more do.
#[must_use]
pub fn workload(n: usize) -> Workload {
    let rules = rules(n);
    let mut random = Random::new(99 + n as u64);
    let mut wanted = [16_usize; 4];
    let mut asks = Vec::new();
    while wanted.iter().any(|&left| left > 0) {
        let service = random.below(n / 10);
        let unknown = wanted[0] > 0;
        let action = if unknown {
            format!("unk{service:04}.op{}_run", random.below(7))
        } else {
            match random.below(4) {
                0 => format!("svc{service:04}.op0_run"),
                1 => format!("svc{service:04}.other"),
                _ => format!("svc{service:04}.op{}_run", random.below(7)),
            }
        };
        let ask = ask(&mut random, action);
        let own = &rules[service * 10..service * 10 + 10];
        let hits = own.iter().filter(|rule| matches(rule, &[], &ask)).count();
        let kind = if unknown { 0 } else { 1 + hits.min(2) };
        if wanted[kind] > 0 {
            wanted[kind] -= 1;
            asks.push(ask);
        }
    }
    random.shuffle(&mut asks);
    Workload::new(&format!("w2_{n}"), rules, asks)
}

/// The same rules, and as many distinct known actions as there are rules, each asked for once, in random order.
#[must_use]
pub fn spread(n: usize) -> Workload {
    let rules = rules(n);
    let mut random = Random::new(1009 + n as u64);
    let known = ["op0_run", "op1_run", "op2_run", "op3_run", "op4_run", "op5_run", "op6_run", "other", "op7", "view"];
    let names = (0..n / 10).flat_map(|service| known.map(|name| format!("svc{service:04}.{name}")));
    let mut asks: Vec<Ask> = names.map(|action| ask(&mut random, action)).collect();
    random.shuffle(&mut asks);
    // Only the ten rules of its service can match a request: looking at all would be a hundred million tests.
    let told: Vec<_> = asks
        .iter()
        .map(|ask| {
            let service: usize = ask.action[3..7].parse().expect("four digits");
            crate::scan(&rules[service * 10..service * 10 + 10], &[], ask)
        })
        .collect();
    let (right, hits) = told.into_iter().unzip();
    Workload { name: format!("w2_{n}_spread"), rules, asks, right, hits, parents: Vec::new() }
}
