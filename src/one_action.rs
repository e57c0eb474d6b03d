//! One action's part of a policy or of an artefact, ready to decide: the way of a process that answers one request.
//! Of an artefact it may even be one request's part ([`Asked`], [`OneRequest`]).
//!
//! INVARIANT: it answers for its action alone. Another action would look undeclared in it, and floors that
//! concern it would be missing, so it is not answered at all.

use std::sync::Arc;

use crate::artefact::{Artefact, ArtefactError, Bytes, part_of};
use crate::check::typed::TypedPolicy;
use crate::decision::{Decision, Engine};
use crate::entities::Entities;
use crate::facts::Facts;
use crate::policy::{Policy, Taken, Terms, TextError};
use crate::raw::Raw;
use crate::request::Request;

/// The policy of one action, by its name or an alias of it.
///
/// ```
/// use aas::{Entities, Facts, OneAction, Policy, Request, Settings, SourceSet, artefact, decision::Tier};
/// let rules = "package demo\n\naction ping, pong\n\nrule pings on ping, pong { green }\n";
/// let sources = SourceSet::single("demo.aasrule", rules);
/// let policy = Policy::compile(&sources, &Settings::default()).expect("a policy without errors");
/// let bytes = artefact::write(policy.typed(), &sources).expect("an artefact");
///
/// let artefact = artefact::Artefact::open(bytes.as_slice()).expect("what was written");
/// let ping = OneAction::load(&artefact, "ping").expect("its part");
/// let decide = |action| ping.decide(&Request::new(action), &Facts::of_agent("bot"), &Entities::none());
/// assert_eq!(decide("ping").map(|d| d.tier), Some(Tier::Green));
/// assert_eq!(decide("pong"), None);
/// ```
#[derive(Clone, Debug)]
pub struct OneAction {
    policy: Policy,
    action: Arc<str>,
}

impl OneAction {
    /// Reads the part of an artefact that this action needs. A name that nobody declares has one too.
    ///
    /// # Errors
    /// Where it is damaged or malformed.
    pub fn load<B: Bytes>(artefact: &Artefact<B>, action: &str) -> Result<Self, ArtefactError> {
        let typed = artefact.policy_for(action)?;
        Ok(Self { policy: Policy::from_typed(typed), action: action.into() })
    }

    /// The part of a checked policy that this action needs: only its plan is made.
    #[must_use]
    pub fn of(policy: &TypedPolicy, action: &str) -> Self {
        Self { policy: Policy::from_typed(part_of(policy, action)), action: action.into() }
    }

    /// The policy, for a request that is about this action and was sent under the name it was loaded by.
    #[must_use]
    pub fn policy_for(&self, request: &Request) -> Option<&Policy> {
        (request.action == self.action).then_some(&self.policy)
    }

    /// Decides a request for this action; none where it is about another.
    #[must_use]
    pub fn decide(&self, request: &Request, facts: &Facts, entities: &Entities) -> Option<Decision> {
        self.policy_for(request).map(|policy| policy.decide(request, facts, entities))
    }
}

/// An artefact with the schema of one action: it reads requests for the action, and loads what each needs.
///
/// ```
/// use aas::{Asked, Entities, Facts, Policy, Request, Settings, SourceSet, artefact, decision::Tier};
/// let rules = "package demo\n\naction ping\n\nrule pings on ping { green }\n";
/// let sources = SourceSet::single("demo.aasrule", rules);
/// let policy = Policy::compile(&sources, &Settings::default()).expect("a policy without errors");
/// let bytes = artefact::write(policy.typed(), &sources).expect("an artefact");
///
/// let artefact = artefact::Artefact::open(bytes.as_slice()).expect("what was written");
/// let asked = Asked::open(&artefact, "ping").expect("its schema");
/// let one = asked.load(Request::new("ping"), Facts::of_agent("bot"), Entities::none()).expect("its part");
/// assert_eq!(one.expect("a request for it").decide().tier, Tier::Green);
/// ```
#[derive(Debug)]
pub struct Asked<'a, B> {
    artefact: &'a Artefact<B>,
    /// It has no items, so it reads requests and decides none.
    schema: Policy,
    action: Arc<str>,
}

impl<'a, B: Bytes> Asked<'a, B> {
    /// Reads the schema of an action. A name that nobody declares has one too.
    ///
    /// # Errors
    /// Where a part that is needed is damaged or malformed.
    pub fn open(artefact: &'a Artefact<B>, action: &str) -> Result<Self, ArtefactError> {
        let schema = Policy::from_typed(artefact.schema_for(action)?);
        Ok(Self { artefact, schema, action: action.into() })
    }

    /// Reads a request, as [`Policy::take_raw`] does.
    ///
    /// # Errors
    /// Where it is no request, or brings entities that do not fit.
    pub fn take_raw<'t>(&self, raw: &Raw, terms: &Terms<'t>) -> Result<Taken<'t>, TextError> {
        self.schema.take_raw(raw, terms)
    }

    /// Loads what this request needs; none where it is about another action.
    ///
    /// # Errors
    /// Where a part that is needed is damaged or malformed.
    pub fn load(
        &self,
        request: Request,
        facts: Facts,
        entities: Entities,
    ) -> Result<Option<OneRequest>, ArtefactError> {
        if request.action != self.action {
            return Ok(None);
        }
        let typed = self.artefact.policy_for_request((&request, &facts, &entities))?;
        Ok(Some(OneRequest { policy: Policy::from_typed(typed), request, facts, entities }))
    }
}

/// A request with the part of a policy that it needs.
///
/// INVARIANT: the items that the part lacks are false for this request, so it decides this request and no other.
#[derive(Clone, Debug)]
pub struct OneRequest {
    policy: Policy,
    request: Request,
    facts: Facts,
    entities: Entities,
}

impl OneRequest {
    /// The part, to tell the decision by.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is asked, and what is known.
    #[must_use]
    pub fn asked(&self) -> (&Request, &Facts, &Entities) {
        (&self.request, &self.facts, &self.entities)
    }

    /// Decides the request.
    #[must_use]
    pub fn decide(&self) -> Decision {
        self.policy.decide(&self.request, &self.facts, &self.entities)
    }

    /// Decides it by a certain engine; see [`Policy::decide_with`].
    #[must_use]
    pub fn decide_with(&self, engine: Engine) -> Decision {
        self.policy.decide_with(engine, &self.request, &self.facts, &self.entities)
    }
}
