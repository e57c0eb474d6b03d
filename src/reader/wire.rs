//! The JSON form of a request with its facts, as `aasc eval` and its kin take it.
//!
//! ```json
//! { "agent": { "id": "devops-1", "in": ["Role.ops"] }, "action": "deploy.staging",
//!   "params": {}, "claims": {}, "observed": {},
//!   "facts": { "agent": {}, "session": {}, "env": {}, "flags": {}, "state": {}, "entities": [] },
//!   "now": "2026-11-18T12:00:00Z" }
//! ```
//!
//! Only `agent` and `action` are required; a member that is not of this form is an error, so that a
//! misspelt one is never taken for an absent one. A fact that could not be obtained is written
//! `{"$unavailable": "why"}`. The whole comes from a host or a test: an agent supplies `action`, `params`
//! and `claims` at most, and a serving face takes nothing else from it.

use std::fmt;
use std::sync::Arc;

use crate::action_name;
use crate::check::typed::{RawEntity, TypedPolicy};
use crate::facts::Facts;
use crate::json::{self, JsonError};
use crate::raw::{Raw, RawFields, get};
use crate::request::Request;
use crate::types::Origin;
use crate::value::time::{self, Zone};

/// Whether `"fields"` may stand instead of `params`, `claims` and `observed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// The sender says what is a parameter, a claim or observed: the only way for a serving face.
    Strict,
    /// Fields are placed by the origin that the policy declares: for tests and imports.
    Tests,
}

/// A request as it came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// What is asked.
    pub request: Request,
    /// What the host knows.
    pub facts: Facts,
    /// Entities, the principal's own included where its memberships were given.
    pub entities: Vec<RawEntity>,
    /// Fields that nobody declares, when fields were placed.
    pub warnings: Vec<String>,
}

/// Why a text is no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
    /// It is no JSON, or too much of it.
    Json(JsonError),
    /// It is JSON of another form.
    Form {
        /// The member that is wrong: `facts.env`.
        at: String,
        /// What is wrong with it, as half a sentence.
        message: String,
    },
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(e) => write!(f, "{e}"),
            Self::Form { at, message } => write!(f, "`{at}`: {message}"),
        }
    }
}

impl std::error::Error for WireError {}

type Read<T> = Result<T, WireError>;

fn wrong<T>(at: &str, message: impl Into<String>) -> Read<T> {
    Err(WireError::Form { at: at.into(), message: message.into() })
}

/// Reads a request from text.
///
/// # Errors
/// Where the text is no JSON or has another form; nothing of it is used then.
pub fn request(policy: &TypedPolicy, text: &str, placement: Placement) -> Read<Incoming> {
    request_of(policy, &json::parse(text).map_err(WireError::Json)?, placement)
}

/// Reads a request from a value that was read already.
///
/// # Errors
/// Where it has another form.
pub fn request_of(policy: &TypedPolicy, raw: &Raw, placement: Placement) -> Read<Incoming> {
    let (top, action) = head(raw)?;
    let mut incoming =
        Incoming { request: Request::new(action), facts: Facts::default(), entities: Vec::new(), warnings: Vec::new() };
    incoming.request.params = fields(top, "params", "")?;
    incoming.request.claims = fields(top, "claims", "")?;
    incoming.facts.observed = host_fields(top, "observed", "")?;
    if let Some(facts) = get(top, "facts") {
        read_facts(facts, &mut incoming)?;
    }
    agent(top, &mut incoming)?;
    if let Some(given) = get(top, "fields") {
        place(policy, given, placement, top, &mut incoming)?;
    }
    incoming.facts.now = match get(top, "now") {
        None => None,
        Some(Raw::Text(text)) => match time::timestamp(text, &Zone::utc()) {
            Ok(now) => Some(now),
            Err(fault) => return wrong("now", fault.detail.to_string()),
        },
        Some(other) => {
            return wrong("now", format!("expected a time such as \"2026-11-18T12:00:00Z\", got {}", other.kind()));
        }
    };
    Ok(incoming)
}

