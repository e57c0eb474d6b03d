//! Tokens to a tree of brackets and elements, with every comment at its element.

use super::plan::{Plan, Style};
use crate::syntax::scan::{Kind, Token};

/// A `//` or `///` line.
#[derive(Debug)]
pub(super) struct Remark<'a> {
    /// Its text with the slashes.
    pub(super) text: &'a str,
    /// Whether the author left a blank line before it.
    pub(super) blank: bool,
}

/// A piece of an element.
#[derive(Debug)]
pub(super) enum Node<'a> {
    /// A word, sign or literal, with its place.
    Text(&'a str, u32),
    /// Text of several lines that is kept.
    Raw(&'a str),
    /// A comment in the middle of an element; `own` where it had its own line.
    Comment { text: &'a str, own: bool },
    /// A bracket.
    Group(Group<'a>),
}

/// A bracket with its elements.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The opening sign and its place.
    pub(super) open: (&'a str, u32),
    /// The closing sign.
    pub(super) close: &'a str,
    /// How it is laid out.
    pub(super) style: Style,
    /// A comment behind the opening sign.
    pub(super) head: Option<&'a str>,
    /// Its elements, in canonical order.
    pub(super) elements: Vec<Element<'a>>,
    /// Comments behind the last element.
    pub(super) rest: Vec<Remark<'a>>,
    /// It must not be put on one line: it holds comments, or the author broke it behind the opening sign.
    pub(super) broken: bool,
}

/// An element of a list: a clause, a field, a value, an item.
#[derive(Debug, Default)]
pub(super) struct Element<'a> {
    /// Comments on lines before it.
    pub(super) leading: Vec<Remark<'a>>,
    /// Whether the author left a blank line before it.
    pub(super) blank: bool,
    /// What it is made of.
    pub(super) nodes: Vec<Node<'a>>,
    /// A comment behind it on its line.
    pub(super) trailing: Option<&'a str>,
    rank: u8,
}

/// Builds the tree of a file.
pub(super) struct Layout<'a> {
    source: &'a str,
    tokens: &'a [Token],
    plan: &'a Plan,
    /// Whether clauses are put into the canonical order.
    sorted: bool,
    at: usize,
}

/// Elements with the comments around them.
type Body<'a> = (Option<&'a str>, Vec<Element<'a>>, Vec<Remark<'a>>);

impl<'a> Layout<'a> {
    /// For the tokens of a file.
    pub(super) fn new(source: &'a str, tokens: &'a [Token], plan: &'a Plan, sorted: bool) -> Self {
        Self { source, tokens, plan, sorted, at: 0 }
    }

