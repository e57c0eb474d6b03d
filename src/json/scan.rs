//! A scanner for readers that know what they expect: the same strict JSON, one pass, nothing built.
//!
//! It knows one sort of trouble only: `None`. Whoever meets it reads the text again by [`parse`](super::parse),
//! which is the definition and says what is wrong. So it may be narrower than the definition, never wider.

use std::ops::Range;

use super::{MAX_DEPTH, MAX_KEYS, MAX_NUMBER_BYTES, MAX_STRING_BYTES};

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// The next byte.
    pub(crate) at: usize,
    /// Members and elements so far.
    pub(crate) keys: u32,
}

/// A string as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// What is between the quotes is what it says.
    Plain(Range<usize>),
    /// It has escapes; nothing is consumed.
    Escaped,
}

/// A number as it stands in the text, with its digits where they are few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    /// Its text.
    pub(crate) text: Range<usize>,
    /// Whether it begins with a minus.
    pub(crate) negative: bool,
    /// Its digits without the point; none where there is an exponent, or there are more than eighteen.
    pub(crate) digits: Option<i64>,
    /// How many of the digits stand behind the point.
    pub(crate) places: u32,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;
/// More digits may leave an `i64`.
const MAX_DIGITS: usize = 18;

/// A mark at the top bit of each byte that ends a run in a string. Bytes above the first mark may be marked wrongly.
#[inline(always)]
fn ends(chunk: u64) -> u64 {
    let zero = |x: u64| x.wrapping_sub(ONES) & !x;
    let quote = zero(chunk ^ (ONES * u64::from(b'"')));
    let backslash = zero(chunk ^ (ONES * u64::from(b'\\')));
    let control = chunk.wrapping_sub(ONES * 0x20) & !chunk;
    (quote | backslash | control) & TOPS
}

impl<'a> Scan<'a> {
    /// A scanner at the beginning of a text.
    #[inline]
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, keys: 0 }
    }

    /// The next byte.
    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes white space.
    #[inline]
    pub(crate) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Passes a byte, if it is the next.
    #[inline]
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// Passes white space and a byte that must follow.
    #[inline]
    pub(crate) fn expect(&mut self, byte: u8) -> Option<()> {
        if !self.eat(byte) {
            self.space();
            return self.eat(byte).then_some(());
        }
        Some(())
    }

    /// Counts a member or an element.
    #[inline]
    pub(crate) fn count(&mut self) -> Option<()> {
        self.keys += 1;
        (self.keys <= MAX_KEYS).then_some(())
    }

    /// Behind a member or an element: whether another follows, or else `close`.
    #[inline]
    pub(crate) fn more(&mut self, close: u8) -> Option<bool> {
        self.space();
        let next = self.peek()?;
        self.at += 1;
        match next {
            b',' => Some(true),
            next if next == close => Some(false),
            _ => None,
        }
    }

    /// The key of a member, the colon behind it, and the white space around.
    #[inline]
    pub(crate) fn key(&mut self) -> Option<&'a [u8]> {
        self.space();
        match self.string()? {
            Piece::Plain(text) => {
                self.count()?;
                self.expect(b':')?;
                self.space();
                self.bytes.get(text)
            }
            Piece::Escaped => None,
        }
    }

    /// A string that begins here.
    #[inline]
    pub(crate) fn string(&mut self) -> Option<Piece> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let begin = self.at + 1;
        let end = self.run(begin);
        match self.bytes.get(end) {
            Some(b'"') if end - begin <= MAX_STRING_BYTES => {
                self.at = end + 1;
                Some(Piece::Plain(begin..end))
            }
            Some(b'\\') => Some(Piece::Escaped),
            Some(_) | None => None,
        }
    }

    /// The first place from `at` on where a run of plain characters ends.
    #[inline]
    fn run(&self, mut at: usize) -> usize {
        while let Some(chunk) = self.bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let ends = ends(u64::from_le_bytes(*chunk));
            if ends != 0 {
                return at + (ends.trailing_zeros() / 8) as usize;
            }
            at += 8;
        }
        while self.bytes.get(at).is_some_and(|b| *b != b'"' && *b != b'\\' && *b >= 0x20) {
            at += 1;
        }
        at
    }

    /// A number that begins here.
    #[inline]
    pub(crate) fn number(&mut self) -> Option<Number> {
        let begin = self.at;
        let negative = self.eat(b'-');
        let mut value = 0;
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits(&mut value);
        if whole == 0 || (leading_zero && whole > 1) {
            return None;
        }
        let mut places = 0;
        if self.eat(b'.') {
            places = self.digits(&mut value);
            if places == 0 {
                return None;
            }
        }
        let mut exponent = false;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            exponent = true;
            let _sign = self.eat(b'+') || self.eat(b'-');
            if self.digits(&mut value) == 0 {
                return None;
            }
        }
        let few = !exponent && whole + places <= MAX_DIGITS;
        let short = self.at - begin <= MAX_NUMBER_BYTES;
        short.then(|| Number {
            text: begin..self.at,
            negative,
            digits: few.then_some(if negative { value.wrapping_neg() } else { value }),
            places: places as u32,
        })
    }

    /// Passes digits and adds them to `value`, which means nothing once there were too many.
    #[inline]
    fn digits(&mut self, value: &mut i64) -> usize {
        let begin = self.at;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            *value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            self.at += 1;
        }
        self.at - begin
    }

    /// Passes a word of the language such as `true`.
    #[inline]
    pub(crate) fn word(&mut self, word: &str) -> Option<()> {
        let there = self.bytes.get(self.at..)?.starts_with(word.as_bytes());
        self.at += if there { word.len() } else { 0 };
        there.then_some(())
    }

    /// The place behind the object that begins here, by its brackets alone: what is inside is not checked, so it
    /// must be read afterwards and must end there.
    pub(crate) fn end_of_object(&self) -> Option<usize> {
        let (mut at, mut open) = (self.at, 0_usize);
        loop {
            match self.bytes.get(at)? {
                b'{' | b'[' => open += 1,
                b'}' | b']' => {
                    open = open.checked_sub(1)?;
                    if open == 0 {
                        return Some(at + 1);
                    }
                }
                b'"' => at = self.end_of_string(at + 1)?,
                _ => {}
            }
            at += 1;
        }
    }

    /// The place of the quote that ends the string whose inside begins at a place.
    fn end_of_string(&self, mut at: usize) -> Option<usize> {
        loop {
            at = self.run(at);
            match self.bytes.get(at)? {
                b'"' => return Some(at),
                b'\\' => at += 2,
                _ => return None,
            }
        }
    }

    /// A part of the text.
    #[inline]
    pub(crate) fn part(&self, of: &Range<usize>) -> Option<&'a str> {
        self.text.get(of.clone())
    }

    /// The whole text.
    #[inline]
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// Whether nothing follows.
    #[inline]
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.space();
        self.at == self.bytes.len()
    }
}

