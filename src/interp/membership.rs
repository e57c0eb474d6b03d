//! `in`: whether a value lies in a set, list, range, network, or in an entity at any depth.
//!
//! Kleene over the elements: one that cannot be told matters only where no other one is it.

use super::eval::{Answer, Erred, Evaluator, Truthful, yes_no};
use crate::builtin::compare;
use crate::check::typed::{TExpr, TExprKind};
use crate::value::{Fault, Value};

impl Evaluator<'_> {
    pub(super) fn lies_in(&mut self, e: &TExpr, member: &TExpr, group: &TExpr) -> Answer {
        yes_no(self.lies_in_any(e, member, group))
    }

    fn lies_in_any(&mut self, e: &TExpr, member: &TExpr, group: &TExpr) -> Truthful {
        let left = self.present(member);
        // Elements written in the text are asked one by one, so that one erring leaves the others.
        if let TExprKind::SetOf(parts) | TExprKind::ListOf(parts) = &group.kind {
            let elements: Vec<_> = parts.iter().map(|part| self.present(part)).collect();
            return self.is_one_of(e, &left?, elements.into_iter());
        }
        let right = self.present(group);
        let (left, right) = match (left, right) {
            (Ok(left), Ok(right)) => (left, right),
            (Err(left), Err(right)) => return Err(Erred::leftmost(Some(left), right)),
            (Err(erred), Ok(_)) | (Ok(_), Err(erred)) => return Err(erred),
        };
        match &right {
            Value::List(elements) | Value::Set(elements) => {
                let elements = elements.iter().map(|v| match v {
                    Value::Unknown(fault) => Err(Erred::at(group, fault.clone())),
                    known => Ok(known.clone()),
                });
                self.is_one_of(e, &left, elements)
            }
            one => self.is_or_lies_in(&left, one).map_err(|fault| Erred::at(e, fault)),
        }
    }

    fn is_one_of(&self, e: &TExpr, left: &Value, elements: impl Iterator<Item = Result<Value, Erred>>) -> Truthful {
        let mut erred = None;
        for element in elements {
            let same =
                element.and_then(|element| self.is_or_lies_in(left, &element).map_err(|fault| Erred::at(e, fault)));
            match same {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(one) => erred = Some(Erred::leftmost(erred, one)),
            }
        }
        erred.map_or(Ok(false), Err)
    }

    /// Whether a value is an element, or lies in it where it is a range, a network or an entity.
    fn is_or_lies_in(&self, left: &Value, right: &Value) -> Result<bool, Fault> {
        match (left, right) {
            (Value::Entity(entity), Value::Entity(group)) => self.scene.entities.is_in(entity, group),
            (_, Value::Range(_) | Value::Map(_)) | (Value::Ip(_), Value::Cidr(_)) => {
                compare::member(&self.context(), left, right)
            }
            (left, right) => compare::equal(&self.context(), left, right),
        }
    }
}
