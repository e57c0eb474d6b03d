//! Proof by trying: requests drawn from a policy's own constants, asserts exercised on them, and what a
//! set of requests reached.
//!
//! * [`Generator`]: requests, facts and snapshots near everything that the policy compares, good and bad.
//! * [`exercise_asserts`]: the claims of a policy on drawn requests; a refutation carries its witness.
//! * [`unmet`]: which expectations of a test a decision does not meet.
//! * [`Coverage`]: which items, branches and clauses held, failed or erred over a set of decisions.
//!
//! Everything is drawn from a seed: the same policy and seed give the same requests on every machine.

mod asserts;
mod coverage;
mod draw;
mod expectations;
mod generator;
mod hints;
mod random;
mod witness;

#[cfg(test)]
mod tests;

pub use asserts::{Exercise, Witness, exercise_assert, exercise_asserts};
pub use coverage::{BranchCoverage, Counts, Coverage, ItemCoverage};
pub use expectations::{Unmet, is_item, unmet, unmet_with_code};
pub use generator::{Case, Generator};
pub use hints::{Hints, Place};
pub use random::Random;
pub use witness::near;
