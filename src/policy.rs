//! A policy ready to decide: the border between the compiler and whoever embeds it.
//!
//! A [`Policy`] is immutable and shared between threads. Whatever engine answers, the request is read
//! once by the same reader, and obligations, errors and texts are told by the same code.

use crate::check::typed::{RawEntity, TypedPolicy};
use crate::decision::{Decision, Engine, PolicyHash, Tier};
use crate::diagnostic::Diagnostic;
use crate::entities::Entities;
use crate::facts::Facts;
use crate::interp::{self, Explanation, Scene};
use crate::pipeline;
use crate::reader::{self, Bound, EntitiesError};
use crate::request::Request;
use crate::settings::Settings;
use crate::source::SourceSet;

/// A policy set that was checked and compiled.
///
/// ```
/// use aas::{Entities, Facts, Policy, Request, Settings, SourceSet, decision::Tier};
/// let rules = "package demo\n\naction ping\n\nrule pings on ping { green }\n";
/// let sources = SourceSet::single("demo.aasrule", rules);
/// let policy = Policy::compile(&sources, &Settings::default()).expect("a policy without errors");
/// let decision = policy.decide(&Request::new("ping"), &Facts::of_agent("bot"), &Entities::none());
/// assert_eq!(decision.tier, Tier::Green);
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    typed: TypedPolicy,
}

impl Policy {
    /// Checks and compiles a set of rule files.
    ///
    /// # Errors
    /// All findings, warnings included, where one of them is an error. [`pipeline::check`] tells the findings of
    /// a good set too.
    pub fn compile(sources: &SourceSet, settings: &Settings) -> Result<Self, Vec<Diagnostic>> {
        let checked = pipeline::check(sources, settings);
        match checked.policy {
            Some(typed) => Ok(Self::from_typed(typed)),
            None => Err(checked.diagnostics),
        }
    }

    /// A policy from a set that the checker found without errors.
    #[must_use]
    pub fn from_typed(typed: TypedPolicy) -> Self {
        Self { typed }
    }

    /// The checked policy that everything else was made of.
    #[must_use]
    pub fn typed(&self) -> &TypedPolicy {
        &self.typed
    }

    /// Its identity: the same hash means the same decisions.
    #[must_use]
    pub fn hash(&self) -> &PolicyHash {
        &self.typed.hash
    }

    /// Prepares a snapshot of entities, to be shared by many requests.
    ///
    /// # Errors
    /// Where an entity does not fit the declared types; the whole snapshot is refused then.
    pub fn entities(&self, given: &[RawEntity]) -> Result<Entities, EntitiesError> {
        Entities::prepare(&self.typed.types, given, &self.typed.settings.zone)
    }

    /// The facts with the declared start value of what they do not say. For tests and tools: a decision
    /// never takes a start value by itself.
    #[must_use]
    pub fn with_start_values(&self, facts: &Facts) -> Facts {
        reader::with_start_values(&self.typed, facts)
    }

    /// Decides a request. Every request gets a decision; in doubt the stricter one.
    #[must_use]
    pub fn decide(&self, request: &Request, facts: &Facts, entities: &Entities) -> Decision {
        self.decide_with(Engine::Interp, request, facts, entities)
    }

    /// Decides a request by a certain engine.
    #[must_use]
    pub fn decide_with(&self, engine: Engine, request: &Request, facts: &Facts, entities: &Entities) -> Decision {
        let bound = Bound::new(&self.typed, request, facts);
        let scene = Scene::new(&self.typed, &bound, entities);
        match engine {
            Engine::Interp | Engine::Plan | Engine::Jit => interp::decide(&scene),
        }
    }

    /// Decides requests one after the other, in their order.
    #[must_use]
    pub fn decide_batch(&self, requests: &[(Request, Facts)], entities: &Entities) -> Vec<Decision> {
        requests.iter().map(|(request, facts)| self.decide(request, facts, entities)).collect()
    }

    /// Explains a decision: which items made it and by which clauses, what could lift it, what was close, and
    /// a small change that gives another tier. `sources` are those that the policy was compiled from; `work`
    /// bounds the search for a change ([`interp::DEFAULT_WORK`]).
    #[must_use]
    pub fn explain(
        &self,
        sources: &SourceSet,
        (request, facts, entities): (&Request, &Facts, &Entities),
        decision: &Decision,
        work: u32,
    ) -> Explanation {
        let bound = Bound::new(&self.typed, request, facts);
        interp::explain(&Scene::new(&self.typed, &bound, entities), decision, sources, work)
    }

    /// The tier of a request, where nothing else is wanted.
    #[must_use]
    pub fn tier(&self, request: &Request, facts: &Facts, entities: &Entities) -> Tier {
        self.decide(request, facts, entities).tier
    }
}

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<Policy>();
};
