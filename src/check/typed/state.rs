//! Stateful items after checking: what a governor keeps, and the expressions that say so for each request.
//!
//! Nothing here takes part in a decision. A decision sees [readings](StateItem::readings), which are facts; who keeps
//! registers evaluates the expressions of these items over a request that was read ([`crate::reader::Bound`]).
//! Times and spans are microseconds. Amounts are in the unit of their type: millionths of a `decimal`, an `int` as it is.

use std::sync::Arc;

use super::runtime::RuntimeDefs;
use super::{ActionId, FactGroup, FlagId, Principals, Scope, TExpr};
use crate::ids::EnumId;
use crate::source::Span;
use crate::types::FieldDef;

/// The most keys that an item keeps where it does not say.
pub const DEFAULT_KEYS: u32 = 65_536;
/// The most that a sliding limit may count, and a reading of history may ask for.
pub const MOST_STAMPS: i64 = 1_024;

/// A stateful item, by its place in [`TypedPolicy::state`](super::TypedPolicy::state).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub u32);

/// All that a policy keeps.
#[derive(Clone, Debug, Default)]
pub struct StateDefs {
    /// Families of registers, sorted by name.
    pub items: Vec<StateItem>,
    /// How trust grows and shrinks, where the policy says so.
    pub trust: Option<TrustDef>,
    /// How each flag may be set, by [`FlagId`].
    pub flags: Vec<FlagRules>,
    /// What each action reads and touches.
    pub footprints: Footprints,
    /// What the runtime does by itself.
    pub runtime: RuntimeDefs,
}

impl StateDefs {
    /// An item by its qualified name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<StateId> {
        self.items.binary_search_by(|item| (*item.name).cmp(name)).ok().map(|place| StateId(place as u32))
    }

    /// An item.
    #[must_use]
    pub fn item(&self, id: StateId) -> &StateItem {
        &self.items[id.0 as usize]
    }
}

/// How a flag may be set.
#[derive(Clone, Debug, Default)]
pub struct FlagRules {
    /// Who may set it; nobody besides the host, where nothing is said.
    pub changed_by: Option<Principals>,
    /// The facts for each of whose values it may be set besides the general value.
    pub scoped_by: Vec<(FactGroup, u32)>,
    /// What counts where several values are set for one request.
    pub merge: FlagMerge,
}

/// What counts where a flag has several values for one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlagMerge {
    /// The least: the strict value is the least that its type allows.
    Least,
    /// The greatest: the strict value is the greatest that its type allows.
    Greatest,
    /// The strict value, where two of them differ.
    #[default]
    Strict,
}

/// A family of registers, one for each tuple of keys.
#[derive(Clone, Debug)]
pub struct StateItem {
    /// Its qualified name. A reading of history that a condition asks for has a name made of what it says, which
    /// begins with `~`.
    pub name: Arc<str>,
    /// Its package; none of a reading of history, which all packages share.
    pub package: Arc<str>,
    /// The requests that touch it.
    pub scope: Scope,
    /// Of those, only where this is true or errs.
    pub when: Option<TExpr>,
    /// `for each …`: typed over every action of the scope and over every action where a condition reads it.
    pub keys: Vec<TExpr>,
    /// The most keys that are kept.
    pub most_keys: u32,
    /// Whether no key comes from the request: then no agent can use them up.
    pub host_keyed: bool,
    /// What it is.
    pub body: StateBody,
    /// What conditions and texts may read of it, by place in [`FactSchemas::state`](super::FactSchemas::state).
    pub readings: Vec<Reading>,
    /// `///` text.
    pub doc: String,
    /// The whole item.
    pub span: Span,
}

/// A fact that a stateful item gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which part of the item: `exceeded`, `count`, the name of a window's value.
    pub part: Part,
    /// Its place among the facts of the group `state`.
    pub place: u32,
}

/// What a reading tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `exceeded`: the floor holds.
    Exceeded,
    /// `near`: the warning of `warn … at P%` holds.
    Near,
    /// `count`: how many there are in the window, or at once.
    Count,
    /// `remaining`: how many or how much is left; of a cooldown, how long it still lasts.
    Remaining,
    /// `retry_after`: after how long one more would pass; absent where nothing need be waited for.
    RetryAfter,
    /// `used`: what was spent or is reserved in this period.
    Used,
    /// `debt`: what was spent beyond what was left.
    Debt,
    /// A value of a window, by its place.
    Value(u32),
    /// `size`: how many events a window holds.
    Size,
    /// `free`: nobody holds the lease.
    Free,
    /// `mine`: the agent of the request holds it.
    Mine,
    /// `current`: where a key stands.
    Current,
    /// `active`: a grant is there, not expired and not revoked.
    Active,
    /// A field of a grant, by its place; absent where none is active.
    Field(u32),
    /// The answer of a reading of history.
    Seen,
}

