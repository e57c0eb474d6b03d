//! The governor: commands in, events and effects out. There is no other door to an effect.
//!
//! A step first ends what is over by now, then carries out its command. Every change is an event, and state is what
//! follows from the events; a step that is refused has none. A reader may follow a request:
//!
//! 1. [`ask`](self): it is read, told how state stands, decided; what it touches is reserved in the same step.
//! 2. [`people`](self): a red one waits for those who must approve it.
//! 3. [`run`](self): it begins with its token, or is decided once more after approval; it ends, and is settled.
//! 4. [`halt`](self): people stop, resume, freeze, set flags, grant and revoke.
//! 5. [`sessions`](self): sessions open and close.
//! 6. [`tell`](self): people are told, one by one or in digests.
//! 7. [`flow`](self) and [`steps`](self): runs of workflows, whose steps are requests; [`late`](self): what takes too long.
//! 8. [`due`](self): schedules, whose requests are made like any other.
//! 9. [`install`](self): another policy takes over.

mod ask;
mod due;
mod first;
mod flags;
mod flow;
mod halt;
mod install;
mod late;
mod people;
mod run;
mod sessions;
mod steps;
mod tell;
mod watch;

use std::sync::Arc;

use aas::reader::Bound;
use aas::{Entities, Policy};

use crate::command::{Command, Outcome};
use crate::effect::{Effect, Problem};
use crate::event::{Event, Record, VERSION, Why};
use crate::ids::Id;
use crate::look::Look;
use crate::program::Program;
use crate::runs::RunEvent;
use crate::state::{Stage, State};

pub use people::may_answer;
pub(crate) use watch::{Seen, Watch};

/// Bounds and times that are the embedder's to choose. Times are microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long a permitted request may take to begin.
    pub token_life: i64,
    /// How long the answer to a request is kept after it has ended. Until then the same name gets the same answer.
    pub keep_answers: i64,
    /// The most requests that are kept. At the bound new ones are refused until old answers are forgotten.
    pub most_requests: usize,
    /// The most requests of one agent that wait for people: nobody is flooded with questions.
    pub most_waiting_per_agent: u32,
    /// The most requests that wait for people.
    pub most_waiting: usize,
    /// The most runs of workflows that are kept, those that have ended included.
    pub most_runs: usize,
    /// The most steps of a run that are under way at once. Those that wait for people are not counted.
    pub most_steps_at_once: usize,
    /// The most bytes that are kept of what a step gives back; more than that is nothing.
    pub most_output: usize,
    /// How long a run may take where its workflow does not say.
    pub run_life: i64,
    /// How long a run that has failed may take to make good.
    pub make_good_within: i64,
    /// How long an action that was told to end may take to do so. Then its outcome is unknown.
    pub abort_within: i64,
    /// The most agents and values of flags that are kept.
    pub most_names: usize,
    /// The most sessions that are known. At the bound nothing is asked in a new one until others are forgotten.
    pub most_sessions: usize,
    /// A session in which nothing was asked for so long is closed.
    pub session_life: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            token_life: 60_000_000,
            keep_answers: 24 * 3_600_000_000,
            most_requests: 1_000_000,
            most_waiting_per_agent: 32,
            most_waiting: 10_000,
            most_runs: 10_000,
            most_steps_at_once: 8,
            most_output: 65_536,
            run_life: 7 * 24 * 3_600_000_000,
            make_good_within: 3_600_000_000,
            abort_within: 60_000_000,
            most_names: 1_000_000,
            most_sessions: 100_000,
            session_life: 7 * 24 * 3_600_000_000,
        }
    }
}

/// What a step has brought about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What has happened, to be stored before any effect is carried out.
    pub events: Vec<Record>,
    /// What the host does.
    pub effects: Vec<Effect>,
}

/// A governor.
#[derive(Clone, Debug)]
pub struct Governor {
    secret: [u8; 32],
    config: Config,
    state: State,
    program: Option<Program>,
    unreadable: Option<Arc<str>>,
    /// What requests read of flags, and the count of changes it was made at.
    flags: Option<(u64, Arc<aas::raw::RawFields>)>,
    /// What the step in hand has brought about so far.
    step: Step,
    /// Where this is a rehearsal: what it sees of each decision.
    watch: Option<Box<Watch>>,
    /// When something of what runs by itself is due; the least time where it must be looked for.
    alarm: i64,
    /// The outcome that the step in hand was told.
    reported: Option<(Id, Outcome)>,
    /// How many events of the step in hand runs have looked at.
    looked_at: usize,
    /// Whether it was restored and no run was looked at since.
    is_fresh: bool,
}

