//! A page of `tests/cases`: prose, rules, and expectations as trailing comments.
//!
//! * `//! error AAS0203` (or `warning`, `hint`) on the line where the finding's first label begins; exactly
//!   those findings and no others. A line that holds nothing else but `//! error AAS0801 anywhere` expects
//!   one wherever it stands. In `aas.toml` the mark is `#! error …`.
//! * `//! allow AAS0613 AAS0618`: lints that are not what the page is about.
//! * `//! file other.aasrule` (or `aas.toml`): what follows is another file of the set.
//! * `//! request JSON -> tier because of a, b; code c; errors missing; notify n; redact f; approval a;
//!   instead x; run w`: the wire form of `aasc eval`, and everything that the decision says. `default`
//!   among the determining items is the default tier. `-> black invalid f`: the request is refused for
//!   these fields. Without `"agent"` it is `{"id":"a"}`; without `"now"`, noon of 2026-11-18, a Wednesday,
//!   unless the page says `//! no clock`.
//! * `//! says TEXT` under a request: the text of a determining item, holes filled.
//! * `//! not a request JSON`: nothing that could be decided. `//! no snapshot JSON`: its entities are refused.
//! * `//! repeat N text` and `//! generate N text with {i}` stand for so many lines.

use std::path::{Path, PathBuf};

use aas::diagnostic::{Diagnostic, LintLevel, Severity};
use aas::settings::Manifest;
use aas::source::FileId;
use aas::{Settings, SourceSet};

use super::decided::Decided;

/// A page.
pub(crate) struct Page {
    /// `topic/name`
    pub name: String,
    /// The files of the set; the manifest, if any, is not among them.
    pub sources: SourceSet,
    /// What `aas.toml` says, with the lints that the page allows.
    pub settings: Settings,
    /// Findings of the manifest.
    pub manifest: Vec<Found>,
    /// Expected findings.
    pub findings: Vec<Found>,
    /// Expected decisions.
    pub requests: Vec<Ask>,
    /// The text as people read it.
    pub text: String,
}

/// A finding: how bad, which, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// `file:line`; empty where it may stand anywhere.
    pub place: String,
    /// `error AAS0203`
    pub what: String,
}

/// One `//! request` or `//! not a request`.
pub(crate) struct Ask {
    /// Its line in the page.
    pub line: usize,
    /// The wire form.
    pub json: String,
    /// What is expected; `None` where it is no request, or its entities are no snapshot.
    pub expected: Option<Decided>,
    /// Texts of determining items.
    pub says: Vec<String>,
}

/// All pages under a folder, by name.
pub(crate) fn all(folder: &Path) -> Vec<Page> {
    let mut paths = Vec::new();
    walk(folder, &mut paths);
    paths.sort();
    paths.iter().map(|path| Page::read(folder, path)).collect()
}

/// All rule files under a folder.
pub(crate) fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            walk(&path, out);
        } else if path.extension().is_some_and(|e| e == "aasrule") {
            out.push(path);
        }
    }
}

impl Page {
    fn read(folder: &Path, path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a readable page");
        let name = path.with_extension("").strip_prefix(folder).expect("inside the folder").display().to_string();
        Self::parse(&name.replace('\\', "/"), &text)
    }

    /// Reads a page.
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        let mut reader = Reader::default();
        reader.files.push((format!("{name}.aasrule"), String::new()));
        for (i, line) in text.lines().enumerate() {
            reader.line(i + 1, line);
        }
        let mut page = Self {
            name: name.into(),
            sources: SourceSet::default(),
            settings: Settings::default(),
            manifest: Vec::new(),
            findings: reader.findings,
            requests: reader.requests,
            text: text.into(),
        };
        for (file, text) in &reader.files {
            if file == "aas.toml" {
                let (manifest, wrong) = Manifest::parse(text, FileId(0));
                page.settings = manifest.settings;
                let set = SourceSet::single("aas.toml", text.clone());
                page.manifest = wrong.iter().map(|d| Found::of(d, &set)).collect();
            } else {
                page.sources.add(file.clone(), text.clone());
            }
        }
        page.settings.lints.extend(reader.allowed.into_iter().map(|code| (code, LintLevel::Allow)));
        if page.settings.package.is_empty() {
            page.settings.package = package_of(text);
        }
        page
    }

    /// Whether the page is about what is wrong with its rules.
    pub(crate) fn is_about_findings(&self) -> bool {
        !self.findings.is_empty()
    }
}

