//! From the typed policy to the graph.

use std::collections::{BTreeSet, HashMap};

use petgraph::graph::{DiGraph, NodeIndex};

use super::key::Keys;
use super::{About, DecisionGraph, Edge, Effect, Key, Node, Part, Row, Source, relaxes};
use crate::check::typed::{ActionId, ItemBody, NamePatterns, TExpr, TExprKind, TypedPolicy};
use crate::decision::{ItemId, Tier};
use crate::value::Value;

/// Patterns over undeclared names as a key: `any action`, and the parts.
type PatternKey<'p> = (bool, &'p [(bool, std::sync::Arc<str>)]);

/// Builds the graph of a whole policy set.
#[must_use]
pub fn build(policy: &TypedPolicy) -> DecisionGraph<'_> {
    build_where(policy, |_| true)
}

/// The items that are about each declared action, in their order.
#[must_use]
pub fn items_of_actions(policy: &TypedPolicy) -> Vec<Vec<ItemId>> {
    let mut of_action: Vec<Vec<ItemId>> = vec![Vec::new(); policy.actions.len()];
    for (id, item) in (0..).map(ItemId).zip(&policy.items) {
        for action in &item.scope.actions {
            if let Some(list) = of_action.get_mut(action.0 as usize) {
                list.push(id);
            }
        }
    }
    of_action
}

/// Builds the graph of a policy set in which the parts of some declared actions stay empty.
#[must_use]
pub fn build_where(policy: &TypedPolicy, wanted: impl Fn(ActionId) -> bool) -> DecisionGraph<'_> {
    let mut keys = Keys::default();
    let of_action = items_of_actions(policy);
    let mut of_names: Vec<(&NamePatterns, Vec<ItemId>)> = Vec::new();
    let mut names: HashMap<PatternKey<'_>, usize> = HashMap::new();
    for (id, item) in (0..).map(ItemId).zip(&policy.items) {
        if let Some(patterns) = &item.scope.undeclared {
            let place = *names.entry((patterns.any, &patterns.parts)).or_insert_with(|| {
                of_names.push((patterns, Vec::new()));
                of_names.len() - 1
            });
            of_names[place].1.push(id);
        }
    }
    let actions = (0..).map(ActionId).zip(of_action);
    let actions = actions.map(|(id, items)| (About::Action(id), wanted(id).then_some(items)));
    let undeclared = of_names.into_iter().map(|(patterns, items)| (About::Undeclared(patterns), Some(items)));
    let empty = |about| Part { about, dag: DiGraph::new(), rows: Vec::new() };
    let made = actions.chain(undeclared).map(|(about, items)| match items {
        Some(items) => part(policy, &mut keys, about, &items),
        None => empty(about),
    });
    let parts = made.collect();
    DecisionGraph { policy, parts }
}

/// Builds the graph of one declared action.
#[must_use]
pub fn build_part(policy: &TypedPolicy, action: ActionId) -> Part<'_> {
    let items: Vec<ItemId> = (0..)
        .map(ItemId)
        .zip(&policy.items)
        .filter(|(_, item)| item.scope.actions.contains(&action))
        .map(|(id, _)| id)
        .collect();
    part(policy, &mut Keys::default(), About::Action(action), &items)
}

fn part<'p>(policy: &'p TypedPolicy, keys: &mut Keys<'p>, about: About<'p>, items: &[ItemId]) -> Part<'p> {
    let mut maker = Maker {
        keys,
        known: HashMap::new(),
        sources: HashMap::new(),
        part: Part { about, dag: DiGraph::new(), rows: Vec::new() },
    };
    for id in items {
        maker.item(policy, *id);
    }
    maker.outcomes(policy);
    maker.part
}

/// What makes a condition the same as another of the part.
#[derive(PartialEq, Eq, Hash)]
enum Shape {
    Atom(Key),
    Truth(bool),
    Not(NodeIndex),
    And(Vec<NodeIndex>),
    Or(Vec<NodeIndex>),
    AtLeast(u32, Vec<NodeIndex>),
}

struct Maker<'k, 'p> {
    keys: &'k mut Keys<'p>,
    known: HashMap<Shape, NodeIndex>,
    sources: HashMap<Source<'p>, NodeIndex>,
    part: Part<'p>,
}

