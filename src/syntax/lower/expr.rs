//! Expressions: from the grammar's flat runs to trees, by precedence.
//!
//! Loosest first: `or`; `and`; `not`; comparisons and word relations; `??`; `..`; `+ - minus`; `*` and
//! `of`; unary `-` and `has`; what hangs on an operand. A run of `and` or of `or` is one node, so that a
//! long list of conditions is not a deep tree.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::{Lower, MAX_DEPTH, P, Seen};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{
    Access, BinaryOp, Event, Expr, ExprKind, History, Literal, Patterns, Quantifier, Relation, Touch,
};
use crate::syntax::parser::Rule;

const OR: u8 = 1;
const AND: u8 = 2;
const COMPARE: u8 = 4;
const COALESCE: u8 = 5;
const RANGE: u8 = 6;
const SUM: u8 = 7;
const PRODUCT: u8 = 8;
const UNARY: u8 = 9;

/// An operator between two operands.
#[derive(Clone, Copy)]
enum Infix {
    /// `and` where true, `or` where false.
    Logic(bool),
    Binary(BinaryOp),
    Relation(Relation, bool),
    Range,
    PercentOf,
}

/// A tree with its depth.
struct Node {
    expr: Expr,
    depth: u32,
}

type Run<'i> = Peekable<IntoIter<P<'i>>>;

impl Lower<'_, '_> {
    /// Lowers an `expr`, `approval_expr`, `over` or `body`.
    pub(in crate::syntax) fn expr(&mut self, pair: P<'_>) -> Expr {
        self.node(pair).expr
    }

    /// Lowers a `unit`.
    pub(super) fn unit(&mut self, pair: P<'_>) -> Expr {
        self.unit_node(pair).expr
    }

    /// Lowers the only expression among a pair's children.
    pub(super) fn only_expr(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        let is_expr = |p: &P<'_>| matches!(p.as_rule(), Rule::expr | Rule::approval_expr | Rule::unit);
        match pair.into_inner().find(is_expr) {
            Some(inner) if inner.as_rule() == Rule::unit => self.unit(inner),
            Some(inner) => self.expr(inner),
            None => Expr { span, kind: ExprKind::Unreadable },
        }
    }

    fn node(&mut self, pair: P<'_>) -> Node {
        if pair.as_rule() == Rule::body {
            let span = self.span(&pair);
            return match pair.into_inner().next() {
                Some(inner) => self.node(inner),
                None => unreadable(span),
            };
        }
        let span = self.span(&pair);
        let mut run = pair.into_inner().collect::<Vec<_>>().into_iter().peekable();
        self.climb(&mut run, OR, span)
    }

    /// Reads operators that bind at least as tight as `least`.
    fn climb(&mut self, run: &mut Run<'_>, least: u8, whole: Span) -> Node {
        let mut left = self.operand(run, whole);
        let mut last: Option<(u8, Span)> = None;
        while let Some(next) = run.peek() {
            let span = self.span(next);
            let tail = matches!(next.as_rule(), Rule::runs | Rule::runs_only | Rule::touches);
            let operator = if tail { None } else { infix(next.as_str()) };
            let strength = operator.map_or(COMPARE, strength);
            if strength < least {
                break;
            }
            if let Some((_, first)) = last.filter(|(before, _)| *before == strength) {
                self.chained(first, span);
            }
            last = (strength == COMPARE || strength == RANGE).then_some((strength, span));
            let Some(next) = run.next() else { break };
            left = match operator {
                None => self.command_tail(left, next),
                Some(Infix::Logic(conjunction)) => self.logic(conjunction, left, run, whole),
                Some(operator) => {
                    let right = self.climb(run, strength + 1, whole);
                    self.join(operator, left, right)
                }
            };
        }
        left
    }

