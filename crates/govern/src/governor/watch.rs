//! What a rehearsal sees and sets: every decision by every engine, items that cannot be read, standings that a test
//! gives. Nothing here can be reached by a command.

use std::collections::BTreeSet;

use aas::check::typed::TypedPolicy;
use aas::check::typed::state::{Part, StateId};
use aas::decision::{Decision, Engine};
use aas::raw::{Raw, get};
use aas::reader::{Attribute, Bound};
use aas::value::{Fault, FaultKind};
use aas::{Entities, Facts, Policy, Request};

use super::Governor;
use crate::event::Event;
use crate::ids::Id;
use crate::trust::Trust;

/// What a rehearsal sees.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// The engines that decide; the first one counts.
    pub(crate) engines: Vec<Engine>,
    /// Items that cannot be read.
    pub(crate) unreadable: BTreeSet<u32>,
    /// What was decided since somebody looked.
    pub(crate) seen: Vec<Seen>,
}

/// One decision.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) request: Request,
    pub(crate) facts: Facts,
    pub(crate) bound: Bound,
    pub(crate) decision: Decision,
    /// What another engine decided, where it differs.
    pub(crate) other: Option<Decision>,
}

impl Watch {
    pub(super) fn decide(
        &mut self,
        policy: &Policy,
        request: &Request,
        facts: &Facts,
        bound: &Bound,
        entities: &Entities,
    ) -> Decision {
        let mut engines = self.engines.iter();
        let decision = match engines.next() {
            Some(first) => policy.decide_bound_with(*first, bound, entities),
            None => policy.decide_bound(bound, entities),
        };
        let other = engines
            .map(|engine| policy.decide_bound_with(*engine, bound, entities))
            .find(|other| Decision { engine: decision.engine, ..other.clone() } != decision);
        self.seen.push(Seen {
            request: request.clone(),
            // What was said of state counts for nothing.
            facts: Facts { now: bound.now, state: Vec::new(), ..facts.clone() },
            bound: bound.clone(),
            decision: decision.clone(),
            other,
        });
        decision
    }
}

/// What a test says of an agent's standing is told where it is kept, but that it cannot be read stays so.
pub(super) fn keep_unreadable(policy: &TypedPolicy, facts: &Facts, bound: &mut Bound) {
    for (def, told) in policy.facts.agent.iter().zip(&mut bound.agent) {
        if matches!(get(&facts.agent, &def.name), Some(Raw::Unavailable(_))) {
            *told = Err(Fault::new(FaultKind::Unavailable, "it could not be read"));
        }
    }
}

impl Governor {
    /// What a test says of a flag is so; the governor tells the others.
    pub(super) fn with_told_flags(&mut self, facts: &Facts) -> Facts {
        let mut flags = (*self.flags_now(facts)).clone();
        for (name, value) in facts.flags.clone() {
            match (flags.iter_mut().find(|(known, _)| *known == name), value) {
                (Some((_, Raw::Object(members))), Raw::Object(said)) => {
                    members.retain(|(key, _)| get(&said, key).is_none());
                    members.extend(said);
                }
                (Some((_, kept)), value) => *kept = value,
                (None, value) => flags.push((name, value)),
            }
        }
        Facts { flags, ..facts.clone() }
    }

    /// Makes this a rehearsal.
    pub(crate) fn watch(&mut self, engines: &[Engine]) {
        self.watch = Some(Box::new(Watch { engines: engines.to_vec(), ..Watch::default() }));
    }

    /// What was decided since this was asked last.
    pub(crate) fn seen(&mut self) -> Vec<Seen> {
        self.watch.as_mut().map(|watch| std::mem::take(&mut watch.seen)).unwrap_or_default()
    }

    /// From now on what is kept for this item cannot be read.
    pub(crate) fn make_unreadable(&mut self, item: StateId) {
        if let Some(watch) = &mut self.watch {
            watch.unreadable.insert(item.0);
        }
    }

    /// What an item tells for a request that was read.
    pub(crate) fn tell(&mut self, bound: &mut Bound, entities: &Entities, of: (&Id, StateId, Part)) -> Attribute {
        let (agent, item, part) = of;
        match self.look(bound, entities, agent) {
            Some(mut look) => look.tell(item, &part),
            None => Err(Fault::new(FaultKind::Unavailable, "no policy is installed")),
        }
    }

    /// An agent has this score, and no row of successes or failures behind it.
    pub(crate) fn assume_trust(&mut self, agent: &Id, score: i64) {
        let at = self.now();
        let Some(schema) = self.state.schema.trust.clone() else { return };
        let frozen = self.state.trust.get(agent).and_then(|old| old.frozen().cloned());
        let mut trust = Trust::taken_over(&schema, at, score, 0, 0);
        if let Some(freeze) = frozen {
            trust.freeze(freeze.why, freeze.at);
        }
        self.state.trust.insert(agent.clone(), trust);
    }

    /// An agent is frozen, or is not.
    pub(crate) fn assume_frozen(&mut self, agent: &Id, frozen: bool) {
        let by = Id::new("the test");
        if frozen && !self.state.is_frozen(agent) {
            self.happen(Event::Frozen { agent: agent.clone(), by, reason: "the test says so".into() });
        } else if !frozen && self.state.is_frozen(agent) {
            self.happen(Event::Unfrozen { agent: agent.clone(), by });
        }
        self.step = super::Step::default();
    }
}
