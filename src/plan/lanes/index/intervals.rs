//! Ranges of numbers, and which of them a number lies in.
//!
//! The ends of all ranges cut the numbers into segments. Where few ranges overlap, each segment lists its own;
//! otherwise a range stands at few nodes of a tree over the segments, and a number asks those above its own.
//! A grid over the numbers leads to the segment without much searching.

use super::Lists;

/// An inclusive range.
pub(crate) type Span = (i64, i64);

/// Ranges, each with a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intervals {
    /// Where each segment begins, ascending.
    edges: Vec<i64>,
    /// For each cell of the grid, how many edges lie before it.
    grid: Vec<u32>,
    /// The width of a cell, as a power of two.
    shift: u32,
    /// Ranges of each segment, or of each node of the tree.
    lists: Lists,
    /// The place of the first leaf, where there is a tree.
    leaves: Option<usize>,
}

/// Cells of the grid for each edge.
const CELLS: usize = 4;
/// Entries of segments' own lists for each range at most; beyond that a tree is smaller.
const OVERLAPS: usize = 8;

impl Intervals {
    /// Files ranges; an empty one is found nowhere. A range's number is its place.
    pub(crate) fn new(spans: &[Span]) -> Self {
        let mut edges: Vec<i64> = Vec::with_capacity(spans.len() * 2);
        for (low, high) in spans.iter().filter(|(low, high)| low <= high) {
            edges.push(*low);
            edges.extend(high.checked_add(1));
        }
        edges.sort_unstable();
        edges.dedup();
        let place = |at: i64| edges.partition_point(|edge| *edge <= at) - 1;
        let covered: Vec<(usize, usize, u32)> = (0..)
            .zip(spans)
            .filter(|(_, (low, high))| low <= high)
            .map(|(number, (low, high))| (place(*low), place(*high) + 1, number))
            .collect();
        let overlaps: usize = covered.iter().map(|(from, to, _)| to - from).sum();
        let flat = overlaps <= OVERLAPS * spans.len() + 64;
        let leaves = (!flat).then(|| edges.len().next_power_of_two());
        let mut at: Vec<(u32, u32)> = Vec::new();
        for (from, to, number) in covered {
            match leaves {
                None => at.extend((from..to).map(|segment| (segment as u32, number))),
                Some(leaves) => cover(leaves + from, leaves + to, |node| at.push((node as u32, number))),
            }
        }
        let lists = Lists::new(leaves.map_or(edges.len(), |leaves| leaves * 2), &mut at);
        let (grid, shift) = grid(&edges);
        Self { edges, grid, shift, lists, leaves }
    }

    /// The numbers of all ranges that this number lies in.
    #[inline]
    pub(crate) fn find(&self, word: i64, mut each: impl FnMut(u32)) {
        let Some(segment) = self.segment(word) else { return };
        let Some(leaves) = self.leaves else {
            self.lists.of(segment).iter().copied().for_each(each);
            return;
        };
        let mut node = leaves + segment;
        while node > 0 {
            self.lists.of(node).iter().copied().for_each(&mut each);
            node /= 2;
        }
    }

    #[inline]
    fn segment(&self, word: i64) -> Option<usize> {
        let first = *self.edges.first()?;
        if word < first {
            return None;
        }
        let cell = (word.wrapping_sub(first) as u64 >> self.shift) as usize;
        let Some([from, to]) = cell.checked_add(2).and_then(|end| self.grid.get(cell..end)) else {
            // Behind the last edge.
            return Some(self.edges.len() - 1);
        };
        let (from, to) = (*from as usize, *to as usize);
        let inside = self.edges.get(from..to)?.partition_point(|edge| *edge <= word);
        (from + inside).checked_sub(1)
    }
}

/// How many edges lie before each cell, and how wide a cell is.
fn grid(edges: &[i64]) -> (Vec<u32>, u32) {
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return (Vec::new(), 0) };
    let span = last.wrapping_sub(*first) as u64;
    let most = (edges.len() * CELLS) as u64;
    let shift = (0..63).find(|shift| span >> shift <= most).unwrap_or(63);
    let cells = (span >> shift) as usize + 1;
    let mut before = vec![0; cells + 1];
    for edge in edges {
        let cell = (edge.wrapping_sub(*first) as u64 >> shift) as usize;
        before[cell + 1] += 1;
    }
    for cell in 1..before.len() {
        before[cell] += before[cell - 1];
    }
    (before, shift)
}

/// The nodes of the tree that together are the leaves of a range.
fn cover(mut from: usize, mut to: usize, mut each: impl FnMut(usize)) {
    while from < to {
        if from % 2 == 1 {
            each(from);
            from += 1;
        }
        if to % 2 == 1 {
            to -= 1;
            each(to);
        }
        from /= 2;
        to /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::{Intervals, Span};

    fn check(spans: &[Span], words: &[i64]) {
        let index = Intervals::new(spans);
        for word in words {
            let mut found = Vec::new();
            index.find(*word, |number| found.push(number as usize));
            found.sort_unstable();
            let expected: Vec<usize> =
                (0..spans.len()).filter(|n| spans[*n].0 <= *word && *word <= spans[*n].1).collect();
            assert_eq!(found, expected, "{word} in {spans:?}");
        }
    }

    #[test]
    fn ends_belong_to_ranges() {
        let spans = [(0, 9), (10, 19), (20, 20), (5, 4), (i64::MIN, -1), (30, i64::MAX), (i64::MIN, i64::MAX), (9, 10)];
        check(&spans, &[i64::MIN, i64::MIN + 1, -1, 0, 8, 9, 10, 11, 19, 20, 21, 29, 30, i64::MAX]);
        check(&[], &[0]);
        check(&[(3, 2)], &[2, 3]);
        check(&[(i64::MAX, i64::MAX), (i64::MIN, i64::MIN)], &[i64::MIN, 0, i64::MAX]);
    }

    #[test]
    fn ranges_that_overlap_much_are_found_in_the_tree() {
        let nested: Vec<Span> = (0..200).map(|n| (-n * 3, n * 5)).collect();
        check(&nested, &(-700..1100).collect::<Vec<_>>());
        assert!(Intervals::new(&nested).leaves.is_some());
        let apart: Vec<Span> = (0..200).map(|n| (n * 7, n * 7 + 6)).collect();
        check(&apart, &(-3..1500).collect::<Vec<_>>());
        assert!(Intervals::new(&apart).leaves.is_none());
    }

    #[test]
    fn ranges_at_random_are_found() {
        let mut seed = 11_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as i64
        };
        for round in 0..200 {
            let wide = if round % 2 == 0 { 30 } else { 1 << 30 };
            let spans: Vec<Span> = (0..next() % 60)
                .map(|_| {
                    let low = next() % wide - wide / 2;
                    (low, low + next() % wide - 2)
                })
                .collect();
            let words: Vec<i64> =
                spans.iter().flat_map(|(low, high)| [low - 1, *low, low + 1, high - 1, *high, high + 1]).collect();
            check(&spans, &words);
        }
    }
}