    /// `a and b and …`: one node for the whole run, parenthesised runs of the same word included.
    fn logic(&mut self, conjunction: bool, left: Node, run: &mut Run<'_>, whole: Span) -> Node {
        let strength = if conjunction { AND } else { OR };
        let mut operands = Vec::new();
        let mut span = left.expr.span;
        let mut depth = 0;
        let mut first = true;
        let mut next = Some(left);
        while let Some(node) = next.take() {
            span = span.to(node.expr.span);
            let inner = match node.expr.kind {
                ExprKind::And(inner) if conjunction => inner,
                ExprKind::Or(inner) if !conjunction => inner,
                kind => {
                    depth = depth.max(node.depth);
                    operands.push(Expr { kind, ..node.expr });
                    Vec::new()
                }
            };
            if !inner.is_empty() {
                // INVARIANT: the parts of a run are one less deep than the run.
                depth = depth.max(node.depth - 1);
                operands.extend(inner);
            }
            let same = |p: &P<'_>| matches!(infix(p.as_str()), Some(Infix::Logic(c)) if c == conjunction);
            // The operator behind the first operand has been taken by the caller.
            if std::mem::take(&mut first) || run.next_if(same).is_some() {
                next = Some(self.climb(run, strength + 1, whole));
            }
        }
        let kind = if conjunction { ExprKind::And(operands) } else { ExprKind::Or(operands) };
        self.grown(span, kind, depth)
    }

    fn join(&mut self, operator: Infix, left: Node, right: Node) -> Node {
        let span = left.expr.span.to(right.expr.span);
        let depth = left.depth.max(right.depth);
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        let kind = match operator {
            Infix::Binary(op) => ExprKind::Binary(op, left, right),
            Infix::Logic(true) => ExprKind::And(vec![*left, *right]),
            Infix::Logic(false) => ExprKind::Or(vec![*left, *right]),
            Infix::Relation(relation, negated) => ExprKind::Relation { relation, negated, left, right },
            Infix::Range => ExprKind::Range(left, right),
            Infix::PercentOf => ExprKind::PercentOf(left, right),
        };
        self.grown(span, kind, depth)
    }

    /// A tree one deeper than its deepest part, unless that is too deep.
    fn grown(&mut self, span: Span, kind: ExprKind, depth: u32) -> Node {
        if depth >= MAX_DEPTH {
            self.report(
                Diagnostic::new(
                    Code::NestedTooDeep,
                    span,
                    format!("This expression is nested deeper than {}.", MAX_DEPTH - 1),
                )
                .help("Give a part of it a name with `const` or `predicate` and use the name."),
            );
            return unreadable(span);
        }
        Node { expr: Expr { span, kind }, depth: depth + 1 }
    }

    fn chained(&mut self, first: Span, second: Span) {
        self.report(
            Diagnostic::new(Code::UnexpectedText, second, "Comparisons and ranges cannot be chained.")
                .at("the second")
                .label(first, "the first")
                .help("Write `and` between two comparisons: `a < b and b < c`. Or set parentheses."),
        );
    }

    /// An operand with the prefixes before it.
    fn operand(&mut self, run: &mut Run<'_>, whole: Span) -> Node {
        let Some(next) = run.next() else { return unreadable(whole) };
        if next.as_rule() != Rule::prefix {
            return if next.as_rule() == Rule::quantifier { self.quantifier(next) } else { self.unit_node(next) };
        }
        let start = self.span(&next);
        let word = next.as_str().trim();
        let inner = self.climb(run, if word == "not" { COMPARE } else { UNARY }, whole);
        let span = start.to(inner.expr.span);
        let depth = inner.depth;
        let inner = Box::new(inner.expr);
        let kind = match word {
            "not" => ExprKind::Not(inner),
            "has" => ExprKind::Has(inner),
            _ => ExprKind::Negate(inner),
        };
        self.grown(span, kind, depth)
    }

    fn quantifier(&mut self, pair: P<'_>) -> Node {
        let span = self.span(&pair);
        let variable = self.first_name(&pair);
        let mut quantifier = Quantifier::All;
        let (mut over, mut filter, mut body) = (None, None, None);
        let mut depth = 0;
        for part in pair.into_inner() {
            let slot = match part.as_rule() {
                Rule::quantifier_word => {
                    quantifier = match part.as_str() {
                        "any" => Quantifier::Any,
                        "count" => Quantifier::Count,
                        _ => Quantifier::All,
                    };
                    continue;
                }
                Rule::over => &mut over,
                Rule::expr => &mut filter,
                Rule::body => &mut body,
                _ => continue,
            };
            let node = self.node(part);
            depth = depth.max(node.depth);
            *slot = Some(Box::new(node.expr));
        }
        if body.is_none() && (quantifier != Quantifier::Count || filter.is_none()) {
            self.report(
                Diagnostic::new(Code::UnexpectedText, span.after(), "This quantifier asks nothing.")
                    .at("`:` and a condition expected")
                    .help(format!("Write what is asked of each: `any {0} in …: condition on {0}`.", variable.text)),
            );
        }
        let over = over.unwrap_or_else(|| Box::new(unreadable(span).expr));
        self.grown(span, ExprKind::Quantifier { quantifier, variable, over, filter, body }, depth)
    }

