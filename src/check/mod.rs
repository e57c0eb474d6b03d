//! Types, optionality, origins, totality: a resolved set becomes a [`typed::TypedPolicy`].
//!
//! In: a [`PolicySet`]. Out: the typed policy and every finding. The policy is there
//! only where no finding is an error, so nothing later needs to ask whether a name exists or a type fits.
//!
//! Steps, each a file of its own: declared types; facts, flags and actions; consts on demand; items with
//! their conditions; tests and asserts; lints over the whole.

mod asserts;
pub(crate) mod canonical;
pub(crate) mod consequences;
pub(crate) mod declared;
mod deeds;
mod expression;
mod floors;
mod items;
mod lints;
mod literal;
mod memory;
mod obligations;
mod principals;
mod runtime;
mod said;
mod schema;
mod scope;
mod state;
mod tables;
mod sequences;
mod tests_of_policy;
mod texts;
pub mod typed;
mod walk;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::action_name::SortedNames;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{DefId, Found, PackageId, PolicySet};
use crate::settings::Settings;
use crate::source::{SourceSet, Span};
use crate::syntax::ast;
use crate::types::{Type, TypeTable};

pub use memory::Memory;
use said::Said;

use consequences::{drop_consequences, unread_names};
use typed::{ActionDef, ActionId, FactSchemas, FlagDef, FlagId, TExpr, TypedPolicy};

/// Most rules, guards and other deciding items of a set, table cells counted.
pub const MAX_ITEMS: usize = 100_000;
/// Most nodes of the conditions of one item, predicates inlined.
pub const MAX_NODES: usize = 20_000;

/// Deepest nesting of an expression, predicates and consts counted where they are used. What sugar adds
/// stays below [`crate::interp::MAX_DEPTH`].
pub const MAX_DEPTH: u32 = 96;
/// How many levels a const or predicate counts where it is used, besides its own: following a name costs
/// more stack than a bracket.
pub(crate) const STEP: u32 = 4;

/// Checks a resolved set.
#[must_use]
pub fn check(set: &PolicySet, sources: &SourceSet, settings: &Settings) -> (Option<TypedPolicy>, Vec<Diagnostic>) {
    check_again(set, sources, settings, None)
}

/// Checks a set once more: items of files that are as they were are taken from the last run, where nothing that
/// they could see has changed. The result is that of [`check()`].
#[must_use]
pub fn check_again(
    set: &PolicySet,
    sources: &SourceSet,
    settings: &Settings,
    mut memory: Option<&mut Memory>,
) -> (Option<TypedPolicy>, Vec<Diagnostic>) {
    let mut checker = Checker::new(set, sources, settings);
    checker.declare_types();
    checker.declare_facts();
    checker.declare_flags();
    checker.declare_actions();
    checker.declare_state();
    checker.check_consts();
    let mut items = checker.check_items(memory.as_deref_mut());
    let tests = checker.check_tests();
    let mut asserts = checker.check_asserts();
    checker.finish(&mut items, &mut asserts);
    let Checker {
        types,
        facts,
        flags,
        actions,
        action_names,
        action_packages,
        undeclared,
        aliases,
        mentioned,
        runtime,
        state,
        mut out,
        lost,
        unread,
        ..
    } = checker;
    if lost.is_some() || out.iter().any(Diagnostic::is_error) {
        drop_consequences(&mut out, &unread, sources);
        return (None, out);
    }
    let state = Checker::state_defs(state, runtime.defs, actions.len(), &items);
    let mut policy = TypedPolicy {
        settings: settings.clone(),
        types,
        facts,
        flags,
        actions,
        undeclared,
        aliases,
        items,
        tests,
        asserts,
        state,
        hash: crate::decision::PolicyHash::default(),
    };
    let (declared, said) = match memory {
        Some(memory) => (memory.declared(&policy), memory.said(&policy.items)),
        None => (canonical::declared_text(&policy).into(), policy.items.iter().map(Said::of).collect()),
    };
    policy.hash = canonical::hash(&declared, &state::state_text(&policy), &said, set);
    let subject = lints::Subject {
        set,
        sources,
        policy: &policy,
        said: &said,
        mentioned: &mentioned,
        action_names: &action_names,
        action_packages: &action_packages,
    };
    lints::run(&subject, &mut out);
    (Some(policy), out)
}

/// What an item says, as the text that its policy's identity is made of: equal where a reader could tell no
/// difference, wherever it stands.
#[must_use]
pub fn definition(item: &typed::Item) -> String {
    let mut text = String::new();
    canonical::item_text(item, &mut text);
    text
}

/// What a workflow says, as a text of the same kind; `nested` tells what those say that it runs, by their places.
#[must_use]
pub fn workflow_definition(
    policy: &typed::TypedPolicy,
    workflow: &typed::runtime::WorkflowDef,
    nested: &dyn Fn(u32) -> String,
) -> String {
    runtime::workflow_definition(policy, workflow, nested)
}

/// What an exception is to, in messages.
pub(crate) const FLOOR: &str = "a floor";
/// What `run` starts, in messages.
pub(crate) const WORKFLOW: &str = "a workflow";

/// A const on its way to its value.
enum ConstState {
    /// Being read: meeting it again is a circle.
    Open,
    /// Read; `None` where a finding says why not.
    Done(Option<TExpr>),
}

