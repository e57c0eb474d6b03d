//! One fast hash for tables whose keys come from the policy.
//!
//! Requests only look up; what is stored was written by the policy's authors, so nobody can fill a
//! bucket from outside and a seed is not needed.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A table from a policy's words to something.
pub type Table<K, V> = HashMap<K, V, BuildHasherDefault<WordHasher>>;

/// Multiply and fold, eight bytes at a time.
#[derive(Clone, Default)]
pub struct WordHasher(u64);

/// The first eight bytes of a text and the last eight, as words. Of a shorter text both hold all of it, with zeros
/// behind and before; up to sixteen bytes are told by both and the length.
#[inline]
#[must_use]
pub fn ends(text: &[u8]) -> (u64, u64) {
    ends_at_once(text)
}

/// The same, for where a call would cost as much as what it does.
#[inline(always)]
pub(crate) fn ends_at_once(text: &[u8]) -> (u64, u64) {
    if let Some(first) = text.first_chunk::<8>()
        && let Some(last) = text.last_chunk::<8>()
    {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    // Of four to seven bytes two words overlap; of fewer the first, the middle and the last are all there are.
    let head = match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let last = u64::from(u32::from_le_bytes(*last)) << (8 * (text.len() - 4));
            u64::from(u32::from_le_bytes(*first)) | last
        }
        (_, _) => match *text {
            [] => return (0, 0),
            [first, ref rest @ ..] => {
                let middle = rest.first().map_or(0, |byte| u64::from(*byte) << 8);
                let last = rest.last().map_or(0, |byte| u64::from(*byte) << (8 * rest.len()));
                u64::from(first) | middle | last
            }
        },
    };
    (head, head << (64 - 8 * text.len()))
}

/// The hash of a text, for tables that are looked up for every request: of longer ones eight bytes at a time, the last
/// eight overlapping those before, so that nothing is copied.
#[inline]
#[must_use]
pub fn hash_text(text: &[u8]) -> u64 {
    hash_of_ends(text, ends(text))
}

/// The same, where the ends are known.
#[inline]
#[must_use]
pub fn hash_of_ends(text: &[u8], (head, tail): (u64, u64)) -> u64 {
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let mut start = head ^ FOLD;
    if text.len() > 16 {
        for middle in text[8..text.len() - 8].chunks_exact(8) {
            start = middle.first_chunk::<8>().map_or(start, |word| fold(start, u64::from_le_bytes(*word) ^ FACTOR));
        }
        // What is left of the middle lies in the sixteen bytes before the end.
        let before = &text[text.len() - 16..];
        start = before.first_chunk::<8>().map_or(start, |word| fold(start, u64::from_le_bytes(*word) ^ FACTOR));
    }
    fold(start, tail.wrapping_add(text.len() as u64) ^ FACTOR)
}

const FOLD: u64 = 0xa076_1d64_78bd_642f;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl WordHasher {
    fn word(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(FACTOR);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.word(u64::from_le_bytes(chunk.try_into().unwrap_or([0; 8])));
        }
        let mut last = [0_u8; 8];
        last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
        self.word(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_left(56));
    }

    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
