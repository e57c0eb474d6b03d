//! What a bare or dotted name means in a file.

use super::{DefId, FileScope, PackageId, PolicySet};
use crate::source::Span;
use crate::syntax::ast;

/// Words that the language itself gives a meaning where an expression stands.
pub const RESERVED: &[&str] = &[
    "action",
    "agent",
    "env",
    "session",
    "flag",
    "now",
    "secrets",
    "warnings",
    "workspace",
    "true",
    "false",
    "has",
    "not",
    "and",
    "or",
    "in",
    "any",
    "all",
    "count",
    "machines",
    "people",
    "where",
];

/// Whether no item, field or variable may have this name.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// What a look-up found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// One item.
    One(DefId),
    /// Several packages brought whole have it.
    Many(Vec<DefId>),
    /// Nothing.
    None,
}

impl PolicySet {
    /// The item that a bare name means in a file: of its package, brought by name, or brought whole.
    #[must_use]
    pub fn lookup(&self, file: usize, name: &str) -> Found {
        let scope = &self.scopes[file];
        let mut found = Vec::new();
        if let Some(def) = scope.package.and_then(|p| self.package(p).names.get(name)) {
            found.push(*def);
        }
        if let Some((def, _)) = scope.items.get(name) {
            found.push(*def);
        }
        if found.is_empty() {
            found.extend(scope.globs.iter().filter_map(|(p, _)| self.package(*p).names.get(name)));
        }
        found.sort();
        found.dedup();
        match found.as_slice() {
            [] => Found::None,
            [one] => Found::One(*one),
            _ => Found::Many(found),
        }
    }

    /// The item that a dotted path means: bare, or behind a package that the file uses.
    #[must_use]
    pub fn lookup_path(&self, file: usize, path: &ast::Path) -> Found {
        let Some((last, front)) = path.parts.split_last() else { return Found::None };
        if front.is_empty() {
            return self.lookup(file, &last.text);
        }
        let front = front.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(".");
        match self.lookup_package(file, &front).and_then(|p| self.package(p).names.get(&last.text)) {
            Some(def) => Found::One(*def),
            None => Found::None,
        }
    }

    /// The package that a name means in a file: an alias, or the full name of a package that it uses.
    #[must_use]
    pub fn lookup_package(&self, file: usize, name: &str) -> Option<PackageId> {
        let scope = &self.scopes[file];
        if let Some((package, _)) = scope.aliases.get(name) {
            return Some(*package);
        }
        let own = scope.package?;
        self.find_package(name).filter(|p| self.package(own).reach.contains(*p))
    }

    /// Every bare name in sight of a file, for suggestions.
    #[must_use]
    pub fn names_in_sight(&self, file: usize) -> Vec<&str> {
        let scope = &self.scopes[file];
        let own = scope.package.iter().flat_map(|p| self.package(*p).names.keys());
        let globs = scope.globs.iter().flat_map(|(p, _)| self.package(*p).names.keys());
        own.chain(globs).chain(scope.items.keys()).chain(scope.aliases.keys()).map(String::as_str).collect()
    }

    /// The place of the `use` that brings an item into a file, if one does by name.
    pub fn brought_by<'a>(&'a self, scope: &'a FileScope) -> impl Iterator<Item = (&'a str, DefId, Span)> {
        scope.items.iter().map(|(name, (def, span))| (name.as_str(), *def, *span))
    }
}
