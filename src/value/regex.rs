//! One or more regular expressions as a search: whether one of them matches somewhere in a text.
//!
//! Small ones become a [table](Search::Table) of states: one look a byte, and nothing that is written, so threads
//! share it freely. Larger ones are searched by an automaton that is made as it is needed, in memory that threads
//! take turns for.

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::meta;
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;

/// Greatest size of the expressions that a table is tried for, in bytes while they are compiled.
const LARGEST_TRIED: usize = 1 << 13;
/// Greatest size of a table in bytes.
const LARGEST_TABLE: usize = 1 << 15;
/// Most memory that making one may take.
const LARGEST_WORK: usize = 1 << 17;

#[derive(Debug)]
pub(super) enum Search {
    /// States, and the first of them.
    Table(Box<dense::DFA<Vec<u32>>>, StateID),
    /// What has no small table.
    Lazy(meta::Regex),
}

impl Search {
    /// A search for expressions that were looked at before, so that only their size can be wrong.
    pub(super) fn new(sources: &[&str], greatest: usize) -> Option<Self> {
        if let Some(table) = table(sources) {
            return Some(table);
        }
        let config = meta::Config::new()
            .which_captures(WhichCaptures::None)
            // Both directions of search are compiled.
            .nfa_size_limit(Some(greatest))
            .onepass(false);
        meta::Builder::new().configure(config).build_many(sources).ok().map(Self::Lazy)
    }

    /// Whether it is a table.
    pub(super) fn is_table(&self) -> bool {
        matches!(self, Self::Table(..))
    }

    /// Whether one of the expressions matches somewhere in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Table(table, first) => {
                let mut state = *first;
                for byte in text.bytes() {
                    state = table.next_state(state, byte);
                    if table.is_special_state(state) {
                        if table.is_match_state(state) {
                            return true;
                        }
                        if table.is_dead_state(state) {
                            return false;
                        }
                    }
                }
                // A match shows one byte late.
                table.is_match_state(table.next_eoi_state(state))
            }
            Self::Lazy(regex) => regex.is_match(text),
        }
    }
}

/// A table, where it is small.
fn table(sources: &[&str]) -> Option<Search> {
    let config =
        thompson::Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(LARGEST_TRIED)).shrink(false);
    let nfa = thompson::Compiler::new().configure(config).build_many(sources).ok()?;
    let config = dense::Config::new()
        .start_kind(StartKind::Unanchored)
        .dfa_size_limit(Some(LARGEST_TABLE))
        .determinize_size_limit(Some(LARGEST_WORK));
    // INVARIANT: without heuristics for word boundaries no byte makes it give up; it is not built where it would.
    let table = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
    let first = table.start_state(&start::Config::new()).ok()?;
    Some(Search::Table(Box::new(table), first))
}

#[cfg(test)]
#[path = "tests/regex.rs"]
mod tests;
