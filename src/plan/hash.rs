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
