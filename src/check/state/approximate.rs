//! Readings that may be off by a bucket, and counts that stop: only comparisons that they cannot loosen.
//!
//! What a sliding budget says was used may be too high by one bucket, and what remains too low. A floor may hold too
//! early by that, never too late; a rule that lets run, a relax or an exception may come too late, never too early.

use std::collections::BTreeMap;

use super::super::typed::state::{BudgetDef, MOST_STAMPS, Part, Period, StateBody, StateItem};
use super::super::typed::{Arithmetic, Comparison, FactGroup, Item, ItemBody, TExpr, TExprKind};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::value::Value;

/// Whether a reading may be off, and if so whether it is then too high.
pub(in crate::check) fn rounded(item: &StateItem, part: Part) -> Option<bool> {
    match (&item.body, part) {
        (
            StateBody::Budget(BudgetDef { period: Period::Sliding(_), .. }),
            Part::Used | Part::Debt | Part::Exceeded | Part::Near,
        ) => Some(true),
        (StateBody::Budget(BudgetDef { period: Period::Sliding(_), .. }), Part::Remaining) => Some(false),
        _ => None,
    }
}

/// How an expression goes with what is exact.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Off {
    /// It is exact.
    No,
    /// It may be too high, or true too often.
    High,
    /// It may be too low, or false too often.
    Low,
    /// It may be off in either direction.
    Any,
}

impl Off {
    fn turned(self) -> Self {
        match self {
            Self::High => Self::Low,
            Self::Low => Self::High,
            Self::No | Self::Any => self,
        }
    }

    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, off) | (off, Self::No) => off,
            (a, b) if a == b => a,
            (Self::High | Self::Low | Self::Any, _) => Self::Any,
        }
    }
}

/// Looks at the conditions of items.
pub(in crate::check) struct Judge<'a> {
    pub(in crate::check) rounded: &'a BTreeMap<u32, bool>,
    pub(in crate::check) default: Tier,
    /// The place of the first reading of history.
    pub(in crate::check) first_history: u32,
}

/// A part of a condition that what is rounded may make stricter than the exact amount would.
pub(in crate::check) struct Stricter {
    /// Where it stands.
    pub(in crate::check) span: Span,
    /// The place of the reading that is rounded.
    pub(in crate::check) place: u32,
    /// Whether it may be false where the exact amount makes it true.
    pub(in crate::check) fails: bool,
}

