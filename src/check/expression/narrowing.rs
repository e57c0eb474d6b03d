//! What a condition proves: which optional expressions are there where it is true, or where it is false.

use std::collections::BTreeSet;

use crate::check::canonical;
use crate::check::typed::{TExpr, TExprKind};

/// Canonical texts of expressions that are present where `condition` comes out as `truth`. A list known
/// not to be empty is written `nonempty <list>`.
pub(super) fn proved(condition: &TExpr, truth: bool) -> BTreeSet<String> {
    match &condition.kind {
        TExprKind::Has(place) if truth => BTreeSet::from([canonical::text(place)]),
        TExprKind::Not(inner) => proved(inner, !truth),
        TExprKind::And(parts) if truth => union(parts, truth),
        TExprKind::Or(parts) if !truth => union(parts, truth),
        TExprKind::And(parts) | TExprKind::Or(parts) => common(parts, truth),
        TExprKind::Call(id, arguments) if !truth && crate::builtin::get(*id).name == "is_empty" => {
            arguments.iter().map(|a| format!("nonempty {}", canonical::text(a))).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Each part comes out so: all that they prove holds.
fn union(parts: &[TExpr], truth: bool) -> BTreeSet<String> {
    parts.iter().flat_map(|p| proved(p, truth)).collect()
}

/// One part comes out so, which one is not known: what all of them prove holds.
fn common(parts: &[TExpr], truth: bool) -> BTreeSet<String> {
    let mut parts = parts.iter().map(|p| proved(p, truth));
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |known, next| known.intersection(&next).cloned().collect())
}
