//! What has happened: all that is stored, and all that state follows from.
//!
//! Events are versioned: a reader of version `n` reads every version up to `n`. What is written is JSON, one event a line;
//! members that are not there have the value that an older writer meant.

use std::sync::Arc;

use aas::decision::Tier;
use serde::{Deserialize, Serialize};

use crate::canonical::{Canonical, Hash};
use crate::command::{Ended, FlagPlace};
use crate::digests::DigestEvent;
use crate::ids::Id;
use crate::key::Key;
use crate::registers::{CalendarPeriod, Take};
use crate::runs::RunEvent;
use crate::schedules::ScheduleEvent;
use crate::schema::{Schema, Severity};

/// The version of events that this crate writes.
pub const VERSION: u16 = 2;

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of its form.
    pub v: u16,
    /// Its number, one more than that of the event before it; the first is 1.
    pub seq: u64,
    /// When, in microseconds since the Unix epoch. It never runs back.
    pub at: i64,
    /// What.
    pub event: Event,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Event {
    /// A policy decides from now on.
    Installed {
        /// Its hash.
        policy: Arc<str>,
        /// What it keeps.
        schema: Arc<Schema>,
        /// What became of what the policy before it had kept.
        moved: Vec<Moved>,
    },
    /// A request was decided.
    Requested(Box<Requested>),
    /// An approved request was decided again and is running, or a permitted one is.
    Began {
        /// The request.
        id: Id,
        /// What it holds, where it was approved; a permitted one held it before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation: Option<Reservation>,
        /// When it must have ended, where its executor or its step says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends: Option<i64>,
    },
    /// A running action was told to end.
    Late {
        /// The request.
        id: Id,
        /// Until when its outcome is waited for; after that it is unknown.
        until: i64,
    },
    /// An approved request was decided again, and does not run as it was approved.
    DecidedAgain {
        /// The request.
        id: Id,
        /// What was observed this time; nothing where it could not be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        observed: Option<Arc<str>>,
        /// What was decided.
        decided: Arc<Decided>,
    },
    /// People are asked anew about a request that was decided again.
    AskedAgain {
        /// The request.
        id: Id,
        /// What is asked now.
        held: Held,
    },
    /// A request that was held or permitted does not run.
    Ended {
        /// The request.
        id: Id,
        /// Why not.
        why: Why,
        /// Periods of the calendar that its registers are in, in the order of its touches.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        periods: Vec<Option<CalendarPeriod>>,
    },
    /// An action has ended.
    Settled {
        /// The request.
        id: Id,
        /// How.
        result: Ended,
        /// What each of its touches is charged, where it was told and the register is a budget.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        costs: Vec<Option<i64>>,
        /// Periods of the calendar that its registers are in, in the order of its touches.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        periods: Vec<Option<CalendarPeriod>>,
    },
    /// A person has answered.
    Answered {
        /// The request.
        id: Id,
        /// The approval.
        approval: Arc<str>,
        /// Who.
        by: Id,
        /// What.
        yes: bool,
    },
    /// A flag has a value.
    FlagSet {
        /// Where.
        of: FlagPlace,
        /// The value as JSON.
        value: Arc<str>,
        /// When it ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<i64>,
        /// Who has set it.
        by: Id,
    },
    /// A flag has lost a value.
    FlagCleared {
        /// Where.
        of: FlagPlace,
        /// Who has cleared it; nobody where its time was over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Id>,
    },
    /// Everything stands still.
    Stopped {
        /// Who has said so.
        by: Id,
        /// Why.
        reason: Arc<str>,
    },
    /// It goes on.
    Resumed {
        /// Who has said so.
        by: Id,
    },
    /// An agent is frozen by a person.
    Frozen {
        /// The agent.
        agent: Id,
        /// Who has said so.
        by: Id,
        /// Why.
        reason: Arc<str>,
    },
    /// An agent is free again.
    Unfrozen {
        /// The agent.
        agent: Id,
        /// Who has said so.
        by: Id,
    },
    /// Something was granted.
    Granted {
        /// The item, by its place in the schema.
        family: u32,
        /// Its key.
        key: Key,
        /// What it holds: names with values as JSON.
        fields: Vec<(Arc<str>, Arc<str>)>,
        /// When it ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<i64>,
        /// Who has given it.
        by: Id,
    },
    /// A grant was taken back.
    Revoked {
        /// The item, by its place in the schema.
        family: u32,
        /// Its key.
        key: Key,
        /// Who has taken it.
        by: Id,
    },
    /// It is known who an agent belongs to.
    Introduced {
        /// The agent.
        agent: Id,
        /// The agent that made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<Id>,
        /// The person that it works for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Id>,
    },
    /// A session began.
    SessionOpened {
        /// The session.
        session: Id,
        /// The session that opened it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<Id>,
        /// The families of history that it takes over from that one, by their places in the schema.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        inherits: Vec<u32>,
    },
    /// A session is over.
    SessionClosed {
        /// The session.
        session: Id,
        /// The families of history that it has a key in, by their places in the schema.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        families: Vec<u32>,
    },
    /// Sessions that have long been closed are forgotten.
    SessionsForgotten {
        /// The sessions.
        ids: Vec<Id>,
    },
    /// What an item asks of the past had not happened before it was there.
    PastVouchedFor {
        /// The item, by its place in the schema.
        family: u32,
        /// Who says so.
        by: Id,
    },
    /// Something has happened to a run of a workflow.
    Run(RunEvent),
    /// Something has happened to a schedule.
    Schedule(ScheduleEvent),
    /// Something has happened to a digest.
    Digest(DigestEvent),
    /// Answers that were kept long enough are forgotten.
    Forgotten {
        /// The requests.
        ids: Vec<Id>,
    },
}

