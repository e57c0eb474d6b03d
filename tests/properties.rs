//! The promises of the language, tried on drawn policy sets and requests near their constants.
//!
//! `AAS_SOAK=1000000 cargo test --release -- --include-ignored soak` tries a million pairs; `AAS_SEED` starts elsewhere.
#![allow(clippy::disallowed_methods, reason = "how much is tried comes from the environment")]
#![allow(missing_docs, reason = "tests say what they are by their names")]

mod generate;

use std::fmt::Write as _;

use aas::check::typed::{ItemBody, Scope, TypedPolicy};
use aas::decision::{Decision, Engine, Obligation, Tier};
use aas::interp::{self, Scene};
use aas::plan::late;
use aas::reader::Bound;
use aas::verify::{Case, Generator, Random};
use aas::{Entities, Policy, Raw, json, pipeline};

use generate::Set;

/// Where seeds begin.
fn first_seed() -> u64 {
    std::env::var("AAS_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// Compiles a drawn set, which must be well-typed.
fn typed(set: &Set, files: usize) -> Result<TypedPolicy, String> {
    let sources = set.sources(files);
    let checked = pipeline::check(&sources, &set.settings);
    let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
    match checked.policy {
        Some(policy) => Ok(policy),
        None => Err(aas::diagnostic::render::human(&errors, &sources, false)),
    }
}

/// Draws a set that compiles; one that does not is a bug of the generator or of the checker.
fn drawn(seed: u64) -> (Set, TypedPolicy) {
    let set = Set::draw(seed);
    match typed(&set, 1) {
        Ok(policy) => (set, policy),
        Err(_) => {
            let small = set.shrunk(&|s| typed(s, 1).is_err());
            let findings = typed(&small, 1).err().unwrap_or_default();
            panic!("the drawn set {seed} does not compile:\n{findings}\n{}", small.show());
        }
    }
}

fn show_case(case: &Case) -> String {
    let mut text = format!("action {}\n", case.request.action);
    let groups = [
        ("params", &case.request.params),
        ("claims", &case.request.claims),
        ("agent", &case.facts.agent),
        ("session", &case.facts.session),
        ("env", &case.facts.env),
        ("flags", &case.facts.flags),
        ("state", &case.facts.state),
        ("observed", &case.facts.observed),
    ];
    for (name, fields) in groups {
        let _ = writeln!(text, "{name} {}", json::write(&Raw::Object(fields.clone())));
    }
    let _ = writeln!(text, "now {:?}", case.facts.now);
    for entity in &case.entities {
        let _ = writeln!(text, "entity {}({:?}) in {:?} {:?}", entity.ty, entity.id, entity.parents, entity.attributes);
    }
    text
}

/// The interpreter's decision, straight over the typed policy.
fn decide(policy: &TypedPolicy, case: &Case) -> Decision {
    let zone = &policy.settings.zone;
    let entities = Entities::prepare(&policy.types, &case.entities, zone).unwrap_or_else(|e| panic!("{e}"));
    let bound = Bound::new(policy, &case.request, &case.facts);
    interp::decide(&Scene::new(policy, &bound, &entities))
}

/// What must be equal whoever decides, and in whatever order the policy was written.
fn essence(mut decision: Decision) -> Decision {
    decision.engine = Engine::Interp;
    for error in &mut decision.errors {
        error.span = None;
    }
    decision
}

/// A policy with native code, compared with the plan before it serves.
fn compiled(policy: TypedPolicy) -> Policy {
    Policy::from_typed(policy).with_native().unwrap_or_else(|e| panic!("no native code: {e}"))
}

/// Decides a case by all engines, in the plan's order and in one in which as much waits as can.
fn differences(policy: &Policy, case: &Case) -> Option<String> {
    let waiting = |unit| late::may_be_late(unit).into_iter().rev().take(late::MAX_LATE).collect();
    let order: late::Order = policy.plan().units().map(|(id, unit)| (id, waiting(unit))).collect();
    let other = policy.in_order(&order).expect("an order of its plan");
    differences_of(policy, case).or_else(|| differences_of(&other, case).map(|said| format!("waiting: {said}")))
}

fn differences_of(policy: &Policy, case: &Case) -> Option<String> {
    // A set that is being made smaller may lack the types of the entities: nothing can be asked of it.
    let entities = policy.entities(&case.entities).ok()?;
    let meant = essence(policy.decide_with(Engine::Interp, &case.request, &case.facts, &entities));
    for engine in [Engine::Plan, Engine::Jit] {
        let other = policy.decide_with(engine, &case.request, &case.facts, &entities);
        let tier = other.tier;
        assert_eq!(other.engine, engine);
        if essence(other.clone()) != meant {
            return Some(format!("{engine:?} differs:\n{other:#?}\ninstead of\n{meant:#?}"));
        }
        if policy.tier(&case.request, &case.facts, &entities) != tier {
            return Some("`tier` and `decide` differ".into());
        }
    }
    None
}

/// Tries a set with some requests; returns how many.
fn engines_agree_on(seed: u64, requests: usize, tiers: &mut [u64; 4]) {
    let (set, policy) = drawn(seed);
    let policy = compiled(policy);
    let mut generator = Generator::new(policy.typed(), seed);
    for _ in 0..requests {
        let case = generator.any();
        let Some(difference) = differences(&policy, &case) else {
            tiers[decide(policy.typed(), &case).tier as usize] += 1;
            continue;
        };
        let small = set.shrunk(&|s| typed(s, 1).is_ok_and(|p| differences(&compiled(p), &case).is_some()));
        let again = typed(&small, 1).ok().and_then(|p| differences(&compiled(p), &case));
        let difference = again.unwrap_or(difference);
        panic!("set {seed}: {difference}\n{}\n{}", show_case(&case), small.show());
    }
}

fn engines_agree(seeds: impl Iterator<Item = u64>) {
    let mut tiers = [0; 4];
    for seed in seeds {
        engines_agree_on(seed, 100, &mut tiers);
    }
    assert!(tiers.iter().all(|n| *n > 100), "every tier is reached often: {tiers:?}");
}

// 20,000 pairs of a policy set and a request in two halves, so that they may run beside each other.

#[test]
fn all_engines_agree_on_even_seeds() {
    engines_agree((0..100).map(|i| 2 * (first_seed() + i)));
}

#[test]
fn all_engines_agree_on_odd_seeds() {
    engines_agree((0..100).map(|i| 2 * (first_seed() + i) + 1));
}

#[test]
#[ignore = "a million pairs take minutes in optimised code, far longer in a debug build: `just soak`"]
fn soak_all_engines_agree() {
    let pairs: u64 = std::env::var("AAS_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    engines_agree((0..pairs.div_ceil(100)).map(|i| 1_000_000 + first_seed() + i));
}

#[test]
fn order_changes_nothing() {
    for seed in first_seed()..first_seed() + 30 {
        let (set, policy) = drawn(seed);
        let mut random = Random::new(seed);
        for files in 1..4 {
            let shuffled = set.shuffled(&mut random);
            let other = typed(&shuffled, files).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            assert_eq!(policy.hash, other.hash, "seed {seed}:\n{}\n{}", set.show(), shuffled.show());
            let mut generator = Generator::new(&policy, seed);
            for _ in 0..20 {
                let mut case = generator.any();
                let meant = essence(decide(&policy, &case));
                case.entities.reverse();
                for fields in [&mut case.request.params, &mut case.facts.agent, &mut case.facts.flags] {
                    fields.reverse();
                }
                let found = essence(decide(&other, &case));
                assert_eq!(found, meant, "seed {seed}: {}\n{}", show_case(&case), shuffled.show());
            }
        }
    }
}

/// The policy as if an item were not there.
fn without(policy: &TypedPolicy, place: usize) -> TypedPolicy {
    let mut policy = policy.clone();
    policy.items[place].scope = Scope::default();
    policy
}

fn told(decision: &Decision) -> Vec<String> {
    let told = decision.obligations.iter().filter_map(|o| match o {
        Obligation::Notify { channel, .. } => Some(format!("notify {channel}")),
        Obligation::Redact { field, .. } => Some(format!("redact {field}")),
        Obligation::Approve { .. } | Obligation::Instead { .. } | Obligation::Run { .. } => None,
    });
    told.collect()
}

fn approvals(decision: &Decision) -> Vec<&Obligation> {
    decision.obligations.iter().filter(|o| matches!(o, Obligation::Approve { .. })).collect()
}

/// What goes wrong when an item is added to a policy that lacks it.
fn broken_by_adding(without: &TypedPolicy, case: &Case, full: &Decision, place: usize) -> Option<String> {
    let lacking = &decide(without, case);
    let item = &without.items[place];
    match &item.body {
        ItemBody::Floor { .. } => {
            if full.tier < lacking.tier {
                return Some("adding a floor lowers".into());
            }
            let (before, after) = (told(lacking), told(full));
            if let Some(lost) = before.iter().find(|t| !after.contains(t)) {
                return Some(format!("adding a floor loses {lost}"));
            }
            let kept = full.tier == Tier::Black || approvals(lacking).iter().all(|a| full.obligations.contains(a));
            (!kept).then(|| "adding a floor loses an approval".into())
        }
        ItemBody::Rule { .. } => (full.tier < lacking.tier && a_rule_matches(without, case))
            .then(|| "adding a rule lowers where one matched".into()),
        ItemBody::Relax { .. } | ItemBody::Exception { .. } => {
            (full.tier > lacking.tier).then(|| "removing a relax or exception lowers".into())
        }
        ItemBody::Approval { .. } => (full.tier != lacking.tier).then(|| "an approval changes the tier".into()),
    }
}

/// Whether a rule holds or errs for a case.
fn a_rule_matches(policy: &TypedPolicy, case: &Case) -> bool {
    let entities = Entities::prepare(&policy.types, &case.entities, &policy.settings.zone).unwrap_or_default();
    let bound = Bound::new(policy, &case.request, &case.facts);
    let outcomes = interp::judge(&Scene::new(policy, &bound, &entities));
    let rule = |id| matches!(policy.item(id).body, ItemBody::Rule { .. });
    outcomes.items.iter().any(|o| rule(o.item) && o.counts())
}

/// The policy with one branch a tier higher; nothing where it is black already or is no branch.
fn raised(policy: &TypedPolicy, place: usize) -> Vec<TypedPolicy> {
    let count = match &policy.items[place].body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => branches.len(),
        ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => 0,
    };
    let raise = |branch: usize| {
        let mut policy = policy.clone();
        let branches = match &mut policy.items[place].body {
            ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => branches,
            ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => return None,
        };
        let tier = branches[branch].tier;
        branches[branch].tier = *Tier::ALL.get(tier as usize + 1)?;
        Some(policy)
    };
    (0..count).filter_map(raise).collect()
}

fn report(seed: u64, what: &str, policy: &TypedPolicy, place: usize, case: &Case, set: &Set) -> ! {
    panic!("set {seed}: {what}: {}\n{}\n{}", policy.items[place].name, show_case(case), set.show());
}

#[test]
fn more_floors_and_fewer_lifts_never_loosen() {
    for seed in first_seed()..first_seed() + 40 {
        let (set, policy) = drawn(seed);
        let mut generator = Generator::new(&policy, seed);
        let cases: Vec<Case> = (0..40).map(|_| generator.any()).collect();
        let full: Vec<Decision> = cases.iter().map(|case| decide(&policy, case)).collect();
        for place in 0..policy.items.len() {
            let lacking = without(&policy, place);
            for (case, full) in cases.iter().zip(&full) {
                if let Some(what) = broken_by_adding(&lacking, case, full, place) {
                    report(seed, &what, &policy, place, case, &set);
                }
            }
            for higher in raised(&policy, place) {
                for (case, full) in cases.iter().zip(&full) {
                    if decide(&higher, case).tier < full.tier {
                        report(seed, "raising a tier lowers", &policy, place, case, &set);
                    }
                }
            }
        }
    }
}

/// Something the host says that may be unreadable.
#[derive(Clone, Copy)]
enum Said {
    Claim(usize),
    Observed(usize),
    Agent(usize),
    Session(usize),
    Env(usize),
    Flag(usize),
    State(usize),
    Now,
}

fn everything_said(case: &Case) -> Vec<Said> {
    let facts = &case.facts;
    let mut said = vec![Said::Now];
    said.extend((0..case.request.claims.len()).map(Said::Claim));
    said.extend((0..facts.observed.len()).map(Said::Observed));
    said.extend((0..facts.agent.len()).map(Said::Agent));
    said.extend((0..facts.session.len()).map(Said::Session));
    said.extend((0..facts.env.len()).map(Said::Env));
    said.extend((0..facts.flags.len()).map(Said::Flag));
    said.extend((0..facts.state.len()).map(Said::State));
    said
}

/// The value of one thing, in another case of the same action.
fn transplant(case: &Case, said: Said, from: &Case) -> Option<Case> {
    let mut made = case.clone();
    let (into, donor) = match said {
        Said::Claim(i) => (&mut made.request.claims[i], &from.request.claims),
        Said::Observed(i) => (&mut made.facts.observed[i], &from.facts.observed),
        Said::Agent(i) => (&mut made.facts.agent[i], &from.facts.agent),
        Said::Session(i) => (&mut made.facts.session[i], &from.facts.session),
        Said::Env(i) => (&mut made.facts.env[i], &from.facts.env),
        Said::Flag(i) => (&mut made.facts.flags[i], &from.facts.flags),
        Said::State(i) => (&mut made.facts.state[i], &from.facts.state),
        Said::Now => {
            made.facts.now = from.facts.now;
            return Some(made);
        }
    };
    into.1 = donor.iter().find(|(name, _)| *name == into.0)?.1.clone();
    Some(made)
}

fn unreadable(case: &Case, said: Said) -> Case {
    let mut made = case.clone();
    let why = || Raw::Unavailable("away".into());
    match said {
        Said::Claim(i) => made.request.claims[i].1 = why(),
        Said::Observed(i) => made.facts.observed[i].1 = why(),
        Said::Agent(i) => made.facts.agent[i].1 = why(),
        Said::Session(i) => made.facts.session[i].1 = why(),
        Said::Env(i) => made.facts.env[i].1 = why(),
        Said::Flag(i) => made.facts.flags[i].1 = why(),
        Said::State(i) => made.facts.state[i].1 = why(),
        Said::Now => made.facts.now = None,
    }
    made
}

/// The policy with red in place of black where an item says `if unclear red`.
fn softened(policy: &TypedPolicy) -> TypedPolicy {
    let mut policy = policy.clone();
    for item in &mut policy.items {
        if let ItemBody::Floor { branches, if_unclear: Some(unclear), .. } = &mut item.body {
            for branch in branches {
                branch.tier = branch.tier.min(*unclear);
            }
        }
    }
    policy
}

#[test]
fn an_error_never_loosens() {
    let mut stricter = 0;
    for seed in first_seed()..first_seed() + 60 {
        let (set, policy) = drawn(seed);
        let softened = softened(&policy);
        let mut generator = Generator::new(&policy, seed);
        for _ in 0..20 {
            let case = generator.any();
            let others: Vec<Case> = (0..6).map(|_| generator.case(&case.request.action)).collect();
            for said in everything_said(&case) {
                let erring = decide(&policy, &unreadable(&case, said));
                let values = others.iter().filter_map(|from| transplant(&case, said, from));
                for value in values.chain([case.clone()]) {
                    let told = decide(&softened, &value).tier;
                    stricter += u64::from(told < erring.tier);
                    assert!(
                        erring.tier >= told,
                        "set {seed}: {told} becomes {} when it cannot be told\n{}\n{}\n{erring:#?}",
                        erring.tier,
                        show_case(&value),
                        set.show()
                    );
                }
            }
        }
    }
    assert!(stricter > 1_000, "errors were tried where they matter: {stricter}");
}

#[test]
fn the_same_request_gets_the_same_decision() {
    for seed in first_seed()..first_seed() + 20 {
        let (_, policy) = drawn(seed);
        let again = drawn(seed).1;
        assert_eq!(policy.hash, again.hash);
        let mut generator = Generator::new(&policy, seed);
        for _ in 0..50 {
            let case = generator.any();
            let decision = decide(&policy, &case);
            assert_eq!(decision, decide(&again, &case));
            assert!(!decision.determining.is_empty() || !decision.errors.is_empty(), "every decision has a reason");
        }
    }
}

#[test]
fn every_drawn_set_compiles() {
    let mut wrong = std::collections::BTreeMap::new();
    for seed in first_seed()..first_seed() + 200 {
        let set = Set::draw(seed);
        if let Err(findings) = typed(&set, 1) {
            let code: String = findings.chars().take(16).collect();
            wrong.entry(code).or_insert_with(|| (seed, findings.chars().take(900).collect::<String>()));
        }
    }
    let shown: String = wrong.iter().map(|(code, (seed, text))| format!("{code}: set {seed}\n{text}\n\n")).collect();
    assert!(wrong.is_empty(), "{shown}");
}
