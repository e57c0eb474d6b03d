//! `aasc bench`
//!
//! 1. [`requests`]: what is asked: drawn from the policy's own constants, or read from a log.
//! 2. [`measure`]: how long reading and deciding take, in rounds that alternate between all ways.
//! 3. [`costs`]: which items and atoms the time goes to. [`seen`]: which items fire, and which decide.
//! 4. [`figures`]: the result, as it is stored. [`show`] prints it, [`compare`] holds it against an older one.
//!
//! The library has no clock; all time is taken here.

pub(super) mod compare;
mod costs;
pub(super) mod figures;
pub(super) mod measure;
pub(super) mod requests;
mod seen;
pub(super) mod show;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aas::artefact::Texts;
use aas::decision::Engine;
use aas::{Policy, SourceSet, graph};
use indicatif::{ProgressBar, ProgressStyle};

use crate::compile::{compile, of_artefact, with_native};
use crate::exit::{Exit, Failure, Outcome};
use crate::load;
use crate::out::Out;
use figures::Figures;

/// Measures what decisions cost.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rule files and folders, together one policy set; or an artefact of `aasc build`.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// A file with a request on each line, as `aasc eval` takes it; `-` is standard input. Without it, requests are
    /// drawn from the constants of the policy.
    #[arg(long, value_name = "FILE")]
    requests: Option<PathBuf>,
    /// What requests are drawn by: the same policy and seed give the same requests.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "requests")]
    seed: u64,
    /// How many requests of each action are drawn, or timed of a longer log.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// How often everything is measured; the figures are medians of the rounds.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(3..=1000))]
    rounds: u16,
    /// Only this action.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Writes the decision graph of the action to this file, coloured by cost.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Prints one JSON object, which `--compare` takes later.
    #[arg(long)]
    json: bool,
    /// Compares with the JSON of an earlier run; exit code 3 where something has become slower.
    #[arg(long, value_name = "OLD")]
    compare: Option<PathBuf>,
    /// Measures nothing, but compares the JSON of this run with the earlier one.
    #[arg(long, value_name = "NEW", requires = "compare", conflicts_with_all = ["requests", "svg", "action", "seed", "count", "rounds"])]
    measured: Option<PathBuf>,
    /// Differences below this are never called faster or slower, whatever the rounds say.
    #[arg(long, value_name = "PERCENT", default_value_t = 5, requires = "compare", value_parser = clap::value_parser!(u16).range(0..=1000))]
    threshold: u16,
}

/// A policy with its sources.
struct Subject {
    sources: SourceSet,
    policy: Policy,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let old = args.compare.as_deref().map(read).transpose()?;
    let new = match &args.measured {
        Some(file) => read(file)?,
        None => measured(args, old.as_ref())?,
    };
    let Some(old) = old else {
        if args.json {
            show::json(&new, None, out)?
        } else {
            show::human(&new, out)?
        }
        return Ok(Exit::Fine);
    };
    let compared = compare::compare(&old, &new, args.threshold).map_err(Failure::Said)?;
    match (args.json, &args.measured) {
        (true, _) => show::json(&new, Some(&compared), out)?,
        (false, Some(_)) => compare::human(&compared, out)?,
        (false, None) => {
            show::human(&new, out)?;
            out.line("")?;
            compare::human(&compared, out)?;
        }
    }
    Ok(if compared.verdict == compare::Verdict::Slower { Exit::Slower } else { Exit::Fine })
}

/// Measures a policy. What is held against an earlier run must be comparable before time is spent on it.
fn measured(args: &Args, old: Option<&Figures>) -> Outcome<Figures> {
    let Subject { sources, policy } = subject(&args.paths)?;
    let wanted = requests::Wanted {
        log: args.requests.as_deref(),
        seed: args.seed,
        count: args.count,
        action: args.action.as_deref(),
    };
    let asked = requests::gather(&wanted, &policy)?;
    if args.svg.is_some() && (asked.actions.len() != 1 || asked.actions.iter().any(|a| a.unit.is_none())) {
        return Err(Failure::said("A picture shows one declared action. Name it with --action."));
    }
    let mut figures = figures::empty(&policy, &asked);
    if let Some(old) = old {
        compare::comparable(old, &figures).map_err(Failure::Said)?;
    }
    let native = with_native(policy.clone());
    let policies: Vec<&Policy> = match native.engine() {
        Engine::Jit => vec![&policy, &native],
        Engine::Plan | Engine::Interp => vec![&policy],
    };
    seen::count(&policy, &asked, &mut figures);
    let progress = progress("measuring", u64::from(args.rounds) * asked.actions.len() as u64);
    measure::measure(&policies, &sources, &asked, args.rounds, &progress, &mut figures);
    progress.finish_and_clear();
    let heats = costs::measure(&native, &asked, &mut figures);
    if let (Some(file), [action], [heat]) = (&args.svg, asked.actions.as_slice(), heats.as_slice()) {
        picture(file, &policy, &action.name, heat)?;
    }
    Ok(figures)
}

fn subject(paths: &[PathBuf]) -> Outcome<Subject> {
    let Some(path) = load::artefact::named(paths)? else {
        let set = load::single(paths)?;
        return Ok(Subject { policy: compile(&set)?, sources: set.sources });
    };
    let artefact = load::artefact::open(path)?;
    let policy = of_artefact(path, &artefact)?;
    let sources = artefact.sources(policy.typed(), Texts::Lines);
    Ok(Subject { sources: sources.map_err(|why| load::artefact::refused(path, &why))?, policy })
}

/// The JSON of an earlier run.
fn read(file: &Path) -> Outcome<Figures> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::said(format_args!("`{}` cannot be read: {error}.", file.display())))?;
    figures::read(&text).map_err(|why| Failure::said(format_args!("`{}`: {why}", file.display())))
}

fn picture(file: &Path, policy: &Policy, action: &str, costs: &graph::draw::Costs) -> Outcome<()> {
    let Some(id) = policy.typed().action(action) else {
        return Err(Failure::said(format_args!("`{action}` is not declared, so there is no picture of it.")));
    };
    let part = graph::build_part(policy.typed(), id);
    let graph = graph::DecisionGraph { policy: policy.typed(), parts: vec![part] };
    std::fs::write(file, graph::draw::svg_by_cost(&graph, costs))
        .map_err(|error| Failure::said(format_args!("`{}` cannot be written: {error}.", file.display())))
}

/// A bar on a terminal, nothing elsewhere.
pub(super) fn progress(what: &'static str, steps: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(what);
    // Drawing takes time from what is measured: seldom.
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
