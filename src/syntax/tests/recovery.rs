//! One mistake costs one item and one finding.

use super::{codes, good, parse};
use crate::diagnostic::Code;
use crate::source::FileId;
use crate::syntax::ast::ItemKind;

const GOOD: &str = "\nrule fine on a.b { green }\n";

fn unreadable(text: &str) -> usize {
    parse(text).0.items.iter().filter(|i| matches!(i.kind, ItemKind::Unreadable)).count()
}

#[test]
fn a_bad_item_does_not_spoil_the_next() {
    let cases = [
        ("rul x on a.b { green }", "AAS0104"),
        ("rule x on { green }", "AAS0101"),
        ("rule x on a.b { whne c green }", "AAS0101"),
        ("rule x on a.b { when green = 3 }", "AAS0101"),
        ("rule x on a.b {\n    when c\n    green\n", "AAS0102"),
        ("rule x on a.b { when (c green }", "AAS0102"),
        ("rule x on a.b { when c] green }", "AAS0101"),
        ("rule x on a.b { when f(c] green }", "AAS0102"),
        ("guard x on a.b { black because \"oops }\n}", "AAS0103"),
        ("rule x on a.b { when v matches /abc\n green }", "AAS0103"),
        ("rule x on a.b { green } }", "AAS0101"),
        ("relax x on a.b { when c }", "AAS0113"),
        ("relax x on a.b { when c  yellow green }", "AAS0101"),
        ("rule x on a.b { when c\u{0} green }", "AAS0107"),
        ("rule x on a.b { when \u{440}rod green }", "AAS0106"),
        ("rule x on a.b { when c \u{2014} d green }", "AAS0101"),
        ("rule x on a.b { when c == \u{201c}d\u{201d} green }", "AAS0101"),
        ("x", "AAS0104"),
        ("= 3", "AAS0101"),
        ("test \"x\" { expect gren }", "AAS0101"),
        ("test \"x\" { grant consent for by ada }", "AAS0101"),
        ("test \"x\" { freeze \"bot\" }", "AAS0101"),
        ("test \"x\" { agent \"sub\" }", "AAS0101"),
        ("test \"x\" { set flag.halt true by ada }", "AAS0101"),
        ("test \"x\" { close \"s1\" }", "AAS0101"),
    ];
    for (bad, code) in cases {
        for text in [format!("{bad}{GOOD}"), format!("package p{GOOD}{bad}{GOOD}")] {
            let found = codes(&text);
            assert!(found.iter().all(|c| *c == code) && !found.is_empty(), "{text}: {:#?}", parse(&text).1);
            assert_eq!(unreadable(&text), 1, "{text}");
            let last = parse(&text).0.items.pop().unwrap();
            assert!(matches!(&last.kind, ItemKind::Rule(r) if r.head.name.text == "fine"), "{text}");
        }
    }
}

#[test]
fn unclosed_items_cost_themselves_only() {
    let mut text = String::from("package p\n");
    for i in 0..50 {
        text.push_str(&format!("rule r{i} on a.b {{\n    green\n"));
    }
    text.push_str("rule last on a.b { green }\n");
    let (file, findings) = parse(&text);
    assert_eq!(file.items.len(), 52);
    assert_eq!(findings.len(), 50);
    assert!(findings.iter().all(|f| f.code == Code::UnclosedBrace));
    assert!(findings[0].message.contains("rule"));
}

#[test]
fn suggestions_are_near() {
    let (_, findings) = parse("gaurd x on a.b { black }\n");
    assert_eq!(findings[0].help.as_deref(), Some("Write `guard`."));
    let (_, findings) = parse("rule x on a.b { whne c  green }\n");
    assert!(findings[0].help.as_deref().unwrap().contains("when"), "{findings:#?}");
    let (_, findings) = parse("rule x on a.b { when \u{440}rod == 1  green }\n");
    assert!(findings[0].help.as_deref().unwrap().contains("`prod`"), "{findings:#?}");
    let (_, findings) = parse("rule x on a.b { when a && b  green }\n");
    assert_eq!(findings[0].help.as_deref(), Some("Write `and`."));
}

#[test]
fn advice_fits_the_mistake() {
    for (text, help) in [
        ("rule x deploy.* { green }", "Write `on` and the actions"),
        ("rule x on a.b { green, notify ops }", "not separated by commas"),
        ("rule x on a.b { green because no }", "double quotes"),
        ("rule x on a.b when c { green }", "inside the braces"),
        ("rule x on a.b { if c green }", "begins with `when`"),
        ("rule x on a.b { when n in (1, 2) green }", "`{a, b}`"),
        ("relax x on a.b { yellow green }", "`yellow to green`"),
        ("flag x = true", "A type stands before"),
        ("const x = {1 2}", "`,` between"),
        ("test \"x\" { reqest a.b }", "`request`"),
        ("test \"x\" { request a.b expect gren }", "`green`"),
        ("rule x on a.b { green } garbage", "new line"),
    ] {
        let (_, findings) = parse(text);
        let found = findings[0].help.as_deref().unwrap_or_default();
        assert!(found.contains(help), "{text}: {found}");
    }
}

#[test]
fn a_finding_marks_the_token() {
    let text = "rule x on a.b {\n    whne c\n    green\n}\n";
    let (_, findings) = parse(text);
    assert_eq!(&text[findings[0].primary.span.range()], "whne");
    let text = "guard x on a.b { when c  black  becuase \"x\" }\n";
    let (_, findings) = parse(text);
    assert_eq!(&text[findings[0].primary.span.range()], "becuase");
    assert!(findings[0].help.as_deref().unwrap().contains("because"), "{findings:#?}");
}

