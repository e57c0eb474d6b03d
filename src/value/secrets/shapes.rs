//! Whether a token of a family stands where its anchor was found.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::families::{Alphabet, Piece, Shape};

/// Characters of a name around its anchor that are looked at.
const NAME: usize = 40;
/// Greatest length of a private key between its header and its end.
const BLOCK: usize = 16 * 1024;
/// Greatest length of an assigned value.
const VALUE: usize = 256;

/// What is known of the last assigned value: several anchors in one name ask about the same one.
#[derive(Debug, Default)]
pub(super) struct Last {
    /// Where it begins, and its place if it is one.
    value: Option<(usize, Option<Range<usize>>)>,
    password: Option<bool>,
    secret: Option<bool>,
}

impl Last {
    /// The value that begins here, looked at once.
    fn at(&mut self, start: usize, look: impl FnOnce() -> Option<Range<usize>>) -> Option<Range<usize>> {
        match &self.value {
            Some((known, value)) if *known == start => value.clone(),
            Some(_) | None => {
                *self = Self { value: Some((start, look())), ..Self::default() };
                self.value.as_ref().and_then(|(_, value)| value.clone())
            }
        }
    }
}

/// The token around the anchor at `at`, if there is one.
pub(super) fn find(text: &str, at: Range<usize>, anchor: &str, shape: Shape, last: &mut Last) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    match shape {
        Shape::Token { before, after } => {
            // Anchors are looked for in any case, tokens are written in one.
            (bytes.get(at.clone()) == Some(anchor.as_bytes())).then_some(())?;
            token(bytes, at, before, after)
        }
        Shape::Named(alphabet, least, most) => {
            let value = assigned(bytes, &at, last)?;
            let length = run(bytes, value.start, alphabet, most + 1);
            ((least..=most).contains(&length) && ends(bytes, value.start + length, alphabet))
                .then_some(value.start..value.start + length)
        }
        Shape::Password => {
            let value = assigned(bytes, &at, last)?;
            last.password.get_or_insert_with(|| is_password(text, &value)).then_some(value)
        }
        Shape::Secret => {
            let value = assigned(bytes, &at, last)?;
            last.secret.get_or_insert_with(|| is_secret(text, &value)).then_some(value)
        }
        Shape::PrivateKey => private_key(text, at),
        Shape::Credentials => credentials(bytes, at),
    }
}

/// How many characters of the alphabet stand here, up to `most`.
fn run(bytes: &[u8], at: usize, alphabet: Alphabet, most: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take(most).take_while(|b| alphabet.holds(**b)).count()
}

/// Whether a token with this alphabet may end here.
fn ends(bytes: &[u8], at: usize, alphabet: Alphabet) -> bool {
    bytes.get(at).is_none_or(|b| {
        let goes_on = alphabet.holds(*b) && !matches!(b, b'.' | b'=' | b'/' | b'+' | b'%' | b'~');
        !b.is_ascii_alphanumeric() && !goes_on
    })
}

fn token(bytes: &[u8], at: Range<usize>, before: Option<(Alphabet, usize)>, after: &[Piece]) -> Option<Range<usize>> {
    let start = match before {
        Some((alphabet, least)) => {
            let window = bytes.get(at.start.saturating_sub(NAME)..at.start)?;
            let length = window.iter().rev().take_while(|b| alphabet.holds(**b)).count();
            // What stands before a token is as long as published, or a little longer.
            (least..=least + 4).contains(&length).then_some(())?;
            at.start - length
        }
        None => at.start,
    };
    let joined = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    if bytes.get(start).is_some_and(joined) && start > 0 && bytes.get(start - 1).is_some_and(joined) {
        return None;
    }
    let mut end = at.end;
    let mut last = None;
    for piece in after {
        match piece {
            Piece::Text(text) => {
                bytes.get(end..)?.starts_with(text.as_bytes()).then_some(())?;
                end += text.len();
                last = None;
            }
            Piece::Some(alphabet, least, most) => {
                let length = run(bytes, end, *alphabet, *most);
                (length >= *least).then_some(())?;
                end += length;
                last = Some(*alphabet);
            }
        }
    }
    last.is_none_or(|alphabet| ends(bytes, end, alphabet)).then_some(start..end)
}

