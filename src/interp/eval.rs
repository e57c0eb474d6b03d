//! What an expression yields: a value, nothing, or an error.
//!
//! The error of an operand is the error of the whole, but for the Kleene forms (`and`, `or`, `at least`,
//! quantifiers, memberships), where it matters only if it could change the answer. Of several errors the
//! leftmost in source order is told.

use std::sync::Arc;

use super::{Scene, Standpoint, is_atom};
use crate::builtin::{self, BuiltinId};
use crate::check::typed::{FactGroup, FlagId, TExpr, TExprKind};
use crate::entities::Attribute;
use crate::outcome::Truth;
use crate::source::Span;
use crate::value::{Evaluated, Fault, FaultKind, Value};

/// Deepest nesting of an expression, inlined predicates included. The checker keeps below it.
pub const MAX_DEPTH: u32 = 128;

/// An error, with the place that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erred {
    /// What went wrong.
    pub fault: Fault,
    /// Where in the rules.
    pub span: Span,
    /// The field, fact or flag whose value it is.
    pub field: Option<Arc<str>>,
}

impl Erred {
    /// The error of an expression.
    #[must_use]
    pub fn at(e: &TExpr, fault: Fault) -> Self {
        Self { fault, span: e.span, field: None }
    }

    /// The one that stands first in the text; the first given where both stand at one place.
    #[must_use]
    pub fn leftmost(first: Option<Self>, second: Self) -> Self {
        match first {
            Some(first) if first.span <= second.span => first,
            Some(_) | None => second,
        }
    }
}

/// What an expression yields; `None` is absent, only where its type is `T?`.
pub type Answer = Result<Option<Value>, Erred>;
/// What a condition yields.
pub type Truthful = Result<bool, Erred>;

/// Evaluates expressions of one scene.
pub struct Evaluator<'a> {
    pub(super) scene: Scene<'a>,
    /// Values of quantifier variables, the outermost first.
    pub(super) variables: Vec<Evaluated>,
    depth: u32,
}

impl<'a> Evaluator<'a> {
    /// An evaluator.
    #[must_use]
    pub fn new(scene: Scene<'a>) -> Self {
        Self { scene, variables: Vec::new(), depth: 0 }
    }

    /// The truth of a condition.
    ///
    /// # Errors
    /// The leftmost error, where it could change the answer.
    pub fn truth(&mut self, e: &TExpr) -> Truthful {
        if let Some(dictated) = self.dictated(e) {
            return dictated_truth(e, dictated);
        }
        match self.value(e)? {
            Some(Value::Bool(truth)) => Ok(truth),
            Some(_) | None => Err(Erred::at(e, absent())),
        }
    }

    fn dictated(&self, e: &TExpr) -> Option<Truth> {
        let oracle = self.scene.oracle?;
        if self.variables.is_empty() && is_atom(e) { oracle.truth(e) } else { None }
    }

