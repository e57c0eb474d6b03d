//! The second pass: tokens to items, with every limit that must hold before anything recurses.
//!
//! An item begins at an item keyword that is the first word of its line, or follows a `}`, outside all
//! brackets. Where a bracket is never closed, an item keyword at the very start of a line begins the
//! next item all the same, so that one lost brace costs one item and not the rest of the file.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{FileId, Span};

use super::scan::{Kind, Scan, Token};

/// Deepest nesting of brackets, prefixes and quantifiers together with the tree they make.
pub(super) const MAX_NESTING: usize = 64;
/// Most operators in one item.
const MAX_OPERATORS: usize = 10_000;
/// Most findings of this pass in one file.
const MAX_FINDINGS: usize = 200;

/// The first words of items.
pub(super) const ITEM_KEYWORDS: [&str; 33] = [
    "package",
    "use",
    "action",
    "fields",
    "entity",
    "facts",
    "enum",
    "ordered",
    "record",
    "const",
    "predicate",
    "rule",
    "guard",
    "relax",
    "exception",
    "approval",
    "table",
    "flag",
    "limit",
    "cooldown",
    "budget",
    "window",
    "trust",
    "once",
    "lease",
    "states",
    "grant",
    "digest",
    "workflow",
    "schedule",
    "executor",
    "test",
    "assert",
];

/// Words that carry an item on when they begin a line.
const CONTINUATIONS: [&str; 45] = [
    "and",
    "or",
    "not",
    "in",
    "under",
    "like",
    "matches",
    "contains",
    "starts",
    "ends",
    "subset",
    "intersects",
    "minus",
    "within",
    "runs",
    "reads",
    "writes",
    "of",
    "where",
    "with",
    "on",
    "by",
    "also",
    "as",
    "one",
    "for",
    "strict",
    "scoped",
    "changed",
    "waivable",
    "relaxable",
    "except",
    "across",
    "to",
    "when",
    "unless",
    "tested",
    "otherwise",
    "because",
    "code",
    "instead",
    "notify",
    "redact",
    "until",
    "warn",
];

/// An item's text before the grammar sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawItem {
    /// First byte.
    pub(super) start: u32,
    /// One past the last byte of its last token.
    pub(super) end: u32,
    /// The end of the first word.
    pub(super) word_end: u32,
    /// Whether a finding has already said why it cannot be read.
    pub(super) bad: bool,
}

/// Splits the tokens of a file.
pub(super) fn split(source: &str, file: FileId, scan: &mut Scan) -> Vec<RawItem> {
    let tokens = std::mem::take(&mut scan.tokens);
    let mut splitter = Splitter { source, file, items: Vec::new(), findings: Vec::new(), state: State::default() };
    splitter.run(&tokens, 0, false);
    let mut items = splitter.items;
    for item in &mut items {
        let from = scan.bad.partition_point(|at| *at < item.start);
        item.bad |= scan.bad.get(from).is_some_and(|at| *at < item.end);
    }
    scan.diagnostics.append(&mut splitter.findings);
    scan.tokens = tokens;
    items
}

/// What is counted inside one item.
#[derive(Default)]
struct State {
    /// Open brackets: the sign, its place, and the quantifiers seen at its level so far.
    open: Vec<(u8, u32, u32)>,
    /// Quantifiers at the item's own level.
    quantifiers: u32,
    prefixes: usize,
    operators: usize,
    deep: bool,
    many: bool,
}

struct Splitter<'a> {
    source: &'a str,
    file: FileId,
    items: Vec<RawItem>,
    findings: Vec<Diagnostic>,
    state: State,
}

