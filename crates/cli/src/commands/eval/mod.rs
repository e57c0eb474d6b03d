//! `aasc eval`

mod lines;

use std::io::Read;
use std::path::{Path, PathBuf};

use aas::answer::Answer;
use aas::artefact::{Artefact, Texts};
use aas::decision::{Decision, Engine, Tier};
use aas::json::MAX_BYTES;
use aas::policy::{Taken, Terms, TextDecider};
use aas::reader::wire::{self, Placement, WireError};
use aas::{Asked, Entities, Facts, OneAction, Policy, Raw, Request, SourceSet};
use clap::ValueEnum;

use crate::compile::{checked, compile, in_order_of_part, of_artefact, with_native};
use crate::exit::{Exit, Failure, Outcome};
use crate::load::{self, artefact::OnDisk};
use crate::out::{self, Out};
use crate::shown;

/// Decides requests.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true))]
pub(crate) struct Args {
    /// Rule files and folders, together one policy set; or an artefact of `aasc build`.
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// A file with one request as JSON; `-` is standard input.
    #[arg(long, value_name = "FILE", group = "input")]
    request: Option<PathBuf>,
    /// A file with a request on each line; the decisions come out in the same order, a line each.
    #[arg(long, value_name = "FILE", group = "input")]
    requests: Option<PathBuf>,
    /// Which evaluator decides; `all` asks each of them and fails where they differ. Native code takes longer to
    /// make than one decision, so without this option a single request is decided by the plan, many by `jit`.
    #[arg(long, value_enum)]
    engine: Option<Wanted>,
    /// Tells how the decision came about.
    #[arg(long)]
    explain: bool,
    /// How many threads answer the requests of a file; as many as there are processors where nothing is said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
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
    sources: SourceSet,
    policy: Policy,
    engines: &'static [Engine],
}

/// A request that was read, with its answer.
struct Answered {
    request: Request,
    facts: Facts,
    entities: Entities,
    decision: Decision,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let artefact = load::artefact::named(&args.rules)?;
    match (&args.request, &args.requests) {
        (Some(file), _) => one(args, artefact, file, out),
        (None, Some(file)) => many(args, artefact, file, out),
        (None, None) => Err(Failure::said("Name a request with --request, or requests with --requests.")),
    }
}

/// One request: only what its action needs is read and made.
fn one(args: &Args, artefact: Option<&Path>, file: &Path, out: &mut Out) -> Outcome {
    let engines = args.engine.unwrap_or(Wanted::Plan).engines();
    match artefact {
        None => {
            let set = load::single(&args.rules)?;
            let typed = checked(&set)?;
            let raw = read_one(file)?;
            let part = OneAction::of(&typed, action_of(file, &raw)?);
            let policy = in_order_of_part(&set, own(&part, file, &raw)?);
            Desk::new(args, engines, policy, set.sources).one(file, &raw, out)
        }
        Some(path) => {
            let artefact = load::artefact::open(path)?;
            let raw = read_one(file)?;
            let (action, refused) = (action_of(file, &raw)?, |why| load::artefact::refused(path, &why));
            if args.explain {
                // An explanation tells of items that are close, too.
                let part = OneAction::load(&artefact, action).map_err(refused)?;
                let desk = Desk::of_artefact(args, engines, (path, &artefact), own(&part, file, &raw)?)?;
                return desk.one(file, &raw, out);
            }
            let asked = Asked::open(&artefact, action).map_err(refused)?;
            let taken = asked.take_raw(&raw, &terms(clock())).map_err(|error| said(file, &error))?;
            let (request, facts, entities) = (taken.request.clone(), taken.facts.clone(), &taken.entities);
            let part = asked.load(request, facts, entities.clone().into_owned()).map_err(refused)?;
            let policy = part.ok_or_else(another_action)?.policy().clone();
            Desk::of_artefact(args, engines, (path, &artefact), policy)?.tell(file, taken, out)
        }
    }
}

fn action_of<'a>(file: &Path, raw: &'a Raw) -> Outcome<&'a str> {
    wire::action_of(raw).map_err(|error| not_read(file, &error))
}

/// The policy of a part, for the request it was made for.
fn own(part: &OneAction, file: &Path, raw: &Raw) -> Outcome<Policy> {
    let policy = part.policy_for(&Request::new(action_of(file, raw)?)).cloned();
    policy.ok_or_else(another_action)
}

fn another_action() -> Failure {
    Failure::said("The part is that of another action; this is a fault of aasc.")
}

/// Why a request gets no decision.
fn said(file: &Path, why: &impl std::fmt::Display) -> Failure {
    Failure::said(format_args!("{}: {why}", name_of(file)))
}

/// A request on each line.
fn many(args: &Args, artefact: Option<&Path>, file: &Path, out: &mut Out) -> Outcome {
    let engines = args.engine.unwrap_or(Wanted::Jit).engines();
    let desk = match artefact {
        None => Desk::of_rules(args, engines)?,
        Some(path) => {
            let artefact = load::artefact::open(path)?;
            let policy = of_artefact(path, &artefact)?;
            Desk::of_artefact(args, engines, (path, &artefact), policy)?
        }
    };
    desk.many(file, out)
}

impl<'a> Desk<'a> {
    fn of_rules(args: &'a Args, engines: &'static [Engine]) -> Outcome<Self> {
        let set = load::single(&args.rules)?;
        let policy = compile(&set)?;
        Ok(Self::new(args, engines, policy, set.sources))
    }

