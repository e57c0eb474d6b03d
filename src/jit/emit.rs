//! From nodes to Cranelift's intermediate code.

use std::collections::HashMap;

use cranelift_codegen::Context;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, BlockArg, InstBuilder as _, MemFlagsData, Type, Value, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::JITModule;
use cranelift_module::{FuncId, Module as _};

use super::alike::Alike;
use super::made::{Made, Part};
use super::shapes::{Shape, small_set};
use super::{JitError, Options, ROWS_PER_FUNCTION, finish};
use crate::check::typed::{Arithmetic, Comparison, QuantifierKind};
use crate::graph::Effect;
use crate::plan::{BITS, Block, Body, Loop, Node, NodeId, SlotId, Unit, WARNINGS};

/// Most nodes of a function; beyond that a unit is walked.
const MAX_NODES: usize = 200_000;

/// A fault planted for tests.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EmitFault {
    UnsignedCompare,
    LostOverflow,
    IgnoredKnownBit,
    OneRecordTooFew,
    StrideOfOne,
    LostErrorBit,
    TruthWithoutFalseBit,
    RangeOfSetNotChecked,
    /// Only in pieces.
    NextConstant,
    /// Only in pieces.
    SmallSetTooShort,
    /// Only in pieces.
    WordsOfPieceSwapped,
    /// Only in the function that tells the tier alone.
    TierWithoutExceptions,
    /// Only in the function that tells the tier alone.
    TierWithoutErrors,
    /// Only in the function that tells the tier alone.
    TierOfAllRowsButTheFirst,
    /// Only where units share code.
    ConstantsOffByOne,
}

/// Makes the functions of units.
pub(super) struct Emitter<'m> {
    module: &'m mut JITModule,
    context: Context,
    builder: FunctionBuilderContext,
    options: Options,
    /// Where the intermediate code is written, if somebody wants it.
    pub(super) text: Option<String>,
    /// Bytes of machine code so far.
    pub(super) bytes: usize,
    /// Functions of pieces by their shapes.
    shapes: HashMap<Shape, FuncId>,
    /// How many functions were made.
    pub(super) functions: usize,
    /// The constants of all functions that read them from here.
    pub(super) constants: Vec<i64>,
    /// The functions made so far, where units share them.
    alike: Option<Alike>,
}

/// What a function does.
#[derive(Clone, Copy)]
pub(super) struct Task {
    /// The rows that it judges.
    rows: (usize, usize),
    /// Whether it then combines all rows judged so far.
    finish: bool,
    /// Whether it is of the second phase.
    second: bool,
}

impl<'m> Emitter<'m> {
    pub(super) fn new(module: &'m mut JITModule, options: &Options) -> Self {
        let context = module.make_context();
        Self {
            module,
            context,
            builder: FunctionBuilderContext::new(),
            options: *options,
            text: None,
            bytes: 0,
            shapes: HashMap::new(),
            functions: 0,
            constants: Vec::new(),
            alike: None,
        }
    }

    /// Lets units whose code differs in constants alone share it.
    pub(super) fn shared(self) -> Self {
        Self { alike: Some(Alike::default()), ..self }
    }

    /// Makes the functions of a unit.
    pub(super) fn unit(&mut self, unit: &Unit) -> Result<Made, JitError> {
        let mut made = Made::default();
        if unit.block.nodes.len() > MAX_NODES {
            return Err(JitError::TooLarge(unit.title.clone()));
        }
        for second in [false, true] {
            let rows = if second { unit.first..unit.rows.len() } else { 0..unit.first };
            if second && rows.is_empty() {
                continue;
            }
            for task in tasks(rows, second) {
                let id = self.function(unit, task)?;
                if second { made.second.push(id) } else { made.first.push(id) }
            }
        }
        if unit.tells_tier_at_once() && unit.loops.is_empty() && unit.rows.len() <= ROWS_PER_FUNCTION {
            made.tier = Some(self.tier(unit)?);
        }
        for piece in &unit.lanes.pieces {
            let constants = made.constants.len();
            let id = self.piece(unit, piece.body(), &mut made.constants)?;
            made.pieces.push((id, constants));
        }
        Ok(made)
    }

