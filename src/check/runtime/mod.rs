//! What the runtime does by itself: workflows, digests, schedules, executors, as checked data.
//!
//! Nothing here decides anything. Whatever a step or a schedule asks for goes through the whole gate when it is asked.

mod workflows;

pub(super) use workflows::definition as workflow_definition;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::expression::{Env, typed};
use super::scope::Reach;
use super::typed::runtime::{DigestDef, ExecutorDef, RuntimeDefs, ScheduleDef, When, WorkflowDef};
use super::typed::{ActionId, Principals, Scope, TExpr, TExprKind};
use super::{Checker, canonical};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::{DefId, DefKind, PackageId};
use crate::source::Span;
use crate::syntax::ast::{self, Literal, Name, Path, StateKind};
use crate::types::{FieldDef, Origin};

/// The most entries of a digest where it does not say.
const DEFAULT_ENTRIES: u32 = 1_000;
/// The most that it may keep.
const MOST_ENTRIES: i64 = 100_000;
/// How often a digest may be told, in microseconds.
const INTERVALS: std::ops::RangeInclusive<i64> = 300_000_000..=86_400_000_000;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What the checker knows of the runtime's items.
#[derive(Default)]
pub(crate) struct RuntimeTable {
    /// The inputs of each workflow.
    pub(super) inputs: HashMap<DefId, Vec<FieldDef>>,
    /// Places of workflows.
    places: HashMap<DefId, u32>,
    pub(super) defs: RuntimeDefs,
}

impl<'a> Checker<'a> {
    /// Reads all items of the runtime.
    pub(super) fn declare_runtime(&mut self) {
        let defs: Vec<DefId> = self.set.def_ids().filter(|id| self.runtime_kind(*id).is_some()).collect();
        let mut named: Vec<(String, DefId)> = defs
            .iter()
            .filter(|id| self.runtime_kind(**id) == Some(StateKind::Workflow))
            .map(|id| (self.set.qualified(*id), *id))
            .collect();
        named.sort();
        for (place, (_, def)) in named.iter().enumerate() {
            self.runtime.places.insert(*def, place as u32);
            self.workflow_inputs(*def);
        }
        for def in defs {
            let set: &'a crate::hir::PolicySet = self.set;
            let ast::ItemKind::State(state) = &set.item(def).kind else { continue };
            match &state.body {
                ast::StateBody::Workflow(workflow) => {
                    let read = self.workflow(def, workflow);
                    self.runtime.defs.workflows.extend(read);
                }
                ast::StateBody::Digest(digest) => {
                    let read = self.digest(def, state, digest);
                    self.runtime.defs.digests.extend(read);
                }
                ast::StateBody::Schedule(schedule) => {
                    let read = self.schedule(def, state, schedule);
                    self.runtime.defs.schedules.extend(read);
                }
                ast::StateBody::Executor(executor) => {
                    let read = self.executor(def, state, executor);
                    self.runtime.defs.executors.extend(read);
                }
                ast::StateBody::Limit(_)
                | ast::StateBody::Cooldown { .. }
                | ast::StateBody::Budget { .. }
                | ast::StateBody::Window(_)
                | ast::StateBody::Trust(_)
                | ast::StateBody::Once { .. }
                | ast::StateBody::Lease { .. }
                | ast::StateBody::States { .. }
                | ast::StateBody::Grant { .. } => {}
            }
        }
        let defs = &mut self.runtime.defs;
        defs.workflows.sort_by(|a: &WorkflowDef, b| a.name.cmp(&b.name));
        defs.digests.sort_by(|a, b| a.name.cmp(&b.name));
        defs.schedules.sort_by(|a, b| a.name.cmp(&b.name));
        defs.executors.sort_by(|a, b| a.name.cmp(&b.name));
    }

    fn runtime_kind(&self, def: DefId) -> Option<StateKind> {
        match self.set.def(def).kind {
            DefKind::State(
                kind @ (StateKind::Workflow | StateKind::Digest | StateKind::Schedule | StateKind::Executor),
            ) => Some(kind),
            _ => None,
        }
    }

    fn bad_runtime(&mut self, span: Span, message: impl Into<String>, at: &str, help: &str) {
        self.report(Diagnostic::new(Code::BadRuntime, span, message).at(at).help(help));
    }

    fn doc_of(&self, def: DefId) -> String {
        self.set.item(def).docs.join("\n")
    }

