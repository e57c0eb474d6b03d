//! A random run: reservations, outcomes, releases and jumps of time on tables of several families; after every step
//! what the registers tell is what the whole history says.

use std::collections::BTreeMap;
use std::sync::Arc;

use aas_govern::key::Key;
use aas_govern::registers::{CalendarPeriod, Moment, Register, ReservationId, Settlement, Sign, Take, Truth};
use aas_govern::schema::{Family, FamilySchema, Kept, RelativePlace, SeenWhat};
use aas_govern::table::{KeyBound, Table};

use crate::draw;
use crate::history::{History, What};
use crate::random::Random;
use crate::{past, simple, spend};

const AGENTS: [&str; 3] = ["a", "b", "c"];

/// One item: what the product keeps and what the oracle knows.
struct Item {
    table: Table,
    histories: BTreeMap<Key, History>,
    owners: BTreeMap<Key, &'static str>,
    open: Vec<(ReservationId, Key)>,
}

pub(crate) struct Run {
    random: Random,
    items: Vec<Item>,
    now: i64,
    next: u64,
    /// Times at which something happened.
    times: Vec<i64>,
    /// Ends of the periods of the calendar.
    ends: Vec<i64>,
    dense: bool,
    /// Whether the first reservation is never ended.
    stays: bool,
}

/// Periods of different lengths, as months are.
fn ends(from: i64, random: &mut Random) -> Vec<i64> {
    let mut end = from - 1_000;
    (0..20_000)
        .map(|_| {
            end += random.between(700, 1_300);
            end
        })
        .collect()
}

impl Run {
    pub(crate) fn new(seed: u64, families: &[fn(&mut Random) -> Family]) -> Self {
        let mut random = Random::new(seed);
        let now = random.between(-2_000, 2_000);
        let ends = ends(now, &mut random);
        let items = families
            .iter()
            .map(|family| {
                let most_keys = *random.pick(&[3, 8, 16, 1_000]);
                let name: Arc<str> = "shop.item".into();
                let schema =
                    FamilySchema { name, family: family(&mut random), most_keys, host_keyed: random.percent(50) };
                let table = Table::new(schema, [seed, !seed]);
                Item { table, histories: BTreeMap::new(), owners: BTreeMap::new(), open: vec![] }
            })
            .collect();
        Self { random, items, now, next: 0, times: vec![now], ends, dense: false, stays: false }
    }

    /// A run that crowds one key, while time hardly passes.
    pub(crate) fn dense(seed: u64, family: fn(&mut Random) -> Family, stays: bool) -> Self {
        Self { dense: true, stays, ..Self::new(seed, &[family]) }
    }

    /// So many steps; a text about the first difference.
    pub(crate) fn go(&mut self, steps: usize, check_each: usize) -> Result<(), String> {
        for step in 0..steps {
            self.pass_time();
            let place = usize::try_from(self.random.below(self.items.len() as u64)).unwrap();
            let told = self.act(place).and_then(|key| {
                if step % check_each == 0 {
                    self.check(place, &key)?;
                }
                if step % 25 == 24 && !self.dense { self.check_keys(place) } else { Ok(()) }
            });
            told.map_err(|text| format!("step {step}, {:?}: {text}", self.items[place].table.schema().family))?;
        }
        self.rest()
    }

    fn moment(&self, at: i64) -> Moment {
        let number = self.ends.partition_point(|end| *end <= at);
        let ends = self.ends.get(number).copied().unwrap_or(i64::MAX);
        Moment { at, period: Some(CalendarPeriod { number: number as i64, ends }) }
    }

