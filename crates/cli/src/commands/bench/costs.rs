//! Where the time of deciding goes.
//!
//! The word of every slot is timed by itself over the requests of its action; so are judging the words, and finding and
//! judging the rows behind lanes. An item costs the slots that its conditions read, its share of the judging by the
//! number of its nodes, and its share of the lanes by how often its rows were candidates. What several items need is
//! shared evenly between them, so the items add up to the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use aas::Policy;
use aas::decision::ItemId;
use aas::graph::draw;
use aas::plan::profile::{Parts, UnitWork};
use aas::plan::{Frame, NodeId, Out, Read, Run, SlotId, Unit, UnitId};

use super::figures::{Action, Atom, Costs, Figures, ItemCost};
use super::measure::average;
use super::requests::{Asked, OfAction};

/// What an item needs.
#[derive(Default)]
struct Needs {
    slots: BTreeSet<SlotId>,
    nodes: BTreeMap<NodeId, usize>,
    /// Slots and nodes of rows behind lanes.
    behind: (usize, usize),
    /// Its part of what the lanes cost.
    of_lanes: f64,
}

/// Measures every declared action; what each costs, to draw it by.
pub(super) fn measure(policy: &Policy, asked: &Asked, figures: &mut Figures) -> Vec<draw::Costs> {
    let both = asked.actions.iter().zip(&mut figures.actions);
    both.map(|(of, action)| of.unit.map_or_else(draw::Costs::default, |unit| one(policy, unit, of, action))).collect()
}

fn one(policy: &Policy, id: UnitId, of: &OfAction, action: &mut Action) -> draw::Costs {
    let reads: Vec<Read<'_>> =
        of.timed().filter(|one| one.bound.refusals.is_empty()).map(|one| one.read(policy)).collect();
    if reads.is_empty() {
        return draw::Costs::default();
    }
    let (run, _) = policy.runner(policy.engine());
    let mut profile = UnitWork::new(policy.plan(), policy.typed(), id);
    let unit = profile.unit();
    let slots: Vec<f64> = (0..unit.block.slots.len() as u32)
        .map(|slot| {
            average(&reads, |read| {
                black_box(profile.slot(SlotId(slot), read));
            })
        })
        .collect();
    let framed = |read: &Read<'_>| {
        let mut frame = Frame::default();
        profile.frame(read, &mut frame);
        frame
    };
    let frames: Vec<Frame> = reads.iter().map(framed).collect();
    let mut out = Out::default();
    let asked = asked(&profile, run, &frames);
    let slots: Vec<f64> = slots.into_iter().zip(asked).map(|(ns, share)| ns * share).collect();
    let judge_ns = average(&frames, |frame| {
        black_box(profile.judge(run, frame, &mut out));
    });
    let lanes_ns = if unit.lanes.is_empty() {
        0.0
    } else {
        average(&reads, |read| {
            black_box(profile.lanes(run, read));
        })
    };
    let mut needs = needs(unit);
    share_lanes(&mut profile, &reads, &mut needs);
    let whole = Whole { slots, judge_ns, lanes_ns };
    let items = whole.items(&needs);
    let mut drawn = draw::Costs { items: items.clone(), ..draw::Costs::default() };
    for (slot, ns) in unit.block.slots.iter().zip(&whole.slots) {
        *drawn.slots.entry(slot.of).or_default() += ns;
    }
    action.costs = Some(whole.costs(policy, unit, &needs, &items));
    drawn
}

/// In which part of the requests each slot is asked: in all, but where it waits.
fn asked(work: &UnitWork<'_>, run: &dyn Run, frames: &[Frame]) -> Vec<f64> {
    let unit = work.unit();
    let mut share = vec![1.0; unit.block.slots.len()];
    unit.late.slots().for_each(|slot| share[slot.0 as usize] = 0.0);
    let mut out = Out::default();
    for frame in frames.iter().filter(|_| !unit.late.is_empty()) {
        for slot in work.staged(run, &unit.late, frame, &mut out).0 {
            share[slot.0 as usize] += 1.0 / frames.len() as f64;
        }
    }
    share
}

/// What each item of the unit needs.
fn needs(unit: &Unit) -> BTreeMap<ItemId, Needs> {
    let mut needs: BTreeMap<ItemId, Needs> = BTreeMap::new();
    for row in &unit.rows {
        let parts = Parts::of(unit.body(), row.condition);
        let item = needs.entry(row.item).or_default();
        item.slots.extend(parts.slots);
        item.nodes.extend(parts.nodes);
    }
    for piece in &unit.lanes.pieces {
        for row in &piece.rows {
            let parts = Parts::of(piece.body(), row.condition);
            let behind = &mut needs.entry(row.item).or_default().behind;
            behind.0 += parts.slots.len();
            behind.1 += parts.nodes.iter().map(|(_, more)| 1 + more).sum::<usize>();
        }
    }
    needs
}

