//! What a decision allocates. Nothing is promised for reading a request and for what a decision carries away;
//! nothing is allocated by classifying numbers and symbols into a frame that has grown, and by native code.
#![cfg(feature = "jit")]
#![allow(unsafe_code, reason = "an allocator that counts is one line around the system's")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use aas::decision::Tier;
use aas::jit::{self, Options};
use aas::plan::{self, Out, Read, Run, Scratch, Walker};
use aas::policy::Terms;
use aas::reader::Bound;
use aas::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet};

/// Counts what this thread allocates; other threads of the test program do not matter.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has no counter any more.
    let _ = COUNT.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller promised.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often something allocates.
fn allocations<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = COUNT.get();
    let made = work();
    (COUNT.get() - before, made)
}

const RULES: &str = r#"package demo

enum Stage { dev, staging, production }

action deploy {
    service: string
    lines: int
    cost: decimal
    stage: Stage
}

facts agent { trust: decimal 0..100 }

rule small on deploy { green when lines < 100 and stage == dev }

rule large on deploy {
    yellow when lines >= 100
    red when lines >= 500
    because "large"
}

rule known on deploy { yellow when service in { "api", "web" } and agent.trust >= 80 }

guard dear on deploy {
    red when cost * 3 > 100.0 or service == "billing"
    because "dear"
}

relax trusted on deploy {
    when agent.trust > 90 and lines < 200
    yellow to green
}
"#;

fn policy() -> Policy {
    let sources = SourceSet::single("demo.aasrule", RULES);
    Policy::compile(&sources, &Settings::default()).unwrap_or_else(|found| {
        panic!("{:#?}", found.iter().filter(|d| d.is_error()).map(|d| (&d.message, &d.help)).collect::<Vec<_>>())
    })
}

fn request(lines: i64) -> Request {
    let request = Request::new("deploy").param("service", Raw::text("api")).param("lines", Raw::int(lines));
    request.param("cost", Raw::Number("1.5".into())).param("stage", Raw::text("dev"))
}

fn facts() -> Facts {
    Facts::of_agent("a1").agent("trust", Raw::int(85))
}

#[test]
fn the_counter_counts() {
    let (made, text) = allocations(|| std::hint::black_box(vec![1_u8; 100]));
    assert_eq!((made, text.len()), (1, 100));
}

#[test]
fn a_grown_frame_and_native_code_allocate_nothing() {
    let policy = policy();
    let code = jit::compile(policy.plan(), &Options::default()).unwrap();
    let entities = Entities::none();
    let mut scratch = Scratch::default();
    let (first, second) = (request(20), request(600));
    let facts = facts();
    let mut tiers = Vec::with_capacity(2);
    for request in [&first, &second, &first, &second] {
        let bound = Bound::new(policy.typed(), request, &facts);
        assert!(bound.refusals.is_empty(), "{:?}", bound.refusals);
        let read = Read { policy: policy.typed(), bound: &bound, entities: &entities };
        let grown = tiers.len() >= 2;
        let (made, tier) = allocations(|| plan::tier(policy.plan(), policy.typed(), &code, &read, &mut scratch));
        assert!(made == 0 || !grown, "{made} allocations from a read request to its tier");
        if grown {
            let (walked, same) =
                allocations(|| plan::tier(policy.plan(), policy.typed(), &Walker, &read, &mut scratch));
            println!("from a read request to its tier: native code {made}, walker {walked} allocations");
            assert_eq!(same, tier);
        }
        plan::decide(policy.plan(), policy.typed(), &code, &read, &mut scratch);
        let (made, whole) =
            allocations(|| plan::decide(policy.plan(), policy.typed(), &code, &read, &mut scratch).tier);
        assert_eq!((made, whole), (0, tier), "a whole verdict, in memory that was used before");
        tiers.push(tier);
    }
    assert_eq!(tiers[..2], [Tier::Yellow, Tier::Red]);
    let (unit, frame, _) = scratch.last().next().unwrap();
    let mut out = Out::default();
    out.clear(policy.plan().unit(unit).rows.len());
    let (made, ()) = allocations(|| code.first(policy.plan(), unit, frame, &mut out));
    assert_eq!((made, out.tier()), (0, Tier::Red as u64));
}

#[test]
fn a_decider_allocates_less_than_a_policy() {
    let policy = policy().with_native().unwrap();
    let (request, facts, entities) = (request(600), facts(), Entities::none());
    let mut decider = policy.decider();
    let (_, expected) = (decider.tier(&request, &facts, &entities), policy.decide(&request, &facts, &entities));
    let (reading, _) = allocations(|| Bound::new(policy.typed(), &request, &facts));
    let (fresh_tier, tier) = allocations(|| policy.tier(&request, &facts, &entities));
    let (kept_tier, same) = allocations(|| decider.tier(&request, &facts, &entities));
    let (fresh, decision) = allocations(|| policy.decide(&request, &facts, &entities));
    let (kept, again) = allocations(|| decider.decide(&request, &facts, &entities));
    println!("reading {reading}; tier {fresh_tier}, with a decider {kept_tier}; decide {fresh}, with a decider {kept}");
    assert_eq!((tier, &decision, &again), (same, &expected, &expected));
    assert_eq!(kept_tier, reading, "a decider's tier costs what reading costs");
    assert!(kept < fresh, "{kept} allocations with a decider, {fresh} without");
}

#[test]
fn a_plain_request_as_text_allocates_nothing_on_its_way_to_an_answer() {
    let sources = SourceSet::single("demo.aasrule", RULES);
    let policy = policy().with_native().unwrap();
    let mut decider = policy.texts(&sources).decider();
    let entities = Entities::none();
    let terms = Terms { entities: Some(&entities), ..Terms::default() };
    let text = |lines: i64| {
        let params = format!(r#""service":"api","lines":{lines},"cost":1.5,"stage":"dev""#);
        format!(r#"{{"agent":{{"id":"a1","trust":85}},"action":"deploy","params":{{{params}}}}}"#).into_bytes()
    };
    let (small, large) = (text(20), text(600));
    let mut out = Vec::with_capacity(10_000);
    for round in 0..3 {
        for (text, expected) in [(&small, Tier::Yellow), (&large, Tier::Red)] {
            let (for_tier, tier) = allocations(|| decider.plain_tier(text, &terms));
            let (for_answer, told) = allocations(|| decider.plain_answer(text, &terms, &mut out));
            assert_eq!((tier, told), (Some(expected), Some(expected)), "it is plain");
            assert!(round == 0 || (for_tier, for_answer) == (0, 0), "{for_tier} and {for_answer} allocations");
        }
    }
    let told = String::from_utf8(out).unwrap();
    assert!(told.contains(r#""item":"demo.large""#), "{told}");
}
