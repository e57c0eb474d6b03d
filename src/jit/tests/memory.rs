//! Code pages: never writable and executable, and gone when their owner is.

use super::super::{NativeCode, Options, compile};
use crate::graph::tests as given;
use crate::plan::tests::plan;

const fn shared_between_threads<T: Send + Sync>() {}
const _: () = shared_between_threads::<NativeCode>();

#[cfg(target_os = "linux")]
fn resident_pages() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_reloads_leave_memory_flat() {
    let policy = given::small_policy();
    let plan = plan(&policy);
    let options = Options { optimise: false, verify: false, ..Options::default() };
    let mut kept = compile(&plan, &options).unwrap();
    for _ in 0..500 {
        kept = compile(&plan, &options).unwrap();
    }
    let before = resident_pages();
    for _ in 0..10_000 {
        kept = compile(&plan, &options).unwrap();
    }
    let after = resident_pages();
    assert!(kept.bytes() > 0);
    // 4 MiB of slack for the allocator; leaking would be at least three pages a reload, more than 100 MiB.
    assert!(after < before + 1024, "{before} pages before, {after} after");
}

#[cfg(target_os = "linux")]
#[test]
fn no_page_is_writable_and_executable() {
    let policy = given::small_policy();
    let code = compile(&plan(&policy), &Options::default()).unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let rights: Vec<&str> = maps.lines().filter_map(|l| l.split(' ').nth(1)).collect();
    assert!(!rights.iter().any(|r| r.contains('w') && r.contains('x')), "{maps}");
    // Anonymous executable pages: the code that was just made.
    let anonymous = maps.lines().filter(|l| l.contains("r-xp") && !l.contains('/') && !l.contains('['));
    assert!(anonymous.count() > 0 && code.bytes() > 0, "{maps}");
}
