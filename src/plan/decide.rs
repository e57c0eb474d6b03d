//! From a request to its verdict: dispatch, classify, run, and what follows from the bits.

use super::classify::{classify, classify_for_tier};
use super::frame::{Frame, Out};
use super::inputs::Inputs;
use super::lanes::{Brought, judge as lanes};
use super::lanes::{JudgedPiece, LaneScratch};
use super::late;
use super::verdict::{self, Judged, Verdict};
use super::{Plan, Run, UnitId};
use crate::builtin::Context;
use crate::check::typed::TypedPolicy;
use crate::decision::{ItemId, Tier};
use crate::outcome::{ItemOutcome, Outcomes, Truth};

/// Memory for deciding. Reuse it: nothing is allocated once it has grown, but for what the verdict carries.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) units: Vec<UnitId>,
    frames: Vec<Frame>,
    pub(super) outs: Vec<Out>,
    pub(super) judged: Vec<Judged>,
    pub(super) asking: Vec<ItemId>,
    verdict: Verdict,
    pub(super) lanes: LaneScratch,
}

impl Scratch {
    /// The frame of a single unit.
    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        &mut self.frames[0]
    }

    /// The verdict of a request that no item is about.
    pub(crate) fn default_verdict(&mut self, default: Tier) -> &Verdict {
        self.verdict.by_default(default);
        &self.verdict
    }

    /// The verdict, for whoever makes it in another way.
    pub(crate) fn verdict_to_make(&mut self) -> &mut Verdict {
        &mut self.verdict
    }

    /// The last verdict that was made here.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The units of the last decision with their frames and answers.
    pub fn last(&self) -> impl Iterator<Item = (UnitId, &Frame, &Out)> {
        self.units.iter().zip(&self.frames).zip(&self.outs).map(|((unit, frame), out)| (*unit, frame, out))
    }

    /// The pieces of lanes of which a row was true or erred in the last decision.
    pub fn pieces(&self) -> impl Iterator<Item = JudgedPiece> {
        self.lanes.judged.iter().copied()
    }

    /// What became of each item's conditions in the last decision. Floors that an exception silences are false.
    #[must_use]
    pub fn outcomes(&self, plan: &Plan) -> Outcomes {
        let mut rows: Vec<(ItemId, u32, Truth)> = Vec::new();
        for (unit, _, out) in self.last() {
            for (place, row) in plan.unit(unit).rows.iter().enumerate() {
                let truth = match out.row(place) {
                    (_, true) => Truth::Erred,
                    (held, false) => Truth::from(held),
                };
                rows.push((row.item, row.branch, truth));
            }
            let lanes = &plan.unit(unit).lanes;
            for row in lanes.pieces.iter().flat_map(|piece| &piece.rows) {
                rows.push((row.item, row.branch, Truth::False));
            }
        }
        // Rows of lanes are false but for those that were judged otherwise: of each row the last answer counts.
        for piece in self.pieces() {
            let found = piece.rows(plan.unit(piece.unit));
            rows.extend(found.map(|(row, held)| (row.item, row.branch, if held { Truth::True } else { Truth::Erred })));
        }
        rows.sort_unstable();
        rows.dedup_by(|later, kept| {
            let same = (later.0, later.1) == (kept.0, kept.1);
            if same {
                kept.2 = later.2;
            }
            same
        });
        let of_item = |rows: &[(ItemId, u32, Truth)]| ItemOutcome {
            item: rows[0].0,
            truths: rows.iter().map(|(_, _, truth)| *truth).collect(),
        };
        Outcomes { items: rows.chunk_by(|a, b| a.0 == b.0).map(of_item).collect() }
    }
}

/// Only the tier.
pub fn tier<I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    engine: &dyn Run,
    inputs: &I,
    scratch: &mut Scratch,
) -> Tier {
    match plan.declared(inputs.action()) {
        Some(unit) => tier_of(plan, policy, engine, unit, inputs, scratch),
        None => {
            scratch.units.clear();
            plan.undeclared(inputs.action(), &mut scratch.units);
            slow_tier(plan, policy, engine, inputs, scratch)
        }
    }
}

/// Only the tier, of a declared action whose unit is known.
pub fn tier_of<I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    engine: &dyn Run,
    id: UnitId,
    inputs: &I,
    scratch: &mut Scratch,
) -> Tier {
    let unit = plan.unit(id);
    scratch.units.clear();
    if unit.tells_tier_at_once() && unit.late.is_empty() {
        let context = context(policy);
        let main = main_tier(plan, engine, id, inputs, &context, scratch);
        if unit.lanes.is_empty() {
            return unit.tier_of(main);
        }
        scratch.lanes.clear();
        return lanes::judge(plan, id, engine, inputs, &context, &mut scratch.lanes).joined(unit, main);
    }
    scratch.units.push(id);
    slow_tier(plan, policy, engine, inputs, scratch)
}

/// The word of the tier of a unit that tells it at once. What only approvals read stays unknown; they have no tier.
fn main_tier<I: Inputs + ?Sized>(
    plan: &Plan,
    engine: &dyn Run,
    id: UnitId,
    inputs: &I,
    context: &Context<'_>,
    scratch: &mut Scratch,
) -> u64 {
    let unit = plan.unit(id);
    classify_for_tier(unit, inputs, context, scratch.frame());
    if scratch.outs.is_empty() {
        scratch.outs.push(Out::default());
    }
    let (frame, out) = (&scratch.frames[0], &mut scratch.outs[0]);
    if engine.tells_tier(id)
        && frame.is_told(&unit.block, unit.slots_for_tier)
        && let Some(main) = engine.tier(plan, id, frame)
    {
        return main;
    }
    out.clear(unit.rows.len());
    engine.first(plan, id, frame, out);
    out.tier()
}

