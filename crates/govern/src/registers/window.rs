//! The last outcomes or requests, and what is counted over them.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::open::Open;
use super::stamps::counts;
use super::{ReservationId, Truth, Unclear};
use crate::schema::{Kept, MOST_STAMPS, WindowOf, WindowSchema, WindowTest, WindowWhat};

/// What a request brings to a window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowEvent {
    /// The conditions that are true, a bit each.
    pub truths: u32,
    /// The conditions that erred, a bit each.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub erred: u32,
    /// The amounts; nothing for one that erred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<Option<i64>>,
    /// The texts; nothing for one that erred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Option<Arc<str>>>,
}

fn is_zero(bits: &u32) -> bool {
    *bits == 0
}

impl WindowEvent {
    /// The event of which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self { erred: u32::MAX, ..Self::default() }
    }

    fn truth(&self, place: u32) -> Truth {
        let bit = 1_u32.checked_shl(place).unwrap_or(0);
        if bit == 0 || self.erred & bit != 0 {
            Truth::Unclear
        } else if self.truths & bit != 0 {
            Truth::Yes
        } else {
            Truth::No
        }
    }
}

/// The events of one key.
///
/// A window of requests takes an event in when it is reserved and out again when it is released; a window of outcomes
/// takes it in when it is settled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// From the oldest to the newest.
    rows: VecDeque<Row>,
    open: Open<Row>,
    /// The newest event that was dropped although it was still in the window of time.
    dropped: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    at: i64,
    id: ReservationId,
    /// Nothing while it is not reported.
    success: Option<bool>,
    event: WindowEvent,
}

impl Row {
    fn passes(&self, test: WindowTest) -> Truth {
        let outcome = match (test.outcome, self.success) {
            (None, _) => Truth::Yes,
            (Some(_), None) => Truth::Unclear,
            (Some(wanted), Some(success)) => Truth::from(wanted == success),
        };
        let truth = test.truth.map_or(Truth::Yes, |place| self.event.truth(place));
        outcome.and(truth)
    }

    fn order(&self) -> (i64, ReservationId) {
        (self.at, self.id)
    }
}

impl Window {
    pub(super) fn reserve(&mut self, schema: &WindowSchema, id: ReservationId, at: i64, event: WindowEvent) {
        self.prune(schema, at);
        self.open.insert(id, Row { at, id, success: None, event });
    }

    pub(super) fn settle(&mut self, schema: &WindowSchema, id: ReservationId, at: i64, success: bool) {
        self.prune(schema, at);
        let Some(mut row) = self.open.remove(id) else { return };
        row.success = Some(success);
        match schema.of {
            WindowOf::Requests => {
                let place = self.rows.partition_point(|other| other.order() < row.order());
                self.rows.insert(place, row);
            }
            WindowOf::Outcomes => {
                row.at = self.rows.back().map_or(at, |last| last.at.max(at));
                self.rows.push_back(row);
            }
        }
        while self.rows.len() > most(schema) {
            if let Some(row) = self.rows.pop_front() {
                self.dropped = self.dropped.max(Some(row.at));
            }
        }
        self.prune(schema, at);
    }

    pub(super) fn release(&mut self, id: ReservationId) {
        self.open.remove(id);
    }

    fn prune(&mut self, schema: &WindowSchema, now: i64) {
        match schema.kept {
            Kept::Last(_) => self.dropped = None,
            Kept::Within(window) => {
                while self.rows.front().is_some_and(|row| !counts(row.at, now, window)) {
                    self.rows.pop_front();
                }
                self.dropped = self.dropped.filter(|at| counts(*at, now, window));
            }
        }
    }

