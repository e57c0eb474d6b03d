use proptest::prelude::*;

use std::sync::Arc;

use super::*;
use crate::value::Value;
use crate::value::pattern::{PatternKind, PatternSet};

fn path(text: &str) -> PathValue {
    PathValue::read(text).unwrap_or_else(|fault| panic!("{text:?}: {fault:?}"))
}

fn glob(source: &str) -> PathGlob {
    PathGlob::new(source).unwrap_or_else(|message| panic!("{source:?}: {message}"))
}

fn matches(source: &str, text: &str) -> Result<bool, FaultKind> {
    glob(source).is_match(&path(text), false).map_err(|fault| fault.kind)
}

#[test]
fn one_form_for_all_ways_to_write_it() {
    for (given, normal) in [
        ("a/b", "a/b"),
        ("./a//b/", "a/b"),
        ("a\\b\\..\\c", "a/c"),
        ("a/./b/../c", "a/c"),
        (".", "."),
        ("a/..", "."),
        ("./././", "."),
        ("../x", "../x"),
        ("a/../../x", "../x"),
        ("../../x/../y", "../../y"),
        ("/etc//passwd", "/etc/passwd"),
        ("/../../etc", "/etc"),
        ("/", "/"),
        ("\\\\server\\share", "/server/share"),
        ("a/~", "a/~"),
        ("...", "..."),
        ("x/a:b", "x/a:b"),
        (" a", " a"),
    ] {
        assert_eq!(path(given).text(), normal, "{given:?}");
    }
}

#[test]
fn what_is_no_path() {
    for text in [
        "",
        "~",
        "~/x",
        "~root/x",
        "./~/x",
        "a/../~",
        "C:",
        "c:\\x",
        "C:/x",
        "./C:/x",
        "a\0b",
        "a\nb",
        "a\u{7f}",
        "a\u{85}",
        "a\u{2028}b",
    ] {
        assert_eq!(PathValue::read(text).expect_err(text).kind, FaultKind::IllTyped, "{text:?}");
    }
    assert_eq!(PathValue::read(&"a/".repeat(50_000)).expect_err("long").kind, FaultKind::TooLong);
}

#[test]
fn globs_are_anchored_and_compare_components() {
    for (source, text, answer) in [
        ("**/*.key", "server.key", true),
        ("**/*.key", "a/b/server.key", true),
        ("**/*.key", "server.key/x", false),
        ("secrets/**", "secrets/x", true),
        ("secrets/**", "secrets/x/y", true),
        ("secrets/**", "secrets", false),
        ("secrets/**", "a/secrets/x", false),
        ("secrets", "secrets", true),
        ("secrets", "a/secrets", false),
        ("*.md", "a.md", true),
        ("*.md", "docs/a.md", false),
        ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b", true),
        ("a/**/b", "a/x/y/c", false),
        ("a/**/**/b", "a/b", true),
        ("**", "a", true),
        ("**", ".", false),
        (".", ".", true),
        ("**/x", "/y", false),
        ("**/x", "../y", false),
        ("secrets/**", "../other/x", false),
        ("/etc/**", "/etc/passwd", true),
        ("/etc/**", "etc/passwd", false),
        ("../**", "../x", true),
        ("../**", "../../x", false),
        ("a?c", "abc", true),
        ("a?c", "a/c", false),
        ("./src/*", "src/x", true),
        ("*", ".env", true),
        ("**/.git/**", "x/.git/hooks/y", true),
        ("**/a/**/b/**", "a/b/b", true),
        ("**/a/*/b", "a/a/x/b", true),
        ("[ab]", "a", false),
    ] {
        assert_eq!(matches(source, text), Ok(answer), "{source:?} on {text:?}");
    }
}

