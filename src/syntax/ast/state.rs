//! Flags, and the items that speak of state or of the runtime.

use super::{By, Digest, Executor, Expr, Field, Head, Literal, Name, Patterns, Schedule, TypeExpr, Workflow};
use crate::decision::Tier;
use crate::source::Span;

/// `flag website for each Area: bool = true, strict false changed by Role.{admin}`
#[derive(Clone, Debug)]
pub struct Flag {
    /// Its name.
    pub name: Name,
    /// Key types after `for each`.
    pub keys: Vec<TypeExpr>,
    /// Its type.
    pub ty: TypeExpr,
    /// Its start value.
    pub default: Option<Expr>,
    /// Its strict value.
    pub strict: Option<Expr>,
    /// `scoped by env.name, agent.tenant`: a value may be set for each of these besides the general one.
    pub scoped_by: Vec<Expr>,
    /// Who may set it.
    pub changed_by: Option<By>,
}

/// Which stateful or runtime item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the keyword of the same name")]
pub enum StateKind {
    Limit,
    Cooldown,
    Budget,
    Window,
    Trust,
    Once,
    Lease,
    States,
    Grant,
    Digest,
    Workflow,
    Schedule,
    Executor,
}

impl StateKind {
    /// All kinds.
    pub const ALL: [Self; 13] = [
        Self::Limit,
        Self::Cooldown,
        Self::Budget,
        Self::Window,
        Self::Trust,
        Self::Once,
        Self::Lease,
        Self::States,
        Self::Grant,
        Self::Digest,
        Self::Workflow,
        Self::Schedule,
        Self::Executor,
    ];

    /// The keyword.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Cooldown => "cooldown",
            Self::Budget => "budget",
            Self::Window => "window",
            Self::Trust => "trust",
            Self::Once => "once",
            Self::Lease => "lease",
            Self::States => "states",
            Self::Grant => "grant",
            Self::Digest => "digest",
            Self::Workflow => "workflow",
            Self::Schedule => "schedule",
            Self::Executor => "executor",
        }
    }

    /// Whether conditions read it by its name.
    #[must_use]
    pub fn tells(self) -> bool {
        match self {
            Self::Limit
            | Self::Cooldown
            | Self::Budget
            | Self::Window
            | Self::Once
            | Self::Lease
            | Self::States
            | Self::Grant => true,
            Self::Trust | Self::Digest | Self::Workflow | Self::Schedule | Self::Executor => false,
        }
    }

    /// Whether it raises decisions.
    #[must_use]
    pub fn is_floor(self) -> bool {
        match self {
            Self::Limit | Self::Cooldown | Self::Budget | Self::Once | Self::Lease | Self::States => true,
            Self::Window
            | Self::Trust
            | Self::Grant
            | Self::Digest
            | Self::Workflow
            | Self::Schedule
            | Self::Executor => false,
        }
    }
}

/// A stateful or runtime item.
#[derive(Clone, Debug)]
pub struct State {
    /// Which.
    pub kind: StateKind,
    /// Its name, `on …`, conditions, reason, code and obligations.
    pub head: Head,
    /// `waivable by release_managers`
    pub waivable: Option<By>,
    /// `otherwise red approvable`
    pub otherwise: Option<StateOtherwise>,
    /// `warn yellow at 80%`
    pub warn: Option<Warn>,
    /// `for each env.name, app_name`
    pub keys: Vec<Expr>,
    /// `keep 1_000 keys`
    pub most_keys: Option<(Literal, Span)>,
    /// What tells this kind from others.
    pub body: StateBody,
}

/// The tier of a stateful floor that holds.
#[derive(Clone, Debug)]
pub struct StateOtherwise {
    /// Which.
    pub tier: Tier,
    /// Where it stands.
    pub span: Span,
    /// Whether people may approve beyond it.
    pub approvable: bool,
}

/// `warn yellow at 80%`
#[derive(Clone, Debug)]
pub struct Warn {
    /// The tier.
    pub tier: Tier,
    /// From which part on.
    pub at: Literal,
    /// The whole.
    pub span: Span,
}

