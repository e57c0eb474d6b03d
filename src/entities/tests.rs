//! The snapshot against its meaning written out by definition, on generated hierarchies; and that a snapshot
//! with a planted fault is found out.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::{Attribute, Entities, Given, Link, Refused, Stored, name_hash};
use crate::ids::EntityTypeId;
use crate::value::{EntityRef, Fault, FaultKind, Value};

/// A fault that only code can have; those of data are planted by changing the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planted {
    /// An entity does not lie in itself.
    NotReflexive,
}

pub(crate) fn name(ty: u32, id: &str) -> EntityRef {
    EntityRef { ty: EntityTypeId(ty), id: id.into() }
}

/// Types of even number may lie in others.
pub(crate) fn nests(ty: EntityTypeId) -> bool {
    ty.0.is_multiple_of(2)
}

/// Numbers from a seed.
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % n
    }

    pub(crate) fn percent(&mut self, p: u64) -> bool {
        self.below(100) < p
    }

    pub(crate) fn some_name(&mut self, ids: u64) -> EntityRef {
        let ty = self.below(4) as u32;
        name(ty, &format!("id_{}", self.below(ids)))
    }
}

/// A hierarchy: names of few ids in four types, some not given, with an entity, a set, a number and a bool as attributes.
pub(crate) fn hierarchy(dice: &mut Dice) -> Vec<Given> {
    let ids = 1 + dice.below(40);
    let density = 1 + dice.below(20);
    let mut all: Vec<EntityRef> = (0..4).flat_map(|ty| (0..ids).map(move |id| name(ty, &format!("id_{id}")))).collect();
    for place in (1..all.len()).rev() {
        all.swap(place, dice.below(place as u64 + 1) as usize);
    }
    let mut given = Vec::new();
    for (place, entity) in all.iter().enumerate() {
        if dice.percent(15) {
            continue;
        }
        // Later ones only, so that nothing lies in itself; some of them are not given.
        let parents = all[place + 1..].iter().filter(|_| dice.percent(density)).cloned().collect();
        let owner = match dice.below(5) {
            0 => Ok(None),
            1 => Err(Fault::new(FaultKind::Unavailable, "not obtained")),
            _ => Ok(Some(Value::Entity(dice.some_name(ids + 3)))),
        };
        let mut members: Vec<Value> = (0..dice.below(6)).map(|_| Value::Entity(dice.some_name(ids + 3))).collect();
        if dice.percent(10) {
            members.push(Value::Unknown(Fault::new(FaultKind::UnknownWord, "cannot be told")));
        }
        let many = match dice.below(6) {
            0 => Ok(None),
            1 => Ok(Some(Value::List(members.into()))),
            _ => Ok(Some(Value::set(members))),
        };
        let number = if dice.percent(20) { Ok(None) } else { Ok(Some(Value::Int(dice.below(3) as i64))) };
        let truth = if dice.percent(20) { Ok(None) } else { Ok(Some(Value::Bool(dice.percent(50)))) };
        given.push(Given { entity: entity.clone(), parents, attributes: vec![owner, many, number, truth] });
    }
    given
}

/// The meaning, by definition.
pub(crate) struct Reference<'a> {
    held: HashMap<&'a EntityRef, &'a Given>,
    closed: HashMap<EntityRef, BTreeSet<EntityRef>>,
}

impl<'a> Reference<'a> {
    pub(crate) fn new(given: &'a [Given]) -> Self {
        let held: HashMap<_, _> = given.iter().map(|one| (&one.entity, one)).collect();
        let closed = given.iter().map(|one| (one.entity.clone(), ancestors(&held, &one.entity))).collect();
        Self { held, closed }
    }

    fn ancestors(&self, entity: &EntityRef) -> BTreeSet<EntityRef> {
        self.closed.get(entity).cloned().unwrap_or_default()
    }

    pub(crate) fn is_in(&self, entity: &EntityRef, group: &EntityRef) -> Result<bool, FaultKind> {
        if entity == group {
            return Ok(true);
        }
        let ancestors = self.closed.get(entity).ok_or(FaultKind::AbsentEntity)?;
        if ancestors.contains(group) {
            return Ok(true);
        }
        let open = ancestors.iter().any(|e| !self.held.contains_key(e) && nests(e.ty));
        if open { Err(FaultKind::AbsentEntity) } else { Ok(false) }
    }

