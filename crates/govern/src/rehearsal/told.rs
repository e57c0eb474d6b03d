//! Facts as the governor told them, in the form in which a host would send them.

use std::sync::Arc;

use aas::check::typed::TypedPolicy;
use aas::raw::{Raw, RawFields, to_raw};
use aas::reader::{Attribute, Bound};
use aas::types::FieldDef;
use aas::{Facts, Policy};

/// What was known of a request: what the test says, how the agent stands, and every reading that was told.
pub(super) fn facts(policy: &Policy, given: &Facts, bound: &Bound) -> Facts {
    let policy = policy.typed();
    let mut facts = given.clone();
    facts.now = bound.now;
    if let Some(trust) = &policy.state.trust {
        for place in [trust.facts.score, trust.facts.frozen, trust.facts.level].into_iter().flatten() {
            let told = policy.facts.agent.get(place as usize).zip(bound.agent.get(place as usize));
            if let Some((def, value)) = told {
                put(policy, &mut facts.agent, def, value);
            }
        }
    }
    facts.state = readings(policy, bound);
    facts
}

fn put(policy: &TypedPolicy, fields: &mut RawFields, def: &FieldDef, value: &Attribute) {
    fields.retain(|(name, _)| *name != def.name);
    fields.extend(raw(policy, value).map(|value| (def.name.clone(), value)));
}

fn readings(policy: &TypedPolicy, bound: &Bound) -> RawFields {
    let mut state = RawFields::new();
    for (id, places) in &policy.state.footprints.of(bound.action).reads {
        let Some(item) = policy.state.items.get(id.0 as usize) else { continue };
        let of = |place: &u32| {
            let reading = item.readings.iter().find(|reading| reading.place == *place)?;
            let value = raw(policy, bound.readings.get(policy, *place as usize))?;
            Some((Arc::<str>::from(item.part_name(reading.part)), value))
        };
        let parts: RawFields = places.iter().filter_map(of).collect();
        state.push((item.name.clone(), Raw::Object(parts)));
    }
    state
}

/// As a host would send it; nothing where it is absent.
fn raw(policy: &TypedPolicy, value: &Attribute) -> Option<Raw> {
    match value {
        Ok(value) => to_raw(value.as_ref()?, &policy.types),
        Err(fault) => Some(Raw::Unavailable(fault.detail.to_string().into())),
    }
}
