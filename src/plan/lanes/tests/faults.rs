//! Seeded faults of lanes: each must be caught by the comparison with plans without lanes and the reference.

use super::super::access::{KeyKind, Need};
use super::super::index::{Index, Planted};
use super::super::{Brief, Lane, Lanes, Piece, PieceId};
use super::{crowd, crowd_inputs, differs, with_lanes, without_lanes};
use crate::check::typed::TypedPolicy;
use crate::graph::Effect;
use crate::plan::tests::{Given, Source};
use crate::plan::{Node, Plan, SlotId, Walker};
use crate::value::literal::Literal;

/// Changes one thing of lanes; says whether there was one.
type Change = fn(&mut Lanes) -> bool;

fn all_of<T>(all: &mut [T], change: impl Fn(&mut T) -> bool) -> bool {
    let mut any = false;
    for one in all {
        any |= change(one);
    }
    any
}

fn pieces(lanes: &mut Lanes, change: impl Fn(&mut Piece) -> bool) -> bool {
    all_of(&mut lanes.pieces, change)
}

fn briefs(lanes: &mut Lanes, change: impl Fn(&mut Brief) -> bool) -> bool {
    all_of(&mut lanes.briefs, change)
}

fn lanes(lanes: &mut Lanes, change: impl Fn(&mut Lane) -> bool) -> bool {
    all_of(&mut lanes.lanes, change)
}

/// Files the pieces anew under other needs than they have.
fn refile(lanes: &mut Lanes, change: impl Fn(&mut Need) -> bool) -> bool {
    let mut needs: Vec<Need> = lanes.pieces.iter().map(|piece| piece.need.clone()).collect();
    let any = all_of(&mut needs, change);
    for lane in &mut lanes.lanes {
        let entries: Vec<(&Need, u32)> = lane.pieces.clone().map(|id| (&needs[id as usize], id)).collect();
        lane.index = Index::new(lane.kind, &entries);
    }
    any
}

fn spans(lanes: &mut Lanes, change: impl Fn(&mut (i64, i64)) -> bool) -> bool {
    refile(lanes, |need| match need {
        Need::Words(all) => all_of(all, &change),
        Need::Texts(_) | Need::Paths(..) | Need::Entities(_) | Need::Under(_) => false,
    })
}

fn literals(lanes: &mut Lanes, change: impl Fn(&mut Literal) -> bool) -> bool {
    refile(lanes, |need| match need {
        Need::Texts(all) => all_of(all, &change),
        Need::Paths(exact, folded) => all_of(exact, &change) | all_of(folded, &change),
        Need::Words(_) | Need::Entities(_) | Need::Under(_) => false,
    })
}

fn paths(lanes: &mut Lanes, change: impl Fn(&mut Vec<Literal>, &mut Vec<Literal>)) -> bool {
    refile(lanes, |need| match need {
        Need::Paths(exact, folded) => {
            let differ = exact != folded;
            change(exact, folded);
            differ
        }
        Need::Words(_) | Need::Texts(_) | Need::Entities(_) | Need::Under(_) => false,
    })
}

