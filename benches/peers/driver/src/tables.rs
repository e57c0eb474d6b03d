//! The tables of a run, as Markdown that the book includes.

use std::fmt::Write;

use workload::w4;

use crate::records::Records;

/// What one cell says when nothing was measured.
const NONE: &str = "–";

/// Writes `tables.md` into a folder.
pub(crate) fn write(records: &Records, folder: &str) -> Result<(), String> {
    std::fs::write(format!("{folder}/tables.md"), all(records)).map_err(|error| format!("{folder}: {error}"))
}

/// All tables.
pub(crate) fn all(records: &Records) -> String {
    let parts = [
        machine(records),
        latency(records),
        stamped(records),
        ways_in(records),
        one_action(records),
        threads(records),
        load(records),
        memory(records),
        once(records),
        refused(records),
    ];
    parts.join("")
}

/// Nanoseconds in the unit that reads best.
pub(crate) fn time(ns: f64) -> String {
    match ns {
        ns if ns.is_nan() => NONE.into(),
        ns if ns < 99.95 => format!("{ns:.1} ns"),
        ns if ns < 999.5 => format!("{ns:.0} ns"),
        ns if ns < 99_950.0 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 999_500.0 => format!("{:.0} µs", ns / 1e3),
        ns if ns < 99_950_000.0 => format!("{:.2} ms", ns / 1e6),
        ns if ns < 999_500_000.0 => format!("{:.0} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// A name that says more than the workload's own.
pub(crate) fn title(workload: &str) -> String {
    match workload.split('_').collect::<Vec<_>>()[..] {
        ["w1"] => "W1".into(),
        ["w2", n] => format!("W2 {}", thousands(n)),
        ["w2", n, _] => format!("W2 {}, spread", thousands(n)),
        _ => workload.into(),
    }
}

fn thousands(digits: &str) -> String {
    match digits.len() {
        0..=3 => digits.into(),
        n => format!("{},{}", &digits[..n - 3], &digits[n - 3..]),
    }
}

fn heading(out: &mut String, title: &str, columns: &[String]) {
    let _ = write!(out, "\n## {title}\n\n| engine |");
    columns.iter().for_each(|column| out.push_str(&format!(" {column} |")));
    out.push_str("\n|---|");
    columns.iter().for_each(|_| out.push_str("--:|"));
    out.push('\n');
}

fn row(out: &mut String, name: &str, cells: impl Iterator<Item = String>) {
    let _ = write!(out, "| {name} |");
    cells.for_each(|cell| out.push_str(&format!(" {cell} |")));
    out.push('\n');
}

fn machine(records: &Records) -> String {
    let Some(of) = records.of("machine").next() else { return String::new() };
    let text = |key: &str| of[key].as_str().unwrap_or(NONE).to_owned();
    format!(
        "Measured on {} at commit `{}`: {} ({} cores, {} GiB), {}, {}; load at the start {}; {} rounds of {} ms for each engine and mode.\n",
        text("date"),
        text("commit"),
        text("cpu"),
        of["cores"],
        of["gib"],
        text("system"),
        text("rustc"),
        text("load"),
        of["rounds"],
        of["ms"],
    )
}

/// The workloads of the first tables.
fn rule_sets(records: &Records) -> Vec<&str> {
    records.workloads("decide").into_iter().filter(|name| !name.starts_with("w4")).collect()
}

fn latency(records: &Records) -> String {
    let sets = rule_sets(records);
    let mut out = String::new();
    let columns: Vec<String> = sets.iter().map(|name| title(name)).collect();
    heading(
        &mut out,
        "A decision, the request in the engine's own form (median; in brackets: times `limit`)",
        &columns,
    );
    for arm in records.arms("decide") {
        let cells: Vec<Option<f64>> = sets.iter().map(|set| records.figure("decide", set, arm, "eval")).collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        let cell = |(set, ns): (&&str, &Option<f64>)| match (ns, records.figure("decide", set, "limit", "eval")) {
            (Some(ns), Some(limit)) => format!("{} ({})", time(*ns), ratio(ns / limit)),
            (Some(ns), None) => time(*ns),
            (None, _) => NONE.into(),
        };
        row(&mut out, arm, sets.iter().zip(&cells).map(cell));
    }
    out
}

fn ratio(times: f64) -> String {
    if times < 9.95 { format!("{times:.1}") } else { format!("{times:.0}") }
}

fn stamped(records: &Records) -> String {
    let sets = rule_sets(records);
    let columns: Vec<String> = sets.iter().map(|name| title(name)).collect();
    let mut out = String::new();
    heading(&mut out, "Single decisions, stamped one by one (median / 99th percentile)", &columns);
    for arm in records.arms("decide") {
        let figure = |set: &&str, key| records.figure("decide", set, arm, key);
        if sets.iter().all(|set| figure(set, "p50").is_none()) {
            continue;
        }
        let cell = |set| match (figure(set, "p50"), figure(set, "p99")) {
            (Some(half), Some(most)) => format!("{} / {}", time(half), time(most)),
            _ => NONE.into(),
        };
        row(&mut out, arm, sets.iter().map(cell));
    }
    out
}

fn ways_in(records: &Records) -> String {
    let sets: Vec<&str> = rule_sets(records).into_iter().filter(|name| matches!(*name, "w1" | "w2_1000")).collect();
    let modes = [("eval", "own form"), ("build", "from the struct"), ("json", "from JSON")];
    let columns: Vec<String> =
        sets.iter().flat_map(|set| modes.map(|(_, told)| format!("{}, {told}", title(set)))).collect();
    let mut out = String::new();
    heading(&mut out, "With the request made on the way", &columns);
    for arm in records.arms("decide") {
        let figures: Vec<Option<f64>> =
            sets.iter().flat_map(|set| modes.map(|(mode, _)| records.figure("decide", set, arm, mode))).collect();
        if figures.iter().any(Option::is_some) {
            row(&mut out, arm, figures.into_iter().map(|ns| ns.map_or(NONE.into(), time)));
        }
    }
    out
}

fn one_action(records: &Records) -> String {
    let sizes = w4::SIZES;
    let columns: Vec<String> = sizes.iter().map(|n| format!("{} rules", thousands(&n.to_string()))).collect();
    let mut out = String::new();
    if records.workloads("decide").iter().all(|name| !name.starts_with("w4")) {
        return out;
    }
    heading(&mut out, "Many rules on one action (median; in brackets: times the ten-rule cost)", &columns);
    for family in w4::Family::ALL {
        for arm in ["aas", "aas, plan walked", "naive scan"] {
            let figures = sizes.map(|n| records.figure("decide", &format!("w4_{}_{n}", family.name()), arm, "eval"));
            if figures.iter().all(Option::is_none) {
                continue;
            }
            let cell = |ns: &Option<f64>| match (ns, figures[0]) {
                (Some(ns), Some(first)) => format!("{} ({})", time(*ns), ratio(ns / first)),
                (Some(ns), None) => time(*ns),
                (None, _) => NONE.into(),
            };
            row(&mut out, &format!("{}: {arm}", family.name()), figures.iter().map(cell));
        }
    }
    out
}

fn threads(records: &Records) -> String {
    let mut out = String::new();
    if records.of("threads").next().is_none() {
        return out;
    }
    let columns = ["workload", "one thread, decisions/s", "two threads", "gain", "arithmetic's gain", "of it"];
    heading(&mut out, "Two threads sharing one policy (decisions a second of CPU time)", &columns.map(str::to_owned));
    for of in records.of("threads") {
        let figure = |key: &str| of[key].as_f64().unwrap_or(f64::NAN);
        let millions = |rate: f64| format!("{:.2} M", rate / 1e6);
        let cells = [
            title(of["workload"].as_str().unwrap_or_default()),
            millions(figure("one")),
            millions(figure("two")),
            format!("{:.3}", figure("scales")),
            format!("{:.3}", figure("control")),
            format!("{:.3}", figure("scales") / figure("control")),
        ];
        row(&mut out, of["arm"].as_str().unwrap_or_default(), cells.into_iter());
    }
    out
}

fn load(records: &Records) -> String {
    let sets: Vec<&str> = records.workloads("load").into_iter().filter(|name| !name.starts_with("w4")).collect();
    let mut out = String::new();
    if sets.is_empty() {
        return out;
    }
    let columns: Vec<String> = sets.iter().map(|name| title(name)).collect();
    heading(&mut out, "From text to a policy that serves (CPU time, median)", &columns);
    for arm in records.arms("load") {
        let figure = |set: &&str| records.figure("load", set, arm, "seconds").map_or(NONE.into(), |s| time(s * 1e9));
        row(&mut out, arm, sets.iter().map(figure));
    }
    out
}

fn memory(records: &Records) -> String {
    let mut out = String::new();
    if records.of("memory").next().is_none() {
        return out;
    }
    let columns = ["before loading", "after", "highest"].map(str::to_owned);
    heading(&mut out, "Memory of a process with 10,000 rules (MiB; its own programs differ in size)", &columns);
    for of in records.of("memory") {
        let cells =
            ["before", "after", "peak"].map(|key| format!("{:.1}", of[key].as_f64().unwrap_or(f64::NAN) / 1024.0));
        row(&mut out, of["arm"].as_str().unwrap_or_default(), cells.into_iter());
    }
    out
}

fn once(records: &Records) -> String {
    let sets = records.workloads("once");
    let mut out = String::new();
    if sets.is_empty() {
        return out;
    }
    let columns: Vec<String> = sets.iter().map(|name| title(name)).collect();
    heading(
        &mut out,
        "A process that loads, decides one request from JSON and ends (CPU time above one that does nothing; in brackets wall time, in all)",
        &columns,
    );
    for arm in records.arms("once").into_iter().filter(|arm| !arm.ends_with(": nothing")) {
        let cell = |set: &&str| match (
            records.figure("once", set, arm, "net_ms"),
            records.figure("once", set, arm, "wall_ms"),
        ) {
            (Some(net), Some(wall)) => format!("{net:.2} ms ({wall:.1})"),
            _ => NONE.into(),
        };
        row(&mut out, arm, sets.iter().map(cell));
    }
    out
}

fn refused(records: &Records) -> String {
    let mut out = String::new();
    for of in records.of("refused") {
        if out.is_empty() {
            out.push_str("\n## Refused\n\n");
        }
        let text = |key: &str| of[key].as_str().unwrap_or_default().lines().next().unwrap_or_default().to_owned();
        let _ = writeln!(out, "* {} at {}: {}", text("arm"), title(&text("workload")), text("reason"));
    }
    out
}
