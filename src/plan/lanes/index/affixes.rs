//! Texts filed under how they begin, or how they end.
//!
//! All filed texts that a text begins with are found by halving among their lengths: one look-up tells whether
//! something longer can be there. What is filed for that besides the texts are marks. The longest text that is
//! found leads to the shorter ones.

use crate::plan::hash::Table;

/// Longer texts are filed under so many of their bytes.
pub(crate) const GREATEST: usize = 64;

/// No text.
const NONE: u32 = u32::MAX;

/// Which end of a text is filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// How it begins.
    Head,
    /// How it ends.
    Tail,
}

/// Texts by one of their ends, each with a number.
#[derive(Clone, Debug)]
pub(crate) struct Affixes {
    end: End,
    /// Lengths of texts, ascending.
    lengths: Vec<usize>,
    /// Texts and marks, with the longest text that they begin with, themselves included.
    marks: Table<Box<[u8]>, u32>,
    /// For each text the next shorter one that it begins with.
    shorter: Vec<u32>,
}

impl Affixes {
    /// Files texts, each at most [`GREATEST`] bytes long, without repeats. A text's number is its place.
    pub(crate) fn new(end: End, texts: &[Box<[u8]>]) -> Self {
        let mut lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let mut own: Table<&[u8], u32> = Table::default();
        for (number, text) in (0..).zip(texts) {
            own.insert(text, number);
        }
        // The longest filed text that begins these bytes and is shorter than `below`.
        let longest = |bytes: &[u8], below: usize| {
            let fitting = lengths.iter().rev().filter(|length| **length < below && **length <= bytes.len());
            fitting.filter_map(|length| own.get(end.cut(bytes, *length)?)).next().copied().unwrap_or(NONE)
        };
        let shorter = texts.iter().map(|text| longest(text, text.len())).collect();
        let mut marks: Table<Box<[u8]>, u32> = Table::default();
        for (number, text) in (0..).zip(texts) {
            marks.insert(text.clone(), number);
            let (mut low, mut high) = (0, lengths.len());
            while low < high {
                let middle = low.midpoint(high);
                let length = lengths[middle];
                if length >= text.len() {
                    high = middle;
                    continue;
                }
                if let Some(mark) = end.cut(text, length)
                    && !marks.contains_key(mark)
                {
                    marks.insert(mark.into(), longest(mark, usize::MAX));
                }
                low = middle + 1;
            }
        }
        Self { end, lengths, marks, shorter }
    }

    /// Breaks the chains from longer texts to shorter ones.
    #[cfg(test)]
    pub(crate) fn forget_shorter(&mut self) -> bool {
        let any = self.shorter.iter().any(|shorter| *shorter != NONE);
        self.shorter.fill(NONE);
        any
    }

    /// The numbers of all filed texts that this one begins with (ends with), the longest first.
    #[inline]
    pub(crate) fn find(&self, text: &[u8], mut each: impl FnMut(u32)) {
        let (mut low, mut high) = (0, self.lengths.len());
        let mut found = NONE;
        while low < high {
            let middle = low.midpoint(high);
            match self.end.cut(text, self.lengths[middle]).and_then(|part| self.marks.get(part)) {
                Some(mark) => {
                    found = *mark;
                    low = middle + 1;
                }
                None => high = middle,
            }
        }
        while let Some(shorter) = self.shorter.get(found as usize) {
            each(found);
            found = *shorter;
        }
    }
}

impl End {
    /// So many bytes at this end; none where there are fewer.
    #[inline]
    pub(crate) fn cut(self, text: &[u8], length: usize) -> Option<&[u8]> {
        match self {
            Self::Head => text.get(..length),
            Self::Tail => text.get(text.len().checked_sub(length)?..),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Affixes, End};

    fn texts(all: &[&str]) -> Vec<Box<[u8]>> {
        all.iter().map(|text| text.as_bytes().into()).collect()
    }

    /// Every text over two letters up to a length against every subset of a few filed ones.
    #[test]
    fn what_is_found_is_what_asking_each_would_find() {
        let mut all = vec![String::new()];
        let mut start = 0;
        for _ in 0..6 {
            let end = all.len();
            for place in start..end {
                for letter in ["a", "b"] {
                    all.push(format!("{}{letter}", all[place]));
                }
            }
            start = end;
        }
        let mut seed = 7_u64;
        for _ in 0..300 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let filed: Vec<&str> = all
                .iter()
                .enumerate()
                .filter(|(n, _)| seed.rotate_right(*n as u32).is_multiple_of(5))
                .map(|(_, t)| &**t)
                .collect();
            for end in [End::Head, End::Tail] {
                let index = Affixes::new(end, &texts(&filed));
                for text in &all {
                    let mut found = Vec::new();
                    index.find(text.as_bytes(), |number| found.push(filed[number as usize]));
                    found.sort_unstable();
                    let fits = |one: &&&str| match end {
                        End::Head => text.starts_with(**one),
                        End::Tail => text.ends_with(**one),
                    };
                    let mut expected: Vec<&str> = filed.iter().filter(fits).copied().collect();
                    expected.sort_unstable();
                    assert_eq!(found, expected, "{text:?} among {filed:?}");
                }
            }
        }
    }
}
