//! The shortest way from a Rust value to a frame, for the slots that nearly all rules use.
//!
//! What a take and a binding say together is worked out once: this name, these bounds, this word. Whatever is
//! of another form than a slot here is made for (a default, an untyped value, something that is not there, a
//! refusal) is left to the way that all requests can go; this one never answers in its place.

use super::bind::{Bindings, Bound, BoundUnit, How, Missing, at};
use super::{Fields, Given};
use crate::plan::{Encoding, Frame, Place, Slot, Take, TextTest, Unit};

/// How one action is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Hot {
    /// Parameters that are numbers: looked at before anything is decided.
    number_checks: Box<[(u32, i64, i64)]>,
    /// Parameters that are texts.
    text_checks: Box<[(u32, Lengths)]>,
    /// Parameters that are bools.
    bool_checks: Box<[u32]>,
    numbers: Box<[NumberSlot]>,
    texts: Box<[TextSlot]>,
    bools: Box<[BoolSlot]>,
    known_words: usize,
    words: usize,
}

/// A number within bounds.
#[derive(Clone, Copy, Debug)]
struct NumberSlot {
    name: u32,
    word: u32,
    low: i64,
    high: i64,
}

/// What is asked of a text.
#[derive(Clone, Debug)]
struct TextSlot {
    name: u32,
    word: u32,
    lengths: Lengths,
    asked: Asked,
}

#[derive(Clone, Debug)]
enum Asked {
    /// Its id among a few.
    Symbol(Box<[(Box<str>, u64)]>),
    /// Whether a test holds.
    Test(TextTest),
}

/// A bool, as a truth or as a number.
#[derive(Clone, Copy, Debug)]
struct BoolSlot {
    name: u32,
    word: u32,
    truth: bool,
}

/// Bounds of a length in bytes: what is within these is surely within those in characters.
#[derive(Clone, Copy, Debug)]
struct Lengths(u32, u32);

/// Most texts that a symbol is compared with one after the other.
const FEW: usize = 6;

impl Hot {
    /// The hot way of an action over its first slots, if all of them can go it.
    pub(super) fn new(bindings: &Bindings, bound: &BoundUnit, unit: &Unit, slots: usize) -> Option<Self> {
        if !unit.tells_tier_at_once() || !unit.lanes.is_empty() {
            return None;
        }
        let mut made = Making::default();
        for place in &bound.checked {
            made.check(&bound.fields[*place as usize])?;
        }
        for (word, slot) in (unit.block.known_words() as u32..).zip(&unit.block.slots[..slots]) {
            made.slot(bindings, bound, slot, word)?;
        }
        Some(Self {
            number_checks: made.number_checks.into(),
            text_checks: made.text_checks.into(),
            bool_checks: made.bool_checks.into(),
            numbers: made.numbers.into(),
            texts: made.texts.into(),
            bools: made.bools.into(),
            known_words: unit.block.known_words(),
            words: unit.block.words(),
        })
    }

    /// Fills a frame, every slot told; says no where something is of another form. Words of other slots are what
    /// an earlier request left there.
    #[inline]
    pub(super) fn fill<T: Fields>(&self, of: &T, frame: &mut Frame) -> bool {
        if frame.words.len() < self.words {
            frame.words.resize(self.words, 0);
        }
        let words = &mut *frame.words;
        let mut fine = true;
        for (name, low, high) in &self.number_checks {
            fine &= number(of, *name).is_some_and(|n| *low <= n && n <= *high);
        }
        for (name, lengths) in &self.text_checks {
            fine &= text(of, *name).is_some_and(|text| lengths.surely_hold(text));
        }
        for name in &self.bool_checks {
            fine &= matches!(of.given(*name as usize), Given::Bool(_));
        }
        for slot in &self.numbers {
            let Some(n) = number(of, slot.name) else { return false };
            fine &= slot.low <= n && n <= slot.high;
            words[slot.word as usize] = n as u64;
        }
        for slot in &self.texts {
            let Some(text) = text(of, slot.name).filter(|text| slot.lengths.surely_hold(text)) else { return false };
            words[slot.word as usize] = match &slot.asked {
                Asked::Symbol(few) => few.iter().find(|(one, _)| **one == *text).map_or(0, |(_, id)| *id),
                Asked::Test(test) => match test.holds(text) {
                    Some(true) => 1,
                    Some(false) => 2,
                    None => return false,
                },
            };
        }
        for slot in &self.bools {
            let Given::Bool(b) = of.given(slot.name as usize) else { return false };
            words[slot.word as usize] = match (slot.truth, b) {
                (_, true) => 1,
                (true, false) => 2,
                (false, false) => 0,
            };
        }
        fine
    }

    /// Says in a filled frame that every slot is known.
    #[inline]
    pub(super) fn all_known(&self, frame: &mut Frame) {
        frame.words[..self.known_words].fill(u64::MAX);
    }
}

#[inline]
fn number<T: Fields>(of: &T, name: u32) -> Option<i64> {
    match of.given(name as usize) {
        Given::Number(n) => Some(n),
        Given::Absent | Given::Unavailable(_) | Given::Bool(_) | Given::Text(_) | Given::Raw(_) => None,
    }
}

#[inline]
fn text<T: Fields>(of: &T, name: u32) -> Option<&str> {
    match of.given(name as usize) {
        Given::Text(text) => Some(text),
        Given::Absent | Given::Unavailable(_) | Given::Bool(_) | Given::Number(_) | Given::Raw(_) => None,
    }
}

/// The parts of a hot way while they are gathered.
#[derive(Default)]
struct Making {
    number_checks: Vec<(u32, i64, i64)>,
    text_checks: Vec<(u32, Lengths)>,
    bool_checks: Vec<u32>,
    numbers: Vec<NumberSlot>,
    texts: Vec<TextSlot>,
    bools: Vec<BoolSlot>,
}

impl Making {
    fn check(&mut self, bound: &Bound) -> Option<()> {
        let name = bound.name?;
        match (&bound.how, &bound.absent) {
            (How::Bool, Missing::Error) => self.bool_checks.push(name),
            (How::Number(low, high), Missing::Error) => self.number_checks.push((name, *low, *high)),
            (How::Text(least, greatest), Missing::Error) => {
                self.text_checks.push((name, Lengths::of(*least, *greatest)))
            }
            (How::Entity(_) | How::Value, Missing::Error) | (_, Missing::Absent | Missing::Default) => return None,
        }
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
                self.numbers.push(NumberSlot { name, word, low: *low, high: *high });
            }
            (Take::Word(_), _, How::Bool) => self.bools.push(BoolSlot { name, word, truth: false }),
            (Take::Truth(_), _, How::Bool) => self.bools.push(BoolSlot { name, word, truth: true }),
            (Take::Text(_, test), _, How::Text(least, greatest)) => {
                let lengths = Lengths::of(*least, *greatest);
                self.texts.push(TextSlot { name, word, lengths, asked: Asked::Test(test.clone()) });
            }
            (Take::Symbol(_), Encoding::Symbol(table), How::Text(least, greatest)) if table.len() <= FEW => {
                let lengths = Lengths::of(*least, *greatest);
                let few = table.iter().map(|(text, id)| (text.clone(), *id as u64)).collect();
                self.texts.push(TextSlot { name, word, lengths, asked: Asked::Symbol(few) });
            }
            (_, _, _) => return None,
        }
        Some(())
    }
}

impl Lengths {
    fn of(least: u64, greatest: u64) -> Self {
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
