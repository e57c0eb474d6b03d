//! State: what follows from the events, and from nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::canonical::{Canonical, Hash};
use crate::command::{Ended, FlagPlace};
use crate::digests::{self, Digest, Digests};
use crate::event::{Decided, Event, Held, How, Moved, Record, Requested, Reservation, Then, Why};
use crate::ids::Id;
use crate::key::Key;
use crate::names::{Names, Waiting};
use crate::registers::{CalendarPeriod, Moment, Register, ReservationId, Settlement};
use crate::runs::Runs;
use crate::schedules::{self, Schedule, Schedules};
use crate::schema::{Family, Schema, Severity};
use crate::sessions::Sessions;
use crate::table::{Doubt, Table};
use crate::trust::{FreezeWhy, Trust};

/// What a governor knows.
#[derive(Clone, Debug)]
pub struct State {
    seed: [u64; 2],
    /// The number of the last event.
    pub(crate) seq: u64,
    /// The greatest time seen.
    pub(crate) clock: i64,
    /// The hash of the policy that decides.
    pub(crate) policy: Option<Arc<str>>,
    pub(crate) schema: Arc<Schema>,
    /// One for each family of the schema.
    pub(crate) tables: Vec<Table>,
    /// The places of those about whose past something is in doubt.
    pub(crate) doubted: Vec<u32>,
    /// What was kept for items that are gone, by name.
    pub(crate) archive: BTreeMap<Arc<str>, Table>,
    pub(crate) trust: Names<Trust>,
    /// Agents that people froze, where the policy says nothing about trust.
    pub(crate) frozen: BTreeMap<Id, Arc<str>>,
    pub(crate) kin: Names<Kin>,
    pub(crate) sessions: Sessions,
    pub(crate) flags: BTreeMap<FlagPlace, FlagValue>,
    /// When values of flags end.
    pub(crate) flags_due: BTreeSet<(i64, FlagPlace)>,
    /// Counts changes of flags, so that what was made of them is known to be stale.
    pub(crate) flags_changed: u64,
    pub(crate) stopped: Option<Stop>,
    pub(crate) requests: Names<Entry>,
    /// When permitted and held requests end by themselves.
    pub(crate) due: BTreeSet<(i64, Id)>,
    /// When requests have ended, the oldest first.
    pub(crate) ended: BTreeSet<(i64, Id)>,
    /// How many requests of each agent wait for people.
    pub(crate) waiting: Waiting,
    /// The first request with each key that is answered once, by family.
    pub(crate) firsts: BTreeMap<(u32, Key), Id>,
    /// Runs of workflows.
    pub(crate) runs: Runs,
    /// When schedules are due.
    pub(crate) schedules: Schedules,
    /// When running actions must have ended.
    pub(crate) late: BTreeSet<(i64, Id)>,
    /// What waits to be told, by digest.
    pub(crate) digests: Digests,
    /// The number of the last reservation.
    pub(crate) reservations: u64,
}

/// Whose an agent is.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Kin {
    /// The agent that made it.
    pub parent: Option<Id>,
    /// The person that it works for.
    pub owner: Option<Id>,
}

/// A value of a flag.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FlagValue {
    /// As JSON.
    pub value: Arc<str>,
    /// When it ends, in microseconds since the Unix epoch.
    pub until: Option<i64>,
    /// Who has set it.
    pub by: Id,
}

/// That everything is stopped.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stop {
    /// By whom.
    pub by: Id,
    /// Why.
    pub reason: Arc<str>,
    /// When, in microseconds since the Unix epoch.
    pub at: i64,
    /// The flags as they were.
    pub flags: Vec<(FlagPlace, FlagValue)>,
}

