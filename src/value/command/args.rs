//! Words as arguments: what their text is, where it is known.

use std::sync::Arc;

use super::lex::{Part, RawWord};
use super::{Word, unknown_word};

/// A word where it is used.
#[derive(Clone, Debug)]
pub(super) struct Arg {
    /// Its text.
    pub(super) word: Word,
    /// As written.
    pub(super) source: Arc<str>,
    /// Whether it is `<(…)` or `>(…)`: no file of that name exists.
    pub(super) process: bool,
}

impl Arg {
    /// A word as read.
    pub(super) fn new(raw: &RawWord) -> Self {
        let process = matches!(raw.parts.as_slice(), [Part::ProcessIn(_) | Part::ProcessOut(_)]);
        Self { word: text(raw), source: raw.source.as_str().into(), process }
    }

    /// A word that stands nowhere: what `xargs` appends, what `find` puts in.
    pub(super) fn unknown(why: &str) -> Self {
        Self { word: Err(unknown_word(why)), source: "…".into(), process: false }
    }

    /// The text, where it is known.
    pub(super) fn known(&self) -> Option<&str> {
        self.word.as_deref().ok()
    }
}

/// The text of a word, quotes and escapes resolved.
pub(super) fn text(raw: &RawWord) -> Word {
    // `[[ … ]]` and `((…))` run nothing but what is substituted in them.
    if let [Part::Text(keyword, true), Part::Arithmetic, ..] = raw.parts.as_slice() {
        return Ok(keyword.as_str().into());
    }
    let mut out = String::new();
    let mut braces = false;
    let mut last_brace_mark = false;
    for (i, part) in raw.parts.iter().enumerate() {
        let (piece, quoted) = match part {
            Part::Text(piece, quoted) => (piece, *quoted),
            Part::Arithmetic => continue,
            Part::Expansion | Part::Assigning(_) | Part::Running => {
                return Err(unknown_word("an expansion is only known when it runs"));
            }
            Part::Substitution(_) => return Err(unknown_word("a command's output is only known when it runs")),
            Part::ProcessIn(_) | Part::ProcessOut(_) => {
                return Err(unknown_word("a process substitution has a name only when it runs"));
            }
            Part::Array(_) => return Err(unknown_word("an array is not one word")),
        };
        if !quoted {
            if i == 0 && piece.starts_with('~') || (piece.contains("=~") || piece.contains(":~")) {
                return Err(unknown_word("`~` is only known when it runs"));
            }
            if piece.contains(['*', '?']) || (piece.contains('[') && piece != "[" && piece != "[[") {
                return Err(unknown_word("a pattern's files are only known when it runs"));
            }
            for (at, c) in piece.char_indices() {
                match c {
                    '{' => braces = true,
                    ',' => last_brace_mark |= braces,
                    '.' if piece[at..].starts_with("..") => last_brace_mark |= braces,
                    '}' if last_brace_mark => return Err(unknown_word("a brace expression is several words")),
                    _ => {}
                }
            }
        }
        out.push_str(piece);
    }
    Ok(out.into())
}

/// The base name of a program as written.
pub(super) fn base_name(written: &str) -> &str {
    written.rsplit('/').next().unwrap_or(written)
}

/// Whether an option as written is the option asked for: `--force=x` is `--force`, `-rf` is `-r` and `-f`.
/// `None` where it might be an abbreviation of it.
pub(super) fn is_flag(written: &str, asked: &str, long_single_dash: bool) -> Option<bool> {
    if written == asked {
        return Some(true);
    }
    if !written.starts_with('-') || written == "-" || written == "--" {
        return Some(false);
    }
    let (head, has_value) = written.split_once('=').map_or((written, false), |(head, _)| (head, true));
    if has_value && head == asked {
        return Some(true);
    }
    if let Some(asked_long) = asked.strip_prefix("--") {
        // Programs take `--forc` for `--force`; whether it is unique is theirs to know.
        let maybe = head.strip_prefix("--").is_some_and(|h| !h.is_empty() && asked_long.starts_with(h));
        return if maybe { None } else { Some(false) };
    }
    let mut letters = asked.chars().skip(1);
    match (letters.next(), letters.next()) {
        (Some(letter), None) if asked.starts_with('-') && !written.starts_with("--") && !long_single_dash => {
            Some(head.chars().skip(1).any(|c| c == letter))
        }
        _ => Some(false),
    }
}

/// An option as written, matched against a table of options that take a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Valued<'a> {
    /// It is none of them.
    No,
    /// Its value is the next word.
    Next(&'static str),
    /// Its value is here.
    Here(&'static str, &'a str),
}

/// Whether this option takes a value by the table.
pub(super) fn valued<'a>(written: &'a str, table: &[&'static str]) -> Valued<'a> {
    for option in table {
        if written == *option && !option.is_empty() {
            return Valued::Next(option);
        }
        if option.starts_with("--")
            && let Some(value) = written.strip_prefix(option).and_then(|rest| rest.strip_prefix('='))
        {
            return Valued::Here(option, value);
        }
    }
    if written.starts_with("--") || !written.starts_with('-') {
        return Valued::No;
    }
    // A cluster: the first letter that takes a value ends it.
    for (at, letter) in written.char_indices().skip(1) {
        let option = table.iter().find(|o| o.strip_prefix('-').is_some_and(|l| l.chars().eq([letter])));
        if let Some(option) = option {
            let rest = &written[at + letter.len_utf8()..];
            return if rest.is_empty() { Valued::Next(option) } else { Valued::Here(option, rest) };
        }
    }
    Valued::No
}
