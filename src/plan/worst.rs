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

mod calls;
mod patterns;
mod size;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::frame::{Block, Encoding, Slot};
use super::program::{MAX_VARIABLES, Program, Schema};
use super::relation::Relation;
use super::take::{Take, TextTest, place_of};
use super::{BITS, Body, Loop, LoopId, MAX_WORDS, Node, Place, Plan, Unit};
use crate::builtin;
use crate::check::typed::{FactGroup, TypedPolicy};
use crate::types::{DEFAULT_STRING_LENGTH, FieldDef};
use crate::value::Value;
use size::{BYTES, Size, Sort};

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
/// Instructions to look at one of several elements.
const EACH: u64 = 60;
/// Bytes that the scan for secrets reads at most.
const SECRETS: u64 = 256 * 1024;
/// Steps for each of them, as it is and through each layer of encoding: texts that are made of names of secrets and
/// values to look at were counted at up to 1,450 instructions a byte.
const SCAN: u64 = 256;
/// How far [`size`] looks into records of flags.
const DEPTH: usize = 8;

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
    /// What the variables of quantifiers stand for.
    variables: Vec<Size>,
    /// What each slot, by its label, comes to.
    costs: BTreeMap<String, u64>,
    words: u64,
}

impl<'a> Counter<'a> {
    fn new(policy: &'a TypedPolicy, unit: &'a Unit) -> Self {
        let schema = Schema::of(policy, unit.action);
        let variables = vec![Size::unknown(); MAX_VARIABLES];
        Self { policy, schema, loops: &unit.loops, variables, costs: BTreeMap::new(), words: 0 }
    }

    fn count(mut self, unit: &'a Unit) -> Worst {
        let mut all = Work::plain(DECISION).and(self.body(unit.body()));
        // Where slots are late, rows are judged again after each of them.
        all = all.and(judging(unit.body()).times(unit.late.slots().count() as u64));
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
                all = all.and(self.program(argument)).and(Work::steps(self.size(argument).weight()));
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
        self.slots(body.block).and(judging(body))
    }

    fn slots(&mut self, block: &'a Block) -> Work {
        let mut all = Work::default();
        for slot in &block.slots {
            let work = self.slot(slot);
            let known = self.costs.entry(slot.label.to_string()).or_default();
            *known = known.saturating_add(work.instructions());
            all = all.and(work);
        }
        all
    }

    fn slot(&mut self, slot: &'a Slot) -> Work {
        if let Encoding::Records(id) = &slot.encoding {
            return self.records(slot, *id);
        }
        let bytes = |counter: &Self, place: &Place| counter.place(*place).bytes;
        match &slot.take {
            Take::Word(_) | Take::Truth(_) | Take::Presence(_) => Work::plain(TAKE),
            Take::Symbol(place) => Work::plain(TAKE).and(Work::steps(bytes(self, place) / 8 + 1)),
            Take::Text(place, test) => Work::plain(TAKE).and(text_test(test, bytes(self, place))),
            Take::Relation(relation) => Work::plain(relation_of(relation)).and(self.program(&slot.program)),
            Take::Program => Work::plain(TAKE).and(self.program(&slot.program)),
        }
    }

    /// Records of a loop: its slots and nodes for each element. A list that does not fit into a frame is an error and
    /// costs nothing more.
    fn records(&mut self, slot: &'a Slot, id: LoopId) -> Work {
        let made = self.program(&slot.program);
        let Some(one) = self.loops.get(id.0 as usize) else { return made };
        let collection = self.size(&slot.program);
        let words = one.body.words().max(1) as u64;
        let records = collection.elements().min(MAX_WORDS as u64 / words);
        self.words = self.words.saturating_add(records.saturating_mul(words));
        let each = self.with(one.variable.0, collection.one(), |counter| counter.slots(&one.body));
        made.and(each.and(nodes_of(&one.body)).and(Work::plain(ROW)).times(records))
    }

