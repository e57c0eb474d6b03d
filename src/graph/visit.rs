//! Looking at every part of an expression.

use crate::check::typed::{TExpr, TExprKind};

/// The numbers that `warnings` is compared with, ascending, each once.
#[must_use]
pub fn warnings_in(expr: &TExpr) -> Vec<u32> {
    let mut found = Vec::new();
    visit(expr, &mut |e| {
        if let TExprKind::Warnings(n) = e.kind {
            found.push(n);
        }
    });
    found.sort_unstable();
    found.dedup();
    found
}

/// Calls a function on an expression and all inside it.
pub fn visit<'e>(expr: &'e TExpr, each: &mut impl FnMut(&'e TExpr)) {
    use TExprKind as K;
    each(expr);
    match &expr.kind {
        K::Const(_)
        | K::Field(_)
        | K::Fact(..)
        | K::Now
        | K::ActionName
        | K::Principal
        | K::Var(_)
        | K::Warnings(_) => {}
        K::Attribute(of, _) | K::RecordField(of, _) | K::MapGet(of, _) | K::Has(of) | K::Not(of) | K::ToDecimal(of) => {
            visit(of, each)
        }
        K::SecretsFound(of) | K::SecretsKinds(of) => {
            if let Some(of) = of {
                visit(of, each);
            }
        }
        K::Coalesce(a, b) | K::Compare(_, a, b) | K::Arithmetic(_, a, b) | K::In(a, b) => {
            visit(a, each);
            visit(b, each);
        }
        K::Flag(_, all)
        | K::And(all)
        | K::Or(all)
        | K::AtLeast(_, all)
        | K::Call(_, all)
        | K::SetOf(all)
        | K::ListOf(all) => all.iter().for_each(|e| visit(e, each)),
        K::Quantified { over, filter, body, .. } => {
            visit(over, each);
            if let Some(filter) = filter {
                visit(filter, each);
            }
            visit(body, each);
        }
    }
}
