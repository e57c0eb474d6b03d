//! What people do to all of it: stop, resume, freeze, grant, revoke; and who belongs to whom.

use std::sync::Arc;

use aas::check::typed::Principals;
use aas::check::typed::state::{GrantDef, StateBody};
use aas::json;
use aas::reader::{ReadContext, read};
use aas::types::EntityTypeId;
use aas::value::EntityRef;

use super::Governor;
use crate::command::{Grant, Person};
use crate::effect::{Effect, Problem};
use crate::event::{Event, Why};
use crate::ids::Id;
use crate::key::Key;
use crate::registers::{Moment, Register};

impl Governor {
    /// Nothing begins while everything is stopped.
    pub(super) fn must_go_on(&self) -> Result<(), Problem> {
        match self.state.stopped() {
            Some(stop) => Err(Problem::Stopped { by: stop.by.clone(), reason: stop.reason.clone() }),
            None => Ok(()),
        }
    }

    /// Anybody may stop.
    pub(super) fn stop(&mut self, by: Id, reason: Arc<str>) -> Result<(), Problem> {
        if !by.is_fit() {
            return Err(Problem::BadName);
        }
        if self.state.stopped().is_some() {
            self.step.effects.push(Effect::Report(vec!["Everything is stopped already.".into()]));
            return Ok(());
        }
        self.happen(Event::Stopped { by, reason });
        let found = self.state.stages(|_, entry| !entry.stage.is_final());
        self.end_each(found, Why::Stopped);
        Ok(())
    }

    /// Only people resume.
    pub(super) fn resume(&mut self, by: &Person) -> Result<(), Problem> {
        person(by)?;
        let stop = self.state.stopped().cloned().ok_or(Problem::NotStopped)?;
        let mut report = vec![format!("What {} stopped goes on: {}", stop.by, stop.reason)];
        let before: std::collections::BTreeMap<_, _> = stop.flags.into_iter().collect();
        for (of, value) in &self.state.flags {
            if before.get(of).is_none_or(|old| old.value != value.value) {
                report.push(format!("`{}` is again as it was before the stop.", of.flag));
            }
        }
        for of in before.keys().filter(|of| !self.state.flags.contains_key(of)) {
            report.push(format!("`{}` is again as it was before the stop.", of.flag));
        }
        self.happen(Event::Resumed { by: by.id.clone() });
        self.step.effects.push(Effect::Report(report));
        Ok(())
    }

    pub(super) fn freeze(&mut self, agent: Id, by: Id, reason: Arc<str>) -> Result<(), Problem> {
        if !agent.is_fit() || !by.is_fit() {
            return Err(Problem::BadName);
        }
        self.happen(Event::Frozen { agent: agent.clone(), by, reason });
        self.end_all_of(&agent, Why::Frozen);
        Ok(())
    }

    pub(super) fn unfreeze(&mut self, agent: Id, by: &Person) -> Result<(), Problem> {
        person(by)?;
        if !self.state.is_frozen(&agent) {
            return Err(Problem::BadValue(format!("`{agent}` is not frozen")));
        }
        if super::ask::lineage(&self.state, &agent).any(|one| *one == by.id) {
            return Err(Problem::NotAllowed(by.id.clone(), "nobody frees themselves"));
        }
        self.happen(Event::Unfrozen { agent, by: by.id.clone() });
        Ok(())
    }

    pub(super) fn introduce(&mut self, agent: Id, parent: Option<Id>, owner: Option<Id>) -> Result<(), Problem> {
        if [Some(&agent), parent.as_ref(), owner.as_ref()].into_iter().flatten().any(|id| !id.is_fit()) {
            return Err(Problem::BadName);
        }
        if self.state.kin.len() >= self.config.most_names && !self.state.kin.contains_key(&agent) {
            return Err(Problem::Full("agents"));
        }
        // An agent that has a maker keeps it: another one could be less restricted.
        if let Some(old) = self.state.kin(&agent).and_then(|kin| kin.parent.clone())
            && parent.as_ref() != Some(&old)
        {
            return Err(Problem::BadValue(format!("`{agent}` was made by `{old}`, and that does not change")));
        }
        if parent.as_ref().is_some_and(|parent| super::ask::lineage(&self.state, parent).any(|one| *one == agent)) {
            return Err(Problem::BadValue(format!("`{agent}` cannot be made by one that it made")));
        }
        self.happen(Event::Introduced { agent, parent, owner });
        Ok(())
    }

