//! Windows and history, by definition.

use std::sync::Arc;

use aas_govern::registers::{Sign, Take, Truth, WindowEvent};
use aas_govern::schema::{Kept, RelativePlace, SeenSchema, WindowOf, WindowSchema, WindowTest, WindowWhat};

use crate::history::{End, History};
use crate::simple::MOST;

struct Event<'a> {
    at: i64,
    success: Option<bool>,
    brought: &'a WindowEvent,
}

/// The events of a window from the oldest to the newest, or nothing where that cannot be told.
fn events<'a>(history: &'a History, schema: &WindowSchema, now: i64) -> Option<Vec<Event<'a>>> {
    let mut events: Vec<(usize, Event<'a>)> = Vec::new();
    for life in history.lives() {
        let Take::Event(brought) = life.take else { panic!("an event") };
        match (schema.of, life.end) {
            (_, End::Released { .. }) | (WindowOf::Outcomes, End::Open) => {}
            (WindowOf::Requests, End::Open) => {
                events.push((life.place, Event { at: life.at, success: None, brought }));
            }
            (WindowOf::Requests, End::Settled { success, .. }) => {
                events.push((life.place, Event { at: life.at, success: Some(success), brought }));
            }
            (WindowOf::Outcomes, End::Settled { place, at, success }) => {
                events.push((place, Event { at, success: Some(success), brought }));
            }
        }
    }
    events.sort_by_key(|(place, _)| *place);
    let mut events: Vec<Event<'a>> = events.into_iter().map(|(_, event)| event).collect();
    match schema.kept {
        Kept::Last(most) => {
            let most = (most as usize).min(MOST);
            events.drain(..events.len().saturating_sub(most));
        }
        Kept::Within(window) => {
            events.retain(|event| event.at + window > now);
            if events.iter().filter(|event| event.success.is_some()).count() > MOST {
                return None;
            }
        }
    }
    Some(events)
}

