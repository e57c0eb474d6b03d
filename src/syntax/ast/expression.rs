//! Expressions, literals and texts.

use super::Name;
use crate::source::Span;

/// A text with holes: `"{diff_lines} lines change."`; `{{` and `}}` are braces.
#[derive(Clone, Debug)]
pub struct Text {
    /// Pieces in order.
    pub parts: Vec<TextPart>,
    /// With the quotes.
    pub span: Span,
}

/// A piece of a text.
#[derive(Clone, Debug)]
pub enum TextPart {
    /// As it is, escapes resolved.
    Plain(String),
    /// The value of an expression.
    Hole(Expr),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ExprKind,
}

/// Every form of expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// A bare name.
    Name(String),
    /// `a.b`
    Member(Box<Expr>, Name),
    /// `f(x)`, `a.f(x)`, `Team("builders")`
    Call(Box<Expr>, Vec<Expr>),
    /// `m["k"]`, `flag.website[area]`
    Index(Box<Expr>, Box<Expr>),
    /// `Role.{ops, ci}`
    Variants(Box<Expr>, Vec<Name>),
    /// `{ a, b }`
    Set(Vec<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ id: "x", trust: 72 }`
    Record(Vec<(Name, Expr)>),
    /// `09:00..17:00`, `1..5`: both ends belong to it, but the end of a range of times of day.
    Range(Box<Expr>, Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `-a`
    Negate(Box<Expr>),
    /// `has branch`
    Has(Box<Expr>),
    /// `a and b and c`, flat: a chain of any length is one level deep
    And(Vec<Expr>),
    /// `a or b or c`, flat
    Or(Vec<Expr>),
    /// `n + 1`, `a == b`, `a ?? b`; a chain of `+ - * ??` nests to the left and counts as nesting (at most 64)
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `path under workspace`, `branch not in mainline`
    Relation {
        /// Which.
        relation: Relation,
        /// `not in`, `not like` …
        negated: bool,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// `any x in xs where f: c`; `count x in xs: c` is an int
    Quantifier {
        /// Which.
        quantifier: Quantifier,
        /// The variable.
        variable: Name,
        /// The list or set.
        over: Box<Expr>,
        /// `where f`
        filter: Option<Box<Expr>>,
        /// What is asked of each; absent in `count x in xs where f`.
        body: Option<Box<Expr>>,
    },
    /// `at least 3 of (a, b, c)`
    AtLeast(u32, Vec<Expr>),
    /// `20% of n`
    PercentOf(Box<Expr>, Box<Expr>),
    /// `command runs "git push" with any "-f", "--force"`
    Runs {
        /// The command.
        command: Box<Expr>,
        /// Texts after `runs`: words from the start of a simple command.
        what: Box<Expr>,
        /// Flags after `with any` or `with all`.
        with: Vec<Expr>,
        /// Whether all flags must be there.
        with_all: bool,
    },
    /// `command runs only { "cargo test", "git status" }`
    RunsOnly(Box<Expr>, Box<Expr>),
    /// `command writes outside workspace`, `command reads any sensitive`
    Touches {
        /// The command.
        command: Box<Expr>,
        /// Reads or writes.
        access: Access,
        /// `outside`, `under` or `any`.
        how: Touch,
        /// The root, path or patterns.
        what: Box<Expr>,
    },
    /// `seen(web.fetch where not trusted) in session`, `count(a.b succeeded) by agent within 1h`
    History(Box<History>),
    /// What could not be read; a diagnostic has said why.
    Unreadable,
}

/// What is asked of history.
#[derive(Clone, Debug)]
pub struct History {
    /// `count`; otherwise `seen`.
    pub counts: bool,
    /// What is looked for.
    pub event: Event,
    /// `in session` where true, `by agent` where false.
    pub of: Option<(bool, Span)>,
    /// `within 5m`
    pub within: Option<(Literal, Span)>,
    /// `since(…)` where true, `before(…)` where false.
    pub relative: Option<(bool, Event)>,
}

/// `web.fetch where not trusted succeeded`
#[derive(Clone, Debug)]
pub struct Event {
    /// The actions.
    pub on: super::Patterns,
    /// Only where this is true.
    pub when: Option<Expr>,
    /// Only once the outcome is a success.
    pub succeeded: bool,
}

/// What a command does to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each variant is the word of the same name")]
pub enum Access {
    Reads,
    Writes,
}

/// How the paths of a command are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Touch {
    /// `writes outside workspace`
    Outside,
    /// `writes under "docs"`
    Under,
    /// `reads any sensitive`
    Any,
}

/// Operators between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each variant is the operator of the same name")]
pub enum BinaryOp {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Coalesce,
    Add,
    Subtract,
    Multiply,
}

impl BinaryOp {
    /// As written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Coalesce => "??",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
        }
    }
}

/// Relations that are words. Each may be negated: `not in`, `not like`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each variant is the words of the same name")]
pub enum Relation {
    In,
    Under,
    Like,
    LikeAny,
    Matches,
    MatchesAny,
    Contains,
    ContainsAny,
    StartsWith,
    EndsWith,
    SubsetOf,
    Intersects,
    Minus,
    Within,
}

impl Relation {
    /// All relations, longest words first where one begins another.
    pub const ALL: [Self; 14] = [
        Self::In,
        Self::Under,
        Self::LikeAny,
        Self::Like,
        Self::MatchesAny,
        Self::Matches,
        Self::ContainsAny,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::SubsetOf,
        Self::Intersects,
        Self::Minus,
        Self::Within,
    ];

    /// As written.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Under => "under",
            Self::Like => "like",
            Self::LikeAny => "like any",
            Self::Matches => "matches",
            Self::MatchesAny => "matches any",
            Self::Contains => "contains",
            Self::ContainsAny => "contains any",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::SubsetOf => "subset of",
            Self::Intersects => "intersects",
            Self::Minus => "minus",
            Self::Within => "within",
        }
    }
}

/// Quantifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each variant is the word of the same name")]
pub enum Quantifier {
    Any,
    All,
    Count,
}

/// A literal, read but not yet given the type of its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `true`
    Bool(bool),
    /// `1_000`, `2MiB` (bytes)
    Int(i64),
    /// `0.99` in millionths
    Decimal(i64),
    /// `20%` in millionths of one percent
    Percent(i64),
    /// `"…"`, escapes resolved, holes not read
    String(String),
    /// `/…/`
    Regex(String),
    /// `5m`, `1h30m` in microseconds
    Duration(i64),
    /// `2026-11-23` or `2026-11-18T10:00[:00][Z]`: the text; read where the zone is known
    Time(String),
    /// `09:00` in seconds of the day
    TimeOfDay(u32),
}
