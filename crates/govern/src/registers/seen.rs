//! What has happened in a session or to an agent.
//!
//! Events have an order: that in which they entered. Of each kind a register keeps two things, what is certain and what
//! is possible, and its reading is clear where both say the same. An event whose condition erred is only possible;
//! one that was reserved and then released is only possible from then on, so that neither `seen` nor `not seen` can be
//! made true by a request that never runs.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::open::Open;
use super::stamps::{Stamps, counts};
use super::{ReservationId, Truth, Unclear};
use crate::schema::{MOST_STAMPS, RelativePlace, SeenSchema, SeenWhat};

/// The history of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    folded: Folded,
    /// Events from the first that may still change, in their order; at most 1,024.
    entries: VecDeque<Entry>,
    /// What enters only with a success.
    waiting: Open<Sign>,
}

/// What a request is: one of the events that are asked for, and one of those they are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    /// Whether it is one of those asked for.
    pub a: Truth,
    /// Whether it is one of the others.
    pub b: Truth,
}

impl Sign {
    fn is_nothing(self) -> bool {
        self.a == Truth::No && self.b == Truth::No
    }

    /// The same, but only possible.
    fn doubtful(self) -> Self {
        Self { a: self.a.doubtful(), b: self.b.doubtful() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    at: i64,
    sign: Sign,
    /// Its reservation, while that has not ended.
    open: Option<ReservationId>,
}

/// What is kept of events that cannot change any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Folded {
    /// Those asked for that certainly are and certainly stand as they must.
    sure: Kept,
    /// Those asked for that may be and may stand as they must.
    maybe: Kept,
    /// `before`: one of the others may have been.
    maybe_over: bool,
    /// `before`: one of the others has been.
    over: bool,
    /// The time of the newest event.
    latest: Option<i64>,
}

/// Events that are kept: their times where they leave by time, else only how many they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Times(Stamps),
    Number(u32),
}

impl Default for Kept {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Kept {
    fn push(&mut self, schema: &SeenSchema, at: i64) {
        let most = most(schema);
        match (schema.within, &mut *self) {
            (Some(window), Self::Times(stamps)) => {
                stamps.prune(at, window);
                stamps.insert(at, most);
            }
            (Some(_), Self::Number(_)) => {
                let mut stamps = Stamps::default();
                stamps.insert(at, most);
                *self = Self::Times(stamps);
            }
            (None, Self::Number(number)) => {
                *number = number.saturating_add(1).min(u32::try_from(most).unwrap_or(u32::MAX));
            }
            (None, Self::Times(_)) => *self = Self::Number(1),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Times(stamps) => stamps.clear(),
            Self::Number(number) => *number = 0,
        }
    }

    fn count(&self, schema: &SeenSchema, now: i64) -> usize {
        match self {
            Self::Times(stamps) => stamps.count(now, schema.within.unwrap_or(i64::MAX)),
            Self::Number(number) => usize::try_from(*number).unwrap_or(usize::MAX),
        }
    }

    fn newest(&self) -> Option<i64> {
        match self {
            Self::Times(stamps) => stamps.newest(),
            Self::Number(_) => None,
        }
    }
}

/// How many events tell all that is asked: one where only their being is.
fn most(schema: &SeenSchema) -> usize {
    match schema.what {
        SeenWhat::Any => 1,
        SeenWhat::Count => MOST_STAMPS,
    }
}

/// Takes in the next event, in their order, through what each part of it means.
trait Monitor {
    fn see(&mut self, schema: &SeenSchema, at: i64, truth: Truth);
    fn see_other(&mut self, place: RelativePlace, truth: Truth);
}

fn take_in(monitor: &mut impl Monitor, schema: &SeenSchema, at: i64, sign: Sign) {
    match schema.relative.map(|relative| relative.place) {
        None => monitor.see(schema, at, sign.a),
        // One that is both comes neither after nor before itself.
        Some(place @ RelativePlace::Since) => {
            monitor.see(schema, at, sign.a);
            monitor.see_other(place, sign.b);
        }
        Some(place @ RelativePlace::Before) => {
            monitor.see_other(place, sign.b);
            monitor.see(schema, at, sign.a);
        }
    }
}

impl Monitor for Folded {
    fn see(&mut self, schema: &SeenSchema, at: i64, truth: Truth) {
        if truth == Truth::Yes && !self.maybe_over {
            self.sure.push(schema, at);
        }
        if truth != Truth::No && !self.over {
            self.maybe.push(schema, at);
        }
    }

