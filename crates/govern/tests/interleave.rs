//! Requests, outcomes, expiries and approvals in random order against limits, nested budgets and a lease: what is let
//! through is never more than was said, and every reservation ends.
//!
//! Who asks here is the smallest governor there can be: it reads every register, and reserves in all of them or in
//! none. `just soak` tries 10,000 orders; `AAS_SEED` starts elsewhere.
#![allow(clippy::disallowed_methods, reason = "how much is tried comes from the environment")]
#![allow(missing_docs, reason = "tests say what they are by their names")]
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "small numbers of a test")]

use std::collections::BTreeMap;

use aas_govern::key::Key;
use aas_govern::registers::{Moment, Register, ReservationId, Settlement, Standing, Take};
use aas_govern::schema::{Family, FamilySchema, Period};
use aas_govern::table::Table;

const AGENTS: [&str; 4] = ["a", "b", "c", "d"];
const AT_ONCE: i64 = 7;
const RATE: i64 = 9;
const RATE_WINDOW: i64 = 500;
const LEASE: i64 = 400;
/// What may be spent by one agent, by a pair of them, and by all, in a short window and in one that outlasts the run.
const MOST: [[i64; 3]; 2] = [[60, 90, 140], [600, 900, 1_400]];
const WINDOWS: [i64; 2] = [640, 1_000_000];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// One action on its way.
#[derive(Clone, Debug)]
struct Way {
    agent: usize,
    reserve: i64,
    leased: bool,
    begun: bool,
}

struct Small {
    at_once: Table,
    rate: Table,
    budgets: [Table; 3],
    window: i64,
    most: [i64; 3],
    lease: Table,
    now: i64,
    next: u64,
    ways: BTreeMap<ReservationId, Way>,
    /// Requests that wait for people.
    waiting: Vec<(usize, i64, bool)>,
    ended: Vec<ReservationId>,
    /// The agents and times of all reservations that were not released.
    stamps: BTreeMap<ReservationId, (usize, i64)>,
    /// Time, agent, cost, and what of the cost was above what was reserved.
    costs: Vec<(i64, usize, i64, i64)>,
    /// The last holder of the lease, and its number.
    fence: Option<(u64, usize)>,
}

fn table(family: Family) -> Table {
    let schema = FamilySchema { name: "shop.item".into(), family, most_keys: 64, host_keyed: true };
    Table::new(schema, [7, 11])
}

/// The keys of the three budgets for an agent.
fn keys(agent: usize) -> [Key; 3] {
    [Key::of([AGENTS[agent]]), Key::of([["x", "y"][agent % 2]]), Key::of([])]
}

fn whole() -> Key {
    Key::of([])
}

impl Small {
    fn new(kind: usize) -> Self {
        let (window, most) = (WINDOWS[kind], MOST[kind]);
        let budget = |most| table(Family::Budget { most, period: Period::Sliding(window) });
        Self {
            at_once: table(Family::Gauge),
            rate: table(Family::Rate { window: RATE_WINDOW }),
            budgets: most.map(budget),
            window,
            most,
            lease: table(Family::Lease { length: LEASE }),
            now: 0,
            next: 1,
            ways: BTreeMap::new(),
            waiting: Vec::new(),
            ended: Vec::new(),
            stamps: BTreeMap::new(),
            costs: Vec::new(),
            fence: None,
        }
    }

    fn standing(&self, place: usize, key: &Key) -> Standing {
        let table = &self.budgets[place];
        let (Family::Budget { most, period }, Register::Budget(budget)) = (&table.schema().family, table.get(key))
        else {
            unreachable!()
        };
        budget.standing(*most, period, Moment::at(self.now))
    }

    fn in_flight(&self) -> i64 {
        let Register::Gauge(gauge) = self.at_once.get(&whole()) else { unreachable!() };
        gauge.count()
    }

    fn holder(&self) -> Option<(String, u64)> {
        let Register::Lease(lease) = self.lease.get(&whole()) else { unreachable!() };
        lease.holder(self.now, LEASE).map(|holder| (holder.agent.to_owned(), holder.fence))
    }

    fn exceeded(&self, agent: usize, reserve: i64, leased: bool) -> bool {
        let Register::Rate(rate) = self.rate.get(&Key::of([AGENTS[agent]])) else { unreachable!() };
        let budgets = keys(agent);
        self.in_flight() + 1 > AT_ONCE
            || rate.count(self.now, RATE_WINDOW) + 1 > RATE
            || (0..3).any(|n| self.standing(n, &budgets[n]).would_exceed(self.most[n], reserve))
            || (leased && self.holder().is_some_and(|(holder, _)| holder != AGENTS[agent]))
    }

