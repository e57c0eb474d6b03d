//! What is allowed and probably not meant. Each lint sees the resolved set and the typed policy, and adds findings.

mod conditions;
mod decisions;
mod patterns;
mod states;
mod texts;
mod unused;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) use conditions::{meaning, settled};
pub(super) use texts::anchored_globs;

use super::said::Said;
use super::typed::TypedPolicy;
use crate::action_name::SortedNames;
use crate::diagnostic::Diagnostic;
use crate::hir::{DefId, PackageId, PolicySet};
use crate::source::SourceSet;

/// What lints look at.
pub(super) struct Subject<'a> {
    pub(super) set: &'a PolicySet,
    pub(super) sources: &'a SourceSet,
    pub(super) policy: &'a TypedPolicy,
    /// What is told of each item.
    pub(super) said: &'a [Arc<Said>],
    /// Items that something mentions.
    pub(super) mentioned: &'a BTreeSet<DefId>,
    /// The names of the policy's actions.
    pub(super) action_names: &'a SortedNames,
    /// The packages that declare them.
    pub(super) action_packages: &'a [PackageId],
}

impl Subject<'_> {
    /// The actions that a pattern of a package matches, in their order.
    fn matching<'s>(&'s self, package: PackageId, pattern: &str) -> impl Iterator<Item = &'s str> {
        let reach = &self.set.package(package).reach;
        let seen = move |place: &usize| self.action_packages.get(*place).is_some_and(|of| reach.contains(*of));
        self.action_names.matching(pattern).filter(seen).filter_map(|place| self.action_names.get(place))
    }
}

/// Runs every lint.
pub(super) fn run(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    unused::imports(subject, out);
    unused::items(subject, out);
    patterns::neighbours(subject, out);
    patterns::rules_on_everything(subject, out);
    out.extend(subject.said.iter().flat_map(|said| said.found.iter().cloned()));
    conditions::repeated(subject, out);
    decisions::idle_floors(subject, out);
    decisions::undone_relaxes(subject, out);
    decisions::uncovered_reds(subject, out);
    decisions::unruled_actions(subject, out);
    states::unreachable_limits(subject, out);
    states::sliding_days(subject, out);
    states::stricter_than_exact(subject, out);
    texts::code_like(subject, out);
}
