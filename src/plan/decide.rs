//! From a request to its verdict: dispatch, classify, run, and what follows from the bits.

use std::collections::BTreeSet;

use super::combine;
use super::frame::{Frame, Out};
use super::inputs::Inputs;
use super::program::{MAX_VARIABLES, Runner};
use super::{Plan, PlanRow, Run, UnitId, classify};
use crate::builtin::Context;
use crate::check::typed::{ActionId, Duty, ItemBody, TypedPolicy};
use crate::decision::{Determining, ItemId, Obligation, Outcome, Tier};
use crate::graph::Effect;
use crate::outcome::{ItemOutcome, Outcomes, Truth};
use crate::value::{Fault, FaultKind};

/// Memory for deciding. Reuse it: nothing is allocated once it has grown, but for what the verdict carries.
#[derive(Debug, Default)]
pub struct Scratch {
    units: Vec<UnitId>,
    frames: Vec<Frame>,
    outs: Vec<Out>,
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

/// What follows from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The tier.
    pub tier: Tier,
    /// What made it, in canonical order.
    pub determining: Vec<Determining>,
    /// What the host must do, in canonical order.
    pub obligations: Vec<Obligation>,
    /// Items whose errors the decision lists: those that determine it by one, and those that erred and ask for
    /// an obligation that it carries.
    pub erred: Vec<ItemId>,
    /// Arguments of `run` that could not be told: they made the decision black.
    pub unrunnable: Vec<(ItemId, Fault)>,
    /// Items whose `instead` name different actions, so that none is submitted.
    pub conflicting: Vec<ItemId>,
}

impl Verdict {
    /// Whether it has nothing to say but tier, items and obligations.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.erred.is_empty() && self.unrunnable.is_empty() && self.conflicting.is_empty()
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
    judge(plan, policy, engine, inputs, scratch);
    let found = combined(plan, scratch);
    if has_runs(plan, scratch) { verdict(plan, policy, inputs, scratch, found).tier } else { found }
}

/// Tier, determining items and obligations.
pub fn decide<I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    engine: &dyn Run,
    inputs: &I,
    scratch: &mut Scratch,
) -> Verdict {
    judge(plan, policy, engine, inputs, scratch);
    let tier = combined(plan, scratch);
    verdict(plan, policy, inputs, scratch, tier)
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

/// A row with what became of it.
struct Judged<'a> {
    row: &'a PlanRow,
    outcome: Outcome,
    /// What it brings before any relax. Of rows without a tier: green.
    brings: Tier,
    /// What it counts as.
    counts: Tier,
}

fn verdict<I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    inputs: &I,
    scratch: &Scratch,
    tier: Tier,
) -> Verdict {
    let judged = judged(plan, scratch);
    let mut made = Verdict {
        tier,
        determining: Vec::new(),
        obligations: Vec::new(),
        erred: Vec::new(),
        unrunnable: Vec::new(),
        conflicting: Vec::new(),
    };
    determining(plan, policy, &judged, &mut made);
    let mut asking: BTreeSet<ItemId> = BTreeSet::new();
    oblige(plan, policy, inputs, scratch, &judged, &mut made, &mut asking);
    let by_error = made.determining.iter().filter(|d| d.outcome == Outcome::Erred).filter_map(|d| d.item);
    asking.retain(|item| judged.iter().any(|j| j.row.item == *item && j.outcome == Outcome::Erred));
    asking.extend(by_error);
    made.erred = asking.into_iter().collect();
    blacken(&mut made);
    made
}

/// An obligation whose value errs makes the decision black: nobody could carry it out.
fn blacken(made: &mut Verdict) {
    if made.unrunnable.is_empty() {
        return;
    }
    made.tier = Tier::Black;
    let erred = |(item, _): &(ItemId, Fault)| Determining {
        item: Some(*item),
        branch: 0,
        tier: Tier::Black,
        outcome: Outcome::Erred,
    };
    made.determining = made.unrunnable.iter().map(erred).collect();
    made.determining.dedup();
    made.obligations.retain(|o| matches!(o, Obligation::Notify { .. } | Obligation::Redact { .. }));
}

