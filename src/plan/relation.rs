//! Relations: quick takes of atoms over entities and their attributes.
//!
//! `document in agent.user.folders`, `list.owner == user`, `user in Team("ops")`, `document.is_public`: each is
//! a walk over numbers of the snapshot, without a value in between. A name that stands in the request is
//! looked up once for a frame, however many atoms ask for it. Absence and errors are those of the program.

use super::cell::{Cell, Place};
use super::frame::Encoding;
use super::inputs::Inputs;
use super::program::Program;
use super::take::{Taken, bits, encode, place_of};
use crate::builtin;
use crate::check::typed::Comparison;
use crate::entities::{Entities, Link, Node, Nodes, name_hash};
use crate::types::EntityTypeId;
use crate::value::{EntityRef, Value};

/// An atom over entities.
#[derive(Clone, Debug)]
pub enum Relation {
    /// The attribute at the end of a path, as the slot encodes it.
    Attribute(Path, u32),
    /// Whether two entities or texts are the same (`true`), or are not.
    Same(Path, Path, bool),
    /// Whether an entity lies in another one, or in one of a collection.
    In(Path, Path),
    /// Whether an entity lies in one of those that the rule names.
    InOne(Path, Box<[Path]>),
    /// Whether a collection has an element.
    Contains(Path, Path),
}

/// A place or constant, and attributes to follow from there.
#[derive(Clone, Debug)]
pub struct Path {
    base: Base,
    attributes: Box<[u32]>,
}

#[derive(Clone, Debug)]
enum Base {
    Place(Place),
    /// An entity that the rule names, with the hash of its name.
    Constant(EntityRef, u64),
    /// One of the [`Subjects`].
    Subject(u8),
}

/// The program must be asked.
struct Ask;

/// A truth, none where it errs.
type Told = Result<Option<bool>, Ask>;

/// Most names that are kept for a frame.
const MOST_KNOWN: usize = 4;

/// Names of the request that were looked up for a frame.
#[derive(Default)]
pub struct Known<'a> {
    found: [Option<(Place, Option<Who<'a>>)>; MOST_KNOWN],
    used: usize,
}

/// Most subjects of one request.
pub const MOST_SUBJECTS: usize = 4;

/// Entities of a request that were looked up before any atom is asked.
pub struct Subjects<'a> {
    entities: &'a Entities,
    found: [Who<'a>; MOST_SUBJECTS],
    used: usize,
}

impl<'a> Subjects<'a> {
    /// None yet.
    #[must_use]
    pub fn new(entities: &'a Entities) -> Self {
        Self { entities, found: [Who::Unheard(EntityTypeId::AGENT, ""); MOST_SUBJECTS], used: 0 }
    }

    /// Adds the next one. More than [`MOST_SUBJECTS`] are left out: what asks for them asks its program.
    #[inline]
    pub fn add(&mut self, ty: EntityTypeId, id: &'a str) {
        if let Some(free) = self.found.get_mut(self.used) {
            *free = who(self.entities, ty, id);
            self.used += 1;
        }
    }
}

impl<'a> Subjects<'a> {
    /// A truth, where known entities stand all along its paths; none where they do not, or it is no truth.
    #[inline]
    fn straight(&self, relation: &Relation) -> Option<Option<bool>> {
        match relation {
            Relation::In(a, b) => {
                let entity = self.walked(&a.base, &a.attributes)?;
                let Some((last, before)) = b.attributes.split_last() else {
                    return Some(entity.is_in(self.walked(&b.base, &[])?));
                };
                match self.walked(&b.base, before)?.link(*last as usize) {
                    Link::One(group) => Some(entity.is_in(group)),
                    Link::Many(groups) => Some(entity.is_in_one_of(groups)),
                    Link::Absent | Link::Erred | Link::Other(_) => None,
                }
            }
            Relation::Same(a, b, same) => {
                let (a, b) = (self.walked(&a.base, &a.attributes)?, self.walked(&b.base, &b.attributes)?);
                Some(Some(a.is(b) == *same))
            }
            Relation::Contains(collection, element) => {
                let element = self.walked(&element.base, &element.attributes)?;
                let (last, before) = collection.attributes.split_last()?;
                match self.walked(&collection.base, before)?.link(*last as usize) {
                    Link::Many(nodes) if !nodes.unclear => Some(Some(nodes.iter().any(|node| node.is(element)))),
                    Link::Many(_) | Link::One(_) | Link::Absent | Link::Erred | Link::Other(_) => None,
                }
            }
            Relation::Attribute(..) | Relation::InOne(..) => None,
        }
    }

    #[inline]
    fn walked(&self, base: &Base, attributes: &[u32]) -> Option<Node<'a>> {
        let Base::Subject(number) = base else { return None };
        let Who::Node(mut node) = *self.found.get(*number as usize)? else { return None };
        for attribute in attributes {
            let Link::One(next) = node.link(*attribute as usize) else { return None };
            node = next;
        }
        Some(node)
    }
}

