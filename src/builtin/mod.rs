//! The functions and properties of the language's types: one file a family, one row a function.
//!
//! A row says its name, how it reads, its signature, one sentence, one example (which is its test) and
//! the function over values. Both evaluators call the same rows; what differs is how they get there.
//!
//! To add a family: a file with `pub(super) const ROWS: &[Builtin]`, its `mod` line and its entry in
//! [`FAMILIES`]. Several rows may share a name and form where their first parameters differ.

pub mod compare;

mod command;
mod list;
mod net;
mod number;
mod path;
mod pattern;
mod semver;
mod text;
mod time;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::types::{Type, TypeTable};
use crate::value::{Fault, FaultKind, Value};

/// All families, in the order of the manual.
const FAMILIES: &[&[Builtin]] = &[
    text::ROWS,
    pattern::ROWS,
    list::ROWS,
    number::ROWS,
    time::ROWS,
    semver::ROWS,
    path::ROWS,
    net::ROWS,
    command::ROWS,
];

static ALL: [Builtin; count()] = joined();

/// The greatest length that a text or collection can have, for ranges of results.
const GREATEST_LENGTH: i64 = 1 << 32;

/// What a call of a row yields: `None` only where the row's result is `T?` and there is none.
pub type Called = Result<Option<Value>, Fault>;

/// How a builtin is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// `url.host`: a member of a value.
    Property,
    /// `c.has_flag("-r", "-R")`: a member with arguments. Variadic where the last parameter is.
    Method,
    /// `min(xs)`: a free function; its first parameter decides.
    Function,
    /// `p under root`: a word between two values.
    Relation,
}

/// The type of a parameter or result, as far as a row fixes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Exactly this simple type.
    Is(Simple),
    /// The type of the elements of the first parameter.
    ElementOfFirst,
    /// `T?` of the elements of the first parameter.
    OptionalElementOfFirst,
    /// The same type as the first parameter.
    SameAsFirst,
    /// A list of this simple type.
    ListOf(Simple),
    /// A set of this simple type.
    SetOf(Simple),
    /// Any list.
    AnyList,
    /// Any list or set.
    AnyCollection,
    /// A list or set of numbers, durations, timestamps or enums. That an enum is ordered, the checker asks.
    OrderedCollection,
    /// A list or set whose elements have the type of those of the first parameter.
    SameElements,
    /// Any set.
    AnySet,
    /// `T?` of this simple type.
    OptionalOf(Simple),
    /// Any number of this simple type; only last.
    ManyOf(Simple),
}

/// Types without parameters, for tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is the type of the same name")]
pub enum Simple {
    Bool,
    Int,
    Decimal,
    Ratio,
    String,
    Duration,
    Timestamp,
    TimeOfDay,
    Semver,
    Ip,
    Cidr,
    Url,
    Host,
    Path,
    Ref,
    Command,
    SimpleCommand,
    Weekday,
    SecretKind,
    Globs,
    Regexes,
    CivilTime,
}

/// What builtins may look at besides their arguments: settings of the policy, never the world.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Whether paths compare exactly by bytes (`case sensitive` in `aas.toml`).
    pub case_sensitive_paths: bool,
    /// Names of types, for texts.
    pub types: &'a TypeTable,
}

/// A builtin function, property, method or relation.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// As written: `host`, `has_flag`, `under`.
    pub name: &'static str,
    /// How it is written.
    pub form: Form,
    /// Parameters; of a property the first is the value before the dot.
    pub parameters: &'static [Kind],
    /// Result.
    pub result: Kind,
    /// Range of a numeric result, inclusive; `None` where it is not a number or unbounded.
    pub range: Option<(i64, i64)>,
    /// Whether it can err on good arguments.
    pub errs: bool,
    /// One sentence for hover, manual and docs.
    pub doc: &'static str,
    /// Its test: an expression that is true. Lines before it, if any, are constants that it uses.
    pub example: &'static str,
    /// The function. Arguments are of the declared types, never absent.
    pub call: fn(&Context<'_>, &[Value]) -> Called,
}

/// A row of the table of builtins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuiltinId(pub u16);

impl Simple {
    /// As a type.
    #[must_use]
    pub fn ty(self) -> Type {
        use crate::types::EnumId;
        match self {
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Decimal => Type::Decimal,
            Self::Ratio => Type::Ratio,
            Self::String => Type::String,
            Self::Duration => Type::Duration,
            Self::Timestamp => Type::Timestamp,
            Self::TimeOfDay => Type::TimeOfDay,
            Self::Semver => Type::Semver,
            Self::Ip => Type::Ip,
            Self::Cidr => Type::Cidr,
            Self::Url => Type::Url,
            Self::Host => Type::Host,
            Self::Path => Type::Path,
            Self::Ref => Type::Ref,
            Self::Command => Type::Command,
            Self::SimpleCommand => Type::SimpleCommand,
            Self::Weekday => Type::Enum(EnumId::WEEKDAY),
            Self::SecretKind => Type::Enum(EnumId::SECRET_KIND),
            Self::Globs => Type::Globs,
            Self::Regexes => Type::Regexes,
            Self::CivilTime => Type::CivilTime,
        }
    }
}

