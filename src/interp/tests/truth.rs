//! Three truth values.

use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::{Bound, Entities, Facts, Request, Scene, TExpr, TExprKind, Type, Value, always, cond, expr, policy};
use crate::check::typed::{QuantifierKind, VarId};
use crate::interp::{Evaluator, MAX_DEPTH, Oracle};
use crate::outcome::Truth::{self, Erred, False, True};
use crate::value::{Fault, FaultKind};

/// Truths of `a`, `b` and `c`.
struct Dictated([Truth; 3]);

impl Oracle for Dictated {
    fn truth(&self, atom: &TExpr) -> Option<Truth> {
        let TExprKind::Field(name) = &atom.kind else { return None };
        ["a", "b", "c"].iter().position(|n| **n == **name).map(|i| self.0[i])
    }
}

fn told(e: &TExpr, truths: [Truth; 3]) -> Truth {
    let policy = policy(Vec::new());
    let bound = Bound::new(&policy, &Request::new("deploy"), &Facts::default());
    let oracle = Dictated(truths);
    let entities = Entities::none();
    let mut evaluator = Evaluator::new(Scene::new(&policy, &bound, &entities).dictated(&oracle));
    evaluator.truth(e).map_or(Erred, Truth::from)
}

fn bool_expr(kind: TExprKind) -> TExpr {
    expr(kind, Type::Bool, 0)
}

fn all_pairs() -> impl Iterator<Item = (Truth, Truth)> {
    [False, True, Erred].into_iter().flat_map(|a| [False, True, Erred].map(|b| (a, b)))
}

#[test]
fn and_or_not_are_kleene() {
    for (a, b) in all_pairs() {
        let and = match (a, b) {
            (False, _) | (_, False) => False,
            (True, True) => True,
            _ => Erred,
        };
        let or = match (a, b) {
            (True, _) | (_, True) => True,
            (False, False) => False,
            _ => Erred,
        };
        let parts = vec![cond("a"), cond("b")];
        assert_eq!(told(&bool_expr(TExprKind::And(parts.clone())), [a, b, False]), and, "{a:?} and {b:?}");
        assert_eq!(told(&bool_expr(TExprKind::Or(parts)), [a, b, False]), or, "{a:?} or {b:?}");
    }
    let not = bool_expr(TExprKind::Not(Box::new(cond("a"))));
    assert_eq!([False, True, Erred].map(|a| told(&not, [a, False, False])), [True, False, Erred]);
}

#[test]
fn empty_forms() {
    assert_eq!(told(&bool_expr(TExprKind::And(Vec::new())), [False; 3]), True);
    assert_eq!(told(&bool_expr(TExprKind::Or(Vec::new())), [False; 3]), False);
    assert_eq!(told(&bool_expr(TExprKind::AtLeast(1, Vec::new())), [False; 3]), False);
}

#[test]
fn at_least_errs_only_where_the_unclear_could_decide() {
    let two = bool_expr(TExprKind::AtLeast(2, ["a", "b", "c"].map(cond).to_vec()));
    for (truths, expected) in [
        ([True, True, Erred], True),
        ([True, Erred, False], Erred),
        ([True, Erred, Erred], Erred),
        ([False, Erred, False], False),
        ([False, Erred, Erred], Erred),
        ([True, False, False], False),
    ] {
        assert_eq!(told(&two, truths), expected, "{truths:?}");
    }
}

#[test]
fn the_leftmost_error_in_the_text_is_told() {
    let policy = policy(Vec::new());
    let bound = Bound::new(&policy, &Request::new("deploy"), &Facts::default());
    let entities = Entities::none();
    let mut evaluator = Evaluator::new(Scene::new(&policy, &bound, &entities));
    let both = bool_expr(TExprKind::And(vec![cond("c"), cond("a")]));
    let erred = evaluator.truth(&both).expect_err("both fields are missing");
    assert_eq!((erred.span, erred.field.as_deref()), (cond("a").span, Some("a")));
}

fn quantified(quantifier: QuantifierKind, filter: bool, elements: &[Value]) -> TExpr {
    let ty = if quantifier == QuantifierKind::Count { Type::Int } else { Type::Bool };
    let variable = || expr(TExprKind::Var(VarId(0)), Type::Bool, 0);
    let over = expr(TExprKind::Const(Value::List(elements.into())), Type::List(Type::Bool.into()), 0);
    let (filter, body) = if filter { (Some(Box::new(variable())), cond("a")) } else { (None, variable()) };
    let kind =
        TExprKind::Quantified { quantifier, variable: VarId(0), over: Box::new(over), filter, body: Box::new(body) };
    expr(kind, ty, 0)
}

fn yields(e: &TExpr) -> Result<Value, FaultKind> {
    let policy = policy(Vec::new());
    let bound = Bound::new(&policy, &Request::new("deploy"), &Facts::default());
    let entities = Entities::none();
    let mut evaluator = Evaluator::new(Scene::new(&policy, &bound, &entities));
    evaluator.value(e).map(|v| v.expect("a value")).map_err(|e| e.fault.kind)
}

