//! Items that decide: rules, relaxes, exceptions, approvals, and what all items share.

use std::sync::Arc;

use super::expression::{Env, Reads, typed};
use super::literal::constant_expr;
use super::scope::Reach;
use super::typed::{Branch, Comparison, Duty, Item, ItemBody, ItemKind, Scope, TExpr, TExprKind};
use super::{Checker, MAX_ITEMS, Memory};
use crate::decision::{ItemId, Tier};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::{DefId, DefKind, PackageId};
use crate::source::Span;
use crate::syntax::ast::{self, Head, ObligationExpr};
use crate::types::Type;
use crate::value::Value;

/// How long before its end an exception may hold: 90 days, in microseconds.
const EXCEPTION_SPAN: i64 = 90 * 24 * 3600 * 1_000_000;
/// How long people have to answer where an approval does not say: 300 s (decision 7 of the requirements).
const DEFAULT_WITHIN: i64 = 300 * 1_000_000;

/// An item before its references to other items have numbers.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) item: Item,
    /// The item that a relax or exception names.
    pub(super) refers: Option<DefId>,
    /// The named item it comes from.
    pub(super) def: DefId,
}

/// Where an item stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    pub(super) def: DefId,
    pub(super) file: usize,
    pub(super) package: PackageId,
    pub(super) item: &'s ast::Item,
}

impl<'a> Checker<'a> {
    /// Checks every item that takes part in decisions, in canonical order.
    pub(super) fn check_items(&mut self, memory: Option<&mut Memory>) -> Vec<Item> {
        let mut recall = memory.map(|memory| memory.recall(self.set, self.sources, self.settings));
        let mut drafts: Vec<Draft> = Vec::new();
        for def in self.set.def_ids() {
            match &mut recall {
                Some(recall) => recall.item(self, def, &mut drafts),
                None => drafts.extend(self.item(def)),
            }
        }
        if drafts.len() > MAX_ITEMS {
            let span = drafts[MAX_ITEMS].item.span;
            self.report(
                Diagnostic::new(Code::TooMany, span, format!("The set has {} deciding items.", drafts.len()))
                    .at(format!("at most {MAX_ITEMS}")),
            );
        }
        drafts.sort_by(|a, b| a.item.name.cmp(&b.item.name));
        self.one_fallback(&drafts);
        number(drafts)
    }

    /// Checks one named item, if it takes part in decisions.
    pub(super) fn item(&mut self, def: DefId) -> Vec<Draft> {
        let (file, _) = self.set.def(def).place;
        let set: &'a crate::hir::PolicySet = self.set;
        let place = Place { def, file, package: set.def(def).package, item: set.item(def) };
        match &place.item.kind {
            ast::ItemKind::Rule(rule) => self.rule(place, rule).into_iter().collect(),
            ast::ItemKind::Guard(guard) => self.guard(place, guard).into_iter().collect(),
            ast::ItemKind::Relax(relax) => self.relax(place, relax).into_iter().collect(),
            ast::ItemKind::Exception(exception) => self.exception(place, exception).into_iter().collect(),
            ast::ItemKind::Approval(approval) => self.approval(place, approval).into_iter().collect(),
            ast::ItemKind::Table(table) => self.table(place, table).into_iter().collect(),
            ast::ItemKind::State(state) => self.state(place, state).into_iter().collect(),
            ast::ItemKind::Package(_)
            | ast::ItemKind::Use(_)
            | ast::ItemKind::Action(_)
            | ast::ItemKind::Fields(_)
            | ast::ItemKind::Entity(_)
            | ast::ItemKind::Facts(_)
            | ast::ItemKind::Enum(_)
            | ast::ItemKind::Record(_)
            | ast::ItemKind::Const(_)
            | ast::ItemKind::Predicate(_)
            | ast::ItemKind::Flag(_)
            | ast::ItemKind::Test(_)
            | ast::ItemKind::Assert(_)
            | ast::ItemKind::Unreadable => Vec::new(),
        }
    }