/// The value that a name holding the anchor is given: `name = "value"`, `name: value`, `name=value`.
fn assigned(bytes: &[u8], anchor: &Range<usize>, last: &mut Last) -> Option<Range<usize>> {
    let mut at = anchor.end;
    // `tokenizer` is another word, `token_2`, `tokenValue` and `TOKEN` are not.
    if bytes.get(at).is_some_and(u8::is_ascii_lowercase) {
        return None;
    }
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let rest = bytes.get(at..)?.iter().take(NAME).take_while(|b| is_name(**b)).count();
    let suffix = bytes.get(at..at + rest)?;
    const ABOUT: [&[u8]; 24] = [
        b"path",
        b"file",
        b"url",
        b"uri",
        b"id",
        b"name",
        b"type",
        b"length",
        b"len",
        b"count",
        b"size",
        b"limit",
        b"ttl",
        b"expiry",
        b"expires",
        b"endpoint",
        b"header",
        b"field",
        b"prefix",
        b"version",
        b"arn",
        b"ref",
        b"env",
        b"hash",
    ];
    let ends_so =
        |w: &&[u8]| suffix.len().checked_sub(w.len()).is_some_and(|from| suffix[from..].eq_ignore_ascii_case(w));
    if ABOUT.iter().any(ends_so) {
        return None;
    }
    at += rest;
    let skip = |at: usize, set: &[u8]| {
        at + bytes.get(at..).unwrap_or_default().iter().take(8).take_while(|b| set.contains(b)).count()
    };
    at = skip(at, b"\"'\\] \t");
    let operator = skip(at, b":=>");
    if operator == at {
        return None;
    }
    at = skip(operator, b" \t\\");
    last.at(at, || assigned_value(bytes, at))
}

/// The value that begins here, with or without a quote.
fn assigned_value(bytes: &[u8], mut at: usize) -> Option<Range<usize>> {
    let quote = bytes.get(at).copied().filter(|b| matches!(b, b'"' | b'\'' | b'`'));
    at += usize::from(quote.is_some());
    let stop = |b: u8| match quote {
        Some(q) => b == q || b == b'\n',
        None => {
            b.is_ascii_whitespace()
                || matches!(b, b'"' | b'\'' | b'`' | b',' | b';' | b')' | b'}' | b']' | b'&' | b'<' | b'|')
        }
    };
    let length = bytes.get(at..)?.iter().take(VALUE).take_while(|b| !stop(**b) && b.is_ascii()).count();
    let value = bytes.get(at..at + length)?;
    let trimmed = value.iter().rev().take_while(|b| **b == b'\\').count();
    (length > trimmed).then_some(at..at + length - trimmed)
}

/// What a value holds that is a stand-in, a variable or a call; ASCII letters of either case.
const STAND_INS: [&str; 26] = [
    "example",
    "changeme",
    "change_me",
    "xxxx",
    "your",
    "placeholder",
    "****",
    "redacted",
    "null",
    "none",
    "undefined",
    "getenv",
    "environ",
    "env.",
    "todo",
    "dummy",
    "sample",
    "insert",
    "replace",
    "${",
    "{{",
    "<",
    "$(",
    "secrets.",
    "vault:",
    "....",
];

/// They are looked for at once: an automaton that is a constant, built when first used.
static STAND_IN: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let builder = &mut AhoCorasick::builder();
    builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(STAND_INS).ok()
});

/// Whether a value is a stand-in, a variable or a call and not itself a secret.
fn is_stand_in(value: &str) -> bool {
    let holds = |value: &str| match &*STAND_IN {
        Some(words) => words.is_match(value),
        None => STAND_INS.iter().any(|word| value.to_ascii_lowercase().contains(word)),
    };
    value.starts_with(['$', '%', '@', '/', '{', '[', '(', '*', '&']) || value.contains(['(', ' ']) || holds(value)
}

fn distinct(value: &str) -> usize {
    let mut seen = [false; 256];
    value.bytes().for_each(|b| seen[usize::from(b)] = true);
    seen.iter().filter(|s| **s).count()
}

