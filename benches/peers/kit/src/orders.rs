//! The program of an engine: orders in, one JSON line each; answers out, one JSON line each.
//!
//! | order | answer |
//! |---|---|
//! | `{"do":"arms","workload":W}` | the arms that take it, with their modes |
//! | `{"do":"load","workload":W,"arm":A}` | CPU seconds, the decisions in every mode, and the first request as JSON |
//! | `{"do":"sample","arm":A,"mode":M,"ms":60}` | nanoseconds a decision, one number a sample |
//! | `{"do":"stamp","arm":A,"ms":30}` | median and p99 of single decisions |
//! | `{"do":"threads","arm":A,"rounds":5,"ms":100}` | how two threads scale, and how the control does |
//! | `{"do":"reload","workload":W,"arm":A,"ms":500}` | CPU seconds of loading, again and again |
//! | `{"do":"write","workload":W,"arm":A,"folder":F}` | the policy is written to files; their paths |
//! | `{"do":"drop"}` | everything loaded is gone |
//!
//! Two orders come as arguments and end with the process: `memory ARM WORKLOAD` and
//! `once ARM WORKLOAD REQUEST FILE…`.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use workload::Workload;

use crate::clock::{self, Clock, quantile};
use crate::sampler::Loaded;
use crate::{Arm, Files, Mode, threads};

/// Runs the program of an engine.
pub fn serve(arms: &[Arm]) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => listen(arms),
        ["memory", arm, workload] => println!("{}", memory(find(arms, arm), &named(workload))),
        ["once", "none", ..] => println!("0"),
        ["once", arm, workload, request, ..] => println!("{}", once(find(arms, arm), workload, request, &words[4..])),
        ["write", folder, workload] => write(arms, folder, &named(workload)),
        _ => eprintln!("orders come from the driver; `write FOLDER WORKLOAD` writes the policy of every arm"),
    }
}

fn find<'a>(arms: &'a [Arm], name: &str) -> &'a Arm {
    arms.iter().find(|arm| arm.name == name).unwrap_or_else(|| panic!("there is no arm `{name}` here"))
}

fn named(name: &str) -> Workload {
    Workload::by_name(name).unwrap_or_else(|| panic!("there is no workload `{name}`"))
}

fn listen(arms: &[Arm]) {
    let unit = clock::calibrate();
    let mut loaded: HashMap<String, Loaded> = HashMap::new();
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    for line in input.lines() {
        let line = line.expect("a line of the driver");
        let order: Value = serde_json::from_str(&line).expect("an order");
        let answer = obey(arms, &order, unit, &mut loaded);
        writeln!(output, "{answer}").and_then(|()| output.flush()).expect("the driver listens");
    }
}

fn obey(arms: &[Arm], order: &Value, unit: (f64, f64), loaded: &mut HashMap<String, Loaded>) -> Value {
    let text = |key: &str| order[key].as_str().unwrap_or_default();
    let time = Duration::from_millis(order["ms"].as_u64().unwrap_or(50));
    match text("do") {
        "arms" => {
            let workload = named(text("workload"));
            let takes = arms.iter().filter(|arm| (arm.takes)(&workload));
            takes.map(|arm| json!({"arm": arm.name, "modes": modes(arm), "from_text": arm.from_text})).collect()
        }
        "load" => load(find(arms, text("arm")), named(text("workload")), loaded),
        "reload" => reload(find(arms, text("arm")), &named(text("workload")), time),
        "write" => save(find(arms, text("arm")), &named(text("workload")), text("folder")),
        "drop" => {
            loaded.clear();
            json!({})
        }
        what => {
            let engine = loaded.get_mut(text("arm")).expect("it was loaded before");
            match what {
                "sample" => {
                    let mode = Mode::ALL.into_iter().find(|mode| mode.name() == text("mode")).expect("a mode");
                    json!(engine.sample(mode, time))
                }
                "stamp" => {
                    let stamps = engine.stamps(time, unit);
                    let [all, none, one, more] = stamps.map(|mut ns| (quantile(&mut ns, 0.5), quantile(&mut ns, 0.99)));
                    json!({"p50": all.0, "p99": all.1, "hits": [none.0, one.0, more.0]})
                }
                "threads" => {
                    let rounds = order["rounds"].as_u64().unwrap_or(5) as usize;
                    json!(threads::scaling(engine, rounds, time))
                }
                _ => panic!("unknown order `{what}`"),
            }
        }
    }
}

