//! Characters that mislead a reader: invisible ones, those that turn the direction of text, and
//! letters that look like others.
//!
//! Names are ASCII. Texts may be in any script, but a word of two scripts, or a text of one word that
//! could be mistaken for ASCII, is an error: a rule must not read `prod` and mean something else.

use unicode_security::MixedScript;
use unicode_security::skeleton;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Whether a character belongs to a word of any script.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphanumeric()
}

/// The name of a character that shows nothing or turns the direction of the text.
pub(super) fn invisible(c: char) -> Option<&'static str> {
    let name = match c {
        '\u{00ad}' => "soft hyphen",
        '\u{0085}' => "next line",
        '\u{0080}'..='\u{009f}' => "control character",
        '\u{034f}' => "combining grapheme joiner",
        '\u{061c}' => "Arabic letter mark",
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => "Hangul filler",
        '\u{17b4}' | '\u{17b5}' => "Khmer inherent vowel",
        '\u{180b}'..='\u{180f}' => "Mongolian selector",
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        '\u{202a}' => "left-to-right embedding",
        '\u{202b}' => "right-to-left embedding",
        '\u{202c}' => "pop directional formatting",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{2060}' => "word joiner",
        '\u{2061}'..='\u{2065}' => "invisible operator",
        '\u{2066}' => "left-to-right isolate",
        '\u{2067}' => "right-to-left isolate",
        '\u{2068}' => "first strong isolate",
        '\u{2069}' => "pop directional isolate",
        '\u{206a}'..='\u{206f}' => "deprecated format character",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "variation selector",
        '\u{feff}' => "zero width no-break space",
        '\u{fff9}'..='\u{fffb}' => "interlinear annotation",
        '\u{e0000}'..='\u{e007f}' => "tag character",
        _ => return None,
    };
    Some(name)
}

/// An invisible or direction-turning character.
pub(super) fn confusing(span: Span, c: char, name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::ConfusingCharacter,
        span,
        format!("A character that cannot be seen stands here: U+{:04X}, {name}.", u32::from(c)),
    )
    .at("invisible")
    .note("Such characters can make a rule read differently from what it says.")
    .help(format!("Delete it; in a text that needs it, write `\\u{{{:x}}}`.", u32::from(c)))
}

/// A control character.
pub(super) fn control(span: Span, c: char) -> Diagnostic {
    let name = if c == '\0' { "NUL".to_owned() } else { format!("control character U+{:04X}", u32::from(c)) };
    Diagnostic::new(Code::ControlCharacter, span, format!("A {name} stands in the text."))
        .at("not allowed in a rule file")
        .help(format!("Delete it; in a text that needs it, write `\\u{{{:x}}}`.", u32::from(c)))
}

/// A sign outside ASCII where only names, numbers and ASCII signs may stand.
pub(super) fn misplaced(span: Span, c: char) -> Diagnostic {
    if let Some(name) = invisible(c) {
        return confusing(span, c, name);
    }
    let found = Diagnostic::new(Code::UnexpectedText, span, format!("`{c}` cannot stand here."));
    let instead = match c {
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => Some("\""),
        '\u{2018}'..='\u{201b}' => Some("\""),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some("-"),
        '\u{2264}' => Some("<="),
        '\u{2265}' => Some(">="),
        '\u{2260}' => Some("!="),
        '\u{d7}' | '\u{22c5}' => Some("*"),
        '\u{2192}' => Some("->"),
        '\u{2026}' => Some(".."),
        _ if c.is_whitespace() => Some(" "),
        _ => None,
    };
    match instead {
        Some(" ") => found.help("Write an ordinary blank."),
        Some(ascii) => found.help(format!("Write `{ascii}`.")),
        None => found.help("Outside texts and comments only ASCII may stand."),
    }
}

/// A name with letters outside ASCII.
pub(super) fn foreign_name(span: Span, word: &str) -> Diagnostic {
    let word = shown(word);
    let ascii: String = skeleton(word).filter(|c| !c.is_ascii() || is_name_char(*c)).collect();
    let found = Diagnostic::new(Code::LookAlike, span, format!("The name `{word}` has letters that are not ASCII."))
        .note("Names are made of `A` to `Z`, `a` to `z`, digits and `_`, so that two names never look alike.");
    if ascii.is_ascii() && !ascii.is_empty() && ascii != word {
        found.at(format!("looks like `{ascii}`")).help(format!("Write `{ascii}` in ASCII letters, if that is meant."))
    } else {
        found.at("not a name").help("Write the name in ASCII letters.")
    }
}

/// The beginning of a word, short enough for a message.
fn shown(word: &str) -> &str {
    word.char_indices().nth(80).map_or(word, |(end, _)| &word[..end])
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A word of a text that could be mistaken for another; offsets within the text.
pub(super) struct LookAlike<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    word: &'a str,
    mixed: bool,
}

impl LookAlike<'_> {
    /// The finding about it.
    pub(super) fn diagnostic(&self, span: Span) -> Diagnostic {
        let word = shown(self.word);
        let ascii: String = skeleton(word).collect();
        let message = if self.mixed {
            format!("The word `{word}` mixes letters of several scripts.")
        } else {
            format!("The text `{word}` looks like ASCII but is not.")
        };
        let found = Diagnostic::new(Code::LookAlike, span, message)
            .note("What people read here is not what would be compared.");
        if ascii.is_ascii() {
            found
                .at(format!("looks like `{ascii}`"))
                .help(format!("Write `{ascii}` in ASCII letters, if that is meant."))
        } else {
            found.at("several scripts").help("Write the word in letters of one script, or the odd ones as `\\u{…}`.")
        }
    }
}

/// The first word of a text that mixes scripts or, alone in its text, passes for ASCII.
pub(super) fn look_alike_text(text: &str) -> Option<LookAlike<'_>> {
    if text.is_ascii() {
        return None;
    }
    let mut from = 0;
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let start = from + text[from..].find(word)?;
        from = start + word.len();
        if word.is_ascii() {
            continue;
        }
        let mixed = !word.is_single_script();
        let alone = word.len() == text.len();
        if mixed || (alone && skeleton(word).all(|c| c.is_ascii_alphanumeric())) {
            return Some(LookAlike { start, end: from, word, mixed });
        }
    }
    None
}
