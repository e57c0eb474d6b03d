use super::{Literal, of_glob, of_regex};
use crate::value::{PathValue, PatternSet, Value, pattern::PatternKind};

fn shown(literal: &Literal) -> String {
    let text = String::from_utf8_lossy(literal.bytes());
    match literal {
        Literal::Whole(_) => format!("={text}"),
        Literal::Head(_) => format!("^{text}"),
        Literal::Tail(_) => format!("{text}$"),
        Literal::Inside(_) => format!("~{text}"),
    }
}

#[test]
fn globs_have_the_literal_of_an_end_or_one_inside() {
    for (glob, expected) in [
        ("main", Some("=main")),
        ("release/*", Some("^release/")),
        ("**/*.key", Some(".key$")),
        ("**/server.key", Some("server.key$")),
        ("src/module-17/**", Some("^src/module-17/")),
        ("**/secrets/**", Some("~secrets")),
        ("a*longer*b", Some("~longer")),
        ("*", None),
        ("**/*", None),
        ("a?", Some("^a")),
    ] {
        assert_eq!(of_glob(glob).as_ref().map(shown).as_deref(), expected, "{glob}");
    }
}

#[test]
fn regexes_have_what_every_match_holds() {
    for (regex, expected) in [
        ("^v1-release$", Some(vec!["=v1-release"])),
        ("^release-[0-9]+$", Some(vec!["^release-"])),
        ("[0-9]+-stable$", Some(vec!["-stable$"])),
        ("(foo|barn)[0-9]", Some(vec!["~foo", "~barn"])),
        ("x*yz?(abc)+", Some(vec!["~abc"])),
        ("[a-z]+", None),
        ("(foo)?", None),
        ("foo|[0-9]", None),
        ("(?i)foo", None),
    ] {
        let found = of_regex(regex).map(|all| all.iter().map(shown).collect::<Vec<_>>());
        assert_eq!(found, expected.map(|all| all.into_iter().map(str::to_string).collect()), "{regex}");
    }
}

#[test]
fn globs_that_are_literal_but_for_an_end_are_told_exactly() {
    for (glob, expected) in [
        ("a/b", Some("=a/b")),
        ("a/b/**", Some("^a/b/")),
        ("**/.env", Some("=.env /.env$")),
        ("**/a/b", Some("=a/b /a/b$")),
        ("/etc/**", None),
        ("../a", None),
        ("**", None),
        ("a/*", None),
        ("**/*.key", None),
        ("a/**/b", None),
    ] {
        let found = super::exact_of_path_glob(glob);
        let found = found.map(|all| all.iter().map(shown).collect::<Vec<_>>().join(" "));
        assert_eq!(found.as_deref(), expected, "{glob}");
    }
}

/// Globs and texts of few letters: what matches has the literal.
#[test]
fn whatever_matches_has_a_literal() {
    let mut seed = 3_u64;
    let mut below = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut matched = 0;
    for _ in 0..20_000 {
        let components = ["**", "*", "a", "b", "ab", "a*", "*b", "A", "?b", "a?b", "long-name", "x*long-name*y"];
        let glob: Vec<&str> = (0..1 + below(4)).map(|_| components[below(12) as usize]).collect();
        let glob = glob.join("/");
        let names = ["a", "b", "ab", "aab", "A", "xb", "acb", "long-name", "xlong-namey", "é"];
        let path: Vec<&str> = (0..1 + below(4)).map(|_| names[below(10) as usize]).collect();
        let path = path.join("/");
        let Ok(set) = PatternSet::compile(PatternKind::PathGlob, &[&glob]) else { continue };
        let value = PathValue::read(&path).unwrap();
        let Some(literal) = of_glob(&glob) else { continue };
        if set.is_match(true, &Value::Path(value.into())) == Ok(true) {
            matched += 1;
            assert!(literal.is_in(path.as_bytes()), "{glob} matches {path} without {literal:?}");
        }
        if let Some(all) = super::exact_of_path_glob(&glob)
            && set.literals().is_some_and(|literals| literals.sure)
            && path.is_ascii()
            && !path.contains('A')
        {
            let value = Value::Path(PathValue::read(&path).unwrap().into());
            let has = all.iter().any(|literal| literal.is_in(path.as_bytes()));
            assert_eq!(set.is_match(false, &value), Ok(has), "{glob} and {path}");
        }
    }
    assert!(matched > 300, "{matched}");
}
