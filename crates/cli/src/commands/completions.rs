//! `aasc completions SHELL`

use clap::CommandFactory;
use clap_complete::Shell;

use crate::exit::{Exit, Outcome};
use crate::out::Out;

/// Prints the completion file of a shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which shell.
    shell: Shell,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "aasc", &mut bytes);
    out.text(&String::from_utf8_lossy(&bytes))?;
    Ok(Exit::Fine)
}
