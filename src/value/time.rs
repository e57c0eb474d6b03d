//! Timestamps, durations, zones and civil time.
//!
//! Zones come from the database that is built in, never from the system: the same policy means the same
//! everywhere. All arithmetic is checked; an instant beyond the years that calendars count is a fault.

use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};

use super::{Fault, FaultKind};

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day of 24 hours.
pub const DAY: i64 = 24 * HOUR;
/// Microseconds of seven such days.
pub const WEEK: i64 = 7 * DAY;

/// A time zone of the built-in database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
}

/// The zone with exactly this name, such as `Europe/Warsaw`.
#[must_use]
pub fn zone(name: &str) -> Option<Zone> {
    // The look-up ignores case; a name has one spelling here.
    let rules = TimeZoneDatabase::bundled().get(name).ok()?;
    let exact = rules.iana_name() == Some(name) && !rules.is_unknown();
    exact.then(|| Zone { name: name.into(), rules })
}

/// Names of all zones, for suggestions.
#[must_use]
pub fn zone_names() -> Vec<String> {
    TimeZoneDatabase::bundled().available().map(|name| name.as_str().to_string()).collect()
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".into(), rules: TimeZone::UTC }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Seconds that its clocks are ahead of UTC at an instant.
    pub fn offset_at(&self, micros: i64) -> Result<i64, Fault> {
        Ok(i64::from(self.rules.to_offset(instant(micros)?).seconds()))
    }

    /// What its clocks show at an instant: microseconds since 1970-01-01T00:00:00 of the zone.
    pub fn civil(&self, micros: i64) -> Result<i64, Fault> {
        micros.checked_add(self.offset_at(micros)? * SECOND).ok_or_else(beyond_calendar)
    }

    /// The next instant after this one at which its offset changes, with the offset from then on.
    #[must_use]
    pub fn next_change(&self, micros: i64) -> Option<(i64, i64)> {
        let change = self.rules.following(instant(micros).ok()?).next()?;
        Some((change.timestamp().as_microsecond(), i64::from(change.offset().seconds())))
    }

    /// The first instant of the day that its calendar shows at an instant.
    pub fn start_of_day(&self, micros: i64) -> Result<i64, Fault> {
        let day = self.rules.to_datetime(instant(micros)?).date();
        self.first_instant(day.to_datetime(jiff::civil::Time::midnight()))
    }

    /// The instant at which its clocks show this time of day, in seconds since midnight, on the day of an instant.
    ///
    /// # Errors
    /// Where that is beyond the calendar.
    pub fn at_time_of_day(&self, micros: i64, seconds: u32) -> Result<i64, Fault> {
        let day = self.rules.to_datetime(instant(micros)?).date();
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        // Three numbers below 60 fit.
        self.first_instant(day.at(hour.min(23) as i8, minute as i8, second as i8, 0))
    }

    /// The earliest instant at which its clocks show this or have passed it.
    fn first_instant(&self, local: DateTime) -> Result<i64, Fault> {
        let instant = self.rules.to_ambiguous_timestamp(local).compatible();
        instant.map(Timestamp::as_microsecond).map_err(|_| beyond_calendar())
    }

    /// The one instant at which its clocks show this; a fault where there are two or none.
    fn only_instant(&self, local: DateTime) -> Result<i64, Fault> {
        let found = self.rules.to_ambiguous_timestamp(local);
        let detail = match found.offset() {
            AmbiguousOffset::Unambiguous { .. } => return self.first_instant(local),
            AmbiguousOffset::Gap { .. } => "clocks of the zone skip this time; write an offset such as `+01:00`",
            AmbiguousOffset::Fold { .. } => "clocks of the zone show this time twice; write an offset such as `+01:00`",
        };
        Err(Fault::new(FaultKind::IllTyped, detail))
    }
}

fn instant(micros: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_microsecond(micros).map_err(|_| beyond_calendar())
}

/// The first and last instant that calendars count, in microseconds since the Unix epoch: every timestamp that
/// is read lies between them.
#[must_use]
pub fn calendar() -> (i64, i64) {
    (Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond())
}

fn beyond_calendar() -> Fault {
    Fault::new(FaultKind::OutOfRange, "a time beyond the years that calendars count")
}

