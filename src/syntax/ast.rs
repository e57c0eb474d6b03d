//! The syntax tree: what an author wrote, with the place of every part.
//!
//! Nothing is resolved here: a name is a name. The shapes follow the text closely enough for the
//! formatter to write every file again from its tree and its comments.

use crate::decision::Tier;
use crate::source::{FileId, Span};

/// A word with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Words joined by dots: `autonomy.people`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// At least one word.
    pub parts: Vec<Name>,
    /// The whole.
    pub span: Span,
}

impl Path {
    /// The words joined by dots.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(".")
    }
}

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Which.
    pub id: FileId,
    /// Its items in text order, those that could not be read included as [`ItemKind::Unreadable`].
    pub items: Vec<Item>,
    /// All `//` comments in text order; `///` texts belong to their items.
    pub comments: Vec<Comment>,
}

/// A `//` comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text with its slashes, without trailing blanks.
    pub text: String,
    /// Where.
    pub span: Span,
    /// Whether something else stands before it on its line.
    pub trailing: bool,
}

/// One item with the `///` text before it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Lines of the `///` text without the slashes and one blank.
    pub docs: Vec<String>,
    /// The whole item without its docs.
    pub span: Span,
    /// What it is.
    pub kind: ItemKind,
}

/// Every kind of item.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `package a.b`
    Package(Path),
    /// `use a.b.{c, d as e}`, `use a.b.*`, `use a.b`
    Use(Use),
    /// `action a.b, a.c also x.c { … }`
    Action(Action),
    /// `fields on a.* { … }`
    Fields(Fields),
    /// `entity User in Team { … }`
    Entity(Entity),
    /// `facts agent { … }`
    Facts(Facts),
    /// `enum Env { dev, staging, production }`; `ordered enum` compares
    Enum(Enum),
    /// `record TimeWindow { from: timestamp, until: timestamp? }`
    Record(Record),
    /// `const mainline: set<ref> = { "main" }`
    Const(Const),
    /// `predicate small(n: int): bool = n < 3`
    Predicate(Predicate),
    /// `rule x on a.b { … }`
    Rule(Rule),
    /// `guard x on a.b { … }`
    Guard(Guard),
    /// `relax x on a.b { … yellow to green }`
    Relax(Relax),
    /// `exception x to weekend on a.b { … }`
    Exception(Exception),
    /// `approval x on a.b { by maintainers, quorum 1, within 5m, otherwise refuse }`
    Approval(Approval),
    /// `table x on a, b across env.name { … }`
    Table(Table),
    /// `flag halt: bool = false, strict true changed by Role.admin`
    Flag(Flag),
    /// `limit cooldown budget window trust once lease states grant digest workflow schedule executor`
    State(State),
    /// `test "…" { … }`
    Test(Test),
    /// `assert never green on a.b when c`
    Assert(Assert),
    /// An item that could not be read; a diagnostic has said why.
    Unreadable,
}

/// `use` of names of another package.
#[derive(Clone, Debug)]
pub struct Use {
    /// The package, or package and name where `names` is [`UseNames::Whole`].
    pub path: Path,
    /// Which of its names.
    pub names: UseNames,
}

/// Which names a `use` brings.
#[derive(Clone, Debug)]
pub enum UseNames {
    /// `use a.b` or `use a.b as c`: the last part, an item of package `a` or the package `a.b`.
    Whole(Option<Name>),
    /// `use a.b.*`
    All(Span),
    /// `use a.b.{c, d as e}`
    List(Vec<(Name, Option<Name>)>),
}

/// A type as written: `int 0..10`, `string[..4096]`, `list<path>[..1000]`, `set<Role>`, `decimal >= 0.00`, `T?`.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// `int`, `list`, `TimeWindow`, `people.Team`
    pub name: Path,
    /// `<path>`
    pub arguments: Vec<TypeExpr>,
    /// `[..4096]` (low 0) or `[1..10]`: least and most characters or elements.
    pub bound: Option<(u64, u64)>,
    /// `0..10`, `>= 0.00`, `<= 5`, `> 0`, `< 5`
    pub range: Option<RangeExpr>,
    /// `?` at the end
    pub optional: bool,
    /// The whole.
    pub span: Span,
}

/// The range of a numeric type.
#[derive(Clone, Debug)]
pub struct RangeExpr {
    /// Least value.
    pub low: Option<(Literal, Inclusive)>,
    /// Greatest value.
    pub high: Option<(Literal, Inclusive)>,
    /// The whole.
    pub span: Span,
}

/// Whether the end of a range belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inclusive {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// Where a field's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// What will be done.
    Parameter,
    /// What the agent says: `claimed { … }` or `claimed name: T`.
    Claimed,
    /// What the runtime saw: `observed { … }` or `observed name: T`.
    Observed,
}

/// One field: `diff_lines: int 0..1_000_000 = 0`.
#[derive(Clone, Debug)]
pub struct Field {
    /// `///` lines before it.
    pub docs: Vec<String>,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Its start value or default.
    pub default: Option<Expr>,
    /// Where it comes from; [`Origin::Parameter`] in records, facts and entities.
    pub origin: Origin,
    /// The whole.
    pub span: Span,
}

