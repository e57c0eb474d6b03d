//! Cards: what one action reads, tests and decides, on a few lines of memory.
//!
//! Most actions have a handful of rules, each a conjunction of a few tests. Calling native code for them costs
//! more than they do, and among thousands of actions asked about in random order every line of code and every
//! box costs a trip to memory. So an action whose rules come to few enough bits has a *card*: words that lie one
//! behind the other, behind a *record* that begins a line of memory with the name of the action. The
//! [index](index::Index) leads from a name to its record at once.
//!
//! ```text
//! record: name | unit, other card    card: needs | table | head | names | numbers | terms | other numbers | bools | texts | rows
//! ```
//!
//! Every test gives a bit. Where there are at most five, the table has the tier for each of their combinations. Where
//! there are more, *terms* tell it: a term is a mask and the bits that it wants; it holds where they are equal. Each
//! row is one term or several of which one must hold, and terms stand in the order of their tiers, the strictest
//! first, so the first that holds tells the tier.
//!
//! A card answers where everything that it reads is there, of the declared form and within its bounds; no error
//! is possible then. Of anything else it says nothing, and the request goes another way. It is made of the same
//! nodes as native code; what is not of this simple kind (sums, quantifiers, entities, lanes, exceptions,
//! relaxes, many rows) has none.

mod cells;
mod draft;
mod index;
mod logic;
mod make;
mod symbols;
#[cfg(test)]
mod tests;

use super::Fields;
use crate::decision::{Determining, ItemId, Outcome, Tier};
use crate::plan::hash::ends_at_once as ends;
use crate::plan::{TextTest, UnitId, Verdict, tier_numbered};
use cells::{Cells, Direct, MOST_CELLS, Values};
use index::Index;
use symbols::Slots;

pub(super) use make::Making;

/// Most tests of a card, and most of its terms: both are bits of half a word.
const MOST: usize = 32;
/// Most tests whose combinations stand on the card: a word has two bits for each.
const MOST_TABLED: usize = 5;
/// Words of a record in front of the card for the tier.
const RECORD: usize = 4;

/// The cards of a type and a policy.
#[derive(Debug)]
pub(super) struct Cards {
    index: Index,
    /// The records of units by their place in the plan; [`Record::NONE`] of those without a name.
    records: Box<[Record]>,
    /// Records and cards. Lines of memory begin with a record.
    words: Vec<u64>,
    symbols: Slots,
    tests: Box<[TextTest]>,
    default: Tier,
    /// Whether every declared action has a record.
    all: bool,
    /// Whether the names that were bound are those that the type tells, in their order.
    named: bool,
}

/// Where a record begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record(u32);

impl Record {
    /// A record of no action, whose card never answers.
    const NONE: Self = Self(0);
}

/// A text of a request with its ends.
#[derive(Clone, Copy)]
struct Told<'a> {
    text: &'a str,
    ends: (u64, u64),
}

/// The first word of a card: what it needs, how many numbers within narrow bounds it reads, and which way it tells
/// the tier.
#[derive(Clone, Copy)]
struct First(u64);

impl First {
    /// The table tells the tier.
    const TABLED: u64 = 1 << 56;
    /// There is more than numbers within narrow bounds.
    const MORE: u64 = 1 << 57;

    fn new(needs: u64, narrow: usize, tabled: bool, more: bool) -> Self {
        let ways = if tabled { Self::TABLED } else { 0 } | if more { Self::MORE } else { 0 };
        // INVARIANT: a card reads at most 255 names.
        Self(needs | (narrow as u64) << 48 | ways)
    }

    #[inline(always)]
    fn narrow(self) -> usize {
        (self.0 >> 48 & 0xff) as usize
    }

    #[inline(always)]
    fn tabled(self) -> bool {
        self.0 & Self::TABLED != 0
    }

    #[inline(always)]
    fn more(self) -> bool {
        self.0 & Self::MORE != 0
    }

    /// Whether the table tells the tier from numbers within narrow bounds alone.
    #[inline(always)]
    fn at_once(self) -> bool {
        self.0 >> 56 == Self::TABLED >> 56
    }
}

/// How many of each there are on a card.
#[derive(Clone, Copy)]
struct Head(u64);

/// The parts of a head.
#[derive(Clone, Copy)]
struct Counts {
    /// Tests of numbers within wide bounds.
    wide: usize,
    bools: usize,
    /// Texts that are only looked up in a table of few.
    looked_up: usize,
    texts: usize,
    terms: usize,
    /// How many terms bring a tier; those of approvals stand behind them.
    bringing: usize,
}

