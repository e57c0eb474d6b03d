//! Pieces of one shape share a function: what differs between them is constants, which it reads from a table.
//!
//! Thousands of rules written after one pattern differ in a name and a number. The name became the index of
//! their lane; the number is an entry of the table. So compiling does not grow with such rules.

use std::sync::Arc;

use crate::check::typed::{QuantifierKind, VarId};
use crate::plan::{Block, Body, Node, NodeId, SlotId};

/// Larger sets stay in the code: a window test beats many comparisons.
const SMALL_SET: usize = 8;

/// What makes pieces have one function.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Shape {
    slots: usize,
    /// Constants are places in the table; a small set is the place of its first element and their number.
    nodes: Vec<Node>,
    conditions: Vec<NodeId>,
    loops: Vec<LoopShape>,
}

/// A loop as far as the code depends on it.
#[derive(PartialEq, Eq, Hash)]
struct LoopShape {
    quantifier: QuantifierKind,
    variable: VarId,
    records: SlotId,
    slots: usize,
    nodes: Vec<Node>,
    filter: Option<NodeId>,
    asked: NodeId,
    outer: Vec<NodeId>,
}

impl Shape {
    /// The shape of a piece, and its constants, which are added to the table.
    pub(super) fn of(piece: Body<'_>, table: &mut Vec<i64>) -> Self {
        let from = table.len();
        let nodes = piece.block.nodes.iter().map(|node| with_places(node, from, table)).collect();
        let loops = piece.loops.iter().map(|one| LoopShape {
            quantifier: one.quantifier,
            variable: one.variable,
            records: one.records,
            slots: one.body.slots.len(),
            nodes: one.body.nodes.clone(),
            filter: one.filter,
            asked: one.asked,
            outer: one.outer.clone(),
        });
        Self {
            slots: piece.block.slots.len(),
            nodes,
            conditions: piece.rows.iter().map(|row| row.condition).collect(),
            loops: loops.collect(),
        }
    }

    /// The block of a piece with places instead of constants.
    pub(super) fn block(&self, piece: Body<'_>) -> Block {
        Block { slots: piece.block.slots.clone(), nodes: self.nodes.clone() }
    }
}

fn with_places(node: &Node, from: usize, table: &mut Vec<i64>) -> Node {
    let next = (table.len() - from) as i64;
    match node {
        Node::Const(word) => {
            table.push(*word);
            Node::Const(next)
        }
        Node::InSet(of, set) if set.len() <= SMALL_SET => {
            table.extend_from_slice(set);
            Node::InSet(*of, Arc::from([next, set.len() as i64]))
        }
        Node::Load(_)
        | Node::Arithmetic(..)
        | Node::Select(..)
        | Node::AsWord(_)
        | Node::Outer(_)
        | Node::Truth(_)
        | Node::Always(_)
        | Node::IsTrue(_)
        | Node::Compare(..)
        | Node::InSet(..)
        | Node::Not(_)
        | Node::And(_)
        | Node::Or(_)
        | Node::AtLeast(..)
        | Node::Loop(_)
        | Node::Warnings(_) => node.clone(),
    }
}

/// The small set that a node of a shape stands for: the place of its first element, and how many there are.
pub(super) fn small_set(set: &[i64]) -> Option<(usize, usize)> {
    match set {
        [first, count] => Some((usize::try_from(*first).ok()?, usize::try_from(*count).ok()?)),
        _ => None,
    }
}
