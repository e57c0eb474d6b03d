//! A test that needs a governor: what is permitted begins and succeeds at once, unless the test says otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;

use aas::check::typed::{
    AgentGiven, Expected, StandingWord, TestAnswer, TestAsk, TestCase, TestDoes, TestOutcome, TestStep, TypedTest,
};
use aas::decision::{Decision, Engine, Obligation, Tier};
use aas::raw::{Raw, get};
use aas::reader::Bound;
use aas::source::Span;
use aas::syntax::ast::OutcomeWord;
use aas::value::number;
use aas::verify::unmet_with_code;
use aas::{Entities, Facts, Policy, pipeline};

use super::{Asked, Rehearsed, kept, told};
use crate::command::{Answer, Ask, Command, Ended, Outcome, Person};
use crate::effect::{Effect, Problem, Reply, Standing};
use crate::governor::{Config, Governor, Seen, Step};
use crate::ids::Id;
use crate::state::Stage;

/// How what runs ends where the test does not say.
const SUCCESS: TestOutcome = TestOutcome { result: OutcomeWord::Success, cost: None };

/// A test on its way.
pub(super) struct Play<'t> {
    pub(super) policy: &'t Policy,
    pub(super) governor: Governor,
    pub(super) out: Rehearsed,
    /// What the last step was about.
    pub(super) last: Option<Last>,
    now: i64,
    /// Requests in the order in which they were asked.
    order: Vec<(Id, Arc<Request>)>,
    /// What was answered to each, with the governor's own code.
    answers: BTreeMap<Id, (Decision, Option<Arc<str>>)>,
}

/// A request that was asked.
struct Request {
    case: TestCase,
    entities: Arc<Entities>,
    asked: usize,
    bound: Bound,
    agent: Id,
}

/// What the last step was about.
pub(super) struct Last {
    pub(super) id: Id,
    pub(super) agent: Id,
    pub(super) bound: Bound,
    pub(super) entities: Arc<Entities>,
    /// The place of its decision.
    pub(super) asked: usize,
}

/// Plays a test.
pub(super) fn play(policy: &Policy, test: &TypedTest, engines: &[Engine]) -> Rehearsed {
    // Answers are kept for the whole test, so that it can ask where a request stands.
    let mut governor =
        Governor::new([0; 32], Config { keep_answers: i64::MAX, session_life: i64::MAX, ..Config::default() });
    governor.watch(engines);
    let mut play = Play {
        policy,
        governor,
        out: Rehearsed::default(),
        last: None,
        now: i64::MIN,
        order: Vec::new(),
        answers: BTreeMap::new(),
    };
    for (place, step) in test.steps.iter().enumerate() {
        play.now = step.at;
        let done = if place == 0 { play.tell_governor(Command::Install { policy: policy.clone() }) } else { Ok(()) };
        if let Err(problem) = done {
            play.out.miss(test.span, None, "a policy that can be governed", problem.to_string());
            break;
        }
        play.step(step);
    }
    play.out
}

