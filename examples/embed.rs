//! A host that asks before it acts: one policy, shared by threads, many requests.
//!
//! `cargo run --example embed`
#![allow(clippy::disallowed_methods, reason = "a host may do what the library does not")]

use std::sync::Arc;

use aas::decision::{Obligation, Tier};
use aas::diagnostic::render;
use aas::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet};

const RULES: &str = r#"
package host

/// What the host knows of an agent.
facts agent { trust: decimal 0..100 = 50 }

/// Sends a mail.
action mail.send {
    to: string
    observed { outside: bool }
}

rule sending on mail.send {
    yellow
    notify ops
}

relax trusted on mail.send {
    when agent.trust >= 80
    yellow to green
}

guard outside on mail.send {
    when outside
    red
    because "{to} is not one of us."
}
"#;

/// What the host does with a decision.
fn act(policy: &Policy, to: &str, trust: &str, outside: bool) -> String {
    // The request may come from the agent. The facts come from the host alone.
    let request = Request::new("mail.send").param("to", Raw::text(to));
    let facts =
        Facts::of_agent("writer-1").agent("trust", Raw::Number(trust.into())).observed("outside", Raw::Bool(outside));
    let decision = policy.decide(&request, &facts, &Entities::none());
    let told = decision.obligations.iter().filter_map(|obligation| match obligation {
        Obligation::Notify { channel, .. } => Some(channel.as_str()),
        Obligation::Redact { .. }
        | Obligation::Approve { .. }
        | Obligation::Instead { .. }
        | Obligation::Run { .. } => None,
    });
    match decision.tier {
        Tier::Green => format!("sent to {to}"),
        Tier::Yellow => format!("sent to {to}, and told {}", told.collect::<Vec<_>>().join(", ")),
        Tier::Red => format!("waiting for a person before sending to {to}"),
        Tier::Black => format!("refused to send to {to}"),
    }
}

fn main() {
    let sources = SourceSet::single("host.aasrule", RULES);
    let policy = match Policy::compile(&sources, &Settings::default()) {
        Ok(policy) => Arc::new(policy),
        Err(findings) => {
            eprint!("{}", render::human(&findings, &sources, false));
            std::process::exit(1);
        }
    };
    println!("policy {}", policy.hash());
    let threads = [("ann@example.org", "50", false), ("ann@example.org", "90", false), ("x@example.com", "90", true)]
        .map(|(to, trust, outside)| {
            let policy = Arc::clone(&policy);
            std::thread::spawn(move || act(&policy, to, trust, outside))
        });
    for thread in threads {
        match thread.join() {
            Ok(line) => println!("{line}"),
            Err(_) => eprintln!("a thread ended early"),
        }
    }
}
