//! Our own arms. Each is one way to ask a policy: a new way is one more [`Way`] and its line in [`arms`].
//!
//! From JSON every arm takes our own layout of a request, with the fields that the action declares.

use std::marker::PhantomData;
use std::sync::Arc;

use aas::check::typed::RawEntity;
use aas::form::{Action, Fields, Form};
use aas::policy::{Decider, Terms, TextDecider, Texts};
use aas::{Entities, Facts, Policy, Raw, Request, Settings, SourceSet, json};
use kit::{Arm, Ask, Engine, Files, Mode, Tier, Workload};
use workload::aasrule;

use crate::shapes::{BranchOnly, CostOnly, FolderOnly, PathAndBranch, PathOnly, W1, W2};

/// A view of a request by some of its names.
trait Shape: Fields + Send + Sized + 'static {
    /// The same memory under another name.
    fn of(ask: &Ask) -> &Self;
}

macro_rules! views {
    ($($name:ident)*) => {$(
        impl Shape for $name {
            #[inline]
            fn of(ask: &Ask) -> &Self {
                // SAFETY: the struct is nothing but an `Ask`, and says so (`transparent`).
                unsafe { &*std::ptr::from_ref(ask).cast() }
            }
        }
    )*};
}

views!(W1 W2 PathOnly BranchOnly CostOnly FolderOnly PathAndBranch);

/// A policy that serves, with all handles that a thread may ask it by.
struct Handles<S> {
    form: Form<S>,
    decider: Decider,
    shared: Texts,
    texts: TextDecider,
    entities: Arc<Entities>,
    out: Vec<u8>,
}

/// Texts of rules to a policy that serves.
fn compile(sources: &SourceSet, native: bool) -> Result<Policy, String> {
    let policy = Policy::compile(sources, &Settings::default())
        .map_err(|findings| aas::diagnostic::render::human(&findings, sources, false))?;
    if native { policy.with_native().map_err(|error| error.to_string()) } else { Ok(policy) }
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

impl<S: Shape> Handles<S> {
    fn load(files: &Files, workload: &Workload, native: bool) -> Result<Self, String> {
        let mut sources = SourceSet::default();
        for (name, text) in files {
            sources.add(name.as_str(), text.as_str());
        }
        let policy = compile(&sources, native)?;
        let shared = policy.texts(&sources);
        Ok(Self {
            form: Form::bind(&policy).map_err(|error| error.to_string())?,
            decider: policy.decider(),
            texts: shared.decider(),
            shared,
            entities: Arc::new(folders(&policy, workload)?),
            out: Vec::new(),
        })
    }

    /// Handles of another thread.
    fn again(&self) -> Self {
        Self {
            form: self.form.clone(),
            decider: self.form.policy().decider(),
            texts: self.shared.decider(),
            shared: self.shared.clone(),
            entities: Arc::clone(&self.entities),
            out: Vec::new(),
        }
    }

    fn terms(entities: &Entities) -> Terms<'_> {
        Terms { entities: Some(entities), ..Terms::default() }
    }
}

/// The requests in every form that an arm may ask for.
#[derive(Default)]
struct Prepared {
    asks: Vec<Ask>,
    actions: Vec<Option<Action>>,
    untyped: Vec<(Request, Facts)>,
}

/// A way to ask a policy.
trait Way: Send + 'static {
    /// A request that was made before.
    fn eval<S: Shape>(handles: &mut Handles<S>, prepared: &Prepared, i: usize) -> Tier;

    /// The typed struct.
    fn build<S: Shape>(handles: &mut Handles<S>, ask: &Ask) -> Tier;

    /// JSON.
    fn json<S: Shape>(handles: &mut Handles<S>, text: &str) -> Tier;
}

fn tier(tier: aas::decision::Tier) -> Tier {
    match tier {
        aas::decision::Tier::Green => workload::GREEN,
        aas::decision::Tier::Yellow => workload::YELLOW,
        aas::decision::Tier::Red => workload::RED,
        aas::decision::Tier::Black => workload::BLACK,
    }
}

