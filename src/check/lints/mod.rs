//! What is allowed and probably not meant. Each lint sees the resolved set and the typed policy, and adds findings.

mod conditions;
mod decisions;
mod patterns;
mod texts;
mod unused;

use std::collections::BTreeSet;

use super::typed::{ActionId, TypedPolicy};
use crate::diagnostic::Diagnostic;
use crate::hir::{DefId, PackageId, PolicySet};
use crate::source::SourceSet;

/// What lints look at.
pub(super) struct Subject<'a> {
    pub(super) set: &'a PolicySet,
    pub(super) sources: &'a SourceSet,
    pub(super) policy: &'a TypedPolicy,
    /// Items that something mentions.
    pub(super) mentioned: &'a BTreeSet<DefId>,
}

impl Subject<'_> {
    /// Actions that a package's patterns range over.
    fn visible(&self, package: PackageId) -> Vec<ActionId> {
        let reach = &self.set.package(package).reach;
        let names: BTreeSet<&str> = reach.iter().map(|p| self.set.package(*p).name.as_str()).collect();
        let actions = self.policy.actions.iter().enumerate().filter(|(_, a)| names.contains(&*a.package));
        actions.map(|(i, _)| ActionId(i as u32)).collect()
    }
}

/// Runs every lint.
pub(super) fn run(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    unused::imports(subject, out);
    unused::items(subject, out);
    patterns::neighbours(subject, out);
    patterns::rules_on_everything(subject, out);
    conditions::settled(subject, out);
    conditions::repeated(subject, out);
    decisions::idle_floors(subject, out);
    decisions::undone_relaxes(subject, out);
    decisions::uncovered_reds(subject, out);
    decisions::unruled_actions(subject, out);
    texts::code_like(subject, out);
    texts::anchored_globs(subject, out);
}