impl Head {
    fn new(of: Counts) -> Self {
        // INVARIANT: there are at most `MOST` terms and tests, and at most 255 names.
        let counts = [of.wide, of.bools, of.looked_up, of.texts, of.terms, of.bringing];
        Self(counts.iter().rev().fold(0, |head, n| head << 8 | *n as u64))
    }

    #[inline(always)]
    fn wide(self) -> usize {
        (self.0 & 0xff) as usize
    }

    #[inline(always)]
    fn bools(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    #[inline(always)]
    fn looked_up(self) -> usize {
        (self.0 >> 16 & 0xff) as usize
    }

    #[inline(always)]
    fn texts(self) -> usize {
        (self.0 >> 24 & 0xff) as usize
    }

    /// Whether there is anything but numbers within narrow bounds.
    fn more(self) -> bool {
        self.0 & 0xffff_ffff != 0
    }

    #[inline(always)]
    fn terms(self) -> usize {
        (self.0 >> 32 & 0xff) as usize
    }

    #[inline(always)]
    fn bringing(self) -> usize {
        (self.0 >> 40) as usize
    }
}

/// A text that is read: the first word on a card, in front of the bounds of its length in bytes.
#[derive(Clone, Copy)]
struct Read(u64);

impl Read {
    /// A name, and how many sets, parts and others are asked for.
    fn new(name: u8, [sets, parts, others]: [u8; 3]) -> Self {
        Self(u64::from_le_bytes([name, sets, parts, others, 0, 0, 0, 0]))
    }

    #[inline(always)]
    fn sets(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    #[inline(always)]
    fn parts(self) -> usize {
        (self.0 >> 16 & 0xff) as usize
    }

    #[inline(always)]
    fn others(self) -> usize {
        (self.0 >> 24) as usize
    }
}

/// Most sets of a text that is looked up, and the highest number that a text of theirs may have.
const MOST_LOOKED_UP: usize = 7;

/// What is asked of a text: the highest byte of a test's first word. The lowest says how many bits of the second
/// word, which holds up to eight bytes, are not compared.
mod kind {
    /// The first bytes.
    pub(super) const STARTS: u64 = 0;
    /// The last bytes.
    pub(super) const ENDS: u64 = 1;
    /// The text itself.
    pub(super) const IS: u64 = 2;
    /// Bytes anywhere.
    pub(super) const CONTAINS: u64 = 3;
    /// Another test, whose number is the second word.
    pub(super) const OTHER: u64 = 4;
}

/// The terms of a card: which are of rules, which of items that ask for something, their tiers, and they themselves.
#[derive(Clone, Copy)]
struct Terms<'c>(&'c [u64]);

/// Bits in the order of the tests: the last one is the lowest.
#[derive(Clone, Copy, Default)]
struct Bits(u64);

impl Bits {
    #[inline(always)]
    fn add(&mut self, bit: bool) {
        self.0 = self.0 << 1 | u64::from(bit);
    }

    /// Whether a term holds.
    #[inline(always)]
    fn meet(self, term: u64) -> bool {
        self.0 as u32 & term as u32 == (term >> 32) as u32
    }
}

impl Terms<'_> {
    /// The tier where the bits are so. Apart, so that cards with a table need no memory for it.
    #[inline(never)]
    fn tier(self, bits: Bits, default: Tier) -> Option<Tier> {
        let ([marks, tiers], terms) = self.0.split_first_chunk::<2>()?;
        let Some(first) = terms.iter().position(|term| bits.meet(*term)) else { return Some(default) };
        let tier = tier_at(*tiers, first);
        // Nothing behind brings more; the default counts where no rule matches.
        let is_rule = marks >> first & 1 == 1;
        let told = is_rule || tier >= default || any_rule(terms, first, *marks, bits);
        Some(if told { tier } else { default })
    }

