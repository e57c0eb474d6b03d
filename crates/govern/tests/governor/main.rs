//! The governor, step by step.
#![allow(missing_docs, reason = "tests say what they are by their names")]

mod approvals;
mod digests;
mod empty;
mod fail_closed;
mod flags;
mod halting;
mod interleavings;
mod kit;
mod memory;
mod random;
mod running;
mod runs_at_random;
mod schedules;
mod workflows;
mod sessions;
