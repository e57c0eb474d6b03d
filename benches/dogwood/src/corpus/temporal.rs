//! Conditions about the past, as readings of windows.
//!
//! * `formerly within D P{…}`: a window of D over P counts at least one. What P must have in common with the request
//!   becomes the window's key, what it must have by itself its `when`.
//! * `!A since within D R`: of all R and A with the same key the last was an R, and there was an R within D.
//! * `previous within D P`: the last of all events was a P, and there was an event within D. What it must have in common
//!   with the request: of the last two, the event and the request, the longest run of an equal value is two.
//! * A question inside another stands in the `when` of a window over events that are told once more.
//!
//! Dogwood's times are whole seconds and its windows have both their ends, so its `within 10s` is our `last 11s`.

use dogwood_language::temporal_ast::{CmpOp, Condition, ConditionKind, Predicate, Term, WithinSpec};

use super::book::{Book, Expr, Keeps, LEVEL, Level, Window};
use super::events::Events;
use super::reason::Reason;
use super::scope::{Place, Scope, Var, has, int, is, literal, same};
use super::source::{Kind, Source};
use super::walk::{and, flatten, mentions, term_mentions};

/// The longest time that a window keeps: ten years.
const LONGEST: i64 = 10 * 365 * 86_400;

/// Translates the conditions of a case.
pub(crate) struct Translator<'b> {
    pub(crate) book: &'b mut Book,
}