/// Most members of an object whose keys are compared one by one.
const MAX_COMPARED: usize = 16;

impl Scan<'_> {
    /// Passes a value of any form, strictly. `depth` is how many lists and objects are open around it.
    pub(crate) fn skip(&mut self, depth: u32) -> Option<()> {
        self.space();
        match self.peek()? {
            b'{' => self.skip_object(depth + 1),
            b'[' => self.skip_list(depth + 1),
            b'"' => match self.string()? {
                Piece::Plain(_) => Some(()),
                Piece::Escaped => None,
            },
            b'-' | b'0'..=b'9' => self.number().map(|_| ()),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => None,
        }
    }

    fn skip_object(&mut self, depth: u32) -> Option<()> {
        let mut seen: [&[u8]; MAX_COMPARED] = [&[]; MAX_COMPARED];
        let mut count = 0;
        if depth > MAX_DEPTH || self.opens_empty(b'}')? {
            return (depth <= MAX_DEPTH).then_some(());
        }
        loop {
            let key = self.key()?;
            let before = seen.get(..count)?;
            if before.contains(&key) {
                return None;
            }
            *seen.get_mut(count)? = key;
            count += 1;
            self.skip(depth)?;
            if !self.more(b'}')? {
                return Some(());
            }
        }
    }

    fn skip_list(&mut self, depth: u32) -> Option<()> {
        if depth > MAX_DEPTH || self.opens_empty(b']')? {
            return (depth <= MAX_DEPTH).then_some(());
        }
        loop {
            self.count()?;
            self.skip(depth)?;
            if !self.more(b']')? {
                return Some(());
            }
        }
    }

    /// Passes the bracket that opens, and the one that closes if it follows at once.
    #[inline]
    pub(crate) fn opens_empty(&mut self, close: u8) -> Option<bool> {
        self.at += 1;
        self.space();
        let next = self.peek()?;
        self.at += usize::from(next == close);
        Some(next == close)
    }
}