    /// Where the evaluation stands, for an oracle.
    pub(super) fn standpoint(&self) -> Standpoint<'_> {
        Standpoint { variables: &self.variables, warnings: self.scene.warnings }
    }

    #[inline(never)]
    fn dictated_value(&self, e: &TExpr) -> Option<Answer> {
        let dictated = self.scene.oracle?.value(e, &self.standpoint())?;
        Some(dictated.map(Some).map_err(|fault| Erred::at(e, fault)))
    }

    fn dictated_presence(&self, e: &TExpr) -> Option<Truthful> {
        let dictated = self.scene.oracle?.presence(e, &self.standpoint())?;
        Some(dictated_truth(e, dictated))
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// The leftmost error.
    pub fn value(&mut self, e: &TExpr) -> Answer {
        if let Some(dictated) = self.dictated_value(e) {
            return dictated;
        }
        if self.depth == MAX_DEPTH {
            return Err(Erred::at(e, Fault::new(FaultKind::LimitExceeded, "the expression is nested too deeply")));
        }
        self.depth += 1;
        let answer = self.form(e);
        self.depth -= 1;
        answer
    }

    /// Only dispatches, so that its frame stays small: nesting recurses through here.
    fn form(&mut self, e: &TExpr) -> Answer {
        match &e.kind {
            TExprKind::Const(value) => Ok(Some(value.clone())),
            TExprKind::Field(_)
            | TExprKind::Fact(..)
            | TExprKind::Now
            | TExprKind::ActionName
            | TExprKind::Principal
            | TExprKind::Var(_)
            | TExprKind::Warnings(_) => self.given(e),
            TExprKind::Flag(id, keys) => self.flag(e, *id, keys),
            TExprKind::Attribute(owner, place) => self.attribute(e, owner, *place),
            TExprKind::RecordField(owner, place) => self.record_field(e, owner, *place),
            TExprKind::MapGet(owner, key) => self.map_get(e, owner, key),
            TExprKind::Has(inner) => self.has(inner),
            TExprKind::Coalesce(first, second) => self.coalesce(first, second),
            TExprKind::Not(_) | TExprKind::And(_) | TExprKind::Or(_) | TExprKind::AtLeast(..) => self.connective(e),
            TExprKind::Compare(comparison, a, b) => self.compare(e, *comparison, a, b),
            TExprKind::Arithmetic(operation, a, b) => self.arithmetic(e, *operation, a, b),
            TExprKind::ToDecimal(inner) => self.to_decimal(e, inner),
            TExprKind::In(a, b) => self.lies_in(e, a, b),
            TExprKind::Call(id, arguments) => self.call(e, *id, arguments),
            TExprKind::Quantified { quantifier, over, filter, body, .. } => {
                self.quantified(e, *quantifier, over, filter.as_deref(), body)
            }
            TExprKind::SetOf(parts) => self.collection(parts, Value::set),
            TExprKind::ListOf(parts) => self.collection(parts, |elements| Value::List(elements.into())),
            TExprKind::SecretsFound(of) => self.secrets_found(e, of.as_deref()),
            TExprKind::SecretsKinds(of) => self.secrets(e, of.as_deref()).map(Some),
        }
    }

    /// What the scene says without evaluating anything.
    fn given(&self, e: &TExpr) -> Answer {
        let bound = self.scene.bound;
        let found = match &e.kind {
            TExprKind::Field(name) => bound.field(self.scene.policy, name),
            TExprKind::Fact(group, place) => bound.fact(self.scene.policy, *group, *place),
            TExprKind::Now => match bound.now {
                Some(now) => Ok(Some(Value::Timestamp(now))),
                None => Err(Fault::new(FaultKind::NoNow, "the host gave no time")),
            },
            TExprKind::ActionName => Ok(Some(Value::Str(bound.name.clone()))),
            TExprKind::Principal => bound.principal.clone().map(|p| Some(Value::Entity(p))),
            TExprKind::Warnings(enough) => Ok(Some(Value::Bool(self.scene.warnings >= *enough))),
            TExprKind::Var(id) => match self.variables.get(id.0 as usize) {
                Some(value) => value.clone().map(Some),
                None => Err(absent()),
            },
            other => unreachable_form(other),
        };
        self.read(e, found)
    }

    fn flag(&mut self, e: &TExpr, id: FlagId, keys: &[TExpr]) -> Answer {
        let keys = self.operands(keys)?;
        self.read(e, self.scene.bound.flag(self.scene.policy, id, &keys))
    }

    fn attribute(&mut self, e: &TExpr, owner: &TExpr, place: u32) -> Answer {
        let Value::Entity(entity) = self.present(owner)? else { return Err(Erred::at(e, absent())) };
        self.read(e, self.scene.entities.attribute(&entity, place as usize))
    }

    fn record_field(&mut self, e: &TExpr, owner: &TExpr, place: u32) -> Answer {
        let Value::Record(_, members) = self.present(owner)? else { return Err(Erred::at(e, absent())) };
        self.read(e, members.get(place as usize).cloned().unwrap_or_else(|| Err(absent())))
    }

    fn map_get(&mut self, e: &TExpr, owner: &TExpr, key: &str) -> Answer {
        let Value::Map(entries) = self.present(owner)? else { return Err(Erred::at(e, absent())) };
        Ok(entries.get(key).cloned())
    }

    fn has(&mut self, inner: &TExpr) -> Answer {
        yes_no(match self.dictated_presence(inner) {
            Some(there) => there,
            None => self.value(inner).map(|found| found.is_some()),
        })
    }

    fn coalesce(&mut self, first: &TExpr, second: &TExpr) -> Answer {
        match self.dictated_presence(first) {
            Some(there) => {
                if there? {
                    self.value(first)
                } else {
                    self.value(second)
                }
            }
            None => match self.value(first)? {
                Some(value) => Ok(Some(value)),
                None => self.value(second),
            },
        }
    }

    fn connective(&mut self, e: &TExpr) -> Answer {
        let truth = match &e.kind {
            TExprKind::Not(inner) => self.truth(inner).map(|truth| !truth),
            TExprKind::And(parts) => self.all(parts),
            TExprKind::Or(parts) => self.any(parts),
            TExprKind::AtLeast(enough, parts) => self.at_least(*enough, parts),
            other => unreachable_form(other).map(|_| false).map_err(|fault| Erred::at(e, fault)),
        };
        yes_no(truth)
    }

    fn call(&mut self, e: &TExpr, id: BuiltinId, arguments: &[TExpr]) -> Answer {
        let arguments = self.operands(arguments)?;
        (builtin::get(id).call)(&self.context(), &arguments).map_err(|fault| Erred::at(e, fault))
    }

    fn collection(&mut self, parts: &[TExpr], collect: fn(Vec<Value>) -> Value) -> Answer {
        Ok(Some(collect(self.operands(parts)?)))
    }

    fn secrets_found(&mut self, e: &TExpr, of: Option<&TExpr>) -> Answer {
        let none = matches!(self.secrets(e, of)?, Value::Set(kinds) if kinds.is_empty());
        Ok(Some(Value::Bool(!none)))
    }

    /// What builtins may look at.
    pub(super) fn context(&self) -> builtin::Context<'a> {
        let policy = self.scene.policy;
        builtin::Context { case_sensitive_paths: policy.settings.case_sensitive_paths, types: &policy.types }
    }

    /// What stands in a field, or why nothing does.
    fn read(&self, e: &TExpr, found: Attribute) -> Answer {
        found.map_err(|fault| Erred { field: reads(self.scene.policy, e), ..Erred::at(e, fault) })
    }

    /// The kinds of secrets in the operand's texts, or in all parameters and claims.
    fn secrets(&mut self, e: &TExpr, of: Option<&TExpr>) -> Result<Value, Erred> {
        let of = of.map(|inner| self.present(inner)).transpose()?;
        self.scene.bound.secrets(of.as_ref()).map_err(|fault| Erred::at(e, fault))
    }

    /// `and`: false where one is false, whatever errs beside it.
    fn all(&mut self, parts: &[TExpr]) -> Truthful {
        let mut erred = None;
        for part in parts {
            match self.truth(part) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(e) => erred = Some(Erred::leftmost(erred, e)),
            }
        }
        erred.map_or(Ok(true), Err)
    }

    /// `or`: true where one is true, whatever errs beside it.
    fn any(&mut self, parts: &[TExpr]) -> Truthful {
        let mut erred = None;
        for part in parts {
            match self.truth(part) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(e) => erred = Some(Erred::leftmost(erred, e)),
            }
        }
        erred.map_or(Ok(false), Err)
    }

    /// `at least n of`: true when enough are true, false when too few could be, else an error.
    fn at_least(&mut self, enough: u32, parts: &[TExpr]) -> Truthful {
        let (mut held, mut unclear, mut erred) = (0, 0, None);
        for part in parts {
            match self.truth(part) {
                Ok(truth) => held += u32::from(truth),
                Err(e) => {
                    unclear += 1;
                    erred = Some(Erred::leftmost(erred, e));
                }
            }
        }
        match erred {
            Some(erred) if held < enough && held + unclear >= enough => Err(erred),
            Some(_) | None => Ok(held >= enough),
        }
    }

    /// All operands, or the leftmost of their errors.
    pub(super) fn operands(&mut self, parts: &[TExpr]) -> Result<Vec<Value>, Erred> {
        let mut values = Vec::with_capacity(parts.len());
        let mut erred = None;
        for part in parts {
            match self.present(part) {
                Ok(value) => values.push(value),
                Err(e) => erred = Some(Erred::leftmost(erred, e)),
            }
        }
        erred.map_or(Ok(values), Err)
    }

    /// Two operands, or the leftmost of their errors.
    pub(super) fn both(&mut self, a: &TExpr, b: &TExpr) -> Result<(Value, Value), Erred> {
        match (self.present(a), self.present(b)) {
            (Ok(a), Ok(b)) => Ok((a, b)),
            (Err(a), Err(b)) => Err(Erred::leftmost(Some(a), b)),
            (Err(e), Ok(_)) | (Ok(_), Err(e)) => Err(e),
        }
    }

    /// A value where the checker has proved that one is there.
    pub(super) fn present(&mut self, e: &TExpr) -> Result<Value, Erred> {
        match self.value(e)? {
            Some(Value::Unknown(fault)) => Err(Erred::at(e, fault)),
            Some(value) => Ok(value),
            None => Err(Erred { field: reads(self.scene.policy, e), ..Erred::at(e, absent()) }),
        }
    }
}

