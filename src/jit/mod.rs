//! Native code: a plan's nodes as machine code, by Cranelift.
//!
//! In comes a [`Plan`], out comes [`NativeCode`]: for each unit a few functions over the same frame and
//! the same answer as the walker's. The code calls nothing, traps nowhere and touches no other memory.
//!
//! This is the only module with unsafe code. It does three things that the compiler cannot check: it calls
//! a function by its address, it hands it pointers to a frame and an answer, and it frees the memory of
//! the code. INVARIANT: a function is only called while its [`NativeCode`] is held, with a frame that was
//! checked to be as long as the unit reads and an answer as long as the unit writes.

mod against;
mod alike;
mod constants;
mod dictate;
mod emit;
mod finish;
mod forms;
mod frames;
mod made;
mod memory;
mod mix;
mod picks;
mod pieces;
mod shapes;
#[cfg(test)]
mod tests;
mod validate;

use cranelift_codegen::settings::{self, Configurable as _};
use cranelift_jit::{JITBuilder, JITModule};

use crate::plan::{Body, Encoding, Frame, Out, PieceId, Plan, Run, Unit, UnitId, Walker};
use memory::Memory;

pub use against::{Difference, validate_against};
pub use frames::{Effort, FrameSource, sample_frames};
pub use validate::{Mismatch, validate};

/// Rows of one function at most; more are split, because one giant function compiles badly.
pub const ROWS_PER_FUNCTION: usize = 128;

/// Rows of a plan up to which code is optimised. Measured on ten thousand rules, optimised code was no faster
/// than plain code and took four times as long to make.
pub const OPTIMISED_ROWS: usize = 2_000;

/// Why there is no native code.
#[derive(Debug, thiserror::Error)]
pub enum JitError {
    /// The processor is not one that code is made for.
    #[error("no native code for this processor: {0}")]
    Host(String),
    /// The code could not be made.
    #[error("native code could not be made: {0}")]
    Compile(String),
    /// The unit is larger than native code is made for.
    #[error("`{0}` is too large for native code")]
    TooLarge(String),
    /// The code says something else than the language.
    #[error("native code differs from the language: {0}")]
    Differs(String),
}

/// How native code is made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether Cranelift optimises plans of up to [`OPTIMISED_ROWS`] rows.
    pub optimise: bool,
    /// Whether Cranelift checks what it was given.
    pub verify: bool,
    /// From how many units on those whose code differs in constants alone share it. Shared code reads its
    /// constants from memory, which costs next to nothing; making it is what costs in a large set.
    pub share_from: usize,
    /// A fault to plant, for tests of the validation.
    #[cfg(test)]
    pub(crate) fault: Option<emit::EmitFault>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            optimise: true,
            verify: cfg!(debug_assertions),
            share_from: 256,
            #[cfg(test)]
            fault: None,
        }
    }
}

/// A function over a frame, an answer and its constants.
type Judge = unsafe extern "C" fn(*const u64, *mut u64, *const i64);

/// A function over a frame and its constants that answers a tier's number.
type TellTier = unsafe extern "C" fn(*const u64, *const i64) -> u64;

/// A function with the place of its constants among all.
type With<F> = (F, u32);

/// A function over a frame, two words to write, and a table of constants.
type Pick = unsafe extern "C" fn(*const u64, *mut u64, *const i64);

/// The functions of one unit, in the order they run.
#[derive(Default)]
struct Functions {
    first: Vec<With<Judge>>,
    second: Vec<With<Judge>>,
    tier: Option<With<TellTier>>,
    /// For each piece of its lanes the function, and where its constants begin.
    pieces: Vec<(Pick, usize)>,
    constants: Vec<i64>,
    /// Words of a frame without the records of loops.
    words: usize,
    /// Words of an answer.
    answer: usize,
    /// The same for units that have all these functions in common.
    shape: u64,
}

/// One unit's way to its tier alone, with the code that it is part of.
#[derive(Clone)]
pub struct Tell {
    function: With<TellTier>,
    /// The one function that judges all rows.
    judge: With<Judge>,
    /// Words of an answer.
    answer: usize,
    /// Words of a frame without the records of loops.
    words: usize,
    /// Keeps the functions and their constants alive.
    code: std::sync::Arc<NativeCode>,
}

impl Tell {
    /// The tier's number over a frame [whose slots are told](Frame::is_told); none where the frame is too short.
    #[inline]
    #[must_use]
    pub fn tier(&self, frame: &[u64]) -> Option<u64> {
        tell(self.function, self.words, frame, &self.code.constants)
    }

