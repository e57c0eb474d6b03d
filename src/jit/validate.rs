//! Before native code serves, it must say on generated frames what the walker says.

use super::frames::{Effort, FrameSource, sample_frames};
use crate::plan::{Encoding, Frame, Out, Plan, Run, TIER, UnitId, Walker};

/// A frame on which two ways of running a plan differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The unit.
    pub unit: UnitId,
    /// The frame.
    pub frame: Frame,
    /// What the walker says.
    pub walked: Out,
    /// What the code says.
    pub native: Out,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let differ = |row: &usize| self.walked.row(*row) != self.native.row(*row);
        let rows: Vec<usize> = (0..self.walked.row_words * 64).filter(differ).collect();
        write!(
            f,
            "unit {}: tier {} walked, {} native; rows that differ: {rows:?}",
            self.unit.0,
            self.walked.tier(),
            self.native.tier()
        )
    }
}

/// Compares code with the walker on frames that reach every state of every slot, and on mixtures.
///
/// # Errors
/// The first difference. Code that differs must not serve.
pub fn validate(plan: &Plan, code: &dyn Run, effort: Effort) -> Result<usize, Box<Mismatch>> {
    let mut tried = 0;
    for (id, unit) in plan.units() {
        let mut source = FrameSource::new(u64::from(id.0) + 1);
        for frame in sample_frames(unit.body(), effort, &mut source) {
            compare(plan, code, id, &frame)?;
            tried += 1;
        }
        tried += super::pieces::validate(plan, code, id, effort)?;
    }
    Ok(tried)
}

pub(super) fn compare(plan: &Plan, code: &dyn Run, id: UnitId, frame: &Frame) -> Result<(), Box<Mismatch>> {
    let unit = plan.unit(id);
    let (mut walked, mut native) = (Out::default(), Out::default());
    walked.clear(unit.rows.len());
    native.clear(unit.rows.len());
    Walker.first(plan, id, frame, &mut walked);
    code.first(plan, id, frame, &mut native);
    let mut same = walked == native;
    if same && unit.first < unit.rows.len() {
        // The count may be higher than the unit's own where an undeclared name concerns several.
        for more in [0, 1, 2, 3] {
            let (mut walked_on, mut native_on) = (walked.clone(), native.clone());
            walked_on.set_warnings(walked.warnings() + more);
            native_on.set_warnings(native.warnings() + more);
            Walker.second(plan, id, frame, &mut walked_on);
            code.second(plan, id, frame, &mut native_on);
            if walked_on != native_on {
                (walked, native, same) = (walked_on, native_on, false);
                break;
            }
        }
    }
    if same && unit.tells_tier_at_once() {
        same = tells_the_same(plan, code, id, frame, &mut walked, &mut native);
    }
    if same { Ok(()) } else { Err(Box::new(Mismatch { unit: id, frame: frame.clone(), walked, native })) }
}

/// Whether the tier that code tells alone is the walker's, on the frame with every slot told.
fn tells_the_same(plan: &Plan, code: &dyn Run, id: UnitId, frame: &Frame, walked: &mut Out, native: &mut Out) -> bool {
    let unit = plan.unit(id);
    let mut told = frame.clone();
    // What is not told becomes true or false, in another way on every frame.
    let mixed = frame.words.iter().fold(1_u64, |sum, word| (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for (slot, place) in unit.block.slots.iter().zip(unit.block.known_words()..) {
        if matches!(slot.encoding, Encoding::Truth | Encoding::Presence) && !matches!(told.words[place], 1 | 2) {
            told.words[place] = 1 + (mixed >> (place % 61) & 1);
        }
    }
    told.words[..unit.block.known_words()].fill(u64::MAX);
    let Some(tier) = code.tier(plan, id, &told) else { return true };
    walked.clear(unit.rows.len());
    Walker.first(plan, id, &told, walked);
    native.words.clone_from(&walked.words);
    native.words[TIER] = tier;
    tier == walked.tier()
}
