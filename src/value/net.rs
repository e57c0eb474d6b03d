//! `url`, `host`, `ip` and `cidr`.

use std::sync::Arc;

/// A parsed and normalised URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlValue {
    text: Arc<str>,
}

impl UrlValue {
    /// The whole, normalised.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}