    /// A set has one approval for what no other covers.
    fn one_fallback(&mut self, drafts: &[Draft]) {
        let fallback = |d: &&Draft| matches!(d.item.body, ItemBody::Approval { fallback: true, .. });
        let mut spans = drafts.iter().filter(fallback).map(|d| d.item.name_span);
        let Some(first) = spans.next() else { return };
        for span in spans {
            self.report(
                Diagnostic::new(Code::AnyActionNotAllowed, span, "There is one approval on any action already.")
                    .at("a second one")
                    .label(first, "the first one")
                    .note("It is used where no other approval covers, so both would be asked each time.")
                    .help("Join them, or name the actions of one."),
            );
        }
    }

    /// An item without its body.
    pub(super) fn draft(
        &mut self,
        place: Place<'_>,
        head: &Head,
        kind: ItemKind,
        scope: Scope,
        body: ItemBody,
    ) -> Draft {
        let name: Arc<str> = self.set.qualified(place.def).into();
        let code = head.code.as_ref().map_or_else(|| name.clone(), |c| c.text.as_str().into());
        let black = may_be(&body, Tier::Black);
        let (obligations, reads) = self.duties(place, head, &scope, black);
        self.refuse_in_arguments(head, &reads, kind);
        let body = only_if_told(body, &obligations);
        Draft {
            item: Item {
                package: self.set.package(place.package).name.as_str().into(),
                name,
                code,
                kind,
                scope,
                body,
                obligations,
                believing: head.believing.iter().map(|n| n.text.as_str().into()).collect(),
                doc: place.item.docs.join("\n"),
                span: place.item.span,
                name_span: head.name.span,
            },
            refers: None,
            def: place.def,
        }
    }

    /// `by`, `until` and all `when`s of an item; what they prove is known behind them.
    pub(super) fn base_condition(&mut self, head: &Head, env: &mut Env) -> Option<Vec<TExpr>> {
        let mut parts = Vec::new();
        let mut fine = true;
        if let Some(by) = &head.by {
            match self.principals(env.file, by) {
                Some(who) => parts.push(self.principal_condition(&who, by.span)),
                None => fine = false,
            }
        }
        if let Some(until) = &head.until {
            match self.date(env.file, until) {
                Some(end) => parts.push(before(end, until.span)),
                None => fine = false,
            }
        }
        for when in &head.whens {
            let Some(condition) = self.condition(&when.condition, env) else {
                fine = false;
                continue;
            };
            let condition = if when.unless { negate(condition) } else { condition };
            env.learn_true(&condition);
            parts.push(condition);
        }
        fine.then_some(parts)
    }

    /// The start of a day in the root package's zone, or an instant.
    fn date(&mut self, file: usize, expr: &ast::Expr) -> Option<i64> {
        let found = self.const_expression(file, expr, Some(&Type::Timestamp))?;
        match found.kind {
            TExprKind::Const(Value::Timestamp(micros)) => Some(micros),
            _ => {
                self.report(
                    Diagnostic::new(Code::UntilPassed, expr.span, "`until` takes a date.")
                        .at("not a date")
                        .help("Write `until 2026-12-23`."),
                );
                None
            }
        }
    }

    /// The bands of an item, each with the base condition.
    pub(super) fn bands(
        &mut self,
        head: &Head,
        bands: &[ast::Band],
        base: &[TExpr],
        env: &mut Env,
    ) -> Option<Vec<Branch>> {
        // One band is the rule: room for four of them would be most of what an item weighs.
        let mut out = Vec::with_capacity(bands.len());
        let mut fine = true;
        for band in bands {
            let mark = env.mark();
            let mut parts = base.to_vec();
            let mut span = band.tier_span;
            if let Some(when) = &band.when {
                match self.condition(when, env) {
                    Some(condition) => {
                        env.learn_true(&condition);
                        span = span.to(condition.span);
                        parts.push(condition);
                    }
                    None => fine = false,
                }
            }
            let because = head.because.as_ref().map(|text| self.text(text, env));
            env.forget(mark);
            out.push(Branch { when: all(parts, span), tier: band.tier, because, code: None, span });
        }
        fine.then_some(out)
    }

