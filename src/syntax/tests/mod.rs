//! The front end, tried on what authors write and on what they should not.

mod expressions;
mod formatting;
mod hostile;
mod items;
mod recovery;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceSet};
use crate::syntax::ast::{Expr, File};

/// Every kind of item and nearly every clause.
const EVERYTHING: &str = include_str!("everything.aasrule");

/// Parses one file.
fn parse(text: &str) -> (File, Vec<Diagnostic>) {
    crate::syntax::parse(&SourceSet::single("t.aasrule", text), FileId(0))
}

/// Parses a file that must have no findings.
fn good(text: &str) -> File {
    let (file, findings) = parse(text);
    assert!(findings.is_empty(), "{text}\n{findings:#?}");
    file
}

/// The codes of a file's findings in text order.
fn codes(text: &str) -> Vec<&'static str> {
    parse(text).1.iter().map(|d| d.code.code()).collect()
}

/// Debug text without spans.
fn dump(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        out.push('~');
        let end = rest[at..].find('}').map_or(rest.len(), |end| at + end + 1);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// An expression that must have no findings.
fn expression(text: &str) -> Expr {
    let (expr, findings) = crate::syntax::parse_expression(text, FileId(0), 0);
    assert!(findings.is_empty(), "{text}\n{findings:#?}");
    expr
}
