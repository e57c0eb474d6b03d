//! From a unit's nodes to its card.

use std::collections::HashMap;

use super::draft::{Draft, Given, Part};
use super::logic::Term;
use super::symbols::{MOST_TEXTS, Symbols};
use super::{Cards, Head, MOST, Places, Read, kind};
use crate::decision::Tier;
use crate::form::bind::{Bindings, BoundUnit};
use crate::graph::Effect;
use crate::plan::hash::{Table, ends};
use crate::plan::{PlanRow, TextTest, Unit};

/// Cards while they are made.
#[derive(Default)]
pub(in crate::form) struct Making {
    places: Vec<Places>,
    words: Vec<u64>,
    symbols: Vec<Symbols>,
    /// The table of each name that further texts go to.
    open: HashMap<u32, u32>,
    tests: Vec<TextTest>,
    #[cfg(test)]
    fault: Option<CardFault>,
}

/// A fault planted for tests.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::form) enum CardFault {
    /// A limit is one too high.
    LimitTooHigh,
    /// What is at a limit is taken to be below.
    EqualIsBelow,
    /// A negation is lost.
    LostNegation,
    /// A field's bounds are not looked at.
    NoBounds,
    /// A text's length is not looked at.
    NoLengths,
    /// A set of texts lacks its last one.
    SetTooShort,
    /// A beginning is compared without its last byte.
    StartTooShort,
    /// An end is compared without its first byte.
    EndTooShort,
    /// A part is compared without its last byte.
    PartTooShort,
    /// A text that a field is compared with is taken to be any other of its beginning.
    OnlyBeginning,
    /// Terms are left in the order of rows.
    TermsUnsorted,
    /// A floor counts as a rule, so that the default is not asked for.
    FloorIsRule,
    /// What an item asks for is forgotten.
    NothingOwed,
    /// Approvals are taken for rows that bring nothing and ask for nothing.
    NoApprovals,
    /// A parameter that no rule reads is not looked at.
    Unchecked,
    /// Only the first term of a condition counts.
    FirstTermOnly,
    /// All items are the first.
    ItemOfFirst,
    /// Bits of texts stand where those of bools do.
    BitsSwapped,
}

impl Making {
    #[cfg(test)]
    pub(in crate::form) fn with_fault(fault: Option<CardFault>) -> Self {
        Self { fault, ..Self::default() }
    }

    /// Adds a unit, with cards if it can have them.
    pub(in crate::form) fn add(&mut self, bindings: &Bindings, bound: &BoundUnit, unit: &Unit) -> bool {
        if self.words.is_empty() {
            // No card begins at 0.
            self.words.push(0);
        }
        let all = (unit.rows.len(), unit.block.slots.len());
        let few = (unit.for_tier, unit.slots_for_tier);
        let tier = self.card(bindings, bound, unit, few).unwrap_or(0);
        let whole = if few == all { tier } else { self.card(bindings, bound, unit, all).unwrap_or(0) };
        self.places.push(Places { tier, whole });
        tier != 0 && whole != 0
    }

    /// Adds a unit without a card.
    pub(in crate::form) fn none(&mut self) {
        self.places.push(Places::default());
    }

    /// All cards.
    pub(in crate::form) fn made(self, default: Tier) -> Cards {
        Cards {
            places: self.places.into(),
            words: self.words.into(),
            symbols: self.symbols.into(),
            tests: self.tests.into(),
            default,
        }
    }

    /// Writes the card over a unit's first rows and slots; returns where it begins.
    fn card(&mut self, bindings: &Bindings, bound: &BoundUnit, unit: &Unit, of: (usize, usize)) -> Option<u32> {
        if !unit.tells_tier_at_once() || !unit.lanes.is_empty() || !unit.loops.is_empty() {
            return None;
        }
        // What waits by a profile is asked where it may still matter; a card asks all at once.
        if !unit.late.is_empty() {
            return None;
        }
        // Nothing among the rows changes another.
        unit.combine.plain?;
        let (rows, slots) = (unit.rows.get(..of.0)?, unit.block.slots.get(..of.1)?);
        let mut draft = Draft {
            bindings,
            bound,
            slots,
            reads: Vec::new(),
            tests: Vec::new(),
            #[cfg(test)]
            fault: self.fault,
        };
        draft.read_all()?;
        let mut terms = draft.terms(&unit.block.nodes, rows)?;
        // Those that bring a tier first, the strictest before the others; rules before floors.
        #[cfg(test)]
        let sorted = self.fault != Some(CardFault::TermsUnsorted);
        #[cfg(not(test))]
        let sorted = true;
        if sorted {
            terms.sort_by_key(|(row, _)| (std::cmp::Reverse(brings(row)), !is_rule(row)));
        }
        if terms.len() > MOST {
            return None;
        }
        let order = draft.order()?;
        let (begin, symbols, tests) = (self.words.len(), self.symbols.len(), self.tests.len());
        let written = self.write(&draft, &order, &terms);
        let place = written.and_then(|()| u32::try_from(begin).ok());
        if place.is_none() {
            self.words.truncate(begin);
            self.symbols.truncate(symbols);
            self.tests.truncate(tests);
            self.open.retain(|_, table| (*table as usize) < symbols);
        }
        place
    }

