//! `string`: what can be asked of a text. All comparisons are by bytes.

use super::{Builtin, Called, Context, Kind, Simple, length, misused, yes_no};
use crate::value::Value;

const STRING: Kind = Kind::Is(Simple::String);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::property(
        "length",
        &[STRING],
        Kind::Is(Simple::Int),
        "How many characters the text has.",
        r#""release".length == 7"#,
        |_, a| one(a, |s| length(s.chars().count())),
    )
    .within(0, super::GREATEST_LENGTH),
    Builtin::property(
        "is_empty",
        &[STRING],
        Kind::Is(Simple::Bool),
        "Whether the text has no characters.",
        r#""".is_empty"#,
        |_, a| one(a, |s| Value::Bool(s.is_empty())),
    ),
    Builtin::property(
        "trim",
        &[STRING],
        STRING,
        "The text without the white space around it, for comparing only.",
        r#""  deploy ".trim == "deploy""#,
        |_, a| one(a, |s| Value::str(s.trim())),
    ),
    Builtin::property(
        "lower",
        &[STRING],
        STRING,
        "The text in lower case, for comparing only.",
        r#""DROP Table".lower == "drop table""#,
        |_, a| one(a, |s| Value::str(&s.to_lowercase())),
    ),
    Builtin::relation(
        "contains",
        &[STRING, STRING],
        "Whether the right text stands somewhere in the left one.",
        r#""drop table users" contains "drop table""#,
        |_, a| two(a, |s, t| s.contains(t)),
    ),
    Builtin::relation(
        "contains any",
        &[STRING, Kind::SetOf(Simple::String)],
        "Whether one of the texts on the right stands somewhere in the left one.",
        r#""drop table users" contains any { "drop table", "truncate" }"#,
        contains_any,
    ),
    Builtin::relation(
        "starts with",
        &[STRING, STRING],
        "Whether the left text begins with the right one.",
        r#""release/1.4" starts with "release/""#,
        |_, a| two(a, |s, t| s.starts_with(t)),
    ),
    Builtin::relation(
        "ends with",
        &[STRING, STRING],
        "Whether the left text ends with the right one.",
        r#""backup.sql" ends with ".sql""#,
        |_, a| two(a, |s, t| s.ends_with(t)),
    ),
];

fn one(arguments: &[Value], answer: impl Fn(&str) -> Value) -> Called {
    match arguments {
        [Value::Str(s)] => Ok(Some(answer(s))),
        _ => Err(misused()),
    }
}

fn two(arguments: &[Value], answer: impl Fn(&str, &str) -> bool) -> Called {
    match arguments {
        [Value::Str(s), Value::Str(t)] => yes_no(answer(s, t)),
        _ => Err(misused()),
    }
}

fn contains_any(_: &Context<'_>, arguments: &[Value]) -> Called {
    let [Value::Str(text), Value::Set(needles)] = arguments else { return Err(misused()) };
    let mut unknown = None;
    for needle in &**needles {
        match needle {
            Value::Str(needle) if text.contains(&**needle) => return yes_no(true),
            Value::Str(_) => {}
            Value::Unknown(fault) => unknown = Some(fault.clone()),
            _ => unknown = Some(misused()),
        }
    }
    unknown.map_or(yes_no(false), Err)
}
