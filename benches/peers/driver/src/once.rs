//! Processes that load a policy, decide one request and end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use kit::clock::{children, quantile};
use serde_json::{Value, json};
use workload::{Tier, Workload};

use crate::program::{self, Program};
use crate::records::Sink;

/// How often each process is run.
const RUNS: usize = 15;
/// Milliseconds after which a process is not run again.
const PATIENCE: f64 = 10_000.0;

/// What a process must say.
enum Says {
    /// It does nothing: what the others are compared with.
    Nothing,
    /// The tier as a digit.
    Digit(Tier),
    /// The decision as JSON.
    Decision(Tier),
}

struct Job {
    arm: String,
    program: PathBuf,
    arguments: Vec<String>,
    says: Says,
    cpu: Vec<f64>,
    wall: Vec<f64>,
}

impl Job {
    fn new(arm: &str, program: &Path, arguments: Vec<String>, says: Says) -> Self {
        let (arm, program) = (arm.to_owned(), program.to_owned());
        Self { arm, program, arguments, says, cpu: Vec::new(), wall: Vec::new() }
    }

    fn take(&mut self) -> Result<(), String> {
        if self.wall.iter().sum::<f64>() > PATIENCE {
            return Ok(());
        }
        let (wall, cpu) = (Instant::now(), children());
        let output = Command::new(&self.program).args(&self.arguments).output().map_err(|error| error.to_string())?;
        self.wall.push(wall.elapsed().as_secs_f64() * 1e3);
        self.cpu.push((children() - cpu) * 1e3);
        let said = String::from_utf8_lossy(&output.stdout);
        let right = match self.says {
            Says::Nothing => output.status.success(),
            Says::Digit(tier) => said.trim() == tier.to_string(),
            Says::Decision(tier) => {
                let name = ["green", "yellow", "red", "black"][usize::from(tier) - 1];
                serde_json::from_str::<Value>(&said).is_ok_and(|decision| decision["tier"] == name)
            }
        };
        if right { Ok(()) } else { Err(format!("{} as a process said `{}`", self.arm, said.trim())) }
    }
}

/// Runs the processes of a workload in turns.
pub(crate) fn measure(
    name: &str,
    programs: &mut [Program],
    aasc: Option<&Path>,
    sink: &mut Sink,
) -> Result<(), String> {
    let workload = Workload::by_name(name).ok_or("a workload")?;
    let folder = std::env::temp_dir().join(format!("aas-bench-{}", std::process::id()));
    let mut jobs = Vec::new();
    for program in programs.iter_mut() {
        jobs.extend(of_program(program, &workload, &folder, aasc)?);
    }
    for _ in 0..RUNS {
        jobs.iter_mut().try_for_each(Job::take)?;
    }
    let mut nothing = f64::NAN;
    for job in &mut jobs {
        let cpu = quantile(&mut job.cpu, 0.5);
        if matches!(job.says, Says::Nothing) {
            nothing = cpu;
        }
        sink.put(&json!({"kind": "once", "workload": name, "arm": job.arm, "cpu_ms": cpu, "net_ms": cpu - nothing,
            "wall_ms": quantile(&mut job.wall, 0.5)}))?;
    }
    let _ = std::fs::remove_dir_all(folder);
    eprintln!("{name}: one-shot processes");
    Ok(())
}

/// The processes of a program, the one that does nothing first.
fn of_program(
    program: &mut Program,
    workload: &Workload,
    folder: &Path,
    aasc: Option<&Path>,
) -> Result<Vec<Job>, String> {
    let (path, name) = (program::path(&program.name)?, workload.name.as_str());
    let none = ["once", "none"].map(str::to_owned).into();
    let mut jobs = vec![Job::new(&format!("{}: nothing", program.name), &path, none, Says::Nothing)];
    let mut own_tool = Vec::new();
    for arm in program.arms(name)?.into_iter().filter(|arm| arm.from_text) {
        let told = program.ask(&json!({"do": "load", "workload": name, "arm": arm.name}))?;
        program.ask(&json!({"do": "drop"}))?;
        let Some(request) = told["request"].as_str() else { continue };
        let own = folder.join(arm.name.replace([' ', ','], "-"));
        let written = program.ask(&json!({"do": "write", "workload": name, "arm": arm.name, "folder": own}))?;
        let paths = written.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let arguments = ["once", &arm.name, name, request].map(str::to_owned).into_iter().chain(paths).collect();
        jobs.push(Job::new(&arm.name, &path, arguments, Says::Digit(workload.right[0])));
        if let (Some(aasc), "aas") = (aasc, arm.name.as_str()) {
            own_tool = of_command_line(aasc, &own, request, workload.right[0])?;
        }
    }
    jobs.extend(own_tool);
    Ok(jobs)
}

/// `aasc eval` from source and from an artefact, above `/bin/true`.
fn of_command_line(aasc: &Path, rules: &Path, request: &str, right: Tier) -> Result<Vec<Job>, String> {
    let (file, artefact) = (rules.with_extension("json"), rules.with_extension("aasc"));
    std::fs::write(&file, request).map_err(|error| error.to_string())?;
    let built = Command::new(aasc).arg("build").arg(rules).arg("-o").arg(&artefact).output();
    let built = built.map_err(|error| format!("{}: {error}", aasc.display()))?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    let eval = |arm: &str, rules: &Path| {
        let arguments = ["eval", "--rules", &rules.to_string_lossy(), "--request", &file.to_string_lossy()];
        let arguments = arguments.into_iter().chain(["--format", "json"]).map(str::to_owned).collect();
        Job::new(arm, aasc, arguments, Says::Decision(right))
    };
    Ok(vec![
        Job::new("true: nothing", Path::new("/bin/true"), Vec::new(), Says::Nothing),
        eval("aasc eval, from source", rules),
        eval("aasc eval, from artefact", &artefact),
    ])
}
