//! The examples of the builtins are text of the language.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use aas::SourceSet;
use aas::builtin;
use aas::decision::Tier;
use aas::syntax::ast::Relation;
use aas::syntax::parse;

/// The example as a file: its constants, then its expression as one more.
fn file(example: &str) -> String {
    let (constants, expression) = example.rsplit_once('\n').unwrap_or(("", example));
    format!("package example\n\n{constants}\nconst holds: bool = {expression}\n")
}

#[test]
fn examples_parse() {
    for row in builtin::all() {
        let mut sources = SourceSet::default();
        let id = sources.add("example.aasrule", file(row.example));
        let (_, findings) = parse(&sources, id);
        assert!(findings.is_empty(), "{}: {:?}", row.example, findings);
    }
}

#[test]
fn every_relation_of_the_table_is_one_of_the_grammar() {
    for row in builtin::all().iter().filter(|row| row.form == builtin::Form::Relation) {
        assert!(Relation::ALL.iter().any(|relation| relation.words() == row.name), "{}", row.name);
    }
}

#[test]
fn examples_are_true() {
    for row in builtin::all() {
        let (constants, expression) = row.example.rsplit_once('\n').unwrap_or(("", row.example));
        let guard =
            format!("guard holds on ask {{\nwhen {expression}\nblack\nif unclear black\nbecause \"It holds.\"\n}}\n");
        let sources =
            SourceSet::single("example.aasrule", format!("package example\n{constants}\naction ask\n{guard}"));
        let checked = aas::pipeline::check(&sources, &aas::Settings::default());
        let Some(typed) = checked.policy else {
            panic!("{}", aas::diagnostic::render::human(&checked.diagnostics, &sources, false));
        };
        let policy = aas::policy::Policy::from_typed(typed);
        let decision = policy.decide(&aas::Request::new("ask"), &aas::Facts::of_agent("a"), &aas::Entities::none());
        assert_eq!((decision.tier, decision.errors.len()), (Tier::Black, 0), "{}: {decision:?}", row.example);
    }
}

#[test]
fn an_address_lies_in_a_set_of_networks() {
    let constants = "const near: set<cidr> = { \"127.0.0.0/8\", \"10.0.0.0/8\" }\nconst a: ip = \"::ffff:10.1.2.3\"";
    for (condition, wanted) in [
        ("a in near", Tier::Red),
        ("a not in near", Tier::Green),
        ("a in { \"10.0.0.0/8\", \"192.168.0.0/16\" }", Tier::Red),
        ("a in { \"192.168.0.0/16\" }", Tier::Green),
        ("a in { \"10.1.2.3\" }", Tier::Red),
    ] {
        let guard = format!("guard holds on ask {{\nwhen {condition}\nred\nbecause \"It holds.\"\n}}\n");
        let text = format!("package example\n{constants}\naction ask\nrule asks on ask {{ green }}\n{guard}");
        let sources = SourceSet::single("example.aasrule", text);
        let policy = aas::Policy::compile(&sources, &aas::Settings::default())
            .unwrap_or_else(|found| panic!("{}", aas::diagnostic::render::human(&found, &sources, false)));
        let tier = policy.tier(&aas::Request::new("ask"), &aas::Facts::of_agent("a"), &aas::Entities::none());
        assert_eq!(tier, wanted, "{condition}");
    }
}
