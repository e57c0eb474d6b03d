//! What is known of one agent's reliability.
//!
//! A score that outcomes raise and lower, and a freeze that people lift. Scores are millionths of a point, times are
//! microseconds. Idleness is computed when it is read: no event is needed for a day to pass.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::registers::{Buckets, Grid};
use crate::schema::{Severity, TrustSchema};

/// How many reasons of a profile are kept.
pub const MOST_REASONS: usize = 32;

const DAY: i64 = 86_400_000_000;

/// The profile of one agent.
///
/// ```
/// use aas_govern::schema::{Severity, TrustSchema};
/// use aas_govern::trust::Trust;
///
/// let schema = TrustSchema {
///     range: (0, 100_000_000),
///     start: 50_000_000,
///     success: [500_000, 1_000_000, 2_000_000, 3_000_000],
///     failure: [-1_000_000, -3_000_000, -8_000_000, -20_000_000],
///     streak: Some((200_000, 2_000_000)),
///     most_gain: None,
///     freeze_after_failures: Some(3),
///     freeze_after_critical: Some(1),
///     frozen_gains_nothing: true,
///     decay: Some((100_000, 50_000_000)),
///     levels: vec![("probation".into(), 0), ("standard".into(), 30_000_000)],
/// };
/// let mut trust = Trust::new(&schema, 0);
/// trust.outcome(&schema, Severity::Medium, true, 1);
/// assert_eq!(trust.score(&schema, 1), 51_000_000);
/// trust.outcome(&schema, Severity::Critical, false, 2);
/// assert_eq!(trust.score(&schema, 2), 31_000_000);
/// assert!(trust.frozen().is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    score: i64,
    /// The time of the last outcome, from which idle days are counted.
    active: i64,
    successes: u32,
    failures: u32,
    criticals: u32,
    frozen: Option<Freeze>,
    gained: Buckets,
    reasons: VecDeque<Reason>,
}

/// Why and since when an agent is frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Since when.
    pub at: i64,
    /// Why.
    pub why: FreezeWhy,
}

/// Why an agent was frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreezeWhy {
    /// So many failures in a row.
    Failures(u32),
    /// So many critical failures without a success between them.
    Critical(u32),
    /// Somebody did it, and said why.
    Said(Arc<str>),
}

/// One thing that changed a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// When.
    pub at: i64,
    /// What.
    pub what: Change,
    /// The score before.
    pub from: i64,
    /// The score after.
    pub to: i64,
}

/// What changed a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// So many whole days passed without an outcome; told when the next outcome comes.
    Idle(i64),
    /// A success.
    Success(Severity),
    /// A failure.
    Failure(Severity),
    /// It was frozen.
    Frozen(FreezeWhy),
    /// It was unfrozen.
    Unfrozen,
}

impl Trust {
    /// The profile of an agent that is new at this time.
    #[must_use]
    pub fn new(schema: &TrustSchema, at: i64) -> Self {
        Self {
            score: schema.start.clamp(schema.range.0, schema.range.1.max(schema.range.0)),
            active: at,
            successes: 0,
            failures: 0,
            criticals: 0,
            frozen: None,
            gained: Buckets::default(),
            reasons: VecDeque::new(),
        }
    }

    /// A profile that is taken over: its score, and how many outcomes in a row were successes and failures.
    #[must_use]
    pub fn taken_over(schema: &TrustSchema, at: i64, score: i64, successes: u32, failures: u32) -> Self {
        let score = score.clamp(schema.range.0, schema.range.1.max(schema.range.0));
        Self { score, successes, failures, ..Self::new(schema, at) }
    }

    /// An outcome. Whether it was counted before is the caller's to know.
    pub fn outcome(&mut self, schema: &TrustSchema, severity: Severity, success: bool, at: i64) {
        let at = at.max(self.active);
        self.pass_idle_days(schema, at);
        self.active = at;
        if success {
            self.succeed(schema, severity, at);
        } else {
            self.fail(schema, severity, at);
        }
    }

