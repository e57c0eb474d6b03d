//! Hostile rule files and requests, on a stack of 256 KiB: a clear error each, no crash, no hang.
//!
//! Unoptimised code needs several times the stack, so a debug build has 1 MiB; `just hostile` is the real thing.
#![allow(clippy::disallowed_methods, reason = "a thread with a small stack and a watchdog are the point")]
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::fmt::Write as _;
use std::sync::mpsc;
use std::time::Duration;

use aas::check::typed::RawEntity;
use aas::decision::{Engine, Tier};
use aas::diagnostic::Code;
use aas::json::JsonErrorKind;
use aas::{Facts, Policy, Raw, Request, Settings, SourceSet, json, pipeline};

/// The stack of small threads, in bytes.
fn stack() -> usize {
    let said = std::env::var("AAS_STACK_KIB").ok().and_then(|n| n.parse::<usize>().ok());
    said.unwrap_or(if cfg!(debug_assertions) { 1024 } else { 256 }) * 1024
}

/// Far more than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs on a small stack; panics are passed on, and what does not end is one.
fn small<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::Builder::new().stack_size(stack()).spawn(move || done.send(work())).expect("a thread");
    match wait.recv_timeout(PATIENCE) {
        Ok(answer) => answer,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it does not end"),
        Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(_) => unreachable!("a thread that ends well has sent its answer"),
        },
    }
}

/// Codes of the errors of a set of files, each once, in order.
fn codes(files: Vec<String>) -> Vec<&'static str> {
    small(move || {
        let mut sources = SourceSet::default();
        for (i, text) in files.into_iter().enumerate() {
            sources.add(format!("f{i}.aasrule"), text);
        }
        let checked = pipeline::check(&sources, &Settings::default());
        assert_eq!(checked.policy.is_none(), checked.has_errors(), "a policy is there exactly where no error is");
        // What people see must not crash either.
        let shown = aas::diagnostic::render::human(&checked.diagnostics, &sources, false);
        assert!(shown.len() < 4_000_000, "{} bytes of findings", shown.len());
        let mut codes: Vec<&str> = checked.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    })
}

/// One file that says something hostile about an action, where a condition stands.
fn condition(text: &str) -> Vec<&'static str> {
    codes(vec![format!(
        "package p\n\naction a.go {{ n: int 0..9, b: bool, o: int?, s: string, xs: list<int 0..9>[..9] }}\n\nrule r on a.go {{ green when {text} }}\n"
    )])
}

fn is(code: Code) -> Vec<&'static str> {
    vec![code.code()]
}

#[test]
fn nesting_is_counted_before_it_recurses() {
    let deep = |open: &str, middle: &str, close: &str, times: usize| {
        format!("{}{middle}{}", open.repeat(times), close.repeat(times))
    };
    for times in [70, 1_000, 100_000] {
        for (open, middle, close) in [
            ("(", "b", ")"),
            ("not ", "b", ""),
            ("not (", "b", ")"),
            ("- ", "n", ""),
            ("has ", "o", ""),
            ("(b and ", "b", ")"),
            ("(b or (not ", "b", "))"),
            ("[", "1", "]"),
            ("{", "1", "}"),
            ("xs[", "1", "]"),
            ("at least 1 of (", "b", ")"),
            ("max(", "xs", ")"),
            ("any x in xs: ", "b", ""),
            ("f(", "b", ")"),
        ] {
            let found = condition(&deep(open, middle, close, times));
            let fine = [Code::NestedTooDeep.code(), Code::FileTooLarge.code()];
            assert!(!found.is_empty() && found.iter().any(|c| fine.contains(c)), "{open} {times}: {found:?}");
        }
    }
}

