//! What `aas.toml` may say, and what is said of what it may not.

use super::*;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::FileId;

fn read(text: &str) -> (Manifest, Vec<Diagnostic>) {
    Manifest::parse(text, FileId(0))
}

fn only(text: &str) -> Diagnostic {
    let (_, mut wrong) = read(text);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    wrong.remove(0)
}

#[test]
fn everything_at_once() {
    let (manifest, wrong) = read(
        "name = \"a.b\"\nedition = 2026\nsources = [\"rules\", \"more\"]\ndefault = \"black\"\n\
         zone = \"Europe/Warsaw\"\ncase = \"sensitive\"\n[dependencies]\npeople = { path = \"../people\" }\n\
         terms = \"../terms\"\n[lints]\nuncovered-red = \"deny\"\nAAS0602 = \"allow\"\n",
    );
    assert_eq!(wrong, []);
    assert_eq!(manifest.sources, ["rules", "more"]);
    let paths: Vec<_> = manifest.dependencies.iter().map(|d| (d.name.as_str(), d.path.as_str())).collect();
    assert_eq!(paths, [("people", "../people"), ("terms", "../terms")]);
    let settings = manifest.settings;
    assert_eq!((settings.package.as_str(), settings.default_tier), ("a.b", Tier::Black));
    assert_eq!((settings.zone.as_str(), settings.case_sensitive_paths), ("Europe/Warsaw", true));
    let lints = [("unused-const".to_owned(), LintLevel::Allow), ("uncovered-red".to_owned(), LintLevel::Deny)];
    assert_eq!(settings.lints, lints);
}

#[test]
fn a_name_is_enough() {
    let (manifest, wrong) = read("name = \"demo\"\n");
    assert_eq!(wrong, []);
    assert_eq!(manifest.settings, Settings { package: "demo".into(), ..Settings::default() });
    assert_eq!(manifest.sources, ["."]);
}

#[test]
fn a_misspelt_setting_is_found_at_its_place_with_a_suggestion() {
    let text = "name = \"demo\"\ndefalt = \"black\"\n";
    let d = only(text);
    assert_eq!((d.code, &text[d.primary.span.range()]), (Code::BadSetting, "defalt"));
    assert_eq!(d.help.as_deref(), Some("Did you mean `default`?"));
}

#[test]
fn a_loose_default_is_refused() {
    assert!(only("name = \"d\"\ndefault = \"green\"\n").message.contains("red or black"));
    assert!(only("name = \"d\"\ndefault = \"yellow\"\n").message.contains("red or black"));
}

#[test]
fn errors_cannot_be_turned_off() {
    assert!(only("name = \"d\"\n[lints]\nclaim-decides = \"allow\"\n").message.contains("always an error"));
}

#[test]
fn every_other_mistake_has_its_sentence() {
    for (text, needle) in [
        ("", "no name"),
        ("[package\n", "not TOML"),
        ("name = 3\n", "must be a text"),
        ("name = \"a b\"\n", "not a package name"),
        ("name = \"d\"\nedition = 2031\n", "2031"),
        ("name = \"d\"\nsources = \".\"\n", "list of folders"),
        ("name = \"d\"\nsources = [\"../x\"]\n", "outside the package"),
        ("name = \"d\"\nsources = []\n", "no folder"),
        ("name = \"d\"\nzone = \"Europe/Warsav\"\n", "No time zone"),
        ("name = \"d\"\ncase = \"no\"\n", "sensitive or checked"),
        ("name = \"d\"\n[dependencies]\nx = 3\n", "where it lies"),
        ("name = \"d\"\n[lints]\nunused-konst = \"deny\"\n", "no lint"),
        ("name = \"d\"\n[lints]\nunused-const = \"off\"\n", "no level"),
        ("[package]\nname = \"d\"\n", "at the top"),
        ("lints = 3\nname = \"d\"\n", "must be a table"),
        ("[pakage]\n", "no setting"),
    ] {
        let (_, wrong) = read(text);
        assert!(wrong.iter().any(|d| d.message.contains(needle)), "{text:?}: {wrong:?}");
    }
}
