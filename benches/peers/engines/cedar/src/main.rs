//! Cedar: one policy a rule, globs of actions as action groups of the schema, all policies in one set. Black is
//! a `forbid`, the other tiers are `permit`s; the tier stands in the policy's id and comes back in the reasons.
//!
//! * `cedar`: policies validated strictly when they are loaded, requests when they are made. The check grows
//!   with the square of the set, so beyond 1,000 rules only the next one is asked.
//! * `cedar, not validated`: neither.
//! * `cedar + index`: a policy set for each action, chosen by our index.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Entities, EntityId, EntityTypeName, EntityUid, PolicyId, PolicySet, Request,
    RestrictedExpression, Schema, ValidationMode, Validator,
};
use kit::index::ActionIndex;
use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
use workload::{BLACK, How, Scope, Test};

fn condition(test: &Test) -> String {
    match test {
        Test::AtLeast(field, least) => format!("context.{} >= {least}", field.name()),
        Test::Below(field, bound) => format!("context.{} < {bound}", field.name()),
        Test::Word { field, how, word, not } => {
            let of = format!("context.{}", field.name());
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
            format!("{}{words:?}.contains(context.{})", if *not { "!" } else { "" }, field.name())
        }
        Test::Either(tests) => format!("({})", tests.iter().map(condition).collect::<Vec<_>>().join(" || ")),
        Test::Inside(_) => unreachable!("asked for W1 and W2 only"),
    }
}

fn policies(workload: &Workload) -> String {
    let mut text = String::new();
    for (i, rule) in workload.rules.iter().enumerate() {
        let scope = match &rule.scope {
            Scope::Name(name) => format!("action == Action::{name:?}"),
            Scope::Start(start) if start.is_empty() => "action".into(),
            Scope::Start(start) => format!("action in Action::\"{start}*\""),
        };
        let effect = if rule.tier == BLACK { "forbid" } else { "permit" };
        let tests: Vec<String> = rule.tests.iter().map(condition).collect();
        let when = if tests.is_empty() { String::new() } else { format!(" when {{ {} }}", tests.join(" && ")) };
        let _ = writeln!(text, "@id(\"{}.{i}\")\n{effect} (principal, {scope}, resource){when};", rule.tier);
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
        "entity Agent;\nentity Target;\ntype Ask = { path: String, branch: String, bump: String, env: String, trust: Long, cost: Long };\n",
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
            "action {action:?}{member} appliesTo {{ principal: Agent, resource: Target, context: Ask }};"
        );
    }
    text
}

fn write(workload: &Workload) -> Files {
    vec![("cedar".into(), policies(workload)), ("cedarschema".into(), schema(workload))]
}

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    /// The policies of each action, where our index chooses.
    sets: Option<HashMap<String, PolicySet>>,
    entities: Entities,
    /// Requests are checked against it, where they are.
    schema: Option<Schema>,
    tiers: HashMap<PolicyId, Tier>,
    types: [EntityTypeName; 2],
    target: EntityUid,
    asks: Vec<(String, Request)>,
}

impl Cedar {
    fn load(files: &Files, validated: bool) -> Result<Self, String> {
        let (mut policies, mut tiers) = (PolicySet::new(), HashMap::new());
        for policy in PolicySet::from_str(&files[0].1).map_err(|error| error.to_string())?.policies() {
            let id = policy.annotation("id").ok_or("a policy without id")?;
            tiers.insert(PolicyId::new(id), id.as_bytes()[0] - b'0');
            policies.add(policy.new_id(PolicyId::new(id))).map_err(|error| error.to_string())?;
        }
        let (schema, _) = Schema::from_cedarschema_str(&files[1].1).map_err(|error| error.to_string())?;
        let entities = schema.action_entities().map_err(|error| error.to_string())?;
        if validated {
            let found = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
            if !found.validation_passed() {
                return Err(found.to_string());
            }
        }
        Ok(Self {
            authorizer: Authorizer::new(),
            policies,
            sets: None,
            entities,
            schema: validated.then_some(schema),
            tiers,
            types: ["Agent", "Action"].map(|name| name.parse().expect("a name of a type")),
            target: "Target::\"host\"".parse().expect("an entity"),
            asks: Vec::new(),
        })
    }

