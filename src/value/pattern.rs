//! Compiled globs and regular expressions, with the limits that keep them linear and small.

use std::sync::Arc;

/// What a pattern of a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternKind {
    /// A glob on a text: `release/*`.
    TextGlob,
    /// A glob on a path, by components: `**/*.key`.
    PathGlob,
    /// A glob on a host, by labels: `*.example.com`.
    HostGlob,
    /// A regular expression.
    Regex,
}

/// One or more patterns of one kind, compiled.
#[derive(Clone, Debug)]
pub struct PatternSet {
    /// The kind of all of them.
    pub kind: PatternKind,
    /// As written, sorted, without repeats.
    pub sources: Vec<Arc<str>>,
}
