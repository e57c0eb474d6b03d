//! A request with its facts, by the schemas of a policy.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use super::{ReadContext, Readings, field, leaves};
use crate::action_name;
use crate::check::typed::{ActionDef, ActionId, FactGroup, FlagId, Scope, TypedPolicy};
use crate::decision::DecisionError;
use crate::facts::Facts;
use crate::raw::{Raw, RawFields, get};
use crate::request::Request;
use crate::types::{EntityTypeId, EnumId, FieldDef, Origin};
use crate::value::time::calendar;
use crate::value::{EntityRef, Evaluated, Fault, FaultKind, Value, secrets};

pub use crate::entities::Attribute;

/// The key of a keyed flag's value for every key that is not listed.
const EVERY_OTHER_KEY: &str = "*";

/// So many names are compared with each other, more are hashed.
const FEW: usize = 12;

/// Why a request is refused before any item is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The parameter, where it is one.
    pub field: Option<Arc<str>>,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Refusal {
    fn new(field: &str, kind: FaultKind, detail: impl Into<Arc<str>>) -> Self {
        Self { field: Some(field.into()), fault: Fault::new(kind, detail) }
    }

    /// As a decision shows it.
    #[must_use]
    pub fn to_error(&self) -> DecisionError {
        let message = match &self.field {
            Some(field) => format!("`{}`: {}.", field.chars().take(64).collect::<String>(), self.fault.detail),
            None => format!("The request is refused: {}.", self.fault.detail),
        };
        let field = self.field.as_ref().map(ToString::to_string);
        DecisionError { code: self.fault.kind.code(), message, item: None, field, span: None }
    }
}

/// Memory of a request that was read, with nothing in it.
#[derive(Debug, Default)]
pub struct Spare {
    fields: Vec<Attribute>,
    groups: [Vec<Attribute>; 3],
    readings: Readings,
    refusals: Vec<Refusal>,
    dropped: Vec<Arc<str>>,
    given: Vec<(Arc<str>, Raw)>,
}

/// What stands where nobody has said anything yet.
static UNSAID: LazyLock<Attribute> = LazyLock::new(|| Err(Fault::new(FaultKind::Missing, "nobody has told it yet")));

/// A request and its facts as one policy sees them: every value typed, or a fault in its place.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The declared action; none where nobody declares the name.
    pub action: Option<ActionId>,
    /// Its full name, aliases replaced.
    pub name: Arc<str>,
    /// Its fields, by their places in [`ActionDef::fields`].
    pub fields: Vec<Attribute>,
    /// Facts by their places in the schemas.
    pub agent: Vec<Attribute>,
    /// Facts by their places in the schemas.
    pub session: Vec<Attribute>,
    /// Facts by their places in the schemas.
    pub env: Vec<Attribute>,
    /// What the host says of state.
    pub readings: Readings,
    /// The time of the snapshot, in microseconds since the Unix epoch.
    pub now: Option<i64>,
    /// `Agent(agent.id)`
    pub principal: Result<EntityRef, Fault>,
    /// Why the request is refused, sorted; empty where it is judged.
    pub refusals: Vec<Refusal>,
    /// Claims and facts that nobody declares: they were dropped.
    pub dropped: Vec<Arc<str>>,
    /// Parameters and claims as they came, for the scan for secrets.
    pub given: Vec<(Arc<str>, Raw)>,
    flags: Arc<RawFields>,
}

impl Bound {
    /// Reads a request and its facts.
    #[must_use]
    pub fn new(policy: &TypedPolicy, request: &Request, facts: &Facts) -> Self {
        let mut spare = Spare::default();
        for fields in [&facts.flags, &facts.state] {
            twice(fields, &mut spare.refusals);
        }
        let action = policy.action(&request.action);
        let flags = Arc::new(facts.flags.clone());
        let mut bound = Self::of(policy, action, (request, facts), flags, &[], spare);
        // A clock beyond the calendar tells no time: reading it is an error.
        bound.now = facts.now.filter(|now| (calendar().0..=calendar().1).contains(now));
        bound.readings = Readings::read(policy, &facts.state);
        bound
    }

