//! Looking through expressions without evaluating them.

use crate::check::typed::{TExpr, TExprKind};

/// The direct parts of an expression, in text order.
#[must_use]
pub fn children(e: &TExpr) -> Vec<&TExpr> {
    match &e.kind {
        TExprKind::Const(_)
        | TExprKind::Field(_)
        | TExprKind::Fact(..)
        | TExprKind::Now
        | TExprKind::ActionName
        | TExprKind::Principal
        | TExprKind::Var(_)
        | TExprKind::Warnings(_)
        | TExprKind::Standing(..) => Vec::new(),
        TExprKind::Flag(_, parts)
        | TExprKind::And(parts)
        | TExprKind::Or(parts)
        | TExprKind::AtLeast(_, parts)
        | TExprKind::Call(_, parts)
        | TExprKind::SetOf(parts)
        | TExprKind::ListOf(parts) => parts.iter().collect(),
        TExprKind::Attribute(one, _)
        | TExprKind::RecordField(one, _)
        | TExprKind::MapGet(one, _)
        | TExprKind::Has(one)
        | TExprKind::Not(one)
        | TExprKind::ToDecimal(one) => vec![one],
        TExprKind::SecretsFound(one) | TExprKind::SecretsKinds(one) => one.iter().map(|e| &**e).collect(),
        TExprKind::Coalesce(a, b)
        | TExprKind::Compare(_, a, b)
        | TExprKind::Arithmetic(_, a, b)
        | TExprKind::In(a, b) => vec![a, b],
        TExprKind::Quantified { over, filter, body, .. } => {
            let mut parts: Vec<&TExpr> = vec![over];
            parts.extend(filter.as_deref());
            parts.push(body);
            parts
        }
    }
}

/// Visits an expression and everything inside it.
pub fn visit<'e>(e: &'e TExpr, see: &mut dyn FnMut(&'e TExpr)) {
    see(e);
    for child in children(e) {
        visit(child, see);
    }
}

/// Whether something inside an expression, or itself, is as asked.
#[must_use]
pub fn contains(e: &TExpr, wanted: &dyn Fn(&TExpr) -> bool) -> bool {
    wanted(e) || children(e).into_iter().any(|child| contains(child, wanted))
}
