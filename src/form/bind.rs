//! Binding: which of a type's names stands where in a policy, and how it is read there.

use std::sync::Arc;

use super::card::{self, Cards};
use super::hot::Hot;
use super::{Fields, Given};
use crate::check::typed::{ActionDef, FactGroup, TypedPolicy};
use crate::facts::Facts;
use crate::plan::{Place, Program, Take, Unit, UnitId};
use crate::policy::{Policy, Tell};
use crate::raw::{Raw, RawFields, to_raw};
use crate::request::Request;
use crate::types::{EntityTypeId, FieldDef, Origin, Type};
use crate::value::Value;

/// Why a type cannot be bound to a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The name does not say where it belongs.
    #[error(
        "`{0}` is in no group: write `params.x`, `claims.x`, `observed.x`, `agent.x`, `session.x`, `env.x`, `flags.x`, `state.x` or `now`"
    )]
    NoGroup(String),
    /// The name stands twice.
    #[error("`{0}` stands twice among the names")]
    Twice(String),
    /// No part of the policy declares it.
    #[error("`{0}` is declared nowhere in the policy{hint}", hint = .1.as_ref().map(|near| format!("; `{near}` is")).unwrap_or_default())]
    Undeclared(String, Option<String>),
}

/// How requests about an action are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Where they lie.
    Quick,
    /// Through a request and facts.
    General,
}

/// How a name's value is read by its declared type.
#[derive(Clone, Debug)]
pub(super) enum How {
    /// A bool.
    Bool,
    /// A number within bounds.
    Number(i64, i64),
    /// A string within lengths, in characters.
    Text(u64, u64),
    /// An entity of a type with open ids.
    Entity(EntityTypeId),
    /// By the reader, as any value.
    Value,
}

/// A declared field and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// The place among the names; none where the type does not offer it.
    pub(super) name: Option<u32>,
    pub(super) how: How,
    /// What it is where it is not there.
    pub(super) absent: Missing,
    pub(super) def: FieldDef,
}

/// What a field is that is not given.
#[derive(Clone, Debug)]
pub(super) enum Missing {
    /// Absent, which is allowed.
    Absent,
    /// An error; of a parameter a refusal.
    Error,
    /// Its default.
    Default,
}

/// An action as a form sees it.
pub(super) struct BoundUnit {
    pub(super) mode: Mode,
    /// The action's name.
    pub(super) name: Arc<str>,
    /// Its fields in their order.
    pub(super) fields: Box<[Bound]>,
    /// Which of them are parameters that must be looked at before anything is decided.
    pub(super) checked: Box<[u32]>,
}

/// The hot ways of one action.
#[derive(Default)]
pub(super) struct HotUnit {
    /// To its tier alone.
    pub(super) tier: Option<Hot>,
    /// To its whole verdict.
    pub(super) whole: Option<Hot>,
    /// Native code that tells the tier.
    pub(super) tell: Option<Tell>,
}

/// A type's names in a policy.
pub(super) struct Bindings {
    names: Box<[Arc<str>]>,
    pub(super) units: Vec<BoundUnit>,
    /// The cards of units that have one.
    pub(super) cards: Cards,
    /// The hot way of each unit, where it has one and no card.
    pub(super) hot: Vec<HotUnit>,
    pub(super) agent: Vec<Bound>,
    pub(super) session: Vec<Bound>,
    pub(super) env: Vec<Bound>,
    pub(super) state: Vec<Bound>,
    pub(super) now: Option<u32>,
}

impl Bindings {
    /// `named`: the names are those that a type tells, in their order.
    pub(super) fn new(policy: &Policy, names: &[&str], named: bool) -> Result<Self, FormError> {
        Self::with_cards(policy, names, named, card::Making::new(policy.plan().default))
    }

