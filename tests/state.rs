//! What a checked policy says of its state: to whoever keeps registers, and of each action.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use aas::check::typed::TypedPolicy;
use aas::check::typed::state::{
    Amount, CalendarUnit, FlagMerge, HistoryOf, Kept, Part, Period, RelativePlace, StateBody, StateItem, WindowWhat,
};
use aas::diagnostic::render;
use aas::{Settings, SourceSet, pipeline};

fn policy(text: &str) -> TypedPolicy {
    let sources = SourceSet::single("p.aasrule", format!("package p\n{text}"));
    let checked = pipeline::check(&sources, &Settings::default());
    let shown = render::human(&checked.diagnostics, &sources, false);
    checked.policy.unwrap_or_else(|| panic!("{shown}"))
}

fn item<'p>(policy: &'p TypedPolicy, name: &str) -> &'p StateItem {
    policy.state.item(policy.state.find(name).unwrap_or_else(|| panic!("no {name}")))
}

/// The names of what an action touches, and of what is read about it.
fn footprint(policy: &TypedPolicy, action: &str) -> (Vec<String>, Vec<String>) {
    let of = policy.state.footprints.of(policy.action(action));
    let touches = of.touches.iter().map(|id| policy.state.item(*id).name.to_string());
    let reads = of.reads.iter().flat_map(|(id, places)| {
        let item = policy.state.item(*id);
        let parts = item.readings.iter().filter(|r| places.contains(&r.place));
        parts.map(move |r| format!("{}.{}", item.name, item.part_name(r.part))).collect::<Vec<_>>()
    });
    (touches.collect(), reads.collect())
}

const SET: &str = "\
    facts session { id: string }\n\
    facts env { name: string }\n\
    flag most: int 0..20 = 5, strict 0 scoped by env.name changed by people\n\
    flag least: int 0..20 = 5, strict 20\n\
    flag word: string = \"a\", strict \"b\"\n\
    action run.start { app: string, observed { cost: decimal 0.00..10.00 } }\n\
    action run.stop { app: string }\n\
    action web.fetch { observed trusted: bool }\n\
    rule r on run.*, web.fetch { green }\n\
    limit rate on run.start { at most flag.most per 1h for each app  warn yellow at 80%  keep 10 keys  otherwise black  because \"{count}\" }\n\
    limit gauge on run.start { at most 7 at once  otherwise black  because \"Many.\" }\n\
    cooldown each on run.start, run.stop { 60s for each env.name  otherwise black  because \"Soon.\" }\n\
    cooldown both { run.start 60s  run.stop 2m  for each app  across actions  otherwise black  because \"Soon.\" }\n\
    budget day on run.start { spend cost ceiling 2.00  at most 25.00 per day in \"Europe/Warsaw\"  otherwise black  because \"Spent.\" }\n\
    budget calls on run.start { spend 1  at most 25 per 1d  otherwise black  because \"Spent.\" }\n\
    window last on run.* { last 10 outcomes for each app: bad = count where failure and app != \"x\", sum = sum of app.length where success }\n\
    lease holder on run.start { for each app  held 60s  released by run.stop  otherwise black  because \"Held.\" }\n\
    guard g on run.stop { yellow when last.bad > 3  because \"{last.size}\" }\n\
    guard h on run.start { when seen(web.fetch where not trusted succeeded) in session within 5m since(run.stop)  red  because \"Read.\" }\n\
    approval a on any action { by people }\n";

#[test]
fn bodies_are_as_written() {
    let policy = policy(SET);
    let rate = item(&policy, "p.rate");
    let StateBody::Limit(limit) = &rate.body else { panic!() };
    assert!(matches!(limit.most, Amount::Flag { most: 20, .. }) && limit.warn == Some(80));
    assert_eq!((limit.window, rate.most_keys, rate.host_keyed), (Some(3_600_000_000), 10, false));
    let StateBody::Limit(gauge) = &item(&policy, "p.gauge").body else { panic!() };
    assert!(gauge.window.is_none() && gauge.most.most() == 7 && item(&policy, "p.gauge").host_keyed);
    let (each, both) = (item(&policy, "p.each"), item(&policy, "p.both"));
    assert_eq!((each.keys.len(), both.keys.len()), (2, 1), "without `across actions` the action is a key");
    assert!(each.host_keyed && !both.host_keyed);
    let StateBody::Cooldown(cooldown) = &both.body else { panic!() };
    assert!(cooldown.across);
    assert_eq!(cooldown.spans.iter().map(|(_, span)| *span).collect::<Vec<_>>(), [60_000_000, 120_000_000]);
    let StateBody::Budget(day) = &item(&policy, "p.day").body else { panic!() };
    assert_eq!((day.ceiling, day.most, day.decimal), (Some(2_000_000), 25_000_000, true));
    assert_eq!(day.period, Period::Calendar(CalendarUnit::Day, "Europe/Warsaw".into()));
    let StateBody::Budget(calls) = &item(&policy, "p.calls").body else { panic!() };
    assert_eq!((calls.most, calls.decimal, &calls.period), (25, false, &Period::Sliding(86_400_000_000)));
    let StateBody::Window(window) = &item(&policy, "p.last").body else { panic!() };
    assert!(window.outcomes && window.kept == Kept::Last(10));
    assert!(window.values[0].outcome == Some(false) && window.values[0].when.is_some());
    assert!(matches!(window.values[1].what, WindowWhat::Sum(_)) && window.values[1].when.is_none());
}

