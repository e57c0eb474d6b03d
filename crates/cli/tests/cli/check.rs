use serde_json::json;

use crate::support::{Folder, RULES, at_root};

#[test]
fn clean_rules_exit_0_with_a_summary() {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES);
    let ran = folder.aasc(&["check", "rules.aasrule"]).exits(0).prints("1 file, ").prints(" 0 errors, 0 warnings in ");
    assert_eq!(ran.out.lines().count(), 1, "{ran:?}");
    folder.aasc(&["check"]).exits(0).prints("1 file, ");
}

#[test]
fn five_mistakes_are_five_findings_in_one_run() {
    let folder = Folder::new();
    folder.write(
        "bad.aasrule",
        "package bad\n\
         action git.merge { branch: reff }\n\
         rule one on git.merg { green }\n\
         rule two on git.merge { when agnet.id == \"x\"  green }\n\
         rule three on git.merge { red }\n\
         rule four on git.merge { when agent.id == 3  green }\n",
    );
    let ran = folder.aasc(&["check", "bad.aasrule"]).exits(1);
    for code in ["AAS0214", "AAS0208", "AAS0201", "AAS0501", "AAS0302"] {
        assert!(ran.out.contains(&format!("error[{code}]")), "{code}: {ran:#?}");
    }
    assert!(ran.out.contains("5 errors"), "{ran:#?}");
    assert!(ran.out.contains("bad.aasrule:2:28"), "{ran:#?}");
}

