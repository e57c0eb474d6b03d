//! What follows from the bits of a request's units: what made the tier, and what the host must do besides.
//!
//! All working memory is the caller's, so that nothing is allocated where nothing is asked for.

use super::combine;
use super::decide::Scratch;
use super::frame::Out;
use super::inputs::Inputs;
use super::program::{MAX_VARIABLES, Runner};
use super::{Plan, PlanRow, Unit};
use crate::builtin::Context;
use crate::check::typed::{ActionId, Duty, ItemBody, TypedPolicy};
use crate::decision::{Determining, ItemId, Obligation, Outcome, Tier};
use crate::graph::Effect;
use crate::value::{Fault, FaultKind};

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

impl Default for Verdict {
    /// Nothing was decided yet, so it is black.
    fn default() -> Self {
        Self {
            tier: Tier::Black,
            determining: Vec::new(),
            obligations: Vec::new(),
            erred: Vec::new(),
            unrunnable: Vec::new(),
            conflicting: Vec::new(),
        }
    }
}

impl Verdict {
    /// Makes it that of a request that no item is about.
    pub(super) fn by_default(&mut self, default: Tier) {
        self.clear(default);
        self.determining.push(Determining { item: None, branch: 0, tier: default, outcome: Outcome::Held });
    }

    /// Empties it for another request.
    pub(crate) fn clear(&mut self, tier: Tier) {
        self.tier = tier;
        self.determining.clear();
        self.obligations.clear();
        self.erred.clear();
        self.unrunnable.clear();
        self.conflicting.clear();
    }

    /// Whether it has nothing to say but tier, items and obligations.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.erred.is_empty() && self.unrunnable.is_empty() && self.conflicting.is_empty()
    }
}

/// A row with what became of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    row: PlanRow,
    outcome: Outcome,
    /// What it brings before any relax. Of rows without a tier: green.
    brings: Tier,
    /// What it counts as.
    counts: Tier,
}

/// Makes the verdict of one unit among whose rows nothing changes another, errs or asks for anything; says no
/// where that is not so.
pub(super) fn make_plain(unit: &Unit, default: Tier, out: &Out, tier: Tier, made: &mut Verdict) -> bool {
    let (Some(plain), [held], [erred]) = (&unit.combine.plain, out.trues(), out.errors()) else { return false };
    let asked = if tier == Tier::Red { plain.owes | plain.approvals } else { plain.owes };
    if *erred != 0 || held & asked != 0 || !unit.tells_tier_at_once() {
        return false;
    }
    made.clear(tier);
    if held & plain.rules == 0 && default == tier {
        made.determining.push(Determining { item: None, branch: 0, tier, outcome: Outcome::Held });
    }
    let mut bits = held & plain.brings[tier as usize];
    while bits != 0 {
        let row = &unit.rows[bits.trailing_zeros() as usize];
        made.determining.push(Determining { item: Some(row.item), branch: row.branch, tier, outcome: Outcome::Held });
        bits &= bits - 1;
    }
    if made.determining.len() > 1 {
        made.determining.sort_unstable();
    }
    true
}