/// What a family of registers is.
#[derive(Clone, Debug)]
pub enum StateBody {
    /// `limit`
    Limit(LimitDef),
    /// `cooldown`
    Cooldown(CooldownDef),
    /// `budget`
    Budget(BudgetDef),
    /// `window`
    Window(WindowDef),
    /// `once`
    Once(OnceDef),
    /// `lease`
    Lease(LeaseDef),
    /// `states`
    States(StatesDef),
    /// `grant`
    Grant(GrantDef),
    /// `seen(…)` and `count(…)` in a condition
    Seen(SeenDef),
}

/// A number that is written, or that a flag says.
#[derive(Clone, Debug)]
pub enum Amount {
    /// As written.
    Const(i64),
    /// What a flag says, never more than `most`.
    Flag {
        /// The flag.
        flag: FlagId,
        /// Its keys.
        keys: Vec<TExpr>,
        /// The greatest value that its type allows.
        most: i64,
    },
}

impl Amount {
    /// The greatest that it can be.
    #[must_use]
    pub fn most(&self) -> i64 {
        match self {
            Self::Const(n) | Self::Flag { most: n, .. } => *n,
        }
    }
}

/// `at most 3 per 5m`, `at most 150 at once`
#[derive(Clone, Debug)]
pub struct LimitDef {
    /// How many.
    pub most: Amount,
    /// The window; none is `at once`.
    pub window: Option<i64>,
    /// From how many percent of it on there is a warning.
    pub warn: Option<u32>,
}

/// `60s for each …`
#[derive(Clone, Debug)]
pub struct CooldownDef {
    /// Spans by scope in text order; the first that is about an action counts.
    pub spans: Vec<(Scope, i64)>,
    /// Whether all its actions share one clock; otherwise the action's name is the last of its keys.
    pub across: bool,
}

/// `spend … at most … per …`
#[derive(Clone, Debug)]
pub struct BudgetDef {
    /// What a request spends: an `int` or a `decimal`, never negative.
    pub spend: TExpr,
    /// What a request reserves, where that is not what it says it spends.
    pub ceiling: Option<i64>,
    /// What may be spent.
    pub most: i64,
    /// Whether amounts are millionths of a `decimal`.
    pub decimal: bool,
    /// In which time.
    pub period: Period,
    /// From how many percent of it on there is a warning.
    pub warn: Option<u32>,
}

/// The time over which a budget counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// `per 1d`: it slides.
    Sliding(i64),
    /// `per hour`, `per day`, `per week`, `per month`, in a zone by its IANA name.
    Calendar(CalendarUnit, Arc<str>),
}

/// A part of the calendar. A week begins on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is the word of the same name")]
pub enum CalendarUnit {
    Hour,
    Day,
    Week,
    Month,
}

/// `last 10 outcomes: failed = count where failure`
#[derive(Clone, Debug)]
pub struct WindowDef {
    /// Whether outcomes enter it, or requests.
    pub outcomes: bool,
    /// How much is kept.
    pub kept: Kept,
    /// What is told, in text order.
    pub values: Vec<WindowValueDef>,
}

/// How much of the past a window keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The last so many, at most [`MOST_STAMPS`].
    Last(u32),
    /// Those within so many microseconds.
    Within(i64),
}

/// A named value of a window.
#[derive(Clone, Debug)]
pub struct WindowValueDef {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub what: WindowWhat,
    /// Only successes, or only failures.
    pub outcome: Option<bool>,
    /// Only where this is true of the request.
    pub when: Option<TExpr>,
}

/// What a window tells.
#[derive(Clone, Debug)]
pub enum WindowWhat {
    /// `count where …`
    Count,
    /// `longest run where …`
    LongestRun,
    /// `longest run of equal action`: neighbours with the same value.
    LongestEqual(TExpr),
    /// `percent where …`: rounded down, 0 where nothing is kept.
    Percent,
    /// `sum of …`
    Sum(TExpr),
}

/// `for each key_id, nonce keep 24h`
#[derive(Clone, Copy, Debug)]
pub struct OnceDef {
    /// How long a used key is kept.
    pub keep: i64,
    /// Whether a second request gets the first one's answer in place of a decision.
    pub answers_first: bool,
}

/// `for 60s, released by run.done`
#[derive(Clone, Debug)]
pub struct LeaseDef {
    /// How long it is held.
    pub length: i64,
    /// The actions whose success gives it back.
    pub released_by: Option<Scope>,
}

