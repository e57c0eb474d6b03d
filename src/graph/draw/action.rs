//! One action: fields, questions, conditions, items, tiers.

use std::collections::{BTreeMap, HashMap};

use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;

use super::super::key::{Fingerprint, fingerprint};
use super::super::{Edge, Effect, Node, Part, label, visit};
use super::{Costs, Line, Look, Picture, Shape, wrapped};
use crate::check::typed::{ActionId, ItemKind, TypedPolicy};
use crate::decision::{ItemId, Tier};
use crate::graph::text::source_name;

/// The picture of an action.
pub(super) fn picture(policy: &TypedPolicy, part: &Part<'_>, id: ActionId) -> Picture {
    let depths = depths(part);
    let deepest = depths.values().copied().max().unwrap_or(0);
    let mut boxes = Vec::new();
    let mut place: HashMap<NodeIndex, usize> = HashMap::new();
    for node in part.dag.node_indices().filter(|n| shown(part, *n)) {
        place.insert(node, boxes.len());
        boxes.push(shape(policy, part, node, depths.get(&node).copied().unwrap_or(0), deepest));
    }
    let mut lines = Vec::new();
    for edge in part.dag.edge_references() {
        let (Some(from), Some(to)) = (place.get(&edge.source()), place.get(&edge.target())) else { continue };
        lines.push(line(part, *from, *to, *edge.weight(), &boxes));
    }
    let def = policy.action_def(id);
    let items = part.dag.node_weights().filter(|n| matches!(n, Node::Item(_))).count();
    Picture {
        title: format!("action {}", def.name),
        subtitle: format!("{items} items; where no rule matches: {}", policy.settings.default_tier),
        boxes,
        lines,
    }
}

/// Adds what the boxes of an action's picture cost. What several questions read is shared evenly between them.
pub(super) fn weigh(part: &Part<'_>, costs: &Costs, picture: &mut Picture) {
    let read: Vec<Vec<Fingerprint>> = part.dag.node_weights().map(|node| slots_of(node, costs)).collect();
    let mut readers: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for slot in read.iter().flatten() {
        *readers.entry(*slot).or_default() += 1;
    }
    let total: f64 = costs.items.values().sum();
    let nodes = part.dag.node_indices().filter(|node| shown(part, *node));
    for (node, shape) in nodes.zip(&mut picture.boxes) {
        let cost = match &part.dag[node] {
            Node::Atom(..) => {
                let share = |slot: &Fingerprint| {
                    let among = readers.get(slot).copied().unwrap_or(1).max(1);
                    costs.slots.get(slot).copied().unwrap_or(0.0) / among as f64
                };
                read.get(node.index()).filter(|slots| !slots.is_empty()).map(|slots| slots.iter().map(share).sum())
            }
            Node::Item(id) => costs.items.get(id).copied(),
            Node::Source(_)
            | Node::Truth(_)
            | Node::Not
            | Node::And
            | Node::Or
            | Node::AtLeast(_)
            | Node::Default
            | Node::Tier(_) => None,
        };
        if let Some(cost) = cost {
            let percent = if total > 0.0 { 100.0 * cost / total } else { 0.0 };
            shape.text.push(format!("{cost:.1} ns, {percent:.0} %"));
            shape.cost = Some(cost);
        }
    }
    picture.subtitle.push_str(&format!("; {total:.0} ns a decision, without reading the request"));
}

/// What the plan reads or asks for an atom: the atom itself, or parts of it.
fn slots_of(node: &Node<'_>, costs: &Costs) -> Vec<Fingerprint> {
    let Node::Atom(expr, _) = node else { return Vec::new() };
    let own = fingerprint(expr);
    if costs.slots.contains_key(&own) {
        return vec![own];
    }
    let mut found = Vec::new();
    visit(expr, &mut |part| {
        let slot = fingerprint(part);
        if costs.slots.contains_key(&slot) && !found.contains(&slot) {
            found.push(slot);
        }
    });
    found
}

/// What nothing is connected to is left out: a tier that cannot come about.
fn shown(part: &Part<'_>, node: NodeIndex) -> bool {
    !matches!(part.dag[node], Node::Tier(_)) || part.dag.neighbors_undirected(node).next().is_some()
}

