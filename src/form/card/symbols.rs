//! The texts that a field is compared with, found by their ends.

use super::Told;
use crate::plan::hash::ends;

/// Most texts of a table: each is a bit of a word, and one bit is for any other.
pub(super) const MOST_TEXTS: usize = 63;
/// Longest text that its ends tell.
const SHORT: usize = 16;
/// The length of what is not there.
const FREE: u32 = u32::MAX;

/// Some texts with their numbers, from 1 on.
#[derive(Clone, Debug, Default)]
pub(super) struct Symbols(Vec<Box<str>>);

impl Symbols {
    /// How many of these texts are not there.
    pub(super) fn lacks(&self, texts: &[&str]) -> usize {
        texts.iter().filter(|text| self.number(text).is_none()).count()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn number(&self, text: &str) -> Option<u32> {
        (1..).zip(&self.0).find(|(_, known)| ***known == *text).map(|(number, _)| number)
    }

    /// The number of a text, which it gets if it has none.
    pub(super) fn add(&mut self, text: &str) -> u32 {
        self.number(text).unwrap_or_else(|| {
            self.0.push(text.into());
            self.0.len() as u32
        })
    }
}

/// The tables of all cards, one behind the other. Each is a power of two of slots, at most half full.
#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// Texts that their ends do not tell.
    long: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    head: u64,
    tail: u64,
    length: u32,
    /// The number, in the lowest byte; above it the place of a long text.
    id: u32,
}

const EMPTY: Slot = Slot { head: 0, tail: 0, length: FREE, id: 0 };

impl Slots {
    /// Tables behind each other, and for each the word that finds in it.
    pub(super) fn new(tables: &[Symbols]) -> (Self, Vec<u64>) {
        let mut made = Self::default();
        let words = tables.iter().map(|table| made.add(table)).collect();
        (made, words)
    }

    fn add(&mut self, table: &Symbols) -> u64 {
        let base = self.slots.len();
        let mask = (table.len() * 2 + 2).next_power_of_two() - 1;
        self.slots.resize(base + mask + 1, EMPTY);
        for (number, text) in (1..).zip(&table.0) {
            let told = Told { text, ends: ends(text.as_bytes()) };
            let mut at = spread(told) as usize & mask;
            while self.slots[base + at].length != FREE {
                at = (at + 1) & mask;
            }
            let mut id = number;
            if text.len() > SHORT {
                id |= (self.long.len() as u32) << 8;
                self.long.push(text.clone());
            }
            let (head, tail) = told.ends;
            self.slots[base + at] = Slot { head, tail, length: text.len() as u32, id };
        }
        // INVARIANT: a policy set has at most 16 MiB of text, so places fit.
        base as u64 | (mask as u64) << 32
    }

    /// The number of a text in the table of a word; 0 is any other.
    #[inline(always)]
    pub(super) fn find(&self, table: u64, told: Told<'_>) -> u32 {
        let (base, mask) = (table as u32 as usize, (table >> 32) as usize);
        let mut at = spread(told) as usize;
        // INVARIANT: half of the slots are empty, so this ends.
        while let Some(slot) = self.slots.get(base + (at & mask)) {
            if slot.head == told.ends.0 && slot.tail == told.ends.1 && slot.length as usize == told.text.len() {
                if told.text.len() <= SHORT {
                    return slot.id;
                }
                if self.is(slot.id >> 8, told.text) {
                    return slot.id & 0xff;
                }
            }
            if slot.length == FREE {
                return 0;
            }
            at += 1;
        }
        0
    }

    /// Whether a long text is this one.
    #[inline(never)]
    fn is(&self, place: u32, text: &str) -> bool {
        self.long.get(place as usize).is_some_and(|known| **known == *text)
    }
}

/// The place of a text, by its ends and length.
#[inline(always)]
fn spread(told: Told<'_>) -> u64 {
    let mixed = told.ends.0 ^ told.ends.1.rotate_left(27) ^ told.text.len() as u64;
    mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}
