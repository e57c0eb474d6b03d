//! "Tiers and how they combine", sentence by sentence.

use super::{
    Facts, Request, TExprKind, Tier, Type, always, ask, bands, because, branch, cond, exception, expr, floor, guard,
    policy, put, relax, rule,
};
use crate::decision::Tier::{Black, Green, Red, Yellow};

#[test]
fn every_rule_that_holds_brings_its_tier_and_the_highest_counts() {
    let p = policy(vec![
        rule("p.one", Green, cond("a")),
        rule("p.two", Yellow, cond("b")),
        rule("p.three", Yellow, cond("b")),
    ]);
    assert_eq!(ask(&p, "a=1").tier, Green);
    let both = ask(&p, "a=1 b=1");
    assert_eq!(because(&p, &both), "three:yellow two:yellow");
}

#[test]
fn where_no_rule_matches_the_default_counts() {
    let mut p = policy(vec![rule("p.one", Green, cond("a"))]);
    let none = ask(&p, "");
    assert_eq!((none.tier, because(&p, &none)), (Red, "default:red".into()));
    p.settings.default_tier = Black;
    assert_eq!(ask(&p, "").tier, Black);
}

#[test]
fn floors_raise_and_nothing_lowers_them() {
    let p = policy(vec![
        rule("p.a_rule", Green, always()),
        guard("p.guard", Yellow, cond("a")),
        relax("p.relax", Red, Green, always()),
    ]);
    assert_eq!(ask(&p, "").tier, Green);
    let raised = ask(&p, "a=1");
    assert_eq!(because(&p, &raised), "guard:yellow");
}

#[test]
fn the_default_and_a_floor_of_the_same_tier_both_determine() {
    let p = policy(vec![guard("p.guard", Red, cond("a"))]);
    assert_eq!(because(&p, &ask(&p, "a=1")), "default:red guard:red");
}

#[test]
fn a_relax_is_a_ceiling_for_tiers_between_its_two() {
    let rules = |tier| vec![rule("p.rule", tier, always()), relax("p.ease", Yellow, Green, cond("a"))];
    for (tier, relaxed) in [(Green, Green), (Yellow, Green), (Red, Red), (Black, Black)] {
        assert_eq!(ask(&policy(rules(tier)), "a=1").tier, relaxed, "{tier}");
    }
    let p = policy(rules(Yellow));
    assert_eq!(because(&p, &ask(&p, "a=1")), "ease:green rule:yellow");
    assert_eq!(because(&p, &ask(&p, "")), "rule:yellow");
}

#[test]
fn of_several_relaxes_the_lowest_counts_and_they_do_not_chain() {
    let p = policy(vec![
        rule("p.rule", Red, always()),
        relax("p.to_green", Red, Green, cond("a")),
        relax("p.to_yellow", Red, Yellow, cond("b")),
        relax("p.yellow_only", Yellow, Green, cond("c")),
    ]);
    assert_eq!(because(&p, &ask(&p, "a=1 b=1")), "rule:red to_green:green");
    assert_eq!(because(&p, &ask(&p, "b=1 c=1")), "rule:red to_yellow:yellow");
    assert_eq!(ask(&p, "c=1").tier, Red);
}

#[test]
fn a_relax_touches_its_own_package_or_the_rule_it_names() {
    let p = policy(vec![rule("p.rule", Yellow, always()), relax("q.relax", Yellow, Green, always())]);
    assert_eq!(ask(&p, "").tier, Yellow);
    let mut named = p.clone();
    let crate::check::typed::ItemBody::Relax { of, .. } = &mut named.items[1].body else { panic!("the relax") };
    *of = Some(crate::decision::ItemId(0));
    assert_eq!(ask(&named, "").tier, Green);
}

#[test]
fn black_the_default_and_erred_rules_are_never_relaxed() {
    let relaxes = || relax("p.relax", Black, Green, always());
    assert_eq!(ask(&policy(vec![relaxes(), rule("p.rule", Black, always())]), "").tier, Black);
    assert_eq!(ask(&policy(vec![relaxes()]), "").tier, Red);
    let p = policy(vec![relaxes(), rule("p.rule", Green, cond("a"))]);
    let erred = ask(&p, "a=?");
    assert_eq!((erred.tier, because(&p, &erred)), (Red, "rule:red!".into()));
}

