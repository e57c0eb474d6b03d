//! What the benches govern: a policy, a governor and agents that act.

use std::fmt::Write;
use std::sync::Arc;

use aas::raw::Raw;
use aas::{Entities, Facts, Policy, Request, Settings, SourceSet};
use aas_govern::command::{Ask, Ended, Outcome};
use aas_govern::effect::Standing;
use aas_govern::ids::Id;
use aas_govern::token::Token;
use aas_govern::{Command, Config, Effect, Governor, Record, Step};

const MS: i64 = 1_000;
pub(crate) const SECRET: [u8; 32] = [3; 32];

/// A policy with the stateful rules of the bench about `act`, and as many others about other actions.
pub(crate) fn policy(others: usize) -> Policy {
    let mut sources = SourceSet::single(
        "bench.aasrule",
        r#"package bench

facts agent { trust: decimal 0..100 = 50, frozen: bool = false, team: string }
facts session { id: string }

action act { app: string, claimed { cost: decimal 0.00..10.00 } }
action fetch { observed { trusted: bool } }

trust default {
    range 0..100  start 50
    on success { low +0.5, medium +1, high +2, critical +3 }
    on failure { low -1, medium -3, high -8, critical -20 }
    freeze after 3 failures in a row
}

rule acts on act { yellow }
rule fetches on fetch { green }
relax trusted on act { when agent.trust >= 50 and not agent.frozen  yellow to green }

limit by_agent on act { at most 1000 per 1s for each agent.id  otherwise black  because "{count}" }
limit by_app on act { at most 1000 per 1s for each app  otherwise black  because "{count}" }
limit by_team on act { at most 1000 per 1s for each agent.team  otherwise black  because "{count}" }
limit parallel on act { at most 1000 at once  otherwise black  because "{count}" }
budget spent on act {
    spend believing cost  at most 1000000000.00 per 1d for each agent.team
    otherwise black  because "{used}"
}
guard tainted on act { when seen(fetch where not trusted) in session  black  because "Tainted." }
guard often on act { when count(fetch) in session within 1s >= 1000  black  because "Too often." }
"#,
    );
    // A file holds at most 1 MiB.
    for first in (0..others).step_by(1_000) {
        let mut text = String::from("package bench\n");
        for n in first..others.min(first + 1_000) {
            let _ = write!(
                text,
                "\naction other.a{n} {{ app: string }}\nrule r{n} on other.a{n} {{ green }}\n\
                 limit l{n} on other.a{n} {{ at most 5 per 1m for each app  otherwise black  because \"{{count}}\" }}\n",
            );
        }
        sources.add(format!("others_{first}.aasrule"), text);
    }
    compiled(&sources)
}

/// A policy that keeps four kinds of registers for each app, a million keys of each.
pub(crate) fn keeping() -> Policy {
    let text = r#"package bench
action act { app: string, claimed { cost: decimal 0.00..10.00 } }
rule acts on act { green }
limit few on act { at most 5 per 365d for each app keep 10_000_000 keys  otherwise black  because "{count}" }
cooldown rest on act { 1s for each app keep 10_000_000 keys  otherwise black  because "Too soon." }
budget spent on act {
    spend believing cost  at most 1000.00 per 365d for each app keep 10_000_000 keys
    otherwise black  because "{used}"
}
window outcomes on act { keep 10_000_000 keys  last 10 outcomes for each app: failed = count where failure }
guard fails on act { when outcomes.failed >= 3  black  because "It fails." }
"#;
    compiled(&SourceSet::single("bench.aasrule", text))
}

fn compiled(sources: &SourceSet) -> Policy {
    let policy = Policy::compile(sources, &Settings::default()).unwrap_or_else(|found| panic!("{found:#?}"));
    policy.with_native().expect("native code")
}

/// A governor with its host.
pub(crate) struct World {
    pub(crate) governor: Governor,
    pub(crate) installed: Step,
    entities: Arc<Entities>,
    now: i64,
    next: u64,
}

impl World {
    /// Answers are kept for so many milliseconds, of which one passes with each request.
    pub(crate) fn new(policy: &Policy, keep_answers: i64) -> Self {
        let config = Config { most_requests: usize::MAX, keep_answers: keep_answers * MS, ..Config::default() };
        let mut governor = Governor::new(SECRET, config);
        let installed = governor.step(Command::Install { policy: policy.clone() }, 0);
        Self { governor, installed, entities: Arc::new(Entities::none()), now: MS, next: 0 }
    }

    pub(crate) fn facts() -> Facts {
        Facts::of_agent("bot")
            .agent("kind", Raw::text("machine"))
            .agent("team", Raw::text("blue"))
            .session("id", Raw::text("s1"))
    }

    /// Asks, a millisecond later.
    pub(crate) fn ask(&mut self, id: Id, request: Request, facts: Facts, dry_run: bool) -> Step {
        self.now += MS;
        let ask = Ask { id, request, facts, entities: self.entities.clone(), dry_run };
        self.governor.step(Command::Request(ask), self.now)
    }

    /// A name that no request has.
    pub(crate) fn id(&mut self) -> Id {
        self.next += 1;
        Id::new(&format!("q{}", self.next))
    }

    /// A request that was permitted begins and ends.
    pub(crate) fn finish(&mut self, id: Id, step: &Step, facts: Facts) -> (Step, Step) {
        let token = token(step).expect("it is permitted");
        let begin = Command::Begin { id: id.clone(), token: Some(token), facts, entities: self.entities.clone() };
        let begun = self.governor.step(begin, self.now);
        let outcome = Outcome { result: Ended::Success, cost: Some("0.01".into()), output: Vec::new() };
        let ended = self.governor.step(Command::Outcome { id, outcome }, self.now);
        (begun, ended)
    }

    /// An action from its request to its outcome.
    pub(crate) fn live(&mut self, request: Request, facts: Facts) -> [Step; 3] {
        let id = self.id();
        let asked = self.ask(id.clone(), request, facts.clone(), false);
        let (begun, ended) = self.finish(id, &asked, facts);
        [asked, begun, ended]
    }

    /// What happens in a session before the action that is measured.
    pub(crate) fn fetch(&mut self) -> [Step; 3] {
        self.live(Request::new("fetch"), Self::facts().observed("trusted", Raw::Bool(true)))
    }
}

/// The token of a request that was permitted.
fn token(step: &Step) -> Option<Token> {
    step.effects.iter().find_map(|effect| match effect {
        Effect::Reply(reply) => match &reply.standing {
            Standing::Permitted(token) => Some(token.clone()),
            _ => None,
        },
        _ => None,
    })
}

/// The action that is measured.
pub(crate) fn act() -> Request {
    act_on("api")
}

/// The same on some app.
pub(crate) fn act_on(app: &str) -> Request {
    Request::new("act").param("app", Raw::text(app)).claim("cost", Raw::Number("0.02".into()))
}

/// All events of some steps.
pub(crate) fn events(steps: [Step; 3]) -> impl Iterator<Item = Record> {
    steps.into_iter().flat_map(|step| step.events)
}