    fn write(&mut self, draft: &Draft<'_>, order: &[u32], terms: &[(PlanRow, Term)]) -> Option<()> {
        let of_kind = |wanted: fn(&Given) -> bool| draft.reads.iter().filter(move |(_, read)| wanted(read));
        let bools = draft.of_bools().count();
        let texts = of_kind(|read| matches!(read, Given::Text(..))).count();
        let bringing = terms.iter().filter(|(row, _)| brings(row).is_some()).count();
        if draft.reads.len() > 255 {
            return None;
        }
        self.words.push(Head::new(draft.number_tests(), bools, texts, terms.len(), bringing).0);
        self.marks(terms);
        for (name, read) in &draft.reads {
            if let Given::Number(low, high) = *read {
                #[cfg(test)]
                let (low, high) =
                    if self.fault == Some(CardFault::NoBounds) { (i64::MIN, i64::MAX) } else { (low, high) };
                self.number(draft, *name, (low, high));
            }
        }
        self.terms(order, terms);
        for (row, _) in terms {
            #[cfg(test)]
            let row = if self.fault == Some(CardFault::ItemOfFirst) { &terms[0].0 } else { row };
            self.words.push(u64::from(row.item.0) | u64::from(row.branch) << 32);
        }
        self.words.extend(draft.of_bools().map(u64::from));
        for (name, read) in &draft.reads {
            if let Given::Text(least, greatest) = *read {
                #[cfg(test)]
                let (least, greatest) =
                    if self.fault == Some(CardFault::NoLengths) { (0, u32::MAX) } else { (least, greatest) };
                self.text(draft, *name, (least, greatest))?;
            }
        }
        Some(())
    }

    /// Which terms are of rules, which of items that ask for something, and the tier of each.
    fn marks(&mut self, terms: &[(PlanRow, Term)]) {
        let (mut rules, mut owes, mut tiers) = (0_u64, 0_u64, 0_u64);
        for (place, (row, _)) in terms.iter().enumerate() {
            let is_rule = is_rule(row);
            #[cfg(test)]
            let is_rule = is_rule || self.fault == Some(CardFault::FloorIsRule);
            rules |= u64::from(is_rule) << place;
            let asks = row.owes && brings(row).is_some();
            #[cfg(test)]
            let asks = asks && self.fault != Some(CardFault::NothingOwed);
            owes |= u64::from(asks) << place;
            tiers |= brings(row).map_or(0, |tier| tier as u64) << (2 * place);
        }
        self.words.extend([rules | owes << 32, tiers]);
    }

    /// A number's tests; one without any is read all the same.
    fn number(&mut self, draft: &Draft<'_>, name: u32, (low, high): (i64, i64)) {
        let mut limits: Vec<i64> = draft.limits(name).collect();
        if limits.is_empty() {
            limits.push(i64::MIN);
        }
        for limit in limits {
            #[cfg(test)]
            let limit = if self.fault == Some(CardFault::LimitTooHigh) { limit.saturating_add(1) } else { limit };
            self.words.extend([u64::from(name), low as u64, high as u64, limit as u64]);
        }
    }

