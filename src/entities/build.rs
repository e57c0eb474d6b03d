//! From entities with their parents to a snapshot: numbers, closed ancestors, links.

use super::name::{Index, name_hash, unforeseen};
use super::{Attribute, Entities, Entry, Stored};
use crate::ids::EntityTypeId;
use crate::value::{EntityRef, Value};

/// Most memberships after ancestors were closed.
const MAX_ANCESTORS: usize = 10_000_000;
/// Words of bits that any snapshot may have. Beyond that bits stand only where they are smaller than lists.
const FREE_WORDS: usize = 128 * 1024;

/// An entity as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// Its name.
    pub(crate) entity: EntityRef,
    /// What it lies in directly.
    pub(crate) parents: Vec<EntityRef>,
    /// By the places of its type.
    pub(crate) attributes: Vec<Attribute>,
}

/// Why there is no snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The entity is given twice.
    Twice(EntityRef),
    /// The entity lies in itself.
    Cycle(EntityRef),
    /// There are more memberships than this.
    Memberships(usize),
    /// There are more names or elements than can be numbered.
    TooLarge,
}

impl Entities {
    /// Numbers and closes. `nests` says whether entities of a type may lie in others.
    pub(crate) fn build(given: Vec<Given>, nests: impl Fn(EntityTypeId) -> bool) -> Result<Self, Refused> {
        let mut names = Names::default();
        for one in &given {
            let place = names.place(&one.entity, &given)?;
            if std::mem::replace(&mut names.entries[place as usize].held, true) {
                return Err(Refused::Twice(one.entity.clone()));
            }
        }
        for one in &given {
            one.parents
                .iter()
                .chain(named(&one.attributes))
                .try_for_each(|name| names.place(name, &given).map(drop))?;
        }
        let groups = names.groups_first(given.iter().flat_map(|one| &one.parents));
        let Names { entries, index } = names;
        let mut built = Self { index, entries, groups, ..Self::default() };
        built.close(&given, nests)?;
        built.draw_bits();
        for one in given {
            built.attach(one)?;
        }
        Ok(built)
    }

    fn number(&self, name: &EntityRef) -> u32 {
        self.index.find(&self.entries, (name.ty, &name.id), name_hash(name.ty, &name.id)).unwrap_or(u32::MAX)
    }

    /// All that each entity lies in. Walks without recursion, each entity once, parents before children.
    fn close(&mut self, given: &[Given], nests: impl Fn(EntityTypeId) -> bool) -> Result<(), Refused> {
        let mut parents: Vec<Vec<u32>> = vec![Vec::new(); self.entries.len()];
        for one in given {
            let mut places: Vec<u32> = one.parents.iter().map(|parent| self.number(parent)).collect();
            places.sort_unstable();
            places.dedup();
            parents[self.number(&one.entity) as usize] = places;
        }
        let mut steps = vec![Step::New; parents.len()];
        // Which entity an entity was last found to be an ancestor of.
        let mut marks = vec![u32::MAX; parents.len()];
        // Each entity of the path, and how many of its parents were looked at.
        let mut path = Vec::new();
        for start in 0..parents.len() as u32 {
            path.push((start, 0));
            while let Some((entity, next)) = path.last_mut() {
                let entity = *entity;
                if steps[entity as usize] == Step::Done {
                    path.pop();
                    continue;
                }
                steps[entity as usize] = Step::OnPath;
                let Some(parent) = parents[entity as usize].get(*next).copied() else {
                    self.collect(entity, &mut parents[entity as usize], &mut marks, &nests)?;
                    steps[entity as usize] = Step::Done;
                    continue;
                };
                *next += 1;
                match steps[parent as usize] {
                    Step::New => path.push((parent, 0)),
                    Step::OnPath => return Err(self.cycle(&path, parent)),
                    Step::Done => {}
                }
            }
        }
        Ok(())
    }

    /// The ancestors of an entity whose parents have theirs.
    fn collect(
        &mut self,
        entity: u32,
        parents: &mut [u32],
        marks: &mut [u32],
        nests: impl Fn(EntityTypeId) -> bool,
    ) -> Result<(), Refused> {
        let start = self.ancestors.len();
        // Whatever a parent with many ancestors brings, others need not bring again.
        parents.sort_unstable_by_key(|parent| {
            let (start, end) = self.entries[*parent as usize].ancestors;
            std::cmp::Reverse(end - start)
        });
        for parent in parents.iter().copied() {
            if std::mem::replace(&mut marks[parent as usize], entity) == entity {
                continue;
            }
            self.ancestors.push(parent);
            let (from, to) = self.entries[parent as usize].ancestors;
            for place in from as usize..to as usize {
                let ancestor = self.ancestors[place];
                if std::mem::replace(&mut marks[ancestor as usize], entity) != entity {
                    self.ancestors.push(ancestor);
                }
            }
            if self.ancestors.len() > MAX_ANCESTORS {
                return Err(Refused::Memberships(MAX_ANCESTORS));
            }
        }
        let own = &mut self.ancestors[start..];
        own.sort_unstable();
        let missing = own.iter().copied().filter(|place| {
            let entry = &self.entries[*place as usize];
            !entry.held && nests(entry.name.ty)
        });
        let open = missing.min_by_key(|place| &self.entries[*place as usize].name);
        let entry = &mut self.entries[entity as usize];
        entry.ancestors = (start as u32, self.ancestors.len() as u32);
        entry.open = open;
        Ok(())
    }