/// Gives each item with rows behind lanes its part of the lanes: how often its rows were candidates, of all.
fn share_lanes(profile: &mut UnitWork<'_>, reads: &[Read<'_>], needs: &mut BTreeMap<ItemId, Needs>) {
    let unit = profile.unit();
    let mut seen: BTreeMap<ItemId, usize> = BTreeMap::new();
    for read in reads {
        for piece in profile.candidates(read) {
            for row in &unit.lanes.piece(piece).rows {
                *seen.entry(row.item).or_default() += 1;
            }
        }
    }
    let all: usize = seen.values().sum();
    for (item, count) in seen {
        needs.entry(item).or_default().of_lanes = count as f64 / all as f64;
    }
}

/// What was timed of a unit.
struct Whole {
    slots: Vec<f64>,
    judge_ns: f64,
    lanes_ns: f64,
}

impl Whole {
    fn total(&self) -> f64 {
        self.slots.iter().sum::<f64>() + self.judge_ns + self.lanes_ns
    }

    fn share(&self, ns: f64) -> f64 {
        if self.total() > 0.0 { ns / self.total() } else { 0.0 }
    }

    /// Nanoseconds of each item.
    fn items(&self, needs: &BTreeMap<ItemId, Needs>) -> BTreeMap<ItemId, f64> {
        let (mut readers, mut users) = (BTreeMap::<SlotId, usize>::new(), BTreeMap::<NodeId, usize>::new());
        for need in needs.values() {
            need.slots.iter().for_each(|slot| *readers.entry(*slot).or_default() += 1);
            need.nodes.keys().for_each(|node| *users.entry(*node).or_default() += 1);
        }
        let weight = |need: &Needs| -> f64 {
            let weigh =
                |(node, more): (&NodeId, &usize)| (1 + more) as f64 / users.get(node).map_or(1.0, |n| *n as f64);
            need.nodes.iter().map(weigh).sum()
        };
        let weights: f64 = needs.values().map(weight).sum();
        let cost = |need: &Needs| {
            let slot = |id: &SlotId| {
                self.slots.get(id.0 as usize).copied().unwrap_or(0.0) / readers.get(id).map_or(1.0, |n| *n as f64)
            };
            let judged = if weights > 0.0 { self.judge_ns * weight(need) / weights } else { 0.0 };
            need.slots.iter().map(slot).sum::<f64>() + judged + self.lanes_ns * need.of_lanes
        };
        needs.iter().map(|(id, need)| (*id, cost(need))).collect()
    }

    fn costs(
        &self,
        policy: &Policy,
        unit: &Unit,
        needs: &BTreeMap<ItemId, Needs>,
        items: &BTreeMap<ItemId, f64>,
    ) -> Costs {
        // A value may have two slots, one for what it is and one for whether it is there.
        let mut by_label: BTreeMap<&str, (f64, BTreeSet<ItemId>)> = BTreeMap::new();
        for ((id, slot), ns) in (0..).map(SlotId).zip(&unit.block.slots).zip(&self.slots) {
            let atom = by_label.entry(&slot.label).or_default();
            atom.0 += ns;
            atom.1.extend(needs.iter().filter(|(_, need)| need.slots.contains(&id)).map(|(item, _)| *item));
        }
        let atom = |(label, (ns, readers)): (&str, (f64, BTreeSet<ItemId>))| Atom {
            atom: label.to_owned(),
            ns,
            share: self.share(ns),
            read_by: readers.len(),
        };
        let item = |(id, ns): (&ItemId, &f64)| {
            let need = needs.get(id);
            ItemCost {
                item: policy.typed().item(*id).name.to_string(),
                ns: *ns,
                share: self.share(*ns),
                slots: need.map_or(0, |n| n.slots.len() + n.behind.0),
                nodes: need.map_or(0, |n| n.nodes.values().map(|more| 1 + more).sum::<usize>() + n.behind.1),
            }
        };
        let mut atoms: Vec<Atom> = by_label.into_iter().map(atom).collect();
        let mut items: Vec<ItemCost> = items.iter().map(item).collect();
        atoms.sort_by(|a, b| b.ns.total_cmp(&a.ns));
        items.sort_by(|a, b| b.ns.total_cmp(&a.ns));
        Costs { classify_ns: self.slots.iter().sum(), judge_ns: self.judge_ns, lanes_ns: self.lanes_ns, atoms, items }
    }
}
