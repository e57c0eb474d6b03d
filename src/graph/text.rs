//! The graph as text: one line a node, operands by number.

use std::fmt;

use super::{About, DecisionGraph, Edge, Effect, Node, Part, Row, Source, draw, label};
use crate::check::typed::{FactGroup, TypedPolicy};

impl fmt::Display for DecisionGraph<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, part) in self.parts.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write_part(f, self.policy, part)?;
        }
        Ok(())
    }
}

fn write_part(f: &mut fmt::Formatter<'_>, policy: &TypedPolicy, part: &Part<'_>) -> fmt::Result {
    match part.about {
        About::Action(id) => writeln!(f, "action {}", policy.action_def(id).name)?,
        About::Undeclared(patterns) => writeln!(f, "undeclared {}", draw::patterns(patterns))?,
    }
    for node in part.dag.node_indices() {
        let operands = || part.operands(node).iter().map(|n| format!("%{}", n.index())).collect::<Vec<_>>().join(" ");
        let number = node.index();
        match &part.dag[node] {
            Node::Source(source) => writeln!(f, "  %{number} = read {}", source_name(policy, source))?,
            Node::Atom(expr, _) => writeln!(f, "  %{number} = ask {}", label::expr(policy, expr))?,
            Node::Truth(b) => writeln!(f, "  %{number} = {b}")?,
            Node::Not => writeln!(f, "  %{number} = not {}", operands())?,
            Node::And => writeln!(f, "  %{number} = and {}", operands())?,
            Node::Or => writeln!(f, "  %{number} = or {}", operands())?,
            Node::AtLeast(n) => writeln!(f, "  %{number} = at least {n} of {}", operands())?,
            Node::Item(_) | Node::Default | Node::Tier(_) => {}
        }
    }
    for row in &part.rows {
        writeln!(f, "  {}", row_text(policy, row))?;
    }
    writeln!(f, "  default {}", policy.settings.default_tier)
}

fn row_text(policy: &TypedPolicy, row: &Row) -> String {
    let item = policy.item(row.item);
    let does = match row.effect {
        Effect::Rule { tier } => tier.to_string(),
        Effect::Floor { tier, erred, reads_warnings } => {
            let unclear = if erred == tier { String::new() } else { format!(", if unclear {erred}") };
            format!("{tier}{unclear}{}", if reads_warnings { ", last" } else { "" })
        }
        Effect::Relax { from, to, of } => {
            let only = of.map_or_else(String::new, |of| format!(" of {}", policy.item(of).name));
            format!("{from} to {to}{only}")
        }
        Effect::Exception { of } => format!("silences {}", policy.item(of).name),
        Effect::Approval { fallback } => if fallback { "covers what no other covers" } else { "covers" }.to_string(),
    };
    let when = row.condition.index();
    format!("{} {} #{}: {does} when %{when}", item.kind.keyword(), item.name, row.branch)
}

/// A source as an author writes it.
pub(super) fn source_name(policy: &TypedPolicy, source: &Source<'_>) -> String {
    match source {
        Source::Field(name) => name.to_string(),
        Source::Fact(group, place) => {
            let field = policy.facts.group(*group).get(*place as usize).map_or("?", |f| &f.name);
            match (group, field.rsplit_once('.')) {
                (FactGroup::State, Some((item, part))) => format!("{}.{part}", label::short(item)),
                (_, _) => format!("{}.{field}", group.name()),
            }
        }
        Source::Flag(id) => {
            format!("flag.{}", policy.flags.get(id.0 as usize).map_or("?", |f| label::short(&f.name)))
        }
        Source::Now => "now".into(),
        Source::ActionName => "action".into(),
        Source::Principal => "agent.id".into(),
        Source::Warnings => "warnings".into(),
        Source::Secrets => "all parameters and claims".into(),
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reads => "reads",
            Self::Operand(_) => "operand",
            Self::Asks(_) => "asks",
            Self::Brings => "brings",
            Self::Relaxes => "relaxes",
            Self::Silences => "silences",
        })
    }
}
