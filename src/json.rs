//! JSON as a policy wants it: strict, bounded, and numbers by their text.
//!
//! In: text. Out: a [`Raw`], or the first thing that is wrong with its place. What other readers let
//! pass is refused here, because two programs that read one request differently are a hole: a key given
//! twice, a lone surrogate, `NaN`, anything after the value. Every dimension that input can grow has a
//! bound, and nesting is counted before it recurses.

pub(crate) mod scan;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::raw::{Raw, to_raw};
use crate::source::LineColumn;
use crate::types::TypeTable;
use crate::value::{Value, number};

/// Longest text in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Deepest nesting of lists and objects.
pub const MAX_DEPTH: u32 = 32;
/// Most members of objects and elements of lists, all together.
pub const MAX_KEYS: u32 = 10_000;
/// Longest string in bytes, escapes read.
pub const MAX_STRING_BYTES: usize = 256 * 1024;
/// Longest number in digits and signs.
pub const MAX_NUMBER_BYTES: usize = 64;

/// Whether a text is no JSON, or too much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// It is not JSON, or not strictly.
    Malformed,
    /// A bound was passed.
    LimitExceeded,
}

/// The first thing wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What sort.
    pub kind: JsonErrorKind,
    /// Where, in bytes.
    pub offset: usize,
    /// Where, as people count.
    pub at: LineColumn,
    /// What is wrong, as a sentence without its full stop.
    pub message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}

impl std::error::Error for JsonError {}

/// Reads a text that holds one JSON value and nothing else.
///
/// ```
/// use aas::{Raw, json};
/// assert_eq!(json::parse("12.50"), Ok(Raw::Number("12.50".into())));
/// let twice = json::parse(r#"{"a": 1, "a": 2}"#).unwrap_err();
/// assert_eq!(twice.to_string(), "1:10: the key \"a\" stands here twice");
/// ```
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn parse(text: &str) -> Result<Raw, JsonError> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, depth: 0, keys: 0 };
    if text.len() > MAX_BYTES {
        return Err(reader.limit(format!("the text is longer than {MAX_BYTES} bytes")));
    }
    let value = reader.value()?;
    reader.space();
    if reader.at < reader.bytes.len() {
        return Err(reader.malformed("something follows the value"));
    }
    Ok(value)
}

/// Reads bytes that must be UTF-8.
///
/// # Errors
/// As [`parse`], or where the bytes are no UTF-8.
pub fn parse_bytes(bytes: &[u8]) -> Result<Raw, JsonError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(e) => {
            let good = std::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap_or_default();
            let mut error = Reader { text: good, bytes: good.as_bytes(), at: good.len(), depth: 0, keys: 0 }
                .malformed("the bytes here are no UTF-8");
            error.offset = e.valid_up_to();
            Err(error)
        }
    }
}

/// Reads one value out of the middle of a text, whose bounds were counted up to there. Gives the value, the place
/// behind it, and how many members and elements there are now; nothing where it is not strict JSON.
pub(crate) fn value_within(text: &str, at: usize, depth: u32, keys: u32) -> Option<(Raw, usize, u32)> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at, depth, keys };
    let value = reader.value().ok()?;
    Some((value, reader.at, reader.keys))
}

/// Reads the string that begins at a place of a text and adds what it says to `out`; gives the place behind it.
pub(crate) fn string_within(text: &str, at: usize, out: &mut String) -> Option<usize> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at, depth: 0, keys: 0 };
    reader.string_into(out).ok()?;
    Some(reader.at)
}

/// Writes a value as compact JSON; numbers as they were written. What is unavailable becomes
/// `{"$unavailable": "why"}`, the form in which the wire takes it back.
#[must_use]
pub fn write(raw: &Raw) -> String {
    let mut out = String::new();
    write_into(raw, &mut out);
    out
}

/// The same behind what is there already.
pub fn write_into(raw: &Raw, out: &mut String) {
    match raw {
        Raw::Null => out.push_str("null"),
        Raw::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Raw::Number(n) => out.push_str(n),
        Raw::Text(t) => write_string(t, out),
        Raw::List(elements) => {
            out.push('[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_into(element, out);
            }
            out.push(']');
        }
        Raw::Object(members) => {
            out.push('{');
            for (i, (key, value)) in members.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write_into(value, out);
            }
            out.push('}');
        }
        Raw::Unavailable(why) => {
            out.push_str("{\"$unavailable\":");
            write_string(why, out);
            out.push('}');
        }
    }
}

/// Writes a typed value: what [`write()`] says of its untyped form, without making most of them. Nothing is written where
/// it has no such form.
#[must_use]
pub fn write_value(value: &Value, types: &TypeTable, out: &mut String) -> Option<()> {
    match value {
        Value::Bool(so) => out.push_str(if *so { "true" } else { "false" }),
        Value::Decimal(n) => out.push_str(&number::show_decimal(*n)),
        Value::Str(text) | Value::Host(text) | Value::Ref(text) => write_string(text, out),
        other => write_into(&to_raw(other, types)?, out),
    }
    Some(())
}

/// Writes a text as a JSON string.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push_str(text);
        out.push('"');
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: u32,
    keys: u32,
}

