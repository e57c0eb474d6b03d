//! How state stands for one request: keys, readings, and what the request would touch.

use std::collections::BTreeSet;
use std::sync::Arc;

use aas::check::typed::state::{
    Amount, BudgetDef, CooldownDef, HistoryOf, LimitDef, Part, SeenDef, SeenEvent, StateBody, StateId, StateItem,
    WindowDef, WindowWhat,
};
use aas::check::typed::{FactGroup, TExpr, TExprKind, TypedPolicy};
use aas::interp::{Evaluator, Scene};
use aas::json;
use aas::reader::{Attribute, Bound, ReadContext, read};
use aas::types::{FieldDef, Type};
use aas::value::{EntityRef, Fault, FaultKind, Value};
use aas::{Entities, raw::to_raw};

use crate::event::Touch;
use crate::ids::Id;
use crate::key::Key;
use crate::program::Periods;
use crate::registers::{Moment, Register, Sign, Take, Truth, Unclear, WindowEvent};
use crate::schema::Family;
use crate::sessions::Sessions;
use crate::table::Table;
use crate::way::{KeyOf, Read, Source, Way};

/// One request, before one state.
pub(crate) struct Look<'a> {
    pub(crate) policy: &'a TypedPolicy,
    /// What its action asks and touches.
    pub(crate) way: Arc<Way>,
    /// The key of an item that has none.
    pub(crate) no_key: &'a Key,
    pub(crate) periods: &'a mut Periods,
    pub(crate) tables: &'a mut [Table],
    pub(crate) sessions: &'a Sessions,
    pub(crate) bound: &'a mut Bound,
    pub(crate) entities: &'a Entities,
    pub(crate) agent: &'a Id,
    pub(crate) now: i64,
    /// Items that a rehearsal says cannot be read.
    pub(crate) unreadable: Option<&'a BTreeSet<u32>>,
}

/// Why nothing can be said of a key.
pub(crate) type Told<T> = Result<T, Fault>;

/// The keys of the items that an action reads, in their order: those that are kept or have a place.
pub(crate) type Keys = Vec<Told<Key>>;

impl<'a> Look<'a> {
    /// Tells every reading that deciding about this action may ask for. Nothing that decides where a register is kept
    /// reads state, so that the order of items means nothing.
    pub(crate) fn tell_readings(&mut self, mut keys: Keys) -> Keys {
        let (policy, way) = (self.policy, self.way.clone());
        keys.clear();
        keys.reserve(way.reads.len());
        self.bound.readings.reserve(way.asked);
        for read in &way.reads {
            let Some(item) = policy.state.items.get(read.id.0 as usize) else {
                keys.push(Err(of_another_policy()));
                continue;
            };
            let key = self.key_by(item, &read.key);
            let asked = read.parts.get(..read.asked).unwrap_or(&read.parts);
            let told = key.and_then(|key| self.tell_parts((read, asked), item, &key).map(|()| key));
            if let Err(fault) = &told {
                self.tell_fault(asked, fault);
            }
            keys.push(told);
        }
        keys
    }

    /// Tells what stands in texts only; the keys are those that were found before.
    pub(crate) fn tell_rest(&mut self, keys: &Keys) {
        let (policy, way) = (self.policy, self.way.clone());
        for (read, key) in way.reads.iter().zip(keys) {
            let rest = read.parts.get(read.asked..).unwrap_or_default();
            let item = policy.state.items.get(read.id.0 as usize).filter(|_| !rest.is_empty());
            let Some(item) = item else { continue };
            match key {
                // A key that was admitted is admitted still.
                Ok(key) => {
                    if let Err(fault) = self.tell_parts((read, rest), item, key) {
                        self.tell_fault(rest, &fault);
                    }
                }
                Err(fault) => self.tell_fault(rest, fault),
            }
        }
    }

    fn tell_fault(&mut self, parts: &[(u32, Part)], fault: &Fault) {
        for (place, _) in parts {
            self.bound.readings.set(*place, Err(fault.clone()));
        }
    }

