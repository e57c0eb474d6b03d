//! The table as a whole here, one file a family beside.

mod compare;
mod list;
mod net;
mod path;
mod pattern;
mod text;
mod time;

use std::sync::Arc;

use super::{BuiltinId, Called, Context, Form, all, find, get, members_of};
use crate::types::{Type, TypeTable, read_text};
use crate::value::time::Zone;
use crate::value::{Fault, FaultKind, Value};

/// Calls the row that takes the first argument's type.
fn call(form: Form, name: &str, first: &Type, arguments: &[Value]) -> Called {
    let types = TypeTable::default();
    let (_, row) = find(form, name, first).unwrap_or_else(|| panic!("no row `{name}` for {first:?}"));
    (row.call)(&Context { case_sensitive_paths: false, types: &types }, arguments)
}

fn truth(form: Form, name: &str, first: &Type, arguments: &[Value]) -> bool {
    match call(form, name, first, arguments) {
        Ok(Some(Value::Bool(b))) => b,
        other => panic!("`{name}` gave {other:?}"),
    }
}

/// A property as a text reads it; `-` where it is absent.
fn property(name: &str, of: &Type, value: Value) -> String {
    match call(Form::Property, name, of, &[value]) {
        Ok(Some(value)) => crate::value::text::show(&value, &TypeTable::default()),
        Ok(None) => "-".into(),
        Err(fault) => fault.kind.code().into(),
    }
}

fn value(ty: &Type, text: &str) -> Value {
    read_text(ty, text, &Zone::utc()).unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
}

fn unknown() -> Value {
    Value::Unknown(Fault::new(FaultKind::UnknownWord, "an expansion"))
}

fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::List(values.into_iter().collect())
}

fn list_of(ty: Type) -> Type {
    Type::List(Arc::new(ty))
}

fn set_of(ty: Type) -> Type {
    Type::Set(Arc::new(ty))
}

#[test]
fn every_row_is_documented_and_in_its_own_example() {
    for (place, row) in all().iter().enumerate() {
        assert!(row.doc.ends_with('.'), "{}", row.name);
        let last = row.example.lines().last().unwrap_or_default();
        // The sugar of commands is written as words: `command_runs_only` reads `runs only`.
        let written = row.name.trim_start_matches("command_").replace('_', " ");
        assert!(last.contains(row.name) || last.contains(&written), "{} is not in its example", row.name);
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
fn arguments_of_wrong_types_and_numbers_are_faults_and_no_panic() {
    let types = TypeTable::default();
    let context = Context { case_sensitive_paths: false, types: &types };
    for row in all() {
        for arguments in [vec![], vec![Value::Bool(true); 3], vec![unknown(), unknown()]] {
            assert!((row.call)(&context, &arguments).is_err(), "{}", row.name);
        }
    }
}

#[test]
fn members_are_those_of_the_type() {
    let names = members_of(&Type::String);
    assert!(names.contains(&"starts with") && names.contains(&"lower"));
    assert_eq!(members_of(&Type::Bool), Vec::<&str>::new());
    assert!(members_of(&list_of(Type::Bool)).contains(&"first"));
    assert!(!members_of(&set_of(Type::Bool)).contains(&"first"));
    assert!(find(Form::Function, "min", &list_of(Type::Bool)).is_none());
    assert!(find(Form::Function, "min", &list_of(Type::Duration)).is_some());
}
