//! What the tests over rule files share: pages, policy sets and decisions of every engine.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod decided;
pub mod engines;
pub mod expectations;
pub mod page;
