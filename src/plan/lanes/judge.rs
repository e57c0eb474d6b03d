//! Finding and judging the candidates of a request.

use super::super::cell::Cell;
use super::super::classify::classify_piece;
use super::super::combine::UNMATCHED;
use super::super::frame::Frame;
use super::super::inputs::Inputs;
use super::super::program::{MAX_VARIABLES, Runner};
use super::super::relation::Known;
use super::super::{Plan, PlanRow, Run, Unit, UnitId};
use super::index::Met;
use super::{Lane, PieceId};
use crate::builtin::Context;
use crate::decision::{ItemId, Tier};
use crate::graph::Effect;

/// A piece some of whose rows are true or erred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgedPiece {
    /// Its unit.
    pub unit: UnitId,
    /// The piece.
    pub piece: PieceId,
    /// Rows that are true, one bit each.
    pub held: u64,
    /// Rows that erred.
    pub erred: u64,
}

/// Memory for judging lanes.
#[derive(Debug, Default)]
pub struct LaneScratch {
    found: Vec<u32>,
    frame: Frame,
    warning: Vec<ItemId>,
    /// Every piece of which a row is true or erred.
    pub(in super::super) judged: Vec<JudgedPiece>,
    /// What the lanes of each unit brought.
    pub(in super::super) brought: Vec<Brought>,
}

/// What the lanes of a unit bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Brought {
    /// The highest tier of rules, if one is true or erred.
    pub(in super::super) rules: Option<Tier>,
    /// The highest tier of floors.
    pub(in super::super) floors: Option<Tier>,
    /// How many floors warn, where the unit counts that.
    pub(in super::super) warnings: u64,
}

impl LaneScratch {
    /// Forgets the last request.
    pub(in super::super) fn clear(&mut self) {
        self.judged.clear();
        self.brought.clear();
    }
}

impl Brought {
    /// The tier of a unit, from the word of its main block's tier and from its lanes.
    pub(in super::super) fn joined(self, unit: &Unit, main: u64) -> Tier {
        let own = if unit.combine.shared { main & !UNMATCHED } else { main };
        let own = Tier::ALL.get(own as usize).copied().unwrap_or(Tier::Black);
        let none = self.rules.is_none() && (main & UNMATCHED != 0);
        let rules = if none { unit.combine.default } else { self.rules.unwrap_or(Tier::Green) };
        own.max(rules).max(self.floors.unwrap_or(Tier::Green))
    }

    fn add(&mut self, row: &PlanRow, held: bool, default: Tier) {
        match row.effect {
            Effect::Rule { tier } => self.rules = self.rules.max(Some(if held { tier } else { tier.max(default) })),
            Effect::Floor { tier, erred, .. } => self.floors = self.floors.max(Some(if held { tier } else { erred })),
            // INVARIANT: these stay in the main block.
            Effect::Relax { .. } | Effect::Exception { .. } | Effect::Approval { .. } => {}
        }
    }
}

/// Judges the candidates of all lanes of a unit.
pub(in super::super) fn judge<I: Inputs + ?Sized>(
    plan: &Plan,
    id: UnitId,
    engine: &dyn Run,
    inputs: &I,
    context: &Context<'_>,
    scratch: &mut LaneScratch,
) -> Brought {
    let unit = plan.unit(id);
    let lanes = &unit.lanes;
    let mut brought = Brought::default();
    let mut known = Known::default();
    let from = scratch.judged.len();
    for lane in &lanes.lanes {
        scratch.found.clear();
        let met = lane.find(inputs, context, &mut scratch.found);
        for place in &scratch.found {
            let (piece, brief) = match (lanes.pieces.get(*place as usize), lanes.briefs.get(*place as usize)) {
                (Some(piece), Some(brief)) => (piece, brief),
                (_, _) => continue,
            };
            let at = PieceId(*place);
            if met && brief.whole {
                brought.rules = brought.rules.max(brief.rules);
                brought.floors = brought.floors.max(brief.floors);
                let held = u64::MAX >> (64 - piece.rows.len().clamp(1, 64));
                scratch.judged.push(JudgedPiece { unit: id, piece: at, held, erred: 0 });
                continue;
            }
            classify_piece(piece, met, inputs, context, &mut scratch.frame, &mut known);
            let (held, erred) = engine.piece(plan, id, at, &scratch.frame);
            let mut bits = held | erred;
            if bits == 0 {
                continue;
            }
            scratch.judged.push(JudgedPiece { unit: id, piece: at, held, erred });
            while bits != 0 {
                let bit = bits.trailing_zeros();
                bits &= bits - 1;
                if let Some(row) = piece.rows.get(bit as usize) {
                    brought.add(row, erred >> bit & 1 == 0, unit.combine.default);
                }
            }
        }
    }
    if unit.counts_warnings() {
        brought.warnings = warnings(unit, &scratch.judged[from..], &mut scratch.warning);
    }
    brought
}

/// How many floors of these pieces warn, each counted once.
fn warnings(unit: &Unit, judged: &[JudgedPiece], warning: &mut Vec<ItemId>) -> u64 {
    warning.clear();
    for piece in judged {
        let rows = piece.rows(unit).filter(|(row, held)| match row.effect {
            Effect::Floor { tier, erred, .. } => (if *held { tier } else { erred }) >= Tier::Yellow,
            Effect::Rule { .. } | Effect::Relax { .. } | Effect::Exception { .. } | Effect::Approval { .. } => false,
        });
        warning.extend(rows.map(|(row, _)| row.item));
    }
    warning.sort_unstable();
    warning.dedup();
    warning.len() as u64
}

impl JudgedPiece {
    /// Its rows that are true or erred, and whether they are true.
    pub(in super::super) fn rows(self, unit: &Unit) -> impl Iterator<Item = (&PlanRow, bool)> {
        let rows = unit.lanes.pieces.get(self.piece.0 as usize).map_or(&[][..], |piece| &piece.rows);
        let counting = move |(bit, row)| {
            let (held, erred) = (self.held >> bit & 1 == 1, self.erred >> bit & 1 == 1);
            (held || erred).then_some((row, !erred))
        };
        (0_u32..).zip(rows).filter_map(counting)
    }
}

impl Lane {
    /// Finds the pieces to judge, each once; true where their need is surely met.
    #[inline]
    pub(in super::super) fn find<I: Inputs + ?Sized>(
        &self,
        inputs: &I,
        context: &Context<'_>,
        found: &mut Vec<u32>,
    ) -> bool {
        let met = match self.place {
            Some(place) => self.look_up(inputs.cell(place), inputs, found),
            None => {
                let runner = Runner { inputs, context };
                match runner.run(&self.program, &[None; MAX_VARIABLES]) {
                    Ok(Some(value)) => self.look_up(Cell::of_value(&value), inputs, found),
                    Ok(None) => self.look_up(Cell::Absent, inputs, found),
                    Err(_) => self.look_up(Cell::Erred, inputs, found),
                }
            }
        };
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        met
    }

    #[inline]
    fn look_up<I: Inputs + ?Sized>(&self, cell: Cell<'_>, inputs: &I, found: &mut Vec<u32>) -> bool {
        if matches!(cell, Cell::Absent) {
            found.extend_from_slice(&self.absent);
            return false;
        }
        match self.index.find(cell, inputs.entities(), found) {
            Met::Surely => return true,
            Met::Perhaps => return false,
            Met::Unknown => {}
        }
        // It cannot be told which rows the value concerns: all of them.
        found.clear();
        found.extend(self.pieces.clone());
        false
    }
}
