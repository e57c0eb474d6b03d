//! Comparisons, and the numbers in them: counts and sums over windows.

use std::collections::BTreeSet;

use dogwood_language::temporal_ast::{AggExpr, AggExprKind, ArithOp, CmpOp, Condition, ConditionKind, Term};

use super::book::{Expr, Keeps, Level, Window};
use super::compare::{mirrored, numbers, sign};
use super::reason::Reason;
use super::scope::{Scope, Var, int, is, literal, same};
use super::source::{Kind, Source};
use super::temporal::Translator;
use super::walk::{flatten, mentions};

/// A number that a condition compares.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    pub(crate) text: String,
    pub(crate) reads: BTreeSet<usize>,
    /// It is zero where this does not hold.
    pub(crate) only: Option<Expr>,
    /// Its window counts events where Dogwood counts something else: only whether it is zero means the same.
    pub(crate) otherwise: Option<Reason>,
    /// The value, where it is written in the policy.
    pub(crate) constant: Option<i64>,
}

impl Number {
    /// One where a condition holds, else zero.
    fn one_if(only: Expr) -> Self {
        Self { only: Some(only), constant: None, ..Self::constant(1) }
    }

    pub(crate) fn constant(n: i64) -> Self {
        Self { text: int(n), reads: BTreeSet::new(), only: None, otherwise: None, constant: Some(n) }
    }
}

/// A side of a comparison.
enum Side {
    Number(Number),
    Field(Source),
    Literal(Term),
}