    /// Tells some of what an action may ask of one item.
    ///
    /// # Errors
    /// Where the key is new and there is no place for it.
    fn tell_parts(&mut self, (read, parts): (&Read, &[(u32, Part)]), item: &StateItem, key: &Key) -> Told<()> {
        let place = read.id.0 as usize;
        let period = if read.calendar { self.periods.at(read.id.0, self.now) } else { None };
        let (agent, now) = (self.agent.as_str(), Moment { at: self.now, period });
        let kept = match self.tables.get(place).and_then(|table| Some((table, table.admitted(key, agent, now)?))) {
            Some(kept) => kept,
            None => {
                self.admit(read.id, key, now)?;
                let Some(table) = self.tables.get(place) else { return Err(of_another_policy()) };
                (table, table.get(key))
            }
        };
        let readable = self.readable(read.id);
        for (place, part) in parts {
            let value = match &readable {
                Ok(()) => self.reading(item, kept, now, part),
                Err(fault) => Err(fault.clone()),
            };
            self.bound.readings.set(*place, value);
        }
        Ok(())
    }

    /// What an item tells for this request, whether or not its action may ask for it.
    pub(crate) fn tell(&mut self, id: StateId, part: &Part) -> Attribute {
        let policy = self.policy;
        let missing = || Fault::new(FaultKind::Unavailable, "the policy does not know it");
        let item = policy.state.items.get(id.0 as usize).ok_or_else(missing)?;
        let (key, now) = (self.key(item)?, self.moment(id.0));
        self.admit(id, &key, now)?;
        self.readable(id)?;
        let table = self.tables.get(id.0 as usize).ok_or_else(of_another_policy)?;
        self.reading(item, (table, table.get(&key)), now, part)
    }

    /// What a rehearsal says cannot be read is an error value, whatever is kept.
    fn readable(&self, id: StateId) -> Told<()> {
        if self.unreadable.is_some_and(|items| items.contains(&id.0)) {
            return Err(Fault::new(FaultKind::Unavailable, "it could not be read"));
        }
        Ok(())
    }

    /// What the request touches once it is reserved; the keys are those that were found when its readings were told.
    ///
    /// # Errors
    /// Where a key or an amount cannot be told: then nobody could say afterwards that it happened, so it must not run.
    pub(crate) fn touches(&mut self, keys: &Keys) -> Told<Vec<Touch>> {
        let (policy, way) = (self.policy, self.way.clone());
        let mut touches = Vec::with_capacity(way.touches.len());
        for touched in &way.touches {
            let id = touched.id;
            let Some(item) = policy.state.items.get(id.0 as usize) else { continue };
            // An action that nobody declares has the footprint of all of them.
            let concerns = self.bound.action.is_some() || self.concerns(item);
            let belongs = item.when.as_ref().map_or(Truth::Yes, |when| self.truth(when));
            if !concerns || belongs == Truth::No {
                continue;
            }
            let Some(mut take) = self.take(item)? else { continue };
            if let (Take::Event(event), Truth::Unclear) = (&mut take, belongs) {
                // Counted as if it belonged, a rule could take it for what it waits for.
                event.doubtful = true;
            }
            let period = if touched.calendar { self.periods.at(id.0, self.now) } else { None };
            let key = match touched.read.and_then(|place| keys.get(place)) {
                Some(key) => key.clone()?,
                None => {
                    let key = self.key_by(item, &touched.key)?;
                    self.admit(id, &key, Moment { at: self.now, period })?;
                    key
                }
            };
            let first = matches!(&item.body, StateBody::Once(once) if once.answers_first);
            touches.push(Touch { family: id.0, key, take, period, first });
        }
        Ok(touches)
    }

    /// Whether the request touches an item at all.
    fn concerns(&self, item: &StateItem) -> bool {
        match &item.body {
            // Whether it is one of their events is asked of each by itself.
            StateBody::Seen(_) => true,
            StateBody::Lease(lease) => {
                let returns = lease.released_by.as_ref().is_some_and(|scope| self.bound.is_about(scope));
                returns || self.bound.is_about(&item.scope)
            }
            StateBody::Limit(_)
            | StateBody::Cooldown(_)
            | StateBody::Budget(_)
            | StateBody::Window(_)
            | StateBody::Once(_)
            | StateBody::States(_)
            | StateBody::Grant(_) => self.bound.is_about(&item.scope),
        }
    }

