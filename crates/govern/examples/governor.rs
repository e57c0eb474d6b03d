//! A week of ten agents, from one seed, with nothing but memory: `cargo run --release -p aas-govern --example governor [SEED]`.
//!
//! Agents write, test, fetch, send, deploy and spend; people approve, stop and resume; outcomes move trust. At the end the
//! week is replayed from its events and must give the same state, bit for bit.
#![allow(clippy::disallowed_methods, reason = "an example is a program of its own")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use aas::check::typed::RawEntity;
use aas::decision::Tier;
use aas::raw::Raw;
use aas::{Entities, Facts, Policy, Request, Settings, SourceSet};
use aas_govern::command::{Answer, Ask, Ended, Outcome, Person};
use aas_govern::effect::Standing;
use aas_govern::event::Needed;
use aas_govern::ids::Id;
use aas_govern::{Command, Config, Effect, Governor, Record, State, Step};

const RULES: &str = r#"package week

entity Role one of { maintainers }

facts agent { trust: decimal 0..100 = 50, frozen: bool = false, team: string }
facts session { id: string }

action code.write, test.run { severity low }
action web.fetch { observed { trusted: bool } }
action email.send
action deploy.staging { service: string  severity high }
action deploy.production { service: string  severity critical }
action llm.call { claimed { cost: decimal 0.00..100.00 } }

trust default {
    range 0..100  start 50
    on success { low +0.5, medium +1, high +2, critical +3 }
    on failure { low -1, medium -3, high -8, critical -20 }
    streak +0.2 at most +2   gain at most 10 per 1d
    freeze after 3 failures in a row or 1 critical failure   while frozen no gain
    decay 0.1 per idle day, never below 50
    levels { probation < 30 <= standard < 60 <= trusted < 85 <= autonomous }
}

rule work on code.write, test.run, web.fetch, email.send, llm.call { green }
rule staging on deploy.staging { yellow  notify digest }
rule production on deploy.production { red  because "Production needs a person." }
relax trusted_staging on deploy.staging { when agent.trust >= 60 and not agent.frozen  yellow to green }

guard frozen on any action { when agent.frozen  red  because "The agent is frozen." }
guard untested on deploy.* {
    unless seen(test.run succeeded) since(code.write) in session
    black
    because "Test what was written first."
}
guard after_untrusted on email.send {
    when seen(web.fetch where not trusted) in session
    black
    because "This session has read untrusted content."
}

limit rate on any action { at most 30 per 1h for each agent.id  warn yellow at 80%  otherwise black  because "{count} requests in an hour." }
limit production_rate on deploy.production { at most 3 per 1d for each service  otherwise black  because "{count} today." }
cooldown quiet on deploy.staging { 15m for each service  otherwise black  because "Again in {remaining}." }
budget llm on llm.call {
    spend believing cost ceiling 2.00  at most 20.00 per day for each agent.team
    warn yellow at 80%  otherwise black  because "{used} spent today."
}

approval maintainers on deploy.production { by Role.maintainers, quorum 1, within 30m, otherwise refuse }
"#;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Monday 2026-01-05, midnight in UTC.
const MONDAY: i64 = 1_767_571_200 * SECOND;
const ACTIONS: [&str; 7] =
    ["code.write", "test.run", "web.fetch", "email.send", "deploy.staging", "deploy.production", "llm.call"];

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(7), |text| text.parse::<u64>())?;
    let policy = Policy::compile(&SourceSet::single("week.aasrule", RULES), &Settings::default())
        .map_err(|findings| findings.iter().map(|f| f.message.clone()).collect::<Vec<_>>().join("\n"))?;
    let began = Instant::now();
    let mut week = Week::new(policy, seed)?;
    week.live();
    let (steps, lived) = (week.steps, began.elapsed());
    week.report();
    let again = State::replay(Governor::seed(&SECRET), &week.journal);
    if again.snapshot() != week.governor.state().snapshot() {
        return Err("the replayed week is another one".into());
    }
    println!("{steps} commands and {} events in {lived:.0?}; the replay gave the same state.", week.journal.len());
    Ok(())
}

const SECRET: [u8; 32] = [42; 32];

/// What will happen at a time.
enum Plan {
    Ask(usize),
    End(Id, Ended, Option<String>),
    Approve(Id, Needed),
    Begin(Id, usize),
    Stop,
    Resume,
    Unfreeze(Id),
}

