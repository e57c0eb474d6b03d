//! The rules of a workload as a package of ours: every action declared with the fields that its rules read.
//!
//! `path`, `branch` and `bump` are parameters, `cost` was observed, `trust` belongs to the agent and `env` to
//! the environment. An action that no rule can match, and that no rule names, stays undeclared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::{BLACK, GREEN, How, Number, RED, Rule, Scope, Test, Text, Tier, Workload, YELLOW};

/// Rules in one file: a file has at most a MiB.
const RULES_A_FILE: usize = 2_000;

/// A field that actions declare, in the order of its declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Path,
    Branch,
    Bump,
    /// `path` as the id of a folder.
    Folder,
    Cost,
}

/// A package, and what a host must know to ask it.
pub struct Package {
    /// Names and texts of the files.
    pub files: Vec<(String, String)>,
    /// The fields of each declared action.
    pub fields: BTreeMap<String, BTreeSet<Field>>,
    /// Whether facts about the agent's trust and about the environment are declared.
    pub trust: bool,
    pub env: bool,
}

/// The package of a workload. W1 is a file for people to read.
#[must_use]
pub fn package(workload: &Workload) -> Package {
    let fields = fields(workload);
    let reads = |wanted: Place| workload.rules.iter().flat_map(|rule| places(&rule.tests)).any(|place| place == wanted);
    let (trust, env) = (reads(Place::Trust), reads(Place::Env));
    let files = match workload.name.as_str() {
        "w1" => vec![("w1.aasrule".into(), include_str!("../../policies/w1.aasrule").into())],
        _ => files(workload, &fields, trust, env),
    };
    Package { files, fields, trust, env }
}

/// Where a test looks.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Field(Field),
    Trust,
    Env,
}

fn places(tests: &[Test]) -> Vec<Place> {
    let text = |field: &Text| match field {
        Text::Path => Place::Field(Field::Path),
        Text::Branch => Place::Field(Field::Branch),
        Text::Bump => Place::Field(Field::Bump),
        Text::Env => Place::Env,
    };
    let one = |test: &Test| match test {
        Test::AtLeast(Number::Trust, _) | Test::Below(Number::Trust, _) => vec![Place::Trust],
        Test::AtLeast(Number::Cost, _) | Test::Below(Number::Cost, _) => vec![Place::Field(Field::Cost)],
        Test::Word { field, .. } | Test::OneOf { field, .. } => vec![text(field)],
        Test::Either(tests) => places(tests),
        Test::Inside(_) => vec![Place::Field(Field::Folder)],
    };
    tests.iter().flat_map(one).collect()
}

/// The actions that a rule can match, with the fields that the rules read which match them.
fn fields(workload: &Workload) -> BTreeMap<String, BTreeSet<Field>> {
    let mut named: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    let mut started: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &workload.rules {
        match &rule.scope {
            Scope::Name(name) => named.entry(name).or_default().push(rule),
            Scope::Start(start) => started.entry(start).or_default().push(rule),
        }
    }
    let mut fields = BTreeMap::new();
    for action in workload.vocabulary() {
        let starts = (0..=action.len()).filter_map(|end| started.get(action.get(..end)?));
        let rules: Vec<&&Rule> = named.get(action.as_str()).into_iter().chain(starts).flatten().collect();
        if rules.is_empty() {
            continue;
        }
        let read = rules.iter().flat_map(|rule| places(&rule.tests)).filter_map(|place| match place {
            Place::Field(field) => Some(field),
            Place::Trust | Place::Env => None,
        });
        fields.insert(action, read.collect());
    }
    fields
}

fn files(
    workload: &Workload,
    fields: &BTreeMap<String, BTreeSet<Field>>,
    trust: bool,
    env: bool,
) -> Vec<(String, String)> {
    let globs = workload.name.starts_with("w4_path_");
    let mut files = vec![("vocabulary.aasrule".into(), vocabulary(fields, (trust, env, globs)))];
    for (k, rules) in workload.rules.chunks(RULES_A_FILE).enumerate() {
        let mut text = format!("package {}\n", name(workload));
        for (i, rule) in rules.iter().enumerate() {
            write(&mut text, &format!("r{:05}", k * RULES_A_FILE + i), rule);
        }
        files.push((format!("rules{k}.aasrule"), text));
    }
    files[0].1.insert_str(0, &format!("package {}\n", name(workload)));
    files
}

