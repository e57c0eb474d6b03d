//! Cards: what one action reads, tests and decides, on a few lines of memory.
//!
//! Most actions have a handful of rules, each a conjunction of a few tests. Calling native code for them costs
//! more than they do, and among thousands of actions asked about in random order every line of code and every
//! box costs a trip to memory. So an action whose rules come to few enough bits has a *card*: words that lie one
//! behind the other. All that actions have in common (bounds of fields, texts that a field is compared with) lies
//! in tables that all cards share.
//!
//! ```text
//! head | marks | tiers | numbers: name, bounds, limit | terms | rows | bools | texts: name, lengths, tests
//! ```
//!
//! Every test gives a bit. A *term* is a mask and the bits that it wants; it holds where they are equal. Each row
//! is one term or several of which one must hold, and terms stand in the order of their tiers, the strictest
//! first, so the first that holds tells the tier.
//!
//! A card answers where everything that it reads is there, of the declared form and within its bounds; no error
//! is possible then. Of anything else it says nothing, and the request goes another way. It is made of the same
//! nodes as native code; what is not of this simple kind (sums, quantifiers, entities, lanes, exceptions,
//! relaxes, many rows) has none.

mod draft;
mod logic;
mod make;
mod symbols;
#[cfg(test)]
mod tests;

use super::{Fields, Given};
use crate::decision::{Determining, ItemId, Outcome, Tier};
use crate::plan::hash::ends;
use crate::plan::{TextTest, UnitId, Verdict, tier_numbered};
use symbols::Symbols;

#[cfg(test)]
pub(super) use make::CardFault;
pub(super) use make::Making;

/// Most tests of a card, and most of its terms: both are bits of half a word.
const MOST: usize = 32;

/// The cards of a type and a policy.
#[derive(Debug)]
pub(super) struct Cards {
    /// Where the cards of each unit lie.
    places: Box<[Places]>,
    words: Box<[u64]>,
    symbols: Box<[Symbols]>,
    tests: Box<[TextTest]>,
    default: Tier,
}

/// Where the cards of one unit begin; 0 is nowhere.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    /// The card for the tier alone.
    tier: u32,
    /// The card of all rows; the same where the tier depends on all of them.
    whole: u32,
}

/// A text of a request with its ends.
#[derive(Clone, Copy)]
struct Told<'a> {
    text: &'a str,
    ends: (u64, u64),
}

/// How many of each there are on a card.
#[derive(Clone, Copy)]
struct Head(u64);

impl Head {
    fn new(numbers: usize, bools: usize, texts: usize, terms: usize, bringing: usize) -> Self {
        // INVARIANT: there are at most `MOST` terms and tests, and at most 255 names.
        Self([numbers, bools, texts, terms, bringing].iter().rev().fold(0, |head, n| head << 8 | *n as u64))
    }

    #[inline(always)]
    fn numbers(self) -> usize {
        (self.0 & 0xff) as usize
    }

    #[inline(always)]
    fn bools(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    #[inline(always)]
    fn texts(self) -> u64 {
        self.0 >> 16 & 0xff
    }

    /// Whether there is anything but numbers.
    #[inline(always)]
    fn more(self) -> bool {
        self.0 & 0xff_ff00 != 0
    }

    #[inline(always)]
    fn terms(self) -> usize {
        (self.0 >> 24 & 0xff) as usize
    }

    /// How many terms bring a tier; those of approvals stand behind them.
    #[inline(always)]
    fn bringing(self) -> usize {
        (self.0 >> 32 & 0xff) as usize
    }
}

/// A text that is read: the first word on a card, in front of the bounds of its length in bytes.
#[derive(Clone, Copy)]
struct Read(u64);

impl Read {
    /// A name, the table of its sets, and how many sets, parts and others are asked for.
    fn new(name: u16, table: u16, [sets, parts, others]: [u8; 3]) -> Self {
        let counts = u64::from(sets) << 32 | u64::from(parts) << 40 | u64::from(others) << 48;
        Self(u64::from(name) | u64::from(table) << 16 | counts)
    }

    #[inline(always)]
    fn name(self) -> u64 {
        self.0 & 0xffff
    }

    #[inline(always)]
    fn table(self) -> usize {
        (self.0 >> 16 & 0xffff) as usize
    }

    #[inline(always)]
    fn sets(self) -> usize {
        (self.0 >> 32 & 0xff) as usize
    }

    #[inline(always)]
    fn parts(self) -> usize {
        (self.0 >> 40 & 0xff) as usize
    }

    #[inline(always)]
    fn others(self) -> usize {
        (self.0 >> 48) as usize
    }
}

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

/// A card, its parts beside each other.
struct Parts<'c> {
    head: Head,
    marks: u64,
    tiers: u64,
    bits: Bits,
    /// Terms, an item and branch for each, bools and texts.
    rest: &'c [u64],
}

/// The number at a name.
#[inline(always)]
fn number<T: Fields>(of: &T, name: u64) -> Option<i64> {
    match of.given(name as usize) {
        Given::Number(n) => Some(n),
        Given::Absent | Given::Unavailable(_) | Given::Bool(_) | Given::Text(_) | Given::Raw(_) => None,
    }
}

/// The bool at a name.
#[inline(always)]
fn truth<T: Fields>(of: &T, name: u64) -> Option<bool> {
    match of.given(name as usize) {
        Given::Bool(b) => Some(b),
        Given::Absent | Given::Unavailable(_) | Given::Number(_) | Given::Text(_) | Given::Raw(_) => None,
    }
}