#[test]
fn what_is_just_not_too_deep_is_decided() {
    // As deep as the language allows, through every phase and engine.
    small(|| {
        let deep = format!("{}b{}", "not (".repeat(30), ")".repeat(30));
        let text = format!("package p\naction a.go {{ b: bool }}\nrule r on a.go {{ green when {deep} }}\n");
        let policy = Policy::compile(&SourceSet::single("p.aasrule", text), &Settings::default());
        let policy = policy.unwrap_or_else(|d| panic!("{d:?}")).with_native().expect("native code");
        for engine in [Engine::Interp, Engine::Plan, Engine::Jit] {
            let request = Request::new("a.go").param("b", Raw::Bool(true));
            let decision = policy.decide_with(engine, &request, &Facts::of_agent("x"), &aas::Entities::none());
            assert_eq!(decision.tier, Tier::Green);
        }
    });
}

#[test]
fn long_is_not_deep() {
    let joined = |part: &str, by: &str, times: usize| vec![part; times].join(by);
    // 300,000 `and`s are more than a file may hold; what fits is more than an item may hold.
    assert_eq!(condition(&joined("b", " and ", 300_000)), is(Code::FileTooLarge));
    for (part, by) in [("b", " and "), ("b", " or "), ("n > 3", " and "), ("not b", " or ")] {
        assert_eq!(condition(&joined(part, by, 60_000)), is(Code::TooMany), "{part}{by}");
    }
    for (part, by, tail) in [("n", " + ", " > 3"), ("n", " - ", " > 3"), ("o", " ?? ", " > 3"), ("n", " * ", " > 3")] {
        let found = condition(&format!("{}{tail}", joined(part, by, 60_000)));
        assert!(!found.is_empty(), "{by}: {found:?}");
    }
    for text in
        [joined("b", ".", 100_000), joined("b", "[", 100_000), format!("n in {{ {} }}", joined("1", ", ", 100_000))]
    {
        assert!(!condition(&text).is_empty());
    }
}

#[test]
fn rules_are_counted() {
    let mut files = Vec::new();
    for file in 0..11 {
        let mut text = String::from("package p\n");
        if file == 0 {
            text.push_str("action a.go\n");
        }
        for i in 0..9_200 {
            let _ = writeln!(text, "rule r{file}_{i} on a.go {{ green }}");
        }
        files.push(text);
    }
    assert_eq!(codes(files), is(Code::TooMany));
}

#[test]
fn sizes_are_counted() {
    let large = format!("package p\n// {}\n", "x".repeat(2_000_000));
    assert_eq!(codes(vec![large]), is(Code::FileTooLarge));
    let huge = format!("package p\n// {}\n", "x".repeat(100_000_000));
    assert_eq!(codes(vec![huge]), is(Code::FileTooLarge));
    let many: Vec<String> = (0..20).map(|_| format!("package p\n// {}\n", "x".repeat(1_000_000))).collect();
    assert_eq!(codes(many), is(Code::FileTooLarge));
    let files: Vec<String> = (0..5_000).map(|_| "package p\n".to_string()).collect();
    assert_eq!(codes(files), is(Code::TooMany));
}

#[test]
fn characters_that_mislead_are_findings() {
    for c in ['\0', '\u{1}', '\u{7f}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}'] {
        for text in [format!("s == \"a{c}b\""), format!("b{c} and b")] {
            assert!(!condition(&text).is_empty(), "{c:?} in {text:?}");
        }
    }
    assert!(!codes(vec!["package p\naction \u{430}.go\nrule r on \u{430}.go { green }\n".into()]).is_empty());
}

#[test]
fn patterns_are_bounded() {
    for bomb in [
        "/(((a{100}){100}){100}){100}/".to_string(),
        "/(a{1000}){1000}/".to_string(),
        format!("/{}/", "(a|b|".repeat(60) + &")".repeat(60)),
        format!("/{}a{}/", "(".repeat(5_000), ")".repeat(5_000)),
        format!("/{}/", "[a-z]*".repeat(600)),
        format!("/{}/", "\\\\p{L}{50}".repeat(200)),
        format!("/{}/", "x".repeat(5_000)),
    ] {
        let found = condition(&format!("s matches {bomb}"));
        let fine = [Code::BadRegex.code(), Code::NestedTooDeep.code(), Code::TooMany.code(), Code::FileTooLarge.code()];
        assert!(found.iter().all(|c| fine.contains(c)), "{}: {found:?}", &bomb[..30]);
    }
}

