//! Any bytes are a request or a refusal of one; what is read is decided, and written JSON is read back.
#![no_main]

use std::sync::LazyLock;

use aas::reader::wire::{self, Placement};
use aas::{Policy, Settings, SourceSet, json};
use libfuzzer_sys::fuzz_target;

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let sources = SourceSet::single("p.aasrule", include_str!("policy.aasrule"));
    Policy::compile(&sources, &Settings::default()).expect("the policy of this target compiles")
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(raw) = json::parse_bytes(bytes) {
        assert_eq!(json::parse(&json::write(&raw)), Ok(raw));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for placement in [Placement::Strict, Placement::Tests] {
        if let Ok(incoming) = wire::request(POLICY.typed(), text, placement) {
            let Ok(entities) = POLICY.entities(&incoming.entities) else { continue };
            let _decision = POLICY.decide(&incoming.request, &incoming.facts, &entities);
        }
    }
});
