//! What a policy keeps, as plain data: the part of its stateful items that outlives the policy's text.
//!
//! A schema is what the journal says of a policy when it is installed. With it alone, events can be replayed: no rule
//! file is needed to know how long a window is. Times and spans are microseconds; amounts are in the unit of their
//! type (millionths of a `decimal`, an `int` as it is).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How many keys an item keeps where it does not say.
pub const DEFAULT_KEYS: u32 = 65_536;
/// The most stamps or events that one register keeps.
pub const MOST_STAMPS: usize = 1_024;

/// All that a policy keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Its families of registers, sorted by name.
    pub families: Vec<FamilySchema>,
    /// How trust grows and shrinks, where the policy says so.
    pub trust: Option<TrustSchema>,
    /// Its flags, sorted by name.
    pub flags: Vec<FlagSchema>,
    /// Its digests, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<crate::digests::DigestSchema>,
}

/// The registers of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilySchema {
    /// The qualified name of the item; a nameless reading of history has the text it was written as.
    pub name: Arc<str>,
    /// What its registers are.
    pub family: Family,
    /// The most keys that are kept.
    pub most_keys: u32,
    /// Whether the agent cannot choose a key: then nobody has a share of them.
    pub host_keyed: bool,
}

/// What the registers of an item are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// `at most N per D`: a stamp for each request in `(now - window, now]`.
    Rate {
        /// How long a stamp counts.
        window: i64,
    },
    /// `at most N at once`: reservations that have not ended.
    Gauge,
    /// Time since the last run.
    Cooldown {
        /// The longest span of its actions: after it a register is as if it had never run.
        longest: i64,
    },
    /// Amounts spent.
    Budget {
        /// What may be spent in a period.
        most: i64,
        /// In which.
        period: Period,
    },
    /// The last outcomes or requests, and what is counted over them.
    Window(WindowSchema),
    /// Keys that are used once.
    Once {
        /// How long a used key is kept.
        keep: i64,
    },
    /// One holder at a time.
    Lease {
        /// How long it is held without renewal.
        length: i64,
    },
    /// Where each key stands.
    States {
        /// Where a key begins, by its place in the enum.
        start: u32,
        /// The transitions there are, sorted.
        allowed: Vec<(u32, u32)>,
    },
    /// Records that people give and take.
    Grant {
        /// The longest that one may last.
        longest: Option<i64>,
        /// Whether a revoked one can be given anew.
        again: bool,
    },
    /// What has happened in a session or to an agent.
    Seen(SeenSchema),
}

/// The time over which a budget counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// `per 1d`: it slides.
    Sliding(i64),
    /// `per day`: it follows the calendar of a zone.
    Calendar {
        /// Which part of the calendar.
        unit: CalendarUnit,
        /// The IANA name of the zone.
        zone: Arc<str>,
    },
}

/// A part of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarUnit {
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// From the first to the last day of a month.
    Month,
}

/// A window over outcomes or requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSchema {
    /// What enters it.
    pub of: WindowOf,
    /// How much of it is kept.
    pub kept: Kept,
    /// What is told about it, in the order of the item's text.
    pub values: Vec<WindowValue>,
}

/// What enters a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowOf {
    /// Each request, when it is reserved.
    Requests,
    /// Each outcome, when it is reported.
    Outcomes,
}

/// How much of the past a window keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The last so many.
    Last(u32),
    /// Those of the last so many microseconds.
    Within(i64),
}

/// A named value of a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowValue {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub what: WindowWhat,
    /// What it looks at.
    pub test: WindowTest,
}

/// What a window tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowWhat {
    /// How many pass the test.
    Count,
    /// The longest run of neighbours that all pass the test.
    LongestRun,
    /// The longest run of neighbours with the same value of an expression, among those that pass the test. The value
    /// comes as a text with each event, at this place among its texts.
    LongestEqual(u32),
    /// How many in a hundred pass, rounded down; 0 where the window is empty.
    Percent,
    /// The sum of an expression over those that pass the test; it comes with each event, at this place among its
    /// amounts.
    Sum(u32),
}

/// Which events of a window a value looks at: those that pass both halves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowTest {
    /// `success` or `failure`.
    pub outcome: Option<bool>,
    /// A condition over the request, judged when it was reserved, by its place among the event's truths.
    pub truth: Option<u32>,
}

/// A reading of history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenSchema {
    /// What it tells.
    pub what: SeenWhat,
    /// Only events of the last so many microseconds.
    pub within: Option<i64>,
    /// Whether an event counts only once its outcome is a success.
    pub succeeded: bool,
    /// The other event it is compared with.
    pub relative: Option<Relative>,
}

/// What a reading of history tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenWhat {
    /// Whether there was one.
    Any,
    /// How many there were, at most [`MOST_STAMPS`].
    Count,
}

/// How an event must stand to another kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relative {
    /// Where.
    pub place: RelativePlace,
    /// Whether the other event counts only once its outcome is a success.
    pub succeeded: bool,
}

/// Where an event must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelativePlace {
    /// After the last of the others, or at any time where there was none.
    Since,
    /// Before the first of the others.
    Before,
}

/// How much an outcome weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each variant is the word of the same name")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// The severity with this word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "low" => Some(Self::Low),
            "medium" => Some(Self::Medium),
            "high" => Some(Self::High),
            "critical" => Some(Self::Critical),
            _ => None,
        }
    }
}

/// How trust grows and shrinks. Scores are millionths of a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustSchema {
    /// Least and greatest score.
    pub range: (i64, i64),
    /// Where an agent begins.
    pub start: i64,
    /// What a success adds, by severity from low to critical.
    pub success: [i64; 4],
    /// What a failure adds, by severity from low to critical: nothing or less.
    pub failure: [i64; 4],
    /// What a success that follows another adds for each success of the streak, itself included, and the most that
    /// this gives. The first success of a streak adds nothing.
    pub streak: Option<(i64, i64)>,
    /// The most that may be gained within so many microseconds.
    pub most_gain: Option<(i64, i64)>,
    /// So many failures in a row freeze.
    pub freeze_after_failures: Option<u32>,
    /// So many critical failures, without a success between them, freeze.
    pub freeze_after_critical: Option<u32>,
    /// Whether a frozen agent gains nothing.
    pub frozen_gains_nothing: bool,
    /// What each whole idle day takes, and the score below which idleness takes nothing.
    pub decay: Option<(i64, i64)>,
    /// Names of the levels with the score from which each begins, from the lowest to the highest.
    pub levels: Vec<(Arc<str>, i64)>,
}

/// A flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagSchema {
    /// Its qualified name.
    pub name: Arc<str>,
    /// How many keys it has.
    pub keys: u32,
    /// The most keys that are kept.
    pub most_keys: u32,
    /// The scopes in which it may be set besides everywhere: names of facts such as `env.name`.
    pub scopes: Vec<Arc<str>>,
    /// Its start value as JSON, if it has one.
    pub start: Option<Arc<str>>,
    /// Its strict value as JSON.
    pub strict: Arc<str>,
    /// How values of several scopes become one.
    pub merge: Merge,
}

/// How the values that a flag has in several scopes become one: the stricter one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Merge {
    /// The strict value is the least: the least counts.
    Least,
    /// The strict value is the greatest: the greatest counts.
    Greatest,
    /// Values have no order: where two differ, the strict value counts.
    Strict,
}
