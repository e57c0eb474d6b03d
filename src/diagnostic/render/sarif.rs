//! SARIF 2.1.0: the form that code hosts and editors import.

use serde_json::{Value, json};

use super::super::{Code, Diagnostic, Label, Severity};
use super::{region, shown};
use crate::source::SourceSet;

/// The findings as a SARIF log of one run.
#[must_use]
pub fn sarif(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    let (shown, more) = shown(diagnostics);
    let shown: Vec<&Diagnostic> = shown.into_iter().chain(more.as_ref()).collect();
    let mut codes: Vec<Code> = shown.iter().map(|d| d.code).collect();
    codes.sort();
    codes.dedup();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "aasc",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|c| rule(*c)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": shown.iter().map(|d| result(d, &codes, sources)).collect::<Vec<_>>(),
        }],
    });
    // Printing a tree of texts and numbers cannot fail.
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.code(),
        "name": code.name(),
        "shortDescription": { "text": code.title() },
        "help": { "text": code.page(), "markdown": code.page() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(d: &Diagnostic, codes: &[Code], sources: &SourceSet) -> Value {
    let mut text = d.message.clone();
    for more in d.notes.iter().chain(&d.help) {
        text.push(' ');
        text.push_str(more);
    }
    json!({
        "ruleId": d.code.code(),
        "ruleIndex": codes.iter().position(|c| *c == d.code),
        "level": level(d.severity),
        "message": { "text": text },
        "locations": [location(&d.primary, sources)],
        "relatedLocations": d.labels.iter().map(|l| location(l, sources)).collect::<Vec<_>>(),
    })
}

fn location(label: &Label, sources: &SourceSet) -> Value {
    let [line, column, end_line, end_column] = region(sources, label.span);
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(sources.file(label.span.file).name()) },
            "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column },
        },
    });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

/// A shown path as a relative URI reference.
fn uri(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => out.push(byte as char),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Hint => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
