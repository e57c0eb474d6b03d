//! What is looked at only where it may still matter.
//!
//! A slot may be *late*: a frame is built without it first, as if it were an error, and rows are judged. Where no row
//! that reads it erred, its value means nothing, and it is never asked for. Otherwise it is asked, and the rows are
//! judged again. Each late slot is a stage of its own, and the stages stand in an order: that order, and which slots
//! are late, is what a [profile](crate::profile) chooses. Without one, no slot is late.
//!
//! INVARIANT: late slots never change a decision. Three-valued logic is monotone: what is true or false while a value
//! is unknown stays so whatever the value is. A row that erred is judged over all the slots that it reads. Rows that
//! read `warnings` count errors, so what they read is never late.

use super::classify::{classify_early, classify_more};
use super::combine::Mask;
use super::frame::{Encoding, Frame, Out, Slot};
use super::inputs::Inputs;
use super::node::SlotId;
use super::profile::Parts;
use super::{Plan, Run, Unit, UnitId};
use crate::builtin::Context;
use crate::graph::key::Fingerprint;

/// Most late slots of a unit: so often its rows are judged again at most.
pub const MAX_LATE: usize = 8;

/// The late slots of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Late {
    /// The others, in their order; nothing where no slot is late.
    early: Vec<SlotId>,
    /// Late slots in the order in which they are asked.
    stages: Vec<Stage>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stage {
    slot: SlotId,
    /// Rows that read it.
    readers: Mask,
}

/// Which slots of which units are late, and in which order they are asked.
pub type Order = Vec<(UnitId, Vec<SlotId>)>;

impl Plan {
    /// The same plan in this order, and no other unit in any; nothing where that is no order for it.
    #[must_use]
    pub fn in_order(&self, order: &[(UnitId, Vec<SlotId>)]) -> Option<Self> {
        let mut made = self.clone();
        made.units.iter_mut().for_each(|unit| unit.late = Late::default());
        for (id, slots) in order {
            let unit = made.units.get_mut(id.0 as usize)?;
            unit.late = Late::of(unit, slots)?;
        }
        Some(made)
    }
}

/// What a slot is, the same in every run: the expression, and what of it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotKey {
    /// `word`, `truth`, `symbol`, `there` or `records`.
    pub kind: &'static str,
    /// The expression; of records the quantifier over them.
    pub of: Fingerprint,
    /// How many floors are assumed to warn.
    pub assumes: Option<u32>,
}

impl std::fmt::Display for SlotKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.kind, self.of)?;
        self.assumes.map_or(Ok(()), |n| write!(f, "-{n}"))
    }
}

/// A fault planted for tests.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LateFault {
    /// Of each stage the first reader is forgotten.
    ReaderLost,
    /// The last stage is never asked.
    StageLost,
    /// Each stage has the readers of the next one.
    ReadersSwapped,
    /// An early slot is never asked.
    EarlyLost,
}

#[cfg(test)]
impl Late {
    /// The same with a fault; a unit takes it as it is.
    pub(crate) fn spoilt(mut self, fault: LateFault) -> Self {
        match fault {
            LateFault::ReaderLost => {
                for stage in &mut self.stages {
                    if let Some(word) = stage.readers.0.iter_mut().find(|word| **word != 0) {
                        *word &= *word - 1;
                    }
                }
            }
            LateFault::StageLost => {
                self.stages.pop();
            }
            LateFault::ReadersSwapped => {
                let first = self.stages.first().map(|stage| stage.readers.clone());
                let mut next: Vec<Mask> = self.stages.iter().skip(1).map(|stage| stage.readers.clone()).collect();
                next.extend(first);
                self.stages.iter_mut().zip(next).for_each(|(stage, readers)| stage.readers = readers);
            }
            LateFault::EarlyLost => {
                self.early.pop();
            }
        }
        self
    }
}

impl Late {
    /// Whether no slot is late.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Late slots in the order in which they are asked.
    pub fn slots(&self) -> impl Iterator<Item = SlotId> {
        self.stages.iter().map(|stage| stage.slot)
    }

