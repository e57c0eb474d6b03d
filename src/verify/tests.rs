//! Tests, coverage and asserts of a small policy.

use super::*;
use crate::check::typed::TypedPolicy;
use crate::decision::Tier;
use crate::interp::{Scene, decide, judge};
use crate::pipeline;
use crate::reader::Bound;
use crate::{Entities, Facts, Request, Settings, SourceSet};

const RULES: &str = r#"
package t

enum Env { dev, prod }
facts env { name: Env }

action ship { observed { lines: int 0..10_000 } }

rule shipping on ship { green }

guard size on ship {
    yellow when lines >= 500
    red when lines >= 2000
    because "{lines} lines."
}

guard production on ship {
    when env.name == prod
    code in_production
    yellow
    because "This is production."
}
"#;

fn policy(more: &str) -> TypedPolicy {
    let sources = SourceSet::single("t.aasrule", format!("{RULES}{more}"));
    let checked = pipeline::check(&sources, &Settings::default());
    let shown = crate::diagnostic::render::human(&checked.diagnostics, &sources, false);
    checked.policy.unwrap_or_else(|| panic!("{shown}"))
}

fn answer(policy: &TypedPolicy, request: &Request, facts: &Facts, entities: &Entities) -> crate::decision::Decision {
    let bound = Bound::new(policy, request, facts);
    decide(&Scene::new(policy, &bound, entities))
}

/// Runs all tests of a policy; the expectations that are not met.
fn run(policy: &TypedPolicy, coverage: &mut Coverage) -> Vec<String> {
    let mut all = Vec::new();
    for case in policy.tests.iter().flat_map(|t| &t.cases) {
        let entities = Entities::prepare(&policy.types, &case.entities, "UTC").expect("they fit");
        let decision = answer(policy, &case.request, &case.facts, &entities);
        let bound = Bound::new(policy, &case.request, &case.facts);
        coverage.see(&judge(&Scene::new(policy, &bound, &entities)), &decision);
        all.extend(unmet(policy, &case.expect, &decision).into_iter().map(|u| format!("{} / {}", u.expected, u.found)));
    }
    all
}

#[test]
fn what_is_not_met_is_told_with_what_is_the_case() {
    let policy = policy(
        r#"
test "wrong on purpose" {
    request ship observed { lines: 600 }
    expect red because of shipping, not because of size
    request ship observed { lines: 600 }
    expect yellow because of size, not because of shipping, code in_production
    request ship observed { lines: 3 }
    expect green by default
    request ship observed { lines: 3 }
    expect green, notify ops
}
"#,
    );
    let told = run(&policy, &mut Coverage::new(&policy));
    assert_eq!(
        told,
        [
            "red / yellow",
            "because of t.shipping / t.production, t.size decided",
            "not because of t.size / t.production, t.size decided",
            "green / yellow",
            "by default / t.production decided",
            "green / yellow",
            "notify ops / there is none",
        ]
    );
}

#[test]
fn coverage_tells_which_clauses_were_seen() {
    let policy = policy(
        r#"
test "small in dev" {
    given env { name: dev }
    request ship observed { lines: 600 }
    expect yellow because of size
    request ship observed { lines: 5 }
    expect green
}
"#,
    );
    let mut coverage = Coverage::new(&policy);
    assert_eq!(run(&policy, &mut coverage), Vec::<String>::new());
    let of = |name: &str| {
        let found = coverage.items().iter().find(|c| &*policy.item(c.item).name == name);
        found.expect("the item is there").clone()
    };
    let size = of("t.size");
    assert_eq!((size.asked, size.determined), (2, 1));
    assert_eq!(size.clauses, [[1, 1, 0], [2, 0, 0]]);
    assert_eq!((size.held_clauses(), size.outcomes()), ((1, 2), (3, 4)));
    let production = of("t.production");
    assert!(!production.held());
    assert_eq!(of("t.shipping").outcomes(), (1, 1), "a rule without a condition cannot be false");
}

fn tried(assert: &str) -> (TypedPolicy, Exercised) {
    let policy = policy(assert);
    let result = exercise(&policy, &policy.asserts[0], 300, &mut |r, f, e| Some(answer(&policy, r, f, e)));
    (policy, result)
}

#[test]
fn an_assert_that_holds_is_tried_on_many_requests() {
    let (_, result) = tried("\nassert never black on ship\n");
    assert!(result.broken.is_none());
    assert!(result.relevant > 100, "{result:?}");
}

#[test]
fn an_assert_is_broken_at_the_constant_itself() {
    let (_, result) = tried("\nassert never above yellow on ship when lines <= 2000 and env.name == dev\n");
    let broken = result.broken.expect("2000 lines are red");
    assert_eq!(broken.decision.tier, Tier::Red);
    let lines = crate::raw::get(&broken.facts.observed, "lines").expect("lines are given");
    assert_eq!(*lines, crate::Raw::int(2000));
}

#[test]
fn an_assert_says_nothing_where_its_condition_errs() {
    let (_, result) = tried("\nassert never above green on ship when lines < 500 and env.name == dev\n");
    assert!(result.broken.is_none(), "{:?}", result.broken);
    assert!(result.relevant > 0 && result.relevant < result.tried);
}

#[test]
fn the_same_requests_are_made_in_every_run() {
    let (_, first) = tried("\nassert always green on ship\n");
    let (_, second) = tried("\nassert always green on ship\n");
    assert_eq!(first.tried, second.tried);
    assert_eq!(first.broken.map(|b| b.request), second.broken.map(|b| b.request));
}

#[test]
fn cells_answer_to_their_table() {
    assert!(is_item("a.t [noop, dev]", "a.t") && is_item("a.t[noop, dev]", "a.t") && is_item("a.t", "a.t"));
    assert!(!is_item("a.tt", "a.t") && !is_item("a.t", "a.tt"));
}
