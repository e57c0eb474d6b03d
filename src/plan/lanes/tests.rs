//! Plans with lanes against plans without, and both against the reference.

mod crowd;
mod faults;

use super::Choice;
use crate::check::typed::TypedPolicy;
use crate::graph;
use crate::outcome::{ItemOutcome, Outcomes, Truth};
use crate::plan::tests::{Given, Source, random_inputs, random_policy, reference};
use crate::plan::{Plan, Run, Scratch, Walker, build_with, decide, tier};
pub(crate) use crowd::{crowd, crowd_inputs};

/// A plan with lanes wherever one can be made.
pub(crate) fn with_lanes(policy: &TypedPolicy) -> Plan {
    build_with(&graph::build(policy), Choice::ALWAYS)
}

pub(crate) fn without_lanes(policy: &TypedPolicy) -> Plan {
    build_with(&graph::build(policy), Choice::OFF)
}

/// Whether a plan says what another without lanes says, and what the reference says.
pub(crate) fn differs(
    policy: &TypedPolicy,
    (plain, plan): (&Plan, &Plan),
    engine: &dyn Run,
    inputs: &Given,
) -> Option<String> {
    let (mut one, mut other) = (Scratch::default(), Scratch::default());
    let expected = decide(plain, policy, &Walker, inputs, &mut one).clone();
    let made = decide(plan, policy, engine, inputs, &mut other).clone();
    let (truths, meant) = reference(policy, inputs);
    let (rows, own_rows) = (one.outcomes(plain), other.outcomes(plan));
    let alone = tier(plan, policy, engine, inputs, &mut other);
    if made != expected || rows != own_rows {
        let unlike = rows.items.iter().zip(&own_rows.items).filter(|(a, b)| a != b);
        let shown: Vec<String> = unlike.map(|(a, b)| explained(policy, a, b)).collect();
        return Some(format!("{} without, {} with; {}", expected.tier, made.tier, shown.join("; ")));
    }
    if alone != meant || made.tier != meant {
        return Some(format!("the tier is {meant}, not {alone} or {}", made.tier));
    }
    unlike(policy, &truths, &own_rows)
}

fn explained(policy: &TypedPolicy, plain: &ItemOutcome, other: &ItemOutcome) -> String {
    let conditions = policy.item(plain.item).conditions();
    let texts: Vec<String> = conditions.into_iter().map(|when| graph::label::expr(policy, when)).collect();
    format!("item {} {:?} without, {:?} with: {}", plain.item.0, plain.truths, other.truths, texts.join(" | "))
}

/// The first row that is not what the reference says, floors that are silenced aside.
fn unlike(
    policy: &TypedPolicy,
    truths: &[(crate::decision::ItemId, Vec<Option<bool>>)],
    rows: &Outcomes,
) -> Option<String> {
    let told = |truth: &Option<bool>| match truth {
        Some(truth) => Truth::from(*truth),
        None => Truth::Erred,
    };
    for (item, own) in truths {
        let found = rows.of(*item)?;
        let meant: Vec<Truth> = own.iter().map(told).collect();
        let silent = crate::interp::silenced(policy, rows, *item);
        if found.truths != meant && !silent {
            return Some(format!("item {}: {meant:?} by the reference, {:?}", item.0, found.truths));
        }
    }
    None
}

/// Many rules that differ in constants only.
pub(crate) fn same_shape(count: i64) -> TypedPolicy {
    use crate::check::typed::Comparison;
    use crate::decision::Tier;
    use crate::graph::tests::{and, branch, compare, field, int, policy, rule, text};
    use crate::types::Type;
    let rules = (0..count).map(|n| {
        let name = compare(Comparison::Equal, field("branch", Type::String), text(&format!("b{n}")));
        let size = compare(Comparison::Less, field("lines", Type::Int), int(n * 3 % 100));
        rule(&format!("demo.r{n:05}"), vec![branch(and(vec![name, size]), Tier::Yellow)])
    });
    policy(rules.collect(), Tier::Red)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn lanes_change_no_answer(seed: u64) {
        let source = &mut Source::new(seed);
        let policy = crowd(source);
        let (plain, plan) = (without_lanes(&policy), with_lanes(&policy));
        for _ in 0..30 {
            let inputs = crowd_inputs(source);
            if let Some(text) = differs(&policy, (&plain, &plan), &Walker, &inputs) {
                panic!("{text}\n{inputs:?}");
            }
        }
    }

    #[test]
    fn lanes_change_no_answer_of_any_policy(seed: u64) {
        let source = &mut Source::new(seed);
        let policy = random_policy(source);
        let (plain, plan) = (without_lanes(&policy), with_lanes(&policy));
        for _ in 0..20 {
            let inputs = random_inputs(source);
            if let Some(text) = differs(&policy, (&plain, &plan), &Walker, &inputs) {
                panic!("{text}\n{inputs:?}");
            }
        }
    }
}

/// The generator reaches every kind of lane, candidates that are none, and keys that err or are absent.
#[test]
fn the_generator_reaches_what_it_is_for() {
    let (mut kinds, mut given, mut judged, mut rows) = (std::collections::BTreeSet::new(), 0, 0, 0);
    for seed in 0..60 {
        let source = &mut Source::new(seed);
        let policy = crowd(source);
        let plan = with_lanes(&policy);
        for unit in &plan.units {
            kinds.extend(unit.lanes.lanes.iter().map(|lane| lane.kind));
            given += unit.lanes.pieces.iter().filter(|piece| !piece.given.is_empty()).count();
        }
        for _ in 0..10 {
            let mut scratch = Scratch::default();
            let inputs = crowd_inputs(source);
            decide(&plan, &policy, &Walker, &inputs, &mut scratch);
            judged += scratch.pieces().count();
            rows += scratch.last().map(|(unit, ..)| plan.unit(unit).lanes.pieces.len()).sum::<usize>();
        }
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    assert!(given > 100, "{given}");
    assert!(judged > 500 && rows > 3 * judged, "{judged} of {rows}");
}
