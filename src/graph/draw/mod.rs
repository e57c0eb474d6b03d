//! Drawings of the graph.

use crate::check::typed::NamePatterns;

/// A list of patterns as an author writes it.
#[must_use]
pub fn patterns(list: &NamePatterns) -> String {
    let mut text = String::from(if list.any { "any action" } else { "" });
    for (subtracts, pattern) in &list.parts {
        match (text.is_empty(), subtracts) {
            (true, _) => {}
            (false, true) => text.push_str(" except "),
            (false, false) => text.push_str(", "),
        }
        text.push_str(pattern);
    }
    text
}
