use proptest::prelude::*;

use super::*;

const NOON: i64 = 1_763_460_000 * SECOND; // 2025-11-18T10:00:00Z

fn at(text: &str) -> Result<i64, Fault> {
    timestamp(text, &Zone::utc())
}

fn kind(result: Result<i64, Fault>) -> FaultKind {
    result.expect_err("a fault").kind
}

fn warsaw() -> Zone {
    zone("Europe/Warsaw").expect("it is in the database")
}

#[test]
fn timestamps_with_and_without_offset() {
    assert_eq!(at("1970-01-01"), Ok(0));
    assert_eq!(at("2025-11-18T10:00"), Ok(NOON));
    assert_eq!(at("2025-11-18T10:00:00"), Ok(NOON));
    assert_eq!(at("2025-11-18T10:00Z"), Ok(NOON));
    assert_eq!(at("2025-11-18T10:00:00.25Z"), Ok(NOON + 250_000));
    assert_eq!(at("2025-11-18T10:00:00.250000000Z"), Ok(NOON + 250_000));
    assert_eq!(at("2025-11-18T12:00+02:00"), Ok(NOON));
    assert_eq!(at("2025-11-18T04:30:00-05:30"), Ok(NOON));
    assert_eq!(timestamp("2025-11-18T11:00", &warsaw()), Ok(NOON));
    assert_eq!(timestamp("2025-11-18T10:00Z", &warsaw()), Ok(NOON));
}

#[test]
fn what_is_no_timestamp() {
    for text in [
        "",
        "2025",
        "2025-11",
        "2025-1-1",
        "2025-11-31",
        "2025-13-01",
        "2025-02-29",
        "2025-11-18 10:00",
        "2025-11-18T",
        "2025-11-18T10",
        "2025-11-18T24:00",
        "2025-11-18T10:60",
        "2025-11-18T10:00:60Z",
        "2025-11-18T10:00:00.Z",
        "2025-11-18T10:00z",
        "2025-11-18T10:00+1:00",
        "2025-11-18T10:00+24:00",
        "2025-11-18T10:00Zx",
        "2025-11-18Z",
        "+002025-11-18",
        "2025-11-18T10:00+01:00[Europe/Warsaw]",
        "２０２５-11-18",
        "2025-11-18T10:00:00,5Z",
    ] {
        assert_eq!(kind(at(text)), FaultKind::IllTyped, "{text:?}");
    }
    assert_eq!(kind(at("2025-11-18T10:00:00.1234567Z")), FaultKind::TooPrecise);
}

#[test]
fn times_that_clocks_skip_or_repeat_need_an_offset() {
    assert_eq!(kind(timestamp("2025-03-30T02:30", &warsaw())), FaultKind::IllTyped);
    assert_eq!(kind(timestamp("2025-10-26T02:30", &warsaw())), FaultKind::IllTyped);
    assert!(timestamp("2025-10-26T02:30+01:00", &warsaw()).is_ok());
}

#[test]
fn a_day_begins_at_its_first_instant_even_where_midnight_is_skipped() {
    let cairo = zone("Africa/Cairo").expect("it is in the database");
    // On 2024-04-26 clocks went from 00:00 to 01:00.
    assert_eq!(timestamp("2024-04-26", &cairo), at("2024-04-25T22:00Z"));
    let noon = at("2024-04-26T12:00Z").expect("a time");
    assert_eq!(cairo.start_of_day(noon), at("2024-04-25T22:00Z"));
}

#[test]
fn zones_have_one_spelling() {
    assert!(zone("Europe/Warsaw").is_some());
    assert!(zone("UTC").is_some());
    for name in
        ["europe/warsaw", "utc", "Mars/Base", "", "Etc/Unknown", "/etc/localtime", "../Europe/Warsaw", "posixrules"]
    {
        assert!(zone(name).is_none(), "{name}");
    }
    assert!(zone_names().iter().any(|n| n == "America/New_York"));
}

#[test]
fn civil_time_follows_summer_time() {
    let winter = warsaw().civil(NOON).expect("a time");
    assert_eq!(time_of_day(winter), 11 * 3_600);
    assert_eq!(weekday(winter), 1, "a Tuesday");
    assert_eq!(date(winter), Ok((2025, 11, 18)));
    let summer = warsaw().civil(at("2025-07-01T22:30Z").expect("a time")).expect("a time");
    assert_eq!(time_of_day(summer), 1_800);
    assert_eq!(date(summer), Ok((2025, 7, 2)));
}

