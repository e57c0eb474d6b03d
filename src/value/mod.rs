//! Values of the language, in canonical form.
//!
//! A [`Value`] is what an expression yields and what a field holds once it was read: paths are
//! normalised, hosts lower-cased, sets sorted. Units: decimals in millionths, ratios in billionths,
//! durations in microseconds, timestamps in microseconds since 1970-01-01T00:00:00Z.
//!
//! An error is no value: whatever can err yields `Result<Value, Fault>`. Only the elements of a list
//! may be [`Value::Unknown`], such as a word of a command that holds an expansion; reading one errs.

pub mod command;
pub mod glob;
pub mod literal;
pub mod net;
pub mod number;
pub mod path;
pub mod pattern;
mod regex;
pub mod secrets;
pub mod text;
pub mod time;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

pub use command::{Command, SimpleCommand};
pub use net::UrlValue;
pub use path::PathValue;
pub use pattern::PatternSet;

use crate::ids::{EntityTypeId, EnumId, RecordId};

/// A reference to an entity: its type and its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRef {
    /// Its type.
    pub ty: EntityTypeId,
    /// Its id, compared by bytes.
    pub id: Arc<str>,
}

/// A value. See the module for units.
#[derive(Clone, Debug)]
pub enum Value {
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `decimal`, millionths
    Decimal(i64),
    /// `ratio`, billionths in 0..=1_000_000_000
    Ratio(i64),
    /// `string`, compared by bytes
    Str(Arc<str>),
    /// `duration`, microseconds
    Duration(i64),
    /// `timestamp`, microseconds since the Unix epoch
    Timestamp(i64),
    /// A time of day, seconds since midnight
    TimeOfDay(u32),
    /// An instant as a zone's clocks show it: microseconds since 1970-01-01T00:00:00 of that zone
    Civil(i64),
    /// `semver`
    Semver(Arc<semver::Version>),
    /// `ip`
    Ip(IpAddr),
    /// `cidr`
    Cidr(ipnet::IpNet),
    /// `url`
    Url(Arc<UrlValue>),
    /// `host`, lower case, IDNA-decoded, without a trailing dot
    Host(Arc<str>),
    /// `path`
    Path(Arc<PathValue>),
    /// `ref`, without `refs/heads/`, `heads/` and remote prefixes
    Ref(Arc<str>),
    /// `command`
    Command(Arc<Command>),
    /// One simple command of a `command`
    SimpleCommand(Arc<SimpleCommand>),
    /// A variant of an enum, by its place
    Enum(EnumId, u32),
    /// A record; absent optional fields are `None`, a field that erred carries its fault
    Record(RecordId, Arc<[Result<Option<Value>, Fault>]>),
    /// `list<T>`
    List(Arc<[Value]>),
    /// `set<T>`, sorted by [`Value::total_cmp`], without repeats
    Set(Arc<[Value]>),
    /// `map<string, T>`
    Map(Arc<BTreeMap<Arc<str>, Value>>),
    /// An entity reference
    Entity(EntityRef),
    /// A half-open or closed range of ordered values, of constants only
    Range(Arc<RangeValue>),
    /// Compiled globs or regular expressions, of constants only
    Patterns(Arc<PatternSet>),
    /// An element of a list that cannot be told; reading it errs
    Unknown(Fault),
}

/// `1..5` and `09:00..17:00`.
#[derive(Clone, Debug)]
pub struct RangeValue {
    /// Least value.
    pub low: Value,
    /// Greatest value.
    pub high: Value,
    /// Whether `high` belongs to it; times of day leave it out.
    pub closed: bool,
}

/// Why a value could not be told. The words are stable; they are `code` in a decision's errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A required field is not there.
    Missing,
    /// `null` stands where a value must.
    Null,
    /// The value is of another type.
    IllTyped,
    /// The number is outside the declared range.
    OutOfRange,
    /// The text or list is longer than declared.
    TooLong,
    /// The number has more digits than its type holds.
    TooPrecise,
    /// The field is not declared.
    UnknownField,
    /// The host could not obtain it.
    Unavailable,
    /// Calculation left the range of its type.
    Overflow,
    /// A word of a command that is only known when it runs.
    UnknownWord,
    /// A command that could not be read or is over a limit.
    UnreadableCommand,
    /// The entity is not in the snapshot.
    AbsentEntity,
    /// The answer depends on case or Unicode form.
    CaseOrForm,
    /// A path outside the workspace that may be a file inside it.
    OutsideRoot,
    /// No `now` was given.
    NoNow,
    /// A bound of the language was passed.
    LimitExceeded,
    /// The request itself is malformed.
    Malformed,
    /// The action does not have this field.
    NotOnAction,
}

