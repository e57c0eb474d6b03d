//! `at most N at once`: reservations that have not ended.

use serde::{Deserialize, Serialize};

use super::ReservationId;
use super::open::Open;

/// The reservations that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauge {
    open: Open<()>,
}

impl Gauge {
    pub(super) fn reserve(&mut self, id: ReservationId) {
        self.open.insert(id, ());
    }

    pub(super) fn end(&mut self, id: ReservationId) {
        self.open.remove(id);
    }

    /// How many are reserved or running.
    #[must_use]
    pub fn count(&self) -> i64 {
        i64::try_from(self.open.len()).unwrap_or(i64::MAX)
    }

    pub(super) fn is_initial(&self) -> bool {
        self.open.is_empty()
    }
}
