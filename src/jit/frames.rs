//! Frames to try code on: every slot in each of its states, every constant from below, at and above.

use crate::plan::{Block, Body, Encoding, Frame, Node, SlotId};

/// How many frames are tried on one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Frames of random states, besides each state of each slot.
    pub mixtures: usize,
    /// Most frames with one slot in another state than the rest.
    pub most: usize,
    /// Most of those frames on which the interpreter is asked too; the mixtures come on top. Very large units
    /// get fewer.
    pub interpreted: usize,
    /// Frames for a unit whose code, but for constants, was compared in another unit already; each state of each
    /// slot occurs in one of them as far as they suffice.
    pub repeated: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { mixtures: 32, most: 2_048, interpreted: 256, repeated: 16 }
    }
}

/// A stream of numbers that is the same in every run.
#[derive(Clone, Debug)]
pub struct FrameSource(u64);

impl FrameSource {
    /// A stream by its number.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number.
    #[allow(clippy::should_implement_trait, reason = "there is always a next one")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n.max(1)
    }
}

/// The words worth trying in one slot; `None` is an unknown one.
type States = Vec<Option<u64>>;

/// Frames for a unit or a piece: all states of each slot alone over several backgrounds, then mixtures.
#[must_use]
pub fn sample_frames(of: Body<'_>, effort: Effort, source: &mut FrameSource) -> Vec<Frame> {
    let states = states(of.block);
    let mut frames = Vec::new();
    'alone: for background in 0..3 {
        for (slot, of_slot) in states.iter().enumerate() {
            for state in of_slot {
                if frames.len() >= effort.most {
                    break 'alone;
                }
                let pick = |at: usize| match background {
                    0 => states[at].first().copied().flatten(),
                    1 => states[at].get(1).copied().flatten(),
                    _ => None,
                };
                let choice: Vec<Option<u64>> =
                    (0..states.len()).map(|at| if at == slot { *state } else { pick(at) }).collect();
                frames.push(frame(of, &choice, source));
            }
        }
    }
    for _ in 0..effort.mixtures {
        let choice: Vec<Option<u64>> = states.iter().map(|of_slot| of_slot[source.below(of_slot.len())]).collect();
        frames.push(frame(of, &choice, source));
    }
    frames
}

/// Frames in which all slots go through their states at once, each from another start, so that few frames show
/// every state of every slot.
pub(super) fn turning_frames(of: Body<'_>, effort: Effort, source: &mut FrameSource) -> Vec<Frame> {
    let states = states(of.block);
    let longest = states.iter().map(Vec::len).max().unwrap_or(1);
    let starts: Vec<usize> = states.iter().map(|of_slot| source.below(of_slot.len())).collect();
    let turn = |round: usize| -> Vec<Option<u64>> {
        let at = |(of_slot, start): (&States, &usize)| {
            of_slot.get((start + round) % of_slot.len().max(1)).copied().flatten()
        };
        states.iter().zip(&starts).map(at).collect()
    };
    (0..effort.repeated.min(longest)).map(|round| frame(of, &turn(round), source)).collect()
}

/// What each slot of a block may hold.
fn states(block: &Block) -> Vec<States> {
    let constants = constants(block);
    block
        .slots
        .iter()
        .map(|slot| match &slot.encoding {
            Encoding::Truth | Encoding::Presence => vec![Some(1), Some(2), None],
            Encoding::Symbol(table) => (0..=table.len() as u64).map(Some).chain([None]).collect(),
            Encoding::Word => {
                let edges = [0, 1, -1, i64::MIN, i64::MAX, i64::MAX / 3];
                let near = constants.iter().flat_map(|c| [c.wrapping_sub(1), *c, c.wrapping_add(1)]);
                let mut words: Vec<i64> = near.chain(edges).collect();
                words.sort_unstable();
                words.dedup();
                words.into_iter().map(|w| Some(w as u64)).chain([None]).collect()
            }
            // How many records there are; `frame` writes them.
            Encoding::Records(_) => vec![Some(0), Some(1), Some(2), Some(3), Some(7), None],
        })
        .collect()
}

/// All constants of a block's nodes.
fn constants(block: &Block) -> Vec<i64> {
    let mut found = Vec::new();
    for node in &block.nodes {
        match node {
            Node::Const(word) => found.push(*word),
            Node::InSet(_, set) => found.extend(set.iter().copied()),
            Node::Load(_)
            | Node::Arithmetic(..)
            | Node::Select(..)
            | Node::AsWord(_)
            | Node::Outer(_)
            | Node::Truth(_)
            | Node::Always(_)
            | Node::IsTrue(_)
            | Node::Compare(..)
            | Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::AtLeast(..)
            | Node::Loop(_)
            | Node::Warnings(_) => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(64);
    found
}

fn frame(of: Body<'_>, choice: &[Option<u64>], source: &mut FrameSource) -> Frame {
    let mut frame = Frame::default();
    frame.clear(of.block);
    for (id, word) in (0..).map(SlotId).zip(choice) {
        let Some(word) = word else { continue };
        let word = match &of.block.slots[id.0 as usize].encoding {
            Encoding::Records(id) => records(of, id.0 as usize, *word as usize, &mut frame, source),
            Encoding::Word | Encoding::Truth | Encoding::Presence | Encoding::Symbol(_) => *word,
        };
        write(of.block, 0, id, word, &mut frame);
    }
    frame
}

fn records(of: Body<'_>, number: usize, count: usize, frame: &mut Frame, source: &mut FrameSource) -> u64 {
    let body = &of.loops[number].body;
    // Constants that the body compares with may stand outside it.
    let mut all = states(body);
    let outer = states(of.block).into_iter().flatten().take(32).collect::<States>();
    for (slot, of_slot) in body.slots.iter().zip(&mut all) {
        if matches!(slot.encoding, Encoding::Word) {
            of_slot.extend(outer.iter().copied());
        }
    }
    let (start, stride) = (frame.words.len(), body.words());
    frame.words.resize(start + count * stride, 0);
    for number in 0..count {
        for (id, of_slot) in (0..).map(SlotId).zip(&all) {
            if let Some(word) = of_slot[source.below(of_slot.len())] {
                write(body, start + number * stride, id, word, frame);
            }
        }
    }
    (start as u64) << 32 | count as u64
}

fn write(block: &Block, base: usize, id: SlotId, word: u64, frame: &mut Frame) {
    let (known, bit) = block.known(id);
    frame.words[base + known] |= 1 << bit;
    frame.words[base + block.place(id)] = word;
}