    /// Reads a request for a governor, which knows flags, state, trust and time itself: what the facts say of these is
    /// passed over. Readings are still to be told, and so is trust. The action is the one of that name or alias, where
    /// there is one.
    #[must_use]
    pub fn governed(
        policy: &TypedPolicy,
        action: Option<ActionId>,
        (request, facts): (&Request, &Facts),
        flags: Arc<RawFields>,
        now: i64,
        spare: Spare,
    ) -> Self {
        let trust = policy.state.trust.as_ref().map(|trust| trust.facts).unwrap_or_default();
        let told = [trust.score, trust.frozen, trust.level];
        let mut bound = Self::of(policy, action, (request, facts), flags, &told, spare);
        bound.now = Some(now).filter(|now| (calendar().0..=calendar().1).contains(now));
        bound
    }

    /// Reads what comes with a request, but for state, time and those facts of the agent that others tell.
    fn of(
        policy: &TypedPolicy,
        action: Option<ActionId>,
        (request, facts): (&Request, &Facts),
        flags: Arc<RawFields>,
        told: &[Option<u32>],
        spare: Spare,
    ) -> Self {
        let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
        let Spare { mut fields, groups: [mut agent, mut session, mut env], readings, mut given, .. } = spare;
        let (mut refusals, mut dropped) = (spare.refusals, spare.dropped);
        let def = action.map(|id| policy.action_def(id));
        // The policy's own text would be counted by all threads at once.
        let name = match def {
            Some(def) if def.name != request.action => Arc::from(&*def.name),
            Some(_) | None => request.action.clone(),
        };
        malformed(request, facts, &mut refusals);
        if let Some(def) = def {
            let unknown = request.params.iter().filter_map(|(name, _)| not_a_parameter(def, name));
            refusals.extend(unknown);
        }
        read_fields(def.unwrap_or(&policy.undeclared), request, facts, &cx, (&mut fields, &mut refusals));
        if let Some(def) = def {
            report_undeclared(def, request, facts, &mut dropped);
        }
        let mut group = |group: FactGroup, given: &RawFields, into: &mut Vec<Attribute>| {
            let defs = policy.facts.group(group);
            let unknown = given.iter().filter(|(n, _)| !defs.iter().any(|d| d.name == *n));
            dropped.extend(unknown.map(|(n, _)| Arc::from(format!("{}.{n}", group.name()))));
            let told = if group == FactGroup::Agent { told } else { &[] };
            into.extend((0..).zip(defs).map(|(place, def)| {
                if told.contains(&Some(place)) { UNSAID.clone() } else { fact(def, group, get(given, &def.name), &cx) }
            }));
        };
        group(FactGroup::Agent, &facts.agent, &mut agent);
        group(FactGroup::Session, &facts.session, &mut session);
        group(FactGroup::Env, &facts.env, &mut env);
        refusals.sort();
        dropped.sort();
        given.extend(request.params.iter().chain(&request.claims).cloned());
        Self {
            action,
            principal: principal(agent.first()),
            name,
            fields,
            agent,
            session,
            env,
            now: None,
            refusals,
            dropped,
            given,
            flags,
            readings,
        }
    }

    /// Its memory, emptied: for the next request.
    #[must_use]
    pub fn into_spare(self) -> Spare {
        let Self { fields, agent, session, env, readings, refusals, dropped, given, .. } = self;
        let mut spare = Spare { fields, groups: [agent, session, env], readings, refusals, dropped, given };
        spare.fields.clear();
        spare.groups.iter_mut().for_each(Vec::clear);
        spare.readings.clear();
        spare.refusals.clear();
        spare.dropped.clear();
        spare.given.clear();
        spare
    }

    /// A field of the action.
    ///
    /// # Errors
    /// The fault that stands in it, or that the action is undeclared and has no fields.
    pub fn field(&self, policy: &TypedPolicy, name: &str) -> Attribute {
        let def = self.action.map_or(&policy.undeclared, |action| policy.action_def(action));
        match def.fields.binary_search_by(|f| (*f.name).cmp(name)) {
            Ok(place) => self.fields.get(place).map_or(Ok(None), Clone::clone),
            // Where a pattern matches actions without the field, only `has` and `??` ask for it.
            Err(_) if self.action.is_some() => Ok(None),
            Err(_) => Err(Fault::new(FaultKind::NotOnAction, "the action is not declared, so it has no such field")),
        }
    }

