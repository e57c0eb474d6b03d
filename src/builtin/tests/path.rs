use super::*;

fn path(text: &str) -> Value {
    value(&Type::Path, text)
}

#[test]
fn under_a_folder() {
    let under = |a, b| call(Form::Relation, "under", &Type::Path, &[path(a), path(b)]);
    assert!(matches!(under("src/../secrets/x", "secrets"), Ok(Some(Value::Bool(true)))));
    assert!(under("Secrets/x", "secrets").is_err_and(|fault| fault.kind == FaultKind::CaseOrForm));
}

#[test]
fn parts_of_a_path() {
    let of = |name, text| property(name, &Type::Path, path(text));
    assert_eq!(of("name", "config/server.key"), "server.key");
    assert_eq!(of("extension", "config/server.key"), "key");
    assert_eq!(of("extension", "Makefile"), "-");
    assert_eq!(of("parent", "config/server.key"), "config");
    assert_eq!(of("parent", "."), "-");
    assert_eq!(of("depth", "a/b/c"), "3");
    assert_eq!(of("is_outside", "../x"), "true");
    assert_eq!(of("is_outside", "x"), "false");
}

#[test]
fn parts_heed_case_as_well() {
    let name = call(Form::Property, "name", &Type::Path, &[path("a/Server.KEY")]);
    let name = name.ok().flatten().expect("a name");
    let types = TypeTable::default();
    let context = Context { case_sensitive_paths: false, types: &types };
    let answer = crate::builtin::compare::equal(&context, &name, &path("server.key"));
    assert!(answer.is_err_and(|fault| fault.kind == FaultKind::CaseOrForm));
}
