//! Draws families, and what requests bring to them.

use aas_govern::registers::{Settlement, Sign, Take, Truth, WindowEvent};
use aas_govern::schema::{
    CalendarUnit, Family, Kept, Period, Relative, RelativePlace, SeenSchema, SeenWhat, WindowOf, WindowSchema,
    WindowTest, WindowValue, WindowWhat,
};

use crate::random::Random;

/// The spans that families have: few, so that borders of several meet.
pub(crate) const SPANS: [i64; 5] = [1, 128, 700, 1_000, 1_300];

pub(crate) const ALL: [fn(&mut Random) -> Family; 10] =
    [rate, gauge, cooldown, budget, window, once, lease, states, grant, seen];

/// Families whose registers keep much, with what they keep as long as a crowded run lasts.
pub(crate) const CROWDED: [fn(&mut Random) -> Family; 9] = [
    |_| Family::Rate { window: 1_000 },
    |_| Family::Rate { window: 128 },
    |random| crowded_window(random, WindowOf::Requests, Kept::Within(1_000)),
    |random| crowded_window(random, WindowOf::Outcomes, Kept::Within(120)),
    |random| crowded_window(random, WindowOf::Requests, Kept::Last(1_024)),
    |_| crowded_seen(Some(1_000), None),
    |_| crowded_seen(None, None),
    |_| crowded_seen(Some(128), Some(RelativePlace::Before)),
    |_| crowded_seen(None, Some(RelativePlace::Since)),
];

fn crowded_window(random: &mut Random, of: WindowOf, kept: Kept) -> Family {
    let Family::Window(schema) = window(random) else { unreachable!() };
    Family::Window(WindowSchema { of, kept, ..schema })
}

fn crowded_seen(within: Option<i64>, place: Option<RelativePlace>) -> Family {
    let relative = place.map(|place| Relative { place, succeeded: true });
    Family::Seen(SeenSchema { what: SeenWhat::Count, within, succeeded: false, relative })
}

fn rate(random: &mut Random) -> Family {
    Family::Rate { window: *random.pick(&SPANS) }
}

fn gauge(_: &mut Random) -> Family {
    Family::Gauge
}

fn cooldown(random: &mut Random) -> Family {
    Family::Cooldown { longest: *random.pick(&SPANS) }
}

fn budget(random: &mut Random) -> Family {
    let period = if random.percent(65) {
        Period::Sliding(*random.pick(&SPANS))
    } else {
        Period::Calendar { unit: CalendarUnit::Month, zone: "Europe/Warsaw".into() }
    };
    Family::Budget { most: *random.pick(&[1, 10, 100]), period }
}

fn window(random: &mut Random) -> Family {
    let of = *random.pick(&[WindowOf::Requests, WindowOf::Outcomes]);
    let kept = if random.percent(50) {
        Kept::Last(*random.pick(&[1, 3, 10, 1_024]))
    } else {
        Kept::Within(*random.pick(&SPANS))
    };
    let what = [
        WindowWhat::Count,
        WindowWhat::LongestRun,
        WindowWhat::LongestEqual(1),
        WindowWhat::Percent,
        WindowWhat::Sum(0),
    ];
    let values = what
        .into_iter()
        .map(|what| {
            let outcome = random.percent(40).then(|| random.percent(50));
            let truth = random.percent(50).then(|| u32::try_from(random.below(2)).unwrap());
            WindowValue { name: format!("{what:?}").into(), what, test: WindowTest { outcome, truth } }
        })
        .collect();
    Family::Window(WindowSchema { of, kept, values })
}

fn once(random: &mut Random) -> Family {
    Family::Once { keep: *random.pick(&SPANS) }
}

fn lease(random: &mut Random) -> Family {
    Family::Lease { length: *random.pick(&SPANS) }
}

fn states(random: &mut Random) -> Family {
    Family::States { start: u32::try_from(random.below(2)).unwrap(), allowed: vec![(0, 1), (1, 0), (1, 2), (2, 0)] }
}

fn grant(random: &mut Random) -> Family {
    Family::Grant { longest: random.percent(50).then(|| *random.pick(&SPANS)), again: random.percent(50) }
}

pub(crate) fn seen(random: &mut Random) -> Family {
    let relative = random.percent(65).then(|| Relative {
        place: *random.pick(&[RelativePlace::Since, RelativePlace::Before]),
        succeeded: random.percent(40),
    });
    Family::Seen(SeenSchema {
        what: *random.pick(&[SeenWhat::Any, SeenWhat::Count]),
        within: random.percent(60).then(|| *random.pick(&SPANS)),
        succeeded: random.percent(40),
        relative,
    })
}

pub(crate) fn sign(random: &mut Random) -> Sign {
    let mut truth = || match random.below(100) {
        0..45 => Truth::No,
        45..85 => Truth::Yes,
        _ => Truth::Unclear,
    };
    Sign { a: truth(), b: truth() }
}

/// What a request brings to a register of this family.
pub(crate) fn take(random: &mut Random, family: &Family, agents: &[&'static str]) -> Take {
    match family {
        Family::Rate { .. } | Family::Gauge | Family::Cooldown { .. } | Family::Once { .. } | Family::Grant { .. } => {
            Take::Nothing
        }
        Family::Budget { most, .. } => {
            let most = if random.percent(90) { most / 3 } else { most * 2 };
            Take::Amount(random.between(0, most))
        }
        Family::Window(_) => Take::Event(WindowEvent {
            truths: u32::try_from(random.below(4)).unwrap(),
            erred: if random.percent(6) { u32::try_from(random.below(4)).unwrap() } else { 0 },
            amounts: vec![random.percent(96).then(|| random.between(-3, 9))],
            texts: vec![None, random.percent(96).then(|| (*random.pick(&["x", "y"])).into())],
            doubtful: false,
        }),
        Family::Lease { .. } if random.percent(20) => Take::Return((*random.pick(agents)).into()),
        Family::Lease { .. } => Take::Holder((*random.pick(agents)).into()),
        Family::States { .. } => Take::Transition(u32::try_from(random.below(3)).unwrap()),
        Family::Seen(_) => Take::Sign(sign(random)),
    }
}

pub(crate) fn settlement(random: &mut Random) -> Settlement {
    let cost = match random.below(100) {
        0..20 => None,
        20..25 => Some(random.between(-5, -1)),
        25..85 => Some(random.between(0, 8)),
        85..97 => Some(random.between(0, 100)),
        _ => Some(random.between(100, 900)),
    };
    Settlement { success: random.percent(65), cost }
}
