//! The examples of the builtins are text of the language.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use aas::SourceSet;
use aas::builtin::{self, Called, Context, compare};
use aas::check::typed::{Comparison, ItemBody, TExpr, TExprKind, TypedPolicy};
use aas::syntax::ast::Relation;
use aas::syntax::parse;
use aas::value::Value;

/// The example as a file: its constants, then its expression as one more.
fn file(example: &str) -> String {
    let (constants, expression) = example.rsplit_once('\n').unwrap_or(("", example));
    format!("package example\n\n{constants}\nconst holds: bool = {expression}\n")
}

#[test]
fn examples_parse() {
    for row in builtin::all() {
        let mut sources = SourceSet::default();
        let id = sources.add("example.aasrule", file(row.example));
        let (_, findings) = parse(&sources, id);
        assert!(findings.is_empty(), "{}: {:?}", row.example, findings);
    }
}

#[test]
fn every_relation_of_the_table_is_one_of_the_grammar() {
    for row in builtin::all().iter().filter(|row| row.form == builtin::Form::Relation) {
        assert!(Relation::ALL.iter().any(|relation| relation.words() == row.name), "{}", row.name);
    }
}

/// The example's expression, typed, as the condition of a guard.
fn compiled(example: &str) -> (TypedPolicy, TExpr) {
    let (constants, expression) = example.rsplit_once('\n').unwrap_or(("", example));
    let guard = format!("guard holds on ask {{\nwhen {expression}\nred\nbecause \"It holds.\"\n}}\n");
    let sources = SourceSet::single("example.aasrule", format!("package example\n{constants}\naction ask\n{guard}"));
    let checked = aas::pipeline::check(&sources, &aas::Settings::default());
    let Some(policy) = checked.policy else {
        panic!("{}", aas::diagnostic::render::human(&checked.diagnostics, &sources, false));
    };
    let condition = policy.items.iter().find_map(|item| match &item.body {
        ItemBody::Floor { branches, .. } => branches.first().map(|branch| branch.when.clone()),
        ItemBody::Rule { .. } | ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => None,
    });
    (policy, condition.expect("the guard has a condition"))
}

/// The few forms that examples are made of; everything else belongs to the interpreter's own tests.
fn value(context: &Context<'_>, expr: &TExpr) -> Called {
    let known = |expr: &TExpr| value(context, expr).map(|v| v.unwrap_or_else(|| panic!("absent at {:?}", expr.kind)));
    let many = |exprs: &[TExpr]| exprs.iter().map(known).collect::<Result<Vec<_>, _>>();
    let truth = |answer: bool| Ok(Some(Value::Bool(answer)));
    match &expr.kind {
        TExprKind::Const(value) => Ok(Some(value.clone())),
        TExprKind::Call(id, arguments) => (builtin::get(*id).call)(context, &many(arguments)?),
        TExprKind::Compare(Comparison::Equal, a, b) => truth(compare::equal(context, &known(a)?, &known(b)?)?),
        TExprKind::In(a, b) => truth(compare::member(context, &known(a)?, &known(b)?)?),
        TExprKind::Has(inner) => truth(value(context, inner)?.is_some()),
        TExprKind::Not(inner) => truth(!known(inner)?.same(&Value::Bool(true))),
        TExprKind::And(parts) => truth(many(parts)?.iter().all(|part| part.same(&Value::Bool(true)))),
        TExprKind::Coalesce(first, second) => Ok(value(context, first)?.or(value(context, second)?)),
        TExprKind::ListOf(parts) => Ok(Some(Value::List(many(parts)?.into()))),
        TExprKind::SetOf(parts) => Ok(Some(Value::set(many(parts)?))),
        other => panic!("an example with {other:?}"),
    }
}

#[test]
fn examples_are_true() {
    for row in builtin::all() {
        let (policy, condition) = compiled(row.example);
        let context = Context { case_sensitive_paths: false, types: &policy.types };
        let holds = value(&context, &condition).unwrap_or_else(|fault| panic!("{}: {fault:?}", row.example));
        assert!(holds.is_some_and(|holds| holds.same(&Value::Bool(true))), "{}", row.example);
    }
}
