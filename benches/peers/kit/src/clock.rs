//! Clocks and order statistics.

use std::time::{Duration, Instant};

/// Whose CPU time is asked for.
#[derive(Clone, Copy)]
pub enum Clock {
    Thread,
    Process,
}

/// CPU seconds so far. Other programs on a busy machine disturb caches, but not this clock.
#[must_use]
pub fn cpu(of: Clock) -> f64 {
    let id = match of {
        Clock::Thread => libc::CLOCK_THREAD_CPUTIME_ID,
        Clock::Process => libc::CLOCK_PROCESS_CPUTIME_ID,
    };
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of this frame.
    unsafe { libc::clock_gettime(id, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// CPU seconds of all children that were waited for.
#[must_use]
pub fn children() -> f64 {
    // SAFETY: an all-zero rusage is valid, and the pointer is to one of this frame.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Begins to time one decision.
#[inline(always)]
#[must_use]
pub fn stamp(slow: bool) -> u64 {
    if slow { (cpu(Clock::Thread) * 1e9) as u64 } else { ticks() }
}

/// What went by since [`stamp`].
#[inline(always)]
#[must_use]
pub fn since(slow: bool, begin: u64) -> u64 {
    stamp(slow).saturating_sub(begin)
}

/// The cycle counter, fenced on both sides.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn ticks() -> u64 {
    use std::arch::x86_64::{_mm_lfence, _rdtsc};
    // SAFETY: every x86-64 processor has both instructions.
    unsafe {
        _mm_lfence();
        let ticks = _rdtsc();
        _mm_lfence();
        ticks
    }
}

/// Without a cycle counter: the wall clock in nanoseconds.
#[cfg(not(target_arch = "x86_64"))]
fn ticks() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of this frame.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Nanoseconds a tick, and the ticks between two stamps with nothing between them.
#[must_use]
pub fn calibrate() -> (f64, f64) {
    let (wall, begin) = (Instant::now(), stamp(false));
    while wall.elapsed() < Duration::from_millis(50) {}
    let ticks = since(false, begin) as f64;
    let tick = wall.elapsed().as_nanos() as f64 / ticks;
    let mut empty: Vec<f64> = (0..50_000).map(|_| since(false, stamp(false)) as f64).collect();
    (tick, quantile(&mut empty, 0.5))
}

/// The value below which this part of the values lies.
pub fn quantile(values: &mut [f64], part: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * part).round() as usize]
}

/// KiB of memory: now, and at its highest.
#[must_use]
pub fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    (line("VmRSS:").unwrap_or(0), line("VmHWM:").unwrap_or(0))
}
