//! From a unit's nodes to its card.

use std::collections::HashMap;

use super::cells::{MOST_CELLS, needs};
use super::draft::{Draft, Given, Part};
use super::index::{Index, LINE, MOST_LINES};
use super::logic::Term;
use super::symbols::{MOST_TEXTS, Slots, Symbols};
use super::{Bits, Cards, Counts, First, Head, MOST, MOST_LOOKED_UP, MOST_TABLED, RECORD, Read, Record, Terms, kind};
use crate::decision::Tier;
use crate::form::bind::{Bindings, BoundUnit};
use crate::graph::Effect;
use crate::plan::hash::{Table, ends};
use crate::plan::{PlanRow, TextTest, Unit, UnitId};

/// Cards while they are made.
pub(in crate::form) struct Making {
    units: Vec<Both>,
    symbols: Vec<Symbols>,
    /// The table of each name that further texts go to.
    open: HashMap<u32, u32>,
    tests: Vec<TextTest>,
    default: Tier,
    /// Most lines of memory that records and cards may take.
    most_lines: usize,
    #[cfg(test)]
    fault: Option<CardFault>,
}

/// The cards of one unit.
#[derive(Default)]
struct Both {
    /// The card for the tier alone.
    tier: Option<Card>,
    /// The card of all rows, where it is another one.
    whole: Option<Card>,
    /// Whether the tier depends on all rows.
    same: bool,
}

/// A card by itself.
#[derive(Default)]
struct Card {
    words: Vec<u64>,
    /// Where the numbers of tables stand; their words are known once all of them are made.
    tables: Vec<usize>,
}

/// The word of a card with the names of numbers within narrow bounds, half a byte each.
const NAMES: usize = 3;

