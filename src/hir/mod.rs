//! Names resolved across packages: which items there are, what each file sees, what uses what.
//!
//! In: the syntax trees of all files. Out: a [`PolicySet`] in which every item has a [`DefId`], every
//! package knows what it uses, and a bare name of a file leads to one item or to a diagnostic.
//! Expressions stay as they were written; the checker reads them with the scopes made here.
//!
//! Steps: put files into packages; give every named item an id; resolve `use`; refuse circles.

mod packages;
mod print;
mod reach;
mod scope;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::settings::Settings;
use crate::source::Span;
use crate::syntax::ast;

pub use reach::Reach;
pub use scope::{Found, RESERVED};

/// A package, by its place among the sorted names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);
/// A named item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefId(pub u32);

/// A whole set with its names resolved.
#[derive(Debug)]
pub struct PolicySet {
    /// Syntax trees in the order of the sources.
    pub files: Vec<Arc<ast::File>>,
    /// What each file sees; same order.
    pub scopes: Vec<FileScope>,
    /// Packages, sorted by name.
    pub packages: Vec<Package>,
    /// Named items, sorted by package and name.
    pub defs: Vec<Def>,
}

/// A package.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its items by name.
    pub names: BTreeMap<String, DefId>,
    /// Packages it uses at any depth, itself included.
    pub reach: Reach,
}

/// What a file sees besides its own package.
#[derive(Debug, Default)]
pub struct FileScope {
    /// The package of the file.
    pub package: Option<PackageId>,
    /// Items brought by name, with the place of the `use`.
    pub items: BTreeMap<String, (DefId, Span)>,
    /// Packages brought by name (`use a.b`, `use a.b as c`).
    pub aliases: BTreeMap<String, (PackageId, Span)>,
    /// Packages brought whole (`use a.b.*`).
    pub globs: Vec<(PackageId, Span)>,
}

/// What a named item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each variant is the keyword of the same name")]
pub enum DefKind {
    Entity,
    Enum,
    Record,
    Const,
    Predicate,
    Rule,
    Guard,
    Relax,
    Exception,
    Approval,
    Table,
    Flag,
    State(ast::StateKind),
}

impl DefKind {
    /// Whether expressions read it by its name, so that the name must not be a word of the language.
    #[must_use]
    pub fn is_read(self) -> bool {
        match self {
            Self::Entity | Self::Enum | Self::Record | Self::Const | Self::Predicate | Self::Flag => true,
            Self::Rule | Self::Guard | Self::Relax | Self::Exception | Self::Approval | Self::Table => false,
            Self::State(kind) => kind.tells(),
        }
    }

    /// With its article, for messages.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Entity => "an entity type".into(),
            Self::Enum => "an enum".into(),
            Self::Record => "a record".into(),
            Self::Const => "a const".into(),
            Self::Predicate => "a predicate".into(),
            Self::Rule => "a rule".into(),
            Self::Guard => "a guard".into(),
            Self::Relax => "a relax".into(),
            Self::Exception => "an exception".into(),
            Self::Approval => "an approval".into(),
            Self::Table => "a table".into(),
            Self::Flag => "a flag".into(),
            Self::State(kind) => match kind {
                ast::StateKind::Executor | ast::StateKind::Once => format!("an {} item", kind.keyword()),
                _ => format!("a {}", kind.keyword()),
            },
        }
    }
}

impl DefKind {
    /// Whether items of this kind take part in decisions.
    #[must_use]
    pub fn decides(self) -> bool {
        match self {
            Self::Rule | Self::Guard | Self::Relax | Self::Exception | Self::Approval | Self::Table => true,
            Self::State(kind) => kind.is_floor(),
            Self::Entity | Self::Enum | Self::Record | Self::Const | Self::Predicate | Self::Flag => false,
        }
    }
}

/// A named item.
#[derive(Clone, Debug)]
pub struct Def {
    /// Its package.
    pub package: PackageId,
    /// Its bare name.
    pub name: String,
    /// What it is.
    pub kind: DefKind,
    /// Where its name stands.
    pub span: Span,
    /// Its place: file, item.
    pub place: (usize, usize),
}

impl PolicySet {
    /// A named item.
    #[must_use]
    pub fn def(&self, id: DefId) -> &Def {
        &self.defs[id.0 as usize]
    }

    /// The syntax of a named item.
    #[must_use]
    pub fn item(&self, id: DefId) -> &ast::Item {
        let (file, item) = self.def(id).place;
        &self.files[file].items[item]
    }

    /// `package.name`
    #[must_use]
    pub fn qualified(&self, id: DefId) -> String {
        let def = self.def(id);
        format!("{}.{}", self.package(def.package).name, def.name)
    }

    /// A package.
    #[must_use]
    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.0 as usize]
    }

    /// The package of this name.
    #[must_use]
    pub fn find_package(&self, name: &str) -> Option<PackageId> {
        packages::package_by_name(&self.packages, name)
    }

    /// All ids.
    pub fn def_ids(&self) -> impl Iterator<Item = DefId> + use<> {
        (0..self.defs.len() as u32).map(DefId)
    }

    /// The package of a file; the first one where the file has none (then there is an error already).
    #[must_use]
    pub fn package_of(&self, file: usize) -> PackageId {
        self.scopes[file].package.unwrap_or(PackageId(0))
    }
}

/// Resolves the names of a set.
#[must_use]
pub fn lower(files: Vec<Arc<ast::File>>, settings: &Settings) -> (PolicySet, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut set = packages::collect(files, settings, &mut diagnostics);
    packages::resolve_uses(&mut set, &mut diagnostics);
    packages::refuse_circles(&mut set, &mut diagnostics);
    (set, diagnostics)
}

/// The name of an item and what it is, if it has one.
#[must_use]
pub fn named(kind: &ast::ItemKind) -> Option<(&ast::Name, DefKind)> {
    use ast::ItemKind as K;
    Some(match kind {
        K::Entity(i) => (&i.name, DefKind::Entity),
        K::Enum(i) => (&i.name, DefKind::Enum),
        K::Record(i) => (&i.name, DefKind::Record),
        K::Const(i) => (&i.name, DefKind::Const),
        K::Predicate(i) => (&i.name, DefKind::Predicate),
        K::Rule(i) => (&i.head.name, DefKind::Rule),
        K::Guard(i) => (&i.head.name, DefKind::Guard),
        K::Relax(i) => (&i.head.name, DefKind::Relax),
        K::Exception(i) => (&i.head.name, DefKind::Exception),
        K::Approval(i) => (&i.head.name, DefKind::Approval),
        K::Table(i) => (&i.head.name, DefKind::Table),
        K::Flag(i) => (&i.name, DefKind::Flag),
        K::State(i) => (&i.head.name, DefKind::State(i.kind)),
        K::Package(_)
        | K::Use(_)
        | K::Action(_)
        | K::Fields(_)
        | K::Facts(_)
        | K::Test(_)
        | K::Assert(_)
        | K::Unreadable => return None,
    })
}
