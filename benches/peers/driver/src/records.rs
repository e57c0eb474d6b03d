//! What was measured: JSON lines.

use std::fs::File;
use std::io::Write;

use serde_json::Value;

/// Takes records while a run lasts.
pub(crate) struct Sink(File);

impl Sink {
    pub(crate) fn create(path: &str) -> Result<Self, String> {
        File::create(path).map(Self).map_err(|error| format!("{path}: {error}"))
    }

    pub(crate) fn put(&mut self, record: &Value) -> Result<(), String> {
        writeln!(self.0, "{record}").map_err(|error| error.to_string())
    }
}

/// The records of a run.
pub(crate) struct Records(Vec<Value>);

impl Records {
    pub(crate) fn read(path: &str) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let lines = text.lines().map(|line| serde_json::from_str(line).map_err(|error| format!("{path}: {error}")));
        lines.collect::<Result<_, _>>().map(Self)
    }

    /// The records of a kind.
    pub(crate) fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.0.iter().filter(move |record| record["kind"] == kind)
    }

    /// A figure of an arm at a workload.
    pub(crate) fn figure(&self, kind: &str, workload: &str, arm: &str, key: &str) -> Option<f64> {
        self.of(kind).find(|record| record["workload"] == workload && record["arm"] == arm)?[key].as_f64()
    }

    /// The arms of a kind of record, in the order in which they were measured first.
    pub(crate) fn arms<'a>(&'a self, kind: &'a str) -> Vec<&'a str> {
        self.distinct(kind, "arm")
    }

    /// The workloads of a kind of record, in their order.
    pub(crate) fn workloads<'a>(&'a self, kind: &'a str) -> Vec<&'a str> {
        self.distinct(kind, "workload")
    }

    fn distinct<'a>(&'a self, kind: &'a str, key: &str) -> Vec<&'a str> {
        let mut found: Vec<&str> = Vec::new();
        for value in self.of(kind).filter_map(|record| record[key].as_str()) {
            if !found.contains(&value) {
                found.push(value);
            }
        }
        found
    }
}
