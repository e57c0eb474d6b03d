//! The function of a piece: two words of bits, from a frame and a table of constants.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, MemFlagsData, Value, types};

#[cfg(test)]
use super::emit::EmitFault;
use super::emit::{Code, Place};
use super::finish;
use crate::plan::NodeId;

impl Code<'_, '_> {
    /// Writes two words: the rows of a piece that are true, and those that erred.
    pub(super) fn piece(&mut self) {
        let conditions: Vec<NodeId> = self.body.rows.iter().map(|row| row.condition).collect();
        let place = Place { block: self.body.block, base: self.frame, outer: &[] };
        let cells = self.nodes(&place, &conditions);
        let mut bits = finish::Bits::default();
        for (row, condition) in conditions.into_iter().enumerate() {
            let (held, erred) = self.row_bits(cells[condition.0 as usize]);
            self.collect(&mut bits.held, held, row);
            if let Some(erred) = erred {
                self.collect(&mut bits.erred, erred, row);
            }
        }
        #[cfg(test)]
        if self.planted(EmitFault::WordsOfPieceSwapped) {
            std::mem::swap(&mut bits.held, &mut bits.erred);
        }
        for (word, bits) in [bits.held, bits.erred].into_iter().enumerate() {
            let bits = bits.unwrap_or_else(|| self.constant(0));
            self.store(word, bits);
        }
    }

    /// A word of the table of constants.
    pub(super) fn constant_at(&mut self, table: Value, place: usize) -> Value {
        let flags = MemFlagsData::trusted().with_readonly();
        #[cfg(test)]
        if self.planted(EmitFault::NextConstant) {
            let word = self.b.ins().load(types::I64, flags, table, (place * 8) as i32);
            return self.b.ins().iadd_imm_s(word, 1);
        }
        self.b.ins().load(types::I64, flags, table, (place * 8) as i32)
    }

    /// Membership among a few words of the table.
    pub(super) fn in_table(&mut self, word: Value, table: Value, (first, count): (usize, usize)) -> Value {
        let mut found = None;
        #[cfg(test)]
        let count = if self.planted(EmitFault::SmallSetTooShort) { count.saturating_sub(1) } else { count };
        for place in first..first + count {
            let other = self.constant_at(table, place);
            let hit = self.b.ins().icmp(IntCC::Equal, word, other);
            found = Some(match found {
                Some(found) => self.b.ins().bor(found, hit),
                None => hit,
            });
        }
        found.unwrap_or_else(|| self.bit(false))
    }
}