impl Reader<'_> {
    fn error(&self, kind: JsonErrorKind, at: usize, message: String) -> JsonError {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) as u32 + 1;
        JsonError { kind, offset: at, at: LineColumn { line, column }, message }
    }

    fn malformed(&self, message: impl Into<String>) -> JsonError {
        self.error(JsonErrorKind::Malformed, self.at, message.into())
    }

    fn limit(&self, message: impl Into<String>) -> JsonError {
        self.error(JsonErrorKind::LimitExceeded, self.at, message.into())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self) -> Result<Raw, JsonError> {
        self.space();
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => Ok(Raw::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Raw::Bool(true)),
            Some(b'f') => self.word("false", Raw::Bool(false)),
            Some(b'n') => self.word("null", Raw::Null),
            Some(_) => Err(self.malformed("no JSON value begins here")),
            None => Err(self.malformed("the text ends where a value must stand")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Raw, JsonError>) -> Result<Raw, JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(self.limit(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn count(&mut self) -> Result<(), JsonError> {
        self.keys += 1;
        if self.keys > MAX_KEYS {
            return Err(self.limit(format!("more than {MAX_KEYS} members and elements")));
        }
        Ok(())
    }

    fn object(&mut self) -> Result<Raw, JsonError> {
        let mut members = Vec::new();
        let mut seen: HashSet<Arc<str>> = HashSet::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Raw::Object(members));
        }
        loop {
            self.space();
            let begin = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.malformed("a key in double quotes must stand here"));
            }
            let key = self.string()?;
            if !seen.insert(key.clone()) {
                let shown: String = key.chars().take(64).collect();
                let message = format!("the key {shown:?} stands here twice");
                return Err(self.error(JsonErrorKind::Malformed, begin, message));
            }
            self.count()?;
            self.space();
            if !self.eat(b':') {
                return Err(self.malformed("a colon must follow the key"));
            }
            members.push((key, self.value()?));
            self.space();
            if self.eat(b'}') {
                return Ok(Raw::Object(members));
            }
            if !self.eat(b',') {
                return Err(self.malformed("`,` or `}` must stand here"));
            }
        }
    }

    fn list(&mut self) -> Result<Raw, JsonError> {
        let mut elements = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Raw::List(elements));
        }
        loop {
            self.count()?;
            elements.push(self.value()?);
            self.space();
            if self.eat(b']') {
                return Ok(Raw::List(elements));
            }
            if !self.eat(b',') {
                return Err(self.malformed("`,` or `]` must stand here"));
            }
        }
    }

    fn word(&mut self, word: &str, value: Raw) -> Result<Raw, JsonError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.malformed("no JSON value begins here"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn digits(&mut self) -> usize {
        let begin = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - begin
    }

    fn number(&mut self) -> Result<Raw, JsonError> {
        let begin = self.at;
        self.eat(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.malformed("this is no number: digits without a leading zero must stand here"));
        }
        if self.eat(b'.') && self.digits() == 0 {
            return Err(self.malformed("digits must follow the point"));
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _sign = self.eat(b'+') || self.eat(b'-');
            if self.digits() == 0 {
                return Err(self.malformed("digits must follow the exponent"));
            }
        }
        if self.at - begin > MAX_NUMBER_BYTES {
            return Err(self.limit(format!("a number of more than {MAX_NUMBER_BYTES} characters")));
        }
        Ok(Raw::Number(self.text[begin..self.at].into()))
    }

    fn string(&mut self) -> Result<Arc<str>, JsonError> {
        let mut out = String::new();
        self.string_into(&mut out)?;
        Ok(out.into())
    }

    fn string_into(&mut self, out: &mut String) -> Result<(), JsonError> {
        self.at += 1;
        let before = out.len();
        loop {
            let begin = self.at;
            while self.peek().is_some_and(|b| b != b'"' && b != b'\\' && b >= 0x20) {
                self.at += 1;
            }
            // The run ends before an ASCII byte or at the end, so it is a border of characters.
            out.push_str(&self.text[begin..self.at]);
            if out.len() - before > MAX_STRING_BYTES {
                return Err(self.limit(format!("a string longer than {MAX_STRING_BYTES} bytes")));
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.malformed("a control character must be escaped")),
                None => return Err(self.malformed("the text ends inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let begin = self.at;
        self.at += 1;
        let Some(letter) = self.peek() else {
            return Err(self.malformed("the text ends inside a string"));
        };
        self.at += 1;
        match letter {
            b'"' => Ok('"'),
            b'\\' => Ok('\\'),
            b'/' => Ok('/'),
            b'b' => Ok('\u{8}'),
            b'f' => Ok('\u{c}'),
            b'n' => Ok('\n'),
            b'r' => Ok('\r'),
            b't' => Ok('\t'),
            b'u' => self.unicode(begin),
            _ => Err(self.error(JsonErrorKind::Malformed, begin, "no escape of JSON".into())),
        }
    }

    fn unicode(&mut self, begin: usize) -> Result<char, JsonError> {
        let lone = |this: &Self| this.error(JsonErrorKind::Malformed, begin, "half of a surrogate pair".into());
        let first = self.hex()?;
        if (0xDC00..0xE000).contains(&first) {
            return Err(lone(self));
        }
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| lone(self));
        }
        if !(self.eat(b'\\') && self.eat(b'u')) {
            return Err(lone(self));
        }
        let second = self.hex()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(lone(self));
        }
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or_else(|| lone(self))
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.malformed("four hexadecimal digits must stand here"));
            };
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
