//! casbin: a row a rule (`act, cond, eft`), `keyMatch` on the action and `eval` of the row's condition. The four
//! tiers are four sections, asked by falling severity, so that each row is looked at once at most.

use casbin::function_map::OperatorFunction;
use casbin::rhai::Dynamic;
use casbin::{CoreApi, DefaultModel, EnforceContext, Enforcer, MemoryAdapter, MgmtApi};
use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
use workload::{BLACK, GREEN, How, RED, Test, YELLOW};

/// Sections of the policy with their matchers.
const SECTIONS: [(&str, &str, Tier); 4] =
    [("p", "m", BLACK), ("p2", "m2", RED), ("p3", "m3", YELLOW), ("p4", "m4", GREEN)];

fn model() -> String {
    let rows: String = SECTIONS.iter().map(|(section, _, _)| format!("{section} = act, cond, eft\n")).collect();
    let matcher = |(section, matcher, _): &(&str, &str, Tier)| {
        format!("{matcher} = keyMatch(r.act, {section}.act) && ({section}.cond == \"\" || eval({section}.cond))\n")
    };
    let matchers: String = SECTIONS.iter().map(matcher).collect();
    format!(
        "[request_definition]\nr = act, path, branch, bump, env, trust, cost\n\n[policy_definition]\n{rows}\n\
         [policy_effect]\ne = some(where (p.eft == allow))\n\n[matchers]\n{matchers}"
    )
}

fn condition(test: &Test) -> String {
    match test {
        Test::AtLeast(field, least) => format!("r.{} >= {least}", field.name()),
        Test::Below(field, bound) => format!("r.{} < {bound}", field.name()),
        Test::Word { field, how, word, not } => {
            let of = format!("r.{}", field.name());
            let said = match how {
                How::Is if *not => return format!("{of} != {word:?}"),
                How::Is => return format!("{of} == {word:?}"),
                How::StartsWith => format!("startsWith({of}, {word:?})"),
                How::EndsWith => format!("endsWith({of}, {word:?})"),
                How::Contains => format!("holds({of}, {word:?})"),
                How::Under | How::Named | How::Shaped => unreachable!("asked for W1 and W2 only"),
            };
            if *not { format!("!{said}") } else { said }
        }
        Test::OneOf { field, words, not } => {
            let words: Vec<String> = words.iter().map(|word| format!("r.{} == {word:?}", field.name())).collect();
            format!("{}({})", if *not { "!" } else { "" }, words.join(" || "))
        }
        Test::Either(tests) => format!("({})", tests.iter().map(condition).collect::<Vec<_>>().join(" || ")),
        Test::Inside(_) => unreachable!("asked for W1 and W2 only"),
    }
}

type Rows = [Vec<Vec<String>>; 4];

fn write(workload: &Workload) -> Files {
    let mut rows = Rows::default();
    for rule in &workload.rules {
        let tests: Vec<String> = rule.tests.iter().map(condition).collect();
        rows[usize::from(BLACK - rule.tier)].push(vec![rule.scope.glob(), tests.join(" && "), "allow".into()]);
    }
    vec![("rows.json".into(), serde_json::to_string(&rows).expect("texts"))]
}

fn arguments(ask: &Ask) -> Vec<Dynamic> {
    let text = |text: &str| Dynamic::from(text.to_owned());
    // casbin builds its rhai with integers of 32 bits.
    let number = |number: i64| Dynamic::from(i32::try_from(number).expect("a small number"));
    vec![
        text(&ask.action),
        text(&ask.path),
        text(&ask.branch),
        text(&ask.bump),
        text(&ask.env),
        number(ask.trust),
        number(ask.cost),
    ]
}

struct Casbin {
    enforcer: Enforcer,
    /// The sections that have rows.
    sections: Vec<(&'static str, &'static str, Tier)>,
    asks: Vec<Vec<Dynamic>>,
}

impl Casbin {
    fn load(files: &Files) -> Result<Self, String> {
        let rows: Rows = serde_json::from_str(&files[0].1).map_err(|error| error.to_string())?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
        runtime.block_on(Self::fill(rows)).map_err(|error| error.to_string())
    }

    async fn fill(rows: Rows) -> casbin::Result<Self> {
        let model = DefaultModel::from_str(&model()).await?;
        let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
        enforcer.add_function("startsWith", OperatorFunction::Arg2(|a, b| compare(|x, y| x.starts_with(y), a, b)));
        enforcer.add_function("endsWith", OperatorFunction::Arg2(|a, b| compare(|x, y| x.ends_with(y), a, b)));
        enforcer.add_function("holds", OperatorFunction::Arg2(|a, b| compare(|x, y| x.contains(y), a, b)));
        let mut sections = Vec::new();
        for (section, rows) in SECTIONS.into_iter().zip(rows) {
            if !rows.is_empty() {
                enforcer.add_named_policies(section.0, rows).await?;
                sections.push(section);
            }
        }
        Ok(Self { enforcer, sections, asks: Vec::new() })
    }

    fn decide(&self, arguments: Vec<Dynamic>) -> Tier {
        let holds = |(section, matcher, _): &&(&str, &str, Tier)| {
            let context = EnforceContext {
                r_type: "r".into(),
                p_type: (*section).into(),
                e_type: "e".into(),
                m_type: (*matcher).into(),
            };
            self.enforcer.enforce_with_context(context, arguments.clone()).expect("the matcher runs")
        };
        self.sections.iter().find(holds).map_or(DEFAULT, |(_, _, tier)| *tier)
    }
}

fn compare(test: fn(&str, &str) -> bool, a: Dynamic, b: Dynamic) -> Dynamic {
    let text = |value: Dynamic| value.into_immutable_string().expect("a text");
    test(&text(a), &text(b)).into()
}

impl Engine for Casbin {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(arguments).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        self.decide(self.asks[i].clone())
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        self.decide(arguments(ask))
    }
}

fn main() {
    kit::serve(&[Arm {
        name: "casbin",
        takes: Arm::up_to::<10_000>,
        modes: &Mode::ALL,
        decides: true,
        write,
        load: |files, _| Ok(Box::new(Casbin::load(files)?)),
        from_text: true,
    }]);
}