#[test]
fn patterns_match_in_linear_time() {
    small(|| {
        let glob = "*a".repeat(1_000);
        let text = format!(
            "package p\naction a.go {{ s: string, p: path }}\nrule r on a.go {{ green when s like \"{glob}b\" or s matches /(a*)*(a|aa)+$b/ or p like \"{}\" }}\n",
            "**/a*/".repeat(200) + "b"
        );
        let sources = SourceSet::single("p.aasrule", text);
        let policy = Policy::compile(&sources, &Settings::default()).unwrap_or_else(|d| panic!("{d:?}"));
        let request =
            Request::new("a.go").param("s", Raw::text(&"a".repeat(60_000))).param("p", Raw::text(&"aa/".repeat(300)));
        for engine in [Engine::Interp, Engine::Plan] {
            let decision = policy.decide_with(engine, &request, &Facts::of_agent("x"), &aas::Entities::none());
            assert_eq!(decision.tier, Tier::Red);
        }
    });
}

#[test]
fn declarations_are_not_followed_for_ever() {
    let chain = |times: usize, line: &dyn Fn(usize) -> String| -> String {
        let lines: String = (0..times).map(|i| format!("{}\n", line(i))).collect();
        format!("package p\naction a.go {{ n: int 0..9 }}\n{lines}rule r on a.go {{ green when n > 3 }}\n")
    };
    let times = 10_000;
    // Each names the next; the last names the first.
    let next = |i: usize| (i + 1) % times;
    for (what, text) in [
        ("consts", chain(times, &|i| format!("const c{i} = c{}", next(i)))),
        (
            "predicates",
            chain(times, &|i| format!("predicate p{i}(x: int): bool = p{}(x)", next(i))).replace("n > 3", "p0(n)"),
        ),
        ("records", chain(times, &|i| format!("record R{i} {{ x: R{} }}", next(i)))),
    ] {
        let found = codes(vec![text]);
        assert!(!found.is_empty(), "{what}: {found:?}");
    }
    // The same without a circle: long, and either refused or fine.
    let text = chain(times, &|i| {
        format!("const c{i} = {}", if i + 1 == times { "3".into() } else { format!("c{} + 1", i + 1) })
    });
    let _ = codes(vec![text]);
    let text = chain(times, &|i| {
        let body = if i + 1 == times { "x > 3".into() } else { format!("p{}(x)", i + 1) };
        format!("predicate p{i}(x: int): bool = {body}")
    });
    let _ = codes(vec![text]);
    let text =
        chain(times, &|i| if i + 1 == times { format!("entity E{i}") } else { format!("entity E{i} in E{}", i + 1) });
    let _ = codes(vec![text]);
    let text = chain(times, &|i| {
        if i + 1 == times { format!("record R{i} {{ x: int }}") } else { format!("record R{i} {{ x: R{} }}", i + 1) }
    });
    let _ = codes(vec![text]);
    // Packages that use each other in a long line, and in a circle.
    for circle in [false, true] {
        let files = (0..2_000)
            .map(|i| {
                let used = if i < 1_999 {
                    format!("use q{}.*\n", i + 1)
                } else if circle {
                    "use q0.*\n".into()
                } else {
                    String::new()
                };
                format!("package q{i}\n{used}action a{i}.go\nrule r on a{i}.go {{ green }}\n")
            })
            .collect();
        let found = codes(files);
        assert_eq!(found.is_empty(), !circle, "{found:?}");
    }
}

#[test]
fn predicates_that_double_are_counted() {
    let mut text = String::from("package p\naction a.go { n: int 0..9 }\npredicate p0(x: int): bool = x > 3\n");
    for i in 1..60 {
        let _ = writeln!(text, "predicate p{i}(x: int): bool = p{}(x) and p{}(x)", i - 1, i - 1);
    }
    text.push_str("rule r on a.go { green when p59(n) }\n");
    let found = codes(vec![text]);
    let limits = [Code::NestedTooDeep.code(), Code::TooMany.code()];
    assert!(!found.is_empty() && found.iter().all(|c| limits.contains(c)), "{found:?}");
    // Fewer, but with arguments that double as well.
    let doubled = |times: usize| {
        let mut text = String::from("package p\naction a.go { n: int 0..9 }\npredicate d(x: int): int = x + x\n");
        let _ = writeln!(text, "rule r on a.go {{ green when {}n{} > 3 }}", "d(".repeat(times), ")".repeat(times));
        codes(vec![text])
    };
    assert_eq!(doubled(3), Vec::<&str>::new());
    assert_eq!(doubled(16), is(Code::TooMany));
    assert_eq!(doubled(40), is(Code::TooMany));
}