#[test]
fn readings_stand_at_their_places() {
    let policy = policy(SET);
    for item in &policy.state.items {
        for reading in &item.readings {
            let named = &policy.facts.state[reading.place as usize].name;
            assert_eq!(**named, format!("{}.{}", item.name, item.part_name(reading.part)));
        }
    }
    assert!(policy.facts.state.is_sorted_by(|a, b| a.name < b.name), "a host finds them by name");
    assert!(item(&policy, "p.gauge").place_of(Part::RetryAfter).is_none());
}

#[test]
fn a_question_about_history_is_an_item_of_its_own() {
    let policy = policy(SET);
    let asked = policy.state.items.last().expect("items");
    let name = "~seen(web.fetch where (not field:trusted) succeeded) in session within 300000000us since(run.stop)";
    assert_eq!(&*asked.name, name);
    let StateBody::Seen(seen) = &asked.body else { panic!() };
    assert!(!seen.counts && seen.event.succeeded && seen.of == HistoryOf::Session && asked.host_keyed);
    assert_eq!(seen.relative.as_ref().map(|(place, _)| *place), Some(RelativePlace::Since));
}

#[test]
fn a_footprint_is_what_is_touched_and_read() {
    let policy = policy(SET);
    let history = &*policy.state.items.last().expect("items").name;
    let (touches, reads) = footprint(&policy, "web.fetch");
    assert_eq!((touches.as_slice(), reads.len()), ([history.to_owned()].as_slice(), 0));
    let (touches, reads) = footprint(&policy, "run.stop");
    assert_eq!(touches, ["p.both", "p.each", "p.holder", "p.last", history]);
    assert_eq!(reads, ["p.both.exceeded", "p.each.exceeded", "p.last.bad", "p.last.size"]);
    let (touches, reads) = footprint(&policy, "run.start");
    assert_eq!(touches, ["p.both", "p.calls", "p.day", "p.each", "p.gauge", "p.holder", "p.last", "p.rate"]);
    for read in ["p.rate.count", "p.rate.exceeded", "p.rate.near", "p.holder.exceeded", &format!("{history}.answer")] {
        assert!(reads.iter().any(|r| r == read), "{read} in {reads:?}");
    }
    assert_eq!(
        footprint(&policy, "run.wild"),
        (vec!["p.last".to_owned()], Vec::new()),
        "`run.*` knows other names too"
    );
}

#[test]
fn flags_say_how_they_are_set() {
    let policy = policy(SET);
    let of = |name: &str| {
        let place = policy.flags.iter().position(|f| *f.name == *name).expect("a flag");
        &policy.state.flags[place]
    };
    assert_eq!((of("p.most").merge, of("p.least").merge), (FlagMerge::Least, FlagMerge::Greatest));
    assert_eq!(of("p.word").merge, FlagMerge::Strict);
    assert!(of("p.most").scoped_by.len() == 1 && of("p.most").changed_by.as_ref().is_some_and(|by| by.people));
}

#[test]
fn what_is_kept_is_part_of_the_identity() {
    let first = policy(SET).hash;
    let changes = [
        ("60s for each env.name", "61s for each env.name"),
        ("keep 10 keys", "keep 11 keys"),
        ("released by run.stop", ""),
        ("within 5m", "within 6m"),
        ("scoped by env.name", ""),
        ("in \"Europe/Warsaw\"", ""),
        ("sum of app.length where success", "sum of app.length"),
        ("across actions", ""),
        ("ceiling 2.00", "ceiling 3.00"),
    ];
    for (from, to) in changes {
        assert!(SET.contains(from), "{from}");
        assert_ne!(policy(&SET.replace(from, to)).hash, first, "{from} became {to:?}");
    }
    let other = "limit rate on run.start { because \"{count}\"  otherwise black  keep 10 keys  warn yellow at 80%  at most flag.most per 1h for each app }";
    let line = SET.lines().find(|line| line.trim().starts_with("limit rate")).expect("a line");
    assert_eq!(policy(&SET.replace(line.trim(), other)).hash, first, "clauses have no order");
}
