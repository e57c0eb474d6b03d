//! Time since the last run.

use serde::{Deserialize, Serialize};

use super::ReservationId;
use super::open::Open;

/// When the last run ended, and the runs that have not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cooldown {
    ended: Option<i64>,
    open: Open<()>,
}

impl Cooldown {
    pub(super) fn reserve(&mut self, id: ReservationId) {
        self.open.insert(id, ());
    }

    pub(super) fn settle(&mut self, id: ReservationId, at: i64) {
        if self.open.remove(id).is_some() {
            self.ended = self.ended.max(Some(at));
        }
    }

    pub(super) fn release(&mut self, id: ReservationId) {
        self.open.remove(id);
    }

    /// How many microseconds are left of a `span` since the last run: all of it while a run is open, nothing once the
    /// span has passed, which is at exactly its length.
    #[must_use]
    pub fn remaining(&self, now: i64, span: i64) -> Option<i64> {
        if !self.open.is_empty() {
            return Some(span);
        }
        let left = self.ended?.saturating_add(span).saturating_sub(now);
        (left > 0).then_some(left)
    }

    pub(super) fn is_initial(&self, longest: i64, now: i64) -> bool {
        self.remaining(now, longest).is_none()
    }

    pub(super) fn free_at(&self, longest: i64) -> Option<i64> {
        self.open.is_empty().then(|| self.ended.map_or(i64::MIN, |ended| ended.saturating_add(longest)))
    }
}
