//! What the tests over rule files share: pages, policy sets and decisions of every engine.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod artefact;
pub(crate) mod decided;
pub(crate) mod engines;
pub(crate) mod expectations;
pub(crate) mod offered;
pub(crate) mod page;
