//! Rules by action: what somebody would put in front of an engine that has no index. It is shared by our
//! control and by every arm whose name ends in `+index`.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use workload::{Rule, Scope};

/// A hasher for names: a name is all that is hashed.
#[derive(Default)]
pub struct ShortHash(u64);

impl Hasher for ShortHash {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0 = workload::hash::hash(bytes);
    }

    #[inline]
    fn write_u8(&mut self, _: u8) {}
}

type Table = HashMap<Box<str>, Box<[u32]>, BuildHasherDefault<ShortHash>>;

/// The numbers of the rules that can match an action, the most severe first.
#[derive(Default)]
pub struct ActionIndex {
    names: Table,
    /// By the length of what a glob starts with, the longest first.
    starts: Vec<(usize, Table)>,
}

impl ActionIndex {
    #[must_use]
    pub fn new(rules: &[Rule]) -> Self {
        let mut names: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        let mut starts: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (i, rule) in rules.iter().enumerate() {
            match &rule.scope {
                Scope::Name(name) => names.entry(name).or_default().push(i as u32),
                Scope::Start(start) => starts.entry(start).or_default().push(i as u32),
            }
        }
        let with_shorter = |key: &str, own: &[u32], up_to: usize| {
            let shorter = (0..up_to).filter_map(|end| starts.get(&key[..end])).flatten();
            let mut all: Vec<u32> = own.iter().chain(shorter).copied().collect();
            all.sort_by_key(|&i| (std::cmp::Reverse(rules[i as usize].tier), i));
            all.into_boxed_slice()
        };
        let mut index = Self::default();
        for (name, own) in &names {
            index.names.insert((*name).into(), with_shorter(name, own, name.len() + 1));
        }
        let mut by_length: BTreeMap<usize, Table> = BTreeMap::new();
        for (start, own) in &starts {
            let table = by_length.entry(start.len()).or_default();
            table.insert((*start).into(), with_shorter(start, own, start.len()));
        }
        index.starts = by_length.into_iter().rev().collect();
        index
    }

    /// The rules that can match this action.
    #[inline]
    #[must_use]
    pub fn rules(&self, action: &str) -> &[u32] {
        if let Some(rules) = self.names.get(action) {
            return rules;
        }
        let found = self.starts.iter().find_map(|(length, table)| table.get(action.get(..*length)?));
        found.map_or(&[], |rules| rules)
    }
}
