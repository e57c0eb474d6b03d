//! From a file's text to its tree: the steps in order.
//!
//! 1. [`scan`]: characters, comments, tokens.
//! 2. [`split`]: items and limits.
//! 3. The grammar, one item at a time, so that an item that cannot be read costs one finding and no other item.
//! 4. [`lower`]: the grammar's pairs become the tree.
//! 5. `///` texts go to what they document.
//!
//! Nothing here fails or panics: what cannot be read is an `Unreadable` node and a finding.

use pest::Parser as _;
use pest::iterators::Pairs;
use pest_derive::Parser;

use super::ast::{Comment, Expr, ExprKind, File, Item, ItemKind};
use super::docs::Docs;
use super::explain;
use super::lower::Lower;
use super::scan::{Kind, Scan, scan};
use super::split::{RawItem, split, unknown_item};
use crate::diagnostic::{Code, Diagnostic, sort};
use crate::source::{FileId, MAX_FILE_BYTES, SourceSet, Span};

/// Findings of one file after which its remaining items are left unread.
const MAX_FINDINGS: usize = 500;

/// The productions of `grammar/aasrule.pest`.
#[derive(Parser)]
#[grammar = "grammar/aasrule.pest"]
struct Grammar;

/// Reads one file. It never fails: what cannot be read is [`ItemKind::Unreadable`], and a finding says why.
///
/// ```
/// use aas::SourceSet;
/// let sources = SourceSet::single("demo.aasrule", "rule x on a.b { green }\nrul y on a.b { red }\n");
/// let (file, findings) = aas::syntax::parse(&sources, aas::source::FileId(0));
/// assert_eq!(file.items.len(), 2);
/// assert_eq!(findings[0].code.code(), "AAS0104");
/// ```
#[must_use]
pub fn parse(sources: &SourceSet, id: FileId) -> (File, Vec<Diagnostic>) {
    let source = sources.file(id).text();
    let home = sources.file(id).home().map(str::to_string);
    if source.len() > MAX_FILE_BYTES {
        let file = File { id, home, items: Vec::new(), comments: Vec::new() };
        return (file, vec![too_large(source, id)]);
    }
    let mut scan = scan(source, id);
    let raw = split(source, id, &mut scan);
    let mut findings = std::mem::take(&mut scan.diagnostics);
    let mut docs = Docs::new(source, &scan);
    let mut items = Vec::with_capacity(raw.len());
    let mut raw = raw.into_iter();
    for item in raw.by_ref() {
        if findings.len() >= MAX_FINDINGS {
            findings.push(many(Span { file: id, start: item.start, end: item.word_end }));
            items.push(unreadable(id, item));
            docs.skip(0, u32::MAX);
            break;
        }
        items.push(read_item(&scan, id, item, &mut docs, &mut findings));
    }
    items.extend(raw.map(|item| unreadable(id, item)));
    findings.extend(docs.left_over(id));
    sort(&mut findings);
    let comments = comments(source, id, &scan);
    (File { id, home, items, comments }, findings)
}

/// Reads an expression alone. Spans lie `offset` bytes into `file`.
#[must_use]
pub fn parse_expression(text: &str, file: FileId, offset: usize) -> (Expr, Vec<Diagnostic>) {
    let whole = Span::new(file, offset, offset + text.len());
    let unreadable = Expr { span: whole, kind: ExprKind::Unreadable };
    if text.len() > MAX_FILE_BYTES {
        return (unreadable, vec![Diagnostic::new(Code::FileTooLarge, whole, "This expression is larger than 1 MiB.")]);
    }
    let mut scan = scan(text, file);
    let raw = split(text, file, &mut scan);
    let mut findings = std::mem::take(&mut scan.diagnostics);
    for finding in &mut findings {
        shift(finding, offset);
    }
    if raw.iter().any(|item| item.bad) {
        return (unreadable, findings);
    }
    match Grammar::parse(Rule::expression, &scan.blanked) {
        Ok(pairs) => {
            let mut docs = Docs::none();
            let mut lower = Lower::new(file, offset, &mut docs);
            let expr = pairs.flat_map(|p| p.into_inner()).next().map(|p| lower.expr(p));
            findings.append(&mut lower.findings);
            (expr.unwrap_or(unreadable), findings)
        }
        Err(error) => {
            findings.push(explain::failure(&error, &scan.blanked, file, offset, "expression"));
            (unreadable, findings)
        }
    }
}

