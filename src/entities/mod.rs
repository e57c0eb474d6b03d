//! A prepared snapshot of entities: who lies in what, at any depth.
//!
//! Prepared once against a policy's types, then shared by many requests. Entities are numbered and their
//! ancestors closed here, so a name is one look-up and a membership one bit. Cycles, unknown types and ids
//! outside a closed type are refused by [`prepare`](Entities::prepare).
//!
//! A number never leaves this module: outside stands a [`Node`], which knows the snapshot that it is of.

mod build;
mod name;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

pub(crate) use build::{Given, Refused};
pub use name::name_hash;

use crate::ids::EntityTypeId;
use crate::value::{EntityRef, Fault, FaultKind, Value};
use name::Index;

/// An attribute as it was read.
pub type Attribute = Result<Option<Value>, Fault>;

/// Entities with their closed ancestors and typed attributes.
#[derive(Clone, Debug, Default)]
pub struct Entities {
    index: Index,
    /// Those that others lie in stand first.
    entries: Vec<Entry>,
    /// How many stand first.
    groups: u32,
    /// What each lies in, ascending, one entity after the other.
    ancestors: Vec<u32>,
    /// The same as bits, one for each group, where that is not too large.
    bits: Vec<u64>,
    /// Words of one entity's bits; 0 where there are none.
    row: usize,
    /// One entity after the other, by the places of its type.
    attributes: Vec<Attribute>,
    /// The same as far as they name entities.
    links: Vec<Stored>,
    /// The elements of attributes that are lists or sets of entities.
    members: Vec<u32>,
    /// A fault to plant, for tests of the tests.
    #[cfg(test)]
    pub(crate) planted: Option<tests::Planted>,
}

/// An entity that the snapshot holds, or only mentions.
#[derive(Clone, Debug)]
struct Entry {
    name: EntityRef,
    hash: u64,
    /// Where its ancestors stand, without itself.
    ancestors: (u32, u32),
    /// Where its attributes stand.
    attributes: (u32, u32),
    /// One of its ancestors that is not in the snapshot although its type may lie in others: what it lies in
    /// cannot be told, so neither can what this one does not lie in.
    open: Option<u32>,
    /// Whether the snapshot holds it.
    held: bool,
}

/// An attribute with numbers in the place of names.
#[derive(Clone, Copy, Debug)]
enum Stored {
    Absent,
    Erred,
    One(u32),
    /// Where its elements stand, how many, and whether others cannot be told.
    Many(u32, u32, bool),
    Other,
}

/// An entity that a snapshot holds or mentions.
#[derive(Clone, Copy)]
pub struct Node<'e> {
    of: &'e Entities,
    place: u32,
}

/// What an attribute names.
#[derive(Clone, Copy)]
pub enum Link<'e> {
    /// Nothing, and that is allowed.
    Absent,
    /// It cannot be told.
    Erred,
    /// An entity.
    One(Node<'e>),
    /// A list or set of entities.
    Many(Nodes<'e>),
    /// A value of another kind.
    Other(&'e Value),
}

/// Entities of a list or set.
#[derive(Clone, Copy)]
pub struct Nodes<'e> {
    of: &'e Entities,
    places: &'e [u32],
    /// Whether it has other elements, which cannot be told.
    pub unclear: bool,
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
        self.find(entity.ty, &entity.id).is_some_and(Node::is_held)
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
        let node = self.held(entity)?;
        if self.find(group.ty, &group.id).is_some_and(|group| node.lies_in(group)) {
            return Ok(true);
        }
        match self.entries[node.place as usize].open {
            Some(missing) => Err(absent(&self.entries[missing as usize].name)),
            None => Ok(false),
        }
    }

    /// An attribute by its place in the entity's type.
    ///
    /// # Errors
    /// [`FaultKind::AbsentEntity`] where the entity is not in the snapshot, or the attribute's own fault.
    pub fn attribute(&self, entity: &EntityRef, place: usize) -> Attribute {
        let node = self.held(entity)?;
        node.attribute(place)
            .cloned()
            .unwrap_or_else(|| Err(Fault::new(FaultKind::Missing, "the snapshot was prepared for another policy")))
    }

    /// All ids of the snapshot.
    pub fn ids(&self) -> impl Iterator<Item = &EntityRef> {
        self.entries.iter().filter(|entry| entry.held).map(|entry| &entry.name)
    }

    /// An entity that the snapshot holds or mentions.
    #[must_use]
    pub fn find(&self, ty: EntityTypeId, id: &str) -> Option<Node<'_>> {
        self.find_hashed(ty, id, name_hash(ty, id))
    }

    /// The same where the hash of the name is known: see [`name_hash`].
    #[must_use]
    #[inline]
    pub fn find_hashed(&self, ty: EntityTypeId, id: &str, hash: u64) -> Option<Node<'_>> {
        let place = self.index.find(&self.entries, (ty, id), hash)?;
        Some(Node { of: self, place })
    }

    fn held(&self, entity: &EntityRef) -> Result<Node<'_>, Fault> {
        let node = self.find(entity.ty, &entity.id);
        node.filter(|node| node.is_held()).ok_or_else(|| absent(entity))
    }
}

