//! The plan against the value of each condition as a whole, and against the four steps written out again.

mod late;
mod profile;
mod random;
mod reference;
mod relations;

use std::sync::Arc;

use crate::builtin::Context;
use crate::check::typed::{FactGroup, FlagId, TypedPolicy};
use crate::decision::{ItemId, Obligation, Outcome, Tier};
use crate::entities::Entities;
use crate::graph::tests as given;
use crate::plan::{Answer, Cell, Inputs, Place, Plan, Scratch, Walker, build, decide};
use crate::types::EntityTypeId;
use crate::value::{EntityRef, Evaluated, Fault, FaultKind, Value};

pub(crate) use random::{Source, condition, random_inputs, random_item, random_policy};
pub(crate) use reference::reference;

/// Inputs built by hand.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) action: Arc<str>,
    pub(crate) fields: Vec<Answer>,
    pub(crate) agent: Vec<Answer>,
    pub(crate) halt: Answer,
    pub(crate) now: Option<i64>,
    pub(crate) entities: Entities,
}

pub(crate) fn unavailable() -> Fault {
    Fault::new(FaultKind::Unavailable, "not obtained")
}

/// A path that can be read.
pub(crate) fn path(text: &str) -> Value {
    Value::Path(Arc::new(crate::value::PathValue::read(text).unwrap()))
}

impl Given {
    /// A merge of a feature branch by a trusted agent.
    pub(crate) fn merge(branch: &str) -> Self {
        let held = |entity, parent| crate::entities::Given { entity, parents: vec![parent], attributes: vec![] };
        let agent = EntityRef { ty: EntityTypeId::AGENT, id: "a1".into() };
        let held = vec![held(given::team("api"), given::team("all")), held(agent, given::team("api"))];
        let entities = Entities::build(held, |_| false).unwrap();
        let texts = |all: &[&str]| Value::List(all.iter().map(|t| Value::str(t)).collect());
        Self {
            action: "git.merge".into(),
            fields: vec![
                Ok(Some(Value::str(branch))),
                Ok(Some(texts(&["a.rs", "docs/b.md"]))),
                Ok(Some(Value::Decimal(1_500_000))),
                Ok(Some(path("src/lib.rs"))),
                Ok(Some(Value::str("blue"))),
                Ok(Some(Value::Int(120))),
                Ok(Some(Value::Entity(given::team("api")))),
                Ok(Some(Value::Bool(true))),
                Ok(Some(Value::List([3, 700].into_iter().map(Value::Int).collect()))),
                Ok(Some(Value::Enum(crate::types::EnumId(3), 1))),
                Ok(None),
            ],
            agent: vec![
                Ok(Some(Value::str("a1"))),
                Ok(Some(Value::Enum(crate::types::EnumId::AGENT_KIND, 0))),
                Ok(Some(Value::Decimal(72_000_000))),
            ],
            halt: Ok(Some(Value::Bool(false))),
            now: Some(1_000),
            entities,
        }
    }

    pub(crate) fn set(mut self, name: &str, value: Answer) -> Self {
        let place = given::fields().iter().position(|f| &*f.name == name).unwrap();
        self.fields[place] = value;
        self
    }
}

impl Inputs for Given {
    fn cell(&self, place: Place) -> Cell<'_> {
        match place {
            Place::Field(place) => Cell::of(self.field(place as usize)),
            Place::Fact(group, place) => Cell::of(self.fact(group, place as usize)),
            Place::Now => self.now.map_or(Cell::Erred, Cell::Word),
            Place::Principal => Cell::Entity(EntityTypeId::AGENT, "a1"),
        }
    }

    fn field(&self, place: usize) -> &Answer {
        &self.fields[place]
    }

    fn fact(&self, _: FactGroup, place: usize) -> &Answer {
        &self.agent[place]
    }

    fn flag(&self, _: FlagId, _: &[Value]) -> Answer {
        self.halt.clone()
    }

    fn now(&self) -> Result<i64, Fault> {
        self.now.ok_or_else(unavailable)
    }

    fn action(&self) -> &Arc<str> {
        &self.action
    }

    fn principal(&self) -> Evaluated {
        Ok(Value::Entity(EntityRef { ty: EntityTypeId::AGENT, id: "a1".into() }))
    }

    fn entities(&self) -> &Entities {
        &self.entities
    }

    fn secrets(&self, _: Option<&Value>) -> Evaluated {
        Ok(Value::set(vec![]))
    }

    fn json(&self, value: &Value) -> Option<String> {
        value.text().map(|t| format!("{t:?}"))
    }
}

