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
        if on.any_action {
            return self.any_action(package, on, reach, what);
        }
        let mut actions: BTreeSet<ActionId> = BTreeSet::new();
        let mut fine = true;
        for part in &on.list {
            fine &= self.is_well_formed(part) && self.apply_part(part, &mut actions, reach, package);
        }
        fine &= self.aliases_are_meant(on, &actions, package);
        let undeclared = (reach == Reach::Open).then(|| undeclared_part(on)).flatten();
        if fine && actions.is_empty() && undeclared.is_none() && on.list.iter().all(|p| has_star(&p.text)) {
            let message = format!("This {what} is about no declared action.");
            self.about_nothing(on, &message, "Declare the actions, or remove the item.");
            fine = false;
        }
        fine.then(|| Scope { actions: actions.into_iter().collect(), undeclared })
    }

    /// Everything, and actions of packages out of sight: from here they are names that nobody declared.
    fn any_action(&mut self, package: PackageId, on: &Patterns, reach: Reach, what: &str) -> Option<Scope> {
        if reach == Reach::Declared {
            self.report(
                Diagnostic::new(Code::AnyActionNotAllowed, on.span, format!("A {what} cannot be `on any action`."))
                    .at("undeclared names are meant too")
                    .note("Only floors, approvals and `fields` may speak of actions that nobody declared.")
                    .help("Write `on **` for all declared actions, or name them."),
            );
            return None;
        }
        let mut actions: BTreeSet<ActionId> = (0..self.actions.len() as u32).map(ActionId).collect();
        let mut fine = true;
        for (place, part) in on.list.iter().enumerate() {
            let is_repeated = on.list[..place].iter().any(|earlier| earlier.text == part.text);
            fine &= self.is_well_formed(part) && self.spare(part, is_repeated, &mut actions, package);
        }
        if fine && on.list.iter().any(|part| part.text == "**") {
            self.about_nothing(on, &format!("This {what} is about no action."), "Name what it spares, or remove it.");
            fine = false;
        }
        let parts = on.list.iter().map(|part| (part.except, part.text.as_str().into())).collect();
        fine.then(|| Scope {
            actions: actions.into_iter().collect(),
            undeclared: Some(NamePatterns { any: true, parts }),
        })
    }

    /// Takes away from everything what an `except` matches. Names without stars must be declared; a pattern may be about
    /// names that nobody declares. False where a finding was raised.
    fn spare(
        &mut self,
        part: &PatternPart,
        is_repeated: bool,
        actions: &mut BTreeSet<ActionId>,
        package: PackageId,
    ) -> bool {
        let alias = self.alias_names.matching(&part.text).next().filter(|_| !has_star(&part.text));
        if let Some(place) = alias {
            let of = self.actions[self.aliases[place].1.0 as usize].name.clone();
            self.subtracts_nothing(
                part,
                (
                    "aliases are replaced before anything else",
                    format!("Write `{of}`, which is asked for under both names."),
                ),
            );
            return false;
        }
        if self.hits(&part.text, package).is_empty() && !self.may_match_undeclared(part, Reach::Open, package) {
            return false;
        }
        let before = actions.len();
        for place in self.action_names.matching(&part.text) {
            actions.remove(&ActionId(place as u32));
        }
        if is_repeated || (actions.len() == before && !has_star(&part.text)) {
            self.subtracts_nothing(part, ("an `except` before it has taken this away", "Remove it.".to_owned()));
            return false;
        }
        true
    }

    fn is_well_formed(&mut self, part: &PatternPart) -> bool {
        if is_pattern(&part.text) {
            return true;
        }
        self.report(
            Diagnostic::new(Code::BadPattern, part.span, format!("`{}` is no action pattern.", part.text))
                .at("names are words joined by dots")
                .help("Use letters, digits, `_` and `-` between dots, `*` inside a word and `**` across dots."),
        );
        false
    }

    fn about_nothing(&mut self, on: &Patterns, message: &str, help: &str) {
        self.report(Diagnostic::new(Code::PatternMatchesNothing, on.span, message).at("matches nothing").help(help));
    }

    fn subtracts_nothing(&mut self, part: &PatternPart, (at, help): (&str, String)) {
        self.report(
            Diagnostic::new(
                Code::ExceptSubtractsNothing,
                part.span,
                format!("`except {}` takes nothing away.", part.text),
            )
            .at(at)
            .note("An `except` that does nothing is a mistake waiting: the action is not spared.")
            .help(help),
        );
    }

    /// Adds or takes away what one pattern matches. False where a finding was raised.
    fn apply_part(
        &mut self,
        part: &PatternPart,
        actions: &mut BTreeSet<ActionId>,
        reach: Reach,
        package: PackageId,
    ) -> bool {
        let hits = self.hits(&part.text, package);
        if part.except {
            let before = actions.len();
            for action in &hits {
                actions.remove(action);
            }
            if actions.len() == before {
                let help = "Correct the name, or remove the `except`.".to_owned();
                self.subtracts_nothing(part, ("none of the patterns before it matches this", help));
                return false;
            }
            return true;
        }
        if hits.is_empty() {
            let alias = self.alias_names.matching(&part.text).any(|place| self.sees(package, self.aliases[place].1));
            if !alias && !self.may_match_undeclared(part, reach, package) {
                return false;
            }
        }
        actions.extend(hits);
        true
    }

    /// Aliases are replaced before anything else, so a pattern never sees one: who writes a pattern over an alias
    /// believes that the item is about its action.
    fn aliases_are_meant(&mut self, on: &Patterns, actions: &BTreeSet<ActionId>, package: PackageId) -> bool {
        let mut fine = true;
        for part in on.list.iter().filter(|p| !p.except && has_literal(&p.text) && is_pattern(&p.text)) {
            let mut matched = self.alias_names.matching(&part.text).map(|place| &self.aliases[place]);
            let missed = matched.find(|(_, of)| !actions.contains(of) && self.sees(package, *of));
            let Some((alias, of)) = missed.cloned() else { continue };
            drop(matched);
            let name = self.actions[of.0 as usize].name.clone();
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
    fn may_match_undeclared(&mut self, part: &PatternPart, reach: Reach, package: PackageId) -> bool {
        let names: Vec<&str> = self.visible_names(package).collect();
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
        let hidden = self.action_names.matching(&part.text).next().map(|place| self.actions[place].package.clone());
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

    /// The visible actions that a pattern matches.
    fn hits(&self, pattern: &str, package: PackageId) -> Vec<ActionId> {
        let matched = self.action_names.matching(pattern).map(|place| ActionId(place as u32));
        matched.filter(|action| self.sees(package, *action)).collect()
    }

    /// Whether a package sees an action: it declares it, or uses a package that does at any depth.
    pub(crate) fn sees(&self, package: PackageId, action: ActionId) -> bool {
        let of = self.action_packages.get(action.0 as usize);
        of.is_some_and(|of| self.set.package(package).reach.contains(*of))
    }

    /// Actions that a package sees, sorted.
    pub(crate) fn visible_actions(&self, package: PackageId) -> impl Iterator<Item = ActionId> {
        (0..self.actions.len() as u32).map(ActionId).filter(move |action| self.sees(package, *action))
    }

    /// Their names.
    pub(crate) fn visible_names(&self, package: PackageId) -> impl Iterator<Item = &str> {
        self.visible_actions(package).map(|action| &*self.actions[action.0 as usize].name)
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
