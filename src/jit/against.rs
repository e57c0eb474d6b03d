//! Before native code serves, it must say on generated frames what the *language* says.
//!
//! The interpreter is the definition of the language and knows nothing of plan or layout. On each frame it is
//! told what the slots' expressions yield, judges every item of the unit, and combines. Row by row and in its
//! tier the code must say the same. So a fault in the lowering is found although walker and code agree on it.
//! What a frame cannot show is whether values are read from requests as they should be: the conformance cases
//! and generated requests do that.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::dictate::{Dictated, Prints, Slots, fit, word};
use super::forms::Forms;
use super::frames::{Effort, FrameSource, sample_frames, turning_frames};
use super::pieces;
use super::validate::{Mismatch, compare};
use crate::check::typed::{ItemBody, TypedPolicy};
use crate::decision::{ItemId, Tier};
use crate::entities::Entities;
use crate::facts::Facts;
use crate::graph::key::Fingerprint;
use crate::interp::{self, Scene};
use crate::outcome::{Outcomes, Truth};
use crate::plan::{Encoding, Frame, Out, Plan, Run, SlotId, Unit, UnitId, Walker};
use crate::reader::Bound;
use crate::request::Request;
use crate::types::Type;

/// Work on one unit, in frames times the square of its rows: the interpreter looks at every pair of items. A
/// unit of a hundred rows gets all its frames, one of a thousand some dozens.
const WORK: usize = 1 << 26;
/// Frames that even the largest unit gets.
const FEWEST: usize = 4;

/// Frames on which the interpreter is asked, shared by all units of a plan. A plan of some hundred units gets what
/// [`Effort`] allows.
const TOTAL: usize = 1 << 16;
/// What each unit gets of them however many there are; the mixtures come on top.
const LEAST: usize = 32;

/// Most slots of a frame that a text shows.
const SHOWN: usize = 8;

/// Code, or the plan that it was made of, says something else than the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The code differs from the walker.
    FromPlan(Box<Mismatch>),
    /// The code differs from the interpreter. What differs, for people.
    FromLanguage(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromPlan(mismatch) => mismatch.fmt(f),
            Self::FromLanguage(text) => f.write_str(text),
        }
    }
}

/// Compares code with the walker and with the interpreter on frames that reach every state of every slot, and
/// on mixtures. Returns on how many frames it was compared with the interpreter.
///
/// Of units that have one code over conditions of one form the first gets all these frames, and each further one
/// gets [`Effort::repeated`].
///
/// # Errors
/// The first difference. Code that differs must not serve.
pub fn validate_against(
    policy: &TypedPolicy,
    plan: &Plan,
    code: &dyn Run,
    effort: Effort,
) -> Result<usize, Difference> {
    let prints = Prints::new(policy);
    let types = prints.types();
    let scopes = Scopes::new(policy);
    let mut forms = Forms::default();
    let mut tried = 0;
    for (id, unit) in plan.units() {
        let check = Check::new(policy, plan, code, &prints, id, scopes.of(unit))?;
        let mut source = FrameSource::new(u64::from(id.0) + 1);
        let first = forms.first(code, id, unit, (policy, &check.items));
        let sample = if first { sample_frames } else { turning_frames };
        let frames = sample(unit.body(), effort, &mut source);
        let share = (TOTAL / plan.units.len().max(1)).max(LEAST);
        let affordable = (WORK / unit.rows.len().pow(2).max(1)).max(FEWEST).min(share);
        let step = frames.len().div_ceil(effort.interpreted.clamp(1, affordable)).max(1);
        let mixtures = frames.len().saturating_sub(effort.mixtures.min(affordable));
        for (place, mut frame) in frames.into_iter().enumerate() {
            compare(plan, code, id, &frame).map_err(Difference::FromPlan)?;
            if place % step == 0 || place >= mixtures {
                fit(unit.body(), &types, &mut frame);
                check.frame(&frame, &types)?;
                tried += 1;
            }
        }
        let pieces =
            pieces::Check { policy, plan, code, prints: &prints, types: &types, unit: id, bound: &check.bound };
        tried += pieces.pieces(effort)?;
    }
    Ok(tried)
}

/// Which items are about what, told from the policy alone.
struct Scopes<'p> {
    policy: &'p TypedPolicy,
    of_action: Vec<Vec<ItemId>>,
}

