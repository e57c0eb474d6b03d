//! How large a value can be: bytes of a text, elements of a collection.

use std::sync::Arc;

use crate::builtin::{Builtin, Kind, Simple};
use crate::types::{DEFAULT_LIST_LENGTH, DEFAULT_STRING_LENGTH, FieldDef, FieldType, Type, TypeTable};
use crate::value::net::GREATEST_URL;
use crate::value::{Value, path};

/// Bytes of a character at most.
pub(super) const BYTES: u64 = 4;
/// Bytes of an entity's id.
const ID: u64 = 1_024;
/// Bytes of a branch's name.
const REF: u64 = 1_024;
/// Bytes of a version.
const SEMVER: u64 = 256;
/// Bytes of a host's name.
const HOST: u64 = 256;
/// Bytes of a command line, and its words at most.
const COMMAND: (u64, u64) = (32 * 1024, 4_096);
/// Kinds of secrets there are at most.
const KINDS: u64 = 64;
/// Records inside records that are looked into; deeper ones count as a whole text.
const DEPTH: usize = 8;

/// The greatest size of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Bytes of its own text; of a word eight.
    pub(super) bytes: u64,
    /// Elements or entries.
    pub(super) count: u64,
    /// Each of them; none where it is no collection.
    pub(super) element: Option<Arc<Size>>,
    /// What comparing its text takes besides the bytes.
    pub(super) sort: Sort,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// Bytes.
    Plain,
    /// Cut into components, and compared twice.
    Path,
    /// A command line or a part of one.
    Command,
}

impl Size {
    /// A number, a bool, a time.
    pub(super) const WORD: Self = Self::text(8);

    /// A text of so many bytes.
    pub(super) const fn text(bytes: u64) -> Self {
        Self { bytes, count: 0, element: None, sort: Sort::Plain }
    }

    /// Of something that nothing is known of.
    pub(super) fn unknown() -> Self {
        Self::list(DEFAULT_LIST_LENGTH, Self::text(DEFAULT_STRING_LENGTH * BYTES))
    }

    pub(super) fn list(count: u64, element: Self) -> Self {
        // Of what is no collection after all, the text is that of an element.
        Self { bytes: element.bytes, count, sort: element.sort, element: Some(Arc::new(element)) }
    }

    /// All bytes of it, those of its elements included.
    pub(super) fn weight(&self) -> u64 {
        match &self.element {
            Some(element) => self.count.saturating_mul(element.weight().saturating_add(8)).saturating_add(8),
            None => self.bytes,
        }
    }

    /// How many elements there are to go over; one where it is no collection.
    pub(super) fn elements(&self) -> u64 {
        if self.element.is_some() { self.count } else { 1 }
    }

    /// An element of it, or itself.
    pub(super) fn one(&self) -> Self {
        self.element.as_deref().unwrap_or(self).clone()
    }

    /// What is as large as both.
    pub(super) fn or(self, other: Self) -> Self {
        let element = match (self.element, other.element) {
            (Some(a), Some(b)) => Some(Arc::new(Arc::unwrap_or_clone(a).or(Arc::unwrap_or_clone(b)))),
            (one, other) => one.or(other),
        };
        let sort = self.sort.max(other.sort);
        Self { bytes: self.bytes.max(other.bytes), count: self.count.max(other.count), element, sort }
    }

    /// Of what a field or fact holds.
    pub(super) fn of_field(types: &TypeTable, def: &FieldDef) -> Self {
        Self::of_declared(types, &def.ty, DEPTH)
    }

    pub(super) fn of_declared(types: &TypeTable, ty: &FieldType, depth: usize) -> Self {
        match ty.ty.required() {
            Type::String => Self::text(ty.length.1.saturating_mul(BYTES)),
            Type::List(inner) | Type::Set(inner) | Type::Map(inner) => {
                let element = match &ty.element {
                    Some(element) => Self::of_declared(types, element, depth),
                    None => Self::of_type(types, inner, depth),
                };
                Self::list(ty.length.1, element)
            }
            other => Self::of_type(types, other, depth),
        }
    }