/// A request, from when it was asked until its answer is forgotten.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// Who asks.
    pub agent: Id,
    /// In which session.
    pub session: Option<Id>,
    /// What is asked.
    pub request: Option<Canonical>,
    /// The hash of that.
    pub hash: Hash,
    /// How much its outcome weighs.
    pub severity: Severity,
    /// What was decided.
    pub decided: Arc<Decided>,
    /// Where it stands.
    pub stage: Stage,
    /// What it holds, from when it may run until its outcome is known.
    pub reservation: Option<Reservation>,
    /// What people are asked, where it waits or has waited for them.
    pub held: Option<Held>,
    /// When it ended.
    pub ended: Option<i64>,
    /// The keys under which who asks again gets its answer.
    pub firsts: Vec<(u32, Key)>,
    /// When it must have ended, where it runs and that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Ends>,
}

/// When a running action must have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ends {
    /// When, in microseconds since the Unix epoch.
    pub at: i64,
    /// Whether it was told to end; then its outcome is unknown from that time on.
    pub told: bool,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It does not run.
    Refused,
    /// It may begin.
    Permitted,
    /// People are asked.
    Waiting,
    /// People have said yes.
    Approved,
    /// It is running.
    Running,
    /// It has run.
    Done(Ended),
    /// It does not run any more.
    Gone(Why),
}

impl Stage {
    /// Whether nothing follows any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Refused | Self::Done(_) | Self::Gone(_) => true,
            Self::Permitted | Self::Waiting | Self::Approved | Self::Running => false,
        }
    }

    /// As people say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Permitted => "permitted",
            Self::Waiting => "waiting for people",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::Done(_) => "done",
            Self::Gone(_) => "ended without running",
        }
    }
}

impl State {
    /// Nothing has happened yet. The seed is a secret of the embedder under which keys are hashed; nothing that can be
    /// read depends on it.
    #[must_use]
    pub fn new(seed: [u64; 2]) -> Self {
        Self {
            seed,
            seq: 0,
            clock: i64::MIN,
            policy: None,
            schema: Arc::default(),
            tables: Vec::new(),
            doubted: Vec::new(),
            archive: BTreeMap::new(),
            trust: Names::new(seed),
            frozen: BTreeMap::new(),
            kin: Names::new(seed),
            sessions: Sessions::default(),
            flags: BTreeMap::new(),
            flags_due: BTreeSet::new(),
            flags_changed: 0,
            stopped: None,
            requests: Names::new(seed),
            due: BTreeSet::new(),
            ended: BTreeSet::new(),
            waiting: Waiting::default(),
            firsts: BTreeMap::new(),
            runs: Runs::default(),
            schedules: Schedules::new(),
            late: BTreeSet::new(),
            digests: BTreeMap::new(),
            reservations: 0,
        }
    }

