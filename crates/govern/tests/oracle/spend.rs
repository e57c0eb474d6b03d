//! Budgets by definition: every amount with the time at which it leaves, every debt by itself, every moment in turn.

use std::collections::{BTreeMap, VecDeque};

use aas_govern::registers::{Moment, ReservationId, Take};
use aas_govern::schema::Period;

use crate::history::{History, What};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) used: i64,
    pub(crate) debt: i64,
    pub(crate) remaining: i64,
}

struct Books<'a> {
    most: i64,
    period: &'a Period,
    /// When each charge leaves, or the number of the period in which it does not count any more.
    charges: Vec<(i64, i64)>,
    held: BTreeMap<ReservationId, i64>,
    debts: VecDeque<i64>,
    /// The last time, or the last period.
    clock: i64,
}

/// How a budget stands.
pub(crate) fn budget(history: &History, now: Moment, most: i64, period: &Period) -> Spent {
    let mut books =
        Books { most, period, charges: vec![], held: BTreeMap::new(), debts: VecDeque::new(), clock: i64::MIN };
    for happened in &history.0 {
        books.pass(happened.now);
        match &happened.what {
            What::Reserve(id, Take::Amount(amount)) => {
                books.held.insert(*id, *amount);
            }
            What::Settle(id, settlement) => {
                if let Some(reserved) = books.held.remove(id) {
                    let cost = settlement.cost.filter(|cost| *cost >= 0).unwrap_or(reserved);
                    let fits = cost.min(books.room());
                    books.charge(happened.now, fits);
                    books.debts.push_back(cost - fits);
                    books.cover(happened.now);
                }
            }
            What::Release(id) => {
                books.held.remove(id);
                books.cover(happened.now);
            }
            What::Reserve(..) | What::Give { .. } | What::Revoke => panic!("not for a budget"),
        }
    }
    books.pass(now);
    let (used, debt) = (books.used(), books.debts.iter().sum::<i64>());
    Spent { used, debt, remaining: (most - used - debt).max(0) }
}

impl Books<'_> {
    fn used(&self) -> i64 {
        self.charges.iter().map(|(_, amount)| amount).sum::<i64>() + self.held.values().sum::<i64>()
    }

    fn room(&self) -> i64 {
        (self.most - self.used()).max(0)
    }

    /// When an amount leaves that is charged now.
    fn leaves(&self, now: Moment) -> i64 {
        match self.period {
            Period::Sliding(window) => {
                let bucket = (window + 127) / 128;
                let end_of_bucket = now.at - now.at.rem_euclid(bucket) + bucket;
                end_of_bucket + window
            }
            Period::Calendar { .. } => now.period.expect("a period").number + 1,
        }
    }

    fn charge(&mut self, now: Moment, amount: i64) {
        if amount > 0 {
            self.charges.push((self.leaves(now), amount));
        }
    }

    /// Room goes to debt, oldest first.
    fn cover(&mut self, now: Moment) {
        while let Some(oldest) = self.debts.front().copied() {
            let covered = oldest.min(self.room());
            self.charge(now, covered);
            if covered < oldest {
                self.debts[0] = oldest - covered;
                break;
            }
            self.debts.pop_front();
        }
    }

    /// Time passes, one moment after the other.
    fn pass(&mut self, now: Moment) {
        match self.period {
            Period::Sliding(_) => {
                while let Some(next) = self.charges.iter().map(|(leaves, _)| *leaves).min()
                    && next <= now.at
                {
                    self.charges.retain(|(leaves, _)| *leaves > next);
                    self.cover(Moment::at(next));
                }
            }
            Period::Calendar { .. } => {
                let last = now.period.expect("a period");
                let first = if self.clock == i64::MIN { last.number } else { self.clock + 1 };
                for number in first..=last.number {
                    self.charges.retain(|(leaves, _)| *leaves > number);
                    let mut period = last;
                    period.number = number;
                    self.cover(Moment { at: now.at, period: Some(period) });
                }
                self.clock = self.clock.max(last.number);
            }
        }
    }
}
