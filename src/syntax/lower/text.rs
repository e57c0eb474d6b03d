//! Strings, patterns, and texts with holes.

use pest::iterators::Pair;

use super::Lower;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Literal, Text, TextPart};
use crate::syntax::parser::Rule;

impl Lower<'_, '_> {
    /// `"…"` without holes.
    pub(super) fn string(&mut self, pair: &Pair<'_, Rule>) -> String {
        let raw = pair.as_str();
        let from = pair.as_span().start() + 1;
        self.unescape(raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default(), from)
    }

    /// `/…/`; `\/` is a slash, all else is the pattern's own.
    pub(super) fn regex(pair: &Pair<'_, Rule>) -> Literal {
        let raw = pair.as_str();
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let mut out = String::with_capacity(inner.len());
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some('/') => out.push('/'),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            }
        }
        Literal::Regex(out)
    }

    /// Resolves escapes; `from` is the place of `raw` in the text being read.
    fn unescape(&mut self, raw: &str, from: usize) -> String {
        if !raw.contains('\\') {
            return raw.to_owned();
        }
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            let place = from + (raw.len() - rest.len()) + at;
            let (read, length) = escape(&rest[at..]);
            match read {
                Ok(c) => out.push(c),
                Err(why) => {
                    let span = self.at(place, place + length);
                    let written = rest.get(at..at + length).unwrap_or("\\");
                    self.report(
                        Diagnostic::new(Code::BadEscape, span, format!("`{written}` is no escape."))
                            .at(why)
                            .help("Write `\\\\` for a backslash; the others are `\\\"`, `\\n`, `\\t` and `\\u{…}`."),
                    );
                }
            }
            rest = rest.get(at + length..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }

    /// `"…{hole}…"`
    pub(super) fn text(&mut self, pair: &Pair<'_, Rule>) -> Text {
        let span = self.span(pair);
        let raw = pair.as_str();
        let raw = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let from = pair.as_span().start() + 1;
        let mut text = Text { parts: Vec::new(), span };
        if !raw.contains(['{', '}']) {
            text.parts.push(TextPart::Plain(self.unescape(raw, from)));
            return text;
        }
        let mut plain = String::new();
        let mut at = 0;
        while let Some(found) = next_brace(raw, at) {
            plain.push_str(&self.unescape(&raw[at..found], from + at));
            let brace = if raw[found..].starts_with('{') { '{' } else { '}' };
            if raw[found + 1..].starts_with(brace) {
                plain.push(brace);
                at = found + 2;
                continue;
            }
            if brace == '}' {
                self.bad_hole(from + found, from + found + 1, "This `}` closes no hole.");
                at = found + 1;
                continue;
            }
            let inner_end = hole_end(raw, found + 1);
            if !raw[inner_end..].starts_with('}') {
                self.bad_hole(from + found, from + inner_end, "This hole is not closed.");
                at = inner_end;
                continue;
            }
            if !plain.is_empty() {
                text.parts.push(TextPart::Plain(std::mem::take(&mut plain)));
            }
            self.hole(&mut text, &raw[found + 1..inner_end], from + found + 1);
            at = inner_end + 1;
        }
        plain.push_str(&self.unescape(&raw[at..], from + at));
        if !plain.is_empty() || text.parts.is_empty() {
            text.parts.push(TextPart::Plain(plain));
        }
        text
    }

    fn hole(&mut self, text: &mut Text, inner: &str, from: usize) {
        if inner.contains('\\') || inner.trim().is_empty() {
            let why = if inner.trim().is_empty() { "This hole is empty." } else { "A hole cannot hold an escape." };
            return self.bad_hole(from - 1, from + inner.len() + 1, why);
        }
        let place = self.at(from, from + inner.len());
        let (expr, findings) = crate::syntax::parser::parse_expression(inner, place.file, place.start as usize);
        for finding in findings {
            let keeps = matches!(finding.code, Code::NestedTooDeep | Code::TooMany | Code::LookAlike | Code::BadNumber);
            self.report(if keeps { finding } else { as_bad_hole(finding) });
        }
        text.parts.push(TextPart::Hole(expr));
    }

    fn bad_hole(&mut self, start: usize, end: usize, message: &str) {
        let span = self.at(start, end);
        self.report(
            Diagnostic::new(Code::BadTextHole, span, message)
                .note("In a text, `{` begins a hole that shows a value and `}` ends it.")
                .help("Write `{{` and `}}` for braces that are only text."),
        );
    }
}

/// A finding inside a hole, told as one about the hole.
fn as_bad_hole(finding: Diagnostic) -> Diagnostic {
    Diagnostic { code: Code::BadTextHole, ..finding }
        .note("In a text, `{…}` is a hole that shows the value of an expression; `{{` and `}}` are braces.")
}

/// The next brace that no escape owns: the braces of `\u{41}` are no hole.
fn next_brace(raw: &str, from: usize) -> Option<usize> {
    let bytes = raw.as_bytes();
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if raw.get(at..).is_some_and(|r| r.starts_with("\\u{")) => {
                at += raw[at..].find('}').map_or(3, |end| end + 1);
            }
            b'\\' => at += 2,
            b'{' | b'}' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Where the hole that begins at `from` ends: its `}`, or the end of the text.
fn hole_end(raw: &str, from: usize) -> usize {
    let mut depth = 0usize;
    for (offset, byte) in raw.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return offset,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    raw.len()
}

/// The character of the escape at the start and its length in bytes.
fn escape(rest: &str) -> (Result<char, &'static str>, usize) {
    let mut chars = rest.char_indices().skip(1);
    let Some((_, c)) = chars.next() else { return (Err("nothing follows"), 1) };
    let simple = match c {
        '"' => '"',
        '\\' => '\\',
        'n' => '\n',
        't' => '\t',
        'u' => return unicode_escape(rest),
        other => return (Err("not one of the escapes"), 1 + other.len_utf8()),
    };
    (Ok(simple), 2)
}

fn unicode_escape(rest: &str) -> (Result<char, &'static str>, usize) {
    let Some(inner) = rest.strip_prefix("\\u{") else { return (Err("`{` expected after `\\u`"), 2) };
    let Some(end) = inner.find('}') else { return (Err("`}` is missing"), rest.len()) };
    let digits = &inner[..end];
    let length = end + 4;
    let fits = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    match u32::from_str_radix(digits, 16).ok().filter(|_| fits).and_then(char::from_u32) {
        Some(c) => (Ok(c), length),
        None => (Err("not the number of a character"), length),
    }
}
