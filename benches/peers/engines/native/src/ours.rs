//! Our own arms. Each is one way to ask a policy; a new way is one more `Engine` and its line in [`arms`].

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::Arc;

use aas::check::typed::RawEntity;
use aas::form::{Action, Fields, Form, Given};
use aas::policy::Decider;
use aas::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet};
use kit::{Arm, Ask, Engine, Files, Mode, Tier, Workload};
use workload::aasrule::{self, Field};

/// What a host knows of the policy that it asks.
struct Host {
    policy: Policy,
    entities: Arc<Entities>,
    /// The fields of each declared action: a request says no others.
    fields: Arc<BTreeMap<String, BTreeSet<Field>>>,
    trust: bool,
    env: bool,
}

/// Texts of rules to a policy that serves.
fn compile(files: &Files, native: bool) -> Result<Policy, String> {
    let mut sources = SourceSet::default();
    for (name, text) in files {
        sources.add(name.as_str(), text.as_str());
    }
    let policy = Policy::compile(&sources, &Settings::default())
        .map_err(|findings| aas::diagnostic::render::human(&findings, &sources, false))?;
    if native { policy.with_native().map_err(|error| error.to_string()) } else { Ok(policy) }
}

impl Host {
    fn load(files: &Files, workload: &Workload, native: bool) -> Result<Self, String> {
        let policy = compile(files, native)?;
        let package = aasrule::package(workload);
        let entities = folders(&policy, workload)?;
        Ok(Self {
            policy,
            entities: Arc::new(entities),
            fields: Arc::new(package.fields),
            trust: package.trust,
            env: package.env,
        })
    }

    /// A request in the general form: what the action declares, and nothing else.
    fn request(&self, ask: &Ask) -> (Request, Facts) {
        let mut request = Request::new(&ask.action);
        let mut facts = Facts::of_agent(&ask.agent);
        if self.trust {
            facts = facts.agent("trust", Raw::int(ask.trust));
        }
        if self.env {
            facts = facts.env("name", Raw::text(&ask.env));
        }
        for field in self.fields.get(&ask.action).into_iter().flatten() {
            match field {
                Field::Path => request = request.param("path", Raw::text(&ask.path)),
                Field::Branch => request = request.param("branch", Raw::text(&ask.branch)),
                Field::Bump => request = request.param("bump", Raw::text(&ask.bump)),
                Field::Folder => request = request.param("folder", Raw::text(&ask.path)),
                Field::Cost => facts = facts.observed("cost", Raw::int(ask.cost)),
            }
        }
        (request, facts)
    }

    fn again(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            entities: Arc::clone(&self.entities),
            fields: Arc::clone(&self.fields),
            trust: self.trust,
            env: self.env,
        }
    }
}

/// The snapshot of folders that the requests speak of.
fn folders(policy: &Policy, workload: &Workload) -> Result<Entities, String> {
    let folder = |(i, &parent): (usize, &u32)| RawEntity {
        ty: "Folder".into(),
        id: format!("f{i}").into(),
        parents: if parent as usize == i { vec![] } else { vec![("Folder".into(), format!("f{parent}").into())] },
        attributes: vec![],
    };
    let all: Vec<RawEntity> = workload.parents.iter().enumerate().map(folder).collect();
    policy.entities(&all).map_err(|error| error.to_string())
}

fn tier(tier: aas::decision::Tier) -> Tier {
    match tier {
        aas::decision::Tier::Green => workload::GREEN,
        aas::decision::Tier::Yellow => workload::YELLOW,
        aas::decision::Tier::Red => workload::RED,
        aas::decision::Tier::Black => workload::BLACK,
    }
}

/// What a host takes of an answer.
trait Answer: Send + 'static {
    fn answer(decider: &mut Decider, request: &Request, facts: &Facts, entities: &Entities) -> Tier;
}

/// The tier alone.
struct TierOnly;

impl Answer for TierOnly {
    fn answer(decider: &mut Decider, request: &Request, facts: &Facts, entities: &Entities) -> Tier {
        tier(decider.tier(request, facts, entities))
    }
}

/// The whole decision: items, obligations, errors.
struct Whole;

