//! Files into packages, items into ids, `use` into scopes, circles refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::{Def, DefId, FileScope, Package, PackageId, PolicySet, Reach, named};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::settings::Settings;
use crate::source::Span;
use crate::syntax::ast::{self, ItemKind, UseNames};

/// The package of files that name none, where `aas.toml` names none either.
const NAMELESS: &str = "main";

/// Puts files into packages and gives ids to named items.
pub(super) fn collect(files: Vec<Arc<ast::File>>, settings: &Settings, out: &mut Vec<Diagnostic>) -> PolicySet {
    let names: Vec<String> = files.iter().map(|file| package_name(file, settings, out)).collect();
    refuse_strangers(&files, &names, settings, out);
    let sorted: BTreeSet<&String> = names.iter().collect();
    let packages: Vec<Package> = sorted
        .iter()
        .map(|name| Package { name: (*name).clone(), names: BTreeMap::new(), reach: Reach::default() })
        .collect();
    let scopes = names
        .iter()
        .map(|name| FileScope { package: package_by_name(&packages, name), ..FileScope::default() })
        .collect();
    let mut set = PolicySet { files, scopes, packages, defs: Vec::new() };
    collect_defs(&mut set, out);
    set
}

/// The package of this name.
pub(super) fn package_by_name(packages: &[Package], name: &str) -> Option<PackageId> {
    packages.binary_search_by(|p| p.name.as_str().cmp(name)).ok().map(|i| PackageId(i as u32))
}

/// What the file calls its package; reports one that stands late or twice.
fn package_name(file: &ast::File, settings: &Settings, out: &mut Vec<Diagnostic>) -> String {
    let mut found: Option<(String, Span)> = None;
    for (i, item) in file.items.iter().enumerate() {
        let ItemKind::Package(path) = &item.kind else { continue };
        if let Some((_, first)) = &found {
            out.push(
                Diagnostic::new(Code::PackagePlace, item.span, "A file belongs to one package.")
                    .at("a second `package`")
                    .label(*first, "the first one")
                    .help("Remove one of them, or split the file."),
            );
        } else if i > 0 {
            out.push(
                Diagnostic::new(Code::PackagePlace, item.span, "`package` must be the first item of a file.")
                    .at("stands behind other items")
                    .help("Move this line to the top of the file."),
            );
        }
        found.get_or_insert((path.text(), path.span));
    }
    let root = if settings.package.is_empty() { NAMELESS } else { &settings.package };
    let fallback = file.home.as_deref().unwrap_or(root);
    found.map_or_else(|| fallback.to_string(), |(name, _)| name)
}

/// Refuses files that put items into a package of others: they could relax its rules as its own.
fn refuse_strangers(files: &[Arc<ast::File>], names: &[String], settings: &Settings, out: &mut Vec<Diagnostic>) {
    let homes: BTreeSet<&str> = files.iter().filter_map(|file| file.home.as_deref()).collect();
    for (file, name) in files.iter().zip(names) {
        let Some(home) = file.home.as_deref() else { continue };
        let above = |h: &&&str| name.strip_prefix(**h).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let owner = homes.iter().filter(above).max_by_key(|h| h.len()).copied();
        if owner.unwrap_or(&settings.package) == home {
            continue;
        }
        let place = file.items.iter().find(|item| matches!(item.kind, ItemKind::Package(_)));
        let span = place.map_or(Span::new(file.id, 0, 0), |item| item.span);
        let finding = Diagnostic::new(
            Code::PackagePlace,
            span,
            format!("This file belongs to `{home}` and cannot add to package `{name}`."),
        );
        let finding = match owner {
            Some(owner) => finding.at(format!("a package of `{owner}`")),
            None => finding.at(format!("not below `{home}`")),
        };
        out.push(
            finding
                .note("What is in a package may relax its rules, so each is written by one hand.")
                .help(format!("Write `package {home}`, or a name below it.")),
        );
    }
}

