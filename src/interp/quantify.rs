//! `any`, `all` and `count` over lists and sets.

use super::eval::{Answer, Erred, Evaluator, Truthful, absent};
use crate::check::typed::{QuantifierKind, TExpr};
use crate::value::Value;

impl Evaluator<'_> {
    /// Each element is meant where the filter is true; of those the body is asked. Kleene throughout:
    /// `any` is an `or` of `filter and body`, `all` an `and` of `not filter or body`.
    pub(super) fn quantified(
        &mut self,
        e: &TExpr,
        quantifier: QuantifierKind,
        over: &TExpr,
        filter: Option<&TExpr>,
        body: &TExpr,
    ) -> Answer {
        let dictated = self.scene.oracle.and_then(|oracle| oracle.elements(e, &self.standpoint()));
        let elements = match dictated {
            Some(elements) => elements.map_err(|fault| Erred::at(e, fault))?,
            None => match self.present(over)? {
                Value::List(elements) | Value::Set(elements) => elements,
                _ => return Err(Erred::at(e, absent())),
            },
        };
        let (mut held, mut erred) = (0, None);
        for element in elements.iter() {
            self.variables.push(match element {
                Value::Unknown(fault) => Err(fault.clone()),
                known => Ok(known.clone()),
            });
            let truth = match quantifier {
                QuantifierKind::Any | QuantifierKind::Count => self.filter_and_body(filter, body),
                QuantifierKind::All => self.filter_implies_body(filter, body),
            };
            self.variables.pop();
            match (quantifier, truth) {
                (QuantifierKind::Any, Ok(true)) => return Ok(Some(Value::Bool(true))),
                (QuantifierKind::All, Ok(false)) => return Ok(Some(Value::Bool(false))),
                (QuantifierKind::Any | QuantifierKind::All | QuantifierKind::Count, Ok(truth)) => {
                    held += i64::from(truth)
                }
                (_, Err(one)) => erred = Some(Erred::leftmost(erred, one)),
            }
        }
        match (erred, quantifier) {
            (Some(erred), _) => Err(erred),
            (None, QuantifierKind::Any) => Ok(Some(Value::Bool(false))),
            (None, QuantifierKind::All) => Ok(Some(Value::Bool(true))),
            (None, QuantifierKind::Count) => Ok(Some(Value::Int(held))),
        }
    }

    fn filter_and_body(&mut self, filter: Option<&TExpr>, body: &TExpr) -> Truthful {
        match filter.map_or(Ok(true), |f| self.truth(f)) {
            Ok(false) => Ok(false),
            Ok(true) => self.truth(body),
            Err(unclear) => match self.truth(body) {
                Ok(false) => Ok(false),
                Ok(true) => Err(unclear),
                Err(second) => Err(Erred::leftmost(Some(unclear), second)),
            },
        }
    }

    fn filter_implies_body(&mut self, filter: Option<&TExpr>, body: &TExpr) -> Truthful {
        match filter.map_or(Ok(true), |f| self.truth(f)) {
            Ok(false) => Ok(true),
            Ok(true) => self.truth(body),
            Err(unclear) => match self.truth(body) {
                Ok(true) => Ok(true),
                Ok(false) => Err(unclear),
                Err(second) => Err(Erred::leftmost(Some(unclear), second)),
            },
        }
    }
}
