//! From bits to a tier.
//!
//! 1. An exception that is true clears the bits of its floor: the floor vanishes.
//! 2. A rule's row brings its tier, lowered where a relax that is true allows; a row that erred brings
//!    the stricter of its tier and the default. Where no row of a rule is true or erred: the default.
//! 3. Floors raise that. Floors that read `warnings` are judged after the others were counted.

use std::collections::HashMap;

use super::frame::Out;
use super::{PlanRow, Unit};
use crate::check::typed::TypedPolicy;
use crate::decision::{ItemId, Tier};
use crate::graph::{Effect, Row, relaxes};

/// Some rows, one bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mask(pub Vec<u64>);

impl Mask {
    /// No row out of so many.
    #[must_use]
    pub fn none(rows: usize) -> Self {
        Self(vec![0; rows.div_ceil(64)])
    }

    /// Adds a row.
    pub fn add(&mut self, row: usize) {
        self.0[row / 64] |= 1 << (row % 64);
    }

    /// Whether it has a row.
    #[must_use]
    pub fn has(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }

    /// Whether one of the rows is among these bits.
    #[must_use]
    pub fn meets(&self, bits: &[u64]) -> bool {
        self.0.iter().zip(bits).any(|(mask, bits)| mask & bits != 0)
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

/// Rows of rules of one tier that the same relaxes can lower.
#[derive(Clone, Debug)]
pub struct RuleGroup {
    /// Their tier.
    pub tier: Tier,
    /// Rows of relaxes with what the rules then count as.
    pub relaxes: Vec<(usize, Tier)>,
    /// The rows.
    pub rows: Mask,
}

/// An exception.
#[derive(Clone, Debug)]
pub struct Silence {
    /// The row of the exception.
    pub exception: usize,
    /// The rows of the floor.
    pub rows: Mask,
}

/// A floor that `warnings` counts.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Rows that count where they are true.
    pub held: Mask,
    /// Rows that count where they erred.
    pub erred: Mask,
}

/// How the bits of a unit become a tier.
#[derive(Clone, Debug)]
pub struct Combine {
    /// The tier where no rule matches.
    pub default: Tier,
    /// Rules.
    pub groups: Vec<RuleGroup>,
    /// Floors that bring each tier where they are true.
    pub floors_held: [Mask; 4],
    /// Floors that bring each tier where they erred.
    pub floors_erred: [Mask; 4],
    /// Exceptions.
    pub silences: Vec<Silence>,
    /// Floors that count as warnings.
    pub watched: Vec<Watched>,
    /// Whether a relax can lower one of the rules.
    pub lowers: bool,
    /// Whether rules may lie in lanes: then the default is not this block's to say, and where none of its own
    /// rules counts, the word of the tier has [`UNMATCHED`].
    pub shared: bool,
    /// The same for few rows among which nothing changes another.
    pub plain: Option<Plain>,
}

/// Rows as bits of one word, where a verdict needs no more than that.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain {
    /// Rules.
    pub rules: u64,
    /// Rules and floors that bring each tier where they are true.
    pub brings: [u64; 4],
    /// Rows whose items ask for something.
    pub owes: u64,
    /// Approvals, which are asked for where the tier is red.
    pub approvals: u64,
}

impl Plain {
    fn of(rows: &[PlanRow]) -> Option<Self> {
        let mut made = Self::default();
        if rows.len() > 64 {
            return None;
        }
        for (place, row) in rows.iter().enumerate() {
            let bit = 1 << place;
            match row.effect {
                Effect::Rule { tier } => {
                    made.rules |= bit;
                    made.brings[tier as usize] |= bit;
                }
                Effect::Floor { tier, reads_warnings: false, .. } => made.brings[tier as usize] |= bit,
                Effect::Approval { .. } => made.approvals |= bit,
                Effect::Floor { reads_warnings: true, .. } | Effect::Relax { .. } | Effect::Exception { .. } => {
                    return None;
                }
            }
            if row.owes && !matches!(row.effect, Effect::Approval { .. }) {
                made.owes |= bit;
            }
        }
        Some(made)
    }
}

/// Set in the word of a tier where no rule of the block counts and the unit has others in lanes.
pub const UNMATCHED: u64 = 4;

impl Combine {
    /// Tables for no rows at all.
    #[cfg(test)]
    pub(crate) fn empty(default: Tier) -> Self {
        Self {
            default,
            groups: Vec::new(),
            floors_held: std::array::from_fn(|_| Mask::default()),
            floors_erred: std::array::from_fn(|_| Mask::default()),
            silences: Vec::new(),
            watched: Vec::new(),
            lowers: false,
            shared: true,
            plain: None,
        }
    }

