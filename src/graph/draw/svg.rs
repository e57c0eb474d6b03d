//! A picture as SVG: one file, no script, no font of its own, light background.

use std::fmt::Write as _;

use super::layout::{CHARACTER, Layout, Spot, TEXT_LINE, layout};
use super::{Line, Look, Picture, Shape, columns};
use crate::check::typed::ItemKind;
use crate::decision::Tier;

const MARGIN: f64 = 24.0;
const HEAD: f64 = 62.0;
const FOOT: f64 = 46.0;
/// The height of the legend of costs.
const HEAT: f64 = 24.0;

/// Writes a picture.
#[must_use]
pub(super) fn write(picture: &Picture) -> String {
    let placed = layout(picture);
    let title_width = columns(&picture.title).max(columns(&picture.subtitle)) as f64 * 9.0;
    let width = f64::max(placed.width, f64::max(title_width, legend_width())) + 2.0 * MARGIN;
    let dearest = picture.boxes.iter().filter_map(|shape| shape.cost).reduce(f64::max);
    let heat = if dearest.is_some() { HEAT } else { 0.0 };
    let height = placed.height + HEAD + FOOT + heat + MARGIN;
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"12\">\n\
         <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"32\" font-size=\"17\" font-weight=\"bold\" fill=\"#1b1f24\">{title}</text>\n\
         <text x=\"{MARGIN}\" y=\"51\" fill=\"#57606a\">{subtitle}</text>\n",
        title = escape(&picture.title),
        subtitle = escape(&picture.subtitle),
    );
    let _ = writeln!(out, "<g transform=\"translate({MARGIN} {})\">", HEAD + 8.0);
    for (line, path) in picture.lines.iter().zip(&placed.paths) {
        draw_line(&mut out, picture, line, path, &placed);
    }
    for spot in &placed.spots {
        draw_spot(&mut out, picture, spot, dearest);
    }
    out.push_str("</g>\n");
    legend(&mut out, height - heat - FOOT / 2.0);
    if let Some(dearest) = dearest {
        legend_of_costs(&mut out, height - FOOT / 2.0, dearest);
    }
    out.push_str("</svg>\n");
    out
}

fn draw_line(out: &mut String, picture: &Picture, line: &Line, path: &[usize], placed: &Layout) {
    let colour = match (line.tier, line.dashed) {
        (Some(tier), _) => colours(tier).0,
        (None, true) => "#57606a",
        (None, false) => "#afb8c1",
    };
    let dash = if line.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
    let mut d = String::new();
    for (step, pair) in path.windows(2).enumerate() {
        let (a, b) = (&placed.spots[pair[0]], &placed.spots[pair[1]]);
        let from = if a.shape.is_some() { a.x + a.width } else { a.x + column_width(placed, a) };
        let (to, y1, y2) = (b.x, a.middle(), b.middle());
        if step == 0 {
            let _ = write!(d, "M{from:.1} {y1:.1}");
        }
        // Straight to the edge of the column, then a curve through the gap between columns.
        let edge = a.x + column_width(placed, a);
        let bow = (to - edge) / 2.0;
        let _ = write!(d, " H{edge:.1} C{:.1} {y1:.1} {:.1} {y2:.1} {to:.1} {y2:.1}", edge + bow, to - bow);
        if b.shape.is_none() {
            let _ = write!(d, " H{:.1}", b.x + column_width(placed, b));
        }
    }
    let tip = format!("{} → {}", picture.boxes[line.from].text.join(" "), picture.boxes[line.to].text.join(" "));
    let _ = writeln!(
        out,
        "<path d=\"{d}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\"{dash}><title>{}</title></path>",
        escape(&tip)
    );
}

fn column_width(placed: &Layout, spot: &Spot) -> f64 {
    placed.columns.iter().find(|(x, _)| (*x - spot.x).abs() < 0.5).map_or(spot.width, |(_, width)| *width)
}

fn draw_spot(out: &mut String, picture: &Picture, spot: &Spot, dearest: Option<f64>) {
    if let Some(heading) = &spot.heading {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-weight=\"bold\" fill=\"#57606a\">{}</text>",
            spot.x,
            spot.y + 13.0,
            escape(heading)
        );
    }
    let Some(shape) = spot.shape.map(|at| &picture.boxes[at]) else { return };
    let (stroke, plain, ink) = look(shape.look);
    let fill = match (shape.cost, dearest) {
        (Some(cost), Some(dearest)) => heat(cost, dearest),
        (_, _) => plain.to_owned(),
    };
    let radius = match shape.look {
        Look::Logic => spot.height / 2.0,
        Look::Source => 2.0,
        Look::Atom | Look::Item(..) | Look::Tier(_) | Look::Default | Look::Heading => 6.0,
    };
    let dash = match shape.look {
        Look::Item(ItemKind::Relax | ItemKind::Exception, _) => " stroke-dasharray=\"5 4\"",
        Look::Source | Look::Atom | Look::Logic | Look::Item(..) | Look::Tier(_) | Look::Default | Look::Heading => "",
    };
    let _ = writeln!(
        out,
        "<g><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius:.1}\" \
         fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1.3\"{dash}/>",
        escape(shape.tooltip.trim()),
        spot.x,
        spot.y,
        spot.width,
        spot.height
    );
    text(out, shape, spot, ink);
    out.push_str("</g>\n");
}