    /// Decides and, where nothing is exceeded, reserves everything in one step.
    fn request(&mut self, agent: usize, reserve: i64, leased: bool) -> bool {
        if self.exceeded(agent, reserve, leased) {
            return false;
        }
        let id = ReservationId(self.next);
        self.next += 1;
        let (now, name) = (Moment::at(self.now), AGENTS[agent]);
        let kept = "there is room for these few keys";
        self.at_once.reserve(&whole(), name, id, now, &Take::Nothing).expect(kept);
        self.rate.reserve(&Key::of([name]), name, id, now, &Take::Nothing).expect(kept);
        for (table, key) in self.budgets.iter_mut().zip(keys(agent)) {
            table.reserve(&key, name, id, now, &Take::Amount(reserve)).expect(kept);
        }
        if leased {
            let before = self.holder();
            self.lease.reserve(&whole(), name, id, now, &Take::Holder(name.into())).expect(kept);
            let (holder, fence) = self.holder().expect("somebody holds it now");
            assert_eq!(holder, name);
            if before.is_none() {
                assert!(self.fence.is_none_or(|(last, _)| last < fence), "a later tenure has a greater number");
            }
            self.fence = Some((fence, agent));
        }
        self.stamps.insert(id, (agent, self.now));
        self.ways.insert(id, Way { agent, reserve, leased, begun: false });
        true
    }

    /// An outcome with its cost, or an expiry where there is none.
    fn end(&mut self, id: ReservationId, outcome: Option<Settlement>) {
        let Some(way) = self.ways.remove(&id) else { return };
        let (now, name) = (Moment::at(self.now), AGENTS[way.agent]);
        let mut tables = vec![(&mut self.at_once, whole()), (&mut self.rate, Key::of([name]))];
        tables.extend(self.budgets.iter_mut().zip(keys(way.agent)));
        if way.leased {
            tables.push((&mut self.lease, whole()));
        }
        for (table, key) in tables {
            match outcome {
                Some(settlement) => table.settle(&key, id, now, settlement),
                None => table.release(&key, id, now),
            }
        }
        match outcome {
            Some(settlement) => {
                let cost = settlement.cost.filter(|cost| *cost >= 0).unwrap_or(way.reserve);
                self.costs.push((self.now, way.agent, cost, (cost - way.reserve).max(0)));
            }
            None => {
                self.stamps.remove(&id);
            }
        }
        self.ended.push(id);
    }

    fn check(&self) {
        assert_eq!(self.in_flight(), self.ways.len() as i64);
        assert!(self.in_flight() <= AT_ONCE);
        for agent in 0..AGENTS.len() {
            let inside = |(by, at): &&(usize, i64)| *by == agent && at + RATE_WINDOW > self.now;
            assert!(self.stamps.values().filter(inside).count() as i64 <= RATE);
            for (n, key) in keys(agent).iter().enumerate() {
                let standing = self.standing(n, key);
                let mine = |other: &usize| keys(*other)[n] == *key;
                let held: i64 = self.ways.values().filter(|way| mine(&way.agent)).map(|way| way.reserve).sum();
                let of_window = || self.costs.iter().filter(|cost| mine(&cost.1) && cost.0 + self.window > self.now);
                let spent: i64 = of_window().map(|cost| cost.2).sum();
                let above: i64 = of_window().map(|cost| cost.3).sum();
                assert!(standing.used <= self.most[n], "{standing:?}");
                assert!(standing.used >= held, "every hold counts: {standing:?}, {held}");
                assert!(standing.used + standing.debt >= held + spent, "nothing spent is lost: {standing:?}");
                assert!(spent + held <= self.most[n] + above, "what is spent is what was reserved, but for its excess");
                if self.costs.iter().all(|cost| cost.0 + self.window > self.now) {
                    assert_eq!(standing.used + standing.debt, held + spent, "{standing:?}");
                }
            }
        }
    }

