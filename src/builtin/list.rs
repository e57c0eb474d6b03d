//! Lists and sets: length, membership, and what two collections have in common.
//!
//! An element that cannot be told errs only where it could change the answer.

use std::cmp::Ordering;

use super::compare::{elements, intersects, member, order, subset};
use super::{Builtin, Called, Context, Form, Kind, Simple, length, misused, yes_no};
use crate::value::{Fault, FaultKind, Value};

const ANY: Kind = Kind::AnyCollection;

pub(super) const ROWS: &[Builtin] = &[
    Builtin::property(
        "length",
        &[ANY],
        Kind::Is(Simple::Int),
        "How many elements there are.",
        r#"{ "a", "b" }.length == 2"#,
        |_, a| with_one(a, |xs| Ok(Some(length(xs.len())))),
    )
    .within(0, super::GREATEST_LENGTH),
    Builtin::property(
        "is_empty",
        &[ANY],
        Kind::Is(Simple::Bool),
        "Whether there are no elements.",
        r#"not { "a" }.is_empty"#,
        |_, a| with_one(a, |xs| yes_no(xs.is_empty())),
    ),
    Builtin::property(
        "first",
        &[Kind::AnyList],
        Kind::OptionalElementOfFirst,
        "The first element, if there is one.",
        r#"(["a", "b"].first ?? "none") == "a""#,
        |_, a| with_one(a, |xs| xs.first().cloned().map(known).transpose()),
    )
    .may_err(),
    Builtin::relation(
        "contains",
        &[ANY, Kind::ElementOfFirst],
        "Whether the right value is an element of the left.",
        r#"{ "a", "b" } contains "a""#,
        |cx, a| two(a, |xs, x| member(cx, x, xs)),
    )
    .may_err(),
    Builtin::relation(
        "contains any",
        &[ANY, Kind::SameElements],
        "Whether an element of the right is also one of the left.",
        r#"{ "a", "b" } contains any { "b", "c" }"#,
        |cx, a| two(a, |xs, ys| intersects(cx, ys, xs)),
    )
    .may_err(),
    Builtin::relation(
        "intersects",
        &[ANY, Kind::SameElements],
        "Whether both have an element in common.",
        r#"{ "a", "b" } intersects { "b", "c" }"#,
        |cx, a| two(a, |xs, ys| intersects(cx, xs, ys)),
    )
    .may_err(),
    Builtin::relation(
        "subset of",
        &[ANY, Kind::SameElements],
        "Whether every element of the left is one of the right.",
        r#"{ "a" } subset of { "a", "b" }"#,
        |cx, a| two(a, |xs, ys| subset(cx, xs, ys)),
    )
    .may_err(),
    Builtin::property(
        "minus",
        &[Kind::AnySet, Kind::SameAsFirst],
        Kind::SameAsFirst,
        "The elements of the left that are not elements of the right.",
        r#"{ "a", "b" } minus { "b" } == { "a" }"#,
        minus,
    )
    .form(Form::Relation)
    .may_err(),
    Builtin::property(
        "min",
        &[Kind::OrderedCollection],
        Kind::OptionalElementOfFirst,
        "The least element, if there is one.",
        r"(min([3, 1, 2]) ?? 9) == 1",
        |_, a| with_one(a, |xs| extreme(xs, Ordering::Less)),
    )
    .form(Form::Function)
    .may_err(),
    Builtin::property(
        "max",
        &[Kind::OrderedCollection],
        Kind::OptionalElementOfFirst,
        "The greatest element, if there is one.",
        r"(max([3, 1, 2]) ?? 9) == 3",
        |_, a| with_one(a, |xs| extreme(xs, Ordering::Greater)),
    )
    .form(Form::Function)
    .may_err(),
    sum(&[Kind::ListOf(Simple::Int)], Kind::Is(Simple::Int), r"sum([1, 2, 3]) == 6"),
    sum(&[Kind::ListOf(Simple::Decimal)], Kind::Is(Simple::Decimal), r"sum([0.50, 0.25]) == 0.75"),
    sum(&[Kind::ListOf(Simple::Duration)], Kind::Is(Simple::Duration), r"sum([1m, 30s]) == 90s"),
];

const fn sum(parameters: &'static [Kind], result: Kind, example: &'static str) -> Builtin {
    Builtin::property("sum", parameters, result, "The sum of all elements; of none, zero.", example, added)
        .form(Form::Function)
        .may_err()
}

fn with_one(arguments: &[Value], answer: impl Fn(&[Value]) -> Called) -> Called {
    match arguments {
        [collection] => answer(elements(collection)?),
        _ => Err(misused()),
    }
}

fn two(arguments: &[Value], answer: impl Fn(&Value, &Value) -> Result<bool, Fault>) -> Called {
    match arguments {
        [left, right] => yes_no(answer(left, right)?),
        _ => Err(misused()),
    }
}

/// The value of an element, if it can be told.
fn known(element: Value) -> Result<Value, Fault> {
    match element {
        Value::Unknown(fault) => Err(fault),
        known => Ok(known),
    }
}

fn minus(context: &Context<'_>, arguments: &[Value]) -> Called {
    let [Value::Set(left), right] = arguments else { return Err(misused()) };
    let mut kept = Vec::new();
    for element in &**left {
        if !member(context, element, right)? {
            kept.push(element.clone());
        }
    }
    // Still sorted and without repeats.
    Ok(Some(Value::Set(kept.into())))
}

fn extreme(elements: &[Value], wanted: Ordering) -> Called {
    let mut found: Option<&Value> = None;
    for element in elements {
        if let Value::Unknown(fault) = element {
            return Err(fault.clone());
        }
        let better = match found {
            Some(best) => order(element, best).ok_or_else(misused)? == wanted,
            None => true,
        };
        if better {
            found = Some(element);
        }
    }
    Ok(found.cloned())
}

fn added(_: &Context<'_>, arguments: &[Value]) -> Called {
    let [Value::List(elements)] = arguments else { return Err(misused()) };
    let mut sum: i64 = 0;
    for element in &**elements {
        if let Value::Unknown(fault) = element {
            return Err(fault.clone());
        }
        let word = element.word().ok_or_else(misused)?;
        sum = sum.checked_add(word).ok_or_else(|| Fault::new(FaultKind::Overflow, "the sum is too large"))?;
    }
    Ok(Some(match elements.first() {
        Some(Value::Decimal(_)) => Value::Decimal(sum),
        Some(Value::Duration(_)) => Value::Duration(sum),
        _ => Value::Int(sum),
    }))
}