    /// With a set of policies for each action that is known.
    fn indexed(files: &Files, workload: &Workload) -> Result<Self, String> {
        let mut cedar = Self::load(files, false)?;
        let index = ActionIndex::new(&workload.rules);
        let set = |action: &str| {
            let mut set = PolicySet::new();
            for &i in index.rules(action) {
                let id = PolicyId::new(format!("{}.{i}", workload.rules[i as usize].tier));
                let policy = cedar.policies.policy(&id).ok_or("a policy that was loaded")?;
                set.add(policy.clone()).map_err(|error| error.to_string())?;
            }
            Ok::<_, String>(set)
        };
        let sets = workload.vocabulary().into_iter().map(|action| Ok((action.clone(), set(&action)?)));
        cedar.sets = Some(sets.collect::<Result<_, String>>()?);
        Ok(cedar)
    }

    fn request(&self, ask: &Ask) -> Request {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let pairs = [
            ("path".to_owned(), text(&ask.path)),
            ("branch".to_owned(), text(&ask.branch)),
            ("bump".to_owned(), text(&ask.bump)),
            ("env".to_owned(), text(&ask.env)),
            ("trust".to_owned(), RestrictedExpression::new_long(ask.trust)),
            ("cost".to_owned(), RestrictedExpression::new_long(ask.cost)),
        ];
        self.with_context(&ask.agent, &ask.action, Context::from_pairs(pairs).expect("distinct keys"))
    }

    fn with_context(&self, agent: &str, action: &str, context: Context) -> Request {
        let [agents, actions] = &self.types;
        let entity = |ty: &EntityTypeName, id| EntityUid::from_type_name_and_id(ty.clone(), EntityId::new(id));
        let (agent, action) = (entity(agents, agent), entity(actions, action));
        Request::new(agent, action, self.target.clone(), context, self.schema.as_ref())
            .expect("a request by the schema")
    }

    fn decide(&self, action: &str, request: &Request) -> Tier {
        let policies = self.sets.as_ref().map_or(&self.policies, |sets| &sets[action]);
        let answer = self.authorizer.is_authorized(request, policies, &self.entities);
        answer.diagnostics().reason().map(|id| self.tiers[id]).max().unwrap_or(DEFAULT)
    }
}

impl Engine for Cedar {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(|ask| (ask.action.clone(), self.request(ask))).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        let (action, request) = &self.asks[i];
        self.decide(action, request)
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        self.decide(&ask.action, &self.request(ask))
    }

    /// Cedar's own way from JSON; the indexed arm keeps serde's, which is faster.
    fn json(&mut self, text: &str) -> Tier {
        if self.sets.is_some() {
            let ask: Ask = serde_json::from_str(text).expect("a request of the workload");
            return self.build(&ask);
        }
        let mut value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let mut take = |key| value.as_object_mut().and_then(|fields| fields.remove(key)).expect("a field");
        let (agent, action) = (take("agent"), take("action"));
        let context = Context::from_json_value(value, None).expect("texts and numbers");
        let (agent, action) = (agent.as_str().expect("a text"), action.as_str().expect("a text"));
        self.decide(action, &self.with_context(agent, action, context))
    }
}

fn boxed(cedar: Result<Cedar, String>) -> Result<Box<dyn Engine>, String> {
    Ok(Box::new(cedar?))
}

fn main() {
    let arm = |name| Arm {
        name,
        takes: Arm::up_to::<10_000>,
        modes: &Mode::ALL,
        decides: true,
        write,
        load: |files, _| boxed(Cedar::load(files, false)),
        from_text: true,
    };
    kit::serve(&[
        Arm { takes: Arm::up_to::<1_000>, load: |files, _| boxed(Cedar::load(files, true)), ..arm("cedar") },
        arm("cedar, not validated"),
        Arm {
            load: |files, workload| boxed(Cedar::indexed(files, workload)),
            from_text: false,
            ..arm("cedar + index")
        },
    ]);
}