    fn moment(&mut self, family: u32) -> Moment {
        Moment { at: self.now, period: self.periods.at(family, self.now) }
    }

    /// Whether a key is kept or has a place.
    fn admit(&mut self, id: StateId, key: &Key, now: Moment) -> Told<()> {
        match self.tables.get_mut(id.0 as usize).map(|table| table.admits(key, self.agent.as_str(), now)) {
            Some(Ok(())) => Ok(()),
            Some(Err(bound)) => Err(Fault::new(FaultKind::LimitExceeded, bound.to_string())),
            None => Err(of_another_policy()),
        }
    }

    /// The key of an item for this request.
    pub(crate) fn key(&self, item: &StateItem) -> Told<Key> {
        let mut texts: Vec<Arc<str>> = Vec::with_capacity(item.keys.len());
        for key in &item.keys {
            texts.push(key_text(self.policy, &self.value(key)?)?);
        }
        Ok(Key::of(texts.iter().map(|text| &**text)))
    }

    /// The same, where it is known where its values stand.
    pub(crate) fn key_by(&self, item: &StateItem, key: &KeyOf) -> Told<Key> {
        let quick = match key {
            KeyOf::Nothing => Some(self.no_key.clone()),
            KeyOf::One(source) => self.text_at(*source).map(Key::of_one),
            KeyOf::Several(sources) => match &**sources {
                [a, b] => self.text_at(*a).zip(self.text_at(*b)).map(|(a, b)| Key::of([&**a, &**b])),
                several => {
                    let texts: Option<Vec<&Arc<str>>> = several.iter().map(|source| self.text_at(*source)).collect();
                    texts.map(|texts| Key::of(texts.iter().map(|text| &***text)))
                }
            },
            KeyOf::Computed => None,
        };
        // What is no text, is not there or erred is told the general way.
        quick.map_or_else(|| self.key(item), Ok)
    }

    /// The text at a place, where it is one that is a key as it stands.
    fn text_at(&self, source: Source) -> Option<&Arc<str>> {
        let told = match source {
            Source::Field(place) => self.bound.fields.get(place),
            Source::Fact(FactGroup::Agent, place) => self.bound.agent.get(place),
            Source::Fact(FactGroup::Session, place) => self.bound.session.get(place),
            Source::Fact(FactGroup::Env, place) => self.bound.env.get(place),
            Source::Fact(FactGroup::State, _) => None,
            Source::Action => return Some(&self.bound.name),
        };
        match told? {
            Ok(Some(Value::Str(text) | Value::Host(text) | Value::Ref(text))) => Some(text),
            Ok(Some(Value::Entity(EntityRef { id, .. }))) => Some(id),
            Ok(_) | Err(_) => None,
        }
    }

