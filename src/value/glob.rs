//! Globs on texts: `*` matches any run, `?` one character; linear time.
//!
//! A glob is cut at its stars. The first and last pieces are anchored at the ends of the text; the pieces
//! between are found one after the other, each at its leftmost place: taking the leftmost never spoils what
//! follows, so nothing is tried twice. There is no escape: `?` also matches a star.

use std::collections::BTreeMap;

/// A compiled glob on a whole text.
#[derive(Clone, Debug)]
pub struct Glob {
    first: Piece,
    /// Between the first star and the last, without empty pieces.
    middle: Vec<Piece>,
    /// After the last star; `None` where there is no star.
    last: Option<Piece>,
}

impl Glob {
    /// Compiles a glob; every text is one.
    #[must_use]
    pub fn new(source: &str) -> Self {
        let mut pieces: Vec<_> = source.split('*').map(Piece::new).collect();
        let last = if pieces.len() > 1 { pieces.pop() } else { None };
        let first = pieces.remove(0);
        pieces.retain(|piece| !piece.text.is_empty());
        Self { first, middle: pieces, last }
    }

    /// Whether the whole text matches.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        let Some(rest) = self.first.strip_prefix(text) else { return false };
        let Some(last) = &self.last else { return rest.is_empty() };
        let Some(mut rest) = last.strip_suffix(rest) else { return false };
        for piece in &self.middle {
            match piece.find_end(rest) {
                Some(end) => rest = &rest[end..],
                None => return false,
            }
        }
        true
    }
}

/// Characters without a star, `?` among them matching any one.
#[derive(Clone, Debug)]
struct Piece {
    text: String,
    /// Where there is a `?`: the places of each character.
    places: Option<Places>,
}

impl Piece {
    fn new(text: &str) -> Self {
        Self { text: text.to_string(), places: text.contains('?').then(|| Places::new(text)) }
    }

    fn strip_prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.places.is_none() {
            return text.strip_prefix(self.text.as_str());
        }
        let mut rest = text.chars();
        self.text.chars().all(|want| rest.next().is_some_and(|c| want == '?' || want == c)).then_some(rest.as_str())
    }

    fn strip_suffix<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.places.is_none() {
            return text.strip_suffix(self.text.as_str());
        }
        let mut rest = text.chars();
        self.text
            .chars()
            .rev()
            .all(|want| rest.next_back().is_some_and(|c| want == '?' || want == c))
            .then_some(rest.as_str())
    }

    /// Where its leftmost occurrence ends.
    fn find_end(&self, text: &str) -> Option<usize> {
        match &self.places {
            None => text.find(self.text.as_str()).map(|start| start + self.text.len()),
            Some(places) => places.find_end(text),
        }
    }
}

/// The places of each character in a piece, as bits, to search for all prefixes of the piece at once.
#[derive(Clone, Debug)]
struct Places {
    of: BTreeMap<char, Vec<u64>>,
    /// Places of `?`, which every character may take.
    any: Vec<u64>,
    count: usize,
}

impl Places {
    fn new(piece: &str) -> Self {
        let count = piece.chars().count();
        let mut any = vec![0; count.div_ceil(64)];
        for (place, _) in piece.chars().enumerate().filter(|(_, c)| *c == '?') {
            any[place / 64] |= 1 << (place % 64);
        }
        let mut of = BTreeMap::new();
        for (place, c) in piece.chars().enumerate().filter(|(_, c)| *c != '?') {
            of.entry(c).or_insert_with(|| any.clone())[place / 64] |= 1 << (place % 64);
        }
        Self { of, any, count }
    }

    /// Bit `i` of the state says that the piece up to its place `i` ends at this character.
    fn find_end(&self, text: &str) -> Option<usize> {
        let mut state = vec![0_u64; self.any.len()];
        let last = self.count - 1;
        for (start, c) in text.char_indices() {
            let mut carry = 1;
            for (word, allowed) in state.iter_mut().zip(self.of.get(&c).unwrap_or(&self.any)) {
                let next = *word >> 63;
                *word = (*word << 1 | carry) & allowed;
                carry = next;
            }
            if state[last / 64] >> (last % 64) & 1 == 1 {
                return Some(start + c.len_utf8());
            }
        }
        None
    }
}

#[cfg(test)]
#[path = "tests/glob.rs"]
mod tests;