    /// The tables for rows in their final order.
    #[must_use]
    pub fn new(policy: &TypedPolicy, rows: &[PlanRow]) -> Self {
        let none = || Mask::none(rows.len());
        let mut made = Self {
            default: policy.settings.default_tier,
            groups: Vec::new(),
            floors_held: std::array::from_fn(|_| none()),
            floors_erred: std::array::from_fn(|_| none()),
            silences: Vec::new(),
            watched: Vec::new(),
            lowers: false,
            shared: false,
            plain: Plain::of(rows),
        };
        let mut watched: Vec<Watched> = Vec::new();
        let mut watched_at: HashMap<ItemId, usize> = HashMap::new();
        let lowering: Vec<(usize, &PlanRow)> =
            rows.iter().enumerate().filter(|(_, row)| matches!(row.effect, Effect::Relax { .. })).collect();
        for (place, row) in rows.iter().enumerate() {
            match row.effect {
                Effect::Rule { tier } => {
                    let relaxes = relaxes_of(policy, &lowering, row);
                    made.group(tier, relaxes, rows.len()).rows.add(place);
                }
                Effect::Floor { tier, erred, reads_warnings } => {
                    made.floors_held[tier as usize].add(place);
                    made.floors_erred[erred as usize].add(place);
                    if !reads_warnings {
                        let at = *watched_at.entry(row.item).or_insert_with(|| {
                            watched.push(Watched { held: none(), erred: none() });
                            watched.len() - 1
                        });
                        if tier >= Tier::Yellow {
                            watched[at].held.add(place);
                        }
                        if erred >= Tier::Yellow {
                            watched[at].erred.add(place);
                        }
                    }
                }
                Effect::Exception { of } => {
                    let mut mask = none();
                    for (place, row) in rows.iter().enumerate().filter(|(_, r)| r.item == of) {
                        if matches!(row.effect, Effect::Floor { .. }) {
                            mask.add(place);
                        }
                    }
                    made.silences.push(Silence { exception: place, rows: mask });
                }
                Effect::Relax { .. } | Effect::Approval { .. } => {}
            }
        }
        made.watched = watched;
        made.lowers = made.groups.iter().any(|group| !group.relaxes.is_empty());
        made
    }

    fn group(&mut self, tier: Tier, relaxes: Vec<(usize, Tier)>, rows: usize) -> &mut RuleGroup {
        let known = self.groups.iter().position(|g| g.tier == tier && g.relaxes == relaxes);
        let at = known.unwrap_or_else(|| {
            self.groups.push(RuleGroup { tier, relaxes, rows: Mask::none(rows) });
            self.groups.len() - 1
        });
        &mut self.groups[at]
    }
}

/// The rows of relaxes that can lower a row of a rule, with what it then counts as.
fn relaxes_of(policy: &TypedPolicy, lowering: &[(usize, &PlanRow)], rule: &PlanRow) -> Vec<(usize, Tier)> {
    let as_row = Row { item: rule.item, branch: rule.branch, condition: Default::default(), effect: rule.effect };
    let mut found = Vec::new();
    for (place, row) in lowering {
        if let Effect::Relax { from, to, of } = row.effect
            && relaxes(policy, row.item, from, to, of, &as_row)
        {
            found.push((*place, to));
        }
    }
    found
}

/// Clears the bits of floors that a true exception silences.
pub(super) fn silence(unit: &Unit, out: &mut Out) {
    for silence in &unit.combine.silences {
        if out.row(silence.exception).0 {
            let half = out.row_words;
            for (place, mask) in silence.rows.0.iter().enumerate() {
                out.words[super::frame::BITS + place] &= !mask;
                out.words[super::frame::BITS + half + place] &= !mask;
            }
        }
    }
}

/// How many floors warn.
pub(super) fn count_warnings(unit: &Unit, out: &Out) -> u64 {
    let warns = |w: &&Watched| w.held.meets(out.trues()) || w.erred.meets(out.errors());
    unit.combine.watched.iter().filter(warns).count() as u64
}

/// What a group's rules count as.
#[must_use]
pub(super) fn effective(group: &RuleGroup, out: &Out) -> Tier {
    let lowered = group.relaxes.iter().filter(|(row, _)| out.row(*row).0).map(|(_, to)| *to).min();
    lowered.map_or(group.tier, |to| to.min(group.tier))
}

/// The tier that rules bring, `None` where no row of a rule is true or erred.
#[must_use]
pub(super) fn rule_tier(combine: &Combine, out: &Out) -> Option<Tier> {
    let mut highest = None;
    for group in &combine.groups {
        if group.rows.meets(out.trues()) {
            highest = highest.max(Some(effective(group, out)));
        }
        if group.rows.meets(out.errors()) {
            highest = highest.max(Some(group.tier.max(combine.default)));
        }
    }
    highest
}

/// The highest tier of floors, `None` where no row of a floor is true or erred.
#[must_use]
pub(super) fn floor_tier(combine: &Combine, out: &Out) -> Option<Tier> {
    let brings = |tier: &Tier| {
        combine.floors_held[*tier as usize].meets(out.trues())
            || combine.floors_erred[*tier as usize].meets(out.errors())
    };
    Tier::ALL.into_iter().rev().find(brings)
}

/// The word of the tier of a unit's main block.
#[must_use]
pub(super) fn tier(unit: &Unit, out: &Out) -> u64 {
    let rules = rule_tier(&unit.combine, out);
    let fallback = if unit.combine.shared { Tier::Green } else { unit.combine.default };
    let unmatched = if unit.combine.shared && rules.is_none() { UNMATCHED } else { 0 };
    let rules = rules.unwrap_or(fallback);
    floor_tier(&unit.combine, out).map_or(rules, |floor| floor.max(rules)) as u64 | unmatched
}
