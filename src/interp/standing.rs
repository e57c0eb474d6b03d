//! How a stateful floor stands, in an author's words: what is used, and what it would take to change that.
//!
//! Such a floor has no condition that an author wrote: it holds by a reading of its own. What is told here comes from
//! the other readings of the same item, where they were told; without them it only says that it holds, or does not. Only
//! readings are asked: a part of a policy and an artefact have them too, and say the same.

use super::Scene;
use crate::check::typed::{FactGroup, Item, ItemKind, TExprKind};
use crate::outcome::Truth;
use crate::source::Span;
use crate::value::{Value, text};

/// What the reading of an item's own that stands for this place says; none where the place is a clause of the rules.
pub(super) fn standing(scene: &Scene<'_>, item: &Item, span: Span, truth: Truth) -> Option<String> {
    let warns = own_reading(scene, item, span)?;
    if truth == Truth::Erred {
        return Some("how it stands".to_owned());
    }
    let told = Told { scene, item, holds: truth == Truth::True, warns };
    match item.kind {
        ItemKind::Limit => Some(told.limit()),
        ItemKind::Cooldown => Some(told.cooldown()),
        ItemKind::Budget => Some(told.budget()),
        ItemKind::Once => {
            Some(told.either("the same was asked for before", "the same was not asked for before").into())
        }
        ItemKind::Lease => Some(told.either("another agent holds it", "no other agent holds it").into()),
        ItemKind::States => Some(told.states()),
        ItemKind::Rule | ItemKind::Guard | ItemKind::Relax | ItemKind::Exception | ItemKind::Approval => None,
    }
}

/// Whether a place stands for a reading of the item's own, and if so whether it is that of its warning.
fn own_reading(scene: &Scene<'_>, item: &Item, span: Span) -> Option<bool> {
    let mut found = None;
    for when in item.conditions() {
        when.visit(&mut |e| {
            let TExprKind::Fact(FactGroup::State, place) = &e.kind else { return };
            let name = scene.policy.facts.state.get(*place as usize).map_or("", |def| &def.name);
            if e.span == span {
                found = found.or(part_of(name, item));
            }
        });
    }
    match found? {
        "exceeded" => Some(false),
        "near" => Some(true),
        _ => None,
    }
}

/// `count` of `demo.per_hour.count`
fn part_of<'n>(name: &'n str, item: &Item) -> Option<&'n str> {
    name.strip_prefix(&*item.name)?.strip_prefix('.')
}

/// What was told of an item.
struct Told<'a> {
    scene: &'a Scene<'a>,
    item: &'a Item,
    /// Whether it holds.
    holds: bool,
    /// Whether it is the warning before it.
    warns: bool,
}

impl Told<'_> {
    /// A reading of the item, where it was told.
    fn reading(&self, part: &str) -> Option<&Value> {
        let facts = &self.scene.policy.facts.state;
        let place = facts.iter().position(|def| part_of(&def.name, self.item) == Some(part))?;
        self.scene.bound.readings.get(self.scene.policy, place).as_ref().ok()?.as_ref()
    }

    fn number(&self, part: &str) -> Option<i64> {
        match self.reading(part)? {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }

    fn shown(&self, part: &str) -> Option<String> {
        self.reading(part).map(|value| self.show(value))
    }

    fn show(&self, value: &Value) -> String {
        text::show(value, &self.scene.policy.types)
    }

    fn either(&self, holds: &'static str, not: &'static str) -> &'static str {
        if self.holds { holds } else { not }
    }

    fn limit(&self) -> String {
        let (count, left) = (self.number("count"), self.number("remaining"));
        let used = match (count, left) {
            (Some(count), Some(left)) => format!("{count} of {} used", count.saturating_add(left)),
            (Some(count), None) => format!("{count} used"),
            (None, _) if self.warns => return self.warning().to_owned(),
            (None, _) => self.either("used up", "not used up").to_owned(),
        };
        match (self.holds, self.shown("retry_after"), left) {
            (_, _, _) if self.warns => format!("{used}; {}", self.warning()),
            (true, Some(after), _) => format!("{used}; one more may run in {after}"),
            (false, _, Some(left)) => format!("{used}; it holds after {left} more"),
            (_, _, _) => used,
        }
    }

    /// What a warning says of itself.
    fn warning(&self) -> &'static str {
        self.either("it warns", "it does not warn yet")
    }

    fn cooldown(&self) -> String {
        match self.shown("remaining").filter(|_| self.holds) {
            Some(left) => format!("it lasts {left} more"),
            None => self.either("it is not over", "it is over").to_owned(),
        }
    }

    fn budget(&self) -> String {
        let mut said = match self.shown("used") {
            Some(used) => format!("{used} is used"),
            None => self.either("too little is left", "enough is left").to_owned(),
        };
        if let Some(debt) = self.reading("debt").filter(|debt| debt.word() != Some(0)) {
            said.push_str(&format!(", and {} of debt", self.show(debt)));
        }
        if self.warns {
            return format!("{said}; {}", self.warning());
        }
        match self.shown("remaining") {
            Some(left) if self.holds => format!("{said}; {left} is left, and more is asked for"),
            Some(left) => format!("{said}; it holds where more than {left} is asked for"),
            None => said,
        }
    }

    fn states(&self) -> String {
        let at = self.shown("current").map_or("where it is".to_owned(), |current| format!("`{current}`"));
        format!("from {at} this {}", self.either("does not follow", "may follow"))
    }
}