/// All rows that are true or erred, with what they count as, in canonical order.
fn judged<'a>(plan: &'a Plan, scratch: &Scratch) -> Vec<Judged<'a>> {
    let mut found = Vec::new();
    for (id, out) in scratch.units.iter().zip(&scratch.outs) {
        let unit = plan.unit(*id);
        for (place, row) in unit.rows.iter().enumerate() {
            let (held, erred) = out.row(place);
            let outcome = match (held, erred) {
                (_, true) => Outcome::Erred,
                (true, false) => Outcome::Held,
                (false, false) => continue,
            };
            let (brings, counts) = match row.effect {
                Effect::Rule { tier } if held => {
                    let group = unit.combine.groups.iter().find(|g| g.rows.has(place));
                    (tier, group.map_or(tier, |g| combine::effective(g, out)))
                }
                Effect::Rule { tier } => (tier.max(plan.default), tier.max(plan.default)),
                Effect::Floor { tier, .. } if held => (tier, tier),
                Effect::Floor { erred, .. } => (erred, erred),
                Effect::Relax { to, .. } => (to, to),
                Effect::Exception { .. } | Effect::Approval { .. } => (Tier::Green, Tier::Green),
            };
            found.push(Judged { row, outcome, brings, counts });
        }
    }
    found.sort_by_key(|j| (j.row.item, j.row.branch));
    found
}

