//! What every engine's program shares.
//!
//! An engine is an [`Arm`]: it writes a workload in its language, loads that text, and decides. The program
//! of an engine hands its arms to [`serve`], which takes orders from the driver, one JSON line at a time, so
//! that the driver can walk round all engines again and again though each lives in a process of its own.

pub mod clock;
pub mod index;
mod orders;
mod sampler;
mod threads;

pub use orders::serve;
pub use workload::{Ask, DEFAULT, Tier, Workload};

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The request is in the engine's own form already.
    Eval,
    /// It is made from the typed struct first.
    Build,
    /// It is read from a JSON text first.
    Json,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Eval, Self::Build, Self::Json];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Eval => "eval",
            Self::Build => "build",
            Self::Json => "json",
        }
    }
}

/// A loaded policy that decides.
pub trait Engine {
    /// Brings requests into the engine's own form and keeps them.
    fn prepare(&mut self, asks: &[Ask]);

    /// Decides a prepared request.
    fn eval(&mut self, i: usize) -> Tier;

    /// Makes a request of the typed struct and decides it.
    fn build(&mut self, ask: &Ask) -> Tier;

    /// Reads a request and decides it: by serde into the typed struct, where the engine has no better way.
    fn json(&mut self, text: &str) -> Tier {
        let ask: Ask = serde_json::from_str(text).expect("a request of the workload");
        self.build(&ask)
    }

    /// The JSON text of a request, where the engine has a layout of its own.
    fn json_text(&self, ask: &Ask) -> String {
        serde_json::to_string(ask).expect("text and numbers")
    }

    /// Another engine for another thread that shares the loaded policy with this one.
    fn sibling(&self) -> Option<Box<dyn Engine + Send>> {
        None
    }

    // The loops below are compiled once for each engine, so that no virtual call lies in what is timed.

    /// Decides all requests once, in one mode.
    fn sweep(&mut self, mode: Mode, asks: &[Ask], texts: &[String]) -> u64 {
        use std::hint::black_box;
        let mut sum = 0;
        match mode {
            Mode::Eval => (0..asks.len()).for_each(|i| sum += u64::from(black_box(self.eval(black_box(i))))),
            Mode::Build => asks.iter().for_each(|ask| sum += u64::from(black_box(self.build(black_box(ask))))),
            Mode::Json => texts.iter().for_each(|text| sum += u64::from(black_box(self.json(black_box(text))))),
        }
        sum
    }

    /// Times each prepared request by itself: ticks of the cycle counter, or nanoseconds of CPU time.
    fn stamp(&mut self, slow: bool, n: usize, out: &mut Vec<u64>) {
        use std::hint::black_box;
        for i in 0..n {
            let begin = clock::stamp(slow);
            black_box(self.eval(black_box(i)));
            out.push(clock::since(slow, begin));
        }
    }
}

/// The text of a policy: one file, mostly.
pub type Files = Vec<(String, String)>;

/// A way to use an engine.
pub struct Arm {
    pub name: &'static str,
    /// The workloads that it is asked for.
    pub takes: fn(&Workload) -> bool,
    /// What it can be timed at.
    pub modes: &'static [Mode],
    /// Whether it decides: a control that only parses does not.
    pub decides: bool,
    /// The policy in the engine's language, as its users keep it.
    pub write: fn(&Workload) -> Files,
    /// Reads, checks and compiles. `Err` says why the engine refuses.
    pub load: fn(&Files, &Workload) -> Result<Box<dyn Engine>, String>,
    /// Whether the text is all that it loads from, so that a fresh process can be timed.
    pub from_text: bool,
}

impl Arm {
    /// An arm that takes W1 and W2 up to this many rules.
    #[must_use]
    pub fn up_to<const N: usize>(workload: &Workload) -> bool {
        workload.rules.len() <= N && !workload.name.starts_with("w4") && workload.asks.len() <= 64
    }
}
