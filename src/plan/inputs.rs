//! What a plan is run over: a request and a snapshot, read by the policy's schemas.

use std::sync::Arc;

use super::cell::{Cell, Place};
use crate::check::typed::{FactGroup, FlagId, TypedPolicy};
use crate::entities::Entities;
use crate::json;
use crate::reader::{Bound, to_raw};
use crate::value::{Evaluated, Fault, FaultKind, Value};

/// A value, absence, or why it could not be told.
pub type Answer = Result<Option<Value>, Fault>;

/// A request and a snapshot after reading.
pub trait Inputs {
    /// What stands at a place, borrowed. It agrees with the value that the other methods give.
    fn cell(&self, place: Place) -> Cell<'_>;
    /// A field of the action, by its place in the action's fields.
    fn field(&self, place: usize) -> &Answer;
    /// A fact, by its place in the group.
    fn fact(&self, group: FactGroup, place: usize) -> &Answer;
    /// A flag with its keys.
    ///
    /// # Errors
    /// Where the snapshot does not have it.
    fn flag(&self, id: FlagId, keys: &[Value]) -> Answer;
    /// Microseconds since the Unix epoch.
    ///
    /// # Errors
    /// Where no time was given.
    fn now(&self) -> Result<i64, Fault>;
    /// The full name of the action, aliases replaced.
    fn action(&self) -> &Arc<str>;
    /// `Agent(agent.id)`
    ///
    /// # Errors
    /// Where the agent's id could not be told.
    fn principal(&self) -> Evaluated;
    /// The prepared entities.
    fn entities(&self) -> &Entities;
    /// The kinds of secrets in a value, or in all parameters and claims, as a set.
    ///
    /// # Errors
    /// Where there is more text than is scanned.
    fn secrets(&self, of: Option<&Value>) -> Evaluated;
    /// A value as JSON text for an argument of a workflow; none where it cannot be handed over.
    fn json(&self, value: &Value) -> Option<String>;
}

/// A request that the reader has read, with the snapshot's entities.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    /// The policy whose schemas read it.
    pub policy: &'a TypedPolicy,
    /// The request with its facts.
    pub bound: &'a Bound,
    /// The snapshot of entities.
    pub entities: &'a Entities,
}

impl Read<'_> {
    const NOTHING: &'static Answer = &Ok(None);
}

impl Inputs for Read<'_> {
    fn cell(&self, place: Place) -> Cell<'_> {
        match place {
            Place::Field(place) => Cell::of(self.field(place as usize)),
            Place::Fact(group, place) => Cell::of(self.fact(group, place as usize)),
            Place::Now => self.bound.now.map_or(Cell::Erred, Cell::Word),
            Place::Principal => match &self.bound.principal {
                Ok(entity) => Cell::Entity(entity.ty, &entity.id),
                Err(_) => Cell::Erred,
            },
        }
    }

    fn field(&self, place: usize) -> &Answer {
        // What is not there is an error in a word and absent to `has`; the reader fills every place.
        self.bound.fields.get(place).unwrap_or(Self::NOTHING)
    }

    fn fact(&self, group: FactGroup, place: usize) -> &Answer {
        let facts = match group {
            FactGroup::Agent => &self.bound.agent,
            FactGroup::Session => &self.bound.session,
            FactGroup::Env => &self.bound.env,
            FactGroup::State => return self.bound.readings.get(self.policy, place),
        };
        facts.get(place).unwrap_or(Self::NOTHING)
    }

    fn flag(&self, id: FlagId, keys: &[Value]) -> Answer {
        self.bound.flag(self.policy, id, keys)
    }

    fn now(&self) -> Result<i64, Fault> {
        self.bound.now.ok_or_else(|| Fault::new(FaultKind::NoNow, "the host gave no time"))
    }

    fn action(&self) -> &Arc<str> {
        &self.bound.name
    }

    fn principal(&self) -> Evaluated {
        self.bound.principal.clone().map(Value::Entity)
    }

    fn entities(&self) -> &Entities {
        self.entities
    }

    fn secrets(&self, of: Option<&Value>) -> Evaluated {
        self.bound.secrets(of)
    }

    fn json(&self, value: &Value) -> Option<String> {
        to_raw(value, &self.policy.types).map(|raw| json::write(&raw))
    }
}