/// Where names of a request come from.
trait Source<'a> {
    fn entities(&self) -> &'a Entities;
    fn at(&mut self, place: Place) -> Result<End<'a>, Ask>;
    fn subject(&self, number: u8) -> Option<Who<'a>>;
    /// The cells of two places, which may be texts.
    fn cells(&self, a: Place, b: Place) -> Option<(Cell<'a>, Cell<'a>)>;
}

impl<'a> Source<'a> for &Subjects<'a> {
    fn entities(&self) -> &'a Entities {
        self.entities
    }

    fn at(&mut self, _: Place) -> Result<End<'a>, Ask> {
        Err(Ask)
    }

    #[inline]
    fn subject(&self, number: u8) -> Option<Who<'a>> {
        self.found[..self.used].get(number as usize).copied()
    }

    fn cells(&self, _: Place, _: Place) -> Option<(Cell<'a>, Cell<'a>)> {
        None
    }
}

#[inline]
fn who<'a>(entities: &'a Entities, ty: EntityTypeId, id: &'a str) -> Who<'a> {
    entities.find(ty, id).map_or(Who::Unheard(ty, id), Who::Node)
}

/// An entity that the snapshot mentions, or one that it has never heard of.
#[derive(Clone, Copy)]
enum Who<'a> {
    Node(Node<'a>),
    Unheard(EntityTypeId, &'a str),
}

/// What stands at the end of a path.
enum End<'a> {
    Absent,
    Erred,
    One(Who<'a>),
    Many(Nodes<'a>),
    /// A list or set that stands in the request.
    Values(&'a [Value]),
}

impl Relation {
    /// The relation that a program is, if it is one.
    #[must_use]
    pub fn of(encoding: &Encoding, program: &Program) -> Option<Self> {
        if let Some(mut path) = path_of(program) {
            let last = path.attributes.last().copied()?;
            path.attributes = path.attributes[..path.attributes.len() - 1].into();
            return match encoding {
                Encoding::Word | Encoding::Truth | Encoding::Symbol(_) | Encoding::Presence => {
                    Some(Self::Attribute(path, last))
                }
                Encoding::Records(_) => None,
            };
        }
        if !matches!(encoding, Encoding::Truth) {
            return None;
        }
        match program {
            Program::Compare(Comparison::Equal, a, b) => Some(Self::Same(path_of(a)?, path_of(b)?, true)),
            Program::Compare(Comparison::NotEqual, a, b) => Some(Self::Same(path_of(a)?, path_of(b)?, false)),
            Program::In(a, b) => {
                let a = path_of(a)?;
                match &**b {
                    Program::SetOf(all) | Program::ListOf(all) => {
                        Some(Self::InOne(a, all.iter().map(path_of).collect::<Option<_>>()?))
                    }
                    Program::Const(Value::Set(all) | Value::List(all)) => {
                        Some(Self::InOne(a, all.iter().map(constant).collect::<Option<_>>()?))
                    }
                    other => Some(Self::In(a, path_of(other)?)),
                }
            }
            Program::Call(id, arguments) if builtin::get(*id).name == "contains" => match &**arguments {
                [collection, element] => Some(Self::Contains(path_of(collection)?, path_of(element)?)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The word for a request.
    pub fn take<'a, I: Inputs + ?Sized>(&'a self, encoding: &Encoding, inputs: &'a I, known: &mut Known<'a>) -> Taken {
        self.by(encoding, Reader { source: FromInputs { inputs, known } })
    }

    /// The word for subjects that were looked up.
    #[inline]
    pub fn take_of<'a>(&'a self, encoding: &Encoding, subjects: &Subjects<'a>) -> Taken {
        if let Some(told) = subjects.straight(self) {
            return Taken::Word(Some(told.map_or(0, bits)));
        }
        self.by(encoding, Reader { source: subjects })
    }

    /// The same over subjects, whose numbers `number` gives for places; none where one is not a subject.
    pub fn of_subjects(&self, number: &mut impl FnMut(Place) -> Option<u8>) -> Option<Self> {
        let mut path = |path: &Path| {
            let base = match &path.base {
                Base::Place(place) => Base::Subject(number(*place)?),
                Base::Constant(..) | Base::Subject(_) => path.base.clone(),
            };
            Some(Path { base, attributes: path.attributes.clone() })
        };
        Some(match self {
            Self::Attribute(of, last) => Self::Attribute(path(of)?, *last),
            Self::Same(a, b, same) => Self::Same(path(a)?, path(b)?, *same),
            Self::In(a, b) => Self::In(path(a)?, path(b)?),
            Self::InOne(a, all) => Self::InOne(path(a)?, all.iter().map(path).collect::<Option<_>>()?),
            Self::Contains(a, b) => Self::Contains(path(a)?, path(b)?),
        })
    }

    #[inline]
    fn by<'a, S: Source<'a>>(&'a self, encoding: &Encoding, mut reader: Reader<S>) -> Taken {
        let told = match self {
            Self::Attribute(path, last) => return reader.attribute(encoding, path, *last),
            Self::Same(a, b, same) => reader.same(a, b).map(|told| told.map(|told| told == *same)),
            Self::In(a, b) => reader.lies_in(a, b),
            Self::InOne(a, all) => reader.lies_in_one(a, all),
            Self::Contains(collection, element) => reader.contains(collection, element),
        };
        match told {
            Ok(told) => Taken::Word(Some(told.map_or(0, bits))),
            Err(Ask) => Taken::Ask,
        }
    }
}

/// The path that a program is, if it is one.
fn path_of(program: &Program) -> Option<Path> {
    let mut attributes = Vec::new();
    let mut at = program;
    while let Program::Attribute(of, place) = at {
        attributes.push(*place);
        at = of;
    }
    attributes.reverse();
    let base = match at {
        Program::Const(value) => constant(value)?.base,
        other => Base::Place(place_of(other)?),
    };
    Some(Path { base, attributes: attributes.into() })
}

fn constant(value: &Value) -> Option<Path> {
    let Value::Entity(entity) = value else { return None };
    let hash = name_hash(entity.ty, &entity.id);
    Some(Path { base: Base::Constant(entity.clone(), hash), attributes: Box::default() })
}

impl<'a> Known<'a> {
    /// What was found at a place before, or what `find` finds now.
    #[inline]
    fn at(&mut self, place: Place, find: impl FnOnce() -> Option<Who<'a>>) -> Option<Who<'a>> {
        let before = self.found[..self.used].iter().flatten().find(|(at, _)| *at == place);
        if let Some((_, who)) = before {
            return *who;
        }
        let who = find();
        if self.used < MOST_KNOWN {
            self.found[self.used] = Some((place, who));
            self.used += 1;
        }
        who
    }
}

impl<'a> Who<'a> {
    /// Of one snapshot.
    fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Node(a), Self::Node(b)) => a.is(b),
            (Self::Unheard(ty, id), Self::Unheard(other_ty, other)) => ty == other_ty && id == other,
            (Self::Node(_), Self::Unheard(..)) | (Self::Unheard(..), Self::Node(_)) => false,
        }
    }

    /// Whether it is the group or lies in it; none where that cannot be told.
    fn is_in(self, group: Self) -> Option<bool> {
        match (self, group) {
            (Self::Node(node), Self::Node(group)) => node.is_in(group),
            (Self::Node(node), Self::Unheard(..)) => node.is_closed().then_some(false),
            (Self::Unheard(..), _) => self.is(group).then_some(true),
        }
    }

    fn is_in_one_of(self, groups: Nodes<'a>) -> Option<bool> {
        match self {
            Self::Node(node) => node.is_in_one_of(groups),
            Self::Unheard(..) => groups.is_empty().then_some(false),
        }
    }
}

/// Kleene's `or`.
fn either(all: impl Iterator<Item = Told>) -> Told {
    let mut sum = Some(false);
    for told in all {
        match told? {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => sum = None,
        }
    }
    Ok(sum)
}

/// A request that is read place by place.
struct FromInputs<'a, 'k, I: Inputs + ?Sized> {
    inputs: &'a I,
    known: &'k mut Known<'a>,
}

impl<'a, I: Inputs + ?Sized> Source<'a> for FromInputs<'a, '_, I> {
    fn entities(&self) -> &'a Entities {
        self.inputs.entities()
    }

    #[inline]
    fn at(&mut self, place: Place) -> Result<End<'a>, Ask> {
        let inputs = self.inputs;
        let find = || match inputs.cell(place) {
            Cell::Entity(ty, id) => Some(who(inputs.entities(), ty, id)),
            Cell::Absent | Cell::Erred | Cell::Word(_) | Cell::Text(_) | Cell::Value(_) => None,
        };
        if let Some(who) = self.known.at(place, find) {
            return Ok(End::One(who));
        }
        match inputs.cell(place) {
            Cell::Absent => Ok(End::Absent),
            Cell::Erred => Ok(End::Erred),
            Cell::Value(Value::List(all) | Value::Set(all)) => Ok(End::Values(all)),
            Cell::Entity(..) | Cell::Word(_) | Cell::Text(_) | Cell::Value(_) => Err(Ask),
        }
    }

    fn subject(&self, _: u8) -> Option<Who<'a>> {
        None
    }

    fn cells(&self, a: Place, b: Place) -> Option<(Cell<'a>, Cell<'a>)> {
        Some((self.inputs.cell(a), self.inputs.cell(b)))
    }
}

