//! Random policies and requests over the fixture's schema.

use std::sync::Arc;

use super::{Answer, Given, unavailable};
use crate::check::typed::{
    Arithmetic, Comparison, FactGroup, FlagId, Item, ItemBody, QuantifierKind, TExpr, TExprKind, TypedPolicy, VarId,
};
use crate::decision::{ItemId, Tier};
use crate::graph::tests::{
    always, and, approval, asks, beyond, branch, compare, exception, expr, field, guard, int, list_of, not, or, policy,
    quantified, relax, rule, team, text,
};
use crate::types::{EnumId, Type};
use crate::value::Value;

/// Numbers from a seed.
pub(crate) struct Source(u64);

impl Source {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    pub(crate) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    pub(crate) fn number(&mut self) -> i64 {
        self.of(&[0, 1, 2, 3, 499, 500, 501, 700, 2000, -1, i64::MAX, i64::MIN])
    }
}

const BRANCHES: [&str; 5] = ["main", "master", "release/1", "feature/x", ""];

fn number(source: &mut Source, depth: u32, variable: Option<Type>) -> TExpr {
    if depth == 0 {
        return match source.below(4) {
            0 => field("lines", Type::Int),
            1 if variable == Some(Type::Int) => expr(TExprKind::Var(VarId(0)), Type::Int),
            _ => int(source.number()),
        };
    }
    let of = |source: &mut Source| Box::new(number(source, depth - 1, variable.clone()));
    match source.below(6) {
        0 => {
            let how = source.of(&[Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply]);
            expr(TExprKind::Arithmetic(how, of(source), of(source)), Type::Int)
        }
        1 => expr(TExprKind::Coalesce(Box::new(field("ticket", Type::Int.optional())), of(source)), Type::Int),
        2 if variable.is_none() => {
            let body = condition(source, depth - 1, Some(Type::Int));
            let filter = (source.below(2) == 0).then(|| condition(source, depth - 1, Some(Type::Int)));
            quantified(QuantifierKind::Count, field("sizes", list_of(Type::Int)), filter, body)
        }
        _ => *of(source),
    }
}

