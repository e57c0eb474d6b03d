//! From a request and a snapshot to a frame.

use super::frame::{Block, Encoding, Frame, Slot};
use super::inputs::Inputs;
use super::node::{Loop, SlotId};
use super::program::{MAX_VARIABLES, Runner, Variables, elements};
use super::relation::Known;
use super::take::Taken;
use super::{Piece, Unit};
use crate::builtin::Context;
use crate::value::Value;

/// Most words of a frame with its records (4 MiB). A list beyond that stays an error.
pub const MAX_WORDS: usize = 512 * 1024;

/// Builds the frame of a unit.
pub fn classify<I: Inputs + ?Sized>(unit: &Unit, inputs: &I, context: &Context<'_>, frame: &mut Frame) {
    classify_slots(unit, unit.block.slots.len(), inputs, context, frame);
}

/// Builds as much of it as the tier depends on; the rest stays unknown.
pub(super) fn classify_for_tier<I: Inputs + ?Sized>(unit: &Unit, inputs: &I, context: &Context<'_>, frame: &mut Frame) {
    classify_slots(unit, unit.slots_for_tier, inputs, context, frame);
}

/// Builds as much of it as is asked at once; late slots stay unknown.
pub(super) fn classify_early<I: Inputs + ?Sized>(unit: &Unit, inputs: &I, context: &Context<'_>, frame: &mut Frame) {
    frame.clear(&unit.block);
    let (writer, mut known) = (Writer { loops: &unit.loops, runner: Runner { inputs, context } }, Known::default());
    unit.late.early().iter().for_each(|slot| writer.one(&unit.block, *slot, frame, &mut known));
}

/// Adds a late slot.
pub(super) fn classify_more<I: Inputs + ?Sized>(
    unit: &Unit,
    slot: SlotId,
    inputs: &I,
    context: &Context<'_>,
    frame: &mut Frame,
) {
    let writer = Writer { loops: &unit.loops, runner: Runner { inputs, context } };
    writer.one(&unit.block, slot, frame, &mut Known::default());
}

fn classify_slots<I: Inputs + ?Sized>(unit: &Unit, slots: usize, inputs: &I, context: &Context<'_>, frame: &mut Frame) {
    frame.clear(&unit.block);
    let writer = Writer { loops: &unit.loops, runner: Runner { inputs, context } };
    writer.block(&unit.block, slots, 0, &[None; MAX_VARIABLES], frame, &mut Known::default());
}

/// Builds the frame of a piece. Where its need is `met`, what follows from that is not asked again.
pub(super) fn classify_piece<'a, I: Inputs + ?Sized>(
    piece: &'a Piece,
    met: bool,
    inputs: &'a I,
    context: &'a Context<'a>,
    frame: &mut Frame,
    known: &mut Known<'a>,
) {
    frame.clear(&piece.block);
    let writer = Writer { loops: &piece.loops, runner: Runner { inputs, context } };
    let given = if met { piece.given() } else { &[] };
    for (id, slot) in (0..).map(SlotId).zip(&piece.block.slots) {
        let taken = if given.contains(&id) {
            Some(two_bits(Some(true)))
        } else {
            writer.slot(slot, &[None; MAX_VARIABLES], frame, known)
        };
        if let Some(taken) = taken {
            let (word, bit) = piece.block.known(id);
            frame.words[word] |= 1 << bit;
            frame.words[piece.block.place(id)] = taken;
        }
    }
}

/// The word of one slot of the main block, by itself. Records that it writes replace those of the last call.
pub(super) fn one_slot<I: Inputs + ?Sized>(
    unit: &Unit,
    id: SlotId,
    inputs: &I,
    context: &Context<'_>,
    frame: &mut Frame,
) -> Option<u64> {
    let slot = unit.block.slots.get(id.0 as usize)?;
    frame.words.resize(unit.block.words(), 0);
    let writer = Writer { loops: &unit.loops, runner: Runner { inputs, context } };
    writer.slot(slot, &[None; MAX_VARIABLES], frame, &mut Known::default())
}

