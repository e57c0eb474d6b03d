//! Native code for the workloads, made ahead of time.
//!
//! `resolve` is what a perfect compiler could do: a perfect hash of the action, and for each action one
//! function of straight-line tests, most severe first. `plain` is one `match` on the action. `workload::w1::by_hand`
//! is W1 as a careful programmer writes it.

pub mod perfect;

use workload::{Ask, Tier};

/// The code of one action.
pub type Decide = fn(&Ask) -> Tier;

#[inline(always)]
fn find(key: &str, shifts: &[u32], slots: &[(&str, Decide)]) -> Option<Decide> {
    let hash = workload::hash::hash(key.as_bytes());
    let shift = shifts[hash as usize & (shifts.len() - 1)];
    let (name, decide) = slots[perfect::slot(hash, shift, slots.len())];
    (name == key).then_some(decide)
}

macro_rules! generated {
    ($($name:ident)*) => {$(
        #[allow(clippy::all, unused)]
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".rs"));
        }
    )*};
}

generated!(w1 w2_10 w2_100 w2_1000 w2_10000);

/// The generated code of a workload.
#[must_use]
pub fn resolver(workload: &str) -> Option<fn(&str) -> Decide> {
    Some(match workload {
        "w1" => w1::resolve,
        "w2_10" => w2_10::resolve,
        "w2_100" => w2_100::resolve,
        "w2_1000" => w2_1000::resolve,
        "w2_10000" | "w2_10000_spread" => w2_10000::resolve,
        _ => return None,
    })
}

/// The `match` on the action: by hand for W1, generated for W2. None where it would have thousands of arms.
#[must_use]
pub fn matcher(workload: &str) -> Option<Decide> {
    Some(match workload {
        "w1" => workload::w1::by_hand,
        "w2_10" => w2_10::plain,
        "w2_100" => w2_100::plain,
        "w2_1000" => w2_1000::plain,
        _ => return None,
    })
}