/// The action of a request, for whoever must know it before there is a policy.
///
/// # Errors
/// Where the value has another form.
pub fn action_of(raw: &Raw) -> Read<&str> {
    head(raw).map(|(_, action)| &**action)
}

/// A request's members and its action.
fn head(raw: &Raw) -> Read<(&RawFields, &Arc<str>)> {
    const MEMBERS: [&str; 8] = ["agent", "action", "params", "claims", "observed", "fields", "facts", "now"];
    let top = object("request", raw)?;
    only(top, &MEMBERS, "")?;
    match get(top, "action") {
        Some(Raw::Text(action)) => Ok((top, action)),
        _ => wrong("action", "the name of the action is required, as a string"),
    }
}

fn read_facts(raw: &Raw, incoming: &mut Incoming) -> Read<()> {
    let groups = object("facts", raw)?;
    only(groups, &["agent", "session", "env", "flags", "state", "entities"], "facts.")?;
    incoming.facts.agent = host_fields(groups, "agent", "facts.")?;
    incoming.facts.session = host_fields(groups, "session", "facts.")?;
    incoming.facts.env = host_fields(groups, "env", "facts.")?;
    incoming.facts.flags = host_fields(groups, "flags", "facts.")?;
    incoming.facts.state = host_fields(groups, "state", "facts.")?;
    if let Some(raw) = get(groups, "entities") {
        incoming.entities = entities("facts.entities", raw)?;
    }
    Ok(())
}

/// `agent` with its id, further facts and memberships.
fn agent(top: &RawFields, incoming: &mut Incoming) -> Read<()> {
    let Some(raw) = get(top, "agent") else {
        return wrong("agent", "the agent is required, as an object with an id");
    };
    let members = object("agent", raw)?;
    let Some(Raw::Text(id)) = get(members, "id") else {
        return wrong("agent.id", "the agent's id is required, as a string");
    };
    for (name, value) in members.iter().filter(|(name, _)| &**name != "in") {
        if get(&incoming.facts.agent, name).is_some() {
            return wrong(&format!("facts.agent.{name}"), "`agent` says this already");
        }
        incoming.facts.agent.push((name.clone(), unavailable(value)));
    }
    let Some(groups) = get(members, "in") else { return Ok(()) };
    let groups = parents("agent.in", groups)?;
    match incoming.entities.iter_mut().find(|e| &*e.ty == "Agent" && e.id == *id) {
        Some(own) => own.parents.extend(groups),
        None => incoming.entities.push(RawEntity {
            ty: "Agent".into(),
            id: id.clone(),
            parents: groups,
            attributes: Vec::new(),
        }),
    }
    Ok(())
}

/// Reads a list of entities: `[{"type", "id", "in": […], "attributes": {…}}]`.
///
/// # Errors
/// Where it has another form.
pub fn entities(at: &str, raw: &Raw) -> Read<Vec<RawEntity>> {
    let Raw::List(elements) = raw else {
        return wrong(at, format!("expected a list, got {}", raw.kind()));
    };
    let one = |(i, raw): (usize, &Raw)| {
        let at = format!("{at}[{i}]");
        let members = object(&at, raw)?;
        only(members, &["type", "id", "in", "attributes"], &format!("{at}."))?;
        let (Some(Raw::Text(ty)), Some(Raw::Text(id))) = (get(members, "type"), get(members, "id")) else {
            return wrong(&at, "an entity has a type and an id, both strings");
        };
        let lies_in = get(members, "in").map_or(Ok(Vec::new()), |groups| parents(&format!("{at}.in"), groups))?;
        let attributes = host_fields(members, "attributes", &format!("{at}."))?;
        Ok(RawEntity { ty: ty.clone(), id: id.clone(), parents: lies_in, attributes })
    };
    elements.iter().enumerate().map(one).collect()
}

