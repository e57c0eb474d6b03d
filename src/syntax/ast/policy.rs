//! Items that decide: rules, guards, relaxes, exceptions, approvals, tables.

use super::{Expr, Literal, Name, Path, Text};
use crate::decision::Tier;
use crate::source::Span;

/// `on deploy.*, db.** except db.read` or `on any action`
#[derive(Clone, Debug)]
pub struct Patterns {
    /// `any action`
    pub any_action: bool,
    /// The list in text order; `except` subtracts from all that stands before it.
    pub list: Vec<PatternPart>,
    /// The whole without `on`.
    pub span: Span,
}

/// One pattern of a list.
#[derive(Clone, Debug)]
pub struct PatternPart {
    /// Whether `except` stands before it.
    pub except: bool,
    /// The text: `deploy.*`.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// Whom an item is about: `by Role.{ops, ci}`, `by machines`, `by people`, `by maintainers`.
#[derive(Clone, Debug)]
pub struct By {
    /// What stands after `by`: a list of `machines`, `people` or expressions of entities.
    pub who: Vec<Expr>,
    /// The whole without `by`.
    pub span: Span,
}

/// `when c` or `unless c`
#[derive(Clone, Debug)]
pub struct When {
    /// Whether it was written `unless`.
    pub unless: bool,
    /// The condition.
    pub condition: Expr,
}

/// `red when c` or a bare `red`; rules may add `otherwise black because "…"` (its own member).
#[derive(Clone, Debug)]
pub struct Band {
    /// Its tier.
    pub tier: Tier,
    /// Where the tier stands.
    pub tier_span: Span,
    /// Its condition.
    pub when: Option<Expr>,
}

/// What all conditional items share.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its name.
    pub name: Name,
    /// `on …`
    pub on: Patterns,
    /// `by …` in the head.
    pub by: Option<By>,
    /// `when` and `unless` lines.
    pub whens: Vec<When>,
    /// `because "…"`
    pub because: Option<Text>,
    /// `code some_code`
    pub code: Option<Name>,
    /// `believing cost, confidence`
    pub believing: Vec<Name>,
    /// `until 2026-11-23` on a rule or exception.
    pub until: Option<Expr>,
    /// `notify`, `redact`, `instead`, `run`
    pub obligations: Vec<ObligationExpr>,
}

/// `notify ops`, `redact token, body`, `instead noop`, `run cleanup { service: service }`
#[derive(Clone, Debug)]
pub enum ObligationExpr {
    /// Channels to tell.
    Notify(Vec<Name>),
    /// Fields to mask.
    Redact(Vec<Name>),
    /// The action to submit in its place.
    Instead(Path),
    /// The workflow to start.
    Run(Path, Vec<(Name, Expr)>, Span),
}

/// `rule x on a.b relaxable { … }`
#[derive(Clone, Debug)]
pub struct Rule {
    /// The common part.
    pub head: Head,
    /// Whether other packages may relax it.
    pub relaxable: bool,
    /// Its tiers.
    pub bands: Vec<Band>,
    /// `otherwise black because "…"`
    pub otherwise: Option<Otherwise>,
}

/// What a rule brings where its condition is false.
#[derive(Clone, Debug)]
pub struct Otherwise {
    /// Its tier.
    pub tier: Tier,
    /// Where the tier stands.
    pub tier_span: Span,
    /// Its reason.
    pub because: Option<Text>,
}

/// `guard x on a.b waivable by release_managers { … }`
#[derive(Clone, Debug)]
pub struct Guard {
    /// The common part.
    pub head: Head,
    /// Who may own an exception to it.
    pub waivable: Option<By>,
    /// Its tiers; one where it is a checklist.
    pub bands: Vec<Band>,
    /// `if unclear red`
    pub if_unclear: Option<(Tier, Span)>,
    /// `require c otherwise "text" code name` lines.
    pub checklist: Vec<Require>,
}

/// One line of a checklist.
#[derive(Clone, Debug)]
pub struct Require {
    /// What must be true.
    pub condition: Expr,
    /// What is said where it is not.
    pub text: Text,
    /// Its own code.
    pub code: Option<Name>,
}

/// `relax x on a.b of other.rule { when c  yellow to green }`
#[derive(Clone, Debug)]
pub struct Relax {
    /// The common part.
    pub head: Head,
    /// A rule of another package, declared `relaxable`.
    pub of: Option<Path>,
    /// The highest tier it lowers.
    pub from: Tier,
    /// The tier it lowers to.
    pub to: Tier,
    /// Where `yellow to green` stands.
    pub tiers_span: Span,
}

/// `exception x to weekend on a.b { owner Team("ops")  because "…"  until 2026-11-23 }`
#[derive(Clone, Debug)]
pub struct Exception {
    /// The common part; `until` and `because` are required.
    pub head: Head,
    /// The floor it silences.
    pub to: Path,
    /// Who answers for it.
    pub owner: Option<Expr>,
}

/// `approval x on a.b { by maintainers, quorum 2, within 5m, otherwise refuse, ask slack }`
#[derive(Clone, Debug)]
pub struct Approval {
    /// The common part; `head.by` is empty, the people stand in `people`.
    pub head: Head,
    /// `by maintainers`
    pub people: Option<By>,
    /// `quorum 2`
    pub quorum: Option<(i64, Span)>,
    /// `within 5m`
    pub within: Option<(Literal, Span)>,
    /// `otherwise refuse`
    pub otherwise_refuse: bool,
    /// `may approve own`: the requester's own people may answer.
    pub own: bool,
    /// `ask ops, slack`: channels.
    pub ask: Vec<Name>,
}

/// A matrix as one rule a cell.
///
/// ```text
/// table environments on noop, restart, scale_up across env.name {
///     columns       dev     stage   prod
///     row noop      green   green   green
///     row restart   green   green   red
///     row scale_up  green   red     black
///     because "{action} in {env.name}."
/// }
/// ```
/// `rows update_type` in the body makes the rows values of a field instead of actions.
#[derive(Clone, Debug)]
pub struct Table {
    /// The common part.
    pub head: Head,
    /// The expression whose value chooses the column.
    pub across: Expr,
    /// The expression whose value chooses the row; actions where left out.
    pub rows_of: Option<Expr>,
    /// Variant names.
    pub columns: Vec<Name>,
    /// Rows in text order.
    pub rows: Vec<TableRow>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct TableRow {
    /// An action pattern or a variant name.
    pub label: PatternPart,
    /// One tier a column; fewer is an error that the checker reports.
    pub cells: Vec<(Tier, Span)>,
    /// The whole row.
    pub span: Span,
}
