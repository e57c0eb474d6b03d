//! What each form looks like, and that nothing in a source can break one.

use super::*;
use crate::source::{FileId, Span};

const TEXT: &str = "package demo\n\nrule mainline on git.merge {\n    when branch in mainlin\n    red\n    because \"Über alles.\"\n}\n";

fn sample() -> (Vec<Diagnostic>, SourceSet) {
    let mut sources = SourceSet::default();
    let rules = sources.add("rules/git, a:b.aasrule", TEXT);
    let people = sources.add("rules/people.aasrule", "package people\nconst mainline: set<ref> = { \"main\" }\n");
    let at = |needle: &str| {
        let start = TEXT.find(needle).expect("the text holds it");
        Span::new(rules, start, start + needle.len())
    };
    // The rule's own name holds the word too; the one meant stands last.
    let start = TEXT.rfind("mainlin").expect("the text holds it");
    let unknown = Diagnostic::new(Code::UnknownName, Span::new(rules, start, start + 7), "`mainlin` is not declared.")
        .at("nothing of this name is in sight")
        .label(Span::new(people, 21, 29), "`mainline` is declared here")
        .note("A misspelt name never compiles.")
        .help("Write `mainline`, and `use people.mainline`.");
    let red = Diagnostic::new(Code::UncoveredRed, at("red"), "Nobody can approve this.");
    (vec![unknown, red], sources)
}

#[test]
fn for_people() {
    let (diagnostics, sources) = sample();
    insta::assert_snapshot!(human(&diagnostics, &sources, false));
}

#[test]
fn colours_only_when_asked() {
    let (diagnostics, sources) = sample();
    assert!(!human(&diagnostics, &sources, false).contains('\u{1b}'));
    assert!(human(&diagnostics, &sources, true).contains('\u{1b}'));
}

#[test]
fn for_programs() {
    let (diagnostics, sources) = sample();
    insta::assert_snapshot!(json(&diagnostics, &sources));
}

#[test]
fn for_code_hosts() {
    let (diagnostics, sources) = sample();
    let log: serde_json::Value = serde_json::from_str(&sarif(&diagnostics, &sources)).expect("SARIF is JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(2));
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "AAS0201");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "rules/git%2C%20a%3Ab.aasrule");
    assert_eq!(place["region"]["startLine"], 4);
    assert_eq!(place["region"]["startColumn"], 20);
    assert_eq!(place["region"]["endColumn"], 27);
    assert_eq!(run["results"][1]["level"], "warning");
}

#[test]
fn for_pull_requests() {
    let (diagnostics, sources) = sample();
    insta::assert_snapshot!(github(&diagnostics, &sources));
}

#[test]
fn many_findings_are_cut_and_counted_and_errors_come_first() {
    let sources = SourceSet::single("a.aasrule", "package a\n");
    let span = Span::new(FileId(0), 0, 7);
    let mut all: Vec<Diagnostic> =
        (0..250).map(|i| Diagnostic::new(Code::UnusedConst, span, format!("c{i} is unused."))).collect();
    all.push(Diagnostic::new(Code::UnknownName, span, "x is unknown."));
    let text = human(&all, &sources, false);
    assert!(text.contains("AAS0804") && text.contains("51 more findings"), "{text}");
    assert!(text.contains("x is unknown."), "an error is never hidden by warnings");
    assert_eq!(json_value(&all, &sources).as_array().map(Vec::len), Some(MAX_SHOWN + 1));
    assert_eq!(Counts::of(&all), Counts { errors: 1, warnings: 250, hints: 0 });
}

#[test]
fn odd_spans_and_texts_do_not_panic() {
    for text in ["", "\n", "é", "a\r\nb", "\u{202e}x\0y", "\t\t🦀\n\n\n"] {
        let sources = SourceSet::single("odd", text);
        for start in 0..=text.len() + 2 {
            for end in [start, start + 1, text.len(), text.len() + 9] {
                let d = Diagnostic::new(Code::UnexpectedText, Span::new(FileId(0), start, end), "Odd.").at("here");
                let all = [d];
                assert!(human(&all, &sources, true).contains("Odd."));
                assert!(json(&all, &sources).contains("Odd."));
                assert!(sarif(&all, &sources).contains("Odd."));
                assert!(github(&all, &sources).starts_with("::error"));
            }
        }
    }
}

#[test]
fn labels_far_apart_show_only_their_own_lines() {
    let text = "x\n".repeat(1000);
    let sources = SourceSet::single("long", text);
    let d = Diagnostic::new(Code::DuplicateName, Span::new(FileId(0), 0, 1), "Twice.")
        .label(Span::new(FileId(0), 1800, 1801), "first");
    let shown = human(&[d], &sources, false);
    assert!(shown.contains("901") && shown.lines().count() < 20, "{shown}");
}
