//! Policies of many rules on one action, told apart in every way that a lane knows, and requests near them.

use std::sync::Arc;

use crate::builtin::{self, Form};
use crate::check::typed::{Comparison, FactGroup, TExpr, TExprKind, TypedPolicy};
use crate::decision::{ItemId, Tier};
use crate::entities::{self, Entities};
use crate::graph::tests::{
    and, asks, beyond, branch, compare, exception, expr, field, guard, int, or, policy, relax, rule, team, text,
};
use crate::plan::Answer;
use crate::plan::tests::{Given, Source, condition, path, random_inputs, random_item, unavailable};
use crate::types::{EntityTypeId, EnumId, Type};
use crate::value::pattern::PatternKind;
use crate::value::{PatternSet, RangeValue, Value};

const NAMES: [&str; 12] =
    ["main", "api", "api-eu", "api-eu-1", "web", "web/1", "release/1", "release/2", "rel", "x", "staging-db", "db"];
const PATHS: [&str; 17] = [
    "src/lib.rs",
    "src/LIB.rs",
    "src",
    "SRC/lib.rs",
    "docs/a.md",
    "docs/sub/a.md",
    "server.key",
    "conf/server.key",
    "/etc/passwd",
    "/etc",
    "../src/lib.rs",
    "../../docs/a.md",
    "a",
    "straße/x",
    "STRASSE/x",
    ".",
    "E\u{301}x",
];
const GLOBS: [&str; 13] = [
    "src/**",
    "docs/*",
    "**/*.key",
    "**/server.key",
    "SRC/**",
    "**/sub/**",
    "/etc/*",
    "src/lib.*",
    "stra*/x",
    "**/a.md",
    "src/?ib.rs",
    "**",
    "E*",
];
const TEAMS: [&str; 4] = ["api", "all", "ghosts", "web"];

fn constant(value: Value, ty: Type) -> TExpr {
    expr(TExprKind::Const(value), ty)
}

fn set(values: Vec<Value>, ty: Type) -> TExpr {
    constant(Value::set(values), Type::Set(Arc::new(ty)))
}

fn member(of: TExpr, group: TExpr) -> TExpr {
    asks(TExprKind::In(Box::new(of), Box::new(group)))
}

fn call(name: &str, form: Form, of: TExpr, with: Option<TExpr>, ty: Type) -> TExpr {
    let (id, _) = builtin::find(form, name, of.ty.required()).unwrap();
    let mut arguments = vec![of];
    arguments.extend(with);
    expr(TExprKind::Call(id, arguments), ty)
}

fn test(name: &str, of: TExpr, with: TExpr) -> TExpr {
    call(name, Form::Relation, of, Some(with), Type::Bool)
}

fn patterns(kind: PatternKind, all: &[&str]) -> TExpr {
    let set = PatternSet::compile(kind, all).unwrap();
    constant(Value::Patterns(Arc::new(set)), Type::String)
}

/// A text that may be any of the keys.
fn text_key(source: &mut Source) -> TExpr {
    match source.below(5) {
        0 => field("label", Type::String.optional()),
        1 => {
            let label = field("label", Type::String.optional());
            expr(TExprKind::Coalesce(Box::new(label), Box::new(text("x"))), Type::String)
        }
        _ => field("branch", Type::String),
    }
}

fn text_test(source: &mut Source) -> TExpr {
    let of = text_key(source);
    let name = source.of(&NAMES);
    match source.below(9) {
        0 | 1 => compare(Comparison::Equal, of, text(name)),
        2 => {
            let some = (0..source.below(4)).map(|_| Value::str(source.of(&NAMES))).collect();
            member(of, set(some, Type::String))
        }
        3 => test("starts with", of, text(&name[..source.below(name.len() + 1)])),
        4 => test("ends with", of, text(&name[source.below(name.len() + 1)..])),
        5 => test("contains", of, text(&name[source.below(name.len())..])),
        6 => {
            let glob = source.of(&["api*", "*-eu", "re*/1", "*web*", "a?i-*", "main", "*", "release/*", "?"]);
            test("like", of, patterns(PatternKind::TextGlob, &[glob]))
        }
        7 => {
            let all: Vec<&str> = (0..1 + source.below(2))
                .map(|_| {
                    source.of(&["^api", "eu$", "^main$", "release/[0-9]", "(web|db)", "[a-z]+", "stag.*db", "^rel"])
                })
                .collect();
            test("matches any", of, patterns(PatternKind::Regex, &all))
        }
        _ => {
            let a = compare(Comparison::Equal, of.clone(), text(name));
            let b = compare(Comparison::Equal, text(source.of(&NAMES)), of);
            or(vec![a, b])
        }
    }
}

