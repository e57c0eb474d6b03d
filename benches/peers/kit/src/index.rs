//! Rules by action: what somebody would put in front of an engine that has no index. It is shared by our
//! control and by every arm whose name ends in `+index`.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use workload::{Rule, Scope};

/// A cheap hash of a short text, eight bytes at a time.
#[derive(Default)]
pub struct ShortHash(u64);

fn mix(a: u64, b: u64) -> u64 {
    let wide = u128::from(a ^ b) * 0xA076_1D64_78BD_642F_u128;
    (wide as u64) ^ ((wide >> 64) as u64)
}

impl Hasher for ShortHash {
    fn finish(&self) -> u64 {
        self.0
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut hash = mix(self.0, bytes.len() as u64);
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            hash = mix(hash, u64::from_le_bytes(word.try_into().expect("eight bytes")));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            hash = mix(hash, u64::from_le_bytes(last));
        }
        self.0 = hash;
    }

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
