//! Policy sets of any size, made from nothing but a number: the shapes that real sets grow in.

#![allow(dead_code, reason = "the bench and the example use different parts")]

use std::fmt::Write as _;

use aas::SourceSet;

/// How a set grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Ten rules for each service, over actions and globs of its own.
    Wide,
    /// All rules on one action, told apart by what they ask.
    Deep,
    /// As `Wide`, each service a package that uses the one before it.
    Chained,
}

impl Shape {
    /// All shapes.
    pub(crate) const ALL: [Self; 3] = [Self::Wide, Self::Deep, Self::Chained];

    /// For people and command lines.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Deep => "deep",
            Self::Chained => "chained",
        }
    }

    /// A set of about so many rules.
    pub(crate) fn set(self, rules: usize) -> SourceSet {
        let mut set = SourceSet::default();
        for (name, text) in self.files(rules) {
            set.add(name, text);
        }
        set
    }

    /// The files of a set of about so many rules.
    pub(crate) fn files(self, rules: usize) -> Vec<(String, String)> {
        match self {
            Self::Wide => wide(rules),
            Self::Deep => deep(rules),
            Self::Chained => chained(rules),
        }
    }
}

/// Rules of one file.
const PER_FILE: usize = 100;

const FACTS: &str = "package load\n\nfacts agent { trust: int 0..100 }\n\nenum Stage { dev, staging, prod }\n";
const STAGES: [&str; 3] = ["dev", "staging", "prod"];
const BRANCHES: [&str; 6] = ["main", "master", "develop", "release", "feature", "hotfix"];
const ROOTS: [&str; 4] = ["src/", "docs/", "infra/", "data/"];

/// Numbers that look arbitrary and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}

fn wide(rules: usize) -> Vec<(String, String)> {
    let mut numbers = Numbers(7);
    let mut files = vec![("vocabulary.aasrule".to_string(), FACTS.to_string())];
    for file in 0..rules.div_ceil(PER_FILE) {
        let mut text = String::from("package load\n");
        for service in file * PER_FILE / 10..(rules.min((file + 1) * PER_FILE)).div_ceil(10) {
            service_rules(service, &mut numbers, &mut text);
        }
        files.push((format!("services_{file:04}.aasrule"), text));
    }
    files
}

/// One service: eight actions and ten rules.
fn service_rules(service: usize, numbers: &mut Numbers, text: &mut String) {
    let name = format!("svc{service:05}");
    let _ = write!(text, "\naction ");
    for op in 0..7 {
        let _ = write!(text, "{name}.op{op}_run, ");
    }
    let _ = writeln!(
        text,
        "{name}.other {{\n    stage: Stage\n    file: string\n    branch: string\n    cost: int 0..100_000\n}}"
    );
    for rule in 0..10 {
        let (tier, on) = match rule {
            0..=6 => ("green", format!("{name}.op{rule}_run")),
            7 => ("yellow", format!("{name}.*")),
            8 => ("black", format!("{name}.op*")),
            _ => ("red", format!("{name}.op0_run")),
        };
        let number = if numbers.below(2) == 0 {
            format!("agent.trust >= {}", 10 + numbers.below(50))
        } else {
            format!("cost < {}", 100 + numbers.below(900))
        };
        let place = if numbers.below(2) == 0 {
            format!("stage == {}", STAGES[numbers.below(3)])
        } else {
            format!("file like \"{}*\"", ROOTS[numbers.below(4)])
        };
        let a = numbers.below(6);
        let branches = [a, a + 1, a + 3].map(|i| format!("{:?}", BRANCHES[i % 6])).join(", ");
        let _ = write!(
            text,
            "\nrule {name}_{rule} on {on} {{\n    when {number} and {place} and branch in {{{branches}}}\n    {tier}\n"
        );
        if matches!(tier, "red" | "black") {
            let _ = writeln!(text, "    because \"Rule {rule} of {name}.\"");
        }
        text.push_str("}\n");
    }
}

fn deep(rules: usize) -> Vec<(String, String)> {
    let head = "package load\n\nfacts agent { trust: int 0..100 }\n\naction one.act {\n    tenant: string\n    file: string\n    \
                branch: string\n    cost: int 0..100_000_000\n}\n";
    let mut files = vec![("vocabulary.aasrule".to_string(), head.to_string())];
    for file in 0..rules.div_ceil(PER_FILE) {
        let mut text = String::from("package load\n");
        for rule in file * PER_FILE..rules.min((file + 1) * PER_FILE) {
            deep_rule(rule, &mut text);
        }
        files.push((format!("rules_{file:04}.aasrule"), text));
    }
    files
}

fn deep_rule(rule: usize, text: &mut String) {
    let asked = match rule % 5 {
        0 => format!("tenant == \"tenant-{rule}\""),
        1 => format!("tenant in {{\"team-{rule}\", \"crew-{rule}\"}}"),
        2 => format!("cost >= {} and cost < {}", rule * 10, rule * 10 + 10),
        3 => format!("file like \"src/team{rule}/*\""),
        _ => format!("branch like \"*-{rule}\""),
    };
    let (tier, because) = match rule % 4 {
        0 => ("green", String::new()),
        1 => ("yellow", String::new()),
        2 => ("red", format!("    because \"Rule {rule}.\"\n")),
        _ => ("black", format!("    because \"Rule {rule}.\"\n")),
    };
    let trust = rule % 90;
    let _ = write!(
        text,
        "\nrule r{rule:05} on one.act {{\n    when {asked} and agent.trust >= {trust}\n    {tier}\n{because}}}\n"
    );
}

fn chained(rules: usize) -> Vec<(String, String)> {
    let mut numbers = Numbers(11);
    let mut files = vec![("vocabulary.aasrule".to_string(), FACTS.to_string())];
    for service in 0..rules.div_ceil(10) {
        let before = match service.checked_sub(1) {
            Some(before) => format!("use load.s{before:05}.*\nuse load.{{Stage}}\n"),
            None => "use load.{Stage}\n".to_string(),
        };
        let mut text = format!("package load.s{service:05}\n\n{before}");
        service_rules(service, &mut numbers, &mut text);
        files.push((format!("s{service:05}.aasrule"), text));
    }
    files
}

/// The same files with one rule of the middle file changed: its number, as an author would.
pub(crate) fn changed(files: &[(String, String)], round: usize) -> (usize, String) {
    let place = files.len() / 2;
    let text = &files[place].1;
    let at = text.rfind(">= ").map_or(text.len(), |at| at + 3);
    let end = text[at..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |n| at + n);
    (place, format!("{}{}{}", &text[..at], 20 + round % 50, &text[end..]))
}
