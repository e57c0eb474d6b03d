//! A value of a bound type as what a plan reads.

use std::cell::OnceCell;
use std::sync::Arc;

use super::bind::{Bindings, Bound, BoundUnit, How, Missing, at, raw_of};
use super::{Fields, Given};
use crate::check::typed::{FactGroup, FlagId, TypedPolicy};
use crate::entities::Entities;
use crate::json;
use crate::plan::{Answer, Cell, Inputs, Place};
use crate::raw::to_raw;
use crate::reader::{self, ReadContext};
use crate::types::EntityTypeId;
use crate::value::time::calendar;
use crate::value::{EntityRef, Evaluated, Fault, FaultKind, Value};

/// Longest id of an entity, in bytes.
const MAX_ID_BYTES: usize = 1024;

/// A request that lies in a Rust value.
pub(super) struct FormInputs<'a, T> {
    policy: &'a TypedPolicy,
    bindings: &'a Bindings,
    unit: &'a BoundUnit,
    of: &'a T,
    entities: &'a Entities,
    /// Values of fields and facts that a program or a check asked for, made once.
    values: OnceCell<Values>,
}

struct Values {
    fields: Vec<OnceCell<Answer>>,
    facts: [Vec<OnceCell<Answer>>; FactGroup::ALL.len()],
}

impl<'a, T: Fields> FormInputs<'a, T> {
    pub(super) fn new(
        policy: &'a TypedPolicy,
        bindings: &'a Bindings,
        unit: &'a BoundUnit,
        of: &'a T,
        entities: &'a Entities,
    ) -> Self {
        Self { policy, bindings, unit, of, entities, values: OnceCell::new() }
    }

    /// Whether a parameter refuses the request, or may: that is told the general way.
    #[inline]
    pub(super) fn refused(&self) -> bool {
        self.unit.checked.iter().any(|place| match self.unit.fields[*place as usize].how {
            How::Value => reader::refuses(self.field(*place as usize)),
            How::Bool | How::Number(..) | How::Text(..) | How::Entity(_) => {
                matches!(self.cell(Place::Field(*place)), Cell::Erred)
            }
        })
    }

    #[inline]
    fn given(&self, bound: &Bound) -> Given<'a> {
        bound.name.map_or(Given::Absent, |name| self.of.given(name as usize))
    }

    fn values(&self) -> &Values {
        let cells = |n: usize| std::iter::repeat_with(OnceCell::new).take(n).collect();
        self.values.get_or_init(|| Values {
            fields: cells(self.unit.fields.len()),
            facts: FactGroup::ALL.map(|g| cells(self.bindings.facts(g).len())),
        })
    }

    /// The value of a field or fact, read as from a request.
    fn read(&self, bound: &Bound) -> Answer {
        let cx = ReadContext { types: &self.policy.types, zone: &self.policy.settings.zone };
        let raw = raw_of(self.given(bound), Some(&bound.def.ty.ty), self.policy);
        match (&raw, &bound.absent) {
            (None, Missing::Default) => Ok(bound.def.default.clone()),
            (None, Missing::Absent | Missing::Error) | (Some(_), _) => {
                let read = reader::read_field(&bound.def, raw.as_ref(), &cx);
                // An agent's id is not empty; the length that it is bound with says so.
                match (&bound.how, read) {
                    (How::Text(least, _), Ok(Some(Value::Str(text)))) if *least == 1 && text.is_empty() => {
                        Err(Fault::new(FaultKind::IllTyped, "the text is empty"))
                    }
                    (_, read) => read,
                }
            }
        }
    }

    fn absent(&self, bound: &'a Bound) -> Cell<'a> {
        match bound.absent {
            Missing::Absent => Cell::Absent,
            Missing::Error => Cell::Erred,
            Missing::Default => bound.def.default.as_ref().map_or(Cell::Erred, Cell::of_value),
        }
    }
}

