//! A whole policy: which actions meet which items, and what tiers those bring.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{About, DecisionGraph, Effect, relaxes};
use super::action::{does, tier_of};
use super::{Line, Look, MOST_NODES, Picture, Shape, patterns, wrapped};
use crate::check::typed::{ItemKind, TypedPolicy};
use crate::decision::{ItemId, Tier};

/// Names shown of actions that meet the same items.
const NAMES: usize = 4;
/// What stands before patterns over names that nobody declared.
const UNDECLARED: &str = "undeclared: ";

/// The picture of a policy.
pub(super) fn picture(graph: &DecisionGraph<'_>) -> Picture {
    let policy = graph.policy;
    let actions = actions(graph);
    let items = effects(graph);
    let unfolded = actions.len() + items.len() + 2 * Tier::ALL.len();
    let folded = unfolded > MOST_NODES;
    let actions = if folded { by_first_segment(actions) } else { actions };
    let actions = without_common(actions);
    let mut maker =
        Maker { policy, items: &items, folded, boxes: Vec::new(), lines: BTreeSet::new(), of_item: BTreeMap::new() };
    maker.items();
    maker.actions(&actions);
    maker.tiers();
    maker.lowering(graph);
    let note = if folded { "; items of one package, kind and tier are one box" } else { "" };
    let lines =
        maker.lines.iter().map(|(from, to, dashed, tier)| Line { from: *from, to: *to, dashed: *dashed, tier: *tier });
    let lines = lines.collect();
    Picture {
        title: if policy.settings.package.is_empty() {
            "policy".into()
        } else {
            format!("package {}", policy.settings.package)
        },
        subtitle: format!(
            "{} actions, {} items; where no rule matches: {}{note}",
            policy.actions.len(),
            policy.items.len(),
            policy.settings.default_tier
        ),
        boxes: maker.boxes,
        lines,
    }
}

/// Items of an action, and the names of all actions with just these.
type Actions = BTreeMap<Vec<ItemId>, Vec<String>>;

fn actions(graph: &DecisionGraph<'_>) -> Actions {
    let mut found = Actions::new();
    for part in &graph.parts {
        let mut items: Vec<ItemId> = part.rows.iter().map(|row| row.item).collect();
        items.dedup();
        let name = match part.about {
            About::Action(id) => graph.policy.action_def(id).name.to_string(),
            About::Undeclared(list) => format!("{UNDECLARED}{}", patterns(list)),
        };
        found.entry(items).or_default().push(name);
    }
    found
}

/// Actions that share their first segment are one, with the items of all.
fn by_first_segment(actions: Actions) -> Actions {
    let mut groups: BTreeMap<String, (BTreeSet<ItemId>, usize)> = BTreeMap::new();
    for (items, names) in actions {
        for name in names {
            let first = name.split('.').next().unwrap_or(&name).to_string();
            let group = groups.entry(first).or_default();
            group.0.extend(items.iter().copied());
            group.1 += 1;
        }
    }
    let mut found = Actions::new();
    for (first, (items, count)) in groups {
        let name = if count == 1 { first } else { format!("{first}.** ({count} actions)") };
        found.entry(items.into_iter().collect()).or_default().push(name);
    }
    found
}

/// Items of every declared action are drawn from one box, not from each of them.
fn without_common(actions: Actions) -> Actions {
    let declared = || actions.iter().filter(|(_, names)| names.iter().any(|n| !n.starts_with(UNDECLARED)));
    let mut common: BTreeSet<ItemId> =
        declared().next().map_or_else(BTreeSet::new, |(i, _)| i.iter().copied().collect());
    for (items, _) in declared() {
        common.retain(|item| items.contains(item));
    }
    if common.is_empty() || declared().count() < 2 {
        return actions;
    }
    let mut found = Actions::new();
    for (items, names) in actions {
        let undeclared = names.iter().all(|n| n.starts_with(UNDECLARED));
        let own = items.into_iter().filter(|item| undeclared || !common.contains(item)).collect();
        found.entry(own).or_default().extend(names);
    }
    found.entry(common.into_iter().collect()).or_default().insert(0, "every declared action".into());
    found
}

/// What each item does, over all actions.
fn effects(graph: &DecisionGraph<'_>) -> BTreeMap<ItemId, Vec<Effect>> {
    let mut found: BTreeMap<ItemId, BTreeMap<u32, Effect>> = BTreeMap::new();
    for row in graph.parts.iter().flat_map(|part| &part.rows) {
        found.entry(row.item).or_default().insert(row.branch, row.effect);
    }
    found.into_iter().map(|(item, rows)| (item, rows.into_values().collect())).collect()
}

