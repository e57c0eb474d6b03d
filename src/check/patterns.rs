//! Action names and the patterns over them.
//!
//! A name is `[A-Za-z0-9_-]` segments joined by dots. In a pattern `*` stands for any run of characters
//! inside one segment and `**` for any run across dots: `code.**` means what lies below `code`, not `code`.

/// Longest action name or pattern in bytes.
pub const MAX_NAME_BYTES: usize = 256;

/// Whether a text is an action name.
///
/// ```
/// use aas::check::patterns::is_name;
/// assert!(is_name("deploy.staging"));
/// assert!(!is_name("deploy..staging") && !is_name("deploy.production\n") && !is_name("a.*"));
/// ```
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES
        && text
            .split('.')
            .all(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'))
}

/// Whether a text is an action pattern: a name with stars.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES
        && !text.contains("***")
        && text
            .split('.')
            .all(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'*')))
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

/// Whether a pattern matches a name. Takes at most the product of both lengths in steps.
///
/// ```
/// use aas::check::patterns::matches;
/// assert!(matches("deploy.*", "deploy.staging") && !matches("deploy.*", "deploy.a.b"));
/// assert!(matches("code.**", "code.a.b") && !matches("code.**", "code"));
/// assert!(matches("test.run*", "test.run_suite") && matches("**", "anything.at.all"));
/// ```
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let tokens = tokens(pattern);
    let name = name.as_bytes();
    // `reach[i]`: the tokens so far match the first `i` bytes.
    let mut reach = vec![false; name.len() + 1];
    reach[0] = true;
    for token in tokens {
        let mut next = vec![false; name.len() + 1];
        match token {
            Token::Byte(b) => {
                for i in 0..name.len() {
                    next[i + 1] = reach[i] && name[i] == b;
                }
            }
            Token::Star | Token::DoubleStar => {
                let crosses = matches!(token, Token::DoubleStar);
                let mut open = false;
                for i in 0..=name.len() {
                    open = reach[i] || (open && (crosses || name[i - 1] != b'.'));
                    next[i] = open;
                }
            }
        }
        reach = next;
    }
    reach[name.len()]
}

#[derive(Clone, Copy)]
enum Token {
    Byte(u8),
    Star,
    DoubleStar,
}

fn tokens(pattern: &str) -> Vec<Token> {
    let bytes = pattern.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'*' && bytes.get(i + 1) == Some(&b'*') {
            out.push(Token::DoubleStar);
            i += 2;
        } else {
            out.push(if bytes[i] == b'*' { Token::Star } else { Token::Byte(bytes[i]) });
            i += 1;
        }
    }
    out
}

/// Whether a list of patterns with `except` parts matches a name: each part adds to or takes from what stands before it.
#[must_use]
pub fn list_matches<'a>(parts: impl IntoIterator<Item = (bool, &'a str)>, name: &str) -> bool {
    let mut matched = false;
    for (except, pattern) in parts {
        if matched == except && matches(pattern, name) {
            matched = !except;
        }
    }
    matched
}

impl super::typed::NamePatterns {
    /// Whether a name that nobody declared is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.any || list_matches(self.parts.iter().map(|(except, p)| (*except, &**p)), name)
    }
}
