//! Policies and requests, told neutrally, with the decision that every engine must give.
//!
//! A decision is the most severe tier among the rules that match, and red where none does. The engines write
//! the rules in their own languages ([`aasrule`] does so for ours); [`Workload::new`] decides every request by
//! looking at every rule, and that is what all others are compared with before anything is timed.
//!
//! * **W1**: 32 rules of the kind that govern a building agent ([`w1`]).
//! * **W2**: 10 to 10,000 rules over distinct actions and globs of actions ([`w2`]).
//! * **W4**: 10 to 10,000 rules on one action, told apart by what they ask of its fields ([`w4`]).
//!
//! (W3, the applications of Cedar's paper, has entities and a bench of its own.)

pub mod aasrule;
pub mod hash;
pub mod random;
pub mod w1;
pub mod w2;
pub mod w4;

use serde::{Deserialize, Serialize};

/// How severe a decision is.
pub type Tier = u8;
pub const GREEN: Tier = 1;
pub const YELLOW: Tier = 2;
pub const RED: Tier = 3;
pub const BLACK: Tier = 4;
/// What a request gets that no rule matches.
pub const DEFAULT: Tier = RED;

/// A request, as the program holds it that asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    pub agent: String,
    pub action: String,
    pub path: String,
    pub branch: String,
    pub bump: String,
    pub env: String,
    pub trust: i64,
    /// Cents.
    pub cost: i64,
}

/// A field that holds a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Text {
    Path,
    Branch,
    Bump,
    Env,
}

impl Text {
    pub const ALL: [Self; 4] = [Self::Path, Self::Branch, Self::Bump, Self::Env];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Branch => "branch",
            Self::Bump => "bump",
            Self::Env => "env",
        }
    }

    #[must_use]
    #[inline]
    pub fn of(self, ask: &Ask) -> &str {
        match self {
            Self::Path => &ask.path,
            Self::Branch => &ask.branch,
            Self::Bump => &ask.bump,
            Self::Env => &ask.env,
        }
    }
}

/// A field that holds a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    Trust,
    Cost,
}

impl Number {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Cost => "cost",
        }
    }

    #[must_use]
    #[inline]
    pub fn of(self, ask: &Ask) -> i64 {
        match self {
            Self::Trust => ask.trust,
            Self::Cost => ask.cost,
        }
    }
}

/// How a text is compared with a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Is,
    StartsWith,
    EndsWith,
    Contains,
    /// The path's first component is the word, and something follows it.
    Under,
    /// The path's last component is the word.
    Named,
    /// The regular expression `^run[0-9]+word$`.
    Shaped,
}

/// One thing that a rule asks of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    AtLeast(Number, i64),
    Below(Number, i64),
    Word {
        field: Text,
        how: How,
        word: String,
        not: bool,
    },
    OneOf {
        field: Text,
        words: Vec<String>,
        not: bool,
    },
    /// One of several words on one field; stands alone, never inside itself.
    Either(Vec<Test>),
    /// The folder named by `path` lies in this one, at any depth; see [`Workload::parents`].
    Inside(u32),
}

/// The actions that a rule speaks about.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    Name(String),
    /// `git.read*` is `Start("git.read")`, `*` is `Start("")`.
    Start(String),
}

impl Scope {
    #[must_use]
    pub fn covers(&self, action: &str) -> bool {
        match self {
            Self::Name(name) => name == action,
            Self::Start(start) => action.starts_with(start.as_str()),
        }
    }

    /// As text: a name, or a start and a star.
    #[must_use]
    pub fn glob(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Start(start) => format!("{start}*"),
        }
    }

    fn of(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(start) => Self::Start(start.into()),
            None => Self::Name(text.into()),
        }
    }
}

/// A rule: a tier for what all its tests hold of.
#[derive(Clone, Debug)]
pub struct Rule {
    pub tier: Tier,
    pub scope: Scope,
    pub tests: Vec<Test>,
}

/// Rules, requests, and what is right.
#[derive(Clone, Debug)]
pub struct Workload {
    pub name: String,
    pub rules: Vec<Rule>,
    pub asks: Vec<Ask>,
    /// The right decision for each request.
    pub right: Vec<Tier>,
    /// How many rules match each request.
    pub hits: Vec<usize>,
    /// The folder that each folder lies in, for [`Test::Inside`]; its own number where it lies in none.
    pub parents: Vec<u32>,
}

impl Workload {
    fn new(name: &str, rules: Vec<Rule>, asks: Vec<Ask>) -> Self {
        Self::with_folders(name, rules, asks, Vec::new())
    }

