//! Parts of a decision by themselves are the parts of the decision.

use crate::check::typed::TypedPolicy;
use crate::plan::lanes::tests::{crowd, crowd_inputs, with_lanes};
use crate::plan::profile::{Parts, UnitWork};
use crate::plan::tests::{Given, Source, plan, random_inputs, random_policy};
use crate::plan::{Encoding, Frame, Inputs, Out, Plan, Run as _, Scratch, SlotId, UnitId, Walker, decide};

/// A slot by itself has the word that it has in the frame.
fn slots_agree(policy: &TypedPolicy, plan: &Plan, unit: UnitId, inputs: &Given) {
    let mut profile = UnitWork::new(plan, policy, unit);
    let block = &profile.unit().block;
    let mut frame = Frame::default();
    profile.frame(inputs, &mut frame);
    for (id, slot) in (0..).map(SlotId).zip(&block.slots) {
        let (word, bit) = block.known(id);
        let there = frame.words[word] >> bit & 1 == 1;
        let alone = profile.slot(id, inputs);
        assert_eq!(alone.is_some(), there, "{}", slot.label);
        let Some(alone) = alone else { continue };
        match slot.encoding {
            // Records lie elsewhere; there are as many of them.
            Encoding::Records(_) => assert_eq!(alone as u32, frame.words[block.place(id)] as u32, "{}", slot.label),
            Encoding::Word | Encoding::Truth | Encoding::Symbol(_) | Encoding::Presence => {
                assert_eq!(alone, frame.words[block.place(id)], "{}", slot.label);
            }
        }
    }
}

/// A row needs nothing but its parts: its bits stay where every other slot is made an error.
fn parts_are_enough(policy: &TypedPolicy, plan: &Plan, id: UnitId, inputs: &Given) {
    let profile = UnitWork::new(plan, policy, id);
    let unit = profile.unit();
    let (mut frame, mut whole, mut part) = (Frame::default(), Out::default(), Out::default());
    profile.frame(inputs, &mut frame);
    whole.clear(unit.rows.len());
    crate::plan::walk(unit, &frame, 0..unit.first, &mut whole);
    for (place, row) in unit.rows[..unit.first].iter().enumerate() {
        let parts = Parts::of(unit.body(), row.condition);
        let mut only = frame.clone();
        for slot in (0..unit.block.slots.len() as u32).map(SlotId).filter(|slot| !parts.slots.contains(slot)) {
            let (word, bit) = unit.block.known(slot);
            only.words[word] &= !(1 << bit);
            only.words[unit.block.place(slot)] = 0;
        }
        part.clear(unit.rows.len());
        crate::plan::walk(unit, &only, 0..unit.first, &mut part);
        assert_eq!(part.row(place), whole.row(place), "row {place}: {parts:?}");
    }
}

#[test]
fn slots_by_themselves_are_those_of_the_frame() {
    let mut seen = 0;
    for seed in 0..150 {
        let source = &mut Source::new(seed);
        let policy = random_policy(source);
        let plan = plan(&policy);
        for _ in 0..5 {
            let inputs = random_inputs(source);
            // Some requests are about names that nobody declares.
            let Some(unit) = plan.declared(inputs.action()) else { continue };
            slots_agree(&policy, &plan, unit, &inputs);
            parts_are_enough(&policy, &plan, unit, &inputs);
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen}");
}

#[test]
fn whatever_fires_behind_a_lane_was_a_candidate() {
    let mut fired = 0;
    for seed in 0..60 {
        let source = &mut Source::new(seed);
        let policy = crowd(source);
        let plan = with_lanes(&policy);
        for _ in 0..10 {
            let inputs = crowd_inputs(source);
            let Some(unit) = plan.declared(inputs.action()) else { continue };
            let mut scratch = Scratch::default();
            decide(&plan, &policy, &Walker, &inputs, &mut scratch);
            let mut profile = UnitWork::new(&plan, &policy, unit);
            let candidates = profile.candidates(&inputs);
            let judged: Vec<_> = scratch.pieces().map(|piece| piece.piece).collect();
            assert!(judged.iter().all(|piece| candidates.contains(piece)), "{judged:?} of {candidates:?}");
            assert_eq!(profile.lanes(&Walker, &inputs), judged.len());
            fired += judged.len();
        }
    }
    assert!(fired > 100, "{fired}");
}

/// What is timed as judging is the judging: without lanes and units beside it, its tier is the decision's.
#[test]
fn judging_by_itself_gives_the_tier() {
    let mut seen = 0;
    for seed in 0..60 {
        let source = &mut Source::new(seed);
        let policy = random_policy(source);
        let plan = plan(&policy);
        let inputs = random_inputs(source);
        let Some(id) = plan.declared(inputs.action()) else { continue };
        let profile = UnitWork::new(&plan, &policy, id);
        if !profile.unit().lanes.is_empty() {
            continue;
        }
        let (mut frame, mut out, mut direct) = (Frame::default(), Out::default(), Out::default());
        profile.frame(&inputs, &mut frame);
        let word = profile.judge(&Walker, &frame, &mut out);
        direct.clear(profile.unit().rows.len());
        Walker.first(&plan, id, &frame, &mut direct);
        if profile.unit().first < profile.unit().rows.len() {
            Walker.second(&plan, id, &frame, &mut direct);
        }
        assert_eq!((word, &out), (direct.tier(), &direct));
        assert_eq!(
            profile.unit().tier_of(word),
            decide(&plan, &policy, &Walker, &inputs, &mut Scratch::default()).tier
        );
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}
