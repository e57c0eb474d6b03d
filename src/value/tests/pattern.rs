use proptest::prelude::*;

use super::*;

fn set(kind: PatternKind, sources: &[&str]) -> PatternSet {
    PatternSet::compile(kind, sources).unwrap_or_else(|error| panic!("{error:?}"))
}

fn path(text: &str) -> Value {
    Value::Path(Arc::new(PathValue::read(text).unwrap_or_else(|fault| panic!("{fault:?}"))))
}

fn kind_of(result: Result<bool, Fault>) -> FaultKind {
    result.expect_err("a fault").kind
}

#[test]
fn sources_are_sorted_and_once_each() {
    let sources = set(PatternKind::TextGlob, &["b*", "a", "b*"]).sources;
    assert_eq!(sources.iter().map(|s| &**s).collect::<Vec<_>>(), ["a", "b*"]);
}

#[test]
fn each_kind_matches_its_own_values() {
    let release = set(PatternKind::TextGlob, &["release/*", "main", "*-rc?"]);
    for (text, answer) in [("release/1", true), ("main", true), ("v1-rc2", true), ("v1-rc", false), ("mai", false)] {
        assert_eq!(release.is_match(false, &Value::str(text)), Ok(answer), "{text}");
        assert_eq!(release.is_match(false, &Value::Ref(text.into())), Ok(answer), "{text}");
    }
    let hosts = set(PatternKind::HostGlob, &["*.Example.com", "**.test"]);
    assert_eq!(hosts.is_match(false, &Value::Host("a.example.com".into())), Ok(true));
    assert_eq!(hosts.is_match(false, &Value::Host("a.b.test".into())), Ok(true));
    assert_eq!(hosts.is_match(false, &Value::Host("example.com".into())), Ok(false));
    let version = set(PatternKind::Regex, &["^v[0-9]+$", "żółw"]);
    assert_eq!(version.is_match(false, &Value::str("v12")), Ok(true));
    assert_eq!(version.is_match(false, &Value::str("v12a")), Ok(false));
    assert_eq!(version.is_match(false, &Value::str("ten żółw")), Ok(true));
    assert_eq!(kind_of(version.is_match(false, &path("v12"))), FaultKind::IllTyped);
    assert_eq!(kind_of(release.is_match(false, &path("main"))), FaultKind::IllTyped);
    let unknown = Value::Unknown(Fault::new(FaultKind::UnknownWord, "an expansion"));
    assert_eq!(kind_of(release.is_match(false, &unknown)), FaultKind::UnknownWord);
}

#[test]
fn a_set_of_paths_is_one_comparison() {
    let sensitive = set(PatternKind::PathGlob, &["**/.env", "secrets/**", "**/*.key", "README.md", "./Makefile", "*"]);
    for (text, answer) in [("a/.env", true), ("secrets/x/y", true), ("a/b.txt", false), ("README.md", true)] {
        assert_eq!(sensitive.is_match(false, &path(text)), Ok(answer), "{text}");
    }
    assert_eq!(kind_of(sensitive.is_match(false, &path("a/.ENV"))), FaultKind::CaseOrForm);
    assert_eq!(kind_of(sensitive.is_match(false, &path("Secrets/x"))), FaultKind::CaseOrForm);
    assert_eq!(sensitive.is_match(true, &path("Secrets/x")), Ok(false));
    assert_eq!(sensitive.is_match(false, &path("readme.MD")), Ok(true), "`*` matches it whatever its case");
    let both = set(PatternKind::PathGlob, &["README.md", "readme.md"]);
    assert_eq!(both.is_match(false, &path("README.md")), Ok(true));
    assert_eq!(kind_of(both.is_match(false, &path("ReadMe.md"))), FaultKind::CaseOrForm);
}

#[test]
fn an_empty_set_matches_nothing() {
    for kind in [PatternKind::TextGlob, PatternKind::Regex] {
        assert_eq!(set(kind, &[]).is_match(false, &Value::str("")), Ok(false));
    }
    assert_eq!(set(PatternKind::PathGlob, &[]).is_match(false, &path("a")), Ok(false));
}

#[test]
fn what_does_not_compile_is_named_by_its_place() {
    let place = |kind, sources: &[&str]| PatternSet::compile(kind, sources).expect_err("an error").0;
    assert_eq!(place(PatternKind::PathGlob, &["z", "a//b", "c"]), 1);
    assert_eq!(place(PatternKind::Regex, &["z", "(", "a"]), 1);
    assert_eq!(place(PatternKind::HostGlob, &["a.example", "http://x"]), 1);
    assert_eq!(place(PatternKind::TextGlob, &["a", &"x".repeat(GREATEST_PATTERN + 1)]), 1);
    for source in
        [r"(a)\1", "a(?=b)", "(?<!a)b", "((a{1000}){1000}){1000}", r"\w{1000}", "[", "*", "a**{", "(?P<n>a)(?P<n>b)"]
    {
        assert_eq!(place(PatternKind::Regex, &[source]), 0, "{source}");
    }
    let deep = "(".repeat(1_000) + &")".repeat(1_000);
    assert_eq!(place(PatternKind::Regex, &[&deep]), 0);
    let large: Vec<String> = (10..40).map(|n| format!("[ab]{{4000}}{n}")).collect();
    let (at, message) = PatternSet::compile(PatternKind::Regex, &large).expect_err("too large together");
    assert!((2..29).contains(&at) && message.contains("of a set"), "{at}: {message}");
    let many = vec!["a"; GREATEST_SET + 1];
    assert!(PatternSet::compile(PatternKind::TextGlob, &many).is_err());
}

