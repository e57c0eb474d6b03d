//! Records that people give and take.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The record of one key, and whether it was revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    record: Option<Record>,
    revoked: Option<i64>,
}

/// What was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When.
    pub given: i64,
    /// Until when it lasts; at exactly that time it has ended.
    pub until: Option<i64>,
    /// Its fields with their values as JSON texts, sorted by name.
    pub fields: Vec<(Arc<str>, Arc<str>)>,
}

/// Why a record could not be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// A revoked one is not given anew.
    #[error("it was revoked, which is final")]
    Revoked,
    /// It would have ended before it began.
    #[error("it would have ended before it began")]
    Ended,
}

impl Grant {
    /// Gives a record in place of any other. It lasts until `until`, and at most `longest` microseconds.
    ///
    /// # Errors
    ///
    /// [`GrantError::Revoked`] where it was revoked and cannot be given `again`; [`GrantError::Ended`] where `until` is
    /// not after `at`.
    pub fn give(
        &mut self,
        longest: Option<i64>,
        again: bool,
        at: i64,
        until: Option<i64>,
        mut fields: Vec<(Arc<str>, Arc<str>)>,
    ) -> Result<(), GrantError> {
        if self.revoked.is_some() && !again {
            return Err(GrantError::Revoked);
        }
        let latest = longest.map(|longest| at.saturating_add(longest));
        let until = until.into_iter().chain(latest).min();
        if until.is_some_and(|until| until <= at) {
            return Err(GrantError::Ended);
        }
        fields.sort_unstable();
        self.record = Some(Record { given: at, until, fields });
        self.revoked = None;
        Ok(())
    }

    /// Takes the record back. Where it cannot be given `again`, that is for ever, even if none had been given.
    pub fn revoke(&mut self, again: bool, at: i64) {
        self.record = None;
        if !again {
            self.revoked = self.revoked.or(Some(at));
        }
    }

    /// The record, while it lasts.
    #[must_use]
    pub fn active(&self, now: i64) -> Option<&Record> {
        self.record.as_ref().filter(|record| record.until.is_none_or(|until| until > now))
    }

    /// When it was revoked for ever.
    #[must_use]
    pub fn revoked(&self) -> Option<i64> {
        self.revoked
    }

    pub(super) fn is_initial(&self, now: i64) -> bool {
        self.active(now).is_none() && self.revoked.is_none()
    }

    pub(super) fn free_at(&self) -> Option<i64> {
        match (&self.record, self.revoked) {
            (_, Some(_)) => None,
            (Some(record), None) => record.until,
            (None, None) => Some(i64::MIN),
        }
    }
}

impl Record {
    /// The value of a field, as a JSON text.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let place = self.fields.binary_search_by(|(known, _)| known.as_ref().cmp(name)).ok()?;
        self.fields.get(place).map(|(_, value)| value.as_ref())
    }
}
