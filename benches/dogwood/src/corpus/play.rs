//! Plays a trace through the governor and compares what it permits with what Dogwood expects.

use std::sync::Arc;

use aas::raw::Raw;
use aas::{Entities, Facts, Policy, Request};
use aas_govern::command::{Ask, Ended, Outcome};
use aas_govern::effect::Standing;
use aas_govern::token::Token;
use aas_govern::{Command, Config, Effect, Governor, State};
use dogwood_language::Event;

use super::book::{Book, Level, Told};
use super::reason::Reason;
use super::source::{Source, any};

const SECRET: [u8; 32] = [4; 32];
/// A second.
const S: i64 = 1_000_000;

/// The player of one trace.
pub(crate) struct Player<'a> {
    book: &'a Book,
    governor: Governor,
    entities: Arc<Entities>,
    journal: Vec<aas_govern::Record>,
    next: u64,
}

impl<'a> Player<'a> {
    pub(crate) fn new(book: &'a Book, policy: &Policy) -> Self {
        let governor = Governor::new(SECRET, Config::default());
        let entities = Arc::new(Entities::none());
        let mut player = Self { book, governor, entities, journal: Vec::new(), next: 0 };
        player.step(Command::Install { policy: policy.clone() }, 0);
        player
    }

    fn step(&mut self, command: Command, now: i64) -> aas_govern::Step {
        let step = self.governor.step(command, now);
        self.journal.extend(step.events.iter().cloned());
        step
    }

    /// Tells an event, and asks about it where it is one to be decided.
    pub(crate) fn play(&mut self, event: &Event) -> Result<Option<bool>, Reason> {
        let kind = self.book.event(event.namespace(), event.action(), event.kind()).ok_or(Reason::UnknownEvent)?;
        let now = event.timestamp().checked_mul(S).ok_or(Reason::Window)?;
        for (action, keys) in self.book.tellings(kind) {
            self.tell(&action, &keys, event, now);
        }
        for (at, streak) in self.book.streaks.iter().enumerate() {
            let name = &self.book.events[kind].name;
            let keys = streak.told(at, kind);
            self.tell(&format!("link{at}.{name}"), &keys, event, now);
            if let Some(token) = self.ask(&format!("mark{at}.{name}"), &keys, event, now) {
                self.run(token, now);
            }
            if self.book.events[kind].decides {
                self.tell(&format!("want{at}.{name}"), &streak.wanted(at), event, now);
            }
        }
        let now_keys = self.book.links_of_now();
        if self.book.events[kind].decides && !now_keys.is_empty() {
            self.tell(&format!("now.{}", self.book.events[kind].name), &now_keys, event, now);
        }
        let verdict = self.book.events[kind].decides.then(|| {
            let action = format!("ask.{}", self.book.events[kind].name);
            self.ask(&action, &self.book.keys_of_ask(), event, now).is_some()
        });
        if self.book.tells_past() {
            let keys = self.book.keys_of_told(Level::Past, kind);
            self.tell(&self.book.name(Level::Past, kind), &keys, event, now);
        }
        Ok(verdict)
    }

    /// Tells that something has happened: a request that is permitted, begins and ends.
    fn tell(&mut self, action: &str, keys: &Told, event: &Event, now: i64) {
        let token = self.ask(action, keys, event, now).unwrap_or_else(|| panic!("{action} is always permitted"));
        self.run(token, now);
    }

    /// What was permitted last begins and ends.
    fn run(&mut self, token: Token, now: i64) {
        let (id, entities) = (format!("r{}", self.next), self.entities.clone());
        let facts = Facts::of_agent("trace");
        self.step(Command::Begin { id: id.as_str().into(), token: Some(token), facts, entities }, now);
        let outcome = Outcome { result: Ended::Success, cost: None, output: Vec::new() };
        self.step(Command::Outcome { id: id.as_str().into(), outcome }, now);
    }

    /// A token where it is permitted.
    fn ask(&mut self, action: &str, keys: &Told, event: &Event, now: i64) -> Option<Token> {
        self.next += 1;
        let id = format!("r{}", self.next);
        let mut facts = Facts::of_agent("trace");
        for (name, (source, kind)) in self.book.fields() {
            if let Some(raw) = source.read(event).and_then(|value| kind.raw(&value)) {
                facts = facts.observed(name, raw);
            }
        }
        for (name, source) in keys {
            facts = facts.observed(name, Raw::text(&key(source, event)));
        }
        let ask = Ask {
            id: id.as_str().into(),
            request: Request::new(action),
            facts,
            entities: self.entities.clone(),
            dry_run: false,
        };
        let step = self.step(Command::Request(ask), now);
        step.effects.iter().find_map(|effect| match effect {
            Effect::Reply(reply) => match &reply.standing {
                Standing::Permitted(token) => Some(token.clone()),
                _ => None,
            },
            _ => None,
        })
    }

    /// That replaying all events gives this very state.
    pub(crate) fn check_replay(&self) {
        let again = State::replay(Governor::seed(&SECRET), &self.journal);
        assert_eq!(again.snapshot(), self.governor.state().snapshot());
    }
}

/// The text of a key. What is absent is equal to nothing: an event without it never meets a request without it.
fn key(source: &Source, event: &Event) -> String {
    match source.read(event) {
        Some(value) => format!("={}", any(&value)),
        None if matches!(source, Source::Event(_)) => "no event".into(),
        None => "no request".into(),
    }
}
