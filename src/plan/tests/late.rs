//! A plan in any order decides as the plan without one, and asks less.

use crate::check::typed::TypedPolicy;
use crate::plan::lanes::tests::{crowd, crowd_inputs, with_lanes};
use crate::plan::late::{Late, LateFault, MAX_LATE, Order, may_be_late, slot_keys};
use crate::plan::profile::UnitWork;
use crate::plan::tests::{Given, Source, plan, random_inputs, random_policy};
use crate::plan::{Frame, Inputs as _, Out, Plan, Scratch, SlotId, UnitId, Walker, decide, tier};

/// Some slots that may be late, in some order.
fn some_late(source: &mut Source, unit: &crate::plan::Unit) -> Vec<SlotId> {
    let mut may = may_be_late(unit);
    let mut chosen = Vec::new();
    while !may.is_empty() && chosen.len() < MAX_LATE && source.below(8) != 0 {
        chosen.push(may.swap_remove(source.below(may.len())));
    }
    chosen
}

fn some_order(source: &mut Source, plan: &Plan) -> Order {
    plan.units().map(|(id, unit)| (id, some_late(source, unit))).collect()
}

fn agree(policy: &TypedPolicy, plan: &Plan, ordered: &Plan, inputs: &Given) {
    let (mut one, mut other) = (Scratch::default(), Scratch::default());
    let said = decide(plan, policy, &Walker, inputs, &mut one).clone();
    assert_eq!(*decide(ordered, policy, &Walker, inputs, &mut other), said);
    assert_eq!(other.outcomes(ordered), one.outcomes(plan));
    assert_eq!(tier(ordered, policy, &Walker, inputs, &mut other), said.tier);
}

#[test]
fn any_order_gives_the_same_decisions() {
    let mut late = 0;
    for seed in 0..400 {
        let source = &mut Source::new(seed);
        let policy = random_policy(source);
        let plan = plan(&policy);
        let order = some_order(source, &plan);
        let ordered = plan.in_order(&order).unwrap();
        late += order.iter().map(|(_, slots)| slots.len()).sum::<usize>();
        for _ in 0..8 {
            agree(&policy, &plan, &ordered, &random_inputs(source));
        }
    }
    assert!(late > 800, "{late}");
}

#[test]
fn any_order_beside_lanes_gives_the_same_decisions() {
    let mut late = 0;
    for seed in 0..60 {
        let source = &mut Source::new(seed);
        let policy = crowd(source);
        let plan = with_lanes(&policy);
        let order = some_order(source, &plan);
        let ordered = plan.in_order(&order).unwrap();
        late += order.iter().map(|(_, slots)| slots.len()).sum::<usize>();
        for _ in 0..10 {
            agree(&policy, &plan, &ordered, &crowd_inputs(source));
        }
    }
    assert!(late > 50, "{late}");
}

/// What is simulated from a whole frame is what happens.
#[test]
fn late_slots_are_left_out_where_they_mean_nothing() {
    let (mut asked, mut late_slots) = (0, 0);
    for seed in 0..200 {
        let source = &mut Source::new(seed);
        let policy = random_policy(source);
        let plan = plan(&policy);
        let inputs = random_inputs(source);
        let Some(id) = plan.declared(inputs.action()) else { continue };
        let slots = some_late(source, plan.unit(id));
        let late = Late::of(plan.unit(id), &slots).unwrap();
        let work = UnitWork::new(&plan, &policy, id);
        let (mut full, mut out, mut whole) = (Frame::default(), Out::default(), Out::default());
        work.frame(&inputs, &mut full);
        whole.clear(plan.unit(id).rows.len());
        crate::plan::Run::first(&Walker, &plan, id, &full, &mut whole);
        let (found, judged) = work.staged(&Walker, &late, &full, &mut out);
        assert_eq!(out, whole);
        assert_eq!(judged, found.len() + 1);
        let ordered = plan.in_order(&[(id, slots.clone())]).unwrap();
        let mut scratch = Scratch::default();
        decide(&ordered, &policy, &Walker, &inputs, &mut scratch);
        let (_, frame, _) = scratch.last().next().unwrap();
        for slot in slots.iter().filter(|slot| !found.contains(slot)) {
            let (word, bit) = plan.unit(id).block.known(*slot);
            assert_eq!(frame.words[word] >> bit & 1, 0, "it was asked");
            assert_eq!(frame.words[plan.unit(id).block.place(*slot)], 0);
        }
        asked += found.len();
        late_slots += slots.len();
    }
    assert!(asked > 50 && asked * 10 < late_slots * 9, "{asked} of {late_slots}");
}

#[test]
fn what_is_no_order_is_refused() {
    let mut refused = 0;
    for seed in 0..100 {
        let source = &mut Source::new(seed);
        let policy = random_policy(source);
        let plan = plan(&policy);
        assert!(plan.in_order(&[(UnitId(plan.units.len() as u32), vec![])]).is_none());
        for (id, unit) in plan.units() {
            let may = may_be_late(unit);
            let slots = unit.block.slots.len() as u32;
            assert!(plan.in_order(&[(id, vec![SlotId(slots)])]).is_none());
            for slot in (0..slots).map(SlotId) {
                assert_eq!(plan.in_order(&[(id, vec![slot])]).is_some(), may.contains(&slot));
                refused += usize::from(!may.contains(&slot));
            }
            if let [first, ..] = may.as_slice() {
                assert!(plan.in_order(&[(id, vec![*first, *first])]).is_none());
            }
            if may.len() > MAX_LATE {
                assert!(plan.in_order(&[(id, may.clone())]).is_none());
            }
            let keys = slot_keys(unit);
            assert!((1..keys.len()).all(|n| !keys[..n].contains(&keys[n])), "two slots have one key");
        }
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn faults_of_an_order_are_seen() {
    for fault in [LateFault::ReaderLost, LateFault::StageLost, LateFault::ReadersSwapped, LateFault::EarlyLost] {
        let mut seen = 0;
        for seed in 0..200 {
            let source = &mut Source::new(seed);
            let policy = random_policy(source);
            let plan = plan(&policy);
            let mut spoilt = plan.in_order(&some_order(source, &plan)).unwrap();
            // With one stage there is nothing to swap; with none there is no order to spoil.
            spoilt.units.iter_mut().for_each(|unit| {
                if unit.late.slots().count() > 1 {
                    unit.late = std::mem::take(&mut unit.late).spoilt(fault);
                }
            });
            for _ in 0..5 {
                let inputs = random_inputs(source);
                let (mut one, mut other) = (Scratch::default(), Scratch::default());
                let meant = decide(&plan, &policy, &Walker, &inputs, &mut one).clone();
                let found = decide(&spoilt, &policy, &Walker, &inputs, &mut other).clone();
                seen += usize::from(found != meant || other.outcomes(&spoilt) != one.outcomes(&plan));
            }
        }
        assert!(seen > 5, "{fault:?}: {seen}");
    }
}
