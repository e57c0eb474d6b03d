//! What the items of one action need of a request, kept beside them, so that of many items few are read.
//!
//! An item such as `rule … { when service == "api" … }` is false wherever `service` is something else. The plan
//! knows that of each condition ([`lanes`](crate::plan::lanes)); here it stands as a table: for some keys, what each
//! item needs of the key's value. A request is held against the table from its beginning to its end, which costs some
//! tens of nanoseconds an item, and only the items whose need it meets are read, hashed and judged.
//!
//! INVARIANT: an item that is not found is false for the request, so it neither decides nor owes anything. Items that
//! change others, or are not told apart by a key, are always found. Where a key errs, or its value is of another sort
//! than its type says, every item that is filed under it is found.

use std::collections::{HashMap, HashSet};

use super::bytes::{Coded, Reader, Taken, Writer, choice, malformed, record};
use super::slice::part_of;
use super::sound;
use super::stored::{Runs, ranges, runs, unrolled};
use crate::check::typed::{ActionId, TExpr, TExprKind, TypedPolicy};
use crate::decision::ItemId;
use crate::entities::Entities;
use crate::graph::key::Keys;
use crate::graph::{self, About};
use crate::ids::EntityTypeId;
use crate::interp::{Evaluator, Scene};
use crate::plan::lanes::access::Need;
use crate::plan::lanes::choose::{Chosen, choose};
use crate::plan::lanes::{Choice, KeyKind};
use crate::value::literal::Literal;
use crate::value::path::{MOST_ENDS, tails};
use crate::value::{EntityRef, Value};

/// From how many items about an action on a table is kept of it. Fewer are read as quickly as the table.
pub(super) const MANY: usize = 128;

/// The table of an action.
#[derive(Debug)]
pub(super) struct Needs {
    /// Items that every request may concern.
    always: Runs,
    lanes: Vec<Lane>,
}

/// Items by what they need of one key.
#[derive(Debug)]
struct Lane {
    of: TExpr,
    kind: KeyKind,
    entries: Vec<Entry>,
}

/// Items with the same need.
#[derive(Debug)]
struct Entry {
    need: Need,
    /// Whether they are false where the key is absent.
    guarded: bool,
    items: Runs,
}

record!(Needs { always, lanes });
record!(Lane { of, kind, entries });
record!(Entry { need, guarded, items });
choice!(KeyKind { 0 Word, 1 Text, 2 Path, 3 Entity });
choice!(Need { 0 Words(all), 1 Texts(all), 2 Paths(exact, folded), 3 Entities(all), 4 Under(all) });
choice!(Literal { 0 Whole(bytes), 1 Head(bytes), 2 Tail(bytes), 3 Inside(bytes) });

impl Coded for Box<[u8]> {
    fn put(&self, w: &mut Writer) {
        w.number(self.len() as u64);
        w.all(self);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        let count = r.count()?;
        r.all(count).map(Self::from)
    }
}

impl Needs {
    /// The table of a declared action with the items that concern it; none where no key tells any of them apart.
    pub(super) fn of(policy: &TypedPolicy, action: ActionId, about: &[u32]) -> Option<Self> {
        let part = part_of(policy, &policy.action_def(action).name);
        let graph = graph::build(&part);
        let own = graph.parts.iter().find(|own| match own.about {
            About::Action(id) => part.action_def(id).name == policy.action_def(action).name,
            About::Undeclared(_) => false,
        })?;
        let chosen = choose(&part, own, &mut Keys::default(), &own.rows, false, Choice::ALWAYS);
        // The part has the items of the whole in their order, under other numbers.
        let names: HashMap<&str, u32> = (0..).zip(&policy.items).map(|(id, item)| (&*item.name, id)).collect();
        let whole: Option<Vec<u32>> = part.items.iter().map(|item| names.get(&*item.name).copied()).collect();
        Self::filed(chosen, &whole?, about)
    }

    fn filed(chosen: Chosen<'_>, whole: &[u32], about: &[u32]) -> Option<Self> {
        let number = |item: ItemId| whole.get(item.0 as usize).copied();
        let mut filed: HashSet<u32> = HashSet::new();
        // An item with a row that is not filed is read for every request.
        let mut elsewhere: HashSet<u32> = chosen.main.iter().filter_map(|row| number(row.item)).collect();
        let mut lanes = Vec::new();
        for lane in chosen.lanes {
            if !is_plain(lane.of) {
                let rows = lane.pieces.iter().flat_map(|piece| &piece.rows);
                elsewhere.extend(rows.filter_map(|row| number(row.item)));
                continue;
            }
            let mut entries = Vec::with_capacity(lane.pieces.len());
            for piece in lane.pieces {
                let mut items: Vec<u32> = piece.rows.iter().filter_map(|row| number(row.item)).collect();
                items.sort_unstable();
                items.dedup();
                filed.extend(&items);
                entries.push(Entry { need: piece.need, guarded: piece.guarded, items: runs(&items) });
            }
            lanes.push(Lane { of: lane.of.clone(), kind: lane.kind, entries });
        }
        let always: Vec<u32> =
            about.iter().copied().filter(|id| elsewhere.contains(id) || !filed.contains(id)).collect();
        (!lanes.is_empty()).then(|| Self { always: runs(&always), lanes })
    }
}

