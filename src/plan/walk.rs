//! The walker: a plan's nodes, one after the other.

use super::combine;
use super::frame::{Block, Frame, Out, TIER};
use super::node::{Loop, Node, NodeId, SlotId};
use super::{Body, Plan, Run, Unit, UnitId};
use crate::check::typed::{Arithmetic, Comparison, QuantifierKind};

/// What a node came to: a word that is known or not, or a truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    word: i64,
    /// Of a word: bit 0 is set where it is known. Of a truth: bit 0 is true, bit 1 is false.
    bits: u8,
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const KNOWN: u8 = 1;

impl Cell {
    fn word(word: Option<i64>) -> Self {
        Self { word: word.unwrap_or(0), bits: if word.is_some() { KNOWN } else { 0 } }
    }

    fn truth(truth: Option<bool>) -> Self {
        let bits = match truth {
            Some(true) => TRUE,
            Some(false) => FALSE,
            None => 0,
        };
        Self { word: 0, bits }
    }

    fn as_word(self) -> Option<i64> {
        (self.bits & KNOWN != 0).then_some(self.word)
    }

    fn as_truth(self) -> Option<bool> {
        match self.bits & (TRUE | FALSE) {
            TRUE => Some(true),
            FALSE => Some(false),
            // Neither is an error; both is a broken frame, which is no better.
            _ => None,
        }
    }
}

/// Runs units by walking them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Walker;

impl Run for Walker {
    fn first(&self, plan: &Plan, unit: UnitId, frame: &Frame, out: &mut Out) {
        let unit = plan.unit(unit);
        walk(unit, frame, 0..unit.first, out);
        combine::silence(unit, out);
        if unit.counts_warnings() {
            let count = combine::count_warnings(unit, out);
            out.set_warnings(count);
        }
        out.words[TIER] = combine::tier(unit, out);
    }

    fn second(&self, plan: &Plan, unit: UnitId, frame: &Frame, out: &mut Out) {
        let unit = plan.unit(unit);
        walk(unit, frame, unit.first..unit.rows.len(), out);
        combine::silence(unit, out);
        out.words[TIER] = combine::tier(unit, out);
    }
}

/// Judges some rows.
pub fn walk(unit: &Unit, frame: &Frame, rows: std::ops::Range<usize>, out: &mut Out) {
    let Some(last) = unit.rows[rows.clone()].iter().map(|r| r.condition.0 as usize).max() else { return };
    let mut cells = Vec::with_capacity(last + 1);
    let place = Place {
        loops: &unit.loops,
        words: &frame.words,
        block: &unit.block,
        base: 0,
        outer: &[],
        warnings: out.warnings(),
    };
    for node in &unit.block.nodes[..=last] {
        let cell = place.node(node, &cells);
        cells.push(cell);
    }
    for row in rows {
        let truth = cells[unit.rows[row].condition.0 as usize].as_truth();
        out.set_row(row, truth == Some(true), truth.is_none());
    }
}

/// Nodes of a piece that are judged without asking for memory.
const FEW: usize = 64;

/// Judges the rows of a piece: a bit for each that is true, and for each that erred.
#[must_use]
pub fn judge_piece(piece: Body<'_>, frame: &Frame) -> (u64, u64) {
    let place = Place { loops: piece.loops, words: &frame.words, block: piece.block, base: 0, outer: &[], warnings: 0 };
    let (mut few, mut many) = ([Cell::default(); FEW], Vec::new());
    let cells = match few.get_mut(..piece.block.nodes.len()) {
        Some(cells) => cells,
        None => {
            many.resize(piece.block.nodes.len(), Cell::default());
            &mut many[..]
        }
    };
    for (at, node) in piece.block.nodes.iter().enumerate() {
        cells[at] = place.node(node, cells);
    }
    let (mut held, mut erred) = (0, 0);
    for (bit, row) in piece.rows.iter().enumerate() {
        let truth = cells[row.condition.0 as usize].as_truth();
        held |= u64::from(truth == Some(true)) << bit;
        erred |= u64::from(truth.is_none()) << bit;
    }
    (held, erred)
}

/// Where nodes read: the head of a frame, or one record of a loop.
struct Place<'a> {
    loops: &'a [Loop],
    words: &'a [u64],
    block: &'a Block,
    base: usize,
    outer: &'a [Cell],
    warnings: u64,
}

