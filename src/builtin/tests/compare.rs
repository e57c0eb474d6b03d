use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use crate::builtin::compare::{equal, intersects, member, order, subset};
use crate::value::RangeValue;

fn with<T>(ask: impl FnOnce(&Context<'_>) -> T) -> T {
    let types = TypeTable::default();
    ask(&Context { case_sensitive_paths: false, types: &types })
}

fn path(text: &str) -> Value {
    value(&Type::Path, text)
}

fn paths(texts: &[&str]) -> Value {
    Value::set(texts.iter().map(|t| path(t)).collect())
}

fn kind(answer: Result<bool, Fault>) -> Result<bool, FaultKind> {
    answer.map_err(|fault| fault.kind)
}

fn equals(a: &Value, b: &Value) -> Result<bool, FaultKind> {
    let (one, other) = with(|cx| (kind(equal(cx, a, b)), kind(equal(cx, b, a))));
    assert_eq!(one, other, "equality has no direction");
    one
}

fn is_in(needle: &Value, collection: &Value) -> Result<bool, FaultKind> {
    with(|cx| kind(member(cx, needle, collection)))
}

#[test]
fn equality_goes_into_depth() {
    let doubt = Err(FaultKind::CaseOrForm);
    assert_eq!(equals(&Value::Int(1), &Value::Int(1)), Ok(true));
    assert_eq!(equals(&path("a"), &path("A")), doubt);
    assert_eq!(equals(&list([path("a"), path("b")]), &list([path("A"), path("b")])), doubt);
    assert_eq!(equals(&list([path("a"), path("b")]), &list([path("A"), path("c")])), Ok(false));
    assert_eq!(equals(&list([path("a")]), &list([path("A"), path("c")])), Ok(false));
    assert_eq!(equals(&unknown(), &Value::Int(1)), Err(FaultKind::UnknownWord));
    assert_eq!(equals(&list([unknown(), Value::Int(1)]), &list([Value::Int(0), Value::Int(2)])), Ok(false));
    assert_eq!(equals(&list([unknown()]), &list([unknown()])), Err(FaultKind::UnknownWord));
}

#[test]
fn sets_whose_paths_differ_in_case_are_doubtful_in_any_order() {
    let doubt = Err(FaultKind::CaseOrForm);
    assert_eq!(equals(&paths(&["B", "a"]), &paths(&["a", "b"])), doubt);
    assert_eq!(equals(&paths(&["A", "a"]), &paths(&["a"])), doubt);
    assert_eq!(equals(&paths(&["a", "b"]), &paths(&["b", "a"])), Ok(true));
    assert_eq!(equals(&paths(&["a", "b"]), &paths(&["a", "c"])), Ok(false));
    assert_eq!(equals(&paths(&["A", "B"]), &paths(&["a", "c"])), Ok(false));
}

#[test]
fn records_compare_field_by_field() {
    use crate::ids::RecordId;
    let record = |fields: &[Result<Option<Value>, Fault>]| Value::Record(RecordId(0), fields.into());
    let fault = || Err(Fault::new(FaultKind::Null, "null"));
    let one = || Ok(Some(Value::Int(1)));
    assert_eq!(equals(&record(&[one(), Ok(None)]), &record(&[one(), Ok(None)])), Ok(true));
    assert_eq!(equals(&record(&[one(), Ok(None)]), &record(&[one(), one()])), Ok(false));
    assert_eq!(equals(&record(&[one(), fault()]), &record(&[one(), fault()])), Err(FaultKind::Null));
    assert_eq!(equals(&record(&[one(), fault()]), &record(&[Ok(None), one()])), Ok(false));
}

#[test]
fn an_element_surely_there_decides_alone() {
    let one = Value::Int(1);
    assert_eq!(is_in(&one, &list([unknown(), Value::Int(1)])), Ok(true));
    assert_eq!(is_in(&one, &list([Value::Int(2), unknown()])), Err(FaultKind::UnknownWord));
    assert_eq!(is_in(&one, &list([])), Ok(false));
    assert_eq!(is_in(&unknown(), &list([])), Ok(false));
    assert_eq!(is_in(&unknown(), &list([one.clone()])), Err(FaultKind::UnknownWord));
    assert_eq!(is_in(&one, &Value::set(vec![unknown(), Value::Int(1)])), Ok(true));
    assert_eq!(is_in(&one, &Value::set(vec![unknown(), Value::Int(2)])), Err(FaultKind::UnknownWord));
    assert_eq!(is_in(&path("a"), &paths(&["A", "a"])), Ok(true));
    assert_eq!(is_in(&path("a"), &paths(&["A", "b"])), Err(FaultKind::CaseOrForm));
    assert_eq!(is_in(&path("a"), &paths(&["b"])), Ok(false));
}

#[test]
fn nets_and_sets_of_nets_hold_addresses() {
    let ip = value(&Type::Ip, "10.1.2.3");
    let net = value(&Type::Cidr, "10.0.0.0/8");
    let other = value(&Type::Cidr, "192.168.0.0/16");
    assert_eq!(is_in(&ip, &net), Ok(true));
    assert_eq!(is_in(&ip, &other), Ok(false));
    assert_eq!(is_in(&ip, &Value::set(vec![other, net])), Ok(true));
    assert_eq!(is_in(&ip, &Value::set(vec![ip.clone()])), Ok(true));
}

#[test]
fn ranges_are_closed_but_for_times_of_day() {
    let range = |low, high, closed| Value::Range(Arc::new(RangeValue { low, high, closed }));
    let ints = range(Value::Int(1), Value::Int(5), true);
    for (n, answer) in [(0, false), (1, true), (5, true), (6, false)] {
        assert_eq!(is_in(&Value::Int(n), &ints), Ok(answer), "{n}");
    }
    let at = |text| value(&Type::TimeOfDay, text);
    let office = range(at("09:00"), at("17:00"), false);
    let night = range(at("22:00"), at("06:00"), false);
    assert_eq!(is_in(&at("09:00"), &office), Ok(true));
    assert_eq!(is_in(&at("17:00"), &office), Ok(false));
    for (text, answer) in [("22:00", true), ("00:00", true), ("05:59", true), ("06:00", false), ("12:00", false)] {
        assert_eq!(is_in(&at(text), &night), Ok(answer), "{text}");
    }
    assert!(is_in(&Value::Int(1), &office).is_err(), "another type is our own bug, and a fault");
}

#[test]
fn order_is_of_words_and_versions_only() {
    let version = |text| value(&Type::Semver, text);
    assert_eq!(order(&version("1.0.0-rc.1"), &version("1.0.0")), Some(Ordering::Less));
    assert_eq!(order(&version("1.10.0"), &version("1.9.0")), Some(Ordering::Greater));
    assert_eq!(order(&version("1.0.0+a"), &version("1.0.0+b")), Some(Ordering::Equal));
    assert_eq!(order(&Value::Int(1), &Value::Int(2)), Some(Ordering::Less));
    assert_eq!(order(&Value::Int(1), &Value::Decimal(2)), None);
    assert_eq!(order(&Value::str("a"), &Value::str("b")), None);
    assert_eq!(order(&Value::Bool(false), &Value::Bool(true)), None);
}

proptest! {
    #[test]
    fn membership_is_equality_with_some_element(needle in 0_i64..6, elements in prop::collection::vec(0_i64..6, 0..6), doubt in any::<bool>()) {
        let mut values: Vec<Value> = elements.iter().map(|n| Value::Int(*n)).collect();
        if doubt {
            values.push(unknown());
        }
        let wanted = match (elements.contains(&needle), doubt) {
            (true, _) => Ok(true),
            (false, true) => Err(FaultKind::UnknownWord),
            (false, false) => Ok(false),
        };
        prop_assert_eq!(is_in(&Value::Int(needle), &list(values.clone())), wanted);
        prop_assert_eq!(is_in(&Value::Int(needle), &Value::set(values)), wanted);
    }

    #[test]
    fn subsets_and_intersections_are_what_their_elements_say(
        a in prop::collection::btree_set(0_i64..5, 0..5),
        b in prop::collection::btree_set(0_i64..5, 0..5),
    ) {
        let of = |s: &std::collections::BTreeSet<i64>| Value::set(s.iter().map(|n| Value::Int(*n)).collect());
        prop_assert_eq!(with(|cx| subset(cx, &of(&a), &of(&b))), Ok(a.is_subset(&b)));
        prop_assert_eq!(with(|cx| intersects(cx, &of(&a), &of(&b))), Ok(!a.is_disjoint(&b)));
    }
}
