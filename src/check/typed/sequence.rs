//! Tests after checking: what happens, one step after the other, and what is expected of each.

use std::sync::Arc;

use super::RawEntity;
use crate::decision::Tier;
use crate::facts::Facts;
use crate::raw::{Raw, RawFields};
use crate::request::Request;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, OutcomeWord};
use crate::value::Value;

/// A test.
#[derive(Clone, Debug)]
pub struct TypedTest {
    /// What it says.
    pub title: Arc<str>,
    /// Its package.
    pub package: Arc<str>,
    /// The whole test.
    pub span: Span,
    /// Whether a governor must keep what happens: the policy keeps state, or a step is about what happened before.
    /// Otherwise each request stands for itself.
    pub governed: bool,
    /// In text order.
    pub steps: Vec<TestStep>,
}

impl TypedTest {
    /// Its requests, each once however often it is repeated.
    pub fn cases(&self) -> impl Iterator<Item = &TestCase> {
        self.steps.iter().filter_map(|step| match &step.does {
            TestDoes::Ask(ask) => Some(&ask.case),
            TestDoes::Outcome(_)
            | TestDoes::Answer(_)
            | TestDoes::Deed(_)
            | TestDoes::Unreadable(_)
            | TestDoes::Session { .. }
            | TestDoes::Stop
            | TestDoes::Resume
            | TestDoes::Nothing => None,
        })
    }
}

/// A step of a test.
#[derive(Clone, Debug)]
pub struct TestStep {
    /// Where it is written.
    pub span: Span,
    /// When it happens, in microseconds since the Unix epoch.
    pub at: i64,
    /// What happens.
    pub does: TestDoes,
    /// What is expected then. What is expected of a request stands in its [`TestCase`].
    pub expect: Vec<Expected>,
}

/// What happens in a step of a test.
#[derive(Clone, Debug)]
pub enum TestDoes {
    /// Something is asked.
    Ask(Box<TestAsk>),
    /// What ran last has ended.
    Outcome(TestOutcome),
    /// A person answers for what waits last.
    Answer(Box<TestAnswer>),
    /// Something is done beside requests.
    Deed(Box<TestDeed>),
    /// What is kept for this item cannot be read any more.
    Unreadable(Arc<str>),
    /// Requests are in this session from now on.
    Session {
        /// Its name.
        name: Arc<str>,
        /// The session that opened it.
        opener: Option<Arc<str>>,
    },
    /// Everything is stopped.
    Stop,
    /// What was stopped goes on.
    Resume,
    /// Time passes.
    Nothing,
}

/// A request of a test, and how it is asked.
#[derive(Clone, Debug)]
pub struct TestAsk {
    /// The request with what is known and expected.
    pub case: TestCase,
    /// A row of `cases` or a `change`: it is decided as things stand, and nothing follows from it.
    pub dry: bool,
    /// How often it is asked.
    pub times: u32,
    /// Where it may run, it runs until its outcome is told.
    pub running: bool,
    /// How each of a repeated request ends, where the test says so.
    pub ends: Option<TestOutcome>,
    /// What the test says anew of the agent's standing: it is so before the request.
    pub given: AgentGiven,
}

/// What a test says of an agent's standing, which a governor keeps otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentGiven {
    /// `agent.trust`
    pub trust: bool,
    /// `agent.frozen`
    pub frozen: bool,
    /// `agent.level`
    pub level: bool,
}

/// One request of a test. Facts that the test does not give hold their start values already.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// What is asked.
    pub request: Request,
    /// What is known.
    pub facts: Facts,
    /// Entities, the principal's own included.
    pub entities: Vec<RawEntity>,
    /// What is expected.
    pub expect: Vec<Expected>,
    /// The request's place.
    pub span: Span,
}

/// How what ran has ended.
#[derive(Clone, Debug)]
pub struct TestOutcome {
    /// What became of it.
    pub result: OutcomeWord,
    /// What it cost, as the text of a number.
    pub cost: Option<Arc<str>>,
}

/// Something that is done beside requests.
#[derive(Clone, Debug)]
pub struct TestDeed {
    /// What is done.
    pub does: Deed,
    /// The governor does not let it be done: the test expects that here.
    pub refused: Option<Span>,
    /// Entities as they are then.
    pub entities: Vec<RawEntity>,
}

