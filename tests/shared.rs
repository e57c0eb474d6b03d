//! Threads that share a policy share nothing that a decision writes.
//!
//! A child process makes a policy in memory of its own kind, seals that memory against writing, and decides by two
//! threads. A write to anything that they share (a count of references, a cache, a lock) ends it by a signal, even
//! where it is taken back at once.
#![cfg(all(feature = "jit", target_os = "linux"))]
#![allow(unsafe_code, reason = "memory can be sealed by the system alone, and an allocator must be told to use it")]
#![allow(clippy::disallowed_methods, reason = "a test of threads needs threads and processes")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use aas::decision::Tier;
use aas::form::{Form, Ruling};
use aas::policy::Terms;
use aas::{Entities, Facts, Policy, Request, Settings, SourceSet};
use shapes::{BranchOnly, CostOnly, PathAndBranch, PathOnly, W1, W2};
use workload::{Ask, Workload, aasrule, w1, w2, w4};

#[path = "../benches/peers/engines/native/src/shapes.rs"]
#[allow(dead_code, reason = "the benches beside the peers use them all")]
mod shapes;

/// Memory that can be sealed. Nothing in it is freed: a page of it is never used twice.
#[repr(C, align(4096))]
struct Shelf(UnsafeCell<[u8; SHELF]>);

const SHELF: usize = 256 << 20;

// SAFETY: places are handed out once each, by an atomic count.
unsafe impl Sync for Shelf {}

static STORE: Shelf = Shelf(UnsafeCell::new([0; SHELF]));
static USED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether what this thread makes goes on the shelf.
    static SHELVING: Cell<bool> = const { Cell::new(false) };
}

struct Shelving;

fn on_shelf(place: *mut u8) -> bool {
    (place.addr()).wrapping_sub(STORE.0.get().addr()) < SHELF
}

// SAFETY: a place on the shelf is aligned, as large as was asked for and given once; all else is the system's.
unsafe impl GlobalAlloc for Shelving {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !SHELVING.try_with(Cell::get).unwrap_or(false) {
            // SAFETY: as the caller promised.
            return unsafe { System.alloc(layout) };
        }
        let size = layout.size() + layout.align();
        let at = USED.fetch_add(size, Ordering::Relaxed).next_multiple_of(layout.align());
        if at + layout.size() > SHELF {
            return std::ptr::null_mut();
        }
        STORE.0.get().cast::<u8>().wrapping_add(at)
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if !on_shelf(place) {
            // SAFETY: it came from the system, and is as the caller promised.
            unsafe { System.dealloc(place, layout) }
        }
    }
}

#[global_allocator]
static SHELVES: Shelving = Shelving;

unsafe extern "C" {
    fn mprotect(place: *mut u8, length: usize, protection: i32) -> i32;
}

const READ: i32 = 1;

/// Makes something whose memory, and all that it makes on the way, goes on the shelf.
fn shelved<T>(make: impl FnOnce() -> T) -> T {
    SHELVING.set(true);
    let made = make();
    SHELVING.set(false);
    made
}

/// From here on a write to what is on the shelf is a signal.
fn seal() {
    // SAFETY: the shelf is whole pages of this program's own, and nothing that is on it is written any more; where
    // something is, ending is what this is for.
    let sealed = unsafe { mprotect(STORE.0.get().cast(), SHELF, READ) };
    assert_eq!(sealed, 0, "the system seals memory");
}

fn policy(workload: &Workload) -> (Policy, SourceSet) {
    let mut sources = SourceSet::default();
    for (name, text) in aasrule::package(workload).files {
        sources.add(name, text);
    }
    let policy = Policy::compile(&sources, &Settings::default()).expect("rules without errors");
    (policy.with_native().expect("native code"), sources)
}

/// How often each thread goes through all requests.
const ROUNDS: usize = 3;

/// Lets two threads work at a time, each with a state of its own that was made before.
fn two<S: Send>(mut states: [S; 2], work: impl Fn(&mut S) + Sync) {
    thread::scope(|scope| {
        for state in &mut states {
            let work = &work;
            scope.spawn(move || (0..ROUNDS).for_each(|_| work(state)));
        }
    });
    // Dropping them would give back their share of what is sealed.
    std::mem::forget(states);
}

/// A way to decide.
#[derive(Clone, Copy, Debug)]
enum Way {
    Tier,
    Decision,
    JsonTier,
    Json,
    Untyped,
    UntypedTier,
    /// The same as the first, with a fault in it: each decision takes a share of the policy and gives it back.
    Counted,
}

impl Way {
    const RIGHT: [Self; 6] = [Self::Tier, Self::Decision, Self::JsonTier, Self::Json, Self::Untyped, Self::UntypedTier];
}

