//! Tests and asserts.

use super::{BinaryOp, By, Expr, Literal, Name, Path, Patterns, When};
use crate::decision::Tier;
use crate::source::Span;

/// `test "a sentence" { … }`
#[derive(Clone, Debug)]
pub struct Test {
    /// What it says.
    pub title: String,
    /// Where the title stands.
    pub title_span: Span,
    /// Its steps.
    pub steps: Vec<TestStep>,
}

/// One step of a test.
#[derive(Clone, Debug)]
pub enum TestStep {
    /// `at 2026-11-18T10:00`, `at 09:00`
    At(Literal, Span),
    /// `wait 59s`
    Wait(Literal, Span),
    /// `given agent { trust: 80 }`, `given flag.x = true`, `given env.name = prod`,
    /// `given flag.x unreadable`, `given entity User("ann") in Team("ops") { level: 3 }`
    Given(Given),
    /// `request …` with the expectations that follow.
    Request(TestRequest),
    /// `repeat 3 times request …`
    Repeat(Literal, TestRequest, Span),
    /// `cases deploy.preview as newcomer { { cost: 0.99 } -> green  … }`
    Cases(TestCases),
    /// `change field: v expect …`: the last request with other fields.
    Change {
        /// Fields that differ.
        fields: Vec<(Name, Expr)>,
        /// What is expected then.
        expect: Vec<Expectation>,
        /// The whole.
        span: Span,
    },
    /// `outcome failure cost 0.20`
    Outcome(TestOutcome),
    /// `approve production_people by Agent("ada")`, `reject by ada`
    Answer(TestAnswer),
    /// `stop`
    Stop(Span),
    /// `resume`
    Resume(Span),
    /// `session "s2" opened by "s1"`
    Session {
        /// The session that requests are in from now on.
        name: (String, Span),
        /// The session that opened it.
        opener: Option<(String, Span)>,
        /// The whole.
        span: Span,
    },
    /// `grant consent for "u" by ada`, `freeze "bot" by ada`, `close session "s1"`
    Deed(Box<TestDeed>),
    /// `expect count(per_hour) == 0` behind a step that asks nothing.
    Expect(Vec<Expectation>, Span),
}

/// `outcome failure cost 0.20`
#[derive(Clone, Debug)]
pub struct TestOutcome {
    /// What became of it.
    pub result: OutcomeWord,
    /// What the action cost.
    pub cost: Option<(Literal, Span)>,
    /// What is expected then.
    pub expect: Vec<Expectation>,
    /// The whole.
    pub span: Span,
}

/// How what ran has ended, in the words of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeWord {
    /// It did what it should.
    Success,
    /// It did not.
    Failure,
    /// Nobody can tell.
    Unknown,
}

/// Something that is done beside requests: by people, or by the host.
#[derive(Clone, Debug)]
pub struct TestDeed {
    /// What is done.
    pub does: Deed,
    /// Who does it; none where the host does.
    pub by: Option<Expr>,
    /// What is expected then.
    pub expect: Vec<Expectation>,
    /// The whole.
    pub span: Span,
}

/// What is done beside requests.
#[derive(Clone, Debug)]
pub enum Deed {
    /// `grant consent for "u" { purposes: {"mail"} } within 30d by ada`
    Grant {
        /// The item.
        item: Path,
        /// The values of its keys.
        keys: Vec<Expr>,
        /// What it holds.
        fields: Vec<(Name, Expr)>,
        /// When it ends.
        end: Option<DeedEnd>,
    },
    /// `revoke consent for "u" by ada`
    Revoke {
        /// The item.
        item: Path,
        /// The values of its keys.
        keys: Vec<Expr>,
    },
    /// `freeze "bot" by ada`
    Freeze(Expr),
    /// `unfreeze "bot" by ada`
    Unfreeze(Expr),
    /// `agent "sub" made by "bot" owned by "ada"`
    Agent {
        /// Who it is.
        agent: Expr,
        /// The agent that made it.
        maker: Option<Expr>,
        /// The person it works for.
        owner: Option<Expr>,
    },
    /// `set flag.website[news] = false where env.name = prod until 18:00 by ada`
    SetFlag {
        /// The flag with its keys.
        place: Expr,
        /// Its value.
        value: Expr,
        /// The fact for whose value it is set.
        scope: Option<(Expr, Expr)>,
        /// When it ends.
        end: Option<DeedEnd>,
    },
    /// `clear flag.website[news] where env.name = prod by ada`
    ClearFlag {
        /// The flag with its keys.
        place: Expr,
        /// The fact for whose value it was set.
        scope: Option<(Expr, Expr)>,
    },
    /// `close session "s1"`
    CloseSession(String, Span),
}

