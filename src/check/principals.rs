//! `by …`: machines, people, or those who lie in an entity.

use super::Checker;
use super::expression::typed;
use super::literal::constant_expr;
use super::typed::{Comparison, FactGroup, Principals, TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{DefId, Found};
use crate::source::Span;
use crate::syntax::ast::{By, Expr, ExprKind, ItemKind};
use crate::types::{EntityTypeId, EnumId, Type};
use crate::value::Value;

/// Place of `machine` among the variants of `AgentKind`.
const MACHINE: u32 = 0;
/// Place of `person`.
const PERSON: u32 = 1;

impl Checker<'_> {
    /// Whom a `by` means.
    pub(super) fn principals(&mut self, file: usize, by: &By) -> Option<Principals> {
        let mut out = Principals::default();
        for who in &by.who {
            match &who.kind {
                ExprKind::Name(word) if word == "people" => out.people = true,
                ExprKind::Name(word) if word == "machines" => out.machines = true,
                _ => self.principal(file, who, &mut out)?,
            }
        }
        out.entities.sort();
        out.entities.dedup();
        Some(out)
    }

    fn principal(&mut self, file: usize, who: &Expr, out: &mut Principals) -> Option<()> {
        let found = self.const_expression(file, who, None)?;
        match found.kind {
            TExprKind::Const(Value::Entity(entity)) => out.entities.push(entity),
            TExprKind::Const(Value::Set(list) | Value::List(list))
                if list.iter().all(|v| matches!(v, Value::Entity(_))) && !list.is_empty() =>
            {
                out.entities.extend(list.iter().filter_map(|v| match v {
                    Value::Entity(entity) => Some(entity.clone()),
                    _ => None,
                }));
            }
            _ => {
                let shown = self.types.show(&found.ty);
                self.report(
                    Diagnostic::new(Code::PrincipalExpected, who.span, format!("`by` cannot take a {shown}."))
                        .at("not a principal")
                        .help("Write `machines`, `people`, an entity such as `Role.ops`, or a const of them."),
                );
                return None;
            }
        }
        Some(())
    }

    /// The condition that the principal of a request is one of them.
    pub(super) fn principal_condition(&mut self, who: &Principals, span: Span) -> TExpr {
        let mut parts = Vec::new();
        for (wanted, variant) in [(who.machines, MACHINE), (who.people, PERSON)] {
            if wanted {
                let ty = Type::Enum(EnumId::AGENT_KIND);
                let kind = typed(TExprKind::Fact(FactGroup::Agent, 1), ty.clone(), span);
                let value = constant_expr(Value::Enum(EnumId::AGENT_KIND, variant), ty, span);
                let same = TExprKind::Compare(Comparison::Equal, Box::new(kind), Box::new(value));
                parts.push(typed(same, Type::Bool, span));
            }
        }
        for entity in &who.entities {
            let principal = typed(TExprKind::Principal, Type::Entity(EntityTypeId::AGENT), span);
            let group = constant_expr(Value::Entity(entity.clone()), Type::Entity(entity.ty), span);
            parts.push(typed(TExprKind::In(Box::new(principal), Box::new(group)), Type::Bool, span));
        }
        self.check_reachable(who, span);
        match parts.len() {
            1 => parts.remove(0),
            _ => typed(TExprKind::Or(parts), Type::Bool, span),
        }
    }

    /// An agent must be able to lie in an entity that `by` names.
    fn check_reachable(&mut self, who: &Principals, span: Span) {
        for entity in &who.entities {
            if !self.may_lie_in(EntityTypeId::AGENT, entity.ty) {
                let shown = self.types.show(&Type::Entity(entity.ty));
                self.report(
                    Diagnostic::new(Code::CannotCompare, span, format!("No agent ever lies in a `{shown}`."))
                        .at("always false")
                        .help(format!("Declare it: `entity Agent in {shown}`.")),
                );
            }
        }
    }

    /// Whether a const is an agent of tests: `const newcomer: agent = { … }`.
    pub(super) fn is_principal_const(&self, def: DefId) -> bool {
        match &self.set.item(def).kind {
            ItemKind::Const(item) => item.ty.as_ref().is_some_and(|ty| ty.name.text() == "agent"),
            _ => false,
        }
    }

    /// The record literal of an agent of tests that a name means.
    pub(super) fn principal_const(&mut self, file: usize, name: &str) -> Option<(usize, Expr)> {
        let Found::One(def) = self.set.lookup(file, name) else { return None };
        if !self.is_principal_const(def) {
            return None;
        }
        self.mentioned.insert(def);
        match &self.set.item(def).kind {
            ItemKind::Const(item) => Some((self.set.def(def).place.0, item.value.clone())),
            _ => None,
        }
    }
}
