use crate::support::Folder;

#[test]
fn a_package_is_made_once() {
    let folder = Folder::new();
    folder.aasc(&["new", "helpdesk"]).exits(0).prints("aasc check");
    assert!(folder.read("helpdesk/aas.toml").contains("name = \"helpdesk\""));
    assert!(folder.read("helpdesk/rules.aasrule").starts_with("package helpdesk.rules\n"));
    folder.write("helpdesk/rules.aasrule", "mine");
    folder.aasc(&["new", "helpdesk"]).exits(2).complains("exists already");
    assert_eq!(folder.read("helpdesk/rules.aasrule"), "mine");
}

#[test]
fn it_can_be_made_elsewhere() {
    let folder = Folder::new();
    folder.aasc(&["new", "desk", "--in", "deep/er"]).exits(0);
    assert!(folder.path("deep/er/desk/actions.aasrule").is_file());
}

#[test]
fn a_name_must_be_a_package_name() {
    for name in ["../x", "Desk", "9", "a-b", "a.b", ""] {
        Folder::new().aasc(&["new", "--", name]).exits(2).complains("is not a package name");
    }
}
