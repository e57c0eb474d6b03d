//! Conditions as terms over bits: some of which one must hold, each a mask and the bits that it wants.

/// Most terms of one condition while it is put together.
const MOST: usize = 16;

/// A conjunction: where `mask` is set, the bits are as in `want`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    pub(super) mask: u64,
    pub(super) want: u64,
}

impl Term {
    /// Whatever the bits are.
    const ALWAYS: Self = Self { mask: 0, want: 0 };

    /// Both; none where one excludes the other.
    fn and(self, other: Self) -> Option<Self> {
        let common = self.mask & other.mask;
        ((self.want ^ other.want) & common == 0)
            .then_some(Self { mask: self.mask | other.mask, want: self.want | other.want })
    }

    /// Whether it holds wherever the other does.
    fn covers(self, other: Self) -> bool {
        self.mask & other.mask == self.mask && (self.want ^ other.want) & self.mask == 0
    }
}

/// Terms of which one must hold.
type Terms = Vec<Term>;

/// A truth: when it is true, and when it is false.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    holds: Terms,
    fails: Terms,
}

impl Truth {
    /// Always the same.
    pub(super) fn always(truth: bool) -> Self {
        let made = Self { holds: vec![Term::ALWAYS], fails: Vec::new() };
        if truth { made } else { made.not() }
    }

    /// One bit.
    pub(super) fn bit(place: usize) -> Self {
        let mask = 1 << place;
        Self { holds: vec![Term { mask, want: mask }], fails: vec![Term { mask, want: 0 }] }
    }

    /// The opposite.
    pub(super) fn not(self) -> Self {
        Self { holds: self.fails, fails: self.holds }
    }

    /// All of them; none where that is too much for terms.
    pub(super) fn all(of: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut made = Self::always(true);
        for one in of {
            made = Self { holds: product(&made.holds, &one.holds)?, fails: sum(&made.fails, &one.fails)? };
        }
        Some(made)
    }

    /// One of them; none where that is too much for terms.
    pub(super) fn any(of: impl IntoIterator<Item = Self>) -> Option<Self> {
        Self::all(of.into_iter().map(Self::not)).map(Self::not)
    }

    /// The terms of which one must hold.
    pub(super) fn holds(&self) -> &[Term] {
        &self.holds
    }
}

fn sum(a: &[Term], b: &[Term]) -> Option<Terms> {
    reduced(a.iter().chain(b).copied().collect())
}

fn product(a: &[Term], b: &[Term]) -> Option<Terms> {
    reduced(a.iter().flat_map(|a| b.iter().filter_map(|b| a.and(*b))).collect())
}

/// Without those that others cover; none where too many are left.
fn reduced(mut all: Terms) -> Option<Terms> {
    all.sort_unstable_by_key(|term| (term.mask.count_ones(), *term));
    all.dedup();
    let mut kept: Terms = Vec::with_capacity(all.len());
    for term in all {
        if !kept.iter().any(|known| known.covers(term)) {
            kept.push(term);
        }
    }
    (kept.len() <= MOST).then_some(kept)
}