#[test]
fn quantifiers_are_kleene() {
    let (t, f) = (Value::Bool(true), Value::Bool(false));
    let unknown = Value::Unknown(Fault::new(FaultKind::UnknownWord, "an expansion"));
    let bool_of = |q, elements: &[Value]| yields(&quantified(q, false, elements)).map(|v| v.same(&Value::Bool(true)));
    assert_eq!(bool_of(QuantifierKind::Any, &[f.clone(), unknown.clone(), t.clone()]), Ok(true));
    assert_eq!(bool_of(QuantifierKind::Any, &[f.clone(), unknown.clone()]), Err(FaultKind::UnknownWord));
    assert_eq!(bool_of(QuantifierKind::Any, &[]), Ok(false));
    assert_eq!(bool_of(QuantifierKind::All, &[t.clone(), unknown.clone(), f.clone()]), Ok(false));
    assert_eq!(bool_of(QuantifierKind::All, &[t.clone(), unknown.clone()]), Err(FaultKind::UnknownWord));
    assert_eq!(bool_of(QuantifierKind::All, &[]), Ok(true));
    let count = |elements: &[Value]| yields(&quantified(QuantifierKind::Count, false, elements));
    assert!(count(&[t.clone(), f.clone(), t.clone()]).is_ok_and(|n| n.same(&Value::Int(2))));
    assert_eq!(count(&[t.clone(), unknown.clone()]).err(), Some(FaultKind::UnknownWord));
    // The body errs everywhere (its field is missing), so an element matters only where the filter lets it in.
    assert!(yields(&quantified(QuantifierKind::Any, true, std::slice::from_ref(&f))).is_ok());
    assert_eq!(yields(&quantified(QuantifierKind::Any, true, &[f, t])).err(), Some(FaultKind::Missing));
}

#[test]
fn membership_is_kleene() {
    let set = |elements: Vec<TExpr>| expr(TExprKind::SetOf(elements), Type::Set(Type::Bool.into()), 0);
    let is_in = |elements| yields(&bool_expr(TExprKind::In(Box::new(always()), Box::new(set(elements)))));
    assert!(is_in(vec![cond("a"), always()]).is_ok_and(|v| v.same(&Value::Bool(true))));
    assert_eq!(is_in(vec![cond("a")]).err(), Some(FaultKind::Missing));
}

#[test]
fn arithmetic_that_leaves_its_type_errs() {
    use crate::check::typed::Arithmetic;
    let int = |n| Box::new(expr(TExprKind::Const(Value::Int(n)), Type::Int, 0));
    let sum = |op, a, b| yields(&expr(TExprKind::Arithmetic(op, int(a), int(b)), Type::Int, 0));
    assert!(sum(Arithmetic::Add, 2, 3).is_ok_and(|v| v.same(&Value::Int(5))));
    assert_eq!(sum(Arithmetic::Add, i64::MAX, 1).err(), Some(FaultKind::Overflow));
    assert_eq!(sum(Arithmetic::Subtract, i64::MIN, 1).err(), Some(FaultKind::Overflow));
    assert_eq!(sum(Arithmetic::Multiply, i64::MAX, 2).err(), Some(FaultKind::Overflow));
    let decimal = expr(TExprKind::ToDecimal(int(i64::MAX)), Type::Decimal, 0);
    assert_eq!(yields(&decimal).err(), Some(FaultKind::Overflow));
}

#[test]
fn absence_is_answered_and_errors_are_not() {
    let absent = || {
        let map = expr(TExprKind::Const(Value::Map(Default::default())), Type::Map(Type::Bool.into()), 0);
        Box::new(expr(TExprKind::MapGet(Box::new(map), "k".into()), Type::Bool.optional(), 0))
    };
    let missing = || Box::new(cond("a"));
    assert!(yields(&bool_expr(TExprKind::Has(absent()))).is_ok_and(|v| v.same(&Value::Bool(false))));
    assert!(yields(&bool_expr(TExprKind::Coalesce(absent(), Box::new(always())))).is_ok());
    assert_eq!(yields(&bool_expr(TExprKind::Has(missing()))).err(), Some(FaultKind::Missing));
    assert_eq!(yields(&bool_expr(TExprKind::Coalesce(missing(), Box::new(always())))).err(), Some(FaultKind::Missing));
}

#[test]
fn nesting_is_counted() {
    let deep = |levels: u32| (0..levels).fold(always(), |e, _| bool_expr(TExprKind::Not(Box::new(e))));
    assert!(yields(&deep(MAX_DEPTH - 1)).is_ok());
    assert_eq!(yields(&deep(MAX_DEPTH)).err(), Some(FaultKind::LimitExceeded));
    let small_stack = std::thread::Builder::new().stack_size(256 * 1024);
    let deepest = small_stack.spawn(move || yields(&deep(MAX_DEPTH - 1)).is_ok()).expect("a thread");
    assert!(deepest.join().expect("no overflow"));
}

/// Conditions over `a`, `b` and `c`.
pub(super) fn conditions() -> impl Strategy<Value = TExpr> {
    let leaf = prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(cond);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let parts = || proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            inner.clone().prop_map(|e| bool_expr(TExprKind::Not(Box::new(e)))),
            parts().prop_map(|p| bool_expr(TExprKind::And(p))),
            parts().prop_map(|p| bool_expr(TExprKind::Or(p))),
            (0u32..4, parts()).prop_map(|(n, p)| bool_expr(TExprKind::AtLeast(n, p))),
        ]
    })
}

#[test]
fn an_error_is_told_only_where_it_could_change_the_answer() {
    // Where every reading of the unclear condition gives one answer, that is not always what Kleene tells
    // (`a or not a`), but what Kleene tells is never contradicted by a reading.
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let run = runner.run(&conditions(), |e| {
        for (b, c) in all_pairs() {
            let unclear = told(&e, [Erred, b, c]);
            if unclear != Erred {
                assert_eq!(told(&e, [True, b, c]), unclear);
                assert_eq!(told(&e, [False, b, c]), unclear);
            }
        }
        Ok(())
    });
    run.expect("Kleene");
}
