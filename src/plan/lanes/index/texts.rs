//! Texts by the literals they have: the whole, an end, or one inside.

use aho_corasick::AhoCorasick;

use super::{Affixes, End, GREATEST, Lists};
use crate::plan::hash::Table;
use crate::value::literal::Literal;

/// Entries by literals of texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    whole: Table<Box<[u8]>, u32>,
    heads: Option<Affixes>,
    /// The first list of the heads, and so on.
    first_head: u32,
    tails: Option<Affixes>,
    first_tail: u32,
    inside: Option<AhoCorasick>,
    first_inside: u32,
    lists: Lists,
    /// Entries that every text concerns: those whose literals could not be filed.
    always: Vec<u32>,
}

impl Texts {
    /// Files entries under their literals.
    pub(crate) fn new<'l>(entries: impl Iterator<Item = (&'l Literal, u32)>) -> Self {
        let mut sorted: [Vec<(Box<[u8]>, u32)>; 4] = Default::default();
        for (literal, entry) in entries {
            let (kind, bytes) = match literal {
                Literal::Whole(bytes) => (0, &**bytes),
                Literal::Head(bytes) => (1, End::Head.cut(bytes, bytes.len().min(GREATEST)).unwrap_or(bytes)),
                Literal::Tail(bytes) => (2, End::Tail.cut(bytes, bytes.len().min(GREATEST)).unwrap_or(bytes)),
                Literal::Inside(bytes) => (3, &**bytes),
            };
            sorted[kind].push((bytes.into(), entry));
        }
        let mut pairs = Vec::new();
        let mut count = 0;
        let mut firsts = [0; 4];
        let filed: [Vec<Box<[u8]>>; 4] = std::array::from_fn(|kind| {
            firsts[kind] = count;
            let mut all = std::mem::take(&mut sorted[kind]);
            all.sort_unstable();
            let mut keys: Vec<Box<[u8]>> = Vec::new();
            for (bytes, entry) in all {
                if keys.last() != Some(&bytes) {
                    keys.push(bytes);
                    count += 1;
                }
                pairs.push((count - 1, entry));
            }
            keys
        });
        let affixes = |end, keys: &[Box<[u8]>]| (!keys.is_empty()).then(|| Affixes::new(end, keys));
        let (heads, tails) = (affixes(End::Head, &filed[1]), affixes(End::Tail, &filed[2]));
        let (inside, always) = search(&filed[3], firsts[3], &pairs);
        let [whole, ..] = filed;
        Self {
            whole: whole.into_iter().zip(0..).collect(),
            heads,
            first_head: firsts[1],
            tails,
            first_tail: firsts[2],
            inside,
            first_inside: firsts[3],
            lists: Lists::new(count as usize, &mut pairs),
            always,
        }
    }

    /// Breaks the chains from longer literals to shorter ones.
    #[cfg(test)]
    pub(crate) fn forget_shorter(&mut self) -> bool {
        let mut any = false;
        for affixes in [&mut self.heads, &mut self.tails].into_iter().flatten() {
            any |= affixes.forget_shorter();
        }
        any
    }

    /// Whether nothing is filed.
    pub(crate) fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.always.is_empty()
    }

    /// The entries of the literals that a text has; an entry may come several times.
    #[inline]
    pub(crate) fn find(&self, text: &[u8], out: &mut Vec<u32>) {
        if let Some(list) = self.whole.get(text) {
            out.extend_from_slice(self.lists.of(*list as usize));
        }
        if let Some(heads) = &self.heads {
            heads.find(text, |number| out.extend_from_slice(self.lists.of((self.first_head + number) as usize)));
        }
        if let Some(tails) = &self.tails {
            tails.find(text, |number| out.extend_from_slice(self.lists.of((self.first_tail + number) as usize)));
        }
        if let Some(inside) = &self.inside {
            for found in inside.find_overlapping_iter(text) {
                let list = self.first_inside as usize + found.pattern().as_usize();
                out.extend_from_slice(self.lists.of(list));
            }
        }
        out.extend_from_slice(&self.always);
    }
}

/// The searcher for literals inside texts; where it cannot be made, the entries that every text then concerns.
fn search(literals: &[Box<[u8]>], first: u32, pairs: &[(u32, u32)]) -> (Option<AhoCorasick>, Vec<u32>) {
    if literals.is_empty() {
        return (None, Vec::new());
    }
    match AhoCorasick::new(literals) {
        Ok(made) => (Some(made), Vec::new()),
        Err(_) => (None, pairs.iter().filter(|(list, _)| *list >= first).map(|(_, entry)| *entry).collect()),
    }
}
