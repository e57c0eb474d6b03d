//! Our governor: the rules as somebody would write them, compiled to native code.

use std::fmt::Write;
use std::sync::Arc;

use aas::decision::Tier;
use aas::raw::Raw;
use aas::{Entities, Facts, Policy, Request, Settings, SourceSet};
use aas_govern::command::{Ask, Ended, Outcome};
use aas_govern::effect::Standing;
use aas_govern::ids::Id;
use aas_govern::token::Token;
use aas_govern::{Command, Config, Effect, Governor};

use super::work::{Asked, Kind, MINUTES, MOST_AMOUNT, MOST_TIMES, What, kind};

/// A file holds at most 1 MiB.
const IN_A_FILE: usize = 1_000;

pub(crate) struct Ours {
    governor: Governor,
    entities: Arc<Entities>,
    next: u64,
}

/// A request in our own form.
pub(crate) struct Prepared {
    id: Id,
    ask: Ask,
    facts: Facts,
    now: i64,
}

fn sources(policies: usize) -> SourceSet {
    let mut sources = SourceSet::single(
        "people.aasrule",
        "package side\naction login, logout\nrule people on login, logout { green }\n",
    );
    for first in (0..policies).step_by(IN_A_FILE) {
        let mut text = String::from("package side\n");
        for action in first..policies.min(first + IN_A_FILE) {
            rule(action, &mut text);
        }
        sources.add(format!("acts_{first}.aasrule"), text);
    }
    sources
}

fn rule(action: usize, out: &mut String) {
    let _ = writeln!(out, "action act.a{action} {{ amount: int 0..1_000 }}");
    let on = format!("on act.a{action}");
    let _ = match kind(action) {
        Kind::AfterLogin => {
            writeln!(out, "rule r{action} {on} {{ when seen(login) by agent within {MINUTES}m  green }}")
        }
        Kind::SoOften => writeln!(
            out,
            "rule r{action} {on} {{ green }}\nlimit l{action} {on} {{ at most {MOST_TIMES} per {MINUTES}m for each agent.id  \
             otherwise black  because \"{{count}} times.\" }}"
        ),
        Kind::LoggedIn => writeln!(
            out,
            "rule r{action} {on} {{ when seen(login) by agent within {MINUTES}m and not seen(logout) by agent since(login)  green }}"
        ),
        Kind::SoMuch => writeln!(
            out,
            "window w{action} {on} {{ last {MINUTES}m of requests for each agent.id: spent = sum of amount }}\n\
             rule r{action} {on} {{ when w{action}.spent <= {MOST_AMOUNT}  green }}"
        ),
    };
}

impl Ours {
    pub(crate) fn load(policies: usize) -> Self {
        let settings = Settings { default_tier: Tier::Black, ..Settings::default() };
        let policy = Policy::compile(&sources(policies), &settings).expect("our policy compiles");
        let policy = policy.with_native().expect("native code");
        let mut governor = Governor::new([5; 32], Config::default());
        governor.step(Command::Install { policy }, 0);
        Self { governor, entities: Arc::new(Entities::none()), next: 0 }
    }

    pub(crate) fn prepare(&mut self, asked: &Asked) -> Prepared {
        self.next += 1;
        let id = Id::new(&format!("q{}", self.next));
        let request = match asked.what {
            What::Login | What::Logout => Request::new(&asked.what.name()),
            What::Act { action, amount } => Request::new(&format!("act.a{action}")).param("amount", Raw::int(amount)),
        };
        let facts = Facts::of_agent(&format!("p{}", asked.who)).agent("kind", Raw::text("person"));
        let ask =
            Ask { id: id.clone(), request, facts: facts.clone(), entities: self.entities.clone(), dry_run: false };
        Prepared { id, ask, facts, now: asked.at * 1_000_000 }
    }

    /// Decides and reserves. A token where it is permitted.
    pub(crate) fn decide(&mut self, ask: Ask, now: i64) -> Option<Token> {
        let step = self.governor.step(Command::Request(ask), now);
        step.effects.into_iter().find_map(|effect| match effect {
            Effect::Reply(reply) => match reply.standing {
                Standing::Permitted(token) => Some(token),
                _ => None,
            },
            _ => None,
        })
    }

    /// What was permitted begins and ends.
    pub(crate) fn record(&mut self, id: Id, token: Token, facts: Facts, now: i64) {
        let begin = Command::Begin { id: id.clone(), token: Some(token), facts, entities: self.entities.clone() };
        self.governor.step(begin, now);
        self.governor.step(
            Command::Outcome { id, outcome: Outcome { result: Ended::Success, cost: None, output: Vec::new() } },
            now,
        );
    }
}

impl Prepared {
    pub(crate) fn parts(self) -> (Ask, Id, Facts, i64) {
        (self.ask, self.id, self.facts, self.now)
    }
}
