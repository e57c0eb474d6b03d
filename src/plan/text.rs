//! The plan as text: slots, nodes, rows, and how rows become a tier.

use std::fmt;

use super::frame::{Block, Encoding};
use super::node::{Loop, Node, NodeId};
use super::{Lane, Plan, PlanRow, Unit};
use crate::check::typed::{Arithmetic, Comparison};
use crate::decision::Tier;
use crate::graph::Effect;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "default {}", self.default)?;
        for unit in &self.units {
            writeln!(f)?;
            unit.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.action.is_some() { "action" } else { "undeclared" };
        writeln!(f, "{kind} {}", self.title)?;
        write_block(f, &self.block, "  ")?;
        write_loops(f, &self.loops, "  ")?;
        for (place, row) in self.rows.iter().enumerate() {
            if place == self.first {
                writeln!(f, "  then")?;
            }
            write_row(f, place, row, "  ")?;
        }
        self.write_combine(f)?;
        if !self.late.is_empty() {
            let late: Vec<String> = self.late.slots().map(|slot| format!("s{}", slot.0)).collect();
            writeln!(f, "  late {}", late.join(", then "))?;
        }
        self.lanes.lanes.iter().try_for_each(|lane| self.write_lane(f, lane))
    }
}

impl Unit {
    fn write_combine(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for silence in &self.combine.silences {
            writeln!(f, "  row {} clears {}", silence.exception, rows(&silence.rows.0))?;
        }
        for group in &self.combine.groups {
            write!(f, "  {} from {}", group.tier, rows(&group.rows.0))?;
            for (row, to) in &group.relaxes {
                write!(f, ", {to} where row {row}")?;
            }
            writeln!(f)?;
        }
        for tier in Tier::ALL.into_iter().rev() {
            let (held, erred) = (&self.combine.floors_held[tier as usize], &self.combine.floors_erred[tier as usize]);
            if !held.is_empty() || !erred.is_empty() {
                writeln!(f, "  floor {tier} from {} or errors of {}", rows(&held.0), rows(&erred.0))?;
            }
        }
        writeln!(f, "  default {}", self.combine.default)
    }
}

impl Unit {
    fn write_lane(&self, f: &mut fmt::Formatter<'_>, lane: &Lane) -> fmt::Result {
        writeln!(f, "  lane {}", lane.label)?;
        for piece in lane.pieces().map(|id| self.lanes.piece(id)) {
            writeln!(f, "    piece {}", piece.need_text())?;
            write_block(f, &piece.block, "      ")?;
            write_loops(f, &piece.loops, "      ")?;
            for (place, row) in piece.rows.iter().enumerate() {
                write_row(f, place, row, "      ")?;
            }
        }
        Ok(())
    }
}

fn write_loops(f: &mut fmt::Formatter<'_>, loops: &[Loop], indent: &str) -> fmt::Result {
    for (place, one) in loops.iter().enumerate() {
        let word = format!("{:?}", one.quantifier).to_lowercase();
        writeln!(f, "{indent}loop {place}: {word} over s{} {{", one.records.0)?;
        write_block(f, &one.body, &format!("{indent}  "))?;
        if let Some(filter) = one.filter {
            writeln!(f, "{indent}  where {}", name(filter))?;
        }
        writeln!(f, "{indent}  asks {}\n{indent}}}", name(one.asked))?;
    }
    Ok(())
}

fn write_row(f: &mut fmt::Formatter<'_>, place: usize, row: &PlanRow, indent: &str) -> fmt::Result {
    write!(f, "{indent}row {place}: item {} #{} ", row.item.0, row.branch)?;
    writeln!(f, "{} when {}", effect(&row.effect), name(row.condition))
}

fn write_block(f: &mut fmt::Formatter<'_>, block: &Block, indent: &str) -> fmt::Result {
    for (place, slot) in block.slots.iter().enumerate() {
        let kind = match &slot.encoding {
            Encoding::Word => "word".to_string(),
            Encoding::Truth => "truth".to_string(),
            Encoding::Presence => "there".to_string(),
            Encoding::Records(id) => format!("records of loop {}", id.0),
            Encoding::Symbol(table) => {
                let mut texts: Vec<(i64, &str)> = table.iter().map(|(text, id)| (*id, &**text)).collect();
                texts.sort_unstable();
                let shown: Vec<_> = texts.iter().map(|(id, text)| format!("{id} {text:?}")).collect();
                format!("symbol [{}]", shown.join(", "))
            }
        };
        writeln!(f, "{indent}s{place} = {kind}: {}", slot.label)?;
    }
    for (place, node) in block.nodes.iter().enumerate() {
        writeln!(f, "{indent}n{place} = {}", node_text(node))?;
    }
    Ok(())
}

fn name(node: NodeId) -> String {
    format!("n{}", node.0)
}

fn names(nodes: &[NodeId]) -> String {
    nodes.iter().map(|n| name(*n)).collect::<Vec<_>>().join(" ")
}

fn node_text(node: &Node) -> String {
    match node {
        Node::Load(slot) => format!("load s{}", slot.0),
        Node::Const(word) => format!("const {word}"),
        Node::Arithmetic(how, a, b) => {
            let word = match how {
                Arithmetic::Add => "add",
                Arithmetic::Subtract => "sub",
                Arithmetic::Multiply => "mul",
            };
            format!("{word} {} {}", name(*a), name(*b))
        }
        Node::Select(which, a, b) => format!("select {} {} {}", name(*which), name(*a), name(*b)),
        Node::AsWord(a) => format!("word {}", name(*a)),
        Node::Outer(a) => format!("outer {}", name(*a)),
        Node::Truth(slot) => format!("truth s{}", slot.0),
        Node::Always(b) => b.to_string(),
        Node::IsTrue(a) => format!("true {}", name(*a)),
        Node::Compare(how, a, b) => {
            let word = match how {
                Comparison::Equal => "eq",
                Comparison::NotEqual => "ne",
                Comparison::Less => "lt",
                Comparison::LessOrEqual => "le",
                Comparison::Greater => "gt",
                Comparison::GreaterOrEqual => "ge",
            };
            format!("{word} {} {}", name(*a), name(*b))
        }
        Node::InSet(a, set) => format!("in {} {set:?}", name(*a)),
        Node::Not(a) => format!("not {}", name(*a)),
        Node::And(all) => format!("and {}", names(all)),
        Node::Or(all) => format!("or {}", names(all)),
        Node::AtLeast(n, all) => format!("atleast {n} {}", names(all)),
        Node::Loop(id) => format!("loop {}", id.0),
        Node::Warnings(n) => format!("warnings {n}"),
    }
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Rule { tier } => format!("rule {tier}"),
        Effect::Floor { tier, erred, .. } if tier == erred => format!("floor {tier}"),
        Effect::Floor { tier, erred, .. } => format!("floor {tier}, erred {erred}"),
        Effect::Relax { from, to, .. } => format!("relax {from} to {to}"),
        Effect::Exception { of } => format!("exception to item {}", of.0),
        Effect::Approval { fallback } => if *fallback { "approval, fallback" } else { "approval" }.to_string(),
    }
}

fn rows(mask: &[u64]) -> String {
    let set = (0..mask.len() * 64).filter(|row| mask[row / 64] >> (row % 64) & 1 == 1);
    format!("{{{}}}", set.map(|row| row.to_string()).collect::<Vec<_>>().join(" "))
}
