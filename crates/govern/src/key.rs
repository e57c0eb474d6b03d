//! The key of a register: the values after `for each`, as one canonical text.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Which register of an item's family: the texts of its key values joined by `/`, in which `~` is written `~0` and
/// `/` is written `~1`. An item without keys has one register, under the empty text.
///
/// The types of the values are those that the item declares, so texts that are equal mean values that are equal.
///
/// ```
/// use aas_govern::key::Key;
/// assert_eq!(Key::of(["prod", "web/1"]).as_str(), "prod/web~11");
/// assert_ne!(Key::of(["a", "b"]), Key::of(["a/b"]));
/// assert_eq!(Key::of(["a/b"]), Key::of_one(&"a/b".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(Arc<str>);

impl Key {
    /// The key of these values.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut text = String::new();
        for (place, part) in parts.into_iter().enumerate() {
            if place > 0 {
                text.push('/');
            }
            if is_plain(part) {
                text.push_str(part);
                continue;
            }
            for c in part.chars() {
                match c {
                    '~' => text.push_str("~0"),
                    '/' => text.push_str("~1"),
                    other => text.push(other),
                }
            }
        }
        Self(text.into())
    }

    /// The key of one value. Nearly always that is the text itself, which is shared then.
    #[must_use]
    pub fn of_one(part: &Arc<str>) -> Self {
        if is_plain(part) { Self(part.clone()) } else { Self::of([&**part]) }
    }

    /// As a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(part: &str) -> bool {
    !part.bytes().any(|byte| matches!(byte, b'~' | b'/'))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
