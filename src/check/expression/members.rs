//! `a.b`: facts, flags, variants, entity ids, properties of values.

use super::{Env, typed};
use crate::builtin::{self, Form};
use crate::check::Checker;
use crate::check::literal::constant_expr;
use crate::check::typed::{FactGroup, TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::{DefId, DefKind, Found};
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Literal, Name};
use crate::types::{EntityTypeId, FieldDef, Type};
use crate::value::{EntityRef, Value};

/// A chain of names as a path: `people.Role.ops`.
pub(crate) fn as_path(expr: &Expr) -> Option<ast::Path> {
    match &expr.kind {
        ExprKind::Name(text) => {
            Some(ast::Path { parts: vec![Name { text: text.clone(), span: expr.span }], span: expr.span })
        }
        ExprKind::Member(base, name) => {
            let mut path = as_path(base)?;
            path.parts.push(name.clone());
            path.span = expr.span;
            Some(path)
        }
        _ => None,
    }
}

impl Checker<'_> {
    /// `base.name`
    pub(super) fn member(&mut self, expr: &Expr, base: &Expr, name: &Name, env: &mut Env) -> Option<TExpr> {
        if let ExprKind::Name(root) = &base.kind {
            match root.as_str() {
                "agent" | "session" | "env" => return self.fact(expr, root, name, env),
                "flag" => return self.flag_read(expr, name, env),
                "secrets" => return self.secrets(expr, name, None, env),
                _ => {}
            }
        }
        if let Some(found) = self.static_member(expr, base, name, env) {
            return found;
        }
        let base_value = self.value(base, None, env)?;
        self.member_of(expr, base_value, name, env)
    }

    /// `Role.ops`, `Env.production`, `people.maintainers`: members of types and packages.
    fn static_member(&mut self, expr: &Expr, base: &Expr, name: &Name, env: &mut Env) -> Option<Option<TExpr>> {
        let base_path = as_path(base)?;
        let root = &base_path.parts[0].text;
        if env.vars.iter().any(|v| v.name == *root) || env.parameters.contains_key(root) {
            return None;
        }
        if let Found::One(def) = self.set.lookup_path(env.file, &base_path)
            && let Some(ty) = self.type_ids.get(&def).cloned()
        {
            self.mentioned.insert(def);
            return Some(self.type_member(&ty, name, expr.span));
        }
        if let Found::One(def) = self.set.lookup_path(env.file, &base_path)
            && matches!(self.set.def(def).kind, DefKind::State(_))
        {
            return self.state_member(def, root, base, name, expr.span, env);
        }
        if base_path.parts.len() == 1 && root == "Agent" {
            return Some(self.type_member(&Type::Entity(EntityTypeId::AGENT), name, expr.span));
        }
        if base_path.text() == "SecretKind" || base_path.text() == "Weekday" {
            let id = if base_path.text() == "Weekday" {
                crate::types::EnumId::WEEKDAY
            } else {
                crate::types::EnumId::SECRET_KIND
            };
            return Some(self.type_member(&Type::Enum(id), name, expr.span));
        }
        let whole = as_path(expr)?;
        let package = self.set.lookup_package(env.file, &base_path.text())?;
        match self.set.lookup_path(env.file, &whole) {
            Found::One(def) if self.set.def(def).package == package => {
                Some(self.item_value_or_report(def, expr.span, env))
            }
            Found::One(_) | Found::Many(_) | Found::None => None,
        }
    }

    /// `per_hour.count`, unless a field of that name is meant.
    fn state_member(
        &mut self,
        def: DefId,
        root: &str,
        base: &Expr,
        name: &Name,
        span: Span,
        env: &mut Env,
    ) -> Option<Option<TExpr>> {
        let fields = env.actions.iter().flatten().filter_map(|a| self.actions[a.0 as usize].field(root));
        if let Some(field) = fields.map(|f| f.span).next() {
            let (item, kind) = (self.set.def(def).span, self.set.def(def).kind.describe());
            self.report(
                Diagnostic::new(Code::AmbiguousName, base.span, format!("`{root}` could mean two things here."))
                    .at("which one?")
                    .label(field, "a field of the action")
                    .label(item, kind)
                    .help("Rename one of them."),
            );
            return Some(None);
        }
        Some(self.reading(def, name, span, env))
    }

    fn item_value_or_report(&mut self, def: DefId, span: Span, env: &mut Env) -> Option<TExpr> {
        match self.set.def(def).kind {
            DefKind::Const | DefKind::Predicate => self.item_value(def, span, env),
            other => {
                let (name, kind) = (self.set.def(def).name.clone(), other.describe());
                self.report(
                    Diagnostic::new(Code::UnknownName, span, format!("`{name}` is {kind}, not a value."))
                        .at("a const or predicate must stand here"),
                );
                None
            }
        }
    }

    /// A variant of an enum or an id of a closed entity type.
    pub(in crate::check) fn type_member(&mut self, ty: &Type, name: &Name, span: Span) -> Option<TExpr> {
        match ty {
            Type::Enum(id) => {
                let def = self.types.enum_def(*id).clone();
                match def.variants.iter().position(|v| **v == name.text) {
                    Some(i) => Some(constant_expr(Value::Enum(*id, i as u32), ty.clone(), span)),
                    None => {
                        let near = nearest(&name.text, def.variants.iter().map(|v| &**v)).map(str::to_string);
                        self.unknown_of(Code::UnknownVariant, ty, name, "variant", near);
                        None
                    }
                }
            }
            Type::Entity(id) => {
                let def = self.types.entity(*id).clone();
                match &def.ids {
                    Some(ids) if ids.iter().any(|i| **i == name.text) => {
                        let entity = EntityRef { ty: *id, id: name.text.as_str().into() };
                        Some(constant_expr(Value::Entity(entity), ty.clone(), span))
                    }
                    Some(ids) => {
                        let near = nearest(&name.text, ids.iter().map(|v| &**v)).map(str::to_string);
                        self.unknown_of(Code::UnknownEntityId, ty, name, "id", near);
                        None
                    }
                    None => {
                        let shown = self.types.show(ty);
                        self.report(
                            Diagnostic::new(
                                Code::UnknownEntityId,
                                name.span,
                                format!("The ids of `{shown}` are not declared."),
                            )
                            .at("not a closed type")
                            .help(format!("Write `{shown}(\"{}\")`.", name.text)),
                        );
                        None
                    }
                }
            }
            _ => {
                let shown = self.types.show(ty);
                self.report(
                    Diagnostic::new(
                        Code::UnknownMember,
                        name.span,
                        format!("The type `{shown}` has no member `{}`.", name.text),
                    )
                    .at("types have no values by themselves"),
                );
                None
            }
        }
    }

    fn unknown_of(&mut self, code: Code, ty: &Type, name: &Name, what: &str, near: Option<String>) {
        let shown = self.types.show(ty);
        let finding = Diagnostic::new(code, name.span, format!("`{shown}` has no {what} `{}`.", name.text))
            .at(format!("no {what} of `{shown}`"));
        self.report(match near {
            Some(near) => finding.help(format!("Write `{near}`.")),
            None => finding.help(format!("Write one that the type declares, or add this {what} to it.")),
        });
    }

    /// `Role.{ops, ci}`
    pub(super) fn variants(&mut self, expr: &Expr, base: &Expr, names: &[Name], env: &mut Env) -> Option<TExpr> {
        let path = as_path(base)?;
        let ty = match self.set.lookup_path(env.file, &path) {
            Found::One(def) if self.type_ids.contains_key(&def) => {
                self.mentioned.insert(def);
                self.type_ids.get(&def).cloned()
            }
            Found::One(_) | Found::Many(_) | Found::None => None,
        };
        let Some(ty) = ty else {
            let near = self.set.names_in_sight(env.file);
            let near = nearest(&path.text(), near).map(str::to_string);
            let finding = Diagnostic::new(Code::UnknownType, base.span, format!("There is no type `{}`.", path.text()))
                .at("an enum or entity type must stand here");
            self.report(match near {
                Some(near) => finding.help(format!("Write `{near}`.")),
                None => finding,
            });
            return None;
        };
        let mut values = Vec::new();
        for name in names {
            if let TExprKind::Const(value) = self.type_member(&ty, name, name.span)?.kind {
                values.push(value);
            }
        }
        Some(constant_expr(Value::set(values), Type::Set(ty.into()), expr.span))
    }

    /// `agent.trust`, `env.name`, `session.user`
    fn fact(&mut self, expr: &Expr, group: &str, name: &Name, env: &mut Env) -> Option<TExpr> {
        if env.actions.is_none() {
            self.not_constant(expr.span);
            return None;
        }
        let group = match group {
            "agent" => FactGroup::Agent,
            "session" => FactGroup::Session,
            _ => FactGroup::Env,
        };
        let fields = self.facts.group(group);
        if let Some(i) = fields.iter().position(|f| *f.name == name.text) {
            let field = &fields[i];
            return Some(TExpr {
                kind: TExprKind::Fact(group, i as u32),
                ty: field.ty.ty.clone(),
                range: field.ty.range,
                errs: false,
                span: expr.span,
            });
        }
        if group == FactGroup::Agent
            && self.types.entity(EntityTypeId::AGENT).fields.iter().any(|f| *f.name == name.text)
        {
            let principal = typed(TExprKind::Principal, Type::Entity(EntityTypeId::AGENT), expr.span);
            return self.member_of(expr, principal, name, env);
        }
        let near = nearest(&name.text, fields.iter().map(|f| &*f.name)).map(str::to_string);
        let group = group.name();
        let finding =
            Diagnostic::new(Code::UnknownField, name.span, format!("No fact `{group}.{}` is declared.", name.text))
                .at("the host does not supply it");
        self.report(match near {
            Some(near) => finding.help(format!("Write `{group}.{near}`.")),
            None => finding.help(format!("Declare it: `facts {group} {{ {}: bool }}`.", name.text)),
        });
        None
    }

    /// `flag.halt`; a keyed flag must be followed by its keys.
    fn flag_read(&mut self, expr: &Expr, name: &Name, env: &mut Env) -> Option<TExpr> {
        self.flag_with_keys(expr.span, name, Vec::new(), env)
    }

    fn flag_with_keys(&mut self, span: Span, name: &Name, keys: Vec<&Expr>, env: &mut Env) -> Option<TExpr> {
        if env.actions.is_none() {
            self.not_constant(span);
            return None;
        }
        let path = ast::Path { parts: vec![name.clone()], span: name.span };
        let id = self.flag_in_sight(env.file, &path)?;
        let def = self.flags[id.0 as usize].clone();
        if def.keys.len() != keys.len() {
            self.report(
                Diagnostic::new(
                    Code::WrongArguments,
                    span,
                    format!("The flag `{}` is kept for {} keys, {} are given.", name.text, def.keys.len(), keys.len()),
                )
                .at("other keys than declared")
                .label(def.span, "declared here")
                .help(format!("Write `flag.{}{}`.", name.text, "[key]".repeat(def.keys.len()))),
            );
            return None;
        }
        let mut typed_keys = Vec::new();
        for (key, ty) in keys.into_iter().zip(&def.keys) {
            let value = self.value(key, Some(ty), env)?;
            if value.ty != *ty {
                self.mismatch(key.span, ty, &value.ty);
                return None;
            }
            typed_keys.push(value);
        }
        Some(TExpr { kind: TExprKind::Flag(id, typed_keys), ty: def.ty.ty, range: def.ty.range, errs: false, span })
    }

    /// `m["k"]`, `flag.website[area]`
    pub(super) fn index(&mut self, expr: &Expr, base: &Expr, key: &Expr, env: &mut Env) -> Option<TExpr> {
        let mut keys = vec![key];
        let mut root = base;
        while let ExprKind::Index(inner, key) = &root.kind {
            keys.insert(0, key);
            root = inner;
        }
        if let ExprKind::Member(of, name) = &root.kind
            && matches!(&of.kind, ExprKind::Name(n) if n == "flag")
        {
            return self.flag_with_keys(expr.span, name, keys, env);
        }
        let map = self.value(base, None, env)?;
        let Type::Map(element) = &map.ty else {
            let shown = self.types.show(&map.ty);
            self.report(
                Diagnostic::new(Code::UnknownMember, expr.span, format!("`{shown}` has no entries to name."))
                    .at("only maps and keyed flags do")
                    .help("Ask with `any x in xs: …`, or take `.first` of a list."),
            );
            return None;
        };
        let ExprKind::Literal(Literal::String(text)) = &key.kind else {
            self.not_constant(key.span);
            return None;
        };
        let ty = (**element).clone().optional();
        Some(typed(TExprKind::MapGet(Box::new(map), text.as_str().into()), ty, expr.span))
    }

    /// A member of a value: a record's field, an entity's attribute, a property.
    pub(super) fn member_of(&mut self, expr: &Expr, base: TExpr, name: &Name, env: &mut Env) -> Option<TExpr> {
        let field_of = |fields: &[FieldDef]| {
            fields.iter().position(|f| *f.name == name.text).map(|i| (i as u32, fields[i].ty.clone()))
        };
        let field = match &base.ty {
            Type::Record(id) => field_of(&self.types.record(*id).fields),
            Type::Entity(id) => field_of(&self.types.entity(*id).fields),
            _ => None,
        };
        if let Some((i, field)) = field {
            let kind = match base.ty {
                Type::Record(_) => TExprKind::RecordField(Box::new(base), i),
                _ => TExprKind::Attribute(Box::new(base), i),
            };
            return Some(TExpr { kind, ty: field.ty, range: field.range, errs: false, span: expr.span });
        }
        if base.ty == Type::Timestamp
            && let Some(found) = self.civil_member(expr, &base, name)
        {
            return Some(found);
        }
        if let Some((id, row)) = builtin::find(Form::Property, &name.text, &base.ty) {
            let ty = row.result.resolve(&base.ty)?;
            let kind = TExprKind::Call(id, vec![base]);
            return Some(TExpr { kind, ty, range: row.range, errs: row.errs, span: expr.span });
        }
        let _ = env;
        self.unknown_member(&base.ty, name);
        None
    }

    /// `now.hour`: the clock of the root package's zone.
    fn civil_member(&mut self, expr: &Expr, base: &TExpr, name: &Name) -> Option<TExpr> {
        let (in_zone, _) = builtin::find(Form::Method, "in", &Type::Timestamp)?;
        let (id, row) = builtin::find(Form::Property, &name.text, &Type::CivilTime)?;
        let zone = constant_expr(Value::str(&self.settings.zone), Type::String, expr.span);
        let civil = typed(TExprKind::Call(in_zone, vec![base.clone(), zone]), Type::CivilTime, expr.span);
        let ty = row.result.resolve(&Type::CivilTime)?;
        let kind = TExprKind::Call(id, vec![civil]);
        Some(TExpr { kind, ty, range: row.range, errs: row.errs, span: expr.span })
    }

    /// Reports a member that a type does not have.
    pub(super) fn unknown_member(&mut self, ty: &Type, name: &Name) {
        let mut members: Vec<String> = builtin::members_of(ty).into_iter().map(str::to_string).collect();
        match ty {
            Type::Record(id) => members.extend(self.types.record(*id).fields.iter().map(|f| f.name.to_string())),
            Type::Entity(id) => members.extend(self.types.entity(*id).fields.iter().map(|f| f.name.to_string())),
            _ => {}
        }
        let shown = self.types.show(ty);
        let finding = Diagnostic::new(Code::UnknownMember, name.span, format!("`{shown}` has no `{}`.", name.text))
            .at("not a property of it");
        self.report(match nearest(&name.text, members.iter().map(String::as_str)) {
            Some(near) => finding.help(format!("Write `{near}`.")),
            None if members.is_empty() => finding,
            None => finding.help(format!("It has {}.", members.join(", "))),
        });
    }
}
