//! What runs: it begins with its token, or is decided once more after approval; it ends, and is settled.

use std::sync::Arc;

use aas::check::typed::state::StateBody;
use aas::decision::Tier;
use aas::value::number;
use aas::{Entities, Facts, Request, json};

use super::Governor;
use super::ask::{FROZEN, Judged, refuse};
use crate::canonical::Canonical;
use crate::command::{Ended, Outcome};
use crate::effect::{Effect, Problem};
use crate::event::{Event, Held, Why};
use crate::ids::Id;
use crate::registers::Register;
use crate::state::{Entry, Stage};
use crate::token::Token;

impl Governor {
    pub(super) fn begin(
        &mut self,
        id: &Id,
        token: Option<&Token>,
        facts: Facts,
        entities: &Entities,
    ) -> Result<(), Problem> {
        self.must_go_on()?;
        let entry = self.state.requests.get(id).ok_or_else(|| Problem::NoSuchRequest(id.clone()))?;
        match entry.stage {
            Stage::Permitted => self.begin_permitted(id, token),
            Stage::Approved => self.begin_approved(id, entry.clone(), facts, entities),
            Stage::Refused | Stage::Waiting | Stage::Running | Stage::Done(_) | Stage::Gone(_) => {
                let wanted = "only one that is permitted or approved can begin, and once";
                Err(Problem::WrongStanding { id: id.clone(), is: entry.stage.name(), wanted })
            }
        }
    }

    fn begin_permitted(&mut self, id: &Id, token: Option<&Token>) -> Result<(), Problem> {
        let meant = self.token(id).ok_or(Problem::NoPolicy)?;
        if token != Some(&meant) {
            return Err(Problem::WrongToken(id.clone()));
        }
        let ends = self.must_end_at(id);
        self.happen(Event::Began { id: id.clone(), reservation: None, ends });
        self.execute(id, meant);
        Ok(())
    }

    /// The stored request is decided once more, by the policy and the facts of now. It runs exactly as people were shown
    /// it, or they are asked again.
    fn begin_approved(&mut self, id: &Id, entry: Entry, facts: Facts, entities: &Entities) -> Result<(), Problem> {
        let (Some(stored), Some(held)) = (&entry.request, &entry.held) else {
            return Err(Problem::NoSuchRequest(id.clone()));
        };
        if let Some(session) = &entry.session {
            if super::ask::session_of(&facts).as_ref() != Some(session) {
                let problem = format!("the facts are not of the session `{session}`, in which it was asked");
                return Err(Problem::BadValue(problem));
            }
            if self.state.sessions.get(session).is_none_or(|known| known.closed.is_some()) {
                self.end(id, Why::SessionClosed);
                return Ok(());
            }
        }
        let request = again(stored)?;
        let facts = Facts { agent: with_id(&facts, &entry.agent)?, ..facts };
        let mut judged = self.judge(&entry.agent, &request, &facts, entities)?;
        let canonical = self.canonical(&judged.bound);
        let same = canonical.as_ref().is_some_and(|now| now.hash(entry.agent.as_str()) == entry.hash);
        if judged.decision.tier == Tier::Black {
            return self.end_decided(id, judged, Why::Refused);
        }
        if !same {
            let text = "Under the policy of now it would be another request than the one that was approved.";
            refuse(&mut judged.decided, "request_changed", text);
            return self.end_decided(id, judged, Why::Refused);
        }
        if judged.decision.tier < Tier::Red && self.is_frozen_here(&entry.agent) {
            // People lifted what they were shown, and this they were not.
            refuse(&mut judged.decided, "agent_frozen", FROZEN);
            return self.end_decided(id, judged, Why::Frozen);
        }
        if judged.decision.tier == Tier::Red && !covers(held, (stored, canonical.as_ref()), &judged) {
            return self.ask_again(id, &entry, judged, entities);
        }
        match self.reserve(&entry.agent, &mut judged, entities) {
            Ok(reservation) => {
                let ends = self.must_end_at(id);
                self.happen(Event::Began { id: id.clone(), reservation: Some(reservation), ends });
                self.note_approved(id, &judged);
            }
            Err(why) => {
                refuse(&mut judged.decided, "state_unclear", &why);
                return self.end_decided(id, judged, Why::Refused);
            }
        }
        if let Some(token) = self.token(id) {
            self.execute(id, token);
        }
        Ok(())
    }

    fn ask_again(&mut self, id: &Id, entry: &Entry, mut judged: Judged, entities: &Entities) -> Result<(), Problem> {
        match self.needed(&entry.agent, &judged.decision, entities) {
            Ok(needs) => {
                let held = Held { needs, shown: judged.decided.items.clone() };
                self.decided_again(id, judged);
                self.happen(Event::AskedAgain { id: id.clone(), held });
                self.ask_people(id);
                self.reply(id, None);
                Ok(())
            }
            Err((code, text)) => {
                refuse(&mut judged.decided, code, &text);
                self.end_decided(id, judged, Why::Refused)
            }
        }
    }

    fn decided_again(&mut self, id: &Id, judged: Judged) {
        let observed = self.canonical(&judged.bound).map(|now| now.observed);
        self.happen(Event::DecidedAgain { id: id.clone(), observed, decided: judged.decided });
    }

    fn end_decided(&mut self, id: &Id, judged: Judged, why: Why) -> Result<(), Problem> {
        self.decided_again(id, judged);
        self.end(id, why);
        Ok(())
    }