    /// Of any value of a type.
    fn of_type(types: &TypeTable, ty: &Type, depth: usize) -> Self {
        match ty.required() {
            Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::Ratio
            | Type::Percent
            | Type::Duration
            | Type::Timestamp
            | Type::TimeOfDay
            | Type::Ip
            | Type::Cidr
            | Type::Enum(_)
            | Type::CivilTime
            | Type::Range(_) => Self::WORD,
            Type::String | Type::Globs | Type::Regexes => Self::text(DEFAULT_STRING_LENGTH * BYTES),
            Type::Semver => Self::text(SEMVER),
            Type::Url => Self::text(GREATEST_URL as u64),
            Type::Host => Self::text(HOST),
            Type::Path => Self { sort: Sort::Path, ..Self::text(path::GREATEST_LENGTH as u64) },
            Type::Ref => Self::text(REF),
            Type::Entity(_) => Self::text(ID),
            Type::Command | Type::SimpleCommand => Self { sort: Sort::Command, ..Self::text(COMMAND.0) },
            Type::Record(id) => match (depth, types.records.get(id.0 as usize)) {
                (1.., Some(record)) => {
                    let fields = record.fields.iter().map(|f| Self::of_declared(types, &f.ty, depth - 1).weight());
                    Self::text(fields.fold(8, u64::saturating_add))
                }
                (_, _) => Self::unknown(),
            },
            Type::List(inner) | Type::Set(inner) | Type::Map(inner) => {
                Self::list(DEFAULT_LIST_LENGTH, Self::of_type(types, inner, depth))
            }
            // INVARIANT: `required` leaves none.
            Type::Optional(_) => Self::unknown(),
        }
    }

    /// Of a constant.
    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::List(all) | Value::Set(all) => {
                let largest = all.iter().map(Self::of_value).reduce(Self::or);
                Self::list(all.len() as u64, largest.unwrap_or(Self::WORD))
            }
            Value::Map(entries) => {
                let largest = entries.values().map(Self::of_value).reduce(Self::or);
                Self::list(entries.len() as u64, largest.unwrap_or(Self::WORD))
            }
            Value::Record(_, fields) => {
                let all = fields.iter().filter_map(|f| f.as_ref().ok().and_then(Option::as_ref));
                Self::text(all.map(|value| Self::of_value(value).weight()).fold(8, u64::saturating_add))
            }
            Value::Command(line) => Self { sort: Sort::Command, ..Self::text(line.text.len() as u64) },
            Value::SimpleCommand(one) => Self { sort: Sort::Command, ..Self::text(one.text.len() as u64) },
            Value::Path(path) => Self { sort: Sort::Path, ..Self::text(path.text().len() as u64) },
            Value::Entity(entity) => Self::text(entity.id.len() as u64),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Ratio(_)
            | Value::Str(_)
            | Value::Duration(_)
            | Value::Timestamp(_)
            | Value::TimeOfDay(_)
            | Value::Civil(_)
            | Value::Semver(_)
            | Value::Ip(_)
            | Value::Cidr(_)
            | Value::Url(_)
            | Value::Host(_)
            | Value::Ref(_)
            | Value::Enum(..)
            | Value::Range(_)
            | Value::Patterns(_)
            | Value::Unknown(_) => Self::text(value.text().map_or(8, |text| text.len() as u64).max(8)),
        }
    }

    /// Of what a builtin gives, by its signature: no text of it is longer than that of its first argument, but for
    /// other letters in lower case.
    pub(super) fn of_result(row: &Builtin, first: Self) -> Self {
        match row.result {
            Kind::Is(simple) | Kind::OptionalOf(simple) | Kind::ManyOf(simple) => Self::of_simple(simple, &first),
            Kind::ListOf(simple) | Kind::SetOf(simple) => {
                let one = Self::of_simple(simple, &first);
                Self::list(if first.sort == Sort::Command { COMMAND.1 } else { first.count.max(KINDS) }, one)
            }
            Kind::ElementOfFirst | Kind::OptionalElementOfFirst => first.one(),
            Kind::SameAsFirst
            | Kind::AnyList
            | Kind::AnyCollection
            | Kind::OrderedCollection
            | Kind::SameElements
            | Kind::AnySet => first,
        }
    }

    fn of_simple(simple: Simple, first: &Self) -> Self {
        match simple {
            Simple::Bool
            | Simple::Int
            | Simple::Decimal
            | Simple::Ratio
            | Simple::Duration
            | Simple::Timestamp
            | Simple::TimeOfDay
            | Simple::Ip
            | Simple::Cidr
            | Simple::Weekday
            | Simple::SecretKind
            | Simple::CivilTime => Self::WORD,
            // One character in lower case has at most three bytes where it had two, or three characters.
            Simple::String => Self::text(first.bytes.saturating_mul(3)),
            Simple::Semver => Self::text(SEMVER),
            Simple::Url => Self::text(GREATEST_URL as u64),
            Simple::Host => Self::text(HOST),
            Simple::Path => Self { sort: Sort::Path, ..Self::text(path::GREATEST_LENGTH as u64) },
            Simple::Ref => Self::text(REF),
            Simple::Command | Simple::SimpleCommand => Self { sort: Sort::Command, ..Self::text(COMMAND.0) },
            Simple::Globs | Simple::Regexes => Self::text(DEFAULT_STRING_LENGTH * BYTES),
        }
    }

    /// The kinds of secrets of a request.
    pub(super) fn kinds() -> Self {
        Self::list(KINDS, Self::WORD)
    }
}