impl<'e> Node<'e> {
    fn entry(self) -> &'e Entry {
        &self.of.entries[self.place as usize]
    }

    /// Its type and id.
    #[must_use]
    pub fn name(self) -> &'e EntityRef {
        &self.entry().name
    }

    /// The hash of its name: see [`name_hash`].
    #[must_use]
    pub fn hash(self) -> u64 {
        self.entry().hash
    }

    /// Whether the snapshot holds it; otherwise it is only mentioned, and nothing is known of it.
    #[must_use]
    pub fn is_held(self) -> bool {
        self.entry().held
    }

    /// Whether all that it lies in is known.
    #[must_use]
    pub fn is_closed(self) -> bool {
        let entry = self.entry();
        entry.held && entry.open.is_none()
    }

    /// Whether both are the same entity, of whatever snapshots.
    #[must_use]
    #[inline]
    pub fn is(self, other: Node<'_>) -> bool {
        if std::ptr::eq(self.of, other.of) { self.place == other.place } else { self.name() == other.name() }
    }

    /// Whether it is the group or lies in it at any depth; none where that cannot be told.
    #[must_use]
    #[inline]
    pub fn is_in(self, group: Node<'_>) -> Option<bool> {
        #[cfg(test)]
        if self.of.planted == Some(tests::Planted::NotReflexive) {
            return if self.lies_in(group) { Some(true) } else { self.is_closed().then_some(false) };
        }
        if self.is(group) || self.lies_in(group) {
            return Some(true);
        }
        self.is_closed().then_some(false)
    }

    /// The same for one of several groups.
    #[must_use]
    pub fn is_in_one_of(self, groups: Nodes<'_>) -> Option<bool> {
        #[cfg(test)]
        if self.of.planted.is_some() {
            let told: Vec<Option<bool>> = groups.iter().map(|group| self.is_in(group)).collect();
            return if told.contains(&Some(true)) { Some(true) } else { told.last().copied().unwrap_or(Some(false)) };
        }
        if groups.iter().any(|group| self.is(group) || self.lies_in(group)) {
            return Some(true);
        }
        let told = groups.is_empty() || (!groups.unclear && self.is_closed());
        told.then_some(false)
    }

    /// Whether it lies in a group that is another entity, as far as that is known.
    #[inline]
    fn lies_in(self, group: Node<'_>) -> bool {
        if !std::ptr::eq(self.of, group.of) {
            let name = group.name();
            return self.of.find(name.ty, &name.id).is_some_and(|own| self.lies_in(own));
        }
        if group.place >= self.of.groups {
            return false;
        }
        if self.of.row == 0 {
            return self.ancestor_places().binary_search(&group.place).is_ok();
        }
        let word = self.of.bits[self.place as usize * self.of.row + group.place as usize / 64];
        word >> (group.place % 64) & 1 == 1
    }

    fn ancestor_places(self) -> &'e [u32] {
        let (start, end) = self.entry().ancestors;
        &self.of.ancestors[start as usize..end as usize]
    }

    /// All that it lies in, at any depth, without itself.
    pub fn ancestors(self) -> impl Iterator<Item = Node<'e>> {
        self.ancestor_places().iter().map(move |place| Node { of: self.of, place: *place })
    }

    /// An attribute by its place in the entity's type; none where the entity is not held or has no such place.
    #[must_use]
    pub fn attribute(self, place: usize) -> Option<&'e Attribute> {
        let (start, end) = self.entry().attributes;
        self.of.attributes[start as usize..end as usize].get(place)
    }

    /// What an attribute names, by its place in the entity's type.
    #[must_use]
    #[inline]
    pub fn link(self, place: usize) -> Link<'e> {
        let (start, end) = self.entry().attributes;
        let Some(stored) = self.of.links[start as usize..end as usize].get(place) else { return Link::Erred };
        match *stored {
            Stored::Absent => Link::Absent,
            Stored::Erred => Link::Erred,
            Stored::One(place) => Link::One(Node { of: self.of, place }),
            Stored::Many(start, end, unclear) => {
                let places = &self.of.members[start as usize..end as usize];
                Link::Many(Nodes { of: self.of, places, unclear })
            }
            Stored::Other => match &self.of.attributes[start as usize + place] {
                Ok(Some(value)) => Link::Other(value),
                Ok(None) => Link::Absent,
                Err(_) => Link::Erred,
            },
        }
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Node").field(self.name()).finish()
    }
}

impl<'e> Nodes<'e> {
    /// Its elements that can be told.
    pub fn iter(self) -> impl Iterator<Item = Node<'e>> {
        self.places.iter().map(move |place| Node { of: self.of, place: *place })
    }

    /// How many can be told.
    #[must_use]
    pub fn len(self) -> usize {
        self.places.len()
    }

    /// Whether it has no elements at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.places.is_empty() && !self.unclear
    }
}

fn absent(entity: &EntityRef) -> Fault {
    let shown: Arc<str> = format!("the entity {:?} is not in the snapshot", entity.id).into();
    Fault::new(FaultKind::AbsentEntity, shown)
}