#[test]
fn a_path_that_leaves_the_workspace_may_come_back() {
    // Nobody said where the workspace is: `../here/.env` may be `.env`, and so may `/home/me/here/.env`.
    let fault = Err(FaultKind::OutsideRoot);
    for (source, text) in [
        ("**", "../a"),
        ("**/x", "/x"),
        ("**/x", "../x"),
        (".env", "../here/.env"),
        (".env", "/home/me/here/.env"),
        ("secrets/**", "../here/secrets/x"),
        (".env", "../here/.ENV"),
    ] {
        let glob = PathGlob::new(source).expect("a glob");
        assert_eq!(glob.is_match(&path(text), false).map_err(|f| f.kind), fault, "{source} on {text}");
        let set = PatternSet::compile(PatternKind::PathGlob, &[source]).expect("a set");
        let value = Value::Path(Arc::new(path(text)));
        assert_eq!(set.is_match(false, &value).map_err(|f| f.kind), fault, "{source} on {text}, as a set");
    }
    let equals = |a, b| equal(&path(a), &path(b), false).map_err(|f| f.kind);
    assert_eq!(equals("../here/src/a", "src/a"), fault);
    assert_eq!(equals("src/a", "/x/src/a"), fault);
    assert_eq!(equals("../here/src/a", "src/b"), Ok(false));
    assert_eq!(equals("../a", "."), Ok(false));
    let lies = |a, b| under(&path(a), &path(b), false).map_err(|f| f.kind);
    assert_eq!(lies("../here/docs/a", "docs"), fault);
    assert_eq!(lies("../here/a", "docs"), Ok(false));
    assert_eq!(lies("../here/docs/a", "."), Ok(false), "outside is outside");
}

#[test]
fn globs_that_would_mislead_do_not_compile() {
    for source in [
        "",
        "a//b",
        "a/",
        "/",
        "a/../b",
        "../a/../b",
        "a/./b",
        "a**",
        "**.key",
        "a/b**/c",
        "***",
        "a\\b",
        "~/.ssh/**",
        "C:/x",
        "a\nb",
    ] {
        assert!(PathGlob::new(source).is_err(), "{source:?}");
    }
    assert!(PathGlob::new("**.key").is_err_and(|message| message.contains("`**/*.key`")));
}

#[test]
fn under_compares_components_and_includes_the_folder_itself() {
    for (inner, outer, answer) in [
        ("secrets/x", "secrets", true),
        ("secrets", "secrets", true),
        ("secrets2/x", "secrets", false),
        ("a", ".", true),
        (".", ".", true),
        ("../a", ".", false),
        ("/a", ".", false),
        ("/etc/x", "/etc", true),
        ("x", "/", true),
        ("x", "..", true),
        ("../x", "..", true),
        ("../../x", "..", false),
        ("..", "../..", true),
        ("../x/y", "../x", true),
    ] {
        assert_eq!(under(&path(inner), &path(outer), false), Ok(answer), "{inner} under {outer}");
    }
}

#[test]
fn case_and_form_are_never_decided_silently() {
    let fault = Err(FaultKind::CaseOrForm);
    let equals = |a, b| equal(&path(a), &path(b), false).map_err(|f| f.kind);
    let lies = |a, b| under(&path(a), &path(b), false).map_err(|f| f.kind);
    assert_eq!(equals("README.md", "README.md"), Ok(true));
    assert_eq!(equals("README.md", "readme.md"), fault);
    assert_eq!(equals("README.md", "other.md"), Ok(false));
    assert_eq!(equals("caf\u{e9}", "cafe\u{301}"), fault);
    assert_eq!(equals("stra\u{df}e", "STRASSE"), fault);
    assert_eq!(equals(".g\u{200c}it", ".git"), fault);
    assert_eq!(equals("\u{212a}ey", "key"), fault, "the Kelvin sign");
    assert_eq!(lies(".GIT/hooks", ".git"), fault);
    assert_eq!(lies(".\u{200b}./x", "."), fault);
    assert_eq!(matches("secrets/**", "Secrets/x"), fault);
    assert_eq!(matches("Secrets/**", "secrets/x"), fault);
    assert_eq!(matches("**/*.key", "A/server.key"), Ok(true), "both answers are the same");
    assert_eq!(matches("**/*.key", "a/server.KEY"), fault);
    assert_eq!(equal(&path("A"), &path("a"), true), Ok(false));
    assert_eq!(glob("A*").is_match(&path("ab"), true), Ok(false));
}

