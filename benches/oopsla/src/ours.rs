//! The applications in aas: a package of rules as native code, a prepared snapshot, and a Rust type as a request.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use aas::check::typed::RawEntity;
use aas::decision::{Determining, Engine, Tier};
use aas::form::{self, Fields, Form, Given};
use aas::settings::Manifest;
use aas::source::FileId;
use aas::{Entities, Policy, Raw, SourceSet};

use crate::model::{App, Asked, Held, Name, Record};

pub struct Ours {
    pub policy: Policy,
    names: Vec<&'static str>,
    /// The actions, looked up.
    actions: Vec<form::Action>,
    /// Which name of the form each action's resource has.
    parameters: Vec<usize>,
}

/// A request: who wants what with which resource.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    action: &'a str,
    user: &'a str,
    /// The place of the resource among the names.
    parameter: usize,
    resource: &'a str,
}

impl Fields for Question<'_> {
    // The names differ by application: they are bound at run time.
    const NAMES: &'static [&'static str] = &[];

    #[inline]
    fn action(&self) -> &str {
        self.action
    }

    #[inline]
    fn given(&self, place: usize) -> Given<'_> {
        if place == 0 {
            Given::Text(self.user)
        } else if place == self.parameter {
            Given::Text(self.resource)
        } else {
            Given::Absent
        }
    }
}

fn pair(name: &Name) -> (Arc<str>, Arc<str>) {
    (name.ty.into(), name.id.as_str().into())
}

fn value(held: &Held) -> Raw {
    match held {
        Held::Bool(b) => Raw::Bool(*b),
        Held::Text(text) => Raw::text(text),
        Held::One(name) => Raw::text(&name.id),
        Held::Many(names) => Raw::List(names.iter().map(|name| Raw::text(&name.id)).collect()),
        Held::Tasks(tasks) => Raw::List(tasks.iter().map(task).collect()),
    }
}

fn task((name, id, state): &(String, i64, &'static str)) -> Raw {
    Raw::Object(vec![("name".into(), Raw::text(name)), ("id".into(), Raw::int(*id)), ("state".into(), Raw::text(state))])
}

impl Ours {
    pub fn load(app: &App, policies: &Path) -> Self {
        let read = |name: &str| {
            let path = policies.join(app.package).join(name);
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let (manifest, wrong) = Manifest::parse(&read("aas.toml"), FileId(0));
        assert!(wrong.is_empty(), "{wrong:?}");
        let file = format!("{}.aasrule", app.package);
        let policy = Policy::compile(&SourceSet::single(&*file, read(&file)), &manifest.settings);
        let policy = policy.expect("rules without errors").with_native().expect("native code");
        assert_eq!(policy.engine(), Engine::Jit);
        let mut names = vec!["agent.user"];
        for action in app.actions {
            if !names.contains(&action.parameter) {
                names.push(action.parameter);
            }
        }
        let form = Form::<Question<'_>>::bind_names(&policy, &names).expect("names that the rules declare");
        let actions = app.actions.iter().map(|a| form.action(a.name).expect("a declared action")).collect();
        let place = |parameter: &str| names.iter().position(|name| *name == parameter).expect("it was added");
        let parameters = app.actions.iter().map(|action| place(action.parameter)).collect();
        Self { policy, names, actions, parameters }
    }

    /// A form with memory of its own.
    pub fn form<'a>(&self) -> Form<Question<'a>> {
        Form::bind_names(&self.policy, &self.names).expect("names that the rules declare")
    }

    /// The snapshot of a hierarchy: entities read, checked, closed. What is only mentioned as a parent would make
    /// everything in it unclear; Cedar takes it to lie in nothing, so it is given as such.
    pub fn entities(&self, records: &[Record]) -> Entities {
        let held: HashSet<&Name> = records.iter().map(|record| &record.name).collect();
        let mut mentioned: Vec<&Name> =
            records.iter().flat_map(|r| &r.parents).filter(|parent| !held.contains(parent)).collect();
        mentioned.sort();
        mentioned.dedup();
        let one = |record: &Record| RawEntity {
            ty: record.name.ty.into(),
            id: record.name.id.as_str().into(),
            parents: record.parents.iter().map(pair).collect(),
            attributes: record.attributes.iter().map(|(name, held)| ((*name).into(), value(held))).collect(),
        };
        let alone = |name: &&Name| {
            let (ty, id) = pair(name);
            RawEntity { ty, id, parents: Vec::new(), attributes: Vec::new() }
        };
        let all: Vec<RawEntity> = records.iter().map(one).chain(mentioned.iter().map(alone)).collect();
        self.policy.entities(&all).expect("entities of the declared types")
    }

    /// A request in its own form.
    pub fn question<'a>(&self, app: &App, asked: &'a Asked) -> (form::Action, Question<'a>) {
        let question = self.strings(asked.action, [&asked.user, app.actions[asked.action].name, &asked.resource]);
        (self.actions[asked.action], question)
    }

    /// A request from three identifier strings.
    #[inline]
    pub fn strings<'a>(&self, place: usize, [user, action, resource]: [&'a str; 3]) -> Question<'a> {
        Question { action, user, parameter: self.parameters[place], resource }
    }

    pub fn reasons(&self, determining: &[Determining]) -> Vec<String> {
        let name = |made: &Determining| {
            let name = &self.policy.typed().item(made.item?).name;
            Some(name.rsplit('.').next().unwrap_or(name).to_string())
        };
        let mut reasons: Vec<String> = determining.iter().filter_map(name).collect();
        reasons.sort();
        reasons
    }
}

pub fn allows(tier: Tier) -> bool {
    tier == Tier::Green
}
