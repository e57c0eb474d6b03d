//! `aasc eval`

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use aas::decision::{Decision, Engine, Tier};
use aas::json::MAX_BYTES;
use aas::reader::wire::{self, Placement};
use aas::{Entities, Facts, Policy, Request};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::compile::{compile, with_native};
use crate::exit::{Exit, Failure, Outcome};
use crate::load::{self, Set};
use crate::out::{self, Out};
use crate::shown;

/// Decides requests.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true))]
pub(crate) struct Args {
    /// Rule files and folders; together they are one policy set.
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// A file with one request as JSON; `-` is standard input.
    #[arg(long, value_name = "FILE", group = "input")]
    request: Option<PathBuf>,
    /// A file with a request on each line; the decisions come out in the same order, a line each.
    #[arg(long, value_name = "FILE", group = "input")]
    requests: Option<PathBuf>,
    /// Which evaluator decides; `all` asks each of them and fails where they differ.
    #[arg(long, value_enum, default_value_t = Wanted::Jit)]
    engine: Wanted,
    /// Tells how the decision came about.
    #[arg(long)]
    explain: bool,
    /// How a single decision is printed; many are always JSON, a line each.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Which evaluators decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// Native code.
    Jit,
    /// The plan, walked.
    Plan,
    /// The readable definition of the language.
    Interp,
    /// All of them, compared.
    All,
}

impl Wanted {
    fn engines(self) -> &'static [Engine] {
        match self {
            Self::Jit => &[Engine::Jit],
            Self::Plan => &[Engine::Plan],
            Self::Interp => &[Engine::Interp],
            Self::All => &[Engine::Jit, Engine::Plan, Engine::Interp],
        }
    }
}

/// How a decision is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// One JSON object.
    Json,
}

/// A policy with what is needed to answer by it.
struct Desk<'a> {
    args: &'a Args,
    set: Set,
    policy: Policy,
}

/// A request that was read, with its answer.
struct Answered {
    request: Request,
    facts: Facts,
    entities: Entities,
    decision: Decision,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let set = load::single(&args.rules)?;
    let policy = compile(&set)?;
    let wanted = args.engine.engines();
    let policy = if wanted.contains(&Engine::Jit) { with_native(policy) } else { policy };
    let desk = Desk { args, set, policy };
    match (&args.request, &args.requests) {
        (Some(file), _) => desk.one(file, out),
        (None, Some(file)) => desk.many(file, out),
        (None, None) => Err(Failure::said("Name a request with --request, or requests with --requests.")),
    }
}

impl Desk<'_> {
    fn one(&self, file: &Path, out: &mut Out) -> Outcome {
        let mut bytes = Vec::new();
        open(file)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| unreadable(file, &e))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Failure::said(format_args!("{} is not UTF-8: byte {at} is wrong.", name_of(file)))
        })?;
        let answered = self.answer(&text).map_err(|said| Failure::said(format_args!("{}: {said}", name_of(file))))?;
        match self.args.format {
            Format::Human => shown::human(&self.policy, &self.set.sources, &answered.view(), self.args.explain, out)?,
            Format::Json => out.line(crate::report::pretty(&self.json(&answered)))?,
        }
        Ok(match answered.decision.tier {
            Tier::Green | Tier::Yellow => Exit::Fine,
            Tier::Red => Exit::Red,
            Tier::Black => Exit::Black,
        })
    }

    /// A line in, a line out. A line that is not a request gets an error object in its place.
    fn many(&self, file: &Path, out: &mut Out) -> Outcome {
        let mut reader = BufReader::new(open(file)?);
        let mut number = 0;
        loop {
            let mut line = Vec::new();
            let limit = MAX_BYTES as u64 + 2;
            let read = reader.by_ref().take(limit).read_until(b'\n', &mut line).map_err(|e| unreadable(file, &e))?;
            if read == 0 {
                return Ok(Exit::Fine);
            }
            number += 1;
            if read as u64 == limit && !line.ends_with(b"\n") {
                reader.skip_until(b'\n').map_err(|e| unreadable(file, &e))?;
            }
            let text = String::from_utf8_lossy(&line);
            if text.trim().is_empty() {
                continue;
            }
            let answered = match std::str::from_utf8(&line) {
                Ok(text) => self.answer(text.trim()),
                Err(_) => Err("the line is not UTF-8".into()),
            };
            let value = match answered {
                Ok(answered) => self.json(&answered),
                Err(said) => {
                    // Each line is read by itself, so a place in it is on its line 1.
                    let said = said.strip_prefix("1:").map_or(said.clone(), |rest| format!("column {rest}"));
                    json!({ "error": { "line": number, "message": said } })
                }
            };
            out.line(value)?;
        }
    }

    /// Reads a request and decides it. The clock and start values are taken here, and only here.
    fn answer(&self, text: &str) -> Result<Answered, String> {
        let incoming = wire::request(self.policy.typed(), text, Placement::Tests).map_err(|error| error.to_string())?;
        for warning in &incoming.warnings {
            out::note(format_args!("warning: {warning}"));
        }
        let mut facts = self.policy.with_start_values(&incoming.facts);
        facts.now.get_or_insert_with(|| jiff::Timestamp::now().as_microsecond());
        let entities = self.policy.entities(&incoming.entities).map_err(|error| error.to_string())?;
        let request = incoming.request;
        let decisions: Vec<Decision> = self
            .args
            .engine
            .engines()
            .iter()
            .map(|engine| self.policy.decide_with(*engine, &request, &facts, &entities))
            .collect();
        let Some((first, others)) = decisions.split_first() else { return Err("no engine was asked".into()) };
        if let Some(other) = others.iter().find(|d| !shown::same(first, d)) {
            return Err(format!(
                "the engines differ: {} says {}, {} says {}; this is a fault of aasc",
                shown::engine(first.engine),
                first.tier,
                shown::engine(other.engine),
                other.tier
            ));
        }
        for error in first.errors.iter().filter(|e| e.code == "undeclared") {
            out::note(format_args!("warning: {}", error.message));
        }
        let decision = first.clone();
        Ok(Answered { request, facts, entities, decision })
    }

    fn json(&self, answered: &Answered) -> Value {
        shown::json(&self.policy, &self.set.sources, &answered.view(), self.args.explain)
    }
}

impl Answered {
    fn view(&self) -> shown::View<'_> {
        shown::View { request: &self.request, facts: &self.facts, entities: &self.entities, decision: &self.decision }
    }
}

fn open(file: &Path) -> Outcome<Box<dyn Read>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin()));
    }
    let about = std::fs::metadata(file).map_err(|e| unreadable(file, &e))?;
    if about.is_dir() {
        return Err(Failure::said(format_args!("`{}` is a folder; name a file.", file.display())));
    }
    Ok(Box::new(std::fs::File::open(file).map_err(|e| unreadable(file, &e))?))
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound => Failure::said(format_args!("There is no file `{}`.", file.display())),
        _ => Failure::said(format_args!("`{}` cannot be read: {error}.", file.display())),
    }
}

fn name_of(file: &Path) -> String {
    if file.as_os_str() == "-" { "standard input".into() } else { format!("`{}`", file.display()) }
}
