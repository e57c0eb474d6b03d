use std::fmt::Write as _;

use serde_json::Value;

use crate::support::{Folder, RULES};

/// A search through a long text that seldom matters.
const DEAR: &str = r#"package desk

action mail.send {
    size: int 0..1_000_000
    text: string[..65536]
}
action mail.read

guard leaks on mail.send {
    when size > 900_000 and text matches /([a-z]+[0-9])+secret[a-z]*end/
    black
    because "It says too much."
}

rule sending on mail.send { yellow }
rule reading on mail.read { green }
"#;

const MANIFEST: &str = "name = \"desk\"\n";

fn line(size: u32, text: &str) -> String {
    format!(r#"{{"agent":{{"id":"a"}},"action":"mail.send","params":{{"size":{size},"text":"{text}"}}}}"#)
}

/// Of forty requests one is large.
fn log() -> String {
    let text = "abc1".repeat(4_000);
    let mut log = String::from("{\"agent\":{\"id\":\"a\"},\"action\":\"mail.read\"}\n");
    for size in 0..40 {
        let size = if size == 7 { 950_000 } else { size };
        writeln!(log, "{}", line(size, &text)).expect("a text takes all");
    }
    log
}

/// A package with a log.
fn desk(rules: &str) -> Folder {
    let folder = Folder::new();
    folder.write("desk/aas.toml", MANIFEST).write("desk/rules.aasrule", rules).write("log.jsonl", log());
    folder
}

/// What is measured here differs by far more than half; less is noise.
const TUNE: [&str; 10] =
    ["tune", "desk", "--requests", "log.jsonl", "--rounds", "5", "--count", "10", "--threshold", "50"];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    [&TUNE[..], more].concat()
}

