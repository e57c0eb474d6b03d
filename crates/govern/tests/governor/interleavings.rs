//! A thousand commands in any order: never more at once than the limit, never more spent than the budgets, one holder of a
//! lease, nothing run twice, and every reservation ends.

use std::collections::{BTreeMap, BTreeSet};

use aas::{Raw, Request};
use aas_govern::command::Ended;
use aas_govern::effect::Standing;
use aas_govern::event::Then;
use aas_govern::ids::Id;
use aas_govern::registers::Take;
use aas_govern::state::Stage;
use aas_govern::token::Token;
use aas_govern::{Command, Config, Effect, Event, Governor, Record, State, Step};

use crate::kit::{Kit, S, SECRET};
use crate::random::Random;

const AT_ONCE: usize = 5;
const RULES: &str = r#"package demo

facts agent { team: string }

action work { run: string, claimed { cost: decimal 0.00..10.00 } }
action risky { run: string }

rule works on work { green }
rule risks on risky { red because "Ask." }

limit parallel on work, risky { at most 5 at once  otherwise black  because "{count} run." }
budget team on work { spend believing cost ceiling 1.00  at most 8.00 per 1d for each agent.team  otherwise black  because "{used}" }
budget everybody on work { spend believing cost ceiling 1.00  at most 12.00 per day  otherwise black  because "{used}" }
lease writer on work { for each run  held 60s  otherwise black because "Another writes." }
approval anybody on risky { by people, quorum 1, within 5m, otherwise refuse }
"#;

struct Run {
    kit: Kit,
    random: Random,
    tokens: BTreeMap<Id, Token>,
    executed: BTreeSet<Id>,
    /// What was charged, in hundredths, when and to which team.
    spent: Vec<(i64, &'static str, u64)>,
    /// Who took which lease, and when.
    leases: BTreeMap<String, Vec<(i64, Id)>>,
    clock: i64,
    asked: usize,
}

const TEAMS: [&str; 2] = ["blue", "red"];

impl Run {
    fn new(seed: u64) -> Self {
        let config = Config { token_life: 30 * S, ..Config::default() };
        Self {
            kit: Kit::with(RULES, config),
            random: Random::new(seed),
            tokens: BTreeMap::new(),
            executed: BTreeSet::new(),
            spent: Vec::new(),
            leases: BTreeMap::new(),
            clock: i64::MIN,
            asked: 0,
        }
    }

    fn facts(agent: usize) -> aas::Facts {
        crate::kit::facts(&format!("a{agent}")).agent("team", Raw::text(TEAMS[agent % 2]))
    }

    /// A lease is taken only where nobody else took or renewed it within its length: one who was released never had it.
    fn hold(&mut self, record: &Record) {
        let (id, reservation) = match &record.event {
            Event::Requested(requested) => match &requested.then {
                Then::Permitted(reservation) => (&requested.id, reservation),
                Then::Refused | Then::Held(_) => return,
            },
            Event::Began { id, reservation: Some(reservation), .. } => (id, reservation),
            _ => return,
        };
        for touch in reservation.touches.iter().filter(|touch| matches!(touch.take, Take::Holder(_))) {
            let state = self.kit.governor.state();
            let agent_of = |id: &Id| state.request(id).map(|entry| entry.agent.clone());
            let holders = self.leases.entry(touch.key.to_string()).or_default();
            for (at, other) in holders.iter() {
                let is_gone = state.request(other).is_none_or(|entry| matches!(entry.stage, Stage::Gone(_)));
                let free = agent_of(other) == agent_of(id) || is_gone || at + 60 * S <= record.at;
                assert!(free, "{id} took {} at {} from {other}, who took it at {at}", touch.key, record.at);
            }
            holders.push((record.at, id.clone()));
        }
    }

    fn note(&mut self, step: &Step) {
        step.events.iter().for_each(|record| self.hold(record));
        for effect in &step.effects {
            match effect {
                Effect::Reply(reply) => {
                    if let Standing::Permitted(token) = &reply.standing {
                        self.tokens.insert(reply.id.clone(), token.clone());
                    }
                }
                Effect::Execute { token, .. } => {
                    assert!(self.executed.insert(token.request.clone()), "{} ran twice", token.request);
                }
                _ => {}
            }
        }
    }

    fn pick(&mut self, stage: fn(Stage) -> bool) -> Option<(Id, usize)> {
        let found: Vec<(Id, usize)> = self
            .kit
            .governor
            .state()
            .requests()
            .filter(|(_, entry)| stage(entry.stage))
            .map(|(id, entry)| (id.clone(), entry.agent.as_str()[1..].parse().expect("a number")))
            .collect();
        let place = self.random.below(found.len().max(1));
        found.get(place).cloned()
    }

