//! Stateful items that look like protection and are none, or count otherwise than their names say.

use std::collections::{BTreeMap, HashMap};

use super::Subject;
use crate::check::canonical;
use crate::check::state::approximate::{self, Judge};
use crate::check::typed::state::{Amount, BudgetDef, CooldownDef, LimitDef, Period, StateBody, StateItem};
use crate::check::typed::{ActionId, ItemBody, Scope, TExprKind, TypedPolicy};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast;
use crate::value::time;

const SECOND: i64 = 1_000_000;
/// A sliding budget keeps so many amounts.
const BUCKETS: i64 = 128;
const DAY: i64 = 24 * 3_600 * SECOND;

/// Limits that are never reached.
pub(super) fn unreachable_limits(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    let policy = subject.policy;
    let strict: Vec<&StateItem> = policy.state.items.iter().filter(|item| always_refuses(subject, item)).collect();
    if strict.is_empty() {
        return;
    }
    let mut by_action: HashMap<ActionId, Vec<&StateItem>> = HashMap::new();
    for item in &strict {
        item.scope.actions.iter().for_each(|action| by_action.entry(*action).or_default().push(*item));
    }
    for item in &policy.state.items {
        let StateBody::Limit(limit) = &item.body else { continue };
        // What comes first is about every action of the limit, so about its first one.
        let about = match item.scope.actions.first() {
            Some(action) => by_action.get(action).map_or(&[][..], Vec::as_slice),
            None => &strict,
        };
        let refuses = about.iter().any(|of| of.name == item.name);
        let found = about.iter().filter(|other| other.name != item.name).find_map(|other| match &other.body {
            StateBody::Cooldown(cooldown) => outrun(policy, item, limit, other, cooldown).map(|why| (*other, why)),
            StateBody::Limit(stricter) => subsumed(item, limit, other, stricter, refuses).map(|why| (*other, why)),
            StateBody::Budget(_)
            | StateBody::Window(_)
            | StateBody::Once(_)
            | StateBody::Lease(_)
            | StateBody::States(_)
            | StateBody::Grant(_)
            | StateBody::Seen(_) => None,
        });
        let Some((other, why)) = found else { continue };
        out.push(
            Diagnostic::new(
                Code::UnreachableLimit,
                subject.name_span(&item.name, item.span),
                format!("`{}` can never be reached.", short(&item.name)),
            )
            .at(why)
            .label(subject.name_span(&other.name, other.span), "this comes first")
            .help("Lower the limit, or remove it."),
        );
    }
}

/// Whether an item refuses whatever is beyond it, and nobody lifts that.
fn always_refuses(subject: &Subject<'_>, item: &StateItem) -> bool {
    if item.when.is_some() {
        return false;
    }
    let Ok(place) = subject.policy.items.binary_search_by(|floor| floor.name.cmp(&item.name)) else { return false };
    let black = match &subject.policy.items[place].body {
        ItemBody::Floor { branches, .. } => branches.first().is_some_and(|b| b.tier == Tier::Black),
        ItemBody::Rule { .. } | ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => {
            false
        }
    };
    black && !subject.waivable(&item.name)
}

/// Whether all that one register counts falls under one register of the other.
fn finer(item: &StateItem, other: &StateItem) -> bool {
    let own: Vec<String> = item.keys.iter().map(canonical::text).collect();
    let one_action = item.scope.actions.len() == 1 && item.scope.undeclared.is_none();
    other
        .keys
        .iter()
        .all(|key| own.contains(&canonical::text(key)) || (one_action && matches!(key.kind, TExprKind::ActionName)))
}

fn within(scope: &Scope, of: &Scope) -> bool {
    let open = match (&scope.undeclared, &of.undeclared) {
        (None, _) => true,
        (Some(_), Some(all)) if all.any && all.parts.is_empty() => true,
        (Some(own), Some(all)) => own == all,
        (Some(_), None) => false,
    };
    open && scope.actions.iter().all(|action| of.actions.binary_search(action).is_ok())
}

/// Why a cooldown lets a limit never be reached.
fn outrun(
    policy: &TypedPolicy,
    item: &StateItem,
    limit: &LimitDef,
    other: &StateItem,
    cooldown: &CooldownDef,
) -> Option<String> {
    let (Amount::Const(most @ 1..), Some(window)) = (&limit.most, limit.window) else { return None };
    if item.scope.undeclared.is_some() || !within(&item.scope, &other.scope) || !finer(item, other) {
        return None;
    }
    let span_of = |action| cooldown.spans.iter().find(|(on, _)| on.actions.contains(action)).map(|(_, span)| *span);
    let spans: Option<Vec<i64>> = item.scope.actions.iter().map(span_of).collect();
    let least = spans?.into_iter().min()?;
    let needed = least.checked_mul(*most)?;
    (needed >= window).then(|| {
        let name = item.scope.actions.first().map_or("", |action| &policy.action_def(*action).name);
        format!("{} runs of {name} need {} s, and the window is {} s", most + 1, needed / SECOND, window / SECOND)
    })
}