    /// Lets the host execute what has begun.
    fn execute(&mut self, id: &Id, token: Token) {
        let now = self.now();
        let Some(entry) = self.state.requests.get(id) else { return };
        let Some(request) = entry.request.clone() else { return };
        let mut fences = Vec::new();
        for touch in entry.reservation.iter().flat_map(|reservation| &reservation.touches) {
            let Some(table) = self.state.tables.get(touch.family as usize) else { continue };
            if let (Register::Lease(lease), crate::schema::Family::Lease { length }) =
                (table.get(&touch.key), &table.schema().family)
                && let Some(holder) = lease.holder(now, *length)
                && holder.agent == entry.agent.as_str()
            {
                fences.push((table.schema().name.clone(), holder.fence));
            }
        }
        let ends = entry.ends.map(|ends| ends.at);
        let program = self.program.as_ref();
        let action = program.and_then(|program| Some((program, program.typed().action(&request.action)?)));
        let executor = action.and_then(|(program, action)| program.executors(action).next());
        let executor = executor.map(|executor| executor.name.clone());
        self.step.effects.push(Effect::Execute { token, request, fences, executor, ends });
    }

    pub(super) fn outcome(&mut self, id: &Id, outcome: &Outcome) -> Result<(), Problem> {
        let entry = self.state.requests.get(id).ok_or_else(|| Problem::NoSuchRequest(id.clone()))?;
        if entry.stage != Stage::Running {
            let wanted = "only one that is running can end";
            return Err(Problem::WrongStanding { id: id.clone(), is: entry.stage.name(), wanted });
        }
        let agent = entry.agent.clone();
        let families: Vec<u32> = entry.reservation.iter().flat_map(|r| &r.touches).map(|touch| touch.family).collect();
        let costs = self.costs(&families, outcome);
        self.reported = Some((id.clone(), outcome.clone()));
        let periods = self.periods(&families);
        let was_frozen = self.state.is_frozen(&agent);
        self.happen(Event::Settled { id: id.clone(), result: outcome.result, costs, periods });
        if !was_frozen && self.state.is_frozen(&agent) {
            self.end_all_of(&agent, Why::Frozen);
        }
        self.reply(id, None);
        Ok(())
    }

    /// What each touched budget is charged. A cost that cannot be read is none: what was held is charged then.
    fn costs(&self, families: &[u32], outcome: &Outcome) -> Vec<Option<i64>> {
        let (Some(program), Some(text)) = (&self.program, &outcome.cost) else { return Vec::new() };
        if outcome.result == Ended::Unknown {
            return Vec::new();
        }
        let cost = |family: &u32| {
            let item = program.typed().state.items.get(*family as usize)?;
            let StateBody::Budget(budget) = &item.body else { return None };
            if budget.decimal { number::decimal(text).ok() } else { number::int(text).ok() }
        };
        let costs: Vec<_> = families.iter().map(cost).collect();
        if costs.iter().all(Option::is_none) { Vec::new() } else { costs }
    }

    pub(super) fn cancel(&mut self, id: &Id) -> Result<(), Problem> {
        let entry = self.state.requests.get(id).ok_or_else(|| Problem::NoSuchRequest(id.clone()))?;
        match entry.stage {
            Stage::Permitted | Stage::Waiting | Stage::Approved => {
                self.end(id, Why::Cancelled);
                Ok(())
            }
            Stage::Running => {
                // What runs cannot be undone by saying so: its outcome settles it.
                self.step.effects.push(Effect::Abort { id: id.clone(), why: Why::Cancelled });
                Ok(())
            }
            Stage::Refused | Stage::Done(_) | Stage::Gone(_) => {
                let wanted = "only one that has not ended can be cancelled";
                Err(Problem::WrongStanding { id: id.clone(), is: entry.stage.name(), wanted })
            }
        }
    }

    /// Tokens of an agent and of those it made die; what runs is told to stop.
    pub(super) fn end_all_of(&mut self, agent: &Id, why: Why) {
        let theirs = |of: &Id| super::ask::lineage(&self.state, of).any(|one| one == agent);
        let found = self.state.stages(|_, entry| !entry.stage.is_final() && theirs(&entry.agent));
        self.end_each(found, why);
    }

    pub(super) fn end_each(&mut self, found: Vec<(Id, Stage)>, why: Why) {
        for (id, stage) in found {
            match stage {
                Stage::Permitted => self.end(&id, why),
                Stage::Running => self.step.effects.push(Effect::Abort { id, why }),
                Stage::Waiting | Stage::Approved | Stage::Refused | Stage::Done(_) | Stage::Gone(_) => {}
            }
        }
    }
}

/// The stored request, to be decided once more.
fn again(stored: &Canonical) -> Result<Request, Problem> {
    let fields = |text: &str| match json::parse(text) {
        Ok(aas::Raw::Object(fields)) => Ok(fields),
        Ok(_) | Err(_) => Err(Problem::BadValue("the stored request cannot be read".into())),
    };
    Ok(Request { action: stored.action.clone(), params: fields(&stored.params)?, claims: fields(&stored.claims)? })
}

/// The facts of the agent that asked, whoever begins.
fn with_id(facts: &Facts, agent: &Id) -> Result<aas::raw::RawFields, Problem> {
    match aas::raw::get(&facts.agent, "id") {
        Some(aas::Raw::Text(id)) if **id == *agent.as_str() => Ok(facts.agent.clone()),
        _ => Err(Problem::BadValue(format!("the facts are not about `{agent}`, who asked"))),
    }
}

/// Whether every red item was among those that people were shown, with the same words, outcome and observations, and
/// every approval that is required now was given.
fn covers(held: &Held, (stored, now): (&Canonical, Option<&Canonical>), judged: &Judged) -> bool {
    let same_view = now.is_some_and(|now| now.observed == stored.observed);
    let shown = judged.decided.items.iter().all(|item| held.shown.contains(item));
    let is_given = |name: &Arc<str>| held.needs.iter().any(|needed| needed.approval == *name && needed.is_given());
    let given = judged.approvals.iter().all(is_given);
    same_view && shown && given
}
