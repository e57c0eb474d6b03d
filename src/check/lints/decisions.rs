//! Items that never make a difference, and reds that nobody can lift.

use std::collections::BTreeSet;

use super::Subject;
use crate::check::typed::{ActionId, Branch, Duty, Item, ItemBody, TExprKind, TypedPolicy};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::value::Value;

fn unconditional(branch: &Branch) -> bool {
    matches!(&branch.when.kind, TExprKind::Const(Value::Bool(true)))
}

fn short(item: &Item) -> &str {
    item.name.rsplit('.').next().unwrap_or(&item.name)
}

/// The branches of a rule.
fn rule_branches(item: &Item) -> Option<&[Branch]> {
    match &item.body {
        ItemBody::Rule { branches, .. } => Some(branches),
        ItemBody::Floor { .. } | ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => {
            None
        }
    }
}

/// Whether a relax may touch a rule: of its package, or the one it names.
fn touches(relax: &Item, rule: &Item, rules: &TypedPolicy) -> bool {
    match &relax.body {
        ItemBody::Relax { of: Some(of), .. } => rules.item(*of).name == rule.name,
        ItemBody::Relax { of: None, .. } => relax.package == rule.package,
        ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => {
            false
        }
    }
}

/// The least tier that an action's rules always bring; the default where it has no rule.
fn least_tier(policy: &TypedPolicy, about: &[&Item]) -> Tier {
    let mut has_rule = false;
    let mut least: Option<Tier> = None;
    for item in about {
        let Some(branches) = rule_branches(item) else { continue };
        has_rule = true;
        for branch in branches.iter().filter(|b| unconditional(b)) {
            let relaxed = about.iter().filter(|r| touches(r, item, policy)).any(|relax| match relax.body {
                ItemBody::Relax { from, to, .. } => to < branch.tier && branch.tier <= from,
                ItemBody::Rule { .. }
                | ItemBody::Floor { .. }
                | ItemBody::Exception { .. }
                | ItemBody::Approval { .. } => false,
            });
            if !relaxed {
                least = least.max(Some(branch.tier));
            }
        }
    }
    match (has_rule, least) {
        (false, _) => policy.settings.default_tier,
        (true, Some(tier)) => tier,
        (true, None) => Tier::Green,
    }
}

/// Floors at or below every result they could meet.
pub(super) fn idle_floors(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    let policy = subject.policy;
    let warned = policy.items.iter().any(|i| matches!(i.body, ItemBody::Floor { reads_warnings: true, .. }));
    if warned {
        return;
    }
    let floors: Vec<&Item> =
        policy.items.iter().filter(|i| i.kind.is_floor() && i.scope.undeclared.is_none()).collect();
    if floors.is_empty() {
        return;
    }
    let mut about: Vec<Vec<&Item>> = vec![Vec::new(); policy.actions.len()];
    for item in policy.items.iter().filter(|i| !i.kind.is_floor()) {
        item.scope.actions.iter().for_each(|a| about[a.0 as usize].push(item));
    }
    let least: Vec<Tier> = about.iter().map(|items| least_tier(policy, items)).collect();
    for item in floors {
        let ItemBody::Floor { branches, .. } = &item.body else { continue };
        let tells = item.obligations.iter().any(|d| matches!(d, Duty::Notify(_) | Duty::Redact(_) | Duty::Run { .. }));
        let highest = branches.iter().map(|b| b.tier).max().unwrap_or(Tier::Green);
        let idle = item.scope.actions.iter().all(|a| least[a.0 as usize] >= highest);
        if idle && !tells {
            let named = short(item);
            out.push(
                Diagnostic::new(
                    Code::IdleFloor,
                    item.name_span,
                    format!("`{named}` ({highest}) never changes a decision."),
                )
                .at(format!("every action it is about is {highest} or stricter already"))
                .help("Remove it, or make it stricter."),
            );
        }
    }
}

/// Of each action its rules, and the floor that always holds with the highest tier.
type ByAction<'p> = (Vec<Vec<&'p Item>>, Vec<Option<(&'p Item, Tier)>>);

fn by_action(policy: &TypedPolicy) -> ByAction<'_> {
    let mut rules: Vec<Vec<&Item>> = vec![Vec::new(); policy.actions.len()];
    let mut floors: Vec<Option<(&Item, Tier)>> = vec![None; policy.actions.len()];
    for item in &policy.items {
        let always = match &item.body {
            ItemBody::Floor { branches, .. } => branches.iter().filter(|b| unconditional(b)).map(|b| b.tier).max(),
            ItemBody::Rule { .. } | ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => {
                None
            }
        };
        for action in &item.scope.actions {
            let place = action.0 as usize;
            if rule_branches(item).is_some() {
                rules[place].push(item);
            }
            if let Some(tier) = always
                && floors[place].is_none_or(|(_, known)| tier > known)
            {
                floors[place] = Some((item, tier));
            }
        }
    }
    (rules, floors)
}

