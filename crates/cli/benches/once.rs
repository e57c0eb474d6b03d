//! What one decision costs as a process: `cargo bench -p aasc --bench once [ROUNDS]`.
//!
//! Each round starts every command once, so that a busy machine is busy for all of them. What counts is how far
//! the median lies above that of a process that does nothing. 32 rules come from source and from an artefact;
//! 1,000 and 10,000 rules on actions of their own from artefacts, and last 1,000 and 10,000 rules on the one action
//! asked for.
#![allow(clippy::disallowed_methods, reason = "it starts processes and looks at the clock")]
#![allow(missing_docs, reason = "a program")]

#[path = "../../../benches/load/sets.rs"]
mod sets;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use sets::Shape;

const W1: &str = include_str!("../../../benches/peers/policies/w1.aasrule");
const W1_REQUEST: &str = r#"{ "agent": { "id": "a", "trust": 62 }, "action": "code.write",
    "params": { "path": "src/api/rate_limit.rs" }, "observed": { "cost": 15 }, "now": "2026-11-18T12:00:00Z" }"#;
const WIDE_REQUEST: &str = r#"{ "agent": { "id": "a", "trust": 62 }, "action": "svc00042.op0_run",
    "params": { "stage": "dev", "file": "src/a.rs", "branch": "main", "cost": 15 }, "now": "2026-11-18T12:00:00Z" }"#;
const DEEP_REQUEST: &str = r#"{ "agent": { "id": "a", "trust": 62 }, "action": "one.act",
    "params": { "tenant": "tenant-40", "file": "src/a.rs", "branch": "main", "cost": 15 }, "now": "2026-11-18T12:00:00Z" }"#;

/// A command with how long its runs took, in microseconds.
struct Case {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    took: Vec<u128>,
}

impl Case {
    fn run(&mut self) {
        let started = Instant::now();
        let done = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("the program can be started");
        self.took.push(started.elapsed().as_micros());
        assert!(matches!(done.code(), Some(0 | 10 | 11)), "{}: {done}", self.name);
    }

    fn median(&mut self) -> u128 {
        self.took.sort_unstable();
        self.took[self.took.len() / 2]
    }
}

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(200);
    let folder = tempfile::tempdir().expect("a folder");
    let mut cases = cases(folder.path());
    for _ in 0..rounds {
        cases.iter_mut().for_each(Case::run);
    }
    let nothing = cases[0].median();
    println!("{rounds} rounds; median and least in milliseconds, and how far the median lies above doing nothing");
    for case in &mut cases {
        let median = case.median();
        let shown = |micros: u128| format!("{}.{:03}", micros / 1_000, micros % 1_000);
        let above = shown(median.saturating_sub(nothing));
        println!("{:48} {:>8} {:>8}  above {above:>8}", case.name, shown(median), shown(case.took[0]));
    }
}

fn cases(folder: &Path) -> Vec<Case> {
    let aasc = PathBuf::from(env!("CARGO_BIN_EXE_aasc"));
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let source = write("w1.aasrule", W1);
    let requests = [("w1", W1_REQUEST), ("wide", WIDE_REQUEST), ("deep", DEEP_REQUEST)]
        .map(|(n, t)| write(&format!("{n}.json"), t));
    let build = |rules: &str, artefact: &str| {
        let artefact = folder.join(artefact).display().to_string();
        let built = Command::new(&aasc).args(["build", rules, "-o", &artefact]).output().expect("aasc can be started");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        artefact
    };
    let shape = |shape: Shape, rules: usize| {
        let name = format!("{}_{rules}", shape.name());
        for (file, text) in shape.files(rules) {
            write(&format!("{name}/{file}"), &text);
        }
        build(&folder.join(&name).display().to_string(), &format!("{name}.aasc"))
    };
    let eval = |name, rules: String, request: &String| Case {
        name,
        program: aasc.clone(),
        arguments: ["eval", "--rules", &rules, "--request", request].map(String::from).into(),
        took: Vec::new(),
    };
    let nothing = if Path::new("/bin/true").exists() { PathBuf::from("/bin/true") } else { aasc.clone() };
    vec![
        Case { name: "nothing", program: nothing, arguments: vec!["--version".into()], took: Vec::new() },
        Case { name: "aasc --version", program: aasc.clone(), arguments: vec!["--version".into()], took: Vec::new() },
        eval("32 rules from source", source.clone(), &requests[0]),
        eval("32 rules from an artefact", build(&source, "w1.aasc"), &requests[0]),
        eval("1,000 rules from an artefact", shape(Shape::Wide, 1_000), &requests[1]),
        eval("10,000 rules from an artefact", shape(Shape::Wide, 10_000), &requests[1]),
        eval("1,000 rules on the one action, from an artefact", shape(Shape::Deep, 1_000), &requests[2]),
        eval("10,000 rules on the one action, from an artefact", shape(Shape::Deep, 10_000), &requests[2]),
    ]
}