fn shift(finding: &mut Diagnostic, offset: usize) {
    let move_by = |span: &mut Span| {
        span.start += offset as u32;
        span.end += offset as u32;
    };
    move_by(&mut finding.primary.span);
    finding.labels.iter_mut().for_each(|l| move_by(&mut l.span));
}

fn unreadable(id: FileId, raw: RawItem) -> Item {
    let span = Span { file: id, start: raw.start, end: raw.end };
    Item { docs: Vec::new(), span, kind: ItemKind::Unreadable }
}

fn many(span: Span) -> Diagnostic {
    Diagnostic::new(Code::ManyErrors, span, "This file has more errors than are shown.")
        .at("not read from here on")
        .help("Correct those above first.")
}

fn too_large(source: &str, id: FileId) -> Diagnostic {
    let mut end = MAX_FILE_BYTES;
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    Diagnostic::new(Code::FileTooLarge, Span::new(id, end, end), "This file is larger than 1 MiB.")
        .at("the limit is reached here")
        .help("Divide it: files of one folder and `package` belong together.")
}

fn read_item(scan: &Scan, id: FileId, raw: RawItem, docs: &mut Docs<'_>, findings: &mut Vec<Diagnostic>) -> Item {
    let mut item = Item { docs: docs.before(raw.start), ..unreadable(id, raw) };
    let span = item.span;
    let text = scan.blanked.get(span.range()).unwrap_or_default();
    let word = scan.blanked.get(raw.start as usize..raw.word_end as usize).unwrap_or_default();
    if raw.bad {
        docs.skip(raw.start, raw.end);
        return item;
    }
    let Some(rule) = rule_of(word) else {
        let place = Span { end: raw.word_end, ..span };
        findings.push(if starts_word(word) { unknown_item(word, place) } else { explain::no_item(word, place) });
        docs.skip(raw.start, raw.end);
        return item;
    };
    match Grammar::parse(rule, text) {
        Ok(mut pairs) => {
            let mut lower = Lower::new(id, raw.start as usize, docs);
            if let Some(pair) = pairs.next() {
                item.kind = lower.item(pair);
            }
            findings.append(&mut lower.findings);
        }
        Err(error) => {
            findings.push(explain::failure(&error, text, id, raw.start as usize, word));
            docs.skip(raw.start, raw.end);
        }
    }
    item
}

/// The grammar's pairs of an item that begins with `word`; none where it cannot be read.
pub(super) fn pairs<'i>(word: &str, text: &'i str) -> Option<Pairs<'i, Rule>> {
    Grammar::parse(rule_of(word)?, text).ok()
}

fn starts_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn rule_of(word: &str) -> Option<Rule> {
    Some(match word {
        "package" => Rule::package_item,
        "use" => Rule::use_item,
        "action" => Rule::action_item,
        "fields" => Rule::fields_item,
        "entity" => Rule::entity_item,
        "facts" => Rule::facts_item,
        "enum" | "ordered" => Rule::enum_item,
        "record" => Rule::record_item,
        "const" => Rule::const_item,
        "predicate" => Rule::predicate_item,
        "rule" => Rule::rule_item,
        "guard" => Rule::guard_item,
        "relax" => Rule::relax_item,
        "exception" => Rule::exception_item,
        "approval" => Rule::approval_item,
        "table" => Rule::table_item,
        "flag" => Rule::flag_item,
        "limit" => Rule::limit_item,
        "cooldown" => Rule::cooldown_item,
        "budget" => Rule::budget_item,
        "window" => Rule::window_item,
        "trust" => Rule::trust_item,
        "once" => Rule::once_item,
        "lease" => Rule::lease_item,
        "states" => Rule::states_item,
        "grant" => Rule::grant_item,
        "digest" => Rule::digest_item,
        "workflow" => Rule::workflow_item,
        "schedule" => Rule::schedule_item,
        "executor" => Rule::executor_item,
        "test" => Rule::test_item,
        "assert" => Rule::assert_item,
        _ => return None,
    })
}

/// The `//` comments of a file.
fn comments(source: &str, id: FileId, scan: &Scan) -> Vec<Comment> {
    let plain = scan.tokens.iter().filter(|t| t.kind == Kind::Comment);
    plain
        .map(|t| Comment {
            text: t.text(source).to_owned(),
            span: Span { file: id, start: t.start, end: t.end },
            trailing: !t.first,
        })
        .collect()
}
