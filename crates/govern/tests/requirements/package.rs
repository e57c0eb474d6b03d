//! Packages of the repository, and a governor that has been through what a case says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aas::check::typed::{ItemBody, RawEntity};
use aas::decision::Tier;
use aas::reader::wire::{self, Placement};
use aas::settings::Manifest;
use aas::source::FileId;
use aas::{Facts, Policy, Raw, Request, SourceSet};
use aas_govern::command::{Ended, FlagPlace, Person, SetFlag};
use aas_govern::effect::{Reply, Standing};
use aas_govern::event::Decided;
use aas_govern::program::Program;
use aas_govern::trust::Trust;
use aas_govern::{Command, Config, Governor, State};
use serde_json::Value;

use crate::kit::{Kit, S, SECRET, executes, reply};

/// Noon of a Wednesday, when nothing of the packages is out of hours.
pub(crate) const NOON: i64 = 1_795_003_200 * S;

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "aasrule") {
            out.push(path);
        }
    }
}

/// A package of `rules/`, with one more file where a test adds one.
pub(crate) fn package(name: &str, more: Option<&str>) -> Policy {
    compile(name, more).unwrap_or_else(|found| panic!("{found:#?}"))
}

/// The same, or what is wrong with it.
pub(crate) fn compile(name: &str, more: Option<&str>) -> Result<Policy, Vec<String>> {
    let folder = root().join("rules").join(name);
    let text = std::fs::read_to_string(folder.join("aas.toml")).expect("a manifest");
    let (manifest, wrong) = Manifest::parse(&text, FileId(0));
    assert!(wrong.is_empty(), "{wrong:?}");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    paths.sort();
    let mut sources = SourceSet::default();
    for path in paths {
        sources.add(path.display().to_string(), std::fs::read_to_string(&path).expect("a readable file"));
    }
    if let Some(more) = more {
        sources.add("more.aasrule".to_string(), more.to_string());
    }
    Policy::compile(&sources, &manifest.settings)
        .map_err(|found| found.iter().map(|f| format!("{}: {}", f.code.name(), f.message)).collect())
}

/// The lines of a file of cases.
pub(crate) fn cases(system: &str) -> Vec<Value> {
    let file = root().join("tests/requirements").join(format!("{system}.jsonl"));
    let text = std::fs::read_to_string(file).expect("the cases");
    text.lines().filter(|l| !l.trim().is_empty()).map(|l| serde_json::from_str(l).expect("a line of JSON")).collect()
}

/// A governor of a package, with two people of its team.
pub(crate) struct World {
    pub(crate) kit: Kit,
    policy: Policy,
    asked: u32,
}

impl World {
    /// Nothing has happened yet.
    pub(crate) fn new(policy: &Policy, team: &str) -> Self {
        let (ty, id) = team.split_once('.').expect("a team");
        let person = |name: &str| RawEntity {
            ty: "Agent".into(),
            id: name.into(),
            parents: vec![(ty.into(), id.into())],
            attributes: Vec::new(),
        };
        let group = RawEntity { ty: ty.into(), id: id.into(), parents: Vec::new(), attributes: Vec::new() };
        let entities = policy.entities(&[person("ada"), person("bob"), group]).expect("entities");
        let mut kit = Kit {
            governor: Governor::new(SECRET, Config::default()),
            policy: policy.clone(),
            entities: Arc::new(entities),
            now: NOON,
            journal: Vec::new(),
        };
        kit.tell(Command::Install { policy: policy.clone() });
        Self { kit, policy: policy.clone(), asked: 0 }
    }

    /// What is known of an agent was taken over from elsewhere.
    pub(crate) fn trust(&mut self, agent: &str, score: f64, streaks: (u32, u32), frozen: bool) {
        let program = Program::new(self.policy.clone()).expect("a program");
        let schema = program.schema().trust.clone().expect("trust");
        let score = (score * 1e6).round() as i64;
        let mut trust = Trust::taken_over(&schema, self.kit.now, score, streaks.0, streaks.1);
        if frozen {
            trust.freeze(aas_govern::trust::FreezeWhy::Said("the case says so".into()), self.kit.now);
        }
        let mut snapshot = serde_json::to_value(self.kit.governor.state().snapshot()).expect("JSON");
        let known = snapshot["trust"].as_array_mut().expect("trust of agents");
        known.retain(|one| one[0] != agent);
        known.push(serde_json::json!([agent, trust]));
        let snapshot = serde_json::from_value(snapshot).expect("a snapshot");
        let state = State::of_snapshot(Governor::seed(&SECRET), snapshot).expect("state");
        self.kit.governor =
            Governor::restore(SECRET, Config::default(), state, self.policy.clone()).expect("a governor");
    }

    /// The score of an agent now.
    pub(crate) fn score(&mut self, agent: &str) -> f64 {
        self.kit.tell(Command::Tick);
        self.kit.governor.state().trust(&agent.into()).expect("an agent") as f64 / 1e6
    }

    /// A person sets a switch.
    pub(crate) fn switch(&mut self, flag: &str, on: bool) {
        let by = Person { id: "ada".into(), is_person: true, entities: self.kit.entities.clone() };
        let of = FlagPlace { flag: flag.into(), key: "".into(), scope: None };
        let set = SetFlag { of, value: Raw::Bool(on), until: None, by };
        let step = self.kit.tell(Command::SetFlag(set));
        assert!(!step.events.is_empty(), "{step:?}");
    }

