//! What a key takes in memory: the numbers that the documentation of [`aas_govern::table::Table`] states.
#![allow(unsafe_code, reason = "an allocator that counts is one line around the system's")]
#![allow(missing_docs, reason = "tests say what they are by their names")]
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "small numbers of a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use aas_govern::key::Key;
use aas_govern::registers::{Moment, ReservationId, Settlement, Sign, Take, Truth, WindowEvent};
use aas_govern::schema::{
    Family, FamilySchema, Kept, Period, SeenSchema, SeenWhat, WindowOf, WindowSchema, WindowTest, WindowValue,
    WindowWhat,
};
use aas_govern::table::Table;

/// Counts the bytes that this thread holds; other threads of the test program do not matter.
struct Counting;

thread_local! {
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    // A thread that is ending has no counter any more.
    let _ = BYTES.try_with(|n| n.set(n.get() + bytes));
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const KEYS: u64 = 3_500;

/// The bytes a key after so many runs of it, each with its own outcome.
fn bytes(family: Family, runs: u64, take: &Take) -> i64 {
    let schema = FamilySchema { name: "shop.item".into(), family, most_keys: 1_000_000, host_keyed: true };
    let mut table = Table::new(schema, [1, 2]);
    let keys: Vec<Key> = (0..KEYS).map(|n| Key::of([format!("service-{n:08}").as_str()])).collect();
    let before = BYTES.with(Cell::get);
    for run in 0..runs {
        for (n, key) in keys.iter().enumerate() {
            let id = ReservationId(run * KEYS + n as u64);
            let now = Moment::at(run as i64 * 10);
            table.reserve(key, "agent", id, now, take).expect("there is room");
            table.settle(key, id, now, Settlement { success: false, cost: Some(5) });
        }
    }
    let after = BYTES.with(Cell::get);
    assert_eq!(table.len() as u64, KEYS);
    // The text of a key is shared with whoever made it: 16 bytes of counters and 16 of this text, counted here.
    (after - before) / KEYS as i64 + 32
}

#[test]
fn a_key_takes_as_much_as_is_stated() {
    let day = 86_400_000_000;
    let failed = WindowTest { outcome: Some(false), truth: None };
    let values = vec![WindowValue { name: "failed".into(), what: WindowWhat::Count, test: failed }];
    let window = WindowSchema { of: WindowOf::Outcomes, kept: Kept::Last(10), values };
    let seen = SeenSchema { what: SeenWhat::Any, within: None, succeeded: false, relative: None };
    let event = Take::Event(WindowEvent::default());
    let sign = Take::Sign(Sign { a: Truth::Yes, b: Truth::No });
    let budget = Family::Budget { most: 1_000, period: Period::Sliding(1_280) };
    for (name, family, runs, take, most) in [
        ("cooldown", Family::Cooldown { longest: day }, 3, &Take::Nothing, 260),
        ("once", Family::Once { keep: day }, 1, &Take::Nothing, 260),
        ("rate, 3 stamps", Family::Rate { window: day }, 3, &Take::Nothing, 300),
        ("rate, 100 stamps", Family::Rate { window: day }, 100, &Take::Nothing, 1_300),
        ("budget, 1 bucket", budget.clone(), 1, &Take::Amount(10), 460),
        ("budget, full", budget, 130, &Take::Amount(10), 4_500),
        ("window of 10", Family::Window(window), 12, &event, 2_200),
        ("seen", Family::Seen(seen), 5, &sign, 500),
    ] {
        let bytes = bytes(family, runs, take);
        println!("{name}: {bytes} bytes a key");
        assert!(bytes <= most, "{name}: {bytes} bytes a key");
        assert!(bytes > most / 3, "{name}: {bytes} bytes a key; the stated number is too high");
    }
}
