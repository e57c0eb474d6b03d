//! Forms: a Rust type whose values a policy reads where they lie.
//!
//! A [`Request`] and [`Facts`] are maps that anybody can fill; reading them costs more than deciding. A
//! program that asks about the same struct again and again binds the struct's names to the policy once, and
//! each decision then reads only what the rules of its action read: no map, no copy, no allocation.
//!
//! Reading is as strict as everywhere: a parameter out of its range, too long or ill-typed refuses the
//! request. What is unusual (an undeclared action, flags, a refusal that must be told in words) goes the
//! general way, through a [`Request`].

mod bind;
mod card;
mod hot;
mod inputs;
mod walks;

use std::marker::PhantomData;
use std::sync::Arc;

use crate::action_name::MAX_NAME_BYTES;
use crate::decision::{Decision, Determining, Obligation, Tier};
use crate::entities::Entities;
use crate::facts::Facts;
use crate::plan::{self, Frame, Scratch, UnitId, Verdict};
use crate::policy::Policy;
use crate::raw::Raw;
use crate::request::Request;
use bind::{Bindings, Mode};
use card::Record;
use inputs::FormInputs;

pub use bind::FormError;

/// What a value says at one of its names.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// Nothing; of a parameter with a default, the default.
    Absent,
    /// The host could not obtain it; why, as half a sentence.
    Unavailable(&'a str),
    /// A bool.
    Bool(bool),
    /// A number in its type's own unit: an int; millionths of a decimal; billionths of a ratio; microseconds of a
    /// duration or timestamp; seconds since midnight of a time of day.
    Number(i64),
    /// A text: a string, or any type that is written as one. Of an enum its variant, of an entity its id.
    Text(&'a str),
    /// Anything, as it would stand in a request.
    Raw(&'a Raw),
}

/// A type that can be a request with its facts.
///
/// Names say where a value belongs: `params.branch`, `claims.cost`, `observed.lines`, `agent.trust`,
/// `session.topic`, `env.name`, `flags.halt`, `state.per_hour`, `now`. Values under `params`, `claims` and
/// `observed` are part of a request where its action declares them.
pub trait Fields {
    /// The names, in the order of [`given`](Self::given).
    const NAMES: &'static [&'static str];

    /// The full name of the action, or an alias of it.
    fn action(&self) -> &str;

    /// What stands at a name.
    fn given(&self, place: usize) -> Given<'_>;
}

/// A type bound to a policy, with the memory of one thread for deciding. Cloning shares the policy and the binding.
///
/// ```
/// use aas::form::{Fields, Form, Given};
/// use aas::{Entities, Policy, Settings, SourceSet, decision::Tier};
///
/// struct Merge { branch: String, trust: i64 }
///
/// impl Fields for Merge {
///     const NAMES: &'static [&'static str] = &["params.branch", "agent.trust"];
///     fn action(&self) -> &str { "git.merge" }
///     fn given(&self, place: usize) -> Given<'_> {
///         match place {
///             0 => Given::Text(&self.branch),
///             1 => Given::Number(self.trust),
///             _ => Given::Absent,
///         }
///     }
/// }
///
/// let rules = r#"
/// package demo
/// facts agent { trust: int 0..100 }
/// action git.merge { branch: string }
/// rule features on git.merge {
///     when branch starts with "feature/" and agent.trust >= 40
///     green
/// }
/// "#;
/// let policy = Policy::compile(&SourceSet::single("demo.aasrule", rules), &Settings::default()).unwrap();
/// let mut form = Form::<Merge>::bind(&policy).unwrap();
/// let merge = Merge { branch: "feature/x".into(), trust: 70 };
/// assert_eq!(form.tier(&merge, &Entities::none()), Tier::Green);
/// ```
pub struct Form<T> {
    policy: Policy,
    bindings: Arc<Bindings>,
    scratch: Scratch,
    /// What the shortest way fills.
    frame: Frame,
    of: PhantomData<fn(&T)>,
}

impl<T> Clone for Form<T> {
    fn clone(&self) -> Self {
        let (policy, bindings) = (self.policy.clone(), self.bindings.clone());
        Self { policy, bindings, scratch: Scratch::default(), frame: Frame::default(), of: PhantomData }
    }
}

impl<T> std::fmt::Debug for Form<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// An action that was looked up before. It is of use with the policy that it was looked up in only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    unit: UnitId,
    /// Which policy: the place of its plan in memory. A form holds its policy, so the place is not used anew.
    policy: usize,
}

impl<T: Fields> Form<T> {
    /// Binds a type to a policy.
    ///
    /// # Errors
    /// Where a name is in no group, stands twice, or is declared nowhere in the policy.
    pub fn bind(policy: &Policy) -> Result<Self, FormError> {
        Self::bound(policy, T::NAMES)
    }

    fn bound(policy: &Policy, names: &[&str]) -> Result<Self, FormError> {
        let bindings = Arc::new(Bindings::new(policy, names, names == T::NAMES)?);
        Ok(Self {
            policy: policy.clone(),
            bindings,
            scratch: Scratch::default(),
            frame: Frame::default(),
            of: PhantomData,
        })
    }

