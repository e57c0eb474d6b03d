//! A snapshot of entities, prepared: types known, ids allowed, ancestors closed, attributes read.

use std::fmt;
use std::sync::Arc;

use super::{ReadContext, field};
use crate::check::typed::{RawEntity, show_entity};
use crate::entities::{Entities, Given, Refused};
use crate::raw::get;
use crate::types::{EntityTypeId, TypeTable};
use crate::value::EntityRef;

/// Most entities in one snapshot.
const MAX_ENTITIES: usize = 1_000_000;

/// Why a snapshot is refused. No part of it is used then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntitiesError {
    /// What is wrong, as a sentence.
    pub message: String,
}

impl fmt::Display for EntitiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EntitiesError {}

fn refused<T>(message: impl Into<String>) -> Result<T, EntitiesError> {
    Err(EntitiesError { message: message.into() })
}

impl Entities {
    /// Prepares a snapshot against the types of a policy. What a parent lies in that is not
    /// in the snapshot itself cannot be told, unless its type lies in nothing.
    ///
    /// # Errors
    /// Where a type is not declared, an id is not one of its closed type, an entity is given twice, a
    /// parent is of a type that the entity's type does not lie in, or entities lie in each other.
    pub fn prepare(types: &TypeTable, given: &[RawEntity], zone: &str) -> Result<Self, EntitiesError> {
        if given.len() > MAX_ENTITIES {
            return refused(format!("The snapshot has more than {MAX_ENTITIES} entities."));
        }
        let cx = ReadContext { types, zone };
        let read = given.iter().map(|raw| read(raw, &cx)).collect::<Result<Vec<_>, _>>()?;
        let nests = |ty: EntityTypeId| !types.entity(ty).parents.is_empty();
        Self::build(read, nests).or_else(|why| match why {
            Refused::Twice(entity) => refused(format!("{} is given twice.", show_entity(types, entity.ty, &entity.id))),
            Refused::Cycle(entity) => refused(format!("{} lies in itself.", show_entity(types, entity.ty, &entity.id))),
            Refused::Memberships(most) => refused(format!("The snapshot has more than {most} memberships.")),
            Refused::TooLarge => refused("The snapshot names more entities than can be numbered."),
        })
    }
}

/// An entity by its type.
fn read(raw: &RawEntity, cx: &ReadContext<'_>) -> Result<Given, EntitiesError> {
    let entity = reference(&raw.ty, &raw.id, cx)?;
    let parents = parents_of(&entity, raw, cx)?;
    let defs = &cx.types.entity(entity.ty).fields;
    if let Some((name, _)) = raw.attributes.iter().find(|(n, _)| !defs.iter().any(|d| d.name == *n)) {
        let shown = show_entity(cx.types, entity.ty, &entity.id);
        return refused(format!("{shown} has an attribute `{name}` that its type does not declare."));
    }
    let attributes = defs.iter().map(|d| field::of_field(d, get(&raw.attributes, &d.name), cx)).collect();
    Ok(Given { entity, parents, attributes })
}

fn reference(ty: &str, id: &Arc<str>, cx: &ReadContext<'_>) -> Result<EntityRef, EntitiesError> {
    let Some(ty) = cx.types.entity_named(ty) else {
        return refused(format!("No entity type is called `{ty}`."));
    };
    match field::known_id(ty, id, cx) {
        Ok(entity) => Ok(entity),
        Err(fault) => refused(format!("An entity of the snapshot is refused: {}.", fault.detail)),
    }
}

fn parents_of(entity: &EntityRef, raw: &RawEntity, cx: &ReadContext<'_>) -> Result<Vec<EntityRef>, EntitiesError> {
    let mut parents = Vec::with_capacity(raw.parents.len());
    for (ty, id) in &raw.parents {
        let parent = reference(ty, id, cx)?;
        // The builtin `Agent` declares no parents: an agent may lie in whatever the policy declares.
        let allowed = entity.ty == EntityTypeId::AGENT || cx.types.entity(entity.ty).parents.contains(&parent.ty);
        if !allowed {
            let child = show_entity(cx.types, entity.ty, &entity.id);
            let parent = show_entity(cx.types, parent.ty, &parent.id);
            return refused(format!("{child} cannot lie in {parent}: their types do not say so."));
        }
        parents.push(parent);
    }
    Ok(parents)
}
