//! Steps of a test that are done beside requests: people grant and revoke, freeze and free, set flags; the host says
//! who made an agent, and closes sessions.
//!
//! Names and types are checked here. Whether it may be done is the governor's to say, when the test is taken.

use std::sync::Arc;

use super::Checker;
use super::expression::Env;
use super::sequences::{START, step_at};
use super::tests_of_policy::{World, split_keys};
use super::typed::state::{GrantDef, StateBody};
use super::typed::{Deed, TestPerson};
use super::typed::{Expected, FlagId, Scope, StandingWord, TExprKind, TestDeed, TestDoes, TestFlag, TestStep};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::DefKind;
use crate::raw::{Raw, RawFields};
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Literal, Name, StateKind};
use crate::types::Type;
use crate::value::{Value, time};

impl Checker<'_> {
    pub(super) fn deed_step(
        &mut self,
        file: usize,
        deed: &ast::TestDeed,
        by: Option<TestPerson>,
        world: &mut World,
    ) -> Option<TestStep> {
        let mut expect = self.expectations(file, &deed.expect);
        self.of_what_is_kept(&expect);
        // Said of a request it is where that stands; said of this step, that it is not done.
        let is_refused = |one: &Expected| matches!(one, Expected::Standing(StandingWord::Refused, _));
        let refused = expect.iter().find(|one| is_refused(one)).map(Expected::span);
        expect.retain(|one| !is_refused(one));
        let does = self.deed(file, deed, by, world)?;
        // A flag that is set or cleared is no longer what the test said of it with `given`.
        if let (Deed::SetFlag { of, .. } | Deed::ClearFlag { of, .. }, None) = (&does, refused) {
            world.facts.flags.retain(|(given, _)| *given != of.flag);
        }
        let does = TestDeed { does, refused, entities: world.entities.clone() };
        Some(step_at(deed.span, world, TestDoes::Deed(Box::new(does)), expect))
    }

    fn deed(&mut self, file: usize, deed: &ast::TestDeed, by: Option<TestPerson>, world: &mut World) -> Option<Deed> {
        Some(match &deed.does {
            ast::Deed::Grant { item, keys, fields, end } => {
                let (name, names, def) = self.grant_named(file, item)?;
                let keys = self.grant_keys(file, (item, &names), keys, &def)?;
                let fields = self.granted(file, (item, fields), &def)?;
                let until = self.end_of_deed(end.as_ref(), world)?;
                Deed::Grant { item: name, keys, fields, until, by: by? }
            }
            ast::Deed::Revoke { item, keys } => {
                let (name, names, def) = self.grant_named(file, item)?;
                Deed::Revoke { keys: self.grant_keys(file, (item, &names), keys, &def)?, item: name, by: by? }
            }
            ast::Deed::Freeze(agent) => Deed::Freeze { agent: self.agent_named(file, agent, world)?, by: by? },
            ast::Deed::Unfreeze(agent) => Deed::Unfreeze { agent: self.agent_named(file, agent, world)?, by: by? },
            ast::Deed::Agent { agent, maker, owner } => {
                let mut named = |who: Option<&Expr>| match who {
                    Some(who) => self.agent_named(file, who, world).map(Some),
                    None => Some(None),
                };
                Deed::Agent {
                    agent: named(Some(agent))??,
                    maker: named(maker.as_ref())?,
                    owner: named(owner.as_ref())?,
                }
            }
            ast::Deed::SetFlag { place, value, scope, end } => {
                let (flag, of) = self.flag_place(file, place, scope.as_ref())?;
                let ty = self.flags[flag.0 as usize].ty.ty.clone();
                let value = self.typed_value(file, value, &ty)?;
                let until = self.end_of_deed(end.as_ref(), world)?;
                Deed::SetFlag { of, value: self.raw_of(&value), until, by: by? }
            }
            ast::Deed::ClearFlag { place, scope } => {
                Deed::ClearFlag { of: self.flag_place(file, place, scope.as_ref())?.1, by: by? }
            }
            ast::Deed::CloseSession(name, span) => {
                Deed::CloseSession { session: self.session_named(name, *span, world)? }
            }
        })
    }

    /// A grant: its qualified name, its keys as they are written, and what it is.
    fn grant_named(&mut self, file: usize, path: &ast::Path) -> Option<(Arc<str>, Vec<String>, GrantDef)> {
        let fits = |def: &crate::hir::Def| def.kind == DefKind::State(StateKind::Grant);
        let def = self.resolve(file, path, "a grant", fits)?;
        let item = self.state.item(def)?;
        match &item.body {
            StateBody::Grant(grant) => {
                let names = item.keys.iter().map(|key| self.sources.text(key.span).to_owned()).collect();
                Some((item.name.clone(), names, grant.clone()))
            }
            _ => None,
        }
    }

    /// The values of a grant's keys: as many as it has, each of its type.
    fn grant_keys(
        &mut self,
        file: usize,
        (of, names): (&ast::Path, &[String]),
        keys: &[Expr],
        def: &GrantDef,
    ) -> Option<Vec<Value>> {
        let wanted = def.key_types.len();
        if keys.len() != wanted {
            let shown = of.text();
            let each: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("`{shown}` is kept for each {}.", each.join(", "));
            let example = vec!["…"; wanted].join(", ");
            self.report(
                Diagnostic::new(Code::TestStepMisplaced, of.span, message)
                    .at(format!("{} given", count(keys.len())))
                    .help(format!("Write `{shown} for {example}`.")),
            );
            return None;
        }
        keys.iter().zip(&def.key_types).map(|(key, ty)| self.typed_value(file, key, ty)).collect()
    }

    /// What a grant holds, as a host would send it.
    fn granted(
        &mut self,
        file: usize,
        (of, given): (&ast::Path, &[(Name, Expr)]),
        def: &GrantDef,
    ) -> Option<RawFields> {
        self.distinct(given.iter().map(|(name, _)| name), "field");
        let mut fields = RawFields::new();
        for (name, value) in given {
            let Some(field) = def.fields.iter().find(|field| *field.name == *name.text) else {
                let near = nearest(&name.text, def.fields.iter().map(|field| &*field.name)).map(str::to_owned);
                let message = format!("`{}` holds no `{}`.", of.text(), name.text);
                let finding = Diagnostic::new(Code::TestFieldUnknown, name.span, message).at("not declared");
                self.report(match near {
                    Some(near) => finding.help(format!("Write `{near}`.")),
                    None => finding.help("Declare it in `holds { … }`, or leave it out."),
                });
                return None;
            };
            let value = self.typed_value(file, value, &field.ty.ty)?;
            fields.push((field.name.clone(), self.raw_of(&value)));
        }
        let missing = def
            .fields
            .iter()
            .find(|field| !field.ty.ty.is_optional() && given.iter().all(|(name, _)| *name.text != *field.name));
        if let Some(field) = missing {
            let message = format!("`{}` holds `{}`, and this step does not say it.", of.text(), field.name);
            self.report(
                Diagnostic::new(Code::TestStepMisplaced, of.span, message)
                    .at("a field is missing")
                    .help(format!("Write `{{ {}: … }}` behind it.", field.name)),
            );
            return None;
        }
        Some(fields)
    }

    /// A constant of this type.
    fn typed_value(&mut self, file: usize, expr: &Expr, ty: &Type) -> Option<Value> {
        let wanted = ty.required().clone();
        let found = self.const_expression(file, expr, Some(&wanted))?;
        if *found.ty.required() != wanted {
            self.mismatch(expr.span, &wanted, &found.ty);
            return None;
        }
        match found.kind {
            TExprKind::Const(value) => Some(value),
            _ => {
                self.not_constant(expr.span);
                None
            }
        }
    }

    /// `"bot"`, `Agent("bot")`, or a const of type `agent`.
    fn agent_named(&mut self, file: usize, agent: &Expr, world: &mut World) -> Option<Arc<str>> {
        match &agent.kind {
            ExprKind::Literal(Literal::String(id)) => Some(id.as_str().into()),
            _ => self.person(file, agent, world).map(|person| person.id),
        }
    }

    /// When it ends; the outer none is a time that was reported.
    fn end_of_deed(&mut self, end: Option<&ast::DeedEnd>, world: &World) -> Option<Option<i64>> {
        let Some(end) = end else { return Some(None) };
        let now = world.facts.now.unwrap_or(START);
        let until = if end.within {
            now.saturating_add(self.span_of_time(&end.literal, end.span, "within 30d")?)
        } else {
            self.time_of(&end.literal, end.span, now, ("until 18:00", "until 2026-11-18T10:00"))?
        };
        if until <= now || until > time::calendar().1 {
            let (message, at) = if until <= now {
                ("It would be over before it begins.", format!("it is {} already", time::show_timestamp(now)))
            } else {
                ("This leads beyond the calendar.", "no such time".to_owned())
            };
            self.report(Diagnostic::new(Code::TestStepMisplaced, end.span, message).at(at));
            return None;
        }
        Some(Some(until))
    }

    /// `flag.website[news]` where `env.name = prod`.
    fn flag_place(&mut self, file: usize, place: &Expr, scope: Option<&(Expr, Expr)>) -> Option<(FlagId, TestFlag)> {
        let (base, keys) = split_keys(place);
        let name = match &base.kind {
            ExprKind::Member(of, name) if matches!(&of.kind, ExprKind::Name(group) if group == "flag") => name,
            _ => {
                let message = "Only flags are set and cleared.";
                let finding = Diagnostic::new(Code::UnknownFactGroup, base.span, message).at("not a flag");
                self.report(finding.help("Write `set flag.halt = true by …`; other facts are `given`."));
                return None;
            }
        };
        let id = self.flag_in_sight(file, &ast::Path { parts: vec![name.clone()], span: name.span })?;
        let (flag, types) = (self.flags[id.0 as usize].name.clone(), self.flags[id.0 as usize].keys.clone());
        let key = match (keys.len(), types.len()) {
            // Of a flag with keys, every key that has no value of its own.
            (0, 1..) => "*".into(),
            (given, wanted) if given == wanted => {
                let values = keys.iter().zip(&types).map(|(key, ty)| self.typed_value(file, key, ty));
                let values: Vec<Value> = values.collect::<Option<_>>()?;
                values.iter().map(|value| self.key_text(value)).collect::<Vec<_>>().join("/").into()
            }
            (given, wanted) => {
                let message = format!("`flag.{}` has {}.", name.text, count(wanted));
                let finding = Diagnostic::new(Code::TestStepMisplaced, place.span, message);
                self.report(finding.at(format!("{} given", count(given))));
                return None;
            }
        };
        let scope = match scope {
            Some((fact, value)) => Some(self.flag_scope(file, id, fact, value)?),
            None => None,
        };
        Some((id, TestFlag { flag, key, scope }))
    }

    /// A fact that the flag is scoped by, and the value for which it is set.
    fn flag_scope(&mut self, file: usize, flag: FlagId, fact: &Expr, value: &Expr) -> Option<(Arc<str>, Arc<str>)> {
        let mut env = Env::of_scope(file, &Scope::default());
        let found = self.value(fact, None, &mut env)?;
        let scopes = self.state.flags.get(flag.0 as usize).map(|rules| rules.scoped_by.clone()).unwrap_or_default();
        let TExprKind::Fact(group, place) = found.kind else {
            self.no_scope(flag, fact.span, &scopes);
            return None;
        };
        if !scopes.contains(&(group, place)) {
            self.no_scope(flag, fact.span, &scopes);
            return None;
        }
        let value = self.typed_value(file, value, &found.ty)?;
        let fact = format!("{}.{}", group.name(), self.facts.group(group).get(place as usize)?.name);
        Some((fact.into(), self.key_text(&value).into()))
    }

    fn no_scope(&mut self, flag: FlagId, span: Span, scopes: &[(super::typed::FactGroup, u32)]) {
        let name = self.flags[flag.0 as usize].name.clone();
        let name = name.rsplit('.').next().unwrap_or_default();
        let fact = |(group, place): &(super::typed::FactGroup, u32)| {
            let field = self.facts.group(*group).get(*place as usize)?;
            Some(format!("`{}.{}`", group.name(), field.name))
        };
        let known: Vec<String> = scopes.iter().filter_map(fact).collect();
        let help = match known.as_slice() {
            [] => "Leave `where …` out, or write `scoped by` at the flag.".to_owned(),
            known => format!("It is scoped by {}.", known.join(", ")),
        };
        let message = format!("`flag.{name}` is not scoped by this.");
        self.report(Diagnostic::new(Code::TestStepMisplaced, span, message).at("not one of its scopes").help(help));
    }

    /// A key of a flag, or the value of a scope, as a host writes it.
    fn key_text(&self, value: &Value) -> String {
        if let Some(text) = value.text() {
            return text.to_owned();
        }
        match self.raw_of(value) {
            Raw::Text(text) | Raw::Number(text) => text.to_string(),
            Raw::Bool(so) => so.to_string(),
            Raw::Object(_) | Raw::Null | Raw::List(_) | Raw::Unavailable(_) => String::new(),
        }
    }

    fn session_named(&mut self, name: &str, span: Span, world: &World) -> Option<Arc<str>> {
        if let Some(known) = world.sessions.iter().find(|known| ***known == *name) {
            return Some(known.clone());
        }
        let known: Vec<&str> = world.sessions.iter().map(|known| &**known).collect();
        let help = format!("Sessions so far are `{}`.", known.join("`, `"));
        let message = format!("There was no session `{name}` before.");
        self.report(Diagnostic::new(Code::TestStepMisplaced, span, message).at("not begun").help(help));
        None
    }
}

fn count(n: usize) -> String {
    match n {
        0 => "no keys".to_owned(),
        1 => "one key".to_owned(),
        n => format!("{n} keys"),
    }
}
