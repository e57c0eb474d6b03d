//! Every page of `tests/cases` is what it says: for the parser, the formatter, the checker, the
//! interpreter, the plan and native code.
//!
//! `AAS_PAGES=combine cargo test --test cases` runs the pages whose name holds the word.
#![allow(clippy::disallowed_methods, reason = "these tests read the repository")]
#![allow(unreachable_pub, reason = "what the tests share is public to each of them")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use aas::diagnostic::{Code, render};
use aas::syntax::ast::ItemKind;
use aas::verify::{Case, Generator};
use aas::{SourceSet, pipeline, syntax};
use support::decided::{Decided, codes};
use support::engines::Compiled;
use support::expectations;
use support::page::{self, Found, Page};

fn pages() -> Vec<Page> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let wanted = std::env::var("AAS_PAGES").unwrap_or_default();
    page::all(&folder).into_iter().filter(|p| p.name.contains(&wanted)).collect()
}

/// Compares what a page expects to find with what the checker finds, as text lines.
fn findings(page: &Page, actual: &[Found]) -> Vec<String> {
    let mut expected = page.findings.clone();
    let mut wrong = Vec::new();
    let anywhere: BTreeSet<&str> =
        page.findings.iter().filter(|f| f.place.is_empty()).map(|f| f.what.as_str()).collect();
    for found in actual {
        if let Some(i) = expected.iter().position(|e| e == found) {
            expected.remove(i);
        } else if anywhere.contains(found.what.as_str()) {
            expected.retain(|e| !(e.place.is_empty() && e.what == found.what));
        } else {
            wrong.push(format!("{}: {} is not expected", found.place, found.what));
        }
    }
    wrong.extend(expected.iter().map(|e| format!("{}: {} is missing", e.place, e.what)));
    wrong
}

/// Everything that is not as the page says.
fn judge(page: &Page) -> Vec<String> {
    let checked = pipeline::check(&page.sources, &page.settings);
    let mut actual = page.manifest.clone();
    actual.extend(checked.diagnostics.iter().map(|d| Found::of(d, &page.sources)));
    let mut wrong = findings(page, &actual);
    if !wrong.is_empty() {
        let shown: Vec<_> = checked.diagnostics.iter().take(8).cloned().collect();
        wrong.truncate(8);
        wrong.push(render::human(&shown, &page.sources, false));
        return wrong;
    }
    let Some(typed) = checked.policy else {
        wrong.extend(
            page.requests.iter().map(|r| format!("line {}: the set has errors, so nothing can be asked", r.line)),
        );
        return wrong;
    };
    let policy = Compiled::new(typed, &page.sources);
    for ask in &page.requests {
        if let Err(why) = decision(page, &policy, ask) {
            wrong.push(format!("line {}: {why}", ask.line));
        }
    }
    wrong.extend(tests_of(&policy, &page.sources));
    wrong.extend(form(page, &policy));
    wrong.extend(made_up(&policy));
    wrong.extend(other_order(page, &policy));
    wrong
}

fn decision(page: &Page, policy: &Compiled, ask: &page::Ask) -> Result<(), String> {
    let decided = policy.ask(&ask.json);
    let Some(expected) = &ask.expected else {
        return match decided {
            Err(why) if why.starts_with("no request") || why.starts_with("entities") => Ok(()),
            Err(why) => Err(why),
            Ok(_) => Err("this is a request after all".into()),
        };
    };
    let decision = decided?;
    let package = &page.settings.package;
    let actual = Decided::of(&decision, policy.typed(), package);
    if expected.is_met_by(&actual, &codes(&decision, policy.typed())) {
        let said = policy.says(&ask.json, &decision, &page.sources);
        return match ask.says.iter().find(|text| !said.contains(text)) {
            Some(text) => Err(format!("expected to say {text:?}\n         but said {said:?}")),
            None => Ok(()),
        };
    }
    Err(format!(
        "expected {expected}\n       but got {actual}\n      errors {:?}",
        decision.errors.iter().map(|e| &e.message).collect::<Vec<_>>()
    ))
}

/// Requests made from the policy's own constants: the engines agree on each.
fn made_up(policy: &Compiled) -> Vec<String> {
    let mut generator = Generator::new(policy.typed(), 0xaa5);
    let cases = std::env::var("AAS_MADE_UP").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let differs = |case: Case| match policy.decide(&case.request, &case.facts, &case.entities) {
        Err(why) if !why.starts_with("entities") => {
            Some(format!("{:?}\n     {:?}\n     {why}", case.request, case.facts))
        }
        Err(_) | Ok(_) => None,
    };
    (0..cases).find_map(|_| differs(generator.any())).into_iter().collect()
}