/// The tier alone: of a struct that the policy reads where it lies, of bytes that it reads by schema.
struct TierOnly;

impl Way for TierOnly {
    #[inline(always)]
    fn eval<S: Shape>(handles: &mut Handles<S>, prepared: &Prepared, i: usize) -> Tier {
        Self::build(handles, &prepared.asks[i])
    }

    #[inline(always)]
    fn build<S: Shape>(handles: &mut Handles<S>, ask: &Ask) -> Tier {
        tier(handles.form.tier(S::of(ask), &handles.entities))
    }

    #[inline(always)]
    fn json<S: Shape>(handles: &mut Handles<S>, text: &str) -> Tier {
        let terms = Handles::<S>::terms(&handles.entities);
        tier(handles.texts.tier(text.as_bytes(), &terms).expect("a request of the workload"))
    }
}

/// The tier alone, the action looked up before.
struct Resolved;

impl Way for Resolved {
    #[inline(always)]
    fn eval<S: Shape>(handles: &mut Handles<S>, prepared: &Prepared, i: usize) -> Tier {
        let ask = &prepared.asks[i];
        match prepared.actions[i] {
            Some(action) => tier(handles.form.tier_of(action, S::of(ask), &handles.entities)),
            None => TierOnly::build(handles, ask),
        }
    }

    fn build<S: Shape>(handles: &mut Handles<S>, ask: &Ask) -> Tier {
        TierOnly::build(handles, ask)
    }

    fn json<S: Shape>(handles: &mut Handles<S>, text: &str) -> Tier {
        TierOnly::json(handles, text)
    }
}

/// The whole decision: tier, what made it, what the host must do. From JSON: with the answer as JSON.
struct Whole;

impl Way for Whole {
    #[inline(always)]
    fn eval<S: Shape>(handles: &mut Handles<S>, prepared: &Prepared, i: usize) -> Tier {
        Self::build(handles, &prepared.asks[i])
    }

    #[inline(always)]
    fn build<S: Shape>(handles: &mut Handles<S>, ask: &Ask) -> Tier {
        let ruling = handles.form.decide(S::of(ask), &handles.entities);
        std::hint::black_box(ruling.determining().len() + ruling.obligations().len());
        tier(ruling.tier())
    }

    #[inline(always)]
    fn json<S: Shape>(handles: &mut Handles<S>, text: &str) -> Tier {
        handles.out.clear();
        let terms = Handles::<S>::terms(&handles.entities);
        let told = handles.texts.answer(text.as_bytes(), &terms, &mut handles.out).expect("a request of the workload");
        std::hint::black_box(handles.out.len());
        tier(told.tier)
    }
}

/// Maps that anybody can fill, read at every decision: the tier alone.
struct Untyped;

impl Way for Untyped {
    #[inline(always)]
    fn eval<S: Shape>(handles: &mut Handles<S>, prepared: &Prepared, i: usize) -> Tier {
        let (request, facts) = &prepared.untyped[i];
        tier(handles.decider.tier(request, facts, &handles.entities))
    }

    #[inline(always)]
    fn build<S: Shape>(handles: &mut Handles<S>, ask: &Ask) -> Tier {
        let (request, facts) = handles.form.request(S::of(ask));
        tier(handles.decider.tier(&request, &facts, &handles.entities))
    }

    #[inline(always)]
    fn json<S: Shape>(handles: &mut Handles<S>, text: &str) -> Tier {
        let terms = Handles::<S>::terms(&handles.entities);
        let taken = handles.form.policy().take(text.as_bytes(), &terms).expect("a request of the workload");
        tier(handles.decider.tier(&taken.request, &taken.facts, &taken.entities))
    }
}

struct Ours<S, W> {
    handles: Handles<S>,
    prepared: Prepared,
    way: PhantomData<fn(W)>,
}

