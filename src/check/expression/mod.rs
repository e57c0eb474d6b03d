//! Expressions: what each one means, of which type, within which range, and whether it can err.
//!
//! Checking goes from the outside in: the type that a place expects gives literals and enum variants
//! their meaning. What is known to be present travels along `and`, `or` and earlier conditions.

mod calls;
mod commands;
mod members;
mod names;
mod narrowing;
mod operators;
mod quantifiers;
mod relations;

pub(crate) use members::as_path;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Checker;
use super::typed::{ActionId, Scope, TExpr, TExprKind, VarId};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::DefId;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};
use crate::types::Type;

/// What an expression may read, and what is known where it stands.
pub(crate) struct Env {
    /// The file whose names are in sight.
    pub(crate) file: usize,
    /// Declared actions of the item; `None` where there is no request at all (constants).
    pub(crate) actions: Option<Vec<ActionId>>,
    /// Quantifier variables in sight.
    vars: Vec<Var>,
    /// Parameters of the predicate being inlined.
    parameters: BTreeMap<String, TExpr>,
    /// Quantifiers around this place, those around an inlined predicate included.
    depth: u32,
    /// Product of the bounds of those quantifiers.
    product: u64,
    /// Canonical texts of optional expressions known to be present.
    known: Vec<String>,
    /// Readings that are bare names here: those of the item whose text is read.
    pub(crate) own: BTreeMap<String, TExpr>,
    /// Where no state may be read: what stands here.
    pub(crate) stateless: Option<&'static str>,
    /// Predicates being inlined.
    stack: Vec<DefId>,
    /// Nodes made so far.
    nodes: usize,
    /// Whether it was said that they nest too deeply.
    too_deep: bool,
    /// What was read.
    pub(crate) reads: Reads,
}

/// A quantifier variable.
struct Var {
    name: String,
    ty: Type,
    id: VarId,
    span: Span,
}

/// What the conditions of an item read, for the rules on origins.
#[derive(Default)]
pub(crate) struct Reads {
    /// Claims with the first place that reads each.
    pub(crate) claims: BTreeMap<Arc<str>, Span>,
    /// Optional claims asked for with `has` or `??`.
    pub(crate) optional_claims: BTreeMap<Arc<str>, Span>,
    /// `secrets.found` or `secrets.kinds`
    pub(crate) secrets: Option<Span>,
    /// `warnings`
    pub(crate) warnings: Option<Span>,
    /// A `command`
    pub(crate) command: Option<Span>,
    /// `all` over a list that may be empty.
    pub(crate) all_of_maybe_empty: Option<Span>,
}

impl Env {
    /// For the conditions of an item.
    pub(crate) fn of_scope(file: usize, scope: &Scope) -> Self {
        Self::new(file, Some(scope.actions.clone()))
    }

    /// For constants: no request in sight.
    pub(crate) fn constant(file: usize) -> Self {
        Self::new(file, None)
    }

    fn new(file: usize, actions: Option<Vec<ActionId>>) -> Self {
        Self {
            file,
            actions,
            vars: Vec::new(),
            parameters: BTreeMap::new(),
            depth: 0,
            product: 1,
            known: Vec::new(),
            own: BTreeMap::new(),
            stateless: None,
            stack: Vec::new(),
            nodes: 0,
            too_deep: false,
            reads: Reads::default(),
        }
    }

    /// How much is known now; [`Env::forget`] goes back to it.
    pub(crate) fn mark(&self) -> usize {
        self.known.len()
    }

    /// Forgets what was learnt since a mark.
    pub(crate) fn forget(&mut self, mark: usize) {
        self.known.truncate(mark);
    }

    /// Learns what a condition proves where it is true.
    pub(crate) fn learn_true(&mut self, condition: &TExpr) {
        self.known.extend(narrowing::proved(condition, true));
    }

    /// Learns what a condition proves where it is false.
    pub(crate) fn learn_false(&mut self, condition: &TExpr) {
        self.known.extend(narrowing::proved(condition, false));
    }

    fn knows(&self, text: &str) -> bool {
        self.known.iter().any(|k| k == text)
    }
}