/// Whether a key is no more than a field, a fact, the time, or what follows from those alone.
fn is_plain(of: &TExpr) -> bool {
    match &of.kind {
        TExprKind::Field(_)
        | TExprKind::Fact(..)
        | TExprKind::Principal
        | TExprKind::Now
        | TExprKind::ActionName
        | TExprKind::Const(_) => true,
        TExprKind::Attribute(of, _) | TExprKind::RecordField(of, _) | TExprKind::ToDecimal(of) => is_plain(of),
        TExprKind::Call(_, arguments) => arguments.iter().all(is_plain),
        TExprKind::Flag(..)
        | TExprKind::Var(_)
        | TExprKind::MapGet(..)
        | TExprKind::Has(_)
        | TExprKind::Coalesce(..)
        | TExprKind::Not(_)
        | TExprKind::And(_)
        | TExprKind::Or(_)
        | TExprKind::AtLeast(..)
        | TExprKind::Compare(..)
        | TExprKind::Arithmetic(..)
        | TExprKind::In(..)
        | TExprKind::Quantified { .. }
        | TExprKind::SetOf(_)
        | TExprKind::ListOf(_)
        | TExprKind::SecretsFound(_)
        | TExprKind::SecretsKinds(_)
        | TExprKind::Warnings(_) => false,
    }
}

