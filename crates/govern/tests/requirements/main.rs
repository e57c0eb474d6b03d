//! The cases of systems 000 and 003 against `rules/autonomy` and `rules/cicd`, through the governor.
//!
//! A case is about a decision, state, trust or an approval, and then it is asked here; or it belongs to a later issue,
//! and the README of its package says so. A case that is asked and differs must be named in that README, with the
//! decision of the requirements that overrides it. What is printed: the share that passes, and the rest by name.
#![allow(clippy::disallowed_methods, reason = "these tests read the repository")]

#[path = "../governor/kit.rs"]
#[allow(dead_code, reason = "the tests of the governor use more of it")]
mod kit;

mod autonomy;
mod cicd;
mod flows;
mod package;
