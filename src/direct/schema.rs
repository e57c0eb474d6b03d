//! A policy's schemas in the form in which requests are read by them.

use std::sync::Arc;

use super::keys::Keys;
use crate::check::typed::{ActionDef, ActionId, FactGroup, TypedPolicy};
use crate::plan::hash::Table;
use crate::plan::{Answer, Plan, UnitId};
use crate::raw::{RawFields, to_raw};
use crate::reader::{ReadContext, Readings, add_flags, add_state, fact, read_field};
use crate::types::{EntityTypeId, EnumId, FieldDef, FieldType, Origin, Type};
use crate::value::time::Zone;

/// Schemas of all actions and facts of a policy. Made once, shared by all who read by them.
pub struct Schemas {
    /// Declared actions in their order, then that of an action that nobody declares.
    pub(super) actions: Vec<Action>,
    names: Table<Box<str>, ActionId>,
    pub(super) agent: Group,
    pub(super) session: Group,
    pub(super) env: Group,
    /// Members of a request, in the order of [`Member`].
    pub(super) members: Keys,
    /// Members of `facts`, in the order of [`Part`].
    pub(super) parts: Keys,
    /// Flags where a request says nothing of them and start values are taken.
    pub(super) start_flags: RawFields,
    /// State where a request says nothing of it and start values are taken, and where they are not.
    pub(super) start_readings: Readings,
    pub(super) no_readings: Readings,
    pub(super) utc: Zone,
}

/// An action's fields.
pub(super) struct Action {
    /// Its full name; none where nobody declares it.
    pub(super) name: Option<Arc<str>>,
    /// Its unit in the plan; none where nobody declares it.
    pub(super) unit: Option<UnitId>,
    pub(super) fields: Vec<Entry>,
    pub(super) params: Keys,
    pub(super) claims: Keys,
    pub(super) observed: Keys,
    /// How many parameters must be there.
    pub(super) required: usize,
}

/// Facts of a group.
pub(super) struct Group {
    pub(super) entries: Vec<Entry>,
    pub(super) keys: Keys,
}

/// A field or a fact.
pub(super) struct Entry {
    pub(super) shape: Shape,
    pub(super) ty: FieldType,
    /// Whether what is ill-typed refuses the request.
    pub(super) parameter: bool,
    /// Whether the request is refused without it.
    pub(super) required: bool,
    /// What it is where nothing is given.
    pub(super) unset: Answer,
    /// What it is where nothing is given and start values are taken.
    pub(super) start: Option<Answer>,
}

/// How a value is read without a value in between.
pub(super) enum Shape {
    Bool,
    Int,
    Decimal,
    Ratio,
    String,
    /// A variant by its name.
    Enum(EnumId, Vec<Arc<str>>),
    /// Any id of an entity type whose ids are open.
    Entity(EntityTypeId),
    /// By the definition.
    Other,
}

/// Members of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Agent,
    Action,
    Params,
    Claims,
    Observed,
    Facts,
    Now,
}

impl Member {
    pub(super) const ALL: [(Self, &'static str); 7] = [
        (Self::Agent, "agent"),
        (Self::Action, "action"),
        (Self::Params, "params"),
        (Self::Claims, "claims"),
        (Self::Observed, "observed"),
        (Self::Facts, "facts"),
        (Self::Now, "now"),
    ];
}

/// Members of `facts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Agent,
    Session,
    Env,
    Flags,
    State,
    Entities,
}

impl Part {
    pub(super) const ALL: [(Self, &'static str); 6] = [
        (Self::Agent, "agent"),
        (Self::Session, "session"),
        (Self::Env, "env"),
        (Self::Flags, "flags"),
        (Self::State, "state"),
        (Self::Entities, "entities"),
    ];
}

impl std::fmt::Debug for Schemas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schemas").field("actions", &(self.actions.len() - 1)).finish_non_exhaustive()
    }
}

impl Schemas {
    /// The schemas of a policy and its plan.
    #[must_use]
    pub fn new(policy: &TypedPolicy, plan: &Plan) -> Self {
        let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
        let declared = policy.actions.iter().map(|def| Action::new(def, plan.declared(&def.name), &cx));
        let undeclared = Action::new(&policy.undeclared, None, &cx);
        let names = policy.actions.iter().zip(0..).map(|(def, place)| (&def.name, ActionId(place)));
        let aliases = policy.aliases.iter().map(|(alias, id)| (alias, *id));
        // A name goes before an alias of the same spelling.
        let all = aliases.chain(names).map(|(name, id)| ((**name).into(), id));
        let group = |of: FactGroup| Group::new(policy.facts.group(of), of, &cx);
        let mut start_flags = RawFields::new();
        add_flags(&mut start_flags, policy);
        let mut start_state = RawFields::new();
        add_state(&mut start_state, policy);
        Self {
            actions: declared.chain([undeclared]).collect(),
            names: all.collect(),
            agent: group(FactGroup::Agent),
            session: group(FactGroup::Session),
            env: group(FactGroup::Env),
            members: Keys::new(Member::ALL.iter().enumerate().map(|(place, (_, name))| (place, *name))),
            parts: Keys::new(Part::ALL.iter().enumerate().map(|(place, (_, name))| (place, *name))),
            start_flags,
            start_readings: Readings::read(policy, &start_state),
            no_readings: Readings::default(),
            utc: Zone::utc(),
        }
    }

