//! A request that is read by schema gives what the definition gives, byte for byte, or is left to it.
#![no_main]

use std::sync::LazyLock;

use aas::policy::Terms;
use aas::reader::wire::Placement;
use aas::{Entities, Policy, Settings, SourceSet};
use libfuzzer_sys::fuzz_target;

static SOURCES: LazyLock<SourceSet> =
    LazyLock::new(|| SourceSet::single("p.aasrule", include_str!("policy.aasrule")));
static POLICY: LazyLock<Policy> =
    LazyLock::new(|| Policy::compile(&SOURCES, &Settings::default()).expect("the policy of this target compiles"));

fuzz_target!(|bytes: &[u8]| {
    let none = Entities::none();
    let serving = Terms { now: Some(1_795_003_200_000_000), entities: Some(&none), ..Terms::default() };
    let testing = Terms { placement: Placement::Tests, start_values: true, entities: None, ..serving };
    let mut decider = POLICY.texts(&SOURCES).decider();
    for terms in [serving, testing] {
        let (tier, decision) = (decider.plain_tier(bytes, &terms), decider.plain_decision(bytes, &terms));
        let mut line = Vec::new();
        let answered = decider.plain_answer(bytes, &terms, &mut line);
        let Ok(taken) = POLICY.take(bytes, &terms) else {
            assert!(tier.is_none() && decision.is_none() && answered.is_none());
            continue;
        };
        let expected = POLICY.decide(&taken.request, &taken.facts, &taken.entities);
        assert!(tier.is_none_or(|tier| tier == expected.tier));
        assert!(decision.is_none_or(|decision| decision == expected));
        if answered.is_some() {
            let mut defined = Vec::new();
            let asked = (&taken.request, &taken.facts, &*taken.entities);
            POLICY.answer(&SOURCES, asked, &expected).write(&mut defined);
            assert_eq!(line, defined);
        }
    }
});