    /// Binds a type whose names are only known at run time; they stand for [`Fields::NAMES`].
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn bind_names(policy: &Policy, names: &[&str]) -> Result<Self, FormError> {
        Self::bound(policy, names)
    }

    /// The policy that decides.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// A declared action, by name or alias, to be asked about more than once.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<Action> {
        self.policy.plan().declared(name).map(|unit| Action { unit, policy: self.stamp() })
    }

    fn stamp(&self) -> usize {
        std::ptr::from_ref(self.policy.plan()).addr()
    }

    /// The tier of a request.
    #[must_use]
    #[inline]
    pub fn tier(&mut self, of: &T, entities: &Entities) -> Tier {
        match self.bindings.cards.tell(of) {
            Some(Some(tier)) => tier,
            Some(None) => self.uncarded_tier(of, entities),
            None => self.unrecorded_tier(of, entities),
        }
    }

    /// The tier of an action whose card does not tell it.
    #[inline(never)]
    fn uncarded_tier(&mut self, of: &T, entities: &Entities) -> Tier {
        match self.policy.plan().declared(of.action()) {
            Some(unit) => self.tier_by_frame(unit, of, entities),
            None => self.undeclared_tier(of, entities),
        }
    }

    /// The tier of an action without a record. Where nobody declares it: the default, if no floor is about its name.
    #[inline(never)]
    fn unrecorded_tier(&mut self, of: &T, entities: &Entities) -> Tier {
        match self.unrecorded(of) {
            Some(unit) => self.tier_by_frame(unit, of, entities),
            None => self.undeclared_tier(of, entities),
        }
    }

    /// The unit of an action without a record. There is only one where records are too many.
    fn unrecorded(&self, of: &T) -> Option<UnitId> {
        if self.bindings.cards.hold_all() { None } else { self.policy.plan().declared(of.action()) }
    }

    fn undeclared_tier(&mut self, of: &T, entities: &Entities) -> Tier {
        if self.concerns_nobody(of) { self.policy.plan().default } else { self.general_tier(of, entities) }
    }

    /// Whether no item is about the action of a value, which nobody declares. Its parameters are not judged then.
    fn concerns_nobody(&mut self, of: &T) -> bool {
        of.action().len() <= MAX_NAME_BYTES && !self.policy.plan().concerns(of.action(), &mut self.scratch)
    }

    /// The tier of a request whose action was looked up before; the value's own [`action`](Fields::action) is not read.
    /// An action of another policy is refused.
    #[must_use]
    #[inline]
    pub fn tier_of(&mut self, action: Action, of: &T, entities: &Entities) -> Tier {
        if action.policy != self.stamp() {
            return Tier::Black;
        }
        match self.bindings.cards.tier(self.bindings.cards.record(action.unit), of) {
            Some(tier) => tier,
            None => self.tier_by_frame(action.unit, of, entities),
        }
    }

    #[inline(never)]
    fn tier_by_frame(&mut self, unit: UnitId, of: &T, entities: &Entities) -> Tier {
        let hot = &self.bindings.hot[unit.0 as usize];
        if let (Some(way), Some(tell)) = (&hot.tier, &hot.tell) {
            if way.fill(of, entities, &mut self.frame)
                && let Some(tier) = tell.tier(&self.frame.words)
            {
                return plan::tier_numbered(tier);
            }
        }
        self.tier_by_inputs(unit, of, entities)
    }

    fn tier_by_inputs(&mut self, unit: UnitId, of: &T, entities: &Entities) -> Tier {
        let bound = &self.bindings.units[unit.0 as usize];
        if bound.mode == Mode::General {
            return self.general_tier(of, entities);
        }
        let policy = &self.policy;
        let inputs = FormInputs::new(policy.typed(), &self.bindings, bound, of, entities);
        if inputs.refused() {
            return self.general_tier(of, entities);
        }
        let run = policy.serving().0;
        plan::tier_of(policy.plan(), policy.typed(), run, unit, &inputs, &mut self.scratch)
    }

    /// Decides a request. The ruling borrows this form's memory; [`Ruling::to_decision`] makes it one's own.
    #[inline]
    pub fn decide<'s>(&'s mut self, of: &'s T, entities: &'s Entities) -> Ruling<'s, T> {
        let record = self.bindings.cards.find(of.action());
        if let Some(record) = record
            && self.bindings.cards.decide(record, of, self.scratch.verdict_to_make()).is_some()
        {
            let found = Found::Quick(self.scratch.verdict());
            return Ruling { policy: &self.policy, bindings: &self.bindings, of, entities, found };
        }
        self.decide_otherwise(record, of, entities)
    }

    /// Decides a request that no card can.
    #[inline(never)]
    fn decide_otherwise<'s>(&'s mut self, record: Option<Record>, of: &'s T, entities: &'s Entities) -> Ruling<'s, T> {
        let unit = record.map(|record| self.bindings.cards.unit(record)).or_else(|| self.unrecorded(of));
        let quick = unit.filter(|unit| self.bindings.units[unit.0 as usize].mode != Mode::General);
        if unit.is_none() && self.concerns_nobody(of) {
            let verdict = self.scratch.default_verdict(self.policy.plan().default);
            let found = Found::Quick(verdict);
            return Ruling { policy: &self.policy, bindings: &self.bindings, of, entities, found };
        }
        let Some(unit) = quick else { return self.told(of, entities) };
        if self.decide_hot(unit, of, entities) {
            let found = Found::Quick(self.scratch.verdict());
            return Ruling { policy: &self.policy, bindings: &self.bindings, of, entities, found };
        }
        let bound = &self.bindings.units[unit.0 as usize];
        let policy = &self.policy;
        let inputs = FormInputs::new(policy.typed(), &self.bindings, bound, of, entities);
        if inputs.refused() {
            return self.told(of, entities);
        }
        let run = policy.serving().0;
        let clear = plan::decide_in(policy.plan(), policy.typed(), run, unit, &inputs, &mut self.scratch).is_clear();
        // Errors are told in words by the general way; a clear verdict is all there is to say.
        if clear {
            let verdict = self.scratch.verdict();
            return Ruling { policy, bindings: &self.bindings, of, entities, found: Found::Quick(verdict) };
        }
        self.told(of, entities)
    }

    /// Makes the verdict by the shortest way, where there is one.
    #[inline]
    fn decide_hot(&mut self, unit: UnitId, of: &T, entities: &Entities) -> bool {
        let hot = &self.bindings.hot[unit.0 as usize];
        let Some(way) = &hot.whole else { return false };
        if !way.fill(of, entities, &mut self.frame) {
            return false;
        }
        way.all_known(&mut self.frame);
        let (plan, run, frame) = (self.policy.plan(), self.policy.serving().0, &self.frame);
        plan::decide_filled(plan, unit, &mut self.scratch, |out| match &hot.tell {
            Some(tell) if tell.judge(frame, out) => {}
            Some(_) | None => run.first(plan, unit, frame, out),
        })
    }

    /// The tiers of many requests, in their order, added to `out`.
    pub fn tiers(&mut self, all: &[T], entities: &Entities, out: &mut Vec<Tier>) {
        out.reserve(all.len());
        for of in all {
            let tier = self.tier(of, entities);
            out.push(tier);
        }
    }

    #[cold]
    fn general_tier(&mut self, of: &T, entities: &Entities) -> Tier {
        let (request, facts) = self.bindings.general(self.policy.typed(), of);
        self.policy.tier(&request, &facts, entities)
    }

    #[cold]
    fn told<'s>(&'s self, of: &'s T, entities: &'s Entities) -> Ruling<'s, T> {
        let (request, facts) = self.bindings.general(self.policy.typed(), of);
        let decision = self.policy.decide(&request, &facts, entities);
        let found = Found::Told(Box::new(decision));
        Ruling { policy: &self.policy, bindings: &self.bindings, of, entities, found }
    }

    /// The same request and facts as untyped maps: what explanations and journals take.
    #[must_use]
    pub fn request(&self, of: &T) -> (Request, Facts) {
        self.bindings.general(self.policy.typed(), of)
    }
}

