//! W4: many rules on one action, told apart by what they ask of its fields; at most eight match a request.

use crate::random::Random;
use crate::{Ask, BLACK, GREEN, How, Number, RED, Rule, Test, Text, Workload, YELLOW, one_of, rule, word};

/// What the rules of a set ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A text is this one.
    Equal,
    /// A text is one of four.
    Set,
    /// A number lies in a range.
    Range,
    /// A text starts with this one; starts lie inside each other.
    Prefix,
    /// A path lies under this first component, or has this last one.
    Path,
    /// Two of the above.
    Mixed,
    /// A folder lies inside this one, at any depth.
    Entity,
    /// A glob that floats inside a text, or a regular expression.
    Text,
}

impl Family {
    pub const ALL: [Self; 8] =
        [Self::Equal, Self::Set, Self::Range, Self::Prefix, Self::Path, Self::Mixed, Self::Entity, Self::Text];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Set => "set",
            Self::Range => "range",
            Self::Prefix => "prefix",
            Self::Path => "path",
            Self::Mixed => "mixed",
            Self::Entity => "entity",
            Self::Text => "text",
        }
    }

    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }
}

/// The sizes that the bench asks for.
pub const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// The one action.
pub const ACTION: &str = "tool.call";

const PLACES: [&str; 3] = ["dev", "staging", "prod"];
/// How many folders lie directly in each.
const FAN: usize = 8;

fn equal(i: usize) -> Test {
    word(Text::Path, How::Is, format!("item-{:05}", i / 2), false)
}

fn set(i: usize) -> Test {
    one_of(Text::Branch, &[0, 1, 2, 3].map(|step| format!("line-{:05}", i * 2 + step)), false)
}

fn range(i: usize) -> [Test; 2] {
    let low = i as i64 * 100;
    [Test::AtLeast(Number::Cost, low), Test::Below(Number::Cost, low + 250)]
}

fn prefix(i: usize) -> Test {
    let ends = ["", "a/", "a/b/", "a/b/c/"];
    word(Text::Path, How::StartsWith, format!("area{:05}/{}", i / 4, ends[i % 4]), false)
}

fn path(i: usize) -> Test {
    match i % 2 {
        0 => word(Text::Path, How::Under, format!("part{:05}", i / 2), false),
        _ => word(Text::Path, How::Named, format!("file{:05}.lock", i / 2), false),
    }
}

fn tests(family: Family, i: usize) -> Vec<Test> {
    let place = word(Text::Env, How::Is, PLACES[i % 3], false);
    match family {
        Family::Equal => vec![equal(i)],
        Family::Set => vec![set(i)],
        Family::Range => range(i).into(),
        Family::Prefix => vec![prefix(i)],
        Family::Path => vec![path(i)],
        Family::Mixed => match i % 4 {
            0 => vec![equal(i), Test::AtLeast(Number::Trust, 30)],
            1 => vec![set(i), place],
            2 => range(i).into_iter().chain([place]).collect(),
            _ => vec![prefix(i), Test::AtLeast(Number::Trust, 60)],
        },
        Family::Entity => vec![Test::Inside(i as u32)],
        Family::Text => match i % 2 {
            0 => vec![word(Text::Branch, How::Contains, format!("-x{:05}-", i / 2), false)],
            _ => vec![word(Text::Path, How::Shaped, format!("-{:05}", i / 2), false)],
        },
    }
}

fn rules(family: Family, n: usize) -> Vec<Rule> {
    let tiers = [GREEN, GREEN, YELLOW, GREEN, GREEN, RED, GREEN, YELLOW, GREEN, BLACK];
    (0..n).map(|i| rule(tiers[i % 10], ACTION, tests(family, i))).collect()
}

/// A request near the rule `i`; three of four match it, as far as one field decides. `far` is beyond all rules.
fn ask(random: &mut Random, family: Family, (i, far): (usize, usize)) -> Ask {
    let near = if random.below(4) == 0 { far + i } else { i };
    let path = match family {
        Family::Equal => format!("item-{:05}", near / 2),
        Family::Prefix => format!("area{:05}/a/b/{}", near / 4, ["c/d.rs", "d.rs"][random.below(2)]),
        Family::Path => format!("part{:05}/src/file{:05}.lock", near / 2, random.below(i + 1)),
        Family::Mixed => match i % 4 {
            0 => format!("item-{:05}", near / 2),
            _ => format!("area{:05}/a/b/c/x.rs", near / 4),
        },
        Family::Entity => format!("f{near}"),
        Family::Text => format!("run{}-{:05}", random.below(1000), near / 2),
        Family::Set | Family::Range => "src/lib.rs".into(),
    };
    let branch = match family {
        Family::Set | Family::Mixed => format!("line-{:05}", near * 2 + random.below(4)),
        Family::Text => format!("team-x{:05}-{}", random.below(i + 1) / 2, random.below(10)),
        Family::Equal | Family::Range | Family::Prefix | Family::Path | Family::Entity => "main".into(),
    };
    Ask {
        agent: format!("agent-{}", random.below(9)),
        action: ACTION.into(),
        path,
        branch,
        bump: "minor".into(),
        env: PLACES[random.below(3)].into(),
        trust: random.below(101) as i64,
        cost: (near * 100 + random.below(100)) as i64,
    }
}

/// 64 requests spread over the rules.
#[must_use]
pub fn workload(family: Family, n: usize) -> Workload {
    let mut random = Random::new(4242 + n as u64);
    let asks: Vec<Ask> = (0..64)
        .map(|_| {
            let near = random.below(n);
            ask(&mut random, family, (near, n))
        })
        .collect();
    let parents = match family {
        // A tree that the rules speak about, and a second one that none does.
        Family::Entity => (0..2 * n).map(|i| (i / n * n + (i % n).saturating_sub(1) / FAN) as u32).collect(),
        Family::Equal | Family::Set | Family::Range | Family::Prefix | Family::Path | Family::Mixed | Family::Text => {
            Vec::new()
        }
    };
    let made = Workload::with_folders(&format!("w4_{}_{n}", family.name()), rules(family, n), asks, parents);
    assert!(made.hits.iter().all(|&hits| hits <= 8), "a request of {} matches too many rules", made.name);
    made
}
