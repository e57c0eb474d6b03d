//! A policy ready to decide: the border between the compiler and whoever embeds it.
//!
//! A [`Policy`] is immutable and shared between threads. Whatever engine answers, the request is read
//! once by the same reader, and obligations, errors and texts are told by the same code.

mod texts;

use std::fmt;
use std::sync::Arc;

use crate::artefact::{Artefact, ArtefactError};
use crate::check::typed::{ActionId, RawEntity, TypedPolicy};
use crate::decision::{Decision, Engine, PolicyHash, Tier};
use crate::diagnostic::Diagnostic;
use crate::entities::Entities;
use crate::facts::Facts;
use crate::graph;
use crate::interp::{self, Explained, Explanation, Lifters, Scene};
#[cfg(feature = "jit")]
use crate::jit::{self, JitError, NativeCode};
use crate::pipeline;
use crate::plan::{self, Plan, Run, Scratch, SlotId, UnitId, Walker};
use crate::profile::{self, Profile, ProfileError};
use crate::reader::{self, Bound, EntitiesError};
use crate::request::Request;
use crate::settings::Settings;
use crate::source::SourceSet;

pub use texts::{Taken, Terms, TextDecider, TextError, Texts, Told};

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
#[derive(Clone)]
pub struct Policy {
    typed: Arc<TypedPolicy>,
    plan: Arc<Plan>,
    lifters: Arc<Lifters>,
    #[cfg(feature = "jit")]
    native: Option<Arc<NativeCode>>,
}

#[cfg(feature = "jit")]
pub(crate) use jit::Tell;

/// Native code that tells a tier: there is none.
#[cfg(not(feature = "jit"))]
pub(crate) enum Tell {}

#[cfg(not(feature = "jit"))]
impl Tell {
    pub(crate) fn tier(&self, _: &[u64]) -> Option<u64> {
        match *self {}
    }

    pub(crate) fn judge(&self, _: &plan::Frame, _: &mut plan::Out) -> bool {
        match *self {}
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("hash", &self.typed.hash).field("engine", &self.engine()).finish()
    }
}

impl Policy {
    /// Checks and compiles a set of rule files.
    ///
    /// # Errors
    /// All findings, warnings included, where one of them is an error. [`pipeline::check`] tells the findings of
    /// a good set too.
    pub fn compile(sources: &SourceSet, settings: &Settings) -> Result<Self, Vec<Diagnostic>> {
        // The trees are as large as the policy; they are gone before the plan is made.
        let pipeline::Checked { policy, diagnostics, .. } = pipeline::check(sources, settings);
        match policy {
            Some(typed) => Ok(Self::from_typed(typed)),
            None => Err(diagnostics),
        }
    }

    /// A policy from a set that the checker found without errors.
    #[must_use]
    pub fn from_typed(typed: TypedPolicy) -> Self {
        let plan = plan::build(&graph::build(&typed));
        Self::from_parts(Arc::new(typed), Arc::new(plan))
    }

    /// A policy from a plan that was made of it.
    pub(crate) fn from_parts(typed: Arc<TypedPolicy>, plan: Arc<Plan>) -> Self {
        Self {
            lifters: Arc::new(Lifters::of(&typed)),
            typed,
            plan,
            #[cfg(feature = "jit")]
            native: None,
        }
    }

    /// A policy from a whole artefact of `aasc build`, ready to serve many requests. It decides as the policy
    /// that the artefact was built from, in the order of its profile where it has one; tests and asserts stay behind.
    ///
    /// ```
    /// use aas::{Policy, Settings, SourceSet, artefact};
    /// let sources = SourceSet::single("demo.aasrule", "package demo\n\naction ping\n\nrule pings on ping { green }\n");
    /// let policy = Policy::compile(&sources, &Settings::default()).expect("a policy without errors");
    /// let bytes = artefact::write(policy.typed(), &sources).expect("an artefact");
    /// let again = Policy::from_artefact(&bytes).expect("the same policy");
    /// assert_eq!(again.hash(), policy.hash());
    /// ```
    ///
    /// # Errors
    /// Where it is damaged, malformed, or made for another version.
    pub fn from_artefact(bytes: &[u8]) -> Result<Self, ArtefactError> {
        let artefact = Artefact::open(bytes)?;
        let policy = Self::from_typed(artefact.policy()?);
        Ok(match artefact.text_of(profile::FILE)? {
            Some(text) => policy.with_profile(&text).0,
            None => policy,
        })
    }

    /// The same policy with native code, which was compared with plan and interpreter on generated frames
    /// before it serves. It takes some tens of milliseconds and pays where many requests follow.
    ///
    /// # Errors
    /// Where this processor is unknown, or the code differs from the language; the plan goes on serving then.
    #[cfg(feature = "jit")]
    pub fn with_native(self) -> Result<Self, JitError> {
        let code = jit::compile(&self.plan, &jit::Options::default())?;
        jit::validate_against(&self.typed, &self.plan, &code, jit::Effort::default())
            .map_err(|difference| JitError::Differs(difference.to_string()))?;
        Ok(Self { native: Some(Arc::new(code)), ..self })
    }

