//! `int`, `decimal`: what arithmetic does not say.

use super::{Builtin, Called, Context, Kind, Simple, misused};
use crate::value::{Fault, FaultKind, Value};

const INT: Kind = Kind::Is(Simple::Int);
const DECIMAL: Kind = Kind::Is(Simple::Decimal);
const DURATION: Kind = Kind::Is(Simple::Duration);

pub(super) const ROWS: &[Builtin] = &[
    abs(&[INT], INT, "const change: int = -3\nchange.abs == 3"),
    abs(&[DECIMAL], DECIMAL, "const change: decimal = -0.50\nchange.abs == 0.50"),
    abs(&[DURATION], DURATION, "const skew: duration = -5m\nskew.abs == 5m"),
];

const fn abs(parameters: &'static [Kind], result: Kind, example: &'static str) -> Builtin {
    Builtin::property("abs", parameters, result, "The value without its sign.", example, magnitude)
        .within(0, i64::MAX)
        .may_err()
}

fn magnitude(_: &Context<'_>, arguments: &[Value]) -> Called {
    let size = |n: &i64| n.checked_abs().ok_or_else(|| Fault::new(FaultKind::Overflow, "the value is too large"));
    Ok(Some(match arguments {
        [Value::Int(n)] => Value::Int(size(n)?),
        [Value::Decimal(n)] => Value::Decimal(size(n)?),
        [Value::Duration(n)] => Value::Duration(size(n)?),
        _ => return Err(misused()),
    }))
}