    /// The slots that are asked at once.
    pub(super) fn early(&self) -> &[SlotId] {
        &self.early
    }

    /// These slots of a unit late, in this order; nothing where that is no order for it: too many, one twice, or one
    /// that may not be late.
    #[must_use]
    pub fn of(unit: &Unit, slots: &[SlotId]) -> Option<Self> {
        if slots.is_empty() {
            return Some(Self::default());
        }
        let may = may_be_late(unit);
        let twice = (1..slots.len()).any(|place| slots[..place].contains(&slots[place]));
        if slots.len() > MAX_LATE || twice || !slots.iter().all(|slot| may.contains(slot)) {
            return None;
        }
        let mut stages: Vec<Stage> =
            slots.iter().map(|slot| Stage { slot: *slot, readers: Mask::none(unit.rows.len()) }).collect();
        for (place, row) in unit.rows.iter().enumerate() {
            let read = Parts::of(unit.body(), row.condition).slots;
            stages.iter_mut().filter(|stage| read.contains(&stage.slot)).for_each(|stage| stage.readers.add(place));
        }
        let early = (0..unit.block.slots.len() as u32).map(SlotId).filter(|slot| !slots.contains(slot)).collect();
        Some(Self { early, stages })
    }
}

/// The slots of a unit that may be late: what rows of the first phase read, and no other.
#[must_use]
pub fn may_be_late(unit: &Unit) -> Vec<SlotId> {
    let mut may = vec![false; unit.block.slots.len()];
    let mut mark = |rows: &[super::PlanRow], as_what: bool| {
        for row in rows {
            for slot in Parts::of(unit.body(), row.condition).slots {
                may[slot.0 as usize] = as_what;
            }
        }
    };
    let (first, second) = unit.rows.split_at(unit.first);
    mark(first, true);
    mark(second, false);
    (0..).map(SlotId).zip(may).filter(|(_, may)| *may).map(|(slot, _)| slot).collect()
}

/// The key of each slot of a unit's main block, in their order.
#[must_use]
pub fn slot_keys(unit: &Unit) -> Vec<SlotKey> {
    let key = |slot: &Slot| {
        let (kind, of) = match &slot.encoding {
            Encoding::Word => ("word", slot.of),
            Encoding::Truth => ("truth", slot.of),
            Encoding::Symbol(_) => ("symbol", slot.of),
            Encoding::Presence => ("there", slot.of),
            Encoding::Records(id) => ("records", unit.loops.get(id.0 as usize).map_or(slot.of, |l| l.of)),
        };
        SlotKey { kind, of, assumes: slot.assumes }
    };
    unit.block.slots.iter().map(key).collect()
}

/// Builds a frame and judges the rows of the first phase, late slots asked where they may matter.
pub(super) fn judge<I: Inputs + ?Sized>(
    plan: &Plan,
    id: UnitId,
    engine: &dyn Run,
    inputs: &I,
    context: &Context<'_>,
    (frame, out): (&mut Frame, &mut Out),
) {
    let unit = plan.unit(id);
    classify_early(unit, inputs, context, frame);
    let ask = |slot, frame: &mut Frame| classify_more(unit, slot, inputs, context, frame);
    stages((plan, id, &unit.late), engine, frame, out, ask);
}

/// Judges the rows of the first phase over a frame without late slots, and again after each that is asked; how often
/// they were judged.
///
/// One walk over the stages is enough: a row that is told stays so, so no slot is wanted later that was not before.
pub(super) fn stages(
    (plan, id, late): (&Plan, UnitId, &Late),
    engine: &dyn Run,
    frame: &mut Frame,
    out: &mut Out,
    mut ask: impl FnMut(SlotId, &mut Frame),
) -> usize {
    let rows = plan.unit(id).rows.len();
    out.clear(rows);
    engine.first(plan, id, frame, out);
    let mut judged = 1;
    for stage in &late.stages {
        if stage.readers.meets(out.errors()) {
            ask(stage.slot, frame);
            out.clear(rows);
            engine.first(plan, id, frame, out);
            judged += 1;
        }
    }
    judged
}
