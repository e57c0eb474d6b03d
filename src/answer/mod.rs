//! A decision as JSON: the form that `aasc eval` prints and that programs read.
//!
//! [`Answer`] is its definition. [`Pieces`] writes the same bytes from parts that were prepared once, for those who
//! answer many requests.

mod pieces;

use serde::Serialize;
use serde_json::{Value, json};

pub use pieces::Pieces;

use crate::check::typed::{Item, ItemBody, ItemKind, Principals, TypedPolicy, show_entity};
use crate::decision::{
    Decision, DecisionError, Determining, Disposition, Engine, ItemId, Obligation, PolicyHash, Tier,
};
use crate::interp::explain::code;
use crate::interp::{Explanation, Scene, because};
use crate::source::SourceSet;
use crate::types::TypeTable;

/// A decision in its fixed JSON form.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The action, aliases replaced.
    pub action: String,
    /// The tier.
    pub tier: Tier,
    /// What a host does with it.
    pub disposition: Disposition,
    /// What made it.
    pub determining: Vec<Determined>,
    /// What the host must do besides.
    pub obligations: Vec<Value>,
    /// What went wrong.
    pub errors: Vec<DecisionError>,
    /// Which policy decided.
    pub policy: PolicyHash,
    /// Which evaluator decided.
    pub engine: Engine,
    /// How it came about, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// A determining item with its place.
#[derive(Clone, Debug, Serialize)]
pub struct Determined {
    /// Its qualified name; none is the default tier.
    pub item: Option<String>,
    /// What it is.
    pub kind: Option<ItemKind>,
    /// What it brought.
    pub tier: Tier,
    /// Its stable code.
    pub code: String,
    /// Its text, holes filled.
    pub because: Option<String>,
    /// The file it stands in.
    pub file: Option<String>,
    /// The line it stands on, from 1.
    pub line: Option<u32>,
}

impl Answer {
    /// The JSON form of a decision. `sources` are those that the policy was compiled from.
    #[must_use]
    pub fn new(scene: &Scene<'_>, sources: &SourceSet, decision: &Decision) -> Self {
        let determined = |d: &Determining| Determined::new(scene, sources, decision, d);
        Self {
            action: decision.action.clone(),
            tier: decision.tier,
            disposition: decision.tier.disposition(),
            determining: decision.determining.iter().map(determined).collect(),
            obligations: decision.obligations.iter().map(|o| obligation(scene.policy, o)).collect(),
            errors: decision.errors.clone(),
            policy: decision.policy,
            engine: decision.engine,
            explanation: None,
        }
    }

    /// Adds it as compact JSON, without a line's end.
    pub fn write(&self, out: &mut Vec<u8>) {
        // Texts and numbers into memory: nothing of it can fail.
        let _ = serde_json::to_writer(out, self);
    }
}

impl Determined {
    fn new(scene: &Scene<'_>, sources: &SourceSet, decision: &Decision, d: &Determining) -> Self {
        let place = d.item.map(|id| place(sources, scene.policy.item(id)));
        Self {
            item: d.item.map(|id| scene.policy.item(id).name.to_string()),
            kind: d.item.map(|id| scene.policy.item(id).kind),
            tier: d.tier,
            code: code(scene.policy, d).to_string(),
            because: because(scene, decision, d),
            file: place.map(|(file, _)| file.to_string()),
            line: place.map(|(_, line)| line),
        }
    }
}

/// The file and line where an item's name stands.
fn place<'s>(sources: &'s SourceSet, item: &Item) -> (&'s str, u32) {
    let file = sources.file(item.name_span.file);
    (file.name(), file.line_column(item.name_span.start).line)
}

/// An obligation in its JSON form.
#[must_use]
pub fn obligation(policy: &TypedPolicy, obligation: &Obligation) -> Value {
    let name = |item: &ItemId| policy.item(*item).name.to_string();
    match obligation {
        Obligation::Notify { channel, item } => json!({ "kind": "notify", "channel": channel, "item": name(item) }),
        Obligation::Redact { field, item } => json!({ "kind": "redact", "field": field, "item": name(item) }),
        Obligation::Instead { action, item } => json!({ "kind": "instead", "action": action, "item": name(item) }),
        Obligation::Run { workflow, arguments, item } => {
            let arguments: serde_json::Map<String, Value> = arguments
                .iter()
                .map(|(k, v)| (k.clone(), serde_json::from_str(v).unwrap_or_else(|_| v.clone().into())))
                .collect();
            json!({ "kind": "run", "workflow": workflow, "arguments": arguments, "item": name(item) })
        }
        Obligation::Approve { item } => {
            let mut object = json!({ "kind": "approve", "item": name(item) });
            if let ItemBody::Approval { quorum, within, people, own, ask, .. } = &policy.item(*item).body {
                object["by"] = principals(&policy.types, people).into();
                object["quorum"] = (*quorum).into();
                object["within_seconds"] = (within / 1_000_000).into();
                object["own"] = (*own).into();
                object["ask"] = ask.iter().map(ToString::to_string).collect();
            }
            object
        }
    }
}

/// Whom an approval asks, as they are written.
#[must_use]
pub fn principals(types: &TypeTable, people: &Principals) -> Vec<String> {
    let mut names = Vec::new();
    names.extend(people.people.then(|| "people".to_owned()));
    names.extend(people.machines.then(|| "machines".to_owned()));
    names.extend(people.entities.iter().map(|e| show_entity(types, e.ty, &e.id)));
    names
}