/// The package of the page's first file: the root, where no manifest names one.
fn package_of(text: &str) -> String {
    text.lines().find_map(|l| l.strip_prefix("package ")).unwrap_or_default().trim().into()
}

impl Found {
    /// A finding as a page writes it.
    pub(crate) fn of(d: &Diagnostic, sources: &SourceSet) -> Self {
        let file = sources.file(d.primary.span.file);
        let line = file.line_column(d.primary.span.start).line;
        let severity = match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        };
        Self { place: format!("{}:{line}", file.name()), what: format!("{severity} {}", d.code.code()) }
    }
}

#[derive(Default)]
struct Reader {
    files: Vec<(String, String)>,
    findings: Vec<Found>,
    requests: Vec<Ask>,
    allowed: Vec<String>,
    no_clock: bool,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        let kept = match line.strip_prefix("//! ") {
            Some(directive) => self.directive(number, directive),
            None => Some(line.to_string()),
        };
        let Some(kept) = kept else { return };
        let file = self.files.last_mut().expect("the page itself");
        for mark in ["//! ", "#! "] {
            let Some((_, what)) = line.split_once(mark).filter(|(before, _)| !before.is_empty()) else { continue };
            if ["error ", "warning ", "hint "].iter().any(|w| what.starts_with(w)) {
                let at = file.1.lines().count() + 1;
                for what in what.split(", ") {
                    self.findings.push(Found { place: format!("{}:{at}", file.0), what: what.trim().into() });
                }
            }
        }
        file.1.push_str(&expand(&kept));
        file.1.push('\n');
    }

    /// A line that is a directive; what is left of it in the file.
    fn directive(&mut self, number: usize, directive: &str) -> Option<String> {
        let blank = Some(String::new());
        if let Some(name) = directive.strip_prefix("file ") {
            self.files.push((name.trim().into(), String::new()));
            return None;
        }
        if let Some(codes) = directive.strip_prefix("allow ") {
            self.allowed.extend(codes.split_whitespace().map(Into::into));
        } else if directive == "no clock" {
            self.no_clock = true;
        } else if let Some(ask) = directive.strip_prefix("request ") {
            let (json, expected) = ask.rsplit_once(" -> ").unwrap_or_else(|| panic!("line {number}: no `->`"));
            let expected = Decided::parse(expected).unwrap_or_else(|e| panic!("line {number}: {e}"));
            self.requests.push(Ask {
                line: number,
                json: self.complete(json),
                expected: Some(expected),
                says: Vec::new(),
            });
        } else if let Some(text) = directive.strip_prefix("says ") {
            let ask = self.requests.last_mut().unwrap_or_else(|| panic!("line {number}: `says` without a request"));
            ask.says.push(text.trim().into());
        } else if let Some(json) =
            directive.strip_prefix("not a request ").or_else(|| directive.strip_prefix("no snapshot "))
        {
            self.requests.push(Ask { line: number, json: self.complete(json), expected: None, says: Vec::new() });
        } else if directive.starts_with("repeat ") || directive.starts_with("generate ") {
            return Some(format!("//! {directive}"));
        } else if let Some(what) = directive.strip_suffix(" anywhere") {
            self.findings.push(Found { place: String::new(), what: what.into() });
        } else {
            panic!("line {number}: `{directive}` is no directive of a page");
        }
        blank
    }

    /// The request with an agent and a time, where it says neither.
    fn complete(&self, json: &str) -> String {
        let mut json = json.trim().to_string();
        if !self.no_clock && !json.contains("\"now\":") {
            json = json.replacen('{', "{\"now\":\"2026-11-18T12:00:00Z\",", 1);
        }
        if !json.contains("\"agent\":{\"id\"") {
            json = json.replacen('{', "{\"agent\":{\"id\":\"a\"},", 1);
        }
        json
    }
}

/// `before //! repeat 3 text` as three lines behind what stands before it.
fn expand(line: &str) -> String {
    for word in ["repeat", "generate"] {
        let Some((before, rest)) = line.split_once(&format!("//! {word} ")) else { continue };
        let (count, text) = rest.split_once(' ').expect("a number and a text");
        let count: usize = count.parse().expect("a number");
        let mut out = before.to_string();
        for i in 0..count {
            out.push('\n');
            out.push_str(&text.replace("{i}", &i.to_string()));
        }
        return out;
    }
    line.to_string()
}