    /// The place of the schema of an action.
    #[inline]
    pub(super) fn place_of(&self, name: &str) -> usize {
        self.names.get(name).map_or(self.actions.len() - 1, |id| id.0 as usize)
    }

    /// The schema at a place.
    #[inline]
    pub(super) fn action(&self, place: usize) -> &Action {
        &self.actions[place]
    }

    /// A group of facts that are read by schema; readings of state are not.
    #[inline]
    pub(super) fn group(&self, of: FactGroup) -> Option<&Group> {
        match of {
            FactGroup::Agent => Some(&self.agent),
            FactGroup::Session => Some(&self.session),
            FactGroup::Env => Some(&self.env),
            FactGroup::State => None,
        }
    }
}

impl Action {
    fn new(def: &ActionDef, unit: Option<UnitId>, cx: &ReadContext<'_>) -> Self {
        let keys = |origin: Origin| {
            let all = def.fields.iter().enumerate();
            Keys::new(all.filter(|(_, f)| f.origin == origin).map(|(place, f)| (place, &*f.name)))
        };
        let fields: Vec<Entry> = def.fields.iter().map(|f| Entry::field(f, cx)).collect();
        Self {
            name: unit.map(|_| def.name.clone()),
            unit,
            params: keys(Origin::Parameter),
            claims: keys(Origin::Claimed),
            observed: keys(Origin::Observed),
            required: fields.iter().filter(|e| e.required).count(),
            fields,
        }
    }
}

impl Group {
    fn new(defs: &[FieldDef], of: FactGroup, cx: &ReadContext<'_>) -> Self {
        Self {
            entries: defs.iter().map(|def| Entry::fact(def, of, cx)).collect(),
            keys: Keys::new(defs.iter().enumerate().map(|(place, def)| (place, &*def.name))),
        }
    }
}

impl Entry {
    fn field(def: &FieldDef, cx: &ReadContext<'_>) -> Self {
        let parameter = def.origin == Origin::Parameter;
        let unset = match &def.default {
            Some(default) if parameter => Ok(Some(default.clone())),
            Some(_) | None => read_field(def, None, cx),
        };
        let required = parameter && unset.is_err();
        Self { shape: Shape::of(&def.ty.ty, cx), ty: def.ty.clone(), parameter, required, unset, start: None }
    }

    fn fact(def: &FieldDef, group: FactGroup, cx: &ReadContext<'_>) -> Self {
        let start = def.default.as_ref().and_then(|value| to_raw(value, cx.types));
        Self {
            shape: Shape::of(&def.ty.ty, cx),
            ty: def.ty.clone(),
            parameter: false,
            required: false,
            unset: fact(def, group, None, cx),
            start: start.map(|raw| fact(def, group, Some(&raw), cx)),
        }
    }
}

impl Shape {
    fn of(ty: &Type, cx: &ReadContext<'_>) -> Self {
        match ty.required() {
            Type::Bool => Self::Bool,
            Type::Int => Self::Int,
            Type::Decimal => Self::Decimal,
            Type::Ratio => Self::Ratio,
            Type::String => Self::String,
            Type::Enum(id) => Self::Enum(*id, cx.types.enum_def(*id).variants.clone()),
            Type::Entity(id) if cx.types.entity(*id).ids.is_none() => Self::Entity(*id),
            Type::Entity(_)
            | Type::Percent
            | Type::Duration
            | Type::Timestamp
            | Type::TimeOfDay
            | Type::Semver
            | Type::Ip
            | Type::Cidr
            | Type::Url
            | Type::Host
            | Type::Path
            | Type::Ref
            | Type::Command
            | Type::SimpleCommand
            | Type::Record(_)
            | Type::List(_)
            | Type::Set(_)
            | Type::Map(_)
            | Type::Optional(_)
            | Type::Range(_)
            | Type::Globs
            | Type::Regexes
            | Type::CivilTime => Self::Other,
        }
    }
}