impl Translator<'_> {
    /// A condition at the request that is decided.
    pub(crate) fn leaf(&mut self, condition: &Condition) -> Result<Expr, Reason> {
        self.truth(condition, &Scope::ask())
    }

    pub(crate) fn truth(&mut self, condition: &Condition, scope: &Scope) -> Result<Expr, Reason> {
        match &condition.kind {
            ConditionKind::And { .. } | ConditionKind::Exists { .. } => {
                let (mut items, mut bound) = (Vec::new(), Vec::new());
                flatten(condition, &mut items, &mut bound);
                self.conjunction(&items, &bound, scope)
            }
            ConditionKind::Or { left, right } => Ok(Expr::any([self.truth(left, scope)?, self.truth(right, scope)?])),
            ConditionKind::Not { inner } => Ok(self.truth(inner, scope)?.not()),
            ConditionKind::Formerly { within, body } => self.formerly(seconds(within)?, body, scope),
            ConditionKind::Previous { within, body } => self.previous(seconds(within)?, body, scope),
            ConditionKind::Since { left, within, right } => self.since(left, seconds(within)?, right, scope),
            ConditionKind::Predicate(predicate) => self.now(predicate, scope),
            ConditionKind::Comparison { op, left, right } => self.comparison(*op, left, right, scope),
            ConditionKind::Tp { var } => match scope.vars.get(var.name()) {
                Some(_) => Err(Reason::Positions),
                None => Ok(Expr::constant(true)),
            },
            ConditionKind::Call(_) | ConditionKind::SigilRef { .. } | ConditionKind::Refine { .. } => {
                Err(Reason::Aggregate)
            }
        }
    }

    /// Conditions that hold together for some values of these variables.
    pub(crate) fn conjunction(
        &mut self,
        items: &[&Condition],
        bound: &[String],
        scope: &Scope,
    ) -> Result<Expr, Reason> {
        let mut scope = scope.clone();
        bound.iter().for_each(|name| {
            scope.vars.remove(name);
        });
        let mut items = items.to_vec();
        while let Some(at) = self.bind_one(&items, bound, &mut scope)? {
            items.remove(at);
        }
        let open: Vec<String> = bound.iter().filter(|name| !scope.vars.contains_key(*name)).cloned().collect();
        let (inside, outside): (Vec<&Condition>, Vec<&Condition>) =
            items.iter().partition(|item| open.iter().any(|name| mentions(item, name)));
        let mut parts = Vec::new();
        for item in outside {
            parts.push(self.truth(item, &scope)?);
        }
        match &inside[..] {
            [] => {}
            [one] => parts.push(self.truth(one, &scope)?),
            several => {
                let over = several.iter().find_map(|item| match &item.kind {
                    ConditionKind::Formerly { within, .. } => Some(within),
                    _ => None,
                });
                let within = over.ok_or(Reason::Join)?;
                let (_, body) = self.merged(several, &open)?;
                parts.push(self.formerly(seconds(within)?, &body, &scope)?);
            }
        }
        Ok(Expr::all(parts))
    }

    /// Gives a variable its value where an equality or the event that is decided has it. Tells the item that says
    /// nothing else and may go.
    fn bind_one(&mut self, items: &[&Condition], bound: &[String], scope: &mut Scope) -> Result<Option<usize>, Reason> {
        let open = |scope: &Scope, term: &Term| match term {
            Term::Var(name) if bound.contains(name) && !scope.vars.contains_key(name) => Some(name.clone()),
            _ => None,
        };
        for (at, item) in items.iter().enumerate() {
            match &item.kind {
                ConditionKind::Comparison { op: CmpOp::Eq, left, right } => {
                    let found = match (open(scope, left), open(scope, right)) {
                        (Some(name), None) => Some((name, right)),
                        (None, Some(name)) => Some((name, left)),
                        _ => None,
                    };
                    let Some((name, value)) = found else { continue };
                    let waits = bound.iter().any(|var| !scope.vars.contains_key(var) && term_mentions(value, var));
                    if waits {
                        continue;
                    }
                    let value = match value {
                        Term::Agg(_) | Term::Arith { .. } => Var::Number(self.number(value, scope)?),
                        Term::ContextField(_) | Term::ScopeField(_) => Var::Field(scope.source(value, self.book)?),
                        Term::Var(other) => scope.vars.get(other).cloned().ok_or(Reason::Join)?,
                        other => Var::Literal(other.clone()),
                    };
                    scope.vars.insert(name, value);
                    return Ok(Some(at));
                }
                ConditionKind::Predicate(predicate) => {
                    for arg in &predicate.args {
                        if let Some(name) = open(scope, &arg.value) {
                            scope.vars.insert(name, Var::Field(Source::event(&arg.name)));
                        }
                    }
                }
                ConditionKind::Tp { var } if bound.contains(&var.name().to_owned()) => {
                    scope.vars.entry(var.name().to_owned()).or_insert(Var::Point);
                    return Ok(Some(at));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// One `formerly` together with what its variables must fulfil, as one condition about its events.
    pub(crate) fn merged(&self, items: &[&Condition], bound: &[String]) -> Result<(i64, Condition), Reason> {
        let mut found: Option<(i64, Condition)> = None;
        for item in items {
            if let ConditionKind::Formerly { within, body } = &item.kind {
                if found.is_some() {
                    return Err(Reason::Join);
                }
                found = Some((seconds(within)?, (**body).clone()));
            }
        }
        let (seconds, mut body) = found.ok_or(Reason::Join)?;
        for item in items {
            match &item.kind {
                ConditionKind::Formerly { .. } => {}
                ConditionKind::Comparison { left, right, .. }
                    if !super::walk::has_aggregate(left) && !super::walk::has_aggregate(right) =>
                {
                    body = and(body, (*item).clone());
                }
                ConditionKind::Tp { var } if bound.contains(&var.name().to_owned()) => return Err(Reason::Positions),
                _ => return Err(Reason::Join),
            }
        }
        Ok((seconds, body))
    }

    fn formerly(&mut self, seconds: i64, body: &Condition, scope: &Scope) -> Result<Expr, Reason> {
        let Some(events) = self.events(body, scope)? else { return Ok(Expr::constant(false)) };
        Ok(self.within(seconds, events))
    }

    /// Whether one of these events was within the time.
    pub(crate) fn within(&mut self, seconds: i64, events: Events) -> Expr {
        let when = Expr::all(events.whens);
        let at = self.book.keep(Window {
            level: Level::Told(self.book.level_over(&when.reads)),
            on: events.on.into_iter().collect(),
            when,
            keeps: Keeps::Seconds(seconds),
            keys: events.keys,
            value: "count".into(),
            links: Vec::new(),
        });
        let some = Expr { text: format!("w{at}.n >= 1"), reads: [at].into() };
        Expr::all(events.guards.into_iter().chain([some]))
    }

    fn previous(&mut self, seconds: i64, body: &Condition, scope: &Scope) -> Result<Expr, Reason> {
        let Some(events) = self.events(body, scope)? else { return Ok(Expr::constant(false)) };
        let is = self.is(&events);
        if !is.reads.is_empty() {
            return Err(Reason::NestedState);
        }
        let every = |keeps, value, links| Window {
            level: Level::Past,
            on: Vec::new(),
            when: Expr::constant(true),
            keeps,
            keys: Vec::new(),
            value,
            links,
        };
        let value = format!("count where {}", is.text);
        let (last, same) = if events.keys.is_empty() {
            (self.book.keep(every(Keeps::Last(1), value, Vec::new())), String::new())
        } else if scope.place == Place::Ask {
            // The event before and the request: both must say the same.
            let links = events.keys.len();
            let last = self.book.keep(every(Keeps::Last(2), value, events.keys));
            let same = (0..links).map(|place| format!(" and w{last}.same{place} == 2"));
            (last, same.collect())
        } else {
            return Err(Reason::CorrelatedPrevious);
        };
        let recent = self.book.keep(every(Keeps::Seconds(seconds), "count".into(), Vec::new()));
        let reads = [last, recent].into();
        let text = format!("(w{last}.n >= 1{same} and w{recent}.n >= 1)");
        Ok(Expr::all(events.guards.into_iter().chain([Expr { text, reads }])))
    }

    /// Whether an event that is told is one of these, by its action and by itself.
    pub(crate) fn is(&self, events: &Events) -> Expr {
        let action = events.on.map(|event| action_is(self.book, event));
        Expr::all(action.into_iter().chain(events.whens.iter().cloned()))
    }

    /// Whether the event at this place is of a kind and has these values.
    fn now(&mut self, predicate: &Predicate, scope: &Scope) -> Result<Expr, Reason> {
        let event = self.book.event(&predicate.namespace, &predicate.action, &predicate.kind);
        let Some(event) = event else { return Ok(Expr::constant(false)) };
        let mut parts = Vec::new();
        match scope.place {
            Place::Ask if !self.book.events[event].decides => return Ok(Expr::constant(false)),
            Place::Ask => parts.push(Expr::of(format!("action == \"ask.{}\"", self.book.events[event].name))),
            Place::Told(Some(of)) if of != event => return Ok(Expr::constant(false)),
            Place::Told(Some(_)) => {}
            Place::Told(None) => parts.push(action_is(self.book, event)),
        }
        for arg in &predicate.args {
            let own = Source::event(&arg.name);
            parts.push(match &arg.value {
                Term::Wildcard => has(self.book, &own),
                Term::Var(name) => match scope.vars.get(name) {
                    Some(Var::Field(field)) if *field == own => has(self.book, &own),
                    Some(Var::Field(field)) => same(self.book, &own, field),
                    Some(Var::Literal(term)) => is(self.book, &own, &literal(term).ok_or(Reason::Arrays)?),
                    Some(Var::Number(number)) if number.only.is_none() && number.otherwise.is_none() => {
                        let field = self.book.field(&own, Kind::Int);
                        let text = format!("(has {field} and {field} == {})", number.text);
                        Expr { text, reads: number.reads.clone() }
                    }
                    Some(Var::Number(_)) => return Err(Reason::Aggregate),
                    Some(Var::Point) => return Err(Reason::Positions),
                    Some(Var::OutOfReach) => return Err(Reason::NestedReach),
                    None => has(self.book, &own),
                },
                Term::Integer(n) => {
                    let field = self.book.field(&own, Kind::Int);
                    Expr::of(format!("(has {field} and {field} == {})", int(*n)))
                }
                term @ (Term::ContextField(_) | Term::ScopeField(_)) => {
                    let other = scope.source(term, self.book)?;
                    same(self.book, &own, &other)
                }
                term => is(self.book, &own, &literal(term).ok_or(Reason::Arrays)?),
            });
        }
        Ok(Expr::all(parts))
    }
}

/// Whether the action of a request that tells an event is this one.
pub(crate) fn action_is(book: &Book, event: usize) -> Expr {
    Expr::of(format!("action == \"{LEVEL}.{}\"", book.events[event].name))
}

/// The length of a window that has both its ends.
fn seconds(within: &WithinSpec) -> Result<i64, Reason> {
    let seconds = within.interval().seconds().saturating_add(1);
    if (1..=LONGEST).contains(&seconds) { Ok(seconds) } else { Err(Reason::Window) }
}
