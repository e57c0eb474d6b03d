//! What a call of a builtin takes at most, by its name and how large its arguments can be.

use super::size::{Size, Sort};
use super::{EACH, Program, VALUE, Work, equality, patterns};
use crate::builtin::Builtin;
use crate::value::Value;

/// How often a command is gone over at most while it is taken apart, in steps a byte.
const COMMAND_STEPS: u64 = 64;
/// Words of a command line at most.
const WORDS: u64 = 4_096;
/// Instructions to find the time of a zone.
const ZONE: u64 = 4_000;

/// A call, its arguments left out.
pub(super) fn call(row: &Builtin, arguments: &[Program], sizes: &[Size]) -> Work {
    let made = Work::plain(VALUE * (1 + arguments.len() as u64));
    let Some(first) = sizes.first() else { return made.and(Work::plain(ZONE)) };
    let second = sizes.get(1);
    if first.sort == Sort::Command && first.element.is_none() {
        return made.and(command(first, arguments, sizes));
    }
    let set = arguments.iter().find_map(|argument| match argument {
        Program::Const(Value::Patterns(set)) => Some(set),
        _ => None,
    });
    if let Some(set) = set {
        return made.and(patterns::on(set, first.bytes).times(first.elements()));
    }
    made.and(match (row.name, second) {
        // A list knows how long it is; a text is counted.
        ("length" | "is_empty" | "first", _) if first.element.is_some() => Work::plain(EACH),
        ("is_empty", _) => Work::plain(EACH),
        ("length" | "trim", _) => Work::steps(first.bytes / 4 + 1),
        // Each character becomes another one.
        ("lower", _) => Work::steps(first.bytes.saturating_mul(2).saturating_add(1)),
        ("min" | "max" | "sum", _) => Work::plain(EACH).times(first.elements()),
        ("starts with" | "ends with", Some(other)) => Work::steps(first.bytes.min(other.bytes) / 8 + 1),
        ("contains" | "contains any" | "intersects" | "subset of" | "minus", Some(other)) => pairs(first, other),
        ("under", Some(other)) if first.sort == Sort::Path => under(first, other),
        ("abs" | "round" | "days" | "hours" | "minutes" | "seconds", _) => Work::plain(EACH),
        ("in" | "hour" | "minute" | "time" | "weekday" | "day" | "month" | "year", _) => Work::plain(ZONE),
        // Parts of paths, urls, hosts and versions, and whatever is added: a few times over all there is.
        (_, other) => {
            let more = other.map_or(0, Size::weight);
            Work::plain(ZONE).and(Work::steps(first.weight().saturating_add(more).saturating_mul(4)))
        }
    })
}

/// Each element of the one against each of the other, or a search for each text in a text.
fn pairs(first: &Size, other: &Size) -> Work {
    let count = other.elements().max(1);
    match &first.element {
        Some(element) => {
            let one = Work::plain(EACH).and(equality(element, &other.one()));
            one.times(first.elements().saturating_mul(count))
        }
        None => Work::plain(EACH).and(Work::steps(first.bytes.saturating_add(other.one().bytes))).times(count),
    }
}

/// Both paths are cut into components, and each end of a path outside the workspace is compared.
fn under(first: &Size, other: &Size) -> Work {
    let cut = first.bytes.saturating_add(other.bytes).saturating_mul(4);
    // Of as many components as there are pairs of bytes, half remain on average; eight are copied in a step.
    let ends = first.bytes.saturating_mul(first.bytes) / 64;
    Work::steps(cut.saturating_add(ends))
}

/// A question about a command line, or about a part of one.
fn command(first: &Size, arguments: &[Program], sizes: &[Size]) -> Work {
    let mut all = Work::steps(first.bytes.saturating_mul(COMMAND_STEPS));
    for (argument, size) in arguments.iter().zip(sizes).skip(1) {
        all = all.and(match argument {
            Program::Const(Value::Patterns(set)) => {
                patterns::on(set, 8).times(WORDS.min(first.bytes)).and(patterns::on(set, first.bytes))
            }
            _ => Work::steps(first.bytes.saturating_add(size.one().bytes)).times(size.elements().max(1)),
        });
    }
    all
}
