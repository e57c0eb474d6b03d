//! The worst case: how much work a decision about an action can be, told from the plan alone.
//!
//! Work is counted in *instructions* of a made-up machine whose table is below. Its numbers are above what a real
//! processor needs, measured by counting (`benches/instructions.rs`), so that at one instruction a nanosecond the
//! bound in nanoseconds holds on any processor of the last ten years. Steps through texts (automata, searches, scans)
//! are counted apart, at the greatest length that a field declares: a bound that is too high is lowered by declaring
//! how long a text can be.
//!
//! What is counted: building the frame from a request that was read, judging every row, and lanes whose key cannot be
//! told, so that every piece is judged. What is not: reading the request, and carrying out what a verdict asks for.

use std::collections::BTreeMap;

use super::frame::{Block, Encoding, Slot};
use super::program::{Program, Schema};
use super::relation::Relation;
use super::take::{Take, TextTest, place_of};
use super::{BITS, Body, Loop, MAX_WORDS, Node, Place, Plan, Unit};
use crate::check::typed::{FactGroup, TypedPolicy};
use crate::types::{DEFAULT_LIST_LENGTH, DEFAULT_STRING_LENGTH, FieldDef, Type};
use crate::value::Value;

/// Bytes of a character at most.
const BYTES: u64 = 4;
/// Instructions for a decision that asks nothing: dispatch, call, and the tier.
const DECISION: u64 = 200;
/// Instructions for a row and for its place in a verdict.
const ROW: u64 = 40;
/// Instructions to take a word from a place.
const TAKE: u64 = 40;
/// Instructions to make a value in memory.
const VALUE: u64 = 400;
/// Instructions to look an entity or its membership up.
const ENTITY: u64 = 200;
/// Instructions for one step of an automaton or of a search.
const STEP: u64 = 8;
/// How often a command is gone over at most while it is taken apart, in steps a byte.
const COMMAND_STEPS: u64 = 64;
/// Bytes that the scan for secrets reads at most, through each of its layers.
const SECRETS: u64 = 4 * 256 * 1024;

/// The most that a decision about one action can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worst {
    /// The action, or the patterns over undeclared names.
    pub title: String,
    /// Rows that are judged.
    pub rows: usize,
    /// Instructions in all, those of the steps included.
    pub instructions: u64,
    /// Steps through texts.
    pub steps: u64,
    /// Bytes of memory for frame and answer, records of quantifiers included.
    pub bytes: u64,
    /// What costs most, with its instructions, the most expensive first; at most five.
    pub most: Vec<(String, u64)>,
}

impl Plan {
    /// The worst case of every unit, in their order.
    #[must_use]
    pub fn worst(&self, policy: &TypedPolicy) -> Vec<Worst> {
        self.units.iter().map(|unit| Counter::new(policy, unit).count(unit)).collect()
    }
}

/// Instructions without steps, and steps.
#[derive(Clone, Copy, Debug, Default)]
struct Work {
    plain: u64,
    steps: u64,
}

impl Work {
    fn plain(plain: u64) -> Self {
        Self { plain, steps: 0 }
    }

    fn steps(steps: u64) -> Self {
        Self { plain: 0, steps }
    }

    fn and(self, other: Self) -> Self {
        Self { plain: self.plain.saturating_add(other.plain), steps: self.steps.saturating_add(other.steps) }
    }

    fn times(self, n: u64) -> Self {
        Self { plain: self.plain.saturating_mul(n), steps: self.steps.saturating_mul(n) }
    }

    fn instructions(self) -> u64 {
        self.plain.saturating_add(self.steps.saturating_mul(STEP))
    }
}

struct Counter<'a> {
    policy: &'a TypedPolicy,
    schema: Schema<'a>,
    loops: &'a [Loop],
    /// What each slot, by its label, comes to.
    costs: BTreeMap<String, u64>,
    words: u64,
}

impl<'a> Counter<'a> {
    fn new(policy: &'a TypedPolicy, unit: &'a Unit) -> Self {
        let schema = Schema::of(policy, unit.action);
        Self { policy, schema, loops: &unit.loops, costs: BTreeMap::new(), words: 0 }
    }