    /// The state after these events, from the first on.
    #[must_use]
    pub fn replay<'a>(seed: [u64; 2], records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut state = Self::new(seed);
        records.into_iter().for_each(|record| state.apply(record));
        state
    }

    /// It is this time at least, though nothing has happened: a state that was replayed knows the time of its last event
    /// only.
    pub fn see_time(&mut self, now: i64) {
        self.clock = self.clock.max(now);
    }

    /// The greatest time seen, in microseconds since the Unix epoch.
    #[must_use]
    pub fn clock(&self) -> i64 {
        self.clock
    }

    /// The number of the last event.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// A request, while its answer is kept.
    #[must_use]
    pub fn request(&self, id: &Id) -> Option<&Entry> {
        self.requests.get(id)
    }

    /// All requests whose answers are kept, by name.
    pub fn requests(&self) -> impl Iterator<Item = (&Id, &Entry)> {
        self.requests.sorted(|_, _| true).into_iter()
    }

    /// Where the requests that are asked for stand, by name.
    pub(crate) fn stages(&self, asked: impl Fn(&Id, &Entry) -> bool) -> Vec<(Id, Stage)> {
        self.requests.sorted(asked).into_iter().map(|(id, entry)| (id.clone(), entry.stage)).collect()
    }

    /// Whether everything is stopped, and by whom.
    #[must_use]
    pub fn stopped(&self) -> Option<&Stop> {
        self.stopped.as_ref()
    }

    /// The trust of an agent in millionths of a point; nothing where the policy knows no trust.
    #[must_use]
    pub fn trust(&self, agent: &Id) -> Option<i64> {
        self.standing(agent).0
    }

    /// Whether an agent is frozen, by an outcome or by a person. Its parents are not looked at.
    #[must_use]
    pub fn is_frozen(&self, agent: &Id) -> bool {
        self.standing(agent).1
    }

    /// The trust of an agent, and whether it is frozen.
    pub(crate) fn standing(&self, agent: &Id) -> (Option<i64>, bool) {
        let kept = self.trust.get(agent);
        let score =
            self.schema.trust.as_ref().map(|schema| kept.map_or(schema.start, |trust| trust.score(schema, self.clock)));
        let frozen = self.frozen.contains_key(agent) || kept.is_some_and(|trust| trust.frozen().is_some());
        (score, frozen)
    }

    /// Whose an agent is.
    #[must_use]
    pub fn kin(&self, agent: &Id) -> Option<&Kin> {
        self.kin.get(agent)
    }

    /// The sessions that are known.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Runs of workflows.
    #[must_use]
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// When a schedule is due.
    #[must_use]
    pub fn schedule(&self, name: &str) -> Option<&Schedule> {
        self.schedules.get(name)
    }

    /// What waits in a digest.
    #[must_use]
    pub fn digest(&self, name: &str) -> Option<&Digest> {
        self.digests.get(name)
    }

    /// The register under a key of an item by its qualified name.
    #[must_use]
    pub fn register(&self, item: &str, key: &Key) -> Option<&Register> {
        let place = self.schema.families.binary_search_by(|family| (*family.name).cmp(item)).ok()?;
        Some(self.tables.get(place)?.get(key))
    }

    /// Takes one event in.
    pub fn apply(&mut self, record: &Record) {
        self.seq = record.seq;
        self.clock = self.clock.max(record.at);
        let at = record.at;
        match &record.event {
            Event::Installed { policy, schema, moved } => self.install(policy, schema, moved, at),
            Event::Requested(requested) => self.requested(requested, at),
            Event::Began { id, reservation, ends } => self.began(id, reservation.as_ref(), *ends, at),
            Event::Late { id, until } => self.must_end(id, Some(Ends { at: *until, told: true })),
            Event::Run(event) => self.runs.apply(event, at),
            Event::DecidedAgain { id, observed, decided } => self.decided_again(id, observed.as_ref(), decided),
            Event::AskedAgain { id, held } => self.asked_again(id, held),
            Event::Ended { id, why, periods } => self.gone(id, *why, periods, at),
            Event::Settled { id, result, costs, periods } => self.settled(id, *result, costs, periods, at),
            Event::Answered { id, approval, by, yes } => self.answered(id, approval, by, *yes, at),
            Event::FlagSet { of, value, until, by } => {
                self.put_flag(of, Some(FlagValue { value: value.clone(), until: *until, by: by.clone() }));
            }
            Event::FlagCleared { of, .. } => self.put_flag(of, None),
            Event::Stopped { by, reason } => {
                let flags = self.flags.iter().map(|(of, value)| (of.clone(), value.clone())).collect();
                self.stopped = Some(Stop { by: by.clone(), reason: reason.clone(), at, flags });
            }
            Event::Resumed { .. } => self.resumed(),
            Event::Frozen { agent, reason, .. } => self.freeze(agent, reason, at),
            Event::Unfrozen { agent, .. } => {
                self.frozen.remove(agent);
                if let Some(trust) = self.trust.get_mut(agent) {
                    trust.unfreeze(at);
                }
            }
            Event::Granted { family, key, fields, until, by } => {
                self.grant((*family, key), by, at, |family, register| {
                    if let (Family::Grant { longest, again }, Register::Grant(grant)) = (family, register) {
                        // The command was checked before it became an event.
                        let _ = grant.give(*longest, *again, at, *until, fields.clone());
                    }
                });
            }
            Event::Revoked { family, key, by } => {
                self.grant((*family, key), by, at, |family, register| {
                    if let (Family::Grant { again, .. }, Register::Grant(grant)) = (family, register) {
                        grant.revoke(*again, at);
                    }
                });
            }
            Event::Introduced { agent, parent, owner } => {
                self.kin.insert(agent.clone(), Kin { parent: parent.clone(), owner: owner.clone() });
            }
            Event::SessionOpened { session, parent, inherits } => {
                self.sessions.opened(session, parent.as_ref(), record.seq, at);
                self.inherit(session, parent.as_ref(), inherits, at);
            }
            Event::SessionClosed { session, families } => {
                let key = Key::of([session.as_str()]);
                families.iter().for_each(|place| self.drop_key(*place, &key));
                self.sessions.close(session, at);
            }
            Event::SessionsForgotten { ids } => ids.iter().for_each(|id| self.sessions.forget(id)),
            Event::PastVouchedFor { family, .. } => {
                if let Some(table) = self.tables.get_mut(*family as usize) {
                    table.clear_doubt();
                }
                self.doubted.retain(|place| place != family);
            }
            Event::Schedule(event) => schedules::apply(&mut self.schedules, event),
            Event::Digest(event) => digests::apply(&mut self.digests, &self.schema.digests, event, at),
            Event::Forgotten { ids } => self.forget(ids),
        }
    }

    fn resumed(&mut self) {
        let Some(stop) = self.stopped.take() else { return };
        let now: Vec<FlagPlace> = self.flags.keys().cloned().collect();
        now.iter().for_each(|of| self.put_flag(of, None));
        stop.flags.into_iter().for_each(|(of, value)| self.put_flag(&of, Some(value)));
    }

    pub(crate) fn put_flag(&mut self, of: &FlagPlace, value: Option<FlagValue>) {
        self.flags_changed += 1;
        if let Some(until) = self.flags.remove(of).and_then(|old| old.until) {
            self.flags_due.remove(&(until, of.clone()));
        }
        if let Some(value) = value {
            self.flags_due.extend(value.until.map(|until| (until, of.clone())));
            self.flags.insert(of.clone(), value);
        }
    }

    fn grant(&mut self, (place, key): (u32, &Key), by: &Id, at: i64, change: impl FnOnce(&Family, &mut Register)) {
        if let Some(table) = self.tables.get_mut(place as usize) {
            // At the bound the command is refused before it becomes an event.
            let _ = table.change(key, by.as_str(), Moment::at(at), change);
        }
    }

    fn requested(&mut self, of: &Requested, at: i64) {
        let (stage, reservation, held) = match &of.then {
            Then::Refused => (Stage::Refused, None, None),
            Then::Permitted(reservation) => (Stage::Permitted, Some(reservation.clone()), None),
            Then::Held(held) => (Stage::Waiting, None, Some(held.clone())),
        };
        let id = &of.id;
        let entry = Entry {
            agent: of.agent.clone(),
            session: of.session.clone(),
            request: of.request.clone(),
            hash: of.hash,
            severity: of.severity,
            decided: of.decided.clone(),
            stage,
            reservation: None,
            held,
            ended: stage.is_final().then_some(at),
            firsts: Vec::new(),
            ends: None,
        };
        if let Some(held) = &entry.held {
            self.due.insert((expiry(held), id.clone()));
            self.waiting.add(&entry.agent);
        }
        if let Some(session) = &entry.session {
            self.sessions.used(session, self.seq, at);
        }
        let agent = entry.agent.clone();
        self.requests.insert(id.clone(), entry);
        if let Some(reservation) = reservation {
            self.due.insert((reservation.expires, id.clone()));
            self.reserve(id, &agent, reservation, at);
        }
        if stage.is_final() {
            self.ended.insert((at, id.clone()));
        }
    }

    fn reserve(&mut self, id: &Id, agent: &Id, reservation: Reservation, at: i64) {
        let number = ReservationId(reservation.number);
        self.reservations = self.reservations.max(reservation.number);
        for touch in &reservation.touches {
            if let Some(table) = self.tables.get_mut(touch.family as usize) {
                let now = Moment { at, period: touch.period };
                // At the bound a new key's readings were errors; one that ran all the same is not kept.
                let _ = table.reserve(&touch.key, agent.as_str(), number, now, &touch.take);
                if touch.first {
                    self.firsts.insert((touch.family, touch.key.clone()), id.clone());
                }
            }
        }
        if let Some(entry) = self.requests.get_mut(id) {
            let firsts = reservation.touches.iter().filter(|touch| touch.first);
            entry.firsts.extend(firsts.map(|touch| (touch.family, touch.key.clone())));
            entry.reservation = Some(reservation);
        }
    }

    fn began(&mut self, id: &Id, reservation: Option<&Reservation>, ends: Option<i64>, at: i64) {
        self.must_end(id, ends.map(|at| Ends { at, told: false }));
        let Some(entry) = self.requests.get_mut(id) else { return };
        let agent = entry.agent.clone();
        if let Some(held) = &entry.held {
            self.due.remove(&(expiry(held), id.clone()));
        }
        if let Some(held) = &entry.reservation {
            self.due.remove(&(held.expires, id.clone()));
        }
        entry.stage = Stage::Running;
        if let Some(reservation) = reservation {
            self.reserve(id, &agent, reservation.clone(), at);
        }
    }

    /// A running action must end at a time, or has ended.
    fn must_end(&mut self, id: &Id, ends: Option<Ends>) {
        let Some(entry) = self.requests.get_mut(id) else { return };
        if let Some(old) = std::mem::replace(&mut entry.ends, ends) {
            self.late.remove(&(old.at, id.clone()));
        }
        self.late.extend(ends.map(|ends| (ends.at, id.clone())));
    }

    /// What will run stays as it was asked for; what was seen and decided is what is so now.
    fn decided_again(&mut self, id: &Id, observed: Option<&Arc<str>>, decided: &Arc<Decided>) {
        let Some(entry) = self.requests.get_mut(id) else { return };
        entry.decided = decided.clone();
        if let (Some(request), Some(observed)) = (&mut entry.request, observed) {
            request.observed = observed.clone();
        }
    }

    fn asked_again(&mut self, id: &Id, held: &Held) {
        let Some(entry) = self.requests.get_mut(id) else { return };
        if let Some(old) = &entry.held {
            self.due.remove(&(expiry(old), id.clone()));
        }
        if entry.stage != Stage::Waiting {
            self.waiting.add(&entry.agent);
        }
        entry.stage = Stage::Waiting;
        self.due.insert((expiry(held), id.clone()));
        entry.held = Some(held.clone());
    }

    fn answered(&mut self, id: &Id, approval: &str, by: &Id, yes: bool, at: i64) {
        let Some(entry) = self.requests.get_mut(id) else { return };
        let Some(held) = &mut entry.held else { return };
        if !yes {
            self.gone(id, Why::Denied, &[], at);
            return;
        }
        if let Some(needed) = held.needs.iter_mut().find(|needed| &*needed.approval == approval)
            && !needed.given.contains(by)
        {
            needed.given.push(by.clone());
        }
        if held.needs.iter().all(crate::event::Needed::is_given) && entry.stage == Stage::Waiting {
            entry.stage = Stage::Approved;
            let agent = entry.agent.clone();
            self.waiting.remove(&agent);
        }
    }

    fn gone(&mut self, id: &Id, why: Why, periods: &[Option<CalendarPeriod>], at: i64) {
        let Some(entry) = self.requests.get_mut(id) else { return };
        if let Some(held) = &entry.held {
            self.due.remove(&(expiry(held), id.clone()));
        }
        let was_waiting = entry.stage == Stage::Waiting;
        entry.stage = Stage::Gone(why);
        let agent = entry.agent.clone();
        if let Some(reservation) = entry.reservation.take() {
            self.due.remove(&(reservation.expires, id.clone()));
            for (place, touch) in reservation.touches.iter().enumerate() {
                if let Some(table) = self.tables.get_mut(touch.family as usize) {
                    let now = Moment { at, period: periods.get(place).copied().flatten() };
                    table.release(&touch.key, ReservationId(reservation.number), now);
                }
            }
        }
        entry.ended = Some(at);
        for key in std::mem::take(&mut entry.firsts) {
            self.firsts.remove(&key);
        }
        if was_waiting {
            self.waiting.remove(&agent);
        }
        self.ended.insert((at, id.clone()));
    }

    fn settled(&mut self, id: &Id, result: Ended, costs: &[Option<i64>], periods: &[Option<CalendarPeriod>], at: i64) {
        self.must_end(id, None);
        let Some(entry) = self.requests.get_mut(id) else { return };
        entry.stage = Stage::Done(result);
        entry.ended = Some(at);
        let (agent, severity) = (entry.agent.clone(), entry.severity);
        let success = result == Ended::Success;
        if let Some(reservation) = entry.reservation.take() {
            for place in &self.doubted {
                if let Some(table) = self.tables.get_mut(*place as usize) {
                    table.ended_in_doubt(reservation.number, at);
                }
            }
            for (place, touch) in reservation.touches.iter().enumerate() {
                if let Some(table) = self.tables.get_mut(touch.family as usize) {
                    let now = Moment { at, period: periods.get(place).copied().flatten() };
                    let settlement = Settlement { success, cost: costs.get(place).copied().flatten() };
                    table.settle(&touch.key, ReservationId(reservation.number), now, settlement);
                }
            }
        }
        if let (Some(schema), true) = (&self.schema.trust, result != Ended::Unknown) {
            let trust = self.trust.get_or_insert_with(&agent, || Trust::new(schema, at));
            trust.outcome(schema, severity, success, at);
        }
        self.ended.insert((at, id.clone()));
    }

    fn freeze(&mut self, agent: &Id, reason: &Arc<str>, at: i64) {
        match &self.schema.trust {
            Some(schema) => {
                let trust = self.trust.get_or_insert_with(agent, || Trust::new(schema, at));
                trust.freeze(FreezeWhy::Said(reason.clone()), at);
            }
            None => {
                self.frozen.insert(agent.clone(), reason.clone());
            }
        }
    }

    fn inherit(&mut self, session: &Id, parent: Option<&Id>, families: &[u32], at: i64) {
        let Some(parent) = parent else { return };
        let (from, to) = (Key::of([parent.as_str()]), Key::of([session.as_str()]));
        for place in families {
            let Some(table) = self.tables.get_mut(*place as usize) else { continue };
            let (Register::Seen(seen), Family::Seen(schema)) = (table.get(&from), &table.schema().family) else {
                continue;
            };
            let inherited = Register::Seen(Box::new(seen.inherited(schema, at)));
            let _ = table.change(&to, session.as_str(), Moment::at(at), |_, register| *register = inherited);
        }
    }

    fn drop_key(&mut self, place: u32, key: &Key) {
        if let Some(table) = self.tables.get_mut(place as usize) {
            table.forget(key);
        }
    }

    fn forget(&mut self, ids: &[Id]) {
        for id in ids {
            let Some(entry) = self.requests.remove(id) else { continue };
            for key in entry.firsts {
                self.firsts.remove(&key);
            }
            if let Some(at) = entry.ended {
                self.ended.remove(&(at, id.clone()));
            }
        }
    }

    /// Another policy decides: registers go on, begin anew or rest, as the event says.
    fn install(&mut self, policy: &Arc<str>, schema: &Arc<Schema>, moved: &[Moved], at: i64) {
        let old = std::mem::take(&mut self.tables);
        let names: Vec<Arc<str>> = self.schema.families.iter().map(|family| family.name.clone()).collect();
        let mut kept: BTreeMap<Arc<str>, Table> = names.iter().cloned().zip(old).collect();
        let how: BTreeMap<&str, How> = moved.iter().map(|moved| (&*moved.item, moved.how)).collect();
        self.end_what_is_lost(&mut kept, &names, &how, at);
        // Where something has run, history that was not kept until now may hold anything.
        let doubt = (self.reservations > 0).then_some(Doubt { at, seq: self.seq, reservation: self.reservations });
        self.tables = schema
            .families
            .iter()
            .map(|family| {
                let (from, goes_on) = match how.get(&*family.name) {
                    Some(How::Kept | How::Adapted) => (kept.remove(&family.name), true),
                    Some(How::Restored) => (self.archive.remove(&family.name), false),
                    Some(How::Restarted | How::Begun | How::Archived) | None => (None, false),
                };
                let doubt = match &family.family {
                    Family::Seen(_) if goes_on => from.as_ref().and_then(Table::doubt),
                    Family::Seen(_) => doubt,
                    _ => None,
                };
                let table = match from {
                    Some(table) => Table::restore(family.clone(), self.seed, table.kept(Moment::at(at))),
                    None => Table::new(family.clone(), self.seed),
                };
                table.with_doubt(doubt)
            })
            .collect();
        self.doubted = doubted(&self.tables);
        for (name, table) in kept {
            if how.get(&*name) == Some(&How::Archived) {
                self.archive.insert(name, table);
            }
        }
        let place_of = |family: u32| {
            let name = names.get(family as usize)?;
            let goes_on = matches!(how.get(&**name), Some(How::Kept | How::Adapted));
            let place = schema.families.binary_search_by(|f| f.name.cmp(name)).ok()?;
            goes_on.then_some(place as u32)
        };
        for entry in self.requests.each_mut() {
            entry.firsts.clear();
            if let Some(reservation) = &mut entry.reservation {
                reservation.touches.retain_mut(|touch| match place_of(touch.family) {
                    Some(place) => {
                        touch.family = place;
                        true
                    }
                    None => false,
                });
            }
        }
        let firsts = std::mem::take(&mut self.firsts);
        let moved = firsts.into_iter().filter_map(|((family, key), id)| Some(((place_of(family)?, key), id)));
        self.firsts = moved.collect();
        for (key, id) in &self.firsts {
            if let Some(entry) = self.requests.get_mut(id) {
                entry.firsts.push(key.clone());
            }
        }
        self.digests.retain(|name, _| schema.digests.iter().any(|digest| digest.name == *name));
        self.policy = Some(policy.clone());
        self.schema = schema.clone();
        self.flags_changed += 1;
    }

    /// What runs now is charged where its registers are put away: nobody will be there when it ends.
    fn end_what_is_lost(
        &self,
        kept: &mut BTreeMap<Arc<str>, Table>,
        names: &[Arc<str>],
        how: &BTreeMap<&str, How>,
        at: i64,
    ) {
        for (_, entry) in self.requests.sorted(|_, entry| entry.reservation.is_some()) {
            let Some(reservation) = &entry.reservation else { continue };
            for touch in &reservation.touches {
                let Some(name) = names.get(touch.family as usize) else { continue };
                if how.get(&**name) == Some(&How::Archived)
                    && let Some(table) = kept.get_mut(name)
                {
                    let settlement = Settlement { success: false, cost: None };
                    table.settle(&touch.key, ReservationId(reservation.number), Moment::at(at), settlement);
                }
            }
        }
    }
}

/// The places of tables about whose past something is in doubt.
pub(crate) fn doubted(tables: &[Table]) -> Vec<u32> {
    (0..).zip(tables).filter(|(_, table)| table.doubt().is_some()).map(|(place, _)| place).collect()
}

/// When what people are asked is over.
pub(crate) fn expiry(held: &Held) -> i64 {
    held.needs.iter().map(|needed| needed.expires).min().unwrap_or(i64::MIN)
}