    fn rule(&mut self, place: Place<'_>, rule: &ast::Rule) -> Option<Draft> {
        let head = &rule.head;
        let scope = self.scope(place.package, &head.on, Reach::Declared, "rule")?;
        self.check_rule_shape(head, rule);
        let mut env = Env::of_scope(place.file, &scope);
        let base = self.base_condition(head, &mut env);
        let branches = self.bands(head, &rule.bands, base.as_deref().unwrap_or_default(), &mut env);
        let reads = env.reads;
        self.refuse_in_rules(head, &reads, "rule");
        base?;
        let mut branches = branches?;
        if let Some(otherwise) = &rule.otherwise {
            let mut env = Env::of_scope(place.file, &scope);
            let none: Vec<TExpr> = branches.iter().map(|b| b.when.clone()).collect();
            let text = otherwise.because.as_ref().or(head.because.as_ref());
            let because = text.map(|text| self.text(text, &mut env));
            let span = otherwise.tier_span;
            let when = negate(any(none, span));
            branches.push(Branch { when: TExpr { span, ..when }, tier: otherwise.tier, because, code: None, span });
        }
        let body = ItemBody::Rule { branches, relaxable: rule.relaxable };
        Some(self.draft(place, head, ItemKind::Rule, scope, body))
    }

    fn check_rule_shape(&mut self, head: &Head, rule: &ast::Rule) {
        self.check_bands(&rule.bands);
        if rule.bands.is_empty() {
            self.tier_missing(head, "rule");
        }
        let conditional = head.by.is_some()
            || head.until.is_some()
            || !head.whens.is_empty()
            || rule.bands.iter().all(|b| b.when.is_some());
        if let Some(otherwise) = &rule.otherwise
            && !conditional
        {
            self.report(
                Diagnostic::new(Code::OtherwiseMisused, otherwise.tier_span, "This `otherwise` is never reached.")
                    .at("the rule has no condition that could be false")
                    .help("Add a `when`, or remove the `otherwise`."),
            );
        }
        let strict =
            rule.bands.iter().map(|b| b.tier).chain(rule.otherwise.iter().map(|o| o.tier)).any(|t| t >= Tier::Red);
        let explained = head.because.is_some()
            || (rule.bands.iter().all(|b| b.tier < Tier::Red)
                && rule.otherwise.as_ref().is_none_or(|o| o.because.is_some()));
        if strict && !explained {
            self.because_missing(head, "A rule that is red or black says why.");
        }
    }

    /// Reports a rule or guard without any tier.
    pub(super) fn tier_missing(&mut self, head: &Head, what: &str) {
        self.report(
            Diagnostic::new(Code::TierMissing, head.name.span, format!("The {what} `{}` has no tier.", head.name.text))
                .at("green, yellow, red or black?")
                .help("Write a tier on a line of its own, or bands such as `red when …`."),
        );
    }

    /// Reports an item that must say why and does not.
    pub(super) fn because_missing(&mut self, head: &Head, why: &str) {
        self.report(
            Diagnostic::new(Code::BecauseMissing, head.name.span, format!("`{}` does not say why.", head.name.text))
                .at("no `because`")
                .note(why)
                .help("Add a sentence for the person who meets it: `because \"…\"`."),
        );
    }

    /// What rules, relaxes and exceptions may not read.
    pub(super) fn refuse_in_rules(&mut self, head: &Head, reads: &Reads, what: &str) {
        self.check_believing(head, reads);
        self.refuse_reads(head, reads, what);
        if let Some(span) = reads.warnings {
            self.warnings_misused(span);
        }
    }

