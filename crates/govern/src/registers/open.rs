//! Reservations that have not ended, with what each of them brought.

use serde::{Deserialize, Serialize};

use super::ReservationId;

/// Open reservations, sorted by their ids. How many there can be is bounded by whoever hands out the ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open<T>(Vec<(ReservationId, T)>);

impl<T> Default for Open<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Open<T> {
    /// Adds one; false, and nothing done, where the id is open already.
    pub(crate) fn insert(&mut self, id: ReservationId, brought: T) -> bool {
        match self.place(id) {
            Ok(_) => false,
            Err(place) => {
                self.0.insert(place, (id, brought));
                true
            }
        }
    }

    /// Takes one out; nothing where the id is not open.
    pub(crate) fn remove(&mut self, id: ReservationId) -> Option<T> {
        let place = self.place(id).ok()?;
        let (_, brought) = self.0.remove(place);
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
        Some(brought)
    }

    /// What they brought, by id.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, brought)| brought)
    }

    /// What the one with the greatest id brought.
    pub(crate) fn newest(&self) -> Option<&T> {
        self.0.last().map(|(_, brought)| brought)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, id: ReservationId) -> Result<usize, usize> {
        // Ids ascend, so that the newest one is nearly always last.
        match self.0.last() {
            Some((last, _)) if *last < id => Err(self.0.len()),
            _ => self.0.binary_search_by_key(&id, |(id, _)| *id),
        }
    }
}
