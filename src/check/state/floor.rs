//! Stateful items that are floors: the tier, the reason, what is done instead.

use super::super::Checker;
use super::super::expression::Env;
use super::super::items::{Draft, Place, all};
use super::super::typed::state::Part;
use super::super::typed::{Branch, ItemBody, ItemKind, Scope, TExpr, TypedText, TypedTextPart};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, StateKind};

impl Checker<'_> {
    /// The item of a limit, cooldown, budget, once, lease or states item.
    pub(super) fn stateful_floor(
        &mut self,
        place: Place<'_>,
        state: &ast::State,
        scope: Scope,
        base: &[TExpr],
        env: &mut Env,
    ) -> Option<Draft> {
        let kind = match state.kind {
            StateKind::Limit => ItemKind::Limit,
            StateKind::Cooldown => ItemKind::Cooldown,
            StateKind::Budget => ItemKind::Budget,
            StateKind::Once => ItemKind::Once,
            StateKind::Lease => ItemKind::Lease,
            StateKind::States => ItemKind::States,
            StateKind::Window
            | StateKind::Trust
            | StateKind::Grant
            | StateKind::Digest
            | StateKind::Workflow
            | StateKind::Schedule
            | StateKind::Executor => return None,
        };
        let (tier, span, text) = self.what_it_brings(place, state, env)?;
        let branch = |checker: &Self, part, tier, span: Span| {
            let mut parts = base.to_vec();
            parts.push(checker.own_reading(place.def, part, span)?);
            Some(Branch { when: all(parts, span), tier, because: Some(text.clone()), code: None, span })
        };
        let mut branches = vec![branch(self, Part::Exceeded, tier, span)?];
        if let Some(warn) = &state.warn {
            branches.extend(branch(self, Part::Near, warn.tier, warn.span));
        }
        let approvable = state.otherwise.as_ref().is_some_and(|o| o.approvable);
        let body = ItemBody::Floor { branches, if_unclear: None, reads_warnings: false, approvable };
        let mut draft = self.draft(place, &state.head, kind, scope, body);
        if let (ast::StateBody::Budget { spend: Some(spend), .. }, Some(declared)) =
            (&state.body, self.state.declared.get(&place.def))
            && spend.believing
        {
            let said = &mut draft.item.believing;
            said.extend(declared.claims.keys().cloned());
            said.sort();
            said.dedup();
        }
        Some(draft)
    }

    /// The tier of a floor that holds, where that is said, and why.
    fn what_it_brings(
        &mut self,
        place: Place<'_>,
        state: &ast::State,
        env: &mut Env,
    ) -> Option<(Tier, Span, TypedText)> {
        let word = state.kind.keyword();
        if let ast::StateBody::Once { first: Some(span), .. } = &state.body {
            let text = match &state.head.because {
                Some(because) => self.own_text(place.def, because, env),
                None => TypedText { parts: vec![TypedTextPart::Plain("The same was asked for before.".into())] },
            };
            return Some((Tier::Black, *span, text));
        }
        let (Some(otherwise), Some(because)) = (&state.otherwise, &state.head.because) else {
            self.report(
                Diagnostic::new(
                    Code::StateIncomplete,
                    state.head.name.span,
                    format!("The {word} `{}` is not complete.", state.head.name.text),
                )
                .at(format!("a {word} has `otherwise` and `because`"))
                .help("Write what happens at the end of it: `otherwise black` and a sentence behind `because`."),
            );
            return None;
        };
        let (tier, span) = (otherwise.tier, otherwise.span);
        if tier == Tier::Red && !otherwise.approvable {
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
        let counted = matches!(state.kind, StateKind::Limit | StateKind::Cooldown | StateKind::Budget);
        if otherwise.approvable && !counted {
            self.report(
                Diagnostic::new(Code::StateIncomplete, span, format!("No approval lifts a {word}."))
                    .at("approvable")
                    .note("Only what counts can be allowed once more.")
                    .help("Write `otherwise black` or `otherwise yellow`."),
            );
        }
        Some((tier, span, self.own_text(place.def, because, env)))
    }

    /// The text of an item, in which its own readings are bare names.
    fn own_text(&mut self, def: crate::hir::DefId, because: &ast::Text, env: &mut Env) -> TypedText {
        env.own = self.own_readings(def);
        let text = self.text(because, env);
        env.own.clear();
        text
    }
}
