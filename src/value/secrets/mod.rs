//! The secret scanner: token families from vendors' published formats.
//!
//! A text goes in; the kinds of secrets that stand in it come out, never their values. One automaton looks
//! for the anchors of all families at once ([`families`]); only where one is found the shape of its family
//! is tried ([`shapes`]). The text is looked at as it is, and through one layer of base64, percent and JSON
//! escapes ([`layers`]).
//!
//! INVARIANT: the work is linear in the text: an anchor is tried once, and what a shape may look at is bounded.

mod families;
mod layers;
mod shapes;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

pub use families::Family;

use super::{Fault, FaultKind};
use families::FAMILIES;

/// Text that is scanned for one request, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;

/// All families; their order is that of the variants of `SecretKind`.
#[must_use]
pub fn families() -> &'static [Family] {
    FAMILIES
}

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    kinds: Vec<u32>,
    spans: Vec<(Range<usize>, u32)>,
}

impl Found {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The variants of `SecretKind`, sorted, each once.
    #[must_use]
    pub fn kinds(&self) -> &[u32] {
        &self.kinds
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.iter().filter_map(|k| FAMILIES.get(*k as usize)).map(|f| f.kind)
    }

    /// Where they stand in the text, in its order; a secret inside an encoded run stands where the run does.
    #[must_use]
    pub fn spans(&self) -> &[(Range<usize>, u32)] {
        &self.spans
    }

    fn add(&mut self, span: Range<usize>, family: u32) {
        self.spans.push((span, family));
    }

    /// Keeps what says most: where two stand in one place, the one with more of a shape.
    fn settle(&mut self) {
        let generic = |family: u32| {
            FAMILIES.get(family as usize).is_none_or(|f| {
                matches!(f.shape, families::Shape::Password | families::Shape::Secret | families::Shape::Credentials)
            })
        };
        // Sorted so that the widest special one of a place comes first.
        self.spans.sort_by(|(a, f), (b, g)| {
            let key = |s: &Range<usize>, f: u32| (s.start, generic(f), usize::MAX - s.end, FAMILIES.len() - f as usize);
            key(a, *f).cmp(&key(b, *g))
        });
        let mut kept: Vec<(Range<usize>, u32)> = Vec::new();
        let mut special_end = 0;
        for (span, family) in &self.spans {
            if !generic(*family) && span.start >= special_end {
                special_end = span.end;
                kept.push((span.clone(), *family));
            }
        }
        let specials = kept.clone();
        for (span, family) in &self.spans {
            let at = specials.partition_point(|(s, _)| s.end <= span.start);
            let covered = specials.get(at).is_some_and(|(s, _)| s.start < span.end);
            if generic(*family) && !covered {
                kept.push((span.clone(), *family));
            }
        }
        kept.sort_by_key(|(s, f)| (s.start, s.end, *f));
        self.kinds = kept.iter().map(|(_, f)| *f).collect();
        self.kinds.sort_unstable();
        self.kinds.dedup();
        self.spans = kept;
    }
}

/// The automaton of all anchors, and the family of each. It is a constant that is built when first used.
struct Anchors {
    automaton: AhoCorasick,
    /// Family and anchor of each pattern.
    owners: Vec<(u32, &'static str)>,
}

static ANCHORS: LazyLock<Option<Anchors>> = LazyLock::new(|| {
    let owners: Vec<(u32, &'static str)> =
        (0..).zip(FAMILIES).flat_map(|(i, f)| f.anchors.iter().map(move |a| (i, *a))).collect();
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(owners.iter().map(|(_, a)| a))
        .ok()
        .map(|automaton| Anchors { automaton, owners })
});

/// The secrets of one text.
#[must_use]
pub fn scan(text: &str) -> Found {
    let mut found = Found::default();
    plain(text, |span, family| found.add(span, family));
    layers::each(text, |decoded, origin| {
        plain(decoded, |span, family| found.add(origin(span), family));
    });
    found.settle();
    found
}

/// The secrets of several texts; places are not kept.
///
/// # Errors
///
/// Where there is more text than [`MAX_BYTES`].
pub fn scan_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Found, Fault> {
    let mut all = Found::default();
    let mut bytes = 0_usize;
    for text in texts {
        bytes = bytes.saturating_add(text.len());
        if bytes > MAX_BYTES {
            return Err(Fault::new(FaultKind::LimitExceeded, "there is more text than 256 KiB to scan for secrets"));
        }
        all.kinds.extend(scan(text).kinds);
    }
    all.kinds.sort_unstable();
    all.kinds.dedup();
    Ok(all)
}

/// The text with every secret replaced by the name of its kind: `[github_token]`.
#[must_use]
pub fn mask(text: &str) -> String {
    let found = scan(text);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, family) in &found.spans {
        let Some(before) = text.get(at..span.start) else { continue };
        out.push_str(before);
        out.push('[');
        out.push_str(FAMILIES.get(*family as usize).map_or("secret", |f| f.kind));
        out.push(']');
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Looks at a text as it is.
fn plain(text: &str, mut found: impl FnMut(Range<usize>, u32)) {
    let Some(anchors) = &*ANCHORS else { return };
    let mut last = shapes::Last::default();
    for hit in anchors.automaton.find_overlapping_iter(text) {
        let Some((family, anchor)) = anchors.owners.get(hit.pattern().as_usize()) else { continue };
        let Some(shape) = FAMILIES.get(*family as usize).map(|f| f.shape) else { continue };
        if let Some(span) = shapes::find(text, hit.span().into(), anchor, shape, &mut last)
            && text.is_char_boundary(span.start)
            && text.is_char_boundary(span.end)
        {
            found(span, *family);
        }
    }
}
