//! Takes: the quick way from a cell to a slot's word.
//!
//! What a slot's program says in general, a take says for the forms that nearly all rules use: a number, a
//! text among constants, a bool, a presence, a test on a text; what is about entities is a
//! [`Relation`]. Whatever is left runs its program.

use std::sync::Arc;

use super::cell::{Cell, Place};
use super::frame::Encoding;
use super::inputs::Inputs;
use super::program::Program;
use super::relation::{Known, Relation};
use crate::builtin;
use crate::value::pattern::PatternKind;
use crate::value::{PatternSet, Value};

/// How a slot gets its word.
#[derive(Clone, Debug)]
pub enum Take {
    /// The number at a place.
    Word(Place),
    /// The text or entity's id at a place, by the slot's table.
    Symbol(Place),
    /// The bool at a place.
    Truth(Place),
    /// Whether something is at a place.
    Presence(Place),
    /// A test on the text at a place.
    Text(Place, TextTest),
    /// An atom over entities and their attributes.
    Relation(Box<Relation>),
    /// Not quick: run the program.
    Program,
}

/// A test of a text with constants. All compare by bytes.
#[derive(Clone, Debug)]
pub enum TextTest {
    /// `starts with`
    Starts(Arc<str>),
    /// `ends with`
    Ends(Arc<str>),
    /// `contains`
    Contains(Arc<str>),
    /// `like` and `matches`, also with `any`.
    Patterns(PatternSet),
}

/// What a take found: the word, nothing where it errs, or that the program must be asked.
pub enum Taken {
    /// The slot's word; none where it is unknown.
    Word(Option<u64>),
    /// The cell is of another form than the take is for.
    Ask,
}

impl Take {
    /// The take of a program for an encoding.
    #[must_use]
    pub fn of(encoding: &Encoding, program: &Program) -> Self {
        let place = place_of(program);
        if let Some(relation) = Relation::of(encoding, program) {
            return Self::Relation(Box::new(relation));
        }
        match (encoding, place) {
            (Encoding::Word, Some(place)) => Self::Word(place),
            (Encoding::Symbol(_), Some(place)) => Self::Symbol(place),
            (Encoding::Truth, Some(place)) => Self::Truth(place),
            (Encoding::Presence, Some(place)) => Self::Presence(place),
            (Encoding::Truth, None) => {
                text_test(program).map_or(Self::Program, |(place, test)| Self::Text(place, test))
            }
            (Encoding::Word | Encoding::Symbol(_) | Encoding::Presence | Encoding::Records(_), _) => Self::Program,
        }
    }

    /// The word for a request.
    #[inline]
    pub fn take<'a, I: Inputs + ?Sized>(&'a self, encoding: &Encoding, inputs: &'a I, known: &mut Known<'a>) -> Taken {
        let (place, test) = match self {
            Self::Word(place) => match inputs.cell(*place) {
                Cell::Word(word) => return Taken::Word(Some(word as u64)),
                Cell::Absent | Cell::Erred => return Taken::Word(None),
                Cell::Text(_) | Cell::Entity(..) | Cell::Value(_) => return Taken::Ask,
            },
            Self::Symbol(place) => {
                let text = match inputs.cell(*place) {
                    Cell::Text(text) | Cell::Entity(_, text) => text,
                    Cell::Absent | Cell::Erred => return Taken::Word(None),
                    Cell::Word(_) | Cell::Value(_) => return Taken::Ask,
                };
                let Encoding::Symbol(table) = encoding else { return Taken::Ask };
                return Taken::Word(Some(table.get(text).copied().unwrap_or(0) as u64));
            }
            Self::Truth(place) => match inputs.cell(*place) {
                Cell::Word(word) => return Taken::Word(Some(bits(word != 0))),
                Cell::Absent | Cell::Erred => return Taken::Word(Some(0)),
                Cell::Text(_) | Cell::Entity(..) | Cell::Value(_) => return Taken::Ask,
            },
            Self::Presence(place) => match inputs.cell(*place) {
                Cell::Absent => return Taken::Word(Some(bits(false))),
                Cell::Erred => return Taken::Word(Some(0)),
                Cell::Word(_) | Cell::Text(_) | Cell::Entity(..) | Cell::Value(_) => {
                    return Taken::Word(Some(bits(true)));
                }
            },
            Self::Text(place, test) => (place, test),
            Self::Relation(relation) => return relation.take(encoding, inputs, known),
            Self::Program => return Taken::Ask,
        };
        match inputs.cell(*place) {
            Cell::Text(text) => test.holds(text).map_or(Taken::Ask, |holds| Taken::Word(Some(bits(holds)))),
            Cell::Absent | Cell::Erred => Taken::Word(Some(0)),
            Cell::Word(_) | Cell::Entity(..) | Cell::Value(_) => Taken::Ask,
        }
    }
}

