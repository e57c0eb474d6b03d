//! What a log says of an action: how often its atoms and conditions are true, and what asking each of them costs.

use std::hint::black_box;

use aas::Policy;
use aas::plan::late::Late;
use aas::plan::profile::UnitWork;
use aas::plan::{Encoding, Frame, Out, Read, Run, SlotId, Unit, UnitId};

use crate::commands::bench::measure::{alone, average};
use crate::commands::bench::requests::OfAction;

/// The record of one action.
pub(super) struct Record<'p> {
    work: UnitWork<'p>,
    run: &'p dyn Run,
    out: Out,
    /// The frames of the requests that were timed, every slot asked.
    frames: Vec<Frame>,
    /// What each slot costs in each of them.
    ns: Vec<Vec<f64>>,
    /// What judging the rows costs.
    judge_ns: f64,
    /// How many requests were counted.
    pub(super) requests: u64,
    /// Of each slot, in how many requests it was true (or known) and in how many it erred.
    pub(super) slots: Vec<Counts>,
    /// The same of each row.
    pub(super) rows: Vec<Counts>,
}

/// How often.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) held: u64,
    pub(super) erred: u64,
}

impl Counts {
    fn add(&mut self, held: bool, erred: bool) {
        self.held += u64::from(held);
        self.erred += u64::from(erred);
    }
}

impl<'p> Record<'p> {
    /// Counts all requests of an action, and times some. None where all of them are refused.
    pub(super) fn new(policy: &'p Policy, id: UnitId, of: &OfAction) -> Option<Self> {
        let work = UnitWork::new(policy.plan(), policy.typed(), id);
        let (run, _) = policy.runner(policy.engine());
        let unit = work.unit();
        let mut made = Self {
            slots: vec![Counts::default(); unit.block.slots.len()],
            rows: vec![Counts::default(); unit.rows.len()],
            work,
            run,
            out: Out::default(),
            frames: Vec::new(),
            ns: Vec::new(),
            judge_ns: 0.0,
            requests: 0,
        };
        let mut frame = Frame::default();
        for one in of.all.iter().filter(|one| one.bound.refusals.is_empty()) {
            made.work.frame(&one.read(policy), &mut frame);
            made.count(&frame);
        }
        let timed: Vec<Read<'_>> =
            of.timed().filter(|one| one.bound.refusals.is_empty()).map(|one| one.read(policy)).collect();
        timed.iter().for_each(|read| made.time(read));
        if made.frames.is_empty() {
            return None;
        }
        let (work, out) = (&made.work, &mut made.out);
        made.judge_ns = average(&made.frames, |frame| {
            black_box(work.judge(run, frame, out));
        });
        Some(made)
    }

    pub(super) fn unit(&self) -> &'p Unit {
        self.work.unit()
    }

    fn count(&mut self, frame: &Frame) {
        self.requests += 1;
        let unit = self.work.unit();
        for ((id, slot), counts) in (0..).map(SlotId).zip(&unit.block.slots).zip(&mut self.slots) {
            let (word, bit) = unit.block.known(id);
            let known = frame.words.get(word).is_some_and(|w| w >> bit & 1 == 1);
            let value = frame.words.get(unit.block.place(id)).copied().unwrap_or(0);
            match slot.encoding {
                Encoding::Truth | Encoding::Presence => counts.add(known && value == 1, !known || value == 0),
                Encoding::Word | Encoding::Symbol(_) | Encoding::Records(_) => counts.add(known, !known),
            }
        }
        self.work.judge(self.run, frame, &mut self.out);
        for (place, counts) in self.rows.iter_mut().enumerate() {
            let (held, erred) = self.out.row(place);
            counts.add(held, erred);
        }
    }

    fn time(&mut self, read: &Read<'_>) {
        let slots = self.work.unit().block.slots.len() as u32;
        let mut frame = Frame::default();
        self.work.frame(read, &mut frame);
        self.frames.push(frame);
        let ns = (0..slots).map(SlotId).map(|slot| {
            alone(|| {
                black_box(self.work.slot(slot, read));
            })
        });
        let ns: Vec<f64> = ns.collect();
        // What every slot costs when it is asked alone is no cost of asking it among others.
        let least = ns.iter().copied().fold(f64::INFINITY, f64::min);
        self.ns.push(ns.into_iter().map(|ns| ns - least).collect());
    }

    /// Nanoseconds that a slot costs on average.
    pub(super) fn cost(&self, slot: SlotId) -> f64 {
        let of = |ns: &Vec<f64>| ns.get(slot.0 as usize).copied().unwrap_or(0.0);
        self.ns.iter().map(of).sum::<f64>() / self.ns.len().max(1) as f64
    }

    /// Nanoseconds that all slots cost together.
    pub(super) fn whole(&self) -> f64 {
        (0..self.slots.len() as u32).map(|slot| self.cost(SlotId(slot))).sum()
    }

    /// Nanoseconds that an order saves on average: what is not asked, less what judging again costs.
    pub(super) fn gain(&mut self, late: &Late) -> f64 {
        let mut saved = 0.0;
        for (frame, ns) in self.frames.iter().zip(&self.ns) {
            let (asked, judged) = self.work.staged(self.run, late, frame, &mut self.out);
            let spared = late.slots().filter(|slot| !asked.contains(slot));
            saved += spared.map(|slot| ns.get(slot.0 as usize).copied().unwrap_or(0.0)).sum::<f64>();
            saved -= (judged - 1) as f64 * self.judge_ns;
        }
        saved / self.frames.len().max(1) as f64
    }

    /// In how many requests each slot is asked by an order.
    pub(super) fn asked(&mut self, policy: &Policy, of: &OfAction, late: &Late) -> Vec<u64> {
        let mut counts = vec![self.requests; self.slots.len()];
        for slot in late.slots() {
            counts[slot.0 as usize] = 0;
        }
        let mut frame = Frame::default();
        for one in of.all.iter().filter(|one| one.bound.refusals.is_empty()) {
            self.work.frame(&one.read(policy), &mut frame);
            let (asked, _) = self.work.staged(self.run, late, &frame, &mut self.out);
            asked.iter().for_each(|slot| counts[slot.0 as usize] += 1);
        }
        counts
    }
}