/// `pending -> in_progress, cancelled`
#[derive(Clone, Debug)]
pub struct StatesDef {
    /// The enum.
    pub ty: EnumId,
    /// Where a key begins.
    pub start: u32,
    /// Where the request would take it.
    pub to: TExpr,
    /// The transitions there are, sorted.
    pub allowed: Vec<(u32, u32)>,
}

/// A record that people give and take.
#[derive(Clone, Debug)]
pub struct GrantDef {
    /// Names and types of its keys, since no action brings them when it is given.
    pub key_types: Vec<crate::types::Type>,
    /// What it holds.
    pub fields: Vec<FieldDef>,
    /// The longest that it may last.
    pub longest: Option<i64>,
    /// Whether one that was revoked can be given anew.
    pub again: bool,
    /// Who may give and revoke it; nobody, where nothing is said.
    pub changed_by: Option<Principals>,
}

/// A reading of what has happened.
#[derive(Clone, Debug)]
pub struct SeenDef {
    /// Whether it counts, or asks if there was one.
    pub counts: bool,
    /// What it looks for.
    pub event: SeenEvent,
    /// Only within so many microseconds.
    pub within: Option<i64>,
    /// How it stands to another event.
    pub relative: Option<(RelativePlace, SeenEvent)>,
    /// Whose history.
    pub of: HistoryOf,
}

/// An event of history.
#[derive(Clone, Debug)]
pub struct SeenEvent {
    /// The requests that are such events.
    pub scope: Scope,
    /// Only where this is true; where it errs, such an event may or may not have been.
    pub when: Option<TExpr>,
    /// Only once the outcome is a success.
    pub succeeded: bool,
}

/// Where an event must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelativePlace {
    /// After the last of the others, or at any time where there was none.
    Since,
    /// Before the first of the others.
    Before,
}

/// Whose history is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryOf {
    /// `in session`: under `session.id`, with what its parent had seen.
    Session,
    /// `by agent`: under `agent.id`.
    Agent,
}

/// How trust grows and shrinks. Scores are millionths of a point.
#[derive(Clone, Debug)]
pub struct TrustDef {
    /// Its qualified name.
    pub name: Arc<str>,
    /// Least and greatest score.
    pub range: (i64, i64),
    /// Where an agent begins.
    pub start: i64,
    /// What a success adds, by severity from low to critical.
    pub success: [i64; 4],
    /// What a failure adds, by severity from low to critical: nothing or less.
    pub failure: [i64; 4],
    /// What each success in a row, this one included, adds to one that is not the first, and the most that this gives.
    pub streak: Option<(i64, i64)>,
    /// The most that may be gained, and in which time.
    pub most_gain: Option<(i64, i64)>,
    /// So many failures in a row freeze.
    pub freeze_after_failures: Option<u32>,
    /// So many critical failures freeze.
    pub freeze_after_critical: Option<u32>,
    /// Whether a frozen agent gains nothing.
    pub frozen_gains_nothing: bool,
    /// What each whole idle day takes, and below which score it takes nothing.
    pub decay: Option<(i64, i64)>,
    /// Names of the levels with the score from which each begins, from the lowest.
    pub levels: Vec<(Arc<str>, i64)>,
    /// The places of `agent.trust`, `agent.frozen` and `agent.level` among the agent's facts, where they are declared.
    pub facts: TrustFacts,
    /// The whole item.
    pub span: Span,
}

/// Where trust appears among the agent's facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrustFacts {
    /// `agent.trust: decimal`
    pub score: Option<u32>,
    /// `agent.frozen: bool`
    pub frozen: Option<u32>,
    /// `agent.level`: an ordered enum with the levels' names
    pub level: Option<u32>,
}

/// What one action reads and touches, so that nobody looks at more: see `aasc check --emit footprint`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Items that a request touches once it is reserved.
    pub touches: Vec<StateId>,
    /// Items that a decision reads, with the places of the readings.
    pub reads: Vec<(StateId, Vec<u32>)>,
}

/// The footprint of each declared action, and of an action that nobody declares.
#[derive(Clone, Debug, Default)]
pub struct Footprints {
    /// By [`ActionId`].
    pub declared: Vec<Footprint>,
    /// What an undeclared name may touch and read.
    pub undeclared: Footprint,
}

impl Footprints {
    /// The footprint of an action; none is one that nobody declares.
    #[must_use]
    pub fn of(&self, action: Option<ActionId>) -> &Footprint {
        action.and_then(|id| self.declared.get(id.0 as usize)).unwrap_or(&self.undeclared)
    }
}
