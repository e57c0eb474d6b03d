//! The first pass: bytes to tokens, in one linear run.
//!
//! It finds comments, `///` texts, strings, patterns and brackets, and everything about characters
//! that no rule file may hold. What comes out: the tokens, the comments, and the text once more with
//! comments blanked, byte for byte as long as before, which is what the grammar reads.
//!
//! INVARIANT: tokens are in text order, do not overlap, and lie on character boundaries.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

use super::characters;

/// Most findings about characters that one file reports.
const MAX_FINDINGS: usize = 100;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `[A-Za-z_][A-Za-z0-9_]*`
    Word,
    /// Begins with a digit: numbers, sizes, durations, dates, times.
    Number,
    /// `"…"`
    String,
    /// `/…/`
    Regex,
    /// `{`, `[` or `(`
    Open,
    /// `}`, `]` or `)`
    Close,
    /// Any other sign; `==`, `->`, `..` and their like are one token.
    Sign,
    /// `// …`
    Comment,
    /// `/// …`
    Doc,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// First byte.
    pub(super) start: u32,
    /// One past the last byte.
    pub(super) end: u32,
    /// Whether it is the first token of its line.
    pub(super) first: bool,
}

impl Token {
    /// The text of the token.
    pub(super) fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Whether it is a comment of either sort.
    pub(super) fn is_comment(self) -> bool {
        matches!(self.kind, Kind::Comment | Kind::Doc)
    }
}

/// What the first pass finds.
#[derive(Debug)]
pub(super) struct Scan {
    /// All tokens, comments included.
    pub(super) tokens: Vec<Token>,
    /// The text with comments blanked.
    pub(super) blanked: String,
    /// Places that make the item around them unreadable, ascending.
    pub(super) bad: Vec<u32>,
    /// Findings.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Runs the first pass over a file of at most 1 MiB.
pub(super) fn scan(source: &str, file: FileId) -> Scan {
    let mut scanner = Scanner {
        source,
        bytes: source.as_bytes(),
        file,
        at: 0,
        line_is_empty: true,
        out: Scan {
            tokens: Vec::with_capacity(source.len() / 4),
            blanked: String::new(),
            bad: Vec::new(),
            diagnostics: Vec::new(),
        },
        blanked: source.as_bytes().to_vec(),
    };
    scanner.run();
    // INVARIANT: only whole characters are blanked, so the bytes are still UTF-8; were they not, an
    // empty text makes every item unreadable, which is the safe side.
    scanner.out.blanked = String::from_utf8(scanner.blanked).unwrap_or_default();
    scanner.out
}

struct Scanner<'a> {
    source: &'a str,
    bytes: &'a [u8],
    file: FileId,
    at: usize,
    line_is_empty: bool,
    out: Scan,
    blanked: Vec<u8>,
}

