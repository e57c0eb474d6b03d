//! `///` texts and what they document.
//!
//! A text belongs to the item or field that begins after it with nothing but blanks and comments
//! between. One that belongs to nothing is reported.

use super::scan::{Kind, Scan};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// One `///` line.
#[derive(Debug)]
struct Line {
    start: u32,
    end: u32,
    text: String,
    /// Nothing else stands on its line.
    alone: bool,
    taken: bool,
}

/// The `///` lines of a file and where code stands between them.
#[derive(Debug)]
pub(super) struct Docs<'a> {
    lines: Vec<Line>,
    blanked: &'a str,
}

impl<'a> Docs<'a> {
    /// The lines of a file that was scanned.
    pub(super) fn new(source: &str, scan: &'a Scan) -> Self {
        let lines = scan.tokens.iter().filter(|t| t.kind == Kind::Doc).map(|t| {
            let text = t.text(source).trim_start_matches('/');
            let text = text.strip_prefix(' ').unwrap_or(text).to_owned();
            Line { start: t.start, end: t.end, text, alone: t.first, taken: false }
        });
        Self { lines: lines.collect(), blanked: &scan.blanked }
    }

    /// Of a text that has none.
    pub(super) fn none() -> Self {
        Self { lines: Vec::new(), blanked: "" }
    }

    /// The lines that document what begins at `at`; they are taken.
    pub(super) fn before(&mut self, at: u32) -> Vec<String> {
        let last = self.lines.partition_point(|line| line.end <= at);
        let mut first = last;
        let mut until = at;
        while first > 0
            && self
                .lines
                .get(first - 1)
                .is_some_and(|line| line.alone && !line.taken && self.only_blank(line.end, until))
        {
            first -= 1;
            until = self.lines.get(first).map_or(until, |line| line.start);
        }
        let taken = self.lines.get_mut(first..last).unwrap_or_default();
        taken
            .iter_mut()
            .map(|line| {
                line.taken = true;
                std::mem::take(&mut line.text)
            })
            .collect()
    }

    fn only_blank(&self, start: u32, end: u32) -> bool {
        let between = self.blanked.as_bytes().get(start as usize..end as usize);
        between.is_some_and(|bytes| bytes.iter().all(u8::is_ascii_whitespace))
    }

    /// Leaves the lines of an item that could not be read alone.
    pub(super) fn skip(&mut self, start: u32, end: u32) {
        let first = self.lines.partition_point(|line| line.end <= start);
        let last = self.lines.partition_point(|line| line.end <= end);
        self.lines.get_mut(first..last).unwrap_or_default().iter_mut().for_each(|line| line.taken = true);
    }

    /// A finding for each run of lines that documents nothing.
    pub(super) fn left_over(&self, id: FileId) -> Vec<Diagnostic> {
        let mut findings: Vec<Diagnostic> = Vec::new();
        let mut last_end = None;
        for line in self.lines.iter().filter(|line| !line.taken) {
            let goes_on = last_end.is_some_and(|end| line.alone && self.only_blank(end, line.start));
            last_end = Some(line.end);
            if goes_on {
                continue;
            }
            let place = Span { file: id, start: line.start, end: line.end };
            findings.push(
                Diagnostic::new(Code::DocNowhere, place, "This `///` text documents nothing.")
                    .at("no item or field follows it")
                    .help("Put it on its own line before an item or a field, or write `//` for a remark."),
            );
        }
        findings
    }
}
