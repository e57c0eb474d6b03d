//! What the grammar says about the places of a file, for the layout.
//!
//! The layout works on tokens, so that nothing can be lost; this table tells it which bracket holds what,
//! where elements of a list begin, and which signs belong together.

use std::collections::{HashMap, HashSet};

use pest::iterators::Pair;

use crate::syntax::parser::Rule;

/// How the inside of a bracket is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Clauses: two blanks between them on one line, else a line each.
    Clauses,
    /// Clauses with lines that stand in columns: `columns` and `row`, or `{ … } -> tier`.
    Table,
    /// Fields: commas on one line, else a line each without.
    Fields,
    /// Values: commas, one at the end of each line too. `tight` has no blanks inside the brackets.
    Values { tight: bool },
    /// One expression.
    Paren,
    /// Never broken: `[i]`, `[..4096]`.
    Tight,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The style of the bracket that opens here.
    pub(super) groups: HashMap<u32, Style>,
    /// An element of a list begins here; its place in the canonical order of clauses.
    pub(super) elements: HashMap<u32, u8>,
    /// Begin and end of what is written as one word.
    pub(super) atoms: HashMap<u32, u32>,
    /// Begin and end of text that is kept as the author wrote it.
    pub(super) raws: HashMap<u32, u32>,
    /// A line that is too long is broken before these.
    pub(super) breaks: HashSet<u32>,
    /// Signs that bind to the right: unary `-`.
    pub(super) unary: HashSet<u32>,
    /// Brackets and signs that bind to the left: calls, indexes, bounds, type arguments.
    pub(super) bound_left: HashSet<u32>,
    /// `<` of type arguments, which also binds to the right.
    pub(super) angles: HashSet<u32>,
}

impl Plan {
    /// Enters an item, whose text begins `base` bytes into the file.
    pub(super) fn add(&mut self, item: Pair<'_, Rule>, base: u32) {
        self.elements.insert(base, 0);
        let mut open = vec![item];
        // A worklist, not recursion: pairs nest as deep as the text.
        while let Some(pair) = open.pop() {
            self.enter(&pair, base);
            open.extend(pair.into_inner());
        }
    }

    fn enter(&mut self, pair: &Pair<'_, Rule>, base: u32) {
        let start = base + pair.as_span().start() as u32;
        let end = start + pair.as_str().trim_end().len() as u32;
        match pair.as_rule() {
            Rule::pattern | Rule::action_name | Rule::path | Rule::number | Rule::string | Rule::regex => {
                self.atoms.insert(start, end);
            }
            Rule::infix if matches!(pair.as_str(), "and" | "or") => {
                self.breaks.insert(start);
            }
            Rule::request
            | Rule::change
            | Rule::outcome
            | Rule::answer_step
            | Rule::grant_step
            | Rule::revoke_step
            | Rule::freeze_step
            | Rule::agent_step
            | Rule::set_step
            | Rule::clear_step
            | Rule::close_step => self.request(pair, base),
            Rule::reading_of => {
                self.bound_left.insert(start);
                self.groups.insert(start, Style::Paren);
            }
            Rule::minus | Rule::points_sign => {
                self.unary.insert(start);
            }
            Rule::window_value => {
                self.breaks.insert(start);
            }
            Rule::history | Rule::history_since | Rule::history_before => self.history(pair, base),
            Rule::prefix if pair.as_str().starts_with('-') => {
                self.unary.insert(start);
            }
            Rule::angle_open | Rule::angle_close => {
                self.bound_left.insert(start);
                if pair.as_rule() == Rule::angle_open {
                    self.angles.insert(start);
                }
            }
            Rule::optional => {
                self.bound_left.insert(start);
            }
            Rule::call | Rule::parameters => {
                self.bound_left.insert(start);
                self.list(pair, base, start, Style::Values { tight: true }, &[Rule::expr, Rule::parameter]);
            }
            Rule::index | Rule::bound => {
                self.bound_left.insert(start);
                self.groups.insert(start, Style::Tight);
            }
            Rule::paren => {
                self.groups.insert(start, Style::Paren);
            }
            Rule::list => self.list(pair, base, start, Style::Values { tight: true }, &[Rule::expr]),
            Rule::at_least => self.at_least(pair, base),
            _ => self.braces(pair, base),
        }
    }

    /// A production with braces of its own.
    fn braces(&mut self, pair: &Pair<'_, Rule>, base: u32) {
        let Some(open) = pair.clone().into_inner().find(|p| p.as_rule() == Rule::open) else { return };
        let at = base + open.as_span().start() as u32;
        let spaced = Style::Values { tight: false };
        match pair.as_rule() {
            Rule::action_item
            | Rule::fields_item
            | Rule::entity_item
            | Rule::facts_item
            | Rule::record_item
            | Rule::grant_holds
            | Rule::workflow_input
            | Rule::origin => {
                self.list(pair, base, at, Style::Fields, &[Rule::field, Rule::origin, Rule::severity]);
            }
            Rule::enum_item | Rule::closed_ids => self.list(pair, base, at, spaced, &[Rule::name]),
            Rule::trust_on => self.list(pair, base, at, spaced, &[Rule::severity_points]),
            Rule::trust_levels => self.list(pair, base, at, Style::Clauses, &[]),
            Rule::fields_given | Rule::record => self.list(pair, base, at, spaced, &[Rule::pair]),
            Rule::set => self.list(pair, base, at, spaced, &[Rule::expr]),
            Rule::variants | Rule::use_list => {
                let tight = Style::Values { tight: true };
                self.list(pair, base, at, tight, &[Rule::name, Rule::use_name]);
            }
            Rule::approval_item => self.clauses(pair, base, at, Style::Fields),
            Rule::table_item | Rule::cases => self.clauses(pair, base, at, Style::Table),
            _ => self.clauses(pair, base, at, Style::Clauses),
        }
    }

