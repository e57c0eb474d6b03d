//! Bare names: a variable, a field, a const or predicate, an enum variant of the expected type. Never two at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Env, typed};
use crate::check::typed::{ActionId, Scope, TExpr, TExprKind, VarId};
use crate::check::{Checker, ConstState, literal::constant_expr};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::{DefId, DefKind, Found};
use crate::source::Span;
use crate::syntax::ast::ItemKind;
use crate::types::{EntityTypeId, Origin, Type};
use crate::value::Value;

/// One thing that a bare name could mean.
enum Meaning {
    Parameter(TExpr),
    Variable(TExpr, Span),
    Reading(TExpr),
    Field(TExpr, Span),
    Item(DefId),
    Variant(TExpr),
}

impl Checker<'_> {
    /// What a bare name means.
    pub(super) fn name(&mut self, name: &str, span: Span, expected: Option<&Type>, env: &mut Env) -> Option<TExpr> {
        if let Some(word) = self.language_word(name, span, env) {
            return word;
        }
        let mut meanings = self.meanings(name, span, expected, env);
        match meanings.len() {
            0 => {
                self.report_unknown(name, span, expected, env);
                None
            }
            1 => self.meant(meanings.remove(0), span, env),
            _ => {
                self.report_meanings(name, span, &meanings);
                None
            }
        }
    }

    /// Words that the language gives a meaning everywhere.
    fn language_word(&mut self, name: &str, span: Span, env: &mut Env) -> Option<Option<TExpr>> {
        let request = env.actions.is_some();
        let found = match name {
            "now" if request => typed(TExprKind::Now, Type::Timestamp, span),
            "agent" if request => typed(TExprKind::Principal, Type::Entity(EntityTypeId::AGENT), span),
            "action" if request => typed(TExprKind::ActionName, Type::String, span),
            "workspace" => return Some(self.text_as(Type::Path, ".", span)),
            "secrets" | "flag" | "env" | "session" | "warnings" | "machines" | "people" => {
                let help = match name {
                    "secrets" => "Write `secrets.found`, or `secrets.found(field)`.",
                    "flag" => "Write `flag.` and the name of a flag.",
                    "warnings" => "Write `warnings >= 3`: it counts floors at yellow or above.",
                    "machines" | "people" => "Write it behind `by`.",
                    _ => "Write the name of a fact behind it: `env.name`.",
                };
                self.report(
                    Diagnostic::new(Code::UnknownName, span, format!("`{name}` is no value by itself."))
                        .at("incomplete")
                        .help(help),
                );
                return Some(None);
            }
            "now" | "agent" | "action" => {
                self.not_constant(span);
                return Some(None);
            }
            _ => return None,
        };
        Some(Some(found))
    }

    /// A text of the language itself as a typed value.
    fn text_as(&mut self, ty: Type, text: &str, span: Span) -> Option<TExpr> {
        let value = crate::types::read_text(&ty, text, &self.zone()).ok()?;
        Some(constant_expr(value, ty, span))
    }

    fn meanings(&mut self, name: &str, span: Span, expected: Option<&Type>, env: &mut Env) -> Vec<Meaning> {
        let mut out = Vec::new();
        if let Some(parameter) = env.parameters.get(name) {
            out.push(Meaning::Parameter(parameter.clone()));
        }
        if let Some(reading) = env.own.get(name) {
            out.push(Meaning::Reading(TExpr { span, ..reading.clone() }));
        }
        if let Some(var) = env.vars.iter().rev().find(|v| v.name == name) {
            out.push(Meaning::Variable(typed(TExprKind::Var(var.id), var.ty.clone(), span), var.span));
        }
        if let Some((field, declared)) = self.field_named(name, span, env) {
            out.push(Meaning::Field(field, declared));
        }
        match self.set.lookup(env.file, name) {
            Found::One(def) if matches!(self.set.def(def).kind, DefKind::Const | DefKind::Predicate) => {
                out.push(Meaning::Item(def));
            }
            Found::Many(defs) => out.extend(defs.into_iter().map(Meaning::Item)),
            Found::One(_) | Found::None => {}
        }
        if let Some(Type::Enum(id)) = expected.map(Type::required)
            && let Some(i) = self.types.enum_def(*id).variants.iter().position(|v| &**v == name)
        {
            out.push(Meaning::Variant(constant_expr(Value::Enum(*id, i as u32), Type::Enum(*id), span)));
        }
        out
    }

    /// The field of this name among the actions in scope; optional where some of them lack it.
    fn field_named(&mut self, name: &str, span: Span, env: &mut Env) -> Option<(TExpr, Span)> {
        let actions: &[ActionId] = env.actions.as_deref()?;
        let mut declared = actions.iter().filter_map(|a| self.actions[a.0 as usize].field(name));
        let first = declared.next()?.clone();
        let partial = declared.clone().count() + 1 < actions.len();
        let other = declared.find(|f| f.ty.ty != first.ty.ty || f.origin != first.origin).cloned();
        if let Some(other) = other {
            self.report(
                Diagnostic::new(
                    Code::SchemaConflict,
                    span,
                    format!("`{name}` is not the same field on every action here."),
                )
                .at("which one?")
                .label(first.span, "declared here")
                .label(other.span, "and otherwise here")
                .help("Narrow `on` to actions that agree, or make two items of this one."),
            );
        }
        if first.origin == Origin::Claimed {
            env.reads.claims.entry(first.name.clone()).or_insert(span);
        }
        if *first.ty.ty.required() == Type::Command {
            env.reads.command.get_or_insert(span);
        }
        let ty = if partial { first.ty.ty.clone().optional() } else { first.ty.ty.clone() };
        let field = TExpr { kind: TExprKind::Field(first.name.clone()), ty, range: first.ty.range, errs: false, span };
        Some((field, first.span))
    }

    fn meant(&mut self, meaning: Meaning, span: Span, env: &mut Env) -> Option<TExpr> {
        match meaning {
            Meaning::Parameter(found) => {
                let (nodes, deep) = size(&found);
                self.may_grow(span, nodes, deep, env).then_some(found)
            }
            Meaning::Reading(found)
            | Meaning::Variable(found, _)
            | Meaning::Field(found, _)
            | Meaning::Variant(found) => Some(found),
            Meaning::Item(def) => self.item_value(def, span, env),
        }
    }

    /// The value of a const, or a predicate without parameters.
    pub(super) fn item_value(&mut self, def: DefId, span: Span, env: &mut Env) -> Option<TExpr> {
        self.mentioned.insert(def);
        match self.set.def(def).kind {
            DefKind::Const => {
                let mut value = self.const_value(def)?;
                value.span = span;
                Some(value)
            }
            DefKind::Predicate => self.inline(def, &[], span, env),
            _ => None,
        }
    }

    /// Reads every const, so that a bad one is found even where nothing mentions it.
    pub(in crate::check) fn check_consts(&mut self) {
        for def in self.set.def_ids() {
            if self.set.def(def).kind == DefKind::Const && !self.is_principal_const(def) {
                self.const_value(def);
            }
        }
    }

    /// The value of a const, read on first need.
    pub(in crate::check) fn const_value(&mut self, def: DefId) -> Option<TExpr> {
        match self.consts.get(&def) {
            Some(ConstState::Done(value)) => return value.clone(),
            Some(ConstState::Open) => {
                self.report_circle(def);
                return None;
            }
            None => {}
        }
        let file = self.set.def(def).place.0;
        let set = self.set;
        let ItemKind::Const(item) = &set.item(def).kind else { return None };
        self.consts.insert(def, ConstState::Open);
        let wanted = item.ty.as_ref().map(|ty| self.field_type(file, ty));
        self.nested += crate::check::STEP;
        let value = match wanted {
            Some(None) => None,
            Some(Some(field)) => self
                .constant(file, &item.value, &field)
                .map(|value| constant_expr(value, field.ty.required().clone(), item.value.span)),
            None => self.const_expression(file, &item.value, None).and_then(|found| match found.kind {
                TExprKind::Const(_) => Some(found),
                _ => {
                    self.not_constant(item.value.span);
                    None
                }
            }),
        };
        self.nested -= crate::check::STEP;
        self.consts.insert(def, ConstState::Done(value.clone()));
        value
    }

    fn report_circle(&mut self, def: DefId) {
        let def = self.set.def(def);
        self.report(
            Diagnostic::new(Code::RecursiveDefinition, def.span, format!("`{}` is defined by itself.", def.name))
                .at("needs its own value")
                .help("Break the circle: one of them must be written out."),
        );
    }

    fn report_argument_count(&mut self, item: &crate::syntax::ast::Predicate, got: usize, span: Span) {
        let (name, wanted) = (&item.name.text, item.parameters.len());
        self.report(
            Diagnostic::new(Code::WrongArguments, span, format!("`{name}` takes {wanted} values, not {got}."))
                .at("called so")
                .label(item.name.span, "declared here"),
        );
    }

    /// Puts a predicate in place of its call.
    pub(super) fn inline(&mut self, def: DefId, arguments: &[TExpr], span: Span, env: &mut Env) -> Option<TExpr> {
        if env.stack.contains(&def) {
            self.report_circle(def);
            return None;
        }
        let file = self.set.def(def).place.0;
        let set = self.set;
        let ItemKind::Predicate(item) = &set.item(def).kind else { return None };
        let mut parameters = BTreeMap::new();
        if arguments.len() != item.parameters.len() {
            self.report_argument_count(item, arguments.len(), span);
            return None;
        }
        for ((name, ty), argument) in item.parameters.iter().zip(arguments) {
            let ty = self.field_type(file, ty)?.ty;
            if argument.ty != ty {
                self.mismatch(argument.span, &ty, &argument.ty);
                return None;
            }
            parameters.insert(name.text.clone(), argument.clone());
        }
        let result = match &item.ty {
            Some(ty) => self.field_type(file, ty)?.ty,
            None => Type::Bool,
        };
        let hidden = std::mem::take(&mut env.vars);
        let outer = std::mem::replace(&mut env.parameters, parameters);
        let outer_file = std::mem::replace(&mut env.file, file);
        env.stack.push(def);
        self.nested += crate::check::STEP;
        let body = self.value(&item.value, Some(&result), env);
        self.nested -= crate::check::STEP;
        env.stack.pop();
        env.file = outer_file;
        env.parameters = outer;
        env.vars = hidden;
        let body = body?;
        if body.ty != result {
            self.mismatch(item.value.span, &result, &body.ty);
            return None;
        }
        Some(body)
    }

    /// Reads predicates that nothing calls. What they may read is not known then, so only what is wrong whatever
    /// the action is reported.
    pub(in crate::check) fn check_uncalled(&mut self) {
        for def in self.set.def_ids() {
            if self.set.def(def).kind != DefKind::Predicate || self.mentioned.contains(&def) {
                continue;
            }
            let file = self.set.def(def).place.0;
            let set = self.set;
            let ItemKind::Predicate(item) = &set.item(def).kind else { continue };
            let actions = self.visible_actions(set.package_of(file)).collect();
            let mut env = Env::of_scope(file, &Scope { actions, undeclared: None });
            let (known, lost) = (self.out.len(), self.lost);
            let stand_in = |(i, (name, ty)): (usize, &(_, _))| {
                let name: &crate::syntax::ast::Name = name;
                let ty = self.field_type(file, ty)?.ty;
                Some(typed(TExprKind::Var(VarId(i as u32)), ty, name.span))
            };
            let arguments: Option<Vec<TExpr>> = item.parameters.iter().enumerate().map(stand_in).collect();
            if let Some(arguments) = arguments {
                self.inline(def, &arguments, item.name.span, &mut env);
            }
            let found = self.out.split_off(known);
            self.lost = lost;
            self.out.extend(found.into_iter().filter(|f| wrong_on_every_action(f.code)));
        }
    }

    fn report_meanings(&mut self, name: &str, span: Span, meanings: &[Meaning]) {
        let mut finding = Diagnostic::new(Code::AmbiguousName, span, format!("`{name}` could mean two things here."))
            .at("which one?")
            .help("Rename one of them, or say more: `Env.production` for a variant.");
        for meaning in meanings {
            finding = match meaning {
                Meaning::Parameter(_) => finding.note(format!("`{name}` is a parameter of this predicate.")),
                Meaning::Reading(_) => finding.note(format!("`{name}` is what this item tells of itself.")),
                Meaning::Variable(_, declared) => finding.label(*declared, "the variable of a quantifier"),
                Meaning::Field(_, declared) => finding.label(*declared, "a field of the action"),
                Meaning::Item(def) => {
                    let def = self.set.def(*def);
                    finding.label(def.span, def.kind.describe())
                }
                Meaning::Variant(variant) => {
                    let shown = self.types.show(&variant.ty);
                    finding.note(format!("`{name}` is a variant of `{shown}`."))
                }
            };
        }
        self.report(finding);
    }

    fn report_unknown(&mut self, name: &str, span: Span, expected: Option<&Type>, env: &Env) {
        if let Some(Type::Enum(id)) = expected.map(Type::required) {
            let variants: Vec<Arc<str>> = self.types.enum_def(*id).variants.clone();
            let shown = self.types.show(&Type::Enum(*id));
            let finding = Diagnostic::new(Code::UnknownVariant, span, format!("`{shown}` has no variant `{name}`."))
                .at("not a variant");
            let help = match nearest(name, variants.iter().map(|v| &**v)) {
                Some(near) => format!("Write `{near}`."),
                None if variants.len() <= 12 => format!("Write one of {}.", variants.join(", ")),
                None => "Write one of its variants.".into(),
            };
            self.report(finding.help(help));
            return;
        }
        let fields = env.actions.iter().flatten().flat_map(|a| self.actions[a.0 as usize].fields.iter());
        let fields: Vec<&str> = fields.map(|f| &*f.name).collect();
        let sight = self.set.names_in_sight(env.file);
        let vars = env.vars.iter().map(|v| v.name.as_str());
        let words = ["now", "agent", "action", "workspace", "secrets", "warnings"];
        let near = nearest(name, fields.iter().copied().chain(sight).chain(vars).chain(words));
        let (code, what) = match env.actions {
            Some(_) => (Code::UnknownName, "no field, const, predicate or variable has this name"),
            None => (Code::UnknownName, "no const or variant has this name"),
        };
        let finding = Diagnostic::new(code, span, format!("Nothing here is called `{name}`.")).at(what);
        self.report(match near {
            Some(near) => finding.help(format!("Write `{near}`.")),
            None => finding.help("Declare it as a field of the action, a const or a predicate; a text needs quotes."),
        });
    }
}

/// How many parts an expression has, and how deep they nest.
fn size(e: &TExpr) -> (usize, u32) {
    e.parts().into_iter().map(size).fold((1, 1), |(nodes, deep), (more, inner)| (nodes + more, deep.max(inner + 1)))
}

/// Whether a finding in a predicate holds whatever action would call it.
fn wrong_on_every_action(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownName
            | Code::UnknownMember
            | Code::UnknownVariant
            | Code::UnknownType
            | Code::UnknownEntityId
            | Code::UnknownZone
            | Code::RecursiveDefinition
            | Code::BadLiteral
            | Code::BadRegex
            | Code::BadGlob
            | Code::WrongArguments
            | Code::TypeMismatch
            | Code::CannotCompare
            | Code::NotABool
    )
}