/// The order of items and files means nothing: written backwards it is the same policy.
fn other_order(page: &Page, policy: &Compiled) -> Option<String> {
    let mut files: Vec<(&str, String)> = Vec::new();
    for (id, file) in page.sources.files() {
        let (tree, _) = syntax::parse(&page.sources, id);
        let (first, rest): (Vec<_>, Vec<_>) =
            tree.items.iter().partition(|i| matches!(i.kind, ItemKind::Package(_) | ItemKind::Use(_)));
        let mut text = String::new();
        for item in first.into_iter().chain(rest.into_iter().rev()) {
            item.docs.iter().for_each(|line| text.push_str(&format!("/// {line}\n")));
            text.push_str(page.sources.text(item.span));
            text.push_str("\n\n");
        }
        files.push((file.name(), text));
    }
    let mut sources = SourceSet::default();
    for (name, text) in files.into_iter().rev() {
        sources.add(name, text);
    }
    match pipeline::check(&sources, &page.settings).policy {
        Some(other) if other.hash == policy.typed().hash => None,
        Some(_) => Some("written backwards it is another policy".into()),
        None => Some("written backwards it has errors".into()),
    }
}

/// One canonical form: formatting it again changes nothing, and it means the same policy.
fn form(page: &Page, policy: &Compiled) -> Vec<String> {
    let mut wrong = Vec::new();
    let formatted = |sources: &SourceSet| -> Result<SourceSet, String> {
        let mut out = SourceSet::default();
        for (id, file) in sources.files() {
            let text = syntax::format(sources, id)
                .map_err(|d| format!("{}: cannot be formatted: {}", file.name(), d[0].message))?;
            out.add(file.name(), text);
        }
        Ok(out)
    };
    let once = match formatted(&page.sources) {
        Ok(once) => once,
        Err(why) => return vec![why],
    };
    match formatted(&once) {
        Ok(twice) => {
            for ((_, a), (_, b)) in once.files().zip(twice.files()) {
                if a.text() != b.text() {
                    wrong.push(format!("{}: formatting it again changes it", a.name()));
                }
            }
        }
        Err(why) => wrong.push(format!("the formatted text: {why}")),
    }
    match pipeline::check(&once, &page.settings).policy {
        Some(again) if again.hash == policy.typed().hash => {}
        Some(_) => wrong.push("formatted, it is another policy".into()),
        None => wrong.push("formatted, it has errors".into()),
    }
    wrong
}

/// The page's own `test` blocks: requests alone through everything that decides, sequences with a governor.
fn tests_of(policy: &Compiled, sources: &SourceSet) -> Vec<String> {
    let mut wrong = Vec::new();
    for test in &policy.typed().tests {
        for case in test.cases().filter(|_| !test.governed) {
            match policy.decide(&case.request, &case.facts, &case.entities) {
                Err(why) => wrong.push(format!("test {:?}: {why}", test.title)),
                Ok(decision) => {
                    let unmet = expectations::unmet(policy.typed(), &case.expect, &decision);
                    wrong.extend(unmet.iter().map(|u| format!("test {:?}: {u}", test.title)));
                }
            }
        }
        let place = |span| format!("test {:?}, {}", test.title, sources.place(span));
        let rehearsed = policy.rehearse(test);
        wrong.extend(rehearsed.misses.iter().map(|m| format!("{}: {}; {}", place(m.span), m.expected, m.found)));
        let odd =
            |finding: &aas::diagnostic::Diagnostic| format!("{}: {}", place(finding.primary.span), finding.message);
        wrong.extend(rehearsed.findings.iter().map(odd));
    }
    wrong
}

#[test]
fn every_page_is_what_it_says() {
    let pages = pages();
    let mut report = String::new();
    let mut failed = 0;
    for page in &pages {
        let wrong = judge(page);
        if !wrong.is_empty() {
            failed += 1;
            let _ = writeln!(report, "== {}", page.name);
            for line in wrong {
                let _ = writeln!(report, "   {line}");
            }
        }
    }
    assert!(failed == 0, "{failed} of {} pages are not what they say\n{report}", pages.len());
    println!("{} pages", pages.len());
}

#[test]
fn every_code_has_a_page() {
    let mut seen = BTreeSet::new();
    for page in page::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")) {
        seen.extend(page.findings.iter().filter_map(|f| f.what.split(' ').nth(1).map(ToString::to_string)));
    }
    // Bytes that are no text never become a source: the loader of `aasc` says so, and its tests show it.
    // What the compiler fails to understand is a fault of its own, so no page can show it.
    let elsewhere = [Code::NotUtf8, Code::NotUnderstood];
    let all = Code::ALL.iter().filter(|c| !elsewhere.contains(c)).map(|c| c.code());
    let missing: Vec<&str> = all.filter(|c| !seen.contains(*c)).collect();
    assert!(missing.is_empty(), "no page in tests/cases shows {missing:?}");
}

#[test]
fn a_page_opens_with_prose() {
    for page in pages() {
        let first = page.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("// "), "{} does not say what it is about", page.name);
    }
}

/// What people see of each finding, one file a topic.
#[test]
fn findings_read_well() {
    let mut topics: BTreeMap<String, String> = BTreeMap::new();
    for page in page::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")) {
        if !page.is_about_findings() || page.findings.iter().any(|f| f.place.is_empty()) {
            continue;
        }
        let checked = pipeline::check(&page.sources, &page.settings);
        let topic = page.name.split('/').next().unwrap_or_default().to_string();
        let out = topics.entry(topic).or_default();
        let _ = writeln!(out, "== {}\n{}", page.name, render::human(&checked.diagnostics, &page.sources, false));
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("cases/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| {
        for (topic, text) in topics {
            insta::assert_snapshot!(topic, text);
        }
    });
}