impl TextTest {
    /// Whether it holds; none where it is not about a text that compares by bytes.
    #[must_use]
    pub fn holds(&self, text: &str) -> Option<bool> {
        match self {
            Self::Starts(start) => Some(text.as_bytes().starts_with(start.as_bytes())),
            Self::Ends(end) => Some(text.as_bytes().ends_with(end.as_bytes())),
            Self::Contains(part) => Some(text.contains(&**part)),
            Self::Patterns(patterns) => patterns.is_match_text(text),
        }
    }
}

/// The word of a cell.
pub(super) fn encode(encoding: &Encoding, cell: Cell<'_>) -> Taken {
    match (encoding, cell) {
        (Encoding::Word, Cell::Word(word)) => Taken::Word(Some(word as u64)),
        (Encoding::Truth, Cell::Word(word)) => Taken::Word(Some(bits(word != 0))),
        (Encoding::Symbol(table), Cell::Text(text) | Cell::Entity(_, text)) => {
            Taken::Word(Some(table.get(text).copied().unwrap_or(0) as u64))
        }
        (Encoding::Presence, Cell::Absent) => Taken::Word(Some(bits(false))),
        (Encoding::Word | Encoding::Symbol(_), Cell::Absent | Cell::Erred) => Taken::Word(None),
        (Encoding::Truth, Cell::Absent | Cell::Erred) | (Encoding::Presence, Cell::Erred) => Taken::Word(Some(0)),
        (Encoding::Presence, Cell::Word(_) | Cell::Text(_) | Cell::Entity(..) | Cell::Value(_)) => {
            Taken::Word(Some(bits(true)))
        }
        (Encoding::Word | Encoding::Truth | Encoding::Symbol(_) | Encoding::Records(_), _) => Taken::Ask,
    }
}

/// The two bits of a truth that is known.
pub(super) fn bits(truth: bool) -> u64 {
    if truth { 1 } else { 2 }
}

/// Where a program reads, if it does nothing else.
pub(super) fn place_of(program: &Program) -> Option<Place> {
    match program {
        Program::Field(place) => Some(Place::Field(*place)),
        Program::Fact(group, place) => Some(Place::Fact(*group, *place)),
        Program::Now => Some(Place::Now),
        Program::Principal => Some(Place::Principal),
        Program::Const(_)
        | Program::Lacking(_)
        | Program::Absent
        | Program::Flag(..)
        | Program::ActionName
        | Program::Var(_)
        | Program::Attribute(..)
        | Program::RecordField(..)
        | Program::MapGet(..)
        | Program::Has(_)
        | Program::Coalesce(..)
        | Program::Not(_)
        | Program::And(_)
        | Program::Or(_)
        | Program::AtLeast(..)
        | Program::Compare(..)
        | Program::Arithmetic(..)
        | Program::ToDecimal(_)
        | Program::In(..)
        | Program::Call(..)
        | Program::Quantified { .. }
        | Program::SetOf(_)
        | Program::ListOf(_)
        | Program::Secrets { .. } => None,
    }
}

/// A test on the text at a place, if the program is one.
fn text_test(program: &Program) -> Option<(Place, TextTest)> {
    let Program::Call(id, arguments) = program else { return None };
    let [of, Program::Const(constant)] = &**arguments else { return None };
    let place = place_of(of)?;
    let test = match (builtin::get(*id).name, constant) {
        ("starts with", Value::Str(text)) => TextTest::Starts(text.clone()),
        ("ends with", Value::Str(text)) => TextTest::Ends(text.clone()),
        ("contains", Value::Str(text)) => TextTest::Contains(text.clone()),
        ("like" | "like any" | "matches" | "matches any", Value::Patterns(patterns)) => match patterns.kind {
            PatternKind::TextGlob | PatternKind::Regex | PatternKind::HostGlob => {
                TextTest::Patterns((**patterns).clone())
            }
            PatternKind::PathGlob => return None,
        },
        (_, _) => return None,
    };
    Some((place, test))
}
