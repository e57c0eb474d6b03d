//! A request: read, told how state stands, decided; what it touches is reserved in the same step.

use std::sync::Arc;

use aas::check::typed::{ItemBody, TypedPolicy};
use aas::decision::{Decision, Obligation, Tier};
use aas::interp::{self, Scene};
use aas::raw::{Raw, get};
use aas::reader::{Bound, Spare};
use aas::value::Value;
use aas::{Entities, Facts, Request};

use super::{Governor, watch};
use crate::canonical::{Canonical, Hash};
use crate::command::Ask;
use crate::effect::{Effect, Problem, Reply, Standing};
use crate::event::{Decided, Event, Held, Needed, Requested, Reservation, Shown, Then};
use crate::ids::Id;
use crate::look::Keys;
use crate::program::Program;
use crate::schema::Severity;
use crate::state::{Stage, State};
use crate::token::Token;

/// How far up the parents of an agent are looked at.
const MOST_PARENTS: usize = 16;
/// What is said where a frozen agent is refused.
pub(super) const FROZEN: &str = "The agent is frozen; only people lift that.";
/// The end of the name of a request that is submitted in place of another.
const INSTEAD: &str = "/instead";

/// A request that was read and decided.
pub(super) struct Judged {
    pub(super) bound: Bound,
    pub(super) decision: Decision,
    pub(super) decided: Arc<Decided>,
    /// The keys of the items that it reads.
    keys: Keys,
    /// Whether people or outcomes froze the agent or one that made it.
    frozen: bool,
    /// The names of the approvals that it requires.
    pub(super) approvals: Vec<Arc<str>>,
}

impl Governor {
    pub(super) fn ask(&mut self, ask: Ask) -> Result<(), Problem> {
        let Ask { id, request, facts, entities, dry_run } = ask;
        if !id.is_fit() || id.as_str().ends_with(INSTEAD) {
            return Err(Problem::BadName);
        }
        let agent = agent_of(&facts)?;
        if self.program.is_none() {
            return Err(Problem::NoPolicy);
        }
        if self.state.requests.contains_key(&id) {
            return self.answer_again(&id, &agent, &request, &facts);
        }
        if self.state.runs.owns(&id) || self.is_of_a_schedule(&id) {
            // Only the run asks for its steps, and only the schedule for what is due.
            return Err(Problem::NameTaken(id));
        }
        self.has_room_for(&agent, &facts)?;
        self.submit(&id, &agent, &request, &facts, &entities, dry_run)
    }

    /// Whether there is room for one more request of an agent.
    pub(super) fn has_room_for(&self, agent: &Id, facts: &Facts) -> Result<(), Problem> {
        if self.state.requests.len() >= self.config.most_requests {
            return Err(Problem::Full("answers to requests"));
        }
        if self.state.trust.len() >= self.config.most_names && !self.state.trust.contains_key(agent) {
            return Err(Problem::Full("agents"));
        }
        session_of(facts).map_or(Ok(()), |session| self.may_be_asked_in(&session))
    }

    /// Decides a request and carries out what follows.
    pub(super) fn submit(
        &mut self,
        id: &Id,
        agent: &Id,
        request: &Request,
        facts: &Facts,
        entities: &Arc<Entities>,
        dry_run: bool,
    ) -> Result<(), Problem> {
        let mut judged = self.judge(agent, request, facts, entities)?;
        self.stop_if_stopped(&mut judged, facts);
        if let Some(first) = self.first_answer(agent, &mut judged, entities) {
            self.reply(&first, None);
            return Ok(());
        }
        let then = self.then(agent, &mut judged, entities);
        if dry_run {
            let decided = judged.decided.clone();
            self.keep_memory(judged);
            let reply = Reply { id: id.clone(), standing: Standing::Dry, decided, instead: None };
            self.step.effects.push(Effect::Reply(Box::new(reply)));
            return Ok(());
        }
        let canonical = self.canonical(&judged.bound);
        let hash = canonical.as_ref().map_or(Hash([0; 32]), |canonical| canonical.hash(agent.as_str()));
        let (refused, permitted) = (matches!(then, Then::Refused), matches!(then, Then::Permitted(_)));
        let requested = Requested {
            id: id.clone(),
            agent: agent.clone(),
            session: session_of(facts),
            request: canonical,
            hash,
            severity: self.severity(&judged.bound),
            decided: judged.decided.clone(),
            then,
        };
        self.happen(Event::Requested(Box::new(requested)));
        self.oblige(id, &judged.decision, refused);
        self.note(id, &judged, permitted);
        let instead = if refused { self.instead(id, agent, &judged.decision, facts, entities) } else { None };
        self.keep_memory(judged);
        self.ask_people(id);
        self.reply(id, instead);
        Ok(())
    }

