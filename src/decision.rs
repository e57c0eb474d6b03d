//! The answer to a request.

use std::fmt;

use crate::source::Span;

/// How a request ends, from harmless to forbidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Tier {
    /// Run.
    Green = 0,
    /// Run and tell people.
    Yellow = 1,
    /// Hold until people approve.
    Red = 2,
    /// Refuse; no approval lifts it.
    Black = 3,
}

impl Tier {
    /// All tiers from green to black.
    pub const ALL: [Self; 4] = [Self::Green, Self::Yellow, Self::Red, Self::Black];

    /// The word of the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
            Self::Black => "black",
        }
    }

    /// The tier with this word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }

    /// What a host does with it.
    #[must_use]
    pub fn disposition(self) -> Disposition {
        match self {
            Self::Green => Disposition::Run,
            Self::Yellow => Disposition::RunAndNotify,
            Self::Red => Disposition::Ask,
            Self::Black => Disposition::Refuse,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a host does with a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Execute.
    Run,
    /// Execute, and tell people.
    RunAndNotify,
    /// Ask people first.
    Ask,
    /// Do not execute.
    Refuse,
}

/// The identity of a policy: BLAKE3 of its canonical form, shown as 64 hexadecimal digits.
///
/// Every decision carries it, so it is plain bytes: a shared text would be counted by all threads at once.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyHash(pub [u8; 32]);

impl fmt::Display for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyHash({self})")
    }
}

impl serde::Serialize for PolicyHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which evaluator answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The readable definition of the language.
    Interp,
    /// The plan, walked.
    Plan,
    /// Native code.
    Jit,
}

/// An item of a policy, by its place in the canonical order (package, name).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct ItemId(pub u32);

/// Why an item counts: its condition held, or it could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The condition is true.
    Held,
    /// The condition is an error, which never loosens.
    Erred,
}

/// One of the items that made the tier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Determining {
    /// The item; `None` is the default tier, which applies where no rule matches.
    pub item: Option<ItemId>,
    /// The branch that decided: a band, a checklist line, `otherwise`; counted in the item's text order.
    pub branch: u32,
    /// The tier it brought, before any relax.
    pub tier: Tier,
    /// Held or erred.
    pub outcome: Outcome,
}

/// What the host must do besides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obligation {
    /// Tell this channel.
    Notify {
        /// The channel's name.
        channel: String,
        /// The item that asks.
        item: ItemId,
    },
    /// Mask this field in notices, texts and audit; never in what is executed.
    Redact {
        /// The field.
        field: String,
        /// The item that asks.
        item: ItemId,
    },
    /// People who must approve.
    Approve {
        /// The approval item; its terms are in the policy.
        item: ItemId,
    },
    /// Submit this action in place of the refused one, once.
    Instead {
        /// The full name of the action.
        action: String,
        /// The item that asks.
        item: ItemId,
    },
    /// Start this workflow after the decision.
    Run {
        /// The workflow's qualified name.
        workflow: String,
        /// Its arguments, by name, rendered as JSON text.
        arguments: Vec<(String, String)>,
        /// The item that asks.
        item: ItemId,
    },
}

/// What went wrong while deciding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct DecisionError {
    /// The kind, as a stable word such as `missing` or `ill_typed`.
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
    /// The qualified name of the item that erred; none where the request itself is refused.
    pub item: Option<String>,
    /// The field that the error came from, where there is one.
    pub field: Option<String>,
    /// The leftmost erring place of the item.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// The answer to one request under one policy and one snapshot of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The action, aliases replaced.
    pub action: String,
    /// The tier.
    pub tier: Tier,
    /// The items whose tier is the result and the relaxes that led to it, in canonical order.
    pub determining: Vec<Determining>,
    /// In canonical order, without repeats.
    pub obligations: Vec<Obligation>,
    /// Errors of the determining items and of those whose obligations are carried.
    pub errors: Vec<DecisionError>,
    /// Which policy decided.
    pub policy: PolicyHash,
    /// Which evaluator decided.
    pub engine: Engine,
}
