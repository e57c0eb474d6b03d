//! Roto: a script compiled by Cranelift. Rules are `if`s by falling severity, fifty in a function; with `+ index`,
//! each rule is a function and our index chooses which to call.

use std::fmt::Write;

use kit::index::ActionIndex;
use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
use roto::{FileTree, NoCtx, Package, RotoString, Runtime, TypedFunc};
use workload::{How, Rule, Scope, Test};

type Text = RotoString;
type Function = TypedFunc<NoCtx, fn(Text, Text, Text, Text, Text, i64, i64) -> i64>;

const SIGNATURE: &str =
    "(action: String, path: String, branch: String, bump: String, env: String, trust: i64, cost: i64) -> i64";
const NAMES: &str = "(action, path, branch, bump, env, trust, cost)";
/// Rules in a function.
const RULES: usize = 50;

fn condition(test: &Test) -> String {
    match test {
        Test::AtLeast(field, least) => format!("{} >= {least}", field.name()),
        Test::Below(field, bound) => format!("{} < {bound}", field.name()),
        Test::Word { field, how, word, not } => {
            let of = field.name();
            let said = match how {
                How::Is if *not => return format!("{of} != {word:?}"),
                How::Is => return format!("{of} == {word:?}"),
                How::StartsWith => format!("{of}.starts_with({word:?})"),
                How::EndsWith => format!("{of}.ends_with({word:?})"),
                How::Contains => format!("{of}.contains({word:?})"),
                How::Under | How::Named | How::Shaped => unreachable!("asked for W1 and W2 only"),
            };
            if *not { format!("(!{said})") } else { said }
        }
        Test::OneOf { field, words, not } => {
            let (sign, joint) = if *not { ("!=", " && ") } else { ("==", " || ") };
            let words: Vec<String> = words.iter().map(|word| format!("{} {sign} {word:?}", field.name())).collect();
            format!("({})", words.join(joint))
        }
        Test::Either(tests) => format!("({})", tests.iter().map(condition).collect::<Vec<_>>().join(" || ")),
        Test::Inside(_) => unreachable!("asked for W1 and W2 only"),
    }
}

fn conditions(rule: &Rule, with_scope: bool) -> String {
    let scope = match &rule.scope {
        Scope::Name(name) => Some(format!("action == {name:?}")),
        Scope::Start(start) if start.is_empty() => None,
        Scope::Start(start) => Some(format!("action.starts_with({start:?})")),
    };
    let tests: Vec<String> = scope.into_iter().filter(|_| with_scope).chain(rule.tests.iter().map(condition)).collect();
    if tests.is_empty() { "true".into() } else { tests.join(" && ") }
}

fn scan(workload: &Workload) -> Files {
    let (mut text, mut calls) = (String::new(), String::new());
    for (k, part) in workload.by_severity().chunks(RULES).enumerate() {
        let _ = writeln!(text, "fn part{k}{SIGNATURE} {{");
        for &i in part {
            let rule = &workload.rules[i];
            let _ = writeln!(text, "    if {} {{ return {}; }}", conditions(rule, true), rule.tier);
        }
        text.push_str("    0\n}\n");
        let _ = writeln!(calls, "    let t{k} = part{k}{NAMES};\n    if t{k} > 0 {{ return t{k}; }}");
    }
    let _ = write!(text, "fn decide{SIGNATURE} {{\n{calls}    {DEFAULT}\n}}\n");
    vec![("policy.roto".into(), text)]
}

fn each(workload: &Workload) -> Files {
    let mut text = String::new();
    for (i, rule) in workload.rules.iter().enumerate() {
        let _ =
            writeln!(text, "fn rule{i}{SIGNATURE} {{ if {} {{ return {}; }} 0 }}", conditions(rule, false), rule.tier);
    }
    vec![("policy.roto".into(), text)]
}

type Arguments = ([Text; 5], [i64; 2]);

fn arguments(ask: &Ask) -> Arguments {
    let texts = [&ask.action, &ask.path, &ask.branch, &ask.bump, &ask.env].map(|text| RotoString::new(text.as_str()));
    (texts, [ask.trust, ask.cost])
}

fn call(function: &Function, (texts, [trust, cost]): &Arguments) -> Tier {
    let [action, path, branch, bump, env] = texts.clone();
    function.call(action, path, branch, bump, env, *trust, *cost) as Tier
}

fn compile(files: &Files) -> Result<Package<NoCtx>, String> {
    FileTree::test_file("policy.roto", &files[0].1, 0).compile(&Runtime::new()).map_err(|error| error.to_string())
}

struct Roto {
    /// All rules, or one function a rule where there is an index.
    functions: Vec<Function>,
    index: Option<ActionIndex>,
    asks: Vec<(String, Arguments)>,
}

impl Roto {
    fn scan(files: &Files) -> Result<Self, String> {
        let decide = compile(files)?.get_function("decide").map_err(|error| error.to_string())?;
        Ok(Self { functions: vec![decide], index: None, asks: Vec::new() })
    }

    fn indexed(files: &Files, workload: &Workload) -> Result<Self, String> {
        let mut package = compile(files)?;
        let mut function = |i| package.get_function(&format!("rule{i}")).map_err(|error| error.to_string());
        let functions = (0..workload.rules.len()).map(&mut function).collect::<Result<_, _>>()?;
        Ok(Self { functions, index: Some(ActionIndex::new(&workload.rules)), asks: Vec::new() })
    }

    fn decide(&self, action: &str, arguments: &Arguments) -> Tier {
        match &self.index {
            None => call(&self.functions[0], arguments),
            Some(index) => {
                let tiers = index.rules(action).iter().map(|&i| call(&self.functions[i as usize], arguments));
                tiers.into_iter().find(|&tier| tier > 0).unwrap_or(DEFAULT)
            }
        }
    }
}

impl Engine for Roto {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(|ask| (ask.action.clone(), arguments(ask))).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        let (action, arguments) = &self.asks[i];
        self.decide(action, arguments)
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        self.decide(&ask.action, &arguments(ask))
    }
}

fn main() {
    let arm = |name, write: fn(&Workload) -> Files, load: fn(&Files, &Workload) -> _| Arm {
        name,
        takes: Arm::up_to::<10_000>,
        modes: &Mode::ALL,
        decides: true,
        write,
        load,
        from_text: true,
    };
    kit::serve(&[
        arm("roto", scan, |files, _| Ok(Box::new(Roto::scan(files)?))),
        Arm { from_text: false, ..arm("roto + index", each, |files, w| Ok(Box::new(Roto::indexed(files, w)?))) },
    ]);
}
