//! The part of the shortest way that is about entities: names are looked up once, then atoms walk the snapshot.

use super::bind::{Bindings, BoundUnit, How, at};
use super::{Fields, Given};
use crate::entities::Entities;
use crate::plan::{Encoding, MOST_SUBJECTS, Place, Relation, Slot, Subjects, Take, Taken};
use crate::types::{EntityTypeId, TypeTable};

/// Longest id of an entity, in bytes.
const MAX_ID_BYTES: usize = 1024;
/// Most ids that one is compared with one after the other.
const FEW: usize = 6;

/// What an action asks about entities.
#[derive(Clone, Debug, Default)]
pub(super) struct Walks {
    subjects: Vec<Subject>,
    relations: Vec<(u32, Encoding, Relation)>,
    /// An id among a few: its word, the subject, the ids.
    symbols: Vec<(u32, u8, Box<[(Box<str>, u64)]>)>,
    /// Whether a subject is there: it is, or this way is not gone.
    presences: Vec<u32>,
}

/// An entity that a name of the request stands for.
#[derive(Clone, Copy, Debug)]
struct Subject {
    place: Place,
    name: u32,
    ty: EntityTypeId,
    /// Bytes of its id.
    least: usize,
    greatest: usize,
}

impl Walks {
    /// The number of the subject at a place.
    fn subject(&mut self, types: &TypeTable, bindings: &Bindings, unit: &BoundUnit, place: Place) -> Option<u8> {
        if let Some(known) = self.subjects.iter().position(|subject| subject.place == place) {
            return Some(known as u8);
        }
        let bound = at(bindings, unit, place)?;
        let (ty, least, greatest) = match (&bound.how, place) {
            (How::Entity(ty), Place::Field(_) | Place::Fact(..)) if types.entity(*ty).ids.is_none() => {
                (*ty, 0, MAX_ID_BYTES)
            }
            // Characters are at most as many as bytes.
            (How::Text(least @ (0 | 1), greatest), Place::Principal) => {
                (EntityTypeId::AGENT, *least as usize, usize::try_from(*greatest).unwrap_or(0))
            }
            (_, _) => return None,
        };
        if self.subjects.len() == MOST_SUBJECTS {
            return None;
        }
        self.subjects.push(Subject { place, name: bound.name?, ty, least, greatest });
        Some(self.subjects.len() as u8 - 1)
    }

    /// Takes a parameter that must be looked at, if it is an entity.
    pub(super) fn check(&mut self, types: &TypeTable, bindings: &Bindings, unit: &BoundUnit, field: u32) -> Option<()> {
        self.subject(types, bindings, unit, Place::Field(field)).map(drop)
    }

    /// Takes a slot, if it is about entities.
    pub(super) fn slot(
        &mut self,
        types: &TypeTable,
        bindings: &Bindings,
        unit: &BoundUnit,
        slot: &Slot,
        word: u32,
    ) -> Option<()> {
        match (&slot.take, &slot.encoding) {
            (Take::Relation(relation), encoding) => {
                let of = relation.of_subjects(&mut |place| self.subject(types, bindings, unit, place))?;
                self.relations.push((word, encoding.clone(), of));
            }
            (Take::Symbol(place), Encoding::Symbol(table)) if table.len() <= FEW => {
                let subject = self.subject(types, bindings, unit, *place)?;
                let few = table.iter().map(|(text, id)| (text.clone(), *id as u64)).collect();
                self.symbols.push((word, subject, few));
            }
            (Take::Presence(place), Encoding::Presence) => {
                self.subject(types, bindings, unit, *place)?;
                self.presences.push(word);
            }
            (_, _) => return None,
        }
        Some(())
    }

    /// Fills its words; says no where something is of another form.
    #[inline]
    pub(super) fn fill<T: Fields>(&self, of: &T, entities: &Entities, words: &mut [u64]) -> bool {
        if self.subjects.is_empty() && self.relations.is_empty() {
            return true;
        }
        self.walk(of, entities, words).is_some()
    }

    fn walk<T: Fields>(&self, of: &T, entities: &Entities, words: &mut [u64]) -> Option<()> {
        let mut ids = [""; MOST_SUBJECTS];
        let mut subjects = Subjects::new(entities);
        for (subject, kept) in self.subjects.iter().zip(&mut ids) {
            let Given::Text(id) = of.given(subject.name as usize) else { return None };
            if id.len() < subject.least || subject.greatest < id.len() {
                return None;
            }
            *kept = id;
            subjects.add(subject.ty, id);
        }
        for (word, encoding, relation) in &self.relations {
            let Taken::Word(Some(told)) = relation.take_of(encoding, &subjects) else { return None };
            // A truth that errs is told the other way: this one's frames are told throughout.
            if told == 0 && matches!(encoding, Encoding::Truth | Encoding::Presence) {
                return None;
            }
            *words.get_mut(*word as usize)? = told;
        }
        for (word, subject, few) in &self.symbols {
            let id = ids[*subject as usize];
            let told = few.iter().find(|(one, _)| **one == *id).map_or(0, |(_, id)| *id);
            *words.get_mut(*word as usize)? = told;
        }
        for word in &self.presences {
            *words.get_mut(*word as usize)? = 1;
        }
        Some(())
    }
}
