//! Notices that wait to be told together: as state, and what a policy says of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use aas::check::typed::Scope;
use aas::check::typed::runtime::DigestDef;
use aas::decision::Tier;
use serde::{Deserialize, Serialize};

use crate::daytime::Clock;
use crate::ids::Id;
use crate::registers::UnknownZone;

/// What is kept of one digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// What waits, the oldest first; also what was told and nobody has said that it arrived.
    pub notes: VecDeque<Note>,
    /// By channel, how many were left out because there was no room.
    pub left_out: BTreeMap<Arc<str>, LeftOut>,
    /// Since when something waits, or when it was told last: from then on an interval is counted.
    pub since: i64,
    /// The number of the last telling.
    pub told: u64,
    /// When something was told at once, the last times.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub at_once: VecDeque<i64>,
}

/// How often a digest tells something at once in one interval. What is beyond waits with the others: nobody is flooded.
pub const MOST_AT_ONCE: usize = 30;

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The request.
    pub id: Id,
    /// When.
    pub at: i64,
    /// Who asked.
    pub agent: Id,
    /// For what.
    pub action: Arc<str>,
    /// What it was decided to be.
    pub tier: Tier,
    /// Why, as people may read it: masked fields are masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Arc<str>>,
    /// The channels that have not told it yet. Without any it is only kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Arc<str>>,
    /// The telling that it was part of last; 0 is none.
    #[serde(default)]
    pub told: u64,
}

/// What has happened to a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum DigestEvent {
    /// Something is to be told.
    Noted {
        /// The digest.
        digest: Arc<str>,
        /// What.
        note: Box<Note>,
    },
    /// All that waited is told.
    Told {
        /// The digest.
        digest: Arc<str>,
        /// The number of the telling.
        number: u64,
    },
    /// What was told has arrived.
    Delivered {
        /// The digest.
        digest: Arc<str>,
        /// The channel.
        channel: Arc<str>,
        /// The number of the telling.
        number: u64,
    },
}

/// All digests, by name.
pub(crate) type Digests = BTreeMap<Arc<str>, Digest>;

/// Takes an event in.
pub(crate) fn apply(digests: &mut Digests, kept: &[DigestSchema], event: &DigestEvent, at: i64) {
    match event {
        DigestEvent::Noted { digest, note } => {
            let most = kept.iter().find(|one| one.name == *digest).map_or(0, |one| one.most);
            digests.entry(digest.clone()).or_default().note(note, most, at);
        }
        DigestEvent::Told { digest, number } => digests.entry(digest.clone()).or_default().tell(*number, at),
        DigestEvent::Delivered { digest, channel, number } => {
            digests.entry(digest.clone()).or_default().delivered(channel, *number);
        }
    }
}

/// Notices that were left out of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// How many.
    pub count: u64,
    /// The telling that has said so; 0 is none.
    pub told: u64,
}

impl Digest {
    /// Takes a notice in. What comes first stays: a flood pushes nothing out.
    fn note(&mut self, note: &Note, most: u32, at: i64) {
        if self.notes.is_empty() && self.left_out.is_empty() {
            self.since = at;
        }
        self.told = self.told.max(note.told);
        if note.told != 0 {
            self.at_once.push_back(at);
            if self.at_once.len() > MOST_AT_ONCE {
                self.at_once.pop_front();
            }
        }
        if self.notes.len() < most as usize {
            self.notes.push_back(note.clone());
            return;
        }
        let nowhere = [Arc::from("")];
        for channel in if note.channels.is_empty() { &nowhere[..] } else { &note.channels } {
            let left = self.left_out.entry(channel.clone()).or_default();
            *left = LeftOut { count: left.count.saturating_add(1), told: 0 };
        }
    }

    /// All that waits is told.
    fn tell(&mut self, number: u64, at: i64) {
        (self.told, self.since) = (number, at);
        self.notes.iter_mut().for_each(|note| note.told = number);
        self.left_out.values_mut().for_each(|left| left.told = number);
    }

    /// A channel has told it.
    fn delivered(&mut self, channel: &str, number: u64) {
        self.notes.retain_mut(|note| {
            if note.told != number || note.channels.is_empty() {
                return true;
            }
            note.channels.retain(|one| **one != *channel);
            !note.channels.is_empty()
        });
        if self.left_out.get(channel).is_some_and(|left| left.told == number) {
            self.left_out.remove(channel);
        }
    }

    /// Whether something waits that a channel is to tell.
    pub(crate) fn waits(&self) -> bool {
        let left = self.left_out.keys().any(|channel| !channel.is_empty());
        left || self.notes.iter().any(|note| !note.channels.is_empty())
    }
}

/// The most notices of each digest, by its name: what state must know of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestSchema {
    /// Its qualified name.
    pub name: Arc<str>,
    /// The most that wait.
    pub most: u32,
}

/// A digest as a governor tells it.
#[derive(Clone, Debug)]
pub(crate) struct DigestPlan {
    pub(crate) name: Arc<str>,
    pub(crate) to: Vec<Arc<str>>,
    most: u32,
    every: i64,
    quiet: Option<((u32, u32), Clock)>,
    pub(crate) at_once: Vec<Scope>,
    pub(crate) from: Option<Tier>,
}

impl DigestPlan {
    pub(crate) fn new(def: &DigestDef) -> Result<Self, UnknownZone> {
        let quiet = match &def.quiet {
            Some((from, to, zone)) => Some(((*from, *to), Clock::new(zone)?)),
            None => None,
        };
        Ok(Self {
            name: def.name.clone(),
            to: def.to.clone(),
            most: def.most_entries,
            every: def.every,
            quiet,
            at_once: def.at_once.clone(),
            from: def.from,
        })
    }

    /// Whether something more may be told at once: there is room for it, and it was not done too often.
    pub(crate) fn may_be_at_once(&self, kept: &Digest, now: i64) -> bool {
        let often = kept.at_once.len() >= MOST_AT_ONCE;
        let recent = kept.at_once.front().is_some_and(|at| *at > now.saturating_sub(self.every));
        kept.notes.len() < self.most as usize && !(often && recent)
    }

    /// When what waits since a time is told: after the interval, and behind quiet hours.
    pub(crate) fn due(&self, since: i64) -> i64 {
        let due = since.saturating_add(self.every);
        let quiet = self.quiet.as_ref().and_then(|(hours, clock)| clock.quiet_until(due, *hours));
        quiet.unwrap_or(due)
    }

    /// When it is told if that is not before now: a host that looks late finds quiet hours all the same.
    pub(crate) fn due_from(&self, since: i64, now: i64) -> i64 {
        let due = self.due(since);
        if due > now {
            return due;
        }
        let quiet = self.quiet.as_ref().and_then(|(hours, clock)| clock.quiet_until(now, *hours));
        quiet.unwrap_or(due)
    }
}
