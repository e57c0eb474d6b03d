//! `aas`: declarative rules that govern what autonomous agents may do.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod source;
pub mod diagnostic;
pub mod decision;
pub mod settings;
pub mod value;
pub mod types;
pub mod builtin;
pub mod syntax;

pub use settings::Settings;
pub use source::{SourceSet, Span};
