//! The result of a run, as it is stored and read again.

use aas::Policy;
use serde::{Deserialize, Serialize};

use super::requests::Asked;

/// The form of the JSON. Another number means that figures cannot be compared.
pub(in crate::commands) const FORM: u32 = 1;
/// Fewer rounds say nothing about noise.
pub(in crate::commands) const FEWEST_ROUNDS: usize = 3;

/// All that was found.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::commands) struct Figures {
    /// The form of this object.
    pub(in crate::commands) aasc_bench: u32,
    /// The policy's hash.
    pub(in crate::commands) policy: String,
    /// Whether its work is in the order of a profile.
    #[serde(default)]
    pub(in crate::commands) in_order: bool,
    pub(in crate::commands) requests: Requests,
    pub(in crate::commands) actions: Vec<Action>,
    /// Every item of the policy.
    pub(in crate::commands) items: Vec<Item>,
    /// Items that no request was about.
    pub(in crate::commands) never_asked: Vec<String>,
    /// Items that requests were about, but that never held and never erred.
    pub(in crate::commands) never_fired: Vec<String>,
    /// Items that held or erred, but never determined a decision.
    pub(in crate::commands) never_decided: Vec<String>,
}

/// Which requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::commands) struct Requests {
    pub(in crate::commands) from: From,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) seed: Option<u64>,
    pub(in crate::commands) count: usize,
    /// A hash of their texts and entities, in their order.
    pub(in crate::commands) hash: String,
}

/// Where requests come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum From {
    Generated,
    Recorded,
}

/// What was found of an action.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::commands) struct Action {
    pub(in crate::commands) action: String,
    /// How many requests there were.
    pub(in crate::commands) requests: usize,
    /// How many of them were timed.
    pub(in crate::commands) timed: usize,
    /// How many were refused before any rule was asked; they are not decided alone.
    pub(in crate::commands) refused: u64,
    /// How many the default decided.
    pub(in crate::commands) by_default: u64,
    pub(in crate::commands) ways: Vec<Way>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(in crate::commands) costs: Option<Costs>,
}

/// A way to ask, and how long it takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::commands) struct Way {
    pub(in crate::commands) work: Work,
    pub(in crate::commands) answer: Answer,
    pub(in crate::commands) engine: By,
    /// Nanoseconds: the median over requests, and of that over rounds.
    pub(in crate::commands) median_ns: f64,
    /// Nanoseconds that one request in a hundred exceeds.
    pub(in crate::commands) p99_ns: f64,
    /// Decisions a second on one thread, one request after the other.
    pub(in crate::commands) a_second: f64,
    /// The median over requests in each round.
    pub(in crate::commands) rounds: Vec<f64>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum Work {
    /// From JSON text.
    ReadAndDecide,
    /// From a request that is read already.
    Decide,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum Answer {
    Tier,
    Decision,
}

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum By {
    Plan,
    Jit,
}

/// Where the time of deciding goes, on average over the requests of an action.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::commands) struct Costs {
    /// Looking at the request: the sum of the atoms.
    pub(in crate::commands) classify_ns: f64,
    /// Conditions and tiers, from words.
    pub(in crate::commands) judge_ns: f64,
    /// Finding and judging rows behind lanes.
    pub(in crate::commands) lanes_ns: f64,
    pub(in crate::commands) atoms: Vec<Atom>,
    pub(in crate::commands) items: Vec<ItemCost>,
}

/// Something that the plan reads or asks.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::commands) struct Atom {
    pub(in crate::commands) atom: String,
    pub(in crate::commands) ns: f64,
    /// Of all the time of deciding.
    pub(in crate::commands) share: f64,
    /// How many items read it.
    pub(in crate::commands) read_by: usize,
}

/// What an item costs. What several items read is shared evenly between them.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::commands) struct ItemCost {
    pub(in crate::commands) item: String,
    pub(in crate::commands) ns: f64,
    pub(in crate::commands) share: f64,
    /// How many slots its conditions read.
    pub(in crate::commands) slots: usize,
    /// How many nodes its conditions have.
    pub(in crate::commands) nodes: usize,
}

/// What became of an item.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::commands) struct Item {
    pub(in crate::commands) item: String,
    pub(in crate::commands) kind: String,
    /// How many requests it was about.
    pub(in crate::commands) asked: u64,
    /// How often it held or erred.
    pub(in crate::commands) fired: u64,
    /// How often it could not be told.
    pub(in crate::commands) erred: u64,
    /// How often it was among what determined the decision.
    pub(in crate::commands) decided: u64,
}

/// Figures without any measurement.
pub(in crate::commands) fn empty(policy: &Policy, asked: &Asked) -> Figures {
    let action = |a: &super::requests::OfAction| Action {
        action: a.name.clone(),
        requests: a.all.len(),
        timed: a.timed().count(),
        refused: 0,
        by_default: 0,
        ways: Vec::new(),
        costs: None,
    };
    Figures {
        aasc_bench: FORM,
        policy: policy.hash().to_string(),
        in_order: policy.plan().units.iter().any(|unit| !unit.late.is_empty()),
        requests: asked.about.clone(),
        actions: asked.actions.iter().map(action).collect(),
        items: Vec::new(),
        never_asked: Vec::new(),
        never_fired: Vec::new(),
        never_decided: Vec::new(),
    }
}

/// Reads the JSON of a run.
pub(in crate::commands) fn read(text: &str) -> Result<Figures, String> {
    #[derive(Deserialize)]
    struct Form {
        aasc_bench: u32,
    }
    let unreadable = |error: serde_json::Error| format!("this is no JSON of `aasc bench`: {error}.");
    let form: Form = serde_json::from_str(text).map_err(unreadable)?;
    if form.aasc_bench != FORM {
        return Err(format!(
            "this has form {} and aasc knows form {FORM}. Measure again with this version.",
            form.aasc_bench
        ));
    }
    let figures: Figures = serde_json::from_str(text).map_err(unreadable)?;
    for action in &figures.actions {
        for way in &action.ways {
            if way.rounds.len() < FEWEST_ROUNDS {
                return Err(format!(
                    "{} has {} rounds, and noise is told from {FEWEST_ROUNDS} or more.",
                    action.action,
                    way.rounds.len()
                ));
            }
            if way.rounds.iter().any(|ns| !ns.is_finite() || *ns <= 0.0) {
                return Err(format!("a round of {} is no time.", action.action));
            }
        }
    }
    Ok(figures)
}