pub(crate) fn context(policy: &TypedPolicy) -> Context<'_> {
    Context { case_sensitive_paths: policy.settings.case_sensitive_paths, types: &policy.types }
}

pub(crate) fn plan(policy: &TypedPolicy) -> Plan {
    build(&crate::graph::build(policy))
}

fn tier_of(policy: &TypedPolicy, inputs: &Given) -> Tier {
    decide(&plan(policy), policy, &Walker, inputs, &mut Scratch::default()).tier
}

#[test]
fn the_text_of_a_small_plan() {
    insta::assert_snapshot!(plan(&given::small_policy()).to_string());
}

#[test]
fn a_small_policy_decides() {
    let policy = given::small_policy();
    let feature = Given::merge("feature/x");
    assert_eq!(tier_of(&policy, &feature), Tier::Green);
    assert_eq!(tier_of(&policy, &Given::merge("main")), Tier::Red);
    assert_eq!(tier_of(&policy, &feature.clone().set("lines", Ok(Some(Value::Int(500))))), Tier::Yellow);
    assert_eq!(tier_of(&policy, &feature.clone().set("lines", Ok(Some(Value::Int(2000))))), Tier::Red);
    assert_eq!(tier_of(&policy, &feature.clone().set("lines", Err(unavailable()))), Tier::Red);
    let unsure = Given { agent: vec![Err(unavailable()), Err(unavailable()), Err(unavailable())], ..feature.clone() };
    assert_eq!(tier_of(&policy, &unsure), Tier::Yellow);
    let halted = Given { halt: Err(unavailable()), ..feature };
    assert_eq!(tier_of(&policy, &halted), Tier::Black);
}

#[test]
fn relaxes_and_rules_determine_together() {
    let policy = given::small_policy();
    let made = decide(&plan(&policy), &policy, &Walker, &Given::merge("feature/x"), &mut Scratch::default()).clone();
    let names: Vec<_> = made.determining.iter().map(|d| &*policy.item(d.item.unwrap()).name).collect();
    assert_eq!(names, ["demo.git.feature", "demo.git.trusted"]);
    assert_eq!(made.determining[0].tier, Tier::Yellow);
    assert_eq!(made.determining[1].tier, Tier::Green);
}

#[test]
fn an_alias_is_its_action() {
    let policy = given::small_policy();
    let plan = plan(&policy);
    assert_eq!(plan.declared("git.land"), plan.declared("git.merge"));
    assert_eq!(plan.declared("git.nothing"), None);
}

#[test]
fn an_undeclared_name_meets_floors_and_the_default() {
    let policy = given::small_policy();
    let plan = plan(&policy);
    let unknown = Given { action: "rocket.launch".into(), ..Given::merge("x") };
    let made = decide(&plan, &policy, &Walker, &unknown, &mut Scratch::default()).clone();
    assert_eq!(made.tier, Tier::Red);
    assert_eq!(made.determining[0].item, None);
    let halted = Given { halt: Ok(Some(Value::Bool(true))), ..unknown };
    let made = decide(&plan, &policy, &Walker, &halted, &mut Scratch::default()).clone();
    assert_eq!(made.tier, Tier::Black);
    assert_eq!(made.determining.len(), 1);
}

#[test]
fn red_asks_the_approval_that_covers() {
    let policy = given::small_policy();
    let made = decide(&plan(&policy), &policy, &Walker, &Given::merge("main"), &mut Scratch::default()).clone();
    assert_eq!(made.obligations, [Obligation::Approve { item: ItemId(2) }]);
    let unclear = Given::merge("main").set("branch", Err(unavailable()));
    let made = decide(&plan(&policy), &policy, &Walker, &unclear, &mut Scratch::default()).clone();
    assert_eq!(made.tier, Tier::Red);
    assert!(made.obligations.contains(&Obligation::Approve { item: ItemId(2) }));
    assert!(made.determining.iter().all(|d| d.outcome == Outcome::Erred));
}

#[test]
fn a_frame_of_zeros_is_never_looser() {
    let policy = given::small_policy();
    let plan = plan(&policy);
    let unit = plan.declared("git.merge").unwrap();
    let mut frame = super::Frame::default();
    frame.clear(&plan.unit(unit).block);
    let mut out = super::Out::default();
    out.clear(plan.unit(unit).rows.len());
    super::Run::first(&Walker, &plan, unit, &frame, &mut out);
    assert_eq!(out.tier(), Tier::Black as u64);
}

