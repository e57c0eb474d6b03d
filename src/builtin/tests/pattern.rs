use super::*;
use crate::value::PatternSet;
use crate::value::pattern::PatternKind;

fn patterns(kind: PatternKind, sources: &[&str]) -> Value {
    Value::Patterns(Arc::new(PatternSet::compile(kind, sources).unwrap_or_else(|error| panic!("{error:?}"))))
}

#[test]
fn every_type_is_matched_by_its_own_kind() {
    for (name, ty, text, kind, sources) in [
        ("like", Type::String, "release/1", PatternKind::TextGlob, "release/*"),
        ("like", Type::Ref, "refs/heads/release/1", PatternKind::TextGlob, "release/*"),
        ("like", Type::Path, "./config//server.key", PatternKind::PathGlob, "**/*.key"),
        ("like", Type::Host, "API.example.com", PatternKind::HostGlob, "*.example.com"),
        ("like any", Type::Path, "secrets/a", PatternKind::PathGlob, "secrets/**"),
        ("matches", Type::String, "v12", PatternKind::Regex, "^v[0-9]+$"),
        ("matches", Type::Url, "HTTPS://a.example", PatternKind::Regex, "^https:"),
        ("matches any", Type::Ref, "v12-rc", PatternKind::Regex, "-rc$"),
    ] {
        assert!(truth(Form::Relation, name, &ty, &[value(&ty, text), patterns(kind, &[sources])]), "{name} {text}");
        assert!(!truth(Form::Relation, name, &ty, &[value(&ty, text), patterns(kind, &[])]), "{name} {text}");
    }
}

#[test]
fn a_doubtful_path_is_a_fault() {
    let globs = patterns(PatternKind::PathGlob, &["**/*.key"]);
    let fault = call(Form::Relation, "like", &Type::Path, &[value(&Type::Path, "a.KEY"), globs]).expect_err("a fault");
    assert_eq!(fault.kind, FaultKind::CaseOrForm);
}