    /// The same policy with its work in the order of a recorded profile (`aasc tune`), so that some of it need not be
    /// done. A profile never changes a decision. One that cannot be used is left aside, and why is returned beside the
    /// policy as it was.
    ///
    /// ```
    /// use aas::{Policy, Settings, SourceSet};
    /// let sources = SourceSet::single("demo.aasrule", "package demo\n\naction ping\n\nrule pings on ping { green }\n");
    /// let policy = Policy::compile(&sources, &Settings::default()).expect("a policy without errors");
    /// let (policy, left_aside) = policy.with_profile("form = 1\npolicy = \"another one\"\nrequests = 0\n");
    /// assert!(left_aside.is_some_and(|why| why.to_string().contains("another policy")));
    /// # assert_eq!(policy.plan().units.len(), 1);
    /// ```
    #[must_use]
    pub fn with_profile(self, text: &str) -> (Self, Option<ProfileError>) {
        let order = Profile::parse(text).and_then(|profile| profile.order(&self.typed, &self.plan));
        match order.map(|order| self.in_order(&order)) {
            Ok(Some(policy)) => (policy, None),
            Ok(None) => (self, Some(ProfileError::Unfit("it names what may not wait".into()))),
            Err(why) => (self, Some(why)),
        }
    }

    /// The same policy with its work in a certain order; nothing where that is no order for its plan. Native code
    /// stays: it judges what was asked, whatever that is.
    #[must_use]
    pub fn in_order(&self, order: &[(UnitId, Vec<SlotId>)]) -> Option<Self> {
        Some(Self { plan: Arc::new(self.plan.in_order(order)?), ..self.clone() })
    }

    /// The engine that [`Policy::decide`] uses: native code where it was made, the plan otherwise.
    #[must_use]
    pub fn engine(&self) -> Engine {
        #[cfg(feature = "jit")]
        if self.native.is_some() {
            return Engine::Jit;
        }
        Engine::Plan
    }

