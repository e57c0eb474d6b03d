//! One pass over a request's text, straight into the cells that its action's plan reads.

use std::ops::Range;

use super::schema::{Action, Entry, Group, Member, Part, Schemas, Shape};
use super::sheet::{Place, Sheet, Spot, Spots};
use crate::action_name;
use crate::check::typed::TypedPolicy;
use crate::json::scan::{Number, Piece, Scan};
use crate::json::{self, MAX_BYTES};
use crate::raw::{Raw, RawFields};
use crate::reader::wire::unavailable;
use crate::reader::{MAX_ID_BYTES, ReadContext, Readings, add_flags, add_state, read, refuses};
use crate::types::FieldType;
use crate::value::number;
use crate::value::time::{self, calendar};

/// What a host may leave to the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Whether declared start values stand for facts that are not given: for tests and tools.
    pub start_values: bool,
    /// The time, where the request says none.
    pub now: Option<i64>,
}

/// Whether a test has planted this fault; never elsewhere.
#[cfg(test)]
macro_rules! planted {
    ($reading:expr, $fault:ident) => {
        $reading.sheet.fault == Some(super::sheet::ReadFault::$fault)
    };
}
#[cfg(not(test))]
macro_rules! planted {
    ($reading:expr, $fault:ident) => {
        false
    };
}

/// The place of `id` among the agent's facts.
const ID: usize = 0;

/// Reads a request into a sheet, or says by `None` that it is not plain: then it must be read by the definition,
/// [`wire::request`](crate::reader::wire::request), and what lies in the sheet means nothing.
pub fn request(schemas: &Schemas, policy: &TypedPolicy, text: &str, given: Given, sheet: &mut Sheet) -> Option<()> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let group = |group: &Group| group.entries.len();
    sheet.reset([group(&schemas.agent), group(&schemas.session), group(&schemas.env)]);
    sheet.starts = given.start_values;
    sheet.now = given.now;
    let mut reading = Reading { schemas, policy, sheet, scan: Scan::new(text), parameters: 0 };
    reading.top()?;
    // A clock beyond the calendar tells no time.
    reading.sheet.now = reading.sheet.now.filter(|now| (calendar().0..=calendar().1).contains(now));
    Some(())
}

struct Reading<'a, 's> {
    schemas: &'a Schemas,
    policy: &'a TypedPolicy,
    sheet: &'s mut Sheet,
    scan: Scan<'a>,
    /// How many required parameters were there.
    parameters: usize,
}

/// An object of values with declared places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Params,
    Claims,
    Observed,
    /// The object `agent`, which is not all that may be said of the agent.
    Agent,
    AgentFacts,
    Session,
    Env,
}