/// A typed expression that cannot err by itself.
pub(crate) fn typed(kind: TExprKind, ty: Type, span: Span) -> TExpr {
    TExpr { kind, ty, range: None, errs: false, span }
}

impl Checker<'_> {
    /// A condition: an expression that is true or false.
    pub(crate) fn condition(&mut self, expr: &Expr, env: &mut Env) -> Option<TExpr> {
        let found = self.value(expr, Some(&Type::Bool), env)?;
        if found.ty == Type::Bool {
            return Some(found);
        }
        self.report_not_a_bool(expr.span, &found.ty);
        None
    }

    // Findings are made outside the functions that recurse, so that those stay small on the stack.
    fn report_not_a_bool(&mut self, span: Span, ty: &Type) {
        let shown = self.types.show(ty);
        self.report(
            Diagnostic::new(Code::NotABool, span, format!("A condition must be true or false; this is {shown}."))
                .at(format!("`{shown}`"))
                .help("Compare it with something, or ask `has` where it is optional."),
        );
    }

    /// A value that is there: an optional one must be proved present.
    pub(crate) fn value(&mut self, expr: &Expr, expected: Option<&Type>, env: &mut Env) -> Option<TExpr> {
        let found = self.place(expr, expected, env)?;
        self.present(found, env)
    }

    /// Demands that an optional expression was proved present.
    fn present(&mut self, mut found: TExpr, env: &Env) -> Option<TExpr> {
        if !found.ty.is_optional() {
            return Some(found);
        }
        if env.knows(&super::canonical::text(&found)) {
            found.ty = found.ty.required().clone();
            return Some(found);
        }
        self.report_not_present(&found, env);
        None
    }

    fn report_not_present(&mut self, found: &TExpr, env: &Env) {
        if let (TExprKind::Field(name), Some(actions)) = (&found.kind, &env.actions) {
            let without: Vec<ActionId> =
                actions.iter().copied().filter(|a| self.actions[a.0 as usize].field(name).is_none()).collect();
            if let Some(first) = without.first() {
                let more = without.len() - 1;
                let others = if more > 0 { format!(" (and {more} more)") } else { String::new() };
                let message = format!("`{name}` is not declared by {}{others}.", self.actions[first.0 as usize].name);
                self.report(
                    Diagnostic::new(Code::UnknownField, found.span, message)
                        .at("not a field of every action matched")
                        .help(format!("Narrow `on`, declare it there, or ask first: `has {name} and …`.")),
                );
                return;
            }
        }
        let written = self.sources.text(found.span).to_string();
        self.report(
            Diagnostic::new(Code::OptionalNotProved, found.span, format!("`{written}` may be absent here."))
                .at("optional")
                .note("An optional value is used only where it is proved present.")
                .help(format!("Ask first, `has {written} and …`, or give a value for its absence, `{written} ?? …`.")),
        );
    }

    /// Any expression; an optional one stays optional.
    pub(crate) fn place(&mut self, expr: &Expr, expected: Option<&Type>, env: &mut Env) -> Option<TExpr> {
        if !self.may_grow(expr.span, 1, 0, env) {
            self.lost = self.lost.or(Some(expr.span));
            return None;
        }
        self.nested += 1;
        let found = self.shape(expr, expected, env);
        self.nested -= 1;
        if found.is_none() {
            self.lost = self.lost.or(Some(expr.span));
        }
        found
    }

    /// Counts parts that are added here, `deep` levels of them, against the limits of an item; a finding
    /// where it grows too large, once.
    pub(in crate::check) fn may_grow(&mut self, span: Span, nodes: usize, deep: u32, env: &mut Env) -> bool {
        let before = env.nodes;
        env.nodes = env.nodes.saturating_add(nodes);
        if env.nodes > super::MAX_NODES {
            if before <= super::MAX_NODES {
                self.report_too_large(span);
            }
            return false;
        }
        if self.nested + deep >= super::MAX_DEPTH {
            if !std::mem::replace(&mut env.too_deep, true) {
                self.report_too_deep(span);
            }
            return false;
        }
        true
    }

    fn report_too_large(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::TooMany, span, "The conditions of this item grow too large.")
                .at(format!("over {} parts, predicates counted where they are used", super::MAX_NODES))
                .help("Split the item, or test membership in a const set."),
        );
    }

    fn report_too_deep(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::NestedTooDeep, span, "This expression is nested too deeply.")
                .at(format!("over {} levels, predicates and consts counted where they are used", super::MAX_DEPTH))
                .help("Let fewer definitions stand behind each other."),
        );
    }

    /// What an expression is, by its form.
    fn shape(&mut self, expr: &Expr, expected: Option<&Type>, env: &mut Env) -> Option<TExpr> {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, expr.span, expected),
            ExprKind::Name(name) => self.name(name, expr.span, expected, env),
            ExprKind::Member(base, name) => self.member(expr, base, name, env),
            ExprKind::Call(callee, arguments) => self.call(expr, callee, arguments, env),
            ExprKind::Index(base, key) => self.index(expr, base, key, env),
            ExprKind::Variants(base, names) => self.variants(expr, base, names, env),
            ExprKind::Set(elements) => self.collection(expr, elements, expected, true, env),
            ExprKind::List(elements) => self.collection(expr, elements, expected, false, env),
            ExprKind::Record(_) => self.record_literal(expr),
            ExprKind::Range(low, high) => self.range(expr, low, high, expected, env),
            ExprKind::Not(inner) => self.negation(expr.span, inner, env),
            ExprKind::Negate(inner) => self.negate(expr, inner, expected, env),
            ExprKind::Has(inner) => self.has(expr, inner, env),
            ExprKind::And(parts) => self.chain(expr, parts, true, env),
            ExprKind::Or(parts) => self.chain(expr, parts, false, env),
            ExprKind::Binary(op, left, right) => self.binary(expr, *op, left, right, expected, env),
            ExprKind::Relation { relation, negated, left, right } => {
                self.relation(expr, *relation, left, right, env).and_then(|found| self.negated(found, *negated))
            }
            ExprKind::Quantifier { .. } => self.quantifier(expr, env),
            ExprKind::AtLeast(n, parts) => self.at_least(expr, *n, parts, env),
            ExprKind::PercentOf(percent, of) => self.percent_of(expr, percent, of, env),
            ExprKind::Runs { command, what, with, with_all } => {
                self.command_runs(expr, command, what, with, *with_all, env)
            }
            ExprKind::RunsOnly(command, allowed) => self.command_runs_only(expr, command, allowed, env),
            ExprKind::Touches { command, access, how, what } => {
                self.command_touches(expr, command, *access, *how, what, env)
            }
            ExprKind::History(asked) => self.history(expr.span, asked, env),
            ExprKind::Unreadable => None,
        }
    }

    fn negation(&mut self, span: Span, inner: &Expr, env: &mut Env) -> Option<TExpr> {
        let inner = self.condition(inner, env)?;
        Some(typed(TExprKind::Not(Box::new(inner)), Type::Bool, span))
    }

    /// `not in`, `not like`
    fn negated(&mut self, found: TExpr, negated: bool) -> Option<TExpr> {
        if !negated {
            return Some(found);
        }
        if found.ty != Type::Bool {
            let shown = self.types.show(&found.ty);
            self.report(
                Diagnostic::new(Code::NotABool, found.span, format!("`not` before a {shown}.")).at("not true or false"),
            );
            return None;
        }
        let span = found.span;
        Some(typed(TExprKind::Not(Box::new(found)), Type::Bool, span))
    }

    /// A constant of a file: no request in sight.
    pub(crate) fn const_expression(&mut self, file: usize, expr: &Expr, expected: Option<&Type>) -> Option<TExpr> {
        self.value(expr, expected, &mut Env::constant(file))
    }

    /// Reports two types that should be one.
    pub(crate) fn mismatch(&mut self, span: Span, wanted: &Type, got: &Type) {
        let (wanted, got) = (self.types.show(wanted), self.types.show(got));
        self.report(
            Diagnostic::new(Code::TypeMismatch, span, format!("This is {got}; {wanted} is expected here."))
                .at(format!("`{got}`")),
        );
    }
}
