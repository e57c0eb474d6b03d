//! One action's part of a policy or of an artefact, ready to decide: the way of a process that answers one request.
//!
//! INVARIANT: it answers for its action alone. Another action would look undeclared in it, and floors that
//! concern it would be missing, so it is not answered at all.

use std::sync::Arc;

use crate::artefact::{Artefact, ArtefactError, Bytes, part_of};
use crate::check::typed::TypedPolicy;
use crate::decision::Decision;
use crate::entities::Entities;
use crate::facts::Facts;
use crate::policy::Policy;
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
