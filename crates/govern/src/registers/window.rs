//! The last outcomes or requests, and what is counted over them.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::open::Open;
use super::stamps::counts;
use super::{ReservationId, Truth, Unclear};
use crate::schema::{Kept, MOST_STAMPS, WindowOf, WindowSchema, WindowTest, WindowValue, WindowWhat};

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
    /// Whether nobody can tell if it belongs into the window: then nothing can be told of the window while it is in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
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
    /// What is counted over `rows`, so that a reading need not walk them.
    #[serde(skip)]
    totals: Totals,
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
        if self.event.doubtful {
            return Truth::Unclear;
        }
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
        // Were time to run back, the event would not leave before those that came earlier.
        let newest = self.rows.back().map(|row| row.at).max(self.open.newest().map(|row| row.at));
        let at = newest.map_or(at, |newest| newest.max(at));
        self.open.insert(id, Row { at, id, success: None, event });
    }

    pub(super) fn settle(&mut self, schema: &WindowSchema, id: ReservationId, at: i64, success: bool) {
        self.prune(schema, at);
        let Some(mut row) = self.open.remove(id) else { return };
        row.success = Some(success);
        self.totals.complete(schema, &self.rows);
        self.totals.add(schema, &row);
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
                self.totals.remove(schema, &row);
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
                while let Some(row) = self.rows.pop_front_if(|row| !counts(row.at, now, window)) {
                    self.totals.remove(schema, &row);
                }
                self.dropped = self.dropped.filter(|at| counts(*at, now, window));
            }
        }
    }

    /// Whether more came within the time than are kept, so that nothing can be told.
    fn lost(&self, schema: &WindowSchema, now: i64) -> bool {
        match schema.kept {
            Kept::Last(_) => false,
            Kept::Within(window) => self.dropped.is_some_and(|at| counts(at, now, window)),
        }
    }

    /// The events in the window, from the oldest to the newest.
    fn each<'a>(&'a self, schema: &WindowSchema, now: i64, mut see: impl FnMut(&'a Row)) {
        if schema.of == WindowOf::Requests && !self.open.is_empty() {
            let mut rows: Vec<&Row> = self.rows.iter().chain(self.open.values()).collect();
            rows.sort_by_key(|row| row.order());
            match schema.kept {
                Kept::Last(_) => rows.iter().skip(rows.len().saturating_sub(most(schema))).for_each(|row| see(row)),
                Kept::Within(window) => rows.iter().filter(|row| counts(row.at, now, window)).for_each(|row| see(row)),
            }
            return;
        }
        let first = match schema.kept {
            Kept::Last(_) => 0,
            Kept::Within(window) => self.rows.partition_point(|row| !counts(row.at, now, window)),
        };
        self.rows.range(first..).for_each(see);
    }

    /// How many events are in the window.
    ///
    /// # Errors
    ///
    /// [`Unclear`] where more came within the time than are kept, and where an event may not belong into it.
    pub fn size(&self, schema: &WindowSchema, now: i64) -> Result<i64, Unclear> {
        if self.lost(schema, now) {
            return Err(Unclear);
        }
        let (mut size, mut sure) = (0, true);
        self.each(schema, now, |row| {
            size += 1;
            sure &= !row.event.doubtful;
        });
        if sure { Ok(size) } else { Err(Unclear) }
    }

    /// The value at this place in the item's text.
    ///
    /// # Errors
    ///
    /// [`Unclear`] where an event of the window may or may not pass the test, or what is asked of it erred, where more
    /// came within the time than are kept, and where a sum is out of range.
    pub fn value(&self, schema: &WindowSchema, place: usize, now: i64) -> Result<i64, Unclear> {
        let value = schema.values.get(place).ok_or(Unclear)?;
        if self.lost(schema, now) {
            return Err(Unclear);
        }
        let quick = self.total(schema, place, now).and_then(|total| total.tell(value.what));
        quick.unwrap_or_else(|| {
            let mut tally = Tally::default();
            self.each(schema, now, |row| tally.see(row, value));
            tally.tell(value.what)
        })
    }

    /// What is counted over the events in the window: what is kept, without what has left since, and with what is open.
    /// Nothing where the order of events must be seen for that.
    fn total(&self, schema: &WindowSchema, place: usize, now: i64) -> Option<Total> {
        let value = schema.values.get(place)?;
        let mut total = self.totals.of(schema, place)?;
        let is_open = schema.of == WindowOf::Requests && !self.open.is_empty();
        match schema.kept {
            Kept::Last(_) if is_open && self.rows.len() + self.open.len() > most(schema) => return None,
            Kept::Last(_) => {}
            Kept::Within(window) => {
                let left = self.rows.iter().take_while(|row| !counts(row.at, now, window));
                left.for_each(|row| total.count(row, value, -1));
            }
        }
        if is_open {
            let open = self.open.values().filter(|row| match schema.kept {
                Kept::Last(_) => true,
                Kept::Within(window) => counts(row.at, now, window),
            });
            open.for_each(|row| total.count(row, value, 1));
        }
        Some(total)
    }

    pub(super) fn is_initial(&self, schema: &WindowSchema, now: i64) -> bool {
        self.open.is_empty()
            && match (self.rows.back(), &schema.kept) {
                (None, _) => true,
                (Some(_), Kept::Last(_)) => false,
                // What was dropped is older than what is kept.
                (Some(last), Kept::Within(window)) => !counts(last.at, now, *window),
            }
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

/// What one value counts where the order of events means nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    size: i64,
    passed: i64,
    /// Events of which that cannot be told.
    unclear: i64,
    sum: i128,
}

