//! CEL: one compiled program a rule, the most severe first; with `+ index`, only the programs of the action,
//! chosen by our index.

use std::sync::Arc;

use cel::{Context, Env, Program, Value};
use kit::index::ActionIndex;
use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
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
                How::StartsWith => format!("{of}.startsWith({word:?})"),
                How::EndsWith => format!("{of}.endsWith({word:?})"),
                How::Contains => format!("{of}.contains({word:?})"),
                How::Under | How::Named | How::Shaped => unreachable!("asked for W1 and W2 only"),
            };
            if *not { format!("!{said}") } else { said }
        }
        Test::OneOf { field, words, not } => {
            let said = format!("{} in {words:?}", field.name());
            if *not { format!("!({said})") } else { said }
        }
        Test::Either(tests) => format!("({})", tests.iter().map(condition).collect::<Vec<_>>().join(" || ")),
        Test::Inside(_) => unreachable!("asked for W1 and W2 only"),
    }
}

/// A tier and an expression.
fn line(rule: &Rule, with_scope: bool) -> String {
    let scope = match &rule.scope {
        Scope::Name(name) => Some(format!("action == {name:?}")),
        Scope::Start(start) if start.is_empty() => None,
        Scope::Start(start) => Some(format!("action.startsWith({start:?})")),
    };
    let tests: Vec<String> = scope.into_iter().filter(|_| with_scope).chain(rule.tests.iter().map(condition)).collect();
    format!("{}\t{}\n", rule.tier, if tests.is_empty() { "true".into() } else { tests.join(" && ") })
}

fn scan(workload: &Workload) -> Files {
    vec![("programs".into(), workload.by_severity().iter().map(|&i| line(&workload.rules[i], true)).collect())]
}

fn indexed(workload: &Workload) -> Files {
    vec![("programs".into(), workload.rules.iter().map(|rule| line(rule, false)).collect())]
}

struct Cel {
    env: Arc<Env>,
    programs: Vec<(Tier, Program)>,
    index: Option<ActionIndex>,
    asks: Vec<(String, Context<'static, 'static>)>,
}

impl Cel {
    fn load(files: &Files, index: Option<ActionIndex>) -> Result<Box<dyn Engine>, String> {
        let env = Arc::new(Env::stdlib());
        let program = |line: &str| {
            let (tier, text) = line.split_once('\t').ok_or("a tier and an expression")?;
            Ok((tier.parse().map_err(|_| "a tier")?, env.compile(text).map_err(|error| error.to_string())?))
        };
        let programs = files[0].1.lines().map(program).collect::<Result<_, String>>()?;
        Ok(Box::new(Self { env, programs, index, asks: Vec::new() }))
    }

    fn context(&self, ask: &Ask) -> Context<'static, 'static> {
        let mut context = Context::with_env(Arc::clone(&self.env));
        if self.index.is_none() {
            context.add_variable_from_value("action", ask.action.clone());
        }
        let texts = [("path", &ask.path), ("branch", &ask.branch), ("bump", &ask.bump), ("env", &ask.env)];
        for (name, text) in texts {
            context.add_variable_from_value(name, text.clone());
        }
        context.add_variable_from_value("trust", ask.trust);
        context.add_variable_from_value("cost", ask.cost);
        context
    }

    fn decide(&self, action: &str, context: &Context<'_, '_>) -> Tier {
        let matches = |(_, program): &&(Tier, Program)| {
            program.execute(context).expect("all names are known") == Value::Bool(true)
        };
        let found = match &self.index {
            Some(index) => index.rules(action).iter().map(|&i| &self.programs[i as usize]).find(matches),
            None => self.programs.iter().find(matches),
        };
        found.map_or(DEFAULT, |(tier, _)| *tier)
    }
}

impl Engine for Cel {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(|ask| (ask.action.clone(), self.context(ask))).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        let (action, context) = &self.asks[i];
        self.decide(action, context)
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        self.decide(&ask.action, &self.context(ask))
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
        arm("cel", scan, |files, _| Cel::load(files, None)),
        Arm {
            from_text: false,
            ..arm("cel + index", indexed, |files, w| Cel::load(files, Some(ActionIndex::new(&w.rules))))
        },
    ]);
}
