//! Decisions of requests that come as JSON text, and decisions as JSON text.
//!
//! A plain request is read by schema and answered in memory that is used again ([`direct`]); whatever is not plain
//! goes the long way, which is the definition. Which way a request went never changes its answer.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::Policy;
use crate::answer::{Answer, Pieces};
use crate::decision::{Decision, Tier};
use crate::direct::{self, Given, Schemas, Sheet, View};
use crate::entities::Entities;
use crate::facts::Facts;
use crate::interp::Scene;
use crate::json;
use crate::plan::{self, Inputs, Scratch, Verdict};
use crate::raw::Raw;
use crate::reader::wire::{self, Placement, WireError};
use crate::reader::{Bound, EntitiesError};
use crate::request::Request;
use crate::source::SourceSet;

/// How requests are taken that come as text.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Whether `fields` may stand instead of `params`, `claims` and `observed`.
    pub placement: Placement,
    /// Whether declared start values stand for facts that are not given. For tests and tools: a decision in
    /// service never takes a start value by itself.
    pub start_values: bool,
    /// The time in microseconds since the Unix epoch, where a request says none.
    pub now: Option<i64>,
    /// The entities that the host has prepared; then a request may not bring its own.
    pub entities: Option<&'a Entities>,
}

impl Default for Terms<'_> {
    /// A serving face's: everything is said by the sender or not at all.
    fn default() -> Self {
        Self { placement: Placement::Strict, start_values: false, now: None, entities: None }
    }
}

/// Why a text gets no decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextError {
    /// It is no request.
    Wire(WireError),
    /// The entities that it brings do not fit the policy.
    Entities(EntitiesError),
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) => error.fmt(f),
            Self::Entities(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TextError {}

/// What a request that came as text is.
#[derive(Clone, Debug)]
pub struct Taken<'a> {
    /// What is asked.
    pub request: Request,
    /// What is known.
    pub facts: Facts,
    /// Prepared entities.
    pub entities: Cow<'a, Entities>,
    /// What was left out of it, for people.
    pub warnings: Vec<String>,
}

/// A policy prepared for requests and answers as text. Made once; its clones share everything.
#[derive(Clone, Debug)]
pub struct Texts {
    policy: Policy,
    schemas: Arc<Schemas>,
    pieces: Arc<Pieces>,
    sources: Arc<SourceSet>,
}

impl Policy {
    /// The policy prepared for requests and answers as text. `sources` are those that it was compiled from: answers
    /// name the file and line of what determined.
    ///
    /// ```
    /// use aas::{Policy, Settings, SourceSet, policy::Terms};
    /// let sources = SourceSet::single("demo.aasrule", "package demo\n\naction ping\n\nrule pings on ping { green }\n");
    /// let policy = Policy::compile(&sources, &Settings::default()).expect("a policy without errors");
    /// let mut decider = policy.texts(&sources).decider();
    /// let mut out = Vec::new();
    /// let request = br#"{"agent": {"id": "bot"}, "action": "ping"}"#;
    /// decider.answer(request, &Terms::default(), &mut out).expect("a request");
    /// assert!(out.starts_with(br#"{"action":"ping","tier":"green","disposition":"run""#));
    /// ```
    #[must_use]
    pub fn texts(&self, sources: &SourceSet) -> Texts {
        Texts {
            policy: self.clone(),
            schemas: Arc::new(Schemas::new(&self.typed, &self.plan)),
            pieces: Arc::new(Pieces::new(&self.typed, sources)),
            sources: Arc::new(sources.clone()),
        }
    }

