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
#[derive(Clone, Debug)]
pub(super) struct Symbols {
    /// A power of two, at most half full.
    slots: Box<[Slot]>,
    texts: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    head: u64,
    tail: u64,
    length: u32,
    id: u32,
}

const EMPTY: Slot = Slot { head: 0, tail: 0, length: FREE, id: 0 };

impl Default for Symbols {
    fn default() -> Self {
        Self { slots: vec![EMPTY; 4].into(), texts: Vec::new() }
    }
}

impl Symbols {
    /// The number of a text; 0 is any other.
    #[inline(always)]
    pub(super) fn find(&self, told: Told<'_>) -> u32 {
        let mask = self.slots.len() - 1;
        let mut at = spread(told) as usize & mask;
        // INVARIANT: half of the slots are empty, so this ends.
        loop {
            let slot = &self.slots[at & mask];
            if slot.head == told.ends.0
                && slot.tail == told.ends.1
                && slot.length as usize == told.text.len()
                && (told.text.len() <= SHORT || self.is(slot.id, told.text))
            {
                return slot.id;
            }
            if slot.length == FREE {
                return 0;
            }
            at += 1;
        }
    }

    /// Whether a text of more than its ends is this one.
    #[inline(never)]
    fn is(&self, id: u32, text: &str) -> bool {
        self.texts.get(id as usize - 1).is_some_and(|known| **known == *text)
    }

    /// How many of these texts are not there.
    pub(super) fn lacks(&self, texts: &[&str]) -> usize {
        texts.iter().filter(|text| self.find(told(text)) == 0).count()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The number of a text, which it gets if it has none.
    pub(super) fn add(&mut self, text: &str) -> u32 {
        let known = self.find(told(text));
        if known != 0 {
            return known;
        }
        self.texts.push(text.into());
        let size = (self.texts.len() * 2 + 2).next_power_of_two();
        if size > self.slots.len() {
            self.slots = vec![EMPTY; size].into();
            let all = std::mem::take(&mut self.texts);
            for (text, id) in all.iter().zip(1..) {
                self.put(text, id);
            }
            self.texts = all;
        } else {
            self.put(text, self.texts.len() as u32);
        }
        self.texts.len() as u32
    }

    fn put(&mut self, text: &str, id: u32) {
        let mask = self.slots.len() - 1;
        let mut at = spread(told(text)) as usize & mask;
        while self.slots[at].length != FREE {
            at = (at + 1) & mask;
        }
        let (head, tail) = ends(text.as_bytes());
        self.slots[at] = Slot { head, tail, length: text.len() as u32, id };
    }
}

fn told(text: &str) -> Told<'_> {
    Told { text, ends: ends(text.as_bytes()) }
}

/// The place of a text, by its ends and length.
#[inline(always)]
fn spread(told: Told<'_>) -> u64 {
    let mixed = told.ends.0 ^ told.ends.1.rotate_left(27) ^ told.text.len() as u64;
    mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}
