//! `aasc explain CODE`

use aas::diagnostic::{Code, DefaultLevel, nearest};

use crate::exit::{Exit, Failure, Outcome};
use crate::out::{Out, Style};

/// Explains a finding at length: what it means, an example, what to write instead.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A code such as `AAS0203`, or a name such as `unused-const`; without one, all of them are listed.
    code: Option<String>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    match &args.code {
        Some(text) => one(text.trim(), out)?,
        None => list(out)?,
    }
    Ok(Exit::Fine)
}

fn one(text: &str, out: &mut Out) -> Outcome<()> {
    let code = Code::find(text).ok_or_else(|| {
        let upper = text.to_ascii_uppercase();
        let names = Code::ALL.iter().map(|c| c.name());
        let near = nearest(text, names).or_else(|| nearest(&upper, Code::ALL.iter().map(|c| c.code())));
        match near {
            Some(near) => Failure::said(format_args!("There is no finding `{text}`. Did you mean `{near}`?")),
            None => Failure::said(format_args!("There is no finding `{text}`. `aasc explain` lists all of them.")),
        }
    })?;
    let mut in_code = false;
    for line in code.page().lines() {
        match show(line, &mut in_code, out) {
            Some(shown) => out.line(shown)?,
            None => continue,
        }
    }
    let level = match code.level() {
        DefaultLevel::Error => "Always an error.".to_owned(),
        DefaultLevel::Warning => {
            format!("A warning; `{} = \"allow\"` or \"deny\" under `[lints]` changes it.", code.name())
        }
        DefaultLevel::Hint => format!("A hint; `{} = \"allow\"` or \"deny\" under `[lints]` changes it.", code.name()),
    };
    out.line(format_args!("\n{}", out.paint(Style::Dim, level)))
}

/// A line of Markdown for a terminal: headings bold, code indented, fences left out.
fn show(line: &str, in_code: &mut bool, out: &Out) -> Option<String> {
    if line.starts_with("```") {
        *in_code = !*in_code;
        return None;
    }
    if *in_code {
        return Some(format!("    {line}").trim_end().to_owned());
    }
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() && heading.starts_with(' ') {
        return Some(out.paint(Style::Bold, heading.trim()));
    }
    Some(spans(line, out))
}

/// Code and strong words within a line. Without colours the backticks stay, as they still mark what is code.
fn spans(line: &str, out: &Out) -> String {
    if !out.colour {
        return line.replace("**", "");
    }
    let mut shown = String::new();
    for (i, part) in line.split('`').enumerate() {
        if i % 2 == 1 {
            shown.push_str(&out.paint(Style::Bold, part));
        } else {
            shown.push_str(&part.replace("**", ""));
        }
    }
    shown
}

fn list(out: &mut Out) -> Outcome<()> {
    let width = Code::ALL.iter().map(|c| c.name().len()).max().unwrap_or(0);
    for code in Code::ALL {
        out.line(format_args!("{}  {:width$}  {}", out.paint(Style::Bold, code.code()), code.name(), code.title()))?;
    }
    Ok(())
}
