//! Conditions over what an item may read, each operand used as its type allows.

use aas::verify::Random;

use super::vocabulary::{Readable, Ty};

/// Draws conditions of one item.
pub struct Drawing<'a> {
    random: &'a mut Random,
    readable: Vec<Readable>,
    predicates: &'a [(String, Vec<Ty>)],
    /// Floors may read more: `all` over what may be empty, secrets.
    floor: bool,
    /// How many quantifiers stand around.
    quantified: usize,
    /// How many variables were named, for distinct names.
    named: usize,
}

impl<'a> Drawing<'a> {
    /// Over what may be read.
    pub fn new(
        random: &'a mut Random,
        readable: &[Readable],
        predicates: &'a [(String, Vec<Ty>)],
        floor: bool,
    ) -> Self {
        Self { random, readable: readable.to_vec(), predicates, floor, quantified: 0, named: 0 }
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.random.below(of.len())]
    }

    /// A condition of some depth.
    pub fn condition(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom();
        }
        match self.random.below(9) {
            0..=2 => format!("({} and {})", self.condition(depth - 1), self.condition(depth - 1)),
            3 | 4 => format!("({} or {})", self.condition(depth - 1), self.condition(depth - 1)),
            5 => format!("not ({})", self.condition(depth - 1)),
            6 => {
                let parts: Vec<String> = (0..3).map(|_| self.condition(depth - 1)).collect();
                format!("at least {} of ({})", 1 + self.random.below(2), parts.join(", "))
            }
            _ => self.atom(),
        }
    }

    fn atom(&mut self) -> String {
        let place = self.random.below(self.readable.len() + 2);
        let Some(read) = self.readable.get(place).cloned() else {
            return self.about_now();
        };
        if read.optional {
            return self.about_optional(&read);
        }
        if !self.predicates.is_empty()
            && self.quantified == 0
            && self.random.once_in(6)
            && let Some(call) = self.call()
        {
            return call;
        }
        if self.floor && self.quantified == 0 && self.random.once_in(25) {
            return "secrets.found".into();
        }
        self.about(&read.text, read.ty)
    }

    fn about_now(&mut self) -> String {
        let relation = self.comparison();
        match self.random.below(7) {
            0 => format!("now.hour {relation} {}", 1 + self.random.below(22)),
            1 => format!("now.in(\"Europe/Warsaw\").hour {relation} {}", 1 + self.random.below(22)),
            2 => "now.weekday in { sat, sun }".into(),
            3 => "now.in(\"UTC\").time in 09:00..17:00".into(),
            4 => format!("now {relation} 2026-11-2{}", self.random.below(9)),
            5 => self.one(&["agent in Team(\"web\")", "agent in Role.ops", "agent in k_roles"]).into(),
            _ => self.one(&["agent.kind == person", "action == \"git.push\"", "agent.id == \"e1\""]).into(),
        }
    }

    fn about_optional(&mut self, read: &Readable) -> String {
        let text = &read.text;
        match self.random.below(5) {
            0 => format!("has {text}"),
            1 => format!("not has {text}"),
            2 => format!("(not has {text} or {})", self.about(text, read.ty)),
            _ => match (default_of(read.ty), self.random.once_in(2)) {
                (Some(default), true) => self.about(&format!("({text} ?? {default})"), read.ty),
                (_, _) => format!("(has {text} and {})", self.about(text, read.ty)),
            },
        }
    }

    fn call(&mut self) -> Option<String> {
        let place = self.random.below(self.predicates.len());
        let (name, types) = &self.predicates[place];
        let mut arguments = Vec::new();
        for ty in types {
            let fitting: Vec<&Readable> = self.readable.iter().filter(|r| r.ty == *ty && !r.optional).collect();
            arguments.push(fitting.get(self.random.below(fitting.len()))?.text.clone());
        }
        Some(format!("{name}({})", arguments.join(", ")))
    }

    fn comparison(&mut self) -> &'static str {
        self.one(&["<", "<=", ">", ">="])
    }

    fn equality(&mut self) -> &'static str {
        self.one(&["==", "!="])
    }

    /// Another thing of the same type, or a literal.
    fn other(&mut self, text: &str, ty: Ty, literals: &[&str]) -> String {
        let same: Vec<String> = self
            .readable
            .iter()
            .filter(|r| r.ty == ty && !r.optional && r.text != text)
            .map(|r| r.text.clone())
            .collect();
        if !same.is_empty() && self.random.once_in(4) {
            return same[self.random.below(same.len())].clone();
        }
        self.one(literals).to_string()
    }

    /// A condition about a value that is there.
    pub fn about(&mut self, text: &str, ty: Ty) -> String {
        match ty {
            Ty::Bool => self.one(&["{}", "not {}", "{} == true", "{} != false"]).replace("{}", text),
            Ty::Int | Ty::WideInt => self.about_int(text, ty),
            Ty::Decimal => {
                let (relation, other) = (self.comparison(), self.other(text, ty, &["0.50", "10.00", "99.99", "250"]));
                match self.random.below(4) {
                    0 => format!("{text} + {other} {relation} 200.00"),
                    1 => format!("{text} * 3 {relation} 30.00"),
                    2 => format!("{text} == {other}"),
                    _ => format!("{text} {relation} {other}"),
                }
            }
            Ty::Ratio => format!("{text} {} {}", self.comparison(), self.one(&["0.8", "0.25", "0.999999"])),
            Ty::Str => self.about_text(text),
            Ty::Duration => format!("{text} {} {}", self.comparison(), self.other(text, ty, &["90s", "1h30m", "7d"])),
            Ty::Timestamp => match self.random.below(3) {
                0 => format!("{text} {} now", self.comparison()),
                1 => format!("{text} <= now + 1h"),
                _ => format!("{text} {} 2026-11-20", self.comparison()),
            },
            Ty::Semver => match self.random.below(4) {
                0 => format!("{text}.is_prerelease"),
                1 => format!("{text} == \"1.9.0\""),
                _ => format!("{text} {} {}", self.comparison(), self.other(text, ty, &["\"1.9.0\"", "\"2.0.0-rc.1\""])),
            },
            Ty::Ip => match self.random.below(3) {
                0 => format!("{text}.is_private"),
                1 => format!("{text} in \"10.0.0.0/8\""),
                _ => format!("{text} {} \"10.1.2.3\"", self.equality()),
            },
            Ty::Cidr => format!("{text} {} \"10.0.0.0/8\"", self.equality()),
            Ty::Url => match self.random.below(4) {
                0 => format!("{text}.scheme == \"https\""),
                1 => format!("{text}.host.is_private"),
                2 => format!("({text}.port ?? 0) == 443"),
                _ => format!("{text}.host under \"example.com\""),
            },
            Ty::Host => {
                self.one(&["{}.is_private", "{} under \"example.com\"", "{} == \"example.com\""]).replace("{}", text)
            }
            Ty::Path => self.about_path(text),
            Ty::Ref => match self.random.below(4) {
                0 => format!("{text} in k_mainline"),
                1 => format!("{text} like \"feature/*\""),
                2 => format!("{text} not in k_mainline"),
                _ => format!("{text} {} {}", self.equality(), self.other(text, ty, &["\"main\"", "\"dev\""])),
            },
            Ty::Command => self
                .one(&[
                    "{} runs \"rm\"",
                    "{} runs \"git push\" with any \"-f\", \"--force\"",
                    "{} runs only { \"git\", \"ls\", \"cat\" }",
                    "{} writes outside workspace",
                    "{} reads any k_globs",
                    "any c in {}.commands: c.name == \"git\"",
                ])
                .replace("{}", text),
            Ty::Stage => match self.random.below(3) {
                0 => format!("{text} {} staging", self.comparison()),
                1 => format!("{text} in {{ dev, prod }}"),
                _ => format!("{text} {} {}", self.equality(), self.other(text, ty, &["dev", "Stage.prod"])),
            },
            Ty::Area => match self.random.below(3) {
                0 => format!("flag.open[{text}]"),
                1 => format!("{text} in {{ shop, blog }}"),
                _ => format!("{text} {} {}", self.equality(), self.other(text, ty, &["shop", "intern"])),
            },
            Ty::Team => match self.random.below(4) {
                0 => format!("{text}.size {} 10", self.comparison()),
                1 => format!("{text} in Team(\"web\")"),
                2 => format!("agent in {text}"),
                _ => format!("{text} {} {}", self.equality(), self.other(text, ty, &["Team(\"web\")"])),
            },
            Ty::User => match self.random.below(3) {
                0 => format!("{text}.level {} 3", self.comparison()),
                1 => format!("({text}.nick ?? \"none\") == \"alpha\""),
                _ => format!("{text} in Team(\"web\")"),
            },
            Ty::Change => self.about_change(text),
            Ty::Ints | Ty::Paths | Ty::Words | Ty::Names | Ty::Changes | Ty::Teams => self.about_many(text, ty),
            Ty::Counts => match self.random.below(3) {
                0 => format!("has {text}[\"alpha\"]"),
                1 => format!("({text}[\"alpha\"] ?? 0) {} 5", self.comparison()),
                _ => format!("(has {text}[\"beta\"] and {text}[\"beta\"] > 3)"),
            },
        }
    }

    fn about_int(&mut self, text: &str, ty: Ty) -> String {
        let (relation, other) = (self.comparison(), self.other(text, ty, &["3", "k_limit", "100", "999"]));
        match self.random.below(8) {
            0 => format!("{text} in 5..50"),
            1 => format!("{text} in {{ 1, 5, 500 }}"),
            2 => format!("{text} + {other} {relation} 120"),
            3 => format!("{text} * 2 - {other} {relation} 10"),
            4 => format!("20% of {text} {relation} 30"),
            5 => format!("{text} {} {other}", self.equality()),
            _ => format!("{text} {relation} {other}"),
        }
    }

    fn about_text(&mut self, text: &str) -> String {
        match self.random.below(11) {
            0 => format!("{text} in k_words"),
            1 => format!("{text} like \"rel*\""),
            2 => format!("{text} like any k_texts"),
            3 => format!("{text} matches /^v[0-9]+$/"),
            4 => format!("{text} matches any k_exprs"),
            5 => format!("{text} starts with \"al\""),
            6 => format!("{text} ends with \"ta\""),
            7 => format!("{text}.lower contains \"bet\""),
            8 => format!("{text}.length {} 5", self.comparison()),
            9 => format!("{text}.trim.is_empty"),
            _ => format!("{text} {} {}", self.equality(), self.other(text, Ty::Str, &["\"alpha\"", "\"beta\""])),
        }
    }

    fn about_path(&mut self, text: &str) -> String {
        match self.random.below(8) {
            0 => format!("{text} under \"src\""),
            1 => format!("{text} under workspace"),
            2 => format!("{text} like any k_globs"),
            3 => format!("{text} like \"docs/*.md\""),
            4 => format!("{text}.depth {} 2", self.comparison()),
            5 => format!("{text}.is_outside"),
            6 => format!("(has {text}.extension and {text}.extension == \"md\")"),
            _ => format!("{text} {} {}", self.equality(), self.other(text, Ty::Path, &["\"src/main.rs\"", "\"a/b\""])),
        }
    }

    fn about_change(&mut self, text: &str) -> String {
        match self.random.below(4) {
            0 => self.about_path(&format!("{text}.file")),
            1 => format!("{text}.lines {} 100", self.comparison()),
            2 => format!("(has {text}.note and {text}.note == \"alpha\")"),
            _ => format!("{text}.stage {} staging", self.comparison()),
        }
    }

    fn about_many(&mut self, text: &str, ty: Ty) -> String {
        if self.quantified >= 2 {
            return format!("{text}.is_empty");
        }
        match (self.random.below(6), ty) {
            (0, _) => format!("{text}.length {} 2", self.comparison()),
            (1, Ty::Names) => self
                .one(&["{} intersects k_words", "{} subset of k_words", "({} minus k_words).is_empty"])
                .replace("{}", text),
            (1, Ty::Ints) => format!("(max({text}) ?? 0) {} 30", self.comparison()),
            (1, Ty::Teams) => format!("Team(\"web\") in {text}"),
            (1, Ty::Words) => format!("{text} contains \"alpha\""),
            (2, Ty::Ints) => format!("sum({text}) {} 50", self.comparison()),
            (_, _) => self.quantifier(text, ty),
        }
    }

    fn quantifier(&mut self, text: &str, ty: Ty) -> String {
        self.named += 1;
        let name = format!("v{}", self.named);
        let element = match ty {
            Ty::Ints => Ty::Int,
            Ty::Paths => Ty::Path,
            Ty::Words | Ty::Names => Ty::Str,
            Ty::Changes => Ty::Change,
            _ => Ty::Team,
        };
        self.quantified += 1;
        let outer = self.readable.len();
        self.readable.push(Readable { text: name.clone(), ty: element, optional: false, claimed: false });
        let body = if self.random.once_in(3) { self.condition(1) } else { self.about(&name, element) };
        let filter =
            if self.random.once_in(3) { format!(" where {}", self.about(&name, element)) } else { String::new() };
        self.readable.truncate(outer);
        self.quantified -= 1;
        let never_empty = ty == Ty::Words && filter.is_empty();
        match self.random.below(3) {
            0 if self.floor || never_empty => format!("(all {name} in {text}{filter}: {body})"),
            1 => {
                let filter = if filter.is_empty() { format!(" where {body}") } else { filter };
                format!("(count {name} in {text}{filter}) {} 2", self.comparison())
            }
            _ => format!("(any {name} in {text}{filter}: {body})"),
        }
    }
}

/// A literal that may stand behind `??`.
fn default_of(ty: Ty) -> Option<&'static str> {
    Some(match ty {
        Ty::Bool => "true",
        Ty::Int | Ty::WideInt => "7",
        Ty::Decimal => "1.00",
        Ty::Str => "\"none\"",
        Ty::Duration => "1h",
        Ty::Semver => "\"1.0.0\"",
        Ty::Path => "\"src\"",
        Ty::Ref => "\"main\"",
        Ty::Host => "\"example.org\"",
        Ty::Stage => "Stage.dev",
        Ty::Area => "Area.shop",
        Ty::Team => "Team(\"web\")",
        Ty::Ratio
        | Ty::Timestamp
        | Ty::Ip
        | Ty::Cidr
        | Ty::Url
        | Ty::Command
        | Ty::User
        | Ty::Change
        | Ty::Ints
        | Ty::Paths
        | Ty::Words
        | Ty::Names
        | Ty::Changes
        | Ty::Teams
        | Ty::Counts => return None,
    })
}
