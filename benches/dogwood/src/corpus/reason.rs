//! Why a case cannot be said in our language, or not by this translation.

/// A reason, in the words of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// The case is one that Dogwood refuses to load.
    Refused,
    Provider,
    Join,
    Pairs,
    Distinct,
    OwnKeys,
    EverybodysSince,
    CorrelatedPrevious,
    NestedReach,
    NestedState,
    AgainstRequest,
    Aggregate,
    Positions,
    Membership,
    CedarOperator,
    MissingField,
    NoScope,
    UnknownEvent,
    Window,
    Arrays,
    TooBig,
}

impl Reason {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Refused => "Dogwood itself refuses the policy (its cases of rejected syntax)",
            Self::Provider => "asks an information provider, whose scripts the corpus does not bring",
            Self::Join => "joins events of the past on a value that the request does not have",
            Self::Pairs => "counts combinations of several events",
            Self::Distinct => "counts or sums up distinct values",
            Self::OwnKeys => "the two sides of a `since` are about different values of the request",
            Self::EverybodysSince => "a `since` that the event of anybody else ends",
            Self::CorrelatedPrevious => "`previous` within another question, compared with a value of the request",
            Self::NestedReach => "a nested question about the request, where the outer event does not have the value",
            Self::NestedState => "a value of a window that would depend on state",
            Self::AgainstRequest => "compares a past event with the request other than for equality",
            Self::Aggregate => "an aggregate over something else than events of one kind within a time",
            Self::Positions => "compares positions in the trace",
            Self::Membership => "membership and types of entities, read from the entities of a trace",
            Self::CedarOperator => "an operator of Cedar that the importer does not translate",
            Self::MissingField => "a request lacks what a condition reads, so that Cedar skips the policy",
            Self::NoScope => "a request without principal or resource",
            Self::UnknownEvent => "an event that the schema does not declare",
            Self::Window => "a time longer than ten years",
            Self::Arrays => "a list or record as a literal",
            Self::TooBig => "a sum beyond 64 bits: an error here, the greatest number in Dogwood",
        }
    }
}
