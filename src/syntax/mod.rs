//! Text to syntax tree, and back.
//!
//! [`parse`] reads a file in two passes over its bytes and one run of the grammar an item; it never
//! fails. [`format()`] writes a file in its one canonical form. Only [`ast`] is seen by later phases.

pub mod ast;
mod characters;
mod docs;
mod explain;
mod format;
mod lower;
mod parser;
mod scan;
mod split;

pub use format::format;
pub use parser::{parse, parse_expression};

#[cfg(test)]
mod tests;
