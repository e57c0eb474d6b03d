//! What the figures were measured on.

use std::process::Command;

use serde_json::{Value, json};

/// The record that a run begins with.
pub(crate) fn record(rounds: usize, ms: u64) -> Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("unknown", |x| x.1);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: u64 = memory.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    json!({
        "kind": "machine",
        "cpu": model,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "gib": kib / (1 << 20),
        "system": said("uname", &["-sr"]),
        "rustc": said("rustc", &["--version"]),
        "date": said("date", &["-u", "+%Y-%m-%d"]),
        "commit": said("git", &["rev-parse", "--short", "HEAD"]),
        "load": load.split_whitespace().next().unwrap_or_default(),
        "rounds": rounds,
        "ms": ms,
    })
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
