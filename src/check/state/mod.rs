//! Stateful items: what a governor keeps for each, what may be read of it, and the floor that some of them are.
//!
//! Two passes. Before any condition is read, every item says what it keeps ([`Checker::declare_state`]): its scope,
//! keys, amounts and readings. Those expressions read no state, so that nothing is kept in terms of itself. Then each
//! item that is a floor is read as one ([`Checker::state`]): its `when`, tier, reason and obligations.

mod amounts;
pub(in crate::check) mod approximate;
mod bodies;
mod flags;
mod empty;
mod floor;
mod footprints;
mod history;
mod readings;
mod said;
mod trust;
mod windows;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub(super) use said::state_text;

use super::Checker;
use super::expression::{Env, Reads};
use super::items::{Draft, Place};
use super::scope::Reach;
use super::typed::runtime::RuntimeDefs;
use super::typed::state::{DEFAULT_KEYS, FlagRules, Part, Reading, StateBody, StateDefs, StateItem, TrustDef};
use super::typed::{Item, Scope, TExpr, TExprKind, TypedAssert};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{DefId, DefKind};
use crate::source::Span;
use crate::syntax::ast::{self, Literal, StateKind};
use crate::types::{FieldDef, FieldType, Origin, Type};

/// The most keys that an item may keep.
const MOST_KEYS: i64 = 10_000_000;

/// What the checker knows of state.
#[derive(Default)]
pub(crate) struct StateTable {
    /// Items that keep something, with what is known of each.
    declared: HashMap<DefId, Declared>,
    /// Readings of history, each once, in the order in which they were met.
    pub(super) histories: Vec<StateItem>,
    /// Their places among those, by name.
    asked_before: HashMap<Arc<str>, usize>,
    /// How often history was asked for.
    pub(super) asked: usize,
    /// How trust grows and shrinks.
    pub(super) trust: Option<TrustDef>,
    /// How flags may be set.
    pub(super) flags: Vec<FlagRules>,
    /// Readings that may be off by a bucket, by place, with whether they are then too high.
    rounded: BTreeMap<u32, bool>,
}

impl StateTable {
    /// Whether the policy keeps anything.
    pub(super) fn keeps_something(&self) -> bool {
        self.trust.is_some() || !self.declared.is_empty() || !self.histories.is_empty()
    }

    /// What is kept for an item.
    pub(super) fn item(&self, def: DefId) -> Option<&StateItem> {
        self.declared.get(&def).map(|declared| &declared.item)
    }
}

/// An item that keeps something.
struct Declared {
    item: StateItem,
    /// Claims that its keys and amounts read.
    claims: BTreeMap<Arc<str>, Span>,
}

/// What an item of any kind says besides its body.
pub(super) struct Frame<'s> {
    state: &'s ast::State,
    scope: Scope,
    keys: Vec<TExpr>,
    env: Env,
}

/// The parts of an item that may be read, with the type of each.
type Parts = Vec<(Part, Arc<str>, FieldType)>;

