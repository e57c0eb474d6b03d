//! `and or not`, comparisons, arithmetic, `??`, ranges, percent.

use super::{Env, typed};
use crate::check::Checker;
use crate::check::literal::constant_expr;
use crate::check::typed::{Arithmetic, Comparison, TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Literal};
use crate::types::Type;
use crate::value::time::calendar;
use crate::value::{RangeValue, Value};

/// One int as a decimal.
const SCALE: i64 = 1_000_000;

impl Checker<'_> {
    /// A chain of `and` or `or`: what one part proves, the next may use.
    pub(super) fn chain(&mut self, expr: &Expr, parts: &[Expr], and: bool, env: &mut Env) -> Option<TExpr> {
        let mark = env.mark();
        let mut out = Vec::new();
        let mut fine = true;
        for part in parts {
            match self.condition(part, env) {
                Some(part) => {
                    if and {
                        env.learn_true(&part);
                    } else {
                        env.learn_false(&part);
                    }
                    out.push(part);
                }
                None => fine = false,
            }
        }
        env.forget(mark);
        let kind = if and { TExprKind::And(out) } else { TExprKind::Or(out) };
        fine.then(|| typed(kind, Type::Bool, expr.span))
    }

    /// `at least 3 of (a, b, c)`
    pub(super) fn at_least(&mut self, expr: &Expr, n: u32, parts: &[Expr], env: &mut Env) -> Option<TExpr> {
        let mut out = Vec::new();
        for part in parts {
            out.push(self.condition(part, env)?);
        }
        if n == 0 || n as usize > out.len() {
            self.report(
                Diagnostic::new(
                    Code::BadRange,
                    expr.span,
                    format!("At least {n} of {} is always the same.", out.len()),
                )
                .at(if n == 0 { "always true" } else { "never true" })
                .help(format!("Write a number from 1 to {}.", out.len())),
            );
            return None;
        }
        Some(typed(TExprKind::AtLeast(n, out), Type::Bool, expr.span))
    }

    /// `has place`
    pub(super) fn has(&mut self, expr: &Expr, inner: &Expr, env: &mut Env) -> Option<TExpr> {
        let place = self.place(inner, None, env)?;
        if !place.ty.is_optional() {
            self.report(
                Diagnostic::new(Code::NotOptional, expr.span, "This value is always there.")
                    .at("`has` is always true")
                    .note("A value that should be there and is not is an error, and errors never loosen.")
                    .help("Remove the `has`, or declare the field optional with `?`."),
            );
            return None;
        }
        self.note_optional_claim(&place, env);
        Some(typed(TExprKind::Has(Box::new(place)), Type::Bool, expr.span))
    }

    fn note_optional_claim(&self, place: &TExpr, env: &mut Env) {
        // A claim that is required where it is declared is an error where it is left out.
        let optional = |name: &str| {
            let fields = env.actions.iter().flatten().filter_map(|a| self.actions[a.0 as usize].field(name));
            fields.into_iter().any(|f| f.ty.ty.is_optional())
        };
        if let TExprKind::Field(name) = &place.kind
            && env.reads.claims.contains_key(name)
            && optional(name)
        {
            env.reads.optional_claims.entry(name.clone()).or_insert(place.span);
        }
    }

    /// An operator between two values.
    pub(super) fn binary(
        &mut self,
        expr: &Expr,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        expected: Option<&Type>,
        env: &mut Env,
    ) -> Option<TExpr> {
        let comparison = match op {
            BinaryOp::Equal => Comparison::Equal,
            BinaryOp::NotEqual => Comparison::NotEqual,
            BinaryOp::Less => Comparison::Less,
            BinaryOp::LessOrEqual => Comparison::LessOrEqual,
            BinaryOp::Greater => Comparison::Greater,
            BinaryOp::GreaterOrEqual => Comparison::GreaterOrEqual,
            BinaryOp::Coalesce => return self.coalesce(expr, left, right, expected, env),
            BinaryOp::Add => return self.arithmetic(expr, Arithmetic::Add, left, right, expected, env),
            BinaryOp::Subtract => return self.arithmetic(expr, Arithmetic::Subtract, left, right, expected, env),
            BinaryOp::Multiply => return self.arithmetic(expr, Arithmetic::Multiply, left, right, expected, env),
        };
        if let ExprKind::Name(name) = &left.kind
            && name == "warnings"
        {
            return self.warnings(expr, comparison, right, env);
        }
        let (left, right) = self.pair(left, right, env)?;
        self.compare(expr.span, comparison, left, right)
    }

    /// `warnings >= n`
    fn warnings(&mut self, expr: &Expr, op: Comparison, right: &Expr, env: &mut Env) -> Option<TExpr> {
        env.reads.warnings.get_or_insert(expr.span);
        match &right.kind {
            ExprKind::Literal(Literal::Int(n)) if op == Comparison::GreaterOrEqual && (1..=1_000).contains(n) => {
                Some(typed(TExprKind::Warnings(*n as u32), Type::Bool, expr.span))
            }
            _ => {
                self.report(
                    Diagnostic::new(Code::WarningsMisused, expr.span, "`warnings` is asked for in one way only.")
                        .at("not `>=` and a whole number")
                        .note("More warnings must never make a decision looser.")
                        .help("Write `warnings >= 3`."),
                );
                None
            }
        }
    }

    /// Two operands, each giving the other the type of a literal or variant.
    pub(super) fn pair(&mut self, left: &Expr, right: &Expr, env: &mut Env) -> Option<(TExpr, TExpr)> {
        let (a, b) = if needs_type(left, self, env) && !needs_type(right, self, env) {
            let b = self.value(right, None, env)?;
            let a = self.value(left, Some(&b.ty), env)?;
            (a, b)
        } else {
            let a = self.value(left, None, env);
            if a.is_none() && self.may_be_variant(left, right) {
                return None;
            }
            let b = self.value(right, a.as_ref().map(|a| &a.ty), env)?;
            (a?, b)
        };
        Some(widen(a, b))
    }

    /// Whether a name could mean something beside a value whose type is not known because of another finding.
    fn may_be_variant(&self, beside: &Expr, expr: &Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else { return false };
        let unread = matches!(&beside.kind, ExprKind::Name(field) if self.unread.contains(field));
        unread || self.types.enums.iter().any(|def| def.variants.iter().any(|variant| **variant == **name))
    }

    fn compare(&mut self, span: Span, op: Comparison, left: TExpr, right: TExpr) -> Option<TExpr> {
        if left.ty != right.ty {
            let (l, r) = (self.types.show(&left.ty), self.types.show(&right.ty));
            let quoted = [&left, &right].into_iter().any(|e| matches!(&e.kind, TExprKind::Const(Value::Str(_))));
            let finding = Diagnostic::new(Code::CannotCompare, span, format!("`{l}` and `{r}` cannot be compared."))
                .at("two types")
                .label(left.span, l)
                .label(right.span, r);
            self.report(finding.help(if quoted {
                "A text stands between quotes; numbers, times and words of an enum do not."
            } else {
                "Compare values of one type, or what you mean of them: a field or a property."
            }));
            return None;
        }
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        if equality {
            self.equality(span, &left)?;
        } else {
            self.order(span, &left)?;
        }
        let kind = TExprKind::Compare(op, Box::new(left), Box::new(right));
        Some(typed(kind, Type::Bool, span))
    }

    fn equality(&mut self, span: Span, left: &TExpr) -> Option<()> {
        match &left.ty {
            Type::Ratio => {
                self.report(
                    Diagnostic::new(
                        Code::RatioEquality,
                        span,
                        "Ratios are rounded, so they are never tested for equality.",
                    )
                    .at("may be false by a billionth")
                    .help("Write `<=` or `>=`."),
                );
                None
            }
            Type::Command
            | Type::SimpleCommand
            | Type::Globs
            | Type::Regexes
            | Type::Map(_)
            | Type::Record(_)
            | Type::Range(_)
            | Type::CivilTime => {
                let shown = self.types.show(&left.ty);
                self.report(
                    Diagnostic::new(
                        Code::CannotCompare,
                        span,
                        format!("Two values of type `{shown}` cannot be compared."),
                    )
                    .at("no equality")
                    .help("Compare what you mean of them: a field, a property, or use `runs`, `like`, `in`."),
                );
                None
            }
            _ => Some(()),
        }
    }

    /// Whether values of a type have an order.
    pub(super) fn order(&mut self, span: Span, left: &TExpr) -> Option<()> {
        let ordered = match &left.ty {
            Type::Int
            | Type::Decimal
            | Type::Ratio
            | Type::Duration
            | Type::Timestamp
            | Type::TimeOfDay
            | Type::Semver => true,
            Type::Enum(id) => self.types.enum_def(*id).ordered,
            _ => false,
        };
        if ordered {
            return Some(());
        }
        let shown = self.types.show(&left.ty);
        let finding = Diagnostic::new(Code::NotOrdered, span, format!("Values of type `{shown}` have no order."))
            .at("neither is less");
        self.report(match &left.ty {
            Type::Enum(_) => finding.help(format!("Declare it `ordered enum {shown} {{ … }}`, or test `in {{ … }}`.")),
            _ => finding.help("Test equality or membership."),
        });
        None
    }

    /// `a ?? b`
    fn coalesce(
        &mut self,
        expr: &Expr,
        left: &Expr,
        right: &Expr,
        expected: Option<&Type>,
        env: &mut Env,
    ) -> Option<TExpr> {
        let left = self.place(left, expected, env)?;
        if !left.ty.is_optional() {
            self.report(
                Diagnostic::new(Code::NotOptional, expr.span, "This value is always there.")
                    .at("`??` never does anything here")
                    .help("Remove the `??`, or declare the field optional with `?`."),
            );
            return None;
        }
        self.note_optional_claim(&left, env);
        let ty = left.ty.required().clone();
        let right = self.value(right, Some(&ty), env)?;
        if right.ty != ty {
            self.mismatch(right.span, &ty, &right.ty);
            return None;
        }
        let range = join(left.range, right.range);
        let kind = TExprKind::Coalesce(Box::new(left), Box::new(right));
        Some(TExpr { kind, ty, range, errs: false, span: expr.span })
    }

    /// `-a`
    pub(super) fn negate(
        &mut self,
        expr: &Expr,
        inner: &Expr,
        expected: Option<&Type>,
        env: &mut Env,
    ) -> Option<TExpr> {
        let value = self.value(inner, expected, env)?;
        if !matches!(value.ty, Type::Int | Type::Decimal | Type::Duration) {
            return self.no_arithmetic(expr.span, &value.ty, &value.ty);
        }
        let negated = match &value.kind {
            TExprKind::Const(Value::Int(n)) => n.checked_neg().map(Value::Int),
            TExprKind::Const(Value::Decimal(n)) => n.checked_neg().map(Value::Decimal),
            TExprKind::Const(Value::Duration(n)) => n.checked_neg().map(Value::Duration),
            _ => None,
        };
        if let Some(negated) = negated {
            return Some(constant_expr(negated, value.ty, expr.span));
        }
        let zero = match value.ty {
            Type::Int => Value::Int(0),
            Type::Decimal => Value::Decimal(0),
            _ => Value::Duration(0),
        };
        let zero = constant_expr(zero, value.ty.clone(), expr.span);
        self.calculated(expr.span, Arithmetic::Subtract, value.ty.clone(), zero, value)
    }

    fn arithmetic(
        &mut self,
        expr: &Expr,
        op: Arithmetic,
        left: &Expr,
        right: &Expr,
        expected: Option<&Type>,
        env: &mut Env,
    ) -> Option<TExpr> {
        let (a, b) = match op {
            Arithmetic::Multiply => (self.value(left, None, env)?, self.value(right, None, env)?),
            Arithmetic::Add | Arithmetic::Subtract => {
                let a = self.value(left, expected.filter(|t| **t == Type::Decimal), env)?;
                let hint = match (&a.ty, op) {
                    (Type::Timestamp, Arithmetic::Add) => None,
                    _ => Some(a.ty.clone()),
                };
                let b = self.value(right, hint.as_ref(), env)?;
                widen(a, b)
            }
        };
        let ty = match (op, &a.ty, &b.ty) {
            (Arithmetic::Add | Arithmetic::Subtract, Type::Int, Type::Int) => Type::Int,
            (Arithmetic::Add | Arithmetic::Subtract, Type::Decimal, Type::Decimal) => Type::Decimal,
            (Arithmetic::Add | Arithmetic::Subtract, Type::Duration, Type::Duration) => Type::Duration,
            (Arithmetic::Add | Arithmetic::Subtract, Type::Timestamp, Type::Duration) => Type::Timestamp,
            (Arithmetic::Subtract, Type::Timestamp, Type::Timestamp) => Type::Duration,
            (Arithmetic::Multiply, Type::Int, Type::Int) => Type::Int,
            (Arithmetic::Multiply, Type::Decimal, Type::Int) | (Arithmetic::Multiply, Type::Int, Type::Decimal) => {
                Type::Decimal
            }
            (Arithmetic::Multiply, Type::Duration, Type::Int) | (Arithmetic::Multiply, Type::Int, Type::Duration) => {
                Type::Duration
            }
            _ => return self.no_arithmetic(expr.span, &a.ty, &b.ty),
        };
        self.calculated(expr.span, op, ty, a, b)
    }

    /// The result of a calculation, with its range; one that may overflow can err, and that is a finding.
    fn calculated(&mut self, span: Span, op: Arithmetic, ty: Type, a: TExpr, b: TExpr) -> Option<TExpr> {
        let (exact, fits) = interval(op, bounds(&a), bounds(&b));
        if let (TExprKind::Const(_), TExprKind::Const(_), true) = (&a.kind, &b.kind, fits) {
            let value = match ty {
                Type::Int => Value::Int(exact.0),
                Type::Decimal => Value::Decimal(exact.0),
                Type::Duration => Value::Duration(exact.0),
                _ => Value::Timestamp(exact.0),
            };
            return Some(constant_expr(value, ty, span));
        }
        if !fits {
            let unbounded = [&a, &b].into_iter().find(|e| bounds(e) == (i64::MIN, i64::MAX)).map_or(span, |e| e.span);
            self.report(
                Diagnostic::new(
                    Code::MayErr,
                    span,
                    "This calculation can leave the range of its type, and is then an error.",
                )
                .at("may overflow")
                .label(unbounded, "no range is declared for this")
                .note("An item that errs turns restrictive.")
                .help(if matches!(ty, Type::Duration | Type::Timestamp) {
                    "Declare a range on the duration, such as `duration 0s..30d`."
                } else {
                    "Declare a range on the field, such as `int 0..1_000_000` or `decimal 0.00..100_000.00`."
                }),
            );
        }
        // A time that was calculated may lie beyond the calendar: it keeps what is known of it.
        let range = (fits || ty == Type::Timestamp).then_some(exact);
        let kind = TExprKind::Arithmetic(op, Box::new(a), Box::new(b));
        Some(TExpr { kind, ty, range, errs: !fits, span })
    }

    fn no_arithmetic(&mut self, span: Span, a: &Type, b: &Type) -> Option<TExpr> {
        let (l, r) = (self.types.show(a), self.types.show(b));
        let what = if l == r { format!("Values of type `{l}`") } else { format!("`{l}` and `{r}`") };
        self.report(
            Diagnostic::new(Code::NoArithmetic, span, format!("{what} cannot be calculated with in this way."))
                .at("no such operation")
                .help("There are int, decimal, duration and timestamp; a decimal is multiplied by an int only."),
        );
        None
    }

    /// `20% of n`
    pub(super) fn percent_of(&mut self, expr: &Expr, percent: &Expr, of: &Expr, env: &mut Env) -> Option<TExpr> {
        let ExprKind::Literal(Literal::Percent(p)) = &percent.kind else {
            self.not_constant(percent.span);
            return None;
        };
        let of = self.value(of, None, env)?;
        if of.ty != Type::Int {
            self.mismatch(of.span, &Type::Int, &of.ty);
            return None;
        }
        if p % 100 != 0 {
            self.report(
                Diagnostic::new(Code::BadNumber, percent.span, "A share has at most four digits behind the point.")
                    .at("too fine to be exact"),
            );
            return None;
        }
        let share = constant_expr(Value::Decimal(p / 100), Type::Decimal, percent.span);
        self.calculated(expr.span, Arithmetic::Multiply, Type::Decimal, share, of)
    }

    /// `1..5`, `09:00..17:00`
    pub(super) fn range(
        &mut self,
        expr: &Expr,
        low: &Expr,
        high: &Expr,
        expected: Option<&Type>,
        env: &mut Env,
    ) -> Option<TExpr> {
        let wanted = expected.map(|t| match t.required() {
            Type::Range(inner) => (**inner).clone(),
            other => other.clone(),
        });
        let low = self.value(low, wanted.as_ref(), env)?;
        let high = self.value(high, Some(&low.ty), env)?;
        if low.ty != high.ty {
            self.mismatch(high.span, &low.ty, &high.ty);
            return None;
        }
        self.order(expr.span, &low)?;
        let (TExprKind::Const(a), TExprKind::Const(b)) = (&low.kind, &high.kind) else {
            self.not_constant(expr.span);
            return None;
        };
        let wraps = low.ty == Type::TimeOfDay;
        if a.total_cmp(b).is_gt() && !wraps {
            self.report(
                Diagnostic::new(Code::BadRange, expr.span, "No value lies in this range.")
                    .at("empty")
                    .help("Write the smaller end first."),
            );
            return None;
        }
        let ty = Type::Range(low.ty.clone().into());
        let range = RangeValue { low: a.clone(), high: b.clone(), closed: !wraps };
        Some(constant_expr(Value::Range(range.into()), ty, expr.span))
    }
}