    fn pass_time(&mut self) {
        let random = &mut self.random;
        if self.dense {
            self.now += i64::from(random.percent(4));
            return;
        }
        let step = match random.below(100) {
            0..30 => 0,
            30..55 => random.between(1, 20),
            55..80 => {
                // Just before, at and just after the time at which something that happened leaves.
                let from = *random.pick(&self.times);
                let span = *random.pick(&draw::SPANS);
                let border = from + span + random.between(-1, 1) - self.now;
                if (0..3_000).contains(&border) { border } else { 0 }
            }
            80..95 => random.between(1, 1_000),
            95..98 => random.between(1_000, 30_000),
            // A clock that goes back: the governor holds the greatest time it saw.
            _ => 0,
        };
        self.now += step;
        self.times.push(self.now);
        if self.times.len() > 64 {
            self.times.remove(0);
        }
    }

    fn key(&mut self) -> Key {
        let n = if self.dense {
            0
        } else if self.random.percent(70) {
            self.random.below(3)
        } else {
            self.random.below(24)
        };
        Key::of([n.to_string().as_str(), "x/y"])
    }

    /// Does something to an item, and says to which key.
    fn act(&mut self, place: usize) -> Result<Key, String> {
        let now = self.moment(self.now);
        let n = self.random.below(100);
        let open = self.items[place].open.len() as u64;
        let grants = matches!(self.items[place].table.schema().family, Family::Grant { .. });
        if grants {
            return self.act_on_grant(place, now);
        }
        let stays = u64::from(self.stays);
        if n < 45 || open <= stays {
            return self.reserve(place, now);
        }
        let item = &mut self.items[place];
        let which = usize::try_from(stays + self.random.below(open - stays)).unwrap();
        let (id, key) = match n {
            // Ended already, or never made.
            45..48 if !self.dense => (ReservationId(self.random.below(self.next + 2)), item.open[which].1.clone()),
            _ => item.open[which].clone(),
        };
        item.open.retain(|(other, at)| !(*other == id && *at == key));
        let history = item.histories.entry(key.clone()).or_default();
        if n < 85 {
            let settlement = draw::settlement(&mut self.random);
            item.table.settle(&key, id, now, settlement);
            history.add(now, What::Settle(id, settlement));
        } else {
            item.table.release(&key, id, now);
            history.add(now, What::Release(id));
        }
        Ok(key)
    }

    fn reserve(&mut self, place: usize, now: Moment) -> Result<Key, String> {
        let (key, agent) = (self.key(), *self.random.pick(&AGENTS));
        let id = ReservationId(self.next);
        self.next += 1 + self.random.below(2);
        let item = &mut self.items[place];
        let take = draw::take(&mut self.random, &item.table.schema().family, &AGENTS);
        let expected = if self.dense { Ok(()) } else { item.admits(&key, agent, now) };
        if !self.dense {
            same("admits", item.table.admits(&key, agent, now), expected)?;
        }
        same("reserve", item.table.reserve(&key, agent, id, now, &take), expected)?;
        if expected.is_ok() {
            if !self.dense {
                item.bring(&key, agent, now);
            }
            item.histories.entry(key.clone()).or_default().add(now, What::Reserve(id, take));
            item.open.push((id, key.clone()));
        }
        Ok(key)
    }

    fn act_on_grant(&mut self, place: usize, now: Moment) -> Result<Key, String> {
        let (key, agent) = (self.key(), *self.random.pick(&AGENTS));
        let item = &mut self.items[place];
        let Family::Grant { longest, again } = item.table.schema().family else { unreachable!() };
        let expected = item.admits(&key, agent, now);
        let what = if self.random.percent(80) {
            let until = self.random.percent(70).then(|| now.at + self.random.between(-5, 1_500));
            let value = self.random.below(3).to_string();
            What::Give { until, fields: vec![("scope".into(), value.into()), ("area".into(), "\"x\"".into())] }
        } else {
            What::Revoke
        };
        let told = item.table.change(&key, agent, now, |_, register| {
            let Register::Grant(grant) = register else { unreachable!() };
            match &what {
                What::Give { until, fields } => {
                    let _ = grant.give(longest, again, now.at, *until, fields.clone());
                }
                _ => grant.revoke(again, now.at),
            }
        });
        same("change", told, expected)?;
        if expected.is_ok() {
            item.bring(&key, agent, now);
            item.histories.entry(key.clone()).or_default().add(now, what);
        }
        Ok(key)
    }

