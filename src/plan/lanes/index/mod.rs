//! From the value of a lane's key to the pieces that it may concern.
//!
//! INVARIANT: a piece that an index does not give has rows whose need is not met by the value, so that they are
//! false whatever else they ask. Where that cannot be told, the index says so and every piece is judged.

mod affixes;
mod intervals;
mod texts;

pub(crate) use affixes::{Affixes, End, GREATEST};
pub(crate) use intervals::{Intervals, Span};
pub(crate) use texts::Texts;

use super::access::{KeyKind, Need};
use crate::entities::Entities;
use crate::plan::cell::Cell;
use crate::plan::hash::Table;
use crate::types::EntityTypeId;
use crate::value::path::{MOST_ENDS, tails};
use crate::value::{EntityRef, PathValue, Value};

/// Short lists in one piece of memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    /// Where each list begins, and where the last one ends.
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Lists {
    /// So many lists, from pairs of a list and an entry.
    pub(crate) fn new(count: usize, pairs: &mut Vec<(u32, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0; count + 1];
        for (list, _) in pairs.iter() {
            starts[*list as usize + 1] += 1;
        }
        for list in 1..starts.len() {
            starts[list] += starts[list - 1];
        }
        Self { starts, all: pairs.iter().map(|(_, entry)| *entry).collect() }
    }

    /// A list by its number.
    #[inline]
    pub(crate) fn of(&self, list: usize) -> &[u32] {
        match (self.starts.get(list), self.starts.get(list + 1)) {
            (Some(from), Some(to)) => self.all.get(*from as usize..*to as usize).unwrap_or(&[]),
            (_, _) => &[],
        }
    }

    fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// Pieces by the value of a key.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one for each lane")]
pub(crate) enum Index {
    /// By a number.
    Words {
        /// Single numbers with their lists.
        single: Table<i64, u32>,
        /// Lists of the single numbers, then one for each range.
        lists: Lists,
        /// Ranges of more than one number.
        ranges: Option<Intervals>,
    },
    /// By a text.
    Texts(Texts),
    /// By a path.
    Paths {
        /// By the path as it is, where that is not found among the folded ones too.
        exact: Texts,
        /// By the path without regard to case and form.
        folded: Texts,
        /// A fault for tests of the tests.
        #[cfg(test)]
        planted: Option<Planted>,
    },
    /// By an entity.
    Entities {
        /// By what it is.
        own: Names,
        /// By what it is or lies in.
        under: Names,
        /// The lists of both.
        lists: Lists,
        /// A fault for tests of the tests.
        #[cfg(test)]
        planted: Option<Planted>,
    },
}

/// What an index says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// It gave the pieces whose need is met.
    Surely,
    /// It gave all those and perhaps others: what follows from the need must be asked.
    Perhaps,
    /// It cannot tell.
    Unknown,
}

/// Names of entities with numbers of lists, type by type.
type Names = Vec<(EntityTypeId, Table<Box<str>, u32>)>;

/// A fault planted for tests.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planted {
    /// The ends of a path outside the workspace are not looked for.
    NoEnds,
    /// What an unknown entity lies in is taken for nothing.
    ClosedWorld,
    /// What a path may need is taken for what it surely needs.
    AlwaysSure,
}

#[cfg(test)]
impl Index {
    /// Plants a fault, where the index is of the kind that it concerns.
    pub(crate) fn plant(&mut self, fault: Planted) -> bool {
        match (self, fault) {
            (Self::Paths { planted, .. }, Planted::NoEnds | Planted::AlwaysSure)
            | (Self::Entities { planted, .. }, Planted::ClosedWorld) => {
                *planted = Some(fault);
                true
            }
            (_, _) => false,
        }
    }

    /// Breaks the chains from longer literals to shorter ones.
    pub(crate) fn forget_shorter(&mut self) -> bool {
        match self {
            Self::Texts(texts) => texts.forget_shorter(),
            Self::Paths { exact, folded, .. } => exact.forget_shorter() | folded.forget_shorter(),
            Self::Words { .. } | Self::Entities { .. } => false,
        }
    }
}

impl Index {
    /// Files pieces under their needs, which all have the same kind.
    pub(crate) fn new(kind: KeyKind, entries: &[(&Need, u32)]) -> Self {
        match kind {
            KeyKind::Word => words(entries),
            KeyKind::Text => {
                let literals = entries.iter().flat_map(|(need, piece)| match need {
                    Need::Texts(all) => all.iter().map(|literal| (literal, *piece)).collect::<Vec<_>>(),
                    Need::Words(_) | Need::Paths(..) | Need::Entities(_) | Need::Under(_) => Vec::new(),
                });
                Self::Texts(Texts::new(literals))
            }
            KeyKind::Path => paths(entries),
            KeyKind::Entity => entities(entries),
        }
    }

