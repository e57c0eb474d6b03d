//! What the host says of state: the readings that it gives, by their places in the schema.
//!
//! A policy may declare thousands of readings, and a request is about a few of them: only those that are given are
//! read and kept.

use std::sync::{Arc, LazyLock};

use super::{Attribute, ReadContext, field};
use crate::check::typed::TypedPolicy;
use crate::raw::{Raw, RawFields};
use crate::types::FieldDef;
use crate::value::{Fault, FaultKind};

/// Readings of state for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// Those that were given, sorted by place.
    told: Vec<(u32, Told)>,
}

/// An attribute that compares by what it says.
#[derive(Clone, Debug)]
struct Told(Attribute);

impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        format!("{:?}", self.0) == format!("{:?}", other.0)
    }
}

impl Eq for Told {}

/// What stands where the host says nothing.
static UNSAID: LazyLock<Attribute> =
    LazyLock::new(|| Err(Fault::new(FaultKind::Missing, "the host did not say how it stands")));
const ABSENT: &Attribute = &Ok(None);

impl Readings {
    /// Reads `{ "pkg.item": { "exceeded": false } }`. What the policy does not declare is passed over.
    #[must_use]
    pub fn read(policy: &TypedPolicy, state: &RawFields) -> Self {
        let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
        let mut readings = Self::default();
        for (item, raw) in state {
            match raw {
                Raw::Object(parts) => {
                    for (part, raw) in parts {
                        if let Some((place, def)) = find(policy, &format!("{item}.{part}")) {
                            readings.set(place, field::of_field(def, Some(raw), &cx));
                        }
                    }
                }
                // The whole item is unreadable, or no object: so is each of its readings.
                other => {
                    for (place, def) in of_item(policy, item) {
                        readings.set(place, field::of_field(def, Some(other), &cx));
                    }
                }
            }
        }
        readings
    }

    /// Notes a reading.
    pub fn set(&mut self, place: u32, value: Attribute) {
        // Whoever tells many does so nearly in their order.
        if self.told.last().is_none_or(|(last, _)| *last < place) {
            self.told.push((place, Told(value)));
            return;
        }
        match self.told.binary_search_by_key(&place, |(at, _)| *at) {
            Ok(at) => self.told[at].1 = Told(value),
            Err(at) => self.told.insert(at, (place, Told(value))),
        }
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.told.reserve(more);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.told.clear();
    }

    /// A reading: where nothing was said, an error, or absence where its type is optional.
    ///
    /// # Errors
    /// Where nothing was said, or nothing that the type can hold.
    pub fn get(&self, policy: &TypedPolicy, place: usize) -> &Attribute {
        if let Ok(at) = self.told.binary_search_by_key(&place, |(at, _)| *at as usize) {
            return &self.told[at].1.0;
        }
        match policy.facts.state.get(place) {
            Some(def) if def.ty.ty.is_optional() => ABSENT,
            Some(_) | None => &UNSAID,
        }
    }
}

fn find<'p>(policy: &'p TypedPolicy, name: &str) -> Option<(u32, &'p FieldDef)> {
    let defs = &policy.facts.state;
    let at = defs.binary_search_by(|def| (*def.name).cmp(name)).ok()?;
    Some((at as u32, &defs[at]))
}

/// The readings of an item.
fn of_item<'p>(policy: &'p TypedPolicy, item: &Arc<str>) -> impl Iterator<Item = (u32, &'p FieldDef)> {
    let prefix = format!("{item}.");
    let from = policy.facts.state.partition_point(|def| *def.name < *prefix);
    (from as u32..)
        .zip(&policy.facts.state[from..])
        .take_while(move |(_, def)| def.name.strip_prefix(&*prefix).is_some_and(|part| !part.contains('.')))
}
