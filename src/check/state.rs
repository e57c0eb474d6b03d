//! Stateful and runtime items, as far as this edition gives them meaning: a limit, cooldown or budget is a
//! floor whose standing the host supplies; missing, it errs and so holds. The others are names.

use super::Checker;
use super::expression::typed;
use super::items::{Draft, Place};
use super::scope::Reach;
use super::typed::{Branch, Duty, FactGroup, Item, ItemBody, ItemKind, Scope, TExpr, TExprKind};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, StateKind};
use crate::types::{FieldDef, FieldType, Origin, Type};

impl Checker<'_> {
    /// Declares what may be read of stateful items, before any condition is read.
    pub(super) fn declare_readings(&mut self) {
        for id in self.set.def_ids() {
            let def = self.set.def(id);
            let crate::hir::DefKind::State(kind) = def.kind else { continue };
            if kind.is_floor() {
                let name = self.set.qualified(id);
                self.facts.state.extend(["exceeded", "near"].map(|part| FieldDef {
                    name: format!("{name}.{part}").into(),
                    ty: FieldType::plain(Type::Bool),
                    origin: Origin::Observed,
                    default: None,
                    doc: String::new(),
                    span: def.span,
                }));
            }
        }
        self.facts.state.sort_by(|a, b| a.name.cmp(&b.name));
        self.facts.state.dedup_by(|a, b| a.name == b.name);
    }

    pub(super) fn state(&mut self, place: Place<'_>, state: &ast::State) -> Option<Draft> {
        let reach = match state.kind {
            StateKind::Limit | StateKind::Cooldown | StateKind::Budget | StateKind::Window => Reach::Open,
            StateKind::Trust
            | StateKind::Once
            | StateKind::Lease
            | StateKind::States
            | StateKind::Grant
            | StateKind::Digest
            | StateKind::Workflow
            | StateKind::Schedule
            | StateKind::Executor => Reach::Declared,
        };
        let scope = match &state.on {
            Some(on) => Some(self.scope(place.package, on, reach, state.kind.keyword())?),
            None => None,
        };
        if let Some(by) = &state.waivable {
            self.check_waivable(place.file, by);
            if !state.kind.is_floor() {
                let word = state.kind.keyword();
                self.report(
                    Diagnostic::new(Code::NotAFloor, by.span, format!("`{word}` is no floor, so nobody waives it."))
                        .at("for guards, limits, cooldowns and budgets")
                        .help("Remove `waivable by`."),
                );
            }
        }
        if state.kind == StateKind::Executor
            && let Some(scope) = &scope
        {
            self.check_consumed(state, scope);
        }
        let kind = match state.kind {
            StateKind::Limit => ItemKind::Limit,
            StateKind::Cooldown => ItemKind::Cooldown,
            StateKind::Budget => ItemKind::Budget,
            StateKind::Window
            | StateKind::Trust
            | StateKind::Once
            | StateKind::Lease
            | StateKind::States
            | StateKind::Grant
            | StateKind::Digest
            | StateKind::Workflow
            | StateKind::Schedule
            | StateKind::Executor => {
                return None;
            }
        };
        self.standing_floor(place, state, kind, scope)
    }

    fn standing_floor(
        &mut self,
        place: Place<'_>,
        state: &ast::State,
        kind: ItemKind,
        scope: Option<Scope>,
    ) -> Option<Draft> {
        let word = state.kind.keyword();
        let (Some(scope), Some((tier, span)), Some(because)) = (scope, state.otherwise, &state.because) else {
            self.report(
                Diagnostic::new(
                    Code::StateIncomplete,
                    state.name.span,
                    format!("The {word} `{}` is not complete.", state.name.text),
                )
                .at(format!("a {word} has `on`, `otherwise` and `because`"))
                .help("Write what happens at the end of it: `otherwise black` and a sentence behind `because`."),
            );
            return None;
        };
        if tier == Tier::Red && !state.approvable {
            self.report(
                Diagnostic::new(Code::StateIncomplete, span, format!("Nobody could approve beyond this {word}."))
                    .at("red, and not approvable")
                    .note("A red result is there to be approved; without the word an approval would lift nothing.")
                    .help("Write `otherwise red approvable`, or `otherwise black`."),
            );
        }
        if tier < Tier::Yellow {
            self.report(
                Diagnostic::new(
                    Code::StateIncomplete,
                    span,
                    format!("A {word} that is green at its end does nothing."),
                )
                .at("not a floor")
                .help("Write `otherwise black`, `otherwise red approvable` or `otherwise yellow`."),
            );
        }
        let name: std::sync::Arc<str> = self.set.qualified(place.def).into();
        let text = Self::plain_text(because);
        let facts = &self.facts.state;
        let branch = |part, tier, span: Span| Branch {
            when: reading(facts, &name, part, span),
            tier,
            because: Some(text.clone()),
            code: None,
            span,
        };
        let mut branches = vec![branch("exceeded", tier, span)];
        branches.extend(state.warn.map(|(tier, span)| branch("near", tier, span)));
        let mut obligations = Vec::new();
        if let Some(path) = &state.instead {
            obligations.extend(self.instead(place, path, tier == Tier::Black));
        }
        Some(self.floor_draft(place, state, kind, scope, branches, obligations))
    }

    fn floor_draft(
        &mut self,
        place: Place<'_>,
        state: &ast::State,
        kind: ItemKind,
        scope: Scope,
        branches: Vec<Branch>,
        obligations: Vec<Duty>,
    ) -> Draft {
        let name: std::sync::Arc<str> = self.set.qualified(place.def).into();
        let code = state.code.as_ref().map_or_else(|| name.clone(), |c| c.text.as_str().into());
        let body = ItemBody::Floor { branches, if_unclear: None, reads_warnings: false, approvable: state.approvable };
        Draft {
            item: Item {
                package: self.set.package(place.package).name.as_str().into(),
                name,
                code,
                kind,
                scope,
                body,
                obligations,
                believing: Vec::new(),
                doc: place.item.docs.join("\n"),
                span: place.item.span,
                name_span: state.name.span,
            },
            refers: None,
            def: place.def,
        }
    }

    /// Each parameter of an executed action must be used: what nobody executes, the agent would choose freely.
    fn check_consumed(&mut self, state: &ast::State, scope: &Scope) {
        // A comment uses nothing; a text may, in a hole.
        let body = crate::syntax::words(self.sources.text(state.body), state.body.file).join(" ");
        let words: Vec<&str> = body.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
        for action in &scope.actions {
            let def = self.actions[action.0 as usize].clone();
            for field in def.fields.iter().filter(|f| f.origin == Origin::Parameter) {
                if !words.contains(&&*field.name) {
                    self.report(
                        Diagnostic::new(
                            Code::Unconsumed,
                            field.span,
                            format!(
                                "`{}` is a parameter of {}, but the executor `{}` never uses it.",
                                field.name, def.name, state.name.text
                            ),
                        )
                        .at("the agent would choose it, and nothing would do it")
                        .label(state.name.span, "the executor")
                        .help("Write `observed`, or use it in the executor."),
                    );
                }
            }
        }
    }
}

/// A reading of an item that gives it: [`Checker::declare_readings`] came before.
fn reading(facts: &[FieldDef], item: &str, part: &str, span: Span) -> TExpr {
    let name = format!("{item}.{part}");
    let place = facts.partition_point(|def| *def.name < *name);
    typed(TExprKind::Fact(FactGroup::State, place as u32), Type::Bool, span)
}