    /// Only an explanation quotes the rules; otherwise their lines are enough.
    fn of_artefact(
        args: &'a Args,
        engines: &'static [Engine],
        (path, artefact): (&Path, &Artefact<OnDisk>),
        policy: Policy,
    ) -> Outcome<Self> {
        let texts = if args.explain { Texts::OfItems } else { Texts::Lines };
        let sources = artefact.sources(policy.typed(), texts).map_err(|why| load::artefact::refused(path, &why))?;
        Ok(Self::new(args, engines, policy, sources))
    }

    fn new(args: &'a Args, engines: &'static [Engine], policy: Policy, sources: SourceSet) -> Self {
        let policy = if engines.contains(&Engine::Jit) { with_native(policy) } else { policy };
        Self { args, sources, policy, engines }
    }

    fn one(&self, file: &Path, raw: &Raw, out: &mut Out) -> Outcome {
        let taken = self.policy.take_raw(raw, &terms(clock())).map_err(|error| said(file, &error))?;
        self.tell(file, taken, out)
    }

    /// Decides a request that was read.
    fn tell(&self, file: &Path, taken: Taken<'_>, out: &mut Out) -> Outcome {
        let mut notes = Vec::new();
        let answered = self.answer(taken, &mut notes).map_err(|why| said(file, &why))?;
        notes.iter().for_each(out::note);
        match self.args.format {
            Format::Human => shown::human(&self.policy, &self.sources, &answered.view(), self.args.explain, out)?,
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
        let texts = self.policy.texts(&self.sources);
        let quick = !self.args.explain && matches!(self.engines, [engine] if *engine == self.policy.engine());
        let worker = || Worker { desk: self, decider: quick.then(|| texts.decider()), now: None };
        let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = self.args.threads.map_or_else(processors, usize::from);
        lines::run(open(file)?, workers, worker, |error| unreadable(file, error), out)?;
        Ok(Exit::Fine)
    }

    /// Decides a request.
    fn answer(&self, taken: Taken<'_>, notes: &mut Vec<String>) -> Result<Answered, String> {
        notes.extend(taken.warnings.iter().map(|said| format!("warning: {said}")));
        let (request, facts, entities) = (taken.request, taken.facts, taken.entities.into_owned());
        let decisions: Vec<Decision> =
            self.engines.iter().map(|engine| self.policy.decide_with(*engine, &request, &facts, &entities)).collect();
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
        let undeclared = first.errors.iter().filter(|e| e.code == "undeclared");
        notes.extend(undeclared.map(|error| format!("warning: {}", error.message)));
        let decision = first.clone();
        Ok(Answered { request, facts, entities, decision })
    }

    fn json(&self, answered: &Answered) -> Answer {
        shown::json(&self.policy, &self.sources, &answered.view(), self.args.explain)
    }
}

impl Answered {
    fn view(&self) -> shown::View<'_> {
        shown::View { request: &self.request, facts: &self.facts, entities: &self.entities, decision: &self.decision }
    }
}

/// What `aasc eval` adds to a request: the declared start values, and the time.
fn terms(now: i64) -> Terms<'static> {
    Terms { placement: Placement::Tests, start_values: true, now: Some(now), entities: None }
}

/// The clock is read here, and only here.
fn clock() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// Answers lines on one thread.
struct Worker<'d> {
    desk: &'d Desk<'d>,
    /// Where one engine answers, and only answers.
    decider: Option<TextDecider>,
    /// The time at which a chunk was begun.
    now: Option<i64>,
}

impl lines::Answers for Worker<'_> {
    fn begin(&mut self) {
        self.now = None;
    }

    fn answer(&mut self, line: &[u8], out: &mut Vec<u8>, notes: &mut Vec<String>) -> Result<(), String> {
        let terms = terms(*self.now.get_or_insert_with(clock));
        if let Some(decider) = &mut self.decider {
            if decider.plain_answer(line, &terms, out).is_some() {
                return Ok(());
            }
        }
        let text = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8")?.trim();
        if text.is_empty() {
            return Ok(());
        }
        let answered = match &mut self.decider {
            Some(decider) => {
                decider.answer(text.as_bytes(), &terms, out).map_err(|error| error.to_string()).map(|told| {
                    notes.extend(told.notes.iter().map(|said| format!("warning: {said}")));
                })
            }
            None => {
                let taken = self.desk.policy.take(text.as_bytes(), &terms).map_err(|error| error.to_string());
                taken.and_then(|t| self.desk.answer(t, notes)).map(|answered| self.desk.json(&answered).write(out))
            }
        };
        // Each line is read by itself, so a place in it is on its line 1.
        answered.map_err(|said| said.strip_prefix("1:").map_or(said.clone(), |rest| format!("column {rest}")))
    }
}

/// The JSON of a single request.
fn read_one(file: &Path) -> Outcome<Raw> {
    let mut bytes = Vec::new();
    open(file)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| unreadable(file, &e))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::said(format_args!("{} is not UTF-8: byte {at} is wrong.", name_of(file)))
    })?;
    aas::json::parse(&text).map_err(|error| not_read(file, &WireError::Json(error)))
}

fn not_read(file: &Path, error: &WireError) -> Failure {
    Failure::said(format_args!("{}: {error}", name_of(file)))
}

fn open(file: &Path) -> Outcome<Box<dyn Read + Send>> {
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