/// A request with what was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Its name.
    pub id: Id,
    /// Who asks.
    pub agent: Id,
    /// In which session, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Id>,
    /// What is asked; nothing where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Canonical>,
    /// The hash of that; of nothing, zeros.
    pub hash: Hash,
    /// How much its outcome weighs.
    pub severity: Severity,
    /// What was decided.
    pub decided: Arc<Decided>,
    /// What follows.
    pub then: Then,
}

/// A decision, as much of it as is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The tier.
    pub tier: Tier,
    /// The items that made it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Shown>,
    /// The first code of those items, or why the governor refused by itself: `stopped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Arc<str>>,
    /// What people are told of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Arc<str>>,
    /// What could not be told: what an auditor asks for first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Arc<str>>,
    /// Fields that are masked wherever people see them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redact: Vec<Arc<str>>,
}

/// An item as people were shown it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shown {
    /// Its qualified name; none is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Arc<str>>,
    /// The hash of what it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Hash>,
    /// Which of its branches.
    pub branch: u32,
    /// Whether it counts because it erred.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erred: bool,
}

/// What follows a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It does not run.
    Refused,
    /// It may run; what it needs is held for it.
    Permitted(Reservation),
    /// People are asked.
    Held(Held),
}

/// What a request holds until its outcome is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Its number.
    pub number: u64,
    /// When it ends if the action has not begun.
    pub expires: i64,
    /// The registers that it touches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<Touch>,
}

/// One register that a request touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// The item, by its place in the schema.
    pub family: u32,
    /// The key.
    pub key: Key,
    /// What the request brings to it.
    pub take: Take,
    /// The period of the calendar that the register is in, where it follows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<CalendarPeriod>,
    /// Whether who asks again with this key gets the answer to this request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first: bool,
}

/// What people are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The approvals that are needed, all of them.
    pub needs: Vec<Needed>,
    /// The red items of the decision that is answered.
    pub shown: Vec<Shown>,
}

/// One approval that is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    /// The qualified name of the approval.
    pub approval: Arc<str>,
    /// How many people.
    pub quorum: u32,
    /// Until when.
    pub expires: i64,
    /// Whether the requester's own people may answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Who has said yes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Id>,
}

impl Needed {
    /// Whether enough people have said yes.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.given.len() >= self.quorum as usize
    }
}

/// Why a request does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its time was over.
    Expired,
    /// It was withdrawn.
    Cancelled,
    /// Everything was stopped.
    Stopped,
    /// Its agent was frozen.
    Frozen,
    /// A person said no.
    Denied,
    /// Decided again, it is refused.
    Refused,
    /// Another policy decides now.
    PolicyChanged,
    /// It was a step of a run that is over or cannot be done any more.
    RunOver,
    /// Its session is over.
    SessionClosed,
}

/// What became of the registers of an item when another policy was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The qualified name of the item.
    pub item: Arc<str>,
    /// What.
    pub how: How,
}

/// What became of an item's registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Nothing has changed.
    Kept,
    /// Its numbers are others; the registers go on under them.
    Adapted,
    /// It keeps something else now and begins empty.
    Restarted,
    /// It is new and begins empty.
    Begun,
    /// It came back, and what was archived goes on.
    Restored,
    /// It is gone; its registers are archived.
    Archived,
}
