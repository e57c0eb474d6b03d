//! Lanes: rows of one action that a value of the request tells apart, so that only those are judged that can be
//! true.
//!
//! A **lane** stands for one key, such as the field `service`. Its rows need certain values of the key: a
//! number, a text that begins so, a path in that folder. Rows with the same need form **pieces** of at most 64
//! rows, each a small block of its own. For a request the lane's index gives, from the key's value, the pieces
//! whose need it meets, the *candidates*. They are judged by their whole conditions; the rows of all others are
//! false. Where the key is an error, every row of the lane is judged.
//!
//! What stays in the unit's main block: rows that need no certain value, and rows that others change (a floor
//! that an exception silences, a rule that a relax lowers) or that change others.
//!
//! 1. [`access`] reads off a condition what it needs.
//! 2. [`choose`] gives each row the lane that leaves the fewest candidates.
//! 3. [`index`] files pieces under their needs.
//! 4. [`judge`] finds and judges the candidates of a request.
//!
//! INVARIANT: a row that is not judged is false. It has a conjunct that is known and false, and no error of the
//! others changes that.

pub(crate) mod access;
pub(crate) mod choose;
pub(crate) mod index;
pub(crate) mod judge;
#[cfg(test)]
pub(crate) mod tests;

pub use access::KeyKind;
pub use choose::Choice;
pub(super) use judge::Brought;
pub use judge::{JudgedPiece, LaneScratch};

use super::cell::Place;
use super::frame::Block;
use super::node::{Loop, SlotId};
use super::program::Program;
use super::{Body, PlanRow};
use crate::decision::Tier;
use crate::graph::Effect;
use access::Need;
use index::Index;

/// Most rows of a piece: their bits are one word.
pub const PIECE: usize = 64;

/// A piece, by its place among those of its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceId(pub u32);

/// The lanes of a unit.
#[derive(Clone, Default)]
pub struct Lanes {
    /// The lanes.
    pub lanes: Vec<Lane>,
    /// The pieces of all lanes, lane by lane.
    pub pieces: Vec<Piece>,
    /// What is looked at first of each piece, close together.
    briefs: Vec<Brief>,
}

/// Rows that are told apart by one key.
#[derive(Clone)]
pub struct Lane {
    /// The key, for people.
    pub label: Box<str>,
    /// What sort of value it has.
    pub kind: KeyKind,
    /// Where it stands, if it is no more than that.
    place: Option<Place>,
    /// What it is.
    program: Program,
    /// From its value to pieces.
    index: Index,
    /// Its pieces.
    pieces: std::ops::Range<u32>,
    /// Those of them that must be judged where the key is absent; the others ask whether it is there.
    absent: Vec<u32>,
}

/// Rows of a lane with the same need.
#[derive(Clone)]
pub struct Piece {
    /// Slots and nodes.
    pub block: Block,
    /// Quantifiers over records.
    pub loops: Vec<Loop>,
    /// Its rows, at most 64.
    pub rows: Vec<PlanRow>,
    /// Slots that are true wherever the need is met.
    given: Vec<SlotId>,
    /// What its rows need.
    need: Need,
}

/// What a piece comes to where its need is met and that is all that its rows ask.
#[derive(Clone, Copy, Default)]
struct Brief {
    /// Whether that is all.
    whole: bool,
    /// The highest tier of its rules.
    rules: Option<Tier>,
    /// The highest tier of its floors.
    floors: Option<Tier>,
}

impl Lanes {
    /// Whether the unit has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// A piece.
    #[must_use]
    pub fn piece(&self, id: PieceId) -> &Piece {
        &self.pieces[id.0 as usize]
    }

    /// What its lanes' keys are.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Program> {
        self.lanes.iter().map(|lane| &lane.program)
    }

    /// All pieces with their ids.
    pub fn pieces(&self) -> impl Iterator<Item = (PieceId, &Piece)> {
        (0..).map(PieceId).zip(&self.pieces)
    }

    /// Adds a lane.
    pub(super) fn add(&mut self, lane: NewLane) {
        let first = self.pieces.len() as u32;
        let mut absent = Vec::new();
        for new in lane.pieces {
            let id = self.pieces.len() as u32;
            if !new.guarded {
                absent.push(id);
            }
            self.briefs.push(Brief::new(new.whole, &new.piece.rows));
            self.pieces.push(new.piece);
        }
        let pieces = first..self.pieces.len() as u32;
        let entries: Vec<(&Need, u32)> = pieces.clone().map(|id| (&self.pieces[id as usize].need, id)).collect();
        let index = Index::new(lane.kind, &entries);
        let place = super::take::place_of(&lane.program);
        self.lanes.push(Lane {
            label: lane.label,
            kind: lane.kind,
            place,
            program: lane.program,
            index,
            pieces,
            absent,
        });
    }
}

/// A lane before it is filed.
pub(super) struct NewLane {
    pub(super) label: Box<str>,
    pub(super) kind: KeyKind,
    pub(super) program: Program,
    pub(super) pieces: Vec<NewPiece>,
}

/// A piece before it is filed.
pub(super) struct NewPiece {
    pub(super) piece: Piece,
    /// Whether its rows ask nothing but their need.
    pub(super) whole: bool,
    /// Whether its rows ask whether the key is there.
    pub(super) guarded: bool,
}

impl Piece {
    /// A piece of these parts.
    pub(super) fn new(block: Block, loops: Vec<Loop>, rows: Vec<PlanRow>, given: Vec<SlotId>, need: Need) -> Self {
        Self { block, loops, rows, given, need }
    }

    /// What its rows need, for people.
    #[must_use]
    pub fn need_text(&self) -> String {
        self.need.to_string()
    }

    /// Slots that are true wherever the need is met.
    pub(super) fn given(&self) -> &[SlotId] {
        &self.given
    }

    /// What it judges.
    #[must_use]
    pub fn body(&self) -> Body<'_> {
        Body { block: &self.block, loops: &self.loops, rows: &self.rows }
    }
}

impl Lane {
    /// Its pieces.
    pub fn pieces(&self) -> impl Iterator<Item = PieceId> + use<> {
        self.pieces.clone().map(PieceId)
    }
}

impl Brief {
    fn new(whole: bool, rows: &[PlanRow]) -> Self {
        let mut made = Self { whole, ..Self::default() };
        for row in rows {
            match row.effect {
                Effect::Rule { tier } => made.rules = made.rules.max(Some(tier)),
                Effect::Floor { tier, .. } => made.floors = made.floors.max(Some(tier)),
                // INVARIANT: these stay in the main block. A brief that says nothing of them is never used.
                Effect::Relax { .. } | Effect::Exception { .. } | Effect::Approval { .. } => made.whole = false,
            }
        }
        made
    }
}
