//! What an item that cannot be read would have declared.
//!
//! Five mistakes are five findings: a name is not reported as unknown where it is the declaration that cannot
//! be read. Nothing is lost by it: that declaration has its own finding, so no policy comes of the set.

use std::collections::BTreeSet;

use crate::action_name::{has_star, matches};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::PolicySet;
use crate::source::SourceSet;
use crate::syntax::ast::ItemKind;

/// First words of items that declare what stands inside them, too: fields, variants, ids.
const DECLARING: &[&str] = &["action", "entity", "enum", "facts", "fields", "ordered", "record"];

/// Findings that a name is not there.
const NOT_THERE: &[Code] = &[
    Code::UnknownName,
    Code::UnknownImport,
    Code::UnknownAction,
    Code::UnknownField,
    Code::UnknownType,
    Code::PatternMatchesNothing,
    Code::TestFieldUnknown,
];

/// Names that items of the set would declare if they could be read.
pub(crate) fn unread_names(set: &PolicySet, sources: &SourceSet) -> BTreeSet<String> {
    let items = set.files.iter().flat_map(|file| &file.items);
    let unread = items.filter(|item| matches!(item.kind, ItemKind::Unreadable));
    let texts = unread.map(|item| sources.text(item.span));
    texts.flat_map(|text| words(declaring_part(text))).map(str::to_string).collect()
}

/// The head of an item; the whole text of one whose members are names that others use.
fn declaring_part(text: &str) -> &str {
    let first = words(text).next().unwrap_or_default();
    if DECLARING.contains(&first) { text } else { text.split(['{', '=']).next().unwrap_or_default() }
}

/// Names and dotted names.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.split(move |c| !part_of_name(c)).map(|word| word.trim_matches('.')).filter(|word| !word.is_empty())
}

/// Takes away what is said of names that `unread` items would declare.
pub(crate) fn drop_consequences(findings: &mut Vec<Diagnostic>, unread: &BTreeSet<String>, sources: &SourceSet) {
    if unread.is_empty() {
        return;
    }
    findings.retain(|finding| {
        let name = sources.text(finding.primary.span);
        !NOT_THERE.contains(&finding.code) || !is_unread(name, unread)
    });
}

fn is_unread(name: &str, unread: &BTreeSet<String>) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let by_pattern = || has_star(name) && unread.iter().any(|action| matches(name, action));
    unread.contains(name) || unread.contains(last) || by_pattern()
}