#[test]
fn forms_for_machines() {
    let folder = Folder::new();
    folder.write("bad.aasrule", "package bad\naction git.merge\nrule one on git.merge { red }\n");
    let json = folder.aasc(&["check", "--format", "json", "bad.aasrule"]).exits(1);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("it is JSON");
    assert_eq!(json["errors"], 1);
    assert_eq!(json["findings"][0]["code"], "AAS0501");
    assert_eq!(json["findings"][0]["at"]["line"], 3);
    let sarif = folder.aasc(&["check", "--format", "sarif", "bad.aasrule"]).exits(1);
    let sarif: serde_json::Value = serde_json::from_str(&sarif.out).expect("it is JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "AAS0501");
    folder.aasc(&["check", "--format", "github", "bad.aasrule"]).exits(1).prints("::error file=bad.aasrule,line=3");
}

#[test]
fn a_lint_is_a_warning_until_it_is_denied_or_allowed() {
    let folder = Folder::new();
    folder.write("p/rules.aasrule", format!("{RULES}\nconst unused: int = 3\n"));
    folder.aasc(&["check", "p"]).exits(0).prints("warning[AAS0602]").prints("0 errors, 1 warning");
    folder.aasc(&["check", "p", "--deny", "unused-const"]).exits(1).prints("error[AAS0602]");
    folder.aasc(&["check", "p", "--deny", "warnings"]).exits(1).prints("error[AAS0602]");
    folder.aasc(&["check", "p", "--deny", "unused-konst"]).exits(2).complains("`unused-const`");
    folder.write("p/aas.toml", "name = \"desk\"\n[lints]\nunused-const = \"allow\"\n");
    folder.aasc(&["check", "p"]).exits(0).prints("0 errors, 0 warnings");
    folder.write("p/aas.toml", "name = \"desk\"\n[lints]\nunused-const = \"deny\"\n");
    folder.aasc(&["check", "p"]).exits(1).prints("error[AAS0602]");
}

#[test]
fn a_broken_manifest_is_found_with_a_suggestion() {
    let folder = Folder::new();
    folder.write("p/rules.aasrule", RULES).write("p/aas.toml", "name = \"desk\"\ndefalt = \"black\"\n");
    folder.aasc(&["check", "p"]).exits(1).prints("AAS0225").prints("p/aas.toml:2:1").prints("`default`");
}

#[test]
fn a_package_is_found_upwards_and_a_dependency_beside_it() {
    let folder = Folder::new();
    folder
        .write("people/aas.toml", "name = \"people\"\n")
        .write("people/people.aasrule", "package people\nentity Role one of { desk }\nentity Agent in Role\n")
        .write("mail/aas.toml", "name = \"mail\"\n[dependencies]\npeople = \"../people\"\n")
        .write(
            "mail/deep/rules.aasrule",
            "package mail\nuse people.Role\naction mail.send\nrule sending on mail.send by Role.desk { green }\n",
        );
    folder.aasc(&["check", "mail/deep/rules.aasrule"]).exits(0).prints("2 files");
    folder.aasc(&["check", "."]).exits(0).prints("3 files");
    folder.write("mail/aas.toml", "name = \"mail\"\n[dependencies]\npeople = \"../persons\"\n");
    folder.aasc(&["check", "mail"]).exits(1).prints("AAS0225").prints("persons");
    folder.write("mail/aas.toml", "name = \"mail\"\n[dependencies]\nhumans = \"../people\"\n");
    folder.aasc(&["check", "mail"]).exits(1).prints("is called `people`, but it is used as `humans`");
}

#[test]
fn a_dependency_keeps_to_its_own_packages() {
    let folder = Folder::new();
    folder
        .write("people/aas.toml", "name = \"people\"\n")
        .write("people/people.aasrule", "entity Role one of { desk }\nentity Agent in Role\n")
        .write("mail/aas.toml", "name = \"mail\"\n[dependencies]\npeople = \"../people\"\n")
        .write(
            "mail/rules.aasrule",
            "use people.Role\naction mail.send\nrule sending on mail.send by Role.desk { green }\n",
        );
    folder.aasc(&["check", "mail"]).exits(0).prints("2 files");
    // One package, however its folder is written.
    let whole = folder.path("mail");
    let whole = whole.to_str().expect("a path of text");
    folder.aasc(&["check", "mail/rules.aasrule", whole]).exits(0).prints("2 files");
    folder.write("people/more.aasrule", "package mail.extra\nconst x = 1\n");
    folder.aasc(&["check", "mail"]).exits(1).prints("AAS0207").prints("cannot add to package `mail.extra`");
    folder.write("people/more.aasrule", "package people.more\nconst x = 1\n");
    folder.write("mail/theirs.aasrule", "package people.more\nconst y = 1\n");
    folder.aasc(&["check", "mail"]).exits(1).prints("AAS0207").prints("This file belongs to `mail`");
}

#[test]
fn what_cannot_be_read_exits_2_or_is_a_finding() {
    let folder = Folder::new();
    folder.aasc(&["check", "nowhere.aasrule"]).exits(2).complains("no file or folder `nowhere.aasrule`");
    folder.write("empty/readme.txt", "nothing");
    folder.aasc(&["check", "empty"]).exits(2).complains("no .aasrule file");
    folder.write("latin1.aasrule", b"package a\n// caf\xe9\n");
    folder.aasc(&["check", "latin1.aasrule"]).exits(1).prints("AAS0114").prints("byte 16 is 0xE9").prints(":2:7");
    folder.write("large.aasrule", "// x\n".repeat(300_000));
    folder.aasc(&["check", "large.aasrule"]).exits(1).prints("AAS0801");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_back_is_named() {
    let folder = Folder::new();
    folder.write("p/rules.aasrule", RULES);
    std::os::unix::fs::symlink(folder.path("p"), folder.path("p/again")).expect("a link can be made");
    folder.aasc(&["check", "p"]).exits(2).complains("leads back");
}

#[test]
fn every_phase_can_be_printed() {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES);
    for (emit, text) in
        [("hir", "package desk"), ("graph", "mail.send"), ("plan", "mail.send"), ("clif", "function"), ("claims", "")]
    {
        folder.aasc(&["check", "rules.aasrule", "--emit", emit]).exits(0).prints(text);
    }
}

#[test]
fn the_footprint_is_a_table() {
    let folder = Folder::new();
    folder.write(
        "p.aasrule",
        "package p\n\
         action up, down { app: string }\n\
         rule r on up, down { green }\n\
         limit often on up { at most 3 per 1h for each app  otherwise black  because \"Often.\" }\n\
         window failures on up, down { last 10 outcomes for each app: failed = count where failure }\n\
         guard failing on down { yellow when failures.failed >= 3  because \"Fails.\" }\n",
    );
    let table = folder.aasc(&["check", "--emit", "footprint", "p.aasrule"]).exits(0);
    let lines: Vec<Vec<&str>> = table.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1], ["down", "p.failures", "window", "failed", "yes"]);
    assert_eq!(lines[2], ["up", "p.failures", "window", "-", "yes"]);
    assert_eq!(lines[3], ["p.often", "limit", "exceeded", "yes"]);
    let as_json = |folder: &Folder| -> serde_json::Value {
        let ran = folder.aasc(&["check", "--emit", "footprint", "--format", "json", "p.aasrule"]).exits(0);
        serde_json::from_str(&ran.out).expect("it is one JSON object")
    };
    let shown = as_json(&folder);
    assert_eq!(shown["errors"], 0, "{shown:#}");
    assert_eq!(
        shown["footprint"],
        json!([
            { "action": "down", "items": [
                { "item": "p.failures", "kind": "window", "reads": ["failed"], "touches": true },
            ] },
            { "action": "up", "items": [
                { "item": "p.failures", "kind": "window", "reads": [], "touches": true },
                { "item": "p.often", "kind": "limit", "reads": ["exceeded"], "touches": true },
            ] },
        ])
    );
    folder.write("p.aasrule", TEXTS);
    folder.aasc(&["check", "--emit", "footprint", "p.aasrule"]).exits(0).prints("No action reads");
    assert_eq!(as_json(&folder)["footprint"], json!([]));
}

