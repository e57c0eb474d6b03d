//! The whole history of one key: everything that ever happened to it, in order, and nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use aas_govern::registers::{Moment, ReservationId, Settlement, Take};

#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) now: Moment,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Reserve(ReservationId, Take),
    Settle(ReservationId, Settlement),
    Release(ReservationId),
    Give { until: Option<i64>, fields: Vec<(Arc<str>, Arc<str>)> },
    Revoke,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct History(pub(crate) Vec<Happened>);

/// One reservation from beginning to end. Places are places in the history: they give the order.
#[derive(Clone, Debug)]
pub(crate) struct Life<'a> {
    pub(crate) id: ReservationId,
    pub(crate) place: usize,
    pub(crate) at: i64,
    pub(crate) take: &'a Take,
    pub(crate) end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Open,
    Settled { place: usize, at: i64, success: bool },
    Released { place: usize },
}

impl History {
    pub(crate) fn add(&mut self, now: Moment, what: What) {
        self.0.push(Happened { now, what });
    }

    /// Every reservation, in the order in which they were made.
    pub(crate) fn lives(&self) -> Vec<Life<'_>> {
        let mut lives: Vec<Life<'_>> = Vec::new();
        let mut open: HashMap<ReservationId, usize> = HashMap::new();
        for (place, happened) in self.0.iter().enumerate() {
            let at = happened.now.at;
            let (id, end) = match &happened.what {
                What::Reserve(id, take) => {
                    open.insert(*id, lives.len());
                    lives.push(Life { id: *id, place, at, take, end: End::Open });
                    continue;
                }
                What::Settle(id, settlement) => (*id, End::Settled { place, at, success: settlement.success }),
                What::Release(id) => (*id, End::Released { place }),
                What::Give { .. } | What::Revoke => continue,
            };
            if let Some(n) = open.remove(&id) {
                lives[n].end = end;
            }
        }
        lives
    }
}

impl Life<'_> {
    pub(crate) fn open(&self) -> bool {
        self.end == End::Open
    }

    pub(crate) fn released(&self) -> bool {
        matches!(self.end, End::Released { .. })
    }
}
