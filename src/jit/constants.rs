//! Constants of a function: in the code, or read from a table so that others may share the code.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, Value, types};

#[cfg(test)]
use super::emit::EmitFault;
use super::emit::{Code, Place};

impl<'u> Code<'_, 'u> {
    /// A constant that units of the same shape may have otherwise.
    pub(super) fn own_constant(&mut self, word: i64) -> Value {
        let Some((table, own)) = &mut self.own else { return self.constant(word) };
        let (table, place) = (*table, own.len());
        own.push(word);
        self.load(table, place)
    }

    /// Membership among sorted constants: one test for each window of 64 neighbours.
    pub(super) fn in_set(&mut self, word: Value, set: &[i64]) -> Value {
        let mut found = None;
        let mut rest = set;
        while let Some(low) = rest.first().copied() {
            let inside = rest.iter().take_while(|n| n.wrapping_sub(low) as u64 <= 63).count();
            let (window, after) = rest.split_at(inside);
            rest = after;
            let hit = self.in_window(word, low, window);
            found = Some(match found {
                Some(found) => self.b.ins().bor(found, hit),
                None => hit,
            });
        }
        found.unwrap_or_else(|| self.bit(false))
    }

    pub(super) fn in_window(&mut self, word: Value, low: i64, window: &[i64]) -> Value {
        let least = self.own_constant(low);
        if window.len() == 1 {
            return self.b.ins().icmp(IntCC::Equal, word, least);
        }
        let mask = window.iter().fold(0_u64, |mask, n| mask | 1 << (n.wrapping_sub(low) as u64));
        let distance = self.b.ins().isub(word, least);
        let inside = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, distance, 64);
        let mask = self.own_constant(mask as i64);
        let shifted = self.b.ins().ushr(mask, distance);
        let byte = self.b.ins().ireduce(types::I8, shifted);
        let bit = self.b.ins().band_imm_u(byte, 1);
        #[cfg(test)]
        if self.planted(EmitFault::RangeOfSetNotChecked) {
            return bit;
        }
        self.b.ins().band(inside, bit)
    }

    /// The table that a block's constants are places in; bodies of loops have their own constants.
    pub(super) fn table_of(&self, place: &Place<'u, '_>) -> Option<Value> {
        self.constants.filter(|_| std::ptr::eq(place.block, self.body.block))
    }
}
