//! What the decision about state says, said once more in small examples. The oracle in `tests/oracle` does it at large.

use super::*;
use crate::schema::{
    CalendarUnit, Kept, Period, Relative, RelativePlace, SeenSchema, SeenWhat, WindowOf, WindowSchema,
};
use crate::schema::{WindowTest, WindowValue, WindowWhat};

const SECOND: i64 = 1_000_000;
const OK: Settlement = Settlement { success: true, cost: None };
const FAILED: Settlement = Settlement { success: false, cost: None };

fn id(n: u64) -> ReservationId {
    ReservationId(n)
}

/// A register with its family, to write short tests.
struct One(Family, Register);

impl One {
    fn new(family: Family) -> Self {
        let register = Register::new(&family);
        Self(family, register)
    }

    fn reserve(&mut self, n: u64, at: i64, take: Take) -> &mut Self {
        self.1.reserve(&self.0, id(n), Moment::at(at), &take);
        self
    }

    fn settle(&mut self, n: u64, at: i64, settlement: Settlement) -> &mut Self {
        self.1.settle(&self.0, id(n), Moment::at(at), settlement);
        self
    }

    fn release(&mut self, n: u64, at: i64) -> &mut Self {
        self.1.release(&self.0, id(n), Moment::at(at));
        self
    }

    fn initial(&self, at: i64) -> bool {
        self.1.is_initial(&self.0, Moment::at(at))
    }
}

#[test]
fn a_stamp_leaves_at_exactly_the_window() {
    let mut one = One::new(Family::Rate { window: 60 });
    one.reserve(1, 0, Take::Nothing).settle(1, 5, OK).reserve(2, 10, Take::Nothing);
    let Register::Rate(rate) = &one.1 else { unreachable!() };
    assert_eq!((rate.count(59, 60), rate.count(60, 60), rate.count(70, 60)), (2, 1, 0));
    assert_eq!(rate.retry_after(20, 60, 2), Some(40));
    assert_eq!(rate.retry_after(20, 60, 1), Some(50));
    assert_eq!(rate.retry_after(20, 60, 3), Some(0));
    assert_eq!(rate.retry_after(20, 60, 0), None);
    one.release(2, 20);
    let Register::Rate(rate) = &one.1 else { unreachable!() };
    assert_eq!(rate.count(20, 60), 1);
    assert!(!one.initial(59) && one.initial(60));
}

#[test]
fn a_cooldown_holds_while_it_runs_and_passes_at_exactly_its_length() {
    let mut one = One::new(Family::Cooldown { longest: 60 });
    one.reserve(1, 0, Take::Nothing);
    let left = |one: &One, now| {
        let Register::Cooldown(cooldown) = &one.1 else { unreachable!() };
        cooldown.remaining(now, 60)
    };
    assert_eq!(left(&one, 1_000), Some(60));
    one.settle(1, 1_000, FAILED);
    assert_eq!((left(&one, 1_059), left(&one, 1_060)), (Some(1), None));
    one.reserve(2, 1_050, Take::Nothing).release(2, 1_055);
    assert_eq!(left(&one, 1_055), Some(5));
    assert!(one.initial(1_060));
}

fn budget(most: i64, period: Period) -> One {
    One::new(Family::Budget { most, period })
}

fn standing(one: &One, now: Moment) -> Standing {
    let (Register::Budget(budget), Family::Budget { most, period }) = (&one.1, &one.0) else { unreachable!() };
    budget.standing(*most, period, now)
}

#[test]
fn what_finds_no_room_is_debt_that_room_covers_first() {
    let mut one = budget(100, Period::Sliding(128 * SECOND));
    let cost = |cost| Settlement { success: true, cost: Some(cost) };
    one.reserve(1, 0, Take::Amount(60)).settle(1, SECOND, cost(90));
    one.reserve(2, SECOND, Take::Amount(10)).settle(2, 2 * SECOND, cost(40));
    let now = Moment::at(2 * SECOND);
    assert_eq!(standing(&one, now), Standing { used: 100, debt: 30, remaining: 0 });
    assert!(standing(&one, now).would_exceed(100, 0));
    // The 90 were charged in the bucket of the second second: it leaves when its end is a window away.
    let leaves = 130 * SECOND;
    assert_eq!(standing(&one, Moment::at(leaves - 1)).debt, 30);
    assert_eq!(standing(&one, Moment::at(leaves)), Standing { used: 40, debt: 0, remaining: 60 });
    assert!(!standing(&one, Moment::at(leaves)).would_exceed(100, 60));
    assert!(standing(&one, Moment::at(leaves)).would_exceed(100, 61));
}

