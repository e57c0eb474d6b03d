use super::*;

fn ints(numbers: &[i64]) -> Value {
    list(numbers.iter().map(|n| Value::Int(*n)))
}

fn set(numbers: &[i64]) -> Value {
    Value::set(numbers.iter().map(|n| Value::Int(*n)).collect())
}

#[test]
fn lengths_and_first() {
    let ty = list_of(Type::Int);
    assert_eq!(property("length", &ty, ints(&[7, 7])), "2");
    assert_eq!(property("is_empty", &ty, ints(&[])), "true");
    assert_eq!(property("first", &ty, ints(&[7, 8])), "7");
    assert_eq!(property("first", &ty, ints(&[])), "-");
    assert_eq!(property("first", &ty, list([unknown()])), "unknown_word");
    assert_eq!(property("length", &ty, list([unknown()])), "1");
}

#[test]
fn relations_of_collections() {
    let holds = |name, a, b| truth(Form::Relation, name, &set_of(Type::Int), &[a, b]);
    assert!(holds("contains", set(&[1, 2]), Value::Int(2)));
    assert!(holds("contains any", set(&[1, 2]), set(&[2, 3])));
    assert!(!holds("contains any", set(&[1, 2]), set(&[])));
    assert!(holds("intersects", set(&[1, 2]), ints(&[3, 2])));
    assert!(holds("subset of", set(&[]), set(&[])));
    assert!(holds("subset of", set(&[1]), ints(&[2, 1])));
    assert!(!holds("subset of", set(&[1]), set(&[])));
    let minus = call(Form::Relation, "minus", &set_of(Type::Int), &[set(&[1, 2, 3]), set(&[2])]);
    assert!(minus.is_ok_and(|left| left.is_some_and(|left| left.same(&set(&[1, 3])))));
}

#[test]
fn extremes_are_absent_of_nothing_and_unknown_with_an_unknown() {
    let of = |name, xs| call(Form::Function, name, &list_of(Type::Int), &[xs]).map(|v| v.and_then(|v| v.word()));
    assert_eq!(of("min", ints(&[3, 1, 2])), Ok(Some(1)));
    assert_eq!(of("max", ints(&[3, 1, 2])), Ok(Some(3)));
    assert_eq!(of("max", ints(&[])), Ok(None));
    assert!(of("max", list([Value::Int(1), unknown()])).is_err());
}

#[test]
fn sums_are_checked() {
    let of = |ty, xs| call(Form::Function, "sum", &list_of(ty), &[xs]);
    assert!(matches!(of(Type::Int, ints(&[1, 2])), Ok(Some(Value::Int(3)))));
    assert!(matches!(of(Type::Int, ints(&[])), Ok(Some(Value::Int(0)))));
    assert!(matches!(of(Type::Decimal, list([Value::Decimal(5)])), Ok(Some(Value::Decimal(5)))));
    let overflow = of(Type::Int, ints(&[i64::MAX, 1])).expect_err("a fault");
    assert_eq!(overflow.kind, FaultKind::Overflow);
}
