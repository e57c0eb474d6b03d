//! What the host reads off an event of a trace, and the form in which it tells it.

use std::fmt::Write;

use aas::Raw;
use dogwood_language::{Event, Value};

/// A place in an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A field of what is kept of the event.
    Event(Vec<String>),
    /// A field of the request that is decided: `context.input.user`.
    Context(Vec<String>),
    /// `principal`, `resource`, or one of their attributes.
    Scope(Vec<String>),
}

impl Source {
    pub(crate) fn event(path: &str) -> Self {
        Self::Event(path.split('.').map(str::to_owned).collect())
    }

    pub(crate) fn read(&self, event: &Event) -> Option<Value> {
        match self {
            Self::Event(path) => event.field_path(path).cloned(),
            Self::Context(path) => event.request_context_path(path).cloned(),
            Self::Scope(path) => {
                let (root, attributes) = path.split_first()?;
                event.scope_attr(root, attributes)
            }
        }
    }

    /// The name of the field that holds it.
    fn name(&self) -> String {
        let (word, path) = match self {
            Self::Event(path) => ("event", path),
            Self::Context(path) => ("context", path),
            Self::Scope(path) => ("scope", path),
        };
        let clean = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        path.iter().fold(word.to_owned(), |mut name, part| {
            let _ = write!(name, "_{}", part.chars().map(clean).collect::<String>());
            name
        })
    }
}

/// What a field holds. A value of another kind is not told, as if the field were absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Int,
    Bool,
    Text,
    /// A value of any kind in one text form, to be compared for equality.
    Any,
}

impl Kind {
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Text | Self::Any => "string",
        }
    }

    pub(crate) fn field(self, source: &Source) -> String {
        let word = match self {
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Text => "text",
            Self::Any => "any",
        };
        format!("{}_{word}", source.name())
    }

    pub(crate) fn raw(self, value: &Value) -> Option<Raw> {
        match (self, value) {
            (Self::Int, Value::Int(n)) => Some(Raw::int(*n)),
            (Self::Bool, Value::Bool(so)) => Some(Raw::Bool(*so)),
            (Self::Text, Value::String(text)) => Some(Raw::text(text)),
            (Self::Any, value) => Some(Raw::text(&any(value))),
            (Self::Int | Self::Bool | Self::Text, _) => None,
        }
    }
}

/// One text for each value: the same for what Dogwood takes for equal, another for what it does not.
pub(crate) fn any(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(so) => so.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Decimal(text) => format!("decimal {}", decimal(text)),
        Value::String(text) => format!("'{text}"),
        Value::Entity { ty, id } => format!("{ty}::{id:?}"),
        Value::Array(items) => format!("[{}]", items.iter().map(any).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name:?}: {}", any(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

/// A decimal without what does not count in it.
fn decimal(text: &str) -> String {
    let (minus, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let Some((whole, part)) = digits.split_once('.') else { return text.to_owned() };
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    if whole.is_empty() && part.is_empty() {
        return "0.0".into();
    }
    format!("{minus}{}.{}", if whole.is_empty() { "0" } else { whole }, if part.is_empty() { "0" } else { part })
}

/// A text as a literal of our language.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_ascii_graphic() || c == ' ' => out.push(c),
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}
