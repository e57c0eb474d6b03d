//! Types, fields and the items that declare them.

use super::{Expr, Literal, Name, Path, Patterns};
use crate::source::Span;

/// A type as written: `int 0..10`, `string[..4096]`, `list<path>[..1000]`, `set<Role>`, `decimal >= 0.00`, `T?`.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// `int`, `list`, `TimeWindow`, `people.Team`
    pub name: Path,
    /// `<path>`
    pub arguments: Vec<TypeExpr>,
    /// `[..4096]` (low 0) or `[1..10]`: least and most characters or elements.
    pub bound: Option<(u64, u64)>,
    /// `0..10`, `>= 0.00`, `<= 5`, `> 0`, `< 5`
    pub range: Option<RangeExpr>,
    /// `?` at the end
    pub optional: bool,
    /// The whole.
    pub span: Span,
}

/// The range of a numeric type.
#[derive(Clone, Debug)]
pub struct RangeExpr {
    /// Least value.
    pub low: Option<(Literal, Inclusive)>,
    /// Greatest value.
    pub high: Option<(Literal, Inclusive)>,
    /// The whole.
    pub span: Span,
}

/// Whether the end of a range belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inclusive {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// Where a field's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// What will be done.
    Parameter,
    /// What the agent says: `claimed { … }` or `claimed name: T`.
    Claimed,
    /// What the runtime saw: `observed { … }` or `observed name: T`.
    Observed,
}

/// One field: `diff_lines: int 0..1_000_000 = 0`.
#[derive(Clone, Debug)]
pub struct Field {
    /// `///` lines before it.
    pub docs: Vec<String>,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Its start value or default.
    pub default: Option<Expr>,
    /// Where it comes from; [`Origin::Parameter`] in records, facts and entities.
    pub origin: Origin,
    /// The whole.
    pub span: Span,
}

/// `action a.b, a.c also x.c { fields; severity high }`
#[derive(Clone, Debug)]
pub struct Action {
    /// Full names with the aliases that `also` gives: the i-th alias belongs to the i-th name.
    pub names: Vec<Path>,
    /// Aliases after `also`.
    pub aliases: Vec<Path>,
    /// Fields of all origins in text order.
    pub fields: Vec<Field>,
    /// `severity high`
    pub severity: Option<Name>,
    /// Whether braces were written.
    pub braces: bool,
}

/// `fields on <patterns> { … }`
#[derive(Clone, Debug)]
pub struct Fields {
    /// Which actions get them.
    pub on: Patterns,
    /// The fields.
    pub fields: Vec<Field>,
}

/// `entity Role one of { ops, ci }`, `entity User in Team, Org { level: int }`
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name.
    pub name: Name,
    /// Entity types it may lie in.
    pub parents: Vec<Path>,
    /// Closed ids.
    pub ids: Option<Vec<Name>>,
    /// Attributes.
    pub fields: Vec<Field>,
}

/// `facts agent { … }`
#[derive(Clone, Debug)]
pub struct Facts {
    /// `agent`, `env` or `session`
    pub group: Name,
    /// What the host supplies.
    pub fields: Vec<Field>,
}

/// `enum Env { dev, staging }`
#[derive(Clone, Debug)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// Written `ordered enum`: variants compare in text order.
    pub ordered: bool,
    /// Its variants.
    pub variants: Vec<Name>,
}

/// `record R { … }`
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// `const name: T = value`
#[derive(Clone, Debug)]
pub struct Const {
    /// Its name.
    pub name: Name,
    /// Its type, which may be left out where the value shows it.
    pub ty: Option<TypeExpr>,
    /// Its value.
    pub value: Expr,
}

/// `predicate small(n: int): bool = n < 3`
#[derive(Clone, Debug)]
pub struct Predicate {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<(Name, TypeExpr)>,
    /// Its type; `bool` where left out.
    pub ty: Option<TypeExpr>,
    /// Its value.
    pub value: Expr,
}
