//! The rules of the house, as tests: floors, sizes, and that every diagnostic is explained and tried.
#![allow(clippy::disallowed_methods, reason = "these tests read the repository")]
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aas::diagnostic::Code;

const MAX_FILE_LINES: usize = 800;
const MAX_FUNCTION_LINES: usize = 70;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// All files under a folder with one of the endings, sorted; none where the folder does not exist.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn is_test_file(path: &Path) -> bool {
    let relative = path.strip_prefix(root()).unwrap_or(path);
    relative.components().any(|c| matches!(c.as_os_str().to_str(), Some("tests" | "tests.rs" | "benches" | "examples")))
}

fn code_files() -> Vec<PathBuf> {
    let mut all = files(&root().join("src"), "rs");
    for entry in std::fs::read_dir(root().join("crates")).expect("crates can be read") {
        all.extend(files(&entry.expect("an entry can be read").path().join("src"), "rs"));
    }
    all.retain(|p| !is_test_file(p));
    assert!(all.len() > 20, "the source files are where this test looks");
    all
}

/// The text of a line without its comment. Slashes inside a string literal do not begin one.
fn without_comment(line: &str) -> &str {
    let mut in_string = false;
    let mut previous = ' ';
    for (i, c) in line.char_indices() {
        match c {
            '"' if previous != '\\' => in_string = !in_string,
            '/' if !in_string && line[i..].starts_with("//") => return &line[..i],
            _ => {}
        }
        previous = c;
    }
    line
}

/// The floors in `lib.rs`: modules from the ground up, and the names it lifts to the crate's root.
struct Floors {
    order: Vec<String>,
    lifted: BTreeMap<String, String>,
}

fn floors() -> Floors {
    let lib = read(&root().join("src/lib.rs"));
    let mut floors = Floors { order: Vec::new(), lifted: BTreeMap::new() };
    for line in lib.lines().map(without_comment) {
        let line = line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        if let Some(name) = line.strip_prefix("mod ") {
            floors.order.push(name.trim_end_matches(';').to_owned());
        }
        let Some((module, names)) = line.strip_prefix("use ").and_then(|u| u.trim_end_matches(';').split_once("::"))
        else {
            continue;
        };
        for name in names.trim_matches(['{', '}']).split(',') {
            let last = name.rsplit("::").next().unwrap_or(name).trim();
            let last = last.rsplit(" as ").next().unwrap_or(last).trim_matches(['{', '}', ' ']);
            floors.lifted.insert(last.to_owned(), module.to_owned());
        }
    }
    assert!(floors.order.len() > 10, "the floors are read: {:?}", floors.order);
    floors
}

/// First words after `crate::` in a text, groups opened.
fn crate_paths(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            words.extend(group_heads(group));
        } else {
            words.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    words
}