/// A rule that goes over a text of up to 65,536 characters, and one that looks at a number.
const TEXTS: &str = "package p\n\
    action note { text: string }\n\
    action count { n: int 0..10 }\n\
    rule words on note { when text contains \"secret\"  red  because \"Secrets.\" }\n\
    rule few on count { green when n < 3 }\n";

#[test]
fn the_worst_case_is_a_table_and_a_bound() {
    let folder = Folder::new();
    folder.write("p.aasrule", TEXTS);
    let table = folder.aasc(&["check", "--emit", "cost", "p.aasrule"]).exits(0).prints("ns at most");
    assert!(table.out.lines().any(|line| line.starts_with(" note") && line.contains("262144")), "{table:?}");
    folder.aasc(&["check", "--max-ns", "100000000", "--max-state", "4096", "p.aasrule"]).exits(0);
    let over = folder.aasc(&["check", "--max-ns", "5000", "p.aasrule"]).exits(1);
    over.complains("A decision about note can take")
        .complains("at most 5000 are allowed; `text contains \"secret\"` costs most");
    folder.aasc(&["check", "--max-state", "8", "p.aasrule"]).exits(1).complains("bytes of memory");
    folder.write("p.aasrule", TEXTS.replace("text: string", "text: string[..40]"));
    folder.aasc(&["check", "--max-ns", "5000", "p.aasrule"]).exits(0);
}

#[test]
fn bounds_that_are_passed_for_one_reason_are_one_sentence() {
    let ran = at_root(&["check", "rules/autonomy", "--max-ns", "1000000", "--max-state", "200"]).exits(1);
    let said: Vec<&str> = ran.err.lines().collect();
    assert_eq!(said.len(), 3, "{ran:#?}");
    assert!(said[0].starts_with("aasc: Decisions about code.refactor, code.write, ") && said[0].contains("`paths`"));
    assert!(said[1].contains(" more can take up to ") && said[1].contains("`secrets.found` costs most. A scan of the"));
    assert!(said[2].contains("bytes of memory, and at most 200 are allowed"));
    let milliseconds = |ns: &str| at_root(&["check", "rules/autonomy", "--max-ns", ns]);
    // All but those that take a list of paths end within the time of a scan, and those within half a minute.
    assert_eq!(milliseconds("600000000").exits(1).err.lines().count(), 1);
    milliseconds("30000000000").exits(0);
}

#[test]
fn the_worst_case_is_in_the_json_too() {
    let folder = Folder::new();
    folder.write("p.aasrule", TEXTS);
    let ran = folder.aasc(&["check", "--max-ns", "5000", "--format", "json", "p.aasrule"]).exits(1);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let note =
        json["worst"].as_array().expect("a list").iter().find(|one| one["action"] == "note").expect("its action");
    assert_eq!((note["steps"].as_u64(), note["rows"].as_u64()), (Some(262_144), Some(1)));
}