    /// Reads a request, tells how state stands, decides.
    pub(super) fn judge(
        &mut self,
        agent: &Id,
        request: &Request,
        facts: &Facts,
        entities: &Entities,
    ) -> Result<Judged, Problem> {
        let now = self.now();
        let told = self.watch.is_some().then(|| self.with_told_flags(facts));
        let (facts, flags) = match &told {
            Some(told) => (told, Arc::new(told.flags.clone())),
            None => (facts, self.flags_now(facts)),
        };
        let program = self.program.as_mut().ok_or(Problem::NoPolicy)?;
        let (spare, keys) = program.memory.lend();
        let action = program.policy.action(&request.action);
        let mut bound = Bound::governed(program.typed(), action, (request, facts), flags, now, spare);
        let (score, frozen) = standing(&self.state, agent);
        tell_trust(program.typed(), (score, frozen), &mut bound);
        if self.watch.is_some() {
            watch::keep_unreadable(program.typed(), facts, &mut bound);
        }
        let mut look = self.look(&mut bound, entities, agent).ok_or(Problem::NoPolicy)?;
        let keys = look.tell_readings(keys);
        let decision = match &self.watch {
            Some(_) => self.decide_watched(agent, (request, facts), &mut bound, entities, &keys)?,
            None => self.decide(agent, &mut bound, entities, &keys)?,
        };
        let program = self.program.as_mut().ok_or(Problem::NoPolicy)?;
        let decided = Arc::new(decided(program, &bound, entities, &decision));
        let approvals = decision.obligations.iter().filter_map(|duty| match duty {
            Obligation::Approve { item } => Some(program.typed().item(*item).name.clone()),
            Obligation::Notify { .. }
            | Obligation::Redact { .. }
            | Obligation::Instead { .. }
            | Obligation::Run { .. } => None,
        });
        let approvals = approvals.collect();
        Ok(Judged { bound, decision, decided, keys, frozen, approvals })
    }

    /// Decides a request whose readings were told. What stands in texts only is told where a text or an error is.
    fn decide(&mut self, agent: &Id, bound: &mut Bound, entities: &Entities, keys: &Keys) -> Result<Decision, Problem> {
        let program = self.program.as_mut().ok_or(Problem::NoPolicy)?;
        let decision = program.policy.decide_bound_in(bound, entities, &mut program.memory.scratch);
        let errs = !decision.errors.is_empty();
        if decision.tier == Tier::Green && !errs && !cfg!(debug_assertions) {
            return Ok(decision);
        }
        self.look(bound, entities, agent).ok_or(Problem::NoPolicy)?.tell_rest(keys);
        let program = self.program.as_mut().ok_or(Problem::NoPolicy)?;
        if !errs && !cfg!(debug_assertions) {
            return Ok(decision);
        }
        let whole = program.policy.decide_bound_in(bound, entities, &mut program.memory.scratch);
        debug_assert!(errs || whole == decision, "what stands in texts only decides nothing");
        Ok(whole)
    }

    /// Decides a request in a rehearsal, by all its engines, with all that may be told.
    fn decide_watched(
        &mut self,
        agent: &Id,
        (request, facts): (&Request, &Facts),
        bound: &mut Bound,
        entities: &Entities,
        keys: &Keys,
    ) -> Result<Decision, Problem> {
        self.look(bound, entities, agent).ok_or(Problem::NoPolicy)?.tell_rest(keys);
        let program = self.program.as_ref().ok_or(Problem::NoPolicy)?;
        let watch = self.watch.as_mut().ok_or(Problem::NoPolicy)?;
        Ok(watch.decide(&program.policy, request, facts, bound, entities))
    }

    /// What a request was read into is kept for the next one.
    fn keep_memory(&mut self, judged: Judged) {
        if let Some(program) = &mut self.program {
            program.memory.take_back(judged.bound, judged.keys);
        }
    }

    /// The canonical form of a request that was read.
    pub(super) fn canonical(&self, bound: &Bound) -> Option<Canonical> {
        Canonical::of(self.program.as_ref()?.typed(), bound)
    }

