//! Reservations that have not ended, with what each of them brought.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ReservationId;

/// Open reservations, sorted by their ids. How many there can be is bounded by whoever hands out the ids. Most keys have
/// one at most, and that lies here and not behind a box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Open<T> {
    #[default]
    None,
    One((ReservationId, T)),
    /// At least two.
    Many(Vec<(ReservationId, T)>),
}

impl<T> Open<T> {
    fn as_slice(&self) -> &[(ReservationId, T)] {
        match self {
            Self::None => &[],
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(all) => all,
        }
    }

    /// Adds one; false, and nothing done, where the id is open already.
    pub(crate) fn insert(&mut self, id: ReservationId, brought: T) -> bool {
        let Err(place) = self.place(id) else { return false };
        *self = match std::mem::take(self) {
            Self::None => Self::One((id, brought)),
            Self::One(one) => {
                let mut all = vec![one];
                all.insert(place.min(1), (id, brought));
                Self::Many(all)
            }
            Self::Many(mut all) => {
                all.insert(place.min(all.len()), (id, brought));
                Self::Many(all)
            }
        };
        true
    }

    /// Takes one out; nothing where the id is not open.
    pub(crate) fn remove(&mut self, id: ReservationId) -> Option<T> {
        let place = self.place(id).ok()?;
        let (left, taken) = match std::mem::take(self) {
            Self::None => return None,
            Self::One((_, brought)) => (Self::None, brought),
            Self::Many(mut all) => {
                let (_, brought) = all.remove(place);
                let left = match (all.len(), all.pop()) {
                    (1, Some(one)) => Self::One(one),
                    (_, last) => {
                        all.extend(last);
                        Self::Many(all)
                    }
                };
                (left, brought)
            }
        };
        *self = left;
        Some(taken)
    }

    /// What they brought, by id.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.as_slice().iter().map(|(_, brought)| brought)
    }

    /// What the one with the greatest id brought.
    pub(crate) fn newest(&self) -> Option<&T> {
        self.as_slice().last().map(|(_, brought)| brought)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    fn place(&self, id: ReservationId) -> Result<usize, usize> {
        let all = self.as_slice();
        // Ids ascend, so that the newest one is nearly always last.
        match all.last() {
            Some((last, _)) if *last < id => Err(all.len()),
            _ => all.binary_search_by_key(&id, |(id, _)| *id),
        }
    }
}

impl<T: Serialize> Serialize for Open<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Vec::<(ReservationId, T)>::deserialize(deserializer)?;
        Ok(match (all.len(), all.pop()) {
            (1, Some(one)) => Self::One(one),
            (_, None) => Self::None,
            (_, Some(last)) => {
                all.push(last);
                Self::Many(all)
            }
        })
    }
}