/// Reads `2026-11-23`, `2026-11-18T10:00`, `2026-11-18T10:00:00.25Z` or one with an offset `+01:00`.
///
/// A text without offset is in `zone`; a date alone is the first instant of that day there.
pub fn timestamp(text: &str, zone: &Zone) -> Result<i64, Fault> {
    let bad = || Fault::new(FaultKind::IllTyped, "not a time such as `2026-11-18T10:00Z`");
    let mut rest = Scanner(text);
    let (year, month, day) = rest.date().ok_or_else(bad)?;
    if rest.0.is_empty() {
        return zone.first_instant(local_time(year, month, day, (0, 0, 0, 0))?);
    }
    let (hour, minute, second, micros) = rest.clock().ok_or_else(bad)??;
    let local = local_time(year, month, day, (hour, minute, second, micros))?;
    if rest.0.is_empty() {
        return zone.only_instant(local);
    }
    let ahead = rest.offset().ok_or_else(bad)?;
    let utc = Zone::utc().first_instant(local)?;
    utc.checked_sub(ahead * SECOND).ok_or_else(beyond_calendar)
}

fn local_time(year: i64, month: i64, day: i64, clock: (i64, i64, i64, i64)) -> Result<DateTime, Fault> {
    let bad = || Fault::new(FaultKind::IllTyped, "no such day or time of day");
    let small = |n: i64| i8::try_from(n).map_err(|_| bad());
    let year = i16::try_from(year).map_err(|_| bad())?;
    let nanos = i32::try_from(clock.3 * 1_000).map_err(|_| bad())?;
    let time = (small(clock.0)?, small(clock.1)?, small(clock.2)?);
    DateTime::new(year, small(month)?, small(day)?, time.0, time.1, time.2, nanos).map_err(|_| bad())
}

/// What is left of a text that is read from the left.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    fn digits(&mut self, count: usize) -> Option<i64> {
        let head = self.0.get(..count).filter(|h| h.bytes().all(|b| b.is_ascii_digit()))?;
        self.0 = &self.0[count..];
        head.parse().ok()
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.0 = self.0.strip_prefix(sign)?;
        Some(())
    }

    fn date(&mut self) -> Option<(i64, i64, i64)> {
        let year = self.digits(4)?;
        self.sign('-')?;
        let month = self.digits(2)?;
        self.sign('-')?;
        Some((year, month, self.digits(2)?))
    }

    /// `T10:00`, `T10:00:30`, `T10:00:30.5`
    fn clock(&mut self) -> Option<Result<(i64, i64, i64, i64), Fault>> {
        self.sign('T')?;
        let hour = self.digits(2)?;
        self.sign(':')?;
        let minute = self.digits(2)?;
        if self.sign(':').is_none() {
            return Some(Ok((hour, minute, 0, 0)));
        }
        let second = self.digits(2)?;
        if self.sign('.').is_none() {
            return Some(Ok((hour, minute, second, 0)));
        }
        let micros = self.fraction()?;
        Some(micros.map(|micros| (hour, minute, second, micros)))
    }

    /// The digits after a point, as millionths.
    fn fraction(&mut self) -> Option<Result<i64, Fault>> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        if digits.is_empty() {
            return None;
        }
        let kept = digits.trim_end_matches('0');
        if kept.len() > 6 {
            return Some(Err(Fault::new(FaultKind::TooPrecise, "more than six places of a second")));
        }
        Some(Ok(format!("{kept:0<6}").parse().ok()?))
    }

    /// `Z`, `+01:00`: seconds ahead of UTC, and nothing after it.
    fn offset(&mut self) -> Option<i64> {
        if self.0 == "Z" {
            return Some(0);
        }
        let sign = if self.sign('+').is_some() { 1 } else { self.sign('-').map(|()| -1)? };
        let hours = self.digits(2).filter(|h| *h < 24)?;
        self.sign(':')?;
        let minutes = self.digits(2).filter(|m| *m < 60)?;
        self.0.is_empty().then_some(sign * (hours * 3_600 + minutes * 60))
    }
}

/// `2026-11-18T10:00:00Z`, with a fraction only where there is one.
#[must_use]
pub fn show_timestamp(micros: i64) -> String {
    instant(micros).map_or_else(|_| format!("{micros} microseconds after 1970"), |t| t.to_string())
}

/// The seconds of the day that a civil time shows.
#[must_use]
pub fn time_of_day(civil: i64) -> u32 {
    // Below 86,400.
    (civil.rem_euclid(DAY) / SECOND) as u32
}

/// The weekday of a civil time, Monday being 0.
#[must_use]
pub fn weekday(civil: i64) -> u32 {
    // 1970-01-01 was a Thursday.
    (civil.div_euclid(DAY) + 3).rem_euclid(7) as u32
}

/// Year, month and day of a civil time.
pub fn date(civil: i64) -> Result<(i64, i64, i64), Fault> {
    let days = Span::new().try_days(civil.div_euclid(DAY)).map_err(|_| beyond_calendar())?;
    let shown = Date::constant(1970, 1, 1).checked_add(days).map_err(|_| beyond_calendar())?;
    Ok((i64::from(shown.year()), i64::from(shown.month()), i64::from(shown.day())))
}