/// The first word of each member of a `use` group, whose opening brace is passed.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut word, mut fresh) = (1, Vec::new(), String::new(), true);
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            c if depth == 1 && fresh && (c.is_alphanumeric() || c == '_') => word.push(c),
            _ if !word.is_empty() => {
                heads.push(std::mem::take(&mut word));
                fresh = false;
            }
            _ => {}
        }
        let goes_on = c.is_alphanumeric() || c == '_';
        if !word.is_empty() && !goes_on {
            heads.push(std::mem::take(&mut word));
            fresh = c == ',';
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

#[test]
fn groups_of_imports_are_read() {
    assert_eq!(group_heads("a::{b, c}, d, e::f};"), ["a", "d", "e"]);
    assert_eq!(group_heads("\n    a::b,\n    C,\n};"), ["a", "C"]);
    assert_eq!(crate_paths("use crate::x::y; crate::{p::q, r}"), ["x", "p", "r"]);
}

#[test]
fn a_module_imports_only_from_the_floors_below_it() {
    let floors = floors();
    let floor = |module: &str| floors.order.iter().position(|m| m == module);
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), "rs").into_iter().filter(|p| !is_test_file(p)) {
        let relative = path.strip_prefix(root().join("src")).expect("it is under src");
        let first = relative.components().next().expect("it has a name").as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let Some(own) = floor(module) else {
            wrong.push(format!("{}: lib.rs has no `mod {module};`", shown(&path)));
            continue;
        };
        let text: String = read(&path).lines().map(|l| format!("{}\n", without_comment(l))).collect();
        for word in crate_paths(&text) {
            let target = floors.lifted.get(&word).unwrap_or(&word);
            // A word that is no module is a macro at the crate's root.
            if floor(target).is_some_and(|f| f > own) {
                wrong.push(format!("{}: imports `{target}`, which is above `{module}`", shown(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "lib.rs fixes the order of the floors:\n{}", wrong.join("\n"));
}

#[test]
fn a_file_reads_in_one_sitting() {
    let long: Vec<String> = code_files()
        .iter()
        .map(|p| (p, read(p).lines().count()))
        .filter(|(_, lines)| *lines > MAX_FILE_LINES)
        .map(|(p, lines)| format!("{}: {lines} lines", shown(p)))
        .collect();
    assert!(long.is_empty(), "files over {MAX_FILE_LINES} lines:\n{}", long.join("\n"));
}

/// Functions of a formatted file with their line and length.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let mut words = code.split_whitespace().skip_while(|w| {
            w.starts_with("pub") || matches!(*w, "const" | "async" | "unsafe" | "extern" | "\"C\"" | "in" | "super)")
        });
        if words.next() != Some("fn") {
            continue;
        }
        if line.ends_with('}') && line.contains('{') {
            found.push((i + 1, 1));
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        let declared = |l: &str| l.ends_with(';') && !l.contains('{') && l.len() - l.trim_start().len() <= indent;
        if let Some(length) = lines[i..].iter().position(|l| **l == *close || declared(l)) {
            found.push((i + 1, length + 1));
        }
    }
    found
}

#[test]
fn functions_are_measured() {
    let text = "fn a() {\n    x();\n}\n\nimpl X {\n    pub(crate) fn b(\n        c: u8,\n    ) -> u8 {\n        c\n    }\n    fn d() {}\n}\n";
    assert_eq!(functions(text), [(1, 3), (6, 5), (11, 1)]);
}

#[test]
fn a_function_fits_a_screen() {
    let mut long = Vec::new();
    for path in code_files() {
        for (line, length) in functions(&read(&path)) {
            if length > MAX_FUNCTION_LINES {
                long.push(format!("{}:{line}: {length} lines", shown(&path)));
            }
        }
    }
    assert!(long.is_empty(), "functions over {MAX_FUNCTION_LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn the_heart_has_no_unsafe_code_but_in_jit() {
    for path in files(&root().join("src"), "rs") {
        if path.strip_prefix(root().join("src/jit")).is_ok() {
            continue;
        }
        let text = read(&path);
        let unsafe_line =
            text.lines().map(without_comment).position(|l| l.contains("unsafe {") || l.contains("unsafe fn"));
        assert_eq!(unsafe_line, None, "{} has unsafe code", shown(&path));
    }
}

#[test]
fn every_code_is_unique_and_has_a_page() {
    let mut codes: Vec<&str> = Code::ALL.iter().map(|c| c.code()).collect();
    let mut names: Vec<&str> = Code::ALL.iter().map(|c| c.name()).collect();
    for list in [&mut codes, &mut names] {
        let before = list.len();
        list.sort_unstable();
        list.dedup();
        assert_eq!(list.len(), before, "codes and names are given once");
    }
    for code in Code::ALL {
        let title = format!("# {} {}", code.code(), code.name());
        let first = code.explanation().lines().next().unwrap_or_default();
        assert_eq!(first, title, "the page of {} begins with its code and name", code.code());
        let page = code.explanation();
        assert!(page.lines().count() >= 9 && page.contains("```"), "the page of {} shows an example", code.code());
    }
    for page in files(&root().join("docs/src/diagnostics"), "md") {
        let stem = page.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        assert!(stem == "README" || Code::find(stem).is_some(), "{} explains no diagnostic", shown(&page));
    }
}

#[test]
fn every_code_has_a_case() {
    let mut cases = String::new();
    for path in files(&root().join("tests/cases"), "aasrule") {
        cases.push_str(&read(&path));
    }
    let missing: Vec<&str> = Code::ALL.iter().map(|c| c.code()).filter(|code| !cases.contains(code)).collect();
    // What no text of one file can show is tried elsewhere: bytes that are no text and manifests by the tests of
    // `aasc` and of settings, counts of a whole run by those of the renderers;
    // AAS0805 is a fault of the checker itself.
    let elsewhere = ["AAS0114", "AAS0225", "AAS0801", "AAS0803", "AAS0804", "AAS0805"];
    let missing: Vec<&str> = missing.into_iter().filter(|code| !elsewhere.contains(code)).collect();
    assert!(missing.is_empty(), "no page of tests/cases shows {}", missing.join(", "));
}
