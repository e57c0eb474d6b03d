//! A frame as an oracle: what the interpreter is told when code is compared with it.
//!
//! A slot says what one expression of the policy yields: a word as a number of the expression's type, an id as
//! a text, two bits as a truth. The interpreter asks for the value of each expression it comes to; where the
//! frame has it, it is told, and everything else (comparisons, sums, connectives, quantifiers) is its own work.
//! A record of a loop stands for an element by its number.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use super::mix::Mix;
use crate::check::typed::{TExpr, TExprKind, TypedPolicy};
use crate::graph::key::{Fingerprint, fingerprint};
use crate::graph::visit;
use crate::interp::{Oracle, Standpoint};
use crate::outcome::Truth;
use crate::plan::{Block, Body, Encoding, Frame, Slot, SlotId};
use crate::types::Type;
use crate::value::{EntityRef, Evaluated, Fault, FaultKind, Value};

/// A map over keys that are digests or addresses already: it is asked millions of times while code is validated.
type Mixed<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// The fingerprints of all expressions of a policy, by their places in memory.
pub(super) struct Prints<'p> {
    of: Mixed<usize, (Fingerprint, &'p TExpr)>,
}

impl<'p> Prints<'p> {
    /// Looks at every condition.
    pub(super) fn new(policy: &'p TypedPolicy) -> Self {
        let mut of = Mixed::default();
        for when in policy.items.iter().flat_map(crate::check::typed::Item::conditions) {
            visit(when, &mut |e| {
                if !matches!(e.kind, TExprKind::Const(_)) {
                    of.insert(address(e), (fingerprint(e), e));
                }
            });
        }
        Self { of }
    }

    fn get(&self, e: &TExpr) -> Option<Fingerprint> {
        self.of.get(&address(e)).map(|(print, _)| *print)
    }

    /// The expressions of an item's conditions.
    pub(super) fn inside(&self, when: &TExpr) -> Vec<Fingerprint> {
        let mut found = Vec::new();
        visit(when, &mut |e| found.extend(self.get(e)));
        found
    }

    /// The types of expressions.
    pub(super) fn types(&self) -> HashMap<Fingerprint, &'p Type> {
        self.of.values().map(|(print, e)| (*print, e.ty.required())).collect()
    }
}

/// INVARIANT: the policy outlives whoever asks, so an address stays one expression.
fn address(e: &TExpr) -> usize {
    std::ptr::from_ref(e).addr()
}

/// What a block says of one expression.
#[derive(Default)]
struct Said {
    value: Option<SlotId>,
    presence: Option<SlotId>,
    /// Values by how many floors are assumed to warn.
    assumed: Vec<(u32, SlotId)>,
}

type Table = Mixed<Fingerprint, Said>;

/// Which slots of a unit stand for which expressions.
pub(super) struct Slots {
    head: Table,
    bodies: Vec<Table>,
    loops: Mixed<Fingerprint, usize>,
}

impl Slots {
    /// Those of one unit or piece.
    pub(super) fn new(of: Body<'_>) -> Self {
        let loops = of.loops.iter().enumerate().map(|(place, l)| (l.of, place)).collect();
        Self { head: table(of.block), bodies: of.loops.iter().map(|l| table(&l.body)).collect(), loops }
    }
}

fn table(block: &Block) -> Table {
    let mut made = Table::default();
    for (id, slot) in (0..).map(SlotId).zip(&block.slots) {
        let said = made.entry(slot.of).or_default();
        match (&slot.encoding, slot.assumes) {
            (Encoding::Presence, _) => said.presence = Some(id),
            // Records are asked for by the quantifier that runs over them.
            (Encoding::Records(_), _) => {}
            (Encoding::Word | Encoding::Truth | Encoding::Symbol(_), Some(floors)) => said.assumed.push((floors, id)),
            (Encoding::Word | Encoding::Truth | Encoding::Symbol(_), None) => said.value = Some(id),
        }
    }
    made.values_mut().for_each(|said| said.assumed.sort_unstable());
    made
}

/// A frame of a unit or piece, ready to be asked.
pub(super) struct Dictated<'a> {
    pub(super) prints: &'a Prints<'a>,
    pub(super) slots: &'a Slots,
    pub(super) of: Body<'a>,
    pub(super) frame: &'a Frame,
}

/// Where something is said: a slot of the head or of a record.
struct Place<'a> {
    said: &'a Said,
    block: &'a Block,
    base: usize,
}

impl Dictated<'_> {
    fn find(&self, e: &TExpr, at: &Standpoint<'_>) -> Option<Place<'_>> {
        let print = self.prints.get(e)?;
        if let Some(Ok(Value::Int(record))) = at.variables.last()
            && let (number, record) = ((record >> 32) as usize, (record & 0xffff_ffff) as usize)
            && let (Some(of), Some(table)) = (self.of.loops.get(number), self.slots.bodies.get(number))
            && let Some(said) = table.get(&print)
        {
            let (start, _) = self.records(number)?;
            return Some(Place { said, block: &of.body, base: start + record * of.body.words() });
        }
        let said = self.slots.head.get(&print)?;
        Some(Place { said, block: self.of.block, base: 0 })
    }

    /// The first word of a loop's records and how many there are.
    fn records(&self, number: usize) -> Option<(usize, usize)> {
        let id = self.of.loops.get(number)?.records;
        let word = word(self.of.block, 0, id, self.frame)?;
        Some(((word >> 32) as usize, (word & 0xffff_ffff) as usize))
    }
}

