//! A loaded set becomes a policy, or its errors are said.

use std::io::Write as _;
use std::path::Path;

use aas::artefact::Artefact;
use aas::check::typed::TypedPolicy;
use aas::diagnostic::{Code, LintLevel, Severity};
use aas::profile::ProfileError;
use aas::{Policy, pipeline};

use crate::exit::{Failure, Outcome};
use crate::load::artefact::OnDisk;
use crate::load::{self, PROFILE, Set};
use crate::out;
use crate::report::{Findings, usable};

/// Compiles a set for a command whose output is something else than findings: errors go to standard error. Its work is
/// in the order of the package's profile, where it has one.
pub(crate) fn compile(set: &Set) -> Outcome<Policy> {
    checked(set).map(|typed| in_order(set, Policy::from_typed(typed)))
}

/// A policy of a set in the order of the set's profile. One that cannot be used is left aside, and a line on standard
/// error says so.
fn in_order(set: &Set, policy: Policy) -> Policy {
    profiled(set, policy, true)
}

/// The same of what one request needs of a policy: not fitting is no fault then, since parts of the profile may be about
/// what was left out.
pub(crate) fn in_order_of_part(set: &Set, policy: Policy) -> Policy {
    profiled(set, policy, false)
}

fn profiled(set: &Set, policy: Policy, whole: bool) -> Policy {
    let text = match &set.profile {
        None => return policy,
        Some(Ok(text)) => text,
        Some(Err(why)) => {
            left_aside(set, why);
            return policy;
        }
    };
    let (policy, why) = policy.with_profile(text);
    match why {
        None => {}
        Some(ProfileError::Unfit(_)) if !whole => {}
        Some(why) => left_aside(set, &why.to_string()),
    }
    policy
}

fn left_aside(set: &Set, why: &str) {
    let file = set.folder.as_deref().unwrap_or_else(|| Path::new("")).join(PROFILE);
    out::note(format_args!(
        "warning: `{}` is left aside: {why}. Decisions are the same; record it anew with `aasc tune`.",
        file.display()
    ));
}

/// The policy of an artefact in the order of the profile that was built into it.
pub(crate) fn of_artefact(path: &Path, artefact: &Artefact<OnDisk>) -> Outcome<Policy> {
    let refused = |why| load::artefact::refused(path, &why);
    let policy = Policy::from_typed(artefact.policy().map_err(refused)?);
    Ok(match artefact.text_of(PROFILE).map_err(refused)? {
        Some(text) => policy.with_profile(&text).0,
        None => policy,
    })
}

/// Checks a set, without making a plan of it.
pub(crate) fn checked(set: &Set) -> Outcome<TypedPolicy> {
    usable(set)?;
    let checked = pipeline::check(&set.sources, &set.settings);
    checked.policy.map_or_else(
        || {
            let mut findings = Findings::default();
            findings.add(&set.sources, checked.diagnostics);
            findings.complain()?;
            Err(Failure::said("The rules cannot be compiled."))
        },
        Ok,
    )
}

/// The same policy with native code. Where this machine cannot have it the plan answers in its place, every
/// decision says so, and so does one line on standard error.
pub(crate) fn with_native(policy: Policy) -> Policy {
    match policy.clone().with_native() {
        Ok(native) => native,
        Err(why) => {
            // Nobody may read standard error; the decisions name their engine.
            let _ = writeln!(std::io::stderr(), "No native code, the plan answers: {why}.");
            policy
        }
    }
}

/// Levels for `--deny LINT`: a name, a code, or `warnings` for all of them.
pub(crate) fn denied(names: &[String]) -> Outcome<Vec<(String, LintLevel)>> {
    let mut levels = Vec::new();
    for name in names {
        if name == "warnings" {
            let warnings = Code::ALL.iter().filter(|c| c.severity() == Severity::Warning);
            levels.extend(warnings.map(|c| (c.name().to_owned(), LintLevel::Deny)));
            continue;
        }
        match Code::find(name) {
            Some(code) => levels.push((code.name().to_owned(), LintLevel::Deny)),
            None => {
                let near = aas::diagnostic::nearest(name, Code::ALL.iter().map(|c| c.name()));
                let hint = near.map_or_else(String::new, |n| format!(" Did you mean `{n}`?"));
                return Err(Failure::said(format_args!("There is no lint `{name}`.{hint}")));
            }
        }
    }
    Ok(levels)
}