impl<'a> Checker<'a> {
    /// Declares all that is kept and what may be read of it, before any condition is read.
    pub(super) fn declare_state(&mut self) {
        self.declare_runtime();
        let mut fields: Vec<FieldDef> = Vec::new();
        for def in self.set.def_ids() {
            let DefKind::State(kind) = self.set.def(def).kind else { continue };
            let set: &'a crate::hir::PolicySet = self.set;
            let ast::ItemKind::State(state) = &set.item(def).kind else { continue };
            match kind {
                StateKind::Trust => {
                    self.declare_trust(def, state);
                    continue;
                }
                StateKind::Digest | StateKind::Workflow | StateKind::Schedule | StateKind::Executor => continue,
                StateKind::Limit
                | StateKind::Cooldown
                | StateKind::Budget
                | StateKind::Window
                | StateKind::Once
                | StateKind::Lease
                | StateKind::States
                | StateKind::Grant => {}
            }
            let Some((declared, parts)) = self.declared_item(def, state) else {
                self.unread.insert(state.head.name.text.clone());
                continue;
            };
            for (part, name, ty) in &parts {
                fields.push(FieldDef {
                    name: format!("{}.{name}", declared.item.name).into(),
                    ty: ty.clone(),
                    origin: Origin::Observed,
                    default: empty::empty(&declared.item, *part, ty.ty.required()),
                    doc: String::new(),
                    span: declared.item.span,
                });
            }
            self.state.declared.insert(def, declared);
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        fields.dedup_by(|a, b| a.name == b.name);
        self.facts.state = fields;
        self.place_readings();
    }

    /// Gives every reading its place.
    fn place_readings(&mut self) {
        let facts = &self.facts.state;
        let mut rounded = BTreeMap::new();
        for declared in self.state.declared.values_mut() {
            let item = &mut declared.item;
            for at in 0..item.readings.len() {
                let name = format!("{}.{}", item.name, item.part_name(item.readings[at].part));
                let place = facts.partition_point(|def| *def.name < *name) as u32;
                item.readings[at].place = place;
                if let Some(high) = approximate::rounded(item, item.readings[at].part) {
                    rounded.insert(place, high);
                }
            }
        }
        self.state.rounded = rounded;
    }

    fn declared_item(&mut self, def: DefId, state: &'a ast::State) -> Option<(Declared, Parts)> {
        let file = self.set.def(def).place.0;
        let package = self.set.def(def).package;
        let reach = match state.kind {
            StateKind::Limit | StateKind::Cooldown | StateKind::Budget | StateKind::Window => Reach::Open,
            StateKind::Trust
            | StateKind::Once
            | StateKind::Lease
            | StateKind::States
            | StateKind::Grant
            | StateKind::Digest
            | StateKind::Workflow
            | StateKind::Schedule
            | StateKind::Executor => Reach::Declared,
        };
        let scope = self.scope(package, &state.head.on, reach, state.kind.keyword())?;
        let mut env = Env::of_scope(file, &scope);
        env.stateless = Some("a key or an amount");
        let keys = self.keys(state, &mut env);
        let most_keys = self.most_keys(state);
        let mut frame = Frame { state, scope, keys: keys?, env };
        let (body, mut parts) = self.body(&mut frame, package)?;
        if let StateBody::Cooldown(cooldown) = &body
            && !cooldown.across
            && !frame.keys.iter().any(|key| matches!(key.kind, TExprKind::ActionName))
        {
            let span = state.head.name.span;
            frame.keys.push(super::expression::typed(TExprKind::ActionName, Type::String, span));
        }
        let claims = std::mem::take(&mut frame.env.reads).claims;
        let believes = matches!(&state.body, ast::StateBody::Budget { spend: Some(spend), .. } if spend.believing);
        self.refuse_claims(state, &claims, believes);
        parts.sort_by(|a, b| a.1.cmp(&b.1));
        let item = StateItem {
            name: self.set.qualified(def).into(),
            package: self.set.package(package).name.as_str().into(),
            host_keyed: self.host_keyed(&frame.scope, &frame.keys),
            scope: frame.scope,
            when: None,
            keys: frame.keys,
            most_keys: most_keys.unwrap_or(DEFAULT_KEYS),
            body,
            readings: parts.iter().map(|(part, ..)| Reading { part: *part, place: 0 }).collect(),
            doc: self.set.item(def).docs.join("\n"),
            span: self.set.item(def).span,
        };
        Some((Declared { item, claims }, parts))
    }

    /// `for each …`
    fn keys(&mut self, state: &ast::State, env: &mut Env) -> Option<Vec<TExpr>> {
        let mut keys: Vec<TExpr> = Vec::new();
        let mut fine = true;
        for expr in &state.keys {
            let Some(key) = self.value(expr, None, env) else {
                fine = false;
                continue;
            };
            if !is_key(&key.ty) {
                let shown = self.types.show(&key.ty);
                self.report(
                    Diagnostic::new(Code::BadKey, expr.span, format!("State cannot be kept for each {shown}."))
                        .at("not a key")
                        .note("A key is a value with one text form, so that equal keys are equal texts.")
                        .help("Keys are strings, numbers, bools, enums, entities, hosts, refs, paths, addresses, versions."),
                );
                fine = false;
            }
            keys.push(key);
        }
        fine.then_some(keys)
    }

    /// `keep 1_000 keys`
    fn most_keys(&mut self, state: &ast::State) -> Option<u32> {
        let (literal, span) = state.most_keys.as_ref()?;
        match literal {
            Literal::Int(n) if (1..=MOST_KEYS).contains(n) => Some(*n as u32),
            _ => {
                self.report(
                    Diagnostic::new(Code::BadAmount, *span, "So many keys cannot be kept.")
                        .at("a whole number from 1 to 10,000,000")
                        .help("Write for example `keep 10_000 keys`; without it there are 65,536."),
                );
                None
            }
        }
    }

    /// A key or an amount believes a claim only where it says so.
    fn refuse_claims(&mut self, state: &ast::State, claims: &BTreeMap<Arc<str>, Span>, believes: bool) {
        for (claim, span) in claims {
            if believes || state.head.believing.iter().any(|b| *b.text == **claim) {
                continue;
            }
            let help = match state.kind {
                StateKind::Budget => format!("Declare it `observed`, or write `spend believing {claim}`."),
                _ => format!("Declare it `observed`, or say `believing {claim}`."),
            };
            self.report(
                Diagnostic::new(
                    Code::ClaimDecides,
                    *span,
                    format!("`{claim}` is what the agent says; a {} may not count by it.", state.kind.keyword()),
                )
                .at("a claim")
                .note("By what it claims an agent could choose which register counts, or how much.")
                .help(help),
            );
        }
        if believes && claims.is_empty() {
            self.report(
                Diagnostic::new(Code::BelievesNothing, state.head.name.span, "This budget believes no claim.")
                    .at("`spend believing`, and nothing that an agent claims is read")
                    .help("Remove `believing`."),
            );
        }
    }

    /// Whether no key is chosen by an agent.
    fn host_keyed(&self, scope: &Scope, keys: &[TExpr]) -> bool {
        let chosen = |e: &TExpr| match &e.kind {
            TExprKind::Field(name) => {
                let fields = scope.actions.iter().filter_map(|a| self.actions[a.0 as usize].field(name));
                fields.into_iter().any(|f| f.origin != Origin::Observed) || scope.undeclared.is_some()
            }
            TExprKind::ActionName => scope.undeclared.is_some(),
            _ => false,
        };
        !keys.iter().any(|key| key.contains(&chosen))
    }

    /// Ends the check: all conditions have been read.
    pub(super) fn finish(&mut self, items: &mut [Item], asserts: &mut [TypedAssert]) {
        self.nothing_is_lost(items);
        self.refuse_workflow_circles(items);
        self.sort_histories(items, asserts);
        let asked = self.facts.state.len();
        let kept = self.state.histories.len();
        let judge = approximate::Judge {
            rounded: &self.state.rounded,
            default: self.settings.default_tier,
            first_history: (asked - kept) as u32,
        };
        if asked > 0 {
            items.iter().for_each(|item| judge.judge(item, &mut self.out));
            // What enters a window or a grant is neither strict nor loose, so it must be exact.
            let mut kept: Vec<&StateItem> = self.state.declared.values().map(|declared| &declared.item).collect();
            kept.sort_by(|a, b| a.name.cmp(&b.name));
            let exact = kept.into_iter().filter(|item| !item.body.is_floor());
            exact.filter_map(|item| item.when.as_ref()).for_each(|when| judge.condition(when, None, &mut self.out));
        }
        self.check_uncalled();
        // What only a predicate that nobody calls asks of history is not kept.
        self.facts.state.truncate(asked);
        self.state.histories.truncate(kept);
    }

    /// All that is kept.
    pub(super) fn state_defs(table: StateTable, runtime: RuntimeDefs, actions: usize, items: &[Item]) -> StateDefs {
        let mut kept: Vec<StateItem> = table.declared.into_values().map(|declared| declared.item).collect();
        kept.extend(table.histories);
        kept.sort_by(|a, b| a.name.cmp(&b.name));
        let footprints = footprints::footprints(actions, items, &kept);
        StateDefs { items: kept, trust: table.trust, flags: table.flags, footprints, runtime }
    }

    /// The item of a stateful floor; for windows and grants what is left to check.
    pub(super) fn state(&mut self, place: Place<'_>, state: &ast::State) -> Option<Draft> {
        if let Some(by) = &state.waivable
            && state.kind.is_floor()
        {
            self.check_waivable(place.file, by);
        }
        let declared = self.state.declared.get(&place.def)?;
        let scope = declared.item.scope.clone();
        let mut env = Env::of_scope(place.file, &scope);
        let base = self.base_condition(&state.head, &mut env)?;
        let reads = std::mem::take(&mut env.reads);
        let when = (!base.is_empty()).then(|| super::items::all(base.clone(), state.head.name.span));
        if let Some(declared) = self.state.declared.get_mut(&place.def) {
            declared.item.when = when;
        }
        self.check_state_reads(place, state, &reads);
        if !state.kind.is_floor() {
            return None;
        }
        self.stateful_floor(place, state, scope, &base, &mut env)
    }

    /// What the `when` of an item believes, and what it must not read.
    fn check_state_reads(&mut self, place: Place<'_>, state: &ast::State, reads: &Reads) {
        let mut all = Reads { claims: reads.claims.clone(), ..Reads::default() };
        if let Some(declared) = self.state.declared.get(&place.def) {
            all.claims.extend(declared.claims.iter().map(|(claim, span)| (claim.clone(), *span)));
        }
        self.check_believing(&state.head, &all);
        // Whom it counts is not the agent's to say either.
        self.refuse_claims(state, &reads.claims, false);
        if let Some(span) = reads.warnings {
            self.warnings_misused(span);
        }
    }
}

/// Whether values of a type have one text form.
fn is_key(ty: &Type) -> bool {
    match ty {
        Type::Bool
        | Type::Int
        | Type::Decimal
        | Type::String
        | Type::Enum(_)
        | Type::Entity(_)
        | Type::Host
        | Type::Ref
        | Type::Ip
        | Type::Semver
        | Type::Path => true,
        Type::Ratio
        | Type::Percent
        | Type::Duration
        | Type::Timestamp
        | Type::TimeOfDay
        | Type::Cidr
        | Type::Url
        | Type::Command
        | Type::SimpleCommand
        | Type::Record(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map(_)
        | Type::Optional(_)
        | Type::Range(_)
        | Type::Globs
        | Type::Regexes
        | Type::CivilTime => false,
    }
}