impl Answer for Whole {
    fn answer(decider: &mut Decider, request: &Request, facts: &Facts, entities: &Entities) -> Tier {
        tier(std::hint::black_box(decider.decide(request, facts, entities)).tier)
    }
}

/// The general way: an untyped request and facts, read at every decision.
struct General<A> {
    host: Host,
    decider: Decider,
    asks: Vec<(Request, Facts)>,
    answer: PhantomData<fn(A)>,
}

impl<A: Answer> General<A> {
    fn new(host: Host) -> Self {
        Self { decider: host.policy.decider(), host, asks: Vec::new(), answer: PhantomData }
    }

    fn load(files: &Files, workload: &Workload, native: bool) -> Result<Box<dyn Engine>, String> {
        Ok(Box::new(Self::new(Host::load(files, workload, native)?)))
    }
}

impl<A: Answer> Engine for General<A> {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(|ask| self.host.request(ask)).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        let (request, facts) = &self.asks[i];
        A::answer(&mut self.decider, request, facts, &self.host.entities)
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        let (request, facts) = self.host.request(ask);
        A::answer(&mut self.decider, &request, &facts, &self.host.entities)
    }

    fn sibling(&self) -> Option<Box<dyn Engine + Send>> {
        Some(Box::new(Self::new(self.host.again())))
    }
}

/// A request whose values the policy reads where they lie, by the names that the workload's package declares.
trait Shape: Fields + Send + Sized + 'static {
    /// Another view of the same memory.
    fn of(ask: &Ask) -> &Self;
}

/// A type for each set of names: a form binds no name that its policy declares nowhere.
macro_rules! shape {
    ($name:ident { $($place:literal $key:literal $kind:ident $field:ident),* }) => {
        #[repr(transparent)]
        struct $name(Ask);

        impl Shape for $name {
            fn of(ask: &Ask) -> &Self {
                // SAFETY: the struct is nothing but an `Ask`, and says so (`transparent`).
                unsafe { &*std::ptr::from_ref(ask).cast() }
            }
        }

        impl Fields for $name {
            const NAMES: &'static [&'static str] = &[$($key),*];

            #[inline]
            fn action(&self) -> &str {
                &self.0.action
            }

            #[inline]
            fn given(&self, place: usize) -> Given<'_> {
                match place {
                    $($place => shape!(@$kind self $field),)*
                    _ => Given::Absent,
                }
            }
        }
    };
    (@text $self:ident $field:ident) => { Given::Text(&$self.0.$field) };
    (@number $self:ident $field:ident) => { Given::Number($self.0.$field) };
}

shape!(W1 {
    0 "params.path" text path,
    1 "params.branch" text branch,
    2 "params.bump" text bump,
    3 "agent.trust" number trust,
    4 "observed.cost" number cost
});
shape!(W2 {
    0 "params.path" text path,
    1 "params.branch" text branch,
    2 "env.name" text env,
    3 "agent.trust" number trust,
    4 "observed.cost" number cost
});
shape!(PathOnly { 0 "params.path" text path });
shape!(BranchOnly { 0 "params.branch" text branch });
shape!(CostOnly { 0 "observed.cost" number cost });
shape!(FolderOnly { 0 "params.folder" text path });
shape!(PathAndBranch { 0 "params.path" text path, 1 "params.branch" text branch });

/// What a form is asked for.
trait Question: Send + 'static {
    fn ask<S: Shape>(form: &mut Form<S>, action: Option<Action>, of: &S, entities: &Entities) -> Tier;
}

/// The tier, by the action's name.
struct Named;

impl Question for Named {
    #[inline(always)]
    fn ask<S: Shape>(form: &mut Form<S>, _: Option<Action>, of: &S, entities: &Entities) -> Tier {
        tier(form.tier(of, entities))
    }
}

/// The tier, the action looked up before.
struct Known;

impl Question for Known {
    #[inline(always)]
    fn ask<S: Shape>(form: &mut Form<S>, action: Option<Action>, of: &S, entities: &Entities) -> Tier {
        tier(match action {
            Some(action) => form.tier_of(action, of, entities),
            None => form.tier(of, entities),
        })
    }
}

