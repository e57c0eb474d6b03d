//! Conditions whose truth is settled by what is declared, and items that say the same twice.
//!
//! What is judged: comparisons and memberships of one expression with constants, joined by `and`. Anything
//! else counts as open; a lint must not guess.

use std::collections::{BTreeMap, HashMap};

use super::Subject;
use crate::check::canonical;
use crate::check::typed::{Comparison, Item, ItemBody, TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::value::Value;

/// What the parts of one `and` leave open for an expression: an interval of its words.
struct Open {
    low: i64,
    high: i64,
    last: Span,
}

/// Branches that can never hold, and comparisons that always do.
pub(in crate::check) fn settled(item: &Item) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for condition in item.conditions() {
        if let Some(span) = contradiction(condition) {
            out.push(
                Diagnostic::new(Code::NeverMatches, span, format!("`{}` can never match here.", short(item)))
                    .at("no value fulfils this together with the rest")
                    .help("Correct the condition, or the range declared on the field."),
            );
        }
        for part in conjuncts(condition) {
            if always(part) {
                out.push(
                    Diagnostic::new(Code::AlwaysMatches, part.span, "This condition is always true.")
                        .at("within the declared range")
                        .help("Remove it, or correct the bound."),
                );
            }
        }
    }
    out
}

fn short(item: &Item) -> &str {
    item.name.rsplit('.').next().unwrap_or(&item.name)
}

/// The parts of a condition that must all be true.
fn conjuncts(condition: &TExpr) -> Vec<&TExpr> {
    if let TExprKind::And(parts) = &condition.kind {
        return parts.iter().flat_map(conjuncts).collect();
    }
    vec![condition]
}

/// A comparison with a constant: the expression, and the interval of words that fulfils it.
fn interval(part: &TExpr) -> Option<(&TExpr, i64, i64)> {
    let (negated, inner) = if let TExprKind::Not(inner) = &part.kind { (true, &**inner) } else { (false, part) };
    let TExprKind::Compare(op, a, b) = &inner.kind else { return None };
    let (of, op, word) = match (&a.kind, &b.kind) {
        (TExprKind::Const(_), TExprKind::Const(_)) => return None,
        (_, TExprKind::Const(value)) => (&**a, *op, value.word()?),
        (TExprKind::Const(value), _) => (&**b, mirrored(*op), value.word()?),
        _ => return None,
    };
    if !of.ty.is_word() {
        return None;
    }
    let op = if negated { opposite(op) } else { op };
    let (low, high) = match op {
        Comparison::Equal => (word, word),
        Comparison::Less => (i64::MIN, word.checked_sub(1)?),
        Comparison::LessOrEqual => (i64::MIN, word),
        Comparison::Greater => (word.checked_add(1)?, i64::MAX),
        Comparison::GreaterOrEqual => (word, i64::MAX),
        Comparison::NotEqual => return None,
    };
    Some((of, low, high))
}

fn mirrored(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Equal | Comparison::NotEqual => op,
    }
}

fn opposite(op: Comparison) -> Comparison {
    match op {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

/// Where the parts of an `and` leave an expression no value.
fn contradiction(condition: &TExpr) -> Option<Span> {
    let parts = conjuncts(condition);
    let mut open: BTreeMap<String, Open> = BTreeMap::new();
    let mut texts: BTreeMap<String, &Value> = BTreeMap::new();
    for part in parts {
        if matches!(&part.kind, TExprKind::Const(Value::Bool(false))) {
            return Some(part.span);
        }
        if let Some((of, low, high)) = interval(part) {
            let (declared_low, declared_high) = of.range.unwrap_or((i64::MIN, i64::MAX));
            let entry = open.entry(canonical::text(of)).or_insert(Open {
                low: declared_low,
                high: declared_high,
                last: part.span,
            });
            entry.low = entry.low.max(low);
            entry.high = entry.high.min(high);
            entry.last = part.span;
            if entry.low > entry.high {
                return Some(entry.last);
            }
        }
        if let TExprKind::Compare(Comparison::Equal, a, b) = &part.kind
            && let TExprKind::Const(value) = &b.kind
            && a.ty.is_symbol()
        {
            let before = texts.entry(canonical::text(a)).or_insert(value);
            if !before.same(value) {
                return Some(part.span);
            }
        }
    }
    None
}

/// Whether the declared range alone makes a comparison true.
fn always(part: &TExpr) -> bool {
    let Some((of, low, high)) = interval(part) else { return false };
    match (of.range, &of.kind) {
        (_, TExprKind::Const(_)) | (None, _) => false,
        (Some((declared_low, declared_high)), _) => low <= declared_low && declared_high <= high,
    }
}

/// A digest of what an item says: the same for items of a package with the same actions, conditions and tiers.
/// Of some items nothing is said: cells of a table repeat each other, and limits count each for itself.
pub(in crate::check) fn meaning(item: &Item) -> Option<blake3::Hash> {
    let branches = match &item.body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => branches,
        ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => return None,
    };
    if item.kind.is_stateful() || item.name.ends_with(']') {
        return None;
    }
    let says: Vec<String> = branches.iter().map(|b| format!("{} {}", b.tier, canonical::text(&b.when))).collect();
    let key = format!("{} {} {:?} {}", item.package, item.kind.keyword(), item.scope, says.join(";"));
    Some(blake3::hash(key.as_bytes()))
}

/// Two rules or two guards of a package with the same actions, conditions and tiers.
pub(super) fn repeated(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<blake3::Hash, &Item> = HashMap::new();
    for (item, said) in subject.policy.items.iter().zip(subject.said) {
        let Some(meaning) = said.meaning else { continue };
        if let Some(first) = seen.get(&meaning) {
            out.push(
                Diagnostic::new(
                    Code::DuplicateCondition,
                    item.name_span,
                    format!("`{}` says the same as `{}`.", short(item), short(first)),
                )
                .at("same actions, condition and tier")
                .label(first.name_span, "the first")
                .help("Remove one of them."),
            );
        } else {
            seen.insert(meaning, item);
        }
    }
}
