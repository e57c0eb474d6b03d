//! The scan inside words: quotes, escapes, expansions, substitutions.

use super::lex::{DEEPER, Lexer, MAX_REWINDS, Part, RawWord, limit, unreadable};
use crate::value::Fault;

impl Lexer<'_> {
    /// `[[ … ]]` as one word: nothing in it runs but its substitutions.
    pub(super) fn condition(&mut self, depth: usize) -> Result<RawWord, Fault> {
        limit(depth)?;
        let start = self.at;
        self.at += 2;
        let mut parts = vec![Part::Text("[[".to_string(), true), Part::Arithmetic];
        loop {
            match self.peek() {
                None => return Err(unreadable("`[[` is not closed")),
                Some(b' ' | b'\t' | b'\n' | b'(' | b')' | b'<' | b'>' | b'&' | b'|' | b';') => self.at += 1,
                Some(_) if self.reserved_next("]]") => {
                    self.at += 2;
                    break;
                }
                Some(_) => {
                    let mut inner = Vec::new();
                    self.word_parts(&mut inner, depth)?;
                    parts.extend(inner.into_iter().filter(|p| !matches!(p, Part::Text(..))));
                }
            }
        }
        Ok(RawWord { source: self.text[start..self.at].to_string(), parts })
    }

    /// `((…))` and `$((…))`: `None` where the brackets turn out to be groups.
    pub(super) fn arithmetic(&mut self, opening: &str, depth: usize) -> Result<Option<RawWord>, Fault> {
        let start = self.at;
        if !self.take(opening) {
            return Ok(None);
        }
        limit(depth + DEEPER)?;
        let mut parts = vec![Part::Text("((".to_string(), true), Part::Arithmetic];
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None => return Err(unreadable("`((` is not closed")),
                Some(b'(') => {
                    open += 1;
                    limit(depth + open)?;
                    self.at += 1;
                }
                Some(b')') if open > 0 => {
                    open -= 1;
                    self.at += 1;
                }
                Some(b')') => {
                    if self.take("))") {
                        break;
                    }
                    self.at = start;
                    self.rewinds.set(self.rewinds.get() + 1);
                    if self.rewinds.get() > MAX_REWINDS {
                        return Err(unreadable("it holds too many `((`"));
                    }
                    return Ok(None);
                }
                Some(_) => self.loose_part(&mut parts, depth + open + DEEPER)?,
            }
        }
        parts.extend(assigned_in(&self.text[start..self.at]).into_iter().map(Part::Assigning));
        Ok(Some(RawWord { source: self.text[start..self.at].to_string(), parts }))
    }

    /// One piece where blanks and operators mean nothing: quotes and substitutions are read, the rest passed over.
    fn loose_part(&mut self, parts: &mut Vec<Part>, depth: usize) -> Result<(), Fault> {
        let mut inner = Vec::new();
        match self.peek() {
            Some(b'\'' | b'"' | b'$' | b'`' | b'\\') => self.quoted_part(&mut inner, depth)?,
            _ => {
                self.take_char();
            }
        }
        parts.extend(inner.into_iter().filter(|p| !matches!(p, Part::Text(..))));
        Ok(())
    }

    /// The pieces of one word.
    pub(super) fn word_parts(&mut self, parts: &mut Vec<Part>, depth: usize) -> Result<(), Fault> {
        let start = self.at;
        loop {
            match self.peek() {
                None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')') => return Ok(()),
                Some(b'<' | b'>') => {
                    let out = self.looking_at(">(");
                    if !out && !self.looking_at("<(") {
                        return Ok(());
                    }
                    self.take(if out { ">(" } else { "<(" });
                    let script = self.script(true, depth + DEEPER)?;
                    parts.push(if out { Part::ProcessOut(script) } else { Part::ProcessIn(script) });
                }
                Some(b'(') => {
                    if is_assignment_start(parts) {
                        self.at += 1;
                        parts.push(self.array(depth + DEEPER)?);
                    } else if self.at == start || plain_text(parts).is_some() {
                        return Ok(());
                    } else {
                        return Err(unreadable("a `(` stands inside a word"));
                    }
                }
                Some(b'\'' | b'"' | b'$' | b'`' | b'\\') => self.quoted_part(parts, depth)?,
                Some(_) => {
                    let c = self.take_char().unwrap_or_default();
                    push_text(parts, c, false);
                }
            }
        }
    }

    /// The elements of `name=( … )`.
    fn array(&mut self, depth: usize) -> Result<Part, Fault> {
        limit(depth)?;
        let mut words = Vec::new();
        loop {
            match self.peek() {
                None => return Err(unreadable("an array is not closed")),
                Some(b' ' | b'\t' | b'\n') => self.at += 1,
                Some(b'#') => self.skip_comment(),
                Some(b')') => {
                    self.at += 1;
                    return Ok(Part::Array(words));
                }
                Some(b'(' | b';' | b'&' | b'|') => return Err(unreadable("an operator stands inside an array")),
                Some(_) => {
                    let start = self.at;
                    let mut word = RawWord::default();
                    self.word_parts(&mut word.parts, depth)?;
                    if self.at == start {
                        return Err(unreadable("an operator stands inside an array"));
                    }
                    word.source = self.text[start..self.at].to_string();
                    words.push(word);
                }
            }
        }
    }

    /// A quote, an escape, an expansion or a substitution.
    fn quoted_part(&mut self, parts: &mut Vec<Part>, depth: usize) -> Result<(), Fault> {
        match self.peek() {
            Some(b'\\') => {
                self.at += 1;
                match self.take_char() {
                    Some(c) => push_text(parts, c, true),
                    None => return Err(unreadable("it ends in a backslash")),
                }
            }
            Some(b'\'') => {
                self.at += 1;
                let rest = &self.text[self.at..];
                let Some(length) = rest.find('\'') else { return Err(unreadable("a quote is not closed")) };
                parts.push(Part::Text(rest[..length].to_string(), true));
                self.at += length + 1;
            }
            Some(b'"') => {
                self.at += 1;
                parts.push(Part::Text(String::new(), true));
                self.double_quoted(parts, Until::Quote, depth)?;
            }
            Some(b'$') if self.take("$'") => self.ansi_quoted(parts)?,
            Some(b'$') if self.take("$\"") => {
                parts.push(Part::Expansion);
                self.double_quoted(parts, Until::Quote, depth)?;
            }
            Some(b'$') => self.dollar(parts, depth)?,
            Some(b'`') => self.backticks(parts, depth)?,
            Some(_) | None => {}
        }
        Ok(())
    }

    /// Text where only `$`, backticks and a few escapes mean something.
    pub(super) fn double_quoted(&mut self, parts: &mut Vec<Part>, until: Until, depth: usize) -> Result<(), Fault> {
        loop {
            match self.peek() {
                None if until == Until::End => return Ok(()),
                None => return Err(unreadable("a quote is not closed")),
                Some(b'"') if until == Until::Quote => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.take_char() {
                        Some(c @ ('$' | '`' | '\\')) => push_text(parts, c, true),
                        Some('"') if until == Until::Quote => push_text(parts, '"', true),
                        Some(c) => {
                            push_text(parts, '\\', true);
                            push_text(parts, c, true);
                        }
                        None => return Err(unreadable("it ends in a backslash")),
                    }
                }
                Some(b'$') => self.dollar(parts, depth)?,
                Some(b'`') => self.backticks(parts, depth)?,
                Some(_) => {
                    let c = self.take_char().unwrap_or_default();
                    push_text(parts, c, true);
                }
            }
        }
    }

    /// `$name`, `${…}`, `$(…)`, `$((…))`, `$[…]`; a lone `$` is itself.
    fn dollar(&mut self, parts: &mut Vec<Part>, depth: usize) -> Result<(), Fault> {
        if self.looking_at("$((")
            && let Some(word) = self.arithmetic("$((", depth)?
        {
            parts.push(Part::Expansion);
            parts.extend(word.parts.into_iter().filter(|p| !matches!(p, Part::Text(..))));
            return Ok(());
        }
        if self.take("$(") {
            let script = self.script(true, depth + DEEPER)?;
            parts.push(Part::Substitution(script));
            return Ok(());
        }
        if self.take("${") {
            return self.braced(parts, depth + DEEPER);
        }
        if self.take("$[") {
            parts.extend([Part::Expansion, Part::Arithmetic]);
            return self.skip_to(b']', parts, depth + DEEPER);
        }
        self.at += 1;
        match self.peek() {
            Some(b) if b.is_ascii_alphabetic() || b == b'_' => {
                while matches!(self.peek(), Some(b) if b.is_ascii_alphanumeric() || b == b'_') {
                    self.at += 1;
                }
                parts.push(Part::Expansion);
            }
            Some(b) if b.is_ascii_digit() || b"@*#?-$!".contains(&b) => {
                self.at += 1;
                parts.push(Part::Expansion);
            }
            _ => push_text(parts, '$', true),
        }
        Ok(())
    }

    /// After `${`: what it does besides standing for a value.
    fn braced(&mut self, parts: &mut Vec<Part>, depth: usize) -> Result<(), Fault> {
        limit(depth)?;
        let start = self.at;
        parts.push(Part::Expansion);
        self.skip_to(b'}', parts, depth)?;
        let inner = &self.text[start..self.at.saturating_sub(1)];
        let name = inner.trim_start_matches(['!', '#']);
        let length = name.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (name, rest) = name.split_at(length);
        let after_index = rest.find(']').map_or(rest, |i| if rest.starts_with('[') { &rest[i + 1..] } else { rest });
        if rest.starts_with('[') || rest.starts_with(':') {
            parts.push(Part::Arithmetic);
        }
        if after_index.starts_with(":=") || after_index.starts_with('=') {
            parts.push(Part::Assigning(name.to_string()));
        }
        if inner.contains('@') && inner.ends_with('P') {
            parts.push(Part::Running);
        }
        Ok(())
    }

    /// Passes over everything up to `close`, reading quotes and substitutions on the way.
    fn skip_to(&mut self, close: u8, parts: &mut Vec<Part>, depth: usize) -> Result<(), Fault> {
        limit(depth)?;
        loop {
            match self.peek() {
                None => return Err(unreadable("an expansion is not closed")),
                Some(b) if b == close => {
                    self.at += 1;
                    return Ok(());
                }
                // Inside double quotes a single quote means nothing here, outside it quotes; the readings differ.
                Some(b'\'') => return Err(unreadable("an expansion holds a single quote")),
                Some(_) => self.loose_part(parts, depth)?,
            }
        }
    }

    /// Backticks: their text is unescaped once, then read as a script.
    fn backticks(&mut self, parts: &mut Vec<Part>, depth: usize) -> Result<(), Fault> {
        limit(depth + DEEPER)?;
        self.at += 1;
        let mut code = String::new();
        loop {
            match self.take_char() {
                None => return Err(unreadable("a backtick is not closed")),
                Some('`') => break,
                Some('\\') => match self.take_char() {
                    Some(c @ ('`' | '\\' | '$')) => code.push(c),
                    // Inside double quotes this differs from outside.
                    Some('"') => return Err(unreadable("backticks hold an escaped quote")),
                    Some('\n') => {}
                    Some(c) => code.extend(['\\', c]),
                    None => return Err(unreadable("a backtick is not closed")),
                },
                Some(c) => code.push(c),
            }
        }
        let script = Lexer::new(&code, self.rewinds).script(false, depth + DEEPER)?;
        parts.push(Part::Substitution(script));
        Ok(())
    }

    /// After `$'`: the escapes of C.
    fn ansi_quoted(&mut self, parts: &mut Vec<Part>) -> Result<(), Fault> {
        let mut out = String::new();
        loop {
            match self.take_char() {
                None => return Err(unreadable("a quote is not closed")),
                Some('\'') => break,
                Some('\\') => {
                    let Some(c) = self.take_char() else { return Err(unreadable("a quote is not closed")) };
                    let plain = match c {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'a' => '\u{7}',
                        'b' => '\u{8}',
                        'e' | 'E' => '\u{1b}',
                        'f' => '\u{c}',
                        'v' => '\u{b}',
                        '\\' | '\'' | '"' | '?' => c,
                        'x' => self.code(16, 2)?,
                        'u' => self.code(16, 4)?,
                        'U' => self.code(16, 8)?,
                        '0'..='7' => {
                            self.at -= 1;
                            self.code(8, 3)?
                        }
                        // `\cx` and unknown escapes differ between shells.
                        _ => return Err(unreadable("an escape in $'…' is not known")),
                    };
                    out.push(plain);
                }
                Some(c) => out.push(c),
            }
        }
        parts.push(Part::Text(out, true));
        Ok(())
    }

    /// A character given by its number. Bytes beyond ASCII would need the neighbours: they are refused.
    fn code(&mut self, base: u32, digits: usize) -> Result<char, Fault> {
        let rest = &self.text[self.at..];
        let length = rest.bytes().take(digits).take_while(|b| (*b as char).is_digit(base)).count();
        let number =
            u32::from_str_radix(&rest[..length], base).map_err(|_| unreadable("an escape in $'…' is not known"))?;
        self.at += length;
        let wide = digits > 3;
        match char::from_u32(number) {
            Some(c) if number != 0 && (wide || number < 128) => Ok(c),
            _ => Err(unreadable("an escape in $'…' is not a character")),
        }
    }
}

