//! The shortest way from a Rust value to a frame, for the slots that nearly all rules use.
//!
//! What a take and a binding say together is worked out once: this name, these bounds, this word. Whatever is
//! of another form than a slot here is made for (a default, an untyped value, something that is not there, a
//! refusal) is left to the way that all requests can go; this one never answers in its place.

use super::bind::{Bindings, Bound, BoundUnit, How, Missing, at};
use super::walks::Walks;
use super::{Fields, Given};
use crate::entities::Entities;
use crate::plan::hash::ends;
use crate::plan::{Encoding, Frame, Place, Slot, Take, TextTest, Unit};
use crate::types::TypeTable;

/// How one action is read: what is looked at, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Hot {
    looks: Box<[Look]>,
    walks: Walks,
    known_words: usize,
    words: usize,
}

/// A look at one name.
#[derive(Clone, Debug)]
enum Look {
    /// A number within bounds, for a word.
    Number { name: u32, word: u32, low: i64, high: i64 },
    /// A text, for all that is asked of it.
    Text { name: u32, lengths: Lengths, asked: Box<[(u32, Asked)]> },
    /// A bool, for a word that is a truth or a number.
    Bool { name: u32, word: u32, truth: bool },
    /// A parameter that no slot reads and that must be well-formed all the same.
    Check(Check),
}

#[derive(Clone, Copy, Debug)]
enum Check {
    Number { name: u32, low: i64, high: i64 },
    Text { name: u32, lengths: Lengths },
    Bool { name: u32 },
}

#[derive(Clone, Debug)]
enum Asked {
    /// Its id among a few.
    Symbol(Box<[(Known, u64)]>),
    /// Whether it begins so, in at most eight bytes.
    Starts(Part),
    /// Whether it ends so, in at most eight bytes.
    Ends(Part),
    /// Whether another test holds.
    Test(TextTest),
}

/// A text of the policy, told by its length and ends where it is short.
#[derive(Clone, Debug)]
struct Known {
    ends: (u64, u64),
    text: Box<str>,
}

/// A few bytes at one end of a text.
#[derive(Clone, Copy, Debug)]
struct Part {
    bytes: u64,
    mask: u64,
    length: u32,
}

/// A text of a request with its ends.
#[derive(Clone, Copy)]
struct Told<'a> {
    text: &'a str,
    ends: (u64, u64),
}

/// Bounds of a length in bytes: what is within these is surely within those in characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths(pub(super) u32, pub(super) u32);

/// Most texts that a symbol is compared with one after the other.
const FEW: usize = 8;

impl Hot {
    /// The hot way of an action over its first slots, if all of them can go it.
    pub(super) fn new(
        types: &TypeTable,
        bindings: &Bindings,
        bound: &BoundUnit,
        unit: &Unit,
        slots: usize,
    ) -> Option<Self> {
        if !unit.tells_tier_at_once() || !unit.lanes.is_empty() || !unit.late.is_empty() {
            return None;
        }
        let (mut made, mut walks) = (Making::default(), Walks::default());
        for place in &bound.checked {
            if walks.check(types, bindings, bound, *place).is_none() {
                made.check(&bound.fields[*place as usize])?;
            }
        }
        for (word, slot) in (unit.block.known_words() as u32..).zip(&unit.block.slots[..slots]) {
            if walks.slot(types, bindings, bound, slot, word).is_none() {
                made.slot(bindings, bound, slot, word)?;
            }
        }
        Some(Self { looks: made.looks(), walks, known_words: unit.block.known_words(), words: unit.block.words() })
    }