    /// Reads a request from text by the definition, whatever is in it.
    ///
    /// # Errors
    /// Where the text is no request, or brings entities that do not fit.
    pub fn take<'a>(&self, text: &[u8], terms: &Terms<'a>) -> Result<Taken<'a>, TextError> {
        let raw = json::parse_bytes(text).map_err(WireError::Json).map_err(TextError::Wire)?;
        self.take_raw(&raw, terms)
    }

    /// The same of a text that was parsed already.
    ///
    /// # Errors
    /// Where it is no request, or brings entities that do not fit.
    pub fn take_raw<'a>(&self, raw: &Raw, terms: &Terms<'a>) -> Result<Taken<'a>, TextError> {
        let incoming = wire::request_of(&self.typed, raw, terms.placement).map_err(TextError::Wire)?;
        let entities = match terms.entities {
            Some(entities) if incoming.entities.is_empty() => Cow::Borrowed(entities),
            Some(_) => {
                let message = "the host knows the entities; a request brings none".into();
                return Err(TextError::Wire(WireError::Form { at: "facts.entities".into(), message }));
            }
            None => Cow::Owned(self.entities(&incoming.entities).map_err(TextError::Entities)?),
        };
        let mut facts = incoming.facts;
        if terms.start_values {
            facts = self.with_start_values(&facts);
        }
        facts.now = facts.now.or(terms.now);
        Ok(Taken { request: incoming.request, facts, entities, warnings: incoming.warnings })
    }

    /// The JSON form of a decision. `sources` are those that the policy was compiled from.
    #[must_use]
    pub fn answer(
        &self,
        sources: &SourceSet,
        (request, facts, entities): (&Request, &Facts, &Entities),
        decision: &Decision,
    ) -> Answer {
        let bound = Bound::new(&self.typed, request, facts);
        Answer::new(&Scene::new(&self.typed, &bound, entities), sources, decision)
    }
}

impl Texts {
    /// The policy that decides.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// A plain request as the plan sees it; none where it is not plain.
    #[inline]
    fn read<'a>(
        &'a self,
        text: &'a [u8],
        terms: &Terms<'a>,
        none: &'a Entities,
        sheet: &'a mut Sheet,
    ) -> Option<View<'a>> {
        let typed = &self.policy.typed;
        let text = std::str::from_utf8(text).ok()?;
        let given = Given { start_values: terms.start_values, now: terms.now };
        direct::request(&self.schemas, typed, text, given, sheet)?;
        Some(sheet.view(&self.schemas, typed, text, terms.entities.unwrap_or(none)))
    }

    /// A handle for one thread that decides many requests.
    #[must_use]
    pub fn decider(&self) -> TextDecider {
        TextDecider {
            texts: self.clone(),
            scratch: Scratch::default(),
            sheet: Sheet::default(),
            none: Entities::none(),
        }
    }
}

/// Decides one text after the other in memory that it keeps.
#[derive(Debug)]
pub struct TextDecider {
    texts: Texts,
    scratch: Scratch,
    sheet: Sheet,
    /// Where nobody gave any.
    none: Entities,
}

impl TextDecider {
    /// The tier of a request.
    ///
    /// # Errors
    /// Where the text is no request, or brings entities that do not fit.
    pub fn tier(&mut self, text: &[u8], terms: &Terms<'_>) -> Result<Tier, TextError> {
        if let Some(tier) = self.plain_tier(text, terms) {
            return Ok(tier);
        }
        let taken = self.texts.policy.take(text, terms)?;
        Ok(self.texts.policy.tier(&taken.request, &taken.facts, &taken.entities))
    }

    /// The tier of a plain request; none where it is not plain.
    #[must_use]
    pub fn plain_tier(&mut self, text: &[u8], terms: &Terms<'_>) -> Option<Tier> {
        let policy = &self.texts.policy;
        let view = self.texts.read(text, terms, &self.none, &mut self.sheet)?;
        let (run, _) = policy.serving();
        Some(match view.unit() {
            Some(unit) => plan::tier_of(&policy.plan, &policy.typed, run, unit, &view, &mut self.scratch),
            None => plan::tier(&policy.plan, &policy.typed, run, &view, &mut self.scratch),
        })
    }

