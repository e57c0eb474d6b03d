//! Sessions open and close, and a person vouches for what was before an item.

use super::Governor;
use super::halt::person;
use crate::command::Person;
use crate::effect::{Effect, Problem};
use crate::event::Event;
use crate::ids::Id;
use crate::key::Key;
use crate::registers::Moment;

/// The most sessions that one step closes or forgets because of their time.
const MOST_A_STEP: usize = 1_024;

impl Governor {
    pub(super) fn open_session(&mut self, session: Id, parent: Option<Id>) -> Result<(), Problem> {
        if !session.is_fit() || parent.as_ref().is_some_and(|parent| !parent.is_fit()) {
            return Err(Problem::BadName);
        }
        if parent.as_ref() == Some(&session) {
            return Err(Problem::BadValue("a session does not open itself".into()));
        }
        let inherits = self.program.as_ref().ok_or(Problem::NoPolicy)?.of_sessions.clone();
        if self.state.sessions.get(&session).is_some() {
            // Its own history would be lost under that of the one that opens it.
            return Err(Problem::BadValue("the session has begun already".into()));
        }
        self.may_be_asked_in(&session)?;
        if let Some(parent) = &parent {
            self.may_be_asked_in(parent)?;
        }
        let (key, now) = (Key::of([session.as_str()]), Moment::at(self.now()));
        for place in parent.iter().flat_map(|_| &inherits) {
            let Some(table) = self.state.tables.get_mut(*place as usize) else { continue };
            if table.admits(&key, session.as_str(), now).is_err() {
                return Err(Problem::Full("histories of sessions"));
            }
        }
        self.happen(Event::SessionOpened { session, parent, inherits });
        Ok(())
    }

    /// Whether something may be asked in a session: it is open, or it is new and there is room for it.
    pub(super) fn may_be_asked_in(&self, session: &Id) -> Result<(), Problem> {
        if !session.is_fit() {
            return Err(Problem::BadName);
        }
        let sessions = &self.state.sessions;
        match sessions.get(session) {
            Some(known) if known.closed.is_some() => Err(Problem::SessionClosed(session.clone())),
            None if sessions.len() >= self.config.most_sessions => Err(Problem::Full("sessions")),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn close_session(&mut self, session: Id) -> Result<(), Problem> {
        match self.state.sessions.get(&session) {
            None => Err(Problem::BadValue(format!("no session is called `{session}`"))),
            Some(known) if known.closed.is_some() => {
                self.step.effects.push(Effect::Report(vec![format!("The session `{session}` is closed already.")]));
                Ok(())
            }
            Some(_) => {
                self.end_session(session);
                Ok(())
            }
        }
    }

    fn end_session(&mut self, session: Id) {
        let (key, now) = (Key::of([session.as_str()]), Moment::at(self.now()));
        let of_sessions = self.program.as_ref().map_or(&[][..], |program| &program.of_sessions);
        let tables = &self.state.tables;
        let keeps = |place: &&u32| tables.get(**place as usize).is_some_and(|table| table.keeps(&key, now));
        let families = of_sessions.iter().filter(keeps).copied().collect();
        self.happen(Event::SessionClosed { session, families });
    }

    /// Sessions in which nothing was asked for long are closed; those that were closed long ago are forgotten.
    pub(super) fn end_sessions(&mut self) {
        let now = self.now();
        for session in self.state.sessions.idle(now.saturating_sub(self.config.session_life), MOST_A_STEP) {
            self.end_session(session);
        }
        let ids = self.state.sessions.long_closed(now.saturating_sub(self.config.keep_answers), MOST_A_STEP);
        if !ids.is_empty() {
            self.happen(Event::SessionsForgotten { ids });
        }
    }

    pub(super) fn vouch_for_past(&mut self, item: &str, by: &Person) -> Result<(), Problem> {
        person(by)?;
        let families = &self.state.schema.families;
        let place = families.binary_search_by(|family| (*family.name).cmp(item)).ok();
        let place = place.ok_or_else(|| Problem::NoSuchItem("history", item.into()))?;
        if self.state.tables.get(place).is_none_or(|table| table.doubt().is_none()) {
            return Err(Problem::BadValue(format!("nothing is unclear about the past of `{item}`")));
        }
        let family = u32::try_from(place).map_err(|_| Problem::Full("items"))?;
        self.happen(Event::PastVouchedFor { family, by: by.id.clone() });
        Ok(())
    }
}
