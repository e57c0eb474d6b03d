use crate::support::{Folder, RULES, at_root};

fn desk() -> Folder {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES);
    folder
}

const INSIDE: &str = r#"{"agent":{"id":"a"},"action":"mail.send","params":{"to":"x"},"observed":{"outside":false}}"#;
const OUTSIDE: &str = r#"{"agent":{"id":"a"},"action":"mail.send","params":{"to":"x"},"observed":{"outside":true}}"#;
const REFUSED: &str = r#"{"agent":{"id":"a"},"action":"mail.send","params":{"two":"x"}}"#;

#[test]
fn the_tier_is_the_exit_code() {
    let folder = desk();
    let ask = |request: &str| folder.aasc_with(&["eval", "--rules", "rules.aasrule", "--request", "-"], request);
    ask(INSIDE).exits(0).prints("yellow").prints("desk.sending").prints("notify ops");
    ask(OUTSIDE).exits(10).prints("red").prints("is not one of us.").prints("rules.aasrule:");
    ask(REFUSED).exits(11).prints("black").prints("two");
    ask(r#"{"agent":{"id":"a"},"action":"coffee.order"}"#).exits(10).prints("default");
}

#[test]
fn a_decision_as_json_has_its_fixed_form() {
    let folder = desk();
    folder.write("request.json", OUTSIDE);
    let ran =
        folder.aasc(&["eval", "--rules", "rules.aasrule", "--request", "request.json", "--format", "json"]).exits(10);
    let decision: serde_json::Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let keys: Vec<&String> = decision.as_object().expect("it is an object").keys().collect();
    assert_eq!(keys, ["action", "tier", "disposition", "determining", "obligations", "errors", "policy", "engine"]);
    let item = &decision["determining"][0];
    let keys: Vec<&String> = item.as_object().expect("it is an object").keys().collect();
    assert_eq!(keys, ["item", "kind", "tier", "code", "because", "file", "line"]);
    assert_eq!((item["item"].as_str(), item["kind"].as_str()), (Some("desk.outside"), Some("guard")));
    assert_eq!((decision["disposition"].as_str(), decision["engine"].as_str()), (Some("ask"), Some("plan")));
    assert!(item["because"].as_str().is_some_and(|b| b.ends_with("is not one of us.")), "{item}");
}

#[test]
fn every_engine_answers_alike() {
    let folder = desk();
    for engine in ["jit", "plan", "interp", "all"] {
        folder
            .aasc_with(&["eval", "--rules", "rules.aasrule", "--request", "-", "--engine", engine], OUTSIDE)
            .exits(10)
            .prints("is not one of us.");
    }
}

#[test]
fn an_explanation_says_more() {
    let folder = desk();
    let arguments = ["eval", "--rules", "rules.aasrule", "--request", "-", "--explain"];
    let long = folder.aasc_with(&arguments, INSIDE).exits(0);
    let short = folder.aasc_with(&arguments[..5], INSIDE).exits(0);
    assert!(long.out.len() > short.out.len(), "{long:#?}");
}

#[test]
fn lines_in_lines_out_in_the_same_order() {
    let folder = desk();
    let lines = format!("{INSIDE}\nnot json\n\n{OUTSIDE}\n{{\"action\":3}}\n{REFUSED}");
    let ran = folder.aasc_with(&["eval", "--rules", "rules.aasrule", "--requests", "-"], lines).exits(0);
    let answers: Vec<serde_json::Value> =
        ran.out.lines().map(|l| serde_json::from_str(l).expect("a line is JSON")).collect();
    let tiers: Vec<Option<&str>> = answers.iter().map(|a| a["tier"].as_str()).collect();
    assert_eq!(tiers, [Some("yellow"), None, Some("red"), None, Some("black")]);
    assert_eq!(answers[1]["error"]["line"], 2);
    assert_eq!(answers[3]["error"]["line"], 5);
}

#[test]
fn any_number_of_threads_and_any_engine_answer_the_same_lines() {
    let folder = desk();
    let mut lines = String::new();
    for number in 0..6_000 {
        let request = [INSIDE, OUTSIDE, REFUSED, "{", "", " \t"][number % 6];
        lines.push_str(&request.replace("\"id\":\"", &format!("\"id\":\"{number}-")));
        lines.push('\n');
    }
    let answers = |more: &[&str]| {
        let arguments = [&["eval", "--rules", "rules.aasrule", "--requests", "-"], more].concat();
        folder.aasc_with(&arguments, &*lines).exits(0).out
    };
    let one = answers(&["--threads", "1"]);
    assert!(one.lines().count() == 4_000 && one.contains("\"line\":5998"), "{} lines", one.lines().count());
    assert!(one == answers(&["--threads", "3"]), "three threads answer otherwise");
    let defined = answers(&["--engine", "interp"]).replace("\"engine\":\"interp\"", "\"engine\":\"jit\"");
    assert!(one == defined, "the interpreter answers otherwise");
    folder.aasc(&["eval", "--rules", "rules.aasrule", "--requests", "-", "--threads", "0"]).exits(2);
}

#[test]
fn input_that_is_no_request_exits_2() {
    let folder = desk();
    let ask = |request: &[u8]| folder.aasc_with(&["eval", "--rules", "rules.aasrule", "--request", "-"], request);
    ask(b"").exits(2).complains("standard input");
    ask(b"{").exits(2);
    ask(b"[]").exits(2);
    ask(b"{\"agent\":{\"id\":\"a\"}}").exits(2).complains("action");
    ask(b"{\"action\":\"mail.send\",\"action\":\"mail.send\",\"agent\":{\"id\":\"a\"}}").exits(2).complains("twice");
    ask(b"\xff\xfe").exits(2).complains("UTF-8");
    folder.aasc(&["eval", "--rules", "rules.aasrule", "--request", "nowhere.json"]).exits(2).complains("no file");
    folder.aasc(&["eval", "--rules", "rules.aasrule", "--request", "."]).exits(2).complains("folder");
    folder.aasc(&["eval", "--rules", "rules.aasrule"]).exits(2).complains("--request");
    folder.aasc(&["eval", "--request", "-"]).exits(2).complains("--rules");
}

#[test]
fn undeclared_facts_are_dropped_and_said() {
    let folder = desk();
    let request =
        r#"{"agent":{"id":"a","shoe_size":43},"action":"mail.send","params":{"to":"x"},"observed":{"outside":false}}"#;
    let ran = folder.aasc_with(&["eval", "--rules", "rules.aasrule", "--request", "-"], request).exits(0);
    assert!(ran.err.contains("warning") && ran.err.contains("shoe_size"), "{ran:#?}");
}

#[test]
fn rules_with_errors_exit_1_and_decide_nothing() {
    let folder = Folder::new();
    folder.write("bad.aasrule", "package bad\naction a.b\nrule x on a.b { red }\n");
    let ran = folder.aasc_with(&["eval", "--rules", "bad.aasrule", "--request", "-"], INSIDE).exits(1);
    assert!(ran.out.is_empty() && ran.err.contains("AAS0501"), "{ran:#?}");
}

#[test]
fn the_shipped_package_says_what_the_readme_says() {
    for (request, code) in [
        ("deploy_production", 10),
        ("unknown_action", 10),
        ("expose_secrets", 11),
        ("delete_audit", 11),
        ("merge_main", 10),
        ("merge_feature", 0),
    ] {
        let file = format!("examples/requests/{request}.json");
        at_root(&["eval", "--rules", "rules/autonomy", "--request", &file, "--engine", "all"]).exits(code);
    }
    at_root(&["eval", "--rules", "rules/autonomy", "--requests", "examples/requests/morning.jsonl"]).exits(0);
}

#[test]
fn an_explanation_says_how_a_limit_stands() {
    let folder = Folder::new();
    folder.write(
        "p.aasrule",
        "package p\naction up { app: string }\nrule r on up { green }\n\
         limit often on up { at most 3 per 1h for each app  otherwise black  because \"Often.\" }\n",
    );
    let ask = |state: &str| {
        let request = format!(
            r#"{{"agent":{{"id":"a"}},"action":"up","params":{{"app":"x"}},"facts":{{"state":{{"p.often":{state}}}}}}}"#
        );
        folder.aasc_with(&["eval", "--rules", "p.aasrule", "--request", "-", "--explain"], request)
    };
    ask(r#"{"exceeded":false,"count":1,"remaining":2}"#)
        .exits(0)
        .prints("close: limit p.often: 1 of 3 used; it holds after 2 more")
        .prints("if limit p.often held it would be black");
    ask(r#"{"exceeded":true,"count":3,"remaining":0,"retry_after":"12m"}"#)
        .exits(11)
        .prints("    3 of 3 used; one more may run in 12m")
        .prints("if limit p.often did not hold it would be green");
}
