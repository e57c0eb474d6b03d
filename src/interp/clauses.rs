//! Conditions clause by clause: which decided, and how far a condition is from holding.

use super::eval::Evaluator;
use super::{MAX_DEPTH, Scene};
use crate::check::typed::{TExpr, TExprKind};
use crate::outcome::Truth;
use crate::source::Span;

/// A clause of a condition with how it stands. A predicate is one clause: its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Where it stands.
    pub span: Span,
    /// How it stands.
    pub truth: Truth,
}

/// The clauses that make a condition what it is: of a true `and` all, of a true `or` those that are true,
/// of an error those that err.
#[must_use]
pub fn deciding(scene: &Scene<'_>, when: &TExpr) -> Vec<Clause> {
    let mut evaluator = Evaluator::new(*scene);
    let mut found = Vec::new();
    collect(&mut evaluator, when, MAX_DEPTH, &mut found);
    found.sort_by_key(|c| c.span);
    found.dedup();
    found
}

fn told(evaluator: &mut Evaluator<'_>, e: &TExpr) -> Truth {
    evaluator.truth(e).map_or(Truth::Erred, Truth::from)
}

/// The parts of a connective that the reader can tell apart in the text; none where it is one clause.
fn parts(e: &TExpr) -> &[TExpr] {
    let parts = match &e.kind {
        TExprKind::And(parts) | TExprKind::Or(parts) | TExprKind::AtLeast(_, parts) => parts.as_slice(),
        TExprKind::Not(inner) => std::slice::from_ref(&**inner),
        _ => &[],
    };
    if parts.iter().any(|p| p.span == e.span) { &[] } else { parts }
}

fn collect(evaluator: &mut Evaluator<'_>, e: &TExpr, depth: u32, found: &mut Vec<Clause>) {
    let truth = told(evaluator, e);
    let parts = parts(e);
    if parts.is_empty() || depth == 0 {
        // What is always true stands for nothing that somebody wrote.
        if !matches!(e.kind, TExprKind::Const(_) | TExprKind::And(_)) || truth != Truth::True {
            found.push(Clause { span: e.span, truth });
        }
        return;
    }
    let negated = matches!(e.kind, TExprKind::Not(_));
    for part in parts {
        if negated || told(evaluator, part) == truth {
            collect(evaluator, part, depth - 1, found);
        }
    }
}

/// How many clauses would have to be otherwise for a condition to come out as wanted, and the first of them.
#[must_use]
pub fn distance(scene: &Scene<'_>, when: &TExpr, wanted: bool) -> (u32, Option<Span>) {
    let mut evaluator = Evaluator::new(*scene);
    far(&mut evaluator, when, wanted, MAX_DEPTH)
}

/// More than any condition has clauses.
const UNREACHABLE: u32 = 1 << 20;

fn far(evaluator: &mut Evaluator<'_>, e: &TExpr, wanted: bool, depth: u32) -> (u32, Option<Span>) {
    if told(evaluator, e) == Truth::from(wanted) {
        return (0, None);
    }
    let parts = parts(e);
    if parts.is_empty() || depth == 0 {
        let fixed = matches!(e.kind, TExprKind::Const(_));
        return if fixed { (UNREACHABLE, None) } else { (1, Some(e.span)) };
    }
    let mut each: Vec<_> = match &e.kind {
        TExprKind::Not(inner) => return far(evaluator, inner, !wanted, depth - 1),
        _ => parts.iter().map(|part| far(evaluator, part, wanted, depth - 1)).collect(),
    };
    let needed = match &e.kind {
        TExprKind::And(_) if wanted => each.len(),
        TExprKind::Or(_) if !wanted => each.len(),
        TExprKind::AtLeast(enough, _) if wanted => *enough as usize,
        TExprKind::AtLeast(enough, _) => each.len() + 1 - (*enough as usize).clamp(1, each.len()),
        _ => 1,
    };
    each.sort_by_key(|(d, _)| *d);
    if needed > each.len() {
        return (UNREACHABLE, None);
    }
    let total = each.iter().take(needed).fold(0_u32, |sum, (d, _)| sum.saturating_add(*d)).min(UNREACHABLE);
    (total, each.iter().take(needed).find_map(|(d, span)| span.filter(|_| *d > 0)))
}
