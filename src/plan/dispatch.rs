//! Dispatch: from the full name of an action to its unit, by one look at a table and one comparison.
//!
//! The table holds the first and last eight bytes of each name, which tell a name of up to sixteen apart: such a
//! look-up among ten thousand names touches one line of memory. Longer names lie in one text, one behind the other.

use super::UnitId;
use super::hash::{ends, hash_of_ends};

/// A slot of the table; one with a length of 0 is empty, for no action has an empty name.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    head: u64,
    tail: u64,
    unit: u32,
    start: u32,
    length: u32,
}

/// Longest name that its ends tell.
const SHORT: usize = 16;

/// Names of actions and their units.
#[derive(Clone, Debug)]
pub(super) struct Dispatch {
    names: String,
    /// A power of two, at most half full.
    slots: Box<[Slot]>,
}

impl Dispatch {
    /// A table of names; of two equal ones the first counts.
    pub(super) fn new(names: &[(&str, UnitId)]) -> Self {
        let size = (names.len() * 2).next_power_of_two().max(2);
        let mut made = Self { names: String::new(), slots: vec![Slot::default(); size].into() };
        for (name, unit) in names {
            let (free, known) = made.find(name);
            if known || name.is_empty() {
                continue;
            }
            // INVARIANT: a policy set has at most 16 MiB of text, so places fit.
            let start = made.names.len() as u32;
            let (head, tail) = ends(name.as_bytes());
            made.slots[free] = Slot { head, tail, unit: unit.0, start, length: name.len() as u32 };
            made.names.push_str(name);
        }
        made
    }

    /// The unit of a name.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<UnitId> {
        let (slot, known) = self.find(name);
        known.then(|| UnitId(self.slots[slot].unit))
    }

    /// All names with their units.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, UnitId)> {
        let taken = self.slots.iter().filter(|slot| slot.length != 0);
        taken.filter_map(|slot| {
            let start = slot.start as usize;
            Some((self.names.get(start..start + slot.length as usize)?, UnitId(slot.unit)))
        })
    }

    /// The slot of a name, or the free one where it would stand.
    #[inline]
    fn find(&self, name: &str) -> (usize, bool) {
        let text = name.as_bytes();
        let (head, tail) = ends(text);
        let mask = self.slots.len() - 1;
        let mut at = hash_of_ends(text, (head, tail)) as usize & mask;
        // INVARIANT: half of the slots are empty, so this ends.
        loop {
            let slot = &self.slots[at];
            if slot.head == head && slot.tail == tail && slot.length as usize == text.len() {
                let start = slot.start as usize;
                if text.len() <= SHORT || self.names.as_bytes().get(start..start + text.len()) == Some(text) {
                    return (at, slot.length != 0);
                }
            }
            if slot.length == 0 {
                return (at, false);
            }
            at = (at + 1) & mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dispatch, UnitId};

    #[test]
    fn every_name_finds_its_unit_and_no_other_does() {
        let names: Vec<String> = (0..3_000).map(|n| format!("svc{:03}.op{}", n / 7, n % 7)).collect();
        let pairs: Vec<(&str, UnitId)> = names.iter().zip(0..).map(|(name, unit)| (&**name, UnitId(unit))).collect();
        let table = Dispatch::new(&pairs);
        for (name, unit) in &pairs {
            assert_eq!(table.get(name), Some(*unit));
        }
        for name in ["", "svc", "svc000.op", "svc000.op00", "svc999.op1", "SVC000.op0", "\0svc000.op0", "svc000.op0\0"]
        {
            assert_eq!(table.get(name), None, "{name}");
        }
    }

    #[test]
    fn names_of_every_length_are_told_apart_by_each_of_their_bytes() {
        let names: Vec<String> =
            (1..40_usize).map(|length| "abcdefghij".chars().cycle().take(length).collect()).collect();
        let pairs: Vec<(&str, UnitId)> = names.iter().zip(0..).map(|(name, unit)| (&**name, UnitId(unit))).collect();
        let table = Dispatch::new(&pairs);
        for (name, unit) in &pairs {
            assert_eq!(table.get(name), Some(*unit));
            for place in 0..name.len() {
                let mut other = (*name).to_string();
                other.replace_range(place..=place, "Z");
                assert_eq!(table.get(&other), None, "{other}");
            }
        }
    }

    #[test]
    fn the_first_of_equal_names_counts_and_no_name_is_found_in_nothing() {
        let table = Dispatch::new(&[("a", UnitId(1)), ("a", UnitId(2)), ("", UnitId(3))]);
        assert_eq!((table.get("a"), table.get("")), (Some(UnitId(1)), None));
        assert_eq!(Dispatch::new(&[]).get("a"), None);
    }
}
