//! Schedules: when one is due the host is asked what it knows, and what is declared is asked for.

use std::sync::Arc;

use aas::Entities;
use aas::Facts;
use aas::check::typed::runtime::ScheduleDef;

use super::Governor;
use super::ask::agent_of;
use super::flow::{groups, is_one_of};
use crate::effect::{Due, Effect, Problem};
use crate::event::Event;
use crate::ids::Id;
use crate::runs::plan;
use crate::schedules::{ScheduleEvent, SchedulePlan};

impl Governor {
    /// Takes schedules of the policy up, drops others, and asks for what is due. When the next one is.
    pub(super) fn ask_what_is_due(&mut self) -> Option<i64> {
        let now = self.now();
        let program = self.program.as_ref()?;
        let known =
            |plan: &&SchedulePlan| self.state.schedules.get(&plan.name).is_some_and(|kept| kept.times == plan.times);
        let new: Vec<SchedulePlan> = program.schedules.iter().filter(|plan| !known(plan)).cloned().collect();
        let is_gone = |name: &&Arc<str>| program.schedules.iter().all(|plan| plan.name != **name);
        let gone: Vec<Arc<str>> = self.state.schedules.keys().filter(is_gone).cloned().collect();
        for schedule in gone {
            self.happen(Event::Schedule(ScheduleEvent::Dropped { schedule }));
        }
        for plan in new {
            let next = plan.next(now, None);
            let (schedule, times) = (plan.name, plan.times);
            self.happen(Event::Schedule(ScheduleEvent::Set { schedule, times, next }));
        }
        if self.state.stopped().is_some() {
            // What is due meanwhile is asked for once, when people resume.
            return Some(now.saturating_add(1));
        }
        let due: Vec<(Arc<str>, i64)> = self
            .state
            .schedules
            .iter()
            .filter(|(_, kept)| kept.next <= now)
            .map(|(name, kept)| (name.clone(), kept.next))
            .collect();
        for (schedule, due) in due {
            let plan = self.program.as_ref().and_then(|program| program.schedules.iter().find(|p| p.name == schedule));
            let next = plan.map_or(i64::MAX, |plan| plan.next(now, Some(due)));
            self.happen(Event::Schedule(ScheduleEvent::Due { schedule: schedule.clone(), due, next }));
            match self.due(&schedule) {
                Ok(due) => self.step.effects.push(Effect::Due(Box::new(due))),
                Err(why) => self.step.effects.push(Effect::Report(vec![format!("`{schedule}` is due: {why}.")])),
            }
        }
        self.state.schedules.values().map(|kept| kept.next).min()
    }

    /// What is due and waits for the host to say what it knows: what one that has started again must answer.
    #[must_use]
    pub fn due_schedules(&self) -> Vec<Due> {
        let asked = self.state.schedules.iter().filter(|(_, kept)| kept.asked.is_some());
        asked.filter_map(|(name, _)| self.due(name).ok()).collect()
    }

    fn due(&self, schedule: &Arc<str>) -> Result<Due, String> {
        let missing = || "it is not known".to_owned();
        let at = self.state.schedules.get(schedule).and_then(|kept| kept.asked).ok_or_else(missing)?;
        let policy = self.program.as_ref().ok_or_else(missing)?.typed();
        let def = self.schedule(schedule).ok_or_else(missing)?;
        let given = plan::constants(policy, &def.arguments)?;
        let id = Id::new(&format!("{schedule}/{at}"));
        if !id.is_fit() {
            return Err("its name is too long".to_owned());
        }
        Ok(Due {
            schedule: schedule.clone(),
            at,
            id,
            request: plan::request(policy, def.action, given),
            groups: def.actor.as_ref().map(|who| groups(policy, who)).unwrap_or_default(),
        })
    }

    fn schedule(&self, name: &str) -> Option<&ScheduleDef> {
        let schedules = &self.program.as_ref()?.typed().state.runtime.schedules;
        schedules.iter().find(|def| *def.name == *name)
    }

    /// Whether a name is one that a schedule gives.
    pub(super) fn is_of_a_schedule(&self, id: &Id) -> bool {
        let text = id.as_str();
        !self.state.schedules.is_empty()
            && text.rsplit_once('/').is_some_and(|(name, _)| self.state.schedules.contains_key(name))
    }

    /// Asks for what is due with what the host knows now, once.
    pub(super) fn submit_due(
        &mut self,
        schedule: &Arc<str>,
        facts: &Facts,
        entities: &Arc<Entities>,
    ) -> Result<(), Problem> {
        let agent = agent_of(facts)?;
        self.must_go_on()?;
        let missing = || Problem::NoSuchItem("schedule", schedule.clone());
        let kept = self.state.schedules.get(schedule).ok_or_else(missing)?;
        if kept.asked.is_none() {
            return Err(Problem::BadValue(format!("`{schedule}` is not due")));
        }
        let def = self.schedule(schedule).ok_or_else(missing)?;
        if def.actor.as_ref().is_some_and(|who| !is_one_of(who, &agent, facts, entities)) {
            return Err(Problem::NotAllowed(agent, "the schedule is not theirs to follow"));
        }
        let due = self.due(schedule).map_err(Problem::BadValue)?;
        self.has_room_for(&agent, facts)?;
        // Where a journal ended between the two events, the request is there already: nothing is asked for twice.
        if !self.state.requests.contains_key(&due.id) {
            self.submit(&due.id, &agent, &due.request, facts, entities, false)?;
        }
        self.happen(Event::Schedule(ScheduleEvent::Taken { schedule: schedule.clone() }));
        Ok(())
    }
}