fn path_test(source: &mut Source) -> TExpr {
    let of = match source.below(4) {
        0 => call("name", Form::Property, field("file", Type::Path), None, Type::Path),
        _ => field("file", Type::Path),
    };
    let other = path(source.of(&PATHS));
    match source.below(5) {
        0 => compare(Comparison::Equal, of, constant(other, Type::Path)),
        1 => member(of, set(vec![other, path(source.of(&PATHS))], Type::Path)),
        2 => test("under", of, constant(other, Type::Path)),
        3 => test("like", of, patterns(PatternKind::PathGlob, &[source.of(&GLOBS)])),
        _ => test("like any", of, patterns(PatternKind::PathGlob, &[source.of(&GLOBS), source.of(&GLOBS)])),
    }
}

fn number_test(source: &mut Source) -> TExpr {
    let of = || field("lines", Type::Int);
    let number = |source: &mut Source| if source.below(6) == 0 { source.number() } else { source.below(30) as i64 };
    let (a, b) = (number(source), number(source));
    match source.below(7) {
        0 => compare(Comparison::Equal, of(), int(a)),
        1 => member(of(), set(vec![Value::Int(a), Value::Int(b), Value::Int(3)], Type::Int)),
        2 => {
            let (low, high) = (a.min(b), a.max(b));
            let range = RangeValue { low: Value::Int(low), high: Value::Int(high), closed: source.below(2) == 0 };
            member(of(), constant(Value::Range(Arc::new(range)), Type::Int))
        }
        3 => {
            let low = compare(source.of(&[Comparison::Greater, Comparison::GreaterOrEqual]), of(), int(a.min(b)));
            let high = compare(source.of(&[Comparison::Less, Comparison::LessOrEqual]), of(), int(a.max(b)));
            and(vec![low, high])
        }
        4 => compare(source.of(&[Comparison::Less, Comparison::Greater]), int(a), of()),
        5 => {
            let stage = Type::Enum(EnumId(3));
            let value = constant(Value::Enum(EnumId(3), source.below(3) as u32), stage.clone());
            compare(source.of(&[Comparison::Equal, Comparison::GreaterOrEqual]), field("stage", stage), value)
        }
        _ => compare(source.of(&[Comparison::LessOrEqual, Comparison::GreaterOrEqual]), of(), int(a)),
    }
}

fn entity_test(source: &mut Source) -> TExpr {
    let ty = Type::Entity(EntityTypeId(1));
    let owner = || field("owner", Type::Entity(EntityTypeId(1)));
    let one = |source: &mut Source| Value::Entity(team(source.of(&TEAMS)));
    match source.below(5) {
        0 => compare(Comparison::Equal, owner(), constant(one(source), ty)),
        1 => member(owner(), constant(one(source), ty)),
        2 => member(owner(), set(vec![one(source), one(source)], ty)),
        3 => {
            let is = compare(Comparison::Equal, owner(), constant(one(source), ty.clone()));
            or(vec![is, member(owner(), constant(one(source), ty))])
        }
        _ => member(expr(TExprKind::Principal, Type::Entity(EntityTypeId::AGENT)), constant(one(source), ty)),
    }
}

