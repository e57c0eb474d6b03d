//! A small change of the request or its facts that gives another tier.
//!
//! Candidates come from the policy: what a field is compared with, just below, at and just above; both
//! bools; every variant of an enum. One field is tried at a time, then two, until the work is used up.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::because::{MASKED, shown};
use super::{Scene, combine, judge, reads};
use crate::check::typed::{FactGroup, TExpr, TExprKind};
use crate::decision::{Decision, Obligation, Tier};
use crate::reader::Bound;
use crate::types::{FieldType, Type};
use crate::value::Value;
use crate::value::number::DECIMAL_ONE;
use crate::value::time::SECOND;

/// Most values that are tried for one field.
const MOST_VALUES: usize = 24;

/// A change that gives another tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The tier it gives.
    pub tier: Tier,
    /// What would be otherwise: one field or two.
    pub fields: Vec<ChangedField>,
}

/// A field that would be otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedField {
    /// The field or fact.
    pub field: String,
    /// How it is; `?` where it cannot be told, `nothing` where it is absent.
    pub is: String,
    /// How it would be.
    pub would_be: String,
}

/// A place that a change can be made at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Field(u32),
    Fact(FactGroup, u32),
    Now,
}

struct Candidate {
    slot: Slot,
    name: Arc<str>,
    value: Value,
}

/// At most one change a tier, and whether the work was used up before all were tried.
pub(super) fn changes(scene: &Scene<'_>, decision: &Decision, work: u32) -> (Vec<Change>, bool) {
    if work == 0 {
        return (Vec::new(), true);
    }
    let candidates = candidates(scene);
    let mut found: BTreeMap<Tier, Change> = BTreeMap::new();
    let mut left = work;
    let pairs = candidates.iter().enumerate().flat_map(|(i, a)| {
        let others = candidates[i + 1..].iter().filter(move |b| b.slot != a.slot);
        others.map(move |b| vec![a, b])
    });
    for (single, tried) in candidates.iter().map(|c| (true, vec![c])).chain(pairs.map(|pair| (false, pair))) {
        // Two fields are tried only where one alone gives nothing.
        if !single && !found.is_empty() {
            break;
        }
        if left == 0 {
            return (found.into_values().collect(), true);
        }
        left -= 1;
        let mut bound = scene.bound.clone();
        for candidate in &tried {
            set(&mut bound, candidate);
        }
        let changed = Scene { bound: &bound, warnings: 0, ..*scene };
        let tier = combine(scene.policy, &judge(&changed)).tier;
        if tier != decision.tier && !found.contains_key(&tier) {
            let fields = tried.iter().map(|c| changed_field(scene, decision, c)).collect();
            found.insert(tier, Change { tier, fields });
        }
    }
    (found.into_values().collect(), false)
}

fn set(bound: &mut Bound, candidate: &Candidate) {
    let place = match candidate.slot {
        Slot::Field(i) => bound.fields.get_mut(i as usize),
        Slot::Fact(FactGroup::Agent, i) => bound.agent.get_mut(i as usize),
        Slot::Fact(FactGroup::Session, i) => bound.session.get_mut(i as usize),
        Slot::Fact(FactGroup::Env, i) => bound.env.get_mut(i as usize),
        Slot::Fact(FactGroup::State, i) => {
            bound.readings.set(i, Ok(Some(candidate.value.clone())));
            None
        }
        Slot::Now => {
            bound.now = candidate.value.word();
            None
        }
    };
    if let Some(place) = place {
        *place = Ok(Some(candidate.value.clone()));
    }
}

fn current(scene: &Scene<'_>, slot: Slot) -> crate::reader::Attribute {
    let bound = scene.bound;
    match slot {
        Slot::Field(i) => bound.fields.get(i as usize).cloned().unwrap_or(Ok(None)),
        Slot::Fact(group, i) => bound.fact(scene.policy, group, i),
        Slot::Now => Ok(bound.now.map(Value::Timestamp)),
    }
}

fn changed_field(scene: &Scene<'_>, decision: &Decision, candidate: &Candidate) -> ChangedField {
    let masked = decision
        .obligations
        .iter()
        .any(|o| matches!(o, Obligation::Redact { field, .. } if **field == *candidate.name));
    let is = match current(scene, candidate.slot) {
        Ok(Some(_)) if masked => MASKED.into(),
        Ok(Some(value)) => shown(scene, &value),
        Ok(None) => "nothing".into(),
        Err(_) => "an error".into(),
    };
    ChangedField { field: candidate.name.to_string(), is, would_be: shown(scene, &candidate.value) }
}

/// All single changes worth trying, in a fixed order.
fn candidates(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut found: BTreeMap<Slot, (Arc<str>, Vec<Value>)> = BTreeMap::new();
    for item in scene.policy.items.iter().filter(|item| scene.bound.is_about(&item.scope)) {
        for when in item.conditions() {
            when.visit(&mut |e| suggest(scene, e, &mut found));
        }
    }
    let mut candidates = Vec::new();
    for (slot, (name, mut values)) in found {
        values.sort_by(Value::total_cmp);
        values.dedup_by(|a, b| a.same(b));
        let now = current(scene, slot);
        let other = |v: &Value| !matches!(&now, Ok(Some(is)) if is.same(v));
        let fits = |v: &Value| declared(scene, slot).is_none_or(|ty| within(ty, v));
        let values = values.into_iter().filter(|v| other(v) && fits(v)).take(MOST_VALUES);
        candidates.extend(values.map(|value| Candidate { slot, name: name.clone(), value }));
    }
    candidates
}