fn truth(event: &Event<'_>, test: WindowTest) -> Option<bool> {
    let outcome = match test.outcome {
        None => Some(true),
        Some(wanted) => event.success.map(|success| success == wanted),
    };
    let condition = match test.truth {
        None => Some(true),
        Some(place) if event.brought.erred >> place & 1 == 1 => None,
        Some(place) => Some(event.brought.truths >> place & 1 == 1),
    };
    match (outcome, condition) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

pub(crate) fn size(history: &History, schema: &WindowSchema, now: i64) -> Option<i64> {
    events(history, schema, now).map(|events| events.len() as i64)
}

pub(crate) fn value(history: &History, schema: &WindowSchema, place: usize, now: i64) -> Option<i64> {
    let value = &schema.values[place];
    let events = events(history, schema, now)?;
    let passed: Vec<bool> = events.iter().map(|event| truth(event, value.test)).collect::<Option<_>>()?;
    let n = passed.iter().filter(|passed| **passed).count() as i64;
    let passing: Vec<&Event<'_>> = events.iter().zip(&passed).filter(|(_, p)| **p).map(|(event, _)| event).collect();
    match value.what {
        WindowWhat::Count => Some(n),
        // Every stretch of neighbours that all pass; the longest.
        WindowWhat::LongestRun => Some(stretches(events.len(), |_, place| passed[place])),
        WindowWhat::LongestEqual(text) => {
            let texts: Vec<&Arc<str>> =
                passing.iter().map(|event| event.brought.texts[text as usize].as_ref()).collect::<Option<_>>()?;
            Some(stretches(texts.len(), |from, place| texts[place] == texts[from]))
        }
        WindowWhat::Percent => Some(if events.is_empty() { 0 } else { n * 100 / events.len() as i64 }),
        WindowWhat::Sum(amount) => passing.iter().map(|event| event.brought.amounts[amount as usize]).sum(),
    }
}

/// From each place as far as every place belongs to it.
fn stretches(len: usize, belongs: impl Fn(usize, usize) -> bool) -> i64 {
    (0..len).map(|from| (from..len).take_while(|place| belongs(from, *place)).count()).max().unwrap_or(0) as i64
}

/// Something that entered history: when, and which events it is.
#[derive(Clone, Copy, Debug)]
struct Entered {
    order: (usize, u8),
    at: i64,
    sign: Sign,
    open: bool,
}

fn doubt(truth: Truth) -> Truth {
    if truth == Truth::No { Truth::No } else { Truth::Unclear }
}

fn doubtful(sign: Sign) -> Sign {
    Sign { a: doubt(sign.a), b: doubt(sign.b) }
}

/// Everything that entered, in order.
fn entered(history: &History, schema: &SeenSchema) -> Vec<Entered> {
    let others_succeeded = schema.relative.map(|relative| relative.succeeded);
    let mut all = Vec::new();
    for life in history.lives() {
        let Take::Sign(sign) = life.take else { panic!("a sign") };
        let at_once = Sign {
            a: if schema.succeeded { Truth::No } else { sign.a },
            b: if others_succeeded == Some(false) { sign.b } else { Truth::No },
        };
        let with_success = Sign {
            a: if schema.succeeded { sign.a } else { Truth::No },
            b: if others_succeeded == Some(true) { sign.b } else { Truth::No },
        };
        let sign = if life.released() { doubtful(at_once) } else { at_once };
        all.push((Entered { order: (life.place, 0), at: life.at, sign, open: life.open() }, life.end));
        if let End::Settled { place, at, success: true } = life.end {
            all.push((Entered { order: (place, 1), at, sign: with_success, open: false }, life.end));
        }
    }
    all.retain(|(entered, _)| entered.sign.a != Truth::No || entered.sign.b != Truth::No);
    all.sort_by_key(|(entered, _)| entered.order);
    // Still open when 1,024 later ones had entered: only possible from then on.
    let orders: Vec<(usize, u8)> = all.iter().map(|(entered, _)| entered.order).collect();
    for (n, (entered, end)) in all.iter_mut().enumerate() {
        let ended = match end {
            End::Open => usize::MAX,
            End::Settled { place, .. } | End::Released { place } => *place,
        };
        let late = orders.get(n + MOST).is_some_and(|later| later.0 < ended);
        if entered.order.1 == 0 && late {
            entered.sign = doubtful(entered.sign);
            entered.open = false;
        }
    }
    all.into_iter().map(|(entered, _)| entered).collect()
}

/// How many of the events asked for certainly, and possibly, stand as they must.
fn bounds(history: &History, schema: &SeenSchema, now: i64) -> (usize, usize) {
    let all = entered(history, schema);
    // The first and the last of the others, once of those that may be and once of those that are.
    let others = |counts: fn(Truth) -> bool| {
        let mut orders: Vec<_> = all.iter().filter(|b| counts(b.sign.b)).map(|b| b.order).collect();
        orders.sort_unstable();
        (orders.first().copied(), orders.last().copied())
    };
    let (possible, certain) = (others(|b| b != Truth::No), others(|b| b == Truth::Yes));
    let stands = |a: &Entered, (first, last): (Option<(usize, u8)>, Option<(usize, u8)>)| match schema.relative {
        None => true,
        Some(relative) => match relative.place {
            RelativePlace::Since => last.is_none_or(|last| a.order > last),
            RelativePlace::Before => first.is_none_or(|first| a.order < first),
        },
    };
    let inside = |a: &&Entered| schema.within.is_none_or(|window| a.at + window > now);
    let sure = all.iter().filter(inside).filter(|a| a.sign.a == Truth::Yes && stands(a, possible));
    let maybe = all.iter().filter(inside).filter(|a| a.sign.a != Truth::No && stands(a, certain));
    (sure.count(), maybe.count())
}

pub(crate) fn any(history: &History, schema: &SeenSchema, now: i64) -> Truth {
    match bounds(history, schema, now) {
        (1.., _) => Truth::Yes,
        (0, 1..) => Truth::Unclear,
        (0, 0) => Truth::No,
    }
}

pub(crate) fn count(history: &History, schema: &SeenSchema, now: i64) -> Option<i64> {
    let (sure, maybe) = bounds(history, schema, now);
    (sure.min(MOST) == maybe.min(MOST)).then_some(sure.min(MOST) as i64)
}

/// Whether nothing of the past can be told any more, and nothing is under way.
pub(crate) fn is_over(history: &History, schema: &SeenSchema, now: i64) -> bool {
    let all = entered(history, schema);
    let waits = |take: &Take| {
        let Take::Sign(sign) = take else { panic!("a sign") };
        let others = schema.relative.is_some_and(|relative| relative.succeeded);
        (schema.succeeded && sign.a != Truth::No) || (others && sign.b != Truth::No)
    };
    let ended =
        !all.iter().any(|entered| entered.open) && !history.lives().iter().any(|life| life.open() && waits(life.take));
    let closed = schema.relative.is_some_and(|relative| relative.place == RelativePlace::Before)
        && all.iter().any(|entered| entered.sign.b != Truth::No);
    ended && !closed && bounds(history, schema, now).1 == 0
}