impl<'p> Scopes<'p> {
    fn new(policy: &'p TypedPolicy) -> Self {
        let mut of_action = vec![Vec::new(); policy.actions.len()];
        for (id, item) in (0..).map(ItemId).zip(&policy.items) {
            for action in &item.scope.actions {
                if let Some(items) = of_action.get_mut(action.0 as usize) {
                    items.push(id);
                }
            }
        }
        Self { policy, of_action }
    }

    /// The items that a unit must judge: all of its action, or all with the same patterns.
    fn of(&self, unit: &Unit) -> Vec<ItemId> {
        if let Some(action) = unit.action {
            return self.of_action.get(action.0 as usize).cloned().unwrap_or_default();
        }
        let in_lanes = unit.lanes.pieces.iter().flat_map(|piece| &piece.rows);
        let Some(first) = unit.rows.iter().chain(in_lanes).next() else { return Vec::new() };
        let patterns = &self.policy.item(first.item).scope.undeclared;
        let same = (0..).map(ItemId).zip(&self.policy.items).filter(|(_, item)| item.scope.undeclared == *patterns);
        same.map(|(id, _)| id).collect()
    }
}

/// One unit under comparison.
struct Check<'a> {
    policy: &'a TypedPolicy,
    plan: &'a Plan,
    code: &'a dyn Run,
    prints: &'a Prints<'a>,
    id: UnitId,
    unit: &'a Unit,
    slots: Slots,
    /// Items of which the main block has a row.
    items: Vec<ItemId>,
    /// The row of each branch, as far as the main block has it.
    rows: HashMap<(ItemId, u32), usize>,
    /// The branches that lie in lanes.
    in_lanes: HashSet<(ItemId, u32)>,
    bound: Bound,
    entities: Entities,
}

impl<'a> Check<'a> {
    fn new(
        policy: &'a TypedPolicy,
        plan: &'a Plan,
        code: &'a dyn Run,
        prints: &'a Prints<'a>,
        id: UnitId,
        items: Vec<ItemId>,
    ) -> Result<Self, Difference> {
        let unit = plan.unit(id);
        let rows: HashMap<_, _> =
            unit.rows.iter().enumerate().map(|(place, row)| ((row.item, row.branch), place)).collect();
        let branches = |item: ItemId| {
            let count = policy.item(item).conditions().len() as u32;
            (0..count).map(move |branch| (item, branch))
        };
        let wanted: HashSet<(ItemId, u32)> = items.iter().copied().flat_map(branches).collect();
        let of_lanes = || unit.lanes.pieces.iter().flat_map(|piece| &piece.rows);
        let in_lanes: HashSet<_> = of_lanes().map(|row| (row.item, row.branch)).collect();
        let asked = unit.rows.len() + of_lanes().count();
        let known: HashSet<_> = rows.keys().chain(&in_lanes).copied().collect();
        if asked != known.len() || known != wanted {
            let text = format!("`{}`: the plan does not ask the conditions that the policy has", unit.title);
            return Err(Difference::FromLanguage(text));
        }
        let in_main: HashSet<ItemId> = unit.rows.iter().map(|row| row.item).collect();
        let items = items.into_iter().filter(|item| in_main.contains(item)).collect();
        // Whatever is read is dictated; the request only stands for the action.
        let bound = Bound::new(policy, &Request::new(&unit.title), &Facts::default());
        let slots = Slots::new(unit.body());
        Ok(Self {
            policy,
            plan,
            code,
            prints,
            id,
            unit,
            slots,
            items,
            rows,
            in_lanes,
            bound,
            entities: Entities::none(),
        })
    }

    fn run(&self, engine: &dyn Run, frame: &Frame) -> Out {
        let mut out = Out::default();
        out.clear(self.unit.rows.len());
        engine.first(self.plan, self.id, frame, &mut out);
        if self.unit.first < self.unit.rows.len() {
            engine.second(self.plan, self.id, frame, &mut out);
        }
        out
    }

    fn frame(&self, frame: &Frame, types: &HashMap<Fingerprint, &Type>) -> Result<(), Difference> {
        let oracle = Dictated { prints: self.prints, slots: &self.slots, of: self.unit.body(), frame };
        let scene = Scene::new(self.policy, &self.bound, &self.entities).dictated(&oracle);
        let mut outcomes = interp::judge_items(&scene, &self.items);
        // What lies in lanes is no business of the main block: there it counts as false.
        for outcome in &mut outcomes.items {
            for (branch, truth) in (0..).zip(&mut outcome.truths) {
                if self.in_lanes.contains(&(outcome.item, branch)) {
                    *truth = Truth::False;
                }
            }
        }
        let tier = interp::combine(self.policy, &outcomes).tier;
        let native = self.run(self.code, frame);
        let warnings = u64::from(interp::warnings(self.policy, &outcomes));
        let counted = !self.unit.counts_warnings() || native.warnings() == warnings;
        let row = self.differing(&outcomes, &native);
        if self.unit.tier_of(native.tier()) == tier && counted && row.is_none() {
            return Ok(());
        }
        Err(Difference::FromLanguage(self.text(frame, types, row, tier, &native)))
    }

