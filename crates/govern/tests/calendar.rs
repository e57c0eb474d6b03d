//! Periods of the calendar are what clocks and calendars on the wall say.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use aas_govern::registers::Calendar;
use aas_govern::schema::CalendarUnit;
use jiff::civil::Weekday;
use jiff::{Timestamp, Zoned};

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Warsaw",
    "America/Sao_Paulo",   // days that began at one o'clock
    "Australia/Lord_Howe", // clocks change by half an hour
    "Asia/Kolkata",        // half an hour off
    "Pacific/Apia",        // a day was left out
    "Africa/Casablanca",
    "America/St_Johns",
];
const UNITS: [CalendarUnit; 4] = [CalendarUnit::Hour, CalendarUnit::Day, CalendarUnit::Week, CalendarUnit::Month];

/// 2009-01-01T00:00:00Z.
const START: i64 = 1_230_768_000_000_000;
const HOUR: i64 = 3_600_000_000;

fn local(at: i64, zone: &str) -> Zoned {
    Timestamp::from_microsecond(at).unwrap().in_tz(zone).unwrap()
}

#[test]
fn periods_follow_each_other_and_end_where_the_calendar_says() {
    for zone in ZONES {
        for unit in UNITS {
            let calendar = Calendar::new(unit, zone).unwrap();
            let steps = if unit == CalendarUnit::Hour { 30_000 } else { 1_200 };
            let mut period = calendar.period(START).unwrap();
            for _ in 0..steps {
                let next = calendar.period(period.ends).unwrap();
                let what = format!("{zone} {unit:?} {}", local(period.ends, zone));
                assert!(next.ends > period.ends, "{what}");
                // A day that was left out has a number all the same, and an hour in which clocks change by half an hour
                // is one hour.
                let other = match unit {
                    CalendarUnit::Hour if zone == "Australia/Lord_Howe" => 0,
                    CalendarUnit::Day if zone == "Pacific/Apia" => 2,
                    _ => 1,
                };
                assert!([1, other].contains(&(next.number - period.number)), "{what}: {period:?} {next:?}");
                assert_eq!(calendar.period(period.ends - 1), Some(period), "{what}");
                assert_eq!(
                    calendar.period((period.ends + next.ends) / 2).map(|p| p.number),
                    Some(next.number),
                    "{what}"
                );
                let (before, at) = (local(period.ends - 1, zone), local(period.ends, zone));
                match unit {
                    CalendarUnit::Hour => assert!(at.minute() == 0 || zone == "Australia/Lord_Howe", "{what}"),
                    CalendarUnit::Day => assert_ne!(before.date(), at.date(), "{what}"),
                    CalendarUnit::Week => {
                        assert_eq!((before.weekday(), at.weekday()), (Weekday::Sunday, Weekday::Monday), "{what}");
                    }
                    CalendarUnit::Month => assert!(at.day() == 1 && before.day() >= 28, "{what}"),
                }
                period = next;
            }
        }
    }
}

#[test]
fn days_of_a_change_of_clocks_are_longer_or_shorter() {
    let days = Calendar::new(CalendarUnit::Day, "Europe/Warsaw").unwrap();
    let length = |text: &str| {
        let noon = text.parse::<Timestamp>().unwrap().as_microsecond();
        let today = days.period(noon).unwrap();
        let yesterday = days.period(noon - 24 * HOUR).unwrap();
        (today.ends - yesterday.ends) / HOUR
    };
    assert_eq!(length("2026-03-28T12:00:00Z"), 24);
    assert_eq!(length("2026-03-29T12:00:00Z"), 23);
    assert_eq!(length("2026-10-25T12:00:00Z"), 25);
}

#[test]
fn numbers_count_from_1970() {
    let number = |unit, at: &str| {
        let at = at.parse::<Timestamp>().unwrap().as_microsecond();
        Calendar::new(unit, "UTC").unwrap().period(at).unwrap().number
    };
    assert_eq!(number(CalendarUnit::Day, "1970-01-01T00:00:00Z"), 0);
    assert_eq!(number(CalendarUnit::Day, "1969-12-31T23:59:59Z"), -1);
    assert_eq!(number(CalendarUnit::Week, "1970-01-04T23:59:59Z"), 0);
    assert_eq!(number(CalendarUnit::Week, "1970-01-05T00:00:00Z"), 1);
    assert_eq!(number(CalendarUnit::Month, "2026-12-31T00:00:00Z"), 2026 * 12 + 11);
    assert_eq!(number(CalendarUnit::Hour, "1970-01-01T02:59:59Z"), 2);
}

#[test]
fn zones_and_times_that_are_not_there() {
    assert!(Calendar::new(CalendarUnit::Day, "Europe/Atlantis").is_err());
    let days = Calendar::new(CalendarUnit::Day, "Pacific/Apia").unwrap();
    for at in [i64::MIN, i64::MAX] {
        assert_eq!(days.period(at), None);
    }
}
