//! Values as they come in: JSON-shaped, untyped, numbers as text.
//!
//! A [`Raw`] is what a request, a snapshot of facts or a test says before the policy's schemas have
//! read it. Numbers keep their text, so that a decimal never passes through binary floating point.

mod into;
mod of_value;

use std::sync::Arc;

pub use into::{Decimal, IntoRaw};
pub use of_value::to_raw;

/// A field by its name.
pub type RawFields = Vec<(Arc<str>, Raw)>;

/// An untyped value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    /// `null`
    Null,
    /// `true`
    Bool(bool),
    /// A JSON number, as written.
    Number(Arc<str>),
    /// A text.
    Text(Arc<str>),
    /// An array.
    List(Vec<Raw>),
    /// An object; a key occurs once.
    Object(RawFields),
    /// The host tried and could not obtain it: an error, which is not the same as absent.
    Unavailable(Arc<str>),
}

impl Raw {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    #[must_use]
    pub fn int(n: i64) -> Self {
        Self::Number(n.to_string().into())
    }

    /// What it is, for messages: `a string`, `a number`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

/// The value of a field, if it is there.
#[must_use]
pub fn get<'a>(fields: &'a [(Arc<str>, Raw)], name: &str) -> Option<&'a Raw> {
    fields.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
}
