//! Which rows lie in which lanes.
//!
//! A row may need something of several keys. It goes to the key for which the fewest rows are expected to need
//! what it needs; a key that too few rows would use has no lane, since asking an index costs more than judging
//! them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::PIECE;
use super::access::{Access, KeyKind, Need, accesses};
use crate::check::typed::{TExpr, TExprKind, TypedPolicy};
use crate::decision::{ItemId, Tier};
use crate::graph::key::Keys;
use crate::graph::{Effect, Key, Node, Part, Row, relaxes};
use crate::value::literal::Literal;

/// From how many rows on a lane is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Rows that compare numbers or whole texts, which costs little by itself.
    pub cheap: usize,
    /// Rows of other kinds.
    pub dear: usize,
}

impl Default for Choice {
    fn default() -> Self {
        Self { cheap: 32, dear: 8 }
    }
}

impl Choice {
    /// No lanes at all.
    pub const OFF: Self = Self { cheap: usize::MAX, dear: usize::MAX };
    /// A lane wherever one can be made.
    pub const ALWAYS: Self = Self { cheap: 1, dear: 1 };
}

/// The rows of a part by where they lie.
pub(crate) struct Chosen<'p> {
    /// Those of the main block, in their order.
    pub(crate) main: Vec<Row>,
    /// The others.
    pub(crate) lanes: Vec<ChosenLane<'p>>,
}

/// The rows of a lane.
pub(crate) struct ChosenLane<'p> {
    pub(crate) of: &'p TExpr,
    pub(crate) kind: KeyKind,
    pub(crate) pieces: Vec<ChosenPiece>,
}

/// The rows of a piece.
pub(crate) struct ChosenPiece {
    pub(crate) need: Need,
    /// Atoms that are true where the need is met.
    pub(crate) sure: Vec<Key>,
    pub(crate) whole: bool,
    pub(crate) guarded: bool,
    pub(crate) rows: Vec<Row>,
}

type KeyOf = (Key, KeyKind);

/// Chooses for all rows of a part, which stand in the order that they are to keep.
pub(crate) fn choose<'p>(
    policy: &'p TypedPolicy,
    part: &Part<'p>,
    keys: &mut Keys<'p>,
    rows: &[Row],
    counts_warnings: bool,
    choice: Choice,
) -> Chosen<'p> {
    let all = || Chosen { main: rows.to_vec(), lanes: Vec::new() };
    if rows.len() < choice.dear.min(choice.cheap) {
        return all();
    }
    let others = Others::new(policy, rows);
    let mut options: Vec<Vec<Access<'p>>> = Vec::with_capacity(rows.len());
    for row in rows {
        options.push(if others.leave(policy, row) { accesses(part, keys, row.condition) } else { Vec::new() });
    }
    let chosen = settle(&options, choice);
    let mut in_main: HashSet<ItemId> = HashSet::new();
    if counts_warnings {
        // A floor counts once: all its rows are counted together.
        in_main = rows.iter().zip(&chosen).filter(|(_, option)| option.is_none()).map(|(row, _)| row.item).collect();
    }
    let mut made = all();
    made.main.clear();
    let mut lanes: BTreeMap<KeyOf, Gathered<'p>> = BTreeMap::new();
    for ((row, mut options), option) in rows.iter().zip(options).zip(chosen) {
        match option {
            Some(option) if !in_main.contains(&row.item) => {
                let access = options.swap_remove(option);
                let guarded = asks_presence(part, keys, row, access.key.0);
                lanes.entry(access.key).or_insert_with(|| Gathered::new(access.of)).add(*row, access, guarded);
            }
            Some(_) | None => made.main.push(*row),
        }
    }
    made.lanes = lanes.into_iter().map(|((_, kind), gathered)| gathered.lane(kind)).collect();
    made
}

/// What other items of the part do to rows.
struct Others {
    silenced: HashSet<ItemId>,
    /// Relaxes of whole packages: from, to.
    packages: HashMap<Arc<str>, HashSet<(Tier, Tier, ItemId)>>,
    /// Relaxes of one rule.
    rules: HashMap<ItemId, HashSet<(Tier, Tier, ItemId)>>,
}

