//! Equality, membership and order: what both evaluators mean by `==`, `in` and `<`.
//!
//! Comparing may err: paths where case or form decides, and unknown words. An error matters only where it
//! could change the answer: a list that holds the value surely holds it, whatever its other elements are.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Context, misused};
use crate::value::{Fault, RangeValue, Value, net, path};

/// Whether both are the same value.
pub fn equal(context: &Context<'_>, a: &Value, b: &Value) -> Result<bool, Fault> {
    match (a, b) {
        (Value::Unknown(fault), _) | (_, Value::Unknown(fault)) => Err(fault.clone()),
        (Value::Path(p), Value::Path(q)) => path::equal(p, q, context.case_sensitive_paths),
        (Value::List(xs), Value::List(ys)) => {
            if xs.len() != ys.len() {
                return Ok(false);
            }
            all(xs.iter().zip(&**ys).map(|(x, y)| equal(context, x, y)))
        }
        // Sorted by bytes, two sets whose paths differ in case only may stand in different orders.
        (Value::Set(xs), Value::Set(ys)) => {
            if xs.len() == ys.len() && a.same(b) && !has_unknown(xs) {
                return Ok(true);
            }
            all([subset(context, a, b), subset(context, b, a)].into_iter())
        }
        (Value::Map(xs), Value::Map(ys)) => {
            if !xs.keys().eq(ys.keys()) {
                return Ok(false);
            }
            all(xs.values().zip(ys.values()).map(|(x, y)| equal(context, x, y)))
        }
        (Value::Record(t, xs), Value::Record(u, ys)) => {
            if t != u || xs.len() != ys.len() {
                return Ok(false);
            }
            all(xs.iter().zip(&**ys).map(|(x, y)| same_field(context, x, y)))
        }
        (a, b) => Ok(a.same(b)),
    }
}

/// What a record holds in a field: a value, nothing, or why it could not be told.
type Field = Result<Option<Value>, Fault>;

fn same_field(context: &Context<'_>, a: &Field, b: &Field) -> Result<bool, Fault> {
    match (a, b) {
        (Err(fault), _) | (_, Err(fault)) => Err(fault.clone()),
        (Ok(Some(x)), Ok(Some(y))) => equal(context, x, y),
        (Ok(x), Ok(y)) => Ok(x.is_none() && y.is_none()),
    }
}

/// Whether a value lies in a list, set, range or net. A set of nets holds the addresses of its nets.
pub fn member(context: &Context<'_>, needle: &Value, collection: &Value) -> Result<bool, Fault> {
    if let Value::Unknown(fault) = collection {
        return Err(fault.clone());
    }
    match (needle, collection) {
        // Nothing lies in an empty collection, whatever it is.
        (_, Value::List(elements) | Value::Set(elements)) if elements.is_empty() => Ok(false),
        (Value::Unknown(fault), _) => Err(fault.clone()),
        (_, Value::Set(elements)) if is_plain(needle) && !matches!(needle, Value::Ip(_)) => in_sorted(needle, elements),
        (_, Value::List(elements) | Value::Set(elements)) => {
            any(elements.iter().map(|element| match (needle, element) {
                (Value::Ip(ip), Value::Cidr(net)) => Ok(net::in_cidr(*ip, net)),
                (needle, element) => equal(context, needle, element),
            }))
        }
        (_, Value::Range(range)) => in_range(needle, range),
        (Value::Ip(ip), Value::Cidr(net)) => Ok(net::in_cidr(*ip, net)),
        (Value::Str(key), Value::Map(entries)) => Ok(entries.contains_key(key)),
        (_, _) => Err(misused()),
    }
}

/// Whether every element of the first collection lies in the second.
pub fn subset(context: &Context<'_>, inner: &Value, outer: &Value) -> Result<bool, Fault> {
    let elements = elements(inner)?;
    all(elements.iter().map(|element| member(context, element, outer)))
}

/// Whether an element of the first collection lies in the second.
pub fn intersects(context: &Context<'_>, a: &Value, b: &Value) -> Result<bool, Fault> {
    let elements = elements(a)?;
    any(elements.iter().map(|element| member(context, element, b)))
}

