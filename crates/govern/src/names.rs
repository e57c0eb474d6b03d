//! What is kept by name: found by one hash, told in the order of names.
//!
//! A million requests in a tree are twenty comparisons of texts, each somewhere else in memory; here they are one look.
//! Names come from outside, so they are hashed under the secret seed, and nothing that can be read depends on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
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
pub(crate) struct Names<V> {
    all: HashMap<Id, V, Seeded>,
    /// Names of several parts, `run/step`, in their order.
    parted: BTreeSet<Id>,
}

impl<V> Names<V> {
    pub(crate) fn new(seed: [u64; 2]) -> Self {
        Self { all: HashMap::with_hasher(Seeded(seed)), parted: BTreeSet::new() }
    }

    pub(crate) fn get(&self, id: &Id) -> Option<&V> {
        self.all.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &Id) -> Option<&mut V> {
        self.all.get_mut(id)
    }

    pub(crate) fn contains_key(&self, id: &Id) -> bool {
        self.all.contains_key(id)
    }

    pub(crate) fn insert(&mut self, id: Id, value: V) -> Option<V> {
        self.note(&id);
        self.all.insert(id, value)
    }

    pub(crate) fn get_or_insert_with(&mut self, id: &Id, make: impl FnOnce() -> V) -> &mut V {
        self.note(id);
        self.all.entry(id.clone()).or_insert_with(make)
    }

    fn note(&mut self, id: &Id) {
        if is_parted(id) {
            self.parted.insert(id.clone());
        }
    }

    pub(crate) fn remove(&mut self, id: &Id) -> Option<V> {
        if is_parted(id) {
            self.parted.remove(id);
        }
        self.all.remove(id)
    }

    /// Whether there is one whose name begins so; this beginning ends with `/`.
    pub(crate) fn any_under(&self, first: &Id) -> bool {
        let next = self.parted.range(first.clone()..).next();
        next.is_some_and(|id| id.as_str().starts_with(first.as_str()))
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// All of them, to be changed, in no order that means anything.
    pub(crate) fn each_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.all.values_mut()
    }

    /// Those that are asked for, by name.
    pub(crate) fn sorted(&self, asked: impl Fn(&Id, &V) -> bool) -> Vec<(&Id, &V)> {
        let mut found: Vec<(&Id, &V)> = self.all.iter().filter(|(id, value)| asked(id, value)).collect();
        found.sort_unstable_by(|a, b| a.0.cmp(b.0));
        found
    }
}

fn is_parted(id: &Id) -> bool {
    id.as_str().contains('/')
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
