//! Names of actions and the patterns over them.
//!
//! A name is segments of `[A-Za-z0-9_-]` joined by dots, compared by bytes. In a pattern `*` matches any
//! run inside one segment and `**` crosses dots.

use std::cell::OnceCell;
use std::sync::Arc;

/// Longest name of an action in bytes; a longer one refuses the request.
pub const MAX_NAME_BYTES: usize = 1024;

/// Whether it is a name at all: `deploy.staging`, `git.merge`, `scale_up`.
///
/// ```
/// use aas::action_name::is_well_formed;
/// assert!(is_well_formed("deploy.staging-2"));
/// assert!(!is_well_formed("deploy..staging"));
/// assert!(!is_well_formed("deploy staging"));
/// ```
#[must_use]
pub fn is_well_formed(name: &str) -> bool {
    let segment = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    name.len() <= MAX_NAME_BYTES && name.split('.').all(segment)
}

/// Whether a pattern matches a name. Work is at most the product of both lengths.
///
/// ```
/// use aas::action_name::matches;
/// assert!(matches("deploy.*", "deploy.staging"));
/// assert!(!matches("deploy.*", "deploy.eu.staging"));
/// assert!(matches("deploy.**", "deploy.eu.staging"));
/// assert!(!matches("code.**", "code"));
/// ```
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some(star) = pattern.find('*') else { return pattern == name };
    // Most names differ from most patterns in what stands before the first star or behind the last.
    let last = pattern.rfind('*').unwrap_or(star);
    if !name.starts_with(&pattern[..star]) || !name.ends_with(&pattern[last + 1..]) {
        return false;
    }
    // With one run of stars that is all there is to say, but for what the run may hold.
    if let Some(stars) = pattern.get(star..=last).filter(|stars| stars.len() <= 2) {
        let held = name.get(star..name.len().saturating_sub(pattern.len() - last - 1));
        let crosses = stars.len() == 2;
        if stars.bytes().all(|b| b == b'*') {
            return held.is_some_and(|held| crosses || !held.contains('.'));
        }
    }
    let name = name.as_bytes();
    // `reach[i]`: the part of the pattern read so far matches the first `i` bytes of the name.
    let mut reach = vec![false; name.len() + 1];
    reach[0] = true;
    for token in tokens(pattern) {
        reach = step(token, name, &reach);
    }
    reach[name.len()]
}

/// Whether a text is an action pattern: a name whose segments may hold stars, two of them at most in a row.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'*');
    let segment = |s: &str| !s.is_empty() && s.bytes().all(known);
    text.len() <= MAX_NAME_BYTES && !text.contains("***") && text.split('.').all(segment)
}

/// Whether a pattern has a star.
#[must_use]
pub fn has_star(pattern: &str) -> bool {
    pattern.contains('*')
}

/// Whether a pattern has a part that is no star and no dot.
#[must_use]
pub fn has_literal(pattern: &str) -> bool {
    pattern.bytes().any(|b| b != b'*' && b != b'.')
}

/// Names in order, so that a pattern is compared only with those that begin or end as it does.
///
/// ```
/// use aas::action_name::SortedNames;
/// let names = SortedNames::new(["a.x", "a.y", "b.x"].map(std::sync::Arc::from));
/// assert_eq!(names.matching("a.*").collect::<Vec<_>>(), [0, 1]);
/// assert_eq!(names.matching("*.x").collect::<Vec<_>>(), [0, 2]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct SortedNames {
    names: Vec<Arc<str>>,
    /// The same names by their last bytes, made when a pattern first asks.
    backwards: OnceCell<Vec<u32>>,
}

impl SortedNames {
    /// Of names in ascending order.
    pub fn new(sorted: impl IntoIterator<Item = Arc<str>>) -> Self {
        let names: Vec<Arc<str>> = sorted.into_iter().collect();
        debug_assert!(names.is_sorted());
        Self { names, backwards: OnceCell::new() }
    }