    /// Claims that are not believed, the scanner, and what is true of nothing.
    fn refuse_reads(&mut self, head: &Head, reads: &Reads, what: &str) {
        let article = if what.starts_with(['a', 'e']) { "an" } else { "a" };
        for (claim, span) in &reads.claims {
            if !head.believing.iter().any(|b| *b.text == **claim) {
                // An approval has no `believing`: who is asked never depends on what the agent says.
                let help = match what {
                    "approval" => "Declare it `observed`, or ask the same people whatever it says.".to_string(),
                    _ => format!("Declare it `observed`, read it in a guard, or say `believing {claim}`."),
                };
                self.report(
                    Diagnostic::new(
                        Code::ClaimDecides,
                        *span,
                        format!("`{claim}` is what the agent says; {article} {what} may not believe it."),
                    )
                    .at("a claim")
                    .note("A claim may only make a decision stricter, so it is read in floors.")
                    .help(help),
                );
            }
        }
        if let Some(span) = reads.secrets {
            self.report(
                Diagnostic::new(Code::SecretsInRule, span, format!("The secret scanner cannot decide a {what}."))
                    .at("for floors only")
                    .note("A scanner can miss a secret; finding none must never make a decision looser.")
                    .help("Write a guard."),
            );
        }
        if let Some(span) = reads.all_of_maybe_empty {
            self.report(
                Diagnostic::new(
                    Code::AllOfMaybeEmpty,
                    span,
                    "The list may be empty, and then this is true of nothing.",
                )
                .at("true where there is no element")
                .help("Ask `not xs.is_empty and …` first, or bound the list: `list<path>[1..100]`."),
            );
        }
    }