/// The whole decision: tier, items, obligations.
struct Ruled;

impl Question for Ruled {
    #[inline(always)]
    fn ask<S: Shape>(form: &mut Form<S>, _: Option<Action>, of: &S, entities: &Entities) -> Tier {
        let ruling = form.decide(of, entities);
        std::hint::black_box(ruling.determining().len() + ruling.obligations().len());
        tier(ruling.tier())
    }
}

/// The quick way: a struct bound to the policy, read where it lies.
struct Bound<S, Q> {
    form: Form<S>,
    entities: Arc<Entities>,
    asks: Vec<(Option<Action>, Ask)>,
    question: PhantomData<fn(Q)>,
}

impl<S: Shape, Q: Question> Bound<S, Q> {
    fn load(files: &Files, workload: &Workload, native: bool) -> Result<Box<dyn Engine>, String> {
        let policy = compile(files, native)?;
        let entities = Arc::new(folders(&policy, workload)?);
        let form = Form::bind(&policy).map_err(|error| error.to_string())?;
        Ok(Box::new(Self { form, entities, asks: Vec::new(), question: PhantomData }))
    }
}

impl<S: Shape, Q: Question> Engine for Bound<S, Q> {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(|ask| (self.form.action(&ask.action), ask.clone())).collect();
    }

    #[inline(always)]
    fn eval(&mut self, i: usize) -> Tier {
        let (action, ask) = &self.asks[i];
        Q::ask(&mut self.form, *action, S::of(ask), &self.entities)
    }

    #[inline(always)]
    fn build(&mut self, ask: &Ask) -> Tier {
        Q::ask(&mut self.form, None, S::of(ask), &self.entities)
    }

    fn sibling(&self) -> Option<Box<dyn Engine + Send>> {
        let entities = Arc::clone(&self.entities);
        Some(Box::new(Self { form: self.form.clone(), entities, asks: Vec::new(), question: PhantomData }))
    }
}

/// The form of a workload.
fn bound<Q: Question>(files: &Files, workload: &Workload, native: bool) -> Result<Box<dyn Engine>, String> {
    let load = match workload.name.split('_').collect::<Vec<_>>()[..] {
        ["w4", "equal" | "prefix" | "path", _] => Bound::<PathOnly, Q>::load,
        ["w4", "set", _] => Bound::<BranchOnly, Q>::load,
        ["w4", "range", _] => Bound::<CostOnly, Q>::load,
        ["w4", "entity", _] => Bound::<FolderOnly, Q>::load,
        ["w4", "text", _] => Bound::<PathAndBranch, Q>::load,
        ["w2" | "w4", ..] => Bound::<W2, Q>::load,
        _ => Bound::<W1, Q>::load,
    };
    load(files, workload, native)
}

fn all(workload: &Workload) -> bool {
    workload.rules.len() <= 10_000
}

fn arm(name: &'static str, load: fn(&Files, &Workload) -> Result<Box<dyn Engine>, String>) -> Arm {
    let write = |workload: &Workload| aasrule::package(workload).files;
    Arm { name, takes: all, modes: &Mode::ALL, decides: true, write, load, from_text: true }
}

/// An arm whose host must know the fields of each action, so the rules alone do not do.
fn untyped(name: &'static str, load: fn(&Files, &Workload) -> Result<Box<dyn Engine>, String>) -> Arm {
    Arm { from_text: false, ..arm(name, load) }
}

pub(crate) fn arms() -> Vec<Arm> {
    vec![
        arm("aas", |files, workload| bound::<Named>(files, workload, true)),
        Arm { modes: &[Mode::Eval], ..arm("aas, resolved", |files, workload| bound::<Known>(files, workload, true)) },
        arm("aas, whole decision", |files, workload| bound::<Ruled>(files, workload, true)),
        arm("aas, plan walked", |files, workload| bound::<Named>(files, workload, false)),
        untyped("aas, untyped request", |files, workload| General::<TierOnly>::load(files, workload, true)),
        untyped("aas, untyped, whole", |files, workload| General::<Whole>::load(files, workload, true)),
    ]
}