/// How many steps conditions stand from what they read.
fn depths(part: &Part<'_>) -> HashMap<NodeIndex, usize> {
    let mut depths = HashMap::new();
    // INVARIANT: operands are made before the node.
    for node in part.dag.node_indices() {
        let depth = match part.dag[node] {
            Node::Source(_) => 0,
            Node::Atom(..) => 1,
            Node::Truth(_) => 2,
            Node::Not | Node::And | Node::Or | Node::AtLeast(_) => {
                part.operands(node).iter().filter_map(|n| depths.get(n)).max().map_or(2, |d| d + 1)
            }
            Node::Item(_) | Node::Default | Node::Tier(_) => continue,
        };
        depths.insert(node, depth);
    }
    depths
}

fn shape(policy: &TypedPolicy, part: &Part<'_>, node: NodeIndex, depth: usize, deepest: usize) -> Shape {
    let plain = |text: &str, look| Shape {
        column: depth,
        text: wrapped(text),
        tooltip: text.to_string(),
        look,
        group: None,
        cost: None,
    };
    match &part.dag[node] {
        Node::Source(source) => plain(&source_name(policy, source), Look::Source),
        Node::Atom(expr, _) => plain(&label::expr(policy, expr), Look::Atom),
        Node::Truth(true) => plain("always", Look::Logic),
        Node::Truth(false) => plain("never", Look::Logic),
        Node::Not => plain("not", Look::Logic),
        Node::And => plain("all of", Look::Logic),
        Node::Or => plain("any of", Look::Logic),
        Node::AtLeast(n) => plain(&format!("at least {n} of"), Look::Logic),
        Node::Item(id) => item(policy, part, *id, deepest),
        Node::Default => Shape { column: deepest + 2, ..plain("where no rule matches", Look::Default) },
        Node::Tier(tier) => Shape { column: deepest + 3, ..plain(tier.name(), Look::Tier(*tier)) },
    }
}

fn item(policy: &TypedPolicy, part: &Part<'_>, id: ItemId, deepest: usize) -> Shape {
    let item = policy.item(id);
    let rows = part.rows.iter().filter(|row| row.item == id);
    let effects: Vec<Effect> = rows.map(|row| row.effect).collect();
    let column = if matches!(item.kind, ItemKind::Relax | ItemKind::Exception) { deepest + 1 } else { deepest + 2 };
    let name = item.name.strip_prefix(&*item.package).map_or(&*item.name, |rest| rest.trim_start_matches('.'));
    let mut text = wrapped(name);
    text.push(does(policy, item.kind, &effects));
    Shape {
        column,
        text,
        tooltip: format!("{} {}\n{}", item.kind.keyword(), item.name, item.doc),
        look: Look::Item(item.kind, tier_of(&effects)),
        group: None,
        cost: None,
    }
}

/// `rule: red`, `relax: yellow to green`
pub(super) fn does(policy: &TypedPolicy, kind: ItemKind, effects: &[Effect]) -> String {
    let mut tiers: Vec<String> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Rule { tier } | Effect::Floor { tier, .. } => tier.to_string(),
            Effect::Relax { from, to, .. } => format!("{from} to {to}"),
            Effect::Exception { of } => format!("silences {}", label::short(&policy.item(*of).name)),
            Effect::Approval { fallback: true } => "where no other covers".into(),
            Effect::Approval { fallback: false } => "covers red".into(),
        })
        .collect();
    tiers.dedup();
    format!("{}: {}", kind.keyword(), tiers.join(", "))
}

/// The highest tier that an item brings, or the lowest that a relax gives.
pub(super) fn tier_of(effects: &[Effect]) -> Option<Tier> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Rule { tier } | Effect::Floor { tier, .. } => Some(*tier),
            Effect::Relax { to, .. } => Some(*to),
            Effect::Exception { .. } => None,
            Effect::Approval { .. } => Some(Tier::Red),
        })
        .max()
}

fn line(part: &Part<'_>, from: usize, to: usize, edge: Edge, boxes: &[Shape]) -> Line {
    let (dashed, tier) = match edge {
        Edge::Reads | Edge::Operand(_) => (false, None),
        Edge::Asks(row) => (
            false,
            match part.rows[row as usize].effect {
                Effect::Rule { tier } | Effect::Floor { tier, .. } => Some(tier),
                Effect::Relax { .. } | Effect::Exception { .. } | Effect::Approval { .. } => None,
            },
        ),
        Edge::Brings => {
            let tier = if let Look::Tier(tier) = boxes[to].look { Some(tier) } else { None };
            (matches!(boxes[from].look, Look::Item(ItemKind::Approval, _)), tier)
        }
        Edge::Relaxes | Edge::Silences => (true, None),
    };
    Line { from, to, dashed, tier }
}