fn modes(arm: &Arm) -> Vec<&'static str> {
    arm.modes.iter().map(|mode| mode.name()).collect()
}

/// Loads, and decides everything in every mode: the driver compares before anything is timed.
fn load(arm: &Arm, workload: Workload, loaded: &mut HashMap<String, Loaded>) -> Value {
    let files = (arm.write)(&workload);
    match Loaded::new(arm, &files, workload) {
        Err(reason) => json!({"refused": reason}),
        Ok(mut engine) => {
            let decisions: serde_json::Map<String, Value> = match arm.decides {
                true => arm.modes.iter().map(|&m| (m.name().to_owned(), json!(engine.decisions(m)))).collect(),
                false => serde_json::Map::new(),
            };
            let answer = json!({"seconds": engine.seconds, "decisions": decisions, "request": engine.requests().1[0]});
            loaded.insert(arm.name.to_owned(), engine);
            answer
        }
    }
}

fn reload(arm: &Arm, workload: &Workload, time: Duration) -> Value {
    let files = (arm.write)(workload);
    let (wall, mut seconds) = (Instant::now(), Vec::new());
    while seconds.is_empty() || (wall.elapsed() < time && seconds.len() < 50) {
        let begin = clock::cpu(Clock::Process);
        match (arm.load)(&files, workload) {
            Err(reason) => return json!({"refused": reason}),
            Ok(engine) => {
                seconds.push(clock::cpu(Clock::Process) - begin);
                drop(engine);
            }
        }
    }
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    json!({"seconds": quantile(&mut seconds, 0.5), "runs": seconds.len(), "bytes": bytes})
}

/// KiB before the policy is loaded, after it, and at the highest.
fn memory(arm: &Arm, workload: &Workload) -> Value {
    let files = (arm.write)(workload);
    let before = clock::memory().0;
    let mut engine = match (arm.load)(&files, workload) {
        Ok(engine) => engine,
        Err(reason) => return json!({"refused": reason}),
    };
    let after = clock::memory().0;
    engine.prepare(&workload.asks);
    for i in 0..workload.asks.len() {
        engine.eval(i);
    }
    json!({"before": before, "after": after, "peak": clock::memory().1})
}

/// A fresh process that reads a policy and decides one request.
fn once(arm: &Arm, workload: &str, request: &str, paths: &[&str]) -> u8 {
    let read = |path: &&str| ((*path).to_owned(), std::fs::read_to_string(path).expect("a policy"));
    let files: Files = paths.iter().map(read).collect();
    // An arm that loads from text alone looks at no more than the name of a workload.
    let name = workload.to_owned();
    let named = Workload { name, rules: vec![], asks: vec![], right: vec![], hits: vec![], parents: vec![] };
    let mut engine = (arm.load)(&files, &named).expect("a policy that was loaded before");
    engine.json(request)
}

/// Writes the policy of an arm to files.
fn save(arm: &Arm, workload: &Workload, folder: &str) -> Value {
    std::fs::create_dir_all(folder).expect("a folder that can be made");
    let write = |(name, text): (String, String)| {
        let path = format!("{folder}/{name}");
        std::fs::write(&path, text).expect("a folder that can be written to");
        path
    };
    (arm.write)(workload).into_iter().map(write).collect()
}

/// Writes the policy of every arm, for people to look at, and the requests.
fn write(arms: &[Arm], folder: &str, workload: &Workload) {
    for arm in arms.iter().filter(|arm| (arm.takes)(workload)) {
        save(arm, workload, &format!("{folder}/{}", arm.name));
    }
    std::fs::write(format!("{folder}/requests.jsonl"), workload.json().join("\n"))
        .expect("a folder that can be written to");
}
