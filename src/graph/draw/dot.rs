//! A picture in the language of Graphviz.

use std::fmt::Write as _;

use super::{Look, Picture};
use crate::decision::Tier;

/// Writes a picture.
#[must_use]
pub(super) fn write(picture: &Picture) -> String {
    let mut out = String::from("digraph policy {\n  rankdir=LR;\n  node [fontname=\"monospace\", fontsize=11];\n");
    let _ = writeln!(out, "  label={}; labelloc=t;", quoted(&format!("{}\n{}", picture.title, picture.subtitle)));
    for (place, shape) in picture.boxes.iter().enumerate() {
        let (form, colour) = match shape.look {
            Look::Source => ("box", "gray50"),
            Look::Atom => ("box", "steelblue"),
            Look::Logic => ("oval", "gray50"),
            Look::Default | Look::Heading => ("box", "gray30"),
            Look::Item(_, tier) => ("box", tier.map_or("gray30", colour)),
            Look::Tier(tier) => ("doublecircle", colour(tier)),
        };
        let label = quoted(&shape.text.join("\n"));
        let tooltip = quoted(shape.tooltip.trim());
        let _ = writeln!(out, "  n{place} [label={label}, tooltip={tooltip}, shape={form}, color={colour}];");
    }
    for line in &picture.lines {
        let style = if line.dashed { "dashed" } else { "solid" };
        let colour = line.tier.map_or("gray50", colour);
        let _ = writeln!(out, "  n{} -> n{} [style={style}, color={colour}];", line.from, line.to);
    }
    out.push_str("}\n");
    out
}

fn colour(tier: Tier) -> &'static str {
    match tier {
        Tier::Green => "forestgreen",
        Tier::Yellow => "goldenrod",
        Tier::Red => "firebrick",
        Tier::Black => "black",
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
