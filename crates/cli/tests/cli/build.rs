use crate::support::{Folder, RULES, Ran, at_root};

const REQUESTS: [&str; 5] = [
    r#"{"agent":{"id":"a"},"action":"mail.send","params":{"to":"x"},"observed":{"outside":false}}"#,
    r#"{"agent":{"id":"a"},"action":"mail.send","params":{"to":"x"},"observed":{"outside":true}}"#,
    r#"{"agent":{"id":"a"},"action":"mail.send","params":{"two":"x"}}"#,
    r#"{"agent":{"id":"a"},"action":"mail.send","fields":{"to":"x","outside":true}}"#,
    r#"{"agent":{"id":"a"},"action":"coffee.order"}"#,
];

fn built() -> Folder {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES);
    folder.aasc(&["build", "rules.aasrule", "-o", "desk.aasc"]).exits(0).prints("desk.aasc");
    folder
}

fn ask(folder: &Folder, rules: &str, more: &[&str], request: &str) -> Ran {
    folder.aasc_with(&[&["eval", "--rules", rules, "--request", "-"], more].concat(), request)
}

#[test]
fn an_artefact_answers_like_its_rules() {
    let folder = built();
    for request in REQUESTS {
        for more in [&[][..], &["--explain"], &["--format", "json"], &["--format", "json", "--explain"]] {
            let (rules, artefact) =
                (ask(&folder, "rules.aasrule", more, request), ask(&folder, "desk.aasc", more, request));
            assert_eq!((rules.code, rules.out, rules.err), (artefact.code, artefact.out, artefact.err), "{request}");
        }
        ask(&folder, "desk.aasc", &["--engine", "all"], request).prints("");
    }
}

#[test]
fn many_requests_are_answered_by_the_whole() {
    let folder = built();
    folder.write("requests.jsonl", REQUESTS.join("\n") + "\nno request\n");
    let eval = |rules| folder.aasc(&["eval", "--rules", rules, "--requests", "requests.jsonl"]).exits(0);
    let (rules, artefact) = (eval("rules.aasrule"), eval("desk.aasc"));
    assert_eq!(rules.out, artefact.out);
    assert_eq!(artefact.out.lines().count(), 6);
}

#[test]
fn the_same_rules_give_the_same_file() {
    let folder = built();
    let first = folder.aasc(&["build", "rules.aasrule", "-o", "again.aasc"]).exits(0);
    let id = first.out.split_whitespace().next().expect("an id").to_owned();
    let bytes = |name: &str| std::fs::read(folder.path(name)).expect("the artefact");
    assert_eq!(bytes("desk.aasc"), bytes("again.aasc"));
    // In a folder it is named by its id, and taken for nothing else.
    folder.aasc(&["build", "rules.aasrule", "-o", "."]).exits(0).prints(&id);
    let named = format!("{id}.aasc");
    ask(&folder, &named, &[], REQUESTS[0]).exits(0);
    folder.write("rules.aasrule", RULES.replace("yellow", "green"));
    folder.aasc(&["build", "rules.aasrule", "-o", &named]).exits(0);
    ask(&folder, &named, &[], REQUESTS[0]).exits(2).complains("another one");
}

#[test]
fn a_damaged_artefact_decides_nothing() {
    let folder = built();
    let good = std::fs::read(folder.path("desk.aasc")).expect("the artefact");
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 1;
    folder.write("index.aasc", &bad[..100]).write("flipped.aasc", &bad).write("short.aasc", &good[..good.len() - 1]);
    folder.write("empty.aasc", "").write("text.aasc", RULES);
    let mut other = good.clone();
    other[8] = 9;
    folder.write("other.aasc", other);
    for (name, why) in [
        ("index.aasc", "says that it has"),
        ("short.aasc", "says that it has"),
        ("empty.aasc", "no artefact"),
        ("text.aasc", "no artefact"),
        ("other.aasc", "format 9"),
        ("gone.aasc", "There is no file"),
    ] {
        ask(&folder, name, &[], REQUESTS[0]).exits(2).complains(why);
    }
    folder.write("requests.jsonl", REQUESTS.join("\n"));
    folder.aasc(&["eval", "--rules", "flipped.aasc", "--requests", "requests.jsonl", "--explain"]).exits(2);
}

#[test]
fn where_rules_are_needed_an_artefact_is_named_so() {
    let folder = built();
    for command in ["check", "test"] {
        folder.aasc(&[command, "desk.aasc"]).exits(2).complains("is an artefact");
    }
    ask(&folder, "rules.aasrule", &["--rules", "desk.aasc"], REQUESTS[0]).exits(2).complains("name nothing beside it");
    let drawn = |path| folder.aasc(&["graph", path, "--action", "mail.send"]).exits(0).out;
    assert_eq!(drawn("desk.aasc"), drawn("rules.aasrule"));
}

#[test]
fn what_has_errors_is_not_built() {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES.replace("when outside", "when outsid"));
    folder.aasc(&["build", "rules.aasrule", "-o", "desk.aasc"]).exits(1);
    assert!(!folder.path("desk.aasc").exists());
    folder.write("rules.aasrule", RULES);
    folder.aasc(&["build", "rules.aasrule", "-o", "no/such/folder.aasc"]).exits(2).complains("cannot be written");
    folder.aasc(&["build", "rules.aasrule"]).exits(2).complains("--output");
}

#[test]
fn the_shipped_rules_can_be_built() {
    let folder = Folder::new();
    let file = folder.path("autonomy.aasc");
    at_root(&["build", "rules/autonomy", "-o", file.to_str().expect("a path")]).exits(0).prints("autonomy.aasc");
}
