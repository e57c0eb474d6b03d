//! Any text is parsed to a tree and findings that can be shown; it never panics and never hangs.
#![no_main]

use aas::{SourceSet, syntax};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let sources = SourceSet::single("f.aasrule", text);
    for (id, _) in sources.files() {
        let (_, findings) = syntax::parse(&sources, id);
        let _shown = aas::diagnostic::render::human(&findings, &sources, false);
    }
});
