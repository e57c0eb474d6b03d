//! `semver`: the parts of a version.

use super::{Builtin, Called, Kind, Simple, misused, yes_no};
use crate::value::Value;

const SEMVER: &[Kind] = &[Kind::Is(Simple::Semver)];
const INT: Kind = Kind::Is(Simple::Int);

pub(super) const ROWS: &[Builtin] = &[
    part("major", "The first number of a version.", "const v: semver = \"1.4.2\"\nv.major == 1", |_, a| {
        of(a, |v| number(v.major))
    }),
    part("minor", "The second number of a version.", "const v: semver = \"1.4.2\"\nv.minor == 4", |_, a| {
        of(a, |v| number(v.minor))
    }),
    part("patch", "The third number of a version.", "const v: semver = \"1.4.2\"\nv.patch == 2", |_, a| {
        of(a, |v| number(v.patch))
    }),
    Builtin::property(
        "is_prerelease",
        SEMVER,
        Kind::Is(Simple::Bool),
        "Whether the version comes before a release, such as `1.4.0-rc.1`.",
        "const v: semver = \"1.4.0-rc.1\"\nv.is_prerelease",
        |_, a| of(a, |v| yes_no(!v.pre.is_empty())),
    ),
];

const fn part(name: &'static str, doc: &'static str, example: &'static str, call: super::Call) -> Builtin {
    Builtin::property(name, SEMVER, INT, doc, example, call).within(0, i64::MAX)
}

fn of(arguments: &[Value], answer: impl Fn(&semver::Version) -> Called) -> Called {
    match arguments {
        [Value::Semver(version)] => answer(version),
        _ => Err(misused()),
    }
}

/// A number beyond all ints counts as the greatest: it compares as it should with every other.
fn number(part: u64) -> Called {
    Ok(Some(Value::Int(i64::try_from(part).unwrap_or(i64::MAX))))
}
