//! Workflow commands: one line a finding, which GitHub shows beside the changed lines.

use super::super::{Diagnostic, Severity};
use super::{region, shown};
use crate::source::SourceSet;

/// The findings as workflow commands, a line each.
#[must_use]
pub fn github(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    let (shown, more) = shown(diagnostics);
    shown.into_iter().chain(more.as_ref()).map(|d| one(d, sources)).collect()
}

fn one(d: &Diagnostic, sources: &SourceSet) -> String {
    let [line, column, end_line, end_column] = region(sources, d.primary.span);
    let command = match d.severity {
        Severity::Hint => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut text = d.message.clone();
    let label = Some(&d.primary.text).filter(|t| !t.is_empty());
    for more in label.into_iter().chain(&d.notes).chain(&d.help) {
        text.push('\n');
        text.push_str(more);
    }
    // A column range is only understood within one line.
    let columns = if line == end_line { format!(",col={column},endColumn={end_column}") } else { String::new() };
    format!(
        "::{command} file={},line={line},endLine={end_line}{columns},title={}::{}\n",
        property(sources.file(d.primary.span.file).name()),
        property(&format!("{} {}", d.code.code(), d.code.name())),
        data(&text),
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