#[test]
fn a_broken_file_does_not_hang() {
    for junk in
        ["{", "}", "\"", "(", "rule ", "rule r on a.go { ", "when ", "\\", "\n\n", "///", "// x\n", "\"{", "r\u{301}"]
    {
        let found = codes(vec![format!("package p\n{}", junk.repeat(30_000))]);
        let harmless = ["\n\n", "// x\n", "///"].contains(&junk);
        assert_eq!(found.is_empty(), harmless, "{junk:?}: {found:?}");
    }
}

#[test]
fn json_is_bounded() {
    small(|| {
        let kind = |text: &str| json::parse(text).map(|_| ()).map_err(|e| e.kind);
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            for times in [40, 100_000] {
                let whole = format!("{}1{}", open.repeat(times), close.repeat(times));
                assert_eq!(kind(&whole), Err(JsonErrorKind::LimitExceeded));
                assert_eq!(kind(&open.repeat(times)), Err(JsonErrorKind::LimitExceeded));
            }
        }
        let keys: Vec<String> = (0..100_000).map(|i| format!("\"k{i}\":1")).collect();
        assert_eq!(kind(&format!("{{{}}}", keys.join(","))), Err(JsonErrorKind::LimitExceeded));
        let keys: Vec<String> = (0..11_000).map(|i| format!("\"k{i}\":1")).collect();
        assert_eq!(kind(&format!("{{{}}}", keys.join(","))), Err(JsonErrorKind::LimitExceeded));
        assert_eq!(kind(&format!("\"{}\"", "x".repeat(300_000))), Err(JsonErrorKind::LimitExceeded));
        assert_eq!(kind(&" ".repeat(2_000_000)), Err(JsonErrorKind::LimitExceeded));
        assert_eq!(kind(&"9".repeat(1_000)), Err(JsonErrorKind::LimitExceeded));
        for bad in ["NaN", "1e", "01", "{\"a\":1,\"a\":1}", "\"\\ud800\"", "nul", "[1,]", "{}{}", "\u{feff}1", ""] {
            assert_eq!(kind(bad), Err(JsonErrorKind::Malformed), "{bad}");
        }
        assert!(json::parse_bytes(b"\"\xff\"").is_err());
    });
}

/// A policy that reads much of everything.
fn policy() -> Policy {
    let text = r#"package p
record R { s: string, l: list<string>? }
entity Team in Team
action a.go { s: string, p: path?, u: url?, h: host?, c: command?, l: list<string>?, m: map<string, string>?, r: R?, t: Team? }
rule s on a.go { green }
guard a on a.go {
    black when has c and c runs "rm"
    black when has p and p like "**/*.key"
    red when has l and any x in l: x like "*a*b*"
    red when has t and t in Team("root")
    because "No."
}
guard found on any action { when secrets.found  black because "A secret." }
"#;
    Policy::compile(&SourceSet::single("p.aasrule", text), &Settings::default()).unwrap_or_else(|d| panic!("{d:?}"))
}

/// The tier of a request by all engines.
fn tier(request: Request) -> Tier {
    small(move || {
        let policy = policy().with_native().expect("native code");
        let (facts, none) = (Facts::of_agent("x"), aas::Entities::none());
        let mut tiers = [Engine::Interp, Engine::Plan, Engine::Jit]
            .map(|engine| policy.decide_with(engine, &request, &facts, &none))
            .map(|decision| {
                let shown: usize = decision.errors.iter().map(|e| e.message.len()).sum();
                assert!(shown < 2_000_000 && decision.errors.len() < 20_100, "{shown} bytes of errors");
                decision.tier
            });
        tiers.sort_unstable();
        assert_eq!(tiers[0], tiers[2]);
        tiers[0]
    })
}

