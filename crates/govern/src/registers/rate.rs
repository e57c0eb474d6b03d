//! `at most N per D`: a stamp for each request.

use serde::{Deserialize, Serialize};

use super::ReservationId;
use super::open::Open;
use super::stamps::{Stamps, counts};
use crate::schema::MOST_STAMPS;

/// Stamps of requests. One is made at reservation, taken back at release and kept at settlement; at most the newest
/// 1,024 of those that are settled are kept, so that a count is exact up to 1,024.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    settled: Stamps,
    open: Open<i64>,
}

impl Rate {
    pub(super) fn reserve(&mut self, window: i64, id: ReservationId, at: i64) {
        self.settled.prune(at, window);
        // Were time to run back, the stamp would not leave before those that came earlier.
        let newest = self.settled.newest().max(self.open.newest().copied());
        self.open.insert(id, newest.map_or(at, |newest| newest.max(at)));
    }

    pub(super) fn settle(&mut self, window: i64, id: ReservationId, at: i64) {
        if let Some(stamp) = self.open.remove(id) {
            self.settled.prune(at, window);
            if counts(stamp, at, window) {
                self.settled.insert(stamp, MOST_STAMPS);
            }
        }
    }

    pub(super) fn release(&mut self, id: ReservationId) {
        self.open.remove(id);
    }

    /// How many requests lie in `(now - window, now]`, at most 1,024.
    #[must_use]
    pub fn count(&self, now: i64, window: i64) -> i64 {
        let open = self.open.values().filter(|stamp| counts(**stamp, now, window)).count();
        let count = (self.settled.count(now, window) + open).min(MOST_STAMPS);
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// In how many microseconds fewer than `most` requests will be in the window if no other comes: 0 where that is so
    /// now, nothing where it will never be so because `most` is 0 or less.
    #[must_use]
    pub fn retry_after(&self, now: i64, window: i64, most: i64) -> Option<i64> {
        if self.count(now, window) < most {
            return Some(0);
        }
        let place = usize::try_from(most.checked_sub(1)?).ok()?.min(MOST_STAMPS - 1);
        let mut open: Vec<i64> = self.open.values().copied().collect();
        open.sort_unstable_by(|a, b| b.cmp(a));
        let mut settled = self.settled.newest_first().peekable();
        let mut open = open.into_iter().peekable();
        let mut stamp = None;
        for _ in 0..=place {
            stamp = match (settled.peek(), open.peek()) {
                (Some(a), Some(b)) if a < b => open.next(),
                (None, _) => open.next(),
                (Some(_), _) => settled.next(),
            };
        }
        Some(stamp?.saturating_add(window).saturating_sub(now).max(0))
    }

    pub(super) fn is_initial(&self, window: i64, now: i64) -> bool {
        self.open.is_empty() && self.settled.count(now, window) == 0
    }

    pub(super) fn free_at(&self, window: i64) -> Option<i64> {
        self.open.is_empty().then(|| self.settled.newest().map_or(i64::MIN, |stamp| stamp.saturating_add(window)))
    }
}