    fn scene(&self) -> Scene<'_> {
        Scene::new(self.policy, self.bound, self.entities)
    }

    /// The value of an expression that must have one.
    fn value(&self, e: &TExpr) -> Told<Value> {
        let missing = || Fault::new(FaultKind::Missing, "it is not there");
        let found = match &e.kind {
            TExprKind::Field(name) => self.bound.field(self.policy, name),
            TExprKind::Fact(group, place) => self.bound.fact(self.policy, *group, *place),
            _ => Evaluator::new(self.scene()).value(e).map_err(|erred| erred.fault),
        };
        found?.ok_or_else(missing)
    }

    fn truth(&self, e: &TExpr) -> Truth {
        match Evaluator::new(self.scene()).truth(e) {
            Ok(so) => so.into(),
            Err(_) => Truth::Unclear,
        }
    }

    fn number(&self, e: &TExpr) -> Told<i64> {
        let value = self.value(e)?;
        value.word().ok_or_else(|| Fault::new(FaultKind::IllTyped, "it is no number"))
    }

    /// What a limit allows now: as written, or as the flag says and never more than its type allows.
    fn amount(&self, amount: &Amount) -> Told<i64> {
        match amount {
            Amount::Const(n) => Ok(*n),
            Amount::Flag { flag, keys, most } => {
                let keys = keys.iter().map(|key| self.value(key)).collect::<Result<Vec<_>, _>>()?;
                let value = self.bound.flag(self.policy, *flag, &keys)?;
                let word = value.and_then(|value| value.word());
                word.map(|n| n.min(*most)).ok_or_else(|| Fault::new(FaultKind::IllTyped, "the flag is no number"))
            }
        }
    }

    fn reading(&self, item: &StateItem, (table, register): (&Table, &Register), now: Moment, part: &Part) -> Attribute {
        let lost = || Fault::new(FaultKind::Unavailable, "what is kept is of another kind");
        let family = &table.schema().family;
        match (&item.body, register) {
            (StateBody::Limit(limit), Register::Rate(_) | Register::Gauge(_)) => self.limit(limit, register, part),
            (StateBody::Cooldown(cooldown), Register::Cooldown(register)) => {
                let left = register.remaining(self.now, self.span(cooldown)?);
                match part {
                    Part::Exceeded => yes(left.is_some()),
                    Part::Remaining => Ok(Some(Value::Duration(left.unwrap_or(0)))),
                    _ => Err(lost()),
                }
            }
            (StateBody::Budget(budget), Register::Budget(register)) => {
                let Family::Budget { period, .. } = family else { return Err(lost()) };
                let standing = register.standing(budget.most, period, now);
                self.budget(budget, standing, part)
            }
            (StateBody::Window(window), Register::Window(register)) => {
                let Family::Window(schema) = family else { return Err(lost()) };
                let value = match part {
                    Part::Value(place) => register.value(schema, *place as usize, self.now),
                    Part::Size => register.size(schema, self.now),
                    _ => return Err(lost()),
                };
                clear(value).map(|n| Some(self.window_value(window, part, n)))
            }
            (StateBody::Once(_), Register::Once(register)) => yes(register.used(self.now)),
            (StateBody::Lease(lease), Register::Lease(register)) => {
                let holder = register.holder(self.now, lease.length);
                let mine = holder.is_some_and(|holder| holder.agent == self.agent.as_str());
                match part {
                    Part::Exceeded => yes(holder.is_some() && !mine),
                    Part::Free => yes(holder.is_none()),
                    Part::Mine => yes(mine),
                    _ => Err(lost()),
                }
            }
            (StateBody::States(states), Register::States(register)) => match part {
                Part::Exceeded => {
                    let to = self.number(&states.to)?;
                    let to = u32::try_from(to).map_err(|_| lost())?;
                    yes(register.busy() || !register.allows(&states.allowed, to))
                }
                Part::Current => Ok(Some(Value::Enum(states.ty, register.current()))),
                _ => Err(lost()),
            },
            (StateBody::Grant(grant), Register::Grant(register)) => match (part, register.active(self.now)) {
                (Part::Active, record) => yes(record.is_some()),
                (Part::Field(_), None) => Ok(None),
                (Part::Field(field), Some(record)) => {
                    let def = grant.fields.get(*field as usize).ok_or_else(lost)?;
                    self.field(def, record.field(&def.name))
                }
                (_, _) => Err(lost()),
            },
            (StateBody::Seen(seen), Register::Seen(register)) => {
                let Family::Seen(schema) = family else { return Err(lost()) };
                let doubt = self.doubt(table, seen, item);
                let now = self.now;
                seen_reading(seen, || register.count(schema, now, doubt), || register.any(schema, now, doubt))
            }
            (_, _) => Err(lost()),
        }
    }

    /// Until when nobody knows what had happened: the item is younger than the session or the agent.
    fn doubt(&self, table: &Table, seen: &SeenDef, item: &StateItem) -> Option<i64> {
        let doubt = table.doubt()?;
        let is_younger = match (seen.of, item.keys.first()) {
            (HistoryOf::Session, Some(session)) => {
                let name = self.value(session).and_then(|value| key_text(self.policy, &value)).ok();
                let known = name.and_then(|name| self.sessions.get(&Id::from(name)));
                // One that is not known begins with this very request.
                known.is_none_or(|session| session.since > doubt.seq)
            }
            (HistoryOf::Session | HistoryOf::Agent, _) => false,
        };
        (!is_younger).then_some(doubt.at)
    }

    fn limit(&self, limit: &LimitDef, register: &Register, part: &Part) -> Attribute {
        let most = self.amount(&limit.most)?;
        let count = match (register, limit.window) {
            (Register::Rate(rate), Some(window)) => rate.count(self.now, window),
            (Register::Gauge(gauge), None) => gauge.count(),
            (_, _) => return Err(Fault::new(FaultKind::Unavailable, "what is kept is of another kind")),
        };
        match part {
            Part::Exceeded => yes(count.saturating_add(1) > most),
            Part::Near => yes(near(count, most, limit.warn)),
            Part::Count => Ok(Some(Value::Int(count))),
            Part::Remaining => Ok(Some(Value::Int(most.saturating_sub(count).max(0)))),
            Part::RetryAfter => Ok(match (register, limit.window) {
                (Register::Rate(rate), Some(window)) => rate.retry_after(self.now, window, most),
                (_, _) => None,
            }
            .map(Value::Duration)),
            _ => Err(Fault::new(FaultKind::UnknownField, "a limit does not tell that")),
        }
    }

    fn span(&self, cooldown: &CooldownDef) -> Told<i64> {
        let span = cooldown.spans.iter().find(|(scope, _)| self.bound.is_about(scope)).map(|(_, span)| *span);
        span.ok_or_else(|| Fault::new(FaultKind::NotOnAction, "the cooldown says nothing of this action"))
    }

    fn budget(&self, budget: &BudgetDef, standing: crate::registers::Standing, part: &Part) -> Attribute {
        let amount = |n: i64| Ok(Some(if budget.decimal { Value::Decimal(n) } else { Value::Int(n) }));
        match part {
            Part::Exceeded => yes(standing.would_exceed(budget.most, self.reserve(budget)?)),
            Part::Near => yes(near(standing.used.saturating_add(standing.debt), budget.most, budget.warn)),
            Part::Used => amount(standing.used),
            Part::Remaining => amount(standing.remaining),
            Part::Debt => amount(standing.debt),
            _ => Err(Fault::new(FaultKind::UnknownField, "a budget does not tell that")),
        }
    }

    /// What a request holds of a budget: the ceiling, or what it says it spends where there is none or that is more.
    fn reserve(&self, budget: &BudgetDef) -> Told<i64> {
        let spend = self.number(&budget.spend);
        match budget.ceiling {
            // What is spent is settled by the outcome; a spend that cannot be told must not pass for nothing.
            Some(ceiling) => Ok(ceiling.max(spend?)),
            None => spend,
        }
    }

    fn window_value(&self, window: &WindowDef, part: &Part, n: i64) -> Value {
        let Part::Value(place) = part else { return Value::Int(n) };
        match window.values.get(*place as usize).map(|value| &value.what) {
            Some(WindowWhat::Sum(of)) if *of.ty.required() == Type::Decimal => Value::Decimal(n),
            Some(WindowWhat::Sum(of)) if *of.ty.required() == Type::Duration => Value::Duration(n),
            _ => Value::Int(n),
        }
    }

    fn field(&self, def: &FieldDef, text: Option<&str>) -> Attribute {
        let Some(text) = text else { return Ok(None) };
        let policy = self.policy;
        let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
        let raw = json::parse(text).map_err(|e| Fault::new(FaultKind::Malformed, e.to_string()))?;
        read(&def.ty, &raw, &cx).map(Some)
    }

    /// What the request brings to an item; nothing where it is none of its events.
    fn take(&self, item: &StateItem) -> Told<Option<Take>> {
        Ok(Some(match &item.body {
            StateBody::Limit(_) | StateBody::Cooldown(_) | StateBody::Once(_) => Take::Nothing,
            StateBody::Budget(budget) => Take::Amount(self.reserve(budget)?),
            StateBody::Window(window) => Take::Event(self.event(window)),
            StateBody::Lease(lease) => {
                let returns = lease.released_by.as_ref().is_some_and(|scope| self.bound.is_about(scope));
                let agent = self.agent.shared();
                if returns { Take::Return(agent) } else { Take::Holder(agent) }
            }
            StateBody::States(states) => {
                let to = u32::try_from(self.number(&states.to)?);
                Take::Transition(to.map_err(|_| Fault::new(FaultKind::IllTyped, "it is no state"))?)
            }
            StateBody::Grant(_) => return Ok(None),
            StateBody::Seen(seen) => {
                let sign = Sign {
                    a: self.is_event(&seen.event),
                    b: seen.relative.as_ref().map_or(Truth::No, |(_, event)| self.is_event(event)),
                };
                if sign.a == Truth::No && sign.b == Truth::No {
                    return Ok(None);
                }
                Take::Sign(sign)
            }
        }))
    }

    fn is_event(&self, event: &SeenEvent) -> Truth {
        if !self.bound.is_about(&event.scope) {
            return Truth::No;
        }
        event.when.as_ref().map_or(Truth::Yes, |when| self.truth(when))
    }

    fn event(&self, window: &WindowDef) -> WindowEvent {
        let mut event = WindowEvent::default();
        let mut place = 0;
        for value in &window.values {
            if let Some(when) = &value.when {
                let bit = 1_u32.checked_shl(place).unwrap_or(0);
                match self.truth(when) {
                    Truth::Yes => event.truths |= bit,
                    Truth::Unclear => event.erred |= bit,
                    Truth::No => {}
                }
                place += 1;
            }
            match &value.what {
                WindowWhat::Sum(of) => event.amounts.push(self.number(of).ok()),
                WindowWhat::LongestEqual(of) => {
                    let text = self.value(of).and_then(|value| key_text(self.policy, &value));
                    event.texts.push(text.ok());
                }
                WindowWhat::Count | WindowWhat::LongestRun | WindowWhat::Percent => {}
            }
        }
        event
    }
}

