//! Numbers from text and back: decimals, ratios, percent.
//!
//! Text is the JSON form of a number (`-12.50`, `1e3`). Its digits are read as they stand and shifted by
//! whole places: no number passes through binary floating point, and none is rounded but a ratio.

use std::fmt::Write;

use super::{Fault, FaultKind};

/// One as a decimal.
pub const DECIMAL_ONE: i64 = 1_000_000;
/// One as a ratio.
pub const RATIO_ONE: i64 = 1_000_000_000;
/// One percent, in millionths of one percent.
pub const PERCENT_ONE: i64 = 1_000_000;

const DECIMAL_PLACES: i64 = 6;
const RATIO_PLACES: i64 = 9;
/// No `i64` has more digits.
const GREATEST_DIGITS: i64 = 19;

/// A decimal in millionths. More than six places is `TooPrecise`, unless they are zeros.
pub fn decimal(text: &str) -> Result<i64, Fault> {
    if let Some(plain) = plain(text.as_bytes(), DECIMAL_PLACES as usize) {
        return Ok(plain);
    }
    Digits::read(text)?.exact(DECIMAL_PLACES)
}

/// An int; `1.0` and `1e2` are ints, `1.5` is `TooPrecise`.
pub fn int(text: &str) -> Result<i64, Fault> {
    if let Some(plain) = plain(text.as_bytes(), 0) {
        return Ok(plain);
    }
    Digits::read(text)?.exact(0)
}

/// A number as most are written: a few digits, no exponent, no more places than it may have. Of others nothing is said.
fn plain(text: &[u8], places: usize) -> Option<i64> {
    /// So many digits fit, whatever they are.
    const MOST: usize = 18;
    let (negative, digits) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
    let point = digits.iter().position(|byte| *byte == b'.');
    let (ones, fraction) = match point {
        Some(point) => (digits.get(..point)?, digits.get(point + 1..)?),
        None => (digits, &[][..]),
    };
    let is_whole = matches!(ones, [b'0'] | [b'1'..=b'9', ..]) && (point.is_none() || !fraction.is_empty());
    if !is_whole || fraction.len() > places || ones.len() + places > MOST {
        return None;
    }
    let mut number = 0_i64;
    for byte in ones.iter().chain(fraction) {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i64::from(byte - b'0');
    }
    for _ in fraction.len()..places {
        number *= 10;
    }
    Some(if negative { -number } else { number })
}

/// A ratio in billionths, rounded half up; what is below 0 or above 1 before rounding is `OutOfRange`.
pub fn ratio(text: &str) -> Result<i64, Fault> {
    let digits = Digits::read(text)?;
    if digits.is_zero() {
        return Ok(0);
    }
    let outside = || Fault::new(FaultKind::OutOfRange, "a ratio lies between 0 and 1");
    if digits.negative {
        return Err(outside());
    }
    // The first digit stands at 10^(top - 1); only 1 itself may reach the place of ones.
    let top = digits.exponent.saturating_add(digits.count());
    if top > 1 {
        return Err(outside());
    }
    if top == 1 {
        return if digits.significant == "1" { Ok(RATIO_ONE) } else { Err(outside()) };
    }
    let kept = RATIO_PLACES + top;
    if kept < 0 {
        return Ok(0);
    }
    let kept = usize::try_from(kept).unwrap_or(0).min(digits.significant.len());
    let (head, tail) = digits.significant.split_at(kept);
    let places = RATIO_PLACES + top - head.len() as i64;
    let up = tail.as_bytes().first().is_some_and(|d| *d >= b'5');
    let head = whole(head).ok_or_else(outside)?;
    // At most nine digits remain, so neither step leaves its type.
    let scaled = power_of_ten(places).and_then(|p| head.checked_mul(p)).ok_or_else(outside)?;
    Ok(scaled + i64::from(up))
}

/// `part`, in millionths of one percent, of a whole in millionths; `TooPrecise` where that is not exact.
pub fn percent_of(part: i64, whole: i64) -> Result<i64, Fault> {
    let hundred = i128::from(PERCENT_ONE) * 100;
    let product = i128::from(part) * i128::from(whole);
    if product % hundred != 0 {
        return Err(Fault::new(FaultKind::TooPrecise, "a percentage with more than six decimal places"));
    }
    i64::try_from(product / hundred).map_err(|_| Fault::new(FaultKind::Overflow, "a percentage beyond all decimals"))
}

