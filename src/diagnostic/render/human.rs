//! For people: code, sentence, the marked text, the reasons, what to write instead.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::super::{Diagnostic, Label, Severity};
use super::shown;
use crate::source::{FileId, SourceFile, SourceSet};

/// Lines between two labels of one file beyond which they are shown apart.
const FAR: u32 = 40;
/// Lines longer than this are cut around the marked text.
const WIDTH: usize = 140;

/// The findings with their source, separated by blank lines; empty where there are none.
#[must_use]
pub fn human(diagnostics: &[Diagnostic], sources: &SourceSet, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
    let (shown, more) = shown(diagnostics);
    let mut out = String::new();
    for diagnostic in shown.into_iter().chain(more.as_ref()) {
        out.push_str(&one(&renderer, diagnostic, sources));
        out.push_str("\n\n");
    }
    out
}

fn one(renderer: &Renderer, diagnostic: &Diagnostic, sources: &SourceSet) -> String {
    let level = match diagnostic.severity {
        Severity::Hint => Level::INFO.with_name("hint"),
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let mut group: Group<'_> =
        Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.code()));
    for piece in pieces(diagnostic, sources) {
        group = group.element(piece.snippet(sources.file(piece.file)));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// Labels of one file that stand near each other.
struct Piece<'a> {
    file: FileId,
    first: u32,
    last: u32,
    labels: Vec<(bool, &'a Label)>,
}

impl<'a> Piece<'a> {
    /// The lines of the piece as a snippet. Only these are handed on, so that a large file costs nothing.
    fn snippet(&self, file: &'a SourceFile) -> Snippet<'a, Annotation<'a>> {
        let start = file.line_start(self.first) as usize;
        let end = file.line_start(self.last + 1) as usize;
        let text = file.text().get(start..end).unwrap_or_default();
        let annotations = self.labels.iter().map(|(primary, label)| {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(within(label.span.range(), start, text));
            if label.text.is_empty() { annotation } else { annotation.label(label.text.as_str()) }
        });
        Snippet::source(text).path(file.name()).line_start(self.first as usize).annotations(annotations)
    }
}

/// A range of the file as a range of the shown text, on character borders.
fn within(range: Range<usize>, start: usize, text: &str) -> Range<usize> {
    let floor = |at: usize| {
        let mut at = at.saturating_sub(start).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    floor(range.start)..floor(range.end.max(range.start))
}

fn pieces<'a>(diagnostic: &'a Diagnostic, sources: &SourceSet) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    let all = std::iter::once((true, &diagnostic.primary)).chain(diagnostic.labels.iter().map(|l| (false, l)));
    for (primary, label) in all {
        let file = sources.file(label.span.file);
        let first = file.line_column(label.span.start).line;
        let last = file.line_column(label.span.end).line.max(first);
        let near = pieces
            .iter_mut()
            .find(|p| p.file == label.span.file && first <= p.last.saturating_add(FAR) && p.first <= last + FAR);
        match near {
            Some(piece) => {
                piece.first = piece.first.min(first);
                piece.last = piece.last.max(last);
                piece.labels.push((primary, label));
            }
            None => pieces.push(Piece { file: label.span.file, first, last, labels: vec![(primary, label)] }),
        }
    }
    pieces
}
