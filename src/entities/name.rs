//! Names of entities to their numbers.
//!
//! Ids may be chosen by whoever creates a document or a user, so a bucket could be filled from outside. Where
//! a name would need many steps, places are taken by a hash that nobody can foresee without all the names.

use super::Entry;
use crate::ids::EntityTypeId;
use crate::value::EntityRef;

/// A hash of an entity's name: the same in every snapshot. It tells where to look, never who it is.
#[must_use]
#[inline]
pub fn name_hash(ty: EntityTypeId, id: &str) -> u64 {
    seeded(0x243f_6a88_85a3_08d3, ty, id)
}

#[inline]
fn seeded(seed: u64, ty: EntityTypeId, id: &str) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = id.as_bytes();
    let mut hash = fold(seed ^ u64::from(ty.0) ^ (bytes.len() as u64) << 32, FACTOR);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        hash = fold(hash ^ u64::from_le_bytes(*chunk), FACTOR);
    }
    if !rest.is_empty() {
        hash = fold(hash ^ last(bytes, rest), FACTOR);
    }
    hash
}

/// The last bytes as one word. Bytes before them may count again: the length tells all such words apart.
#[inline]
fn last(bytes: &[u8], rest: &[u8]) -> u64 {
    if let Some(chunk) = bytes.last_chunk::<8>() {
        return u64::from_le_bytes(*chunk);
    }
    if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

/// Steps beyond which another hash is taken. Half full, a table of a million names stays far below.
const MANY_STEPS: usize = 256;

/// An open table of places.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Upper half: upper half of the hash. Lower half: the place plus one; 0 is free. A power of two of them.
    slots: Vec<u64>,
    used: usize,
    /// Other than the hash that everybody knows.
    seed: Option<u64>,
}

impl Index {
    #[inline]
    fn hash(&self, (ty, id): (EntityTypeId, &str), known: u64) -> u64 {
        self.seed.map_or(known, |seed| seeded(seed, ty, id))
    }

    /// The place of a name whose [`name_hash`] is known.
    #[inline]
    pub(super) fn find(&self, entries: &[Entry], name: (EntityTypeId, &str), known: u64) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let hash = self.hash(name, known);
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if slot >> 32 == hash >> 32 {
                let place = slot as u32 - 1;
                let found = &entries[place as usize].name;
                if found.ty == name.0 && *found.id == *name.1 {
                    return Some(place);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// Files a name that is not there yet under the next place. Says whether that took too many steps.
    pub(super) fn add(&mut self, entries: &[Entry], name: &EntityRef, known: u64, place: u32) -> bool {
        if (self.used + 1) * 2 > self.slots.len() {
            self.slots = vec![0; (self.slots.len() * 2).max(16)];
            self.fill(entries);
        }
        self.used += 1;
        let hash = self.hash((name.ty, &name.id), known);
        self.put(hash, place) > MANY_STEPS && self.seed.is_none()
    }

    #[cfg(test)]
    pub(super) fn is_seeded(&self) -> bool {
        self.seed.is_some()
    }

    /// Files all entries anew by a hash with a seed.
    pub(super) fn reseed(&mut self, entries: &[Entry], seed: u64) {
        self.seed = Some(seed);
        self.fill(entries);
    }

    /// Puts a place into the first free slot and says how many steps that took.
    fn put(&mut self, hash: u64, place: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut steps = 0;
        while self.slots[(hash as usize).wrapping_add(steps) & mask] != 0 {
            steps += 1;
        }
        self.slots[(hash as usize).wrapping_add(steps) & mask] = hash >> 32 << 32 | u64::from(place + 1);
        steps
    }

    /// Files all entries anew.
    pub(super) fn fill(&mut self, entries: &[Entry]) {
        self.slots.fill(0);
        for (place, entry) in (0..).zip(entries) {
            let hash = self.hash((entry.name.ty, &entry.name.id), entry.hash);
            self.put(hash, place);
        }
    }
}

/// A seed that nobody can foresee without all the names that it is made of.
pub(super) fn unforeseen<'a>(names: impl Iterator<Item = &'a EntityRef>) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        hasher.update(&name.ty.0.to_le_bytes());
        hasher.update(&(name.id.len() as u64).to_le_bytes());
        hasher.update(name.id.as_bytes());
    }
    hasher.finalize().as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