impl Governor {
    /// A governor to whom nothing has happened. The secret makes tokens, and keys are hashed under it; the embedder keeps
    /// it and gives the same one to executors that check tokens by themselves.
    #[must_use]
    pub fn new(secret: [u8; 32], config: Config) -> Self {
        Self {
            state: State::new(seed(&secret)),
            secret,
            config,
            program: None,
            unreadable: None,
            flags: None,
            step: Step::default(),
            watch: None,
            alarm: i64::MIN,
            reported: None,
            looked_at: 0,
            is_fresh: true,
        }
    }

    /// A governor with a state that was replayed, and the policy that decided last. Where another policy is given it
    /// must be installed by a command.
    ///
    /// # Errors
    /// Where the policy is not the one that state knows, or cannot be governed.
    pub fn restore(secret: [u8; 32], config: Config, state: State, policy: Policy) -> Result<Self, Problem> {
        let program = Program::new(policy).map_err(|unfit| Problem::BadValue(unfit.to_string()))?;
        if state.policy.as_deref() != Some(&*program.policy.hash().to_string()) {
            return Err(Problem::BadValue("the state was left by another policy; install this one".into()));
        }
        if *state.schema != **program.schema() {
            return Err(Problem::BadValue("the state keeps something else than the policy says".into()));
        }
        Ok(Self { state, program: Some(program), ..Self::new(secret, config) })
    }

    /// The seed under which this governor's secret hashes keys: what [`State::replay`] takes.
    #[must_use]
    pub fn seed(secret: &[u8; 32]) -> [u64; 2] {
        seed(secret)
    }