    /// Work in which a variable stands for an element.
    fn with(&mut self, variable: u32, element: Size, work: impl FnOnce(&mut Self) -> Work) -> Work {
        let known = self.variables.get_mut(variable as usize).map(|known| std::mem::replace(known, element));
        let done = work(self);
        if let (Some(place), Some(known)) = (self.variables.get_mut(variable as usize), known) {
            *place = known;
        }
        done
    }

    /// A program with everything inside it.
    fn program(&mut self, program: &Program) -> Work {
        if let Program::Quantified { variable, over, filter, body, .. } = program {
            let collection = self.size(over);
            let each = self.with(*variable, collection.one(), |counter| {
                let filter = filter.as_deref().map_or(Work::default(), |f| counter.program(f));
                counter.program(body).and(filter).and(Work::plain(VALUE))
            });
            return self.program(over).and(each.times(collection.elements())).and(Work::plain(VALUE));
        }
        let parts = program.parts().into_iter().fold(Work::default(), |all, part| all.and(self.program(part)));
        parts.and(self.own(program))
    }

    /// A program without what is inside it.
    fn own(&self, program: &Program) -> Work {
        match program {
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
            | Program::Coalesce(..)
            | Program::Quantified { .. } => Work::plain(TAKE),
            Program::Now
            | Program::ActionName
            | Program::Principal
            | Program::ToDecimal(_)
            | Program::Arithmetic(..)
            | Program::RecordField(..)
            | Program::MapGet(..) => Work::plain(VALUE),
            // It is read from what the host gave when it is asked for.
            Program::Flag(..) => Work::plain(VALUE).and(Work::steps(self.size(program).weight())),
            Program::Attribute(of, _) => Work::plain(ENTITY + VALUE).and(Work::steps(self.size(of).bytes / 8 + 1)),
            Program::Compare(_, a, b) => Work::plain(VALUE).and(equality(&self.size(a), &self.size(b))),
            Program::In(a, b) => self.within(a, b),
            Program::SetOf(all) | Program::ListOf(all) => Work::plain(VALUE * (1 + all.len() as u64)),
            Program::Call(id, arguments) => {
                let sizes: Vec<Size> = arguments.iter().map(|argument| self.size(argument)).collect();
                calls::call(builtin::get(*id), arguments, &sizes)
            }
            Program::Secrets { of, .. } => {
                let given = of.as_deref().map_or(SECRETS, |of| self.size(of).weight().min(SECRETS));
                Work::plain(VALUE).and(Work::steps(given.saturating_mul(SCAN)))
            }
        }
    }

    /// Membership: in a sorted set of constants by halves, elsewhere one after the other.
    fn within(&self, a: &Program, b: &Program) -> Work {
        let (needle, collection) = (self.size(a), self.size(b));
        let count = collection.elements().max(1);
        let halves = matches!(b, Program::Const(Value::Set(_))) && collection.one().sort == Sort::Plain;
        let times = if halves { u64::from(count.ilog2()) + 2 } else { count };
        let named = Work::steps(needle.bytes.min(collection.bytes) / 8 + 1);
        Work::plain(VALUE).and(Work::plain(ENTITY).and(named).and(equality(&needle, &collection.one())).times(times))
    }

    fn place(&self, place: Place) -> Size {
        let def = match place {
            Place::Field(place) => self.schema.def.fields.get(place as usize),
            Place::Fact(group, place) => self.policy.facts.group(group).get(place as usize),
            Place::Principal => self.policy.facts.group(FactGroup::Agent).first(),
            Place::Now => return Size::WORD,
        };
        def.map_or_else(Size::unknown, |def| Size::of_field(&self.policy.types, def))
    }