impl<'a> Reading<'a, '_> {
    fn context(&self) -> ReadContext<'a> {
        ReadContext { types: &self.policy.types, zone: &self.policy.settings.zone }
    }

    /// The whole text.
    fn top(&mut self) -> Option<()> {
        self.scan.space();
        if self.scan.peek() != Some(b'{') || self.scan.opens_empty(b'}')? {
            return None;
        }
        let mut seen = [false; Member::ALL.len()];
        // Fields that stand before the action are read when it is known.
        let mut waiting: [Option<(Of, Range<usize>)>; 3] = [None, None, None];
        let mut known = None;
        loop {
            let key = self.scan.key()?;
            let place = self.schemas.members.find(key)?;
            let (member, _) = Member::ALL.get(place)?;
            if std::mem::replace(seen.get_mut(place)?, true) {
                return None;
            }
            match member {
                Member::Action => known = Some(self.action()?),
                Member::Params | Member::Claims | Member::Observed => {
                    let (of, waits) = match member {
                        Member::Params => (Of::Params, 0),
                        Member::Claims => (Of::Claims, 1),
                        Member::Observed | Member::Action | Member::Agent | Member::Facts | Member::Now => {
                            (Of::Observed, 2)
                        }
                    };
                    match known {
                        Some(action) => self.fields(action, of)?,
                        None => *waiting.get_mut(waits)? = Some((of, self.pass()?)),
                    }
                }
                Member::Agent => self.agent()?,
                Member::Facts => self.facts()?,
                Member::Now => self.now()?,
            }
            if !self.scan.more(b'}')? {
                break;
            }
        }
        let ended = self.scan.is_at_end() || planted!(self, RestIgnored);
        if !ended || !*seen.first()? {
            return None;
        }
        let action = known?;
        for (of, place) in waiting.into_iter().flatten() {
            self.scan.at = place.start;
            self.fields(action, of)?;
            if self.scan.at != place.end {
                return None;
            }
        }
        (self.parameters == action.required || planted!(self, MissingAccepted)).then_some(())
    }

    /// Passes an object that is read later.
    fn pass(&mut self) -> Option<Range<usize>> {
        let begin = self.scan.at;
        if self.scan.peek() != Some(b'{') {
            return None;
        }
        self.scan.at = self.scan.end_of_object()?;
        Some(begin..self.scan.at)
    }

    fn action(&mut self) -> Option<&'a Action> {
        let Piece::Plain(place) = self.scan.string()? else { return None };
        let name = self.scan.part(&place)?;
        if name.len() > action_name::MAX_NAME_BYTES {
            return None;
        }
        let place = self.schemas.place_of(name);
        let action = self.schemas.action(place);
        self.sheet.set_action(place, action.fields.len());
        if action.name.is_none() {
            self.sheet.name = Some(name.into());
        }
        Some(action)
    }

    fn now(&mut self) -> Option<()> {
        let Piece::Plain(place) = self.scan.string()? else { return None };
        self.sheet.now = Some(time::timestamp(self.scan.part(&place)?, &self.schemas.utc).ok()?);
        Some(())
    }

    /// `agent` with its id and further facts.
    fn agent(&mut self) -> Option<()> {
        let given = self.sheet.agent.all.get(ID) != Some(&Spot::Unset);
        self.group(&self.schemas.agent, Of::Agent, 2)?;
        // Its id must stand here, whatever `facts.agent` says.
        (!given && self.sheet.agent.all.get(ID) != Some(&Spot::Unset)).then_some(())
    }

    /// What the host knows besides.
    fn facts(&mut self) -> Option<()> {
        if self.scan.peek() != Some(b'{') {
            return None;
        }
        if self.scan.opens_empty(b'}')? {
            return Some(());
        }
        let mut seen = [false; Part::ALL.len()];
        loop {
            let place = self.schemas.parts.find(self.scan.key()?)?;
            let (part, _) = Part::ALL.get(place)?;
            if std::mem::replace(seen.get_mut(place)?, true) {
                return None;
            }
            match part {
                Part::Agent => self.group(&self.schemas.agent, Of::AgentFacts, 3)?,
                Part::Session => self.group(&self.schemas.session, Of::Session, 3)?,
                Part::Env => self.group(&self.schemas.env, Of::Env, 3)?,
                Part::Flags => {
                    let mut flags = self.host_object()?;
                    if self.sheet.starts {
                        add_flags(&mut flags, self.policy);
                    }
                    self.sheet.flags = Some(flags);
                }
                Part::State => {
                    let mut state = self.host_object()?;
                    if self.sheet.starts {
                        add_state(&mut state, self.policy);
                    }
                    self.sheet.readings = Some(Readings::read(self.policy, &state));
                }
                Part::Entities => {
                    // Entities that a request brings are prepared by the definition.
                    if self.scan.peek() != Some(b'[') || !self.scan.opens_empty(b']')? {
                        return None;
                    }
                }
            }
            if !self.scan.more(b'}')? {
                return Some(());
            }
        }
    }

    /// An object of the host's without a schema for its members here.
    fn host_object(&mut self) -> Option<RawFields> {
        let Raw::Object(members) = self.by_definition(2)? else { return None };
        Some(members.into_iter().map(|(name, value)| (name, unavailable(&value))).collect())
    }

    /// Parameters, claims or what was observed.
    fn fields(&mut self, action: &'a Action, of: Of) -> Option<()> {
        let begin = self.scan.at;
        let (keys, open) = match of {
            Of::Params => (&action.params, action.name.is_none()),
            Of::Claims => (&action.claims, action.name.is_none()),
            Of::Observed => (&action.observed, action.name.is_none()),
            Of::Agent | Of::AgentFacts | Of::Session | Of::Env => return None,
        };
        if open && of == Of::Params {
            if !action.params.is_empty() || self.scan.peek() != Some(b'{') {
                return None;
            }
            // Nothing is judged of them; the scan for secrets may look at them.
            self.scan.skip(1)?;
        } else {
            self.members(&action.fields, keys, of, 2)?;
        }
        let place = Place::new(&(begin..self.scan.at))?;
        match of {
            Of::Params => self.sheet.params = Some(place),
            Of::Claims => self.sheet.claims = Some(place),
            Of::Observed | Of::Agent | Of::AgentFacts | Of::Session | Of::Env => {}
        }
        Some(())
    }

    #[inline]
    fn group(&mut self, group: &'a Group, of: Of, depth: u32) -> Option<()> {
        self.members(&group.entries, &group.keys, of, depth)
    }

    /// An object whose members have places; whatever has none is not plain. `depth` counts what is open inside.
    fn members(&mut self, entries: &'a [Entry], keys: &super::keys::Keys, of: Of, depth: u32) -> Option<()> {
        if self.scan.peek() != Some(b'{') {
            return None;
        }
        if self.scan.opens_empty(b'}')? {
            return Some(());
        }
        loop {
            let key = self.scan.key()?;
            if of == Of::Agent && key == b"in" {
                return None;
            }
            let Some(place) = keys.find(key) else {
                if planted!(self, UnknownPassed) {
                    self.scan.skip(depth)?;
                    if !self.scan.more(b'}')? {
                        return Some(());
                    }
                    continue;
                }
                return None;
            };
            let entry = entries.get(place)?;
            let begin = self.scan.at;
            if planted!(self, DuplicateAccepted) {
                *self.spots(of).all.get_mut(place)? = Spot::Unset;
            }
            match self.quick(entry) {
                Some(spot) => {
                    if matches!(of, Of::Agent | Of::AgentFacts)
                        && place == ID
                        && self.is_empty(&spot)
                        && !planted!(self, EmptyIdAccepted)
                    {
                        return None;
                    }
                    self.spots(of).set(place, spot)?;
                }
                None => {
                    self.scan.at = begin;
                    // The definition wants a text here and nothing else.
                    if of == Of::Agent && place == ID {
                        return None;
                    }
                    let answer = read(&entry.ty, &self.raw(of, depth)?, &self.context()).map(Some);
                    if entry.parameter && refuses(&answer) {
                        return None;
                    }
                    self.spots(of).answer(place, answer)?;
                }
            }
            self.parameters += usize::from(entry.required);
            if !self.scan.more(b'}')? {
                return Some(());
            }
        }
    }

    #[inline]
    fn spots(&mut self, of: Of) -> &mut Spots {
        match of {
            Of::Params | Of::Claims | Of::Observed => &mut self.sheet.fields,
            Of::Agent | Of::AgentFacts => &mut self.sheet.agent,
            Of::Session => &mut self.sheet.session,
            Of::Env => &mut self.sheet.env,
        }
    }

    /// A value as untyped, with what the host could not obtain as what it is.
    fn raw(&mut self, of: Of, depth: u32) -> Option<Raw> {
        let raw = self.by_definition(depth)?;
        Some(match of {
            Of::Params | Of::Claims => raw,
            Of::Observed | Of::Agent | Of::AgentFacts | Of::Session | Of::Env => unavailable(&raw),
        })
    }

    /// A value by the reader that defines JSON. `depth` counts what is open around it.
    fn by_definition(&mut self, depth: u32) -> Option<Raw> {
        let (raw, at, keys) = json::value_within(self.scan.text(), self.scan.at, depth, self.scan.keys)?;
        (self.scan.at, self.scan.keys) = (at, keys);
        Some(raw)
    }

    /// A value of a form that needs no value in between, if it is of its type and within its limits.
    #[inline]
    fn quick(&mut self, entry: &Entry) -> Option<Spot> {
        let word = match &entry.shape {
            Shape::String => return self.string(&entry.ty),
            Shape::Entity(_) => return self.id(),
            Shape::Int => int(&self.scan.number()?, &self.scan)?,
            Shape::Decimal => decimal(&self.scan.number()?, &self.scan)?,
            Shape::Ratio => ratio(&self.scan.number()?, &self.scan)?,
            Shape::Bool => match self.scan.peek()? {
                b't' => self.scan.word("true").map(|()| 1)?,
                _ => self.scan.word("false").map(|()| 0)?,
            },
            Shape::Enum(_, variants) => {
                let Piece::Plain(place) = self.scan.string()? else { return None };
                let name = self.scan.part(&place)?;
                i64::try_from(variants.iter().position(|variant| **variant == *name)?).ok()?
            }
            Shape::Other => return None,
        };
        let within = entry.ty.range.is_none_or(|(least, greatest)| (least..=greatest).contains(&word));
        within.then_some(Spot::Word(word))
    }

    #[inline]
    fn string(&mut self, ty: &FieldType) -> Option<Spot> {
        let (spot, text) = match self.scan.string()? {
            Piece::Plain(place) if planted!(self, WrongSpan) => {
                (Spot::Text(Place::new(&(place.start + 1..place.end))?), self.scan.part(&place)?)
            }
            Piece::Plain(place) => (Spot::Text(Place::new(&place)?), self.scan.part(&place)?),
            Piece::Escaped => {
                let begin = self.sheet.texts.len();
                self.scan.at = json::string_within(self.scan.text(), self.scan.at, &mut self.sheet.texts)?;
                let place = begin..self.sheet.texts.len();
                (Spot::Own(Place::new(&place)?), self.sheet.texts.get(place)?)
            }
        };
        let (least, greatest) = ty.length;
        // No text has more characters than bytes.
        let short = least == 0 && text.len() as u64 <= greatest;
        (short || (least..=greatest).contains(&(text.chars().count() as u64))).then_some(spot)
    }

    #[inline]
    fn id(&mut self) -> Option<Spot> {
        let Piece::Plain(place) = self.scan.string()? else { return None };
        (place.len() <= MAX_ID_BYTES).then_some(Spot::Text(Place::new(&place)?))
    }

    #[inline]
    fn is_empty(&self, spot: &Spot) -> bool {
        match spot {
            Spot::Text(place) | Spot::Own(place) => place.range().is_empty(),
            Spot::Unset | Spot::Word(_) | Spot::Read => false,
        }
    }
}

#[inline]
fn int(number: &Number, scan: &Scan<'_>) -> Option<i64> {
    match number.digits {
        Some(digits) if number.places == 0 => Some(digits),
        Some(_) | None => number::int(scan.part(&number.text)?).ok(),
    }
}

#[inline]
fn decimal(number: &Number, scan: &Scan<'_>) -> Option<i64> {
    scaled(number, 6).or_else(|| number::decimal(scan.part(&number.text)?).ok())
}

fn ratio(number: &Number, scan: &Scan<'_>) -> Option<i64> {
    let quick = scaled(number, 9).filter(|n| (0..=number::RATIO_ONE).contains(n) && !number.negative);
    quick.or_else(|| number::ratio(scan.part(&number.text)?).ok())
}

/// The number in units of 10^-places, if its few digits say it.
#[inline]
fn scaled(number: &Number, places: u32) -> Option<i64> {
    number.digits?.checked_mul(10_i64.checked_pow(places.checked_sub(number.places)?)?)
}