fn of_another_policy() -> Fault {
    Fault::new(FaultKind::Unavailable, "the state of another policy is kept")
}

fn seen_reading(
    seen: &SeenDef,
    count: impl FnOnce() -> Result<i64, Unclear>,
    any: impl FnOnce() -> Truth,
) -> Attribute {
    if seen.counts {
        return clear(count()).map(|n| Some(Value::Int(n)));
    }
    match any() {
        Truth::Yes => yes(true),
        Truth::No => yes(false),
        Truth::Unclear => clear::<Option<Value>>(Err(Unclear)),
    }
}

fn clear<T>(told: Result<T, Unclear>) -> Told<T> {
    told.map_err(|unclear| Fault::new(FaultKind::Unavailable, unclear.to_string()))
}

fn yes(so: bool) -> Attribute {
    Ok(Some(Value::Bool(so)))
}

/// Whether at least so many percent are used.
fn near(used: i64, most: i64, percent: Option<u32>) -> bool {
    percent.is_some_and(|percent| i128::from(used) * 100 >= i128::from(most) * i128::from(percent))
}

/// The one text of a value that may be a key.
pub(crate) fn key_text(policy: &TypedPolicy, value: &Value) -> Told<Arc<str>> {
    match value {
        Value::Str(text) | Value::Host(text) | Value::Ref(text) => Ok(text.clone()),
        Value::Entity(EntityRef { id, .. }) => Ok(id.clone()),
        other => match to_raw(other, &policy.types) {
            Some(aas::Raw::Text(text) | aas::Raw::Number(text)) => Ok(text),
            Some(aas::Raw::Bool(so)) => Ok(if so { "true" } else { "false" }.into()),
            Some(_) | None => Err(Fault::new(FaultKind::IllTyped, "it cannot be a key")),
        },
    }
}
