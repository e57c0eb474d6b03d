//! Paths on the command line become policy sets.
//!
//! A path is a rule file or a folder. Whatever lies under a folder with an `aas.toml` (the nearest one
//! upwards counts) belongs to that package, and a package is always loaded whole, with the packages it
//! depends on. What lies under none is a loose set with the default settings. The steps:
//!
//! 1. [`find`]: which packages and loose files the paths mean.
//! 2. [`package`]: their files and those of their dependencies, in a fixed order.
//! 3. [`read`]: the texts, within the limits.
//!
//! An [`artefact`] of `aasc build` is no source: only `aasc bench`, `aasc eval` and `aasc graph` read one.
//!
//! What is wrong with a file's text or with an `aas.toml` is a finding like any other; what cannot be read at
//! all is a [`Failure`].

pub(crate) mod artefact;
mod find;
mod package;
mod read;

use std::path::PathBuf;

use aas::diagnostic::Diagnostic;
use aas::{Settings, SourceSet};

use crate::exit::{Failure, Outcome};

pub(crate) use artefact::ENDING as ENDING_OF_ARTEFACTS;
pub(crate) use find::rule_files;
pub(crate) use read::{Text, bytes_to_text, read_text};

/// The name of a package's manifest.
pub(crate) const MANIFEST: &str = "aas.toml";
/// The name of a package's recorded profile, beside its manifest.
pub(crate) const PROFILE: &str = aas::profile::FILE;
/// The ending of rule files.
pub(crate) const ENDING: &str = "aasrule";

/// The texts of one policy set, ready to be checked.
#[derive(Debug)]
pub(crate) struct Set {
    /// What is shown for the whole: the package's folder, or the paths given.
    pub(crate) title: String,
    /// The rule files; those of the root package come first.
    pub(crate) sources: SourceSet,
    /// How many of the files are the root package's own.
    pub(crate) own: usize,
    /// The folder of the root package; none for loose files.
    pub(crate) folder: Option<PathBuf>,
    /// The root package's recorded profile, if it has one: its text, or why that cannot be read.
    pub(crate) profile: Option<Result<String, String>>,
    /// What its `aas.toml` says.
    pub(crate) settings: Settings,
    /// Files that are not text or too large, and what is wrong in an `aas.toml`, with their own sources.
    /// Where there is any, the set cannot be checked.
    pub(crate) wrong: Option<(SourceSet, Vec<Diagnostic>)>,
}

/// The policy sets that the paths mean: one for each package, and one for all loose files.
pub(crate) fn sets(paths: &[PathBuf]) -> Outcome<Vec<Set>> {
    if let Some(artefact) = paths.iter().find(|path| artefact::is_artefact(path)) {
        return Err(Failure::said(format_args!(
            "`{}` is an artefact; `aasc bench`, `aasc eval` and `aasc graph` read one, the others need the rule files.",
            artefact.display()
        )));
    }
    let found = find::find(paths)?;
    let mut sets = Vec::new();
    for folder in &found.packages {
        sets.push(package::load(folder)?);
    }
    if !found.loose.is_empty() {
        let shown: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        let title = if sets.is_empty() { shown.join(" ") } else { "the files of no package".to_string() };
        sets.push(package::loose(title, &found.loose)?);
    }
    if sets.is_empty() {
        let shown: Vec<String> = paths.iter().map(|p| format!("`{}`", p.display())).collect();
        return Err(Failure::said(format_args!("There is no .{ENDING} file in {}.", shown.join(", "))));
    }
    Ok(sets)
}

/// The one policy set that the paths mean.
pub(crate) fn single(paths: &[PathBuf]) -> Outcome<Set> {
    let mut sets = sets(paths)?;
    if sets.len() > 1 {
        let titles: Vec<&str> = sets.iter().map(|s| s.title.as_str()).collect();
        return Err(Failure::said(format_args!(
            "The paths hold {} policy sets: {}. Name one of them.",
            titles.len(),
            titles.join(", ")
        )));
    }
    sets.pop().ok_or_else(|| Failure::said("There are no rules."))
}