#[derive(Default)]
struct Tally {
    asked: u32,
    ran: u32,
    by_tier: [u32; 4],
    failed: u32,
}

struct Week {
    governor: Governor,
    entities: Arc<Entities>,
    random: u64,
    now: i64,
    plans: BTreeMap<(i64, u64), Plan>,
    planned: u64,
    steps: u64,
    journal: Vec<Record>,
    tallies: Vec<Tally>,
    refusals: BTreeMap<String, u32>,
    notices: u32,
    approved: u32,
}

impl Week {
    fn new(policy: Policy, seed: u64) -> Result<Self, Box<dyn Error>> {
        let entity = |ty: &str, id: &str, parents: Vec<(Arc<str>, Arc<str>)>| RawEntity {
            ty: ty.into(),
            id: id.into(),
            parents,
            attributes: Vec::new(),
        };
        let role = vec![("Role".into(), "maintainers".into())];
        let given = [entity("Role", "maintainers", Vec::new()), entity("Agent", "ada", role)];
        let entities = Arc::new(policy.entities(&given)?);
        let mut week = Self {
            governor: Governor::new(SECRET, Config::default()),
            entities,
            random: seed | 1,
            now: MONDAY,
            plans: BTreeMap::new(),
            planned: 0,
            steps: 0,
            journal: Vec::new(),
            tallies: (0..10).map(|_| Tally::default()).collect(),
            refusals: BTreeMap::new(),
            notices: 0,
            approved: 0,
        };
        week.tell(Command::Install { policy });
        Ok(week)
    }

    /// xorshift64*: Marsaglia, "Xorshift RNGs", 2003, with Vigna's multiplier.
    fn below(&mut self, n: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }

    fn plan(&mut self, after: i64, what: Plan) {
        self.planned += 1;
        self.plans.insert((self.now + after, self.planned), what);
    }

    fn live(&mut self) {
        for agent in 0..10 {
            self.plan(agent as i64 * MINUTE, Plan::Ask(agent));
        }
        self.plan(2 * DAY + 14 * HOUR, Plan::Stop);
        self.plan(2 * DAY + 15 * HOUR, Plan::Resume);
        while let Some(((at, _), plan)) = self.plans.pop_first() {
            if at >= MONDAY + 7 * DAY {
                break;
            }
            self.now = at;
            self.carry_out(plan);
        }
    }

    fn carry_out(&mut self, plan: Plan) {
        match plan {
            Plan::Ask(agent) => self.ask(agent),
            Plan::End(id, result, cost) => {
                let agent = self.governor.state().request(&id).map(|entry| entry.agent.clone());
                let outcome = Outcome { result, cost: cost.map(Into::into), output: Vec::new() };
                self.tell(Command::Outcome { id, outcome });
                if let Some(agent) = agent.filter(|agent| self.governor.state().is_frozen(agent)) {
                    self.plan(4 * HOUR, Plan::Unfreeze(agent));
                }
            }
            Plan::Approve(request, needed) => {
                let by = self.ada();
                let step = self.tell(Command::Answer(Answer { request, approval: needed.approval, by, yes: true }));
                self.approved += u32::from(
                    step.effects
                        .iter()
                        .any(|e| matches!(e, Effect::Reply(reply) if reply.standing == Standing::Approved)),
                );
            }
            Plan::Begin(id, agent) => self.begin(&id, agent),
            Plan::Stop => {
                self.tell(Command::Stop { by: "ada".into(), reason: "A drill.".into() });
            }
            Plan::Resume => {
                let by = self.ada();
                self.tell(Command::Resume { by });
            }
            Plan::Unfreeze(agent) => {
                let by = self.ada();
                self.tell(Command::Unfreeze { agent, by });
            }
        }
    }

    fn ada(&self) -> Person {
        Person { id: "ada".into(), is_person: true, entities: self.entities.clone() }
    }

    fn ask(&mut self, agent: usize) {
        // Mostly work, sometimes a deployment; nights are quiet.
        let action = match self.below(100) {
            0..35 => 0,
            35..65 => 1,
            65..75 => 2,
            75..80 => 3,
            80..88 => 4,
            88..91 => 5,
            _ => 6,
        };
        let hour = (self.now - MONDAY) % DAY / HOUR;
        let pause = if (8..19).contains(&hour) { 8 } else { 90 };
        let after = (1 + self.below(2 * pause)) as i64 * MINUTE;
        self.plan(after, Plan::Ask(agent));
        let (request, facts) = (self.request(action), self.facts(agent, action));
        let id = Id::new(&format!("q{}", self.planned));
        let entities = self.entities.clone();
        self.tallies[agent].asked += 1;
        let step = self.tell(Command::Request(Ask { id: id.clone(), request, facts, entities, dry_run: false }));
        self.follow(&id, agent, &step);
    }

