//! Reading a request from JSON into a typed struct by serde_json, and deciding nothing.

use std::collections::{BTreeMap, BTreeSet};

use kit::{Ask, Engine, Tier, Workload};
use serde::{Deserialize, Serialize};
use workload::aasrule::{self, Field};

/// A request in our layout; what an action does not declare is not said.
#[derive(Default, Serialize, Deserialize)]
struct Wire {
    agent: Agent,
    action: String,
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    params: Params,
    #[serde(default, skip_serializing_if = "Observed::is_empty")]
    observed: Observed,
    #[serde(default, skip_serializing_if = "Known::is_empty")]
    facts: Known,
}

#[derive(Default, Serialize, Deserialize)]
struct Agent {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<i64>,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Params {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bump: Option<String>,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Observed {
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<i64>,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Known {
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<Env>,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Env {
    name: String,
}

impl Params {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Observed {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Known {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What our layout says of each action.
struct Said {
    fields: BTreeMap<String, BTreeSet<Field>>,
    trust: bool,
    env: bool,
}

/// Reads and decides nothing.
pub(crate) struct ReadOnly(Option<Said>);

impl ReadOnly {
    /// The flat layout that the peers read.
    pub(crate) fn flat() -> Self {
        Self(None)
    }

    /// Our layout.
    pub(crate) fn ours(workload: &Workload) -> Self {
        let package = aasrule::package(workload);
        Self(Some(Said { fields: package.fields, trust: package.trust, env: package.env }))
    }
}

impl Said {
    fn wire(&self, ask: &Ask) -> Wire {
        let declares = |field| self.fields.get(&ask.action).is_some_and(|fields| fields.contains(&field));
        let text = |field, text: &String| declares(field).then(|| text.clone());
        Wire {
            agent: Agent { id: ask.agent.clone(), trust: self.trust.then_some(ask.trust) },
            action: ask.action.clone(),
            params: Params {
                path: text(Field::Path, &ask.path),
                branch: text(Field::Branch, &ask.branch),
                bump: text(Field::Bump, &ask.bump),
            },
            observed: Observed { cost: declares(Field::Cost).then_some(ask.cost) },
            facts: Known { env: self.env.then(|| Env { name: ask.env.clone() }) },
        }
    }
}

impl Engine for ReadOnly {
    fn prepare(&mut self, _: &[Ask]) {}

    fn eval(&mut self, _: usize) -> Tier {
        unreachable!("timed at JSON only")
    }

    fn build(&mut self, _: &Ask) -> Tier {
        unreachable!("timed at JSON only")
    }

    fn json(&mut self, text: &str) -> Tier {
        match &self.0 {
            None => {
                let ask: Ask = serde_json::from_str(text).expect("a request of the workload");
                u8::from(std::hint::black_box(&ask).cost > 0)
            }
            Some(_) => {
                let wire: Wire = serde_json::from_str(text).expect("a request of the workload");
                u8::from(std::hint::black_box(&wire).agent.trust.is_some())
            }
        }
    }

    fn json_text(&self, ask: &Ask) -> String {
        match &self.0 {
            None => serde_json::to_string(ask),
            Some(said) => serde_json::to_string(&said.wire(ask)),
        }
        .expect("text and numbers")
    }
}