    /// A fact, by its place in its group.
    ///
    /// # Errors
    /// The fault that stands in it.
    pub fn fact(&self, policy: &TypedPolicy, group: FactGroup, place: u32) -> Attribute {
        let values = match group {
            FactGroup::Agent => &self.agent,
            FactGroup::Session => &self.session,
            FactGroup::Env => &self.env,
            FactGroup::State => return self.readings.get(policy, place as usize).clone(),
        };
        let missing = || Err(Fault::new(FaultKind::Missing, "the facts were read for another policy"));
        values.get(place as usize).cloned().unwrap_or_else(missing)
    }

    /// A flag under its keys.
    ///
    /// # Errors
    /// Where the host gave none, or none that its type can hold.
    pub fn flag(&self, policy: &TypedPolicy, id: FlagId, keys: &[Value]) -> Attribute {
        flag(policy, &self.flags, id, keys)
    }

    /// The kinds of secrets in the texts of a value, or in those of all parameters and claims: a set.
    ///
    /// # Errors
    /// Where a part cannot be told, or there is more text than is scanned.
    pub fn secrets(&self, of: Option<&Value>) -> Evaluated {
        secrets_in(of, &self.given)
    }

    /// Whether an item with this scope is about the request.
    #[must_use]
    pub fn is_about(&self, scope: &Scope) -> bool {
        match self.action {
            Some(id) => scope.actions.binary_search(&id).is_ok(),
            // Bytes are bytes: a name that is not well formed is reached by floors like any other.
            None => scope.undeclared.as_ref().is_some_and(|patterns| patterns.matches(&self.name)),
        }
    }
}

/// A flag under its keys, among those that the host gave.
pub(crate) fn flag(policy: &TypedPolicy, flags: &RawFields, id: FlagId, keys: &[Value]) -> Attribute {
    let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
    let def = &policy.flags[id.0 as usize];
    let mut raw = get(flags, &def.name);
    if !keys.is_empty() && !matches!(raw, None | Some(Raw::Unavailable(_))) {
        let Some(Raw::Object(members)) = raw else {
            return Err(Fault::new(FaultKind::IllTyped, "expected an object by key"));
        };
        let key = flag_key(policy, keys)?;
        raw = get(members, &key).or_else(|| get(members, EVERY_OTHER_KEY));
    }
    match raw {
        Some(raw) => field::read(&def.ty, raw, &cx).map(Some),
        None => Err(Fault::new(FaultKind::Missing, "the host did not say how it stands")),
    }
}

/// The kinds of secrets in the texts of a value, or in those of all that was given: a set.
pub(crate) fn secrets_in(of: Option<&Value>, given: &[(Arc<str>, Raw)]) -> Evaluated {
    let texts = of.map_or_else(|| leaves::of_fields(given), leaves::of_value)?;
    let found = secrets::scan_all(texts.iter().map(|t| &**t))?;
    let kinds = found.kinds().iter().map(|kind| Value::Enum(EnumId::SECRET_KIND, *kind));
    Ok(Value::set(kinds.collect()))
}

/// What forbids to judge a request at all, whatever its action.
fn malformed(request: &Request, facts: &Facts, refusals: &mut Vec<Refusal>) {
    if request.action.len() > action_name::MAX_NAME_BYTES {
        let detail = format!("the name of the action is longer than {} bytes", action_name::MAX_NAME_BYTES);
        refusals.push(Refusal { field: None, fault: Fault::new(FaultKind::LimitExceeded, detail) });
    }
    let from_agent = [&request.params, &request.claims];
    let from_host = [&facts.agent, &facts.session, &facts.env, &facts.observed];
    for fields in from_agent.into_iter().chain(from_host) {
        twice(fields, refusals);
    }
}

/// Fields that are given more than once.
fn twice(fields: &RawFields, refusals: &mut Vec<Refusal>) {
    let mut refuse =
        |name: &Arc<str>| refusals.push(Refusal::new(name, FaultKind::Malformed, "the field is given twice"));
    if fields.len() <= FEW {
        // Comparing a few names costs less than hashing them.
        for (place, (name, _)) in fields.iter().enumerate() {
            if fields[..place].iter().any(|(earlier, _)| earlier == name) {
                refuse(name);
            }
        }
        return;
    }
    let mut seen = HashSet::new();
    fields.iter().filter(|(name, _)| !seen.insert(name)).for_each(|(name, _)| refuse(name));
}

