//! The newest stamps of time, sorted, at most so many.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Times in microseconds, from the oldest to the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamps(VecDeque<i64>);

impl Stamps {
    /// Adds a time and, where there are now more than `most`, drops the oldest.
    pub(crate) fn insert(&mut self, at: i64, most: usize) {
        match self.0.back() {
            Some(last) if *last > at => {
                let place = self.0.partition_point(|stamp| *stamp <= at);
                self.0.insert(place, at);
            }
            Some(_) | None => self.0.push_back(at),
        }
        while self.0.len() > most {
            self.0.pop_front();
        }
    }

    /// Drops those that have left the window at `now`.
    pub(crate) fn prune(&mut self, now: i64, window: i64) {
        while self.0.front().is_some_and(|stamp| !counts(*stamp, now, window)) {
            self.0.pop_front();
        }
        if self.0.is_empty() {
            self.0 = VecDeque::new();
        }
    }

    /// How many are in `(now - window, now]`, or later than now.
    pub(crate) fn count(&self, now: i64, window: i64) -> usize {
        if self.0.front().is_none_or(|first| counts(*first, now, window)) {
            return self.0.len();
        }
        self.0.len() - self.0.partition_point(|stamp| !counts(*stamp, now, window))
    }

    /// From the newest to the oldest.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = i64> {
        self.0.iter().rev().copied()
    }

    /// The newest.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.0.back().copied()
    }

    pub(crate) fn clear(&mut self) {
        self.0 = VecDeque::new();
    }
}

/// Whether a stamp is still in the window: it leaves once `stamp + window <= now`. One that lies in the future, after
/// a clock went back, counts.
pub(crate) fn counts(stamp: i64, now: i64, window: i64) -> bool {
    stamp.saturating_add(window) > now
}