struct Reader<S> {
    source: S,
}

impl<S> Reader<S> {
    /// What stands where a path begins.
    #[inline]
    fn base<'a>(&mut self, base: &'a Base) -> Result<End<'a>, Ask>
    where
        S: Source<'a>,
    {
        match base {
            Base::Place(place) => self.source.at(*place),
            Base::Subject(number) => self.source.subject(*number).map(End::One).ok_or(Ask),
            Base::Constant(entity, hash) => {
                let node = self.source.entities().find_hashed(entity.ty, &entity.id, *hash);
                Ok(End::One(node.map_or(Who::Unheard(entity.ty, &entity.id), Who::Node)))
            }
        }
    }

    /// What stands at the end of a path.
    #[inline]
    fn end<'a>(&mut self, path: &'a Path) -> Result<End<'a>, Ask>
    where
        S: Source<'a>,
    {
        let mut at = self.base(&path.base)?;
        for attribute in &path.attributes {
            at = match at {
                End::One(Who::Node(node)) => match node.link(*attribute as usize) {
                    Link::Absent => End::Absent,
                    Link::Erred => End::Erred,
                    Link::One(node) => End::One(Who::Node(node)),
                    Link::Many(nodes) => End::Many(nodes),
                    Link::Other(_) => return Err(Ask),
                },
                // An entity that is not there, or that the snapshot does not hold, has no attributes to tell.
                End::One(Who::Unheard(..)) | End::Absent | End::Erred => End::Erred,
                End::Many(_) | End::Values(_) => return Err(Ask),
            };
        }
        Ok(at)
    }

    fn attribute<'a>(&mut self, encoding: &Encoding, path: &'a Path, last: u32) -> Taken
    where
        S: Source<'a>,
    {
        let cell = match self.end(path) {
            Ok(End::One(Who::Node(node))) => match node.attribute(last as usize) {
                Some(Ok(Some(Value::Unknown(_)))) => return Taken::Ask,
                Some(answer) => Cell::of(answer),
                None => Cell::Erred,
            },
            Ok(End::One(Who::Unheard(..)) | End::Absent | End::Erred) => Cell::Erred,
            Ok(End::Many(_) | End::Values(_)) | Err(Ask) => return Taken::Ask,
        };
        encode(encoding, cell)
    }

    fn same<'a>(&mut self, a: &'a Path, b: &'a Path) -> Told
    where
        S: Source<'a>,
    {
        match self.texts(a, b) {
            Some((Cell::Text(a), Cell::Text(b))) => return Ok(Some(a == b)),
            Some((Cell::Absent | Cell::Erred, _) | (_, Cell::Absent | Cell::Erred)) => return Ok(None),
            Some((Cell::Entity(..), Cell::Entity(..))) | None => {}
            Some(_) => return Err(Ask),
        }
        match (self.end(a)?, self.end(b)?) {
            (End::One(a), End::One(b)) => Ok(Some(a.is(b))),
            (End::Absent | End::Erred, _) | (_, End::Absent | End::Erred) => Ok(None),
            (End::One(_) | End::Many(_) | End::Values(_), _) => Err(Ask),
        }
    }

    /// The cells of two places.
    fn texts<'a>(&self, a: &Path, b: &Path) -> Option<(Cell<'a>, Cell<'a>)>
    where
        S: Source<'a>,
    {
        match (&a.base, &b.base) {
            (Base::Place(x), Base::Place(y)) if a.attributes.is_empty() && b.attributes.is_empty() => {
                self.source.cells(*x, *y)
            }
            (_, _) => None,
        }
    }

    fn lies_in<'a>(&mut self, a: &'a Path, b: &'a Path) -> Told
    where
        S: Source<'a>,
    {
        let who = match self.end(a)? {
            End::One(who) => who,
            End::Absent | End::Erred => return Ok(None),
            End::Many(_) | End::Values(_) => return Err(Ask),
        };
        let entities = self.source.entities();
        let found = |group: &'a EntityRef| self::who(entities, group.ty, &group.id);
        match self.end(b)? {
            End::One(group) => Ok(who.is_in(group)),
            End::Many(groups) => Ok(who.is_in_one_of(groups)),
            End::Values(all) => either(all.iter().map(|value| match value {
                Value::Entity(group) => Ok(who.is_in(found(group))),
                Value::Unknown(_) => Ok(None),
                _ => Err(Ask),
            })),
            End::Absent | End::Erred => Ok(None),
        }
    }

    fn lies_in_one<'a>(&mut self, a: &'a Path, all: &'a [Path]) -> Told
    where
        S: Source<'a>,
    {
        let who = match self.end(a)? {
            End::One(who) => who,
            End::Absent | End::Erred => return Ok(None),
            End::Many(_) | End::Values(_) => return Err(Ask),
        };
        either(all.iter().map(|path| match self.end(path)? {
            End::One(group) => Ok(who.is_in(group)),
            End::Absent | End::Erred => Ok(None),
            End::Many(_) | End::Values(_) => Err(Ask),
        }))
    }

    fn contains<'a>(&mut self, collection: &'a Path, element: &'a Path) -> Told
    where
        S: Source<'a>,
    {
        let collection = self.end(collection)?;
        let who = match self.end(element)? {
            End::One(who) => who,
            End::Absent | End::Erred => return Ok(None),
            End::Many(_) | End::Values(_) => return Err(Ask),
        };
        let entities = self.source.entities();
        let found = |one: &'a EntityRef| self::who(entities, one.ty, &one.id);
        match collection {
            End::Many(nodes) => {
                let found = matches!(who, Who::Node(one) if nodes.iter().any(|node| node.is(one)));
                Ok(if found { Some(true) } else { (!nodes.unclear).then_some(false) })
            }
            End::Values(all) => either(all.iter().map(|value| match value {
                Value::Entity(one) => Ok(Some(found(one).is(who))),
                Value::Unknown(_) => Ok(None),
                _ => Err(Ask),
            })),
            End::Absent | End::Erred => Ok(None),
            End::One(_) => Err(Ask),
        }
    }
}
