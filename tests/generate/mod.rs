//! Policy sets drawn from a seed: every kind of item over every type, in several packages and files, always
//! well-typed. Which requests to ask of them is [`aas::verify::Generator`]'s business.
//!
//! What is drawn stays a list of items with the names that each needs, so that a failing set can be made
//! smaller item by item, and its items and files can be put in any order.

#![allow(unreachable_pub, dead_code, reason = "shared by test programs that each use a part")]

mod conditions;
mod items;
mod vocabulary;

use aas::verify::Random;
use aas::{Settings, SourceSet};

use vocabulary::Vocabulary;

/// Names of the packages of a set; each uses all before it.
pub const PACKAGES: [&str; 3] = ["base", "app", "more"];

/// An item of a drawn set.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Which package.
    pub package: usize,
    /// Its text.
    pub text: String,
    /// Its own name, where others may need it.
    pub name: String,
    /// Names of items that it cannot do without.
    pub needs: Vec<String>,
}

/// A drawn policy set.
#[derive(Clone, Debug)]
pub struct Set {
    /// Its items in the order in which they were drawn.
    pub items: Vec<Drawn>,
    /// Its settings.
    pub settings: Settings,
}

impl Set {
    /// Draws a set.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let vocabulary = Vocabulary::draw(&mut random);
        let mut items = vocabulary.items.clone();
        items::draw(&mut random, &vocabulary, &mut items);
        let mut settings = Settings { package: "app".into(), ..Settings::default() };
        if random.once_in(4) {
            settings.default_tier = aas::decision::Tier::Black;
        }
        settings.case_sensitive_paths = random.once_in(4);
        if random.once_in(3) {
            settings.zone = "Europe/Warsaw".into();
        }
        Self { items, settings }
    }

    /// The set as files, items in their order, `files` of them for each package.
    #[must_use]
    pub fn sources(&self, files: usize) -> SourceSet {
        let mut all = Vec::new();
        for (place, package) in PACKAGES.iter().enumerate() {
            let own: Vec<&Drawn> = self.items.iter().filter(|i| i.package == place).collect();
            if own.is_empty() {
                continue;
            }
            for file in 0..files.max(1) {
                let mut text = format!("package {package}\n\n");
                let mut uses: Vec<&str> = PACKAGES[..place].to_vec();
                uses.retain(|used| self.items.iter().any(|i| PACKAGES[i.package] == *used));
                if file % 2 == 1 {
                    uses.reverse();
                }
                text.extend(uses.iter().map(|used| format!("use {used}.*\n")));
                for (i, item) in own.iter().enumerate() {
                    if i % files.max(1) == file {
                        text.push_str(&format!("\n{}\n", item.text));
                    }
                }
                all.push((format!("{package}_{file}.aasrule"), text));
            }
        }
        let mut sources = SourceSet::default();
        for (path, text) in all {
            sources.add(path, text);
        }
        sources
    }

    /// The same items in another order.
    #[must_use]
    pub fn shuffled(&self, random: &mut Random) -> Self {
        let mut items = self.items.clone();
        for i in (1..items.len()).rev() {
            items.swap(i, random.below(i + 1));
        }
        Self { items, settings: self.settings.clone() }
    }

    /// The set without an item and without all that needs it.
    #[must_use]
    pub fn without(&self, place: usize) -> Self {
        let mut gone = vec![self.items[place].name.clone()];
        let mut items = self.items.clone();
        items.remove(place);
        while let Some(name) = gone.pop() {
            if name.is_empty() {
                continue;
            }
            items.retain(|item| {
                let needs = item.needs.contains(&name);
                if needs {
                    gone.push(item.name.clone());
                }
                !needs
            });
        }
        Self { items, settings: self.settings.clone() }
    }

    /// The smallest set that still fails, found by leaving out one item after the other.
    #[must_use]
    pub fn shrunk(self, fails: &dyn Fn(&Self) -> bool) -> Self {
        let mut small = self;
        let mut place = small.items.len();
        while place > 0 {
            place -= 1;
            if place >= small.items.len() {
                continue;
            }
            let smaller = small.without(place);
            if fails(&smaller) {
                small = smaller;
            }
        }
        small
    }

    /// All texts, for messages.
    #[must_use]
    pub fn show(&self) -> String {
        let sources = self.sources(1);
        sources.files().map(|(_, f)| format!("---- {}\n{}", f.name(), f.text())).collect()
    }
}
