//! A prepared snapshot of entities: who lies in what, at any depth.
//!
//! Prepared once against a policy's types, then shared by many requests. Ancestors are closed here, so a
//! membership is one look-up. Cycles, unknown types and ids outside a closed type are refused.

use std::collections::HashMap;
use std::sync::Arc;

use crate::value::{EntityRef, Fault, FaultKind, Value};

/// An attribute as it was read.
pub type Attribute = Result<Option<Value>, Fault>;

/// Entities with their closed ancestors and typed attributes.
#[derive(Clone, Debug, Default)]
pub struct Entities {
    nodes: HashMap<EntityRef, Node>,
}

#[derive(Clone, Debug)]
struct Node {
    /// All that it lies in, sorted, without itself.
    ancestors: Vec<EntityRef>,
    /// One of those that is not in the snapshot although its type may lie in others: what it lies in cannot
    /// be told, so neither can what this one does not lie in.
    open: Option<EntityRef>,
    /// By the places of its type.
    attributes: Vec<Attribute>,
}

impl Entities {
    /// A snapshot without entities.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether the entity is in the snapshot.
    #[must_use]
    pub fn contains(&self, entity: &EntityRef) -> bool {
        self.nodes.contains_key(entity)
    }

    /// Whether `entity` is `group` or lies in it at any depth.
    ///
    /// # Errors
    /// [`FaultKind::AbsentEntity`] where `entity` is another one and not in the snapshot, or lies in one that
    /// is not and that may lie in others.
    pub fn is_in(&self, entity: &EntityRef, group: &EntityRef) -> Result<bool, Fault> {
        if entity == group {
            return Ok(true);
        }
        match self.nodes.get(entity) {
            Some(node) if node.ancestors.binary_search(group).is_ok() => Ok(true),
            Some(node) => node.open.as_ref().map_or(Ok(false), |missing| Err(absent(missing))),
            None => Err(absent(entity)),
        }
    }

    /// An attribute by its place in the entity's type.
    ///
    /// # Errors
    /// [`FaultKind::AbsentEntity`] where the entity is not in the snapshot, or the attribute's own fault.
    pub fn attribute(&self, entity: &EntityRef, place: usize) -> Attribute {
        let node = self.nodes.get(entity).ok_or_else(|| absent(entity))?;
        node.attributes
            .get(place)
            .cloned()
            .unwrap_or_else(|| Err(Fault::new(FaultKind::Missing, "the snapshot was prepared for another policy")))
    }

    /// Adds a prepared entity; `prepare` in [`reader`](crate::reader) is the way in.
    pub(crate) fn insert(
        &mut self,
        entity: EntityRef,
        mut ancestors: Vec<EntityRef>,
        open: Option<EntityRef>,
        attributes: Vec<Attribute>,
    ) {
        ancestors.sort();
        ancestors.dedup();
        self.nodes.insert(entity, Node { ancestors, open, attributes });
    }

    /// All ids of the snapshot.
    pub fn ids(&self) -> impl Iterator<Item = &EntityRef> {
        self.nodes.keys()
    }
}

fn absent(entity: &EntityRef) -> Fault {
    let shown: Arc<str> = format!("the entity {:?} is not in the snapshot", entity.id).into();
    Fault::new(FaultKind::AbsentEntity, shown)
}
