use crate::support::{Folder, RULES};

#[test]
fn every_form_shows_the_items_of_an_action() {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES);
    for (format, text) in [("svg", "<svg"), ("dot", "digraph"), ("mermaid", "flowchart"), ("text", "mail.send")] {
        folder
            .aasc(&["graph", "rules.aasrule", "--action", "mail.send", "--format", format])
            .exits(0)
            .prints(text)
            .prints("outside");
    }
    folder.aasc(&["graph", "rules.aasrule", "-o", "all.svg"]).exits(0);
    assert!(folder.read("all.svg").contains("</svg>"));
}

#[test]
fn an_unknown_action_exits_2_and_suggests() {
    let folder = Folder::new();
    folder.write("rules.aasrule", RULES);
    folder.aasc(&["graph", "rules.aasrule", "--action", "mail.sent"]).exits(2).complains("`mail.send`");
    folder.aasc(&["graph", "rules.aasrule", "-o", "no/such/folder.svg"]).exits(2).complains("cannot be written");
}
