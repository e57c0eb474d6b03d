//! A snapshot of entities, prepared: types known, ids allowed, ancestors closed, attributes read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use super::{ReadContext, field};
use crate::check::typed::{RawEntity, show_entity};
use crate::entities::Entities;
use crate::raw::get;
use crate::types::{EntityTypeId, TypeTable};
use crate::value::EntityRef;

/// Most entities in one snapshot.
const MAX_ENTITIES: usize = 1_000_000;
/// Most memberships after ancestors were closed.
const MAX_ANCESTORS: usize = 10_000_000;

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

type Parents = BTreeMap<EntityRef, BTreeSet<EntityRef>>;

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
        let mut parents = Parents::new();
        let mut entities = Self::none();
        for raw in given {
            let entity = reference(&raw.ty, &raw.id, &cx)?;
            let lies_in = parents_of(&entity, raw, &cx)?;
            if parents.insert(entity.clone(), lies_in).is_some() {
                return refused(format!("{} is given twice.", show_entity(types, entity.ty, &entity.id)));
            }
        }
        let mut closed = close(types, &parents)?;
        for raw in given {
            let entity = reference(&raw.ty, &raw.id, &cx)?;
            let defs = &types.entity(entity.ty).fields;
            if let Some((name, _)) = raw.attributes.iter().find(|(n, _)| !defs.iter().any(|d| d.name == *n)) {
                let shown = show_entity(types, entity.ty, &entity.id);
                return refused(format!("{shown} has an attribute `{name}` that its type does not declare."));
            }
            let attributes = defs.iter().map(|d| field::of_field(d, get(&raw.attributes, &d.name), &cx)).collect();
            let ancestors: Vec<_> = closed.remove(&entity).unwrap_or_default().into_iter().collect();
            let may_lie_in_others = |e: &EntityRef| !parents.contains_key(e) && !types.entity(e.ty).parents.is_empty();
            let open = ancestors.iter().find(|e| may_lie_in_others(e)).cloned();
            entities.insert(entity, ancestors, open, attributes);
        }
        Ok(entities)
    }
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

fn parents_of(entity: &EntityRef, raw: &RawEntity, cx: &ReadContext<'_>) -> Result<BTreeSet<EntityRef>, EntitiesError> {
    let mut parents = BTreeSet::new();
    for (ty, id) in &raw.parents {
        let parent = reference(ty, id, cx)?;
        // The builtin `Agent` declares no parents: an agent may lie in whatever the policy declares.
        let allowed = entity.ty == EntityTypeId::AGENT || cx.types.entity(entity.ty).parents.contains(&parent.ty);
        if !allowed {
            let child = show_entity(cx.types, entity.ty, &entity.id);
            let parent = show_entity(cx.types, parent.ty, &parent.id);
            return refused(format!("{child} cannot lie in {parent}: their types do not say so."));
        }
        parents.insert(parent);
    }
    Ok(parents)
}

/// All that each entity lies in. Walks without recursion, each entity once, parents before children.
fn close(types: &TypeTable, parents: &Parents) -> Result<HashMap<EntityRef, BTreeSet<EntityRef>>, EntitiesError> {
    let mut closed: HashMap<EntityRef, BTreeSet<EntityRef>> = HashMap::new();
    let mut memberships = 0;
    for start in parents.keys() {
        let mut path: Vec<&EntityRef> = vec![start];
        let mut on_path: BTreeSet<&EntityRef> = path.iter().copied().collect();
        while let Some(&entity) = path.last() {
            let direct = parents.get(entity);
            let open = direct.into_iter().flatten().find(|p| parents.contains_key(*p) && !closed.contains_key(*p));
            match open {
                Some(parent) if on_path.contains(parent) => {
                    return refused(format!("{} lies in itself.", show_entity(types, parent.ty, &parent.id)));
                }
                Some(parent) => {
                    path.push(parent);
                    on_path.insert(parent);
                }
                None => {
                    let direct = direct.into_iter().flatten();
                    let all: BTreeSet<EntityRef> = direct
                        .flat_map(|p| std::iter::once(p.clone()).chain(closed.get(p).into_iter().flatten().cloned()))
                        .collect();
                    if !closed.contains_key(entity) {
                        memberships += all.len();
                        closed.insert(entity.clone(), all);
                    }
                    if memberships > MAX_ANCESTORS {
                        return refused(format!("The snapshot has more than {MAX_ANCESTORS} memberships."));
                    }
                    on_path.remove(entity);
                    path.pop();
                }
            }
        }
    }
    Ok(closed)
}