impl Total {
    /// Takes an event in, or out again with a weight of -1.
    fn count(&mut self, row: &Row, value: &WindowValue, weight: i64) {
        self.size += weight;
        match row.passes(value.test) {
            Truth::No => return,
            Truth::Unclear => {
                self.unclear += weight;
                return;
            }
            Truth::Yes => self.passed += weight,
        }
        if let WindowWhat::Sum(place) = value.what {
            match at(&row.event.amounts, place) {
                Some(amount) => self.sum += i128::from(*amount) * i128::from(weight),
                None => self.unclear += weight,
            }
        }
    }

    /// Nothing where the order of events counts.
    fn tell(self, what: WindowWhat) -> Option<Result<i64, Unclear>> {
        let told = match what {
            WindowWhat::LongestRun | WindowWhat::LongestEqual(_) => return None,
            WindowWhat::Count => Ok(self.passed),
            WindowWhat::Percent => Ok(self.passed * 100 / self.size.max(1)),
            WindowWhat::Sum(_) => i64::try_from(self.sum).map_err(|_| Unclear),
        };
        Some(if self.unclear == 0 { told } else { Err(Unclear) })
    }
}

/// What each value counts over the events that are kept; empty until the first change, for what was read from a snapshot
/// knows nothing of its values. It follows from the events, so it is no part of what a window is compared by.
#[derive(Clone, Debug, Default)]
struct Totals(Vec<Total>);

impl PartialEq for Totals {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Totals {}

impl Totals {
    fn complete(&mut self, schema: &WindowSchema, rows: &VecDeque<Row>) {
        if self.0.len() != schema.values.len() {
            self.0 = vec![Total::default(); schema.values.len()];
            rows.iter().for_each(|row| self.add(schema, row));
        }
    }

    fn add(&mut self, schema: &WindowSchema, row: &Row) {
        self.0.iter_mut().zip(&schema.values).for_each(|(total, value)| total.count(row, value, 1));
    }

    fn remove(&mut self, schema: &WindowSchema, row: &Row) {
        self.0.iter_mut().zip(&schema.values).for_each(|(total, value)| total.count(row, value, -1));
    }

    fn of(&self, schema: &WindowSchema, place: usize) -> Option<Total> {
        // Of other values than those of the schema nothing is known.
        if self.0.len() == schema.values.len() { self.0.get(place).copied() } else { None }
    }
}

/// What a value is made of, one event after the other.
#[derive(Default)]
struct Tally<'a> {
    size: i64,
    passed: i64,
    run: i64,
    longest_run: i64,
    text: Option<&'a Arc<str>>,
    equal: i64,
    longest_equal: i64,
    sum: i128,
    unclear: bool,
}

impl<'a> Tally<'a> {
    fn see(&mut self, row: &'a Row, value: &WindowValue) {
        self.size += 1;
        match row.passes(value.test) {
            Truth::Yes => {}
            Truth::No => {
                self.run = 0;
                return;
            }
            Truth::Unclear => {
                self.unclear = true;
                return;
            }
        }
        self.passed += 1;
        self.run += 1;
        self.longest_run = self.longest_run.max(self.run);
        match value.what {
            WindowWhat::Count | WindowWhat::LongestRun | WindowWhat::Percent => {}
            WindowWhat::LongestEqual(place) => {
                let text = at(&row.event.texts, place);
                self.unclear |= text.is_none();
                self.equal = if self.text == text { self.equal + 1 } else { 1 };
                self.text = text;
                self.longest_equal = self.longest_equal.max(self.equal);
            }
            WindowWhat::Sum(place) => match at(&row.event.amounts, place) {
                Some(amount) => self.sum += i128::from(*amount),
                None => self.unclear = true,
            },
        }
    }

    fn tell(self, what: WindowWhat) -> Result<i64, Unclear> {
        if self.unclear {
            return Err(Unclear);
        }
        match what {
            WindowWhat::Count => Ok(self.passed),
            WindowWhat::LongestRun => Ok(self.longest_run),
            WindowWhat::LongestEqual(_) => Ok(self.longest_equal),
            WindowWhat::Percent => Ok(self.passed * 100 / self.size.max(1)),
            WindowWhat::Sum(_) => i64::try_from(self.sum).map_err(|_| Unclear),
        }
    }
}

/// What an event brought for this place; nothing where that erred.
fn at<T>(brought: &[Option<T>], place: u32) -> Option<&T> {
    brought.get(usize::try_from(place).ok()?)?.as_ref()
}
