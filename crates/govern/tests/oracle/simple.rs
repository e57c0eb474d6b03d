//! Limits, cooldowns, used keys, leases, states and grants, by definition.

use std::collections::BTreeMap;
use std::sync::Arc;

use aas_govern::registers::Take;

use crate::history::{End, History, What};

pub(crate) const MOST: usize = 1_024;

/// The stamps that count: of every request that was not released, unless `stamp + window <= now`.
fn stamps(history: &History, now: i64, window: i64) -> Vec<i64> {
    history.lives().iter().filter(|life| !life.released() && life.at + window > now).map(|life| life.at).collect()
}

pub(crate) fn rate(history: &History, now: i64, window: i64) -> i64 {
    stamps(history, now, window).len().min(MOST) as i64
}

/// The first time from now on at which fewer than `most` count; only the times at which a stamp leaves can be it.
pub(crate) fn retry_after(history: &History, now: i64, window: i64, most: i64) -> Option<i64> {
    let stamps = stamps(history, now, window);
    let mut times: Vec<i64> = stamps.iter().map(|stamp| stamp + window).collect();
    times.push(now);
    times.sort_unstable();
    let count = |time: i64| stamps.iter().filter(|stamp| **stamp + window > time).count().min(MOST) as i64;
    times.into_iter().filter(|time| *time >= now).find(|time| count(*time) < most).map(|time| time - now)
}

pub(crate) fn gauge(history: &History) -> i64 {
    history.lives().iter().filter(|life| life.open()).count() as i64
}

pub(crate) fn cooldown(history: &History, now: i64, span: i64) -> Option<i64> {
    let lives = history.lives();
    if lives.iter().any(|life| life.open()) {
        return Some(span);
    }
    let ends = lives.iter().filter_map(|life| match life.end {
        End::Settled { at, .. } => Some(at + span - now),
        End::Open | End::Released { .. } => None,
    });
    ends.filter(|left| *left > 0).max()
}

pub(crate) fn once(history: &History, now: i64, keep: i64) -> bool {
    history.lives().iter().any(|life| match life.end {
        End::Open => true,
        End::Settled { at, .. } => at + keep > now,
        End::Released { .. } => false,
    })
}

pub(crate) fn states(history: &History, start: u32) -> (u32, bool) {
    let mut changes: Vec<(usize, u32)> = Vec::new();
    let mut busy = false;
    for life in history.lives() {
        let Take::Transition(to) = life.take else { panic!("a transition") };
        match life.end {
            End::Open => busy = true,
            End::Settled { place, success: true, .. } => changes.push((place, *to)),
            End::Settled { success: false, .. } | End::Released { .. } => {}
        }
    }
    (changes.iter().max().map_or(start, |(_, to)| *to), busy)
}

/// Who holds a lease, under which number, until when.
pub(crate) fn lease(history: &History, now: i64, length: i64) -> Option<(Arc<str>, u64, i64)> {
    let lives = history.lives();
    // A tenure: its agent, the reservations that took or renewed it, and the place at which it was given back.
    let mut tenures: Vec<(Arc<str>, Vec<usize>, usize)> = Vec::new();
    // Until when the last tenure lasts, as far as that can be known at a place of the history.
    let until = |tenure: &(Arc<str>, Vec<usize>, usize), place: usize| {
        if tenure.2 < place {
            return None;
        }
        let stands = |n: &&usize| !matches!(lives[**n].end, End::Released { place: end } if end < place);
        tenure.1.iter().filter(stands).map(|n| lives[*n].at + length).max()
    };
    // Places at which each reservation of an action that gives the lease back was settled.
    let returns: BTreeMap<usize, Arc<str>> = lives
        .iter()
        .filter_map(|life| match (life.take, life.end) {
            (Take::Return(agent), End::Settled { place, .. }) => Some((place, agent.clone())),
            _ => None,
        })
        .collect();
    for (place, happened) in history.0.iter().enumerate() {
        if let Some(agent) = returns.get(&place)
            && let Some(last) = tenures.last_mut()
            && last.0 == *agent
        {
            last.2 = last.2.min(place);
        }
        let Some(n) = lives.iter().position(|life| life.place == place) else { continue };
        let Take::Holder(agent) = lives[n].take else { continue };
        let held = tenures.last().and_then(|last| until(last, place)).is_some_and(|until| until > happened.now.at);
        if !held {
            tenures.push((agent.clone(), vec![n], usize::MAX));
        } else if let Some(last) = tenures.last_mut()
            && last.0 == *agent
        {
            last.1.push(n);
        }
    }
    let last = tenures.last()?;
    let until = until(last, history.0.len()).filter(|until| *until > now)?;
    Some((last.0.clone(), lives[last.1[0]].id.0, until))
}

/// The fields of the record that lasts, and whether anything was revoked for ever.
pub(crate) fn grant(
    history: &History,
    now: i64,
    longest: Option<i64>,
    again: bool,
) -> (Option<Vec<(Arc<str>, Arc<str>)>>, bool) {
    let mut record = None;
    let mut revoked = false;
    for happened in &history.0 {
        match &happened.what {
            What::Give { until, fields } => {
                let at = happened.now.at;
                let end = until.unwrap_or(i64::MAX).min(longest.map_or(i64::MAX, |longest| at + longest));
                if !revoked && end > at {
                    let mut fields = fields.clone();
                    fields.sort();
                    record = Some((end, fields));
                }
            }
            What::Revoke => {
                record = None;
                revoked |= !again;
            }
            What::Reserve(..) | What::Settle(..) | What::Release(_) => {}
        }
    }
    (record.filter(|(end, _)| *end == i64::MAX || *end > now).map(|(_, fields)| fields), revoked)
}