    /// Fills a frame, every slot told; says no where something is of another form. Words of other slots are what
    /// an earlier request left there.
    #[inline]
    pub(super) fn fill<T: Fields>(&self, of: &T, entities: &Entities, frame: &mut Frame) -> bool {
        if frame.words.len() < self.words {
            frame.words.resize(self.words, 0);
        }
        let words = &mut *frame.words;
        for look in &self.looks {
            match look {
                Look::Number { name, word, low, high } => match of.given(*name as usize) {
                    Given::Number(n) if *low <= n && n <= *high => words[*word as usize] = n as u64,
                    _ => return false,
                },
                Look::Text { name, lengths, asked } => match of.given(*name as usize) {
                    Given::Text(text) if lengths.surely_hold(text) => {
                        let told = Told { text, ends: ends(text.as_bytes()) };
                        for (word, asked) in asked {
                            let Some(told) = asked.of(told) else { return false };
                            words[*word as usize] = told;
                        }
                    }
                    _ => return false,
                },
                Look::Bool { name, word, truth } => match of.given(*name as usize) {
                    Given::Bool(b) => words[*word as usize] = if b { 1 } else { 2 * u64::from(*truth) },
                    _ => return false,
                },
                Look::Check(check) => {
                    if !check.passes(of) {
                        return false;
                    }
                }
            }
        }
        self.walks.fill(of, entities, words)
    }

    /// Says in a filled frame that every slot is known.
    #[inline]
    pub(super) fn all_known(&self, frame: &mut Frame) {
        frame.words[..self.known_words].fill(u64::MAX);
    }
}

impl Asked {
    /// The quickest form of a test.
    fn test(test: &TextTest) -> Self {
        match test {
            TextTest::Starts(part) if part.len() <= 8 => {
                let bytes = ends(part.as_bytes()).0;
                Self::Starts(Part { bytes, mask: mask(part.len()), length: part.len() as u32 })
            }
            TextTest::Ends(part) if part.len() <= 8 => {
                let bytes = ends(part.as_bytes()).1;
                let mask = !mask(8 - part.len());
                Self::Ends(Part { bytes, mask, length: part.len() as u32 })
            }
            TextTest::Starts(_) | TextTest::Ends(_) | TextTest::Contains(_) | TextTest::Patterns(_) => {
                Self::Test(test.clone())
            }
        }
    }

    /// The word for a text.
    #[inline]
    fn of(&self, told: Told<'_>) -> Option<u64> {
        let holds = match self {
            Self::Symbol(few) => {
                return Some(few.iter().find(|(known, _)| known.is(told)).map_or(0, |(_, id)| *id));
            }
            Self::Starts(part) => told.ends.0 & part.mask == part.bytes && part.length as usize <= told.text.len(),
            Self::Ends(part) => told.ends.1 & part.mask == part.bytes && part.length as usize <= told.text.len(),
            Self::Test(test) => test.holds(told.text)?,
        };
        Some(if holds { 1 } else { 2 })
    }
}

impl Known {
    #[inline]
    fn is(&self, told: Told<'_>) -> bool {
        self.ends == told.ends
            && self.text.len() == told.text.len()
            && (self.text.len() <= 16 || *self.text == *told.text)
    }
}

/// The lowest bytes of a word.
fn mask(bytes: usize) -> u64 {
    if bytes >= 8 { u64::MAX } else { (1 << (8 * bytes)) - 1 }
}

impl Check {
    fn passes<T: Fields>(self, of: &T) -> bool {
        match self {
            Self::Number { name, low, high } => {
                matches!(of.given(name as usize), Given::Number(n) if low <= n && n <= high)
            }
            Self::Text { name, lengths } => {
                matches!(of.given(name as usize), Given::Text(text) if lengths.surely_hold(text))
            }
            Self::Bool { name } => matches!(of.given(name as usize), Given::Bool(_)),
        }
    }

    fn name(self) -> u32 {
        match self {
            Self::Number { name, .. } | Self::Text { name, .. } | Self::Bool { name } => name,
        }
    }
}

/// The parts of a hot way while they are gathered.
#[derive(Default)]
struct Making {
    checks: Vec<Check>,
    read: Vec<Look>,
    texts: Vec<(u32, Lengths, Vec<(u32, Asked)>)>,
}

