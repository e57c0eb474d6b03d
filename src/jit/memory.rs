//! The memory of native code: alive as long as its owner, freed with it.

use std::mem::ManuallyDrop;

use cranelift_jit::JITModule;
use cranelift_module::FuncId;

use super::{Judge, Pick, TellTier};

/// A finished module. Nothing is added to it any more.
pub(super) struct Memory {
    module: ManuallyDrop<JITModule>,
}

// SAFETY: after `finalize_definitions` the module is only read (addresses of functions) and, once, freed
// by its owner. The pages of the code are read-only and executable by then, and any thread may run them.
#[allow(unsafe_code, reason = "the module's raw pointers are only pages of finished code")]
unsafe impl Send for Memory {}
// SAFETY: as above; `&Memory` gives out addresses only.
#[allow(unsafe_code, reason = "the module's raw pointers are only pages of finished code")]
unsafe impl Sync for Memory {}

impl Memory {
    /// Takes over a module.
    pub(super) fn new(module: JITModule) -> Self {
        Self { module: ManuallyDrop::new(module) }
    }

    /// The address of a finished function that writes an answer.
    pub(super) fn judge(&self, id: FuncId) -> Judge {
        let address = self.module.get_finalized_function(id);
        // SAFETY: the function was defined with exactly this signature and the host's calling convention,
        // and it was finished before the module came here.
        #[allow(unsafe_code, reason = "an address becomes a function once")]
        unsafe {
            std::mem::transmute::<*const u8, Judge>(address)
        }
    }

    /// The address of a finished function of pieces.
    pub(super) fn pick(&self, id: FuncId) -> Pick {
        let address = self.module.get_finalized_function(id);
        // SAFETY: as in `functions`; this one was defined with three pointers.
        #[allow(unsafe_code, reason = "an address becomes a function once")]
        unsafe {
            std::mem::transmute::<*const u8, Pick>(address)
        }
    }

    /// The address of a finished function that answers a tier.
    pub(super) fn tell(&self, id: FuncId) -> TellTier {
        let address = self.module.get_finalized_function(id);
        // SAFETY: as in `judge`; this one was defined with frame and constants only and a word as result.
        #[allow(unsafe_code, reason = "an address becomes a function once")]
        unsafe {
            std::mem::transmute::<*const u8, TellTier>(address)
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the module is taken once, here. Its functions can only be called through the
        // `NativeCode` that owns this memory and is being dropped, so none is running and none will.
        #[allow(unsafe_code, reason = "code pages are freed by hand")]
        unsafe {
            ManuallyDrop::take(&mut self.module).free_memory();
        }
    }
}