    /// How large the value of a program can be.
    fn size(&self, program: &Program) -> Size {
        if let Some(place) = place_of(program) {
            return self.place(place);
        }
        let types = &self.policy.types;
        let largest = |defs: Vec<&FieldDef>| {
            let all = defs.into_iter().map(|def| Size::of_field(types, def));
            all.reduce(Size::or).unwrap_or_else(Size::unknown)
        };
        match program {
            Program::Const(value) => Size::of_value(value),
            Program::Lacking(_) | Program::Absent => Size::WORD,
            Program::Flag(id, _) => self
                .policy
                .flags
                .get(id.0 as usize)
                .map_or_else(Size::unknown, |flag| Size::of_declared(types, &flag.ty, DEPTH)),
            Program::Var(place) => self.variables.get(*place as usize).cloned().unwrap_or_else(Size::unknown),
            // Which record or entity it is was checked before; the largest member at that place is as large as any.
            Program::Attribute(_, place) => {
                largest(types.entities.iter().filter_map(|e| e.fields.get(*place as usize)).collect())
            }
            Program::RecordField(_, place) => {
                largest(types.records.iter().filter_map(|r| r.fields.get(*place as usize)).collect())
            }
            Program::MapGet(of, _) => self.size(of).one(),
            Program::Coalesce(a, b) => self.size(a).or(self.size(b)),
            Program::Not(_)
            | Program::And(_)
            | Program::Or(_)
            | Program::AtLeast(..)
            | Program::Has(_)
            | Program::Compare(..)
            | Program::Arithmetic(..)
            | Program::ToDecimal(_)
            | Program::In(..)
            | Program::Quantified { .. }
            | Program::Secrets { found: true, .. } => Size::WORD,
            Program::Secrets { found: false, .. } => Size::kinds(),
            Program::Call(id, arguments) => {
                let first = arguments.first().map_or_else(Size::unknown, |first| self.size(first));
                Size::of_result(builtin::get(*id), first)
            }
            Program::SetOf(all) | Program::ListOf(all) => {
                let largest = all.iter().map(|one| self.size(one)).reduce(Size::or);
                Size::list(all.len() as u64, largest.unwrap_or(Size::WORD))
            }
            // INVARIANT: those without a size of their own were found as places, but for a name.
            Program::ActionName | Program::Field(_) | Program::Fact(..) | Program::Now | Program::Principal => {
                Size::text(DEFAULT_STRING_LENGTH * BYTES)
            }
        }
    }
}

/// Whether two values are the same: bytes of the shorter text, and of collections each element against each.
fn equality(a: &Size, b: &Size) -> Work {
    if let (Some(x), Some(y)) = (&a.element, &b.element) {
        let pairs = a.count.saturating_mul(b.count).saturating_mul(2).saturating_add(1);
        return Work::plain(EACH).and(equality(x, y)).times(pairs);
    }
    let bytes = match a.sort.max(b.sort) {
        Sort::Plain => a.weight().min(b.weight()) / 8 + 1,
        // Both are cut into components.
        Sort::Path => a.bytes.saturating_add(b.bytes).saturating_mul(2),
        Sort::Command => a.bytes.saturating_add(b.bytes),
    };
    Work::plain(EACH).and(Work::steps(bytes))
}

fn text_test(test: &TextTest, bytes: u64) -> Work {
    match test {
        TextTest::Starts(part) | TextTest::Ends(part) => {
            Work::plain(TAKE).and(Work::steps(bytes.min(part.len() as u64) / 8 + 1))
        }
        TextTest::Contains(_) => Work::plain(TAKE).and(Work::steps(bytes)),
        TextTest::Patterns(set) => Work::plain(VALUE).and(patterns::on(set, bytes)),
    }
}

/// Rows and nodes of a unit or piece.
fn judging(body: Body<'_>) -> Work {
    nodes_of(body.block).and(Work::plain(body.rows.len() as u64 * ROW))
}

fn nodes_of(block: &Block) -> Work {
    block.nodes.iter().fold(Work::default(), |all, node| all.and(Work::plain(nodes(node))))
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