    fn named(&self, def: DefId) -> Arc<str> {
        self.set.qualified(def).into()
    }

    fn digest(&mut self, def: DefId, state: &ast::State, digest: &ast::Digest) -> Option<DigestDef> {
        let (file, package) = (self.set.def(def).place.0, self.set.def(def).package);
        if let Some(by) = &state.waivable {
            self.check_waivable(file, by);
            self.report(
                Diagnostic::new(Code::NotAFloor, by.span, "`digest` is no floor, so nobody waives it.")
                    .at("for guards, limits and other floors")
                    .help("Remove `waivable by`."),
            );
        }
        let Some((every, at)) = &digest.every else {
            self.bad_runtime(state.head.name.span, "How often is it told?", "no `every`", "Write `every 30m`.");
            return None;
        };
        let every = self.length(every, *at)?;
        if !INTERVALS.contains(&every) {
            self.bad_runtime(
                *at,
                "A digest is told every five minutes at most and once a day at least.",
                "from 5m to 1d",
                "Write `every 30m`. What cannot wait is told `at once from yellow`, or `at once on` its actions.",
            );
            return None;
        }
        let quiet = match &digest.quiet {
            Some((from, to, zone, at)) => {
                let (Literal::TimeOfDay(from), Literal::TimeOfDay(to)) = (from, to) else {
                    self.bad_runtime(*at, "Quiet hours are times of day.", "not times", "Write `quiet 22:00..07:00`.");
                    return None;
                };
                if from == to {
                    self.bad_runtime(
                        *at,
                        "Quiet hours that end when they begin are none.",
                        "the same time twice",
                        "Remove `quiet`, or write when it ends.",
                    );
                    return None;
                }
                Some((*from, *to, self.zone_or_root(zone.as_ref())?))
            }
            None => None,
        };
        let mut at_once = Vec::new();
        for on in &digest.at_once {
            at_once.push(self.scope(package, on, Reach::Declared, "digest")?);
        }
        let most_entries = match &digest.keep {
            Some((Literal::Int(n), _)) if (1..=MOST_ENTRIES).contains(n) => *n as u32,
            Some((_, at)) => {
                self.bad_runtime(*at, "So many entries cannot wait.", "from 1 to 100,000", "Write `keep 500 entries`.");
                return None;
            }
            None => DEFAULT_ENTRIES,
        };
        let mut to = self.distinct(digest.to.iter(), "channel");
        to.sort();
        Some(DigestDef {
            name: self.named(def),
            to,
            every,
            quiet,
            at_once,
            from: digest.from.map(|(tier, _)| tier),
            most_entries,
            doc: self.doc_of(def),
            span: state.head.name.span,
        })
    }

    /// A zone that is written, or that of the root package.
    fn zone_or_root(&mut self, zone: Option<&(String, Span)>) -> Option<Arc<str>> {
        let Some((zone, at)) = zone else { return Some(self.settings.zone.as_str().into()) };
        self.known_zone(zone, *at).then(|| zone.as_str().into())
    }

    fn schedule(&mut self, def: DefId, state: &ast::State, schedule: &ast::Schedule) -> Option<ScheduleDef> {
        let (file, package) = (self.set.def(def).place.0, self.set.def(def).package);
        let name = state.head.name.span;
        let when = match (&schedule.every, &schedule.at) {
            (Some((every, at)), None) => When::Every(self.length(every, *at)?),
            (None, Some((time, days, zone, at))) => {
                let Literal::TimeOfDay(seconds) = time else {
                    self.bad_runtime(*at, "`at` takes a time of day.", "not a time", "Write `at 03:15`.");
                    return None;
                };
                self.distinct(days.iter(), "weekday");
                let mut on = Vec::new();
                for day in days {
                    let Some(place) = WEEKDAYS.iter().position(|d| *d == day.text) else {
                        self.bad_runtime(
                            day.span,
                            "There is no such weekday.",
                            "mon tue wed thu fri sat sun",
                            "Write `on mon`.",
                        );
                        return None;
                    };
                    on.push(place as u32);
                }
                on.sort_unstable();
                When::At(*seconds, on, self.zone_or_root(zone.as_ref())?)
            }
            (Some(_), Some(_)) | (None, None) => {
                self.bad_runtime(
                    name,
                    "A schedule has one time.",
                    "`every`, or `at`",
                    "Write `every 15m` or `at 03:15`.",
                );
                return None;
            }
        };
        let Some((path, given, actor)) = &schedule.run else {
            self.bad_runtime(name, "What is done?", "no `run`", "Write `run` and an action: `run report.write`.");
            return None;
        };
        let action = self.action_of(path, package)?;
        let mut env = Env::constant(file);
        let mut read = Self::input_value;
        let values = self.given_to(action, given, path.span, &mut env, &mut read)?;
        let actor = match actor {
            Some(actor) => Some(self.actor(file, actor)?),
            None => None,
        };
        Some(ScheduleDef {
            name: self.named(def),
            when,
            action,
            arguments: values,
            actor,
            doc: self.doc_of(def),
            span: name,
        })
    }

