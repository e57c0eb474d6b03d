//! What was read of one request, in memory that is used again.

use std::cell::{Cell, OnceCell};
use std::ops::Range;
use std::sync::Arc;

use crate::check::typed::FactGroup;
use crate::plan::Answer;
use crate::raw::{Raw, RawFields};
use crate::reader::Readings;

/// What stands in a field or fact. Texts are places, so that nothing is borrowed from one request to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// Nothing was given.
    Unset,
    /// A number in its own unit.
    Word(i64),
    /// A part of the request's text: a string, or the id of an entity.
    Text(Place),
    /// A part of the texts whose escapes were read.
    Own(Place),
    /// A value that was read by the definition and lies among the answers.
    Read,
}

/// From where to where, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    from: u32,
    to: u32,
}

impl Place {
    #[inline]
    pub(super) fn new(of: &Range<usize>) -> Option<Self> {
        Some(Self { from: u32::try_from(of.start).ok()?, to: u32::try_from(of.end).ok()? })
    }

    #[inline]
    pub(super) fn range(self) -> Range<usize> {
        self.from as usize..self.to as usize
    }
}

/// Fields of an action, or facts of a group.
#[derive(Debug, Default)]
pub(super) struct Spots {
    pub(super) all: Vec<Spot>,
    /// Values by place: those that were read, and those that somebody asked for.
    pub(super) answers: Vec<OnceCell<Answer>>,
    /// Whether there is one among them.
    pub(super) answered: Cell<bool>,
}

impl Spots {
    /// Makes it ready for so many.
    #[inline]
    fn reset(&mut self, count: usize) {
        if self.answered.replace(false) {
            self.answers.iter_mut().for_each(|answer| drop(answer.take()));
        }
        self.all.clear();
        self.all.resize(count, Spot::Unset);
        if self.answers.len() < count {
            self.answers.resize_with(count, OnceCell::new);
        }
    }

    /// Notes what stands at a place; nothing where something stood there already.
    #[inline]
    pub(super) fn set(&mut self, place: usize, spot: Spot) -> Option<()> {
        let at = self.all.get_mut(place).filter(|at| **at == Spot::Unset)?;
        *at = spot;
        Some(())
    }

    /// Notes a value that was read by the definition.
    pub(super) fn answer(&mut self, place: usize, answer: Answer) -> Option<()> {
        self.set(place, Spot::Read)?;
        self.answered.set(true);
        self.answers.get(place)?.set(answer).ok()
    }
}

/// A request as it was read.
#[derive(Debug, Default)]
pub struct Sheet {
    /// Whose schema the fields are read by.
    pub(super) action: usize,
    /// The name of an action that nobody declares.
    pub(super) name: Option<Arc<str>>,
    pub(super) fields: Spots,
    pub(super) agent: Spots,
    pub(super) session: Spots,
    pub(super) env: Spots,
    /// Strings whose escapes were read.
    pub(super) texts: String,
    /// Where parameters and claims stand in the text.
    pub(super) params: Option<Place>,
    pub(super) claims: Option<Place>,
    /// Both as they came, where somebody asked for them.
    pub(super) given: OnceCell<Vec<(Arc<str>, Raw)>>,
    /// What was said of flags; none where nothing was.
    pub(super) flags: Option<RawFields>,
    /// What was said of state; none where nothing was.
    pub(super) readings: Option<Readings>,
    pub(super) now: Option<i64>,
    /// Whether declared start values stand for facts that were not given.
    pub(super) starts: bool,
    #[cfg(test)]
    pub(super) fault: Option<ReadFault>,
}

/// Faults that tests plant in the reader.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadFault {
    /// The last of several members counts.
    DuplicateAccepted,
    /// A text begins a byte too late.
    WrongSpan,
    /// What follows the request is not looked at.
    RestIgnored,
    /// A member without a place is passed over.
    UnknownPassed,
    /// Parameters are not counted.
    MissingAccepted,
    /// The agent's id may be empty.
    EmptyIdAccepted,
}

#[cfg(test)]
impl ReadFault {
    pub(super) const ALL: [Self; 6] = [
        Self::DuplicateAccepted,
        Self::WrongSpan,
        Self::RestIgnored,
        Self::UnknownPassed,
        Self::MissingAccepted,
        Self::EmptyIdAccepted,
    ];
}

impl Sheet {
    /// Empties it but for its memory.
    pub(super) fn reset(&mut self, [agent, session, env]: [usize; 3]) {
        self.name = None;
        self.fields.reset(0);
        self.agent.reset(agent);
        self.session.reset(session);
        self.env.reset(env);
        self.texts.clear();
        self.params = None;
        self.claims = None;
        drop(self.given.take());
        self.flags = None;
        self.readings = None;
        self.now = None;
    }

    /// Names the action, so that its fields have places.
    #[inline]
    pub(super) fn set_action(&mut self, action: usize, fields: usize) {
        self.action = action;
        self.fields.reset(fields);
    }

    /// Facts of a group that is read by schema.
    #[inline]
    pub(super) fn group(&self, of: FactGroup) -> Option<&Spots> {
        match of {
            FactGroup::Agent => Some(&self.agent),
            FactGroup::Session => Some(&self.session),
            FactGroup::Env => Some(&self.env),
            FactGroup::State => None,
        }
    }
}
