//! System 000: runs of workflows.

use std::sync::Arc;

use aas::Policy;
use aas::check::typed::RawEntity;
use aas::raw::RawFields;
use aas::{Facts, Raw};
use aas_govern::command::{Ended, Outcome, StartRun};
use aas_govern::effect::RunStanding;
use aas_govern::runs::{RunResult, StepStage};
use aas_govern::{Command, Effect, Step};
use serde_json::{Value, json};

use crate::kit::{S, executes, facts};
use crate::package::{World, compile};

type Found = Result<(), String>;

const ROLES: [&str; 5] = ["sentinel", "builder", "inspector", "scribe", "devops"];

/// A workflow that a case describes, in a package of its own.
fn described(body: &str) -> String {
    format!("package later\n\nuse autonomy.vocabulary.*\n\nworkflow mine {{\n    budget 100.00\n{body}\n}}\n")
}

struct Flow {
    world: World,
    workflow: &'static str,
}

impl Flow {
    fn new(policy: &Policy, workflow: &'static str, inputs: RawFields) -> Self {
        let mut world = World::new(policy, "Team.maintainers");
        let member = |id: &str, ty: &str, group: &str| RawEntity {
            ty: "Agent".into(),
            id: id.into(),
            parents: vec![(ty.into(), group.into())],
            attributes: Vec::new(),
        };
        let group = |ty: &str, id: &str| RawEntity {
            ty: ty.into(),
            id: id.into(),
            parents: Vec::new(),
            attributes: Vec::new(),
        };
        let mut known = vec![member("ada", "Team", "maintainers"), group("Team", "maintainers")];
        for role in ROLES {
            known.extend([member(&format!("{role}-1"), "Role", role), group("Role", role)]);
        }
        world.kit.entities = Arc::new(policy.entities(&known).expect("entities"));
        let (facts, entities) = (facts("builder-1"), world.kit.entities.clone());
        let start = StartRun { run: "w".into(), workflow: workflow.into(), inputs, facts, entities };
        let step = world.kit.tell(Command::StartRun(start));
        assert!(!step.events.is_empty(), "{step:?}");
        Self { world, workflow }
    }

