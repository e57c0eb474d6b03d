//! An assert against requests made around the constants of the policy.
//!
//! For each action of the assert there is a usual request; every field and fact is then varied alone, and
//! after that several at once, in an order that is the same in every run. Only requests that the assert's
//! condition is true of count. This is no proof: it finds what a person would try first.

use std::sync::Arc;

use super::candidates::Constants;
use crate::check::typed::{ActionDef, AssertClaim, RawEntity, TypedAssert, TypedPolicy};
use crate::decision::{Decision, Tier};
use crate::entities::Entities;
use crate::facts::Facts;
use crate::interp::{Evaluator, Scene};
use crate::raw::{Raw, RawFields};
use crate::reader::Bound;
use crate::request::Request;
use crate::types::{EntityTypeId, Origin};
use crate::value::EntityRef;

/// Noon UTC of Wednesday, 18 November 2026: the time of tests.
const NOON: i64 = 1_795_003_200_000_000;
const HOUR: i64 = 3_600_000_000;

/// What became of an assert.
#[derive(Clone, Debug)]
pub struct Exercised {
    /// Requests tried.
    pub tried: usize,
    /// Those that the assert is about.
    pub relevant: usize,
    /// The first that breaks it.
    pub broken: Option<Broken>,
}

/// A request that breaks an assert.
#[derive(Clone, Debug)]
pub struct Broken {
    /// What is asked.
    pub request: Request,
    /// What is known.
    pub facts: Facts,
    /// The answer.
    pub decision: Decision,
}

/// Where a value of a made-up request goes.
#[derive(Clone, Debug)]
enum Slot {
    Field(Origin, Arc<str>),
    Agent(Arc<str>),
    Session(Arc<str>),
    Env(Arc<str>),
    Flag(Arc<str>),
    Now,
    /// What the principal lies in.
    Member,
}

/// One dimension of a request: values to try, the usual one first.
struct Axis {
    slot: Slot,
    values: Vec<Option<Raw>>,
    groups: Vec<Option<EntityRef>>,
}

impl Axis {
    fn len(&self) -> usize {
        self.values.len().max(self.groups.len()).max(1)
    }
}

/// Tries an assert with at most `budget` requests an action. `decide` answers one request; an answer of
/// `None` ends the search, as where evaluators disagree.
pub fn exercise(
    policy: &TypedPolicy,
    assert: &TypedAssert,
    budget: usize,
    decide: &mut dyn FnMut(&Request, &Facts, &Entities) -> Option<Decision>,
) -> Exercised {
    let constants = Constants::of(policy, &assert.when);
    let mut result = Exercised { tried: 0, relevant: 0, broken: None };
    for action in &assert.scope.actions {
        let action = policy.action_def(*action);
        let axes = axes(policy, &constants, action);
        for choice in choices(&axes, budget) {
            let (request, facts, given) = make(policy, action, &axes, &choice);
            let Ok(entities) = Entities::prepare(&policy.types, &given, &policy.settings.zone) else { continue };
            result.tried += 1;
            if !is_about(policy, assert, &request, &facts, &entities) {
                continue;
            }
            result.relevant += 1;
            let Some(decision) = decide(&request, &facts, &entities) else { return result };
            if breaks(assert, decision.tier) {
                result.broken = Some(Broken { request, facts, decision });
                return result;
            }
        }
    }
    result
}

fn breaks(assert: &TypedAssert, tier: Tier) -> bool {
    match assert.claim {
        AssertClaim::Always => tier != assert.tier,
        AssertClaim::Never => tier == assert.tier,
        AssertClaim::NeverBelow => tier < assert.tier,
        AssertClaim::NeverAbove => tier > assert.tier,
    }
}

/// Whether the assert's condition is true of the request; where it errs, the assert says nothing.
fn is_about(policy: &TypedPolicy, assert: &TypedAssert, request: &Request, facts: &Facts, entities: &Entities) -> bool {
    let bound = Bound::new(policy, request, facts);
    let scene = Scene::new(policy, &bound, entities);
    matches!(Evaluator::new(scene).truth(&assert.when), Ok(true))
}

