//! `aas`: declarative rules that govern what autonomous agents may do.
#![allow(rustdoc::private_intra_doc_links, reason = "the story of a module names its parts, private ones too")]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests measure, and read what they are about"))]

pub mod source;
pub mod diagnostic;
pub mod decision;
pub mod settings;
pub mod ids;
pub mod value;
pub mod types;
pub mod builtin;
pub mod raw;
pub mod json;
pub mod action_name;
pub mod request;
pub mod facts;
pub mod entities;
pub mod syntax;
pub mod hir;
pub mod check;
pub mod outcome;
pub mod reader;
pub mod graph;
pub mod plan;
pub mod profile;
pub mod direct;
pub mod interp;
pub mod artefact;
#[cfg(feature = "jit")]
pub mod jit;
pub mod answer;
pub mod pipeline;
pub mod policy;
pub mod workspace;
pub mod form;
pub mod one_action;
pub mod verify;

pub use entities::Entities;
pub use facts::{AsFacts, Facts};
pub use one_action::{Asked, OneAction, OneRequest};
pub use policy::Policy;
pub use raw::{IntoRaw, Raw};
pub use request::{AsRequest, Request};
pub use settings::Settings;
pub use source::{SourceSet, Span};
pub use workspace::Workspace;

pub use aas_derive::{Facts, IntoRaw, Request};
