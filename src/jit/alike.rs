//! Functions of units that differ in nothing but constants are one function.
//!
//! A set of thousands of rules has few shapes of condition and many numbers and symbols. Where constants are
//! read from a table that each unit has of its own, the intermediate code of two units of one shape is equal,
//! and machine code is made once. Code is known by the BLAKE3 hash of all that it says, the way Cranelift's own
//! incremental cache knows it by SHA-256 (`cranelift_codegen::incremental_cache`): keeping the code itself to be
//! compared with took a fifth of the memory of making it.

use std::collections::HashMap;
use std::hash::{Hash as _, Hasher};

use cranelift_codegen::ir::function::FunctionStencil;
use cranelift_module::FuncId;

/// The hash of intermediate code.
pub(super) type Digest = blake3::Hash;

/// The functions made so far, by their intermediate code.
#[derive(Default)]
pub(super) struct Alike {
    known: HashMap<Digest, FuncId>,
    said: Said,
}

impl Alike {
    /// The hash of intermediate code.
    pub(super) fn digest(&mut self, code: &FunctionStencil) -> Digest {
        self.said.0.clear();
        code.hash(&mut self.said);
        blake3::hash(&self.said.0)
    }

    /// The function that was made of this code.
    pub(super) fn find(&self, digest: &Digest) -> Option<FuncId> {
        self.known.get(digest).copied()
    }

    /// Keeps a function. `digest` is that of what it is made of, before Cranelift changes it.
    pub(super) fn keep(&mut self, digest: Digest, id: FuncId) {
        self.known.insert(digest, id);
    }
}

/// All that is hashed, one piece behind the other: hashed at once, which is quicker than piece by piece.
#[derive(Default)]
struct Said(Vec<u8>);

impl Hasher for Said {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Nobody asks for it; it is the hash of what was said all the same.
    fn finish(&self) -> u64 {
        blake3::hash(&self.0).as_bytes().iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte))
    }
}