struct Writer<'a, I: Inputs + ?Sized> {
    loops: &'a [Loop],
    runner: Runner<'a, I>,
}

impl<'a, I: Inputs + ?Sized> Writer<'a, I> {
    fn block(
        &self,
        block: &'a Block,
        slots: usize,
        base: usize,
        variables: &Variables<'_>,
        frame: &mut Frame,
        known: &mut Known<'a>,
    ) {
        let head = base + block.known_words();
        for (word, slots) in block.slots[..slots].chunks(64).enumerate() {
            let mut told = 0;
            for (bit, slot) in slots.iter().enumerate() {
                let taken = self.slot(slot, variables, frame, known);
                if let Some(taken) = taken {
                    told |= 1 << bit;
                    frame.words[head + word * 64 + bit] = taken;
                }
            }
            frame.words[base + word] = told;
        }
    }

    /// Writes one slot of the main block.
    fn one(&self, block: &'a Block, id: SlotId, frame: &mut Frame, known: &mut Known<'a>) {
        let Some(slot) = block.slots.get(id.0 as usize) else { return };
        if let Some(taken) = self.slot(slot, &[None; MAX_VARIABLES], frame, known) {
            let (word, bit) = block.known(id);
            frame.words[word] |= 1 << bit;
            frame.words[block.place(id)] = taken;
        }
    }

    #[inline]
    fn slot(&self, slot: &'a Slot, variables: &Variables<'_>, frame: &mut Frame, known: &mut Known<'a>) -> Option<u64> {
        match slot.take.take(&slot.encoding, self.runner.inputs, known) {
            Taken::Word(taken) => taken,
            Taken::Ask => self.asked(slot, variables, frame, known),
        }
    }

    /// The word of a slot by its program.
    fn asked(&self, slot: &Slot, variables: &Variables<'_>, frame: &mut Frame, known: &mut Known<'a>) -> Option<u64> {
        match &slot.encoding {
            Encoding::Word => self.seen(slot, variables, |value| value.word().map(|w| w as u64)),
            Encoding::Symbol(table) => self
                .seen(slot, variables, |value| value.text().map(|text| table.get(text).copied().unwrap_or(0) as u64)),
            Encoding::Truth => Some(two_bits(self.runner.truth(&slot.program, variables))),
            Encoding::Presence => {
                Some(two_bits(self.runner.run(&slot.program, variables).ok().map(|value| value.is_some())))
            }
            Encoding::Records(id) => self.records(slot, *id, variables, frame, known),
        }
    }

    fn seen(&self, slot: &Slot, variables: &Variables<'_>, read: impl FnOnce(&Value) -> Option<u64>) -> Option<u64> {
        let value = self.runner.run(&slot.program, variables).ok().flatten()?;
        read(&value)
    }

    /// Writes one record for each element behind the words there are.
    fn records(
        &self,
        slot: &Slot,
        id: super::LoopId,
        variables: &Variables<'_>,
        frame: &mut Frame,
        known: &mut Known<'a>,
    ) -> Option<u64> {
        let of = self.loops.get(id.0 as usize)?;
        let collection = self.runner.run(&slot.program, variables).ok().flatten()?;
        let all = elements(&collection)?;
        let (start, stride) = (frame.words.len(), of.body.words());
        let end = stride.checked_mul(all.len()).and_then(|n| n.checked_add(start)).filter(|n| *n <= MAX_WORDS)?;
        frame.words.resize(end, 0);
        let mut held = [None; MAX_VARIABLES];
        let place = held.get(of.variable.0 as usize).map(|_| of.variable.0 as usize)?;
        for (number, element) in all.iter().enumerate() {
            held[place] = Some(element);
            self.block(&of.body, of.body.slots.len(), start + number * stride, &held, frame, known);
        }
        Some((start as u64) << 32 | all.len() as u64)
    }
}

fn two_bits(truth: Option<bool>) -> u64 {
    match truth {
        Some(true) => 1,
        Some(false) => 2,
        None => 0,
    }
}
