//! From a request to its verdict: dispatch, classify, run, and what follows from the bits.

use super::classify::{classify, classify_for_tier};
use super::frame::{Frame, Out};
use super::inputs::Inputs;
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
}

impl Scratch {
    /// The units of the last decision with their frames and answers.
    pub fn last(&self) -> impl Iterator<Item = (UnitId, &Frame, &Out)> {
        self.units.iter().zip(&self.frames).zip(&self.outs).map(|((unit, frame), out)| (*unit, frame, out))
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
        }
        rows.sort_unstable();
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
    if let Some(id) = plan.declared(inputs.action())
        && let Some(tier) = tier_at_once(plan, policy, engine, id, inputs, scratch)
    {
        return tier;
    }
    judge(plan, policy, engine, inputs, scratch);
    let found = combined(plan, scratch);
    if has_runs(plan, scratch) { decided(plan, policy, inputs, scratch, found).tier } else { found }
}

/// The tier of a declared action, where its unit and the engine can tell it without an answer's bits.
pub fn tier_at_once<I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    engine: &dyn Run,
    id: UnitId,
    inputs: &I,
    scratch: &mut Scratch,
) -> Option<Tier> {
    let unit = plan.unit(id);
    if !unit.tells_tier_at_once() {
        return None;
    }
    scratch.units.clear();
    if scratch.frames.is_empty() {
        scratch.frames.push(Frame::default());
    }
    let frame = &mut scratch.frames[0];
    classify_for_tier(unit, inputs, &context(policy), frame);
    engine.tier(plan, id, frame).map(tier_of)
}

/// Tier, determining items and obligations. The verdict lies in `scratch` until the next one is made there.
pub fn decide<'s, I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    engine: &dyn Run,
    inputs: &I,
    scratch: &'s mut Scratch,
) -> &'s Verdict {
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
    let mut made = std::mem::take(&mut scratch.verdict);
    verdict::make(plan, policy, inputs, &context(policy), scratch, tier, &mut made);
    scratch.verdict = made;
    &scratch.verdict
}

fn context(policy: &TypedPolicy) -> Context<'_> {
    Context { case_sensitive_paths: policy.settings.case_sensitive_paths, types: &policy.types }
}

/// Finds the units of the action and judges their rows.
fn judge<I: Inputs + ?Sized>(plan: &Plan, policy: &TypedPolicy, engine: &dyn Run, inputs: &I, scratch: &mut Scratch) {
    scratch.units.clear();
    match plan.declared(inputs.action()) {
        Some(unit) => scratch.units.push(unit),
        None => plan.undeclared(inputs.action(), &mut scratch.units),
    }
    let count = scratch.units.len();
    scratch.frames.resize_with(count.max(scratch.frames.len()), Frame::default);
    scratch.outs.resize_with(count.max(scratch.outs.len()), Out::default);
    let context = context(policy);
    let mut warnings = 0;
    let work = scratch.units.iter().zip(&mut scratch.frames).zip(&mut scratch.outs);
    for ((id, frame), out) in work {
        let unit = plan.unit(*id);
        classify(unit, inputs, &context, frame);
        out.clear(unit.rows.len());
        engine.first(plan, *id, frame, out);
        warnings += out.warnings();
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
    let tiers = scratch.units.iter().zip(&scratch.outs).map(|(_, out)| tier_of(out.tier()));
    tiers.fold(None, |highest: Option<Tier>, tier| Some(highest.map_or(tier, |h| h.max(tier)))).unwrap_or(plan.default)
}

/// A tier by its number; a number that is none is black.
fn tier_of(number: u64) -> Tier {
    Tier::ALL.get(number as usize).copied().unwrap_or(Tier::Black)
}

fn has_runs(plan: &Plan, scratch: &Scratch) -> bool {
    scratch.units.iter().any(|id| !plan.unit(*id).runs.is_empty())
}
