//! What the identity of a policy and the lints ask of each item by itself.
//!
//! It depends on the item alone, so a workspace keeps it as long as the item.

use std::sync::Arc;

use super::typed::Item;
use super::{canonical, lints};
use crate::diagnostic::Diagnostic;

/// What is told of one item.
#[derive(Debug)]
pub(super) struct Said {
    /// Its canonical form.
    pub(super) text: String,
    /// A digest of actions, conditions and tiers, where another item that says the same is worth a word.
    pub(super) meaning: Option<blake3::Hash>,
    /// Findings that need no more than the item: conditions that are settled by what is declared, globs that
    /// nested folders escape.
    pub(super) found: Vec<Diagnostic>,
}

impl Said {
    /// Looks at an item.
    pub(super) fn of(item: &Item) -> Arc<Self> {
        let mut text = String::new();
        canonical::item_text(item, &mut text);
        let mut found = lints::settled(item);
        found.extend(lints::anchored_globs(item));
        Arc::new(Self { text, meaning: lints::meaning(item), found })
    }
}