    /// Makes the verdict, unless a row that holds asks for something.
    #[inline(always)]
    fn decide(self, rows: &[u64], bringing: usize, bits: Bits, default: Tier, made: &mut Verdict) -> Option<()> {
        let ([marks, tiers], terms) = self.0.split_first_chunk::<2>()?;
        let (mut held, mut at) = (0_u64, 1_u64);
        for term in terms {
            held |= if bits.meet(*term) { at } else { 0 };
            at <<= 1;
        }
        // The marks of items that ask for something lie above those of rules.
        if held & marks >> 32 != 0 {
            return None;
        }
        let bringing = held & !(u64::MAX << bringing);
        let first = tier_at(*tiers, bringing.trailing_zeros() as usize & 31);
        let by_default = bringing & marks & 0xffff_ffff == 0;
        let tier = match (by_default, bringing) {
            (false, _) => first,
            (true, 0) => default,
            (true, _) => first.max(default),
        };
        if tier == Tier::Red && held != bringing {
            // Approvals stand behind all others.
            return None;
        }
        made.clear(tier);
        if by_default && tier == default {
            made.determining.push(Determining { item: None, branch: 0, tier, outcome: Outcome::Held });
        }
        let mut left = bringing;
        while left != 0 {
            let term = left.trailing_zeros() as usize;
            // Those behind bring less.
            if tier_at(*tiers, term) != tier {
                break;
            }
            let row = *rows.get(term)?;
            let item = Some(ItemId(row as u32));
            made.determining.push(Determining { item, branch: (row >> 32) as u32, tier, outcome: Outcome::Held });
            left &= left - 1;
        }
        if made.determining.len() > 1 {
            made.determining.sort_unstable();
            made.determining.dedup();
        }
        Some(())
    }
}

/// The bits of numbers within narrow bounds, two for each record; what stands behind them. Nothing where what the card
/// needs is not there, or a number is out of its bounds.
#[inline(always)]
fn numbers<'c>(card: &'c [u64], values: &impl Values) -> Option<(Bits, &'c [u64])> {
    let ([first, _, _, names], rest) = card.split_first_chunk::<4>()?;
    if !values.have(*first) {
        return None;
    }
    let (mut bits, mut names) = (0_u64, *names);
    let (numbers, rest) = rest.split_at_checked(2 * First(*first).narrow())?;
    for [bounds, limits] in numbers.as_chunks::<2>().0 {
        let above = values.number(names & 0xf)?.wrapping_sub(*bounds as i64 >> 32) as u64;
        names >>= 4;
        if above > *bounds & 0xffff_ffff {
            return None;
        }
        // The difference of two that are less than half of what a word holds: its highest bit is whether it is below.
        let (one, other) = (above.wrapping_sub(*limits & 0xffff_ffff), above.wrapping_sub(*limits >> 32));
        bits = bits << 2 | one >> 63 << 1 | other >> 63;
    }
    Some((Bits(bits), rest))
}

/// The bits with those of numbers within wide bounds and of bools; what stands behind them.
#[inline(never)]
fn wide_and_bools<'c>(head: Head, rest: &'c [u64], mut bits: Bits, values: &impl Values) -> Option<(Bits, &'c [u64])> {
    let (wide, rest) = rest.split_at_checked(4 * head.wide())?;
    for [name, low, high, limit] in wide.as_chunks::<4>().0 {
        let n = values.number(*name)?;
        if n < *low as i64 || (*high as i64) < n {
            return None;
        }
        bits.add(n < *limit as i64);
    }
    let (bools, rest) = rest.split_at_checked(head.bools())?;
    for name in bools {
        bits.add(values.truth(*name)?);
    }
    Some((bits, rest))
}

/// The bits with those of sets that stand on a word each, behind the word of their table; what stands behind them.
#[inline(never)]
fn among(sets: &[u64], count: usize, id: u32, mut bits: Bits) -> Option<(Bits, &[u64])> {
    let (sets, rest) = sets.get(1..)?.split_at_checked(count)?;
    for set in sets {
        bits.add(*set >> (id & 63) & 1 == 1);
    }
    Some((bits, rest))
}

/// The tier that a table has for bits.
#[inline(always)]
fn tabled(table: u64, bits: Bits) -> Tier {
    tier_numbered(table >> ((2 * bits.0) & 63) & 3)
}

impl Cards {
    /// The record of a declared action, if it is one.
    #[inline(never)]
    pub(super) fn find(&self, name: &str) -> Option<Record> {
        self.find_at_once(name)
    }

    #[inline(always)]
    fn find_at_once(&self, name: &str) -> Option<Record> {
        self.index.find(name, &self.words).map(Record)
    }

    /// Whether every declared action has a record.
    #[inline(always)]
    pub(super) fn hold_all(&self) -> bool {
        self.all
    }

    /// The record of a unit.
    #[inline(always)]
    pub(super) fn record(&self, unit: UnitId) -> Record {
        self.records.get(unit.0 as usize).copied().unwrap_or(Record::NONE)
    }

    /// The unit of a record.
    #[inline(always)]
    pub(super) fn unit(&self, record: Record) -> UnitId {
        UnitId(self.words[record.0 as usize + 3] as u32)
    }