fn text(out: &mut String, shape: &Shape, spot: &Spot, ink: &str) {
    for (row, line) in shape.text.iter().enumerate() {
        let bold = match shape.look {
            Look::Tier(_) => true,
            Look::Item(..) => row + 1 < shape.text.len(),
            Look::Source | Look::Atom | Look::Logic | Look::Default | Look::Heading => false,
        };
        let weight = if bold { " font-weight=\"bold\"" } else { "" };
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\"{weight} fill=\"{ink}\" xml:space=\"preserve\">{}</text>",
            spot.x + 10.0,
            spot.y + 17.0 + row as f64 * TEXT_LINE,
            escape(line)
        );
    }
}

/// Stroke, fill and ink.
fn look(look: Look) -> (&'static str, &'static str, &'static str) {
    const INK: &str = "#1b1f24";
    match look {
        Look::Source => ("#8c959f", "#f6f8fa", INK),
        Look::Atom => ("#54aeff", "#ddf4ff", INK),
        Look::Logic => ("#8c959f", "#ffffff", INK),
        Look::Default => ("#57606a", "#ffffff", INK),
        Look::Heading => ("none", "none", INK),
        Look::Item(_, Some(tier)) => (colours(tier).0, colours(tier).1, INK),
        Look::Item(_, None) => ("#57606a", "#f6f8fa", INK),
        Look::Tier(Tier::Yellow) => (colours(Tier::Yellow).0, "#ffd33d", INK),
        Look::Tier(tier) => (colours(tier).0, colours(tier).0, "#ffffff"),
    }
}

/// A tier's strong and pale colour.
fn colours(tier: Tier) -> (&'static str, &'static str) {
    match tier {
        Tier::Green => ("#1a7f37", "#dafbe1"),
        Tier::Yellow => ("#bf8700", "#fff8c5"),
        Tier::Red => ("#cf222e", "#ffebe9"),
        Tier::Black => ("#1b1f24", "#d0d7de"),
    }
}

/// The colour of a cost: the more of the dearest, the stronger. Dark ink is readable on all of them.
fn heat(cost: f64, dearest: f64) -> String {
    const CHEAP: [f64; 3] = [255.0, 250.0, 243.0];
    const DEAR: [f64; 3] = [240.0, 125.0, 32.0];
    let part = if dearest > 0.0 { (cost / dearest).clamp(0.0, 1.0) } else { 0.0 };
    let [red, green, blue] = [0, 1, 2].map(|i| (CHEAP[i] + (DEAR[i] - CHEAP[i]) * part).round() as u8);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn legend_of_costs(out: &mut String, y: f64, dearest: f64) {
    const STEPS: u8 = 8;
    let label = |out: &mut String, x: f64, text: &str| {
        let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"#57606a\">{}</text>", escape(text));
    };
    label(out, MARGIN, "cost: 0 ns");
    let mut x = MARGIN + 11.0 * CHARACTER;
    for step in 0..=STEPS {
        let fill = heat(f64::from(step), f64::from(STEPS));
        let _ = writeln!(out, "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"18\" height=\"14\" fill=\"{fill}\"/>", y - 11.0);
        x += 18.0;
    }
    label(out, x + 8.0, &format!("{dearest:.1} ns"));
}

const LEGEND: [(&str, Option<Tier>); 4] = [
    ("green: run", Some(Tier::Green)),
    ("yellow: run and tell", Some(Tier::Yellow)),
    ("red: ask people", Some(Tier::Red)),
    ("black: refuse", Some(Tier::Black)),
];
const DASHED: &str = "dashed: lowers, silences or covers";

fn legend_width() -> f64 {
    let texts = LEGEND.iter().map(|(text, _)| columns(text)).sum::<usize>() + columns(DASHED);
    texts as f64 * CHARACTER + 5.0 * 46.0
}

fn legend(out: &mut String, y: f64) {
    let mut x = MARGIN;
    for (text, tier) in LEGEND {
        let (stroke, fill) = tier.map_or(("#8c959f", "#ffffff"), colours);
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"14\" height=\"14\" rx=\"3\" fill=\"{fill}\" stroke=\"{stroke}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#57606a\">{}</text>",
            y - 11.0,
            x + 20.0,
            y,
            escape(text)
        );
        x += columns(text) as f64 * CHARACTER + 46.0;
    }
    let _ = writeln!(
        out,
        "<path d=\"M{x:.1} {:.1} h22\" stroke=\"#8c959f\" stroke-width=\"1.4\" stroke-dasharray=\"5 4\"/>\
         <text x=\"{:.1}\" y=\"{y:.1}\" fill=\"#57606a\">{}</text>",
        y - 4.0,
        x + 28.0,
        escape(DASHED)
    );
}

/// Text for XML; what XML forbids becomes a mark.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
