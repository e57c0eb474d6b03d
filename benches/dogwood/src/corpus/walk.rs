//! Small questions about conditions of Dogwood.

use dogwood_language::temporal_ast::{AggExpr, AggExprKind, Condition, ConditionKind, Term};

/// The parts that must all hold, looking through `exists`; its variables go to the second list.
pub(crate) fn flatten<'a>(condition: &'a Condition, items: &mut Vec<&'a Condition>, bound: &mut Vec<String>) {
    match &condition.kind {
        ConditionKind::And { left, right } => {
            flatten(left, items, bound);
            flatten(right, items, bound);
        }
        ConditionKind::Exists { var, body } => {
            bound.push(var.name().to_owned());
            flatten(body, items, bound);
        }
        _ => items.push(condition),
    }
}

/// Whether a variable stands in a condition.
pub(crate) fn mentions(condition: &Condition, name: &str) -> bool {
    match &condition.kind {
        ConditionKind::And { left, right }
        | ConditionKind::Or { left, right }
        | ConditionKind::Since { left, right, .. } => mentions(left, name) || mentions(right, name),
        ConditionKind::Not { inner } => mentions(inner, name),
        ConditionKind::Formerly { body, .. } | ConditionKind::Previous { body, .. } => mentions(body, name),
        ConditionKind::Exists { var, body } => var.name() != name && mentions(body, name),
        ConditionKind::Predicate(predicate) => predicate.args.iter().any(|arg| term_mentions(&arg.value, name)),
        ConditionKind::Comparison { left, right, .. } => term_mentions(left, name) || term_mentions(right, name),
        ConditionKind::Tp { var } => var.name() == name,
        ConditionKind::Call(_) | ConditionKind::SigilRef { .. } | ConditionKind::Refine { .. } => false,
    }
}

pub(crate) fn term_mentions(term: &Term, name: &str) -> bool {
    match term {
        Term::Var(var) => var == name,
        Term::Array(items) => items.iter().any(|item| term_mentions(item, name)),
        Term::Agg(aggregate) => aggregate_mentions(aggregate, name),
        Term::Arith { left, right, .. } => term_mentions(left, name) || term_mentions(right, name),
        _ => false,
    }
}

fn aggregate_mentions(aggregate: &AggExpr, name: &str) -> bool {
    match &aggregate.kind {
        AggExprKind::Sum { for_vars, body, .. } | AggExprKind::Count { for_vars, body } => {
            for_vars.iter().all(|var| var.name() != name) && mentions(body, name)
        }
        AggExprKind::Call(_) => false,
    }
}

/// Whether an aggregate stands in a term.
pub(crate) fn has_aggregate(term: &Term) -> bool {
    match term {
        Term::Agg(_) => true,
        Term::Arith { left, right, .. } => has_aggregate(left) || has_aggregate(right),
        _ => false,
    }
}

/// `left && right`
pub(crate) fn and(left: Condition, right: Condition) -> Condition {
    let span = left.span;
    Condition { span, kind: ConditionKind::And { left: Box::new(left), right: Box::new(right) } }
}