impl<'p> Maker<'_, 'p> {
    fn item(&mut self, policy: &'p TypedPolicy, id: ItemId) {
        match &policy.item(id).body {
            ItemBody::Rule { branches, relaxable: _ } => {
                for (place, branch) in (0..).zip(branches) {
                    self.row(id, place, &branch.when, Effect::Rule { tier: branch.tier });
                }
            }
            ItemBody::Floor { branches, if_unclear, reads_warnings, approvable: _ } => {
                // A floor that reads the count is judged last, whatever the checker noted.
                let reads_warnings =
                    *reads_warnings || branches.iter().any(|b| !super::warnings_in(&b.when).is_empty());
                for (place, branch) in (0..).zip(branches) {
                    let erred = if_unclear.unwrap_or(branch.tier);
                    let effect = Effect::Floor { tier: branch.tier, erred, reads_warnings };
                    self.row(id, place, &branch.when, effect);
                }
            }
            ItemBody::Relax { when, from, to, of } => {
                self.row(id, 0, when, Effect::Relax { from: *from, to: *to, of: *of });
            }
            ItemBody::Exception { when, to, because: _ } => self.row(id, 0, when, Effect::Exception { of: *to }),
            ItemBody::Approval { when, fallback, .. } => {
                self.row(id, 0, when, Effect::Approval { fallback: *fallback });
            }
        }
    }

    fn row(&mut self, item: ItemId, branch: u32, when: &'p TExpr, effect: Effect) {
        let condition = self.condition(when);
        self.part.rows.push(Row { item, branch, condition, effect });
    }

    fn condition(&mut self, expr: &'p TExpr) -> NodeIndex {
        match &expr.kind {
            TExprKind::Const(Value::Bool(b)) => self.node(Shape::Truth(*b), Node::Truth(*b), &[]),
            TExprKind::Not(of) => {
                let of = self.condition(of);
                if let Node::Truth(b) = self.part.dag[of] {
                    return self.node(Shape::Truth(!b), Node::Truth(!b), &[]);
                }
                self.node(Shape::Not(of), Node::Not, &[of])
            }
            TExprKind::And(all) => self.joined(all, true),
            TExprKind::Or(all) => self.joined(all, false),
            TExprKind::AtLeast(n, all) => {
                let operands: Vec<_> = all.iter().map(|e| self.condition(e)).collect();
                self.node(Shape::AtLeast(*n, operands.clone()), Node::AtLeast(*n), &operands)
            }
            TExprKind::Const(_)
            | TExprKind::Field(_)
            | TExprKind::Fact(..)
            | TExprKind::Flag(..)
            | TExprKind::Now
            | TExprKind::ActionName
            | TExprKind::Principal
            | TExprKind::Var(_)
            | TExprKind::Attribute(..)
            | TExprKind::RecordField(..)
            | TExprKind::MapGet(..)
            | TExprKind::Has(_)
            | TExprKind::Coalesce(..)
            | TExprKind::Compare(..)
            | TExprKind::Arithmetic(..)
            | TExprKind::ToDecimal(_)
            | TExprKind::In(..)
            | TExprKind::Call(..)
            | TExprKind::Quantified { .. }
            | TExprKind::SetOf(_)
            | TExprKind::ListOf(_)
            | TExprKind::SecretsFound(_)
            | TExprKind::SecretsKinds(_)
            | TExprKind::Warnings(_) => self.atom(expr),
        }
    }

    /// `and` (`neutral` true) and `or`: flat, without neutral and repeated operands.
    fn joined(&mut self, all: &'p [TExpr], neutral: bool) -> NodeIndex {
        let mut operands = Vec::new();
        self.flatten(all, neutral, &mut operands);
        let mut seen = BTreeSet::new();
        operands.retain(|node| !matches!(self.part.dag[*node], Node::Truth(b) if b == neutral) && seen.insert(*node));
        if operands.iter().any(|node| matches!(self.part.dag[*node], Node::Truth(b) if b != neutral)) {
            return self.node(Shape::Truth(!neutral), Node::Truth(!neutral), &[]);
        }
        match (operands.as_slice(), neutral) {
            ([], _) => self.node(Shape::Truth(neutral), Node::Truth(neutral), &[]),
            ([only], _) => *only,
            // The order means nothing to the answer, so two orders are one node.
            (_, true) => self.node(Shape::And(seen.into_iter().collect()), Node::And, &operands),
            (_, false) => self.node(Shape::Or(seen.into_iter().collect()), Node::Or, &operands),
        }
    }

    fn flatten(&mut self, all: &'p [TExpr], neutral: bool, out: &mut Vec<NodeIndex>) {
        for expr in all {
            if let (TExprKind::And(inner), true) | (TExprKind::Or(inner), false) = (&expr.kind, neutral) {
                self.flatten(inner, neutral, out);
            } else {
                let node = self.condition(expr);
                out.push(node);
            }
        }
    }

    fn node(&mut self, shape: Shape, node: Node<'p>, operands: &[NodeIndex]) -> NodeIndex {
        if let Some(known) = self.known.get(&shape) {
            return *known;
        }
        let made = self.part.dag.add_node(node);
        for (place, operand) in (0..).zip(operands) {
            self.part.dag.add_edge(*operand, made, Edge::Operand(place));
        }
        self.known.insert(shape, made);
        made
    }

    fn atom(&mut self, expr: &'p TExpr) -> NodeIndex {
        let key = self.keys.of(expr);
        if let Some(known) = self.known.get(&Shape::Atom(key)) {
            return *known;
        }
        let mut read = Vec::new();
        sources(expr, &mut read);
        let mut seen = BTreeSet::new();
        read.retain(|source| seen.insert(*source));
        let from: Vec<NodeIndex> = read
            .into_iter()
            .map(|source| {
                let dag = &mut self.part.dag;
                *self.sources.entry(source).or_insert_with(|| dag.add_node(Node::Source(source)))
            })
            .collect();
        let made = self.node(Shape::Atom(key), Node::Atom(expr, key), &[]);
        for source in from {
            self.part.dag.add_edge(source, made, Edge::Reads);
        }
        made
    }

    /// Items, tiers and what relaxes or silences what.
    fn outcomes(&mut self, policy: &TypedPolicy) {
        let rows = self.part.rows.clone();
        let mut items: HashMap<ItemId, NodeIndex> = HashMap::new();
        for (place, row) in (0..).zip(&rows) {
            let dag = &mut self.part.dag;
            let item = *items.entry(row.item).or_insert_with(|| dag.add_node(Node::Item(row.item)));
            self.part.dag.add_edge(row.condition, item, Edge::Asks(place));
        }
        let tiers = Tier::ALL.map(|tier| self.part.dag.add_node(Node::Tier(tier)));
        let default = self.part.dag.add_node(Node::Default);
        self.part.dag.add_edge(default, tiers[policy.settings.default_tier as usize], Edge::Brings);
        let mut drawn = BTreeSet::new();
        for row in &rows {
            match row.effect {
                Effect::Rule { tier } | Effect::Floor { tier, .. } => {
                    if drawn.insert((row.item, ItemId(u32::MAX), tier)) {
                        self.part.dag.add_edge(items[&row.item], tiers[tier as usize], Edge::Brings);
                    }
                }
                Effect::Relax { from, to, of } => {
                    for rule in rows.iter().filter(|rule| relaxes(policy, row.item, from, to, of, rule)) {
                        if drawn.insert((row.item, rule.item, to)) {
                            self.part.dag.add_edge(items[&row.item], items[&rule.item], Edge::Relaxes);
                        }
                    }
                }
                Effect::Exception { of } => {
                    if let Some(floor) = items.get(&of) {
                        self.part.dag.add_edge(items[&row.item], *floor, Edge::Silences);
                    }
                }
                Effect::Approval { .. } => {
                    if drawn.insert((row.item, ItemId(u32::MAX), Tier::Red)) {
                        self.part.dag.add_edge(items[&row.item], tiers[Tier::Red as usize], Edge::Brings);
                    }
                }
            }
        }
    }
}

