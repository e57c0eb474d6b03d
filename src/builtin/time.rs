//! `timestamp`, `duration` and civil time: what the clocks of a zone show.

use super::{Builtin, Called, Context, Form, Kind, Simple, misused};
use crate::ids::EnumId;
use crate::value::{Fault, FaultKind, Value, time};

const CIVIL: &[Kind] = &[Kind::Is(Simple::CivilTime)];
const DURATION: &[Kind] = &[Kind::Is(Simple::Duration)];
const INT: Kind = Kind::Is(Simple::Int);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::property(
        "in",
        &[Kind::Is(Simple::Timestamp), Kind::Is(Simple::String)],
        Kind::Is(Simple::CivilTime),
        "What the clocks and calendars of a time zone show at that time.",
        "const t: timestamp = \"2026-07-01T10:00Z\"\nt.in(\"Europe/Warsaw\").hour == 12",
        in_zone,
    )
    .form(Form::Method)
    .may_err(),
    Builtin::property(
        "hour",
        CIVIL,
        INT,
        "The hour of the day, 0 to 23.",
        "const t: timestamp = \"2026-07-01T10:30Z\"\nt.in(\"UTC\").hour == 10",
        |_, a| civil(a, |c| Ok(Value::Int(i64::from(time::time_of_day(c) / 3_600)))),
    )
    .within(0, 23),
    Builtin::property(
        "minute",
        CIVIL,
        INT,
        "The minute of the hour, 0 to 59.",
        "const t: timestamp = \"2026-07-01T10:30Z\"\nt.in(\"UTC\").minute == 30",
        |_, a| civil(a, |c| Ok(Value::Int(i64::from(time::time_of_day(c) / 60 % 60)))),
    )
    .within(0, 59),
    Builtin::property(
        "time",
        CIVIL,
        Kind::Is(Simple::TimeOfDay),
        "The time of day.",
        "const t: timestamp = \"2026-07-01T10:30Z\"\nt.in(\"UTC\").time in 09:00..17:00",
        |_, a| civil(a, |c| Ok(Value::TimeOfDay(time::time_of_day(c)))),
    )
    .within(0, 86_399),
    Builtin::property(
        "weekday",
        CIVIL,
        Kind::Is(Simple::Weekday),
        "The day of the week, `mon` to `sun`.",
        "const t: timestamp = \"2026-07-01T10:30Z\"\nt.in(\"UTC\").weekday == wed",
        |_, a| civil(a, |c| Ok(Value::Enum(EnumId::WEEKDAY, time::weekday(c)))),
    )
    .within(0, 6),
    Builtin::property(
        "day",
        CIVIL,
        INT,
        "The day of the month, 1 to 31.",
        "const t: timestamp = \"2026-07-01T10:30Z\"\nt.in(\"UTC\").day == 1",
        |_, a| civil(a, |c| Ok(Value::Int(time::date(c)?.2))),
    )
    .within(1, 31),
    Builtin::property(
        "month",
        CIVIL,
        INT,
        "The month of the year, 1 to 12.",
        "const t: timestamp = \"2026-07-01T10:30Z\"\nt.in(\"UTC\").month == 7",
        |_, a| civil(a, |c| Ok(Value::Int(time::date(c)?.1))),
    )
    .within(1, 12),
    Builtin::property(
        "year",
        CIVIL,
        INT,
        "The year.",
        "const t: timestamp = \"2026-07-01T10:30Z\"\nt.in(\"UTC\").year == 2026",
        |_, a| civil(a, |c| Ok(Value::Int(time::date(c)?.0))),
    )
    .within(-9_999, 9_999),
    whole("seconds", "Its whole seconds.", "1m30s.seconds == 90", |_, a| units(a, time::SECOND)),
    whole("minutes", "Its whole minutes.", "90s.minutes == 1", |_, a| units(a, time::MINUTE)),
    whole("hours", "Its whole hours.", "90m.hours == 1", |_, a| units(a, time::HOUR)),
    whole("days", "Its whole days of 24 hours.", "36h.days == 1", |_, a| units(a, time::DAY)),
];

const fn whole(name: &'static str, doc: &'static str, example: &'static str, call: super::Call) -> Builtin {
    let most = i64::MAX / time::SECOND;
    Builtin::property(name, DURATION, INT, doc, example, call).within(-most, most)
}

/// The checker admits names of known zones only.
fn in_zone(_: &Context<'_>, arguments: &[Value]) -> Called {
    let [Value::Timestamp(instant), Value::Str(name)] = arguments else { return Err(misused()) };
    let zone = time::zone(name).ok_or_else(|| Fault::new(FaultKind::IllTyped, "no time zone has this name"))?;
    Ok(Some(Value::Civil(zone.civil(*instant)?)))
}

fn civil(arguments: &[Value], answer: impl Fn(i64) -> Result<Value, Fault>) -> Called {
    match arguments {
        [Value::Civil(shown)] => answer(*shown).map(Some),
        _ => Err(misused()),
    }
}

/// What is left over is dropped, towards zero.
fn units(arguments: &[Value], unit: i64) -> Called {
    match arguments {
        [Value::Duration(length)] => Ok(Some(Value::Int(length / unit))),
        _ => Err(misused()),
    }
}