impl Place<'_> {
    fn slot(&self, slot: SlotId) -> u64 {
        self.words.get(self.base + self.block.place(slot)).copied().unwrap_or(0)
    }

    fn known(&self, slot: SlotId) -> bool {
        let (word, bit) = self.block.known(slot);
        self.words.get(self.base + word).is_some_and(|w| w >> bit & 1 == 1)
    }

    fn node(&self, node: &Node, cells: &[Cell]) -> Cell {
        let word = |id: &NodeId| cells[id.0 as usize].as_word();
        let truth = |id: &NodeId| cells[id.0 as usize].as_truth();
        match node {
            Node::Load(slot) => Cell::word(self.known(*slot).then(|| self.slot(*slot) as i64)),
            Node::Const(word) => Cell::word(Some(*word)),
            Node::Arithmetic(how, a, b) => Cell::word(word(a).zip(word(b)).and_then(|(a, b)| calculate(*how, a, b))),
            Node::Select(which, a, b) => {
                Cell::word(truth(which).and_then(|first| if first { word(a) } else { word(b) }))
            }
            Node::AsWord(a) => Cell::word(truth(a).map(i64::from)),
            Node::Outer(id) => self.outer[id.0 as usize],
            Node::Truth(slot) => Cell { word: 0, bits: (self.slot(*slot) & 3) as u8 },
            Node::Always(b) => Cell::truth(Some(*b)),
            Node::IsTrue(a) => Cell::truth(word(a).map(|w| w != 0)),
            Node::Compare(how, a, b) => Cell::truth(word(a).zip(word(b)).map(|(a, b)| compare(*how, a, b))),
            Node::InSet(a, set) => Cell::truth(word(a).map(|a| set.binary_search(&a).is_ok())),
            Node::Not(a) => Cell::truth(truth(a).map(|b| !b)),
            Node::And(all) => Cell::truth(joined(all.iter().map(truth), false)),
            Node::Or(all) => Cell::truth(joined(all.iter().map(truth), true)),
            Node::AtLeast(n, all) => {
                let held = all.iter().filter(|id| truth(id) == Some(true)).count();
                let possible = all.iter().filter(|id| truth(id) != Some(false)).count();
                let n = *n as usize;
                Cell::truth(if held >= n { Some(true) } else { (possible < n).then_some(false) })
            }
            Node::Loop(id) => self.loops.get(id.0 as usize).map_or(Cell::default(), |l| self.repeat(l, cells)),
            Node::Warnings(n) => Cell::truth(Some(self.warnings >= u64::from(*n))),
        }
    }

    fn repeat(&self, of: &Loop, outer: &[Cell]) -> Cell {
        if !self.known(of.records) {
            return Cell::default();
        }
        let records = self.slot(of.records);
        let (start, count) = ((records >> 32) as usize, records & 0xffff_ffff);
        let stride = of.body.words();
        let (mut any_true, mut any_error, mut held) = (false, false, 0);
        let mut cells = Vec::with_capacity(of.body.nodes.len());
        for record in 0..count as usize {
            let place = Place { block: &of.body, base: start + record * stride, outer, ..*self };
            cells.clear();
            for node in &of.body.nodes {
                let cell = place.node(node, &cells);
                cells.push(cell);
            }
            let filter = of.filter.map_or(Some(true), |id| cells[id.0 as usize].as_truth());
            let asked = cells[of.asked.0 as usize].as_truth();
            let asked = if of.quantifier == QuantifierKind::All { asked.map(|b| !b) } else { asked };
            match joined([filter, asked].into_iter(), false) {
                Some(true) => {
                    any_true = true;
                    held += 1;
                }
                Some(false) => {}
                None => any_error = true,
            }
        }
        let found = if any_true { Some(true) } else { (!any_error).then_some(false) };
        match of.quantifier {
            QuantifierKind::Any => Cell::truth(found),
            QuantifierKind::All => Cell::truth(found.map(|b| !b)),
            QuantifierKind::Count => Cell::word((!any_error).then_some(held)),
        }
    }
}

fn calculate(how: Arithmetic, a: i64, b: i64) -> Option<i64> {
    match how {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
    }
}

fn compare(how: Comparison, a: i64, b: i64) -> bool {
    match how {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
    }
}

/// `or` (`strong` true) or `and` (`strong` false) of truths.
fn joined(truths: impl Iterator<Item = Option<bool>>, strong: bool) -> Option<bool> {
    let mut erred = false;
    for truth in truths {
        match truth {
            Some(b) if b == strong => return Some(strong),
            Some(_) => {}
            None => erred = true,
        }
    }
    (!erred).then_some(!strong)
}
