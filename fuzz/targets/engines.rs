//! Interpreter, plan and native code agree on drawn policy sets and on requests near their constants. The
//! input is the seed, so that coverage leads to other sets.
#![no_main]

#[path = "../../tests/generate/mod.rs"]
mod generate;

use aas::decision::{Decision, Engine};
use aas::verify::Generator;
use aas::{Policy, pipeline};
use libfuzzer_sys::fuzz_target;

fn essence(mut decision: Decision) -> Decision {
    decision.engine = Engine::Interp;
    decision
}

fuzz_target!(|seeds: (u64, u64)| {
    let set = generate::Set::draw(seeds.0);
    let checked = pipeline::check(&set.sources(1), &set.settings);
    let Some(typed) = checked.policy else { panic!("a drawn set does not compile:\n{}", set.show()) };
    let policy = Policy::from_typed(typed).with_native().expect("native code");
    let mut generator = Generator::new(policy.typed(), seeds.1);
    for _ in 0..20 {
        let case = generator.any();
        let entities = policy.entities(&case.entities).expect("a drawn snapshot fits");
        let decide = |engine| essence(policy.decide_with(engine, &case.request, &case.facts, &entities));
        let meant = decide(Engine::Interp);
        assert_eq!(decide(Engine::Plan), meant, "{case:#?}\n{}", set.show());
        assert_eq!(decide(Engine::Jit), meant, "{case:#?}\n{}", set.show());
    }
});
