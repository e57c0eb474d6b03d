//! The result of a run, as it is stored and read again.

use aas::Policy;
use serde::{Deserialize, Serialize};

use super::requests::Asked;

/// The form of the JSON. Another number means that figures cannot be compared.
pub(super) const FORM: u32 = 1;
/// Fewer rounds say nothing about noise.
pub(super) const FEWEST_ROUNDS: usize = 3;

/// All that was found.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Figures {
    /// The form of this object.
    pub(super) aasc_bench: u32,
    /// The policy's hash.
    pub(super) policy: String,
    pub(super) requests: Requests,
    pub(super) actions: Vec<Action>,
    /// Every item of the policy.
    pub(super) items: Vec<Item>,
    /// Items that no request was about.
    pub(super) never_asked: Vec<String>,
    /// Items that requests were about, but that never held and never erred.
    pub(super) never_fired: Vec<String>,
    /// Items that held or erred, but never determined a decision.
    pub(super) never_decided: Vec<String>,
}

/// Which requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Requests {
    pub(super) from: From,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<u64>,
    pub(super) count: usize,
    /// A hash of their texts and entities, in their order.
    pub(super) hash: String,
}

/// Where requests come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum From {
    Generated,
    Recorded,
}

/// What was found of an action.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Action {
    pub(super) action: String,
    /// How many requests there were.
    pub(super) requests: usize,
    /// How many of them were timed.
    pub(super) timed: usize,
    /// How many were refused before any rule was asked; they are not decided alone.
    pub(super) refused: u64,
    /// How many the default decided.
    pub(super) by_default: u64,
    pub(super) ways: Vec<Way>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) costs: Option<Costs>,
}

/// A way to ask, and how long it takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Way {
    pub(super) work: Work,
    pub(super) answer: Answer,
    pub(super) engine: By,
    /// Nanoseconds: the median over requests, and of that over rounds.
    pub(super) median_ns: f64,
    /// Nanoseconds that one request in a hundred exceeds.
    pub(super) p99_ns: f64,
    /// Decisions a second on one thread, one request after the other.
    pub(super) a_second: f64,
    /// The median over requests in each round.
    pub(super) rounds: Vec<f64>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Work {
    /// From JSON text.
    ReadAndDecide,
    /// From a request that is read already.
    Decide,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Tier,
    Decision,
}

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    Plan,
    Jit,
}

/// Where the time of deciding goes, on average over the requests of an action.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Costs {
    /// Looking at the request: the sum of the atoms.
    pub(super) classify_ns: f64,
    /// Conditions and tiers, from words.
    pub(super) judge_ns: f64,
    /// Finding and judging rows behind lanes.
    pub(super) lanes_ns: f64,
    pub(super) atoms: Vec<Atom>,
    pub(super) items: Vec<ItemCost>,
}

/// Something that the plan reads or asks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Atom {
    pub(super) atom: String,
    pub(super) ns: f64,
    /// Of all the time of deciding.
    pub(super) share: f64,
    /// How many items read it.
    pub(super) read_by: usize,
}

/// What an item costs. What several items read is shared evenly between them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ItemCost {
    pub(super) item: String,
    pub(super) ns: f64,
    pub(super) share: f64,
    /// How many slots its conditions read.
    pub(super) slots: usize,
    /// How many nodes its conditions have.
    pub(super) nodes: usize,
}

/// What became of an item.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) item: String,
    pub(super) kind: String,
    /// How many requests it was about.
    pub(super) asked: u64,
    /// How often it held or erred.
    pub(super) fired: u64,
    /// How often it could not be told.
    pub(super) erred: u64,
    /// How often it was among what determined the decision.
    pub(super) decided: u64,
}

/// Figures without any measurement.
pub(super) fn empty(policy: &Policy, asked: &Asked) -> Figures {
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
        requests: asked.about.clone(),
        actions: asked.actions.iter().map(action).collect(),
        items: Vec::new(),
        never_asked: Vec::new(),
        never_fired: Vec::new(),
        never_decided: Vec::new(),
    }
}

/// Reads the JSON of a run.
pub(super) fn read(text: &str) -> Result<Figures, String> {
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
