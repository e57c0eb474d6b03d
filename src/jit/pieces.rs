//! Pieces of lanes before native code serves: against the walker, and against the language.
//!
//! A piece is small and there may be thousands, so each gets few frames. The index in front of them has no code:
//! which pieces it gives is the business of its own tests.

use std::collections::HashMap;

use super::against::Difference;
use super::dictate::{Dictated, Prints, Slots, fit};
use super::frames::{Effort, FrameSource, sample_frames};
use super::validate::Mismatch;
use crate::check::typed::TypedPolicy;
use crate::decision::ItemId;
use crate::entities::Entities;
use crate::graph::key::Fingerprint;
use crate::interp::{self, Scene};
use crate::outcome::Truth;
use crate::plan::{BITS, Frame, Out, Piece, PieceId, Plan, Run, UnitId, Walker};
use crate::reader::Bound;
use crate::types::Type;

/// Frames of all pieces of a unit together, and the fewest of one.
const FRAMES: usize = 1 << 16;
const FEWEST: usize = 6;

/// What is tried on one piece of so many.
fn effort(all: Effort, pieces: usize) -> Effort {
    let share = (FRAMES / pieces.max(1)).max(FEWEST);
    let mixtures = all.mixtures.min(share.div_ceil(2));
    Effort { mixtures, most: all.most.min(share - mixtures), ..all }
}

/// Compares code with the walker on one frame of a piece.
fn compare(
    plan: &Plan,
    code: &dyn Run,
    unit: UnitId,
    piece: PieceId,
    frame: &Frame,
) -> Result<(u64, u64), Box<Mismatch>> {
    let walked = Walker.piece(plan, unit, piece, frame);
    let native = code.piece(plan, unit, piece, frame);
    if walked == native {
        return Ok(native);
    }
    let rows = plan.unit(unit).lanes.piece(piece).rows.len();
    let out = |(held, erred): (u64, u64)| {
        let mut out = Out::default();
        out.clear(rows);
        if let Some(words) = out.words.get_mut(BITS..BITS + 2) {
            words.copy_from_slice(&[held, erred]);
        }
        out
    };
    Err(Box::new(Mismatch { unit, frame: frame.clone(), walked: out(walked), native: out(native) }))
}

/// Compares code with the walker on frames of all pieces of a unit.
pub(super) fn validate(plan: &Plan, code: &dyn Run, unit: UnitId, all: Effort) -> Result<usize, Box<Mismatch>> {
    let lanes = &plan.unit(unit).lanes;
    let effort = effort(all, lanes.pieces.len());
    let mut tried = 0;
    for (id, piece) in lanes.pieces() {
        let mut source = FrameSource::new(u64::from(id.0) + 1);
        for frame in sample_frames(piece.body(), effort, &mut source) {
            compare(plan, code, unit, id, &frame)?;
            tried += 1;
        }
    }
    Ok(tried)
}

/// Who compares pieces with the language.
pub(super) struct Check<'a> {
    pub(super) policy: &'a TypedPolicy,
    pub(super) plan: &'a Plan,
    pub(super) code: &'a dyn Run,
    pub(super) prints: &'a Prints<'a>,
    pub(super) types: &'a HashMap<Fingerprint, &'a Type>,
    pub(super) unit: UnitId,
    /// Whatever is read is dictated; the request only stands for the action.
    pub(super) bound: &'a Bound,
}

impl Check<'_> {
    /// Compares all pieces with walker and interpreter; returns on how many frames.
    pub(super) fn pieces(&self, all: Effort) -> Result<usize, Difference> {
        let lanes = &self.plan.unit(self.unit).lanes;
        let effort = effort(all, lanes.pieces.len());
        let mut tried = 0;
        for (id, piece) in lanes.pieces() {
            let mut source = FrameSource::new(u64::from(id.0) + 1);
            let slots = Slots::new(piece.body());
            for mut frame in sample_frames(piece.body(), effort, &mut source) {
                compare(self.plan, self.code, self.unit, id, &frame).map_err(Difference::FromPlan)?;
                fit(piece.body(), self.types, &mut frame);
                self.frame(id, piece, &slots, &frame)?;
                tried += 1;
            }
        }
        Ok(tried)
    }

    fn frame(&self, id: PieceId, piece: &Piece, slots: &Slots, frame: &Frame) -> Result<(), Difference> {
        let oracle = Dictated { prints: self.prints, slots, of: piece.body(), frame };
        let entities = Entities::none();
        let scene = Scene::new(self.policy, self.bound, &entities).dictated(&oracle);
        let mut items: Vec<ItemId> = piece.rows.iter().map(|row| row.item).collect();
        items.sort_unstable();
        items.dedup();
        let outcomes = interp::judge_items(&scene, &items);
        let (held, erred) = compare(self.plan, self.code, self.unit, id, frame).map_err(Difference::FromPlan)?;
        for (bit, row) in piece.rows.iter().enumerate() {
            let truths = outcomes.of(row.item).map_or(&[][..], |outcome| &outcome.truths);
            let meant = truths.get(row.branch as usize).copied().unwrap_or(Truth::Erred);
            let said = (held >> bit & 1 == 1, erred >> bit & 1 == 1);
            if said != (meant == Truth::True, meant == Truth::Erred) {
                let name = &self.policy.item(row.item).name;
                let text = format!(
                    "`{}`: condition {} of `{name}` is {meant:?} by the language, the plan of its lane says otherwise",
                    self.plan.unit(self.unit).title,
                    row.branch + 1,
                );
                return Err(Difference::FromLanguage(text));
            }
        }
        Ok(())
    }
}
