//! The policy in the making: which events there are, which windows are kept, what the host tells.
//!
//! Dogwood keeps an event whatever was decided about it, and a question about the past includes the event that is
//! being decided. So each event becomes several requests, each an action of its own:
//!
//! * `told0.Login_request`, always green: it has happened. Windows are kept over these.
//! * `told1.…`: the same once more, for windows whose conditions ask windows over `told0`: questions within questions.
//! * `ask.Login_request`: may it? This is what the policy's rules are about.
//! * `past.…`, told last: what `previous` asks about, which does not include the event that is decided.
//! * `now.…`: the request that is about to be decided, where it is compared with the event before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::source::{Kind, Source};
use super::streak::Streak;

/// A kind of event: an action of Dogwood with a kind.
#[derive(Clone, Debug)]
pub(crate) struct EventKind {
    pub(crate) namespace: Vec<String>,
    pub(crate) action: String,
    pub(crate) kind: String,
    pub(crate) decides: bool,
    /// The last segment of the names of its actions.
    pub(crate) name: String,
}

/// When the events of a window are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Past,
    Told(usize),
}

impl Level {
    pub(crate) fn prefix(self) -> String {
        match self {
            Self::Past => "past".into(),
            Self::Told(level) => format!("told{level}"),
        }
    }
}

/// Stands in a condition for the level of the window that it belongs to, which is known last.
pub(crate) const LEVEL: &str = "\u{1}";

/// A condition, and the windows that it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expr {
    pub(crate) text: String,
    pub(crate) reads: BTreeSet<usize>,
}

impl Expr {
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), reads: BTreeSet::new() }
    }

    pub(crate) fn constant(so: bool) -> Self {
        Self::of(if so { "true" } else { "false" })
    }

    pub(crate) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(parts, " and ", "true")
    }

    pub(crate) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(parts, " or ", "false")
    }

    pub(crate) fn not(self) -> Self {
        Self { text: format!("(not {})", self.text), reads: self.reads }
    }

    fn joined(parts: impl IntoIterator<Item = Self>, word: &str, none: &str) -> Self {
        let mut reads = BTreeSet::new();
        let mut texts: Vec<String> = Vec::new();
        for part in parts {
            reads.extend(part.reads);
            if !texts.contains(&part.text) {
                texts.push(part.text);
            }
        }
        texts.retain(|text| text != none);
        let text = match &texts[..] {
            [] => none.into(),
            [one] => one.clone(),
            _ => format!("({})", texts.join(word)),
        };
        Self { text, reads }
    }
}

/// How much a window keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    Last(u32),
    Seconds(i64),
}

/// A key of a window: a value that its events and the requests that ask have under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Where the events have it; one place for all where no event is named.
    pub(crate) own: Vec<(Option<usize>, Source)>,
    /// Where the request that asks has it.
    pub(crate) asked: Source,
}

#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) level: Level,
    /// Its events; all where none is named.
    pub(crate) on: Vec<usize>,
    pub(crate) when: Expr,
    pub(crate) keeps: Keeps,
    pub(crate) keys: Vec<Key>,
    /// `count where …`
    pub(crate) value: String,
    /// What a past event must have in common with the request that is told after it, where the window holds those two.
    pub(crate) links: Vec<Key>,
}

/// What is told of one action besides the common fields.
pub(crate) type Told = Vec<(String, Source)>;

/// The policy in the making.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) events: Vec<EventKind>,
    pub(super) windows: Vec<Window>,
    /// Which windows the requests to be decided read.
    pub(super) asked: BTreeSet<usize>,
    pub(super) fields: BTreeMap<String, (Source, Kind)>,
    /// What an event and a request must have in common to know of each other: the pins of the event schema.
    pub(crate) parts: Vec<(Source, Source)>,
    pub(super) rules: String,
    pub(crate) streaks: Vec<Streak>,
    /// Fields that are summed up.
    pub(crate) sums: BTreeSet<Source>,
}

impl Book {
    pub(crate) fn new(events: Vec<EventKind>, parts: Vec<(Source, Source)>) -> Self {
        Self { events, parts, ..Self::default() }
    }

    pub(crate) fn event(&self, namespace: &[String], action: &str, kind: &str) -> Option<usize> {
        self.events.iter().position(|e| e.namespace == namespace && e.action == action && e.kind == kind)
    }

    /// The name of a field that is told with every request, where the event has it.
    pub(crate) fn field(&mut self, source: &Source, kind: Kind) -> String {
        let name = kind.field(source);
        let before = self.fields.insert(name.clone(), (source.clone(), kind));
        assert!(before.is_none_or(|before| before == (source.clone(), kind)), "two fields are called {name}");
        name
    }

    /// The first level whose conditions may read these windows.
    pub(crate) fn level_over(&self, reads: &BTreeSet<usize>) -> usize {
        let above = |window: &usize| match self.windows[*window].level {
            Level::Past => 0,
            Level::Told(level) => level + 1,
        };
        reads.iter().map(above).max().unwrap_or(0)
    }