    /// Does whatever may begin, as long as there is something; how often each step was begun, in order.
    fn go(&mut self, outcome: impl Fn(&str) -> (Ended, Option<&'static str>)) -> Vec<String> {
        let mut begun = Vec::new();
        for _ in 0..100 {
            self.world.kit.wait(60 * S);
            self.world.kit.tell(Command::Tick);
            let Some(wanted) = self.world.kit.governor.ready_steps().into_iter().next() else { break };
            let role = wanted.groups.first().and_then(|shown| shown.split('"').nth(1));
            let agent = role.map_or_else(|| "builder-1".to_owned(), |role| format!("{role}-1"));
            let facts = self.facts(&agent, &wanted.request.action);
            let entities = self.world.kit.entities.clone();
            let step = Some(wanted.step.clone());
            let asked =
                self.world.kit.tell(Command::AdvanceRun { run: wanted.run, step, facts: facts.clone(), entities });
            begun.push(wanted.step.to_string());
            if let Some(token) = permitted(&asked) {
                let (id, entities) = (wanted.id.clone(), self.world.kit.entities.clone());
                let begun = self.world.kit.tell(Command::Begin { id, token: Some(token), facts, entities });
                assert_eq!(executes(&begun), 1, "{begun:?}");
                let (result, cost) = outcome(&wanted.step);
                let outcome = Outcome { result, cost: cost.map(Into::into), output: Vec::new() };
                self.world.kit.tell(Command::Outcome { id: wanted.id, outcome });
            }
        }
        begun
    }

    fn facts(&self, agent: &str, action: &str) -> Facts {
        let fields = if action.starts_with("deploy.") { json!({"tests_passed": true}) } else { json!({}) };
        self.world.read(&json!({"agent": {"id": agent}, "action": action, "fields": fields})).1
    }

    fn stands(&self) -> RunStanding {
        self.world.kit.governor.run(&"w".into()).unwrap_or_else(|| panic!("no run of {}", self.workflow))
    }

    fn stages(&self) -> Vec<StepStage> {
        let run = self.world.kit.governor.state().runs().get(&"w".into()).expect("a run");
        run.steps.iter().map(|step| step.stage.clone()).collect()
    }
}

fn permitted(step: &Step) -> Option<aas_govern::token::Token> {
    step.effects.iter().find_map(|effect| match effect {
        Effect::Reply(reply) => match &reply.standing {
            aas_govern::effect::Standing::Permitted(token) => Some(token.clone()),
            _ => None,
        },
        _ => None,
    })
}

fn same<T: PartialEq + std::fmt::Debug>(expected: &T, found: &T) -> Found {
    if expected == found { Ok(()) } else { Err(format!("{expected:?} expected, {found:?} found")) }
}

fn policy(body: &str) -> Result<Policy, Vec<String>> {
    compile("autonomy", Some(&described(body)))
}

fn mine(body: &str) -> Flow {
    Flow::new(&policy(body).expect("a policy"), "later.mine", Vec::new())
}

const FAILED: RunStanding = RunStanding::Ended(RunResult::Failed);

/// A case about a run.
pub(crate) fn workflow(case: &Value) -> Found {
    let well = |_: &str| (Ended::Success, Some("0.10"));
    let badly = |step: &str| (if step == "one" { Ended::Failure } else { Ended::Success }, Some("0.10"));
    match case["id"].as_str().unwrap_or_default() {
        "000-wfl-002" => {
            let inputs = vec![("service".into(), Raw::text("api")), ("version".into(), Raw::text("1.2.3"))];
            let policy = compile("autonomy", None).expect("a policy");
            let mut flow = Flow::new(&policy, "autonomy.workflows.deploy_production", inputs);
            let begun = flow.go(well);
            same(&"deploy_prod", &begun.last().map_or("", |step| step))?;
            let done = flow.stages().iter().filter(|stage| **stage == StepStage::Done).count();
            same(&(RunStanding::Waiting, case["expect"]["completed"].as_u64()), &(flow.stands(), Some(done as u64)))
        }
        "000-wfl-006" => {
            let found = policy("    step a test.run after b\n    step b test.run after a").map(|_| ());
            let found = found.err().unwrap_or_default();
            same(&true, &found.iter().any(|one| one.contains("waits for itself")))
        }
        "000-wfl-007" => {
            let mut flow = mine("    step one test.run retry 1 wait 1s");
            same(&case["expect"]["attempts"].as_u64(), &Some(flow.go(badly).len() as u64))?;
            same(&FAILED, &flow.stands())
        }
        "000-wfl-008" => {
            let mut flow = mine("    step one test.run on failure skip\n    step two code.read after one");
            flow.go(badly);
            let expected = vec![StepStage::Skipped, StepStage::Done];
            same(&(RunStanding::Ended(RunResult::Done), expected), &(flow.stands(), flow.stages()))
        }
        "000-wfl-009" => {
            let mut flow = mine("    step one secrets.expose on failure skip\n    step two code.read after one");
            same(&(vec!["one".to_owned()], FAILED), &(flow.go(well), flow.stands()))
        }
        "000-wfl-010" => {
            let mut flow = mine("    step one test.run on failure escalate\n    step two code.read after one");
            flow.go(badly);
            same(&RunStanding::Waiting, &flow.stands())
        }
        "000-wfl-013" => {
            let mut flow = mine("    step one test.run\n    step two code.read after one");
            let begun = flow.go(|_| (Ended::Success, Some("100.01")));
            same(&(vec!["one".to_owned()], FAILED), &(begun, flow.stands()))
        }
        other => Err(format!("{other} is not known")),
    }
}