    /// `seen(…)`, `count(…)` with what follows.
    fn history(&mut self, pair: P<'_>, depth: &mut u32) -> ExprKind {
        let span = self.span(&pair);
        let mut counts = false;
        let mut events = Vec::new();
        let (mut of, mut within, mut since) = (None, None, None);
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let at = self.span(&part);
            match part.as_rule() {
                Rule::history_word => counts = part.as_str() == "count",
                Rule::event => events.push(self.event(part, depth)),
                Rule::history_session | Rule::history_agent if self.once(&mut seen, "in session` or `by agent", at) => {
                    of = Some((part.as_rule() == Rule::history_session, at));
                }
                Rule::history_within if self.once(&mut seen, "within", at) => {
                    within = self.first_number(part).map(|n| (n, at));
                }
                Rule::history_since | Rule::history_before if self.once(&mut seen, "since` or `before", at) => {
                    since = Some(part.as_rule() == Rule::history_since);
                    let inner = part.into_inner().find(|p| p.as_rule() == Rule::event);
                    events.extend(inner.map(|p| self.event(p, depth)));
                }
                _ => {}
            }
        }
        let mut events = events.into_iter();
        let none = Event { on: Patterns { any_action: false, list: Vec::new(), span }, when: None, succeeded: false };
        let event = events.next().unwrap_or(none);
        let relative = since.zip(events.next());
        ExprKind::History(Box::new(History { counts, event, of, within, relative }))
    }

    fn event(&mut self, pair: P<'_>, depth: &mut u32) -> Event {
        let on = self.first_patterns(pair.clone());
        let succeeded = pair.clone().into_inner().any(|p| p.as_rule() == Rule::succeeded);
        let when = self.nodes(pair, depth).pop();
        Event { on, when, succeeded }
    }

    fn command_tail(&mut self, command: Node, pair: P<'_>) -> Node {
        let span = command.expr.span.to(self.span(&pair));
        let mut depth = command.depth;
        let command = Box::new(command.expr);
        let rule = pair.as_rule();
        let (mut access, mut how, mut with_all) = (Access::Reads, Touch::Any, false);
        let mut parts = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_writes => access = Access::Writes,
                Rule::kw_outside => how = Touch::Outside,
                Rule::kw_under => how = Touch::Under,
                Rule::kw_all => with_all = true,
                Rule::unit => {
                    let node = self.unit_node(part);
                    depth = depth.max(node.depth);
                    parts.push(node.expr);
                }
                Rule::string => {
                    let text = self.string(&part);
                    parts.push(Expr { span: self.span(&part), kind: ExprKind::Literal(Literal::String(text)) });
                }
                _ => {}
            }
        }
        let mut parts = parts.into_iter();
        let what = Box::new(parts.next().unwrap_or_else(|| unreadable(span).expr));
        let kind = match rule {
            Rule::runs_only => ExprKind::RunsOnly(command, what),
            Rule::runs => ExprKind::Runs { command, what, with: parts.collect(), with_all },
            _ => ExprKind::Touches { command, access, how, what },
        };
        self.grown(span, kind, depth)
    }

    fn unit_node(&mut self, pair: P<'_>) -> Node {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let Some(first) = parts.next() else { return unreadable(span) };
        let mut node = self.primary(first);
        for part in parts {
            let span = node.expr.span.to(self.span(&part));
            let mut depth = node.depth;
            let inner = Box::new(node.expr);
            let kind = match part.as_rule() {
                Rule::member => ExprKind::Member(inner, self.first_name(&part)),
                Rule::variants => ExprKind::Variants(inner, self.names(part)),
                Rule::index => {
                    let mut index = self.nodes(part, &mut depth).into_iter();
                    ExprKind::Index(inner, Box::new(index.next().unwrap_or_else(|| unreadable(span).expr)))
                }
                _ => ExprKind::Call(inner, self.nodes(part, &mut depth)),
            };
            node = self.grown(span, kind, depth);
        }
        node
    }

    /// Lowers all `expr` children and raises `depth` to the deepest.
    fn nodes(&mut self, pair: P<'_>, depth: &mut u32) -> Vec<Expr> {
        let mut out = Vec::new();
        for part in pair.into_inner().filter(|p| p.as_rule() == Rule::expr) {
            let node = self.node(part);
            *depth = (*depth).max(node.depth);
            out.push(node.expr);
        }
        out
    }

    fn primary(&mut self, pair: P<'_>) -> Node {
        let span = self.span(&pair);
        let mut depth = 0;
        let kind = match pair.as_rule() {
            Rule::string => ExprKind::Literal(Literal::String(self.string(&pair))),
            Rule::regex => ExprKind::Literal(Self::regex(&pair)),
            Rule::number => ExprKind::Literal(self.number(&pair)),
            Rule::operand_name => match pair.as_str() {
                "true" => ExprKind::Literal(Literal::Bool(true)),
                "false" => ExprKind::Literal(Literal::Bool(false)),
                name => ExprKind::Name(name.to_owned()),
            },
            Rule::paren => {
                // Parentheses leave no node, but they belong to the span: what begins with them begins there.
                let inner = pair.into_inner().find(|p| p.as_rule() == Rule::expr);
                let mut node = inner.map_or_else(|| unreadable(span), |p| self.node(p));
                node.expr.span = span;
                return node;
            }
            Rule::record => {
                let mut fields = Vec::new();
                for part in pair.into_inner().filter(|p| p.as_rule() == Rule::pair) {
                    let name = self.first_name(&part);
                    let value = self.nodes(part, &mut depth).into_iter().next();
                    fields.push((name, value.unwrap_or_else(|| unreadable(span).expr)));
                }
                ExprKind::Record(fields)
            }
            Rule::set => ExprKind::Set(self.nodes(pair, &mut depth)),
            Rule::list => ExprKind::List(self.nodes(pair, &mut depth)),
            Rule::at_least => {
                let count = pair.clone().into_inner().find(|p| p.as_rule() == Rule::number);
                let count = count.map_or(Literal::Int(0), |p| self.number(&p));
                let of = self.nodes(pair, &mut depth);
                ExprKind::AtLeast(self.small(&count, span), of)
            }
            Rule::history => self.history(pair, &mut depth),
            _ => ExprKind::Unreadable,
        };
        self.grown(span, kind, depth)
    }

    fn small(&mut self, literal: &Literal, span: Span) -> u32 {
        let value = if let Literal::Int(n) = literal { u32::try_from(*n).ok() } else { None };
        value.unwrap_or_else(|| {
            let found = Diagnostic::new(Code::BadNumber, span, "`at least` needs a whole number of conditions.");
            self.report(found.help("Write `at least 2 of (a, b, c)`."));
            u32::MAX
        })
    }
}