/// What is done beside requests: by people, or by the host.
#[derive(Clone, Debug)]
pub enum Deed {
    /// A person gives a grant.
    Grant {
        /// The qualified name of the item.
        item: Arc<str>,
        /// The values of its keys.
        keys: Vec<Value>,
        /// What it holds.
        fields: RawFields,
        /// When it ends, in microseconds since the Unix epoch.
        until: Option<i64>,
        /// Who gives it.
        by: TestPerson,
    },
    /// A person takes a grant back.
    Revoke {
        /// The qualified name of the item.
        item: Arc<str>,
        /// The values of its keys.
        keys: Vec<Value>,
        /// Who takes it back.
        by: TestPerson,
    },
    /// An agent is frozen.
    Freeze {
        /// The agent.
        agent: Arc<str>,
        /// Who says so.
        by: TestPerson,
    },
    /// A frozen agent is free again.
    Unfreeze {
        /// The agent.
        agent: Arc<str>,
        /// Who says so.
        by: TestPerson,
    },
    /// The host says who an agent belongs to.
    Agent {
        /// The agent.
        agent: Arc<str>,
        /// The agent that made it.
        maker: Option<Arc<str>>,
        /// The person it works for.
        owner: Option<Arc<str>>,
    },
    /// A person sets a flag.
    SetFlag {
        /// The flag, its key and the scope.
        of: TestFlag,
        /// The value.
        value: Raw,
        /// When it ends, in microseconds since the Unix epoch.
        until: Option<i64>,
        /// Who sets it.
        by: TestPerson,
    },
    /// A person takes back what a flag was set to.
    ClearFlag {
        /// The flag, its key and the scope.
        of: TestFlag,
        /// Who takes it back.
        by: TestPerson,
    },
    /// The host closes a session.
    CloseSession {
        /// Its name.
        session: Arc<str>,
    },
}

/// Where a flag is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFlag {
    /// The qualified name of the flag.
    pub flag: Arc<str>,
    /// Its key; the empty one where it has none, `*` for every key without a value of its own.
    pub key: Arc<str>,
    /// A fact such as `env.name` and the value of it for which the flag is set.
    pub scope: Option<(Arc<str>, Arc<str>)>,
}

/// What a person answers.
#[derive(Clone, Debug)]
pub struct TestAnswer {
    /// Whether it is a yes.
    pub yes: bool,
    /// The qualified name of the approval; the first that is still needed where none is named.
    pub approval: Option<Arc<str>>,
    /// Who answers.
    pub by: TestPerson,
    /// Where the request runs then, it runs until its outcome is told.
    pub running: bool,
    /// What is known when it begins.
    pub facts: Facts,
    /// Entities as they are then.
    pub entities: Vec<RawEntity>,
}

/// A person of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPerson {
    /// `agent.id`
    pub id: Arc<str>,
    /// Whether it is a person: not where the test says `kind: machine`.
    pub is_person: bool,
}

/// Where a request stands, in the words of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandingWord {
    /// It waits for people.
    Waiting,
    /// People have said yes, and it could not begin yet.
    Approved,
    /// It runs.
    Running,
    /// It has run.
    Done,
    /// It was refused: by the rules, the governor or people.
    Refused,
    /// It ended without having run: its time was over, or it was stopped.
    Ended,
}

impl StandingWord {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Waiting, Self::Approved, Self::Running, Self::Done, Self::Refused, Self::Ended];

    /// As written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }
}

/// What a test expects of a decision, or of what is kept then.
#[derive(Clone, Debug)]
pub enum Expected {
    /// This tier.
    Tier(Tier, Span),
    /// This item determines; cells of a table answer to the table's name.
    Because(Arc<str>, Span),
    /// This item does not determine.
    NotBecause(Arc<str>, Span),
    /// The default determines.
    ByDefault(Span),
    /// A determining item or unmet line has this code.
    Code(Arc<str>, Span),
    /// The request is refused for this field.
    Invalid(Arc<str>, Span),
    /// This action instead.
    Instead(Arc<str>, Span),
    /// This channel is told.
    Notify(Arc<str>, Span),
    /// This field is masked.
    Redact(Arc<str>, Span),
    /// This approval is required.
    Approval(Arc<str>, Span),
    /// The request stands here.
    Standing(StandingWord, Span),
    /// The agent of the last request has this score, in millionths of a point.
    Trust(i64, Span),
    /// What an item tells for the last request compares so.
    Reading {
        /// The qualified name of the item.
        item: Arc<str>,
        /// Which part of it.
        part: Arc<str>,
        /// How it is compared.
        op: BinaryOp,
        /// With what.
        value: Value,
        /// Where it is written.
        span: Span,
    },
}

impl Expected {
    /// Whether it is about the decision of a request, and not about what a governor keeps.
    #[must_use]
    pub fn is_of_decision(&self) -> bool {
        match self {
            Self::Tier(..)
            | Self::Because(..)
            | Self::NotBecause(..)
            | Self::ByDefault(_)
            | Self::Code(..)
            | Self::Invalid(..)
            | Self::Instead(..)
            | Self::Notify(..)
            | Self::Redact(..)
            | Self::Approval(..) => true,
            Self::Standing(..) | Self::Trust(..) | Self::Reading { .. } => false,
        }
    }

    /// Where it is written.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Tier(_, span)
            | Self::Because(_, span)
            | Self::NotBecause(_, span)
            | Self::ByDefault(span)
            | Self::Code(_, span)
            | Self::Invalid(_, span)
            | Self::Instead(_, span)
            | Self::Notify(_, span)
            | Self::Redact(_, span)
            | Self::Approval(_, span)
            | Self::Standing(_, span)
            | Self::Trust(_, span)
            | Self::Reading { span, .. } => *span,
        }
    }
}