    fn request(&mut self, action: usize) -> Request {
        let request = Request::new(ACTIONS[action]);
        match action {
            4 | 5 => request.param("service", Raw::text(["api", "web", "jobs"][self.below(3) as usize])),
            6 => {
                let cents = self.below(150);
                request.claim("cost", Raw::Number(format!("{}.{:02}", cents / 100, cents % 100).into()))
            }
            _ => request,
        }
    }

    fn facts(&mut self, agent: usize, action: usize) -> Facts {
        let session = format!("s{agent}-{}", (self.now - MONDAY) / DAY);
        let facts = Facts::of_agent(&format!("agent-{agent}"))
            .agent("kind", Raw::text("machine"))
            .agent("team", Raw::text(["blue", "red"][agent % 2]))
            .session("id", Raw::text(&session));
        if action == 2 { facts.observed("trusted", Raw::Bool(self.below(4) > 0)) } else { facts }
    }

    fn follow(&mut self, id: &Id, agent: usize, step: &Step) {
        for effect in &step.effects {
            match effect {
                Effect::Reply(reply) if reply.id == *id => {
                    self.tallies[agent].by_tier[reply.decided.tier as usize] += 1;
                    if reply.decided.tier == Tier::Black || reply.standing == Standing::Refused {
                        let code = reply.decided.code.as_deref().unwrap_or("the default").to_owned();
                        *self.refusals.entry(code).or_default() += 1;
                    }
                    if matches!(reply.standing, Standing::Permitted(_)) {
                        self.plan(SECOND, Plan::Begin(id.clone(), agent));
                    }
                }
                Effect::Ask { needed, .. } => {
                    // Somebody looks after a while; now and then too late.
                    let after = (1 + self.below(36)) as i64 * MINUTE;
                    self.plan(after, Plan::Approve(id.clone(), needed.clone()));
                    self.plan(after + 30 * SECOND, Plan::Begin(id.clone(), agent));
                }
                Effect::Notify { .. } => self.notices += 1,
                _ => {}
            }
        }
    }

    fn begin(&mut self, id: &Id, agent: usize) {
        let state = self.governor.state();
        let Some(entry) = state.request(id) else { return };
        let action = entry.request.as_ref().map_or("", |request| &request.action);
        let action = ACTIONS.iter().position(|name| *name == action).unwrap_or(0);
        let facts = self.facts(agent, action);
        let token = self.governor.token(id);
        let entities = self.entities.clone();
        let step = self.tell(Command::Begin { id: id.clone(), token, facts, entities });
        if step.effects.iter().any(|effect| matches!(effect, Effect::Execute { .. })) {
            self.tallies[agent].ran += 1;
            let failed = self.below(20) == 0;
            self.tallies[agent].failed += u32::from(failed);
            let result = if failed { Ended::Failure } else { Ended::Success };
            let cost = (action == 6).then(|| format!("0.{:02}", self.below(100)));
            let after = (1 + self.below(120)) as i64 * SECOND;
            self.plan(after, Plan::End(id.clone(), result, cost));
        }
    }

    fn tell(&mut self, command: Command) -> Step {
        self.steps += 1;
        let step = self.governor.step(command, self.now);
        self.journal.extend(step.events.iter().cloned());
        step
    }

    fn report(&self) {
        println!("A week of ten agents\n");
        println!("agent     asked  green yellow   red black    ran failed   trust");
        for (agent, tally) in self.tallies.iter().enumerate() {
            let trust = self.governor.state().trust(&Id::new(&format!("agent-{agent}"))).unwrap_or(0);
            let [green, yellow, red, black] = tally.by_tier;
            println!(
                "agent-{agent} {:>7} {green:>6} {yellow:>6} {red:>5} {black:>5} {:>6} {:>6} {:>5}.{}",
                tally.asked,
                tally.ran,
                tally.failed,
                trust / 1_000_000,
                trust % 1_000_000 / 100_000,
            );
        }
        println!("\n{} approved, {} notices for the digest. Refused:", self.approved, self.notices);
        for (code, count) in &self.refusals {
            println!("{count:>7}  {code}");
        }
        println!();
    }
}