/// `["Role.ops", {"type": "Team", "id": "builders"}]`
fn parents(at: &str, raw: &Raw) -> Read<Vec<(Arc<str>, Arc<str>)>> {
    let Raw::List(elements) = raw else {
        return wrong(at, format!("expected a list, got {}", raw.kind()));
    };
    let one = |raw: &Raw| match raw {
        Raw::Text(text) => match text.rsplit_once('.') {
            Some((ty, id)) if !ty.is_empty() && !id.is_empty() => Ok((ty.into(), id.into())),
            Some(_) | None => wrong(at, "write `Type.id`, or an object with type and id"),
        },
        Raw::Object(members) => match (members.len(), get(members, "type"), get(members, "id")) {
            (2, Some(Raw::Text(ty)), Some(Raw::Text(id))) => Ok((ty.clone(), id.clone())),
            _ => wrong(at, "an entity has a type and an id, both strings"),
        },
        Raw::Null | Raw::Bool(_) | Raw::Number(_) | Raw::List(_) | Raw::Unavailable(_) => {
            wrong(at, format!("expected `Type.id`, got {}", raw.kind()))
        }
    };
    elements.iter().map(one).collect()
}

/// Places `fields` by the origins that the action declares.
fn place(policy: &TypedPolicy, raw: &Raw, placement: Placement, top: &RawFields, incoming: &mut Incoming) -> Read<()> {
    if placement == Placement::Strict {
        return wrong("fields", "say which are params, claims and observed; placing them is for tests only");
    }
    if let Some(beside) = ["params", "claims", "observed"].into_iter().find(|name| get(top, name).is_some()) {
        return wrong("fields", format!("it stands instead of `{beside}`, not beside it"));
    }
    let action = policy.action(&incoming.request.action).map(|id| policy.action_def(id));
    for (name, value) in object("fields", raw)? {
        let def = action.unwrap_or(&policy.undeclared);
        match def.field(name).map(|f| f.origin) {
            // Parameters of an undeclared action have no schema: they are shown and scanned.
            None if action.is_none() => incoming.request.params.push((name.clone(), value.clone())),
            Some(Origin::Parameter) => incoming.request.params.push((name.clone(), value.clone())),
            Some(Origin::Claimed) => incoming.request.claims.push((name.clone(), value.clone())),
            Some(Origin::Observed) => incoming.facts.observed.push((name.clone(), unavailable(value))),
            None => incoming.warnings.push(format!("`{name}` is no field of {} and was left out.", def.name)),
        }
    }
    if action.is_none() && action_name::is_well_formed(&incoming.request.action) {
        incoming.warnings.push(format!("{} is not declared.", incoming.request.action));
    }
    Ok(())
}

fn object<'a>(at: &str, raw: &'a Raw) -> Read<&'a RawFields> {
    match raw {
        Raw::Object(members) => Ok(members),
        other => wrong(at, format!("expected an object, got {}", other.kind())),
    }
}

/// A member that must be an object where it is there.
fn fields(members: &RawFields, name: &str, prefix: &str) -> Read<RawFields> {
    get(members, name).map_or(Ok(Vec::new()), |raw| object(&format!("{prefix}{name}"), raw).cloned())
}

/// The same for what the host supplies, which may be unavailable field by field.
fn host_fields(members: &RawFields, name: &str, prefix: &str) -> Read<RawFields> {
    let fields = fields(members, name, prefix)?;
    Ok(fields.into_iter().map(|(name, value)| (name, unavailable(&value))).collect())
}

/// `{"$unavailable": "why"}` as what it means; anything else as it is.
pub(crate) fn unavailable(raw: &Raw) -> Raw {
    match raw {
        Raw::Object(members) if members.len() == 1 => match get(members, "$unavailable") {
            Some(Raw::Text(why)) => Raw::Unavailable(why.clone()),
            Some(_) | None => raw.clone(),
        },
        other => other.clone(),
    }
}

fn only(members: &RawFields, known: &[&str], prefix: &str) -> Read<()> {
    let Some((name, _)) = members.iter().find(|(name, _)| !known.contains(&&**name)) else {
        return Ok(());
    };
    let at = format!("{prefix}{}", name.chars().take(64).collect::<String>());
    match crate::diagnostic::nearest(name, known.iter().copied()).filter(|_| name.len() <= 64) {
        Some(near) => wrong(&at, format!("no such member; `{near}` is meant perhaps")),
        None => wrong(&at, format!("no such member; there are {}", known.join(", "))),
    }
}
