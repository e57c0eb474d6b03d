//! Numbers, amounts and times that stateful items are written with.

use super::super::Checker;
use super::super::expression::Env;
use super::super::typed::state::{Amount, MOST_STAMPS};
use super::super::typed::{TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, Literal};
use crate::types::Type;
use crate::value::Value;

/// The longest time that anything is kept for: ten years.
const LONGEST: i64 = 3_660 * 24 * 3_600 * 1_000_000;

/// One percent, in the unit of a literal.
const PERCENT: i64 = 1_000_000;

impl Checker<'_> {
    /// A length of time above zero.
    pub(in crate::check) fn length(&mut self, literal: &Literal, span: Span) -> Option<i64> {
        match literal {
            Literal::Duration(us) if (1..=LONGEST).contains(us) => Some(*us),
            _ => {
                self.report(
                    Diagnostic::new(Code::BadAmount, span, "This is no length of time that can be kept.")
                        .at("a duration above zero, at most ten years")
                        .help("Write for example `60s`, `5m`, `1h30m` or `30d`."),
                );
                None
            }
        }
    }

    /// A percentage from 1 to 100.
    pub(super) fn percent(&mut self, literal: &Literal, span: Span) -> Option<u32> {
        match literal {
            Literal::Percent(n) if n % PERCENT == 0 && (1..=100).contains(&(n / PERCENT)) => Some((n / PERCENT) as u32),
            _ => {
                self.report(
                    Diagnostic::new(Code::BadAmount, span, "A warning begins at a whole percentage.")
                        .at("from 1% to 100%")
                        .help("Write `warn yellow at 80%`."),
                );
                None
            }
        }
    }

    /// How many: written, or said by a flag with a declared maximum.
    pub(super) fn amount(&mut self, expr: &Expr, sliding: bool, env: &mut Env) -> Option<Amount> {
        let found = self.value(expr, Some(&Type::Int), env)?;
        let amount = match found.kind {
            TExprKind::Const(Value::Int(n)) => Amount::Const(n),
            TExprKind::Flag(flag, keys) if found.ty == Type::Int => {
                let most = found.range.map(|(_, high)| high).filter(|high| *high < i64::MAX);
                let Some(most) = most else {
                    self.report_no_maximum(expr.span);
                    return None;
                };
                Amount::Flag { flag, keys, most }
            }
            _ => {
                self.report(
                    Diagnostic::new(Code::BadAmount, expr.span, "A limit is a whole number, or a flag that says one.")
                        .at("neither")
                        .help("Write `at most 3 per 1h`, or `at most flag.max_parallel at once`."),
                );
                return None;
            }
        };
        if amount.most() < 0 || (sliding && amount.most() > MOST_STAMPS) {
            self.report_not_countable(expr.span, amount.most());
            return None;
        }
        Some(amount)
    }

    fn report_no_maximum(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::BadAmount, span, "The type of this flag has no greatest value.")
                .at("how much memory it takes is not known")
                .note("What is kept for a limit must be bounded when the policy is compiled.")
                .help("Declare it with a range: `flag max_parallel: int 0..1000 = 150, strict 0`."),
        );
    }

    fn report_not_countable(&mut self, span: Span, most: i64) {
        let finding = Diagnostic::new(Code::BadAmount, span, format!("A limit of {most} cannot be counted exactly."));
        self.report(if most < 0 {
            finding.at("less than nothing").help("Write 0 to refuse all.")
        } else {
            finding
                .at(format!("a sliding limit counts to {MOST_STAMPS}"))
                .note("It keeps the time of each request that counts, so that it is exact to the microsecond.")
                .help("Use a shorter time, a `budget` that spends 1, or `at once`.")
        });
    }

    /// A literal amount in the unit of an amount's type.
    pub(in crate::check) fn amount_of(&mut self, literal: &Literal, ty: &Type, span: Span) -> Option<i64> {
        let found = self.literal(literal, span, Some(ty))?;
        match found {
            TExpr { kind: TExprKind::Const(value), ty: got, .. } if got == *ty => {
                let word = value.word().filter(|n| *n >= 0);
                if word.is_none() {
                    self.report(
                        Diagnostic::new(Code::BadAmount, span, "An amount is zero or more.").at("less than nothing"),
                    );
                }
                word
            }
            TExpr { ty: got, .. } => {
                self.mismatch(span, ty, &got);
                None
            }
        }
    }
}
