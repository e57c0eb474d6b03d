//! A run: which workloads, which sections, in which order.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use kit::clock::quantile;
use serde_json::{Value, json};
use workload::Workload;
use workload::w4::Family;

use crate::machine;
use crate::once;
use crate::program::{self, Arm, Program};
use crate::records::Sink;

/// Seconds after which an arm sits out the remaining rounds of a workload.
const PATIENCE: f64 = 10.0;
/// The parts of a run.
const SECTIONS: [&str; 5] = ["decide", "threads", "load", "memory", "once"];
const W2: [&str; 5] = ["w2_10", "w2_100", "w2_1000", "w2_10000", "w2_10000_spread"];

/// What a run is asked for.
pub(crate) struct Wanted {
    programs: Vec<String>,
    workloads: Vec<String>,
    sections: Vec<String>,
    rounds: usize,
    ms: u64,
    out: String,
    /// Our command line, where it was built.
    aasc: Option<PathBuf>,
}

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

impl Wanted {
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let quick = words.contains(&"--quick");
        let mut wanted = if quick { Self::quick() } else { Self::full() };
        let mut words = words.iter().filter(|word| **word != "--quick");
        while let Some(option) = words.next() {
            let value = words.next().ok_or_else(|| format!("{option} needs a value"))?;
            let list = || value.split(',').map(str::to_owned).collect();
            let number = || value.parse::<u64>().map_err(|_| format!("{option} needs a number"));
            match *option {
                "--out" => wanted.out = (*value).to_owned(),
                "--aasc" => wanted.aasc = Some(value.into()),
                "--programs" => wanted.programs = list(),
                "--workloads" => wanted.workloads = list(),
                "--sections" => wanted.sections = list(),
                "--rounds" => wanted.rounds = number()? as usize,
                "--ms" => wanted.ms = number()?,
                _ => return Err(format!("unknown option {option}\n{}", crate::USAGE)),
            }
        }
        Ok(wanted)
    }

    fn quick() -> Self {
        Self {
            programs: owned(&program::QUICK),
            workloads: owned(&["w1", "w2_1000"]),
            sections: owned(&["decide", "threads"]),
            rounds: 3,
            ms: 40,
            out: "target/quick.jsonl".into(),
            aasc: None,
        }
    }

    fn full() -> Self {
        let w4 = Family::ALL.iter().flat_map(|family| workload::w4::SIZES.map(|n| format!("w4_{}_{n}", family.name())));
        let first = owned(&["w1"]).into_iter().chain(owned(&W2));
        Self {
            programs: owned(&program::ALL),
            workloads: first.chain(w4).collect(),
            sections: owned(&SECTIONS),
            rounds: 5,
            ms: 60,
            out: "target/records.jsonl".into(),
            aasc: None,
        }
    }

    fn wants(&self, section: &str) -> bool {
        self.sections.iter().any(|wanted| wanted == section)
    }
}

/// An engine in the round.
struct Turn {
    program: usize,
    arm: Arm,
    /// Samples by mode.
    samples: Vec<Vec<f64>>,
    stamps: [Vec<f64>; 5],
    seconds: f64,
}

pub(crate) fn run(wanted: &Wanted) -> Result<(), String> {
    let mut sink = Sink::create(&wanted.out)?;
    sink.put(&machine::record(wanted.rounds, wanted.ms))?;
    let mut programs = wanted.programs.iter().map(|name| Program::start(name)).collect::<Result<Vec<_>, _>>()?;
    let plain: Vec<&String> = wanted.workloads.iter().filter(|name| !name.ends_with("spread")).collect();
    for name in &wanted.workloads {
        let workload = Workload::by_name(name).ok_or_else(|| format!("there is no workload {name}"))?;
        if wanted.wants("decide") || wanted.wants("threads") {
            decide(wanted, &workload, &mut programs, &mut sink)?;
        }
    }
    for name in plain {
        if wanted.wants("load") && !name.starts_with("w4") {
            load(name, &mut programs, &mut sink)?;
        }
        if wanted.wants("memory") && name == "w2_10000" {
            memory(name, &mut programs, &mut sink)?;
        }
        if wanted.wants("once") && matches!(name.as_str(), "w1" | "w2_1000" | "w2_10000") {
            once::measure(name, &mut programs, wanted.aasc.as_deref(), &mut sink)?;
        }
    }
    eprintln!("records: {}", wanted.out);
    Ok(())
}

/// Loads every engine, compares all decisions with the right ones, then times in rounds.
fn decide(wanted: &Wanted, workload: &Workload, programs: &mut [Program], sink: &mut Sink) -> Result<(), String> {
    let mut turns = Vec::new();
    for (index, program) in programs.iter_mut().enumerate() {
        for arm in program.arms(&workload.name)? {
            if ready(program, &arm, workload, sink)? {
                let samples = vec![Vec::new(); arm.modes.len()];
                turns.push(Turn { program: index, arm, samples, stamps: Default::default(), seconds: 0.0 });
            }
        }
    }
    eprintln!("{}: {} arms agree on {} requests", workload.name, turns.len(), workload.asks.len());
    if wanted.wants("decide") {
        for _ in 0..wanted.rounds {
            for turn in &mut turns {
                turn.take(&mut programs[turn.program], wanted.ms)?;
            }
        }
        for turn in &mut turns {
            sink.put(&turn.record(workload, &programs[turn.program].name))?;
        }
    }
    if wanted.wants("threads") && matches!(workload.name.as_str(), "w1" | "w2_1000") {
        for turn in &turns {
            // The median of a few rounds would be that of the noise.
            let rounds = wanted.rounds.max(7);
            let order = json!({"do": "threads", "arm": turn.arm.name, "rounds": rounds, "ms": 2 * wanted.ms});
            if let Some(told) = programs[turn.program].ask(&order)?.as_array() {
                sink.put(&json!({"kind": "threads", "workload": workload.name, "arm": turn.arm.name,
                    "scales": told[0], "control": told[1], "one": told[2], "two": told[3]}))?;
            }
        }
    }
    programs.iter_mut().try_for_each(|program| program.ask(&json!({"do": "drop"})).map(drop))
}