fn slow_tier<I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    engine: &dyn Run,
    inputs: &I,
    scratch: &mut Scratch,
) -> Tier {
    judge(plan, policy, engine, inputs, scratch);
    let found = combined(plan, scratch);
    if has_runs(plan, scratch) { decided(plan, policy, inputs, scratch, found).tier } else { found }
}

/// The verdict of a unit whose rows `judge` judges; says no where there is more to it than rows and their tiers.
#[inline]
pub(crate) fn decide_filled(plan: &Plan, id: UnitId, scratch: &mut Scratch, judge: impl FnOnce(&mut Out)) -> bool {
    let unit = plan.unit(id);
    if scratch.outs.is_empty() {
        scratch.outs.push(Out::default());
    }
    let out = &mut scratch.outs[0];
    out.clear(unit.rows.len());
    judge(out);
    verdict::make_plain(unit, plan.default, out, number(out.tier()), &mut scratch.verdict)
}

/// Tier, determining items and obligations. The verdict lies in `scratch` until the next one is made there.
pub fn decide<'s, I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    engine: &dyn Run,
    inputs: &I,
    scratch: &'s mut Scratch,
) -> &'s Verdict {
    scratch.units.clear();
    match plan.declared(inputs.action()) {
        Some(unit) => scratch.units.push(unit),
        None => plan.undeclared(inputs.action(), &mut scratch.units),
    }
    judge(plan, policy, engine, inputs, scratch);
    let tier = combined(plan, scratch);
    decided(plan, policy, inputs, scratch, tier)
}

/// The same for a declared action whose unit is known.
pub fn decide_in<'s, I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    engine: &dyn Run,
    id: UnitId,
    inputs: &I,
    scratch: &'s mut Scratch,
) -> &'s Verdict {
    scratch.units.clear();
    scratch.units.push(id);
    judge(plan, policy, engine, inputs, scratch);
    let tier = combined(plan, scratch);
    decided(plan, policy, inputs, scratch, tier)
}

fn decided<'s, I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    inputs: &I,
    scratch: &'s mut Scratch,
    tier: Tier,
) -> &'s Verdict {
    if let ([id], [out, ..]) = (&*scratch.units, &*scratch.outs)
        && plan.unit(*id).lanes.is_empty()
        && verdict::make_plain(plan.unit(*id), plan.default, out, tier, &mut scratch.verdict)
    {
        return &scratch.verdict;
    }
    let mut made = std::mem::take(&mut scratch.verdict);
    verdict::make(plan, policy, inputs, &context(policy), scratch, tier, &mut made);
    scratch.verdict = made;
    &scratch.verdict
}

pub(super) fn context(policy: &TypedPolicy) -> Context<'_> {
    Context { case_sensitive_paths: policy.settings.case_sensitive_paths, types: &policy.types }
}

/// Judges the rows of the units that were found.
fn judge<I: Inputs + ?Sized>(plan: &Plan, policy: &TypedPolicy, engine: &dyn Run, inputs: &I, scratch: &mut Scratch) {
    let count = scratch.units.len();
    scratch.frames.resize_with(count.max(scratch.frames.len()), Frame::default);
    scratch.outs.resize_with(count.max(scratch.outs.len()), Out::default);
    let context = context(policy);
    let mut warnings = 0;
    scratch.lanes.clear();
    let work = scratch.units.iter().zip(&mut scratch.frames).zip(&mut scratch.outs);
    for ((id, frame), out) in work {
        let unit = plan.unit(*id);
        if unit.late.is_empty() {
            classify(unit, inputs, &context, frame);
            out.clear(unit.rows.len());
            engine.first(plan, *id, frame, out);
        } else {
            late::judge(plan, *id, engine, inputs, &context, (frame, out));
        }
        let brought = if unit.lanes.is_empty() {
            Brought::default()
        } else {
            lanes::judge(plan, *id, engine, inputs, &context, &mut scratch.lanes)
        };
        warnings += out.warnings() + brought.warnings;
        scratch.lanes.brought.push(brought);
    }
    let work = scratch.units.iter().zip(&scratch.frames).zip(&mut scratch.outs);
    for ((id, frame), out) in work.filter(|((id, _), _)| plan.unit(**id).first < plan.unit(**id).rows.len()) {
        // An undeclared name may concern several units: the count is that of all of them.
        out.set_warnings(warnings);
        engine.second(plan, *id, frame, out);
    }
}

/// The tier of all units together: only one has rules, or none.
fn combined(plan: &Plan, scratch: &Scratch) -> Tier {
    let units = scratch.units.iter().zip(&scratch.outs).zip(&scratch.lanes.brought);
    let tiers = units.map(|((id, out), brought)| brought.joined(plan.unit(*id), out.tier()));
    tiers.fold(None, |highest: Option<Tier>, tier| Some(highest.map_or(tier, |h| h.max(tier)))).unwrap_or(plan.default)
}

/// A tier by its number; a number that is none is black.
#[inline]
pub(crate) fn number(tier: u64) -> Tier {
    Tier::ALL.get(tier as usize).copied().unwrap_or(Tier::Black)
}

fn has_runs(plan: &Plan, scratch: &Scratch) -> bool {
    scratch.units.iter().any(|id| !plan.unit(*id).runs.is_empty())
}
