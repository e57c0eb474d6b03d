//! Cells: what stands at a place of a request or snapshot, borrowed.
//!
//! Most slots ask for a number, a short text, or whether something is there. A cell says that without
//! making a [`Value`], wherever the request came from: from untyped maps, JSON bytes or a Rust struct.

use super::inputs::Answer;
use crate::check::typed::FactGroup;
use crate::types::EntityTypeId;
use crate::value::Value;

/// Where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A field of the action, by its place among them.
    Field(u32),
    /// A fact, by its place in its group.
    Fact(FactGroup, u32),
    /// The time.
    Now,
    /// `Agent(agent.id)`
    Principal,
}

/// What stands there.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// Nothing, and that is allowed.
    Absent,
    /// Something that cannot be told.
    Erred,
    /// A value that is one number, in its own unit (see [`Value::word`]).
    Word(i64),
    /// A text that compares by its bytes: `string`, `host`, `ref`.
    Text(&'a str),
    /// An entity.
    Entity(EntityTypeId, &'a str),
    /// Any other value.
    Value(&'a Value),
}

impl<'a> Cell<'a> {
    /// The cell of a value that was read already.
    #[must_use]
    pub fn of(answer: &'a Answer) -> Self {
        match answer {
            Err(_) | Ok(Some(Value::Unknown(_))) => Self::Erred,
            Ok(None) => Self::Absent,
            Ok(Some(value)) => Self::of_value(value),
        }
    }

    /// The cell of a value.
    #[must_use]
    pub fn of_value(value: &'a Value) -> Self {
        match value {
            Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Ratio(_)
            | Value::Duration(_)
            | Value::Timestamp(_)
            | Value::Civil(_)
            | Value::TimeOfDay(_)
            | Value::Enum(..) => value.word().map_or(Self::Erred, Self::Word),
            Value::Str(text) | Value::Host(text) | Value::Ref(text) => Self::Text(text),
            Value::Entity(entity) => Self::Entity(entity.ty, &entity.id),
            Value::Unknown(_) => Self::Erred,
            Value::Semver(_)
            | Value::Ip(_)
            | Value::Cidr(_)
            | Value::Url(_)
            | Value::Path(_)
            | Value::Command(_)
            | Value::SimpleCommand(_)
            | Value::Record(..)
            | Value::List(_)
            | Value::Set(_)
            | Value::Map(_)
            | Value::Range(_)
            | Value::Patterns(_) => Self::Value(value),
        }
    }
}