    pub(crate) fn attribute(&self, entity: &EntityRef, place: usize) -> Result<Option<Value>, FaultKind> {
        let one = self.held.get(entity).ok_or(FaultKind::AbsentEntity)?;
        one.attributes[place].clone().map_err(|fault| fault.kind)
    }
}

fn ancestors(held: &HashMap<&EntityRef, &Given>, entity: &EntityRef) -> BTreeSet<EntityRef> {
    let mut found = BTreeSet::new();
    let mut open = vec![entity];
    while let Some(next) = open.pop() {
        for parent in held.get(next).into_iter().flat_map(|one| &one.parents) {
            if found.insert(parent.clone()) {
                open.push(parent);
            }
        }
    }
    found
}

/// Whether the snapshot says of everything what the definition says.
fn differs(given: &[Given], built: &Entities) -> Option<String> {
    let reference = Reference::new(given);
    let mut names: BTreeSet<EntityRef> = given.iter().map(|one| one.entity.clone()).collect();
    names.extend(given.iter().flat_map(|one| one.parents.iter().cloned()));
    names.extend((0..4).map(|ty| name(ty, "nobody")));
    for entity in &names {
        let known = given.iter().any(|one| one.entity == *entity);
        if built.contains(entity) != known {
            return Some(format!("contains {entity:?}"));
        }
        let node = built.find(entity.ty, &entity.id);
        let closed: BTreeSet<EntityRef> =
            node.into_iter().flat_map(|n| n.ancestors()).map(|n| n.name().clone()).collect();
        if closed != reference.ancestors(entity) {
            return Some(format!("ancestors of {entity:?}"));
        }
        for group in &names {
            let expected = reference.is_in(entity, group);
            if built.is_in(entity, group).map_err(|fault| fault.kind) != expected {
                return Some(format!("{entity:?} in {group:?}"));
            }
            if let (Some(node), Some(group)) = (node, built.find(group.ty, &group.id))
                && node.is_in(group) != expected.ok()
            {
                return Some(format!("{node:?} in {group:?} as nodes"));
            }
        }
        for place in 0..4 {
            let expected = reference.attribute(entity, place);
            let found = built.attribute(entity, place).map_err(|fault| fault.kind);
            if !same(&found, &expected) || !links(node, place, &expected) {
                return Some(format!("attribute {place} of {entity:?}"));
            }
        }
    }
    None
}

fn same(a: &Result<Option<Value>, FaultKind>, b: &Result<Option<Value>, FaultKind>) -> bool {
    match (a, b) {
        (Ok(Some(a)), Ok(Some(b))) => a.same(b),
        (Ok(a), Ok(b)) => a.is_none() && b.is_none(),
        (a, b) => a.as_ref().err() == b.as_ref().err(),
    }
}

