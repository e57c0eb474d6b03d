//! What the root package says of the whole set, in `aas.toml`.
//!
//! [`Settings`] is the part that changes what a policy means; [`Manifest`] is the whole file, with the
//! folders and dependencies that an embedder reads before it has a source set. Nothing here reads a disk.

mod manifest;

#[cfg(test)]
mod tests;

pub use manifest::{Dependency, Manifest};

use crate::decision::Tier;
use crate::diagnostic::LintLevel;

/// What `aas.toml` says: the settings of the root package.
///
/// They change what a policy means, so they are part of its identity (all but `lints`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name of the root package; empty where no manifest names it.
    pub package: String,
    /// Language edition; only `2026` exists.
    pub edition: u16,
    /// The tier of a request that no rule matches: red or black.
    pub default_tier: Tier,
    /// IANA name of the zone of bare `now.hour`, `per day` and dates.
    pub zone: String,
    /// Whether paths that differ only in case or Unicode form are different paths.
    pub case_sensitive_paths: bool,
    /// Lint levels by diagnostic code or lint name: `allow`, `warn` or `deny`.
    pub lints: Vec<(String, LintLevel)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            package: String::new(),
            edition: 2026,
            default_tier: Tier::Red,
            zone: "UTC".into(),
            case_sensitive_paths: false,
            lints: Vec::new(),
        }
    }
}