#[test]
fn bands_are_judged_each_by_itself() {
    let p = policy(vec![bands(
        "p.rule",
        vec![branch(Yellow, cond("a")), branch(Red, cond("b")), branch(Green, cond("c"))],
    )]);
    let decision = ask(&p, "a=1 b=1 c=1");
    assert_eq!(because(&p, &decision), "rule:red");
    assert_eq!(decision.determining[0].branch, 1);
}

#[test]
fn an_exception_silences_its_floor_where_it_is_true() {
    // `p.guard` is the second item.
    let p = policy(vec![
        exception("p.exception", 1, cond("a")),
        guard("p.guard", Black, always()),
        rule("p.rule", Green, always()),
    ]);
    assert_eq!(ask(&p, "").tier, Black);
    assert_eq!(ask(&p, "a=1").tier, Green);
    assert_eq!(ask(&p, "a=?").tier, Black, "never where it erred");
}

#[test]
fn warnings_count_other_floors_at_yellow_or_above_each_once() {
    let three = expr(TExprKind::Warnings(2), Type::Bool, 0);
    let p = policy(vec![
        exception("p.a_waiver", 3, cond("c")),
        guard("p.b_green", Green, always()),
        floor("p.c_bands", vec![branch(Yellow, cond("a")), branch(Yellow, cond("a"))], None),
        guard("p.d_other", Yellow, cond("b")),
        guard("p.e_many", Black, three),
        rule("p.f_rule", Green, always()),
    ]);
    assert_eq!(ask(&p, "a=1").tier, Yellow, "two bands of one item count once");
    assert_eq!(ask(&p, "a=1 b=1").tier, Black);
    assert_eq!(ask(&p, "a=1 b=?").tier, Black, "one that erred counts");
    assert_eq!(ask(&p, "a=1 b=1 c=1").tier, Yellow, "one that is silenced does not");
}

#[test]
fn undeclared_actions_get_the_default_and_the_floors_that_match() {
    let p = policy(vec![
        guard("p.any", Yellow, always()).on_names(true, &[]),
        guard("p.named", Black, always()).on_names(false, &[(false, "shell.**"), (true, "shell.safe.*")]),
        rule("p.rule", Green, always()),
    ]);
    let tier = |name: &str| put(&p, &Request::new(name), &Facts::of_agent("bot")).tier;
    assert_eq!(tier("other.thing"), Red);
    assert_eq!(tier("shell.run.now"), Black);
    assert_eq!(tier("shell.safe.ls"), Red);
    assert_eq!(tier("shell..run"), Black, "no name at all, but a floor is not escaped by an odd byte");
    assert_eq!(tier(&"x".repeat(5000)), Black, "a name beyond all bounds is refused");
}

#[test]
fn a_field_that_an_undeclared_action_lacks_is_an_error_value_there() {
    let p = policy(vec![guard("p.any", Black, cond("a")).on_names(true, &[])]);
    let decision = put(&p, &Request::new("other"), &Facts::of_agent("bot"));
    assert_eq!((decision.tier, decision.errors[0].code), (Black, "not_on_action"));
}

#[test]
fn the_order_of_items_does_not_matter() {
    let items = || {
        vec![
            rule("p.rule", Yellow, cond("a")).notify("ops"),
            relax("p.ease", Yellow, Green, cond("b")),
            guard("p.guard", Red, cond("c")).notify("ops"),
            guard("p.same", Red, cond("c")).notify("team"),
        ]
    };
    let one = policy(items());
    let mut turned = items();
    turned.reverse();
    let other = policy(turned);
    for conditions in ["", "a=1", "a=1 b=1", "a=1 b=1 c=1", "a=? b=? c=?"] {
        assert_eq!(ask(&one, conditions), ask(&other, conditions), "{conditions}");
    }
}

#[test]
fn tiers_are_a_total_order() {
    assert!(Tier::ALL.windows(2).all(|w| w[0] < w[1]));
}