/// The fields of a declared action. Parameters that cannot be read refuse the request.
fn read_fields(
    def: &ActionDef,
    request: &Request,
    facts: &Facts,
    cx: &ReadContext<'_>,
    (fields, refusals): (&mut Vec<Attribute>, &mut Vec<Refusal>),
) {
    let read = |field: &FieldDef| match field.origin {
        Origin::Parameter => match (get(&request.params, &field.name), &field.default) {
            (None, Some(default)) => Ok(Some(default.clone())),
            (raw, _) => field::of_field(field, raw, cx),
        },
        Origin::Claimed => field::of_field(field, get(&request.claims, &field.name), cx),
        Origin::Observed => field::of_field(field, get(&facts.observed, &field.name), cx),
    };
    fields.extend(def.fields.iter().map(read));
    for (field, value) in def.fields.iter().zip(&*fields) {
        match (field.origin, field::ill(value)) {
            (Origin::Parameter, Some(fault)) => {
                refusals.push(Refusal { field: Some(field.name.clone()), fault: fault.clone() });
            }
            (Origin::Parameter | Origin::Claimed | Origin::Observed, _) => {}
        }
    }
}

fn not_a_parameter(def: &ActionDef, name: &str) -> Option<Refusal> {
    let detail = match def.field(name).map(|f| f.origin) {
        Some(Origin::Parameter) => return None,
        Some(Origin::Claimed) => "it is a claim, not a parameter".to_string(),
        Some(Origin::Observed) => "it is observed by the host, not a parameter".to_string(),
        None => format!("{} has no such parameter", def.name),
    };
    Some(Refusal::new(name, FaultKind::UnknownField, detail))
}

fn report_undeclared(def: &ActionDef, request: &Request, facts: &Facts, dropped: &mut Vec<Arc<str>>) {
    let mut report = |fields: &RawFields, origin: Origin| {
        let unknown = fields.iter().filter(|(n, _)| def.field(n).is_none_or(|f| f.origin != origin));
        dropped.extend(unknown.map(|(n, _)| n.clone()));
    };
    report(&request.claims, Origin::Claimed);
    report(&facts.observed, Origin::Observed);
}

/// A fact. `agent.kind` has no other way to be known, so a host that does not say it has a fault there.
pub(crate) fn fact(def: &FieldDef, group: FactGroup, raw: Option<&Raw>, cx: &ReadContext<'_>) -> Attribute {
    match (group, field::of_field(def, raw, cx)) {
        (FactGroup::Agent, Ok(Some(Value::Str(id)))) if &*def.name == "id" && id.is_empty() => {
            Err(Fault::new(FaultKind::IllTyped, "an agent's id is not empty"))
        }
        (_, read) => read,
    }
}

fn principal(id: Option<&Attribute>) -> Result<EntityRef, Fault> {
    match id {
        Some(Ok(Some(Value::Str(id)))) => Ok(EntityRef { ty: EntityTypeId::AGENT, id: id.clone() }),
        Some(Err(fault)) => Err(fault.clone()),
        Some(Ok(_)) | None => Err(Fault::new(FaultKind::Missing, "the agent's id is not there")),
    }
}

/// The key of a flag in its object: `a`, or `a/b` where it has two. A slash inside one of several keys
/// would make two different keys one, so it cannot be told.
fn flag_key(policy: &TypedPolicy, keys: &[Value]) -> Result<String, Fault> {
    let mut texts = Vec::new();
    for key in keys {
        let text = match key {
            Value::Enum(id, place) => policy.types.enum_def(*id).variants.get(*place as usize).map(|v| &**v),
            other => other.text(),
        };
        let text = text.ok_or_else(|| Fault::new(FaultKind::IllTyped, "the key is no text"))?;
        if keys.len() > 1 && text.contains('/') {
            return Err(Fault::new(FaultKind::Malformed, "a key of several holds a slash"));
        }
        texts.push(text);
    }
    Ok(texts.join("/"))
}