fn is_password(text: &str, value: &Range<usize>) -> bool {
    let Some(value) = text.get(value.clone()) else { return false };
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let dotted = value.contains('.') && value.split('.').all(|p| p.starts_with(|c: char| c.is_ascii_alphabetic()));
    let mixed = (digits > 0 && letters > 0) || value.contains(['!', '#', '$', '%', '^', '*', '?', '~', '+']);
    (8..=128).contains(&value.len()) && mixed && !dotted && distinct(value) >= 5 && !is_stand_in(value)
}

fn is_secret(text: &str, value: &Range<usize>) -> bool {
    let Some(value) = text.get(value.clone()) else { return false };
    let good = |b: u8| Alphabet::Printable.holds(b) || matches!(b, b'!' | b'@' | b'#' | b'$' | b'^' | b'*' | b':');
    if !(16..=VALUE).contains(&value.len()) || !value.bytes().all(good) {
        return false;
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    if letters == 0 || value.contains("::") || value.contains("//") {
        return false;
    }
    if digits == 0 {
        // Words of a program are joined by marks or capitals; a secret without a digit is one run.
        let one_case = value.bytes().all(|b| b.is_ascii_lowercase()) || value.bytes().all(|b| b.is_ascii_uppercase());
        return one_case && !is_stand_in(value) && distinct(value) * 10 >= value.len() * 6;
    }
    let words = value
        .split(['.', '-', '_', ':', '/'])
        .all(|p| p.bytes().all(|b| b.is_ascii_lowercase()) || p.bytes().all(|b| b.is_ascii_digit()) || p.len() <= 3);
    distinct(value) >= 8
        && (digits >= 2 || distinct(value) >= 14)
        && (!words || !value.contains(['.', '-', '_', ':', '/']))
        && !is_stand_in(value)
}

/// `-----BEGIN … PRIVATE KEY … -----`, of any kind; the whole block where its end is there.
fn private_key(text: &str, at: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let label = bytes
        .get(at.end..)?
        .iter()
        .take(NAME)
        .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b' ' | b'-'))
        .count();
    let header = text.get(at.end..at.end + label)?;
    let (name, _) = header.split_once("-----")?;
    if !(name.ends_with("PRIVATE KEY") || name.ends_with("PRIVATE KEY BLOCK")) {
        return None;
    }
    let start = at.end + name.len() + 5;
    // The key itself, up to the next dashes: there another header begins, so headers share no work.
    let body = bytes.get(start..bytes.len().min(start + BLOCK))?;
    let length = body.windows(5).position(|w| w == b"-----").unwrap_or(body.len());
    let closing = format!("-----END {name}-----");
    let mut end = start + length;
    if bytes.get(end..)?.starts_with(closing.as_bytes()) {
        return Some(at.start..end + closing.len());
    }
    while end > start && !text.is_char_boundary(end) {
        end -= 1;
    }
    // Without its end, the key is what looks like one.
    let looks = |b: &u8| Alphabet::Base64.holds(*b) || b.is_ascii_whitespace() || matches!(b, b'\\' | b':' | b',');
    end = start + bytes.get(start..end)?.iter().take_while(|b| looks(b)).count();
    while end > start && bytes.get(end - 1).is_some_and(u8::is_ascii_whitespace) {
        end -= 1;
    }
    Some(at.start..end)
}

/// `scheme://user:password@host`: the password.
fn credentials(bytes: &[u8], at: Range<usize>) -> Option<Range<usize>> {
    if !at.start.checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let authority = bytes
        .get(at.end..)?
        .iter()
        .take(300)
        .take_while(|b| {
            b.is_ascii_graphic() && !matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\')
        })
        .count();
    let authority = bytes.get(at.end..at.end + authority)?;
    let sign = authority.iter().rposition(|b| *b == b'@')?;
    let colon = authority.iter().position(|b| *b == b':').filter(|c| *c < sign)?;
    let password = std::str::from_utf8(authority.get(colon + 1..sign)?).ok()?;
    let host = authority.get(sign + 1..)?;
    let stand_in = password.len() < 3
        || is_stand_in(password)
        || matches!(password.to_ascii_lowercase().as_str(), "password" | "pass" | "pw" | "secret");
    (!stand_in && host.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'['))
        .then_some(at.end + colon + 1..at.end + sign)
}