/// `0.50`, `12.00`, `0.123456`: two places at least, no zeros beyond.
#[must_use]
pub fn show_decimal(millionths: i64) -> String {
    show(millionths, 6, 2)
}

/// `0.5`, `1`, `0.333333333`.
#[must_use]
pub fn show_ratio(billionths: i64) -> String {
    show(billionths, 9, 0)
}

/// `20%`, `12.5%`, from millionths of one percent.
#[must_use]
pub fn show_percent(millionths: i64) -> String {
    show(millionths, 6, 0) + "%"
}

fn show(number: i64, places: usize, least: usize) -> String {
    let mut out = String::with_capacity(24);
    let size = number.unsigned_abs();
    // INVARIANT: there are at most nine places.
    let unit = 10_u64.pow(places as u32);
    let (ones, mut fraction, mut kept) = (size / unit, size % unit, places);
    while kept > least && fraction % 10 == 0 {
        fraction /= 10;
        kept -= 1;
    }
    let sign = if number < 0 { "-" } else { "" };
    // Writing to a text cannot fail.
    let _ = match kept {
        0 => write!(out, "{sign}{ones}"),
        _ => write!(out, "{sign}{ones}.{fraction:0kept$}"),
    };
    out
}

/// A number as its significant digits and the power of ten they are counted in.
struct Digits {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    significant: String,
    exponent: i64,
}

impl Digits {
    /// Reads the JSON form of a number and nothing else: no `+`, no leading zeros, no bare dot.
    fn read(text: &str) -> Result<Self, Fault> {
        let bad = || Fault::new(FaultKind::IllTyped, "not a number");
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent).ok_or_else(bad)?),
            None => (rest, 0),
        };
        let (ones, fraction) = match mantissa.split_once('.') {
            Some((ones, fraction)) if !fraction.is_empty() => (ones, fraction),
            Some(_) => return Err(bad()),
            None => (mantissa, ""),
        };
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = ones.len() > 1 && ones.starts_with('0');
        if ones.is_empty() || leading_zero || !all_digits(ones) || !all_digits(fraction) {
            return Err(bad());
        }
        let joined = [ones, fraction].concat();
        let significant = joined.trim_end_matches('0');
        let dropped = (joined.len() - significant.len()) as i64;
        let exponent = exponent.saturating_sub(fraction.len() as i64).saturating_add(dropped);
        Ok(Self { negative, significant: significant.trim_start_matches('0').to_string(), exponent })
    }

    fn is_zero(&self) -> bool {
        self.significant.is_empty()
    }

    fn count(&self) -> i64 {
        self.significant.len() as i64
    }

    /// The number in units of 10^-places, if it is a whole number of them that an `i64` holds.
    fn exact(&self, places: i64) -> Result<i64, Fault> {
        if self.is_zero() {
            return Ok(0);
        }
        let shift = self.exponent.saturating_add(places);
        let beyond = || Fault::new(FaultKind::OutOfRange, "the number is too large for its type");
        if self.count().saturating_add(shift) > GREATEST_DIGITS {
            return Err(beyond());
        }
        if shift < 0 {
            let detail = match places {
                0 => "an int has no decimal places".to_string(),
                _ => format!("more than {places} decimal places"),
            };
            return Err(Fault::new(FaultKind::TooPrecise, detail));
        }
        let magnitude = self.significant.parse::<i128>().ok().zip(power_of_ten(shift));
        let magnitude = magnitude.map(|(digits, power)| digits * i128::from(power)).ok_or_else(beyond)?;
        i64::try_from(if self.negative { -magnitude } else { magnitude }).map_err(|_| beyond())
    }
}

/// The exponent, held at bounds that are far beyond every type.
fn read_exponent(text: &str) -> Option<i64> {
    const BOUND: i64 = 1 << 40;
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let size = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(BOUND).min(BOUND) };
    Some(if negative { -size } else { size })
}

fn whole(digits: &str) -> Option<i64> {
    if digits.is_empty() { Some(0) } else { digits.parse().ok() }
}

fn power_of_ten(places: i64) -> Option<i64> {
    10_i64.checked_pow(u32::try_from(places).ok()?)
}

#[cfg(test)]
#[path = "tests/number.rs"]
mod tests;
