//! An assert against requests made around the constants of the policy.
//!
//! For each action of the assert there is a usual request. What the assert's condition reads is tried in all
//! combinations where there are few; every other field and fact is varied alone, and after that several at
//! once, in an order that is the same in every run. Only requests that the assert's
//! condition is true of count. This is no proof: it finds what a person would try first.

use std::sync::Arc;

use super::candidates::Constants;
use crate::check::typed::{ActionDef, AssertClaim, FactGroup, RawEntity, TExprKind, TypedAssert, TypedPolicy};
use crate::decision::{Decision, Tier};
use crate::entities::Entities;
use crate::facts::Facts;
use crate::interp::{Evaluator, Scene, walk};
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
        let focus = focus(policy, assert, &axes);
        for choice in choices(&axes, &focus, budget) {
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

/// Places in the axes: first what the assert itself reads, in all combinations where there are few; then
/// each axis alone; then several at once. What the assert reads goes on varying all the while.
fn choices(axes: &[Axis], focus: &[usize], budget: usize) -> Vec<Vec<usize>> {
    let mut next = sequence();
    let asked = combinations(axes, focus, budget / 2, &mut next);
    let mut all = asked.clone();
    let mut add = |all: &mut Vec<Vec<usize>>, rest: &[(usize, usize)]| {
        let mut choice = asked.get(next() as usize % asked.len().max(1)).cloned().unwrap_or_default();
        rest.iter().for_each(|(axis, value)| choice[*axis] = *value);
        all.push(choice);
    };
    let others = || axes.iter().enumerate().filter(|(i, _)| !focus.contains(i));
    for (i, axis) in others() {
        (1..axis.len()).for_each(|value| add(&mut all, &[(i, value)]));
    }
    all.truncate(budget * 3 / 4);
    let mut random = sequence();
    while all.len() < budget.max(1) {
        // Half of the axes keep their usual value, so that most requests are readable and well-typed.
        let rest: Vec<(usize, usize)> = others()
            .filter_map(|(i, axis)| {
                let (whether, value) = (random() % 2 == 0, (random() % axis.len() as u64) as usize);
                whether.then_some((i, value))
            })
            .collect();
        add(&mut all, &rest);
    }
    all
}

/// Combinations of the axes that an assert reads, the others at their usual value: all of them, or `most`.
fn combinations(axes: &[Axis], focus: &[usize], most: usize, next: &mut impl FnMut() -> u64) -> Vec<Vec<usize>> {
    let usual = vec![0; axes.len()];
    let product = focus.iter().try_fold(1_usize, |n, i| n.checked_mul(axes[*i].len())).unwrap_or(usize::MAX);
    let mut all = vec![usual.clone()];
    if product <= most.max(1) {
        for i in focus {
            let longer = all.iter().flat_map(|choice| {
                (0..axes[*i].len()).map(move |value| {
                    let mut choice = choice.clone();
                    choice[*i] = value;
                    choice
                })
            });
            all = longer.collect();
        }
        return all;
    }
    while all.len() < most.max(1) {
        let mut choice = usual.clone();
        focus.iter().for_each(|i| choice[*i] = (next() % axes[*i].len() as u64) as usize);
        all.push(choice);
    }
    all
}

/// A fixed sequence of numbers: the same requests in every run.
fn sequence() -> impl FnMut() -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

/// The axes that an assert's condition reads.
fn focus(policy: &TypedPolicy, assert: &TypedAssert, axes: &[Axis]) -> Vec<usize> {
    let mut read: Vec<usize> = Vec::new();
    walk::visit(&assert.when, &mut |e| {
        let is_read = |slot: &Slot| match (&e.kind, slot) {
            (TExprKind::Field(name), Slot::Field(_, field)) => name == field,
            (TExprKind::SecretsFound(None), Slot::Field(origin, _)) => *origin != Origin::Observed,
            (TExprKind::Fact(group, place), Slot::Agent(name) | Slot::Session(name) | Slot::Env(name)) => {
                let same = match slot {
                    Slot::Agent(_) => *group == FactGroup::Agent,
                    Slot::Session(_) => *group == FactGroup::Session,
                    _ => *group == FactGroup::Env,
                };
                same && policy.facts.group(*group).get(*place as usize).is_some_and(|f| f.name == *name)
            }
            (TExprKind::Flag(id, _), Slot::Flag(name)) => policy.flags[id.0 as usize].name == *name,
            (TExprKind::Now, Slot::Now) | (TExprKind::Principal, Slot::Member) => true,
            _ => false,
        };
        read.extend(axes.iter().enumerate().filter(|(_, axis)| is_read(&axis.slot)).map(|(i, _)| i));
    });
    read.sort_unstable();
    read.dedup();
    read
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
