//! Text to tokens: the linear scan in front of the grammar.
//!
//! One pass over the bytes, in the way bash itself reads: line continuations vanish, quotes and escapes
//! are resolved, substitutions are read as scripts of their own, here-documents are collected. The scan
//! knows where a command may start, so it alone says which words are reserved; the grammar behind it sees
//! reserved words, operators and *place holders* for everything else. So no text of a request reaches the
//! grammar, which keeps it from quarrelling with this scan about quotes, and keeps it linear.
//!
//! INVARIANT: open brackets of every kind (groups, substitutions, expansions, keywords that close) are
//! counted before anything recurses into them, and the sum is at most [`MAX_NESTING`].

use std::cell::Cell;

use super::grammar;
use super::words::Until;
use crate::value::{Fault, FaultKind};

/// Open brackets of all kinds that may be inside one another.
pub(super) const MAX_NESTING: usize = 32;
/// `case` words in one script. The grammar reads the last branch of each twice.
const MAX_CASES: usize = 6;
/// `((` in one text that are groups and not arithmetic.
pub(super) const MAX_REWINDS: usize = 8;
/// What a substitution or expansion adds to the depth. The scan recurses into it, which takes more stack than
/// a bracket does: counted twice, the deepest line fits a stack of 256 KiB.
pub(super) const DEEPER: usize = 2;

/// A fault about the whole line.
pub(super) fn unreadable(why: &str) -> Fault {
    Fault::new(FaultKind::UnreadableCommand, why)
}

/// A script: what is between the ends of a line, or of a substitution.
#[derive(Debug)]
pub(super) struct Script {
    /// The grammar's tree, over place holders.
    pub(super) program: brush_parser::ast::Program,
    /// What the place holders stand for.
    pub(super) words: Vec<RawWord>,
    /// Here-documents in the order of their operators.
    pub(super) documents: Vec<Document>,
}

/// A here-document.
#[derive(Debug, Default)]
pub(super) struct Document {
    end: String,
    quoted: bool,
    tabs: bool,
    /// The body; a word, since it may hold expansions.
    pub(super) body: RawWord,
}

/// A word as read: quotes resolved, expansions kept apart.
#[derive(Debug, Default)]
pub(super) struct RawWord {
    /// Its bytes in the text of its scan.
    pub(super) source: String,
    /// Its pieces.
    pub(super) parts: Vec<Part>,
}

/// A piece of a word.
#[derive(Debug)]
pub(super) enum Part {
    /// Text. What is not quoted may still be a pattern, a brace expansion, a tilde.
    Text(String, bool),
    /// Only known when it runs.
    Expansion,
    /// `${name:=…}` and its like: an expansion that assigns.
    Assigning(String),
    /// `${name@P}`: an expansion that runs what it finds.
    Running,
    /// `$(…)` or backticks.
    Substitution(Script),
    /// `<(…)`: the script's output is read.
    ProcessIn(Script),
    /// `>(…)`: the script's input is written.
    ProcessOut(Script),
    /// `((…))`, `[[ … ]]`, `$((…))`, array indices: evaluated as numbers, which may run what variables hold.
    Arithmetic,
    /// `name=( … )`.
    Array(Vec<RawWord>),
}

/// What a scan stands in; the last one decides what closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    Paren,
    Brace,
    If,
    Loop,
    Case,
}

/// What the next word would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// The start of a command, where words may be reserved.
    Command,
    /// The start of a command after an assignment or redirection: nothing is reserved.
    AfterPrefix,
    Argument,
    ForName,
    ForIn,
    /// After `for ((…))`.
    ForDo,
    CaseWord,
    CaseIn,
    Pattern,
    PatternRest,
    FunctionName,
    FunctionBody,
    /// A redirection's target; the flag says whether the command was not yet there.
    Target(bool),
}

