use proptest::prelude::*;

use super::Glob;

/// What a glob means, without thought of time.
fn reference(glob: &[char], text: &[char]) -> bool {
    match (glob.split_first(), text.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(('*', rest)), _) => {
            reference(rest, text) || text.split_first().is_some_and(|(_, tail)| reference(glob, tail))
        }
        (Some(_), None) => false,
        (Some((want, glob)), Some((c, text))) => (*want == '?' || want == c) && reference(glob, text),
    }
}

#[test]
fn stars_and_question_marks() {
    for (glob, text, answer) in [
        ("release/*", "release/1.4/hot", true),
        ("release/*", "release/", true),
        ("release/*", "release", false),
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("a*a", "a", false),
        ("a*a", "aa", true),
        ("?", "ż", true),
        ("?", "", false),
        ("v?.*", "v1.0", true),
        ("*b?d*", "aabbxxd", false),
        ("*b?d*", "aabxd!", true),
        ("**", "anything", true),
        ("[ab]", "a", false),
        ("[ab]", "[ab]", true),
        ("*?", "", false),
        ("a*??b", "aé¢b", true),
    ] {
        assert_eq!(Glob::new(glob).is_match(text), answer, "{glob:?} on {text:?}");
    }
}

/// They would not end if a star were ever tried twice.
#[test]
fn hostile_globs_end() {
    let text = "a".repeat(262_144);
    assert!(!Glob::new(&("*a".repeat(2_000) + "*b")).is_match(&text));
    assert!(!Glob::new(&format!("*{}?b*", "a".repeat(4_000))).is_match(&text));
    assert!(!Glob::new(&("*a?".repeat(1_300) + "b*")).is_match(&text));
}

proptest! {
    #[test]
    fn it_means_what_the_reference_means(glob in "[ab?*é]{0,10}", text in "[abé]{0,12}") {
        let (g, t): (Vec<_>, Vec<_>) = (glob.chars().collect(), text.chars().collect());
        prop_assert_eq!(Glob::new(&glob).is_match(&text), reference(&g, &t));
    }

    #[test]
    fn long_pieces_cross_words(before in "[ab]{0,80}", piece in "[ab?]{60,140}", after in "[ab]{0,80}") {
        let text = before + &piece.replace('?', "c") + &after;
        let answer = Glob::new(&format!("*{piece}*")).is_match(&text);
        prop_assert!(answer);
    }
}
