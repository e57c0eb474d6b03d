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
use crate::entities::{Link, Node, Nodes, name_hash};
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
        let mut reader = Reader { inputs, known };
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

struct Reader<'a, 'k, I: Inputs + ?Sized> {
    inputs: &'a I,
    known: &'k mut Known<'a>,
}

impl<'a, I: Inputs + ?Sized> Reader<'a, '_, I> {
    fn who(&self, ty: EntityTypeId, id: &'a str) -> Who<'a> {
        self.inputs.entities().find(ty, id).map_or(Who::Unheard(ty, id), Who::Node)
    }

    /// What stands where a path begins.
    #[inline]
    fn base(&mut self, base: &'a Base) -> Result<End<'a>, Ask> {
        let place = match base {
            Base::Place(place) => *place,
            Base::Constant(entity, hash) => {
                let node = self.inputs.entities().find_hashed(entity.ty, &entity.id, *hash);
                return Ok(End::One(node.map_or(Who::Unheard(entity.ty, &entity.id), Who::Node)));
            }
        };
        let inputs = self.inputs;
        let find = || match inputs.cell(place) {
            Cell::Entity(ty, id) => Some(inputs.entities().find(ty, id).map_or(Who::Unheard(ty, id), Who::Node)),
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

    /// What stands at the end of a path.
    #[inline]
    fn end(&mut self, path: &'a Path) -> Result<End<'a>, Ask> {
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

    fn attribute(&mut self, encoding: &Encoding, path: &'a Path, last: u32) -> Taken {
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

    fn same(&mut self, a: &'a Path, b: &'a Path) -> Told {
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
    fn texts(&self, a: &Path, b: &Path) -> Option<(Cell<'a>, Cell<'a>)> {
        match (&a.base, &b.base) {
            (Base::Place(x), Base::Place(y)) if a.attributes.is_empty() && b.attributes.is_empty() => {
                Some((self.inputs.cell(*x), self.inputs.cell(*y)))
            }
            (_, _) => None,
        }
    }

    fn lies_in(&mut self, a: &'a Path, b: &'a Path) -> Told {
        let who = match self.end(a)? {
            End::One(who) => who,
            End::Absent | End::Erred => return Ok(None),
            End::Many(_) | End::Values(_) => return Err(Ask),
        };
        match self.end(b)? {
            End::One(group) => Ok(who.is_in(group)),
            End::Many(groups) => Ok(who.is_in_one_of(groups)),
            End::Values(all) => either(all.iter().map(|value| match value {
                Value::Entity(group) => Ok(who.is_in(self.who(group.ty, &group.id))),
                Value::Unknown(_) => Ok(None),
                _ => Err(Ask),
            })),
            End::Absent | End::Erred => Ok(None),
        }
    }

    fn lies_in_one(&mut self, a: &'a Path, all: &'a [Path]) -> Told {
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

    fn contains(&mut self, collection: &'a Path, element: &'a Path) -> Told {
        let collection = self.end(collection)?;
        let who = match self.end(element)? {
            End::One(who) => who,
            End::Absent | End::Erred => return Ok(None),
            End::Many(_) | End::Values(_) => return Err(Ask),
        };
        match collection {
            End::Many(nodes) => {
                let found = matches!(who, Who::Node(one) if nodes.iter().any(|node| node.is(one)));
                Ok(if found { Some(true) } else { (!nodes.unclear).then_some(false) })
            }
            End::Values(all) => either(all.iter().map(|value| match value {
                Value::Entity(one) => Ok(Some(self.who(one.ty, &one.id).is(who))),
                Value::Unknown(_) => Ok(None),
                _ => Err(Ask),
            })),
            End::Absent | End::Erred => Ok(None),
            End::One(_) => Err(Ask),
        }
    }
}
