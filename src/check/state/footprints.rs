//! What each action reads of state and touches in it, so that nobody looks at more.

use std::collections::BTreeMap;

use super::super::typed::state::{Footprint, Footprints, StateBody, StateId, StateItem};
use super::super::typed::{Duty, FactGroup, Item, ItemBody, Scope, TExpr, TExprKind, TypedText, TypedTextPart};

/// The footprints of actions.
pub(super) fn footprints(actions: usize, items: &[Item], state: &[StateItem]) -> Footprints {
    let mut owner: BTreeMap<u32, StateId> = BTreeMap::new();
    for (id, item) in state.iter().enumerate() {
        owner.extend(item.readings.iter().map(|reading| (reading.place, StateId(id as u32))));
    }
    let mut declared = vec![Collected::default(); actions];
    let mut undeclared = Collected::default();
    for (id, item) in state.iter().enumerate() {
        let id = StateId(id as u32);
        let mut touch = |scope: &Scope| {
            for_each(scope, &mut declared, &mut undeclared, |of| of.touches.push(id));
        };
        touch(&item.scope);
        match &item.body {
            StateBody::Seen(seen) => {
                touch(&seen.event.scope);
                if let Some((_, event)) = &seen.relative {
                    touch(&event.scope);
                }
            }
            StateBody::Lease(lease) => lease.released_by.iter().for_each(touch),
            StateBody::Limit(_)
            | StateBody::Cooldown(_)
            | StateBody::Budget(_)
            | StateBody::Window(_)
            | StateBody::Once(_)
            | StateBody::States(_)
            | StateBody::Grant(_) => {}
        }
        // What decides whether a request touches it is read too.
        let mut read = Vec::new();
        item.when.iter().for_each(|when| places(when, &mut read));
        reads(&item.scope, &read, &mut declared, &mut undeclared);
    }
    for item in items {
        let mut read = Vec::new();
        of_item(item, &mut read);
        reads(&item.scope, &read, &mut declared, &mut undeclared);
    }
    Footprints {
        declared: declared.into_iter().map(|of| of.done(&owner)).collect(),
        undeclared: undeclared.done(&owner),
    }
}

/// A footprint in the making.
#[derive(Clone, Default)]
struct Collected {
    touches: Vec<StateId>,
    places: Vec<u32>,
}

impl Collected {
    fn done(mut self, owner: &BTreeMap<u32, StateId>) -> Footprint {
        self.touches.sort_unstable();
        self.touches.dedup();
        self.places.sort_unstable();
        self.places.dedup();
        let mut reads: BTreeMap<StateId, Vec<u32>> = BTreeMap::new();
        for place in self.places {
            if let Some(id) = owner.get(&place) {
                reads.entry(*id).or_default().push(place);
            }
        }
        Footprint { touches: self.touches, reads: reads.into_iter().collect() }
    }
}

fn for_each(
    scope: &Scope,
    declared: &mut [Collected],
    undeclared: &mut Collected,
    mut act: impl FnMut(&mut Collected),
) {
    for action in &scope.actions {
        if let Some(of) = declared.get_mut(action.0 as usize) {
            act(of);
        }
    }
    if scope.undeclared.is_some() {
        act(undeclared);
    }
}

fn reads(scope: &Scope, read: &[u32], declared: &mut [Collected], undeclared: &mut Collected) {
    if !read.is_empty() {
        for_each(scope, declared, undeclared, |of| of.places.extend_from_slice(read));
    }
}

/// The places of readings in an expression.
fn places(expr: &TExpr, out: &mut Vec<u32>) {
    expr.visit(&mut |e| {
        if let TExprKind::Fact(FactGroup::State, place) = e.kind {
            out.push(place);
        }
    });
}

fn of_text(text: &TypedText, out: &mut Vec<u32>) {
    for part in &text.parts {
        if let TypedTextPart::Hole(hole) = part {
            places(hole, out);
        }
    }
}

/// The readings that an item's conditions, texts and obligations ask for.
fn of_item(item: &Item, out: &mut Vec<u32>) {
    item.conditions().into_iter().for_each(|when| places(when, out));
    match &item.body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
            branches.iter().filter_map(|b| b.because.as_ref()).for_each(|text| of_text(text, out));
        }
        ItemBody::Exception { because, .. } => of_text(because, out),
        ItemBody::Relax { .. } | ItemBody::Approval { .. } => {}
    }
    for duty in &item.obligations {
        if let Duty::Run { arguments, .. } = duty {
            arguments.iter().for_each(|(_, argument)| places(argument, out));
        }
    }
}