/// The text at a name. By itself, so that what one look needs is not loaded for all names before.
#[inline(never)]
fn text<T: Fields>(of: &T, name: u64) -> Option<&str> {
    match of.given(name as usize) {
        Given::Text(text) => Some(text),
        Given::Absent | Given::Unavailable(_) | Given::Bool(_) | Given::Number(_) | Given::Raw(_) => None,
    }
}

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

impl Cards {
    /// The tier of a request, if the card of its unit can tell it.
    #[inline(always)]
    pub(super) fn tier<T: Fields>(&self, unit: UnitId, of: &T) -> Option<Tier> {
        let card = self.parts(self.places.get(unit.0 as usize)?.tier, of)?;
        let terms = card.rest.get(..card.head.terms())?;
        let Some(first) = terms.iter().position(|term| card.bits.meet(*term)) else { return Some(self.default) };
        let tier = tier_at(card.tiers, first);
        // Nothing behind brings more; the default counts where no rule matches.
        let is_rule = card.marks >> first & 1 == 1;
        let told = is_rule || tier >= self.default || any_rule(terms, first, card.marks, card.bits);
        Some(if told { tier } else { self.default })
    }

    /// Makes the verdict, if the card of its unit can tell it and no row that holds asks for anything.
    #[inline]
    pub(super) fn decide<T: Fields>(&self, unit: UnitId, of: &T, made: &mut Verdict) -> Option<()> {
        let card = self.parts(self.places.get(unit.0 as usize)?.whole, of)?;
        let (terms, rows) = card.rest.split_at_checked(card.head.terms())?;
        let (mut held, mut at) = (0_u64, 1_u64);
        for term in terms {
            held |= if card.bits.meet(*term) { at } else { 0 };
            at <<= 1;
        }
        // The marks of items that ask for something lie above those of rules.
        if held & card.marks >> 32 != 0 {
            return None;
        }
        let bringing = held & !(u64::MAX << card.head.bringing());
        let first = tier_at(card.tiers, bringing.trailing_zeros() as usize & 31);
        let by_default = bringing & card.marks & 0xffff_ffff == 0;
        let tier = match (by_default, bringing) {
            (false, _) => first,
            (true, 0) => self.default,
            (true, _) => first.max(self.default),
        };
        if tier == Tier::Red && held != bringing {
            // Approvals stand behind all others.
            return None;
        }
        made.clear(tier);
        if by_default && tier == self.default {
            made.determining.push(Determining { item: None, branch: 0, tier, outcome: Outcome::Held });
        }
        let mut left = bringing;
        while left != 0 {
            let term = left.trailing_zeros() as usize;
            // Those behind bring less.
            if tier_at(card.tiers, term) != tier {
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

    /// A card with the bits of its tests; nothing where something that it reads is not as it should be.
    #[inline(always)]
    fn parts<T: Fields>(&self, start: u32, of: &T) -> Option<Parts<'_>> {
        // No card begins there.
        if start == 0 {
            return None;
        }
        let ([head, marks, tiers], rest) = self.words.get(start as usize..)?.split_first_chunk::<3>()?;
        let head = Head(*head);
        let mut bits = Bits::default();
        let (numbers, rest) = rest.split_at_checked(4 * head.numbers())?;
        for [name, low, high, limit] in numbers.as_chunks::<4>().0 {
            let n = number(of, *name)?;
            if n < *low as i64 || (*high as i64) < n {
                return None;
            }
            bits.add(n < *limit as i64);
        }
        if head.more() {
            bits = self.more(head, rest.get(2 * head.terms()..)?, bits, of)?;
        }
        Some(Parts { head, marks: *marks, tiers: *tiers, bits, rest })
    }

    /// The bits with those of bools and texts.
    #[inline(never)]
    fn more<T: Fields>(&self, head: Head, of_these: &[u64], mut bits: Bits, of: &T) -> Option<Bits> {
        let (bools, mut rest) = of_these.split_at_checked(head.bools())?;
        for name in bools {
            bits.add(truth(of, *name)?);
        }
        for _ in 0..head.texts() {
            let ([read, lengths], after) = rest.split_first_chunk::<2>()?;
            let read = Read(*read);
            let text = text(of, read.name())?;
            if (text.len() as u64) < *lengths & 0xffff_ffff || *lengths >> 32 < text.len() as u64 {
                return None;
            }
            let words = read.sets() + 2 * (read.parts() + read.others());
            let (tests, after) = after.split_at_checked(words)?;
            bits = self.tests(text, read, tests, bits)?;
            rest = after;
        }
        Some(bits)
    }

    /// The bits with those of one text.
    #[inline(never)]
    fn tests(&self, text: &str, read: Read, tests: &[u64], mut bits: Bits) -> Option<Bits> {
        let told = Told { text, ends: ends(text.as_bytes()) };
        let (sets, rest) = tests.split_at_checked(read.sets())?;
        if !sets.is_empty() {
            let id = self.symbols.get(read.table())?.find(told);
            for set in sets {
                bits.add(*set >> (id & 63) & 1 == 1);
            }
        }
        let (parts, others) = rest.split_at_checked(2 * read.parts())?;
        for [test, with] in parts.as_chunks::<2>().0 {
            let bits_behind = *test & 0x3f;
            bits.add(match *test >> 56 {
                kind::STARTS => (told.ends.0 ^ *with) << bits_behind == 0,
                kind::ENDS => (told.ends.1 ^ *with) >> bits_behind == 0,
                _ => told.ends.0 == *with && text.len() as u64 == 8 - bits_behind / 8,
            });
        }
        if others.is_empty() { Some(bits) } else { self.others(text, others, bits) }
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
