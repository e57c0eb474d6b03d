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
mod dictate;
mod emit;
mod finish;
mod frames;
mod memory;
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
    /// Whether Cranelift optimises. It makes code a little smaller and compiling twice as slow.
    pub optimise: bool,
    /// Whether Cranelift checks what it was given.
    pub verify: bool,
    /// A fault to plant, for tests of the validation.
    #[cfg(test)]
    pub(crate) fault: Option<emit::EmitFault>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            optimise: true,
            verify: cfg!(debug_assertions),
            #[cfg(test)]
            fault: None,
        }
    }
}

/// A function over a frame and an answer.
type Judge = unsafe extern "C" fn(*const u64, *mut u64);

/// A function over a frame that answers a tier's number.
type TellTier = unsafe extern "C" fn(*const u64) -> u64;

/// A function over a frame, two words to write, and a table of constants.
type Pick = unsafe extern "C" fn(*const u64, *mut u64, *const i64);

/// The functions of one unit, in the order they run.
#[derive(Default)]
struct Functions {
    first: Vec<Judge>,
    second: Vec<Judge>,
    tier: Option<TellTier>,
    /// For each piece of its lanes the function, and where its constants begin.
    pieces: Vec<(Pick, usize)>,
    constants: Vec<i64>,
    /// Words of a frame without the records of loops.
    words: usize,
    /// Words of an answer.
    answer: usize,
}

/// One unit's way to its tier alone, with the code that it is part of.
#[derive(Clone)]
pub struct Tell {
    function: TellTier,
    /// The one function that judges all rows.
    judge: Judge,
    /// Words of an answer.
    answer: usize,
    /// Words of a frame without the records of loops.
    words: usize,
    /// Keeps the function alive.
    _code: std::sync::Arc<NativeCode>,
}

impl Tell {
    /// The tier's number over a frame [whose slots are told](Frame::is_told); none where the frame is too short.
    #[inline]
    #[must_use]
    pub fn tier(&self, frame: &[u64]) -> Option<u64> {
        tell(self.function, self.words, frame)
    }

    /// Judges all rows over a frame, as [`Run::first`]; says no where frame or answer are of another length.
    #[inline]
    #[must_use]
    pub fn judge(&self, frame: &Frame, out: &mut Out) -> bool {
        if frame.words.len() < self.words || out.words.len() != self.answer {
            return false;
        }
        // SAFETY: as in `NativeCode::call`: this holds the code, there are no loops, and both lengths were checked.
        #[allow(unsafe_code, reason = "the call of native code that judges rows, with fewer steps before it")]
        unsafe {
            (self.judge)(frame.words.as_ptr(), out.words.as_mut_ptr());
        }
        true
    }
}

/// The tier's number. Only called while the `NativeCode` that the function is of is held.
#[inline]
fn tell(function: TellTier, words: usize, frame: &[u64]) -> Option<u64> {
    if frame.len() < words {
        return None;
    }
    // SAFETY: the caller holds the `NativeCode` that the function is of. The function reads the head of the frame,
    // whose length was checked, and nothing else: units with loops have none. It writes nothing.
    #[allow(unsafe_code, reason = "the other call of native code")]
    unsafe {
        Some(function(frame.as_ptr()))
    }
}

/// Machine code of a plan. Its memory is freed when it is dropped; share it by `Arc`.
pub struct NativeCode {
    units: Vec<Functions>,
    bytes: usize,
    /// Keeps the functions alive; dropped after the table above.
    _memory: Memory,
}

impl std::fmt::Debug for NativeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NativeCode({} units, {} bytes)", self.units.len(), self.bytes)
    }
}

/// Makes machine code of a whole plan.
///
/// # Errors
/// Where the processor is unknown, memory cannot be had, or a unit is too large.
pub fn compile(plan: &Plan, options: &Options) -> Result<NativeCode, JitError> {
    let mut module = module(options)?;
    let mut made = Vec::with_capacity(plan.units.len());
    let mut bytes = 0;
    {
        let mut emitter = emit::Emitter::new(&mut module, options);
        for unit in &plan.units {
            made.push(emitter.unit(unit)?);
        }
        bytes += emitter.bytes;
    }
    module.finalize_definitions().map_err(|e| JitError::Compile(e.to_string()))?;
    let memory = Memory::new(module);
    let units = made
        .into_iter()
        .zip(&plan.units)
        .map(|(ids, unit)| Functions {
            words: unit.block.words(),
            answer: Out::words_for(unit.rows.len()),
            first: memory.functions(&ids.first),
            second: memory.functions(&ids.second),
            tier: ids.tier.map(|id| memory.tell(id)),
            pieces: ids.pieces.iter().map(|(id, from)| (memory.pick(*id), *from)).collect(),
            constants: ids.constants,
        })
        .collect();
    Ok(NativeCode { units, bytes, _memory: memory })
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
        ("enable_verifier", if options.verify { "true" } else { "false" }),
        ("use_colocated_libcalls", "false"),
        ("is_pic", "false"),
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
        Some(Tell { function: functions.tier?, judge, words, answer, _code: this.clone() })
    }

    /// Runs functions, or says that the frame or the answer is not what they expect.
    fn call(&self, functions: &[Judge], unit: &Unit, frame: &Frame, out: &mut Out) -> bool {
        if !fits(unit.body(), frame) || out.words.len() != Out::words_for(unit.rows.len()) {
            return false;
        }
        for function in functions {
            // SAFETY: the code lives as long as `self`. It reads the head of the frame and the records that
            // its loops' slots name, all inside `frame.words` as `fits` has checked, and writes the words of
            // `out` only, whose number was checked. It calls nothing and keeps no pointer.
            #[allow(unsafe_code, reason = "the one call of native code")]
            unsafe {
                function(frame.words.as_ptr(), out.words.as_mut_ptr());
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
        tell(functions.tier?, functions.words, &frame.words)
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

    fn second(&self, plan: &Plan, id: UnitId, frame: &Frame, out: &mut Out) {
        let native = self.units.get(id.0 as usize);
        if !native.is_some_and(|f| self.call(&f.second, plan.unit(id), frame, out)) {
            Walker.second(plan, id, frame, out);
        }
    }
}
