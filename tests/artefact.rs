//! A policy that was written as an artefact and read again decides like the one that was written: on drawn sets,
//! whole and action by action. Pages and shipped rules are tried so by their own tests (`support/artefact.rs`).
#![allow(clippy::disallowed_methods, reason = "these tests read the repository")]
#![allow(missing_docs, reason = "tests say what they are by their names")]
#![allow(unreachable_pub, reason = "what the tests share is public to each of them")]

mod generate;
mod support;

use aas::Policy;
use aas::decision::Engine;
use aas::verify::Generator;
use generate::Set;
use support::artefact::Again;

fn differs(seed: u64, requests: usize) -> (u64, Option<String>) {
    let set = Set::draw(seed);
    let sources = set.sources(2);
    let policy = Policy::compile(&sources, &set.settings).unwrap_or_else(|_| panic!("set {seed} does not compile"));
    let again = Again::new(policy.typed(), &sources);
    let mut generator = Generator::new(policy.typed(), seed);
    let mut undeclared = 0;
    for _ in 0..requests {
        let case = generator.any();
        let Ok(entities) = policy.entities(&case.entities) else { continue };
        let meaning = policy.decide_with(Engine::Interp, &case.request, &case.facts, &entities);
        undeclared += u64::from(policy.typed().action(&case.request.action).is_none());
        let difference = again.difference((&policy, &meaning), (&case.request, &case.facts, &entities));
        if let Some(difference) = difference {
            return (undeclared, Some(format!("set {seed}: {difference}\n{:?}\n{}", case.request, set.show())));
        }
    }
    (undeclared, None)
}

#[test]
fn drawn_sets_decide_alike() {
    let mut undeclared = 0;
    for seed in 0..60 {
        let (more, difference) = differs(seed, 60);
        undeclared += more;
        assert_eq!(difference, None);
    }
    assert!(undeclared > 50, "names that nobody declares are asked for too: {undeclared}");
}

#[test]
#[ignore = "thousands of drawn sets"]
fn soak_drawn_sets_decide_alike() {
    for seed in 1_000..6_000 {
        assert_eq!(differs(seed, 100).1, None);
    }
}

/// Expectations of the pages name what is said, which must come out of the artefact's own texts too.
#[test]
fn explanations_are_told_with_the_same_words() {
    use aas::artefact::{self, Artefact, Texts};
    let mut compared = 0;
    for seed in 0..20 {
        let set = Set::draw(seed);
        let sources = set.sources(3);
        let policy = Policy::compile(&sources, &set.settings).expect("a drawn set compiles");
        let bytes = artefact::write(policy.typed(), &sources).expect("an artefact");
        let artefact = Artefact::open(bytes.as_slice()).expect("an artefact");
        let mut generator = Generator::new(policy.typed(), seed);
        for _ in 0..10 {
            let case = generator.any();
            let Ok(entities) = policy.entities(&case.entities) else { continue };
            let asked = (&case.request, &case.facts, &entities);
            let decision = policy.decide(asked.0, asked.1, asked.2);
            let meant = policy.explain(&sources, asked, &decision, 50);
            let part = aas::OneAction::load(&artefact, &case.request.action).expect("a part");
            let part = part.policy_for(&case.request).expect("its own action");
            let own = artefact.sources(part.typed(), Texts::OfItems).expect("the texts");
            let said = part.explain(&own, asked, &part.decide(asked.0, asked.1, asked.2), 50);
            assert_eq!(said, meant, "set {seed}\n{}", set.show());
            compared += said.determining.len();
        }
    }
    assert!(compared > 100, "{compared}");
}
