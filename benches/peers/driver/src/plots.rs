//! The plots of a run, as SVG.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use workload::w4;

use crate::records::Records;
use crate::tables::time;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// One engine of a plot.
struct Series {
    name: String,
    /// Sizes and figures.
    points: Vec<(f64, f64)>,
    ours: bool,
}

/// Colours that differ in brightness too, for those who see few.
const COLOURS: [RGBColor; 17] = [
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(120, 94, 240),
    RGBColor(153, 153, 51),
    RGBColor(136, 34, 85),
    RGBColor(102, 102, 102),
    RGBColor(17, 119, 51),
    RGBColor(170, 68, 0),
    RGBColor(68, 119, 170),
    RGBColor(51, 34, 136),
    RGBColor(221, 204, 119),
    RGBColor(0, 90, 90),
    RGBColor(160, 160, 160),
    RGBColor(90, 50, 20),
    RGBColor(150, 210, 150),
];
const OURS: RGBColor = RGBColor(213, 0, 50);

/// Draws all plots into a folder.
pub(crate) fn draw(records: &Records, folder: &str) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{folder}: {error}"))?;
    let path = |name: &str| format!("{folder}/{name}.svg");
    let named = |name: &str| Scale { title: "rules", label: name.to_owned(), unit: 1.0 };
    bars(&path("w1"), &w1(records)).map_err(|error| error.to_string())?;
    let rules = by_rules(records, "decide", "w2", "eval");
    lines(&path("rules"), &named("time of a decision"), &rules).map_err(|error| error.to_string())?;
    let load = by_rules(records, "load", "w2", "seconds");
    let seconds = Scale { unit: 1e9, ..named("time from text to a policy that serves") };
    lines(&path("load"), &seconds, &load).map_err(|error| error.to_string())?;
    let families = by_family(records);
    lines(&path("one_action"), &named("time of a decision, all rules on one action"), &families)
        .map_err(|error| error.to_string())
}

/// What the axes say; `unit` makes nanoseconds of a figure.
struct Scale {
    title: &'static str,
    label: String,
    unit: f64,
}

fn is_ours(arm: &str) -> bool {
    arm.starts_with("aas")
}

fn w1(records: &Records) -> Vec<(String, f64)> {
    let figure = |arm: &&str| Some(((*arm).to_owned(), records.figure("decide", "w1", arm, "eval")?));
    let mut bars: Vec<_> = records.arms("decide").iter().filter_map(figure).collect();
    bars.sort_by(|a, b| b.1.total_cmp(&a.1));
    bars
}

fn by_rules(records: &Records, kind: &str, family: &str, key: &str) -> Vec<Series> {
    let series = |arm: &&str| {
        let point = |n: usize| Some((n as f64, records.figure(kind, &format!("{family}_{n}"), arm, key)?));
        let points: Vec<_> = workload::w2::SIZES.into_iter().filter_map(point).collect();
        Series { name: (*arm).to_owned(), points, ours: is_ours(arm) }
    };
    let shown = |arm: &&&str| match kind {
        // One line for each way that differs by more than a little.
        "decide" => !matches!(**arm, "aas, resolved" | "aas, untyped request" | "limit, resolved"),
        _ => !matches!(**arm, "aas, resolved" | "aas, whole decision" | "aas, untyped request"),
    };
    records.arms(kind).iter().filter(shown).map(series).filter(|series| series.points.len() > 1).collect()
}

fn by_family(records: &Records) -> Vec<Series> {
    let series = |family: w4::Family| {
        let name = |n: usize| format!("w4_{}_{n}", family.name());
        let point = |n: usize| Some((n as f64, records.figure("decide", &name(n), "aas", "eval")?));
        let points = w4::SIZES.into_iter().filter_map(point).collect();
        Series { name: family.name().to_owned(), points, ours: false }
    };
    w4::Family::ALL.into_iter().map(series).filter(|series| series.points.len() > 1).collect()
}

fn paper<'a>(path: &'a str, height: u32) -> Result<Area<'a>, Box<dyn std::error::Error>> {
    let area = SVGBackend::new(path, (860, height)).into_drawing_area();
    area.fill(&WHITE)?;
    Ok(area)
}