struct Maker<'a> {
    policy: &'a TypedPolicy,
    items: &'a BTreeMap<ItemId, Vec<Effect>>,
    folded: bool,
    boxes: Vec<Shape>,
    lines: BTreeSet<(usize, usize, bool, Option<Tier>)>,
    of_item: BTreeMap<ItemId, usize>,
}

impl Maker<'_> {
    fn items(&mut self) {
        let mut together: BTreeMap<(&str, ItemKind, Option<Tier>), Vec<ItemId>> = BTreeMap::new();
        for (id, effects) in self.items {
            let item = self.policy.item(*id);
            together.entry((&item.package, item.kind, tier_of(effects))).or_default().push(*id);
        }
        for ((package, kind, tier), ids) in together {
            let column = if matches!(kind, ItemKind::Relax | ItemKind::Exception) { 1 } else { 2 };
            let names: Vec<&str> = ids.iter().map(|id| &*self.policy.item(*id).name).collect();
            let look = Look::Item(kind, tier);
            let group = Some(package.to_string());
            if self.folded && ids.len() > 1 {
                let brings = tier.map_or_else(String::new, |t| format!(": {t}"));
                let text = vec![format!("{} {}s{brings}", ids.len(), kind.keyword())];
                self.of_item.extend(ids.iter().map(|id| (*id, self.boxes.len())));
                self.boxes.push(Shape { column, text, tooltip: names.join("\n"), look, group, cost: None });
                continue;
            }
            for id in ids {
                let item = self.policy.item(id);
                let name = item.name.strip_prefix(package).map_or(&*item.name, |rest| rest.trim_start_matches('.'));
                let mut text = wrapped(name);
                text.push(does(self.policy, kind, &self.items[&id]));
                let tooltip = format!("{} {}\n{}", kind.keyword(), item.name, item.doc);
                self.of_item.insert(id, self.boxes.len());
                self.boxes.push(Shape { column, text, tooltip, look, group: group.clone(), cost: None });
            }
        }
    }

    fn actions(&mut self, actions: &Actions) {
        for (items, names) in actions {
            let mut text: Vec<String> = names.iter().take(NAMES).flat_map(|name| wrapped(name)).collect();
            if names.len() > NAMES {
                text.push(format!("and {} more", names.len() - NAMES));
            }
            let place = self.boxes.len();
            self.boxes.push(Shape {
                column: 0,
                text,
                tooltip: names.join("\n"),
                look: Look::Source,
                group: None,
                cost: None,
            });
            for item in items {
                self.lines.insert((place, self.of_item[item], false, None));
            }
        }
    }

    fn tiers(&mut self) {
        let tiers = Tier::ALL.map(|tier| {
            let text = vec![tier.name().to_string()];
            self.boxes.push(Shape {
                column: 3,
                tooltip: text[0].clone(),
                text,
                look: Look::Tier(tier),
                group: None,
                cost: None,
            });
            self.boxes.len() - 1
        });
        for (id, effects) in self.items {
            let from = self.of_item[id];
            for effect in effects {
                match effect {
                    Effect::Rule { tier } | Effect::Floor { tier, .. } => {
                        self.lines.insert((from, tiers[*tier as usize], false, Some(*tier)));
                    }
                    Effect::Approval { .. } => {
                        self.lines.insert((from, tiers[Tier::Red as usize], true, Some(Tier::Red)));
                    }
                    Effect::Relax { .. } | Effect::Exception { .. } => {}
                }
            }
        }
        let default = self.policy.settings.default_tier;
        let text = vec!["where no rule matches".to_string()];
        self.boxes.push(Shape {
            column: 2,
            tooltip: text[0].clone(),
            text,
            look: Look::Default,
            group: None,
            cost: None,
        });
        self.lines.insert((self.boxes.len() - 1, tiers[default as usize], false, Some(default)));
    }

    /// From relaxes to rules and from exceptions to floors.
    fn lowering(&mut self, graph: &DecisionGraph<'_>) {
        for part in &graph.parts {
            for row in &part.rows {
                let from = self.of_item[&row.item];
                match row.effect {
                    Effect::Relax { from: highest, to, of } => {
                        for rule in part.rows.iter().filter(|r| relaxes(self.policy, row.item, highest, to, of, r)) {
                            self.lines.insert((from, self.of_item[&rule.item], true, None));
                        }
                    }
                    Effect::Exception { of } => {
                        if let Some(to) = self.of_item.get(&of) {
                            self.lines.insert((from, *to, true, None));
                        }
                    }
                    Effect::Rule { .. } | Effect::Floor { .. } | Effect::Approval { .. } => {}
                }
            }
        }
    }
}
