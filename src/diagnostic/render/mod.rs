//! Findings as text: one form a file, all from the same data.
//!
//! * [`human`]: for a terminal, with the marked source.
//! * [`json`]: an array of objects, for programs.
//! * [`sarif`]: SARIF 2.1.0, for code hosts and editors.
//! * [`github`]: workflow commands that become annotations of a pull request.
//!
//! All of them show at most [`MAX_SHOWN`] findings; one more, [`Code::ManyErrors`], then says how many are
//! left. Nothing here decides what is wrong.

mod github;
mod human;
mod json;
mod sarif;

#[cfg(test)]
mod tests;

pub use github::github;
pub use human::human;
pub use json::{json, json_value};
pub use sarif::sarif;

use super::{Code, Diagnostic, Severity};
use crate::source::{SourceSet, Span};

/// Most findings that one run shows.
pub const MAX_SHOWN: usize = 200;

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Remarks.
    pub hints: usize,
}

impl Counts {
    /// Counts all findings, shown or not.
    #[must_use]
    pub fn of(diagnostics: &[Diagnostic]) -> Self {
        let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
        Self { errors: count(Severity::Error), warnings: count(Severity::Warning), hints: count(Severity::Hint) }
    }
}

/// The findings that are shown. Errors come before warnings where not all fit, and keep their order.
fn shown(diagnostics: &[Diagnostic]) -> (Vec<&Diagnostic>, Option<Diagnostic>) {
    if diagnostics.len() <= MAX_SHOWN {
        return (diagnostics.iter().collect(), None);
    }
    let mut order: Vec<usize> = (0..diagnostics.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(diagnostics[*i].severity), *i));
    order.truncate(MAX_SHOWN);
    order.sort_unstable();
    let left = diagnostics.len() - MAX_SHOWN;
    let place = diagnostics[order[MAX_SHOWN - 1]].primary.span;
    let worst = diagnostics.iter().map(|d| d.severity).max().unwrap_or(Severity::Error);
    let mut more = Diagnostic::new(Code::ManyErrors, place, format!("{left} more findings are not shown."))
        .help("Mend the first ones; many of the others may go with them.");
    more.severity = worst;
    (order.into_iter().map(|i| &diagnostics[i]).collect(), Some(more))
}

/// Lines and columns of both ends of a span, from 1; the end is exclusive.
fn region(sources: &SourceSet, span: Span) -> [u32; 4] {
    let file = sources.file(span.file);
    let (start, end) = (file.line_column(span.start), file.line_column(span.end));
    [start.line, start.column, end.line, end.column]
}

/// The word for a severity.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Hint => "hint",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
