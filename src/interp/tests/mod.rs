//! The language's sentences, each as a test. Policies are built by hand here, so that nothing but the
//! interpreter is under test; `tests/cases` does the same from rule texts.

mod combining;
mod errors;
mod explaining;
mod obligations;
mod truth;

use std::sync::Arc;

use super::{Scene, decide};
use crate::check::typed::{
    ActionDef, ActionId, Branch, Duty, FactSchemas, Item, ItemBody, ItemKind, NamePatterns, Principals, Scope, TExpr,
    TExprKind, TypedPolicy, TypedText,
};
use crate::decision::{Decision, ItemId, PolicyHash, Tier};
use crate::entities::Entities;
use crate::facts::Facts;
use crate::raw::Raw;
use crate::reader::Bound;
use crate::request::Request;
use crate::settings::Settings;
use crate::source::{FileId, Span};
use crate::types::{FieldDef, FieldType, Origin, Type, TypeTable};
use crate::value::Value;

pub(super) const DEPLOY: ActionId = ActionId(0);
pub(super) const NOOP: ActionId = ActionId(1);
pub(super) const WAIT: ActionId = ActionId(2);

pub(super) fn field(name: &str, ty: Type, origin: Origin) -> FieldDef {
    FieldDef {
        name: name.into(),
        ty: FieldType::plain(ty),
        origin,
        default: None,
        doc: String::new(),
        span: Span::default(),
    }
}

fn action(name: &str, fields: Vec<FieldDef>) -> ActionDef {
    let severity = "low".into();
    ActionDef { name: name.into(), package: "p".into(), fields, severity, doc: String::new(), span: Span::default() }
}

/// A policy over `deploy`, whose observed bools `a b c` stand for conditions, with `noop` and `wait`.
pub(super) fn policy(mut items: Vec<Item>) -> TypedPolicy {
    items.sort_by(|x, y| x.name.cmp(&y.name));
    let conditions = ["a", "b", "c"].map(|name| field(name, Type::Bool, Origin::Observed)).to_vec();
    TypedPolicy {
        settings: Settings::default(),
        types: TypeTable::default(),
        facts: FactSchemas { agent: vec![field("id", Type::String, Origin::Parameter)], ..FactSchemas::default() },
        flags: Vec::new(),
        actions: vec![action("deploy", conditions), action("noop", Vec::new()), action("wait", Vec::new())],
        undeclared: ActionDef::undeclared(),
        aliases: Vec::new(),
        items,
        tests: Vec::new(),
        asserts: Vec::new(),
        state: crate::check::typed::state::StateDefs::default(),
        hash: PolicyHash::default(),
    }
}

pub(super) fn expr(kind: TExprKind, ty: Type, at: usize) -> TExpr {
    TExpr { kind, ty, range: None, errs: true, span: Span::new(FileId(0), at, at + 1) }
}

/// The condition `a`, `b` or `c`; its place in the text follows the alphabet.
pub(super) fn cond(name: &str) -> TExpr {
    let at = usize::from(name.as_bytes()[0]);
    expr(TExprKind::Field(name.into()), Type::Bool, at)
}

pub(super) fn always() -> TExpr {
    expr(TExprKind::Const(Value::Bool(true)), Type::Bool, 0)
}

pub(super) fn branch(tier: Tier, when: TExpr) -> Branch {
    Branch { when, tier, because: None, code: None, span: Span::default() }
}

fn item(name: &str, kind: ItemKind, body: ItemBody) -> Item {
    Item {
        name: name.into(),
        package: name.split('.').next().unwrap_or_default().into(),
        code: name.into(),
        kind,
        scope: Scope { actions: vec![DEPLOY], undeclared: None },
        body,
        obligations: Vec::new(),
        believing: Vec::new(),
        doc: String::new(),
        span: Span::default(),
        name_span: Span::default(),
    }
}

pub(super) fn rule(name: &str, tier: Tier, when: TExpr) -> Item {
    bands(name, vec![branch(tier, when)])
}

pub(super) fn bands(name: &str, branches: Vec<Branch>) -> Item {
    item(name, ItemKind::Rule, ItemBody::Rule { branches, relaxable: false })
}

pub(super) fn guard(name: &str, tier: Tier, when: TExpr) -> Item {
    floor(name, vec![branch(tier, when)], None)
}

pub(super) fn floor(name: &str, branches: Vec<Branch>, if_unclear: Option<Tier>) -> Item {
    let reads_warnings = branches.iter().any(|b| matches!(b.when.kind, TExprKind::Warnings(_)));
    item(name, ItemKind::Guard, ItemBody::Floor { branches, if_unclear, reads_warnings, approvable: false })
}

pub(super) fn relax(name: &str, from: Tier, to: Tier, when: TExpr) -> Item {
    item(name, ItemKind::Relax, ItemBody::Relax { when, from, to, of: None })
}

pub(super) fn exception(name: &str, to: u32, when: TExpr) -> Item {
    item(name, ItemKind::Exception, ItemBody::Exception { when, to: ItemId(to), because: TypedText::default() })
}

pub(super) fn approval(name: &str, quorum: u32, fallback: bool, when: TExpr) -> Item {
    let people = Principals { people: true, ..Principals::default() };
    let body = ItemBody::Approval { when, people, quorum, within: 1, own: false, ask: Vec::new(), fallback };
    item(name, ItemKind::Approval, body)
}

impl Item {
    pub(super) fn with(mut self, duty: Duty) -> Self {
        self.obligations.push(duty);
        self
    }

    pub(super) fn notify(self, channel: &str) -> Self {
        self.with(Duty::Notify(channel.into()))
    }

    pub(super) fn redact(self, field: &str) -> Self {
        self.with(Duty::Redact(field.into()))
    }

    pub(super) fn on_names(mut self, any: bool, parts: &[(bool, &str)]) -> Self {
        let parts = parts.iter().map(|(subtracts, p)| (*subtracts, Arc::from(*p))).collect();
        self.scope.undeclared = Some(NamePatterns { any, parts });
        self
    }
}

/// `deploy` with the conditions given as `a=1 b=0 c=?`; what is not named is false, `?` errs.
pub(super) fn ask(policy: &TypedPolicy, conditions: &str) -> Decision {
    let mut facts = Facts::of_agent("bot");
    for name in ["a", "b", "c"] {
        let told = conditions.split(' ').find_map(|c| c.strip_prefix(name)?.strip_prefix('='));
        match told {
            Some("?") => {}
            told => facts = facts.observed(name, Raw::Bool(told == Some("1"))),
        }
    }
    put(policy, &Request::new("deploy"), &facts)
}

pub(super) fn put(policy: &TypedPolicy, request: &Request, facts: &Facts) -> Decision {
    let bound = Bound::new(policy, request, facts);
    decide(&Scene::new(policy, &bound, &Entities::none()))
}

/// `name:tier` of each determining item, `!` where it erred.
pub(super) fn because(policy: &TypedPolicy, decision: &Decision) -> String {
    let shown = decision.determining.iter().map(|d| {
        let name = d.item.map_or("default", |id| policy.item(id).name.split('.').next_back().unwrap_or_default());
        let mark = if d.outcome == crate::decision::Outcome::Erred { "!" } else { "" };
        format!("{name}:{}{mark}", d.tier)
    });
    shown.collect::<Vec<_>>().join(" ")
}
