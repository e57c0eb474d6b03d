//! The registers of one item, by key.
//!
//! A key that is not kept has the initial register, and a key whose register is initial is dropped, so that which keys
//! are kept at a time follows from what happened and from nothing else. Dropping is done when a place is needed and, a
//! little, with each change; when it is done changes nothing that can be read.
//!
//! At the bound a *new* key is refused; keys that are kept go on. Where agents choose keys, each of them has a share:
//! an eighth of the places, at least one.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::key::Key;
use crate::names::Seeded;
use crate::registers::{Moment, Register, ReservationId, Settlement, Take};
use crate::schema::{Family, FamilySchema};

/// The part of a table that one agent may fill: one of so many.
const SHARES: u32 = 8;
/// How many keys are looked at with each change, to drop them.
const LOOKS: usize = 2;

/// The registers of one item.
///
/// Memory: about 180 bytes a key of 16 characters, and what its register keeps: nothing more for a gauge, a cooldown or
/// a used key; 8 to 16 bytes a stamp for a limit; 140 bytes for a budget with one bucket, and up to 4,200 with its most
/// of 130; 80 to 130 bytes an event for a window, and what the event brought; 250 bytes for `seen`. `tests/memory.rs`
/// measures it.
#[derive(Clone, Debug)]
pub struct Table {
    schema: FamilySchema,
    initial: Register,
    doubt: Option<Doubt>,
    rows: HashMap<Key, Row, Seeded>,
    /// How many keys each agent has brought; only where agents choose keys.
    shares: HashMap<Arc<str>, u32, Seeded>,
    /// When to look whether a key can be dropped. An entry that is not the `look` of its row is void.
    looks: BinaryHeap<Reverse<(i64, Key)>>,
}

/// That nobody knows what had happened before a table of history was begun: it was declared while sessions were open and
/// agents at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// The time until which something may have happened, in microseconds since the Unix epoch.
    pub at: i64,
    /// The number of the event with which it was begun. What began later is in no doubt.
    pub seq: u64,
    /// The last reservation that was made before. While one of those runs, the time of the doubt moves with it.
    pub reservation: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    register: Register,
    agent: Option<Arc<str>>,
    look: Option<i64>,
}

/// What a change of a row asks of its table.
enum After {
    Drop,
    Look(i64),
    Nothing,
}

impl Row {
    fn after(&mut self, family: &Family, now: Moment) -> After {
        if self.register.is_initial(family, now) {
            return After::Drop;
        }
        self.plan(family).map_or(After::Nothing, After::Look)
    }

    /// When to look at it, unless that is planned for then or earlier.
    fn plan(&mut self, family: &Family) -> Option<i64> {
        let free = self.register.free_at(family)?;
        if self.look.is_some_and(|look| look <= free) {
            return None;
        }
        self.look = Some(free);
        self.look
    }
}

/// Why a new key was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyBound {
    /// The item keeps no more keys.
    #[error("{most} keys are kept already")]
    Keys {
        /// How many it keeps.
        most: u32,
    },
    /// The agent's share of them is used up.
    #[error("the agent has {most} keys already, its share")]
    Share {
        /// How many one agent may have.
        most: u32,
    },
}

/// What is kept under one key, as it is written in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptKey {
    /// The key.
    pub key: Key,
    /// Who brought it, where agents choose keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Arc<str>>,
    /// Its register.
    pub register: Register,
}

impl Table {
    /// An empty table. The seed is the secret under which keys are hashed; nothing that can be read depends on it.
    #[must_use]
    pub fn new(schema: FamilySchema, seed: [u64; 2]) -> Self {
        let hasher = Seeded(seed);
        Self {
            initial: Register::new(&schema.family),
            doubt: None,
            rows: HashMap::with_hasher(hasher),
            shares: HashMap::with_hasher(hasher),
            looks: BinaryHeap::new(),
            schema,
        }
    }

    /// A table with the keys of a snapshot, which may come in any order; of a key that comes twice the last counts.
    #[must_use]
    pub fn restore(schema: FamilySchema, seed: [u64; 2], kept: impl IntoIterator<Item = KeptKey>) -> Self {
        let (mut table, kept) = (Self::new(schema, seed), kept.into_iter());
        table.rows.reserve(kept.size_hint().0);
        let mut looks = Vec::with_capacity(kept.size_hint().0);
        for KeptKey { key, agent, register } in kept {
            let agent = table.count(agent.as_deref());
            let mut row = Row { register, agent, look: None };
            looks.extend(row.plan(&table.schema.family).map(|at| Reverse((at, key.clone()))));
            if let Some(Row { agent: Some(agent), .. }) = table.rows.insert(key, row) {
                table.uncount(&agent);
            }
        }
        table.looks = looks.into();
        table
    }

    /// What its registers are.
    #[must_use]
    pub fn schema(&self) -> &FamilySchema {
        &self.schema
    }