impl FaultKind {
    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Null => "null",
            Self::IllTyped => "ill_typed",
            Self::OutOfRange => "out_of_range",
            Self::TooLong => "too_long",
            Self::TooPrecise => "too_precise",
            Self::UnknownField => "unknown_field",
            Self::Unavailable => "unavailable",
            Self::Overflow => "overflow",
            Self::UnknownWord => "unknown_word",
            Self::UnreadableCommand => "unreadable_command",
            Self::AbsentEntity => "absent_entity",
            Self::CaseOrForm => "case_or_form",
            Self::OutsideRoot => "outside_root",
            Self::NoNow => "no_now",
            Self::LimitExceeded => "limit_exceeded",
            Self::Malformed => "malformed",
            Self::NotOnAction => "not_on_action",
        }
    }
}

/// Why a value could not be told, with a remark for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fault {
    /// The kind.
    pub kind: FaultKind,
    /// What is wrong, as half a sentence: `expected an int, got a string`. Never the value itself.
    pub detail: Arc<str>,
}

impl Fault {
    /// A fault with its remark.
    #[must_use]
    pub fn new(kind: FaultKind, detail: impl Into<Arc<str>>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

/// A value, or why there is none.
pub type Evaluated = Result<Value, Fault>;

impl Value {
    /// A sorted set without repeats.
    #[must_use]
    pub fn set(mut elements: Vec<Self>) -> Self {
        elements.sort_by(Self::total_cmp);
        elements.dedup_by(|a, b| a.total_cmp(b) == Ordering::Equal);
        Self::Set(elements.into())
    }

    /// A text.
    #[must_use]
    pub fn str(text: &str) -> Self {
        Self::Str(text.into())
    }

    /// The 64-bit word of a value that is one number: what orders and equates it among its own type.
    #[must_use]
    pub fn word(&self) -> Option<i64> {
        match self {
            Self::Bool(b) => Some(i64::from(*b)),
            Self::Int(n)
            | Self::Decimal(n)
            | Self::Ratio(n)
            | Self::Duration(n)
            | Self::Timestamp(n)
            | Self::Civil(n) => Some(*n),
            Self::TimeOfDay(s) => Some(i64::from(*s)),
            Self::Enum(_, v) => Some(i64::from(*v)),
            Self::Str(_)
            | Self::Semver(_)
            | Self::Ip(_)
            | Self::Cidr(_)
            | Self::Url(_)
            | Self::Host(_)
            | Self::Path(_)
            | Self::Ref(_)
            | Self::Command(_)
            | Self::SimpleCommand(_)
            | Self::Record(..)
            | Self::List(_)
            | Self::Set(_)
            | Self::Map(_)
            | Self::Entity(_)
            | Self::Range(_)
            | Self::Patterns(_)
            | Self::Unknown(_) => None,
        }
    }

    /// The text of a value that is compared by its bytes: strings, hosts, refs, urls, paths, entities' ids.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Str(s) | Self::Host(s) | Self::Ref(s) => Some(s),
            Self::Url(u) => Some(u.text()),
            Self::Path(p) => Some(p.text()),
            Self::Entity(e) => Some(&e.id),
            Self::Bool(_)
            | Self::Int(_)
            | Self::Decimal(_)
            | Self::Ratio(_)
            | Self::Duration(_)
            | Self::Timestamp(_)
            | Self::TimeOfDay(_)
            | Self::Civil(_)
            | Self::Semver(_)
            | Self::Ip(_)
            | Self::Cidr(_)
            | Self::Command(_)
            | Self::SimpleCommand(_)
            | Self::Enum(..)
            | Self::Record(..)
            | Self::List(_)
            | Self::Set(_)
            | Self::Map(_)
            | Self::Range(_)
            | Self::Patterns(_)
            | Self::Unknown(_) => None,
        }
    }

    /// A total order over all values, for sorting sets and canonical forms. Between values of one type it
    /// is the order of the language where there is one, otherwise that of the bytes.
    #[must_use]
    pub fn total_cmp(&self, other: &Self) -> Ordering {
        order::total_cmp(self, other)
    }

    /// Whether both are the same value of the same type. Lists compare element by element. Comparisons
    /// that may err (paths, unknown words) go through the builtins, not through this.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.total_cmp(other) == Ordering::Equal
    }
}

mod order;