    /// Reports `warnings` where it may not stand.
    pub(super) fn warnings_misused(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::WarningsMisused, span, "`warnings` is for guards that are red or black.")
                .at("not here")
                .note("It counts floors: more of them may make a decision stricter, never looser.")
                .help("Write `guard … { when warnings >= 3  red  because \"…\" }`."),
        );
    }

    /// A `believing` must name claims that the item reads.
    pub(super) fn check_believing(&mut self, head: &Head, reads: &Reads) {
        for name in &head.believing {
            if !reads.claims.contains_key(name.text.as_str()) && !self.handed_over(head, &name.text) {
                let near = nearest(&name.text, reads.claims.keys().map(|c| &**c)).map(str::to_string);
                let finding = Diagnostic::new(
                    Code::BelievesNothing,
                    name.span,
                    format!("`{}` is no claim that this item reads.", name.text),
                )
                .at("nothing to believe");
                self.report(match near {
                    Some(near) => finding.help(format!("Write `believing {near}`.")),
                    None => finding.help("Remove it."),
                });
            }
        }
    }

    /// Whether an argument of `run` says this name.
    fn handed_over(&self, head: &Head, name: &str) -> bool {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        head.obligations.iter().any(|obligation| match obligation {
            ObligationExpr::Run(_, arguments, _) => {
                arguments.iter().any(|(_, e)| self.sources.text(e.span).split(|c| !word(c)).any(|w| w == name))
            }
            ObligationExpr::Notify(_) | ObligationExpr::Redact(_) | ObligationExpr::Instead(_) => false,
        })
    }

    fn relax(&mut self, place: Place<'_>, relax: &ast::Relax) -> Option<Draft> {
        let head = &relax.head;
        let scope = self.scope(place.package, &head.on, Reach::Declared, "relax")?;
        let mut env = Env::of_scope(place.file, &scope);
        let base = self.base_condition(head, &mut env)?;
        self.refuse_in_rules(head, &env.reads, "relax");
        if relax.to >= relax.from || relax.from == Tier::Black {
            self.report(
                Diagnostic::new(
                    Code::RelaxDirection,
                    relax.tiers_span,
                    format!("`{} to {}` relaxes nothing.", relax.from, relax.to),
                )
                .at(if relax.from == Tier::Black { "black is never relaxed" } else { "not lower" })
                .help("Write `yellow to green`, `red to yellow` or `red to green`."),
            );
        }
        let of = match &relax.of {
            Some(path) => Some(self.relaxed_rule(place, path)?),
            None => None,
        };
        let when = all(base, head.name.span);
        let body = ItemBody::Relax { when, from: relax.from, to: relax.to, of: None };
        let mut draft = self.draft(place, head, ItemKind::Relax, scope, body);
        draft.refers = of;
        Some(draft)
    }

    fn relaxed_rule(&mut self, place: Place<'_>, path: &ast::Path) -> Option<DefId> {
        let def = self.resolve(place.file, path, "a rule", |d| d.kind == DefKind::Rule)?;
        let ast::ItemKind::Rule(rule) = &self.set.item(def).kind else { return None };
        if self.set.def(def).package != place.package && !rule.relaxable {
            let span = rule.head.name.span;
            self.report(
                Diagnostic::new(Code::RelaxForeign, path.span, format!("`{}` is not relaxable.", path.text()))
                    .at("a rule of another package")
                    .label(span, "declared here")
                    .note("A package keeps its own promises unless it says otherwise.")
                    .help("Declare that rule `relaxable`, or relax in its package."),
            );
            return None;
        }
        Some(def)
    }

    fn exception(&mut self, place: Place<'_>, exception: &ast::Exception) -> Option<Draft> {
        let head = &exception.head;
        let scope = self.scope(place.package, &head.on, Reach::Declared, "exception")?;
        let floor = self.resolve(place.file, &exception.to, super::FLOOR, |d| is_floor(d.kind))?;
        let waivable = self.waivable(floor, &exception.to)?;
        let (Some(owner), Some(until), Some(because)) = (&exception.owner, &head.until, &head.because) else {
            self.report(
                Diagnostic::new(
                    Code::ExceptionIncomplete,
                    head.name.span,
                    format!("The exception `{}` is not complete.", head.name.text),
                )
                .at("an exception has `owner`, `until` and `because`")
                .note("Somebody answers for it, it ends, and it says why.")
                .help("Add what is missing: `owner Team(\"…\")  until 2026-12-23  because \"…\"`."),
            );
            return None;
        };
        let mut env = Env::of_scope(place.file, &scope);
        let end = self.date(place.file, until)?;
        let mut parts = vec![not_before(end.saturating_sub(EXCEPTION_SPAN), until.span)];
        parts.push(self.owner_condition(place.file, owner, waivable)?);
        parts.extend(self.base_condition(head, &mut env)?);
        self.refuse_in_rules(head, &env.reads, "exception");
        let because = self.text(because, &mut env);
        let body = ItemBody::Exception { when: all(parts, head.name.span), to: ItemId(u32::MAX), because };
        let mut draft = self.draft(place, head, ItemKind::Exception, scope, body);
        draft.refers = Some(floor);
        Some(draft)
    }

    /// Who may waive a floor.
    fn waivable(&mut self, floor: DefId, path: &ast::Path) -> Option<super::typed::Principals> {
        let file = self.set.def(floor).place.0;
        let set = self.set;
        let waivable = match &set.item(floor).kind {
            ast::ItemKind::Guard(guard) => guard.waivable.as_ref(),
            ast::ItemKind::State(state) => state.waivable.as_ref(),
            _ => None,
        };
        if let Some(by) = waivable {
            return self.principals(file, by);
        }
        let span = self.set.def(floor).span;
        self.report(
            Diagnostic::new(Code::NotWaivable, path.span, format!("Nobody may waive `{}`.", path.text()))
                .at("not waivable")
                .label(span, "declared without `waivable by`")
                .help("Declare it `waivable by release_managers`, if that is meant."),
        );
        None
    }

    fn owner_condition(&mut self, file: usize, owner: &ast::Expr, waivable: super::typed::Principals) -> Option<TExpr> {
        let found = self.const_expression(file, owner, None)?;
        let TExprKind::Const(Value::Entity(_)) = &found.kind else {
            self.report(
                Diagnostic::new(Code::ExceptionIncomplete, owner.span, "An owner is an entity.")
                    .at("not an entity")
                    .help("Write `owner Team(\"release\")` or `owner User(\"ann\")`."),
            );
            return None;
        };
        let mut parts = Vec::new();
        for entity in waivable.entities {
            let ty = Type::Entity(entity.ty);
            let group = constant_expr(Value::Entity(entity), ty, owner.span);
            parts.push(typed(TExprKind::In(Box::new(found.clone()), Box::new(group)), Type::Bool, owner.span));
        }
        Some(any(parts, owner.span))
    }

    fn approval(&mut self, place: Place<'_>, approval: &ast::Approval) -> Option<Draft> {
        let head = &approval.head;
        let fallback = head.on.any_action;
        let root = &self.settings.package;
        if fallback && !root.is_empty() && self.set.package(place.package).name != *root {
            self.report(
                Diagnostic::new(
                    Code::AnyActionNotAllowed,
                    head.on.span,
                    "Only the root package has an approval on any action.",
                )
                .at(format!("the root package is `{root}`"))
                .help("Name the actions, or write `on **`."),
            );
        }
        let scope = self.scope(place.package, &head.on, Reach::Open, "approval")?;
        let mut env = Env::of_scope(place.file, &scope);
        let base = self.base_condition(head, &mut env)?;
        self.refuse_in_rules(head, &env.reads, "approval");
        let Some(people) = &approval.people else {
            self.report(
                Diagnostic::new(
                    Code::ApprovalIncomplete,
                    head.name.span,
                    format!("Nobody is asked by `{}`.", head.name.text),
                )
                .at("who may answer?")
                .help("Write `by` and an entity, such as `by maintainers`."),
            );
            return None;
        };
        let people = self.principals(place.file, people)?;
        let quorum = match approval.quorum {
            Some((n, _)) if (1..=100).contains(&n) => n as u32,
            Some((n, span)) => {
                self.report(
                    Diagnostic::new(Code::ApprovalIncomplete, span, format!("A quorum of {n} can never be met."))
                        .at("from 1 to 100")
                        .help("Write `quorum 1`."),
                );
                return None;
            }
            None => 1,
        };
        let within = match &approval.within {
            Some((ast::Literal::Duration(us), _)) if *us > 0 => *us,
            Some((_, span)) => {
                self.report(
                    Diagnostic::new(Code::ApprovalIncomplete, *span, "`within` takes how long people have.")
                        .at("not a duration above zero")
                        .help("Write `within 5m`."),
                );
                return None;
            }
            None => DEFAULT_WITHIN,
        };
        let body = ItemBody::Approval {
            when: all(base, head.name.span),
            people,
            quorum,
            within,
            own: approval.own,
            ask: approval.ask.iter().map(|n| n.text.as_str().into()).collect(),
            fallback,
        };
        Some(self.draft(place, head, ItemKind::Approval, scope, body))
    }

    /// Obligations: what they name must exist.
    fn duties(&mut self, place: Place<'_>, head: &Head, scope: &Scope, black: bool) -> (Vec<Duty>, Reads) {
        let mut out = Vec::new();
        let mut env = Env::of_scope(place.file, scope);
        for obligation in &head.obligations {
            match obligation {
                ObligationExpr::Notify(channels) => {
                    out.extend(channels.iter().map(|c| Duty::Notify(c.text.as_str().into())));
                }
                ObligationExpr::Redact(fields) => {
                    out.extend(fields.iter().filter_map(|f| self.redacted(f, scope)));
                }
                ObligationExpr::Instead(path) => out.extend(self.instead(place, path, black)),
                ObligationExpr::Run(path, arguments, _) => out.extend(self.run(path, arguments, &mut env)),
            }
        }
        (out, env.reads)
    }

    /// What the arguments of `run` may not read: one that errs decides, and a workflow is more than a text.
    fn refuse_in_arguments(&mut self, head: &Head, reads: &Reads, kind: ItemKind) {
        if !kind.is_floor() {
            self.refuse_reads(head, reads, kind.keyword());
        }
        if let Some(span) = reads.warnings {
            self.warnings_misused(span);
        }
    }
}