    /// What follows a decision. A tier that is green or yellow permits only where all that is needed can be held.
    fn then(&mut self, agent: &Id, judged: &mut Judged, entities: &Entities) -> Then {
        if self.has_no_room_for_runs(&judged.decision) {
            refuse(&mut judged.decided, "too_many_runs", "There is no room for the workflow that would follow.");
            return Then::Refused;
        }
        match judged.decision.tier {
            Tier::Green | Tier::Yellow if judged.frozen => {
                refuse(&mut judged.decided, "agent_frozen", FROZEN);
                Then::Refused
            }
            Tier::Green | Tier::Yellow => match self.reserve(agent, judged, entities) {
                Ok(reservation) => Then::Permitted(reservation),
                Err(why) => {
                    refuse(&mut judged.decided, "state_unclear", &why);
                    Then::Refused
                }
            },
            Tier::Red => match self.needs(agent, &judged.decision, &judged.decided, entities) {
                Ok(held) => Then::Held(held),
                Err((code, text)) => {
                    refuse(&mut judged.decided, code, &text);
                    Then::Refused
                }
            },
            Tier::Black => Then::Refused,
        }
    }

    /// Holds what a request touches.
    ///
    /// # Errors
    /// What cannot be told, as a sentence.
    pub(super) fn reserve(
        &mut self,
        agent: &Id,
        judged: &mut Judged,
        entities: &Entities,
    ) -> Result<Reservation, String> {
        let now = self.now();
        let look = self.look(&mut judged.bound, entities, agent);
        let mut look = look.ok_or_else(|| "No policy is installed.".to_owned())?;
        let touches = look
            .touches(&judged.keys)
            .map_err(|fault| format!("What it would change cannot be told: {}.", fault.detail))?;
        let number = self.state.reservations + 1;
        Ok(Reservation { number, expires: now.saturating_add(self.config.token_life), touches })
    }

    /// While everything is stopped, only people go on.
    fn stop_if_stopped(&self, judged: &mut Judged, facts: &Facts) {
        let is_person = matches!(get(&facts.agent, "kind"), Some(Raw::Text(kind)) if &**kind == "person");
        if let Some(stop) = self.state.stopped()
            && !is_person
        {
            judged.decision.tier = Tier::Black;
            judged.decision.obligations.retain(|duty| matches!(duty, Obligation::Redact { .. }));
            Arc::make_mut(&mut judged.decided).tier = Tier::Black;
            let text = format!("Everything is stopped: {}", stop.reason);
            refuse(&mut judged.decided, "stopped", &text);
        }
    }

    /// Whether people or outcomes froze the agent or one that made it.
    pub(super) fn is_frozen_here(&self, agent: &Id) -> bool {
        lineage(&self.state, agent).any(|agent| self.state.is_frozen(agent))
    }

    fn severity(&self, bound: &Bound) -> Severity {
        let severity = self.program.as_ref().zip(bound.action).map(|(p, id)| p.typed().action_def(id).severity.clone());
        severity.and_then(|word| Severity::from_name(&word)).unwrap_or(Severity::Medium)
    }

    /// Submits another action in place of a refused one, once; what that one asks for instead is ignored.
    fn instead(
        &mut self,
        id: &Id,
        agent: &Id,
        decision: &Decision,
        facts: &Facts,
        entities: &Arc<Entities>,
    ) -> Option<Id> {
        let action = decision.obligations.iter().find_map(|duty| match duty {
            Obligation::Instead { action, .. } => Some(action.clone()),
            Obligation::Notify { .. }
            | Obligation::Redact { .. }
            | Obligation::Approve { .. }
            | Obligation::Run { .. } => None,
        })?;
        if id.as_str().ends_with(INSTEAD) {
            return None;
        }
        let other = Id::from(Arc::from(format!("{id}{INSTEAD}")));
        let facts = Facts { observed: Vec::new(), ..facts.clone() };
        self.submit(&other, agent, &Request::new(&action), &facts, entities, false).ok()?;
        Some(other)
    }

