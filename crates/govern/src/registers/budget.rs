//! Amounts spent in a period of the calendar or over a sliding window.

use serde::{Deserialize, Serialize};

use super::buckets::{Buckets, Grid};
use super::open::Open;
use super::{Moment, ReservationId};
use crate::schema::Period;

/// What a budget has charged, holds and is owed.
///
/// A reservation is *held* until it ends. Settlement *charges* the cost at its own time. What does not fit under the
/// most that may be spent is *debt*; as soon as there is room, debt is charged first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    ledger: Ledger,
    open: Open<i64>,
    held: i64,
}

/// What has been charged, and what could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ledger {
    charged: Charged,
    debt: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Charged {
    Sliding(Buckets),
    Calendar { number: i64, ends: i64, amount: i64 },
}

/// How a budget stands. Amounts are in the unit of the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is charged in the period and held by open reservations.
    pub used: i64,
    /// What was spent and found no room: nothing may be spent while there is any.
    pub debt: i64,
    /// What may still be spent.
    pub remaining: i64,
}

impl Standing {
    /// Whether to reserve so much would exceed `most`. An amount below zero always does.
    #[must_use]
    pub fn would_exceed(self, most: i64, reserve: i64) -> bool {
        reserve < 0 || self.used.saturating_add(self.debt).saturating_add(reserve) > most
    }
}

impl Budget {
    pub(super) fn new(period: &Period) -> Self {
        let charged = match period {
            Period::Sliding(_) => Charged::Sliding(Buckets::default()),
            Period::Calendar { .. } => Charged::Calendar { number: i64::MIN, ends: i64::MIN, amount: 0 },
        };
        Self { ledger: Ledger { charged, debt: 0 }, open: Open::default(), held: 0 }
    }

    pub(super) fn reserve(&mut self, most: i64, period: &Period, id: ReservationId, now: Moment, amount: i64) {
        self.ledger.advance(most, period, now, self.held);
        if self.open.insert(id, amount.max(0)) {
            self.held = self.held.saturating_add(amount.max(0));
        }
    }

    pub(super) fn settle(&mut self, most: i64, period: &Period, id: ReservationId, now: Moment, cost: Option<i64>) {
        self.ledger.advance(most, period, now, self.held);
        if let Some(reserved) = self.take(id) {
            let cost = cost.filter(|cost| *cost >= 0).unwrap_or(reserved);
            self.ledger.debt = self.ledger.debt.saturating_add(cost);
            self.ledger.cover(most, period, now, self.held);
        }
    }

    pub(super) fn release(&mut self, most: i64, period: &Period, id: ReservationId, now: Moment) {
        self.ledger.advance(most, period, now, self.held);
        if self.take(id).is_some() {
            self.ledger.cover(most, period, now, self.held);
        }
    }

    fn take(&mut self, id: ReservationId) -> Option<i64> {
        let amount = self.open.remove(id)?;
        self.held = if self.held == i64::MAX {
            self.open.values().fold(0, |sum: i64, amount| sum.saturating_add(*amount))
        } else {
            self.held - amount
        };
        Some(amount)
    }

    /// How it stands, where `most` and `period` are those of its family.
    #[must_use]
    pub fn standing(&self, most: i64, period: &Period, now: Moment) -> Standing {
        let (charged, debt) = if self.ledger.debt == 0 {
            (self.ledger.sum(period, now), 0)
        } else {
            let mut ledger = self.ledger.clone();
            ledger.advance(most, period, now, self.held);
            (ledger.sum(period, now), ledger.debt)
        };
        let used = charged.saturating_add(self.held);
        Standing { used, debt, remaining: most.saturating_sub(used.saturating_add(debt)).max(0) }
    }

    pub(super) fn is_initial(&self, most: i64, period: &Period, now: Moment) -> bool {
        if !self.open.is_empty() {
            return false;
        }
        if self.ledger.debt == 0 {
            return self.ledger.is_empty(period, now);
        }
        let mut ledger = self.ledger.clone();
        ledger.advance(most, period, now, self.held);
        ledger.debt == 0 && ledger.is_empty(period, now)
    }

    pub(super) fn free_at(&self, period: &Period) -> Option<i64> {
        let at = match (&self.ledger.charged, period) {
            (Charged::Sliding(buckets), Period::Sliding(window)) => {
                buckets.last_leave(Grid::new(*window)).unwrap_or(i64::MIN)
            }
            (Charged::Calendar { ends, .. }, _) => *ends,
            (Charged::Sliding(_), Period::Calendar { .. }) => i64::MIN,
        };
        self.open.is_empty().then_some(at)
    }
}

impl Ledger {
    /// What is charged at this moment, where there is no debt that the time since could have covered.
    fn sum(&self, period: &Period, now: Moment) -> i64 {
        match (&self.charged, period) {
            (Charged::Sliding(buckets), Period::Sliding(window)) => buckets.sum(Grid::new(*window), now.at),
            (Charged::Calendar { number, amount, .. }, _) => match now.period {
                Some(period) if period.number > *number => 0,
                Some(_) | None => *amount,
            },
            (Charged::Sliding(_), Period::Calendar { .. }) => i64::MAX,
        }
    }

    /// Whether nothing is charged at this moment, under the same condition.
    fn is_empty(&self, period: &Period, now: Moment) -> bool {
        match (&self.charged, period) {
            (Charged::Sliding(buckets), Period::Sliding(window)) => {
                buckets.last_leave(Grid::new(*window)).is_none_or(|last| last <= now.at)
            }
            (Charged::Calendar { .. }, _) => self.sum(period, now) == 0,
            (Charged::Sliding(_), Period::Calendar { .. }) => false,
        }
    }

    /// Lets time pass: what is charged leaves, and debt takes the room.
    fn advance(&mut self, most: i64, period: &Period, now: Moment, held: i64) {
        match (&mut self.charged, period) {
            (Charged::Sliding(buckets), Period::Sliding(window)) => {
                buckets.advance(Grid::new(*window), now.at, most, held, &mut self.debt);
            }
            (Charged::Calendar { number, ends, amount }, _) => {
                let Some(current) = now.period.filter(|current| current.number > *number) else { return };
                let passed = i128::from(current.number) - i128::from(*number);
                let room = i128::from(most.saturating_sub(held).max(0));
                let before = i128::from(self.debt) - (passed - 1).saturating_mul(room);
                let covered = before.clamp(0, room);
                let left = (before - covered).max(0);
                *amount = i64::try_from(covered).unwrap_or(i64::MAX);
                self.debt = i64::try_from(left).unwrap_or(i64::MAX);
                *number = current.number;
                *ends = current.ends;
            }
            (Charged::Sliding(_), Period::Calendar { .. }) => {}
        }
    }

    /// Charges debt as far as there is room now.
    fn cover(&mut self, most: i64, period: &Period, now: Moment, held: i64) {
        let used = self.sum(period, now).saturating_add(held);
        let covered = most.saturating_sub(used).max(0).min(self.debt);
        match (&mut self.charged, period) {
            (Charged::Sliding(buckets), Period::Sliding(window)) => buckets.add(Grid::new(*window), now.at, covered),
            (Charged::Calendar { amount, .. }, _) => *amount = amount.saturating_add(covered),
            (Charged::Sliding(_), Period::Calendar { .. }) => return,
        }
        self.debt -= covered;
    }
}
