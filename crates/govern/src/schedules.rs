//! What is asked for at a time: as state, and when each is due.

use std::collections::BTreeMap;
use std::sync::Arc;

use aas::check::typed::runtime::{ScheduleDef, When};
use serde::{Deserialize, Serialize};

use crate::daytime::Clock;
use crate::registers::UnknownZone;

/// When a schedule is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// Again and again after so many microseconds.
    Every(i64),
    /// At a second of the day of a zone, on these weekdays (0 is Monday) or on all.
    At(u32, Vec<u32>, Arc<str>),
}

/// What is kept of one schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// When it is due.
    pub times: Times,
    /// When it is due next.
    pub next: i64,
    /// When it was due, where the host was asked for what it knows and has not said it.
    pub asked: Option<i64>,
}

/// All schedules, by name.
pub(crate) type Schedules = BTreeMap<Arc<str>, Schedule>;

/// What has happened to a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ScheduleEvent {
    /// A policy has it, or has it at other times than the one before.
    Set {
        /// The schedule.
        schedule: Arc<str>,
        /// When it is due.
        times: Times,
        /// When it is due first.
        next: i64,
    },
    /// It is due: the host is asked. Times that were missed are one with it.
    Due {
        /// The schedule.
        schedule: Arc<str>,
        /// When it was due.
        due: i64,
        /// When it is due next.
        next: i64,
    },
    /// What it asks for was asked for.
    Taken {
        /// The schedule.
        schedule: Arc<str>,
    },
    /// The policy has it no more.
    Dropped {
        /// The schedule.
        schedule: Arc<str>,
    },
}

/// Takes an event in.
pub(crate) fn apply(schedules: &mut Schedules, event: &ScheduleEvent) {
    match event {
        ScheduleEvent::Set { schedule, times, next } => {
            let asked = schedules.get(schedule).and_then(|old| old.asked);
            schedules.insert(schedule.clone(), Schedule { times: times.clone(), next: *next, asked });
        }
        ScheduleEvent::Due { schedule, due, next } => {
            if let Some(kept) = schedules.get_mut(schedule) {
                (kept.next, kept.asked) = (*next, Some(*due));
            }
        }
        ScheduleEvent::Taken { schedule } => {
            if let Some(kept) = schedules.get_mut(schedule) {
                kept.asked = None;
            }
        }
        ScheduleEvent::Dropped { schedule } => {
            schedules.remove(schedule);
        }
    }
}

/// A schedule as a governor follows it.
#[derive(Clone, Debug)]
pub(crate) struct SchedulePlan {
    pub(crate) name: Arc<str>,
    pub(crate) times: Times,
    clock: Option<Clock>,
}

impl SchedulePlan {
    pub(crate) fn new(def: &ScheduleDef) -> Result<Self, UnknownZone> {
        let (times, clock) = match &def.when {
            When::Every(span) => (Times::Every(*span), None),
            When::At(second, days, zone) => (Times::At(*second, days.clone(), zone.clone()), Some(Clock::new(zone)?)),
        };
        Ok(Self { name: def.name.clone(), times, clock })
    }

    /// When it is due first after a time. Where it was due at another, intervals are counted from there.
    pub(crate) fn next(&self, after: i64, last: Option<i64>) -> i64 {
        match &self.times {
            Times::Every(span) => {
                let from = last.unwrap_or(after);
                let missed = after.saturating_sub(from).div_euclid((*span).max(1));
                from.saturating_add(missed.saturating_add(1).saturating_mul(*span))
            }
            // Behind the end of the calendar nothing is due.
            Times::At(second, days, _) => {
                self.clock.as_ref().and_then(|clock| clock.next(after, *second, days)).unwrap_or(i64::MAX)
            }
        }
    }
}
