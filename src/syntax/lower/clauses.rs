//! Heads and the clauses that conditional items share.

use super::{Lower, P, Seen};
use crate::source::Span;
use crate::syntax::ast::{Band, By, Head, Name, ObligationExpr, Patterns, Text, When};
use crate::syntax::parser::Rule;

/// A head without anything but a place.
pub(super) fn empty_head(span: Span) -> Head {
    Head {
        name: Name { text: String::new(), span },
        on: Patterns { any_action: false, list: Vec::new(), span },
        by: None,
        whens: Vec::new(),
        because: None,
        code: None,
        believing: Vec::new(),
        until: None,
        obligations: Vec::new(),
    }
}

impl Lower<'_, '_> {
    /// Takes a part that all conditional items share; gives back what is not one.
    pub(super) fn shared<'i>(&mut self, head: &mut Head, seen: &mut Seen, part: P<'i>) -> Option<P<'i>> {
        let span = self.span(&part);
        match part.as_rule() {
            Rule::name => head.name = self.name(&part),
            Rule::patterns => head.on = self.patterns(part),
            Rule::by => {
                let by = self.by(part);
                if self.once(seen, "by", span) {
                    head.by = Some(by);
                }
            }
            Rule::when | Rule::approval_when => head.whens.push(self.when(part)),
            Rule::because => {
                let text = self.because(part);
                if self.once(seen, "because", span) {
                    head.because = text;
                }
            }
            Rule::code => {
                if self.once(seen, "code", span) {
                    head.code = Some(self.first_name(&part));
                }
            }
            Rule::believing => {
                if self.once(seen, "believing", span) {
                    head.believing = self.names(part);
                }
            }
            Rule::until => {
                let until = self.only_expr(part);
                if self.once(seen, "until", span) {
                    head.until = Some(until);
                }
            }
            Rule::notify | Rule::approval_notify | Rule::redact | Rule::approval_redact | Rule::instead | Rule::run => {
                self.obligation(head, seen, part);
            }
            _ => return Some(part),
        }
        None
    }

    fn obligation(&mut self, head: &mut Head, seen: &mut Seen, part: P<'_>) {
        let span = self.span(&part);
        let (what, obligation) = match part.as_rule() {
            Rule::notify | Rule::approval_notify => ("notify", ObligationExpr::Notify(self.names(part))),
            Rule::redact | Rule::approval_redact => ("redact", ObligationExpr::Redact(self.names(part))),
            Rule::instead => ("instead", ObligationExpr::Instead(self.first_path(part))),
            _ => {
                let path = self.first_path(part.clone());
                let given = part.into_inner().find(|p| p.as_rule() == Rule::fields_given);
                let given = given.map(|p| self.fields_given(p)).unwrap_or_default();
                // Several workflows may start: `run` may be repeated.
                head.obligations.push(ObligationExpr::Run(path, given, span));
                return;
            }
        };
        if self.once(seen, what, span) {
            head.obligations.push(obligation);
        }
    }

    /// `by a, b`, `waivable by a`, `changed by a`: what stands after `by`.
    pub(super) fn by(&mut self, pair: P<'_>) -> By {
        let mut span: Option<Span> = None;
        let mut who = Vec::new();
        let whole = self.span(&pair);
        for part in pair.into_inner().filter(|p| p.as_rule() == Rule::unit) {
            let expr = self.unit(part);
            span = Some(span.map_or(expr.span, |s| s.to(expr.span)));
            who.push(expr);
        }
        By { who, span: span.unwrap_or(whole) }
    }

    /// The `by` inside a `waivable` or `changed` part.
    pub(super) fn inner_by(&mut self, pair: P<'_>) -> Option<By> {
        pair.into_inner().find(|p| p.as_rule() == Rule::by).map(|p| self.by(p))
    }

    fn when(&mut self, pair: P<'_>) -> When {
        let unless = pair.clone().into_inner().next().is_some_and(|p| p.as_rule() == Rule::kw_unless);
        When { unless, condition: self.only_expr(pair) }
    }

    /// The text of `because "…"`.
    pub(super) fn because(&mut self, pair: P<'_>) -> Option<Text> {
        pair.into_inner().find(|p| p.as_rule() == Rule::string).map(|p| self.text(&p))
    }

    /// `red when c`
    pub(super) fn band(&mut self, pair: P<'_>) -> Band {
        let (tier, tier_span) = self.first_tier(pair.clone());
        let when = pair.into_inner().find(|p| p.as_rule() == Rule::expr).map(|p| self.expr(p));
        Band { tier, tier_span, when }
    }

    /// `{ id: "x", trust: 72 }`
    pub(super) fn fields_given(&mut self, pair: P<'_>) -> Vec<(Name, crate::syntax::ast::Expr)> {
        pair.into_inner().filter(|p| p.as_rule() == Rule::pair).map(|p| self.pair(p)).collect()
    }

    /// `name: value`
    pub(super) fn pair(&mut self, pair: P<'_>) -> (Name, crate::syntax::ast::Expr) {
        (self.first_name(&pair), self.only_expr(pair))
    }
}