    /// The events in the window, from the oldest to the newest.
    ///
    /// # Errors
    ///
    /// [`Unclear`] where an event was dropped that would still be in the window.
    fn events(&self, schema: &WindowSchema, now: i64) -> Result<Vec<&Row>, Unclear> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        if schema.of == WindowOf::Requests && !self.open.is_empty() {
            rows.extend(self.open.values());
            rows.sort_by_key(|row| row.order());
        }
        match schema.kept {
            Kept::Last(_) => {
                rows.drain(..rows.len().saturating_sub(most(schema)));
            }
            Kept::Within(window) => {
                if self.dropped.is_some_and(|at| counts(at, now, window)) {
                    return Err(Unclear);
                }
                rows.retain(|row| counts(row.at, now, window));
            }
        }
        Ok(rows)
    }

    /// How many events are in the window.
    ///
    /// # Errors
    ///
    /// [`Unclear`] where more came within the time than are kept.
    pub fn size(&self, schema: &WindowSchema, now: i64) -> Result<i64, Unclear> {
        count(self.events(schema, now)?.len())
    }

    /// The value at this place in the item's text.
    ///
    /// # Errors
    ///
    /// [`Unclear`] where an event of the window may or may not pass the test, or what is asked of it erred, where more
    /// came within the time than are kept, and where a sum is out of range.
    pub fn value(&self, schema: &WindowSchema, place: usize, now: i64) -> Result<i64, Unclear> {
        let value = schema.values.get(place).ok_or(Unclear)?;
        let rows = self.events(schema, now)?;
        let passes = |row: &&&Row| match row.passes(value.test) {
            Truth::Yes => Some(Ok(true)),
            Truth::No => Some(Ok(false)),
            Truth::Unclear => Some(Err(Unclear)),
        };
        let passed: Vec<bool> = rows.iter().filter_map(|row| passes(&row)).collect::<Result<_, _>>()?;
        let passing = || rows.iter().zip(&passed).filter(|(_, passes)| **passes).map(|(row, _)| *row);
        match value.what {
            WindowWhat::Count => count(passing().count()),
            WindowWhat::LongestRun => count(longest(passed.iter(), |passes| **passes)),
            WindowWhat::LongestEqual(text) => longest_equal(passing(), text),
            WindowWhat::Percent => {
                let size = rows.len().max(1);
                count(passing().count() * 100 / size)
            }
            WindowWhat::Sum(amount) => sum(passing(), amount),
        }
    }

    pub(super) fn is_initial(&self, schema: &WindowSchema, now: i64) -> bool {
        self.open.is_empty() && self.events(schema, now).is_ok_and(|rows| rows.is_empty())
    }

    pub(super) fn free_at(&self, schema: &WindowSchema) -> Option<i64> {
        if !self.open.is_empty() {
            return None;
        }
        match (self.rows.back(), &schema.kept) {
            (None, _) => Some(i64::MIN),
            (Some(row), Kept::Within(window)) => Some(row.at.saturating_add(*window)),
            (Some(_), Kept::Last(_)) => None,
        }
    }
}

fn most(schema: &WindowSchema) -> usize {
    match schema.kept {
        Kept::Last(most) => usize::try_from(most).unwrap_or(MOST_STAMPS).min(MOST_STAMPS),
        Kept::Within(_) => MOST_STAMPS,
    }
}

fn count(n: usize) -> Result<i64, Unclear> {
    i64::try_from(n).map_err(|_| Unclear)
}

fn longest<T>(items: impl Iterator<Item = T>, within: impl Fn(&T) -> bool) -> usize {
    let (mut longest, mut run) = (0, 0);
    for item in items {
        run = if within(&item) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn longest_equal<'a>(rows: impl Iterator<Item = &'a Row>, place: u32) -> Result<i64, Unclear> {
    let place = usize::try_from(place).map_err(|_| Unclear)?;
    let (mut longest, mut run, mut last) = (0, 0, None);
    for row in rows {
        let text = row.event.texts.get(place).and_then(Option::as_ref).ok_or(Unclear)?;
        run = if last == Some(text) { run + 1 } else { 1 };
        last = Some(text);
        longest = longest.max(run);
    }
    count(longest)
}

fn sum<'a>(mut rows: impl Iterator<Item = &'a Row>, place: u32) -> Result<i64, Unclear> {
    let place = usize::try_from(place).map_err(|_| Unclear)?;
    let sum = rows.try_fold(0_i128, |sum, row| {
        row.event.amounts.get(place).copied().flatten().map(|amount| sum + i128::from(amount)).ok_or(Unclear)
    })?;
    i64::try_from(sum).map_err(|_| Unclear)
}
