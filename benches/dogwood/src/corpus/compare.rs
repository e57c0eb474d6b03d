//! Comparisons of numbers that may be zero under a condition, or count something else than Dogwood does.

use dogwood_language::temporal_ast::CmpOp;

use super::book::Expr;
use super::number::Number;
use super::reason::Reason;

/// Compares two numbers.
pub(crate) fn numbers(op: CmpOp, left: &Number, right: &Number) -> Result<Expr, Reason> {
    if let Some(reason) = left.otherwise.or(right.otherwise) {
        let (number, op, with) = if left.otherwise.is_some() { (left, op, right) } else { (right, mirrored(op), left) };
        let none = match (op, with.constant) {
            (CmpOp::Gt | CmpOp::NotEq, Some(0)) | (CmpOp::Ge, Some(1)) => false,
            (CmpOp::Le | CmpOp::Eq, Some(0)) | (CmpOp::Lt, Some(1)) => true,
            _ => return Err(reason),
        };
        let (op, to) = if none { (CmpOp::Eq, 0) } else { (CmpOp::Ge, 1) };
        return numbers(op, &Number { otherwise: None, ..number.clone() }, &Number::constant(to));
    }
    match (&left.only, &right.only) {
        (None, None) => {
            let reads = left.reads.union(&right.reads).copied().collect();
            Ok(Expr { text: format!("({} {} {})", left.text, sign(op), right.text), reads })
        }
        (Some(only), _) => {
            let some = numbers(op, &Number { only: None, ..left.clone() }, right)?;
            let none = numbers(op, &Number::constant(0), right)?;
            Ok(either(only, some, none))
        }
        (None, Some(only)) => {
            let some = numbers(op, left, &Number { only: None, ..right.clone() })?;
            let none = numbers(op, left, &Number::constant(0))?;
            Ok(either(only, some, none))
        }
    }
}

fn either(only: &Expr, then: Expr, otherwise: Expr) -> Expr {
    Expr::any([Expr::all([only.clone(), then]), Expr::all([only.clone().not(), otherwise])])
}

pub(crate) fn sign(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Le => "<=",
        CmpOp::Lt => "<",
        CmpOp::Ge => ">=",
        CmpOp::Gt => ">",
        CmpOp::Eq => "==",
        CmpOp::NotEq => "!=",
    }
}

pub(crate) fn mirrored(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Le => CmpOp::Ge,
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::Ge => CmpOp::Le,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::Eq | CmpOp::NotEq => op,
    }
}
