use proptest::prelude::*;

use super::*;

fn kind(result: Result<i64, Fault>) -> FaultKind {
    result.expect_err("a fault").kind
}

#[test]
fn decimals_are_read_exactly() {
    for (text, millionths) in [
        ("0", 0),
        ("-0", 0),
        ("0.5", 500_000),
        ("0.50", 500_000),
        ("-1.000001", -1_000_001),
        ("1e3", 1_000_000_000),
        ("1.5e-2", 15_000),
        ("1E+2", 100_000_000),
        ("1.000000000000", 1_000_000),
        ("1000000e-6", 1_000_000),
        ("0.1e1", 1_000_000),
        ("0e999999999999999999999999", 0),
        ("0.000e-99999999999999999999", 0),
        ("9223372036854.775807", i64::MAX),
        ("-9223372036854.775808", i64::MIN),
    ] {
        assert_eq!(decimal(text), Ok(millionths), "{text}");
    }
}

#[test]
fn what_a_decimal_cannot_hold_is_a_fault() {
    assert_eq!(kind(decimal("0.0000001")), FaultKind::TooPrecise);
    assert_eq!(kind(decimal("1.1234567")), FaultKind::TooPrecise);
    assert_eq!(kind(decimal("1e-7")), FaultKind::TooPrecise);
    assert_eq!(kind(decimal("1e-99999999999999999999")), FaultKind::TooPrecise);
    assert_eq!(kind(decimal("9223372036854.775808")), FaultKind::OutOfRange);
    assert_eq!(kind(decimal("1e13")), FaultKind::OutOfRange);
    assert_eq!(kind(decimal("1e99999999999999999999999")), FaultKind::OutOfRange);
    assert_eq!(kind(decimal(&"9".repeat(100_000))), FaultKind::OutOfRange);
}

#[test]
fn only_the_json_form_is_a_number() {
    for text in [
        "", "-", "+1", "01", "-01", ".5", "5.", "1e", "1e+", "1.2.3", "0x10", "NaN", "Infinity", "1_000", " 1", "1 ",
        "1e1e1", "١", "1e1.5",
    ] {
        assert_eq!(kind(decimal(text)), FaultKind::IllTyped, "{text:?}");
        assert_eq!(kind(int(text)), FaultKind::IllTyped, "{text:?}");
        assert_eq!(kind(ratio(text)), FaultKind::IllTyped, "{text:?}");
    }
}

#[test]
fn ints_may_have_an_empty_fraction_or_an_exponent() {
    assert_eq!(int("1.0"), Ok(1));
    assert_eq!(int("1e2"), Ok(100));
    assert_eq!(int("120e-1"), Ok(12));
    assert_eq!(int("9223372036854775807"), Ok(i64::MAX));
    assert_eq!(int("-9223372036854775808"), Ok(i64::MIN));
    assert_eq!(kind(int("9223372036854775808")), FaultKind::OutOfRange);
    assert_eq!(kind(int("1.5")), FaultKind::TooPrecise);
    assert_eq!(kind(int("1e19")), FaultKind::OutOfRange);
}

#[test]
fn ratios_are_rounded_half_up_and_stay_between_0_and_1() {
    for (text, billionths) in [
        ("0", 0),
        ("1", RATIO_ONE),
        ("1.0000", RATIO_ONE),
        ("10e-1", RATIO_ONE),
        ("0.5", 500_000_000),
        ("0.3333333333333", 333_333_333),
        ("0.6666666666666", 666_666_667),
        ("0.0000000005", 1),
        ("0.00000000049", 0),
        ("0.00000000005", 0),
        ("5e-10", 1),
        ("0.9999999999", RATIO_ONE),
        ("0.9999999994", 999_999_999),
        ("1e-400", 0),
    ] {
        assert_eq!(ratio(text), Ok(billionths), "{text}");
    }
    for text in ["1.0000000001", "2", "10", "-0.1", "-1e-400", "1e400", "11e-1"] {
        assert_eq!(kind(ratio(text)), FaultKind::OutOfRange, "{text}");
    }
}

#[test]
fn percentages_are_exact_or_nothing() {
    assert_eq!(percent_of(20 * PERCENT_ONE, 7 * DECIMAL_ONE), Ok(1_400_000));
    assert_eq!(percent_of(12_250_000, 10 * DECIMAL_ONE), Ok(1_225_000));
    assert_eq!(kind(percent_of(1, 1)), FaultKind::TooPrecise);
    assert_eq!(kind(percent_of(i64::MAX, 200_000_000)), FaultKind::Overflow);
}

#[test]
fn numbers_are_shown_short_but_whole() {
    assert_eq!(show_decimal(500_000), "0.50");
    assert_eq!(show_decimal(12_000_000), "12.00");
    assert_eq!(show_decimal(-1), "-0.000001");
    assert_eq!(show_decimal(i64::MIN), "-9223372036854.775808");
    assert_eq!(show_ratio(RATIO_ONE), "1");
    assert_eq!(show_ratio(125_000_000), "0.125");
    assert_eq!(show_percent(20 * PERCENT_ONE), "20%");
    assert_eq!(show_percent(12_500_000), "12.5%");
}

proptest! {
    #[test]
    fn a_decimal_survives_being_shown(n in any::<i64>()) {
        prop_assert_eq!(decimal(&show_decimal(n)), Ok(n));
    }

    #[test]
    fn shifting_the_point_changes_nothing(n in -1_000_000_i64..1_000_000, places in 0_i64..20) {
        let text = format!("{n}{}e-{places}", "0".repeat(places as usize));
        prop_assert_eq!(int(&text), Ok(n));
    }

    #[test]
    fn the_quick_way_reads_what_the_general_one_reads(text in "-?[0-9]{1,20}([.][0-9]{0,9})?") {
        // An exponent goes the general way.
        let general = format!("{text}e0");
        prop_assert_eq!(decimal(&text).ok(), decimal(&general).ok());
        prop_assert_eq!(int(&text).ok(), int(&general).ok());
    }

    #[test]
    fn no_text_panics(text in "[-+0-9.eE]{0,40}") {
        let _ = (decimal(&text), int(&text), ratio(&text));
    }
}