#[test]
fn a_bad_cost_charges_what_was_reserved() {
    for bad in [None, Some(-1), Some(i64::MIN)] {
        let mut one = budget(100, Period::Sliding(1_000));
        one.reserve(1, 0, Take::Amount(60)).settle(1, 1, Settlement { success: true, cost: bad });
        assert_eq!(standing(&one, Moment::at(1)).used, 60);
    }
    assert!(Standing::default().would_exceed(100, -1));
}

#[test]
fn debt_of_a_calendar_budget_takes_whole_periods() {
    let mut one = budget(100, Period::Calendar { unit: CalendarUnit::Day, zone: "UTC".into() });
    let day = |n: i64| Moment { at: n * 1_000, period: Some(CalendarPeriod { number: n, ends: (n + 1) * 1_000 }) };
    let take = Take::Amount(10);
    one.1.reserve(&one.0, id(1), day(1), &take);
    one.1.settle(&one.0, id(1), day(1), Settlement { success: true, cost: Some(350) });
    let seen: Vec<_> = (1..=6).map(|n| standing(&one, day(n))).map(|s| (s.used, s.debt)).collect();
    assert_eq!(seen, [(100, 250), (100, 150), (100, 50), (50, 0), (0, 0), (0, 0)]);
    assert!(!one.1.is_initial(&one.0, day(4)) && one.1.is_initial(&one.0, day(5)));
    // Without a period the known one goes on.
    assert_eq!(standing(&one, Moment::at(i64::MAX)).debt, 250);
}

#[test]
fn a_great_debt_over_a_long_time_is_counted_at_once() {
    let mut one = budget(3, Period::Sliding(1_000));
    one.reserve(1, 0, Take::Amount(1)).settle(1, 0, Settlement { success: true, cost: Some(1_000_000_000) });
    one.reserve(2, 500, Take::Amount(0)).settle(2, 500, Settlement { success: true, cost: Some(7) });
    let year = 365 * 86_400 * SECOND;
    assert_eq!(standing(&one, Moment::at(year)).debt, 0);
    assert!(standing(&one, Moment::at(year / 100)).debt > 0);
}

#[test]
fn a_lease_has_one_holder_and_later_tenures_greater_fences() {
    let mut one = One::new(Family::Lease { length: 100 });
    let holder = |one: &One, now| {
        let Register::Lease(lease) = &one.1 else { unreachable!() };
        lease.holder(now, 100).map(|holder| (holder.agent.to_owned(), holder.fence, holder.until))
    };
    let by = |agent: &str| Take::Holder(agent.into());
    one.reserve(1, 0, by("a")).reserve(2, 10, by("b"));
    assert_eq!(holder(&one, 10), Some(("a".into(), 1, 100)));
    one.reserve(3, 50, by("a")).settle(1, 60, OK).release(3, 60);
    assert_eq!(holder(&one, 99), Some(("a".into(), 1, 100)));
    assert_eq!(holder(&one, 100), None);
    one.reserve(4, 100, by("b"));
    assert_eq!(holder(&one, 100), Some(("b".into(), 4, 200)));
    one.reserve(5, 110, Take::Return("a".into())).settle(5, 111, OK);
    assert!(holder(&one, 111).is_some());
    one.reserve(6, 120, Take::Return("b".into())).settle(6, 121, OK);
    assert_eq!(holder(&one, 121), None);
    assert!(one.initial(121));
}

#[test]
fn a_released_lease_was_never_taken() {
    let mut one = One::new(Family::Lease { length: 100 });
    one.reserve(1, 0, Take::Holder("a".into())).release(1, 5);
    assert!(one.initial(5));
}