    /// The tier of a request: none where its action has no record, and nothing in it where no card can tell it.
    #[inline(always)]
    pub(super) fn tell<T: Fields>(&self, of: &T) -> Option<Option<Tier>> {
        match T::NAMES.len() {
            1..=8 if self.named => self.tell_8(of.action(), &Cells::of(of)),
            9..=MOST_CELLS if self.named => self.tell_16(of.action(), &Cells::of(of)),
            _ => Some(self.tier_by(self.find(of.action())?, &Direct(of))),
        }
    }

    #[inline(never)]
    fn tell_8(&self, name: &str, values: &Cells<'_, 8>) -> Option<Option<Tier>> {
        Some(self.tier_by(self.find_at_once(name)?, values))
    }

    #[inline(never)]
    fn tell_16(&self, name: &str, values: &Cells<'_, 16>) -> Option<Option<Tier>> {
        Some(self.tier_by(self.find_at_once(name)?, values))
    }

    /// The tier of a request by the card of a record, if that can tell it.
    #[inline(always)]
    pub(super) fn tier<T: Fields>(&self, record: Record, of: &T) -> Option<Tier> {
        match T::NAMES.len() {
            1..=8 if self.named => self.tier_8(record, &Cells::of(of)),
            9..=MOST_CELLS if self.named => self.tier_16(record, &Cells::of(of)),
            _ => self.tier_by(record, &Direct(of)),
        }
    }

    #[inline(never)]
    fn tier_8(&self, record: Record, values: &Cells<'_, 8>) -> Option<Tier> {
        self.tier_by(record, values)
    }

    #[inline(never)]
    fn tier_16(&self, record: Record, values: &Cells<'_, 16>) -> Option<Tier> {
        self.tier_by(record, values)
    }

    #[inline(always)]
    fn tier_by(&self, record: Record, values: &impl Values) -> Option<Tier> {
        let card = self.words.get(record.0 as usize + RECORD..)?;
        let (bits, _) = numbers(card, values)?;
        let [first, table] = *card.first_chunk::<2>()?;
        if First(first).at_once() {
            return Some(tabled(table, bits));
        }
        self.tier_by_more(card, bits, values)
    }

    /// The tier where there are more tests than those of numbers, or no table. Apart, so that the others need no memory.
    #[inline(never)]
    fn tier_by_more(&self, card: &[u64], bits: Bits, values: &impl Values) -> Option<Tier> {
        let ([first, table, head, _], rest) = card.split_first_chunk::<4>()?;
        let (first, head) = (First(*first), Head(*head));
        let (terms, rest) = rest.get(2 * first.narrow()..)?.split_at_checked(2 + head.terms())?;
        let bits = if first.more() { self.more(head, rest, bits, values)?.0 } else { bits };
        if first.tabled() { Some(tabled(*table, bits)) } else { Terms(terms).tier(bits, self.default) }
    }

    /// Makes the verdict, if the card of its unit can tell it and no row that holds asks for anything.
    #[inline(always)]
    pub(super) fn decide<T: Fields>(&self, record: Record, of: &T, made: &mut Verdict) -> Option<()> {
        match T::NAMES.len() {
            1..=8 if self.named => self.decide_8(record, &Cells::of(of), made),
            9..=MOST_CELLS if self.named => self.decide_16(record, &Cells::of(of), made),
            _ => self.decide_by(record, &Direct(of), made),
        }
    }

    #[inline(never)]
    fn decide_8(&self, record: Record, values: &Cells<'_, 8>, made: &mut Verdict) -> Option<()> {
        self.decide_by(record, values, made)
    }

    #[inline(never)]
    fn decide_16(&self, record: Record, values: &Cells<'_, 16>, made: &mut Verdict) -> Option<()> {
        self.decide_by(record, values, made)
    }

    #[inline(always)]
    fn decide_by(&self, record: Record, values: &impl Values, made: &mut Verdict) -> Option<()> {
        let whole = (*self.words.get(record.0 as usize + 3)? >> 32) as usize;
        let card = self.words.get(whole..)?;
        let (bits, rest) = numbers(card, values)?;
        let head = Head(*card.get(2)?);
        let (terms, rest) = rest.split_at_checked(2 + head.terms())?;
        let (bits, rows) = if head.more() { self.more(head, rest, bits, values)? } else { (bits, rest) };
        Terms(terms).decide(rows, head.bringing(), bits, self.default, made)
    }

