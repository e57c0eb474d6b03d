//! Steps of a test that are done beside requests: grants, freezes, flags, agents, sessions.

use super::{Lower, P};
use crate::syntax::ast::{Deed, DeedEnd, Expr, ExprKind, Literal, TestDeed};
use crate::syntax::parser::Rule;

impl Lower<'_, '_> {
    /// None where the step is none of these.
    pub(super) fn deed(&mut self, pair: P<'_>) -> Option<TestDeed> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let frees = Self::part(&pair, Rule::kw_unfreeze).is_some();
        let by = Self::part(&pair, Rule::deed_by).map(|p| self.only_expr(p));
        let expect = self.expectations(pair.clone());
        let does = match rule {
            Rule::grant_step => Deed::Grant {
                keys: self.deed_keys(&pair),
                fields: self.inner_fields(pair.clone()),
                end: self.deed_end(&pair),
                item: self.first_path(pair),
            },
            Rule::revoke_step => Deed::Revoke { keys: self.deed_keys(&pair), item: self.first_path(pair) },
            Rule::freeze_step if frees => Deed::Unfreeze(self.only_expr(pair)),
            Rule::freeze_step => Deed::Freeze(self.only_expr(pair)),
            Rule::agent_step => Deed::Agent {
                maker: Self::part(&pair, Rule::agent_maker).map(|p| self.only_expr(p)),
                owner: Self::part(&pair, Rule::agent_owner).map(|p| self.only_expr(p)),
                agent: self.only_expr(pair),
            },
            Rule::set_step => Deed::SetFlag {
                value: self.deed_value(&pair),
                scope: self.deed_scope(&pair),
                end: self.deed_end(&pair),
                place: self.only_expr(pair),
            },
            Rule::clear_step => Deed::ClearFlag { scope: self.deed_scope(&pair), place: self.only_expr(pair) },
            Rule::close_step => {
                let (name, at) = self.quoted(pair);
                Deed::CloseSession(name, at)
            }
            _ => return None,
        };
        Some(TestDeed { does, by, expect, span })
    }

    fn part<'p>(pair: &P<'p>, rule: Rule) -> Option<P<'p>> {
        pair.clone().into_inner().find(|p| p.as_rule() == rule)
    }

    fn deed_keys(&mut self, pair: &P<'_>) -> Vec<Expr> {
        let keys = Self::part(pair, Rule::deed_keys);
        let each = keys.into_iter().flat_map(|p| p.into_inner()).filter(|p| p.as_rule() == Rule::unit);
        each.map(|p| self.unit(p)).collect()
    }

    fn deed_end(&mut self, pair: &P<'_>) -> Option<DeedEnd> {
        let end = Self::part(pair, Rule::deed_end)?;
        let (span, within) = (self.span(&end), Self::part(&end, Rule::kw_within).is_some());
        Some(DeedEnd { within, literal: self.first_number(end).unwrap_or(Literal::Int(0)), span })
    }

    fn deed_scope(&mut self, pair: &P<'_>) -> Option<(Expr, Expr)> {
        let scope = Self::part(pair, Rule::deed_scope)?;
        Some((self.only_expr(scope.clone()), self.deed_value(&scope)))
    }

    fn deed_value(&mut self, pair: &P<'_>) -> Expr {
        let span = self.span(pair);
        let Some(value) = Self::part(pair, Rule::deed_value).and_then(|p| p.into_inner().next()) else {
            return Self::unreadable(span);
        };
        let span = self.span(&value);
        match value.as_rule() {
            Rule::literal => Expr { span, kind: ExprKind::Literal(self.literal(value)) },
            _ => self.unit(value),
        }
    }
}