/// Makes the verdict of units that were judged.
pub(super) fn make<I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    inputs: &I,
    context: &Context<'_>,
    scratch: &mut Scratch,
    tier: Tier,
    made: &mut Verdict,
) {
    made.clear(tier);
    let (mut rows, mut asking) = (std::mem::take(&mut scratch.judged), std::mem::take(&mut scratch.asking));
    judged(plan, scratch, &mut rows);
    determining(plan, policy, &rows, made);
    asking.clear();
    if rows.iter().any(|j| j.row.owes) {
        oblige(plan, policy, scratch, &Runner { inputs, context }, &rows, made, &mut asking);
        asking.retain(|item| rows.iter().any(|j| j.row.item == *item && j.outcome == Outcome::Erred));
    }
    made.erred.append(&mut asking);
    let by_error = made.determining.iter().filter(|d| d.outcome == Outcome::Erred).filter_map(|d| d.item);
    made.erred.extend(by_error);
    made.erred.sort_unstable();
    made.erred.dedup();
    blacken(made);
    (scratch.judged, scratch.asking) = (rows, asking);
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
fn judged(plan: &Plan, scratch: &Scratch, found: &mut Vec<Judged>) {
    found.clear();
    for (id, out) in scratch.units.iter().zip(&scratch.outs) {
        let unit = plan.unit(*id);
        for (word, (trues, errors)) in out.trues().iter().zip(out.errors()).enumerate() {
            let mut bits = trues | errors;
            while bits != 0 {
                let bit = bits.trailing_zeros();
                bits &= bits - 1;
                let place = word * 64 + bit as usize;
                let Some(row) = unit.rows.get(place) else { continue };
                let outcome = if errors >> bit & 1 == 1 { Outcome::Erred } else { Outcome::Held };
                let held = outcome == Outcome::Held;
                let (brings, counts) = match row.effect {
                    Effect::Rule { tier } if held && unit.combine.lowers => {
                        let group = unit.combine.groups.iter().find(|g| g.rows.has(place));
                        (tier, group.map_or(tier, |g| combine::effective(g, out)))
                    }
                    Effect::Rule { tier } if held => (tier, tier),
                    Effect::Rule { tier } => (tier.max(plan.default), tier.max(plan.default)),
                    Effect::Floor { tier, .. } if held => (tier, tier),
                    Effect::Floor { erred, .. } => (erred, erred),
                    Effect::Relax { to, .. } => (to, to),
                    Effect::Exception { .. } | Effect::Approval { .. } => (Tier::Green, Tier::Green),
                };
                found.push(Judged { row: *row, outcome, brings, counts });
            }
        }
    }
    for piece in &scratch.lanes.judged {
        for (row, held) in piece.rows(plan.unit(piece.unit)) {
            let outcome = if held { Outcome::Held } else { Outcome::Erred };
            let counts = match row.effect {
                Effect::Rule { tier } => {
                    if held {
                        tier
                    } else {
                        tier.max(plan.default)
                    }
                }
                Effect::Floor { tier, erred, .. } => {
                    if held {
                        tier
                    } else {
                        erred
                    }
                }
                // INVARIANT: these stay in the main block.
                Effect::Relax { .. } | Effect::Exception { .. } | Effect::Approval { .. } => Tier::Green,
            };
            found.push(Judged { row: *row, outcome, brings: counts, counts });
        }
    }
    found.sort_unstable_by_key(|j| (j.row.item, j.row.branch));
}

/// Items whose tier is the result, the relaxes that led to it, and the default.
fn determining(plan: &Plan, policy: &TypedPolicy, judged: &[Judged], made: &mut Verdict) {
    let found = &mut made.determining;
    let mut rules = false;
    for j in judged {
        match j.row.effect {
            Effect::Rule { .. } => {
                rules = true;
                if j.counts == made.tier {
                    found.push(line(j, j.brings));
                    if j.counts < j.brings {
                        lowering(policy, judged, j, found);
                    }
                }
            }
            Effect::Floor { .. } => {
                if j.counts == made.tier {
                    found.push(line(j, j.counts));
                }
            }
            Effect::Relax { .. } | Effect::Exception { .. } | Effect::Approval { .. } => {}
        }
    }
    if !rules && plan.default == made.tier {
        found.push(Determining { item: None, branch: 0, tier: plan.default, outcome: Outcome::Held });
    }
    found.sort_unstable();
    found.dedup();
}

fn line(judged: &Judged, tier: Tier) -> Determining {
    Determining { item: Some(judged.row.item), branch: judged.row.branch, tier, outcome: judged.outcome }
}

/// The relaxes that gave a rule the tier that it counts as.
fn lowering(policy: &TypedPolicy, judged: &[Judged], rule: &Judged, found: &mut Vec<Determining>) {
    let as_row = crate::graph::Row {
        item: rule.row.item,
        branch: rule.row.branch,
        condition: Default::default(),
        effect: rule.row.effect,
    };
    let lowers = |j: &&Judged| match j.row.effect {
        Effect::Relax { from, to, of } => {
            j.outcome == Outcome::Held
                && to == rule.counts
                && crate::graph::relaxes(policy, j.row.item, from, to, of, &as_row)
        }
        Effect::Rule { .. } | Effect::Floor { .. } | Effect::Exception { .. } | Effect::Approval { .. } => false,
    };
    found.extend(judged.iter().filter(lowers).map(|j| line(j, j.counts)));
}

/// Everything that items ask for, item by item, duties in text order, what two ask for under the first.
fn oblige<I: Inputs + ?Sized>(
    plan: &Plan,
    policy: &TypedPolicy,
    scratch: &Scratch,
    runner: &Runner<'_, I>,
    judged: &[Judged],
    made: &mut Verdict,
    asking: &mut Vec<ItemId>,
) {
    let approvals = if made.tier == Tier::Red { approvals(policy, judged) } else { Vec::new() };
    let instead = if made.tier == Tier::Black { instead(policy, made) } else { None };
    for rows in judged.chunk_by(|a, b| a.row.item == b.row.item) {
        let item = rows[0].row.item;
        let asks = asks(rows);
        let decides = made.determining.iter().any(|d| d.item == Some(item) && d.outcome == Outcome::Held);
        for (place, duty) in policy.item(item).obligations.iter().enumerate() {
            match duty {
                Duty::Notify(channel) if asks.notifies => {
                    asking.push(item);
                    add(made, Obligation::Notify { channel: channel.to_string(), item });
                }
                Duty::Redact(field) if asks.redacts => {
                    asking.push(item);
                    add(made, Obligation::Redact { field: field.to_string(), item });
                }
                Duty::Instead(action) if decides && instead == Some(*action) => {
                    asking.push(item);
                    add(made, Obligation::Instead { action: policy.action_def(*action).name.to_string(), item });
                }
                Duty::Run { .. } if decides && asks.runs => {
                    asking.push(item);
                    run(plan, scratch, runner, (item, place), true, made);
                }
                // Told wherever its item matches: otherwise a further floor could make a black decision looser.
                Duty::Run { .. } if asks.redacts => run(plan, scratch, runner, (item, place), false, made),
                Duty::Notify(_) | Duty::Redact(_) | Duty::Instead(_) | Duty::Run { .. } => {}
            }
        }
        if approvals.contains(&item) {
            asking.push(item);
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

fn asks(rows: &[Judged]) -> Asks {
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
fn approvals(policy: &TypedPolicy, judged: &[Judged]) -> Vec<ItemId> {
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