/// Whether what an attribute names is what its value names.
fn links(node: Option<super::Node<'_>>, place: usize, expected: &Result<Option<Value>, FaultKind>) -> bool {
    let Some(link) = node.map(|node| node.link(place)) else { return expected.is_err() };
    match (link, expected) {
        (Link::Absent, Ok(None)) | (Link::Erred, Err(_)) => true,
        (Link::One(one), Ok(Some(Value::Entity(name)))) => one.name() == name,
        (Link::Many(many), Ok(Some(Value::Set(all) | Value::List(all)))) => {
            let names: Vec<_> = many.iter().map(|n| n.name().clone()).collect();
            let of_value = |v: &Value| if let Value::Entity(name) = v { Some(name.clone()) } else { None };
            names == all.iter().filter_map(of_value).collect::<Vec<_>>()
                && many.unclear == all.iter().any(|v| matches!(v, Value::Unknown(_)))
                && many.is_empty() == all.is_empty()
        }
        (Link::Other(Value::Int(found)), Ok(Some(Value::Int(n)))) => found == n,
        (Link::Other(Value::Bool(found)), Ok(Some(Value::Bool(b)))) => found == b,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_snapshot_says_what_the_definition_says(seed: u64) {
        let given = hierarchy(&mut Dice(seed));
        let built = Entities::build(given.clone(), nests).unwrap();
        prop_assert!(built.row > 0 || built.groups == 0);
        prop_assert_eq!(differs(&given, &built), None);
        // The same without bits.
        let plain = Entities { row: 0, bits: Vec::new(), ..built };
        prop_assert_eq!(differs(&given, &plain), None);
    }

    #[test]
    fn nodes_of_two_snapshots_meet_by_name(seed: u64) {
        let mut dice = Dice(seed);
        let (a, b) = (hierarchy(&mut dice), hierarchy(&mut dice));
        let (one, other) = (Entities::build(a.clone(), nests).unwrap(), Entities::build(b.clone(), nests).unwrap());
        for entity in a.iter().filter_map(|given| one.find(given.entity.ty, &given.entity.id)) {
            for group in b.iter().filter_map(|given| other.find(given.entity.ty, &given.entity.id)) {
                prop_assert_eq!(entity.is_in(group), one.is_in(entity.name(), group.name()).ok());
                prop_assert_eq!(entity.is(group), entity.name() == group.name());
            }
        }
    }
}

/// The first fault that a change brings in twenty hierarchies.
fn found_out(plant: impl Fn(&mut Entities) -> bool) -> bool {
    (0..20).any(|seed| {
        let given = hierarchy(&mut Dice(seed));
        let mut built = Entities::build(given.clone(), nests).unwrap();
        plant(&mut built) && differs(&given, &built).is_some()
    })
}

#[test]
fn planted_faults_are_found_out() {
    assert!(!found_out(|_| true), "nothing planted, nothing found");
    let lost_bit = |e: &mut Entities| {
        let word = e.bits.iter_mut().find(|word| **word != 0);
        word.map(|word| *word &= *word - 1).is_some()
    };
    assert!(found_out(lost_bit), "an ancestor's bit lost");
    let lost_ancestor = |e: &mut Entities| {
        e.row = 0;
        let entry = e.entries.iter_mut().find(|entry| entry.ancestors.0 < entry.ancestors.1);
        entry.map(|entry| entry.ancestors.1 -= 1).is_some()
    };
    assert!(found_out(lost_ancestor), "an ancestor lost");
    let off_by_one = |e: &mut Entities| {
        let count = e.entries.len() as u32;
        let one = e.links.iter_mut().find_map(|l| if let Stored::One(place) = l { Some(place) } else { None });
        one.map(|place| *place = (*place + 1) % count).is_some() && count > 1
    };
    assert!(found_out(off_by_one), "a number off by one");
    let off_by_one = |e: &mut Entities| {
        let count = e.entries.len() as u32;
        e.members.first_mut().map(|place| *place = (*place + 1) % count).is_some() && count > 1
    };
    assert!(found_out(off_by_one), "a number in a set off by one");
    let absent_as_empty = |e: &mut Entities| {
        let link = e.links.iter_mut().find(|l| matches!(l, Stored::Absent));
        link.map(|link| *link = Stored::Many(0, 0, false)).is_some()
    };
    assert!(found_out(absent_as_empty), "an absent attribute as an empty set");
    let closed = |e: &mut Entities| e.entries.iter_mut().find_map(|entry| entry.open.take()).is_some();
    assert!(found_out(closed), "an open entity taken for closed");
    let held = |e: &mut Entities| {
        let entry = e.entries.iter_mut().find(|entry| !entry.held);
        entry.map(|entry| entry.held = true).is_some()
    };
    assert!(found_out(held), "an entity that is only mentioned taken for held");
    let another_type = |e: &mut Entities| {
        // The name of one is found where that of another type with the same id is.
        let twin =
            |e: &Entities, a: usize| (a + 1..e.entries.len()).find(|b| e.entries[*b].name.id == e.entries[a].name.id);
        let pair = (0..e.entries.len()).find_map(|a| Some((a, twin(e, a)?)));
        let Some((a, b)) = pair else { return false };
        let (x, y) = (e.entries[a].name.clone(), e.entries[b].name.clone());
        (e.entries[a].name, e.entries[b].name) = (y, x);
        (e.entries[a].hash, e.entries[b].hash) = (e.entries[b].hash, e.entries[a].hash);
        let entries = std::mem::take(&mut e.entries);
        e.index.fill(&entries);
        e.entries = entries;
        true
    };
    assert!(found_out(another_type), "the entity of another type with the same id");
    let not_reflexive = |e: &mut Entities| {
        e.planted = Some(Planted::NotReflexive);
        true
    };
    assert!(found_out(not_reflexive), "an entity that does not lie in itself");
}

fn plain(entity: EntityRef, parents: &[EntityRef]) -> Given {
    Given { entity, parents: parents.to_vec(), attributes: Vec::<Attribute>::new() }
}

#[test]
fn cycles_and_repeats_are_refused_whatever_their_order() {
    let names: Vec<_> = (0..50).map(|n| name(0, &format!("e{n:02}"))).collect();
    let mut ring: Vec<_> =
        (7..43).map(|n| plain(names[n].clone(), &[names[if n == 42 { 7 } else { n + 1 }].clone()])).collect();
    ring.extend((0..7).map(|n| plain(names[n].clone(), &[names[n + 1].clone()])));
    let refused = Entities::build(ring.clone(), nests).err();
    assert_eq!(refused, Some(Refused::Cycle(names[7].clone())));
    ring.reverse();
    assert_eq!(Entities::build(ring, nests).err(), refused);
    let twice = vec![plain(names[0].clone(), &[]), plain(names[1].clone(), &[]), plain(names[0].clone(), &[])];
    assert_eq!(Entities::build(twice, nests).err(), Some(Refused::Twice(names[0].clone())));
    let itself = vec![plain(names[0].clone(), &[names[0].clone()])];
    assert_eq!(Entities::build(itself, nests).err(), Some(Refused::Cycle(names[0].clone())));
}

#[test]
fn a_deep_hierarchy_needs_no_stack() {
    let name_of = |n: u32| name(0, &format!("{n}"));
    let chain: Vec<_> = (0..4_000).map(|n| plain(name_of(n), &[name_of(n + 1)])).collect();
    let built = Entities::build(chain, |_| false).unwrap();
    assert_eq!(built.is_in(&name_of(0), &name_of(4_000)), Ok(true));
    assert_eq!(built.is_in(&name_of(3), &name_of(2)), Ok(false));
    let chain: Vec<_> = (0..5_000).map(|n| plain(name_of(n), &[name_of(n + 1)])).collect();
    assert_eq!(Entities::build(chain, |_| false).err(), Some(Refused::Memberships(10_000_000)));
}

#[test]
fn names_that_fall_together_are_found_in_few_steps() {
    // Ids whose hashes agree in all the bits that a small table looks at.
    let mut ids = Vec::new();
    let mut tried = 0_u64;
    while ids.len() < 600 {
        let id = format!("u{tried}");
        if name_hash(EntityTypeId(0), &id) & 0xfff == 0 {
            ids.push(id);
        }
        tried += 1;
    }
    let given: Vec<_> = ids.iter().map(|id| plain(name(0, id), &[])).collect();
    let built = Entities::build(given.clone(), nests).unwrap();
    assert!(built.index.is_seeded(), "another hash was taken");
    assert!(ids.iter().all(|id| built.contains(&name(0, id)) && !built.contains(&name(1, id))));
    assert_eq!(built.ids().count(), ids.len());
}

#[test]
fn names_of_every_length_have_hashes_of_their_own() {
    let mut seen = std::collections::HashSet::new();
    for ty in 0..4 {
        for length in 0..40 {
            for fill in ["a", "b", "\0"] {
                assert!(seen.insert(name_hash(EntityTypeId(ty), &fill.repeat(length))) || length == 0);
            }
        }
    }
    let text = "abcdefghijklmnopqrstuvwxyz";
    for from in 0..text.len() {
        for to in from + 1..=text.len() {
            seen.insert(name_hash(EntityTypeId(9), &text[from..to]));
        }
    }
    assert_eq!(seen.len(), 4 * (39 * 3 + 1) + 26 * 27 / 2);
}
