//! Which packages a package uses at any depth, one bit for each package of the set.

use super::PackageId;

/// A set of packages. Chains of thousands of packages are common, so it is kept as bits: a list for each
/// package would grow with the square of their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    words: Vec<u64>,
}

impl Reach {
    /// Whether a package is in it.
    #[must_use]
    pub fn contains(&self, package: PackageId) -> bool {
        let word = self.words.get(package.0 as usize / 64).copied().unwrap_or(0);
        word >> (package.0 % 64) & 1 == 1
    }

    /// Its packages, ascending.
    pub fn iter(&self) -> impl Iterator<Item = PackageId> {
        let bits = |word: u64| (0..64).filter(move |bit| word >> bit & 1 == 1);
        (0..).zip(&self.words).flat_map(move |(place, word)| bits(*word).map(move |bit| PackageId(place * 64 + bit)))
    }

    /// Adds a package.
    pub(super) fn insert(&mut self, package: PackageId) {
        let place = package.0 as usize / 64;
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        self.words[place] |= 1 << (package.0 % 64);
    }

    /// Adds all of another one.
    pub(super) fn extend(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(own, more)| *own |= more);
    }
}

#[cfg(test)]
mod tests {
    use super::{PackageId, Reach};

    #[test]
    fn it_holds_what_was_put_in() {
        let mut reach = Reach::default();
        for package in [200, 3, 64, 3] {
            reach.insert(PackageId(package));
        }
        let mut more = Reach::default();
        more.insert(PackageId(1000));
        reach.extend(&more);
        assert_eq!(reach.iter().map(|p| p.0).collect::<Vec<_>>(), [3, 64, 200, 1000]);
        assert!(reach.contains(PackageId(64)) && !reach.contains(PackageId(65)) && !reach.contains(PackageId(9999)));
    }
}
