//! Policies built by hand, and what the graph makes of them.

use std::sync::Arc;

use crate::check::typed::{
    ActionDef, ActionId, Branch, Comparison, FactSchemas, FlagDef, Item, ItemBody, ItemKind, NamePatterns, Principals,
    QuantifierKind, Scope, TExpr, TExprKind, TypedPolicy, VarId,
};
use crate::decision::{ItemId, PolicyHash, Tier};
use crate::settings::Settings;
use crate::source::Span;
use crate::types::{EntityDef, EntityTypeId, EnumDef, EnumId, FieldDef, FieldType, Origin, Type, TypeTable};
use crate::value::{EntityRef, Value};

/// An expression of a type.
pub(crate) fn expr(kind: TExprKind, ty: Type) -> TExpr {
    TExpr { kind, ty, range: None, errs: false, span: Span::default() }
}

/// A boolean expression.
pub(crate) fn asks(kind: TExprKind) -> TExpr {
    expr(kind, Type::Bool)
}

pub(crate) fn field(name: &str, ty: Type) -> TExpr {
    expr(TExprKind::Field(name.into()), ty)
}

pub(crate) fn int(n: i64) -> TExpr {
    expr(TExprKind::Const(Value::Int(n)), Type::Int)
}

pub(crate) fn text(s: &str) -> TExpr {
    expr(TExprKind::Const(Value::str(s)), Type::String)
}

pub(crate) fn always() -> TExpr {
    asks(TExprKind::Const(Value::Bool(true)))
}

pub(crate) fn compare(how: Comparison, a: TExpr, b: TExpr) -> TExpr {
    asks(TExprKind::Compare(how, Box::new(a), Box::new(b)))
}

pub(crate) fn not(a: TExpr) -> TExpr {
    asks(TExprKind::Not(Box::new(a)))
}

pub(crate) fn and(all: Vec<TExpr>) -> TExpr {
    asks(TExprKind::And(all))
}

pub(crate) fn or(all: Vec<TExpr>) -> TExpr {
    asks(TExprKind::Or(all))
}

pub(crate) fn quantified(quantifier: QuantifierKind, over: TExpr, filter: Option<TExpr>, body: TExpr) -> TExpr {
    let ty = if quantifier == QuantifierKind::Count { Type::Int } else { Type::Bool };
    let kind = TExprKind::Quantified {
        quantifier,
        variable: VarId(0),
        over: Box::new(over),
        filter: filter.map(Box::new),
        body: Box::new(body),
    };
    expr(kind, ty)
}

pub(crate) fn branch(when: TExpr, tier: Tier) -> Branch {
    Branch { when, tier, because: None, code: None, span: Span::default() }
}

pub(crate) fn list_of(ty: Type) -> Type {
    Type::List(Arc::new(ty))
}

/// Fields of the fixture's actions, sorted by name.
pub(crate) fn fields() -> Vec<FieldDef> {
    let stage = Type::Enum(EnumId(3));
    let all = [
        ("branch", Type::String, Origin::Parameter),
        ("changed", list_of(Type::String), Origin::Observed),
        ("cost", Type::Decimal, Origin::Claimed),
        ("file", Type::Path, Origin::Parameter),
        ("label", Type::String.optional(), Origin::Parameter),
        ("lines", Type::Int, Origin::Observed),
        ("owner", Type::Entity(EntityTypeId(1)), Origin::Parameter),
        ("passed", Type::Bool, Origin::Observed),
        ("sizes", list_of(Type::Int), Origin::Observed),
        ("stage", stage, Origin::Parameter),
        ("ticket", Type::Int.optional(), Origin::Parameter),
    ];
    all.into_iter()
        .map(|(name, ty, origin)| FieldDef {
            name: name.into(),
            ty: FieldType::plain(ty),
            origin,
            default: None,
            doc: String::new(),
            span: Span::default(),
        })
        .collect()
}

