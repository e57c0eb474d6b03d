//! What a card says, before it is written: which names are read, which tests are made, and the terms of each row.

use std::sync::Arc;

use super::MOST;
use super::logic::{Term, Truth};
#[cfg(test)]
use super::make::CardFault;
use super::make::narrow;
use super::symbols::MOST_TEXTS;
use crate::check::typed::Comparison;
use crate::form::bind::{Bindings, Bound, BoundUnit, How, Missing, at};
use crate::form::hot::Lengths;
#[cfg(test)]
use crate::graph::Effect;
use crate::plan::hash::Table;
use crate::plan::{Encoding, Node, NodeId, Place, PlanRow, Slot, SlotId, Take, TextTest};

/// A test whose truth is a bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// The number is below a limit.
    Below(i64),
    /// The bool.
    Is,
    /// The test of a slot.
    OfSlot(SlotId),
    /// The text is among those that a slot's table has under these ids.
    Among(SlotId, Vec<i64>),
}

/// What a name is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Number(i64, i64),
    Bool,
    Text(u32, u32),
}

/// What a node came to.
#[derive(Clone)]
enum Made {
    Slot(SlotId),
    Const(i64),
    Truth(Truth),
}

/// What is asked of one text.
#[derive(Default)]
pub(super) struct OfText<'a> {
    /// Sets of ids of a table.
    pub(super) sets: Option<(&'a Table<Box<str>, i64>, Vec<&'a [i64]>)>,
    pub(super) parts: Vec<Part>,
    pub(super) others: Vec<Part>,
    /// The tests that these are.
    of_sets: Vec<usize>,
    of_parts: Vec<usize>,
    of_others: Vec<usize>,
}

impl OfText<'_> {
    fn part(&mut self, part: Part, place: usize) {
        self.parts.push(part);
        self.of_parts.push(place);
    }

    fn other(&mut self, part: Part, place: usize) {
        self.others.push(part);
        self.of_others.push(place);
    }
}

/// A test of a text by itself.
pub(super) enum Part {
    Starts(Arc<str>),
    Ends(Arc<str>),
    Is(Arc<str>),
    Contains(Arc<str>),
    /// Whatever else.
    Other(TextTest),
}

impl Part {
    fn of(test: &TextTest) -> Self {
        match test {
            TextTest::Starts(part) if short(part) => Self::Starts(part.clone()),
            TextTest::Ends(part) if short(part) => Self::Ends(part.clone()),
            TextTest::Contains(part) if short(part) => Self::Contains(part.clone()),
            TextTest::Starts(_) | TextTest::Ends(_) | TextTest::Contains(_) | TextTest::Patterns(_) => {
                Self::Other(test.clone())
            }
        }
    }
}

/// Whether a text is a word's bytes. Zeros stand for what a shorter text lacks, so none of its bytes may be zero.
fn short(text: &str) -> bool {
    (1..=8).contains(&text.len()) && !text.contains('\0')
}

/// A card while it is drawn up.
pub(super) struct Draft<'a> {
    pub(super) bindings: &'a Bindings,
    pub(super) bound: &'a BoundUnit,
    pub(super) slots: &'a [Slot],
    /// What is read, by name.
    pub(super) reads: Vec<(u32, Given)>,
    /// Tests with the names that they are about; their places are the bits of terms.
    pub(super) tests: Vec<(u32, Test)>,
    /// Texts of which nothing is asked but membership in few sets.
    pub(super) looked_up: Vec<u32>,
    #[cfg(test)]
    pub(super) fault: Option<CardFault>,
}

