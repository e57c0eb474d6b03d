//! Derive macros of `aas`.
