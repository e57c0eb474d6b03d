//! What the condition of a row needs: for one key, values outside which the condition is false.
//!
//! A conjunct such as `service == "api"` or `file like "src/**"` is false for most values of its key. The need
//! that is read off here may be wider than the conjunct, never narrower, errors included: a comparison of paths
//! errs where case or form decides, so paths are needed in both forms.

use std::fmt;

use petgraph::graph::NodeIndex;

use super::index::{End, GREATEST, Span};
use crate::builtin;
use crate::check::typed::{Comparison, TExpr, TExprKind};
use crate::graph::key::Keys;
use crate::graph::{Key, Node, Part};
use crate::types::Type;
use crate::value::literal::Literal;
use crate::value::path::tails;
use crate::value::{EntityRef, PathValue, Value};

/// Values of a key outside which a condition is false.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Need {
    /// A number in one of these ranges.
    Words(Vec<Span>),
    /// A text with one of these literals.
    Texts(Vec<Literal>),
    /// A path with one of these literals: as it is, and without regard to case and form.
    Paths(Vec<Literal>, Vec<Literal>),
    /// One of these entities.
    Entities(Vec<EntityRef>),
    /// An entity that is one of these or lies in one.
    Under(Vec<EntityRef>),
}

/// What sort of value a key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// A number, enum or time.
    Word,
    /// A text that compares by its bytes.
    Text,
    /// A path.
    Path,
    /// An entity.
    Entity,
}

/// What a condition needs of one key.
#[derive(Clone, Debug)]
pub(crate) struct Access<'p> {
    /// The key.
    pub(crate) of: &'p TExpr,
    /// The key's number and kind.
    pub(crate) key: (Key, KeyKind),
    /// The values.
    pub(crate) need: Need,
    /// Atoms that are true wherever the need is [surely](super::index::Met::Surely) met.
    pub(crate) sure: Vec<Key>,
    /// Whether the condition is true wherever the need is met: there is nothing else to it.
    pub(crate) whole: bool,
}

impl Need {
    pub(crate) fn kind(&self) -> KeyKind {
        match self {
            Self::Words(_) => KeyKind::Word,
            Self::Texts(_) => KeyKind::Text,
            Self::Paths(..) => KeyKind::Path,
            Self::Entities(_) | Self::Under(_) => KeyKind::Entity,
        }
    }

    /// Values that meet one of two needs; none where they are of different sorts.
    fn either(self, other: Self) -> Option<Self> {
        fn joined<T: Ord>(mut a: Vec<T>, b: Vec<T>) -> Vec<T> {
            a.extend(b);
            a.sort_unstable();
            a.dedup();
            a
        }
        Some(match (self, other) {
            (Self::Words(a), Self::Words(b)) => Self::Words(joined(a, b)),
            (Self::Texts(a), Self::Texts(b)) => Self::Texts(joined(a, b)),
            (Self::Paths(a, x), Self::Paths(b, y)) => Self::Paths(joined(a, b), joined(x, y)),
            (Self::Entities(a), Self::Entities(b)) => Self::Entities(joined(a, b)),
            // An entity is under itself.
            (Self::Under(a) | Self::Entities(a), Self::Under(b) | Self::Entities(b)) => Self::Under(joined(a, b)),
            (Self::Words(_) | Self::Texts(_) | Self::Paths(..) | Self::Entities(_) | Self::Under(_), _) => return None,
        })
    }

    /// Numbers that meet both needs.
    fn both(&self, other: &Self) -> Option<Self> {
        let (Self::Words(a), Self::Words(b)) = (self, other) else { return None };
        if a.len() * b.len() > MOST_PARTS {
            return None;
        }
        let meet = |(low, high): &Span| {
            let (low, high) = (*low, *high);
            b.iter().map(move |(l, h)| (low.max(*l), high.min(*h))).filter(|(l, h)| l <= h)
        };
        let mut all: Vec<Span> = a.iter().flat_map(meet).collect();
        all.sort_unstable();
        all.dedup();
        Some(Self::Words(all))
    }