/// Relaxes that meet no rule they could lower, or that an unconditional floor always undoes.
pub(super) fn undone_relaxes(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    let policy = subject.policy;
    if !policy.items.iter().any(|i| matches!(i.body, ItemBody::Relax { .. })) {
        return;
    }
    let (rules, floors) = by_action(policy);
    for relax in &policy.items {
        let ItemBody::Relax { from, to, .. } = &relax.body else { continue };
        let (from, to) = (*from, *to);
        let meets = relax.scope.actions.iter().flat_map(|a| &rules[a.0 as usize]).any(|rule| {
            touches(relax, rule, policy)
                && rule_branches(rule).is_some_and(|list| list.iter().any(|b| to < b.tier && b.tier <= from))
        });
        if !meets {
            out.push(
                Diagnostic::new(
                    Code::UndoneRelax,
                    relax.name_span,
                    format!("`{}` meets no rule that it could lower.", short(relax)),
                )
                .at(format!("no rule of its package is above {to} and up to {from} on these actions"))
                .help("Correct its actions or tiers, or remove it."),
            );
            continue;
        }
        let undone =
            |action: &ActionId| floors[action.0 as usize].filter(|(_, tier)| *tier >= from).map(|(floor, _)| floor);
        let always: Option<Vec<&Item>> = relax.scope.actions.iter().map(undone).collect();
        if let Some(floor) = always.and_then(|f| f.first().copied()) {
            out.push(
                Diagnostic::new(Code::UndoneRelax, relax.name_span, format!("`{}` never takes effect.", short(relax)))
                    .at(format!("the floor `{}` always keeps {from}", short(floor)))
                    .label(floor.name_span, "this floor")
                    .help("Remove the relax, or give the floor a condition."),
            );
        }
    }
}

/// Red rules and guards on actions that no approval covers.
pub(super) fn uncovered_reds(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    let policy = subject.policy;
    let approvals: Vec<&Item> = policy.items.iter().filter(|i| matches!(i.body, ItemBody::Approval { .. })).collect();
    if approvals.iter().any(|a| a.scope.undeclared.as_ref().is_some_and(|u| u.any && u.parts.is_empty())) {
        return;
    }
    let covered: BTreeSet<ActionId> = approvals.iter().flat_map(|a| a.scope.actions.iter().copied()).collect();
    let mut told: BTreeSet<crate::source::Span> = BTreeSet::new();
    for item in &policy.items {
        let (ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. }) = &item.body else { continue };
        if !branches.iter().any(|b| b.tier == Tier::Red) {
            continue;
        }
        let open: Vec<ActionId> = item.scope.actions.iter().copied().filter(|a| !covered.contains(a)).collect();
        let Some(first) = open.first() else { continue };
        if !told.insert(item.name_span) {
            continue;
        }
        let name = &policy.actions[first.0 as usize].name;
        let more = if open.len() > 1 { format!(" (and {} more)", open.len() - 1) } else { String::new() };
        out.push(
            Diagnostic::new(
                Code::UncoveredRed,
                item.name_span,
                format!("Nobody can approve this: no `approval` covers `{}` on {name}{more}.", short(item)),
            )
            .at("red")
            .note("A red result waits for people; without an approval a host must ask someone itself.")
            .help("Add `approval … on … { by … }`, or one `on any action` in the root package."),
        );
    }
}

/// Declared actions that no rule names: they get the default.
pub(super) fn unruled_actions(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    let policy = subject.policy;
    let mut ruled = vec![false; policy.actions.len()];
    for item in policy.items.iter().filter(|i| rule_branches(i).is_some()) {
        item.scope.actions.iter().for_each(|action| ruled[action.0 as usize] = true);
    }
    for (action, ruled) in policy.actions.iter().zip(ruled) {
        if !ruled {
            let default = policy.settings.default_tier;
            out.push(
                Diagnostic::new(Code::UnruledAction, action.span, format!("No rule names {}.", action.name))
                    .at(format!("always {default}, the default"))
                    .help("Write a rule for it, or leave it to the default."),
            );
        }
    }
}
