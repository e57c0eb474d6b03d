//! Where a name lies in a perfect hash table: for the build script that fills it, and for the code that asks it.

/// Where a name lies in a table of a power of two.
#[inline(always)]
#[must_use]
pub fn slot(hash: u64, shift: u32, size: usize) -> usize {
    let mixed = (hash ^ u64::from(shift).wrapping_mul(0xD6E8_FEB8_6659_FD93)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize & (size - 1)
}
