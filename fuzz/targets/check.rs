//! Any set of files is checked; a policy is there exactly where no finding is an error, and its plan is made.
#![no_main]

use aas::{Policy, Settings, SourceSet, pipeline};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sources = SourceSet::default();
    for (i, part) in text.split("\n----\n").take(4).enumerate() {
        sources.add(format!("f{i}.aasrule"), part);
    }
    let checked = pipeline::check(&sources, &Settings::default());
    let _shown = aas::diagnostic::render::human(&checked.diagnostics, &sources, false);
    assert_eq!(checked.policy.is_none(), checked.has_errors());
    if let Some(policy) = checked.policy {
        let _planned = Policy::from_typed(policy);
    }
});
