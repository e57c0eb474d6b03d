//! Parts of a decision by themselves, for whoever measures what each of them costs.
//!
//! Nothing here decides anything: a [`UnitWork`] does the work of a unit piece by piece, in the ways that decisions
//! do it. Time is taken by the caller; this crate has no clock.

use super::classify::{classify, one_slot};
use super::decide::context;
use super::frame::{Frame, Out};
use super::inputs::Inputs;
use super::lanes::{LaneScratch, judge};
use super::late::{self, Late};
use super::node::{Node, NodeId, SlotId};
use super::{Body, PieceId, Plan, Run, Unit, UnitId};
use crate::check::typed::TypedPolicy;

/// The work of one unit.
pub struct UnitWork<'p> {
    plan: &'p Plan,
    policy: &'p TypedPolicy,
    unit: UnitId,
    frame: Frame,
    lanes: LaneScratch,
    found: Vec<u32>,
}

/// What a condition is made of, in its own block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Slots that it reads, ascending.
    pub slots: Vec<SlotId>,
    /// Nodes that it needs, ascending; each with how many nodes of loops stand behind it.
    pub nodes: Vec<(NodeId, usize)>,
}

impl<'p> UnitWork<'p> {
    /// Of a unit of a plan of this policy.
    #[must_use]
    pub fn new(plan: &'p Plan, policy: &'p TypedPolicy, unit: UnitId) -> Self {
        Self { plan, policy, unit, frame: Frame::default(), lanes: LaneScratch::default(), found: Vec::new() }
    }

    /// The unit.
    #[must_use]
    pub fn unit(&self) -> &'p Unit {
        self.plan.unit(self.unit)
    }

    /// The word of one slot of the main block; none where it is not known.
    pub fn slot<I: Inputs + ?Sized>(&mut self, slot: SlotId, inputs: &I) -> Option<u64> {
        one_slot(self.unit(), slot, inputs, &context(self.policy), &mut self.frame)
    }

    /// Writes the frame of the main block.
    pub fn frame<I: Inputs + ?Sized>(&self, inputs: &I, frame: &mut Frame) {
        classify(self.unit(), inputs, &context(self.policy), frame);
    }

    /// Judges the main block over a frame; the tier's word where the unit reads no warnings.
    pub fn judge(&self, run: &dyn Run, frame: &Frame, out: &mut Out) -> u64 {
        let unit = self.unit();
        out.clear(unit.rows.len());
        run.first(self.plan, self.unit, frame, out);
        if unit.first < unit.rows.len() {
            run.second(self.plan, self.unit, frame, out);
        }
        out.tier()
    }

    /// Judges the main block as if some slots were late, from a frame that has them: which are asked, and how often
    /// rows are judged.
    pub fn staged(&self, run: &dyn Run, late: &Late, full: &Frame, out: &mut Out) -> (Vec<SlotId>, usize) {
        let block = &self.unit().block;
        let (mut frame, mut asked) = (full.clone(), Vec::new());
        for slot in late.slots() {
            let (word, bit) = block.known(slot);
            frame.words[word] &= !(1 << bit);
            frame.words[block.place(slot)] = 0;
        }
        let judged = late::stages((self.plan, self.unit, late), run, &mut frame, out, |slot, frame| {
            let ((word, bit), place) = (block.known(slot), block.place(slot));
            frame.words[word] |= full.words[word] & 1 << bit;
            frame.words[place] = full.words[place];
            asked.push(slot);
        });
        (asked, judged)
    }

    /// Finds and judges the rows behind lanes; how many pieces had one that was true or erred.
    pub fn lanes<I: Inputs + ?Sized>(&mut self, run: &dyn Run, inputs: &I) -> usize {
        self.lanes.clear();
        judge::judge(self.plan, self.unit, run, inputs, &context(self.policy), &mut self.lanes);
        self.lanes.judged.len()
    }

    /// The pieces that the lanes' indexes give for a request.
    pub fn candidates<I: Inputs + ?Sized>(&mut self, inputs: &I) -> Vec<PieceId> {
        let context = context(self.policy);
        let mut candidates = Vec::new();
        for lane in &self.unit().lanes.lanes {
            self.found.clear();
            lane.find(inputs, &context, &mut self.found);
            candidates.extend(self.found.iter().map(|place| PieceId(*place)));
        }
        candidates
    }
}

impl Parts {
    /// Of a condition of a block with its loops.
    #[must_use]
    pub fn of(body: Body<'_>, condition: NodeId) -> Self {
        let mut seen = vec![false; body.block.nodes.len()];
        let mut parts = Self::default();
        let mut open = vec![condition];
        while let Some(id) = open.pop() {
            let (Some(seen), Some(node)) = (seen.get_mut(id.0 as usize), body.block.nodes.get(id.0 as usize)) else {
                continue;
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            let mut behind = 0;
            match node {
                Node::Load(slot) | Node::Truth(slot) => parts.slots.push(*slot),
                Node::Loop(of) => {
                    if let Some(of) = body.loops.get(of.0 as usize) {
                        parts.slots.push(of.records);
                        behind = of.body.nodes.len();
                        open.extend(&of.outer);
                    }
                }
                Node::Const(_)
                | Node::Arithmetic(..)
                | Node::Select(..)
                | Node::AsWord(_)
                | Node::Outer(_)
                | Node::Always(_)
                | Node::IsTrue(_)
                | Node::Compare(..)
                | Node::InSet(..)
                | Node::Not(_)
                | Node::And(_)
                | Node::Or(_)
                | Node::AtLeast(..)
                | Node::Warnings(_) => {}
            }
            parts.nodes.push((id, behind));
            node.operands(|operand| open.push(operand));
        }
        parts.slots.sort_unstable();
        parts.slots.dedup();
        parts.nodes.sort_unstable();
        parts
    }
}
