//! Nodes of a plan: words and truths, nothing else.
//!
//! A **word** is a signed 64-bit number that is known or not. A **truth** is two bits: true and false;
//! neither is an error, both never occurs. What is true of one evaluator is true of both: the walker and
//! native code read the same nodes from the same frame.

use std::sync::Arc;

use crate::check::typed::{Arithmetic, Comparison, QuantifierKind, VarId};
use crate::graph::key::Fingerprint;

/// A node, by its place; operands come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);
/// A slot of a frame or of a record, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u32);
/// A loop of a unit, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoopId(pub u32);

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// Word: a slot; unknown where its bit in the slots' known bits is clear.
    Load(SlotId),
    /// Word: a constant.
    Const(i64),
    /// Word: checked; unknown where it overflows.
    Arithmetic(Arithmetic, NodeId, NodeId),
    /// Word: the second where the truth is true, the third where it is false, unknown where it errs.
    Select(NodeId, NodeId, NodeId),
    /// Word: a truth as 1 or 0, unknown where it errs.
    AsWord(NodeId),
    /// Word or truth: a node of the enclosing block. Only in the body of a loop.
    Outer(NodeId),
    /// Truth: a slot.
    Truth(SlotId),
    /// Truth: always this.
    Always(bool),
    /// Truth: a word that is not 0.
    IsTrue(NodeId),
    /// Truth: an error where a word is unknown.
    Compare(Comparison, NodeId, NodeId),
    /// Truth: whether the word is one of these, sorted.
    InSet(NodeId, Arc<[i64]>),
    /// Truth.
    Not(NodeId),
    /// Truth.
    And(Arc<[NodeId]>),
    /// Truth.
    Or(Arc<[NodeId]>),
    /// Truth: at least so many.
    AtLeast(u32, Arc<[NodeId]>),
    /// Word (`count`) or truth (`any`, `all`).
    Loop(LoopId),
    /// Truth: at least so many floors warn. Only in rows of the second phase.
    Warnings(u32),
}

impl Node {
    /// The operands in the same block.
    pub fn operands(&self, mut each: impl FnMut(NodeId)) {
        match self {
            Self::Load(_)
            | Self::Const(_)
            | Self::Outer(_)
            | Self::Truth(_)
            | Self::Always(_)
            | Self::Loop(_)
            | Self::Warnings(_) => {}
            Self::AsWord(a) | Self::IsTrue(a) | Self::InSet(a, _) | Self::Not(a) => each(*a),
            Self::Arithmetic(_, a, b) | Self::Compare(_, a, b) => {
                each(*a);
                each(*b);
            }
            Self::Select(a, b, c) => {
                each(*a);
                each(*b);
                each(*c);
            }
            Self::And(all) | Self::Or(all) | Self::AtLeast(_, all) => all.iter().copied().for_each(each),
        }
    }
}

/// A quantifier over records: what its nodes say of each record, and how that adds up.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The expression that it stands for.
    pub of: Fingerprint,
    /// Which.
    pub quantifier: QuantifierKind,
    /// What stands for the element.
    pub variable: VarId,
    /// The slot of the frame that says where the records are and how many.
    pub records: SlotId,
    /// The body's own slots and nodes.
    pub body: super::Block,
    /// Which records are meant.
    pub filter: Option<NodeId>,
    /// What is asked of each.
    pub asked: NodeId,
    /// Nodes of the enclosing block that the body reads.
    pub outer: Vec<NodeId>,
}