fn name(workload: &Workload) -> &str {
    workload.name.split('_').next().unwrap_or_default()
}

fn vocabulary(fields: &BTreeMap<String, BTreeSet<Field>>, (trust, env, globs): (bool, bool, bool)) -> String {
    let mut text = String::new();
    if trust {
        text.push_str("\nfacts agent { trust: int 0..100 }\n");
    }
    if env {
        text.push_str("\nfacts env { name: string }\n");
    }
    let mut shapes: BTreeMap<&BTreeSet<Field>, Vec<&str>> = BTreeMap::new();
    for (action, fields) in fields {
        shapes.entry(fields).or_default().push(action);
    }
    if shapes.keys().any(|shape| shape.contains(&Field::Folder)) {
        text.push_str("\nentity Folder in Folder\n");
    }
    for (shape, actions) in shapes {
        let list: Vec<String> = shape
            .iter()
            .map(|field| match field {
                Field::Path if globs => "path: path".into(),
                Field::Path => "path: string".into(),
                Field::Branch => "branch: string".into(),
                Field::Bump => "bump: string".into(),
                Field::Folder => "folder: Folder".into(),
                Field::Cost => "observed cost: int 0..1_000_000_000".into(),
            })
            .collect();
        let _ = write!(text, "\naction {}", actions.join(",\n       "));
        if list.is_empty() {
            text.push('\n');
        } else {
            let _ = writeln!(text, " {{\n    {}\n}}", list.join("\n    "));
        }
    }
    text
}

fn write(text: &mut String, name: &str, rule: &Rule) {
    let scope = match &rule.scope {
        Scope::Name(name) => name.clone(),
        Scope::Start(start) if start.is_empty() || start.ends_with('.') => format!("{start}**"),
        Scope::Start(start) => format!("{start}*"),
    };
    let _ = writeln!(text, "\nrule {name} on {scope} {{");
    if !rule.tests.is_empty() {
        let tests: Vec<String> = rule.tests.iter().map(condition).collect();
        let _ = writeln!(text, "    when {}", tests.join(" and "));
    }
    let _ = writeln!(text, "    {}", tier(rule.tier));
    if rule.tier >= RED {
        text.push_str("    because \"The workload says so.\"\n");
    }
    text.push_str("}\n");
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        GREEN => "green",
        YELLOW => "yellow",
        RED => "red",
        BLACK => "black",
        _ => unreachable!("four tiers"),
    }
}

fn text(field: Text) -> &'static str {
    match field {
        Text::Env => "env.name",
        Text::Path | Text::Branch | Text::Bump => field.name(),
    }
}

fn number(field: Number) -> &'static str {
    match field {
        Number::Trust => "agent.trust",
        Number::Cost => "cost",
    }
}

fn condition(test: &Test) -> String {
    match test {
        Test::AtLeast(field, least) => format!("{} >= {least}", number(*field)),
        Test::Below(field, bound) => format!("{} < {bound}", number(*field)),
        Test::Word { field, how, word, not } => {
            let of = text(*field);
            let said = match how {
                How::Is if *not => return format!("{of} != {word:?}"),
                How::Is => return format!("{of} == {word:?}"),
                How::StartsWith => format!("{of} starts with {word:?}"),
                How::EndsWith => format!("{of} ends with {word:?}"),
                How::Contains => format!("{of} like \"*{word}*\""),
                How::Under => format!("{of} like \"{word}/**\""),
                How::Named => format!("{of} like \"**/{word}\""),
                How::Shaped => format!("{of} matches /^run[0-9]+{word}$/"),
            };
            if *not { format!("not ({said})") } else { said }
        }
        Test::OneOf { field, words, not } => {
            let list: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            format!("{} {}in {{{}}}", text(*field), if *not { "not " } else { "" }, list.join(", "))
        }
        Test::Either(tests) => format!("({})", tests.iter().map(condition).collect::<Vec<_>>().join(" or ")),
        Test::Inside(folder) => format!("folder in Folder(\"f{folder}\")"),
    }
}