impl Play<'_> {
    fn step(&mut self, step: &TestStep) {
        let _ = self.governor.step(Command::Tick, self.now);
        match &step.does {
            TestDoes::Ask(ask) if ask.dry => {
                let (governor, last) = (self.governor.clone(), self.last.take());
                self.ask(ask);
                self.governor = governor;
                self.last = last.or_else(|| self.last.take());
            }
            TestDoes::Ask(ask) => self.ask(ask),
            TestDoes::Outcome(outcome) => self.outcome(step, outcome),
            TestDoes::Answer(answer) => self.answer(step, answer),
            TestDoes::Deed(deed) => self.deed(step, deed),
            TestDoes::Unreadable(item) => {
                if let Some(id) = self.policy.typed().state.find(item) {
                    self.governor.make_unreadable(id);
                }
            }
            TestDoes::Session { name, opener } => {
                let (session, parent) = (Id::from(name.clone()), opener.clone().map(Id::from));
                self.must(step.span, "a session", Command::OpenSession { session, parent });
            }
            TestDoes::Stop => {
                let (by, reason) = (Id::new("the test"), "the test says so".into());
                self.must(step.span, "everything stops", Command::Stop { by, reason });
            }
            TestDoes::Resume => {
                let by = Person { id: Id::new("the test"), is_person: true, entities: Arc::new(Entities::none()) };
                self.must(step.span, "everything goes on", Command::Resume { by });
            }
            TestDoes::Nothing => {}
        }
        self.judge_kept(&step.expect);
    }

    /// Carries out a command that tells nobody anything.
    fn must(&mut self, span: Span, expected: &str, command: Command) {
        if let Err(problem) = self.tell_governor(command) {
            self.out.miss(span, None, expected, problem.to_string());
        }
    }

    pub(super) fn tell_governor(&mut self, command: Command) -> Result<(), Problem> {
        problem(&self.governor.step(command, self.now)).map_or(Ok(()), Err)
    }

    /// Asks, as often as the test says. Of a repeated request, the first difference is told.
    fn ask(&mut self, ask: &TestAsk) {
        let case = &ask.case;
        let entities = match self.policy.entities(&case.entities) {
            Ok(entities) => Arc::new(entities),
            Err(error) => return self.out.miss(case.span, None, "entities that fit", error.to_string()),
        };
        self.give_standing(&case.facts, ask.given);
        let before_it = ask.dry.then(|| self.governor.clone());
        for round in 1..=ask.times {
            let before = self.out.misses.len();
            let is_answered = self.ask_once(ask, &entities);
            if self.out.misses.len() > before {
                if ask.times > 1 {
                    for miss in &mut self.out.misses[before..] {
                        miss.found = format!("Step {round} gives {}, not {}", miss.found, miss.expected);
                    }
                }
                return;
            }
            if !is_answered {
                return;
            }
        }
        // What is kept is expected as it stands without a request that only asks.
        if let Some(before_it) = before_it {
            self.governor = before_it;
        }
        self.judge_kept(&case.expect);
    }

    /// Whether the governor takes the request up at all.
    fn ask_once(&mut self, ask: &TestAsk, entities: &Arc<Entities>) -> bool {
        let case = &ask.case;
        let id = Id::from(Arc::from(format!("r{}", self.order.len() + 1)));
        let (request, facts) = (case.request.clone(), case.facts.clone());
        let asked = Ask { id: id.clone(), request, facts, entities: entities.clone(), dry_run: false };
        let step = self.governor.step(Command::Request(asked), self.now);
        let seen = self.governor.seen();
        let (Some(reply), Some(first)) = (last_reply(&step), seen.first()) else {
            let why = problem(&step).map_or_else(|| "there is no answer".to_owned(), |problem| problem.to_string());
            self.unanswered(case, &why);
            return false;
        };
        let place = self.note(case.span, first, entities);
        let (decision, code) = self.answered(&id, &reply, &first.decision);
        self.judge_decision(&case.expect, (&decision, code.as_deref()), place);
        if ask.times == 1
            && let Some(finding) = pipeline::passes_by_default(&case.expect, &decision)
        {
            self.out.findings.push(finding);
        }
        for other in seen.iter().skip(1) {
            self.note(case.span, other, entities);
        }
        let agent = Id::from(agent_of(&case.facts));
        let (bound, entities) = (first.bound.clone(), entities.clone());
        let request = Request {
            case: case.clone(),
            entities: entities.clone(),
            asked: place,
            bound: bound.clone(),
            agent: agent.clone(),
        };
        self.answers.insert(id.clone(), (decision, code));
        self.last = Some(Last { id: reply.id.clone(), agent, bound, entities, asked: place });
        self.order.push((id.clone(), Arc::new(request)));
        self.run_permitted(&step, (&id, ask));
        true
    }

    /// A request that the governor does not take up, as its session is closed: nothing is decided, and it is refused.
    fn unanswered(&mut self, case: &TestCase, why: &str) {
        let is_refusal = |one: &&Expected| matches!(one, Expected::Standing(StandingWord::Refused, _));
        if !case.expect.iter().any(|one| is_refusal(&one)) {
            return self.out.miss(case.span, None, "a request that is answered", why.to_owned());
        }
        for other in case.expect.iter().filter(|one| !is_refusal(one)) {
            self.out.miss(other.span(), None, "a request that is answered", why.to_owned());
        }
    }

    /// Begins what is permitted, and ends it where the test does not leave that to a later step.
    fn run_permitted(&mut self, step: &Step, (id, ask): (&Id, &TestAsk)) {
        for effect in &step.effects {
            let Effect::Reply(reply) = effect else { continue };
            let Standing::Permitted(token) = &reply.standing else { continue };
            let begin = Command::Begin {
                id: reply.id.clone(),
                token: Some(token.clone()),
                facts: Facts::default(),
                entities: Arc::new(Entities::none()),
            };
            let _ = self.governor.step(begin, self.now);
            let is_main = reply.id == *id;
            if !is_main || !ask.running {
                self.end(&reply.id, ask.ends.as_ref().filter(|_| is_main).unwrap_or(&SUCCESS));
            }
        }
    }

    fn end(&mut self, id: &Id, outcome: &TestOutcome) {
        let result = match outcome.result {
            OutcomeWord::Success => Ended::Success,
            OutcomeWord::Failure => Ended::Failure,
            OutcomeWord::Unknown => Ended::Unknown,
        };
        let outcome = Outcome { result, cost: outcome.cost.clone(), output: Vec::new() };
        let _ = self.governor.step(Command::Outcome { id: id.clone(), outcome }, self.now);
    }

    /// Takes a decision into the record.
    fn note(&mut self, span: Span, seen: &Seen, entities: &Arc<Entities>) -> usize {
        let place = self.out.asked.len();
        self.out.asked.push(Asked {
            request: seen.request.clone(),
            facts: told::facts(self.policy, &seen.facts, &seen.bound),
            entities: entities.clone(),
            decision: seen.decision.clone(),
        });
        if let Some(other) = &seen.other {
            self.out.disagree(self.policy, (span, Some(place)), &seen.decision, other);
        }
        place
    }

    /// What was answered: what the rules decided, unless the governor knows better. What it refuses although the rules
    /// let it through is black.
    fn answered(&self, id: &Id, reply: &Reply, decided: &Decision) -> (Decision, Option<Arc<str>>) {
        if reply.id != *id {
            let first = self.answers.get(&reply.id).cloned();
            return first.unwrap_or_else(|| (decided.clone(), None));
        }
        let overruled = kept::is_refused(&reply.standing) && decided.tier < Tier::Black;
        if !overruled {
            return (decided.clone(), None);
        }
        let mut decision = decided.clone();
        if decision.tier < Tier::Red || reply.decided.tier == Tier::Black {
            decision.tier = Tier::Black;
            decision.determining.clear();
            decision.obligations.retain(|duty| matches!(duty, Obligation::Redact { .. }));
        }
        (decision, reply.decided.code.clone())
    }

    fn judge_decision(&mut self, expect: &[Expected], (decision, code): (&Decision, Option<&str>), asked: usize) {
        for unmet in unmet_with_code(self.policy.typed(), expect, decision, code) {
            self.out.miss(unmet.span, Some(asked), &unmet.expected, unmet.found);
        }
    }

    /// The outcome of what began last and still runs.
    fn outcome(&mut self, step: &TestStep, outcome: &TestOutcome) {
        let Some((id, request)) = self.latest(|stage| stage == Stage::Running) else {
            return self.out.miss(step.span, self.place(), "a request that is running", self.stands());
        };
        self.end(&id, outcome);
        self.look_at(id, &request);
    }

    /// An answer to what was asked last and still waits for people; once all have said yes, it begins.
    fn answer(&mut self, step: &TestStep, answer: &TestAnswer) {
        let Some((id, request)) = self.latest(|stage| stage == Stage::Waiting) else {
            return self.out.miss(step.span, self.place(), "a request that waits for people", self.stands());
        };
        let entities = match self.policy.entities(&answer.entities) {
            Ok(entities) => Arc::new(entities),
            Err(error) => return self.out.miss(step.span, None, "entities that fit", error.to_string()),
        };
        let held = self.governor.state().request(&id).and_then(|entry| entry.held.clone());
        let open = held.and_then(|held| held.needs.into_iter().find(|needed| !needed.is_given()));
        let approval = answer.approval.clone().or_else(|| open.map(|needed| needed.approval));
        let by = Person { id: answer.by.id.clone().into(), is_person: answer.by.is_person, entities: entities.clone() };
        let given = Answer { request: id.clone(), approval: approval.unwrap_or_default(), by, yes: answer.yes };
        let rejected = self.tell_governor(Command::Answer(given)).err();
        self.look_at(id.clone(), &request);
        // Who says where the request stands then has said that this may be.
        let says_where = step.expect.iter().any(|e| matches!(e, Expected::Standing(..)));
        if let Some(problem) = rejected.filter(|_| !says_where) {
            let what = if answer.yes { "an approval that counts" } else { "a refusal that counts" };
            self.out.miss(step.span, Some(request.asked), what, problem.to_string());
        }
        let is_approved = self.governor.state().request(&id).is_some_and(|entry| entry.stage == Stage::Approved);
        let decided = if is_approved { self.begin(step.span, (&id, &request), answer, &entities) } else { None };
        let of_decision = step.expect.iter().find(|e| e.is_of_decision());
        match (decided, of_decision) {
            (Some((decision, place)), _) => self.judge_decision(&step.expect, (&decision, None), place),
            (None, Some(first)) => {
                let found = format!("nothing was decided; {}", self.stands());
                self.out.miss(first.span(), Some(request.asked), "a decision", found);
            }
            (None, None) => {}
        }
    }

    /// An approved request begins: it is decided once more, by what is known now.
    fn begin(
        &mut self,
        span: Span,
        (id, request): (&Id, &Request),
        answer: &TestAnswer,
        entities: &Arc<Entities>,
    ) -> Option<(Decision, usize)> {
        let asked = &request.case.facts;
        let facts = Facts {
            env: answer.facts.env.clone(),
            flags: answer.facts.flags.clone(),
            now: Some(self.now),
            ..asked.clone()
        };
        let begin = Command::Begin { id: id.clone(), token: None, facts, entities: entities.clone() };
        let _ = self.governor.step(begin, self.now);
        let seen = self.governor.seen();
        let is_running = self.governor.state().request(id).is_some_and(|entry| entry.stage == Stage::Running);
        if is_running && !answer.running {
            self.end(id, &SUCCESS);
        }
        let first = seen.first()?;
        let place = self.note(span, first, entities);
        Some((first.decision.clone(), place))
    }

    /// The last request that stands so.
    fn latest(&self, stands: impl Fn(Stage) -> bool) -> Option<(Id, Arc<Request>)> {
        let state = self.governor.state();
        let found = self.order.iter().rev().find(|(id, _)| state.request(id).is_some_and(|entry| stands(entry.stage)));
        found.cloned()
    }

    /// From now on this request is the one that expectations are about.
    fn look_at(&mut self, id: Id, request: &Request) {
        self.last = Some(Last {
            id,
            agent: request.agent.clone(),
            bound: request.bound.clone(),
            entities: request.entities.clone(),
            asked: request.asked,
        });
    }

    fn place(&self) -> Option<usize> {
        self.last.as_ref().map(|last| last.asked)
    }

    fn stands(&self) -> String {
        let stage =
            self.last.as_ref().and_then(|last| self.governor.state().request(&last.id)).map(|entry| entry.stage);
        stage.map_or_else(|| "nothing was asked".to_owned(), |stage| format!("the last one is {}", stage.name()))
    }

    /// What the test says of an agent's standing is so from now on.
    fn give_standing(&mut self, facts: &Facts, given: AgentGiven) {
        let Some(trust) = &self.policy.typed().state.trust else { return };
        let agent = Id::from(agent_of(facts));
        let score = match get(&facts.agent, "trust") {
            Some(Raw::Number(text)) if given.trust => number::decimal(text).ok(),
            _ => None,
        };
        let from_level = match get(&facts.agent, "level") {
            Some(Raw::Text(name)) if given.level => trust.levels.iter().find(|(level, _)| level == name),
            _ => None,
        };
        if let Some(score) = score.or(from_level.map(|(_, from)| *from)) {
            self.governor.assume_trust(&agent, score);
        }
        if let (true, Some(Raw::Bool(frozen))) = (given.frozen, get(&facts.agent, "frozen")) {
            self.governor.assume_frozen(&agent, *frozen);
        }
    }
}

fn agent_of(facts: &Facts) -> Arc<str> {
    match get(&facts.agent, "id") {
        Some(Raw::Text(id)) => id.clone(),
        _ => "tester".into(),
    }
}

fn last_reply(step: &Step) -> Option<Reply> {
    step.effects.iter().rev().find_map(|effect| match effect {
        Effect::Reply(reply) => Some((**reply).clone()),
        _ => None,
    })
}

fn problem(step: &Step) -> Option<Problem> {
    step.effects.iter().find_map(|effect| match effect {
        Effect::Reject(problem) => Some(problem.clone()),
        _ => None,
    })
}
