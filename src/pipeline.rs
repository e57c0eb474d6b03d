//! The phases in reading order: texts, trees, names, types, policy.

use std::sync::Arc;

use crate::check::{self, typed::Expected, typed::TestCase, typed::TypedPolicy, typed::TypedTest};
use crate::decision::{Decision, Tier};
use crate::diagnostic::{self, Code, DefaultLevel, Diagnostic, LintLevel, Severity};
use crate::entities::Entities;
use crate::hir::{self, PolicySet};
use crate::interp::{self, Scene};
use crate::reader::Bound;
use crate::settings::Settings;
use crate::source::{FileId, MAX_FILES, MAX_SET_BYTES, SourceSet, Span};
use crate::syntax::{self, ast::File};
use crate::value::time;

/// What checking a set found.
#[derive(Debug)]
pub struct Checked {
    /// The set with its names resolved.
    pub set: PolicySet,
    /// The typed policy; none where a finding is an error.
    pub policy: Option<TypedPolicy>,
    /// All findings, by place, at the levels that the settings give them.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether a finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Checks a whole set: everything that is wrong with it, at once.
///
/// ```
/// use aas::{Settings, SourceSet, pipeline};
/// let sources = SourceSet::single("demo.aasrule", "package demo\n\naction ping\n\nrule pings on ping { green }\n");
/// let checked = pipeline::check(&sources, &Settings::default());
/// assert!(checked.policy.is_some());
/// ```
#[must_use]
pub fn check(sources: &SourceSet, settings: &Settings) -> Checked {
    check_with(sources, settings, None)
}

/// Checks a set that may be much like the one before: the same result as [`check`](fn@check), with less work.
#[must_use]
pub fn check_again(sources: &SourceSet, settings: &Settings, memory: &mut Memory) -> Checked {
    check_with(sources, settings, Some(memory))
}

/// What checking one set leaves for the next.
#[derive(Debug, Default)]
pub struct Memory {
    files: Vec<ReadFile>,
    /// How many files the last run read; the others were as they had been.
    pub files_read: usize,
    /// The same of items.
    pub items: check::Memory,
}

/// A file that was read.
#[derive(Clone, Debug)]
struct ReadFile {
    text: blake3::Hash,
    home: Option<String>,
    tree: Arc<File>,
    findings: Vec<Diagnostic>,
}

/// Reads all files, but for those that are as they were and where they were.
fn read(sources: &SourceSet, memory: Option<&mut Memory>) -> Vec<(Arc<File>, Vec<Diagnostic>)> {
    let Some(memory) = memory else {
        let parse = |(id, _)| syntax::parse(sources, id);
        return sources.files().map(parse).map(|(tree, findings)| (tree.into(), findings)).collect();
    };
    memory.files_read = 0;
    let mut old = std::mem::take(&mut memory.files).into_iter();
    for (id, file) in sources.files() {
        let text = blake3::hash(file.text().as_bytes());
        let known = old.next().filter(|known| known.text == text && known.home.as_deref() == file.home());
        memory.files.push(known.unwrap_or_else(|| {
            memory.files_read += 1;
            let (tree, findings) = syntax::parse(sources, id);
            ReadFile { text, home: file.home().map(str::to_string), tree: tree.into(), findings }
        }));
    }
    memory.files.iter().map(|file| (file.tree.clone(), file.findings.clone())).collect()
}

fn check_with(sources: &SourceSet, settings: &Settings, mut memory: Option<&mut Memory>) -> Checked {
    let mut diagnostics = limits(sources);
    diagnostics.extend(settings_findings(settings));
    let mut files = Vec::new();
    for (tree, findings) in read(sources, memory.as_deref_mut()) {
        files.push(tree);
        diagnostics.extend(findings);
    }
    let (set, mut findings) = hir::lower(files, settings);
    check::consequences::drop_consequences(&mut findings, &check::consequences::unread_names(&set, sources), sources);
    diagnostics.extend(findings);
    let (policy, findings) = check::check_again(&set, sources, settings, memory.map(|memory| &mut memory.items));
    diagnostics.extend(findings);
    if policy.is_none() && !diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.push(not_understood());
    }
    if let Some(policy) = &policy {
        // What a governor keeps is not known here: who runs such tests says it of them.
        let cases = policy.tests.iter().filter(|test| !test.governed).flat_map(TypedTest::cases);
        diagnostics.extend(cases.filter_map(|case| by_default(policy, case)));
    }
    without_consequences(&mut diagnostics);
    apply_levels(&mut diagnostics, settings);
    diagnostic::sort(&mut diagnostics);
    let fine = !diagnostics.iter().any(Diagnostic::is_error);
    Checked { set, policy: policy.filter(|_| fine), diagnostics }
}

