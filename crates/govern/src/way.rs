//! What requests about one action ask of state and leave in it, worked out once.
//!
//! The footprint of an action names items; where its keys stand among the fields and facts of a request, which readings it
//! tells and which of its items follow a calendar is the same for every request about it. Nothing here grows with what
//! other actions touch.

use std::sync::Arc;

use aas::Policy;
use aas::check::typed::state::{Part, StateBody, StateId};
use aas::check::typed::{ActionId, FactGroup, TExpr, TExprKind, TypedPolicy};

use crate::schema::{Family, Period, Schema};

/// What one action asks and touches.
#[derive(Debug)]
pub(crate) struct Way {
    /// Items that a decision reads.
    pub(crate) reads: Box<[Read]>,
    /// Items that a request touches once it is reserved.
    pub(crate) touches: Box<[Touched]>,
    /// How many readings are told before it is decided.
    pub(crate) asked: usize,
    /// Whether a request may get the answer of an earlier one with the same key.
    pub(crate) answers_first: bool,
}

/// An item that a decision reads.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) id: StateId,
    pub(crate) key: KeyOf,
    /// Whether it follows a calendar.
    pub(crate) calendar: bool,
    /// What is told of it, and where.
    pub(crate) parts: Box<[(u32, Part)]>,
    /// How many of these a decision asks for; those behind stand in texts only.
    pub(crate) asked: usize,
}

/// An item that a request touches.
#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) id: StateId,
    pub(crate) key: KeyOf,
    pub(crate) calendar: bool,
    /// Its place among the items that are read, where it is one of them: its key is known then.
    pub(crate) read: Option<usize>,
}

/// Where the values of a key stand.
#[derive(Debug)]
pub(crate) enum KeyOf {
    /// It has none.
    Nothing,
    /// One value.
    One(Source),
    /// Several of them.
    Several(Box<[Source]>),
    /// They must be computed.
    Computed,
}

/// Where a value stands in a request that was read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Field(usize),
    Fact(FactGroup, usize),
    Action,
}

/// The ways of a policy's actions, made when they are first asked for.
#[derive(Clone, Debug)]
pub(crate) struct Ways(Vec<Option<Arc<Way>>>);

impl Ways {
    pub(crate) fn new(policy: &TypedPolicy) -> Self {
        // The last one is that of what nobody declares.
        Self(vec![None; policy.actions.len() + 1])
    }

    pub(crate) fn of(&mut self, policy: &Policy, schema: &Schema, action: Option<ActionId>) -> Arc<Way> {
        let undeclared = policy.typed().actions.len();
        let place = action.map_or(undeclared, |id| id.0 as usize);
        let make = || Arc::new(way(policy, schema, action));
        match self.0.get_mut(place) {
            Some(kept) => kept.get_or_insert_with(make).clone(),
            None => make(),
        }
    }
}

fn way(policy: &Policy, schema: &Schema, action: Option<ActionId>) -> Way {
    // Of an action that nobody declares everything is asked.
    let mut asked = action.map(|id| policy.readings(id));
    if let Some(asked) = &mut asked {
        // What decides whether a request touches an item is read before it is held.
        let touches = &policy.typed().state.footprints.of(action).touches;
        let items = touches.iter().filter_map(|id| policy.typed().state.items.get(id.0 as usize));
        for when in items.filter_map(|item| item.when.as_ref()) {
            when.visit(&mut |e| {
                if let TExprKind::Fact(FactGroup::State, place) = e.kind {
                    asked.push(place);
                }
            });
        }
        asked.sort_unstable();
        asked.dedup();
    }
    let is_asked = |place: &u32| asked.as_ref().is_none_or(|asked| asked.binary_search(place).is_ok());
    let policy = policy.typed();
    let footprint = policy.state.footprints.of(action);
    let items = &policy.state.items;
    let calendar = |id: StateId| {
        let family = schema.families.get(id.0 as usize).map(|family| &family.family);
        matches!(family, Some(Family::Budget { period: Period::Calendar { .. }, .. }))
    };
    let key = |id: StateId| items.get(id.0 as usize).map_or(KeyOf::Computed, |item| key_of(policy, action, &item.keys));
    let reads: Box<[Read]> = footprint
        .reads
        .iter()
        .filter_map(|(id, places)| {
            let item = items.get(id.0 as usize)?;
            let part = |place: &u32| item.readings.iter().find(|r| r.place == *place).map(|r| (*place, r.part));
            let mut parts: Box<[(u32, Part)]> = places.iter().filter_map(part).collect();
            parts.sort_by_key(|(place, _)| (!is_asked(place), *place));
            let asked = parts.iter().filter(|(place, _)| is_asked(place)).count();
            Some(Read { id: *id, key: key(*id), calendar: calendar(*id), parts, asked })
        })
        .collect();
    let touched = |id: &StateId| Touched {
        id: *id,
        key: key(*id),
        calendar: calendar(*id),
        read: reads.iter().position(|read| read.id == *id),
    };
    let answers_first = |id: &StateId| {
        let body = items.get(id.0 as usize).map(|item| &item.body);
        matches!(body, Some(StateBody::Once(once)) if once.answers_first)
    };
    Way {
        touches: footprint.touches.iter().map(touched).collect(),
        asked: reads.iter().map(|read| read.asked).sum(),
        answers_first: footprint.touches.iter().any(answers_first),
        reads,
    }
}

fn key_of(policy: &TypedPolicy, action: Option<ActionId>, keys: &[TExpr]) -> KeyOf {
    let def = action.map_or(&policy.undeclared, |id| policy.action_def(id));
    let source = |key: &TExpr| match &key.kind {
        TExprKind::Field(name) => {
            def.fields.binary_search_by(|field| (*field.name).cmp(&**name)).ok().map(Source::Field)
        }
        TExprKind::Fact(group, place) if *group != FactGroup::State => Some(Source::Fact(*group, *place as usize)),
        TExprKind::ActionName => Some(Source::Action),
        _ => None,
    };
    let sources: Option<Vec<Source>> = keys.iter().map(source).collect();
    match sources.as_deref() {
        Some([]) => KeyOf::Nothing,
        Some([one]) => KeyOf::One(*one),
        Some(several) => KeyOf::Several(several.into()),
        None => KeyOf::Computed,
    }
}