    /// Compares the readings of the key, and of another one, now and at a later time.
    fn check(&mut self, place: usize, key: &Key) -> Result<(), String> {
        let span = *self.random.pick(&draw::SPANS);
        let later = match self.random.below(3) {
            0 => self.now + self.random.between(0, 1_300),
            1 => (*self.random.pick(&self.times) + span + self.random.between(-1, 1)).max(self.now),
            _ => self.now + 12_345,
        };
        for key in [key.clone(), self.key()] {
            for at in [self.now, later] {
                let now = self.moment(at);
                let item = &self.items[place];
                let nothing = History::default();
                let history = item.histories.get(&key).unwrap_or(&nothing);
                let register = item.table.get(&key);
                let family = &item.table.schema().family;
                readings(family, register, history, now)
                    .and_then(|()| same("is initial", register.is_initial(family, now), quiet(family, history, now)))
                    .map_err(|text| format!("key {key} at {at}: {text}\n{history:?}\n{register:?}"))?;
            }
        }
        Ok(())
    }

    /// The keys that are kept are those whose history is not over, and a snapshot of them is as good as the table.
    fn check_keys(&mut self, place: usize) -> Result<(), String> {
        let now = self.moment(self.now);
        let item = &mut self.items[place];
        let kept = item.table.kept(now);
        let family = &item.table.schema().family;
        let expected: Vec<&Key> =
            item.histories.iter().filter(|(_, history)| !quiet(family, history, now)).map(|(key, _)| key).collect();
        same("kept keys", kept.iter().map(|kept| &kept.key).collect(), expected)?;
        match self.random.below(3) {
            0 => {
                item.table.collect(now);
                same("keys after collecting", item.table.len(), kept.len())?;
            }
            1 => {
                let text = serde_json::to_string(&item.table.to_write(now)).map_err(|error| error.to_string())?;
                let read = serde_json::from_str::<Vec<_>>(&text).map_err(|error| format!("{error}: {text}"))?;
                same("what was written", &read, &kept)?;
                item.table = Table::restore(item.table.schema().clone(), [self.random.next(), 0], read);
            }
            _ => {}
        }
        Ok(())
    }

    /// At the end everything is released; what time alone takes away is gone after a long time.
    fn rest(&mut self) -> Result<(), String> {
        let last = self.moment(self.now);
        let long = self.moment(self.now + 10_000_000);
        for item in &mut self.items {
            for (id, key) in std::mem::take(&mut item.open) {
                item.table.release(&key, id, last);
                item.histories.entry(key).or_default().add(last, What::Release(id));
            }
            let family = item.table.schema().family.clone();
            for (key, history) in &item.histories {
                readings(&family, item.table.get(key), history, last)?;
            }
            item.table.collect(long);
            let left = item.histories.values().filter(|history| !quiet(&family, history, long)).count();
            same("keys at the end", item.table.len(), left)?;
            let fades = match &family {
                Family::Rate { .. } | Family::Gauge | Family::Cooldown { .. } | Family::Once { .. } => true,
                Family::Lease { .. } | Family::Budget { .. } => true,
                Family::Window(schema) => matches!(schema.kept, Kept::Within(_)),
                Family::Seen(schema) => {
                    let before = schema.relative.is_some_and(|relative| relative.place == RelativePlace::Before);
                    schema.within.is_some() && !before
                }
                Family::States { .. } | Family::Grant { .. } => false,
            };
            if fades && !item.table.is_empty() {
                return Err(format!("{family:?} keeps {} keys for ever", item.table.len()));
            }
        }
        Ok(())
    }
}

impl Item {
    fn quiet(&self, key: &Key, now: Moment) -> bool {
        self.histories.get(key).is_none_or(|history| quiet(&self.table.schema().family, history, now))
    }