impl Making {
    fn check(&mut self, bound: &Bound) -> Option<()> {
        let name = bound.name?;
        let check = match (&bound.how, &bound.absent) {
            (How::Bool, Missing::Error) => Check::Bool { name },
            (How::Number(low, high), Missing::Error) => Check::Number { name, low: *low, high: *high },
            (How::Text(least, greatest), Missing::Error) => {
                Check::Text { name, lengths: Lengths::of(*least, *greatest) }
            }
            (How::Entity(_) | How::Value, Missing::Error) | (_, Missing::Absent | Missing::Default) => return None,
        };
        self.checks.push(check);
        Some(())
    }

    fn slot(&mut self, bindings: &Bindings, unit: &BoundUnit, slot: &Slot, word: u32) -> Option<()> {
        let place = match &slot.take {
            Take::Word(place) | Take::Symbol(place) | Take::Truth(place) | Take::Text(place, _) => *place,
            Take::Presence(_) | Take::Relation(_) | Take::Program => return None,
        };
        if matches!(place, Place::Now | Place::Principal) {
            return None;
        }
        let bound = at(bindings, unit, place)?;
        let name = bound.name?;
        match (&slot.take, &slot.encoding, &bound.how) {
            (Take::Word(_), _, How::Number(low, high)) => {
                self.read.push(Look::Number { name, word, low: *low, high: *high });
            }
            (Take::Word(_), _, How::Bool) => self.read.push(Look::Bool { name, word, truth: false }),
            (Take::Truth(_), _, How::Bool) => self.read.push(Look::Bool { name, word, truth: true }),
            (Take::Text(_, test), _, How::Text(least, greatest)) => {
                self.ask(name, Lengths::of(*least, *greatest), word, Asked::test(test));
            }
            (Take::Symbol(_), Encoding::Symbol(table), How::Text(least, greatest)) if table.len() <= FEW => {
                let known = |text: &str| Known { ends: ends(text.as_bytes()), text: text.into() };
                let few = table.iter().map(|(text, id)| (known(text), *id as u64)).collect();
                self.ask(name, Lengths::of(*least, *greatest), word, Asked::Symbol(few));
            }
            (_, _, _) => return None,
        }
        Some(())
    }
}

impl Making {
    /// Adds a question about a text, under its name.
    fn ask(&mut self, name: u32, lengths: Lengths, word: u32, asked: Asked) {
        match self.texts.iter_mut().find(|(known, ..)| *known == name) {
            Some((.., all)) => all.push((word, asked)),
            None => self.texts.push((name, lengths, vec![(word, asked)])),
        }
    }

    /// Everything in the order of looking. What a slot reads is checked there.
    fn looks(self) -> Box<[Look]> {
        let texts =
            self.texts.into_iter().map(|(name, lengths, asked)| Look::Text { name, lengths, asked: asked.into() });
        let read: Vec<Look> = self.read.into_iter().chain(texts).collect();
        let is_read = |check: &Check| {
            read.iter().any(|look| match look {
                Look::Number { name, .. } | Look::Text { name, .. } | Look::Bool { name, .. } => *name == check.name(),
                Look::Check(_) => false,
            })
        };
        let checks: Vec<Look> = self.checks.iter().filter(|check| !is_read(check)).map(|c| Look::Check(*c)).collect();
        checks.into_iter().chain(read).collect()
    }
}

impl Lengths {
    pub(super) fn of(least: u64, greatest: u64) -> Self {
        // A character has one to four bytes, and what has a byte has a character.
        let least = if least <= 1 { least } else { least.saturating_mul(4) };
        Self(u32::try_from(least).unwrap_or(u32::MAX), u32::try_from(greatest).unwrap_or(u32::MAX))
    }

    #[inline]
    fn surely_hold(self, text: &str) -> bool {
        // INVARIANT: of a text of 4 GiB and more nothing is sure.
        (self.0 as usize..=self.1 as usize).contains(&text.len())
    }
}
