use crate::support::{Folder, RULES};

const UGLY: &str = "package   a\naction x.y\n// kept\nrule r on x.y{green}\n";

#[test]
fn a_file_is_written_in_its_one_form_and_then_left_alone() {
    let folder = Folder::new();
    folder.write("a.aasrule", UGLY);
    folder
        .aasc(&["fmt", "--check", "a.aasrule"])
        .exits(1)
        .prints("-package   a")
        .prints("+package a")
        .prints("1 would change");
    assert_eq!(folder.read("a.aasrule"), UGLY, "--check changes nothing");
    folder.aasc(&["fmt", "a.aasrule"]).exits(0).prints("formatted a.aasrule");
    let pretty = folder.read("a.aasrule");
    assert!(pretty.contains("// kept\n") && pretty.contains("package a\n"), "{pretty}");
    folder.aasc(&["fmt", "--check"]).exits(0).prints("nothing to change");
}

#[test]
fn standard_input_is_one_file() {
    let folder = Folder::new();
    let ran = folder.aasc_with(&["fmt", "-"], UGLY).exits(0);
    assert!(ran.out.starts_with("package a\n"), "{ran:#?}");
    folder.aasc_with(&["fmt", "--check", "-"], ran.out).exits(0);
    folder.aasc_with(&["fmt", "--check", "-"], UGLY).exits(1);
    folder.aasc_with(&["fmt", "-", "a.aasrule"], UGLY).exits(2).complains("stands alone");
}

#[test]
fn a_file_that_cannot_be_read_as_rules_is_left_alone() {
    let folder = Folder::new();
    folder.write("bad.aasrule", "package a\nrule r on x.y {\n").write("good.aasrule", RULES);
    folder.aasc(&["fmt", "."]).exits(1).complains("bad.aasrule").prints("1 left alone because of errors");
    assert_eq!(folder.read("bad.aasrule"), "package a\nrule r on x.y {\n");
    folder.aasc_with(&["fmt", "-"], b"\xff".as_slice()).exits(1).complains("AAS0114");
    folder.aasc(&["fmt", "nowhere"]).exits(2).complains("nowhere");
}
