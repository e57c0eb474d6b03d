//! Registers: what is remembered under one key of one item.
//!
//! A register is a small value that changes only when a reservation is made, settled or released, and when people give
//! or revoke. What it tells at a time is computed when it is read and changes nothing, so that time passing is no event.
//! The same calls leave the same bits. All times and spans are microseconds.
//!
//! Every operation is total. A reservation that is not open is ignored, a number that would overflow stays at the end
//! of its range, and where time runs back a register tells no less than it did.
//!
//! How many reservations are open at once is bounded by whoever makes them; everything else is bounded here.

mod budget;
mod buckets;
mod calendar;
mod cooldown;
mod gauge;
mod grant;
mod lease;
mod once;
mod open;
mod rate;
mod seen;
mod stamps;
mod states;
#[cfg(test)]
mod tests;
mod window;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use buckets::{Buckets, Grid};
pub use budget::{Budget, Standing};
pub use calendar::{Calendar, CalendarPeriod, UnknownZone};
pub use cooldown::Cooldown;
pub use gauge::Gauge;
pub use grant::{Grant, GrantError, Record};
pub use lease::{Holder, Lease};
pub use once::Once;
pub use rate::Rate;
pub use seen::{Seen, Sign};
pub use states::States;
pub use window::{Window, WindowEvent};

use crate::schema::Family;

/// The number of a reservation. Later ones have greater numbers, and no number comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReservationId(pub u64);

/// A time, with the period of the calendar it lies in where that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Microseconds since 1970 in UTC.
    pub at: i64,
    /// The period of the family's calendar; only a budget with a calendar has one. Where it is missing, the period
    /// that the register knows goes on.
    pub period: Option<CalendarPeriod>,
}

impl Moment {
    /// A time for a register that follows no calendar.
    #[must_use]
    pub const fn at(at: i64) -> Self {
        Self { at, period: None }
    }
}

/// Something that is so, is not so, or may be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It is not so.
    No,
    /// It is so.
    Yes,
    /// A condition that would tell has erred.
    Unclear,
}

impl Truth {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            (Self::Unclear, Self::Yes | Self::Unclear) | (Self::Yes, Self::Unclear) => Self::Unclear,
        }
    }

    fn doubtful(self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes | Self::Unclear => Self::Unclear,
        }
    }
}

impl From<bool> for Truth {
    fn from(so: bool) -> Self {
        if so { Self::Yes } else { Self::No }
    }
}

/// A reading that is an error because what it looks at is not certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is kept does not tell for certain")]
pub struct Unclear;

/// What a request brings to a register when it is reserved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// Only itself: rate, gauge, cooldown, once.
    #[default]
    Nothing,
    /// Budget: what is held until the outcome.
    Amount(i64),
    /// Window: what the conditions and expressions of the item say of it.
    Event(WindowEvent),
    /// Seen: which events it is.
    Sign(Sign),
    /// Lease: who takes or renews it.
    Holder(Arc<str>),
    /// Lease: who gives it back when the action settles.
    Return(Arc<str>),
    /// States: where the key shall stand after a success.
    Transition(u32),
}

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Whether it did what it should.
    pub success: bool,
    /// What it cost, in the unit of the budget; nothing or a number below zero charges what was reserved.
    pub cost: Option<i64>,
}

/// What is remembered under one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each variant is the family of the same name")]
pub enum Register {
    Rate(Rate),
    Gauge(Gauge),
    Cooldown(Cooldown),
    Budget(Box<Budget>),
    Window(Box<Window>),
    Once(Once),
    Lease(Box<Lease>),
    States(States),
    Grant(Box<Grant>),
    Seen(Box<Seen>),
}

impl Register {
    /// The register of a key that nothing has happened to.
    #[must_use]
    pub fn new(family: &Family) -> Self {
        match family {
            Family::Rate { .. } => Self::Rate(Rate::default()),
            Family::Gauge => Self::Gauge(Gauge::default()),
            Family::Cooldown { .. } => Self::Cooldown(Cooldown::default()),
            Family::Budget { period, .. } => Self::Budget(Box::new(Budget::new(period))),
            Family::Window(_) => Self::Window(Box::default()),
            Family::Once { .. } => Self::Once(Once::default()),
            Family::Lease { .. } => Self::Lease(Box::default()),
            Family::States { start, .. } => Self::States(States::new(*start)),
            Family::Grant { .. } => Self::Grant(Box::default()),
            Family::Seen(_) => Self::Seen(Box::default()),
        }
    }

    /// A request is reserved. What it brings and does not fit the register counts as the strictest that it could bring.
    ///
    /// The register must be of this family; else nothing happens.
    pub fn reserve(&mut self, family: &Family, id: ReservationId, now: Moment, take: &Take) {
        match self {
            Self::Rate(rate) => {
                let Family::Rate { window } = family else { return };
                rate.reserve(*window, id, now.at);
            }
            Self::Gauge(gauge) => gauge.reserve(id),
            Self::Cooldown(cooldown) => cooldown.reserve(id),
            Self::Budget(budget) => {
                let Family::Budget { most, period } = family else { return };
                let amount = if let Take::Amount(amount) = take { *amount } else { *most };
                budget.reserve(*most, period, id, now, amount);
            }
            Self::Window(window) => {
                let Family::Window(schema) = family else { return };
                let event = if let Take::Event(event) = take { event.clone() } else { WindowEvent::unknown() };
                window.reserve(schema, id, now.at, event);
            }
            Self::Once(once) => once.reserve(id),
            Self::Lease(lease) => {
                let Family::Lease { length } = family else { return };
                if let Take::Holder(agent) = take {
                    lease.reserve(*length, id, now.at, agent);
                } else if let Take::Return(agent) = take {
                    lease.reserve_return(id, agent);
                }
            }
            Self::States(states) => {
                let to = if let Take::Transition(to) = take { *to } else { states.current() };
                states.reserve(id, to);
            }
            Self::Grant(_) => {}
            Self::Seen(seen) => {
                let Family::Seen(schema) = family else { return };
                let unclear = Sign { a: Truth::Unclear, b: Truth::Unclear };
                let sign = if let Take::Sign(sign) = take { *sign } else { unclear };
                seen.reserve(schema, id, now.at, sign);
            }
        }
    }

