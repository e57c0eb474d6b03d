//! A snapshot: state written down, so that a start need not read every event. It is a cache; the events are what counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::FlagPlace;
use crate::digests::Digest;
use crate::ids::Id;
use crate::names::Names;
use crate::registers::Moment;
use crate::runs::Run;
use crate::schedules::Schedule;
use crate::schema::{FamilySchema, Schema};
use crate::sessions::Session;
use crate::state::{Entry, FlagValue, Kin, Stage, State, Stop, doubted, expiry};
use crate::table::{Doubt, KeptKey, Table, ToWrite};
use crate::trust::Trust;

/// The version of the form of a snapshot.
pub const VERSION: u16 = 2;

/// State as it is written down: the same events give the same snapshot, whatever the seed under which keys are hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot<T = Vec<KeptKey>> {
    v: u16,
    seq: u64,
    clock: i64,
    policy: Option<Arc<str>>,
    schema: Arc<Schema>,
    tables: Vec<T>,
    archive: Vec<(FamilySchema, T)>,
    trust: Vec<(Id, Trust)>,
    frozen: BTreeMap<Id, Arc<str>>,
    kin: BTreeMap<Id, Kin>,
    sessions: Vec<(Id, Session)>,
    doubts: Vec<(u32, Doubt)>,
    flags: Vec<(FlagPlace, FlagValue)>,
    stopped: Option<Stop>,
    requests: Vec<(Id, Entry)>,
    #[serde(default)]
    runs: Vec<(Id, Run)>,
    #[serde(default)]
    schedules: BTreeMap<Arc<str>, Schedule>,
    #[serde(default)]
    digests: BTreeMap<Arc<str>, Digest>,
    reservations: u64,
}

/// Why a snapshot cannot be used. Events can always be read instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// It is of a later version.
    #[error("the snapshot has the form {found}, and this program reads {VERSION}; read the events instead")]
    Version {
        /// Its version.
        found: u16,
    },
    /// Its parts do not fit each other.
    #[error("the snapshot is damaged: {0}; read the events instead")]
    Damaged(&'static str),
}

impl State {
    /// The state, written down.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of(Table::kept)
    }

    /// The same to be written at once, without a copy of what is kept under keys.
    #[must_use]
    pub fn snapshot_to_write(&self) -> Snapshot<ToWrite<'_>> {
        self.snapshot_of(Table::to_write)
    }

    fn snapshot_of<'a, T>(&'a self, kept: impl Fn(&'a Table, Moment) -> T) -> Snapshot<T> {
        let now = Moment::at(self.clock);
        Snapshot {
            v: VERSION,
            seq: self.seq,
            clock: self.clock,
            policy: self.policy.clone(),
            schema: self.schema.clone(),
            tables: self.tables.iter().map(|table| kept(table, now)).collect(),
            archive: self.archive.values().map(|table| (table.schema().clone(), kept(table, now))).collect(),
            trust: copied(&self.trust),
            frozen: self.frozen.clone(),
            kin: copied(&self.kin).into_iter().collect(),
            sessions: self.sessions.iter().map(|(id, session)| (id.clone(), session.clone())).collect(),
            doubts: (0..).zip(&self.tables).filter_map(|(place, table)| Some((place, table.doubt()?))).collect(),
            flags: self.flags.iter().map(|(of, value)| (of.clone(), value.clone())).collect(),
            stopped: self.stopped.clone(),
            requests: copied(&self.requests),
            runs: self.runs.iter().map(|(id, run)| (id.clone(), run.clone())).collect(),
            schedules: self.schedules.clone(),
            digests: self.digests.clone(),
            reservations: self.reservations,
        }
    }

    /// The state that a snapshot was taken of. The seed need not be the one it had then.
    ///
    /// # Errors
    /// Where the snapshot is of a later version or its parts do not fit.
    pub fn of_snapshot(seed: [u64; 2], snapshot: Snapshot) -> Result<Self, SnapshotError> {
        if snapshot.v > VERSION {
            return Err(SnapshotError::Version { found: snapshot.v });
        }
        if snapshot.tables.len() != snapshot.schema.families.len() {
            return Err(SnapshotError::Damaged("it does not keep what its schema says"));
        }
        let mut state = Self::new(seed);
        (state.seq, state.clock, state.policy) = (snapshot.seq, snapshot.clock, snapshot.policy);
        let families = snapshot.schema.families.iter().cloned();
        let tables = families.zip(snapshot.tables).map(|(family, kept)| Table::restore(family, seed, kept));
        state.tables = tables.collect();
        for (place, doubt) in snapshot.doubts {
            let table = state.tables.get_mut(place as usize);
            let table = table.ok_or(SnapshotError::Damaged("it doubts what it does not keep"))?;
            *table = table.clone().with_doubt(Some(doubt));
        }
        state.doubted = doubted(&state.tables);
        let archive = snapshot.archive.into_iter();
        state.archive =
            archive.map(|(family, kept)| (family.name.clone(), Table::restore(family, seed, kept))).collect();
        state.schema = snapshot.schema;
        for (id, trust) in snapshot.trust {
            state.trust.insert(id, trust);
        }
        for (id, kin) in snapshot.kin {
            state.kin.insert(id, kin);
        }
        (state.frozen, state.stopped) = (snapshot.frozen, snapshot.stopped);
        snapshot.sessions.into_iter().for_each(|(id, session)| state.sessions.put(id, session));
        for (of, value) in snapshot.flags {
            state.put_flag(&of, Some(value));
        }
        snapshot.runs.into_iter().for_each(|(id, run)| state.runs.put(id, run));
        state.schedules = snapshot.schedules;
        (state.digests, state.reservations) = (snapshot.digests, snapshot.reservations);
        for (id, entry) in snapshot.requests {
            state.index(&id, &entry);
            state.requests.insert(id, entry);
        }
        Ok(state)
    }

    /// What is known of a request besides itself: when it ends, who waits.
    fn index(&mut self, id: &Id, entry: &Entry) {
        match entry.stage {
            Stage::Waiting | Stage::Approved => {
                self.due.extend(entry.held.as_ref().map(|held| (expiry(held), id.clone())));
            }
            Stage::Permitted => {
                self.due.extend(entry.reservation.as_ref().map(|held| (held.expires, id.clone())));
            }
            Stage::Running => self.late.extend(entry.ends.map(|ends| (ends.at, id.clone()))),
            Stage::Refused | Stage::Done(_) | Stage::Gone(_) => {}
        }
        if entry.stage == Stage::Waiting {
            self.waiting.add(&entry.agent);
        }
        self.ended.extend(entry.ended.map(|at| (at, id.clone())));
        self.firsts.extend(entry.firsts.iter().map(|key| (key.clone(), id.clone())));
    }
}

/// All that is kept by name, in the order of names.
fn copied<V: Clone>(names: &Names<V>) -> Vec<(Id, V)> {
    names.sorted(|_, _| true).into_iter().map(|(id, value)| (id.clone(), value.clone())).collect()
}
