//! What it takes at most to try globs and regular expressions on a text.

use super::Work;
use crate::value::PatternSet;
use crate::value::path::MOST_ENDS;
use crate::value::pattern::PatternKind;

/// Steps to test the ends of a component or text: 85 instructions were counted for short components of a long path.
const ENDS: u64 = 16;
/// Steps to join a component to an end of a path.
const JOIN: u64 = 12;
/// Instructions to look up globs by what a text begins or ends with: for each length of such a part.
const LOOK_UP: u64 = 400;
/// Different lengths of such parts at most.
const LENGTHS: u64 = 128;
/// Steps for each byte where a `?` stands between stars: all places that can have been reached are kept.
const ANY: u64 = 8;

/// A set on one value of so many bytes.
pub(super) fn on(patterns: &PatternSet, bytes: u64) -> Work {
    let tried = patterns.most_tried() as u64;
    let lengths = LENGTHS.min(patterns.sources.len() as u64);
    match patterns.kind {
        PatternKind::Regex => Work::steps(bytes.saturating_add(1).saturating_mul(patterns.most_states() as u64)),
        PatternKind::HostGlob => {
            // Labels are tested like components.
            let labels = bytes / 2 + 1;
            let each = |source: &str| labels.saturating_mul(source.split('.').count() as u64 * ENDS) + ANY * bytes;
            let dearest = patterns.sources.iter().map(|source| each(source)).max().unwrap_or(0);
            Work::plain(LOOK_UP * lengths).and(Work::steps(dearest.saturating_mul(tried)))
        }
        PatternKind::TextGlob => {
            let each = patterns.sources.iter().map(|source| text(source, bytes)).max().unwrap_or(0);
            Work::plain(LOOK_UP * lengths).and(Work::steps(each.saturating_mul(tried)))
        }
        PatternKind::PathGlob => {
            // The dearest ones, as many as are tried.
            let mut each: Vec<u64> = patterns.sources.iter().map(|source| path(source, bytes)).collect();
            each.sort_unstable_by(|a, b| b.cmp(a));
            let all = each.iter().take(patterns.most_tried()).fold(0, |all: u64, one| all.saturating_add(*one));
            // Cut into components three times, and each end of a path outside the workspace joined.
            let ends = (MOST_ENDS as u64).min(bytes);
            let joined = ends.saturating_mul(ends / 2 + 1).saturating_mul(JOIN);
            let cut = bytes.saturating_mul(8).saturating_add(joined).saturating_add(ends.saturating_mul(bytes / 8));
            Work::plain(LOOK_UP * lengths * (2 + ends)).and(Work::steps(all.saturating_add(cut)))
        }
    }
}

/// A glob on a text: its ends, and one search through what is between them.
fn text(source: &str, bytes: u64) -> u64 {
    let mut stars = source.splitn(2, '*');
    let (first, rest) = (stars.next().unwrap_or_default(), stars.next());
    let middle = rest.and_then(|rest| rest.rsplit_once('*')).map_or("", |(middle, _)| middle);
    let ends = ENDS + source.len() as u64 / 8 + if first.contains('?') { first.len() as u64 } else { 0 };
    let each = match (middle.chars().any(|c| c != '*'), source.contains('?')) {
        (false, false) => 0,
        (false, true) => 1,
        (true, false) => 1,
        (true, true) => ANY * (1 + source.len() as u64 / 64),
    };
    ends.saturating_add(bytes.saturating_mul(each))
}

/// A glob on a path: as it is, without regard to case, and on each end of a path outside the workspace.
fn path(source: &str, bytes: u64) -> u64 {
    let parts: Vec<&str> = source.split('/').filter(|part| !part.is_empty()).collect();
    // A component is tested once for each part between two runs at most.
    let between = parts.split(|part| *part == "**").map(<[&str]>::len).max().unwrap_or(0).max(1) as u64;
    let has_run = parts.contains(&"**");
    let floats = parts.first() == Some(&"**");
    let on = |components: u64| {
        let tests = if has_run { components.saturating_mul(between) } else { components.min(parts.len() as u64 + 1) };
        // The bytes of all components together are those of the path.
        let through = parts.iter().map(|part| text(part, bytes) - text(part, 0)).max().unwrap_or(0);
        let ends = parts.iter().map(|part| text(part, 0)).max().unwrap_or(ENDS);
        tests.saturating_mul(ends).saturating_add(through.saturating_mul(if has_run { between } else { 1 }))
    };
    // A component and its `/` are two bytes.
    let components = bytes / 2 + 1;
    let most = (MOST_ENDS as u64).min(components);
    // Of the ends the longest has all components, the next one less.
    let outside = if floats { on(most) } else { on(most).saturating_mul(most).div_ceil(2).saturating_add(on(most)) };
    on(components).saturating_mul(2).saturating_add(outside)
}
