//! Sessions: which there are, since when all that happened in them is known, and when they are over.
//!
//! A session begins with its first request, or when the host opens it. It ends when the host closes it, or when nothing
//! was asked in it for long; its history is dropped then, and nothing more is asked in it. Its name is known for a
//! while longer and then forgotten: hosts never give one name to two sessions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::Id;

/// Use of a session is written down no more often than this, in microseconds: a minute.
const GRAIN: i64 = 60_000_000;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The number of the event from which on all that happened in it, and in those that opened it, is known.
    pub since: u64,
    /// When something was asked in it last, to the minute; microseconds since the Unix epoch.
    pub used: i64,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<i64>,
}

/// The sessions that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    all: BTreeMap<Id, Session>,
    /// Open ones by their last use.
    open: BTreeSet<(i64, Id)>,
    /// Closed ones by when that was.
    closed: BTreeSet<(i64, Id)>,
}

impl Sessions {
    /// A session that is known.
    #[must_use]
    pub fn get(&self, id: &Id) -> Option<&Session> {
        self.all.get(id)
    }

    /// How many are known, closed ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All that are known, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Session)> {
        self.all.iter()
    }

    /// Takes a session in, as it was written down.
    pub(crate) fn put(&mut self, id: Id, session: Session) {
        match session.closed {
            Some(at) => self.closed.insert((at, id.clone())),
            None => self.open.insert((session.used, id.clone())),
        };
        self.all.insert(id, session);
    }

    /// Something is asked in a session: it begins with this event, or goes on.
    pub(crate) fn used(&mut self, id: &Id, seq: u64, at: i64) {
        match self.all.get_mut(id) {
            None => self.put(id.clone(), Session { since: seq, used: at, closed: None }),
            Some(session) if session.closed.is_none() && at.saturating_sub(session.used) >= GRAIN => {
                self.open.remove(&(session.used, id.clone()));
                session.used = at;
                self.open.insert((at, id.clone()));
            }
            Some(_) => {}
        }
    }

    /// A session is opened by another: what is not known of that one is not known of this one.
    pub(crate) fn opened(&mut self, id: &Id, parent: Option<&Id>, seq: u64, at: i64) {
        let since = match parent {
            Some(parent) => self.all.get(parent).map_or(0, |parent| parent.since),
            None => seq,
        };
        self.put(id.clone(), Session { since, used: at, closed: None });
    }

    pub(crate) fn close(&mut self, id: &Id, at: i64) {
        let Some(session) = self.all.get_mut(id) else { return };
        self.open.remove(&(session.used, id.clone()));
        session.closed = Some(at);
        self.closed.insert((at, id.clone()));
    }

    pub(crate) fn forget(&mut self, id: &Id) {
        let Some(session) = self.all.remove(id) else { return };
        if let Some(at) = session.closed {
            self.closed.remove(&(at, id.clone()));
        }
        self.open.remove(&(session.used, id.clone()));
    }

    /// Up to so many open ones in which nothing was asked after this time.
    pub(crate) fn idle(&self, before: i64, most: usize) -> Vec<Id> {
        until(&self.open, before, most)
    }

    /// Up to so many that were closed at this time or before.
    pub(crate) fn long_closed(&self, before: i64, most: usize) -> Vec<Id> {
        until(&self.closed, before, most)
    }
}

fn until(by_time: &BTreeSet<(i64, Id)>, before: i64, most: usize) -> Vec<Id> {
    by_time.iter().take_while(|(at, _)| *at <= before).take(most).map(|(_, id)| id.clone()).collect()
}