impl Kind {
    /// The type this stands for, given the type of the first argument.
    #[must_use]
    pub fn resolve(self, first: &Type) -> Option<Type> {
        Some(match self {
            Self::Is(s) | Self::ManyOf(s) => s.ty(),
            Self::ElementOfFirst => first.element()?.clone(),
            Self::OptionalElementOfFirst => first.element()?.clone().optional(),
            Self::SameAsFirst | Self::AnyList | Self::AnyCollection | Self::OrderedCollection | Self::AnySet => {
                first.clone()
            }
            // What a `{ … }` written there is read as.
            Self::SameElements => Type::Set(Arc::new(first.element()?.clone())),
            Self::ListOf(s) => Type::List(Arc::new(s.ty())),
            Self::SetOf(s) => Type::Set(Arc::new(s.ty())),
            Self::OptionalOf(s) => s.ty().optional(),
        })
    }

    /// Whether an argument of this type fits.
    #[must_use]
    pub fn accepts(self, first: &Type, argument: &Type) -> bool {
        match self {
            Self::AnyList => matches!(argument, Type::List(_)),
            Self::AnyCollection => argument.element().is_some(),
            Self::OrderedCollection => argument.element().is_some_and(|e| e.is_word() && *e != Type::Bool),
            Self::SameElements => argument.element().is_some() && argument.element() == first.element(),
            Self::AnySet => matches!(argument, Type::Set(_)),
            Self::Is(_)
            | Self::ElementOfFirst
            | Self::OptionalElementOfFirst
            | Self::SameAsFirst
            | Self::ListOf(_)
            | Self::SetOf(_)
            | Self::OptionalOf(_)
            | Self::ManyOf(_) => self.resolve(first).as_ref() == Some(argument),
        }
    }
}

/// Every row; a [`BuiltinId`] is a place in it.
#[must_use]
pub fn all() -> &'static [Builtin] {
    &ALL
}

/// A row.
#[must_use]
pub fn get(id: BuiltinId) -> &'static Builtin {
    &ALL[id.0 as usize]
}

/// The row of this form and name that takes a first argument of this type.
#[must_use]
pub fn find(form: Form, name: &str, first: &Type) -> Option<(BuiltinId, &'static Builtin)> {
    let fits = |row: &Builtin| row.parameters.first().is_some_and(|kind| kind.accepts(first, first));
    let mut rows = (0..).map(BuiltinId).zip(&ALL);
    rows.find(|(_, row)| row.form == form && row.name == name && fits(row))
}

/// Names that may follow a value of this type: properties and methods after a dot, and relations.
#[must_use]
pub fn members_of(first: &Type) -> Vec<&'static str> {
    let fits = |row: &&Builtin| row.parameters.first().is_some_and(|kind| kind.accepts(first, first));
    let mut names: Vec<_> =
        ALL.iter().filter(|row| row.form != Form::Function).filter(fits).map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A call whose arguments are not of the declared types: our own bug, answered as an error value.
pub(crate) fn misused() -> Fault {
    Fault::new(FaultKind::IllTyped, "an argument is of another type than declared")
}

/// A count as the language's `int`; no text or list in memory is longer.
fn length(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

/// An answer of yes or no.
fn yes_no(answer: bool) -> Called {
    Ok(Some(Value::Bool(answer)))
}

/// The function of a row over values.
type Call = fn(&Context<'_>, &[Value]) -> Called;

impl Builtin {
    /// `x.name`
    const fn property(
        name: &'static str,
        parameters: &'static [Kind],
        result: Kind,
        doc: &'static str,
        example: &'static str,
        call: Call,
    ) -> Self {
        Self { name, form: Form::Property, parameters, result, range: None, errs: false, doc, example, call }
    }

    /// `x name y`, which is true or false.
    const fn relation(
        name: &'static str,
        parameters: &'static [Kind],
        doc: &'static str,
        example: &'static str,
        call: Call,
    ) -> Self {
        let result = Kind::Is(Simple::Bool);
        Self { form: Form::Relation, ..Self::property(name, parameters, result, doc, example, call) }
    }

    /// The same row in another form.
    const fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// With the range of its result.
    const fn within(self, low: i64, high: i64) -> Self {
        Self { range: Some((low, high)), ..self }
    }

    /// That can err on good arguments.
    const fn may_err(self) -> Self {
        Self { errs: true, ..self }
    }
}

const fn count() -> usize {
    let (mut family, mut sum) = (0, 0);
    while family < FAMILIES.len() {
        sum += FAMILIES[family].len();
        family += 1;
    }
    sum
}

const fn joined<const N: usize>() -> [Builtin; N] {
    let mut rows = [FAMILIES[0][0]; N];
    let (mut family, mut at) = (0, 0);
    while family < FAMILIES.len() {
        let mut row = 0;
        while row < FAMILIES[family].len() {
            rows[at] = FAMILIES[family][row];
            at += 1;
            row += 1;
        }
        family += 1;
    }
    rows
}