    /// The decision of a request.
    ///
    /// # Errors
    /// Where the text is no request, or brings entities that do not fit.
    pub fn decide(&mut self, text: &[u8], terms: &Terms<'_>) -> Result<Decision, TextError> {
        if let Some(decision) = self.plain_decision(text, terms) {
            return Ok(decision);
        }
        let taken = self.texts.policy.take(text, terms)?;
        Ok(self.texts.policy.decide(&taken.request, &taken.facts, &taken.entities))
    }

    /// What was decided of a plain request, in this handle's memory, if it has no errors to tell; none otherwise.
    #[must_use]
    pub fn plain_verdict(&mut self, text: &[u8], terms: &Terms<'_>) -> Option<&Verdict> {
        let policy = &self.texts.policy;
        let view = self.texts.read(text, terms, &self.none, &mut self.sheet)?;
        policy.clear_verdict(&view, &mut self.scratch)
    }

    /// The decision of a plain request, if it has no errors to tell; none otherwise.
    #[must_use]
    pub fn plain_decision(&mut self, text: &[u8], terms: &Terms<'_>) -> Option<Decision> {
        let policy = &self.texts.policy;
        let view = self.texts.read(text, terms, &self.none, &mut self.sheet)?;
        let verdict = policy.clear_verdict(&view, &mut self.scratch)?;
        Some(Decision {
            action: view.action().to_string(),
            tier: verdict.tier,
            determining: verdict.determining.clone(),
            obligations: verdict.obligations.clone(),
            errors: Vec::new(),
            policy: policy.typed.hash,
            engine: policy.engine(),
        })
    }

    /// Adds the decision of a request as one line of JSON, without the line's end.
    ///
    /// # Errors
    /// Where the text is no request, or brings entities that do not fit; nothing is added then.
    pub fn answer(&mut self, text: &[u8], terms: &Terms<'_>, out: &mut Vec<u8>) -> Result<Told, TextError> {
        if let Some(tier) = self.plain_answer(text, terms, out) {
            return Ok(Told { tier, notes: Vec::new() });
        }
        let policy = &self.texts.policy;
        let taken = policy.take(text, terms)?;
        let decision = policy.decide(&taken.request, &taken.facts, &taken.entities);
        let asked = (&taken.request, &taken.facts, &*taken.entities);
        policy.answer(&self.texts.sources, asked, &decision).write(out);
        let dropped = decision.errors.iter().filter(|e| e.code == "undeclared").map(|e| e.message.clone());
        Ok(Told { tier: decision.tier, notes: taken.warnings.into_iter().chain(dropped).collect() })
    }

    /// Adds the decision of a plain request, if it has no errors and no texts that must be evaluated; nothing otherwise.
    #[must_use]
    pub fn plain_answer(&mut self, text: &[u8], terms: &Terms<'_>, out: &mut Vec<u8>) -> Option<Tier> {
        let policy = &self.texts.policy;
        let view = self.texts.read(text, terms, &self.none, &mut self.sheet)?;
        let verdict = policy.clear_verdict(&view, &mut self.scratch)?;
        let decided = (verdict.tier, &*verdict.determining, &*verdict.obligations);
        let written = self.texts.pieces.write(&policy.typed, &view, decided, policy.engine(), out);
        written.then_some(verdict.tier)
    }
}

impl Policy {
    /// The verdict on a request that was read by schema, if there are no errors to tell.
    fn clear_verdict<'s>(&self, view: &View<'_>, scratch: &'s mut Scratch) -> Option<&'s Verdict> {
        let (run, _) = self.serving();
        let verdict = match view.unit() {
            Some(unit) => plan::decide_in(&self.plan, &self.typed, run, unit, view, scratch),
            None => plan::decide(&self.plan, &self.typed, run, view, scratch),
        };
        verdict.is_clear().then_some(verdict)
    }
}

/// What there is to say of an answer that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its tier.
    pub tier: Tier,
    /// What was left out of the request, a sentence each.
    pub notes: Vec<String>,
}