/// Gives items their numbers, and references to them.
fn number(drafts: Vec<Draft>) -> Vec<Item> {
    let places: std::collections::HashMap<DefId, ItemId> =
        drafts.iter().enumerate().map(|(i, d)| (d.def, ItemId(i as u32))).collect();
    let numbered = drafts.into_iter().map(|draft| {
        let mut item = draft.item;
        let target = draft.refers.and_then(|def| places.get(&def).copied());
        match &mut item.body {
            ItemBody::Relax { of, .. } => *of = target,
            ItemBody::Exception { to, .. } => *to = target.unwrap_or(*to),
            ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Approval { .. } => {}
        }
        item
    });
    numbered.collect()
}

/// Whether a body can bring a tier.
fn may_be(body: &ItemBody, tier: Tier) -> bool {
    match body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => branches.iter().any(|b| b.tier == tier),
        ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => false,
    }
}

fn is_floor(kind: DefKind) -> bool {
    match kind {
        DefKind::Guard => true,
        DefKind::State(state) => state.is_floor(),
        DefKind::Entity
        | DefKind::Enum
        | DefKind::Record
        | DefKind::Const
        | DefKind::Predicate
        | DefKind::Rule
        | DefKind::Relax
        | DefKind::Exception
        | DefKind::Approval
        | DefKind::Table
        | DefKind::Flag => false,
    }
}

