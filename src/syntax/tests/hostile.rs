//! Texts made to hurt: each is answered, soon and on a small stack.

use std::fmt::Write as _;

use super::parse;
use crate::diagnostic::Code;
use crate::source::FileId;

const SMALL_STACK: usize = 256 * 1024;

/// Parses on a small stack and gives back the codes found.
fn on_small_stack(text: String) -> Vec<Code> {
    let work = move || parse(&text).1.into_iter().map(|d| d.code).collect::<Vec<_>>();
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK).spawn(work);
    thread.expect("a thread").join().expect("no crash")
}

fn rule(condition: &str) -> String {
    format!("rule x on a.b {{ when {condition}\n green }}\n")
}

#[test]
fn deep_nesting_is_one_clear_error() {
    let n = 100_000;
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("a[", "]"), ("{ a: ", "}"), ("any x in (", "): x")]
    {
        let text = rule(&format!("{}a{}", open.repeat(n), close.repeat(n)));
        let text = if text.len() > 1024 * 1024 {
            rule(&format!("{}a{}", open.repeat(20_000), close.repeat(20_000)))
        } else {
            text
        };
        assert_eq!(on_small_stack(text), [Code::NestedTooDeep], "{open}");
    }
}

#[test]
fn long_prefixes_are_one_clear_error() {
    for prefix in ["not ", "- ", "has ", "not - has ", "any x in xs: ", "all x in any y in "] {
        let found = on_small_stack(rule(&format!("{}a", prefix.repeat(50_000))));
        assert_eq!(found.first(), Some(&Code::NestedTooDeep), "{prefix}");
        assert!(found.iter().all(|c| matches!(c, Code::NestedTooDeep | Code::TooMany)), "{prefix}: {found:?}");
    }
}

#[test]
fn quantifiers_around_comments_count_too() {
    let text = rule(&format!("{}a", "any // c\n x // c\n in xs: ".repeat(20_000)));
    assert!(on_small_stack(text).contains(&Code::NestedTooDeep));
}

#[test]
fn long_runs_are_flat_or_refused() {
    for operator in [" and ", " or ", " + ", " ?? ", " == "] {
        let text = rule(&format!("a{}", format!("{operator}a").repeat(120_000)));
        assert_eq!(on_small_stack(text), [Code::TooMany], "{operator}");
    }
    assert_eq!(on_small_stack(rule(&format!("a{}", " and a".repeat(9_000)))), []);
    assert_eq!(on_small_stack(rule(&format!("a{}", " + a".repeat(9_000)))).first(), Some(&Code::NestedTooDeep));
    for tail in [".b", "(1)", "[1]", ".{a}"] {
        let found = on_small_stack(rule(&format!("a{}", tail.repeat(20_000))));
        assert_eq!(found.first(), Some(&Code::NestedTooDeep), "{tail}");
    }
}

#[test]
fn steps_of_tests_are_flat_or_refused() {
    let keys = format!("test \"x\" {{ grant c for {} by ada }}\n", vec!["\"u\""; 100_000].join(", "));
    assert_eq!(on_small_stack(keys), []);
    let steps = format!("test \"x\" {{ {} }}\n", "freeze \"b\" by a  ".repeat(40_000));
    assert_eq!(on_small_stack(steps), []);
    let deep = "(".repeat(20_000);
    for step in [
        format!("grant c for {deep}"),
        format!("grant c {{ a: {deep}"),
        format!("set flag.x = {deep}"),
        format!("freeze {deep}"),
        format!("agent {deep}"),
        format!("set flag.x{} = 1", "[1]".repeat(20_000)),
    ] {
        let found = on_small_stack(format!("test \"x\" {{ {step} by ada }}\n"));
        assert!(!found.is_empty(), "{}", step.get(..20).unwrap_or_default());
    }
}

#[test]
fn allowed_nesting_is_read() {
    for (open, close) in [("(", ")"), ("f(", ")"), ("[", "]"), ("any x in (", "): x")] {
        let text = rule(&format!("{}a{}", open.repeat(60), close.repeat(60)));
        assert!(parse(&text).1.is_empty(), "{open}: {:#?}", parse(&text).1);
    }
    assert!(parse(&rule(&format!("{}a", "not ".repeat(64)))).1.is_empty());
}

#[test]
fn holes_are_limited_as_well() {
    let text = format!("guard g on a {{ black because \"{{{}a{}}}\" }}\n", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(on_small_stack(text), [Code::NestedTooDeep]);
    let text = format!("guard g on a {{ black because \"{}\" }}\n", "{".repeat(100_001));
    assert!(!on_small_stack(text).is_empty());
}

#[test]
fn unclosed_everything_is_answered() {
    let pieces =
        ["{", "(", "[", "\"", "// x", "rule x on a {\n", "rule x on a { when (\n", "test \"a\" {\n", "\"{", "in /"];
    for piece in pieces {
        let text = piece.repeat(900_000 / piece.len());
        let found = on_small_stack(text);
        assert!(piece == "// x" || !found.is_empty(), "{piece}");
        assert!(found.len() <= 1_000, "{piece}: {}", found.len());
    }
}

#[test]
fn characters_are_answered() {
    for piece in ["\0", "\u{202e}", "\u{feff}", "é", "\u{440}", "\u{1f600}", "\\", "\r", "\u{7f}", "}", "x\n", ";"] {
        let found = on_small_stack(piece.repeat(900_000 / piece.len()));
        assert!(!found.is_empty(), "{piece:?}");
    }
}

#[test]
fn types_do_not_recurse_without_bound() {
    let text = format!("record r {{ a: {}int{} }}\n", "list<".repeat(100_000), ">".repeat(100_000));
    assert!(!on_small_stack(text).is_empty());
    assert!(parse("record r { a: list<map<string, set<int>>> }\n").1.is_empty());
}

#[test]
fn a_file_over_the_limit_is_refused() {
    let text = "// x\n".repeat(250_000);
    assert_eq!(on_small_stack(text), [Code::FileTooLarge]);
    let text = "é".repeat(600_000);
    assert_eq!(on_small_stack(text), [Code::FileTooLarge]);
}

#[test]
fn a_large_expression_alone_is_limited() {
    let found = crate::syntax::parse_expression(&"(".repeat(100_000), FileId(0), 0).1;
    assert!(found.iter().any(|d| d.code == Code::NestedTooDeep));
}

#[test]
fn many_rules_are_read_in_linear_time() {
    let build = |n: usize| {
        let mut text = String::from("package p\n");
        for i in 0..n {
            let _ = writeln!(text, "rule r{i} on a.b {{\n    when x == {i} and not y\n    green\n}}");
        }
        text
    };
    let time = |text: &str| {
        let start = std::time::Instant::now();
        assert!(parse(text).1.is_empty());
        start.elapsed()
    };
    let (small, large) = (build(500), build(5_000));
    let (small, large) = (time(&small), time(&large));
    assert!(large < small * 60 + std::time::Duration::from_secs(2), "{small:?} {large:?}");
}