/// A set without errors that yields no policy: a condition must never get lost in silence.
fn not_understood() -> Diagnostic {
    Diagnostic::new(
        Code::NotUnderstood,
        Span::new(FileId(0), 0, 0),
        "The compiler lost a part of this set without saying why.",
    )
    .at("no policy comes of it")
    .note("This is a fault of the compiler, not of the rules.")
    .help("Please report it with the rules. Leaving out one item after the other shows which it is.")
}

/// Limits of the whole set; those of one file are the parser's.
fn limits(sources: &SourceSet) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let bytes: usize = sources.files().map(|(_, f)| f.text().len()).sum();
    let place = Span::new(FileId(0), 0, 0);
    if bytes > MAX_SET_BYTES {
        let message = format!("The set has {bytes} bytes; at most {MAX_SET_BYTES} are read.");
        out.push(Diagnostic::new(Code::FileTooLarge, place, message).at("too large together"));
    }
    if sources.len() > MAX_FILES {
        let message = format!("The set has {} files; at most {MAX_FILES} are read.", sources.len());
        out.push(Diagnostic::new(Code::TooMany, place, message).at("too many files"));
    }
    out
}

/// Settings that no policy could keep. They have no place in a rule file, so the first file stands for them.
fn settings_findings(settings: &Settings) -> Vec<Diagnostic> {
    let place = Span::new(FileId(0), 0, 0);
    let mut out = Vec::new();
    if time::zone(&settings.zone).is_none() {
        let message = format!("The settings name the time zone {:?}, which does not exist.", settings.zone);
        out.push(
            Diagnostic::new(Code::UnknownZone, place, message).help("Write a name such as `zone = \"Europe/Warsaw\"`."),
        );
    }
    if settings.default_tier < Tier::Red {
        let message = format!("The default cannot be {}: what no rule names would run.", settings.default_tier);
        out.push(
            Diagnostic::new(Code::BadSetting, place, message)
                .help("Write `default = \"red\"` or `default = \"black\"`."),
        );
    }
    out
}

/// A request of a test that gets its tier because nothing matches, while the test does not say so.
fn by_default(policy: &TypedPolicy, case: &TestCase) -> Option<Diagnostic> {
    let entities = Entities::prepare(&policy.types, &case.entities, &policy.settings.zone).ok()?;
    let bound = Bound::new(policy, &case.request, &case.facts);
    passes_by_default(&case.expect, &interp::decide(&Scene::new(policy, &bound, &entities)))
}

/// Says of a decision that has the expected tier because nothing matches that the test does not say so.
#[must_use]
pub fn passes_by_default(expect: &[Expected], decision: &Decision) -> Option<Diagnostic> {
    let tier = expect.iter().find_map(|e| if let Expected::Tier(tier, span) = e { Some((*tier, *span)) } else { None });
    let says_why = expect.iter().any(|e| {
        matches!(e, Expected::Because(..) | Expected::ByDefault(_) | Expected::Code(..) | Expected::Invalid(..))
    });
    let (tier, span) = tier.filter(|_| !says_why)?;
    let nothing_matched = matches!(decision.determining.as_slice(), [only] if only.item.is_none());
    (nothing_matched && decision.tier == tier).then(|| {
        Diagnostic::new(Code::TestByDefault, span, "This passes because nothing matches, not because of a rule.")
            .at("the default")
            .help(format!("Write `expect {tier} by default` if that is meant."))
    })
}

/// Lints that say that something is missing. Beside an error they would often be about what the error hides.
const CONSEQUENCES: [Code; 9] = [
    Code::UnusedImport,
    Code::UnusedConst,
    Code::UnusedPredicate,
    Code::UnusedType,
    Code::UnusedFlag,
    Code::UncoveredRed,
    Code::UnruledAction,
    Code::UndoneRelax,
    Code::TestWithoutExpect,
];

/// In a set with errors nothing is known of what is not there.
fn without_consequences(diagnostics: &mut Vec<Diagnostic>) {
    if diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.retain(|d| !CONSEQUENCES.contains(&d.code));
    }
}

/// Gives lints the levels of `aas.toml`: errors stay errors, what is allowed disappears.
pub fn apply_levels(diagnostics: &mut Vec<Diagnostic>, settings: &Settings) {
    diagnostics.retain_mut(|finding| {
        if finding.code.level() == DefaultLevel::Error {
            return true;
        }
        let level = settings
            .lints
            .iter()
            .rev()
            .find(|(name, _)| {
                Code::find(name) == Some(finding.code) || (name == "warnings" && finding.severity == Severity::Warning)
            })
            .map(|(_, level)| *level);
        match level {
            Some(LintLevel::Allow) => false,
            Some(LintLevel::Warn) => {
                finding.severity = Severity::Warning;
                true
            }
            Some(LintLevel::Deny) => {
                finding.severity = Severity::Error;
                true
            }
            None => true,
        }
    });
}
