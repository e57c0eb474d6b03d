//! Dispatch: from the full name of an action to its unit, by one look at a table and one comparison.
//!
//! Names lie in one text, one behind the other, and the table holds a part of each name's hash, so that a
//! look-up among ten thousand names touches two lines of memory: the slot's and the name's.

use super::UnitId;
use super::hash::hash_text;

/// A slot of the table; one with a length of 0 is empty, for no action has an empty name.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    tag: u32,
    unit: u32,
    start: u32,
    length: u32,
}

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
            let hash = hash_text(name.as_bytes());
            let (free, known) = made.find(name, hash);
            if known || name.is_empty() {
                continue;
            }
            // INVARIANT: a policy set has at most 16 MiB of text, so places fit.
            let start = made.names.len() as u32;
            made.slots[free] = Slot { tag: tag(hash), unit: unit.0, start, length: name.len() as u32 };
            made.names.push_str(name);
        }
        made
    }

    /// The unit of a name.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<UnitId> {
        let (slot, known) = self.find(name, hash_text(name.as_bytes()));
        known.then(|| UnitId(self.slots[slot].unit))
    }

    /// The slot of a name, or the free one where it would stand.
    #[inline]
    fn find(&self, name: &str, hash: u64) -> (usize, bool) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        // INVARIANT: half of the slots are empty, so this ends.
        loop {
            let slot = &self.slots[at];
            if slot.length == 0 {
                return (at, false);
            }
            let start = slot.start as usize;
            if slot.tag == tag(hash)
                && slot.length as usize == name.len()
                && self.names.as_bytes().get(start..start + name.len()) == Some(name.as_bytes())
            {
                return (at, true);
            }
            at = (at + 1) & mask;
        }
    }
}

/// The part of a hash that does not choose the slot.
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
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
        for name in ["", "svc", "svc000.op", "svc000.op00", "svc999.op1", "SVC000.op0"] {
            assert_eq!(table.get(name), None, "{name}");
        }
    }

    #[test]
    fn the_first_of_equal_names_counts_and_no_name_is_found_in_nothing() {
        let table = Dispatch::new(&[("a", UnitId(1)), ("a", UnitId(2)), ("", UnitId(3))]);
        assert_eq!((table.get("a"), table.get("")), (Some(UnitId(1)), None));
        assert_eq!(Dispatch::new(&[]).get("a"), None);
    }
}