type Found = BTreeMap<Slot, (Arc<str>, Vec<Value>)>;

/// What an expression suggests for the fields that it reads.
fn suggest(scene: &Scene<'_>, e: &TExpr, found: &mut Found) {
    match &e.kind {
        TExprKind::Compare(_, a, b) | TExprKind::In(a, b) => {
            for (read, constant) in [(a, b), (b, a)] {
                if let TExprKind::Const(value) = &constant.kind {
                    add(scene, read, around(value), found);
                }
            }
        }
        TExprKind::Field(_) | TExprKind::Fact(..) => {
            let values = match e.ty.required() {
                Type::Bool => vec![Value::Bool(false), Value::Bool(true)],
                Type::Enum(id) => {
                    let variants = scene.policy.types.enum_def(*id).variants.len();
                    (0..variants as u32).map(|v| Value::Enum(*id, v)).collect()
                }
                _ => Vec::new(),
            };
            add(scene, e, values, found);
        }
        _ => {}
    }
}

/// Values below, at and above a constant; of a collection or range those of its parts.
fn around(value: &Value) -> Vec<Value> {
    let step = |n: i64, step: i64, make: fn(i64) -> Value| {
        [n.checked_sub(step), Some(n), n.checked_add(step)].into_iter().flatten().map(make).collect()
    };
    match value {
        Value::Int(n) => step(*n, 1, Value::Int),
        Value::Decimal(n) => step(*n, DECIMAL_ONE / 100, Value::Decimal),
        Value::Ratio(n) => step(*n, 10_000_000, Value::Ratio),
        Value::Duration(n) => step(*n, SECOND, Value::Duration),
        Value::Timestamp(n) => step(*n, SECOND, Value::Timestamp),
        Value::List(elements) | Value::Set(elements) => elements.iter().take(MOST_VALUES).flat_map(around).collect(),
        Value::Range(range) => [around(&range.low), around(&range.high)].concat(),
        other => vec![other.clone()],
    }
}

fn add(scene: &Scene<'_>, e: &TExpr, values: Vec<Value>, found: &mut Found) {
    let e = match &e.kind {
        TExprKind::Coalesce(inner, _) => inner,
        TExprKind::ToDecimal(_) => return,
        _ => e,
    };
    let Some(slot) = slot(scene, e) else { return };
    let fitting = values.into_iter().filter(|v| is_of(v, e.ty.required()));
    let name = reads(scene.policy, e).unwrap_or_default();
    found.entry(slot).or_insert_with(|| (name, Vec::new())).1.extend(fitting);
}

fn slot(scene: &Scene<'_>, e: &TExpr) -> Option<Slot> {
    match &e.kind {
        TExprKind::Field(name) => {
            let fields = &scene.policy.action_def(scene.bound.action?).fields;
            fields.binary_search_by(|f| (*f.name).cmp(name)).ok().map(|i| Slot::Field(i as u32))
        }
        // Another agent is another request, not a small change of this one.
        TExprKind::Fact(FactGroup::Agent, 0) => None,
        TExprKind::Fact(group, place) => Some(Slot::Fact(*group, *place)),
        TExprKind::Now => Some(Slot::Now),
        _ => None,
    }
}

fn declared<'a>(scene: &Scene<'a>, slot: Slot) -> Option<&'a FieldType> {
    match slot {
        Slot::Field(i) => Some(&scene.policy.action_def(scene.bound.action?).fields.get(i as usize)?.ty),
        Slot::Fact(group, i) => Some(&scene.policy.facts.group(group).get(i as usize)?.ty),
        Slot::Now => None,
    }
}

fn within(ty: &FieldType, value: &Value) -> bool {
    match (ty.range, value.word()) {
        (Some((least, greatest)), Some(word)) => (least..=greatest).contains(&word),
        (_, _) => true,
    }
}

/// Whether a constant is a value of a field's own type: only such are tried.
fn is_of(value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::Enum(id, _), Type::Enum(of)) => id == of,
        (Value::Entity(e), Type::Entity(of)) => e.ty == *of,
        (Value::Bool(_), Type::Bool)
        | (Value::Int(_), Type::Int)
        | (Value::Decimal(_), Type::Decimal)
        | (Value::Ratio(_), Type::Ratio)
        | (Value::Str(_), Type::String)
        | (Value::Duration(_), Type::Duration)
        | (Value::Timestamp(_), Type::Timestamp)
        | (Value::TimeOfDay(_), Type::TimeOfDay)
        | (Value::Semver(_), Type::Semver)
        | (Value::Ip(_), Type::Ip)
        | (Value::Url(_), Type::Url)
        | (Value::Host(_), Type::Host)
        | (Value::Path(_), Type::Path)
        | (Value::Ref(_), Type::Ref) => true,
        (_, _) => false,
    }
}
