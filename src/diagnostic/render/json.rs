//! For programs: an array of objects. The form is part of the product's interface.

use serde_json::{Value, json};

use super::super::{Diagnostic, Label};
use super::{region, shown, word};
use crate::source::SourceSet;

/// The findings as a JSON array on indented lines.
#[must_use]
pub fn json(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    // Printing a tree of texts and numbers cannot fail.
    serde_json::to_string_pretty(&json_value(diagnostics, sources)).unwrap_or_default()
}

/// The findings as a JSON array.
#[must_use]
pub fn json_value(diagnostics: &[Diagnostic], sources: &SourceSet) -> Value {
    let (shown, more) = shown(diagnostics);
    Value::Array(shown.into_iter().chain(more.as_ref()).map(|d| one(d, sources)).collect())
}

fn one(d: &Diagnostic, sources: &SourceSet) -> Value {
    json!({
        "code": d.code.code(),
        "name": d.code.name(),
        "severity": word(d.severity),
        "message": d.message,
        "at": label(&d.primary, sources),
        "labels": d.labels.iter().map(|l| label(l, sources)).collect::<Vec<_>>(),
        "notes": d.notes,
        "help": d.help,
    })
}

fn label(label: &Label, sources: &SourceSet) -> Value {
    let [line, column, end_line, end_column] = region(sources, label.span);
    json!({
        "file": sources.file(label.span.file).name(),
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "start": label.span.start,
        "end": label.span.end,
        "text": label.text,
    })
}