    /// The function of a piece: one that was made for another of its shape, or a new one.
    fn piece(&mut self, unit: &Unit, piece: Body<'_>, constants: &mut Vec<i64>) -> Result<FuncId, JitError> {
        if piece.block.nodes.len() > MAX_NODES {
            return Err(JitError::TooLarge(unit.title.clone()));
        }
        let shape = Shape::of(piece, constants);
        if let Some(known) = self.shapes.get(&shape) {
            return Ok(*known);
        }
        let block = shape.block(piece);
        let body = Body { block: &block, ..piece };
        let title = || format!("; {}, rows of a lane\n", unit.title);
        let made = self.define((unit, body), Kind::Piece, title, |code| {
            code.piece();
            code.b.ins().return_(&[]);
        })?;
        self.shapes.insert(shape, made.id);
        Ok(made.id)
    }

    fn function(&mut self, unit: &Unit, task: Task) -> Result<Part, JitError> {
        let phase = if task.second { "second" } else { "first" };
        let title = || format!("; {}, {phase} phase, rows {}..{}\n", unit.title, task.rows.0, task.rows.1);
        self.define((unit, unit.body()), Kind::Answer, title, |code| {
            code.task(task);
            code.b.ins().return_(&[]);
        })
    }

    /// The function that answers the tier and writes nothing.
    fn tier(&mut self, unit: &Unit) -> Result<Part, JitError> {
        let title = || format!("; {}, tier\n", unit.title);
        self.define((unit, unit.body()), Kind::Tier, title, |code| {
            let tier = code.tier_alone();
            code.b.ins().return_(&[tier]);
        })
    }

