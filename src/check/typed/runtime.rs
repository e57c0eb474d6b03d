//! What the runtime does, after checking: plain data that takes no part in a decision.
//!
//! Times are microseconds, amounts millionths.

use std::sync::Arc;

use super::{ActionId, Principals, Scope, TExpr};
use crate::decision::Tier;
use crate::source::Span;
use crate::types::FieldDef;

/// All that the runtime does by itself, each kind sorted by name.
#[derive(Clone, Debug, Default)]
pub struct RuntimeDefs {
    /// Workflows.
    pub workflows: Vec<WorkflowDef>,
    /// Digests.
    pub digests: Vec<DigestDef>,
    /// Schedules.
    pub schedules: Vec<ScheduleDef>,
    /// Executors.
    pub executors: Vec<ExecutorDef>,
}

/// Steps that are done in order; a graph without circles.
#[derive(Clone, Debug)]
pub struct WorkflowDef {
    /// Its qualified name.
    pub name: Arc<str>,
    /// What it is started with, sorted by name.
    pub inputs: Vec<FieldDef>,
    /// The most that a run may cost.
    pub budget: Option<i64>,
    /// How long a run may take.
    pub within: Option<i64>,
    /// Its steps, each behind those that it waits for.
    pub steps: Vec<StepDef>,
    /// `///` text.
    pub doc: String,
    /// The whole item.
    pub span: Span,
}

/// A step of a workflow.
#[derive(Clone, Debug)]
pub struct StepDef {
    /// Its name.
    pub name: Arc<str>,
    /// What is done.
    pub what: StepWhat,
    /// As whom; as whoever started the run, where nobody is named.
    pub actor: Option<Principals>,
    /// Fields of the action, or inputs of the workflow.
    pub arguments: Vec<(Arc<str>, StepValue)>,
    /// The steps that it waits for, by place: all before it.
    pub after: Vec<u32>,
    /// How often it is tried again, and after how long.
    pub retry: (u32, i64),
    /// How long it may take.
    pub within: Option<i64>,
    /// What happens where it fails.
    pub on_failure: FailureDef,
    /// Whether it is done only to make good what another step failed to do.
    pub compensation: bool,
    /// Where it stands.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepWhat {
    /// An action is asked for, through the whole gate.
    Action(ActionId),
    /// Another workflow, by its place.
    Workflow(u32),
}

/// A value that a step is given.
#[derive(Clone, Debug)]
pub enum StepValue {
    /// Over the inputs, which are its fields.
    Of(TExpr),
    /// What an earlier step gave back, by the names behind `result`: checked by the schema of the action when it is there.
    Result {
        /// The step.
        step: u32,
        /// Names of fields from the result on.
        path: Vec<Arc<str>>,
    },
}

/// What happens where a step fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailureDef {
    /// The run ends.
    #[default]
    Abort,
    /// The run goes on without it.
    Skip,
    /// People are asked.
    Escalate,
    /// That step is done, then the run ends.
    Compensate(u32),
}

/// Notices that are told together.
#[derive(Clone, Debug)]
pub struct DigestDef {
    /// Its qualified name.
    pub name: Arc<str>,
    /// Channels, sorted.
    pub to: Vec<Arc<str>>,
    /// How often.
    pub every: i64,
    /// From when to when nothing is told, in seconds of the day of a zone.
    pub quiet: Option<(u32, u32, Arc<str>)>,
    /// Actions that are told at once.
    pub at_once: Vec<Scope>,
    /// The tier from which on all is told at once.
    pub from: Option<Tier>,
    /// The most entries that wait; of more it says how many are left out.
    pub most_entries: u32,
    /// `///` text.
    pub doc: String,
    /// The whole item.
    pub span: Span,
}

/// When something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Again and again after so long.
    Every(i64),
    /// At a second of the day of a zone, on these weekdays (0 is Monday) or on all.
    At(u32, Vec<u32>, Arc<str>),
}

/// An action that is asked for at a time.
#[derive(Clone, Debug)]
pub struct ScheduleDef {
    /// Its qualified name.
    pub name: Arc<str>,
    /// When.
    pub when: When,
    /// What.
    pub action: ActionId,
    /// Its fields: constants.
    pub arguments: Vec<(Arc<str>, TExpr)>,
    /// As whom.
    pub actor: Option<Principals>,
    /// `///` text.
    pub doc: String,
    /// The whole item.
    pub span: Span,
}

/// Who does actions, and how.
#[derive(Clone, Debug)]
pub struct ExecutorDef {
    /// Its qualified name.
    pub name: Arc<str>,
    /// What it does.
    pub scope: Scope,
    /// The parameters that it uses, sorted.
    pub consumes: Vec<Arc<str>>,
    /// How long it may take.
    pub within: Option<i64>,
    /// Whether the same may be asked of it twice.
    pub idempotent: bool,
    /// `///` text.
    pub doc: String,
    /// The whole item.
    pub span: Span,
}
