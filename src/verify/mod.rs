//! What can be said of a policy by trying it: its tests, what they cover, and its asserts on made-up requests.
//!
//! * [`unmet`]: which expectations of a test a decision does not meet.
//! * [`Coverage`]: which items, clauses and outcomes were seen.
//! * [`exercise`]: an assert against requests made around the constants of the policy.
//!
//! Nothing here decides: decisions come from whatever evaluator the caller hands in.

mod candidates;
mod coverage;
mod exercise;
mod expectations;

#[cfg(test)]
mod tests;

pub use coverage::{Coverage, ItemCoverage};
pub use exercise::{Broken, Exercised, exercise};
pub use expectations::{Unmet, is_item, unmet};