    /// State could not be read: from now on everything counts as stopped, until the embedder makes a new governor.
    pub fn mark_unreadable(&mut self, why: &str) {
        self.unreadable = Some(why.into());
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The policy that decides.
    #[must_use]
    pub fn policy(&self) -> Option<&Policy> {
        self.program.as_ref().map(|program| &program.policy)
    }

    /// Carries out a command at a time, in microseconds since the Unix epoch. A time before the last one counts as the last
    /// one: a clock that goes back frees nothing.
    pub fn step(&mut self, command: Command, now: i64) -> Step {
        if let Some(why) = &self.unreadable {
            return Step { events: Vec::new(), effects: vec![Effect::Reject(Problem::Unreadable(why.clone()))] };
        }
        self.state.see_time(now);
        self.end_what_is_over();
        if self.state.clock >= self.alarm {
            self.do_what_is_due();
        }
        self.runs_go_on();
        if let Err(problem) = self.carry_out(command) {
            self.step.effects.push(Effect::Reject(problem));
        }
        self.runs_go_on();
        (self.looked_at, self.reported) = (0, None);
        std::mem::take(&mut self.step)
    }

    fn carry_out(&mut self, command: Command) -> Result<(), Problem> {
        match command {
            Command::Install { policy } => self.install(policy),
            Command::Request(ask) => self.ask(ask),
            Command::Begin { id, token, facts, entities } => self.begin(&id, token.as_ref(), facts, &entities),
            Command::Outcome { id, outcome } => self.outcome(&id, &outcome),
            Command::Cancel { id } => self.cancel(&id),
            Command::Answer(answer) => self.answer(&answer),
            Command::SetFlag(set) => self.set_flag(set),
            Command::ClearFlag { of, by } => self.clear_flag(of, &by),
            Command::Stop { by, reason } => self.stop(by, reason),
            Command::Resume { by } => self.resume(&by),
            Command::Freeze { agent, by, reason } => self.freeze(agent, by, reason),
            Command::Unfreeze { agent, by } => self.unfreeze(agent, &by),
            Command::Grant(grant) => self.grant(&grant),
            Command::Revoke { item, key, by } => self.revoke(&item, &key, &by),
            Command::Introduce { agent, parent, owner } => self.introduce(agent, parent, owner),
            Command::OpenSession { session, parent } => self.open_session(session, parent),
            Command::CloseSession { session } => self.close_session(session),
            Command::VouchForPast { item, by } => self.vouch_for_past(&item, &by),
            Command::StartRun(start) => self.start_run(start),
            Command::AdvanceRun { run, step, facts, entities } => {
                self.advance_run(&run, step.as_ref(), &facts, &entities)
            }
            Command::AnswerRun { run, step, by, yes } => self.answer_run(&run, &step, &by, yes),
            Command::CancelRun { run, by } => self.cancel_run(&run, &by),
            Command::SubmitDue { schedule, facts, entities } => self.submit_due(&schedule, &facts, &entities),
            Command::Delivered { digest, channel, number } => self.delivered(digest, channel, number),
            Command::Tick => Ok(()),
        }
    }

    /// Takes an event into the state and into the step.
    fn happen(&mut self, event: Event) {
        let record = Record { v: VERSION, seq: self.state.seq + 1, at: self.state.clock, event };
        self.state.apply(&record);
        self.step.events.push(record);
    }

    /// How state stands for a request; none where no policy is installed.
    fn look<'a>(&'a mut self, bound: &'a mut Bound, entities: &'a Entities, agent: &'a Id) -> Option<Look<'a>> {
        let now = self.now();
        let Program { policy, schema, periods, ways, no_key, .. } = self.program.as_mut()?;
        let way = ways.of(policy, schema, bound.action);
        let policy = policy.typed();
        let (tables, sessions) = (&mut self.state.tables, &self.state.sessions);
        let unreadable = self.watch.as_ref().map(|watch| &watch.unreadable);
        Some(Look { policy, way, no_key, periods, tables, sessions, bound, entities, agent, now, unreadable })
    }

    fn now(&self) -> i64 {
        self.state.clock
    }

    /// Requests that waited or were permitted too long, flags whose time is over, answers that were kept long enough.
    fn end_what_is_over(&mut self) {
        while let Some((_, id)) = self.state.due.first().filter(|(expires, _)| *expires <= self.state.clock) {
            let id = id.clone();
            self.end(&id, Why::Expired);
        }
        self.end_what_is_late();
        self.end_flags();
        self.end_sessions();
        let before = self.now().saturating_sub(self.config.keep_answers);
        let old = self.state.ended.iter().take_while(|(at, _)| *at <= before).take(1_024);
        let ids: Vec<Id> = old.map(|(_, id)| id.clone()).collect();
        if !ids.is_empty() {
            self.happen(Event::Forgotten { ids });
        }
        let ids: Vec<Id> = self.state.runs.ended_until(before).take(1_024).cloned().collect();
        if !ids.is_empty() {
            self.happen(Event::Run(RunEvent::Forgotten { ids }));
        }
    }

    /// What the policy does by itself.
    fn do_what_is_due(&mut self) {
        let next = [self.tell_digests(), self.ask_what_is_due()];
        self.alarm = next.into_iter().flatten().min().unwrap_or(i64::MAX);
    }

    /// What is due may be another now.
    fn look_again(&mut self) {
        self.alarm = i64::MIN;
    }

    /// Ends a request that has not run; one that runs is told to stop.
    fn end(&mut self, id: &Id, why: Why) {
        let Some(entry) = self.state.requests.get(id) else { return };
        let waits_for_people = matches!(entry.stage, Stage::Waiting | Stage::Approved);
        let touches: Vec<u32> = entry.reservation.iter().flat_map(|r| &r.touches).map(|touch| touch.family).collect();
        let periods = self.periods(&touches);
        self.happen(Event::Ended { id: id.clone(), why, periods });
        if waits_for_people {
            self.reply(id, None);
        }
    }

    fn periods(&mut self, families: &[u32]) -> Vec<Option<crate::registers::CalendarPeriod>> {
        let now = self.now();
        let Some(program) = &mut self.program else { return Vec::new() };
        let periods: Vec<_> = families.iter().map(|family| program.periods.at(*family, now)).collect();
        if periods.iter().all(Option::is_none) { Vec::new() } else { periods }
    }
}

fn seed(secret: &[u8; 32]) -> [u64; 2] {
    let hash = blake3::keyed_hash(secret, b"aas keys 1");
    let mut halves =
        hash.as_bytes().chunks_exact(8).map(|bytes| bytes.iter().fold(0, |n: u64, b| n << 8 | u64::from(*b)));
    [halves.next().unwrap_or(0), halves.next().unwrap_or(0)]
}