    /// Defines a function of a unit or one of its pieces. A unit's function takes where constants lie last.
    fn define(
        &mut self,
        (unit, body): (&Unit, Body<'_>),
        kind: Kind,
        title: impl FnOnce() -> String,
        write: impl FnOnce(&mut Code<'_, '_>),
    ) -> Result<Part, JitError> {
        let config = self.module.target_config();
        let pointer = config.pointer_type();
        let signature = &mut self.context.func.signature;
        signature.params.push(AbiParam::new(pointer));
        match kind {
            Kind::Tier => signature.returns.push(AbiParam::new(types::I64)),
            Kind::Answer | Kind::Piece => signature.params.push(AbiParam::new(pointer)),
        }
        signature.params.push(AbiParam::new(pointer));
        let mut builder = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        // Without an answer nothing is stored; the frame stands in, so that there is a value.
        let parameters = builder.block_params(entry);
        let (frame, table) = (parameters[0], parameters[parameters.len() - 1]);
        let (out, constants, own) = match kind {
            Kind::Tier => (frame, None, self.alike.is_some()),
            Kind::Answer => (parameters[1], None, self.alike.is_some()),
            Kind::Piece => (parameters[1], Some(table), false),
        };
        let own = own.then(|| (table, Vec::new()));
        let told = matches!(kind, Kind::Tier);
        let mut code = Code { b: builder, unit, body, frame, out, constants, own, told, options: self.options };
        write(&mut code);
        let start = self.constants.len();
        if let Some((_, own)) = code.own.take() {
            self.constants.extend(own);
        }
        // INVARIANT: a function has fewer constants than nodes and a set fewer functions than items.
        let constants = start as u32;
        #[cfg(test)]
        let constants = if self.options.fault == Some(EmitFault::ConstantsOffByOne) {
            constants.saturating_sub(1)
        } else {
            constants
        };
        code.b.seal_all_blocks();
        code.b.finalize(config);
        if let Some(text) = &mut self.text {
            text.push_str(&title());
            text.push_str(&format!("{}\n", self.context.func));
        }
        let failed = |e: cranelift_module::ModuleError| JitError::Compile(format!("{}: {e:?}", unit.title));
        let id = self.compiled().map_err(failed)?;
        self.module.clear_context(&mut self.context);
        Ok(Part { id, constants })
    }

    /// The function of the intermediate code in hand: one that was made of the same code, or a new one.
    #[allow(clippy::result_large_err, reason = "it is Cranelift's own, and told at once")]
    fn compiled(&mut self) -> Result<FuncId, cranelift_module::ModuleError> {
        let digest = self.alike.as_mut().map(|known| known.digest(&self.context.func.stencil));
        if let (Some(known), Some(digest)) = (&self.alike, &digest)
            && let Some(id) = known.find(digest)
        {
            return Ok(id);
        }
        let id = self.module.declare_anonymous_function(&self.context.func.signature)?;
        self.module.define_function(id, &mut self.context)?;
        self.bytes += self.context.compiled_code().map_or(0, |c| c.code_info().total_size as usize);
        self.functions += 1;
        if let (Some(known), Some(digest)) = (&mut self.alike, digest) {
            known.keep(digest, id);
        }
        Ok(id)
    }
}

/// What a function takes and gives.
#[derive(Clone, Copy)]
enum Kind {
    /// A frame, an answer to write, and where constants lie.
    Answer,
    /// A frame and where constants lie; it gives a word.
    Tier,
    /// A frame, two words to write, and a table of constants.
    Piece,
}

/// Few rows are judged and combined in one function; many in several, and one more combines.
fn tasks(rows: std::ops::Range<usize>, second: bool) -> Vec<Task> {
    if rows.len() <= ROWS_PER_FUNCTION {
        return vec![Task { rows: (rows.start, rows.end), finish: true, second }];
    }
    let mut found: Vec<Task> = rows
        .clone()
        .step_by(ROWS_PER_FUNCTION)
        .map(|start| Task { rows: (start, rows.end.min(start + ROWS_PER_FUNCTION)), finish: false, second })
        .collect();
    found.push(Task { rows: (rows.end, rows.end), finish: true, second });
    found
}

/// What a node came to. Bits are bytes of 0 or 1.
#[derive(Clone, Copy)]
pub(super) enum Cell {
    /// A number, and whether it is known; always, where nothing is said.
    Word(Value, Option<Value>),
    /// True, and false; false is the opposite of true where nothing is said: no error is possible.
    Truth(Value, Option<Value>),
}

/// One function while it is written.
pub(super) struct Code<'f, 'u> {
    pub(super) b: FunctionBuilder<'f>,
    pub(super) unit: &'u Unit,
    pub(super) body: Body<'u>,
    pub(super) frame: Value,
    pub(super) out: Value,
    /// The table that constants are places in, where the function is one of a piece.
    pub(super) constants: Option<Value>,
    /// Where a unit's constants lie and those so far, if its function reads them from there.
    pub(super) own: Option<(Value, Vec<i64>)>,
    /// Whether every slot is known and every truth is told: what the function that tells a tier alone assumes.
    told: bool,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests plant faults by it"))]
    options: Options,
}

/// Where nodes read: the frame, or a record.
pub(super) struct Place<'u, 'c> {
    pub(super) block: &'u Block,
    pub(super) base: Value,
    pub(super) outer: &'c [Option<Cell>],
}

impl<'u> Code<'_, 'u> {
    fn task(&mut self, task: Task) {
        let unit = self.unit;
        let rows: Vec<NodeId> = unit.rows[task.rows.0..task.rows.1].iter().map(|r| r.condition).collect();
        let place = Place { block: &unit.block, base: self.frame, outer: &[] };
        let cells = self.nodes(&place, &rows);
        let mut words = vec![finish::Bits::default(); unit.rows.len().div_ceil(64)];
        for (row, condition) in (task.rows.0..).zip(rows) {
            let (held, erred) = self.row_bits(cells[condition.0 as usize]);
            self.collect(&mut words[row / 64].held, held, row % 64);
            if let Some(erred) = erred {
                self.collect(&mut words[row / 64].erred, erred, row % 64);
            }
        }
        let alone = task.finish && !task.second && task.rows == (0, unit.first);
        finish::store(self, words, alone, task.finish, task.second);
    }

    /// The tier, from all rows that it depends on, over a frame whose slots are all told.
    fn tier_alone(&mut self) -> Value {
        let unit = self.unit;
        let wanted: Vec<NodeId> = unit.rows[..unit.for_tier].iter().map(|r| r.condition).collect();
        let place = Place { block: &unit.block, base: self.frame, outer: &[] };
        let cells = self.nodes(&place, &wanted);
        let mut rows: Vec<_> = wanted.iter().map(|condition| self.row_bits(cells[condition.0 as usize])).collect();
        // A rule that always matches leaves nothing to say to those of its tier and below.
        if let Some(certain) = unit.certain_tier() {
            let zero = self.bit(false);
            for (row, bits) in unit.rows.iter().zip(&mut rows) {
                if matches!(row.effect, Effect::Rule { tier } if tier < certain) {
                    // An error still counts, as the stricter of its tier and the default.
                    bits.0 = zero;
                }
            }
        }
        #[cfg(test)]
        let rows = self.spoilt(rows);
        finish::tier_alone(self, rows)
    }