    /// A text's tests: sets of a table, parts, and others. Of two tables the second is no card's business.
    fn text(&mut self, draft: &Draft<'_>, name: u32, (least, greatest): (u32, u32)) -> Option<()> {
        let head = self.words.len();
        self.words.extend([0, u64::from(least) | u64::from(greatest) << 32]);
        let tests = draft.of_text(name)?;
        let (mut table, mut counts) = (0, [0_u8; 3]);
        if let Some((texts, sets)) = &tests.sets {
            let (at, ids) = self.table(name, texts)?;
            table = u16::try_from(at).ok()?;
            counts[0] = u8::try_from(sets.len()).ok()?;
            for set in sets {
                #[cfg(test)]
                let set =
                    if self.fault == Some(CardFault::SetTooShort) { &set[..set.len().saturating_sub(1)] } else { set };
                let bits = set.iter().filter_map(|id| ids.get(id)).fold(0_u64, |bits, id| bits | 1 << id);
                self.words.push(bits);
            }
        }
        for (place, all) in [(1, &tests.parts), (2, &tests.others)] {
            counts[place] = u8::try_from(all.len()).ok()?;
            all.iter().for_each(|part| self.part(part));
        }
        self.words[head] = Read::new(u16::try_from(name).ok()?, table, counts).0;
        Some(())
    }

    /// A test of a text by itself.
    fn part(&mut self, part: &Part) {
        #[cfg_attr(not(test), expect(unused_mut, reason = "tests plant faults here"))]
        let (mut of, text, word) = match part {
            Part::Starts(text) => (kind::STARTS, text, ends(text.as_bytes()).0),
            Part::Ends(text) => (kind::ENDS, text, ends(text.as_bytes()).1),
            Part::Is(text) => (kind::IS, text, ends(text.as_bytes()).0),
            Part::Contains(text) => (kind::CONTAINS, text, ends(text.as_bytes()).0),
            Part::Other(test) => {
                self.words.extend([kind::OTHER << 56, self.tests.len() as u64]);
                self.tests.push(test.clone());
                return;
            }
        };
        // INVARIANT: parts have one to eight bytes.
        #[cfg_attr(not(test), expect(unused_mut, reason = "tests plant faults here"))]
        let mut behind = 64 - 8 * text.len() as u64;
        #[cfg(test)]
        match (self.fault, of) {
            (Some(CardFault::StartTooShort), kind::STARTS)
            | (Some(CardFault::EndTooShort), kind::ENDS)
            | (Some(CardFault::PartTooShort), kind::CONTAINS) => behind = (behind + 8).min(56),
            (Some(CardFault::OnlyBeginning), kind::IS) => of = kind::STARTS,
            (_, _) => {}
        }
        self.words.extend([of << 56 | behind, word]);
    }

    /// The shared table that has all texts of a slot's, and what ids of the slot are there.
    fn table(&mut self, name: u32, texts: &Table<Box<str>, i64>) -> Option<(u32, HashMap<i64, u32>)> {
        let mut all: Vec<(&str, i64)> = texts.iter().map(|(text, id)| (&**text, *id)).collect();
        all.sort_unstable();
        let wanted: Vec<&str> = all.iter().map(|(text, _)| *text).collect();
        if wanted.len() > MOST_TEXTS {
            return None;
        }
        let open = self.open.get(&name).and_then(|table| self.symbols.get(*table as usize));
        if open.is_none_or(|table| table.len() + table.lacks(&wanted) > MOST_TEXTS) {
            self.open.insert(name, self.symbols.len() as u32);
            self.symbols.push(Symbols::default());
        }
        let at = *self.open.get(&name)?;
        let table = self.symbols.get_mut(at as usize)?;
        Some((at, all.into_iter().map(|(text, id)| (id, table.add(text))).collect()))
    }

    fn terms(&mut self, order: &[u32], terms: &[(PlanRow, Term)]) {
        let moved = |bits: u64| {
            (0..64).filter(|bit| bits >> bit & 1 == 1).fold(0_u64, |moved, bit| {
                // INVARIANT: terms are about tests, and each of those has its place.
                moved | order.get(bit).map_or(0, |place| 1 << place)
            })
        };
        self.words.extend(terms.iter().map(|(_, term)| moved(term.mask) | moved(term.want) << 32));
    }
}

/// Whether it is a row of a rule.
fn is_rule(row: &PlanRow) -> bool {
    matches!(row.effect, Effect::Rule { .. })
}

/// The tier of a row that brings one where it is true.
fn brings(row: &PlanRow) -> Option<Tier> {
    match row.effect {
        Effect::Rule { tier } | Effect::Floor { tier, .. } => Some(tier),
        // INVARIANT: units with relaxes and exceptions have no cards.
        Effect::Relax { .. } | Effect::Exception { .. } | Effect::Approval { .. } => None,
    }
}
