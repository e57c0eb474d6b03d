//! `aasc graph`

use std::path::{Path, PathBuf};

use aas::check::typed::TypedPolicy;
use clap::ValueEnum;

use crate::compile::compile;
use crate::emit;
use crate::exit::{Exit, Failure, Outcome};
use crate::load;
use crate::out::Out;

/// Draws how decisions come about: the whole graph, or that of one action.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rule files and folders, or an artefact of `aasc build`.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Only what concerns this action.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// The form of the drawing; without it, what the name of the output file ends in, or text.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Writes to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The form of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A picture for browsers.
    Svg,
    /// The language of Graphviz.
    Dot,
    /// A diagram in Markdown.
    Mermaid,
    /// Plain text.
    Text,
}

impl Format {
    /// The form that a file's name asks for.
    fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "svg" => Some(Self::Svg),
            "dot" | "gv" => Some(Self::Dot),
            "mmd" | "mermaid" => Some(Self::Mermaid),
            _ => None,
        }
    }
}

/// The policies that the paths mean: one artefact, or sets of rule files.
fn policies(paths: &[PathBuf]) -> Outcome<Vec<TypedPolicy>> {
    if let Some(path) = load::artefact::named(paths)? {
        let policy = load::artefact::open(path)?.policy();
        return Ok(vec![policy.map_err(|why| load::artefact::refused(path, &why))?]);
    }
    load::sets(paths)?.iter().map(|set| Ok(compile(set)?.typed().clone())).collect()
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let format = args.format.or_else(|| Format::of_file(args.output.as_deref()?)).unwrap_or(Format::Text);
    let mut drawings = Vec::new();
    let mut known = Vec::new();
    for policy in policies(&args.paths)? {
        let typed = &policy;
        if let Some(action) = &args.action
            && typed.action(action).is_none()
        {
            known.extend(typed.actions.iter().map(|a| a.name.to_string()));
            continue;
        }
        drawings.push(emit::draw(typed, args.action.as_deref(), format));
    }
    match (drawings.as_slice(), &args.action) {
        ([], Some(action)) => {
            let near = aas::diagnostic::nearest(action, known.iter().map(String::as_str));
            let hint = near.map_or_else(String::new, |n| format!(" Did you mean `{n}`?"));
            return Err(Failure::said(format_args!("No rule file declares the action `{action}`.{hint}")));
        }
        ([_, _, ..], _) if format == Format::Svg => {
            return Err(Failure::said(
                "The paths hold several policy sets, and a picture shows one. Name one of them.",
            ));
        }
        _ => {}
    }
    let text = drawings.join("\n");
    match &args.output {
        Some(file) => std::fs::write(file, text)
            .map_err(|error| Failure::said(format_args!("`{}` cannot be written: {error}.", file.display())))?,
        None => out.text(&text)?,
    }
    Ok(Exit::Fine)
}
