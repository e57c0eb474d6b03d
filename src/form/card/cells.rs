//! What a request says, as cards look at it: by the place of a name.

use crate::form::{Fields, Given};

/// Most names of a type whose values are laid out before a card looks.
pub(super) const MOST_CELLS: usize = 16;

/// Which names a card needs, as bits by their kinds.
pub(super) mod needs {
    use super::MOST_CELLS;

    /// All bits of names; those above are for other things.
    pub(super) const NAMES: u64 = (1 << (3 * MOST_CELLS)) - 1;
    /// What no request has: there is no card.
    pub(in crate::form::card) const NEVER: u64 = NAMES;
    /// A name whose place is beyond the cells: no cell is a number and a bool.
    const FAR: u64 = 1 << NUMBER | 1 << BOOL;
    pub(super) const NUMBER: u32 = 0;
    pub(super) const BOOL: u32 = MOST_CELLS as u32;
    pub(super) const TEXT: u32 = 2 * MOST_CELLS as u32;

    fn bit(name: u32, kind: u32) -> u64 {
        if (name as usize) < MOST_CELLS { 1 << (name + kind) } else { FAR }
    }

    /// A number at a name.
    pub(in crate::form::card) fn number(name: u32) -> u64 {
        bit(name, NUMBER)
    }

    /// A bool at a name.
    pub(in crate::form::card) fn truth(name: u32) -> u64 {
        bit(name, BOOL)
    }

    /// A text at a name.
    pub(in crate::form::card) fn text(name: u32) -> u64 {
        bit(name, TEXT)
    }
}

/// A request's values by the places of their names. A name is the lowest byte of a word, and what a card needs are its
/// lowest [`needs::NAMES`].
pub(super) trait Values {
    /// Whether everything that a card needs may be there.
    fn have(&self, needs: u64) -> bool;
    fn number(&self, name: u64) -> Option<i64>;
    fn truth(&self, name: u64) -> Option<bool>;
    fn text(&self, name: u64) -> Option<&str>;
}

/// Values where they lie, looked at one after the other: of types with many names, or whose names are told later.
pub(super) struct Direct<'a, T>(pub(super) &'a T);

impl<T: Fields> Values for Direct<'_, T> {
    #[inline]
    fn have(&self, needs: u64) -> bool {
        needs & needs::NAMES != needs::NEVER
    }

    #[inline]
    fn number(&self, name: u64) -> Option<i64> {
        match self.0.given(place(name)) {
            Given::Number(n) => Some(n),
            Given::Absent | Given::Unavailable(_) | Given::Bool(_) | Given::Text(_) | Given::Raw(_) => None,
        }
    }

    #[inline]
    fn truth(&self, name: u64) -> Option<bool> {
        match self.0.given(place(name)) {
            Given::Bool(b) => Some(b),
            Given::Absent | Given::Unavailable(_) | Given::Number(_) | Given::Text(_) | Given::Raw(_) => None,
        }
    }

    #[inline]
    fn text(&self, name: u64) -> Option<&str> {
        match self.0.given(place(name)) {
            Given::Text(text) => Some(text),
            Given::Absent | Given::Unavailable(_) | Given::Bool(_) | Given::Number(_) | Given::Raw(_) => None,
        }
    }
}

#[inline(always)]
fn place(name: u64) -> usize {
    (name & 0xff) as usize
}

/// All values of a type with few names, laid out: places are constants then, so that the compiler sees through
/// [`Fields::given`], and what looks at them is no longer about the type.
pub(super) struct Cells<'a, const N: usize> {
    /// Numbers; of bools 0 or 1.
    numbers: [i64; N],
    texts: [&'a str; N],
    /// What is there, as a card needs it.
    told: u64,
}

impl<'a, const N: usize> Cells<'a, N> {
    #[inline(always)]
    pub(super) fn of<T: Fields>(of: &'a T) -> Self {
        // Whatever text stands where there is none: nothing looks there.
        let any = if let Given::Text(text) = of.given(0) { text } else { "" };
        let mut cells = Self { numbers: [0; N], texts: [any; N], told: !needs::NAMES };
        macro_rules! take {
            ($($place:literal)*) => {$(
                if $place < N && $place < T::NAMES.len() {
                    cells.take($place, of.given($place));
                }
            )*};
        }
        take!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        cells
    }

    #[inline(always)]
    fn take(&mut self, place: usize, given: Given<'a>) {
        match given {
            Given::Number(n) => {
                self.numbers[place] = n;
                self.told |= 1 << (place as u32 + needs::NUMBER);
            }
            Given::Bool(b) => {
                self.numbers[place] = i64::from(b);
                self.told |= 1 << (place as u32 + needs::BOOL);
            }
            Given::Text(text) => {
                self.texts[place] = text;
                self.told |= 1 << (place as u32 + needs::TEXT);
            }
            // What a card needs is not there.
            Given::Absent | Given::Unavailable(_) | Given::Raw(_) => {}
        }
    }
}

impl<const N: usize> Values for Cells<'_, N> {
    #[inline(always)]
    fn have(&self, needs: u64) -> bool {
        needs & !self.told == 0
    }

    #[inline(always)]
    fn number(&self, name: u64) -> Option<i64> {
        // INVARIANT: N is a power of two, and a card that is asked needs no other names.
        Some(self.numbers[place(name) & (N - 1)])
    }

    #[inline(always)]
    fn truth(&self, name: u64) -> Option<bool> {
        Some(self.numbers[place(name) & (N - 1)] != 0)
    }

    #[inline(always)]
    fn text(&self, name: u64) -> Option<&str> {
        Some(self.texts[place(name) & (N - 1)])
    }
}
