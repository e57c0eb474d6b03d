//! The frame: what evaluation sees of a request, as 64-bit words.
//!
//! ```text
//! known bits of the slots, 64 a word | the slots' words | records of loops
//! ```
//!
//! A record of a loop has the same shape as the frame's head. A loop's slot holds `place << 32 | count`:
//! the first word of its records, counted from the start of the frame, and how many there are.

use super::hash::Table;
use super::node::{Node, SlotId};
use super::program::Program;
use super::take::Take;
use crate::graph::key::Fingerprint;

/// How a slot's word is to be read.
#[derive(Debug)]
pub enum Encoding {
    /// A number in its own unit; the known bit says whether it is there.
    Word,
    /// Bit 0 is true, bit 1 is false.
    Truth,
    /// The id of a text among the constants it is compared with; 0 is any other. Ids start at 1.
    Symbol(Table<Box<str>, i64>),
    /// Bit 0: it is there, bit 1: it is absent.
    Presence,
    /// `place << 32 | count` of the records of this loop.
    Records(super::LoopId),
}

/// A word of the frame and how it is made.
pub struct Slot {
    /// How it is read.
    pub encoding: Encoding,
    /// The quick way to its word.
    pub take: Take,
    /// What it holds, in general.
    pub program: Program,
    /// The expression that it stands for, so that others can tell which.
    pub of: Fingerprint,
    /// How many floors are assumed to warn, where the expression reads that.
    pub assumes: Option<u32>,
    /// The expression, for people.
    pub label: Box<str>,
}

/// Slots and the nodes over them: a unit's own, or those of a loop's body.
#[derive(Default)]
pub struct Block {
    /// Slots in the order of the frame.
    pub slots: Vec<Slot>,
    /// Nodes, operands first.
    pub nodes: Vec<Node>,
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block").field("slots", &self.slots.len()).field("nodes", &self.nodes).finish()
    }
}

impl Clone for Encoding {
    fn clone(&self) -> Self {
        match self {
            Self::Word => Self::Word,
            Self::Truth => Self::Truth,
            Self::Symbol(table) => Self::Symbol(table.clone()),
            Self::Presence => Self::Presence,
            Self::Records(id) => Self::Records(*id),
        }
    }
}

impl Clone for Slot {
    fn clone(&self) -> Self {
        Self {
            encoding: self.encoding.clone(),
            take: self.take.clone(),
            program: self.program.clone(),
            of: self.of,
            assumes: self.assumes,
            label: self.label.clone(),
        }
    }
}

impl Clone for Block {
    fn clone(&self) -> Self {
        Self { slots: self.slots.clone(), nodes: self.nodes.clone() }
    }
}

impl Block {
    /// Words of known bits.
    #[must_use]
    pub fn known_words(&self) -> usize {
        self.slots.len().div_ceil(64)
    }

    /// Words of the head of a frame or of one record.
    #[must_use]
    pub fn words(&self) -> usize {
        self.known_words() + self.slots.len()
    }

    /// Where a slot's word lies.
    #[must_use]
    pub fn place(&self, slot: SlotId) -> usize {
        self.known_words() + slot.0 as usize
    }

    /// Where a slot's known bit lies.
    #[must_use]
    pub fn known(&self, slot: SlotId) -> (usize, u32) {
        (slot.0 as usize / 64, slot.0 % 64)
    }
}

/// The words of one request. Reuse it: nothing is allocated once it has grown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The words.
    pub words: Vec<u64>,
}

impl Frame {
    /// Makes it a frame of errors for a block.
    pub fn clear(&mut self, block: &Block) {
        self.words.clear();
        self.words.resize(block.words(), 0);
    }

    /// Whether its first slots are all known and its truths told: no error can come from them.
    #[must_use]
    pub fn is_told(&self, block: &Block, slots: usize) -> bool {
        let told = |(place, slot): (usize, &Slot)| {
            let (id, word) = (SlotId(place as u32), self.words[block.known_words() + place]);
            let (at, bit) = block.known(id);
            match slot.encoding {
                Encoding::Truth | Encoding::Presence => matches!(word, 1 | 2),
                Encoding::Word | Encoding::Symbol(_) | Encoding::Records(_) => self.words[at] >> bit & 1 == 1,
            }
        };
        block.slots[..slots].iter().enumerate().all(told)
    }
}

/// What a unit answers: tier, warnings, and two bits for each row.
///
/// ```text
/// tier | warnings | true bits of the rows, 64 a word | error bits of the rows
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Out {
    /// The words.
    pub words: Vec<u64>,
    /// How many words the bits of one kind take.
    pub row_words: usize,
}

/// The word of the tier.
pub const TIER: usize = 0;
/// The word of the count of warnings.
pub const WARNINGS: usize = 1;
/// The first word of the true bits.
pub const BITS: usize = 2;

impl Out {
    /// Makes it an empty answer for so many rows.
    pub fn clear(&mut self, rows: usize) {
        self.row_words = rows.div_ceil(64);
        self.words.clear();
        self.words.resize(Self::words_for(rows), 0);
    }

    /// The words of an answer for so many rows.
    #[must_use]
    pub fn words_for(rows: usize) -> usize {
        BITS + 2 * rows.div_ceil(64)
    }

    /// The tier's number, once it is judged.
    #[must_use]
    pub fn tier(&self) -> u64 {
        self.words[TIER]
    }

    /// How many floors warn.
    #[must_use]
    pub fn warnings(&self) -> u64 {
        self.words[WARNINGS]
    }

    /// Sets how many floors warn.
    pub fn set_warnings(&mut self, count: u64) {
        self.words[WARNINGS] = count;
    }

    /// True bits.
    #[must_use]
    pub fn trues(&self) -> &[u64] {
        &self.words[BITS..BITS + self.row_words]
    }

    /// Error bits.
    #[must_use]
    pub fn errors(&self) -> &[u64] {
        &self.words[BITS + self.row_words..]
    }

    /// Whether a row is true, and whether it erred.
    #[must_use]
    pub fn row(&self, row: usize) -> (bool, bool) {
        let bit = |words: &[u64]| words[row / 64] >> (row % 64) & 1 == 1;
        (bit(self.trues()), bit(self.errors()))
    }

    /// Sets a row's bits.
    pub fn set_row(&mut self, row: usize, held: bool, erred: bool) {
        let (word, bit) = (BITS + row / 64, row % 64);
        self.words[word] |= u64::from(held) << bit;
        self.words[word + self.row_words] |= u64::from(erred) << bit;
    }
}