impl Oracle for Dictated<'_> {
    fn value(&self, e: &TExpr, at: &Standpoint<'_>) -> Option<Evaluated> {
        let place = self.find(e, at)?;
        let assumed = place.said.assumed.iter().rev().find(|(floors, _)| *floors <= at.warnings);
        let id = place.said.value.or(assumed.map(|(_, id)| *id))?;
        let slot = &place.block.slots[id.0 as usize];
        let word = word(place.block, place.base, id, self.frame);
        Some(word.and_then(|word| value(slot, word, &e.ty)).ok_or_else(erring))
    }

    fn presence(&self, e: &TExpr, at: &Standpoint<'_>) -> Option<Truth> {
        let place = self.find(e, at)?;
        Some(match word(place.block, place.base, place.said.presence?, self.frame) {
            Some(1) => Truth::True,
            Some(2) => Truth::False,
            Some(_) | None => Truth::Erred,
        })
    }

    fn elements(&self, quantifier: &TExpr, _: &Standpoint<'_>) -> Option<Result<Arc<[Value]>, Fault>> {
        let number = *self.slots.loops.get(&self.prints.get(quantifier)?)?;
        let element = |record| Value::Int((number as i64) << 32 | record as i64);
        let all = self.records(number).map(|(_, count)| (0..count).map(element).collect());
        Some(all.ok_or_else(erring))
    }
}

fn erring() -> Fault {
    Fault::new(FaultKind::Unavailable, "dictated to err")
}

/// The word of a slot, where it is known.
pub(super) fn word(block: &Block, base: usize, id: SlotId, frame: &Frame) -> Option<u64> {
    let (place, bit) = block.known(id);
    let known = frame.words.get(base + place)? >> bit & 1 == 1;
    if known { frame.words.get(base + block.place(id)).copied() } else { None }
}

/// The value that a slot's word stands for.
fn value(slot: &Slot, word: u64, ty: &Type) -> Option<Value> {
    match &slot.encoding {
        Encoding::Word => number(word as i64, ty.required()),
        Encoding::Symbol(table) => {
            let known = table.iter().find(|(_, id)| **id == word as i64).map(|(text, _)| text.to_string());
            text(known.unwrap_or_else(|| other_text(table.keys())).into(), ty.required())
        }
        Encoding::Truth => match word {
            1 => Some(Value::Bool(true)),
            2 => Some(Value::Bool(false)),
            _ => None,
        },
        Encoding::Presence | Encoding::Records(_) => None,
    }
}

/// A text that is none of these.
fn other_text<'t>(all: impl Iterator<Item = &'t Box<str>>) -> String {
    "?".repeat(all.map(|text| text.len()).max().unwrap_or(0) + 1)
}

fn number(word: i64, ty: &Type) -> Option<Value> {
    Some(match ty {
        Type::Int => Value::Int(word),
        Type::Decimal => Value::Decimal(word),
        Type::Ratio => Value::Ratio(word),
        Type::Duration => Value::Duration(word),
        Type::Timestamp => Value::Timestamp(word),
        Type::TimeOfDay => Value::TimeOfDay(u32::try_from(word).ok()?),
        Type::Enum(id) => Value::Enum(*id, u32::try_from(word).ok()?),
        _ => return None,
    })
}

fn text(text: Arc<str>, ty: &Type) -> Option<Value> {
    Some(match ty {
        Type::String => Value::Str(text),
        Type::Host => Value::Host(text),
        Type::Ref => Value::Ref(text),
        Type::Entity(ty) => Value::Entity(EntityRef { ty: *ty, id: text }),
        _ => return None,
    })
}

/// Makes the words of a frame such that values of the slots' types have them: places among the variants of an
/// enum and times of day are never negative.
pub(super) fn fit(of: Body<'_>, types: &HashMap<Fingerprint, &Type>, frame: &mut Frame) {
    fit_block(of.block, 0, types, frame);
    for one in of.loops {
        let Some(records) = word(of.block, 0, one.records, frame) else { continue };
        let (start, count) = ((records >> 32) as usize, (records & 0xffff_ffff) as usize);
        for record in 0..count {
            fit_block(&one.body, start + record * one.body.words(), types, frame);
        }
    }
}

fn fit_block(block: &Block, base: usize, types: &HashMap<Fingerprint, &Type>, frame: &mut Frame) {
    for (id, slot) in (0..).map(SlotId).zip(&block.slots) {
        let small = matches!(types.get(&slot.of), Some(Type::Enum(_) | Type::TimeOfDay));
        if small && matches!(slot.encoding, Encoding::Word) {
            frame.words[base + block.place(id)] &= u64::from(u32::MAX);
        }
    }
}
