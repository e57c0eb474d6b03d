//! What is declared or brought and never mentioned.

use std::collections::HashSet;

use super::Subject;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{DefKind, PackageId};
use crate::syntax::ast::ItemKind;

/// Every word of a file outside its `use` items and comments.
fn words<'s>(subject: &Subject<'s>, file: usize) -> HashSet<&'s str> {
    let tree = &subject.set.files[file];
    let text = subject.sources.file(tree.id).text();
    let mut out = HashSet::new();
    for item in tree.items.iter().filter(|i| !matches!(i.kind, ItemKind::Use(_) | ItemKind::Package(_))) {
        let part = text.get(item.span.range()).unwrap_or_default();
        for line in part.lines() {
            let code = line.split("//").next().unwrap_or_default();
            out.extend(code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()));
        }
        // A `//` inside a text cuts the line short; whole texts are looked through as well.
        out.extend(part.split('"').flat_map(|t| t.split(|c: char| !(c.is_alphanumeric() || c == '_'))));
    }
    out
}

/// Names brought by `use` that the file never says.
pub(super) fn imports(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    let declaring: HashSet<PackageId> = subject.action_packages.iter().copied().collect();
    for (file, scope) in subject.set.scopes.iter().enumerate() {
        if scope.items.is_empty() && scope.aliases.is_empty() && scope.globs.is_empty() {
            continue;
        }
        let words = words(subject, file);
        let unused = |name: &str| !words.contains(name);
        for (name, (_, span)) in scope.items.iter().filter(|(name, _)| unused(name)) {
            out.push(
                Diagnostic::new(Code::UnusedImport, *span, format!("`{name}` is brought and never mentioned."))
                    .at("not used in this file")
                    .help("Remove it."),
            );
        }
        let packages = scope.aliases.iter().filter(|(name, _)| unused(name)).map(|(_, p)| *p);
        let globs = scope.globs.iter().copied();
        for (package, span) in packages.chain(globs) {
            let used = subject.set.package(package);
            let declares_actions = declaring.contains(&package);
            if !declares_actions && !used.names.keys().any(|n| words.contains(n.as_str())) {
                out.push(
                    Diagnostic::new(Code::UnusedImport, span, format!("Nothing of `{}` is mentioned here.", used.name))
                        .at("not used in this file")
                        .help("Remove this `use`."),
                );
            }
        }
    }
}

/// Consts, predicates, types and flags that nothing mentions.
pub(super) fn items(subject: &Subject<'_>, out: &mut Vec<Diagnostic>) {
    for id in subject.set.def_ids().filter(|id| !subject.mentioned.contains(id)) {
        let def = subject.set.def(id);
        let (code, verb) = match def.kind {
            DefKind::Const => (Code::UnusedConst, "read"),
            DefKind::Predicate => (Code::UnusedPredicate, "called"),
            DefKind::Enum | DefKind::Record => (Code::UnusedType, "mentioned"),
            DefKind::Entity if def.name != "Agent" => (Code::UnusedType, "mentioned"),
            DefKind::Flag => (Code::UnusedFlag, "read"),
            DefKind::Entity
            | DefKind::Rule
            | DefKind::Guard
            | DefKind::Relax
            | DefKind::Exception
            | DefKind::Approval
            | DefKind::Table
            | DefKind::State(_) => continue,
        };
        let kind = def.kind.describe();
        out.push(
            Diagnostic::new(code, def.span, format!("`{}` is {kind} that is never {verb}.", def.name))
                .at(format!("never {verb}"))
                .help("Use it or remove it: what stands in a policy should decide something."),
        );
    }
}
