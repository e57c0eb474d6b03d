//! A cheap hash of a short name, for native code and controls.

/// A hash of a short name, eight bytes at a time.
#[inline(always)]
#[must_use]
pub fn hash(name: &[u8]) -> u64 {
    #[inline(always)]
    fn mix(hash: u64, word: u64) -> u64 {
        let wide = u128::from(hash ^ word) * 0xA076_1D64_78BD_642F_u128;
        (wide as u64) ^ ((wide >> 64) as u64)
    }
    #[inline(always)]
    fn word(name: &[u8], at: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&name[at..at + 8]);
        u64::from_le_bytes(bytes)
    }
    let mut hash = (name.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut at = 0;
    if name.len() >= 8 {
        while at + 8 <= name.len() {
            hash = mix(hash, word(name, at));
            at += 8;
        }
        if at < name.len() {
            // The last eight bytes again: cheaper than copying what is left.
            hash = mix(hash, word(name, name.len() - 8));
        }
    } else {
        hash = mix(hash, name.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)));
    }
    hash ^ (hash >> 29)
}