    fn succeed(&mut self, schema: &TrustSchema, severity: Severity, at: i64) {
        let from = self.score;
        if self.frozen.is_none() || !schema.frozen_gains_nothing {
            let streak = if self.successes == 0 { 0 } else { i64::from(self.successes).saturating_add(1) };
            let streak = schema.streak.map_or(0, |(each, most)| each.saturating_mul(streak).min(most).max(0));
            let mut gain = by_severity(schema.success, severity).max(0).saturating_add(streak);
            let mut grid = None;
            if let Some((most, window)) = schema.most_gain {
                let window = Grid::new(window);
                self.gained.advance(window, at, most, 0, &mut 0);
                gain = gain.min(most.saturating_sub(self.gained.sum(window, at)).max(0));
                grid = Some(window);
            }
            self.score = self.score.saturating_add(gain).min(schema.range.1.max(from));
            if let Some(grid) = grid {
                self.gained.add(grid, at, self.score.saturating_sub(from));
            }
            self.successes = self.successes.saturating_add(1);
            self.failures = 0;
            self.criticals = 0;
        }
        self.note(at, Change::Success(severity), from);
    }

    fn fail(&mut self, schema: &TrustSchema, severity: Severity, at: i64) {
        let from = self.score;
        let loss = by_severity(schema.failure, severity).min(0);
        self.score = self.score.saturating_add(loss).max(schema.range.0.min(from));
        self.successes = 0;
        self.failures = self.failures.saturating_add(1);
        if severity == Severity::Critical {
            self.criticals = self.criticals.saturating_add(1);
        }
        self.note(at, Change::Failure(severity), from);
        let reached = |most: Option<u32>, count: u32| most.is_some_and(|most| count >= most);
        if severity == Severity::Critical && reached(schema.freeze_after_critical, self.criticals) {
            self.freeze(FreezeWhy::Critical(self.criticals), at);
        } else if reached(schema.freeze_after_failures, self.failures) {
            self.freeze(FreezeWhy::Failures(self.failures), at);
        }
    }

    /// Freezes. One that is frozen already keeps its first reason.
    pub fn freeze(&mut self, why: FreezeWhy, at: i64) {
        if self.frozen.is_none() {
            self.frozen = Some(Freeze { at, why: why.clone() });
            self.note(at, Change::Frozen(why), self.score);
        }
    }

    /// Lifts a freeze: its reason and the failures counted so far are forgotten, the score stays.
    pub fn unfreeze(&mut self, at: i64) {
        if self.frozen.take().is_some() {
            self.failures = 0;
            self.criticals = 0;
            self.note(at, Change::Unfrozen, self.score);
        }
    }

    /// Why and since when it is frozen.
    #[must_use]
    pub fn frozen(&self) -> Option<&Freeze> {
        self.frozen.as_ref()
    }

    /// The score, with the idle days until now taken off. Idleness never raises a score, nor takes one below its floor.
    #[must_use]
    pub fn score(&self, schema: &TrustSchema, now: i64) -> i64 {
        let Some((each, floor)) = schema.decay else { return self.score };
        let lost = each.max(0).saturating_mul(self.idle_days(now));
        self.score.saturating_sub(lost).max(floor.min(self.score))
    }

    /// The place of the level of the score among the levels of the schema: the highest that the score reaches, or the
    /// lowest where it reaches none.
    #[must_use]
    pub fn level(&self, schema: &TrustSchema, now: i64) -> Option<usize> {
        let score = self.score(schema, now);
        let reached = schema.levels.iter().rposition(|(_, from)| *from <= score);
        reached.or((!schema.levels.is_empty()).then_some(0))
    }

    /// How many outcomes in a row were successes.
    #[must_use]
    pub fn successes(&self) -> u32 {
        self.successes
    }

    /// How many outcomes in a row were failures.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// What changed the profile, the newest last; at most [`MOST_REASONS`].
    pub fn reasons(&self) -> impl ExactSizeIterator<Item = &Reason> {
        self.reasons.iter()
    }

    fn idle_days(&self, now: i64) -> i64 {
        now.saturating_sub(self.active).max(0) / DAY
    }

    fn pass_idle_days(&mut self, schema: &TrustSchema, now: i64) {
        let from = self.score;
        self.score = self.score(schema, now);
        if self.score != from {
            self.note(now, Change::Idle(self.idle_days(now)), from);
        }
    }

    fn note(&mut self, at: i64, what: Change, from: i64) {
        self.reasons.push_back(Reason { at, what, from, to: self.score });
        while self.reasons.len() > MOST_REASONS {
            self.reasons.pop_front();
        }
    }
}

fn by_severity(amounts: [i64; 4], severity: Severity) -> i64 {
    let [low, medium, high, critical] = amounts;
    match severity {
        Severity::Low => low,
        Severity::Medium => medium,
        Severity::High => high,
        Severity::Critical => critical,
    }
}
