//! The texts inside a value: what the scan for secrets looks at.

use std::sync::Arc;

use crate::raw::Raw;
use crate::value::{Fault, FaultKind, Value};

/// Deepest nesting that is walked; requests read from JSON stay within it.
const MAX_DEPTH: u32 = 64;

/// All texts of untyped fields, keys of objects included.
///
/// # Errors
/// Where a part is unavailable or nested too deeply.
pub fn of_fields(fields: &[(Arc<str>, Raw)]) -> Result<Vec<Arc<str>>, Fault> {
    let mut texts = Vec::new();
    for (_, raw) in fields {
        of_raw(raw, 0, &mut texts)?;
    }
    Ok(texts)
}

fn of_raw(raw: &Raw, depth: u32, texts: &mut Vec<Arc<str>>) -> Result<(), Fault> {
    if depth == MAX_DEPTH {
        return Err(Fault::new(FaultKind::LimitExceeded, "the value is nested too deeply"));
    }
    match raw {
        Raw::Null | Raw::Bool(_) | Raw::Number(_) => Ok(()),
        Raw::Text(text) => {
            texts.push(text.clone());
            Ok(())
        }
        Raw::List(elements) => elements.iter().try_for_each(|e| of_raw(e, depth + 1, texts)),
        Raw::Object(members) => members.iter().try_for_each(|(key, value)| {
            texts.push(key.clone());
            of_raw(value, depth + 1, texts)
        }),
        Raw::Unavailable(why) => Err(Fault::new(FaultKind::Unavailable, why.clone())),
    }
}

/// All texts of a typed value.
///
/// # Errors
/// The fault that stands in a part of it.
pub fn of_value(value: &Value) -> Result<Vec<Arc<str>>, Fault> {
    let mut texts = Vec::new();
    collect(value, &mut texts)?;
    Ok(texts)
}

/// Values are nested no deeper than their types, which the checker bounds.
fn collect(value: &Value, texts: &mut Vec<Arc<str>>) -> Result<(), Fault> {
    match value {
        Value::Str(_) | Value::Url(_) | Value::Host(_) | Value::Path(_) | Value::Ref(_) | Value::Entity(_) => {
            texts.extend(value.text().map(Arc::from));
            Ok(())
        }
        Value::Command(c) => {
            texts.push(c.text.clone());
            Ok(())
        }
        Value::SimpleCommand(c) => {
            texts.push(c.text.clone());
            Ok(())
        }
        Value::Semver(v) => {
            texts.push(v.to_string().into());
            Ok(())
        }
        Value::List(elements) | Value::Set(elements) => elements.iter().try_for_each(|e| collect(e, texts)),
        Value::Map(entries) => entries.iter().try_for_each(|(key, v)| {
            texts.push(key.clone());
            collect(v, texts)
        }),
        Value::Record(_, members) => members.iter().try_for_each(|member| match member {
            Ok(Some(v)) => collect(v, texts),
            Ok(None) => Ok(()),
            Err(fault) => Err(fault.clone()),
        }),
        Value::Unknown(fault) => Err(fault.clone()),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Ratio(_)
        | Value::Duration(_)
        | Value::Timestamp(_)
        | Value::TimeOfDay(_)
        | Value::Civil(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Enum(..)
        | Value::Range(_)
        | Value::Patterns(_) => Ok(()),
    }
}
