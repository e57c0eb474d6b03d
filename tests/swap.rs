//! Reloads while others decide: every decision is wholly that of one policy, and old code outlives its users.
#![cfg(feature = "jit")]
#![allow(clippy::disallowed_methods, reason = "a test of threads needs threads")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::thread;

use aas::decision::Tier;
use aas::{Entities, Facts, Policy, Request, Settings, SourceSet};

/// Reloads that are waited for.
const RELOADS: usize = 200;

fn policy(tier: &str) -> Policy {
    let rules = format!("package demo\n\naction ping\n\nrule pings on ping {{ {tier} because \"so\" }}\n");
    let policy = Policy::compile(&SourceSet::single("demo.aasrule", rules), &Settings::default());
    policy.expect("a policy without errors").with_native().expect("native code")
}

#[test]
fn a_decision_is_of_one_policy_while_others_reload() {
    let known = [(Tier::Green, "green"), (Tier::Yellow, "yellow"), (Tier::Red, "red")];
    let tiers = known.map(|(tier, word)| (*policy(word).hash(), tier));
    let current = RwLock::new(Arc::new(policy("green")));
    let done = AtomicBool::new(false);
    let decide = || {
        let (request, facts, entities) = (Request::new("ping"), Facts::of_agent("bot"), Entities::none());
        let mut seen = [0_usize; 4];
        let mut decided = 0;
        while !done.load(Ordering::Acquire) || decided < 100 {
            let policy = current.read().unwrap().clone();
            let decision = policy.decide(&request, &facts, &entities);
            let (_, tier) = tiers.iter().find(|(hash, _)| *hash == decision.policy).expect("a known policy");
            assert_eq!(decision.tier, *tier, "a decision of two policies");
            assert_eq!(policy.tier(&request, &facts, &entities), *tier);
            seen[*tier as usize] += 1;
            decided += 1;
        }
        seen
    };
    thread::scope(|scope| {
        let deciding: Vec<_> = (0..2).map(|_| scope.spawn(decide)).collect();
        for reload in 0..RELOADS {
            let next = Arc::new(policy(known[reload % known.len()].1));
            // The old policy is dropped by whoever uses it last, after the lock is free again.
            let old = std::mem::replace(&mut *current.write().unwrap(), next);
            drop(old);
        }
        done.store(true, Ordering::Release);
        for thread in deciding {
            let seen = thread.join().expect("a thread that decided to the end");
            assert!(seen.iter().filter(|n| **n > 0).count() >= 2, "too few policies were met: {seen:?}");
        }
    });
}