fn comparison(source: &mut Source) -> Comparison {
    source.of(&[
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

fn atom(source: &mut Source, depth: u32, variable: Option<Type>) -> TExpr {
    let depth = depth.min(2);
    match source.below(14) {
        0 => field("passed", Type::Bool),
        1 => asks(TExprKind::Has(Box::new(field("ticket", Type::Int.optional())))),
        2 => {
            let how = source.of(&[Comparison::Equal, Comparison::NotEqual]);
            compare(how, field("branch", Type::String), text(source.of(&BRANCHES)))
        }
        3 => {
            let n = source.below(4);
            let set = Value::set((0..n).map(|_| Value::str(source.of(&BRANCHES))).collect());
            let set = expr(TExprKind::Const(set), Type::Set(Arc::new(Type::String)));
            asks(TExprKind::In(Box::new(field("branch", Type::String)), Box::new(set)))
        }
        4 => {
            let n = source.below(5);
            let set = Value::set((0..n).map(|_| Value::Int(source.number())).collect());
            let set = expr(TExprKind::Const(set), Type::Set(Arc::new(Type::Int)));
            asks(TExprKind::In(Box::new(number(source, depth, variable)), Box::new(set)))
        }
        5 => {
            let stage = Type::Enum(EnumId(3));
            let value = expr(TExprKind::Const(Value::Enum(EnumId(3), source.below(3) as u32)), stage.clone());
            compare(comparison(source), field("stage", stage), value)
        }
        6 => {
            let group = expr(TExprKind::Const(Value::Entity(team("all"))), Type::Entity(crate::types::EntityTypeId(1)));
            let who = if source.below(2) == 0 {
                expr(TExprKind::Principal, Type::Entity(crate::types::EntityTypeId::AGENT))
            } else {
                field("owner", Type::Entity(crate::types::EntityTypeId(1)))
            };
            asks(TExprKind::In(Box::new(who), Box::new(group)))
        }
        7 if variable.is_none() => {
            let kind = source.of(&[QuantifierKind::Any, QuantifierKind::All]);
            let (over, of) = source.of(&[("sizes", Type::Int), ("changed", Type::String)]);
            let body = condition(source, depth, Some(of.clone()));
            let filter = (source.below(2) == 0).then(|| condition(source, depth, Some(of.clone())));
            quantified(kind, field(over, list_of(of)), filter, body)
        }
        8 => {
            let of = Box::new(field("passed", Type::Bool));
            let other = Box::new(asks(TExprKind::Flag(FlagId(0), vec![])));
            asks(TExprKind::Compare(source.of(&[Comparison::Equal, Comparison::NotEqual]), of, other))
        }
        9 if variable == Some(Type::String) => compare(
            Comparison::Equal,
            expr(TExprKind::Var(VarId(0)), Type::String),
            text(source.of(&["a.rs", "docs/b.md"])),
        ),
        10 => {
            let all: Vec<TExpr> = (0..2).map(|_| number(source, depth, variable.clone())).collect();
            let set = expr(TExprKind::SetOf(all), Type::Set(Arc::new(Type::Int)));
            asks(TExprKind::In(Box::new(number(source, depth, variable)), Box::new(set)))
        }
        11 => {
            let trust = expr(TExprKind::Fact(FactGroup::Agent, 2), Type::Decimal);
            let cost = field("cost", Type::Decimal);
            let lines = expr(TExprKind::ToDecimal(Box::new(field("lines", Type::Int))), Type::Decimal);
            let a = source.of(&[trust, cost.clone(), lines]);
            compare(comparison(source), a, cost)
        }
        12 => field("missing", Type::Bool),
        _ => compare(comparison(source), number(source, depth, variable.clone()), number(source, depth, variable)),
    }
}

pub(crate) fn condition(source: &mut Source, depth: u32, variable: Option<Type>) -> TExpr {
    if depth == 0 {
        return atom(source, 1, variable);
    }
    let some = |source: &mut Source| -> Vec<TExpr> {
        (0..1 + source.below(3)).map(|_| condition(source, depth - 1, variable.clone())).collect()
    };
    match source.below(8) {
        0 | 1 => and(some(source)),
        2 | 3 => or(some(source)),
        4 => not(condition(source, depth - 1, variable)),
        5 => {
            let all = some(source);
            asks(TExprKind::AtLeast(source.below(4) as u32, all))
        }
        6 if source.below(4) == 0 => always(),
        _ => atom(source, 2, variable),
    }
}

/// A policy of some items of every kind.
pub(crate) fn random_policy(source: &mut Source) -> TypedPolicy {
    let default = source.of(&[Tier::Red, Tier::Black]);
    let some = 2 + source.below(12);
    let mut items: Vec<Item> = (0..some).map(|n| random_item(source, n)).collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    // Exceptions and relaxes name items by place: choose among the sorted ones.
    let places: Vec<(ItemId, bool, bool)> = (0..)
        .map(ItemId)
        .zip(&items)
        .map(|(id, i)| (id, matches!(i.body, ItemBody::Floor { .. }), matches!(i.body, ItemBody::Rule { .. })))
        .collect();
    let floors: Vec<ItemId> = places.iter().filter(|p| p.1).map(|p| p.0).collect();
    let rules: Vec<ItemId> = places.iter().filter(|p| p.2).map(|p| p.0).collect();
    items.retain_mut(|item| match &mut item.body {
        ItemBody::Exception { to, .. } => {
            *to = if floors.is_empty() { ItemId(0) } else { source.of(&floors) };
            true
        }
        ItemBody::Relax { of, .. } if source.below(3) == 0 && !rules.is_empty() => {
            *of = Some(source.of(&rules));
            true
        }
        _ => true,
    });
    policy(items, default)
}

pub(crate) fn random_item(source: &mut Source, number: usize) -> Item {
    let package = source.of(&["demo.a", "demo.b"]);
    let name = format!("{package}.i{number:02}");
    let tiers = [Tier::Green, Tier::Yellow, Tier::Red, Tier::Black];
    let bands = |source: &mut Source| {
        (0..1 + source.below(2)).map(|_| branch(condition(source, 3, None), source.of(&tiers))).collect::<Vec<_>>()
    };
    match source.below(10) {
        0..=2 => rule(&name, bands(source)),
        3 | 4 => {
            let unclear = (source.below(3) == 0).then_some(Tier::Red);
            guard(&name, bands(source), unclear)
        }
        5 => {
            let branches = bands(source);
            beyond(guard(&name, branches, None), true, &[])
        }
        6 => {
            let (from, to) = source.of(&[
                (Tier::Red, Tier::Green),
                (Tier::Red, Tier::Yellow),
                (Tier::Yellow, Tier::Green),
                (Tier::Black, Tier::Green),
            ]);
            relax(&name, condition(source, 2, None), from, to)
        }
        7 => exception(&name, condition(source, 2, None), ItemId(0)),
        8 => approval(&name, condition(source, 2, None), 1 + source.below(2) as u32, source.below(3) == 0),
        _ => {
            let count = asks(TExprKind::Warnings(1 + source.below(3) as u32));
            let mut all = vec![count];
            if source.below(2) == 0 {
                all.push(condition(source, 2, None));
            }
            guard(&name, vec![branch(and(all), source.of(&[Tier::Red, Tier::Black]))], None)
        }
    }
}

/// A request near the constants of [`random_policy`].
pub(crate) fn random_inputs(source: &mut Source) -> Given {
    let mut made = Given::merge(source.of(&BRANCHES));
    let erring = |source: &mut Source, value: Value| -> Answer {
        if source.below(6) == 0 { Err(unavailable()) } else { Ok(Some(value)) }
    };
    let lines = Value::Int(source.number());
    made = made.set("lines", erring(source, lines));
    let stage = Value::Enum(EnumId(3), source.below(3) as u32);
    made = made.set("stage", erring(source, stage));
    let passed = Value::Bool(source.below(2) == 0);
    made = made.set("passed", erring(source, passed));
    let branch = Value::str(source.of(&BRANCHES));
    made = made.set("branch", erring(source, branch));
    let cost = Value::Decimal(source.of(&[0, 500_000_000, 72_000_000, -5]));
    made = made.set("cost", erring(source, cost));
    let owner = Value::Entity(team(source.of(&["api", "all", "ghosts"])));
    made = made.set("owner", erring(source, owner));
    let unknown = |source: &mut Source, value: Value| {
        if source.below(8) == 0 { Value::Unknown(unavailable()) } else { value }
    };
    let sizes: Vec<Value> = (0..source.below(4))
        .map(|_| {
            let n = Value::Int(source.number());
            unknown(source, n)
        })
        .collect();
    made = made.set("sizes", erring(source, Value::List(sizes.into())));
    let changed: Vec<Value> = (0..source.below(4))
        .map(|_| {
            let text = Value::str(source.of(&["a.rs", "docs/b.md", "c"]));
            unknown(source, text)
        })
        .collect();
    made = made.set("changed", erring(source, Value::List(changed.into())));
    let ticket = match source.below(3) {
        0 => Ok(None),
        1 => Ok(Some(Value::Int(source.number()))),
        _ => Err(unavailable()),
    };
    made = made.set("ticket", ticket);
    made.halt = match source.below(3) {
        0 => Err(unavailable()),
        n => Ok(Some(Value::Bool(n == 1))),
    };
    if source.below(5) == 0 {
        made.action = "rocket.launch".into();
    }
    made
}
