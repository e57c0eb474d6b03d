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

/// The hash of a text, for tables that are looked up for every request: eight bytes at a time, the last eight
/// overlapping those before, so that nothing is copied.
#[inline]
#[must_use]
pub fn hash_text(text: &[u8]) -> u64 {
    let fold = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(FOLD);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let word = |at: usize| text.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes);
    let start = (text.len() as u64).wrapping_mul(FACTOR);
    let hash = match text.len() {
        0..=7 => {
            let gathered = text.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            fold(start, gathered)
        }
        8..=16 => fold(fold(start, word(0)), word(text.len() - 8)),
        length => {
            let whole = (0..length - 8).step_by(8).fold(start, |hash, at| fold(hash, word(at)));
            fold(whole, word(length - 8))
        }
    };
    hash ^ hash >> 29
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