    /// Rows with the planted fault of the function that tells the tier alone.
    #[cfg(test)]
    fn spoilt(&mut self, mut rows: Vec<(Value, Option<Value>)>) -> Vec<(Value, Option<Value>)> {
        let zero = self.bit(false);
        if self.planted(EmitFault::TierWithoutErrors) {
            rows.iter_mut().for_each(|row| row.1 = None);
        }
        if self.planted(EmitFault::TierOfAllRowsButTheFirst)
            && let Some(first) = rows.first_mut()
        {
            *first = (zero, None);
        }
        if self.planted(EmitFault::TierWithoutExceptions) {
            for silence in &self.unit.combine.silences {
                rows[silence.exception].0 = zero;
            }
        }
        rows
    }

    /// True, and error where one is possible.
    pub(super) fn row_bits(&mut self, cell: Option<Cell>) -> (Value, Option<Value>) {
        let (held, other) = self.truth(cell);
        let erred = other.map(|not| {
            let told = self.b.ins().bor(held, not);
            self.negated(told)
        });
        #[cfg(test)]
        if self.planted(EmitFault::LostErrorBit) {
            return (held, None);
        }
        (held, erred)
    }

    pub(super) fn collect(&mut self, word: &mut Option<Value>, bit: Value, place: usize) {
        let wide = self.b.ins().uextend(types::I64, bit);
        let shifted = if place == 0 { wide } else { self.b.ins().ishl_imm_u(wide, place as i64) };
        *word = Some(match *word {
            Some(word) => self.b.ins().bor(word, shifted),
            None => shifted,
        });
    }

    #[cfg(test)]
    pub(super) fn planted(&self, fault: EmitFault) -> bool {
        self.options.fault == Some(fault)
    }

    /// Writes all nodes that these need, operands first.
    pub(super) fn nodes(&mut self, place: &Place<'u, '_>, wanted: &[NodeId]) -> Vec<Option<Cell>> {
        let mut needed = vec![false; place.block.nodes.len()];
        for id in wanted {
            needed[id.0 as usize] = true;
        }
        for (at, node) in place.block.nodes.iter().enumerate().rev() {
            if needed[at] {
                node.operands(|id| needed[id.0 as usize] = true);
                if let Node::Loop(id) = node {
                    for outer in &self.body.loops[id.0 as usize].outer {
                        needed[outer.0 as usize] = true;
                    }
                }
            }
        }
        let mut cells: Vec<Option<Cell>> = vec![None; needed.len()];
        for (at, node) in place.block.nodes.iter().enumerate() {
            if needed[at] {
                cells[at] = Some(self.node(place, node, &cells));
            }
        }
        cells
    }