#[test]
fn the_deepest_condition_fits_a_small_stack() {
    use crate::check::typed::QuantifierKind;
    // As deep as the checker lets through, all of it inside one value program.
    let mut deep = given::field("passed", crate::types::Type::Bool);
    for level in 0..100 {
        deep = if level % 2 == 0 {
            given::not(deep)
        } else {
            given::or(vec![deep, given::field("missing", crate::types::Type::Bool)])
        };
    }
    let over = || given::field("sizes", given::list_of(crate::types::Type::Int));
    let inner = given::quantified(QuantifierKind::Any, over(), None, deep);
    let outer = given::quantified(QuantifierKind::Any, over(), None, inner);
    let policy = given::policy(vec![given::rule("demo.deep", vec![given::branch(outer, Tier::Yellow)])], Tier::Red);
    let decided =
        std::thread::Builder::new().stack_size(256 * 1024).spawn(move || tier_of(&policy, &Given::merge("x")));
    assert_eq!(decided.unwrap().join().unwrap(), Tier::Red);
}

#[test]
fn a_thousand_rules_of_one_action_and_a_thousand_actions_are_quick() {
    use crate::check::typed::{ActionId, Comparison};
    let rules = (0..3_000).map(|n| {
        let when = given::compare(Comparison::Greater, given::field("lines", crate::types::Type::Int), given::int(n));
        given::rule(&format!("demo.r{n:04}"), vec![given::branch(when, Tier::Yellow)])
    });
    let mut policy = given::policy(rules.collect(), Tier::Red);
    let template = policy.actions.remove(0);
    policy.actions = (0..1_000)
        .map(|n| {
            let mut action = template.clone();
            action.name = format!("a.n{n:04}").into();
            action
        })
        .collect();
    for (n, item) in policy.items.iter_mut().enumerate() {
        item.scope.actions = vec![ActionId(if n < 1_000 { 0 } else { n as u32 % 1_000 })];
    }
    let plan = plan(&policy);
    assert_eq!(plan.units.len(), 1_000);
    let unit = plan.unit(plan.declared("a.n0000").unwrap());
    let in_lanes: usize = unit.lanes.pieces.iter().map(|piece| piece.rows.len()).sum();
    assert!(unit.rows.len() + in_lanes > 1_000);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_walker_says_what_the_conditions_say(seed: u64) {
        let source = &mut random::Source::new(seed);
        let policy = random_policy(source);
        let plan = plan(&policy);
        for _ in 0..20 {
            let inputs = random_inputs(source);
            agrees(&policy, &plan, &Walker, &inputs);
        }
    }
}

/// Whether a way to run the plan says of every row and of the tier what the reference says.
pub(crate) fn agrees(policy: &TypedPolicy, plan: &Plan, engine: &dyn crate::plan::Run, inputs: &Given) {
    let mut scratch = Scratch::default();
    let made = decide(plan, policy, engine, inputs, &mut scratch).clone();
    let (truths, tier) = reference(policy, inputs);
    assert_eq!(made.tier, tier, "{plan}\n{inputs:?}\n{truths:?}");
    assert_eq!(crate::plan::tier(plan, policy, engine, inputs, &mut Scratch::default()), tier);
    for (unit, _, out) in scratch.last() {
        let rows = &plan.unit(unit).rows;
        for (place, row) in rows.iter().enumerate() {
            let own = &truths.iter().find(|(id, _)| *id == row.item).unwrap().1;
            let expected = own[row.branch as usize];
            let (held, erred) = out.row(place);
            let silent = rows.iter().enumerate().any(|(place, r)| {
                matches!(r.effect, crate::graph::Effect::Exception { of } if of == row.item) && out.row(place).0
            });
            if silent && matches!(row.effect, crate::graph::Effect::Floor { .. }) {
                assert_eq!((held, erred), (false, false));
            } else {
                assert_eq!(
                    (held, erred),
                    (expected == Some(true), expected.is_none()),
                    "row {place}\n{plan}\n{inputs:?}"
                );
            }
        }
    }
    assert!(made.determining.iter().all(|d| d.item.is_some() || policy.settings.default_tier == tier));
    assert!(!made.determining.is_empty());
}