/// Whether an operand takes its meaning from the type of the other: a literal, or a name that is no value here.
fn needs_type(expr: &Expr, checker: &Checker<'_>, env: &Env) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Set(_) | ExprKind::List(_) => true,
        ExprKind::Negate(inner) => needs_type(inner, checker, env),
        ExprKind::Name(name) => {
            let field = env.actions.iter().flatten().any(|a| checker.actions[a.0 as usize].field(name).is_some());
            let known = field
                || env.vars.iter().any(|v| v.name == *name)
                || env.parameters.contains_key(name)
                || crate::hir::RESERVED.contains(&name.as_str())
                || checker.set.lookup(env.file, name) != crate::hir::Found::None;
            !known
        }
        _ => false,
    }
}

/// An int beside a decimal counts as a decimal.
fn widen(a: TExpr, b: TExpr) -> (TExpr, TExpr) {
    match (&a.ty, &b.ty) {
        (Type::Int, Type::Decimal) => (to_decimal(a), b),
        (Type::Decimal, Type::Int) => {
            let b = to_decimal(b);
            (a, b)
        }
        _ => (a, b),
    }
}

/// An int as a decimal.
fn to_decimal(a: TExpr) -> TExpr {
    if let TExprKind::Const(Value::Int(n)) = &a.kind
        && let Some(scaled) = n.checked_mul(SCALE)
    {
        return constant_expr(Value::Decimal(scaled), Type::Decimal, a.span);
    }
    let (low, high) = bounds(&a);
    let range = low.checked_mul(SCALE).zip(high.checked_mul(SCALE));
    let span = a.span;
    TExpr { kind: TExprKind::ToDecimal(Box::new(a)), ty: Type::Decimal, range, errs: range.is_none(), span }
}

