//! `in`, `under`, `like`, `matches`, `contains` and their kin.

use std::sync::Arc;

use super::{Env, typed};
use crate::builtin::{self, Form};
use crate::check::Checker;
use crate::check::literal::constant_expr;
use crate::check::typed::{TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Literal, Relation};
use crate::types::Type;
use crate::value::pattern::PatternKind;
use crate::value::{PatternSet, Value};

impl Checker<'_> {
    /// A relation between two values.
    pub(super) fn relation(
        &mut self,
        expr: &Expr,
        relation: Relation,
        left: &Expr,
        right: &Expr,
        env: &mut Env,
    ) -> Option<TExpr> {
        match relation {
            Relation::In | Relation::Within => self.membership(expr, left, right, env),
            Relation::Like | Relation::LikeAny => self.pattern(expr, "like", Type::Globs, left, right, env),
            Relation::Matches | Relation::MatchesAny => self.pattern(expr, "matches", Type::Regexes, left, right, env),
            Relation::Contains => self.contains(expr, left, right, env),
            Relation::Under
            | Relation::ContainsAny
            | Relation::StartsWith
            | Relation::EndsWith
            | Relation::SubsetOf
            | Relation::Intersects
            | Relation::Minus => self.builtin_relation(expr, relation, left, right, env),
        }
    }

    /// `x in xs`: a set, list, range, network, or for entities a group at any depth.
    fn membership(&mut self, expr: &Expr, left: &Expr, right: &Expr, env: &mut Env) -> Option<TExpr> {
        let left = self.value(left, None, env)?;
        let hint = match left.ty {
            Type::Ip => Type::Cidr,
            Type::Entity(_) => return self.entity_membership(expr, left, right, env),
            _ => Type::Set(Arc::new(left.ty.clone())),
        };
        let right = match &right.kind {
            ExprKind::Set(elements) | ExprKind::List(elements) => {
                let element = if holds_networks(&left.ty, elements) { Type::Cidr } else { left.ty.clone() };
                self.value(right, Some(&Type::Set(Arc::new(element))), env)?
            }
            ExprKind::Range(..) => self.value(right, Some(&left.ty), env)?,
            _ => self.value(right, Some(&hint), env)?,
        };
        self.finish_membership(expr.span, left, right)
    }

    fn finish_membership(&mut self, span: Span, left: TExpr, right: TExpr) -> Option<TExpr> {
        let fits = match &right.ty {
            // A set of networks holds the addresses of each.
            Type::Set(t) | Type::List(t) if **t == Type::Cidr => matches!(left.ty, Type::Ip | Type::Cidr),
            Type::Set(t) | Type::List(t) | Type::Range(t) => **t == left.ty,
            Type::Cidr => left.ty == Type::Ip,
            Type::Globs | Type::Regexes => {
                self.report(
                    Diagnostic::new(Code::CannotCompare, span, "Patterns are matched, not members.")
                        .at("`in` compares whole values")
                        .help("Write `like any` for globs and `matches any` for regular expressions."),
                );
                return None;
            }
            _ => false,
        };
        if !fits {
            let (l, r) = (self.types.show(&left.ty), self.types.show(&right.ty));
            self.report(
                Diagnostic::new(Code::CannotCompare, span, format!("`{l}` cannot be in `{r}`."))
                    .at("two types")
                    .label(left.span, l)
                    .label(right.span, r),
            );
            return None;
        }
        if matches!(left.ty, Type::Command | Type::SimpleCommand | Type::Record(_) | Type::Map(_)) {
            let shown = self.types.show(&left.ty);
            self.report(
                Diagnostic::new(Code::CannotCompare, span, format!("Two values of type `{shown}` cannot be compared."))
                    .at("no equality, so no membership")
                    .help("Ask with `any x in xs: …`."),
            );
            return None;
        }
        Some(typed(TExprKind::In(Box::new(left), Box::new(right)), Type::Bool, span))
    }

    fn entity_membership(&mut self, expr: &Expr, left: TExpr, right: &Expr, env: &mut Env) -> Option<TExpr> {
        let right = self.value(right, None, env)?;
        let group = match &right.ty {
            Type::Entity(id) => Some(*id),
            Type::Set(t) | Type::List(t) => match **t {
                Type::Entity(id) => Some(id),
                _ => None,
            },
            _ => None,
        };
        let (Type::Entity(from), Some(to)) = (&left.ty, group) else {
            let (l, r) = (self.types.show(&left.ty), self.types.show(&right.ty));
            self.report(
                Diagnostic::new(Code::CannotCompare, expr.span, format!("`{l}` cannot be in `{r}`."))
                    .at("an entity, or a set of them, must stand on the right"),
            );
            return None;
        };
        if !self.may_lie_in(*from, to) {
            let (l, r) = (self.types.show(&left.ty), self.types.show(&Type::Entity(to)));
            self.report(
                Diagnostic::new(Code::CannotCompare, expr.span, format!("No `{l}` ever lies in a `{r}`."))
                    .at("always false")
                    .label(left.span, l.clone())
                    .help(format!("Declare `entity {l} in {r}`, or compare with another group.")),
            );
            return None;
        }
        Some(typed(TExprKind::In(Box::new(left), Box::new(right)), Type::Bool, expr.span))
    }

    /// Whether entities of one type can lie in those of another, at any depth.
    pub(in crate::check) fn may_lie_in(
        &self,
        from: crate::types::EntityTypeId,
        to: crate::types::EntityTypeId,
    ) -> bool {
        let mut seen = vec![from];
        let mut next = 0;
        while next < seen.len() {
            if seen[next] == to {
                return true;
            }
            for parent in &self.types.entity(seen[next]).parents {
                if !seen.contains(parent) {
                    seen.push(*parent);
                }
            }
            next += 1;
        }
        false
    }

    /// `like` and `matches`: the right side is known at compile time and compiled here.
    fn pattern(
        &mut self,
        expr: &Expr,
        name: &str,
        ty: Type,
        left: &Expr,
        right: &Expr,
        env: &mut Env,
    ) -> Option<TExpr> {
        let left = self.value(left, None, env)?;
        let right = self.value(right, Some(&ty), env)?;
        let TExprKind::Const(Value::Set(sources)) = &right.kind else {
            self.report_not_pattern(right.span);
            return None;
        };
        if right.ty != ty {
            self.mismatch(right.span, &ty, &right.ty);
            return None;
        }
        let kind = match (&left.ty, &ty) {
            (Type::Path, Type::Globs) => PatternKind::PathGlob,
            (Type::Host, Type::Globs) => PatternKind::HostGlob,
            (_, Type::Globs) => PatternKind::TextGlob,
            _ => PatternKind::Regex,
        };
        let Some((id, row)) = builtin::find(Form::Relation, name, &left.ty) else {
            let shown = self.types.show(&left.ty);
            self.report(
                Diagnostic::new(Code::CannotCompare, expr.span, format!("`{shown}` cannot be matched by a pattern."))
                    .at(format!("`{name}` is for texts, refs, paths and hosts"))
                    .label(left.span, shown),
            );
            return None;
        };
        let sources: Vec<Arc<str>> = sources.iter().filter_map(Value::text).map(Arc::from).collect();
        let compiled = match PatternSet::compile(kind, &sources) {
            Ok(compiled) => compiled,
            Err((_, why)) => {
                let code = if kind == PatternKind::Regex { Code::BadRegex } else { Code::BadGlob };
                self.report(
                    Diagnostic::new(code, right.span, "This pattern cannot be used.")
                        .at(why)
                        .help("Patterns are compiled once, with limits that keep every match linear and small."),
                );
                return None;
            }
        };
        let right = constant_expr(Value::Patterns(Arc::new(compiled)), ty, right.span);
        let kind = TExprKind::Call(id, vec![left, right]);
        Some(TExpr { errs: row.errs, ..typed(kind, Type::Bool, expr.span) })
    }

    /// `xs contains x` is `x in xs`; a text contains a text.
    fn contains(&mut self, expr: &Expr, left: &Expr, right: &Expr, env: &mut Env) -> Option<TExpr> {
        let base = self.value(left, None, env)?;
        match base.ty.element().cloned() {
            Some(Type::Entity(_)) | None => self.finish_relation(expr, Relation::Contains, base, right, env),
            Some(element) => {
                let needle = self.value(right, Some(&element), env)?;
                self.finish_membership(expr.span, needle, base)
            }
        }
    }

    fn builtin_relation(
        &mut self,
        expr: &Expr,
        relation: Relation,
        left: &Expr,
        right: &Expr,
        env: &mut Env,
    ) -> Option<TExpr> {
        let left = self.value(left, None, env)?;
        self.finish_relation(expr, relation, left, right, env)
    }

    fn finish_relation(
        &mut self,
        expr: &Expr,
        relation: Relation,
        left: TExpr,
        right: &Expr,
        env: &mut Env,
    ) -> Option<TExpr> {
        let words = relation.words();
        let Some((id, row)) = builtin::find(Form::Relation, words, &left.ty) else {
            let shown = self.types.show(&left.ty);
            self.report(
                Diagnostic::new(Code::CannotCompare, expr.span, format!("`{words}` means nothing on a {shown}."))
                    .at("no such relation")
                    .label(left.span, shown),
            );
            return None;
        };
        let kind = row.parameters.get(1).copied()?;
        let wanted = match kind {
            builtin::Kind::AnySet | builtin::Kind::AnyCollection | builtin::Kind::SameElements => {
                left.ty.element().map(|e| Type::Set(Arc::new(e.clone())))
            }
            other => other.resolve(&left.ty),
        };
        let right = self.value(right, wanted.as_ref(), env)?;
        let same_elements =
            left.ty.element().is_none() || left.ty.element() == right.ty.element() || right.ty.element().is_none();
        if !kind.accepts(&left.ty, &right.ty) || !same_elements {
            let wanted = wanted.unwrap_or_else(|| left.ty.clone());
            self.mismatch(right.span, &wanted, &right.ty);
            return None;
        }
        let ty = row.result.resolve(&left.ty)?;
        let range = row.range;
        let kind = TExprKind::Call(id, vec![left, right]);
        Some(TExpr { kind, ty, range, errs: row.errs, span: expr.span })
    }
}

/// Whether a set written after an address is one of networks, which have a `/`.
fn holds_networks(left: &Type, elements: &[Expr]) -> bool {
    let is_network = |expr: &Expr| matches!(&expr.kind, ExprKind::Literal(Literal::String(text)) if text.contains('/'));
    *left == Type::Ip && elements.iter().any(is_network)
}
