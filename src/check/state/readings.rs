//! Readings: what conditions and texts may ask of stateful items.

use std::collections::BTreeMap;

use super::super::Checker;
use super::super::expression::{Env, typed};
use super::super::typed::state::{Part, StateBody, StateItem};
use super::super::typed::{FactGroup, TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::DefId;
use crate::source::Span;
use crate::syntax::ast::Name;
use crate::types::Type;

impl Part {
    /// The word that asks for it; of a value or field, which have names of their own, none.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Exceeded => "exceeded",
            Self::Near => "near",
            Self::Count => "count",
            Self::Remaining => "remaining",
            Self::RetryAfter => "retry_after",
            Self::Used => "used",
            Self::Debt => "debt",
            Self::Size => "size",
            Self::Free => "free",
            Self::Mine => "mine",
            Self::Current => "current",
            Self::Active => "active",
            Self::Seen => "answer",
            Self::Value(_) | Self::Field(_) => "",
        }
    }
}

impl StateBody {
    /// Whether an item with it is a floor.
    #[must_use]
    pub fn is_floor(&self) -> bool {
        match self {
            Self::Limit(_) | Self::Cooldown(_) | Self::Budget(_) | Self::Once(_) | Self::Lease(_) | Self::States(_) => {
                true
            }
            Self::Window(_) | Self::Grant(_) | Self::Seen(_) => false,
        }
    }

    /// The keyword of the item, or of the question about history.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Limit(_) => "limit",
            Self::Cooldown(_) => "cooldown",
            Self::Budget(_) => "budget",
            Self::Window(_) => "window",
            Self::Once(_) => "once",
            Self::Lease(_) => "lease",
            Self::States(_) => "states",
            Self::Grant(_) => "grant",
            Self::Seen(_) => "history",
        }
    }
}

impl StateItem {
    /// The name of a part of this item.
    #[must_use]
    pub fn part_name(&self, part: Part) -> &str {
        match (part, &self.body) {
            (Part::Value(place), StateBody::Window(window)) => {
                window.values.get(place as usize).map_or("", |value| &value.name)
            }
            (Part::Field(place), StateBody::Grant(grant)) => {
                grant.fields.get(place as usize).map_or("", |field| &field.name)
            }
            (part, _) => part.word(),
        }
    }

    /// The place of a part among the facts of the group `state`.
    #[must_use]
    pub fn place_of(&self, part: Part) -> Option<u32> {
        self.readings.iter().find(|reading| reading.part == part).map(|reading| reading.place)
    }
}

impl Checker<'_> {
    /// A reading of an item's own.
    pub(super) fn own_reading(&self, def: DefId, part: Part, span: Span) -> Option<TExpr> {
        let place = self.state.declared.get(&def)?.item.place_of(part)?;
        Some(self.state_fact(place, span))
    }

    /// What the texts of an item may say by bare names.
    pub(super) fn own_readings(&self, def: DefId) -> BTreeMap<String, TExpr> {
        let Some(declared) = self.state.declared.get(&def) else { return BTreeMap::new() };
        let item = &declared.item;
        let named =
            item.readings.iter().map(|r| (item.part_name(r.part).to_owned(), self.state_fact(r.place, item.span)));
        named.collect()
    }

    /// The reading at a place.
    pub(super) fn state_fact(&self, place: u32, span: Span) -> TExpr {
        let field = &self.facts.state[place as usize];
        let range = field.ty.range;
        TExpr { range, ..typed(TExprKind::Fact(FactGroup::State, place), field.ty.ty.clone(), span) }
    }

    /// `per_hour.count`
    pub(in crate::check) fn reading(&mut self, def: DefId, name: &Name, span: Span, env: &Env) -> Option<TExpr> {
        self.mentioned.insert(def);
        if env.actions.is_none() {
            self.not_constant(span);
            return None;
        }
        if let Some(what) = env.stateless {
            self.report_reads_state(what, span);
            return None;
        }
        // Where the item could not be read, a finding says so.
        let item = &self.state.declared.get(&def)?.item;
        let found = item.readings.iter().find(|r| item.part_name(r.part) == name.text).map(|r| r.place);
        let Some(place) = found else {
            let known: Vec<String> = item.readings.iter().map(|r| item.part_name(r.part).to_owned()).collect();
            let of = item.name.clone();
            let finding = Diagnostic::new(Code::UnknownMember, name.span, format!("`{of}` has no `{}`.", name.text))
                .at("nothing that it tells");
            self.report(match nearest(&name.text, known.iter().map(String::as_str)) {
                Some(near) => finding.help(format!("Write `{near}`.")),
                None => finding.help(format!("It tells {}.", known.join(", "))),
            });
            return None;
        };
        let item = item.clone();
        self.keys_are_there(&item, span, env).then(|| self.state_fact(place, span))
    }

    /// Says that keys and amounts read no state.
    pub(super) fn report_reads_state(&mut self, what: &str, span: Span) {
        self.report(
            Diagnostic::new(Code::StateReadsState, span, format!("State is read here, in {what}."))
                .at("what is kept would depend on what is kept")
                .note("Keys, amounts and questions about history are judged before any state is read.")
                .help("Read it in `when`, or in a guard."),
        );
    }

    /// Whether every action of a condition has the fields that an item's keys read.
    fn keys_are_there(&mut self, item: &StateItem, span: Span, env: &Env) -> bool {
        let mut names = Vec::new();
        for key in &item.keys {
            key.visit(&mut |e| {
                if let TExprKind::Field(name) = &e.kind {
                    names.push((name.clone(), e.ty.clone()));
                }
            });
        }
        for (name, ty) in names {
            let has = |ty: &Type, of: Option<&crate::types::FieldDef>| of.is_some_and(|f| f.ty.ty == *ty);
            let actions = env.actions.iter().flatten();
            let without = actions.map(|a| &self.actions[a.0 as usize]).find(|a| !has(&ty, a.field(&name)));
            let Some(action) = without.map(|a| a.name.clone()) else { continue };
            self.report(
                Diagnostic::new(
                    Code::ReadingOutOfReach,
                    span,
                    format!("`{}` is kept for each `{name}`, which {action} does not have.", item.name),
                )
                .at("for which one?")
                .label(item.span, "kept here")
                .help(format!("Narrow `on` to actions with `{name}`, or declare it on {action} too.")),
            );
            return false;
        }
        true
    }
}
