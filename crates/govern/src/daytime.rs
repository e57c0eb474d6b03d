//! Times of the day in a zone: quiet hours, and when something is due.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use crate::registers::UnknownZone;

/// A zone whose clock is read.
#[derive(Clone, Debug)]
pub(crate) struct Clock(TimeZone);

/// How many days ahead a time of day is looked for: a week, and one day for a clock that leaps.
const AHEAD: i64 = 8;

impl Clock {
    /// The clock of the zone with this IANA name.
    ///
    /// # Errors
    /// [`UnknownZone`] where the bundled database has no such zone.
    pub(crate) fn new(zone: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(zone).map(Self).map_err(|_| UnknownZone(zone.into()))
    }

    fn local(&self, at: i64) -> Option<Zoned> {
        Some(Timestamp::from_microsecond(at).ok()?.to_zoned(self.0.clone()))
    }

    /// The end of the quiet hours that a time lies in; nothing outside them. From a second of the day to another, the end
    /// not among them, over midnight where the end is the smaller one.
    #[must_use]
    pub(crate) fn quiet_until(&self, at: i64, (from, to): (u32, u32)) -> Option<i64> {
        let local = self.local(at)?;
        let second = u32::try_from(i64::from(local.hour()) * 3_600 + i64::from(local.minute()) * 60).ok()?;
        let second = second + u32::try_from(local.second()).ok()?;
        let inside = if from <= to { (from..to).contains(&second) } else { second >= from || second < to };
        if inside { self.next(at, to, &[]) } else { None }
    }

    /// The first time after this one at which the clock shows a second of the day, on one of these weekdays (0 is Monday)
    /// or on any. A time that the clock leaps over is that much later.
    #[must_use]
    pub(crate) fn next(&self, after: i64, second: u32, days: &[u32]) -> Option<i64> {
        let today = self.local(after)?.date();
        (0..=AHEAD).find_map(|ahead| {
            let date = today.checked_add(ahead.days()).ok()?;
            let weekday = u32::try_from(date.weekday().to_monday_zero_offset()).ok()?;
            let found = self.at(date, second).filter(|at| *at > after)?;
            (days.is_empty() || days.contains(&weekday)).then_some(found)
        })
    }

    fn at(&self, date: Date, second: u32) -> Option<i64> {
        let part = |n: u32| i8::try_from(n).ok();
        let (date, second) = if second >= 86_400 { (date.tomorrow().ok()?, second - 86_400) } else { (date, second) };
        let time = Time::new(part(second / 3_600)?, part(second / 60 % 60)?, part(second % 60)?, 0).ok()?;
        Some(date.to_datetime(time).to_zoned(self.0.clone()).ok()?.timestamp().as_microsecond())
    }
}
