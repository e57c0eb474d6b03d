//! The commands: one file each, and one variant each here.

mod bench;
mod build;
pub(crate) mod check;
mod completions;
mod eval;
mod explain;
mod fmt;
pub(crate) mod graph;
mod man;
mod new;
mod test;
mod tune;

use clap::{Parser, Subcommand};

use crate::exit::Outcome;
use crate::out::Out;

/// Checks, evaluates, tests, formats and draws aasrule policies, which govern what AI agents may do.
#[derive(Debug, Parser)]
#[command(name = "aasc", version, about, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 green or yellow, no errors, all tests passed; 10 red; 11 black; \
1 the rules have errors or a test failed; 2 it could not be done; 3 `bench --compare` or `tune --check` found something slower.";

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Eval(eval::Args),
    Test(test::Args),
    Build(build::Args),
    Bench(bench::Args),
    Tune(tune::Args),
    Fmt(fmt::Args),
    Graph(graph::Args),
    Explain(explain::Args),
    New(new::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs a command.
pub(crate) fn run(cli: Cli, out: &mut Out) -> Outcome {
    match cli.command {
        Command::Check(args) => check::run(&args, out),
        Command::Eval(args) => eval::run(&args, out),
        Command::Build(args) => build::run(&args, out),
        Command::Test(args) => test::run(&args, out),
        Command::Bench(args) => bench::run(&args, out),
        Command::Tune(args) => tune::run(&args, out),
        Command::Fmt(args) => fmt::run(&args, out),
        Command::Graph(args) => graph::run(&args, out),
        Command::Explain(args) => explain::run(&args, out),
        Command::New(args) => new::run(&args, out),
        Command::Completions(args) => completions::run(&args, out),
        Command::Man(args) => man::run(&args, out),
    }
}
