//! Step 4: what the host must do besides.

use super::{
    Decision, Duty, Facts, ItemId, NOOP, Raw, Request, TExpr, WAIT, always, approval, ask, cond, guard, policy, put,
    relax, rule,
};
use crate::check::typed::TypedPolicy;
use crate::decision::Obligation;
use crate::decision::Tier::{Black, Green, Red, Yellow};

fn shown(policy: &TypedPolicy, decision: &Decision) -> String {
    let name = |id: &ItemId| policy.item(*id).name.split('.').next_back().unwrap_or_default().to_string();
    let one = |o: &Obligation| match o {
        Obligation::Notify { channel, item } => format!("notify {channel} by {}", name(item)),
        Obligation::Redact { field, item } => format!("redact {field} by {}", name(item)),
        Obligation::Approve { item } => format!("approve {}", name(item)),
        Obligation::Instead { action, item } => format!("instead {action} by {}", name(item)),
        Obligation::Run { workflow, arguments, item } => format!("run {workflow} {arguments:?} by {}", name(item)),
    };
    decision.obligations.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn told(items: Vec<super::Item>, conditions: &str) -> String {
    let p = policy(items);
    shown(&p, &ask(&p, conditions))
}

#[test]
fn notify_and_redact_come_from_every_matching_item_once() {
    let items = || {
        vec![
            guard("p.a", Yellow, cond("a")).notify("ops").redact("token"),
            guard("p.b", Red, cond("b")).notify("ops").notify("team"),
            rule("p.c", Green, always()).redact("token"),
        ]
    };
    assert_eq!(told(items(), "a=1 b=1"), "notify ops by a, redact token by a, notify team by b");
    assert_eq!(told(items(), "b=?"), "notify ops by b, notify team by b, redact token by c");
    assert_eq!(told(items(), ""), "redact token by c");
}

#[test]
fn a_rule_that_a_relax_lowered_gives_only_its_redacts() {
    let items = || {
        vec![
            rule("p.a", Yellow, always()).notify("ops").redact("token"),
            relax("p.b", Yellow, Green, cond("a")).notify("quiet"),
        ]
    };
    assert_eq!(told(items(), ""), "notify ops by a, redact token by a");
    assert_eq!(told(items(), "a=1"), "redact token by a, notify quiet by b");
    assert_eq!(told(items(), "a=?"), "notify ops by a, redact token by a");
}

#[test]
fn approvals_cover_a_red_result_only() {
    let items = |tier| {
        vec![
            rule("p.a", tier, always()),
            approval("p.b", 1, false, cond("a")),
            approval("p.c", 1, false, cond("b")),
            approval("p.d", 2, false, cond("b")),
            approval("p.e", 3, true, always()),
        ]
    };
    assert_eq!(told(items(Red), "a=1"), "approve b");
    assert_eq!(told(items(Red), "a=1 b=1"), "approve b, approve d", "equal in content counts once");
    assert_eq!(told(items(Red), "b=?"), "approve c, approve d", "one that errs covers");
    assert_eq!(told(items(Red), ""), "approve e", "the fallback, where no other covers");
    assert_eq!(told(items(Black), "a=1"), "");
    assert_eq!(told(items(Yellow), "a=1"), "");
}

#[test]
fn instead_comes_from_determining_items_of_a_black_result_whose_condition_is_true() {
    let noop = |name, tier, when: TExpr| guard(name, tier, when).with(Duty::Instead(NOOP));
    assert_eq!(told(vec![noop("p.a", Black, cond("a"))], "a=1"), "instead noop by a");
    assert_eq!(told(vec![noop("p.a", Black, cond("a"))], "a=?"), "", "not where it erred");
    assert_eq!(told(vec![noop("p.a", Red, cond("a"))], "a=1"), "", "not where red");
    let lesser = vec![noop("p.a", Red, cond("a")), guard("p.b", Black, always())];
    assert_eq!(told(lesser, "a=1"), "", "not where it does not determine");
}

#[test]
fn two_different_instead_cancel_each_other_and_are_reported() {
    let one = guard("p.a", Black, always()).with(Duty::Instead(NOOP));
    let same = guard("p.b", Black, always()).with(Duty::Instead(NOOP));
    let other = guard("p.c", Black, cond("a")).with(Duty::Instead(WAIT));
    let p = policy(vec![one, same, other]);
    assert_eq!(shown(&p, &ask(&p, "")), "instead noop by a");
    let conflict = ask(&p, "a=1");
    assert_eq!(shown(&p, &conflict), "");
    assert_eq!((conflict.tier, conflict.errors[0].code), (Black, "instead_conflict"));
}

fn run(arguments: Vec<(&str, TExpr)>) -> Duty {
    let arguments = arguments.into_iter().map(|(n, e)| (n.into(), e)).collect();
    Duty::Run { workflow: "p.cleanup".into(), arguments }
}

#[test]
fn run_renders_its_arguments_and_comes_from_determining_items() {
    let items = || {
        vec![
            guard("p.a", Yellow, cond("a")).with(run(vec![("flag", cond("b"))])),
            guard("p.b", Red, cond("c")),
            rule("p.c", Green, always()),
        ]
    };
    assert_eq!(told(items(), "a=1 b=1"), "run p.cleanup [(\"flag\", \"true\")] by a");
    assert_eq!(told(items(), "a=1 c=1"), "");
    assert_eq!(told(items(), "a=?"), "", "not where it erred");
}

#[test]
fn an_obligation_whose_value_errs_makes_the_decision_black() {
    let p = policy(vec![
        guard("p.a", Yellow, cond("a")).with(run(vec![("flag", cond("b"))])).notify("ops"),
        rule("p.b", Green, always()),
    ]);
    let decision = ask(&p, "a=1 b=?");
    assert_eq!((decision.tier, shown(&p, &decision)), (Black, "notify ops by a".into()));
    assert_eq!((decision.errors[0].code, decision.errors[0].field.as_deref()), ("missing", Some("b")));
}

#[test]
fn a_request_that_cannot_be_judged_is_black_and_masked() {
    let p = policy(vec![guard("p.a", Yellow, cond("a")).redact("token"), rule("p.b", Green, always())]);
    let request = Request::new("deploy").param("unknown", Raw::Null);
    let decision = put(&p, &request, &Facts::of_agent("bot"));
    assert_eq!((decision.tier, shown(&p, &decision)), (Black, "redact token by a".into()));
    assert_eq!((decision.errors[0].code, decision.errors[0].field.as_deref()), ("unknown_field", Some("unknown")));
    assert!(decision.determining.is_empty());
}
