//! The total order of values.

use std::cmp::Ordering;

use super::Value;

/// See [`Value::total_cmp`].
pub(super) fn total_cmp(a: &Value, b: &Value) -> Ordering {
    let by_kind = rank(a).cmp(&rank(b));
    if by_kind != Ordering::Equal {
        return by_kind;
    }
    match (a, b) {
        (Value::Semver(x), Value::Semver(y)) => x.cmp(y),
        (Value::Ip(x), Value::Ip(y)) => x.cmp(y),
        (Value::Cidr(x), Value::Cidr(y)) => x.cmp(y),
        (Value::Entity(x), Value::Entity(y)) => x.cmp(y),
        (Value::Command(x), Value::Command(y)) => x.text.cmp(&y.text),
        (Value::SimpleCommand(x), Value::SimpleCommand(y)) => x.text.cmp(&y.text),
        (Value::Enum(t, x), Value::Enum(u, y)) => (t, x).cmp(&(u, y)),
        (Value::Record(t, x), Value::Record(u, y)) => t.cmp(u).then_with(|| cmp_fields(x, y)),
        (Value::List(x), Value::List(y)) | (Value::Set(x), Value::Set(y)) => cmp_all(x.iter(), y.iter()),
        (Value::Map(x), Value::Map(y)) => x.keys().cmp(y.keys()).then_with(|| cmp_all(x.values(), y.values())),
        (Value::Range(x), Value::Range(y)) => {
            total_cmp(&x.low, &y.low).then_with(|| total_cmp(&x.high, &y.high)).then(x.closed.cmp(&y.closed))
        }
        (Value::Patterns(x), Value::Patterns(y)) => (x.kind, &x.sources).cmp(&(y.kind, &y.sources)),
        (Value::Unknown(x), Value::Unknown(y)) => x.cmp(y),
        _ => a.word().cmp(&b.word()).then_with(|| a.text().cmp(&b.text())),
    }
}

fn cmp_fields(a: &[Result<Option<Value>, super::Fault>], b: &[Result<Option<Value>, super::Fault>]) -> Ordering {
    for (x, y) in a.iter().zip(b) {
        let one = match (x, y) {
            (Ok(Some(x)), Ok(Some(y))) => total_cmp(x, y),
            (Ok(x), Ok(y)) => x.is_some().cmp(&y.is_some()),
            (Err(x), Err(y)) => x.cmp(y),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
        };
        if one != Ordering::Equal {
            return one;
        }
    }
    a.len().cmp(&b.len())
}

fn cmp_all<'a>(a: impl Iterator<Item = &'a Value>, b: impl Iterator<Item = &'a Value>) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match total_cmp(x, y) {
                Ordering::Equal => {}
                other => return other,
            },
        }
    }
}

/// The place of a value's kind in the order of kinds.
fn rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Int(_) => 1,
        Value::Decimal(_) => 2,
        Value::Ratio(_) => 3,
        Value::Str(_) => 4,
        Value::Duration(_) => 5,
        Value::Timestamp(_) => 6,
        Value::TimeOfDay(_) => 7,
        Value::Civil(_) => 8,
        Value::Semver(_) => 9,
        Value::Ip(_) => 10,
        Value::Cidr(_) => 11,
        Value::Url(_) => 12,
        Value::Host(_) => 13,
        Value::Path(_) => 14,
        Value::Ref(_) => 15,
        Value::Command(_) => 16,
        Value::SimpleCommand(_) => 17,
        Value::Enum(..) => 18,
        Value::Record(..) => 19,
        Value::List(_) => 20,
        Value::Set(_) => 21,
        Value::Map(_) => 22,
        Value::Entity(_) => 23,
        Value::Range(_) => 24,
        Value::Patterns(_) => 25,
        Value::Unknown(_) => 26,
    }
}

#[cfg(test)]
#[path = "tests/order.rs"]
mod tests;
