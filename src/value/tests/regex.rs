use regex_automata::meta;

use super::Search;

/// Expressions with anchors, classes, repetition, alternatives, nothing at all, letters beyond ASCII.
const SOURCES: [&str; 16] = [
    "^v[0-9]+$",
    "abc",
    "a|bc|^$",
    "",
    "^",
    "$",
    "x*y",
    "(?i)straße",
    "[^a]b",
    "^run[0-9]+-00012$",
    "a.c",
    "(?m)^b$",
    "żó.w",
    "(?-u:\\bab\\b)",
    "a{2,3}$",
    "\\.key$",
];
const TEXTS: [&str; 20] = [
    "",
    "v",
    "v1",
    "v12",
    "xv1",
    "abc",
    "xabcx",
    "ac",
    "bc",
    "a\nb\nc",
    "b",
    "straSSe",
    "STRASSE",
    "STRAße",
    "żółw",
    "run7-00012",
    "run7-000123",
    "ab ab",
    "aaaa",
    "secret.key",
];

#[test]
fn a_table_and_the_automaton_agree() {
    let mut tables = 0;
    for first in SOURCES {
        for sources in [vec![first], vec![first, "zz$"], SOURCES.into_iter().filter(|s| *s > first).collect()] {
            let search = Search::new(&sources, 1 << 20).expect("expressions");
            tables += usize::from(matches!(search, Search::Table(..)));
            let definition = meta::Regex::new_many(&sources).expect("expressions");
            for text in TEXTS {
                assert_eq!(search.is_match(text), definition.is_match(text), "{sources:?} in {text:?}");
            }
        }
    }
    assert!(tables > 30, "{tables}");
}

#[test]
fn what_is_large_has_no_table_and_matches_all_the_same() {
    for (source, yes, no) in [("^\\w{20}$", "abcdefghijabcdefghij", "short"), ("\\bżółw\\b", "o żółw.", "żółwie")]
    {
        let search = Search::new(&[source], 1 << 20).expect("an expression");
        assert!(matches!(search, Search::Lazy(_)), "{source}");
        assert!(search.is_match(yes) && !search.is_match(no), "{source}");
    }
    assert!(Search::new(&["\\w{1000}"], 1 << 10).is_none());
}
