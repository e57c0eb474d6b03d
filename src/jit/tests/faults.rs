//! Seeded faults: each must be caught, or the nets above are worth nothing.
//!
//! A fault of native code is planted in the emitter, or by making code of a plan that was changed, and must
//! be caught by the validation against the walker. A fault of the lowering or the walker is planted by
//! walking a plan that was changed, and must be caught by the comparison with the reference.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::super::emit::EmitFault;
use super::super::{Difference, Effort, Options, compile, validate, validate_against};
use crate::check::typed::{Arithmetic, Comparison, QuantifierKind, TExprKind, TypedPolicy};
use crate::decision::{ItemId, Tier};
use crate::graph::{Effect, tests as given};
use crate::plan::tests::{Source, agrees, plan, random_inputs, random_policy};
use crate::plan::{Encoding, Node, NodeId, Plan, Unit, Walker};
use crate::types::Type;

/// Frames enough to reach every state of most slots.
const FEW: Effort = Effort { mixtures: 100, most: 200, interpreted: 200, repeated: 24 };

/// Fast to make: these tests compile many times.
fn quick(fault: Option<EmitFault>) -> Options {
    Options { optimise: false, verify: false, fault, ..Options::default() }
}

/// Policies in which every construct occurs many times.
fn policies() -> Vec<TypedPolicy> {
    (0..60).map(|seed| random_policy(&mut Source::new(seed))).collect()
}

#[test]
fn faults_of_the_emitter_are_caught() {
    let all = [
        EmitFault::UnsignedCompare,
        EmitFault::LostOverflow,
        EmitFault::IgnoredKnownBit,
        EmitFault::OneRecordTooFew,
        EmitFault::StrideOfOne,
        EmitFault::LostErrorBit,
        EmitFault::TruthWithoutFalseBit,
        EmitFault::RangeOfSetNotChecked,
        EmitFault::TierWithoutExceptions,
        EmitFault::TierWithoutErrors,
        EmitFault::TierOfAllRowsButTheFirst,
        EmitFault::ConstantsOffByOne,
    ];
    let mut policies = policies();
    policies.extend(small());
    for fault in all {
        let caught = policies.iter().enumerate().any(|(place, policy)| {
            let plan = plan(policy);
            let share_from = if place % 2 == 0 { 0 } else { usize::MAX };
            let code = compile(&plan, &Options { share_from, ..quick(Some(fault)) }).unwrap();
            validate(&plan, &code, FEW).is_err()
        });
        assert!(caught, "{fault:?} was not caught");
    }
}

/// A floor that its exception silences, and a rule whose sum leaves the range: among random policies units with
/// either are seldom told at once.
fn small() -> [TypedPolicy; 2] {
    let floor = given::guard("demo.a", vec![given::branch(given::always(), Tier::Black)], None);
    let excepted = vec![floor, given::exception("demo.b", given::always(), ItemId(0))];
    let operands = (Box::new(given::field("lines", Type::Int)), Box::new(given::int(i64::MAX)));
    let sum = given::expr(TExprKind::Arithmetic(Arithmetic::Add, operands.0, operands.1), Type::Int);
    let large = given::compare(Comparison::Less, sum, given::int(0));
    let certain = given::rule("demo.a", vec![given::branch(given::always(), Tier::Green)]);
    let beyond = vec![certain, given::rule("demo.b", vec![given::branch(large, Tier::Green)])];
    [given::policy(excepted, Tier::Red), given::policy(beyond, Tier::Red)]
}

/// Changes one thing of a unit; says whether there was one.
type Change = fn(&mut Unit) -> bool;