/// A card that never answers.
const NO_CARD: [u64; 4] = [needs::NEVER, 0, 0, 0];

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
    pub(in crate::form) fn new(default: Tier) -> Self {
        Self {
            units: Vec::new(),
            symbols: Vec::new(),
            open: HashMap::new(),
            tests: Vec::new(),
            default,
            most_lines: MOST_LINES,
            #[cfg(test)]
            fault: None,
        }
    }

    #[cfg(test)]
    pub(in crate::form) fn with_fault(default: Tier, fault: Option<CardFault>) -> Self {
        Self { fault, ..Self::new(default) }
    }

    #[cfg(test)]
    pub(in crate::form) fn within_lines(default: Tier, most_lines: usize) -> Self {
        Self { most_lines, ..Self::new(default) }
    }

    /// Adds a unit, with cards if it can have them.
    pub(in crate::form) fn add(&mut self, bindings: &Bindings, bound: &BoundUnit, unit: &Unit) -> bool {
        let all = (unit.rows.len(), unit.block.slots.len());
        let few = (unit.for_tier, unit.slots_for_tier);
        let same = few == all;
        let tier = self.card(bindings, bound, unit, few);
        let whole = if same { None } else { self.card(bindings, bound, unit, all) };
        let both = tier.is_some() && (same || whole.is_some());
        self.units.push(Both { tier, whole, same });
        both
    }

    /// Adds a unit without a card.
    pub(in crate::form) fn none(&mut self) {
        self.units.push(Both::default());
    }

    /// All cards, found by the names of the units. `named`: the names that were bound are those of the type.
    pub(in crate::form) fn made(self, names: &[(&str, UnitId)], named: bool) -> Cards {
        let (symbols, tables) = Slots::new(&self.symbols);
        let mut index = Index::for_names(names.len());
        let mut records = vec![Record::NONE; self.units.len()];
        // The record of no name.
        let mut words = vec![0, 0, u64::MAX, 0];
        words.extend(NO_CARD);
        words.resize(LINE, 0);
        let mut all = true;
        for (name, id) in names {
            let Some(unit) = self.units.get(id.0 as usize) else { continue };
            let record = words.len();
            let tier = unit.tier.as_ref().map_or(NO_CARD.into(), |card| card.with(&tables));
            let whole = match (&unit.whole, unit.same) {
                (Some(whole), _) => whole.with(&tables),
                (None, true) => Vec::new(),
                (None, false) => NO_CARD.into(),
            };
            let tier_at = record + RECORD;
            let behind = (tier_at + tier.len()).next_multiple_of(LINE);
            let end = (behind + whole.len()).next_multiple_of(LINE);
            if end / LINE > self.most_lines {
                // What is not here is asked for the long way round.
                all = false;
                break;
            }
            words.resize(record + RECORD, 0);
            words.extend(tier);
            let whole_at = if whole.is_empty() { tier_at } else { behind };
            words.resize(behind, 0);
            words.extend(whole);
            words.resize(end, 0);
            words[record + 3] = u64::from(id.0) | (whole_at as u64) << 32;
            index.add(name, record / LINE, &mut words[record..]);
            // INVARIANT: there are at most `MOST_LINES`.
            records[id.0 as usize] = Record(record as u32);
        }
        let (tests, default) = (self.tests.into(), self.default);
        Cards { index, records: records.into(), words, symbols, tests, default, all, named }
    }

    /// The card over a unit's first rows and slots.
    fn card(&mut self, bindings: &Bindings, bound: &BoundUnit, unit: &Unit, of: (usize, usize)) -> Option<Card> {
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
            looked_up: Vec::new(),
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
        let (symbols, tests) = (self.symbols.len(), self.tests.len());
        let written = self.write(&mut draft, &terms);
        if written.is_none() {
            self.symbols.truncate(symbols);
            self.tests.truncate(tests);
            self.open.retain(|_, table| (*table as usize) < symbols);
        }
        written
    }

    fn write(&mut self, draft: &mut Draft<'_>, terms: &[(PlanRow, Term)]) -> Option<Card> {
        let all_sets = self.all_sets(draft)?;
        let (order, bits) = draft.order()?;
        let draft = &*draft;
        let counts = Counts {
            wide: draft.wide_tests(),
            bools: draft.of_bools().count(),
            looked_up: draft.texts(true).count(),
            texts: draft.texts(false).count(),
            terms: terms.len(),
            bringing: terms.iter().filter(|(row, _)| brings(row).is_some()).count(),
        };
        let tabled = bits <= MOST_TABLED;
        if draft.reads.iter().any(|(name, _)| *name > 255) {
            return None;
        }
        let needed = draft.reads.iter().map(|(name, read)| match read {
            Given::Number(..) => needs::number(*name),
            Given::Bool => needs::truth(*name),
            Given::Text(..) => needs::text(*name),
        });
        let mut card = Card::default();
        let (needs, head) = (needed.fold(0, |all, one| all | one), Head::new(counts));
        card.words.extend([First::new(needs, draft.narrow_records(), tabled, head.more()).0, 0, head.0, 0]);
        self.numbers(&mut card.words, draft, true);
        let begin = card.words.len();
        self.marks(&mut card.words, terms);
        card.words.extend(placed(&order, terms));
        if tabled {
            card.words[1] = table(Terms(&card.words[begin..]), bits, self.default)?;
        }
        self.numbers(&mut card.words, draft, false);
        card.words.extend(draft.of_bools().map(u64::from));
        for of_looked_up in [true, false] {
            for (name, lengths) in draft.texts(of_looked_up) {
                #[cfg(test)]
                let lengths = if self.fault == Some(CardFault::NoLengths) { (0, u32::MAX) } else { lengths };
                let span = lengths.1.checked_sub(lengths.0)?;
                let lengths = u64::from(lengths.0) | u64::from(span) << 32;
                let sets = all_sets.iter().find(|sets| sets.name == name);
                match sets {
                    Some(sets) if of_looked_up => card.looked_up(sets, lengths),
                    Some(_) | None => self.text(&mut card, draft, name, lengths, sets)?,
                }
            }
        }
        for (row, _) in terms {
            #[cfg(test)]
            let row = if self.fault == Some(CardFault::ItemOfFirst) { &terms[0].0 } else { row };
            card.words.push(u64::from(row.item.0) | u64::from(row.branch) << 32);
        }
        Some(card)
    }

    /// Which terms are of rules, which of items that ask for something, and the tier of each.
    fn marks(&self, words: &mut Vec<u64>, terms: &[(PlanRow, Term)]) {
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
        words.extend([rules | owes << 32, tiers]);
    }

    /// The tests of numbers within narrow bounds, or of others; one without any is read all the same.
    fn numbers(&self, words: &mut Vec<u64>, draft: &Draft<'_>, of_narrow: bool) {
        let mut records = 0;
        for (name, bounds) in draft.numbers(of_narrow) {
            let mut limits: Vec<i64> = draft.limits(name).collect();
            if limits.is_empty() {
                limits.push(i64::MIN);
            }
            #[cfg(test)]
            if self.fault == Some(CardFault::LimitTooHigh) {
                limits.iter_mut().for_each(|limit| *limit = limit.saturating_add(1));
            }
            #[cfg(test)]
            let bounds = match (self.fault, of_narrow) {
                (Some(CardFault::NoBounds), true) => (bounds.0, bounds.0 + i64::from(u32::MAX) - 1),
                (Some(CardFault::NoBounds), false) => (i64::MIN, i64::MAX),
                (_, _) => bounds,
            };
            let (low, high) = bounds;
            if !of_narrow {
                limits.iter().for_each(|limit| words.extend([u64::from(name), low as u64, high as u64, *limit as u64]));
                continue;
            }
            // A limit beyond the bounds is as good at the bound: no number lies between. Half a word holds it, for
            // bounds are narrow.
            let above = |limit: &i64| ((*limit).clamp(low, high + 1) - low) as u64;
            for two in limits.chunks(2) {
                let limits = two.iter().rev().map(above).fold(0, |both, limit| both << 32 | limit);
                words[NAMES] |= u64::from(name) << (4 * records);
                records += 1;
                words.extend([(low as u64) << 32 | (high - low) as u64, limits]);
            }
        }
    }

    /// The sets that texts are compared with, as numbers of tables. Tells the draft which texts are only looked up.
    fn all_sets(&mut self, draft: &mut Draft<'_>) -> Option<Vec<Sets>> {
        let (mut all, mut looked_up) = (Vec::new(), Vec::new());
        for (name, _) in draft.texts(false) {
            let tests = draft.of_text(name)?;
            let Some((texts, sets)) = &tests.sets else { continue };
            let (table, ids) = self.table(name, texts)?;
            let of_set = |set: &&[i64]| {
                #[cfg(test)]
                let set =
                    if self.fault == Some(CardFault::SetTooShort) { &set[..set.len().saturating_sub(1)] } else { set };
                set.iter().filter_map(|id| ids.get(id)).fold(0_u64, |bits, id| bits | 1 << id)
            };
            let sets: Vec<u64> = sets.iter().map(of_set).collect();
            let few = sets.len() <= MOST_LOOKED_UP && sets.iter().all(|set| *set < 1 << (MOST_LOOKED_UP + 1));
            if few && tests.parts.is_empty() && tests.others.is_empty() {
                looked_up.push(name);
            }
            all.push(Sets { name, table, sets });
        }
        draft.looked_up = looked_up;
        Some(all)
    }

    /// A text's tests: sets of a table, parts, and others. Of two tables the second is no card's business.
    fn text(&mut self, card: &mut Card, draft: &Draft<'_>, name: u32, lengths: u64, sets: Option<&Sets>) -> Option<()> {
        let head = card.words.len();
        card.words.extend([0, lengths]);
        let tests = draft.of_text(name)?;
        let mut counts = [0_u8; 3];
        if let Some(of) = sets {
            counts[0] = u8::try_from(of.sets.len()).ok()?;
            card.table(of.table);
            card.words.extend(&of.sets);
        }
        for (place, all) in [(1, &tests.parts), (2, &tests.others)] {
            counts[place] = u8::try_from(all.len()).ok()?;
            all.iter().for_each(|part| self.part(&mut card.words, part));
        }
        card.words[head] = Read::new(u8::try_from(name).ok()?, counts).0;
        Some(())
    }

    /// A test of a text by itself.
    fn part(&mut self, words: &mut Vec<u64>, part: &Part) {
        #[cfg_attr(not(test), expect(unused_mut, reason = "tests plant faults here"))]
        let (mut of, text, word) = match part {
            Part::Starts(text) => (kind::STARTS, text, ends(text.as_bytes()).0),
            Part::Ends(text) => (kind::ENDS, text, ends(text.as_bytes()).1),
            Part::Is(text) => (kind::IS, text, ends(text.as_bytes()).0),
            Part::Contains(text) => (kind::CONTAINS, text, ends(text.as_bytes()).0),
            Part::Other(test) => {
                words.extend([kind::OTHER << 56, self.tests.len() as u64]);
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
        words.extend([of << 56 | behind, word]);
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
}

/// The sets that a text is compared with: bits by the numbers of a table.
struct Sets {
    name: u32,
    table: u32,
    sets: Vec<u64>,
}

impl Card {
    /// The word of a table.
    fn table(&mut self, table: u32) {
        self.tables.push(self.words.len());
        self.words.push(u64::from(table));
    }

    /// A text that is only looked up: for each of a few numbers a byte with the bits of all sets.
    fn looked_up(&mut self, of: &Sets, lengths: u64) {
        self.words.extend([u64::from(of.name) | (of.sets.len() as u64) << 8, lengths]);
        self.table(of.table);
        let bytes = (0..=MOST_LOOKED_UP as u64).map(|id| row_of(&of.sets, id) << (8 * id));
        self.words.push(bytes.fold(0, |row, byte| row | byte));
    }

    /// Its words, those of tables in the place of their numbers.
    fn with(&self, tables: &[u64]) -> Vec<u64> {
        let mut words = self.words.clone();
        for place in &self.tables {
            // INVARIANT: a card is made with its tables.
            words[*place] = tables[words[*place] as usize];
        }
        words
    }
}

/// Terms over the bits as they are placed.
fn placed(order: &[u32], terms: &[(PlanRow, Term)]) -> impl Iterator<Item = u64> {
    let moved = |bits: u64| {
        (0..64).filter(|bit| bits >> bit & 1 == 1).fold(0_u64, |moved, bit| {
            // INVARIANT: terms are about tests, and each of those has its place.
            moved | order.get(bit).map_or(0, |place| 1 << place)
        })
    };
    terms.iter().map(move |(_, term)| moved(term.mask) | moved(term.want) << 32)
}

/// The bits of all sets for one text, the last one lowest.
fn row_of(sets: &[u64], id: u64) -> u64 {
    sets.iter().fold(0, |bits, set| bits << 1 | (set >> id & 1))
}

/// The tier for each combination of so many bits.
fn table(terms: Terms<'_>, tests: usize, default: Tier) -> Option<u64> {
    let mut all = (0..1_u64 << tests).map(|bits| Some((terms.tier(Bits(bits), default)? as u64) << (2 * bits)));
    all.try_fold(0, |table, tier| Some(table | tier?))
}

/// Whether the bounds of a number, and any limit within, fit half a word, and its name half a byte.
pub(super) fn narrow(name: u32, (low, high): (i64, i64)) -> bool {
    (name as usize) < MOST_CELLS
        && i64::from(i32::MIN) <= low
        && low <= high
        && high.checked_sub(low).is_some_and(|span| span < i64::from(u32::MAX))
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
