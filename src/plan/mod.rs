//! The plan: a decision program for each action, in a form that can be walked and turned into machine code.
//!
//! In comes the decision graph, out comes a [`Plan`]. A request is answered in three steps. *Dispatch*
//! finds the unit of its action by one hash ([`names`] does it for names that nobody declared). *Classify*
//! runs the unit's value programs and writes a flat [`Frame`] of 64-bit words. *Run* computes, from words
//! alone, two bits for each row and the tier: by [`walk`] or by native code. What a host must do besides
//! follows from the bits ([`decide`]).
//!
//! INVARIANT: a frame of zeros is a frame of errors. Whatever is not written counts as erred.

mod again;
mod cell;
mod classify;
mod combine;
mod decide;
mod dispatch;
mod frame;
pub mod hash;
mod inputs;
pub mod lanes;
pub mod late;
mod lower;
mod names;
mod node;
pub mod profile;
mod program;
mod relation;
mod take;
mod text;
mod verdict;
mod walk;
mod worst;

#[cfg(test)]
pub(crate) mod tests;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::typed::{ActionId, FactGroup};
use crate::decision::{ItemId, Tier};
use crate::graph::Effect;

pub use again::build_again;
pub use cell::{Cell, Place};
pub use classify::{MAX_WORDS, classify};
pub use combine::{Combine, Mask, Plain, RuleGroup, Silence, UNMATCHED, Watched};
pub use decide::{Scratch, decide, decide_in, tier, tier_of};
pub(crate) use decide::{decide_filled, number as tier_numbered};
pub use frame::{BITS, Block, Encoding, Frame, Out, Slot, TIER, WARNINGS};
pub use inputs::{Answer, Inputs, Read};
pub use lanes::{Choice, Lane, Lanes, Piece, PieceId};
pub use lower::{build, build_with};
pub use names::NameIndex;
pub use node::{Loop, LoopId, Node, NodeId, SlotId};
pub use program::{MAX_VARIABLES, Names, Program, Runner, Variables, elements};
pub use relation::{MOST_SUBJECTS, Path, Relation, Subjects};
pub use take::{Take, Taken, TextTest};
pub use verdict::Verdict;
pub use walk::{Walker, judge_piece, walk};
pub use worst::Worst;

/// A plan for each declared action, and for the names that nobody declared.
#[derive(Clone)]
pub struct Plan {
    /// The tier where no rule matches.
    pub default: Tier,
    /// Declared actions in their order, then lists of patterns over undeclared names.
    pub units: Vec<Unit>,
    /// Names and aliases of declared actions.
    dispatch: dispatch::Dispatch,
    /// Undeclared names.
    names: NameIndex,
}

/// A unit, by its place in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub u32);

/// The decision program of one action, or of one list of patterns over undeclared names.
#[derive(Clone)]
pub struct Unit {
    /// The action; none for undeclared names.
    pub action: Option<ActionId>,
    /// Its name, or its patterns, for people.
    pub title: String,
    /// Slots and nodes.
    pub block: Block,
    /// Quantifiers over records.
    pub loops: Vec<Loop>,
    /// Conditions in the order of their bits; those that read `warnings` are last.
    pub rows: Vec<PlanRow>,
    /// How many rows the first phase judges.
    pub first: usize,
    /// How many rows the tier depends on: all but approvals, where nothing comes behind those.
    pub for_tier: usize,
    /// How many slots those rows read.
    pub slots_for_tier: usize,
    /// How bits become a tier.
    pub combine: Combine,
    /// Workflows that items may start.
    pub runs: Vec<RunDuty>,
    /// Rows that a value of the request tells apart; they are not among `rows`.
    pub lanes: Lanes,
    /// Slots of the main block that are asked only where they may still matter.
    pub late: late::Late,
}

/// What is judged over a frame: a unit's main block, or a piece of its lanes.
#[derive(Clone, Copy)]
pub struct Body<'u> {
    /// Slots and nodes.
    pub block: &'u Block,
    /// Quantifiers over records.
    pub loops: &'u [Loop],
    /// Conditions in the order of their bits.
    pub rows: &'u [PlanRow],
}

/// A workflow that an item may start.
#[derive(Clone)]
pub struct RunDuty {
    /// The item.
    pub item: ItemId,
    /// The place among its obligations.
    pub duty: usize,
    /// The workflow's qualified name.
    pub workflow: Arc<str>,
    /// Its arguments.
    pub arguments: Vec<(Arc<str>, Program)>,
}

/// A condition with what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// The item.
    pub item: ItemId,
    /// The place of the branch in the item's text order.
    pub branch: u32,
    /// The node of the condition.
    pub condition: NodeId,
    /// What it does.
    pub effect: Effect,
    /// Whether it may ask the host for something: the item has obligations or is an approval.
    pub owes: bool,
}

