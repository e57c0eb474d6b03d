use serde_json::{Value, json};

use crate::support::{Folder, RULES, at_root};

/// Two rules that never fire on the log below, and one that never decides.
const SEVERAL: &str = r#"package desk

action mail.send { size: int 0..100, to: string }
action mail.read

rule small on mail.send { when size < 50 green }
rule any on mail.send { when size >= 0 yellow }
rule huge on mail.send {
    when size > 90
    red
    because "Too much."
}
rule reading on mail.read { green }
rule stranger on mail.send {
    when to starts with "x-"
    red
    because "Nobody we know."
}
"#;

fn line(size: u32, to: &str) -> String {
    format!(r#"{{"agent":{{"id":"a"}},"action":"mail.send","params":{{"size":{size},"to":"{to}"}}}}"#)
}

fn log() -> String {
    [line(10, "b"), line(20, "c"), "not json".into(), String::new(), line(60, "d")].join("\n")
}

fn object(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

fn texts(of: &Value) -> Vec<&str> {
    of.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn drawn_requests_are_measured_in_every_way() {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES);
    let arguments = ["bench", "rules.aasrule", "--count", "5", "--rounds", "3", "--json"];
    let ran = folder.aasc(&arguments).exits(0);
    assert_eq!(ran.err, "", "a pipe is quiet");
    let figures = object(&ran.out);
    assert_eq!(figures["requests"]["count"], 5);
    let action = &figures["actions"][0];
    assert_eq!((action["action"].as_str(), action["timed"].as_u64()), (Some("mail.send"), Some(5)));
    let ways = action["ways"].as_array().expect("ways");
    let key = |way: &Value| format!("{} {} {}", way["work"], way["answer"], way["engine"]).replace('"', "");
    let keys: Vec<String> = ways.iter().map(key).collect();
    for engine in ["plan", "jit"] {
        for work in ["read_and_decide", "decide"] {
            for answer in ["tier", "decision"] {
                let wanted = format!("{work} {answer} {engine}");
                assert!(keys.contains(&wanted), "{wanted} is missing: {keys:?}");
            }
        }
    }
    for way in ways {
        assert_eq!(way["rounds"].as_array().map(Vec::len), Some(3), "{way}");
        assert!(way["median_ns"].as_f64() <= way["p99_ns"].as_f64(), "{way}");
        assert!(way["a_second"].as_f64().is_some_and(|n| n > 0.0), "{way}");
    }
    // The same seed asks the same, another one does not.
    let again = object(&folder.aasc(&arguments).exits(0).out);
    assert_eq!(again["requests"], figures["requests"]);
    assert_eq!(again["items"], figures["items"]);
    let other = object(&folder.aasc(&[&arguments[..], &["--seed", "2"]].concat()).exits(0).out);
    assert_ne!(other["requests"]["hash"], figures["requests"]["hash"]);
}

#[test]
fn a_log_shows_what_never_fires_and_what_never_decides() {
    let folder = Folder::new();
    folder.write("rules.aasrule", SEVERAL).write("log.jsonl", log());
    let ran = folder.aasc(&["bench", "rules.aasrule", "--requests", "log.jsonl", "--rounds", "3", "--json"]).exits(0);
    assert!(ran.err.contains("left out: 1;") && ran.err.contains("line 3"), "{ran:#?}");
    let figures = object(&ran.out);
    assert_eq!(figures["requests"]["from"], "recorded");
    assert_eq!(figures["requests"]["count"], 3);
    assert_eq!(texts(&figures["never_asked"]), ["desk.reading"]);
    assert_eq!(texts(&figures["never_fired"]), ["desk.huge", "desk.stranger"]);
    assert_eq!(texts(&figures["never_decided"]), ["desk.small"]);
    let item = |name: &str| {
        let items = figures["items"].as_array().expect("items");
        items.iter().find(|i| i["item"] == name).cloned().expect("the item is listed")
    };
    assert_eq!(
        item("desk.any"),
        json!({ "item": "desk.any", "kind": "rule", "asked": 3, "fired": 3, "erred": 0, "decided": 3 })
    );
    assert_eq!(item("desk.small")["fired"], 2);
    folder
        .aasc(&["bench", "rules.aasrule", "--requests", "log.jsonl", "--rounds", "3"])
        .exits(0)
        .prints("read and decide")
        .prints("costs most: item")
        .prints("never fired: 2 of 5")
        .prints("  desk.stranger");
}

#[test]
fn items_add_up_to_what_deciding_costs() {
    let folder = Folder::new();
    folder.write("rules.aasrule", SEVERAL).write("log.jsonl", log());
    let figures =
        object(&folder.aasc(&["bench", "rules.aasrule", "--requests", "log.jsonl", "--rounds", "3", "--json"]).out);
    let costs = &figures["actions"][0]["costs"];
    let sum = |list: &str, of: &str| -> f64 {
        costs[list].as_array().into_iter().flatten().filter_map(|one| one[of].as_f64()).sum()
    };
    assert!((sum("items", "share") - 1.0).abs() < 1e-6, "{costs}");
    let classify = costs["classify_ns"].as_f64().expect("a time");
    assert!((sum("atoms", "ns") - classify).abs() < 1e-6 * classify, "{costs}");
    let atoms: Vec<(&str, u64)> = costs["atoms"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|a| (a["atom"].as_str().expect("a name"), a["read_by"].as_u64().expect("a number")))
        .collect();
    assert!(atoms.contains(&("size", 3)), "{atoms:?}");
    assert_eq!(atoms.len(), 2, "{atoms:?}");
}

#[test]
fn entities_that_a_request_brings_are_prepared_before() {
    let folder = Folder::new();
    folder.write(
        "rules.aasrule",
        "package desk\n\nentity Team one of { ops }\nentity Agent in Team\n\naction ping\n\nrule ops on ping { when agent in Team.ops green }\n",
    );
    let brings = r#"{"agent":{"id":"a","in":["Team.ops"]},"action":"ping"}"#;
    let without = r#"{"agent":{"id":"a","in":[]},"action":"ping"}"#;
    let figures = folder.aasc_with(
        &["bench", "rules.aasrule", "--requests", "-", "--rounds", "3", "--json"],
        format!("{brings}\n{without}\n{brings}\n"),
    );
    let figures = object(&figures.exits(0).out);
    assert_eq!((&figures["items"][0]["fired"], &figures["items"][0]["asked"]), (&json!(2), &json!(3)));
    assert_eq!(figures["actions"][0]["by_default"], 1);
}

#[test]
fn a_picture_is_of_one_action_and_coloured() {
    let folder = Folder::new();
    folder.write("rules.aasrule", SEVERAL);
    let quick = ["bench", "rules.aasrule", "--count", "3", "--rounds", "3", "--svg", "cost.svg"];
    folder.aasc(&quick).exits(2).complains("--action");
    folder.aasc(&[&quick[..], &["--action", "mail.send"]].concat()).exits(0).prints("mail.send");
    let svg = folder.read("cost.svg");
    assert!(svg.contains("cost: 0 ns") && svg.contains(" ns, ") && svg.contains("#f07d20"), "{svg}");
    folder.aasc(&[&quick[..], &["--action", "mail.sent"]].concat()).exits(2).complains("`mail.send`");
}

#[test]
fn an_artefact_is_measured_like_its_rules() {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES);
    folder.aasc(&["build", "rules.aasrule", "-o", "desk.aasc"]).exits(0);
    let of =
        |path: &str| object(&folder.aasc(&["bench", path, "--count", "3", "--rounds", "3", "--json"]).exits(0).out);
    let (rules, artefact) = (of("rules.aasrule"), of("desk.aasc"));
    assert_eq!(rules["policy"], artefact["policy"]);
    assert_eq!(rules["items"], artefact["items"]);
}

/// Figures as somebody would store them, with these rounds of one way to ask.
fn stored(action: &str, hash: &str, rounds: &[f64]) -> String {
    let way = json!({
        "work": "decide", "answer": "tier", "engine": "plan",
        "median_ns": rounds[rounds.len() / 2], "p99_ns": 1000.0, "a_second": 1e6, "rounds": rounds,
    });
    json!({
        "aasc_bench": 1,
        "policy": "p",
        "requests": { "from": "recorded", "count": 9, "hash": hash },
        "actions": [{
            "action": action, "requests": 9, "timed": 9, "refused": 0, "by_default": 0, "ways": [way],
        }],
        "items": [], "never_asked": [], "never_fired": [], "never_decided": [],
    })
    .to_string()
}

#[test]
fn a_comparison_knows_its_noise() {
    let folder = Folder::new();
    let quiet = [100.0, 101.0, 99.0, 100.0, 100.0];
    let noisy = [100.0, 140.0, 70.0, 115.0, 90.0];
    let moved = |rounds: [f64; 5], by: f64| rounds.map(|ns| ns * by);
    for (old, new, code, verdict) in [
        (quiet, quiet, 0, "same"),
        (quiet, moved(quiet, 1.04), 0, "same"),
        (quiet, moved(quiet, 1.08), 3, "slower"),
        (quiet, moved(quiet, 0.90), 0, "faster"),
        (noisy, moved(noisy, 1.20), 0, "same"),
        (noisy, moved(noisy, 4.00), 3, "slower"),
        // One bad round says nothing.
        (quiet, [100.0, 100.0, 900.0, 101.0, 99.0], 0, "same"),
    ] {
        folder.write("old.json", stored("a.b", "h", &old)).write("new.json", stored("a.b", "h", &new));
        let arguments = ["bench", "--compare", "old.json", "--measured", "new.json"];
        folder.aasc(&arguments).exits(code).prints(&format!("{verdict}: "));
        let ran = folder.aasc(&[&arguments[..], &["--json"]].concat()).exits(code);
        assert_eq!(object(&ran.out)["compared"]["verdict"], verdict, "{old:?} {new:?}");
    }
    folder.write("old.json", stored("a.b", "h", &quiet)).write("new.json", stored("a.b", "h", &moved(quiet, 1.08)));
    folder.aasc(&["bench", "--compare", "old.json", "--measured", "new.json", "--threshold", "10"]).exits(0);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = Folder::new();
    let rounds = [100.0, 100.0, 100.0];
    folder.write("old.json", stored("a.b", "h", &rounds));
    let against = |new: String| {
        folder.write("new.json", new);
        folder.aasc(&["bench", "--compare", "old.json", "--measured", "new.json"]).exits(2)
    };
    against(stored("a.c", "h", &rounds)).complains("different actions").complains("only in the new one: a.c");
    against(stored("a.b", "other", &rounds)).complains("different requests");
    against(stored("a.b", "h", &rounds[..2])).complains("2 rounds");
    against(stored("a.b", "h", &[1.0, 0.0, 1.0])).complains("no time");
    against(stored("a.b", "h", &rounds).replace("\"plan\"", "\"jit\"")).complains("same ways");
    against("{}".into()).complains("no JSON of `aasc bench`");
    against(stored("a.b", "h", &rounds).replace("\"aasc_bench\":1", "\"aasc_bench\":2")).complains("form 2");
    folder.aasc(&["bench", "--compare", "nowhere.json", "--measured", "new.json"]).exits(2).complains("nowhere.json");
    folder.aasc(&["bench", "--measured", "new.json"]).exits(2).complains("--compare");
}

#[test]
fn a_run_is_compared_with_itself_measured_before() {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES).write("other.aasrule", SEVERAL);
    let quick = ["--count", "3", "--rounds", "3"];
    let ran = folder.aasc(&[&["bench", "rules.aasrule", "--json"][..], &quick].concat()).exits(0);
    folder.write("old.json", &ran.out);
    // Whatever the machine does meanwhile, the two runs can be compared; how they compare is not asked here.
    let ran = folder
        .aasc(&[&["bench", "rules.aasrule", "--compare", "old.json", "--threshold", "1000"][..], &quick].concat());
    assert!(ran.code == 0 || ran.code == 3, "{ran:#?}");
    assert!(ran.out.contains("the same within the noise"), "{ran:#?}");
    folder
        .aasc(&[&["bench", "other.aasrule", "--compare", "old.json"][..], &quick].concat())
        .exits(2)
        .complains("different actions");
}

#[test]
fn what_cannot_be_measured_is_said() {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES).write("empty.jsonl", "\n\n");
    folder.aasc(&["bench", "rules.aasrule", "--requests", "empty.jsonl"]).exits(2).complains("No line of the log");
    folder.aasc(&["bench", "rules.aasrule", "--requests", "nowhere.jsonl"]).exits(2).complains("nowhere.jsonl");
    folder.aasc(&["bench", "rules.aasrule", "--rounds", "2"]).exits(2).complains("--rounds");
    folder.write("bad.aasrule", "package bad\naction a.b\nrule x on a.b { red }\n");
    folder.aasc(&["bench", "bad.aasrule"]).exits(1);
}

#[test]
fn the_shipped_package_is_measured_on_its_morning() {
    let log = "examples/requests/morning.jsonl";
    let ran = at_root(&["bench", "rules/autonomy", "--requests", log, "--count", "2", "--rounds", "3"]).exits(0);
    assert!(ran.out.contains("costs most: atom") && ran.out.contains("recorded requests"), "{ran:#?}");
}
