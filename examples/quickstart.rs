//! From a rule to a decision in one function: `cargo run --example quickstart`.
#![allow(clippy::disallowed_methods, reason = "a host may do what the library does not")]

use aas::diagnostic::render;
use aas::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet};

const RULES: &str = r#"
package quickstart

/// Merges a branch.
action git.merge { branch: ref }

rule feature on git.merge {
    when branch != "main"
    green
}

rule mainline on git.merge {
    when branch == "main"
    red
    because "A merge into {branch} needs a person."
}
"#;

fn main() {
    let sources = SourceSet::single("quickstart.aasrule", RULES);
    let policy = match Policy::compile(&sources, &Settings::default()) {
        Ok(policy) => policy,
        Err(findings) => {
            eprint!("{}", render::human(&findings, &sources, false));
            std::process::exit(1);
        }
    };
    for branch in ["feature/limits", "main"] {
        let request = Request::new("git.merge").param("branch", Raw::text(branch));
        let decision = policy.decide(&request, &Facts::of_agent("builder-1"), &Entities::none());
        println!("git.merge of {branch}: {}", decision.tier);
    }
}
