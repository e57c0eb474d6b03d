//! Where a key stands among the states that there are.

use serde::{Deserialize, Serialize};

use super::ReservationId;
use super::open::Open;

/// The state that stands, and the transitions that are under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct States {
    current: u32,
    open: Open<u32>,
}

impl States {
    pub(super) fn new(start: u32) -> Self {
        Self { current: start, open: Open::default() }
    }

    pub(super) fn reserve(&mut self, id: ReservationId, to: u32) {
        self.open.insert(id, to);
    }

    pub(super) fn settle(&mut self, id: ReservationId, success: bool) {
        if let Some(to) = self.open.remove(id)
            && success
        {
            self.current = to;
        }
    }

    pub(super) fn release(&mut self, id: ReservationId) {
        self.open.remove(id);
    }

    /// The state that stands, by its place in the enum.
    #[must_use]
    pub fn current(&self) -> u32 {
        self.current
    }

    /// Whether a transition is under way: no other may begin.
    #[must_use]
    pub fn busy(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether a transition to this state may begin now, where `allowed` are the sorted transitions of the family.
    #[must_use]
    pub fn allows(&self, allowed: &[(u32, u32)], to: u32) -> bool {
        !self.busy() && allowed.binary_search(&(self.current, to)).is_ok()
    }

    pub(super) fn is_initial(&self, start: u32) -> bool {
        self.current == start && !self.busy()
    }
}
