//! `aasc new NAME`

use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure, Outcome};
use crate::load::MANIFEST;
use crate::out::Out;

/// Makes a starter package that passes `aasc check` and `aasc test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The package's name: words of letters, digits and `_`. A folder of this name is made.
    name: String,
    /// Where the folder is made.
    #[arg(long = "in", value_name = "FOLDER", default_value = ".")]
    parent: PathBuf,
}

const MANIFEST_TEXT: &str = include_str!("new/aas.toml");
const ACTIONS_TEXT: &str = include_str!("new/actions.aasrule");
const RULES_TEXT: &str = include_str!("new/rules.aasrule");

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let name = args.name.as_str();
    let good = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !good {
        return Err(Failure::said(format_args!(
            "`{name}` is not a package name. Write lower-case letters, digits and `_`, a letter first."
        )));
    }
    let folder = args.parent.join(name);
    if folder.exists() {
        return Err(Failure::said(format_args!("`{}` exists already; nothing was changed.", folder.display())));
    }
    std::fs::create_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
    for (file, text) in [(MANIFEST, MANIFEST_TEXT), ("actions.aasrule", ACTIONS_TEXT), ("rules.aasrule", RULES_TEXT)] {
        let path = folder.join(file);
        std::fs::write(&path, text.replace("starter", name)).map_err(|error| cannot_write(&path, &error))?;
    }
    let shown = folder.display();
    out.line(format_args!("Made the package `{name}` in {shown}. Try:"))?;
    out.line(format_args!("  aasc check {shown}"))?;
    out.line(format_args!("  aasc test {shown}"))?;
    Ok(Exit::Fine)
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::said(format_args!("`{}` cannot be written: {error}.", path.display()))
}
