//! Guards: bands, checklists, `if unclear`, and what only floors may read.

use super::Checker;
use super::expression::Env;
use super::items::{Draft, Place, all, negate};
use super::scope::Reach;
use super::typed::{Branch, ItemBody, ItemKind, TExpr, TExprKind};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast;

impl Checker<'_> {
    /// `waivable by` takes entities: an exception has an owner who lies in one of them.
    pub(super) fn check_waivable(&mut self, file: usize, by: &ast::By) {
        if let Some(who) = self.principals(file, by)
            && (who.people || who.machines)
        {
            self.report(
                Diagnostic::new(Code::PrincipalExpected, by.span, "`waivable by` takes entities.")
                    .at("`people` and `machines` own nothing")
                    .note("An exception names its owner, an entity that the snapshot must place in one of these.")
                    .help("Write an entity such as `Team.release`, or a const of them."),
            );
        }
    }

    pub(super) fn guard(&mut self, place: Place<'_>, guard: &ast::Guard) -> Option<Draft> {
        let head = &guard.head;
        let scope = self.scope(place.package, &head.on, Reach::Open, "guard")?;
        if let Some(by) = &guard.waivable {
            self.check_waivable(place.file, by);
        }
        let mut env = Env::of_scope(place.file, &scope);
        let base = self.base_condition(head, &mut env);
        let known = base.as_deref().unwrap_or_default();
        let branches = if guard.checklist.is_empty() {
            if guard.bands.is_empty() {
                self.tier_missing(head, "guard");
            }
            if head.because.is_none() {
                self.because_missing(head, "A guard stops work; the person who meets it must learn why.");
            }
            self.bands(head, &guard.bands, known, &mut env)
        } else {
            self.checklist(guard, known, &mut env)
        };
        let if_unclear = self.unclear(guard);
        self.check_guard_reads(guard, &env, if_unclear);
        base?;
        let branches = branches?;
        let reads_warnings = env.reads.warnings.is_some();
        let red = guard.bands.iter().all(|b| b.tier >= Tier::Red);
        if let Some(span) = branches.iter().find_map(|b| turned_warnings(&b.when)).filter(|_| red) {
            self.warnings_misused(span);
        }
        let body = ItemBody::Floor { branches, if_unclear, reads_warnings, approvable: false };
        Some(self.draft(place, head, ItemKind::Guard, scope, body))
    }

    /// One branch a line: it holds where the line is not true.
    fn checklist(&mut self, guard: &ast::Guard, base: &[TExpr], env: &mut Env) -> Option<Vec<Branch>> {
        let tier = match guard.bands.as_slice() {
            [band] if band.when.is_none() => band.tier,
            [] => {
                self.tier_missing(&guard.head, "guard");
                return None;
            }
            [_, second, ..] | [second] => {
                self.report(
                    Diagnostic::new(
                        Code::BandUnreachable,
                        second.tier_span,
                        "A checklist has one tier, without a condition.",
                    )
                    .at("not used")
                    .help("Keep one tier line; conditions of the whole guard go into `when`."),
                );
                return None;
            }
        };
        let mut out = Vec::new();
        let mut fine = true;
        for line in &guard.checklist {
            let Some(condition) = self.condition(&line.condition, env) else {
                fine = false;
                continue;
            };
            let span = condition.span;
            let because = Some(self.text(&line.text, env));
            let code = line.code.as_ref().map(|c| c.text.as_str().into());
            let mut parts = base.to_vec();
            parts.push(negate(condition));
            out.push(Branch { when: all(parts, span), tier, because, code, span });
        }
        fine.then_some(out)
    }

    fn unclear(&mut self, guard: &ast::Guard) -> Option<Tier> {
        let (tier, span) = guard.if_unclear?;
        let black = guard.bands.iter().any(|b| b.tier == Tier::Black);
        if tier == Tier::Red && black {
            return Some(Tier::Red);
        }
        if tier == Tier::Black && black {
            return None;
        }
        self.report(
            Diagnostic::new(Code::UnclearMisused, span, "`if unclear` is for black guards.")
                .at(if black { "red or black" } else { "this guard is never black" })
                .note("A floor that errs holds at its own tier; only a black one may ask for red in its place.")
                .help("Write `if unclear red` under a black tier, or remove it."),
        );
        None
    }

    fn check_guard_reads(&mut self, guard: &ast::Guard, env: &Env, if_unclear: Option<Tier>) {
        let head = &guard.head;
        self.check_believing(head, &env.reads);
        for (claim, span) in &env.reads.optional_claims {
            self.report(
                Diagnostic::new(
                    Code::OptionalClaim,
                    *span,
                    format!("The agent can silence this guard by not saying `{claim}`."),
                )
                .at("an optional claim")
                .help("Make the claim required, so that its absence is an error, or observe the value."),
            );
        }
        let black = guard.bands.iter().any(|b| b.tier == Tier::Black);
        let said = guard.if_unclear.is_some();
        if let Some(span) = env.reads.command
            && black
            && if_unclear.is_none()
            && !said
        {
            self.report(
                Diagnostic::new(
                    Code::BlackWhenUnclear,
                    span,
                    "A command line that cannot be resolved would be black, beyond any approval.",
                )
                .at("a command, in a black guard")
                .help("Write `if unclear red`, or `if unclear black` if that is meant."),
            );
        }
        if let Some(span) = env.reads.warnings
            && guard.bands.iter().any(|b| b.tier < Tier::Red)
        {
            self.warnings_misused(span);
        }
        if guard.checklist.is_empty() {
            self.check_bands(&guard.bands);
        }
    }

    /// A band without a condition hides those that are not stricter.
    pub(super) fn check_bands(&mut self, bands: &[ast::Band]) {
        let Some(always) = bands.iter().filter(|b| b.when.is_none()).max_by_key(|b| b.tier) else { return };
        let hidden: Vec<(Span, Tier)> = bands
            .iter()
            .filter(|b| b.tier <= always.tier && b.tier_span != always.tier_span)
            .map(|b| (b.tier_span, b.tier))
            .collect();
        for (span, tier) in hidden {
            self.report(
                Diagnostic::new(Code::BandUnreachable, span, format!("This {tier} band never decides."))
                    .at("not stricter than the one that always holds")
                    .label(always.tier_span, "always holds")
                    .help("Give the other band a condition, or remove this one."),
            );
        }
    }
}

/// Where `warnings` stands so that more of them could make the guard hold less: behind a `not` or `unless`, in
/// a checklist, in anything but `and`, `or` and `at least`.
fn turned_warnings(e: &TExpr) -> Option<Span> {
    if matches!(e.kind, TExprKind::Warnings(_)) {
        return None;
    }
    if let TExprKind::And(parts) | TExprKind::Or(parts) | TExprKind::AtLeast(_, parts) = &e.kind {
        return parts.iter().find_map(turned_warnings);
    }
    let mut found = None;
    e.visit(&mut |inner| {
        if matches!(inner.kind, TExprKind::Warnings(_)) {
            found = Some(inner.span);
        }
    });
    found
}
