//! The parts of a typed expression, for whoever looks through all of it.

use super::typed::{Item, ItemBody, TExpr, TExprKind};

impl TExpr {
    /// Its direct parts, in source order.
    #[must_use]
    pub fn parts(&self) -> Vec<&Self> {
        use TExprKind as K;
        match &self.kind {
            K::Const(_)
            | K::Field(_)
            | K::Fact(..)
            | K::Now
            | K::ActionName
            | K::Principal
            | K::Var(_)
            | K::SecretsFound(None)
            | K::SecretsKinds(None)
            | K::Warnings(_) => Vec::new(),
            K::Attribute(a, _)
            | K::RecordField(a, _)
            | K::MapGet(a, _)
            | K::Has(a)
            | K::Not(a)
            | K::ToDecimal(a)
            | K::SecretsFound(Some(a))
            | K::SecretsKinds(Some(a)) => vec![a],
            K::Coalesce(a, b) | K::Compare(_, a, b) | K::Arithmetic(_, a, b) | K::In(a, b) => vec![a, b],
            K::And(list)
            | K::Or(list)
            | K::AtLeast(_, list)
            | K::Call(_, list)
            | K::Flag(_, list)
            | K::SetOf(list)
            | K::ListOf(list) => list.iter().collect(),
            K::Quantified { over, filter, body, .. } => {
                let mut parts: Vec<&Self> = vec![over];
                parts.extend(filter.as_deref());
                parts.push(body);
                parts
            }
        }
    }

    /// Changes the expression and every part of it, parts first.
    pub fn change(&mut self, change: &mut impl FnMut(&mut Self)) {
        use TExprKind as K;
        match &mut self.kind {
            K::Const(_)
            | K::Field(_)
            | K::Fact(..)
            | K::Now
            | K::ActionName
            | K::Principal
            | K::Var(_)
            | K::SecretsFound(None)
            | K::SecretsKinds(None)
            | K::Warnings(_) => {}
            K::Attribute(a, _)
            | K::RecordField(a, _)
            | K::MapGet(a, _)
            | K::Has(a)
            | K::Not(a)
            | K::ToDecimal(a)
            | K::SecretsFound(Some(a))
            | K::SecretsKinds(Some(a)) => a.change(change),
            K::Coalesce(a, b) | K::Compare(_, a, b) | K::Arithmetic(_, a, b) | K::In(a, b) => {
                a.change(change);
                b.change(change);
            }
            K::And(list)
            | K::Or(list)
            | K::AtLeast(_, list)
            | K::Call(_, list)
            | K::Flag(_, list)
            | K::SetOf(list)
            | K::ListOf(list) => list.iter_mut().for_each(|part| part.change(change)),
            K::Quantified { over, filter, body, .. } => {
                over.change(change);
                filter.iter_mut().for_each(|filter| filter.change(change));
                body.change(change);
            }
        }
        change(self);
    }

    /// Whether the expression or something inside it is as asked.
    #[must_use]
    pub fn contains(&self, wanted: &dyn Fn(&Self) -> bool) -> bool {
        wanted(self) || self.parts().into_iter().any(|part| part.contains(wanted))
    }

    /// Calls `see` with the expression and every part of it.
    pub fn visit<'e>(&'e self, see: &mut impl FnMut(&'e Self)) {
        see(self);
        for part in self.parts() {
            part.visit(see);
        }
    }
}

impl Item {
    /// The conditions of the item: of each branch, or its own.
    #[must_use]
    pub fn conditions(&self) -> Vec<&TExpr> {
        match &self.body {
            ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
                branches.iter().map(|b| &b.when).collect()
            }
            ItemBody::Relax { when, .. } | ItemBody::Exception { when, .. } | ItemBody::Approval { when, .. } => {
                vec![when]
            }
        }
    }
}
