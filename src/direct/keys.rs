//! From the bytes of a member's key to its place among the declared ones.

/// Declared names by their bytes.
///
/// The names are the policy's, so that nobody can fill a chain from outside, and no chain is longer than they are many.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    /// A power of two of them.
    slots: Vec<Option<Slot>>,
}

/// A name with its place.
#[derive(Clone, Debug)]
struct Slot {
    ends: Ends,
    place: u32,
    name: Box<[u8]>,
}

/// The beginning, the end and the length of a name. Of one of at most [`TOLD`] bytes they tell all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    length: usize,
}

const TOLD: usize = 16;
/// Odd, with bits all over.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Ends {
    #[inline]
    fn of(key: &[u8]) -> Self {
        let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (key.first_chunk::<4>(), key.last_chunk::<4>()) {
                (Some(first), Some(last)) => {
                    (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
                }
                _ => (key.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 0),
            },
        };
        Self { first, last, length: key.len() }
    }

    #[inline]
    fn hash(self) -> u64 {
        (self.first ^ self.last.rotate_left(29) ^ (self.length as u64).rotate_left(56)).wrapping_mul(FACTOR)
    }
}

impl Keys {
    /// Files names under their places.
    pub(super) fn new<'n>(names: impl Iterator<Item = (usize, &'n str)>) -> Self {
        let names: Vec<(usize, &str)> = names.collect();
        if names.is_empty() {
            return Self::default();
        }
        let size = (names.len() * 2).next_power_of_two();
        let mut made = Self { slots: vec![None; size] };
        for (place, name) in names {
            let ends = Ends::of(name.as_bytes());
            let mut slot = made.first(ends);
            while made.slots[slot].is_some() {
                slot = (slot + 1) & (size - 1);
            }
            made.slots[slot] = Some(Slot { ends, place: place as u32, name: name.as_bytes().into() });
        }
        made
    }

    /// Where a look-up begins.
    #[inline]
    fn first(&self, ends: Ends) -> usize {
        (ends.hash() >> 32) as usize & (self.slots.len() - 1)
    }

    /// Whether no name is filed.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The place of a name; none where it is not declared.
    #[inline]
    pub(super) fn find(&self, key: &[u8]) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let ends = Ends::of(key);
        let mut at = self.first(ends);
        loop {
            let slot = self.slots.get(at)?.as_ref()?;
            if slot.ends == ends && (key.len() <= TOLD || *slot.name == *key) {
                return Some(slot.place as usize);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn each_name_is_found_and_nothing_else() {
        let alike = (0..40).map(|n| format!("a_long_name_{n:02}_with_equal_ends"));
        let names: Vec<String> = ["a", "b", "ab", "abc", "abcd", "abcde", "id", "kind", "eightlet", "ninelette"]
            .map(String::from)
            .into_iter()
            .chain(alike)
            .collect();
        let keys = Keys::new(names.iter().enumerate().map(|(place, name)| (place * 3, name.as_str())));
        for (place, name) in names.iter().enumerate() {
            assert_eq!(keys.find(name.as_bytes()), Some(place * 3), "{name}");
        }
        for other in ["", "c", "ba", "abce", "a_long_name_99_with_equal_ends", "eightlett", "nineletter"] {
            assert_eq!(keys.find(other.as_bytes()), None, "{other}");
        }
        assert_eq!(Keys::default().find(b"a"), None);
    }
}
