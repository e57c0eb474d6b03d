//! Keys that are used once.

use serde::{Deserialize, Serialize};

use super::ReservationId;
use super::open::Open;

/// Until when a key counts as used, and the runs that are using it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Once {
    until: Option<i64>,
    open: Open<()>,
}

impl Once {
    pub(super) fn reserve(&mut self, id: ReservationId) {
        self.open.insert(id, ());
    }

    pub(super) fn settle(&mut self, keep: i64, id: ReservationId, at: i64) {
        if self.open.remove(id).is_some() {
            self.until = self.until.max(Some(at.saturating_add(keep)));
        }
    }

    pub(super) fn release(&mut self, id: ReservationId) {
        self.open.remove(id);
    }

    /// Whether the key has been used: a run of it is open, or settled less than its span ago.
    #[must_use]
    pub fn used(&self, now: i64) -> bool {
        !self.open.is_empty() || self.until.is_some_and(|until| until > now)
    }

    pub(super) fn free_at(&self) -> Option<i64> {
        self.open.is_empty().then(|| self.until.unwrap_or(i64::MIN))
    }
}