/// The state of a run of the checker.
pub(crate) struct Checker<'a> {
    pub(crate) set: &'a PolicySet,
    pub(crate) sources: &'a SourceSet,
    pub(crate) settings: &'a Settings,
    pub(crate) types: TypeTable,
    pub(crate) type_ids: HashMap<DefId, Type>,
    pub(crate) facts: FactSchemas,
    pub(crate) flags: Vec<FlagDef>,
    pub(crate) flag_ids: HashMap<DefId, FlagId>,
    pub(crate) actions: Vec<ActionDef>,
    /// What `fields on any action` declares.
    pub(crate) undeclared: ActionDef,
    pub(crate) aliases: Vec<(std::sync::Arc<str>, ActionId)>,
    consts: HashMap<DefId, ConstState>,
    /// What is known of the runtime's items.
    pub(crate) runtime: runtime::RuntimeTable,
    /// What is known of state.
    pub(crate) state: state::StateTable,
    /// The names of `actions`, once they are declared.
    pub(crate) action_names: SortedNames,
    /// Their packages.
    pub(crate) action_packages: Vec<PackageId>,
    /// The names of `aliases`.
    pub(crate) alias_names: SortedNames,
    /// Items that something mentions, for the lints on unused ones.
    pub(crate) mentioned: BTreeSet<DefId>,
    pub(crate) out: Vec<Diagnostic>,
    /// The first expression that became nothing. A finding says why; where none does, there is no policy.
    pub(crate) lost: Option<Span>,
    /// Names whose declarations cannot be read; a finding says why.
    pub(crate) unread: BTreeSet<String>,
    /// How deep the expression in hand is nested.
    nested: u32,
}

impl<'a> Checker<'a> {
    fn new(set: &'a PolicySet, sources: &'a SourceSet, settings: &'a Settings) -> Self {
        Self {
            set,
            sources,
            settings,
            types: declared::builtin_types(),
            type_ids: HashMap::new(),
            facts: FactSchemas::default(),
            flags: Vec::new(),
            flag_ids: HashMap::new(),
            actions: Vec::new(),
            undeclared: ActionDef::undeclared(),
            aliases: Vec::new(),
            consts: HashMap::new(),
            runtime: runtime::RuntimeTable::default(),
            state: state::StateTable::default(),
            action_names: SortedNames::default(),
            action_packages: Vec::new(),
            alias_names: SortedNames::default(),
            mentioned: BTreeSet::new(),
            out: Vec::new(),
            lost: None,
            unread: unread_names(set, sources),
            nested: 0,
        }
    }

    /// Adds a finding.
    pub(crate) fn report(&mut self, finding: Diagnostic) {
        self.out.push(finding);
    }

    /// INVARIANT: an item that decides is in the policy, or a finding says why there is no policy. An item
    /// that is lost without a finding would be a hole, so each is looked for once more.
    fn nothing_is_lost(&mut self, items: &[typed::Item]) {
        if self.out.iter().any(Diagnostic::is_error) {
            return;
        }
        let read: HashSet<&str> = items.iter().map(|item| item.name.split('[').next().unwrap_or(&item.name)).collect();
        let mut name = String::new();
        for id in self.set.def_ids() {
            let def = self.set.def(id);
            if !def.kind.decides() {
                continue;
            }
            name.clear();
            name.extend([&*self.set.package(def.package).name, ".", &def.name]);
            if !read.contains(&*name) {
                let message = format!("`{}` could not be understood.", def.name);
                self.out.push(Diagnostic::new(Code::NotUnderstood, def.span, message).at("no part of the policy"));
            }
        }
    }

    /// The item that a path means in a file, where it is of one of the wanted kinds; otherwise a finding.
    pub(crate) fn resolve(
        &mut self,
        file: usize,
        path: &ast::Path,
        wanted: &str,
        fits: impl Fn(&crate::hir::Def) -> bool,
    ) -> Option<DefId> {
        match self.set.lookup_path(file, path) {
            Found::One(def) if fits(self.set.def(def)) => {
                self.mentioned.insert(def);
                Some(def)
            }
            Found::One(def) => {
                let kind = self.set.def(def).kind.describe();
                let span = self.set.def(def).span;
                self.report(
                    Diagnostic::new(
                        if wanted == FLOOR { Code::NotAFloor } else { Code::UnknownName },
                        path.span,
                        format!("`{}` is {kind}, not {wanted}.", path.text()),
                    )
                    .at(format!("{wanted} must stand here"))
                    .label(span, "declared here"),
                );
                None
            }
            Found::Many(defs) => {
                self.report_ambiguous(&path.text(), path.span, &defs);
                None
            }
            Found::None => {
                let sight = self.set.names_in_sight(file);
                let last = path.parts.last().map_or("", |p| p.text.as_str());
                let near = crate::diagnostic::nearest(last, sight);
                let finding = Diagnostic::new(
                    if wanted == WORKFLOW { Code::RunTarget } else { Code::UnknownName },
                    path.span,
                    format!("Nothing in sight is called `{}`; {wanted} is expected.", path.text()),
                )
                .at("not found");
                let finding = match near {
                    Some(near) => finding.help(format!("Write `{near}`.")),
                    None => finding.help("Declare it, or bring it with `use`."),
                };
                self.report(finding);
                None
            }
        }
    }

    /// Reports a bare name that several packages brought whole have.
    pub(crate) fn report_ambiguous(&mut self, name: &str, span: Span, defs: &[DefId]) {
        let mut finding = Diagnostic::new(Code::AmbiguousName, span, format!("`{name}` could mean two things."))
            .at("which one?")
            .help(format!("Name it in a `use`: `use {}`.", self.set.qualified(defs[0])));
        for def in defs {
            let text = format!("{} of package `{}`", self.set.def(*def).kind.describe(), {
                let package = self.set.def(*def).package;
                &self.set.package(package).name
            });
            finding = finding.label(self.set.def(*def).span, text);
        }
        self.report(finding);
    }
}