/// `within 30d`, `until 18:00`
#[derive(Clone, Debug)]
pub struct DeedEnd {
    /// Whether the literal is a span of time, counted from now.
    pub within: bool,
    /// The span of time, or the time.
    pub literal: Literal,
    /// The whole.
    pub span: Span,
}

/// `approve production_people by Agent("ada")`
#[derive(Clone, Debug)]
pub struct TestAnswer {
    /// Whether it is a yes.
    pub yes: bool,
    /// Which approval is answered; the first that is still needed where none is named.
    pub approval: Option<Path>,
    /// Who answers.
    pub by: Expr,
    /// Whether the request stays running once it has begun.
    pub running: bool,
    /// What is expected then.
    pub expect: Vec<Expectation>,
    /// The whole.
    pub span: Span,
}

/// A fact that a test sets.
#[derive(Clone, Debug)]
pub enum Given {
    /// `given agent { trust: 80 }`; group is `agent`, `env`, `session` or `observed`.
    Group(Name, Vec<(Name, Expr)>),
    /// `given flag.website[a] = false`
    Place(Expr, Expr),
    /// `given env.name unreadable`
    Unreadable(Expr),
    /// `given entity User("ann") in Team("ops"), Team("qa") { level: 3 }`
    Entity {
        /// The entity.
        entity: Expr,
        /// What it lies in.
        parents: Vec<Expr>,
        /// Its attributes.
        fields: Vec<(Name, Expr)>,
    },
}

/// `request a.b { … } as x observed { … } claimed { … } expect …`
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// The action; any text in quotes where it is no name.
    pub action: (String, Span),
    /// Parameters.
    pub params: Vec<(Name, Expr)>,
    /// `as newcomer` or `as { id: "x" }`
    pub principal: Option<Expr>,
    /// `observed { … }`
    pub observed: Vec<(Name, Expr)>,
    /// `claimed { … }`
    pub claimed: Vec<(Name, Expr)>,
    /// `at <time>` behind the request.
    pub at: Option<Literal>,
    /// `running`: it does not end before its outcome is told.
    pub running: bool,
    /// `expect …`
    pub expect: Vec<Expectation>,
    /// The whole.
    pub span: Span,
}

/// A boundary table. Each row's fields are placed by their declared origin.
#[derive(Clone, Debug)]
pub struct TestCases {
    /// The action.
    pub action: (String, Span),
    /// Fields that all rows share, after the action.
    pub params: Vec<(Name, Expr)>,
    /// Who asks.
    pub principal: Option<Expr>,
    /// `observed { … }` that all rows share.
    pub observed: Vec<(Name, Expr)>,
    /// Rows in text order.
    pub rows: Vec<TestRow>,
    /// The whole.
    pub span: Span,
}

/// `{ cost: 1.00 } -> yellow because of cost_band`
#[derive(Clone, Debug)]
pub struct TestRow {
    /// Fields of this row.
    pub fields: Vec<(Name, Expr)>,
    /// What is expected.
    pub expect: Vec<Expectation>,
    /// The whole.
    pub span: Span,
}

/// One expectation: they are joined by commas.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// `green`
    Tier(Tier, Span),
    /// `because of x`
    Because(Path),
    /// `not because of x`
    NotBecause(Path),
    /// `by default`
    ByDefault(Span),
    /// `code c`
    Code(Name),
    /// `invalid field`
    Invalid(Name),
    /// `instead noop`
    Instead(Path),
    /// `notify ops`
    Notify(Name),
    /// `redact token`
    Redact(Name),
    /// `approval production_people`
    Approval(Path),
    /// `trust 52.0`
    Trust(Literal, Span),
    /// `waiting`, `approved`, `running`, `done`, `refused`, `ended`
    Standing(Name),
    /// `count(per_hour) == 2`
    Reading {
        /// What is read.
        part: Name,
        /// Of which item.
        item: Path,
        /// How it is compared.
        op: BinaryOp,
        /// With what.
        value: Box<Expr>,
        /// The whole.
        span: Span,
    },
}

/// `assert never green on a.b by machines unless c tested`
#[derive(Clone, Debug)]
pub struct Assert {
    /// What is claimed.
    pub claim: Claim,
    /// Its tier.
    pub tier: Tier,
    /// Where the claim stands: `never below red`.
    pub claim_span: Span,
    /// On which actions.
    pub on: Patterns,
    /// By whom.
    pub by: Option<By>,
    /// Under which conditions.
    pub whens: Vec<When>,
    /// Whether exercise is enough.
    pub tested: bool,
}

/// The claim of an `assert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `always black`
    Always,
    /// `never green`
    Never,
    /// `never below red`
    NeverBelow,
    /// `never above yellow`
    NeverAbove,
}
