//! The identity of a policy: what a change of its text does to the hash.

use aas::{Settings, SourceSet, pipeline};

const POLICY: &str = r#"package p

/// Who works here.
entity Team one of { ops, dev }
/// Where it runs.
enum Env { dev, prod }
/// What the host says.
facts env { name: Env = dev }
/// Whether it is on.
flag open for each Env: bool = true, strict false
/// The most.
const most = 3
/// Too many.
predicate big(k: int): bool = k > most
/// Cleans up.
workflow clean { input n: int }
/// Goes.
action a.go also a.went { n: int 0..9 = 1, s: string[..10] }
action a.stop
rule r on a.go relaxable {
    when big(n)
    yellow
    notify ops
    redact s
    because "{n} at once."
}
guard g on a.* waivable by Team.ops {
    when flag.open[env.name]
    red
    because "Closed."
}
guard h on b.** {
    black
    because "Never."
}
limit l on a.go {
    at most 3 per 1h
    otherwise black
    because "Too often."
}
relax x on a.go of r { yellow to green }
exception e to g on a.go {
    owner Team.dev
    until 2026-12-01
    because "Once."
}
approval ask on a.* { by Team.ops, quorum 2, within 5m, otherwise refuse }
test "it goes" { request a.stop as { id: "a" } expect red }
"#;

/// Each change of the text is another policy.
const MEANT: &[(&str, &str)] = &[
    ("Who works here.", "Who works there."),
    ("Where it runs.", "Where it ran."),
    ("What the host says.", "What the host said."),
    ("Whether it is on.", "Whether it was on."),
    ("The most.", "The least."),
    ("Too many.", "Too few."),
    ("Cleans up.", "Tidies up."),
    ("Goes.", "Went."),
    ("{ ops, dev }", "{ ops, dev, qa }"),
    ("enum Env", "ordered enum Env"),
    ("name: Env = dev", "name: Env = prod"),
    ("strict false", "strict true"),
    ("most = 3", "most = 4"),
    ("input n: int", "input n: string"),
    (" also a.went", ""),
    ("= 1,", "= 2,"),
    ("string[..10]", "string[..11]"),
    ("action a.stop", "action a.stop { severity high }"),
    (" relaxable", ""),
    ("    redact s\n", ""),
    ("notify ops", "notify dev"),
    ("\"{n} at once.\"", "\"At once.\""),
    ("waivable by Team.ops", "waivable by Team.dev"),
    ("b.**", "b.*"),
    ("black\n    because \"Never.\"", "red\n    because \"Never.\""),
    ("at most 3 per", "at most 4 per"),
    ("yellow to green", "red to green"),
    ("of r {", "{"),
    ("owner Team.dev", "owner Team.ops"),
    ("2026-12-01", "2026-12-02"),
    ("quorum 2", "quorum 1"),
    ("within 5m", "within 6m"),
];

/// And these say the same in other words, or nothing that decides.
const SAME: &[(&str, &str)] = &[
    ("action a.stop\n", "// It stops.\naction a.stop\n"),
    ("input n: int", "input n: int // how many\n"),
    ("at most 3 per 1h\n", "at most 3 per 1h // an hour\n"),
    ("it goes", "it went"),
    ("expect red", "expect not because of r"),
];

fn hash(files: &[(&str, String)], settings: &Settings) -> String {
    let mut sources = SourceSet::default();
    for (name, text) in files {
        sources.add(*name, text.as_str());
    }
    let checked = pipeline::check(&sources, settings);
    let policy = checked.policy.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    policy.hash.to_string()
}

fn hash_of(text: &str) -> String {
    hash(&[("p.aasrule", text.to_string())], &Settings::default())
}

#[test]
fn a_change_of_meaning_is_another_policy() {
    let before = hash_of(POLICY);
    for (from, to) in MEANT {
        assert!(POLICY.contains(from), "{from}");
        assert_ne!(hash_of(&POLICY.replacen(from, to, 1)), before, "{from} -> {to}");
    }
}

#[test]
fn other_words_for_the_same_are_the_same_policy() {
    let before = hash_of(POLICY);
    for (from, to) in SAME {
        assert_eq!(hash_of(&POLICY.replacen(from, to, 1)), before, "{from} -> {to}");
    }
}

#[test]
fn settings_that_decide_are_part_of_it() {
    let of = |settings: Settings| hash(&[("p.aasrule", POLICY.to_string())], &settings);
    let before = of(Settings::default());
    assert_ne!(of(Settings { default_tier: aas::decision::Tier::Black, ..Settings::default() }), before);
    assert_ne!(of(Settings { zone: "Europe/Warsaw".into(), ..Settings::default() }), before);
    assert_ne!(of(Settings { case_sensitive_paths: true, ..Settings::default() }), before);
    let lints = vec![("uncovered-red".to_string(), aas::diagnostic::LintLevel::Allow)];
    assert_eq!(of(Settings { lints, ..Settings::default() }), before);
}

#[test]
fn files_and_their_order_are_not_part_of_it() {
    let at = POLICY.find("rule r").unwrap_or_default();
    let (first, second) = (POLICY[..at].to_string(), format!("package p\n{}", &POLICY[at..]));
    let before = hash_of(POLICY);
    let settings = Settings::default();
    assert_eq!(hash(&[("z.aasrule", first.clone()), ("a.aasrule", second.clone())], &settings), before);
    assert_eq!(hash(&[("a.aasrule", second), ("z.aasrule", first)], &settings), before);
}
