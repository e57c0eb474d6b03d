//! Dogwood with its local engine, on policies without history: one policy a rule, globs of actions as action
//! groups, black as `forbid`. The store on disk is left out: the authorizer keeps its state in memory.

use std::collections::BTreeSet;
use std::fmt::Write;

use dogwood_language::{Authorizer, Event, LoweredPolicySet, PolicySchema, ServiceSchema, Validator, Value};
use dogwood_local_engine::LocalTemporalEngine;
use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
use workload::{BLACK, How, Rule, Scope, Test};

fn condition(test: &Test) -> String {
    match test {
        Test::AtLeast(field, least) => format!("context.input.{} >= {least}", field.name()),
        Test::Below(field, bound) => format!("context.input.{} < {bound}", field.name()),
        Test::Word { field, how, word, not } => {
            let of = format!("context.input.{}", field.name());
            let said = match how {
                How::Is => format!("{of} == {word:?}"),
                How::StartsWith => format!("{of} like \"{word}*\""),
                How::EndsWith => format!("{of} like \"*{word}\""),
                How::Contains => format!("{of} like \"*{word}*\""),
                How::Under | How::Named | How::Shaped => unreachable!("asked for W1 and W2 only"),
            };
            if *not { format!("!({said})") } else { said }
        }
        Test::OneOf { field, words, not } => {
            format!("{}{words:?}.contains(context.input.{})", if *not { "!" } else { "" }, field.name())
        }
        Test::Either(tests) => format!("({})", tests.iter().map(condition).collect::<Vec<_>>().join(" || ")),
        Test::Inside(_) => unreachable!("asked for W1 and W2 only"),
    }
}

/// The rules that speak about an action of the schema: Dogwood takes a policy that cannot apply for an error.
fn rules(workload: &Workload) -> Vec<&Rule> {
    let vocabulary = workload.vocabulary();
    let covers = |rule: &&Rule| match &rule.scope {
        Scope::Name(_) => true,
        Scope::Start(start) => vocabulary.iter().any(|action| action.starts_with(start.as_str())),
    };
    workload.rules.iter().filter(covers).collect()
}

fn policies(workload: &Workload) -> String {
    let mut text = String::new();
    for rule in rules(workload) {
        let scope = match &rule.scope {
            Scope::Name(name) => format!("action == Bench::Action::{name:?}"),
            Scope::Start(start) if start.is_empty() => "action".into(),
            Scope::Start(start) => format!("action in Bench::Action::\"{start}*\""),
        };
        let effect = if rule.tier == BLACK { "forbid" } else { "permit" };
        let tests: Vec<String> = rule.tests.iter().map(condition).collect();
        let when = if tests.is_empty() { String::new() } else { format!(" when {{ {} }}", tests.join(" && ")) };
        let _ = writeln!(text, "{effect} (principal, {scope}, resource){when};");
    }
    text
}

fn schema(workload: &Workload) -> String {
    let groups: BTreeSet<&str> = workload
        .rules
        .iter()
        .filter_map(|rule| match &rule.scope {
            Scope::Start(start) if !start.is_empty() => Some(start.as_str()),
            Scope::Start(_) | Scope::Name(_) => None,
        })
        .collect();
    let mut text = String::from(
        "namespace Bench {\nentity Agent;\nentity Target;\n\
         type Ask = { path: String, branch: String, bump: String, env: String, trust: Long, cost: Long };\n",
    );
    for group in &groups {
        let _ = writeln!(text, "action \"{group}*\";");
    }
    for action in workload.vocabulary() {
        let own = (1..=action.len()).filter(|&end| groups.contains(&action[..end]));
        let own: Vec<String> = own.map(|end| format!("\"{}*\"", &action[..end])).collect();
        let member = if own.is_empty() { String::new() } else { format!(" in [{}]", own.join(", ")) };
        let _ = writeln!(
            text,
            "action {action:?}{member} appliesTo {{ principal: [Agent], resource: [Target], context: {{ input: Ask }} }};"
        );
    }
    text + "}\n"
}

fn write(workload: &Workload) -> Files {
    let tiers: String = rules(workload).iter().map(|rule| char::from(b'0' + rule.tier)).collect();
    vec![("policies.dw".into(), policies(workload)), ("cedarschema".into(), schema(workload)), ("tiers".into(), tiers)]
}

fn event(ask: &Ask) -> Event {
    let text = |text: &str| Value::String(text.to_owned());
    let fields = [
        ("path", text(&ask.path)),
        ("branch", text(&ask.branch)),
        ("bump", text(&ask.bump)),
        ("env", text(&ask.env)),
        ("trust", Value::Int(ask.trust)),
        ("cost", Value::Int(ask.cost)),
    ];
    let event = Event::builder_for(&["Bench", "Action"], &ask.action, "request")
        .principal_for("Bench::Agent", &ask.agent)
        .resource_for("Bench::Target", "host");
    fields.into_iter().fold(event, |event, (name, value)| event.request_context("input", name, value)).build()
}

struct Dogwood {
    authorizer: Authorizer,
    /// The tier of each policy.
    tiers: Vec<Tier>,
    asks: Vec<Event>,
}

impl Dogwood {
    fn load(files: &Files) -> Result<Self, String> {
        let [(_, policies), (_, schema), (_, tiers)] = &files[..] else { return Err("three files".into()) };
        let schema = PolicySchema::from_cedarschema_str(schema).map_err(|error| error.to_string())?;
        let service = ServiceSchema::defaults();
        let set = LoweredPolicySet::from_str(policies, &service, &schema).map_err(|error| error.to_string())?;
        let found = Validator::new().validate(&set);
        if !found.validation_passed() {
            let errors: Vec<String> = found.validation_errors().map(ToString::to_string).collect();
            return Err(errors.join("\n"));
        }
        let authorizer = Authorizer::builder(set).temporal_engine(LocalTemporalEngine::new()).build();
        Ok(Self {
            authorizer: authorizer.map_err(|error| error.to_string())?,
            tiers: tiers.bytes().map(|digit| digit - b'0').collect(),
            asks: Vec::new(),
        })
    }

    fn decide(authorizer: &mut Authorizer, tiers: &[Tier], event: &Event) -> Tier {
        let answer = authorizer.is_authorized(event).expect("a request is decided");
        answer.diagnostics().reason().map(|rule| tiers[rule.rule_index]).max().unwrap_or(DEFAULT)
    }
}

impl Engine for Dogwood {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(event).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        Self::decide(&mut self.authorizer, &self.tiers, &self.asks[i])
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        Self::decide(&mut self.authorizer, &self.tiers, &event(ask))
    }
}

fn main() {
    kit::serve(&[Arm {
        name: "dogwood",
        takes: Arm::up_to::<1_000>,
        modes: &Mode::ALL,
        decides: true,
        write,
        load: |files, _| Ok(Box::new(Dogwood::load(files)?)),
        from_text: true,
    }]);
}
