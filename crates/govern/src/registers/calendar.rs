//! Periods of the calendar, as numbers.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit, Zoned};
use serde::{Deserialize, Serialize};

use crate::schema::CalendarUnit;

/// A period of a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarPeriod {
    /// Its number: one more than that of the period before it.
    pub number: i64,
    /// The first microsecond after it.
    pub ends: i64,
}

/// A part of the calendar in a zone.
///
/// ```
/// use aas_govern::registers::Calendar;
/// use aas_govern::schema::CalendarUnit;
///
/// let days = Calendar::new(CalendarUnit::Day, "Europe/Warsaw")?;
/// let noon = 1_774_785_600_000_000; // 2026-03-29T12:00:00Z, a day of 23 hours in Warsaw
/// let today = days.period(noon).expect("a time of this century");
/// assert_eq!(days.period(today.ends - 1), Some(today));
/// assert_eq!(days.period(today.ends).map(|day| day.number), Some(today.number + 1));
/// # Ok::<(), aas_govern::registers::UnknownZone>(())
/// ```
#[derive(Clone, Debug)]
pub struct Calendar {
    unit: CalendarUnit,
    zone: TimeZone,
}

/// A zone that the bundled database does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone `{0}`")]
pub struct UnknownZone(pub(crate) Arc<str>);

impl Calendar {
    /// The calendar of the zone with this IANA name.
    ///
    /// # Errors
    ///
    /// [`UnknownZone`] where the bundled database has no such zone.
    pub fn new(unit: CalendarUnit, zone: &str) -> Result<Self, UnknownZone> {
        let zone = TimeZone::get(zone).map_err(|_| UnknownZone(zone.into()))?;
        Ok(Self { unit, zone })
    }

    /// The period in which a time lies, given in microseconds since 1970 in UTC; nothing outside the years -9999 to
    /// 9999. It holds for every time before its end that is not before this one, so that it can be kept until then.
    #[must_use]
    pub fn period(&self, at: i64) -> Option<CalendarPeriod> {
        let local = Timestamp::from_microsecond(at).ok()?.to_zoned(self.zone.clone());
        let date = local.date();
        let day = days(date)?;
        let (number, ends) = match self.unit {
            CalendarUnit::Hour => return hour(&local),
            CalendarUnit::Day => (day, date.tomorrow().ok()?),
            CalendarUnit::Week => {
                let number = (day + 3).div_euclid(7);
                let monday = Date::constant(1970, 1, 5);
                let weeks = i32::try_from(number).ok()?;
                (number, monday.checked_add(jiff::Span::new().try_weeks(weeks).ok()?).ok()?)
            }
            CalendarUnit::Month => {
                let number = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
                (number, date.last_of_month().tomorrow().ok()?)
            }
        };
        let ends = ends.to_zoned(self.zone.clone()).ok()?;
        Some(CalendarPeriod { number, ends: ends.start_of_day().ok()?.timestamp().as_microsecond() })
    }
}

/// Days since 1970.
fn days(date: Date) -> Option<i64> {
    let span = Date::constant(1970, 1, 1).until((Unit::Day, date)).ok()?;
    Some(i64::from(span.get_days()))
}

/// From one full hour on the clock to the next. Where clocks change by less than an hour, the hour of the change is
/// longer.
fn hour(local: &Zoned) -> Option<CalendarPeriod> {
    const HOUR: i64 = 3_600_000_000;
    let at = local.timestamp().as_microsecond();
    let offset = i64::from(local.offset().seconds()) * 1_000_000;
    let start = (at + offset).div_euclid(HOUR) * HOUR - offset;
    Some(CalendarPeriod { number: start.div_euclid(HOUR), ends: start + HOUR })
}