/// Where text in double quotes ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    Quote,
    End,
}

fn push_text(parts: &mut Vec<Part>, c: char, quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text(text, q)) if *q == quoted => text.push(c),
        _ => parts.push(Part::Text(c.to_string(), quoted)),
    }
}

/// The text of a word that is one unquoted piece.
fn plain_text(parts: &[Part]) -> Option<&str> {
    match parts {
        [Part::Text(text, false)] => Some(text),
        _ => None,
    }
}

fn is_assignment_start(parts: &[Part]) -> bool {
    plain_text(parts).and_then(|t| t.strip_suffix('=')).is_some_and(|t| is_name(t.strip_suffix('+').unwrap_or(t)))
}

/// The variables that a calculation assigns; an empty name where it is not a plain one.
fn assigned_in(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut add = |name: &str| {
        let name = if is_name(name) { name.to_string() } else { String::new() };
        if !out.contains(&name) {
            out.push(name);
        }
    };
    let name_before = |end: usize| {
        let head = text[..end].trim_end();
        head.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
    };
    for (at, _) in text.match_indices('=') {
        let before = &bytes[..at];
        let compares = bytes.get(at + 1) == Some(&b'=')
            || matches!(before.last(), Some(b'=' | b'!'))
            || (matches!(before.last(), Some(b'<' | b'>')) && !before.ends_with(b"<<") && !before.ends_with(b">>"));
        if !compares {
            let operator = text[..at].trim_end_matches(['+', '-', '*', '/', '%', '&', '|', '^', '<', '>']);
            add(name_before(operator.len()));
        }
    }
    for (at, _) in text.match_indices("++").chain(text.match_indices("--")) {
        let after = text[at + 2..].trim_start();
        let length = after.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        add(if is_name(&after[..length]) { &after[..length] } else { name_before(at) });
    }
    out
}

/// Whether this may be a variable's name.
pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

impl RawWord {
    /// The text where it is one piece without quotes.
    pub(super) fn plain(&self) -> Option<&str> {
        plain_text(&self.parts)
    }

    /// The variable, where the word has the shape of an assignment: `a=`, `a+=`, `a[i]=`.
    pub(super) fn assigned_name(&self) -> Option<&str> {
        let Some(Part::Text(text, false)) = self.parts.first() else { return None };
        let length = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (name, rest) = text.split_at(length);
        if !is_name(name) {
            return None;
        }
        // An index may hold anything up to its bracket, expansions included; whatever it is, the word assigns.
        let assigns = rest.starts_with('=')
            || rest.starts_with("+=")
            || (rest.starts_with('[') && self.source.contains("]=") || self.source.contains("]+="));
        assigns.then_some(name)
    }
}