/// Bars from slow to fast, on a logarithmic scale.
fn bars(path: &str, bars: &[(String, f64)]) -> Result<(), Box<dyn std::error::Error>> {
    let (Some(slowest), Some(fastest)) = (bars.first(), bars.last()) else { return Ok(()) };
    let area = paper(path, 60 + 22 * bars.len() as u32)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .margin_right(70)
        .x_label_area_size(34)
        .y_label_area_size(170)
        .build_cartesian_2d((fastest.1 / 1.6..slowest.1 * 1.6).log_scale(), 0.0..bars.len() as f64)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(0)
        .x_desc("time of a decision, W1 (32 rules), logarithmic")
        .x_label_formatter(&|ns| short(*ns))
        .draw()?;
    let low = fastest.1 / 1.6;
    for (i, (name, ns)) in bars.iter().enumerate() {
        let colour = if is_ours(name) { OURS } else { COLOURS[7] };
        let (bottom, top) = (i as f64 + 0.18, i as f64 + 0.82);
        chart.draw_series([Rectangle::new([(low, bottom), (*ns, top)], colour.filled())])?;
        let style = TextStyle::from(("sans-serif", 13).into_font()).color(&BLACK);
        chart.draw_series([EmptyElement::at((*ns, i as f64 + 0.5)) + Text::new(time(*ns), (5, -6), style.clone())])?;
        let style = style.pos(Pos::new(HPos::Right, VPos::Top));
        chart.draw_series([EmptyElement::at((low, i as f64 + 0.5)) + Text::new(name.clone(), (-8, -6), style)])?;
    }
    area.present()?;
    Ok(())
}

/// A label of an axis: `10 ns`, `1 µs`.
fn short(ns: f64) -> String {
    time(ns).replace(".0 ", " ").replace(".00 ", " ")
}

/// Lines over the number of rules, both axes logarithmic.
fn lines(path: &str, scale: &Scale, all: &[Series]) -> Result<(), Box<dyn std::error::Error>> {
    let figures = || all.iter().flat_map(|series| series.points.iter().map(|point| point.1 * scale.unit));
    let (low, high) = figures().fold((f64::MAX, 0.0_f64), |(low, high), ns| (low.min(ns), high.max(ns)));
    if all.is_empty() {
        return Ok(());
    }
    let area = paper(path, 560)?;
    let (left, right) = area.split_horizontally(640);
    let mut chart = ChartBuilder::on(&left)
        .margin(12)
        .x_label_area_size(38)
        .y_label_area_size(74)
        .build_cartesian_2d((10.0..10_000.0).log_scale(), (low / 1.5..high * 1.5).log_scale())?;
    chart
        .configure_mesh()
        .x_desc(scale.title)
        .y_desc(&scale.label)
        .x_labels(4)
        .x_label_formatter(&|n| format!("{n}"))
        .y_label_formatter(&|ns| short(*ns))
        .light_line_style(WHITE.mix(0.0))
        .draw()?;
    let mut ends: Vec<(f64, &str, RGBColor)> = Vec::new();
    for (k, series) in all.iter().enumerate() {
        let colour = match series.name.as_str() {
            "aas" => OURS,
            "aas, whole decision" => RGBColor(240, 90, 110),
            "aas, plan walked" => RGBColor(250, 160, 160),
            _ => COLOURS[k % COLOURS.len()],
        };
        let points: Vec<_> = series.points.iter().map(|(n, ns)| (*n, ns * scale.unit)).collect();
        let style = colour.stroke_width(if series.ours { 3 } else { 2 });
        chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
        if let Some(last) = points.last() {
            ends.push((last.1, &series.name, colour));
        }
    }
    ends.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (i, (ns, name, colour)) in ends.iter().enumerate() {
        let y = 20 + 22 * i as i32;
        right.draw(&Rectangle::new([(4, y), (16, y + 12)], colour.filled()))?;
        let style = TextStyle::from(("sans-serif", 13).into_font()).color(&BLACK);
        right.draw(&Text::new(format!("{name}: {}", time(*ns)), (22, y), style))?;
    }
    area.present()?;
    Ok(())
}