#[test]
fn a_transition_stands_when_it_succeeds() {
    let allowed = vec![(0, 1), (1, 2)];
    let mut one = One::new(Family::States { start: 0, allowed: allowed.clone() });
    let look = |one: &One| {
        let Register::States(states) = &one.1 else { unreachable!() };
        (states.current(), states.busy(), states.allows(&allowed, 1), states.allows(&allowed, 2))
    };
    assert_eq!(look(&one), (0, false, true, false));
    one.reserve(1, 0, Take::Transition(1));
    assert_eq!(look(&one), (0, true, false, false));
    one.settle(1, 1, FAILED);
    assert_eq!(look(&one), (0, false, true, false));
    one.reserve(2, 2, Take::Transition(1)).settle(2, 3, OK);
    assert_eq!(look(&one), (1, false, false, true));
    assert!(!one.initial(1_000));
}

#[test]
fn a_used_key_is_kept_for_its_span_after_the_outcome() {
    let mut one = One::new(Family::Once { keep: 100 });
    let used = |one: &One, now| {
        let Register::Once(once) = &one.1 else { unreachable!() };
        once.used(now)
    };
    one.reserve(1, 0, Take::Nothing);
    assert!(used(&one, 10_000));
    one.release(1, 10_000);
    assert!(!used(&one, 10_000));
    one.reserve(2, 10_000, Take::Nothing).settle(2, 10_050, FAILED);
    assert!(used(&one, 10_149) && !used(&one, 10_150));
}

#[test]
fn a_revoked_grant_is_revoked_for_ever_unless_it_may_be_given_again() {
    let mut grant = Grant::default();
    let fields = vec![("scope".into(), "\"read\"".into()), ("area".into(), "3".into())];
    grant.give(Some(100), false, 0, Some(500), fields).expect("it is new");
    assert_eq!(grant.active(99).and_then(|record| record.field("area")), Some("3"));
    assert_eq!(grant.active(100), None);
    assert_eq!(grant.give(None, false, 200, Some(200), vec![]), Err(GrantError::Ended));
    grant.give(None, false, 200, None, vec![]).expect("it was not revoked");
    grant.revoke(false, 300);
    assert_eq!((grant.active(300), grant.revoked()), (None, Some(300)));
    assert_eq!(grant.give(None, false, 400, None, vec![]), Err(GrantError::Revoked));
    let mut grant = Grant::default();
    grant.revoke(true, 0);
    grant.give(None, true, 1, None, vec![]).expect("it may be given again");
}

fn outcomes(kept: Kept) -> WindowSchema {
    let value = |name: &str, what, test| WindowValue { name: name.into(), what, test };
    let failure = WindowTest { outcome: Some(false), truth: None };
    let dear = WindowTest { outcome: None, truth: Some(0) };
    WindowSchema {
        of: WindowOf::Outcomes,
        kept,
        values: vec![
            value("failed", WindowWhat::Count, failure),
            value("run", WindowWhat::LongestRun, failure),
            value("share", WindowWhat::Percent, failure),
            value("same", WindowWhat::LongestEqual(0), WindowTest::default()),
            value("spent", WindowWhat::Sum(0), dear),
        ],
    }
}

#[test]
fn a_window_tells_of_the_last_outcomes() {
    let schema = outcomes(Kept::Last(4));
    let mut one = One::new(Family::Window(schema.clone()));
    let read = |one: &One, now| {
        let Register::Window(window) = &one.1 else { unreachable!() };
        (0..5).map(|place| window.value(&schema, place, now).ok()).collect::<Vec<_>>()
    };
    assert_eq!(read(&one, 0), [Some(0), Some(0), Some(0), Some(0), Some(0)]);
    for (n, (success, dear, text)) in
        [(true, true, "x"), (false, true, "y"), (false, false, "y"), (true, true, "y"), (false, true, "z")]
            .into_iter()
            .enumerate()
    {
        let event = WindowEvent {
            truths: u32::from(dear),
            erred: 0,
            amounts: vec![Some(10)],
            texts: vec![Some(text.into())],
            doubtful: false,
        };
        let n = u64::try_from(n).unwrap();
        one.reserve(n, 0, Take::Event(event)).settle(n, 0, Settlement { success, cost: None });
    }
    assert_eq!(read(&one, 0), [Some(3), Some(2), Some(75), Some(3), Some(30)]);
    one.reserve(9, 0, Take::Event(WindowEvent::unknown())).settle(9, 0, OK);
    assert_eq!(read(&one, 0), [Some(2), Some(1), Some(50), None, None]);
}

