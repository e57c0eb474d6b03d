//! What the runtime does: workflows, digests, schedules, executors.

use super::{Expr, Field, Literal, Name, Path, Patterns};
use crate::decision::Tier;
use crate::source::Span;

/// A length, a time or an amount with its place.
pub type Number = (Literal, Span);

/// `workflow release { input { … }  step test test.run  step ship deploy.app after test }`
#[derive(Clone, Debug, Default)]
pub struct Workflow {
    /// What it is started with.
    pub inputs: Vec<Field>,
    /// The most that a run may cost.
    pub budget: Option<Number>,
    /// How long a run may take.
    pub within: Option<Number>,
    /// How long each step may take.
    pub each_within: Option<Number>,
    /// What happens where a step fails.
    pub on_failure: Option<OnFailure>,
    /// Its steps in text order.
    pub steps: Vec<Step>,
}

/// A step of a workflow.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name; of a workflow inside a workflow, the last word of that one's.
    pub name: Name,
    /// Whether `what` is a workflow.
    pub runs: bool,
    /// The action or workflow.
    pub what: Path,
    /// As whom.
    pub actor: Option<Expr>,
    /// `{ service: service }`
    pub arguments: Vec<(Name, Expr)>,
    /// Steps that must have succeeded.
    pub after: Vec<Name>,
    /// `retry 2 wait 10s`
    pub retry: Option<(Literal, Option<Literal>, Span)>,
    /// How long it may take.
    pub within: Option<Number>,
    /// What happens where it fails.
    pub on_failure: Option<OnFailure>,
    /// `only as compensation`
    pub compensation: Option<Span>,
}

/// What happens where a step fails.
#[derive(Clone, Debug)]
pub enum OnFailure {
    /// `on failure abort`
    Abort,
    /// `on failure skip`
    Skip,
    /// `on failure escalate`
    Escalate,
    /// `on failure compensate rollback`
    Compensate(Name),
}

/// `digest team { to chat  every 30m  quiet 22:00..07:00 }`
#[derive(Clone, Debug, Default)]
pub struct Digest {
    /// Channels.
    pub to: Vec<Name>,
    /// How often.
    pub every: Option<Number>,
    /// From when to when nothing is sent, in which zone.
    pub quiet: Option<(Literal, Literal, Option<(String, Span)>, Span)>,
    /// Actions that are told at once.
    pub at_once: Vec<Patterns>,
    /// The tier from which on all is told at once.
    pub from: Option<(Tier, Span)>,
    /// The most entries that wait.
    pub keep: Option<Number>,
}

/// `schedule nightly { at 03:15 in "UTC"  run retention.run }`
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// How often.
    pub every: Option<Number>,
    /// At what time, on which weekdays, in which zone.
    pub at: Option<(Literal, Vec<Name>, Option<(String, Span)>, Span)>,
    /// The action, its fields, and as whom it is asked for.
    pub run: Option<(Path, Vec<(Name, Expr)>, Option<Expr>)>,
}

/// `executor deployer on deploy.* { consumes service, version }`
#[derive(Clone, Debug, Default)]
pub struct Executor {
    /// The parameters that it uses.
    pub consumes: Vec<Name>,
    /// How long it may take.
    pub within: Option<Number>,
    /// Whether it may be asked twice.
    pub idempotent: bool,
}
