//! The one canonical form of a file.
//!
//! Steps: parse (a file with errors is refused); ask the grammar what each place is ([`plan`]); put all
//! tokens, comments included, into a tree of brackets and elements ([`layout`]); print it ([`print`]);
//! and repeat until nothing changes, which makes the form idempotent.
//!
//! INVARIANT: the text that comes out has the tree and the comments of the text that went in. It is
//! checked on every run, and a text that would differ is not given out.

mod layout;
mod plan;
mod print;

use layout::{Element, Layout, Remark};
use plan::Plan;

use super::ast::{File, Head, ItemKind, ObligationExpr};
use super::parser::{pairs, parse};
use super::scan::scan;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, SourceSet, Span};

/// Most runs until nothing changes; two is usual.
const MAX_RUNS: usize = 8;

/// The canonical form of a file: 4 blanks a step, 120 columns, clauses in canonical order, items one blank
/// line apart. Comments are kept and the tree is unchanged.
///
/// ```
/// use aas::{SourceSet, source::FileId};
/// let sources = SourceSet::single("a.aasrule", "rule x on a.b{green when  n<3 // few\n}");
/// assert_eq!(aas::syntax::format(&sources, FileId(0)).unwrap(), "rule x on a.b {\n    green when n < 3 // few\n}\n");
/// ```
///
/// # Errors
/// The findings of a file that cannot be read.
pub fn format(sources: &SourceSet, id: FileId) -> Result<String, Vec<Diagnostic>> {
    let (tree, findings) = parse(sources, id);
    if findings.iter().any(Diagnostic::is_error) {
        return Err(findings);
    }
    let source = sources.file(id);
    for sorted in [true, false] {
        if let Some(text) = settled(source.text(), &tree, sorted) {
            return Ok(text);
        }
    }
    let whole = Span::new(id, 0, 0);
    Err(vec![
        Diagnostic::new(Code::UnexpectedText, whole, "This file cannot be laid out without changing what it says.")
            .note("Nothing is wrong with the file; it has been left as it is.")
            .help("Please report it with the file."),
    ])
}

/// Lays the text out until nothing changes; none where that would change the tree or lose a comment.
fn settled(text: &str, tree: &File, sorted: bool) -> Option<String> {
    let mut now = text.to_owned();
    for _ in 0..MAX_RUNS {
        let next = lay_out(&now, sorted);
        let (again, findings) = parse(&SourceSet::single("", next.as_str()), FileId(0));
        if findings.iter().any(Diagnostic::is_error) || !same(tree, &again) {
            return None;
        }
        if next == now {
            return Some(next);
        }
        now = next;
    }
    None
}

/// One run.
fn lay_out(text: &str, sorted: bool) -> String {
    let id = FileId(0);
    let mut scan = scan(text, id);
    let items = super::split::split(text, id, &mut scan);
    let mut plan = Plan::default();
    for item in &items {
        let word = text.get(item.start as usize..item.word_end as usize).unwrap_or_default();
        let body = scan.blanked.get(item.start as usize..item.end as usize).unwrap_or_default();
        for pair in pairs(word, body).into_iter().flatten() {
            plan.add(pair, item.start);
        }
    }
    let (elements, rest) = Layout::new(text, &scan.tokens, &plan, sorted).file();
    file(&elements, &rest, &plan)
}

/// The items with their comments, one blank line apart; items of one line stay together if they were.
fn file(elements: &[Element<'_>], rest: &[Remark<'_>], plan: &Plan) -> String {
    let mut out = String::new();
    let mut last_is_line = false;
    for element in elements {
        let text = print::item(element, plan);
        let is_line = !text.contains('\n') && !element.leading.iter().any(|r| r.text.starts_with("///"));
        let blank = element.leading.first().map_or(element.blank, |r| r.blank);
        if !out.is_empty() && (blank || !is_line || !last_is_line) {
            out.push('\n');
        }
        remarks(&mut out, &element.leading, true);
        if element.blank && !element.leading.is_empty() {
            out.push('\n');
        }
        out.push_str(&text);
        if let Some(trailing) = element.trailing {
            out.push(' ');
            out.push_str(trailing);
        }
        out.push('\n');
        last_is_line = is_line;
    }
    if !out.is_empty() && rest.first().is_some_and(|r| r.blank) {
        out.push('\n');
    }
    remarks(&mut out, rest, true);
    out
}

/// Comments on lines of their own; the blank line before the first is the caller's business.
fn remarks(out: &mut String, remarks: &[Remark<'_>], skip_first: bool) {
    for (index, remark) in remarks.iter().enumerate() {
        if remark.blank && !(skip_first && index == 0) {
            out.push('\n');
        }
        out.push_str(remark.text);
        out.push('\n');
    }
}

/// Whether two files say the same and have the same comments.
fn same(a: &File, b: &File) -> bool {
    let comments = |file: &File| {
        let mut texts: Vec<String> = file.comments.iter().map(|c| c.text.clone()).collect();
        texts.sort();
        texts
    };
    let spell = |file: &File| file.items.iter().map(said).collect::<Vec<_>>();
    comments(a) == comments(b) && spell(a) == spell(b)
}

/// What an item says, without places, and with its obligations in canonical order.
fn said(item: &super::ast::Item) -> String {
    let mut kind = item.kind.clone();
    if let Some(head) = head_of(&mut kind) {
        head.obligations.sort_by_key(|o| match o {
            ObligationExpr::Notify(_) => 0,
            ObligationExpr::Redact(_) => 1,
            ObligationExpr::Instead(_) => 2,
            ObligationExpr::Run(..) => 3,
        });
    }
    without_places(&format!("{:?} {kind:?}", item.docs))
}

fn head_of(kind: &mut ItemKind) -> Option<&mut Head> {
    match kind {
        ItemKind::Rule(i) => Some(&mut i.head),
        ItemKind::Guard(i) => Some(&mut i.head),
        ItemKind::Relax(i) => Some(&mut i.head),
        ItemKind::Exception(i) => Some(&mut i.head),
        ItemKind::Approval(i) => Some(&mut i.head),
        ItemKind::Table(i) => Some(&mut i.head),
        ItemKind::State(i) => Some(&mut i.head),
        ItemKind::Package(_)
        | ItemKind::Use(_)
        | ItemKind::Action(_)
        | ItemKind::Fields(_)
        | ItemKind::Entity(_)
        | ItemKind::Facts(_)
        | ItemKind::Enum(_)
        | ItemKind::Record(_)
        | ItemKind::Const(_)
        | ItemKind::Predicate(_)
        | ItemKind::Flag(_)
        | ItemKind::Test(_)
        | ItemKind::Assert(_)
        | ItemKind::Unreadable => None,
    }
}

/// Debug text with every `Span { … }` cut out.
fn without_places(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('}').map_or(rest.len(), |end| at + end + 1);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