    /// How many entries it takes in an index.
    pub(crate) fn parts(&self) -> usize {
        match self {
            Self::Words(all) => all.len(),
            Self::Texts(all) => all.len(),
            Self::Paths(exact, folded) => exact.len() + folded.len(),
            Self::Entities(all) | Self::Under(all) => all.len(),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let literal = |literal: &Literal| {
            let text = String::from_utf8_lossy(literal.bytes()).into_owned();
            match literal {
                Literal::Whole(_) => format!("{text:?}"),
                Literal::Head(_) => format!("{text:?}.."),
                Literal::Tail(_) => format!("..{text:?}"),
                Literal::Inside(_) => format!("..{text:?}.."),
            }
        };
        let span = |(low, high): &Span| if low == high { low.to_string() } else { format!("{low}..{high}") };
        let (word, parts): (&str, Vec<String>) = match self {
            Self::Words(all) => ("", all.iter().map(span).collect()),
            Self::Texts(all) | Self::Paths(all, _) => ("", all.iter().map(literal).collect()),
            Self::Entities(all) => ("", all.iter().map(|entity| format!("{:?}", &*entity.id)).collect()),
            Self::Under(all) => ("in ", all.iter().map(|entity| format!("{:?}", &*entity.id)).collect()),
        };
        write!(f, "{word}{}", parts.join(" or "))
    }
}

/// Most values, ranges or literals of one condition that are filed.
const MOST_PARTS: usize = 1_024;

/// Everything that the condition at a node needs, each by itself enough.
pub(crate) fn accesses<'p>(part: &Part<'p>, keys: &mut Keys<'p>, node: NodeIndex) -> Vec<Access<'p>> {
    let mut found = match &part.dag[node] {
        Node::Atom(expr, _) => atom(keys, expr).into_iter().collect(),
        Node::And => conjunction(part, keys, node),
        Node::Or => disjunction(part, keys, node).into_iter().collect(),
        Node::Truth(_) | Node::Not | Node::AtLeast(_) => Vec::new(),
        Node::Source(_) | Node::Item(_) | Node::Default | Node::Tier(_) => Vec::new(),
    };
    found.retain(|access| access.need.parts() <= MOST_PARTS);
    found
}

/// Each operand's needs; ranges of one key become their common part.
fn conjunction<'p>(part: &Part<'p>, keys: &mut Keys<'p>, node: NodeIndex) -> Vec<Access<'p>> {
    let mut found: Vec<Access<'p>> = Vec::new();
    let operands = part.operands(node);
    let mut whole = 0;
    for operand in &operands {
        for access in accesses(part, keys, *operand) {
            whole += usize::from(access.whole);
            let same =
                found.iter_mut().find(|known| known.key == access.key && known.need.both(&access.need).is_some());
            match same {
                Some(known) => {
                    known.need = known.need.both(&access.need).unwrap_or(access.need);
                    known.sure.extend(access.sure);
                    known.whole &= access.whole;
                }
                None => found.push(access),
            }
        }
    }
    // The conjunction is no more than its only need where every operand went into it as a whole.
    let alone = found.len() == 1 && whole == operands.len();
    for access in &mut found {
        access.whole &= alone;
    }
    found
}

/// A key that every operand needs something of.
fn disjunction<'p>(part: &Part<'p>, keys: &mut Keys<'p>, node: NodeIndex) -> Option<Access<'p>> {
    let mut operands = part.operands(node).into_iter();
    let mut candidates = accesses(part, keys, operands.next()?);
    for operand in operands {
        let others = accesses(part, keys, operand);
        let joined = candidates.into_iter().filter_map(|access| {
            let other = others.iter().find(|other| other.key == access.key)?;
            // Being an entity is narrower than lying in it: then the joined need is wider than the condition.
            let alike = std::mem::discriminant(&access.need) == std::mem::discriminant(&other.need);
            let need = access.need.either(other.need.clone())?;
            // Which operand is true is not known, only that one is.
            Some(Access { need, sure: Vec::new(), whole: access.whole && other.whole && alike, ..access })
        });
        candidates = joined.collect();
    }
    candidates.into_iter().next()
}

fn atom<'p>(keys: &mut Keys<'p>, expr: &'p TExpr) -> Option<Access<'p>> {
    let (of, need, exact) = if let TExprKind::Compare(how, a, b) = &expr.kind {
        compared(*how, a, b)?
    } else if let TExprKind::In(a, b) = &expr.kind {
        member(a, b)?
    } else if let TExprKind::Call(id, arguments) = &expr.kind {
        tested(builtin::get(*id).name, arguments)?
    } else {
        return None;
    };
    if matches!(of.kind, TExprKind::Const(_)) {
        return None;
    }
    let key = (keys.of(of), need.kind());
    let sure = if exact { vec![keys.of(expr)] } else { Vec::new() };
    Some(Access { of, key, need, sure, whole: exact })
}

/// What a need is read off: the key, the need, and whether the atom is true wherever it is met.
type Read<'p> = (&'p TExpr, Need, bool);

