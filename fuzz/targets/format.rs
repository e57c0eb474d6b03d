//! What can be formatted is formatted to one form, and formatting that changes nothing.
#![no_main]

use aas::{SourceSet, syntax};
use libfuzzer_sys::fuzz_target;

fn formatted(text: &str) -> Option<String> {
    let sources = SourceSet::single("f.aasrule", text);
    let (id, _) = sources.files().next()?;
    syntax::format(&sources, id).ok()
}

fuzz_target!(|text: &str| {
    if let Some(once) = formatted(text) {
        let twice = formatted(&once);
        assert_eq!(twice.as_deref(), Some(once.as_str()), "what was formatted once is formatted");
    }
});