/// Every fault by what it does.
const CHANGES: [(&str, Change); 22] = [
    ("and becomes or", |u| each(u, |n| if let Node::And(all) = n { Some(Node::Or(all.clone())) } else { None })),
    ("or becomes and", |u| each(u, |n| if let Node::Or(all) = n { Some(Node::And(all.clone())) } else { None })),
    ("not is dropped", |u| each(u, |n| if let Node::Not(a) = n { Some(Node::And([*a].into())) } else { None })),
    ("< becomes <=", |u| comparison(u, Comparison::Less, Comparison::LessOrEqual)),
    (">= becomes >", |u| comparison(u, Comparison::GreaterOrEqual, Comparison::Greater)),
    ("== becomes !=", |u| comparison(u, Comparison::Equal, Comparison::NotEqual)),
    ("a constant is one more", |u| {
        each(u, |n| if let Node::Const(c) = n { Some(Node::Const(c.wrapping_add(1))) } else { None })
    }),
    ("operands are swapped", |u| {
        each(u, |n| if let Node::Compare(how, a, b) = n { Some(Node::Compare(*how, *b, *a)) } else { None })
    }),
    ("an operand of and is lost", |u| each(u, |n| shorter(n, true))),
    ("an operand of or is lost", |u| each(u, |n| shorter(n, false))),
    ("a set loses its first element", |u| {
        each(u, |n| match n {
            Node::InSet(a, set) if !set.is_empty() => Some(Node::InSet(*a, Arc::from(&set[1..]))),
            _ => None,
        })
    }),
    ("at least one more", |u| {
        each(u, |n| if let Node::AtLeast(k, all) = n { Some(Node::AtLeast(k + 1, all.clone())) } else { None })
    }),
    ("select takes the other", |u| {
        each(u, |n| if let Node::Select(c, a, b) = n { Some(Node::Select(*c, *b, *a)) } else { None })
    }),
    ("arithmetic adds", |u| {
        each(u, |n| match n {
            Node::Arithmetic(how, a, b) if *how != Arithmetic::Add => Some(Node::Arithmetic(Arithmetic::Add, *a, *b)),
            _ => None,
        })
    }),
    ("all becomes any", |u| quantifier(u, QuantifierKind::All, QuantifierKind::Any)),
    ("a filter is dropped", |u| first(&mut u.loops, |l| l.filter.take().is_some())),
    ("a relax is ignored", |u| first(&mut u.combine.groups, |g| g.relaxes.pop().is_some())),
    ("an exception is skipped", |u| u.combine.silences.pop().is_some()),
    ("a floor that erred is ignored", |u| {
        let mask = u.combine.floors_erred.iter_mut().rev().find(|m| !m.is_empty());
        mask.is_some_and(|m| {
            m.0.fill(0);
            true
        })
    }),
    ("an error of a rule is not raised to the default", |u| {
        let lower = u.combine.groups.iter().any(|g| g.tier < u.combine.default);
        u.combine.default = if u.combine.default == Tier::Black { Tier::Red } else { Tier::Black };
        lower
    }),
    ("warnings count one fewer", |u| u.counts_warnings() && u.combine.watched.pop().is_some()),
    ("a row asks another condition", |u| {
        let last = u.block.nodes.len() as u32;
        let truth = (0..last).map(NodeId).find(|n| matches!(u.block.nodes[n.0 as usize], Node::Truth(_)));
        let row = u.rows.iter_mut().find(|r| matches!(r.effect, Effect::Floor { .. }) && Some(r.condition) != truth);
        match (row, truth) {
            (Some(row), Some(truth)) => {
                row.condition = truth;
                true
            }
            _ => false,
        }
    }),
];

fn each(unit: &mut Unit, change: impl Fn(&Node) -> Option<Node>) -> bool {
    let mut nodes: Vec<&mut Node> = unit.block.nodes.iter_mut().collect();
    nodes.extend(unit.loops.iter_mut().flat_map(|l| &mut l.body.nodes));
    let mut any = false;
    for node in nodes {
        if let Some(changed) = change(node) {
            *node = changed;
            any = true;
        }
    }
    any
}

fn first<T>(all: &mut [T], change: impl Fn(&mut T) -> bool) -> bool {
    all.iter_mut().any(change)
}

fn comparison(unit: &mut Unit, from: Comparison, to: Comparison) -> bool {
    each(unit, |node| match node {
        Node::Compare(how, a, b) if *how == from => Some(Node::Compare(to, *a, *b)),
        _ => None,
    })
}

fn shorter(node: &Node, and: bool) -> Option<Node> {
    match node {
        Node::And(all) if and && all.len() > 1 => Some(Node::And(all[1..].into())),
        Node::Or(all) if !and && all.len() > 1 => Some(Node::Or(all[1..].into())),
        _ => None,
    }
}

