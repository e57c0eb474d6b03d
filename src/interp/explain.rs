//! A decision for people: which items made it, by which clauses, what could lift it, which items were
//! close, and a small change that gives another tier.
//!
//! Nothing of this is done while deciding: it is rendered from the request and the facts when asked.

use serde::Serialize;

use super::because::because;
use super::change::{Change, changes};
use super::clauses::{deciding, distance};
use super::judge::{reads_warnings, warnings};
use super::standing::standing;
use super::{Scene, judge};
use crate::check::typed::{Item, ItemBody, ItemKind, TypedPolicy};
use crate::decision::{Decision, Determining, ItemId, Outcome, Tier};
use crate::outcome::{ItemOutcome, Outcomes, Truth};
use crate::source::{SourceSet, Span};

/// Evaluations that the search for a change may spend where nothing else is said.
pub const DEFAULT_WORK: u32 = 2_000;
/// Most items that are listed as close.
const MOST_CLOSE: usize = 8;

/// A decision explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The items that made the tier, in the decision's order.
    pub determining: Vec<Explained>,
    /// Items that one clause keeps from holding, in canonical order.
    pub close: Vec<Close>,
    /// Small changes that give other tiers: at most one a tier.
    pub changes: Vec<Change>,
    /// Whether the search for changes stopped at its budget.
    pub stopped: bool,
}

/// A determining item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Its qualified name; none is the default tier.
    pub item: Option<String>,
    /// What it is; none is the default tier.
    pub kind: Option<ItemKind>,
    /// What it brought.
    pub tier: Tier,
    /// Held or erred.
    pub outcome: Outcome,
    /// Its stable code; `default` for the default tier.
    pub code: String,
    /// Its text, holes filled.
    pub because: Option<String>,
    /// The file it stands in.
    pub file: Option<String>,
    /// The line it stands on, from 1.
    pub line: Option<u32>,
    /// What could lift it: `may be lifted by a and b`, `cannot be lifted`.
    pub lift: String,
    /// The clauses that decided, as written, with how they stand.
    pub clauses: Vec<ClauseText>,
}

/// A clause as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClauseText {
    /// Its text in the rules, on one line; of a stateful floor itself, how it stands: `1 of 3 used`.
    pub text: String,
    /// Whether the text says how a stateful floor stands.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub standing: bool,
    /// `true`, `false` or `error`.
    pub truth: &'static str,
    /// Its line, from 1.
    pub line: u32,
}

/// An item that one clause keeps from holding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Close {
    /// Its qualified name.
    pub item: String,
    /// What it is.
    pub kind: ItemKind,
    /// The clause that would have to be otherwise.
    pub clause: ClauseText,
}

/// The items of a policy that lift or waive others: few, and asked for by every explanation.
#[derive(Clone, Debug)]
pub struct Lifters(Vec<ItemId>);

impl Lifters {
    /// Those of a policy.
    #[must_use]
    pub fn of(policy: &TypedPolicy) -> Self {
        let lifts = |item: &Item| match item.body {
            ItemBody::Relax { .. } | ItemBody::Exception { .. } => true,
            ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Approval { .. } => false,
        };
        Self((0..).map(ItemId).zip(&policy.items).filter(|(_, item)| lifts(item)).map(|(id, _)| id).collect())
    }
}

/// The items that made a decision, in its order: by which clauses, and what could lift them. What it costs follows
/// the clauses of those items and not the size of the policy, unless they read `warnings`.
#[must_use]
pub fn reasons(scene: &Scene<'_>, lifters: &Lifters, decision: &Decision, sources: &SourceSet) -> Vec<Explained> {
    let item = |d: &Determining| d.item.map(|id| scene.policy.item(id));
    let counts = decision.determining.iter().filter_map(item).any(reads_warnings);
    let warnings = if counts { warnings(scene.policy, &judge(scene)) } else { 0 };
    let scene = Scene { warnings, oracle: None, ..*scene };
    decision.determining.iter().map(|d| explained(&scene, lifters, decision, d, sources)).collect()
}

/// Explains a decision. `work` bounds how many other requests are tried to find a change; 0 tries none.
#[must_use]
pub fn explain(
    scene: &Scene<'_>,
    lifters: &Lifters,
    decision: &Decision,
    sources: &SourceSet,
    work: u32,
) -> Explanation {
    let outcomes = judge(scene);
    let scene = Scene { warnings: warnings(scene.policy, &outcomes), oracle: None, ..*scene };
    let determining = decision.determining.iter().map(|d| explained(&scene, lifters, decision, d, sources)).collect();
    if !scene.bound.refusals.is_empty() {
        return Explanation { determining, close: Vec::new(), changes: Vec::new(), stopped: false };
    }
    let (changes, stopped) = changes(&scene, decision, work);
    Explanation { determining, close: close(&scene, &outcomes, sources), changes, stopped }
}

