//! What comes in: every refusal of the language, field by field.

use std::sync::Arc;

use super::wire::{self, Placement};
use super::{Bound, ReadContext, read, to_raw, with_start_values};
use crate::check::typed::{ActionDef, ActionId, FactGroup, FactSchemas, FlagDef, FlagId, RawEntity, TypedPolicy};
use crate::decision::PolicyHash;
use crate::entities::Entities;
use crate::facts::Facts;
use crate::json;
use crate::raw::Raw;
use crate::request::Request;
use crate::settings::Settings;
use crate::source::Span;
use crate::types::{
    EntityDef, EntityTypeId, EnumDef, EnumId, FieldDef, FieldType, Origin, RecordDef, RecordId, Type, TypeTable,
};
use crate::value::{EntityRef, FaultKind, Value};

const COLOR: EnumId = EnumId(0);
const POINT: RecordId = RecordId(0);
const TEAM: EntityTypeId = EntityTypeId(1);
const ROLE: EntityTypeId = EntityTypeId(2);

fn field(name: &str, ty: Type, origin: Origin) -> FieldDef {
    FieldDef {
        name: name.into(),
        ty: FieldType::plain(ty),
        origin,
        default: None,
        doc: String::new(),
        span: Span::default(),
    }
}

fn types() -> TypeTable {
    let names = |names: &[&str]| names.iter().map(|n| Arc::from(*n)).collect::<Vec<_>>();
    let member = |name, ty| field(name, ty, Origin::Parameter);
    let entity = |name: &str, parents, ids| EntityDef { name: name.into(), parents, ids, fields: Vec::new() };
    TypeTable {
        enums: vec![EnumDef { name: "p.Color".into(), ordered: false, variants: names(&["red", "blue"]) }],
        records: vec![RecordDef {
            name: "p.Point".into(),
            fields: vec![member("x", Type::Int), member("note", Type::String.optional())],
        }],
        entities: vec![
            entity("Agent", Vec::new(), None),
            EntityDef { fields: vec![member("size", Type::Int)], ..entity("p.Team", vec![TEAM], None) },
            entity("p.Role", Vec::new(), Some(names(&["ops", "ci"]))),
        ],
    }
}

fn policy() -> TypedPolicy {
    let mut fields = vec![
        field("cost", Type::Decimal, Origin::Claimed),
        field("diff", Type::Int, Origin::Observed),
        field("service", Type::String, Origin::Parameter),
        field("times", Type::Int, Origin::Parameter),
    ];
    fields[3].default = Some(Value::Int(7));
    let (name, package, severity) = ("deploy".into(), "p".into(), "low".into());
    let deploy = ActionDef { name, package, fields, severity, doc: String::new(), span: Span::default() };
    let mut trust = field("trust", Type::Int, Origin::Parameter);
    trust.default = Some(Value::Int(50));
    let flag = |name: &str, keys| FlagDef {
        name: name.into(),
        keys,
        ty: FieldType::plain(Type::Bool),
        default: Some(Value::Bool(true)),
        strict: Value::Bool(false),
        span: Span::default(),
    };
    TypedPolicy {
        settings: Settings::default(),
        types: types(),
        facts: FactSchemas {
            agent: vec![field("id", Type::String, Origin::Parameter), trust],
            state: ["p.limit.exceeded", "p.limit.near", "p.other.near"]
                .map(|name| field(name, Type::Bool, Origin::Observed))
                .into(),
            ..FactSchemas::default()
        },
        flags: vec![
            flag("p.area", vec![Type::String]),
            flag("p.pair", vec![Type::String, Type::String]),
            flag("p.plain", Vec::new()),
        ],
        actions: vec![deploy],
        undeclared: ActionDef::undeclared(),
        aliases: vec![("ship".into(), ActionId(0))],
        items: Vec::new(),
        tests: Vec::new(),
        asserts: Vec::new(),
        state: crate::check::typed::state::StateDefs::default(),
        hash: PolicyHash::default(),
    }
}

fn read_as(ty: &FieldType, text: &str) -> Result<Value, FaultKind> {
    let types = types();
    let cx = ReadContext { types: &types, zone: "UTC" };
    read(ty, &json::parse(text).expect(text), &cx).map_err(|f| f.kind)
}

fn fault(ty: Type, text: &str) -> FaultKind {
    read_as(&FieldType::plain(ty), text).expect_err(text)
}