    /// Judges all rows over a frame, as [`Run::first`]; says no where frame or answer are of another length.
    #[inline]
    #[must_use]
    pub fn judge(&self, frame: &Frame, out: &mut Out) -> bool {
        if frame.words.len() < self.words || out.words.len() != self.answer {
            return false;
        }
        let (judge, from) = self.judge;
        // SAFETY: as in `NativeCode::call`: this holds the code, there are no loops, and both lengths were checked.
        #[allow(unsafe_code, reason = "the call of native code that judges rows, with fewer steps before it")]
        unsafe {
            judge(frame.words.as_ptr(), out.words.as_mut_ptr(), self.code.constants(from));
        }
        true
    }
}

/// The tier's number. Only called while the `NativeCode` that the function is of is held.
#[inline]
fn tell((function, from): With<TellTier>, words: usize, frame: &[u64], constants: &[i64]) -> Option<u64> {
    if frame.len() < words {
        return None;
    }
    // SAFETY: the caller holds the `NativeCode` that the function is of. The function reads the head of the frame,
    // whose length was checked, and the constants that were put into the table for it: units with loops have none.
    // It writes nothing.
    #[allow(unsafe_code, reason = "the other call of native code")]
    unsafe {
        Some(function(frame.as_ptr(), constants.get(from as usize..).unwrap_or_default().as_ptr()))
    }
}

/// Machine code of a plan. Its memory is freed when it is dropped; share it by `Arc`.
pub struct NativeCode {
    units: Vec<Functions>,
    constants: Box<[i64]>,
    bytes: usize,
    functions: usize,
    /// Keeps the functions alive; dropped after the table above.
    _memory: Memory,
}

impl std::fmt::Debug for NativeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NativeCode({} units, {} functions, {} bytes)", self.units.len(), self.functions, self.bytes)
    }
}

/// Makes machine code of a whole plan.
///
/// # Errors
/// Where the processor is unknown, memory cannot be had, or a unit is too large.
pub fn compile(plan: &Plan, options: &Options) -> Result<NativeCode, JitError> {
    let rows: usize = plan.units.iter().map(|unit| unit.rows.len()).sum();
    let mut module = module(&Options { optimise: options.optimise && rows <= OPTIMISED_ROWS, ..*options })?;
    let mut made = Vec::with_capacity(plan.units.len());
    let mut emitter = emit::Emitter::new(&mut module, options);
    if plan.units.len() >= options.share_from {
        emitter = emitter.shared();
    }
    for unit in &plan.units {
        made.push(emitter.unit(unit)?);
    }
    let (constants, bytes, functions) = (emitter.constants.into(), emitter.bytes, emitter.functions);
    module.finalize_definitions().map_err(|e| JitError::Compile(e.to_string()))?;
    let memory = Memory::new(module);
    let judges = |parts: &[made::Part]| parts.iter().map(|p| (memory.judge(p.id), p.constants)).collect();
    let units = made
        .into_iter()
        .zip(&plan.units)
        .map(|(parts, unit)| Functions {
            words: unit.block.words(),
            answer: Out::words_for(unit.rows.len()),
            shape: parts.shape(),
            first: judges(&parts.first),
            second: judges(&parts.second),
            tier: parts.tier.map(|part| (memory.tell(part.id), part.constants)),
            pieces: parts.pieces.iter().map(|(id, from)| (memory.pick(*id), *from)).collect(),
            constants: parts.constants,
        })
        .collect();
    Ok(NativeCode { units, constants, bytes, functions, _memory: memory })
}

/// The intermediate code of every function, for people.
///
/// # Errors
/// As [`compile`].
pub fn clif(plan: &Plan, options: &Options) -> Result<String, JitError> {
    let mut module = module(options)?;
    let mut emitter = emit::Emitter::new(&mut module, options);
    emitter.text = Some(String::new());
    for unit in &plan.units {
        emitter.unit(unit)?;
    }
    let text = emitter.text.take().unwrap_or_default();
    drop(Memory::new(module));
    Ok(text)
}

fn module(options: &Options) -> Result<JITModule, JitError> {
    let mut flags = settings::builder();
    let values = [
        ("opt_level", if options.optimise { "speed" } else { "none" }),
        ("regalloc_algorithm", if options.optimise { "backtracking" } else { "single_pass" }),
        ("enable_verifier", if options.verify { "true" } else { "false" }),
        ("use_colocated_libcalls", "false"),
        ("is_pic", "false"),
        // The code calls nothing and cannot panic, so nobody unwinds through it.
        ("unwind_info", "false"),
    ];
    for (name, value) in values {
        flags.set(name, value).map_err(|e| JitError::Host(e.to_string()))?;
    }
    let isa = cranelift_native::builder().map_err(|e| JitError::Host(e.to_string()))?;
    let isa = isa.finish(settings::Flags::new(flags)).map_err(|e| JitError::Host(e.to_string()))?;
    Ok(JITModule::new(JITBuilder::with_isa(isa, cranelift_module::default_libcall_names())))
}