fn compared<'p>(how: Comparison, a: &'p TExpr, b: &'p TExpr) -> Option<Read<'p>> {
    let (of, how, value) = match (&a.kind, &b.kind) {
        (_, TExprKind::Const(value)) => (a, how, value),
        (TExprKind::Const(value), _) => (b, turned(how), value),
        (_, _) => return None,
    };
    if is_number(of.ty.required()) {
        let word = value.word()?;
        let span = match how {
            Comparison::Equal => (word, word),
            Comparison::NotEqual => return None,
            Comparison::Less => (i64::MIN, word.checked_sub(1)?),
            Comparison::LessOrEqual => (i64::MIN, word),
            Comparison::Greater => (word.checked_add(1)?, i64::MAX),
            Comparison::GreaterOrEqual => (word, i64::MAX),
        };
        return Some((of, Need::Words(vec![span]), true));
    }
    if how == Comparison::Equal { same(of, value) } else { None }
}

/// The comparison with its operands exchanged.
fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

/// The key is this constant.
fn same<'p>(of: &'p TExpr, value: &Value) -> Option<Read<'p>> {
    let need = match (of.ty.required(), value) {
        (ty, value) if is_number(ty) => {
            let word = value.word()?;
            Need::Words(vec![(word, word)])
        }
        (Type::String, Value::Str(text)) | (Type::Host, Value::Host(text)) | (Type::Ref, Value::Ref(text)) => {
            Need::Texts(vec![Literal::Whole(text.as_bytes().into())])
        }
        (Type::Entity(ty), Value::Entity(entity)) if *ty == entity.ty => Need::Entities(vec![entity.clone()]),
        (Type::Path, Value::Path(path)) => return Some((of, same_path(path), is_plain(path))),
        (_, _) => return None,
    };
    Some((of, need, true))
}

/// A path inside the workspace that case folding leaves as it is. Two such compare by their texts alone.
fn is_plain(path: &PathValue) -> bool {
    !path.is_outside() && path.folded() == path.text()
}

/// Either may lie outside the workspace and end like the other, which is an error.
fn same_path(path: &PathValue) -> Need {
    let whole = |text: &str| Literal::Whole(text.as_bytes().into());
    let mut folded = vec![whole(path.folded())];
    folded.extend(tails(path).map(|tail| whole(&tail)));
    folded.sort_unstable();
    folded.dedup();
    Need::Paths(vec![whole(path.text())], folded)
}

fn member<'p>(a: &'p TExpr, b: &'p TExpr) -> Option<Read<'p>> {
    let TExprKind::Const(group) = &b.kind else { return None };
    match group {
        Value::Range(range) if is_number(a.ty.required()) => {
            let (low, high) = (range.low.word()?, range.high.word()?);
            let high = if range.closed { high } else { high.checked_sub(1)? };
            // A range of times of day that goes over midnight is not one range of numbers.
            (low <= high).then(|| (a, Need::Words(vec![(low, high)]), true))
        }
        Value::Entity(entity) if matches!(a.ty.required(), Type::Entity(_)) => {
            Some((a, Need::Under(vec![entity.clone()]), true))
        }
        Value::Set(all) | Value::List(all) => {
            let entities = matches!(a.ty.required(), Type::Entity(_));
            let one = |value: &Value| match value {
                Value::Entity(entity) if entities => Some((a, Need::Under(vec![entity.clone()]), true)),
                value => same(a, value),
            };
            let mut joined: Option<Read<'p>> = None;
            for value in all.iter() {
                let (_, need, exact) = one(value)?;
                joined = Some(match joined {
                    Some((of, known, was)) => (of, known.either(need)?, was && exact),
                    None => (a, need, exact),
                });
            }
            joined
        }
        _ => None,
    }
}

