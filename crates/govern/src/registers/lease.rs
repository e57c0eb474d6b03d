//! One holder at a time.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ReservationId;
use super::open::Open;
use super::stamps::counts;

/// Who holds a lease, and the actions under way that will give it back.
///
/// The fencing number of a tenure is the id of the reservation that began it. Ids ascend, so that a later tenure has
/// the greater number even where the key was dropped between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    tenure: Option<Tenure>,
    /// Actions in `released by`, with the agent of each.
    returns: Open<Arc<str>>,
}

/// One holder, from taking to losing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tenure {
    agent: Arc<str>,
    fence: u64,
    /// The greatest time of a reservation that was settled.
    kept: Option<i64>,
    /// The times of the reservations that have not ended.
    open: Open<i64>,
}

impl Tenure {
    fn last(&self) -> Option<i64> {
        self.open.values().copied().max().max(self.kept)
    }
}

/// Who holds a lease now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder<'a> {
    /// The agent.
    pub agent: &'a str,
    /// Its fencing number.
    pub fence: u64,
    /// Until when, unless it is renewed.
    pub until: i64,
}

impl Lease {
    /// Takes the lease where it is free and renews it where this agent has it. Where another holds it, which only an
    /// exception lets through, nothing is taken.
    pub(super) fn reserve(&mut self, length: i64, id: ReservationId, at: i64, agent: &Arc<str>) {
        if self.holder(at, length).is_none() {
            self.tenure = Some(Tenure { agent: agent.clone(), fence: id.0, kept: None, open: Open::default() });
        }
        if let Some(tenure) = &mut self.tenure
            && tenure.agent == *agent
        {
            tenure.open.insert(id, at);
        }
    }

    pub(super) fn reserve_return(&mut self, id: ReservationId, agent: &Arc<str>) {
        self.returns.insert(id, agent.clone());
    }

    pub(super) fn settle(&mut self, id: ReservationId) {
        if let Some(tenure) = &mut self.tenure
            && let Some(at) = tenure.open.remove(id)
        {
            tenure.kept = tenure.kept.max(Some(at));
        }
        if let Some(agent) = self.returns.remove(id)
            && self.tenure.as_ref().is_some_and(|tenure| tenure.agent == agent)
        {
            self.tenure = None;
        }
    }

    pub(super) fn release(&mut self, id: ReservationId) {
        self.returns.remove(id);
        if let Some(tenure) = &mut self.tenure {
            tenure.open.remove(id);
        }
        if self.tenure.as_ref().is_some_and(|tenure| tenure.last().is_none()) {
            self.tenure = None;
        }
    }

    /// Who holds it. A lease ends `length` microseconds after the last reservation that took or renewed it and was not
    /// released; at exactly that time it is free.
    #[must_use]
    pub fn holder(&self, now: i64, length: i64) -> Option<Holder<'_>> {
        let tenure = self.tenure.as_ref()?;
        let last = tenure.last().filter(|last| counts(*last, now, length))?;
        Some(Holder { agent: &tenure.agent, fence: tenure.fence, until: last.saturating_add(length) })
    }

    pub(super) fn is_initial(&self, length: i64, now: i64) -> bool {
        self.returns.is_empty() && self.holder(now, length).is_none()
    }

    pub(super) fn free_at(&self, length: i64) -> Option<i64> {
        let last = self.tenure.as_ref().and_then(Tenure::last);
        self.returns.is_empty().then(|| last.map_or(i64::MIN, |last| last.saturating_add(length)))
    }
}