    /// Keeps a window; equal ones are kept once.
    pub(crate) fn keep(&mut self, mut window: Window) -> usize {
        let parts = self.parts.iter().map(|(own, asked)| Key { own: vec![(None, own.clone())], asked: asked.clone() });
        window.keys.splice(0..0, parts);
        let same = |other: &Window| {
            other.level == window.level
                && other.on == window.on
                && other.when == window.when
                && other.keeps == window.keeps
                && other.keys == window.keys
                && other.value == window.value
                && other.links == window.links
        };
        if let Some(at) = self.windows.iter().position(same) {
            return at;
        }
        self.windows.push(window);
        self.windows.len() - 1
    }

    pub(crate) fn rule(&mut self, effect: &str, on: &[usize], condition: &Expr) {
        self.asked.extend(&condition.reads);
        let number = self.rules.lines().count();
        let on: Vec<String> = on.iter().map(|event| format!("ask.{}", self.events[*event].name)).collect();
        let tail = if effect == "guard" { "black  because \"Forbidden.\"" } else { "green" };
        let _ = writeln!(self.rules, "{effect} p{number} on {} {{ when {}  {tail} }}", on.join(", "), condition.text);
    }

    pub(crate) fn levels(&self) -> usize {
        let above = |window: &Window| match window.level {
            Level::Past => 0,
            Level::Told(level) => level + 1,
        };
        self.windows.iter().map(above).max().unwrap_or(0)
    }

    pub(crate) fn tells_past(&self) -> bool {
        self.windows.iter().any(|window| window.level == Level::Past)
    }

    pub(crate) fn fields(&self) -> &BTreeMap<String, (Source, Kind)> {
        &self.fields
    }

    /// The keys that a request brings which tells an event at a level.
    pub(crate) fn keys_of_told(&self, level: Level, event: usize) -> Told {
        let mut told = Vec::new();
        for (at, window) in self.windows.iter().enumerate() {
            if window.level == level && window.covers(event) {
                told.extend(window.keys.iter().enumerate().map(|(place, key)| (key_name(at, place), key.own(event))));
                told.extend(window.links.iter().enumerate().map(|(place, key)| (link_name(at, place), key.own(event))));
            }
            let reads = |other: &Window| other.when.reads.contains(&at) && other.covers(event);
            if self.windows.iter().any(|other| other.level == level && reads(other)) {
                let asked = window.keys.iter().enumerate();
                told.extend(asked.map(|(place, key)| (key_name(at, place), self.part_of_event(&key.asked))));
            }
        }
        told.sort();
        told.dedup_by(|a, b| a.0 == b.0);
        told
    }

    /// An event is of the part of the past that it brings; it has no request.
    fn part_of_event(&self, asked: &Source) -> Source {
        self.parts.iter().find(|(_, request)| request == asked).map_or_else(|| asked.clone(), |(own, _)| own.clone())
    }

    /// What a request brings where it is told to be compared with the event before it.
    pub(crate) fn links_of_now(&self) -> Told {
        let mut told = Vec::new();
        for (at, window) in self.windows.iter().enumerate().filter(|(_, window)| !window.links.is_empty()) {
            told.extend(window.keys.iter().enumerate().map(|(place, key)| (key_name(at, place), key.asked.clone())));
            told.extend(window.links.iter().enumerate().map(|(place, key)| (link_name(at, place), key.asked.clone())));
        }
        told
    }

    /// The keys that a request to be decided brings.
    pub(crate) fn keys_of_ask(&self) -> Told {
        let keys = self.asked.iter().flat_map(|at| {
            let keys = self.windows[*at].keys.iter().enumerate();
            keys.map(|(place, key)| (key_name(*at, place), key.asked.clone()))
        });
        keys.collect()
    }

    /// The actions that tell an event, in their order, with what each brings.
    pub(crate) fn tellings(&self, event: usize) -> Vec<(String, Told)> {
        let levels = (0..self.levels()).map(Level::Told);
        levels.map(|level| (self.name(level, event), self.keys_of_told(level, event))).collect()
    }

    pub(crate) fn name(&self, level: Level, event: usize) -> String {
        format!("{}.{}", level.prefix(), self.events[event].name)
    }
}

impl Window {
    fn covers(&self, event: usize) -> bool {
        self.on.is_empty() || self.on.contains(&event)
    }
}

impl Key {
    pub(crate) fn own(&self, event: usize) -> Source {
        let own = self.own.iter().find(|(of, _)| of.is_none_or(|of| of == event));
        own.map_or_else(|| Source::Event(Vec::new()), |(_, source)| source.clone())
    }
}

pub(crate) fn key_name(window: usize, place: usize) -> String {
    format!("w{window}_key{place}")
}

pub(crate) fn link_name(window: usize, place: usize) -> String {
    format!("w{window}_link{place}")
}
