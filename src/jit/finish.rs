//! The end of a unit's functions: bits of rows become the answer's words, and those the tier.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, Value, types};

use super::emit::Code;
use crate::decision::Tier;
use crate::plan::{Mask, RuleGroup, TIER, UNMATCHED, WARNINGS};

/// A word of true bits and a word of error bits, as far as one can be set.
#[derive(Clone, Copy, Default)]
pub(super) struct Bits {
    pub(super) held: Option<Value>,
    pub(super) erred: Option<Value>,
}

/// What the rows came to: bits collected in words, or one by one where nothing is stored.
pub(super) enum Judged<'a> {
    /// As words, one bit a row.
    Words(&'a [Bits]),
    /// Row by row: true, and error where one is possible.
    Rows(&'a [(Value, Option<Value>)]),
}

/// Which of the two bits of a row.
#[derive(Clone, Copy)]
enum Half {
    Held,
    Erred,
}

/// Stores the bits of the rows that a function judged, and the tier where it is the last.
///
/// `alone` says that the function judged every row of the first phase, so that nothing has to be read back.
pub(super) fn store(code: &mut Code<'_, '_>, mut words: Vec<Bits>, alone: bool, finish: bool, second: bool) {
    let half = words.len();
    if !alone {
        for (place, bits) in words.iter_mut().enumerate() {
            if bits.held.is_none() && bits.erred.is_none() && !finish {
                continue;
            }
            let at = code.bits_at() + place;
            let (held, erred) = (code.answer(at), code.answer(at + half));
            bits.held = Some(joined(code, bits.held, held));
            bits.erred = Some(joined(code, bits.erred, erred));
        }
    }
    if finish {
        silence(code, &mut words);
        if !second && code.unit.counts_warnings() {
            let count = warnings(code, &words);
            code.store(WARNINGS, count);
        }
        let tier = tier(code, &Judged::Words(&words));
        code.store(TIER, tier);
    }
    for (place, bits) in words.into_iter().enumerate() {
        let at = code.bits_at() + place;
        if let Some(held) = bits.held {
            code.store(at, held);
        }
        if let Some(erred) = bits.erred {
            code.store(at + half, erred);
        }
    }
}

/// The tier of a unit all of whose rows were judged here, without storing anything.
pub(super) fn tier_alone(code: &mut Code<'_, '_>, mut rows: Vec<(Value, Option<Value>)>) -> Value {
    let unit = code.unit;
    for silence in &unit.combine.silences {
        let holds = rows[silence.exception].0;
        let kept = code.negated(holds);
        for place in (0..rows.len()).filter(|place| silence.rows.has(*place)) {
            let (held, erred) = rows[place];
            let held = code.b.ins().band(held, kept);
            let erred = erred.map(|erred| code.b.ins().band(erred, kept));
            rows[place] = (held, erred);
        }
    }
    tier(code, &Judged::Rows(&rows))
}

fn joined(code: &mut Code<'_, '_>, own: Option<Value>, stored: Value) -> Value {
    match own {
        Some(own) => code.b.ins().bor(own, stored),
        None => stored,
    }
}

/// Clears the bits of floors that a true exception silences.
fn silence(code: &mut Code<'_, '_>, words: &mut [Bits]) {
    let unit = code.unit;
    for silence in &unit.combine.silences {
        let Some(holds) = row_held(code, &Judged::Words(words), silence.exception) else { continue };
        for (place, mask) in silence.rows.0.iter().enumerate().filter(|(_, mask)| **mask != 0) {
            let (all, kept) = (code.constant(-1), code.constant(!*mask as i64));
            let kept = code.b.ins().select(holds, kept, all);
            for word in [&mut words[place].held, &mut words[place].erred].into_iter().flatten() {
                *word = code.b.ins().band(*word, kept);
            }
        }
    }
}

/// Whether a row is true; nothing where it cannot be.
fn row_held(code: &mut Code<'_, '_>, judged: &Judged<'_>, row: usize) -> Option<Value> {
    match judged {
        Judged::Rows(rows) => rows.get(row).map(|(held, _)| *held),
        Judged::Words(words) => {
            let mut mask = Mask::none(words.len() * 64);
            mask.add(row);
            meets(code, judged, &mask, Half::Held)
        }
    }
}

/// Whether one of the rows has its bit set; nothing where none can.
fn meets(code: &mut Code<'_, '_>, judged: &Judged<'_>, mask: &Mask, half: Half) -> Option<Value> {
    let mut found: Option<Value> = None;
    match judged {
        Judged::Words(words) => {
            for (bits, mask) in words.iter().zip(&mask.0).filter(|(_, mask)| **mask != 0) {
                let word = match half {
                    Half::Held => bits.held,
                    Half::Erred => bits.erred,
                };
                let Some(word) = word else { continue };
                let mask = code.constant(*mask as i64);
                let hit = code.b.ins().band(word, mask);
                found = Some(joined(code, found, hit));
            }
            found.map(|found| code.b.ins().icmp_imm_s(IntCC::NotEqual, found, 0))
        }
        Judged::Rows(rows) => {
            for (_, (held, erred)) in rows.iter().enumerate().filter(|(place, _)| mask.has(*place)) {
                let bit = match half {
                    Half::Held => Some(*held),
                    Half::Erred => *erred,
                };
                if let Some(bit) = bit {
                    found = Some(joined(code, found, bit));
                }
            }
            found
        }
    }
}

/// How many floors warn.
fn warnings(code: &mut Code<'_, '_>, words: &[Bits]) -> Value {
    let unit = code.unit;
    let words = &Judged::Words(words);
    let mut count = code.constant(0);
    for watched in &unit.combine.watched {
        let held = meets(code, words, &watched.held, Half::Held);
        let erred = meets(code, words, &watched.erred, Half::Erred);
        let warns = match (held, erred) {
            (Some(a), Some(b)) => code.b.ins().bor(a, b),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => continue,
        };
        let one = code.b.ins().uextend(types::I64, warns);
        count = code.b.ins().iadd(count, one);
    }
    count
}

/// The tier of the unit.
fn tier(code: &mut Code<'_, '_>, words: &Judged<'_>) -> Value {
    let unit = code.unit;
    let default = unit.combine.default;
    let none = code.constant(-1);
    let mut rules = none;
    for group in &unit.combine.groups {
        if let Some(held) = meets(code, words, &group.rows, Half::Held) {
            let effective = effective(code, words, group);
            let brought = code.b.ins().select(held, effective, none);
            rules = code.b.ins().smax(rules, brought);
        }
        if let Some(erred) = meets(code, words, &group.rows, Half::Erred) {
            let strict = code.constant(group.tier.max(default) as i64);
            let brought = code.b.ins().select(erred, strict, none);
            rules = code.b.ins().smax(rules, brought);
        }
    }
    let matched = code.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, rules, 0);
    // Rules in lanes may match where none here does: then the default is not for this block to say.
    let shared = unit.combine.shared;
    let fallback = code.constant(if shared { Tier::Green } else { default } as i64);
    let mut result = code.b.ins().select(matched, rules, fallback);
    for tier in Tier::ALL {
        let held = meets(code, words, &unit.combine.floors_held[tier as usize], Half::Held);
        let erred = meets(code, words, &unit.combine.floors_erred[tier as usize], Half::Erred);
        for found in [held, erred].into_iter().flatten() {
            let floor = code.constant(tier as i64);
            let raised = code.b.ins().smax(result, floor);
            result = code.b.ins().select(found, raised, result);
        }
    }
    if shared {
        let (none, unmatched) = (code.constant(0), code.constant(UNMATCHED as i64));
        let flag = code.b.ins().select(matched, none, unmatched);
        result = code.b.ins().bor(result, flag);
    }
    result
}

/// What the rules of a group count as.
fn effective(code: &mut Code<'_, '_>, words: &Judged<'_>, group: &RuleGroup) -> Value {
    let mut tier = code.constant(group.tier as i64);
    for (row, to) in &group.relaxes {
        let Some(holds) = row_held(code, words, *row) else { continue };
        let ceiling = code.constant(*to as i64);
        let lowered = code.b.ins().smin(tier, ceiling);
        tier = code.b.ins().select(holds, lowered, tier);
    }
    tier
}