/// All that an expression reads, in text order.
fn sources<'p>(expr: &'p TExpr, out: &mut Vec<Source<'p>>) {
    use TExprKind as K;
    match &expr.kind {
        K::Const(_) | K::Var(_) => {}
        K::Field(name) => out.push(Source::Field(name)),
        K::Fact(group, place) => out.push(Source::Fact(*group, *place)),
        K::Flag(id, keys) => {
            out.push(Source::Flag(*id));
            keys.iter().for_each(|e| sources(e, out));
        }
        K::Now => out.push(Source::Now),
        K::ActionName => out.push(Source::ActionName),
        K::Principal => out.push(Source::Principal),
        K::Warnings(_) => out.push(Source::Warnings),
        K::SecretsFound(None) | K::SecretsKinds(None) => out.push(Source::Secrets),
        K::SecretsFound(Some(of)) | K::SecretsKinds(Some(of)) => sources(of, out),
        K::Attribute(of, _) | K::RecordField(of, _) | K::MapGet(of, _) => sources(of, out),
        K::Has(of) | K::Not(of) | K::ToDecimal(of) => sources(of, out),
        K::Coalesce(a, b) | K::Compare(_, a, b) | K::Arithmetic(_, a, b) | K::In(a, b) => {
            sources(a, out);
            sources(b, out);
        }
        K::And(all) | K::Or(all) | K::AtLeast(_, all) | K::Call(_, all) | K::SetOf(all) | K::ListOf(all) => {
            all.iter().for_each(|e| sources(e, out));
        }
        K::Quantified { over, filter, body, .. } => {
            sources(over, out);
            filter.iter().for_each(|e| sources(e, out));
            sources(body, out);
        }
    }
}
