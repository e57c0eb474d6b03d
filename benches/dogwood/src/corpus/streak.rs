//! `P{…} since within D R{…}` about a value of the request: everything that happened since an R was a P with the
//! same value, so that the event of anybody else ends it.
//!
//! Every event is told as `link0.…` with the value that it has, and asked about as `mark0.…`, which a rule permits where
//! the event begins a streak or goes on with one: where the event before was marked and had the same value. The
//! request that is decided is told as `want0.…`. What was refused is in no window, so that the last two of these say
//! whether the last event was marked and had the value of the request.

use std::fmt::Write;

use dogwood_language::temporal_ast::Condition;

use super::book::{Book, Expr, Key, LEVEL, Told};
use super::events::Events;
use super::reason::Reason;
use super::scope::{Place, Scope};
use super::since::join;
use super::source::Source;
use super::temporal::Translator;

/// A streak: the events that begin it and those that go on with it.
#[derive(Clone, Debug)]
pub(crate) struct Streak {
    begin: Expr,
    go_on: Expr,
    keys: Vec<Key>,
}

impl Translator<'_> {
    /// Whether the last event is one of a streak with the value of the request.
    pub(crate) fn streak(&mut self, left: &Condition, begins: &Events, scope: &Scope) -> Result<Expr, Reason> {
        if scope.place != Place::Ask || !self.book.parts.is_empty() {
            return Err(Reason::EverybodysSince);
        }
        let Some(goes_on) = self.events(left, scope)? else { return Err(Reason::EverybodysSince) };
        let asked = |events: &Events| {
            let mut asked: Vec<Source> = events.keys.iter().map(|key| key.asked.clone()).collect();
            asked.sort();
            asked
        };
        if begins.keys.is_empty() || asked(begins) != asked(&goes_on) || !goes_on.guards.is_empty() {
            return Err(Reason::EverybodysSince);
        }
        let mut keys = begins.keys.clone();
        for key in &goes_on.keys {
            let into = keys.iter_mut().find(|other| other.asked == key.asked).ok_or(Reason::OwnKeys)?;
            join(into, key)?;
        }
        let streak = Streak { begin: self.is(begins), go_on: self.is(&goes_on), keys };
        if !streak.begin.reads.is_empty() || !streak.go_on.reads.is_empty() {
            return Err(Reason::NestedState);
        }
        let same = streak.same("streak", self.book.streaks.len());
        self.book.streaks.push(streak);
        Ok(Expr::of(same))
    }
}

impl Streak {
    /// Whether the last two of a window are a mark and something with the same values.
    fn same(&self, window: &str, at: usize) -> String {
        let same = (0..self.keys.len()).map(|place| format!(" and {window}{at}.same{place} == 2"));
        format!("({window}{at}.n >= 1{})", same.collect::<String>())
    }

    pub(crate) fn told(&self, at: usize, event: usize) -> Told {
        self.keys.iter().enumerate().map(|(place, key)| (key_name(at, place), key.own(event))).collect()
    }

    pub(crate) fn wanted(&self, at: usize) -> Told {
        self.keys.iter().enumerate().map(|(place, key)| (key_name(at, place), key.asked.clone())).collect()
    }

    /// Actions, windows and rules; the patterns of the actions go to the list.
    pub(crate) fn write(&self, at: usize, book: &Book, patterns: &mut Vec<String>, out: &mut String) {
        let fields = (0..self.keys.len()).map(|place| format!("{}: string", key_name(at, place)));
        let fields = format!("{{ observed {{ {} }} }}", fields.collect::<Vec<_>>().join(", "));
        patterns.extend(["link", "mark", "want"].map(|word| format!("{word}{at}.*")));
        for event in &book.events {
            let name = &event.name;
            let _ = writeln!(out, "action link{at}.{name}, mark{at}.{name}, want{at}.{name} {fields}");
        }
        let equal = (0..self.keys.len())
            .map(|place| format!(", same{place} = longest run of equal {}", key_name(at, place)))
            .collect::<String>();
        for (window, on) in [("going", ""), ("streak", ", want")] {
            let on = if on.is_empty() { String::new() } else { format!("{on}{at}.*") };
            let _ = writeln!(
                out,
                "window {window}{at} on link{at}.*, mark{at}.*{on} {{ last 2 of requests: \
                 n = count where action like \"mark{at}.*\"{equal} }}"
            );
        }
        let going = self.same("going", at);
        let when = format!("({} or ({} and {going}))", self.begin.text, self.go_on.text);
        let when = when.replace(LEVEL, &format!("mark{at}"));
        let _ = writeln!(out, "rule link{at} on link{at}.*, want{at}.* {{ green }}");
        let _ = writeln!(out, "rule mark{at} on mark{at}.* {{ when {when}  green }}");
    }
}

fn key_name(streak: usize, place: usize) -> String {
    format!("streak{streak}_key{place}")
}