    /// The bits with those of other numbers, bools and texts; what stands behind them.
    #[inline(always)]
    fn more<'c>(&self, head: Head, rest: &'c [u64], mut bits: Bits, values: &impl Values) -> Option<(Bits, &'c [u64])> {
        let mut rest = rest;
        if head.0 & 0xffff != 0 {
            (bits, rest) = wide_and_bools(head, rest, bits, values)?;
        }
        let (looked_up, mut rest) = rest.split_at_checked(4 * head.looked_up())?;
        for [read, lengths, table, row] in looked_up.as_chunks::<4>().0 {
            let text = values.text(*read)?;
            if (text.len() as u64).wrapping_sub(*lengths & 0xffff_ffff) > *lengths >> 32 {
                return None;
            }
            let id = self.symbols.find(*table, Told { text, ends: ends(text.as_bytes()) });
            let row = if id as usize <= MOST_LOOKED_UP { *row >> (8 * id) & 0xff } else { 0 };
            bits = Bits(bits.0 << (*read >> 8 & 7) | row);
        }
        for _ in 0..head.texts() {
            let ([read, lengths], tests) = rest.split_first_chunk::<2>()?;
            let read = Read(*read);
            let text = values.text(read.0)?;
            if (text.len() as u64).wrapping_sub(*lengths & 0xffff_ffff) > *lengths >> 32 {
                return None;
            }
            (bits, rest) = self.tests(text, read, tests, bits)?;
        }
        Some((bits, rest))
    }

    /// The bits with those of one text; what stands behind its tests.
    #[inline(always)]
    fn tests<'c>(&self, text: &str, read: Read, tests: &'c [u64], mut bits: Bits) -> Option<(Bits, &'c [u64])> {
        let told = Told { text, ends: ends(text.as_bytes()) };
        let mut rest = tests;
        if read.sets() != 0 {
            let id = self.symbols.find(*rest.first()?, told);
            (bits, rest) = among(rest, read.sets(), id, bits)?;
        }
        let (parts, mut rest) = rest.split_at_checked(2 * read.parts())?;
        for [test, with] in parts.as_chunks::<2>().0 {
            let bits_behind = *test & 0x3f;
            bits.add(match *test >> 56 {
                kind::STARTS => (told.ends.0 ^ *with) << bits_behind == 0,
                kind::ENDS => (told.ends.1 ^ *with) >> bits_behind == 0,
                _ => told.ends.0 == *with && text.len() as u64 == 8 - bits_behind / 8,
            });
        }
        if read.others() != 0 {
            let (others, behind) = rest.split_at_checked(2 * read.others())?;
            bits = self.others(text, others, bits)?;
            rest = behind;
        }
        Some((bits, rest))
    }

    /// The bits with those of tests that look at all of a text. By itself, so that the others need no memory.
    #[inline(never)]
    fn others(&self, text: &str, others: &[u64], mut bits: Bits) -> Option<Bits> {
        let told = Told { text, ends: ends(text.as_bytes()) };
        for [test, with] in others.as_chunks::<2>().0 {
            bits.add(match *test >> 56 {
                kind::CONTAINS => told.contains(*with, *test & 0x3f),
                _ => self.tests.get(*with as usize)?.holds(told.text)?,
            });
        }
        Some(bits)
    }
}

impl Told<'_> {
    /// Whether the lowest bytes of a word, all but so many bits, stand somewhere in the text. None of them is zero.
    fn contains(self, bytes: u64, rest: u64) -> bool {
        let is = |word: u64| (word ^ bytes) << rest == 0;
        // Behind the end of a text there are zeros.
        let behind = |word: u64, from: u32| (from..8).any(|at| is(word >> (8 * at)));
        if self.text.len() < 8 {
            return behind(self.ends.0, 0);
        }
        let windows = self.text.as_bytes().array_windows::<8>();
        windows.into_iter().any(|window| is(u64::from_le_bytes(*window))) || (rest != 0 && behind(self.ends.1, 1))
    }
}

/// The tier of a term.
#[inline(always)]
fn tier_at(tiers: u64, term: usize) -> Tier {
    tier_numbered(tiers >> ((2 * term) & 63) & 3)
}

/// Whether a rule is among the terms from here on that hold.
#[cold]
fn any_rule(terms: &[u64], from: usize, marks: u64, bits: Bits) -> bool {
    let terms = terms.iter().enumerate().skip(from);
    terms.into_iter().any(|(place, term)| marks >> place & 1 == 1 && bits.meet(*term))
}