fn object(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn what_seldom_matters_waits() {
    let folder = desk(DEAR);
    let ran = folder.aasc(&TUNE).exits(0);
    assert_eq!(ran.err, "");
    let ran = ran
        .prints("policy ")
        .prints(", 41 recorded requests for 2 actions")
        .prints("what waits")
        .prints("text matches")
        .prints("2.5 %")
        .prints("faster")
        .prints("unchanged: the policy's hash, and every decision on 41 recorded requests and 200 drawn ones")
        .prints("stored: 1 action in a new order, in `desk/aas.profile`");
    assert!(!ran.out.contains("mail.read"), "nothing of it can wait: {}", ran.out);
    let profile = folder.read("desk/aas.profile");
    assert!(profile.starts_with("# Recorded by `aasc tune`."), "{profile}");
    let hash = object(&folder.aasc(&["bench", "desk", "--rounds", "3", "--count", "1", "--json"]).exits(0).out);
    assert!(profile.contains(&format!("policy = {}", hash["policy"])), "{profile}");
    assert!(profile.contains("late = 1\nasked = 1\n") && profile.contains("item = \"desk.leaks\""), "{profile}");
    // What waits costs as often as it is asked.
    let costs = |arguments: &[&str]| {
        let figures = object(&folder.aasc(arguments).exits(0).out);
        let atoms = figures["actions"][1]["costs"]["atoms"].as_array().cloned().unwrap_or_default();
        let text = atoms.iter().find(|atom| atom["atom"].as_str().is_some_and(|text| text.starts_with("text matches")));
        text.and_then(|atom| atom["ns"].as_f64()).expect("a time")
    };
    let bench = ["bench", "desk", "--requests", "log.jsonl", "--rounds", "3", "--json"];
    let waits = costs(&bench);
    folder.write("plain/aas.toml", MANIFEST).write("plain/rules.aasrule", DEAR);
    let plain = costs(&[&["bench", "plain"], &bench[2..]].concat());
    assert!(waits < plain / 5.0, "{waits} {plain}");
    // The same decisions with it, by every engine; the policy is the same.
    for (size, text, code) in [(950_000, "a1secretend", 11), (950_000, "a1", 0), (5, "a1secretend", 0)] {
        folder.write("one.json", line(size, text));
        let asked = ["eval", "--rules", "desk", "--request", "one.json", "--engine", "all"];
        let ran = folder.aasc(&asked).exits(code);
        assert_eq!(ran.err, "");
    }
    folder.aasc(&with(&["--check"])).exits(0).prints("good: `desk/aas.profile` fits, and nothing is slower");
    folder.write("reads.jsonl", "{\"agent\":{\"id\":\"a\"},\"action\":\"mail.read\"}\n");
    folder
        .aasc(&["tune", "desk", "--requests", "reads.jsonl", "--check"])
        .exits(0)
        .prints("fits, and the log asks for nothing that it orders");
}

#[test]
fn programs_get_json() {
    let folder = desk(DEAR);
    let ran = folder.aasc(&with(&["--format", "json"])).exits(0);
    let said = object(&ran.out);
    assert_eq!((said["aasc_tune"].as_u64(), said["result"].as_str()), (Some(1), Some("stored")));
    assert_eq!(said["proof"]["recorded"], 41);
    let action = &said["actions"][0];
    assert_eq!((action["action"].as_str(), action["kept"].as_bool()), (Some("mail.send"), Some(true)));
    let waits: Vec<&Value> =
        action["atoms"].as_array().into_iter().flatten().filter(|atom| !atom["late"].is_null()).collect();
    assert_eq!((waits.len(), waits[0]["asked"].as_u64()), (1, Some(1)));
    assert_eq!(action["ways"].as_array().map(Vec::len), Some(8));
    let row = &action["rows"][0];
    assert_eq!(
        (row["item"].as_str(), row["held"].as_u64(), row["erred"].as_u64()),
        (Some("desk.leaks"), Some(0), Some(0))
    );
}

#[test]
fn where_nothing_is_gained_nothing_is_stored() {
    let folder = desk(&DEAR.replace("size > 900_000 and ", ""));
    let ran =
        folder.aasc(&TUNE).exits(0).prints("no gain: nothing that costs enough is asked in vain; nothing is stored.");
    assert_eq!(ran.err, "");
    assert!(!folder.path("desk/aas.profile").exists());
    folder.aasc(&with(&["--check"])).exits(0).prints("no gain: ");
}

#[test]
fn a_check_stores_nothing() {
    let folder = desk(DEAR);
    let ran = folder.aasc(&with(&["--check"])).exits(3);
    ran.prints("no profile: 1 action would gain; run `aasc tune` without --check");
    assert!(!folder.path("desk/aas.profile").exists());
}

/// A profile that cannot be used changes nothing but a warning.
#[test]
fn a_profile_that_cannot_be_used_is_left_aside() {
    let folder = desk(DEAR);
    folder.aasc(&TUNE).exits(0);
    let good = folder.read("desk/aas.profile");
    folder.write("one.json", line(5, "a"));
    let eval = ["eval", "--rules", "desk", "--request", "one.json"];
    let all = ["eval", "--rules", "desk", "--requests", "log.jsonl"];
    let bench = ["bench", "desk", "--rounds", "3", "--count", "1"];
    let plain = folder.aasc(&eval).exits(0);
    let hash = good.lines().find(|line| line.starts_with("policy")).expect("a hash").to_owned();
    let not_utf8 = [good.as_bytes(), b"\xff"].concat();
    let cases: [(Vec<u8>, &str); 5] = [
        (good.replace(&hash, "policy = \"0\"").into(), "recorded for another policy: the rules have changed since"),
        (good.replace("form = 1", "form = 7").into(), "the profile has form 7, and this program reads form 1"),
        (good.replace("late = 1", "late = one").into(), "the profile is damaged: line "),
        (Vec::new(), "the profile is damaged: line 1: missing field `form`"),
        (not_utf8, "it is not UTF-8"),
    ];
    for (text, why) in cases {
        folder.write("desk/aas.profile", text);
        for arguments in [&eval[..], &all, &bench] {
            let ran = folder.aasc(arguments).exits(0);
            let ran = ran.complains("warning: `desk/aas.profile` is left aside: ").complains(why);
            assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        }
        assert_eq!(folder.aasc(&eval).exits(0).out, plain.out);
        folder.aasc(&with(&["--check"])).exits(1).complains("`desk/aas.profile` cannot be used: ").complains(why);
    }
    // Recorded anew it is good again.
    folder.aasc(&TUNE).exits(0).prints("stored: 1 action");
    assert_eq!(folder.aasc(&eval).exits(0).err, "");
}

#[test]
fn rules_that_change_leave_the_profile_behind() {
    let folder = desk(DEAR);
    folder.aasc(&TUNE).exits(0);
    folder.write("desk/rules.aasrule", DEAR.replace("900_000", "900_001")).write("one.json", line(5, "a"));
    let eval = ["eval", "--rules", "desk", "--request", "one.json"];
    folder.aasc(&eval).exits(0).complains("the rules have changed since. Decisions are the same; record it anew");
    // Comments are no part of a policy's identity.
    folder.write("desk/rules.aasrule", format!("{DEAR}\n// Nothing.\n"));
    assert_eq!(folder.aasc(&eval).exits(0).err, "");
}

#[test]
fn what_cannot_be_tuned_is_said() {
    let folder = desk(DEAR);
    folder.write("loose.aasrule", RULES).write("empty.jsonl", "").write("other.jsonl", "no request\n");
    folder
        .aasc(&["tune", "loose.aasrule", "--requests", "log.jsonl"])
        .exits(2)
        .complains("`loose.aasrule` belongs to no package, so there is no place for a profile.");
    folder.aasc(&["tune", "desk", "--requests", "none"]).exits(2).complains("`none` cannot be read");
    folder.aasc(&["tune", "desk", "--requests", "empty.jsonl"]).exits(2).complains("No line of the log is a request");
    folder.aasc(&["tune", "desk", "--requests", "other.jsonl"]).exits(2).complains("line 1: ");
    folder
        .aasc(&["tune", "nowhere", "--requests", "log.jsonl"])
        .exits(2)
        .complains("There is no file or folder `nowhere`");
    folder.aasc(&["tune", "desk"]).exits(2).complains("--requests");
    folder.write("desk/rules.aasrule", "package desk\n\nrule x on y {\n").aasc(&TUNE).exits(1);
}

/// An artefact carries the profile of its package, and is refused or used as a whole.
#[test]
fn an_artefact_keeps_the_order() {
    let folder = desk(DEAR);
    folder.aasc(&["build", "desk", "-o", "plain.aasc"]).exits(0);
    folder.aasc(&TUNE).exits(0);
    let ran = folder.aasc(&["build", "desk", "-o", "desk.aasc"]).exits(0);
    assert_eq!(ran.err, "");
    assert_ne!(folder.path("desk.aasc").metadata().unwrap().len(), folder.path("plain.aasc").metadata().unwrap().len());
    let bench = |of| {
        let ran = folder.aasc(&["bench", of, "--requests", "log.jsonl", "--rounds", "3", "--json"]).exits(0);
        let figures = object(&ran.out);
        (figures["in_order"].as_bool(), figures["policy"].clone())
    };
    let (plain, ordered, package) = (bench("plain.aasc"), bench("desk.aasc"), bench("desk"));
    assert_eq!((plain.0, ordered.0, package.0), (Some(false), Some(true), Some(true)));
    assert_eq!((&plain.1, &ordered.1), (&package.1, &package.1));
    folder
        .aasc(&["bench", "desk.aasc", "--requests", "log.jsonl", "--rounds", "3"])
        .exits(0)
        .prints("in the order of its profile");
    let decided = |of| folder.aasc(&["eval", "--rules", of, "--requests", "log.jsonl"]).exits(0).out;
    assert_eq!(decided("desk.aasc"), decided("plain.aasc"));
    folder.write("one.json", line(950_000, "a1secretend"));
    folder.aasc(&["eval", "--rules", "desk.aasc", "--request", "one.json"]).exits(11);
    // A profile that cannot be used stays behind.
    folder.write("desk/aas.profile", "form = 9");
    folder.aasc(&["build", "desk", "-o", "other.aasc"]).exits(0).complains("is left aside: the profile has form 9");
    assert_eq!(std::fs::read(folder.path("other.aasc")).unwrap(), std::fs::read(folder.path("plain.aasc")).unwrap());
}