/// Items whose tier is the result, the relaxes that led to it, and the default.
fn determining(plan: &Plan, policy: &TypedPolicy, judged: &[Judged<'_>], made: &mut Verdict) {
    let mut found = BTreeSet::new();
    let mut rules = false;
    for j in judged {
        match j.row.effect {
            Effect::Rule { .. } => {
                rules = true;
                if j.counts == made.tier {
                    found.insert(line(j, j.brings));
                    if j.counts < j.brings {
                        found.extend(lowering(policy, judged, j));
                    }
                }
            }
            Effect::Floor { .. } => {
                if j.counts == made.tier {
                    found.insert(line(j, j.counts));
                }
            }
            Effect::Relax { .. } | Effect::Exception { .. } | Effect::Approval { .. } => {}
        }
    }
    if !rules && plan.default == made.tier {
        found.insert(Determining { item: None, branch: 0, tier: plan.default, outcome: Outcome::Held });
    }
    made.determining = found.into_iter().collect();
}

fn line(judged: &Judged<'_>, tier: Tier) -> Determining {
    Determining { item: Some(judged.row.item), branch: judged.row.branch, tier, outcome: judged.outcome }
}

/// The relaxes that gave a rule the tier that it counts as.
fn lowering(policy: &TypedPolicy, judged: &[Judged<'_>], rule: &Judged<'_>) -> Vec<Determining> {
    let as_row = crate::graph::Row {
        item: rule.row.item,
        branch: rule.row.branch,
        condition: Default::default(),
        effect: rule.row.effect,
    };
    let lowers = |j: &&Judged<'_>| match j.row.effect {
        Effect::Relax { from, to, of } => {
            j.outcome == Outcome::Held
                && to == rule.counts
                && crate::graph::relaxes(policy, j.row.item, from, to, of, &as_row)
        }
        Effect::Rule { .. } | Effect::Floor { .. } | Effect::Exception { .. } | Effect::Approval { .. } => false,
    };
    judged.iter().filter(lowers).map(|j| line(j, j.counts)).collect()
}

/// Everything that items ask for, item by item, duties in text order, what two ask for under the first.
fn oblige<I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    inputs: &I,
    scratch: &Scratch,
    judged: &[Judged<'_>],
    made: &mut Verdict,
    asking: &mut BTreeSet<ItemId>,
) {
    let approvals = if made.tier == Tier::Red { approvals(policy, judged) } else { Vec::new() };
    let instead = if made.tier == Tier::Black { instead(policy, made) } else { None };
    let context = context(policy);
    let runner = Runner { inputs, context: &context };
    for rows in judged.chunk_by(|a, b| a.row.item == b.row.item) {
        let item = rows[0].row.item;
        let asks = asks(rows);
        let decides = made.determining.iter().any(|d| d.item == Some(item) && d.outcome == Outcome::Held);
        for (place, duty) in policy.item(item).obligations.iter().enumerate() {
            match duty {
                Duty::Notify(channel) if asks.notifies => {
                    asking.insert(item);
                    add(made, Obligation::Notify { channel: channel.to_string(), item });
                }
                Duty::Redact(field) if asks.redacts => {
                    asking.insert(item);
                    add(made, Obligation::Redact { field: field.to_string(), item });
                }
                Duty::Instead(action) if decides && instead == Some(*action) => {
                    asking.insert(item);
                    add(made, Obligation::Instead { action: policy.action_def(*action).name.to_string(), item });
                }
                Duty::Run { .. } if decides && asks.runs => {
                    asking.insert(item);
                    run(plan, scratch, &runner, (item, place), true, made);
                }
                // Told wherever its item matches: otherwise a further floor could make a black decision looser.
                Duty::Run { .. } if asks.redacts => run(plan, scratch, &runner, (item, place), false, made),
                Duty::Notify(_) | Duty::Redact(_) | Duty::Instead(_) | Duty::Run { .. } => {}
            }
        }
        if approvals.contains(&item) {
            asking.insert(item);
            add(made, Obligation::Approve { item });
        }
    }
}

/// Which of its duties an item may give.
struct Asks {
    redacts: bool,
    notifies: bool,
    runs: bool,
}

fn asks(rows: &[Judged<'_>]) -> Asks {
    let holds = rows.iter().any(|j| j.outcome == Outcome::Held);
    match rows[0].row.effect {
        Effect::Rule { .. } => {
            // A rule that a relax lowered as a whole gives only its `redact`s.
            let counts = rows.iter().map(|j| j.counts).max();
            let brings = rows.iter().map(|j| j.brings).max();
            let own = counts >= brings;
            Asks { redacts: true, notifies: own, runs: own }
        }
        Effect::Floor { .. } | Effect::Approval { .. } => Asks { redacts: true, notifies: true, runs: true },
        Effect::Relax { .. } | Effect::Exception { .. } => Asks { redacts: holds, notifies: holds, runs: holds },
    }
}

/// Adds what no item before asked for.
fn add(made: &mut Verdict, wanted: Obligation) {
    let same = |known: &Obligation| match (known, &wanted) {
        (Obligation::Notify { channel: a, .. }, Obligation::Notify { channel: b, .. })
        | (Obligation::Redact { field: a, .. }, Obligation::Redact { field: b, .. })
        | (Obligation::Instead { action: a, .. }, Obligation::Instead { action: b, .. }) => a == b,
        (Obligation::Run { workflow: a, arguments: x, .. }, Obligation::Run { workflow: b, arguments: y, .. }) => {
            a == b && x == y
        }
        (known, wanted) => known == wanted,
    };
    if !made.obligations.iter().any(same) {
        made.obligations.push(wanted);
    }
}

/// Approvals that cover; the fallback where no other does; equal ones once.
fn approvals(policy: &TypedPolicy, judged: &[Judged<'_>]) -> Vec<ItemId> {
    let of = |wanted: bool| {
        judged.iter().filter(move |j| j.row.effect == Effect::Approval { fallback: wanted }).map(|j| j.row.item)
    };
    let own: Vec<ItemId> = of(false).collect();
    let covering: Vec<ItemId> = if own.is_empty() { of(true).collect() } else { own };
    let mut taken: Vec<ItemId> = Vec::new();
    for item in covering {
        if !taken.iter().any(|other| same_terms(policy, *other, item)) {
            taken.push(item);
        }
    }
    taken
}

fn same_terms(policy: &TypedPolicy, a: ItemId, b: ItemId) -> bool {
    match (&policy.item(a).body, &policy.item(b).body) {
        (
            ItemBody::Approval { people, quorum, within, own, ask, .. },
            ItemBody::Approval { people: p, quorum: q, within: w, own: o, ask: s, .. },
        ) => (people, quorum, within, own, ask) == (p, q, w, o, s),
        // What is no approval has no terms.
        _ => false,
    }
}

/// The one action that determining items ask for instead. Two different ones cancel each other.
fn instead(policy: &TypedPolicy, made: &mut Verdict) -> Option<ActionId> {
    let mut found = Vec::new();
    for item in made.determining.iter().filter(|d| d.outcome == Outcome::Held).filter_map(|d| d.item) {
        for duty in &policy.item(item).obligations {
            if let Duty::Instead(action) = duty {
                found.push((item, *action));
            }
        }
    }
    let (_, first) = *found.first()?;
    if found.iter().all(|(_, action)| *action == first) {
        return Some(first);
    }
    made.conflicting = found.into_iter().map(|(item, _)| item).collect();
    made.conflicting.dedup();
    None
}

/// One `run` with its arguments; where it is not carried, only whether they can be told.
fn run<I: Inputs + ?Sized>(
    plan: &Plan,
    scratch: &Scratch,
    runner: &Runner<'_, I>,
    (item, place): (ItemId, usize),
    carried: bool,
    made: &mut Verdict,
) {
    let mut wanted = scratch.units.iter().flat_map(|id| &plan.unit(*id).runs);
    let Some(run) = wanted.find(|run| run.item == item && run.duty == place) else { return };
    let mut arguments = Vec::with_capacity(run.arguments.len());
    for (name, program) in &run.arguments {
        match runner.run(program, &[None; MAX_VARIABLES]) {
            Ok(Some(value)) => match runner.inputs.json(&value) {
                Some(text) => arguments.push((name.to_string(), text)),
                None => {
                    let fault = Fault::new(FaultKind::IllTyped, "the value cannot be handed over");
                    made.unrunnable.push((item, fault));
                    return;
                }
            },
            Ok(None) => {}
            Err(fault) => {
                made.unrunnable.push((item, fault));
                return;
            }
        }
    }
    if carried {
        add(made, Obligation::Run { workflow: run.workflow.to_string(), arguments, item });
    }
}
