//! `aasc`: checks, evaluates, tests, formats and draws aasrule policies.
//!
//! A thin shell around the crate `aas`: it reads files and the clock, calls, and prints. It holds no
//! decisions of its own. Exit codes tell *refused* from *broken*; see [`exit::Exit`].
//!
//! * [`load`]: paths on the command line become policy sets.
//! * [`commands`]: one file a command.
//! * [`out`]: colours on a terminal, plain text in a pipe, quiet where the pipe closes.
#![allow(clippy::disallowed_methods, reason = "the shell around the pure heart reads files and the clock")]

mod exit;
mod footprint;
mod out;
mod load;
mod report;
mod compile;
mod worst;
mod emit;
mod shown;
mod commands;

use clap::Parser;

fn main() -> std::process::ExitCode {
    let cli = commands::Cli::parse();
    let mut out = out::Out::new();
    let result = commands::run(cli, &mut out).and_then(|exit| out.flush().map(|()| exit));
    exit::finish(result)
}
