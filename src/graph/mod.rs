//! The decision graph: facts -> atoms -> conditions -> items -> tiers, for each action.
//!
//! In comes a [`TypedPolicy`], out comes one [`Part`] for each declared action and one for each distinct
//! list of patterns that reaches names nobody declared. Inside a part, equal conditions are one node.
//! People see it drawn ([`draw`]); the plan is lowered from its rows.
//!
//! INVARIANT: a part is acyclic, and the operands of a node are made before the node.

mod build;
pub mod draw;
pub mod key;
pub mod label;
mod text;
mod visit;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use crate::check::typed::{ActionId, FactGroup, FlagId, NamePatterns, TExpr, TypedPolicy};
use crate::decision::{ItemId, Tier};

pub use build::{build, build_part, build_where, items_of_actions};
pub use key::Key;
pub use visit::{visit, warnings_in};

/// The decision graph of a policy set.
#[derive(Debug)]
pub struct DecisionGraph<'p> {
    /// The policy that it was built from.
    pub policy: &'p TypedPolicy,
    /// Declared actions in their order, then lists of patterns over undeclared names.
    pub parts: Vec<Part<'p>>,
}

/// The graph of one action, or of the undeclared names that one list of patterns matches.
#[derive(Debug)]
pub struct Part<'p> {
    /// What it is about.
    pub about: About<'p>,
    /// Its nodes.
    pub dag: DiGraph<Node<'p>, Edge>,
    /// Each condition that an item asks here, items in canonical order, branches in text order.
    pub rows: Vec<Row>,
}

/// What a part is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'p> {
    /// A declared action.
    Action(ActionId),
    /// Undeclared names.
    Undeclared(&'p NamePatterns),
}

/// A node.
#[derive(Clone, Debug)]
pub enum Node<'p> {
    /// Something that comes with the request or the snapshot.
    Source(Source<'p>),
    /// A question that is not made of others.
    Atom(&'p TExpr, Key),
    /// Always this.
    Truth(bool),
    /// Not its operand.
    Not,
    /// All operands.
    And,
    /// One operand.
    Or,
    /// At least so many operands.
    AtLeast(u32),
    /// An item.
    Item(ItemId),
    /// The default tier.
    Default,
    /// A tier.
    Tier(Tier),
}

/// What an atom reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source<'p> {
    /// A field of the action.
    Field(&'p Arc<str>),
    /// A fact, by its place in the group.
    Fact(FactGroup, u32),
    /// A flag.
    Flag(FlagId),
    /// The time.
    Now,
    /// The action's name.
    ActionName,
    /// The principal.
    Principal,
    /// How many floors hold.
    Warnings,
    /// All parameters and claims, scanned for secrets.
    Secrets,
}

/// An edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// From a source to an atom.
    Reads,
    /// From an operand to the condition, in text order.
    Operand(u32),
    /// From a condition to the item that asks it, by the place of the row.
    Asks(u32),
    /// From an item to a tier that it can bring.
    Brings,
    /// From a relax to a rule that it can lower.
    Relaxes,
    /// From an exception to the floor that it silences.
    Silences,
}

/// A condition with what it does where it is true or errs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The item.
    pub item: ItemId,
    /// The place of the branch in the item's text order.
    pub branch: u32,
    /// The condition.
    pub condition: NodeIndex,
    /// What it does.
    pub effect: Effect,
}

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Brings a tier that may be relaxed.
    Rule {
        /// The tier.
        tier: Tier,
    },
    /// Brings a tier that nothing relaxes.
    Floor {
        /// Where it is true.
        tier: Tier,
        /// Where it errs.
        erred: Tier,
        /// Whether it is judged after the others.
        reads_warnings: bool,
    },
    /// Lowers rules.
    Relax {
        /// The highest tier that it lowers.
        from: Tier,
        /// What they count as.
        to: Tier,
        /// The only rule that it touches.
        of: Option<ItemId>,
    },
    /// Silences a floor.
    Exception {
        /// The floor.
        of: ItemId,
    },
    /// Covers a red result.
    Approval {
        /// Whether it is used only where no other covers.
        fallback: bool,
    },
}

impl Part<'_> {
    /// The operands of a condition in their order.
    #[must_use]
    pub fn operands(&self, node: NodeIndex) -> Vec<NodeIndex> {
        let mut found: Vec<(u32, NodeIndex)> = self
            .dag
            .edges_directed(node, petgraph::Direction::Incoming)
            .filter_map(|edge| match edge.weight() {
                Edge::Operand(place) => Some((*place, edge.source())),
                Edge::Reads | Edge::Asks(_) | Edge::Brings | Edge::Relaxes | Edge::Silences => None,
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, node)| node).collect()
    }
}

impl DecisionGraph<'_> {
    /// The part of a declared action.
    #[must_use]
    pub fn action(&self, id: ActionId) -> Option<&Part<'_>> {
        self.parts.get(id.0 as usize)
    }
}

/// Whether a relax can lower a row of a rule.
#[must_use]
pub fn relaxes(policy: &TypedPolicy, relax: ItemId, from: Tier, to: Tier, of: Option<ItemId>, row: &Row) -> bool {
    let Effect::Rule { tier } = row.effect else { return false };
    let meant = match of {
        Some(item) => item == row.item,
        None => policy.item(relax).package == policy.item(row.item).package,
    };
    // Black is never relaxed, whatever a relax says.
    meant && to < tier && tier <= from && tier < Tier::Black
}
