//! Texts that look like codes, and path globs that nested folders escape.

use super::Subject;
use crate::check::typed::{Item, ItemBody, TExprKind, TypedText, TypedTextPart};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::value::Value;
use crate::value::pattern::PatternKind;

/// `because "consent_required"`: a code where a sentence belongs.
pub(super) fn code_like(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    for item in &subject.policy.items {
        let texts: Vec<(&TypedText, Span)> = match &item.body {
            ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
                branches.iter().filter_map(|b| b.because.as_ref().map(|t| (t, b.span))).take(1).collect()
            }
            ItemBody::Exception { because, .. } => vec![(because, item.name_span)],
            ItemBody::Relax { .. } | ItemBody::Approval { .. } => Vec::new(),
        };
        for (text, _) in texts {
            let [TypedTextPart::Plain(plain)] = text.parts.as_slice() else { continue };
            let code = plain.contains('_') && plain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if code {
                out.push(
                    Diagnostic::new(
                        Code::CodeLikeText,
                        item.name_span,
                        format!("{plain:?} looks like a code, not a reason."),
                    )
                    .at("its `because`")
                    .help(format!("Write `code {plain}` and a sentence behind `because`.")),
                );
            }
        }
    }
}

/// `.git/**` without `**/.git/**`: a nested folder of this name is free.
pub(in crate::check) fn anchored_globs(item: &Item) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for condition in item.conditions() {
        condition.visit(&mut |expr| {
            let TExprKind::Const(Value::Patterns(set)) = &expr.kind else { return };
            if set.kind != PatternKind::PathGlob {
                return;
            }
            let escaped = set
                .sources
                .iter()
                .find(|source| source.starts_with('.') && !set.sources.iter().any(|s| **s == format!("**/{source}")));
            if let Some(source) = escaped {
                out.push(
                    Diagnostic::new(
                        Code::AnchoredGlob,
                        expr.span,
                        format!("`{source}` is anchored: `nested/{}` is free.", source.replace("**", "x")),
                    )
                    .at("matches at the top of the workspace only")
                    .help(format!("Add `**/{source}` if nested ones are meant too.")),
                );
            }
        });
    }
    out
}