#[test]
fn days_before_1970_are_days_too() {
    let eve = -1;
    assert_eq!(weekday(eve), 2, "a Wednesday");
    assert_eq!(time_of_day(eve), 86_399);
    assert_eq!(date(eve), Ok((1969, 12, 31)));
}

#[test]
fn what_clocks_show_of_the_last_instant_has_a_date() {
    let last = at("9999-12-30T21:59:59Z").expect("a time");
    let east = zone("Pacific/Kiritimati").expect("it is in the database");
    assert_eq!(date(east.civil(last).expect("a time")), Ok((9999, 12, 31)));
    assert_eq!(east.civil(i64::MAX).expect_err("a fault").kind, FaultKind::OutOfRange);
    assert_eq!(date(i64::MIN).expect_err("a fault").kind, FaultKind::OutOfRange);
}

#[test]
fn changes_of_a_zone_are_found_in_order() {
    let (change, offset) = warsaw().next_change(NOON).expect("summer time comes");
    assert_eq!(show_timestamp(change), "2026-03-29T01:00:00Z");
    assert_eq!(offset, 7_200);
    assert_eq!(warsaw().offset_at(change), Ok(7_200));
    assert_eq!(warsaw().offset_at(change - 1), Ok(3_600));
    assert_eq!(Zone::utc().next_change(NOON), None);
}

#[test]
fn durations_are_read_from_large_to_small() {
    for (text, micros) in [
        ("5m", 5 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("0s", 0),
        ("-90s", -90 * SECOND),
        ("2w1d", 15 * DAY),
        ("250ms", 250_000),
        ("1s5us", SECOND + 5),
        ("PT5M", 5 * MINUTE),
        ("P1DT12H", 36 * HOUR),
        ("P2W", 2 * WEEK),
        ("PT0.5S", SECOND / 2),
        ("PT1M0.000001S", MINUTE + 1),
        ("-PT1S", -SECOND),
    ] {
        assert_eq!(duration(text), Ok(micros), "{text}");
    }
    for text in [
        "",
        "-",
        "5",
        "m",
        "5 m",
        "1m1h",
        "5m5m",
        "1.5h",
        "+5m",
        "5M",
        "5min",
        "P",
        "PT",
        "P1DT",
        "P5M",
        "P1Y",
        "PT5",
        "P1M2D",
        "PT5D",
        "P5H",
        "PT1.5M",
        "PT.5S",
        "PT1.S",
        "P1DT1HT1M",
        "PTT1S",
        "PT5S1",
        "--5m",
        "5m-",
        "5µs",
    ] {
        assert_eq!(kind(duration(text)), FaultKind::IllTyped, "{text:?}");
    }
    assert_eq!(kind(duration("99999999999999w")), FaultKind::OutOfRange);
    assert_eq!(kind(duration("99999999999999999999999s")), FaultKind::OutOfRange);
    assert_eq!(kind(duration("PT0.1234567S")), FaultKind::TooPrecise);
}

#[test]
fn times_are_shown_short() {
    assert_eq!(show_duration(5 * MINUTE), "5m");
    assert_eq!(show_duration(90 * MINUTE), "1h30m");
    assert_eq!(show_duration(0), "0s");
    assert_eq!(show_duration(-DAY - 1), "-1d1us");
    assert_eq!(show_time_of_day(9 * 3_600), "09:00");
    assert_eq!(show_time_of_day(86_399), "23:59:59");
    assert_eq!(show_timestamp(NOON + 250_000), "2025-11-18T10:00:00.25Z");
}

proptest! {
    #[test]
    fn a_duration_survives_being_shown(n in any::<i64>()) {
        prop_assert_eq!(duration(&show_duration(n)), Ok(n));
    }

    #[test]
    fn no_instant_panics(n in any::<i64>()) {
        for zone in [Zone::utc(), warsaw()] {
            let _ = (zone.offset_at(n), zone.next_change(n), zone.start_of_day(n), show_timestamp(n));
            let _ = (time_of_day(n), weekday(n), date(n));
        }
    }

    #[test]
    fn a_timestamp_survives_being_shown(n in -60_000_000_000_000_000_i64..250_000_000_000_000_000) {
        prop_assert_eq!(at(&show_timestamp(n)), Ok(n));
    }

    #[test]
    fn no_text_panics(text in "[-+0-9TPZDHMS:.éwms]{0,30}") {
        let _ = (at(&text), timestamp(&text, &warsaw()), duration(&text));
    }
}