/// A token for the grammar.
#[derive(Clone, Debug)]
pub(super) enum Tok {
    /// An operator.
    Operator(&'static str),
    /// A reserved word.
    Reserved(&'static str),
    /// A word, by its place.
    Word(usize),
    /// An assignment, by its place.
    Assignment(usize),
    /// The three words of a here-document, by its place.
    Document(usize),
    /// The descriptor of the redirection that follows: whether it is standard input.
    Number(bool),
}

/// What was read of one script.
#[derive(Default)]
struct Reading {
    tokens: Vec<Tok>,
    words: Vec<RawWord>,
    documents: Vec<Document>,
    /// Here-documents whose bodies come after the next line end.
    waiting: Vec<usize>,
    stack: Vec<Frame>,
    cases: usize,
}

/// The scan of one text.
pub(super) struct Lexer<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Here-documents announced and not yet read, in this script and those around it.
    pending: usize,
    /// How often `((` turned out not to be arithmetic; each time the text is read again.
    pub(super) rewinds: &'a Cell<usize>,
}

/// Reads a whole text as a script. `depth` counts the brackets around it.
pub(super) fn script(text: &str, depth: usize) -> Result<Script, Fault> {
    refuse_odd_characters(text)?;
    Lexer::new(text, &Cell::new(0)).script(false, depth)
}

/// Characters that shells, terminals and readers disagree about.
fn refuse_odd_characters(text: &str) -> Result<(), Fault> {
    for c in text.chars() {
        let blank = c.is_whitespace() && !matches!(c, ' ' | '\t' | '\n');
        let control = c.is_control() && !matches!(c, '\t' | '\n');
        let hidden = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if blank || control || hidden {
            return Err(unreadable("it holds a control character or a blank that shells read differently"));
        }
    }
    Ok(())
}

const OPERATORS: [&str; 22] = [
    "&>>", "<<<", "<<-", ";;&", "&&", "||", ";;", ";&", "|&", "&>", ">>", "<<", ">|", "<>", "<&", ">&", "&", "|", ";",
    "<", ">", "\n",
];

const RESERVED: [&str; 20] = [
    "if", "then", "elif", "else", "fi", "for", "select", "while", "until", "do", "done", "case", "esac", "{", "}", "!",
    "time", "function", "coproc", "[[",
];

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, rewinds: &'a Cell<usize>) -> Self {
        Self { bytes: text.as_bytes(), text, at: 0, pending: 0, rewinds }
    }

    /// The next byte, line continuations passed over.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while self.bytes[self.at..].starts_with(b"\\\n") {
            self.at += 2;
        }
        self.bytes.get(self.at).copied()
    }

    /// Takes `wanted` if it is next, looking through line continuations.
    pub(super) fn take(&mut self, wanted: &str) -> bool {
        let start = self.at;
        for &b in wanted.as_bytes() {
            if self.peek() != Some(b) {
                self.at = start;
                return false;
            }
            self.at += 1;
        }
        true
    }

    pub(super) fn looking_at(&mut self, wanted: &str) -> bool {
        let start = self.at;
        let found = self.take(wanted);
        self.at = start;
        found
    }

    /// Takes one whole character as it stands.
    pub(super) fn take_char(&mut self) -> Option<char> {
        let c = self.text.get(self.at..)?.chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// A script up to the end of the text, or up to the `)` that closes it.
    pub(super) fn script(&mut self, until_paren: bool, depth: usize) -> Result<Script, Fault> {
        limit(depth)?;
        let mut r = Reading::default();
        let mut expect = Expect::Command;
        loop {
            self.skip_blanks();
            limit(depth + r.stack.len())?;
            let Some(byte) = self.peek() else {
                if until_paren || !r.stack.is_empty() {
                    return Err(unreadable("a bracket, quote or keyword is not closed"));
                }
                if !r.waiting.is_empty() {
                    return Err(unreadable("a here-document has no end"));
                }
                break;
            };
            match byte {
                b'#' => self.skip_comment(),
                b')' if until_paren && r.stack.is_empty() && expect != Expect::PatternRest => {
                    self.at += 1;
                    if !r.waiting.is_empty() {
                        return Err(unreadable("a here-document has no end"));
                    }
                    break;
                }
                b'(' => expect = self.open_paren(&mut r, expect, depth)?,
                b')' => expect = self.close_paren(&mut r, expect)?,
                b'<' | b'>' if self.looking_at("<(") || self.looking_at(">(") => {
                    expect = self.word(&mut r, expect, depth)?
                }
                b'&' | b'|' | b';' | b'<' | b'>' | b'\n' => expect = self.operator(&mut r, expect, depth)?,
                _ => expect = self.word(&mut r, expect, depth)?,
            }
        }
        let program = grammar::parse(&r.tokens)?;
        Ok(Script { program, words: r.words, documents: r.documents })
    }

    pub(super) fn skip_comment(&mut self) {
        while self.bytes.get(self.at).is_some_and(|&b| b != b'\n') {
            self.at += 1;
        }
    }

    fn open_paren(&mut self, r: &mut Reading, expect: Expect, depth: usize) -> Result<Expect, Fault> {
        let depth = depth + r.stack.len();
        match expect {
            Expect::Command => {
                if let Some(word) = self.arithmetic("((", depth)? {
                    r.push_word(word);
                    return Ok(Expect::Argument);
                }
                self.at += 1;
                r.stack.push(Frame::Paren);
                r.tokens.push(Tok::Operator("("));
                // Two brackets in a row would be arithmetic to the grammar.
                r.tokens.push(Tok::Operator("\n"));
                Ok(Expect::Command)
            }
            Expect::Argument | Expect::FunctionBody => {
                let start = self.at;
                self.at += 1;
                self.skip_blanks();
                if self.take(")") {
                    r.tokens.push(Tok::Operator("("));
                    r.tokens.push(Tok::Operator(")"));
                    return Ok(Expect::Command);
                }
                self.at = start;
                if expect == Expect::FunctionBody {
                    return self.open_paren(r, Expect::Command, depth - r.stack.len());
                }
                Err(unreadable("a `(` stands where none may"))
            }
            Expect::Pattern => {
                self.at += 1;
                r.tokens.push(Tok::Operator("("));
                Ok(Expect::PatternRest)
            }
            Expect::ForName => match self.arithmetic("((", depth)? {
                Some(word) => {
                    let at = r.words.len();
                    r.words.push(word);
                    r.tokens.extend([Tok::Word(at), Tok::Reserved("in"), Tok::Word(at), Tok::Operator(";")]);
                    Ok(Expect::ForDo)
                }
                None => Err(unreadable("`for` is not followed by a name")),
            },
            Expect::AfterPrefix
            | Expect::ForIn
            | Expect::ForDo
            | Expect::CaseWord
            | Expect::CaseIn
            | Expect::PatternRest
            | Expect::FunctionName
            | Expect::Target(_) => Err(unreadable("a `(` stands where none may")),
        }
    }

    fn close_paren(&mut self, r: &mut Reading, expect: Expect) -> Result<Expect, Fault> {
        self.at += 1;
        r.tokens.push(Tok::Operator(")"));
        if expect == Expect::PatternRest {
            return Ok(Expect::Command);
        }
        if r.stack.last() == Some(&Frame::Paren)
            && matches!(expect, Expect::Command | Expect::AfterPrefix | Expect::Argument)
        {
            r.stack.pop();
            return Ok(Expect::Command);
        }
        Err(unreadable("a `)` closes nothing"))
    }

    fn operator(&mut self, r: &mut Reading, expect: Expect, depth: usize) -> Result<Expect, Fault> {
        let Some(op) = OPERATORS.into_iter().find(|op| self.take(op)) else {
            return Err(unreadable("an operator is not known"));
        };
        match op {
            "\n" => {
                self.documents(r, depth)?;
                return Ok(match expect {
                    Expect::ForIn | Expect::CaseIn | Expect::Pattern | Expect::ForDo => expect,
                    Expect::Command | Expect::AfterPrefix | Expect::Argument => {
                        r.tokens.push(Tok::Operator(op));
                        Expect::Command
                    }
                    Expect::FunctionBody => Expect::Command,
                    Expect::ForName
                    | Expect::CaseWord
                    | Expect::PatternRest
                    | Expect::FunctionName
                    | Expect::Target(_) => {
                        return Err(unreadable("a line ends too early"));
                    }
                });
            }
            "<<" | "<<-" => return self.here_document(r, op, expect),
            _ => {}
        }
        let starting = matches!(expect, Expect::Command | Expect::AfterPrefix);
        let running = starting || expect == Expect::Argument;
        match op {
            ";" if expect == Expect::ForDo => Ok(expect),
            "|" if expect == Expect::PatternRest => {
                r.tokens.push(Tok::Operator(op));
                Ok(expect)
            }
            ";;" | ";&" | ";;&" if running && r.stack.last() == Some(&Frame::Case) => {
                r.tokens.push(Tok::Operator(op));
                Ok(Expect::Pattern)
            }
            ";" | "&" | "&&" | "||" | "|" | "|&" if running || (op == ";" && expect == Expect::ForIn) => {
                r.tokens.push(Tok::Operator(op));
                Ok(Expect::Command)
            }
            "<" | ">" | ">>" | ">|" | "<>" | "<&" | ">&" | "&>" | "&>>" | "<<<" if running => {
                r.tokens.push(Tok::Operator(op));
                Ok(Expect::Target(starting))
            }
            _ => Err(unreadable("an operator stands where none may")),
        }
    }

    fn here_document(&mut self, r: &mut Reading, op: &'static str, expect: Expect) -> Result<Expect, Fault> {
        let next = match expect {
            Expect::Command | Expect::AfterPrefix => Expect::AfterPrefix,
            Expect::Argument => Expect::Argument,
            _ => return Err(unreadable("a here-document stands where none may")),
        };
        self.skip_blanks();
        let start = self.at;
        let mut end = String::new();
        let mut quoted = false;
        while let Some(b) = self.peek() {
            match b {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' => break,
                b'$' | b'`' => return Err(unreadable("the end word of a here-document holds an expansion")),
                b'\\' => {
                    quoted = true;
                    self.at += 1;
                    end.extend(self.take_char());
                }
                b'\'' | b'"' => {
                    quoted = true;
                    self.at += 1;
                    let rest = &self.text[self.at..];
                    let Some(length) = rest.find(b as char) else { return Err(unreadable("a quote is not closed")) };
                    if rest[..length].contains(['\\', '$', '`', '\n']) {
                        return Err(unreadable("the end word of a here-document is too clever"));
                    }
                    end.push_str(&rest[..length]);
                    self.at += length + 1;
                }
                _ => end.extend(self.take_char()),
            }
        }
        if self.at == start {
            return Err(unreadable("a here-document has no end word"));
        }
        let place = r.documents.len();
        r.documents.push(Document { end, quoted, tabs: op == "<<-", body: RawWord::default() });
        r.waiting.push(place);
        self.pending += 1;
        r.tokens.push(Tok::Operator(op));
        r.tokens.push(Tok::Document(place));
        Ok(next)
    }

    /// Reads the bodies of the here-documents that were announced on the line that just ended.
    fn documents(&mut self, r: &mut Reading, depth: usize) -> Result<(), Fault> {
        if self.pending > r.waiting.len() {
            return Err(unreadable("a line ends inside a substitution while a here-document is awaited"));
        }
        self.pending = 0;
        for place in std::mem::take(&mut r.waiting) {
            let Some(document) = r.documents.get_mut(place) else { continue };
            let mut body = String::new();
            loop {
                let Some(rest) = self.text.get(self.at..).filter(|rest| !rest.is_empty()) else {
                    return Err(unreadable("a here-document has no end"));
                };
                let raw = rest.split('\n').next().unwrap_or(rest);
                self.at = (self.at + raw.len() + 1).min(self.bytes.len());
                let line = if document.tabs { raw.trim_start_matches('\t') } else { raw };
                if line == document.end {
                    break;
                }
                // Joined lines could hide the end word from one reader and show it to another.
                if !document.quoted && line.ends_with('\\') {
                    return Err(unreadable("a line of a here-document is continued"));
                }
                body.push_str(line);
                body.push('\n');
            }
            document.body = if document.quoted {
                RawWord { source: body.clone(), parts: vec![Part::Text(body, true)] }
            } else {
                let mut parts = Vec::new();
                let mut inner = Lexer::new(&body, self.rewinds);
                inner.double_quoted(&mut parts, Until::End, depth + r.stack.len() + DEEPER)?;
                RawWord { source: body.clone(), parts }
            };
        }
        Ok(())
    }

    /// A word, and what it means where it stands.
    fn word(&mut self, r: &mut Reading, expect: Expect, depth: usize) -> Result<Expect, Fault> {
        if expect == Expect::Command && self.reserved_next("[[") {
            let word = self.condition(depth + r.stack.len() + DEEPER)?;
            r.push_word(word);
            return Ok(Expect::Argument);
        }
        let start = self.at;
        let mut word = RawWord::default();
        self.word_parts(&mut word.parts, depth + r.stack.len())?;
        word.source = self.text[start..self.at].to_string();
        let plain = word.plain().unwrap_or("").to_string();
        // `2>` and the like: the number belongs to the redirection. All that matters is whether it is 0.
        let number = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_digit());
        if number && matches!(self.peek(), Some(b'<' | b'>')) && !self.looking_at("<(") && !self.looking_at(">(") {
            if matches!(expect, Expect::Command | Expect::AfterPrefix | Expect::Argument) {
                r.tokens.push(Tok::Number(plain.bytes().all(|b| b == b'0')));
                return Ok(if expect == Expect::Command { Expect::AfterPrefix } else { expect });
            }
            return Err(unreadable("a redirection stands where none may"));
        }
        // `{fd}>` names a variable for the redirection's number; read as a command it would hide the real one.
        if plain.starts_with('{') && plain.ends_with('}') && matches!(self.peek(), Some(b'<' | b'>')) {
            return Err(unreadable("a redirection names a variable for its number"));
        }
        self.placed(r, expect, word, &plain)
    }

    /// A word that was read, and what comes after it.
    fn placed(&mut self, r: &mut Reading, expect: Expect, word: RawWord, plain: &str) -> Result<Expect, Fault> {
        let reserved = RESERVED.into_iter().find(|w| *w == plain);
        let next = match (expect, reserved) {
            (Expect::Command, Some(keyword)) => return self.reserved(r, keyword),
            (Expect::ForDo, Some("do")) => return self.reserved(r, "do"),
            (Expect::ForIn, Some("do")) => {
                r.tokens.push(Tok::Operator(";"));
                return self.reserved(r, "do");
            }
            (Expect::FunctionBody, Some(keyword @ ("{" | "if" | "for" | "while" | "until" | "case"))) => {
                return self.reserved(r, keyword);
            }
            (Expect::Pattern, Some("esac")) => return r.close(Frame::Case, "esac"),
            (Expect::ForIn | Expect::CaseIn, _) if plain == "in" => {
                r.tokens.push(Tok::Reserved("in"));
                return Ok(if expect == Expect::CaseIn { Expect::Pattern } else { Expect::Argument });
            }
            (Expect::ForIn | Expect::CaseIn | Expect::ForDo | Expect::FunctionBody, _) => {
                return Err(unreadable("a word stands where a keyword must"));
            }
            (Expect::Command | Expect::AfterPrefix, _) if word.assigned_name().is_some() => {
                r.tokens.push(Tok::Assignment(r.words.len()));
                r.words.push(word);
                return Ok(Expect::AfterPrefix);
            }
            (Expect::Command | Expect::AfterPrefix | Expect::Argument | Expect::Target(false), _) => Expect::Argument,
            (Expect::Target(true), _) => Expect::AfterPrefix,
            (Expect::ForName, _) => Expect::ForIn,
            (Expect::CaseWord, _) => Expect::CaseIn,
            (Expect::Pattern | Expect::PatternRest, _) => Expect::PatternRest,
            (Expect::FunctionName, _) => Expect::FunctionBody,
        };
        r.push_word(word);
        Ok(next)
    }

    fn reserved(&mut self, r: &mut Reading, keyword: &'static str) -> Result<Expect, Fault> {
        let open = |r: &mut Reading, frame, word| {
            r.stack.push(frame);
            r.tokens.push(Tok::Reserved(word));
        };
        match keyword {
            "if" => open(r, Frame::If, "if"),
            "while" | "until" => open(r, Frame::Loop, keyword),
            "{" => open(r, Frame::Brace, "{"),
            "for" | "select" => {
                open(r, Frame::Loop, "for");
                return Ok(Expect::ForName);
            }
            "case" => {
                r.cases += 1;
                if r.cases > MAX_CASES {
                    return Err(unreadable("it holds too many `case`"));
                }
                open(r, Frame::Case, "case");
                return Ok(Expect::CaseWord);
            }
            "then" | "elif" | "else" => r.inside(Frame::If, keyword)?,
            "do" => r.inside(Frame::Loop, keyword)?,
            "fi" => return r.close(Frame::If, keyword),
            "done" => return r.close(Frame::Loop, keyword),
            "esac" => return r.close(Frame::Case, keyword),
            "}" => return r.close(Frame::Brace, keyword),
            "!" => r.tokens.push(Tok::Reserved("!")),
            "function" => {
                r.tokens.push(Tok::Reserved("function"));
                return Ok(Expect::FunctionName);
            }
            // `time` changes nothing about what runs; its own options go with it.
            "time" => {
                self.skip_blanks();
                while self.reserved_next("-p") || self.reserved_next("--") {
                    self.at += 2;
                    self.skip_blanks();
                }
            }
            _ => return Err(unreadable("it holds a construct that is not read here (`coproc`)")),
        }
        Ok(Expect::Command)
    }

    /// Whether exactly this word is next, nothing else joined to it.
    pub(super) fn reserved_next(&mut self, word: &str) -> bool {
        let start = self.at;
        let found = self.take(word)
            && matches!(
                self.peek(),
                None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
            );
        self.at = start;
        found
    }
}

pub(super) fn limit(depth: usize) -> Result<(), Fault> {
    if depth > MAX_NESTING {
        return Err(Fault::new(FaultKind::LimitExceeded, format!("a command nests deeper than {MAX_NESTING}")));
    }
    Ok(())
}

impl Reading {
    fn push_word(&mut self, word: RawWord) {
        self.tokens.push(Tok::Word(self.words.len()));
        self.words.push(word);
    }

    fn inside(&mut self, frame: Frame, keyword: &'static str) -> Result<(), Fault> {
        if self.stack.last() != Some(&frame) {
            return Err(unreadable("a keyword stands where none may"));
        }
        self.tokens.push(Tok::Reserved(keyword));
        Ok(())
    }

    fn close(&mut self, frame: Frame, keyword: &'static str) -> Result<Expect, Fault> {
        self.inside(frame, keyword)?;
        self.stack.pop();
        Ok(Expect::Command)
    }
}