impl Scanner<'_> {
    fn run(&mut self) {
        // A byte order mark at the very start is how some editors save; it means nothing.
        if self.source.starts_with('\u{feff}') {
            self.blank(0, 3);
            self.at = 3;
        }
        while let Some(byte) = self.byte(0) {
            match byte {
                b'\n' => {
                    self.at += 1;
                    self.line_is_empty = true;
                }
                b' ' | b'\t' => self.at += 1,
                b'\r' if self.byte(1) == Some(b'\n') => self.at += 1,
                b'/' if self.byte(1) == Some(b'/') => self.comment(),
                b'/' if self.operand_expected() => self.quoted(b'/', Kind::Regex),
                b'"' => self.quoted(b'"', Kind::String),
                b'{' | b'[' | b'(' => self.sign(1, Kind::Open),
                b'}' | b']' | b')' => self.sign(1, Kind::Close),
                b'0'..=b'9' => self.number(),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
                0..=31 | 127 => self.control(),
                128.. => self.foreign(),
                33..=126 => self.sign(sign_length(&self.bytes[self.at..]), Kind::Sign),
            }
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let first = std::mem::replace(&mut self.line_is_empty, false);
        self.out.tokens.push(Token { kind, start: start as u32, end: end as u32, first });
        self.at = end;
    }

    fn sign(&mut self, length: usize, kind: Kind) {
        self.push(kind, self.at, self.at + length);
    }

    fn blank(&mut self, start: usize, end: usize) {
        if let Some(bytes) = self.blanked.get_mut(start..end) {
            bytes.fill(b' ');
        }
    }

    fn bad(&mut self, at: usize) {
        self.out.bad.push(at as u32);
    }

    /// Takes a finding, which is only made where it is shown: there may be a million.
    fn report(&mut self, place: Span, make: impl FnOnce(Span) -> Diagnostic) {
        let count = self.out.diagnostics.len();
        if count < MAX_FINDINGS {
            self.out.diagnostics.push(make(place));
        } else if count == MAX_FINDINGS {
            let more = Diagnostic::new(Code::ManyErrors, place, "This file has more bad characters than are shown.");
            self.out.diagnostics.push(more.help("Correct those above first."));
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let length = self.bytes[start..].iter().position(|b| *b == b'\n').unwrap_or(self.bytes.len() - start);
        let mut end = start + length;
        self.blank(start, end);
        while end > start && matches!(self.bytes[end - 1], b' ' | b'\t' | b'\r') {
            end -= 1;
        }
        let text = &self.source[start..end];
        let kind = if text.starts_with("///") && !text.starts_with("////") { Kind::Doc } else { Kind::Comment };
        self.check_characters(start, end);
        self.push(kind, start, end);
        self.at = start + length;
    }

    /// Whether a `/` here begins a pattern: only where a value may stand.
    fn operand_expected(&self) -> bool {
        let Some(last) = self.out.tokens.iter().rev().find(|t| !t.is_comment()) else { return false };
        match last.kind {
            Kind::Sign | Kind::Open => true,
            Kind::Word => {
                let word = last.text(self.source);
                matches!(word, "matches" | "any" | "in" | "contains" | "and" | "or" | "not" | "when" | "unless")
            }
            Kind::Number | Kind::String | Kind::Regex | Kind::Close | Kind::Comment | Kind::Doc => false,
        }
    }

    fn quoted(&mut self, quote: u8, kind: Kind) {
        let start = self.at;
        let mut end = start + 1;
        loop {
            match self.bytes.get(end).copied() {
                None | Some(b'\n') => return self.unclosed(start, end, kind),
                // An escaped line break does not carry the text on.
                Some(b'\\') if self.bytes.get(end + 1).is_some_and(|b| *b != b'\n') => end += 2,
                Some(b) if b == quote => break,
                Some(_) => end += 1,
            }
        }
        end += 1;
        // An escape may have stepped into the middle of a character; the quote is ASCII, so `end` is not.
        self.check_characters(start, end);
        let inner = &self.source[start + 1..end - 1];
        if let Some(found) = characters::look_alike_text(inner) {
            let place = self.span(start + 1 + found.start, start + 1 + found.end);
            self.report(place, |place| found.diagnostic(place));
        }
        self.push(kind, start, end);
    }

    fn unclosed(&mut self, start: usize, end: usize, kind: Kind) {
        let mut end = end.min(self.bytes.len());
        while end > start + 1 && matches!(self.bytes[end - 1], b'\r' | b' ' | b'\t') {
            end -= 1;
        }
        let (what, sign) = if kind == Kind::Regex { ("pattern", '/') } else { ("text", '"') };
        self.bad(start);
        self.report(self.span(start, end), |place| {
            Diagnostic::new(Code::UnclosedString, place, format!("This {what} is not closed on its line."))
                .at(format!("it begins here and no `{sign}` ends it"))
                .help(format!("Write `{sign}` at its end. A line break inside a text is written `\\n`."))
        });
        self.push(kind, start, end);
    }

    fn number(&mut self) {
        let end = self.at + number_length(&self.bytes[self.at..]);
        self.push(Kind::Number, self.at, end);
    }

    fn word(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|b| !is_word_byte(*b)).unwrap_or(rest.len());
        let after = self.source.get(self.at + length..).and_then(|s| s.chars().next());
        if after.is_some_and(|c| !c.is_ascii() && characters::is_letter(c)) {
            return self.foreign_word(self.at);
        }
        self.push(Kind::Word, self.at, self.at + length);
    }

    fn control(&mut self) {
        let start = self.at;
        let byte = self.bytes[start];
        self.bad(start);
        let place = self.span(start, start + 1);
        self.report(place, |place| characters::control(place, char::from(byte)));
        self.blank(start, start + 1);
        self.push(Kind::Sign, start, start + 1);
    }

    /// A character outside ASCII that stands neither in a text nor in a comment.
    fn foreign(&mut self) {
        let start = self.at;
        let Some(c) = self.source[start..].chars().next() else { return };
        if characters::is_letter(c) {
            return self.foreign_word(start);
        }
        let end = start + c.len_utf8();
        let place = self.span(start, end);
        self.bad(start);
        self.report(place, |place| characters::misplaced(place, c));
        self.push(Kind::Sign, start, end);
    }

    fn foreign_word(&mut self, start: usize) {
        let rest = &self.source[start..];
        let length = rest.find(|c| !(characters::is_letter(c) || c == '_')).unwrap_or(rest.len());
        let end = start + length.max(1);
        self.bad(start);
        let place = self.span(start, end);
        let word = self.source.get(start..end).unwrap_or_default();
        self.report(place, |place| characters::foreign_name(place, word));
        self.push(Kind::Word, start, end);
    }

    /// Reports characters that may stand nowhere, not even in texts and comments.
    fn check_characters(&mut self, start: usize, end: usize) {
        let plain = |b: &u8| (*b >= 32 && *b < 127) || *b == b'\t';
        if self.bytes[start..end].iter().all(plain) {
            return;
        }
        for (offset, c) in self.source[start..end].char_indices() {
            let place = self.span(start + offset, start + offset + c.len_utf8());
            if c.is_ascii_control() && c != '\t' {
                self.bad(start + offset);
                self.report(place, |place| characters::control(place, c));
            } else if let Some(name) = characters::invisible(c) {
                self.report(place, |place| characters::confusing(place, c, name));
            }
        }
    }
}

