//! What became of each item's condition: the border between judging a request and combining a decision.
//!
//! Every evaluator ends here: it says of each item that is about the request, branch by branch, whether
//! the condition is true, false or an error. How tiers and obligations follow from that is one thing,
//! said once.

use crate::decision::ItemId;

/// The three truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold.
    False,
    /// It holds.
    True,
    /// It could not be told.
    Erred,
}

impl Truth {
    /// Whether it holds or could not be told.
    #[must_use]
    pub fn counts(self) -> bool {
        self != Self::False
    }
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

/// An item that is about the request, with the truth of each of its branches in text order. Relaxes,
/// exceptions and approvals have one condition, so one truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemOutcome {
    /// The item.
    pub item: ItemId,
    /// One truth a branch.
    pub truths: Vec<Truth>,
}

impl ItemOutcome {
    /// Whether a branch holds or erred.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.truths.iter().any(|t| t.counts())
    }

    /// Whether a branch holds.
    #[must_use]
    pub fn held(&self) -> bool {
        self.truths.contains(&Truth::True)
    }

    /// Whether a branch erred.
    #[must_use]
    pub fn erred(&self) -> bool {
        self.truths.contains(&Truth::Erred)
    }
}

/// Outcomes of all items whose scope matches the request, in canonical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Sorted by item, each once.
    pub items: Vec<ItemOutcome>,
}

impl Outcomes {
    /// The outcome of an item, if it is about the request.
    #[must_use]
    pub fn of(&self, item: ItemId) -> Option<&ItemOutcome> {
        let i = self.items.binary_search_by_key(&item, |o| o.item).ok()?;
        Some(&self.items[i])
    }
}