    /// Whom a step or schedule acts as.
    fn actor(&mut self, file: usize, actor: &ast::Expr) -> Option<Principals> {
        self.principals(file, &ast::By { who: vec![actor.clone()], span: actor.span })
    }

    /// The action of this name that a package sees.
    fn action_of(&mut self, path: &Path, package: PackageId) -> Option<ActionId> {
        let name = path.text();
        let found = self.action_names.find(&name).map(|place| ActionId(place as u32));
        if let Some(action) = found.filter(|action| self.sees(package, *action)) {
            return Some(action);
        }
        let near = nearest(&name, self.visible_names(package)).map(str::to_string);
        let finding = Diagnostic::new(Code::UnknownAction, path.span, format!("No action `{name}` is declared."))
            .at("not declared by this package or one it uses");
        self.report(match near {
            Some(near) => finding.help(format!("Write `{near}`.")),
            None => finding.help("Declare the action, or bring its package with `use`."),
        });
        None
    }

    /// The fields that an action is given: each exists and has a value of its type, and none is missing.
    fn given_to<V>(
        &mut self,
        action: ActionId,
        given: &[(Name, ast::Expr)],
        span: Span,
        env: &mut Env,
        read: &mut impl FnMut(&mut Self, &ast::Expr, Option<&crate::types::Type>, &mut Env) -> Option<V>,
    ) -> Option<Vec<(Arc<str>, V)>> {
        let def = self.actions[action.0 as usize].clone();
        let fields: Vec<FieldDef> = def.fields.iter().filter(|f| f.origin != Origin::Observed).cloned().collect();
        self.given_fields(&def.name, &fields, given, span, env, read)
    }

    /// The same of any list of fields.
    fn given_fields<V>(
        &mut self,
        of: &str,
        fields: &[FieldDef],
        given: &[(Name, ast::Expr)],
        span: Span,
        env: &mut Env,
        read: &mut impl FnMut(&mut Self, &ast::Expr, Option<&crate::types::Type>, &mut Env) -> Option<V>,
    ) -> Option<Vec<(Arc<str>, V)>> {
        self.distinct(given.iter().map(|(name, _)| name), "field");
        let mut out: BTreeMap<Arc<str>, V> = BTreeMap::new();
        let mut fine = true;
        for (name, expr) in given {
            let Some(field) = fields.iter().find(|f| *f.name == name.text) else {
                let near = nearest(&name.text, fields.iter().map(|f| &*f.name)).map(str::to_string);
                let finding = Diagnostic::new(Code::UnknownField, name.span, format!("{of} takes no `{}`.", name.text))
                    .at("not a field that can be given");
                self.report(match near {
                    Some(near) => finding.help(format!("Write `{near}`.")),
                    None => finding.help("Remove it."),
                });
                fine = false;
                continue;
            };
            match read(self, expr, Some(&field.ty.ty), env) {
                Some(value) => {
                    out.insert(field.name.clone(), value);
                }
                None => fine = false,
            }
        }
        let needed = |f: &&FieldDef| !f.ty.ty.is_optional() && f.default.is_none();
        let missing: Vec<&str> = fields
            .iter()
            .filter(needed)
            .map(|f| &*f.name)
            .filter(|f| !given.iter().any(|(n, _)| n.text == *f))
            .collect();
        if !missing.is_empty() {
            let message = format!("{of} needs `{}`.", missing.join("`, `"));
            self.bad_runtime(span, message, "not given", "Give it behind the name: `{ field: value }`.");
            fine = false;
        }
        fine.then(|| out.into_iter().collect())
    }

