//! Every rule text in the book can be read, and formatted, by the front end; those that show a mistake of
//! syntax raise it. The same holds for the rule files of the repository.
#![allow(clippy::disallowed_methods, reason = "these tests read the repository")]
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::path::{Path, PathBuf};

use aas::SourceSet;
use aas::source::FileId;

fn pages(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            pages(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

/// The rule texts of a page with the words behind the fence; `~` marks lines that readers do not see.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut block: Option<(String, String)> = None;
    for line in page.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(fence)) if fence.starts_with("aasrule") => block = Some((fence.to_owned(), String::new())),
            (Some(_), Some(_)) => out.extend(block.take()),
            (Some((_, text)), None) => {
                text.push_str(line.strip_prefix('~').unwrap_or(line));
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    out
}

fn is_syntax(code: &str) -> bool {
    code.starts_with("AAS01") || code.starts_with("AAS080")
}

#[test]
fn rule_texts_of_the_book_are_read() {
    let mut found = Vec::new();
    pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src"), "md", &mut found);
    let mut texts = 0;
    let mut wrong = Vec::new();
    for path in found {
        let page = std::fs::read_to_string(&path).expect("a page can be read");
        let own = path.file_stem().and_then(|s| s.to_str()).filter(|s| is_syntax(s)).unwrap_or_default().to_owned();
        for (fence, text) in blocks(&page) {
            texts += 1;
            let sources = SourceSet::single(path.display().to_string(), text.as_str());
            let (_, findings) = aas::syntax::parse(&sources, FileId(0));
            let codes: Vec<&str> = findings.iter().map(|d| d.code.code()).collect();
            let good = if fence.contains("error") && !own.is_empty() {
                codes.contains(&own.as_str())
            } else {
                codes.is_empty() && aas::syntax::format(&sources, FileId(0)).is_ok()
            };
            if !good {
                let said: Vec<_> = findings.iter().map(|d| (d.message.as_str(), d.primary.text.as_str())).collect();
                wrong.push(format!("{} {codes:?} {said:?}\n{text}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(texts > 20, "the book is where this test looks");
}

#[test]
fn rule_files_of_the_repository_are_formatted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["rules", "examples", "tests", "crates", "src"] {
        pages(&root.join(folder), "aasrule", &mut found);
    }
    let (mut formatted, mut wrong) = (0, Vec::new());
    for path in found {
        let text = std::fs::read_to_string(&path).expect("a rule file can be read");
        let sources = SourceSet::single(path.display().to_string(), text);
        let (_, findings) = aas::syntax::parse(&sources, FileId(0));
        let shipped = path.starts_with(root.join("rules")) || path.starts_with(root.join("crates"));
        if findings.iter().any(aas::diagnostic::Diagnostic::is_error) {
            // Cases may show mistakes; what users get may not.
            if shipped {
                wrong.push(format!("{}: {findings:#?}", path.display()));
            }
            continue;
        }
        formatted += 1;
        let once = aas::syntax::format(&sources, FileId(0));
        let again = once.as_ref().map(|text| aas::syntax::format(&SourceSet::single("", text.as_str()), FileId(0)));
        if again.ok().and_then(Result::ok).as_ref() != once.as_ref().ok() {
            wrong.push(format!("{}: {once:#?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(formatted > 3, "the rule files are where this test looks");
}
