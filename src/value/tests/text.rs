use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::value::{EntityRef, FaultKind, PathValue, RangeValue, UrlValue};

struct Declared;

impl Names for Declared {
    fn variant_name(&self, _: EnumId, place: u32) -> &str {
        ["low", "high"].get(place as usize).copied().unwrap_or("?")
    }

    fn entity_name(&self, _: EntityTypeId) -> &str {
        "Team"
    }

    fn field_name(&self, _: RecordId, place: usize) -> &str {
        ["name", "size", "note"].get(place).copied().unwrap_or("?")
    }
}

fn shown(value: &Value) -> String {
    show(value, &Declared)
}

#[test]
fn values_read_as_in_a_sentence() {
    let decimals = Value::List([Value::Decimal(500_000), Value::Decimal(12_000_000)].into());
    let entity = Value::Entity(EntityRef { ty: EntityTypeId(1), id: "builders".into() });
    let hours = RangeValue { low: Value::TimeOfDay(32_400), high: Value::TimeOfDay(61_200), closed: false };
    let record = [Ok(Some(Value::str("x"))), Err(Fault::new(FaultKind::Null, "null")), Ok(None)];
    for (value, text) in [
        (Value::Bool(true), "true"),
        (Value::Int(-3), "-3"),
        (decimals, "0.50, 12.00"),
        (Value::Duration(300_000_000), "5m"),
        (Value::Timestamp(0), "1970-01-01T00:00:00Z"),
        (Value::Civil(0), "1970-01-01T00:00:00"),
        (Value::Enum(EnumId(9), 1), "high"),
        (entity, "Team builders"),
        (Value::Range(Arc::new(hours)), "09:00..17:00"),
        (Value::Record(RecordId(0), record.into()), "name: x, size: ?"),
        (Value::set(vec![Value::str("b"), Value::str("a")]), "a, b"),
        (Value::Path(Arc::new(PathValue::read("./a").expect("a path"))), "a"),
        (Value::Unknown(Fault::new(FaultKind::UnknownWord, "x")), "?"),
    ] {
        assert_eq!(shown(&value), text);
    }
}

#[test]
fn what_could_mislead_is_written_out() {
    assert_eq!(shown(&Value::str("a\u{202e}b\u{0}\n\u{200b}ż")), "a\\u{202e}b\\u{0}\\n\\u{200b}ż");
    assert_eq!(shown(&Value::Host("\u{430}pple.com".into())), "\u{430}pple.com (xn--pple-43d.com)");
    let url = UrlValue::read("https://\u{430}pple.com/x").expect("a url");
    assert_eq!(shown(&Value::Url(Arc::new(url))), "https://\u{430}pple.com/x (xn--pple-43d.com)");
}

#[test]
fn long_texts_are_cut() {
    let exact = "é".repeat(GREATEST_SHOWN);
    assert_eq!(escape(&exact), exact);
    assert_eq!(escape(&(exact.clone() + "x")), exact + "…");
    let many = Value::List(vec![Value::str("abc"); 100_000].into());
    assert_eq!(shown(&many).chars().count(), GREATEST_SHOWN + 1);
    let escapes = escape(&"\u{202e}".repeat(1_000));
    assert!(escapes.ends_with("\\u{202e}…"), "an escape is never cut in two: {escapes}");
}

proptest! {
    #[test]
    fn nothing_misleading_or_long_comes_out(text in any::<String>()) {
        let out = escape(&text);
        prop_assert!(!out.chars().any(is_misleading));
        prop_assert!(out.chars().count() <= GREATEST_SHOWN + 1);
    }
}