/// The order of two values of one type: numbers, durations, times, enums by their place, versions by their
/// precedence (what follows `+` does not count). `None` where the type has no order, as texts have none.
#[must_use]
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Semver(x), Value::Semver(y)) => Some(x.cmp_precedence(y)),
        (Value::Bool(_), _) | (_, Value::Bool(_)) => None,
        (Value::Enum(t, x), Value::Enum(u, y)) => (t == u).then(|| x.cmp(y)),
        (a, b) if std::mem::discriminant(a) == std::mem::discriminant(b) => Some(a.word()?.cmp(&b.word()?)),
        (_, _) => None,
    }
}

/// The elements of a list or set.
pub fn elements(collection: &Value) -> Result<&Arc<[Value]>, Fault> {
    match collection {
        Value::List(elements) | Value::Set(elements) => Ok(elements),
        Value::Unknown(fault) => Err(fault.clone()),
        _ => Err(misused()),
    }
}

/// True where all are, false where one is, else the first error.
pub fn all(answers: impl Iterator<Item = Result<bool, Fault>>) -> Result<bool, Fault> {
    decided(answers, false)
}

/// True where one is, false where all are, else the first error.
pub fn any(answers: impl Iterator<Item = Result<bool, Fault>>) -> Result<bool, Fault> {
    decided(answers, true)
}

/// One answer may decide alone; otherwise the first error counts, if there was any.
fn decided(answers: impl Iterator<Item = Result<bool, Fault>>, decisive: bool) -> Result<bool, Fault> {
    let mut doubt = None;
    for answer in answers {
        match answer {
            Ok(answer) if answer == decisive => return Ok(decisive),
            Ok(_) => {}
            Err(fault) => doubt = doubt.or(Some(fault)),
        }
    }
    doubt.map_or(Ok(!decisive), Err)
}

/// A half-open or closed range; one of times of day whose end lies before its start goes over midnight.
fn in_range(needle: &Value, range: &RangeValue) -> Result<bool, Fault> {
    let (low, high) = (order(needle, &range.low).ok_or_else(misused)?, order(needle, &range.high).ok_or_else(misused)?);
    let above = low != Ordering::Less;
    let below = high == Ordering::Less || (range.closed && high == Ordering::Equal);
    let over_midnight =
        matches!(needle, Value::TimeOfDay(_)) && order(&range.low, &range.high) == Some(Ordering::Greater);
    Ok(if over_midnight { above || below } else { above && below })
}

/// Values whose equality is that of their bytes and cannot err.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Ratio(_)
        | Value::Str(_)
        | Value::Duration(_)
        | Value::Timestamp(_)
        | Value::TimeOfDay(_)
        | Value::Civil(_)
        | Value::Semver(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Url(_)
        | Value::Host(_)
        | Value::Ref(_)
        | Value::Enum(..)
        | Value::Entity(_) => true,
        Value::Path(_)
        | Value::Command(_)
        | Value::SimpleCommand(_)
        | Value::Record(..)
        | Value::List(_)
        | Value::Set(_)
        | Value::Map(_)
        | Value::Range(_)
        | Value::Patterns(_)
        | Value::Unknown(_) => false,
    }
}

/// A sorted set is searched by halves; unknown elements stand at its end.
fn in_sorted(needle: &Value, elements: &[Value]) -> Result<bool, Fault> {
    if elements.binary_search_by(|element| element.total_cmp(needle)).is_ok() {
        return Ok(true);
    }
    match elements.last() {
        Some(Value::Unknown(fault)) => Err(fault.clone()),
        _ => Ok(false),
    }
}

fn has_unknown(elements: &[Value]) -> bool {
    elements.iter().any(contains_unknown)
}

fn contains_unknown(value: &Value) -> bool {
    if is_plain(value) {
        return false;
    }
    match value {
        Value::List(elements) | Value::Set(elements) => has_unknown(elements),
        Value::Map(entries) => entries.values().any(contains_unknown),
        Value::Record(_, fields) => fields.iter().any(|field| match field {
            Ok(value) => value.as_ref().is_some_and(contains_unknown),
            Err(_) => true,
        }),
        other => matches!(other, Value::Unknown(_)),
    }
}
