//! A governor with a policy, people, and a clock that a test moves.

use std::sync::Arc;

use aas::check::typed::RawEntity;
use aas::raw::Raw;
use aas::{Entities, Facts, Policy, Request, Settings, SourceSet};
use aas_govern::command::{Answer, Ask, Ended, Outcome, Person};
use aas_govern::effect::{Problem, Reply, Standing};
use aas_govern::ids::Id;
use aas_govern::token::Token;
use aas_govern::{Command, Config, Effect, Governor, Record, State, Step};

pub(crate) const SECRET: [u8; 32] = [7; 32];
/// A second.
pub(crate) const S: i64 = 1_000_000;

pub(crate) fn policy(text: &str) -> Policy {
    let sources = SourceSet::single("p.aasrule", text);
    Policy::compile(&sources, &Settings::default()).unwrap_or_else(|findings| {
        let shown: Vec<String> = findings.iter().map(|f| format!("{}: {}", f.code.name(), f.message)).collect();
        panic!("{shown:#?}")
    })
}

pub(crate) struct Kit {
    pub(crate) governor: Governor,
    pub(crate) policy: Policy,
    pub(crate) entities: Arc<Entities>,
    pub(crate) now: i64,
    pub(crate) journal: Vec<Record>,
}

impl Kit {
    pub(crate) fn new(text: &str) -> Self {
        Self::with(text, Config::default())
    }

    pub(crate) fn with(text: &str, config: Config) -> Self {
        let policy = policy(text);
        let entities = Arc::new(Entities::none());
        let governor = Governor::new(SECRET, config);
        let mut kit = Self { governor, policy: policy.clone(), entities, now: 1_000 * S, journal: Vec::new() };
        kit.tell(Command::Install { policy });
        kit
    }

    /// Entities: each person with the group they are in, such as `("ada", "Role", "ops")`.
    pub(crate) fn people(mut self, members: &[(&str, &str, &str)]) -> Self {
        let mut given: Vec<RawEntity> = members
            .iter()
            .map(|(id, ty, group)| RawEntity {
                ty: "Agent".into(),
                id: (*id).into(),
                parents: vec![((*ty).into(), (*group).into())],
                attributes: Vec::new(),
            })
            .collect();
        let groups: std::collections::BTreeSet<_> = members.iter().map(|(_, ty, group)| (*ty, *group)).collect();
        given.extend(groups.into_iter().map(|(ty, group)| RawEntity {
            ty: ty.into(),
            id: group.into(),
            parents: Vec::new(),
            attributes: Vec::new(),
        }));
        self.entities = Arc::new(self.policy.entities(&given).expect("entities"));
        self
    }

    pub(crate) fn tell(&mut self, command: Command) -> Step {
        let step = self.governor.step(command, self.now);
        self.journal.extend(step.events.iter().cloned());
        step
    }

    pub(crate) fn ask(&mut self, id: &str, agent: &str, request: Request) -> Reply {
        let facts = facts(agent);
        self.ask_with(id, request, facts)
    }

    pub(crate) fn ask_with(&mut self, id: &str, request: Request, facts: Facts) -> Reply {
        let entities = self.entities.clone();
        let step = self.tell(Command::Request(Ask { id: id.into(), request, facts, entities, dry_run: false }));
        reply(&step, id)
    }

    pub(crate) fn begin(&mut self, id: &str, token: Option<Token>, agent: &str) -> Step {
        let entities = self.entities.clone();
        self.tell(Command::Begin { id: id.into(), token, facts: facts(agent), entities })
    }

    /// Asks, and begins where that is permitted at once.
    pub(crate) fn run(&mut self, id: &str, agent: &str, request: Request) -> Reply {
        let answer = self.ask(id, agent, request);
        if let Standing::Permitted(token) = &answer.standing {
            let step = self.begin(id, Some(token.clone()), agent);
            assert!(step.effects.iter().any(|e| matches!(e, Effect::Execute { .. })), "{step:?}");
        }
        answer
    }

    pub(crate) fn end(&mut self, id: &str, result: Ended, cost: Option<&str>) -> Step {
        let outcome = Outcome { result, cost: cost.map(Into::into), output: Vec::new() };
        self.tell(Command::Outcome { id: id.into(), outcome })
    }

    pub(crate) fn person(&self, id: &str) -> Person {
        Person { id: id.into(), is_person: true, entities: self.entities.clone() }
    }

    pub(crate) fn answer(&mut self, id: &str, approval: &str, by: &str, yes: bool) -> Step {
        let by = self.person(by);
        self.tell(Command::Answer(Answer { request: id.into(), approval: approval.into(), by, yes }))
    }

    pub(crate) fn wait(&mut self, span: i64) {
        self.now += span;
    }

    /// Leaves an event at the time of now: time that passes without one is not in the journal.
    #[allow(dead_code, reason = "not every test program needs it")]
    pub(crate) fn mark_time(&mut self) {
        self.tell(Command::Introduce { agent: "somebody".into(), parent: None, owner: None });
    }

    pub(crate) fn standing(&mut self, id: &str) -> &'static str {
        self.governor.state().request(&Id::from(id)).map_or("unknown", |entry| entry.stage.name())
    }

    /// That replaying all events gives this very state.
    pub(crate) fn check_replay(&self) {
        let mut again = State::replay(Governor::seed(&SECRET), &self.journal);
        again.see_time(self.governor.state().clock());
        let parts = |state: &State| match serde_json::to_value(state.snapshot()).expect("a snapshot is JSON") {
            serde_json::Value::Object(parts) => parts,
            other => panic!("a snapshot is an object: {other}"),
        };
        for ((name, replayed), (_, lived)) in parts(&again).into_iter().zip(parts(self.governor.state())) {
            assert_eq!(replayed, lived, "{name}");
        }
        for record in &self.journal {
            let text = serde_json::to_string(record).expect("an event is JSON");
            assert_eq!(serde_json::from_str::<Record>(&text).expect("and is read again"), *record, "{text}");
        }
    }
}

pub(crate) fn facts(agent: &str) -> Facts {
    Facts::of_agent(agent).agent("kind", Raw::text("machine"))
}

pub(crate) fn reply(step: &Step, id: &str) -> Reply {
    let found = step.effects.iter().find_map(|effect| match effect {
        Effect::Reply(reply) if reply.id.as_str() == id => Some((**reply).clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no reply to {id} in {step:#?}"))
}

pub(crate) fn problem(step: &Step) -> &Problem {
    assert!(step.events.is_empty(), "a rejected command leaves no event: {step:#?}");
    step.effects
        .iter()
        .find_map(|effect| if let Effect::Reject(problem) = effect { Some(problem) } else { None })
        .unwrap_or_else(|| panic!("no problem in {step:#?}"))
}

pub(crate) fn token(reply: &Reply) -> Token {
    match &reply.standing {
        Standing::Permitted(token) => token.clone(),
        other => panic!("not permitted: {other:?}, {:?}", reply.decided),
    }
}

pub(crate) fn executes(step: &Step) -> usize {
    step.effects.iter().filter(|effect| matches!(effect, Effect::Execute { .. })).count()
}