/// What runs a unit over a frame: the walker or native code.
pub trait Run {
    /// Judges the rows of the first phase and counts warnings; where the unit reads none, the tier too.
    fn first(&self, plan: &Plan, unit: UnitId, frame: &Frame, out: &mut Out);
    /// The tier's number, over a frame [whose slots are told](Frame::is_told), where the unit [tells it at
    /// once](Unit::tells_tier_at_once) and this engine has a way to.
    fn tier(&self, _plan: &Plan, _unit: UnitId, _frame: &Frame) -> Option<u64> {
        None
    }
    /// Whether it has a way to tell the tier of a unit at once.
    fn tells_tier(&self, _unit: UnitId) -> bool {
        false
    }
    /// Judges the rows of a piece: a bit for each that is true, and for each that erred.
    fn piece(&self, plan: &Plan, unit: UnitId, piece: PieceId, frame: &Frame) -> (u64, u64) {
        judge_piece(plan.unit(unit).lanes.piece(piece).body(), frame)
    }
    /// What the unit's code shares with other units: equal numbers are one code with other constants. Nothing
    /// where it is not known.
    fn shape(&self, _unit: UnitId) -> Option<u64> {
        None
    }
    /// Judges the rows that read the count in `out`, and the tier.
    fn second(&self, plan: &Plan, unit: UnitId, frame: &Frame, out: &mut Out);
}

impl Unit {
    /// What its main block judges.
    #[must_use]
    pub fn body(&self) -> Body<'_> {
        Body { block: &self.block, loops: &self.loops, rows: &self.rows }
    }

    /// The tier that the word of its main block's tier stands for, where its lanes bring nothing. What is no tier
    /// is black.
    #[must_use]
    pub fn tier_of(&self, word: u64) -> Tier {
        lanes::Brought::default().joined(self, word)
    }

    /// Whether its tier follows from one pass over its rows, with nothing to add.
    #[must_use]
    pub fn tells_tier_at_once(&self) -> bool {
        self.action.is_some() && self.first == self.rows.len() && self.runs.is_empty()
    }

    /// The tier of a rule without a condition that nothing can lower: no rule below it matters to the tier.
    #[must_use]
    pub fn certain_tier(&self) -> Option<Tier> {
        if self.combine.lowers {
            return None;
        }
        let certain = |row: &&PlanRow| self.block.nodes.get(row.condition.0 as usize) == Some(&Node::Always(true));
        let tier = |row: &PlanRow| if let Effect::Rule { tier } = row.effect { Some(tier) } else { None };
        self.rows.iter().filter(certain).filter_map(tier).max()
    }

    /// The readings of state that judging it may ask for, by their places, sorted.
    #[must_use]
    pub fn readings(&self) -> Vec<u32> {
        let pieces = self.lanes.pieces.iter();
        let blocks = std::iter::once(&self.block)
            .chain(self.loops.iter().map(|one| &one.body))
            .chain(pieces.clone().map(|piece| &piece.block))
            .chain(pieces.flat_map(|piece| &piece.loops).map(|one| &one.body));
        let slots = blocks.flat_map(|block| &block.slots).map(|slot| &slot.program);
        let arguments = self.runs.iter().flat_map(|run| run.arguments.iter().map(|(_, program)| program));
        let found = RefCell::new(BTreeSet::new());
        for program in slots.chain(arguments).chain(self.lanes.keys()) {
            program.all(&|one| {
                if let Program::Fact(FactGroup::State, place) = one {
                    found.borrow_mut().insert(*place);
                }
                true
            });
        }
        found.into_inner().into_iter().collect()
    }

    /// Whether its floors are counted: it asks for the count itself, or may meet a unit that does.
    #[must_use]
    pub fn counts_warnings(&self) -> bool {
        self.action.is_none() || self.first < self.rows.len()
    }
}

impl Plan {
    /// A unit.
    #[must_use]
    pub fn unit(&self, id: UnitId) -> &Unit {
        &self.units[id.0 as usize]
    }

    /// The unit of a declared action, by name or alias.
    #[must_use]
    pub fn declared(&self, name: &str) -> Option<UnitId> {
        self.dispatch.get(name)
    }

    /// The names and aliases of declared actions with their units, in the order of those.
    pub(crate) fn declared_names(&self) -> Vec<(&str, UnitId)> {
        let mut all: Vec<(&str, UnitId)> = self.dispatch.names().collect();
        all.sort_unstable_by_key(|(name, unit)| (*unit, *name));
        all
    }

    /// The units that an undeclared name concerns, in their order.
    pub fn undeclared(&self, name: &str, out: &mut Vec<UnitId>) {
        self.names.find(name, out);
    }

    /// Whether an undeclared name concerns any unit.
    #[inline]
    pub(crate) fn concerns(&self, name: &str, scratch: &mut Scratch) -> bool {
        if self.names.is_empty() {
            return false;
        }
        scratch.units.clear();
        self.undeclared(name, &mut scratch.units);
        !scratch.units.is_empty()
    }

    /// All units with their ids.
    pub fn units(&self) -> impl Iterator<Item = (UnitId, &Unit)> {
        (0..).map(UnitId).zip(&self.units)
    }
}
