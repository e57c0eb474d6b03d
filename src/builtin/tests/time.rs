use super::*;

#[test]
fn civil_time_of_a_zone() {
    let instant = value(&Type::Timestamp, "2026-06-30T23:30Z");
    let zone = Value::str("Europe/Warsaw");
    let civil =
        call(Form::Method, "in", &Type::Timestamp, &[instant.clone(), zone]).ok().flatten().expect("civil time");
    let of = |name| {
        call(Form::Property, name, &Type::CivilTime, std::slice::from_ref(&civil)).ok().flatten().and_then(|v| v.word())
    };
    let parts = ["year", "month", "day", "hour", "minute", "weekday", "time"].map(of);
    assert_eq!(parts, [2026, 7, 1, 1, 30, 2, 5_400].map(Some));
    let nowhere = call(Form::Method, "in", &Type::Timestamp, &[instant, Value::str("Mars/Base")]);
    assert!(nowhere.is_err());
    let never = call(Form::Method, "in", &Type::Timestamp, &[Value::Timestamp(i64::MAX), Value::str("UTC")]);
    assert!(never.is_err_and(|fault| fault.kind == FaultKind::OutOfRange));
}

#[test]
fn whole_units_of_a_duration() {
    let of = |name, text| property(name, &Type::Duration, value(&Type::Duration, text));
    assert_eq!(of("seconds", "1m30s"), "90");
    assert_eq!(of("minutes", "90s"), "1");
    assert_eq!(of("hours", "-90m"), "-1");
    assert_eq!(of("days", "36h"), "1");
}

#[test]
fn sizes_without_sign_and_parts_of_versions() {
    assert_eq!(property("abs", &Type::Duration, value(&Type::Duration, "-5m")), "5m");
    assert_eq!(property("abs", &Type::Int, Value::Int(-3)), "3");
    assert_eq!(property("abs", &Type::Decimal, Value::Decimal(-500_000)), "0.50");
    assert_eq!(property("abs", &Type::Int, Value::Int(i64::MIN)), "overflow");
    let version = |name| property(name, &Type::Semver, value(&Type::Semver, "1.4.18446744073709551615-rc.1"));
    assert_eq!([version("major"), version("minor"), version("patch")], ["1", "4", "9223372036854775807"]);
    assert_eq!(version("is_prerelease"), "true");
}