#[test]
fn requests_are_bounded() {
    let go = || Request::new("a.go").param("s", Raw::text("x"));
    assert_eq!(tier(go()), Tier::Green);
    assert_eq!(tier(Request::new("a.go").param("s", Raw::text(&"x".repeat(10_000_000)))), Tier::Black);
    assert_eq!(tier(Request::new(&"a.".repeat(1_000_000)).param("s", Raw::text("x"))), Tier::Black);
    let long = |n: usize| Raw::List((0..n).map(|i| Raw::text(&format!("{i}ab"))).collect());
    assert_eq!(tier(go().param("l", long(1_000))), Tier::Red);
    assert_eq!(tier(go().param("l", long(1_000_000))), Tier::Black);
    let fields = (0..100_000).map(|i| (format!("k{i}").into(), Raw::Null)).collect();
    assert_eq!(tier(go().param("m", Raw::Object(fields))), Tier::Black);
    assert_eq!(tier(go().param("p", Raw::text(&"../".repeat(20_000)))), Tier::Black);
    assert_eq!(tier(go().param("u", Raw::text(&format!("http://{}", "a.".repeat(30_000))))), Tier::Black);
    assert_eq!(tier(go().param("h", Raw::text(&"xn--".repeat(10_000)))), Tier::Black);
    for n in ["\0", "~", "C:\\x", "a\u{202e}b"] {
        let _ = tier(go().param("p", Raw::text(n)));
    }
    let mut request = go();
    request.params.extend((0..20_000).map(|i| (format!("k{i}").into(), Raw::Bool(true))));
    assert_eq!(tier(request), Tier::Black);
}

#[test]
fn commands_are_bounded() {
    let with = |text: String| Request::new("a.go").param("s", Raw::text("x")).param("c", Raw::text(&text));
    for text in [
        "{ ".repeat(2_500),
        "( ".repeat(2_500),
        "$(".repeat(2_500),
        "`".repeat(5_000),
        "\"$(".repeat(2_000),
        "if true; then ".repeat(1_000),
        "case x in x) ".repeat(1_000),
        "a;".repeat(15_000),
        "a|".repeat(15_000),
        "sudo ".repeat(6_000) + "rm x",
        "sh -c \"sh -c \\\"".repeat(500),
        "<<E\n".repeat(5_000),
        "((".repeat(2_000),
        "[[ ! ".repeat(2_000),
        "${x:-".repeat(3_000),
        "$((".repeat(3_000),
        "f() { ".repeat(2_000),
        "x".repeat(1_000_000),
        "\0".into(),
        "a && ".repeat(6_000),
    ] {
        let shown: String = text.chars().take(20).collect();
        assert_eq!(tier(with(text)), Tier::Black, "{shown}");
    }
    // Braces that are never closed are just letters, and so are many marks of exclamation.
    assert_eq!(tier(with("{a,".repeat(5_000))), Tier::Green);
    assert_eq!(tier(with("!".repeat(10_000))), Tier::Green);
}

#[test]
fn deep_hierarchies_are_closed_without_recursion() {
    small(|| {
        let policy = policy();
        let entity = |i: usize| RawEntity {
            ty: "Team".into(),
            id: format!("t{i}").into(),
            parents: vec![("Team".into(), format!("t{}", i + 1).into())],
            attributes: Vec::new(),
        };
        let line: Vec<RawEntity> = (0..2_000).map(entity).collect();
        assert!(policy.entities(&line).is_ok());
        let longer: Vec<RawEntity> = (0..50_000).map(entity).collect();
        assert!(policy.entities(&longer).is_err(), "more memberships than are kept");
        let mut circle = line;
        circle.push(RawEntity {
            ty: "Team".into(),
            id: "t2000".into(),
            parents: vec![("Team".into(), "t0".into())],
            attributes: Vec::new(),
        });
        assert!(policy.entities(&circle).is_err());
    });
}
