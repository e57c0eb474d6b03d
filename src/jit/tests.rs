//! Native code against the walker and the reference; its memory; faults that validation must catch.

mod faults;
mod lanes;
mod memory;

use super::{Effort, Options, clif, compile, validate, validate_against};
use crate::graph::tests as given;
use crate::plan::tests::{Source, agrees, plan, random_inputs, random_policy};

#[test]
fn native_code_of_a_small_policy_is_valid() {
    let policy = given::small_policy();
    let plan = plan(&policy);
    let code = compile(&plan, &Options::default()).unwrap();
    assert!(code.bytes() > 100);
    let tried =
        validate(&plan, &code, Effort { mixtures: 200, most: 4_096, interpreted: 4_096, ..Effort::default() }).unwrap();
    assert!(tried > 500, "{tried}");
}

#[test]
fn the_intermediate_code_has_a_text() {
    let policy = given::small_policy();
    let text = clif(&plan(&policy), &Options::default()).unwrap();
    assert!(text.contains("; git.merge, first phase"), "{text}");
    assert!(!text.contains("call "), "native code calls nothing:\n{text}");
    assert!(!text.contains("div"), "nothing that traps:\n{text}");
}

#[test]
fn many_rows_are_several_functions() {
    use crate::check::typed::Comparison;
    use crate::decision::Tier;
    use crate::types::Type;
    let rules = (0..300).map(|n| {
        let when = given::compare(Comparison::Greater, given::field("lines", Type::Int), given::int(n * 10));
        let tier = [Tier::Green, Tier::Yellow, Tier::Red][n as usize % 3];
        given::rule(&format!("demo.r{n:03}"), vec![given::branch(when, tier)])
    });
    let policy = given::policy(rules.collect(), Tier::Red);
    let plan = plan(&policy);
    let code = compile(&plan, &Options::default()).unwrap();
    validate(&plan, &code, Effort::default()).unwrap();
}

#[test]
fn units_that_differ_in_constants_share_their_code() {
    let mut text = String::from("package demo\n\nfacts agent { trust: int 0..100 }\n");
    for n in 0..90 {
        let stage = ["dev", "staging", "prod"][n % 3];
        text += &format!("action a{n} {{ stage: string, branch: string }}\n");
        text += &format!("rule r{n} on a{n} {{ when agent.trust >= {n} and stage == {stage:?}\n green }}\n");
        text += &format!("rule s{n} on a{n} {{ when branch in {{\"x\", \"y{n}\"}}\n yellow }}\n");
    }
    let sources = crate::SourceSet::single("demo.aasrule", text);
    let policy = crate::Policy::compile(&sources, &crate::Settings::default()).unwrap();
    let made = |share_from| {
        let code = compile(policy.plan(), &Options { share_from, ..Options::default() }).unwrap();
        validate_against(policy.typed(), policy.plan(), &code, Effort::default()).unwrap();
        code.functions()
    };
    let (alone, shared) = (made(usize::MAX), made(0));
    assert!(alone >= 180, "{alone}");
    assert!(shared <= 12, "{shared}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn native_code_says_what_the_walker_and_the_conditions_say(seed: u64) {
        let source = &mut Source::new(seed);
        let policy = random_policy(source);
        let plan = plan(&policy);
        let optimise = source.below(2) == 0;
        let share_from = if source.below(2) == 0 { 0 } else { usize::MAX };
        let code = compile(&plan, &Options { optimise, share_from, ..Options::default() }).unwrap();
        let effort = Effort { mixtures: 100, most: 500, interpreted: 500, ..Effort::default() };
        if let Err(difference) = validate_against(&policy, &plan, &code, effort) {
            panic!("{difference}\n{plan}");
        }
        for _ in 0..20 {
            agrees(&policy, &plan, &code, &random_inputs(source));
        }
    }
}
