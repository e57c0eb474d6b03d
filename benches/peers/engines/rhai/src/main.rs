//! rhai: one function; exact actions in a `switch`, which rhai hashes; globs as `if`s behind it.

use std::collections::BTreeMap;
use std::fmt::Write;

use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
use rhai::{AST, Dynamic, ImmutableString, Scope as Variables};
use workload::{How, Rule, Scope, Test};

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
            if *not { format!("!{said}") } else { said }
        }
        Test::OneOf { field, words, not } => {
            let words: Vec<String> = words.iter().map(|word| format!("{} == {word:?}", field.name())).collect();
            format!("{}({})", if *not { "!" } else { "" }, words.join(" || "))
        }
        Test::Either(tests) => format!("({})", tests.iter().map(condition).collect::<Vec<_>>().join(" || ")),
        Test::Inside(_) => unreachable!("asked for W1 and W2 only"),
    }
}

/// Raises `t`, where it is lower and all tests hold.
fn statement(rule: &Rule, scope: Option<String>) -> String {
    let tests: Vec<String> =
        std::iter::once(format!("t < {}", rule.tier)).chain(scope).chain(rule.tests.iter().map(condition)).collect();
    format!("if {} {{ t = {}; }}", tests.join(" && "), rule.tier)
}

fn write(workload: &Workload) -> Files {
    let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut globs = Vec::new();
    for i in workload.by_severity() {
        let rule = &workload.rules[i];
        match &rule.scope {
            Scope::Name(name) => named.entry(name).or_default().push(statement(rule, None)),
            Scope::Start(start) if start.is_empty() => globs.push(statement(rule, None)),
            Scope::Start(start) => globs.push(statement(rule, Some(format!("action.starts_with({start:?})")))),
        }
    }
    let mut text =
        String::from("fn decide(action, path, branch, bump, env, trust, cost) {\nlet t = 0;\nswitch action {\n");
    for (name, statements) in named {
        let _ = writeln!(text, "{name:?} => {{ {} }}", statements.join(" "));
    }
    let _ = write!(text, "}}\n{}\nif t == 0 {{ {DEFAULT} }} else {{ t }}\n}}\n", globs.join("\n"));
    vec![("policy.rhai".into(), text)]
}

/// Texts are shared, not copied, at each call.
type Arguments = ([ImmutableString; 5], [i64; 2]);

fn arguments(ask: &Ask) -> Arguments {
    let texts = [&ask.action, &ask.path, &ask.branch, &ask.bump, &ask.env].map(ImmutableString::from);
    (texts, [ask.trust, ask.cost])
}

struct Rhai {
    engine: rhai::Engine,
    ast: AST,
    asks: Vec<Arguments>,
}

impl Rhai {
    fn decide(&self, (texts, [trust, cost]): &Arguments) -> Tier {
        let [action, path, branch, bump, env] = texts.clone();
        let arguments = (action, path, branch, bump, env, *trust, *cost);
        let told: Dynamic =
            self.engine.call_fn(&mut Variables::new(), &self.ast, "decide", arguments).expect("the function runs");
        told.as_int().expect("a number") as Tier
    }
}

impl Engine for Rhai {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(arguments).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        self.decide(&self.asks[i])
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        self.decide(&arguments(ask))
    }
}

fn main() {
    kit::serve(&[Arm {
        name: "rhai",
        takes: Arm::up_to::<10_000>,
        modes: &Mode::ALL,
        decides: true,
        write,
        load: |files, _| {
            let mut engine = rhai::Engine::new();
            engine.set_max_expr_depths(0, 0);
            let ast = engine.compile(&files[0].1).map_err(|error| error.to_string())?;
            Ok(Box::new(Rhai { engine, ast, asks: Vec::new() }))
        },
        from_text: true,
    }]);
}