#[test]
fn parts_of_a_path() {
    let name = |text: &str| path(text).name().text().to_string();
    let parent = |text: &str| path(text).parent().map(|p| p.text().to_string());
    let extension = |text: &str| path(text).extension().map(|p| p.text().to_string());
    assert_eq!(name("a/b.tar.gz"), "b.tar.gz");
    assert_eq!(name("."), ".");
    assert_eq!(name("/"), "/");
    assert_eq!(parent("a/b").as_deref(), Some("a"));
    assert_eq!(parent("a").as_deref(), Some("."));
    assert_eq!(parent("/a").as_deref(), Some("/"));
    assert_eq!(parent("../a").as_deref(), Some(".."));
    assert_eq!((parent("."), parent("/"), parent("..")), (None, None, None));
    assert_eq!(extension("a/b.tar.gz").as_deref(), Some("gz"));
    assert_eq!((extension("a.b/c"), extension(".env"), extension("a.")), (None, None, None));
    assert_eq!((path("a/b").depth(), path(".").depth(), path("../a").depth()), (2, 0, 2));
    assert!(path("/a").is_outside() && path("..").is_outside() && !path("a").is_outside());
}

/// They would not end if a run were ever tried twice.
#[test]
fn hostile_globs_end() {
    let long = path(&"a/".repeat(2_000));
    assert_eq!(glob(&("**/a/".repeat(500) + "b")).is_match(&long, false), Ok(false));
    assert_eq!(glob(&("**/*a*a*a*b/".repeat(300) + "b")).is_match(&path(&"a".repeat(4_000)), false), Ok(false));
}

/// What a path glob means, without thought of time.
fn reference(glob: &[&str], path: &[&str]) -> bool {
    match glob.split_first() {
        None => path.is_empty(),
        Some((&"**", [])) => !path.is_empty(),
        Some((&"**", rest)) => (0..=path.len()).any(|n| reference(rest, &path[n..])),
        Some((one, rest)) => {
            path.split_first().is_some_and(|(first, path)| Glob::new(one).is_match(first) && reference(rest, path))
        }
    }
}

proptest! {
    #[test]
    fn it_means_what_the_reference_means(
        pattern in prop::collection::vec(prop::sample::select(vec!["**", "*", "a", "b", "a*", "?"]), 1..7),
        components in prop::collection::vec(prop::sample::select(vec!["a", "b", "ab"]), 1..7),
    ) {
        let answer = glob(&pattern.join("/")).is_match(&path(&components.join("/")), false);
        // Runs that follow each other are one, also at the end.
        let mut once = pattern.clone();
        once.dedup_by(|a, b| *a == "**" && a == b);
        prop_assert_eq!(answer, Ok(reference(&once, &components)));
    }

    #[test]
    fn normalising_twice_is_normalising_once(text in r"[a~./\\:é]{0,20}|\PC{0,12}") {
        if let Ok(once) = PathValue::read(&text) {
            prop_assert_eq!(PathValue::read(once.text()), Ok(once));
        }
    }

    #[test]
    fn folding_twice_is_folding_once(text in r"\PC{0,12}|[aAßẞſKİıσΣςéE\u{301}]{0,10}") {
        if let Some(folded) = fold(&text) {
            prop_assert_eq!(fold(&folded), None);
        }
    }

    #[test]
    fn under_is_what_a_glob_with_a_run_says(inner in "[ab]{1,2}(/[ab]{1,2}){0,4}", outer in "[ab]{1,2}(/[ab]{1,2}){0,2}") {
        let (p, q) = (path(&inner), path(&outer));
        let by_glob = glob(&format!("{outer}/**")).is_match(&p, false) == Ok(true) || inner == outer;
        prop_assert_eq!(under(&p, &q, false), Ok(by_glob));
    }
}
