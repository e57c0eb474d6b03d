use crate::support::Folder;

#[test]
fn a_code_and_a_name_lead_to_the_same_page() {
    let by_code = Folder::new().aasc(&["explain", "AAS0602"]).exits(0).prints("unused-const");
    let by_lower = Folder::new().aasc(&["explain", "aas0602"]).exits(0);
    let by_name = Folder::new().aasc(&["explain", "unused-const"]).exits(0);
    assert_eq!(by_code.out, by_name.out);
    assert_eq!(by_code.out, by_lower.out);
    assert!(!by_code.out.contains("```"), "fences are for Markdown: {}", by_code.out);
}

#[test]
fn the_list_has_every_code() {
    let ran = Folder::new().aasc(&["explain"]).exits(0);
    assert_eq!(ran.out.lines().count(), aas::diagnostic::Code::ALL.len());
}

#[test]
fn an_unknown_code_exits_2_and_suggests_the_near_one() {
    Folder::new().aasc(&["explain", "unused-konst"]).exits(2).complains("`unused-const`");
    Folder::new().aasc(&["explain", "AAS9999"]).exits(2).complains("There is no finding `AAS9999`");
}
