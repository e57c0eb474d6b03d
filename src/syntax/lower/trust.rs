//! `trust`: how an agent's score grows and shrinks.

use super::{Lower, P, Seen};
use crate::syntax::ast::{ItemKind, Literal, Name, Points, StateBody, StateKind, Trust};
use crate::syntax::parser::Rule;

impl Lower<'_, '_> {
    /// A trust item.
    pub(super) fn trust(&mut self, pair: P<'_>) -> ItemKind {
        let span = self.span(&pair);
        let mut trust = Trust::default();
        let mut seen = Seen::default();
        let name = self.first_name(&pair);
        for part in pair.into_inner() {
            self.trust_clause(&mut trust, &mut seen, part);
        }
        let mut state = self.empty_state(StateKind::Trust, StateBody::Trust(Box::new(trust)), span);
        state.head.name = name;
        ItemKind::State(Box::new(state))
    }

    fn trust_clause(&mut self, trust: &mut Trust, seen: &mut Seen, part: P<'_>) {
        let span = self.span(&part);
        match part.as_rule() {
            Rule::trust_range if self.once(seen, "range", span) => {
                let mut ends = self.literals(part).into_iter();
                trust.range = ends.next().zip(ends.next()).map(|(low, high)| (low, high, span));
            }
            Rule::trust_start if self.once(seen, "start", span) => {
                trust.start = self.literals(part).pop().map(|start| (start, span));
            }
            Rule::trust_on => {
                let success = part.clone().into_inner().any(|p| p.as_rule() == Rule::kw_success);
                let rows = part.into_inner().filter(|p| p.as_rule() == Rule::severity_points);
                let rows: Vec<(Name, Points)> = rows.filter_map(|p| self.severity_points(p)).collect();
                let what = if success { "on success" } else { "on failure" };
                if self.once(seen, what, span) {
                    *(if success { &mut trust.success } else { &mut trust.failure }) = Some((rows, span));
                }
            }
            Rule::trust_streak if self.once(seen, "streak", span) => {
                let mut points = part.into_inner().filter(|p| p.as_rule() == Rule::points).map(|p| self.points(p));
                trust.streak = points.next().zip(points.next());
            }
            Rule::trust_gain if self.once(seen, "gain", span) => {
                let mut numbers = part.into_inner().filter(|p| p.as_rule() == Rule::number).map(|p| self.number(&p));
                trust.gain = numbers.next().zip(numbers.next()).map(|(most, per)| (most, per, span));
            }
            Rule::trust_freeze if self.once(seen, "freeze", span) => {
                for reason in part.into_inner().filter(|p| p.as_rule() == Rule::freeze_reason) {
                    let at = self.span(&reason);
                    let critical = reason.clone().into_inner().any(|p| p.as_rule() == Rule::freeze_critical);
                    trust.freeze.extend(self.first_number(reason).map(|n| (n, critical, at)));
                }
            }
            Rule::trust_frozen if self.once(seen, "while frozen", span) => trust.frozen = Some(span),
            Rule::trust_decay if self.once(seen, "decay", span) => {
                let floor = part.clone().into_inner().find(|p| p.as_rule() == Rule::never_below);
                let floor = floor.and_then(|p| self.literals(p).pop());
                trust.decay = self.first_number(part).map(|points| (points, floor, span));
            }
            Rule::trust_levels if self.once(seen, "levels", span) => {
                let lowest = self.first_name(&part);
                let steps = part.into_inner().filter(|p| p.as_rule() == Rule::level_step);
                let steps = steps.filter_map(|p| {
                    let (name, at) = (self.first_name(&p), self.span(&p));
                    self.literals(p).pop().map(|from| (from, name, at))
                });
                trust.levels = Some((lowest, steps.collect()));
            }
            _ => {}
        }
    }

    fn severity_points(&mut self, pair: P<'_>) -> Option<(Name, Points)> {
        let name = self.first_name(&pair);
        let points = pair.into_inner().find(|p| p.as_rule() == Rule::points)?;
        Some((name, self.points(points)))
    }

    /// The literals among a pair's children.
    fn literals(&mut self, pair: P<'_>) -> Vec<Literal> {
        pair.into_inner().filter(|p| p.as_rule() == Rule::literal).map(|p| self.literal(p)).collect()
    }
}
