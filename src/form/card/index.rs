//! From the name of an action to its record: one look at a small table, then the record itself, which says whether
//! the name is its own.
//!
//! The table holds nothing but places and a few bits of each hash, so that of ten thousand actions it stays in a near
//! cache; all else that a request needs lies on lines that follow each other.

use super::RECORD;
use crate::plan::hash::ends_at_once as ends;

/// Longest name that its ends tell.
const SHORT: usize = 16;
/// Words of a line of memory.
pub(super) const LINE: usize = 8;
/// Bits of an entry that are of the hash; the others are the number of a line.
const TAG: u32 = 12;
/// Most lines that entries can name.
pub(super) const MOST_LINES: usize = 1 << (32 - TAG);

/// Names and the lines where their records begin.
#[derive(Debug)]
pub(super) struct Index {
    /// At most half full; a free entry is 0, and so is the last. No record begins at line 0.
    entries: Vec<u32>,
    /// How far a hash is shifted for its place.
    shift: u32,
    /// Names of more than [`SHORT`] bytes, one behind the other.
    names: String,
}

/// The hash of a name that its ends tell. The high bits of products hold something of all bits below.
#[inline(always)]
fn short(length: usize, (head, tail): (u64, u64)) -> u64 {
    let head = (head ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    head.wrapping_add(tail.wrapping_mul(0xd6e8_feb8_6659_fd93))
}

/// The hash of a longer name.
#[inline(always)]
fn long(text: &[u8], ends: (u64, u64)) -> u64 {
    match middle(text) {
        Some((second, third)) => {
            let of_middle =
                second.wrapping_mul(0xa076_1d64_78bd_642f).wrapping_add(third.wrapping_mul(0xe703_7ed1_a0b4_28db));
            short(text.len(), ends).wrapping_add(of_middle)
        }
        None => crate::plan::hash::hash_of_ends(text, ends).wrapping_mul(0x9e37_79b9_7f4a_7c15),
    }
}

/// What stands between the ends of a name of up to 32 bytes, as two words; they overlap where it is shorter.
#[inline(always)]
fn middle(text: &[u8]) -> Option<(u64, u64)> {
    let second = text.get(8..16)?.first_chunk::<8>()?;
    let third = text.get(text.len() - 16..)?.first_chunk::<8>()?;
    (text.len() <= 32).then(|| (u64::from_le_bytes(*second), u64::from_le_bytes(*third)))
}

impl Index {
    /// An index for so many names.
    pub(super) fn for_names(count: usize) -> Self {
        let size = (count * 2).next_power_of_two().max(2);
        // Behind the last place there is one that stays free, so that looking on ends there.
        Self { entries: vec![0; size + 1], shift: 64 - size.trailing_zeros(), names: String::new() }
    }

    /// Adds a name whose record begins at a line: writes it onto the record, its first three words.
    pub(super) fn add(&mut self, name: &str, line: usize, record: &mut [u64]) {
        let text = name.as_bytes();
        let ends = ends(text);
        let start = self.names.len();
        let hash = if name.len() > SHORT { long(text, ends) } else { short(name.len(), ends) };
        if name.len() > SHORT {
            self.names.push_str(name);
        }
        let mut at = (hash >> self.shift) as usize;
        while self.entries[at] != 0 {
            at += 1;
        }
        self.entries[at] = self.tag(hash) << (32 - TAG) | line as u32;
        if at + 1 == self.entries.len() {
            self.entries.push(0);
        }
        record[..3].copy_from_slice(&[ends.0, ends.1, name.len() as u64 | (start as u64) << 32]);
    }

    /// The bits of a hash below those that are its place.
    #[inline(always)]
    fn tag(&self, hash: u64) -> u32 {
        (hash >> (self.shift - TAG)) as u32 & ((1 << TAG) - 1)
    }

    /// Where the record of a name begins, if any has it.
    #[inline(always)]
    pub(super) fn find(&self, name: &str, words: &[u64]) -> Option<u32> {
        let text = name.as_bytes();
        let ends = ends(text);
        if text.len() > SHORT {
            return self.find_long(text, ends, words);
        }
        self.look(short(text.len(), ends), text.len(), ends, words, |_| true)
    }

    #[inline(never)]
    fn find_long(&self, name: &[u8], ends: (u64, u64), words: &[u64]) -> Option<u32> {
        let is = |start: u64| {
            let known = self.names.as_bytes().get(start as usize..start as usize + name.len());
            match middle(name) {
                Some(middle_of) => known.and_then(middle) == Some(middle_of),
                None => known == Some(name),
            }
        };
        self.look(long(name, ends), name.len(), ends, words, is)
    }

    #[inline(always)]
    fn look(&self, hash: u64, length: usize, ends: (u64, u64), words: &[u64], is: impl Fn(u64) -> bool) -> Option<u32> {
        let tag = self.tag(hash);
        let from = self.entries.get((hash >> self.shift) as usize..)?;
        // INVARIANT: half of the entries are free, so this ends soon.
        for entry in from {
            if *entry == 0 {
                return None;
            }
            if *entry >> (32 - TAG) == tag {
                let place = (*entry & (u32::MAX >> TAG)) as usize * LINE;
                let record = words.get(place..)?.first_chunk::<RECORD>()?;
                let known = (record[0] ^ ends.0) | (record[1] ^ ends.1) == 0 && record[2] as u32 as usize == length;
                if known && is(record[2] >> 32) {
                    return Some(place as u32);
                }
            }
        }
        None
    }
}
