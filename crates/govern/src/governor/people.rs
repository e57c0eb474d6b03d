//! People who approve: who may, how often, and what follows.

use std::collections::BTreeSet;

use aas::Entities;
use aas::check::typed::{ItemBody, Principals};
use aas::types::EntityTypeId;
use aas::value::EntityRef;

use super::Governor;
use super::ask::lineage;
use crate::command::{Answer, Person};
use crate::effect::{Effect, Problem};
use crate::event::{Event, Needed};
use crate::ids::Id;
use crate::state::{Stage, State};

impl Governor {
    pub(super) fn answer(&mut self, answer: &Answer) -> Result<(), Problem> {
        let id = &answer.request;
        let entry = self.state.requests.get(id).ok_or_else(|| Problem::NoSuchRequest(id.clone()))?;
        let held = entry.held.as_ref().filter(|_| entry.stage == Stage::Waiting).ok_or(Problem::WrongStanding {
            id: id.clone(),
            is: entry.stage.name(),
            wanted: "only one that waits for people can be answered",
        })?;
        let no_such = || Problem::NoSuchApproval(id.clone(), answer.approval.clone());
        let needed = held.needs.iter().find(|needed| needed.approval == answer.approval).ok_or_else(no_such)?;
        let program = self.program.as_ref().ok_or(Problem::NoPolicy)?;
        let item = program.names.get(&answer.approval).ok_or_else(no_such)?;
        let ItemBody::Approval { people, .. } = &program.typed().item(aas::decision::ItemId(*item)).body else {
            return Err(no_such());
        };
        may_answer(&self.state, people, (needed.own, &entry.agent), &answer.by)
            .map_err(|why| Problem::NotAllowed(answer.by.id.clone(), why))?;
        let has_answered = held.needs.iter().any(|needed| needed.given.contains(&answer.by.id));
        if answer.yes && has_answered {
            return Err(Problem::NotAllowed(answer.by.id.clone(), "they have said yes to this request already"));
        }
        let (approval, by, yes) = (answer.approval.clone(), answer.by.id.clone(), answer.yes);
        self.happen(Event::Answered { id: id.clone(), approval, by, yes });
        self.reply(id, None);
        Ok(())
    }

    /// Asks the people whom a request waits for.
    pub(super) fn ask_people(&mut self, id: &Id) {
        let Some(entry) = self.state.requests.get(id).filter(|entry| entry.stage == Stage::Waiting) else { return };
        let (Some(held), Some(request), Some(program)) = (&entry.held, &entry.request, &self.program) else { return };
        let effects = held.needs.iter().map(|needed| Effect::Ask {
            id: id.clone(),
            needed: needed.clone(),
            channels: channels(program, needed),
            request: request.masked(&entry.decided.redact),
            decided: entry.decided.clone(),
        });
        self.step.effects.extend(effects);
    }
}

fn channels(program: &crate::program::Program, needed: &Needed) -> Vec<std::sync::Arc<str>> {
    let item = program.names.get(&needed.approval).map(|place| program.typed().item(aas::decision::ItemId(*place)));
    match item.map(|item| &item.body) {
        Some(ItemBody::Approval { ask, .. }) => ask.clone(),
        _ => Vec::new(),
    }
}

/// Whether a person may answer for a request of an agent. Groups are read from the snapshot that comes with the answer.
///
/// # Errors
/// Why not.
pub fn may_answer(
    state: &State,
    people: &Principals,
    (own, requester): (bool, &Id),
    by: &Person,
) -> Result<(), &'static str> {
    if !own && is_own(state, requester, &by.id) {
        return Err("nobody approves what they, their agent or its maker asked for");
    }
    if by.is_person && people.people || !by.is_person && people.machines {
        return Ok(());
    }
    let agent = EntityRef { ty: EntityTypeId::AGENT, id: by.id.shared() };
    // A group that cannot be told is none that they are in.
    let belongs = people.entities.iter().any(|group| by.entities.is_in(&agent, group).unwrap_or(false));
    if !belongs {
        return Err("they are none of the people whom the approval names");
    }
    if !by.is_person {
        return Err("the host has not seen that it is a person");
    }
    Ok(())
}

/// Whether somebody asked for it, made the agent that did, or owns one of them.
fn is_own(state: &State, requester: &Id, by: &Id) -> bool {
    lineage(state, requester)
        .any(|agent| agent == by || state.kin(agent).is_some_and(|kin| kin.owner.as_ref() == Some(by)))
}

/// Whether so many people could answer, as far as the snapshot tells. Where everybody may, nobody knows how many that are.
pub(super) fn is_reachable(
    state: &State,
    people: &Principals,
    quorum: u32,
    (own, requester): (bool, &Id),
    entities: &Entities,
) -> bool {
    if people.people || people.machines {
        return true;
    }
    let may = |id: &EntityRef| {
        id.ty == EntityTypeId::AGENT
            && (own || !is_own(state, requester, &Id::from(id.id.clone())))
            && people.entities.iter().any(|group| entities.is_in(id, group).unwrap_or(false))
    };
    let found: BTreeSet<&EntityRef> = entities.ids().filter(|id| may(id)).take(quorum as usize).collect();
    found.len() >= quorum as usize
}
