//! Start values, for tests, `aasc eval` and a governor's new agents: never taken by a decision itself.

use std::sync::Arc;

use crate::check::typed::TypedPolicy;
use crate::facts::Facts;
use crate::raw::to_raw;
use crate::raw::{Raw, RawFields};
use crate::types::{FieldDef, TypeTable};

/// The facts, with the declared start value of everything that they do not say. State starts empty: nothing has happened.
#[must_use]
pub fn with_start_values(policy: &TypedPolicy, facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    add(&mut facts.agent, &policy.facts.agent, &policy.types);
    add(&mut facts.session, &policy.facts.session, &policy.types);
    add(&mut facts.env, &policy.facts.env, &policy.types);
    add_flags(&mut facts.flags, policy);
    add_state(&mut facts.state, policy);
    facts
}

/// Adds what items tell to which nothing has happened, where nothing is said of them.
pub(crate) fn add_state(state: &mut RawFields, policy: &TypedPolicy) {
    let said = state.len();
    for def in &policy.facts.state {
        let Some((item, part)) = def.name.rsplit_once('.') else { continue };
        if state.iter().take(said).any(|(name, _)| **name == *item) {
            continue;
        }
        let Some(start) = def.default.as_ref().and_then(|value| to_raw(value, &policy.types)) else { continue };
        let part: (Arc<str>, Raw) = (part.into(), start);
        match state.last_mut() {
            // Readings are sorted by name, so those of an item stand together.
            Some((name, Raw::Object(parts))) if **name == *item => parts.push(part),
            _ => state.push((item.into(), Raw::Object(vec![part]))),
        }
    }
}

/// Adds the start values of flags that nothing is said of.
pub(crate) fn add_flags(flags: &mut RawFields, policy: &TypedPolicy) {
    for flag in &policy.flags {
        let Some(start) = flag.default.as_ref().and_then(|v| to_raw(v, &policy.types)) else { continue };
        let given = flags.iter_mut().find(|(n, _)| *n == flag.name);
        match (given, flag.keys.is_empty()) {
            (None, true) => flags.push((flag.name.clone(), start)),
            (None, false) => flags.push((flag.name.clone(), Raw::Object(vec![("*".into(), start)]))),
            (Some((_, Raw::Object(members))), false) => {
                if !members.iter().any(|(k, _)| &**k == "*") {
                    members.push(("*".into(), start));
                }
            }
            (Some(_), _) => {}
        }
    }
}

fn add(given: &mut RawFields, defs: &[FieldDef], types: &TypeTable) {
    for def in defs {
        let start = def.default.as_ref().and_then(|v| to_raw(v, types));
        if let (Some(start), false) = (start, given.iter().any(|(n, _)| *n == def.name)) {
            given.push((def.name.clone(), start));
        }
    }
}