    pub(super) fn grant(&mut self, grant: &Grant) -> Result<(), Problem> {
        let (place, fields, longest, again) = self.fit_grant(grant)?;
        let now = self.now();
        let table = self.state.tables.get_mut(place as usize).ok_or(Problem::NoPolicy)?;
        table
            .admits(&grant.key, grant.by.id.as_str(), Moment::at(now))
            .map_err(|_| Problem::Full("grants of this item"))?;
        if let Register::Grant(register) = table.get(&grant.key) {
            // Tried on a copy: what cannot be given must not become an event.
            let tried = register.clone().give(longest, again, now, grant.until, fields.clone());
            tried.map_err(|error| Problem::BadValue(error.to_string()))?;
        }
        let (key, by) = (grant.key.clone(), grant.by.id.clone());
        self.happen(Event::Granted { family: place, key, fields, until: grant.until, by });
        Ok(())
    }

    #[allow(clippy::type_complexity, reason = "what an event needs")]
    fn fit_grant(&self, grant: &Grant) -> Result<(u32, Vec<(Arc<str>, Arc<str>)>, Option<i64>, bool), Problem> {
        let (place, def) = self.grant_def(&grant.item)?;
        self.may_change(def.changed_by.as_ref(), &grant.by)?;
        let policy = self.program.as_ref().ok_or(Problem::NoPolicy)?.typed();
        let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
        let mut fields = Vec::new();
        for (name, raw) in &grant.fields {
            let known = def.fields.iter().find(|field| field.name == *name);
            let field = known.ok_or_else(|| Problem::NoSuchItem("field", name.clone()))?;
            read(&field.ty, raw, &cx).map_err(|fault| Problem::BadValue(format!("`{name}`: {}", fault.detail)))?;
            fields.push((name.clone(), json::write(raw).into()));
        }
        for field in &def.fields {
            if !field.ty.ty.is_optional() && !fields.iter().any(|(name, _)| *name == field.name) {
                return Err(Problem::BadValue(format!("`{}` must be given", field.name)));
            }
        }
        Ok((place, fields, def.longest, def.again))
    }

    fn grant_def(&self, item: &Arc<str>) -> Result<(u32, &GrantDef), Problem> {
        let items = &self.program.as_ref().ok_or(Problem::NoPolicy)?.typed().state.items;
        let found = (0..).zip(items).find(|(_, one)| one.name == *item);
        match found.map(|(place, one)| (place, &one.body)) {
            Some((place, StateBody::Grant(def))) => Ok((place, def)),
            Some(_) | None => Err(Problem::NoSuchItem("grant", item.clone())),
        }
    }

    pub(super) fn revoke(&mut self, item: &Arc<str>, key: &Key, by: &Person) -> Result<(), Problem> {
        let (place, def) = self.grant_def(item)?;
        self.may_change(def.changed_by.as_ref(), by)?;
        let now = Moment::at(self.now());
        let table = self.state.tables.get_mut(place as usize).ok_or(Problem::NoPolicy)?;
        table.admits(key, by.id.as_str(), now).map_err(|_| Problem::Full("grants of this item"))?;
        self.happen(Event::Revoked { family: place, key: key.clone(), by: by.id.clone() });
        Ok(())
    }

    /// Whether somebody may change what people keep. Where the policy names nobody, nobody may.
    pub(super) fn may_change(&self, people: Option<&Principals>, by: &Person) -> Result<(), Problem> {
        let not = |why| Problem::NotAllowed(by.id.clone(), why);
        let Some(people) = people else { return Err(not("the policy does not say who may: write `changed by …`")) };
        let agent = EntityRef { ty: EntityTypeId::AGENT, id: by.id.shared() };
        let belongs = people.entities.iter().any(|group| by.entities.is_in(&agent, group).unwrap_or(false));
        let may = belongs || by.is_person && people.people || !by.is_person && people.machines;
        if may { Ok(()) } else { Err(not("they are none of those whom `changed by` names")) }
    }
}

pub(super) fn person(by: &Person) -> Result<(), Problem> {
    if !by.id.is_fit() {
        return Err(Problem::BadName);
    }
    if by.is_person { Ok(()) } else { Err(Problem::NotAllowed(by.id.clone(), "only people do this")) }
}
