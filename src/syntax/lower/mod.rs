//! From the grammar's pairs to the tree.
//!
//! The grammar has said that the text fits; what is left is to give every piece its place in
//! [`crate::syntax::ast`], to read literals, and to find clauses written twice. Pairs of words and signs
//! that only hold a production together are passed over.
//!
//! INVARIANT: recursion follows the grammar's own, which [`crate::syntax::split`] has bounded, and trees
//! are at most [`MAX_DEPTH`] deep, so that later phases may recurse over them.

mod clauses;
mod declarations;
mod deeds;
mod expr;
pub(super) mod literal;
mod policy;
mod runtime;
mod state;
mod tests;
mod text;
mod trust;

use pest::iterators::Pair;

use super::ast::{ItemKind, Literal, Name, Path, PatternPart, Patterns};
use super::docs::Docs;
use super::parser::Rule;
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// Deepest tree of one expression: 64 levels above a name or literal.
pub(super) const MAX_DEPTH: u32 = 65;

/// Lowers the pairs of one item or expression.
pub(super) struct Lower<'d, 's> {
    file: FileId,
    base: usize,
    docs: &'d mut Docs<'s>,
    /// What was found.
    pub(super) findings: Vec<Diagnostic>,
}

/// The clauses that an item has had, to find those written twice.
#[derive(Default)]
pub(super) struct Seen(Vec<(&'static str, Span)>);

type P<'i> = Pair<'i, Rule>;

impl<'d, 's> Lower<'d, 's> {
    /// For pairs of a text that begins `base` bytes into `file`.
    pub(super) fn new(file: FileId, base: usize, docs: &'d mut Docs<'s>) -> Self {
        Self { file, base, docs, findings: Vec::new() }
    }

    /// Lowers the pair of an item's start production.
    pub(super) fn item(&mut self, pair: P<'_>) -> ItemKind {
        match pair.as_rule() {
            Rule::package_item => self.package(pair),
            Rule::use_item => self.use_item(pair),
            Rule::action_item => self.action(pair),
            Rule::fields_item => self.fields_item(pair),
            Rule::entity_item => self.entity(pair),
            Rule::facts_item => self.facts(pair),
            Rule::enum_item => self.enumeration(pair),
            Rule::record_item => self.record_item(pair),
            Rule::const_item => self.constant(pair),
            Rule::predicate_item => self.predicate(pair),
            Rule::rule_item => self.rule(pair),
            Rule::guard_item => self.guard(pair),
            Rule::relax_item => self.relax(pair),
            Rule::exception_item => self.exception(pair),
            Rule::approval_item => self.approval(pair),
            Rule::table_item => self.table(pair),
            Rule::flag_item => self.flag(pair),
            Rule::limit_item
            | Rule::cooldown_item
            | Rule::budget_item
            | Rule::window_item
            | Rule::once_item
            | Rule::lease_item
            | Rule::states_item
            | Rule::grant_item => self.state(pair),
            Rule::trust_item => self.trust(pair),
            Rule::workflow_item => self.workflow(pair),
            Rule::digest_item => self.digest(pair),
            Rule::schedule_item => self.schedule(pair),
            Rule::executor_item => self.executor(pair),
            Rule::test_item => self.test(pair),
            Rule::assert_item => self.assertion(pair),
            // The caller parses with item productions only.
            _ => ItemKind::Unreadable,
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.findings.push(diagnostic);
    }

    fn at(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.base + start, self.base + end)
    }

    fn span(&self, pair: &P<'_>) -> Span {
        let span = pair.as_span();
        // A production may end in blanks that an optional part skipped; they are not of it.
        self.at(span.start(), span.start() + pair.as_str().trim_end().len())
    }

    fn name(&self, pair: &P<'_>) -> Name {
        Name { text: pair.as_str().to_owned(), span: self.span(pair) }
    }

    fn path(&self, pair: P<'_>) -> Path {
        let span = self.span(&pair);
        Path { parts: pair.into_inner().map(|p| self.name(&p)).collect(), span }
    }

    /// The first name among a pair's children.
    fn first_name(&self, pair: &P<'_>) -> Name {
        let found = pair.clone().into_inner().find(|p| p.as_rule() == Rule::name);
        found.map_or_else(|| Name { text: String::new(), span: self.span(pair) }, |p| self.name(&p))
    }

    /// All names among a pair's children.
    fn names(&self, pair: P<'_>) -> Vec<Name> {
        pair.into_inner().filter(|p| p.as_rule() == Rule::name).map(|p| self.name(&p)).collect()
    }

    /// The first path or action name among a pair's children.
    fn first_path(&self, pair: P<'_>) -> Path {
        let span = self.span(&pair);
        let found = pair.into_inner().find(|p| matches!(p.as_rule(), Rule::path | Rule::action_name));
        found.map_or(Path { parts: Vec::new(), span }, |p| self.path(p))
    }

    fn tier(&self, pair: &P<'_>) -> (Tier, Span) {
        // The grammar's `tier` is one of the four words; black is the safe side of a bug.
        (Tier::from_name(pair.as_str()).unwrap_or(Tier::Black), self.span(pair))
    }

    /// The first tier among a pair's children.
    fn first_tier(&self, pair: P<'_>) -> (Tier, Span) {
        let span = self.span(&pair);
        let found = pair.into_inner().find(|p| p.as_rule() == Rule::tier);
        found.map_or((Tier::Black, span), |p| self.tier(&p))
    }

    fn patterns(&self, pair: P<'_>) -> Patterns {
        let mut patterns = Patterns { any_action: false, list: Vec::new(), span: self.span(&pair) };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_any => patterns.any_action = true,
                Rule::pattern => patterns.list.push(self.pattern(&part, false)),
                Rule::except => {
                    let inner = part.into_inner().filter(|p| p.as_rule() == Rule::pattern);
                    patterns.list.extend(inner.map(|p| self.pattern(&p, true)));
                }
                _ => {}
            }
        }
        patterns
    }

    fn pattern(&self, pair: &P<'_>, except: bool) -> PatternPart {
        PatternPart { except, text: pair.as_str().to_owned(), span: self.span(pair) }
    }

    /// A literal that begins with a digit.
    fn number(&mut self, pair: &P<'_>) -> Literal {
        match literal::number(pair.as_str()) {
            Ok(literal) => literal,
            Err(why) => {
                let span = self.span(pair);
                let message = format!("`{}` cannot be read as a value.", pair.as_str());
                let mut why = why;
                if let Some(first) = why.get(..1) {
                    let upper = first.to_uppercase();
                    why.replace_range(..1, &upper);
                }
                self.report(Diagnostic::new(Code::BadNumber, span, message).at("not a value").help(format!("{why}.")));
                Literal::Int(0)
            }
        }
    }

    /// Notes a clause; says so where the item has had one already.
    fn once(&mut self, seen: &mut Seen, what: &'static str, span: Span) -> bool {
        if let Some((_, first)) = seen.0.iter().find(|(known, _)| *known == what) {
            let first = *first;
            self.report(
                Diagnostic::new(Code::DuplicateClause, span, format!("`{what}` is written twice here."))
                    .at("again")
                    .label(first, "already said here")
                    .help(match what {
                        "notify" | "redact" | "believing" | "ask" => {
                            format!("Write one `{what}` with all names: `{what} a, b`.")
                        }
                        "by" => "Write one `by` with all of them: `by a, b`.".to_owned(),
                        _ => format!("Keep one `{what}`."),
                    }),
            );
            return false;
        }
        seen.0.push((what, span));
        true
    }
}