/// Least and greatest value. A time that was read lies within the calendar, without a declared range.
fn bounds(expr: &TExpr) -> (i64, i64) {
    let whole = if expr.ty == Type::Timestamp { calendar() } else { (i64::MIN, i64::MAX) };
    expr.range.unwrap_or(whole)
}

/// The smallest interval that holds both, where both are known.
fn join(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> Option<(i64, i64)> {
    let ((a, b), (c, d)) = (a?, b?);
    Some((a.min(c), b.max(d)))
}

/// The interval of a calculation, and whether it fits into 64 bits.
fn interval(op: Arithmetic, a: (i64, i64), b: (i64, i64)) -> ((i64, i64), bool) {
    let wide = |x: i64| i128::from(x);
    let candidates: Vec<i128> = match op {
        Arithmetic::Add => vec![wide(a.0) + wide(b.0), wide(a.1) + wide(b.1)],
        Arithmetic::Subtract => vec![wide(a.0) - wide(b.1), wide(a.1) - wide(b.0)],
        Arithmetic::Multiply => {
            vec![wide(a.0) * wide(b.0), wide(a.0) * wide(b.1), wide(a.1) * wide(b.0), wide(a.1) * wide(b.1)]
        }
    };
    let low = candidates.iter().copied().min().unwrap_or(0);
    let high = candidates.iter().copied().max().unwrap_or(0);
    let fits = low >= i128::from(i64::MIN) && high <= i128::from(i64::MAX);
    let clamp = |x: i128| x.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
    ((clamp(low), clamp(high)), fits)
}