impl Others {
    fn new(policy: &TypedPolicy, rows: &[Row]) -> Self {
        let mut made = Self { silenced: HashSet::new(), packages: HashMap::new(), rules: HashMap::new() };
        for row in rows {
            match row.effect {
                Effect::Exception { of } => {
                    made.silenced.insert(of);
                }
                Effect::Relax { from, to, of } => {
                    let (entry, item) = match of {
                        Some(rule) => (made.rules.entry(rule).or_default(), row.item),
                        None => (made.packages.entry(policy.item(row.item).package.clone()).or_default(), row.item),
                    };
                    // One relax of each kind is enough to know that there is one.
                    if !entry.iter().any(|(f, t, _)| (*f, *t) == (from, to)) {
                        entry.insert((from, to, item));
                    }
                }
                Effect::Rule { .. } | Effect::Floor { .. } | Effect::Approval { .. } => {}
            }
        }
        made
    }

    /// Whether they leave the row alone, and it leaves them alone.
    fn leave(&self, policy: &TypedPolicy, row: &Row) -> bool {
        match row.effect {
            Effect::Rule { .. } => {
                let lowers = |relax: &(Tier, Tier, ItemId), of| relaxes(policy, relax.2, relax.0, relax.1, of, row);
                let mut own = self.rules.get(&row.item).into_iter().flatten();
                let mut package = self.packages.get(&policy.item(row.item).package).into_iter().flatten();
                !own.any(|relax| lowers(relax, Some(row.item))) && !package.any(|relax| lowers(relax, None))
            }
            Effect::Floor { reads_warnings, .. } => !reads_warnings && !self.silenced.contains(&row.item),
            Effect::Relax { .. } | Effect::Exception { .. } | Effect::Approval { .. } => false,
        }
    }
}

/// Whether a condition is false where a key is absent, because it asks for it.
fn asks_presence<'p>(part: &Part<'p>, keys: &mut Keys<'p>, row: &Row, key: Key) -> bool {
    let Node::And = part.dag[row.condition] else { return false };
    part.operands(row.condition).into_iter().any(|node| match &part.dag[node] {
        Node::Atom(expr, _) => match &expr.kind {
            TExprKind::Has(of) => keys.of(of) == key,
            _ => false,
        },
        _ => false,
    })
}

/// So often one key at a time is given up; then all that do not pay, to come to an end.
const ROUNDS: usize = 16;