#[test]
fn good_values_are_read_and_written_back_as_they_were() {
    let types = types();
    for (ty, text) in [
        (Type::Bool, "true"),
        (Type::Int, "-12"),
        (Type::Decimal, "12.50"),
        (Type::Ratio, "0.5"),
        (Type::String, "\"x\""),
        (Type::Duration, "\"5m\""),
        (Type::Timestamp, "\"2026-11-18T12:00:00Z\""),
        (Type::Semver, "\"1.4.0\""),
        (Type::Ip, "\"10.0.0.1\""),
        (Type::Path, "\"src/lib.rs\""),
        (Type::Enum(COLOR), "\"blue\""),
        (Type::Record(POINT), r#"{"x":1,"note":"n"}"#),
        (Type::List(Type::Int.into()), "[2,1,2]"),
        (Type::Set(Type::Int.into()), "[1,2]"),
        (Type::Map(Type::Int.into()), r#"{"a":1}"#),
        (Type::Entity(ROLE), r#"{"type":"p.Role","id":"ops"}"#),
    ] {
        let value = read_as(&FieldType::plain(ty), text).expect(text);
        assert_eq!(to_raw(&value, &types).map(|raw| json::write(&raw)).as_deref(), Some(text));
    }
}

#[test]
fn every_refusal_has_its_kind() {
    assert_eq!(fault(Type::String.optional(), "null"), FaultKind::Null);
    for (ty, text) in [
        (Type::Bool, "1"),
        (Type::Int, "\"1\""),
        (Type::Decimal, "\"1\""),
        (Type::String, "1"),
        (Type::Timestamp, "1"),
        (Type::Enum(COLOR), "\"green\""),
        (Type::Record(POINT), "[]"),
        (Type::List(Type::Int.into()), "1"),
        (Type::List(Type::Int.into()), "[true]"),
        (Type::Entity(ROLE), "\"root\""),
        (Type::Entity(ROLE), r#"{"type":"p.Team","id":"ops"}"#),
        (Type::Command, "1"),
    ] {
        assert_eq!(fault(ty, text), FaultKind::IllTyped, "{text}");
    }
    assert_eq!(fault(Type::Int, "1.5"), FaultKind::TooPrecise);
    assert_eq!(fault(Type::Decimal, "0.1234567"), FaultKind::TooPrecise);
    assert_eq!(fault(Type::Ratio, "1.5"), FaultKind::OutOfRange);
    assert_eq!(fault(Type::Record(POINT), r#"{"x":1,"y":2}"#), FaultKind::UnknownField);
    let short = FieldType { length: (1, 2), ..FieldType::plain(Type::String) };
    assert_eq!(read_as(&short, "\"abc\"").err(), Some(FaultKind::TooLong));
    assert_eq!(read_as(&short, "\"\"").err(), Some(FaultKind::OutOfRange));
    assert!(read_as(&short, "\"é\u{1f600}\"").is_ok(), "characters, not bytes");
    let small = FieldType { range: Some((0, 10)), ..FieldType::plain(Type::Int) };
    assert_eq!(read_as(&small, "11").err(), Some(FaultKind::OutOfRange));
    assert!(read_as(&small, "10").is_ok());
    let list = FieldType { length: (0, 1), ..FieldType::plain(Type::List(Type::Int.into())) };
    assert_eq!(read_as(&list, "[1,2]").err(), Some(FaultKind::TooLong));
}

#[test]
fn a_missing_member_is_a_fault_in_that_member() {
    let Ok(Value::Record(_, members)) = read_as(&FieldType::plain(Type::Record(POINT)), "{}") else {
        panic!("a record")
    };
    assert_eq!(members[0].as_ref().map_err(|f| f.kind).err(), Some(FaultKind::Missing));
    assert!(matches!(&members[1], Ok(None)));
}

fn bind(request: &Request, facts: &Facts) -> Bound {
    Bound::new(&policy(), request, facts)
}

fn refusals(bound: &Bound) -> Vec<(Option<&str>, FaultKind)> {
    bound.refusals.iter().map(|r| (r.field.as_deref(), r.fault.kind)).collect()
}

#[test]
fn parameters_that_cannot_be_read_refuse_the_request_one_line_each() {
    let request = Request::new("deploy").param("times", Raw::text("x")).param("extra", Raw::Null);
    assert_eq!(
        refusals(&bind(&request, &Facts::default())),
        [
            (Some("extra"), FaultKind::UnknownField),
            (Some("service"), FaultKind::Missing),
            (Some("times"), FaultKind::IllTyped),
        ]
    );
}

#[test]
fn two_origins_never_mix() {
    let request = Request::new("deploy")
        .param("service", Raw::text("api"))
        .param("cost", Raw::int(1))
        .claim("diff", Raw::int(1))
        .claim("service", Raw::text("other"));
    let bound = bind(&request, &Facts::default().observed("cost", Raw::int(2)));
    assert_eq!(refusals(&bound), [(Some("cost"), FaultKind::UnknownField)]);
    assert_eq!(bound.dropped.iter().map(|d| &**d).collect::<Vec<_>>(), ["cost", "diff", "service"]);
    let diff = bound.field(&policy(), "diff").map_err(|f| f.kind).err();
    assert_eq!(diff, Some(FaultKind::Missing), "what the agent says is not what the host saw");
}

#[test]
fn claims_and_facts_that_are_wrong_become_error_values() {
    let request = Request::new("deploy").param("service", Raw::text("api")).claim("cost", Raw::Null);
    let bound = bind(&request, &Facts::of_agent("bot").observed("diff", Raw::Unavailable("no diff".into())));
    assert_eq!(refusals(&bound), []);
    let kind = |name: &str| bound.field(&policy(), name).map_err(|f| f.kind);
    assert_eq!(kind("cost").err(), Some(FaultKind::Null));
    assert_eq!(kind("diff").err(), Some(FaultKind::Unavailable));
    assert!(kind("nothing").is_ok_and(|v| v.is_none()), "an action without the field");
    let undeclared = bind(&Request::new("nobody.knows"), &Facts::of_agent("bot"));
    assert_eq!(undeclared.field(&policy(), "cost").map_err(|f| f.kind).err(), Some(FaultKind::NotOnAction));
    assert!(kind("times").is_ok_and(|v| v.is_some_and(|v| v.same(&Value::Int(7)))), "a default is part of the request");
    let trust = bound.fact(&policy(), FactGroup::Agent, 1).map_err(|f| f.kind).err();
    assert_eq!(trust, Some(FaultKind::Missing), "a start value is never taken by a decision");
}

#[test]
fn a_field_given_twice_refuses_the_request() {
    let request = Request::new("deploy").param("service", Raw::text("a")).param("service", Raw::text("b"));
    assert_eq!(refusals(&bind(&request, &Facts::default())), [(Some("service"), FaultKind::Malformed)]);
    let facts = Facts::default().env("x", Raw::Null).env("x", Raw::Null);
    assert_eq!(refusals(&bind(&Request::new("other"), &facts)), [(Some("x"), FaultKind::Malformed)]);
}

#[test]
fn an_alias_is_replaced_before_anything_else() {
    assert_eq!(&*bind(&Request::new("ship").param("service", Raw::text("a")), &Facts::default()).name, "deploy");
}

#[test]
fn a_command_that_cannot_be_read_is_an_error_value_not_an_ill_typed_parameter() {
    let mut policy = policy();
    policy.actions[0].fields[2] = field("service", Type::Command, Origin::Parameter);
    let request = Request::new("deploy").param("service", Raw::text("if then ("));
    let bound = Bound::new(&policy, &request, &Facts::default());
    assert_eq!(refusals(&bound), []);
    assert!(bound.field(&policy, "service").is_err());
}

#[test]
fn a_clock_beyond_the_calendar_tells_no_time() {
    let now = |now: i64| bind(&Request::new("deploy"), &Facts::default().at(now)).now;
    assert_eq!(now(0), Some(0));
    assert_eq!(now(i64::MAX), None);
    assert_eq!(now(i64::MIN), None);
}

#[test]
fn flags_are_read_by_key() {
    let p = policy();
    let area = |text: &str| Raw::Object(vec![(text.into(), Raw::Bool(false))]);
    let facts = Facts::default().flag("p.area", area("blog")).flag("p.pair", area("a/b")).flag("p.plain", Raw::int(1));
    let bound = Bound::new(&p, &Request::new("deploy"), &facts);
    let flag = |id, keys: &[&str]| {
        let keys: Vec<_> = keys.iter().map(|k| Value::str(k)).collect();
        bound.flag(&p, FlagId(id), &keys).map(|v| v.is_some_and(|v| v.same(&Value::Bool(true)))).map_err(|f| f.kind)
    };
    assert_eq!(flag(0, &["blog"]), Ok(false));
    assert_eq!(flag(0, &["shop"]), Err(FaultKind::Missing));
    assert_eq!(flag(1, &["a", "b"]), Ok(false));
    assert_eq!(flag(1, &["a/b", ""]), Err(FaultKind::Malformed), "two keys never become one");
    assert_eq!(flag(2, &[]), Err(FaultKind::IllTyped));
    let started = Bound::new(&p, &Request::new("deploy"), &with_start_values(&p, &facts));
    let shop = started.flag(&p, FlagId(0), &[Value::str("shop")]);
    assert!(shop.is_ok_and(|v| v.is_some_and(|v| v.same(&Value::Bool(true)))), "the start value of every other key");
    assert!(started.fact(&policy(), FactGroup::Agent, 1).is_ok());
}

#[test]
fn readings_must_be_told() {
    let state = Raw::Object(vec![("exceeded".into(), Raw::Bool(true))]);
    let facts = Facts { state: vec![("p.limit".into(), state)], ..Facts::default() };
    let bound = bind(&Request::new("deploy"), &facts);
    let p = policy();
    let reading = |bound: &Bound, place| bound.fact(&p, FactGroup::State, place).map_err(|f| f.kind);
    assert!(reading(&bound, 0).is_ok());
    assert_eq!(reading(&bound, 1).err(), Some(FaultKind::Missing));
    assert_eq!(reading(&bound, 2).err(), Some(FaultKind::Missing));
    let away = Facts { state: vec![("p.limit".into(), Raw::Unavailable("away".into()))], ..Facts::default() };
    let bound = bind(&Request::new("deploy"), &away);
    let found = [0, 1, 2].map(|place| reading(&bound, place).err());
    assert_eq!(found, [Some(FaultKind::Unavailable), Some(FaultKind::Unavailable), Some(FaultKind::Missing)]);
}

fn entity(ty: &str, id: &str, parents: &[(&str, &str)]) -> RawEntity {
    let parents = parents.iter().map(|(t, i)| (Arc::from(*t), Arc::from(*i))).collect();
    RawEntity { ty: ty.into(), id: id.into(), parents, attributes: Vec::new() }
}

fn prepare(given: &[RawEntity]) -> Result<Entities, String> {
    Entities::prepare(&types(), given, "UTC").map_err(|e| e.message)
}

#[test]
fn ancestors_are_closed_at_any_depth() {
    let chain: Vec<_> =
        (0..300).map(|i| entity("Team", &format!("t{i}"), &[("Team", &format!("t{}", i + 1))])).collect();
    let top = entity("Team", "t300", &[]);
    let entities =
        prepare(&[chain, vec![top, entity("Agent", "bot", &[("Team", "t0"), ("Role", "ops")])]].concat()).unwrap();
    let team = |id: &str| EntityRef { ty: TEAM, id: id.into() };
    let bot = EntityRef { ty: EntityTypeId::AGENT, id: "bot".into() };
    assert_eq!(entities.is_in(&bot, &team("t300")), Ok(true));
    assert_eq!(entities.is_in(&bot, &team("other")), Ok(false));
    assert_eq!(entities.is_in(&team("t300"), &team("t0")), Ok(false));
    assert_eq!(entities.attribute(&team("t0"), 0).map_err(|f| f.kind).err(), Some(FaultKind::Missing));
}

#[test]
fn what_an_absent_entity_lies_in_cannot_be_told() {
    let entities =
        prepare(&[entity("Agent", "bot", &[("Team", "a")]), entity("Agent", "ci", &[("Role", "ci")])]).unwrap();
    let agent = |id: &str| EntityRef { ty: EntityTypeId::AGENT, id: id.into() };
    let team = |id: &str| EntityRef { ty: TEAM, id: id.into() };
    assert_eq!(entities.is_in(&agent("bot"), &team("a")), Ok(true));
    let kind = |entity: &EntityRef, group: &EntityRef| entities.is_in(entity, group).map_err(|f| f.kind);
    assert_eq!(kind(&agent("bot"), &team("b")), Err(FaultKind::AbsentEntity), "team a may lie in b");
    assert_eq!(kind(&agent("ci"), &team("b")), Ok(false), "a role lies in nothing");
    assert_eq!(kind(&agent("nobody"), &team("b")), Err(FaultKind::AbsentEntity));
}

#[test]
fn a_bad_snapshot_is_refused_as_a_whole() {
    for (given, message) in [
        (vec![entity("Team", "a", &[("Team", "b")]), entity("Team", "b", &[("Team", "a")])], "lies in itself"),
        (vec![entity("Team", "a", &[("Team", "a")])], "lies in itself"),
        (vec![entity("Nothing", "a", &[])], "No entity type"),
        (vec![entity("Role", "root", &[])], "is not declared"),
        (vec![entity("Team", "a", &[]), entity("p.Team", "a", &[])], "given twice"),
        (vec![entity("Team", "a", &[("Role", "ops")])], "cannot lie in"),
        (vec![entity("Team", "a", &[("Nothing", "b")])], "No entity type"),
        (vec![RawEntity { attributes: vec![("x".into(), Raw::Null)], ..entity("Team", "a", &[]) }], "attribute `x`"),
    ] {
        let error = prepare(&given).expect_err(message);
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn the_wire_takes_the_whole_form() {
    let text = r#"{
        "agent": {"id": "bot", "trust": 72, "in": ["Role.ops", {"type": "Team", "id": "a.b"}]},
        "action": "deploy", "params": {"service": "api"}, "claims": {"cost": 1.5},
        "observed": {"diff": {"$unavailable": "no diff"}},
        "facts": {"env": {"name": "prod"}, "flags": {"p.plain": true}, "entities": [{"type": "Team", "id": "a.b"}]},
        "now": "2026-11-18T12:00:00Z"
    }"#;
    let incoming = wire::request(&policy(), text, Placement::Strict).unwrap();
    assert_eq!(incoming.request.params.len() + incoming.request.claims.len(), 2);
    assert_eq!(incoming.facts.observed, [("diff".into(), Raw::Unavailable("no diff".into()))]);
    assert_eq!(incoming.facts.agent.len(), 2, "`in` is no fact");
    assert_eq!(incoming.facts.now, Some(1_795_003_200_000_000));
    assert_eq!(incoming.entities[1].parents, [("Role".into(), "ops".into()), ("Team".into(), "a.b".into())]);
}

#[test]
fn the_wire_refuses_what_is_not_of_its_form() {
    let refused = |text: &str| wire::request(&policy(), text, Placement::Strict).expect_err(text).to_string();
    assert_eq!(refused(r#"{"agent":{"id":"a"},"acton":"x"}"#), "`acton`: no such member; `action` is meant perhaps");
    assert!(refused(r#"{"action":"x"}"#).contains("agent is required"));
    assert!(refused(r#"{"agent":{},"action":"x"}"#).contains("agent.id"));
    assert!(refused(r#"{"agent":{"id":"a"},"action":"x","params":[]}"#).contains("`params`: expected an object"));
    assert!(refused(r#"{"agent":{"id":"a"},"action":"x","facts":{"environment":{}}}"#).contains("facts.environment"));
    assert!(refused(r#"{"agent":{"id":"a"},"action":"x","now":"noon"}"#).contains("now"));
    assert!(refused(r#"{"agent":{"id":"a"},"action":"x","fields":{}}"#).contains("fields"));
    assert!(refused(r#"{"agent":{"id":"a"},"action":"x","action":"y"}"#).contains("twice"));
    assert!(refused(r#"{"agent":{"id":"a","in":["ops"]},"action":"x"}"#).contains("agent.in"));
}

#[test]
fn fields_are_placed_by_their_declared_origin_in_tests() {
    let text = r#"{"agent":{"id":"a"},"action":"deploy","fields":{"service":"api","cost":1,"diff":2,"other":3}}"#;
    let incoming = wire::request(&policy(), text, Placement::Tests).unwrap();
    assert_eq!(&*incoming.request.params[0].0, "service");
    assert_eq!(&*incoming.request.claims[0].0, "cost");
    assert_eq!(&*incoming.facts.observed[0].0, "diff");
    assert_eq!(incoming.warnings, ["`other` is no field of deploy and was left out."]);
}