#[test]
fn a_window_of_time_that_lost_an_event_tells_nothing_until_that_would_have_left() {
    let schema = outcomes(Kept::Within(100));
    let mut one = One::new(Family::Window(schema.clone()));
    for n in 0..1_025_u64 {
        let at = if n == 0 { 0 } else { 50 };
        one.reserve(n, at, Take::Event(WindowEvent::default())).settle(n, at, FAILED);
    }
    let Register::Window(window) = &one.1 else { unreachable!() };
    assert_eq!(window.value(&schema, 0, 99), Err(Unclear));
    assert_eq!(window.value(&schema, 0, 100), Ok(1_024));
    assert_eq!(window.size(&schema, 150), Ok(0));
}

fn seen(what: SeenWhat, within: Option<i64>, relative: Option<RelativePlace>) -> SeenSchema {
    let relative = relative.map(|place| Relative { place, succeeded: false });
    SeenSchema { what, within, succeeded: false, relative }
}

fn any(one: &One, now: i64) -> Truth {
    let (Register::Seen(seen), Family::Seen(schema)) = (&one.1, &one.0) else { unreachable!() };
    seen.any(schema, now, None)
}

const A: Take = Take::Sign(Sign { a: Truth::Yes, b: Truth::No });
const B: Take = Take::Sign(Sign { a: Truth::No, b: Truth::Yes });
const MAYBE_B: Take = Take::Sign(Sign { a: Truth::No, b: Truth::Unclear });

#[test]
fn what_was_released_may_have_been() {
    let mut one = One::new(Family::Seen(seen(SeenWhat::Any, Some(100), None)));
    assert_eq!(any(&one, 0), Truth::No);
    one.reserve(1, 0, A);
    assert_eq!(any(&one, 0), Truth::Yes);
    one.release(1, 1);
    assert_eq!((any(&one, 99), any(&one, 100)), (Truth::Unclear, Truth::No));
    assert!(one.initial(100));
}

#[test]
fn after_the_last_and_before_the_first() {
    let mut one = One::new(Family::Seen(seen(SeenWhat::Any, None, Some(RelativePlace::Since))));
    one.reserve(1, 0, A).settle(1, 0, OK).reserve(2, 1, B).settle(2, 1, OK);
    assert_eq!(any(&one, 1), Truth::No);
    one.reserve(3, 1, A).reserve(4, 2, MAYBE_B);
    assert_eq!(any(&one, 2), Truth::Unclear);

    let mut one = One::new(Family::Seen(seen(SeenWhat::Any, None, Some(RelativePlace::Before))));
    one.reserve(1, 0, MAYBE_B).settle(1, 0, OK).reserve(2, 1, A).settle(2, 1, OK);
    assert_eq!(any(&one, 1), Truth::Unclear);
    let mut one = One::new(Family::Seen(seen(SeenWhat::Any, None, Some(RelativePlace::Before))));
    one.reserve(1, 0, B).settle(1, 0, OK).reserve(2, 1, A).settle(2, 1, OK);
    assert_eq!(any(&one, 1), Truth::No);
    assert!(!one.initial(i64::MAX));
}

#[test]
fn a_session_inherits_what_is_still_under_way_as_possible() {
    let schema = SeenSchema { succeeded: true, ..seen(SeenWhat::Any, None, None) };
    let mut one = One::new(Family::Seen(schema.clone()));
    one.reserve(1, 0, A);
    let Register::Seen(parent) = &one.1 else { unreachable!() };
    assert_eq!(parent.any(&schema, 0, None), Truth::No);
    assert_eq!(parent.inherited(&schema, 0).any(&schema, 0, None), Truth::Unclear);
    one.settle(1, 1, OK);
    let Register::Seen(parent) = &one.1 else { unreachable!() };
    assert_eq!(parent.inherited(&schema, 1).any(&schema, 1, None), Truth::Yes);
}