    fn bring(&mut self, key: &Key, agent: &'static str, now: Moment) {
        if self.quiet(key, now) {
            self.owners.insert(key.clone(), agent);
        }
    }

    /// Whether there is a place for this agent's key, counted over all keys there ever were.
    fn admits(&self, key: &Key, agent: &str, now: Moment) -> Result<(), KeyBound> {
        if !self.quiet(key, now) {
            return Ok(());
        }
        let schema = self.table.schema();
        let kept: Vec<&Key> = self.histories.keys().filter(|key| !self.quiet(key, now)).collect();
        if kept.len() >= schema.most_keys as usize {
            return Err(KeyBound::Keys { most: schema.most_keys });
        }
        let share = (schema.most_keys / 8).max(1);
        let own = kept.iter().filter(|key| self.owners.get(**key) == Some(&agent)).count();
        if !schema.host_keyed && own >= share as usize {
            return Err(KeyBound::Share { most: share });
        }
        Ok(())
    }
}

pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, told: T, expected: T) -> Result<(), String> {
    if told == expected { Ok(()) } else { Err(format!("{what}: {told:?}, but by definition {expected:?}")) }
}

/// Compares every reading of a register with what the history says.
fn readings(family: &Family, register: &Register, history: &History, now: Moment) -> Result<(), String> {
    match (family, register) {
        (Family::Rate { window }, Register::Rate(rate)) => {
            same("count", rate.count(now.at, *window), simple::rate(history, now.at, *window))?;
            [0, 1, 2, 5].into_iter().try_for_each(|most| {
                let expected = simple::retry_after(history, now.at, *window, most);
                same("retry after", rate.retry_after(now.at, *window, most), expected)
            })
        }
        (Family::Gauge, Register::Gauge(gauge)) => same("count", gauge.count(), simple::gauge(history)),
        (Family::Cooldown { longest }, Register::Cooldown(cooldown)) => {
            [*longest, *longest / 2, 1].into_iter().try_for_each(|span| {
                let expected = simple::cooldown(history, now.at, span);
                same("remaining", cooldown.remaining(now.at, span), expected)
            })
        }
        (Family::Budget { most, period }, Register::Budget(budget)) => {
            let told = budget.standing(*most, period, now);
            let expected = spend::budget(history, now, *most, period);
            same(
                "standing",
                (told.used, told.debt, told.remaining),
                (expected.used, expected.debt, expected.remaining),
            )?;
            [0, 1, expected.remaining, expected.remaining + 1].into_iter().try_for_each(|reserve| {
                let exceeded = expected.used + expected.debt + reserve > *most;
                same("exceeded", told.would_exceed(*most, reserve), exceeded)
            })
        }
        (Family::Window(schema), Register::Window(window)) => {
            same("size", window.size(schema, now.at).ok(), past::size(history, schema, now.at))?;
            (0..schema.values.len()).try_for_each(|place| {
                let expected = past::value(history, schema, place, now.at);
                same(&schema.values[place].name, window.value(schema, place, now.at).ok(), expected)
            })
        }
        (Family::Once { keep }, Register::Once(once)) => {
            same("used", once.used(now.at), simple::once(history, now.at, *keep))
        }
        (Family::Lease { length }, Register::Lease(lease)) => {
            let told = lease.holder(now.at, *length).map(|holder| (holder.agent.into(), holder.fence, holder.until));
            same("holder", told, simple::lease(history, now.at, *length))
        }
        (Family::States { start, allowed }, Register::States(states)) => {
            let (current, busy) = simple::states(history, *start);
            same("state", (states.current(), states.busy()), (current, busy))?;
            (0..4).try_for_each(|to| {
                let expected = !busy && allowed.contains(&(current, to));
                same("allows", states.allows(allowed, to), expected)
            })
        }
        (Family::Grant { longest, again }, Register::Grant(grant)) => {
            let told = grant.active(now.at).map(|record| record.fields.clone());
            same("grant", (told, grant.revoked().is_some()), simple::grant(history, now.at, *longest, *again))
        }
        (Family::Seen(schema), Register::Seen(seen)) => match schema.what {
            SeenWhat::Any => same("seen", seen.any(schema, now.at, None), past::any(history, schema, now.at)),
            SeenWhat::Count => {
                same("count", seen.count(schema, now.at, None).ok(), past::count(history, schema, now.at))
            }
        },
        _ => Err("a register of another family".into()),
    }
}