#[test]
fn ten_thousand_globs_are_found_among_each_other() {
    let sources: Vec<String> = (0..GREATEST_SET).map(|n| format!("src/package{n}/**/*.rs")).collect();
    let globs = PatternSet::compile(PatternKind::PathGlob, &sources).expect("globs");
    for n in 0..1_000 {
        assert_eq!(globs.is_match(false, &path(&format!("src/package{n}/a/b/c.rs"))), Ok(true));
        assert_eq!(globs.is_match(false, &path(&format!("src/other{n}/a/b/c.rs"))), Ok(false));
    }
}

/// A matcher that goes back would not end.
#[test]
fn hostile_regexes_end() {
    let text = Value::str(&"a".repeat(65_536));
    for source in ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "(.*a){20}b", "(?:a?){500}a{500}b"] {
        assert_eq!(set(PatternKind::Regex, &[source]).is_match(false, &text), Ok(false), "{source}");
    }
}

proptest! {
    #[test]
    fn a_set_says_what_its_members_say(
        sources in prop::collection::vec("[ab*?]{1,6}", 0..8),
        text in "[ab]{0,7}",
    ) {
        let whole = PatternSet::compile(PatternKind::TextGlob, &sources).expect("globs");
        let each = sources.iter().any(|source| Glob::new(source).is_match(&text));
        prop_assert_eq!(whole.is_match(false, &Value::str(&text)), Ok(each));
    }

    #[test]
    fn a_set_of_path_globs_says_what_its_members_say(
        sources in prop::collection::vec(
            prop::collection::vec(prop::sample::select(vec!["**", "*", "a", "b", "A", "a*", "*b", "?"]), 1..5),
            0..6,
        ),
        text in "[abA]{1,2}(/[ab]{1,2}){0,3}",
        sensitive in any::<bool>(),
    ) {
        let sources: Vec<String> = sources.iter().map(|parts| parts.join("/")).collect();
        let whole = PatternSet::compile(PatternKind::PathGlob, &sources).expect("globs");
        let value = PathValue::read(&text).expect("a path");
        let answers = sources.iter().map(|s| PathGlob::new(s).expect("a glob").is_match(&value, sensitive));
        let answers: Vec<_> = answers.collect();
        let said = whole.is_match(sensitive, &Value::Path(Arc::new(value)));
        // Without a doubtful member the set is their disjunction; with one it may be decided by another.
        if answers.iter().all(Result::is_ok) {
            prop_assert_eq!(said, Ok(answers.contains(&Ok(true))));
        } else {
            prop_assert_ne!(said, Ok(false), "a doubtful member cannot make a set say no");
        }
    }

    #[test]
    fn a_set_of_host_globs_says_what_its_members_say(
        sources in prop::collection::vec(
            prop::collection::vec(prop::sample::select(vec!["**", "*", "a", "b", "a*", "?"]), 1..5),
            0..6,
        ),
        host in "[ab]{1,2}(\\.[ab]{1,2}){0,3}",
    ) {
        let sources: Vec<String> = sources.iter().map(|parts| parts.join(".")).collect();
        let whole = PatternSet::compile(PatternKind::HostGlob, &sources).expect("globs");
        let each = sources.iter().any(|s| HostGlob::new(s).expect("a glob").is_match(&host));
        prop_assert_eq!(whole.is_match(false, &Value::Host(host.into())), Ok(each));
    }
}

/// A set tries a glob that floats on the longest end of a path alone; a glob by itself is tried on all of them.
#[test]
fn paths_that_leave_are_the_same_to_a_set_and_to_a_glob() {
    let globs = ["**/b", "**/a/**", "a/b", "a/**/c", "**", "*", "b?", "**/a/*b", "../a", "/a/b", "**/c/**/b"];
    let paths = ["../a/b", "../../c/a/b", "/a/b", "/c/a/x/c", "../b", "..", "/", "../x/ab", "/a/c/x/b", "../A/b"];
    let (mut holds, mut errs) = (0, 0);
    for glob in globs {
        let (alone, one) = (PathGlob::new(glob).unwrap_or_else(|e| panic!("{e}")), set(PatternKind::PathGlob, &[glob]));
        for text in paths {
            let value = path(text);
            let Value::Path(read) = &value else { panic!("it is a path") };
            for sensitive in [false, true] {
                let (by_glob, by_set) = (alone.is_match(read, sensitive), one.is_match(sensitive, &value));
                let outcome = |result: Result<bool, Fault>| result.map_err(|fault| fault.kind);
                holds += usize::from(by_set == Ok(true));
                errs += usize::from(by_set.is_err());
                assert_eq!(outcome(by_set), outcome(by_glob), "{glob} {text}");
            }
        }
    }
    assert!(holds >= 2 && errs > 20, "{holds} {errs}");
}