    /// What is in doubt about its keys.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// The same table, with this in doubt.
    #[must_use]
    pub fn with_doubt(self, doubt: Option<Doubt>) -> Self {
        Self { doubt, ..self }
    }

    pub(crate) fn clear_doubt(&mut self) {
        self.doubt = None;
    }

    /// A reservation has ended: what it brought about may be what the table asks for.
    pub(crate) fn ended_in_doubt(&mut self, reservation: u64, at: i64) {
        if let Some(doubt) = self.doubt.as_mut().filter(|doubt| reservation <= doubt.reservation) {
            doubt.at = doubt.at.max(at);
        }
    }

    /// How many keys take a place. Some of them may be ready to be dropped; [`Table::collect`] drops those.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no key takes a place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The register of a key; the initial one where it is not kept.
    #[must_use]
    pub fn get(&self, key: &Key) -> &Register {
        self.rows.get(key).map_or(&self.initial, |row| &row.register)
    }

    /// Whether this agent may change the register of this key: it is kept, or there is a place for it. Where this is
    /// refused the readings of the key are errors.
    ///
    /// # Errors
    ///
    /// [`KeyBound`] where the key is new and there is no place for it.
    pub fn admits(&mut self, key: &Key, agent: &str, now: Moment) -> Result<(), KeyBound> {
        if self.keeps(key, now) { Ok(()) } else { self.make_room(agent, now) }
    }

    /// The register of a key that this agent may change; nothing where room must be made for it first.
    pub(crate) fn admitted(&self, key: &Key, agent: &str, now: Moment) -> Option<&Register> {
        let row = self.rows.get(key);
        let kept = row.filter(|row| !row.register.is_initial(&self.schema.family, now));
        match kept {
            Some(row) => Some(&row.register),
            None if self.bound(agent).is_none() => Some(row.map_or(&self.initial, |row| &row.register)),
            None => None,
        }
    }

    /// Whether a key is kept now: its register is not the initial one.
    #[must_use]
    pub fn keeps(&self, key: &Key, now: Moment) -> bool {
        self.rows.get(key).is_some_and(|row| !row.register.is_initial(&self.schema.family, now))
    }

    fn make_room(&mut self, agent: &str, now: Moment) -> Result<(), KeyBound> {
        if self.bound(agent).is_some() {
            self.collect(now);
        }
        self.bound(agent).map_or(Ok(()), Err)
    }

    /// Changes the register of a key, for this agent. A reservation, a grant: whatever brings the key into being.
    ///
    /// # Errors
    ///
    /// [`KeyBound`] where the key is new and there is no place for it; then nothing has changed.
    pub fn change<T>(
        &mut self,
        key: &Key,
        agent: &str,
        now: Moment,
        change: impl FnOnce(&Family, &mut Register) -> T,
    ) -> Result<T, KeyBound> {
        if !self.keeps(key, now) {
            // A register that is initial but was not dropped yet begins anew: what is left in it must not be seen.
            self.remove(key);
            self.make_room(agent, now)?;
            let agent = self.count(Some(agent));
            self.rows.insert(key.clone(), Row { register: self.initial.clone(), agent, look: None });
        }
        let new = || Row { register: self.initial.clone(), agent: None, look: None };
        let row = self.rows.entry(key.clone()).or_insert_with(new);
        let told = change(&self.schema.family, &mut row.register);
        let after = row.after(&self.schema.family, now);
        self.follow(key, now, after);
        Ok(told)
    }

    /// Reserves: see [`Register::reserve`].
    ///
    /// # Errors
    ///
    /// [`KeyBound`] where the key is new and there is no place for it; then nothing has changed.
    pub fn reserve(
        &mut self,
        key: &Key,
        agent: &str,
        id: ReservationId,
        now: Moment,
        take: &Take,
    ) -> Result<(), KeyBound> {
        self.change(key, agent, now, |family, register| register.reserve(family, id, now, take))
    }

    /// Settles a reservation: see [`Register::settle`]. A key that is not kept has none.
    pub fn settle(&mut self, key: &Key, id: ReservationId, now: Moment, settlement: Settlement) {
        if let Some(row) = self.rows.get_mut(key) {
            row.register.settle(&self.schema.family, id, now, settlement);
            let after = row.after(&self.schema.family, now);
            self.follow(key, now, after);
        }
    }

    /// Releases a reservation: see [`Register::release`]. A key that is not kept has none.
    pub fn release(&mut self, key: &Key, id: ReservationId, now: Moment) {
        if let Some(row) = self.rows.get_mut(key) {
            row.register.release(&self.schema.family, id, now);
            let after = row.after(&self.schema.family, now);
            self.follow(key, now, after);
        }
    }

    /// Drops a key whatever its register keeps.
    pub(crate) fn forget(&mut self, key: &Key) {
        self.remove(key);
    }

