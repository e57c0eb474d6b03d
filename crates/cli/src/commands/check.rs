//! `aasc check`

use std::path::PathBuf;
use std::time::Instant;

use aas::Policy;
use aas::check::typed::{TypedPolicy, TypedTest};
use aas::decision::Engine;
use aas::diagnostic::Diagnostic;
use aas::pipeline::Checked;
use aas::syntax::ast::ItemKind;
use clap::ValueEnum;
use serde_json::json;

use crate::compile::denied;
use crate::emit;
use crate::exit::{Exit, Outcome};
use crate::footprint;
use crate::load::{self, Set};
use crate::out::{Out, complain};
use crate::report::{Findings, Format, counted, plural};
use crate::worst;

/// Finds everything that is wrong with rules, at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rule files and folders.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Makes a lint an error: its name, its code, or `warnings` for all of them.
    #[arg(long, value_name = "LINT")]
    deny: Vec<String>,
    /// Prints what a phase of the compiler makes of the rules instead of a summary.
    #[arg(long, value_enum)]
    emit: Option<Emit>,
    #[command(flatten)]
    bounds: worst::Bounds,
}

/// What can be printed of the compiler's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Emit {
    /// Names resolved across packages.
    Hir,
    /// The decision graph.
    Graph,
    /// The decision program of each action.
    Plan,
    /// The intermediate code of Cranelift.
    Clif,
    /// Claims that are believed, and expressions that can err.
    Claims,
    /// What each action reads of state and touches in it.
    Footprint,
    /// The most that a decision about each action can cost.
    Cost,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let started = Instant::now();
    let levels = denied(&args.deny)?;
    let mut findings = Findings::default();
    let mut total = Total::default();
    let mut worst = worst::Found::new(args.bounds);
    // As JSON, the footprint is a member of the one object that is printed.
    let mut footprints = (args.emit == Some(Emit::Footprint) && args.format == Format::Json).then(Vec::new);
    for mut set in load::sets(&args.paths)? {
        set.settings.lints.extend(levels.iter().cloned());
        let checked = check(&set, &mut findings);
        total.add(&set, checked.as_ref());
        if worst.wanted()
            && let Some(typed) = checked.as_ref().and_then(|checked| checked.policy.as_ref())
        {
            worst.add(&set, typed);
        }
        if let Some(footprints) = &mut footprints {
            footprints.extend(checked.iter().filter_map(|checked| checked.policy.as_ref()).flat_map(footprint::json));
        } else if let (Some(what), Some(checked)) = (args.emit, checked) {
            out.text(&emit::emit(what, &set, &checked)?)?;
        }
    }
    let errors = findings.counts().errors;
    let mut summary = total.json(&findings);
    if worst.wanted() {
        summary["worst"] = worst.json();
    }
    if let Some(footprints) = footprints {
        summary["footprint"] = footprints.into();
    }
    if args.emit.is_none() || errors > 0 || args.format != Format::Human {
        findings.print(args.format, summary, out)?;
    }
    if args.format == Format::Human && args.emit.is_none() {
        out.line(format_args!(
            "{}, {}, {}: {} in {} ms",
            plural(total.files, "file"),
            plural(total.items, "item"),
            plural(total.actions, "action"),
            counted(findings.counts(), out.colour),
            started.elapsed().as_millis()
        ))?;
    }
    let over = worst.over();
    if args.format == Format::Human && worst.wanted() {
        worst.print(out)?;
    }
    for said in &over {
        complain(said);
    }
    Ok(if errors > 0 || !over.is_empty() { Exit::Wrong } else { Exit::Fine })
}

/// Checks one set, where its files could be read.
fn check(set: &Set, findings: &mut Findings) -> Option<Checked> {
    if let Some((sources, wrong)) = &set.wrong {
        findings.add(sources, wrong.clone());
        return None;
    }
    let checked = aas::pipeline::check(&set.sources, &set.settings);
    let mut all = checked.diagnostics.clone();
    if let Some(typed) = &checked.policy {
        all.extend(by_default(set, typed));
        aas::diagnostic::sort(&mut all);
    }
    findings.add(&set.sources, all);
    Some(checked)
}

/// Requests of sequences that pass because nothing matches: who plays a test knows.
fn by_default(set: &Set, typed: &TypedPolicy) -> Vec<Diagnostic> {
    let own = |test: &&TypedTest| test.governed && (test.span.file.0 as usize) < set.own;
    let tests: Vec<&TypedTest> = typed.tests.iter().filter(own).collect();
    if tests.is_empty() {
        return Vec::new();
    }
    let policy = Policy::from_typed(typed.clone());
    let play = |test: &TypedTest| aas_govern::rehearse(&policy, test, &[Engine::Interp]).findings;
    let mut found: Vec<Diagnostic> = tests.into_iter().flat_map(play).collect();
    aas::pipeline::apply_levels(&mut found, &set.settings);
    found
}

/// What was looked at.
#[derive(Default)]
struct Total {
    files: usize,
    items: usize,
    actions: usize,
}

impl Total {
    fn add(&mut self, set: &Set, checked: Option<&Checked>) {
        self.files += set.sources.len();
        let Some(checked) = checked else { return };
        // Items as they are written; those that could not be read are counted too.
        self.items += checked.set.files.iter().map(|file| file.items.len()).sum::<usize>();
        let items = checked.set.files.iter().flat_map(|file| &file.items);
        let names = items.map(|item| if let ItemKind::Action(action) = &item.kind { action.names.len() } else { 0 });
        self.actions += names.sum::<usize>();
    }

    fn json(&self, findings: &Findings) -> serde_json::Value {
        let counts = findings.counts();
        json!({
            "files": self.files,
            "items": self.items,
            "actions": self.actions,
            "errors": counts.errors,
            "warnings": counts.warnings,
            "hints": counts.hints,
        })
    }
}
