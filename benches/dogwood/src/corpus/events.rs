//! What a condition says of one event: which kind, what it has by itself, what it has in common with the request.

use std::collections::{BTreeMap, BTreeSet};

use dogwood_language::temporal_ast::{CmpOp, Condition, ConditionKind, Predicate, Term};

use super::book::{Expr, Key};
use super::reason::Reason;
use super::scope::{Place, Scope, Var, has, is, literal, same};
use super::source::Source;
use super::temporal::Translator;
use super::walk::{flatten, has_aggregate};

/// The events that a condition is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events {
    /// Their kind; all events where none is named.
    pub(crate) on: Option<usize>,
    /// What they must fulfil by themselves, and by what happened before them.
    pub(crate) whens: Vec<Expr>,
    pub(crate) keys: Vec<Key>,
    /// What the request must fulfil, whatever the event.
    pub(crate) guards: Vec<Expr>,
    /// Variables that stand for the place in the trace.
    pub(crate) points: BTreeSet<String>,
    /// Variables that stand for values of the event.
    pub(crate) locals: BTreeMap<String, Source>,
}

/// Of what a term speaks.
enum About {
    Event,
    Request(Source),
    Nothing,
}

impl Translator<'_> {
    /// Nothing where no event could be one of them.
    pub(crate) fn events(&mut self, body: &Condition, scope: &Scope) -> Result<Option<Events>, Reason> {
        let (mut items, mut bound) = (Vec::new(), Vec::new());
        flatten(body, &mut items, &mut bound);
        let mut outer = scope.clone();
        bound.iter().for_each(|name| {
            outer.vars.remove(name);
        });
        let mut events = Events::default();
        for item in &items {
            let ConditionKind::Predicate(predicate) = &item.kind else { continue };
            let event = self.book.event(&predicate.namespace, &predicate.action, &predicate.kind);
            if event.is_none() || events.on.is_some_and(|on| Some(on) != event) {
                return Ok(None);
            }
            events.on = event;
            self.arguments(predicate, &outer, &mut events)?;
        }
        let mut rest = Vec::new();
        for item in items {
            match &item.kind {
                ConditionKind::Predicate(_) => {}
                ConditionKind::Tp { var } if !outer.vars.contains_key(var.name()) => {
                    events.points.insert(var.name().to_owned());
                }
                ConditionKind::Comparison { op: CmpOp::Eq, left, right } => {
                    if !self.is_key(left, right, &outer, &mut events)? {
                        rest.push(item);
                    }
                }
                _ => rest.push(item),
            }
        }
        for item in rest {
            self.rest(item, &outer, &mut events)?;
        }
        Ok(Some(events))
    }

    fn arguments(&mut self, predicate: &Predicate, outer: &Scope, events: &mut Events) -> Result<(), Reason> {
        for arg in &predicate.args {
            let own = Source::event(&arg.name);
            match &arg.value {
                Term::Wildcard => events.whens.push(has(self.book, &own)),
                Term::Var(name) => match (outer.vars.get(name), events.locals.get(name)) {
                    (Some(Var::Field(asked)), _) => self.key(own, asked.clone(), events),
                    (Some(Var::Literal(term)), _) => {
                        let value = literal(term).ok_or(Reason::Arrays)?;
                        events.whens.push(is(self.book, &own, &value));
                    }
                    (Some(Var::Number(number)), _) if number.constant.is_some() => {
                        let value = dogwood_language::Value::Int(number.constant.unwrap_or_default());
                        events.whens.push(is(self.book, &own, &value));
                    }
                    (Some(Var::Number(_)), _) => return Err(Reason::AgainstRequest),
                    (Some(Var::Point), _) => return Err(Reason::Positions),
                    (Some(Var::OutOfReach), _) => return Err(Reason::NestedReach),
                    (None, Some(before)) => {
                        let before = before.clone();
                        events.whens.push(same(self.book, &own, &before));
                    }
                    (None, None) => {
                        events.whens.push(has(self.book, &own));
                        events.locals.insert(name.clone(), own);
                    }
                },
                term @ (Term::ContextField(_) | Term::ScopeField(_)) => {
                    let asked = outer.source(term, self.book)?;
                    self.key(own, asked, events);
                }
                term => {
                    let value = literal(term).ok_or(Reason::Arrays)?;
                    events.whens.push(is(self.book, &own, &value));
                }
            }
        }
        Ok(())
    }

    /// An event and a request that have this in common.
    fn key(&mut self, own: Source, asked: Source, events: &mut Events) {
        if self.book.parts.contains(&(own.clone(), asked.clone())) {
            return;
        }
        match events.keys.iter().find(|key| key.asked == asked) {
            Some(key) => {
                let first = key.own[0].1.clone();
                if first != own {
                    events.whens.push(same(self.book, &own, &first));
                }
            }
            None => {
                events.whens.push(has(self.book, &own));
                events.keys.push(Key { own: vec![(events.on, own)], asked });
            }
        }
    }

    /// Whether an equality is about the event and the request, which makes it a key.
    fn is_key(&mut self, left: &Term, right: &Term, outer: &Scope, events: &mut Events) -> Result<bool, Reason> {
        let (own, asked) = match (self.about(left, outer, events), self.about(right, outer, events)) {
            (About::Event, About::Request(asked)) => (left, asked),
            (About::Request(asked), About::Event) => (right, asked),
            _ => return Ok(false),
        };
        let Term::Var(name) = own else { return Ok(false) };
        let Some(own) = events.locals.get(name).cloned() else { return Ok(false) };
        self.key(own, asked, events);
        Ok(true)
    }

    fn about(&self, term: &Term, outer: &Scope, events: &Events) -> About {
        match term {
            Term::Var(name) => match outer.vars.get(name) {
                Some(Var::Field(source)) => About::Request(source.clone()),
                Some(Var::Literal(_) | Var::Number(_) | Var::Point | Var::OutOfReach) => About::Nothing,
                None if events.locals.contains_key(name) => About::Event,
                None => About::Nothing,
            },
            Term::ContextField(_) | Term::ScopeField(_) => {
                outer.source(term, self.book).map_or(About::Nothing, About::Request)
            }
            _ => About::Nothing,
        }
    }

    /// What else is said: of the request alone, or of the event and what happened before it.
    fn rest(&mut self, item: &Condition, outer: &Scope, events: &mut Events) -> Result<(), Reason> {
        if let ConditionKind::Comparison { left, right, .. } = &item.kind {
            let plain = |term: &Term| !has_aggregate(term);
            let speaks = |about: About| matches!(about, About::Event);
            let of_event = speaks(self.about(left, outer, events)) || speaks(self.about(right, outer, events));
            if plain(left)
                && plain(right)
                && !of_event
                && let Ok(guard) = self.truth(item, outer)
            {
                events.guards.push(guard);
                return Ok(());
            }
        }
        let inner = self.inside(outer, events);
        let when = self.truth(item, &inner).map_err(|reason| match (&item.kind, reason) {
            (ConditionKind::Comparison { .. }, Reason::NestedReach) => Reason::AgainstRequest,
            (_, other) => other,
        })?;
        events.whens.push(when);
        Ok(())
    }

    /// The meaning of names at the event: its own values, and those of the request that are its keys.
    fn inside(&self, outer: &Scope, events: &Events) -> Scope {
        let mut request = BTreeMap::new();
        for key in &events.keys {
            request.insert(key.asked.clone(), key.own[0].1.clone());
        }
        let reach = |var: &Var| match var {
            Var::Field(asked) => request.get(asked).map_or(Var::OutOfReach, |own| Var::Field(own.clone())),
            Var::Number(number) if number.constant.is_none() => Var::OutOfReach,
            other => other.clone(),
        };
        let mut vars: BTreeMap<String, Var> = outer.vars.iter().map(|(name, var)| (name.clone(), reach(var))).collect();
        vars.extend(events.locals.iter().map(|(name, own)| (name.clone(), Var::Field(own.clone()))));
        vars.extend(events.points.iter().map(|name| (name.clone(), Var::Point)));
        // Seen from an event inside an event, the request's values are those of the event between.
        let request = match outer.place {
            Place::Ask => request,
            Place::Told(_) => {
                let through = outer.request.iter();
                through.filter_map(|(asked, own)| Some((asked.clone(), request.get(own)?.clone()))).collect()
            }
        };
        Scope { place: Place::Told(events.on), vars, request }
    }
}
