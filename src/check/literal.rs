//! Literals and constants: a literal is read at compile time where the type of its place is known.

use super::Checker;
use super::typed::{TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, Literal};
use crate::types::{FieldType, Type};
use crate::value::{Value, time};

/// A constant expression.
pub(super) fn constant_expr(value: Value, ty: Type, span: Span) -> TExpr {
    let range = value.word().filter(|_| ty.is_word()).map(|w| (w, w));
    TExpr { kind: TExprKind::Const(value), ty, range, errs: false, span }
}

impl Checker<'_> {
    /// A literal as a value of the expected type where that is possible, otherwise of its own.
    pub(super) fn literal(&mut self, literal: &Literal, span: Span, expected: Option<&Type>) -> Option<TExpr> {
        let expected = expected.map(Type::required);
        let (value, ty) = match literal {
            Literal::Bool(b) => (Value::Bool(*b), Type::Bool),
            Literal::Int(n) => match expected {
                Some(Type::Decimal) => (Value::Decimal(self.scaled(*n, 1_000_000, span)?), Type::Decimal),
                Some(Type::Ratio) if (0..=1).contains(n) => (Value::Ratio(n * 1_000_000_000), Type::Ratio),
                _ => (Value::Int(*n), Type::Int),
            },
            Literal::Decimal(n) => match expected {
                Some(Type::Ratio) => (Value::Ratio(self.ratio(*n, 1_000, 1_000_000, span)?), Type::Ratio),
                _ => (Value::Decimal(*n), Type::Decimal),
            },
            Literal::Percent(n) => match expected {
                Some(Type::Decimal) if n % 100 == 0 => (Value::Decimal(n / 100), Type::Decimal),
                _ => (Value::Ratio(self.ratio(*n, 10, 100_000_000, span)?), Type::Ratio),
            },
            Literal::String(text) => return self.text_literal(text, span, expected),
            Literal::Regex(text) => (Value::set(vec![Value::str(text)]), Type::Regexes),
            Literal::Duration(us) => (Value::Duration(*us), Type::Duration),
            Literal::Time(text) => return self.time_literal(text, span),
            Literal::TimeOfDay(s) => (Value::TimeOfDay(*s), Type::TimeOfDay),
        };
        Some(constant_expr(value, ty, span))
    }

    fn scaled(&mut self, n: i64, by: i64, span: Span) -> Option<i64> {
        let scaled = n.checked_mul(by);
        if scaled.is_none() {
            self.report(
                Diagnostic::new(Code::BadNumber, span, "This number is too large for a decimal.")
                    .at("at most 9,223,372,036,854"),
            );
        }
        scaled
    }

    /// A ratio from a number that is `most` where it is one whole.
    fn ratio(&mut self, n: i64, by: i64, most: i64, span: Span) -> Option<i64> {
        if (0..=most).contains(&n) {
            return Some(n * by);
        }
        self.report(
            Diagnostic::new(Code::BadNumber, span, "A ratio lies between 0 and 1.")
                .at("outside")
                .help("Write `0.8` or `80%`."),
        );
        None
    }

    /// A text where a typed text may be meant: `"main"` as a ref, `"10.0.0.0/8"` as a cidr.
    fn text_literal(&mut self, text: &str, span: Span, expected: Option<&Type>) -> Option<TExpr> {
        let Some(ty) = expected else { return Some(constant_expr(Value::str(text), Type::String, span)) };
        match ty {
            Type::Globs | Type::Regexes => Some(constant_expr(Value::set(vec![Value::str(text)]), ty.clone(), span)),
            Type::Command
            | Type::Path
            | Type::Ref
            | Type::Url
            | Type::Host
            | Type::Ip
            | Type::Cidr
            | Type::Semver
            | Type::Timestamp => {
                let zone = self.zone();
                match crate::types::read_text(ty, text, &zone) {
                    Ok(value) => Some(constant_expr(value, ty.clone(), span)),
                    Err(fault) => {
                        let shown = self.types.show(ty);
                        self.report(
                            Diagnostic::new(Code::BadLiteral, span, format!("This text is no `{shown}`."))
                                .at(fault.detail.to_string())
                                .help(literal_help(ty)),
                        );
                        None
                    }
                }
            }
            _ => Some(constant_expr(Value::str(text), Type::String, span)),
        }
    }

    fn time_literal(&mut self, text: &str, span: Span) -> Option<TExpr> {
        match time::timestamp(text, &self.zone()) {
            Ok(micros) => Some(constant_expr(Value::Timestamp(micros), Type::Timestamp, span)),
            Err(fault) => {
                self.report(
                    Diagnostic::new(Code::BadLiteral, span, "There is no such date or time.")
                        .at(fault.detail.to_string())
                        .help("Write `2026-11-23` or `2026-11-18T10:00`."),
                );
                None
            }
        }
    }

    /// The zone of the root package.
    pub(super) fn zone(&self) -> time::Zone {
        time::zone(&self.settings.zone).unwrap_or_else(time::Zone::utc)
    }

    /// A default or start value: a constant that its field's own type, range and bounds admit.
    pub(super) fn constant(&mut self, file: usize, expr: &Expr, field: &FieldType) -> Option<Value> {
        let typed = self.const_expression(file, expr, Some(field.ty.required()))?;
        if typed.ty.required() != field.ty.required() {
            let (wanted, got) = (self.types.show(&field.ty), self.types.show(&typed.ty));
            self.report(
                Diagnostic::new(Code::TypeMismatch, expr.span, format!("This value is {got}, the field is {wanted}."))
                    .at(format!("`{got}`")),
            );
            return None;
        }
        let TExprKind::Const(value) = typed.kind else {
            self.not_constant(expr.span);
            return None;
        };
        if let (Some((low, high)), Some(word)) = (field.range, value.word())
            && !(low..=high).contains(&word)
        {
            self.report(
                Diagnostic::new(Code::OutOfRangeConstant, expr.span, "This value lies outside the range of its field.")
                    .at("never valid")
                    .help("Widen the range or change the value."),
            );
            return None;
        }
        Some(value)
    }

    /// Reports an expression that only a request could answer.
    pub(super) fn not_constant(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::NotConstant, span, "This must be known when the policy is compiled.")
                .at("depends on the request")
                .help("Write a literal, an enum variant, an entity, or a set of them."),
        );
    }
}

fn literal_help(ty: &Type) -> &'static str {
    match ty {
        Type::Path => "Write a path such as \"src/main.rs\", with `/` between its parts.",
        Type::Command => "Write a command line that bash can read.",
        Type::Ref => "Write a branch or tag name such as \"main\".",
        Type::Url => "Write an address such as \"https://example.com/x\".",
        Type::Host => "Write a host name such as \"api.example.com\".",
        Type::Ip => "Write an address such as \"10.0.0.1\" or \"::1\".",
        Type::Cidr => "Write a network such as \"10.0.0.0/8\".",
        Type::Semver => "Write a version such as \"1.4.0\".",
        _ => "Write a date or time such as \"2026-11-18T10:00:00Z\".",
    }
}