/// The items that a request may concern, ascending: read off a table without making it. The scene's policy has the
/// action and all that is not of any item.
pub(super) fn candidates(r: &mut Reader<'_>, scene: &Scene<'_>, below: u32) -> Taken<Vec<u32>> {
    let mut found = unrolled(&Runs::take(r)?, below)?;
    for _ in 0..r.count()? {
        let of = TExpr::take(r)?;
        sound::key(scene.policy, &of)?;
        let kind = KeyKind::take(r)?;
        let answer = Evaluator::new(*scene).value(&of);
        let value = answer.as_ref().map(Option::as_ref);
        let sought = Sought::new(kind, value.map_err(|_| ()), scene.entities);
        for _ in 0..r.count()? {
            let met = sought.meets(kind, r)?;
            let guarded = bool::take(r)?;
            let wanted = match sought {
                Sought::Everything => true,
                Sought::Absent => !guarded,
                Sought::Word(_) | Sought::Text(_) | Sought::Path { .. } | Sought::Entity { .. } => met,
            };
            skim_runs(r, below, wanted.then_some(&mut found))?;
        }
    }
    r.end()?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Reads runs of items, and keeps them where they are wanted.
fn skim_runs(r: &mut Reader<'_>, below: u32, into: Option<&mut Vec<u32>>) -> Taken<()> {
    if let Some(into) = into {
        return ranges(&Runs::take(r)?, below, |range| into.extend(range));
    }
    for _ in 0..r.count()? {
        r.small()?;
        r.small()?;
    }
    Ok(())
}

/// What is looked for in a lane.
enum Sought<'a> {
    /// It cannot be told what the value concerns.
    Everything,
    /// There is no value.
    Absent,
    Word(i64),
    Text(Sifted<'a>),
    Path {
        /// As it is.
        exact: Sifted<'a>,
        /// The forms and ends that compare without regard to case and form.
        folded: Vec<String>,
    },
    Entity {
        ty: EntityTypeId,
        id: &'a str,
        /// It and what it lies in; none where not all of that is known.
        above: Option<HashSet<(EntityTypeId, &'a str)>>,
    },
}

impl<'a> Sought<'a> {
    fn new(kind: KeyKind, value: Result<Option<&'a Value>, ()>, entities: &'a Entities) -> Self {
        let value = match value {
            Ok(Some(value)) => value,
            Ok(None) => return Self::Absent,
            Err(()) => return Self::Everything,
        };
        match (kind, value) {
            (KeyKind::Word, value) => value.word().map_or(Self::Everything, Self::Word),
            (KeyKind::Text, Value::Str(text) | Value::Host(text) | Value::Ref(text)) => Self::Text(Sifted::new(text)),
            (KeyKind::Text, Value::Url(url)) => Self::Text(Sifted::new(url.text())),
            (KeyKind::Path, Value::Path(path)) if !path.is_outside() || path.depth() <= MOST_ENDS => {
                let mut folded = vec![path.folded().to_owned(), path.text().to_owned()];
                if path.is_outside() {
                    // It may be a file inside the workspace that one of its ends names.
                    folded.extend(tails(path));
                }
                Self::Path { exact: Sifted::new(path.text()), folded }
            }
            (KeyKind::Entity, Value::Entity(EntityRef { ty, id })) => {
                let node = entities.find(*ty, id).filter(|node| node.is_closed());
                let above = node.map(|node| {
                    let groups = node.ancestors().map(|group| (group.name().ty, &*group.name().id));
                    groups.chain([(*ty, &**id)]).collect()
                });
                Self::Entity { ty: *ty, id, above }
            }
            (KeyKind::Text | KeyKind::Path | KeyKind::Entity, _) => Self::Everything,
        }
    }

    /// Reads a need; whether this meets it.
    fn meets(&self, kind: KeyKind, r: &mut Reader<'_>) -> Taken<bool> {
        let tag = r.byte()?;
        let fits = matches!(
            (kind, tag),
            (KeyKind::Word, 0) | (KeyKind::Text, 1) | (KeyKind::Path, 2) | (KeyKind::Entity, 3 | 4)
        );
        if !fits {
            return Err(malformed("what an item needs is of another sort than its key"));
        }
        let mut met = false;
        match kind {
            KeyKind::Word => {
                for _ in 0..r.count()? {
                    let (low, high) = (r.signed()?, r.signed()?);
                    met |= matches!(self, Self::Word(word) if low <= *word && *word <= high);
                }
            }
            KeyKind::Text => {
                for _ in 0..r.count()? {
                    let literal = Read::take(r)?;
                    met |= matches!(self, Self::Text(text) if text.has(literal));
                }
            }
            KeyKind::Path => {
                for _ in 0..r.count()? {
                    let literal = Read::take(r)?;
                    met |= matches!(self, Self::Path { exact, .. } if exact.has(literal));
                }
                for _ in 0..r.count()? {
                    let literal = Read::take(r)?;
                    met |=
                        matches!(self, Self::Path { folded, .. } if folded.iter().any(|f| literal.is_in(f.as_bytes())));
                }
            }
            KeyKind::Entity => {
                for _ in 0..r.count()? {
                    let (entity, name) = (EntityTypeId::take(r)?, r.text()?);
                    met |= match self {
                        Self::Entity { ty, id, above } => {
                            let own = (*ty, *id) == (entity, name);
                            own || (tag == 4 && above.as_ref().is_none_or(|above| above.contains(&(entity, name))))
                        }
                        Self::Everything | Self::Absent | Self::Word(_) | Self::Text(_) | Self::Path { .. } => false,
                    };
                }
            }
        }
        Ok(met)
    }
}

/// A literal as it lies in the table.
#[derive(Clone, Copy)]
struct Read<'a> {
    kind: u8,
    bytes: &'a [u8],
}

impl<'a> Read<'a> {
    fn take(r: &mut Reader<'a>) -> Taken<Self> {
        let kind = r.byte()?;
        let count = r.count()?;
        if kind > 3 {
            return Err(malformed("there is no such Literal"));
        }
        Ok(Self { kind, bytes: r.all(count)? })
    }

    fn is_in(self, text: &[u8]) -> bool {
        match self.kind {
            0 => text == self.bytes,
            1 => text.starts_with(self.bytes),
            2 => text.ends_with(self.bytes),
            _ => self.bytes.is_empty() || text.windows(self.bytes.len()).any(|window| window == self.bytes),
        }
    }
}

/// A text with what it is made of, so that most literals are seen not to stand in it without a search.
struct Sifted<'a> {
    text: &'a [u8],
    /// Every three bytes that follow one another, as bits.
    threes: Box<[u64; THREES / 64]>,
}

const THREES: usize = 1 << 14;

impl<'a> Sifted<'a> {
    fn new(text: &'a str) -> Self {
        let mut threes = Box::new([0; THREES / 64]);
        for three in text.as_bytes().windows(3) {
            let at = Self::place(three);
            threes[at / 64] |= 1 << (at % 64);
        }
        Self { text: text.as_bytes(), threes }
    }

    fn place(three: &[u8]) -> usize {
        let word = three.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        (word.wrapping_mul(0x9e37_79b1) >> 18) as usize % THREES
    }

    fn has(&self, literal: Read<'_>) -> bool {
        let known = |three: &[u8]| {
            let at = Self::place(three);
            self.threes[at / 64] >> (at % 64) & 1 == 1
        };
        if literal.kind == 3 && !literal.bytes.windows(3).all(known) {
            return false;
        }
        literal.is_in(self.text)
    }
}
