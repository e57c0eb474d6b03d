//! `aasc` as people call it: every command on good and on bad input, with its exit code.
#![allow(clippy::disallowed_methods, reason = "these tests run the program on files of their own")]
#![allow(missing_docs, reason = "tests say what they are by their names")]

mod bench;
mod build;
mod check;
mod eval;
mod explain;
mod fmt;
mod graph;
mod help;
mod new;
mod support;
mod test;
mod tune;
