//! Names that come from outside: of requests, agents and sessions.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest name in bytes.
pub const MAX_ID_BYTES: usize = 256;

/// The name of a request, agent, session or person. The embedder makes them; the governor draws no random number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Id(Arc<str>);

impl Id {
    /// A name, compared by bytes.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// As a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same text, shared.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }

    /// Whether it can be kept: it is not empty and not too long.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        !self.0.is_empty() && self.0.len() <= MAX_ID_BYTES
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<Arc<str>> for Id {
    fn from(text: Arc<str>) -> Self {
        Self(text)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
