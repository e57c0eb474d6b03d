//! What a governor asks its host to do. Nothing happens but by an effect.

use std::sync::Arc;

use aas::decision::Tier;

use crate::canonical::Canonical;
use crate::event::{Decided, Needed, Why};
use crate::ids::Id;
use crate::runs::RunResult;
use crate::state::Stage;
use crate::token::Token;

/// Something that the host does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tells the answer to whoever asked.
    Reply(Box<Reply>),
    /// Executes an action. Whoever does so refuses a token that is not genuine.
    Execute {
        /// The right to do it.
        token: Token,
        /// What to do: exactly this.
        request: Canonical,
        /// Fencing numbers of the leases that it holds, by item.
        fences: Vec<(Arc<str>, u64)>,
        /// The qualified name of the executor that the policy declares for the action.
        executor: Option<Arc<str>>,
        /// When it must have ended, where the policy says so.
        ends: Option<i64>,
    },
    /// Tells a running action to end.
    Abort {
        /// The request.
        id: Id,
        /// Why.
        why: Why,
    },
    /// Asks people for an approval.
    Ask {
        /// The request.
        id: Id,
        /// What they are asked.
        needed: Needed,
        /// Where.
        channels: Vec<Arc<str>>,
        /// What is asked, as it would run; fields that must be masked are masked.
        request: Canonical,
        /// Why they are asked.
        decided: Arc<Decided>,
    },
    /// Tells people.
    Notify {
        /// The channel.
        channel: Arc<str>,
        /// The request.
        id: Id,
        /// What it was decided to be.
        tier: Tier,
    },
    /// Tells people what a digest has gathered, by one channel. The host says when it has arrived.
    Digest {
        /// The digest.
        digest: Arc<str>,
        /// The channel.
        channel: Arc<str>,
        /// The number of the telling, for [`crate::Command::Delivered`].
        number: u64,
        /// What is told, the oldest first.
        entries: Vec<Entry>,
        /// How many more there were no room for.
        left_out: u64,
        /// Whether it could not wait.
        at_once: bool,
    },
    /// A workflow was started because a rule says so.
    Run {
        /// The request that it follows.
        id: Id,
        /// The name of the run.
        run: Id,
        /// Its qualified name.
        workflow: Arc<str>,
        /// Its inputs as JSON.
        arguments: Vec<(Arc<str>, Arc<str>)>,
    },
    /// A step of a run may begin: the host is asked what it knows, and says it with [`crate::Command::AdvanceRun`].
    Step(Box<Wanted>),
    /// A schedule is due: the host is asked what it knows, and says it with [`crate::Command::SubmitDue`].
    Due(Box<Due>),
    /// A step has failed, and people say with [`crate::Command::AnswerRun`] whether it is tried again.
    Escalate {
        /// The run.
        run: Id,
        /// The step.
        step: Arc<str>,
        /// Why it has failed.
        why: Arc<str>,
        /// Where people are asked.
        channels: Vec<Arc<str>>,
        /// Until when.
        until: i64,
    },
    /// Says where a run stands, after each step that changed something of it.
    RunStands {
        /// The run.
        run: Id,
        /// The qualified name of its workflow.
        workflow: Arc<str>,
        /// Where it stands.
        stands: RunStanding,
        /// Why, where it is no success.
        why: Arc<str>,
    },
    /// Says that a command was not carried out.
    Reject(Problem),
    /// Says what was restored or moved, for people.
    Report(Vec<String>),
}

/// A step that may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The run.
    pub run: Id,
    /// The step.
    pub step: Arc<str>,
    /// The name that its request will have.
    pub id: Id,
    /// What will be asked for, before defaults are filled in.
    pub request: aas::Request,
    /// The agent as whom it is done; none where it is any of the groups.
    pub agent: Option<Id>,
    /// The entities that the agent must lie in, as the policy writes them.
    pub groups: Vec<Arc<str>>,
}

