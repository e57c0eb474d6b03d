//! What is wrong with a policy set, as data.
//!
//! A phase raises a [`Diagnostic`]: a [`Code`] of the catalogue, one sentence in the author's words,
//! labels on the exact text, notes with the reason, and what to write instead. Nothing is drawn here:
//! [`render`] turns lists of diagnostics into text for people, JSON, SARIF and GitHub annotations.

mod catalogue;
pub mod render;

pub use catalogue::{Code, DefaultLevel};

use crate::source::Span;

/// How bad it is. A set with an error never yields a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; changes nothing.
    Hint,
    /// Probably not what the author means.
    Warning,
    /// The policy set cannot be used.
    Error,
}

/// What a package says of a lint in `aas.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LintLevel {
    /// Not shown.
    Allow,
    /// Shown as a warning.
    Warn,
    /// Shown as an error.
    Deny,
}

/// A marked piece of text with a remark; the remark may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its row in the catalogue.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// One sentence in the author's words, ending with a full stop.
    pub message: String,
    /// The exact text that is wrong.
    pub primary: Label,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// Why it is wrong, a sentence each.
    pub notes: Vec<String>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding at the catalogue's own severity.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: Label { span, text: String::new() },
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Says what stands at the primary place.
    #[must_use]
    pub fn at(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Marks another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a reason.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Whether it forbids the use of the set.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Puts findings in the order of the text, without exact repeats.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        (a.primary.span, b.severity, a.code, &a.message).cmp(&(b.primary.span, a.severity, b.code, &b.message))
    });
    diagnostics.dedup();
}

/// The candidate nearest to a misspelt word, if one is near enough to suggest.
///
/// ```
/// assert_eq!(aas::diagnostic::nearest("mainlin", ["main", "mainline"]), Some("mainline"));
/// assert_eq!(aas::diagnostic::nearest("xyz", ["mainline"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let a = word.chars().count();
    candidates
        .into_iter()
        .filter_map(|c| {
            let b = c.chars().count();
            // Of a word of one or two letters every other one is near.
            let near = |distance: usize| distance <= 1 + a.max(b) / 4 && distance < a.min(b);
            // No distance is less than what one word is longer than the other.
            let distance = near(a.abs_diff(b)).then(|| strsim::damerau_levenshtein(word, c));
            distance.filter(|distance| near(*distance)).map(|distance| (distance, c))
        })
        .min()
        .map(|(_, c)| c)
}