    fn see_other(&mut self, place: RelativePlace, truth: Truth) {
        let (possible, certain) = (truth != Truth::No, truth == Truth::Yes);
        match place {
            RelativePlace::Since => {
                if possible {
                    self.sure.clear();
                }
                if certain {
                    self.maybe.clear();
                }
            }
            RelativePlace::Before => {
                self.maybe_over |= possible;
                self.over |= certain;
            }
        }
    }
}

/// The same with numbers alone, for a reading.
struct Tally {
    now: i64,
    sure: usize,
    maybe: usize,
    maybe_over: bool,
    over: bool,
}

impl Tally {
    /// Until this time any of both kinds may have been, in any order, before all that is kept.
    fn doubt(&mut self, schema: &SeenSchema, at: i64) {
        let counts = schema.within.is_none_or(|window| counts(at, self.now, window));
        self.maybe += usize::from(counts);
        if schema.relative.is_some_and(|relative| relative.place == RelativePlace::Before) {
            self.sure = 0;
            self.maybe_over = true;
        }
    }
}

impl Monitor for Tally {
    fn see(&mut self, schema: &SeenSchema, at: i64, truth: Truth) {
        if schema.within.is_some_and(|window| !counts(at, self.now, window)) {
            return;
        }
        self.sure += usize::from(truth == Truth::Yes && !self.maybe_over);
        self.maybe += usize::from(truth != Truth::No && !self.over);
    }

    fn see_other(&mut self, place: RelativePlace, truth: Truth) {
        let (possible, certain) = (truth != Truth::No, truth == Truth::Yes);
        match place {
            RelativePlace::Since => {
                self.sure *= usize::from(!possible);
                self.maybe *= usize::from(!certain);
            }
            RelativePlace::Before => {
                self.maybe_over |= possible;
                self.over |= certain;
            }
        }
    }
}

impl Seen {
    pub(super) fn reserve(&mut self, schema: &SeenSchema, id: ReservationId, at: i64, sign: Sign) {
        let (now, later) = split(schema, sign);
        if !later.is_nothing() {
            self.waiting.insert(id, later);
        }
        self.enter(schema, at, now, Some(id));
    }

    pub(super) fn settle(&mut self, schema: &SeenSchema, id: ReservationId, at: i64, success: bool) {
        if let Some(entry) = self.entry(id) {
            entry.open = None;
        }
        let later = self.waiting.remove(id);
        if let Some(later) = later
            && success
        {
            self.enter(schema, at, later, None);
        }
        self.fold(schema);
    }

    pub(super) fn release(&mut self, schema: &SeenSchema, id: ReservationId) {
        if let Some(entry) = self.entry(id) {
            entry.open = None;
            entry.sign = entry.sign.doubtful();
        }
        self.waiting.remove(id);
        self.fold(schema);
    }

    fn entry(&mut self, id: ReservationId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.open == Some(id))
    }

    fn enter(&mut self, schema: &SeenSchema, at: i64, sign: Sign, open: Option<ReservationId>) {
        if sign.is_nothing() {
            return;
        }
        let latest = self.entries.back().map(|entry| entry.at).max(self.folded.latest);
        let at = latest.map_or(at, |latest| latest.max(at));
        self.entries.push_back(Entry { at, sign, open });
        // One that stays open while so many others come is only possible from then on.
        if self.entries.len() > MOST_STAMPS
            && let Some(first) = self.entries.front_mut()
            && first.open.take().is_some()
        {
            first.sign = first.sign.doubtful();
        }
        self.fold(schema);
    }