impl Splitter<'_> {
    /// Splits from a token on. `strict` breaks items at keywords that begin a line, brackets or not.
    fn run(&mut self, tokens: &[Token], from: usize, strict: bool) {
        let mut previous: Option<Token> = None;
        let mut first_of_item = from;
        for (index, token) in tokens.iter().enumerate().skip(from) {
            if token.is_comment() {
                continue;
            }
            let depth = self.state.open.len();
            let begins = match previous {
                None => true,
                Some(previous) if depth == 0 => self.begins_item(*token, previous, tokens.get(index + 1).copied()),
                Some(_) => strict && self.breaks_item(*token),
            };
            if begins {
                self.close_item();
                first_of_item = index;
                self.open_item(*token);
            }
            self.count(*token, tokens.get(index + 1).copied(), tokens.get(index + 2).copied());
            self.bracket(*token);
            if let Some(item) = self.items.last_mut() {
                item.end = token.end;
            }
            previous = Some(*token);
        }
        if !self.state.open.is_empty() && !strict {
            // Something is never closed: read this item and the rest again, broken at line starts.
            self.items.pop();
            self.state = State::default();
            let start = tokens.get(first_of_item).map_or(0, |t| t.start);
            self.findings.retain(|d| d.primary.span.start < start);
            return self.run(tokens, first_of_item, true);
        }
        self.close_item();
    }

    fn open_item(&mut self, token: Token) {
        self.state = State::default();
        self.items.push(RawItem { start: token.start, end: token.end, word_end: token.end, bad: false });
    }

    /// Says what the last item left open.
    fn close_item(&mut self) {
        if let Some((sign, at, _)) = self.state.open.pop() {
            self.state.open.clear();
            let sign = char::from(sign);
            let close = closing(sign);
            let item = self.items.last().map_or("", |i| self.source.get(range(i.start, i.word_end)).unwrap_or(""));
            let what = if ITEM_KEYWORDS.contains(&item) { format!(" of this `{item}`") } else { String::new() };
            let end = self.items.last().map_or(at + 1, |i| i.end);
            self.report(
                Diagnostic::new(
                    Code::UnclosedBrace,
                    self.span(at, at + 1),
                    format!("A `{sign}`{what} is never closed."),
                )
                .at("opened here")
                .label(self.span(end, end), format!("`{close}` expected before here"))
                .help(format!("Write `{close}` where it ends.")),
            );
            self.spoil();
        }
    }

    fn spoil(&mut self) {
        if let Some(item) = self.items.last_mut() {
            item.bad = true;
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(diagnostic);
        } else if self.findings.len() == MAX_FINDINGS {
            let place = diagnostic.primary.span;
            self.findings.push(
                Diagnostic::new(Code::ManyErrors, place, "This file has more such errors than are shown.")
                    .help("Correct those above first."),
            );
        }
    }

    fn span(&self, start: u32, end: u32) -> Span {
        Span { file: self.file, start, end }
    }

    fn word(&self, token: Token) -> Option<&str> {
        (token.kind == Kind::Word).then(|| token.text(self.source))
    }

    fn begins_item(&self, token: Token, previous: Token, next: Option<Token>) -> bool {
        let Some(word) = self.word(token) else { return false };
        let after_brace = previous.kind == Kind::Close && previous.text(self.source) == "}";
        if !(token.first || after_brace) || self.carries_on(previous) {
            return false;
        }
        let followed = next.is_some_and(|n| matches!(n.kind, Kind::Word | Kind::String) || n.is_comment());
        if ITEM_KEYWORDS.contains(&word) {
            // A keyword in the middle of a line after `}` must look like an item: `… } test "x" {`.
            return token.first || followed;
        }
        // A word that begins no item, at the start of a line where an item has ended.
        let at_line_start = token.start == 0 || self.source.as_bytes().get(token.start as usize - 1) == Some(&b'\n');
        at_line_start && followed && !CONTINUATIONS.contains(&word)
    }

    /// Whether an item cannot end with this token.
    fn carries_on(&self, token: Token) -> bool {
        match token.kind {
            Kind::Sign => !matches!(token.text(self.source), "*" | "**" | "?"),
            Kind::Word => {
                let word = token.text(self.source);
                matches!(
                    word,
                    "and" | "or" | "not" | "in" | "on" | "by" | "under" | "like" | "except" | "also" | "ordered"
                )
            }
            Kind::Number | Kind::String | Kind::Regex | Kind::Open | Kind::Close | Kind::Comment | Kind::Doc => false,
        }
    }

    /// An item keyword at the very start of a line.
    fn breaks_item(&self, token: Token) -> bool {
        let start = token.start as usize;
        let at_line_start = start == 0 || self.source.as_bytes().get(start - 1) == Some(&b'\n');
        at_line_start && self.word(token).is_some_and(|w| ITEM_KEYWORDS.contains(&w))
    }

    fn bracket(&mut self, token: Token) {
        let Some(sign) = self.source.as_bytes().get(token.start as usize).copied() else { return };
        match token.kind {
            Kind::Open => {
                let quantifiers = std::mem::take(&mut self.state.quantifiers);
                self.state.open.push((sign, token.start, quantifiers));
                if self.state.open.len() > MAX_NESTING {
                    self.too_deep(token, "brackets");
                }
            }
            Kind::Close => self.closes(token, sign),
            Kind::Word | Kind::Number | Kind::String | Kind::Regex | Kind::Sign | Kind::Comment | Kind::Doc => {}
        }
    }

    fn closes(&mut self, token: Token, sign: u8) {
        // A `)` or `]` inside braces that opened none is the mistake itself; a `}` closes what is open in it.
        if sign != b'}' && self.state.open.last().is_none_or(|(open, ..)| *open == b'{') {
            return self.stray(token, char::from(sign));
        }
        let Some(mut top) = self.state.open.pop() else { return self.stray(token, '}') };
        if closing(char::from(top.0)) != char::from(sign) {
            self.mismatch(token, char::from(top.0), top.1, char::from(sign));
        }
        while sign == b'}' && top.0 != b'{' {
            let Some(next) = self.state.open.pop() else { break };
            top = next;
        }
        self.state.quantifiers = top.2;
    }

    fn mismatch(&mut self, token: Token, open: char, at: u32, close: char) {
        self.spoil();
        if self.findings.len() > MAX_FINDINGS {
            return;
        }
        self.report(
            Diagnostic::new(
                Code::UnclosedBrace,
                self.span(token.start, token.end),
                format!("A `{open}` is closed by `{close}`."),
            )
            .at(format!("`{}` expected", closing(open)))
            .label(self.span(at, at + 1), "opened here")
            .help(format!("Write `{}` here, or close what stands between first.", closing(open))),
        );
    }

    fn stray(&mut self, token: Token, sign: char) {
        self.spoil();
        if self.findings.len() > MAX_FINDINGS {
            return;
        }
        self.report(
            Diagnostic::new(
                Code::UnexpectedText,
                self.span(token.start, token.end),
                format!("This `{sign}` closes nothing."),
            )
            .help("Delete it, or look above for a bracket that is missing or closed too early."),
        );
    }

    fn too_deep(&mut self, token: Token, what: &str) {
        self.spoil();
        if std::mem::replace(&mut self.state.deep, true) {
            return;
        }
        self.report(
            Diagnostic::new(
                Code::NestedTooDeep,
                self.span(token.start, token.end),
                format!("Here {what} are nested deeper than {MAX_NESTING}."),
            )
            .help("Give the inner part a name with `const` or `predicate` and use the name."),
        );
    }

    /// Counts what would make the grammar recurse or an expression grow without bound.
    fn count(&mut self, token: Token, next: Option<Token>, after: Option<Token>) {
        let text = token.text(self.source);
        match token.kind {
            Kind::Word if matches!(text, "not" | "has") => self.prefix(token),
            Kind::Sign if text == "-" => self.prefix(token),
            Kind::Word | Kind::Number | Kind::String | Kind::Regex | Kind::Sign | Kind::Close => {
                self.state.prefixes = 0
            }
            Kind::Open | Kind::Comment | Kind::Doc => {}
        }
        if token.kind == Kind::Word && matches!(text, "any" | "all" | "count") {
            let is_word = |t: Option<Token>| t.is_some_and(|t| t.kind == Kind::Word);
            if is_word(next) && (is_word(after) || after.is_some_and(Token::is_comment))
                || next.is_some_and(Token::is_comment)
            {
                self.state.quantifiers += 1;
                if self.state.quantifiers as usize > MAX_NESTING {
                    self.too_deep(token, "quantifiers");
                }
            }
        }
        let operator = match token.kind {
            Kind::Word => matches!(text, "and" | "or" | "not" | "in" | "minus" | "of" | "has"),
            Kind::Sign => !matches!(text, "," | ":" | "." | "*" | "**" | "=" | "->"),
            Kind::Number | Kind::String | Kind::Regex | Kind::Open | Kind::Close | Kind::Comment | Kind::Doc => false,
        };
        if operator {
            self.state.operators += 1;
            if self.state.operators > MAX_OPERATORS {
                self.too_many(token);
            }
        }
    }

    fn prefix(&mut self, token: Token) {
        self.state.prefixes += 1;
        if self.state.prefixes > MAX_NESTING {
            self.too_deep(token, "`not`, `-` and `has`");
        }
    }

    fn too_many(&mut self, token: Token) {
        self.spoil();
        if std::mem::replace(&mut self.state.many, true) || self.state.deep {
            return;
        }
        self.report(
            Diagnostic::new(
                Code::TooMany,
                self.span(token.start, token.end),
                format!("This item has more than {MAX_OPERATORS} operators."),
            )
            .at("the first one too many")
            .help("Test against a set (`x in names`), or divide the item."),
        );
    }
}

fn range(start: u32, end: u32) -> std::ops::Range<usize> {
    start as usize..end as usize
}

fn closing(open: char) -> char {
    match open {
        '{' => '}',
        '[' => ']',
        _ => ')',
    }
}

/// An item whose first word begins none.
pub(super) fn unknown_item(word: &str, span: Span) -> Diagnostic {
    let word = word.get(..80).unwrap_or(word);
    let found = Diagnostic::new(Code::UnknownItemKeyword, span, format!("No item begins with `{word}`."));
    match nearest(word, ITEM_KEYWORDS) {
        Some(near) => found.at(format!("did you mean `{near}`?")).help(format!("Write `{near}`.")),
        None => found
            .at("not the first word of an item")
            .help("Begin with `rule`, `guard`, `relax`, `approval`, `action`, `const`, `test` or another item word."),
    }
}
