//! Functions of units that differ in nothing but constants are one function.
//!
//! A set of thousands of rules has few shapes of condition and many numbers and symbols. Where constants are
//! read from a table that each unit has of its own, the intermediate code of two units of one shape is equal,
//! and machine code is made once. Equal means equal: the intermediate code is compared, not a digest of it.

use std::collections::HashMap;
use std::hash::{Hash as _, Hasher as _};

use cranelift_codegen::ir::function::FunctionStencil;
use cranelift_module::FuncId;

use super::mix::Mix;

/// Most instructions that are kept to be compared with, some 20 MiB. What is met often is met early; what comes
/// later is made and forgotten.
const MOST: usize = 1 << 18;

/// A digest of intermediate code.
pub(super) type Digest = u64;

/// The functions made so far, by their intermediate code.
#[derive(Default)]
pub(super) struct Alike {
    known: HashMap<Digest, Vec<(FunctionStencil, FuncId)>>,
    instructions: usize,
}

impl Alike {
    /// The function that was made of exactly this code.
    pub(super) fn find(&self, digest: Digest, code: &FunctionStencil) -> Option<FuncId> {
        let alike = self.known.get(&digest)?;
        alike.iter().find(|(known, _)| known == code).map(|(_, id)| *id)
    }

    /// Whether there is room for more code of this size.
    pub(super) fn has_room(&self, code: &FunctionStencil) -> bool {
        self.instructions + code.dfg.num_insts() <= MOST
    }

    /// Keeps a function. `code` is what it is made of, before Cranelift changes it.
    pub(super) fn keep(&mut self, digest: Digest, code: FunctionStencil, id: FuncId) {
        self.instructions += code.dfg.num_insts();
        self.known.entry(digest).or_default().push((code, id));
    }
}

/// The digest of intermediate code.
pub(super) fn digest(code: &FunctionStencil) -> Digest {
    let mut hasher = Mix::default();
    code.hash(&mut hasher);
    hasher.finish()
}