    /// What people are told, and the workflows that follow the decision. Where the governor refuses what rules would have
    /// let through, no workflow follows.
    fn oblige(&mut self, id: &Id, decision: &Decision, refused: bool) {
        let overruled = refused && decision.tier < Tier::Black;
        let mut runs = 0;
        for duty in &decision.obligations {
            let effect = match duty {
                Obligation::Run { .. } if overruled => continue,
                Obligation::Notify { channel, .. } if self.is_digested(channel) => continue,
                Obligation::Notify { channel, .. } => {
                    Effect::Notify { channel: channel.as_str().into(), id: id.clone(), tier: decision.tier }
                }
                Obligation::Run { workflow, arguments, .. } => {
                    runs += 1;
                    let given: Vec<_> = arguments.iter().map(|(n, v)| (n.as_str().into(), v.as_str().into())).collect();
                    self.oblige_run(id, runs, &workflow.as_str().into(), &given);
                    continue;
                }
                Obligation::Redact { .. } | Obligation::Approve { .. } | Obligation::Instead { .. } => continue,
            };
            self.step.effects.push(effect);
        }
    }

    /// Tells where a request stands.
    pub(super) fn reply(&mut self, id: &Id, instead: Option<Id>) {
        let Some(entry) = self.state.requests.get(id) else { return };
        let standing = match entry.stage {
            Stage::Permitted => match self.token(id) {
                Some(token) => Standing::Permitted(token),
                None => Standing::Refused,
            },
            Stage::Waiting => Standing::Waiting,
            Stage::Approved => Standing::Approved,
            Stage::Running => Standing::Running,
            Stage::Done(result) => Standing::Done(result),
            Stage::Refused => Standing::Refused,
            Stage::Gone(why) => Standing::Ended(why),
        };
        let reply = Reply { id: id.clone(), standing, decided: entry.decided.clone(), instead };
        self.step.effects.push(Effect::Reply(Box::new(reply)));
    }

    /// The token of a request that holds a reservation: what was given with the permission.
    #[must_use]
    pub fn token(&self, id: &Id) -> Option<Token> {
        let entry = self.state.requests.get(id)?;
        let reservation = entry.reservation.as_ref()?;
        let policy = self.state.policy.as_ref()?;
        Some(Token::new(&self.secret, policy, (id, entry.hash), reservation.number, reservation.expires))
    }

    /// The first answer, to whoever asks the same again under the same name.
    fn answer_again(&mut self, id: &Id, agent: &Id, request: &Request, facts: &Facts) -> Result<(), Problem> {
        let program = self.program.as_ref().ok_or(Problem::NoPolicy)?;
        let (policy, action) = (program.typed(), program.policy.action(&request.action));
        let bound = Bound::governed(policy, action, (request, facts), Arc::default(), self.now(), Spare::default());
        let hash = Canonical::of(program.typed(), &bound).map_or(Hash([0; 32]), |same| same.hash(agent.as_str()));
        let entry = self.state.requests.get(id);
        if entry.is_none_or(|entry| entry.hash != hash || entry.agent != *agent) {
            return Err(Problem::NameTaken(id.clone()));
        }
        let other = Id::from(Arc::from(format!("{id}{INSTEAD}")));
        let instead = self.state.requests.contains_key(&other).then_some(other);
        self.reply(id, instead);
        Ok(())
    }

    fn needs(
        &self,
        agent: &Id,
        decision: &Decision,
        decided: &Decided,
        entities: &Entities,
    ) -> Result<Held, (&'static str, String)> {
        let flooding = self.state.waiting.of(agent) >= self.config.most_waiting_per_agent;
        if flooding || self.state.waiting.all() >= self.config.most_waiting {
            return Err(("too_many_waiting", "Too many requests wait for people already.".into()));
        }
        let needs = self.needed(agent, decision, entities)?;
        Ok(Held { needs, shown: decided.items.clone() })
    }

    /// The approvals that a decision requires.
    ///
    /// # Errors
    /// A code and a sentence, where nobody could give them.
    pub(super) fn needed(
        &self,
        agent: &Id,
        decision: &Decision,
        entities: &Entities,
    ) -> Result<Vec<Needed>, (&'static str, String)> {
        let Some(program) = &self.program else { return Err(("no_policy", "No policy is installed.".into())) };
        let mut needs = Vec::new();
        for duty in &decision.obligations {
            let Obligation::Approve { item } = duty else { continue };
            let item = program.typed().item(*item);
            let ItemBody::Approval { people, quorum, within, own, .. } = &item.body else { continue };
            if !super::people::is_reachable(&self.state, people, *quorum, (*own, agent), entities) {
                let text = format!("`{}` needs {quorum} people, and there are not so many who may answer.", item.name);
                return Err(("quorum_unreachable", text));
            }
            let expires = self.now().saturating_add(*within);
            needs.push(Needed { approval: item.name.clone(), quorum: *quorum, expires, own: *own, given: Vec::new() });
        }
        if needs.is_empty() {
            return Err(("nobody_to_ask", "It needs people, and no approval covers it.".into()));
        }
        Ok(needs)
    }
}