impl Translator<'_> {
    pub(crate) fn comparison(&mut self, op: CmpOp, left: &Term, right: &Term, scope: &Scope) -> Result<Expr, Reason> {
        Ok(match (self.side(left, scope)?, self.side(right, scope)?) {
            (Side::Number(left), Side::Number(right)) => numbers(op, &left, &right)?,
            (Side::Number(number), Side::Field(field)) => self.field_and_number(mirrored(op), &field, &number)?,
            (Side::Field(field), Side::Number(number)) => self.field_and_number(op, &field, &number)?,
            (Side::Field(left), Side::Field(right)) => match op {
                CmpOp::Eq => same(self.book, &left, &right),
                CmpOp::NotEq => {
                    let (left, right) = (self.book.field(&left, Kind::Any), self.book.field(&right, Kind::Any));
                    Expr::of(format!("(has {left} and has {right} and {left} != {right})"))
                }
                CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge => {
                    let (left, right) = (self.book.field(&left, Kind::Int), self.book.field(&right, Kind::Int));
                    Expr::of(format!("(has {left} and has {right} and {left} {} {right})", sign(op)))
                }
            },
            (Side::Field(field), Side::Literal(term)) | (Side::Literal(term), Side::Field(field)) => {
                let value = literal(&term).ok_or(Reason::Arrays)?;
                let equal = is(self.book, &field, &value);
                match op {
                    CmpOp::Eq => equal,
                    CmpOp::NotEq => Expr::all([super::scope::has(self.book, &field), equal.not()]),
                    CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge => Expr::constant(false),
                }
            }
            (Side::Literal(left), Side::Literal(right)) => {
                let (left, right) = (literal(&left).ok_or(Reason::Arrays)?, literal(&right).ok_or(Reason::Arrays)?);
                match op {
                    CmpOp::Eq => Expr::constant(left.dom_eq(&right)),
                    CmpOp::NotEq => Expr::constant(!left.dom_eq(&right)),
                    CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge => Expr::constant(false),
                }
            }
            (Side::Number(_), Side::Literal(_)) | (Side::Literal(_), Side::Number(_)) => {
                Expr::constant(op == CmpOp::NotEq)
            }
        })
    }

    fn side(&mut self, term: &Term, scope: &Scope) -> Result<Side, Reason> {
        Ok(match term {
            Term::Integer(_) | Term::Agg(_) | Term::Arith { .. } => Side::Number(self.number(term, scope)?),
            Term::ContextField(_) | Term::ScopeField(_) => Side::Field(scope.source(term, self.book)?),
            Term::Var(name) => match scope.vars.get(name) {
                Some(Var::Field(source)) => Side::Field(source.clone()),
                Some(Var::Number(number)) => Side::Number(number.clone()),
                Some(Var::Literal(Term::Integer(n))) => Side::Number(Number::constant(*n)),
                Some(Var::Literal(term)) => Side::Literal(term.clone()),
                Some(Var::Point) => return Err(Reason::Positions),
                Some(Var::OutOfReach) => return Err(Reason::NestedReach),
                None => return Err(Reason::Join),
            },
            other => Side::Literal(other.clone()),
        })
    }

    pub(crate) fn number(&mut self, term: &Term, scope: &Scope) -> Result<Number, Reason> {
        match term {
            Term::Integer(n) => Ok(Number::constant(*n)),
            Term::Agg(aggregate) => self.aggregate(aggregate, scope),
            Term::Arith { op, left, right } => {
                let (left, right) = (self.operand(left, scope)?, self.operand(right, scope)?);
                let sign = match op {
                    ArithOp::Add => "+",
                    ArithOp::Sub => "-",
                    ArithOp::Mul => "*",
                };
                let reads = left.reads.union(&right.reads).copied().collect();
                let text = format!("({} {sign} {})", left.text, right.text);
                Ok(Number { text, reads, only: None, otherwise: None, constant: None })
            }
            _ => Err(Reason::Aggregate),
        }
    }

    /// An operand of arithmetic, which must be a number whatever else holds.
    fn operand(&mut self, term: &Term, scope: &Scope) -> Result<Number, Reason> {
        match self.side(term, scope)? {
            Side::Number(number) if number.only.is_none() && number.otherwise.is_none() => Ok(number),
            _ => Err(Reason::Aggregate),
        }
    }

    fn field_and_number(&mut self, op: CmpOp, field: &Source, number: &Number) -> Result<Expr, Reason> {
        let field = self.book.field(field, Kind::Int);
        let there = Expr::of(format!("has {field}"));
        let of = Number { text: field, ..Number::constant(0) };
        let of = Number { constant: None, ..of };
        Ok(Expr::all([there, numbers(op, &of, number)?]))
    }

    /// `count for … where …`, `sum … for … where …`
    fn aggregate(&mut self, aggregate: &AggExpr, scope: &Scope) -> Result<Number, Reason> {
        let (sum, for_vars, body) = match &aggregate.kind {
            AggExprKind::Sum { bound_var, for_vars, body } => (Some(bound_var.name()), for_vars, body),
            AggExprKind::Count { for_vars, body } => (None, for_vars, body),
            AggExprKind::Call(_) => return Err(Reason::Aggregate),
        };
        let mut bound: Vec<String> = for_vars.iter().map(|var| var.name().to_owned()).collect();
        let mut items = Vec::new();
        flatten(body, &mut items, &mut bound);
        let mut inner = scope.clone();
        bound.iter().for_each(|name| {
            inner.vars.remove(name);
        });
        let over = |item: &&Condition| matches!(item.kind, ConditionKind::Formerly { .. });
        let point = |name: &String| {
            items.iter().any(|item| matches!(&item.kind, ConditionKind::Tp { var } if var.name() == name))
        };
        if bound[..for_vars.len()].iter().all(point) {
            // There is one row at most: that of now.
            let only = self.conjunction(&items, &bound, scope)?;
            return if sum.is_some() { Err(Reason::Positions) } else { Ok(Number::one_if(only)) };
        }
        let at_once = |item: &Condition| {
            !matches!(
                item.kind,
                ConditionKind::Formerly { .. } | ConditionKind::Since { .. } | ConditionKind::Not { .. }
            )
        };
        match items.iter().filter(|item| over(item)).count() {
            0 if items.iter().all(|item| at_once(item)) => {
                let only = self.conjunction(&items, &bound, scope)?;
                match sum {
                    None => Ok(Number::one_if(only)),
                    Some(name) => self.of_now(name, &items, only),
                }
            }
            1 => {
                let guards = self.guards_of(&mut items, &bound, &inner)?;
                let (within, body) = self.merged(&items, &bound)?;
                self.over_window(sum, &bound[..for_vars.len()], within, &body, guards, &inner)
            }
            0 => Err(Reason::Aggregate),
            _ => Err(Reason::Join),
        }
    }

    /// The value that the event which is decided has for a variable, where a condition holds.
    fn of_now(&mut self, name: &str, items: &[&Condition], only: Expr) -> Result<Number, Reason> {
        let args = items.iter().filter_map(|item| match &item.kind {
            ConditionKind::Predicate(predicate) => Some(&predicate.args),
            _ => None,
        });
        let arg = args.flatten().find(|arg| matches!(&arg.value, Term::Var(var) if var == name));
        let source = Source::event(&arg.ok_or(Reason::Aggregate)?.name);
        self.book.sums.insert(source.clone());
        let field = self.book.field(&source, Kind::Int);
        let only = Expr::all([only, Expr::of(format!("has {field}"))]);
        Ok(Number { text: field, ..Number::one_if(only) })
    }

    /// Takes out what is true or false of the request itself, whatever the events.
    fn guards_of(&mut self, items: &mut Vec<&Condition>, bound: &[String], scope: &Scope) -> Result<Vec<Expr>, Reason> {
        let (inside, outside): (Vec<&Condition>, Vec<&Condition>) = items.iter().partition(|item| {
            matches!(item.kind, ConditionKind::Formerly { .. }) || bound.iter().any(|name| mentions(item, name))
        });
        *items = inside;
        outside.into_iter().map(|item| self.truth(item, scope)).collect()
    }

    fn over_window(
        &mut self,
        sum: Option<&str>,
        for_vars: &[String],
        seconds: i64,
        body: &Condition,
        mut guards: Vec<Expr>,
        scope: &Scope,
    ) -> Result<Number, Reason> {
        let events = self.events(body, scope)?;
        let Some(events) = events else { return Ok(Number::constant(0)) };
        let found = |name: &String| events.points.contains(name) || events.locals.contains_key(name);
        let otherwise = if !for_vars.iter().all(found) {
            Some(Reason::Pairs)
        } else if !for_vars.iter().any(|name| events.points.contains(name)) {
            Some(Reason::Distinct)
        } else {
            None
        };
        let value = match (sum, otherwise) {
            (None, _) => "count".to_owned(),
            (Some(_), Some(reason)) => return Err(reason),
            (Some(name), None) => {
                let field = events.locals.get(name).ok_or(Reason::Aggregate)?.clone();
                self.book.sums.insert(field.clone());
                let field = self.book.field(&field, Kind::Int);
                format!("sum of {field} where has {field}")
            }
        };
        guards.extend(events.guards.iter().cloned());
        let when = Expr::all(events.whens);
        let level = Level::Told(self.book.level_over(&when.reads));
        let window = Window {
            level,
            on: events.on.into_iter().collect(),
            when,
            keeps: Keeps::Seconds(seconds),
            keys: events.keys,
            value,
            links: Vec::new(),
        };
        let at = self.book.keep(window);
        let only = (!guards.is_empty()).then(|| Expr::all(guards));
        Ok(Number { text: format!("w{at}.n"), reads: [at].into(), only, otherwise, constant: None })
    }
}