fn quantifier(unit: &mut Unit, from: QuantifierKind, to: QuantifierKind) -> bool {
    first(&mut unit.loops, |l| {
        let found = l.quantifier == from;
        if found {
            l.quantifier = to;
        }
        found
    })
}

fn changed(policy: &TypedPolicy, change: Change) -> Option<Plan> {
    let mut plan = plan(policy);
    #[allow(clippy::unnecessary_fold, reason = "every unit is changed, not only the first")]
    let any = plan.units.iter_mut().fold(false, |any, unit| change(unit) || any);
    any.then_some(plan)
}

#[test]
fn code_of_another_plan_is_caught_by_validation() {
    let policies = policies();
    for (name, change) in CHANGES {
        let caught = policies.iter().filter_map(|p| Some((plan(p), changed(p, change)?))).any(|(right, wrong)| {
            let code = compile(&wrong, &quick(None)).unwrap();
            validate(&right, &code, FEW).is_err()
        });
        assert!(caught, "`{name}` was not caught");
    }
}

/// Walker and code agree here: only the interpreter can tell. The code need not be made for that.
#[test]
fn a_wrong_plan_is_caught_by_validation_against_the_language() {
    let policies = policies();
    for (name, change) in CHANGES {
        let caught = policies.iter().filter_map(|p| Some((p, changed(p, change)?))).find_map(|(policy, wrong)| {
            match validate_against(policy, &wrong, &Walker, FEW) {
                Ok(_) => None,
                Err(Difference::FromPlan(mismatch)) => panic!("the walker differs from itself: {mismatch}"),
                Err(Difference::FromLanguage(text)) => Some(text),
            }
        });
        let Some(text) = caught else { panic!("`{name}` was not caught") };
        assert!(text.contains("by the language"), "{name}: {text}");
    }
}

#[test]
fn code_of_a_wrong_plan_is_caught_by_validation_against_the_language() {
    let policies = policies();
    for (name, change) in [CHANGES[0], CHANGES[3], CHANGES[14], CHANGES[16]] {
        let caught = policies.iter().filter_map(|p| Some((p, changed(p, change)?))).any(|(policy, wrong)| {
            let code = compile(&wrong, &quick(None)).unwrap();
            validate_against(policy, &wrong, &code, FEW).is_err()
        });
        assert!(caught, "`{name}` was not caught");
    }
}

#[test]
fn a_lost_row_is_caught_by_validation_against_the_language() {
    let policy = &policies()[0];
    let mut wrong = plan(policy);
    assert!(validate_against(policy, &wrong, &Walker, FEW).is_ok());
    let unit = wrong.units.iter_mut().find(|u| !u.rows.is_empty()).unwrap();
    unit.rows.pop();
    unit.first = unit.first.min(unit.rows.len());
    assert!(matches!(validate_against(policy, &wrong, &Walker, FEW), Err(Difference::FromLanguage(_))));
}

#[test]
fn a_wrong_plan_is_caught_by_the_reference() {
    let policies = policies();
    std::panic::set_hook(Box::new(|_| {}));
    for (name, change) in CHANGES {
        let caught = policies.iter().enumerate().any(|(seed, policy)| {
            let Some(wrong) = changed(policy, change) else { return false };
            let source = &mut Source::new(seed as u64 + 1_000);
            (0..60).any(|_| {
                let inputs = random_inputs(source);
                catch_unwind(AssertUnwindSafe(|| agrees(policy, &wrong, &Walker, &inputs))).is_err()
            })
        });
        assert!(caught, "`{name}` was not caught");
    }
}

#[test]
fn a_wrong_symbol_table_is_caught_by_the_reference() {
    std::panic::set_hook(Box::new(|_| {}));
    let caught = policies().iter().enumerate().any(|(seed, policy)| {
        let mut wrong = plan(policy);
        for slot in wrong.units.iter_mut().flat_map(|u| &mut u.block.slots) {
            if let Encoding::Symbol(table) = &mut slot.encoding {
                table.values_mut().for_each(|id| *id += 1);
            }
        }
        let source = &mut Source::new(seed as u64);
        (0..60).any(|_| {
            let inputs = random_inputs(source);
            catch_unwind(AssertUnwindSafe(|| agrees(policy, &wrong, &Walker, &inputs))).is_err()
        })
    });
    assert!(caught);
}