    fn command(&mut self, random: &mut Random) {
        let (agent, reserve) = (random.below(4) as usize, random.below(14) as i64);
        let leased = random.below(4) == 0;
        let ids: Vec<ReservationId> = self.ways.keys().copied().collect();
        let some = |random: &mut Random| ids.get(random.below(ids.len().max(1) as u64) as usize).copied();
        match random.below(100) {
            0..35 => {
                let exceeded = self.exceeded(agent, reserve, leased);
                assert_eq!(self.request(agent, reserve, leased), !exceeded);
            }
            35..45 => self.waiting.push((agent, reserve, leased)),
            45..55 => {
                // People say yes: what was asked for is decided again and reserved, or it stays refused.
                if let Some((agent, reserve, leased)) = self.waiting.pop() {
                    self.request(agent, reserve, leased);
                }
            }
            55..65 => {
                if let Some(way) = some(random).and_then(|id| self.ways.get_mut(&id)) {
                    way.begun = true;
                }
            }
            65..85 => {
                let Some(id) = some(random).filter(|id| self.ways[id].begun) else { return };
                let cost = match random.below(10) {
                    0 => None,
                    1 => Some(-4),
                    2 => Some(40 + random.below(40) as i64),
                    _ => Some(random.below(14) as i64),
                };
                self.end(id, Some(Settlement { success: random.below(2) == 0, cost }));
            }
            85..92 => {
                // A token that was not used in time.
                if let Some(id) = some(random).filter(|id| !self.ways[id].begun) {
                    self.end(id, None);
                }
            }
            92..95 => {
                // A report that comes twice, or for nothing.
                let id = self.ended.last().copied().unwrap_or(ReservationId(u64::MAX));
                let settlement = Settlement { success: true, cost: Some(1_000) };
                self.at_once.settle(&whole(), id, Moment::at(self.now), settlement);
                self.budgets[2].settle(&whole(), id, Moment::at(self.now), settlement);
                self.budgets[2].release(&whole(), id, Moment::at(self.now));
            }
            _ => self.now += random.below(120) as i64,
        }
    }

    /// Everything ends, and what was kept of it leaves.
    fn finish(mut self) {
        for id in self.ways.keys().copied().collect::<Vec<_>>() {
            self.end(id, None);
        }
        self.check();
        assert_eq!(self.in_flight(), 0);
        assert_eq!(self.ended.len() as u64, self.next - 1, "every reservation ended, once");
        let mut all = vec![self.at_once, self.rate, self.lease];
        all.extend(self.budgets);
        for table in &mut all {
            table.collect(Moment::at(self.now + 1_000_000_000));
            assert!(table.is_empty(), "{:?}", table.schema());
        }
    }
}

fn interleave(first: u64, count: u64) {
    let mut outcomes = 0;
    for seed in first..first + count {
        let mut random = Random(seed);
        // A window that outlasts the run, and one in which much leaves.
        let mut small = Small::new(seed as usize % 2);
        for n in 0..1_000 {
            small.command(&mut random);
            assert!(small.in_flight() <= AT_ONCE);
            if n % 4 == 0 {
                small.check();
            }
        }
        outcomes += small.costs.len() as u64;
        small.finish();
    }
    // A single run may be deep in debt for long.
    assert!(outcomes > 50 * count, "too little happened: {outcomes} outcomes in {count} runs");
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn a_thousand_commands_in_any_order() {
    interleave(number("AAS_SEED", 1), 20);
}

#[test]
#[ignore = "10,000 orders of a thousand commands take minutes: `just soak`"]
fn soak_a_thousand_commands_in_any_order() {
    interleave(1_000_000 + number("AAS_SEED", 1), number("AAS_SOAK", 1_000_000).div_ceil(100));
}

#[test]
fn of_a_thousand_requests_at_once_exactly_as_many_pass_as_may() {
    // Each item alone: the number that may be in flight, the number in a window, and the amount.
    let mut small = Small::new(0);
    let passed = (0..1_000).filter(|n| small.request(n % 4, 1, false)).count();
    assert_eq!(passed as i64, AT_ONCE);
    small.check();

    let mut rate = table(Family::Rate { window: 1_000 });
    let mut budget = table(Family::Budget { most: 100, period: Period::Sliding(1_000) });
    let (mut by_rate, mut by_budget) = (0, 0);
    for n in 0..1_000 {
        let (id, now) = (ReservationId(n), Moment::at(n as i64 % 10));
        let Register::Rate(register) = rate.get(&whole()) else { unreachable!() };
        if register.count(now.at, 1_000) < 100 {
            by_rate += 1;
            rate.reserve(&whole(), "a", id, now, &Take::Nothing).unwrap();
        }
        let Register::Budget(register) = budget.get(&whole()) else { unreachable!() };
        if !register.standing(100, &Period::Sliding(1_000), now).would_exceed(100, 1) {
            by_budget += 1;
            budget.reserve(&whole(), "a", id, now, &Take::Amount(1)).unwrap();
            budget.settle(&whole(), id, now, Settlement { success: true, cost: Some(1) });
        }
    }
    assert_eq!((by_rate, by_budget), (100, 100));
}