#[test]
fn a_reservation_that_is_not_open_is_ignored() {
    let families = [
        Family::Rate { window: 60 },
        Family::Gauge,
        Family::Cooldown { longest: 60 },
        Family::Budget { most: 10, period: Period::Sliding(60) },
        Family::Window(outcomes(Kept::Last(4))),
        Family::Once { keep: 60 },
        Family::Lease { length: 60 },
        Family::States { start: 0, allowed: vec![(0, 1)] },
        Family::Seen(seen(SeenWhat::Count, Some(60), None)),
    ];
    for family in families {
        let mut one = One::new(family);
        one.settle(7, 1, OK).release(8, 2);
        assert!(one.initial(2), "{:?}", one.0);
        one.reserve(1, 3, Take::Nothing).settle(1, 4, OK);
        let before = one.1.clone();
        one.settle(1, 4, OK).release(1, 4);
        assert_eq!(one.1, before, "{:?}", one.0);
    }
}

#[test]
fn one_that_stays_open_while_a_thousand_others_come_may_have_been() {
    let mut one = One::new(Family::Seen(seen(SeenWhat::Any, None, None)));
    one.reserve(0, 0, A);
    for n in 1..=1_024 {
        assert_eq!(any(&one, 0), Truth::Yes, "{n}");
        one.reserve(n, 0, Take::Sign(Sign { a: Truth::Unclear, b: Truth::No })).settle(n, 0, OK);
    }
    assert_eq!(any(&one, 0), Truth::Unclear);
}

/// Whatever a clock does, what a register tells at an earlier time is no less than what it tells at a later one.
#[test]
fn a_clock_that_goes_back_frees_nothing() {
    let mut one = One::new(Family::Rate { window: 100 });
    one.reserve(1, 1_000, Take::Nothing).settle(1, 1_000, OK).reserve(2, 400, Take::Nothing).settle(2, 400, OK);
    let Register::Rate(rate) = &one.1 else { unreachable!() };
    assert_eq!((rate.count(400, 100), rate.count(1_099, 100), rate.count(1_100, 100)), (2, 2, 0));

    let mut one = budget(100, Period::Sliding(128));
    one.reserve(1, 1_000, Take::Amount(60)).settle(1, 1_000, OK).reserve(2, 400, Take::Amount(50)).settle(2, 400, OK);
    for now in [400, 999, 1_128] {
        assert_eq!(standing(&one, Moment::at(now)), Standing { used: 100, debt: 10, remaining: 0 });
    }

    let mut one = One::new(Family::Cooldown { longest: 100 });
    one.reserve(1, 1_000, Take::Nothing).settle(1, 1_000, OK).reserve(2, 400, Take::Nothing).settle(2, 400, OK);
    let Register::Cooldown(cooldown) = &one.1 else { unreachable!() };
    assert_eq!((cooldown.remaining(500, 100), cooldown.remaining(1_099, 100)), (Some(600), Some(1)));

    let schema = outcomes(Kept::Within(100));
    let mut one = One::new(Family::Window(schema.clone()));
    for (n, at) in [(1, 1_000), (2, 400)] {
        one.reserve(n, at, Take::Event(WindowEvent::default())).settle(n, at, FAILED);
    }
    let Register::Window(window) = &one.1 else { unreachable!() };
    assert_eq!((window.value(&schema, 0, 400), window.value(&schema, 0, 1_099)), (Ok(2), Ok(2)));

    let mut one = One::new(Family::Seen(seen(SeenWhat::Any, Some(100), None)));
    one.reserve(1, 1_000, A).settle(1, 1_000, OK).reserve(2, 400, A).settle(2, 400, OK);
    assert_eq!((any(&one, 400), any(&one, 1_099), any(&one, 1_100)), (Truth::Yes, Truth::Yes, Truth::No));
}

#[test]
fn what_does_not_fit_counts_as_the_strictest() {
    let mut one = budget(100, Period::Sliding(1_000));
    one.reserve(1, 0, Take::Nothing);
    assert_eq!(standing(&one, Moment::at(0)).remaining, 0);
    let mut one = One::new(Family::Seen(seen(SeenWhat::Any, None, None)));
    one.reserve(1, 0, Take::Nothing);
    assert_eq!(any(&one, 0), Truth::Unclear);
    let schema = outcomes(Kept::Last(4));
    let mut one = One::new(Family::Window(schema.clone()));
    one.reserve(1, 0, Take::Nothing).settle(1, 0, OK);
    let Register::Window(window) = &one.1 else { unreachable!() };
    assert_eq!(window.value(&schema, 4, 0), Err(Unclear));
}