    /// The first row that the code answers otherwise, with what the language says.
    fn differing(&self, outcomes: &Outcomes, native: &Out) -> Option<(ItemId, u32, Truth)> {
        for outcome in &outcomes.items {
            let silenced = match self.policy.item(outcome.item).body {
                ItemBody::Floor { .. } => interp::silenced(self.policy, outcomes, outcome.item),
                ItemBody::Rule { .. }
                | ItemBody::Relax { .. }
                | ItemBody::Exception { .. }
                | ItemBody::Approval { .. } => false,
            };
            for (branch, truth) in (0..).zip(&outcome.truths) {
                // A floor that an exception silences has vanished from the code's answer.
                let truth = if silenced { Truth::False } else { *truth };
                if self.in_lanes.contains(&(outcome.item, branch)) {
                    continue;
                }
                let said = self.rows.get(&(outcome.item, branch)).map(|row| native.row(*row));
                if said != Some((truth == Truth::True, truth == Truth::Erred)) {
                    return Some((outcome.item, branch, truth));
                }
            }
        }
        None
    }

    fn text(
        &self,
        frame: &Frame,
        types: &HashMap<Fingerprint, &Type>,
        row: Option<(ItemId, u32, Truth)>,
        tier: Tier,
        native: &Out,
    ) -> String {
        let walked = self.run(&Walker, frame);
        let whose = if walked == *native { "native code and the plan say" } else { "native code says" };
        let told = |out: &Out| self.unit.tier_of(out.tier());
        let mut text = format!("`{}`{}: ", self.unit.title, self.state(frame, types, row.map(|(item, ..)| item)));
        if let Some((item, branch, truth)) = row {
            let (held, erred) = self.rows.get(&(item, branch)).map_or((false, false), |row| native.row(*row));
            let said = if erred { Truth::Erred } else { Truth::from(held) };
            let name = &self.policy.item(item).name;
            let number = branch + 1;
            text.push_str(&format!(
                "condition {number} of `{name}` is {} by the language, {whose} {}; ",
                shown(truth),
                shown(said)
            ));
        }
        text + &format!("the tier is {tier} by the language, {whose} {}", told(native))
    }

    /// What the frame says, for people: of the slots that an item reads, where one differs.
    fn state(&self, frame: &Frame, types: &HashMap<Fingerprint, &Type>, item: Option<ItemId>) -> String {
        let read: Option<HashSet<Fingerprint>> = item.map(|item| {
            self.policy.item(item).conditions().into_iter().flat_map(|when| self.prints.inside(when)).collect()
        });
        let slots = (0..).map(SlotId).zip(&self.unit.block.slots);
        let about = slots.filter(|(_, slot)| read.as_ref().is_none_or(|read| read.contains(&slot.of)));
        let said: Vec<String> = about
            .take(SHOWN)
            .map(|(id, slot)| {
                let word = word(&self.unit.block, 0, id, frame);
                format!("`{}` {}", slot.label, state(&slot.encoding, word, types.get(&slot.of).copied()))
            })
            .collect();
        if said.is_empty() { String::new() } else { format!(", where {}", said.join(", ")) }
    }
}

fn shown(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Erred => "an error",
    }
}

/// A slot's state in words.
fn state(encoding: &Encoding, word: Option<u64>, ty: Option<&Type>) -> String {
    let Some(word) = word else { return "errs".into() };
    match encoding {
        Encoding::Word => match ty {
            Some(Type::Int) | None => format!("is {}", word as i64),
            Some(ty) => format!("is {} ({ty:?})", word as i64),
        },
        Encoding::Symbol(table) => match table.iter().find(|(_, id)| **id == word as i64) {
            Some((text, _)) => format!("is {text:?}"),
            None => "is another text".into(),
        },
        Encoding::Truth => if word == 1 { "is true" } else { "is false" }.into(),
        Encoding::Presence => if word == 1 { "is there" } else { "is absent" }.into(),
        Encoding::Records(_) => format!("has {} elements", word & 0xffff_ffff),
    }
}
