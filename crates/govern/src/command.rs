//! What a governor is told.

use std::sync::Arc;

use aas::raw::RawFields;
use aas::{Entities, Facts, Policy, Request};

use crate::ids::Id;
use crate::key::Key;
use crate::token::Token;

/// A command. The host has checked who says it; the governor checks whether it may be.
#[derive(Clone, Debug)]
pub enum Command {
    /// From now on this policy decides.
    Install {
        /// The policy.
        policy: Policy,
    },
    /// An agent asks for an action.
    Request(Ask),
    /// The action of a request begins: a permitted one with its token, an approved one with fresh facts.
    Begin {
        /// The request.
        id: Id,
        /// The token that was given with the permission; an approved request has none yet.
        token: Option<Token>,
        /// What the host knows now, for a request that was approved.
        facts: Facts,
        /// The entities as they are now.
        entities: Arc<Entities>,
    },
    /// The action of a request has ended.
    Outcome {
        /// The request.
        id: Id,
        /// How.
        outcome: Outcome,
    },
    /// A request that has not begun is withdrawn.
    Cancel {
        /// The request.
        id: Id,
    },
    /// A person answers what they were asked.
    Answer(Answer),
    /// A flag gets a value.
    SetFlag(SetFlag),
    /// A flag loses the value it was given in a scope.
    ClearFlag {
        /// The flag, its key and the scope.
        of: FlagPlace,
        /// Who says so.
        by: Person,
    },
    /// Everything stops.
    Stop {
        /// Who says so.
        by: Id,
        /// Why.
        reason: Arc<str>,
    },
    /// What was stopped goes on as it was.
    Resume {
        /// Who says so.
        by: Person,
    },
    /// An agent is frozen.
    Freeze {
        /// The agent.
        agent: Id,
        /// Who says so.
        by: Id,
        /// Why.
        reason: Arc<str>,
    },
    /// A frozen agent is free again.
    Unfreeze {
        /// The agent.
        agent: Id,
        /// Who says so.
        by: Person,
    },
    /// Something is granted: consent.
    Grant(Grant),
    /// A grant is taken back.
    Revoke {
        /// The qualified name of the item.
        item: Arc<str>,
        /// Its key.
        key: Key,
        /// Who says so.
        by: Person,
    },
    /// Says who an agent belongs to.
    Introduce {
        /// The agent.
        agent: Id,
        /// The agent that made it.
        parent: Option<Id>,
        /// The person that it works for.
        owner: Option<Id>,
    },
    /// A session begins.
    OpenSession {
        /// The session.
        session: Id,
        /// The session that opened it: what that one has seen, this one has seen.
        parent: Option<Id>,
    },
    /// A session is over: its history is dropped, and nothing more is asked in it.
    CloseSession {
        /// The session.
        session: Id,
    },
    /// A person says that what an item asks of the past had not happened before the item was there. Until then nobody
    /// knows, and its reading is an error for sessions and agents that are older than it.
    VouchForPast {
        /// The name of the item, as the report of the installation says it.
        item: Arc<str>,
        /// Who says so.
        by: Person,
    },
    /// A workflow begins.
    StartRun(StartRun),
    /// The host says what it knows now, for one ready step of a run or for all that it fits: they are asked for.
    AdvanceRun {
        /// The run.
        run: Id,
        /// The name of the step; none is every ready one that this agent may do.
        step: Option<Arc<str>>,
        /// What the host knows, of the agent as whom the step is done too.
        facts: Facts,
        /// The entities as they are now.
        entities: Arc<Entities>,
    },
    /// A person says whether a step that has failed is tried again.
    AnswerRun {
        /// The run.
        run: Id,
        /// The name of the step.
        step: Arc<str>,
        /// Who answers.
        by: Person,
        /// Yes or no.
        yes: bool,
    },
    /// A run ends: what runs of it is told, and nothing more begins.
    CancelRun {
        /// The run.
        run: Id,
        /// Who says so.
        by: Id,
    },
    /// The host says what it knows now, for what a schedule asks for: it is asked for.
    SubmitDue {
        /// The schedule.
        schedule: Arc<str>,
        /// What the host knows, of the agent as whom it is asked for too.
        facts: Facts,
        /// The entities as they are now.
        entities: Arc<Entities>,
    },
    /// A channel has told what a digest told it. Until then it is told again at each interval.
    Delivered {
        /// The digest.
        digest: Arc<str>,
        /// The channel.
        channel: Arc<str>,
        /// The number of the telling.
        number: u64,
    },
    /// Time has passed.
    Tick,
}

/// What an agent asks for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The name of the request, and the key under which it is answered once: whoever asks again under the same name gets
    /// the first answer.
    pub id: Id,
    /// What is asked.
    pub request: Request,
    /// What the host knows. Flags, state and trust are the governor's; what the host says of them is not read.
    pub facts: Facts,
    /// The entities as they are now.
    pub entities: Arc<Entities>,
    /// Only says what would be decided: nothing is kept.
    pub dry_run: bool,
}

/// A workflow that begins.
#[derive(Clone, Debug)]
pub struct StartRun {
    /// The name of the run, and the key under which it is started once.
    pub run: Id,
    /// The qualified name of the workflow.
    pub workflow: Arc<str>,
    /// What it is started with.
    pub inputs: RawFields,
    /// What the host knows: of the agent, as whom it runs.
    pub facts: Facts,
    /// The entities as they are now.
    pub entities: Arc<Entities>,
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub result: Ended,
    /// What it cost, as the decimal text of a number: `0.25`.
    pub cost: Option<Arc<str>>,
    /// What it gave back. Only steps of a run that are given it see it, and their schemas read it.
    pub output: RawFields,
}

/// What became of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It did what it should.
    Success,
    /// It did not.
    Failure,
    /// Nobody can tell. It counts as having run, and says nothing about trust.
    Unknown,
}

/// A person, as the host knows them: their id and kind.
#[derive(Clone, Debug)]
pub struct Person {
    /// `agent.id` of the person.
    pub id: Id,
    /// Whether the host has seen that it is a person: a machine approves nothing that people must.
    pub is_person: bool,
    /// The entities as they are now: groups are read when somebody answers.
    pub entities: Arc<Entities>,
}

/// An answer to what people were asked.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request.
    pub request: Id,
    /// The qualified name of the approval that is given or refused.
    pub approval: Arc<str>,
    /// Who answers.
    pub by: Person,
    /// Yes or no.
    pub yes: bool,
}

/// Where a flag has a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct FlagPlace {
    /// The qualified name of the flag.
    pub flag: Arc<str>,
    /// Its key; the empty one where it has none, `*` for every key that has no value of its own.
    pub key: Arc<str>,
    /// The scope: a declared fact such as `env.name` with its value; none is everywhere.
    pub scope: Option<(Arc<str>, Arc<str>)>,
}

/// A value for a flag.
#[derive(Clone, Debug)]
pub struct SetFlag {
    /// Where.
    pub of: FlagPlace,
    /// The value, untyped.
    pub value: aas::Raw,
    /// When it ends, in microseconds since the Unix epoch. Where it is not the strict value, the strict one follows it.
    pub until: Option<i64>,
    /// Who says so.
    pub by: Person,
}

/// A grant.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The qualified name of the item.
    pub item: Arc<str>,
    /// Its key.
    pub key: Key,
    /// What it holds, untyped.
    pub fields: RawFields,
    /// When it ends, in microseconds since the Unix epoch.
    pub until: Option<i64>,
    /// Who gives it.
    pub by: Person,
}
