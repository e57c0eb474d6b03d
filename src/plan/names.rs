//! Which floors and approvals an undeclared name concerns, without asking each of them.
//!
//! Every pattern is filed under what is literal in it: all of it, its beginning, or its end. Only patterns
//! that begin and end with a star are asked one by one. What is found is then checked whole, `except` included.

use std::sync::Arc;

use super::UnitId;
use super::hash::Table;
use crate::check::typed::NamePatterns;

/// Lists of patterns by what is literal in them.
#[derive(Clone, Default)]
pub struct NameIndex {
    lists: Vec<(UnitId, NamePatterns)>,
    whole: Table<Box<[u8]>, Vec<u32>>,
    starts: Table<Box<[u8]>, Vec<u32>>,
    ends: Table<Box<[u8]>, Vec<u32>>,
    /// Lengths of the keys of `starts` and of `ends`, ascending.
    start_lengths: Vec<usize>,
    end_lengths: Vec<usize>,
    /// Lists to ask always.
    rest: Vec<u32>,
}

impl NameIndex {
    /// Files a list of patterns.
    pub fn add(&mut self, patterns: &NamePatterns, unit: UnitId) {
        let list = self.lists.len() as u32;
        self.lists.push((unit, patterns.clone()));
        if patterns.any {
            self.rest.push(list);
        }
        for pattern in patterns.parts.iter().filter(|(subtracts, _)| !subtracts).map(|(_, p)| p.as_bytes()) {
            let first = pattern.iter().position(|b| *b == b'*');
            let last = pattern.iter().rposition(|b| *b == b'*');
            match (first, last) {
                (None, _) | (_, None) => file(&mut self.whole, pattern, list),
                (Some(0), Some(end)) if end + 1 == pattern.len() => self.rest.push(list),
                (Some(0), Some(end)) => {
                    let key = &pattern[end + 1..];
                    file(&mut self.ends, key, list);
                    note(&mut self.end_lengths, key.len());
                }
                (Some(start), Some(_)) => {
                    let key = &pattern[..start];
                    file(&mut self.starts, key, list);
                    note(&mut self.start_lengths, key.len());
                }
            }
        }
    }

    /// Whether there are no lists.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Units whose patterns match the name, in their order.
    pub fn find(&self, name: &str, out: &mut Vec<UnitId>) {
        let name = name.as_bytes();
        let mut found: Vec<u32> = self.rest.clone();
        found.extend(self.whole.get(name).into_iter().flatten());
        for length in self.start_lengths.iter().take_while(|l| **l <= name.len()) {
            found.extend(self.starts.get(&name[..*length]).into_iter().flatten());
        }
        for length in self.end_lengths.iter().take_while(|l| **l <= name.len()) {
            found.extend(self.ends.get(&name[name.len() - length..]).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        let lists = found.into_iter().map(|list| &self.lists[list as usize]);
        out.extend(lists.filter(|(_, patterns)| concerns(patterns, name)).map(|(unit, _)| *unit));
    }
}

fn file(table: &mut Table<Box<[u8]>, Vec<u32>>, key: &[u8], list: u32) {
    table.entry(key.into()).or_default().push(list);
}

fn note(lengths: &mut Vec<usize>, length: usize) {
    if let Err(place) = lengths.binary_search(&length) {
        lengths.insert(place, length);
    }
}

/// Whether a list matches a name: each `except` subtracts from all before it.
fn concerns(patterns: &NamePatterns, name: &[u8]) -> bool {
    let step = |matched: bool, (subtracts, pattern): &(bool, Arc<str>)| {
        if *subtracts { matched && !glob(pattern.as_bytes(), name) } else { matched || glob(pattern.as_bytes(), name) }
    };
    patterns.parts.iter().fold(patterns.any, step)
}

/// Whether a pattern matches: the set of places in the pattern that the name read so far can have reached.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let mut places = vec![false; pattern.len() + 1];
    places[0] = true;
    skip_stars(pattern, &mut places);
    for byte in name {
        let mut next = vec![false; pattern.len() + 1];
        for (place, at) in pattern.iter().enumerate().filter(|(place, _)| places[*place]) {
            if *at != b'*' {
                next[place + 1] |= at == byte;
                continue;
            }
            let double = pattern.get(place + 1) == Some(&b'*') || (place > 0 && pattern[place - 1] == b'*');
            next[place] |= double || *byte != b'.';
        }
        places = next;
        skip_stars(pattern, &mut places);
    }
    places[pattern.len()]
}

/// A star may match nothing.
fn skip_stars(pattern: &[u8], places: &mut [bool]) {
    for (place, at) in pattern.iter().enumerate() {
        if *at == b'*' && places[place] {
            places[place + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NameIndex, NamePatterns, UnitId, glob};

    #[test]
    fn stars_cross_dots_only_in_pairs() {
        for (pattern, name, expected) in [
            ("scale_*", "scale_up", true),
            ("scale_*", "scale_up.now", false),
            ("*.read", "a.read", true),
            ("*.read", "a.b.read", false),
            ("**.read", "a.b.read", true),
            ("**.read", "read", false),
            ("a.*.c", "a.b.c", true),
            ("a.*.c", "a.b.b.c", false),
            ("a.**.c", "a.b.b.c", true),
            ("code.**", "code", false),
            ("*a*", "bab", true),
        ] {
            assert_eq!(glob(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn the_index_finds_what_asking_each_would() {
        let lists = [
            vec![(false, "deploy.*")],
            vec![(false, "deploy.prod")],
            vec![(false, "**.delete"), (true, "tmp.**")],
            vec![(false, "*x*")],
            vec![(false, "deploy.**"), (true, "deploy.prod")],
        ];
        let mut index = NameIndex::default();
        for (place, list) in (0..).zip(&lists) {
            let parts = list.iter().map(|(subtracts, p)| (*subtracts, (*p).into())).collect();
            index.add(&NamePatterns { any: false, parts }, UnitId(place));
        }
        index.add(&NamePatterns { any: true, parts: vec![(true, "deploy.**".into())] }, UnitId(5));
        for (name, expected) in [
            ("deploy.prod", vec![0, 1]),
            ("deploy.eu.prod", vec![4]),
            ("deploy.dev", vec![0, 4]),
            ("audit.delete", vec![2, 5]),
            ("tmp.delete", vec![5]),
            ("axb", vec![3, 5]),
        ] {
            let mut found = Vec::new();
            index.find(name, &mut found);
            assert_eq!(found.iter().map(|u| u.0).collect::<Vec<_>>(), expected, "{name}");
        }
    }
}