impl<T: Fields> Inputs for FormInputs<'_, T> {
    #[inline]
    fn cell(&self, place: Place) -> Cell<'_> {
        let Some(bound) = at(self.bindings, self.unit, place) else {
            return match (place, self.bindings.now.map(|name| self.of.given(name as usize))) {
                (Place::Now, Some(Given::Number(now))) if (calendar().0..=calendar().1).contains(&now) => {
                    Cell::Word(now)
                }
                (_, _) => Cell::Erred,
            };
        };
        match (self.given(bound), &bound.how) {
            (Given::Absent, _) => self.absent(bound),
            (Given::Number(n), How::Number(low, high)) if *low <= n && n <= *high => Cell::Word(n),
            (Given::Number(_), How::Number(..)) => Cell::Erred,
            (Given::Bool(b), How::Bool) => Cell::Word(i64::from(b)),
            (Given::Text(text), How::Text(least, greatest)) if of_length(text, *least, *greatest) => {
                if place == Place::Principal { Cell::Entity(EntityTypeId::AGENT, text) } else { Cell::Text(text) }
            }
            (Given::Text(_), How::Text(..)) => Cell::Erred,
            (Given::Text(id), How::Entity(ty))
                if self.policy.types.entity(*ty).ids.is_none() && id.len() <= MAX_ID_BYTES =>
            {
                Cell::Entity(*ty, id)
            }
            (Given::Unavailable(_), _) => Cell::Erred,
            (Given::Number(_) | Given::Bool(_) | Given::Text(_) | Given::Raw(_), _) => match place {
                Place::Field(place) => Cell::of(self.field(place as usize)),
                Place::Fact(group, place) => Cell::of(self.fact(group, place as usize)),
                Place::Principal => match self.fact(FactGroup::Agent, 0) {
                    Ok(Some(Value::Str(id))) => Cell::Entity(EntityTypeId::AGENT, id),
                    Ok(_) | Err(_) => Cell::Erred,
                },
                Place::Now => Cell::Erred,
            },
        }
    }

    fn field(&self, place: usize) -> &Answer {
        const NOTHING: &Answer = &Ok(None);
        match (self.values().fields.get(place), self.unit.fields.get(place)) {
            (Some(cell), Some(bound)) => cell.get_or_init(|| self.read(bound)),
            (_, _) => NOTHING,
        }
    }

    fn fact(&self, group: FactGroup, place: usize) -> &Answer {
        const NOTHING: &Answer = &Ok(None);
        match (self.values().facts[group as usize].get(place), self.bindings.facts(group).get(place)) {
            (Some(cell), Some(bound)) => cell.get_or_init(|| self.read(bound)),
            (_, _) => NOTHING,
        }
    }

    fn flag(&self, _: FlagId, _: &[Value]) -> Answer {
        // INVARIANT: units that ask for flags or secrets are decided the general way.
        Err(general_only())
    }

    fn now(&self) -> Result<i64, Fault> {
        match self.cell(Place::Now) {
            Cell::Word(now) => Ok(now),
            Cell::Absent | Cell::Erred | Cell::Text(_) | Cell::Entity(..) | Cell::Value(_) => {
                Err(Fault::new(FaultKind::NoNow, "the host gave no time"))
            }
        }
    }

    fn action(&self) -> &Arc<str> {
        &self.unit.name
    }

    fn principal(&self) -> Evaluated {
        match self.fact(FactGroup::Agent, 0) {
            Ok(Some(Value::Str(id))) => Ok(Value::Entity(EntityRef { ty: EntityTypeId::AGENT, id: id.clone() })),
            Err(fault) => Err(fault.clone()),
            Ok(_) => Err(Fault::new(FaultKind::Missing, "the agent's id is not there")),
        }
    }

    fn entities(&self) -> &Entities {
        self.entities
    }

    fn secrets(&self, _: Option<&Value>) -> Evaluated {
        Err(general_only())
    }

    fn json(&self, value: &Value) -> Option<String> {
        to_raw(value, &self.policy.types).map(|raw| json::write(&raw))
    }
}

fn general_only() -> Fault {
    Fault::new(FaultKind::Unavailable, "a form does not hold it")
}

/// Whether a text has so many characters. Bytes are at least as many, and at most four times as many.
fn of_length(text: &str, least: u64, greatest: u64) -> bool {
    let bytes = text.len() as u64;
    if bytes <= greatest && (least == 0 || (least == 1 && bytes > 0)) {
        return true;
    }
    (least..=greatest).contains(&(text.chars().count() as u64))
}
