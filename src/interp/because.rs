//! The texts of items, with their holes filled for people.
//!
//! What came from a request is escaped and cut; fields that the decision masks, and whatever holds a
//! secret, are not shown; a hole that errs shows `?`.

use super::eval::Evaluator;
use super::judge::warnings;
use super::{Scene, judge};
use crate::check::typed::{ItemBody, TExpr, TExprKind, TypedText, TypedTextPart};
use crate::decision::{Decision, Determining, Obligation};
use crate::value::{Value, text};

/// What stands in place of a masked value.
pub const MASKED: &str = "[masked]";
/// What stands in place of a text that holds a secret.
pub const SECRET: &str = "[secret]";

/// The text of a determining branch, or of an exception; nothing where it has none.
#[must_use]
pub fn because(scene: &Scene<'_>, decision: &Decision, determining: &Determining) -> Option<String> {
    let item = scene.policy.item(determining.item?);
    let text = match &item.body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
            branches.get(determining.branch as usize)?.because.as_ref()?
        }
        ItemBody::Exception { because, .. } => because,
        ItemBody::Relax { .. } | ItemBody::Approval { .. } => return None,
    };
    Some(render(scene, decision, text))
}

/// A text with its holes filled.
#[must_use]
pub fn render(scene: &Scene<'_>, decision: &Decision, text: &TypedText) -> String {
    let asks_warnings = text.parts.iter().any(|part| match part {
        TypedTextPart::Plain(_) => false,
        TypedTextPart::Hole(e) => e.contains(&|e| matches!(e.kind, TExprKind::Warnings(_))),
    });
    let warnings = if asks_warnings { warnings(scene.policy, &judge(scene)) } else { 0 };
    let mut evaluator = Evaluator::new(Scene { warnings, oracle: None, ..*scene });
    let mut out = String::new();
    for part in &text.parts {
        match part {
            TypedTextPart::Plain(plain) => out.push_str(plain),
            TypedTextPart::Hole(e) => out.push_str(&hole(&mut evaluator, decision, e)),
        }
    }
    out
}

fn hole(evaluator: &mut Evaluator<'_>, decision: &Decision, e: &TExpr) -> String {
    if is_masked(decision, e) {
        return MASKED.into();
    }
    match evaluator.value(e) {
        Ok(Some(value)) => shown(&evaluator.scene, &value),
        Ok(None) | Err(_) => "?".into(),
    }
}

/// A value for people; one that holds a secret, or could not be scanned, is not shown.
pub(super) fn shown(scene: &Scene<'_>, value: &Value) -> String {
    match scene.bound.secrets(Some(value)) {
        Ok(Value::Set(kinds)) if kinds.is_empty() => text::show(value, &scene.policy.types),
        Ok(_) | Err(_) => SECRET.into(),
    }
}

/// Whether an expression reads a field that the decision masks.
pub(super) fn is_masked(decision: &Decision, e: &TExpr) -> bool {
    let masked = |name: &str| {
        decision.obligations.iter().any(|o| match o {
            Obligation::Redact { field, .. } => field == name,
            Obligation::Notify { .. }
            | Obligation::Approve { .. }
            | Obligation::Instead { .. }
            | Obligation::Run { .. } => false,
        })
    };
    e.contains(&|e| matches!(&e.kind, TExprKind::Field(name) if masked(name)))
}