/// Whether a byte may stand inside a name.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn sign_length(rest: &[u8]) -> usize {
    const PAIRS: [&[u8; 2]; 11] = [b"==", b"!=", b"<=", b">=", b"->", b"??", b"..", b"**", b"&&", b"||", b"=>"];
    if PAIRS.iter().any(|pair| rest.starts_with(*pair)) { 2 } else { 1 }
}

/// How long the number, size, duration, date or time at the start is. It follows the grammar's `number`.
fn number_length(rest: &[u8]) -> usize {
    let fits = |shape: &[u8], from: usize| {
        shape.iter().enumerate().all(|(i, s)| match rest.get(from + i) {
            Some(b) if *s == b'0' => b.is_ascii_digit(),
            Some(b) => b == s,
            None => false,
        })
    };
    if fits(b"0000-00-00", 0) {
        let mut end = 10;
        if fits(b"T00:00", 10) {
            end = 16;
            if fits(b":00", end) {
                end += 3;
            }
            if fits(b"Z", end) {
                end += 1;
            }
        }
        return end;
    }
    if fits(b"00:00", 0) && !rest.get(5).is_some_and(u8::is_ascii_digit) {
        return if fits(b":00", 5) { 8 } else { 5 };
    }
    let run = |from: usize, ok: fn(&u8) -> bool| rest[from..].iter().position(|b| !ok(b)).unwrap_or(rest.len() - from);
    let digits: fn(&u8) -> bool = |b| b.is_ascii_digit() || *b == b'_';
    let mut end = run(0, digits);
    if rest.get(end) == Some(&b'.') && rest.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1;
        end += run(end, digits);
    }
    if rest.get(end) == Some(&b'%') {
        return end + 1;
    }
    end + run(end, |b| is_word_byte(*b))
}