    fn fold(&mut self, schema: &SeenSchema) {
        while let Some(entry) = self.entries.pop_front_if(|entry| entry.open.is_none()) {
            self.folded.latest = Some(entry.at);
            take_in(&mut self.folded, schema, entry.at, entry.sign);
        }
    }

    fn tally(&self, schema: &SeenSchema, now: i64, doubt: Option<i64>) -> Tally {
        let mut tally = Tally {
            now,
            sure: self.folded.sure.count(schema, now),
            maybe: self.folded.maybe.count(schema, now),
            maybe_over: self.folded.maybe_over,
            over: self.folded.over,
        };
        if let Some(at) = doubt {
            tally.doubt(schema, at);
        }
        for entry in &self.entries {
            take_in(&mut tally, schema, entry.at, entry.sign);
        }
        tally
    }

    /// Whether there was one. Where there is a time of doubt, nobody knows what had happened until then.
    #[must_use]
    pub fn any(&self, schema: &SeenSchema, now: i64, doubt: Option<i64>) -> Truth {
        let tally = self.tally(schema, now, doubt);
        if tally.sure > 0 {
            Truth::Yes
        } else if tally.maybe > 0 {
            Truth::Unclear
        } else {
            Truth::No
        }
    }

    /// How many there were, at most 1,024. Where there is a time of doubt, nobody knows what had happened until then.
    ///
    /// # Errors
    ///
    /// [`Unclear`] where an event that only may have been could change the number.
    pub fn count(&self, schema: &SeenSchema, now: i64, doubt: Option<i64>) -> Result<i64, Unclear> {
        let tally = self.tally(schema, now, doubt);
        let (sure, maybe) = (tally.sure.min(MOST_STAMPS), tally.maybe.min(MOST_STAMPS));
        if sure == maybe { i64::try_from(sure).map_err(|_| Unclear) } else { Err(Unclear) }
    }

    /// The history that a session begins with which this one opens now: all that was seen here, and what is still under
    /// way here as only possible, whether it entered already or waits for its success.
    #[must_use]
    pub fn inherited(&self, schema: &SeenSchema, now: i64) -> Self {
        let mut heir = Self { folded: self.folded.clone(), ..Self::default() };
        for entry in &self.entries {
            let sign = if entry.open.is_some() { entry.sign.doubtful() } else { entry.sign };
            heir.enter(schema, entry.at, sign, None);
        }
        for sign in self.waiting.values() {
            heir.enter(schema, now, sign.doubtful(), None);
        }
        heir
    }

    pub(super) fn is_initial(&self, schema: &SeenSchema, now: i64) -> bool {
        let folded = &self.folded;
        self.entries.is_empty()
            && self.waiting.is_empty()
            && !folded.maybe_over
            && !folded.over
            && folded.sure.count(schema, now) == 0
            && folded.maybe.count(schema, now) == 0
    }

    pub(super) fn free_at(&self, schema: &SeenSchema) -> Option<i64> {
        let folded = &self.folded;
        if !self.entries.is_empty() || !self.waiting.is_empty() || folded.maybe_over || folded.over {
            return None;
        }
        if folded.sure.count(schema, i64::MIN) == 0 && folded.maybe.count(schema, i64::MIN) == 0 {
            return Some(i64::MIN);
        }
        let newest = folded.sure.newest().max(folded.maybe.newest());
        Some(newest?.saturating_add(schema.within?))
    }
}

/// What of a request enters now, and what enters with its success.
fn split(schema: &SeenSchema, sign: Sign) -> (Sign, Sign) {
    let nothing = Sign { a: Truth::No, b: Truth::No };
    let (mut now, mut later) = (nothing, nothing);
    if schema.succeeded {
        later.a = sign.a;
    } else {
        now.a = sign.a;
    }
    match schema.relative {
        Some(relative) if relative.succeeded => later.b = sign.b,
        Some(_) => now.b = sign.b,
        None => {}
    }
    (now, later)
}
