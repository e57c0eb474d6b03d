//! Functions of units before they have addresses.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use cranelift_module::FuncId;

/// A function before it has an address, and where its constants begin.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) id: FuncId,
    pub(super) constants: u32,
}

/// Functions of a unit before they have addresses.
#[derive(Default)]
pub(super) struct Made {
    pub(super) first: Vec<Part>,
    pub(super) second: Vec<Part>,
    /// The tier alone, where one function can tell it.
    pub(super) tier: Option<Part>,
    /// For each piece of its lanes the function, and where its constants begin in `constants`.
    pub(super) pieces: Vec<(FuncId, usize)>,
    pub(super) constants: Vec<i64>,
}

impl Made {
    /// A digest: the same for units with the same functions.
    pub(super) fn shape(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for part in self.first.iter().chain(&self.second).chain(&self.tier) {
            part.id.as_u32().hash(&mut hasher);
        }
        hasher.finish()
    }
}
