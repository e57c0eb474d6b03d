//! Drawings of the graph that people read from left to right: what comes in, what is asked of it, items, tiers.
//!
//! A [`Picture`] is boxes in columns and lines between them; it knows nothing of a format. [`svg`], [`dot`] and
//! [`mermaid`] write it down. One action shows its conditions; a whole policy shows which actions meet which
//! items, and folds itself where it would have more than [`MOST_NODES`] boxes.

mod action;
mod dot;
mod layout;
mod mermaid;
mod svg;
mod whole;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::key::Fingerprint;
use super::{About, DecisionGraph};
use crate::check::typed::{ItemKind, NamePatterns};
use crate::decision::{ItemId, Tier};

/// More boxes than this are folded.
pub const MOST_NODES: usize = 200;
/// Where a line of text in a box is broken, in characters.
const LINE: usize = 44;
/// Most lines of a box.
const LINES: usize = 5;

/// Boxes in columns and lines between them.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What it shows.
    pub title: String,
    /// What is worth knowing besides.
    pub subtitle: String,
    /// Boxes.
    pub boxes: Vec<Shape>,
    /// Lines.
    pub lines: Vec<Line>,
}

/// A box.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The column.
    pub column: usize,
    /// What stands in it.
    pub text: Vec<String>,
    /// What is shown when the pointer rests on it.
    pub tooltip: String,
    /// How it looks.
    pub look: Look,
    /// Boxes of one group stand together under its name.
    pub group: Option<String>,
    /// What it costs in a decision, in nanoseconds, where that was measured.
    pub cost: Option<f64>,
}

/// What was measured of an action, to colour its picture by.
#[derive(Clone, Debug, Default)]
pub struct Costs {
    /// Nanoseconds of items.
    pub items: BTreeMap<ItemId, f64>,
    /// Nanoseconds of what the plan reads or asks, by the expression that it stands for.
    pub slots: BTreeMap<Fingerprint, f64>,
}

/// How a box looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Something that comes in.
    Source,
    /// A question.
    Atom,
    /// `all of`, `any of`, `not`.
    Logic,
    /// An item that brings a tier, lowers or silences.
    Item(ItemKind, Option<Tier>),
    /// A tier.
    Tier(Tier),
    /// The default.
    Default,
    /// The name of a group.
    Heading,
}

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// From this box.
    pub from: usize,
    /// To this one.
    pub to: usize,
    /// Whether it lowers or silences.
    pub dashed: bool,
    /// The tier that it brings.
    pub tier: Option<Tier>,
}

/// The picture of a graph: of its one action where it has no other part, else of the whole policy.
#[must_use]
pub fn picture(graph: &DecisionGraph<'_>) -> Picture {
    match graph.parts.as_slice() {
        [part] => match part.about {
            About::Action(id) => action::picture(graph.policy, part, id),
            About::Undeclared(_) => whole::picture(graph),
        },
        _ => whole::picture(graph),
    }
}

/// The graph as SVG.
#[must_use]
pub fn svg(graph: &DecisionGraph<'_>) -> String {
    svg::write(&picture(graph))
}

/// The graph of one action as SVG, its questions and items coloured by what they cost. A graph of several parts
/// is drawn without colours.
#[must_use]
pub fn svg_by_cost(graph: &DecisionGraph<'_>, costs: &Costs) -> String {
    let mut picture = picture(graph);
    if let [part] = graph.parts.as_slice()
        && matches!(part.about, About::Action(_))
    {
        action::weigh(part, costs, &mut picture);
    }
    svg::write(&picture)
}

/// The graph in the language of Graphviz.
#[must_use]
pub fn dot(graph: &DecisionGraph<'_>) -> String {
    dot::write(&picture(graph))
}

/// The graph as a Mermaid diagram.
#[must_use]
pub fn mermaid(graph: &DecisionGraph<'_>) -> String {
    mermaid::write(&picture(graph))
}

/// A list of patterns as an author writes it.
#[must_use]
pub fn patterns(list: &NamePatterns) -> String {
    let mut text = String::from(if list.any { "any action" } else { "" });
    for (subtracts, pattern) in &list.parts {
        match (text.is_empty(), subtracts) {
            (true, _) => {}
            (false, true) => text.push_str(" except "),
            (false, false) => text.push_str(", "),
        }
        text.push_str(pattern);
    }
    text
}

/// Text broken into short lines at spaces, cut where it is too much.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let pieces: Vec<char> = word.chars().collect();
        for piece in pieces.chunks(LINE) {
            let piece: String = piece.iter().collect();
            let last = lines.last_mut().map_or(0, |l| columns(l));
            if last > 0 && last + 1 + columns(&piece) > LINE {
                lines.push(piece);
            } else if let Some(line) = lines.last_mut() {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(&piece);
            }
        }
    }
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            last.push_str(" …");
        }
    }
    lines
}

/// How many columns of a fixed font a text takes; what is not known to be narrow counts as wide.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if (c as u32) < 0x1100 || ('\u{2000}'..='\u{2bff}').contains(&c) { 1 } else { 2 }).sum()
}
