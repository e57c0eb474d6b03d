//! `aasc test`
//!
//! [`mod@run`]: the tests and asserts of a set, on every engine. [`show`]: the results for people, programs and
//! continuous integration. [`coverage`]: what the tests have seen.

mod coverage;
mod run;
mod show;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::ProgressBar;

use crate::compile::{compile, with_native};
use crate::exit::{Exit, Failure, Outcome};
use crate::load;
use crate::out::Out;

/// Runs `test` blocks on every engine, and exercises `assert`s on generated requests.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rule files and folders.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Runs only tests and asserts whose title, item or package holds this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Shows which items, clauses and outcomes the tests have seen.
    #[arg(long)]
    coverage: bool,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// One JSON object.
    Json,
    /// JUnit XML, for continuous integration.
    Junit,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let started = Instant::now();
    let progress = progress();
    let mut reports = Vec::new();
    for set in load::sets(&args.paths)? {
        let policy = with_native(compile(&set)?);
        let filter = args.filter.as_deref().unwrap_or_default();
        reports.push(run::run(set, policy, filter, &progress)?);
    }
    progress.finish_and_clear();
    if let Some(filter) = args.filter.as_deref().filter(|_| reports.iter().all(|r| r.results.is_empty())) {
        return Err(Failure::said(format_args!("No test or assert has `{filter}` in its title or package.")));
    }
    let seconds = started.elapsed();
    match args.format {
        Format::Human => show::human(&reports, seconds, out)?,
        Format::Json => show::json(&reports, seconds, args.coverage, out)?,
        Format::Junit => show::junit(&reports, seconds, out)?,
    }
    if args.coverage && args.format == Format::Human {
        reports.iter().try_for_each(|report| coverage::human(report, out))?;
    }
    let failed = reports.iter().any(|r| r.results.iter().any(|t| !t.failures.is_empty()));
    Ok(if failed { Exit::Wrong } else { Exit::Fine })
}

/// A spinner on a terminal, nothing elsewhere.
fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}