    fn act(&mut self) {
        match self.random.below(12) {
            0..=3 => self.ask(),
            4 | 5 => self.begin(|stage| stage == Stage::Permitted),
            6 => self.begin(|stage| stage == Stage::Approved),
            7 | 8 => self.end(),
            9 => {
                if let Some((id, _)) = self.pick(|stage| stage == Stage::Waiting) {
                    let yes = self.random.below(4) > 0;
                    let step = self.kit.answer(id.as_str(), "demo.anybody", "ada", yes);
                    self.note(&step);
                }
            }
            10 => {
                if let Some((id, _)) = self.pick(|stage| !stage.is_final() && stage != Stage::Running) {
                    let step = self.kit.tell(Command::Cancel { id });
                    self.note(&step);
                }
            }
            _ => {
                // Forward, and now and then back.
                let span = [1, S, 20 * S, 61 * S, -3_600 * S, 3_600 * S][self.random.below(6)];
                self.kit.wait(span);
                let step = self.kit.tell(Command::Tick);
                self.note(&step);
            }
        }
    }

    fn ask(&mut self) {
        self.asked += 1;
        let agent = self.random.below(6);
        let run = ["x", "y", "z"][self.random.below(3)];
        let request = if self.random.below(3) == 0 {
            Request::new("risky").param("run", Raw::text(run))
        } else {
            Request::new("work").param("run", Raw::text(run)).claim("cost", Raw::Number("0.50".into()))
        };
        let id = format!("q{}", self.asked);
        let entities = self.kit.entities.clone();
        let facts = Self::facts(agent);
        let ask = aas_govern::command::Ask { id: id.as_str().into(), request, facts, entities, dry_run: false };
        let step = self.kit.tell(Command::Request(ask));
        self.note(&step);
    }

    fn begin(&mut self, stage: fn(Stage) -> bool) {
        let Some((id, agent)) = self.pick(stage) else { return };
        let token = self.tokens.get(&id).cloned();
        let entities = self.kit.entities.clone();
        let step = self.kit.tell(Command::Begin { id, token, facts: Self::facts(agent), entities });
        self.note(&step);
    }

    fn end(&mut self) {
        let Some((id, agent)) = self.pick(|stage| stage == Stage::Running) else { return };
        let result = [Ended::Success, Ended::Failure, Ended::Unknown][self.random.below(3)];
        let cents = self.random.below(101) as u64;
        let is_work = self
            .kit
            .governor
            .state()
            .request(&id)
            .and_then(|e| e.request.clone())
            .is_some_and(|r| &*r.action == "work");
        let cost = format!("{}.{:02}", cents / 100, cents % 100);
        if is_work {
            // An unknown outcome is charged what was held.
            self.clock = self.clock.max(self.kit.now);
            self.spent.push((self.clock, TEAMS[agent % 2], if result == Ended::Unknown { 100 } else { cents }));
        }
        let step = self.kit.end(id.as_str(), result, Some(&cost));
        self.note(&step);
    }

    fn check(&self) {
        let state = self.kit.governor.state();
        let holding = state.requests().filter(|(_, entry)| entry.reservation.is_some());
        assert!(holding.count() <= AT_ONCE, "never more at once");
        for (id, entry) in state.requests() {
            let holds = matches!(entry.stage, Stage::Permitted | Stage::Running);
            assert_eq!(entry.reservation.is_some(), holds, "{id} is {}", entry.stage.name());
        }
        let recent = |team: &str| -> u64 {
            let day = self.clock.saturating_sub(24 * 3_600 * S);
            self.spent.iter().filter(|(at, of, _)| *at > day && *of == team).map(|(_, _, cents)| cents).sum()
        };
        for team in TEAMS {
            assert!(recent(team) <= 800, "{team} spent {} hundredths in a day", recent(team));
        }
    }
}

fn interleave(runs: u64) {
    for seed in 1..=runs {
        let mut run = Run::new(seed);
        for _ in 0..1_000 {
            run.act();
            run.check();
        }
        let cut = run.random.below(run.kit.journal.len());
        let replayed = State::replay(Governor::seed(&SECRET), &run.kit.journal[..cut]);
        let held = replayed.requests().filter(|(_, entry)| entry.reservation.is_some()).count();
        assert!(held <= AT_ONCE, "a journal without its tail holds no more");
        run.kit.check_replay();
        // What is left ends by itself or by its outcome.
        while let Some((id, _)) = run.pick(|stage| stage == Stage::Running) {
            run.kit.end(id.as_str(), Ended::Success, Some("0.10"));
        }
        run.kit.wait(24 * 3_600 * S * 2);
        run.kit.tell(Command::Tick);
        let left = run.kit.governor.state().requests().filter(|(_, entry)| entry.reservation.is_some()).count();
        assert_eq!(left, 0, "every reservation ends");
    }
}

#[test]
fn any_order_of_commands_keeps_the_bounds() {
    interleave(8);
}

#[test]
#[ignore = "ten thousand runs take a while: `just soak`"]
fn soak_any_order_of_commands_keeps_the_bounds() {
    interleave(10_000);
}
