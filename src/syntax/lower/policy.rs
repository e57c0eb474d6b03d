//! Rules, guards, relaxes, exceptions, approvals, tables, assertions.

use super::clauses::empty_head;
use super::{Lower, P, Seen};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{
    Approval, Assert, Claim, Exception, Guard, ItemKind, Literal, Otherwise, Path, Relax, Require, Rule as RuleNode,
    Table, TableRow, Text,
};
use crate::syntax::parser::Rule;

impl Lower<'_, '_> {
    pub(super) fn rule(&mut self, pair: P<'_>) -> ItemKind {
        let mut rule =
            RuleNode { head: empty_head(self.span(&pair)), relaxable: false, bands: Vec::new(), otherwise: None };
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let Some(part) = self.shared(&mut rule.head, &mut seen, part) else { continue };
            let span = self.span(&part);
            match part.as_rule() {
                Rule::relaxable => {
                    self.once(&mut seen, "relaxable", span);
                    rule.relaxable = true;
                }
                Rule::band => rule.bands.push(self.band(part)),
                Rule::otherwise => {
                    let (tier, tier_span) = self.first_tier(part.clone());
                    let because = part.into_inner().find(|p| p.as_rule() == Rule::because);
                    let because = because.and_then(|p| self.because(p));
                    if self.once(&mut seen, "otherwise", span) {
                        rule.otherwise = Some(Otherwise { tier, tier_span, because });
                    }
                }
                _ => {}
            }
        }
        ItemKind::Rule(rule)
    }

    pub(super) fn guard(&mut self, pair: P<'_>) -> ItemKind {
        let head = empty_head(self.span(&pair));
        let mut guard = Guard { head, waivable: None, bands: Vec::new(), if_unclear: None, checklist: Vec::new() };
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let Some(part) = self.shared(&mut guard.head, &mut seen, part) else { continue };
            let span = self.span(&part);
            match part.as_rule() {
                Rule::waivable => {
                    let by = self.inner_by(part);
                    if self.once(&mut seen, "waivable", span) {
                        guard.waivable = by;
                    }
                }
                Rule::band => guard.bands.push(self.band(part)),
                Rule::if_unclear if self.once(&mut seen, "if unclear", span) => {
                    guard.if_unclear = Some(self.first_tier(part));
                }
                Rule::require => guard.checklist.push(self.require(part)),
                _ => {}
            }
        }
        ItemKind::Guard(guard)
    }

    fn require(&mut self, pair: P<'_>) -> Require {
        let span = self.span(&pair);
        let condition = self.only_expr(pair.clone());
        let mut text = Text { parts: Vec::new(), span };
        let mut code = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::string => text = self.text(&part),
                Rule::code => code = Some(self.first_name(&part)),
                _ => {}
            }
        }
        Require { condition, text, code }
    }

    pub(super) fn relax(&mut self, pair: P<'_>) -> ItemKind {
        let span = self.span(&pair);
        let mut head = empty_head(span);
        let mut seen = Seen::default();
        let (mut of, mut lowers) = (None, None);
        for part in pair.into_inner() {
            let Some(part) = self.shared(&mut head, &mut seen, part) else { continue };
            let span = self.span(&part);
            match part.as_rule() {
                Rule::relax_of if self.once(&mut seen, "of", span) => {
                    of = Some(self.first_path(part));
                }
                Rule::lowers => {
                    let mut tiers = part.into_inner().filter(|p| p.as_rule() == Rule::tier).map(|p| self.tier(&p).0);
                    let from = tiers.next().unwrap_or(Tier::Black);
                    let to = tiers.next().unwrap_or(Tier::Black);
                    if self.once(&mut seen, "to", span) {
                        lowers = Some((from, to, span));
                    }
                }
                _ => {}
            }
        }
        let Some((from, to, tiers_span)) = lowers else {
            self.report(
                Diagnostic::new(
                    Code::MissingClause,
                    head.name.span,
                    format!("The relax `{}` does not say what it lowers.", head.name.text),
                )
                .at("`<tier> to <tier>` is missing")
                .help("Write for example `yellow to green` in its body."),
            );
            return ItemKind::Unreadable;
        };
        ItemKind::Relax(Relax { head, of, from, to, tiers_span })
    }

    pub(super) fn exception(&mut self, pair: P<'_>) -> ItemKind {
        let mut head = empty_head(self.span(&pair));
        let mut seen = Seen::default();
        let mut to = Path { parts: Vec::new(), span: head.name.span };
        let mut owner = None;
        for part in pair.into_inner() {
            let Some(part) = self.shared(&mut head, &mut seen, part) else { continue };
            match part.as_rule() {
                Rule::path => to = self.path(part),
                Rule::owner => {
                    let span = self.span(&part);
                    let who = self.only_expr(part);
                    if self.once(&mut seen, "owner", span) {
                        owner = Some(who);
                    }
                }
                _ => {}
            }
        }
        ItemKind::Exception(Exception { head, to, owner })
    }

    pub(super) fn approval(&mut self, pair: P<'_>) -> ItemKind {
        let mut approval = Approval {
            head: empty_head(self.span(&pair)),
            people: None,
            quorum: None,
            within: None,
            otherwise_refuse: false,
            own: false,
            ask: Vec::new(),
        };
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let Some(part) = self.shared(&mut approval.head, &mut seen, part) else { continue };
            self.approval_part(&mut approval, &mut seen, part);
        }
        ItemKind::Approval(approval)
    }

    fn approval_part(&mut self, approval: &mut Approval, seen: &mut Seen, part: P<'_>) {
        let span = self.span(&part);
        match part.as_rule() {
            Rule::approval_by => {
                let by = self.by(part);
                if self.once(seen, "by", span) {
                    approval.people = Some(by);
                }
            }
            Rule::quorum => {
                let number = self.first_number(part);
                let Some(Literal::Int(count)) = number else {
                    let found = Diagnostic::new(Code::BadNumber, span, "A quorum is a whole number of people.");
                    return self.report(found.help("Write `quorum 1`."));
                };
                if self.once(seen, "quorum", span) {
                    approval.quorum = Some((count, span));
                }
            }
            Rule::within => {
                let number = self.first_number(part);
                if self.once(seen, "within", span) {
                    approval.within = number.map(|n| (n, span));
                }
            }
            Rule::refuse => {
                self.once(seen, "otherwise", span);
                approval.otherwise_refuse = true;
            }
            Rule::own => {
                self.once(seen, "may approve own", span);
                approval.own = true;
            }
            Rule::ask if self.once(seen, "ask", span) => {
                approval.ask = self.names(part);
            }
            _ => {}
        }
    }

    pub(super) fn first_number(&mut self, pair: P<'_>) -> Option<Literal> {
        pair.into_inner().find(|p| p.as_rule() == Rule::number).map(|p| self.number(&p))
    }

    pub(super) fn table(&mut self, pair: P<'_>) -> ItemKind {
        let span = self.span(&pair);
        let mut table = Table {
            head: empty_head(span),
            across: Self::unreadable(span),
            rows_of: None,
            columns: Vec::new(),
            rows: Vec::new(),
        };
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let Some(part) = self.shared(&mut table.head, &mut seen, part) else { continue };
            let span = self.span(&part);
            match part.as_rule() {
                Rule::unit => table.across = self.unit(part),
                Rule::columns if self.once(&mut seen, "columns", span) => {
                    table.columns = self.names(part);
                }
                Rule::rows_of => {
                    let rows_of = self.only_expr(part);
                    if self.once(&mut seen, "rows", span) {
                        table.rows_of = Some(rows_of);
                    }
                }
                Rule::row => table.rows.extend(self.row(part)),
                _ => {}
            }
        }
        ItemKind::Table(table)
    }

    fn row(&mut self, pair: P<'_>) -> Option<TableRow> {
        let span = self.span(&pair);
        let mut label = None;
        let mut cells = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::pattern => label = Some(self.pattern(&part, false)),
                Rule::cell => cells.push(self.first_tier(part)),
                _ => {}
            }
        }
        Some(TableRow { label: label?, cells, span })
    }

    pub(super) fn assertion(&mut self, pair: P<'_>) -> ItemKind {
        let span = self.span(&pair);
        let on = self.first_patterns(pair.clone());
        let mut head = empty_head(span);
        let mut seen = Seen::default();
        let (mut claim, mut tier, mut claim_span, mut tested) = (Claim::Always, Tier::Black, span, false);
        for part in pair.into_inner() {
            let Some(part) = self.shared(&mut head, &mut seen, part) else { continue };
            match part.as_rule() {
                Rule::claim => {
                    claim_span = self.span(&part);
                    tier = self.first_tier(part.clone()).0;
                    claim = claim_of(part);
                }
                Rule::tested => tested = true,
                _ => {}
            }
        }
        ItemKind::Assert(Assert { claim, tier, claim_span, on, by: head.by, whens: head.whens, tested })
    }
}

fn claim_of(pair: P<'_>) -> Claim {
    let mut claim = Claim::Always;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::kw_never => claim = Claim::Never,
            Rule::kw_below => claim = Claim::NeverBelow,
            Rule::kw_above => claim = Claim::NeverAbove,
            _ => {}
        }
    }
    claim
}
