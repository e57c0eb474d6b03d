//! What a plan sees of a request that was read by schema.

use std::cell::OnceCell;
use std::sync::Arc;

use super::schema::{Entry, Schemas, Shape};
use super::sheet::{self, Sheet, Spot, Spots};
use crate::check::typed::{FactGroup, FlagId, TypedPolicy};
use crate::entities::Entities;
use crate::json;
use crate::plan::{Answer, Cell, Inputs, Place, UnitId};
use crate::raw::{Raw, RawFields, to_raw};
use crate::reader::{Readings, flag, secrets_in};
use crate::types::EntityTypeId;
use crate::value::{EntityRef, Evaluated, Fault, FaultKind, Value};

/// A request that was read into a sheet, with the text it was read from.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(super) schemas: &'a Schemas,
    pub(super) policy: &'a TypedPolicy,
    pub(super) text: &'a str,
    pub(super) sheet: &'a Sheet,
    pub(super) entities: &'a Entities,
}

const NOTHING: &Answer = &Ok(None);
const NO_FLAGS: &RawFields = &Vec::new();

impl<'a> View<'a> {
    /// The unit of its action; none where nobody declares it.
    #[must_use]
    #[inline]
    pub fn unit(&self) -> Option<UnitId> {
        self.schemas.action(self.sheet.action).unit
    }

    /// A part of the text, or of the strings whose escapes were read.
    #[inline]
    fn part(&self, spot: &Spot) -> Option<&'a str> {
        match spot {
            Spot::Text(place) => self.text.get(place.range()),
            Spot::Own(place) => self.sheet.texts.get(place.range()),
            Spot::Unset | Spot::Word(_) | Spot::Read => None,
        }
    }

    /// What stands where nothing was given.
    #[inline]
    fn unset(&self, entry: &'a Entry) -> &'a Answer {
        entry.start.as_ref().filter(|_| self.sheet.starts).unwrap_or(&entry.unset)
    }

    #[inline]
    fn cell_of(&self, spots: &'a Spots, entries: &'a [Entry], place: u32) -> Cell<'a> {
        let place = place as usize;
        let (Some(spot), Some(entry)) = (spots.all.get(place), entries.get(place)) else { return Cell::Absent };
        match spot {
            Spot::Word(word) => Cell::Word(*word),
            Spot::Text(_) | Spot::Own(_) => match (self.part(spot), &entry.shape) {
                (Some(id), Shape::Entity(ty)) => Cell::Entity(*ty, id),
                (Some(text), _) => Cell::Text(text),
                (None, _) => Cell::Erred,
            },
            Spot::Unset => Cell::of(self.unset(entry)),
            Spot::Read => spots.answers.get(place).and_then(OnceCell::get).map_or(Cell::Erred, Cell::of),
        }
    }

    fn answer_of(&self, spots: &'a Spots, entries: &'a [Entry], place: usize) -> &'a Answer {
        let all = (spots.all.get(place), entries.get(place), spots.answers.get(place));
        let (Some(spot), Some(entry), Some(answer)) = all else { return NOTHING };
        if *spot == Spot::Unset {
            return self.unset(entry);
        }
        spots.answered.set(true);
        answer.get_or_init(|| self.value(spot, entry))
    }

    /// The value of what was read without one.
    fn value(&self, spot: &Spot, entry: &Entry) -> Answer {
        let value = match (&entry.shape, spot) {
            (Shape::Bool, Spot::Word(word)) => Some(Value::Bool(*word != 0)),
            (Shape::Int, Spot::Word(word)) => Some(Value::Int(*word)),
            (Shape::Decimal, Spot::Word(word)) => Some(Value::Decimal(*word)),
            (Shape::Ratio, Spot::Word(word)) => Some(Value::Ratio(*word)),
            (Shape::Enum(id, _), Spot::Word(word)) => u32::try_from(*word).ok().map(|place| Value::Enum(*id, place)),
            (Shape::Entity(ty), _) => self.part(spot).map(|id| Value::Entity(EntityRef { ty: *ty, id: id.into() })),
            (Shape::String, _) => self.part(spot).map(Value::str),
            (Shape::Bool | Shape::Int | Shape::Decimal | Shape::Ratio | Shape::Enum(..) | Shape::Other, _) => None,
        };
        value.map(Some).ok_or_else(|| Fault::new(FaultKind::IllTyped, "the value is of another type than declared"))
    }

    /// Parameters and claims as they came.
    fn given(&self) -> &'a [(Arc<str>, Raw)] {
        self.sheet.given.get_or_init(|| {
            let mut all = RawFields::new();
            for place in [self.sheet.params, self.sheet.claims].into_iter().flatten() {
                let read = json::value_within(self.text, place.range().start, 1, 0);
                if let Some((Raw::Object(members), _, _)) = read {
                    all.extend(members);
                }
            }
            all
        })
    }

    fn readings(&self) -> &'a Readings {
        match (&self.sheet.readings, self.sheet.starts) {
            (Some(readings), _) => readings,
            (None, true) => &self.schemas.start_readings,
            (None, false) => &self.schemas.no_readings,
        }
    }

    fn flags(&self) -> &'a RawFields {
        match (&self.sheet.flags, self.sheet.starts) {
            (Some(flags), _) => flags,
            (None, true) => &self.schemas.start_flags,
            (None, false) => NO_FLAGS,
        }
    }
}

