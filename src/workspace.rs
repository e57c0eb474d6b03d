//! A policy set that is compiled again and again while its files change: the same result, with less work.
//!
//! A [`Workspace`] keeps what the last run learned, in three layers. A *file* whose text is as it was, at its
//! place in the set, is not read again. An *item* of such a file is not checked again where nothing it could see
//! has changed ([`crate::check::Memory`]). A *unit* of the plan is taken over where the items about its action
//! are as they were. What concerns the whole set (names, lints, tests, identity) is done anew each time.
//!
//! INVARIANT: the findings, the policy, its hash and its plan are those that [`pipeline::check`] and
//! [`Policy::compile`] give for the same files.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::pipeline::{self, Checked, Memory};
use crate::plan;
use crate::policy::Policy;
use crate::settings::Settings;
use crate::source::SourceSet;

/// Compiles one set as it changes.
///
/// ```
/// use aas::{Settings, SourceSet, Workspace};
/// let mut workspace = Workspace::new(Settings::default());
/// let set = |tier| {
///     let mut set = SourceSet::single("a.aasrule", "package demo\n\naction ping, pong\n\nrule a on ping { green }\n");
///     set.add("b.aasrule", format!("package demo\n\nrule b on pong {{ {tier} }}\n"));
///     set
/// };
/// workspace.compile(&set("green")).expect("a policy without errors");
/// workspace.compile(&set("yellow")).expect("a policy without errors");
/// let work = workspace.work();
/// assert_eq!((work.files, work.items, work.units), (1, 1, 1));
/// ```
pub struct Workspace {
    settings: Settings,
    memory: Memory,
    last: Option<Policy>,
    units: usize,
}

/// How much of a set the last run did anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Files that were read.
    pub files: usize,
    /// Items that were checked.
    pub items: usize,
    /// Items that were taken from the run before.
    pub items_kept: usize,
    /// Units of the plan that were made.
    pub units: usize,
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").field("last", &self.last).field("work", &self.work()).finish()
    }
}

impl Workspace {
    /// A workspace that has seen nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, memory: Memory::default(), last: None, units: 0 }
    }

    /// What the last run did anew.
    #[must_use]
    pub fn work(&self) -> Work {
        let items = self.memory.items.work;
        Work { files: self.memory.files_read, items: items.checked, items_kept: items.kept, units: self.units }
    }

    /// Other settings from the next run on.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Checks the set as it is now: the result of [`pipeline::check`].
    #[must_use]
    pub fn check(&mut self, sources: &SourceSet) -> Checked {
        self.units = 0;
        pipeline::check_again(sources, &self.settings, &mut self.memory)
    }

    /// Checks and compiles the set as it is now: the result of [`Policy::compile`].
    ///
    /// # Errors
    /// All findings, warnings included, where one of them is an error. The policy of the last good run stays
    /// with whoever holds it.
    pub fn compile(&mut self, sources: &SourceSet) -> Result<Policy, Vec<Diagnostic>> {
        let Checked { policy, diagnostics, .. } = self.check(sources);
        let Some(typed) = policy else { return Err(diagnostics) };
        let changes = self.memory.items.changes();
        let policy = match &self.last {
            Some(last) if !changes.all => {
                let same = |name: &str| !changes.items.contains(name);
                let (plan, made) = plan::build_again(&typed, (last.typed(), last.plan()), same);
                self.units = made;
                Policy::from_parts(Arc::new(typed), Arc::new(plan))
            }
            Some(_) | None => {
                let policy = Policy::from_typed(typed);
                self.units = policy.plan().units.len();
                policy
            }
        };
        self.last = Some(policy.clone());
        Ok(policy)
    }
}