/// `action a.b, a.c also x.c { fields; severity high }`
#[derive(Clone, Debug)]
pub struct Action {
    /// Full names with the aliases that `also` gives: the i-th alias belongs to the i-th name.
    pub names: Vec<Path>,
    /// Aliases after `also`.
    pub aliases: Vec<Path>,
    /// Fields of all origins in text order.
    pub fields: Vec<Field>,
    /// `severity high`
    pub severity: Option<Name>,
    /// Whether braces were written.
    pub braces: bool,
}

/// `fields on <patterns> { … }`
#[derive(Clone, Debug)]
pub struct Fields {
    /// Which actions get them.
    pub on: Patterns,
    /// The fields.
    pub fields: Vec<Field>,
}

/// `entity Role one of { ops, ci }`, `entity User in Team, Org { level: int }`
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name.
    pub name: Name,
    /// Entity types it may lie in.
    pub parents: Vec<Path>,
    /// Closed ids.
    pub ids: Option<Vec<Name>>,
    /// Attributes.
    pub fields: Vec<Field>,
}

/// `facts agent { … }`
#[derive(Clone, Debug)]
pub struct Facts {
    /// `agent`, `env` or `session`
    pub group: Name,
    /// What the host supplies.
    pub fields: Vec<Field>,
}

/// `enum Env { dev, staging }`
#[derive(Clone, Debug)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// Written `ordered enum`: variants compare in text order.
    pub ordered: bool,
    /// Its variants.
    pub variants: Vec<Name>,
}

/// `record R { … }`
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// `const name: T = value`
#[derive(Clone, Debug)]
pub struct Const {
    /// Its name.
    pub name: Name,
    /// Its type, which may be left out where the value shows it.
    pub ty: Option<TypeExpr>,
    /// Its value.
    pub value: Expr,
}

/// `predicate small(n: int): bool = n < 3`
#[derive(Clone, Debug)]
pub struct Predicate {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<(Name, TypeExpr)>,
    /// Its type; `bool` where left out.
    pub ty: Option<TypeExpr>,
    /// Its value.
    pub value: Expr,
}

/// `on deploy.*, db.** except db.read` or `on any action`
#[derive(Clone, Debug)]
pub struct Patterns {
    /// `any action`
    pub any_action: bool,
    /// The list in text order; `except` subtracts from all that stands before it.
    pub list: Vec<PatternPart>,
    /// The whole without `on`.
    pub span: Span,
}

/// One pattern of a list.
#[derive(Clone, Debug)]
pub struct PatternPart {
    /// Whether `except` stands before it.
    pub except: bool,
    /// The text: `deploy.*`.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// Whom an item is about: `by Role.{ops, ci}`, `by machines`, `by people`, `by maintainers`.
#[derive(Clone, Debug)]
pub struct By {
    /// What stands after `by`: a list of `machines`, `people` or expressions of entities.
    pub who: Vec<Expr>,
    /// The whole without `by`.
    pub span: Span,
}

/// `when c` or `unless c`
#[derive(Clone, Debug)]
pub struct When {
    /// Whether it was written `unless`.
    pub unless: bool,
    /// The condition.
    pub condition: Expr,
}

/// `red when c` or a bare `red`; rules may add `otherwise black because "…"` (its own member).
#[derive(Clone, Debug)]
pub struct Band {
    /// Its tier.
    pub tier: Tier,
    /// Where the tier stands.
    pub tier_span: Span,
    /// Its condition.
    pub when: Option<Expr>,
}

/// What all conditional items share.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its name.
    pub name: Name,
    /// `on …`
    pub on: Patterns,
    /// `by …` in the head.
    pub by: Option<By>,
    /// `when` and `unless` lines.
    pub whens: Vec<When>,
    /// `because "…"`
    pub because: Option<Text>,
    /// `code some_code`
    pub code: Option<Name>,
    /// `believing cost, confidence`
    pub believing: Vec<Name>,
    /// `until 2026-11-23` on a rule or exception.
    pub until: Option<Expr>,
    /// `notify`, `redact`, `instead`, `run`
    pub obligations: Vec<ObligationExpr>,
}

/// `notify ops`, `redact token, body`, `instead noop`, `run cleanup { service: service }`
#[derive(Clone, Debug)]
pub enum ObligationExpr {
    /// Channels to tell.
    Notify(Vec<Name>),
    /// Fields to mask.
    Redact(Vec<Name>),
    /// The action to submit in its place.
    Instead(Path),
    /// The workflow to start.
    Run(Path, Vec<(Name, Expr)>, Span),
}

/// `rule x on a.b relaxable { … }`
#[derive(Clone, Debug)]
pub struct Rule {
    /// The common part.
    pub head: Head,
    /// Whether other packages may relax it.
    pub relaxable: bool,
    /// Its tiers.
    pub bands: Vec<Band>,
    /// `otherwise black because "…"`
    pub otherwise: Option<Otherwise>,
}

