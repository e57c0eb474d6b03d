//! The figures as a table for people and as JSON lines.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use crate::model::App;
use crate::time::{Arm, Effort, Point};

pub fn table(app: &App, points: &[Point], effort: Effort) {
    let Effort { hierarchies, requests, passes, seed } = effort;
    println!("\n## {}", app.name);
    println!("{hierarchies} hierarchies x {requests} requests, {passes} batches each, seed {seed}; ns a decision");
    println!("| k | arm | batch p50 | stamped p50 | p90 | p99 | mean | cedar / aas |");
    println!("|--:|---|--:|--:|--:|--:|--:|--:|");
    for point in points {
        row(point.k, "cedar, prebuilt", &point.cedar, None);
        row(point.k, "aas tier, prebuilt", &point.tier, Some(&point.cedar));
        row(point.k, "aas decision, prebuilt", &point.decision, Some(&point.cedar));
        row(point.k, "cedar, strings", &point.cedar_strings, None);
        row(point.k, "aas tier, strings", &point.tier_strings, Some(&point.cedar_strings));
    }
    println!("| k | entities | allowed % (expected) | cedar builds a hierarchy, us | aas, us |");
    println!("|--:|--:|--:|--:|--:|");
    for point in points {
        let expected = expected(app, point.k).map_or("-".into(), |percent| percent.to_string());
        println!(
            "| {} | {} | {:.1} ({expected}) | {:.0} | {:.0} |",
            point.k,
            point.entities,
            point.count.percent(),
            point.cedar_build.quantile(0.5),
            point.our_build.quantile(0.5)
        );
    }
}

fn expected(app: &App, k: usize) -> Option<u32> {
    let place = [5, 20, 50].iter().position(|size| *size == k)?;
    app.allowed.get(place).copied()
}

fn row(k: usize, name: &str, arm: &Arm, against: Option<&Arm>) {
    let ratio = against.map_or(String::new(), |other| {
        format!("{:.0}", other.batch.quantile(0.5) / arm.batch.quantile(0.5))
    });
    println!(
        "| {k} | {name} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {ratio} |",
        arm.batch.quantile(0.5),
        arm.stamped.quantile(0.5),
        arm.stamped.quantile(0.9),
        arm.stamped.quantile(0.99),
        arm.stamped.mean()
    );
}

/// One line for each arm and size.
pub fn append(path: &Path, app: &App, points: &[Point], effort: Effort) {
    let mut text = String::new();
    for point in points {
        let arms = [
            ("cedar", "prebuilt", &point.cedar),
            ("aas-tier", "prebuilt", &point.tier),
            ("aas-decision", "prebuilt", &point.decision),
            ("cedar", "strings", &point.cedar_strings),
            ("aas-tier", "strings", &point.tier_strings),
        ];
        for (arm, mode, samples) in arms {
            let build = if arm == "cedar" { &point.cedar_build } else { &point.our_build };
            let _ = writeln!(
                text,
                "{{\"app\":\"{}\",\"k\":{},\"arm\":\"{arm}\",\"mode\":\"{mode}\",\"batch_p50\":{:.1},\
                 \"stamped_p50\":{:.1},\"stamped_p90\":{:.1},\"stamped_p99\":{:.1},\"stamped_mean\":{:.1},\
                 \"build_us_p50\":{:.1},\"allowed_percent\":{:.2},\"hierarchies\":{},\"requests\":{},\"seed\":{}}}",
                app.name,
                point.k,
                samples.batch.quantile(0.5),
                samples.stamped.quantile(0.5),
                samples.stamped.quantile(0.9),
                samples.stamped.quantile(0.99),
                samples.stamped.mean(),
                build.quantile(0.5),
                point.count.percent(),
                effort.hierarchies,
                effort.requests,
                effort.seed
            );
        }
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("a file to append to");
    file.write_all(text.as_bytes()).expect("room for the figures");
}