    /// The same with cards of one's own making.
    pub(super) fn with_cards(
        policy: &Policy,
        names: &[&str],
        named: bool,
        mut cards: card::Making,
    ) -> Result<Self, FormError> {
        let typed = policy.typed();
        for (place, name) in names.iter().enumerate() {
            if names[..place].contains(name) {
                return Err(FormError::Twice((*name).into()));
            }
            declared(typed, name)?;
        }
        let facts = |group: FactGroup| -> Vec<Bound> {
            let one = |def: &FieldDef| {
                let mut bound = bind(names, &format!("{}.{}", group.name(), def.name), def);
                if group == FactGroup::Agent && &*def.name == "id" {
                    // An agent's id is not empty.
                    bound.how = How::Text(def.ty.length.0.max(1), def.ty.length.1);
                }
                bound
            };
            typed.facts.group(group).iter().map(one).collect()
        };
        let unit = |unit: &Unit| {
            let def = unit.action.map(|id| typed.action_def(id));
            let fields: Box<[Bound]> = def.map_or(&[][..], |def| &def.fields).iter().map(|f| field(names, f)).collect();
            let checked = (0..).zip(&fields).filter(|(_, f)| can_refuse(f)).map(|(place, _)| place).collect();
            let quick = def.is_some() && reads_places_only(unit);
            BoundUnit {
                mode: if quick { Mode::Quick } else { Mode::General },
                name: def.map_or_else(|| "".into(), |def| def.name.clone()),
                fields,
                checked,
            }
        };
        let units = policy.plan().units.iter().map(unit).collect();
        let [agent, session, env, state] = FactGroup::ALL.map(facts);
        let now = names.iter().position(|name| *name == "now").map(|place| place as u32);
        let names = names.iter().map(|name| Arc::from(*name)).collect();
        let default = policy.plan().default;
        let none = card::Making::new(default).made(&[], named);
        let mut made = Self { names, units, cards: none, hot: Vec::new(), agent, session, env, state, now };
        let hot = |(id, (bound, unit)): (UnitId, (&BoundUnit, &Unit))| {
            if bound.mode == Mode::General {
                cards.none();
                return HotUnit::default();
            }
            if cards.add(&made, bound, unit) {
                return HotUnit::default();
            }
            let all = unit.block.slots.len();
            HotUnit {
                tier: Hot::new(&typed.types, &made, bound, unit, unit.slots_for_tier),
                // With every slot, approvals too.
                whole: Hot::new(&typed.types, &made, bound, unit, all),
                tell: policy.tell(id),
            }
        };
        let units = (0..).map(UnitId).zip(made.units.iter().zip(&policy.plan().units));
        let hot = units.map(hot).collect();
        (made.hot, made.cards) = (hot, cards.made(&policy.plan().declared_names(), named));
        Ok(made)
    }

    pub(super) fn facts(&self, group: FactGroup) -> &[Bound] {
        match group {
            FactGroup::Agent => &self.agent,
            FactGroup::Session => &self.session,
            FactGroup::Env => &self.env,
            FactGroup::State => &self.state,
        }
    }

    /// The request and facts that a value stands for.
    pub(super) fn general<T: Fields>(&self, policy: &TypedPolicy, of: &T) -> (Request, Facts) {
        let action = policy.action(of.action()).map(|id| policy.action_def(id));
        let mut request = Request::new(of.action());
        let mut facts = Facts::default();
        for (place, name) in self.names.iter().enumerate() {
            let given = of.given(place);
            let Some((group, member)) = name.split_once('.') else {
                facts.now = if let Given::Number(now) = given { Some(now) } else { None };
                continue;
            };
            let def = match group {
                "params" => action.map(|def| field_of(def, member, Origin::Parameter)),
                "claims" => action.map(|def| field_of(def, member, Origin::Claimed)),
                "observed" => action.map(|def| field_of(def, member, Origin::Observed)),
                _ => Some(group_of(group).and_then(|group| find(policy.facts.group(group), member))),
            };
            let belongs = match (group, def) {
                // What a declared action does not declare is no part of its request.
                ("params" | "claims" | "observed", Some(None)) => false,
                (_, _) => true,
            };
            let Some(raw) = raw_of(given, def.flatten().map(|def| &def.ty.ty), policy).filter(|_| belongs) else {
                continue;
            };
            let into: &mut RawFields = match group {
                "params" => &mut request.params,
                "claims" => &mut request.claims,
                "observed" => &mut facts.observed,
                "agent" => &mut facts.agent,
                "session" => &mut facts.session,
                "env" => &mut facts.env,
                "flags" => &mut facts.flags,
                _ => &mut facts.state,
            };
            into.push((member.into(), raw));
        }
        (request, facts)
    }
}

fn group_of(word: &str) -> Option<FactGroup> {
    FactGroup::ALL.into_iter().find(|group| group.name() == word)
}

fn find<'a>(defs: &'a [FieldDef], name: &str) -> Option<&'a FieldDef> {
    defs.iter().find(|def| &*def.name == name)
}

fn field_of<'a>(def: &'a ActionDef, name: &str, origin: Origin) -> Option<&'a FieldDef> {
    def.field(name).filter(|field| field.origin == origin)
}

/// Whether something in the policy declares a name.
fn declared(policy: &TypedPolicy, name: &str) -> Result<(), FormError> {
    if name == "now" {
        return Ok(());
    }
    let Some((group, member)) = name.split_once('.') else { return Err(FormError::NoGroup(name.into())) };
    let origin = match group {
        "params" => Some(Origin::Parameter),
        "claims" => Some(Origin::Claimed),
        "observed" => Some(Origin::Observed),
        _ => None,
    };
    let known: Vec<String> = match (origin, group_of(group), group) {
        (Some(origin), ..) => {
            let fields = policy.actions.iter().flat_map(|action| &action.fields);
            fields.filter(|field| field.origin == origin).map(|field| field.name.to_string()).collect()
        }
        (None, Some(facts), _) => policy.facts.group(facts).iter().map(|def| def.name.to_string()).collect(),
        (None, None, "flags") => policy.flags.iter().map(|flag| flag.name.to_string()).collect(),
        // Stateful floors say how they stand under their qualified names.
        (None, None, "state") => return Ok(()),
        (None, None, _) => return Err(FormError::NoGroup(name.into())),
    };
    if known.iter().any(|one| one == member) {
        return Ok(());
    }
    let near =
        crate::diagnostic::nearest(member, known.iter().map(String::as_str)).map(|near| format!("{group}.{near}"));
    Err(FormError::Undeclared(name.into(), near))
}