    fn list(&mut self, pair: &Pair<'_, Rule>, base: u32, at: u32, style: Style, elements: &[Rule]) {
        self.groups.insert(at, style);
        for inner in pair.clone().into_inner() {
            let start = base + inner.as_span().start() as u32;
            if start > at && elements.contains(&inner.as_rule()) {
                self.elements.insert(start, 0);
            }
        }
    }

    fn clauses(&mut self, pair: &Pair<'_, Rule>, base: u32, at: u32, style: Style) {
        self.groups.insert(at, style);
        for inner in pair.clone().into_inner() {
            let start = base + inner.as_span().start() as u32;
            if start <= at || inner.as_rule() == Rule::close {
                continue;
            }
            self.elements.insert(start, rank(inner.as_rule()));
        }
    }

    /// A request that is too long is broken before its parts. An expectation that the author put on a line of
    /// its own stays there.
    fn request(&mut self, pair: &Pair<'_, Rule>, base: u32) {
        let from = pair.as_span().start();
        let mut end = from;
        for part in pair.clone().into_inner() {
            let span = part.as_span();
            let gap = pair.as_str().get(end - from..span.start() - from).unwrap_or_default();
            let start = base + span.start() as u32;
            match part.as_rule() {
                Rule::expect if gap.contains('\n') => {
                    self.elements.insert(start, 0);
                }
                Rule::expect
                | Rule::as_who
                | Rule::test_observed
                | Rule::test_claimed
                | Rule::request_at
                | Rule::deed_scope
                | Rule::deed_end
                | Rule::deed_by => {
                    self.breaks.insert(start);
                }
                _ => {}
            }
            end = span.start() + part.as_str().trim_end().len();
        }
    }

    /// The parenthesis around an event binds to the word before it.
    fn history(&mut self, pair: &Pair<'_, Rule>, base: u32) {
        let Some(gap) = pair.as_str().find('(') else { return };
        let at = base + (pair.as_span().start() + gap) as u32;
        self.bound_left.insert(at);
        self.groups.insert(at, Style::Paren);
    }

    fn at_least(&mut self, pair: &Pair<'_, Rule>, base: u32) {
        let of = pair.clone().into_inner().find(|p| p.as_rule() == Rule::kw_of);
        let start = pair.as_span().start();
        let Some(of_end) = of.map(|p| p.as_span().end()) else { return };
        let Some(gap) = pair.as_str().get(of_end - start..).and_then(|rest| rest.find('(')) else { return };
        let at = base + (of_end + gap) as u32;
        self.list(pair, base, at, Style::Values { tight: true }, &[Rule::expr]);
    }
}

/// Where a clause stands in the canonical order. Clauses of one rank keep the author's order.
fn rank(rule: Rule) -> u8 {
    match rule {
        Rule::believing => 1,
        Rule::when => 2,
        Rule::require => 3,
        Rule::band | Rule::lowers | Rule::columns | Rule::rows_of | Rule::row => 4,
        Rule::if_unclear => 5,
        Rule::owner => 6,
        // Before `otherwise`, which takes a `because` that follows it for its own.
        Rule::because => 7,
        Rule::code => 8,
        Rule::otherwise => 9,
        Rule::until => 10,
        Rule::notify => 11,
        Rule::redact => 12,
        Rule::instead => 13,
        Rule::run => 14,
        Rule::workflow_input | Rule::digest_to => 1,
        Rule::workflow_budget | Rule::every | Rule::schedule_at | Rule::consumes => 2,
        Rule::runtime_within | Rule::digest_quiet => 3,
        Rule::each_step | Rule::digest_urgent | Rule::idempotent | Rule::schedule_run => 4,
        Rule::on_failure | Rule::digest_keep => 5,
        Rule::step | Rule::sub_workflow => 6,
        Rule::spend => 3,
        Rule::for_each | Rule::grant_holds | Rule::states_from | Rule::states_to => 4,
        Rule::most | Rule::budget_most | Rule::cooldown_span | Rule::cooldown_row | Rule::window_last => 4,
        Rule::once_keep | Rule::lease_held | Rule::grant_longest | Rule::transition => 5,
        Rule::across | Rule::lease_released | Rule::keep_keys | Rule::state_warn | Rule::grant_final => 6,
        Rule::changed | Rule::state_otherwise | Rule::once_first => 7,
        Rule::approval_by => 1,
        Rule::quorum => 2,
        Rule::within => 3,
        Rule::refuse => 4,
        Rule::own => 5,
        Rule::ask => 6,
        Rule::approval_notify => 11,
        Rule::approval_redact => 12,
        Rule::approval_when => 0,
        _ => 0,
    }
}
