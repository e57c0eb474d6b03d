//! What a text surely has where a glob or a regular expression matches it.
//!
//! Whoever asks thousands of patterns about one text first looks which of these literals the text has.

use regex_automata::util::syntax;
use regex_syntax::hir::{Hir, HirKind, Look};

/// A literal that a matching text has at a certain place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// It is the text.
    Whole(Box<[u8]>),
    /// The text begins with it.
    Head(Box<[u8]>),
    /// The text ends with it.
    Tail(Box<[u8]>),
    /// It stands somewhere in the text.
    Inside(Box<[u8]>),
}

/// Shorter literals say too little to be searched for inside a text.
const LEAST_INSIDE: usize = 2;
/// A literal at an end that is so long is taken before any longer one inside.
const GOOD_END: usize = 4;
/// Most literals of which a regular expression must have one.
const MOST: usize = 16;

impl Literal {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) | Self::Head(bytes) | Self::Tail(bytes) | Self::Inside(bytes) => bytes,
        }
    }

    /// Whether a text has it.
    #[must_use]
    pub fn is_in(&self, text: &[u8]) -> bool {
        match self {
            Self::Whole(bytes) => **bytes == *text,
            Self::Head(bytes) => text.starts_with(bytes),
            Self::Tail(bytes) => text.ends_with(bytes),
            Self::Inside(bytes) => text.windows(bytes.len().max(1)).any(|window| window == &**bytes),
        }
    }
}

/// The literal of a glob; none where it has only wildcards.
///
/// Between components a `**` may stand for nothing, and then only one of the separators around it is there: so
/// what follows a `**` is taken without its first separator, and what stands inside without both.
#[must_use]
pub fn of_glob(source: &str) -> Option<Literal> {
    let wild = |c: char| c == '*' || c == '?';
    let Some(first) = source.find(wild) else { return Some(Literal::Whole(source.as_bytes().into())) };
    let head = &source[..first];
    let tail = tail(source);
    let longest_inside = || {
        let pieces = source.split(wild).map(|piece| piece.trim_matches('/'));
        pieces.max_by_key(|piece| piece.len()).filter(|piece| piece.len() >= LEAST_INSIDE)
    };
    let ends = head.len().max(tail.len());
    if ends < GOOD_END
        && let Some(inside) = longest_inside().filter(|inside| inside.len() > ends)
    {
        return Some(Literal::Inside(inside.as_bytes().into()));
    }
    match (head.is_empty(), tail.is_empty()) {
        (true, true) => None,
        (_, true) => Some(Literal::Head(head.as_bytes().into())),
        (true, _) => Some(Literal::Tail(tail.as_bytes().into())),
        (false, false) if head.len() >= tail.len() => Some(Literal::Head(head.as_bytes().into())),
        (false, false) => Some(Literal::Tail(tail.as_bytes().into())),
    }
}

/// The literals that a path has exactly where a glob on paths matches it, where only the ends of the glob are
/// literal: `a/b`, `a/b/**`, `**/a/b`. For paths inside the workspace that case folding leaves as they are.
#[must_use]
pub fn exact_of_path_glob(source: &str) -> Option<Vec<Literal>> {
    let plain = |text: &str| !text.contains(['*', '?']) && text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let bytes = |text: String| text.into_bytes().into_boxed_slice();
    if let Some(folder) = source.strip_suffix("/**").filter(|folder| plain(folder)) {
        return Some(vec![Literal::Head(bytes(format!("{folder}/")))]);
    }
    if let Some(name) = source.strip_prefix("**/").filter(|name| plain(name)) {
        return Some(vec![Literal::Whole(bytes(name.to_string())), Literal::Tail(bytes(format!("/{name}")))]);
    }
    plain(source).then(|| vec![Literal::Whole(bytes(source.to_string()))])
}

/// What stands after the last wildcard. After a `**` of components or labels the separator may be missing
/// in the text (`**/x` matches `x`), so it is left out.
pub(super) fn tail(source: &str) -> &str {
    let after = source.rfind(['*', '?']).map_or(0, |last| last + 1);
    let tail = &source[after..];
    if source[..after].ends_with("**") { tail.strip_prefix('/').unwrap_or(tail) } else { tail }
}

/// Literals of which a text that the regular expression matches has at least one; none where nothing is sure.
#[must_use]
pub fn of_regex(source: &str) -> Option<Vec<Literal>> {
    let hir = syntax::parse(source).ok()?;
    let parts: &[Hir] = match hir.kind() {
        HirKind::Concat(parts) => parts,
        HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Alternation(_) => std::slice::from_ref(&hir),
    };
    let literal = |hir: &Hir| match hir.kind() {
        HirKind::Literal(literal) => Some(literal.0.clone()),
        HirKind::Empty
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Alternation(_)
        | HirKind::Concat(_) => None,
    };
    let is = |hir: &Hir, look: Look| matches!(hir.kind(), HirKind::Look(other) if *other == look);
    match parts {
        [start, only, end] if is(start, Look::Start) && is(end, Look::End) => {
            if let Some(only) = literal(only) {
                return Some(vec![Literal::Whole(only)]);
            }
        }
        _ => {}
    }
    if let [start, head, ..] = parts
        && is(start, Look::Start)
        && let Some(head) = literal(head).filter(|head| head.len() >= GOOD_END)
    {
        return Some(vec![Literal::Head(head)]);
    }
    if let [.., tail, end] = parts
        && is(end, Look::End)
        && let Some(tail) = literal(tail).filter(|tail| tail.len() >= GOOD_END)
    {
        return Some(vec![Literal::Tail(tail)]);
    }
    let inside = required(&hir)?;
    Some(inside.into_iter().map(Literal::Inside).collect())
}

/// Literals one of which every match holds. The parser bounds the nesting.
fn required(hir: &Hir) -> Option<Vec<Box<[u8]>>> {
    match hir.kind() {
        HirKind::Literal(literal) => (literal.0.len() >= LEAST_INSIDE).then(|| vec![literal.0.clone()]),
        HirKind::Capture(of) => required(&of.sub),
        HirKind::Repetition(of) => {
            if of.min > 0 {
                required(&of.sub)
            } else {
                None
            }
        }
        HirKind::Concat(parts) => parts.iter().filter_map(required).max_by_key(|all| worth(all)),
        HirKind::Alternation(parts) => {
            let all = parts.iter().map(required).collect::<Option<Vec<_>>>()?.concat();
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) => None,
    }
}

/// The longer the shortest, and the fewer, the better.
fn worth(all: &[Box<[u8]>]) -> (usize, std::cmp::Reverse<usize>) {
    (all.iter().map(|literal| literal.len()).min().unwrap_or(0), std::cmp::Reverse(all.len()))
}

#[cfg(test)]
#[path = "tests/literal.rs"]
mod tests;