    fn with_folders(name: &str, rules: Vec<Rule>, asks: Vec<Ask>, parents: Vec<u32>) -> Self {
        let told: Vec<_> = asks.iter().map(|ask| scan(&rules, &parents, ask)).collect();
        let (right, hits) = told.into_iter().unzip();
        Self { name: name.into(), rules, asks, right, hits, parents }
    }

    /// A workload by its name: `w1`, `w2_1000`, `w2_10000_spread`, `w4_range_1000`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('_').collect();
        Some(match parts[..] {
            ["w1"] => w1::workload(),
            ["w2", n] => w2::workload(n.parse().ok()?),
            ["w2", n, "spread"] => w2::spread(n.parse().ok()?),
            ["w4", family, n] => w4::workload(w4::Family::by_name(family)?, n.parse().ok()?),
            _ => return None,
        })
    }

    /// The requests as flat JSON objects.
    #[must_use]
    pub fn json(&self) -> Vec<String> {
        self.asks.iter().map(|ask| serde_json::to_string(ask).expect("text and numbers")).collect()
    }

    /// Every action that a rule names or a request asks for, sorted.
    #[must_use]
    pub fn vocabulary(&self) -> Vec<String> {
        let named = self.rules.iter().filter_map(|rule| match &rule.scope {
            Scope::Name(name) => Some(name.clone()),
            Scope::Start(_) => None,
        });
        let asked = self.asks.iter().map(|ask| ask.action.clone());
        named.chain(asked).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    }

    /// The rules by falling severity: the first that matches decides.
    #[must_use]
    pub fn by_severity(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rules.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(self.rules[i].tier));
        order
    }
}

/// Whether a test holds.
#[must_use]
pub fn holds(test: &Test, parents: &[u32], ask: &Ask) -> bool {
    match test {
        Test::AtLeast(field, least) => field.of(ask) >= *least,
        Test::Below(field, bound) => field.of(ask) < *bound,
        Test::Word { field, how, word, not } => compare(field.of(ask), *how, word) != *not,
        Test::OneOf { field, words, not } => words.iter().any(|word| word == field.of(ask)) != *not,
        Test::Either(tests) => tests.iter().any(|test| holds(test, parents, ask)),
        Test::Inside(folder) => inside(parents, &ask.path, *folder),
    }
}

fn compare(text: &str, how: How, word: &str) -> bool {
    match how {
        How::Is => text == word,
        How::StartsWith => text.starts_with(word),
        How::EndsWith => text.ends_with(word),
        How::Contains => text.contains(word),
        How::Under => text.strip_prefix(word).is_some_and(|rest| rest.starts_with('/')),
        How::Named => text.rsplit('/').next() == Some(word),
        How::Shaped => text.strip_suffix(word).is_some_and(|rest| {
            rest.strip_prefix("run")
                .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        }),
    }
}

fn inside(parents: &[u32], folder: &str, outer: u32) -> bool {
    let Some(mut at) = folder.strip_prefix('f').and_then(|n| n.parse::<u32>().ok()) else { return false };
    loop {
        if at == outer {
            return true;
        }
        match parents.get(at as usize) {
            Some(&parent) if parent != at => at = parent,
            _ => return false,
        }
    }
}

/// Whether a rule matches.
#[must_use]
pub fn matches(rule: &Rule, parents: &[u32], ask: &Ask) -> bool {
    rule.scope.covers(&ask.action) && rule.tests.iter().all(|test| holds(test, parents, ask))
}

/// The decision by looking at every rule, and how many matched.
#[must_use]
pub fn scan(rules: &[Rule], parents: &[u32], ask: &Ask) -> (Tier, usize) {
    let (mut tier, mut hits) = (0, 0);
    for rule in rules {
        if matches(rule, parents, ask) {
            tier = tier.max(rule.tier);
            hits += 1;
        }
    }
    (if tier == 0 { DEFAULT } else { tier }, hits)
}

fn rule(tier: Tier, scope: &str, tests: Vec<Test>) -> Rule {
    Rule { tier, scope: Scope::of(scope), tests }
}

fn word(field: Text, how: How, word: impl Into<String>, not: bool) -> Test {
    Test::Word { field, how, word: word.into(), not }
}

fn one_of<S: AsRef<str>>(field: Text, words: &[S], not: bool) -> Test {
    Test::OneOf { field, words: words.iter().map(|word| word.as_ref().to_owned()).collect(), not }
}