impl NativeCode {
    /// How many bytes of machine code there are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// One unit's way to its tier alone, if it has one.
    #[must_use]
    pub fn tell(this: &std::sync::Arc<Self>, unit: UnitId) -> Option<Tell> {
        let functions = this.units.get(unit.0 as usize)?;
        let [judge] = *functions.first else { return None };
        let (words, answer) = (functions.words, functions.answer);
        Some(Tell { function: functions.tier?, judge, words, answer, code: this.clone() })
    }

    /// How many functions were made. Units that differ in constants alone may share theirs.
    #[must_use]
    pub fn functions(&self) -> usize {
        self.functions
    }

    /// Where the constants of a function begin.
    fn constants(&self, start: u32) -> *const i64 {
        self.constants.get(start as usize..).unwrap_or_default().as_ptr()
    }

    /// Runs functions, or says that the frame or the answer is not what they expect.
    fn call(&self, functions: &[With<Judge>], unit: &Unit, frame: &Frame, out: &mut Out) -> bool {
        if !fits(unit.body(), frame) || out.words.len() != Out::words_for(unit.rows.len()) {
            return false;
        }
        for (function, constants) in functions {
            // SAFETY: the code lives as long as `self`. It reads the head of the frame and the records that
            // its loops' slots name, all inside `frame.words` as `fits` has checked, the constants that were
            // put into the table for it, and writes the words of `out` only, whose number was checked. It
            // calls nothing and keeps no pointer.
            #[allow(unsafe_code, reason = "the one call of native code")]
            unsafe {
                function(frame.words.as_ptr(), out.words.as_mut_ptr(), self.constants(*constants));
            }
        }
        true
    }
}

/// Whether a frame holds all that the code of a unit or piece reads.
fn fits(of: Body<'_>, frame: &Frame) -> bool {
    if frame.words.len() < of.block.words() {
        return false;
    }
    of.loops.iter().all(|one| {
        let records = frame.words[of.block.place(one.records)];
        let (start, count) = ((records >> 32) as usize, (records & 0xffff_ffff) as usize);
        let end = count.checked_mul(one.body.words()).and_then(|n| n.checked_add(start));
        debug_assert!(matches!(of.block.slots[one.records.0 as usize].encoding, Encoding::Records(_)));
        end.is_some_and(|end| end <= frame.words.len())
    })
}

impl Run for NativeCode {
    fn first(&self, plan: &Plan, id: UnitId, frame: &Frame, out: &mut Out) {
        let native = self.units.get(id.0 as usize);
        if !native.is_some_and(|f| self.call(&f.first, plan.unit(id), frame, out)) {
            Walker.first(plan, id, frame, out);
        }
    }

    fn tier(&self, _: &Plan, id: UnitId, frame: &Frame) -> Option<u64> {
        let functions = self.units.get(id.0 as usize)?;
        tell(functions.tier?, functions.words, &frame.words, &self.constants)
    }

    fn tells_tier(&self, id: UnitId) -> bool {
        self.units.get(id.0 as usize).is_some_and(|unit| unit.tier.is_some())
    }

    fn piece(&self, plan: &Plan, id: UnitId, piece: PieceId, frame: &Frame) -> (u64, u64) {
        let native = self.units.get(id.0 as usize).and_then(|unit| {
            let (function, from) = unit.pieces.get(piece.0 as usize)?;
            Some((function, unit.constants.get(*from..)?))
        });
        let body = plan.unit(id).lanes.piece(piece).body();
        let Some((function, constants)) = native.filter(|_| fits(body, frame)) else {
            return Walker.piece(plan, id, piece, frame);
        };
        let mut bits = [0; 2];
        // SAFETY: as in `call`; this function writes the two words, and reads as many constants as the shape of the
        // piece has, all of which were added to the table behind `from`.
        #[allow(unsafe_code, reason = "the call of native code for a piece")]
        unsafe {
            function(frame.words.as_ptr(), bits.as_mut_ptr(), constants.as_ptr());
        }
        (bits[0], bits[1])
    }

    fn shape(&self, id: UnitId) -> Option<u64> {
        self.units.get(id.0 as usize).map(|functions| functions.shape)
    }

    fn second(&self, plan: &Plan, id: UnitId, frame: &Frame, out: &mut Out) {
        let native = self.units.get(id.0 as usize);
        if !native.is_some_and(|f| self.call(&f.second, plan.unit(id), frame, out)) {
            Walker.second(plan, id, frame, out);
        }
    }
}