/// Why another limit lets a limit never be reached. Of two that say the same and both refuse, the later by name is
/// named.
fn subsumed(
    item: &StateItem,
    limit: &LimitDef,
    other: &StateItem,
    stricter: &LimitDef,
    refuses: bool,
) -> Option<String> {
    let Amount::Const(most) = limit.most else { return None };
    let longer = match (limit.window, stricter.window) {
        (Some(own), Some(its)) => its >= own,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let covers = within(&item.scope, &other.scope) && finer(item, other);
    if !longer || !covers || stricter.most.most() > most {
        return None;
    }
    let same = stricter.most.most() == most && limit.window == stricter.window && finer(other, item);
    (!same || !refuses || !within(&other.scope, &item.scope) || other.name < item.name)
        .then(|| format!("`{}` lets no more than {} through", short(&other.name), stricter.most.most()))
}

/// Items whose names speak of the calendar, and that slide.
pub(super) fn sliding_days(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    const WORDS: [(&str, i64, &str); 5] = [
        ("daily", DAY, "day"),
        ("today", DAY, "day"),
        ("weekly", 7 * DAY, "week"),
        ("monthly", 30 * DAY, "month"),
        ("monthly", 31 * DAY, "month"),
    ];
    for item in &subject.policy.state.items {
        let (length, budget) = match &item.body {
            StateBody::Budget(BudgetDef { period: Period::Sliding(length), .. }) => (*length, true),
            StateBody::Limit(LimitDef { window: Some(length), .. }) => (*length, false),
            StateBody::Budget(_)
            | StateBody::Limit(_)
            | StateBody::Cooldown(_)
            | StateBody::Window(_)
            | StateBody::Once(_)
            | StateBody::Lease(_)
            | StateBody::States(_)
            | StateBody::Grant(_)
            | StateBody::Seen(_) => continue,
        };
        let named = short(&item.name);
        let Some((_, _, unit)) = WORDS.iter().find(|(word, of, _)| *of == length && named.contains(word)) else {
            continue;
        };
        let help = if budget {
            format!("Write `per {unit}`, or choose another name.")
        } else {
            format!("Write a budget, `spend 1  at most … per {unit}`, or choose another name.")
        };
        out.push(
            Diagnostic::new(
                Code::SlidingDay,
                subject.name_span(&item.name, item.span),
                format!("`{named}` slides; its name probably means the calendar {unit}."),
            )
            .at(format!("from any moment to the same moment a {unit} later"))
            .help(help),
        );
    }
}

/// Rules that come later, or hold earlier, than the exact amount of a sliding budget would have it.
pub(super) fn stricter_than_exact(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    let policy = subject.policy;
    let mut rounded = BTreeMap::new();
    let mut windows: HashMap<u32, (&StateItem, i64)> = HashMap::new();
    for item in &policy.state.items {
        let StateBody::Budget(BudgetDef { period: Period::Sliding(length), .. }) = &item.body else { continue };
        for reading in &item.readings {
            if let Some(high) = approximate::rounded(item, reading.part) {
                rounded.insert(reading.place, high);
                windows.insert(reading.place, (item, *length));
            }
        }
    }
    if rounded.is_empty() {
        return;
    }
    // Readings of history are exact here; counting them is looked at elsewhere.
    let judge = Judge { rounded: &rounded, default: policy.settings.default_tier, first_history: u32::MAX };
    for item in &policy.items {
        let Some(found) = judge.stricter(item) else { continue };
        let Some((of, length)) = windows.get(&found.place) else { continue };
        let bucket = time::show_duration(length.div_euclid(BUCKETS) / SECOND * SECOND);
        let kind = item.kind.keyword();
        let what = if found.fails { "hold a little later" } else { "hold a little longer" };
        out.push(
            Diagnostic::new(
                Code::StricterThanExact,
                found.span,
                format!("This {kind} may {what} than the exact amount would have it."),
            )
            .at(format!("`{}` is told in buckets of {bucket}", short(&of.name)))
            .note("An amount leaves with its whole bucket, so what was used may be told too high for so long.")
            .help(
                "Nothing needs to change where that is enough; a budget by the calendar, such as `per day`, is exact.",
            ),
        );
    }
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

impl Subject<'_> {
    /// Where the name of an item stands.
    fn name_span(&self, name: &str, whole: crate::source::Span) -> crate::source::Span {
        self.state_item(name).map_or(whole, |state| state.head.name.span)
    }

    fn waivable(&self, name: &str) -> bool {
        self.state_item(name).is_some_and(|state| state.waivable.is_some())
    }

    fn state_item(&self, name: &str) -> Option<&ast::State> {
        let (package, short) = name.rsplit_once('.')?;
        let def = *self.set.package(self.set.find_package(package)?).names.get(short)?;
        match &self.set.item(def).kind {
            ast::ItemKind::State(state) => Some(state),
            _ => None,
        }
    }
}