    /// Drops every key whose register is initial now, and says how many those were.
    pub fn collect(&mut self, now: Moment) -> usize {
        let before = self.rows.len();
        self.look(now, usize::MAX);
        before - self.rows.len()
    }

    /// All keys whose registers are not initial now, sorted by key: what a snapshot keeps.
    #[must_use]
    pub fn kept(&self, now: Moment) -> Vec<KeptKey> {
        self.kept_rows(now)
            .into_iter()
            .map(|(key, row)| KeptKey { key: key.clone(), agent: row.agent.clone(), register: row.register.clone() })
            .collect()
    }

    /// The same, to be written without a copy.
    #[must_use]
    pub fn to_write(&self, now: Moment) -> ToWrite<'_> {
        ToWrite(self.kept_rows(now))
    }

    fn kept_rows(&self, now: Moment) -> Vec<(&Key, &Row)> {
        let family = &self.schema.family;
        let mut rows: Vec<_> = self.rows.iter().filter(|(_, row)| !row.register.is_initial(family, now)).collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        rows
    }

    /// Which bound a new key of this agent would break.
    fn bound(&self, agent: &str) -> Option<KeyBound> {
        let most = self.schema.most_keys;
        if u32::try_from(self.rows.len()).map_or(true, |kept| kept >= most) {
            return Some(KeyBound::Keys { most });
        }
        let share = (most / SHARES).max(1);
        let has = self.shares.get(agent).copied().unwrap_or(0);
        (!self.schema.host_keyed && has >= share).then_some(KeyBound::Share { most: share })
    }

    /// Counts a key of an agent, where that matters.
    fn count(&mut self, agent: Option<&str>) -> Option<Arc<str>> {
        let agent = agent.filter(|_| !self.schema.host_keyed)?;
        if let Some((known, count)) = self.shares.get_key_value(agent).map(|(known, count)| (known.clone(), *count)) {
            self.shares.insert(known.clone(), count.saturating_add(1));
            return Some(known);
        }
        let agent: Arc<str> = agent.into();
        self.shares.insert(agent.clone(), 1);
        Some(agent)
    }

    fn remove(&mut self, key: &Key) {
        if let Some(Row { agent: Some(agent), .. }) = self.rows.remove(key) {
            self.uncount(&agent);
        }
    }

    fn uncount(&mut self, agent: &str) {
        let Some(count) = self.shares.get_mut(agent) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.shares.remove(agent);
        }
    }

    /// After a change of a register.
    fn follow(&mut self, key: &Key, now: Moment, after: After) {
        match after {
            After::Drop => self.remove(key),
            After::Look(at) => self.plan(at, key),
            After::Nothing => {}
        }
        self.look(now, LOOKS);
    }

    /// Plans to look at a key.
    fn plan(&mut self, at: i64, key: &Key) {
        self.looks.push(Reverse((at, key.clone())));
        if self.looks.len() > 2 * self.rows.len() + 64 {
            let planned = |(key, row): (&Key, &Row)| row.look.map(|at| Reverse((at, key.clone())));
            self.looks = self.rows.iter().filter_map(planned).collect();
        }
    }

    /// Looks at up to so many keys whose time has come.
    fn look(&mut self, now: Moment, most: usize) {
        let mut again = Vec::new();
        for _ in 0..most {
            if self.looks.peek().is_none_or(|Reverse((at, _))| *at > now.at) {
                break;
            }
            let Some(Reverse((at, key))) = self.looks.pop() else { break };
            let Some(row) = self.rows.get_mut(&key).filter(|row| row.look == Some(at)) else { continue };
            row.look = None;
            if row.register.is_initial(&self.schema.family, now) {
                self.remove(&key);
            } else if let Some(at) = row.register.free_at(&self.schema.family) {
                let at = at.max(now.at.saturating_add(1));
                row.look = Some(at);
                again.push(Reverse((at, key)));
            }
        }
        self.looks.extend(again);
    }
}

impl PartialEq for Table {
    /// The same item with the same keys and registers.
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema
            && self.doubt == other.doubt
            && self.rows.len() == other.rows.len()
            && self.rows.iter().all(|(key, row)| {
                other.rows.get(key).is_some_and(|same| row.register == same.register && row.agent == same.agent)
            })
    }
}

impl Eq for Table {}

/// The keys of a table that are kept, sorted, as a sequence of [`KeptKey`].
#[derive(Debug)]
pub struct ToWrite<'a>(Vec<(&'a Key, &'a Row)>);

impl Serialize for ToWrite<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            key: &'a Key,
            #[serde(skip_serializing_if = "Option::is_none")]
            agent: Option<&'a str>,
            register: &'a Register,
        }
        serializer.collect_seq(self.0.iter().map(|(key, row)| Borrowed {
            key,
            agent: row.agent.as_deref(),
            register: &row.register,
        }))
    }
}
