//! `trust`: how an agent's score grows and shrinks, and the facts that it fills.

use std::sync::Arc;

use super::super::Checker;
use super::super::typed::TExprKind;
use super::super::typed::state::{TrustDef, TrustFacts};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::DefId;
use crate::source::Span;
use crate::syntax::ast::{self, Literal, Name, Points, Trust};
use crate::types::{FieldDef, Type};
use crate::value::Value;

/// How much an outcome weighs, from little to much.
const SEVERITIES: [&str; 4] = ["low", "medium", "high", "critical"];

impl Checker<'_> {
    /// Reads the trust item of a set.
    pub(super) fn declare_trust(&mut self, def: DefId, state: &ast::State) {
        let ast::StateBody::Trust(trust) = &state.body else { return };
        let span = state.head.name.span;
        if let Some(first) = &self.state.trust {
            let first = first.span;
            self.report(
                Diagnostic::new(Code::BadTrust, span, "There is one trust item in a set.")
                    .at("a second one")
                    .label(first, "the first")
                    .help("Join them: an agent has one score."),
            );
            return;
        }
        let name: Arc<str> = self.set.qualified(def).into();
        if let Some(mut read) = self.trust(name, span, trust) {
            read.facts = self.trust_facts(&read);
            self.state.trust = Some(read);
        }
    }

    fn trust(&mut self, name: Arc<str>, span: Span, trust: &Trust) -> Option<TrustDef> {
        let (Some((low, high, range_span)), Some((start, start_span)), Some(success), Some(failure)) =
            (&trust.range, &trust.start, &trust.success, &trust.failure)
        else {
            self.report(
                Diagnostic::new(Code::BadTrust, span, "This trust is not complete.")
                    .at("trust has `range`, `start`, `on success` and `on failure`")
                    .help("Write for example `range 0..100  start 50  on success { low +0.5, medium +1, high +2, critical +3 }`."),
            );
            return None;
        };
        let range = (self.points_of(low, *range_span)?, self.points_of(high, *range_span)?);
        let start = self.points_of(start, *start_span)?;
        if range.0 >= range.1 || !(range.0..=range.1).contains(&start) {
            self.bad_trust(*start_span, "The start lies outside of the range.", "write a range that holds it");
            return None;
        }
        let success = self.by_severity(&success.0, success.1, false)?;
        let failure = self.by_severity(&failure.0, failure.1, true)?;
        let streak = match &trust.streak {
            Some((each, most)) => Some((self.signed(each, false)?, self.signed(most, false)?)),
            None => None,
        };
        let most_gain = match &trust.gain {
            Some((most, per, at)) => Some((self.points_of(most, *at)?, self.length(per, *at)?)),
            None => None,
        };
        let decay = match &trust.decay {
            Some((each, floor, at)) => {
                let floor = match floor {
                    Some(floor) => self.points_of(floor, *at)?,
                    None => range.0,
                };
                Some((self.points_of(each, *at)?, floor))
            }
            None => None,
        };
        let (freeze_after_failures, freeze_after_critical) = self.freezes(trust)?;
        let levels = self.levels(trust, range)?;
        Some(TrustDef {
            name,
            range,
            start,
            success,
            failure,
            streak,
            most_gain,
            freeze_after_failures,
            freeze_after_critical,
            frozen_gains_nothing: trust.frozen.is_some(),
            decay,
            levels,
            facts: TrustFacts::default(),
            span,
        })
    }

    fn bad_trust(&mut self, span: Span, message: &str, at: &str) {
        self.report(Diagnostic::new(Code::BadTrust, span, message).at(at));
    }

    /// Millionths of a point.
    fn points_of(&mut self, literal: &Literal, span: Span) -> Option<i64> {
        let found = self.literal(literal, span, Some(&Type::Decimal))?;
        match found.kind {
            TExprKind::Const(Value::Decimal(n)) => Some(n),
            _ => {
                self.bad_trust(span, "Points are numbers.", "not a number");
                None
            }
        }
    }

    /// Points with the sign that their place wants.
    fn signed(&mut self, points: &Points, loses: bool) -> Option<i64> {
        let n = self.points_of(&points.points, points.span)?;
        if n != 0 && points.negative != loses {
            let message = if loses { "A failure cannot add points." } else { "A success cannot take points." };
            self.bad_trust(points.span, message, if loses { "write it with `-`" } else { "write it with `+`" });
            return None;
        }
        Some(if loses { -n } else { n })
    }

    fn by_severity(&mut self, rows: &[(Name, Points)], span: Span, loses: bool) -> Option<[i64; 4]> {
        self.distinct(rows.iter().map(|(name, _)| name), "severity");
        let mut out = [None; 4];
        for (name, points) in rows {
            let Some(place) = SEVERITIES.iter().position(|s| *s == name.text) else {
                self.bad_trust(name.span, "There is no such severity.", "low, medium, high or critical");
                return None;
            };
            out[place] = Some(self.signed(points, loses)?);
        }
        let missing: Vec<&str> = SEVERITIES.iter().zip(out).filter(|(_, n)| n.is_none()).map(|(s, _)| *s).collect();
        if !missing.is_empty() {
            let message = format!("Nothing is said of {}.", missing.join(", "));
            self.bad_trust(span, &message, "each severity has its points");
            return None;
        }
        Some(out.map(Option::unwrap_or_default))
    }

    fn freezes(&mut self, trust: &Trust) -> Option<(Option<u32>, Option<u32>)> {
        let (mut row, mut critical) = (None, None);
        for (literal, is_critical, span) in &trust.freeze {
            let Literal::Int(n @ 1..=1_000) = literal else {
                self.bad_trust(*span, "An agent freezes after a whole number of failures.", "from 1 to 1,000");
                return None;
            };
            let slot = if *is_critical { &mut critical } else { &mut row };
            if slot.replace(*n as u32).is_some() {
                self.bad_trust(*span, "This is said twice.", "again");
                return None;
            }
        }
        Some((row, critical))
    }

    fn levels(&mut self, trust: &Trust, range: (i64, i64)) -> Option<Vec<(Arc<str>, i64)>> {
        let Some((lowest, steps)) = &trust.levels else { return Some(Vec::new()) };
        self.distinct(std::iter::once(lowest).chain(steps.iter().map(|(_, name, _)| name)), "level");
        let mut out: Vec<(Arc<str>, i64)> = vec![(lowest.text.as_str().into(), range.0)];
        for (from, name, span) in steps {
            let from = self.points_of(from, *span)?;
            if out.last().is_some_and(|(_, before)| from <= *before) || from > range.1 {
                self.bad_trust(*span, "Each level begins above the one before, within the range.", "not above it");
                return None;
            }
            out.push((name.text.as_str().into(), from));
        }
        Some(out)
    }

    /// The facts that trust fills must be as trust says.
    fn trust_facts(&mut self, trust: &TrustDef) -> TrustFacts {
        let place = |checker: &Self, name: &str| checker.facts.agent.iter().position(|f| &*f.name == name);
        let mut facts = TrustFacts::default();
        if let Some(at) = place(self, "trust") {
            let field = self.facts.agent[at].clone();
            let start = matches!(&field.default, None | Some(Value::Decimal(_)))
                && field.default.as_ref().and_then(Value::word).is_none_or(|n| n == trust.start);
            if field.ty.ty != Type::Decimal || field.ty.range != Some(trust.range) || !start {
                let (low, high, start) = (shown(trust.range.0), shown(trust.range.1), shown(trust.start));
                self.fact_differs(&field, trust, &format!("trust: decimal {low}..{high} = {start}"));
            }
            facts.score = Some(at as u32);
        }
        if let Some(at) = place(self, "frozen") {
            let field = self.facts.agent[at].clone();
            if field.ty.ty != Type::Bool || !matches!(field.default, None | Some(Value::Bool(false))) {
                self.fact_differs(&field, trust, "frozen: bool = false");
            }
            facts.frozen = Some(at as u32);
        }
        if let (Some(at), false) = (place(self, "level"), trust.levels.is_empty()) {
            let field = self.facts.agent[at].clone();
            let names: Vec<&str> = trust.levels.iter().map(|(name, _)| &**name).collect();
            let fits = match &field.ty.ty {
                Type::Enum(id) => {
                    let def = self.types.enum_def(*id);
                    def.ordered && def.variants.iter().map(|v| &**v).eq(names.iter().copied())
                }
                _ => false,
            };
            if !fits {
                let says = format!("level: Level`, with `ordered enum Level {{ {} }}", names.join(", "));
                self.fact_differs(&field, trust, &says);
            }
            facts.level = Some(at as u32);
        }
        facts
    }

    fn fact_differs(&mut self, field: &FieldDef, trust: &TrustDef, says: &str) {
        let message = format!("`agent.{}` is not what `{}` fills it with.", field.name, trust.name);
        self.report(
            Diagnostic::new(Code::BadTrust, field.span, message)
                .at("declared otherwise")
                .label(trust.span, "trust")
                .help(format!("Write `{says}`.")),
        );
    }
}

/// Millionths as a number.
fn shown(n: i64) -> String {
    if n % 1_000_000 == 0 {
        (n / 1_000_000).to_string()
    } else {
        format!("{}.{:06}", n / 1_000_000, (n % 1_000_000).abs()).trim_end_matches('0').to_owned()
    }
}