impl Inputs for View<'_> {
    #[inline]
    fn cell(&self, place: Place) -> Cell<'_> {
        match place {
            Place::Field(place) => {
                self.cell_of(&self.sheet.fields, &self.schemas.action(self.sheet.action).fields, place)
            }
            Place::Fact(group, place) => match (self.sheet.group(group), self.schemas.group(group)) {
                (Some(spots), Some(of)) => self.cell_of(spots, &of.entries, place),
                (_, _) => Cell::of(self.readings().get(self.policy, place as usize)),
            },
            Place::Now => self.sheet.now.map_or(Cell::Erred, Cell::Word),
            Place::Principal => match self.sheet.agent.all.first().and_then(|spot| self.part(spot)) {
                Some(id) => Cell::Entity(EntityTypeId::AGENT, id),
                None => Cell::Erred,
            },
        }
    }

    fn field(&self, place: usize) -> &Answer {
        self.answer_of(&self.sheet.fields, &self.schemas.action(self.sheet.action).fields, place)
    }

    fn fact(&self, group: FactGroup, place: usize) -> &Answer {
        match (self.sheet.group(group), self.schemas.group(group)) {
            (Some(spots), Some(of)) => self.answer_of(spots, &of.entries, place),
            (_, _) => self.readings().get(self.policy, place),
        }
    }

    fn flag(&self, id: FlagId, keys: &[Value]) -> Answer {
        flag(self.policy, self.flags(), id, keys)
    }

    fn now(&self) -> Result<i64, Fault> {
        self.sheet.now.ok_or_else(|| Fault::new(FaultKind::NoNow, "the host gave no time"))
    }

    fn action(&self) -> &Arc<str> {
        let declared = &self.schemas.action(self.sheet.action).name;
        declared.as_ref().or(self.sheet.name.as_ref()).unwrap_or(&self.policy.undeclared.name)
    }

    fn principal(&self) -> Evaluated {
        match self.cell(Place::Principal) {
            Cell::Entity(ty, id) => Ok(Value::Entity(EntityRef { ty, id: id.into() })),
            Cell::Absent | Cell::Erred | Cell::Word(_) | Cell::Text(_) | Cell::Value(_) => {
                Err(Fault::new(FaultKind::Missing, "the agent's id is not there"))
            }
        }
    }

    fn entities(&self) -> &Entities {
        self.entities
    }

    fn secrets(&self, of: Option<&Value>) -> Evaluated {
        match of {
            Some(_) => secrets_in(of, &[]),
            None => secrets_in(None, self.given()),
        }
    }

    fn json(&self, value: &Value) -> Option<String> {
        to_raw(value, &self.policy.types).map(|raw| json::write(&raw))
    }
}

impl sheet::Sheet {
    /// What a plan sees of it.
    pub(crate) fn view<'a>(
        &'a self,
        schemas: &'a Schemas,
        policy: &'a TypedPolicy,
        text: &'a str,
        entities: &'a Entities,
    ) -> View<'a> {
        View { schemas, policy, text, sheet: self, entities }
    }
}