    /// The first of a cycle's entities, so that the message does not depend on the order of the snapshot.
    fn cycle(&self, path: &[(u32, usize)], back: u32) -> Refused {
        let cycle = path.iter().map(|(entity, _)| *entity).skip_while(|entity| *entity != back);
        let names = cycle.map(|place| &self.entries[place as usize].name);
        Refused::Cycle(names.min().unwrap_or(&self.entries[back as usize].name).clone())
    }

    fn draw_bits(&mut self) {
        let row = (self.groups as usize).div_ceil(64);
        let words = row.saturating_mul(self.entries.len());
        if words > FREE_WORDS.max(self.ancestors.len()) {
            return;
        }
        self.row = row;
        self.bits = vec![0; words];
        for (place, entry) in self.entries.iter().enumerate() {
            for ancestor in &self.ancestors[entry.ancestors.0 as usize..entry.ancestors.1 as usize] {
                self.bits[place * row + *ancestor as usize / 64] |= 1 << (ancestor % 64);
            }
        }
    }

    /// Adds the attributes of an entity.
    fn attach(&mut self, given: Given) -> Result<(), Refused> {
        let start = numbered(self.attributes.len())?;
        for attribute in &given.attributes {
            let stored = self.stored(attribute)?;
            self.links.push(stored);
        }
        self.attributes.extend(given.attributes);
        let end = numbered(self.attributes.len())?;
        let place = self.number(&given.entity);
        self.entries[place as usize].attributes = (start, end);
        Ok(())
    }

    fn stored(&mut self, attribute: &Attribute) -> Result<Stored, Refused> {
        Ok(match attribute {
            Err(_) => Stored::Erred,
            Ok(None) => Stored::Absent,
            Ok(Some(Value::Entity(name))) => Stored::One(self.number(name)),
            Ok(Some(Value::List(all) | Value::Set(all))) if all.iter().all(is_entity) => {
                let start = numbered(self.members.len())?;
                for value in all.iter() {
                    if let Value::Entity(name) = value {
                        let place = self.number(name);
                        self.members.push(place);
                    }
                }
                let end = numbered(self.members.len())?;
                Stored::Many(start, end, ((end - start) as usize) < all.len())
            }
            Ok(Some(_)) => Stored::Other,
        })
    }
}

/// How far an entity is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    New,
    OnPath,
    Done,
}

fn numbered(count: usize) -> Result<u32, Refused> {
    u32::try_from(count).map_err(|_| Refused::TooLarge)
}

/// An entity, or an element that cannot be told.
fn is_entity(value: &Value) -> bool {
    matches!(value, Value::Entity(_) | Value::Unknown(_))
}

/// The entities that attributes name, as far as [`Stored`] gives them numbers.
fn named(attributes: &[Attribute]) -> impl Iterator<Item = &EntityRef> {
    let values = attributes.iter().filter_map(|attribute| attribute.as_ref().ok()?.as_ref());
    let each = values.flat_map(|value| match value {
        Value::List(all) | Value::Set(all) => &**all,
        other => std::slice::from_ref(other),
    });
    each.filter_map(|value| match value {
        Value::Entity(name) => Some(name),
        _ => None,
    })
}

/// Names while they get their numbers.
#[derive(Default)]
struct Names {
    entries: Vec<Entry>,
    index: Index,
}

impl Names {
    /// The number of a name; a new one where it has none.
    fn place(&mut self, name: &EntityRef, given: &[Given]) -> Result<u32, Refused> {
        let hash = name_hash(name.ty, &name.id);
        if let Some(place) = self.index.find(&self.entries, (name.ty, &name.id), hash) {
            return Ok(place);
        }
        let place = numbered(self.entries.len()).ok().filter(|place| *place < u32::MAX).ok_or(Refused::TooLarge)?;
        let crowded = self.index.add(&self.entries, name, hash, place);
        let (ancestors, attributes) = ((0, 0), (0, 0));
        self.entries.push(Entry { name: name.clone(), hash, ancestors, attributes, open: None, held: false });
        if crowded {
            let all = given
                .iter()
                .flat_map(|one| std::iter::once(&one.entity).chain(&one.parents).chain(named(&one.attributes)));
            self.index.reseed(&self.entries, unforeseen(all));
        }
        Ok(place)
    }

    /// Numbers those that others lie in first and says how many there are.
    fn groups_first<'a>(&mut self, parents: impl Iterator<Item = &'a EntityRef>) -> u32 {
        let mut is_group = vec![false; self.entries.len()];
        for name in parents {
            if let Some(place) = self.index.find(&self.entries, (name.ty, &name.id), name_hash(name.ty, &name.id)) {
                is_group[place as usize] = true;
            }
        }
        let (mut first, mut rest) = (Vec::with_capacity(self.entries.len()), Vec::new());
        for (entry, is_group) in std::mem::take(&mut self.entries).into_iter().zip(is_group) {
            if is_group { first.push(entry) } else { rest.push(entry) }
        }
        let groups = first.len() as u32;
        first.append(&mut rest);
        self.entries = first;
        self.index.fill(&self.entries);
        groups
    }
}