/// Decides all requests of a workload in one way, by two threads.
fn decide<T: aas::form::Fields + Send + Sync>(way: Way, workload: Workload, shape: fn(Ask) -> T) {
    let ((policy, sources), none) = shelved(|| (policy(&workload), Entities::none()));
    let (form, texts) = shelved(|| (Form::<T>::bind(&policy).expect("declared names"), policy.texts(&sources)));
    let expected: Vec<Tier> = workload.right.iter().map(|tier| Tier::ALL[usize::from(*tier) - 1]).collect();
    let asks: Vec<T> = workload.asks.into_iter().map(shape).collect();
    let untyped: Vec<(Request, Facts)> = asks.iter().map(|ask| form.request(ask)).collect();
    let lines: Vec<String> = untyped.iter().map(|(request, facts)| wire(request, facts)).collect();
    let terms = Terms { entities: Some(&none), ..Terms::default() };
    // Each thread has requests of its own, as it would.
    let own = || (form.clone(), texts.decider(), policy.decider(), untyped.clone(), Vec::new());
    let states = [own(), own()];
    seal();
    two(states, |(form, reader, decider, untyped, line)| {
        for (k, expected) in expected.iter().enumerate() {
            let tier = match way {
                Way::Tier => form.tier(&asks[k], &none),
                Way::Decision => Ruling::tier(&form.decide(&asks[k], &none)),
                Way::JsonTier => reader.tier(lines[k].as_bytes(), &terms).expect("a request"),
                Way::Json => {
                    line.clear();
                    reader.answer(lines[k].as_bytes(), &terms, line).expect("a request").tier
                }
                Way::Untyped => decider.decide(&untyped[k].0, &untyped[k].1, &none).tier,
                Way::UntypedTier => decider.tier(&untyped[k].0, &untyped[k].1, &none),
                Way::Counted => policy.clone().tier(&untyped[k].0, &untyped[k].1, &none),
            };
            assert_eq!(tier, *expected, "request {k}");
        }
    });
    // What would be dropped now lies in sealed memory.
    std::process::exit(0);
}

/// A request of a workload as `aasc eval` takes it.
fn wire(request: &Request, facts: &Facts) -> String {
    use aas::Raw;
    let members = vec![
        ("agent".into(), Raw::Object(facts.agent.clone())),
        ("action".into(), Raw::Text(request.action.clone())),
        ("params".into(), Raw::Object(request.params.clone())),
        ("observed".into(), Raw::Object(facts.observed.clone())),
        ("facts".into(), Raw::Object(vec![("env".into(), Raw::Object(facts.env.clone()))])),
    ];
    aas::json::write(&Raw::Object(members))
}

fn decide_named(way: Way, name: &str) {
    match name {
        "w1" => decide(way, w1::workload(), W1),
        "w2" => decide(way, w2::workload(100), W2),
        other => {
            let family = w4::Family::by_name(other).expect("a family");
            match family {
                w4::Family::Set => decide(way, w4::workload(family, 100), BranchOnly),
                w4::Family::Range => decide(way, w4::workload(family, 100), CostOnly),
                w4::Family::Text => decide(way, w4::workload(family, 100), PathAndBranch),
                w4::Family::Mixed => decide(way, w4::workload(family, 100), W2),
                w4::Family::Equal | w4::Family::Prefix | w4::Family::Path | w4::Family::Entity => {
                    decide(way, w4::workload(family, 100), PathOnly);
                }
            }
        }
    }
}

/// Says to this program, started once more, what to decide.
const ASKED: &str = "AAS_SHARED";

/// What the child does; without being asked for anything it does nothing.
#[test]
fn child() {
    let Ok(asked) = std::env::var(ASKED) else { return };
    let (way, name) = asked.split_once(' ').expect("a way and a workload");
    let way = Way::RIGHT.into_iter().chain([Way::Counted]).find(|known| format!("{known:?}") == way);
    decide_named(way.expect("a known way"), name);
}

fn ended(way: Way, name: &str) -> ExitStatus {
    let own = std::env::current_exe().expect("the path of this program");
    let child =
        Command::new(own).args(["--exact", "child", "--nocapture"]).env(ASKED, format!("{way:?} {name}")).output();
    let (status, said) = child.map(|child| (child.status, child.stderr)).expect("this program starts");
    if !status.success() {
        eprintln!("{way:?} of {name}: {status} {}", String::from_utf8_lossy(&said));
    }
    status
}

#[test]
fn two_threads_write_nothing_that_they_share() {
    for name in ["w1", "w2", "equal", "set", "range", "prefix", "path", "mixed", "text"] {
        for way in Way::RIGHT {
            assert!(ended(way, name).success(), "{way:?} of {name}");
        }
    }
}

/// The test above can fail: a count of references goes up and down again, and is seen.
#[test]
fn a_shared_count_would_be_seen() {
    assert_eq!(ended(Way::Counted, "w1").signal(), Some(11));
}