/// Notes why the governor itself refuses.
pub(super) fn refuse(decided: &mut Arc<Decided>, code: &'static str, text: &str) {
    let decided = Arc::make_mut(decided);
    decided.code = Some(code.into());
    decided.texts.push(text.into());
}

/// Who asks, as the host says.
pub(super) fn agent_of(facts: &Facts) -> Result<Id, Problem> {
    match get(&facts.agent, "id") {
        Some(Raw::Text(id)) => Some(Id::from(id.clone())).filter(Id::is_fit).ok_or(Problem::BadName),
        _ => Err(Problem::BadName),
    }
}

pub(super) fn session_of(facts: &Facts) -> Option<Id> {
    match get(&facts.session, "id") {
        Some(Raw::Text(id)) => Some(Id::from(id.clone())),
        _ => None,
    }
}

/// An agent and those that made it, the nearest first.
pub(super) fn lineage<'a>(state: &'a State, agent: &'a Id) -> impl Iterator<Item = &'a Id> {
    std::iter::successors(Some(agent), |agent| state.kin(agent)?.parent.as_ref()).take(MOST_PARENTS)
}

/// How an agent stands: the least score among it and those that made it, where the policy knows any, and whether one of them
/// is frozen.
fn standing(state: &State, agent: &Id) -> (Option<i64>, bool) {
    let (mut least, mut frozen) = (None, false);
    for agent in lineage(state, agent) {
        let (score, is_frozen) = state.standing(agent);
        least = least.into_iter().chain(score).min();
        frozen |= is_frozen;
    }
    (least, frozen)
}

/// Trust is what the governor has seen of it. An agent is trusted no more than those that made it.
fn tell_trust(policy: &TypedPolicy, (score, frozen): (Option<i64>, bool), bound: &mut Bound) {
    let Some(trust) = &policy.state.trust else { return };
    let mut set = |place: Option<u32>, value: Value| {
        if let Some(at) = place.and_then(|place| bound.agent.get_mut(place as usize)) {
            *at = Ok(Some(value));
        }
    };
    let score = score.unwrap_or(trust.range.0);
    set(trust.facts.score, Value::Decimal(score));
    set(trust.facts.frozen, Value::Bool(frozen));
    let level = trust.levels.iter().rposition(|(_, from)| score >= *from).unwrap_or(0);
    let level_type = trust.facts.level.and_then(|place| policy.facts.agent.get(place as usize)).map(|def| &def.ty.ty);
    if let Some(aas::types::Type::Enum(id)) = level_type.map(aas::types::Type::required) {
        set(trust.facts.level, Value::Enum(*id, level as u32));
    }
}

/// A decision as it is kept and shown.
fn decided(program: &mut Program, bound: &Bound, entities: &Entities, decision: &Decision) -> Decided {
    let mut items: Vec<Shown> = Vec::with_capacity(decision.determining.len());
    for one in &decision.determining {
        items.push(Shown {
            item: one.item.map(|id| program.typed().item(id).name.clone()),
            definition: one.item.filter(|_| decision.tier == Tier::Red).map(|id| program.definition(id)),
            branch: one.branch,
            erred: one.outcome == aas::decision::Outcome::Erred,
        });
    }
    let policy = program.typed();
    let code = decision.determining.iter().find_map(|one| Some(policy.item(one.item?).code.clone()));
    let mut texts = Vec::new();
    if decision.tier > Tier::Green {
        let scene = Scene::new(policy, bound, entities);
        let told = decision.determining.iter().filter_map(|one| interp::because(&scene, decision, one));
        texts.extend(told.map(Arc::from));
        texts.dedup();
    }
    let errors = decision.errors.iter().map(|error| error.message.as_str().into()).collect();
    let redact = decision.obligations.iter().filter_map(|duty| match duty {
        Obligation::Redact { field, .. } => Some(Arc::from(field.as_str())),
        Obligation::Notify { .. }
        | Obligation::Approve { .. }
        | Obligation::Instead { .. }
        | Obligation::Run { .. } => None,
    });
    Decided { tier: decision.tier, items, code, texts, errors, redact: redact.collect() }
}