    /// The place of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|known| (**known).cmp(name)).ok()
    }

    /// The name at a place.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&str> {
        self.names.get(place).map(|name| &**name)
    }

    /// The places of the names that a pattern matches, ascending.
    pub fn matching<'s, 'p>(&'s self, pattern: &'p str) -> impl Iterator<Item = usize> + use<'s, 'p> {
        let literal = !has_star(pattern);
        let found = if literal { self.find(pattern) } else { None };
        let candidates = if literal { Vec::new() } else { self.candidates(pattern) };
        let matched = candidates.into_iter().filter(move |place| matches(pattern, &self.names[*place]));
        found.into_iter().chain(matched)
    }

    /// The places that a pattern with a star can match, ascending.
    fn candidates(&self, pattern: &str) -> Vec<usize> {
        let before = pattern.split('*').next().unwrap_or_default();
        let behind = pattern.rsplit('*').next().unwrap_or_default();
        let start = self.names.partition_point(|name| **name < *before);
        let length = self.names[start..].partition_point(|name| name.starts_with(before));
        if length == 0 || behind.is_empty() {
            return (start..start + length).collect();
        }
        let ending = self.ending_in(behind);
        if ending.len() > length {
            return (start..start + length).collect();
        }
        let mut places: Vec<usize> = ending.iter().map(|place| *place as usize).collect();
        places.retain(|place| (start..start + length).contains(place));
        places.sort_unstable();
        places
    }

    fn ending_in(&self, last: &str) -> &[u32] {
        let reversed = |place: u32| self.names[place as usize].bytes().rev();
        let backwards = self.backwards.get_or_init(|| {
            let mut places: Vec<u32> = (0..self.names.len() as u32).collect();
            places.sort_by(|a, b| reversed(*a).cmp(reversed(*b)));
            places
        });
        let start = backwards.partition_point(|place| reversed(*place).lt(last.bytes().rev()));
        let length = backwards[start..].partition_point(|place| self.names[*place as usize].ends_with(last));
        &backwards[start..start + length]
    }
}

/// A piece of a pattern.
#[derive(Clone, Copy)]
enum Token {
    /// This byte.
    Byte(u8),
    /// `*`
    Star,
    /// `**`
    Stars,
}

fn tokens(pattern: &str) -> impl Iterator<Item = Token> + '_ {
    let mut bytes = pattern.bytes().peekable();
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte != b'*' {
            return Some(Token::Byte(byte));
        }
        let mut stars = 1;
        while bytes.next_if_eq(&b'*').is_some() {
            stars += 1;
        }
        Some(if stars == 1 { Token::Star } else { Token::Stars })
    })
}

fn step(token: Token, name: &[u8], reach: &[bool]) -> Vec<bool> {
    let mut next = vec![false; reach.len()];
    match token {
        Token::Byte(byte) => {
            for (i, at) in name.iter().enumerate() {
                next[i + 1] = reach[i] && *at == byte;
            }
        }
        Token::Star | Token::Stars => {
            next[0] = reach[0];
            for (i, at) in name.iter().enumerate() {
                let goes_on = matches!(token, Token::Stars) || *at != b'.';
                next[i + 1] = reach[i + 1] || (next[i] && goes_on);
            }
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{SortedNames, is_well_formed, matches};

    #[test]
    fn a_star_stays_in_its_segment() {
        for (pattern, name, expected) in [
            ("scale_*", "scale_up", true),
            ("scale_*", "scale_", true),
            ("scale_*", "scale_up.now", false),
            ("*.read", "a.read", true),
            ("*.read", "a.b.read", false),
            ("**.read", "a.b.read", true),
            ("**.read", "read", false),
            ("a.*.c", "a.b.c", true),
            ("a.**.c", "a.b.b.c", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("**", "a.b", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn a_hostile_pattern_costs_no_more_than_the_product() {
        let pattern = "*a".repeat(200);
        let name = "a".repeat(1000) + "b";
        assert!(!matches(&pattern, &name));
    }

    #[test]
    fn sorted_names_find_what_a_search_finds() {
        let parts = ["a", "ab", "b", "read", "b_read", "c"];
        let mut names: Vec<String> = parts.iter().map(|p| (*p).to_string()).collect();
        names.extend(parts.iter().flat_map(|a| parts.iter().map(move |b| format!("{a}.{b}"))));
        names.extend(parts.iter().map(|a| format!("{a}.read.{a}")));
        names.sort();
        let sorted = SortedNames::new(names.iter().map(|n| Arc::from(n.as_str())));
        let stars =
            ["*", "**", "a*", "a.*", "a.**", "*.read", "**read", "*d", "a*.*b", "*.read.*", "zz*", "*zz", "a**d"];
        for pattern in stars.into_iter().chain(names.iter().map(String::as_str)).chain(["none"]) {
            let expected: Vec<usize> = (0..names.len()).filter(|i| matches(pattern, &names[*i])).collect();
            assert_eq!(sorted.matching(pattern).collect::<Vec<_>>(), expected, "{pattern}");
        }
    }

    #[test]
    fn names_are_segments() {
        assert!(is_well_formed("a"));
        assert!(!is_well_formed(""));
        assert!(!is_well_formed("a."));
        assert!(!is_well_formed("a\u{e9}"));
        assert!(!is_well_formed(&"a".repeat(2000)));
    }
}
