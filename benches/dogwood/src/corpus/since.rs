//! `A since within D R`: which events end it, and whether one came.

use dogwood_language::temporal_ast::{Condition, ConditionKind};

use super::book::{Expr, Keeps, Key, Level, Window};
use super::events::Events;
use super::reason::Reason;
use super::scope::{Place, Scope};
use super::source::Source;
use super::temporal::{Translator, action_is};
use super::walk::mentions;

impl Translator<'_> {
    pub(crate) fn since(
        &mut self,
        left: &Condition,
        seconds: i64,
        right: &Condition,
        scope: &Scope,
    ) -> Result<Expr, Reason> {
        let Some(begins) = self.events(right, scope)? else { return Ok(Expr::constant(false)) };
        let shared = begins.locals.keys().chain(&begins.points).any(|name| mentions(left, name));
        if shared {
            return Err(Reason::Join);
        }
        let unbroken = match self.never_ended(left, &begins, scope) {
            Err(Reason::EverybodysSince) => Some(self.streak(left, &begins, scope)?),
            other => other?,
        };
        let recent = self.within(seconds, begins);
        Ok(Expr::all([recent].into_iter().chain(unbroken)))
    }

    /// Whether nothing came after the last event that begins which ends it; nothing where nothing could.
    fn never_ended(&mut self, left: &Condition, begins: &Events, scope: &Scope) -> Result<Option<Expr>, Reason> {
        let mut ends = Vec::new();
        self.ends(left, scope, &mut ends)?;
        if ends.is_empty() { Ok(None) } else { self.unbroken(begins, ends).map(Some) }
    }

    /// The events that end what the left side of a `since` says.
    fn ends(&mut self, left: &Condition, scope: &Scope, ends: &mut Vec<Events>) -> Result<(), Reason> {
        match &left.kind {
            ConditionKind::And { left, right } => {
                self.ends(left, scope, ends)?;
                self.ends(right, scope, ends)
            }
            ConditionKind::Not { inner } => {
                ends.extend(self.events(inner, scope)?);
                Ok(())
            }
            _ => {
                let inner = Scope { place: Place::Told(None), vars: Default::default(), request: Default::default() };
                let holds = self.truth(left, &inner).map_err(|reason| match reason {
                    Reason::NestedReach | Reason::Join => Reason::EverybodysSince,
                    other => other,
                })?;
                ends.push(Events { whens: vec![holds.not()], ..Events::default() });
                Ok(())
            }
        }
    }

    /// Whether the last of all these events with the same key was one that begins.
    fn unbroken(&mut self, begins: &Events, ends: Vec<Events>) -> Result<Expr, Reason> {
        let asked = |events: &Events| {
            let mut asked: Vec<Source> = events.keys.iter().map(|key| key.asked.clone()).collect();
            asked.sort();
            asked
        };
        let mut keys = begins.keys.clone();
        let mut on: Vec<usize> = begins.on.into_iter().collect();
        let begin = self.is(begins);
        let mut either = vec![begin.clone()];
        let mut named = true;
        for end in &ends {
            if asked(end) != asked(begins) {
                return Err(if begins.keys.is_empty() || !end.keys.is_empty() {
                    Reason::OwnKeys
                } else {
                    Reason::EverybodysSince
                });
            }
            if !end.guards.is_empty() {
                return Err(Reason::AgainstRequest);
            }
            named &= end.on != begins.on && end.on.is_some();
            on.extend(end.on);
            for key in &end.keys {
                let into = keys.iter_mut().find(|other| other.asked == key.asked).ok_or(Reason::OwnKeys)?;
                join(into, key)?;
            }
            either.push(self.is(end));
        }
        let every = begins.on.is_none() || ends.iter().any(|end| end.on.is_none());
        let value = match begins.on {
            _ if begin.reads.is_empty() => begin.text,
            Some(event) if named => action_is(self.book, event).text,
            _ => return Err(Reason::NestedState),
        };
        on.sort_unstable();
        on.dedup();
        let when = Expr::any(either);
        let at = self.book.keep(Window {
            level: Level::Told(self.book.level_over(&when.reads)),
            on: if every { Vec::new() } else { on },
            when,
            keeps: Keeps::Last(1),
            keys,
            value: format!("count where {value}"),
            links: Vec::new(),
        });
        Ok(Expr { text: format!("w{at}.n >= 1"), reads: [at].into() })
    }
}

/// Adds the places where other events have a key.
pub(crate) fn join(into: &mut Key, other: &Key) -> Result<(), Reason> {
    for (event, source) in &other.own {
        match into.own.iter().find(|(of, _)| of == event || of.is_none() || event.is_none()) {
            Some((_, known)) if known == source => {}
            Some(_) => return Err(Reason::OwnKeys),
            None => into.own.push((*event, source.clone())),
        }
    }
    Ok(())
}
