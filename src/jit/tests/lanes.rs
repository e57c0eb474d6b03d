//! Native code of lanes' pieces: against walker, interpreter and plans without lanes; faults in it.

use super::super::emit::EmitFault;
use super::super::{Effort, Options, clif, compile, validate, validate_against};
use crate::plan::lanes::tests::{crowd, crowd_inputs, differs, same_shape, with_lanes, without_lanes};
use crate::plan::tests::Source;

const FEW: Effort = Effort { mixtures: 20, most: 60, interpreted: 60, repeated: 16 };

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 30, failure_persistence: None, ..Default::default() })]

    #[test]
    fn native_code_of_lanes_says_what_the_language_says(seed: u64) {
        let source = &mut Source::new(seed);
        let policy = crowd(source);
        let (plain, plan) = (without_lanes(&policy), with_lanes(&policy));
        let optimise = source.below(2) == 0;
        let code = compile(&plan, &Options { optimise, ..Options::default() }).unwrap();
        if let Err(difference) = validate_against(&policy, &plan, &code, FEW) {
            panic!("{difference}\n{plan}");
        }
        for _ in 0..20 {
            let inputs = crowd_inputs(source);
            if let Some(text) = differs(&policy, (&plain, &plan), &code, &inputs) {
                panic!("{text}\n{inputs:?}");
            }
        }
    }
}

#[test]
fn pieces_of_one_shape_share_their_code() {
    let policy = same_shape(500);
    let plan = with_lanes(&policy);
    let pieces: usize = plan.units.iter().map(|unit| unit.lanes.pieces.len()).sum();
    assert!(pieces >= 500, "{pieces}");
    let text = clif(&plan, &Options::default()).unwrap();
    assert_eq!(text.matches("rows of a lane").count(), 1, "{text}");
    let code = compile(&plan, &Options::default()).unwrap();
    validate_against(&policy, &plan, &code, FEW).unwrap();
}

#[test]
fn faults_of_the_emitter_are_caught_in_pieces() {
    let all = [
        EmitFault::UnsignedCompare,
        EmitFault::IgnoredKnownBit,
        EmitFault::LostErrorBit,
        EmitFault::TruthWithoutFalseBit,
        EmitFault::NextConstant,
        EmitFault::SmallSetTooShort,
        EmitFault::WordsOfPieceSwapped,
    ];
    let plans: Vec<_> = (0..30)
        .map(|seed| {
            let mut plan = with_lanes(&crowd(&mut Source::new(seed)));
            // The main blocks have their own test.
            for unit in &mut plan.units {
                unit.rows.clear();
                (unit.first, unit.for_tier) = (0, 0);
                unit.combine = crate::plan::Combine::empty(unit.combine.default);
            }
            plan
        })
        .collect();
    for fault in all {
        let caught = plans.iter().any(|plan| {
            let options = Options { optimise: false, verify: false, fault: Some(fault), ..Options::default() };
            validate(plan, &compile(plan, &options).unwrap(), FEW).is_err()
        });
        assert!(caught, "{fault:?} was not caught");
    }
}