/// What a schedule asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The schedule.
    pub schedule: Arc<str>,
    /// When it was due.
    pub at: i64,
    /// The name that its request will have.
    pub id: Id,
    /// What will be asked for, before defaults are filled in.
    pub request: aas::Request,
    /// The entities that the agent must lie in, as the policy writes them; without any it is the host's choice.
    pub groups: Vec<Arc<str>>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStanding {
    /// Nothing of it was asked for yet.
    Pending,
    /// It goes on.
    Running,
    /// It goes on when people have answered.
    Waiting,
    /// It has ended.
    Ended(RunResult),
}

/// One entry of a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The request.
    pub id: Id,
    /// When it was decided.
    pub at: i64,
    /// Who asked.
    pub agent: Id,
    /// For what.
    pub action: Arc<str>,
    /// What it was decided to be.
    pub tier: Tier,
    /// Why; masked fields are masked.
    pub texts: Vec<Arc<str>>,
    /// Where it stands when it is told; nothing where its answer is forgotten.
    pub stands: Option<Stage>,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The request.
    pub id: Id,
    /// Where it stands.
    pub standing: Standing,
    /// What was decided.
    pub decided: Arc<Decided>,
    /// The request that was submitted in place of this one.
    pub instead: Option<Id>,
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may begin, with this token.
    Permitted(Token),
    /// People are asked.
    Waiting,
    /// People have said yes: it may begin, and is decided once more then.
    Approved,
    /// It is running.
    Running,
    /// It has ended.
    Done(crate::command::Ended),
    /// It does not run.
    Refused,
    /// It does not run any more.
    Ended(Why),
    /// Nothing was kept: it only asked what would be decided.
    Dry,
}

/// Why a command was not carried out. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no policy yet.
    #[error("no policy is installed; everything is refused until one is")]
    NoPolicy,
    /// State could not be read.
    #[error("the state could not be read, so everything stands still: {0}")]
    Unreadable(Arc<str>),
    /// A name is empty or too long.
    #[error("a name must have 1 to {} bytes", crate::ids::MAX_ID_BYTES)]
    BadName,
    /// The name belongs to another request.
    #[error("`{0}` is the name of another request; ask under a new name")]
    NameTaken(Id),
    /// There is no such request.
    #[error("no request is called `{0}`")]
    NoSuchRequest(Id),
    /// It does not stand where this can be done.
    #[error("`{id}` is {is}; {wanted}")]
    WrongStanding {
        /// The request.
        id: Id,
        /// Where it stands.
        is: &'static str,
        /// What would have to be so.
        wanted: &'static str,
    },
    /// The token does not fit.
    #[error("the token is not the one that was given for `{0}`")]
    WrongToken(Id),
    /// Everything is stopped.
    #[error("everything is stopped by {by}: {reason}")]
    Stopped {
        /// By whom.
        by: Id,
        /// Why.
        reason: Arc<str>,
    },
    /// Nothing is stopped.
    #[error("nothing is stopped")]
    NotStopped,
    /// The person may not do this.
    #[error("`{0}` may not do this: {1}")]
    NotAllowed(Id, &'static str),
    /// The request does not need this approval.
    #[error("`{0}` does not need the approval `{1}`")]
    NoSuchApproval(Id, Arc<str>),
    /// There is no such flag or item.
    #[error("the policy has no {0} `{1}`")]
    NoSuchItem(&'static str, Arc<str>),
    /// There is no such run, or it has ended.
    #[error("no run that is going on is called `{0}`")]
    NoSuchRun(Id),
    /// A value does not fit what is declared.
    #[error("{0}")]
    BadValue(String),
    /// The session is over.
    #[error("the session `{0}` is closed; ask in another one")]
    SessionClosed(Id),
    /// A bound is reached.
    #[error("{0} are kept already; nothing more until some have ended")]
    Full(&'static str),
}
