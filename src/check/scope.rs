//! `on …`: which actions an item is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Checker;
use super::typed::{ActionId, NamePatterns, Scope};
use crate::action_name::{has_literal, has_star, is_pattern, matches};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::PackageId;
use crate::syntax::ast::{PatternPart, Patterns};

/// What an item may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Declared actions only: rules, relaxes, exceptions, tables, asserts.
    Declared,
    /// Undeclared names too, and `on any action`: floors, approvals, windows, `fields`.
    Open,
}

impl Checker<'_> {
    /// Resolves `on …` of an item in a package. Findings say what does not match.
    pub(crate) fn scope(&mut self, package: PackageId, on: &Patterns, reach: Reach, what: &str) -> Option<Scope> {
        let visible = self.visible_actions(package);
        if on.any_action {
            return self.any_action(on, reach, what);
        }
        let mut actions: BTreeSet<ActionId> = BTreeSet::new();
        let mut fine = true;
        for part in &on.list {
            if !is_pattern(&part.text) {
                self.report(
                    Diagnostic::new(Code::BadPattern, part.span, format!("`{}` is no action pattern.", part.text))
                        .at("names are words joined by dots")
                        .help("Use letters, digits, `_` and `-` between dots, `*` inside a word and `**` across dots."),
                );
                fine = false;
                continue;
            }
            let hits = self.hits(&part.text, &visible);
            fine &= self.apply_part(part, &hits, &mut actions, reach, &visible);
        }
        fine &= self.aliases_are_meant(on, &actions, &visible);
        let undeclared = (reach == Reach::Open).then(|| undeclared_part(on)).flatten();
        if fine && actions.is_empty() && undeclared.is_none() && on.list.iter().all(|p| has_star(&p.text)) {
            self.report(
                Diagnostic::new(
                    Code::PatternMatchesNothing,
                    on.span,
                    format!("This {what} is about no declared action."),
                )
                .at("matches nothing")
                .help("Declare the actions, or remove the item."),
            );
            fine = false;
        }
        fine.then(|| Scope { actions: actions.into_iter().collect(), undeclared })
    }

    /// Everything, and actions of packages out of sight: from here they are names that nobody declared.
    fn any_action(&mut self, on: &Patterns, reach: Reach, what: &str) -> Option<Scope> {
        if reach == Reach::Declared {
            self.report(
                Diagnostic::new(Code::AnyActionNotAllowed, on.span, format!("A {what} cannot be `on any action`."))
                    .at("undeclared names are meant too")
                    .note("Only floors, approvals and `fields` may speak of actions that nobody declared.")
                    .help("Write `on **` for all declared actions, or name them."),
            );
            return None;
        }
        let actions = (0..self.actions.len() as u32).map(ActionId).collect();
        Some(Scope { actions, undeclared: Some(NamePatterns { any: true, parts: Vec::new() }) })
    }

    /// Adds or takes away what one pattern matches. False where a finding was raised.
    fn apply_part(
        &mut self,
        part: &PatternPart,
        hits: &[ActionId],
        actions: &mut BTreeSet<ActionId>,
        reach: Reach,
        visible: &[ActionId],
    ) -> bool {
        if part.except {
            let before = actions.len();
            actions.retain(|a| !hits.contains(a));
            if actions.len() == before {
                self.report(
                    Diagnostic::new(
                        Code::ExceptSubtractsNothing,
                        part.span,
                        format!("`except {}` takes nothing away.", part.text),
                    )
                    .at("none of the patterns before it matches this")
                    .note("An `except` that does nothing is a mistake waiting: the action is not spared.")
                    .help("Correct the name, or remove the `except`."),
                );
                return false;
            }
            return true;
        }
        let alias = self.aliases.iter().any(|(alias, of)| visible.contains(of) && matches(&part.text, alias));
        if hits.is_empty() && !alias && !self.may_match_undeclared(part, reach, visible) {
            return false;
        }
        actions.extend(hits);
        true
    }

    /// Aliases are replaced before anything else, so a pattern never sees one: who writes a pattern over an alias
    /// believes that the item is about its action.
    fn aliases_are_meant(&mut self, on: &Patterns, actions: &BTreeSet<ActionId>, visible: &[ActionId]) -> bool {
        let mut fine = true;
        for part in on.list.iter().filter(|p| !p.except && has_literal(&p.text) && is_pattern(&p.text)) {
            let missed = self
                .aliases
                .iter()
                .find(|(alias, of)| matches(&part.text, alias) && !actions.contains(of) && visible.contains(of));
            let Some((alias, of)) = missed else { continue };
            let (alias, name) = (alias.clone(), self.actions[of.0 as usize].name.clone());
            let message = format!("`{}` matches `{alias}`, which is only an alias of {name}.", part.text);
            self.report(
                Diagnostic::new(Code::PatternMatchesNothing, part.span, message)
                    .at("aliases are replaced before anything else")
                    .help(format!("Add `{name}`, which is asked for under both names.")),
            );
            fine = false;
        }
        fine
    }

    /// A pattern that matches no declared action: fine for a floor over names of others, an error elsewhere.
    fn may_match_undeclared(&mut self, part: &PatternPart, reach: Reach, visible: &[ActionId]) -> bool {
        let names: Vec<&str> = visible.iter().map(|a| &*self.actions[a.0 as usize].name).collect();
        let near = if has_star(&part.text) {
            near_prefix(&part.text, &names)
        } else {
            nearest(&part.text, names.iter().copied()).map(str::to_string)
        };
        if reach == Reach::Open && has_star(&part.text) && near.is_none() {
            return true;
        }
        let code = if has_star(&part.text) { Code::PatternMatchesNothing } else { Code::UnknownAction };
        let message = if has_star(&part.text) {
            format!("`{}` matches no declared action.", part.text)
        } else {
            format!("No action `{}` is declared.", part.text)
        };
        let finding = Diagnostic::new(code, part.span, message).at("not declared by this package or one it uses");
        let hidden = self.actions.iter().find(|a| matches(&part.text, &a.name)).map(|a| a.package.clone());
        let finding = match (hidden, near) {
            (Some(package), _) => {
                finding.note(format!("Package `{package}` declares it.")).help(format!("Write `use {package}.*`."))
            }
            (None, Some(near)) => finding.help(format!("Write `{near}`.")),
            (None, None) => finding.help("Declare the action, or bring its package with `use`."),
        };
        self.report(finding);
        false
    }

    /// The visible actions that a pattern matches; a full name is looked up, not searched for.
    fn hits(&self, pattern: &str, visible: &[ActionId]) -> Vec<ActionId> {
        if has_star(pattern) {
            return visible.iter().copied().filter(|a| matches(pattern, &self.actions[a.0 as usize].name)).collect();
        }
        let place = self.actions.binary_search_by(|a| (*a.name).cmp(pattern)).ok();
        let id = place.map(|i| ActionId(i as u32)).filter(|id| visible.binary_search(id).is_ok());
        id.into_iter().collect()
    }

    /// Actions declared by a package and those it uses, at any depth, sorted; computed once a package.
    pub(crate) fn visible_actions(&mut self, package: PackageId) -> Arc<[ActionId]> {
        if let Some(known) = self.visible.get(&package) {
            return known.clone();
        }
        let reach = &self.set.package(package).reach;
        let packages: BTreeSet<&str> = reach.iter().map(|p| self.set.package(*p).name.as_str()).collect();
        let ids = self.actions.iter().enumerate().filter(|(_, a)| packages.contains(&*a.package));
        let visible: Arc<[ActionId]> = ids.map(|(i, _)| ActionId(i as u32)).collect();
        self.visible.insert(package, visible.clone());
        visible
    }
}

/// The same pattern with its first word corrected, where that would match.
fn near_prefix(pattern: &str, names: &[&str]) -> Option<String> {
    let (first, rest) = pattern.split_once('.')?;
    if has_star(first) || names.iter().any(|n| n.split('.').next() == Some(first)) {
        return None;
    }
    let near = nearest(first, names.iter().filter_map(|n| n.split('.').next()))?;
    let corrected = format!("{near}.{rest}");
    names.iter().any(|n| matches(&corrected, n)).then_some(corrected)
}

/// What a list says of undeclared names: patterns with a literal part, and every `except`.
fn undeclared_part(on: &Patterns) -> Option<NamePatterns> {
    let parts: Vec<(bool, Arc<str>)> = on
        .list
        .iter()
        .filter(|p| p.except || (has_star(&p.text) && has_literal(&p.text)))
        .map(|p| (p.except, p.text.as_str().into()))
        .collect();
    parts.iter().any(|(except, _)| !except).then_some(NamePatterns { any: false, parts })
}
