//! What the reader of JSON takes and what it refuses.

use super::{JsonErrorKind, MAX_BYTES, MAX_DEPTH, MAX_KEYS, MAX_STRING_BYTES, parse, parse_bytes, write};
use crate::raw::Raw;

fn refused(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

#[test]
fn takes_what_json_is() {
    let text = r#" {"a": [1, -2.50, 1e3, true, false, null, "x\n\u00e9\ud83d\ude00"], "b": {}} "#;
    let Raw::Object(members) = parse(text).unwrap() else { panic!("an object") };
    let Raw::List(elements) = &members[0].1 else { panic!("a list") };
    assert_eq!(elements[1], Raw::Number("-2.50".into()), "a number keeps its text");
    assert_eq!(elements[6], Raw::text("x\n\u{e9}\u{1f600}"));
    assert_eq!(members[1].1, Raw::Object(Vec::new()));
}

#[test]
fn writes_what_it_reads() {
    let text = r#"{"a":[1,-2.50,true,null,"x\n\"\\\u0001é"],"b":{}}"#;
    assert_eq!(write(&parse(text).unwrap()), text);
}

#[test]
fn says_where_and_what() {
    assert_eq!(refused("{\n  \"a\": 1,\n  \"a\": 2}"), "3:3: the key \"a\" stands here twice");
    assert_eq!(refused("{\"a\" 1}"), "1:6: a colon must follow the key");
    assert_eq!(refused("[1, ]"), "1:5: no JSON value begins here");
    assert_eq!(refused("\"é\u{1}\""), "1:3: a control character must be escaped");
    assert_eq!(refused(""), "1:1: the text ends where a value must stand");
}

#[test]
fn keys_are_compared_after_their_escapes_are_read() {
    assert!(refused(r#"{"a": 1, "\u0061": 2}"#).contains("twice"));
}

#[test]
fn refuses_what_is_not_strictly_json() {
    for text in [
        "NaN",
        "Infinity",
        "-",
        "01",
        "-01",
        "1.",
        ".5",
        "1e",
        "+1",
        "1 2",
        "{} x",
        "{'a':1}",
        "[1,]",
        "{\"a\":1,}",
        "tru",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800x\"",
        "\"\\u12g4\"",
        "\"",
        "\"\\",
        "[",
        "{",
        "{\"a\"",
        "// c\n1",
        "\u{feff}1",
        "nul",
    ] {
        assert_eq!(parse(text).map_err(|e| e.kind), Err(JsonErrorKind::Malformed), "{text:?}");
    }
    assert!(parse_bytes(b"\"\xff\"").unwrap_err().message.contains("UTF-8"));
}

#[test]
fn every_dimension_has_a_bound() {
    let deep = |n: u32| "[".repeat(n as usize) + &"]".repeat(n as usize);
    assert!(parse(&deep(MAX_DEPTH)).is_ok());
    let keys = |n: u32| format!("[{}]", vec!["1"; n as usize].join(","));
    assert!(parse(&keys(MAX_KEYS)).is_ok());
    let string = |n: usize| format!("\"{}\"", "a".repeat(n));
    assert!(parse(&string(MAX_STRING_BYTES)).is_ok());
    let too_much = [
        deep(MAX_DEPTH + 1),
        deep(100_000),
        keys(MAX_KEYS + 1),
        string(MAX_STRING_BYTES + 1),
        " ".repeat(MAX_BYTES + 1),
        "1".repeat(100),
    ];
    for text in too_much {
        let error = parse(&text).unwrap_err();
        assert_eq!(error.kind, JsonErrorKind::LimitExceeded, "{}", error.message);
    }
}
