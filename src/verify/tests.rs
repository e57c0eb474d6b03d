//! Drawing is repeatable and reaches both sides of what a policy says; asserts and coverage tell the truth.

use super::{Counts, Coverage, Generator, exercise_asserts};
use crate::decision::Tier;
use crate::policy::Policy;
use crate::settings::Settings;
use crate::source::SourceSet;

const RULES: &str = r#"package p

ordered enum Env { dev, staging, production }
entity Team
entity Role one of { ops, ci }
record Change { file: path, lines: int 0..1_000 }
facts agent { trust: decimal 0..100 = 50, team: Team? }
facts env { name: Env }
flag halt: bool = false, strict true
const mainline: set<ref> = {"main", "release"}

action a.go also a.run {
    service: string[..64]
    version: semver?
    site: url
    observed { branch: ref, lines: int 0..1_000, changes: list<Change>[..20], at: timestamp, from: ip }
    claimed { cost: decimal >= 0.00 }
}

rule quick on a.go {
    green when lines < 10
    yellow when lines >= 10 and lines < 500
    otherwise red because "Large."
}
rule hosts on a.go {
    when site.host under "example.com"
    yellow
}
guard mainline_only on a.* {
    when branch in mainline and env.name >= Env.staging
    red
    because "Mainline."
}
guard files on a.go {
    when any c in changes: c.file like "**/*.key" and c.lines > 5
    black
    because "Keys."
}
guard costs on a.go {
    yellow when cost >= 1.00
    red when cost >= 10.00
    because "Money."
}
guard inside on a.go {
    when from in "10.0.0.0/8" and service like "api-*"
    yellow
    because "Inside."
}
guard stopped on any action {
    when flag.halt
    black
    because "Stopped."
}
relax trusted on a.go {
    when agent.trust >= 60 and now.hour < 18
    yellow to green
}

assert never below red on a.go when branch in mainline and env.name == Env.production
assert always black on ** when flag.halt
assert never black on a.go when lines < 10
"#;

fn policy(rules: &str) -> Policy {
    let sources = SourceSet::single("p.aasrule", rules);
    Policy::compile(&sources, &Settings::default())
        .unwrap_or_else(|findings| panic!("{}", crate::diagnostic::render::human(&findings, &sources, false)))
}

#[test]
fn the_same_seed_draws_the_same_cases() {
    let policy = policy(RULES);
    let draw = |seed| {
        let mut generator = Generator::new(policy.typed(), seed);
        (0..50).map(|_| generator.any()).collect::<Vec<_>>()
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn every_branch_is_reached_both_ways() {
    let policy = policy(RULES);
    let mut generator = Generator::new(policy.typed(), 1);
    let mut coverage = Coverage::new(policy.typed());
    for _ in 0..2_000 {
        let case = generator.any();
        let entities = policy.entities(&case.entities).expect("a drawn snapshot fits");
        let decision = policy.decide(&case.request, &case.facts, &entities);
        coverage.record(policy.typed(), &case.request, &case.facts, &entities, &decision);
    }
    for item in &coverage.items {
        let name = &policy.typed().item(item.item).name;
        for branch in &item.branches {
            let Counts { held, failed, erred } = branch.counts;
            // Only a parameter cannot err where a condition reads it: a bad one refuses the request.
            assert!(held > 0 && failed > 0 && (erred > 0 || &**name == "p.hosts"), "{name}: {held} {failed} {erred}");
        }
    }
    assert!(coverage.tiers.iter().all(|n| *n > 10), "{:?}", coverage.tiers);
    let [items, branches, clauses] = coverage.summary();
    assert_eq!((items.0, branches.0), (items.1, branches.1));
    assert!(clauses.1 > 10 && clauses.0 == clauses.1, "{clauses:?}");
    assert_eq!(coverage.never_held().count(), 0);
}

#[test]
fn what_no_request_reached_is_told() {
    let policy = policy(RULES);
    let coverage = Coverage::new(policy.typed());
    assert_eq!(coverage.never_held().count(), policy.typed().items.len());
    assert_eq!(coverage.summary().map(|(reached, _)| reached), [0, 0, 0]);
}

#[test]
fn asserts_hold_or_have_a_witness() {
    let policy = policy(RULES);
    let done = exercise_asserts(&policy, 1_000);
    assert_eq!(done.len(), 3);
    for held in &done[..2] {
        assert!(held.refuted.is_none(), "{held:?}");
        assert!(held.applied > 20, "{held:?}");
    }
    let witness = done[2].refuted.as_ref().expect("a key may be changed in few lines");
    assert_eq!(witness.decision.tier, Tier::Black);
    let entities = policy.entities(&witness.case.entities).expect("a drawn snapshot fits");
    let again = policy.decide(&witness.case.request, &witness.case.facts, &entities);
    assert_eq!(again, witness.decision);
    assert!(again.errors.is_empty(), "an upper bound speaks of requests without errors");
}