fn explained(
    scene: &Scene<'_>,
    lifters: &Lifters,
    decision: &Decision,
    d: &Determining,
    sources: &SourceSet,
) -> Explained {
    let policy = scene.policy;
    let Some(id) = d.item else {
        return Explained {
            item: None,
            kind: None,
            tier: d.tier,
            outcome: d.outcome,
            code: "default".into(),
            because: None,
            file: None,
            line: None,
            lift: "cannot be lifted; a rule that matches takes its place".into(),
            clauses: Vec::new(),
        };
    };
    let item = policy.item(id);
    let clauses = item.conditions().get(d.branch as usize).map_or_else(Vec::new, |when| deciding(scene, when));
    let clauses = clauses.into_iter().map(|c| clause(scene, item, sources, (c.span, c.truth))).collect();
    Explained {
        item: Some(item.name.to_string()),
        kind: Some(item.kind),
        tier: d.tier,
        outcome: d.outcome,
        code: code(policy, d).to_string(),
        because: because(scene, decision, d),
        file: Some(sources.file(item.name_span.file).name().to_string()),
        line: Some(sources.file(item.name_span.file).line_column(item.name_span.start).line),
        lift: lift(scene, lifters, id, d),
        clauses,
    }
}

/// The stable code of a determining branch: its own, or its item's.
#[must_use]
pub fn code<'p>(policy: &'p TypedPolicy, d: &Determining) -> &'p str {
    let Some(id) = d.item else { return "default" };
    let item = policy.item(id);
    let own = match &item.body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
            branches.get(d.branch as usize).and_then(|b| b.code.as_deref())
        }
        ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => None,
    };
    own.unwrap_or(&item.code)
}

/// What could lift an item for the action asked for, whatever the facts: relaxes of rules; nothing lifts a
/// floor.
fn lift(scene: &Scene<'_>, lifters: &Lifters, id: ItemId, d: &Determining) -> String {
    let policy = scene.policy;
    let lifters = || lifters.0.iter().map(|id| policy.item(*id));
    let item = policy.item(id);
    let about =
        |other: &Item| scene.bound.action.is_some_and(|action| other.scope.actions.binary_search(&action).is_ok());
    match &item.body {
        ItemBody::Rule { .. } if d.outcome == Outcome::Erred => "cannot be lifted: it could not be told".into(),
        ItemBody::Rule { .. } => {
            let lifts = lifters().filter(|other| match &other.body {
                ItemBody::Relax { from, to, of, .. } => {
                    let touches = of.map_or(other.package == item.package, |named| named == id);
                    touches && about(other) && *to < d.tier && d.tier <= *from && d.tier != Tier::Black
                }
                ItemBody::Rule { .. }
                | ItemBody::Floor { .. }
                | ItemBody::Exception { .. }
                | ItemBody::Approval { .. } => false,
            });
            listed("may be lifted by ", lifts.map(|i| &*i.name))
        }
        ItemBody::Floor { .. } => {
            let waivers = lifters().filter(|other| match &other.body {
                ItemBody::Exception { to, .. } => *to == id && about(other),
                ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Relax { .. } | ItemBody::Approval { .. } => {
                    false
                }
            });
            listed("cannot be lifted, only waived by ", waivers.map(|i| &*i.name))
        }
        ItemBody::Relax { .. } => "lifts a rule".into(),
        ItemBody::Exception { .. } | ItemBody::Approval { .. } => "cannot be lifted".into(),
    }
}

fn listed<'a>(words: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "cannot be lifted".into() } else { format!("{words}{}", names.join(" and ")) }
}

fn close(scene: &Scene<'_>, outcomes: &Outcomes, sources: &SourceSet) -> Vec<Close> {
    let unmet = outcomes.items.iter().filter(|o| !o.counts());
    unmet.filter_map(|o| one_away(scene, o, sources)).take(MOST_CLOSE).collect()
}

/// The clause that alone keeps an item from holding.
fn one_away(scene: &Scene<'_>, outcome: &ItemOutcome, sources: &SourceSet) -> Option<Close> {
    let item = scene.policy.item(outcome.item);
    if item.kind == ItemKind::Approval {
        return None;
    }
    let spans = item.conditions().into_iter().filter_map(|when| match distance(scene, when, true) {
        (1, span) => span,
        _ => None,
    });
    let span = spans.min()?;
    Some(Close {
        item: item.name.to_string(),
        kind: item.kind,
        clause: clause(scene, item, sources, (span, Truth::False)),
    })
}

fn clause(scene: &Scene<'_>, item: &Item, sources: &SourceSet, (span, truth): (Span, Truth)) -> ClauseText {
    let standing = standing(scene, item, span, truth);
    let is_standing = standing.is_some();
    let written = || with_its_parentheses(sources, span).split_whitespace().collect::<Vec<_>>().join(" ");
    let text = standing.unwrap_or_else(written);
    let truth = match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Erred => "error",
    };
    ClauseText { text, standing: is_standing, truth, line: sources.file(span.file).line_column(span.start).line }
}

/// The text under a span, with the parentheses around it that its first or last part left outside.
fn with_its_parentheses(sources: &SourceSet, span: Span) -> &str {
    let all = sources.file(span.file).text();
    let (mut start, mut end) = (span.start as usize, span.end as usize);
    let text = all.get(start..end).unwrap_or_default();
    let opened = text.matches('(').count();
    let closed = text.matches(')').count();
    for _ in opened..closed {
        let before = all.get(..start).unwrap_or_default().trim_end();
        start = before.strip_suffix('(').map_or(start, str::len);
    }
    for _ in closed..opened {
        let after = all.get(end..).unwrap_or_default();
        let trimmed = after.trim_start();
        end += if trimmed.starts_with(')') { after.len() - trimmed.len() + 1 } else { 0 };
    }
    all.get(start..end).unwrap_or(text)
}