    fn count(mut self, unit: &'a Unit) -> Worst {
        let mut all = Work::plain(DECISION).and(self.body(unit.body()));
        let mut rows = unit.rows.len();
        for piece in &unit.lanes.pieces {
            self.loops = &piece.loops;
            all = all.and(self.body(piece.body()));
            rows += piece.rows.len();
        }
        // The key of a lane is made and looked up once, whatever it comes to.
        let key = Work::plain(TAKE + VALUE).and(Work::steps(DEFAULT_STRING_LENGTH * BYTES));
        all = all.and(key.times(unit.lanes.lanes.len() as u64));
        for run in &unit.runs {
            for (_, argument) in &run.arguments {
                all = all.and(self.program(argument)).and(Work::steps(self.bytes(argument)));
            }
        }
        // Masks of the combination are walked word by word.
        let words = unit.rows.len().div_ceil(64) as u64;
        all = all.and(Work::plain(words * 12 * (unit.combine.groups.len() as u64 + 8)));
        let mut most: Vec<(String, u64)> = self.costs.into_iter().collect();
        most.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        most.truncate(5);
        Worst {
            title: unit.title.clone(),
            rows,
            instructions: all.instructions(),
            steps: all.steps,
            bytes: 8 * (self.words.min(MAX_WORDS as u64) + BITS as u64 + 2 * words),
            most,
        }
    }

    /// Slots, nodes and rows of a unit or piece.
    fn body(&mut self, body: Body<'a>) -> Work {
        self.words = self.words.saturating_add(body.block.words() as u64);
        self.block(body.block).and(Work::plain(body.rows.len() as u64 * ROW))
    }

    fn block(&mut self, block: &'a Block) -> Work {
        let mut all = Work::default();
        for slot in &block.slots {
            let work = self.slot(slot);
            let known = self.costs.entry(slot.label.to_string()).or_default();
            *known = known.saturating_add(work.instructions());
            all = all.and(work);
        }
        block.nodes.iter().fold(all, |all, node| all.and(Work::plain(nodes(node))))
    }

    fn slot(&mut self, slot: &'a Slot) -> Work {
        if let Encoding::Records(id) = &slot.encoding {
            let records = self.elements(&slot.program);
            let made = self.program(&slot.program);
            let Some(one) = self.loops.get(id.0 as usize) else { return made };
            self.words = self.words.saturating_add(records.saturating_mul(one.body.words() as u64));
            return made.and(self.block(&one.body).and(Work::plain(ROW)).times(records));
        }
        let bytes =
            |counter: &Self, place: &Place| counter.field(*place).map_or(DEFAULT_STRING_LENGTH * BYTES, bytes_of);
        match &slot.take {
            Take::Word(_) | Take::Truth(_) | Take::Presence(_) => Work::plain(TAKE),
            Take::Symbol(place) => Work::plain(TAKE).and(Work::steps(bytes(self, place) / 8 + 1)),
            Take::Text(place, test) => Work::plain(TAKE).and(text_test(test, bytes(self, place))),
            Take::Relation(relation) => Work::plain(relation_of(relation)).and(self.program(&slot.program)),
            Take::Program => Work::plain(TAKE).and(self.program(&slot.program)),
        }
    }

    /// A program with everything inside it.
    fn program(&self, program: &Program) -> Work {
        let parts = program.parts().into_iter().fold(Work::default(), |all, part| all.and(self.program(part)));
        let own = match program {
            Program::Quantified { over, filter, body, .. } => {
                let one = self.program(body).and(filter.as_deref().map_or(Work::default(), |f| self.program(f)));
                return self.program(over).and(one.and(Work::plain(VALUE)).times(self.elements(over)));
            }
            Program::Const(_)
            | Program::Field(_)
            | Program::Lacking(_)
            | Program::Absent
            | Program::Fact(..)
            | Program::Var(_)
            | Program::Not(_)
            | Program::And(_)
            | Program::Or(_)
            | Program::AtLeast(..)
            | Program::Has(_)
            | Program::Coalesce(..) => Work::plain(TAKE),
            Program::Now
            | Program::ActionName
            | Program::Principal
            | Program::ToDecimal(_)
            | Program::Arithmetic(..)
            | Program::RecordField(..)
            | Program::MapGet(..)
            | Program::Flag(..) => Work::plain(VALUE),
            Program::Attribute(..) => Work::plain(ENTITY + VALUE),
            Program::Compare(_, a, b) => Work::plain(VALUE).and(Work::steps(self.bytes(a).min(self.bytes(b)))),
            Program::In(a, b) => {
                let each = Work::plain(ENTITY).and(Work::steps(self.bytes(a)));
                each.times(self.elements(b).max(1))
            }
            Program::SetOf(all) | Program::ListOf(all) => Work::plain(VALUE * (1 + all.len() as u64)),
            Program::Call(_, arguments) => self.call(arguments),
            Program::Secrets { .. } => Work::plain(VALUE).and(Work::steps(SECRETS)),
        };
        own.and(parts)
    }

