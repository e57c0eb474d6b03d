//! The examples of the documents: what is shown as right is right, what is shown as wrong is found.
#![allow(clippy::disallowed_methods, reason = "these tests read the documents")]
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::path::{Path, PathBuf};

use aas::diagnostic::{Code, Diagnostic, render};
use aas::{Settings, SourceSet};

/// Lints that the checker does not raise yet. A page leaves this list with its lint.
const NOT_RAISED_YET: &[&str] = &[];

/// A block of rules in a document.
struct Example {
    /// File and line, for messages.
    place: String,
    /// What stands behind the fence.
    mark: String,
    text: String,
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the documents can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn examples(path: &Path) -> Vec<Example> {
    let text = std::fs::read_to_string(path).expect("a document can be read");
    let mut examples = Vec::new();
    let mut open: Option<Example> = None;
    for (i, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(mark)) => {
                let place = format!("{}:{}", path.display(), i + 1);
                open = Some(Example { place, mark: mark.trim().to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => examples.extend(open.take()),
            (Some(example), None) => {
                example.text.push_str(line.strip_prefix('~').unwrap_or(line));
                example.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{} ends within a block", path.display());
    examples
}

fn findings(text: &str) -> (Vec<Diagnostic>, SourceSet) {
    let sources = SourceSet::single("example.aasrule", text);
    let checked = aas::pipeline::check(&sources, &Settings::default());
    (checked.diagnostics, sources)
}

#[test]
fn what_the_documents_show_as_right_is_right() {
    let mut wrong = String::new();
    for example in documents().iter().flat_map(|p| examples(p)).filter(|e| e.mark == "aasrule") {
        let (found, sources) = findings(&example.text);
        let code =
            Path::new(example.place.split(".md:").next().unwrap_or_default()).file_stem().and_then(|s| s.to_str());
        let page = code.and_then(Code::find);
        let errors: Vec<Diagnostic> = found.into_iter().filter(|d| d.is_error() || Some(d.code) == page).collect();
        if !errors.is_empty() {
            wrong.push_str(&format!("{}\n{}\n", example.place, render::human(&errors, &sources, false)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_a_page_shows_as_wrong_is_found_under_its_code() {
    let mut wrong = String::new();
    for path in documents() {
        let code = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
        if NOT_RAISED_YET.contains(&code.as_str()) {
            continue;
        }
        for example in examples(&path).iter().filter(|e| e.mark == "aasrule,error") {
            let (found, sources) = findings(&example.text);
            if !found.iter().any(|d| d.code.code() == code) {
                wrong.push_str(&format!("{}\n{}\n", example.place, render::human(&found, &sources, false)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
