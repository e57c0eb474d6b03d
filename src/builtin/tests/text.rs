use super::*;

fn s(text: &str) -> Value {
    Value::str(text)
}

#[test]
fn length_counts_characters_not_bytes() {
    let answer = call(Form::Property, "length", &Type::String, &[s("żółw")]);
    assert!(matches!(answer, Ok(Some(Value::Int(4)))));
}

#[test]
fn relations_compare_bytes() {
    let holds = |name, a, b| truth(Form::Relation, name, &Type::String, &[s(a), s(b)]);
    assert!(holds("contains", "drop table users", "table"));
    assert!(!holds("contains", "drop table users", "TABLE"));
    assert!(holds("starts with", "release/1", "release/"));
    assert!(holds("ends with", "a.sql", ".sql"));
    assert!(holds("contains", "x", ""));
}

#[test]
fn contains_any_is_false_for_no_needles() {
    let any = |needles: &[&str]| {
        let set = Value::set(needles.iter().map(|n| s(n)).collect());
        truth(Form::Relation, "contains any", &Type::String, &[s("drop table"), set])
    };
    assert!(any(&["truncate", "drop"]));
    assert!(!any(&["truncate"]));
    assert!(!any(&[]));
}
