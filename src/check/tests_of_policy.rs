//! `test` blocks: requests with their facts, as a host would send them.
//!
//! What a test gives goes through the same reader as a real request, so a test can be wrong in every way a
//! request can. Facts that it does not give take their start values; time is noon UTC of a Wednesday. How steps follow
//! each other is in [`super::sequences`].

use std::sync::Arc;

use super::Checker;
use super::typed::{AgentGiven as Said, Expected, RawEntity, StandingWord, TestCase};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::facts::Facts;
use crate::hir::Found;
use crate::raw::{Raw, RawFields};
use crate::request::Request;
use crate::source::Span;
use crate::syntax::ast::{self, Expectation, Expr, ExprKind, Given, Literal, Name};
use crate::types::{FieldDef, Origin};
use crate::value::{Value, number, time};

/// The agent of a test that names none.
const TESTER: &str = "tester";

/// What is known at a step of a test.
#[derive(Clone, Default)]
pub(super) struct World {
    pub(super) facts: Facts,
    pub(super) entities: Vec<RawEntity>,
    /// Whether a governor keeps what happens.
    pub(super) governed: bool,
    /// Whether something was asked already.
    pub(super) started: bool,
    /// What `given` said of an agent's standing, and the agents that have taken it over.
    pub(super) said: Said,
    pub(super) told: Vec<Arc<str>>,
    /// Sessions that there are.
    pub(super) sessions: Vec<Arc<str>>,
}

impl World {
    /// Notes what `given` says of agents.
    fn say<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let said = said(names);
        if said != Said::default() {
            self.told.clear();
            self.said.trust |= said.trust;
            self.said.frozen |= said.frozen;
            self.said.level |= said.level;
        }
    }
}

/// Which of the names are of an agent's standing.
fn said<'n>(names: impl Iterator<Item = &'n str>) -> Said {
    let mut said = Said::default();
    for name in names {
        match name {
            "trust" => said.trust = true,
            "frozen" => said.frozen = true,
            "level" => said.level = true,
            _ => {}
        }
    }
    said
}