/// The option that each row takes, if one.
fn settle(options: &[Vec<Access<'_>>], choice: Choice) -> Vec<Option<usize>> {
    let mut censuses: HashMap<KeyOf, Census<'_>> = HashMap::new();
    for access in options.iter().flatten() {
        censuses.entry(access.key).or_default().add(&access.need);
    }
    censuses.values_mut().for_each(Census::sort);
    let mut open: HashSet<KeyOf> = censuses.iter().filter(|(_, c)| c.pays(choice)).map(|(key, _)| *key).collect();
    // A key that loses its rows to others may no longer pay: then its rows choose again among the rest.
    for round in 0.. {
        let chosen: Vec<Option<usize>> = options.iter().map(|own| best(own, &open, &censuses)).collect();
        let mut users: HashMap<KeyOf, Census<'_>> = HashMap::new();
        for (own, option) in options.iter().zip(&chosen) {
            if let Some(access) = option.and_then(|option| own.get(option)) {
                users.entry(access.key).or_default().add(&access.need);
            }
        }
        let weak = users.iter().filter(|(_, users)| !users.pays(choice));
        // The one with the fewest users goes first, so that its rows may strengthen another.
        let weakest = weak.clone().min_by_key(|(key, users)| (users.rows, **key)).map(|(key, _)| *key);
        let Some(weakest) = weakest else { return chosen };
        if round < ROUNDS {
            open.remove(&weakest);
        } else {
            weak.for_each(|(key, _)| {
                open.remove(key);
            });
        }
    }
    Vec::new()
}

fn best(own: &[Access<'_>], open: &HashSet<KeyOf>, censuses: &HashMap<KeyOf, Census<'_>>) -> Option<usize> {
    let expected = |access: &Access<'_>| censuses.get(&access.key).map_or(usize::MAX, |c| c.expected(&access.need));
    let usable = own.iter().enumerate().filter(|(_, access)| open.contains(&access.key));
    usable.min_by_key(|(place, access)| (expected(access), rank(&access.need), *place)).map(|(place, _)| place)
}

/// The cheaper kind of two that leave as many candidates.
fn rank(need: &Need) -> u8 {
    match need {
        Need::Words(_) => 0,
        Need::Texts(_) => 1,
        Need::Entities(_) => 2,
        Need::Under(_) => 3,
        Need::Paths(..) => 4,
    }
}

/// What the rows that could use a key need of it.
#[derive(Default)]
struct Census<'a> {
    rows: usize,
    dear: usize,
    lows: Vec<i64>,
    highs: Vec<i64>,
    literals: HashMap<&'a Literal, usize>,
    entities: HashMap<&'a crate::value::EntityRef, usize>,
}

impl<'a> Census<'a> {
    fn add(&mut self, need: &'a Need) {
        self.rows += 1;
        match need {
            Need::Words(all) => {
                self.lows.extend(all.iter().map(|(low, _)| low));
                self.highs.extend(all.iter().map(|(_, high)| high));
            }
            Need::Texts(all) => {
                self.dear += usize::from(!all.iter().all(|literal| matches!(literal, Literal::Whole(_))));
                all.iter().for_each(|literal| *self.literals.entry(literal).or_default() += 1);
            }
            Need::Paths(_, folded) => {
                self.dear += 1;
                folded.iter().for_each(|literal| *self.literals.entry(literal).or_default() += 1);
            }
            Need::Entities(all) => all.iter().for_each(|entity| *self.entities.entry(entity).or_default() += 1),
            Need::Under(all) => {
                self.dear += 1;
                all.iter().for_each(|entity| *self.entities.entry(entity).or_default() += 1);
            }
        }
    }

    fn sort(&mut self) {
        self.lows.sort_unstable();
        self.highs.sort_unstable();
    }

    fn pays(&self, choice: Choice) -> bool {
        self.rows >= choice.cheap || self.dear >= choice.dear
    }

    /// About how many rows are candidates where a need is met.
    fn expected(&self, need: &Need) -> usize {
        let of_literal = |literal: &Literal| {
            let alike = self.literals.get(literal).copied().unwrap_or(0);
            // A short beginning or something inside says less than it seems.
            match literal {
                Literal::Whole(_) => alike,
                Literal::Head(bytes) | Literal::Tail(bytes) if bytes.len() > 2 => alike + 1,
                Literal::Head(_) | Literal::Tail(_) => alike + 16,
                Literal::Inside(bytes) => alike + if bytes.len() > 3 { 4 } else { 32 },
            }
        };
        let of_span = |(low, high): &(i64, i64)| {
            let before = self.highs.partition_point(|h| h < low);
            let begun = self.lows.partition_point(|l| l <= high);
            begun.saturating_sub(before)
        };
        let greatest = match need {
            Need::Words(all) => all.iter().map(of_span).max(),
            Need::Texts(all) | Need::Paths(_, all) => all.iter().map(of_literal).max(),
            Need::Entities(all) | Need::Under(all) => {
                all.iter().map(|entity| self.entities.get(entity).copied().unwrap_or(0)).max()
            }
        };
        greatest.unwrap_or(0)
    }
}

/// The rows of a lane while they are gathered.
struct Gathered<'p> {
    of: &'p TExpr,
    /// Pieces by what their rows have in common, with the place of the one that still has room.
    open: HashMap<(Need, bool, bool), usize>,
    pieces: Vec<ChosenPiece>,
}

impl<'p> Gathered<'p> {
    fn new(of: &'p TExpr) -> Self {
        Self { of, open: HashMap::new(), pieces: Vec::new() }
    }

    fn add(&mut self, row: Row, access: Access<'p>, guarded: bool) {
        let Access { need, sure, whole, .. } = access;
        let place = self.open.entry((need.clone(), whole, guarded)).or_insert(usize::MAX);
        if self.pieces.get(*place).is_none_or(|piece| piece.rows.len() == PIECE) {
            *place = self.pieces.len();
            self.pieces.push(ChosenPiece { need, sure: Vec::new(), whole, guarded, rows: Vec::new() });
        }
        if let Some(piece) = self.pieces.get_mut(*place) {
            piece.rows.push(row);
            for key in sure {
                if !piece.sure.contains(&key) {
                    piece.sure.push(key);
                }
            }
        }
    }

    fn lane(self, kind: KeyKind) -> ChosenLane<'p> {
        ChosenLane { of: self.of, kind, pieces: self.pieces }
    }
}