    fn node(&mut self, place: &Place<'u, '_>, node: &Node, cells: &[Option<Cell>]) -> Cell {
        let of = |id: &NodeId| cells[id.0 as usize];
        match node {
            Node::Load(slot) => {
                let known = (!self.told).then(|| self.known(place, *slot));
                Cell::Word(self.slot(place, *slot), known)
            }
            Node::Const(word) => match self.table_of(place) {
                Some(table) => Cell::Word(self.constant_at(table, *word as usize), None),
                None => Cell::Word(self.own_constant(*word), None),
            },
            Node::Arithmetic(how, a, b) => self.arithmetic(*how, of(a), of(b)),
            Node::Select(which, a, b) => self.select(of(which), of(a), of(b)),
            Node::AsWord(a) => {
                let (held, other) = self.truth(of(a));
                let told = other.map(|not| self.b.ins().bor(held, not));
                Cell::Word(self.b.ins().uextend(types::I64, held), told)
            }
            Node::Outer(id) => place.outer.get(id.0 as usize).copied().flatten().unwrap_or_else(|| self.nothing()),
            Node::Truth(slot) => self.truth_slot(place, *slot),
            Node::Always(b) => Cell::Truth(self.bit(*b), None),
            Node::IsTrue(a) => {
                let (word, known) = self.word(of(a));
                let held = self.b.ins().icmp_imm_s(IntCC::NotEqual, word, 0);
                self.told(held, known)
            }
            Node::Compare(how, a, b) => self.compare(*how, of(a), of(b)),
            Node::InSet(a, set) => {
                let (word, known) = self.word(of(a));
                let held = match self.table_of(place).zip(small_set(set)) {
                    Some((table, small)) => self.in_table(word, table, small),
                    None => self.in_set(word, set),
                };
                self.told(held, known)
            }
            Node::Not(a) => {
                let (held, other) = self.truth(of(a));
                match other {
                    Some(other) => Cell::Truth(other, Some(held)),
                    None => Cell::Truth(self.negated(held), None),
                }
            }
            Node::And(all) => self.joined(all, cells, true),
            Node::Or(all) => self.joined(all, cells, false),
            Node::AtLeast(n, all) => self.at_least(*n, all, cells),
            Node::Loop(id) => self.repeat(&self.body.loops[id.0 as usize], cells),
            Node::Warnings(n) => {
                let flags = MemFlagsData::trusted();
                let count = self.b.ins().load(types::I64, flags, self.out, (WARNINGS * 8) as i32);
                let held = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, count, i64::from(*n));
                Cell::Truth(held, None)
            }
        }
    }

    /// A cell that errs: what a broken plan gets.
    fn nothing(&mut self) -> Cell {
        let zero = self.bit(false);
        Cell::Truth(zero, Some(zero))
    }

    pub(super) fn constant(&mut self, word: i64) -> Value {
        self.b.ins().iconst(types::I64, word)
    }

    pub(super) fn bit(&mut self, bit: bool) -> Value {
        self.b.ins().iconst(types::I8, i64::from(bit))
    }

    pub(super) fn negated(&mut self, bit: Value) -> Value {
        self.b.ins().bxor_imm_u(bit, 1)
    }

    fn word(&mut self, cell: Option<Cell>) -> (Value, Option<Value>) {
        match cell {
            Some(Cell::Word(word, known)) => (word, known),
            Some(Cell::Truth(..)) | None => {
                let zero = self.bit(false);
                (self.constant(0), Some(zero))
            }
        }
    }

    fn truth(&mut self, cell: Option<Cell>) -> (Value, Option<Value>) {
        match cell {
            Some(Cell::Truth(held, other)) => (held, other),
            Some(Cell::Word(..)) | None => {
                let zero = self.bit(false);
                (zero, Some(zero))
            }
        }
    }

    /// True and false, both as bits.
    fn both(&mut self, cell: Option<Cell>) -> (Value, Value) {
        let (held, other) = self.truth(cell);
        let other = other.unwrap_or_else(|| self.negated(held));
        (held, other)
    }

    /// A truth of a comparison that holds, where its operands are known.
    fn told(&mut self, held: Value, known: Option<Value>) -> Cell {
        let Some(known) = known else { return Cell::Truth(held, None) };
        let not = self.negated(held);
        Cell::Truth(self.b.ins().band(held, known), Some(self.b.ins().band(not, known)))
    }

    fn known_both(&mut self, a: Option<Value>, b: Option<Value>) -> Option<Value> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.b.ins().band(a, b)),
            (Some(one), None) | (None, Some(one)) => Some(one),
            (None, None) => None,
        }
    }

    pub(super) fn load(&mut self, base: Value, word: usize) -> Value {
        let flags = MemFlagsData::trusted().with_readonly();
        // INVARIANT: frames have at most `MAX_WORDS` words and units `MAX_NODES` nodes, so offsets fit.
        self.b.ins().load(types::I64, flags, base, (word * 8) as i32)
    }

    fn slot(&mut self, place: &Place<'u, '_>, slot: SlotId) -> Value {
        self.load(place.base, place.block.place(slot))
    }

    fn known(&mut self, place: &Place<'u, '_>, slot: SlotId) -> Value {
        #[cfg(test)]
        if self.planted(EmitFault::IgnoredKnownBit) {
            return self.bit(true);
        }
        let (word, bit) = place.block.known(slot);
        let word = self.load(place.base, word);
        let shifted = if bit == 0 { word } else { self.b.ins().ushr_imm_u(word, i64::from(bit)) };
        let byte = self.b.ins().ireduce(types::I8, shifted);
        self.b.ins().band_imm_u(byte, 1)
    }

    fn truth_slot(&mut self, place: &Place<'u, '_>, slot: SlotId) -> Cell {
        let word = self.slot(place, slot);
        let byte = self.b.ins().ireduce(types::I8, word);
        if self.told {
            return Cell::Truth(self.b.ins().band_imm_u(byte, 1), None);
        }
        let bits = self.b.ins().band_imm_u(byte, 3);
        let held = self.b.ins().icmp_imm_s(IntCC::Equal, bits, 1);
        #[cfg(test)]
        if self.planted(EmitFault::TruthWithoutFalseBit) {
            return Cell::Truth(held, None);
        }
        Cell::Truth(held, Some(self.b.ins().icmp_imm_s(IntCC::Equal, bits, 2)))
    }

    fn arithmetic(&mut self, how: Arithmetic, a: Option<Cell>, b: Option<Cell>) -> Cell {
        let ((a, a_known), (b, b_known)) = (self.word(a), self.word(b));
        let (word, overflow) = match how {
            Arithmetic::Add => self.b.ins().sadd_overflow(a, b),
            Arithmetic::Subtract => self.b.ins().ssub_overflow(a, b),
            Arithmetic::Multiply => self.b.ins().smul_overflow(a, b),
        };
        let fine = self.negated(overflow);
        let known = self.known_both(a_known, b_known);
        #[cfg(test)]
        if self.planted(EmitFault::LostOverflow) {
            return Cell::Word(word, known);
        }
        Cell::Word(word, self.known_both(known, Some(fine)))
    }

    fn select(&mut self, which: Option<Cell>, a: Option<Cell>, b: Option<Cell>) -> Cell {
        let (held, other) = self.truth(which);
        let ((a, a_known), (b, b_known)) = (self.word(a), self.word(b));
        let word = self.b.ins().select(held, a, b);
        let told = other.map(|not| self.b.ins().bor(held, not));
        let chosen = match (a_known, b_known) {
            (None, None) => None,
            (a_known, b_known) => {
                let a_known = a_known.unwrap_or_else(|| self.bit(true));
                let b_known = b_known.unwrap_or_else(|| self.bit(true));
                Some(self.b.ins().select(held, a_known, b_known))
            }
        };
        Cell::Word(word, self.known_both(told, chosen))
    }

    fn compare(&mut self, how: Comparison, a: Option<Cell>, b: Option<Cell>) -> Cell {
        let ((a, a_known), (b, b_known)) = (self.word(a), self.word(b));
        #[allow(unused_mut, reason = "tests plant a fault here")]
        let mut code = match how {
            Comparison::Equal => IntCC::Equal,
            Comparison::NotEqual => IntCC::NotEqual,
            Comparison::Less => IntCC::SignedLessThan,
            Comparison::LessOrEqual => IntCC::SignedLessThanOrEqual,
            Comparison::Greater => IntCC::SignedGreaterThan,
            Comparison::GreaterOrEqual => IntCC::SignedGreaterThanOrEqual,
        };
        #[cfg(test)]
        if self.planted(EmitFault::UnsignedCompare) {
            code = code.unsigned();
        }
        let held = self.b.ins().icmp(code, a, b);
        let known = self.known_both(a_known, b_known);
        self.told(held, known)
    }

    /// `and` and `or`.
    fn joined(&mut self, all: &[NodeId], cells: &[Option<Cell>], and: bool) -> Cell {
        let mut joined: Option<(Value, Option<Value>)> = None;
        for id in all {
            let (held, other) = self.truth(cells[id.0 as usize]);
            let Some((so_far, so_far_other)) = joined else {
                joined = Some((held, other));
                continue;
            };
            let next = if and { self.b.ins().band(so_far, held) } else { self.b.ins().bor(so_far, held) };
            let other = match (so_far_other, other) {
                (None, None) => None,
                (a, b) => {
                    let a = a.unwrap_or_else(|| self.negated(so_far));
                    let b = b.unwrap_or_else(|| self.negated(held));
                    Some(if and { self.b.ins().bor(a, b) } else { self.b.ins().band(a, b) })
                }
            };
            joined = Some((next, other));
        }
        match joined {
            Some((held, other)) => Cell::Truth(held, other),
            None => Cell::Truth(self.bit(and), None),
        }
    }

    fn at_least(&mut self, n: u32, all: &[NodeId], cells: &[Option<Cell>]) -> Cell {
        let (mut held, mut impossible) = (self.constant(0), self.constant(0));
        for id in all {
            let (is, is_not) = self.both(cells[id.0 as usize]);
            let (is, is_not) = (self.b.ins().uextend(types::I64, is), self.b.ins().uextend(types::I64, is_not));
            held = self.b.ins().iadd(held, is);
            impossible = self.b.ins().iadd(impossible, is_not);
        }
        let total = self.constant(all.len() as i64);
        let possible = self.b.ins().isub(total, impossible);
        let enough = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, held, i64::from(n));
        let too_few = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, possible, i64::from(n));
        Cell::Truth(enough, Some(too_few))
    }

    /// A counted loop over records.
    fn repeat(&mut self, of: &'u Loop, outer: &[Option<Cell>]) -> Cell {
        let place = Place { block: self.body.block, base: self.frame, outer: &[] };
        let known = self.known(&place, of.records);
        let records = self.slot(&place, of.records);
        let start = self.b.ins().ushr_imm_u(records, 32);
        let count = self.b.ins().band_imm_u(records, 0xffff_ffff);
        let zero = self.constant(0);
        #[allow(unused_mut, reason = "tests plant a fault here")]
        let mut count = self.b.ins().select(known, count, zero);
        #[allow(unused_mut, reason = "tests plant a fault here")]
        let mut stride = of.body.words() as i64 * 8;
        #[cfg(test)]
        {
            if self.planted(EmitFault::OneRecordTooFew) {
                let fewer = self.b.ins().iadd_imm_s(count, -1);
                count = self.b.ins().smax(fewer, zero);
            }
            if self.planted(EmitFault::StrideOfOne) {
                stride = 8;
            }
        }
        let bytes = self.b.ins().ishl_imm_u(start, 3);
        let first = self.b.ins().iadd(self.frame, bytes);
        let none = self.bit(false);
        let sum = self.counted(of, outer, stride, [count, first, none, none, zero]);
        let [any_held, any_erred, held] = sum;
        let none_erred = self.negated(any_erred);
        let told = self.b.ins().band(known, none_erred);
        let found = self.b.ins().band(any_held, known);
        let not_held = self.negated(any_held);
        let absent = self.b.ins().band(not_held, told);
        match of.quantifier {
            QuantifierKind::Any => Cell::Truth(found, Some(absent)),
            QuantifierKind::All => Cell::Truth(absent, Some(found)),
            QuantifierKind::Count => Cell::Word(held, Some(told)),
        }
    }

    /// Runs the body once for each record: whether one held, whether one erred, and how many held.
    fn counted(&mut self, of: &'u Loop, outer: &[Option<Cell>], stride: i64, start: [Value; 5]) -> [Value; 3] {
        let (head, body, exit) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let kinds: [Type; 5] = [types::I64, types::I64, types::I8, types::I8, types::I64];
        let [left, record, any_held, any_erred, held] = kinds.map(|ty| self.b.append_block_param(head, ty));
        self.b.ins().jump(head, &start.map(BlockArg::Value));
        self.b.switch_to_block(head);
        self.b.ins().brif(left, body, &[], exit, &[]);
        self.b.switch_to_block(body);
        let place = Place { block: &of.body, base: record, outer };
        let mut wanted = vec![of.asked];
        wanted.extend(of.filter);
        let cells = self.nodes(&place, &wanted);
        let (mut is, mut is_not) = self.both(cells[of.asked.0 as usize]);
        if of.quantifier == QuantifierKind::All {
            (is, is_not) = (is_not, is);
        }
        if let Some(filter) = of.filter {
            let (meant, not_meant) = self.both(cells[filter.0 as usize]);
            is = self.b.ins().band(is, meant);
            is_not = self.b.ins().bor(is_not, not_meant);
        }
        let told = self.b.ins().bor(is, is_not);
        let erred = self.negated(told);
        let any_held_next = self.b.ins().bor(any_held, is);
        let any_erred_next = self.b.ins().bor(any_erred, erred);
        let one = self.b.ins().uextend(types::I64, is);
        let held_next = self.b.ins().iadd(held, one);
        let left_next = self.b.ins().iadd_imm_s(left, -1);
        let record_next = self.b.ins().iadd_imm_s(record, stride);
        let next = [left_next, record_next, any_held_next, any_erred_next, held_next];
        self.b.ins().jump(head, &next.map(BlockArg::Value));
        self.b.switch_to_block(exit);
        [any_held, any_erred, held]
    }

    /// Loads a word of the answer.
    pub(super) fn answer(&mut self, word: usize) -> Value {
        self.b.ins().load(types::I64, MemFlagsData::trusted(), self.out, (word * 8) as i32)
    }

    /// Stores a word of the answer.
    pub(super) fn store(&mut self, word: usize, value: Value) {
        self.b.ins().store(MemFlagsData::trusted(), value, self.out, (word * 8) as i32);
    }

    /// The first word of the bits of rows.
    pub(super) fn bits_at(&self) -> usize {
        BITS
    }
}
