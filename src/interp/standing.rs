//! How a stateful floor stands, in an author's words: what is used, and what it would take to change that.
//!
//! Such a floor has no condition that an author wrote: it holds by a reading of its own. What is told here comes from
//! the other readings of the same item, where they were told; without them it only says that it holds, or does not. How
//! much and how long is known where the policy has its state; a part of a policy and an artefact have readings only.

use super::Scene;
use crate::check::typed::state::{Amount, BudgetDef, CalendarUnit, CooldownDef, LimitDef, OnceDef, Period, StateBody};
use crate::check::typed::{FactGroup, Item, ItemKind, TExprKind};
use crate::outcome::Truth;
use crate::source::Span;
use crate::value::{Value, text, time};

/// What the reading of an item's own that stands for this place says; none where the place is a clause of the rules.
pub(super) fn standing(scene: &Scene<'_>, item: &Item, span: Span, truth: Truth) -> Option<String> {
    let warns = own_reading(scene, item, span)?;
    if truth == Truth::Erred {
        return Some("how it stands".to_owned());
    }
    let state = &scene.policy.state;
    let body = state.find(&item.name).map(|id| &state.item(id).body);
    let told = Told { scene, item, holds: truth == Truth::True, warns };
    match (item.kind, body) {
        (ItemKind::Limit, Some(StateBody::Limit(limit))) => Some(told.limit(Some(limit))),
        (ItemKind::Limit, _) => Some(told.limit(None)),
        (ItemKind::Cooldown, Some(StateBody::Cooldown(cooldown))) => Some(told.cooldown(Some(cooldown))),
        (ItemKind::Cooldown, _) => Some(told.cooldown(None)),
        (ItemKind::Budget, Some(StateBody::Budget(budget))) => Some(told.budget(Some(budget))),
        (ItemKind::Budget, _) => Some(told.budget(None)),
        (ItemKind::Once, Some(StateBody::Once(once))) => Some(told.once(Some(*once))),
        (ItemKind::Once, _) => Some(told.once(None)),
        (ItemKind::Lease, _) => Some(told.either("another agent holds it", "no other agent holds it").to_owned()),
        (ItemKind::States, _) => Some(told.states()),
        (ItemKind::Rule | ItemKind::Guard | ItemKind::Relax | ItemKind::Exception | ItemKind::Approval, _) => None,
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

    fn limit(&self, limit: Option<&LimitDef>) -> String {
        let within = match limit.map(|limit| limit.window) {
            Some(Some(span)) => format!(" in {}", time::show_duration(span)),
            Some(None) => " at once".to_owned(),
            None => String::new(),
        };
        let written = limit.and_then(|limit| match limit.most {
            Amount::Const(most) => Some(most),
            Amount::Flag { .. } => None,
        });
        let count = self.number("count");
        let left = self.number("remaining").or_else(|| Some(written?.saturating_sub(count?).max(0)));
        let most = written.or_else(|| Some(count?.saturating_add(left?)));
        let used = match (count, most) {
            (Some(count), Some(most)) => format!("{count} of {most} used{within}"),
            (Some(count), None) => format!("{count} used{within}"),
            (None, Some(most)) if !self.warns => format!("{} {most} used{within}", self.either("all", "not all")),
            (None, Some(most)) => format!("{} of {most} used{within}", self.either("most", "not most")),
            (None, None) => self.either("used up", "not used up").to_owned(),
        };
        if let Some(warning) = self.warning(limit.and_then(|limit| limit.warn)) {
            return format!("{used}; {warning}");
        }
        match (self.holds, self.shown("retry_after"), left) {
            (true, Some(after), _) => format!("{used}; one more may run in {after}"),
            (false, _, Some(left)) => format!("{used}; it holds after {left} more"),
            (_, _, _) => used,
        }
    }

    /// What a warning says of itself.
    fn warning(&self, percent: Option<u32>) -> Option<String> {
        let unsaid = || self.either("it warns", "it does not warn yet").to_owned();
        self.warns.then(|| percent.map_or_else(unsaid, |percent| format!("it warns from {percent}%")))
    }

    fn cooldown(&self, cooldown: Option<&CooldownDef>) -> String {
        if self.holds {
            return match self.shown("remaining") {
                Some(left) => format!("it lasts {left} more"),
                None => "it is not over".to_owned(),
            };
        }
        let mut spans = cooldown.into_iter().flat_map(|cooldown| &cooldown.spans);
        match spans.find(|(scope, _)| self.scene.bound.is_about(scope)) {
            Some((_, span)) => format!("it is over; it holds for {} after a run", time::show_duration(*span)),
            None => "it is over".to_owned(),
        }
    }

    fn budget(&self, budget: Option<&BudgetDef>) -> String {
        let most = budget.map_or(String::new(), |budget| {
            let most = if budget.decimal { Value::Decimal(budget.most) } else { Value::Int(budget.most) };
            format!(" of {} {}", self.show(&most), period(&budget.period))
        });
        let mut said = match self.shown("used") {
            Some(used) => format!("{used}{most} is used"),
            None => format!("{}{most} is left", self.either("too little", "enough")),
        };
        if let Some(debt) = self.reading("debt").filter(|debt| debt.word() != Some(0)) {
            said.push_str(&format!(", and {} of debt", self.show(debt)));
        }
        if let Some(warning) = self.warning(budget.and_then(|budget| budget.warn)) {
            return format!("{said}; {warning}");
        }
        match self.shown("remaining") {
            Some(left) if self.holds => format!("{said}; {left} is left, and more is asked for"),
            Some(left) => format!("{said}; it holds where more than {left} is asked for"),
            None => said,
        }
    }

    fn once(&self, once: Option<OnceDef>) -> String {
        let within = once.map_or(" before".to_owned(), |once| format!(" within {}", time::show_duration(once.keep)));
        format!("the same was {}asked for{within}", self.either("", "not "))
    }

    fn states(&self) -> String {
        let at = self.shown("current").map_or("where it is".to_owned(), |current| format!("`{current}`"));
        format!("from {at} this {}", self.either("does not follow", "may follow"))
    }
}

fn period(period: &Period) -> String {
    match period {
        Period::Sliding(span) => format!("in {}", time::show_duration(*span)),
        Period::Calendar(CalendarUnit::Hour, _) => "this hour".to_owned(),
        Period::Calendar(CalendarUnit::Day, _) => "today".to_owned(),
        Period::Calendar(CalendarUnit::Week, _) => "this week".to_owned(),
        Period::Calendar(CalendarUnit::Month, _) => "this month".to_owned(),
    }
}
