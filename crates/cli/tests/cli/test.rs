use crate::support::{Folder, RULES};

const TESTS: &str = r#"
test "mail within the house is told" {
    request mail.send { to: "x" } observed { outside: false }
    expect yellow because of sending, notify ops
}

test "mail to the outside waits" {
    request mail.send { to: "x" } observed { outside: true }
    expect red because of outside
}

assert never green on mail.send
"#;

#[test]
fn tests_that_pass_exit_0() {
    let folder = Folder::new();
    folder.write("rules.aasrule", format!("{RULES}{TESTS}"));
    let ran = folder.aasc(&["test", "rules.aasrule"]).exits(0);
    assert!(ran.out.starts_with("2 tests with 2 requests, 1 assert with "), "{ran:#?}");
    assert!(ran.out.contains("on 3 engines: all passed in "), "{ran:#?}");
}

#[test]
fn a_failure_says_what_was_expected_and_what_decided() {
    let folder = Folder::new();
    folder.write(
        "rules.aasrule",
        format!("{RULES}\ntest \"wrong\" {{\n    request mail.send {{ to: \"x\" }} observed {{ outside: true }}\n    expect green because of sending\n}}\n"),
    );
    folder
        .aasc(&["test", "rules.aasrule"])
        .exits(1)
        .prints("FAILED wrong  rules.aasrule:")
        .prints("expected  green")
        .prints("found     red")
        .prints("desk.outside")
        .prints("is not one of us.")
        .prints("1 failed");
}

#[test]
fn an_assert_that_is_not_true_shows_a_request_that_breaks_it() {
    let folder = Folder::new();
    folder.write("rules.aasrule", format!("{RULES}\nassert never red on mail.send\n"));
    folder
        .aasc(&["test", "rules.aasrule"])
        .exits(1)
        .prints("never red")
        .prints("\"outside\":true")
        .prints("found     red");
}

#[test]
fn a_filter_keeps_what_it_names() {
    let folder = Folder::new();
    folder.write("rules.aasrule", format!("{RULES}{TESTS}"));
    folder.aasc(&["test", "--filter", "outside", "rules.aasrule"]).exits(0).prints("1 test with 1 request, 0 asserts");
    folder.aasc(&["test", "--filter", "inside", "rules.aasrule"]).exits(2).complains("`inside`");
}

#[test]
fn coverage_names_what_no_test_has_seen() {
    let folder = Folder::new();
    folder.write("rules.aasrule", format!("{RULES}{TESTS}"));
    folder.aasc(&["test", "--coverage", "rules.aasrule"]).exits(0).prints("desk.outside").prints("items 3/3 (100%)");
    let half: String =
        TESTS.replace("outside: true", "outside: false").replace("expect red because of outside", "expect yellow");
    folder.write("rules.aasrule", format!("{RULES}{half}"));
    folder.aasc(&["test", "--coverage", "rules.aasrule"]).exits(0).prints("desk.outside was never true");
}

#[test]
fn forms_for_machines() {
    let folder = Folder::new();
    folder.write("rules.aasrule", format!("{RULES}{TESTS}"));
    let ran = folder.aasc(&["test", "--format", "json", "--coverage", "rules.aasrule"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("it is JSON");
    assert_eq!(json["failed"], 0);
    assert_eq!(json["sets"][0]["results"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["sets"][0]["coverage"]["items"]["seen"], 3);
    let ran = folder.aasc(&["test", "--format", "junit", "rules.aasrule"]).exits(0);
    assert!(ran.out.starts_with("<?xml") && ran.out.contains("tests=\"3\" failures=\"0\""), "{ran:#?}");
}

#[test]
fn rules_with_errors_exit_1_and_a_missing_folder_2() {
    let folder = Folder::new();
    folder.write("bad.aasrule", "package bad\naction a.b\nrule x on a.b { red }\n");
    folder.aasc(&["test", "bad.aasrule"]).exits(1).complains("AAS0501");
    folder.aasc(&["test", "nowhere"]).exits(2).complains("nowhere");
}

#[test]
fn a_new_package_passes_check_test_and_fmt() {
    let folder = Folder::new();
    folder.aasc(&["new", "helpdesk"]).exits(0);
    folder.aasc(&["check", "--deny", "warnings", "helpdesk"]).exits(0).prints("0 errors, 0 warnings");
    folder.aasc(&["test", "helpdesk"]).exits(0).prints("3 tests with 5 requests, 1 assert").prints("all passed");
    folder.aasc(&["fmt", "--check", "helpdesk"]).exits(0);
}

const SEQUENCE: &str = r#"package shop
action refill
rule refills on refill { green }
limit per_hour on refill { at most 3 per 1h  warn yellow at 60%  otherwise black  because "{count} in an hour." }
"#;

#[test]
fn a_sequence_shows_its_first_difference() {
    let folder = Folder::new();
    let of = |test: &str| format!("{SEQUENCE}\ntest \"often\" {{\n{test}}}\n");
    folder.write(
        "good.aasrule",
        of("    repeat 2 times request refill expect green\n    wait 59m\n    request refill expect yellow\n"),
    );
    folder.aasc(&["test", "good.aasrule"]).exits(0).prints("1 test with 3 requests");
    folder.write(
        "bad.aasrule",
        of("    repeat 9 times request refill\n    expect green\n    expect count(per_hour) == 9\n"),
    );
    folder
        .aasc(&["test", "bad.aasrule"])
        .exits(1)
        .prints("bad.aasrule:8:")
        .prints("found     Step 3 gives yellow, not green")
        .prints("shop.per_hour  bad.aasrule:4  2 in an hour.");
    folder.aasc(&["test", "--format", "json", "bad.aasrule"]).exits(1).prints("Step 3 gives yellow, not green");
    folder.aasc(&["test", "--coverage", "good.aasrule"]).exits(0).prints("shop.per_hour");
}

#[test]
fn a_sequence_that_passes_by_default_is_told() {
    let folder = Folder::new();
    let test = "action other { x: int }\nrule small on other { green when x < 3 }\n\
                test \"t\" {\n    request other { x: 5 } expect red\n}\n";
    folder.write("rules.aasrule", format!("{SEQUENCE}{test}"));
    folder.aasc(&["check", "rules.aasrule"]).prints("AAS0701");
}