/// Reads `09:00` or `23:59:30` as seconds of the day.
pub fn read_time_of_day(text: &str) -> Result<u32, Fault> {
    let mut rest = Scanner(text);
    let mut read = || {
        let hour = rest.digits(2).filter(|h| *h < 24)?;
        rest.sign(':')?;
        let minute = rest.digits(2).filter(|m| *m < 60)?;
        let second = if rest.sign(':').is_some() { rest.digits(2).filter(|s| *s < 60)? } else { 0 };
        if rest.0.is_empty() { u32::try_from(hour * 3_600 + minute * 60 + second).ok() } else { None }
    };
    read().ok_or_else(|| Fault::new(FaultKind::IllTyped, "not a time of day such as `09:00`"))
}

/// `09:00`, `23:59:30` from seconds of the day.
#[must_use]
pub fn show_time_of_day(seconds: u32) -> String {
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") }
}

/// Units of a duration as written, the largest first.
const UNITS: [(&str, i64); 7] =
    [("w", WEEK), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", 1_000), ("us", 1)];

/// Reads `5m`, `1h30m`, `-90s`, or the ISO form `PT5M`, `P1DT12H`, `PT0.5S`.
///
/// Each unit occurs once, from large to small. A month or year has no fixed length and is no duration.
pub fn duration(text: &str) -> Result<i64, Fault> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let parts = match rest.strip_prefix('P') {
        Some(iso) => iso_parts(iso),
        None => plain_parts(rest),
    };
    let bad = || Fault::new(FaultKind::IllTyped, "not a duration such as `5m` or `1h30m`");
    let mut sum: i128 = 0;
    for (count, unit) in parts.ok_or_else(bad)? {
        sum += i128::from(count?) * i128::from(unit);
    }
    let sum = if negative { -sum } else { sum };
    i64::try_from(sum).map_err(|_| Fault::new(FaultKind::OutOfRange, "the duration is too long"))
}

/// Counts with their units in microseconds.
type Parts = Vec<(Result<i64, Fault>, i64)>;

fn plain_parts(mut rest: &str) -> Option<Parts> {
    let mut parts = Parts::new();
    let mut units = UNITS.iter();
    while !rest.is_empty() || parts.is_empty() {
        let (count, after) = leading_count(rest)?;
        let end = after.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(after.len());
        let (word, after) = after.split_at(end);
        let (_, unit) = units.find(|(name, _)| *name == word)?;
        parts.push((count, *unit));
        rest = after;
    }
    Some(parts)
}

fn iso_parts(mut rest: &str) -> Option<Parts> {
    let mut parts = Parts::new();
    let mut units = [('W', WEEK), ('D', DAY), ('T', 0), ('H', HOUR), ('M', MINUTE), ('S', SECOND)].iter();
    let mut in_time = false;
    while !rest.is_empty() || parts.is_empty() {
        if !in_time && let Some(after) = rest.strip_prefix('T') {
            in_time = true;
            units.find(|(letter, _)| *letter == 'T')?;
            rest = after;
            // A `T` with nothing after it is refused by the count below.
        }
        let (count, after) = leading_count(rest)?;
        if let Some(after) = after.strip_prefix('.') {
            let mut fraction = Scanner(after);
            let micros = fraction.fraction()?;
            rest = fraction.0.strip_prefix('S').filter(|rest| in_time && rest.is_empty())?;
            parts.push((count, SECOND));
            parts.push((micros, 1));
            continue;
        }
        let letter = after.chars().next()?;
        let (_, unit) = units.find(|(name, _)| *name == letter && letter != 'T')?;
        if (*unit < DAY) != in_time {
            return None;
        }
        parts.push((count, *unit));
        rest = &after[letter.len_utf8()..];
    }
    Some(parts)
}

/// The digits a text begins with as a number, and the rest.
fn leading_count(text: &str) -> Option<(Result<i64, Fault>, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return None;
    }
    let too_long = |_| Fault::new(FaultKind::OutOfRange, "the duration is too long");
    Some((digits.parse().map_err(too_long), rest))
}

/// `5m`, `1h30m`, `0s`: the form that [`duration`] reads, weeks written as days.
#[must_use]
pub fn show_duration(micros: i64) -> String {
    if micros == 0 {
        return "0s".into();
    }
    let mut shown = if micros < 0 { String::from("-") } else { String::new() };
    let mut rest = micros.unsigned_abs();
    for (name, unit) in &UNITS[1..] {
        let count = rest / unit.unsigned_abs();
        rest %= unit.unsigned_abs();
        if count > 0 {
            shown.push_str(&format!("{count}{name}"));
        }
    }
    shown
}

#[cfg(test)]
#[path = "tests/time.rs"]
mod tests;
