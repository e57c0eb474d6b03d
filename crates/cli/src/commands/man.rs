//! `aasc man`

use clap::CommandFactory;
use clap_mangen::Man;

use crate::exit::{Exit, Outcome};
use crate::out::Out;

/// Prints the manual page, with a section for each command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, out: &mut Out) -> Outcome {
    let mut bytes = Vec::new();
    let mut command = super::Cli::command();
    command.build();
    Man::new(command.clone()).render(&mut bytes)?;
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        let name = sub.get_display_name().unwrap_or_else(|| sub.get_name()).replace('-', " ");
        bytes.extend(format!(".SH {}\n", name.to_uppercase()).bytes());
        let man = Man::new(sub.clone());
        man.render_description_section(&mut bytes)?;
        man.render_synopsis_section(&mut bytes)?;
        man.render_options_section(&mut bytes)?;
    }
    out.text(&String::from_utf8_lossy(&bytes))?;
    Ok(Exit::Fine)
}