/// All of the parts; one part stands for itself.
pub(super) fn all(mut parts: Vec<TExpr>, span: Span) -> TExpr {
    match parts.len() {
        0 => constant_expr(Value::Bool(true), Type::Bool, span),
        1 => parts.remove(0),
        _ => typed(TExprKind::And(parts), Type::Bool, span),
    }
}

/// A relax or exception whose `run` could not be carried out does not hold: otherwise taking it away would
/// make a decision looser that its erring argument made black.
fn only_if_told(mut body: ItemBody, obligations: &[Duty]) -> ItemBody {
    if let ItemBody::Relax { when, .. } | ItemBody::Exception { when, .. } = &mut body {
        let runs =
            obligations.iter().filter_map(|d| if let Duty::Run { arguments, .. } = d { Some(arguments) } else { None });
        let told = runs.flatten().map(|(_, argument)| {
            let has = |e: TExpr| typed(TExprKind::Has(Box::new(e)), Type::Bool, argument.span);
            let absent = typed(TExprKind::Not(Box::new(has(argument.clone()))), Type::Bool, argument.span);
            any(vec![has(argument.clone()), absent], argument.span)
        });
        let told: Vec<TExpr> = told.collect();
        if !told.is_empty() {
            let span = when.span;
            let own = std::mem::replace(when, constant_expr(Value::Bool(true), Type::Bool, span));
            *when = all(std::iter::once(own).chain(told).collect(), span);
        }
    }
    body
}

/// One of the parts.
pub(super) fn any(mut parts: Vec<TExpr>, span: Span) -> TExpr {
    match parts.len() {
        0 => constant_expr(Value::Bool(false), Type::Bool, span),
        1 => parts.remove(0),
        _ => typed(TExprKind::Or(parts), Type::Bool, span),
    }
}

/// `not c`, without doubling.
pub(super) fn negate(condition: TExpr) -> TExpr {
    let span = condition.span;
    match condition.kind {
        TExprKind::Not(inner) => *inner,
        _ => typed(TExprKind::Not(Box::new(condition)), Type::Bool, span),
    }
}

/// `now < end`
fn before(end: i64, span: Span) -> TExpr {
    now_compared(Comparison::Less, end, span)
}

/// `now >= start`
fn not_before(start: i64, span: Span) -> TExpr {
    now_compared(Comparison::GreaterOrEqual, start, span)
}

fn now_compared(op: Comparison, at: i64, span: Span) -> TExpr {
    let now = typed(TExprKind::Now, Type::Timestamp, span);
    let at = constant_expr(Value::Timestamp(at), Type::Timestamp, span);
    typed(TExprKind::Compare(op, Box::new(now), Box::new(at)), Type::Bool, span)
}