/// The builtins that a text or path is tested by.
fn tested<'p>(name: &str, arguments: &'p [TExpr]) -> Option<Read<'p>> {
    let [of, with] = arguments else { return None };
    let TExprKind::Const(with) = &with.kind else { return None };
    let text = matches!(of.ty.required(), Type::String | Type::Ref | Type::Host | Type::Url);
    let path = matches!(of.ty.required(), Type::Path);
    match (name, with) {
        ("starts with", Value::Str(start)) if text => end(of, start, End::Head),
        ("ends with", Value::Str(end_of)) if text => end(of, end_of, End::Tail),
        ("contains", Value::Str(inside)) if text && !inside.is_empty() => {
            Some((of, Need::Texts(vec![Literal::Inside(inside.as_bytes().into())]), true))
        }
        ("contains any", Value::Set(all)) if text => {
            let inside = |value: &Value| {
                let text = value.text().filter(|text| !text.is_empty())?;
                Some(Literal::Inside(text.as_bytes().into()))
            };
            Some((of, Need::Texts(all.iter().map(inside).collect::<Option<_>>()?), true))
        }
        ("like" | "like any" | "matches" | "matches any", Value::Patterns(patterns)) if text => {
            Some((of, Need::Texts(patterns.literals()?.exact), false))
        }
        ("like" | "like any", Value::Patterns(patterns)) if path => {
            let literals = patterns.literals()?;
            let sure = literals.sure && all_short(&literals.exact);
            Some((of, Need::Paths(literals.exact, literals.folded), sure))
        }
        ("under", Value::Host(outer)) if matches!(of.ty.required(), Type::Host) => {
            let own = Literal::Whole(outer.as_bytes().into());
            let below = Literal::Tail(format!(".{outer}").into_bytes().into());
            Some((of, Need::Texts(vec![own, below]), false))
        }
        ("under", Value::Path(outer)) if path => {
            let need = under_path(outer)?;
            let sure = is_plain(outer) && if let Need::Paths(exact, _) = &need { all_short(exact) } else { false };
            Some((of, need, sure))
        }
        (_, _) => None,
    }
}

/// Whether an index files all of each literal, and not only as much as it has room for.
fn all_short(literals: &[Literal]) -> bool {
    literals.iter().all(|literal| match literal {
        Literal::Whole(_) | Literal::Inside(_) => true,
        Literal::Head(bytes) | Literal::Tail(bytes) => bytes.len() <= GREATEST,
    })
}

fn end<'p>(of: &'p TExpr, text: &str, end: End) -> Option<Read<'p>> {
    if text.is_empty() {
        return None;
    }
    let bytes: Box<[u8]> = text.as_bytes().into();
    let exact = bytes.len() <= GREATEST;
    let literal = match end {
        End::Head => Literal::Head(bytes),
        End::Tail => Literal::Tail(bytes),
    };
    Some((of, Need::Texts(vec![literal]), exact))
}

/// The folder itself and what begins with it; none of a root, which nearly everything lies under.
fn under_path(outer: &PathValue) -> Option<Need> {
    if outer.text() == "." || outer.text() == "/" || outer.text().starts_with("..") {
        return None;
    }
    let both = |text: &str| {
        vec![Literal::Whole(text.as_bytes().into()), Literal::Head(format!("{text}/").into_bytes().into())]
    };
    Some(Need::Paths(both(outer.text()), both(outer.folded())))
}

/// A type whose values are words and no truths.
pub(crate) fn is_number(ty: &Type) -> bool {
    ty.is_word() && *ty != Type::Bool
}
