//! The functions and properties of the language's types: one file a family, one row a function.
//!
//! A row says its name, how it reads, its signature, one sentence, one example (which is its test) and
//! the function over values. Both evaluators call the same rows; what differs is how they get there.

use std::sync::Arc;

use crate::types::{Type, TypeTable};
use crate::value::{Evaluated, Value};

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
    /// Any list or set.
    AnyCollection,
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
    /// An expression that is true, and its test.
    pub example: &'static str,
    /// The function. Arguments are of the declared types, never absent.
    pub call: fn(&Context<'_>, &[Value]) -> Evaluated,
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
            Self::SameAsFirst | Self::AnyCollection | Self::AnySet => first.clone(),
            Self::ListOf(s) => Type::List(Arc::new(s.ty())),
            Self::SetOf(s) => Type::Set(Arc::new(s.ty())),
            Self::OptionalOf(s) => s.ty().optional(),
        })
    }

    /// Whether an argument of this type fits.
    #[must_use]
    pub fn accepts(self, first: &Type, argument: &Type) -> bool {
        match self {
            Self::AnyCollection => argument.element().is_some(),
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