fn axes(policy: &TypedPolicy, constants: &Constants<'_>, action: &ActionDef) -> Vec<Axis> {
    let axis = |slot, values| Axis { slot, values, groups: Vec::new() };
    let unavailable = || Some(Raw::Unavailable("not obtained".into()));
    let mut axes = Vec::new();
    for field in &action.fields {
        let mut values = constants.field(field);
        if field.origin != Origin::Parameter {
            values.extend([None, unavailable()]);
        }
        axes.push(axis(Slot::Field(field.origin, field.name.clone()), values));
    }
    let groups: [(&[_], fn(Arc<str>) -> Slot); 3] =
        [(&policy.facts.agent, Slot::Agent), (&policy.facts.session, Slot::Session), (&policy.facts.env, Slot::Env)];
    for (fields, slot) in groups {
        for field in fields {
            let mut values = constants.field(field);
            let start = field.default.as_ref().and_then(|v| crate::raw::to_raw(v, &policy.types));
            if let Some(start) = start {
                values.insert(0, Some(start));
            }
            values.push(unavailable());
            axes.push(axis(slot(field.name.clone()), values));
        }
    }
    for flag in &policy.flags {
        let both = [flag.default.as_ref(), Some(&flag.strict)].into_iter().flatten();
        let values: Vec<Raw> = both.filter_map(|v| crate::raw::to_raw(v, &policy.types)).collect();
        let keyed = |raw: Raw| match flag.keys.is_empty() {
            true => raw,
            false => Raw::Object(vec![("*".into(), raw)]),
        };
        let values = values.into_iter().map(|raw| Some(keyed(raw))).chain([unavailable()]).collect();
        axes.push(axis(Slot::Flag(flag.name.clone()), values));
    }
    let times = (0..7 * 24).step_by(7).map(|hours| Some(Raw::int(NOON + hours * HOUR)));
    axes.push(axis(Slot::Now, times.chain([None]).collect()));
    axes.push(member_axis(policy, constants));
    axes
}

/// Groups that the principal may lie in.
fn member_axis(policy: &TypedPolicy, constants: &Constants<'_>) -> Axis {
    let parents = &policy.types.entity(EntityTypeId::AGENT).parents;
    let named = constants.entities().into_iter().filter(|e| e.ty != EntityTypeId::AGENT);
    let groups = named.filter(|e| parents.is_empty() || parents.contains(&e.ty)).map(Some);
    Axis { slot: Slot::Member, values: Vec::new(), groups: std::iter::once(None).chain(groups).collect() }
}

/// Places in the axes: the usual request, each axis alone, then several at once.
fn choices(axes: &[Axis], budget: usize) -> Vec<Vec<usize>> {
    let usual = vec![0; axes.len()];
    let mut all = vec![usual.clone()];
    for (i, axis) in axes.iter().enumerate() {
        for value in 1..axis.len() {
            let mut choice = usual.clone();
            choice[i] = value;
            all.push(choice);
        }
    }
    all.truncate(budget.max(1));
    // A fixed sequence: the same requests in every run.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    while all.len() < budget {
        // Half of the axes keep their usual value, so that most requests are readable and well-typed.
        let choice = axes.iter().map(|axis| match next() % 2 {
            0 => 0,
            _ => (next() % axis.len() as u64) as usize,
        });
        all.push(choice.collect());
    }
    all
}

fn make(policy: &TypedPolicy, action: &ActionDef, axes: &[Axis], choice: &[usize]) -> (Request, Facts, Vec<RawEntity>) {
    let mut request = Request::new(&action.name);
    let mut facts = Facts::default();
    let mut group = None;
    for (axis, place) in axes.iter().zip(choice) {
        if let Slot::Member = axis.slot {
            group = axis.groups.get(*place).cloned().flatten();
            continue;
        }
        let Some(Some(value)) = axis.values.get(*place).cloned() else { continue };
        let put = |fields: &mut RawFields, name: &Arc<str>| fields.push((name.clone(), value.clone()));
        match &axis.slot {
            Slot::Field(Origin::Parameter, name) => put(&mut request.params, name),
            Slot::Field(Origin::Claimed, name) => put(&mut request.claims, name),
            Slot::Field(Origin::Observed, name) => put(&mut facts.observed, name),
            Slot::Agent(name) => put(&mut facts.agent, name),
            Slot::Session(name) => put(&mut facts.session, name),
            Slot::Env(name) => put(&mut facts.env, name),
            Slot::Flag(name) => put(&mut facts.flags, name),
            Slot::Now => facts.now = if let Raw::Number(n) = &value { n.parse().ok() } else { None },
            Slot::Member => {}
        }
    }
    let id = match facts.agent.iter().find(|(name, _)| &**name == "id") {
        Some((_, Raw::Text(id))) => id.clone(),
        Some(_) | None => "agent-1".into(),
    };
    let name = |ty: EntityTypeId| policy.types.entity(ty).name.clone();
    let parents = group.into_iter().map(|g| (name(g.ty), g.id)).collect();
    let principal = RawEntity { ty: name(EntityTypeId::AGENT), id, parents, attributes: Vec::new() };
    (request, facts, vec![principal])
}
