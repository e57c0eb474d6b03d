//! What is kept by name: found by one hash, told in the order of names.
//!
//! A million requests in a tree are twenty comparisons of texts, each somewhere else in memory; here they are one look.
//! Names come from outside, so they are hashed under the secret seed, and nothing that can be read depends on it.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use siphasher::sip::SipHasher13;

use crate::ids::Id;

/// Hashes with a secret that the embedder chose: whoever chooses names or keys cannot make them meet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeded(pub(crate) [u64; 2]);

impl BuildHasher for Seeded {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.0[0], self.0[1])
    }
}

/// Something by name.
#[derive(Clone, Debug)]
pub(crate) struct Names<V>(HashMap<Id, V, Seeded>);

impl<V> Names<V> {
    pub(crate) fn new(seed: [u64; 2]) -> Self {
        Self(HashMap::with_hasher(Seeded(seed)))
    }

    pub(crate) fn get(&self, id: &Id) -> Option<&V> {
        self.0.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &Id) -> Option<&mut V> {
        self.0.get_mut(id)
    }

    pub(crate) fn contains_key(&self, id: &Id) -> bool {
        self.0.contains_key(id)
    }

    pub(crate) fn insert(&mut self, id: Id, value: V) -> Option<V> {
        self.0.insert(id, value)
    }

    pub(crate) fn get_or_insert_with(&mut self, id: &Id, make: impl FnOnce() -> V) -> &mut V {
        self.0.entry(id.clone()).or_insert_with(make)
    }

    pub(crate) fn remove(&mut self, id: &Id) -> Option<V> {
        self.0.remove(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, to be changed, in no order that means anything.
    pub(crate) fn each_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.values_mut()
    }

    /// Those that are asked for, by name.
    pub(crate) fn sorted(&self, asked: impl Fn(&Id, &V) -> bool) -> Vec<(&Id, &V)> {
        let mut found: Vec<(&Id, &V)> = self.0.iter().filter(|(id, value)| asked(id, value)).collect();
        found.sort_unstable_by(|a, b| a.0.cmp(b.0));
        found
    }
}

/// How many requests of each agent wait for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    of: BTreeMap<Id, u32>,
    all: usize,
}

impl Waiting {
    /// Of one agent.
    pub(crate) fn of(&self, agent: &Id) -> u32 {
        self.of.get(agent).copied().unwrap_or(0)
    }

    /// Of all.
    pub(crate) fn all(&self) -> usize {
        self.all
    }

    pub(crate) fn add(&mut self, agent: &Id) {
        *self.of.entry(agent.clone()).or_default() += 1;
        self.all += 1;
    }

    pub(crate) fn remove(&mut self, agent: &Id) {
        let Some(count) = self.of.get_mut(agent) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.of.remove(agent);
        }
        self.all = self.all.saturating_sub(1);
    }
}