#[test]
fn a_clause_written_twice_is_named() {
    for (body, what) in [
        ("green because \"a\" because \"b\"", "because"),
        ("green code a code b", "code"),
        ("green notify a notify b", "notify"),
        ("green until 2026-01-01 until 2026-01-02", "until"),
        ("green otherwise red otherwise red", "otherwise"),
    ] {
        let (_, findings) = parse(&format!("rule x on a.b {{ {body} }}\n"));
        assert_eq!(findings.len(), 1, "{body}: {findings:#?}");
        assert_eq!(findings[0].code, Code::DuplicateClause);
        assert!(findings[0].message.contains(what));
        assert_eq!(findings[0].labels.len(), 1);
    }
    assert_eq!(codes("approval x on a { by p, quorum 1, quorum 2 }\n"), ["AAS0112"]);
}

#[test]
fn item_words_are_names_elsewhere() {
    good(
        "action a.b { action: string, window: int, trust: int, limit: int, test: bool, rule: bool, within: duration, code: int }\n\
         rule rule on a.b { when action == \"x\" and window < limit and trust > 3 and test or rule\n    green }\n\
         action c.d { set: int, clear: int, close: int, made: int, owned: int, unknown: int, revoke: int, unfreeze: int }\n\
         rule set on c.d { when set < clear and close > made and owned > unknown or revoke > unfreeze\n    green }\n\
         flag close: bool = false, strict true changed by Role.revoke\n\
         test \"x\" { given flag.close = true  request c.d { set: 1, revoke: 2 } as made expect green because of set }\n\
         predicate p(limit: int, test: bool): bool = limit > 3 and\n    test\n\
         rule y on a.b {\n    when\ntest\n    green\n}\n",
    );
}

#[test]
fn docs_go_to_what_follows() {
    let file = good(
        "/// One.\n/// Two.\n// a remark\n\nrecord r {\n    /// Field.\n    a: int\n    b: int, /// Third.\n}\n"
            .replace(", /// Third.", "")
            .as_str(),
    );
    assert_eq!(file.items[0].docs, ["One.", "Two."]);
    let ItemKind::Record(record) = &file.items[0].kind else { panic!() };
    assert_eq!(record.fields[0].docs, ["Field."]);
    assert!(record.fields[1].docs.is_empty());
    assert_eq!(file.comments.len(), 1);
    assert!(!file.comments[0].trailing);
}

#[test]
fn docs_of_nothing_are_reported() {
    assert_eq!(
        codes("rule x on a.b {\n    /// Lost.\n    /// Lost too.\n    green\n}\n/// End.\n"),
        ["AAS0111", "AAS0111"]
    );
    assert_eq!(codes("record r { a: int /// trailing\n b: int }\n"), ["AAS0111"]);
}

#[test]
fn comments_are_kept_with_their_places() {
    let text = "// first\nrule x on a.b { // second\n    green // third é\n}\n//// fourth\n";
    let file = good(text);
    let found: Vec<_> = file.comments.iter().map(|c| (c.text.as_str(), c.trailing)).collect();
    assert_eq!(found, [("// first", false), ("// second", true), ("// third é", true), ("//// fourth", false)]);
    assert!(file.comments.iter().all(|c| text[c.span.range()] == c.text));
}

#[test]
fn slashes_in_texts_are_no_comments() {
    let file = good("const a = \"http://x\"\nconst b = {/a\\/\\/b/, /c/}\n");
    assert!(file.comments.is_empty());
}

#[test]
fn characters_that_mislead_are_found_anywhere() {
    for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{200d}', '\u{2060}', '\u{ad}', '\u{e0041}'] {
        for text in [format!("// a {c}\n"), format!("const a = \"x{c}\"\n"), format!("const a{c} = 1\n")] {
            assert!(codes(&text).contains(&"AAS0105"), "{text:?}");
        }
    }
    assert_eq!(codes("const a = \"pr\u{43e}d\"\n"), ["AAS0106"]);
    assert_eq!(codes("const a = \"\u{430}\u{441}\u{435}\"\n"), ["AAS0106"]);
    assert_eq!(
        codes(
            "guard g on a { black because \"Zażółć gęślą jaźń, \u{43d}\u{435} \u{442}\u{440}\u{43e}\u{433}\u{430}\u{439}.\" }\n"
        ),
        [""; 0]
    );
    assert_eq!(codes("\u{feff}package a\r\n"), [""; 0]);
    assert_eq!(codes("package a\rrule x on a { green }\n"), ["AAS0107"]);
}

#[test]
fn missing_operands_and_ends_point_somewhere() {
    for text in ["rule x on a.b { when }\n", "const a =\n", "rule\n", "use\n", "const a = 1 +\n", "predicate p(\n"] {
        let (_, findings) = parse(text);
        assert_eq!(findings.len(), 1, "{text}: {findings:#?}");
        let span = findings[0].primary.span;
        assert!(span.end as usize <= text.len() && span.start <= span.end);
        assert!(findings[0].help.is_some(), "{text}");
    }
}

#[test]
fn expressions_know_their_offset() {
    let (_, findings) = crate::syntax::parse_expression("a = b", FileId(3), 100);
    assert_eq!((findings[0].primary.span.file, findings[0].primary.span.start), (FileId(3), 102));
}