/// Whether the history of a key is over: nothing is under way, and nothing of it will ever be told again.
fn quiet(family: &Family, history: &History, now: Moment) -> bool {
    let open = || history.lives().iter().any(|life| life.open());
    match family {
        Family::Rate { window } => !open() && simple::rate(history, now.at, *window) == 0,
        Family::Gauge => !open(),
        Family::Cooldown { longest } => simple::cooldown(history, now.at, *longest).is_none(),
        Family::Budget { most, period } => {
            let spent = spend::budget(history, now, *most, period);
            !open() && spent.used == 0 && spent.debt == 0
        }
        Family::Window(schema) => !open() && past::size(history, schema, now.at) == Some(0),
        Family::Once { keep } => !simple::once(history, now.at, *keep),
        Family::Lease { length } => {
            let returns = history.lives().iter().any(|life| life.open() && matches!(life.take, Take::Return(_)));
            !returns && simple::lease(history, now.at, *length).is_none()
        }
        Family::States { start, .. } => simple::states(history, *start) == (*start, false),
        Family::Grant { longest, again } => simple::grant(history, now.at, *longest, *again) == (None, false),
        Family::Seen(schema) => past::is_over(history, schema, now.at),
    }
}

/// Every way in which doubts can be resolved says the same where the reading is clear, and not the same where it is not.
pub(crate) fn every_resolution(seed: u64) -> Result<(), String> {
    let mut random = Random::new(seed);
    let family = draw::seen(&mut random);
    let Family::Seen(schema) = &family else { unreachable!() };
    let mut schema = schema.clone();
    schema.succeeded = false;
    if let Some(relative) = &mut schema.relative {
        relative.succeeded = false;
    }
    let family = Family::Seen(schema.clone());
    let signs: Vec<Sign> = (0..random.below(6)).map(|_| draw::sign(&mut random)).collect();
    let read = |signs: &[Sign]| {
        let mut register = Register::new(&family);
        for (n, sign) in signs.iter().enumerate() {
            let (id, now) = (ReservationId(n as u64), Moment::at(n as i64 * 300));
            register.reserve(&family, id, now, &Take::Sign(*sign));
            register.settle(&family, id, now, Settlement { success: true, cost: None });
        }
        let Register::Seen(seen) = register else { unreachable!() };
        let now = signs.len() as i64 * 300;
        let any = match seen.any(&schema, now, None) {
            Truth::Yes => Some(1),
            Truth::No => Some(0),
            Truth::Unclear => None,
        };
        if schema.what == SeenWhat::Any { any } else { seen.count(&schema, now, None).ok() }
    };
    let mut resolved = vec![vec![]];
    for sign in &signs {
        let ways = |truth| match truth {
            Truth::Unclear => vec![Truth::No, Truth::Yes],
            other => vec![other],
        };
        resolved = resolved
            .iter()
            .flat_map(|so_far: &Vec<Sign>| {
                ways(sign.a).into_iter().flat_map(move |a| {
                    let so_far = so_far.clone();
                    ways(sign.b).into_iter().map(move |b| [so_far.clone(), vec![Sign { a, b }]].concat())
                })
            })
            .collect();
    }
    let answers: Vec<Option<i64>> = resolved.iter().map(|signs| read(signs)).collect();
    let first = answers[0].filter(|_| answers.iter().all(|answer| *answer == answers[0]));
    same(&format!("{schema:?} {signs:?}"), read(&signs), first)
}
