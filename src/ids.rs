//! Numbers of declared types: places in the tables of a policy set.

/// An enum of the policy set. The builtin ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnumId(pub u32);
/// A record type of the policy set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u32);
/// An entity type of the policy set; 0 is the builtin `Agent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityTypeId(pub u32);

impl EnumId {
    /// `Weekday { mon, tue, wed, thu, fri, sat, sun }`, ordered
    pub const WEEKDAY: Self = Self(0);
    /// `AgentKind { machine, person }`
    pub const AGENT_KIND: Self = Self(1);
    /// `SecretKind`: the token families of the scanner
    pub const SECRET_KIND: Self = Self(2);
}

impl EntityTypeId {
    /// The builtin entity type of agents; the principal is `Agent(agent.id)`.
    pub const AGENT: Self = Self(0);
}