    /// A request in its wire form, as its host would read it.
    pub(crate) fn read(&self, json: &Value) -> (Request, Facts) {
        let incoming = wire::request(self.policy.typed(), &json.to_string(), Placement::Tests);
        let incoming = incoming.unwrap_or_else(|why| panic!("{why}: {json}"));
        (incoming.request, self.policy.with_start_values(&incoming.facts))
    }

    /// A new name for a request.
    pub(crate) fn name(&mut self) -> String {
        self.asked += 1;
        format!("r{}", self.asked)
    }

    /// Asks.
    pub(crate) fn ask(&mut self, json: &Value) -> (String, Reply) {
        let id = self.name();
        let (request, facts) = self.read(json);
        let answer = self.kit.ask_with(&id, request, facts);
        (id, answer)
    }

    /// Asks, has people approve where they must, and reports the outcome. Whether it ran.
    pub(crate) fn run(&mut self, json: &Value, result: Ended) -> Result<(), Box<Reply>> {
        let (id, answer) = self.ask(json);
        self.finish(&id, answer, json, result)
    }

    /// Runs what was asked to its end.
    pub(crate) fn finish(&mut self, id: &str, answer: Reply, json: &Value, result: Ended) -> Result<(), Box<Reply>> {
        let token = match &answer.standing {
            Standing::Permitted(token) => Some(token.clone()),
            Standing::Waiting => {
                self.approve(id);
                None
            }
            _ => return Err(Box::new(answer)),
        };
        let (_, facts) = self.read(json);
        let entities = self.kit.entities.clone();
        let step = self.kit.tell(Command::Begin { id: id.into(), token, facts, entities });
        if executes(&step) != 1 {
            return Err(Box::new(reply(&step, id)));
        }
        self.kit.end(id, result, None);
        Ok(())
    }

    /// Two people say yes to all that a request waits for.
    pub(crate) fn approve(&mut self, id: &str) {
        let entry = self.kit.governor.state().request(&id.into()).expect("a request");
        let held = entry.held.clone().expect("what people are asked");
        for needed in &held.needs {
            for who in ["ada", "bob"].iter().take(needed.quorum as usize) {
                self.kit.answer(id, &needed.approval, who, true);
            }
        }
    }

    /// The codes of all that decided.
    pub(crate) fn codes(&self, decided: &Decided) -> Vec<Arc<str>> {
        let typed = self.policy.typed();
        let mut codes = Vec::new();
        for one in &decided.items {
            let Some(name) = &one.item else { continue };
            let item = typed.items.iter().find(|item| item.name == *name).expect("an item");
            codes.push(item.code.clone());
            if let ItemBody::Floor { branches, .. } = &item.body {
                codes.extend(branches.get(one.branch as usize).and_then(|branch| branch.code.clone()));
            }
        }
        codes.extend(decided.code.clone());
        codes
    }
}

/// Whether something was let through.
pub(crate) fn is_let_through(answer: &Reply) -> bool {
    let permitted = matches!(answer.standing, Standing::Permitted(_));
    assert_eq!(permitted, answer.decided.tier <= Tier::Yellow, "{answer:?}");
    permitted
}

/// What the README of a package says of cases.
pub(crate) struct Named(String);

impl Named {
    pub(crate) fn of(package: &str) -> Self {
        Self(std::fs::read_to_string(root().join("rules").join(package).join("README.md")).expect("the README"))
    }

    /// Whether a row says that it differs on purpose.
    pub(crate) fn differs(&self, id: &str) -> bool {
        self.0.contains(&format!("| {id} |"))
    }

    /// Whether it, or its group, is named at all.
    pub(crate) fn mentions(&self, id: &str) -> bool {
        let group = id.rsplit_once('-').map_or(id, |(group, _)| group);
        self.0.contains(id) || self.0.contains(&format!("{group}-*"))
    }
}

/// What became of all cases of a system.
#[derive(Default)]
pub(crate) struct Score {
    passed: usize,
    on_purpose: Vec<String>,
    later: Vec<String>,
    wrong: Vec<String>,
}

impl Score {
    /// A case was asked.
    pub(crate) fn asked(&mut self, id: &str, named: &Named, found: Result<(), String>) {
        match found {
            Ok(()) if named.differs(id) => {
                self.wrong.push(format!("{id} agrees, but the README names it among those that differ"));
            }
            Ok(()) => self.passed += 1,
            Err(_) if named.differs(id) => self.on_purpose.push(id.into()),
            Err(why) => self.wrong.push(format!("{id}: {why}")),
        }
    }

    /// A case belongs to a later issue.
    pub(crate) fn later(&mut self, id: &str, named: &Named) {
        if !named.mentions(id) {
            self.wrong.push(format!("{id} belongs to a later issue, and the README does not say so"));
        }
        self.later.push(id.into());
    }

    /// Prints the share, and fails where something is wrong.
    pub(crate) fn settle(&self, system: &str) {
        let asked = self.passed + self.on_purpose.len() + self.wrong.len();
        println!("system {system}: {} of {asked} cases pass ({}%)", self.passed, self.passed * 100 / asked.max(1));
        println!("  {} differ on purpose: {}", self.on_purpose.len(), self.on_purpose.join(", "));
        println!("  {} belong to later issues: {}", self.later.len(), self.later.join(", "));
        assert!(self.wrong.is_empty(), "{} cases are wrong\n{}", self.wrong.len(), self.wrong.join("\n"));
    }
}
