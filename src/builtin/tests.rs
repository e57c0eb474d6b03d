use super::{BuiltinId, Called, Context, Form, all, find, get, members_of};
use crate::types::{Type, TypeTable};
use crate::value::Value;

/// Calls the row that takes the first argument's type.
pub(super) fn call(form: Form, name: &str, first: &Type, arguments: &[Value]) -> Called {
    let types = TypeTable::default();
    let (_, row) = find(form, name, first).unwrap_or_else(|| panic!("no row `{name}` for {first:?}"));
    (row.call)(&Context { case_sensitive_paths: false, types: &types }, arguments)
}

pub(super) fn truth(form: Form, name: &str, first: &Type, arguments: &[Value]) -> bool {
    match call(form, name, first, arguments) {
        Ok(Some(Value::Bool(b))) => b,
        other => panic!("`{name}` gave {other:?}"),
    }
}

#[test]
fn every_row_is_documented_and_found_by_its_own_first_type() {
    for (place, row) in all().iter().enumerate() {
        assert!(row.doc.ends_with('.'), "{}", row.name);
        assert!(!row.example.is_empty(), "{}", row.name);
        assert!(row.example.contains(row.name), "{} is not in its example", row.name);
        assert_eq!(get(BuiltinId(place as u16)).name, row.name);
    }
}

#[test]
fn no_two_rows_answer_to_the_same_name_form_and_first_parameter() {
    for (i, row) in all().iter().enumerate() {
        for other in &all()[..i] {
            let clash =
                row.name == other.name && row.form == other.form && row.parameters.first() == other.parameters.first();
            assert!(!clash, "{} is there twice", row.name);
        }
    }
}

#[test]
fn members_of_a_string_are_its_own() {
    let names = members_of(&Type::String);
    assert!(names.contains(&"starts with") && names.contains(&"lower"));
    assert!(!members_of(&Type::Bool).contains(&"lower"));
}

mod text {
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
}
