//! Literals: from their text to their value.

use crate::syntax::ast::Literal;

const MICROS: i64 = 1_000_000;

/// What a text that begins with a digit means, or why it means nothing.
pub(in crate::syntax) fn number(text: &str) -> Result<Literal, String> {
    let bytes = text.as_bytes();
    if bytes.len() >= 10 && bytes.get(4) == Some(&b'-') {
        return moment(text);
    }
    if text.contains(':') {
        return time_of_day(text);
    }
    if let Some(percent) = text.strip_suffix('%') {
        return decimal(percent).map(Literal::Percent);
    }
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    match unit {
        "" if digits.contains('.') => decimal(digits).map(Literal::Decimal),
        "" => integer(digits).map(Literal::Int),
        "B" => size(digits, 0),
        "KiB" => size(digits, 10),
        "MiB" => size(digits, 20),
        "GiB" => size(digits, 30),
        "TiB" => size(digits, 40),
        "KB" | "MB" | "GB" | "kB" | "K" | "M" | "G" => {
            Err(format!("`{unit}` is not a size here; write `KiB`, `MiB` or `GiB`, which are powers of 1,024"))
        }
        _ => duration(text),
    }
}

fn integer(digits: &str) -> Result<i64, String> {
    let plain = without_underscores(digits)?;
    plain.parse().map_err(|_| "a whole number is at most 9_223_372_036_854_775_807".to_owned())
}

fn without_underscores(digits: &str) -> Result<String, String> {
    if digits.ends_with('_') || digits.contains("__") || digits.starts_with('_') {
        return Err("`_` stands between digits only".to_owned());
    }
    Ok(digits.replace('_', ""))
}

/// A decimal in millionths.
fn decimal(digits: &str) -> Result<i64, String> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = if fraction.is_empty() { String::new() } else { without_underscores(fraction)? };
    if fraction.len() > 6 {
        return Err("a decimal has at most 6 digits behind the point".to_owned());
    }
    let too_large = || "a decimal is at most 9_223_372_036_854.775807".to_owned();
    let whole: i64 = without_underscores(whole)?.parse().map_err(|_| too_large())?;
    let part: i64 = format!("{fraction:0<6}").parse().map_err(|_| too_large())?;
    whole.checked_mul(MICROS).and_then(|w| w.checked_add(part)).ok_or_else(too_large)
}

fn size(digits: &str, shift: u32) -> Result<Literal, String> {
    if digits.contains('.') {
        return Err("a size is a whole number; write it in the next smaller unit".to_owned());
    }
    let factor = 1i64 << shift;
    integer(digits)?.checked_mul(factor).map(Literal::Int).ok_or_else(|| "the size is too large".to_owned())
}

/// `1h30m`, in microseconds; each unit at most once, from large to small.
fn duration(text: &str) -> Result<Literal, String> {
    const UNITS: [(&str, i64); 6] = [
        ("w", 7 * 86_400 * MICROS),
        ("d", 86_400 * MICROS),
        ("h", 3_600 * MICROS),
        ("m", 60 * MICROS),
        ("s", MICROS),
        ("ms", 1_000),
    ];
    let mut rest = text;
    let mut total = 0i64;
    let mut next_unit = 0;
    while !rest.is_empty() {
        let digits_end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (digits, tail) = rest.split_at(digits_end);
        let unit_end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, after) = tail.split_at(unit_end);
        let Some(place) = UNITS.iter().position(|(name, _)| *name == unit) else {
            return Err(
                "it is no number, size or duration; durations are written like `90s`, `5m`, `1h30m`, `1d`, `2w`"
                    .to_owned(),
            );
        };
        if place < next_unit {
            return Err("in a duration each unit stands once, from large to small".to_owned());
        }
        if digits.contains('.') {
            return Err("a duration has whole numbers; write `1h30m` for one and a half hours".to_owned());
        }
        next_unit = place + 1;
        let part = UNITS.get(place).and_then(|(_, factor)| integer(digits).ok()?.checked_mul(*factor));
        total = part.and_then(|p| total.checked_add(p)).ok_or("the duration is too long")?;
        rest = after;
    }
    Ok(Literal::Duration(total))
}

fn two(text: &str, at: usize) -> u32 {
    text.get(at..at + 2).and_then(|t| t.parse().ok()).unwrap_or(u32::MAX)
}

fn time_of_day(text: &str) -> Result<Literal, String> {
    let (hour, minute) = (two(text, 0), two(text, 3));
    let second = if text.len() > 5 { two(text, 6) } else { 0 };
    let end_of_day = (hour, minute, second) == (24, 0, 0);
    if (hour > 23 || minute > 59 || second > 59) && !end_of_day {
        return Err("a time of day is from `00:00` to `24:00`".to_owned());
    }
    Ok(Literal::TimeOfDay(hour * 3600 + minute * 60 + second))
}

fn moment(text: &str) -> Result<Literal, String> {
    let year: i16 = text.get(..4).and_then(|t| t.parse().ok()).unwrap_or(0);
    let (month, day) = (two(text, 5), two(text, 8));
    if jiff::civil::Date::new(year, month.min(99) as i8, day.min(99) as i8).is_err() {
        return Err("there is no such day; dates are written year-month-day, `2026-11-23`".to_owned());
    }
    if text.len() > 10 {
        let second = if text.as_bytes().get(16) == Some(&b':') { two(text, 17) } else { 0 };
        if two(text, 11) > 23 || two(text, 14) > 59 || second > 59 {
            return Err("there is no such time of day; it is from `00:00` to `23:59:59`".to_owned());
        }
    }
    Ok(Literal::Time(text.to_owned()))
}