/// A policy over `git.merge`, `git.push` and `deploy.production` with these items, sorted by name.
pub(crate) fn policy(mut items: Vec<Item>, default: Tier) -> TypedPolicy {
    items.sort_by(|a, b| a.name.cmp(&b.name));
    let action = |name: &str| ActionDef {
        name: name.into(),
        package: "demo".into(),
        fields: fields(),
        severity: "low".into(),
        doc: String::new(),
        span: Span::default(),
    };
    let enum_def = |name: &str, ordered: bool, variants: &[&str]| EnumDef {
        name: name.into(),
        ordered,
        variants: variants.iter().map(|v| (*v).into()).collect(),
    };
    let entity =
        |name: &str| EntityDef { name: name.into(), parents: vec![EntityTypeId(1)], ids: None, fields: vec![] };
    let types = TypeTable {
        enums: vec![
            enum_def("Weekday", true, &["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
            enum_def("AgentKind", false, &["machine", "person"]),
            enum_def("SecretKind", false, &["aws"]),
            enum_def("demo.Stage", true, &["dev", "staging", "production"]),
        ],
        records: vec![],
        entities: vec![entity("Agent"), entity("demo.Team")],
    };
    let fact = |name: &str, ty: Type| FieldDef {
        name: name.into(),
        ty: FieldType::plain(ty),
        origin: Origin::Parameter,
        default: None,
        doc: String::new(),
        span: Span::default(),
    };
    TypedPolicy {
        settings: Settings { default_tier: default, ..Settings::default() },
        types,
        facts: FactSchemas {
            agent: vec![
                fact("id", Type::String),
                fact("kind", Type::Enum(EnumId::AGENT_KIND)),
                fact("trust", Type::Decimal),
            ],
            session: vec![],
            env: vec![],
            state: Vec::new(),
        },
        flags: vec![FlagDef {
            name: "demo.halt".into(),
            keys: vec![],
            ty: FieldType::plain(Type::Bool),
            default: None,
            strict: Value::Bool(true),
            span: Span::default(),
        }],
        actions: vec![action("deploy.production"), action("git.merge"), action("git.push")],
        undeclared: ActionDef::undeclared(),
        aliases: vec![("git.land".into(), ActionId(1))],
        items,
        tests: vec![],
        asserts: vec![],
        state: crate::check::typed::state::StateDefs::default(),
        hash: PolicyHash::default(),
    }
}

/// `git.merge`, the action that most tests are about.
pub(crate) const MERGE: ActionId = ActionId(1);

/// An item on `git.merge`.
pub(crate) fn item(name: &str, kind: ItemKind, body: ItemBody) -> Item {
    let package = name.rsplit_once('.').map_or("demo", |(package, _)| package);
    Item {
        name: name.into(),
        package: package.into(),
        code: name.into(),
        kind,
        scope: Scope { actions: vec![MERGE], undeclared: None },
        body,
        obligations: vec![],
        believing: vec![],
        doc: String::new(),
        span: Span::default(),
        name_span: Span::default(),
    }
}

pub(crate) fn rule(name: &str, branches: Vec<Branch>) -> Item {
    item(name, ItemKind::Rule, ItemBody::Rule { branches, relaxable: false })
}

pub(crate) fn guard(name: &str, branches: Vec<Branch>, if_unclear: Option<Tier>) -> Item {
    let reads_warnings = branches.iter().any(|b| !super::warnings_in(&b.when).is_empty());
    item(name, ItemKind::Guard, ItemBody::Floor { branches, if_unclear, reads_warnings, approvable: false })
}

pub(crate) fn relax(name: &str, when: TExpr, from: Tier, to: Tier) -> Item {
    item(name, ItemKind::Relax, ItemBody::Relax { when, from, to, of: None })
}

pub(crate) fn exception(name: &str, when: TExpr, to: ItemId) -> Item {
    item(name, ItemKind::Exception, ItemBody::Exception { when, to, because: Default::default() })
}

pub(crate) fn approval(name: &str, when: TExpr, quorum: u32, fallback: bool) -> Item {
    let people = Principals { people: true, ..Principals::default() };
    let body = ItemBody::Approval { when, people, quorum, within: 1, own: false, ask: vec![], fallback };
    item(name, ItemKind::Approval, body)
}

/// An item that also reaches names nobody declared.
pub(crate) fn beyond(mut item: Item, any: bool, patterns: &[(bool, &str)]) -> Item {
    let parts = patterns.iter().map(|(subtracts, p)| (*subtracts, (*p).into())).collect();
    item.scope.undeclared = Some(NamePatterns { any, parts });
    item
}

pub(crate) fn team(id: &str) -> EntityRef {
    EntityRef { ty: EntityTypeId(1), id: id.into() }
}

/// What a small real policy looks like: a mainline rule, a size guard, a relax, an exception, approvals.
pub(crate) fn small_policy() -> TypedPolicy {
    let mainline = || {
        let set = Value::set(vec![Value::str("main"), Value::str("master")]);
        let set = expr(TExprKind::Const(set), Type::Set(Arc::new(Type::String)));
        asks(TExprKind::In(Box::new(field("branch", Type::String)), Box::new(set)))
    };
    let trust = expr(TExprKind::Fact(crate::check::typed::FactGroup::Agent, 2), Type::Decimal);
    let sixty = expr(TExprKind::Const(Value::Decimal(60_000_000)), Type::Decimal);
    let trusted = compare(Comparison::GreaterOrEqual, trust, sixty);
    let halted = asks(TExprKind::Flag(crate::check::typed::FlagId(0), vec![]));
    let large = |n| compare(Comparison::GreaterOrEqual, field("lines", Type::Int), int(n));
    let items = vec![
        approval("demo.git.maintainers", mainline(), 1, false),
        beyond(guard("demo.git.halt", vec![branch(halted, Tier::Black)], None), true, &[]),
        guard("demo.git.size", vec![branch(large(500), Tier::Yellow), branch(large(2000), Tier::Red)], None),
        relax("demo.git.trusted", and(vec![trusted, field("passed", Type::Bool)]), Tier::Yellow, Tier::Green),
        rule("demo.git.feature", vec![branch(not(mainline()), Tier::Yellow)]),
        rule("demo.git.merge_mainline", vec![branch(mainline(), Tier::Red)]),
    ];
    policy(items, Tier::Red)
}

#[test]
fn equal_conditions_are_one_node() {
    let policy = small_policy();
    let graph = super::build(&policy);
    let text = graph.to_string();
    let asked = text.lines().filter(|l| l.contains("ask branch in")).count();
    assert_eq!(asked, 1, "{text}");
    assert!(text.contains("rule demo.git.merge_mainline #0: red when %"), "{text}");
    assert!(text.contains("undeclared any action"), "{text}");
}

#[test]
fn the_text_of_a_small_policy() {
    insta::assert_snapshot!(super::build(&small_policy()).to_string());
}

#[test]
fn a_part_alone_is_the_part_of_the_whole() {
    let policy = small_policy();
    let whole = super::build(&policy);
    let alone = super::build_part(&policy, MERGE);
    assert_eq!(alone.rows.len(), whole.action(MERGE).map_or(0, |p| p.rows.len()));
}

#[test]
fn labels_read_like_rules() {
    let policy = small_policy();
    let one = quantified(
        QuantifierKind::Any,
        field("sizes", list_of(Type::Int)),
        None,
        and(vec![
            compare(Comparison::Greater, expr(TExprKind::Var(VarId(0)), Type::Int), int(1_000_000)),
            not(or(vec![
                field("passed", Type::Bool),
                asks(TExprKind::Has(Box::new(field("ticket", Type::Int.optional())))),
            ])),
        ]),
    );
    let shown = super::label::expr(&policy, &one);
    assert_eq!(shown, "any x in sizes: (x > 1_000_000 and not (passed or has ticket))");
}
