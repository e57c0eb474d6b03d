//! Units of one form: the same code over conditions that differ in constants and names alone.
//!
//! What could be wrong in such a unit is wrong in the first of them too, but for its constants. So the first
//! gets all frames, and each further one some, in which every state of every slot occurs. No unit gets none.
//! A form is told by a digest; where two were mistaken for one, the second would get fewer frames, no more.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::check::typed::{TExpr, TExprKind, TypedPolicy};
use crate::decision::ItemId;
use crate::plan::{Encoding, Run, Unit, UnitId};

/// The forms met so far.
#[derive(Default)]
pub(super) struct Forms {
    met: HashSet<u64>,
}

impl Forms {
    /// Whether a unit is the first of its form. Code that does not say what it shares has a form a unit.
    pub(super) fn first(&mut self, code: &dyn Run, id: UnitId, unit: &Unit, (policy, items): Asked<'_>) -> bool {
        let Some(shape) = code.shape(id) else { return true };
        let mut hasher = DefaultHasher::new();
        shape.hash(&mut hasher);
        for slot in &unit.block.slots {
            std::mem::discriminant(&slot.encoding).hash(&mut hasher);
            if let Encoding::Symbol(table) = &slot.encoding {
                table.len().hash(&mut hasher);
            }
        }
        for row in &unit.rows {
            row.branch.hash(&mut hasher);
        }
        for item in items {
            let item = policy.item(*item);
            item.kind.keyword().hash(&mut hasher);
            item.conditions().into_iter().for_each(|when| form(when, &mut hasher));
        }
        self.met.insert(hasher.finish())
    }
}

/// The items that a unit judges.
pub(super) type Asked<'a> = (&'a TypedPolicy, &'a [ItemId]);

/// What is left of an expression without its constants and names.
fn form(when: &TExpr, hasher: &mut DefaultHasher) {
    when.visit(&mut |e| {
        std::mem::discriminant(&e.kind).hash(hasher);
        e.parts().len().hash(hasher);
        match &e.kind {
            TExprKind::Compare(how, ..) => how.hash(hasher),
            TExprKind::Arithmetic(how, ..) => how.hash(hasher),
            TExprKind::Call(function, _) => function.hash(hasher),
            TExprKind::Quantified { quantifier, filter, .. } => (quantifier, filter.is_some()).hash(hasher),
            TExprKind::Const(_)
            | TExprKind::Field(_)
            | TExprKind::Fact(..)
            | TExprKind::Flag(..)
            | TExprKind::Now
            | TExprKind::ActionName
            | TExprKind::Principal
            | TExprKind::Var(_)
            | TExprKind::Attribute(..)
            | TExprKind::RecordField(..)
            | TExprKind::MapGet(..)
            | TExprKind::Has(_)
            | TExprKind::Coalesce(..)
            | TExprKind::Not(_)
            | TExprKind::And(_)
            | TExprKind::Or(_)
            | TExprKind::AtLeast(..)
            | TExprKind::ToDecimal(_)
            | TExprKind::In(..)
            | TExprKind::SetOf(_)
            | TExprKind::ListOf(_)
            | TExprKind::SecretsFound(_)
            | TExprKind::SecretsKinds(_)
            | TExprKind::Warnings(_) => {}
        }
    });
}