impl<S: Shape, W: Way> Ours<S, W> {
    fn load(files: &Files, workload: &Workload, native: bool) -> Result<Box<dyn Engine>, String> {
        let handles = Handles::load(files, workload, native)?;
        Ok(Box::new(Self { handles, prepared: Prepared::default(), way: PhantomData }))
    }
}

impl<S: Shape, W: Way> Engine for Ours<S, W> {
    fn prepare(&mut self, asks: &[Ask]) {
        let form = &self.handles.form;
        self.prepared = Prepared {
            asks: asks.to_vec(),
            actions: asks.iter().map(|ask| form.action(&ask.action)).collect(),
            untyped: asks.iter().map(|ask| form.request(S::of(ask))).collect(),
        };
    }

    #[inline(always)]
    fn eval(&mut self, i: usize) -> Tier {
        W::eval(&mut self.handles, &self.prepared, i)
    }

    #[inline(always)]
    fn build(&mut self, ask: &Ask) -> Tier {
        W::build(&mut self.handles, ask)
    }

    #[inline(always)]
    fn json(&mut self, text: &str) -> Tier {
        W::json(&mut self.handles, text)
    }

    fn json_text(&self, ask: &Ask) -> String {
        let (request, facts) = self.handles.form.request(S::of(ask));
        let object = |fields: aas::raw::RawFields| (!fields.is_empty()).then_some(Raw::Object(fields));
        let groups = [("env", object(facts.env)), ("session", object(facts.session))];
        let groups = groups.into_iter().filter_map(|(name, fields)| Some((name.into(), fields?))).collect();
        let members = [
            ("agent", object(facts.agent)),
            ("action", Some(Raw::Text(request.action))),
            ("params", object(request.params)),
            ("observed", object(facts.observed)),
            ("facts", object(groups)),
        ];
        let members = members.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect();
        json::write(&Raw::Object(members))
    }

    fn sibling(&self) -> Option<Box<dyn Engine + Send>> {
        Some(Box::new(Self { handles: self.handles.again(), prepared: Prepared::default(), way: PhantomData }))
    }
}

/// The policy of a workload, asked in a way.
fn load<W: Way>(files: &Files, workload: &Workload, native: bool) -> Result<Box<dyn Engine>, String> {
    let load = match workload.name.split('_').collect::<Vec<_>>()[..] {
        ["w4", "equal" | "prefix" | "path", _] => Ours::<PathOnly, W>::load,
        ["w4", "set", _] => Ours::<BranchOnly, W>::load,
        ["w4", "range", _] => Ours::<CostOnly, W>::load,
        ["w4", "entity", _] => Ours::<FolderOnly, W>::load,
        ["w4", "text", _] => Ours::<PathAndBranch, W>::load,
        ["w2" | "w4", ..] => Ours::<W2, W>::load,
        _ => Ours::<W1, W>::load,
    };
    load(files, workload, native)
}

pub(crate) fn arms() -> Vec<Arm> {
    let arm = |name, load: fn(&Files, &Workload) -> _| Arm {
        name,
        takes: |_| true,
        modes: &Mode::ALL,
        decides: true,
        write: |workload| aasrule::package(workload).files,
        load,
        from_text: true,
    };
    // Of many rules on one action, and of loading, one way with native code and one without tell enough.
    let less = |arm: Arm| Arm { takes: |workload| !workload.name.starts_with("w4"), from_text: false, ..arm };
    let resolved = arm("aas, resolved", |files, workload| load::<Resolved>(files, workload, true));
    vec![
        arm("aas", |files, workload| load::<TierOnly>(files, workload, true)),
        less(Arm { modes: &[Mode::Eval], ..resolved }),
        less(arm("aas, whole decision", |files, workload| load::<Whole>(files, workload, true))),
        arm("aas, plan walked", |files, workload| load::<TierOnly>(files, workload, false)),
        less(arm("aas, untyped request", |files, workload| load::<Untyped>(files, workload, true))),
    ]
}
