//! zen: one decision table, the first row that hits counts, rows by falling severity; compiled before it is asked,
//! which builds the engine's own index of columns too.

use std::collections::BTreeMap;
use std::sync::Arc;

use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
use serde_json::{Map, Value, json};
use workload::{How, Rule, Scope, Test};
use zen_engine::model::DecisionContent;
use zen_engine::{Decision, DecisionEngine};
use zen_expression::variable::Variable;

const COLUMNS: [&str; 7] = ["action", "path", "branch", "bump", "env", "trust", "cost"];

/// A test as the text of a cell: `$` is what stands in the column.
fn cell(test: &Test) -> String {
    match test {
        Test::AtLeast(_, least) => format!(">= {least}"),
        Test::Below(_, bound) => format!("< {bound}"),
        Test::Word { how, word, not, .. } => {
            let said = match how {
                How::Is if *not => return format!("$ != {word:?}"),
                How::Is => return format!("{word:?}"),
                How::StartsWith => format!("startsWith($, {word:?})"),
                How::EndsWith => format!("endsWith($, {word:?})"),
                How::Contains => format!("contains($, {word:?})"),
                How::Under | How::Named | How::Shaped => unreachable!("asked for W1 and W2 only"),
            };
            if *not { format!("not {said}") } else { said }
        }
        Test::OneOf { words, not: true, .. } => format!("$ not in {words:?}"),
        Test::OneOf { words, not: false, .. } => {
            words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
        }
        Test::Either(tests) => tests.iter().map(cell).collect::<Vec<_>>().join(" or "),
        Test::Inside(_) => unreachable!("asked for W1 and W2 only"),
    }
}

fn column(test: &Test) -> &'static str {
    match test {
        Test::AtLeast(field, _) | Test::Below(field, _) => field.name(),
        Test::Word { field, .. } | Test::OneOf { field, .. } => field.name(),
        Test::Either(tests) => tests.first().map_or("path", column),
        Test::Inside(_) => unreachable!("asked for W1 and W2 only"),
    }
}

fn row(number: usize, rule: &Rule) -> Map<String, Value> {
    let mut cells: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for test in &rule.tests {
        cells.entry(column(test)).or_default().push(cell(test));
    }
    let mut row = Map::new();
    row.insert("_id".into(), json!(format!("r{number}")));
    match &rule.scope {
        Scope::Name(name) => drop(row.insert("action".into(), json!(format!("{name:?}")))),
        Scope::Start(start) if start.is_empty() => {}
        Scope::Start(start) => drop(row.insert("action".into(), json!(format!("startsWith($, {start:?})")))),
    }
    row.extend(cells.into_iter().map(|(column, cells)| (column.into(), json!(cells.join(" and ")))));
    row.insert("tier".into(), json!(rule.tier.to_string()));
    row
}

fn write(workload: &Workload) -> Files {
    let inputs: Vec<Value> = COLUMNS.iter().map(|name| json!({"id": name, "name": name, "field": name})).collect();
    let rows: Vec<_> = workload.by_severity().into_iter().map(|i| row(i, &workload.rules[i])).collect();
    let table = json!({"hitPolicy": "first", "inputs": inputs, "rules": rows,
        "outputs": [{"id": "tier", "name": "tier", "field": "tier"}]});
    let graph = json!({
        "nodes": [
            {"id": "in", "name": "request", "type": "inputNode", "content": {}},
            {"id": "table", "name": "rules", "type": "decisionTableNode", "content": table},
            {"id": "out", "name": "decision", "type": "outputNode", "content": {}},
        ],
        "edges": [
            {"id": "a", "sourceId": "in", "targetId": "table"},
            {"id": "b", "sourceId": "table", "targetId": "out"},
        ],
    });
    vec![("table.json".into(), graph.to_string())]
}

fn variable(ask: &Ask) -> Variable {
    json!({"action": ask.action, "path": ask.path, "branch": ask.branch, "bump": ask.bump, "env": ask.env,
        "trust": ask.trust, "cost": ask.cost})
    .into()
}

struct Zen {
    decision: Decision,
    runtime: tokio::runtime::Runtime,
    asks: Vec<Variable>,
}

impl Zen {
    fn decide(&self, variable: Variable) -> Tier {
        let told = self.runtime.block_on(self.decision.evaluate(variable)).expect("the table runs");
        match told.result.dot("tier") {
            Some(Variable::Number(tier)) => tier.try_into().expect("a tier"),
            _ => DEFAULT,
        }
    }
}

impl Engine for Zen {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(variable).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        // Cloning a variable shares it.
        self.decide(self.asks[i].clone())
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        self.decide(variable(ask))
    }

    fn json(&mut self, text: &str) -> Tier {
        let value: Value = serde_json::from_str(text).expect("JSON");
        self.decide(value.into())
    }
}

fn main() {
    kit::serve(&[Arm {
        name: "zen",
        takes: Arm::up_to::<10_000>,
        modes: &Mode::ALL,
        decides: true,
        write,
        load: |files, _| {
            let content: DecisionContent = serde_json::from_str(&files[0].1).map_err(|error| error.to_string())?;
            let decision = DecisionEngine::default().create_decision(Arc::new(content));
            let mut decision = decision.map_err(|error| error.to_string())?;
            decision.compile();
            let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
            Ok(Box::new(Zen { decision, runtime, asks: Vec::new() }))
        },
        from_text: true,
    }]);
}
