//! `f(x)`, `a.f(x)`, `Team("builders")`: predicates, builtins, entities; and literals of several values.

use std::sync::Arc;

use super::members::as_path;
use super::{Env, typed};
use crate::builtin::{self, Builtin, BuiltinId, Form, Kind};
use crate::check::Checker;
use crate::check::literal::constant_expr;
use crate::check::typed::{TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::{DefKind, Found};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Literal, Name};
use crate::types::{EntityTypeId, Type};
use crate::value::{EntityRef, Value};

impl Checker<'_> {
    /// A call of any kind.
    pub(super) fn call(&mut self, expr: &Expr, callee: &Expr, arguments: &[Expr], env: &mut Env) -> Option<TExpr> {
        if let ExprKind::Member(base, name) = &callee.kind
            && matches!(&base.kind, ExprKind::Name(n) if n == "secrets")
        {
            let [over] = arguments else {
                self.report(
                    Diagnostic::new(Code::WrongArguments, expr.span, "`secrets.found` looks into one value.")
                        .at("one value, or none for the whole request")
                        .help("Write `secrets.found` or `secrets.found(field)`."),
                );
                return None;
            };
            let over = self.place(over, None, env)?;
            return self.secrets(expr, name, Some(over), env);
        }
        if let Some(path) = as_path(callee)
            && let Found::One(def) = self.set.lookup_path(env.file, &path)
        {
            if let Some(Type::Entity(id)) = self.type_ids.get(&def).cloned() {
                self.mentioned.insert(def);
                return self.entity_literal(expr, id, arguments, env);
            }
            if self.set.def(def).kind == DefKind::Predicate && !env.vars.iter().any(|v| v.name == path.parts[0].text) {
                self.mentioned.insert(def);
                let arguments = self.predicate_arguments(def, arguments, env)?;
                return self.inline(def, &arguments, expr.span, env);
            }
        }
        match &callee.kind {
            ExprKind::Name(name) if name == "Agent" => self.entity_literal(expr, EntityTypeId::AGENT, arguments, env),
            ExprKind::Name(name) => {
                self.function(expr, &Name { text: name.clone(), span: callee.span }, arguments, env)
            }
            ExprKind::Member(base, name) => {
                let base = self.value(base, None, env)?;
                self.method(expr, base, name, arguments, env)
            }
            _ => {
                self.report(
                    Diagnostic::new(Code::WrongArguments, callee.span, "This cannot be called.")
                        .at("not a function, predicate or entity type"),
                );
                None
            }
        }
    }

    /// Arguments typed by the parameters of a predicate.
    fn predicate_arguments(&mut self, def: crate::hir::DefId, arguments: &[Expr], env: &mut Env) -> Option<Vec<TExpr>> {
        let file = self.set.def(def).place.0;
        let set = self.set;
        let crate::syntax::ast::ItemKind::Predicate(item) = &set.item(def).kind else { return None };
        let mut out = Vec::new();
        for (i, argument) in arguments.iter().enumerate() {
            let ty = match item.parameters.get(i) {
                Some((_, ty)) => Some(self.field_type(file, ty)?.ty),
                None => None,
            };
            let found = match &ty {
                Some(ty) if ty.is_optional() => self.place(argument, Some(ty), env)?,
                _ => self.value(argument, ty.as_ref(), env)?,
            };
            out.push(found);
        }
        Some(out)
    }

    /// `Team("builders")`
    fn entity_literal(&mut self, expr: &Expr, id: EntityTypeId, arguments: &[Expr], env: &mut Env) -> Option<TExpr> {
        let shown = self.types.show(&Type::Entity(id));
        let [argument] = arguments else {
            self.report(
                Diagnostic::new(Code::WrongArguments, expr.span, format!("`{shown}` takes one id."))
                    .at("called so")
                    .help(format!("Write `{shown}(\"id\")`.")),
            );
            return None;
        };
        let ExprKind::Literal(Literal::String(text)) = &argument.kind else {
            let _ = env;
            self.not_constant(argument.span);
            return None;
        };
        if let Some(ids) = self.types.entity(id).ids.clone()
            && !ids.iter().any(|i| **i == *text)
        {
            let finding =
                Diagnostic::new(Code::UnknownEntityId, argument.span, format!("`{shown}` has no id {text:?}."))
                    .at("not one of its declared ids");
            self.report(match nearest(text, ids.iter().map(|i| &**i)) {
                Some(near) => finding.help(format!("Write `{shown}.{near}`.")),
                None => finding.help("Add it to the declaration, or correct it."),
            });
            return None;
        }
        let entity = EntityRef { ty: id, id: text.as_str().into() };
        Some(constant_expr(Value::Entity(entity), Type::Entity(id), expr.span))
    }

    fn function(&mut self, expr: &Expr, name: &Name, arguments: &[Expr], env: &mut Env) -> Option<TExpr> {
        let first = match arguments.first() {
            Some(first) => Some(self.value(first, None, env)?),
            None => None,
        };
        let first_type = first.as_ref().map_or(Type::Bool, |f| f.ty.clone());
        let Some((id, row)) = builtin::find(Form::Function, &name.text, &first_type) else {
            let functions = builtin::all().iter().filter(|b| b.form == Form::Function).map(|b| b.name);
            let sight = self.set.names_in_sight(env.file);
            let near = nearest(&name.text, functions.chain(sight)).map(str::to_string);
            let finding =
                Diagnostic::new(Code::UnknownName, name.span, format!("There is no function `{}` of this.", name.text))
                    .at("not a function, predicate or entity type here");
            self.report(match near {
                Some(near) => finding.help(format!("Write `{near}`.")),
                None => finding,
            });
            return None;
        };
        let rest = arguments.get(1..).unwrap_or_default();
        self.finish_call(expr, id, row, first.into_iter().collect(), rest, env)
    }

    fn method(&mut self, expr: &Expr, base: TExpr, name: &Name, arguments: &[Expr], env: &mut Env) -> Option<TExpr> {
        let Some((id, row)) = builtin::find(Form::Method, &name.text, &base.ty) else {
            self.unknown_member(&base.ty, name);
            return None;
        };
        let found = self.finish_call(expr, id, row, vec![base], arguments, env)?;
        if name.text == "in" {
            self.check_zone(&found)?;
        }
        Some(found)
    }

    /// The zone of `now.in("…")` must be known when the policy is compiled.
    fn check_zone(&mut self, call: &TExpr) -> Option<()> {
        let TExprKind::Call(_, arguments) = &call.kind else { return Some(()) };
        let zone = arguments.get(1)?;
        let TExprKind::Const(Value::Str(name)) = &zone.kind else {
            self.not_constant(zone.span);
            return None;
        };
        if crate::value::time::zone(name).is_none() {
            let near = nearest(name, crate::value::time::zone_names().iter().map(String::as_str)).map(str::to_string);
            let finding = Diagnostic::new(Code::UnknownZone, zone.span, format!("There is no time zone {name:?}."))
                .at("not in the time zone database");
            self.report(match near {
                Some(near) => finding.help(format!("Write {near:?}.")),
                None => finding.help("Write a name such as \"Europe/Warsaw\" or \"UTC\"."),
            });
            return None;
        }
        Some(())
    }

    fn finish_call(
        &mut self,
        expr: &Expr,
        id: BuiltinId,
        row: &'static Builtin,
        mut done: Vec<TExpr>,
        rest: &[Expr],
        env: &mut Env,
    ) -> Option<TExpr> {
        let first = done.first().map_or(Type::Bool, |f| f.ty.clone());
        let variadic = matches!(row.parameters.last(), Some(Kind::ManyOf(_)));
        let total = done.len() + rest.len();
        let fits = if variadic { total >= row.parameters.len() } else { total == row.parameters.len() };
        if !fits {
            self.report(
                Diagnostic::new(
                    Code::WrongArguments,
                    expr.span,
                    format!("`{}` is called with {} values.", row.name, rest.len()),
                )
                .at("other than it takes")
                .note(row.doc)
                .help(format!("For example: `{}`.", row.example)),
            );
            return None;
        }
        for argument in rest {
            let kind = row.parameters.get(done.len()).or(row.parameters.last()).copied()?;
            let wanted = kind.resolve(&first);
            let value = self.value(argument, wanted.as_ref(), env)?;
            if !kind.accepts(&first, &value.ty) {
                match wanted {
                    Some(wanted) => self.mismatch(argument.span, &wanted, &value.ty),
                    None => self.mismatch(argument.span, &first, &value.ty),
                }
                return None;
            }
            done.push(value);
        }
        let ty = row.result.resolve(&first)?;
        Some(TExpr { kind: TExprKind::Call(id, done), ty, range: row.range, errs: row.errs, span: expr.span })
    }

    /// `secrets.found`, `secrets.kinds`, each over the whole request or one value.
    pub(super) fn secrets(&mut self, expr: &Expr, name: &Name, over: Option<TExpr>, env: &mut Env) -> Option<TExpr> {
        if env.actions.is_none() {
            self.not_constant(expr.span);
            return None;
        }
        env.reads.secrets.get_or_insert(expr.span);
        let over = over.map(Box::new);
        match name.text.as_str() {
            "found" => Some(typed(TExprKind::SecretsFound(over), Type::Bool, expr.span)),
            "kinds" => {
                let ty = Type::Set(Arc::new(Type::Enum(crate::types::EnumId::SECRET_KIND)));
                Some(typed(TExprKind::SecretsKinds(over), ty, expr.span))
            }
            _ => {
                self.report(
                    Diagnostic::new(Code::UnknownMember, name.span, format!("The scanner has no `{}`.", name.text))
                        .at("not known")
                        .help("Write `secrets.found`, or `secrets.kinds` in a text."),
                );
                None
            }
        }
    }

    /// `{ a, b }` and `[a, b]`
    pub(super) fn collection(
        &mut self,
        expr: &Expr,
        elements: &[Expr],
        expected: Option<&Type>,
        set: bool,
        env: &mut Env,
    ) -> Option<TExpr> {
        let expected = expected.map(Type::required);
        if let Some(patterns @ (Type::Globs | Type::Regexes)) = expected {
            return self.pattern_collection(expr, elements, patterns, env);
        }
        let mut element_type = expected.and_then(Type::element).cloned();
        let mut values: Vec<TExpr> = Vec::new();
        for element in elements {
            let value = self.value(element, element_type.as_ref(), env)?;
            match &element_type {
                Some(ty) if value.ty != *ty => {
                    let ty = ty.clone();
                    self.mismatch(element.span, &ty, &value.ty);
                    return None;
                }
                Some(_) => {}
                None => element_type = Some(value.ty.clone()),
            }
            values.push(value);
        }
        let Some(element_type) = element_type else {
            self.report(
                Diagnostic::new(Code::CannotInfer, expr.span, "The type of this empty set cannot be told.")
                    .at("empty")
                    .help("Declare it as a const with its type, or leave the comparison out."),
            );
            return None;
        };
        let element_type = Arc::new(element_type);
        let ty = if set { Type::Set(element_type) } else { Type::List(element_type) };
        let constants: Option<Vec<Value>> = values
            .iter()
            .map(|v| match &v.kind {
                TExprKind::Const(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        Some(match constants {
            Some(values) if set => constant_expr(Value::set(values), ty, expr.span),
            Some(values) => constant_expr(Value::List(values.into()), ty, expr.span),
            None if set => typed(TExprKind::SetOf(values), ty, expr.span),
            None => typed(TExprKind::ListOf(values), ty, expr.span),
        })
    }

    /// A set of globs or regular expressions.
    fn pattern_collection(&mut self, expr: &Expr, elements: &[Expr], ty: &Type, env: &mut Env) -> Option<TExpr> {
        let mut sources = Vec::new();
        for element in elements {
            let value = self.value(element, Some(ty), env)?;
            match value.kind {
                TExprKind::Const(Value::Set(list)) if value.ty == *ty => sources.extend(list.iter().cloned()),
                _ => {
                    self.report_not_pattern(element.span);
                    return None;
                }
            }
        }
        Some(constant_expr(Value::set(sources), ty.clone(), expr.span))
    }

    /// Reports a pattern that is not known when the policy is compiled.
    pub(super) fn report_not_pattern(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::PatternNotLiteral, span, "A pattern must be a literal or a const.")
                .at("not known when the policy is compiled")
                .note("A pattern from a request would let the agent write part of the policy.")
                .help("Write the pattern here, or a `const` of type `set<glob>` or `set<regex>`."),
        );
    }

    /// `{ id: "x" }` outside of a test: records cannot be compared or built in conditions.
    pub(super) fn record_literal(&mut self, expr: &Expr) -> Option<TExpr> {
        self.report(
            Diagnostic::new(Code::CannotInfer, expr.span, "A record cannot be written in a condition.")
                .at("records come from requests and facts")
                .help("Compare its fields one by one: `window.from <= now`."),
        );
        None
    }
}