/// Gives ids to named items and reports names given twice.
fn collect_defs(set: &mut PolicySet, out: &mut Vec<Diagnostic>) {
    let mut defs = Vec::new();
    for (f, file) in set.files.iter().enumerate() {
        let package = set.package_of(f);
        for (i, item) in file.items.iter().enumerate() {
            let Some((name, kind)) = named(&item.kind) else { continue };
            // `seen(…)` asks for history, so no predicate is called so.
            let asks = kind == super::DefKind::Predicate && name.text == "seen";
            if asks || (kind.is_read() && super::scope::is_reserved(&name.text)) {
                out.push(
                    Diagnostic::new(
                        Code::ReservedName,
                        name.span,
                        format!("`{}` is a word of the language.", name.text),
                    )
                    .at("cannot be given to an item")
                    .help(format!("Choose another name, such as `{}_item`.", name.text)),
                );
            }
            defs.push(Def { package, name: name.text.clone(), kind, span: name.span, place: (f, i) });
        }
    }
    defs.sort_by(|a, b| (a.package, &a.name, a.place).cmp(&(b.package, &b.name, b.place)));
    for (i, def) in defs.iter().enumerate() {
        let names = &mut set.packages[def.package.0 as usize].names;
        if let Some(first) = names.get(&def.name) {
            let first = &defs[first.0 as usize];
            out.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    def.span,
                    format!("`{}` names two items of the package.", def.name),
                )
                .at(format!("{} of the same name", def.kind.describe()))
                .label(first.span, format!("{} has it already", first.kind.describe()))
                .note(
                    "Item names are unique in their package, whatever the kind: decisions, tests and audits say them.",
                )
                .help("Rename one of them."),
            );
        } else {
            names.insert(def.name.clone(), DefId(i as u32));
        }
    }
    set.defs = defs;
}

/// Resolves every `use` into its file's scope.
pub(super) fn resolve_uses(set: &mut PolicySet, out: &mut Vec<Diagnostic>) {
    for f in 0..set.files.len() {
        let mut scope = FileScope { package: set.scopes[f].package, ..FileScope::default() };
        for item in &set.files[f].items {
            if let ItemKind::Use(usage) = &item.kind {
                resolve_use(set, usage, &mut scope, out);
            }
        }
        set.scopes[f] = scope;
    }
}

fn resolve_use(set: &PolicySet, usage: &ast::Use, scope: &mut FileScope, out: &mut Vec<Diagnostic>) {
    let path = &usage.path;
    match &usage.names {
        UseNames::All(span) => match set.find_package(&path.text()) {
            Some(package) => scope.globs.push((package, *span)),
            None => out.push(unknown_package(set, path)),
        },
        UseNames::List(names) => match set.find_package(&path.text()) {
            Some(package) => {
                for (name, alias) in names {
                    bring_item(set, package, name, alias.as_ref().unwrap_or(name), scope, out);
                }
            }
            None => out.push(unknown_package(set, path)),
        },
        UseNames::Whole(alias) => resolve_whole(set, path, alias.as_ref(), scope, out),
    }
}

/// `use a.b.c`: the package `a.b.c`, or the item `c` of package `a.b`.
fn resolve_whole(
    set: &PolicySet,
    path: &ast::Path,
    alias: Option<&ast::Name>,
    scope: &mut FileScope,
    out: &mut Vec<Diagnostic>,
) {
    let Some((last, front)) = path.parts.split_last() else { return };
    let bound = alias.unwrap_or(last);
    if let Some(package) = set.find_package(&path.text()) {
        scope.aliases.insert(bound.text.clone(), (package, bound.span));
        return;
    }
    let front_name = front.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(".");
    match set.find_package(&front_name) {
        Some(package) if !front.is_empty() => bring_item(set, package, last, bound, scope, out),
        _ => out.push(unknown_package(set, path)),
    }
}

