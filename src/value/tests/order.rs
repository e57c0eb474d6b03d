use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::ids::{EntityTypeId, EnumId, RecordId};
use crate::value::{EntityRef, Fault, FaultKind, PathValue, RangeValue};

fn fault() -> Fault {
    Fault::new(FaultKind::UnknownWord, "an expansion")
}

fn simple() -> impl Strategy<Value = Value> {
    let number = -2_i64..3;
    let text = "[ab]{0,2}";
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        number.clone().prop_map(Value::Int),
        number.clone().prop_map(Value::Decimal),
        number.clone().prop_map(Value::Timestamp),
        text.prop_map(|t| Value::str(&t)),
        text.prop_map(|t| Value::Host(t.into())),
        "[ab]{1,2}".prop_map(|t| Value::Path(Arc::new(PathValue::read(&t).expect("a path")))),
        (0_u32..2, 0_u32..3).prop_map(|(of, place)| Value::Enum(EnumId(of), place)),
        (0_u32..2, text).prop_map(|(of, id)| Value::Entity(EntityRef { ty: EntityTypeId(of), id: id.into() })),
        Just(Value::Unknown(fault())),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    simple().prop_recursive(2, 12, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 0..3);
        let field = prop_oneof![inner.clone().prop_map(|v| Ok(Some(v))), Just(Ok(None)), Just(Err(fault()))];
        prop_oneof![
            several.clone().prop_map(|values| Value::List(values.into())),
            several.prop_map(Value::set),
            prop::collection::btree_map("[ab]", inner.clone(), 0..3)
                .prop_map(|entries| Value::Map(Arc::new(entries.into_iter().map(|(k, v)| (k.into(), v)).collect()))),
            prop::collection::vec(field, 2..3).prop_map(|fields| Value::Record(RecordId(0), fields.into())),
            (inner.clone(), inner, any::<bool>()).prop_map(|(low, high, closed)| Value::Range(Arc::new(RangeValue {
                low,
                high,
                closed
            }))),
        ]
    })
}

proptest! {
    #[test]
    fn it_is_a_total_order(a in value(), b in value(), c in value()) {
        prop_assert_eq!(total_cmp(&a, &a), Ordering::Equal);
        prop_assert_eq!(total_cmp(&a, &b), total_cmp(&b, &a).reverse());
        if total_cmp(&a, &b) != Ordering::Greater && total_cmp(&b, &c) != Ordering::Greater {
            prop_assert_ne!(total_cmp(&a, &c), Ordering::Greater);
        }
    }

    #[test]
    fn a_set_is_the_same_in_any_order_and_with_repeats(values in prop::collection::vec(value(), 0..6)) {
        let mut twice = values.clone();
        twice.reverse();
        twice.extend(values.iter().cloned());
        prop_assert!(Value::set(values).same(&Value::set(twice)));
    }
}