    /// Finds the pieces that a value may concern, perhaps several times.
    #[inline]
    pub(crate) fn find(&self, cell: Cell<'_>, known: &Entities, out: &mut Vec<u32>) -> Met {
        match (self, cell) {
            (Self::Words { single, lists, ranges }, Cell::Word(word)) => {
                if let Some(list) = single.get(&word) {
                    out.extend_from_slice(lists.of(*list as usize));
                }
                if let Some(ranges) = ranges {
                    let first = single.len();
                    ranges.find(word, |range| out.extend_from_slice(lists.of(first + range as usize)));
                }
                Met::Surely
            }
            (Self::Texts(texts), Cell::Text(text)) => {
                texts.find(text.as_bytes(), out);
                Met::Surely
            }
            (Self::Texts(texts), Cell::Value(Value::Url(url))) => {
                texts.find(url.text().as_bytes(), out);
                Met::Surely
            }
            #[cfg(test)]
            (Self::Paths { exact, folded, planted: Some(fault) }, Cell::Value(Value::Path(path))) => {
                if *fault == Planted::NoEnds {
                    folded.find(path.folded().as_bytes(), out);
                    return Met::Perhaps;
                }
                find_path(exact, folded, path, out);
                Met::Surely
            }
            (Self::Paths { exact, folded, .. }, Cell::Value(Value::Path(path))) => find_path(exact, folded, path, out),
            (Self::Entities { own, under, lists, .. }, Cell::Entity(ty, id)) => {
                let mut add = |names: &Names, ty, id: &str| {
                    if let Some(list) = number(names, ty, id) {
                        out.extend_from_slice(lists.of(list as usize));
                    }
                };
                add(own, ty, id);
                if under.is_empty() {
                    return Met::Surely;
                }
                add(under, ty, id);
                // What it lies in must all be known, or nobody can say what it does not lie in.
                let Some(node) = known.find(ty, id).filter(|node| node.is_closed()) else {
                    return if self.is_planted() { Met::Surely } else { Met::Unknown };
                };
                node.ancestors().for_each(|group| add(under, group.name().ty, &group.name().id));
                Met::Surely
            }
            // Absent, erred, or of another shape than its type says.
            (Self::Words { .. } | Self::Texts(_) | Self::Paths { .. } | Self::Entities { .. }, _) => Met::Unknown,
        }
    }
}

impl Index {
    #[cfg(test)]
    fn is_planted(&self) -> bool {
        matches!(self, Self::Entities { planted: Some(_), .. })
    }

    #[cfg(not(test))]
    fn is_planted(&self) -> bool {
        false
    }
}

fn words(entries: &[(&Need, u32)]) -> Index {
    let spans = entries.iter().flat_map(|(need, piece)| match need {
        Need::Words(all) => all.iter().map(|span| (*span, *piece)).collect::<Vec<_>>(),
        Need::Texts(_) | Need::Paths(..) | Need::Entities(_) | Need::Under(_) => Vec::new(),
    });
    let (points, ranges): (Vec<_>, Vec<_>) = spans.partition(|((low, high), _)| low == high);
    let mut single: Table<i64, u32> = Table::default();
    let mut pairs = Vec::new();
    for ((word, _), piece) in points {
        let next = single.len() as u32;
        pairs.push((*single.entry(word).or_insert(next), piece));
    }
    let mut all: Vec<Span> = ranges.iter().map(|(span, _)| *span).collect();
    all.sort_unstable();
    all.dedup();
    let first = single.len();
    for (span, piece) in ranges {
        if let Ok(place) = all.binary_search(&span) {
            pairs.push(((first + place) as u32, piece));
        }
    }
    let lists = Lists::new(first + all.len(), &mut pairs);
    Index::Words { single, lists, ranges: (!all.is_empty()).then(|| Intervals::new(&all)) }
}

fn paths(entries: &[(&Need, u32)]) -> Index {
    let (mut exact, mut folded) = (Vec::new(), Vec::new());
    for (need, piece) in entries {
        match need {
            Need::Paths(own, without_case) => {
                folded.extend(without_case.iter().map(|literal| (literal, *piece)));
                // What is the same in both forms is looked for among the folded ones by both forms of a path.
                let differing = own.iter().filter(|literal| !without_case.contains(literal));
                exact.extend(differing.map(|literal| (literal, *piece)));
            }
            Need::Words(_) | Need::Texts(_) | Need::Entities(_) | Need::Under(_) => {}
        }
    }
    Index::Paths {
        exact: Texts::new(exact.into_iter()),
        folded: Texts::new(folded.into_iter()),
        #[cfg(test)]
        planted: None,
    }
}

fn find_path(exact: &Texts, folded: &Texts, path: &PathValue, out: &mut Vec<u32>) -> Met {
    let as_folded = path.folded() == path.text();
    folded.find(path.folded().as_bytes(), out);
    if !as_folded {
        folded.find(path.text().as_bytes(), out);
    }
    if !exact.is_empty() {
        exact.find(path.text().as_bytes(), out);
    }
    if path.is_outside() {
        if path.depth() > MOST_ENDS {
            return Met::Unknown;
        }
        // It may be a file inside the workspace that one of its ends names.
        for tail in tails(path) {
            folded.find(tail.as_bytes(), out);
        }
        return Met::Perhaps;
    }
    if as_folded { Met::Surely } else { Met::Perhaps }
}

fn entities(entries: &[(&Need, u32)]) -> Index {
    let (mut own, mut under): (Names, Names) = (Names::new(), Names::new());
    let mut pairs = Vec::new();
    let mut count = 0;
    let mut add = |names: &mut Names, entity: &EntityRef, piece: u32| {
        let place = names.iter().position(|(ty, _)| *ty == entity.ty).unwrap_or_else(|| {
            names.push((entity.ty, Table::default()));
            names.len() - 1
        });
        let list = *names[place].1.entry((*entity.id).into()).or_insert_with(|| {
            count += 1;
            count - 1
        });
        pairs.push((list, piece));
    };
    for (need, piece) in entries {
        match need {
            Need::Entities(all) => all.iter().for_each(|entity| add(&mut own, entity, *piece)),
            Need::Under(all) => all.iter().for_each(|entity| add(&mut under, entity, *piece)),
            Need::Words(_) | Need::Texts(_) | Need::Paths(..) => {}
        }
    }
    let lists = Lists::new(count as usize, &mut pairs);
    Index::Entities {
        own,
        under,
        lists,
        #[cfg(test)]
        planted: None,
    }
}

fn number(names: &Names, ty: EntityTypeId, id: &str) -> Option<u32> {
    names.iter().find(|(of, _)| *of == ty)?.1.get(id).copied()
}