const CHANGES: [(&str, Change); 23] = [
    ("a range ends one too early", |l| {
        spans(l, |(low, high)| {
            *high = high.saturating_sub(i64::from(*high != *low));
            high != low
        })
    }),
    ("a range begins one too late", |l| {
        spans(l, |(low, _)| {
            *low = low.saturating_add(1);
            true
        })
    }),
    ("one of several values is lost", |l| {
        refile(l, |need| match need {
            Need::Words(all) => all.len() > 1 && all.pop().is_some(),
            Need::Texts(all) => all.len() > 1 && all.pop().is_some(),
            Need::Entities(all) | Need::Under(all) => all.len() > 1 && all.pop().is_some(),
            Need::Paths(..) => false,
        })
    }),
    ("beginnings are filed as ends", |l| {
        literals(l, |literal| {
            let head = if let Literal::Head(bytes) = literal { Some(Literal::Tail(bytes.clone())) } else { None };
            head.map(|other| *literal = other).is_some()
        })
    }),
    ("what stands inside must be the beginning", |l| {
        literals(l, |literal| {
            let inside = if let Literal::Inside(bytes) = literal { Some(Literal::Head(bytes.clone())) } else { None };
            inside.map(|other| *literal = other).is_some()
        })
    }),
    ("paths are looked for as they are only", |l| paths(l, |exact, folded| folded.clone_from(exact))),
    ("paths are looked for without their case only", |l| paths(l, |exact, folded| exact.clone_from(folded))),
    ("what an entity lies in is not asked", |l| {
        refile(l, |need| {
            let under = if let Need::Under(all) = need { Some(Need::Entities(all.clone())) } else { None };
            under.map(|other| *need = other).is_some()
        })
    }),
    ("shorter beginnings are not followed", |l| lanes(l, |lane| lane.index.forget_shorter())),
    ("the ends of a path outside are not looked for", |l| lanes(l, |lane| lane.index.plant(Planted::NoEnds))),
    ("what a path may need is taken for sure", |l| lanes(l, |lane| lane.index.plant(Planted::AlwaysSure))),
    ("an entity that nobody knows lies in nothing", |l| lanes(l, |lane| lane.index.plant(Planted::ClosedWorld))),
    ("a key that errs concerns nobody", |l| {
        lanes(l, |lane| {
            lane.pieces = 0..0;
            true
        })
    }),
    ("a key that is absent concerns nobody", |l| lanes(l, |lane| !std::mem::take(&mut lane.absent).is_empty())),
    ("what a need says is taken for all that is asked", |l| briefs(l, |b| !std::mem::replace(&mut b.whole, true))),
    ("a slot is taken to follow from the need that does not", |l| {
        pieces(l, |piece| {
            let next = SlotId(piece.given.len() as u32);
            let more = (next.0 as usize) < piece.block.slots.len() && !piece.given.contains(&next);
            if more {
                piece.given.push(next);
            }
            more
        })
    }),
    ("a brief forgets its rules", |l| briefs(l, |b| b.whole && b.rules.take().is_some())),
    ("a brief forgets its floors", |l| briefs(l, |b| b.whole && b.floors.take().is_some())),
    ("the last row of a piece is lost", |l| pieces(l, |piece| piece.rows.len() > 1 && piece.rows.pop().is_some())),
    ("rows of a piece change places", |l| {
        pieces(l, |piece| {
            let [first, second, ..] = &mut piece.rows[..] else { return false };
            std::mem::swap(&mut first.condition, &mut second.condition);
            first.condition != second.condition
        })
    }),
    ("an error of a floor brings its own tier", |l| {
        pieces(l, |piece| {
            all_of(&mut piece.rows, |row| {
                let Effect::Floor { tier, erred, .. } = &mut row.effect else { return false };
                std::mem::replace(erred, *tier) != *tier
            })
        })
    }),
    ("and becomes or in pieces", |l| {
        pieces(l, |piece| {
            all_of(&mut piece.block.nodes, |node| {
                let other = if let Node::And(all) = node { Some(Node::Or(all.clone())) } else { None };
                other.map(|other| *node = other).is_some()
            })
        })
    }),
    ("a lane forgets its last piece where it must judge all", |l| {
        lanes(l, |lane| {
            let more = lane.pieces.len() > 1;
            lane.pieces.end -= u32::from(more);
            more
        })
    }),
];

/// A policy, its plan without lanes, and requests.
type Case = (TypedPolicy, Plan, Vec<Given>);

fn caught(cases: &[Case], change: impl Fn(&mut Plan) -> bool) -> bool {
    cases.iter().any(|(policy, plain, requests)| {
        let mut wrong = with_lanes(policy);
        change(&mut wrong) && requests.iter().any(|inputs| differs(policy, (plain, &wrong), &Walker, inputs).is_some())
    })
}

fn cases() -> Vec<Case> {
    (0..120)
        .map(|seed| {
            let source = &mut Source::new(seed);
            let policy = crowd(source);
            let plain = without_lanes(&policy);
            let requests = (0..25).map(|_| crowd_inputs(source)).collect();
            (policy, plain, requests)
        })
        .collect()
}

#[test]
fn faults_of_lanes_are_caught() {
    let cases = cases();
    assert!(!caught(&cases[..20], |_| true), "without a fault nothing differs");
    for (name, change) in CHANGES {
        let found = caught(&cases, |plan| all_of(&mut plan.units, |unit| change(&mut unit.lanes)));
        assert!(found, "`{name}` was not caught");
    }
}

#[test]
fn the_default_of_a_unit_with_lanes_is_no_business_of_its_main_block() {
    let found = caught(&cases(), |plan| all_of(&mut plan.units, |unit| std::mem::take(&mut unit.combine.shared)));
    assert!(found);
}

#[test]
fn every_piece_is_one_of_its_lane() {
    for seed in 0..40 {
        let plan = with_lanes(&crowd(&mut Source::new(seed)));
        for unit in &plan.units {
            let of_lanes: Vec<PieceId> = unit.lanes.lanes.iter().flat_map(|lane| lane.pieces()).collect();
            let all: Vec<PieceId> = unit.lanes.pieces().map(|(id, _)| id).collect();
            assert_eq!(of_lanes, all);
            for lane in &unit.lanes.lanes {
                assert!(lane.pieces().all(|id| unit.lanes.piece(id).need.kind() == lane.kind));
                assert!(lane.kind != KeyKind::Path || lane.label.contains("file"), "{}", lane.label);
            }
        }
    }
}