/// What a rule brings where its condition is false.
#[derive(Clone, Debug)]
pub struct Otherwise {
    /// Its tier.
    pub tier: Tier,
    /// Where the tier stands.
    pub tier_span: Span,
    /// Its reason.
    pub because: Option<Text>,
}

/// `guard x on a.b waivable by release_managers { … }`
#[derive(Clone, Debug)]
pub struct Guard {
    /// The common part.
    pub head: Head,
    /// Who may own an exception to it.
    pub waivable: Option<By>,
    /// Its tiers; one where it is a checklist.
    pub bands: Vec<Band>,
    /// `if unclear red`
    pub if_unclear: Option<(Tier, Span)>,
    /// `require c otherwise "text" code name` lines.
    pub checklist: Vec<Require>,
}

/// One line of a checklist.
#[derive(Clone, Debug)]
pub struct Require {
    /// What must be true.
    pub condition: Expr,
    /// What is said where it is not.
    pub text: Text,
    /// Its own code.
    pub code: Option<Name>,
}

/// `relax x on a.b of other.rule { when c  yellow to green }`
#[derive(Clone, Debug)]
pub struct Relax {
    /// The common part.
    pub head: Head,
    /// A rule of another package, declared `relaxable`.
    pub of: Option<Path>,
    /// The highest tier it lowers.
    pub from: Tier,
    /// The tier it lowers to.
    pub to: Tier,
    /// Where `yellow to green` stands.
    pub tiers_span: Span,
}

/// `exception x to weekend on a.b { owner Team("ops")  because "…"  until 2026-11-23 }`
#[derive(Clone, Debug)]
pub struct Exception {
    /// The common part; `until` and `because` are required.
    pub head: Head,
    /// The floor it silences.
    pub to: Path,
    /// Who answers for it.
    pub owner: Option<Expr>,
}

/// `approval x on a.b { by maintainers, quorum 2, within 5m, otherwise refuse, ask slack }`
#[derive(Clone, Debug)]
pub struct Approval {
    /// The common part; `head.by` is empty, the people stand in `people`.
    pub head: Head,
    /// `by maintainers`
    pub people: Option<By>,
    /// `quorum 2`
    pub quorum: Option<(i64, Span)>,
    /// `within 5m`
    pub within: Option<(Literal, Span)>,
    /// `otherwise refuse`
    pub otherwise_refuse: bool,
    /// `may approve own`: the requester's own people may answer.
    pub own: bool,
    /// `ask ops, slack`: channels.
    pub ask: Vec<Name>,
}

/// A matrix as one rule a cell.
///
/// ```text
/// table environments on noop, restart, scale_up across env.name {
///     columns       dev     stage   prod
///     row noop      green   green   green
///     row restart   green   green   red
///     row scale_up  green   red     black
///     because "{action} in {env.name}."
/// }
/// ```
/// `rows update_type` in the body makes the rows values of a field instead of actions.
#[derive(Clone, Debug)]
pub struct Table {
    /// The common part.
    pub head: Head,
    /// The expression whose value chooses the column.
    pub across: Expr,
    /// The expression whose value chooses the row; actions where left out.
    pub rows_of: Option<Expr>,
    /// Variant names.
    pub columns: Vec<Name>,
    /// Rows in text order.
    pub rows: Vec<TableRow>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct TableRow {
    /// An action pattern or a variant name.
    pub label: PatternPart,
    /// One tier a column; fewer is an error that the checker reports.
    pub cells: Vec<(Tier, Span)>,
    /// The whole row.
    pub span: Span,
}

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

    /// Whether it raises decisions: a limit, cooldown or budget.
    #[must_use]
    pub fn is_floor(self) -> bool {
        matches!(self, Self::Limit | Self::Cooldown | Self::Budget)
    }
}

/// A stateful or runtime item. Its name, patterns, tiers, texts and codes are read; the rest of its
/// body is kept as words, balanced, for the phase that gives it meaning.
#[derive(Clone, Debug)]
pub struct State {
    /// Which.
    pub kind: StateKind,
    /// Its name.
    pub name: Name,
    /// `on …` where it has one.
    pub on: Option<Patterns>,
    /// `otherwise black`
    pub otherwise: Option<(Tier, Span)>,
    /// `warn yellow`
    pub warn: Option<(Tier, Span)>,
    /// `approvable`
    pub approvable: bool,
    /// `because "…"`; holes are checked by the phase that gives the item meaning.
    pub because: Option<Text>,
    /// `code x`
    pub code: Option<Name>,
    /// `instead noop`
    pub instead: Option<Path>,
    /// The text between the braces, or after the head where there are none.
    pub body: Span,
}

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
    /// `at 2026-11-18T10:00`
    At(Literal, Span),
    /// `given agent { trust: 80 }`, `given flag.x = true`, `given env.name = prod`,
    /// `given flag.x unreadable`, `given entity User("ann") in Team("ops") { level: 3 }`
    Given(Given),
    /// `request …` with the expectations that follow.
    Request(TestRequest),
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
    /// A step about time or state (`wait`, `repeat`, `outcome`, `approve`, `stop`, `session`), kept as text.
    Later(Span),
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
    /// What could not be read; a diagnostic has said why.
    Unreadable,
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
