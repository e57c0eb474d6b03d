//! The worst case of each action, printed and held against a bound.

use aas::check::typed::TypedPolicy;
use aas::graph;
use aas::plan::{self, Worst};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use crate::exit::Outcome;
use crate::out::Out;

/// What a decision may cost at most.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Bounds {
    /// Fails where a decision about an action can take more nanoseconds, at one instruction a nanosecond.
    #[arg(long, value_name = "N")]
    max_ns: Option<u64>,
    /// Fails where a decision about an action can take more bytes of memory.
    #[arg(long, value_name = "BYTES")]
    max_state: Option<u64>,
}

/// The worst cases of a set that were looked at.
#[derive(Debug, Default)]
pub(crate) struct Found {
    all: Vec<Worst>,
    bounds: Bounds,
}

impl Found {
    /// Nothing yet.
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { all: Vec::new(), bounds }
    }

    /// Whether anybody asked.
    pub(crate) fn wanted(&self) -> bool {
        self.bounds.max_ns.is_some() || self.bounds.max_state.is_some()
    }

    /// Adds the actions of a policy.
    pub(crate) fn add(&mut self, policy: &TypedPolicy) {
        self.all.extend(worst(policy));
    }

    /// For each action that is over a bound a sentence.
    pub(crate) fn over(&self) -> Vec<String> {
        let mut said = Vec::new();
        for worst in &self.all {
            if let Some(most) = self.bounds.max_ns.filter(|most| worst.instructions > *most) {
                let dearest = worst.most.first().map_or(String::new(), |(label, _)| format!("; `{label}` costs most"));
                said.push(format!(
                    "A decision about {} can take {} ns, and at most {most} are allowed{dearest}. Declare how long its texts and lists can be.",
                    worst.title, worst.instructions
                ));
            }
            if let Some(most) = self.bounds.max_state.filter(|most| worst.bytes > *most) {
                said.push(format!(
                    "A decision about {} can take {} bytes of memory, and at most {most} are allowed. Declare how long its lists can be.",
                    worst.title, worst.bytes
                ));
            }
        }
        said
    }

    /// As a list for programs.
    pub(crate) fn json(&self) -> Value {
        let one = |worst: &Worst| {
            let most: Vec<Value> =
                worst.most.iter().map(|(label, n)| json!({ "atom": label, "instructions": n })).collect();
            json!({
                "action": worst.title,
                "rows": worst.rows,
                "instructions": worst.instructions,
                "steps": worst.steps,
                "bytes": worst.bytes,
                "most": most,
            })
        };
        Value::Array(self.all.iter().map(one).collect())
    }

    /// As a table for people.
    pub(crate) fn print(&self, out: &mut Out) -> Outcome<()> {
        out.text(&table(&self.all))
    }
}

/// The worst case of each action.
pub(crate) fn worst(policy: &TypedPolicy) -> Vec<Worst> {
    plan::build(&graph::build(policy)).worst(policy)
}

/// Worst cases as a table.
pub(crate) fn table(all: &[Worst]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["action", "rows", "ns at most", "of them steps", "bytes", "costs most"]);
    for column in 1..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for worst in all {
        let dearest = worst.most.first().map_or("", |(label, _)| label);
        table.add_row([
            worst.title.clone(),
            worst.rows.to_string(),
            worst.instructions.to_string(),
            worst.steps.to_string(),
            worst.bytes.to_string(),
            dearest.chars().take(60).collect(),
        ]);
    }
    format!("{table}\n")
}
