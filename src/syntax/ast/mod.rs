//! The syntax tree: what an author wrote, with the place of every part.
//!
//! Nothing is resolved here: a name is a name. The shapes follow the text closely enough for the
//! formatter to write every file again from its tree and its comments.

mod declarations;
mod expression;
mod policy;
mod runtime;
mod state;
mod tests;

pub use declarations::*;
pub use expression::*;
pub use policy::*;
pub use runtime::*;
pub use state::*;
pub use tests::*;

use crate::source::{FileId, Span};

/// A word with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Words joined by dots: `autonomy.people`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// At least one word.
    pub parts: Vec<Name>,
    /// The whole.
    pub span: Span,
}

impl Path {
    /// The words joined by dots.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(".")
    }
}

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Which.
    pub id: FileId,
    /// The package whose `aas.toml` brought it, where one did.
    pub home: Option<String>,
    /// Its items in text order, those that could not be read included as [`ItemKind::Unreadable`].
    pub items: Vec<Item>,
    /// All `//` comments in text order; `///` texts belong to their items.
    pub comments: Vec<Comment>,
}

/// A `//` comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text with its slashes, without trailing blanks.
    pub text: String,
    /// Where.
    pub span: Span,
    /// Whether something else stands before it on its line.
    pub trailing: bool,
}

/// One item with the `///` text before it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Lines of the `///` text without the slashes and one blank.
    pub docs: Vec<String>,
    /// The whole item without its docs.
    pub span: Span,
    /// What it is.
    pub kind: ItemKind,
}

/// Every kind of item.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `package a.b`
    Package(Path),
    /// `use a.b.{c, d as e}`, `use a.b.*`, `use a.b`
    Use(Use),
    /// `action a.b, a.c also x.c { … }`
    Action(Action),
    /// `fields on a.* { … }`
    Fields(Fields),
    /// `entity User in Team { … }`
    Entity(Entity),
    /// `facts agent { … }`
    Facts(Facts),
    /// `enum Env { dev, staging, production }`; `ordered enum` compares
    Enum(Enum),
    /// `record TimeWindow { from: timestamp, until: timestamp? }`
    Record(Record),
    /// `const mainline: set<ref> = { "main" }`
    Const(Const),
    /// `predicate small(n: int): bool = n < 3`
    Predicate(Predicate),
    /// `rule x on a.b { … }`
    Rule(Rule),
    /// `guard x on a.b { … }`
    Guard(Guard),
    /// `relax x on a.b { … yellow to green }`
    Relax(Relax),
    /// `exception x to weekend on a.b { … }`
    Exception(Exception),
    /// `approval x on a.b { by maintainers, quorum 1, within 5m, otherwise refuse }`
    Approval(Approval),
    /// `table x on a, b across env.name { … }`
    Table(Table),
    /// `flag halt: bool = false, strict true changed by Role.admin`
    Flag(Flag),
    /// `limit cooldown budget window trust once lease states grant digest workflow schedule executor`
    State(Box<State>),
    /// `test "…" { … }`
    Test(Test),
    /// `assert never green on a.b when c`
    Assert(Assert),
    /// An item that could not be read; a diagnostic has said why.
    Unreadable,
}

/// `use` of names of another package.
#[derive(Clone, Debug)]
pub struct Use {
    /// The package, or package and name where `names` is [`UseNames::Whole`].
    pub path: Path,
    /// Which of its names.
    pub names: UseNames,
}

/// Which names a `use` brings.
#[derive(Clone, Debug)]
pub enum UseNames {
    /// `use a.b` or `use a.b as c`: the last part, an item of package `a` or the package `a.b`.
    Whole(Option<Name>),
    /// `use a.b.*`
    All(Span),
    /// `use a.b.{c, d as e}`
    List(Vec<(Name, Option<Name>)>),
}