fn field(names: &[&str], def: &FieldDef) -> Bound {
    let group = match def.origin {
        Origin::Parameter => "params",
        Origin::Claimed => "claims",
        Origin::Observed => "observed",
    };
    let mut bound = bind(names, &format!("{group}.{}", def.name), def);
    if def.origin == Origin::Parameter && def.default.is_some() {
        bound.absent = Missing::Default;
    }
    bound
}

fn bind(names: &[&str], name: &str, def: &FieldDef) -> Bound {
    let (least, greatest) = def.ty.range.unwrap_or((i64::MIN, i64::MAX));
    let how = match def.ty.ty.required() {
        Type::Bool => How::Bool,
        Type::Int | Type::Decimal | Type::Ratio | Type::Duration | Type::Timestamp | Type::TimeOfDay => {
            let (low, high) = bounds(def.ty.ty.required());
            How::Number(least.max(low), greatest.min(high))
        }
        Type::String => How::Text(def.ty.length.0, def.ty.length.1),
        Type::Entity(id) => How::Entity(*id),
        Type::Percent
        | Type::Semver
        | Type::Ip
        | Type::Cidr
        | Type::Url
        | Type::Host
        | Type::Path
        | Type::Ref
        | Type::Command
        | Type::SimpleCommand
        | Type::Enum(_)
        | Type::Record(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map(_)
        | Type::Optional(_)
        | Type::Range(_)
        | Type::Globs
        | Type::Regexes
        | Type::CivilTime => How::Value,
    };
    let absent = if def.ty.ty.is_optional() { Missing::Absent } else { Missing::Error };
    let name = names.iter().position(|n| *n == name).map(|place| place as u32);
    Bound { name, how, absent, def: def.clone() }
}

/// What a number of a type can be at all, in its own unit.
fn bounds(ty: &Type) -> (i64, i64) {
    match ty {
        Type::Ratio => (0, 1_000_000_000),
        Type::TimeOfDay => (0, 86_399),
        Type::Timestamp => crate::value::time::calendar(),
        _ => (i64::MIN, i64::MAX),
    }
}

/// Whether a parameter can refuse the request.
fn can_refuse(bound: &Bound) -> bool {
    bound.def.origin == Origin::Parameter
}

/// Whether everything that a unit reads stands at places that a form has.
fn reads_places_only(unit: &Unit) -> bool {
    let blocks = std::iter::once(&unit.block).chain(unit.loops.iter().map(|one| &one.body));
    let programs = blocks.flat_map(|block| &block.slots).filter(|slot| matches!(slot.take, Take::Program));
    let mut all =
        programs.map(|slot| &slot.program).chain(unit.runs.iter().flat_map(|run| run.arguments.iter().map(|(_, p)| p)));
    all.all(|program| program.all(&|one| !matches!(one, Program::Flag(..) | Program::Secrets { .. })))
}

/// An untyped value of what a name says; none where it is absent.
pub(super) fn raw_of(given: Given<'_>, ty: Option<&Type>, policy: &TypedPolicy) -> Option<Raw> {
    Some(match given {
        Given::Absent => return None,
        Given::Unavailable(why) => Raw::Unavailable(why.into()),
        Given::Bool(b) => Raw::Bool(b),
        Given::Text(text) => Raw::text(text),
        Given::Raw(raw) => raw.clone(),
        Given::Number(n) => {
            let value = match ty.map(Type::required) {
                Some(Type::Decimal) => Value::Decimal(n),
                Some(Type::Ratio) => Value::Ratio(n),
                Some(Type::Duration) => Value::Duration(n),
                Some(Type::Timestamp) => Value::Timestamp(n),
                Some(Type::TimeOfDay) => u32::try_from(n).map_or(Value::Int(n), Value::TimeOfDay),
                Some(_) | None => Value::Int(n),
            };
            to_raw(&value, &policy.types).unwrap_or_else(|| Raw::int(n))
        }
    })
}

/// Where a place of a plan is bound.
pub(super) fn at<'a>(bindings: &'a Bindings, unit: &'a BoundUnit, place: Place) -> Option<&'a Bound> {
    match place {
        Place::Field(place) => unit.fields.get(place as usize),
        Place::Fact(group, place) => bindings.facts(group).get(place as usize),
        Place::Principal => bindings.agent.first(),
        Place::Now => None,
    }
}