impl Checker<'_> {
    pub(super) fn given(&mut self, file: usize, given: &Given, world: &mut World) {
        match given {
            Given::Group(group, fields) => {
                let values = self.raw_fields(file, fields);
                match group.text.as_str() {
                    "agent" => {
                        world.say(fields.iter().map(|(name, _)| name.text.as_str()));
                        put_all(&mut world.facts.agent, values);
                    }
                    "session" => put_all(&mut world.facts.session, values),
                    "env" => put_all(&mut world.facts.env, values),
                    "observed" => put_all(&mut world.facts.observed, values),
                    _ => self.unknown_given(group.span),
                }
            }
            Given::Place(place, value) => {
                let value = self.raw(file, value);
                self.put(file, place, value, world);
            }
            Given::Unreadable(place) => self.put(file, place, Raw::Unavailable("the test says so".into()), world),
            Given::Entity { entity, parents, fields } => {
                let attributes = self.raw_fields(file, fields);
                let own = self.entity_names(file, entity);
                let parents = parents.iter().filter_map(|p| self.entity_names(file, p)).collect();
                if let Some((ty, id)) = own {
                    world.entities.retain(|e| (&e.ty, &e.id) != (&ty, &id));
                    world.entities.push(RawEntity { ty, id, parents, attributes });
                }
            }
        }
    }

    fn unknown_given(&mut self, span: Span) {
        self.report(
            Diagnostic::new(
                Code::UnknownFactGroup,
                span,
                "A test gives facts of `agent`, `session`, `env`, `observed` or `flag`.",
            )
            .at("not known")
            .help("Write `given env.name = prod` or `given flag.halt = true`."),
        );
    }

    /// Sets one fact: `env.name`, `flag.halt`, `flag.website[news]`.
    fn put(&mut self, file: usize, place: &Expr, value: Raw, world: &mut World) {
        let (place, keys) = split_keys(place);
        let ExprKind::Member(base, name) = &place.kind else { return self.unknown_given(place.span) };
        let ExprKind::Name(group) = &base.kind else { return self.unknown_given(place.span) };
        match group.as_str() {
            "agent" => {
                world.say(std::iter::once(name.text.as_str()));
                put_one(&mut world.facts.agent, &name.text, value);
            }
            "session" => put_one(&mut world.facts.session, &name.text, value),
            "env" => put_one(&mut world.facts.env, &name.text, value),
            "observed" => put_one(&mut world.facts.observed, &name.text, value),
            "flag" => {
                let path = ast::Path { parts: vec![name.clone()], span: name.span };
                let Some(id) = self.flag_in_sight(file, &path) else { return };
                let flag = self.flags[id.0 as usize].name.to_string();
                let value = self.keyed(file, &keys, value);
                match (world.facts.flags.iter_mut().find(|(n, _)| **n == *flag), value) {
                    (Some((_, Raw::Object(old))), Raw::Object(new)) => put_all(old, new),
                    (_, value) => put_one(&mut world.facts.flags, &flag, value),
                }
            }
            _ => self.unknown_given(place.span),
        }
    }

    /// A keyed value as an object of one member: keys joined by `/`.
    fn keyed(&mut self, file: usize, keys: &[&Expr], value: Raw) -> Raw {
        if keys.is_empty() {
            return value;
        }
        let texts: Vec<String> = keys
            .iter()
            .map(|k| match self.raw(file, k) {
                Raw::Text(text) => text.to_string(),
                Raw::Object(fields) => match crate::raw::get(&fields, "id") {
                    Some(Raw::Text(id)) => id.to_string(),
                    _ => String::new(),
                },
                _ => String::new(),
            })
            .collect();
        Raw::Object(vec![(texts.join("/").into(), value)])
    }

    /// A request, with what it says anew of the agent's standing.
    pub(super) fn test_request(
        &mut self,
        file: usize,
        request: &ast::TestRequest,
        world: &mut World,
    ) -> Option<(TestCase, Said)> {
        // In a sequence time goes on from there; alone, only this request is at that time.
        let mut here = world.clone();
        if let Some(at) = &request.at {
            self.at(at, request.span, &mut here);
            if world.governed {
                world.facts.now = here.facts.now;
            }
        }
        let said = self.principal_facts(file, request.principal.as_ref(), &mut here);
        let observed = self.raw_fields(file, &request.observed);
        put_all(&mut here.facts.observed, observed);
        let mut asked = Request::new(&request.action.0);
        asked.params = self.raw_fields(file, &request.params);
        asked.claims = self.raw_fields(file, &request.claimed);
        let given = request.params.iter().chain(&request.observed).chain(&request.claimed).map(|(n, _)| n);
        self.check_given(file, &request.action, given, &request.expect)?;
        let expect = self.expectations(file, &request.expect);
        if let Some(id) = id_of(&here.facts)
            && !world.told.contains(&id)
        {
            world.told.push(id);
        }
        let case = TestCase { request: asked, facts: here.facts, entities: here.entities, expect, span: request.span };
        Some((case, said))
    }

    pub(super) fn test_rows(&mut self, file: usize, rows: &ast::TestCases, world: &World) -> Vec<(TestCase, Said)> {
        let mut world = world.clone();
        let said = self.principal_facts(file, rows.principal.as_ref(), &mut world);
        let observed = self.raw_fields(file, &rows.observed);
        put_all(&mut world.facts.observed, observed);
        let shared = self.raw_fields(file, &rows.params);
        let mut cases = Vec::new();
        for row in &rows.rows {
            let given = rows.params.iter().chain(&row.fields).map(|(n, _)| n);
            if self.check_given(file, &rows.action, given, &row.expect).is_none() {
                continue;
            }
            let mut case = TestCase {
                request: Request::new(&rows.action.0),
                facts: world.facts.clone(),
                entities: world.entities.clone(),
                expect: self.expectations(file, &row.expect),
                span: row.span,
            };
            for (name, value) in shared.iter().cloned().chain(self.raw_fields(file, &row.fields)) {
                self.place_field(&mut case, &name, value);
            }
            cases.push((case, said));
        }
        cases
    }

    /// The last request with other fields.
    pub(super) fn changed(
        &mut self,
        file: usize,
        mut case: TestCase,
        fields: &[(Name, Expr)],
        expect: &[Expectation],
        span: Span,
    ) -> TestCase {
        for (name, value) in self.raw_fields(file, fields) {
            self.place_field(&mut case, &name, value);
        }
        case.expect = self.expectations(file, expect);
        case.span = span;
        case
    }

    /// Puts a field where its declared origin says.
    fn place_field(&self, case: &mut TestCase, name: &str, value: Raw) {
        let action = self.actions.iter().find(|a| *a.name == *case.request.action);
        match action.and_then(|a| a.fields.iter().find(|f| *f.name == *name)).map(|f| f.origin) {
            Some(Origin::Observed) => put_one(&mut case.facts.observed, name, value),
            Some(Origin::Claimed) => put_one(&mut case.request.claims, name, value),
            Some(Origin::Parameter) | None => put_one(&mut case.request.params, name, value),
        }
    }

    /// Fields of a test must be fields of its action, unless the refusal is what it expects.
    fn check_given<'n>(
        &mut self,
        file: usize,
        action: &(String, Span),
        given: impl Iterator<Item = &'n Name>,
        expect: &[Expectation],
    ) -> Option<()> {
        let Some(def) = self.actions.iter().find(|a| *a.name == *action.0).cloned() else {
            let known = self.aliases.iter().any(|(alias, _)| **alias == *action.0);
            if !known {
                self.check_near_action(file, action)?;
            }
            return Some(());
        };
        for name in given {
            let expected = expect.iter().any(|e| matches!(e, Expectation::Invalid(n) if n.text == name.text));
            if !expected && def.fields.iter().all(|f| *f.name != name.text) {
                let near = nearest(&name.text, def.fields.iter().map(|f| &*f.name)).map(str::to_string);
                let finding = Diagnostic::new(
                    Code::TestFieldUnknown,
                    name.span,
                    format!("`{}` is no field of {}.", name.text, def.name),
                )
                .at("not declared")
                .label(def.span, "declared here");
                self.report(match near {
                    Some(near) => finding.help(format!("Write `{near}`.")),
                    None => finding.help(format!("Declare it, or expect the refusal: `expect invalid {}`.", name.text)),
                });
                return None;
            }
        }
        Some(())
    }

    /// A name that is almost that of a declared action is a slip; another one is a test of the unknown.
    fn check_near_action(&mut self, file: usize, action: &(String, Span)) -> Option<()> {
        if self.sources.text(action.1).starts_with('"') {
            return Some(());
        }
        let package = self.set.package_of(file);
        let Some(near) = nearest(&action.0, self.visible_names(package)).map(str::to_string) else { return Some(()) };
        if strsim::damerau_levenshtein(&near, &action.0) > 1 || near.eq_ignore_ascii_case(&action.0) {
            return Some(());
        }
        self.report(
            Diagnostic::new(Code::UnknownAction, action.1, format!("No action `{}` is declared.", action.0))
                .at("not declared by this package or one it uses")
                .help(format!("Write `{near}`, or put the name in quotes where an unknown one is meant.")),
        );
        None
    }

    /// The agent of a request: `as newcomer`, `as { id: "x", trust: 72, in: { Role.ops } }`. What is said anew of its
    /// standing is returned.
    pub(super) fn principal_facts(&mut self, file: usize, principal: Option<&Expr>, world: &mut World) -> Said {
        let mut memberships: Option<&Expr> = None;
        let found;
        let (at, fields): (usize, &[(Name, Expr)]) = match principal {
            None => (file, &[]),
            Some(expr) => match &expr.kind {
                ExprKind::Record(fields) => (file, fields),
                ExprKind::Name(name) => {
                    found = self.principal_const(file, name);
                    match &found {
                        Some((at, Expr { kind: ExprKind::Record(fields), .. })) => (*at, fields),
                        _ => {
                            self.report(
                                Diagnostic::new(
                                    Code::UnknownName,
                                    expr.span,
                                    format!("`{name}` is no agent of tests."),
                                )
                                .at("a const of type `agent` must stand here")
                                .help(format!("Write `const {name}: agent = {{ id: \"{name}\" }}`.")),
                            );
                            return Said::default();
                        }
                    }
                }
                _ => (file, &[]),
            },
        };
        for (name, value) in fields {
            if name.text == "in" {
                memberships = Some(value);
                continue;
            }
            if self.facts.agent.iter().all(|f| *f.name != name.text) {
                let near = nearest(&name.text, self.facts.agent.iter().map(|f| &*f.name)).map(str::to_string);
                let finding = Diagnostic::new(
                    Code::TestFieldUnknown,
                    name.span,
                    format!("No fact `agent.{}` is declared.", name.text),
                )
                .at("not declared");
                self.report(match near {
                    Some(near) => finding.help(format!("Write `{near}`.")),
                    None => finding.help("Declare it in `facts agent { … }`."),
                });
            }
            let value = self.raw(at, value);
            put_one(&mut world.facts.agent, &name.text, value);
        }
        if crate::raw::get(&world.facts.agent, "id").is_none() {
            put_one(&mut world.facts.agent, "id", Raw::text(TESTER));
        }
        self.add_principal(at, memberships, world);
        let mut said = said(fields.iter().map(|(name, _)| name.text.as_str()));
        if id_of(&world.facts).is_some_and(|id| !world.told.contains(&id)) {
            // A score and a level are one thing; what stands nearer counts.
            if !said.trust && !said.level {
                (said.trust, said.level) = (world.said.trust, world.said.level);
            }
            said.frozen |= world.said.frozen;
        }
        said
    }

    /// Puts the agent itself into the snapshot, with what it lies in.
    fn add_principal(&mut self, file: usize, memberships: Option<&Expr>, world: &mut World) {
        let Some(Raw::Text(id)) = crate::raw::get(&world.facts.agent, "id").cloned() else { return };
        if memberships.is_none() && world.entities.iter().any(|e| &*e.ty == "Agent" && e.id == id) {
            return;
        }
        let groups: Vec<&Expr> = match memberships.map(|m| &m.kind) {
            Some(ExprKind::Set(list) | ExprKind::List(list)) => list.iter().collect(),
            Some(_) => memberships.into_iter().collect(),
            None => Vec::new(),
        };
        let parents: Vec<(Arc<str>, Arc<str>)> =
            groups.into_iter().filter_map(|g| self.entity_names(file, g)).collect();
        for (ty, group) in &parents {
            if !world.entities.iter().any(|e| e.ty == *ty && e.id == *group) {
                world.entities.push(RawEntity {
                    ty: ty.clone(),
                    id: group.clone(),
                    parents: Vec::new(),
                    attributes: Vec::new(),
                });
            }
        }
        world.entities.retain(|e| !(&*e.ty == "Agent" && e.id == id));
        world.entities.push(RawEntity { ty: "Agent".into(), id, parents, attributes: Vec::new() });
    }

    /// The type and id of an entity literal.
    pub(super) fn entity_names(&mut self, file: usize, expr: &Expr) -> Option<(Arc<str>, Arc<str>)> {
        let found = self.const_expression(file, expr, None)?;
        match found.kind {
            super::typed::TExprKind::Const(Value::Entity(entity)) => {
                Some((self.types.entity(entity.ty).name.clone(), entity.id))
            }
            _ => {
                let shown = self.types.show(&found.ty);
                self.report(
                    Diagnostic::new(
                        Code::TypeMismatch,
                        expr.span,
                        format!("An entity must stand here, not a {shown}."),
                    )
                    .at("not an entity")
                    .help("Write `Team(\"ops\")` or `Role.ops`."),
                );
                None
            }
        }
    }

    /// Facts that a test does not give take their declared start values. Where a governor keeps flags, it tells them.
    pub(super) fn fill_start_values(&self, facts: &mut Facts, governed: bool) {
        let fill = |fields: &mut RawFields, schema: &[FieldDef], checker: &Self| {
            for field in schema {
                if let Some(default) = &field.default
                    && crate::raw::get(fields, &field.name).is_none()
                {
                    fields.push((field.name.clone(), checker.raw_of(default)));
                }
            }
        };
        fill(&mut facts.agent, &self.facts.agent, self);
        fill(&mut facts.session, &self.facts.session, self);
        fill(&mut facts.env, &self.facts.env, self);
        if governed {
            return;
        }
        for flag in &self.flags {
            let Some(default) = &flag.default else { continue };
            let value = self.raw_of(default);
            match facts.flags.iter_mut().find(|(n, _)| *n == flag.name) {
                Some((_, Raw::Object(entries))) if !flag.keys.is_empty() => entries.push(("*".into(), value)),
                Some(_) => {}
                None if flag.keys.is_empty() => facts.flags.push((flag.name.clone(), value)),
                None => facts.flags.push((flag.name.clone(), Raw::Object(vec![("*".into(), value)]))),
            }
        }
    }

    fn raw_fields(&mut self, file: usize, fields: &[(Name, Expr)]) -> RawFields {
        self.distinct(fields.iter().map(|(n, _)| n), "field");
        fields.iter().map(|(name, value)| (name.text.as_str().into(), self.raw(file, value))).collect()
    }

    /// What a test writes, as a host would send it.
    fn raw(&mut self, file: usize, expr: &Expr) -> Raw {
        match &expr.kind {
            ExprKind::Literal(literal) => raw_literal(literal),
            ExprKind::Negate(inner) => match self.raw(file, inner) {
                Raw::Number(n) => Raw::Number(format!("-{n}").into()),
                other => other,
            },
            ExprKind::Set(list) | ExprKind::List(list) => Raw::List(list.iter().map(|e| self.raw(file, e)).collect()),
            ExprKind::Record(fields) => Raw::Object(self.raw_fields(file, fields)),
            ExprKind::Name(name) if name == "null" => Raw::Null,
            ExprKind::Name(name) => match self.set.lookup(file, name) {
                Found::One(def) if self.set.def(def).kind == crate::hir::DefKind::Const => {
                    self.mentioned.insert(def);
                    match self.const_value(def).map(|v| v.kind) {
                        Some(super::typed::TExprKind::Const(value)) => self.raw_of(&value),
                        Some(_) | None => Raw::text(name),
                    }
                }
                Found::One(_) | Found::Many(_) | Found::None => Raw::text(name),
            },
            _ => match self.const_expression(file, expr, None).map(|v| v.kind) {
                Some(super::typed::TExprKind::Const(value)) => self.raw_of(&value),
                Some(_) => {
                    self.not_constant(expr.span);
                    Raw::Null
                }
                None => Raw::Null,
            },
        }
    }

    /// A value as a host would send it.
    pub(super) fn raw_of(&self, value: &Value) -> Raw {
        crate::raw::to_raw(value, &self.types).unwrap_or(Raw::Null)
    }

    pub(super) fn expectations(&mut self, file: usize, expect: &[Expectation]) -> Vec<Expected> {
        expect.iter().filter_map(|e| self.expectation(file, e)).collect()
    }

    fn expectation(&mut self, file: usize, expect: &Expectation) -> Option<Expected> {
        Some(match expect {
            Expectation::Tier(tier, span) => Expected::Tier(*tier, *span),
            Expectation::Because(path) => Expected::Because(self.deciding(file, path)?, path.span),
            Expectation::NotBecause(path) => Expected::NotBecause(self.deciding(file, path)?, path.span),
            Expectation::ByDefault(span) => Expected::ByDefault(*span),
            Expectation::Code(name) => Expected::Code(name.text.as_str().into(), name.span),
            Expectation::Invalid(name) => Expected::Invalid(name.text.as_str().into(), name.span),
            Expectation::Instead(path) => Expected::Instead(path.text().into(), path.span),
            Expectation::Notify(name) => Expected::Notify(name.text.as_str().into(), name.span),
            Expectation::Redact(name) => Expected::Redact(name.text.as_str().into(), name.span),
            Expectation::Approval(path) => Expected::Approval(self.deciding(file, path)?, path.span),
            Expectation::Standing(word) => {
                let known = StandingWord::ALL.iter().find(|known| known.name() == word.text);
                // The grammar knows no other words.
                Expected::Standing(*known?, word.span)
            }
            Expectation::Trust(score, span) => self.expected_trust(score, *span)?,
            Expectation::Reading { part, item, op, value, span } => {
                self.expected_reading(file, (part, item), (*op, value), *span)?
            }
        })
    }

    /// The qualified name of an item that can decide.
    pub(super) fn deciding(&mut self, file: usize, path: &ast::Path) -> Option<Arc<str>> {
        use crate::hir::DefKind as K;
        let fits = |d: &crate::hir::Def| match d.kind {
            K::Rule | K::Guard | K::Relax | K::Exception | K::Approval | K::Table => true,
            K::State(kind) => kind.is_floor(),
            K::Entity | K::Enum | K::Record | K::Const | K::Predicate | K::Flag => false,
        };
        let def = self.resolve(file, path, "an item that decides", fits)?;
        Some(self.set.qualified(def).into())
    }
}

