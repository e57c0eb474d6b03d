//! Comparisons and checked arithmetic.

use super::eval::{Answer, Erred, Evaluator, absent, yes_no};
use crate::builtin::compare;
use crate::check::typed::{Arithmetic, Comparison, TExpr};
use crate::types::Type;
use crate::value::number::DECIMAL_ONE;
use crate::value::{Fault, FaultKind, Value};

impl Evaluator<'_> {
    pub(super) fn compare(&mut self, e: &TExpr, comparison: Comparison, a: &TExpr, b: &TExpr) -> Answer {
        let (a, b) = self.both(a, b)?;
        let cx = self.context();
        let equal = || compare::equal(&cx, &a, &b);
        let order = || compare::order(&a, &b).ok_or_else(absent);
        let truth = match comparison {
            Comparison::Equal => equal(),
            Comparison::NotEqual => equal().map(|same| !same),
            Comparison::Less => order().map(|o| o.is_lt()),
            Comparison::LessOrEqual => order().map(|o| o.is_le()),
            Comparison::Greater => order().map(|o| o.is_gt()),
            Comparison::GreaterOrEqual => order().map(|o| o.is_ge()),
        };
        yes_no(truth.map_err(|fault| Erred::at(e, fault)))
    }

    /// In the unit of the result: what leaves 64 bits errs.
    pub(super) fn arithmetic(&mut self, e: &TExpr, operation: Arithmetic, a: &TExpr, b: &TExpr) -> Answer {
        let (a, b) = self.both(a, b)?;
        let (Some(a), Some(b)) = (a.word(), b.word()) else {
            return Err(Erred::at(e, absent()));
        };
        let result = match operation {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => a.checked_mul(b),
        };
        number(e, result)
    }

    #[allow(clippy::wrong_self_convention, reason = "it converts the operand, not the evaluator")]
    pub(super) fn to_decimal(&mut self, e: &TExpr, inner: &TExpr) -> Answer {
        let value = self.present(inner)?;
        let word = value.word().ok_or_else(|| Erred::at(e, absent()))?;
        number(e, word.checked_mul(DECIMAL_ONE))
    }
}

/// A number as a value of the expression's type.
fn number(e: &TExpr, word: Option<i64>) -> Answer {
    let Some(word) = word else {
        return Err(Erred::at(e, Fault::new(FaultKind::Overflow, "the result is beyond the range of its type")));
    };
    let value = match e.ty.required() {
        Type::Int => Value::Int(word),
        Type::Decimal => Value::Decimal(word),
        Type::Duration => Value::Duration(word),
        Type::Timestamp => Value::Timestamp(word),
        _ => return Err(Erred::at(e, absent())),
    };
    Ok(Some(value))
}