    /// A value over the inputs, of the type that its place has.
    fn input_value(&mut self, expr: &ast::Expr, ty: Option<&crate::types::Type>, env: &mut Env) -> Option<TExpr> {
        let found = self.place(expr, ty, env)?;
        match ty {
            Some(ty) if found.ty != *ty && found.ty != *ty.required() => {
                self.mismatch(expr.span, ty, &found.ty);
                None
            }
            Some(_) | None => Some(found),
        }
    }

    fn executor(&mut self, def: DefId, state: &ast::State, executor: &ast::Executor) -> Option<ExecutorDef> {
        let scope = self.scope(self.set.def(def).package, &state.head.on, Reach::Declared, "executor")?;
        self.check_consumed(state, &scope, &executor.consumes);
        let mut consumes = self.distinct(executor.consumes.iter(), "parameter");
        consumes.sort();
        let within = match &executor.within {
            Some((within, at)) => Some(self.length(within, *at)?),
            None => None,
        };
        Some(ExecutorDef {
            name: self.named(def),
            scope,
            consumes,
            within,
            idempotent: executor.idempotent,
            doc: self.doc_of(def),
            span: state.head.name.span,
        })
    }

    /// Each parameter of an executed action must be used: what nobody executes, the agent would choose freely.
    fn check_consumed(&mut self, state: &ast::State, scope: &Scope, consumes: &[Name]) {
        let mut known: Vec<Arc<str>> = Vec::new();
        for action in &scope.actions {
            let def = self.actions[action.0 as usize].clone();
            for field in def.fields.iter().filter(|f| f.origin == Origin::Parameter) {
                known.push(field.name.clone());
                if !consumes.iter().any(|name| *name.text == *field.name) {
                    self.report(
                        Diagnostic::new(
                            Code::Unconsumed,
                            field.span,
                            format!(
                                "`{}` is a parameter of {}, but the executor `{}` never uses it.",
                                field.name, def.name, state.head.name.text
                            ),
                        )
                        .at("the agent would choose it, and nothing would do it")
                        .label(state.head.name.span, "the executor")
                        .help(format!("Write `observed`, or add it: `consumes {}`.", field.name)),
                    );
                }
            }
        }
        for name in consumes.iter().filter(|name| !known.iter().any(|k| **k == *name.text)) {
            let near = nearest(&name.text, known.iter().map(|k| &**k)).map(str::to_string);
            let finding = Diagnostic::new(
                Code::UnknownField,
                name.span,
                format!("No action here has a parameter `{}`.", name.text),
            )
            .at("nothing to use");
            self.report(match near {
                Some(near) => finding.help(format!("Write `{near}`.")),
                None => finding.help("Remove it."),
            });
        }
    }

    /// What stands for the inputs of a workflow in its steps.
    fn input_names(&self, def: DefId) -> BTreeMap<String, TExpr> {
        let inputs = self.runtime.inputs.get(&def).map(Vec::as_slice).unwrap_or_default();
        let named = inputs.iter().map(|field| {
            let read = typed(TExprKind::Field(field.name.clone()), field.ty.ty.clone(), field.span);
            (field.name.to_string(), TExpr { range: field.ty.range, ..read })
        });
        named.collect()
    }
}

/// The canonical form of what the runtime does.
pub(super) fn runtime_text(defs: &RuntimeDefs) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    let arguments = |list: &[(Arc<str>, TExpr)]| {
        list.iter().map(|(name, e)| format!("{name}={}", canonical::text(e))).collect::<Vec<_>>()
    };
    for w in &defs.workflows {
        workflows::text(w, &mut out);
    }
    for d in &defs.digests {
        let at_once: Vec<String> = d.at_once.iter().map(canonical::scope).collect();
        let _ = writeln!(
            out,
            "digest {} doc {:?} {:?} {} {:?} {at_once:?} {:?} {}",
            d.name, d.doc, d.to, d.every, d.quiet, d.from, d.most_entries
        );
    }
    for s in &defs.schedules {
        let by = s.actor.as_ref().map(canonical::principals);
        let given = arguments(&s.arguments);
        let _ = writeln!(out, "schedule {} doc {:?} {:?} {} {given:?} {by:?}", s.name, s.doc, s.when, s.action.0);
    }
    for e in &defs.executors {
        let on = canonical::scope(&e.scope);
        let _ =
            writeln!(out, "executor {} doc {:?} {on} {:?} {:?} {}", e.name, e.doc, e.consumes, e.within, e.idempotent);
    }
    out
}