/// A literal as JSON would carry it.
fn raw_literal(literal: &Literal) -> Raw {
    match literal {
        Literal::Bool(b) => Raw::Bool(*b),
        Literal::Int(n) => Raw::int(*n),
        Literal::Decimal(n) => Raw::Number(number::show_decimal(*n).into()),
        Literal::Percent(n) => Raw::Number(number::show_ratio(n * 10).into()),
        Literal::String(text) | Literal::Regex(text) | Literal::Time(text) => Raw::text(text),
        Literal::Duration(us) => Raw::text(&time::show_duration(*us)),
        Literal::TimeOfDay(s) => Raw::text(&time::show_time_of_day(*s)),
    }
}

/// `flag.website[a][b]` as the place and its keys.
pub(super) fn split_keys(place: &Expr) -> (&Expr, Vec<&Expr>) {
    let mut keys = Vec::new();
    let mut place = place;
    while let ExprKind::Index(base, key) = &place.kind {
        keys.insert(0, &**key);
        place = base;
    }
    (place, keys)
}

/// Who asks.
fn id_of(facts: &Facts) -> Option<Arc<str>> {
    match crate::raw::get(&facts.agent, "id") {
        Some(Raw::Text(id)) => Some(id.clone()),
        _ => None,
    }
}

pub(super) fn put_one(fields: &mut RawFields, name: &str, value: Raw) {
    fields.retain(|(n, _)| &**n != name);
    fields.push((name.into(), value));
}

fn put_all(fields: &mut RawFields, values: RawFields) {
    for (name, value) in values {
        put_one(fields, &name, value);
    }
}