/// A condition that a lane can tell apart, alone or with others.
fn told_apart(source: &mut Source) -> TExpr {
    let one = match source.below(6) {
        0 | 1 => text_test(source),
        2 => path_test(source),
        3 | 4 => number_test(source),
        _ => entity_test(source),
    };
    let mut all = vec![one];
    if source.below(3) == 0 {
        all.insert(0, asks(TExprKind::Has(Box::new(field("label", Type::String.optional())))));
    }
    match source.below(6) {
        0 => all.push(text_test(source)),
        1 => all.push(number_test(source)),
        2 => all.push(condition(source, 1, None)),
        3 => {
            let trust = expr(TExprKind::Fact(FactGroup::Agent, 2), Type::Decimal);
            let limit = constant(Value::Decimal(60_000_000), Type::Decimal);
            all.push(compare(Comparison::GreaterOrEqual, trust, limit));
        }
        _ => {}
    }
    if all.len() == 1 { all.remove(0) } else { and(all) }
}

/// Some dozens of items on one action, most of them rules and guards.
pub(crate) fn crowd(source: &mut Source) -> TypedPolicy {
    let default = source.of(&[Tier::Red, Tier::Black]);
    let tiers = [Tier::Green, Tier::Yellow, Tier::Red, Tier::Black];
    let some = 5 + source.below(60);
    let mixed = source.below(3) == 0;
    let mut items: Vec<_> = (0..some)
        .map(|n| {
            let name = format!("{}.i{n:02}", source.of(&["demo.a", "demo.b"]));
            let mut bands =
                || (0..1 + source.below(2)).map(|_| branch(told_apart(source), source.of(&tiers))).collect::<Vec<_>>();
            let bands = bands();
            match source.below(if mixed { 9 } else { 6 }) {
                0..=3 => rule(&name, bands),
                4 => guard(&name, bands, (source.below(2) == 0).then_some(Tier::Red)),
                5 => beyond(guard(&name, bands, None), true, &[]),
                6 => relax(&name, told_apart(source), Tier::Red, Tier::Green),
                7 => exception(&name, told_apart(source), ItemId(0)),
                _ => random_item(source, n),
            }
        })
        .collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    let floors: Vec<ItemId> = (0..)
        .map(ItemId)
        .zip(&items)
        .filter(|(_, item)| matches!(item.body, crate::check::typed::ItemBody::Floor { .. }))
        .map(|(id, _)| id)
        .collect();
    for item in &mut items {
        if let crate::check::typed::ItemBody::Exception { to, .. } = &mut item.body {
            *to = if floors.is_empty() { ItemId(0) } else { source.of(&floors) };
        }
    }
    let mut made = policy(items, default);
    made.settings.case_sensitive_paths = source.below(4) == 0;
    made
}

/// A request near the constants of [`crowd`].
pub(crate) fn crowd_inputs(source: &mut Source) -> Given {
    let mut made = random_inputs(source);
    let mut set = |source: &mut Source, name: &str, value: Value| {
        let answer: Answer = if source.below(12) == 0 { Err(unavailable()) } else { Ok(Some(value)) };
        made = made.clone().set(name, answer);
    };
    let tail = if source.below(3) == 0 { "-1" } else { "" };
    let text = format!("{}{tail}", source.of(&NAMES));
    set(source, "branch", Value::str(&text));
    let label = Value::str(source.of(&NAMES));
    set(source, "label", label);
    let file = path(source.of(&PATHS));
    set(source, "file", file);
    let lines = if source.below(6) == 0 { source.number() } else { source.below(30) as i64 };
    set(source, "lines", Value::Int(lines));
    let owner = Value::Entity(team(source.of(&["api", "all", "ghosts", "nobody"])));
    set(source, "owner", owner);
    if source.below(4) == 0 {
        made = made.set("label", Ok(None));
    }
    if source.below(4) == 0 {
        // What the ghosts lie in is not all known.
        let held = |entity, parents| entities::Given { entity, parents, attributes: vec![] };
        let agent = crate::value::EntityRef { ty: EntityTypeId::AGENT, id: "a1".into() };
        let all = vec![
            held(team("all"), vec![]),
            held(team("api"), vec![team("all")]),
            held(team("ghosts"), vec![team("all"), team("lost")]),
            held(agent, vec![team(source.of(&["api", "ghosts"]))]),
        ];
        made.entities = Entities::build(all, |_| true).unwrap();
    }
    made
}
