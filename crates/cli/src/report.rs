//! Findings of several policy sets in one form.

use std::borrow::Cow;

use aas::diagnostic::render::{self, Counts};
use aas::diagnostic::{Diagnostic, Label};
use aas::source::{FileId, SourceSet};
use clap::ValueEnum;

use crate::exit::{Failure, Outcome};
use crate::load::Set;
use crate::out::{self, Out, Style};

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, with the marked source.
    Human,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub.
    Github,
}

/// Findings of several sets with all the texts that they point into.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    sources: SourceSet,
    all: Vec<Diagnostic>,
}

impl Findings {
    /// Takes over the findings of a set.
    pub(crate) fn add(&mut self, sources: &SourceSet, diagnostics: Vec<Diagnostic>) {
        let base = self.sources.len() as u32;
        for (_, file) in sources.files() {
            self.sources.add(file.name(), file.text());
        }
        let shift = |label: &mut Label| label.span.file = FileId(label.span.file.0 + base);
        self.all.extend(diagnostics.into_iter().map(|mut d| {
            shift(&mut d.primary);
            d.labels.iter_mut().for_each(shift);
            d
        }));
    }

    /// How many there are.
    pub(crate) fn counts(&self) -> Counts {
        Counts::of(&self.all)
    }

    /// Prints them in a form for machines or people, without a summary.
    pub(crate) fn print(&self, format: Format, summary: serde_json::Value, out: &mut Out) -> Outcome<()> {
        match format {
            Format::Human => out.text(&render::human(&self.all, &self.sources, out.colour)),
            Format::Github => out.text(&render::github(&self.all, &self.sources)),
            Format::Sarif => out.line(render::sarif(&self.all, &self.sources)),
            Format::Json => {
                let mut object = serde_json::Map::new();
                object.insert("findings".into(), render::json_value(&self.all, &self.sources));
                if let serde_json::Value::Object(rest) = summary {
                    object.extend(rest);
                }
                out.line(pretty(&serde_json::Value::Object(object)))
            }
        }
    }

    /// Says them on standard error and fails where one is an error: for commands whose output is something else.
    pub(crate) fn complain(&self) -> Outcome<()> {
        if self.counts().errors == 0 {
            return Ok(());
        }
        let errors: Vec<Diagnostic> = self.all.iter().filter(|d| d.is_error()).cloned().collect();
        let colour = out::stderr_colour();
        out::note(render::human(&errors, &self.sources, colour).trim_end());
        out::note(format_args!("\n{}", counted(self.counts(), colour)));
        Err(Failure::Rules)
    }
}

/// A JSON value on indented lines.
pub(crate) fn pretty(value: &impl serde::Serialize) -> String {
    // Printing a tree of texts and numbers cannot fail.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// `2 errors, 1 warning`
pub(crate) fn counted(counts: Counts, colour: bool) -> String {
    let errors = plural(counts.errors, "error");
    let warnings = plural(counts.warnings, "warning");
    let errors = if counts.errors > 0 { out::paint(colour, Style::Red, errors) } else { errors };
    let warnings = if counts.warnings > 0 { out::paint(colour, Style::Yellow, warnings) } else { warnings };
    let hints = if counts.hints > 0 { format!(", {}", plural(counts.hints, "hint")) } else { String::new() };
    format!("{errors}, {warnings}{hints}")
}

/// `1 file`, `2 files`
pub(crate) fn plural(n: usize, word: &str) -> String {
    let word: Cow<'_, str> = if n == 1 { word.into() } else { format!("{word}s").into() };
    format!("{n} {word}")
}

/// Fails where a set's files or manifest cannot be used.
pub(crate) fn usable(set: &Set) -> Outcome<()> {
    let Some((sources, wrong)) = &set.wrong else { return Ok(()) };
    let mut findings = Findings::default();
    findings.add(sources, wrong.clone());
    findings.complain()
}
