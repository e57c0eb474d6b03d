//! Empty state: what tools take where nobody says how state stands. A decision never does.

use crate::check::typed::state::{Amount, BudgetDef, Part, StateBody, StateItem};
use crate::types::Type;
use crate::value::Value;

/// What an item tells of a key to which nothing has happened. Nothing where that depends on the request or on a flag: such
/// a reading stays unknown, and so an error.
pub(super) fn empty(item: &StateItem, part: Part, ty: &Type) -> Option<Value> {
    match (&item.body, part) {
        (StateBody::Limit(limit), Part::Exceeded | Part::Near | Part::Remaining) => match limit.most {
            Amount::Const(most @ 1..) if part == Part::Remaining => Some(Value::Int(most)),
            Amount::Const(1..) => Some(Value::Bool(part == Part::Near && limit.warn == Some(0))),
            Amount::Const(_) | Amount::Flag { .. } => None,
        },
        (StateBody::Budget(budget), Part::Exceeded | Part::Near) => {
            let fits = match part {
                Part::Exceeded => most_reserved(budget).is_some_and(|reserved| reserved <= budget.most),
                _ => budget.most > 0 && budget.warn != Some(0),
            };
            fits.then_some(Value::Bool(false))
        }
        (StateBody::Budget(budget), Part::Remaining) => {
            Some(if budget.decimal { Value::Decimal(budget.most) } else { Value::Int(budget.most) })
        }
        (StateBody::States(_), Part::Exceeded) => None,
        (StateBody::States(states), Part::Current) => Some(Value::Enum(states.ty, states.start)),
        (StateBody::Lease(_), Part::Free) => Some(Value::Bool(true)),
        // A part that is not there, such as a field of a grant or the time to wait, is said by leaving it out.
        (_, Part::RetryAfter | Part::Field(_)) => None,
        (_, _) => match ty {
            Type::Bool => Some(Value::Bool(false)),
            Type::Int => Some(Value::Int(0)),
            Type::Decimal => Some(Value::Decimal(0)),
            Type::Duration => Some(Value::Duration(0)),
            _ => None,
        },
    }
}

/// The most that one request can reserve of a budget, where that is known beforehand.
fn most_reserved(budget: &BudgetDef) -> Option<i64> {
    let spent = budget.spend.range.map(|(_, most)| most)?;
    Some(budget.ceiling.unwrap_or(0).max(spent))
}
