//! `path`: one normalised form, one matcher.

use std::sync::Arc;

/// A normalised path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathValue {
    text: Arc<str>,
}

impl PathValue {
    /// The normalised text: relative to the workspace, or from `/` or `..` where it lies outside.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}
