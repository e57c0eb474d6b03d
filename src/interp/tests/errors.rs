//! "Errors never loosen".

use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::truth::conditions;
use super::{
    Item, Tier, always, ask, bands, because, branch, cond, exception, expr, floor, guard, policy, relax, rule,
};
use crate::check::typed::TExprKind;
use crate::decision::Tier::{Black, Green, Red, Yellow};
use crate::types::Type;

#[test]
fn a_floor_that_errs_holds_at_its_own_tier_or_as_it_says() {
    let green = || rule("p.z", Green, always());
    assert_eq!(ask(&policy(vec![guard("p.guard", Black, cond("a")), green()]), "a=?").tier, Black);
    let unclear_red = floor("p.guard", vec![branch(Black, cond("a"))], Some(Red));
    let p = policy(vec![unclear_red, green()]);
    assert_eq!(ask(&p, "a=?").tier, Red);
    assert_eq!(ask(&p, "a=1").tier, Black);
}

#[test]
fn a_rule_that_errs_counts_with_the_stricter_of_its_tier_and_the_default() {
    assert_eq!(ask(&policy(vec![rule("p.rule", Green, cond("a"))]), "a=?").tier, Red);
    assert_eq!(ask(&policy(vec![rule("p.rule", Black, cond("a"))]), "a=?").tier, Black);
    let mut strict = policy(vec![rule("p.rule", Red, cond("a"))]);
    strict.settings.default_tier = Black;
    assert_eq!(ask(&strict, "a=?").tier, Black);
}

#[test]
fn otherwise_takes_the_strictest_of_both_branches_and_the_default() {
    let not_a = expr(TExprKind::Not(Box::new(cond("a"))), Type::Bool, 0);
    let p = policy(vec![bands("p.rule", vec![branch(Green, cond("a")), branch(Black, not_a)])]);
    assert_eq!(ask(&p, "a=1").tier, Green);
    assert_eq!(ask(&p, "").tier, Black);
    let unclear = ask(&p, "a=?");
    assert_eq!((unclear.tier, because(&p, &unclear)), (Black, "rule:black!".into()));
}

#[test]
fn a_relax_that_errs_does_not_hold() {
    let p = policy(vec![rule("p.rule", Yellow, always()), relax("p.ease", Yellow, Green, cond("a"))]);
    assert_eq!(ask(&p, "a=?").tier, Yellow);
}

#[test]
fn the_errors_of_determining_items_are_listed_with_the_leftmost_place() {
    let both = expr(TExprKind::And(vec![cond("b"), cond("a")]), Type::Bool, 0);
    let p = policy(vec![guard("p.guard", Red, both), guard("p.lesser", Yellow, cond("c"))]);
    let decision = ask(&p, "a=? b=? c=?");
    assert_eq!(decision.errors.len(), 1, "the lesser guard determines nothing and asks for nothing");
    let error = &decision.errors[0];
    assert_eq!((error.code, error.item.as_deref(), error.field.as_deref()), ("missing", Some("p.guard"), Some("a")));
    assert_eq!(error.span, Some(cond("a").span));
}

#[test]
fn an_error_of_an_item_whose_obligation_is_carried_is_listed() {
    let p = policy(vec![guard("p.a", Red, always()), guard("p.b", Yellow, cond("c")).notify("ops")]);
    let decision = ask(&p, "c=?");
    assert_eq!(decision.errors.iter().filter_map(|e| e.item.as_deref()).collect::<Vec<_>>(), ["p.b"]);
}

fn tiers() -> impl Strategy<Value = Tier> {
    prop_oneof![Just(Green), Just(Yellow), Just(Red), Just(Black)]
}

/// Items of all kinds over `a`, `b` and `c`, but for what errs to another tier on purpose.
fn items() -> impl Strategy<Value = Vec<Item>> {
    let rules = proptest::collection::vec((tiers(), conditions()), 0..3);
    let floors = proptest::collection::vec((tiers(), conditions()), 1..3);
    let relaxes = proptest::collection::vec((tiers(), tiers(), conditions()), 0..3);
    let waiver = proptest::option::of(conditions());
    (rules, floors, relaxes, waiver).prop_map(|(rules, floors, relaxes, waiver)| {
        let mut items = Vec::new();
        // The first floor is the first item, so that the exception can name it.
        items.extend(floors.into_iter().enumerate().map(|(i, (t, e))| guard(&format!("p.a{i}"), t, e)));
        items.extend(rules.into_iter().enumerate().map(|(i, (t, e))| rule(&format!("p.b{i}"), t, e)));
        items.extend(relaxes.into_iter().enumerate().map(|(i, (t, u, e))| relax(&format!("p.c{i}"), t, t.min(u), e)));
        items.extend(waiver.map(|e| exception("p.d", 0, e)));
        items
    })
}

#[test]
fn an_error_is_never_looser_than_both_readings_of_it() {
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let run = runner.run(&items(), |items| {
        let p = policy(items);
        for others in ["b=0 c=0", "b=0 c=1", "b=1 c=0", "b=1 c=1", "b=? c=0", "b=1 c=?", "b=? c=?"] {
            let tier = |a: &str| ask(&p, &format!("{a} {others}")).tier;
            assert!(tier("a=?") >= tier("a=1").max(tier("a=0")), "{others}");
        }
        Ok(())
    });
    run.expect("D(error) >= max(D(true), D(false))");
}

#[test]
fn the_promises_of_monotony_hold() {
    let mut runner = TestRunner::new(Config { cases: 1_000, failure_persistence: None, ..Config::default() });
    let run = runner.run(&(items(), tiers(), conditions()), |(items, tier, when)| {
        let before = policy(items.clone());
        let with = |item: Item| policy(items.iter().cloned().chain([item]).collect());
        let with_floor = with(guard("p.z", tier, when.clone()));
        let with_rule = with(rule("p.z", tier, when));
        let less = |kind| policy(items.iter().filter(|i| i.kind != kind).cloned().collect());
        let (no_relax, no_exception) =
            (less(crate::check::typed::ItemKind::Relax), less(crate::check::typed::ItemKind::Exception));
        for conditions in ["", "a=1", "b=1", "a=1 c=1", "a=? b=1", "a=? b=? c=?"] {
            let old = ask(&before, conditions);
            assert!(ask(&with_floor, conditions).tier >= old.tier, "adding a floor");
            assert!(ask(&no_relax, conditions).tier >= old.tier, "removing relaxes");
            assert!(ask(&no_exception, conditions).tier >= old.tier, "removing an exception");
            let by_default = old.determining.iter().any(|d| d.item.is_none());
            assert!(by_default || ask(&with_rule, conditions).tier >= old.tier, "adding a rule where one matched");
        }
        Ok(())
    });
    run.expect("monotone");
}