    /// The items of the file and the comments behind the last.
    pub(super) fn file(mut self) -> (Vec<Element<'a>>, Vec<Remark<'a>>) {
        let (head, elements, mut rest) = self.body(true);
        if let Some(text) = head {
            rest.insert(0, Remark { text, blank: false });
        }
        (elements, rest)
    }

    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn text(&self, start: u32, end: u32) -> &'a str {
        self.source.get(start as usize..end as usize).unwrap_or_default()
    }

    fn token_text(&self, token: Token) -> &'a str {
        self.text(token.start, token.end)
    }

    /// Whether a blank line stands before a token.
    fn blank_before(&self, token: Token) -> bool {
        let before = self.source.get(..token.start as usize).unwrap_or_default();
        let gap = &before[before.trim_end().len()..];
        gap.bytes().filter(|b| *b == b'\n').count() > 1
    }

    /// Whether what follows begins the next element or ends the list; comments and a comma do not count.
    fn at_boundary(&self) -> bool {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let next = rest.iter().find(|t| !t.is_comment() && self.token_text(**t) != ",");
        next.is_none_or(|t| t.kind == Kind::Close || self.plan.elements.contains_key(&t.start))
    }

    fn body(&mut self, file: bool) -> Body<'a> {
        let mut elements: Vec<Element<'a>> = Vec::new();
        let mut pending: Vec<Remark<'a>> = Vec::new();
        let mut head = None;
        while let Some(token) = self.peek() {
            if token.kind == Kind::Close && !file {
                break;
            }
            if token.is_comment() {
                self.comment(token, &mut elements, &mut pending, &mut head);
                continue;
            }
            if token.kind == Kind::Sign && self.token_text(token) == "," {
                self.at += 1;
                if self.at_boundary() {
                    continue;
                }
                self.at -= 1;
            }
            if elements.is_empty() || self.plan.elements.contains_key(&token.start) {
                elements.push(Element {
                    leading: std::mem::take(&mut pending),
                    blank: self.blank_before(token),
                    rank: self.plan.elements.get(&token.start).copied().unwrap_or(0),
                    ..Element::default()
                });
            }
            let node = self.node(token);
            if let Some(element) = elements.last_mut() {
                element.nodes.push(node);
            }
        }
        if self.sorted && !file {
            elements.sort_by_key(|e| e.rank);
        }
        (head, elements, pending)
    }

    fn comment(
        &mut self,
        token: Token,
        elements: &mut [Element<'a>],
        pending: &mut Vec<Remark<'a>>,
        head: &mut Option<&'a str>,
    ) {
        self.at += 1;
        let text = self.token_text(token);
        let boundary = self.at_boundary();
        match elements.last_mut() {
            Some(element) if !boundary => element.nodes.push(Node::Comment { text, own: token.first }),
            Some(element) if !token.first && pending.is_empty() => element.trailing = Some(text),
            None if !token.first => *head = Some(text),
            Some(_) | None => pending.push(Remark { text, blank: self.blank_before(token) }),
        }
    }

    fn node(&mut self, token: Token) -> Node<'a> {
        let kept = self.plan.raws.get(&token.start).map(|end| (*end, true));
        let whole = kept.or_else(|| self.plan.atoms.get(&token.start).map(|end| (*end, false)));
        if let Some((end, raw)) = whole {
            while self.peek().is_some_and(|t| t.start < end) {
                self.at += 1;
            }
            let text = self.text(token.start, end);
            return if raw { Node::Raw(text) } else { Node::Text(text, token.start) };
        }
        self.at += 1;
        if token.kind != Kind::Open {
            return Node::Text(self.token_text(token), token.start);
        }
        self.group(token)
    }

    /// Recursion follows brackets, of which the parser has allowed 64.
    fn group(&mut self, open: Token) -> Node<'a> {
        let style = self.plan.groups.get(&open.start).copied().unwrap_or(Style::Paren);
        let (head, elements, rest) = self.body(false);
        let close = self.peek().map_or("", |t| self.token_text(t));
        self.at += 1;
        let after = self.source.get(open.end as usize..).unwrap_or_default();
        let line = after.split('\n').next().unwrap_or_default();
        let cut = line.trim().is_empty() && line.len() < after.len();
        let by_author = cut && !matches!(style, Style::Paren | Style::Tight) && !elements.is_empty();
        let remarks = head.is_some() || !rest.is_empty() || elements.iter().any(Element::has_comment);
        Node::Group(Group {
            open: (self.token_text(open), open.start),
            close,
            style,
            head,
            elements,
            rest,
            broken: by_author || remarks,
        })
    }
}

impl Element<'_> {
    fn has_comment(&self) -> bool {
        let inside = |n: &Node<'_>| match n {
            Node::Comment { .. } => true,
            Node::Group(group) => group.broken && group.has_comment(),
            Node::Text(..) | Node::Raw(_) => false,
        };
        self.trailing.is_some() || !self.leading.is_empty() || self.nodes.iter().any(inside)
    }
}

impl Group<'_> {
    fn has_comment(&self) -> bool {
        self.head.is_some() || !self.rest.is_empty() || self.elements.iter().any(Element::has_comment)
    }
}