/// An absent value or one of another type where the checker says there is none: fails closed.
pub(super) fn absent() -> Fault {
    Fault::new(FaultKind::Missing, "no value of the right type is there")
}

/// `form` sends each form to where it is known; another one there fails closed.
fn unreachable_form(_: &TExprKind) -> Attribute {
    Err(Fault::new(FaultKind::IllTyped, "the expression cannot stand here"))
}

fn dictated_truth(e: &TExpr, truth: Truth) -> Truthful {
    match truth {
        Truth::True => Ok(true),
        Truth::False => Ok(false),
        Truth::Erred => Err(Erred::at(e, Fault::new(FaultKind::Unavailable, "dictated to err"))),
    }
}

pub(super) fn yes_no(truth: Truthful) -> Answer {
    truth.map(|t| Some(Value::Bool(t)))
}

/// The field, fact or flag that an expression reads, as the author writes it.
#[must_use]
pub fn reads(policy: &crate::check::typed::TypedPolicy, e: &TExpr) -> Option<Arc<str>> {
    match &e.kind {
        TExprKind::Field(name) => Some(name.clone()),
        TExprKind::Fact(group, place) => {
            let def = policy.facts.group(*group).get(*place as usize)?;
            match group {
                FactGroup::State => Some(def.name.clone()),
                FactGroup::Agent | FactGroup::Session | FactGroup::Env => {
                    Some(format!("{}.{}", group.name(), def.name).into())
                }
            }
        }
        TExprKind::Flag(id, _) => Some(format!("flag.{}", policy.flags.get(id.0 as usize)?.name).into()),
        TExprKind::Now => Some("now".into()),
        TExprKind::Principal => Some(format!("{}.id", FactGroup::Agent.name()).into()),
        TExprKind::RecordField(owner, place) => {
            let crate::types::Type::Record(id) = owner.ty.required() else { return None };
            let member = &policy.types.record(*id).fields.get(*place as usize)?.name;
            Some(format!("{}.{member}", reads(policy, owner)?).into())
        }
        TExprKind::Attribute(owner, place) => {
            let crate::types::Type::Entity(id) = owner.ty.required() else { return None };
            let member = &policy.types.entity(*id).fields.get(*place as usize)?.name;
            Some(format!("{}.{member}", reads(policy, owner)?).into())
        }
        TExprKind::MapGet(owner, key) => Some(format!("{}[{key:?}]", reads(policy, owner)?).into()),
        TExprKind::Const(_)
        | TExprKind::ActionName
        | TExprKind::Var(_)
        | TExprKind::Has(_)
        | TExprKind::Coalesce(..)
        | TExprKind::Not(_)
        | TExprKind::And(_)
        | TExprKind::Or(_)
        | TExprKind::AtLeast(..)
        | TExprKind::Compare(..)
        | TExprKind::Arithmetic(..)
        | TExprKind::ToDecimal(_)
        | TExprKind::In(..)
        | TExprKind::Call(..)
        | TExprKind::Quantified { .. }
        | TExprKind::SetOf(_)
        | TExprKind::ListOf(_)
        | TExprKind::SecretsFound(_)
        | TExprKind::SecretsKinds(_)
        | TExprKind::Warnings(_) => None,
    }
}