/// Whether an arm is loaded and right. Wrong decisions end the run; a refusal is a result.
fn ready(program: &mut Program, arm: &Arm, workload: &Workload, sink: &mut Sink) -> Result<bool, String> {
    let told = program.ask(&json!({"do": "load", "workload": workload.name, "arm": arm.name}))?;
    if let Some(reason) = told["refused"].as_str() {
        eprintln!("{}: {} refuses: {}", workload.name, arm.name, reason.lines().next().unwrap_or_default());
        sink.put(&json!({"kind": "refused", "workload": workload.name, "arm": arm.name, "reason": reason}))?;
        return Ok(false);
    }
    for (mode, decisions) in told["decisions"].as_object().into_iter().flatten() {
        let decisions: Vec<u64> = decisions.as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        if decisions.len() != workload.right.len() {
            return Err(format!(
                "{} at {}: {} decisions, not {}",
                arm.name,
                workload.name,
                decisions.len(),
                workload.right.len()
            ));
        }
        for (i, (given, right)) in decisions.iter().zip(&workload.right).enumerate() {
            if *given != u64::from(*right) {
                let ask = &workload.asks[i];
                return Err(format!(
                    "{} at {} decides {given}, not {right}, by {mode} of {ask:?}",
                    arm.name, workload.name
                ));
            }
        }
    }
    Ok(true)
}

impl Turn {
    fn take(&mut self, program: &mut Program, ms: u64) -> Result<(), String> {
        if self.seconds > PATIENCE {
            return Ok(());
        }
        let begin = Instant::now();
        for (mode, samples) in self.arm.modes.iter().zip(&mut self.samples) {
            let ms = if mode == "eval" { ms } else { ms / 2 };
            let told = program.ask(&json!({"do": "sample", "arm": self.arm.name, "mode": mode, "ms": ms}))?;
            samples.extend(told.as_array().into_iter().flatten().filter_map(Value::as_f64));
        }
        if self.arm.modes.iter().any(|mode| mode == "eval") {
            let told = program.ask(&json!({"do": "stamp", "arm": self.arm.name, "ms": ms / 2}))?;
            let figures = [&told["p50"], &told["p99"], &told["hits"][0], &told["hits"][1], &told["hits"][2]];
            for (list, figure) in self.stamps.iter_mut().zip(figures) {
                list.extend(figure.as_f64());
            }
        }
        self.seconds += begin.elapsed().as_secs_f64();
        Ok(())
    }

    fn record(&mut self, workload: &Workload, program: &str) -> Value {
        let mut record = json!({"kind": "decide", "workload": workload.name, "rules": workload.rules.len(),
            "arm": self.arm.name, "program": program});
        for (mode, samples) in self.arm.modes.iter().zip(&mut self.samples) {
            record[mode] = json!(quantile(samples, 0.5));
            record[format!("{mode}_p10")] = json!(quantile(samples, 0.1));
            record[format!("{mode}_p90")] = json!(quantile(samples, 0.9));
            record[format!("{mode}_samples")] = json!(samples.len());
        }
        let names = ["p50", "p99", "none_match", "one_matches", "more_match"];
        for (name, figures) in names.into_iter().zip(&mut self.stamps) {
            if !figures.is_empty() {
                record[name] = json!(quantile(figures, 0.5));
            }
        }
        record
    }
}

/// CPU seconds from the text to a policy that serves.
fn load(name: &str, programs: &mut [Program], sink: &mut Sink) -> Result<(), String> {
    for program in programs {
        for arm in program.arms(name)?.iter().filter(|arm| arm.from_text) {
            let told = program.ask(&json!({"do": "reload", "workload": name, "arm": arm.name, "ms": 1000}))?;
            if told["seconds"].is_number() {
                sink.put(&json!({"kind": "load", "workload": name, "arm": arm.name, "seconds": told["seconds"],
                    "runs": told["runs"], "bytes": told["bytes"]}))?;
            }
        }
    }
    eprintln!("{name}: loaded");
    Ok(())
}

/// Memory of a process that does nothing else.
fn memory(name: &str, programs: &mut [Program], sink: &mut Sink) -> Result<(), String> {
    for program in programs {
        for arm in program.arms(name)?.into_iter().filter(|arm| arm.from_text) {
            let output = Command::new(program::path(&program.name)?)
                .args(["memory", &arm.name, name])
                .output()
                .map_err(|error| error.to_string())?;
            let told: Value =
                serde_json::from_slice(&output.stdout).map_err(|error| format!("{}: {error}", arm.name))?;
            if told["peak"].is_number() {
                sink.put(&json!({"kind": "memory", "workload": name, "arm": arm.name,
                    "before": told["before"], "after": told["after"], "peak": told["peak"]}))?;
            }
        }
    }
    eprintln!("{name}: memory");
    Ok(())
}