impl Judge<'_> {
    /// What is wrong with an item.
    pub(super) fn judge(&self, item: &Item, out: &mut Vec<Diagnostic>) {
        let mut see = |when: &TExpr, strict: Option<bool>| self.condition(when, strict, out);
        match &item.body {
            ItemBody::Rule { branches, .. } => {
                branches.iter().for_each(|b| see(&b.when, Some(b.tier >= self.default.max(Tier::Red))));
            }
            ItemBody::Floor { branches, .. } => branches.iter().for_each(|b| see(&b.when, Some(true))),
            ItemBody::Relax { when, .. } | ItemBody::Exception { when, .. } => see(when, Some(false)),
            ItemBody::Approval { when, .. } => see(when, None),
        }
    }

    /// Where a rule, a relax or an exception may be stricter than the exact amount would make it. A floor is meant to err
    /// on that side.
    pub(in crate::check) fn stricter(&self, item: &Item) -> Option<Stricter> {
        let mut conditions: Vec<&TExpr> = match &item.body {
            ItemBody::Rule { branches, .. } => branches.iter().map(|branch| &branch.when).collect(),
            ItemBody::Relax { when, .. } | ItemBody::Exception { when, .. } => vec![when],
            ItemBody::Floor { .. } | ItemBody::Approval { .. } => Vec::new(),
        };
        // Bands of one rule say the same in turn; the first is enough.
        conditions.truncate(1);
        conditions.into_iter().find_map(|when| self.innermost(when, false))
    }

    fn innermost(&self, e: &TExpr, turned: bool) -> Option<Stricter> {
        match &e.kind {
            TExprKind::Not(inner) => return self.innermost(inner, !turned),
            TExprKind::And(parts) | TExprKind::Or(parts) | TExprKind::AtLeast(_, parts) => {
                return parts.iter().find_map(|part| self.innermost(part, turned));
            }
            _ => {}
        }
        let off = if turned { self.off(e).turned() } else { self.off(e) };
        let fails = match off {
            Off::Low => true,
            Off::High => false,
            Off::No | Off::Any => return None,
        };
        let mut place = None;
        e.visit(&mut |e| {
            if let TExprKind::Fact(FactGroup::State, at) = &e.kind
                && self.rounded.contains_key(at)
            {
                place.get_or_insert(*at);
            }
        });
        Some(Stricter { span: e.span, place: place?, fails })
    }

    /// What is wrong with a condition, where being true is stricter, or looser, or neither.
    pub(super) fn condition(&self, when: &TExpr, strict: Option<bool>, out: &mut Vec<Diagnostic>) {
        self.counts(when, out);
        if !self.rounded.is_empty() && wrong(self.off(when), strict) {
            let span = self.place_of(when, strict, false).unwrap_or(when.span);
            out.push(report(span, strict));
        }
    }

    /// Counts of history stop at a number, and cannot be told from a greater one.
    fn counts(&self, when: &TExpr, out: &mut Vec<Diagnostic>) {
        when.visit(&mut |e| {
            let TExprKind::Compare(_, a, b) = &e.kind else { return };
            let counts = |e: &TExpr| {
                let mut found = false;
                e.visit(&mut |e| {
                    found |= matches!(e.kind, TExprKind::Fact(FactGroup::State, p) if p >= self.first_history)
                });
                found
            };
            let large = |e: &TExpr| matches!(e.kind, TExprKind::Const(Value::Int(n)) if n > MOST_STAMPS);
            if (counts(a) && large(b)) || (counts(b) && large(a)) {
                out.push(
                    Diagnostic::new(Code::HistoryUnbound, e.span, format!("History is counted to {MOST_STAMPS}."))
                        .at("this number is never reached")
                        .note("What is kept must be bounded when the policy is compiled.")
                        .help("Use a `budget` that spends 1, or a shorter time."),
                );
            }
        });
    }

    /// The innermost comparison that is wrong where it stands.
    fn place_of(&self, e: &TExpr, strict: Option<bool>, turned: bool) -> Option<Span> {
        let inner = match &e.kind {
            TExprKind::Not(inner) => self.place_of(inner, strict, !turned),
            TExprKind::And(parts) | TExprKind::Or(parts) | TExprKind::AtLeast(_, parts) => {
                parts.iter().find_map(|part| self.place_of(part, strict, turned))
            }
            _ => None,
        };
        if inner.is_some() {
            return inner;
        }
        let off = if turned { self.off(e).turned() } else { self.off(e) };
        wrong(off, strict).then_some(e.span)
    }

    fn off(&self, e: &TExpr) -> Off {
        match &e.kind {
            TExprKind::Fact(FactGroup::State, place) => match self.rounded.get(place) {
                Some(true) => Off::High,
                Some(false) => Off::Low,
                None => Off::No,
            },
            TExprKind::Not(inner) => self.off(inner).turned(),
            TExprKind::And(parts) | TExprKind::Or(parts) | TExprKind::AtLeast(_, parts) => {
                parts.iter().map(|part| self.off(part)).fold(Off::No, Off::with)
            }
            TExprKind::ToDecimal(inner) => self.off(inner),
            TExprKind::Arithmetic(Arithmetic::Add, a, b) => self.off(a).with(self.off(b)),
            TExprKind::Arithmetic(Arithmetic::Subtract, a, b) => self.off(a).with(self.off(b).turned()),
            TExprKind::Arithmetic(Arithmetic::Multiply, a, b) => {
                let off = self.off(a).with(self.off(b));
                let signs = |e: &TExpr| e.range.is_some_and(|(low, _)| low >= 0);
                if off == Off::No || (signs(a) && signs(b)) { off } else { Off::Any }
            }
            TExprKind::Compare(op, a, b) => {
                let difference = self.off(a).with(self.off(b).turned());
                match op {
                    Comparison::Greater | Comparison::GreaterOrEqual => difference,
                    Comparison::Less | Comparison::LessOrEqual => difference.turned(),
                    Comparison::Equal | Comparison::NotEqual if difference == Off::No => Off::No,
                    Comparison::Equal | Comparison::NotEqual => Off::Any,
                }
            }
            _ if e.parts().into_iter().any(|part| self.off(part) != Off::No) => Off::Any,
            _ => Off::No,
        }
    }
}

/// Whether an expression that is off could loosen.
fn wrong(off: Off, strict: Option<bool>) -> bool {
    match strict {
        Some(true) => matches!(off, Off::Low | Off::Any),
        Some(false) => matches!(off, Off::High | Off::Any),
        None => off != Off::No,
    }
}

fn report(span: Span, strict: Option<bool>) -> Diagnostic {
    let help = match strict {
        Some(true) => "Ask whether much was used or little remains: `used >= x`, `remaining < x`.",
        Some(false) => "Ask whether little was used or much remains: `used < x`, `remaining >= x`.",
        None => "Read a budget by the calendar, `per day`, which is exact.",
    };
    Diagnostic::new(Code::ApproximateReading, span, "A sliding budget is rounded, and here that could loosen.")
        .at("what was used may be told too high, what remains too low")
        .note("An amount leaves the window with its whole bucket, a 128th of the window; `per day` is exact.")
        .help(help)
}