fn unreadable(span: Span) -> Node {
    Node { expr: Expr { span, kind: ExprKind::Unreadable }, depth: 1 }
}

fn strength(operator: Infix) -> u8 {
    match operator {
        Infix::Relation(Relation::Minus, _) => SUM,
        Infix::Relation(..) => COMPARE,
        Infix::Range => RANGE,
        Infix::PercentOf => PRODUCT,
        Infix::Logic(true) => AND,
        Infix::Logic(false) => OR,
        Infix::Binary(op) => match op {
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual => COMPARE,
            BinaryOp::Coalesce => COALESCE,
            BinaryOp::Add | BinaryOp::Subtract => SUM,
            BinaryOp::Multiply => PRODUCT,
        },
    }
}

/// The operator of an `infix` or `over_infix`.
fn infix(text: &str) -> Option<Infix> {
    let binary = match text.trim_end() {
        "or" => return Some(Infix::Logic(false)),
        "and" => return Some(Infix::Logic(true)),
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessOrEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterOrEqual,
        "??" => BinaryOp::Coalesce,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        ".." => return Some(Infix::Range),
        "of" => return Some(Infix::PercentOf),
        words => return relation(words),
    };
    Some(Infix::Binary(binary))
}

fn relation(text: &str) -> Option<Infix> {
    let negated = text.strip_prefix("not").filter(|rest| rest.starts_with(|c: char| c.is_ascii_whitespace()));
    let words = negated.unwrap_or(text);
    let same = |r: &Relation| r.words().split(' ').eq(words.split_ascii_whitespace());
    let relation = Relation::ALL.into_iter().find(same)?;
    Some(Infix::Relation(relation, negated.is_some()))
}