impl Draft<'_> {
    /// Everything that must be there and well-formed.
    pub(super) fn read_all(&mut self) -> Option<()> {
        #[cfg(test)]
        let checked = if self.fault == Some(CardFault::Unchecked) { &[][..] } else { &self.bound.checked };
        #[cfg(not(test))]
        let checked = &self.bound.checked;
        for field in checked {
            let field = self.bound.fields.get(*field as usize)?;
            if !matches!(field.absent, Missing::Error) {
                return None;
            }
            self.read(field)?;
        }
        for slot in self.slots {
            match slot.take {
                Take::Word(place) | Take::Symbol(place) | Take::Truth(place) | Take::Text(place, _) => {
                    self.name(place)?;
                }
                Take::Presence(_) | Take::Relation(_) | Take::Program => return None,
            }
        }
        Some(())
    }

    /// Reads what is bound; returns its name.
    fn read(&mut self, bound: &Bound) -> Option<u32> {
        let name = bound.name?;
        let read = match &bound.how {
            How::Number(low, high) => Given::Number(*low, *high),
            How::Bool => Given::Bool,
            How::Text(least, greatest) => {
                let Lengths(least, greatest) = Lengths::of(*least, *greatest);
                Given::Text(least, greatest)
            }
            How::Entity(_) | How::Value => return None,
        };
        match self.reads.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if *known == read => {}
            Some(_) => return None,
            None => self.reads.push((name, read)),
        }
        Some(name)
    }

    /// Reads a place; returns its name.
    fn name(&mut self, place: Place) -> Option<u32> {
        if matches!(place, Place::Now | Place::Principal) {
            return None;
        }
        let bound = at(self.bindings, self.bound, place)?;
        self.read(bound)
    }

    /// A bit for a test.
    fn bit(&mut self, name: u32, test: Test) -> Option<Truth> {
        let one = (name, test);
        let place = self.tests.iter().position(|known| *known == one).unwrap_or_else(|| {
            self.tests.push(one);
            self.tests.len() - 1
        });
        (place < 64).then(|| Truth::bit(place))
    }

    /// The terms of all rows; none where one of them is too much for terms.
    pub(super) fn terms(&mut self, nodes: &[Node], rows: &[PlanRow]) -> Option<Vec<(PlanRow, Term)>> {
        let mut needed = vec![false; nodes.len()];
        for row in rows {
            *needed.get_mut(row.condition.0 as usize)? = true;
        }
        for (place, node) in nodes.iter().enumerate().rev() {
            if needed[place] {
                node.operands(|id| needed[id.0 as usize] = true);
            }
        }
        let mut made: Vec<Option<Made>> = Vec::with_capacity(nodes.len());
        for (node, needed) in nodes.iter().zip(&needed) {
            made.push(if *needed { Some(self.node(node, &made)?) } else { None });
        }
        let mut found = Vec::new();
        for row in rows {
            #[cfg(test)]
            if matches!(row.effect, Effect::Approval { .. }) && self.fault == Some(CardFault::NoApprovals) {
                continue;
            }
            let Some(Some(Made::Truth(truth))) = made.get(row.condition.0 as usize) else { return None };
            let holds = truth.holds();
            #[cfg(test)]
            let holds = if self.fault == Some(CardFault::FirstTermOnly) { &holds[..holds.len().min(1)] } else { holds };
            found.extend(holds.iter().map(|term| (*row, *term)));
        }
        Some(found)
    }

    fn node(&mut self, node: &Node, made: &[Option<Made>]) -> Option<Made> {
        let of = |id: &NodeId| made.get(id.0 as usize).and_then(Option::as_ref);
        let truth = |id: &NodeId| match of(id) {
            Some(Made::Truth(truth)) => Some(truth.clone()),
            Some(Made::Slot(_) | Made::Const(_)) | None => None,
        };
        let truths = |all: &[NodeId]| all.iter().map(truth).collect::<Option<Vec<Truth>>>();
        Some(match node {
            Node::Load(slot) => Made::Slot(*slot),
            Node::Const(word) => Made::Const(*word),
            Node::Truth(slot) => Made::Truth(self.slot(*slot)?),
            Node::Always(truth) => Made::Truth(Truth::always(*truth)),
            Node::Compare(how, a, b) => Made::Truth(match (of(a)?, of(b)?) {
                (Made::Slot(slot), Made::Const(word)) => self.compare(*how, *slot, *word)?,
                (Made::Const(word), Made::Slot(slot)) => self.compare(turned(*how), *slot, *word)?,
                (_, _) => return None,
            }),
            Node::InSet(a, set) => {
                let Made::Slot(slot) = of(a)? else { return None };
                Made::Truth(self.among(*slot, set)?)
            }
            Node::Not(a) => {
                let of = truth(a)?;
                #[cfg(test)]
                if self.fault == Some(CardFault::LostNegation) {
                    return Some(Made::Truth(of));
                }
                Made::Truth(of.not())
            }
            Node::And(all) => Made::Truth(Truth::all(truths(all)?)?),
            Node::Or(all) => Made::Truth(Truth::any(truths(all)?)?),
            Node::Arithmetic(..)
            | Node::Select(..)
            | Node::AsWord(_)
            | Node::Outer(_)
            | Node::IsTrue(_)
            | Node::AtLeast(..)
            | Node::Loop(_)
            | Node::Warnings(_) => return None,
        })
    }

    /// The truth of a slot.
    fn slot(&mut self, id: SlotId) -> Option<Truth> {
        let slots = self.slots;
        match &slots.get(id.0 as usize)?.take {
            Take::Truth(place) => {
                let name = self.name(*place)?;
                self.is(name, Given::Bool)?;
                self.bit(name, Test::Is)
            }
            Take::Text(place, _) => {
                let name = self.name(*place)?;
                self.is_text(name)?;
                self.bit(name, Test::OfSlot(id))
            }
            Take::Word(_) | Take::Symbol(_) | Take::Presence(_) | Take::Relation(_) | Take::Program => None,
        }
    }

    /// A comparison of a slot's word with a constant.
    fn compare(&mut self, how: Comparison, id: SlotId, word: i64) -> Option<Truth> {
        let slots = self.slots;
        let name = match (&slots.get(id.0 as usize)?.take, how) {
            (Take::Word(place), _) => self.name(*place)?,
            (Take::Symbol(_), Comparison::Equal) => return self.among(id, &[word]),
            (Take::Symbol(_), Comparison::NotEqual) => return Some(self.among(id, &[word])?.not()),
            (_, _) => return None,
        };
        if !self.reads.iter().any(|(known, read)| *known == name && matches!(read, Given::Number(..))) {
            return None;
        }
        Some(match how {
            Comparison::Less => self.below(name, word)?,
            Comparison::GreaterOrEqual => self.below(name, word)?.not(),
            Comparison::LessOrEqual => self.up_to(name, word)?,
            Comparison::Greater => self.up_to(name, word)?.not(),
            Comparison::Equal => self.equal(name, word)?,
            Comparison::NotEqual => self.equal(name, word)?.not(),
        })
    }

    fn below(&mut self, name: u32, limit: i64) -> Option<Truth> {
        #[cfg(test)]
        if self.fault == Some(CardFault::EqualIsBelow) {
            return self.bit(name, Test::Below(limit.saturating_add(1)));
        }
        self.bit(name, Test::Below(limit))
    }

    fn up_to(&mut self, name: u32, limit: i64) -> Option<Truth> {
        match limit.checked_add(1) {
            Some(limit) => self.below(name, limit),
            None => Some(Truth::always(true)),
        }
    }

    fn equal(&mut self, name: u32, word: i64) -> Option<Truth> {
        let (up_to, below) = (self.up_to(name, word)?, self.below(name, word)?);
        Truth::all([up_to, below.not()])
    }

    /// Whether a slot's word is among some.
    fn among(&mut self, id: SlotId, set: &[i64]) -> Option<Truth> {
        let slots = self.slots;
        let slot = slots.get(id.0 as usize)?;
        match (&slot.take, &slot.encoding) {
            (Take::Symbol(place), Encoding::Symbol(table)) => {
                let name = self.name(*place)?;
                self.is_text(name)?;
                // An id that no text has is never met; 0 is any other text and none of a set.
                if set.contains(&0) || table.len() > MOST_TEXTS {
                    return None;
                }
                let mut ids = set.to_vec();
                ids.sort_unstable();
                ids.dedup();
                self.bit(name, Test::Among(id, ids))
            }
            (Take::Word(place), Encoding::Word) => {
                let name = self.name(*place)?;
                let read = self.reads.iter().find(|(known, _)| *known == name);
                if !matches!(read, Some((_, Given::Number(..)))) || set.len() > 4 {
                    return None;
                }
                let equal = set.iter().map(|word| self.equal(name, *word)).collect::<Option<Vec<Truth>>>()?;
                Truth::any(equal)
            }
            (_, _) => None,
        }
    }

    fn is(&self, name: u32, wanted: Given) -> Option<()> {
        self.reads.contains(&(name, wanted)).then_some(())
    }

    fn is_text(&self, name: u32) -> Option<()> {
        let is = |(known, read): &(u32, Given)| *known == name && matches!(read, Given::Text(..));
        self.reads.iter().any(is).then_some(())
    }

    /// Names that are read as bools, in order.
    pub(super) fn of_bools(&self) -> impl Iterator<Item = u32> {
        self.reads.iter().filter(|(_, read)| *read == Given::Bool).map(|(name, _)| *name)
    }

    /// The limits of a number, in the order of their bits.
    pub(super) fn limits(&self, name: u32) -> impl Iterator<Item = i64> {
        self.tests.iter().filter_map(move |(of, test)| match test {
            Test::Below(limit) if *of == name => Some(*limit),
            Test::Below(_) | Test::Is | Test::OfSlot(_) | Test::Among(..) => None,
        })
    }

    /// Numbers within narrow bounds, or others, with their bounds.
    pub(super) fn numbers(&self, of_narrow: bool) -> impl Iterator<Item = (u32, (i64, i64))> {
        self.reads.iter().filter_map(move |(name, read)| match read {
            Given::Number(low, high) if narrow(*name, (*low, *high)) == of_narrow => Some((*name, (*low, *high))),
            Given::Number(..) | Given::Bool | Given::Text(..) => None,
        })
    }

    /// Texts that are only looked up, or others, with their bounds.
    pub(super) fn texts(&self, of_looked_up: bool) -> impl Iterator<Item = (u32, (u32, u32))> {
        self.reads.iter().filter_map(move |(name, read)| match read {
            Given::Text(least, greatest) if self.looked_up.contains(name) == of_looked_up => {
                Some((*name, (*least, *greatest)))
            }
            Given::Number(..) | Given::Bool | Given::Text(..) => None,
        })
    }

    /// How many tests are made of numbers within wide bounds: one at least for each that is read.
    pub(super) fn wide_tests(&self) -> usize {
        self.numbers(false).map(|(name, _)| self.limits(name).count().max(1)).sum()
    }

    /// How many records there are of numbers within narrow bounds: one for two tests, and one at least for each that is
    /// read.
    pub(super) fn narrow_records(&self) -> usize {
        self.numbers(true).map(|(name, _)| self.limits(name).count().max(1).div_ceil(2)).sum()
    }

    /// What is asked of a text, in the order of bits; none where that is of more than one table.
    pub(super) fn of_text(&self, name: u32) -> Option<OfText<'_>> {
        let mut made = OfText::default();
        for (place, (_, test)) in self.tests.iter().enumerate().filter(|(_, (of, _))| *of == name) {
            match test {
                Test::Below(_) | Test::Is => return None,
                Test::OfSlot(slot) => {
                    let Take::Text(_, test) = &self.slots.get(slot.0 as usize)?.take else { return None };
                    match Part::of(test) {
                        part @ (Part::Starts(_) | Part::Ends(_) | Part::Is(_)) => made.part(part, place),
                        part @ (Part::Contains(_) | Part::Other(_)) => made.other(part, place),
                    }
                }
                Test::Among(slot, ids) => {
                    let Encoding::Symbol(table) = &self.slots.get(slot.0 as usize)?.encoding else { return None };
                    if let Some(text) = self.only_text(name, ids, table) {
                        made.part(Part::Is(text.into()), place);
                        continue;
                    }
                    let (known, sets) = made.sets.get_or_insert_with(|| (table, Vec::new()));
                    if !std::ptr::eq(*known, table) {
                        return None;
                    }
                    sets.push(ids);
                    made.of_sets.push(place);
                }
            }
        }
        Some(made)
    }

    /// The text of a set, if it is one of up to eight bytes and the only set that a name is looked up for.
    fn only_text<'t>(&self, name: u32, set: &[i64], table: &'t Table<Box<str>, i64>) -> Option<&'t str> {
        let sets = self.tests.iter().filter(|(of, test)| *of == name && matches!(test, Test::Among(..))).count();
        let ([id], 1) = (set, sets) else { return None };
        let (text, _) = table.iter().find(|(_, known)| *known == id)?;
        short(text).then_some(text)
    }

    /// The place of each test's bit on the card, and how many bits there are; none where those are too many.
    pub(super) fn order(&self) -> Option<(Vec<u32>, usize)> {
        let mut order = vec![0; self.tests.len()];
        let mut next = 0;
        let of_kind = |wanted: fn(&Given) -> bool| self.reads.iter().filter(move |(_, read)| wanted(read));
        for of_narrow in [true, false] {
            for (name, _) in self.numbers(of_narrow) {
                let begin = next;
                self.give(&mut order, &mut next, |of, test| of == name && matches!(test, Test::Below(_)));
                // A number that no test is about has a bit too, and within narrow bounds there are two and two.
                next = next.max(begin + 1);
                if of_narrow {
                    next = begin + (next - begin).next_multiple_of(2);
                }
            }
        }
        for (name, _) in of_kind(|read| matches!(read, Given::Bool)) {
            let begin = next;
            self.give(&mut order, &mut next, |of, test| of == *name && matches!(test, Test::Is));
            // A bool that no test is about has its bit too.
            next = begin + 1;
            #[cfg(test)]
            if self.fault == Some(CardFault::BitsSwapped) {
                next = begin;
            }
        }
        for (name, _) in self.texts(true).chain(self.texts(false)) {
            let text = self.of_text(name)?;
            for place in text.of_sets.iter().chain(&text.of_parts).chain(&text.of_others) {
                order[*place] = next;
                next += 1;
            }
        }
        // The first test made is the highest bit.
        order.iter_mut().for_each(|place| *place = next.saturating_sub(1 + *place));
        (next as usize <= MOST).then_some((order, next as usize))
    }

    fn give(&self, order: &mut [u32], next: &mut u32, wanted: impl Fn(u32, &Test) -> bool) {
        for (place, _) in order.iter_mut().zip(&self.tests).filter(|(_, (of, test))| wanted(*of, test)) {
            *place = *next;
            *next += 1;
        }
    }
}

/// The same comparison with its operands exchanged.
fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Equal | Comparison::NotEqual => how,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}
