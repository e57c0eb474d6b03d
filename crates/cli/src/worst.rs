//! The worst case of each action, printed and held against a bound.

use aas::check::typed::TypedPolicy;
use aas::graph;
use aas::plan::{self, Worst};
use aas::profile::Profile;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use crate::exit::Outcome;
use crate::load::Set;
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

    /// Adds the actions of a policy, in the order of its set's profile.
    pub(crate) fn add(&mut self, set: &Set, policy: &TypedPolicy) {
        let plan = plan::build(&graph::build(policy));
        let profile = set.profile.as_ref().and_then(|text| Profile::parse(text.as_ref().ok()?).ok());
        // A profile that cannot be used has no order, and whoever decides says so.
        let ordered = profile.and_then(|profile| plan.in_order(&profile.order(policy, &plan).ok()?));
        self.all.extend(ordered.unwrap_or(plan).worst(policy));
    }

    /// For all actions that are over a bound for the same reason a sentence.
    pub(crate) fn over(&self) -> Vec<String> {
        let mut said = Vec::new();
        if let Some(most) = self.bounds.max_ns {
            let over = self.all.iter().filter(|worst| worst.instructions > most).collect();
            for alike in alike(over, |worst| worst.instructions) {
                let (dearest, hint) = (dearest(alike[0]), hint(alike[0]));
                let costs = if dearest.is_empty() { String::new() } else { format!("; `{dearest}` costs most") };
                let can = can_take(&alike, |worst| worst.instructions);
                said.push(format!("{can} ns, and at most {most} are allowed{costs}. {hint}"));
            }
        }
        if let Some(most) = self.bounds.max_state {
            let mut over: Vec<&Worst> = self.all.iter().filter(|worst| worst.bytes > most).collect();
            over.sort_by_key(|worst| std::cmp::Reverse(worst.bytes));
            if !over.is_empty() {
                let can = can_take(&over, |worst| worst.bytes);
                said.push(format!(
                    "{can} bytes of memory, and at most {most} are allowed. Declare how long its lists can be."
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

/// What costs most; nothing where there is nothing to name.
fn dearest(worst: &Worst) -> &str {
    worst.most.first().map_or("", |(label, _)| label)
}

/// Worst cases with the same dearest atom, those of the highest bound first.
fn alike(over: Vec<&Worst>, bound: impl Fn(&Worst) -> u64) -> Vec<Vec<&Worst>> {
    let mut found: Vec<Vec<&Worst>> = Vec::new();
    for worst in over {
        match found.iter_mut().find(|alike| dearest(alike[0]) == dearest(worst)) {
            Some(alike) => alike.push(worst),
            None => found.push(vec![worst]),
        }
    }
    found.iter_mut().for_each(|alike| alike.sort_by_key(|worst| std::cmp::Reverse(bound(worst))));
    found.sort_by_key(|alike| std::cmp::Reverse(bound(alike[0])));
    found
}

/// `A decision about a can take 9`, `Decisions about a, b and 4 more can take up to 9`
fn can_take(alike: &[&Worst], bound: impl Fn(&Worst) -> u64) -> String {
    const NAMED: usize = 3;
    let titles: Vec<&str> = alike.iter().map(|worst| &*worst.title).collect();
    match titles.as_slice() {
        [one] => format!("A decision about {one} can take {}", bound(alike[0])),
        some if some.len() <= NAMED + 1 => {
            format!("Decisions about {} can take up to {}", some.join(", "), bound(alike[0]))
        }
        many => format!(
            "Decisions about {} and {} more can take up to {}",
            many[..NAMED].join(", "),
            many.len() - NAMED,
            bound(alike[0])
        ),
    }
}

/// What to write instead.
fn hint(worst: &Worst) -> &'static str {
    let of_steps = worst.most.first().is_some_and(|(_, instructions)| *instructions > worst.instructions / 2);
    match dearest(worst) {
        label if label.starts_with("secrets.") && !label.contains('(') => {
            "A scan of the whole request reads up to 256 KiB; `secrets.found(field)` reads one field."
        }
        _ if of_steps => "Declare how long its texts and lists can be.",
        _ => "Its conditions are many; write fewer rules on this action, or tell them apart by one field.",
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