fn bring_item(
    set: &PolicySet,
    package: PackageId,
    name: &ast::Name,
    bound: &ast::Name,
    scope: &mut FileScope,
    out: &mut Vec<Diagnostic>,
) {
    let from = set.package(package);
    let Some(def) = from.names.get(&name.text) else {
        let near = nearest(&name.text, from.names.keys().map(String::as_str));
        let mut finding = Diagnostic::new(
            Code::UnknownImport,
            name.span,
            format!("Package `{}` has no item `{}`.", from.name, name.text),
        )
        .at("not declared there");
        if let Some(near) = near {
            finding = finding.help(format!("Write `{near}`."));
        }
        out.push(finding);
        return;
    };
    if let Some((other, span)) = scope.items.get(&bound.text)
        && other != def
    {
        out.push(
            Diagnostic::new(Code::DuplicateName, bound.span, format!("`{}` is used from two packages.", bound.text))
                .at("brought again")
                .label(*span, "brought here already")
                .help(format!("Give one of them another name: `{} as other_{}`.", name.text, name.text)),
        );
        return;
    }
    scope.items.insert(bound.text.clone(), (*def, bound.span));
}

fn unknown_package(set: &PolicySet, path: &ast::Path) -> Diagnostic {
    let name = path.text();
    let finding = Diagnostic::new(Code::UnknownPackage, path.span, format!("No file declares package `{name}`."))
        .at("not in this set");
    match nearest(&name, set.packages.iter().map(|p| p.name.as_str())) {
        Some(near) => finding.help(format!("Write `{near}`.")),
        None => finding.help("Add the folder that declares it to the command or to `aas.toml`."),
    }
}

/// Computes what each package reaches and refuses circles.
///
/// Packages that use each other in a circle reach the same; without a circle each stands for itself. Groups come
/// in an order in which what a group uses is known before it, so one run over all `use`s is enough.
pub(super) fn refuse_circles(set: &mut PolicySet, out: &mut Vec<Diagnostic>) {
    let direct = direct_uses(set);
    let edges = (0..).zip(&direct).flat_map(|(from, uses)| uses.keys().map(move |to| (from, to.0)));
    let mut graph = DiGraph::<(), ()>::new();
    for _ in &direct {
        graph.add_node(());
    }
    graph.extend_with_edges(edges);
    let groups = kosaraju_scc(&graph);
    let mut group_of = vec![0; direct.len()];
    for (place, group) in groups.iter().enumerate() {
        group.iter().for_each(|node| group_of[node.index()] = place);
    }
    for group in groups {
        let members = || group.iter().map(|node| PackageId(node.index() as u32));
        let mut reach = Reach::default();
        members().for_each(|id| reach.insert(id));
        for id in members() {
            for (used, span) in &direct[id.0 as usize] {
                if group_of[id.0 as usize] == group_of[used.0 as usize] {
                    out.push(circle(set, *used, id, *span));
                }
                reach.extend(&set.package(*used).reach);
            }
        }
        members().for_each(|id| set.packages[id.0 as usize].reach = reach.clone());
    }
}

/// The packages that each package names in a `use`, with the place of the first.
fn direct_uses(set: &PolicySet) -> Vec<BTreeMap<PackageId, Span>> {
    let mut direct: Vec<BTreeMap<PackageId, Span>> = vec![BTreeMap::new(); set.packages.len()];
    for scope in &set.scopes {
        let Some(package) = scope.package else { continue };
        let own = &mut direct[package.0 as usize];
        let items = scope.items.values().map(|(def, span)| (set.def(*def).package, *span));
        let whole = scope.aliases.values().copied().chain(scope.globs.iter().copied());
        for (used, span) in items.chain(whole).filter(|(used, _)| *used != package) {
            own.entry(used).or_insert(span);
        }
    }
    direct
}

fn circle(set: &PolicySet, id: PackageId, through: PackageId, span: Span) -> Diagnostic {
    let (name, back) = (&set.package(id).name, &set.package(through).name);
    Diagnostic::new(Code::CyclicUse, span, format!("Package `{name}` uses itself through `{back}`."))
        .at(format!("`{back}` uses `{name}` here"))
        .note("What a pattern means depends on the packages in sight, so they must form layers.")
        .help("Move what both need into a package of its own and use that from both.")
}
