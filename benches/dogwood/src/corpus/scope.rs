//! What terms mean where a condition is judged: at the request that is decided, or at an event of the past.

use std::collections::BTreeMap;

use dogwood_language::Value;
use dogwood_language::temporal_ast::Term;

use super::book::{Book, Expr};
use super::number::Number;
use super::reason::Reason;
use super::source::{Kind, Source, any, quoted};

/// Where a condition is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the request that is decided.
    Ask,
    /// At an event when it is told; at all of them where none is named.
    Told(Option<usize>),
}

/// What a variable stands for.
#[derive(Clone, Debug)]
pub(crate) enum Var {
    /// A value that the request or event has.
    Field(Source),
    /// A literal.
    Literal(Term),
    Number(Number),
    /// The place in the trace.
    Point,
    /// A value that only a later request has.
    OutOfReach,
}

/// The meaning of names at a place.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) place: Place,
    pub(crate) vars: BTreeMap<String, Var>,
    /// Values of the request that is decided later which this event has too, being its keys.
    pub(crate) request: BTreeMap<Source, Source>,
}

impl Scope {
    pub(crate) fn ask() -> Self {
        Self { place: Place::Ask, vars: BTreeMap::new(), request: BTreeMap::new() }
    }

    /// Where a value of the request that is decided stands, seen from here.
    pub(crate) fn source(&self, term: &Term, book: &Book) -> Result<Source, Reason> {
        let asked = match term {
            Term::ContextField(path) => Source::Context(path.clone()),
            Term::ScopeField(path) => Source::Scope(path.clone()),
            _ => return Err(Reason::Arrays),
        };
        if self.place == Place::Ask {
            return Ok(asked);
        }
        let part = book.parts.iter().find(|(_, request)| *request == asked).map(|(own, _)| own);
        self.request.get(&asked).or(part).cloned().ok_or(Reason::NestedReach)
    }
}

/// A literal as a value of Dogwood.
pub(crate) fn literal(term: &Term) -> Option<Value> {
    Some(match term {
        Term::Integer(n) => Value::Int(*n),
        Term::Decimal(text) => Value::Decimal(text.clone()),
        Term::String(text) => Value::String(text.clone()),
        Term::Bool(so) => Value::Bool(*so),
        Term::Entity { ty, id } => Value::Entity { ty: ty.clone(), id: id.clone() },
        Term::Array(items) => Value::Array(items.iter().map(literal).collect::<Option<_>>()?),
        _ => return None,
    })
}

/// Whether a field is there.
pub(crate) fn has(book: &mut Book, source: &Source) -> Expr {
    Expr::of(format!("has {}", book.field(source, Kind::Any)))
}

/// Whether a field is there and has this value.
pub(crate) fn is(book: &mut Book, source: &Source, value: &Value) -> Expr {
    let (kind, shown) = match value {
        Value::Int(n) => (Kind::Int, int(*n)),
        Value::Bool(so) => (Kind::Bool, so.to_string()),
        Value::String(text) => (Kind::Text, quoted(text)),
        Value::Null | Value::Decimal(_) | Value::Entity { .. } | Value::Array(_) | Value::Object(_) => {
            (Kind::Any, quoted(&any(value)))
        }
    };
    let field = book.field(source, kind);
    Expr::of(format!("(has {field} and {field} == {shown})"))
}

/// Whether two fields are there and equal.
pub(crate) fn same(book: &mut Book, left: &Source, right: &Source) -> Expr {
    let (left, right) = (book.field(left, Kind::Any), book.field(right, Kind::Any));
    Expr::of(format!("(has {left} and has {right} and {left} == {right})"))
}

/// A whole number as a literal of our language.
pub(crate) fn int(n: i64) -> String {
    if n == i64::MIN {
        // Its digits without the sign are no number of ours.
        return "(-9223372036854775807 - 1)".into();
    }
    if n < 0 { format!("(-{})", n.unsigned_abs()) } else { n.to_string() }
}
