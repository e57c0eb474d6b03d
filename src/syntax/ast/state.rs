//! Flags, and the items that speak of state or of the runtime.

use super::{By, Expr, Name, Path, Patterns, Text, TypeExpr};
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
    /// `waivable by release_managers`
    pub waivable: Option<By>,
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
