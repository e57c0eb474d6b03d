//! A picture as a Mermaid diagram, for Markdown.

use std::fmt::Write as _;

use super::{Look, Picture};
use crate::decision::Tier;

/// Writes a picture.
#[must_use]
pub(super) fn write(picture: &Picture) -> String {
    let mut out = format!("---\ntitle: {}\n---\nflowchart LR\n", quoted(&picture.title));
    for (place, shape) in picture.boxes.iter().enumerate() {
        let text = quoted(&shape.text.join("\u{1}")).replace('\u{1}', "<br/>");
        let (open, close) = match shape.look {
            Look::Logic | Look::Tier(_) => ("([", "])"),
            Look::Source | Look::Atom | Look::Item(..) | Look::Default | Look::Heading => ("[", "]"),
        };
        let class = match shape.look {
            Look::Item(_, Some(tier)) | Look::Tier(tier) => format!(":::{tier}"),
            Look::Source | Look::Atom | Look::Logic | Look::Item(_, None) | Look::Default | Look::Heading => {
                String::new()
            }
        };
        let _ = writeln!(out, "  n{place}{open}{text}{close}{class}");
    }
    for line in &picture.lines {
        let arrow = if line.dashed { "-.->" } else { "-->" };
        let _ = writeln!(out, "  n{} {arrow} n{}", line.from, line.to);
    }
    for tier in Tier::ALL {
        let (stroke, fill) = match tier {
            Tier::Green => ("#1a7f37", "#dafbe1"),
            Tier::Yellow => ("#bf8700", "#fff8c5"),
            Tier::Red => ("#cf222e", "#ffebe9"),
            Tier::Black => ("#1b1f24", "#d0d7de"),
        };
        let _ = writeln!(out, "  classDef {tier} stroke:{stroke},fill:{fill},color:#1b1f24");
    }
    out
}

/// Text in quotes; marks of Mermaid and HTML are written by number.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '<' | '>' | '&' | '#' | '`' | ';' | '\\' => {
                let _ = write!(out, "#{};", c as u32);
            }
            '\u{1}' => out.push(c),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
