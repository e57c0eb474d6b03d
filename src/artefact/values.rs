//! Types and constants.
//!
//! What is read by rules of its own (paths, URLs, versions, command lines, patterns) is kept as its text and
//! read again: no artefact can hold a path that is not normalised or an automaton that was not compiled here.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::bytes::{Coded, Reader, Taken, Writer, choice, malformed, numbered, record};
use crate::ids::{EntityTypeId, EnumId, RecordId};
use crate::types::Type;
use crate::value::pattern::PatternKind;
use crate::value::{
    Command, EntityRef, Fault, FaultKind, PathValue, PatternSet, RangeValue, SimpleCommand, UrlValue, Value, command,
};

numbered!(EnumId, RecordId, EntityTypeId);

choice!(Type {
    0 Bool, 1 Int, 2 Decimal, 3 Ratio, 4 Percent, 5 String, 6 Duration, 7 Timestamp, 8 TimeOfDay, 9 Semver,
    10 Ip, 11 Cidr, 12 Url, 13 Host, 14 Path, 15 Ref, 16 Command, 17 SimpleCommand,
    18 Enum(of), 19 Record(of), 20 List(of), 21 Set(of), 22 Map(of), 23 Entity(of), 24 Optional(of), 25 Range(of),
    26 Globs, 27 Regexes, 28 CivilTime,
});

choice!(Value {
    0 Bool(value), 1 Int(value), 2 Decimal(value), 3 Ratio(value), 4 Str(value), 5 Duration(value),
    6 Timestamp(value), 7 TimeOfDay(value), 8 Civil(value), 9 Semver(value), 10 Ip(value), 11 Cidr(value),
    12 Url(value), 13 Host(value), 14 Path(value), 15 Ref(value), 16 Command(value), 17 SimpleCommand(value),
    18 Enum(of, place), 19 Record(of, fields), 20 List(values), 21 Set(values), 22 Map(entries), 23 Entity(value),
    24 Range(value), 25 Patterns(value), 26 Unknown(why),
});

record!(EntityRef { ty, id });
record!(RangeValue { low, high, closed });
record!(Fault { kind, detail });

choice!(FaultKind {
    0 Missing, 1 Null, 2 IllTyped, 3 OutOfRange, 4 TooLong, 5 TooPrecise, 6 UnknownField, 7 Unavailable, 8 Overflow,
    9 UnknownWord, 10 UnreadableCommand, 11 AbsentEntity, 12 CaseOrForm, 13 OutsideRoot, 14 NoNow, 15 LimitExceeded,
    16 Malformed, 17 NotOnAction,
});

choice!(PatternKind { 0 TextGlob, 1 PathGlob, 2 HostGlob, 3 Regex });

impl Coded for PatternSet {
    fn put(&self, w: &mut Writer) {
        self.kind.put(w);
        self.sources.put(w);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        let kind = PatternKind::take(r)?;
        let sources: Vec<Arc<str>> = Coded::take(r)?;
        Self::compile(kind, &sources).map_err(|_| malformed("a pattern cannot be compiled"))
    }
}

/// The form of a value as its own text. Writing makes sure that reading the text gives the value.
macro_rules! as_text {
    ($($name:ty, $shown:expr, $read:expr;)*) => {$(
        impl Coded for $name {
            fn put(&self, w: &mut Writer) {
                let text = $shown(self);
                if $read(&text).as_ref() != Some(self) {
                    w.unfit(concat!("a constant of type ", stringify!($name)));
                }
                w.text(&text);
            }

            fn take(r: &mut Reader<'_>) -> Taken<Self> {
                $read(r.text()?).ok_or_else(|| malformed(concat!("a text is no ", stringify!($name))))
            }
        }
    )*};
}

as_text! {
    PathValue, |path: &PathValue| path.text().to_owned(), |text: &str| PathValue::read(text).ok();
    UrlValue, |url: &UrlValue| url.text().to_owned(), |text: &str| UrlValue::read(text).ok();
    semver::Version, ToString::to_string, |text: &str| semver::Version::parse(text).ok();
    IpAddr, ToString::to_string, |text: &str| text.parse::<IpAddr>().ok();
    IpNet, ToString::to_string, |text: &str| text.parse::<IpNet>().ok();
    Command, |line: &Command| line.text.to_string(), |text: &str| command::parse(text).ok();
}

/// No literal is one simple command: they come out of a `command` while it is judged.
impl Coded for SimpleCommand {
    fn put(&self, w: &mut Writer) {
        w.unfit("a simple command");
    }

    fn take(_: &mut Reader<'_>) -> Taken<Self> {
        Err(malformed("a simple command is no constant"))
    }
}

impl Coded for BTreeMap<Arc<str>, Value> {
    fn put(&self, w: &mut Writer) {
        w.number(self.len() as u64);
        for (key, value) in self {
            key.put(w);
            value.put(w);
        }
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        let entries: Vec<(Arc<str>, Value)> = Coded::take(r)?;
        let count = entries.len();
        let map: Self = entries.into_iter().collect();
        if map.len() == count { Ok(map) } else { Err(malformed("a map has a key twice")) }
    }
}