    /// The plan, for people and tools.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
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
        self.decide_with(self.engine(), request, facts, entities)
    }

    /// Decides a request by a certain engine. Where there is no native code the plan stands in, and the
    /// decision says so.
    #[must_use]
    pub fn decide_with(&self, engine: Engine, request: &Request, facts: &Facts, entities: &Entities) -> Decision {
        self.decide_in(engine, (request, facts, entities), &mut Scratch::default())
    }

    /// Decides a request in memory that the caller keeps.
    fn decide_in(
        &self,
        engine: Engine,
        (request, facts, entities): (&Request, &Facts, &Entities),
        scratch: &mut Scratch,
    ) -> Decision {
        let bound = Bound::new(&self.typed, request, facts);
        let scene = Scene::new(&self.typed, &bound, entities);
        if engine == Engine::Interp {
            return interp::decide(&scene);
        }
        let (run, engine) = self.runner(engine);
        interp::refuse(&scene, engine).unwrap_or_else(|| self.planned(run, engine, &scene, scratch))
    }

    /// The declared action with a name or alias: as [`TypedPolicy::action`] says, by one hash.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<ActionId> {
        self.plan.declared(name).and_then(|unit| self.plan.unit(unit).action)
    }

    /// The readings of state that deciding about an action may ask for, by their places, sorted; more may stand in the
    /// texts of its items.
    #[must_use]
    pub fn readings(&self, action: ActionId) -> Vec<u32> {
        let unit = self.plan.declared(&self.typed.action_def(action).name);
        unit.map(|unit| self.plan.unit(unit).readings()).unwrap_or_default()
    }

    /// Decides a request that was read, by the readings that it holds. For governors, which read a request, tell how
    /// its state stands, and then decide.
    #[must_use]
    pub fn decide_bound(&self, bound: &Bound, entities: &Entities) -> Decision {
        self.decide_bound_with(self.engine(), bound, entities)
    }

    /// The same in memory that the caller keeps.
    #[must_use]
    pub fn decide_bound_in(&self, bound: &Bound, entities: &Entities, scratch: &mut Scratch) -> Decision {
        self.decide_bound_by(self.engine(), (bound, entities), scratch)
    }

    /// The same by a certain engine. Where there is no native code the plan stands in, and the decision says so.
    #[must_use]
    pub fn decide_bound_with(&self, engine: Engine, bound: &Bound, entities: &Entities) -> Decision {
        self.decide_bound_by(engine, (bound, entities), &mut Scratch::default())
    }

    fn decide_bound_by(
        &self,
        engine: Engine,
        (bound, entities): (&Bound, &Entities),
        scratch: &mut Scratch,
    ) -> Decision {
        let scene = Scene::new(&self.typed, bound, entities);
        if engine == Engine::Interp {
            return interp::decide(&scene);
        }
        let (run, engine) = self.runner(engine);
        interp::refuse(&scene, engine).unwrap_or_else(|| self.planned(run, engine, &scene, scratch))
    }

    /// Native code that tells the tier of a unit alone, where there is any.
    pub(crate) fn tell(&self, unit: plan::UnitId) -> Option<Tell> {
        #[cfg(feature = "jit")]
        return self.native.as_ref().and_then(|code| jit::NativeCode::tell(code, unit));
        #[cfg(not(feature = "jit"))]
        {
            let _ = unit;
            None
        }
    }

    /// What runs the plan now.
    pub(crate) fn serving(&self) -> (&dyn Run, Engine) {
        self.runner(self.engine())
    }

    /// What runs the plan, and what it is: the walker stands in where there is no native code. For tools that
    /// measure; whoever wants decisions asks for them.
    #[must_use]
    pub fn runner(&self, engine: Engine) -> (&dyn Run, Engine) {
        #[cfg(feature = "jit")]
        if let (Engine::Jit, Some(code)) = (engine, &self.native) {
            return (&**code, Engine::Jit);
        }
        let _ = engine;
        (&Walker, Engine::Plan)
    }

    /// A decision by the plan: tier, determining items and obligations are its own; the words of errors come
    /// from the interpreter, which is only asked where there are any.
    fn planned(&self, run: &dyn Run, engine: Engine, scene: &Scene<'_>, scratch: &mut Scratch) -> Decision {
        let read = plan::Read { policy: &self.typed, bound: scene.bound, entities: scene.entities };
        let verdict = plan::decide(&self.plan, &self.typed, run, &read, scratch).clone();
        let errors = if verdict.is_clear() && scene.bound.dropped.is_empty() {
            Vec::new()
        } else {
            interp::finish(scene, &scratch.outcomes(&self.plan), engine).errors
        };
        Decision {
            action: scene.bound.name.to_string(),
            tier: verdict.tier,
            determining: verdict.determining,
            obligations: verdict.obligations,
            errors,
            policy: self.typed.hash,
            engine,
        }
    }

    /// Decides requests one after the other, in their order.
    #[must_use]
    pub fn decide_batch(&self, requests: &[(Request, Facts)], entities: &Entities) -> Vec<Decision> {
        let mut decider = self.decider();
        requests.iter().map(|(request, facts)| decider.decide(request, facts, entities)).collect()
    }

    /// A handle for one thread that decides many requests.
    ///
    /// ```
    /// use aas::{Entities, Facts, Policy, Request, Settings, SourceSet, decision::Tier};
    /// let sources = SourceSet::single("demo.aasrule", "package demo\n\naction ping\n\nrule pings on ping { green }\n");
    /// let policy = Policy::compile(&sources, &Settings::default()).expect("a policy without errors");
    /// let mut decider = policy.decider();
    /// for agent in ["one", "two"] {
    ///     assert_eq!(decider.tier(&Request::new("ping"), &Facts::of_agent(agent), &Entities::none()), Tier::Green);
    /// }
    /// ```
    #[must_use]
    pub fn decider(&self) -> Decider {
        Decider { policy: self.clone(), scratch: Scratch::default() }
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
        interp::explain(&Scene::new(&self.typed, &bound, entities), &self.lifters, decision, sources, work)
    }

    /// The items that made a decision: by which clauses, and what could lift them. The part of
    /// [`explain`](Self::explain) that costs little more than deciding, however many rules there are.
    #[must_use]
    pub fn reasons(
        &self,
        sources: &SourceSet,
        (request, facts, entities): (&Request, &Facts, &Entities),
        decision: &Decision,
    ) -> Vec<Explained> {
        let bound = Bound::new(&self.typed, request, facts);
        interp::reasons(&Scene::new(&self.typed, &bound, entities), &self.lifters, decision, sources)
    }

    /// The tier of a request, where nothing else is wanted.
    #[must_use]
    pub fn tier(&self, request: &Request, facts: &Facts, entities: &Entities) -> Tier {
        self.tier_in((request, facts, entities), &mut Scratch::default())
    }

    fn tier_in(&self, (request, facts, entities): (&Request, &Facts, &Entities), scratch: &mut Scratch) -> Tier {
        let bound = Bound::new(&self.typed, request, facts);
        if !bound.refusals.is_empty() {
            return Tier::Black;
        }
        let read = plan::Read { policy: &self.typed, bound: &bound, entities };
        plan::tier(&self.plan, &self.typed, self.serving().0, &read, scratch)
    }
}

/// Decides one request after the other in memory that it keeps: the same answers as [`Policy::decide`] and
/// [`Policy::tier`], with fewer allocations. It shares the policy, so a reload does not disturb it.
#[derive(Debug)]
pub struct Decider {
    policy: Policy,
    scratch: Scratch,
}

impl Decider {
    /// The policy that decides.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Decides a request.
    #[must_use]
    pub fn decide(&mut self, request: &Request, facts: &Facts, entities: &Entities) -> Decision {
        self.policy.decide_in(self.policy.engine(), (request, facts, entities), &mut self.scratch)
    }

    /// The tier of a request, where nothing else is wanted.
    #[must_use]
    pub fn tier(&mut self, request: &Request, facts: &Facts, entities: &Entities) -> Tier {
        self.policy.tier_in((request, facts, entities), &mut self.scratch)
    }
}

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<Policy>();
};
