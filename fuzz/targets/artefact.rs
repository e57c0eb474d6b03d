//! Any bytes are an artefact or refused, and so is any content behind hashes that fit: what is read decides.
//!
//! The first byte says which section of a good artefact the rest takes the place of; 255 means the whole.
#![no_main]

use std::sync::OnceLock;

use aas::artefact::{self, Artefact, Texts};
use aas::decision::Engine;
use aas::verify::Generator;
use aas::{Asked, Entities, Facts, OneAction, Policy, Request, Settings, SourceSet};
use libfuzzer_sys::fuzz_target;

fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let sources = SourceSet::single("policy.aasrule", include_str!("policy.aasrule"));
        let policy = Policy::compile(&sources, &Settings::default()).expect("the policy of the target compiles");
        artefact::write_with(policy.typed(), &sources, 0).expect("an artefact")
    })
}

fuzz_target!(|input: &[u8]| {
    let Some((number, content)) = input.split_first() else { return };
    let sealed = artefact::with_section(good(), usize::from(*number), content);
    let bytes = sealed.as_deref().unwrap_or(content);
    let Ok(artefact) = Artefact::open(bytes) else { return };
    // A process that answers one request reads no more than it needs, whatever the rest is.
    if let Ok(asked) = Asked::open(&artefact, "a.go") {
        let loaded = asked.load(Request::new("a.go"), Facts::of_agent("a"), Entities::none());
        let _ = loaded.map(|one| one.map(|one| one.decide()));
    }
    let Ok(typed) = artefact.policy() else { return };
    let _ = artefact.sources(&typed, Texts::All);
    let _ = artefact.sources(&typed, Texts::Lines);
    let policy = Policy::from_typed(typed);
    let mut generator = Generator::new(policy.typed(), 1);
    for _ in 0..4 {
        let case = generator.any();
        let Ok(entities) = policy.entities(&case.entities) else { continue };
        for engine in [Engine::Plan, Engine::Interp] {
            let _ = policy.decide_with(engine, &case.request, &case.facts, &entities);
        }
        if let Ok(part) = OneAction::load(&artefact, &case.request.action) {
            let _ = part.decide(&case.request, &case.facts, &entities);
        }
    }
});
