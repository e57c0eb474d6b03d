//! Names of actions and the patterns over them.
//!
//! A name is segments of `[A-Za-z0-9_-]` joined by dots, compared by bytes. In a pattern `*` matches any
//! run inside one segment and `**` crosses dots.

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

/// Whether a list of patterns matches a name. A part with `true` subtracts from what stands before it.
///
/// ```
/// use aas::action_name::list_matches;
/// let parts = [(false, "a.*"), (true, "a.x")];
/// assert!(list_matches(parts, "a.y") && !list_matches(parts, "a.x"));
/// ```
#[must_use]
pub fn list_matches<'a>(parts: impl IntoIterator<Item = (bool, &'a str)>, name: &str) -> bool {
    let step = |matched: bool, (except, pattern): (bool, &str)| {
        if matched == except && matches(pattern, name) { !except } else { matched }
    };
    parts.into_iter().fold(false, step)
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
    use super::{is_well_formed, matches};

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
    fn names_are_segments() {
        assert!(is_well_formed("a"));
        assert!(!is_well_formed(""));
        assert!(!is_well_formed("a."));
        assert!(!is_well_formed("a\u{e9}"));
        assert!(!is_well_formed(&"a".repeat(2000)));
    }
}
