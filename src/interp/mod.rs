//! The meaning of the language: a slow, obvious evaluator straight over the typed policy.
//!
//! It knows nothing of graph, plan or machine code; they must agree with it. Read it in this order:
//!
//! 1. [`eval`]: what an expression yields. Three truth values, and which error counts.
//! 2. [`judge`]: the truth of every condition of every item that is about the request.
//! 3. [`combine`]: the four steps from truths to a tier: match, classify, floors, oblige.
//! 4. [`oblige`](self): what the host must do besides.
//! 5. [`explain`](mod@explain): the same for people, rendered only when asked.
//!
//! Truths may come from a request or be dictated: an [`Oracle`] says how atoms stand, and the same code
//! tells what follows. That is how native code is validated against this module.

mod because;
mod change;
mod clauses;
mod combine;
mod decide;
mod eval;
pub mod explain;
mod judge;
mod membership;
mod oblige;
mod operate;
mod quantify;
mod standing;

#[cfg(test)]
mod tests;

pub use because::{MASKED, SECRET, because, render};
pub use change::{Change, ChangedField};
pub use clauses::{Clause, deciding, distance};
pub use combine::{Verdict, combine};
pub use decide::{decide, errors, finish, refuse};
pub use eval::{Answer, Erred, Evaluator, MAX_DEPTH, Truthful, reads};
pub use explain::{DEFAULT_WORK, Explained, Explanation, Lifters, explain, reasons};
pub use judge::{judge, judge_items, silenced, warnings};

use std::sync::Arc;

use crate::check::typed::{TExpr, TExprKind, TypedPolicy};
use crate::entities::Entities;
use crate::outcome::Truth;
use crate::reader::Bound;
use crate::types::Type;
use crate::value::{Evaluated, Fault, Value};

/// Where the truth of atoms comes from, if not from the request.
///
/// An atom is an expression of type `bool` that is none of `and`, `or`, `not`, `at least`, no constant
/// and not `warnings`, and that does not stand inside another atom.
///
/// What an oracle does not say is computed from the request.
pub trait Oracle {
    /// How this atom stands.
    fn truth(&self, _atom: &TExpr) -> Option<Truth> {
        None
    }

    /// What an expression of any type yields.
    fn value(&self, _e: &TExpr, _at: &Standpoint<'_>) -> Option<Evaluated> {
        None
    }

    /// Whether the value of an optional expression is there, where that is all that is asked.
    fn presence(&self, _e: &TExpr, _at: &Standpoint<'_>) -> Option<Truth> {
        None
    }

    /// What a quantifier runs over. An element may stand for one that only the oracle knows: it is handed
    /// back among the variables.
    fn elements(&self, _quantifier: &TExpr, _at: &Standpoint<'_>) -> Option<Result<Arc<[Value]>, Fault>> {
        None
    }
}

/// Where an oracle is asked.
#[derive(Clone, Copy, Debug)]
pub struct Standpoint<'a> {
    /// Elements that the quantifiers around the expression stand at, the outermost first.
    pub variables: &'a [Evaluated],
    /// How many floors warn.
    pub warnings: u32,
}

/// Whether an expression is an atom where it stands in a condition; see [`Oracle`].
#[must_use]
pub fn is_atom(e: &TExpr) -> bool {
    let inner = matches!(
        e.kind,
        TExprKind::And(_)
            | TExprKind::Or(_)
            | TExprKind::Not(_)
            | TExprKind::AtLeast(..)
            | TExprKind::Const(_)
            | TExprKind::Warnings(_)
    );
    e.ty == Type::Bool && !inner
}

/// All that an evaluation looks at.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The policy.
    pub policy: &'a TypedPolicy,
    /// The request with its facts.
    pub bound: &'a Bound,
    /// The snapshot of entities.
    pub entities: &'a Entities,
    /// Dictated truths.
    pub oracle: Option<&'a dyn Oracle>,
    /// How many floors warn; known once the floors that do not ask for it are judged.
    pub warnings: u32,
}

impl<'a> Scene<'a> {
    /// A request as it is.
    #[must_use]
    pub fn new(policy: &'a TypedPolicy, bound: &'a Bound, entities: &'a Entities) -> Self {
        Self { policy, bound, entities, oracle: None, warnings: 0 }
    }

    /// The same with dictated truths.
    #[must_use]
    pub fn dictated(self, oracle: &'a dyn Oracle) -> Self {
        Self { oracle: Some(oracle), ..self }
    }
}