    /// A builtin: it goes over its first argument, once for each text or group of patterns that it is asked about.
    fn call(&self, arguments: &[Program]) -> Work {
        let text = arguments.first().map_or(0, |a| self.bytes(a).saturating_mul(self.elements(a).max(1)));
        let against = match arguments.get(1) {
            Some(Program::Const(Value::Patterns(patterns))) => patterns.sources.len().div_ceil(8) as u64,
            Some(other) => self.elements(other).max(1),
            None => 1,
        };
        let command = arguments.first().is_some_and(|a| matches!(self.type_of(a), Some(Type::Command)));
        let passes = if command { COMMAND_STEPS } else { against };
        Work::plain(2 * VALUE).and(Work::steps(text.saturating_mul(passes)))
    }

    fn field(&self, place: Place) -> Option<&'a FieldDef> {
        match place {
            Place::Field(place) => self.schema.def.fields.get(place as usize),
            Place::Fact(group, place) => self.policy.facts.group(group).get(place as usize),
            Place::Principal => self.policy.facts.group(FactGroup::Agent).first(),
            Place::Now => None,
        }
    }

    fn def_of(&self, program: &Program) -> Option<&'a FieldDef> {
        if let Program::Coalesce(first, _) = program {
            return self.def_of(first);
        }
        place_of(program).and_then(|place| self.field(place))
    }

    fn type_of(&self, program: &Program) -> Option<&'a Type> {
        self.def_of(program).map(|def| def.ty.ty.required())
    }

    /// The greatest number of bytes of a program's text, or of one element of its list.
    fn bytes(&self, program: &Program) -> u64 {
        match (program, self.def_of(program)) {
            (Program::Const(value), _) => value.text().map_or(8, |text| text.len() as u64),
            (_, Some(def)) => bytes_of(def),
            (_, None) => DEFAULT_STRING_LENGTH * BYTES,
        }
    }

    /// The greatest number of elements of a program's list; none where it is no list.
    fn elements(&self, program: &Program) -> u64 {
        match (program, self.def_of(program)) {
            (Program::Const(Value::List(all) | Value::Set(all)), _) => all.len() as u64,
            (Program::Const(_), _) => 0,
            (Program::SetOf(all) | Program::ListOf(all), _) => all.len() as u64,
            (_, Some(def)) => match def.ty.ty.required() {
                Type::List(_) | Type::Set(_) | Type::Map(_) => def.ty.length.1,
                _ => 0,
            },
            (_, None) => DEFAULT_LIST_LENGTH,
        }
    }
}

/// The greatest number of bytes of a field's text, or of one element's.
fn bytes_of(def: &FieldDef) -> u64 {
    let text = match (def.ty.ty.required(), &def.ty.element) {
        (Type::List(_) | Type::Set(_) | Type::Map(_), Some(element)) => element,
        (_, _) => &def.ty,
    };
    if text.ty.required().is_word() { 8 } else { text.length.1.saturating_mul(BYTES) }
}

fn text_test(test: &TextTest, bytes: u64) -> Work {
    match test {
        TextTest::Starts(part) | TextTest::Ends(part) => Work::plain(TAKE).and(Work::steps(part.len() as u64 / 8 + 1)),
        TextTest::Contains(_) => Work::plain(TAKE).and(Work::steps(bytes)),
        TextTest::Patterns(patterns) => {
            let passes = patterns.sources.len().div_ceil(8) as u64;
            Work::plain(VALUE).and(Work::steps(bytes.saturating_mul(passes)))
        }
    }
}

fn relation_of(relation: &Relation) -> u64 {
    match relation {
        Relation::Attribute(..) | Relation::Same(..) | Relation::In(..) | Relation::Contains(..) => 4 * ENTITY,
        Relation::InOne(_, all) => ENTITY * (2 + all.len() as u64),
    }
}

/// Instructions of a node.
fn nodes(node: &Node) -> u64 {
    match node {
        Node::Load(_) | Node::Truth(_) => 8,
        Node::Const(_) | Node::Always(_) | Node::Outer(_) => 2,
        Node::Arithmetic(..) | Node::Select(..) | Node::Compare(..) => 10,
        Node::AsWord(_) | Node::IsTrue(_) | Node::Not(_) | Node::Warnings(_) => 6,
        Node::InSet(_, set) => 6 + 3 * set.len() as u64,
        Node::And(all) | Node::Or(all) => 4 * all.len() as u64,
        Node::AtLeast(_, all) => 8 * all.len() as u64,
        // Its records are counted where they are made.
        Node::Loop(_) => 20,
    }
}
