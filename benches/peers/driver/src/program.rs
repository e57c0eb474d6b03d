//! A running program of an engine, and how it is asked.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// All programs, in the order of the tables.
pub(crate) const ALL: [&str; 10] =
    ["native", "wirefilter", "roto", "cel", "rhai", "zen", "rego", "casbin", "cedar", "dogwood"];
/// Those of a quick run.
pub(crate) const QUICK: [&str; 3] = ["native", "wirefilter", "cedar"];

/// The file of a program: it lies beside this one.
pub(crate) fn path(name: &str) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(own.with_file_name(format!("peer-{name}")))
}

/// A running program.
pub(crate) struct Program {
    pub(crate) name: String,
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// A way to use an engine, as its program told it.
#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub(crate) name: String,
    pub(crate) modes: Vec<String>,
    pub(crate) from_text: bool,
}

impl Program {
    pub(crate) fn start(name: &str) -> Result<Self, String> {
        let path = path(name)?;
        let mut child = Command::new(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} cannot be started ({error}); build it first", path.display()))?;
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self { name: name.to_owned(), child, orders, answers })
    }

    /// Gives an order and waits for the answer.
    pub(crate) fn ask(&mut self, order: &Value) -> Result<Value, String> {
        let orders = self.orders.as_mut().ok_or("the program has ended")?;
        writeln!(orders, "{order}").and_then(|()| orders.flush()).map_err(|error| format!("{}: {error}", self.name))?;
        let mut line = String::new();
        let read = self.answers.read_line(&mut line).map_err(|error| format!("{}: {error}", self.name))?;
        if read == 0 {
            return Err(format!("peer-{} ended while it was asked {order}", self.name));
        }
        serde_json::from_str(&line).map_err(|error| format!("{}: {error}", self.name))
    }

    /// The arms that take a workload.
    pub(crate) fn arms(&mut self, workload: &str) -> Result<Vec<Arm>, String> {
        let answer = self.ask(&json!({"do": "arms", "workload": workload}))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let arm = |told: &Value| Arm {
            name: text(&told["arm"]),
            modes: told["modes"].as_array().into_iter().flatten().map(text).collect(),
            from_text: told["from_text"].as_bool().unwrap_or(false),
        };
        Ok(answer.as_array().into_iter().flatten().map(arm).collect())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The end of its input is the end of the program.
        self.orders = None;
        let _ = self.child.wait();
    }
}