/// The body of a stateful item. What may be missing is missed by the checker.
#[derive(Clone, Debug)]
pub enum StateBody {
    /// `at most 3 per 1h`, `at most 150 at once`
    Limit(Option<Most>),
    /// `60s`, or a table of actions
    Cooldown {
        /// Spans of the actions named before each; none where one span is for all.
        rows: Vec<(Option<Patterns>, Literal, Span)>,
        /// `across actions`
        across: Option<Span>,
    },
    /// `spend cost  at most 25.00 per day`
    Budget {
        /// `spend believing cost ceiling 2.00`
        spend: Option<Spend>,
        /// `at most 25.00 per day`
        most: Option<BudgetMost>,
    },
    /// `last 10 outcomes: failed = count where failure`
    Window(Option<Last>),
    /// `range 0..100  start 50 …`
    Trust(Box<Trust>),
    /// `keep 24h`
    Once {
        /// How long a key is kept.
        keep: Option<(Literal, Span)>,
        /// `otherwise the first answer`
        first: Option<Span>,
    },
    /// `held 60s  released by run.done`
    Lease {
        /// How long it is held.
        held: Option<(Literal, Span)>,
        /// The actions whose success gives it back.
        released: Option<Patterns>,
    },
    /// `from pending  to status  pending -> running, cancelled`
    States {
        /// Where a key begins.
        from: Option<Name>,
        /// Where a request would take it.
        to: Option<Expr>,
        /// From each to which.
        transitions: Vec<(Name, Vec<Name>)>,
    },
    /// `holds { … }  at most 365d  revocation final  changed by people`
    Grant {
        /// Its fields.
        fields: Vec<Field>,
        /// The longest that it may last.
        longest: Option<(Literal, Span)>,
        /// `revocation final`
        last: Option<Span>,
        /// Who may give and take it.
        changed_by: Option<By>,
    },
    /// `step test test.run  step ship deploy.app after test`
    Workflow(Box<Workflow>),
    /// `to chat  every 30m`
    Digest(Box<Digest>),
    /// `at 03:15  run retention.run`
    Schedule(Box<Schedule>),
    /// `consumes service, version`
    Executor(Executor),
}

/// `at most 3 per 1h`
#[derive(Clone, Debug)]
pub struct Most {
    /// How many.
    pub most: Expr,
    /// In which time; none is `at once`.
    pub per: Option<Literal>,
    /// The whole.
    pub span: Span,
}

/// `spend believing cost ceiling 2.00`
#[derive(Clone, Debug)]
pub struct Spend {
    /// Whether a claim is believed.
    pub believing: bool,
    /// What is spent.
    pub what: Expr,
    /// What is reserved.
    pub ceiling: Option<Literal>,
    /// The whole.
    pub span: Span,
}

/// `at most 25.00 per day in "Europe/Warsaw"`
#[derive(Clone, Debug)]
pub struct BudgetMost {
    /// How much.
    pub most: Literal,
    /// In which time.
    pub per: Per,
    /// The whole.
    pub span: Span,
}

/// A stretch of time.
#[derive(Clone, Debug)]
pub enum Per {
    /// `per 1d`: it slides.
    Length(Literal),
    /// `per day`: by the calendar of a zone.
    Calendar(Name, Option<(String, Span)>),
}

/// `last 10 outcomes: …`
#[derive(Clone, Debug)]
pub struct Last {
    /// How many, or for how long.
    pub kept: Literal,
    /// Outcomes, or requests.
    pub outcomes: bool,
    /// What is told.
    pub values: Vec<WindowValue>,
    /// The head of it.
    pub span: Span,
}

/// `failed = count where failure`
#[derive(Clone, Debug)]
pub struct WindowValue {
    /// Its name.
    pub name: Name,
    /// What it tells.
    pub what: WindowKind,
    /// Only where the outcome was a success, or a failure.
    pub outcome: Option<(bool, Span)>,
    /// Only where this was true.
    pub whens: Vec<Expr>,
}

/// What a window tells.
#[derive(Clone, Debug)]
pub enum WindowKind {
    /// `count`
    Count,
    /// `percent`
    Percent,
    /// `longest run`
    Run,
    /// `longest run of equal x`
    Equal(Expr),
    /// `sum of x`
    Sum(Expr),
}

/// How trust grows and shrinks.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// `range 0..100`
    pub range: Option<(Literal, Literal, Span)>,
    /// `start 50`
    pub start: Option<(Literal, Span)>,
    /// `on success { low +0.5, … }`
    pub success: Option<(Vec<(Name, Points)>, Span)>,
    /// `on failure { low -1, … }`
    pub failure: Option<(Vec<(Name, Points)>, Span)>,
    /// `streak +0.2 at most +2`
    pub streak: Option<(Points, Points)>,
    /// `gain at most 10 per 1d`
    pub gain: Option<(Literal, Literal, Span)>,
    /// `freeze after 3 failures in a row or 1 critical failure`: how many, and whether critical ones.
    pub freeze: Vec<(Literal, bool, Span)>,
    /// `while frozen no gain`
    pub frozen: Option<Span>,
    /// `decay 0.1 per idle day, never below 50`
    pub decay: Option<(Literal, Option<Literal>, Span)>,
    /// `levels { probation < 30 <= standard }`: the lowest, then where each other begins.
    pub levels: Option<(Name, Vec<(Literal, Name, Span)>)>,
}

/// `+0.5`, `-20`
#[derive(Clone, Debug)]
pub struct Points {
    /// The sign; none is `+`.
    pub negative: bool,
    /// How many.
    pub points: Literal,
    /// The whole.
    pub span: Span,
}
