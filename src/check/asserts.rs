//! Asserts: claims about every decision.

use super::Checker;
use super::expression::Env;
use super::items::{all, negate};
use super::scope::Reach;
use super::typed::{AssertClaim, TypedAssert};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Assert, Claim, ItemKind};

impl Checker<'_> {
    /// Checks all asserts in text order.
    pub(super) fn check_asserts(&mut self) -> Vec<TypedAssert> {
        let mut out = Vec::new();
        for file in 0..self.set.files.len() {
            let set = self.set;
            for item in &set.files[file].items {
                if let ItemKind::Assert(assert) = &item.kind {
                    out.extend(self.assert(file, item.span, assert));
                }
            }
        }
        out
    }

    fn assert(&mut self, file: usize, span: crate::source::Span, assert: &Assert) -> Option<TypedAssert> {
        let package = self.set.package_of(file);
        let claim = match assert.claim {
            Claim::Always => AssertClaim::Always,
            Claim::Never => AssertClaim::Never,
            Claim::NeverBelow => AssertClaim::NeverBelow,
            Claim::NeverAbove => AssertClaim::NeverAbove,
        };
        let empty = matches!(
            (claim, assert.tier),
            (AssertClaim::NeverBelow, Tier::Green) | (AssertClaim::NeverAbove, Tier::Black)
        );
        if empty {
            self.report(
                Diagnostic::new(Code::AssertVacuous, assert.claim_span, "This assert claims nothing.")
                    .at("true of every decision")
                    .help("Name another tier."),
            );
        }
        let scope = self.scope(package, &assert.on, Reach::Declared, "assert")?;
        let mut env = Env::of_scope(file, &scope);
        let mut parts = Vec::new();
        if let Some(by) = &assert.by {
            let who = self.principals(file, by)?;
            parts.push(self.principal_condition(&who, by.span));
        }
        for when in &assert.whens {
            let condition = self.condition(&when.condition, &mut env)?;
            let condition = if when.unless { negate(condition) } else { condition };
            env.learn_true(&condition);
            parts.push(condition);
        }
        Some(TypedAssert {
            package: self.set.package(package).name.as_str().into(),
            claim,
            tier: assert.tier,
            scope,
            when: all(parts, assert.claim_span),
            tested: assert.tested,
            span,
        })
    }
}
