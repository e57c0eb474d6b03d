//! Patterns that match less or more than their author probably thinks.

use super::Subject;
use crate::action_name::{has_literal, has_star, matches};
use crate::check::typed::{ItemKind, TExprKind};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{ItemKind as AstItem, PatternPart, Patterns};
use crate::value::Value;

/// The patterns of an item, where it has them.
fn patterns_of(kind: &AstItem) -> Option<&Patterns> {
    Some(match kind {
        AstItem::Rule(i) => &i.head.on,
        AstItem::Guard(i) => &i.head.on,
        AstItem::Relax(i) => &i.head.on,
        AstItem::Exception(i) => &i.head.on,
        AstItem::Approval(i) => &i.head.on,
        AstItem::Table(i) => &i.head.on,
        AstItem::Fields(i) => &i.on,
        AstItem::Assert(i) => &i.on,
        AstItem::State(i) => &i.head.on,
        AstItem::Package(_)
        | AstItem::Use(_)
        | AstItem::Action(_)
        | AstItem::Entity(_)
        | AstItem::Facts(_)
        | AstItem::Enum(_)
        | AstItem::Record(_)
        | AstItem::Const(_)
        | AstItem::Predicate(_)
        | AstItem::Flag(_)
        | AstItem::Test(_)
        | AstItem::Unreadable => return None,
    })
}

/// `research.*` beside a declared `research.topic.deep`; `test.run*` beside a declared `test.runaway`.
pub(super) fn neighbours(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    for (file, tree) in subject.set.files.iter().enumerate() {
        let package = subject.set.package_of(file);
        for item in &tree.items {
            let Some(on) = patterns_of(&item.kind) else { continue };
            for part in on.list.iter().filter(|p| !p.except && has_star(&p.text)) {
                let meant = |name: &str| on.list.iter().any(|p| matches(&p.text, name));
                misses(part, |pattern| subject.matching(package, pattern).find(|name| !meant(name)), out);
                reaches(part, subject.matching(package, &part.text), out);
            }
        }
    }
}

/// A single star at the end that stops before deeper actions.
fn misses<'n>(part: &PatternPart, not_meant: impl Fn(&str) -> Option<&'n str>, out: &mut Vec<Diagnostic>) {
    let Some(prefix) = part.text.strip_suffix(".*") else { return };
    if !has_literal(prefix) {
        return;
    }
    let deep = format!("{prefix}.**");
    let Some(missed) = not_meant(&deep) else { return };
    out.push(
        Diagnostic::new(
            Code::PatternMissesNeighbour,
            part.span,
            format!("`{}` stops at one word: it misses {missed}.", part.text),
        )
        .at("`*` does not cross a dot")
        .help(format!("Write `{deep}`, or `{}, {missed}` if only that one is meant.", part.text)),
    );
}

/// A star in the middle of a word that reaches another word.
fn reaches<'n>(part: &PatternPart, hits: impl Iterator<Item = &'n str>, out: &mut Vec<Diagnostic>) {
    let Some(prefix) = part.text.strip_suffix('*').filter(|p| !p.ends_with(['.', '*', '_', '-']) && !p.is_empty())
    else {
        return;
    };
    let hits: Vec<&str> = hits.collect();
    let next = |name: &str| name.get(prefix.len()..).and_then(|rest| rest.chars().next());
    let own = hits.iter().any(|n| matches!(next(n), None | Some('_' | '-')));
    let Some(far) = hits.iter().find(|n| next(n).is_some_and(char::is_alphanumeric)) else { return };
    if own && !has_star(prefix) {
        out.push(
            Diagnostic::new(
                Code::PatternReachesTooFar,
                part.span,
                format!("`{}` reaches {far}, which shares only letters.", part.text),
            )
            .at("the star goes on inside a word")
            .help(format!("Write `{prefix}, {prefix}_*`.")),
        );
    }
}

/// A rule on everything without a condition: the default is never reached.
pub(super) fn rules_on_everything(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    for tree in &subject.set.files {
        for item in &tree.items {
            let AstItem::Rule(rule) = &item.kind else { continue };
            let wide = rule.head.on.list.iter().any(|p| !p.except && !has_literal(&p.text));
            let loose = rule.bands.iter().any(|b| b.tier < Tier::Red);
            if !wide || !loose {
                continue;
            }
            let typed = subject.policy.items.iter().find(|i| i.name_span == rule.head.name.span);
            let always = typed.is_some_and(|i| {
                i.kind == ItemKind::Rule
                    && i.conditions().iter().any(|c| matches!(&c.kind, TExprKind::Const(Value::Bool(true))))
            });
            if always {
                out.push(
                    Diagnostic::new(
                        Code::RuleOnEverything,
                        rule.head.on.span,
                        "This rule matches every action, so the default is never reached.",
                    )
                    .at("all declared actions")
                    .help("Name the actions, or make it a guard."),
                );
            }
        }
    }
}