    /// The action of a reservation has ended, and its outcome is known.
    ///
    /// The register must be of this family; else nothing happens.
    pub fn settle(&mut self, family: &Family, id: ReservationId, now: Moment, settlement: Settlement) {
        match self {
            Self::Rate(rate) => {
                let Family::Rate { window } = family else { return };
                rate.settle(*window, id, now.at);
            }
            Self::Gauge(gauge) => gauge.end(id),
            Self::Cooldown(cooldown) => cooldown.settle(id, now.at),
            Self::Budget(budget) => {
                let Family::Budget { most, period } = family else { return };
                budget.settle(*most, period, id, now, settlement.cost);
            }
            Self::Window(window) => {
                let Family::Window(schema) = family else { return };
                window.settle(schema, id, now.at, settlement.success);
            }
            Self::Once(once) => {
                let Family::Once { keep } = family else { return };
                once.settle(*keep, id, now.at);
            }
            Self::Lease(lease) => lease.settle(id),
            Self::States(states) => states.settle(id, settlement.success),
            Self::Grant(_) => {}
            Self::Seen(seen) => {
                let Family::Seen(schema) = family else { return };
                seen.settle(schema, id, now.at, settlement.success);
            }
        }
    }

    /// The action of a reservation never ran: refused, expired or cancelled.
    ///
    /// The register must be of this family; else nothing happens.
    pub fn release(&mut self, family: &Family, id: ReservationId, now: Moment) {
        match self {
            Self::Rate(rate) => rate.release(id),
            Self::Gauge(gauge) => gauge.end(id),
            Self::Cooldown(cooldown) => cooldown.release(id),
            Self::Budget(budget) => {
                let Family::Budget { most, period } = family else { return };
                budget.release(*most, period, id, now);
            }
            Self::Window(window) => window.release(id),
            Self::Once(once) => once.release(id),
            Self::Lease(lease) => lease.release(id),
            Self::States(states) => states.release(id),
            Self::Grant(_) => {}
            Self::Seen(seen) => {
                let Family::Seen(schema) = family else { return };
                seen.release(schema, id);
            }
        }
    }

    /// Whether nothing tells it from a new one: then its key may be dropped. Never where it is of another family.
    #[must_use]
    pub fn is_initial(&self, family: &Family, now: Moment) -> bool {
        match self {
            Self::Rate(rate) => matches!(family, Family::Rate { window } if rate.is_initial(*window, now.at)),
            Self::Gauge(gauge) => gauge.is_initial(),
            Self::Cooldown(cooldown) => {
                matches!(family, Family::Cooldown { longest } if cooldown.is_initial(*longest, now.at))
            }
            Self::Budget(budget) => {
                matches!(family, Family::Budget { most, period } if budget.is_initial(*most, period, now))
            }
            Self::Window(window) => matches!(family, Family::Window(schema) if window.is_initial(schema, now.at)),
            Self::Once(once) => !once.used(now.at),
            Self::Lease(lease) => matches!(family, Family::Lease { length } if lease.is_initial(*length, now.at)),
            Self::States(states) => matches!(family, Family::States { start, .. } if states.is_initial(*start)),
            Self::Grant(grant) => grant.is_initial(now.at),
            Self::Seen(seen) => matches!(family, Family::Seen(schema) if seen.is_initial(schema, now.at)),
        }
    }

    /// No time before this one makes it initial if nothing else happens; nothing where time alone never will.
    pub(crate) fn free_at(&self, family: &Family) -> Option<i64> {
        match self {
            Self::Rate(rate) => {
                let Family::Rate { window } = family else { return None };
                rate.free_at(*window)
            }
            Self::Gauge(gauge) => gauge.is_initial().then_some(i64::MIN),
            Self::Cooldown(cooldown) => {
                let Family::Cooldown { longest } = family else { return None };
                cooldown.free_at(*longest)
            }
            Self::Budget(budget) => {
                let Family::Budget { period, .. } = family else { return None };
                budget.free_at(period)
            }
            Self::Window(window) => {
                let Family::Window(schema) = family else { return None };
                window.free_at(schema)
            }
            Self::Once(once) => once.free_at(),
            Self::Lease(lease) => {
                let Family::Lease { length } = family else { return None };
                lease.free_at(*length)
            }
            Self::States(states) => {
                let Family::States { start, .. } = family else { return None };
                states.is_initial(*start).then_some(i64::MIN)
            }
            Self::Grant(grant) => grant.free_at(),
            Self::Seen(seen) => {
                let Family::Seen(schema) = family else { return None };
                seen.free_at(schema)
            }
        }
    }
}