/// A decision as it lies in a form's memory: tier, determining items, obligations, errors.
pub struct Ruling<'a, T> {
    policy: &'a Policy,
    bindings: &'a Bindings,
    of: &'a T,
    entities: &'a Entities,
    found: Found<'a>,
}

enum Found<'a> {
    /// Without any error.
    Quick(&'a Verdict),
    /// Made the general way.
    Told(Box<Decision>),
}

impl<T: Fields> Ruling<'_, T> {
    /// The tier.
    #[must_use]
    pub fn tier(&self) -> Tier {
        match &self.found {
            Found::Quick(verdict) => verdict.tier,
            Found::Told(decision) => decision.tier,
        }
    }

    /// What made it, in canonical order.
    #[must_use]
    pub fn determining(&self) -> &[Determining] {
        match &self.found {
            Found::Quick(verdict) => &verdict.determining,
            Found::Told(decision) => &decision.determining,
        }
    }

    /// What the host must do, in canonical order.
    #[must_use]
    pub fn obligations(&self) -> &[Obligation] {
        match &self.found {
            Found::Quick(verdict) => &verdict.obligations,
            Found::Told(decision) => &decision.obligations,
        }
    }

    /// The decision, to be kept.
    #[must_use]
    pub fn to_decision(&self) -> Decision {
        match &self.found {
            Found::Told(decision) => (**decision).clone(),
            Found::Quick(verdict) => {
                let name = self.policy.plan().declared(self.of.action());
                let action = name.and_then(|unit| self.policy.plan().unit(unit).action);
                let typed = self.policy.typed();
                let Some(action) = action else {
                    // An action that nobody declares: its own name is part of the decision.
                    let (request, facts) = self.bindings.general(typed, self.of);
                    return self.policy.decide(&request, &facts, self.entities);
                };
                Decision {
                    action: typed.action_def(action).name.to_string(),
                    tier: verdict.tier,
                    determining: verdict.determining.clone(),
                    obligations: verdict.obligations.clone(),
                    errors: Vec::new(),
                    policy: typed.hash,
                    engine: self.policy.engine(),
                }
            }
        }
    }
}
