//! Rego, by regorus: a body a rule, four rules of truth, and a chain of `else` on top.
//!
//! * `regorus`: the interpreter behind a compiled policy.
//! * `regorus, RVM`: its register machine, which refuses what needs more than 65,535 instructions.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::num::NonZeroUsize;

use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, PolicyLengthConfig, Value};
use workload::{BLACK, GREEN, How, RED, Rule, Scope, Test, YELLOW};

const ENTRY: &str = "data.bench.tier";
const TIERS: [(Tier, &str); 4] = [(BLACK, "black"), (RED, "red"), (YELLOW, "yellow"), (GREEN, "green")];

fn condition(test: &Test) -> String {
    match test {
        Test::AtLeast(field, least) => format!("input.{} >= {least}", field.name()),
        Test::Below(field, bound) => format!("input.{} < {bound}", field.name()),
        Test::Word { field, how, word, not } => {
            let of = format!("input.{}", field.name());
            let said = match how {
                How::Is if *not => return format!("{of} != {word:?}"),
                How::Is => return format!("{of} == {word:?}"),
                How::StartsWith => format!("startswith({of}, {word:?})"),
                How::EndsWith => format!("endswith({of}, {word:?})"),
                How::Contains => format!("contains({of}, {word:?})"),
                How::Under | How::Named | How::Shaped => unreachable!("asked for W1 and W2 only"),
            };
            if *not { format!("not {said}") } else { said }
        }
        Test::OneOf { field, words, not } => {
            let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            format!("{}input.{} in {{{}}}", if *not { "not " } else { "" }, field.name(), words.join(", "))
        }
        Test::Either(_) | Test::Inside(_) => unreachable!("told as several bodies, or not asked"),
    }
}

/// The bodies of a rule: one, or one for each of several words.
fn bodies(rule: &Rule) -> Vec<String> {
    let scope = match &rule.scope {
        Scope::Name(name) => Some(format!("input.action == {name:?}")),
        Scope::Start(start) if start.is_empty() => None,
        Scope::Start(start) => Some(format!("startswith(input.action, {start:?})")),
    };
    let mut bodies: Vec<Vec<String>> = vec![scope.into_iter().collect()];
    for test in &rule.tests {
        let choices: Vec<String> = match test {
            Test::Either(tests) => tests.iter().map(condition).collect(),
            Test::AtLeast(..) | Test::Below(..) | Test::Word { .. } | Test::OneOf { .. } | Test::Inside(_) => {
                vec![condition(test)]
            }
        };
        let with = |body: &Vec<String>| {
            let body = body.clone();
            choices.clone().into_iter().map(move |choice| body.iter().cloned().chain([choice]).collect())
        };
        bodies = bodies.iter().flat_map(with).collect();
    }
    bodies.into_iter().map(|body| body.join("; ")).collect()
}

fn write(workload: &Workload) -> Files {
    let mut text = String::from("package bench\nimport rego.v1\n");
    let name = |tier| TIERS.iter().find(|(t, _)| *t == tier).map_or("", |(_, name)| name);
    for rule in &workload.rules {
        for body in bodies(rule) {
            let _ = writeln!(text, "{} if {{ {body} }}", name(rule.tier));
        }
    }
    let used = TIERS.iter().filter(|(tier, _)| workload.rules.iter().any(|rule| rule.tier == *tier));
    for (k, (tier, name)) in used.enumerate() {
        let _ = writeln!(text, "{} := {tier} if {{ {name} }}", if k == 0 { "tier" } else { "else" });
    }
    let _ = writeln!(text, "else := {DEFAULT}");
    vec![("bench.rego".into(), text)]
}

fn compile(files: &Files) -> Result<CompiledPolicy, String> {
    let mut engine = regorus::Engine::new();
    // By default a file has at most a MiB, which 10,000 rules exceed.
    let mut lengths = PolicyLengthConfig::default();
    lengths.max_file_bytes = NonZeroUsize::MAX.min((64 << 20).try_into().map_err(|_| "a size")?);
    lengths.max_lines = 1_000_000.try_into().map_err(|_| "a number")?;
    lengths.max_col = 100_000.try_into().map_err(|_| "a number")?;
    engine.set_policy_length_config(lengths);
    let [(name, text), ..] = &files[..] else { return Err("a policy".into()) };
    engine.add_policy(name.clone(), text.clone()).map_err(|error| error.to_string())?;
    engine.compile_with_entrypoint(&ENTRY.into()).map_err(|error| error.to_string())
}

fn value(ask: &Ask) -> Value {
    let texts = [
        ("agent", &ask.agent),
        ("action", &ask.action),
        ("path", &ask.path),
        ("branch", &ask.branch),
        ("bump", &ask.bump),
        ("env", &ask.env),
    ];
    let texts = texts.into_iter().map(|(name, text)| (Value::from(name), Value::from(text.as_str())));
    let numbers = [("trust", ask.trust), ("cost", ask.cost)];
    let numbers = numbers.into_iter().map(|(name, number)| (Value::from(name), Value::from(number)));
    Value::from(texts.chain(numbers).collect::<BTreeMap<_, _>>())
}

/// What runs a policy.
trait Run {
    fn run(&mut self, input: Value) -> Value;
}

impl Run for CompiledPolicy {
    fn run(&mut self, input: Value) -> Value {
        self.eval_with_input(input).expect("the policy runs")
    }
}

impl Run for RegoVM {
    fn run(&mut self, input: Value) -> Value {
        self.set_input(input);
        self.execute().expect("the policy runs")
    }
}

struct Rego<R> {
    runs: R,
    asks: Vec<Value>,
}

impl<R: Run> Rego<R> {
    fn decide(&mut self, input: Value) -> Tier {
        self.runs.run(input).as_i64().expect("a number") as Tier
    }
}

impl<R: Run> Engine for Rego<R> {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(value).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        let input = self.asks[i].clone();
        self.decide(input)
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        self.decide(value(ask))
    }

    fn json(&mut self, text: &str) -> Tier {
        self.decide(Value::from_json_str(text).expect("JSON"))
    }
}

fn machine(files: &Files) -> Result<RegoVM, String> {
    let program = Compiler::compile_from_policy(&compile(files)?, &[ENTRY]).map_err(|error| error.to_string())?;
    let mut machine = RegoVM::new();
    machine.set_max_instructions(usize::MAX);
    machine.load_program(program);
    Ok(machine)
}

fn main() {
    let arm = |name, load: fn(&Files, &Workload) -> _| Arm {
        name,
        takes: Arm::up_to::<10_000>,
        modes: &Mode::ALL,
        decides: true,
        write,
        load,
        from_text: true,
    };
    kit::serve(&[
        arm("regorus, RVM", |files, _| Ok(Box::new(Rego { runs: machine(files)?, asks: Vec::new() }))),
        arm("regorus", |files, _| Ok(Box::new(Rego { runs: compile(files)?, asks: Vec::new() }))),
    ]);
}
